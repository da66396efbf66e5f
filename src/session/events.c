/* The events of a stream, read one by one. */
#include <string.h>
#include "session/session.h"
#include "wire/json/peek.h"

struct feed {
	struct mcpass_session *s;
	struct mp_exchange *e;
};

static enum mcpass_rc take_event(void *ctx, const struct mp_sse_event *event,
    struct mcpass_error *err)
{
	struct feed *feed = ctx;
	struct mp_exchange *e = feed->e;

	if (mp_exchange_is_done(e))
		return MCPASS_OK;
	e->attempts = 0;
	if (e->kind == MP_EXCHANGE_CHANNEL && event->data_len > 0
	    && strcmp(event->type, "message") != 0)
		return mp_channel_event(feed->s, event, err);
	/* An event without data only carries an id; other types are not MCP's. */
	if (event->data_len == 0 || strcmp(event->type, "message") != 0)
		return MCPASS_OK;
	return mp_message_take(feed->s, e, (struct mp_span){ event->data, event->data_len },
	    "an event of the stream", err);
}

/* Event by event, until the program has enough; *rest is what was not read. */
static enum mcpass_rc read_events(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span *rest, struct mcpass_error *err)
{
	struct feed feed = { s, e };
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && rest->len > 0 && !mp_exchange_is_done(e) && !mp_actions_enough(s))
		rc = mp_sse_step(&e->sse, rest, take_event, &feed, err);
	return rc;
}

/* The bytes of a stream stay as they are while the program has enough. */
enum mcpass_rc mp_events_take(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span bytes, struct mcpass_error *err)
{
	bool behind = e->unread.len > 0;
	enum mcpass_rc rc = behind ? MCPASS_OK : read_events(s, e, &bytes, err);

	if (rc || bytes.len == 0 || mp_exchange_is_done(e))
		return rc;
	mp_buf_add(&e->unread, bytes.data, bytes.len);
	s->unread_count += !behind && e->unread.len > 0;
	return mp_buf_check(&e->unread, "what is not read of the stream", err);
}

enum mcpass_rc mp_events_resume(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_span rest = { e->unread.data + e->unread_at, e->unread.len - e->unread_at };
	enum mcpass_rc rc = read_events(s, e, &rest, err);

	e->unread_at = e->unread.len - rest.len;
	mp_exchange_count(s, e);
	if (rc || (rest.len > 0 && !mp_exchange_is_done(e)))
		return rc;
	s->unread_count--;
	mp_buf_free(&e->unread);
	e->unread_at = 0;
	return MCPASS_OK;
}

/* Some servers leave out the empty line after their last event.  The end of the stream is as
 * good where what stands there is whole; what was cut short is no event. */
enum mcpass_rc mp_events_end(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct feed feed = { s, e };
	enum mcpass_rc rc;

	if (e->kept != MP_BODY_SSE || e->broken || mp_exchange_is_done(e))
		return MCPASS_OK;
	if (e->sse.line.len > 0) {
		rc = mp_sse_feed(&e->sse, "\n", 1, take_event, &feed, err);
		if (rc)
			return rc;
	}
	if (!e->sse.has_data || mp_json_peek((struct mp_span){ mp_buf_text(&e->sse.data), e->sse.data.len },
	    "the last event", NULL, 0, NULL, NULL) != MCPASS_OK)
		return MCPASS_OK;
	/* Two, as the first may be the second half of a CRLF. */
	return mp_sse_feed(&e->sse, "\n\n", 2, take_event, &feed, err);
}
