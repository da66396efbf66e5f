/* secret.h - tokens, codes, verifiers, client secrets.
 *
 * A struct, so that it cannot be handed to printf or strcmp by mistake.  Look for
 * mp_secret_reveal() to see every place where one leaves its shell. */
#pragma once
#include "base/text.h"

struct mp_secret {
	char *bytes;    /* NUL-terminated, or NULL: absent */
	size_t len;
};

/* Replaces the secret by a copy of text (NULL: by nothing), wiping the old one. */
enum mcpass_rc mp_secret_set(struct mp_secret *secret, const char *text,
    struct mcpass_error *err);
enum mcpass_rc mp_secret_set_span(struct mp_secret *secret, struct mp_span text,
    struct mcpass_error *err);

/* For the one place that puts it on the wire; borrowed; NULL when absent. */
const char *mp_secret_reveal(const struct mp_secret *secret);
bool mp_secret_present(const struct mp_secret *secret);

/* In a time that depends on the lengths only.  Absent equals nothing. */
bool mp_secret_equal(const struct mp_secret *a, const struct mp_secret *b);
bool mp_bytes_equal(const void *a, const void *b, size_t len);   /* constant time */

void mp_secret_free(struct mp_secret *secret);   /* wipes; afterwards absent */
void mp_wipe(void *bytes, size_t len);           /* not optimised away */
void mp_free_wiped(char *text);                  /* strlen, wipe, free; NULL is fine */
