#include "oauth/dpop.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/crypto.h"
#include "wire/uri.h"

#define TYP "dpop+jwt"
#define JTI_BYTES 16            /* 96 bits at least; RFC 9449 4.2 */

/* The URL without query and fragment; spec: RFC 9449 4.2 (htu) */
static struct mp_span without_query(const char *url)
{
	return (struct mp_span){ url, strcspn(url, "?#") };
}

/* spec: RFC 9449 8.1: 1*NQCHAR */
static bool is_nonce(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x21 || *c > 0x7e || *c == '"' || *c == '\\')
			return false;
	return *text != '\0';
}

static enum mcpass_rc make_claims(const struct mp_dpop_inputs *inputs, json_t **ret_claims,
    struct mcpass_error *err)
{
	struct mp_span htu = without_query(inputs->url);
	struct mp_secret jti = { 0 };
	json_t *claims = NULL;
	enum mcpass_rc rc;
	char *ath = NULL;

	if (inputs->nonce != NULL && !is_nonce(inputs->nonce))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9449 8.1",
		    "the server's DPoP-Nonce is not a nonce");
	rc = mp_random_text(inputs->random, inputs->random_ctx, JTI_BYTES, &jti, err);
	if (rc == MCPASS_OK && inputs->access_token != NULL)
		rc = mp_sha256_b64url(mp_secret_reveal(inputs->access_token), &ath, err);
	if (rc)
		goto out;
	claims = json_pack("{s:s, s:s, s:s%, s:I}", "jti", mp_secret_reveal(&jti),
	    "htm", inputs->method, "htu", htu.data, htu.len, "iat", (json_int_t)inputs->now);
	if (claims == NULL || !mp_json_set_text(claims, "ath", ath)
	    || !mp_json_set_text(claims, "nonce", inputs->nonce)) {
		json_decref(claims);
		rc = mp_nomem(err);
		goto out;
	}
	*ret_claims = claims;
out:
	mp_secret_free(&jti);
	free(ath);
	return rc;
}

static enum mcpass_rc make_header(const struct mp_key *key, json_t **ret_header,
    struct mcpass_error *err)
{
	json_t *jwk = NULL, *header;
	enum mcpass_rc rc = mp_jwk_write(key, false, &jwk, err);

	if (rc)
		return rc;
	header = json_pack("{s:s, s:o}", "typ", TYP, "jwk", jwk);
	if (header == NULL)
		return mp_nomem(err);
	*ret_header = header;
	return MCPASS_OK;
}

enum mcpass_rc mp_dpop_prove(const struct mp_key *key, const struct mp_dpop_inputs *inputs,
    struct mp_secret *ret_proof, struct mcpass_error *err)
{
	json_t *header = NULL, *claims = NULL;
	enum mcpass_rc rc = make_header(key, &header, err);

	if (rc == MCPASS_OK)
		rc = make_claims(inputs, &claims, err);
	if (rc == MCPASS_OK)
		rc = mp_jws_sign(key, mp_key_usual_alg(key), header, claims, ret_proof, err);
	json_decref(header);
	json_decref(claims);
	return mp_doing(err, rc, "proving possession of our key (DPoP)");
}

static enum mcpass_rc refuse(struct mcpass_error *err, const char *why)
{
	(void)mp_fail(err, MCPASS_E_DENIED, "RFC 9449 4.3", "the DPoP proof %s", why);
	mp_oauth_code(err, "invalid_dpop_proof");
	return MCPASS_E_DENIED;
}

/* A claim that is a date; what is null is absent.  *ret_date is untouched when absent. */
static enum mcpass_rc read_date(const struct mp_jws *jws, const char *name, double *ret_date,
    struct mcpass_error *err)
{
	const json_t *date = json_object_get(jws->payload, name);

	if (date == NULL || json_is_null(date))
		return MCPASS_OK;
	if (!json_is_number(date))
		return refuse(err, "has a date that is not a number");
	*ret_date = json_number_value(date);
	return MCPASS_OK;
}

/* spec: RFC 9449 4.3 (11), 11.1; RFC 7519 4.1.4, 4.1.5 where exp and nbf are there.  The dates
 * are a peer's numbers: what is made of them must not overflow. */
static enum mcpass_rc check_dates(const struct mp_jws *jws, int64_t now, int64_t *ret_until,
    struct mcpass_error *err)
{
	double age, iat = 0, nbf = 0, exp = 253402300799.0, last;
	enum mcpass_rc rc = read_date(jws, "iat", &iat, err);

	if (!rc)
		rc = read_date(jws, "nbf", &nbf, err);
	if (!rc)
		rc = read_date(jws, "exp", &exp, err);
	if (rc)
		return rc;
	age = (double)now - iat;
	if (age > MP_DPOP_WINDOW || age < -MP_DPOP_WINDOW)
		return refuse(err, "was not made just now: are the clocks right?");
	if (exp + MP_CLOCK_SKEW <= (double)now)
		return refuse(err, "has expired");
	if (nbf > (double)now + MP_CLOCK_SKEW)
		return refuse(err, "is not valid yet");
	last = iat + MP_DPOP_WINDOW < exp + MP_CLOCK_SKEW ? iat + MP_DPOP_WINDOW : exp + MP_CLOCK_SKEW;
	*ret_until = (int64_t)last;
	return MCPASS_OK;
}

/* spec: RFC 9449 4.3 (9): query and fragment are ignored, both are normalised */
static enum mcpass_rc check_url(const struct mp_jws *jws, const char *url,
    struct mcpass_error *err)
{
	const char *htu = mp_jws_claim(jws, "htu");
	struct mp_uri proven, asked;
	bool same = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (htu != NULL && mp_uri_parse(htu, &proven, NULL) == MCPASS_OK
	    && mp_uri_parse(url, &asked, NULL) == MCPASS_OK)
		rc = mp_uri_same_target(&proven, &asked, &same, err);
	return rc || same ? rc : refuse(err, "is for another URL");
}

/* spec: RFC 9449 4.3 (12) */
static enum mcpass_rc check_token(const struct mp_jws *jws, const struct mp_span *access_token,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *token, *ath = NULL;

	if (access_token == NULL)
		return MCPASS_OK;
	token = mp_dup_span(*access_token);
	if (token == NULL)
		return mp_nomem(err);
	rc = mp_sha256_b64url(token, &ath, err);
	mp_free_wiped(token);
	if (rc == MCPASS_OK && !mp_eq(mp_jws_claim(jws, "ath"), ath))
		rc = refuse(err, "is for another access token");
	free(ath);
	return rc;
}

/* The request that it was made for; spec: RFC 9449 4.3 (8, 9, 11, 12) */
static enum mcpass_rc check_claims(const struct mp_jws *jws,
    const struct mp_dpop_expect *expect, int64_t *ret_until, struct mcpass_error *err)
{
	const json_t *jti = json_object_get(jws->payload, "jti");
	enum mcpass_rc rc;

	if (json_string_length(jti) == 0 || !json_is_number(json_object_get(jws->payload, "iat")))
		return refuse(err, "lacks jti or iat");
	/* spec: RFC 9449 11.1 */
	if (json_string_length(jti) > MP_MAX_JTI)
		return refuse(err, "has a jti that is too long to be remembered");
	if (!mp_eq(mp_jws_claim(jws, "htm"), expect->method))
		return refuse(err, "is for another method");
	rc = check_url(jws, expect->url, err);
	if (!rc)
		rc = check_dates(jws, expect->now, ret_until, err);
	return rc ? rc : check_token(jws, expect->access_token, err);
}

/* The key that came with it, which must have made it; spec: RFC 9449 4.3 (5, 6, 7) */
static enum mcpass_rc check_key(const struct mp_jws *jws, const struct mp_dpop_expect *expect,
    char **ret_thumbprint, struct mcpass_error *err)
{
	const json_t *jwk = json_object_get(jws->header, "jwk");
	struct mcpass_error why = { 0 };
	struct mp_key *key = NULL;
	char *thumbprint = NULL;
	enum mcpass_rc rc;

	if (!json_is_object(jwk))
		return refuse(err, "carries no key");
	rc = mp_jwk_parse(jwk, false, &key, &why);      /* none that is symmetric or private */
	if (rc && rc != MCPASS_E_NOMEM)
		return refuse(err, "carries a key that is not accepted");
	if (rc == MCPASS_OK)
		rc = mp_jws_verify(jws, key, &why);
	if (rc == MCPASS_OK)
		rc = mp_jwk_thumbprint(key, &thumbprint, &why);
	mp_key_free(key);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return refuse(err, "is not signed by the key that it carries");
	if (expect->thumbprint != NULL && strcmp(thumbprint, expect->thumbprint) != 0) {
		free(thumbprint);
		return refuse(err, "is by another key than the token is bound to");
	}
	*ret_thumbprint = thumbprint;
	return MCPASS_OK;
}

enum mcpass_rc mp_dpop_check(const char *proof, const struct mp_dpop_expect *expect,
    struct mp_dpop_proof *ret_proof, struct mcpass_error *err)
{
	struct mp_dpop_proof found = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	rc = mp_jws_parse((struct mp_span){ proof, strlen(proof) }, &jws, &why);
	if (rc)
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : refuse(err, "is no signed token");
	if (!mp_eq(jws.typ, TYP))
		rc = refuse(err, "is of another type");
	if (rc == MCPASS_OK)
		rc = check_key(&jws, expect, &found.thumbprint, err);
	if (rc == MCPASS_OK)
		rc = check_claims(&jws, expect, &found.until, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&found.jti, mp_jws_claim(&jws, "jti"), err);
	if (rc == MCPASS_OK)
		rc = mp_set(&found.nonce, mp_jws_claim(&jws, "nonce"), err);
	mp_jws_free(&jws);
	if (rc)
		mp_dpop_proof_free(&found);
	else
		*ret_proof = found;
	return rc;
}

void mp_dpop_proof_free(struct mp_dpop_proof *proof)
{
	free(proof->thumbprint);
	free(proof->jti);
	free(proof->nonce);
	*proof = (struct mp_dpop_proof){ 0 };
}
