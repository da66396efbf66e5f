#include "guard/proof.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/dpop.h"
#include "oauth/dpop_nonce.h"

static enum mcpass_rc set_secret(struct mp_proofs *proofs, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	const struct mp_span secret = { (const char *)cfg->nonce_secret, cfg->nonce_secret_len };

	if (secret.data == NULL)
		return MCPASS_OK;
	if (proofs->mode == MCPASS_DPOP_OFF)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a nonce secret, but DPoP is off");
	if (secret.len < MP_MIN_NONCE_SECRET || secret.len > MP_MAX_NONCE_SECRET)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 2104 3",
		    "the nonce secret has %zu bytes, not %d to %d", secret.len, MP_MIN_NONCE_SECRET,
		    MP_MAX_NONCE_SECRET);
	return mp_secret_set_span(&proofs->nonce_secret, secret, err);
}

enum mcpass_rc mp_proofs_init(struct mp_proofs *proofs, const struct mcpass_guard_config *cfg,
    struct mp_shared *shared, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*proofs = (struct mp_proofs){ .mode = cfg->dpop, .shared = shared };
	if (cfg->dpop != MCPASS_DPOP_OFF && cfg->dpop != MCPASS_DPOP_ACCEPTED
	    && cfg->dpop != MCPASS_DPOP_REQUIRED)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no such way to use DPoP: %d",
		    (int)cfg->dpop);
	rc = set_secret(proofs, cfg, err);
	return rc ? rc : mp_set(&proofs->resource, cfg->resource, err);
}

void mp_proofs_free(struct mp_proofs *proofs)
{
	free(proofs->resource);
	mp_secret_free(&proofs->nonce_secret);
	*proofs = (struct mp_proofs){ 0 };
}

/* spec: RFC 9449 4.3 (10), 9 */
static enum mcpass_rc check_nonce(const struct mp_proofs *proofs, const char *nonce,
    int64_t now, bool *ret_old, enum mp_denial *ret_denial, struct mcpass_error *err)
{
	const struct mp_secret *key = &proofs->nonce_secret;
	enum mp_dpop_nonce_age age = MP_DPOP_NONCE_NONE;
	enum mcpass_rc rc;

	if (!mp_secret_present(key))
		return MCPASS_OK;
	rc = mp_dpop_nonce_judge((struct mp_span){ key->bytes, key->len }, nonce, now, &age, err);
	if (rc)
		return rc;
	if (age == MP_DPOP_NONCE_NONE) {
		*ret_denial = MP_DENY_NONCE;
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 9",
		    "the DPoP proof must have the nonce of DPoP-Nonce");
	}
	*ret_old = age == MP_DPOP_NONCE_OLD;
	return MCPASS_OK;
}

/* spec: RFC 9449 7.1: the proof is good, so it is the token that is not this client's */
static enum mcpass_rc check_key(const struct mp_dpop_proof *proof, const char *thumbprint,
    enum mp_denial *ret_denial, struct mcpass_error *err)
{
	if (strcmp(proof->thumbprint, thumbprint) == 0)
		return MCPASS_OK;
	*ret_denial = MP_DENY_TOKEN;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 7.1",
	    "the token is bound to another key than the DPoP proof's");
}

/* Last of all, so that a proof is not used up by a request that was refused for its nonce. */
static enum mcpass_rc use_up(struct mp_proofs *proofs, const struct mp_dpop_proof *proof,
    int64_t now, enum mp_denial *ret_denial, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_shared_use_proof(proofs->shared, proof->thumbprint,
	    proof->jti, proof->until, now, err);

	if (rc == MCPASS_E_POLICY)
		*ret_denial = MP_DENY_PROOF;
	else if (rc == MCPASS_E_LIMIT)
		*ret_denial = MP_DENY_BUSY;
	return rc;
}

enum mcpass_rc mp_proofs_check(struct mp_proofs *proofs,
    const struct mcpass_guard_request *request, const struct mp_credentials *presented,
    const char *thumbprint, bool *ret_nonce_old, enum mp_denial *ret_denial,
    struct mcpass_error *err)
{
	/* The key is compared here, since another one is the token's fault. */
	const struct mp_dpop_expect expect = {
		.method = request->method,
		.url = request->url != NULL ? request->url : proofs->resource,
		.access_token = &presented->token, .now = request->now,
	};
	struct mp_dpop_proof proof = { 0 };
	bool nonce_old = false;
	enum mcpass_rc rc;

	rc = mp_dpop_check(presented->proof, &expect, &proof, err);
	if (rc == MCPASS_E_DENIED)
		*ret_denial = MP_DENY_PROOF;
	if (!rc)
		rc = check_key(&proof, thumbprint, ret_denial, err);
	if (!rc)
		rc = check_nonce(proofs, proof.nonce, request->now, &nonce_old, ret_denial, err);
	if (!rc)
		rc = use_up(proofs, &proof, request->now, ret_denial, err);
	mp_dpop_proof_free(&proof);
	if (!rc)
		*ret_nonce_old = nonce_old;
	return rc;
}
