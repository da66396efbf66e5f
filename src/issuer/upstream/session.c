#include "issuer/upstream/session.h"
#include <stdlib.h>
#include "base/limits.h"
#include "issuer/upstream/sid.h"
#include "oauth/scope.h"
#include "wire/jose/crypto.h"

#define AT(member) offsetof(struct mp_idp_session, member)
static const struct mp_field fields[] = {
	{ "person", MP_FIELD_STRING, MP_REQUIRED, AT(person), NULL },
	{ "upstream", MP_FIELD_STRING, MP_REQUIRED, AT(upstream), NULL },
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "subject", MP_FIELD_STRING, MP_REQUIRED, AT(subject), NULL },
	{ "sid", MP_FIELD_STRING, 0, AT(sid), NULL },
	{ "name", MP_FIELD_STRING, 0, AT(name), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "all_scopes", MP_FIELD_BOOL, 0, AT(all_scopes), NULL },
	{ "claims", MP_FIELD_OBJECT, 0, AT(claims), NULL },
	{ "refresh_token", MP_FIELD_SECRET, 0, AT(refresh_token), NULL },
	{ "since", MP_FIELD_INT, MP_REQUIRED, AT(since), NULL },
	{ "checked_at", MP_FIELD_INT, MP_REQUIRED, AT(checked_at), NULL },
};
#undef AT
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

struct person { char *id; };
static const struct mp_field person_fields[] = {
	{ "id", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct person, id), NULL },
};
static const struct mp_shape person_shape = { person_fields, MP_COUNT(person_fields) };

void mp_idp_session_free(struct mp_idp_session *session)
{
	mp_record_release(&shape, session);
}

enum mcpass_rc mp_idp_session_apply(struct mp_idp_session *session,
    const struct mp_idp_access *access, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&session->subject, access->subject, err);

	if (!rc)
		rc = mp_set(&session->name, access->name, err);
	if (!rc && access->sid != NULL) /* a renewal without an id token says nothing of it */
		rc = mp_set(&session->sid, access->sid, err);
	free(session->scope);
	session->scope = NULL;
	if (!rc)
		rc = mp_scope_join(&access->scopes, &session->scope, err);
	session->all_scopes = access->all_scopes;
	json_decref(session->claims);
	session->claims = json_incref(access->claims);
	return rc;
}

/* --- the person --- */
static enum mcpass_rc person_key(const struct mp_idp *upstream, const char *subject,
    char **ret_key, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_FORM);

	mp_form_add(&text, "at", upstream->identity);
	mp_form_add(&text, "subject", subject);
	return mp_sha256_b64url_buf(&text, "a person's id", ret_key, err);
}

static enum mcpass_rc make_person(const struct mp_turn *turn, const struct mp_slot *slot,
    struct person *person, struct mcpass_error *err)
{
	struct mp_secret id = { 0 };
	enum mcpass_rc rc = mp_random_text(turn->issuer->random, turn->issuer->random_ctx, 16, &id, err);

	if (!rc)
		rc = mp_set(&person->id, mp_secret_reveal(&id), err);
	if (!rc)
		rc = mp_record_put(turn, slot, &person_shape, person, err);
	mp_secret_free(&id);
	return rc;
}

/* Of two first sign-ins at once one makes the id: the other waits for it in add(). */
static enum mcpass_rc find_person(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, char **ret_id, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	int64_t now = turn->request->now;
	struct mp_slot slot = { .kind = "person", .expires_at = now + MP_PERSON_LIFETIME };
	struct person person = { 0 };
	bool found = false, is_first = false;
	char *key = NULL;
	enum mcpass_rc rc = person_key(upstream, subject, &key, err);

	slot.key = key;
	if (!rc)
		rc = mp_record_get(turn, &slot, &person_shape, &person, &found, err);
	if (!rc && !found)
		rc = store->add(store->ctx, "person_new", key, now + MP_UPSTREAM_FLIGHT, now, &is_first, err);
	if (!rc && !found && !is_first)
		rc = mp_record_get(turn, &slot, &person_shape, &person, &found, err);
	/* Someone who comes is kept for longer. */
	if (!rc)
		rc = found ? mp_record_put(turn, &slot, &person_shape, &person, err)
		    : make_person(turn, &slot, &person, err);
	if (!rc)
		rc = mp_set(ret_id, person.id, err);
	mp_record_release(&person_shape, &person);
	free(key);
	return rc;
}

/* --- the session --- */
enum mcpass_rc mp_idp_session_save(const struct mp_turn *turn, const char *id,
    const struct mp_idp_session *session, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "upstream_session", .key = id,
		.group = session->person,
		.expires_at = turn->request->now + turn->issuer->refresh_lifetime };
	enum mcpass_rc rc = mp_sid_note(turn, id, session->upstream, session->sid, err);

	return rc ? rc : mp_record_put(turn, &slot, &shape, session, err);
}

enum mcpass_rc mp_idp_session_start(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_idp_session *session, char **ret_id, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_secret id = { 0 };
	enum mcpass_rc rc = find_person(turn, upstream, session->subject, &session->person, err);

	session->since = session->checked_at = turn->request->now;
	if (!rc)
		rc = mp_set(&session->upstream, upstream->name, err);
	if (!rc)
		rc = mp_set(&session->client_id, upstream->client.client_id, err);
	if (!rc)
		rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &id, err);
	if (!rc)
		rc = mp_idp_session_save(turn, id.bytes, session, err);
	if (!rc)
		rc = mp_set(ret_id, id.bytes, err);
	mp_secret_free(&id);
	return rc;
}

enum mcpass_rc mp_idp_session_get(const struct mp_turn *turn, const char *id,
    struct mp_idp_session *ret_session, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "upstream_session", .key = id };

	return mp_record_get(turn, &slot, &shape, ret_session, ret_found, err);
}

enum mcpass_rc mp_idp_session_read(const char *text, struct mp_idp_session *ret_session,
    struct mcpass_error *err)
{
	return mp_record_read(text, &shape, ret_session, err);
}

enum mcpass_rc mp_idp_session_end(const struct mp_turn *turn, const char *id,
    struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "upstream_session", .key = id };
	struct mp_idp_session session = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_take(turn, &slot, &shape, &session, &found, err);

	mp_idp_session_free(&session);
	return rc ? rc : mp_sid_forget(turn, id, err);
}

enum mcpass_rc mp_idp_person(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, char **ret_person, struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "person" };
	struct person person = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc = person_key(upstream, subject, &key, err);

	slot.key = key;
	if (!rc)
		rc = mp_record_get(turn, &slot, &person_shape, &person, &found, err);
	if (!rc)
		rc = mp_set(ret_person, person.id, err);
	mp_record_release(&person_shape, &person);
	free(key);
	return rc;
}

enum mcpass_rc mp_idp_session_end_all(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, char **ret_person, struct mcpass_error *err)
{
	char *person = NULL;
	enum mcpass_rc rc = mp_idp_person(turn, upstream, subject, &person, err);

	if (!rc && person != NULL)
		rc = mp_record_drop_group(turn, "upstream_session", person, err);
	if (!rc && person != NULL)
		rc = mp_record_drop_group(turn, "session", person, err);
	if (rc)
		free(person);
	else
		*ret_person = person;
	return rc;
}

enum mcpass_rc mp_idp_session_claims(const struct mp_turn *turn, const char *id,
    json_t **ret_claims, struct mcpass_error *err)
{
	struct mp_idp_session session = { 0 };
	bool found = false;
	json_t *claims = NULL;
	enum mcpass_rc rc = mp_idp_session_get(turn, id, &session, &found, err);

	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the sign-in at the identity provider has ended");
	if (!rc) {
		claims = json_object(); /* not json_copy(), which copies a part where memory ends */
		if (claims == NULL || (session.claims != NULL && json_object_update(claims, session.claims) != 0)
		    || json_object_set_new(claims, "sid", json_string(id)) != 0)
			rc = mp_nomem(err);
	}
	mp_idp_session_free(&session);
	if (rc)
		json_decref(claims);
	else
		*ret_claims = claims;
	return rc;
}
