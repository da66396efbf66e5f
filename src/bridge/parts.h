/* parts.h - what the files of the bridge share.
 *
 * A request is one that the host waits for, or one of the bridge's own.  Old and new are the two
 * eras: up to 2025-11-25 with initialize, and from 2026-07-28 on, where each request stands
 * alone.  Where host and server are of one era, what they say passes as it is. */
#pragma once
#include "bridge/bridge.h"
#include "bridge/lines.h"
#include "bridge/splice.h"
#include "mcp/headers.h"
#include "mcp/message.h"
#include "mcp/revision.h"
#include "wire/json/json.h"
#include "wire/json/raw.h"

#define MP_META_LEVEL "io.modelcontextprotocol/logLevel"
#define MP_META_SERVER "io.modelcontextprotocol/serverInfo"
#define MP_META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
/* spec: MCP 2025-11-25 elicitation, "URL Elicitation Required Error" */
#define MP_URL_REQUIRED (-32042)
/* spec: MCP 2025-11-25 resources, "Error Handling" */
#define MP_OLD_NOT_FOUND (-32002)

enum mp_request_kind {
	MP_REQUEST_HOST,        /* the host waits for the answer */
	MP_REQUEST_DISCOVER,    /* ours: who the server is */
	MP_REQUEST_LISTEN,      /* ours: the stream of notifications of a new server */
	MP_REQUEST_ASIDE,       /* ours: its answer does not matter */
	MP_REQUEST_PROBE,       /* ours: whether the server is what it was */
	MP_REQUEST_PART         /* ours: what one of several servers says to the host's request */
};
enum mp_request_state {
	MP_REQUEST_HELD,        /* until its server is open: then it goes out */
	MP_REQUEST_SENT,        /* the port knows it as call */
	MP_REQUEST_ASKING,      /* its server wants input, and the old host was asked for it */
	MP_REQUEST_PARKED,      /* it went on at an old server, and the new host was asked for input */
	MP_REQUEST_WAITING,     /* for an acknowledgement, a listen that ends, or its parts */
	MP_REQUEST_ANSWERED,    /* result is to be passed on */
	MP_REQUEST_FAILED       /* failure is to be told */
};
/* What a server asks for in the middle of a request. */
struct mp_question {
	struct mp_question *next;
	char *key;              /* among inputRequests */
	char *id;               /* JSON: of our request to the old host, or of the old server's to us */
	char *method;
	char *params;           /* NULL: none */
	char *answer;           /* the result, or NULL */
	char *elicitation;      /* elicitationId of a URL, or NULL */
};
struct mp_request {
	struct mp_request *next;
	char *id;               /* JSON, the host's; NULL: ours, or parked */
	char *method;
	char *params;           /* NULL: none, or not needed any more */
	char *progress;         /* JSON: its progressToken, or NULL */
	char *token;            /* MP_REQUEST_PARKED: its requestState */
	char *state_text;       /* MP_REQUEST_ASKING: requestState as JSON, or NULL */
	char *result;           /* MP_REQUEST_PART, _PARKED: what came of it meanwhile, or NULL */
	char *failure;          /* MP_REQUEST_FAILED: a sentence */
	struct mp_question *questions;
	struct mp_request *whole;       /* MP_REQUEST_PART: what it is a part of */
	size_t parts_left;
	size_t server;
	int64_t since;
	enum mp_request_kind kind;
	enum mp_request_state state;
	unsigned call;          /* MP_REQUEST_SENT; and under way while PARKED */
	unsigned rounds;
	bool is_new;            /* the form it came in */
	bool is_whole;          /* it went as it is, and its answer comes so */
	bool is_refused;        /* MP_REQUEST_PARKED: it has to be sent again */
	bool is_error;          /* result is an error */
	bool was_told;          /* where to sign in */
};

enum mp_upstream_state {
	MP_UPSTREAM_CLOSED,
	MP_UPSTREAM_WANTED,     /* it is to be opened */
	MP_UPSTREAM_OPENING,
	MP_UPSTREAM_OPEN
};
struct mp_upstream {
	enum mp_upstream_state state;
	enum mp_era era;
	char *failure;          /* why it could not be opened, or NULL */
	char *discovered;       /* the result of server/discover */
	json_t *about;          /* the same, parsed */
	char *sign_in, *url;    /* where, while a person is waited for */
	int64_t sign_in_since;
	bool was_early;         /* initialize was answered before the server was known */
	char *level;            /* old server: the level it was told */
	struct mp_strings subscribed;   /* of an old host: URIs */
	bool has_listened;      /* a stream was there before, so there is a gap */
	bool has_acknowledged;  /* the one that is there now */
	unsigned listen_failures;       /* in a row */
	int64_t listen_due;     /* -1: not */
};
/* With several servers: a request of one of them that the host was asked. */
struct mp_asked {
	struct mp_asked *next;
	char *id, *server_id;   /* JSON */
	size_t server;
};
struct mp_host {
	bool has_initialized;   /* it sent initialize, */
	bool has_welcome;       /* and has the answer */
	char *info, *capabilities, *revision;   /* info, capabilities: JSON */
	char *initialize;       /* that request, or one made for it */
	char *level;            /* JSON, of logging/setLevel; or NULL */
	bool is_new;            /* the form of its first message */
	bool is_known;
};
struct mp_bridge {
	const struct mp_bridge_config *config;
	const struct mp_bridge_port *port;
	struct mp_lines lines;
	struct mp_buf out;
	size_t out_at;          /* what of it is written */
	struct mp_host host;
	struct mp_upstream *servers;
	struct mp_request *requests;
	struct mp_asked *asked;
	json_t *resources;      /* several servers: URI -> place */
	unsigned last_id;       /* of our requests to the host */
	int64_t now;
};

/* request.c: the requests that are under way */
enum mcpass_rc mp_request_new(struct mp_bridge *b, enum mp_request_kind kind, const char *method,
    struct mp_span params, struct mp_request **ret_request, struct mcpass_error *err);
void mp_request_free(struct mp_bridge *b, struct mp_request *r);
struct mp_request *mp_request_by_id(const struct mp_bridge *b, struct mp_span id);
struct mp_request *mp_request_by_call(const struct mp_bridge *b, size_t server, unsigned call);
void mp_request_forget_questions(struct mp_request *r);
enum mcpass_rc mp_request_add_question(struct mp_request *r, const char *key, struct mp_span params,
    struct mp_question **ret_question, struct mcpass_error *err);
/* It is to go out, when its server is open. */
void mp_request_submit(struct mp_bridge *b, struct mp_request *r);
/* It gets no answer. */
enum mcpass_rc mp_request_fail(struct mp_request *r, const struct mcpass_error *why,
    struct mcpass_error *err);
/* Sends params of it to the server. */
enum mcpass_rc mp_request_send(struct mp_bridge *b, struct mp_request *r, const char *params,
    struct mcpass_error *err);
/* A request of ours; params NULL: none. */
enum mcpass_rc mp_request_aside(struct mp_bridge *b, size_t server, const char *method,
    const char *params, struct mcpass_error *err);

/* tell.c: what the host is told.  A reply frees its request. */
enum mcpass_rc mp_tell_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err);
enum mcpass_rc mp_tell_error(struct mp_bridge *b, struct mp_request *r, int code,
    const char *message, struct mcpass_error *err);
enum mcpass_rc mp_tell_error_json(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err);
/* To a message that is no request; id data NULL: null. */
enum mcpass_rc mp_tell_refuse(struct mp_bridge *b, struct mp_span id, int code,
    const char *message, struct mcpass_error *err);
/* The whole response to it, as its server wrote it. */
enum mcpass_rc mp_tell_whole(struct mp_bridge *b, struct mp_request *r, const char *response,
    struct mcpass_error *err);
/* A whole message, on one line. */
enum mcpass_rc mp_tell_pass(struct mp_bridge *b, struct mp_span json, struct mcpass_error *err);
/* A message of ours: a request when id is not NULL. */
enum mcpass_rc mp_tell_message(struct mp_bridge *b, const char *id, const char *method,
    const char *params, struct mcpass_error *err);
/* A notification; the buffer is empty afterwards, whatever the result. */
enum mcpass_rc mp_tell_note(struct mp_bridge *b, const char *method, struct mp_buf *params,
    struct mcpass_error *err);
/* The same as mp_tell_result(), for a request that goes on. */
enum mcpass_rc mp_tell_interim(struct mp_bridge *b, const char *id, const char *result,
    struct mcpass_error *err);
/* A new id for a request of ours to the host; the caller's (free). */
enum mcpass_rc mp_tell_next_id(struct mp_bridge *b, char **ret_id, struct mcpass_error *err);

/* host.c: what the host says */
enum mcpass_rc mp_host_line(struct mp_bridge *b, struct mp_span line, struct mcpass_error *err);
enum mcpass_rc mp_host_tick(struct mp_bridge *b, struct mcpass_error *err);

/* offers.c: what a server has */
/* Declared by the server: mp_offers_has(u, "tools", "listChanged"); inner NULL: at all. */
bool mp_offers_has(const struct mp_upstream *u, const char *name, const char *inner);
/* All lists that it has may have changed. */
enum mcpass_rc mp_offers_changed(struct mp_bridge *b, size_t server, struct mcpass_error *err);

/* upstream.c: the servers */
/* Does what is next: opens the servers that are wanted, sends the requests that are held, passes
 * on what came of others.  Whatever is taken in ends with it. */
enum mcpass_rc mp_upstream_go_on(struct mp_bridge *b, struct mcpass_error *err);
/* It may go to the server as it is. */
bool mp_upstream_passes(const struct mp_bridge *b, const struct mp_message *m, bool is_new);
enum mcpass_rc mp_upstream_pass(struct mp_bridge *b, struct mp_request *r, struct mp_span text,
    struct mcpass_error *err);
/* The answer in the form that the host wants. */
enum mcpass_rc mp_upstream_result(struct mp_bridge *b, struct mp_request *r, const char *json,
    bool is_error, struct mcpass_error *err);
void mp_upstream_free(struct mp_upstream *u);

/* stale.c: a server that was replaced by one of the other era */
struct mp_stale {
	size_t server;
	bool is_probe;          /* it was the end of a probe */
	bool is_suspect;        /* it refused in a way that may be a sign of it */
};
/* Before the end of a request is passed on; error: of a refusal, NULL where JSON-RPC has none. */
void mp_stale_look(const struct mp_bridge *b, const struct mp_request *r, bool is_refused,
    const char *error, struct mp_stale *ret_stale);
/* Afterwards: the server is asked, or forgotten. */
enum mcpass_rc mp_stale_act(struct mp_bridge *b, const struct mp_stale *stale,
    struct mcpass_error *err);

/* welcome.c: initialize and server/discover, which wait for all servers */
enum mcpass_rc mp_welcome_wait(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err);
enum mcpass_rc mp_welcome_try(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err);
enum mcpass_rc mp_welcome_all(struct mp_bridge *b, struct mcpass_error *err);
bool mp_welcome_is_for(const struct mp_request *r);

/* old_host.c: an old host; at a new server too */
enum mcpass_rc mp_old_host_request(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
enum mcpass_rc mp_old_host_initialize(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err);
enum mcpass_rc mp_old_host_send(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
enum mcpass_rc mp_old_host_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err);
enum mcpass_rc mp_old_host_error(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err);
enum mcpass_rc mp_old_host_message(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err);

/* modernize.c: an old host's request to a new server, with these params */
enum mcpass_rc mp_modernize_send(struct mp_bridge *b, struct mp_request *r,
    struct mp_span params, struct mcpass_error *err);

/* input.c: an old host is asked what a new server wants to know */
enum mcpass_rc mp_input_ask(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err);
/* An answer of the host; *ret_taken: it was to a question of ours. */
enum mcpass_rc mp_input_take(struct mp_bridge *b, const struct mp_message *m, bool *ret_taken,
    struct mcpass_error *err);
/* URLs that the host was asked to open are done with. */
enum mcpass_rc mp_input_complete(struct mp_bridge *b, const struct mp_request *r,
    struct mcpass_error *err);
/* The request was given up: the host need not answer any more. */
enum mcpass_rc mp_input_withdraw(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
/* A URL that a host may be asked to open. */
bool mp_input_is_safe_url(const char *url);

/* listen.c: what an old host subscribes to at a new server */
enum mcpass_rc mp_listen_update(struct mp_bridge *b, size_t server, struct mcpass_error *err);
enum mcpass_rc mp_listen_ended(struct mp_bridge *b, struct mp_request *r, bool is_refused,
    struct mcpass_error *err);
enum mcpass_rc mp_listen_acknowledged(struct mp_bridge *b, size_t server,
    struct mcpass_error *err);
enum mcpass_rc mp_listen_subscribe(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
/* What a session is told by requests that pass, and has to be told again when it began anew. */
enum mcpass_rc mp_listen_note(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err);
enum mcpass_rc mp_listen_again(struct mp_bridge *b, size_t server, struct mcpass_error *err);
enum mcpass_rc mp_listen_tick(struct mp_bridge *b, struct mcpass_error *err);

/* new_host.c: a new host; at an old server too */
enum mcpass_rc mp_new_host_request(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
enum mcpass_rc mp_new_host_send(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err);
enum mcpass_rc mp_new_host_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err);
enum mcpass_rc mp_new_host_error(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err);
/* The session began anew, without what it was told for the host. */
enum mcpass_rc mp_new_host_again(struct mp_bridge *b, size_t server, struct mcpass_error *err);
enum mcpass_rc mp_new_host_message(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err);

/* parked.c: an old server asks in the middle of a call of a new host */
enum mcpass_rc mp_parked_ask(struct mp_bridge *b, size_t server, unsigned call,
    const struct mp_message *m, struct mcpass_error *err);
/* The call was refused until URLs have been seen. */
enum mcpass_rc mp_parked_urls(struct mp_bridge *b, struct mp_request *r, const json_t *error,
    struct mcpass_error *err);
/* r may go on with one that is parked; *ret_taken: it does, and r is freed. */
enum mcpass_rc mp_parked_resume(struct mp_bridge *b, struct mp_request *r, bool *ret_taken,
    struct mcpass_error *err);

/* sign_in.c: what the host hears while a person has to sign in */
enum mcpass_rc mp_sign_in_tick(struct mp_bridge *b, struct mcpass_error *err);
int64_t mp_sign_in_due(const struct mp_bridge *b);

/* tools.c: which tools are shown, and by which names */
bool mp_tools_are_changed(const struct mp_bridge *b);
/* Adds the items of the list `member` in a result, as the host sees them, to those in list. */
enum mcpass_rc mp_tools_add(const struct mp_bridge *b, size_t server, const char *member,
    const char *result, struct mp_buf *list, struct mcpass_error *err);
/* The result of tools/list as the host sees it. */
enum mcpass_rc mp_tools_show(const struct mp_bridge *b, size_t server, const char *result,
    char **ret_result, struct mcpass_error *err);
/* The name in params as the server knows it, and which server; false: none is called so. */
enum mcpass_rc mp_tools_find(struct mp_bridge *b, struct mp_request *r, bool *ret_found,
    struct mcpass_error *err);

/* asked.c: requests to the host whose answers go where they belong */
/* server MP_NO_SERVER: the answer goes nowhere. */
#define MP_NO_SERVER ((size_t)-1)
enum mcpass_rc mp_asked_add(struct mp_bridge *b, size_t server, struct mp_span server_id,
    char **ret_id, struct mcpass_error *err);
/* *ret_taken: it was such an answer. */
enum mcpass_rc mp_asked_take(struct mp_bridge *b, const struct mp_message *m, bool *ret_taken,
    struct mcpass_error *err);
/* A request of one of several servers, under an id that is ours. */
enum mcpass_rc mp_asked_pass(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err);
void mp_asked_free(struct mp_bridge *b);

/* many.c: several servers as one */
enum mcpass_rc mp_many_request(struct mp_bridge *b, struct mp_request *r, bool *ret_taken,
    struct mcpass_error *err);
enum mcpass_rc mp_many_part(struct mp_bridge *b, struct mp_request *part, const char *json,
    bool is_error, struct mcpass_error *err);
