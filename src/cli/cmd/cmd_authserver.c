#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/args.h"
#include "cli/cmd/authserver_admin.h"
#include "cli/cmd/authserver_fault.h"
#include "cli/cmd/authserver_key.h"
#include "cli/cmd/authserver_texts.h"
#include "cli/cmd/authserver_upstream.h"
#include "cli/command.h"
#include "io/file/read_file.h"
#include "serve/authserver/brand_files.h"
#include "serve/authserver/client_files.h"
#include "serve/authserver/user_entry.h"
#include "io/file/secret_file.h"
#include "serve/authserver/auth_server.h"
#include "serve/log.h"
#include "ui/signals.h"
#include "issuer/issuer.h"

#define DEFAULT_PORT 8930

struct authserver_options {
	struct mp_common common;
	const char *bind_address, *issuer, *users, *data, *key, *fault, *default_resource;
	int device_interval_ms, lead_ms;
	const char *clients, *trusted_issuers;
	const char *encryption_key;
	struct mp_authserver_upstream upstream;
	struct mp_texts origins, resolve, proxies, allowed_hosts;
	bool require_par, require_dpop_nonce, opaque_tokens, hash_client, no_refresh_grace;
	bool at_once, leaked, metrics_public;
	const char *audit, *admin_bind;
	const char *user, *scope, *resource;
	struct mp_texts claims;
	struct mp_brand_paths brand;
	struct mp_port port;
};

/* --- authserver hash --- */
static enum mcpass_rc hash(const char *name, bool is_client, struct mcpass_error *err)
{
	struct mp_secret password = { 0 };
	json_t *entry = NULL;
	enum mcpass_rc rc = mp_user_entry_ask_password(&password, err);

	if (!rc)
		rc = is_client ? mp_user_entry_make_client(name, &password, &entry, err)
		    : mp_user_entry_make(name, &password, &entry, err);
	if (!rc)
		rc = mp_out_json_new(entry, err);
	mp_secret_free(&password);
	return rc;
}

/* --- what the files say --- */
struct files {
	char *users, *key;
	struct mp_known_clients clients;
	struct mp_known_issuers issuers;
	struct mp_upstreams upstreams;
	struct mp_brand_files brand;
};

static enum mcpass_rc read_file(const char *path, char **ret_text, struct mcpass_error *err)
{
	return path == NULL ? MCPASS_OK
	    : mp_read_file(path, MP_MAX_DOCUMENT, ret_text, NULL, err);
}

static void free_files(struct files *files)
{
	mp_free_wiped(files->users);
	mp_free_wiped(files->key);
	mp_client_files_free_clients(&files->clients);
	mp_client_files_free_issuers(&files->issuers);
	mp_upstreams_free(&files->upstreams);
	mp_brand_files_free(&files->brand);
}

/* Into zeros; release with free_files(), on failure too. */
static enum mcpass_rc read_files(const struct authserver_options *options, struct files *files,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = options->key != NULL ? mp_secret_file_check(options->key, err)
	    : MCPASS_OK;

	if (!rc)
		rc = read_file(options->key, &files->key, err);

	if (!rc)
		rc = read_file(options->users, &files->users, err);
	if (!rc && options->clients != NULL)
		rc = mp_client_files_read_clients(options->clients, &files->clients, err);
	if (!rc && options->trusted_issuers != NULL)
		rc = mp_client_files_read_issuers(options->trusted_issuers, &files->issuers, err);
	if (!rc)
		rc = mp_authserver_upstream_read(&options->upstream, &files->upstreams, err);
	if (!rc && files->upstreams.count > 0)
		rc = mp_authserver_upstream_check(options->users, options->data, options->encryption_key, err);
	if (!rc)
		rc = mp_brand_files_read(&options->brand, &files->brand, err);
	return rc;
}

static struct mp_auth_server_options service_options(const struct authserver_options *options,
    const struct files *files, struct mp_log *log)
{
	return (struct mp_auth_server_options){
		.bind_address = options->bind_address,
		.port = options->port.given ? options->port.number : DEFAULT_PORT,
		.issuer = options->issuer, .users = files->users,
		.users_file = options->users, .signing_key = files->key,
		.data = options->data, .data_key = options->encryption_key, .fault = options->fault, .log = log,
		.default_resource = options->default_resource,
		.device_interval = (options->device_interval_ms + 999) / 1000,
		.refresh_grace = options->no_refresh_grace ? -1 : 0,
		.require_par = options->require_par,
		.require_dpop_nonce = options->require_dpop_nonce,
		.opaque_tokens = options->opaque_tokens,
		.clients = files->clients.items, .client_count = files->clients.count,
		.origins = options->origins.items, .origin_count = options->origins.count,
		.allowed_hosts = options->allowed_hosts.items,
		.allowed_host_count = options->allowed_hosts.count,
		.proxies = options->proxies.items, .proxy_count = options->proxies.count,
		.resolve = options->resolve.items, .resolve_count = options->resolve.count,
		.trusted = files->issuers.items, .trusted_count = files->issuers.count,
		.upstreams = files->upstreams.items, .upstream_count = files->upstreams.count,
		.upstream_recheck = (options->upstream.recheck_ms + 999) / 1000,
		.audit = options->audit, .admin_bind = options->admin_bind,
		.metrics_public = options->metrics_public,
		.brand = files->brand.brand, .translations = files->brand.translations,
		.translation_count = files->brand.translation_count,
	};
}

/* --- authserver token --- */
static enum mcpass_rc check_mint(const struct authserver_options *options,
    struct mcpass_error *err)
{
	if (options->user == NULL || options->resource == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--user and --resource are needed");
	if (options->data == NULL && options->key == NULL) {
		enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no key to sign with");

		mp_hint(err, "--data FILE of the server, or its --key FILE");
		return rc;
	}
	return MCPASS_OK;
}

static enum mcpass_rc mint_with(const struct mp_auth_server_options *service,
    const struct authserver_options *options, struct mp_secret *ret_token,
    struct mcpass_error *err)
{
	struct mp_auth_server_minting mint = { .username = options->user, .scope = options->scope,
		.resource = options->resource };
	json_t *claims = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (options->claims.count > 0)
		rc = mp_args_parse((char *const *)options->claims.items, options->claims.count, &claims,
		    NULL, err);
	mint.claims = claims;
	if (!rc)
		rc = mp_auth_server_mint(service, &mint, ret_token, err);
	json_decref(claims);
	return rc;
}

static enum mcpass_rc mint(const struct authserver_options *options, struct mcpass_error *err)
{
	struct mp_log log = { .quiet = true };
	struct mp_auth_server_options service;
	struct mp_secret token = { 0 };
	struct files files = { 0 };
	enum mcpass_rc rc = check_mint(options, err);

	if (!rc)
		rc = read_files(options, &files, err);
	service = service_options(options, &files, &log);
	if (!rc)
		rc = mint_with(&service, options, &token, err);
	if (!rc)
		rc = mp_out_line(mp_secret_reveal(&token), err);
	mp_secret_free(&token);
	free_files(&files);
	return rc;
}

/* --- authserver --- */
static void tell_people(const struct mp_invented_users *people)
{
	mp_say(false, "No --users: these can sign in until this server ends.");
	for (size_t i = 0; i < MP_INVENTED; i++)
		mp_say(false, "  %-6s %s", people->names[i],
		    mp_secret_reveal(&people->passwords[i]));
}

static enum mcpass_rc announce(bool as_json, const char *url, const char *admin,
    struct mcpass_error *err)
{
	return as_json ? mp_out_json_new(json_pack("{s:s, s:s*}", "issuer", url, "admin", admin), err)
	    : mp_out_line(url, err);
}

static enum mcpass_rc serve(const struct authserver_options *options, struct mcpass_error *err)
{
	struct mp_log log = { .term = mp_term_of(STDERR_FILENO),
		.quiet = options->common.quiet };
	struct mp_auth_server_options service;
	struct mp_auth_server *issuer = NULL;
	struct mp_invented_users people = { 0 };
	struct files files = { 0 };
	bool invents;
	enum mcpass_rc rc = MCPASS_OK;

	if (options->audit != NULL && strcmp(options->audit, "-") != 0)
		(void)signal(SIGHUP, SIG_IGN);  /* what rotates logs says it has: watched anyhow */
	if (options->fault != NULL)
		rc = mp_authserver_check_fault(options->fault, err);
	if (!rc)
		rc = read_files(options, &files, err);
	invents = files.users == NULL && files.upstreams.count == 0;
	if (!rc && invents)
		rc = mp_user_entry_invent(&people, err);
	service = service_options(options, &files, &log);
	if (invents)
		service.users = people.json;
	if (!rc)
		rc = mp_line_writer_new(STDERR_FILENO, MP_MAX_LOG_LINES, &log.writer, err);
	if (!rc)
		rc = mp_auth_server_start(&service, &issuer, err);
	(void)mp_signals_fd();          /* until here a signal ends it at once, though the store is busy */
	if (!rc && invents)
		tell_people(&people);
	if (!rc)
		mp_authserver_upstream_tell(&files.upstreams, mp_auth_server_url(issuer));
	if (!rc && options->fault != NULL)
		mp_say(false, "note: this server misbehaves: %s", options->fault);
	if (!rc)
		rc = announce(options->common.json, mp_auth_server_url(issuer),
		    mp_auth_server_admin_url(issuer), err);
	if (!rc)
		mp_signals_wait();
	mp_auth_server_stop(issuer);
	mp_line_writer_free(log.writer);
	mp_user_entry_free(&people);
	free_files(&files);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct authserver_options *options = values;
	const struct mp_authserver_admin admin = { .operands = operands, .count = count,
		.data = options->data, .data_key = options->encryption_key,
		.lead_ms = options->at_once ? 0 : options->lead_ms,
		.lead_given = options->at_once || options->lead_ms > 0, .leaked = options->leaked,
		.json = options->common.json };
	bool done = false;
	enum mcpass_rc rc = mp_authserver_admin(&admin, &done, err);

	if (rc || done)
		return rc;
	if (count == 2 && strcmp(operands[0], "hash") == 0)
		return hash(operands[1], options->hash_client, err);
	if (count == 2 && strcmp(operands[0], "key") == 0)
		return mp_authserver_key(operands[1], err);
	if (count == 2 && strcmp(operands[0], "texts") == 0)
		return mp_authserver_texts(operands[1], options->brand.translations, err);
	if (count == 1 && strcmp(operands[0], "token") == 0)
		return mint(options, err);
	if (count > 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "'authserver %s' is no command, or takes other operands", operands[0]);
		mp_hint(err, "usage: mcpass authserver [hash NAME | key FILE | key rotate | key list |"
		    " texts LANGUAGE | token | clients | sessions | users | backup FILE]");
		return rc;
	}
	if (options->fault != NULL && strcmp(options->fault, "help") == 0)
		return mp_authserver_list_faults(options->common.json, err);
	return serve(options, err);
}

#define AT(member) offsetof(struct authserver_options, member)
static const struct mp_option authserver_options[] = {
	{ "issuer", 'i', MP_OPTION_TEXT, "URL", AT(issuer),
	    "Its public URL, when a proxy stands in front. Default http://ADDRESS:PORT." },
	{ "bind", 'b', MP_OPTION_TEXT, "ADDRESS", AT(bind_address),
	    "Listen on this address. Default 127.0.0.1." },
	{ "port", '\0', MP_OPTION_PORT, "PORT", AT(port),
	    "Listen on this port; 0 takes any that is free. Default 8930." },
	{ "users", 'u', MP_OPTION_TEXT, "FILE", AT(users),
	    "Who may sign in (see mcpass-authserver(1)). Default: alice and bob, with new"
	    " passwords that are shown." },
	{ "data", 'd', MP_OPTION_STORE, "FILE", AT(data),
	    "Keep clients, tokens and the signing key in this SQLite file, or in a database for"
	    " several servers at once (postgresql://...). Default: in memory." },
	{ "key", 'k', MP_OPTION_TEXT, "FILE", AT(key),
	    "Sign with this private JWK rather than with one of its own." },
	{ "clients", 'c', MP_OPTION_TEXT, "FILE", AT(clients),
	    "Clients that do not register themselves (see mcpass-authserver(1))." },
	{ "trusted-issuers", '\0', MP_OPTION_TEXT, "FILE", AT(trusted_issuers),
	    "Whose JWTs are a grant: platforms for workloads, identity providers for people." },
	{ "encryption-key", '\0', MP_OPTION_TEXT, "FILE", AT(encryption_key),
	    "Seal what --data keeps with the first key of FILE, or of secret-service:NAME; each of them"
	    " opens." },
	{ "upstream", '\0', MP_OPTION_TEXT, "ISSUER|FILE", AT(upstream.place),
	    "People sign in at this identity provider, or at those of FILE, while clients register"
	    " here (see mcpass-authserver(1))." },
	{ "upstream-client-id", '\0', MP_OPTION_TEXT, "ID", AT(upstream.flags.client_id),
	    "Our client there." },
	{ "upstream-secret-file", '\0', MP_OPTION_TEXT, "FILE", AT(upstream.flags.secret_file),
	    "Its secret: the first line of FILE." },
	{ "upstream-key-file", '\0', MP_OPTION_TEXT, "FILE", AT(upstream.flags.key_file),
	    "Its private key (PEM), in place of a secret." },
	{ "upstream-recheck", '\0', MP_OPTION_TIME, "TIME", AT(upstream.recheck_ms),
	    "Ask there again about a person whose client refreshes, this often at most. Default 15m." },
	{ "opaque-tokens", '\0', MP_OPTION_FLAG, NULL, AT(opaque_tokens),
	    "Make access tokens that say nothing: servers ask the introspection endpoint." },
	{ "default-resource", '\0', MP_OPTION_TEXT, "URL", AT(default_resource),
	    "The audience of tokens for clients that ask for no resource. Default: the issuer." },
	{ "cors-origin", '\0', MP_OPTION_LIST, "ORIGIN", AT(origins),
	    "Let pages of this origin register and fetch tokens (CORS); may be repeated." },
	{ "allow-host", '\0', MP_OPTION_LIST, "NAME", AT(allowed_hosts),
	    "Answer to this Host, too: the name by which a proxy reaches it; may be repeated." },
	{ "trusted-proxy", '\0', MP_OPTION_LIST, "ADDRESS[/LEN]", AT(proxies),
	    "Believe the proxy at ADDRESS, or those of a network, where a request comes from"
	    " (X-Forwarded-For, Forwarded): what strangers may do is limited by address; may be repeated." },
	{ "resolve", '\0', MP_OPTION_LIST, "HOST:PORT:ADDRESS", AT(resolve),
	    "Fetch what is at HOST:PORT from ADDRESS, whatever the name resolves to; may be"
	    " repeated." },
	{ "audit", '\0', MP_OPTION_TEXT, "FILE", AT(audit),
	    "Append what happens to FILE, a line of JSON each; '-': to standard output. HUP does not"
	    " end the server then; a file that was moved away is made anew." },
	{ "admin-bind", '\0', MP_OPTION_TEXT, "ADDRESS:PORT", AT(admin_bind),
	    "Answer /health/live, /health/ready and /metrics (Prometheus) at this address." },
	{ "metrics-public", '\0', MP_OPTION_FLAG, NULL, AT(metrics_public),
	    "Answer /metrics where clients ask, too." },
	{ "brand-name", '\0', MP_OPTION_TEXT, "TEXT", AT(brand.name),
	    "Whose pages they are: a name above their titles." },
	{ "brand-css", '\0', MP_OPTION_TEXT, "FILE", AT(brand.css),
	    "Rules of style behind those of the pages (CSS, 64 KiB, loads nothing)." },
	{ "brand-logo", '\0', MP_OPTION_TEXT, "FILE", AT(brand.logo),
	    "Show this PNG, JPEG or SVG (128 KiB) on the pages." },
	{ "translations", '\0', MP_OPTION_TEXT, "FOLDER", AT(brand.translations),
	    "More languages of the pages, or other words for those that are built in (English,"
	    " German, Spanish, Japanese): LANGUAGE.json files, as 'authserver texts' prints." },
	{ "device-interval", '\0', MP_OPTION_TIME, "TIME", AT(device_interval_ms),
	    "How long a device waits between two polls (RFC 8628). Default 5s." },
	{ "no-refresh-grace", '\0', MP_OPTION_FLAG, NULL, AT(no_refresh_grace),
	    "Take a refresh token that comes back for stolen at once: do not give its successor"
	    " again to a client that lost the answer." },
	{ "require-par", '\0', MP_OPTION_FLAG, NULL, AT(require_par),
	    "Take pushed authorization requests only (RFC 9126)." },
	{ "require-dpop-nonce", '\0', MP_OPTION_FLAG, NULL, AT(require_dpop_nonce),
	    "Ask for a nonce in every DPoP proof (RFC 9449)." },
	{ "fault", '\0', MP_OPTION_TEXT, "NAME", AT(fault),
	    "Misbehave in this way, to test a client; 'help' lists the ways." },
};
static const struct mp_option token_options[] = {
	{ "user", '\0', MP_OPTION_TEXT, "NAME", AT(user), "Whom it speaks for." },
	{ "scope", 's', MP_OPTION_TEXT, "SCOPES", AT(scope), "What it permits." },
	{ "resource", 'r', MP_OPTION_TEXT, "URL", AT(resource), "The server that it is for." },
	{ "claim", '\0', MP_OPTION_LIST, "K=V", AT(claims),
	    "One more claim, or another value of one: groups:='[\"staff\"]', exp:=0. May be"
	    " repeated." },
};
static const struct mp_option hash_options[] = {
	{ "client", '\0', MP_OPTION_FLAG, NULL, AT(hash_client),
	    "NAME is a client's id, and what is read is its secret." },
};
static const struct mp_option rotate_options[] = {
	{ "lead", '\0', MP_OPTION_TIME, "TIME", AT(lead_ms),
	    "How long the new key is published before it signs. Default 1h: servers keep key sets"
	    " for so long." },
	{ "at-once", '\0', MP_OPTION_FLAG, NULL, AT(at_once),
	    "Sign with the new key from now on." },
	{ "leaked", '\0', MP_OPTION_FLAG, NULL, AT(leaked),
	    "The same, and publish no other key: what those signed is good no longer." },
};
static const struct mp_option_table rotate_table = {
	"For key rotate", rotate_options, MP_COUNT(rotate_options)
};
static const struct mp_option_table authserver_table = {
	"Options", authserver_options, MP_COUNT(authserver_options)
};
static const struct mp_option_table token_table = {
	"For token", token_options, MP_COUNT(token_options)
};
static const struct mp_option_table hash_table = {
	"For hash", hash_options, MP_COUNT(hash_options)
};
static const struct mp_verb verbs[] = {
	{ "hash", NULL }, { "key", "rotate list FILE" }, { "texts", "de en es ja" }, { "token", NULL },
	{ "clients", "list show revoke" }, { "sessions", "list show revoke" },
	{ "users", "list show revoke" }, { "backup", "FILE" }, { NULL, NULL },
};
static const struct mp_option_place places[] = {
	{ &authserver_table, 0 },
	{ &hash_table, 0 },
	{ &rotate_table, 0 },
	{ &token_table, 0 },
	{ &mp_common_table, AT(common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_authserver = {
	.name = "authserver",
	.summary = "Run the embedded authorization server",
	.operands = "[hash|key|texts|token|clients|sessions|users|backup ...]",
	.about = "Runs an OAuth 2.1 authorization server: metadata, dynamic client registration,"
	    " login and consent pages, PKCE, logins by a code on another device, refresh tokens that"
	    " rotate, revocation, introspection. People sign in by a file of users, for development"
	    " and tests, or with --upstream at an identity provider. It speaks HTTP; TLS is the"
	    " proxy's. Prints its issuer URL when it is ready and a line for each request on"
	    " standard error. Ctrl-C or TERM ends it.\n"
	    "\n"
	    "  authserver hash NAME   reads a password, prints an entry for a file of users;\n"
	    "                         with --client: a secret, for a file of clients\n"
	    "  authserver key FILE    makes a key to sign with, prints the public half\n"
	    "  authserver texts de    prints what the pages say in a language, as a file for\n"
	    "                         --translations\n"
	    "  authserver key rotate  has the server with the same --data sign with a new key\n"
	    "                         from an hour on; key list shows its keys\n"
	    "  authserver clients     lists what is in the store of --data, while a server runs or\n"
	    "                         not; sessions, users likewise; show ID, revoke ID\n"
	    "  authserver backup FILE copies that store\n"
	    "  authserver token       prints a token made without a login: with --key, for"
	    " any name\n",
	.examples = "  mcpass authserver\n"
	    "  mcpass authserver --data auth.db --users users.json\n"
	    "  mcpass authserver hash carol\n"
	    "  mcpass authserver --clients clients.json --trusted-issuers platforms.json\n"
	    "  mcpass authserver --upstream https://sso.example/realms/corp \\\n"
	    "      --upstream-client-id front --upstream-secret-file front.secret\n"
	    "  mcpass authserver token --data auth.db --users users.json --user carol \\\n"
	    "      --scope mcp:tools --resource http://127.0.0.1:8931/mcp\n"
	    "  mcpass authserver key dev.key >jwks.json\n"
	    "  mcpass authserver token --key dev.key --user alice --scope mcp:tools \\\n"
	    "      --resource http://127.0.0.1:8931/mcp\n",
	.verbs = verbs,
	.most = 3,
	.places = places,
	.options_size = sizeof(struct authserver_options),
	.run = run,
};
