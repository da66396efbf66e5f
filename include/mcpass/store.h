/* mcpass/store.h - the credential store of the mcpass program, for programs that drive a client
 * (mcpass/client.h) by themselves: it answers LOAD, SAVE and LOCK.
 *
 * An SQLite database, private to its user: the folder is 0700 and the file 0600 from its first
 * byte; or a PostgreSQL database, for many hosts (mcpass-store(1)).  It holds tokens and client
 * secrets as they are, or sealed where there is a key ($MCPASS_STORE_KEY: a file, or the desktop's
 * Secret Service, which is asked when the store is opened and may wait for a person); each record
 * that it hands out holds them as they are: that belongs into no log, no backup that others read,
 * no crash report.
 *
 * One store is used by one thread at a time; threads and processes may each open the same one. */
#ifndef MCPASS_STORE_H
#define MCPASS_STORE_H
#include "mcpass/client.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_store;                    /* opaque */

/* path NULL: $MCPASS_STORE, else ${XDG_DATA_HOME:-~/.local/share}/mcpass/credentials.db, where the
 * mcpass program has its own; ":memory:": no file, nothing to lock; "postgresql://...": a database.  A file is made by the first
 * SAVE or LOCK.  The caller owns *ret_store.
 * MCPASS_E_POLICY  others may read it, or it is a symbolic link: err->hint says what to do
 * MCPASS_E_STORE   it cannot be opened, or is no store
 * MCPASS_E_NOMEM   out of memory */
MCPASS_API enum mcpass_rc mcpass_store_open(const char *path, struct mcpass_store **ret_store,
    struct mcpass_error *err);
MCPASS_API void mcpass_store_close(struct mcpass_store *store);         /* unlocks; NULL is fine */

/* Carries out a LOAD, SAVE or LOCK, and fills the event that answers it, but for event->now.  What
 * *ret_event points at lives until the next call.  A record that cannot be saved is an event, too:
 * SAVED with the reason.
 * It waits for the disk and for another process that is writing: milliseconds; for a PostgreSQL
 * database that does not answer: a few seconds.
 *
 * MCPASS_E_EXPIRED  Not now.  Nothing was done, and nothing is wrong: carry out the same action again
 *                   in a while, from a timer.  err->detail says what is in the way
 *                   LOCK: another process works on this login, for as long as a person needs; what
 *                   it stored will then be used
 *                   Any: another process is writing to the file.  SAVE: or the database does not
 *                   answer; what was fetched would be lost: try for as long as a restart may take
 * MCPASS_E_STORE    the store cannot be read, or (LOCK) written: nothing was asked of a server yet
 * MCPASS_E_USAGE    an action of another type
 * MCPASS_E_NOMEM    out of memory */
MCPASS_API enum mcpass_rc mcpass_store_perform(struct mcpass_store *store,
    const struct mcpass_action *action, struct mcpass_event *ret_event, struct mcpass_error *err);
/* At DONE, and when a flow failed or was given up.  No lock is held: nothing happens. */
MCPASS_API void mcpass_store_unlock(struct mcpass_store *store);

/* The keys of all records, "default https://mcp.example.com/mcp": a profile, a space, a server.
 * told is called for each, in order, before this returns; key is borrowed for the call.
 * MCPASS_E_STORE, MCPASS_E_NOMEM */
MCPASS_API enum mcpass_rc mcpass_store_list(struct mcpass_store *store,
    void (*told)(void *ctx, const char *key), void *ctx, struct mcpass_error *err);

/* What is known of one login, without a secret: as `mcpass status` shows it.  NULL: not known. */
struct mcpass_login_facts {
	const char *issuer, *resource, *scope, *client_id;
	int64_t expires_at;             /* of the access token: Unix time, seconds; 0: unknown */
	int usable;                     /* 1: the access token is good for a request that begins now */
	int renewable;                  /* 1: there is a refresh token */
};
/* *ret_facts is borrowed until the next call of this store; NULL: there is no such record.
 * now is Unix time, in seconds.  The record is forgotten by SAVE with body NULL; mcpass_link_logout()
 * tells the authorization server as well.
 * MCPASS_E_STORE, MCPASS_E_NOMEM  as above; a record that cannot be read is MCPASS_E_STORE */
MCPASS_API enum mcpass_rc mcpass_store_describe(struct mcpass_store *store, const char *key,
    int64_t now, const struct mcpass_login_facts **ret_facts, struct mcpass_error *err);

#ifdef __cplusplus
}
#endif
#endif
