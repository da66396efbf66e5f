/* The file of `mcpass serve`, and what would be served by it: whatever is accepted protects. */
#include <stdlib.h>
#include <string.h>
#include "serve/resource/flags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static const struct mp_serve_rule *first_match(const struct mp_serve_rules *rules,
    const char *method, const char *name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (mp_serve_covers(rules->items[i].method, method)
		    && (rules->items[i].name == NULL || mp_eq(rules->items[i].name, name)))
			return &rules->items[i];
	return NULL;
}

/* Written out, the rules decide as they did: the scope of the first that has one, the roles
 * of the last before it that matched and had some. */
static void check_same(const struct mp_serve_rules *rules, const struct mp_serve_rules *whole,
    const char *method, const char *name)
{
	const struct mp_serve_rule *now = first_match(whole, method, name);
	const char *scope = NULL;
	size_t roles = 0;
	bool any = false;

	for (size_t i = 0; i < rules->count && scope == NULL; i++) {
		const struct mp_serve_rule *rule = &rules->items[i];

		if (!mp_serve_covers(rule->method, method)
		    || (rule->name != NULL && !mp_eq(rule->name, name)))
			continue;
		any = true;
		scope = rule->scope;
		if (rule->roles.count > 0)
			roles = rule->roles.count;
	}
	require(any == (now != NULL));
	if (now != NULL)
		require(mp_eq(now->scope, scope != NULL ? scope : "") && now->roles.count == roles);
}

static void check_rules(const struct mp_serve_rules *rules)
{
	static const struct { const char *method, *name; } asked[] = {
		{ "tools/call", "echo" }, { "tools/call", "x" }, { "tools/list", NULL },
		{ "prompts/get", "help" }, { "ping", NULL }, { "resources/read", "echo://about" },
	};
	struct mp_serve_rules whole = { 0 };

	if (mp_serve_rules_expand(rules, &whole, NULL) == MCPASS_OK)
		for (size_t i = 0; i < MP_COUNT(asked); i++)
			check_same(rules, &whole, asked[i].method, asked[i].name);
	mp_serve_rules_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct mp_serve_flags none;
	char *text = mp_dup_span((struct mp_span){ (const char *)data, len });
	struct mp_serve_config config = { 0 };
	struct mcpass_error err = { 0 };

	require(text != NULL);
	if (mp_serve_config_parse(text, "/etc", &config, &err) == MCPASS_OK) {
		require(config.port >= 0 && config.port <= 65535);
		for (size_t i = 0; i < config.rules.count; i++)
			require(config.rules.items[i].scope != NULL || config.rules.items[i].roles.count > 0);
		check_rules(&config.rules);
		(void)mp_serve_flags_apply(&none, &config, NULL);
	} else {
		require(err.rc == MCPASS_E_USAGE && err.detail[0] != '\0');
		require(config.issuers == NULL && config.rules.items == NULL);
	}
	mp_serve_config_free(&config);
	free(text);
	return 0;
}
