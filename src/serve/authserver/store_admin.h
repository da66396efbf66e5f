/* store_admin.h - an operator's work on the store of an authorization server, beside the server or
 * without it: keys are rotated, clients, sessions and users listed and revoked, a copy is made. */
#pragma once
#include "issuer/admin.h"

/* data: the store as of --data, with the file of keys that seals it, or NULL.  One that is not
 * there is MCPASS_E_USAGE: none is made. */
enum mcpass_rc mp_store_admin_open(const char *data, const char *data_key,
    struct mp_issuer_store *ret_store, struct mcpass_error *err);

/* One more signing key, which signs lead seconds from now on, or, with MP_STORE_ADMIN_ALONE, now
 * and alone; *ret_list as of mp_signing_list().
 * MCPASS_E_USAGE: no server has run with this store, or its key is in a file. */
#define MP_STORE_ADMIN_ALONE (-1)
enum mcpass_rc mp_store_admin_rotate(const struct mp_issuer_store *store, int64_t now,
    int64_t lead, json_t **ret_list, struct mcpass_error *err);
enum mcpass_rc mp_store_admin_keys(const struct mp_issuer_store *store, int64_t now,
    json_t **ret_list, struct mcpass_error *err);

/* A copy of the SQLite file at data, whole even while a server writes: private, in a file that is
 * not there yet.  MCPASS_E_USAGE: it is a database server's, which has a program of its own. */
enum mcpass_rc mp_store_admin_backup(const char *data, const char *path, struct mcpass_error *err);
