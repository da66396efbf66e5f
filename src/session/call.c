#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

static void free_call(struct mp_call *call)
{
	free(call->method);
	json_decref(call->params);
	free(call->raw);
	json_decref(call->error);
	free(call);
}

enum mcpass_rc mp_call_new(struct mcpass_session *s, enum mp_call_kind kind,
    const char *method, json_t *params, struct mp_call **ret_call, struct mcpass_error *err)
{
	struct mp_call *call, **end = &s->calls;
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
	while (*end != NULL)
		end = &(*end)->next;
	*end = call;
	s->call_count++;
	*ret_call = call;
	return MCPASS_OK;
}

struct mp_call *mp_call_by_number(struct mcpass_session *s, unsigned number)
{
	struct mp_call *call = s->calls;

	while (call != NULL && (number == 0 || call->number != number))
		call = call->next;
	return call;
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

bool mp_call_any_sent(const struct mcpass_session *s)
{
	for (const struct mp_call *call = s->calls; call != NULL; call = call->next)
		if (call->state == MP_CALL_SENT)
			return true;
	return false;
}

/* The exchange that carried it, if any, goes on without it. */
static void detach(struct mcpass_session *s, const struct mp_call *call)
{
	struct mp_exchange *e = mp_exchange_of(s, call);

	if (e != NULL)
		e->call = NULL;
}

void mp_call_requeue(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	call->state = MP_CALL_WAITING;
}

void mp_call_remove(struct mcpass_session *s, struct mp_call *call)
{
	struct mp_call **slot = &s->calls;

	detach(s, call);
	while (*slot != call)
		slot = &(*slot)->next;
	*slot = call->next;
	s->call_count--;
	free_call(call);
}

static enum mcpass_rc add_result(struct mcpass_session *s, const struct mp_call *call,
    bool error, struct mp_action **ret_action, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc;

	rc = mp_queue_add(s, MCPASS_SESSION_RESULT, &action, err);
	if (rc)
		return rc;
	action->public.call = call->number;
	action->public.is_error = error ? 1 : 0;
	*ret_action = action;
	return MCPASS_OK;
}

enum mcpass_rc mp_call_deliver(struct mcpass_session *s, struct mp_call *call,
    const json_t *json, bool error, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc;

	rc = add_result(s, call, error, &action, err);
	if (rc)
		return rc;
	action->body = mp_json_dump(json);
	if (action->body == NULL)
		return mp_nomem(err);
	mp_call_remove(s, call);
	return MCPASS_OK;
}

enum mcpass_rc mp_call_forward(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	bool error = message->kind == MP_RPC_ERROR;
	struct mp_span raw = message->result;
	struct mp_action *action;
	enum mcpass_rc rc;

	if (error && message->odd_error)
		return mp_call_deliver(s, call, message->error, true, err);
	if (error)
		raw = mp_raw_member(message->text, "error");
	if (raw.data == NULL)           /* its name is written with escapes */
		return mp_call_deliver(s, call, message->error, true, err);
	rc = add_result(s, call, error, &action, err);
	if (!rc)
		rc = mp_raw_compact(raw, &action->body, err);
	if (!rc)
		mp_call_remove(s, call);
	return rc;
}

/* Those that only read.  A tool may do anything, and a prompt or a resource is read. */
bool mp_call_is_safe(const struct mp_call *call)
{
	static const char *const safe[] = {
		"initialize", "ping", "server/discover", "tools/list", "prompts/list", "prompts/get",
		"resources/list", "resources/templates/list", "resources/read",
		"completion/complete", "subscriptions/listen",
	};

	for (size_t i = 0; i < MP_COUNT(safe); i++)
		if (strcmp(call->method, safe[i]) == 0)
			return true;
	return false;
}

/* What a server knows without doing anything. */
bool mp_call_may_last(const struct mp_call *call)
{
	static const char *const quick[] = {
		"initialize", "ping", "server/discover", "tools/list", "prompts/list",
		"resources/list", "resources/templates/list", "logging/setLevel",
	};

	for (size_t i = 0; i < MP_COUNT(quick); i++)
		if (strcmp(call->method, quick[i]) == 0)
			return false;
	return true;
}

/* initialize only reads, and yet each begins another session. */
bool mp_call_may_repeat(const struct mp_call *call)
{
	return mp_call_is_safe(call) && strcmp(call->method, "initialize") != 0;
}
