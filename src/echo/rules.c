#include "base/text.h"
#include "echo/echo.h"
#include "mcpass/guard.h"

/* The first rule that matches decides. */
static const struct mcpass_scope_rule rules[] = {
	{ "tools/call", NULL, "mcp:tools", NULL },
	{ "prompts/get", NULL, "mcp:prompts", NULL },
	{ "*", NULL, "mcp:read", NULL },
};
static const char *const scopes[] = { "mcp:read", "mcp:tools", "mcp:prompts" };

const struct mcpass_scope_rule *mp_echo_rules(size_t *ret_count)
{
	*ret_count = MP_COUNT(rules);
	return rules;
}

const char *const *mp_echo_scopes(size_t *ret_count)
{
	*ret_count = MP_COUNT(scopes);
	return scopes;
}
