/* One HTTP request and what came back on it, from birth to end. */
#include <stdlib.h>
#include "base/limits.h"
#include "session/session.h"

void mp_exchange_count(struct mcpass_session *s, struct mp_exchange *e)
{
	size_t held = e->dropped ? 0 : e->text.len + e->sse.line.len + e->sse.data.len;

	s->held_bytes += held - e->held;
	e->held = held;
}

/* Forgets the request that was sent and what came back, not the messages carried. */
static void reset(struct mcpass_session *s, struct mp_exchange *e)
{
	mp_headers_free(&e->headers);
	mp_headers_free(&e->answer);
	mp_buf_free(&e->text);
	mp_sse_free(&e->sse);
	mp_sse_init(&e->sse, s->max_answer + MP_SSE_FRAMING);
	mp_buf_init(&e->text, s->max_answer);
	e->promised = 0;
	if (e->unread.len > 0)
		s->unread_count--;
	mp_buf_free(&e->unread);
	mp_buf_init(&e->unread, MP_MAX_MESSAGE);
	e->unread_at = 0;
	mp_exchange_count(s, e);
	free(e->location);
	e->location = NULL;
	free(e->odd);
	free(e->type);
	e->odd = e->type = NULL;
	e->broken = 0;
	e->status = 0;
	e->kept = MP_BODY_IGNORED;
}

static void free_exchange(struct mcpass_session *s, struct mp_exchange *e)
{
	reset(s, e);
	mp_sse_free(&e->sse);
	free(e->body);
	free(e->url);
	free(e->last_id);
	free(e);
}

/* --- those that are to be sent --- */

static void queue(struct mcpass_session *s, struct mp_exchange *e)
{
	e->state = MP_EXCHANGE_TO_SEND;
	e->queue_next = NULL;
	if (s->outbox == NULL)
		s->outbox = e;
	else
		s->last_to_send->queue_next = e;
	s->last_to_send = e;
}

void mp_exchange_unqueue(struct mcpass_session *s, struct mp_exchange *e)
{
	struct mp_exchange **slot = &s->outbox, *before = NULL;

	for (; *slot != e; slot = &before->queue_next)
		before = *slot;
	*slot = e->queue_next;
	if (s->last_to_send == e)
		s->last_to_send = before;
}

/* --- all of them --- */

static void add(struct mcpass_session *s, struct mp_exchange *e)
{
	e->prev = s->last_exchange;
	if (s->exchanges == NULL)
		s->exchanges = e;
	else
		s->last_exchange->next = e;
	s->last_exchange = e;
	mp_table_add(&s->exchange_table, &e->entry);
}

enum mcpass_rc mp_exchange_new(struct mcpass_session *s, enum mp_exchange_kind kind,
    struct mp_call *call, const char *body, struct mcpass_error *err)
{
	struct mp_exchange *e = calloc(1, sizeof(*e));
	enum mcpass_rc rc;

	if (e == NULL)
		return mp_nomem(err);
	reset(s, e);
	rc = mp_set(&e->body, body, err);
	if (rc) {
		free_exchange(s, e);
		return rc;
	}
	e->kind = kind;
	e->call = call;
	e->entry = (struct mp_entry){ .item = e, .number = ++s->exchange_number };
	e->delay = e->retry_ms = -1;
	if (kind == MP_EXCHANGE_LISTEN || kind == MP_EXCHANGE_CHANNEL)
		s->listener = e;
	if (call != NULL)
		mp_call_sent(s, e);
	add(s, e);
	queue(s, e);
	return MCPASS_OK;
}

struct mp_exchange *mp_exchange_by_number(const struct mcpass_session *s, unsigned number)
{
	const struct mp_entry *entry = mp_table_find(&s->exchange_table, number);

	return entry != NULL ? entry->item : NULL;
}

void mp_exchange_restart(struct mcpass_session *s, struct mp_exchange *e, int64_t delay)
{
	if (e->state == MP_EXCHANGE_TO_SEND)
		mp_exchange_unqueue(s, e);
	reset(s, e);
	e->delay = delay;
	e->due = 0;
	queue(s, e);
}

enum mcpass_rc mp_exchange_drop(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc = MCPASS_OK;

	if (e->dropped)
		return MCPASS_OK;
	e->dropped = true;
	mp_exchange_count(s, e);
	if (e->call != NULL)
		e->call->exchange = NULL;
	e->call = NULL;
	if (e->state == MP_EXCHANGE_TO_SEND)
		mp_exchange_unqueue(s, e);
	*(e->prev != NULL ? &e->prev->next : &s->exchanges) = e->next;
	*(e->next != NULL ? &e->next->prev : &s->last_exchange) = e->prev;
	mp_table_remove(&s->exchange_table, &e->entry);
	if (s->listener == e)
		s->listener = NULL;
	e->queue_next = s->dropped;
	s->dropped = e;
	if (e->state == MP_EXCHANGE_SENT || e->state == MP_EXCHANGE_ANSWERED) {
		rc = mp_actions_add(s, MCPASS_SESSION_CLOSE, &action, err);
		if (!rc)
			action->public.exchange = e->entry.number;
	}
	return rc;
}

void mp_exchange_reap(struct mcpass_session *s)
{
	while (s->dropped != NULL) {
		struct mp_exchange *e = s->dropped;

		s->dropped = e->queue_next;
		free_exchange(s, e);
	}
}

bool mp_exchange_is_done(const struct mp_exchange *e)
{
	return e->dropped || (e->kind == MP_EXCHANGE_CALL && e->call == NULL);
}
