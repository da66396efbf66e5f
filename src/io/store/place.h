/* place.h - where the store of this environment is. */
#pragma once
#include "base/text.h"

struct mp_place {
	char *path;
	bool by_xdg;            /* at XDG_DATA_HOME */
	bool elsewhere;         /* not where this environment would have one */
};
/* path NULL: as of mp_store_open().  Release with mp_place_free(). */
enum mcpass_rc mp_place_find(const char *path, struct mp_place *ret_place,
    struct mcpass_error *err);
/* The same where neither a path nor MCPASS_STORE says another one. */
enum mcpass_rc mp_place_find_ours(struct mp_place *ret_place, struct mcpass_error *err);
/* There is a store now: for programs that are started without XDG_DATA_HOME, as hosts start
 * theirs.  Advice: when it cannot be written, they have a store of their own. */
void mp_place_note(const struct mp_place *place);
void mp_place_free(struct mp_place *place);
