/* The sign-ins that began in one session at an identity provider.
 *
 * Each has a record beside its own, by which it is found.  Those that were kept before there were
 * such records have none until they are renewed: as long as one of them may live, all are looked at. */
#include <stdlib.h>
#include "base/limits.h"
#include "issuer/upstream/sid.h"
#include "wire/jose/crypto.h"

#define KIND "upstream_sid"
#define ALL_KNOWN "upstream_sid_all_known"      /* a record of the server's */
#define DAY 86400                       /* in which the last server of before is replaced */

struct all_known { int64_t from; };     /* Unix time: no sign-in of before is left then */
static const struct mp_field fields[] = {
	{ "from", MP_FIELD_INT, 0, offsetof(struct all_known, from), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

static enum mcpass_rc group_of(const char *upstream, const char *sid, char **ret_group,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(4 * MP_MAX_UPSTREAM_ANSWER);

	mp_form_add(&text, "at", upstream);
	mp_form_add(&text, "sid", sid);
	return mp_sha256_b64url_buf(&text, "a session's name", ret_group, err);
}

static enum mcpass_rc get_known(const struct mp_turn *turn, struct all_known *ret_known,
    bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = MP_KIND_SERVER, .key = ALL_KNOWN };

	return mp_record_get(turn, &slot, &shape, ret_known, ret_found, err);
}

/* Once for a store: where there are no sign-ins yet, all will be known. */
static enum mcpass_rc begin(const struct mp_turn *turn, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	int64_t now = turn->request->now;
	const struct mp_slot slot = { .kind = MP_KIND_SERVER, .key = ALL_KNOWN,
		.expires_at = now + MP_PERSON_LIFETIME };
	struct all_known known = { 0 };
	bool found = false;
	size_t count = 0;
	enum mcpass_rc rc = get_known(turn, &known, &found, err);

	if (rc || found)
		return rc;
	rc = store->count(store->ctx, "upstream_session", NULL, now, &count, err);
	if (count > 0)
		known.from = now + turn->issuer->refresh_lifetime + DAY;
	return rc ? rc : mp_record_put(turn, &slot, &shape, &known, err);
}

enum mcpass_rc mp_sid_note(const struct mp_turn *turn, const char *id, const char *upstream,
    const char *sid, struct mcpass_error *err)
{
	static const struct mp_shape empty = { NULL, 0 };
	struct mp_slot slot = { .kind = KIND, .key = id,
		.expires_at = turn->request->now + turn->issuer->refresh_lifetime };
	char *group = NULL;
	enum mcpass_rc rc = begin(turn, err);

	if (rc || sid == NULL)
		return rc;
	rc = group_of(upstream, sid, &group, err);
	slot.group = group;
	if (!rc)
		rc = mp_record_put(turn, &slot, &empty, NULL, err);
	free(group);
	return rc;
}

enum mcpass_rc mp_sid_forget(const struct mp_turn *turn, const char *id, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	char *text = NULL;
	enum mcpass_rc rc = store->take(store->ctx, KIND, id, turn->request->now, &text, err);

	free(text);
	return rc;
}

static enum mcpass_rc take_id(void *ctx, const struct mp_issuer_row *row, struct mcpass_error *err)
{
	return mp_strings_add_text(ctx, row->key, err);
}

enum mcpass_rc mp_sid_find(const struct mp_turn *turn, const char *upstream, const char *sid,
    struct mp_strings *ret_ids, bool *ret_all, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	struct all_known known = { 0 };
	bool found = false;
	char *group = NULL;
	enum mcpass_rc rc = get_known(turn, &known, &found, err);

	if (rc)
		return rc;
	*ret_all = found && known.from <= turn->request->now;
	if (!*ret_all)
		return MCPASS_OK;
	rc = group_of(upstream, sid, &group, err);
	if (!rc)
		rc = store->list(store->ctx, KIND, group, turn->request->now, take_id, ret_ids, err);
	free(group);
	return rc;
}
