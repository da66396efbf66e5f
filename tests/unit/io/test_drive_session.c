/* The conversation with a server that wants no token, or one that was given by hand. */
#include <stdlib.h>
#include <string.h>
#include "drive_world.h"
#include "harness/check.h"

static int messages, warnings;
static char message[1024];

static void on_message(void *ctx, const char *json)
{
	(void)ctx;
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
		struct mp_drive_options options;
		struct mp_drive *drive = NULL;
		struct mcpass_error err = { 0 };
		char *json = NULL;
		bool is_error = false;

		world_start();
		world.open = true;
		world.reply = rows[i].reply;
		world.reply_type = rows[i].type;
		options = world_options();
		options.session.revision = rows[i].revision;
		options.ui = (struct mp_drive_ui){ .message = on_message, .warning = on_warning };
		messages = warnings = 0;
		CHECK_EQ(rows[i].label, mp_drive_new(&options, &drive, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, mp_drive_request(drive, "tools/list", NULL, &json, &is_error, &err),
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
			CHECK_EQ("another", mp_drive_request(drive, "tools/list", NULL, &json, &is_error, NULL),
			    MCPASS_OK);
		}
		mp_drive_free(drive);
		mp_httpd_stop(world.httpd);
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

static enum mcpass_rc call(const struct mp_drive_options *options, struct mcpass_error *err)
{
	struct mp_drive *drive = NULL;
	char *json = NULL;
	bool is_error;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_drive_new(options, &drive, err);
	if (!rc)
		rc = mp_drive_request(drive, "tools/list", NULL, &json, &is_error, err);
	free(json);
	mp_drive_free(drive);
	return rc;
}

/* A header given by hand is the one credential: no login beside it. */
static void test_own_authorization(void)
{
	static const struct mcpass_header good = { "authorization", "Bearer access-1" };
	static const struct mcpass_header bad = { "Authorization", "Bearer expired" };
	struct mp_drive_options options;
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
	struct mp_drive_options options;
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
	struct mp_drive_options options = world_options();
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
	struct mp_drive_options options;
	struct mcpass_error err = { 0 };

	world_start();
	options = world_options();
	mp_httpd_stop(world.httpd);
	world.httpd = NULL;
	CHECK_EQ("nobody is there", call(&options, &err), MCPASS_E_IO);
	CHECK_HAS("why", err.detail, "refused the connection");
	CHECK_HAS("what to do", err.hint, "Is the server running");

	remove_folder(world.folder);
}

/* What an earlier session found is believed; what the person says goes before it. */
static void test_known_revision(void)
{
	struct mp_drive_options options;
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

static const char fixed[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Connection: close\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":"
    "\"complete\",\"tools\":[],\"ttlMs\":0,\"cacheScope\":\"private\"}}";

static void test_no_memory(void)
{
	struct mp_drive_options options;
	struct mcpass_error err;
	struct canned server;
	enum mcpass_rc rc;

	canned_start(&server, fixed);
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u/mcp", server.port);
	options = world_options();
	options.store_path = ":memory:";
	for (size_t n = 0;; n++) {
		mp_test_fail_alloc(n);
		rc = call(&options, &err);
		mp_test_no_fail();
		CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
		if (!mp_test_alloc_failed())
			break;
		/* Only a note for next time may be lost without a word. */
		CHECK("out of memory", rc == MCPASS_E_NOMEM || rc == MCPASS_OK);
	}
	CHECK_EQ("in the end", rc, MCPASS_OK);
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
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
