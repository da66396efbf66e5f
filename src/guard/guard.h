/* guard.h - what a guard holds; config.c makes and frees it, guard.c and judge.c use it. */
#pragma once
#include "guard/issuer.h"
#include "guard/cache.h"
#include "guard/proof.h"

struct mcpass_guard {
	struct mp_guard_issuer *issuers;
	size_t issuer_count;
	struct mp_terms terms;          /* while no issuer is known */
	struct mp_shared shared;
	struct mp_proofs proofs;
	struct mp_strings metadata_urls; /* where the metadata is; the first is announced */
	char *metadata;                 /* the document */
	struct mp_strings copy_urls;    /* where a copy of the first issuer's is; may be empty */

	/* By a token's hash.  The third is apart so that a sender of tokens that are none
	 * pushes out only others of that kind. */
	struct mp_cache verified;      /* JWTs whose signature was good */
	struct mp_cache words;         /* what issuers said of tokens that are active */
	struct mp_cache refused;       /* tokens that are not, or that no answer came about */

	/* What the last verdict points at; each check replaces it. */
	struct mp_claims claims;        /* where nothing remembers them */
	struct mp_strings scopes;       /* narrowed by the issuer's word */
	char *scope;
	struct mp_buf challenge, nonce;
	char reason[320];
	struct mcpass_fetch fetch;
	struct mp_headers fetch_headers;
	struct mp_buf fetch_body, fetch_key;
};
