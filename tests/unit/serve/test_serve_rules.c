/* Rules as an operator gives them, and as the guard takes them. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/resource/rules.h"
#include "harness/check.h"

/* "method:name=scope@role,role; ..." */
static void render(const struct mp_serve_rules *rules, struct mp_buf *text)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct mp_serve_rule *rule = &rules->items[i];

		mp_buf_adds(text, i > 0 ? "; " : "");
		mp_serve_rule_spell(text, rule);
		mp_buf_addf(text, "=%s", rule->scope != NULL ? rule->scope : "(below)");
		for (size_t j = 0; j < rule->roles.count; j++)
			mp_buf_addf(text, "%s%s", j == 0 ? "@" : ",", rule->roles.items[j]);
	}
}

/* Rules from options, those that begin with '@' as --role. */
static enum mcpass_rc make(const char *const *texts, struct mp_serve_rules *rules,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; texts[i] != NULL && !rc; i++)
		rc = mp_serve_rules_parse(rules, texts[i] + (texts[i][0] == '@'), texts[i][0] == '@',
		    err);
	return rc;
}

static const struct {
	const char *label, *texts[4];
	enum mcpass_rc want;
	const char *part, *hint;
} read_rows[] = {
	{ "a tool", { "tools/call:echo=a b" }, MCPASS_OK, "tools/call:echo=a b", "" },
	{ "a method", { "tools/call=a" }, MCPASS_OK, "tools/call=a", "" },
	{ "no scope is wanted", { "*=" }, MCPASS_OK, "*=", "" },
	{ "a URI", { "resources/read:echo://about=a" }, MCPASS_OK, "resources/read:echo://about=a", "" },
	{ "an empty name", { "tools/call:=a" }, MCPASS_E_USAGE, "is about a tool", "" },
	{ "roles", { "@tools/call=x  y" }, MCPASS_OK, "tools/call=(below)@x,y", "" },
	{ "no equals sign", { "tools/call" }, MCPASS_E_USAGE, "not METHOD[:NAME]=SCOPES", "such as" },
	{ "no method", { "=a" }, MCPASS_E_USAGE, "not METHOD", "such as" },
	{ "no role", { "@tools/call= " }, MCPASS_E_USAGE, "no role", "" },
	{ "a misspelt method", { "tools/cal=a" }, MCPASS_E_USAGE, "no method that there is",
	    "did you mean tools/call?" },
	{ "a pattern of nothing", { "tool/*=a" }, MCPASS_E_USAGE, "no method that there is", "" },
	{ "a pattern of something", { "tools/*=a" }, MCPASS_OK, "tools/*=a", "" },
	{ "a notification", { "notifications/initialized=" }, MCPASS_OK, "notifications/initialized=", "" },
	{ "a misspelt tool", { "tools/call:ecko=a" }, MCPASS_E_USAGE, "a tool that is not there",
	    "did you mean echo?" },
	{ "a misspelt prompt", { "prompts/get:greetings=a" }, MCPASS_E_USAGE, "a prompt that is not there",
	    "did you mean greeting?" },
	{ "a name where there is none", { "tools/list:echo=a" }, MCPASS_E_USAGE, "has a name", "" },
	{ "a pattern in a name", { "resources/read:echo://*=a" }, MCPASS_E_USAGE, "'*' in its name",
	    "leave the name out" },
	{ "twice", { "tools/call=a", "tools/call=b" }, MCPASS_E_USAGE, "never reached", "first rule" },
	{ "behind a wider one", { "*=a", "tools/call=b" }, MCPASS_E_USAGE, "never reached", "first rule" },
	{ "before a wider one", { "tools/call=b", "*=a" }, MCPASS_OK, "tools/call=b; *=a", "" },
	{ "roles hand on", { "@tools/call=x", "tools/call:echo=a" }, MCPASS_OK,
	    "tools/call=(below)@x; tools/call:echo=a", "" },
	{ "roles twice", { "@tools/call=x", "@tools/call=y" }, MCPASS_E_USAGE, "never reached", "" },
};

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(read_rows); i++) {
		const char *label = read_rows[i].label;
		struct mp_serve_rules rules = { 0 };
		struct mcpass_error err = { 0 };
		struct mp_buf text;
		enum mcpass_rc rc = make(read_rows[i].texts, &rules, &err);

		mp_buf_init(&text, 4096);
		if (!rc)
			rc = mp_serve_rules_check(&rules, true, &err);
		CHECK_EQ(label, rc, read_rows[i].want);
		render(&rules, &text);
		CHECK_HAS(label, rc ? err.detail : mp_buf_text(&text), read_rows[i].part);
		CHECK_HAS(label, err.hint, read_rows[i].hint);
		mp_buf_free(&text);
		mp_serve_rules_free(&rules);
	}
}

/* Before a server that is not known: it may have methods and names of its own. */
static const struct {
	const char *label, *text, *part, *hint;         /* part NULL: it is good */
} gateway_rows[] = {
	{ "a method", "tools/call=a", NULL, "" },
	{ "a tool", "tools/call:unheard_of=a", NULL, "" },
	{ "a method of its own", "acme/list=a", NULL, "" },
	{ "another one", "logs/list=a", NULL, "" },
	{ "one that looks like a word of MCP's", "rooms/list=a", NULL, "" },
	{ "one that a server asks for", "roots/list=a", NULL, "" },
	{ "a task's", "tasks/list=a", NULL, "" },
	{ "a pattern", "tasks/*=a", NULL, "" },
	{ "a pattern of its own", "acme/*=a", NULL, "" },
	{ "a notification", "notifications/cancelled=a", NULL, "" },
	{ "a letter too few", "tool/call=a", "no method that MCP has", "did you mean tools/call?" },
	{ "at its end", "tools/cal=a", "no method that MCP has", "did you mean tools/call?" },
	{ "two letters too few", "tool/cal=a", "no method that MCP has", "did you mean tools/call?" },
	{ "large letters", "TOOLS/CALL=a", "no method that MCP has", "did you mean tools/call?" },
	{ "an underscore", "tools_call=a", "no method that MCP has", "did you mean tools/call?" },
	{ "a pattern of nothing", "tool/*=a", "no method that MCP has", "did you mean tools/*?" },
	{ "a pattern in a name", "tools/call:delete_*=a", "'*' in its name", "leave the name out" },
	{ "a name where there is none", "tools/list:echo=a", "has a name", "leave the name out" },
};

static void test_gateway(void)
{
	for (size_t i = 0; i < COUNT(gateway_rows); i++) {
		const char *label = gateway_rows[i].label, *part = gateway_rows[i].part;
		struct mp_serve_rules rules = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_serve_rules_parse(&rules, gateway_rows[i].text, false, &err), MCPASS_OK);
		CHECK_EQ(label, mp_serve_rules_check_gateway(&rules, &err),
		    part != NULL ? MCPASS_E_USAGE : MCPASS_OK);
		CHECK_HAS(label, err.detail, part != NULL ? part : "");
		CHECK_HAS(label, err.hint, gateway_rows[i].hint);
		mp_serve_rules_free(&rules);
	}
}

#define OWN "tools/call=t", "prompts/get=p", "*=r"
static const struct {
	const char *label, *texts[8], *want;
} whole_rows[] = {
	{ "nothing of one's own", { OWN }, "tools/call=t; prompts/get=p; *=r" },
	{ "one tool", { "tools/call:echo=e", OWN },
	    "tools/call:echo=e; tools/call=t; prompts/get=p; *=r" },
	{ "what is never reached is left out", { "tools/*=x", OWN },
	    "tools/*=x; prompts/get=p; *=r" },
	{ "everything of one's own", { "*=", OWN }, "*=" },
	{ "roles for a method", { "@tools/call=x", OWN },
	    "tools/call=t@x; prompts/get=p; *=r" },
	{ "roles for one tool keep its scope", { "@tools/call:echo=x", OWN },
	    "tools/call:echo=t@x; tools/call=t; prompts/get=p; *=r" },
	{ "and that of its rule", { "@tools/call:echo=x", "tools/call:echo=e", OWN },
	    "tools/call:echo=e@x; tools/call=t; prompts/get=p; *=r" },
	{ "roles for all tools reach the one with a rule", { "@tools/call=x", "tools/call:echo=e", OWN },
	    "tools/call:echo=e@x; tools/call=t@x; prompts/get=p; *=r" },
	{ "roles for everything", { "@*=x", OWN }, "tools/call=t@x; prompts/get=p@x; *=r@x" },
	{ "roles by a pattern", { "@tools/*=x", OWN },
	    "tools/call=t@x; tools/*=r@x; prompts/get=p; *=r" },
	{ "more particular roles stay", { "@*=x", "@tools/call=y", OWN },
	    "tools/call=t@y; prompts/get=p@x; *=r@x" },
	{ "roles where no scope is wanted", { "@tools/call=x" }, "tools/call=@x" },
};

static void test_whole(void)
{
	for (size_t i = 0; i < COUNT(whole_rows); i++) {
		const char *label = whole_rows[i].label;
		struct mp_serve_rules rules = { 0 }, whole = { 0 };
		struct mp_buf text;

		mp_buf_init(&text, 4096);
		CHECK_EQ(label, make(whole_rows[i].texts, &rules, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_serve_rules_expand(&rules, &whole, NULL), MCPASS_OK);
		render(&whole, &text);
		CHECK_STR(label, mp_buf_text(&text), whole_rows[i].want);
		mp_buf_free(&text);
		mp_serve_rules_free(&rules);
		mp_serve_rules_free(&whole);
	}
}

static void test_limit(void)
{
	struct mp_serve_rules rules = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i <= MP_MAX_ITEMS && !rc; i++)
		rc = mp_serve_rules_parse(&rules, "*=a", false, NULL);
	CHECK_EQ("too many", rc, MCPASS_E_USAGE);
	CHECK_EQ("at the cap", rules.count, MP_MAX_ITEMS);
	mp_serve_rules_free(&rules);
}

static void test_no_memory(void)
{
	for (size_t i = 0; i < COUNT(whole_rows); i++)
		OOM_EACH {
			struct mp_serve_rules rules = { 0 }, whole = { 0 };
			enum mcpass_rc rc;

			rc = make(whole_rows[i].texts, &rules, NULL);
			if (!rc)
				rc = mp_serve_rules_expand(&rules, &whole, NULL);
			CHECK_OOM(whole_rows[i].label, rc, MCPASS_OK);
			mp_serve_rules_free(&rules);
			mp_serve_rules_free(&whole);
		}
}

int main(void)
{
	test_read();
	test_gateway();
	test_whole();
	test_limit();
	test_no_memory();
	return check_done();
}
