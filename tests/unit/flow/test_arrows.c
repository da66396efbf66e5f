/* docs/flow.md is the transition table, arrow by arrow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flow/client.h"
#include "harness/check.h"

static struct mp_arrow arrows[64];
static uint64_t drawn[64];

static enum mp_state state_named(const char *name)
{
	for (int state = 0; state < S_COUNT; state++)
		if (strcmp(mp_state_name((enum mp_state)state), name) == 0)
			return (enum mp_state)state;
	return S_COUNT;
}

/* A line "    FROM --> TO: EVENT" of the page; false when it is none. */
static void read_line(const char *line, size_t count)
{
	char from[32], to[32], event[32];
	enum mp_state target;

	if (sscanf(line, " %31[A-Z_] --> %31[A-Z_]: %31[A-Z_]", from, to, event) != 3)
		return;
	target = state_named(to);
	for (size_t i = 0; i < count; i++)
		if (strcmp(mp_state_name(arrows[i].from), from) == 0
		    && strcmp(mp_state_event_name(arrows[i].on), event) == 0
		    && target != S_COUNT && arrows[i].to & UINT64_C(1) << target) {
			CHECK("no arrow is drawn twice", (drawn[i] & UINT64_C(1) << target) == 0);
			drawn[i] |= UINT64_C(1) << target;
			return;
		}
	CHECK_STR("an arrow that the code does not have", line, "");
}

int main(void)
{
	size_t count = mp_flow_arrows(arrows, COUNT(arrows));
	char *page = check_read(MP_VECTORS "/../../docs/flow.md", NULL), *rest = page, *line;

	CHECK("the table fits", count <= COUNT(arrows));
	while ((line = strsep(&rest, "\n")) != NULL)
		read_line(line, count);
	for (size_t i = 0; i < count; i++) {
		char label[96];

		snprintf(label, sizeof(label), "every arrow of %s on %s is drawn",
		    mp_state_name(arrows[i].from), mp_state_event_name(arrows[i].on));
		CHECK_EQ(label, drawn[i], arrows[i].to);
		for (size_t j = 0; j < i; j++)
			CHECK("one row for a state and an event",
			    arrows[i].from != arrows[j].from || arrows[i].on != arrows[j].on);
	}
	free(page);
	return check_done();
}
