#include "mcp/methods.h"
#include "base/text.h"

#define LONGEST 256
#define BOTH (MP_METHOD_SESSIONS | MP_METHOD_STATELESS)
#define LIST (BOTH | MP_METHOD_READS | MP_METHOD_QUICK | MP_METHOD_CACHEABLE)

struct method {
	const char *name, *named_by;
	unsigned flags;
};
/* A tool may do anything, and a prompt or a resource is read. */
static const struct method methods[] = {
	{ "initialize", NULL, MP_METHOD_SESSIONS | MP_METHOD_READS | MP_METHOD_QUICK },
	{ "ping", NULL, MP_METHOD_SESSIONS | MP_METHOD_READS | MP_METHOD_QUICK },
	{ "server/discover", NULL,
	    MP_METHOD_STATELESS | MP_METHOD_READS | MP_METHOD_QUICK | MP_METHOD_CACHEABLE },
	{ "tools/list", NULL, LIST },
	{ "tools/call", "name", BOTH | MP_METHOD_MAY_ASK },
	{ "prompts/list", NULL, LIST },
	{ "prompts/get", "name", BOTH | MP_METHOD_READS | MP_METHOD_MAY_ASK },
	{ "resources/list", NULL, LIST },
	{ "resources/templates/list", NULL, LIST },
	{ "resources/read", "uri",
	    BOTH | MP_METHOD_READS | MP_METHOD_MAY_ASK | MP_METHOD_CACHEABLE },
	{ "resources/subscribe", "uri", MP_METHOD_SESSIONS },
	{ "resources/unsubscribe", "uri", MP_METHOD_SESSIONS },
	{ "completion/complete", NULL, BOTH | MP_METHOD_READS },
	{ "logging/setLevel", NULL, MP_METHOD_SESSIONS | MP_METHOD_QUICK },
	{ "subscriptions/listen", NULL, MP_METHOD_STATELESS | MP_METHOD_READS },
};

static const struct method *find(const char *name)
{
	static const struct method unknown = { NULL, NULL, BOTH };

	for (size_t i = 0; i < MP_COUNT(methods); i++)
		if (mp_eq(methods[i].name, name))
			return &methods[i];
	return &unknown;
}

bool mp_methods_has(const char *method, unsigned flag)
{
	return (find(method)->flags & flag) != 0;
}

bool mp_methods_is_misspelt(const char *method)
{
	bool is_near = false;

	for (size_t i = 0; i < MP_COUNT(methods); i++) {
		if (mp_eq(methods[i].name, method))
			return false;
		is_near = is_near || mp_eq_nocase(methods[i].name, method);
	}
	return is_near;
}

const char *mp_methods_named_by(const char *method)
{
	return find(method)->named_by;
}

bool mp_methods_fits(const char *method)
{
	size_t len = 0;

	if (method == NULL)
		return false;
	while (method[len] > 0x20 && method[len] < 0x7f && len <= LONGEST)
		len++;
	return len > 0 && method[len] == '\0' && len <= LONGEST;
}
