/* Birth and death of a session, how its public calls begin and end, and what comes back. */
#include <stdlib.h>
#include "base/limits.h"
#include "base/sized.h"
#include "session/session.h"
#include "wire/uri.h"

enum mcpass_rc mp_session_enter(struct mcpass_session *s, struct mcpass_error *err)
{
	mp_clear(err);
	if (s->failed)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the session has failed before");
	mp_exchange_reap(s);
	return MCPASS_OK;
}

enum mcpass_rc mp_session_leave(struct mcpass_session *s, enum mcpass_rc rc)
{
	if (rc)
		s->failed = true;
	return rc;
}

static enum mcpass_rc check_url(const char *url, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (url == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no server_url");
	rc = mp_uri_parse(url, &uri, err);
	if (!rc && uri.fragment.data != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 8707 2", "the server's URL has a fragment");
	return rc;
}

static enum mcpass_rc copy_config(struct mcpass_session *s,
    const struct mcpass_session_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	s->trace = cfg->trace;
	s->trace_ctx = cfg->trace_ctx;
	s->answer_ms = cfg->answer_ms;
	s->max_answer = cfg->max_message > 0 && cfg->max_message < MP_MAX_ANSWER ? cfg->max_message
	    : MP_MAX_ANSWER;
	rc = mp_set(&s->url, cfg->server_url, err);
	if (!rc)
		rc = mp_identity_read(s, cfg, err);
	return rc ? rc : mp_era_begin(s, cfg, err);
}

enum mcpass_rc mcpass_session_new(const struct mcpass_session_config *given,
    struct mcpass_session **ret_session, struct mcpass_error *err)
{
	struct mcpass_session_config cfg;
	struct mcpass_session *s;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_sized_read(given, &cfg, sizeof(cfg), err);
	if (!rc)
		rc = check_url(cfg.server_url, err);
	if (rc)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return mp_nomem(err);
	rc = copy_config(s, &cfg, err);
	if (rc)
		mcpass_session_free(s);
	else
		*ret_session = s;
	return rc;
}

void mcpass_session_free(struct mcpass_session *s)
{
	if (s == NULL)
		return;
	while (s->calls != NULL)
		mp_call_remove(s, s->calls);
	while (s->exchanges != NULL) {
		s->exchanges->state = MP_EXCHANGE_OVER; /* no CLOSE is asked for */
		(void)mp_exchange_drop(s, s->exchanges, NULL);
	}
	mp_exchange_reap(s);
	mp_actions_free(s);
	mp_tools_free(&s->tools);
	free(s->tools_text);
	free(s->hello);
	free(s->client);
	free(s->capabilities);
	free(s->offer);
	free(s->welcome);
	mp_free_wiped(s->url);          /* some servers take a key in it */
	free(s->revision);
	mp_free_wiped(s->session_id);
	mp_free_wiped(s->post_url);
	free(s);
}

enum mcpass_rc mcpass_session_next(struct mcpass_session *s, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_session_enter(s, err);

	return rc ? rc : mp_session_leave(s, mp_schedule_next(s, now, ret_action, err));
}

char *mcpass_session_take_body(struct mcpass_session *s)
{
	char *body = s->current != NULL ? s->current->body : NULL;

	if (s->current != NULL)
		s->current->body = NULL;
	return body;
}

/* NULL without a failure: that exchange was closed, what still came of it is ignored. */
static enum mcpass_rc find_exchange(struct mcpass_session *s, unsigned number,
    struct mp_exchange **ret_exchange, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc)
		return rc;
	if (number == 0 || number > s->exchange_number)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no exchange %u", number);
	*ret_exchange = mp_exchange_by_number(s, number);
	return MCPASS_OK;
}

enum mcpass_rc mcpass_session_head(struct mcpass_session *s, unsigned exchange, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = find_exchange(s, exchange, &e, err);

	if (rc || e == NULL)
		return rc;
	rc = mp_response_head(s, e, status, headers, count, &why);
	return mp_session_leave(s, mp_failure_contain(s, e, rc, &why, err));
}

enum mcpass_rc mcpass_session_data(struct mcpass_session *s, unsigned exchange,
    const char *bytes, size_t len, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = find_exchange(s, exchange, &e, err);

	if (rc || e == NULL)
		return rc;
	rc = mp_response_data(s, e, bytes, len, &why);
	return mp_session_leave(s, mp_failure_contain(s, e, rc, &why, err));
}

enum mcpass_rc mcpass_session_end(struct mcpass_session *s, unsigned exchange, int broken,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = find_exchange(s, exchange, &e, err);

	if (rc || e == NULL)
		return rc;
	rc = mp_response_end(s, e, broken, &why);
	return mp_session_leave(s, mp_failure_contain(s, e, rc, &why, err));
}

enum mcpass_rc mcpass_session_retry(struct mcpass_session *s, unsigned exchange,
    struct mcpass_error *err)
{
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = find_exchange(s, exchange, &e, err);

	if (rc || e == NULL)
		return rc;
	if (e->state != MP_EXCHANGE_AUTHORIZE)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "exchange %u does not wait for a token",
		    exchange);
	mp_exchange_restart(s, e, -1);
	return MCPASS_OK;
}

enum mcpass_rc mcpass_session_refuse(struct mcpass_session *s, unsigned exchange,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = find_exchange(s, exchange, &e, err);

	if (rc || e == NULL)
		return rc;
	if (e->state != MP_EXCHANGE_AUTHORIZE && e->state != MP_EXCHANGE_SENT
	    && e->state != MP_EXCHANGE_ANSWERED)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "exchange %u waits neither for a token nor for"
		    " its answer", exchange);
	if (e->state == MP_EXCHANGE_SENT)
		e->broken = MCPASS_SESSION_UNSENT;
	return mp_session_leave(s, mp_failure_refuse(s, e, why, err));
}

/* spec: transports, "Session Management" 5 */
enum mcpass_rc mcpass_session_leave(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc || s->era != MP_ERA_SESSION || s->session_id == NULL)
		return rc;
	return mp_exchange_new(s, MP_EXCHANGE_LEAVE, NULL, NULL, err);
}

const char *mcpass_session_revision(const struct mcpass_session *s)
{
	return s->settled ? s->revision : NULL;
}

const char *mcpass_session_url(const struct mcpass_session *s)
{
	return s->url;
}

const char *mcpass_session_welcome(const struct mcpass_session *s)
{
	return s->welcome;
}

unsigned mcpass_session_begun(const struct mcpass_session *s)
{
	return s->begun;
}
