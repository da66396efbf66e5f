/* store_parts.h - what the files of `mcpass store` share. */
#pragma once
#include "cli/command.h"
#include "io/store/store.h"
#include "issuer/issuer.h"
#include "wire/jose/seal.h"

struct mp_store_options {
	struct mp_common common;
	const char *store, *store_key, *to_key;
	bool issuer;
};
/* What was seen of a store; the texts are the owner's (free). */
struct mp_store_sight {
	char *place, *kind, *key, *key_place, *key_words;
	size_t records, plain, old, broken;
};

/* Each gets the operands from the verb on. */
/* --- store_new_key.c --- */
/* A file, or as of secret_service.h.  Release with mp_seal_forget(), also after a failure. */
enum mcpass_rc mp_store_add_key(const char *place, struct mp_seal *ret_seal, struct mcpass_error *err);
/* The words, or with --json a count under that name, and the key. */
enum mcpass_rc mp_store_tell(const struct mp_store_options *options, const char *name, size_t count,
    const char *key, const char *words, struct mcpass_error *err);
enum mcpass_rc mp_store_new_key(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);

/* --- store_change.c --- */
enum mcpass_rc mp_store_rekey(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);
enum mcpass_rc mp_store_move(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);
