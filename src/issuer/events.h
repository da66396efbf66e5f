/* events.h - what happened, for an audit log and for counters: told when the turn is kept, and only
 * then.  It names clients, users and rules; it never holds a secret. */
#pragma once
#include "issuer/core.h"

/* One of:
 *   registered  a client registered itself
 *   asked       a person is shown a page to sign in or to allow at
 *   signed_in   the password was right          password   it was wrong
 *   allowed, denied                             what: the scopes
 *   issued, renewed                             tokens; what: the grant type
 *   reused      a code or refresh token came twice: its family has ended
 *   revoked     by its client                   ended      a browser signed out
 *   unreachable what: what the operator named, keys or metadata, and cannot be had or used
 *   refused     what: the path; outcome: the code, rule: the clause
 * and for sign-ins elsewhere: sent, returned, rechecked, handed_out (a token of there to a server;
 * what: the provider and the audience). */
struct mp_event {                       /* all borrowed; NULL: not said */
	const char *event;
	const char *client, *user, *what, *outcome, *rule;
};
/* Notes it for the end of the turn.  No memory for it fails the turn, there. */
void mp_event_add(const struct mp_turn *turn, const struct mp_event *event);

/* The turn is refused after all: tokens that it made are not given, and not told. */
void mp_event_drop_tokens(const struct mp_turn *turn);

/* --- of a turn --- */
struct mp_events {
	json_t *list;                   /* NULL: there were none */
	bool failed;
};
void mp_events_tell(const struct mp_issuer *issuer, const struct mp_events *events);
void mp_events_free(struct mp_events *events);
