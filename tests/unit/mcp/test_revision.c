/* The revisions and their eras. */
#include "harness/check.h"
#include "mcp/revision.h"

static const struct {
	const char *revision;
	enum mp_era era;
	bool known, header;
} rows[] = {
	{ "2025-03-26", MP_ERA_SESSION, true, false },
	{ "2025-06-18", MP_ERA_SESSION, true, true },
	{ "2025-11-25", MP_ERA_SESSION, true, true },
	{ "2026-07-28", MP_ERA_STATELESS, true, true },
	{ "2024-11-05", MP_ERA_UNKNOWN, false, false },
	{ "2026-07-2", MP_ERA_UNKNOWN, false, false },
	{ "", MP_ERA_UNKNOWN, false, false },
	{ NULL, MP_ERA_UNKNOWN, false, false },
};

int main(void)
{
	size_t count = 0;
	const char *const *all = mp_revisions(&count);

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_EQ(rows[i].revision, mp_revision_era(rows[i].revision), rows[i].era);
		CHECK_EQ(rows[i].revision, mp_revision_known(rows[i].revision), rows[i].known);
		CHECK_EQ(rows[i].revision, mp_revision_wants_header(rows[i].revision), rows[i].header);
	}
	CHECK_EQ("four of them", count, 4);
	for (size_t i = 0; i < count; i++)
		CHECK_STR("oldest first", all[i], rows[i].revision);
	CHECK_STR("newest with sessions", mp_revision_newest(MP_ERA_SESSION), "2025-11-25");
	CHECK_STR("newest without", mp_revision_newest(MP_ERA_STATELESS), "2026-07-28");
	CHECK_STR("of no era", mp_revision_newest(MP_ERA_UNKNOWN), NULL);
	return check_done();
}
