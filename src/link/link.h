/* link.h - one MCP server as the program sees it: requests go in, answers come out, many at a
 * time, and whatever authorization that takes happens on the way.
 *
 * A link is driven by a loop (io/loop.h) and never waits by itself: each call below returns at
 * once, and what comes of it is told from the loop.  Several links share a loop with other
 * descriptors and timers; one thread runs them all.  link/blocking.h has the calls that wait.
 *
 * Requests that are refused with 401 or 403 queue behind one login; the token that is there
 * serves the others meanwhile.  No protocol rule lives in this folder: the client (flow/) and
 * the session (session/) decide. */
#pragma once
#include "io/http/http.h"
#include "io/browser/listener.h"
#include "io/file/spool.h"
#include "io/loop.h"
#include "mcpass/client.h"
#include "mcpass/session.h"
#include "wire/json/json.h"

struct mp_link;

/* What a person says to a question. */
enum mp_link_word { MP_LINK_NO, MP_LINK_YES, MP_LINK_LATER };

/* What a person sees, and what the server says of itself.  Every member may be NULL.  They
 * are called from the loop, must not free the link, and may submit and cancel. */
struct mp_link_ui {
	/* A login is needed, at url; opened tells whether a browser was started, why is the reason
	 * when not.  Return a descriptor to watch for a pasted redirect URL, or -1.  Called
	 * again, not opened, when the browser says a little later that it failed. */
	int (*browse)(void *ctx, const char *url, bool opened, const char *why);
	/* Called when that descriptor is readable; *ret_query is the caller's (mp_free_wiped): the
	 * query of the redirect, without '?'; NULL: not yet. */
	enum mcpass_rc (*pasted)(void *ctx, char **ret_query, struct mcpass_error *err);
	/* Whether the issuer that the server names may have what was given; NULL: there is no person
	 * to ask, so it has to be named by client.client_issuer.  MP_LINK_LATER: the answer is typed at
	 * *ret_fd (confirmed() reads it), or given to mp_link_confirm(). */
	enum mp_link_word (*confirm_issuer)(void *ctx, const char *issuer, int *ret_fd);
	/* Called when that descriptor is readable; *ret_word is MP_LINK_LATER before. */
	enum mcpass_rc (*confirmed)(void *ctx, enum mp_link_word *ret_word, struct mcpass_error *err);
	/* A login is needed: shows the code of a login on another device, and where it goes, as of
	 * MCPASS_ACT_SHOW_CODE.  NULL: such a login fails. */
	void (*show_code)(void *ctx, const struct mcpass_action *action);
	/* Every second while that login is waited for; seconds are left of it; -1: not any more. */
	void (*code_left)(void *ctx, int64_t seconds);
	/* A login that browse() or show_code() began has ended, well or as why says (MCPASS_OK: well). */
	void (*signed_in)(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why);
	void (*waiting_for_lock)(void *ctx, const char *holder);
	/* A notification of the server, whole, as the server wrote it but for our secrets; call is the
	 * request on whose stream it came, 0: none. */
	void (*message)(void *ctx, unsigned call, const char *json);
	/* While requests wait for their answers, each further second of the oldest one. */
	void (*waiting)(void *ctx, int seconds);
	void (*warning)(void *ctx, const char *sentence);
	/* A request of the server, whole, to be answered later by mp_link_respond().  NULL: asked()
	 * answers. */
	void (*request)(void *ctx, unsigned call, const char *json);
	/* Answers a request of the server, which only asks what session.capabilities offer it.  Called
	 * from a task of the loop, one at a time, and may give the loop turns meanwhile.  *ret_result is
	 * the result's JSON text (mp_free_wiped), NULL: not offered. */
	enum mcpass_rc (*asked)(void *ctx, const char *method, const json_t *params,
	    char **ret_result, struct mcpass_error *err);
	void *ctx;
};

struct mp_link_options {                        /* borrowed until mp_link_free() */
	struct mcpass_client_config client;     /* server_url, scope, flags, trace ... */
	struct mcpass_session_config session;
	struct mp_listener_options listener;
	struct mp_http_options http;
	struct mp_link_ui ui;
	const char *store_path;
	int login_timeout_ms;                   /* 0: five minutes */
	int code_timeout_ms;                    /* for a login by a code; 0: while it is good */
	/* NULL: mp_browse().  The demo without a person walks the pages here. */
	enum mcpass_rc (*open_browser)(void *ctx, const char *url, int *ret_watch,
	    struct mcpass_error *err);
	void *open_browser_ctx;
	const struct mcpass_header *headers;    /* --header; sent to the MCP server only */
	size_t header_count;
	struct mp_spool *spool;                 /* takes the long strings of what a tool, a prompt or a
	                                         * resource answers, of one request at a time; NULL: none */
	bool no_list;                           /* no tool wants headers: ask for no list first */
	bool no_login;                          /* fail instead of asking a person, */
	const char *no_login_why;               /* as one was not allowed; NULL: that is why */
	int interrupt_fd;                       /* readable: mp_blocking_*() stop (Ctrl-C); -1: none */
};

/* Opens the store and the two machines; nothing is sent.  loop is borrowed until
 * mp_link_free(); NULL: the link makes one for mp_blocking_*().
 * Errors as of mcpass_client_new(), mcpass_session_new() and mp_store_open(). */
enum mcpass_rc mp_link_new(const struct mp_link_options *options, struct mp_loop *loop,
    struct mp_link **ret_link, struct mcpass_error *err);
/* Drops what is under way: nothing is told any more, not even of mp_link_leave().  Not from a
 * callback of the link.  NULL is fine. */
void mp_link_free(struct mp_link *link);

struct mp_link_answer {
	unsigned call;
	enum mcpass_rc rc;              /* MCPASS_OK: the server answered; else why says why not, */
	const struct mcpass_error *why; /*    as of mcpass_session_next() and mcpass_client_step() */
	bool is_error;                  /* json is the JSON-RPC error object, not the result */
	char *json;                     /* as the server wrote it, but for what options.spool has of it;
	                                 * the callee's (free) */
};
struct mp_link_request {                        /* borrowed for the call */
	const char *method;
	const char *params;                     /* a JSON object's text; NULL: none */
	/* Called once, from the loop, unless the request is cancelled first. */
	void (*answered)(void *ctx, struct mp_link_answer *answer);
	void *ctx;
};
/* Submits a request.  *ret_call names it until it is answered; never 0.
 * MCPASS_E_LIMIT: MP_MAX_CALLS are under way.  What is wrong with method or params is told as
 * its answer (MCPASS_E_USAGE). */
enum mcpass_rc mp_link_submit(struct mp_link *link, const struct mp_link_request *request,
    unsigned *ret_call, struct mcpass_error *err);
/* Takes one JSON-RPC message of another program as it is; options.session.initialize makes the
 * session a relay (mcpass_session_send).  A request is answered with the whole response, the
 * program's own id in it; *ret_call is 0 for a notification or a response, whose answered() is
 * not called.  message is borrowed for the call.  A request that may still wait for its turn
 * is given up by mp_link_cancel().
 * MCPASS_E_USAGE, _E_LIMIT: as of mcpass_session_send(); of a request, told as its answer. */
enum mcpass_rc mp_link_send(struct mp_link *link, const char *message, size_t len,
    void (*answered)(void *ctx, struct mp_link_answer *answer), void *ctx, unsigned *ret_call,
    struct mcpass_error *err);
/* Gives a request up, and tells the server; it is not answered then.  An unknown call, or one
 * that has its answer, is fine.  spec: MCP cancellation */
void mp_link_cancel(struct mp_link *link, unsigned call);

/* Sends a notification; as of mcpass_session_notify(). */
enum mcpass_rc mp_link_notify(struct mp_link *link, const char *method, const char *params,
    struct mcpass_error *err);
/* Answers a request that ui.request() was told: a whole JSON-RPC response. */
enum mcpass_rc mp_link_respond(struct mp_link *link, const char *json, struct mcpass_error *err);

/* hold: who takes the answers and messages is slow, so nothing is told until it is released, and
 * the server is read no further than the session takes (about 1 MiB): its connections stand
 * still then.  A login goes on. */
void mp_link_hold(struct mp_link *link, bool hold);

/* Is told how it ended: why is NULL when it went well. */
typedef void mp_link_done_fn(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why);
/* Runs the client from `type` to its end: MCPASS_EV_LOGOUT, MCPASS_EV_START (the stored token, or a
 * refreshed one; at once where the token of the moment is good), MCPASS_EV_CHALLENGE with status
 * 0 (a login where one is published).  done is called once, from the loop, or at once when memory
 * is short.  Waits for a login that is under way. */
void mp_link_authorize(struct mp_link *link, enum mcpass_event_type type, mp_link_done_fn *done,
    void *ctx);
/* Makes sure of a token without a request of the caller's; afterwards mp_link_token() is it, NULL
 * where the server wants none.  is_login: a person means to be signed in, also where the server
 * answers without a token, if it publishes how one is had.  done as above. */
void mp_link_want_token(struct mp_link *link, bool is_login, mp_link_done_fn *done, void *ctx);
/* What was asked for with that ctx is not waited for any more: its done is not called. */
void mp_link_unwant(struct mp_link *link, const void *ctx);
/* Takes the redirect of the login that waits for a person: query is the link's from now on
 * (mp_free_wiped), on failure too.  MCPASS_E_USAGE: there is no such login. */
enum mcpass_rc mp_link_paste(struct mp_link *link, char *query, struct mcpass_error *err);
/* Answers ui.confirm_issuer().  MCPASS_E_USAGE: it does not wait for an answer. */
enum mcpass_rc mp_link_confirm(struct mp_link *link, bool is_yes, struct mcpass_error *err);
/* Nothing more will be pasted: ui.browse()'s descriptor is not watched any more. */
void mp_link_stop_pasting(struct mp_link *link);
/* The token of the moment, borrowed until the loop runs again; NULL: none. */
const struct mcpass_token *mp_link_token(const struct mp_link *link);
/* A login, a refresh or a wait for either is under way. */
bool mp_link_is_authorizing(const struct mp_link *link);

/* Whether a person was asked to sign in and has not yet; the link is then fit to go on in a child
 * of this process, after which the parent does nothing more with it (_exit). */
bool mp_link_prepare_fork(struct mp_link *link);
/* Gives up what is under way, takes leave of a server that began a session (DELETE), and calls
 * gone when it has heard that, or after a second.  Nothing is submitted any more.
 * spec: MCP 2025-11-25 transports, "Session Management" 5 */
void mp_link_leave(struct mp_link *link, void (*gone)(void *ctx), void *ctx);

/* The revision that the server speaks; NULL while unknown.  Borrowed until free. */
const char *mp_link_revision(const struct mp_link *link);
/* As of mcpass_session_welcome() and mcpass_session_begun(). */
const char *mp_link_welcome(const struct mp_link *link);
unsigned mp_link_begun(const struct mp_link *link);
/* Why the store has not what the last login brought; MCPASS_OK: it has. */
enum mcpass_rc mp_link_check_kept(const struct mp_link *link, struct mcpass_error *err);
struct mp_loop *mp_link_loop(const struct mp_link *link);
