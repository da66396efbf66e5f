/* refusals.h - what servers say when they refuse, and what to do about it: one table.
 *
 * A row is found by the error code and by a part of the text, as the server sends them.
 * spec: RFC 6749 4.1.2.1, 5.2; RFC 7591 3.2.2; RFC 8707 2 */
#pragma once
#include "base/text.h"

/* Who refused. */
#define MP_REFUSED_REGISTRATION  0x1u
#define MP_REFUSED_AUTHORIZATION 0x2u   /* by redirect, or when it was pushed */
#define MP_REFUSED_TOKEN         0x4u

enum mp_cure {                          /* what is worth one more try, without a person's help */
	MP_CURE_NONE = 0,
	MP_CURE_FEWER_FIELDS,           /* register with fewer members */
	MP_CURE_LESS_SCOPE,             /* register with fewer scopes, then with none */
	MP_CURE_NO_OFFLINE              /* ask again without offline_access */
};
struct mp_refusal {
	unsigned at;                    /* MP_REFUSED_... */
	enum mp_cure cure;
	const char *code, *part;        /* NULL: any; part is of err->detail */
	const char *hint;               /* the remedy: one line for a person */
};

/* The first row that fits what err holds, or NULL. */
const struct mp_refusal *mp_refusal_find(unsigned at, const struct mcpass_error *err);
/* Adds its hint to err; no-op where there is none. */
void mp_refusal_hint(unsigned at, struct mcpass_error *err);
/* The whole table. */
const struct mp_refusal *mp_refusals(size_t *ret_count);
