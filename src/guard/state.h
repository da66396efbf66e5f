/* state.h - what a guard holds; config.c makes and frees it, guard.c uses it. */
#ifndef MP_GUARD_STATE_H
#define MP_GUARD_STATE_H
#include "guard/keys.h"
#include "guard/policy.h"
#include "guard/proof.h"
#include "guard/roles.h"
#include "guard/verify.h"

struct mcpass_guard {
	struct mp_strings audiences;
	struct mp_issuer_keys *issuers;
	size_t issuer_count;
	struct mp_policy policy;
	struct mp_role_claims role_claims;
	struct mp_proofs proofs;
	struct mp_strings metadata_urls; /* where the metadata is; the first is announced */
	char *metadata;                 /* the document */

	/* What the last verdict points at; each check replaces it. */
	struct mp_claims claims;
	char *scope;
	struct mp_strings roles;
	struct mp_buf challenge, nonce;
	char reason[320];
};

#endif
