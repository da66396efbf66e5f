/* plain.h - JSON that is plain: every reader reads it alike, so that nothing has to be built to
 * see what it says. */
#pragma once
#include "base/text.h"

/* A member that is looked for, in the outermost object or in one of its members. */
struct mp_plain_member {
	const char *name;               /* of small ASCII letters */
	const struct mp_plain_member *within;   /* an earlier one of the list; NULL: the outermost */
	struct mp_span value;           /* found, without white space; data NULL: there is none */
};
/* Whether text is one JSON value that mp_json_parse_by() takes by the rules of a request, with no
 * escape in a name, and no name that some readers only take for one of members; values are
 * borrowed from it, and a null is one.  False: the parser has to
 * decide, for it may be good all the same: what is deep, or has objects of many members, is not
 * looked at here. */
bool mp_json_plain(struct mp_span text, struct mp_plain_member *members, size_t count);
