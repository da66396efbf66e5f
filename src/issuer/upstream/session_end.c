/* The end of the sign-ins that began in one session at an identity provider.
 * spec: OpenID Connect Back-Channel Logout 1.0 2.7 */
#include <stdlib.h>
#include "issuer/upstream/session.h"
#include "issuer/upstream/sid.h"

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
	return session->sid != NULL ? mp_eq(session->sid, search->sid) : search->subject != NULL;
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
		rc = mp_strings_add_text(&search->ids, row->key, err);
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

static enum mcpass_rc find_in(const struct mp_turn *turn, const char *group, struct search *search,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;

	return store->list(store->ctx, "upstream_session", group, turn->request->now, look_at, search, err);
}

static enum mcpass_rc find_of_person(const struct mp_turn *turn, struct search *search,
    struct mcpass_error *err)
{
	char *person = NULL;
	enum mcpass_rc rc = mp_idp_person(turn, search->upstream, search->subject, &person, err);

	if (!rc && person != NULL)
		rc = find_in(turn, person, search, err);
	free(person);
	return rc;
}

static enum mcpass_rc find(const struct mp_turn *turn, struct search *search,
    struct mcpass_error *err)
{
	struct mp_strings ids = { 0 };
	bool all = false;
	enum mcpass_rc rc;

	if (search->subject != NULL)
		return find_of_person(turn, search, err);
	rc = mp_sid_find(turn, search->upstream->name, search->sid, &ids, &all, err);
	if (!rc && !all)
		rc = find_in(turn, NULL, search, err);
	for (size_t i = 0; i < ids.count && !rc; i++)
		rc = look_up(turn, search, ids.items[i], err);
	mp_strings_free(&ids);
	return rc;
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
