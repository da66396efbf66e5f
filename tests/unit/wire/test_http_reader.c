/* Where a request begins and ends: each row whole, and one byte at a time. */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/http/http.h"
#include "wire/http/reader.h"

#define MAX_BODY 20
#define H "Host: x\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\n" H "\r\n"

/* Feeds the text, step bytes at a time, to the end of a request; its status, 0 when it is
 * whole, -1 when it is not.  *ret_left is what stands behind it. */
static int feed(struct mp_http_reader *reader, const char *text, size_t len, size_t step,
    size_t *ret_left)
{
	enum mp_http_read result = MP_HTTP_READ_MORE;
	size_t at = 0, used;

	while (result == MP_HTTP_READ_MORE || result == MP_HTTP_READ_HEAD) {
		size_t n = len - at < step ? len - at : step;

		if (n == 0 && result == MP_HTTP_READ_MORE)
			break;
		result = mp_http_reader_feed(reader, text + at, n, &used);
		at += used;
		CHECK("more: all is used", result != MP_HTTP_READ_MORE || used == n);
	}
	*ret_left = len - at;
	if (result == MP_HTTP_READ_REFUSED) {
		CHECK("a reason", reader->problem != NULL && reader->status >= 400);
		return reader->status;
	}
	return result == MP_HTTP_READ_END ? 0 : -1;
}

/* --- what is taken: "METHOD PATH QUERY [BODY]" and flags --- */
static const struct {
	const char *label, *text, *want;
	size_t left;
} taken_rows[] = {
	{ "a GET", "GET /a HTTP/1.1\r\n" H "\r\n", "GET /a - [] x", 0 },
	{ "a query", "GET /a?b?c HTTP/1.1\r\n" H "\r\n", "GET /a b?c [] x", 0 },
	{ "an empty query", "GET /a? HTTP/1.1\r\n" H "\r\n", "GET /a  [] x", 0 },
	{ "a line end before it", "\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET / - [] x", 0 },
	{ "what stands behind it", "GET / HTTP/1.1\r\n" H "\r\n" NEXT, "GET / - [] x", sizeof(NEXT) - 1 },
	{ "absolute", "GET http://y:8/a?b HTTP/1.1\r\n" H "\r\n", "GET /a b [] y:8", 0 },
	{ "absolute without a path", "GET http://y HTTP/1.1\r\n" H "\r\n", "GET / - [] y", 0 },
	{ "absolute, a query only", "GET http://y?b HTTP/1.1\r\n" H "\r\n", "GET / b [] y", 0 },
	{ "a URL in a query", "GET /?u=http://z/ HTTP/1.1\r\n" H "\r\n", "GET / u=http://z/ [] x", 0 },
	{ "an asterisk", "OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS * - [] x", 0 },
	{ "a length", "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" NEXT, "POST / - [hello] x",
	    sizeof(NEXT) - 1 },
	{ "as much as may be", "POST / HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\n01234567890123456789",
	    "POST / - [01234567890123456789] x", 0 },
	{ "chunks", CHUNKED "2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n" NEXT, "POST / - [hello] x", sizeof(NEXT) - 1 },
	{ "no chunk", CHUNKED "0\r\n\r\n", "POST / - [] x", 0 },
	{ "chunks to the limit", CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
	    "POST / - [01234567890123456789] x", 0 },
	{ "extensions", CHUNKED "1 ; a = \"b;c\"\r\nx\r\n0;d\r\n\r\n", "POST / - [x] x", 0 },
	{ "trailers", CHUNKED "0\r\nHost: evil\r\nA:\r\n\r\n" NEXT, "POST / - [] x", sizeof(NEXT) - 1 },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\n" H "\r\n", "GET / - [] x last", 0 },
	{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / - [] - last", 0 },
	{ "close", "GET / HTTP/1.1\r\n" H "Connection: a , Close\r\n\r\n", "GET / - [] x last", 0 },
	{ "keep-alive", "GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\n\r\n", "GET / - [] x", 0 },
	{ "not close", "GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", "GET / - [] x", 0 },
	{ "continue", "POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
	    "POST / - [x] x continue", 0 },
	{ "nothing to continue", "POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", "POST / - [] x", 0 },
	{ "not in HTTP/1.0", "POST / HTTP/1.0\r\n" H "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
	    "POST / - [x] x last", 0 },
};

static void tell(const struct mp_http_reader *reader, char *text, size_t room)
{
	const char *host = mp_header_get(reader->headers, reader->header_count, "Host");

	snprintf(text, room, "%s %s %s [%s] %s%s%s", reader->method, reader->path,
	    reader->query != NULL ? reader->query : "-", mp_buf_text(&reader->body),
	    host != NULL ? host : "-", reader->is_last ? " last" : "",
	    reader->wants_continue ? " continue" : "");
}

static void test_taken(void)
{
	struct mp_http_reader reader;
	char told[512];
	size_t left;

	mp_http_reader_init(&reader, MAX_BODY);
	for (size_t i = 0; i < COUNT(taken_rows); i++) {
		for (size_t step = 1; step <= 1000; step += 999) {
			CHECK("idle", mp_http_reader_is_idle(&reader));
			CHECK_EQ(taken_rows[i].label, feed(&reader, taken_rows[i].text,
			    strlen(taken_rows[i].text), step, &left), 0);
			tell(&reader, told, sizeof(told));
			CHECK_STR(taken_rows[i].label, told, taken_rows[i].want);
			CHECK_EQ(taken_rows[i].label, left, taken_rows[i].left);
			CHECK("not idle", !mp_http_reader_is_idle(&reader));
			mp_http_reader_next(&reader);
		}
	}
	mp_http_reader_free(&reader);
}

/* --- what is not: the status --- */
#define GET_(lines) "GET / HTTP/1.1\r\n" H lines "\r\n" NEXT
#define TEXT(text) text, sizeof(text) - 1
static const struct {
	const char *label, *text;
	size_t len;
	int want;
} refused_rows[] = {
	{ "two lengths", TEXT(GET_("Content-Length: 1\r\nContent-Length: 1\r\n")), 400 },
	{ "a list", TEXT(GET_("Content-Length: 1, 1\r\n")), 400 },
	{ "a sign", TEXT(GET_("Content-Length: +1\r\n")), 400 },
	{ "no digits", TEXT(GET_("Content-Length:\r\n")), 400 },
	{ "over the limit", TEXT(GET_("Content-Length: 21\r\n")), 413 },
	{ "over all", TEXT(GET_("Content-Length: 18446744073709551617\r\n")), 413 },
	{ "length and coding", TEXT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "coding and length", TEXT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	    "Content-Length: 5\r\n\r\n0\r\n\r\n"), 400 },
	{ "unknown", TEXT(GET_("Transfer-Encoding: x\r\n")), 400 },
	{ "empty", TEXT(GET_("Transfer-Encoding:\r\n")), 400 },
	{ "twice", TEXT(GET_("Transfer-Encoding: chunked, chunked\r\n")), 400 },
	{ "an empty one behind it", TEXT("POST / HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"), 400 },
	{ "two lines", TEXT(GET_("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400 },
	{ "not last", TEXT(GET_("Transfer-Encoding: chunked, gzip\r\n")), 400 },
	{ "one before", TEXT(GET_("Transfer-Encoding: gzip, chunked\r\n")), 501 },
	{ "in HTTP/1.0", TEXT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "NUL in a value", TEXT(GET_("A: b\0c\r\n")), 400 },
	{ "NUL in the target", TEXT("GET /a\0b HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "a bare LF", TEXT("GET / HTTP/1.1\n" H "\r\n"), 400 },
	{ "a bare CR", TEXT(GET_("A: b\rc\r\n")), 400 },
	{ "CR CR LF", TEXT(GET_("A: b\r\r\n")), 400 },
	{ "a fold", TEXT(GET_("A: b\r\n c\r\n")), 400 },
	{ "a fold that looks like a header", TEXT(GET_("A: b\r\n C: d\r\n")), 400 },
	{ "a tab that folds", TEXT(GET_("A: b\r\n\tC: d\r\n")), 400 },
	{ "a space before the colon", TEXT(GET_("A : b\r\n")), 400 },
	{ "no colon", TEXT(GET_("A\r\n")), 400 },
	{ "no name", TEXT(GET_(": b\r\n")), 400 },
	{ "no Host", TEXT("GET / HTTP/1.1\r\n\r\n"), 400 },
	{ "two Hosts", TEXT(GET_("Host: x\r\n")), 400 },
	{ "two Hosts in HTTP/1.0", TEXT("GET / HTTP/1.0\r\n" H H "\r\n"), 400 },
	{ "two Hosts, absolute", TEXT("GET http://x/ HTTP/1.1\r\n" H H "\r\n"), 400 },
	{ "an empty Host", TEXT("GET / HTTP/1.1\r\nHost: \r\n\r\n"), 400 },
	{ "an odd Host", TEXT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
	{ "an absolute target without a host", TEXT("GET http:///a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "with a user", TEXT("GET http://u@x/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "of another scheme", TEXT("GET ws://x/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "no path", TEXT("GET a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "an asterisk", TEXT("GET * HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "a fragment", TEXT("GET /#a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "two spaces", TEXT("GET  / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "a space at the end", TEXT("GET / HTTP/1.1 \r\n" H "\r\n"), 400 },
	{ "no version", TEXT("GET /\r\n" H "\r\n"), 400 },
	{ "another version", TEXT("GET / HTTP/2.0\r\n" H "\r\n"), 505 },
	{ "no method", TEXT(" / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "empty lines", TEXT("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "another expectation", TEXT(GET_("Expect: a\r\n")), 417 },
	{ "no chunk size", TEXT(CHUNKED "\r\n"), 400 },
	{ "a space before it", TEXT(CHUNKED " 1\r\nx\r\n0\r\n\r\n"), 400 },
	{ "a space behind it", TEXT(CHUNKED "1 \r\nx\r\n0\r\n\r\n"), 400 },
	{ "0x", TEXT(CHUNKED "0x1\r\nx\r\n0\r\n\r\n"), 400 },
	{ "seventeen digits", TEXT(CHUNKED "00000000000000001\r\nx\r\n0\r\n\r\n"), 413 },
	{ "a chunk over the limit", TEXT(CHUNKED "15\r\n"), 413 },
	{ "chunks over the limit", TEXT(CHUNKED "14\r\n01234567890123456789\r\n1\r\n"), 413 },
	{ "the largest number", TEXT(CHUNKED "ffffffffffffffff\r\n"), 413 },
	{ "an LF behind the size", TEXT(CHUNKED "1\nx\r\n0\r\n\r\n"), 400 },
	{ "a quote without its end in an extension", TEXT(CHUNKED "1;a=\"\r\nx\r\n0\r\n\r\n"), 400 },
	{ "an LF in an extension", TEXT(CHUNKED "1;a\nx\r\n0\r\n\r\n"), 400 },
	{ "NUL in an extension", TEXT(CHUNKED "1;\0\r\nx\r\n0\r\n\r\n"), 400 },
	{ "longer than it says", TEXT(CHUNKED "1\r\nxx\r\n0\r\n\r\n"), 400 },
	{ "two bytes in the place of its end", TEXT(CHUNKED "1\r\nxab0\r\n\r\n"), 400 },
	{ "an LF behind a chunk", TEXT(CHUNKED "1\r\nx\n0\r\n\r\n"), 400 },
	{ "an LF at the end", TEXT(CHUNKED "0\r\n\n"), 400 },
	{ "a trailer that is none", TEXT(CHUNKED "0\r\na b\r\n\r\n"), 400 },
	{ "a folded trailer", TEXT(CHUNKED "0\r\na: b\r\n c\r\n\r\n"), 400 },
};

static void test_refused(void)
{
	struct mp_http_reader reader;
	size_t left;

	for (size_t i = 0; i < COUNT(refused_rows); i++) {
		for (size_t step = 1; step <= 1000; step += 999) {
			mp_http_reader_init(&reader, MAX_BODY);
			CHECK_EQ(refused_rows[i].label, feed(&reader, refused_rows[i].text,
			    refused_rows[i].len, step, &left), refused_rows[i].want);
			CHECK_EQ("for good", feed(&reader, NEXT, sizeof(NEXT) - 1, 1000, &left),
			    refused_rows[i].want);
			mp_http_reader_free(&reader);
		}
	}
}

/* --- too much of it --- */
static const struct {
	const char *label, *begin, *repeat;
	int count, want;
} long_rows[] = {
	{ "a target", "GET /", "x", 9000, 414 },
	{ "a method", "", "x", 9000, 414 },
	{ "a header", "GET / HTTP/1.1\r\n" H "A: ", "x", 40000, 431 },
	{ "headers", "GET / HTTP/1.1\r\n" H, "A: b\r\n", MP_MAX_REQUEST_HEADERS, 431 },
	{ "as many headers as may be", "GET / HTTP/1.1\r\n" H, "A: b\r\n", MP_MAX_REQUEST_HEADERS - 1, 0 },
	{ "an extension", CHUNKED "1;", "x", 5000, 400 },
	{ "trailers", CHUNKED "0\r\n", "A: b\r\n", 1000, 431 },
};

static void test_long(void)
{
	for (size_t i = 0; i < COUNT(long_rows); i++) {
		struct mp_http_reader reader;
		struct mp_buf text;
		size_t left;

		mp_buf_init(&text, 100000);
		mp_buf_adds(&text, long_rows[i].begin);
		for (int n = 0; n < long_rows[i].count; n++)
			mp_buf_adds(&text, long_rows[i].repeat);
		mp_buf_adds(&text, "\r\n");
		mp_http_reader_init(&reader, MAX_BODY);
		CHECK_EQ(long_rows[i].label, feed(&reader, text.data, text.len, 4096, &left),
		    long_rows[i].want);
		mp_http_reader_next(&reader);
		CHECK("large buffers are given back", reader.head.room <= 8192);
		mp_http_reader_free(&reader);
		mp_buf_free(&text);
	}
}

static void test_no_memory(void)
{
	const char *text = CHUNKED "5\r\nhello\r\n0\r\n\r\n";
	struct mp_http_reader reader;
	size_t left;

	OOM_EACH {
		int status;

		mp_http_reader_init(&reader, MAX_BODY);
		status = feed(&reader, text, strlen(text), 1000, &left);
		CHECK_EQ("refused, or taken", status, oom_over() ? 503 : 0);
		mp_http_reader_free(&reader);
	}
}

int main(void)
{
	test_taken();
	test_refused();
	test_long();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
