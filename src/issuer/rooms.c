/* How many records of each kind there may be.  What unauthenticated clients cause
 * makes room for the next of its kind, oldest first, and bounds.c limits how fast that goes; what
 * belongs to a person or a token has a limit of its own. */
#include <string.h>
#include "issuer/bounds.h"

static const struct kind {
	const char *name;
	const char *group;              /* NULL: all of the kind; "": each group for itself */
	size_t most;
	bool gives_way;                 /* what expires first; else the new one is refused */
} kinds[] = {
	{ "client", MP_CLIENT_NEW, 3000, true },
	{ "client", MP_CLIENT_USED, 50000, true },
	{ "pending", MP_PENDING_NEW, 4096, true },
	{ "pending", MP_PENDING_LIVE, 16384, true },
	{ "pushed", NULL, 2048, true },
	{ "user_code_reserved", NULL, 2048, false },
	{ "device", NULL, 4096, true },
	{ "user_code", NULL, 4096, true },
	{ "device_poll", NULL, 4096, true },
	{ "device_answer", NULL, 4096, true },
	{ "document", NULL, 512, true },
	{ "session", "", 64, true },
	{ "consent", NULL, 100000, true },
	{ "code", NULL, 16384, true },
	{ "answered", NULL, 16384, true },
	{ "refresh", NULL, 500000, true },
	{ "issued", "", 1024, true },
	{ MP_KIND_ACCESS, NULL, 500000, true },
	{ "upstream_session", NULL, 200000, true },
	{ "upstream_sid", NULL, 200000, true },
	/* To forget one would end a sign-in that is under way, or be another sub. */
	{ "upstream_sign_in", NULL, 16384, false },
	{ "upstream_answer", NULL, 4096, false },
	{ "person", NULL, 1000000, false },
	/* To forget one of these would let it be used again. */
	{ "jti", NULL, 100000, false },
	{ "proof", NULL, 100000, false },
};
_Static_assert(MP_COUNT(kinds) <= MP_MAX_KINDS, "a room for each kind");

static enum mcpass_rc full(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_bounds_refuse(turn, 503, 60, err, "the server has too much to remember");
}

/* Counts anew, and makes room where there is none. */
static enum mcpass_rc count(const struct mp_turn *turn, const struct kind *kind,
    const char *group, struct mp_room *room, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	size_t there = 0, drop = kind->most / 16 + 1;
	enum mcpass_rc rc;

	rc = store->count(store->ctx, kind->name, group, turn->request->now, &there, err);
	if (!rc && there >= kind->most && !kind->gives_way) {
		room->counted_at = turn->request->now;
		return full(turn, err);
	}
	if (!rc && there >= kind->most) {
		rc = store->drop_first(store->ctx, kind->name, group, there - kind->most + drop, err);
		there = kind->most - drop;
	}
	if (!rc)
		room->left = kind->most - there;
	return rc;
}

static enum mcpass_rc make(const struct mp_turn *turn, const struct kind *kind,
    const char *group, struct mp_room *room, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	/* While it is full it is counted once a second, not at every request. */
	if (room->left == 0 && !kind->gives_way && room->counted_at == turn->request->now)
		return full(turn, err);
	if (room->left == 0)
		rc = count(turn, kind, group, room, err);
	if (!rc)
		room->left--;
	return rc;
}

enum mcpass_rc mp_room_make(const struct mp_turn *turn, const char *name, const char *group,
    struct mcpass_error *err)
{
	if (group == NULL)
		group = "";
	for (size_t i = 0; i < MP_COUNT(kinds); i++) {
		const struct kind *kind = &kinds[i];
		struct mp_room once = { 0 };

		if (strcmp(kind->name, name) != 0)
			continue;
		if (kind->group == NULL)
			return make(turn, kind, NULL, &turn->issuer->bounds->rooms[i], err);
		if (kind->group[0] == '\0')     /* few of each, so they are counted every time */
			return group[0] == '\0' ? MCPASS_OK : make(turn, kind, group, &once, err);
		if (strcmp(kind->group, group) == 0)
			return make(turn, kind, group, &turn->issuer->bounds->rooms[i], err);
	}
	return MCPASS_OK;
}
