/* keys.h - one issuer's keys: where they are, how old they are, when to ask again.
 * spec: RFC 7517 5; RFC 8414 3; RFC 8725 3.1 */
#ifndef MP_GUARD_KEYS_H
#define MP_GUARD_KEYS_H
#include "mcpass/guard.h"
#include "wire/jwk.h"

struct mp_issuer_keys {
	char *issuer;
	char *jwks_uri;                 /* NULL: not known, so its metadata is asked for it */
	struct mp_strings places;       /* of the metadata; empty when jwks_uri is configured */
	size_t place;                   /* the one to ask next */
	struct mp_jwks set;
	bool loopback_http, has_set, has_asked;
	int64_t fetched_at;             /* when the set came; Unix time, seconds */
	int64_t asked_at;               /* when a round of questions last ended */
	char failure[320];              /* why it ended badly, or "" */
};

enum mp_keys_answer {
	MP_KEYS_UNAVAILABLE = 0,        /* nobody can say whether there is such a key */
	MP_KEYS_UNKNOWN,                /* the issuer publishes no such key */
	MP_KEYS_FETCH,                  /* GET mp_keys_url() first */
	MP_KEYS_FOUND
};

/* Copies the configuration.  MCPASS_E_USAGE: not an issuer, or not a key set's URL;
 * MCPASS_E_POLICY: one that must not be contacted.  Free it in any case. */
enum mcpass_rc mp_keys_init(struct mp_issuer_keys *keys,
    const struct mcpass_guard_issuer *config, bool loopback_http, struct mcpass_error *err);
void mp_keys_free(struct mp_issuer_keys *keys);

/* The key for a token's header.  *ret_key is set with MP_KEYS_FOUND; borrowed until
 * mp_keys_fetched(). */
enum mp_keys_answer mp_keys_find(const struct mp_issuer_keys *keys, const char *kid,
    enum mp_alg alg, int64_t now, const struct mp_key **ret_key);
/* The URL to GET next; borrowed until mp_keys_fetched(). */
const char *mp_keys_url(const struct mp_issuer_keys *keys);
/* Takes what that GET brought.  A failure other than MCPASS_E_NOMEM is noted: it ends
 * the round, and the next one begins MP_JWKS_COOLDOWN seconds later. */
enum mcpass_rc mp_keys_fetched(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err);

#endif
