#include "issuer/grants/assertion.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "wire/jose/crypto.h"

#define SPEC "RFC 7523 3"

static enum mcpass_rc refuse(const char *code, const char *why, struct mcpass_error *err)
{
	return mp_response_refuse(err, code, SPEC, "the assertion %s", why);
}

enum mcpass_rc mp_assertion_parse(const char *text, const char *code, struct mp_jws *ret_jws,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_jws_parse((struct mp_span){ text, strlen(text) }, ret_jws, NULL);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? refuse(code, "is not a signed JWT", err) : MCPASS_OK;
}

static enum mcpass_rc check_signature(const struct mp_jws *jws, const struct mp_jwks *keys,
    const char *code, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (mp_jwks_find(keys, jws->kid, jws->alg) == NULL)
		return refuse(code, "is signed with a key that its issuer does not publish", err);
	rc = mp_jws_verify_by(jws, keys, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	/* spec: RFC 7523 3 (9), RFC 8725 3.1 */
	return rc ? refuse(code, "has a signature that is not its issuer's", err) : MCPASS_OK;
}

/* Us under one of our names: the issuer, with or without the '/' that some add to it, and
 * the endpoints that assertions are sent to.  spec: RFC 7523 3 (3); RFC 9126 2 */
static bool is_us(const struct mp_issuer *issuer, const char *name)
{
	static const char *const paths[] = { "", "/", "/token", "/par" };
	size_t len = strlen(issuer->url);

	if (strncmp(name, issuer->url, len) != 0)
		return false;
	for (size_t i = 0; i < MP_COUNT(paths); i++)
		if (strcmp(name + len, paths[i]) == 0)
			return true;
	return false;
}

static bool names(const struct mp_issuer *issuer, const char *audience, const json_t *aud)
{
	const char *name = json_string_value(aud);

	if (name == NULL)
		return false;
	return audience != NULL ? strcmp(name, audience) == 0 : is_us(issuer, name);
}

static bool is_for_us(const struct mp_issuer *issuer, const char *audience, const json_t *aud)
{
	if (!json_is_array(aud))
		return names(issuer, audience, aud);
	for (size_t i = 0; i < json_array_size(aud); i++)
		if (names(issuer, audience, json_array_get(aud, i)))
			return true;
	return false;
}

/* spec: RFC 7523 3 (4, 5, 6) */
static enum mcpass_rc check_times(const struct mp_jws *jws, int64_t now, const char *code,
    struct mcpass_error *err)
{
	const json_t *exp = json_object_get(jws->payload, "exp");
	const json_t *nbf = json_object_get(jws->payload, "nbf");
	const json_t *iat = json_object_get(jws->payload, "iat");
	double time = (double)now;      /* a peer's numbers: no sum of them overflows */

	if (!json_is_number(exp) || (nbf != NULL && !json_is_number(nbf))
	    || (iat != NULL && !json_is_number(iat)))
		return refuse(code, "has no exp, or a time that is no number", err);
	if (json_number_value(exp) <= time - MP_CLOCK_SKEW)
		return refuse(code, "has expired", err);
	if (json_number_value(exp) > time + MP_MAX_ASSERTION_LIFETIME + MP_CLOCK_SKEW)
		return refuse(code, "is good for too long", err);
	if (json_number_value(nbf) > time + MP_CLOCK_SKEW
	    || json_number_value(iat) > time + MP_CLOCK_SKEW)
		return refuse(code, "is from the future: are the clocks right?", err);
	return MCPASS_OK;
}

enum mcpass_rc mp_assertion_check(const struct mp_turn *turn, const struct mp_jws *jws,
    const struct mp_jwks *keys, const struct mp_assertion_rules *rules,
    struct mcpass_error *err)
{
	const char *sub = mp_jws_claim(jws, "sub");
	enum mcpass_rc rc = check_signature(jws, keys, rules->code, err);

	if (rc)
		return rc;
	if (!mp_eq(mp_jws_claim(jws, "iss"), rules->issuer))
		return refuse(rules->code, "is not by the issuer that it has to be by", err);
	if (sub == NULL || sub[0] == '\0')
		return refuse(rules->code, "has no sub", err);
	if (!is_for_us(turn->issuer, rules->audience, json_object_get(jws->payload, "aud")))
		return refuse(rules->code, "is for another audience", err);
	return check_times(jws, turn->request->now, rules->code, err);
}

/* One name for this jti of this issuer; the issuer comes in as a form has it, so that no
 * two pairs look alike. */
static enum mcpass_rc make_key(const char *issuer, const char *jti, char **ret_key,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(2 * MP_MAX_FORM);

	mp_form_add(&text, "iss", issuer);
	mp_form_add(&text, "jti", jti);
	return mp_sha256_b64url_buf(&text, "an assertion's jti", ret_key, err);
}

enum mcpass_rc mp_assertion_use_up(const struct mp_turn *turn, const struct mp_jws *jws,
    const struct mp_assertion_rules *rules, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	const char *jti = mp_jws_claim(jws, "jti");
	/* Checked already to be within a day of now. */
	double exp = json_number_value(json_object_get(jws->payload, "exp"));
	bool added = false;
	char *key = NULL;
	enum mcpass_rc rc;

	if (jti == NULL || jti[0] == '\0' || strlen(jti) > MP_MAX_JTI)
		return refuse(rules->code, "has no jti, or one too long to be remembered", err);
	rc = make_key(rules->issuer, jti, &key, err);
	if (!rc)
		rc = mp_room_make(turn, "jti", NULL, err);
	if (!rc)
		rc = store->add(store->ctx, "jti", key, (int64_t)exp + (int64_t)2 * MP_CLOCK_SKEW,
		    turn->request->now, &added, err);
	free(key);
	/* spec: RFC 7523 3 (7) */
	if (!rc && !added)
		rc = refuse(rules->code, "was used before", err);
	return rc;
}

enum mcpass_rc mp_assertion_prove_client(const struct mp_turn *turn,
    const struct mp_form *form, const struct mp_client *client, struct mcpass_error *err)
{
	/* iss and sub are both the client: sub is what it was looked up by.
	 * spec: RFC 7523 3 (1, 2 B) */
	const struct mp_assertion_rules rules = { .code = "invalid_client",
		.issuer = client->client_id };
	struct mp_jwks keys = { 0 };
	struct mp_jws jws = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc;

	if (client->jwks == NULL)
		return refuse(rules.code, "is by a client that has no keys here", err);
	rc = mp_request_required(form, "client_assertion", &text, err);
	if (!rc)
		rc = mp_jwks_parse(client->jwks, strlen(client->jwks), &keys, err);
	if (!rc)
		rc = mp_assertion_parse(text, rules.code, &jws, err);
	if (!rc)
		rc = mp_assertion_check(turn, &jws, &keys, &rules, err);
	if (!rc)
		rc = mp_assertion_use_up(turn, &jws, &rules, err);
	mp_jws_free(&jws);
	mp_jwks_free(&keys);
	return rc;
}
