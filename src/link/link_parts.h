/* link_parts.h - what the files of this folder share.
 *
 * Calls are the program's requests, from mp_link_submit() to their answer.  A refusal is an
 * exchange that met 401 or 403, and waits for a login.  A flow is one run of the client, from
 * START, CHALLENGE or LOGOUT to DONE or a failure; there is one at a time.
 * Whatever is told to the program is told from the task `pump`, never from inside libcurl. */
#pragma once
#include "io/store/store.h"
#include "link/link.h"
#include "mcpass/login.h"
#include "wire/http/http.h"

struct mp_link_call {
	struct mp_link_call *next;
	unsigned number;                /* as the program knows it */
	unsigned session_call;          /* as the session knows it; 0: not given to it yet */
	unsigned exchange;              /* the last one that carried it */
	char *method, *params;          /* until the session has them */
	struct mp_buf message;          /* of another program, in their place; or empty */
	void (*answered)(void *ctx, struct mp_link_answer *answer);
	void *ctx;
	int64_t asked_at;               /* of mp_now_ms() */
	bool is_tool;                   /* tools/call */
	bool is_list;                   /* tools/list */
	bool is_spooled;                /* its long strings go to options.spool */
	bool is_ready;                  /* what has to be known of its tool is known, or was tried */
};

struct mp_link_refusal {
	struct mp_link_refusal *next;
	unsigned exchange;
	unsigned generation;            /* of the token that was sent */
	unsigned call;                  /* the session's; 0: of its own */
	int status;
	struct mp_headers headers;
	char *words;                    /* of the body, or NULL */
};

/* A flow that the program asked for. */
struct mp_link_errand {
	struct mp_link_errand *next;
	enum mcpass_event_type type;
	mp_link_done_fn *done;          /* NULL: it is not waited for any more */
	void *ctx;
};

/* A token that the program asked for without a request (want.c). */
struct mp_link_want {
	struct mp_link_want *next;
	struct mp_link *link;
	bool is_login;
	unsigned call;                  /* that asks whether the server wants one, or 0 */
	mp_link_done_fn *done;
	void *ctx;
};

/* How an exchange ended, until the session has said what follows from it. */
struct mp_link_end {
	struct mp_link_end *next;
	unsigned exchange;
	unsigned generation;            /* of the token that was sent */
	bool unsent;                    /* it had not got as far as the server */
	struct mcpass_error why;        /* it broke off; rc MCPASS_OK: it did not */
};

struct mp_link_flow {
	bool is_running;
	enum mcpass_event_type began_with;
	struct mcpass_client *client;   /* that is stepped: the link's, or a new one, which takes its
	                                 * place when it has a token */
	struct mp_link_errand *errand;  /* that it is for; NULL: for a refusal, or for the calls */
	unsigned exchange;              /* of the refusal that it is for, or 0 */
	struct mcpass_action action;    /* the client's, which is being carried out */
	struct mp_timer timer;          /* the next look at the lock, tick of a pause, end of patience */
	int64_t deadline;               /* of what is waited for; of mp_now_ms() */
	int64_t busy_deadline;          /* of a LOCK that meets a busy store; 0: it met none */
	int64_t code_deadline;          /* of a login by a code; -1: its own */
	bool told_waiting;              /* that a person is waited for is on the screen */
	bool told_lock;                 /* and that another process is */
	bool told_stray;                /* that something else came to the redirect URI */
	bool asks_person;               /* a login was shown: its end is told, too */
	unsigned fetch;                 /* the request under way, or 0 */
	/* What the client is told lives here until it is told the next thing. */
	struct mp_http_response response;
	char *text;                     /* a record, a query: wiped */
	struct mcpass_error reason;     /* why there was no answer */
	bool has_come;                  /* what was waited for: the client is told in the next turn */
	struct mcpass_event event;      /* that it is told, */
	struct mcpass_error why;        /* or why it cannot be; rc MCPASS_OK: it can */
	/* Where a person types: the redirect that they paste, a yes or a no. */
	struct mp_watch typed;
	bool is_asked;                  /* the person saw the question of CONFIRM */
	enum mp_link_word word;         /* what they said to it */
	/* While a person signs in at a browser. */
	struct mp_listener *listener;
	struct mp_watch browser;        /* how the program ended */
	int paste_fd;                   /* what ui.browse() said, or -1 */
	int late;                       /* turns after the end of patience */
	char *pasted;                   /* a query that the next turn takes, or NULL: wiped */
	char *url;                      /* that a person is asked to open */
};

/* A request of the server that ui.asked() answers. */
struct mp_link_question {
	struct mp_link_question *next;
	unsigned call;                  /* the session's, that it came with; 0: none */
	char *text;
};

/* A list of the tools, read before the first call of one. */
struct mp_link_lesson {
	bool is_running;
	char *tool;                     /* that is called, or NULL */
	struct mp_strings cursors;      /* the parameters of every page so far */
	int pages;
	int64_t lifetime;
	bool learnt;
	unsigned call;                  /* the session's, of the page under way */
	unsigned exchange;              /* that carried it last */
	char *known;                    /* what is known, and was noted; NULL: not yet */
	char *fault;                    /* why the list could not be read, to be told; or NULL */
};

struct mp_link {
	struct mp_link_options options;
	struct mp_loop *loop, *own_loop;        /* own_loop: the same, or NULL */
	struct mp_task pump;
	struct mp_timer wake;           /* the session wants to be asked again */
	struct mp_timer second;         /* the next second of waiting is told */
	struct mp_http *http;
	struct mp_store *store;
	struct mcpass_client *client;
	struct mcpass_session *session;
	struct mcpass_error fault;      /* why nothing goes on any more; rc MCPASS_OK: it does */

	struct mp_link_call *calls, **last_call;
	size_t call_count;
	unsigned last_number;

	bool is_held;
	bool client_is_broken;          /* it failed: a new one begins with the next flow */
	bool started;                   /* the client was asked for what is stored */
	struct mcpass_token *token;     /* a copy; NULL: none */
	bool was_renewed_early;         /* it was tried for this token, or makes no sense for it */
	unsigned generation;            /* counts the flows that ended well */
	struct mp_link_flow flow;
	struct mp_link_refusal *refusals;
	struct mp_link_errand *errands;
	struct mp_link_want *wants;
	struct mp_link_end *ends;
	struct mcpass_error unsaved;    /* why the last SAVE could not be done; rc MCPASS_OK: it was */
	bool told_unsaved;

	bool is_asking;
	struct mp_link_question *questions;
	struct mp_task ask;             /* the next of them */

	struct mp_link_lesson lesson;
	bool revision_is_noted;
	enum mp_reach known_reach;      /* where the server was, as the store has it */
	char *known_issuer;             /* of what a person gave, as the store has it; or NULL */

	/* While we take leave. */
	bool is_leaving;
	unsigned farewell;              /* the exchange that says so, or 0 */
	struct mp_timer farewell_timer;
	void (*gone)(void *ctx);        /* NULL: nothing is waited for */
	void *gone_ctx;
};

/* --- state.c: what every file does to a link --- */
/* The program is told soon what there is. */
void mp_link_wake(struct mp_link *link);
/* Nothing goes on any more: every call ends with this. */
void mp_link_break_down(struct mp_link *link, const struct mcpass_error *why);
/* Tells a person, unless we ask for something that the person did not. */
void mp_link_warn(struct mp_link *link, const char *sentence);
struct mp_link_call *mp_link_call_of(const struct mp_link *link, unsigned session_call);
bool mp_link_any_given(const struct mp_link *link);
/* How it ended, as long as the session has not said what follows; or NULL. */
const struct mp_link_end *mp_link_end_of(const struct mp_link *link, unsigned exchange);
void mp_link_forget_ends(struct mp_link *link);
/* What the flow waits for came, or (why) does not come: the next turn goes on with it. */
void mp_link_bring(struct mp_link *link, const struct mcpass_event *event,
    const struct mcpass_error *why);
bool mp_link_has_own_authorization(const struct mp_link *link);
/* The token of the moment says that it ends by then (Unix time, seconds). */
bool mp_link_token_ends_by(const struct mp_link *link, int64_t when);
/* The token of the moment has run out, and another one is being fetched. */
bool mp_link_waits_for_token(const struct mp_link *link);
enum mcpass_rc mp_link_add_headers(struct mp_headers *headers, const struct mcpass_header *items,
    size_t count, struct mcpass_error *err);
void mp_link_free_refusal(struct mp_link_refusal *refusal);
/* Has what a person types at fd (-1: nowhere) read by ready.  One reads a terminal at a time: what the
 * server asks is answered before, or after.  One that cannot be watched is none. */
void mp_link_watch_typed(struct mp_link *link, int fd, void (*ready)(void *ctx, unsigned events));
void mp_link_forget_typed(struct mp_link *link);

/* --- link.c --- */
/* Lets what is on its way go out, a second at most, and calls gone then. */
void mp_link_part(struct mp_link *link, void (*gone)(void *ctx), void *ctx);

/* --- start.c --- */
/* Gives the session what it takes. */
void mp_link_start_calls(struct mp_link *link);

/* --- calls.c --- */
/* Ends a call: json (taken over) or why. */
void mp_link_end_call(struct mp_link *link, struct mp_link_call *call, char *json, bool is_error,
    const struct mcpass_error *why);
/* Fails the calls that the session has not got yet; tools: only those that wait for a list. */
void mp_link_fail_waiting(struct mp_link *link, bool tools, const struct mcpass_error *why);
void mp_link_free_calls(struct mp_link *link);

/* --- flow.c: one run of the client after the other --- */
/* Begins the next flow, where one is wanted and none runs. */
void mp_link_next_flow(struct mp_link *link);
/* Goes on with the one that runs, where what it waited for came. */
void mp_link_go_on(struct mp_link *link);
/* The action under way cannot be carried out: the flow ends. */
void mp_link_fail_flow(struct mp_link *link, const struct mcpass_error *why);
/* The errands with that ctx: none begins, and one that is under way is told to no function. */
void mp_link_forget_errands(struct mp_link *link, const void *ctx);
/* No login for anything that waits for one. */
void mp_link_drop_flows(struct mp_link *link, const struct mcpass_error *why);
/* The server took the token of the present generation; headers as it sent them. */
void mp_link_accepted(struct mp_link *link, const struct mcpass_header *headers, size_t count);
void mp_link_init_flow(struct mp_link *link);
void mp_link_free_flow(struct mp_link *link);

/* --- want.c --- */
void mp_link_free_wants(struct mp_link *link);

/* --- authorize.c: the client's actions --- */
/* Carries out flow.action: fills the event that answers it, or *ret_later. */
enum mcpass_rc mp_link_perform(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err);
void mp_link_on_flow_timer(void *ctx);

/* --- confirm.c --- */
/* CONFIRM: fills the event where the answer is there at once. */
void mp_link_ask_issuer(struct mp_link *link, struct mcpass_event *event, bool *ret_later);
void mp_link_on_confirm_timer(struct mp_link *link);
/* The server's question was answered: the terminal is free for ours. */
void mp_link_end_asking(struct mp_link *link);

/* --- sign_in.c: the part of a login that a person does, as waits on the loop --- */
/* LISTEN: *ret_uri is the redirect URI. */
enum mcpass_rc mp_link_listen(struct mp_link *link, const struct mcpass_action *action,
    const char **ret_uri, struct mcpass_error *err);
/* BROWSE and WAIT: open url, and bring what a person comes back with; *ret_over: no time is
 * left. */
enum mcpass_rc mp_link_browse(struct mp_link *link, const char *url, struct mcpass_error *err);
enum mcpass_rc mp_link_wait_on(struct mp_link *link, bool *ret_over, struct mcpass_error *err);
/* SHOW_CODE and PAUSE. */
enum mcpass_rc mp_link_show_code(struct mp_link *link, const struct mcpass_action *action,
    struct mcpass_error *err);
void mp_link_pause(struct mp_link *link, const struct mcpass_action *action);
/* The tick of either. */
void mp_link_on_login_timer(struct mp_link *link);
void mp_link_init_watches(struct mp_link *link);
/* Nothing of a login is waited for. */
void mp_link_rest(struct mp_link *link);
/* Answers the browser that waits, and closes the redirect URI. */
void mp_link_say_goodbye(struct mp_link *link, enum mcpass_rc rc, const struct mcpass_error *err);

/* --- exchange.c: what the session asks for, and what comes back --- */
/* Carries out one action; false: there is nothing more to do for now. */
bool mp_link_carry_out(struct mp_link *link);

/* --- refusals.c --- */
void mp_link_take_refusal(struct mp_link *link, const struct mcpass_session_action *action);
/* The refusals that a newer token may cure are sent again. */
void mp_link_retry_refused(struct mp_link *link);
/* No token comes for a refusal, which is removed: what it carried fails with why. */
void mp_link_refuse(struct mp_link *link, struct mp_link_refusal *refusal,
    const struct mcpass_error *why);

/* --- messages.c --- */
void mp_link_take_message(struct mp_link *link, const struct mcpass_session_action *action);
void mp_link_ask_next(void *ctx);               /* the task */
void mp_link_free_questions(struct mp_link *link);

/* --- tool_notes.c: before the first tools/call it has to be known which arguments go into
 * headers, too; after one, what the session found out is kept for the next time --- */
/* Whether a call of a tool has to wait for the list, which is then being read. */
enum mcpass_rc mp_link_learn_tool(struct mp_link *link, struct mp_link_call *call, bool *ret_wait,
    struct mcpass_error *err);
/* The list is refused with status: gives it up, and the calls go on without. */
void mp_link_skip_lesson(struct mp_link *link, int status);
/* A page of it came; json is taken over. */
void mp_link_take_page(struct mp_link *link, char *json, bool is_error);
/* There is none; is_own: that page alone is the matter, and not a handshake before it. */
void mp_link_fail_lesson(struct mp_link *link, bool is_own, const struct mcpass_error *why);
/* The answer of a call came: keeps what is new, and tells what was wrong with the list. */
void mp_link_note_tools(struct mp_link *link, const struct mp_link_call *call, const char *json,
    bool is_error);
void mp_link_free_lesson(struct mp_link *link);

/* --- notes.c: what is kept in the store beside the credentials, from run to run --- */
/* What is kept of the tools is called so; mp_buf_free(). */
void mp_link_name_tools(const struct mp_link *link, struct mp_buf *ret_name);
/* The revision that the server speaks, as far as is known: told, found or noted; NULL. */
enum mcpass_rc mp_link_known_revision(const struct mp_link *link, char **ret_revision,
    struct mcpass_error *err);
void mp_link_note_revision(struct mp_link *link);
/* Which issuer may have what a person gave.  Recalled before there is a client, noted when there
 * is a token; the action CONFIRM. */
enum mcpass_rc mp_link_recall_issuer(struct mp_link *link, struct mcpass_error *err);
void mp_link_note_issuer(struct mp_link *link);
/* Where the MCP server was when it was connected to last; UNKNOWN: it never was. */
enum mcpass_rc mp_link_recall_reach(struct mp_link *link, struct mcpass_error *err);
void mp_link_note_reach(struct mp_link *link);
/* After a logout: what only this account knew of the server, and what no other account there needs. */
void mp_link_forget_notes(struct mp_link *link);

/* --- redact.c: our secrets in what the server wrote become '*', in place --- */
void mp_link_redact(const struct mp_link *link, char *text);
void mp_link_redact_error(const struct mp_link *link, struct mcpass_error *err);

/* --- token.c --- */
enum mcpass_rc mp_link_copy_token(const struct mcpass_token *from,
    struct mcpass_token **ret_token, struct mcpass_error *err);
