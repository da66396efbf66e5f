/* crypto.h - the few other things that OpenSSL does for us. */
#pragma once
#include <stdint.h>
#include "base/buf.h"
#include "base/secret.h"

/* Before anything of OpenSSL is used; MCPASS_E_NOMEM: it could not set itself up. */
enum mcpass_rc mp_crypto_ready(struct mcpass_error *err);

#define MP_SHA256_LEN 32
enum mcpass_rc mp_sha256(const void *bytes, size_t len, uint8_t ret_digest[MP_SHA256_LEN],
    struct mcpass_error *err);
/* spec: RFC 2104.  MCPASS_E_USAGE: a key of no bytes. */
enum mcpass_rc mp_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
    uint8_t ret_mac[MP_SHA256_LEN], struct mcpass_error *err);
/* base64url(SHA-256(text)): PKCE's S256, DPoP's ath; the caller's (free). */
enum mcpass_rc mp_sha256_b64url(const char *text, char **ret_text, struct mcpass_error *err);
/* The same of a buffer, which is empty afterwards, whatever the result; what names its content. */
enum mcpass_rc mp_sha256_b64url_buf(struct mp_buf *buf, const char *what, char **ret_text,
    struct mcpass_error *err);

/* len (1 to MP_MAX_RANDOM) random bytes as base64url: state, verifiers, codes. */
enum mcpass_rc mp_random_text(mcpass_random_fn *random, void *ctx, size_t len,
    struct mp_secret *ret_text, struct mcpass_error *err);

/* A password as a self-describing line, scrypt: "$scrypt$ln=14,r=8,p=1$salt$hash".
 * log2_n: the cost, 14 for people; the caller's (free). */
enum mcpass_rc mp_password_hash(const char *password, const uint8_t salt[16], unsigned log2_n,
    char **ret_line, struct mcpass_error *err);
/* The line of a hash that is there already; the caller's (free). */
enum mcpass_rc mp_password_line(const uint8_t salt[16], const uint8_t hash[32], unsigned log2_n,
    char **ret_line, struct mcpass_error *err);
/* True when it begins as such a line does. */
bool mp_password_is_line(const char *line);
/* The cost of a line.  MCPASS_E_PROTOCOL for a line that is none, or costs too little or
 * too much. */
enum mcpass_rc mp_password_cost(const char *line, unsigned *ret_log2_n,
    struct mcpass_error *err);
/* MCPASS_OK when it matches, MCPASS_E_DENIED when not, MCPASS_E_PROTOCOL for a line that
 * is none.  Takes as long for a wrong password as for the right one, and as long as a line
 * of the cost log2_n takes where the line's own is less: 0 for the line's own. */
enum mcpass_rc mp_password_check(const char *password, const char *line, unsigned log2_n,
    struct mcpass_error *err);
