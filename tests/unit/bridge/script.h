/* script.h - a conversation with the bridge as lines: what comes in, and below it what goes out.
 *
 *     H TEXT            the host writes the line TEXT (a '~' in it: written without its line end)
 *     A SERVER CALL J   a server answers a call with the result J;  E: with the error J
 *                       (of a call that passed: in a whole response)
 *     F SERVER CALL S   a call gets no answer, as S says;  P: by a fault of the server
 *     M SERVER CALL J   a message of a server
 *     I SERVER URL      a person has to sign in there;  O SERVER: it is done
 *     R SERVER          the session of a server began anew
 *     T MS              that time has come
 *
 *     < TEXT            the host is written TEXT
 *     open S NAME REVISION CAPABILITIES, request S CALL METHOD PARAMS, pass S CALL (the host's line as it is), notify S METHOD PARAMS, respond S TEXT, cancel S CALL, forget S */
#ifndef MP_SCRIPT_H
#define MP_SCRIPT_H
#include "bridge/bridge.h"

struct script_world {
	const char *label;
	const char *revisions[3];       /* of the servers; NULL: 2025-11-25 */
	const char *welcome;            /* of an old server, or NULL */
	size_t servers;                 /* 0: one */
	const char *prefix, *allow, *deny;      /* one pattern each, or NULL */
	int64_t wait_ms, early_ms;      /* 0: never */
	bool open_fails, busy;          /* the port refuses to open, or to take a request */
};
/* Runs it; every line that goes out is compared, in order.  Afterwards nothing is left. */
void script_run(const struct script_world *world, const char *script);
/* The same once for each allocation, which fails. */
void script_run_short_of_memory(const struct script_world *world, const char *script);

#endif
