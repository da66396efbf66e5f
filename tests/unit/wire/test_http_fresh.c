/* How long an answer of HTTP may be kept. */
#include "harness/check.h"
#include "wire/http/http.h"

#define NOW 784111777                   /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct {
	const char *label, *control, *expires, *date, *age;
	int64_t want;
} rows[] = {
	{ "nothing is said", NULL, NULL, NULL, NULL, -1 },
	{ "nothing of how long", "public, must-revalidate", NULL, NULL, NULL, -1 },
	{ "a length", "max-age=600", NULL, NULL, NULL, 600 },
	{ "among others", "public , Max-Age=600,must-revalidate", NULL, NULL, NULL, 600 },
	{ "in quotes", "max-age=\"600\"", NULL, NULL, NULL, 600 },
	{ "for those who share it", "max-age=600, s-maxage=30", NULL, NULL, NULL, 30 },
	{ "twice: the smaller one", "max-age=600, max-age=60", NULL, NULL, NULL, 60 },
	{ "no length", "max-age=soon", NULL, NULL, NULL, 0 },
	{ "a negative one", "max-age=-1", NULL, NULL, NULL, 0 },
	{ "without a value", "max-age", NULL, NULL, NULL, 0 },
	{ "for ever", "max-age=99999999999999999999", NULL, NULL, NULL, 365 * 86400 },
	{ "not to be stored", "no-store", NULL, NULL, NULL, 0 },
	{ "not without asking", "no-cache, max-age=600", NULL, NULL, NULL, 0 },
	{ "a name that begins so", "no-storeroom, max-ages=5", NULL, NULL, NULL, -1 },
	{ "some of it is over", "max-age=600", NULL, NULL, "100", 500 },
	{ "all of it is", "max-age=600", NULL, NULL, "700", 0 },
	{ "until then", NULL, "Sun, 06 Nov 1994 08:59:37 GMT", NULL, NULL, 600 },
	{ "until then, by its own clock", NULL, "Sun, 06 Nov 1994 08:59:37 GMT",
	    "Sun, 06 Nov 1994 08:59:07 GMT", NULL, 30 },
	{ "over already", NULL, "Sun, 06 Nov 1994 08:00:00 GMT", NULL, NULL, 0 },
	{ "no date", NULL, "0", NULL, NULL, 0 },
	{ "a length before a date", "max-age=5", "Sun, 06 Nov 1994 08:59:37 GMT", NULL, NULL, 5 },
	{ "empty", " , ,", NULL, NULL, NULL, -1 },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const values[] = { rows[i].control, rows[i].expires, rows[i].date, rows[i].age };
		static const char *const names[] = { "cache-control", "Expires", "Date", "Age" };
		struct mcpass_header items[COUNT(names)];
		size_t count = 0;

		for (size_t n = 0; n < COUNT(names); n++)
			if (values[n] != NULL)
				items[count++] = (struct mcpass_header){ names[n], values[n] };
		CHECK_EQ(rows[i].label, mp_http_fresh(items, count, NOW), rows[i].want);
	}
	return check_done();
}
