/* DPoP at the token and the pushed authorization request endpoint.  spec: RFC 9449 4.3, 5, 8, 11.1 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/grants/token_endpoint.h"
#include "oauth/dpop.h"
#include "oauth/dpop_nonce.h"
#include "wire/jose/crypto.h"

#define NONCE_SIZE 48           /* a SHA-256 as base64url, and its NUL */

enum mcpass_rc mp_dpop_setup(const char *signing_key, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	static const char purpose[] = "mcpass: the key of DPoP nonces, and of what follows from a secret";

	return mp_hmac_sha256(signing_key, strlen(signing_key), purpose, sizeof(purpose),
	    issuer->own_key, err);
}

static struct mp_span own_key(const struct mp_issuer *issuer)
{
	return (struct mp_span){ (const char *)issuer->own_key, sizeof(issuer->own_key) };
}

enum mcpass_rc mp_dpop_add_nonce(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_buf nonce = MP_BUF(NONCE_SIZE);
	enum mcpass_rc rc;

	if (!turn->issuer->require_dpop_nonce)
		return MCPASS_OK;
	rc = mp_dpop_nonce_add(own_key(turn->issuer), turn->request->now, &nonce, err);
	if (!rc)
		rc = mp_response_header(turn, "DPoP-Nonce", mp_buf_text(&nonce), err);
	mp_buf_free(&nonce);
	return rc;
}

/* spec: RFC 9449 8: one of ours; what was handed out just now serves for a while */
static enum mcpass_rc check_nonce(const struct mp_turn *turn, const char *nonce,
    struct mcpass_error *err)
{
	enum mp_dpop_nonce_age age = MP_DPOP_NONCE_NONE;
	enum mcpass_rc rc;

	if (!turn->issuer->require_dpop_nonce)
		return MCPASS_OK;
	rc = mp_dpop_nonce_judge(own_key(turn->issuer), nonce, turn->request->now, &age, err);
	if (rc || age != MP_DPOP_NONCE_NONE)
		return rc;
	return mp_response_refuse(err, "use_dpop_nonce", "RFC 9449 8",
	    "the DPoP proof needs the nonce of DPoP-Nonce");
}

/* Last of all, so that a proof refused for its nonce is not used up.  The thumbprint has
 * no dot.  spec: RFC 9449 11.1 */
static enum mcpass_rc use_up(const struct mp_turn *turn, const struct mp_dpop_proof *proof,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	int64_t now = turn->request->now;
	bool added = false;
	char *key = NULL;
	struct mp_buf name = MP_BUF(MP_MAX_JTI + 64);
	enum mcpass_rc rc;

	mp_buf_addf(&name, "%s.%s", proof->thumbprint, proof->jti);
	rc = mp_buf_check(&name, "a proof's jti", err);
	if (!rc)
		rc = mp_sha256_b64url(mp_buf_text(&name), &key, err);
	/* For as long as its iat could pass: it may be up to a window ahead of now. */
	if (!rc)
		rc = mp_room_make(turn, "proof", NULL, err);
	if (!rc)
		rc = store->add(store->ctx, "proof", key, now + (int64_t)2 * MP_DPOP_WINDOW + 1, now, &added,
		    err);
	if (!rc && !added)
		rc = mp_response_refuse(err, "invalid_dpop_proof", "RFC 9449 11.1",
		    "the DPoP proof was used before");
	mp_buf_free(&name);
	free(key);
	return rc;
}

static enum mcpass_rc check(const struct mp_turn *turn, const char *endpoint,
    const char *header, char **ret_thumbprint, struct mcpass_error *err)
{
	struct mp_dpop_expect expect = { .method = "POST", .now = turn->request->now };
	struct mp_dpop_proof proof = { 0 };
	struct mp_buf url = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&url, "%s%s", turn->issuer->url, endpoint);
	expect.url = mp_buf_text(&url);
	rc = mp_buf_check(&url, "the endpoint", err);
	if (!rc)
		rc = mp_dpop_check(header, &expect, &proof, err);
	if (!rc)
		rc = check_nonce(turn, proof.nonce, err);
	if (!rc)
		rc = use_up(turn, &proof, err);
	if (!rc) {
		*ret_thumbprint = proof.thumbprint;
		proof.thumbprint = NULL;
	}
	mp_dpop_proof_free(&proof);
	mp_buf_free(&url);
	return rc;
}

enum mcpass_rc mp_dpop_check_request(const struct mp_turn *turn, const char *endpoint,
    char **ret_thumbprint, struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;
	size_t count = mp_header_count(request->headers, request->header_count, "DPoP");

	if (count == 0)
		return MCPASS_OK;
	/* spec: RFC 9449 4.3 (1) */
	if (count > 1)
		return mp_response_refuse(err, "invalid_dpop_proof", "RFC 9449 4.3",
		    "the DPoP header stands there twice");
	return check(turn, endpoint, mp_header_get(request->headers, request->header_count, "DPoP"),
	    ret_thumbprint, err);
}
