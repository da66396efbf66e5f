/* drive_parts.h - what drive.c, drive_client.c, drive_browse.c and drive_session.c share. */
#ifndef MP_IO_DRIVE_PARTS_H
#define MP_IO_DRIVE_PARTS_H
#include "io/drive.h"
#include "wire/http/http.h"

struct mp_drive {
	struct mp_drive_options options;
	struct mp_loop *loop;
	struct mp_watch interrupt;      /* while an answer is waited for */
	struct mp_http *http;
	struct mcpass_error fault;      /* why the session cannot go on; rc MCPASS_OK: it can */
	struct mp_store *store;
	struct mcpass_client *client;
	struct mcpass_session *session;
	bool started;                   /* the client was asked for what is stored */
	bool told_waiting;              /* that a person is waited for is on the screen */
	const struct mcpass_token *token;       /* the client's; NULL: none */

	int64_t code_deadline;          /* of a login by a code, of mp_now_ms(); -1: its own */

	/* What the client is told lives here until it is told the next thing. */
	struct mp_listener *listener;   /* while a login is under way */
	int64_t login_deadline;         /* of mp_now_ms(): until when the person is waited for */
	int paste_fd;                   /* where the redirect may be pasted, or -1 */
	int browser_fd;                 /* tells how the browser's program ended, or -1 */
	char *url;                      /* that a person is asked to open */
	struct mp_http_response response;
	struct mcpass_error reason;     /* why there was none */
	struct mcpass_error unsaved;    /* why the last SAVE could not be done; rc MCPASS_OK: it was */
	bool told_unsaved;
	bool told_stray;                /* that something else came to the redirect URI */
	char *text;                     /* a record, a query: wiped */

	bool sent_token;                /* with the last request to the MCP server */
	bool accepted;                  /* it took it; the client has to be told */
	struct mp_headers accepted_headers;
	unsigned call;                  /* the request that is waited for */
	char *result;                   /* its answer, or NULL */
	int64_t asked_at;               /* of mp_now_ms(): when it began */
	unsigned call_exchange;         /* the last one that carried the request */
	unsigned farewell;              /* the exchange that says so when we give up, or 0 */
	struct mcpass_error broken;     /* why the exchange that broke off last did */
	unsigned broken_exchange;
	bool is_error;                  /* of result */
	bool failed_itself;             /* the request, and not a handshake before it */
	bool unsent;                    /* what broke off had not got as far as the server */
	bool learning;                  /* which headers tools want, by a list of our own */
	enum mp_reach known_reach;      /* where the server was, as the store has it */
	char *known_issuer;             /* of what a person gave, as the store has it; or NULL */
	char *list_fault;               /* why that list could not be read, or NULL */
	char *lesson;                   /* what is known of that, and was noted; NULL: not yet */
};

/* drive_client.c: tells the client something, and carries out what it wants until it is
 * done; drive->token is what it has then. */
enum mcpass_rc mp_drive_tell(struct mp_drive *drive, const struct mcpass_event *event,
    struct mcpass_error *err);

/* drive_issuer.c: which issuer may have what a person gave.  Recalled before there is a
 * client, noted when there is a token; the action CONFIRM. */
enum mcpass_rc mp_drive_recall_issuer(struct mp_drive *drive, struct mcpass_error *err);
void mp_drive_note_issuer(struct mp_drive *drive);
enum mcpass_rc mp_drive_confirm(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err);

/* drive_reach.c: where the MCP server was when it was connected to last; UNKNOWN: it never
 * was. */
enum mcpass_rc mp_drive_recall_reach(struct mp_drive *drive, struct mcpass_error *err);
void mp_drive_note_reach(struct mp_drive *drive);

/* drive_browse.c: opens url and waits for a person; *ret_query is the caller's
 * (mp_free_wiped), NULL when nobody came in time. */
enum mcpass_rc mp_drive_browse(struct mp_drive *drive, const char *url, char **ret_query,
    struct mcpass_error *err);
/* What came was not the answer: waits on.  *ret_query as above. */
enum mcpass_rc mp_drive_wait_on(struct mp_drive *drive, char **ret_query,
    struct mcpass_error *err);
/* Shows a code, and lets seconds go by until somebody may have entered it.
 * MCPASS_E_DENIED: nobody to show it to, or Ctrl-C; MCPASS_E_EXPIRED: waited long enough. */
enum mcpass_rc mp_drive_show_code(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_error *err);
enum mcpass_rc mp_drive_pause(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_error *err);
/* What was shown while waiting is wiped off. */
void mp_drive_stop_waiting(struct mp_drive *drive);

/* MCPASS_E_DENIED where no person may be asked. */
enum mcpass_rc mp_drive_check_login(const struct mp_drive *drive, struct mcpass_error *err);

/* Stops watching the program that opened the page. */
void mp_drive_forget_browser(struct mp_drive *drive);
/* Answers the browser that waits, and closes the redirect URI. */
void mp_drive_say_goodbye(struct mp_drive *drive, enum mcpass_rc rc,
    const struct mcpass_error *err);

/* drive_redact.c: our secrets in what the server wrote become '*', in place. */
void mp_drive_redact(const struct mp_drive *drive, char *text);
void mp_drive_redact_error(const struct mp_drive *drive, struct mcpass_error *err);

/* drive_session.c: carries out what the session wants until the answer is there. */
enum mcpass_rc mp_drive_converse(struct mp_drive *drive, struct mcpass_error *err);

/* Tells a person, unless we ask for something that the person did not. */
enum mcpass_rc mp_drive_warn(struct mp_drive *drive, const char *sentence,
    struct mcpass_error *err);
/* Gives up the request that is waited for, and tells the server. */
void mp_drive_give_up(struct mp_drive *drive);
/* Ends the session with the server, if there is one. */
void mp_drive_leave(struct mp_drive *drive);

/* drive_tools.c: before the first tools/call it has to be known which arguments go into
 * headers, too; after one, what the session found out is kept for the next time. */
/* params is the call's.  A list that cannot be read is no failure: drive->list_fault says
 * what was the matter with it. */
enum mcpass_rc mp_drive_learn_tools(struct mp_drive *drive, const char *params,
    struct mcpass_error *err);
/* The list is refused with status: gives it up, and the caller goes on without. */
enum mcpass_rc mp_drive_skip_lesson(struct mp_drive *drive, int status,
    struct mcpass_error *err);
void mp_drive_note_tools(struct mp_drive *drive, const char *method);

/* drive.c: one request, its answer in drive->result */
enum mcpass_rc mp_drive_ask(struct mp_drive *drive, const char *method, const char *params,
    struct mcpass_error *err);
/* The revision that the server speaks, as far as is known: told, found or noted; NULL. */
enum mcpass_rc mp_drive_known_revision(const struct mp_drive *drive, char **ret_revision,
    struct mcpass_error *err);

/* drive.c: MCPASS_E_DENIED when the person pressed Ctrl-C. */
enum mcpass_rc mp_drive_check_interrupt(const struct mp_drive *drive, struct mcpass_error *err);
bool mp_drive_is_readable(int fd);

/* drive.c: the server wants a scope that the person's choice leaves out; the token stays good. */
bool mp_drive_is_short_of_scope(enum mcpass_rc rc, const struct mcpass_error *err);

#endif
