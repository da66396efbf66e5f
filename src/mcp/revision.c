#include "mcp/revision.h"
#include "base/text.h"

/* Oldest first; spec: MCP 2026-07-28 versioning, "Terminology" (modern, legacy) */
static const char *const names[] = {
	MP_REV_2025_03_26, MP_REV_2025_06_18, MP_REV_2025_11_25, MP_REV_2026_07_28,
};
static const struct {
	enum mp_era era;
	bool wants_header;      /* spec: MCP 2025-06-18 changelog 7 */
} facts[MP_COUNT(names)] = {
	{ MP_ERA_SESSION, false },
	{ MP_ERA_SESSION, true },
	{ MP_ERA_SESSION, true },
	{ MP_ERA_STATELESS, true },
};

/* MP_COUNT(names) when it is none of them. */
static size_t find(const char *revision)
{
	size_t i = 0;

	while (i < MP_COUNT(names) && !mp_eq(names[i], revision))
		i++;
	return i;
}

const char *const *mp_revisions(size_t *ret_count)
{
	*ret_count = MP_COUNT(names);
	return names;
}

bool mp_revision_known(const char *revision)
{
	return find(revision) < MP_COUNT(names);
}

enum mp_era mp_revision_era(const char *revision)
{
	size_t i = find(revision);

	return i < MP_COUNT(names) ? facts[i].era : MP_ERA_UNKNOWN;
}

const char *mp_revision_newest(enum mp_era era)
{
	for (size_t i = MP_COUNT(names); i-- > 0;)
		if (facts[i].era == era)
			return names[i];
	return NULL;
}

bool mp_revision_wants_header(const char *revision)
{
	size_t i = find(revision);

	return i < MP_COUNT(names) && facts[i].wants_header;
}
