/* A tool calls on as the user: the echo server, the issuer's exchange and another server's
 * guard, in memory.  spec: RFC 8693; MCP security considerations (no token passthrough) */
#include <string.h>
#include "base/limits.h"
#include "oauth/clientauth.h"
#include "oauth/token_exchange.h"
#include "pair_world.h"

#define OTHER "https://other.example/mcp"

struct scene {
	struct world world;
	struct mcpass_guard *other;             /* in front of the other server */
	const char *resource, *scope, *secret;  /* what the exchange asks for, and as whom */
	char passed[4096];                      /* the token that the other server was shown */
	int status;                             /* what it said */
};

/* The guard in front of the other server, which has the issuer's keys already. */
static struct mcpass_guard *make_other(struct world *world)
{
	static const struct mcpass_guard_issuer issuer = { AS, NULL, NULL };
	static const struct mcpass_scope_rule rule = { "*", NULL, "mcp:read", NULL };
	const struct mcpass_guard_config config = { .size = sizeof(config), .resource = OTHER,
		.issuers = &issuer, .issuer_count = 1, .rules = &rule, .rule_count = 1 };
	const struct mp_http_request request = { .method = "GET", .path = "/jwks", .now = world->now };
	struct mp_http_response response = { 0 };
	struct mcpass_guard *guard = NULL;

	CHECK_EQ("a guard", mcpass_guard_new(&config, &guard, NULL), MCPASS_OK);
	CHECK_EQ("keys", mp_issuer_handle(world->issuer, &request, &response, NULL), MCPASS_OK);
	CHECK_EQ("are given", mcpass_guard_pin_keys(guard, AS, mp_buf_text(&response.body),
	    response.body.len, NULL), MCPASS_OK);
	mp_http_response_free(&response);
	return guard;
}

static void open_scene(struct scene *scene)
{
	static char mcp_text[] = MCP, other_text[] = OTHER;
	static char *mcp[] = { mcp_text }, *targets[] = { other_text };
	static const struct mp_issuer_client client = { .client_id = "echo",
		.client_secret = "a server's secret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		.introspects = { mcp, 1 }, .audiences = { targets, 1 } };

	*scene = (struct scene){ .resource = OTHER, .scope = "mcp:read",
		.secret = client.client_secret };
	world_open(&scene->world);
	scene->world.issuer_config.clients = &client;
	scene->world.issuer_config.client_count = 1;
	world_rebuild(&scene->world);
	mp_test_count_allocs(false);
	scene->other = make_other(&scene->world);
	mp_test_count_allocs(true);
}

static void close_scene(struct scene *scene)
{
	mp_test_count_allocs(false);
	mcpass_guard_free(scene->other);
	mp_test_count_allocs(true);
	world_close(&scene->world);
}

static int no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 7, len);
	return 0;
}

/* The other side's allocations are not ours. */
static void ask_issuer(struct scene *scene, const struct mp_headers *headers,
    const struct mp_buf *form, struct mp_http_response *response)
{
	const struct mp_http_request request = { .method = "POST", .path = "/token",
		.headers = headers->items, .header_count = headers->count, .body = mp_buf_text(form),
		.body_len = form->len, .now = scene->world.now };

	CHECK_EQ("the issuer answers", mp_issuer_handle(scene->world.issuer, &request, response, NULL),
	    MCPASS_OK);
}

static void show_other(struct scene *scene, const struct mp_secret *token)
{
	static const struct mcpass_operation operation = { "tools/list", NULL };
	struct mcpass_header header = { "Authorization", scene->passed };
	const struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
		.operations = &operation, .operation_count = 1, .now = scene->world.now };
	struct mcpass_verdict verdict = { 0 };

	snprintf(scene->passed, sizeof(scene->passed), "Bearer %s", mp_secret_reveal(token));
	CHECK_EQ("judged", mcpass_guard_check(scene->other, &request, &verdict, NULL), MCPASS_OK);
	scene->status = verdict.type == MCPASS_ALLOW ? 200 : verdict.status;
	if (verdict.type == MCPASS_ALLOW)
		CHECK_STR("as the user", verdict.username, "alice");
}

static enum mcpass_rc prepare(const struct scene *scene, const struct mp_secret *subject,
    struct mp_headers *headers, struct mp_buf *form, struct mcpass_error *err)
{
	const struct mp_token_exchange exchange = { .requested_type = MP_TOKEN_TYPE_ACCESS,
		.subject = subject, .subject_type = MP_TOKEN_TYPE_ACCESS, .resource = scene->resource,
		.scope = scene->scope };
	const struct mp_auth_inputs inputs = { .issuer = AS, .now = scene->world.now,
		.random = no_random };
	struct mp_client_id client = { .method = MP_AUTH_BASIC };
	enum mcpass_rc rc;

	mp_token_exchange_form(form, &exchange);
	rc = mp_headers_add(headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_set(&client.client_id, "echo", err);
	if (!rc)
		rc = mp_secret_set(&client.client_secret, scene->secret, err);
	if (!rc)
		rc = mp_clientauth_apply(&client, &inputs, headers, form, err);
	mp_client_id_free(&client);
	return rc ? rc : mp_buf_check(form, "the exchange", err);
}

/* mp_protected.call_on, as the program's, but for the sockets. */
static enum mcpass_rc call_on(void *ctx, uint64_t request, const struct mp_secret *subject,
    int64_t now, struct mp_buf *text, bool *ret_later, struct mcpass_error *err)
{
	struct scene *scene = ctx;
	struct mp_http_response response = { 0 };
	struct mp_headers headers = { 0 };
	struct mp_token token = { 0 };
	struct mp_buf form;
	enum mcpass_rc rc;

	(void)request;
	(void)now;
	(void)ret_later;
	mp_buf_init(&form, MP_MAX_FORM);
	rc = prepare(scene, subject, &headers, &form, err);
	mp_test_count_allocs(false);
	if (!rc)
		ask_issuer(scene, &headers, &form, &response);
	mp_test_count_allocs(true);
	if (!rc)
		rc = mp_token_exchange_answer(response.status, mp_buf_text(&response.body), response.body.len,
		    &token, err);
	mp_test_count_allocs(false);
	if (!rc)
		show_other(scene, &token.access_token);
	mp_http_response_free(&response);
	mp_test_count_allocs(true);
	if (!rc)
		mp_buf_addf(text, "the other server says %d", scene->status);
	mp_token_free(&token);
	mp_headers_free(&headers);
	mp_buf_free(&form);
	return rc;
}

/* A caller with a token for MCP asks for the tool; the answer's body is in *response. */
static enum mcpass_rc call(struct scene *scene, const char *token,
    struct mp_http_response *response, struct mcpass_error *err)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
	    "\"name\":\"call_on\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
	const struct mcpass_header headers[] = { { "Content-Type", "application/json" },
		{ "MCP-Protocol-Version", "2026-07-28" }, { "Mcp-Method", "tools/call" },
		{ "Mcp-Name", "call_on" }, { "Authorization", token } };
	const struct mp_http_request request = { .method = "POST", .path = "/mcp",
		.headers = headers, .header_count = COUNT(headers), .body = body,
		.body_len = sizeof(body) - 1, .now = scene->world.now };
	struct mp_protected *server = &scene->world.server;

	server->echo.calls_on = true;
	server->call_on = call_on;
	server->call_on_ctx = scene;
	return mp_protected_handle(server, &request, response, err);
}

static void mint(struct scene *scene, const char *scope, char bearer[4096])
{
	struct mp_secret token = { 0 };

	mp_test_count_allocs(false);
	CHECK_EQ("a token", mp_issuer_mint(scene->world.issuer, "alice", "dev", scope, MCP,
	    scene->world.now, &token, NULL), MCPASS_OK);
	snprintf(bearer, 4096, "Bearer %s", mp_secret_reveal(&token));
	mp_secret_free(&token);
	mp_test_count_allocs(true);
}

static const struct {
	const char *label, *has;                /* the caller's scope */
	const char *resource, *scope, *secret;  /* NULL: the usual */
	const char *part, *is_error;
} rows[] = {
	{ "calls on", "mcp:tools mcp:read", NULL, NULL, NULL, "the other server says 200", "false" },
	{ "with too little for there", "mcp:tools", NULL, "mcp:tools", NULL,
	    "the other server says 403", "false" },
	{ "with more than the caller has", "mcp:tools", NULL, "mcp:prompts", NULL, "invalid_scope", "true" },
	{ "for a server that it may not call", "mcp:tools mcp:read", "https://evil.example/mcp", NULL,
	    NULL, "invalid_target", "true" },
	{ "as somebody else", "mcp:tools mcp:read", NULL, NULL, "a guess", "invalid_client", "true" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mp_http_response response = { 0 };
		struct scene scene;
		char bearer[4096];

		open_scene(&scene);
		if (rows[i].resource != NULL)
			scene.resource = rows[i].resource;
		if (rows[i].scope != NULL)
			scene.scope = rows[i].scope;
		if (rows[i].secret != NULL)
			scene.secret = rows[i].secret;
		mint(&scene, rows[i].has, bearer);
		CHECK_EQ(label, call(&scene, bearer, &response, NULL), MCPASS_OK);
		CHECK_EQ(label, response.status, 200);
		CHECK_HAS(label, mp_buf_text(&response.body), rows[i].part);
		CHECK_HAS(label, mp_buf_text(&response.body),
		    rows[i].is_error[0] == 't' ? "\"isError\":true" : "\"isError\":false");
		/* The caller's own token went nowhere, and the new one is not told. */
		CHECK("not passed on", strcmp(scene.passed, bearer) != 0);
		CHECK("not told", strstr(mp_buf_text(&response.body), "eyJ") == NULL);
		mp_http_response_free(&response);
		close_scene(&scene);
	}
}

static void test_memory(void)
{
	OOM_EACH_LATER {
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct scene scene;
		char bearer[4096];
		enum mcpass_rc rc;

		open_scene(&scene);
		mint(&scene, "mcp:tools mcp:read", bearer);
		oom_from_here();
		rc = call(&scene, bearer, &response, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		if (!rc)
			CHECK_HAS("at last", mp_buf_text(&response.body), "the other server says 200");
		mp_http_response_free(&response);
		close_scene(&scene);
	}
}

int main(void)
{
	long before;

	test_rows();                            /* and what is made once for all worlds */
	before = mp_test_live_blocks();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
