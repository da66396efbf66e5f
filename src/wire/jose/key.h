/* key.h - what a key is made of, for the files that read, write and use keys:
 * jwk_read.c, jwk_write.c, key.c, signature.c. */
#pragma once
#include <openssl/evp.h>
#include "wire/jose/jwk.h"

#define MP_ALG_COUNT (MP_EDDSA + 1)

/* Type and curve in one: they go together. */
enum mp_kind { MP_KIND_RSA, MP_KIND_P256, MP_KIND_P384, MP_KIND_P521, MP_KIND_ED25519 };
#define MP_KIND_COUNT (MP_KIND_ED25519 + 1)

struct mp_kind_row {
	const char *kty, *crv;          /* as in a JWK; crv NULL for RSA */
	const char *type, *group;       /* as OpenSSL calls them; group for EC only */
	size_t field;                   /* bytes of a coordinate; 0 for RSA */
	enum mp_alg usual;              /* any algorithm for keys of this kind */
};
extern const struct mp_kind_row mp_kinds[MP_KIND_COUNT];

struct mp_alg_row {
	const char *name;
	const char *digest;             /* as OpenSSL calls it; NULL: it is part of EdDSA */
	enum mp_kind kind;
	bool is_pss;
};
extern const struct mp_alg_row mp_algs[MP_ALG_COUNT];

struct mp_key {
	EVP_PKEY *pkey;
	enum mp_kind kind;
	enum mp_alg alg;                /* the JWK's alg member, or MP_ALG_NONE */
	char *kid;                      /* or NULL */
	bool is_private;
	bool may_sign, may_verify;      /* what key_ops permits */
	/* MP_ALG_COUNT contexts, each made by the first verification with its algorithm
	 * and copied by the next: to set one up anew costs a sixth of an RS256 one. */
	EVP_MD_CTX **templates;
};

/* A key from OpenSSL's, of which it takes its own reference.  MCPASS_E_PROTOCOL: of a
 * kind or a size that we do not use. */
enum mcpass_rc mp_key_wrap(EVP_PKEY *pkey, bool is_private, struct mp_key **ret_key,
    struct mcpass_error *err);
/* MCPASS_E_PROTOCOL when the private and the public part are not of one pair. */
enum mcpass_rc mp_key_prove_pair(const struct mp_key *key, struct mcpass_error *err);

/* Signs input and appends the signature in its JWS form (ECDSA: r and s side by side).
 * MCPASS_E_USAGE: the key has no private part, or may not sign with alg. */
enum mcpass_rc mp_key_sign(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_buf *signature, struct mcpass_error *err);
/* MCPASS_E_POLICY when the key may not verify alg, or the signature is not its. */
enum mcpass_rc mp_key_verify(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_span signature, struct mcpass_error *err);

/* Reports what OpenSSL could not do: rc, or MCPASS_E_NOMEM when its queue says so. */
enum mcpass_rc mp_key_fail(struct mcpass_error *err, enum mcpass_rc rc, const char *spec,
    const char *problem);
