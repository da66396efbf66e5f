/* store.h - where credentials are kept: one interface, an SQLite file or a PostgreSQL database
 * behind it, the records sealed when there is a key (store_key.h). */
#pragma once
#include <stdint.h>
#include "base/buf.h"
#include "base/secret.h"

/* How long a store is waited for that another process writes: by a command that runs alone in each
 * call, on a loop by a timer. */
#define MP_STORE_PATIENCE_MS 10000

struct mp_store;
/* Opens (creates) the store: path NULL is $MCPASS_STORE, else
 * ${XDG_DATA_HOME:-~/.local/share}/mcpass/credentials.db; ":memory:" for tests;
 * "postgresql://..." a database.
 * The folder is 0700 and the file 0600 from its first byte; a store that others may
 * read is refused (MCPASS_E_POLICY, with the chmod to run), as is a symbolic link. */
enum mcpass_rc mp_store_open(const char *path, struct mp_store **ret_store,
    struct mcpass_error *err);
/* The same with keys of a file, or of the Secret Service (store_key.h). */
enum mcpass_rc mp_store_open_with(const char *path, const char *key_file,
    struct mp_store **ret_store, struct mcpass_error *err);
/* The same on a loop: a call waits for milliseconds, and MCPASS_E_EXPIRED says of any but a list
 * that another process writes, or that the database does not answer just now: nothing was done, try
 * again at mp_store_next_try(). */
enum mcpass_rc mp_store_open_on_loop(const char *path, struct mp_store **ret_store,
    struct mcpass_error *err);
/* Soon, at a moment of its own for each process; of mp_now_ms(). */
int64_t mp_store_next_try(void);
/* What is not tried again: MCPASS_E_EXPIRED becomes MCPASS_E_STORE.  err may be NULL. */
enum mcpass_rc mp_store_final(enum mcpass_rc rc, struct mcpass_error *err);
void mp_store_close(struct mp_store *store);
/* What it is, for a person: "PostgreSQL", and the place without a password; borrowed. */
const char *mp_store_kind(const struct mp_store *store);
const char *mp_store_shown(const struct mp_store *store);
/* The name of the key that seals, or NULL: records are kept as they are.  Borrowed. */
const char *mp_store_key_id(const struct mp_store *store);
/* All about its keys (store_key.h); borrowed. */
struct mp_store_keys;
const struct mp_store_keys *mp_store_keys_of(const struct mp_store *store);
/* Closes the file until it is wanted again, so that no database is open across a fork(); a lock
 * stays. */
void mp_store_rest(struct mp_store *store);
/* The path, where this is the store of an environment with another XDG_DATA_HOME than ours, or
 * without one; NULL: it is where ours would be. */
const char *mp_store_elsewhere(const struct mp_store *store);

/* *ret_record is the caller's (mp_free_wiped), NULL when there is none. */
enum mcpass_rc mp_store_load(struct mp_store *store, const char *key, char **ret_record,
    struct mcpass_error *err);
/* record NULL: delete (bytes overwritten: secure_delete).
 * MCPASS_E_STORE    it cannot be written; or another process wrote this one since it was loaded
 *                   (PostgreSQL): that one stays */
enum mcpass_rc mp_store_save(struct mp_store *store, const char *key, const char *record,
    struct mcpass_error *err);
enum mcpass_rc mp_store_list(struct mp_store *store, struct mp_strings *ret_keys,
    struct mcpass_error *err);

/* How a record is kept.  MCPASS_E_STORE: it cannot be opened. */
enum mp_store_seal { MP_STORE_PLAIN, MP_STORE_SEALED, MP_STORE_OLD_KEY };
enum mcpass_rc mp_store_examine(struct mp_store *store, const char *key,
    enum mp_store_seal *ret_how, struct mcpass_error *err);
/* What is saved from here on is kept as a whole at the end, or undone; others cannot write
 * meanwhile. */
enum mcpass_rc mp_store_begin(struct mp_store *store, struct mcpass_error *err);
enum mcpass_rc mp_store_end(struct mp_store *store, bool keep, struct mcpass_error *err);

/* One holder per key among all processes; gone when the process is, however it ends.  Who has
 * it knows that the store can be written, and has room for a record.  Waits for nothing.
 * MCPASS_E_EXPIRED  another one holds it: ret_holder says who ("process 123"); or, ret_holder "",
 *                   the store is busy.  Try again
 * MCPASS_E_STORE    the store cannot be written: read-only, full */
#define MP_STORE_HOLDER_ROOM 64
enum mcpass_rc mp_store_lock(struct mp_store *store, const char *key,
    char ret_holder[MP_STORE_HOLDER_ROOM], struct mcpass_error *err);
void mp_store_unlock(struct mp_store *store);

/* Facts worth keeping that are no credentials (a server's revision): short texts.  text NULL:
 * delete.  The oldest ones beyond MP_MAX_NOTES go when one is written. */
enum mcpass_rc mp_store_note(struct mp_store *store, const char *name, const char *text,
    struct mcpass_error *err);
enum mcpass_rc mp_store_noted(struct mp_store *store, const char *name, char **ret_text,
    struct mcpass_error *err);

/* The issuer's memory: ":memory:", a file, private as above, or a database.  key_file: as of
 * store_key.h, or NULL.  Fills the interface; release with mp_issuer_store_close(). */
struct mp_issuer_store;
enum mcpass_rc mp_issuer_store_open(const char *place, const char *key_file,
    struct mp_issuer_store *ret_store, struct mcpass_error *err);
/* True when the turn that just failed was undone for the sake of another instance's, or with its
 * connection: it may be run again as a whole. */
bool mp_issuer_store_again(const struct mp_issuer_store *store);
/* From here on a file waits for no other process: the turn fails at once, and may be run again. */
void mp_issuer_store_on_loop(const struct mp_issuer_store *store);
const char *mp_issuer_store_key_id(const struct mp_issuer_store *store);        /* as of a store's */
const struct mp_store_keys *mp_issuer_store_keys_of(const struct mp_issuer_store *store);

/* All that is remembered and has not expired, as texts: kind, key, group, expires_at and value of
 * each, one after the other. */
#define MP_ISSUER_STORE_COLUMNS 5
enum mcpass_rc mp_issuer_store_dump(const struct mp_issuer_store *store, int64_t now,
    struct mp_strings *ret_texts, struct mcpass_error *err);
/* In a turn: other instances cannot write until it ends. */
enum mcpass_rc mp_issuer_store_claim(const struct mp_issuer_store *store, struct mcpass_error *err);
/* In a turn: forgets everything. */
enum mcpass_rc mp_issuer_store_clear(const struct mp_issuer_store *store, struct mcpass_error *err);
void mp_issuer_store_close(struct mp_issuer_store *store);
