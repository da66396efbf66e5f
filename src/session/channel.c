/* The transport of 2024-11-05: one stream, asked for with GET, on which all answers come, and
 * whose first event names the address that messages are posted to.
 * spec: MCP 2024-11-05 transports, "HTTP with SSE"; 2026-07-28 streamable HTTP, "Backward
 * Compatibility" */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/uri.h"

#define SPEC "MCP 2024-11-05 transports, HTTP with SSE"

/* Only a server that understood neither form may be that old, and only these say so. */
bool mp_channel_may_be(const struct mcpass_session *s, const struct mp_message *message)
{
	return s->channel == MP_CHANNEL_NONE && !s->fixed && !s->settled && message == NULL
	    && (s->hello_status == 400 || s->hello_status == 404 || s->hello_status == 405);
}

enum mcpass_rc mp_channel_open(struct mcpass_session *s, struct mcpass_error *err)
{
	mp_trace_decision(s, "Neither form is understood: trying the transport of 2024-11-05", SPEC);
	s->channel = MP_CHANNEL_OPENING;
	return mp_exchange_new(s, MP_EXCHANGE_CHANNEL, NULL, NULL, err);
}

/* A token goes to the server that it is for, and so does what is said. */
static enum mcpass_rc resolve(const struct mcpass_session *s, const char *reference,
    char **ret_url, struct mcpass_error *err)
{
	struct mp_uri base, target;
	char *url = NULL;
	enum mcpass_rc rc = mp_uri_parse(s->url, &base, err);

	if (rc)
		return rc;
	rc = mp_uri_resolve(&base, reference, &url, NULL);
	if (!rc)
		rc = mp_uri_parse(url, &target, NULL);
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc || target.fragment.data != NULL)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, SPEC, "the endpoint is not an address to post to");
	else if (!mp_uri_same_origin(&base, &target))
		rc = mp_fail(err, MCPASS_E_POLICY, SPEC, "the endpoint is of another origin: %s", url);
	if (rc)
		free(url);
	else
		*ret_url = url;
	return rc;
}

enum mcpass_rc mp_channel_event(struct mcpass_session *s, const struct mp_sse_event *event,
    struct mcpass_error *err)
{
	char *url = NULL;
	enum mcpass_rc rc;

	if (s->channel != MP_CHANNEL_OPENING || strcmp(event->type, "endpoint") != 0)
		return MCPASS_OK;
	rc = resolve(s, event->data, &url, err);
	if (rc)
		return rc;
	mp_free_wiped(s->post_url);     /* it names the session */
	s->post_url = url;
	s->channel = MP_CHANNEL_OPEN;
	return MCPASS_OK;
}

enum mcpass_rc mp_channel_end(struct mcpass_session *s, const struct mp_exchange *e,
    struct mcpass_error *err)
{
	if (s->channel == MP_CHANNEL_OPENING)
		return mp_fail(err, MCPASS_E_PROTOCOL, SPEC, "the stream on which the server answers did "
		    "not open, or named no endpoint: HTTP %d", e->status);
	return mp_fail(err, MCPASS_E_IO, NULL, "the stream on which the server answers ended");
}

void mp_channel_lost(struct mcpass_session *s)
{
	s->channel = s->settled ? MP_CHANNEL_TO_OPEN : MP_CHANNEL_FAILED;
	s->phase = MP_PHASE_HELLO;
	s->generation++;
}

/* It was posted, and its answer comes here. */
static bool is_awaited(const struct mcpass_session *s, const struct mp_call *call)
{
	const struct mp_exchange *e = call->exchange;

	return s->listener != NULL && call->state == MP_CALL_SENT
	    && (e == NULL || (e->by_channel && e->state == MP_EXCHANGE_ANSWERED && e->status < 300));
}

int64_t mp_channel_patience(const struct mcpass_session *s, const struct mp_call *call)
{
	int64_t limit = s->answer_ms, since = call->sent_at;

	if (!is_awaited(s, call) || call->has_begun || s->listener->unread.len > 0)
		return INT64_MAX;
	if (limit <= 0 && mp_call_may_last(call))
		return INT64_MAX;
	if (limit <= 0)
		limit = MP_ANSWER_WAIT_MS;
	if (s->listener->held > 0 && s->listener->fed_at > since)       /* it may be on its way */
		since = s->listener->fed_at;
	return since + limit;
}

/* It asks, or tells how far it is; which call that belongs to is not always said. */
static bool is_at_work(const struct mp_message *message)
{
	if (message->kind == MP_RPC_REQUEST)
		return strcmp(message->method, "ping") != 0;
	return message->kind == MP_RPC_NOTIFICATION
	    && (strcmp(message->method, "notifications/progress") == 0
	        || strcmp(message->method, "notifications/message") == 0);
}

void mp_channel_heard(struct mcpass_session *s, const struct mp_message *message)
{
	if (!is_at_work(message))
		return;
	/* That a request was taken may be heard after what it led to. */
	for (struct mp_call *call = s->calls; call != NULL; call = call->next)
		call->has_begun |= call->state == MP_CALL_SENT && mp_call_may_last(call)
		    && (call->exchange == NULL || call->exchange->by_channel);
}
