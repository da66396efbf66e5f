/* cache.h - what is remembered of tokens, by their hash: the token itself is not kept.
 *
 * It holds so many and no more: a new one pushes out the one that was not used for longest,
 * all in constant time.  What stands here was found out, not decided: a caller that finds an entry
 * still asks whether its key and its time are good. */
#pragma once
#include "guard/claims.h"
#include "wire/jose/crypto.h"
#include "wire/jose/jwk.h"

enum mp_cache_kind {
	MP_CACHE_CLAIMS = 0,           /* claims: a JWT's that was verified, or an issuer's word */
	MP_CACHE_INACTIVE,             /* the issuer said that it is not active */
	MP_CACHE_FAILED,               /* the issuer's answer was of no use; failure says why */
	MP_CACHE_EXCHANGED,            /* exchanged: what it was exchanged for */
	MP_CACHE_REFUSED               /* it is exchanged for nothing; failure says why */
};
struct mp_entry {
	uint8_t digest[MP_SHA256_LEN];  /* of the token */
	enum mp_cache_kind kind;
	struct mp_claims claims;        /* owned */
	size_t issuer;                  /* which one of the guard's */
	char *kid;                      /* owned, or NULL: the key that signed it, */
	enum mp_alg alg;                /* how, */
	uint64_t generation;            /* and which of the issuer's sets it was found in */
	int64_t at;                     /* when the issuer was asked; Unix time, seconds */
	char *failure;                  /* owned, or NULL */
	char *answer;                   /* owned, or NULL: what the issuer answered, JSON */
	struct mp_secret exchanged;     /* owned */
	int64_t until;                  /* EXCHANGED: it serves before that; Unix time, seconds */
	/* cache.c's own: */
	struct mp_entry *next;          /* in its bucket */
	struct mp_entry *newer, *older;
};
struct mp_bucket {
	struct mp_entry *first;
};
struct mp_cache {                      /* { 0 }: not in use */
	struct mp_bucket *buckets;      /* MP_MAX_REMEMBERED */
	struct mp_entry *newest, *oldest;
	size_t count;
};

enum mcpass_rc mp_cache_init(struct mp_cache *memory, struct mcpass_error *err);
void mp_cache_free(struct mp_cache *memory);

/* The entry of that hash, which counts as used now, or NULL.  Borrowed until the next add
 * or forget. */
struct mp_entry *mp_cache_find(struct mp_cache *memory, const uint8_t digest[MP_SHA256_LEN]);
/* Takes entry over, in place of an older one of its hash; it lives until it is pushed out. */
void mp_cache_add(struct mp_cache *memory, struct mp_entry *entry);
void mp_cache_forget(struct mp_cache *memory, struct mp_entry *entry);
void mp_entry_free(struct mp_entry *entry);     /* NULL is fine */
