#include "issuer/upstream/renew.h"
#include <stdlib.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/upstream/session.h"

#define MOST_USES 4             /* of refresh tokens one after another, in a turn */

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

/* Uses the refresh token.  Where another turn, which is not done, used it for another scope, its
 * successor serves now: of a refresh token that has one there is one use. */
static enum mcpass_rc use(const struct mp_turn *turn, struct renewal *that,
    struct mp_idp_grant *grant, struct mp_token *ret_token, struct mcpass_error *err)
{
	for (int i = 0; i < MOST_USES; i++) {
		struct mp_secret used = { 0 };
		bool is_anothers = false;
		enum mcpass_rc rc = mp_secret_set(&used, mp_secret_reveal(&that->session.refresh_token),
		    err);

		grant->refresh_token = &used;
		if (!rc)
			rc = mp_idp_token(turn, grant, ret_token, &is_anothers, err);
		if (!rc)
			rc = keep_token(turn, that, ret_token, err);
		mp_secret_free(&used);
		grant->refresh_token = NULL;
		if (!is_anothers || mp_idp_is_over(rc, err) || (rc && is_ours(turn, rc)))
			return rc;
		mp_token_free(ret_token);
		mp_clear(err);
	}
	return mp_fail(err, MCPASS_E_IO, NULL, "too many ask the identity provider at once");
}

/* What a failure of it means for the sign-in. */
static enum mcpass_rc settle(const struct mp_turn *turn, const struct renewal *that,
    enum mcpass_rc rc, struct mcpass_error *err)
{
	if (mp_idp_is_over(rc, err))
		return end(turn, that, "the identity provider has ended the sign-in", err);
	return rc == MCPASS_OK || is_ours(turn, rc) ? rc : put_off(turn, that, err);
}

static enum mcpass_rc ask(const struct mp_turn *turn, struct renewal *that,
    struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	struct mp_idp_grant grant = { .upstream = that->upstream, .metadata = &metadata };
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_idp_metadata_get(turn, that->upstream, &metadata, err);

	if (!rc)
		rc = use(turn, that, &grant, &token, err);
	rc = settle(turn, that, rc, err);
	if (!rc)
		rc = learn(turn, that, &grant, &token, err);
	mp_token_free(&token);
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

static enum mcpass_rc load(const struct mp_turn *turn, struct renewal *that,
    struct mcpass_error *err)
{
	bool found = false;
	enum mcpass_rc rc = mp_idp_session_get(turn, that->id, &that->session, &found, err);

	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the sign-in at the identity provider has ended");
	return rc;
}

enum mcpass_rc mp_idp_renew(const struct mp_turn *turn, const char *id, struct mcpass_error *err)
{
	struct renewal that = { .id = id };
	enum mcpass_rc rc = load(turn, &that, err);

	if (!rc)
		rc = renew(turn, &that, err);
	mp_idp_session_free(&that.session);
	return rc;
}

/* --- a token for a server behind us --- */
/* The provider has said that it gives none for that, which is no word about the sign-in.  Our own
 * secret being wrong is none about that either. */
static bool is_refused(enum mcpass_rc rc, const struct mcpass_error *err)
{
	static const char *const codes[] = { "invalid_scope", "invalid_target", "access_denied",
		"consent_required", "interaction_required", "unauthorized_client", "invalid_request",
		"unsupported_grant_type" };

	for (size_t i = 0; i < MP_COUNT(codes); i++)
		if (rc == MCPASS_E_DENIED && mp_eq(err->oauth, codes[i]))
			return true;
	return false;
}

/* The id token that came with it, if one did, is that person's. */
static enum mcpass_rc check_person(const struct mp_turn *turn, const struct renewal *that,
    const struct mp_idp_grant *grant, const struct mp_token *token, struct mcpass_error *err)
{
	char *subject = NULL;
	json_t *claims = NULL;
	enum mcpass_rc rc;

	if (that->upstream->issuer == NULL || !mp_secret_present(&token->id_token))
		return MCPASS_OK;
	rc = mp_idp_id_token(turn, grant, &token->id_token, &claims, err);
	if (!rc)
		rc = mp_idp_subject(that->upstream, claims, &subject, err);
	if (rc == MCPASS_E_DENIED || (!rc && !mp_eq(subject, that->session.subject)))
		rc = end(turn, that, "the identity provider answered about another person", err);
	else if (rc && !is_ours(turn, rc))
		rc = put_off(turn, that, err);
	json_decref(claims);
	free(subject);
	return rc;
}

/* spec: RFC 8693 2.1: a token of the person's for one that is for the audience */
static enum mcpass_rc exchange(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_idp_api *api, const char *scope, struct mp_token *token,
    struct mcpass_error *err)
{
	const struct mp_token_exchange what = { .requested_type = MP_TOKEN_TYPE_ACCESS,
		.subject = &token->access_token, .subject_type = MP_TOKEN_TYPE_ACCESS,
		.audience = api->audience, .scope = scope };
	const struct mp_idp_grant that = { .upstream = grant->upstream, .metadata = grant->metadata,
		.exchange = &what };
	struct mp_token other = { 0 };
	enum mcpass_rc rc = mp_idp_token(turn, &that, &other, NULL, err);

	mp_token_free(token);
	*token = other;
	/* Keycloak's word for an audience that is none of its clients: our own secret has just served. */
	if (rc == MCPASS_E_DENIED && mp_eq(err->oauth, "invalid_client"))
		return MCPASS_E_POLICY;
	return rc;
}

/* Only the word about the sign-in itself ends it: an exchange that is refused with invalid_grant is
 * none, as the refresh token has just served. */
static enum mcpass_rc finish(const struct mp_turn *turn, const struct renewal *that,
    enum mcpass_rc rc, struct mcpass_error *err)
{
	if (rc == MCPASS_OK || is_ours(turn, rc))
		return rc;
	if (rc != MCPASS_E_POLICY && !is_refused(rc, err))
		return put_off(turn, that, err);
	mp_response_note(turn, err);
	mp_clear(err);
	return mp_response_refuse(err, "invalid_target", "RFC 8693 2.2.2",
	    "the identity provider gives no such token for this audience");
}

static enum mcpass_rc fetch(const struct mp_turn *turn, struct renewal *that,
    const struct mp_idp_api *api, const char *scope, struct mp_token *token,
    struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	struct mp_idp_grant grant = { .upstream = that->upstream, .metadata = &metadata,
		.scope = api->exchanges ? NULL : scope };
	enum mcpass_rc rc;

	if (!mp_secret_present(&that->session.refresh_token))
		return mp_response_refuse(err, "invalid_target", "RFC 8693 2.2.2",
		    "the identity provider gave no refresh token for this sign-in");
	rc = mp_idp_metadata_get(turn, that->upstream, &metadata, err);
	if (!rc)
		rc = use(turn, that, &grant, token, err);
	rc = is_refused(rc, err) && !mp_idp_is_over(rc, err) ? finish(turn, that, rc, err)
	    : settle(turn, that, rc, err);
	if (!rc)
		rc = check_person(turn, that, &grant, token, err);
	if (rc)
		goto out;
	if (api->exchanges)
		rc = exchange(turn, &grant, api, scope, token, err);
	if (!rc)
		rc = mp_idp_api_check(api, token->scope, err);
	rc = finish(turn, that, rc, err);
out:
	mp_idp_metadata_free(&metadata);
	return rc;
}

enum mcpass_rc mp_idp_hand_out(const struct mp_turn *turn, const char *id,
    const struct mp_idp_ask *ask, const struct mp_idp **ret_upstream, struct mp_token *ret_token,
    struct mcpass_error *err)
{
	struct renewal that = { .id = id };
	const struct mp_idp_api *api = NULL;
	struct mp_token token = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc = load(turn, &that, err);

	if (!rc)
		that.upstream = mp_idp_named(turn->issuer, that.session.upstream);
	if (!rc && that.upstream != NULL)
		rc = mp_idp_api_choose(that.upstream, ask, &api, &scope, err);
	if (!rc)        /* ends it where it is not configured as it was */
		rc = renew(turn, &that, err);
	/* The token that was shown says what the person might have when it was made. */
	if (!rc && api != NULL && !that.session.all_scopes)
		rc = mp_idp_api_needs(api, that.session.scope, err);
	if (!rc)
		rc = api != NULL ? fetch(turn, &that, api, scope, &token, err) : mp_response_refuse(err,
		    "invalid_target", "RFC 8693 2.2.2", "there is no such audience");
	if (!rc && token.scope == NULL)         /* spec: RFC 6749 5.1: as asked */
		rc = mp_set(&token.scope, scope, err);
	if (!rc) {
		*ret_upstream = that.upstream;
		*ret_token = token;
	} else
		mp_token_free(&token);
	mp_idp_session_free(&that.session);
	free(scope);
	return rc;
}
