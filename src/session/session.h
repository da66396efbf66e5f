/* session.h - what the files of the session share.
 *
 * A call is a request that wants an answer; an exchange is one HTTP request and what came
 * back on it.  A call outlives an exchange: it may be sent again, in another form, or wait
 * until something else has happened.
 *
 * Nothing is freed under the feet of a caller up the stack: an exchange that is over is
 * marked `dropped`, and goes when the next public call begins. */
#pragma once
#include <stdbool.h>
#include "mcp/headers.h"
#include "mcp/message.h"
#include "mcp/revision.h"
#include "mcpass/session.h"
#include "session/table.h"
#include "wire/json/raw.h"
#include "wire/sse.h"

#define MP_SPEC_HTTP "MCP streamable HTTP"
#define MP_LOOK_FIRST "The server may have carried it out: look before you ask again."

enum mp_call_kind {
	MP_CALL_PROGRAM,        /* asked for by mcpass_session_request() */
	MP_CALL_INITIALIZE,     /* ours: the handshake */
	MP_CALL_RELIST          /* ours: tools/list, to learn which headers a tool wants */
};
enum mp_call_state {
	MP_CALL_WAITING,        /* for its turn */
	MP_CALL_SENT,           /* an exchange carries it */
	MP_CALL_HELD            /* until a relist has been answered */
};
struct mp_call {
	struct mp_entry entry;  /* its number as the program knows it; 0: our own */
	struct mp_call *prev, *next;    /* of all, in the order in which they were asked for */
	struct mp_call *waits_next;     /* of those that wait for their turn */
	struct mp_exchange *exchange;   /* that carries it, or NULL */
	enum mp_call_kind kind;
	enum mp_call_state state;
	bool whole;             /* another program's: its id stays, it is told the whole answer */
	unsigned serves;        /* MP_CALL_RELIST: the number of the call that is held */
	char *text;             /* the request as it was asked for */
	struct mp_message message;      /* its parts */
	const char *method;
	struct mp_span meta;    /* params._meta; data NULL: none */
	char *target;           /* the name or URI in its params, or NULL */
	char *sent_id;          /* the id of the last time it was sent, NULL: the message's */
	struct mp_span sent_key;
	struct mp_entry by_id;  /* its hash; item NULL: it is not in the table */
	char *error;            /* the answer that is given if nothing better comes */
	unsigned reissued;      /* times it was sent again after a broken answer */
	unsigned pages;         /* MP_CALL_RELIST: how many were read */
	bool renewed, version_retried, relisted;   /* each is done once */
	int64_t sent_at;        /* the last time; milliseconds */
	unsigned sent_on;       /* and the number of that exchange */
	bool has_begun;         /* the server said since that it is at work, on a channel */
};

enum mp_exchange_kind {
	MP_EXCHANGE_CALL,
	MP_EXCHANGE_NOTE,       /* a notification or an answer: wants 202 */
	MP_EXCHANGE_ANNOUNCE,   /* notifications/initialized */
	MP_EXCHANGE_LISTEN,     /* the GET stream on which the server may ask */
	MP_EXCHANGE_CHANNEL,    /* the GET stream on which all answers come: channel.c */
	MP_EXCHANGE_LEAVE       /* the DELETE of the session */
};
enum mp_exchange_state {
	MP_EXCHANGE_TO_SEND,
	MP_EXCHANGE_SENT,       /* no head yet */
	MP_EXCHANGE_ANSWERED,   /* a head; data until the end */
	MP_EXCHANGE_AUTHORIZE,  /* until mcpass_session_retry() */
	MP_EXCHANGE_OVER        /* its end came; nothing is left to close */
};
enum mp_body { MP_BODY_IGNORED, MP_BODY_JSON, MP_BODY_SSE, MP_BODY_REFUSAL };
struct mp_exchange {
	struct mp_entry entry;  /* its number */
	struct mp_exchange *prev, *next;        /* of all but those that were dropped */
	struct mp_exchange *queue_next; /* of those that are to be sent, or were dropped */
	enum mp_exchange_kind kind;
	enum mp_exchange_state state;
	struct mp_call *call;   /* MP_EXCHANGE_CALL while unanswered, else NULL */
	char *body;             /* as sent; MP_EXCHANGE_NOTE and _ANNOUNCE: from birth */
	char *url;
	struct mp_headers headers;
	enum mp_era era;        /* the form in which it was sent */
	unsigned generation;    /* the handshake under which it was sent */
	bool ever_sent, resuming, dropped, sent_session_id;
	bool by_channel;        /* its answer comes on another stream */
	int broken;             /* MCPASS_SESSION_BROKEN, _UNSENT or _LATE; 0: not */
	bool told;              /* MP_EXCHANGE_NOTE and _ANNOUNCE: what became of it */
	char *odd;              /* why an event was left out, or NULL */
	unsigned redirects;
	unsigned attempts;      /* connections in a row that brought nothing */
	bool was_busy;          /* the server asked to be left alone for busy_ms, and was */
	int64_t busy_ms;        /* 0: it did not ask */
	int64_t delay, due, sent_at;    /* milliseconds; delay -1: none, or turned into due */
	/* What came back. */
	int status;
	enum mp_body kept;      /* what is done with the bytes */
	struct mp_headers answer;       /* of a 401 or 403 */
	char *location;         /* of a redirect */
	char *type;             /* Content-Type of a refusal */
	struct mp_buf text;     /* MP_BODY_JSON, MP_BODY_REFUSAL */
	struct mp_sse sse;      /* MP_BODY_SSE */
	struct mp_buf unread;   /* bytes of the stream that came while the program had enough, */
	size_t unread_at;       /*    from here on */
	size_t promised;        /* by Content-Length; 0: not */
	size_t held;            /* bytes of an unfinished answer: its part of the session's */
	int64_t fed_at;         /* when the last ones came */
	char *last_id;          /* of the stream's last event, or NULL */
	int64_t retry_ms;       /* the server's wish, or -1 */
};

/* The steps of a handshake; a stateless server knows none. */
enum mp_phase {
	MP_PHASE_HELLO,         /* initialize is to be sent */
	MP_PHASE_WELCOME,       /* it was */
	MP_PHASE_ANNOUNCE,      /* notifications/initialized was */
	MP_PHASE_LISTEN,        /* the GET stream was asked for */
	MP_PHASE_READY
};

enum mp_channel {
	MP_CHANNEL_NONE,
	MP_CHANNEL_OPENING,     /* its stream was asked for, or names no endpoint yet */
	MP_CHANNEL_OPEN,
	MP_CHANNEL_TO_OPEN,     /* it ended: with the next request */
	MP_CHANNEL_FAILED       /* the server has none */
};

/* Where a tool wants an argument mirrored. */
struct mp_mirror {
	struct mp_strings path; /* the chain of properties that leads to the argument */
	char *header;           /* "Mcp-Param-Region" */
};
struct mp_tool {
	char *name;
	char *fault;            /* the rule it breaks: it must not be called; or NULL */
	struct mp_mirror *mirrors;
	size_t count;
};
struct mp_tools {
	struct mp_tool *items;
	size_t count;
};

struct mp_action {
	struct mp_action *next;
	struct mcpass_session_action public;    /* points into what follows, or an exchange */
	char *body, *url;
	struct mp_headers headers;
	struct mcpass_error *error;     /* MCPASS_SESSION_FAILED */
	size_t size;            /* bytes of its body */
	bool forgotten;         /* its call was given up */
};

struct mcpass_session {
	char *hello;            /* the initialize of another program, which is relayed; or NULL */
	char *client;           /* clientInfo and capabilities, JSON */
	char *capabilities;
	char *offer;            /* the revision that initialize proposes, or NULL: our newest */
	bool may_be_asked;      /* capabilities let a server ask */
	bool has_extensions;    /* they declare any */
	size_t max_answer;
	int64_t answer_ms;      /* as configured */
	mcpass_trace_fn *trace;
	void *trace_ctx;
	char *url;
	bool failed;

	/* Which form the server wants. */
	enum mp_era era;
	bool fixed;             /* the program insists on its revision */
	bool settled;           /* an answer has proved the era */
	bool hinted;            /* believed from an earlier session: calls need not queue */
	bool tried_stateless, tried_session;
	enum mp_era first_era;  /* the one to begin with */
	bool hello_retried;     /* with another revision, that the server named */
	int refused_status;     /* the HTTP status that spoke against the stateless form, */
	int hello_status;       /* and the one that spoke against initialize */
	char *revision;

	/* The handshake era. */
	enum mp_phase phase;
	unsigned generation;    /* how many handshakes */
	char *session_id;
	char *welcome;          /* the result of initialize */
	unsigned begun;         /* how often there was one */
	enum mp_channel channel;
	char *post_url;         /* MP_CHANNEL_OPEN */

	struct mp_tools tools;
	char *tools_text;               /* what mcpass_session_tools() gave */
	struct mp_table call_table, exchange_table, id_table;
	struct mp_call *calls, *last_call;
	struct mp_call *waiting, *last_waiting;
	struct mp_exchange *exchanges, *last_exchange;
	struct mp_exchange *outbox, *last_to_send;
	struct mp_exchange *dropped;
	struct mp_exchange *listener;   /* the GET stream of either kind, or NULL */
	struct mp_action *actions, *last_action;
	struct mp_action *current;      /* what the program is looking at */
	size_t action_count, call_count, sent_count;
	size_t action_bytes;    /* of the actions' bodies */
	size_t held_bytes;      /* of unfinished answers */
	size_t unread_count;    /* exchanges with bytes that are not read yet */
	int64_t now;            /* as the program said last */
	unsigned call_number, exchange_number;  /* the last ones */
	unsigned id_number;     /* of the last id of ours */
};

/* session.c: a public call begins with a clean error and without what is over, and a failure
 * ends the session */
enum mcpass_rc mp_session_enter(struct mcpass_session *s, struct mcpass_error *err);
enum mcpass_rc mp_session_leave(struct mcpass_session *s, enum mcpass_rc rc);

/* given.c: what is wrong with what the program gives is MCPASS_E_USAGE: the rc and why of
 * reading it; a JSON object; a message */
enum mcpass_rc mp_given_check(enum mcpass_rc rc, const struct mcpass_error *why,
    struct mcpass_error *err);
enum mcpass_rc mp_given_object(const char *text, const char *what, json_t **ret_json,
    struct mcpass_error *err);
enum mcpass_rc mp_given_message(const char *text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err);

/* identity.c: whom the session speaks for */
enum mcpass_rc mp_identity_read(struct mcpass_session *s,
    const struct mcpass_session_config *cfg, struct mcpass_error *err);

/* actions.c: what the program is to be told.  The action is in the queue at once. */
enum mcpass_rc mp_actions_add(struct mcpass_session *s, enum mcpass_session_action_type type,
    struct mp_action **ret_action, struct mcpass_error *err);
enum mcpass_rc mp_actions_warn(struct mcpass_session *s, struct mcpass_error *err,
    const char *fmt, ...) MP_PRINTF(3, 4);
/* text is the action's from now on; NULL: none. */
void mp_actions_body(struct mcpass_session *s, struct mp_action *action, char *text);
/* The program has enough to read. */
bool mp_actions_enough(const struct mcpass_session *s);
/* No RESULT of it, and no FAILED. */
void mp_actions_forget(struct mcpass_session *s, unsigned call);
bool mp_actions_next(struct mcpass_session *s, struct mcpass_session_action *ret_action);
void mp_actions_free(struct mcpass_session *s);

/* call.c */
/* text is the call's from now on, whatever the result, and so is what message holds: what was
 * read of it, or NULL.  MCPASS_E_USAGE: it is no request. */
enum mcpass_rc mp_call_new(struct mcpass_session *s, enum mp_call_kind kind, char *text,
    struct mp_message *message, struct mp_call **ret_call, struct mcpass_error *err);
/* The same with a request of these parts; params data NULL: none. */
enum mcpass_rc mp_call_ask(struct mcpass_session *s, enum mp_call_kind kind,
    const char *method, struct mp_span params, struct mp_call **ret_call,
    struct mcpass_error *err);
/* Gives it the id that it is sent with. */
enum mcpass_rc mp_call_number(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err);
/* Its id from now on, without quotes and escapes; and the one that has it, or NULL. */
void mp_call_take_key(struct mcpass_session *s, struct mp_call *call, struct mp_span key);
struct mp_call *mp_call_by_key(const struct mcpass_session *s, struct mp_span key);
struct mp_call *mp_call_by_number(const struct mcpass_session *s, unsigned number);
/* Back to those that wait, at its old place; or held, until it is requeued. */
void mp_call_requeue(struct mcpass_session *s, struct mp_call *call);
void mp_call_hold(struct mcpass_session *s, struct mp_call *call);
/* The first of those that wait is sent. */
void mp_call_sent(struct mcpass_session *s, struct mp_exchange *e);
void mp_call_remove(struct mcpass_session *s, struct mp_call *call);
/* The RESULT of the call, which is over then; error: json is an error object. */
enum mcpass_rc mp_call_deliver(struct mcpass_session *s, struct mp_call *call,
    struct mp_span json, bool error, struct mcpass_error *err);
/* The answer that it was given before something better was tried. */
enum mcpass_rc mp_call_deliver_kept(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err);
/* The same with the result or the error of a message, as its writer wrote it. */
enum mcpass_rc mp_call_forward(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err);
/* It only reads. */
bool mp_call_is_safe(const struct mp_call *call);
/* There is work behind it. */
bool mp_call_may_last(const struct mp_call *call);
/* It is idempotent. */
bool mp_call_may_repeat(const struct mp_call *call);

/* request.c: gives it up; said: the notification of another program, whose words are passed
 * on; or NULL */
enum mcpass_rc mp_request_give_up(struct mcpass_session *s, struct mp_call *call,
    const char *said, struct mcpass_error *err);

/* notify.c: notifications of ours; params data NULL: none */
enum mcpass_rc mp_notify_post(struct mcpass_session *s, const char *method, struct mp_span params,
    struct mcpass_error *err);
/* The call is given up. */
enum mcpass_rc mp_notify_cancelled(struct mcpass_session *s, const struct mp_call *call,
    struct mcpass_error *err);

/* exchange.c: one exchange from birth to end */
enum mcpass_rc mp_exchange_new(struct mcpass_session *s, enum mp_exchange_kind kind,
    struct mp_call *call, const char *body, struct mcpass_error *err);
struct mp_exchange *mp_exchange_by_number(const struct mcpass_session *s, unsigned number);
void mp_exchange_restart(struct mcpass_session *s, struct mp_exchange *e, int64_t delay);
/* It is no more among those to be sent. */
void mp_exchange_unqueue(struct mcpass_session *s, struct mp_exchange *e);
/* Counts the bytes of its unfinished answer. */
void mp_exchange_count(struct mcpass_session *s, struct mp_exchange *e);
/* Ends it, closing its connection if there is one; frees it later. */
enum mcpass_rc mp_exchange_drop(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);
/* Frees those that were dropped. */
void mp_exchange_reap(struct mcpass_session *s);
/* Nothing counts behind the answer, or when its request is asked anew in another way. */
bool mp_exchange_is_done(const struct mp_exchange *e);

/* response.c: what comes back on it */
enum mcpass_rc mp_response_head(struct mcpass_session *s, struct mp_exchange *e, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err);
enum mcpass_rc mp_response_data(struct mcpass_session *s, struct mp_exchange *e,
    const char *bytes, size_t len, struct mcpass_error *err);
enum mcpass_rc mp_response_end(struct mcpass_session *s, struct mp_exchange *e, int broken,
    struct mcpass_error *err);
/* Goes on with what came while the program had enough. */
enum mcpass_rc mp_response_resume(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);

/* events.c: the events of a stream, as far as the program has not enough; the rest is kept */
enum mcpass_rc mp_events_take(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span bytes, struct mcpass_error *err);
enum mcpass_rc mp_events_resume(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);
/* What stands at the end of a stream, without the empty line that ends an event. */
enum mcpass_rc mp_events_end(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);

/* failure.c: what goes wrong with an exchange (rc and why, of those above) is the failure of
 * the request that it carries; only a failure of the program or its memory is returned. */
enum mcpass_rc mp_failure_contain(struct mcpass_session *s, struct mp_exchange *e,
    enum mcpass_rc rc, struct mcpass_error *why, struct mcpass_error *err);
/* The same with a reason of the program's own, whatever it is. */
enum mcpass_rc mp_failure_refuse(struct mcpass_session *s, struct mp_exchange *e,
    const struct mcpass_error *why, struct mcpass_error *err);
/* The answer of a call did not come on the channel in time. */
enum mcpass_rc mp_failure_late(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err);

/* stream.c: answers that break off, and the stream on which the server asks */
enum mcpass_rc mp_stream_unanswered(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);
enum mcpass_rc mp_stream_lost(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);
/* Turns the delay of a connection that is to be tried again into a time, or gives up. */
enum mcpass_rc mp_stream_arm(struct mcpass_session *s, struct mp_exchange *e, int64_t now,
    struct mcpass_error *err);
void mp_stream_head(struct mcpass_session *s, struct mp_exchange *e);
enum mcpass_rc mp_stream_end(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);

/* schedule.c: the next action */
enum mcpass_rc mp_schedule_next(struct mcpass_session *s, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err);

/* compose.c: the HTTP request of an exchange */
enum mcpass_rc mp_compose_request(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_session_action *ret_action, struct mcpass_error *err);

/* message.c: one JSON-RPC message, or a batch, that came on an exchange */
enum mcpass_rc mp_message_take(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span text, const char *what, struct mcpass_error *err);
enum mcpass_rc mp_message_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err);

/* era.c: which form the server wants */
enum mcpass_rc mp_era_begin(struct mcpass_session *s, const struct mcpass_session_config *cfg,
    struct mcpass_error *err);
void mp_era_settle(struct mcpass_session *s);
/* Nothing was found out: the next request begins as the first one did. */
enum mcpass_rc mp_era_restart(struct mcpass_session *s, struct mcpass_error *err);
/* A call's POST was answered with a 4xx or 5xx; message NULL: without a JSON-RPC error, but
 * perhaps with a reason of another form.  *ret_is_answer: the message is the call's answer. */
enum mcpass_rc mp_era_refused(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_message *message, const char *reason, bool *ret_is_answer,
    struct mcpass_error *err);
enum mcpass_rc mp_era_no_session(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err);
enum mcpass_rc mp_era_choose(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err);
bool mp_era_is_modern(int status, int code);
/* No form is understood; status: of the attempt to open a channel. */
enum mcpass_rc mp_era_neither(const struct mcpass_session *s, int status,
    struct mcpass_error *err);
/* The error may say "not initialized" in a server's own way: ask with initialize. */
enum mcpass_rc mp_era_suspect(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, bool *ret_suspect, struct mcpass_error *err);

/* stateless.c: 2026-07-28 */
enum mcpass_rc mp_stateless_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err);
enum mcpass_rc mp_stateless_relisted(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err);

/* legacy.c: up to 2025-11-25 */
enum mcpass_rc mp_legacy_hello(struct mcpass_session *s, struct mcpass_error *err);
enum mcpass_rc mp_legacy_session_id(struct mcpass_session *s,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err);
enum mcpass_rc mp_legacy_welcome(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err);
enum mcpass_rc mp_legacy_announced(struct mcpass_session *s, struct mcpass_error *err);
/* 404 to a session id: the session is gone. */
enum mcpass_rc mp_legacy_expired(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err);
enum mcpass_rc mp_legacy_ping(struct mcpass_session *s, const struct mp_message *message,
    struct mcpass_error *err);
/* What server/discover would say, from the answer to initialize. */
enum mcpass_rc mp_legacy_discover(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err);

/* channel.c: the transport of 2024-11-05 */
bool mp_channel_may_be(const struct mcpass_session *s, const struct mp_message *message);
enum mcpass_rc mp_channel_open(struct mcpass_session *s, struct mcpass_error *err);
enum mcpass_rc mp_channel_event(struct mcpass_session *s, const struct mp_sse_event *event,
    struct mcpass_error *err);
/* Why there is none, or no longer. */
enum mcpass_rc mp_channel_end(struct mcpass_session *s, const struct mp_exchange *e,
    struct mcpass_error *err);
/* Forgets it, and the session with it. */
void mp_channel_lost(struct mcpass_session *s);
/* When the answer of a call that was posted is late; INT64_MAX: never. */
int64_t mp_channel_patience(const struct mcpass_session *s, const struct mp_call *call);
/* A message came on it that says that the server is at work. */
void mp_channel_heard(struct mcpass_session *s, const struct mp_message *message);

/* tools.c: x-mcp-header */
/* Remembers the annotations of a tools/list result.  *ret_text is the result without the
 * tools that break the rules, the caller's (free), with a WARNING for each of them (quiet:
 * without); NULL: none does. */
enum mcpass_rc mp_tools_take(struct mcpass_session *s, struct mp_span result, bool quiet,
    char **ret_text, struct mcpass_error *err);
/* A tool that is left out must not be called. */
enum mcpass_rc mp_tools_check(const struct mcpass_session *s, const char *name,
    struct mcpass_error *err);
enum mcpass_rc mp_tools_mirror(const struct mcpass_session *s, const struct mp_call *call,
    struct mp_headers *headers, struct mcpass_error *err);
/* Takes over what *tool owns, whatever the result.  Only tools that want headers or must
 * not be called are kept; one that did and does no longer is forgotten. */
enum mcpass_rc mp_tools_remember(struct mp_tools *tools, struct mp_tool *tool,
    struct mcpass_error *err);
void mp_tools_free(struct mp_tools *tools);

/* tools_schema.c: the annotations of one tool; *ret_why is static, set when it has to go */
enum mcpass_rc mp_tools_schema_read(const json_t *tool, struct mp_tool *ret_tool,
    const char **ret_why, struct mcpass_error *err);
void mp_tools_schema_free(struct mp_tool *tool);

/* trace.c */
void mp_trace_sent(const struct mcpass_session *s, const struct mp_exchange *e,
    const char *method);
void mp_trace_answered(const struct mcpass_session *s, const struct mp_exchange *e,
    const char *content_type);
void mp_trace_decision(const struct mcpass_session *s, const char *what, const char *spec);
