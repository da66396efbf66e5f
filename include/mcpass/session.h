/* mcpass/session.h - a conversation with one MCP server, over HTTP, without the HTTP.
 *
 * The session does no I/O and reads no clock.  Give it requests
 * (mcpass_session_request), carry out the actions it asks for (mcpass_session_next), and
 * tell it what came back (mcpass_session_head, _data, _end).  It speaks both eras of the
 * protocol: it asks in the newest form first, and falls back as the specification says.
 * It knows nothing of tokens: when a server answers 401 or 403 it says so, and the
 * exchange is sent again after mcpass_session_retry().
 * One session is used by one thread at a time. */
#ifndef MCPASS_SESSION_H
#define MCPASS_SESSION_H
#include "mcpass/error.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_session;                  /* opaque */

struct mcpass_session_config {
	size_t size;                    /* sizeof(struct mcpass_session_config) */
	const char *server_url;
	const char *client_name, *client_version;
	const char *revision;           /* "2025-11-25": only this one; NULL: detect */
	const char *known_revision;     /* what an earlier session found, or NULL: a hint
	                                 * that saves the detection, not a promise */
	const char *capabilities;       /* client capabilities as JSON, NULL: "{}" */
	mcpass_trace_fn *trace;         /* or NULL */
	void *trace_ctx;
	const char *initialize;         /* to relay another program (mcpass_session_send): its
	                                 * request initialize, JSON, in place of client_name,
	                                 * client_version and capabilities; or NULL */
	size_t max_message;             /* bytes of one message of the server; 0: 1 GiB */
	int64_t answer_ms;              /* how long an answer may take to begin where it comes on
	                                 * another stream than its request (2024-11-05): the caller
	                                 * cannot know; 0: no limit for work that may take hours, a
	                                 * minute for everything else */
};

enum mcpass_session_action_type {
	MCPASS_SESSION_IDLE = 0,        /* nothing to do until something comes back */
	MCPASS_SESSION_SEND,            /* send this HTTP request; follow no redirect */
	MCPASS_SESSION_CLOSE,           /* abandon the exchange: close its connection */
	MCPASS_SESSION_AUTHORIZE,       /* the server answered 401 or 403: status, headers */
	MCPASS_SESSION_MESSAGE,         /* a notification or request of the server: body */
	MCPASS_SESSION_WARNING,         /* something was left out: body is the sentence */
	MCPASS_SESSION_RESULT,          /* request `call` is answered: body, is_error */
	MCPASS_SESSION_WAIT,            /* call next again at until (ms) or when fed */
	MCPASS_SESSION_FAILED           /* request `call` gets no answer: error says why */
};
struct mcpass_session_action {          /* pointers live until the next call */
	enum mcpass_session_action_type type;
	unsigned exchange;              /* SEND, CLOSE, AUTHORIZE, FAILED: which HTTP exchange */
	unsigned call;                  /* RESULT, FAILED, MESSAGE (0: none): which request */
	const char *method, *url;       /* SEND: "POST"; SEND and AUTHORIZE */
	const struct mcpass_header *headers;
	size_t header_count, body_len;
	const char *body;               /* SEND: bytes; AUTHORIZE: what the refusal said, or
	                                 * NULL; WARNING: a sentence; others: JSON text */
	int status;                     /* AUTHORIZE: the HTTP status */
	int is_error;                   /* RESULT: body is the JSON-RPC error object */
	int64_t until;                  /* WAIT: milliseconds on the caller's clock */
	const struct mcpass_error *error;       /* FAILED */
	int may_last;                   /* SEND: work is asked for that may take hours, or a
	                                 * stream; 0: the head comes soon, or something is wrong */
	const void *reserved[4];        /* NULL (error.h) */
};

/* Creates a session; strings are copied.  The caller owns *ret_session. */
MCPASS_API enum mcpass_rc mcpass_session_new(const struct mcpass_session_config *cfg,
    struct mcpass_session **ret_session, struct mcpass_error *err);
MCPASS_API void mcpass_session_free(struct mcpass_session *session);   /* NULL is fine */

/* Queues a request; params is a JSON object's text, NULL or "" for none.
 * MCPASS_E_USAGE: params is no JSON object, or method is one the session sends itself
 * (initialize).  *ret_call names it in its RESULT.
 * server/discover works in both eras: before 2026-07-28 the session answers it from what
 * the server said to initialize.
 * A result with resultType input_required is a RESULT like any other: to go on, request
 * the same method again with inputResponses and requestState among its params. */
MCPASS_API enum mcpass_rc mcpass_session_request(struct mcpass_session *session,
    const char *method, const char *params, unsigned *ret_call, struct mcpass_error *err);
/* Gives up a request: 2026-07-28 closes its stream, before that
 * notifications/cancelled is sent.  No RESULT follows. */
MCPASS_API enum mcpass_rc mcpass_session_cancel(struct mcpass_session *session, unsigned call,
    struct mcpass_error *err);
/* Answers a request of the server (a MESSAGE with an id); answer is the whole JSON-RPC
 * response. */
MCPASS_API enum mcpass_rc mcpass_session_answer(struct mcpass_session *session,
    const char *answer, struct mcpass_error *err);

/* Sends a notification ("notifications/roots/list_changed"); params as above.  2026-07-28
 * knows none from the client: there it is left out without a word. */
MCPASS_API enum mcpass_rc mcpass_session_notify(struct mcpass_session *session,
    const char *method, const char *params, struct mcpass_error *err);

/* Sends a message of another program as it is; for a session that was given its initialize.
 * A request keeps its id (but when it is sent anew after an answer that broke off), so that
 * its RESULT is the whole response, as the server wrote it, with that id; what the stateless
 * form wants in _meta is added where it is missing.  *ret_call names it.
 * A notification goes on in the handshake era only; notifications/cancelled gives the request
 * up that it names.  A response answers a request of the server (a MESSAGE with an id), ping
 * too.  Of these *ret_call is 0.
 * MCPASS_E_USAGE  no JSON-RPC message, a batch, or initialize; a request with an id that is
 *                 under way; a response to a server that asks nothing
 * MCPASS_E_LIMIT  1024 requests are under way */
MCPASS_API enum mcpass_rc mcpass_session_send(struct mcpass_session *session,
    const char *message, size_t len, unsigned *ret_call, struct mcpass_error *err);

/* What the server answered to initialize, as it wrote it; NULL: there was no handshake.
 * Borrowed until the next call.  And how often there was one: more than once when a session
 * ended (404) and another was begun. */
MCPASS_API const char *mcpass_session_welcome(const struct mcpass_session *session);
MCPASS_API unsigned mcpass_session_begun(const struct mcpass_session *session);

/* What this session learnt from tools/list about the headers that tools want
 * (x-mcp-header), as text to keep for a later session with the same server and credential;
 * "{}" when there are none.  *ret_text is borrowed until the next such call. */
MCPASS_API enum mcpass_rc mcpass_session_tools(struct mcpass_session *session,
    const char **ret_text, struct mcpass_error *err);
/* Teaches it what an earlier one knew, before the first tools/call.  What it is wrong about
 * costs a request: the session then lists the tools itself and calls again.
 * MCPASS_E_USAGE: not what mcpass_session_tools() gave. */
MCPASS_API enum mcpass_rc mcpass_session_learn(struct mcpass_session *session,
    const char *text, struct mcpass_error *err);

/* The next thing to do; now in milliseconds on any steady clock.  Call until IDLE or
 * WAIT.  What goes wrong with one answer is the failure of that one request: FAILED, with
 * MCPASS_E_PROTOCOL (not MCP, HTML), MCPASS_E_LIMIT, MCPASS_E_IO (5xx, a broken stream) or
 * MCPASS_E_POLICY (a redirect to another origin).  The other requests go on, and new ones
 * may be made.
 * MCPASS_E_NOMEM, MCPASS_E_USAGE  end the session, only mcpass_session_free() is left. */
MCPASS_API enum mcpass_rc mcpass_session_next(struct mcpass_session *session, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err);

/* The body of the last action is the caller's from now on (free()), and no copy is made of
 * it; NULL: it has none. */
MCPASS_API char *mcpass_session_take_body(struct mcpass_session *session);

/* What came back on an exchange: the head once, bytes as they arrive, the end.
 * broken: 0, or that the connection failed before the response was whole, or there was none
 * (then no head comes before).  What comes on an exchange that was closed is ignored.
 * AUTHORIZE follows the end; an exchange that is sent again keeps its number.
 * A request that only reads is sent again by the session when its answer broke off; nothing
 * below the session may send a POST twice.  Errors as of mcpass_session_next(). */
#define MCPASS_SESSION_BROKEN 1 /* after the request was sent, in part at least */
#define MCPASS_SESSION_UNSENT 2 /* before: the server cannot have carried it out */
#define MCPASS_SESSION_LATE   3 /* the caller did not wait any longer */
MCPASS_API enum mcpass_rc mcpass_session_head(struct mcpass_session *session,
    unsigned exchange, int status, const struct mcpass_header *headers, size_t count,
    struct mcpass_error *err);
MCPASS_API enum mcpass_rc mcpass_session_data(struct mcpass_session *session,
    unsigned exchange, const char *bytes, size_t len, struct mcpass_error *err);
MCPASS_API enum mcpass_rc mcpass_session_end(struct mcpass_session *session,
    unsigned exchange, int broken, struct mcpass_error *err);
/* Whether the session has enough: 1: give it no more bytes of this exchange for now (with
 * libcurl: return CURL_WRITEFUNC_PAUSE from the write callback).  Ask again when
 * mcpass_session_next() has said IDLE or WAIT; 0: go on (CURLPAUSE_CONT).  What is given
 * all the same is kept, and read as the actions are taken; beyond 64 MiB of it the exchange
 * fails (MCPASS_E_LIMIT).  So a program that takes no actions for a while, and asks, slows
 * the server. */
MCPASS_API int mcpass_session_full(const struct mcpass_session *session, unsigned exchange);

/* After AUTHORIZE: there is a token now, send that exchange again. */
MCPASS_API enum mcpass_rc mcpass_session_retry(struct mcpass_session *session,
    unsigned exchange, struct mcpass_error *err);
/* After AUTHORIZE, there is no token; after SEND, it cannot be sent; after its head, the program
 * cannot take the answer (a full disk): what the exchange carried fails with why, as FAILED says
 * then for each request that is lost with it. */
MCPASS_API enum mcpass_rc mcpass_session_refuse(struct mcpass_session *session,
    unsigned exchange, const struct mcpass_error *why, struct mcpass_error *err);

/* Takes leave of a server that began a session: it is sent DELETE, whose answer does not
 * matter.  For the end, when nothing is under way any more; spec: MCP 2025-11-25 transports,
 * "Session Management" 5 */
MCPASS_API enum mcpass_rc mcpass_session_leave(struct mcpass_session *session,
    struct mcpass_error *err);

/* The revision in use, NULL while unknown; and what to pass as server_url next time
 * (it differs after a redirect on the same origin).  Borrowed until free. */
MCPASS_API const char *mcpass_session_revision(const struct mcpass_session *session);
MCPASS_API const char *mcpass_session_url(const struct mcpass_session *session);

#ifdef __cplusplus
}
#endif
#endif
