/* Dates of HTTP; spec: RFC 9110 5.6.7, 10.2.3 */
#include <string.h>
#include "wire/http/http.h"

#define DAY 86400

struct moment { int year, month, day, hour, minute, second; };  /* month from 1 */

static bool read_month(struct mp_span name, int *ret_month)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (mp_span_is(name, names[i])) {
			*ret_month = (int)i + 1;
			return true;
		}
	return false;
}

/* Days from 1970-01-01 of a day of the Gregorian calendar, whose years begin in March here,
 * so that the leap day comes last. */
static int64_t days_from_epoch(const struct moment *m)
{
	int64_t year = m->year - (m->month <= 2);
	int64_t day_of_year = (153 * (m->month + (m->month > 2 ? -3 : 9)) + 2) / 5 + m->day - 1;

	return 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static bool is_sound(const struct moment *m)
{
	return m->year >= 1970 && m->year <= 9999 && m->day >= 1 && m->day <= 31 && m->hour >= 0
	    && m->hour < 24 && m->minute >= 0 && m->minute < 60 && m->second >= 0 && m->second <= 60;
}

#define WORDS 8

/* The words and numbers of a date, whatever stands between them. */
static size_t split(const char *text, struct mp_span words[WORDS])
{
	static const char between[] = " ,-:";
	size_t count = 0;

	for (text += strspn(text, between); *text != '\0' && count < WORDS;
	    text += strspn(text, between)) {
		words[count] = (struct mp_span){ text, strcspn(text, between) };
		text += words[count++].len;
	}
	return *text == '\0' ? count : 0;
}

static int read_number(struct mp_span word)
{
	int number = 0;

	if (word.len == 0 || word.len > 4)
		return -1;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return -1;
		number = 10 * number + (word.data[i] - '0');
	}
	return number;
}

/* The form that is sent today, and the two that were: "Sun, 06 Nov 1994 08:49:37 GMT",
 * "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". */
static bool read_moment(const char *text, struct moment *m)
{
	struct mp_span words[WORDS];
	size_t count = split(text, words), day, month, year, hour;

	if (count == 8 && mp_span_is(words[7], "GMT")) {
		day = 1;
		month = 2;
		year = 3;
		hour = 4;
	} else if (count == 7) {
		month = 1;
		day = 2;
		hour = 3;
		year = 6;
	} else {
		return false;
	}
	*m = (struct moment){ read_number(words[year]), 0, read_number(words[day]),
		read_number(words[hour]), read_number(words[hour + 1]), read_number(words[hour + 2]) };
	if (words[year].len == 2)
		m->year += m->year < 70 ? 2000 : 1900;
	return read_month(words[month], &m->month) && is_sound(m);
}

bool mp_http_date(const char *text, int64_t *ret_time)
{
	struct moment m;

	if (!read_moment(text, &m))
		return false;
	*ret_time = days_from_epoch(&m) * DAY + ((int64_t)m.hour * 60 + m.minute) * 60 + m.second;
	return true;
}

int64_t mp_http_retry_after(const struct mcpass_header *items, size_t count, int64_t now)
{
	const char *text = mp_header_get(items, count, "Retry-After");
	int64_t seconds = 0, until;

	if (text == NULL)
		return 0;
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text)) {
		for (; *text != '\0' && seconds < DAY; text++)
			seconds = 10 * seconds + (*text - '0');
	} else if (mp_http_date(text, &until)) {
		seconds = until - now;
	}
	return seconds < 0 ? 0 : seconds < DAY ? seconds : DAY;
}
