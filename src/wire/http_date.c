/* Dates of HTTP; spec: RFC 9110 5.6.7, 10.2.3 */
#include <stdio.h>
#include <string.h>
#include "wire/http.h"

#define DAY 86400

struct moment { int year, month, day, hour, minute, second; };  /* month from 1 */

static bool read_month(const char *name, int *ret_month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = strlen(name) == 3 ? strstr(names, name) : NULL;

	if (at == NULL || (at - names) % 3 != 0)
		return false;
	*ret_month = (int)(at - names) / 3 + 1;
	return true;
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

/* The form that is sent today, and the two that were: "Sun, 06 Nov 1994 08:49:37 GMT",
 * "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". */
static bool scan(const char *text, struct moment *m, char month[4])
{
	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &m->day, month, &m->year,
	    &m->hour, &m->minute, &m->second) == 6)
		return true;
	if (sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &m->day, &m->hour,
	    &m->minute, &m->second, &m->year) == 6)
		return true;
	if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT", &m->day, month, &m->year,
	    &m->hour, &m->minute, &m->second) != 6)
		return false;
	m->year += m->year < 70 ? 2000 : 1900;
	return true;
}

bool mp_http_date(const char *text, int64_t *ret_time)
{
	struct moment m = { 0 };
	char month[4] = "";

	if (!scan(text, &m, month) || !read_month(month, &m.month) || !is_sound(&m))
		return false;
	*ret_time = days_from_epoch(&m) * DAY + m.hour * 3600 + m.minute * 60 + m.second;
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
