/* What is shown: errors, steps, times, sizes, and text of peers. */
#include <string.h>
#include "cli/connect/explain.h"
#include "ui/report.h"
#include "ui/humanize.h"
#include "harness/check.h"

static const struct mp_term plain = { .width = 80 };
static const struct mp_term tty = { .is_terminal = true, .width = 80 };
static const struct mp_term colourful = { .is_terminal = true, .colour = true, .width = 80 };

static const struct {
	const char *label;
	struct mcpass_error err;
	const char *log, *terminal;
} report_rows[] = {
	{ "a cause alone", { .rc = MCPASS_E_IO, .detail = "no answer" },
	    "mcpass: no answer\n", "mcpass: no answer\n" },
	{ "what we were doing, and the clause",
	    { .rc = MCPASS_E_POLICY, .doing = "reading it", .spec = "RFC 9728 3.3", .detail = "it is odd" },
	    "mcpass: reading it: it is odd (RFC 9728 3.3)\n",
	    "mcpass: reading it: it is odd (RFC 9728 3.3)\n" },
	{ "what to do", { .rc = MCPASS_E_USAGE, .detail = "bad", .hint = "do good" },
	    "mcpass: bad -- do good\n", "mcpass: bad\n  -> do good\n" },
	{ "the peer's code", { .rc = MCPASS_E_DENIED, .oauth = "access_denied", .detail = "it said no" },
	    "mcpass: it said no [access_denied]\n", "mcpass: it said no [access_denied]\n" },
	{ "the peer's code, told already",
	    { .rc = MCPASS_E_DENIED, .oauth = "access_denied", .detail = "it said access_denied" },
	    "mcpass: it said access_denied\n", "mcpass: it said access_denied\n" },
	{ "no cause at all", { .rc = MCPASS_E_STORE }, "mcpass: MCPASS_E_STORE\n",
	    "mcpass: MCPASS_E_STORE\n" },
};

static void test_report(void)
{
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	for (size_t i = 0; i < COUNT(report_rows); i++) {
		mp_buf_clear(&buf);
		mp_report_render(&buf, &plain, &report_rows[i].err);
		CHECK_STR(report_rows[i].label, mp_buf_text(&buf), report_rows[i].log);
		mp_buf_clear(&buf);
		mp_report_render(&buf, &tty, &report_rows[i].err);
		CHECK_STR(report_rows[i].label, mp_buf_text(&buf), report_rows[i].terminal);
	}
	mp_buf_clear(&buf);
	mp_report_render_json(&buf, &report_rows[1].err);
	CHECK_STR("as JSON", mp_buf_text(&buf), "{\"error\":{\"rc\":\"MCPASS_E_POLICY\",\"exit\":5,"
	    "\"doing\":\"reading it\",\"detail\":\"it is odd\",\"spec\":\"RFC 9728 3.3\"}}\n");
	mp_buf_clear(&buf);
	mp_report_render(&buf, &colourful, &report_rows[0].err);
	CHECK_STR("in colour", mp_buf_text(&buf), "\033[31mmcpass:\033[0m no answer\n");
	mp_buf_free(&buf);
	CHECK_EQ("usage", mp_report_exit_code(MCPASS_E_USAGE), 1);
	CHECK_EQ("store", mp_report_exit_code(MCPASS_E_STORE), 2);
	CHECK_EQ("limit", mp_report_exit_code(MCPASS_E_LIMIT), 3);
	CHECK_EQ("expired", mp_report_exit_code(MCPASS_E_EXPIRED), 4);
	CHECK_EQ("policy", mp_report_exit_code(MCPASS_E_POLICY), 5);
	CHECK_EQ("fine", mp_report_exit_code(MCPASS_OK), 0);
}

static const struct {
	const char *label, *json;
	enum mcpass_rc want;
	const char *detail;
} rpc_rows[] = {
	{ "wrong arguments", "{\"code\":-32602,\"message\":\"no such tool\"}", MCPASS_E_USAGE,
	    "the server answered tools/call: no such tool (error -32602)" },
	{ "no such method", "{\"code\":-32601,\"message\":\"what?\"}", MCPASS_E_USAGE,
	    "the server answered tools/call: what? (error -32601)" },
	{ "its own trouble", "{\"code\":-32603,\"message\":\"oops\"}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: oops (error -32603)" },
	{ "no words", "{\"code\":-1}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: no reason given (error -1)" },
	{ "a code that is no number", "{\"code\":\"E1\",\"message\":\"boom\"}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: boom" },
	{ "a detail beside it", "{\"code\":-1,\"message\":\"refused\",\"data\":{\"detail\":\"ask Ada\"}}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: refused: ask Ada (error -1)" },
	{ "only a detail", "{\"code\":-1,\"message\":\"\",\"data\":[{\"error\":{\"detail\":\"ask Ada\"}}]}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: ask Ada (error -1)" },
	{ "the same words again", "{\"code\":-1,\"message\":\"no: ask Ada\",\"data\":\"ask Ada\"}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: no: ask Ada (error -1)" },
	{ "escape sequences", "{\"code\":-1,\"message\":\"\\u001b[31mred\"}", MCPASS_E_PROTOCOL,
	    "the server answered tools/call: ?[31mred (error -1)" },
};

static void test_rpc_error(void)
{
	for (size_t i = 0; i < COUNT(rpc_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(rpc_rows[i].label, mp_report_rpc_error(rpc_rows[i].json, "tools/call", &err),
		    rpc_rows[i].want);
		CHECK_STR(rpc_rows[i].label, err.detail, rpc_rows[i].detail);
	}
}

static void test_explain(void)
{
	static const struct mcpass_header facts[] = {
		{ "issuer", "https://as.example" }, { "scopes", "a b" }, { "x", "\033[31m" },
		{ "a name that is far too long to line up", "v" },
	};
	const struct mcpass_note note = { "It was found", "RFC 8414 3", facts, COUNT(facts) };
	const struct mcpass_note bare = { "Nothing to add", NULL, NULL, 0 };
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	mp_explain_render(&buf, &plain, 7, &note);
	CHECK_STR("a step", mp_buf_text(&buf), "  7. It was found [RFC 8414 3]\n"
	    "      issuer  https://as.example\n"
	    "      scopes  a b\n"
	    "      x       ?[31m\n"
	    "      a name that is far too long to line up  v\n");
	mp_buf_clear(&buf);
	mp_explain_render(&buf, &plain, 123, &bare);
	CHECK_STR("a bare step", mp_buf_text(&buf), "123. Nothing to add\n");
	mp_buf_clear(&buf);
	mp_explain_render(&buf, &colourful, 1, &bare);
	CHECK_STR("in colour", mp_buf_text(&buf), "\033[1m  1.\033[0m Nothing to add\n");
	mp_buf_free(&buf);
}

static const struct {
	const char *label;
	int64_t left;
	const char *want;
} until_rows[] = {
	{ "seconds", 30, "in 30 s" },
	{ "nearly two minutes", 119, "in 119 s" },
	{ "minutes", 240, "in 4 min" },
	{ "an hour and a half", 5400, "in 90 min" },
	{ "hours", 7200, "in 2 h" },
	{ "days", 3 * 86400, "in 3 d" },
	{ "now", 0, "expired 0 s ago" },
	{ "past", -300, "expired 5 min ago" },
};
static const struct {
	const char *label;
	uint64_t bytes;
	const char *want;
} size_rows[] = {
	{ "none", 0, "0 bytes" },
	{ "one", 1, "1 byte" },
	{ "some", 999, "999 bytes" },
	{ "thousands", 12345, "12.3 kB" },
	{ "millions", 4000000, "4.0 MB" },
};

static void test_words(void)
{
	char text[MP_WORDS_ROOM];

	for (size_t i = 0; i < COUNT(until_rows); i++) {
		mp_humanize_until(text, 1000000 + until_rows[i].left, 1000000);
		CHECK_STR(until_rows[i].label, text, until_rows[i].want);
	}
	for (size_t i = 0; i < COUNT(size_rows); i++) {
		mp_humanize_size(text, size_rows[i].bytes);
		CHECK_STR(size_rows[i].label, text, size_rows[i].want);
	}
}

static const struct {
	const char *label;
	bool is_terminal;
	const char *no_color, *term;
	bool want;
} colour_rows[] = {
	{ "a terminal", true, NULL, "xterm", true },
	{ "a pipe", false, NULL, "xterm", false },
	{ "NO_COLOR", true, "1", "xterm", false },
	{ "an empty NO_COLOR is none", true, "", "xterm", true },
	{ "a dumb terminal", true, NULL, "dumb", false },
	{ "an unknown terminal", true, NULL, NULL, false },
};

static const struct {
	const char *label, *text;
	unsigned max;
	const char *want;
} line_rows[] = {
	{ "one line of several", "a b\nc", 0, "a b" },
	{ "it fits", "abcdef", 6, "abcdef" },
	{ "it is cut", "abcdefg", 6, "abc..." },
	{ "not inside a character", "a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4, "a..." },
	{ "made harmless", "\033[2J", 0, "?[2J" },
};

#define FORTY "a234567890 b234567890 c234567890 d23456"
static const struct {
	const char *label, *text, *want;
} quote_rows[] = {
	{ "a line", "a b", "| a b\n" },
	{ "nothing", "", "| \n" },
	{ "every line", "a\n\nb", "| a\n| \n| b\n" },
	{ "line ends of others", "a\r\nb\rc", "| a\n| b\n| c\n" },
	{ "an end at the end", "a\n", "| a\n" },
	{ "a tab", "a\tb", "| a b\n" },
	{ "made harmless", "\033[2Ja\xe2\x80\xae", "| ?[2Ja???\n" },
	{ "too wide: broken at a blank", FORTY " xyz", "| " "a234567890 b234567890 c234567890 \n| d23456 xyz\n" },
	{ "no blank to break it at", "a23456789012345678901234567890123456789x",
	    "| a234567890123456789012345678901234567\n| 89x\n" },
	{ "wide letters", "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	    "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	    "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
	    "| \xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	    "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	    "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\n| \xe6\x97\xa5\n" },
};

static void test_quote(void)
{
	static const struct mp_term narrow = { .is_terminal = true, .width = 40 };
	char many[400];
	struct mp_buf buf;
	size_t lines = 0;

	mp_buf_init(&buf, 8192);
	for (size_t i = 0; i < COUNT(quote_rows); i++) {
		mp_buf_clear(&buf);
		mp_term_quote(&buf, &narrow, "| ", quote_rows[i].text);
		CHECK_STR(quote_rows[i].label, mp_buf_text(&buf), quote_rows[i].want);
	}
	memset(many, '\n', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	mp_buf_clear(&buf);
	mp_term_quote(&buf, &narrow, "| ", many);
	for (const char *p = mp_buf_text(&buf); *p != '\0'; p++)
		lines += *p == '\n';
	CHECK_EQ("very many lines", lines, 61);
	CHECK_HAS("are cut", mp_buf_text(&buf), "| ... (the rest is left out)\n");
	mp_buf_free(&buf);
}

static void test_term(void)
{
	struct mp_buf buf;

	for (size_t i = 0; i < COUNT(colour_rows); i++)
		CHECK_EQ(colour_rows[i].label, mp_term_wants_colour(colour_rows[i].is_terminal,
		    colour_rows[i].no_color, colour_rows[i].term), colour_rows[i].want);
	mp_buf_init(&buf, 4096);
	for (size_t i = 0; i < COUNT(line_rows); i++) {
		mp_buf_clear(&buf);
		mp_term_add_line(&buf, line_rows[i].text, line_rows[i].max);
		CHECK_STR(line_rows[i].label, mp_buf_text(&buf), line_rows[i].want);
	}
	mp_buf_clear(&buf);
	mp_buf_adds(&buf, "\033[1m");
	mp_term_add(&buf, &tty, "a\033]0;x\a\n\tb\r\xc3\xa9");
	CHECK_STR("only what is added is changed", mp_buf_text(&buf), "\033[1ma?]0;x?\n\tb?\xc3\xa9");
	mp_buf_clear(&buf);
	mp_term_add(&buf, &plain, "a\033]0;x\a\n");
	CHECK_STR("a pipe gets the bytes", mp_buf_text(&buf), "a\033]0;x\a\n");
	mp_buf_clear(&buf);
	mp_term_wrap(&buf, 12, 2, "one two three four");
	CHECK_STR("wrapped", mp_buf_text(&buf), "one two\n  three four");
	mp_buf_free(&buf);
	CHECK_EQ("columns", mp_term_columns("a\xc3\xa9\xf0\x9f\x94\x91"), 3);
}

int main(void)
{
	test_report();
	test_rpc_error();
	test_explain();
	test_words();
	test_term();
	test_quote();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
