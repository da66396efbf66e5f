/* keys.h - one issuer's keys: how old they are, when to ask again.
 * spec: RFC 7517 5; RFC 8725 3.1 */
#pragma once
#include "guard/discovery.h"
#include "wire/jose/crypto.h"
#include "wire/jose/jwk.h"

struct mp_issuer_keys {
	char *jwks_uri;                 /* as configured; NULL: its metadata says it */
	struct mp_discovery *discovery; /* borrowed; outlives it */
	struct mp_jwks set;
	uint64_t generation;            /* of the set: another one each time it is replaced */
	uint8_t digest[MP_SHA256_LEN];  /* of its text */
	bool is_pinned;                 /* the operator gave the set: no other is fetched */
	bool has_set;
	int64_t fetched_at;             /* when the set came; Unix time, seconds */
	bool is_cooling;                /* it was last asked for in vain, or for a strange kid; */
	int64_t asked_at;               /*    then */
	int64_t taken_at;               /* when the last answer came, of whatever kind */
	char failure[320];              /* why that ended badly, or "" */
};

enum mp_keys_answer {
	MP_KEYS_UNAVAILABLE = 0,        /* it is not known whether there is such a key */
	MP_KEYS_UNKNOWN,                /* the issuer publishes no such key */
	MP_KEYS_FETCH,                  /* GET *ret_url first */
	MP_KEYS_FOUND
};

/* Copies the URL.  Free it in any case. */
enum mcpass_rc mp_keys_init(struct mp_issuer_keys *keys, const char *jwks_uri,
    struct mp_discovery *discovery, struct mcpass_error *err);
void mp_keys_free(struct mp_issuer_keys *keys);

/* Whether the set has candidates for a token's header.  *ret_url is set with MP_KEYS_FETCH,
 * and borrowed until something is fetched. */
enum mp_keys_answer mp_keys_find(const struct mp_issuer_keys *keys, const char *kid,
    enum mp_alg alg, int64_t now, const char **ret_url);
/* None of the candidates made the signature: what to GET for a newer set, in which the issuer
 * may have replaced a key under its name; NULL: nothing now.  Borrowed as above. */
const char *mp_keys_newer(const struct mp_issuer_keys *keys, int64_t now);
/* Whether there is a set that is good enough to verify with. */
bool mp_keys_serve(const struct mp_issuer_keys *keys, int64_t now);
/* Takes a set that was not fetched, for good.  MCPASS_E_USAGE: it is none, or has no key that
 * signs. */
enum mcpass_rc mp_keys_pin(struct mp_issuer_keys *keys, const char *jwks, size_t len,
    struct mcpass_error *err);
/* Where the set is, as far as that is known; or NULL. */
const char *mp_keys_url(const struct mp_issuer_keys *keys);
/* Why there is no key; a sentence, borrowed until something is fetched. */
const char *mp_keys_failure(const struct mp_issuer_keys *keys);
/* Takes what the GET of mp_keys_url() brought.  A failure other than MCPASS_E_NOMEM is
 * noted, and it is asked for again MP_JWKS_COOLDOWN seconds later; until then the set that
 * was there stays. */
enum mcpass_rc mp_keys_fetched(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err);
