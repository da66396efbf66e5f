/* Many requests on one link: one bad answer is one bad answer, one login serves them all, and a
 * slow reader slows the server. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/clock.h"
#include "world.h"

static struct mp_loop *loop;
static struct mp_link *wire;

/* What a request came to. */
struct told {
	int times;
	enum mcpass_rc rc;
	bool is_error;
	char json[256], detail[320];
};

static void on_answer(void *ctx, struct mp_link_answer *answer)
{
	struct told *told = ctx;

	told->times++;
	told->rc = answer->rc;
	told->is_error = answer->is_error;
	snprintf(told->json, sizeof(told->json), "%s", answer->json != NULL ? answer->json : "");
	snprintf(told->detail, sizeof(told->detail), "%s", answer->why != NULL ? answer->why->detail : "");
	free(answer->json);
}

static unsigned submit(const char *method, const char *params, struct told *told)
{
	const struct mp_link_request request = { method, params, on_answer, told };
	unsigned call = 0;

	CHECK_EQ("submitted", mp_link_submit(wire, &request, &call, NULL), MCPASS_OK);
	return call;
}

#define TURN_UNTIL(condition) \
	do { \
		int64_t end_ = mp_now_ms() + PATIENCE_MS; \
		while (!(condition) && mp_now_ms() < end_) \
			mp_loop_turn(loop, 100); \
		CHECK("it came", condition); \
	} while (0)

static void open_link(const struct mp_link_options *options)
{
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("a link", mp_link_new(options, loop, &wire, NULL), MCPASS_OK);
}

static void close_link(void)
{
	mp_link_free(wire);
	mp_loop_free(loop);
}

/* --- a server whose both ends are moved by this thread --- */

static unsigned port;
static int listen_fd;

static struct mp_link_options peer_options(void)
{
	static char url[64];

	listen_fd = peer_listen(&port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/mcp", port);
	return (struct mp_link_options){
		.client = { .size = sizeof(struct mcpass_client_config), .flags = MCPASS_LOOPBACK_HTTP,
			.server_url = url },
		.session = { .size = sizeof(struct mcpass_session_config), .server_url = url,
			.client_name = "test", .client_version = "1", .known_revision = "2026-07-28" },
		.store_path = ":memory:", .no_list = true, .interrupt_fd = -1,
	};
}

/* The server's side of the next request. */
static int take(char *request, size_t room)
{
	int fd;

	TURN_UNTIL(peer_readable(listen_fd, 0));
	fd = accept(listen_fd, NULL, NULL);
	TURN_UNTIL(peer_readable(fd, 0));
	peer_read(fd, "}}", request, room);
	return fd;
}

static int id_of(const char *request)
{
	const char *id = strstr(request, "\"id\":");

	return id != NULL ? atoi(id + strlen("\"id\":")) : 0;
}

static void reply(int fd, const char *request, const char *type, const char *form)
{
	const char *hole = strstr(form, "<id>");
	char body[4096], head[256];

	if (hole != NULL)
		snprintf(body, sizeof(body), "%.*s%d%s", (int)(hole - form), form, id_of(request), hole + 4);
	else
		snprintf(body, sizeof(body), "%s", form);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
	    type, strlen(body));
	peer_send(fd, head);
	peer_send(fd, body);
}

#define GOOD "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":{\"resultType\":\"complete\",\"content\":[]}}"
#define RAW(status, type, body) "HTTP/1.1 " status "\r\nContent-Type: " type "\r\n" \
	"Connection: close\r\n\r\n" body

static const struct {
	const char *label;
	const char *type, *body;        /* a whole answer, or */
	const char *raw;                /* these bytes, and the end of the connection */
	enum mcpass_rc want;
	const char *says;
} bad_rows[] = {
	{ "503", NULL, NULL, RAW("503 Busy", "text/plain", "busy"), MCPASS_E_IO, "HTTP 503" },
	{ "500 with a page", NULL, NULL, RAW("500 Oops", "text/html", "<html>"), MCPASS_E_IO, "HTTP 500" },
	{ "404", NULL, NULL, RAW("404 Not Found", "text/plain", ""), MCPASS_E_PROTOCOL, "" },
	{ "not a byte", NULL, NULL, "", MCPASS_E_IO, "" },
	{ "half a head", NULL, NULL, "HTTP/1.1 200 OK\r\nConte", MCPASS_E_IO, "" },
	{ "half a body", NULL, NULL, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: 99\r\n\r\n{", MCPASS_E_IO, "" },
	{ "a stream without the answer", "text/event-stream", ": nothing\n\n", NULL, MCPASS_E_IO, "" },
	{ "a malformed event", "text/event-stream", "data: {\"jsonrpc\"\n\n", NULL, MCPASS_E_PROTOCOL, "" },
	{ "a page", "text/html", "<html></html>", NULL, MCPASS_E_PROTOCOL, "" },
	{ "no JSON", "application/json", "{", NULL, MCPASS_E_PROTOCOL, "" },
	{ "another one's answer", "application/json", "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}", NULL,
	    MCPASS_E_PROTOCOL, "" },
	{ "an unknown resultType", "application/json", "{\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":"
	    "{\"resultType\":\"later\"}}", NULL, MCPASS_E_PROTOCOL, "" },
	{ "a redirect elsewhere", NULL, NULL, "HTTP/1.1 307 There\r\nLocation: https://other.example/\r\n"
	    "Connection: close\r\n\r\n", MCPASS_E_POLICY, "" },
};

/* A first answer, that proves what the server speaks; its connection ends. */
static void settle(void)
{
	struct told told = { 0 };
	char request[4096];
	int fd;

	submit("tools/call", "{\"name\":\"first\",\"arguments\":{}}", &told);
	fd = take(request, sizeof(request));
	reply(fd, request, "application/json", GOOD);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("settled", told.rc, MCPASS_OK);
	close(fd);
}

/* Two requests are under way, and both at the server, before either is answered. */
static void test_one_bad_answer(void)
{
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const char *label = bad_rows[i].label;
		struct mp_link_options options = peer_options();
		struct told bad = { 0 }, good = { 0 };
		char first[4096], second[4096];
		int one, two;

		open_link(&options);
		settle();
		submit("tools/call", "{\"name\":\"bad\",\"arguments\":{}}", &bad);
		one = take(first, sizeof(first));
		submit("tools/call", "{\"name\":\"good\",\"arguments\":{}}", &good);
		two = take(second, sizeof(second));
		CHECK_HAS(label, first, "\"bad\"");
		CHECK_HAS(label, second, "\"good\"");
		if (bad_rows[i].raw != NULL)
			peer_send(one, bad_rows[i].raw);
		else
			reply(one, first, bad_rows[i].type, bad_rows[i].body);
		close(one);
		TURN_UNTIL(bad.times == 1);
		CHECK_EQ(label, bad.rc, bad_rows[i].want);
		CHECK_HAS(label, bad.detail, bad_rows[i].says);
		CHECK_EQ(label, good.times, 0);
		reply(two, second, "application/json", GOOD);
		TURN_UNTIL(good.times == 1);
		CHECK_EQ(label, good.rc, MCPASS_OK);
		CHECK_HAS(label, good.json, "\"content\":[]");
		submit("tools/call", "{\"name\":\"third\",\"arguments\":{}}", &good);
		TURN_UNTIL(peer_readable(two, 0));
		peer_read(two, "}}", second, sizeof(second));
		reply(two, second, "application/json", GOOD);
		TURN_UNTIL(good.times == 2);
		CHECK_EQ("and so is the next one", good.rc, MCPASS_OK);
		close(two);
		close_link();
		close(listen_fd);
	}
}

/* --- who takes the messages is slow --- */

#define EVENT "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":" \
	"{\"level\":\"info\",\"data\":\"0123456789\"}}\n\n"
#define EVENTS 200000           /* 20 MB */
#define ENOUGH ((size_t)12 * 1024 * 1024)       /* what buffers of the kernel and of ours may hold */

static int heard;
static void on_message(void *ctx, unsigned call, const char *json)
{
	(void)json;
	CHECK_EQ("on whose stream", call, *(unsigned *)ctx);
	heard++;
}

/* Writes events until none is taken any more; how many bytes have been. */
static size_t pour(int fd, size_t sent)
{
	static const char event[] = EVENT;
	const size_t len = sizeof(event) - 1, all = len * EVENTS;
	int idle = 0;

	while (sent < all && idle < 20) {
		ssize_t n = send(fd, event + sent % len, len - sent % len, MSG_NOSIGNAL | MSG_DONTWAIT);

		idle = n > 0 ? 0 : idle + 1;
		sent += n > 0 ? (size_t)n : 0;
		if (n <= 0)
			mp_loop_turn(loop, 5);
	}
	return sent;
}

static void test_slow_reader(void)
{
	struct mp_link_options options = peer_options();
	struct told told = { 0 };
	char request[4096], last[256];
	size_t sent, all = (sizeof(EVENT) - 1) * (size_t)EVENTS;
	unsigned call = 0;
	int fd;

	options.ui = (struct mp_link_ui){ .message = on_message, .ctx = &call };
	open_link(&options);
	call = submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
	mp_link_hold(wire, true);
	sent = pour(fd, 0);
	CHECK("the server is stopped", sent < ENOUGH);
	CHECK_EQ("nothing is told meanwhile", heard, 0);
	mp_link_hold(wire, false);
	while (sent < all)
		sent = pour(fd, sent);
	snprintf(last, sizeof(last), "data: {\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"resultType\":"
	    "\"complete\",\"content\":[]}}\n\n", id_of(request));
	peer_send(fd, last);
	close(fd);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("answered", told.rc, MCPASS_OK);
	CHECK_EQ("and nothing is lost", heard, EVENTS);
	close_link();
	close(listen_fd);
}

/* --- a thousand --- */

enum { MANY = 1000 };
static struct told many[MANY];

/* Says what it was asked: the answer of one is no other's. */
static enum mcpass_rc serve_many(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const char *name = strstr(request->body, "\"name\":\"");
	char json[256];

	(void)ctx;
	if (name == NULL)
		return response->status = 404, MCPASS_OK;
	snprintf(json, sizeof(json), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"resultType\":\"complete\","
	    "\"content\":[],\"for\":\"%.8s\"}}", id_of(request->body), name + strlen("\"name\":\""));
	return reply_json(response, 200, "application/json", json, err);
}

static void test_a_thousand(void)
{
	const struct mp_httpd_options server = { .max_body = MP_MAX_FORM, .handle = serve_many };
	struct mp_link_options options = peer_options();
	struct mp_httpd *httpd = NULL;
	char url[64], params[64], want[64];
	size_t right = 0;

	close(listen_fd);
	if (mp_httpd_start(&server, &httpd, NULL) != MCPASS_OK)
		die("no server");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/mcp", mp_httpd_port(httpd));
	options.client.server_url = options.session.server_url = url;
	open_link(&options);
	memset(many, 0, sizeof(many));
	for (int i = 0; i < MANY; i++) {
		snprintf(params, sizeof(params), "{\"name\":\"tool%04d\",\"arguments\":{}}", i);
		submit("tools/call", params, &many[i]);
	}
	CHECK_EQ("none is told at once", many[0].times, 0);
	for (int i = 0; i < MANY; i++)
		TURN_UNTIL(many[i].times > 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(want, sizeof(want), "\"for\":\"tool%04d\"", i);
		right += many[i].times == 1 && many[i].rc == MCPASS_OK && strstr(many[i].json, want) != NULL;
	}
	CHECK_EQ("each has its own answer, once", right, MANY);
	close_link();
	mp_httpd_free(httpd);
}

/* --- one login for all --- */

static void test_one_login(void)
{
	enum { CALLS = 20 };
	struct told told[CALLS] = { 0 };
	struct mp_link_options options;

	world_start();
	options = world_options();
	options.session.known_revision = "2026-07-28";
	options.no_list = true;
	open_link(&options);
	for (int i = 0; i < CALLS; i++)
		submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told[i]);
	for (int i = 0; i < CALLS; i++) {
		TURN_UNTIL(told[i].times > 0);
		CHECK_EQ("each is answered", told[i].rc, MCPASS_OK);
	}
	CHECK_EQ("all were refused", world.refused, CALLS);
	CHECK_EQ("one login", world.logins, 1);
	CHECK_EQ("one registration", world.registrations, 1);
	CHECK_EQ("one token", world.codes, 1);

	world.generation = 2;
	for (int i = 0; i < CALLS; i++)
		submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told[i]);
	for (int i = 0; i < CALLS; i++) {
		TURN_UNTIL(told[i].times == 2);
		CHECK_EQ("each is answered", told[i].rc, MCPASS_OK);
	}
	CHECK_EQ("one refresh", world.refreshes, 1);
	CHECK_EQ("and still one login", world.logins, 1);
	close_link();
	world_stop();
}

/* One call is done, and its token ends within the margin. */
static void open_with_ending_token(struct told *told)
{
	struct mp_link_options options;

	world_start();
	world.lifetime = 3600;
	options = world_options();
	options.session.known_revision = "2026-07-28";
	options.no_list = true;
	open_link(&options);
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", told);
	TURN_UNTIL(told->times == 1);
	CHECK_EQ("a new token is not renewed", world.refreshes, 0);
	mp_test_pass(3600 - MP_EXPIRY_MARGIN / 2);
}

/* A token that ends within the margin is renewed by the next request, which does not wait for
 * it; a token that never lasts longer is not renewed again and again. */
static void test_early_refresh(void)
{
	struct told told = { 0 };

	open_with_ending_token(&told);
	world.holds = "grant_type=refresh_token";
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	TURN_UNTIL(told.times == 2 && world.held == 1);
	CHECK_EQ("the old token serves meanwhile", told.rc, MCPASS_OK);
	CHECK_EQ("without a refusal", world.refused, 1);
	world.holds = NULL;
	world.lifetime = MP_EXPIRY_MARGIN / 2;
	mp_httpd_resume(world.httpd);
	TURN_UNTIL(world.refreshes == 1 && !mp_link_is_authorizing(wire));
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	TURN_UNTIL(told.times == 3);
	CHECK_EQ("by the new one", told.rc, MCPASS_OK);
	CHECK_EQ("a short one is renewed when it is refused", world.refreshes, 1);
	close_link();
	world_stop();
}

/* When that renewal fails, the old token serves until it ends: neither is a call lost, nor a
 * person asked. */
static void test_early_refresh_fails(void)
{
	struct told told = { 0 };

	open_with_ending_token(&told);
	world.refuses_refresh = true;
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	TURN_UNTIL(told.times == 2 && world.refused_refreshes == 1 && !mp_link_is_authorizing(wire));
	CHECK_EQ("the call that began it", told.rc, MCPASS_OK);
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	TURN_UNTIL(told.times == 3);
	CHECK_EQ("the next one", told.rc, MCPASS_OK);
	CHECK_EQ("it is not tried again and again", world.refused_refreshes, 1);
	CHECK_EQ("no one is refused", world.refused, 1);
	world.refuses_refresh = false;
	world.generation = 2;           /* the old one is over */
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	TURN_UNTIL(told.times == 4);
	CHECK_EQ("then it is renewed", told.rc, MCPASS_OK);
	CHECK_EQ("once", world.refreshes, 1);
	CHECK_EQ("no person is asked", world.logins, 1);
	close_link();
	world_stop();
}

/* Its refusal comes when another one's has brought a new token: that one is tried first. */
static void test_late_refusal(void)
{
	struct told first = { 0 }, second = { 0 };
	struct mp_link_options options;

	world_start();
	options = world_options();
	options.session.known_revision = "2026-07-28";
	options.no_list = true;
	open_link(&options);
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &first);
	TURN_UNTIL(first.times == 1);
	world.generation = 2;
	world.holds = "\"late\"";       /* until a token was renewed */
	submit("tools/call", "{\"name\":\"late\",\"arguments\":{}}", &second);
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &first);
	TURN_UNTIL(first.times == 2);
	CHECK_EQ("after a refresh", first.rc, MCPASS_OK);
	CHECK_EQ("the other one waits", second.times, 0);
	world.holds = NULL;
	mp_httpd_resume(world.httpd);
	TURN_UNTIL(second.times == 1);
	CHECK_EQ("answered, too", second.rc, MCPASS_OK);
	CHECK_EQ("by the same token", world.refreshes, 1);
	close_link();
	world_stop();
}

/* Those that wait for it fail with it; the next request begins anew. */
static void test_no_login(void)
{
	struct told told[3] = { 0 }, later = { 0 };
	struct mp_link_options options;

	world_start();
	world.denies = true;
	options = world_options();
	options.session.known_revision = "2026-07-28";
	options.no_list = true;
	open_link(&options);
	for (size_t i = 0; i < COUNT(told); i++)
		submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told[i]);
	for (size_t i = 0; i < COUNT(told); i++) {
		TURN_UNTIL(told[i].times == 1);
		CHECK_EQ("the person says no", told[i].rc, MCPASS_E_DENIED);
	}
	CHECK_EQ("once", world.logins, 1);
	browser_join();
	world.denies = false;
	submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &later);
	TURN_UNTIL(later.times == 1);
	CHECK_EQ("and then yes", later.rc, MCPASS_OK);
	CHECK_EQ("asked again", world.logins, 2);
	close_link();
	world_stop();
}

/* Two servers on one loop, and an end that the server hears. */
static bool has_gone;
static void on_gone(void *ctx)
{
	(void)ctx;
	has_gone = true;
}

static void test_two_links(void)
{
	struct told here = { 0 }, there = { 0 };
	const struct mp_link_request request = { "tools/list", NULL, on_answer, &there };
	struct mp_link_options options;
	struct mp_link *other = NULL;
	unsigned call;

	world_start();
	world.open = true;
	options = world_options();
	options.store_path = ":memory:";
	open_link(&options);
	options.session.revision = "2025-11-25";
	CHECK_EQ("another", mp_link_new(&options, loop, &other, NULL), MCPASS_OK);
	submit("tools/list", NULL, &here);
	CHECK_EQ("submitted", mp_link_submit(other, &request, &call, NULL), MCPASS_OK);
	TURN_UNTIL(here.times == 1 && there.times == 1);
	CHECK_STR("one by itself", mp_link_revision(wire), "2026-07-28");
	CHECK_STR("one as told", mp_link_revision(other), "2025-11-25");
	mp_link_leave(other, on_gone, NULL);
	CHECK_EQ("no more", mp_link_submit(other, &request, &call, NULL), MCPASS_E_USAGE);
	TURN_UNTIL(has_gone);
	mp_link_free(other);
	submit("tools/list", NULL, &here);
	TURN_UNTIL(here.times == 2);
	CHECK_EQ("the first goes on", here.rc, MCPASS_OK);
	close_link();
	world_stop();
}

static void test_cancel(void)
{
	struct told told = { 0 }, other = { 0 };
	struct mp_link_options options = peer_options();
	char request[4096], rest[16];
	unsigned call;
	int fd;

	open_link(&options);
	call = submit("tools/call", "{\"name\":\"t\",\"arguments\":{}}", &told);
	mp_link_cancel(wire, call);            /* before it is sent */
	call = submit("tools/call", "{\"name\":\"u\",\"arguments\":{}}", &told);
	fd = take(request, sizeof(request));
	CHECK_HAS("only the second", request, "\"u\"");
	mp_link_cancel(wire, call);
	mp_link_cancel(wire, call);
	mp_loop_turn(loop, 0);
	CHECK_EQ("its stream is closed", peer_read(fd, NULL, rest, sizeof(rest)), 0);
	close(fd);
	submit("tools/call", "{\"name\":\"v\",\"arguments\":{}}", &other);
	fd = take(request, sizeof(request));
	reply(fd, request, "application/json", GOOD);
	TURN_UNTIL(other.times == 1);
	CHECK_EQ("none of them is answered", told.times, 0);
	close(fd);
	close_link();
	close(listen_fd);
}

/* Messages of another program: its id comes back to the byte. */
static void test_relayed(void)
{
	static const char call[] = "{\"jsonrpc\": \"2.0\", \"id\":\"a\\u0062\",\"method\":\"tools/call\","
	    "\"params\":{\"name\":\"t\",\"arguments\":{\"n\":1.0e2}}}";
	static const char answer[] = "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\",\"result\":{\"resultType\":"
	    "\"complete\",\"content\":[],\"n\":1.0e2}}";
	static const char note[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}";
	struct mp_link_options options = peer_options();
	struct told told = { 0 };
	char request[4096];
	unsigned number = 7;
	int fd;

	options.session.initialize = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
	    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"host\","
	    "\"version\":\"1\"}}}";
	open_link(&options);
	CHECK_EQ("no message", mp_link_send(wire, "{", 1, on_answer, &told, &number, NULL), MCPASS_E_USAGE);
	CHECK_EQ("a notification", mp_link_send(wire, note, strlen(note), on_answer, &told, &number, NULL),
	    MCPASS_OK);
	CHECK_EQ("has no answer", number, 0);
	CHECK_EQ("a request", mp_link_send(wire, call, strlen(call), on_answer, &told, &number, NULL),
	    MCPASS_OK);
	CHECK("has one", number != 0);
	fd = take(request, sizeof(request));
	CHECK_HAS("its id", request, "\"id\":\"a\\u0062\"");
	CHECK_HAS("its numbers", request, "1.0e2");
	reply(fd, request, "application/json", answer);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("answered", told.rc, MCPASS_OK);
	CHECK_STR("to the byte", told.json, answer);
	close(fd);
	close_link();
	close(listen_fd);
}

int main(void)
{
	test_one_bad_answer();
	test_slow_reader();
	test_a_thousand();
	test_one_login();
	test_early_refresh();
	test_early_refresh_fails();
	test_late_refusal();
	test_no_login();
	test_two_links();
	test_cancel();
	test_relayed();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
