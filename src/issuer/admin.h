/* admin.h - what an operator sees of the issuer's store, and takes back: clients, sessions (what
 * a person allowed a client), users.
 *
 * It works on the store alone, so also beside a running server.  No secret is shown, and no hash
 * of one: a session is named by a fingerprint. */
#pragma once
#include "issuer/issuer.h"

enum mp_admin_what { MP_ADMIN_CLIENTS = 1, MP_ADMIN_SESSIONS, MP_ADMIN_USERS };

/* [{...}], the caller's (json_decref):
 *   clients   id, name, kind ("registered", or "known": it did not register itself), registered_at,
 *             used_at, expires_at, sessions
 *   sessions  id (a fingerprint), user, client, scope, resource, expires_at
 *   users     user, sessions, browsers (in which they are signed in); of a person who signed in at
 *             an identity provider also name and upstream, which is the provider's
 * A time that is not known is 0. */
enum mcpass_rc mp_admin_list(const struct mp_issuer_store *store, enum mp_admin_what what,
    int64_t now, json_t **ret_list, struct mcpass_error *err);
/* One of them by its id, or its first letters where no other begins so; with its sessions as the
 * member "list".  MCPASS_E_USAGE: there is none, or more than one. */
enum mcpass_rc mp_admin_show(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, int64_t now, json_t **ret_object, struct mcpass_error *err);
/* Takes it back: its refresh tokens and opaque access tokens are good no longer, its browsers are
 * signed out, a client that registered itself is forgotten.  All or nothing.
 * *ret_report: {"id", "sessions", "browsers", "clients", "jwts_until"}, how many; and when the
 * last access token that is a JWT has ended: nothing can call that back. */
enum mcpass_rc mp_admin_revoke(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, int64_t now, json_t **ret_report, struct mcpass_error *err);
