/* Scopes: sets in order, and what is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/scope.h"

static const struct {
	const char *label, *text, *want;
	enum mcpass_rc rc;
} parse_rows[] = {
	{ "nothing", NULL, NULL, MCPASS_OK },
	{ "empty", "", NULL, MCPASS_OK },
	{ "one", "mcp:read", "mcp:read", MCPASS_OK },
	{ "order stays", "b a", "b a", MCPASS_OK },
	{ "each once", "a b a", "a b", MCPASS_OK },
	{ "case is a difference", "a A", "a A", MCPASS_OK },
	{ "a prefix is another", "ab a abc", "ab a abc", MCPASS_OK },
	{ "spaces around and between", "  a   b ", "a b", MCPASS_OK },
	{ "a URL", "https://x.example/.default !#$%&'()*+,-./:;<=>?@[]^_`{|}~",
	    "https://x.example/.default !#$%&'()*+,-./:;<=>?@[]^_`{|}~", MCPASS_OK },
	{ "a quote", "a \"b\"", NULL, MCPASS_E_PROTOCOL },
	{ "a backslash", "a\\b", NULL, MCPASS_E_PROTOCOL },
	{ "a tab", "a\tb", NULL, MCPASS_E_PROTOCOL },
	{ "a line end", "a\r\nX: b", NULL, MCPASS_E_PROTOCOL },
	{ "DEL", "a\x7f", NULL, MCPASS_E_PROTOCOL },
	{ "not ASCII", "\xc3\xa9", NULL, MCPASS_E_PROTOCOL },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_strings set = { 0 };
		char *text = NULL;

		CHECK_EQ(parse_rows[i].label, mp_scope_parse(parse_rows[i].text, &set, &err),
		    parse_rows[i].rc);
		CHECK_STR(parse_rows[i].label, err.spec, parse_rows[i].rc ? "RFC 6749 3.3" : NULL);
		CHECK_EQ(parse_rows[i].label, mp_scope_join(&set, &text, NULL), MCPASS_OK);
		CHECK_STR(parse_rows[i].label, text, parse_rows[i].want);
		free(text);
		mp_strings_free(&set);
	}
}

static void test_too_many(void)
{
	char text[1025 * 5 + 1] = "";
	struct mp_strings set = { 0 };

	for (int i = 0; i < 1025; i++) {
		char *end = text + strlen(text);

		end[0] = (char)('a' + i % 16);
		end[1] = (char)('a' + i / 16 % 16);
		end[2] = (char)('a' + i / 256);
		end[3] = ' ';
		end[4] = '\0';
	}
	CHECK_EQ("over the cap", mp_scope_parse(text, &set, NULL), MCPASS_E_LIMIT);
	CHECK_EQ("untouched", set.count, 0);
}

static struct mp_strings set_of(const char *text)
{
	struct mp_strings set = { 0 };

	CHECK_EQ("a set", mp_scope_parse(text, &set, NULL), MCPASS_OK);
	return set;
}

static const struct {
	const char *label, *set, *other, *merged, *missing;
	bool covers;
} set_rows[] = {
	{ "equal", "a b", "b a", "a b", NULL, true },
	{ "less", "a b", "a", "a b", NULL, true },
	{ "nothing", "a", "", "a", NULL, true },
	{ "more", "a", "a b", "a b", "b", false },
	{ "none in common", "a", "c b", "a c b", "c b", false },
	{ "from nothing", "", "a", "a", "a", false },
	{ "both nothing", "", "", NULL, NULL, true },
};

static void test_sets(void)
{
	for (size_t i = 0; i < COUNT(set_rows); i++) {
		struct mp_strings set = set_of(set_rows[i].set), other = set_of(set_rows[i].other);
		struct mp_strings missing = { 0 };
		char *merged = NULL, *lacking = NULL;

		CHECK_EQ(set_rows[i].label, mp_scope_covers(&set, &other), set_rows[i].covers);
		CHECK_EQ(set_rows[i].label, mp_scope_missing(&set, &other, &missing, NULL), MCPASS_OK);
		CHECK_EQ(set_rows[i].label, mp_scope_join(&missing, &lacking, NULL), MCPASS_OK);
		CHECK_STR(set_rows[i].label, lacking, set_rows[i].missing);
		CHECK_EQ(set_rows[i].label, mp_scope_merge(&set, &other, NULL), MCPASS_OK);
		CHECK_EQ(set_rows[i].label, mp_scope_join(&set, &merged, NULL), MCPASS_OK);
		CHECK_STR(set_rows[i].label, merged, set_rows[i].merged);
		free(merged);
		free(lacking);
		mp_strings_free(&missing);
		mp_strings_free(&other);
		mp_strings_free(&set);
	}
}

static const struct {
	const char *label, *chosen, *challenged, *published, *before, *as_supported, *want;
} choose_rows[] = {
	{ "the challenge first", NULL, "c", "p q", "", "", "c" },
	{ "then all that is published", NULL, NULL, "p q", "", "", "p q" },
	{ "an empty challenge says nothing", NULL, "", "p", "", "", "p" },
	{ "then nothing", NULL, NULL, "", "", "a b", NULL },
	{ "a person's choice before all", "u", "c", "p", "", "", "u" },
	{ "a person may choose nothing", "", "c", "p", "", "", NULL },
	{ "step-up keeps what was asked", NULL, "mcp:write", "mcp:profile", "mcp:basic", "",
	    "mcp:write mcp:basic" },
	{ "each once after a step-up", NULL, "a b", "", "b a", "", "a b" },
	{ "offline_access where it is listed", NULL, "c", "", "", "openid offline_access",
	    "c offline_access" },
	{ "and beside a person's choice", "u", NULL, "", "", "offline_access",
	    "u offline_access" },
	{ "not where it is not listed", NULL, "c", "", "", "openid", "c" },
	{ "not alone", NULL, NULL, "", "", "offline_access", NULL },
	{ "not because a challenge names it", NULL, "c offline_access", "", "", "openid", "c" },
	{ "not because it is published", NULL, NULL, "p offline_access", "", "", "p" },
	{ "only once", NULL, "offline_access c", "", "", "offline_access", "offline_access c" },
	{ "because a person says so", "u offline_access", NULL, "", "", "",
	    "u offline_access" },
};

static void test_choose(void)
{
	for (size_t i = 0; i < COUNT(choose_rows); i++) {
		struct mp_strings published = set_of(choose_rows[i].published);
		struct mp_strings before = set_of(choose_rows[i].before);
		struct mp_strings as_supported = set_of(choose_rows[i].as_supported);
		struct mp_scope_inputs inputs = { choose_rows[i].chosen, choose_rows[i].challenged,
			&published, &before, &as_supported };
		struct mp_strings set = { 0 };
		char *text = NULL;

		CHECK_EQ(choose_rows[i].label, mp_scope_choose(&inputs, &set, NULL), MCPASS_OK);
		CHECK_EQ(choose_rows[i].label, mp_scope_join(&set, &text, NULL), MCPASS_OK);
		CHECK_STR(choose_rows[i].label, text, choose_rows[i].want);
		free(text);
		mp_strings_free(&set);
		mp_strings_free(&published);
		mp_strings_free(&before);
		mp_strings_free(&as_supported);
	}
}

/* What a document lists has not passed mp_scope_parse(). */
static void test_published_items(void)
{
	char two[] = "a b", bad[] = "a\"b";
	char *good_items[] = { two }, *bad_items[] = { bad };
	struct mp_strings published = { good_items, 1 }, none = { 0 }, set = { 0 };
	struct mp_scope_inputs inputs = { NULL, NULL, &published, &none, &none };

	CHECK_EQ("an item of two", mp_scope_choose(&inputs, &set, NULL), MCPASS_OK);
	CHECK_EQ("is two", set.count, 2);
	mp_strings_free(&set);
	published.items = bad_items;
	CHECK_EQ("an item that is no scope", mp_scope_choose(&inputs, &set, NULL), MCPASS_OK);
	CHECK_EQ("is left out", set.count, 0);
	inputs.challenged = "a\"b";
	CHECK_EQ("a challenge that is none", mp_scope_choose(&inputs, &set, NULL), MCPASS_OK);
	CHECK_EQ("asks for nothing", set.count, 0);
	inputs.chosen = "a\"b";
	CHECK_EQ("a choice that is none", mp_scope_choose(&inputs, &set, NULL),
	    MCPASS_E_PROTOCOL);
}

static const struct { const char *label, *text, *want; bool odd; } clean_rows[] = {
	{ "as it should be", "a b", "a b", false },
	{ "nothing", NULL, NULL, false },
	{ "empty", "", NULL, false },
	{ "only spaces", "   ", NULL, false },
	{ "doubled spaces", "  a   b ", "a b", false },
	{ "each once", "a b a", "a b", false },
	{ "a quote", "a b\"c d", "a d", true },
	{ "a tab between", "a\tb c", "c", true },
	{ "not ASCII", "caf\xc3\xa9 b", "b", true },
	{ "nothing that can be one", "\"", NULL, true },
};

static void test_clean(void)
{
	for (size_t i = 0; i < COUNT(clean_rows); i++) {
		bool odd = !clean_rows[i].odd;
		char *text = NULL;

		CHECK_EQ(clean_rows[i].label, mp_scope_clean(clean_rows[i].text, &text, &odd, NULL),
		    MCPASS_OK);
		CHECK_STR(clean_rows[i].label, text, clean_rows[i].want);
		CHECK_EQ(clean_rows[i].label, odd, clean_rows[i].odd);
		free(text);
	}
}

static void fill(struct mp_strings *list, size_t count, size_t len)
{
	char item[64];

	for (size_t i = 0; i < count; i++) {
		int used = snprintf(item, sizeof(item), "%0*zu", (int)len, i);

		CHECK_EQ("added", mp_strings_add_upto(list, (struct mp_span){ item, (size_t)used }, 4096,
		    NULL), MCPASS_OK);
	}
}

/* A resource may publish more than one authorization request can ask for. */
static void test_too_much_to_ask(void)
{
	static const struct { size_t count, len; bool fits; } rows[] = {
		{ 300, 12, true }, { 1000, 3, true }, { 1025, 2, false }, { 300, 40, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_strings published = { 0 }, none = { 0 }, set = { 0 };
		struct mp_scope_inputs inputs = { NULL, NULL, &published, &none, &none };
		bool odd = false;

		fill(&published, rows[i].count, rows[i].len);
		CHECK_EQ("cleaned", mp_scope_clean_list(&published, &odd, NULL), MCPASS_OK);
		CHECK_EQ("all are kept", published.count, rows[i].count);
		CHECK_EQ("whether it fits", mp_scope_fits(&published), rows[i].fits);
		CHECK_EQ("a choice", mp_scope_choose(&inputs, &set, NULL), MCPASS_OK);
		CHECK_EQ("of all or of none", set.count, rows[i].fits ? rows[i].count : 0);
		mp_strings_free(&set);
		mp_strings_free(&published);
	}
}

static enum mcpass_rc run_all(const struct mp_scope_inputs *inputs, struct mcpass_error *err)
{
	struct mp_strings set = { 0 }, missing = { 0 };
	char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_scope_choose(inputs, &set, err);
	if (!rc)
		rc = mp_scope_missing(&set, inputs->as_supported, &missing, err);
	if (!rc)
		rc = mp_scope_join(&set, &text, err);
	free(text);
	mp_strings_free(&missing);
	mp_strings_free(&set);
	return rc;
}

static void test_no_memory(void)
{
	struct mp_strings published = set_of("a b"), before = set_of("c d");
	struct mp_strings as_supported = set_of("x offline_access y");
	struct mp_scope_inputs inputs = { NULL, NULL, &published, &before, &as_supported };

	OOM_EACH {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = run_all(&inputs, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
	}
	OOM_EACH_LATER {
		struct mp_strings merged = set_of("a b");
		enum mcpass_rc rc;

		oom_from_here();
		rc = mp_scope_merge(&merged, &before, NULL);
		CHECK_OOM("a merge", rc, MCPASS_OK);
		CHECK_EQ("is whole or not at all", merged.count, rc ? 2 : 4);
		mp_strings_free(&merged);
	}
	mp_strings_free(&published);
	mp_strings_free(&before);
	mp_strings_free(&as_supported);
}

int main(void)
{
	test_parse();
	test_too_many();
	test_sets();
	test_choose();
	test_published_items();
	test_clean();
	test_too_much_to_ask();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
