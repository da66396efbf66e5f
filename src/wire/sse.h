/* sse.h - server-sent events, whatever the chunks they arrive in.
 * spec: WHATWG HTML 9.2.5, 9.2.6 */
#pragma once
#include "base/buf.h"

struct mp_sse_event {           /* borrowed for the call */
	const char *type;       /* "message" when none was given */
	const char *data;       /* joined by "\n"; NUL-terminated; not checked for UTF-8 */
	size_t data_len;        /* 0: an empty data field, or none beside an id */
	const char *last_id;    /* the last event id so far, "" at first */
};
/* A failure stops the feed and is returned by it. */
typedef enum mcpass_rc mp_sse_fn(void *ctx, const struct mp_sse_event *event,
    struct mcpass_error *err);

struct mp_sse {                 /* { 0 } plus mp_sse_init() */
	struct mp_buf line, data, type, id, last_id;
	int64_t retry_ms;       /* the reconnection time a server set, at most INT32_MAX, or -1 */
	bool after_cr, past_bom, has_data, has_id;
};
void mp_sse_init(struct mp_sse *sse, size_t max_event);
/* Calls fn for each event completed by these bytes, and also for an event with an id
 * but no data (data_len 0): WHATWG would not dispatch it, yet MCP resumes from its id.
 * MCPASS_E_LIMIT: a line or an event is over the cap.  After a failure only
 * mp_sse_free() is left.  What the end of the stream cut short is no event. */
enum mcpass_rc mp_sse_feed(struct mp_sse *sse, const char *bytes, size_t len, mp_sse_fn *fn,
    void *ctx, struct mcpass_error *err);
/* The same up to the end of one line, which may be an event's; *bytes becomes the rest. */
enum mcpass_rc mp_sse_step(struct mp_sse *sse, struct mp_span *bytes, mp_sse_fn *fn, void *ctx,
    struct mcpass_error *err);
void mp_sse_free(struct mp_sse *sse);
