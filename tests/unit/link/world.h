/* world.h - a protected MCP server and its authorization server in one, on a port of
 * this machine, and a person with a browser.  Small and obliging: what is tested is how
 * the two machines of the core are joined to it, not their rules. */
#ifndef MP_TEST_LINK_WORLD_H
#define MP_TEST_LINK_WORLD_H
#include "base/limits.h"
#include "link/blocking.h"
#include "serve/http/httpd.h"
#include "harness/peer.h"

static struct {
	struct mp_httpd *httpd;
	char origin[64], url[80];       /* "http://127.0.0.1:PORT", and with "/mcp" */
	char folder[256], store[512];
	bool open;                      /* nobody needs a token */
	bool open_list;                 /* nor do tools/list and a handshake */
	bool device, approved;          /* a login by a code is offered, and done */
	const char *holds;              /* what has this in its body is answered when it is NULL */
	void (*on_hold)(void);
	bool denies;                    /* the person says no */
	const char *login_page;         /* the authorization endpoint; NULL: the usual one */
	bool refuses_refresh;           /* the token endpoint is down for refreshes */
	int lifetime;                   /* of access tokens, in seconds; 0: an hour */
	int generation;                 /* the access token that is good: "access-N" */
	const char *reply;              /* to tools/list instead of the usual one: "...%d..." */
	const char *reply_type;

	/* what was seen */
	int registrations, logins, codes, refreshes, refused_refreshes, calls, refused, answers, held;
	char call_headers[4096];        /* of the last call that was let in */
	bool leaked;                    /* X-Ours went to the authorization server */
	char last_answer[1024];         /* the last response that a client posted */

	/* the browser */
	pthread_t browser;
	bool browsing;
	char page[16384];               /* what it showed last */
	char location[4096];            /* where the authorization server sent it */
} world;

static inline enum mcpass_rc reply_json(struct mp_http_response *response, int status,
    const char *type, const char *json, struct mcpass_error *err)
{
	response->status = status;
	mp_buf_adds(&response->body, json);
	return mp_headers_add(&response->headers, "Content-Type", type, err);
}

static inline enum mcpass_rc serve_metadata(const char *path, struct mp_http_response *response,
    struct mcpass_error *err)
{
	char json[1024], usual[80];

	snprintf(usual, sizeof(usual), "%s/authorize", world.origin);
	if (strstr(path, "oauth-protected-resource") != NULL)
		snprintf(json, sizeof(json), "{\"resource\":\"%s\",\"authorization_servers\":[\"%s\"]}",
		    world.url, world.origin);
	else if (strstr(path, "oauth-authorization-server") != NULL)
		snprintf(json, sizeof(json), "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s\","
		    "\"token_endpoint\":\"%s/token\",\"registration_endpoint\":\"%s/register\","
		    "\"response_types_supported\":[\"code\"],\"code_challenge_methods_supported\":[\"S256\"],"
		    "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\"%s],"
		    "\"device_authorization_endpoint\":\"%s/device\","
		    "\"token_endpoint_auth_methods_supported\":[\"none\"]}",
		    world.origin, world.login_page != NULL ? world.login_page : usual, world.origin,
		    world.origin,
		    world.device ? ",\"urn:ietf:params:oauth:grant-type:device_code\"" : "", world.origin);
	else
		return response->status = 404, MCPASS_OK;
	return reply_json(response, 200, "application/json", json, err);
}

/* The redirect URI and the state, as they are in the query. */
static inline void take_parameter(const char *query, const char *name, char *out, size_t room)
{
	const char *at = strstr(query, name);
	size_t len = 0;

	if (at == NULL)
		die(name);
	for (at += strlen(name); *at != '\0' && *at != '&' && len < room - 1; at++) {
		unsigned code = (unsigned char)*at;

		if (*at == '%' && sscanf(at + 1, "%2x", &code) == 1)
			at += 2;
		out[len++] = (char)code;
	}
	out[len] = '\0';
}

static inline enum mcpass_rc serve_authorize(const char *query,
    struct mp_http_response *response, struct mcpass_error *err)
{
	char redirect[512], state[128], location[1024];

	world.logins++;
	take_parameter(query, "redirect_uri=", redirect, sizeof(redirect));
	take_parameter(query, "&state=", state, sizeof(state));
	snprintf(location, sizeof(location), "%s?%s&state=%s", redirect,
	    world.denies ? "error=access_denied&error_description=%3Cscript%3Ex" : "code=c0de", state);
	response->status = 302;
	return mp_headers_add(&response->headers, "Location", location, err);
}

static inline enum mcpass_rc serve_device(struct mp_http_response *response,
    struct mcpass_error *err)
{
	char json[512];

	snprintf(json, sizeof(json), "{\"device_code\":\"d3vice\",\"user_code\":\"ABCD-EFGH\","
	    "\"verification_uri\":\"%s/enter\",\"expires_in\":60,\"interval\":1}", world.origin);
	return reply_json(response, 200, "application/json", json, err);
}

static inline enum mcpass_rc serve_token(const char *form, struct mp_http_response *response,
    struct mcpass_error *err)
{
	char json[512];

	if (strstr(form, "device_code=") != NULL && !world.approved)
		return reply_json(response, 400, "application/json", "{\"error\":\"authorization_pending\"}",
		    err);
	if (world.refuses_refresh && strstr(form, "grant_type=refresh_token") != NULL)
		return world.refused_refreshes++, response->status = 503, MCPASS_OK;
	if (strstr(form, "grant_type=refresh_token") != NULL)
		world.refreshes++;
	else
		world.codes++;
	snprintf(json, sizeof(json), "{\"access_token\":\"access-%d\",\"token_type\":\"Bearer\","
	    "\"expires_in\":%d,\"refresh_token\":\"refresh-%d\"}", world.generation,
	    world.lifetime != 0 ? world.lifetime : 3600, world.generation);
	return reply_json(response, 200, "application/json", json, err);
}

static inline enum mcpass_rc serve_register(const char *body, struct mp_http_response *response,
    struct mcpass_error *err)
{
	char json[2048];
	const char *uris = strstr(body, "\"redirect_uris\"");

	world.registrations++;
	snprintf(json, sizeof(json), "{\"client_id\":\"client-1\",\"token_endpoint_auth_method\":\"none\","
	    "%.*s]}", uris != NULL ? (int)strcspn(uris, "]") : 0, uris != NULL ? uris : "");
	return reply_json(response, 201, "application/json", json, err);
}

static inline enum mcpass_rc serve_call(const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const char *id = strstr(request->body, "\"id\":");
	char json[2048];

	world.calls++;
	if (strstr(request->body, "\"notifications/initialized\"") != NULL)
		return response->status = 202, MCPASS_OK;
	if (strstr(request->body, "\"method\"") == NULL) {      /* an answer to our request */
		world.answers++;
		snprintf(world.last_answer, sizeof(world.last_answer), "%s", request->body);
		return response->status = 202, MCPASS_OK;
	}
	if (strstr(request->body, "\"initialize\"") != NULL)
		snprintf(json, sizeof(json), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"protocolVersion\":"
		    "\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"w\","
		    "\"version\":\"1\"}}}", id != NULL ? atoi(id + 5) : 0);
	else if (world.reply != NULL) {
		const char *hole = strstr(world.reply, "<id>");

		snprintf(json, sizeof(json), "%.*s%d%s", (int)(hole - world.reply), world.reply,
		    id != NULL ? atoi(id + 5) : 0, hole + 4);
		return reply_json(response, 200, world.reply_type, json, err);
	} else
		snprintf(json, sizeof(json), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"resultType\":"
		    "\"complete\",\"tools\":[],\"ttlMs\":0,\"cacheScope\":\"private\"}}",
		    id != NULL ? atoi(id + 5) : 0);
	return reply_json(response, 200, "application/json", json, err);
}

static inline enum mcpass_rc serve_mcp(const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const char *authorization = mp_header_get(request->headers, request->header_count,
	    "Authorization");
	char want[64], challenge[256];
	bool open = world.open || (world.open_list && (strstr(request->body, "\"tools/list\"") != NULL
	    || strstr(request->body, "initialize") != NULL));
	size_t at = 0;

	if (strcmp(request->method, "POST") != 0)
		return response->status = 405, MCPASS_OK;
	snprintf(want, sizeof(want), "Bearer access-%d", world.generation);
	if (!open && (authorization == NULL || strcmp(authorization, want) != 0)) {
		world.refused++;
		response->status = 401;
		snprintf(challenge, sizeof(challenge), "Bearer resource_metadata=\"%s/.well-known/"
		    "oauth-protected-resource/mcp\"", world.origin);
		return mp_headers_add(&response->headers, "WWW-Authenticate", challenge, err);
	}
	for (size_t i = 0; i < request->header_count && at < sizeof(world.call_headers); i++)
		at += (size_t)snprintf(world.call_headers + at, sizeof(world.call_headers) - at, "%s: %s\n",
		    request->headers[i].name, request->headers[i].value);
	return serve_call(request, response, err);
}

static inline enum mcpass_rc world_handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const char *holds = world.holds;

	(void)ctx;
	if (holds != NULL && strstr(request->body, holds) != NULL) {
		world.held++;
		if (world.on_hold != NULL)
			world.on_hold();
		return response->status = MP_HTTP_LATER, MCPASS_OK;
	}
	if (strcmp(request->path, "/mcp") == 0)
		return serve_mcp(request, response, err);
	world.leaked |= mp_header_get(request->headers, request->header_count, "X-Ours") != NULL;
	if (strncmp(request->path, "/.well-known/", 13) == 0)
		return serve_metadata(request->path, response, err);
	if (strcmp(request->path, "/register") == 0)
		return serve_register(request->body, response, err);
	if (strcmp(request->path, "/authorize") == 0 && request->query != NULL)
		return serve_authorize(request->query, response, err);
	if (strcmp(request->path, "/device") == 0)
		return serve_device(response, err);
	if (strcmp(request->path, "/token") == 0)
		return serve_token(request->body, response, err);
	response->status = 404;
	return MCPASS_OK;
}

/* GETs a URL of this machine; what comes back is in world.page. */
static inline void browser_get(const char *url)
{
	const char *path = strchr(url + strlen("http://"), '/');
	char request[4096];
	int fd = peer_connect((unsigned)atoi(strrchr(url, ':') != NULL
	    ? strchr(url + strlen("http://"), ':') + 1 : ""));

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n",
	    path, (int)(path - url - 7), url + 7);
	peer_send(fd, request);
	peer_read(fd, NULL, world.page, sizeof(world.page));
	close(fd);
}

/* Asks the authorization server, which sends the browser on at once. */
static inline const char *browser_ask(const char *url)
{
	const char *at;

	browser_get(url);
	at = strstr(world.page, "Location: ");
	if (at == NULL)
		die("no redirect");
	snprintf(world.location, sizeof(world.location), "%.*s", (int)strcspn(at + 10, "\r"), at + 10);
	return world.location;
}

static inline void *browser_run(void *ctx)
{
	char url[4096];

	snprintf(url, sizeof(url), "%s", (const char *)ctx);
	snprintf(url, sizeof(url), "%s", browser_ask(url));
	browser_get(url);               /* waits for the page */
	return NULL;
}

static inline void browser_join(void)
{
	if (world.browsing)
		pthread_join(world.browser, NULL);
	world.browsing = false;
}

/* mp_link_options.open_browser */
static inline enum mcpass_rc browser_open(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	static char copy[4096];

	(void)ctx;
	(void)ret_watch;
	browser_join();
	snprintf(copy, sizeof(copy), "%s", url);
	if (pthread_create(&world.browser, NULL, browser_run, copy) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no thread");
	world.browsing = true;
	return MCPASS_OK;
}

static inline void world_start(void)
{
	const struct mp_httpd_options options = { .max_body = MP_MAX_FORM, .handle = world_handle };

	memset(&world, 0, sizeof(world));
	world.generation = 1;
	make_folder(world.folder, sizeof(world.folder));
	snprintf(world.store, sizeof(world.store), "%s/store/credentials.db", world.folder);
	if (mp_httpd_start(&options, &world.httpd, NULL) != MCPASS_OK)
		die("no server");
	snprintf(world.origin, sizeof(world.origin), "http://127.0.0.1:%u", mp_httpd_port(world.httpd));
	snprintf(world.url, sizeof(world.url), "%s/mcp", world.origin);
}

static inline void world_stop(void)
{
	browser_join();
	mp_httpd_free(world.httpd);
	remove_folder(world.folder);
}

static inline struct mp_link_options world_options(void)
{
	return (struct mp_link_options){
		.client = { .size = sizeof(struct mcpass_client_config), .flags = MCPASS_LOOPBACK_HTTP,
			.server_url = world.url },
		.session = { .size = sizeof(struct mcpass_session_config), .server_url = world.url,
			.client_name = "test", .client_version = "1" },
		.store_path = world.store,
		.open_browser = browser_open,
		.interrupt_fd = -1,
	};
}

#endif
