/* entry.h - how an identity provider's entry of the configuration is read, for the files that read
 * a part of it. */
#pragma once
#include "issuer/upstream/idp.h"

/* MCPASS_E_USAGE: what is wrong, and why. */
enum mcpass_rc mp_entry_wrong(struct mcpass_error *err, const char *what, const char *why);
/* As mp_json_read(), and a member that is not known is refused, but for those in more (its last is
 * NULL; or NULL). */
enum mcpass_rc mp_entry_read(const json_t *object, const struct mp_field *known, size_t count,
    const char *const *more, void *ret_struct, struct mcpass_error *err);

/* --- apis.c --- */
/* The member "apis"; NULL: there are none. */
enum mcpass_rc mp_entry_apis(const json_t *list, struct mp_idp *upstream, struct mcpass_error *err);
void mp_entry_apis_free(struct mp_idp *upstream);
