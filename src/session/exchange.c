#include <stdlib.h>
#include "base/limits.h"
#include "session/session.h"

/* Forgets the request that was sent and what came back, not the messages carried. */
static void reset(struct mp_exchange *e)
{
	mp_headers_free(&e->headers);
	mp_headers_free(&e->answer);
	mp_buf_free(&e->text);
	mp_sse_free(&e->sse);
	mp_sse_init(&e->sse, MP_MAX_SSE_EVENT);
	mp_buf_init(&e->text, MP_MAX_ANSWER);
	free(e->location);
	e->location = NULL;
	free(e->odd);
	free(e->type);
	e->odd = e->type = NULL;
	e->broken = 0;
	e->status = 0;
	e->kept = MP_BODY_IGNORED;
}

static void free_exchange(struct mp_exchange *e)
{
	reset(e);
	mp_sse_free(&e->sse);
	free(e->body);
	free(e->url);
	free(e->last_id);
	free(e);
}

enum mcpass_rc mp_exchange_new(struct mcpass_session *s, enum mp_exchange_kind kind,
    struct mp_call *call, const char *body, struct mcpass_error *err)
{
	struct mp_exchange *e = calloc(1, sizeof(*e)), **end = &s->exchanges;
	enum mcpass_rc rc;

	if (e == NULL)
		return mp_nomem(err);
	reset(e);
	rc = mp_set(&e->body, body, err);
	if (rc) {
		free_exchange(e);
		return rc;
	}
	e->kind = kind;
	e->call = call;
	e->number = ++s->last_exchange;
	e->delay = e->retry_ms = -1;
	if (call != NULL)
		call->state = MP_CALL_SENT;
	while (*end != NULL)
		end = &(*end)->next;
	*end = e;
	return MCPASS_OK;
}

struct mp_exchange *mp_exchange_by_number(struct mcpass_session *s, unsigned number)
{
	struct mp_exchange *e = s->exchanges;

	while (e != NULL && e->number != number)
		e = e->next;
	return e;
}

struct mp_exchange *mp_exchange_of(struct mcpass_session *s, const struct mp_call *call)
{
	struct mp_exchange *e = s->exchanges;

	while (e != NULL && (e->call != call || call == NULL))
		e = e->next;
	return e;
}

void mp_exchange_restart(struct mp_exchange *e, int64_t delay)
{
	reset(e);
	e->state = MP_EXCHANGE_TO_SEND;
	e->delay = delay;
	e->due = 0;
}

enum mcpass_rc mp_exchange_drop(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc = MCPASS_OK;

	if (e->dropped)
		return MCPASS_OK;
	e->dropped = true;
	e->call = NULL;
	if (e->state == MP_EXCHANGE_SENT || e->state == MP_EXCHANGE_ANSWERED) {
		rc = mp_queue_add(s, MCPASS_SESSION_CLOSE, &action, err);
		if (!rc)
			action->public.exchange = e->number;
	}
	return rc;
}

void mp_exchange_reap(struct mcpass_session *s, bool all)
{
	struct mp_exchange **slot = &s->exchanges;

	while (*slot != NULL) {
		struct mp_exchange *e = *slot;

		if (!all && !e->dropped) {
			slot = &e->next;
			continue;
		}
		*slot = e->next;
		free_exchange(e);
	}
}
