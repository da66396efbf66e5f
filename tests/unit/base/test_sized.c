/* Configurations of programs that were compiled against an older or a newer header. */
#include "base/sized.h"
#include <string.h>
#include "harness/check.h"

struct config {                 /* as this library knows it */
	size_t size;
	const char *first;
	int second;
};
struct newer {
	struct config config;
	const char *third;
};

static const struct {
	const char *label;
	size_t size;
	const char *third;
	enum mcpass_rc want;
	const char *want_first;
	int want_second;
} rows[] = {
	{ "the same header", sizeof(struct config), NULL, MCPASS_OK, "one", 2 },
	{ "an older header", offsetof(struct config, second), NULL, MCPASS_OK, "one", 0 },
	{ "a newer header, nothing new used", sizeof(struct newer), NULL, MCPASS_OK, "one", 2 },
	{ "a newer header, something new used", sizeof(struct newer), "three", MCPASS_E_USAGE, NULL, 0 },
	{ "no size", 0, NULL, MCPASS_E_USAGE, NULL, 0 },
	{ "nothing but the size", sizeof(size_t), NULL, MCPASS_E_USAGE, NULL, 0 },
	{ "half a member", sizeof(struct config) - 1, NULL, MCPASS_E_USAGE, NULL, 0 },
	{ "a size that is none", (size_t)-1, NULL, MCPASS_E_USAGE, NULL, 0 },
};

static void test_sizes(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct newer given;
		struct config copy;
		struct mcpass_error err = { 0 };

		memset(&given, 0, sizeof(given));
		memset(&copy, 0, sizeof(copy));
		given.config = (struct config){ rows[i].size, "one", 2 };
		given.third = rows[i].third;
		CHECK_EQ(rows[i].label, mp_sized_read(&given, &copy, sizeof(copy), &err), rows[i].want);
		CHECK_STR(rows[i].label, copy.first, rows[i].want_first);
		CHECK_EQ(rows[i].label, copy.second, rows[i].want_second);
		if (rows[i].want == MCPASS_OK)
			CHECK_EQ(rows[i].label, copy.size, sizeof(copy));
	}
}

static void test_none(void)
{
	struct config copy;

	CHECK_EQ("no configuration", mp_sized_read(NULL, &copy, sizeof(copy), NULL), MCPASS_E_USAGE);
}

int main(void)
{
	test_sizes();
	test_none();
	return check_done();
}
