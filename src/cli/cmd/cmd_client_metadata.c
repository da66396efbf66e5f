#include <stdlib.h>
#include "cli/connect/connection.h"
#include "io/system/environment.h"
#include "oauth/device.h"
#include "wire/uri.h"

struct metadata_options {
	struct mp_common common;
	const char *url, *name, *scope;
	struct mp_texts redirect_uris;
};

/* Both loopback forms, without a port, which is another one each time (RFC 8252 7.3). */
static const char *const loopback[] = {
	"http://127.0.0.1/callback", "http://localhost/callback",
};

/* spec: draft-ietf-oauth-client-id-metadata-document 3: https, a path, no fragment */
static enum mcpass_rc check_url(const char *url, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (url == NULL || url[0] == '\0') {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "where will the document be?");
		mp_hint(err, "--url https://HOST/PATH, which is the client id");
		return rc;
	}
	rc = mp_uri_parse(url, &uri, err);
	if (!rc && (!mp_span_is(uri.scheme, "https") || uri.path.len < 2
	    || uri.fragment.data != NULL || uri.query.data != NULL))
		rc = mp_fail(err, MCPASS_E_USAGE, "MCP client registration, Client ID Metadata Documents",
		    "%s: a client id is an https URL with a path, and neither query nor fragment", url);
	return rc;
}

static enum mcpass_rc add_text(json_t *list, const char *text, struct mcpass_error *err)
{
	return json_array_append_new(list, json_string(text)) == 0 ? MCPASS_OK : mp_nomem(err);
}

static enum mcpass_rc list_redirects(const struct mp_texts *more, json_t *list,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_uri uri;

	for (size_t i = 0; !rc && i < MP_COUNT(loopback); i++)
		rc = add_text(list, loopback[i], err);
	for (size_t i = 0; !rc && i < more->count; i++) {
		rc = mp_uri_parse(more->items[i], &uri, err);
		if (!rc)
			rc = add_text(list, more->items[i], err);
	}
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct metadata_options *options = values;
	const char *url = options->url != NULL ? options->url : mp_environment(MP_CLIENT_METADATA_VARIABLE);
	json_t *redirects = json_array(), *document = NULL;
	enum mcpass_rc rc = check_url(url, err);

	(void)operands;
	(void)count;
	if (!rc)
		rc = list_redirects(&options->redirect_uris, redirects, err);
	if (!rc) {
		document = json_pack("{s:s, s:s, s:O, s:[s,s,s], s:[s], s:s, s:s, s:s*}", "client_id", url,
		    "client_name", options->name != NULL ? options->name : "mcpass",
		    "redirect_uris", redirects, "grant_types", "authorization_code", "refresh_token",
		    MP_GRANT_DEVICE,
		    "response_types", "code", "token_endpoint_auth_method", "none",
		    "application_type", "native", "scope", options->scope);
		rc = document == NULL ? mp_fail(err, MCPASS_E_USAGE, NULL, "not UTF-8 text")
		    : mp_out_json(document, err);
	}
	json_decref(document);
	json_decref(redirects);
	return rc;
}

#define AT(member) offsetof(struct metadata_options, member)

static const struct mp_option own_options[] = {
	{ "url", '\0', MP_OPTION_TEXT, "URL", AT(url),
	    "Where the document will be, which is the client id. Otherwise"
	    " MCPASS_CLIENT_METADATA_URL from the environment." },
	{ "name", '\0', MP_OPTION_TEXT, "NAME", AT(name),
	    "What a person reads when asked for consent. Default: mcpass." },
	{ "scope", 's', MP_OPTION_TEXT, "SCOPES", AT(scope),
	    "What may be asked for, where an authorization server goes by that (Keycloak: more"
	    " than its own default scopes)." },
	{ "redirect-uri", '\0', MP_OPTION_LIST, "URI", AT(redirect_uris),
	    "Another redirect URI, such as one with the port of --callback-port." },
};
static const struct mp_option_table own_table = {
	"The document", own_options, MP_COUNT(own_options)
};
static const struct mp_option_place places[] = {
	{ &own_table, 0 },
	{ &mp_common_table, offsetof(struct metadata_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_client_metadata = {
	.name = "client-metadata",
	.summary = "Print a client metadata document to host",
	.operands = "",
	.about = "Prints the Client ID Metadata Document by which authorization servers may know"
	    " mcpass without a registration: its URL is the client id. Put it there, on any web"
	    " server, as application/json, and name it with --client-metadata-url.\n",
	.examples = "  mcpass client-metadata --url https://example.com/mcpass.json > mcpass.json\n"
	    "  mcpass login URL --client-metadata-url https://example.com/mcpass.json\n",
	.places = places,
	.options_size = sizeof(struct metadata_options),
	.run = run,
};
