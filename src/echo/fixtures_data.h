/* fixtures_data.h - the table behind fixtures.h. */
#pragma once
#include <stddef.h>

struct mp_fixture {
	const char *kind;               /* the list it stands in */
	const char *method, *name;      /* what it answers; a name may hold one {id} */
	const char *described;          /* its item of the list, JSON */
	const char *answer;             /* the result, JSON; {argument} in a text is replaced */
	const char *capability;         /* what the client must have declared, or NULL */
	const char *mirrored;           /* the argument that stands in a header too, or NULL */
};

const struct mp_fixture *mp_fixtures(size_t *ret_count);
