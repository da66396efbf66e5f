#include "cli/connect/connection.h"
#include <unistd.h>
#include "io/system/environment.h"
#include "mcp/headers.h"
#include "ui/out.h"
#include "ui/signals.h"
#include "io/browser/browse.h"
#include "io/entropy.h"

#define LOGIN_TIMEOUT_MS (5 * 60 * 1000)

/* An option without a text is as absent as one that is not there. */
static const char *given(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* What others must not see comes from files, or the environment. */
static enum mcpass_rc read_secrets(const struct mp_connection_options *options,
    struct mp_connection *conn,
    struct mcpass_error *err)
{
	const struct { const char *path, *variable; struct mp_secret *secret; } lines[] = {
		{ options->client_secret_file, "MCPASS_CLIENT_SECRET", &conn->client_secret },
		{ options->initial_access_token_file, NULL, &conn->initial_access_token },
		{ options->assertion_file, NULL, &conn->assertion },
		{ options->idp_client_secret_file, NULL, &conn->idp_client_secret },
	};
	enum mcpass_rc rc = mp_connection_read_key(options->client_key_file, &conn->client_key,
	    err);

	for (size_t i = 0; i < MP_COUNT(lines) && !rc; i++)
		rc = mp_connection_read_secret(lines[i].path, lines[i].variable, lines[i].secret,
		    err);
	return rc;
}

static enum mcpass_rc read_inputs(const struct mp_connection_options *options, const char *server,
    struct mp_connection *conn, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_connection_check_profile(options->profile, err);

	if (!rc)
		rc = mp_connection_check_provider(options->provider, err);
	if (!rc)
		rc = mp_connection_read_grant(options->grant, &conn->grant, err);
	if (!rc && options->device && options->grant != NULL && conn->grant != MCPASS_GRANT_DEVICE)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--device is a person's login, and --grant %s"
		    " asks no person", options->grant);
	if (!rc && options->device)
		conn->grant = MCPASS_GRANT_DEVICE;
	if (!rc)
		rc = mp_server_find(server, options->config, &conn->server, err);
	for (size_t i = 0; !rc && i < conn->server.headers.count; i++)
		rc = mp_headers_add(&conn->headers, conn->server.headers.items[i].name,
		    conn->server.headers.items[i].value, err);
	if (!rc)
		rc = mp_connection_read_headers(&options->headers, &conn->headers, err);
	if (!rc)
		rc = mp_connection_read_params(&options->auth_params, &conn->extra, err);
	if (!rc)
		rc = mp_connection_check_callback(given(options->callback_host),
		    given(options->callback_path), err);
	return rc ? rc : read_secrets(options, conn, err);
}

/* The settings of other programs have such headers, so that they are no mistake. */
static void note_own_headers(const struct mp_connection *conn, bool quiet)
{
	for (size_t i = 0; i < conn->headers.count; i++)
		if (mp_headers_is_own(conn->headers.items[i].name))
			mp_say(quiet, "note: the header %s is written by mcpass itself; yours is left out",
			    conn->headers.items[i].name);
}

static enum mcpass_rc no_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)ret_watch;
	(void)url;
	return mp_fail(err, MCPASS_E_IO, NULL, "none is started: --no-browser");
}

static enum mcpass_rc ask_link(void *ctx, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	return mp_blocking_request(ctx, method, params, ret_json, ret_is_error, err);
}

static struct mcpass_client_config client_config(const struct mp_connection_options *options,
    const struct mp_connection *conn)
{
	return (struct mcpass_client_config){
		.size = sizeof(struct mcpass_client_config),
		.flags = MCPASS_LOOPBACK_HTTP
		    | (options->omit_resource ? MCPASS_OMIT_RESOURCE : 0)
		    | (options->allow_no_s256 ? MCPASS_ALLOW_NO_S256 : 0)
		    | (options->dpop ? MCPASS_DPOP : 0),
		.server_url = conn->server.url,
		.profile = options->profile,
		.client_id = given(options->client_id),
		.client_issuer = given(options->client_issuer),
		/* A secret from the environment means nothing without the client it is of. */
		.client_secret = given(options->client_id) != NULL
		    ? mp_secret_reveal(&conn->client_secret) : NULL,
		.client_key = mp_secret_reveal(&conn->client_key),
		.client_metadata_url = given(options->client_metadata_url) != NULL
		    ? options->client_metadata_url : mp_environment(MP_CLIENT_METADATA_VARIABLE),
		.initial_access_token = mp_secret_reveal(&conn->initial_access_token),
		.scope = given(options->scope),
		.grant = conn->grant,
		.assertion = mp_secret_reveal(&conn->assertion),
		.idp_token_endpoint = given(options->idp_token_endpoint),
		.idp_client_id = given(options->idp_client_id),
		.idp_client_secret = mp_secret_reveal(&conn->idp_client_secret),
		.extra = conn->extra.items,
		.extra_count = conn->extra.count,
		.provider = options->provider,
		.http_hosts = options->allow_http.items,
		.http_host_count = options->allow_http.count,
		.random = mp_entropy,
		.resource = given(options->resource),
	};
}

static void fill_link(const struct mp_connection_options *options, const struct mp_common *common,
    const struct mp_connection_wish *wish, struct mp_connection *conn, struct mp_link_options *link)
{
	link->client = client_config(options, conn);
	link->session = (struct mcpass_session_config){
		.size = sizeof(struct mcpass_session_config),
		.server_url = conn->server.url,
		.client_name = "mcpass",
		.client_version = MCPASS_VERSION,
		.revision = options->protocol,
		.capabilities = mp_elicit_capabilities(&conn->talk.elicit),
	};
	if (common->explain) {
		mp_explain_init(&conn->explain);
		link->client.trace = mp_explain_note;
		link->client.trace_ctx = &conn->explain;
	}
	if (wish != NULL && wish->trace != NULL) {
		link->client.trace = wish->trace;
		link->client.trace_ctx = wish->trace_ctx;
	}
	if (wish != NULL) {
		link->session.initialize = wish->initialize;
		link->session.max_message = wish->max_message;
		link->spool = wish->spool;
	}
	link->client.flags |= wish != NULL ? wish->client_flags : 0;
	link->no_list = wish != NULL && wish->no_list;
	link->session.trace = link->client.trace;
	link->session.trace_ctx = link->client.trace_ctx;
	link->listener = (struct mp_listener_options){ .bind_address = given(options->callback_bind),
		.redirect_host = given(options->callback_host),
		.path = given(options->callback_path), .port = options->callback_port.number };
	link->http = (struct mp_http_options){ .ca_file = options->ca_file,
		.proxy = options->proxy, .timeout_ms = options->timeout_ms,
		.connect_timeout_ms = options->connect_timeout_ms, .ipv4 = options->ipv4,
		.resolve = options->resolve.items, .resolve_count = options->resolve.count };
	link->store_path = options->store;
	link->headers = conn->headers.items;
	link->header_count = conn->headers.count;
	link->no_login = options->no_login;
	link->open_browser = options->no_browser ? no_browser : NULL;
	if (wish != NULL && wish->open_browser != NULL) {
		link->open_browser = wish->open_browser;
		link->open_browser_ctx = wish->open_browser_ctx;
	}
	link->interrupt_fd = mp_signals_fd();
}

/* How a person can sign in here: in a browser, by a code where that is offered, or not at
 * all, which is better said at once than after five minutes. */
static void choose_way(const struct mp_connection_options *options,
    const struct mp_connection_wish *wish,
    struct mp_link_options *link)
{
	bool walked = wish != NULL && wish->open_browser != NULL;
	bool browser = walked || mp_browse_find(NULL) == MCPASS_OK;
	bool is_read = isatty(STDERR_FILENO) == 1;

	link->code_timeout_ms = options->login_timeout_ms;
	if (link->client.grant == MCPASS_GRANT_DEVICE && options->no_login)
		link->client.grant = MCPASS_GRANT_CODE;        /* fails before anything is asked */
	if (walked || link->client.grant != MCPASS_GRANT_CODE)
		return;
	/* Who says --no-browser reads the URL, wherever it is written to; a host shows it. */
	if (options->no_browser)
		return;
	if (wish != NULL && wish->ui != NULL) {
		if (!browser && !options->callback_port.given)
			link->client.flags |= MCPASS_PREFER_DEVICE;
		return;
	}
	/* Who gives a port has a way for the redirect. */
	if (is_read && !options->callback_port.given && (!browser || mp_browse_is_remote()))
		link->client.flags |= MCPASS_PREFER_DEVICE;
	if (!browser && !is_read && !options->no_login) {
		link->no_login = true;
		link->no_login_why = "there is neither a browser here nor a terminal";
	}
}

/* Who sits at the terminal, and who reads standard input. */
static enum mcpass_rc find_person(const struct mp_common *common,
    const struct mp_connection_wish *wish, struct mp_connection *conn, struct mcpass_error *err)
{
	bool taken = wish != NULL && wish->stdin_is_taken;
	const struct mp_elicit_options *elicit = wish != NULL ? wish->elicit : NULL;
	bool stderr_is_terminal = isatty(STDERR_FILENO) == 1;
	bool is_person = isatty(STDIN_FILENO) == 1 && stderr_is_terminal && !taken;
	enum mcpass_rc rc = MCPASS_OK;

	conn->talk.server = conn->server.url;
	conn->talk.progress.on = stderr_is_terminal && !common->quiet && !common->json;
	if (elicit != NULL)
		rc = mp_elicit_init(&conn->talk.elicit, elicit->answer, is_person, err);
	if (!rc && taken && conn->talk.elicit.by == MP_ELICIT_LINES)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "--elicit - reads standard input, which is an argument already");
	conn->wait.talk = &conn->talk;
	conn->wait.may_paste = is_person && conn->talk.elicit.by != MP_ELICIT_LINES;
	return rc;
}

enum mcpass_rc mp_connection_open(const struct mp_connection_options *options,
    const struct mp_common *common, const char *server, const struct mp_connection_wish *wish,
    struct mp_connection *conn, struct mcpass_error *err)
{
	struct mp_link_options link = { 0 };
	enum mcpass_rc rc = read_inputs(options, server, conn, err);

	if (rc)
		return rc;
	note_own_headers(conn, common->quiet);
	conn->wait = (struct mp_sign_in_text){
		.server = conn->server.url,
		.timeout_ms = options->login_timeout_ms != 0 ? options->login_timeout_ms
		    : LOGIN_TIMEOUT_MS,
		.quiet = common->quiet,
	};
	rc = find_person(common, wish, conn, err);
	if (!rc)
		rc = mp_connection_allow_http(&options->allow_http, err);
	if (rc)
		return rc;
	fill_link(options, common, wish, conn, &link);
	choose_way(options, wish, &link);
	link.login_timeout_ms = conn->wait.timeout_ms;
	link.ui = wish != NULL && wish->ui != NULL ? *wish->ui : mp_sign_in_text_ui(&conn->wait);
	rc = mp_link_new(&link, wish != NULL ? wish->loop : NULL, &conn->link, err);
	if (!rc) {
		conn->talk.loop = mp_link_loop(conn->link);
		conn->talk.inner = (struct mp_asker){ ask_link, conn->link };
		conn->asker = (struct mp_asker){ mp_rounds_ask, &conn->talk };
	}
	return rc;
}

void mp_connection_close(struct mp_connection *conn)
{
	mp_blocking_close(conn->link);
	conn->link = NULL;
	mp_rounds_free(&conn->talk);
	mp_server_free(&conn->server);
	mp_headers_free(&conn->headers);
	mp_headers_free(&conn->extra);
	mp_secret_free(&conn->client_secret);
	mp_secret_free(&conn->client_key);
	mp_secret_free(&conn->initial_access_token);
	mp_secret_free(&conn->assertion);
	mp_secret_free(&conn->idp_client_secret);
}
