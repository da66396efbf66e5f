/* clock_text.h - a time for people and programs.  spec: RFC 3339 5.6 */
#pragma once
#include <stdint.h>
#include "base/buf.h"

/* Appends "2026-07-28T12:00:00Z".  Times outside of the years 1970 to 9999, which RFC 3339
 * cannot write or no clock shows, become the nearer end.  Not gmtime_r(): it reads the
 * environment. */
void mp_clock_text(int64_t now, struct mp_buf *text);
