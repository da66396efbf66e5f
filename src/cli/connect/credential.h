/* credential.h - a stored credential as a person, or a program, may see it: no secret. */
#pragma once
#include "ui/term.h"
#include "flow/record.h"

/* One paragraph; key is the record's name in the store, "PROFILE SERVER". */
void mp_credential_render(struct mp_buf *buf, const struct mp_term *term, const char *key,
    const struct mp_record *record, int64_t now);
/* The same as an object; the caller's (json_decref). */
enum mcpass_rc mp_credential_json(const char *key, const struct mp_record *record,
    int64_t now, json_t **ret_json, struct mcpass_error *err);

/* Reads what is stored at store_path (NULL: the usual place) for that server and profile
 * (NULL: "default"); *ret_found says whether there is any.  Adds the record's name to key.
 * Release *ret_record with mp_record_free(). */
enum mcpass_rc mp_credential_load(const char *store_path, const char *server,
    const char *profile, struct mp_buf *key, struct mp_record *ret_record, bool *ret_found,
    struct mcpass_error *err);

/* True when key is of that server and, unless it is NULL, that profile. */
bool mp_credential_is(const char *key, const char *server, const char *profile);
