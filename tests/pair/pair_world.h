/* pair_world.h - client, issuer, guard and echo server joined in memory.
 *
 * A whole login runs here with no socket, any fault, and any allocation failing.  The
 * authorization server is https://as.example, the MCP server https://mcp.example/mcp. */
#ifndef MP_PAIR_WORLD_H
#define MP_PAIR_WORLD_H
#include "flow/machine.h"
#include "harness/memstore.h"
#include "io/protected.h"
#include "issuer/issuer.h"
#include "mcpass/guard.h"

#define AS "https://as.example"
#define MCP_ORIGIN "https://mcp.example"
#define MCP MCP_ORIGIN "/mcp"
#define START_TIME 1800000000

struct world;
/* Looks at an answer before the client does, and may change it.  False: the peer never
 * answered. */
typedef bool tamper_fn(struct world *world, const char *url, struct mp_http_response *response);

struct world {
	struct mp_issuer *issuer;
	struct memstore *memory;                /* the issuer's */
	struct mcpass_guard *guard;
	struct mp_protected server;
	struct mcpass_client *client;
	char *record;                           /* the client's stored credential, or NULL */
	int64_t now;
	uint32_t seed;

	/* the person */
	const char *username;                   /* "alice": everything; "carol": mcp:read only */
	bool says_no, walks_away;
	struct mp_strings jar;                  /* "name=value" */

	/* the circumstances */
	const char *fault;                      /* of the issuer, or NULL */
	tamper_fn *tamper;
	unsigned port;                          /* of the loopback listener */
	struct mcpass_client_config config;

	/* what was seen */
	unsigned requests, logins, refreshes, registrations, revocations, locks;
	const char *browsed;                    /* 1: something was opened */
	char last_url[2048];                    /* the last authorization URL */
	bool held;                              /* the lock, now */
	bool leaked;                            /* a note or an error had a secret in it */
	struct mp_strings secrets;              /* what must never be shown */
};

/* A new world; the client is made by the first world_call(). */
void world_open(struct world *world);
void world_close(struct world *world);
/* Drops the client, as the end of a process does; the record stays. */
void world_restart(struct world *world);

/* One MCP request as a user's program makes it: stored token, request, 401 or 403,
 * whatever the client needs, the request again.  *ret_status is the server's last
 * status; body: the JSON-RPC request's params for tools/call of that tool. */
enum mcpass_rc world_call(struct world *world, const char *method, const char *tool,
    int *ret_status, struct mcpass_error *err);
enum mcpass_rc world_logout(struct world *world, struct mcpass_error *err);

/* Every arrow that any world of this program has walked, as mp_flow_arrows() has them. */
extern uint32_t world_walked[64];
void world_mark(enum mp_state from, enum mcpass_event_type on, enum mp_state to);

#endif
