#include "ui/humanize.h"
#include <stdio.h>

void mp_humanize_until(char text[MP_WORDS_ROOM], int64_t when, int64_t now)
{
	static const struct { int64_t seconds; const char *unit; } units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" },
	};
	int64_t left = when > now ? when - now : now - when;
	size_t u = 0;

	/* Two of a unit at least: "in 90 min" says more than "in 1 h". */
	while (units[u].seconds > 1 && left < 2 * units[u].seconds)
		u++;
	(void)snprintf(text, MP_WORDS_ROOM, when > now ? "in %lld %s" : "expired %lld %s ago",
	    (long long)(left / units[u].seconds), units[u].unit);
}

void mp_humanize_size(char text[MP_WORDS_ROOM], uint64_t bytes)
{
	if (bytes == 1)
		(void)snprintf(text, MP_WORDS_ROOM, "1 byte");
	else if (bytes < 1000)
		(void)snprintf(text, MP_WORDS_ROOM, "%u bytes", (unsigned)bytes);
	else if (bytes < 1000000)
		(void)snprintf(text, MP_WORDS_ROOM, "%.1f kB", (double)bytes / 1e3);
	else
		(void)snprintf(text, MP_WORDS_ROOM, "%.1f MB", (double)bytes / 1e6);
}
