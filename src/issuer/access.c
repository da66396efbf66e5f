/* The access token: a signed statement for one resource.  spec: RFC 9068 2 */
#include "issuer/inside.h"
#include "wire/crypto.h"

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
	claims->exp = access->now + issuer->access_lifetime;
	if (!rc)
		rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &claims->jti, err);
	return rc;
}

enum mcpass_rc mp_access_token(const struct mp_issuer *issuer, const struct mp_access *access,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct claims claims = { 0 };
	json_t *header = json_object(), *payload = json_object();
	enum mcpass_rc rc;

	/* spec: RFC 9068 2.1 */
	if (payload == NULL || json_object_set_new(header, "typ", json_string("at+jwt")) != 0)
		rc = mp_nomem(err);
	else
		rc = fill(issuer, access, &claims, err);
	if (!rc)
		rc = mp_json_write(payload, claim_fields, MP_COUNT(claim_fields), &claims, err);
	if (!rc)
		rc = mp_jws_sign(issuer->key, issuer->alg, header, payload, ret_token, err);
	mp_json_release(claim_fields, MP_COUNT(claim_fields), &claims);
	json_decref(header);
	json_decref(payload);
	return rc;
}
