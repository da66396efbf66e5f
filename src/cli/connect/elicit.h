/* elicit.h - a server asks back: who answers, and how.
 * spec: MCP elicitation; SEP-1034 (defaults), SEP-1036 (URLs), SEP-1330 (enumerations) */
#pragma once
#include "cli/command.h"
#include "io/loop.h"
#include "wire/json/json.h"

/* --elicit, for a command whose struct has a member `elicit` of this type. */
struct mp_elicit_options {
	const char *answer;
};
extern const struct mp_option_table mp_elicit_table;

enum mp_elicit_by {
	MP_ELICIT_NOBODY = 0,   /* nothing is offered to the server */
	MP_ELICIT_PERSON,       /* at the terminal */
	MP_ELICIT_ACCEPT,       /* with the defaults of the form */
	MP_ELICIT_DECLINE,
	MP_ELICIT_CANCEL,
	MP_ELICIT_CONTENT,      /* what was given, and defaults for the rest */
	MP_ELICIT_LINES         /* a line of standard input for each question */
};
struct mp_elicit {
	enum mp_elicit_by by;
	json_t *content;        /* MP_ELICIT_CONTENT */
};
/* text is that of --elicit, or NULL; is_person: a person sits at the terminal.
 * Release with mp_elicit_free().
 * MCPASS_E_USAGE: none of the forms; MCPASS_E_IO: no such file */
enum mcpass_rc mp_elicit_init(struct mp_elicit *elicit, const char *text, bool is_person,
    struct mcpass_error *err);
void mp_elicit_free(struct mp_elicit *elicit);
/* What is offered to the server, as client capabilities; NULL: nothing.  Static. */
const char *mp_elicit_capabilities(const struct mp_elicit *elicit);

/* The page of a question in URL mode, fit to be shown. */
struct mp_elicit_page {
	char *url;                      /* plain, see mp_uri_plain() */
	char *host;                     /* and its port; in Punycode, as it is asked for */
	bool is_international;          /* a browser shows other letters */
};
struct mp_question {
	struct mp_loop *loop;           /* that goes on while a person thinks; NULL: none */
	const char *server;             /* who asks */
	const char *key;                /* its name among those of one round, or NULL */
	bool alone;                     /* it is the only one of its round */
	const json_t *params;           /* of elicitation/create */
	const struct mp_elicit_page *page;      /* in URL mode; mp_elicit_answer() looks after it */
};
/* *ret_answer is the result, {"action": ...}; the caller's (json_decref).
 * MCPASS_E_DENIED   no person is there, or input ended, or Ctrl-C
 * MCPASS_E_USAGE    what was given on the command line does not answer it
 * MCPASS_E_PROTOCOL the question is not one that was offered */
enum mcpass_rc mp_elicit_answer(const struct mp_elicit *elicit,
    const struct mp_question *question, json_t **ret_answer, struct mcpass_error *err);

/* --- elicit_form.c --- */
/* The content for a form from what is given (NULL: nothing) and the defaults.
 * *ret_content is the caller's (json_decref).
 * MCPASS_E_USAGE: a required field has neither, or a value does not fit */
enum mcpass_rc mp_elicit_fill(const json_t *schema, const json_t *given, json_t **ret_content,
    struct mcpass_error *err);
bool mp_elicit_is_url(const json_t *params);
/* {"action": ACTION, "content": CONTENT}; content (stolen) may be NULL. */
enum mcpass_rc mp_elicit_result(const char *action, json_t *content, json_t **ret_answer,
    struct mcpass_error *err);
/* --- elicit_url.c --- */
/* Judges the URL of a question.  Release *ret_page with mp_elicit_page_free().
 * MCPASS_E_POLICY  not https (http to this machine, for a server that is there, too), user
 *                  information, letters beyond ASCII, an address that the server has no
 *                  business with */
enum mcpass_rc mp_elicit_page(const char *server, const char *url,
    struct mp_elicit_page *ret_page, struct mcpass_error *err);
void mp_elicit_page_free(struct mp_elicit_page *page);
/* --- elicit_ask.c --- */
/* Asks the person field by field, shows what would be sent, and asks whether to send it.
 * What the server wrote stands behind a mark; Enter is no. */
enum mcpass_rc mp_elicit_person(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err);
/* Reads one line of standard input: "accept", "decline", "cancel", the content, or the
 * whole result. */
enum mcpass_rc mp_elicit_line(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err);
