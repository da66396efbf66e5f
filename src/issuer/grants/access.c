/* The access token: a signed statement for one resource (spec: RFC 9068 2), or random text
 * by which that statement is remembered here and can be asked for (spec: RFC 7662). */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/session.h"
#include "wire/jose/crypto.h"

#define TYP "at+jwt"                    /* spec: RFC 9068 2.1 */

struct claims {
	char *iss, *sub, *aud, *client_id, *scope, *preferred_username;
	struct mp_secret jti;
	int64_t iat, exp;
	json_t *cnf;
};
static const struct mp_field claim_fields[] = {
	{ "iss", MP_FIELD_STRING, 0, offsetof(struct claims, iss), NULL },
	{ "sub", MP_FIELD_STRING, 0, offsetof(struct claims, sub), NULL },
	{ "aud", MP_FIELD_STRING, 0, offsetof(struct claims, aud), NULL },
	{ "client_id", MP_FIELD_STRING, 0, offsetof(struct claims, client_id), NULL },
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct claims, scope), NULL },
	{ "preferred_username", MP_FIELD_STRING, 0,
	    offsetof(struct claims, preferred_username), NULL },
	{ "jti", MP_FIELD_SECRET, 0, offsetof(struct claims, jti), NULL },
	{ "iat", MP_FIELD_INT, 0, offsetof(struct claims, iat), NULL },
	{ "exp", MP_FIELD_INT, 0, offsetof(struct claims, exp), NULL },
	{ "cnf", MP_FIELD_OBJECT, 0, offsetof(struct claims, cnf), NULL },
};

int64_t mp_access_lifetime(const struct mp_issuer *issuer, const struct mp_access *access)
{
	int64_t left = access->not_after - access->now;

	return access->not_after == 0 || left > issuer->access_lifetime
	    ? issuer->access_lifetime : left;
}

/* spec: RFC 9068 2.2 */
static enum mcpass_rc fill(const struct mp_issuer *issuer, const struct mp_access *access,
    struct claims *claims, struct mcpass_error *err)
{
	/* Without a resource there has to be an audience all the same.  spec: RFC 9068 3 */
	const char *aud = access->resource != NULL ? access->resource : issuer->default_resource;
	const struct { char **slot; const char *value; } texts[] = {
		{ &claims->iss, issuer->url },
		{ &claims->sub, access->username },
		{ &claims->aud, aud },
		{ &claims->client_id, access->client_id },
		{ &claims->scope, access->scope },
		{ &claims->preferred_username, access->machine ? NULL : access->username },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(texts) && !rc; i++)
		rc = mp_set(texts[i].slot, texts[i].value, err);
	if (access->thumbprint != NULL) {       /* spec: RFC 9449 6.1 */
		claims->cnf = json_pack("{s:s}", "jkt", access->thumbprint);
		if (claims->cnf == NULL)
			rc = mp_nomem(err);
	}
	claims->iat = access->now;
	claims->exp = access->now + mp_access_lifetime(issuer, access);
	if (!rc)
		rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &claims->jti, err);
	return rc;
}

static enum mcpass_rc sign(const struct mp_issuer *issuer, const json_t *payload,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	json_t *header = json_pack("{s:s}", "typ", TYP);
	enum mcpass_rc rc = header == NULL ? mp_nomem(err)
	    : mp_jws_sign(issuer->key, issuer->alg, header, payload, ret_token, err);

	json_decref(header);
	return rc;
}

static enum mcpass_rc remember(const struct mp_issuer *issuer, const struct mp_access *access,
    const json_t *payload, struct mp_secret *ret_token, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &issuer->store;
	char *text = mp_json_dump(payload), *key = NULL;
	struct mp_secret token = { 0 };
	enum mcpass_rc rc = text == NULL ? mp_nomem(err)
	    : mp_random_text(issuer->random, issuer->random_ctx, 32, &token, err);

	if (!rc)
		rc = mp_record_key(&token, &key, err);
	if (!rc)
		rc = store->put(store->ctx, MP_KIND_ACCESS, key, access->family,
		    access->now + mp_access_lifetime(issuer, access), text, err);
	free(text);
	free(key);
	if (rc)
		mp_secret_free(&token);
	else
		*ret_token = token;
	return rc;
}

enum mcpass_rc mp_access_token(const struct mp_issuer *issuer, const struct mp_access *access,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct claims claims = { 0 };
	json_t *payload = json_object();
	enum mcpass_rc rc = payload == NULL ? mp_nomem(err) : fill(issuer, access, &claims, err);

	if (!rc)
		rc = mp_json_write(payload, claim_fields, MP_COUNT(claim_fields), &claims, err);
	if (!rc && access->claims != NULL
	    && json_object_update(payload, (json_t *)access->claims) != 0)
		rc = mp_nomem(err);
	if (!rc)
		rc = issuer->opaque_tokens ? remember(issuer, access, payload, ret_token, err)
		    : sign(issuer, payload, ret_token, err);
	mp_json_release(claim_fields, MP_COUNT(claim_fields), &claims);
	json_decref(payload);
	return rc;
}

/* --- the way back --- */
/* What a JWT says, when we signed it as an access token that is still good. */
static enum mcpass_rc read_signed(const struct mp_turn *turn, const char *token,
    json_t **ret_claims, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_key *own[MP_MAX_SIGNING_KEYS];
	const struct mp_jwks keys = { own, mp_signing_published(&issuer->keys, turn->request->now, own) };
	struct mp_jws jws = { 0 };
	const json_t *exp;
	enum mcpass_rc rc;

	rc = mp_jws_parse((struct mp_span){ token, strlen(token) }, &jws, NULL);
	if (!rc)
		rc = mp_jws_verify_by(&jws, &keys, NULL);
	/* spec: RFC 9068 4 (an id token of ours is none) */
	if (!rc && mp_eq(jws.typ, TYP)
	    && mp_eq(mp_json_text(jws.payload, "iss"), issuer->url)) {
		exp = json_object_get(jws.payload, "exp");
		if (json_integer_value(exp) > turn->request->now)
			*ret_claims = json_incref(jws.payload);
	}
	mp_jws_free(&jws);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

static enum mcpass_rc recall(const struct mp_turn *turn, const char *token, json_t **ret_claims,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	char *key = NULL, *text = NULL;
	enum mcpass_rc rc = mp_sha256_b64url(token, &key, err);

	if (!rc)
		rc = store->get(store->ctx, MP_KIND_ACCESS, key, turn->request->now, &text, err);
	if (!rc && text != NULL)
		rc = mp_response_blame(mp_json_parse(text, strlen(text), MP_MAX_RECORD,
		    "a token of the issuer", ret_claims, err), MCPASS_E_STORE, err);
	mp_free_wiped(text);
	free(key);
	return rc;
}

/* A token of a sign-in at an identity provider ends with it. */
static enum mcpass_rc check_session(const struct mp_turn *turn, json_t **claims,
    struct mcpass_error *err)
{
	const char *id = json_string_value(json_object_get(*claims, "sid"));
	struct mp_idp_session session = { 0 };
	bool found = true;
	enum mcpass_rc rc = MCPASS_OK;

	if (turn->issuer->upstream_count > 0 && id != NULL)
		rc = mp_idp_session_get(turn, id, &session, &found, err);
	mp_idp_session_free(&session);
	if (rc || !found) {
		json_decref(*claims);
		*claims = NULL;
	}
	return rc;
}

enum mcpass_rc mp_access_read(const struct mp_turn *turn, const char *token,
    json_t **ret_claims, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*ret_claims = NULL;
	/* Both forms, whichever is made now: it may have been the other a minute ago. */
	rc = strchr(token, '.') != NULL ? read_signed(turn, token, ret_claims, err)
	    : recall(turn, token, ret_claims, err);
	return rc || *ret_claims == NULL ? rc : check_session(turn, ret_claims, err);
}

enum mcpass_rc mp_access_forget(const struct mp_turn *turn, const char *token,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	char *key = NULL, *text = NULL;
	enum mcpass_rc rc = mp_sha256_b64url(token, &key, err);

	if (!rc)
		rc = store->take(store->ctx, MP_KIND_ACCESS, key, turn->request->now, &text, err);
	mp_free_wiped(text);
	free(key);
	return rc;
}
