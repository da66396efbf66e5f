/* pair_world.h - client, issuer, guard and echo server joined in memory.
 *
 * A whole login runs here with no socket, any fault, and any allocation failing.  The
 * authorization server is https://as.example, the MCP server https://mcp.example/mcp. */
#ifndef MP_PAIR_WORLD_H
#define MP_PAIR_WORLD_H
#include <stdio.h>
#include "flow/client.h"
#include "harness/check.h"
#include "harness/memstore.h"
#include "serve/resource/protected.h"
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
	int64_t now, clock_error;               /* what the client's clock adds to it */
	uint32_t seed;

	/* the person */
	const char *username;                   /* "alice": everything; "carol": mcp:read only */
	bool says_no, walks_away;
	const char *stray;              /* comes to the redirect URI before the answer, or NULL */
	unsigned strays;                /*    so many times */
	char *held_answer;              /* the answer meanwhile */
	unsigned dawdles;                       /* polls before the code is entered */
	bool types;                             /* the code; otherwise follows the longer link */
	bool has_longer_link;                   /* was shown */
	bool entered;                           /* the code that was shown last */
	struct mp_strings jar;                  /* "name=value" */

	/* the circumstances */
	bool save_fails;                        /* nothing can be kept */
	const char *fault;                      /* of the issuer, or NULL */
	tamper_fn *tamper;
	unsigned port;                          /* of the loopback listener; 0: the wished one */
	struct mcpass_client_config config;
	struct mp_issuer_config issuer_config;  /* change them, then world_rebuild() */
	struct mcpass_guard_config guard_config;
	struct { const char *url, *body; } pages[4];    /* what stands elsewhere on the web */

	/* what was seen */
	unsigned requests, logins, refreshes, registrations, revocations, locks;
	unsigned questions;                     /* of the guard, about tokens */
	unsigned tokens, pushes, proofs, fetches; /* requests to /token, to /par, with a DPoP
	                                 * header; pages that the servers fetched */
	unsigned confirmations;                 /* of an issuer, by the person */
	unsigned polls, waited;                 /* requests for a device code's token; seconds */
	char shown_url[2048], shown_code[64];   /* the code that was shown, and where it goes */
	char last_url[2048];                    /* the last authorization URL */
	char notice[256];                       /* the last that the person was told */
	unsigned changes, deletions;            /* of registrations: PUT; DELETE that succeeded */
	char last_registration[2048], last_put[2048];   /* what was sent */
	bool held;                              /* the lock, now */
	bool leaked;                            /* a note or an error had a secret in it */
	struct mp_strings secrets;              /* what must never be shown */
};

/* A new world; the client is made by the first world_call(). */
void world_open(struct world *world);
/* With a guard that remembers in that memory, which outlives the world. */
void world_open_sharing(struct world *world, const struct mcpass_shared_memory *shared);
void world_close(struct world *world);
/* Servers with another configuration; what they remember stays. */
void world_rebuild(struct world *world);
/* Drops the client, as the end of a process does; the record stays. */
void world_restart(struct world *world);

/* One MCP request as a user's program makes it: stored token, request, 401 or 403,
 * whatever the client needs, the request again.  *ret_status is the server's last
 * status; body: the JSON-RPC request's params for tools/call of that tool. */
enum mcpass_rc world_call(struct world *world, const char *method, const char *tool,
    int *ret_status, struct mcpass_error *err);
/* world_call() as rows of a test. */
#define CALL(label, world, method, tool, want_rc, want_status) do { \
	struct mcpass_error err_ = { 0 }; \
	int status_; \
	if (!CHECK_EQ(label, world_call(world, method, tool, &status_, &err_), want_rc) ) \
		printf("  %s: %s\n", err_.doing != NULL ? err_.doing : "?", err_.detail); \
	CHECK_EQ(label, status_, want_status); \
} while (0)

/* The stored credential, the caller's (json_decref); NULL when there is none. */
json_t *world_stored(const struct world *world);
/* Changes a member of it, as time or an attacker would; value NULL removes it. */
void world_edit(struct world *world, const char *path, json_t *value);
/* A login that no refusal asks for, where one is published. */
enum mcpass_rc world_want_login(struct world *world, struct mcpass_error *err);
enum mcpass_rc world_logout(struct world *world, struct mcpass_error *err);

/* Every arrow that any world of this program has walked, as mp_flow_arrows() has them. */
extern uint64_t world_walked[64];
void world_mark(enum mp_state from, enum mcpass_event_type on, enum mp_state to);

#endif
