/* Event streams: each row must give the same events however its bytes are cut.
 *
 * Events are compared as one text: "type[id]data;" for each, "~" for a NUL in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "wire/sse.h"

#define BOM "\xef\xbb\xbf"
#define ROW(label, bytes, want) { label, bytes, sizeof(bytes) - 1, want, -1 }
#define RETRY(label, bytes, ms) { label, bytes, sizeof(bytes) - 1, "", ms }

static const struct {
	const char *label, *bytes;
	size_t len;
	const char *want;
	long long retry_ms;
} rows[] = {
	ROW("nothing", "", ""),
	ROW("only line ends", "\n\r\n\r\r\n", ""),
	ROW("one event", "data: a\n\n", "message[]a;"),
	ROW("CR", "data: a\r\rdata: b\r\r", "message[]a;message[]b;"),
	ROW("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", "message[]a;message[]b;"),
	ROW("CRLF within an event", "event: t\r\ndata: a\r\ndata: b\r\n\r\n", "t[]a\nb;"),
	ROW("mixed line ends", "data: a\rdata: b\ndata: c\r\n\r\ndata: d\n\r",
	    "message[]a\nb\nc;message[]d;"),
	ROW("LF and CR are two line ends", "data: a\n\rdata: b\n\n", "message[]a;message[]b;"),
	ROW("CR LF LF", "data: a\r\n\ndata: b\n\n", "message[]a;message[]b;"),
	ROW("cut short", "data: a\n\ndata: b\n", "message[]a;"),
	ROW("cut short, without a line end", "data: a\n\ndata: b", "message[]a;"),
	ROW("an id cut short counts for nothing", "data: a\n\nid: 1\ndata: b\n", "message[]a;"),
	ROW("lines of data", "data: a\ndata: b\ndata: c\n\n", "message[]a\nb\nc;"),
	ROW("empty lines of data", "data\ndata\n\n", "message[]\n;"),
	ROW("an empty data field", "data\n\n", "message[];"),
	ROW("an empty data field, colon", "data:\n\n", "message[];"),
	ROW("empty between", "data: a\ndata:\ndata: b\n\n", "message[]a\n\nb;"),
	ROW("empty at the end", "data: a\ndata:\n\n", "message[]a\n;"),
	ROW("no space", "data:a\n\n", "message[]a;"),
	ROW("one space is dropped, not two", "data:  a \n\n", "message[] a ;"),
	ROW("a tab is not dropped", "data:\ta\n\n", "message[]\ta;"),
	ROW("a space before the name", " data: a\n\n", ""),
	ROW("a space behind the name", "data : a\n\n", ""),
	ROW("names have case", "Data: a\n\n", ""),
	ROW("a longer name", "dataa: a\n\n", ""),
	ROW("a shorter name", "dat: a\n\n", ""),
	ROW("colons in the value", "data: a:b: c\n\n", "message[]a:b: c;"),
	ROW("a comment", ": hello\n\n", ""),
	ROW("a comment between", "data: a\n:data: b\n:\ndata: c\n\n", "message[]a\nc;"),
	ROW("an unknown field", "foo: bar\ndata: a\nfoo\n\n", "message[]a;"),
	ROW("a type", "event: ping\ndata: a\n\ndata: b\n\n", "ping[]a;message[]b;"),
	ROW("the last type counts", "event: a\nevent: b\ndata: c\n\n", "b[]c;"),
	ROW("an empty type is the default", "event: a\nevent\ndata: c\n\n", "message[]c;"),
	ROW("a type without data is forgotten", "event: a\n\ndata: b\n\n", "message[]b;"),
	ROW("an id stays", "id: 1\ndata: a\n\ndata: b\n\n", "message[1]a;message[1]b;"),
	ROW("an id that no header carries is none", "id: 1\ndata: a\n\nid: 2\x7f\ndata: b\n\n",
	    "message[1]a;message[1]b;"),
	ROW("another id", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "message[1]a;message[2]b;"),
	ROW("the last id counts", "id: 1\nid: 2\ndata: a\n\n", "message[2]a;"),
	ROW("an id behind the data", "data: a\nid: 1\n\n", "message[1]a;"),
	ROW("an empty id resets", "id: 1\ndata: a\n\nid\ndata: b\n\n", "message[1]a;message[]b;"),
	ROW("an id without data", "id: 1\n\ndata: a\n\n", "message[1];message[1]a;"),
	ROW("an id with empty data", "id: 1\ndata: \n\n", "message[1];"),
	ROW("an id without data, once", "id: 1\n\n\n\n", "message[1];"),
	ROW("an id with a NUL is ignored", "id: 1\ndata: a\n\nid: 2\0003\ndata: b\n\n",
	    "message[1]a;message[1]b;"),
	ROW("an id with a NUL, without data", "id: 2\0003\n\n", ""),
	ROW("a NUL in the data", "data: a\0b\n\n", "message[]a~b;"),
	ROW("a NUL in a name", "da\0ta: a\n\n", ""),
	ROW("BOM", BOM "data: a\n\n", "message[]a;"),
	ROW("BOM alone", BOM, ""),
	ROW("BOM and a line end", BOM "\ndata: a\n\n", "message[]a;"),
	ROW("two BOM", BOM BOM "data: a\n\n", ""),
	ROW("BOM on the second line", "data: a\n" BOM "data: b\n\n", "message[]a;"),
	ROW("BOM behind an empty line", "\n" BOM "data: b\n\n", ""),
	ROW("half a BOM", "\xef\xbb" "data: a\n\n", ""),
	ROW("another start like a BOM", "\xef\xbb\xbe" "data: a\n\n", ""),
	ROW("BOM in the data", "data: " BOM "\n\n", "message[]" BOM ";"),
	ROW("not UTF-8, as it stands", "data: \xff\n\n", "message[]\xff;"),
	ROW("MCP", "event: message\nid: s1_2\ndata: {\"jsonrpc\":\"2.0\"}\n\n: ping\n\n",
	    "message[s1_2]{\"jsonrpc\":\"2.0\"};"),
	ROW("WHATWG 9.2.6, stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", "message[]YHOO\n+2\n10;"),
	ROW("WHATWG 9.2.6, four blocks",
	    ": test stream\n\ndata: first event\nid: 1\n\ndata:second "
	    "event\nid\n\ndata:  third event\n\n",
	    "message[1]first event;message[]second event;message[] third event;"),
	ROW("WHATWG 9.2.6, two events", "data\n\ndata\ndata\n\ndata:", "message[];message[]\n;"),
	ROW("WHATWG 9.2.6, identical", "data:test\n\ndata: test\n\n",
	    "message[]test;message[]test;"),
	RETRY("retry", "retry: 1500\n", 1500),
	RETRY("retry without a space", "retry:1\r\n", 1),
	RETRY("retry 0", "retry: 0\n", 0),
	RETRY("the last retry counts", "retry: 1\nretry: 2\n", 2),
	RETRY("a bad retry changes nothing",
	    "retry: 7\nretry: 1x\nretry\nretry: -1\nretry: 1 \nretry: 1.5\nretry:  8\n", 7),
	RETRY("an empty retry", "retry:\n", -1),
	RETRY("retry beyond all sense", "retry: 99999999999999999999999999\n", INT32_MAX),
	RETRY("retry not ended", "retry: 1500", -1),
};

struct log {
	char text[4096];
	size_t len, events;
	enum mcpass_rc fail_with;
};

static enum mcpass_rc write_down(void *ctx, const struct mp_sse_event *event,
    struct mcpass_error *err)
{
	struct log *log = ctx;

	log->events++;
	log->len += (size_t)snprintf(log->text + log->len, sizeof(log->text) - log->len,
	    "%s[%s]", event->type, event->last_id);
	for (size_t i = 0; i < event->data_len; i++)
		log->text[log->len++] = event->data[i] != '\0' ? event->data[i] : '~';
	log->text[log->len++] = ';';
	log->text[log->len] = '\0';
	CHECK_EQ("data ends in a NUL", event->data[event->data_len], '\0');
	return log->fail_with != MCPASS_OK ? mp_fail(err, log->fail_with, NULL, "no") : MCPASS_OK;
}

/* Feeds a copy of exactly these bytes, so that a sanitizer sees a read past their end. */
static enum mcpass_rc feed_copy(struct mp_sse *sse, const char *bytes, size_t len,
    struct log *log)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum mcpass_rc rc;

	if (len > 0)
		memcpy(copy, bytes, len);
	rc = mp_sse_feed(sse, copy, len, write_down, log, NULL);
	free(copy);
	return rc;
}

/* Feeds the first part whole (in single bytes when it is everything), then the rest. */
static void check_cut(size_t row, size_t cut, bool bytewise)
{
	struct log log = { 0 };
	struct mp_sse sse;
	enum mcpass_rc rc = MCPASS_OK;

	mp_sse_init(&sse, 1000);
	for (size_t i = 0; bytewise && i < rows[row].len; i++)
		rc |= feed_copy(&sse, rows[row].bytes + i, 1, &log);
	if (!bytewise) {
		rc |= feed_copy(&sse, rows[row].bytes, cut, &log);
		rc |= feed_copy(&sse, rows[row].bytes + cut, rows[row].len - cut, &log);
	}
	CHECK_EQ(rows[row].label, rc, MCPASS_OK);
	CHECK_STR(rows[row].label, log.text, rows[row].want);
	CHECK_EQ(rows[row].label, sse.retry_ms, rows[row].retry_ms);
	mp_sse_free(&sse);
}

static void test_feed(void)
{
	for (size_t row = 0; row < COUNT(rows); row++) {
		for (size_t cut = 0; cut <= rows[row].len; cut++)
			check_cut(row, cut, false);
		check_cut(row, 0, true);
	}
}

static void test_dispatched_at_once(void)
{
	struct log log = { 0 };
	struct mp_sse sse;

	mp_sse_init(&sse, 1000);
	CHECK_EQ("fed", mp_sse_feed(&sse, "id: 7\rdata: a\r\r", 16, write_down, &log, NULL),
	    MCPASS_OK);
	CHECK_STR("a CR does not wait for its LF", log.text, "message[7]a;");
	CHECK_STR("the id to resume from", mp_buf_text(&sse.last_id), "7");
	CHECK_EQ("fed", mp_sse_feed(&sse, "\ndata: b\n", 9, write_down, &log, NULL), MCPASS_OK);
	CHECK_EQ("which is no line of its own", log.events, 1);
	mp_sse_free(&sse);
}

static const struct {
	const char *label, *bytes;
	enum mcpass_rc want;
} cap_rows[] = {       /* with a cap of 16 bytes */
	{ "a line of 16", "data: 0123456789\n\n", MCPASS_OK },
	{ "a line of 17", "data: 01234567890\n\n", MCPASS_E_LIMIT },
	{ "a line of 17, not ended", "data: 01234567890", MCPASS_E_LIMIT },
	{ "a comment of 17", ":0123456789012345\n\n", MCPASS_E_LIMIT },
	{ "data of 16", "data: 0123456789\ndata: 01234\n\n", MCPASS_OK },
	{ "data of 17", "data: 0123456789\ndata: 012345\n\n", MCPASS_E_LIMIT },
	{ "data of 17 line ends",
	    "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n"
	    "data\ndata\ndata\ndata\ndata\ndata\n", MCPASS_E_LIMIT },
	{ "two events of 16",
	    "data: 0123456789\ndata: 01234\n\ndata: 0123456789\ndata: 01234\n\n", MCPASS_OK },
};

static void test_caps(void)
{
	for (size_t i = 0; i < COUNT(cap_rows); i++) {
		size_t len = strlen(cap_rows[i].bytes);
		struct log log = { 0 }, log2 = { 0 };
		enum mcpass_rc rc = MCPASS_OK;
		struct mp_sse sse, sse2;

		mp_sse_init(&sse, 16);
		mp_sse_init(&sse2, 16);
		CHECK_EQ(cap_rows[i].label, mp_sse_feed(&sse, cap_rows[i].bytes, len,
		    write_down, &log, NULL), cap_rows[i].want);
		for (size_t k = 0; k < len && rc == MCPASS_OK; k++)
			rc = mp_sse_feed(&sse2, cap_rows[i].bytes + k, 1, write_down, &log2, NULL);
		CHECK_EQ(cap_rows[i].label, rc, cap_rows[i].want);
		mp_sse_free(&sse);
		mp_sse_free(&sse2);
	}
}

static void test_room(void)
{
	struct mcpass_error err = { 0 };
	struct log log = { 0 };
	struct mp_sse sse;
	char block[1024];

	memset(block, 'x', sizeof(block));
	mp_sse_init(&sse, 1 << 20);
	for (int i = 0; i < 100; i++)
		CHECK_EQ("a long comment", mp_sse_feed(&sse, i == 0 ? ":" : block,
		    i == 0 ? 1 : sizeof(block), write_down, &log, &err), MCPASS_OK);
	CHECK_EQ("ended", mp_sse_feed(&sse, "\n", 1, write_down, &log, &err), MCPASS_OK);
	CHECK("its room is given back", sse.line.data == NULL);
	mp_sse_free(&sse);
}

static void test_fn_fails(void)
{
	struct log log = { .fail_with = MCPASS_E_DENIED };
	struct mcpass_error err = { 0 };
	struct mp_sse sse;

	mp_sse_init(&sse, 100);
	CHECK_EQ("its failure", mp_sse_feed(&sse, "data: a\n\ndata: b\n\n", 18, write_down,
	    &log, &err), MCPASS_E_DENIED);
	CHECK_EQ("stops the feed", log.events, 1);
	mp_sse_free(&sse);
}

static void test_no_memory(void)
{
	static const char *chunks[] = { "id: 1\nda", "ta: a\neve", "nt: b\n\n", "data: c\n\n" };

	OOM_EACH {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = MCPASS_OK;
		struct log log = { 0 };
		struct mp_sse sse;

		mp_sse_init(&sse, 100);
		for (size_t i = 0; i < COUNT(chunks) && rc == MCPASS_OK; i++)
			rc = mp_sse_feed(&sse, chunks[i], strlen(chunks[i]), write_down, &log,
			    &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		if (!rc)
			CHECK_STR("with enough memory", log.text, "b[1]a;message[1]c;");
		mp_sse_free(&sse);
	}
}

int main(void)
{
	test_feed();
	test_dispatched_at_once();
	test_caps();
	test_room();
	test_fn_fails();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
