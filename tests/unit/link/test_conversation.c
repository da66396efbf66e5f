/* The conversation with a server that wants no token, or one that was given by hand. */
#include <stdlib.h>
#include <string.h>
#include "world.h"
#include "harness/check.h"
#include "io/clock.h"
#include "io/store/store.h"

static int messages, warnings;
static char message[1024];

static void on_message(void *ctx, unsigned call, const char *json)
{
	(void)ctx;
	(void)call;
	messages++;
	snprintf(message, sizeof(message), "%s", json);
}

static void on_warning(void *ctx, const char *sentence)
{
	(void)ctx;
	(void)sentence;
	warnings++;
}

#define RESULT_OF(tools) "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":{\"resultType\":" \
	"\"complete\",\"tools\":[" tools "],\"ttlMs\":0,\"cacheScope\":\"private\"}}"
#define ANSWER RESULT_OF("")
#define ERROR "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"error\":{\"code\":-32602,\"message\":\"no\"}}"
/* x-mcp-header on an object: no header has room for one. */
#define BAD_TOOL "{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"properties\":" \
	"{\"a\":{\"type\":\"object\",\"x-mcp-header\":\"A\"}}}}"
#define PROGRESS "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"," \
	"\"params\":{\"data\":\"half\",\"level\":\"info\"}}"
#define SAMPLING "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"sampling/createMessage\"}"

static const struct {
	const char *label, *revision, *type, *reply;
	enum mcpass_rc want;
	bool is_error;
	const char *part;               /* of the result */
	int messages, warnings, answers;
} rows[] = {
	{ "a result", NULL, "application/json", ANSWER, MCPASS_OK, false, "\"tools\":[]", 0, 0, 0 },
	{ "an error", NULL, "application/json", ERROR, MCPASS_OK, true, "-32602", 0, 0, 0 },
	{ "a stream", NULL, "text/event-stream", "data: " ANSWER "\n\n", MCPASS_OK, false,
	    "\"tools\":[]", 0, 0, 0 },
	{ "a notification before it", NULL, "text/event-stream",
	    "data: " PROGRESS "\n\ndata: " ANSWER "\n\n", MCPASS_OK, false, "\"tools\":[]", 1, 0, 0 },
	{ "the server asks us", "2025-11-25", "text/event-stream",
	    "data: " SAMPLING "\n\ndata: " ANSWER "\n\n", MCPASS_OK, false, "\"tools\":[]", 0, 0, 1 },
	{ "a tool that breaks the rules", NULL, "application/json", RESULT_OF(BAD_TOOL), MCPASS_OK,
	    false, "\"tools\":[]", 0, 1, 0 },
	{ "a page", NULL, "text/html", "<html>%<id></html>", MCPASS_E_PROTOCOL, false, NULL, 0, 0, 0 },
	{ "another one's answer", NULL, "application/json",
	    "{\"jsonrpc\":\"2.0\",\"id\":9<id>,\"result\":{}}", MCPASS_E_PROTOCOL, false, NULL, 0, 0, 0 },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_link_options options;
		struct mp_link *link = NULL;
		struct mcpass_error err = { 0 };
		char *json = NULL;
		bool is_error = false;

		world_start();
		world.open = true;
		world.reply = rows[i].reply;
		world.reply_type = rows[i].type;
		options = world_options();
		options.session.revision = rows[i].revision;
		options.ui = (struct mp_link_ui){ .message = on_message, .warning = on_warning };
		messages = warnings = 0;
		CHECK_EQ(rows[i].label, mp_link_new(&options, NULL, &link, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, mp_blocking_request(link, "tools/list", NULL, &json, &is_error, &err),
		    rows[i].want);
		CHECK_EQ(rows[i].label, is_error, rows[i].is_error);
		if (rows[i].part != NULL)
			CHECK_HAS(rows[i].label, json, rows[i].part);
		else
			CHECK_STR(rows[i].label, json, NULL);
		CHECK_EQ(rows[i].label, messages, rows[i].messages);
		CHECK_EQ(rows[i].label, warnings, rows[i].warnings);
		/* Our answer may still be on its way when the result is here. */
		if (rows[i].answers != 0 && rows[i].want == MCPASS_OK) {
			free(json);
			json = NULL;
			world.reply = NULL;
			CHECK_EQ("another", mp_blocking_request(link, "tools/list", NULL, &json, &is_error, NULL),
			    MCPASS_OK);
		}
		mp_blocking_close(link);
		mp_httpd_free(world.httpd);
		world.httpd = NULL;
		CHECK_EQ(rows[i].label, world.answers, rows[i].answers);
		if (rows[i].answers != 0) {
			CHECK_HAS("no capability", world.last_answer, "-32601");
			CHECK_HAS("to its question", world.last_answer, "\"id\":77");
		}
		free(json);
		remove_folder(world.folder);
	}
}

static enum mcpass_rc call(const struct mp_link_options *options, struct mcpass_error *err)
{
	struct mp_link *link = NULL;
	char *json = NULL;
	bool is_error;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_link_new(options, NULL, &link, err);
	if (!rc)
		rc = mp_blocking_request(link, "tools/list", NULL, &json, &is_error, err);
	free(json);
	mp_blocking_close(link);
	return rc;
}

/* A header given by hand is the one credential: no login beside it. */
static void test_own_authorization(void)
{
	static const struct mcpass_header good = { "authorization", "Bearer access-1" };
	static const struct mcpass_header bad = { "Authorization", "Bearer expired" };
	struct mp_link_options options;
	struct mcpass_error err = { 0 };

	world_start();
	options = world_options();
	options.headers = &good;
	options.header_count = 1;
	CHECK_EQ("a good one", call(&options, &err), MCPASS_OK);
	CHECK_HAS("as given", world.call_headers, "authorization: Bearer access-1\n");
	CHECK_EQ("nobody was asked", world.logins, 0);
	options.headers = &bad;
	CHECK_EQ("one that is refused", call(&options, &err), MCPASS_E_DENIED);
	CHECK_HAS("is said to be", err.detail, "Authorization header that was given");
	CHECK_EQ("and no login begins", world.registrations, 0);

	options.header_count = 0;
	CHECK_EQ("a login, without one", call(&options, &err), MCPASS_OK);
	options.headers = &good;
	options.header_count = 1;
	CHECK_EQ("with one again", call(&options, &err), MCPASS_OK);
	CHECK("the stored token is not sent beside it",
	    strstr(world.call_headers, "Authorization: ") == NULL);
	CHECK_HAS("as given", world.call_headers, "authorization: Bearer access-1\n");
	world_stop();
}

/* The token is of one server, the requests would go to another. */
static void test_other_origin(void)
{
	struct mp_link_options options;
	struct mcpass_error err = { 0 };

	world_start();
	world.open = true;
	options = world_options();
	options.client.server_url = "https://mcp.example/mcp";
	CHECK_EQ("another origin", call(&options, &err), MCPASS_E_POLICY);
	CHECK_HAS("says both", err.detail, "a request for https://mcp.example/mcp does not go to http://");
	CHECK_EQ("nothing was sent", world.calls, 0);
	world_stop();
}

/* A server that does not answer but presses Ctrl-C. */
static int interrupt[2];

static void *interrupt_run(void *ctx)
{
	char request[8192];
	int fd = accept(*(int *)ctx, NULL, NULL);

	peer_read(fd, "\r\n\r\n", request, sizeof(request));
	peer_write(interrupt[1], "x");
	peer_read(fd, NULL, request, sizeof(request));          /* until it is given up */
	close(fd);
	return NULL;
}

static void test_interrupted(void)
{
	struct mp_link_options options = world_options();
	struct mcpass_error err = { 0 };
	pthread_t thread;
	unsigned port;
	int fd = peer_listen(&port);

	if (pipe(interrupt) != 0 || pthread_create(&thread, NULL, interrupt_run, &fd) != 0)
		die("thread");
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u/mcp", port);
	options.store_path = ":memory:";
	options.interrupt_fd = interrupt[0];
	CHECK_EQ("Ctrl-C", call(&options, &err), MCPASS_E_DENIED);
	CHECK_STR("Ctrl-C", err.detail, "interrupted");
	pthread_join(thread, NULL);
	close(interrupt[0]);
	close(interrupt[1]);
	close(fd);
}

static void test_unreachable(void)
{
	struct mp_link_options options;
	struct mcpass_error err = { 0 };

	world_start();
	options = world_options();
	mp_httpd_free(world.httpd);
	world.httpd = NULL;
	CHECK_EQ("nobody is there", call(&options, &err), MCPASS_E_IO);
	CHECK_HAS("why", err.detail, "refused the connection");
	CHECK_HAS("what to do", err.hint, "Is the server running");

	remove_folder(world.folder);
}

/* What an earlier session found is believed; what the person says goes before it. */
static void test_known_revision(void)
{
	struct mp_link_options options;
	struct mp_store *store = NULL;
	char name[128], *noted = NULL;

	world_start();
	world.open = true;
	options = world_options();
	snprintf(name, sizeof(name), "revision %s", world.url);
	CHECK_EQ("store", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("note", mp_store_note(store, name, "2025-11-25", NULL), MCPASS_OK);
	CHECK_EQ("call", call(&options, NULL), MCPASS_OK);
	CHECK("initialized first", world.calls > 1);
	world.calls = 0;
	options.session.revision = "2026-07-28";
	CHECK_EQ("call", call(&options, NULL), MCPASS_OK);
	CHECK_EQ("as told", world.calls, 1);
	CHECK_EQ("noted", mp_store_noted(store, name, &noted, NULL), MCPASS_OK);
	CHECK_STR("a wish is no finding", noted, "2025-11-25");
	free(noted);
	mp_store_close(store);
	world_stop();
}

/* What tools want in headers is asked for once, and kept for this account. */
#define LISTED(ttl) "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":{\"resultType\":\"complete\",\"tools\":[{\"name\":" \
	"\"t\",\"inputSchema\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}]," \
	"\"ttlMs\":" #ttl ",\"cacheScope\":\"private\"}}"

static enum mcpass_rc call_tool(const struct mp_link_options *options)
{
	struct mp_link *link = NULL;
	char *json = NULL;
	bool is_error;
	enum mcpass_rc rc;

	world.calls = 0;
	rc = mp_link_new(options, NULL, &link, NULL);
	if (!rc)
		rc = mp_blocking_request(link, "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"}}", &json,
		    &is_error, NULL);
	free(json);
	mp_blocking_close(link);
	return rc;
}

/* The seconds that the note is good for, from the world's store; -1 without one. */
static int64_t noted_for(const char *profile)
{
	struct mp_store *store = NULL;
	char name[128], *note = NULL;
	int64_t left = -1;

	snprintf(name, sizeof(name), "tools %s %s", profile, world.url);
	CHECK_EQ("store", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("note", mp_store_noted(store, name, &note, NULL), MCPASS_OK);
	if (note != NULL && strncmp(note, "{\"until\":", 9) == 0)
		left = atoll(note + 9) - mp_now_s();
	free(note);
	mp_store_close(store);
	return left;
}

static void spoil_note(const char *text)
{
	struct mp_store *store = NULL;
	char name[128];

	snprintf(name, sizeof(name), "tools default %s", world.url);
	CHECK_EQ("store", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("note", mp_store_note(store, name, text, NULL), MCPASS_OK);
	mp_store_close(store);
}

static const struct {
	const char *label, *reply;
	int64_t least, most;
} lifetime_rows[] = {
	{ "nothing is promised", LISTED(0), MP_MIN_TOOLS_LIFETIME - 5, MP_MIN_TOOLS_LIFETIME },
	{ "an hour", LISTED(3600000), 3595, 3600 },
	{ "for ever", LISTED(99999999999999), MP_MAX_TOOLS_LIFETIME - 5, MP_MAX_TOOLS_LIFETIME },
};

static void test_tools_are_known(void)
{
	static const char *const spoilt[] = { "", "{", "[]", "{\"until\":1,\"tools\":{}}",
		"{\"until\":99999999999,\"tools\":{}}", "{\"tools\":{}}" };
	struct mp_link_options options;
	char note[128];

	world_start();
	world.open = true;
	world.reply_type = "application/json";
	options = world_options();
	for (size_t i = 0; i < COUNT(lifetime_rows); i++) {
		spoil_note("");
		world.reply = lifetime_rows[i].reply;
		CHECK_EQ("cold", call_tool(&options), MCPASS_OK);
		CHECK_EQ("cold: a list and the call", world.calls, 2);
		CHECK_HAS("with its header", world.call_headers, "Mcp-Param-A: x\n");
		CHECK(lifetime_rows[i].label, noted_for("default") >= lifetime_rows[i].least
		    && noted_for("default") <= lifetime_rows[i].most);
	}
	CHECK_EQ("warm", call_tool(&options), MCPASS_OK);
	CHECK_EQ("warm: the call alone", world.calls, 1);
	CHECK_HAS("with its header", world.call_headers, "Mcp-Param-A: x\n");
	for (size_t i = 0; i < COUNT(spoilt); i++) {
		spoil_note(spoilt[i]);
		CHECK_EQ(spoilt[i], call_tool(&options), MCPASS_OK);
		CHECK_EQ(spoilt[i], world.calls, 2);
	}
	snprintf(note, sizeof(note), "{\"until\":%lld,\"tools\":{\"t\":{}}}", (long long)mp_now_s() + 60);
	spoil_note(note);
	CHECK_EQ("a lesson that is none", call_tool(&options), MCPASS_OK);
	CHECK_EQ("a lesson that is none", world.calls, 2);
	options.client.profile = "work";
	CHECK_EQ("another account", noted_for("work"), -1);
	CHECK_EQ("another account", call_tool(&options), MCPASS_OK);
	CHECK_EQ("another account", world.calls, 2);
	CHECK("its own note", noted_for("work") > 0);
	options.session.revision = "2025-11-25";
	options.client.profile = "old";
	world.reply = "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":{}}";
	CHECK_EQ("an older revision", call_tool(&options), MCPASS_OK);
	CHECK_EQ("initialize, initialized, the call", world.calls, 3);
	CHECK_EQ("an older revision", noted_for("old"), -1);
	world_stop();
}

/* The person, or the command line, answers what the server asks. */
static enum mcpass_rc on_asked(void *ctx, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err)
{
	CHECK_STR("what", method, "sampling/createMessage");
	CHECK("it has no parameters", params == NULL);
	if (ctx != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no answer");
	return mp_set(ret_result, "{\"action\":\"accept\"}", err);
}

static void test_asked(void)
{
	struct mp_link_options options;
	struct mcpass_error err = { 0 };

	world_start();
	world.open = true;
	world.reply = "data: " SAMPLING "\n\ndata: " ANSWER "\n\n";
	world.reply_type = "text/event-stream";
	options = world_options();
	options.session.revision = "2025-11-25";
	options.ui.asked = on_asked;
	options.ui.ctx = &world;
	CHECK_EQ("a failure is one of the request", call(&options, &err), MCPASS_E_USAGE);
	CHECK_STR("a failure is one of the request", err.detail, "no answer");
	options.ui.ctx = NULL;
	CHECK_EQ("an answer", call(&options, &err), MCPASS_OK);
	mp_httpd_free(world.httpd);
	world.httpd = NULL;
	if (world.answers != 0)         /* the result may be here first */
		CHECK_HAS("goes to the server", world.last_answer, "{\"action\":\"accept\"}");
	remove_folder(world.folder);
}

/* While a person thinks about what the server asks, other requests are answered. */
static struct mp_link *asking;
static int answered_meanwhile;

static void on_other(void *ctx, struct mp_link_answer *answer)
{
	(void)ctx;
	answered_meanwhile += answer->rc == MCPASS_OK;
	free(answer->json);
}

static enum mcpass_rc on_thought(void *ctx, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err)
{
	const struct mp_link_request other = { "tools/list", NULL, on_other, NULL };
	int64_t end = mp_now_ms() + PATIENCE_MS;
	unsigned unused;

	(void)ctx;
	(void)method;
	(void)params;
	world.reply = NULL;             /* that one is answered as usual */
	CHECK_EQ("another", mp_link_submit(asking, &other, &unused, NULL), MCPASS_OK);
	while (answered_meanwhile == 0 && mp_now_ms() < end)
		mp_loop_turn(mp_link_loop(asking), 50);
	CHECK_EQ("it is answered", answered_meanwhile, 1);
	return mp_set(ret_result, "{\"action\":\"accept\"}", err);
}

static void test_thought(void)
{
	struct mp_link_options options;
	bool is_error = false;
	char *json = NULL;

	world_start();
	world.open = true;
	world.reply = "data: " SAMPLING "\n\ndata: " ANSWER "\n\n";
	world.reply_type = "text/event-stream";
	options = world_options();
	options.session.revision = "2025-11-25";
	options.ui.asked = on_thought;
	CHECK_EQ("a link", mp_link_new(&options, NULL, &asking, NULL), MCPASS_OK);
	CHECK_EQ("a request", mp_blocking_request(asking, "prompts/list", NULL, &json, &is_error, NULL),
	    MCPASS_OK);
	free(json);
	mp_blocking_close(asking);
	world_stop();
}

static const char fixed[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Connection: close\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":"
    "\"complete\",\"tools\":[],\"ttlMs\":0,\"cacheScope\":\"private\"}}";

static void test_no_memory(void)
{
	struct mp_link_options options;
	struct mcpass_error err;
	struct canned server;
	enum mcpass_rc rc;

	canned_start(&server, fixed);
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u/mcp", server.port);
	options = world_options();
	options.store_path = ":memory:";
	OOM_EACH {
		rc = call(&options, &err);
		CHECK_OOM_OR_OK("only a note for next time may be lost without a word", rc);
	}
	/* A page that lists and answers: the ids of both requests are 1 in the canned one. */
	OOM_EACH {
		rc = call_tool(&options);
		(void)oom_over();
	}
	canned_stop(&server);
}

int main(void)
{
	test_rows();
	test_own_authorization();
	test_other_origin();
	test_unreachable();
	test_interrupted();
	test_known_revision();
	test_tools_are_known();
	test_asked();
	test_thought();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
