/* Dates as HTTP has them, and how long a server asks to wait.  spec: RFC 9110 5.6.7, 10.2.3 */
#include "harness/check.h"
#include "wire/http/http.h"

static const struct {
	const char *label, *text;
	long long want;                 /* -1: it is none */
} dates[] = {
	{ "as it is sent", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "asctime", "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "the beginning", "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "a leap day", "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
	{ "the day after", "Fri, 01 Mar 2024 12:00:00 GMT", 1709294400 },
	{ "no leap year of a century", "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400 },
	{ "a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "a month that is none", "Sun, 06 Nvo 1994 08:49:37 GMT", -1 },
	{ "a piece of two months", "Sun, 06 anF 1994 08:49:37 GMT", -1 },
	{ "an hour that is none", "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
	{ "a day that is none", "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
	{ "words", "tomorrow", -1 },
	{ "nothing", "", -1 },
};

static void test_dates(void)
{
	for (size_t i = 0; i < COUNT(dates); i++) {
		int64_t time = -1;

		CHECK(dates[i].label, mp_http_date(dates[i].text, &time) == (dates[i].want >= 0));
		CHECK_EQ(dates[i].label, time, dates[i].want);
	}
}

static const struct {
	const char *label, *text;
	long long want;
} waits[] = {
	{ "seconds", "7", 7 },
	{ "none", "0", 0 },
	{ "a date", "Sun, 06 Nov 1994 08:49:47 GMT", 10 },
	{ "a date that is past", "Sun, 06 Nov 1994 08:49:27 GMT", 0 },
	{ "a year", "31536000", 86400 },
	{ "more than a number holds", "99999999999999999999999", 86400 },
	{ "a far date", "Sun, 06 Nov 2094 08:49:27 GMT", 86400 },
	{ "a sign", "-5", 0 },
	{ "words", "soon", 0 },
	{ "empty", "", 0 },
};

static void test_waits(void)
{
	CHECK_EQ("no header", mp_http_retry_after(NULL, 0, 784111777), 0);
	for (size_t i = 0; i < COUNT(waits); i++) {
		const struct mcpass_header header = { "retry-after", waits[i].text };

		CHECK_EQ(waits[i].label, mp_http_retry_after(&header, 1, 784111777), waits[i].want);
	}
}

int main(void)
{
	test_dates();
	test_waits();
	return check_done();
}
