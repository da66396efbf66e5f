#include "issuer/upstream/renew.h"
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/upstream/ask.h"
#include "issuer/upstream/session.h"
#include <string.h>

/* What is known of it, while it is renewed. */
struct renewal {
	const char *id;
	const struct mp_idp *upstream;
	struct mp_idp_session session;
};

static enum mcpass_rc end(const struct mp_turn *turn, const struct renewal *that,
    const char *why, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_response_note(turn, err);
	mp_clear(err);
	mp_event_add(turn, &(struct mp_event){ .event = "ended", .user = that->session.person,
	    .what = that->session.upstream, .outcome = why });
	rc = mp_idp_session_end(turn, that->id, err);
	return rc ? rc : mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2", "%s", why);
}

/* Our refresh token is not used by that: the client comes again with it. */
static enum mcpass_rc put_off(const struct mp_turn *turn, const struct renewal *that,
    struct mcpass_error *err)
{
	struct mcpass_error why = *err;

	if (turn->request->now - that->session.checked_at > MP_UPSTREAM_MAX_STALE)
		return end(turn, that, "the identity provider has not answered for too long", err);
	mp_response_note(turn, &why);
	mp_clear(err);
	return mp_bounds_refuse(turn, 503, MP_UPSTREAM_RETRY, err,
	    "the identity provider does not answer");
}

static bool is_ours(const struct mp_turn *turn, enum mcpass_rc rc)
{
	return rc == MCPASS_E_NOMEM || rc == MCPASS_E_STORE || *turn->is_later;
}

/* The words that a grant is over; says: what else it says, "" where the code is enough.
 * spec: RFC 6749 5.2 */
static const struct {
	const char *code, *says;
} over[] = {
	{ "invalid_grant", "" },
	{ "bad_refresh_token", "" },                    /* GitHub */
	{ "invalid_request", ": Refresh token " },      /* Dex: "is invalid or ...", "expired." */
};

/* Only its own word ends it. */
static bool is_over(enum mcpass_rc rc, const struct mcpass_error *err)
{
	if (rc != MCPASS_E_DENIED)
		return false;
	for (size_t i = 0; i < MP_COUNT(over); i++)
		if (mp_eq(err->oauth, over[i].code) && strstr(err->detail, over[i].says) != NULL)
			return true;
	return false;
}

/* The same rules as at the sign-in, and the same person.  spec: OpenID Connect Core 12.2 */
static enum mcpass_rc judge(const struct mp_turn *turn, struct renewal *that, const json_t *claims,
    struct mcpass_error *err)
{
	struct mp_idp_access access = { 0 };
	enum mcpass_rc rc = mp_idp_judge(that->upstream, claims, &access, err);

	if (rc == MCPASS_E_DENIED)
		rc = end(turn, that, "this person may not come in any more", err);
	else if (!rc && !mp_eq(access.subject, that->session.subject))
		rc = end(turn, that, "the identity provider answered about another person", err);
	else if (!rc)
		rc = mp_idp_session_apply(&that->session, &access, err);
	mp_idp_access_free(&access);
	return rc;
}

/* It may be another one now, whatever comes of the rest. */
static enum mcpass_rc keep_token(const struct mp_turn *turn, struct renewal *that,
    struct mp_token *token, struct mcpass_error *err)
{
	if (!mp_secret_present(&token->refresh_token))
		return MCPASS_OK;               /* spec: RFC 6749 6 (the old one stays good) */
	mp_secret_free(&that->session.refresh_token);
	that->session.refresh_token = token->refresh_token;
	token->refresh_token = (struct mp_secret){ 0 };         /* moved */
	return mp_idp_session_save(turn, that->id, &that->session, err);
}

static enum mcpass_rc learn(const struct mp_turn *turn, struct renewal *that,
    const struct mp_idp_grant *grant, const struct mp_token *token, struct mcpass_error *err)
{
	json_t *claims = NULL;
	enum mcpass_rc rc = mp_idp_identify(turn, grant, token, &claims, err);

	if (rc == MCPASS_E_DENIED)
		return end(turn, that, "the identity provider answered about another person", err);
	if (rc)
		return is_ours(turn, rc) ? rc : put_off(turn, that, err);
	if (claims != NULL)
		rc = judge(turn, that, claims, err);
	json_decref(claims);
	that->session.checked_at = turn->request->now;
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "rechecked", .user = that->session.person,
		    .what = that->session.upstream });
	return rc ? rc : mp_idp_session_save(turn, that->id, &that->session, err);
}

static enum mcpass_rc ask(const struct mp_turn *turn, struct renewal *that,
    struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	struct mp_secret used = { 0 };
	struct mp_idp_grant grant = { .upstream = that->upstream, .metadata = &metadata,
		.refresh_token = &used };
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_secret_set(&used, mp_secret_reveal(&that->session.refresh_token), err);

	if (!rc)
		rc = mp_idp_metadata_get(turn, that->upstream, &metadata, err);
	if (!rc)
		rc = mp_idp_token(turn, &grant, &token, err);
	if (is_over(rc, err))
		rc = end(turn, that, "the identity provider has ended the sign-in", err);
	else if (rc && !is_ours(turn, rc))
		rc = put_off(turn, that, err);
	else if (!rc) {
		rc = keep_token(turn, that, &token, err);
		if (!rc)
			rc = learn(turn, that, &grant, &token, err);
	}
	mp_token_free(&token);
	mp_secret_free(&used);
	mp_idp_metadata_free(&metadata);
	return rc;
}

static enum mcpass_rc renew(const struct mp_turn *turn, struct renewal *that,
    struct mcpass_error *err)
{
	const struct mp_idp_session *session = &that->session;
	int64_t now = turn->request->now;

	/* A refresh token of another client of ours there is worth nothing now. */
	that->upstream = mp_idp_named(turn->issuer, session->upstream);
	if (that->upstream == NULL || !mp_eq(that->upstream->client.client_id, session->client_id))
		return end(turn, that, "the identity provider is not configured as it was", err);
	if (!mp_secret_present(&session->refresh_token))
		return now - session->since <= MP_UPSTREAM_MAX_AGE ? MCPASS_OK
		    : end(turn, that, "the sign-in was too long ago", err);
	return now - session->checked_at < turn->issuer->upstream_recheck ? MCPASS_OK
	    : ask(turn, that, err);
}

enum mcpass_rc mp_idp_renew(const struct mp_turn *turn, const char *id, struct mcpass_error *err)
{
	struct renewal that = { .id = id };
	bool found = false;
	enum mcpass_rc rc = mp_idp_session_get(turn, id, &that.session, &found, err);

	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the sign-in at the identity provider has ended");
	if (!rc)
		rc = renew(turn, &that, err);
	mp_idp_session_free(&that.session);
	return rc;
}
