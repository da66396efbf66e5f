/* What is decided by a method's name. */
#include "harness/check.h"
#include "mcp/methods.h"

#define BOTH (MP_METHOD_SESSIONS | MP_METHOD_STATELESS)
#define LIST (BOTH | MP_METHOD_READS | MP_METHOD_QUICK | MP_METHOD_CACHEABLE)

static const struct {
	const char *method;
	unsigned flags;
	const char *named_by;
} rows[] = {
	{ "initialize", MP_METHOD_SESSIONS | MP_METHOD_READS | MP_METHOD_QUICK, NULL },
	{ "server/discover", MP_METHOD_STATELESS | MP_METHOD_READS | MP_METHOD_QUICK | MP_METHOD_CACHEABLE, NULL },
	{ "tools/list", LIST, NULL },
	{ "tools/call", BOTH | MP_METHOD_MAY_ASK, "name" },
	{ "prompts/get", BOTH | MP_METHOD_READS | MP_METHOD_MAY_ASK, "name" },
	{ "resources/read", BOTH | MP_METHOD_READS | MP_METHOD_MAY_ASK | MP_METHOD_CACHEABLE, "uri" },
	{ "resources/subscribe", MP_METHOD_SESSIONS, "uri" },
	{ "logging/setLevel", MP_METHOD_SESSIONS | MP_METHOD_QUICK, NULL },
	{ "subscriptions/listen", MP_METHOD_STATELESS | MP_METHOD_READS, NULL },
	{ "tools/call ", BOTH, NULL },
	{ "TOOLS/CALL", BOTH, NULL },
	{ "x/of_tomorrow", BOTH, NULL },
	{ "", BOTH, NULL },
	{ NULL, BOTH, NULL },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned flag = MP_METHOD_SESSIONS; flag <= MP_METHOD_CACHEABLE; flag <<= 1)
			CHECK_EQ(rows[i].method, mp_methods_has(rows[i].method, flag), (rows[i].flags & flag) != 0);
		CHECK_STR(rows[i].method, mp_methods_named_by(rows[i].method), rows[i].named_by);
	}
	return check_done();
}
