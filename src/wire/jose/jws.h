/* jws.h - signed tokens in the compact form.
 * spec: RFC 7515 3.1, 4.1, 5; RFC 7518 3; RFC 8725 3
 *
 * Checked here: form, base64url, JSON, alg, crit, the signature.  NOT checked here:
 * any claim.  That is the guard's (guard/verify) and the flow's. */
#pragma once
#include "wire/jose/jwk.h"

struct mp_jws {
	struct mp_span signing_input;   /* borrowed from the text that was parsed */
	struct mp_buf signature;        /* bytes */
	json_t *header, *payload;       /* objects, owned */
	enum mp_alg alg;
	const char *kid, *typ;          /* borrowed from header, or NULL */
};
/* Takes a token apart; text is borrowed and must outlive ret_jws.
 * MCPASS_E_PROTOCOL: not three parts, bad base64url or JSON, alg unknown or "none" or
 * symmetric, any crit, payload no object.  Release with mp_jws_free(). */
enum mcpass_rc mp_jws_parse(struct mp_span text, struct mp_jws *ret_jws,
    struct mcpass_error *err);
/* MCPASS_E_POLICY: the key does not permit the algorithm, or the signature is not its. */
enum mcpass_rc mp_jws_verify(const struct mp_jws *jws, const struct mp_key *key,
    struct mcpass_error *err);
/* The same with the keys of a set that the header may mean, MP_MAX_KEY_TRIES at the most. */
enum mcpass_rc mp_jws_verify_by(const struct mp_jws *jws, const struct mp_jwks *set,
    struct mcpass_error *err);
/* A claim that is a string, or NULL; borrowed. */
const char *mp_jws_claim(const struct mp_jws *jws, const char *name);
/* Whether aud is name, or has it.  spec: RFC 7519 4.1.3 */
bool mp_jws_is_for(const struct mp_jws *jws, const char *name);
void mp_jws_free(struct mp_jws *jws);

/* Signs payload with key; alg must be permitted by it.  header gives further members
 * (typ, jwk) or is NULL; alg and the key's kid are added (no kid when header has jwk).
 * The secret *ret_token is the caller's (mp_secret_free). */
enum mcpass_rc mp_jws_sign(const struct mp_key *key, enum mp_alg alg, const json_t *header,
    const json_t *payload, struct mp_secret *ret_token, struct mcpass_error *err);
