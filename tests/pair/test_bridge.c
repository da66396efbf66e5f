/* Bridge, session and echo server joined in memory: a host of either era in front of a server of
 * either, each conversation once per allocation that fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/bridge.h"
#include "echo/echo.h"
#include "harness/check.h"
#include "mcpass/session.h"
#include "wire/json/json.h"

#define RPC "{\"jsonrpc\":\"2.0\","
#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{},\"elicitation\":{}}}"
#define ROOM ((size_t)256 * 1024)

struct world {
	struct mcpass_session *session;
	struct mp_bridge *bridge;
	const char *revision;           /* the only one that the server is asked in; NULL: found out */
	char out[ROOM];                 /* what the host was written */
	size_t len;
};

static int no_chance(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 7, len);
	return 0;
}

/* --- the port, on a session --- */

static enum mcpass_rc do_open(void *ctx, size_t server, const char *initialize,
    struct mcpass_error *err)
{
	struct world *world = ctx;
	const struct mcpass_session_config config = { .size = sizeof(config),
		.server_url = "http://127.0.0.1:1/mcp", .revision = world->revision,
		.initialize = initialize };

	(void)server;
	return world->session != NULL ? MCPASS_OK : mcpass_session_new(&config, &world->session, err);
}

static enum mcpass_rc do_request(void *ctx, size_t server, const char *method, const char *params,
    unsigned *ret_call, struct mcpass_error *err)
{
	struct world *world = ctx;

	(void)server;
	return mcpass_session_request(world->session, method, params, ret_call, err);
}

static enum mcpass_rc do_send(void *ctx, size_t server, struct mp_span message, unsigned *ret_call,
    struct mcpass_error *err)
{
	struct world *world = ctx;

	(void)server;
	return mcpass_session_send(world->session, message.data, message.len, ret_call, err);
}

static enum mcpass_rc do_notify(void *ctx, size_t server, const char *method, const char *params,
    struct mcpass_error *err)
{
	struct world *world = ctx;

	(void)server;
	return mcpass_session_notify(world->session, method, params, err);
}

static enum mcpass_rc do_respond(void *ctx, size_t server, const char *json,
    struct mcpass_error *err)
{
	struct world *world = ctx;

	(void)server;
	return mcpass_session_answer(world->session, json, err);
}

static void do_forget(void *ctx, size_t server)
{
	(void)ctx;
	(void)server;
}

static void do_cancel(void *ctx, size_t server, unsigned call)
{
	struct world *world = ctx;

	(void)server;
	(void)mcpass_session_cancel(world->session, call, NULL);
}

static const char *get_revision(void *ctx, size_t server)
{
	const struct world *world = ctx;

	(void)server;
	return mcpass_session_revision(world->session);
}

static const char *get_welcome(void *ctx, size_t server)
{
	const struct world *world = ctx;

	(void)server;
	return mcpass_session_welcome(world->session);
}

/* --- the server --- */

/* Its own memory is not what is tested. */
static enum mcpass_rc answer(struct world *world, const struct mcpass_session_action *action,
    struct mcpass_error *err)
{
	const struct mp_echo_config config = { .fixtures = true, .random = no_chance };
	const struct mp_http_request request = { .method = action->method, .path = "/mcp",
		.headers = action->headers, .header_count = action->header_count, .body = action->body,
		.body_len = action->body_len };
	const struct mp_caller caller = { .subject = "s" };
	struct mp_http_response response = { 0 };
	unsigned exchange = action->exchange;
	enum mcpass_rc rc;

	mp_test_count_allocs(false);
	if (strcmp(action->method, "POST") == 0)
		(void)mp_echo_answer(&config, &request, &caller, &response, NULL);
	else
		response.status = 405;
	mp_test_count_allocs(true);
	rc = mcpass_session_head(world->session, exchange, response.status, response.headers.items,
	    response.headers.count, err);
	if (!rc)
		rc = mcpass_session_data(world->session, exchange, mp_buf_text(&response.body), response.body.len,
		    err);
	if (!rc)
		rc = mcpass_session_end(world->session, exchange, 0, err);
	mp_test_count_allocs(false);
	mp_http_response_free(&response);
	mp_test_count_allocs(true);
	return rc;
}

static enum mcpass_rc carry_out(struct world *world, const struct mcpass_session_action *action,
    struct mcpass_error *err)
{
	unsigned call = action->call;
	bool is_error = action->is_error != 0;
	char *body;
	enum mcpass_rc rc;

	switch (action->type) {
	case MCPASS_SESSION_SEND:
		return answer(world, action, err);
	case MCPASS_SESSION_RESULT:
		body = mcpass_session_take_body(world->session);
		rc = mp_bridge_answered(world->bridge, 0, call, body, is_error, err);
		free(body);
		return rc;
	case MCPASS_SESSION_MESSAGE:
		body = mcpass_session_take_body(world->session);
		rc = mp_bridge_message(world->bridge, 0, call, body, err);
		free(body);
		return rc;
	case MCPASS_SESSION_FAILED:
		return mp_bridge_failed(world->bridge, 0, call, action->error, err);
	default:
		return MCPASS_OK;
	}
}

/* Until there is nothing more to do. */
static enum mcpass_rc settle(struct world *world, struct mcpass_error *err)
{
	struct mcpass_session_action action = { .type = MCPASS_SESSION_SEND };
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && world->session != NULL && action.type != MCPASS_SESSION_IDLE
	    && action.type != MCPASS_SESSION_WAIT) {
		rc = mcpass_session_next(world->session, 0, &action, err);
		if (!rc)
			rc = carry_out(world, &action, err);
	}
	return rc;
}

static enum mcpass_rc say(struct world *world, const char *line, struct mcpass_error *err)
{
	struct mp_span out;
	enum mcpass_rc rc = mp_bridge_from_host(world->bridge, line, strlen(line), err);

	if (!rc)
		rc = settle(world, err);
	out = mp_bridge_output(world->bridge);
	if (world->len + out.len < ROOM) {
		memcpy(world->out + world->len, out.data, out.len);
		world->len += out.len;
		world->out[world->len] = '\0';
	}
	mp_bridge_wrote(world->bridge, out.len);
	return rc;
}

/* --- conversations --- */

#define OLD_HELLO RPC "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}," \
	"\"clientInfo\":{\"name\":\"h\",\"version\":\"1\"}}}\n" RPC "\"method\":\"notifications/initialized\"}\n"
#define NEW_HELLO RPC "\"id\":0,\"method\":\"server/discover\",\"params\":{" META "}}\n"
#define OLD_ASK(id, method, params) RPC "\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}\n"
#define NEW_ASK(id, method, params) RPC "\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "," META "}}\n"

static const struct {
	const char *label, *revision, *hello, *lines, *want[6], *never;
} rows[] = {
	{ "old host, old server", "2025-06-18", OLD_HELLO,
	    OLD_ASK("1", "tools/list", "\"x\":1") OLD_ASK("\"b\"", "tools/call", "\"name\":\"echo\",\"arguments\":{\"message\":\"hi\"}")
	    OLD_ASK("3", "resources/read", "\"uri\":\"no:such\"") OLD_ASK("4", "ping", "\"x\":1"),
	    { "\"protocolVersion\":\"2025-06-18\"", "\"id\":1,\"result\":{\"tools\":[", "\"text\":\"hi\"", "\"id\":3,\"error\"", "\"id\":4,\"result\":{}" },
	    "resultType" },
	{ "old host, new server", NULL, OLD_HELLO,
	    OLD_ASK("1", "tools/list", "\"x\":1") OLD_ASK("\"b\"", "tools/call", "\"name\":\"echo\",\"arguments\":{\"message\":\"hi\"}")
	    OLD_ASK("3", "resources/read", "\"uri\":\"no:such\"") OLD_ASK("4", "ping", "\"x\":1"),
	    { "\"protocolVersion\":\"2025-06-18\"", "\"id\":1,\"result\":{\"tools\":[", "\"text\":\"hi\"", "\"id\":3,\"error\"", "\"id\":4,\"result\":{}" },
	    "resultType" },
	{ "new host, old server", "2025-11-25", NEW_HELLO,
	    NEW_ASK("1", "tools/list", "\"x\":1") NEW_ASK("\"b\"", "tools/call", "\"name\":\"echo\",\"arguments\":{\"message\":\"hi\"}")
	    NEW_ASK("3", "resources/read", "\"uri\":\"no:such\"") NEW_ASK("4", "ping", "\"x\":1"),
	    { "\"supportedVersions\":[\"2026-07-28\"]", "\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\"", "\"text\":\"hi\"",
	    "-32602", "-32601" }, "\"code\":-32002" },
	{ "new host, new server", NULL, NEW_HELLO,
	    NEW_ASK("1", "tools/list", "\"x\":1") NEW_ASK("\"b\"", "tools/call", "\"name\":\"echo\",\"arguments\":{\"message\":\"hi\"}")
	    NEW_ASK("3", "resources/read", "\"uri\":\"no:such\"") NEW_ASK("4", "prompts/get", "\"name\":\"help\""),
	    { "\"supportedVersions\":[\"2026-07-28\"", "\"resultType\":\"complete\"", "\"text\":\"hi\"", "-32602", "\"id\":4,\"result\"" },
	    "\"code\":-32002" },
	{ "input_required, for a host that offers nothing", NULL, OLD_HELLO,
	    OLD_ASK("1", "tools/call", "\"name\":\"test_streaming_elicitation\""), { "\"id\":1,\"result\":{\"content\"" }, "input_required" },
	{ "input_required, for a host that offers it", NULL, NEW_HELLO,
	    NEW_ASK("1", "tools/call", "\"name\":\"test_streaming_elicitation\""), { "\"id\":1,\"" }, "resources/subscribe" },
};

static enum mcpass_rc converse(size_t i, struct world *world, struct mcpass_error *err)
{
	const struct mp_bridge_port port = { world, do_open, do_request, do_send, do_notify, do_respond,
		do_cancel, do_forget, get_revision, get_welcome };
	const struct mp_bridge_config config = { .server_count = 1, .sign_in_wait_ms = -1, .early_ms = -1,
		.random = no_chance };
	enum mcpass_rc rc;

	world->session = NULL;
	world->bridge = NULL;
	world->len = 0;
	world->out[0] = '\0';
	world->revision = rows[i].revision;
	rc = mp_bridge_new(&config, &port, &world->bridge, err);
	if (!rc)
		rc = say(world, rows[i].hello, err);
	if (!rc)
		rc = say(world, rows[i].lines, err);
	if (!rc)
		CHECK_EQ(rows[i].label, mp_bridge_pending(world->bridge), 0);
	mp_bridge_free(world->bridge);
	mcpass_session_free(world->session);
	return rc;
}

static void test_rows(struct world *world)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, converse(i, world, &err), MCPASS_OK);
		for (size_t k = 0; k < COUNT(rows[i].want) && rows[i].want[k] != NULL; k++)
			CHECK_HAS(rows[i].label, world->out, rows[i].want[k]);
		CHECK(rows[i].label, strstr(world->out, rows[i].never) == NULL);
	}
}

static void test_memory(struct world *world)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH {
			enum mcpass_rc rc = converse(i, world, NULL);

			CHECK_OOM_OR_OK(rows[i].label, rc);
		}
}

int main(void)
{
	static struct world world;

	test_rows(&world);
	test_memory(&world);
	return check_done();
}
