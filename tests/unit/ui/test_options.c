/* The command line: options, operands, and what a wrong one is told. */
#include <string.h>
#include "ui/options.h"
#include "harness/check.h"

struct values {
	bool quiet, json;
	const char *scope;
	struct mp_texts headers;
	struct mp_port port;
	int timeout_ms;
};
#define AT(member) offsetof(struct values, member)
static const struct mp_option options[] = {
	{ "quiet", 'q', MP_OPTION_FLAG, NULL, AT(quiet), "" },
	{ "json", 'j', MP_OPTION_FLAG, NULL, AT(json), "" },
	{ "scope", 's', MP_OPTION_TEXT, "SCOPES", AT(scope), "" },
};
static const struct mp_option more_options[] = {
	{ "header", 'H', MP_OPTION_LIST, "'N: v'", AT(headers), "" },
	{ "port", '\0', MP_OPTION_PORT, "PORT", AT(port), "" },
	{ "timeout", 't', MP_OPTION_TIME, "TIME", AT(timeout_ms), "" },
};
static const struct mp_option_table table = { "A", options, COUNT(options) };
static const struct mp_option_table more = { "B", more_options, COUNT(more_options) };
static const struct mp_option_place places[] = { { &table, 0 }, { &more, 0 }, { NULL, 0 } };

/* Parses words, separated by '|'. */
static enum mcpass_rc parse(char *words, struct values *values, char **argv, size_t *count,
    struct mcpass_error *err)
{
	int argc = 0;

	for (char *word = strtok(words, "|"); word != NULL; word = strtok(NULL, "|"))
		argv[argc++] = word;
	return mp_options_parse(places, argc, argv, values, count, err);
}

static const struct {
	const char *label, *words;
	enum mcpass_rc want;
	const char *detail, *hint;      /* of a failure */
	const char *scope, *header;     /* of a success, or NULL */
	const char *first;              /* the first operand, or NULL */
	size_t operands;
	unsigned port;
	int timeout_ms;
	bool quiet, json;
} rows[] = {
	{ "nothing", "", MCPASS_OK, .operands = 0 },
	{ "operands alone", "a|b", MCPASS_OK, .first = "a", .operands = 2 },
	{ "a value after a space", "--scope|x y", MCPASS_OK, .scope = "x y" },
	{ "a value after =", "--scope=x=y", MCPASS_OK, .scope = "x=y" },
	{ "an empty value", "--scope=", MCPASS_OK, .scope = "" },
	{ "a letter and its value", "-s|x", MCPASS_OK, .scope = "x" },
	{ "a letter with its value", "-sx", MCPASS_OK, .scope = "x" },
	{ "letters joined", "-qj", MCPASS_OK, .quiet = true, .json = true },
	{ "letters joined, the last with a value", "-qs|x", MCPASS_OK, .scope = "x", .quiet = true },
	{ "mixed with operands", "a|-q|b|--json|c", MCPASS_OK, .first = "a", .operands = 3,
	    .quiet = true, .json = true },
	{ "the end of options", "-q|--|-x|--scope", MCPASS_OK, .first = "-x", .operands = 2,
	    .quiet = true },
	{ "a dash is an operand", "-", MCPASS_OK, .first = "-", .operands = 1 },
	{ "a value may begin with a dash", "--scope|-q", MCPASS_OK, .scope = "-q" },
	{ "the last one wins", "--scope|a|--scope|b", MCPASS_OK, .scope = "b" },
	{ "a list", "-H|A: 1|--header=B: 2", MCPASS_OK, .header = "B: 2" },
	{ "a port", "--port|65535", MCPASS_OK, .port = 65535 },
	{ "seconds", "--timeout|90", MCPASS_OK, .timeout_ms = 90000 },
	{ "seconds with a unit", "--timeout|90s", MCPASS_OK, .timeout_ms = 90000 },
	{ "minutes", "-t5m", MCPASS_OK, .timeout_ms = 300000 },
	{ "a day", "--timeout=24h", MCPASS_OK, .timeout_ms = 86400000 },
	{ "unknown, near", "--scop|x", MCPASS_E_USAGE, .detail = "unknown option --scop",
	    .hint = "did you mean --scope?" },
	{ "unknown, begun", "--tim|x", MCPASS_E_USAGE, .detail = "unknown option --tim",
	    .hint = "did you mean --timeout?" },
	{ "unknown, far", "--frobnicate", MCPASS_E_USAGE, .detail = "unknown option --frobnicate", .hint = "" },
	{ "unknown with a value", "--scpoe=x", MCPASS_E_USAGE, .detail = "unknown option --scpoe",
	    .hint = "did you mean --scope?" },
	{ "an unknown letter", "-x", MCPASS_E_USAGE, .detail = "unknown option -x", .hint = "" },
	{ "an unknown letter among others", "-qxj", MCPASS_E_USAGE, .detail = "unknown option -x", .hint = "" },
	{ "no value", "--scope", MCPASS_E_USAGE, .detail = "--scope wants a value: --scope SCOPES", .hint = "" },
	{ "no value for a letter", "-s", MCPASS_E_USAGE, .detail = "--scope wants a value: --scope SCOPES", .hint = "" },
	{ "a value for a flag", "--quiet=yes", MCPASS_E_USAGE, .detail = "--quiet takes no value", .hint = "" },
	{ "a port that is none", "--port|http", MCPASS_E_USAGE, .detail = "--port http: not a port (0 to 65535)",
	    .hint = "" },
	{ "a port too high", "--port|65536", MCPASS_E_USAGE,
	    .detail = "--port 65536: not a port (0 to 65535)", .hint = "" },
	{ "a port beyond numbers", "--port|99999999999999999999", MCPASS_E_USAGE,
	    .detail = "--port 99999999999999999999: not a port (0 to 65535)", .hint = "" },
	{ "a port below zero", "--port|-1", MCPASS_E_USAGE, .detail = "--port -1: not a port (0 to 65535)", .hint = "" },
	{ "no time", "--timeout|soon", MCPASS_E_USAGE,
	    .detail = "--timeout soon: not a time (90, 90s, 5m; at most 24h)", .hint = "" },
	{ "no time at all", "--timeout|0", MCPASS_E_USAGE,
	    .detail = "--timeout 0: not a time (90, 90s, 5m; at most 24h)", .hint = "" },
	{ "an unknown unit", "--timeout|3d", MCPASS_E_USAGE,
	    .detail = "--timeout 3d: not a time (90, 90s, 5m; at most 24h)", .hint = "" },
	{ "more than a day", "--timeout|25h", MCPASS_E_USAGE,
	    .detail = "--timeout 25h: not a time (90, 90s, 5m; at most 24h)", .hint = "" },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct values values = { 0 };
		struct mcpass_error err = { 0 };
		char words[128], *argv[8];
		size_t count = 99;

		strcpy(words, rows[i].words);
		CHECK_EQ(label, parse(words, &values, argv, &count, &err), rows[i].want);
		if (rows[i].want != MCPASS_OK) {
			CHECK_STR(label, err.detail, rows[i].detail);
			CHECK_STR(label, err.hint, rows[i].hint);
			CHECK_EQ(label, count, 99);
			continue;
		}
		CHECK_EQ(label, count, rows[i].operands);
		if (count > 0)
			CHECK_STR(label, argv[0], rows[i].first);
		CHECK_STR(label, values.scope, rows[i].scope);
		if (rows[i].header != NULL)
			CHECK_STR(label, values.headers.items[values.headers.count - 1], rows[i].header);
		CHECK_EQ(label, values.port.number, rows[i].port);
		CHECK_EQ(label, values.timeout_ms, rows[i].timeout_ms);
		CHECK_EQ(label, values.quiet, rows[i].quiet);
		CHECK_EQ(label, values.json, rows[i].json);
	}
}

static void test_repeats(void)
{
	struct mcpass_error err = { 0 };
	struct values values = { 0 };
	char option[] = "-Hx", *argv[MP_MAX_REPEATS + 1];
	size_t count;

	for (size_t i = 0; i < COUNT(argv); i++)
		argv[i] = option;
	CHECK_EQ("as often as may be", mp_options_parse(places, MP_MAX_REPEATS, argv, &values,
	    &count, &err), MCPASS_OK);
	values.headers.count = 0;
	CHECK_EQ("once more", mp_options_parse(places, MP_MAX_REPEATS + 1, argv, &values, &count,
	    &err), MCPASS_E_USAGE);
}

static const struct {
	const char *label, *word, *want;
} near_rows[] = {
	{ "itself", "echo", "echo" },
	{ "a letter missing", "eco", "echo" },
	{ "a letter more", "echoo", "echo" },
	{ "a letter wrong", "ecno", "echo" },
	{ "two swapped", "ehco", "echo" },
	{ "begun", "get_t", "get_time" },
	{ "too far", "xyzzy", NULL },
	{ "a short word wants to be close", "ab", NULL },
	{ "nothing", "", NULL },
	{ "too long to be any", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

static void test_nearest(void)
{
	static const char *const names[] = {
		"whoami", "echo", "get_time",
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	};

	for (size_t i = 0; i < COUNT(near_rows); i++)
		CHECK_STR(near_rows[i].label, mp_nearest(near_rows[i].word, names, COUNT(names)),
		    near_rows[i].want);
	CHECK("none to choose from", mp_nearest("echo", names, 0) == NULL);
}

int main(void)
{
	test_parse();
	test_repeats();
	test_nearest();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
