/* mcpass/link.h - one MCP server, reached as the mcpass program reaches it.
 *
 * A link carries out everything that mcpass/client.h and mcpass/session.h ask for: HTTP by
 * libcurl, the credential store, the browser and the redirect's listener.  Requests go in, answers
 * come out, many at a time, and whatever authorization that takes happens on the way.  What the
 * program's commands do is made of these calls.
 *
 * A program without a loop of its own uses the calls that wait: mcpass_link_call().  A program
 * that has one watches mcpass_link_fd() and mcpass_link_due(), gives the link a turn when either
 * says so, and uses mcpass_link_submit(), which does not wait.
 *
 * One link is used by one thread at a time; two links share nothing but the store, and may be used
 * by two threads.  Callbacks come from the calls that wait and from mcpass_link_turn(), in their
 * thread; they must not free the link nor make a call that waits.
 * A link starts a browser by fork() and exec(), and changes neither signal handlers nor the
 * environment. */
#ifndef MCPASS_LINK_H
#define MCPASS_LINK_H
#include "mcpass/client.h"
#include "mcpass/session.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_link;                     /* opaque */

#define MCPASS_LINK_LATER 2             /* of confirm_issuer: the answer comes later */

/* What it points at is borrowed until the link is freed. */
struct mcpass_link_config {
	size_t size;                    /* sizeof(struct mcpass_link_config) */
	/* Who signs in where; must be set.  random may be NULL: OpenSSL's.  trace is told the steps of
	 * the session, too. */
	const struct mcpass_client_config *client;
	/* What the server is told of this program; NULL: the client's name, the library's version,
	 * no capabilities.  server_url and trace may be NULL: the client's. */
	const struct mcpass_session_config *session;
	const char *store_path;         /* NULL: $MCPASS_STORE, else the program's; ":memory:" */
	const char *ca_file;            /* in PEM; NULL: the system's */
	const char *proxy;              /* NULL: the environment's, as curl reads it */
	const char *const *resolve;     /* "HOST:PORT:ADDRESS": connect there instead */
	const struct mcpass_header *headers;    /* for the MCP server, with every request; those that
	                                 * a client writes itself (Content-Length, Accept,
	                                 * Mcp-Session-Id ...) are left out */
	size_t resolve_count, header_count;     /* items */
	/* The redirect URI: what it says ("127.0.0.1" or "localhost"; NULL: the address), where it is
	 * bound (NULL: 127.0.0.1), its port (0: any; a given one that is taken is MCPASS_E_IO). */
	const char *redirect_host, *bind_address;
	unsigned redirect_port;
	int no_login;                   /* 1: fail (MCPASS_E_DENIED) where a person would be needed */
	int connect_timeout_ms;         /* 0: 10 s */
	int timeout_ms;                 /* until a server begins to answer; 0: 60 s, for a call of a
	                                 * tool no limit */
	int login_timeout_ms;           /* how long a person is waited for; 0: five minutes */
	/* A descriptor that ends a call that waits, when it becomes readable: MCPASS_E_DENIED,
	 * "interrupted"; the request is given up, and the server told.  0: none. */
	int cancel_fd;

	/* Callbacks, each with ctx; each may be NULL.  Texts are borrowed for the call. */
	/* Shows url to the person; 0 when that was done.  Returns at once.  NULL: the browser of the
	 * system, as $BROWSER says.  url is https, or http on loopback: pass it on as one argument,
	 * never through a shell. */
	int (*open_browser)(void *ctx, const char *url);
	/* A person is waited for.  opened 0: no browser was opened, as why says, so show url.
	 * NULL: where no browser can be opened, the login fails. */
	void (*sign_in)(void *ctx, const char *url, int opened, const char *why);
	/* As of mcpass_show_code_fn (mcpass/login.h).  NULL: a login by a code fails. */
	void (*show_code)(void *ctx, const struct mcpass_action *action);
	/* Whether this issuer, which the server names, may have what the configuration gives; 1: yes;
	 * 0: no; MCPASS_LINK_LATER: mcpass_link_confirm() says it, within login_timeout_ms, and other
	 * requests are answered meanwhile.  NULL: then it has to be named by client_issuer. */
	int (*confirm_issuer)(void *ctx, const char *issuer);
	/* A login that a person was asked for has ended, as rc says; why is NULL when it went well. */
	void (*signed_in)(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why);
	/* Another process works on this login ("process 123"), and is waited for. */
	void (*waiting_for_lock)(void *ctx, const char *holder);
	/* A notification of the server, whole; call: the request that it came with, 0: none. */
	void (*message)(void *ctx, unsigned call, const char *json);
	/* A request of the server, whole, to be answered by mcpass_link_respond(), now or later.
	 * NULL: refused.  It asks for nothing but what capabilities offer. */
	void (*request)(void *ctx, unsigned call, const char *json);
	/* Something was left out, or is not as it should be: a sentence for a person. */
	void (*warning)(void *ctx, const char *sentence);
	void *ctx;

	/* While a person signs in whom sign_in was told of, paste_fd (0: the standard input) is watched,
	 * and pasted called when it can be read: it reads, and gives what it read to mcpass_link_paste().
	 * It returns 0 to go on, anything else at the end of the input. */
	int paste_fd;
	int (*pasted)(void *ctx);
	const char *redirect_path;      /* of the redirect URI; NULL: "/callback" */
	int code_timeout_ms;            /* of a login by a code; 0: as long as the code is good */
	int ipv4;                       /* 1: connect to no IPv6 address */
	int no_list;                    /* 1: call tools without a tools/list before the first: no tool
	                                 * wants arguments in headers (x-mcp-header) */
};

/* Opens the store; nothing is sent.  cfg itself is copied.  The caller owns *ret_link.
 * MCPASS_E_USAGE   as of mcpass_client_new() and mcpass_session_new()
 * MCPASS_E_STORE, MCPASS_E_POLICY  the store cannot be opened, or others may read it
 * MCPASS_E_IO      ca_file cannot be read
 * MCPASS_E_NOMEM   out of memory */
MCPASS_API enum mcpass_rc mcpass_link_new(const struct mcpass_link_config *cfg,
    struct mcpass_link **ret_link, struct mcpass_error *err);
/* Takes leave of a server that began a session, waiting for a second at most, and frees the link.
 * Requests under way are given up and not answered.  NULL is fine. */
MCPASS_API void mcpass_link_close(struct mcpass_link *link);
/* Frees it at once, without a word to the server.  NULL is fine. */
MCPASS_API void mcpass_link_free(struct mcpass_link *link);

/* --- calls that wait --- */

/* One MCP request ("tools/call"), with whatever authorization it takes.
 *
 * params        a JSON object's text; NULL: none
 * ret_json      the result as the server wrote it, the caller's (free()); with *ret_is_error 1 it
 *               is the JSON-RPC error object.  A tool's own failure is a result: "isError"
 *
 * MCPASS_E_USAGE   params is no JSON object, or the session sends that method itself
 * others           as of mcpass_client_step() and mcpass_session_next(), MCPASS_E_STORE besides */
MCPASS_API enum mcpass_rc mcpass_link_call(struct mcpass_link *link, const char *method,
    const char *params, char **ret_json, int *ret_is_error, struct mcpass_error *err);
/* Makes sure of a token: the stored one, a refreshed one, or a login.  *ret_token is borrowed until
 * the next call of this link; NULL: the server wants none.  Errors as above. */
MCPASS_API enum mcpass_rc mcpass_link_login(struct mcpass_link *link,
    const struct mcpass_token **ret_token, struct mcpass_error *err);
/* Revokes the tokens (RFC 7009), takes the registration back (RFC 7592), and forgets both; what the
 * authorization server does not take back is forgotten all the same.  Errors as above. */
MCPASS_API enum mcpass_rc mcpass_link_logout(struct mcpass_link *link, struct mcpass_error *err);

/* --- calls that do not wait: for a program with a loop --- */

/* A descriptor to watch for reading, the same for as long as the link lives; and in how many
 * milliseconds the link wants a turn in any case, -1: in none.  Ask for the latter after each call
 * of the link and after each turn. */
MCPASS_API int mcpass_link_fd(const struct mcpass_link *link);
MCPASS_API int mcpass_link_due(const struct mcpass_link *link);
/* Does what there is to do, and returns.  (It reads and writes the store, and resolves names in a
 * thread of libcurl's; nothing else in it waits.) */
MCPASS_API void mcpass_link_turn(struct mcpass_link *link);

struct mcpass_answer {                  /* borrowed for the call */
	unsigned call;                  /* which request */
	const char *json;               /* as of mcpass_link_call(); NULL: there is no answer */
	int is_error;
	const struct mcpass_error *error;       /* why there is none; else NULL */
};
typedef void mcpass_answered_fn(void *ctx, const struct mcpass_answer *answer);
/* Submits a request.  answered is called once, from a turn, unless the request is cancelled first.
 * *ret_call names it; never 0.
 * MCPASS_E_LIMIT  1024 requests are under way
 * MCPASS_E_NOMEM  out of memory */
MCPASS_API enum mcpass_rc mcpass_link_submit(struct mcpass_link *link, const char *method,
    const char *params, mcpass_answered_fn *answered, void *ctx, unsigned *ret_call,
    struct mcpass_error *err);
/* Gives a request up, and tells the server.  One that is answered already, or none: nothing. */
MCPASS_API void mcpass_link_cancel(struct mcpass_link *link, unsigned call);
/* mcpass_link_login() and mcpass_link_logout() without waiting: done is called once, from a turn (or
 * at once when memory is short), with NULL when it went well, and not where the link is freed first.
 * After a login mcpass_link_token() is the token; NULL: the server wants none. */
typedef void mcpass_done_fn(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why);
MCPASS_API void mcpass_link_start_login(struct mcpass_link *link, mcpass_done_fn *done, void *ctx);
MCPASS_API void mcpass_link_start_logout(struct mcpass_link *link, mcpass_done_fn *done, void *ctx);
/* Gives the login that waits for a person the URL that the browser ended at, though it could not
 * load it: a person copied it, on another machine.  text is that line, or the URL's query alone.
 * MCPASS_E_USAGE: it is neither, or no login waits for one.  Whether it is the answer to this login is
 * judged as if the browser had brought it, from the next turn. */
MCPASS_API enum mcpass_rc mcpass_link_paste(struct mcpass_link *link, const char *text,
    struct mcpass_error *err);
/* Answers confirm_issuer, which returned MCPASS_LINK_LATER; 1: yes.  The next turn takes it.
 * MCPASS_E_USAGE: no question waits for an answer. */
MCPASS_API enum mcpass_rc mcpass_link_confirm(struct mcpass_link *link, int yes,
    struct mcpass_error *err);
/* Sends a notification; as of mcpass_session_notify(). */
MCPASS_API enum mcpass_rc mcpass_link_notify(struct mcpass_link *link, const char *method,
    const char *params, struct mcpass_error *err);
/* Answers a request of the server: a whole JSON-RPC response.  MCPASS_E_USAGE: it is none. */
MCPASS_API enum mcpass_rc mcpass_link_respond(struct mcpass_link *link, const char *json,
    struct mcpass_error *err);

/* --- to relay another program: cfg.session->initialize is what it says of itself --- */

/* Sends one JSON-RPC message of that program as it is, as of mcpass_session_send().  A request is
 * answered with the whole response, that program's own id in it; *ret_call is 0 for a notification
 * and for a response, and answered is not called.
 * MCPASS_E_USAGE, MCPASS_E_LIMIT  as of mcpass_session_send(); of a request, told as its answer */
MCPASS_API enum mcpass_rc mcpass_link_send(struct mcpass_link *link, const char *message,
    size_t len, mcpass_answered_fn *answered, void *ctx, unsigned *ret_call,
    struct mcpass_error *err);
/* hold 1: no answer and no message is told until it is 0 again, and the server is read no further
 * than about 1 MiB: for a program whose own reader is slow.  A login goes on. */
MCPASS_API void mcpass_link_hold(struct mcpass_link *link, int hold);
/* As of mcpass_session_welcome() and mcpass_session_begun(). */
MCPASS_API const char *mcpass_link_welcome(const struct mcpass_link *link);
MCPASS_API unsigned mcpass_link_begun(const struct mcpass_link *link);

/* The token of the moment, borrowed until the next call; NULL: none.  The revision that the server
 * speaks, borrowed likewise; NULL while it is not known. */
MCPASS_API const struct mcpass_token *mcpass_link_token(const struct mcpass_link *link);
MCPASS_API const char *mcpass_link_revision(const struct mcpass_link *link);
/* Whether the store has what the last login brought: MCPASS_E_STORE says why not.  The token serves
 * all the same, until the link is freed. */
MCPASS_API enum mcpass_rc mcpass_link_check_kept(const struct mcpass_link *link,
    struct mcpass_error *err);

#ifdef __cplusplus
}
#endif
#endif
