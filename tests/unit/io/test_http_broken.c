/* Servers that answer badly or not at all: what may have been carried out is sent once, what
 * is not needed is not waited for, and each failure says what it is. */
#define _GNU_SOURCE     /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/http/exchange.h"
#include "streams.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

/* The next request on a connection that is kept. */
static void take_again(int fd, char *request, size_t room)
{
	while (!peer_readable(fd, 0))
		turn(1, fd);
	peer_read(fd, "{}", request, room);
}

/* A connection that has served once and then ends in the middle of the second answer. */
static const struct {
	const char *label, *begun;      /* what of the answer comes */
	bool reset;
} once_rows[] = {
	{ "not a byte", "", false },
	{ "a reset", "", true },
	{ "a byte", "H", false },
	{ "half a status line", "HTTP/1.1 2", false },
	{ "half a head", "HTTP/1.1 200 OK\r\nContent-Ty", false },
	{ "half a body", OK "Content-Length: 9\r\n\r\n{", false },
	{ "half a chunk", OK "Transfer-Encoding: chunked\r\n\r\n9\r\n{", false },
	{ "an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", false },
};

static void end_connection(int fd, bool reset)
{
	const struct linger at_once = { 1, 0 };

	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static int keep_one(char *request, size_t room)
{
	int fd;

	setup_patient(2000);            /* one that is sent again waits for its answer */
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, room);
	peer_send(fd, OK "Content-Length: 2\r\n\r\n{}");
	POLL_UNTIL(told[1].ends == 1);
	return fd;
}

/* libcurl may have opened another connection, on which it was not let. */
static bool asked_again(void)
{
	bool asked = false;
	char byte;
	int fd;

	if (!peer_readable(listen_fd, 0))
		return false;
	fd = accept(listen_fd, NULL, NULL);
	if (peer_readable(fd, 0))
		asked = recv(fd, &byte, 1, 0) > 0;
	close(fd);
	return asked;
}

static void test_once(void)
{
	for (size_t i = 0; i < COUNT(once_rows); i++) {
		const char *label = once_rows[i].label;
		char request[2048];
		int fd = keep_one(request, sizeof(request));

		CHECK_EQ(label, start(2, "/b", NULL), MCPASS_OK);
		take_again(fd, request, sizeof(request));
		CHECK_HAS(label, request, "POST /b ");
		peer_send(fd, once_rows[i].begun);
		end_connection(fd, once_rows[i].reset);
		POLL_UNTIL(told[2].ends == 1);
		CHECK(label, told[2].reason[0] != '\0');
		CHECK(label, strstr(told[2].reason, "memory") == NULL);
		CHECK_EQ(label, told[2].why.rc, MCPASS_E_IO);
		CHECK(label, told[2].was_sent);
		CHECK(label, !asked_again());
		teardown();
	}
}

static void test_get_again(void)
{
	char request[2048];
	int fd = keep_one(request, sizeof(request)), other;

	CHECK_EQ("started", begin(2, "GET", "/b", NULL), MCPASS_OK);
	take_again(fd, request, sizeof(request));
	close(fd);
	other = take(request, sizeof(request));
	CHECK_HAS("only reading, and so repeated", request, "/b ");
	peer_send(other, OK "Content-Length: 2\r\n\r\n{}");
	POLL_UNTIL(told[2].ends == 1);
	CHECK_STR("answered", told[2].reason, "");
	close(other);
	teardown();
}

/* Nothing went out, so nothing can have been carried out. */
static void test_never_sent(void)
{
	setup();
	close(listen_fd);
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	POLL_UNTIL(told[1].ends == 1);
	CHECK_HAS("refused", told[1].reason, "refused the connection");
	CHECK("not sent", !told[1].was_sent);
	listen_fd = peer_listen(&port);
	teardown();
}

/* What comes of an answer, on a first connection. */
static const struct {
	const char *label, *answer;
	bool stays;                     /* the connection does not end */
	const char *reason;             /* part of it; "": whole */
	enum mcpass_rc want;
	const char *text;
} answer_rows[] = {
	{ "the head ends early", "HTTP/1.1 200 OK\r\nContent-Ty", false, "head of the answer ended too early", MCPASS_E_IO, "" },
	{ "only the status line", "HTTP/1.1 200 OK\r\n", false, "head of the answer ended too early", MCPASS_E_IO, "" },
	{ "another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", false,
	    "another protocol (101)", MCPASS_E_PROTOCOL, "" },
	{ "a refusal's body stalls", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\nno", true, "", MCPASS_OK, "no" },
	{ "a failure's body stalls", "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n", true, "", MCPASS_OK, "no" },
	{ "a redirect's body stalls", "HTTP/1.1 307 There\r\nLocation: /x\r\nContent-Length: 99\r\n\r\n", true, "", MCPASS_OK, "" },
	{ "a JSON body stalls", OK "Content-Length: 99\r\n\r\n{", true, "stopped on its way", MCPASS_E_IO, "{" },
	{ "a body of no type stalls", "HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n", true, "stopped on its way", MCPASS_E_IO, "" },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(answer_rows); i++) {
		const char *label = answer_rows[i].label;
		char request[2048];
		int fd;

		setup_patient(300);
		CHECK_EQ(label, start(1, "/a", NULL), MCPASS_OK);
		fd = take(request, sizeof(request));
		peer_send(fd, answer_rows[i].answer);
		if (!answer_rows[i].stays)
			shutdown(fd, SHUT_WR);
		POLL_UNTIL(told[1].ends == 1);
		CHECK_HAS(label, told[1].reason, answer_rows[i].reason);
		CHECK_EQ(label, told[1].reason[0] == '\0', answer_rows[i].want == MCPASS_OK);
		CHECK_EQ(label, told[1].why.rc, answer_rows[i].want);
		CHECK_STR(label, told[1].text, answer_rows[i].text);
		close(fd);
		teardown();
	}
}

/* A stream may be silent for longer than any body. */
static void test_silent_stream(void)
{
	char request[2048];
	int fd;

	setup_patient(50);
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n");
	POLL_UNTIL(told[1].status == 200);
	turn_for(200);
	CHECK_EQ("not ended", told[1].ends, 0);
	teardown();
	close(fd);
}

static void test_long_line(void)
{
	static char line[120 * 1024];
	char request[2048];
	int fd;

	memset(line, 'a', sizeof(line) - 1);
	setup();
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	peer_send(fd, "HTTP/1.1 200 OK\r\nX-Long: ");
	peer_send(fd, line);
	peer_send(fd, "\r\n\r\n");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_HAS("why", told[1].reason, "a header of the answer is too long");
	CHECK_EQ("and whose fault", told[1].why.rc, MCPASS_E_LIMIT);
	close(fd);
	teardown();
}

static void test_compressed(void)
{
	static const char zipped[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\xca\x2c\x28\x48"
	    "\x4d\x01\x00\x57\x68\xc2\xe2\x06\x00\x00\x00";
	char request[2048];
	int fd;

	setup();
	CHECK_EQ("started", start(1, "/a", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	CHECK_HAS("not asked for", request, "Accept-Encoding: identity\r\n");
	peer_send(fd, OK "Content-Encoding: gzip\r\nContent-Length: 26\r\n\r\n");
	if (write(fd, zipped, sizeof(zipped) - 1) != (ssize_t)sizeof(zipped) - 1)
		die("write");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_STR("read all the same", told[1].text, "zipped");
	CHECK_EQ("started", start(2, "/a", NULL), MCPASS_OK);
	take_again(fd, request, sizeof(request));
	peer_send(fd, OK "Content-Encoding: rot13\r\nContent-Length: 3\r\n\r\nabc");
	POLL_UNTIL(told[2].ends == 1);
	CHECK_HAS("an unknown way", told[2].reason, "compressed");
	close(fd);
	teardown();
}

/* The MCP server gets its cookies back, and no other request has any. */
static void test_cookies(void)
{
	static const struct mcpass_header own = { "Cookie", "mine=1" };
	struct mp_http_response response = { 0 };
	char request[2048], url[64];
	const struct mp_http_ask ask = { .method = "POST", .url = url, .headers = &own, .count = 1,
		.body = "{}", .len = 2 };
	struct canned canned;
	int fd;

	setup();
	CHECK_EQ("started", start(1, "/mcp", NULL), MCPASS_OK);
	fd = take(request, sizeof(request));
	CHECK("none at first", strstr(request, "Cookie") == NULL);
	peer_send(fd, "HTTP/1.1 200 OK\r\nSet-Cookie: AWSALB=abc; Path=/\r\nContent-Length: 0\r\n\r\n");
	POLL_UNTIL(told[1].ends == 1);
	CHECK_EQ("started", start(2, "/mcp", NULL), MCPASS_OK);
	take_again(fd, request, sizeof(request));
	CHECK_HAS("sent back", request, "Cookie: AWSALB=abc\r\n");
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	POLL_UNTIL(told[2].ends == 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/mcp", port);
	CHECK_EQ("started", mp_http_start(http, 3, &ask, &callbacks, NULL), MCPASS_OK);
	take_again(fd, request, sizeof(request));
	CHECK_HAS("a person's own", request, "Cookie: mine=1\r\n");
	CHECK("goes alone", strstr(request, "AWSALB") == NULL);
	peer_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	POLL_UNTIL(told[3].ends == 1);
	canned_start(&canned, "HTTP/1.1 204 No Content\r\n\r\n");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token", canned.port);
	CHECK_EQ("performed", mp_http_perform(http, "POST", url, NULL, 0, "a=b", 3, 10, &response,
	    NULL), MCPASS_OK);
	CHECK("not to another", strstr(canned.request, "Cookie") == NULL);
	mp_http_response_free(&response);
	canned_stop(&canned);
	close(fd);
	teardown();
}

/* A libcurl that refuses one option.  It stands before the real one. */
static struct {
	CURLoption option;
	CURLcode code;
} refused = { CURLOPT_LASTENTRY, CURLE_OK };

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	static CURLcode (*real)(CURL *, CURLoption, ...);
	CURLcode code;
	va_list ap;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_start(ap, option);
	if (option == refused.option)
		code = refused.code;
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		code = real(easy, option, va_arg(ap, curl_off_t));
	else if (option < CURLOPTTYPE_OBJECTPOINT)
		code = real(easy, option, va_arg(ap, long));
	else
		code = real(easy, option, va_arg(ap, void *));
	va_end(ap);
	return code;
}

static const struct {
	const char *label;
	CURLoption option;
	CURLcode code;
	enum mcpass_rc want;
	const char *says;
} option_rows[] = {
	{ "no .netrc in this build", CURLOPT_NETRC, CURLE_NOT_BUILT_IN, MCPASS_OK, "" },
	{ "nor by its other name", CURLOPT_NETRC, CURLE_UNKNOWN_OPTION, MCPASS_OK, "" },
	{ "no HTTP/2", CURLOPT_HTTP_VERSION, CURLE_UNSUPPORTED_PROTOCOL, MCPASS_OK, "" },
	{ "no cookies", CURLOPT_COOKIEFILE, CURLE_UNKNOWN_OPTION, MCPASS_OK, "" },
	{ "no compression", CURLOPT_ACCEPT_ENCODING, CURLE_NOT_BUILT_IN, MCPASS_OK, "" },
	{ "no keepalive", CURLOPT_TCP_KEEPIDLE, CURLE_UNKNOWN_OPTION, MCPASS_OK, "" },
	{ "a wish that is refused for another reason", CURLOPT_NETRC, CURLE_BAD_FUNCTION_ARGUMENT,
	    MCPASS_E_IO, "libcurl refuses CURLOPT_NETRC" },
	{ "nothing judges the address", CURLOPT_OPENSOCKETFUNCTION, CURLE_UNKNOWN_OPTION,
	    MCPASS_E_IO, "libcurl refuses CURLOPT_OPENSOCKETFUNCTION" },
	{ "nothing keeps it from a second time", CURLOPT_PREREQFUNCTION, CURLE_UNKNOWN_OPTION,
	    MCPASS_E_IO, "libcurl refuses CURLOPT_PREREQFUNCTION" },
	{ "out of memory", CURLOPT_URL, CURLE_OUT_OF_MEMORY, MCPASS_E_NOMEM, "out of memory" },
};

static void test_options(void)
{
	setup();
	for (size_t i = 0; i < COUNT(option_rows); i++) {
		struct mcpass_error err = { 0 };

		refused.option = option_rows[i].option;
		refused.code = option_rows[i].code;
		CHECK_EQ(option_rows[i].label, start(1, "/a", &err), option_rows[i].want);
		CHECK_HAS(option_rows[i].label, err.detail, option_rows[i].says);
		mp_http_close(http, 1);
	}
	refused.option = CURLOPT_LASTENTRY;
	teardown();
}

int main(void)
{
	test_once();
	test_get_again();
	test_never_sent();
	test_answers();
	test_silent_stream();
	test_long_line();
	test_compressed();
	test_cookies();
	test_options();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
