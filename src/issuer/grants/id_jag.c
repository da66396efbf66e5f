/* As an identity provider: an id token of ours for an ID-JAG, with which its client gets a
 * token from another authorization server, without a redirect.
 * spec: RFC 8693 2; MCP enterprise-managed authorization (SEP-990) */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/grants/assertion.h"
#include "issuer/grants/token_endpoint.h"
#include "oauth/scope.h"
#include "wire/jose/crypto.h"

#define TYP_ID_TOKEN "JWT"      /* an access token is at+jwt and passes for none */

/* --- the id token --- */
static enum mcpass_rc sign(const struct mp_issuer *issuer, const char *typ,
    const json_t *claims, struct mp_secret *ret_token, struct mcpass_error *err)
{
	json_t *header = json_pack("{s:s}", "typ", typ);
	enum mcpass_rc rc = header == NULL || claims == NULL ? mp_nomem(err)
	    : mp_jws_sign(issuer->key, issuer->alg, header, claims, ret_token, err);

	json_decref(header);
	return rc;
}

enum mcpass_rc mp_issuer_mint_id_token(struct mp_issuer *issuer, const char *username,
    const char *client_id, int64_t now, struct mp_secret *ret_token, struct mcpass_error *err)
{
	json_t *claims = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	if (mp_users_find(issuer, username) == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no user %s", username);
	/* spec: OpenID Connect Core 2 */
	claims = json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", issuer->url, "sub", username, "aud",
	    client_id, "iat", (json_int_t)now, "exp", (json_int_t)now + MP_ID_TOKEN_LIFETIME);
	rc = sign(issuer, TYP_ID_TOKEN, claims, ret_token, err);
	json_decref(claims);
	return mp_doing(err, rc, "minting an id token");
}

/* --- the exchange --- */
static enum mcpass_rc refuse_subject(struct mcpass_error *err, const char *why)
{
	/* spec: RFC 8693 2.2.2 */
	return mp_response_refuse(err, "invalid_request", "RFC 8693 2.2.2", "subject_token %s", why);
}

static enum mcpass_rc check_types(const struct mp_form *form, struct mcpass_error *err)
{
	const char *wanted, *subject;
	enum mcpass_rc rc = mp_request_required(form, "requested_token_type", &wanted, err);

	if (!rc)
		rc = mp_request_required(form, "subject_token_type", &subject, err);
	if (!rc && (strcmp(wanted, MP_TOKEN_TYPE_ID_JAG) != 0
	    || strcmp(subject, MP_TOKEN_TYPE_ID_TOKEN) != 0))
		rc = mp_response_refuse(err, "invalid_request", "RFC 8693 2.1",
		    "an id token is exchanged for an ID-JAG, and nothing else");
	return rc;
}

/* Whose it is, when it is an id token of ours for this client.  spec: OIDC Core 3.1.3.7 */
static enum mcpass_rc read_subject(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_user **ret_user, struct mcpass_error *err)
{
	const struct mp_assertion_rules rules = { .code = "invalid_request",
		.issuer = turn->issuer->url, .audience = ask->client->client_id };
	struct mp_key *own[MP_MAX_SIGNING_KEYS];
	const struct mp_jwks keys = { own, mp_signing_published(&turn->issuer->keys, turn->request->now,
	    own) };
	struct mp_jws jws = { 0 };
	const char *text;
	enum mcpass_rc rc = mp_request_required(ask->form, "subject_token", &text, err);

	if (!rc)
		rc = mp_assertion_parse(text, rules.code, &jws, err);
	if (!rc && !mp_eq(jws.typ, TYP_ID_TOKEN))
		rc = refuse_subject(err, "is no id token");
	if (!rc)
		rc = mp_assertion_check(turn, &jws, &keys, &rules, err);
	if (!rc) {
		*ret_user = mp_users_find(turn->issuer, mp_jws_claim(&jws, "sub"));
		if (*ret_user == NULL)
			rc = refuse_subject(err, "is about a user who is not known any more");
	}
	mp_jws_free(&jws);
	return rc;
}

static enum mcpass_rc read_audience(const struct mp_issuer *issuer, const struct mp_form *form,
    const char **ret_audience, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_request_required(form, "audience", ret_audience, err);

	/* spec: RFC 8693 2.2.2 (invalid_target) */
	if (!rc && !mp_strings_has(&issuer->vouched, *ret_audience))
		rc = mp_response_refuse(err, "invalid_target", "RFC 8693 2.2.2",
		    "no identity assertion is given for that audience");
	return rc;
}

/* As far as this user may: what there is at the other server is its own matter. */
static enum mcpass_rc read_scope(const struct mp_form *form, const struct mp_user *user,
    char **ret_scope, struct mcpass_error *err)
{
	struct mp_strings wanted = { 0 }, scopes = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc = mp_form_get(form, "scope", &text, err);

	if (!rc)
		rc = mp_scope_parse(text, &wanted, err);
	if (!rc)
		rc = mp_users_narrow(user, &wanted, &scopes, err);
	if (!rc && wanted.count > 0 && scopes.count == 0)
		rc = mp_response_refuse(err, "invalid_scope", "RFC 6749 5.2",
		    "the user may have none of the scopes");
	if (!rc)
		rc = mp_scope_join(&scopes, ret_scope, err);
	mp_strings_free(&wanted);
	mp_strings_free(&scopes);
	return rc;
}

struct statement {
	const char *subject, *client_id, *audience;
	const char *resource, *scope;   /* or NULL */
};

/* spec: SEP-990 (jti iss sub aud resource client_id exp iat scope) */
static enum mcpass_rc make_id_jag(const struct mp_turn *turn, const struct statement *that,
    struct mp_secret *ret_jag, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	json_int_t now = turn->request->now;
	struct mp_secret jti = { 0 };
	json_t *claims;
	enum mcpass_rc rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &jti, err);

	if (rc)
		return rc;
	claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "jti", mp_secret_reveal(&jti),
	    "iss", issuer->url, "sub", that->subject, "aud", that->audience,
	    "client_id", that->client_id, "iat", now, "exp", now + MP_ID_JAG_LIFETIME);
	mp_secret_free(&jti);
	if (claims == NULL || !mp_json_set_text(claims, "resource", that->resource)
	    || !mp_json_set_text(claims, "scope", that->scope))
		rc = mp_nomem(err);
	else
		rc = sign(issuer, MP_TYP_ID_JAG, claims, ret_jag, err);
	json_decref(claims);
	return rc;
}

/* spec: RFC 8693 2.2.1 */
static enum mcpass_rc answer(const struct mp_turn *turn, const struct statement *that,
    struct mcpass_error *err)
{
	struct mp_secret jag = { 0 };
	json_t *body = NULL;
	enum mcpass_rc rc = make_id_jag(turn, that, &jag, err);

	if (rc)
		return rc;
	body = json_pack("{s:s, s:s, s:s, s:i}", "access_token", mp_secret_reveal(&jag),
	    "issued_token_type", MP_TOKEN_TYPE_ID_JAG, "token_type", "N_A", "expires_in",
	    MP_ID_JAG_LIFETIME);
	mp_secret_free(&jag);
	if (body == NULL || !mp_json_set_text(body, "scope", that->scope))
		rc = mp_nomem(err);
	else
		rc = mp_response_json(turn, 200, body, err);
	json_decref(body);
	return rc;
}

enum mcpass_rc mp_id_jag_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	struct statement that = { .client_id = ask->client->client_id };
	const struct mp_user *user = NULL;
	char *scope = NULL;
	enum mcpass_rc rc = check_types(ask->form, err);

	if (!rc)
		rc = read_subject(turn, ask, &user, err);
	if (!rc)
		rc = read_audience(turn->issuer, ask->form, &that.audience, err);
	if (!rc)
		rc = mp_request_resource(ask->form, &that.resource, err);
	if (!rc)
		rc = read_scope(ask->form, user, &scope, err);
	if (!rc) {
		that.subject = user->username;
		that.scope = scope;
		rc = answer(turn, &that, err);
	}
	free(scope);
	return rc;
}
