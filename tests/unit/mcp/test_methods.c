/* What is decided by a method's name. */
#include <string.h>
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

static const struct {
	const char *label, *method;
	bool fits;
} fit_rows[] = {
	{ "a method", "tools/call", true }, { "of tomorrow", "x.y/Z-1_$~", true }, { "none", NULL, false }, { "empty", "", false },
	{ "a space", "a b", false }, { "a line end", "a\nb", false }, { "DEL", "a\x7f", false }, { "not ASCII", "caf\xc3\xa9", false },
};

static void test_fits(void)
{
	char longest[258];

	for (size_t i = 0; i < COUNT(fit_rows); i++)
		CHECK_EQ(fit_rows[i].label, mp_methods_fits(fit_rows[i].method), fit_rows[i].fits);
	memset(longest, 'a', sizeof(longest));
	longest[256] = '\0';
	CHECK("as long as that", mp_methods_fits(longest));
	longest[256] = 'a';
	longest[257] = '\0';
	CHECK("no longer", !mp_methods_fits(longest));
}

int main(void)
{
	test_fits();
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned flag = MP_METHOD_SESSIONS; flag <= MP_METHOD_CACHEABLE; flag <<= 1)
			CHECK_EQ(rows[i].method, mp_methods_has(rows[i].method, flag), (rows[i].flags & flag) != 0);
		CHECK_STR(rows[i].method, mp_methods_named_by(rows[i].method), rows[i].named_by);
	}
	return check_done();
}
