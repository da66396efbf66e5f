/* The browser comes back from an identity provider.  The order counts: the browser is compared
 * before anything is used up, so that another one burns nothing; then whose answer it is; then
 * the sign-in is taken, once; and only then anything is asked.
 * spec: RFC 9700 4.4, 4.7; RFC 9207 2.4; OpenID Connect Core 3.1.2.7, 3.1.3 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"
#include "issuer/upstream/begin.h"
#include "issuer/upstream/session.h"
#include "oauth/authz.h"

struct sign_in {                        /* one that comes back */
	const struct mp_idp *upstream;
	struct mp_idp_metadata metadata;
	struct mp_secret state;
	struct mp_client client;
	struct mp_pending pending;
};

static void release(struct sign_in *that)
{
	mp_idp_metadata_free(&that->metadata);
	mp_secret_free(&that->state);
	mp_client_free(&that->client);
	mp_pending_free(&that->pending);
}

/* --- returned --- */
static enum mcpass_rc over(struct mcpass_error *err)
{
	return mp_response_refuse(err, "access_denied", NULL,
	    "This sign-in has been used already, or took too long.");
}

static enum mcpass_rc find(const struct mp_turn *turn, const struct mp_form *query,
    struct sign_in *that, struct mcpass_error *err)
{
	const char *state = NULL;
	bool found = false;
	enum mcpass_rc rc = mp_request_required(query, "state", &state, err);

	if (!rc)
		rc = mp_secret_set(&that->state, state, err);
	if (!rc)
		rc = mp_pending_peek(turn, MP_KIND_SIGN_IN, &that->state, &that->pending, &found, err);
	if (!rc && !found)
		rc = over(err);
	if (!rc)
		rc = mp_pending_check_browser(turn, that->pending.browser, err);
	/* spec: RFC 9700 4.4.2.1 (a redirect URI of its own for each) */
	if (!rc && !mp_eq(that->pending.upstream, that->upstream->name))
		rc = mp_response_refuse(err, "access_denied", "RFC 9700 4.4",
		    "This answer is not from the place where the sign-in was begun.");
	return rc;
}

/* A provider that says in its metadata that it names itself in its answers does so in each. */
static enum mcpass_rc check_issuer(const struct sign_in *that, const struct mp_form *query,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	const char *iss = NULL;
	enum mcpass_rc rc = mp_form_get(query, "iss", &iss, err);

	if (rc || that->upstream->issuer == NULL)
		return rc;
	if (mp_authz_check_iss(iss, that->metadata.issuer, that->metadata.iss_promised, &why)
	    != MCPASS_OK)
		rc = mp_response_refuse(err, "access_denied", "RFC 9207 2.4",
		    "This answer is not from the place where the sign-in was begun.");
	return rc;
}

static enum mcpass_rc load_client(const struct mp_turn *turn, struct sign_in *that,
    struct mcpass_error *err)
{
	bool found = false;
	enum mcpass_rc rc = mp_client_load(turn, that->pending.client_id, &that->client, &found, err);

	if (!rc && (!found || (that->pending.redirect_uri != NULL
	    && !mp_redirect_is_among(&that->client.redirect_uris, that->pending.redirect_uri))))
		rc = mp_response_refuse(err, "access_denied", "OAuth 2.1 4.1.2.1",
		    "The application is not registered any more, or not to be answered there.");
	return rc;
}

/* --- known --- */
static enum mcpass_rc fail_as(struct mcpass_error *err, const char *code, const char *text)
{
	struct mcpass_error why = *err;

	mp_clear(err);
	mp_oauth_code(err, code);
	return mp_fail(err, MCPASS_E_DENIED, why.spec, "%s", text);
}

/* The provider's words stay here; the client is told one of three things, in ours.
 * spec: RFC 6749 4.1.2.1 */
static enum mcpass_rc classify(const struct mp_turn *turn, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	bool is_person = mp_eq(err->oauth, "access_denied") || mp_eq(err->oauth, "login_required")
	    || mp_eq(err->oauth, "consent_required") || mp_eq(err->oauth, "interaction_required");

	if (rc == MCPASS_OK || rc == MCPASS_E_NOMEM || rc == MCPASS_E_STORE || *turn->is_later)
		return rc;
	mp_response_note(turn, err);
	if (rc == MCPASS_E_DENIED && is_person)
		return fail_as(err, "access_denied", "this person may not sign in here");
	if (rc == MCPASS_E_IO || mp_eq(err->oauth, "temporarily_unavailable"))
		return fail_as(err, "temporarily_unavailable", "the identity provider does not answer");
	return fail_as(err, "server_error", "the identity provider's answer cannot be used");
}

/* For the operator: an authorization server for APIs has metadata like a provider's. */
static const char *hint_about(const struct sign_in *that)
{
	const struct mp_strings *scopes = &that->metadata.scopes;

	return that->upstream->issuer == NULL || scopes->count == 0 || mp_strings_has(scopes, "openid")
	    ? "" : "; its metadata has no scope openid: is it an OpenID provider? (mcpass authserver is none)";
}

static enum mcpass_rc read_answer(const struct sign_in *that, const struct mp_form *query,
    struct mp_secret *ret_code, struct mcpass_error *err)
{
	const char *error = NULL, *code = NULL, *says = "";
	enum mcpass_rc rc = mp_form_get(query, "error", &error, err);

	if (!rc)
		rc = mp_form_get(query, "code", &code, err);
	if (mp_form_get(query, "error_description", &says, NULL) != MCPASS_OK || says == NULL)
		says = "";
	if (!rc && error != NULL) {
		mp_oauth_code(err, error);
		return mp_fail(err, MCPASS_E_DENIED, NULL, "the identity provider answered %s%s%.100s%s", error,
		    says[0] != '\0' ? ": " : "", says, hint_about(that));
	}
	if (!rc && (code == NULL || code[0] == '\0'))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 4.1.2", "there is no code");
	return rc ? rc : mp_secret_set(ret_code, code, err);
}

static enum mcpass_rc judge(const struct mp_idp *upstream, const json_t *claims,
    struct mp_token *token, struct mp_idp_session *session, struct mcpass_error *err)
{
	struct mp_idp_access access = { 0 };
	enum mcpass_rc rc = mp_idp_judge(upstream, claims, &access, err);

	if (!rc)
		rc = mp_idp_session_apply(session, &access, err);
	session->refresh_token = token->refresh_token;
	token->refresh_token = (struct mp_secret){ 0 };         /* moved */
	mp_idp_access_free(&access);
	return rc;
}

static enum mcpass_rc exchange(const struct mp_turn *turn, const struct sign_in *that,
    const struct mp_form *query, struct mp_idp_session *session, struct mcpass_error *err)
{
	struct mp_secret code = { 0 }, nonce = { 0 }, verifier = { 0 };
	struct mp_idp_grant grant = { .upstream = that->upstream, .metadata = &that->metadata,
		.code = &code, .verifier = &verifier };
	struct mp_token token = { 0 };
	json_t *claims = NULL;
	enum mcpass_rc rc = read_answer(that, query, &code, err);

	if (!rc)
		rc = mp_idp_derive(turn, &that->state, &nonce, &verifier, err);
	grant.nonce = mp_secret_reveal(&nonce);
	if (!rc)
		rc = mp_idp_token(turn, &grant, &token, NULL, err);
	if (!rc)
		rc = mp_idp_identify(turn, &grant, &token, &claims, err);
	if (!rc)
		rc = judge(that->upstream, claims, &token, session, err);
	json_decref(claims);
	mp_token_free(&token);
	mp_secret_free(&code);
	mp_secret_free(&nonce);
	mp_secret_free(&verifier);
	return rc;
}

static enum mcpass_rc sign_in(const struct mp_turn *turn, struct sign_in *that,
    struct mp_idp_session *session, struct mcpass_error *err)
{
	char *id = NULL;
	enum mcpass_rc rc = mp_idp_session_start(turn, that->upstream, session, &id, err);

	if (!rc)
		rc = mp_browser_session_start(turn, session->person, id, err);
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "returned", .client = that->client.client_id,
		    .user = session->person, .what = that->upstream->name });
	if (!rc)
		rc = mp_attempts_standing(turn, err);
	if (!rc)
		rc = mp_consent_finish(turn, &that->client, &that->pending, session->person, id, err);
	free(id);
	return rc;
}

static enum mcpass_rc finish(const struct mp_turn *turn, struct sign_in *that,
    const struct mp_form *query, struct mcpass_error *err)
{
	const struct mp_secret none = { 0 };
	const struct mp_ending ending = { &that->client, &that->pending, &none, "sign in" };
	struct mp_idp_session session = { 0 };
	struct mcpass_error why = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	mp_pending_free(&that->pending);
	rc = mp_pending_pick(turn, MP_KIND_SIGN_IN, &that->state, &that->pending, &found, err);
	if (!rc && !found)
		rc = over(err);
	if (rc)
		return rc;
	rc = classify(turn, exchange(turn, that, query, &session, &why), &why);
	if (rc == MCPASS_E_DENIED)
		rc = mp_ending_refuse(turn, &ending, why.oauth, why.detail, err);
	else if (rc)
		*err = why;
	else
		rc = sign_in(turn, that, &session, err);
	mp_idp_session_free(&session);
	return rc;
}

/* Its path: our own, "/authorize/callback/", and the provider's name. */
static const struct mp_idp *named_in_path(const struct mp_turn *turn)
{
	const char *slash = strrchr(turn->request->path, '/');

	return slash != NULL ? mp_idp_named(turn->issuer, slash + 1) : NULL;
}

static enum mcpass_rc take_back(const struct mp_turn *turn, const struct mp_form *query,
    struct sign_in *that, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = find(turn, query, that, err);

	if (!rc)
		rc = load_client(turn, that, err);
	if (rc)
		return rc;
	rc = classify(turn, mp_idp_metadata_get(turn, that->upstream, &that->metadata, &why), &why);
	if (rc == MCPASS_E_DENIED)      /* nothing is used up: the page may be loaded again */
		return mp_bounds_refuse(turn, 503, MP_UPSTREAM_RETRY, err,
		    "The place where you signed in cannot be reached at present.");
	if (rc) {
		*err = why;
		return rc;
	}
	rc = check_issuer(that, query, err);
	return rc ? rc : finish(turn, that, query, err);
}

enum mcpass_rc mp_idp_callback(const struct mp_turn *turn, struct mcpass_error *err)
{
	const char *text = turn->request->query != NULL ? turn->request->query : "";
	struct sign_in that = { .upstream = named_in_path(turn) };
	struct mp_form query = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (that.upstream == NULL)
		return mp_pages_message(turn, 404, "Nothing here", "No identity provider has this address.",
		    "Go back to the application and start again.", err);
	if (strlen(text) > MP_MAX_URI)
		rc = mp_response_refuse(err, "invalid_request", NULL, "The link is too long.");
	if (!rc)
		rc = mp_form_parse(text, strlen(text), &query, err);
	if (!rc)
		rc = take_back(turn, &query, &that, err);
	if (mp_response_is_refusal(rc))
		rc = mp_pages_refusal(turn, 403, err);
	mp_form_free(&query);
	release(&that);
	return rc;
}
