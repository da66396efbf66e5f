/* The sign-ins that began in one session at an identity provider.
 *
 * Each has a record beside its own, by which it is found.  Those that were kept before there were
 * such records have none until they are renewed: as long as one of them may live, all are looked at.
 * spec: OpenID Connect Back-Channel Logout 1.0 2.7 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/session.h"
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
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, 4 * MP_MAX_UPSTREAM_ANSWER);
	mp_form_add(&text, "at", upstream);
	mp_form_add(&text, "sid", sid);
	rc = mp_buf_check(&text, "a session's name", err);
	if (!rc)
		rc = mp_sha256_b64url(mp_buf_text(&text), ret_group, err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc get_known(const struct mp_turn *turn, struct all_known *ret_known,
    bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { MP_KIND_SERVER, ALL_KNOWN, "", 0 };

	return mp_record_get(turn, &slot, &shape, ret_known, ret_found, err);
}

/* Once for a store: where there are no sign-ins yet, all will be known. */
static enum mcpass_rc begin(const struct mp_turn *turn, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	int64_t now = turn->request->now;
	const struct mp_slot slot = { MP_KIND_SERVER, ALL_KNOWN, "", now + MP_PERSON_LIFETIME };
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

enum mcpass_rc mp_sid_note(const struct mp_turn *turn, const char *id,
    const struct mp_idp_session *session, struct mcpass_error *err)
{
	static const struct mp_shape empty = { NULL, 0 };
	struct mp_slot slot = { KIND, id, NULL, turn->request->now + turn->issuer->refresh_lifetime };
	char *group = NULL;
	enum mcpass_rc rc = begin(turn, err);

	if (rc || session->sid == NULL)
		return rc;
	rc = group_of(session->upstream, session->sid, &group, err);
	slot.group = group;
	if (!rc)
		rc = mp_record_put(turn, &slot, &empty, session, err);
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

/* --- their end --- */
struct search {
	const struct mp_idp *upstream;
	const char *subject, *sid;
	struct mp_strings ids;          /* found */
	char *person;
};

static bool is_meant(const struct search *search, const struct mp_idp_session *session)
{
	if (!mp_eq(session->upstream, search->upstream->name))
		return false;
	if (search->subject != NULL && !mp_eq(session->subject, search->subject))
		return false;
	return session->sid != NULL ? mp_eq(session->sid, search->sid) : search->subject != NULL;
}

static enum mcpass_rc take_id(void *ctx, const struct mp_issuer_row *row, struct mcpass_error *err)
{
	return mp_strings_add(ctx, (struct mp_span){ row->key, strlen(row->key) }, err);
}

static enum mcpass_rc look_at(void *ctx, const struct mp_issuer_row *row, struct mcpass_error *err)
{
	struct search *search = ctx;
	struct mp_idp_session session = { 0 };
	enum mcpass_rc rc = mp_idp_session_read(row->value, &session, err);

	if (rc == MCPASS_E_STORE) {     /* nothing lives on one that cannot be read */
		mp_clear(err);
		rc = MCPASS_OK;
	} else if (!rc && is_meant(search, &session)) {
		rc = take_id(&search->ids, row, err);
		if (!rc)
			rc = mp_set(&search->person, session.person, err);
	}
	mp_idp_session_free(&session);
	return rc;
}

/* The sign-in of an id that was noted, if it is still there and is what was noted. */
static enum mcpass_rc look_up(const struct mp_turn *turn, struct search *search, const char *id,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	struct mp_issuer_row row = { .key = id };
	char *text = NULL;
	enum mcpass_rc rc = store->get(store->ctx, "upstream_session", id, turn->request->now, &text, err);

	row.value = text;
	if (!rc && text != NULL)
		rc = look_at(search, &row, err);
	mp_free_wiped(text);
	return rc;
}

static enum mcpass_rc find_noted(const struct mp_turn *turn, struct search *search,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	struct mp_strings ids = { 0 };
	char *group = NULL;
	enum mcpass_rc rc = group_of(search->upstream->name, search->sid, &group, err);

	if (!rc)
		rc = store->list(store->ctx, KIND, group, turn->request->now, take_id, &ids, err);
	for (size_t i = 0; i < ids.count && !rc; i++)
		rc = look_up(turn, search, ids.items[i], err);
	mp_strings_free(&ids);
	free(group);
	return rc;
}

static enum mcpass_rc find_in(const struct mp_turn *turn, const char *group, struct search *search,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;

	return store->list(store->ctx, "upstream_session", group, turn->request->now, look_at, search, err);
}

static enum mcpass_rc find(const struct mp_turn *turn, struct search *search,
    struct mcpass_error *err)
{
	struct all_known known = { 0 };
	char *person = NULL;
	bool found = false;
	enum mcpass_rc rc;

	if (search->subject != NULL) {
		rc = mp_idp_person(turn, search->upstream, search->subject, &person, err);
		if (!rc && person != NULL)
			rc = find_in(turn, person, search, err);
		free(person);
		return rc;
	}
	rc = get_known(turn, &known, &found, err);
	if (rc)
		return rc;
	return found && known.from <= turn->request->now ? find_noted(turn, search, err)
	    : find_in(turn, NULL, search, err);
}

enum mcpass_rc mp_idp_session_end_sid(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, const char *sid, char **ret_person, struct mcpass_error *err)
{
	struct search search = { .upstream = upstream, .subject = subject, .sid = sid };
	enum mcpass_rc rc = find(turn, &search, err);

	for (size_t i = 0; i < search.ids.count && !rc; i++)
		rc = mp_idp_session_end(turn, search.ids.items[i], err);
	mp_strings_free(&search.ids);
	if (rc)
		free(search.person);
	else
		*ret_person = search.person;
	return rc;
}
