/* The requests of the program, from mp_link_submit() to their answer. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "link/link_parts.h"
#include "mcp/methods.h"
#include "mcp/message.h"

static void free_call(struct mp_link_call *call)
{
	if (call == NULL)
		return;
	free(call->method);
	mp_free_wiped(call->params);
	mp_buf_free(&call->message);
	free(call);
}

static void remove_call(struct mp_link *link, struct mp_link_call *call)
{
	struct mp_link_call **slot = &link->calls;

	while (*slot != call)
		slot = &(*slot)->next;
	*slot = call->next;
	if (link->last_call == &call->next)
		link->last_call = slot;
	link->call_count--;
}

void mp_link_end_call(struct mp_link *link, struct mp_link_call *call, char *json, bool is_error,
    const struct mcpass_error *why)
{
	struct mp_link_answer answer = { .call = call->number, .rc = why != NULL ? why->rc : MCPASS_OK,
		.why = why, .is_error = is_error, .json = json };

	remove_call(link, call);
	call->answered(call->ctx, &answer);
	free_call(call);
}

void mp_link_fail_waiting(struct mp_link *link, bool tools, const struct mcpass_error *why)
{
	struct mp_link_call *call;
	unsigned last = link->last_number;      /* who is told may submit again */

	do {
		for (call = link->calls; call != NULL; call = call->next)
			if (call->session_call == 0 && call->number <= last && (!tools
			    || (call->is_tool && !call->is_ready)))
				break;
		if (call != NULL)
			mp_link_end_call(link, call, NULL, false, why);
	} while (call != NULL);
}

static enum mcpass_rc new_call(const char *method, struct mp_span params,
    struct mp_link_call **ret_call, struct mcpass_error *err)
{
	struct mp_link_call *call = calloc(1, sizeof(*call));
	enum mcpass_rc rc;

	if (call == NULL)
		return mp_nomem(err);
	call->asked_at = mp_now_ms();
	call->is_tool = mp_eq(method, "tools/call");
	call->is_list = mp_eq(method, "tools/list");
	call->is_spooled = mp_methods_has(method, MP_METHOD_MAY_ASK);   /* it has content */
	rc = mp_set(&call->method, method, err);
	if (!rc && params.data != NULL)
		rc = mp_set_span(&call->params, params, err);
	if (rc)
		free_call(call);
	else
		*ret_call = call;
	return rc;
}

static enum mcpass_rc check_room(const struct mp_link *link, struct mcpass_error *err)
{
	if (link->is_leaving)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the link is taking leave of its server");
	if (link->call_count >= MP_MAX_CALLS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d requests at once", MP_MAX_CALLS);
	return MCPASS_OK;
}

static unsigned add_call(struct mp_link *link, struct mp_link_call *call,
    void (*answered)(void *ctx, struct mp_link_answer *answer), void *ctx)
{
	call->answered = answered;
	call->ctx = ctx;
	call->number = ++link->last_number;
	*link->last_call = call;
	link->last_call = &call->next;
	link->call_count++;
	mp_link_wake(link);
	return call->number;
}

enum mcpass_rc mp_link_submit(struct mp_link *link, const struct mp_link_request *request,
    unsigned *ret_call, struct mcpass_error *err)
{
	const char *params = request->params;
	struct mp_link_call *call = NULL;
	enum mcpass_rc rc = check_room(link, err);

	if (!rc)
		rc = new_call(request->method, (struct mp_span){ params, params != NULL ? strlen(params) : 0 },
		    &call, err);
	if (!rc && call != NULL)
		*ret_call = add_call(link, call, request->answered, request->ctx);
	return rc;
}

/* Its parameters are looked at before a tool is called, and not needed otherwise. */
static enum mcpass_rc relay_request(struct mp_link *link, const struct mp_message *message,
    struct mp_link_call **ret_call, struct mcpass_error *err)
{
	static const struct mp_span none;
	bool is_tool = mp_eq(message->method, "tools/call");
	struct mp_link_call *call = NULL;
	enum mcpass_rc rc = check_room(link, err);

	if (!rc)
		rc = new_call(message->method, is_tool ? message->params : none, &call, err);
	if (rc)
		return rc;
	mp_buf_init(&call->message, message->text.len);
	mp_buf_reserve(&call->message, message->text.len);
	mp_buf_add(&call->message, message->text.data, message->text.len);
	rc = mp_buf_check(&call->message, "the message", err);
	if (rc)
		free_call(call);
	else
		*ret_call = call;
	return rc;
}

enum mcpass_rc mp_link_send(struct mp_link *link, const char *text, size_t len,
    void (*answered)(void *ctx, struct mp_link_answer *answer), void *ctx, unsigned *ret_call,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_message message = { 0 };
	struct mp_link_call *call = NULL;
	enum mcpass_rc rc;

	rc = mp_message_read((struct mp_span){ text, len }, "the message", &message, &why);
	if (rc)
		return mp_fail(err, rc == MCPASS_E_PROTOCOL ? MCPASS_E_USAGE : rc, why.spec, "%s", why.detail);
	*ret_call = 0;
	if (message.kind == MP_RPC_REQUEST) {
		rc = relay_request(link, &message, &call, err);
		if (!rc && call != NULL)
			*ret_call = add_call(link, call, answered, ctx);
	} else {
		rc = mcpass_session_send(link->session, text, len, ret_call, err);
		mp_link_wake(link);
	}
	mp_message_free(&message);
	return rc;
}

/* No login begins for a call that is not wanted any more; one that has begun goes on. */
static void forget_refusals(struct mp_link *link, unsigned session_call)
{
	struct mp_link_refusal **slot = &link->refusals;

	while (*slot != NULL) {
		struct mp_link_refusal *refusal = *slot;

		if (refusal->call != session_call || refusal->exchange == link->flow.exchange) {
			slot = &refusal->next;
			continue;
		}
		*slot = refusal->next;
		mp_link_free_refusal(refusal);
	}
}

/* spec: MCP cancellation: 2026-07-28 closes the stream, before that a notification says so */
void mp_link_cancel(struct mp_link *link, unsigned number)
{
	struct mp_link_call *call = link->calls;
	struct mcpass_error why = { 0 };

	while (call != NULL && call->number != number)
		call = call->next;
	if (call == NULL)
		return;
	if (call->session_call != 0 && link->fault.rc == MCPASS_OK) {
		forget_refusals(link, call->session_call);
		if (mcpass_session_cancel(link->session, call->session_call, &why) != MCPASS_OK)
			mp_link_break_down(link, &why);
	}
	remove_call(link, call);
	free_call(call);
	mp_link_wake(link);
}

enum mcpass_rc mp_link_notify(struct mp_link *link, const char *method, const char *params,
    struct mcpass_error *err)
{
	mp_link_wake(link);
	return mcpass_session_notify(link->session, method, params, err);
}

enum mcpass_rc mp_link_respond(struct mp_link *link, const char *json, struct mcpass_error *err)
{
	mp_link_wake(link);
	return mcpass_session_answer(link->session, json, err);
}

void mp_link_free_calls(struct mp_link *link)
{
	while (link->calls != NULL) {
		struct mp_link_call *call = link->calls;

		link->calls = call->next;
		free_call(call);
	}
}
