/* store_key.h - the keys that a store is sealed with: in a file, or in the Secret Service.
 *
 * A key beside an SQLite file protects copies and backups of that file alone: a reader of the folder
 * has both.  For a database on another machine the key protects everything that is there. */
#pragma once
#include "wire/jose/seal.h"

/* Where the keys of the store at place are: file, else $MCPASS_STORE_KEY, each the path of a file or
 * as of secret_service.h; else for an SQLite file PATH.key when that is there; *ret_path NULL: nowhere,
 * and nothing is sealed, nor is what is in memory alone.  The caller's (free). */
enum mcpass_rc mp_store_key_find(const char *place, const char *file, char **ret_path,
    struct mcpass_error *err);
/* Where a new key of an SQLite store belongs: PATH.key.  The caller's (free). */
enum mcpass_rc mp_store_key_beside(const char *place, char **ret_path, struct mcpass_error *err);

struct mp_store_keys {
	struct mp_seal seal;            /* no keys: nothing is sealed */
	char *place, *file;             /* by which they are found */
	char *where;                    /* as of mp_store_key_find() */
};
/* Release with mp_store_keys_free().
 * MCPASS_E_POLICY  others may read the file
 * MCPASS_E_USAGE   it is no file of keys
 * MCPASS_E_STORE   the Secret Service does not answer, or has none of that name */
enum mcpass_rc mp_store_keys_read(const char *place, const char *file,
    struct mp_store_keys *ret_keys, struct mcpass_error *err);
void mp_store_keys_free(struct mp_store_keys *keys);    /* { 0 } is fine */

/* Seals text for its row, when there is a key; else a copy.  The caller's (mp_free_wiped). */
enum mcpass_rc mp_store_key_close(const struct mp_store_keys *keys, const char *table, const char *row,
    const char *text, char **ret_text, struct mcpass_error *err);
/* Opens what was sealed, in place of *text (NULL is fine); a plain text stays.  Keys that do not
 * open it are read again: the file may have a new one since this process began.
 * MCPASS_E_STORE: there is no key for it */
enum mcpass_rc mp_store_key_open(struct mp_store_keys *keys, const char *table, const char *row,
    char **text, struct mcpass_error *err);

/* For a person: "sealed with the key ID of PLACE", or "not sealed". */
void mp_store_key_show(const struct mp_store_keys *keys, struct mp_buf *text);
