/* The echo server behind the guard, with keys that come from a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "serve/resource/protected.h"
#include "wire/jose/crypto.h"
#include "wire/jose/jws.h"

#define NOW INT64_C(1785240000)
#define ISSUER "http://127.0.0.1:9000"
#define RESOURCE "http://127.0.0.1:8000/mcp"
#define PRM "http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp"
#define META_URL ISSUER "/.well-known/oauth-authorization-server"
#define CALL(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define WHOAMI CALL("tools/call", "\"name\":\"whoami\"")

/* --- the issuer: a key, and what it answers --- */
static struct mp_key *key;
static char *set;
static int meta_status, jwks_status, fetches;
static enum mcpass_rc fetch_rc;

static enum mcpass_rc fetch(void *ctx, const struct mcpass_fetch *wanted, int *ret_status,
    struct mp_buf *body, struct mcpass_error *err)
{
	const char *url = wanted->url;

	(void)ctx;
	fetches++;
	if (strcmp(url, META_URL) == 0) {
		mp_buf_adds(body, "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/jwks\"}");
		*ret_status = meta_status;
	} else if (strcmp(url, ISSUER "/jwks") == 0) {
		mp_buf_adds(body, set);
		*ret_status = jwks_status;
	} else {
		*ret_status = 404;
	}
	/* Broken off at the last byte, say: what came before must not be used. */
	return fetch_rc ? mp_fail(err, fetch_rc, NULL, "the connection broke") : MCPASS_OK;
}

/* "Bearer ..."; mp_free_wiped(). */
static char *bearer(const char *scope)
{
	json_t *payload = json_pack("{s:s s:s s:I s:s s:s}", "iss", ISSUER, "aud", RESOURCE, "exp",
	    (json_int_t)(NOW + 300), "sub", "alice", "scope", scope);
	struct mp_secret token = { 0 };
	char *text = NULL;

	if (mp_jws_sign(key, MP_ES256, NULL, payload, &token, NULL) == MCPASS_OK) {
		text = malloc(token.len + 8);
		sprintf(text, "Bearer %s", mp_secret_reveal(&token));
	}
	json_decref(payload);
	mp_secret_free(&token);
	return text;
}

static char trace[1024];
static void note(void *ctx, const struct mcpass_note *text)
{
	(void)ctx;
	snprintf(trace, sizeof(trace), "%s: %s: %s", text->what, text->facts[0].value,
	    text->facts[1].value);
}

static enum mcpass_dpop_mode dpop;      /* how the next guard uses it */
static const uint8_t *nonces;           /* their secret, or NULL */
static struct mcpass_guard *new_guard(void)
{
	static const struct mcpass_guard_issuer issuers[] = { { ISSUER, NULL, NULL } };
	struct mcpass_guard_config cfg = { .size = sizeof(cfg), .resource = RESOURCE,
		.issuers = issuers, .issuer_count = 1, .loopback_http = 1, .dpop = dpop,
		.nonce_secret = nonces, .nonce_secret_len = MP_MIN_NONCE_SECRET };
	struct mcpass_guard *guard = NULL;

	cfg.rules = mp_echo_rules(&cfg.rule_count);
	cfg.scopes_supported = mp_echo_scopes(&cfg.scope_count);
	CHECK_EQ("a guard", mcpass_guard_new(&cfg, &guard, NULL), MCPASS_OK);
	return guard;
}

static struct mp_protected new_server(bool guarded)
{
	meta_status = jwks_status = 200;
	fetch_rc = MCPASS_OK;
	fetches = 0;
	trace[0] = '\0';
	return (struct mp_protected){ .guard = guarded ? new_guard() : NULL, .endpoint = "/mcp",
		.page_path = "/docs", .page = "<p>page</p>",
		.hosts = { MP_HTTP_HOSTS_LOOPBACK, NULL, 0 }, .fetch = fetch, .trace = note };
}

static enum mcpass_rc handle(struct mp_protected *server, const char *method, const char *path,
    const char *authorization, const char *body, struct mp_http_response *response)
{
	struct mcpass_header headers[] = { { "Host", "127.0.0.1:8000" },
		{ "Content-Type", "application/json" }, { "Authorization", authorization } };
	struct mp_http_request request = { .method = method, .path = path, .headers = headers,
		.header_count = authorization != NULL ? 3 : 2, .body = body != NULL ? body : "",
		.body_len = body != NULL ? strlen(body) : 0, .now = NOW };

	return mp_protected_handle(server, &request, response, NULL);
}

static const char *header(const struct mp_http_response *response, const char *name)
{
	return mp_header_get(response->headers.items, response->headers.count, name);
}

static const struct {
	const char *label, *method, *path;
	bool guarded;
	int status;
	const char *has;
} path_rows[] = {
	{ "health of an open server", "GET", "/health", false, 200, "{\"status\":\"ok\",\"issuers\":[]}" },
	{ "health by HEAD", "HEAD", "/health", false, 200, "ok" },
	{ "the page", "GET", "/docs", true, 200, "<p>page</p>" },
	{ "the page by POST", "POST", "/docs", true, 405, "method_not_allowed" },
	{ "health by POST", "POST", "/health", true, 405, "method_not_allowed" },
	{ "metadata", "GET", "/.well-known/oauth-protected-resource/mcp", true, 200,
	    "{\"resource\":\"" RESOURCE "\",\"authorization_servers\":[\"" ISSUER "\"],"
	    "\"scopes_supported\":[\"mcp:read\",\"mcp:tools\",\"mcp:prompts\"],"
	    "\"bearer_methods_supported\":[\"header\"]}" },
	{ "metadata at the root", "GET", "/.well-known/oauth-protected-resource", true, 200,
	    "\"resource\"" },
	{ "a browser asks for leave", "OPTIONS", "/.well-known/oauth-protected-resource/mcp", true,
	    204, "" },
	{ "metadata by POST", "POST", "/.well-known/oauth-protected-resource", true, 405,
	    "method_not_allowed" },
	{ "an open server has none", "GET", "/.well-known/oauth-protected-resource", false, 404,
	    "not_found" },
	{ "nothing there", "GET", "/", true, 404, "not_found" },
	{ "no path", "OPTIONS", "*", true, 404, "not_found" },
	{ "behind the endpoint", "POST", "/mcp/x", true, 404, "not_found" },
	{ "a GET of the endpoint", "GET", "/mcp", true, 401, "unauthorized" },
	{ "a DELETE of the endpoint", "DELETE", "/mcp", true, 401, "unauthorized" },
	{ "a PUT of the endpoint", "PUT", "/mcp", true, 401, "unauthorized" },
	{ "a GET of an open endpoint", "GET", "/mcp", false, 405, "jsonrpc" },
};

static void test_paths(void)
{
	for (size_t i = 0; i < COUNT(path_rows); i++) {
		const char *label = path_rows[i].label;
		struct mp_protected server = new_server(path_rows[i].guarded);
		struct mp_http_response response = { 0 };

		CHECK_EQ(label, handle(&server, path_rows[i].method, path_rows[i].path, NULL, NULL,
		    &response), MCPASS_OK);
		CHECK_EQ(label, response.status, path_rows[i].status);
		CHECK_HAS(label, mp_buf_text(&response.body), path_rows[i].has);
		CHECK(label, (header(&response, "Allow") != NULL) == (response.status == 405));
		CHECK(label, (header(&response, "Retry-After") != NULL) == (response.status == 503
		    || response.status == 429));
		CHECK(label, (header(&response, "WWW-Authenticate") != NULL) || response.status != 401);
		CHECK(label, (header(&response, "WWW-Authenticate") != NULL) == (response.status == 401));
		CHECK(label, (header(&response, "Access-Control-Allow-Origin") != NULL)
		    == (strncmp(path_rows[i].path, "/.well", 6) == 0 && response.status < 300));
		CHECK_EQ("nobody is asked", fetches, 0);
		mp_http_response_free(&response);
		mcpass_guard_free(server.guard);
	}
}

#define ASK "Bearer resource_metadata=\"" PRM "\", scope=\"mcp:read\""
static const struct {
	const char *label, *scope;      /* scope NULL: no token */
	const char *body;
	int status;
	const char *has, *challenge;    /* NULL: none */
} rows[] = {
	{ "no token", NULL, CALL("initialize", "\"protocolVersion\":\"2025-11-25\""), 401,
	    "{\"error\":\"unauthorized\"", ASK },
	{ "no token, a tool", NULL, WHOAMI, 401, "unauthorized",
	    "Bearer resource_metadata=\"" PRM "\", scope=\"mcp:tools\"" },
	{ "no token, no JSON", NULL, "{", 401, "unauthorized", ASK },
	{ "initialize", "mcp:read", CALL("initialize", "\"protocolVersion\":\"2025-11-25\""), 200,
	    "\"protocolVersion\":\"2025-11-25\"", NULL },
	{ "a scope is missing", "mcp:read", WHOAMI, 403, "{\"error\":\"insufficient_scope\"",
	    "Bearer resource_metadata=\"" PRM "\", scope=\"mcp:tools\", error=\"insufficient_scope\","
	    " error_description=\"the token lacks a scope for this\"" },
	{ "a tool", "mcp:read mcp:tools", WHOAMI, 200,
	    "subject: alice\\nclient: (unknown)\\nscopes: mcp:read mcp:tools\\nissuer: " ISSUER, NULL },
	{ "a tool in a batch", "mcp:read", "[" CALL("ping", "") "," WHOAMI "]", 403,
	    "insufficient_scope", "Bearer resource_metadata=\"" PRM "\", scope=\"mcp:tools\","
	    " error=\"insufficient_scope\", error_description=\"the token lacks a scope for this\"" },
	{ "a batch", "mcp:read mcp:tools", "[" CALL("ping", "") "," WHOAMI "]", 200,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL },
	{ "no JSON", "mcp:read", "{", 400, "\"error\":{\"code\":-32700", NULL },
	{ "no message", "mcp:read", "{}", 400, "\"error\":{\"code\":-32600", NULL },
	/* Ways to a tool past the rule for tools. */
	{ "a tool behind a broken message", "mcp:read", "[1," WHOAMI "]", 400, "-32600", NULL },
	{ "a tool that is a response too", "mcp:read", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"tools/call\",\"params\":{\"name\":\"whoami\"},\"result\":{}}", 400, "-32600", NULL },
	{ "two methods", "mcp:read", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":"
	    "\"tools/call\",\"params\":{\"name\":\"whoami\"}}", 400, "-32700", NULL },
	{ "a list for a name", "mcp:read mcp:tools", CALL("tools/call", "\"name\":[\"whoami\"]"), 400,
	    "-32600", NULL },
	{ "a tool as a notification", "mcp:read", "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\","
	    "\"params\":{\"name\":\"whoami\"}}", 403, "insufficient_scope",
	    "Bearer resource_metadata=\"" PRM "\", scope=\"mcp:tools\", error=\"insufficient_scope\","
	    " error_description=\"the token lacks a scope for this\"" },
};

static void test_endpoint(void)
{
	struct mp_protected server = new_server(true);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		char *token = rows[i].scope != NULL ? bearer(rows[i].scope) : NULL;
		struct mp_http_response response = { 0 };

		trace[0] = '\0';
		CHECK_EQ(label, handle(&server, "POST", "/mcp", token, rows[i].body, &response),
		    MCPASS_OK);
		CHECK_EQ(label, response.status, rows[i].status);
		CHECK_HAS(label, mp_buf_text(&response.body), rows[i].has);
		CHECK_STR(label, header(&response, "WWW-Authenticate"), rows[i].challenge);
		CHECK_STR(label, header(&response, "Cache-Control"), "no-store");
		if (rows[i].challenge != NULL)
			CHECK_HAS(label, trace, "Refused a request: 40");
		mp_http_response_free(&response);
		mp_free_wiped(token);
	}
	CHECK_EQ("metadata and key set, once", fetches, 2);
	mcpass_guard_free(server.guard);
}

static void test_open(void)
{
	struct mp_protected server = new_server(false);
	struct mp_http_response response = { 0 };

	CHECK_EQ("open", handle(&server, "POST", "/mcp", NULL, WHOAMI, &response), MCPASS_OK);
	CHECK_HAS("open", mp_buf_text(&response.body), "no user: authorization is off");
	mp_http_response_free(&response);
}

static const struct {
	const char *label;
	enum mcpass_rc fetch_rc;
	int meta_status, jwks_status;
	const char *trace;
} failure_rows[] = {
	{ "no answer", MCPASS_E_IO, 200, 200,
	    "Refused a request: 503: no answer from " META_URL ": the connection broke" },
	{ "no metadata", MCPASS_OK, 404, 0, "answered 404" },
	{ "a broken issuer", MCPASS_OK, 500, 0, "Refused a request: 503: " META_URL " answered 500" },
	{ "no key set", MCPASS_OK, 200, 404, "Refused a request: 503: GET " ISSUER "/jwks" },
	{ "a document that is too long", MCPASS_E_LIMIT, 200, 200, "the connection broke" },
};

/* What the page says that watches over the server, and when it asks. */
static const struct {
	const char *label;
	enum mcpass_rc rc;
	int meta, jwks;                 /* what the issuer answers */
	int64_t at;                     /* seconds after NOW */
	int status, asked;
	const char *has;
} health_rows[] = {
	{ "down at first", MCPASS_E_IO, 200, 200, 0, 503, 1, "\"state\":\"unreachable\"" },
	{ "not asked at once again", MCPASS_OK, 200, 200, 1, 503, 0, "\"status\":\"degraded\"" },
	{ "metadata, and no keys", MCPASS_OK, 200, 404, 40, 503, 2, "\"state\":\"unreachable\"" },
	{ "well", MCPASS_OK, 200, 200, 80, 200, 2, "{\"status\":\"ok\",\"issuers\":[{\"issuer\":\"" ISSUER
	    "\",\"state\":\"ok\"}]}" },
	{ "well, and not asked", MCPASS_E_IO, 500, 500, 81, 200, 0, "\"status\":\"ok\"" },
};

static void test_health(void)
{
	struct mp_protected server = new_server(true);

	for (size_t i = 0; i < COUNT(health_rows); i++) {
		const char *label = health_rows[i].label;
		const struct mcpass_header host = { "Host", "127.0.0.1:8000" };
		const struct mp_http_request request = { .method = "GET", .path = "/health",
			.headers = &host, .header_count = 1, .body = "", .now = NOW + health_rows[i].at };
		struct mp_http_response response = { 0 };

		fetches = 0;
		fetch_rc = health_rows[i].rc;
		meta_status = health_rows[i].meta;
		jwks_status = health_rows[i].jwks;
		CHECK_EQ(label, mp_protected_handle(&server, &request, &response, NULL), MCPASS_OK);
		CHECK_EQ(label, response.status, health_rows[i].status);
		CHECK_EQ(label, fetches, health_rows[i].asked);
		CHECK_HAS(label, mp_buf_text(&response.body), health_rows[i].has);
		mp_http_response_free(&response);
	}
	mcpass_guard_free(server.guard);
}

static void test_failures(void)
{
	char *token = bearer("mcp:read");

	for (size_t i = 0; i < COUNT(failure_rows); i++) {
		const char *label = failure_rows[i].label;
		struct mp_protected server = new_server(true);
		struct mp_http_response response = { 0 };

		fetch_rc = failure_rows[i].fetch_rc;
		meta_status = failure_rows[i].meta_status;
		jwks_status = failure_rows[i].jwks_status;
		CHECK_EQ(label, handle(&server, "POST", "/mcp", token, CALL("ping", ""), &response),
		    MCPASS_OK);
		CHECK_EQ(label, response.status, 503);
		CHECK_HAS(label, mp_buf_text(&response.body), "temporarily_unavailable");
		CHECK(label, strstr(mp_buf_text(&response.body), "GET") == NULL);
		CHECK(label, header(&response, "WWW-Authenticate") == NULL);
		CHECK_STR(label, header(&response, "Retry-After"), "30");
		CHECK_HAS(label, trace, failure_rows[i].trace);
		mp_http_response_free(&response);
		mcpass_guard_free(server.guard);
	}
	mp_free_wiped(token);
}

/* --- proof of possession --- */

/* One request with a bound token, its proof and that nonce (NULL: none). */
static void handle_bound(struct mp_protected *server, const char *nonce, const char *htm,
    struct mp_http_response *response)
{
	struct mp_key *client = NULL;
	json_t *jwk = NULL, *header, *payload;
	struct mp_secret token = { 0 }, proof = { 0 };
	char *thumbprint = NULL, *ath = NULL, *value;
	struct mcpass_header headers[] = { { "Host", "127.0.0.1:8000" },
		{ "Content-Type", "application/json" }, { "Authorization", NULL }, { "DPoP", NULL } };
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.header_count = COUNT(headers), .body = CALL("ping", ""),
		.body_len = strlen(CALL("ping", "")), .now = NOW, .query = "a=b" };

	mp_key_generate(MP_ES256, &client, NULL);
	mp_jwk_thumbprint(client, &thumbprint, NULL);
	mp_jwk_write(client, false, &jwk, NULL);
	payload = json_pack("{s:s s:s s:I s:s s:s s:{s:s}}", "iss", ISSUER, "aud", RESOURCE, "exp",
	    (json_int_t)(NOW + 300), "sub", "alice", "scope", "mcp:read", "cnf", "jkt", thumbprint);
	mp_jws_sign(key, MP_ES256, NULL, payload, &token, NULL);
	json_decref(payload);
	mp_sha256_b64url(mp_secret_reveal(&token), &ath, NULL);
	header = json_pack("{s:s s:o}", "typ", "dpop+jwt", "jwk", jwk);
	payload = json_pack("{s:s s:s s:s s:I s:s s:s*}", "jti", ath, "htm", htm, "htu",
	    RESOURCE, "iat", (json_int_t)NOW, "ath", ath, "nonce", nonce);
	mp_jws_sign(client, MP_ES256, header, payload, &proof, NULL);
	json_decref(header);
	json_decref(payload);
	value = malloc(token.len + 8);
	sprintf(value, "DPoP %s", mp_secret_reveal(&token));
	headers[2].value = value;
	headers[3].value = mp_secret_reveal(&proof);
	CHECK_EQ("handled", mp_protected_handle(server, &request, response, NULL), MCPASS_OK);
	free(value);
	free(ath);
	free(thumbprint);
	mp_secret_free(&token);
	mp_secret_free(&proof);
	mp_key_free(client);
}

/* The nonce that the server handed out a slot ago; free. */
static void nonce_of_last_slot(struct mp_protected *server, char **ret_nonce)
{
	struct mcpass_header headers[] = { { "Host", "127.0.0.1:8000" },
		{ "Content-Type", "application/json" } };
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.header_count = COUNT(headers), .body = "{", .body_len = 1,
		.now = NOW - MP_DPOP_NONCE_SLOT };
	struct mp_http_response response = { 0 };

	CHECK_EQ("handled", mp_protected_handle(server, &request, &response, NULL), MCPASS_OK);
	*ret_nonce = strdup(header(&response, "DPoP-Nonce"));
	mp_http_response_free(&response);
}

/* The nonce reaches the client with the challenge, serves, and is replaced in time. */
static void test_dpop(void)
{
	struct mp_protected server = new_server(true);
	struct mp_http_response response = { 0 };
	char *first, *old = NULL;

	handle_bound(&server, NULL, "POST", &response);
	CHECK_EQ("no nonce", response.status, 401);
	CHECK_HAS("no nonce", header(&response, "WWW-Authenticate"), "DPoP resource_metadata=\"" PRM
	    "\", scope=\"mcp:read\", algs=\"ES256 ");
	CHECK_HAS("no nonce", header(&response, "WWW-Authenticate"), "error=\"use_dpop_nonce\"");
	first = strdup(header(&response, "DPoP-Nonce"));
	mp_http_response_free(&response);
	handle_bound(&server, first, "POST", &response);
	CHECK_EQ("a nonce", response.status, 200);
	CHECK("it serves on", header(&response, "DPoP-Nonce") == NULL);
	mp_http_response_free(&response);
	handle_bound(&server, first, "GET", &response);
	CHECK_EQ("for another method", response.status, 401);
	CHECK_HAS("for another method", header(&response, "WWW-Authenticate"), "invalid_dpop_proof");
	mp_http_response_free(&response);
	nonce_of_last_slot(&server, &old);
	handle_bound(&server, old, "POST", &response);
	CHECK_EQ("the slot before", response.status, 200);
	CHECK_STR("a new nonce", header(&response, "DPoP-Nonce"), first);
	CHECK_STR("and no cache", header(&response, "Cache-Control"), "no-store");
	mp_http_response_free(&response);
	free(first);
	free(old);
	mcpass_guard_free(server.guard);
}

/* Either scheme: both challenges in one line. */
static void test_both_schemes(void)
{
	struct mp_protected server = new_server(true);
	struct mp_http_response response = { 0 };

	handle(&server, "POST", "/mcp", NULL, WHOAMI, &response);
	CHECK_EQ("no token", response.status, 401);
	CHECK_HAS("no token", header(&response, "WWW-Authenticate"), "Bearer resource_metadata=\"" PRM
	    "\", scope=\"mcp:tools\", DPoP resource_metadata=\"" PRM "\", scope=\"mcp:tools\", algs=");
	CHECK_EQ("one line", mp_header_count(response.headers.items, response.headers.count,
	    "WWW-Authenticate"), 1);
	CHECK("no nonces", header(&response, "DPoP-Nonce") == NULL);
	mp_http_response_free(&response);
	mcpass_guard_free(server.guard);
}

/* A foreign Host is refused before the token is looked at. */
static void test_screen(void)
{
	struct mp_protected server = new_server(true);
	struct mcpass_header headers[] = { { "Host", "evil.example" },
		{ "Content-Type", "application/json" } };
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.header_count = 2, .body = WHOAMI, .body_len = strlen(WHOAMI), .now = NOW };
	struct mp_http_response response = { 0 };

	CHECK_EQ("a rebound name", mp_protected_handle(&server, &request, &response, NULL), MCPASS_OK);
	CHECK_EQ("a rebound name", response.status, 403);
	CHECK("no challenge", header(&response, "WWW-Authenticate") == NULL);
	mp_http_response_free(&response);
	mcpass_guard_free(server.guard);
}

/* A long body is no reason to read it, with or without a token. */
static void test_long_body(void)
{
	struct mp_protected server = new_server(true);
	struct mp_http_response response = { 0 };
	char *token = bearer("mcp:read"), *body = malloc(MP_MAX_ECHO_BODY + 2);

	memset(body, ' ', MP_MAX_ECHO_BODY + 1);
	memcpy(body, WHOAMI, strlen(WHOAMI));
	body[MP_MAX_ECHO_BODY + 1] = '\0';
	handle(&server, "POST", "/mcp", NULL, body, &response);
	CHECK_EQ("a stranger", response.status, 401);
	CHECK_STR("the tool was not called", header(&response, "WWW-Authenticate"), ASK);
	mp_http_response_free(&response);
	handle(&server, "POST", "/mcp", token, body, &response);
	CHECK_EQ("a friend", response.status, 413);
	mp_http_response_free(&response);
	free(body);
	mp_free_wiped(token);
	mcpass_guard_free(server.guard);
}

/* The nth allocation fails, for every n: no answer, or the right one. */
static void test_memory(const char *label, const char *path, const char *scope, const char *body,
    int status)
{
	char *token = scope != NULL ? bearer(scope) : NULL;

	OOM_EACH_LATER {
		struct mp_protected server = new_server(true);
		struct mp_http_response response = { 0 };
		enum mcpass_rc rc;

		oom_from_here();
		rc = handle(&server, body != NULL ? "POST" : "GET", path, token, body, &response);
		CHECK_OOM(label, rc, MCPASS_OK);
		CHECK_EQ(label, response.status, rc ? 0 : status);
		mp_http_response_free(&response);
		mcpass_guard_free(server.guard);
	}
	mp_free_wiped(token);
}

#define APP "https://app.example"
static const struct {
	const char *label, *method, *path, *origin;
	bool listed;                    /* APP is */
	int status;
	const char *allowed;            /* Access-Control-Allow-Origin */
} page_rows[] = {
	{ "a page asks for leave", "OPTIONS", "/mcp", APP, true, 204, APP },
	{ "it sees the challenge", "POST", "/mcp", APP, true, 401, APP },
	{ "before it is told that there is no stream", "GET", "/mcp", APP, true, 401, APP },
	{ "another page asks", "OPTIONS", "/mcp", "https://evil.example", true, 403, NULL },
	{ "another page calls", "POST", "/mcp", "https://evil.example", true, 403, NULL },
	{ "a page of this machine calls", "POST", "/mcp", "http://localhost:1", true, 401, NULL },
	{ "a page of this machine asks", "OPTIONS", "/mcp", "http://localhost:1", true, 401, NULL },
	{ "no page is on the list", "OPTIONS", "/mcp", APP, false, 403, NULL },
	{ "no page is on the list, it calls", "POST", "/mcp", APP, false, 403, NULL },
	{ "no page", "POST", "/mcp", NULL, true, 401, NULL },
	{ "metadata are anybody's", "GET", "/.well-known/oauth-protected-resource/mcp",
	    "https://evil.example", false, 200, "*" },
};

/* spec: Fetch 3.2; MCP 2026-07-28 streamable HTTP, "Security & Endpoint" 1 */
static void test_pages(void)
{
	static const char *const listed[] = { APP };

	for (size_t i = 0; i < COUNT(page_rows); i++) {
		const char *label = page_rows[i].label;
		const struct mcpass_header headers[] = { { "Host", "127.0.0.1:8000" },
			{ "Content-Type", "application/json" }, { "Origin", page_rows[i].origin } };
		const struct mp_http_request request = { .method = page_rows[i].method,
			.path = page_rows[i].path, .headers = headers,
			.header_count = page_rows[i].origin != NULL ? 3 : 2, .body = WHOAMI,
			.body_len = strlen(WHOAMI), .now = NOW };
		struct mp_protected server = new_server(true);
		struct mp_http_response response = { 0 };

		server.echo.origins = listed;
		server.echo.origin_count = page_rows[i].listed ? 1 : 0;
		CHECK_EQ(label, mp_protected_handle(&server, &request, &response, NULL), MCPASS_OK);
		CHECK_EQ(label, response.status, page_rows[i].status);
		CHECK_STR(label, header(&response, "Access-Control-Allow-Origin"),
		    page_rows[i].allowed);
		if (response.status == 401 && page_rows[i].allowed != NULL)
			CHECK_HAS(label, header(&response, "Access-Control-Expose-Headers"),
			    "WWW-Authenticate");
		mp_http_response_free(&response);
		mcpass_guard_free(server.guard);
	}
}

int main(void)
{
	static const uint8_t secret[MP_MIN_NONCE_SECRET] = "x";

	if (mp_key_generate(MP_ES256, &key, NULL) == MCPASS_OK) {
		json_t *jwk = NULL, *json;

		mp_jwk_write(key, false, &jwk, NULL);
		json = json_pack("{s:[o]}", "keys", jwk);
		set = mp_json_dump(json);
		json_decref(json);
	}
	test_paths();
	test_pages();
	test_endpoint();
	test_open();
	test_health();
	test_failures();
	test_screen();
	test_long_body();
	test_memory("let in", "/mcp", "mcp:tools", WHOAMI, 200);
	test_memory("refused", "/mcp", "mcp:read", WHOAMI, 403);
	test_memory("a stranger", "/mcp", NULL, WHOAMI, 401);
	test_memory("no message", "/mcp", "mcp:read", "{", 400);
	test_memory("metadata", "/.well-known/oauth-protected-resource", NULL, NULL, 200);
	test_memory("health", "/health", NULL, NULL, 200);
	dpop = MCPASS_DPOP_ACCEPTED;
	test_both_schemes();
	dpop = MCPASS_DPOP_REQUIRED;
	nonces = secret;
	test_dpop();
	test_memory("a stranger gets a nonce", "/mcp", NULL, WHOAMI, 401);
	free(set);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
