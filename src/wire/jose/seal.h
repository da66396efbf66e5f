/* seal.h - texts that are kept where others may come to read them: AES-256-GCM under a key that
 * is kept elsewhere.
 *
 * A sealed text is one word: "sealed1.KEYID.BASE64URL", the last of nonce, ciphertext and tag.  It
 * opens at its own place only (a row's name), so that two rows cannot be exchanged.  What it does
 * not keep out: a writer who puts back an older text of the same row, or takes one away. */
#pragma once
#include <stdint.h>
#include "base/buf.h"

#define MP_SEAL_KEY_LEN 32
#define MP_SEAL_ID_ROOM 12              /* eight characters and a NUL */
/* Keys that are in use at a time: the one that seals, and those of a few rotations. */
#define MP_MAX_SEAL_KEYS 8
/* A nonce is random: 2^32 texts under one key are safe. spec: NIST SP 800-38D 8.3 */
struct mp_seal_key {
	char id[MP_SEAL_ID_ROOM];       /* of its hash: says which key, and nothing about it */
	uint8_t bytes[MP_SEAL_KEY_LEN];
};
struct mp_seal {
	struct mp_seal_key keys[MP_MAX_SEAL_KEYS];
	size_t count;
};

/* Reads a file of keys: one a line, "mcpass-key-1." and 32 bytes as base64url; lines that are
 * empty or begin with '#' do not count.  The first key seals, each of them opens.  Release with
 * mp_seal_forget().
 * MCPASS_E_USAGE  a line is none of these (its number is said, never what it has); no key; more
 *                 than MP_MAX_SEAL_KEYS; one occurs twice */
enum mcpass_rc mp_seal_read(const char *text, struct mp_seal *ret_seal, struct mcpass_error *err);
/* A new key as such a line, without a line end; the caller's (mp_free_wiped). */
enum mcpass_rc mp_seal_new_line(mcpass_random_fn *random, void *ctx, char **ret_line,
    struct mcpass_error *err);
void mp_seal_forget(struct mp_seal *seal);              /* wipes; { 0 } is fine */

/* True when text says that it is sealed. */
bool mp_seal_is(const char *text);
/* Seals text with the first key; place is bound to it.  The caller's (free). */
enum mcpass_rc mp_seal_close(const struct mp_seal *seal, const char *place, const char *text,
    mcpass_random_fn *random, void *ctx, char **ret_sealed, struct mcpass_error *err);
/* *ret_text is the caller's (mp_free_wiped).
 * MCPASS_E_STORE  there is no such key; it was changed, or is another place's; it is none */
enum mcpass_rc mp_seal_open(const struct mp_seal *seal, const char *place, const char *sealed,
    char **ret_text, struct mcpass_error *err);
/* True when the first key sealed it. */
bool mp_seal_is_current(const struct mp_seal *seal, const char *sealed);
