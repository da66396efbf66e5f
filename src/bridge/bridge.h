/* bridge.h - a stdio host in front, remote MCP servers behind, and the two eras of the protocol
 * between them.
 *
 * The bridge does no I/O and reads no clock.  Give it what the host wrote
 * (mp_bridge_from_host), carry out what it asks of the servers through its port, tell it what
 * the servers said, and write what it has for the host (mp_bridge_output).  Every request of
 * the host gets one answer, whatever happens.
 * What a call returns is a failure of this machine (MCPASS_E_NOMEM, _E_LIMIT): the bridge is of
 * no use then.  What is wrong with one message is answered by a JSON-RPC error. */
#pragma once
#include <stdint.h>
#include "base/buf.h"

struct mp_bridge;

/* What the bridge asks of servers, which are named by their place.  None of these calls tells
 * the bridge anything before it has returned. */
struct mp_bridge_port {
	void *ctx;
	/* Begins to speak to a server on behalf of the host, whose request initialize says who it is
	 * (of a host of 2026-07-28: one made for it), or begins anew. */
	enum mcpass_rc (*open)(void *ctx, size_t server, const char *initialize,
	    struct mcpass_error *err);
	/* A request; params is an object's text, or NULL.  *ret_call names it until it is answered;
	 * never 0. */
	enum mcpass_rc (*request)(void *ctx, size_t server, const char *method, const char *params,
	    unsigned *ret_call, struct mcpass_error *err);
	/* A request of the host as it is, id and all; its answer is the whole response. */
	enum mcpass_rc (*send)(void *ctx, size_t server, struct mp_span message, unsigned *ret_call,
	    struct mcpass_error *err);
	enum mcpass_rc (*notify)(void *ctx, size_t server, const char *method, const char *params,
	    struct mcpass_error *err);
	/* Answers a request of the server; the whole response. */
	enum mcpass_rc (*respond)(void *ctx, size_t server, const char *json,
	    struct mcpass_error *err);
	/* No answer of it is told afterwards. */
	void (*cancel)(void *ctx, size_t server, unsigned call);
	/* The server is not what it was: nothing of what is under way is told any more, and the next
	 * open() begins anew. */
	void (*forget)(void *ctx, size_t server);
	/* The revision that the server speaks; NULL while unknown. */
	const char *(*revision)(void *ctx, size_t server);
	/* The result of initialize as the server wrote it; NULL: it is not known. */
	const char *(*welcome)(void *ctx, size_t server);
};

struct mp_bridge_config {                       /* borrowed until mp_bridge_free() */
	const char *const *names;       /* of the servers: with several, what their tools begin with */
	size_t server_count;            /* at least 1 */
	const char *prefix;             /* before the name of each tool, or NULL */
	const char *const *allow, *const *deny; /* names of tools as the server has them; '*' is any text */
	size_t allow_count, deny_count; /* allow_count 0: all */
	size_t max_message;             /* bytes of one line of the host; 0: MP_MAX_MESSAGE */
	int64_t sign_in_wait_ms;        /* a request is answered with where to sign in when it
	                                 * waited that long; < 0: it waits on */
	int64_t early_ms;               /* initialize is answered after that time, signed in or
	                                 * not; < 0: it waits */
	mcpass_random_fn *random;       /* for requestState */
	void *random_ctx;
};

enum mcpass_rc mp_bridge_new(const struct mp_bridge_config *config,
    const struct mp_bridge_port *port, struct mp_bridge **ret_bridge, struct mcpass_error *err);
void mp_bridge_free(struct mp_bridge *bridge);         /* NULL is fine */

/* The time, in milliseconds on a steady clock; before the calls below, and when
 * mp_bridge_due() has come (-1: never). */
enum mcpass_rc mp_bridge_tick(struct mp_bridge *bridge, int64_t now, struct mcpass_error *err);
int64_t mp_bridge_due(const struct mp_bridge *bridge);

/* Bytes of the host, in any pieces. */
enum mcpass_rc mp_bridge_from_host(struct mp_bridge *bridge, const char *bytes, size_t len,
    struct mcpass_error *err);
/* The host closed its side: a last line without an end counts. */
enum mcpass_rc mp_bridge_host_ended(struct mp_bridge *bridge, struct mcpass_error *err);
/* What is to be written to the host, and how much of it was written. */
struct mp_span mp_bridge_output(const struct mp_bridge *bridge);
void mp_bridge_wrote(struct mp_bridge *bridge, size_t len);
/* Nothing is expected soon: gives back the room that it keeps for long messages. */
void mp_bridge_rest(struct mp_bridge *bridge);

/* A request was answered: json is the result, or with is_error the JSON-RPC error; of one that
 * went by send(), the whole response. */
enum mcpass_rc mp_bridge_answered(struct mp_bridge *bridge, size_t server, unsigned call,
    const char *json, bool is_error, struct mcpass_error *err);
/* It gets no answer; why says so. */
enum mcpass_rc mp_bridge_failed(struct mp_bridge *bridge, size_t server, unsigned call,
    const struct mcpass_error *why, struct mcpass_error *err);
/* A notification or a request of a server, whole; call: on whose stream it came, 0: unknown. */
enum mcpass_rc mp_bridge_message(struct mp_bridge *bridge, size_t server, unsigned call,
    const char *json, struct mcpass_error *err);
/* The session of a server began anew, so that its lists may have changed unseen. */
enum mcpass_rc mp_bridge_restarted(struct mp_bridge *bridge, size_t server,
    struct mcpass_error *err);

/* A person has to sign in; where is a sentence with the URL, url the URL itself or NULL. */
enum mcpass_rc mp_bridge_sign_in(struct mp_bridge *bridge, size_t server, const char *where,
    const char *url, struct mcpass_error *err);
/* That is over, well or not. */
enum mcpass_rc mp_bridge_signed_in(struct mp_bridge *bridge, size_t server,
    struct mcpass_error *err);

/* Requests of the host that are not answered. */
size_t mp_bridge_pending(const struct mp_bridge *bridge);
