#include "echo/clock_text.h"
#include <stdbool.h>

#define DAY 86400
#define LAST INT64_C(253402300799)      /* 9999-12-31T23:59:59Z */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 1 && is_leap(year) ? 29 : days[month];
}

void mp_clock_text(int64_t now, struct mp_buf *text)
{
	int64_t time = now < 0 ? 0 : now > LAST ? LAST : now;
	int days = (int)(time / DAY), second = (int)(time % DAY), year = 1970, month = 0;

	while (days >= (is_leap(year) ? 366 : 365))
		days -= is_leap(year++) ? 366 : 365;
	while (days >= days_in_month(year, month))
		days -= days_in_month(year, month++);
	mp_buf_addf(text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month + 1, days + 1,
	    second / 3600, second / 60 % 60, second % 60);
}
