/* methods.h - what a method of MCP is, one row each: all that anything else decides by its name.
 * spec: MCP 2025-11-25 and 2026-07-28, schema */
#pragma once
#include <stdbool.h>

#define MP_METHOD_SESSIONS  0x01u       /* the revisions up to 2025-11-25 have it, */
#define MP_METHOD_STATELESS 0x02u       /* 2026-07-28 has it */
#define MP_METHOD_READS     0x04u       /* it changes nothing, so that it may be repeated */
#define MP_METHOD_QUICK     0x08u       /* what a server knows without doing anything */
#define MP_METHOD_MAY_ASK   0x10u       /* spec: MCP mrtr, "Supported Requests" */
#define MP_METHOD_CACHEABLE 0x20u       /* spec: MCP caching, "Cacheable Results" */

/* A method that is not known may be in any era, change anything and take long. */
bool mp_methods_has(const char *method, unsigned flag);
/* A method goes into a header as it is: whether it can. */
bool mp_methods_fits(const char *method);
/* Whether it is a method in other letters, large for small: no method of MCP, but to some servers. */
bool mp_methods_is_misspelt(const char *method);
/* The member of params that names what is asked for ("name", "uri"), or NULL. */
const char *mp_methods_named_by(const char *method);
