/* How long an answer may be kept; spec: RFC 9111 4.2, 5.2.2, 5.3 */
#include <string.h>
#include "wire/http/http.h"

/* No answer is kept longer, whatever it says; a number beyond that stays one. */
#define MOST ((int64_t)365 * 86400)

struct told {
	bool is_forbidden;              /* no-store, no-cache */
	int64_t age, shared_age;        /* max-age, s-maxage; -1: not told */
};

/* Digits, in quotes or not; what is none is 0: stale.  spec: RFC 9111 1.2.2, 4.2.1 */
static int64_t read_seconds(struct mp_span value)
{
	int64_t seconds = 0;

	if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
		value = (struct mp_span){ value.data + 1, value.len - 2 };
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return 0;
		seconds = 10 * seconds + (value.data[i] - '0');
		if (seconds > MOST)
			seconds = MOST;
	}
	return seconds;
}

/* Of two the smaller one counts. */
static void take_smaller(int64_t *age, int64_t seconds)
{
	if (*age < 0 || seconds < *age)
		*age = seconds;
}

static void take_directive(struct told *told, struct mp_span text)
{
	const char *equals = memchr(text.data, '=', text.len);
	struct mp_span name = text, value = { text.data + text.len, 0 };

	if (equals != NULL) {
		name.len = (size_t)(equals - text.data);
		value = (struct mp_span){ equals + 1, text.len - name.len - 1 };
	}
	if (mp_span_is_nocase(name, "no-store") || mp_span_is_nocase(name, "no-cache"))
		told->is_forbidden = true;
	else if (mp_span_is_nocase(name, "max-age"))
		take_smaller(&told->age, read_seconds(value));
	else if (mp_span_is_nocase(name, "s-maxage"))
		take_smaller(&told->shared_age, read_seconds(value));
}

/* A comma within quotes divides field names, which do not matter here. */
static void read_directives(struct told *told, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ","), lead = strspn(text, " \t");
		struct mp_span one;

		lead = lead < len ? lead : len;
		one = (struct mp_span){ text + lead, len - lead };
		while (one.len > 0 && strchr(" \t", one.data[one.len - 1]) != NULL)
			one.len--;
		take_directive(told, one);
		text += len + (text[len] == ',' ? 1 : 0);
	}
}

static int64_t read_expires(const struct mcpass_header *items, size_t count, int64_t now)
{
	const char *expires = mp_header_get(items, count, "Expires");
	const char *date = mp_header_get(items, count, "Date");
	int64_t until, since;

	if (expires == NULL)
		return -1;
	if (!mp_http_date(expires, &until))
		return 0;
	if (date == NULL || !mp_http_date(date, &since))
		since = now;
	return until <= since ? 0 : until - since < MOST ? until - since : MOST;
}

int64_t mp_http_fresh(const struct mcpass_header *items, size_t count, int64_t now)
{
	const char *age = mp_header_get(items, count, "Age");
	struct told told = { .age = -1, .shared_age = -1 };
	int64_t fresh, spent;

	for (size_t i = 0; i < count; i++)
		if (mp_eq_nocase(items[i].name, "Cache-Control"))
			read_directives(&told, items[i].value);
	if (told.is_forbidden)
		return 0;
	fresh = told.shared_age >= 0 ? told.shared_age : told.age;
	if (fresh < 0)
		fresh = read_expires(items, count, now);
	if (fresh < 0)
		return -1;
	spent = age != NULL ? read_seconds((struct mp_span){ age, strlen(age) }) : 0;
	return fresh > spent ? fresh - spent : 0;
}
