/* revision.h - the revisions of MCP, and the two eras they fall into. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Its messages are those of 2025-03-26, and servers of today still name it. */
#define MP_REV_2024_11_05 "2024-11-05"
#define MP_REV_2025_03_26 "2025-03-26"
#define MP_REV_2025_06_18 "2025-06-18"
#define MP_REV_2025_11_25 "2025-11-25"
#define MP_REV_2026_07_28 "2026-07-28"

enum mp_era {
	MP_ERA_UNKNOWN = 0,
	MP_ERA_SESSION,         /* up to 2025-11-25: initialize, Mcp-Session-Id */
	MP_ERA_STATELESS        /* from 2026-07-28 on: every request stands alone */
};

/* Those we speak, oldest first; *ret_count is set. */
const char *const *mp_revisions(size_t *ret_count);
bool mp_revision_known(const char *revision);
enum mp_era mp_revision_era(const char *revision);      /* UNKNOWN for one we do not know */
/* The newest we speak of that era. */
const char *mp_revision_newest(enum mp_era era);
/* From 2025-06-18 on the version goes into a header after initialize. */
bool mp_revision_wants_header(const char *revision);
