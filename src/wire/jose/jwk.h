/* jwk.h - keys as JSON, and key sets.
 * spec: RFC 7517, RFC 7518 6, RFC 7638 (thumbprint), RFC 8037 (OKP) */
#pragma once
#include "wire/json/json.h"

/* The algorithms we speak; the zero is none, and none verifies nothing. */
enum mp_alg {
	MP_ALG_NONE = 0,
	MP_RS256, MP_RS384, MP_RS512, MP_PS256, MP_PS384, MP_PS512,
	MP_ES256, MP_ES384, MP_ES512, MP_EDDSA
};
enum mp_alg mp_alg_from_name(const char *name);     /* MP_ALG_NONE when unknown */
const char *mp_alg_name(enum mp_alg alg);           /* static, "none" for the zero */

struct mp_key;          /* one key: imported once, used many times; not thread-safe */

/* Reads one JWK.  MCPASS_E_PROTOCOL: not a key of a type we speak (RSA of 2048 to 8192
 * bits, EC P-256/384/521, OKP Ed25519), a symmetric key, one that use or key_ops keeps
 * from signatures, an alg that it does not fit, two halves that are not of one pair.
 * A private part is taken only when want_private; otherwise its presence is refused
 * (a public place that shows a private key is an accident).  Release: mp_key_free(). */
enum mcpass_rc mp_jwk_parse(const json_t *jwk, bool want_private, struct mp_key **ret_key,
    struct mcpass_error *err);
/* A private key in PEM (PKCS#8); for private_key_jwt. */
enum mcpass_rc mp_key_from_pem(const char *pem, size_t len, struct mp_key **ret_key,
    struct mcpass_error *err);
/* A fresh key for alg, from OpenSSL's generator; its kid is its thumbprint. */
enum mcpass_rc mp_key_generate(enum mp_alg alg, struct mp_key **ret_key,
    struct mcpass_error *err);
/* The JWK: public members, use "sig", alg and kid; with the private ones when asked.
 * *ret_jwk is the caller's (json_decref). */
enum mcpass_rc mp_jwk_write(const struct mp_key *key, bool with_private, json_t **ret_jwk,
    struct mcpass_error *err);
/* base64url(SHA-256) of the required members; the caller's (free); spec: RFC 7638 3 */
enum mcpass_rc mp_jwk_thumbprint(const struct mp_key *key, char **ret_text,
    struct mcpass_error *err);
const char *mp_key_kid(const struct mp_key *key);   /* or NULL; borrowed */
/* True when the key's type, curve, use, key_ops and alg member all permit alg. */
bool mp_key_permits(const struct mp_key *key, enum mp_alg alg);
/* The first algorithm that the key permits, the usual ones of its type before the others;
 * MP_ALG_NONE when it permits none. */
enum mp_alg mp_key_usual_alg(const struct mp_key *key);
void mp_key_free(struct mp_key *key);               /* wipes; NULL is fine */

struct mp_jwks {
	struct mp_key **keys;
	size_t count;
};
/* Reads a key set.  Keys we do not speak, and encryption keys ("use":"enc"), are left
 * out (RFC 7517 5), and the same key twice is one; a document that is no key set is
 * MCPASS_E_PROTOCOL. */
enum mcpass_rc mp_jwks_parse(const char *data, size_t len, struct mp_jwks *ret_set,
    struct mcpass_error *err);
/* The candidates for a header, of which mp_jws_verify_by() finds the right one: the keys
 * that permit alg and have the header's kid; where no key of the set has it, those without
 * a kid; where the header has none, any.  NULL when there is none.  Borrowed from set. */
const struct mp_key *mp_jwks_find(const struct mp_jwks *set, const char *kid,
    enum mp_alg alg);
/* The same one after another; *at is 0 to begin with. */
const struct mp_key *mp_jwks_next(const struct mp_jwks *set, const char *kid, enum mp_alg alg,
    size_t *at);
void mp_jwks_free(struct mp_jwks *set);
