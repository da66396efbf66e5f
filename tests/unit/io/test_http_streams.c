/* Many HTTP exchanges at once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/http/http.h"
#include "io/http/exchange.h"
#include "io/system/sigpipe.h"
#include "streams.h"

static void test_chunks(void)
{
	char request[2048];
	int fd;

	setup();
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	CHECK_HAS("asked", request, "POST /a HTTP/1.1\r\n");
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n");
	POLL_UNTIL(told[1].status == 200);
	CHECK_EQ("the head comes before any data", told[1].headers, 2);
	CHECK_STR("no data yet", told[1].text, "");
	peer_send(fd, "3\r\none\r\n");
	POLL_UNTIL(told[1].text[0] != '\0');
	CHECK_STR("as it comes", told[1].text, "one");
	peer_send(fd, "3\r\ntwo\r\n");
	POLL_UNTIL(strlen(told[1].text) == 6);
	CHECK_EQ("no end yet", told[1].ends, 0);
	peer_send(fd, "0\r\n\r\n");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_STR("whole", told[1].reason, "");

	/* The connection serves again. */
	CHECK_EQ("started", start(2, "/b", NULL), MCPASS_OK);
	while (!peer_readable(fd, 0))
		turn(1, fd);
	peer_read(fd, "{}", request, sizeof(request));
	CHECK_HAS("on the same connection", request, "POST /b HTTP/1.1\r\n");
	peer_send(fd, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
	POLL_UNTIL(told[2].ends == 1);
	CHECK_EQ("its own status", told[2].status, 202);
	close(fd);
	teardown();
}

static void test_break(void)
{
	char request[2048];
	int fd;

	setup();
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
	close(fd);
	POLL_UNTIL(told[1].ends == 1);
	CHECK_STR("what had come", told[1].text, "one");
	CHECK("broken off", told[1].reason[0] != '\0');

	CHECK_EQ("started", start(2, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	close(fd);
	POLL_UNTIL(told[2].ends == 1);
	CHECK_EQ("no head", told[2].status, 0);
	CHECK_HAS("why", told[2].reason, "without an answer");
	CHECK_EQ("with its code", told[2].why.rc, MCPASS_E_IO);
	CHECK("and a hint", told[2].why.hint[0] != '\0');
	teardown();
}

static void test_two(void)
{
	char request[2048];
	int one, two;

	setup();
	CHECK_EQ("started", start(1, "/one", NULL), MCPASS_OK);
	one = take(request, sizeof(request));
	CHECK_HAS("the first", request, "POST /one ");
	CHECK_EQ("started", start(2, "/two", NULL), MCPASS_OK);
	two = take(request, sizeof(request));
	CHECK_HAS("the second", request, "POST /two ");
	peer_send(two, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
	POLL_UNTIL(told[2].ends == 1);
	CHECK_EQ("the first goes on", told[1].ends, 0);
	peer_send(one, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_STR("not mixed up", told[1].text, "first");
	CHECK_STR("not mixed up", told[2].text, "second");
	close(one);
	close(two);
	teardown();
}

static void test_close(void)
{
	char request[2048], rest[16];
	int fd;

	setup();
	mp_http_close(http, 7);                 /* nobody */
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	mp_http_close(http, 1);                 /* before the first poll */
	turn(0, -1);
	CHECK("nobody connects", !peer_readable(listen_fd, 0));

	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	mp_http_close(http, 1);
	CHECK_EQ("the connection ends", peer_read(fd, NULL, rest, sizeof(rest)), 0);
	turn(0, -1);
	CHECK_EQ("nothing is told", told[1].ends, 0);
	close(fd);

	told[2].close_in_head = true;
	CHECK_EQ("started", start(2, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndata");
	POLL_UNTIL(told[2].status == 200);
	CHECK_EQ("closed from inside", peer_read(fd, NULL, rest, sizeof(rest)), 0);
	CHECK_STR("no data", told[2].text, "");
	CHECK_EQ("no end", told[2].ends, 0);
	close(fd);
	teardown();
}

/* So many calls that all connections for such are taken, and each waits for an answer of ours:
 * that answer goes out all the same, and the next call when one of them ends. */
static void test_lasting(void)
{
	static const char done[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
	char request[2048];
	int fds[64], fd;

	setup();
	for (unsigned i = 0; i < COUNT(fds); i++) {
		CHECK_EQ("started", start(i, "/call", NULL), MCPASS_OK);
		fds[i] = take(request, sizeof(request));
	}
	CHECK_EQ("one more", start(64, "/waits", NULL), MCPASS_OK);
	CHECK_EQ("an answer", start(65, "/answer", NULL), MCPASS_OK);
	mp_http_expect_head(http, 65);
	fd = take(request, sizeof(request));
	CHECK_HAS("is sent first", request, "POST /answer HTTP/1.1\r\n");
	CHECK("on a connection of its own", !peer_readable(listen_fd, 0));
	peer_send(fd, done);
	POLL_UNTIL(told[65].ends == 1);
	CHECK("the call waits", !peer_readable(fd, 0) && !peer_readable(listen_fd, 0));
	peer_send(fds[7], done);
	POLL_UNTIL(told[7].ends == 1);
	while (!peer_readable(fd, 0) && !peer_readable(fds[7], 0))
		turn(1, fd);
	peer_read(peer_readable(fd, 0) ? fd : fds[7], "{}", request, sizeof(request));
	CHECK_HAS("until one ends", request, "POST /waits HTTP/1.1\r\n");
	for (unsigned i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close(fd);
	teardown();
}

static void test_callback_fails(void)
{
	char request[2048];
	int fd;

	setup();
	told[1].fail = MCPASS_E_PROTOCOL;
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndata");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_EQ("is told to the end", told[1].why.rc, MCPASS_E_PROTOCOL);
	CHECK_STR("with its words", told[1].reason, "not wanted");
	turn(0, -1);
	CHECK_EQ("once", told[1].ends, 1);
	close(fd);
	teardown();
}

/* Who takes the bytes is slow: nothing more is read, and nothing is lost. */
static void test_full(void)
{
	char request[2048];
	int fd;

	setup_patient(200);
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none");
	POLL_UNTIL(told[1].text[0] != '\0');
	full = true;
	peer_send(fd, "two");
	turn_for(400);
	CHECK_STR("stands still", told[1].text, "one");
	CHECK_EQ("for longer than a peer may", told[1].ends, 0);
	full = false;
	mp_http_go_on(http);
	POLL_UNTIL(told[1].ends == 1);
	CHECK_STR("goes on", told[1].text, "onetwo");
	CHECK_STR("whole", told[1].reason, "");
	close(fd);
	teardown();
}

static void test_start_in_end(void)
{
	char request[2048];
	int fd;

	setup();
	told[1].start_in_end = true;
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	close(fd);
	POLL_UNTIL(told[1].ends == 1);
	fd = take(request, sizeof(request));
	CHECK_HAS("the next one", request, "POST /next ");
	close(fd);
	POLL_UNTIL(told[2].ends == 1);
	teardown();
}

/* A request while a stream is open: its callbacks come from within, and no id is shared. */
static void test_perform_beside(void)
{
	static const struct mp_http_options options = { 0 };
	struct mp_http_response response = { 0 };
	struct canned canned;
	char request[2048], url[64];
	int fd;

	setup();
	mp_http_free(http);
	CHECK_EQ("a client", mp_http_new(&options, loop, &http, NULL), MCPASS_OK);
	CHECK_EQ("started", start(0, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndata");
	canned_start(&canned, "HTTP/1.1 204 No Content\r\n\r\n");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", canned.port);
	CHECK_EQ("performed", mp_http_perform(http, "GET", url, NULL, 0, NULL, 0, 10, &response,
	    NULL), MCPASS_OK);
	CHECK_EQ("its status", response.status, 204);
	CHECK_EQ("its body", response.body.len, 0);
	POLL_UNTIL(told[0].ends == 1);
	CHECK_STR("the stream's data", told[0].text, "data");
	mp_http_response_free(&response);
	canned_stop(&canned);
	close(fd);
	teardown();
}

static void test_wait(void)
{
	char request[2048];
	int ends[2], fd;

	setup();
	turn(0, -1);            /* nothing to do, no time */
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1)
		die("pipe");
	turn(-1, ends[0]);      /* would last for ever but for the pipe */
	CHECK_EQ("nothing came", told[1].status, 0);
	close(ends[0]);
	close(ends[1]);
	teardown();             /* with a stream that is still open */
	close(fd);
}

/* The limit is on the time until a head comes; neither a stream that has begun nor one
 * that was asked for with a GET is ended. */
static void test_late(void)
{
	char request[2048];
	int begun, never, silent;

	setup_patient(200);
	CHECK_EQ("begins at once", start(1, "/a", NULL), MCPASS_OK);
	begun = take(request, sizeof(request));
	peer_write(begun, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
	POLL_UNTIL(told[1].status == 200);
	CHECK_EQ("a GET", begin(2, "GET", "/b", NULL), MCPASS_OK);
	silent = take(request, sizeof(request));
	CHECK_EQ("never begins", start(3, "/c", NULL), MCPASS_OK);
	never = take(request, sizeof(request));
	/* Would last for ever but for the limit. */
	for (int i = 0; told[3].ends == 0 && i < 100; i++)
		turn(-1, -1);
	CHECK_EQ("it ended", told[3].ends, 1);
	CHECK_HAS("and why", told[3].reason, "no answer in time");
	CHECK_EQ("and its code", told[3].why.rc, MCPASS_E_IO);
	turn_for(250);
	CHECK_EQ("the others", told[1].ends + told[2].ends, 0);
	teardown();
	close(begun);
	close(never);
	close(silent);
}

static void test_sigpipe(void)
{
	struct mp_sigpipe held;
	sigset_t set;
	int taken;

	mp_sigpipe_hold(&held);
	raise(SIGPIPE);
	mp_sigpipe_release(&held);
	CHECK("we are still here", true);

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	mp_sigpipe_hold(&held);
	mp_sigpipe_release(&held);
	sigpending(&set);
	CHECK("somebody else's signal stays", sigismember(&set, SIGPIPE) == 1);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigwait(&set, &taken);
	sigprocmask(SIG_UNBLOCK, &set, NULL);

	(void)signal(SIGPIPE, SIG_IGN);
	mp_sigpipe_hold(&held);
	CHECK_EQ("the mask", sigprocmask(SIG_BLOCK, NULL, &set), 0);
	CHECK("is left alone where the signal is ignored", sigismember(&set, SIGPIPE) == 0);
	mp_sigpipe_release(&held);
	(void)signal(SIGPIPE, SIG_DFL);
}

static const struct {
	CURLcode code;
	const char *words, *detail, *hint;
} reason_rows[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "x", "h:1: the name could not be resolved", "https_proxy" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "x", "h:1: the proxy's name could not be resolved (x)",
	    "no_proxy" },
	{ CURLE_PEER_FAILED_VERIFICATION, "expired", "h:1: its TLS certificate is not trusted (expired)",
	    "--ca-file" },
	{ CURLE_SSL_CONNECT_ERROR, "wrong version", "h:1: no TLS connection (wrong version)", "port" },
	{ CURLE_COULDNT_CONNECT, "words", "h:1: no connection (words)", "network" },
	{ CURLE_OPERATION_TIMEDOUT, "x", "h:1: no connection in time", "network" },
	{ CURLE_TOO_MANY_REDIRECTS, "\x1b[2J", "h:1: ?[2J", "" },
	{ CURLE_FILESIZE_EXCEEDED, "", "h:1: Maximum file size exceeded", "" },
	{ CURLE_OUT_OF_MEMORY, "", "out of memory", "" },
};

static void test_reasons(void)
{
	struct mp_http_exchange exchange = { .easy = curl_easy_init(), .host = "h:1" };

	for (size_t i = 0; i < COUNT(reason_rows); i++) {
		struct mcpass_error err = { 0 };

		strcpy(exchange.words, reason_rows[i].words);
		CHECK_EQ(reason_rows[i].detail, mp_http_reason(&exchange, reason_rows[i].code, &err),
		    reason_rows[i].code == CURLE_OUT_OF_MEMORY ? MCPASS_E_NOMEM : MCPASS_E_IO);
		CHECK_STR("the cause", err.detail, reason_rows[i].detail);
		CHECK_HAS(reason_rows[i].detail, err.hint, reason_rows[i].hint);
	}
	curl_easy_cleanup(exchange.easy);
}

/* A tool may take hours: only a time that somebody gave ends the wait for its head. */
static void test_patience(void)
{
	static const struct {
		const char *label, *method;
		long timeout_ms;
		bool limited;
	} rows[] = {
		{ "by itself", "POST", 0, false },
		{ "as was said", "POST", 5000, true },
		{ "a GET waits for ever", "GET", 5000, false },
	};
	struct mp_http_ask ask = { .url = "http://127.0.0.1:1/" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mp_http_options options = { .timeout_ms = rows[i].timeout_ms };
		struct mp_http *one = NULL;

		CHECK_EQ(rows[i].label, mp_http_new(&options, NULL, &one, NULL), MCPASS_OK);
		ask.method = rows[i].method;
		CHECK_EQ(rows[i].label, mp_http_start(one, 1, &ask, &callbacks, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, one->first->late.is_set, rows[i].limited);
		mp_http_expect_head(one, 2);
		CHECK_EQ("another's", one->first->late.is_set, rows[i].limited);
		mp_http_expect_head(one, 1);
		CHECK("one that comes soon", one->first->late.is_set);
		mp_http_free(one);
	}
}

int main(void)
{
	test_patience();
	test_chunks();
	test_break();
	test_two();
	test_close();
	test_lasting();
	test_callback_fails();
	test_full();
	test_start_in_end();
	test_perform_beside();
	test_wait();
	test_late();
	test_sigpipe();
	test_reasons();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
