/* The small HTTP server, spoken to in bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/clock.h"
#include "serve/http/httpd.h"
#include "harness/peer.h"

#define MAX_BODY 100

static struct mp_httpd *httpd;
static char log_line[512];              /* written before the answer can be read */
static char logged[2048];

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	if (strcmp(request->path, "/fail") == 0) {
		response->status = 200;
		mp_buf_adds(&response->body, "half a secret");
		(void)mp_headers_add(&response->headers, "X-Half", "done", NULL);
		return mp_fail(err, MCPASS_E_STORE, NULL, "the store is gone");
	}
	if (strcmp(request->path, "/silent") == 0)
		return MCPASS_OK;
	response->status = 201;
	mp_buf_addf(&response->body, "%s [%s] [%s] %zu [%.*s] now=%d\n", request->method, request->path,
	    request->query != NULL ? request->query : "NULL", request->body_len,
	    (int)request->body_len, request->body, request->now > 1700000000);
	for (size_t i = 0; i < request->header_count; i++)
		mp_buf_addf(&response->body, "%s: %s\n", request->headers[i].name,
		    request->headers[i].value);
	mp_buf_addf(&response->body, "from %s\n", request->peer != NULL ? request->peer : "NULL");
	(void)mp_headers_add(&response->headers, "X-Twice", "1", NULL);
	return mp_headers_add(&response->headers, "X-Twice", "2", NULL);
}

static void on_log(void *ctx, const char *method, const char *path, int status,
    const struct mcpass_error *err)
{
	(void)ctx;
	snprintf(log_line, sizeof(log_line), "%s %s %d %s", method, path, status,
	    err != NULL ? err->detail : "-");
	strncat(logged, log_line, sizeof(logged) - strlen(logged) - 1);
	strncat(logged, "\n", sizeof(logged) - strlen(logged) - 1);
}

static char large[MAX_BODY * 3];

static const struct {
	const char *label, *request, *part1, *part2;
} rows[] = {
	{ "a GET", "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 201 ",
	    "GET [/a] [b=c] 0 [] now=1\n" },
	{ "nothing is decoded",
	    "GET /a%2fb/%00+?c%26=%zz&&d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 201 ", "[/a%2fb/%00+] [c%26=%zz&&d]" },
	{ "an empty query is not none", "GET /a? HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 201 ", "[/a] [] 0" },
	{ "where it comes from", "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 201 ", "from 127.0.0.1\n" },
	{ "no query", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 201 ",
	    "[/] [NULL] 0" },
	{ "headers in order, twice too",
	    "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\na: 3\r\nConnection: close\r\n\r\n",
	    "X-Twice: 1\r\nX-Twice: 2\r\n", "Host: x\nA: 1\nB: 2\na: 3\n" },
	{ "the whitespace around a value is no part of it",
	    "GET / HTTP/1.1\r\nHost: x\r\nA:  \t1 2 \t \r\nB: \t\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 201 ", "\nA: 1 2\nB: \n" },
	{ "a POST", "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
	    "HTTP/1.1 201 ", "POST [/p] [NULL] 5 [hello]" },
	{ "in chunks", "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "HTTP/1.1 201 ", " 5 [hello]" },
	{ "DELETE", "DELETE /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 201 ",
	    "DELETE [/d]" },
	{ "a body that is announced as too large",
	    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 413 ", "\r\n\r\n" },
	{ "a number that is no length",
	    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
	    "HTTP/1.1 ", "" },
	{ "one that becomes too large", large, "HTTP/1.1 413 ", "\r\n\r\n" },
	{ "a target in absolute form", "GET http://y/a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "GET [/a] [b] 0 []", "\nHost: y\n" },
	{ "one that is no path", "GET ftp://x/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 400 ", "\r\n\r\n" },
	{ "the handler fails", "GET /fail?secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 500 ", "\r\n\r\n" },
	{ "the handler says nothing", "GET /silent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 500 ", "\r\n\r\n" },
	{ "no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 ", "" },
	{ "no HTTP is not answered", "hello\r\n\r\n", "", "" },
};

static void ask(const char *request, char *answer, size_t room)
{
	int fd = peer_connect(mp_httpd_port(httpd));

	peer_send(fd, request);
	peer_read(fd, NULL, answer, room);
	close(fd);
}

static void test_rows(void)
{
	char answer[8192];

	strcpy(large, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n65\r\n");
	memset(large + strlen(large), 'x', MAX_BODY + 1);
	strcat(large, "\r\n0\r\n\r\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(rows[i].request, answer, sizeof(answer));
		CHECK_HAS(rows[i].label, answer, rows[i].part1);
		CHECK_HAS(rows[i].label, answer, rows[i].part2);
		CHECK("nothing half done", strstr(answer, "half") == NULL && strstr(answer, "X-Half") == NULL);
	}
	CHECK_HAS("the log has no query", logged, "GET /fail 500 the store is gone\n");
	CHECK_HAS("nor an error without one", logged, "GET /a 201 -\n");
	CHECK_HAS("the reason", logged, "/silent 500 no handler");
}

static void test_head(void)
{
	char answer[8192];

	ask("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
	CHECK_HAS("as a GET", answer, "HTTP/1.1 201 ");
	CHECK_HAS("its length", answer, "Content-Length: ");
	CHECK_STR("no body", strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	CHECK_HAS("as it was asked", logged, "HEAD /h 201 -\n");
}

/* One connection after the other, and two at a time; a slow one is in nobody's way. */
static void test_connections(void)
{
	const char *request = "POST /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok";
	int first = peer_connect(mp_httpd_port(httpd)), slow = peer_connect(mp_httpd_port(httpd));
	char answer[8192];

	peer_send(slow, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nsl");
	for (int i = 0; i < 3; i++) {
		peer_send(first, request);
		peer_read(first, "Content-Length: 2\n", answer, sizeof(answer));
		CHECK_HAS("kept open", answer, "POST [/k] [NULL] 2 [ok]");
	}
	peer_send(slow, "ow");
	peer_read(slow, "Content-Length: 4\n", answer, sizeof(answer));
	CHECK_HAS("the slow one", answer, "[/slow] [NULL] 4 [slow]");
	close(first);
	close(slow);

	/* Somebody who goes while the answer is written: the server lives on. */
	for (int i = 0; i < 5; i++) {
		struct linger hard = { 1, 0 };
		int fd = peer_connect(mp_httpd_port(httpd));

		peer_send(fd, request);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);              /* a reset */
	}
	ask("GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
	CHECK_HAS("alive", answer, "[/alive]");
}

static void test_expect_continue(void)
{
	int fd = peer_connect(mp_httpd_port(httpd));
	char answer[8192];

	peer_send(fd, "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
	    "Connection: close\r\n\r\n");
	peer_read(fd, "\r\n\r\n", answer, sizeof(answer));
	CHECK_HAS("go on", answer, "HTTP/1.1 100 ");
	peer_send(fd, "ok");
	peer_read(fd, NULL, answer, sizeof(answer));
	CHECK_HAS("done", answer, " 2 [ok]");
	close(fd);
	fd = peer_connect(mp_httpd_port(httpd));
	peer_send(fd, "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\nExpect: 100-continue\r\n"
	    "Connection: close\r\n\r\n");
	peer_read(fd, NULL, answer, sizeof(answer));
	CHECK("too much is refused at once", strncmp(answer, "HTTP/1.1 413 ", 13) == 0);
	close(fd);
}

static void test_start(void)
{
	struct mp_httpd_options options = { .max_body = MAX_BODY, .handle = handle };
	struct mp_httpd *second = NULL;
	struct mcpass_error err = { 0 };
	char want[64], answer[8192];

	options.port = mp_httpd_port(httpd);
	CHECK_EQ("the port is taken", mp_httpd_start(&options, &second, &err), MCPASS_E_IO);
	snprintf(want, sizeof(want), "in use by");
	CHECK_HAS("says so", err.detail, want);
	CHECK("untouched", second == NULL);
	options.port = 0;
	options.bind_address = "localhost";
	CHECK_EQ("a name is no address", mp_httpd_start(&options, &second, NULL), MCPASS_E_USAGE);
	options.bind_address = "::1";
	if (mp_httpd_start(&options, &second, NULL) == MCPASS_OK) {
		struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		int fd = socket(AF_INET6, SOCK_STREAM, 0);

		address.sin6_port = htons((uint16_t)mp_httpd_port(second));
		CHECK_EQ("IPv6", connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		peer_send(fd, "GET /six HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		peer_read(fd, NULL, answer, sizeof(answer));
		CHECK_HAS("IPv6", answer, "[/six]");
		close(fd);
	}
	mp_httpd_free(second);
	mp_httpd_free(NULL);
}

/* With no other server: its thread would free what it has left while blocks are counted here. */
static void test_start_without_memory(void)
{
	const struct mp_httpd_options options = { .max_body = MAX_BODY, .handle = handle };

	OOM_EACH {
		struct mp_httpd *server = NULL;

		CHECK_OOM("no memory", mp_httpd_start(&options, &server, NULL), MCPASS_OK);
		mp_httpd_free(server);
	}
}

/* --- limits, with a server that has short ones --- */
#define OK_REQUEST "GET /k HTTP/1.1\r\nHost: x\r\n\r\n"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting;                     /* requests that the handler left without an answer */

static void await_waiting(int want)
{
	pthread_mutex_lock(&lock);
	while (waiting < want)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static enum mcpass_rc never(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	response->status = strcmp(request->path, "/never") == 0 ? MP_HTTP_LATER : 200;
	pthread_mutex_lock(&lock);
	waiting += response->status == MP_HTTP_LATER ? 1 : 0;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return MCPASS_OK;
}

static const struct {
	const char *label, *request, *want;
	struct mp_httpd_times times;
} late_rows[] = {
	{ "nothing at all", "", "", { .idle = 50 } },
	{ "nothing after an answer", OK_REQUEST, "HTTP/1.1 200 ", { .idle = 50 } },
	{ "half a head", "GET /k HTTP/1.1\r\n", "HTTP/1.1 408 ", { .head = 50 } },
	{ "an empty line", "\r\n", "", { .head = 50, .idle = 50 } },
	{ "half a body", "POST /k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe", "HTTP/1.1 408 ",
	    { .body = 50 } },
	{ "half a chunk", "POST /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
	    "HTTP/1.1 408 ", { .body = 50 } },
	{ "no answer", "GET /never HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 ", { .wait = 50 } },
};

static void test_late(void)
{
	for (size_t i = 0; i < COUNT(late_rows); i++) {
		const struct mp_httpd_options options = { .max_body = MAX_BODY, .handle = never,
			.times = late_rows[i].times };
		struct mp_httpd *other = NULL;
		char answer[1024];
		int fd;

		CHECK_EQ("started", mp_httpd_start(&options, &other, NULL), MCPASS_OK);
		fd = peer_connect(mp_httpd_port(other));
		peer_send(fd, late_rows[i].request);
		peer_read(fd, NULL, answer, sizeof(answer));    /* fails when it never ends */
		CHECK(late_rows[i].label, late_rows[i].want[0] == '\0' ? answer[0] == '\0'
		    : strstr(answer, late_rows[i].want) == answer);
		close(fd);
		mp_httpd_free(other);
	}
}

/* Two from one address, or three at all. */
static void test_full(size_t per_address, size_t most)
{
	const struct mp_httpd_options options = { .max_body = MAX_BODY, .handle = never,
		.per_address = per_address, .max_connections = most,
		.times = { .drain = 50 } };
	struct mp_httpd *other = NULL;
	char answer[1024];
	int fds[4];

	waiting = 0;
	CHECK_EQ("started", mp_httpd_start(&options, &other, NULL), MCPASS_OK);
	for (size_t i = 0; i < 2; i++) {        /* idle */
		fds[i] = peer_connect(mp_httpd_port(other));
		peer_send(fds[i], OK_REQUEST);
		peer_read(fds[i], "\r\n\r\n", answer, sizeof(answer));
		CHECK_HAS("served", answer, "HTTP/1.1 200 ");
	}
	fds[2] = peer_connect(mp_httpd_port(other));
	peer_send(fds[2], "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
	await_waiting(1);
	peer_read(fds[0], NULL, answer, sizeof(answer));
	CHECK_STR("the one that was idle longest goes", answer, "");
	peer_send(fds[1], "GET /never HTTP/1.1\r\nHost: x\r\n\r\n" OK_REQUEST);
	await_waiting(2);
	fds[3] = peer_connect(mp_httpd_port(other));
	peer_send(fds[3], OK_REQUEST);
	peer_read(fds[3], NULL, answer, sizeof(answer));
	close(fds[3]);
	CHECK_HAS("when none is idle, the new one is refused", answer, "HTTP/1.1 503 ");
	CHECK_HAS("it may come again", answer, "Retry-After: ");
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
	mp_httpd_free(other);
}

static void start(void)
{
	const struct mp_httpd_options options = { .max_body = MAX_BODY, .handle = handle,
		.log = on_log };

	if (mp_httpd_start(&options, &httpd, NULL) != MCPASS_OK)
		die("no server");
}

/* Whatever allocation fails while a request is served: an error or none, never a crash. */
static void test_no_memory(void)
{
	const char *request = "POST /m?q HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
	    "Connection: close\r\n\r\nok";
	char answer[8192];

	OOM_EACH_LATER {
		start();
		oom_from_here();
		ask(request, answer, sizeof(answer));
		if (oom_over())
			CHECK("an error, nothing, or all", answer[0] == '\0'
			    || strstr(answer, "HTTP/1.1 500 ") != NULL || strstr(answer, "HTTP/1.1 503 ") != NULL || strstr(answer, " 2 [ok]") != NULL);
		else
			CHECK_HAS("in the end", answer, " 2 [ok]");
		mp_httpd_free(httpd);
	}
}

int main(void)
{
	start();
	test_rows();
	test_head();
	test_connections();
	test_expect_continue();
	test_start();
	test_late();
	test_full(2, 0);
	test_full(10, 2);
	mp_httpd_free(httpd);
	test_start_without_memory();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
