/* A request that wants an answer: it waits for its turn, an exchange carries it, or it is held. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "session/session.h"

static void free_call(struct mp_call *call)
{
	free(call->method);
	json_decref(call->params);
	free(call->raw);
	json_decref(call->error);
	free(call);
}

/* --- those that wait for their turn, in the order in which they were asked for --- */

static void wait_for_turn(struct mcpass_session *s, struct mp_call *call)
{
	struct mp_call **slot = &s->waiting;

	call->state = MP_CALL_WAITING;
	if (s->waiting != NULL && s->last_waiting->entry.number <= call->entry.number)
		slot = &s->last_waiting->waits_next;
	while (*slot != NULL && (*slot)->entry.number <= call->entry.number)
		slot = &(*slot)->waits_next;
	call->waits_next = *slot;
	*slot = call;
	if (call->waits_next == NULL)
		s->last_waiting = call;
}

static void leave_queue(struct mcpass_session *s, struct mp_call *call)
{
	struct mp_call **slot = &s->waiting, *before = NULL;

	for (; *slot != call; slot = &before->waits_next)
		before = *slot;
	*slot = call->waits_next;
	if (s->last_waiting == call)
		s->last_waiting = before;
}

/* Neither waits nor is carried by an exchange any more; that goes on without it. */
static void detach(struct mcpass_session *s, struct mp_call *call)
{
	if (call->state == MP_CALL_WAITING)
		leave_queue(s, call);
	if (call->state == MP_CALL_SENT)
		s->sent_count--;
	if (call->exchange != NULL)
		call->exchange->call = NULL;
	call->exchange = NULL;
}

void mp_call_requeue(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	wait_for_turn(s, call);
}

void mp_call_hold(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	call->state = MP_CALL_HELD;
}

void mp_call_sent(struct mcpass_session *s, struct mp_exchange *e)
{
	detach(s, e->call);
	e->call->state = MP_CALL_SENT;
	e->call->exchange = e;
	s->sent_count++;
}

/* --- all of them --- */

enum mcpass_rc mp_call_new(struct mcpass_session *s, enum mp_call_kind kind,
    const char *method, json_t *params, struct mp_call **ret_call, struct mcpass_error *err)
{
	struct mp_call *call;
	enum mcpass_rc rc;

	if (kind == MP_CALL_PROGRAM && s->call_count >= MP_MAX_CALLS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d requests at once", MP_MAX_CALLS);
	call = calloc(1, sizeof(*call));
	if (call == NULL)
		return mp_nomem(err);
	call->kind = kind;
	call->params = json_incref(params);
	rc = mp_set(&call->method, method, err);
	if (rc) {
		free_call(call);
		return rc;
	}
	if (kind == MP_CALL_PROGRAM)
		call->entry.number = ++s->call_number;
	mp_table_add(&s->call_table, &call->entry);
	call->prev = s->last_call;
	*(s->calls == NULL ? &s->calls : &s->last_call->next) = call;
	s->last_call = call;
	s->call_count++;
	wait_for_turn(s, call);
	*ret_call = call;
	return MCPASS_OK;
}

void mp_call_remove(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	*(call->prev != NULL ? &call->prev->next : &s->calls) = call->next;
	*(call->next != NULL ? &call->next->prev : &s->last_call) = call->prev;
	mp_table_remove(&s->call_table, &call->entry);
	s->call_count--;
	free_call(call);
}

struct mp_call *mp_call_by_number(const struct mcpass_session *s, unsigned number)
{
	return number != 0 ? mp_table_find(&s->call_table, number) : NULL;
}

/* Our ids are numbers. */
struct mp_call *mp_call_answered(struct mcpass_session *s, const struct mp_message *message)
{
	struct mp_call *call = s->calls;

	while (call != NULL && (call->state != MP_CALL_SENT
	    || !mp_message_has_id(message, call->rpc_id)))
		call = call->next;
	return call;
}

static enum mcpass_rc add_result(struct mcpass_session *s, const struct mp_call *call,
    bool error, struct mp_action **ret_action, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc;

	rc = mp_actions_add(s, MCPASS_SESSION_RESULT, &action, err);
	if (rc)
		return rc;
	action->public.call = call->entry.number;
	action->public.is_error = error ? 1 : 0;
	*ret_action = action;
	return MCPASS_OK;
}

enum mcpass_rc mp_call_deliver(struct mcpass_session *s, struct mp_call *call,
    const json_t *json, bool error, struct mcpass_error *err)
{
	struct mp_action *action;
	char *text;
	enum mcpass_rc rc;

	rc = add_result(s, call, error, &action, err);
	if (rc)
		return rc;
	text = mp_json_dump(json);
	if (text == NULL)
		return mp_nomem(err);
	mp_actions_body(s, action, text);
	mp_call_remove(s, call);
	return MCPASS_OK;
}

enum mcpass_rc mp_call_forward(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	bool error = message->kind == MP_RPC_ERROR;
	struct mp_span raw = message->result;
	struct mp_action *action;
	char *text = NULL;
	enum mcpass_rc rc;

	if (error && message->odd_error)
		return mp_call_deliver(s, call, message->error, true, err);
	if (error)
		raw = mp_raw_member(message->text, "error");
	if (raw.data == NULL)           /* its name is written with escapes */
		return mp_call_deliver(s, call, message->error, true, err);
	rc = add_result(s, call, error, &action, err);
	if (!rc)
		rc = mp_raw_compact(raw, &text, err);
	if (rc)
		return rc;
	mp_actions_body(s, action, text);
	mp_call_remove(s, call);
	return MCPASS_OK;
}

bool mp_call_is_safe(const struct mp_call *call)
{
	return mp_methods_has(call->method, MP_METHOD_READS);
}

bool mp_call_may_last(const struct mp_call *call)
{
	return !mp_methods_has(call->method, MP_METHOD_QUICK);
}

/* initialize only reads, and yet each begins another session. */
bool mp_call_may_repeat(const struct mp_call *call)
{
	return mp_call_is_safe(call) && call->kind != MP_CALL_INITIALIZE;
}
