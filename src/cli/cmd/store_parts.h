/* store_parts.h - what the files of `mcpass store` share. */
#ifndef MP_CLI_CMD_STORE_PARTS_H
#define MP_CLI_CMD_STORE_PARTS_H
#include "cli/command.h"
#include "io/store/store.h"
#include "issuer/issuer.h"

struct mp_store_options {
	struct mp_common common;
	const char *store, *store_key, *to_key;
	bool issuer;
};
/* What was seen of a store; the texts are the owner's (free). */
struct mp_store_sight {
	char *place, *kind, *key;
	size_t records, plain, old, broken;
};

/* --- store_change.c --- */
enum mcpass_rc mp_store_new_key(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);
enum mcpass_rc mp_store_rekey(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);
enum mcpass_rc mp_store_move(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err);

#endif
