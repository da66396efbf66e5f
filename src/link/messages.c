/* What the server says of itself: notifications, and requests that want an answer. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "link/link_parts.h"
#include "mcp/message.h"
#include "wire/json/json.h"

/* spec: JSON-RPC 2.0 5; result NULL: nothing of the kind was offered */
static enum mcpass_rc answer(struct mp_link *link, const json_t *id, const char *result,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(2 * MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	enum mcpass_rc rc;

	if (result != NULL)
		mp_rpc_write_result(&w, id, (struct mp_span){ result, strlen(result) });
	else
		mp_rpc_write_error(&w, id, MP_RPC_METHOD_NOT_FOUND, "not offered by this client", NULL);
	rc = mp_buf_check(&buf, "our answer", err);
	if (!rc)
		rc = mcpass_session_answer(link->session, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc answer_request(struct mp_link *link, const struct mp_rpc *rpc,
    struct mcpass_error *err)
{
	const struct mp_link_ui *ui = &link->options.ui;
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (ui->asked != NULL)
		rc = ui->asked(ui->ctx, rpc->method, rpc->params, &text, err);
	if (!rc)
		rc = answer(link, rpc->id, text, err);
	mp_free_wiped(text);
	return rc;
}

/* It is answered by the program, which takes its time. */
static enum mcpass_rc answer_text(struct mp_link *link, const char *text,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	struct mp_rpc rpc;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_MESSAGE, text, strlen(text),
	    MP_MAX_MESSAGE, "a message", &json, err);

	if (!rc)
		rc = mp_rpc_read(json, &rpc, err);
	if (!rc)
		rc = answer_request(link, &rpc, err);
	json_decref(json);
	return rc;
}

/* It is asked when nothing of ours is on the stack. */
static enum mcpass_rc keep_question(struct mp_link *link, unsigned session_call, const char *text,
    struct mcpass_error *err)
{
	struct mp_link_question *question = calloc(1, sizeof(*question)), **end = &link->questions;

	if (question == NULL)
		return mp_nomem(err);
	if (mp_set(&question->text, text, err) != MCPASS_OK) {
		free(question);
		return MCPASS_E_NOMEM;
	}
	question->call = session_call;
	while (*end != NULL)
		end = &(*end)->next;
	*end = question;
	if (!link->is_asking)
		mp_loop_soon(link->loop, &link->ask);
	return MCPASS_OK;
}

static enum mcpass_rc read_message(struct mp_link *link, unsigned call, unsigned session_call,
    const char *text, struct mcpass_error *err)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_message message = { 0 };
	enum mcpass_rc rc;

	rc = mp_message_read((struct mp_span){ text, strlen(text) }, "a message", &message, err);
	if (!rc && message.kind == MP_RPC_REQUEST && ui->request != NULL)
		ui->request(ui->ctx, call, text);
	else if (!rc && message.kind == MP_RPC_REQUEST)
		rc = keep_question(link, session_call, text, err);
	else if (!rc && ui->message != NULL)
		ui->message(ui->ctx, call, text);
	mp_message_free(&message);
	return rc;
}

/* A request of the server that cannot be answered ends the request that it came with. */
static void fail_with(struct mp_link *link, unsigned session_call, struct mcpass_error *why)
{
	struct mp_link_call *call = mp_link_call_of(link, session_call);

	if (call == NULL)
		call = link->calls;
	if (why->rc == MCPASS_E_NOMEM) {
		mp_link_break_down(link, why);
	} else if (call != NULL) {
		if (call->session_call != 0)
			(void)mcpass_session_cancel(link->session, call->session_call, NULL);
		mp_link_redact_error(link, why);
		mp_link_end_call(link, call, NULL, false, why);
	}
}

void mp_link_take_message(struct mp_link *link, const struct mcpass_session_action *action)
{
	const struct mp_link_call *call = mp_link_call_of(link, action->call);
	unsigned number = call != NULL ? call->number : 0, session_call = action->call;
	char *text = mp_dup_span((struct mp_span){ action->body, action->body_len });
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = text == NULL ? mp_nomem(&why)
	    : mp_spool_restore(link->options.spool, &text, &why);

	if (!rc && text != NULL) {
		mp_link_redact(link, text);
		rc = read_message(link, number, session_call, text, &why);
	}
	free(text);
	if (rc)
		fail_with(link, session_call, &why);
}

static struct mp_link_question *take_question(struct mp_link *link)
{
	struct mp_link_question *question = link->questions;

	link->questions = question->next;
	return question;
}

static void free_question(struct mp_link_question *question)
{
	mp_free_wiped(question->text);
	free(question);
}

void mp_link_ask_next(void *ctx)
{
	struct mp_link *link = ctx;
	struct mp_link_question *question;
	struct mcpass_error why = { 0 };

	if (link->flow.typed.fd >= 0)   /* a person has one question at a time */
		return;
	question = take_question(link);
	link->is_asking = true;
	if (answer_text(link, question->text, &why) != MCPASS_OK)
		fail_with(link, question->call, &why);
	free_question(question);
	link->is_asking = false;
	mp_link_end_asking(link);
	if (link->questions != NULL)
		mp_loop_soon(link->loop, &link->ask);
	mp_link_wake(link);
}

void mp_link_free_questions(struct mp_link *link)
{
	while (link->questions != NULL)
		free_question(take_question(link));
}
