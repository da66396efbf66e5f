/* import: a login that another program has, so that a person need not sign in again. */
#include "base/limits.h"
#include "cli/connect/connection.h"
#include "cli/hosts/mcp_remote.h"
#include "flow/record.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "serve/resource/discover.h"
#include "ui/out.h"

struct import_options {
	struct mp_common common;
	struct mp_texts headers;
	const char *resource, *profile, *store, *ca_file, *proxy;
};

#define AT(member) offsetof(struct import_options, member)
static const struct mp_option rows[] = {
	{ "header", 'H', MP_OPTION_LIST, "'N:v'", AT(headers),
	    "A header that mcp-remote was given, as it was written." },
	{ "resource", '\0', MP_OPTION_TEXT, "URL", AT(resource),
	    "The --resource that it was given." },
	{ "profile", 'p', MP_OPTION_TEXT, "NAME", AT(profile),
	    "Which of several accounts it becomes. Default: default." },
	{ "store", '\0', MP_OPTION_STORE, "FILE", AT(store),
	    "Keep it there rather than in ~/.local/share/mcpass." },
	{ "ca-file", '\0', MP_OPTION_TEXT, "FILE", AT(ca_file),
	    "Trust the certificates in this file rather than the system's." },
	{ "proxy", '\0', MP_OPTION_TEXT, "URL", AT(proxy),
	    "Use this proxy rather than the one of https_proxy." },
};
static const struct mp_option_table table = { "Import", rows, MP_COUNT(rows) };

/* What the server publishes: which issuer the tokens are of, and for which resource. */
static enum mcpass_rc find_resource(struct mp_http *http, const char *url, struct mp_prm *ret_prm,
    struct mcpass_error *err)
{
	struct mp_places places = { 0 };
	enum mcpass_rc rc = mp_places_of_resource(&places, url, NULL, true, err);

	if (!rc)
		rc = mp_discover_walk(http, &places, url, err);
	if (!rc) {
		*ret_prm = places.prm;
		places.prm = (struct mp_prm){ 0 };
	}
	mp_places_free(&places);
	return mp_doing(err, rc, "reading the server's metadata");
}

/* spec: MCP 2026-07-28 client registration: tokens are of the issuer that gave them */
static enum mcpass_rc check_issuer(const struct mp_mcp_remote *login, const struct mp_prm *prm,
    bool quiet, struct mcpass_error *err)
{
	if (prm->authorization_servers.count == 0)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9728 2", "the server names no authorization server");
	if (login->issuer == NULL) {
		mp_say(quiet, "note: mcp-remote did not note whose tokens these are; the server names %s.",
		    prm->authorization_servers.items[0]);
		return MCPASS_OK;
	}
	for (size_t i = 0; i < prm->authorization_servers.count; i++)
		if (mp_eq(prm->authorization_servers.items[i], login->issuer))
			return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, NULL, "the tokens are of %s, which the server does not name any"
	    " more", login->issuer);
}

/* Without a time of expiry an access token counts as expired: the refresh token gets another. */
static enum mcpass_rc fill(struct mp_record *record, const char *url, struct mp_prm *prm,
    struct mp_asmeta *as, struct mp_mcp_remote *login, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&record->server_url, url, err);

	if (!rc)
		rc = mp_set(&record->requested_scope, login->scope, err);
	if (rc)
		return rc;
	record->resource = prm->resource;
	prm->resource = NULL;
	record->as = *as;
	*as = (struct mp_asmeta){ 0 };
	record->client = (struct mp_record_client){ .client_id = login->client_id,
		.auth_method = login->auth_method, .client_secret = login->client_secret,
		.redirect_uri = login->redirect_uri, .scope = login->client_scope };
	record->access_token = login->access_token;
	record->refresh_token = login->refresh_token;
	record->token_type = login->token_type;
	record->scope = login->scope;
	record->obtained_at = mp_now_s();
	record->expires_at = login->expires_at > 0 ? login->expires_at : 1;
	*login = (struct mp_mcp_remote){ .folder = login->folder, .issuer = login->issuer };
	return MCPASS_OK;
}

static enum mcpass_rc keep(const struct import_options *options, const struct mp_record *record,
    struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	struct mp_buf key = MP_BUF(2 * MP_MAX_URI);
	char *text = NULL;
	enum mcpass_rc rc = mp_record_write(record, &text, err);

	mp_buf_addf(&key, "%s %s", options->profile != NULL ? options->profile : "default",
	    record->server_url);
	if (!rc)
		rc = mp_buf_check(&key, "the credential's name", err);
	if (!rc)
		rc = mp_store_open(options->store, &store, err);
	if (!rc)
		rc = mp_store_save(store, mp_buf_text(&key), text, err);
	mp_store_close(store);
	mp_buf_free(&key);
	mp_free_wiped(text);
	return rc;
}

static enum mcpass_rc take_over(const struct import_options *options, const char *url,
    struct mp_mcp_remote *login, struct mcpass_error *err)
{
	const struct mp_http_options http_options = { .ca_file = options->ca_file,
		.proxy = options->proxy };
	struct mp_http *http = NULL;
	struct mp_record record = { 0 };
	struct mp_asmeta as = { 0 };
	struct mp_prm prm = { 0 };
	enum mcpass_rc rc = mp_http_new(&http_options, NULL, &http, err);

	if (!rc)
		rc = find_resource(http, url, &prm, err);
	if (!rc)
		rc = check_issuer(login, &prm, options->common.quiet, err);
	if (!rc && prm.authorization_servers.items != NULL)
		rc = mp_discover(http, login->issuer != NULL ? login->issuer
		    : prm.authorization_servers.items[0], MP_WANTS_AUTHORIZATION | MP_WANTS_TOKEN, &as, err);
	if (!rc)
		rc = fill(&record, url, &prm, &as, login, err);
	if (!rc)
		rc = keep(options, &record, err);
	mp_record_free(&record);
	mp_asmeta_free(&as);
	mp_prm_free(&prm);
	mp_http_free(http);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct import_options *options = values;
	struct mp_mcp_remote login = { 0 };
	enum mcpass_rc rc;

	(void)count;
	if (!mp_eq(operands[0], "mcp-remote")) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "nothing is known of %s", operands[0]);
		mp_hint(err, "usage: mcpass import mcp-remote URL");
		return rc;
	}
	rc = mp_connection_check_profile(options->profile, err);
	if (!rc)
		rc = mp_mcp_remote_find(operands[1], options->resource, options->headers.items,
		    options->headers.count, &login, err);
	if (!rc)
		rc = take_over(options, operands[1], &login, err);
	if (!rc)
		mp_say(options->common.quiet, "The login of mcp-remote (%s) is ours now. Stop using mcp-remote"
		    " for this server: a refresh token serves one program.", login.folder);
	mp_mcp_remote_free(&login);
	return rc;
}

static const struct mp_option_place places[] = {
	{ &table, 0 },
	{ &mp_common_table, offsetof(struct import_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_import = {
	.name = "import",
	.summary = "Take over the login of mcp-remote",
	.operands = "mcp-remote URL",
	.about = "Reads what mcp-remote keeps of its login at URL (in ~/.mcp-auth, or"
	    " $MCP_REMOTE_CONFIG_DIR), so that no person signs in again: the client that it registered, and"
	    " its refresh token.\n",
	.examples = "  mcpass import mcp-remote https://mcp.example.com/mcp\n",
	.least = 2,
	.most = 2,
	.places = places,
	.options_size = sizeof(struct import_options),
	.run = run,
};
