#include "serve/calls_on.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/limits.h"
#include "serve/call_on.h"
#include "io/clock.h"
#include "io/system/bell.h"
#include "serve/workers.h"

/* One call.  While it is under way, all but its state is the worker's. */
enum state { FREE = 0, UNDER_WAY, ENDED };
struct call {
	struct mp_calls_on *calls;
	enum state state;
	uint64_t request;
	struct mp_secret token;
	int64_t now;
	struct mp_buf text;
	enum mcpass_rc rc;
	struct mcpass_error why;
	int64_t until;                  /* of mp_now_ms(): then its request is gone */
};

struct mp_calls_on {
	struct mp_call_on *call_on;
	struct mp_workers *workers;
	struct mp_bell interrupt;
	void (*done)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;           /* of the states */
	struct call all[MP_MAX_CALLS_ON];
};

static void set_state(struct call *call, enum state state)
{
	(void)pthread_mutex_lock(&call->calls->lock);
	call->state = state;
	(void)pthread_mutex_unlock(&call->calls->lock);
}

static enum state state_of(struct call *call)
{
	enum state state;

	(void)pthread_mutex_lock(&call->calls->lock);
	state = call->state;
	(void)pthread_mutex_unlock(&call->calls->lock);
	return state;
}

/* --- in a worker --- */

static void run(void *ctx)
{
	struct call *call = ctx;

	call->rc = mp_call_on_run(call->calls->call_on, &call->token, call->now, &call->text,
	    &call->why);
	mp_secret_free(&call->token);
	call->until = mp_now_ms() + MP_HTTPD_WAIT_MS;
	set_state(call, ENDED);
}

static void tell(void *ctx)
{
	const struct call *call = ctx;

	call->calls->done(call->calls->ctx);
}

/* --- in the thread that serves --- */

enum mcpass_rc mp_calls_on_new(const struct mp_serve_plan *plan, void (*done)(void *ctx),
    void *ctx, struct mp_calls_on **ret_calls, struct mcpass_error *err)
{
	struct mp_calls_on *calls = calloc(1, sizeof(*calls));
	enum mcpass_rc rc = MCPASS_OK;

	if (calls == NULL)
		return mp_nomem(err);
	calls->done = done;
	calls->ctx = ctx;
	(void)pthread_mutex_init(&calls->lock, NULL);
	for (size_t i = 0; i < MP_COUNT(calls->all); i++)
		calls->all[i].calls = calls;
	calls->interrupt = (struct mp_bell)MP_NO_BELL;
	if (!mp_bell_open(&calls->interrupt))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no descriptor is left");
	if (!rc)
		rc = mp_call_on_new(plan, calls->interrupt.fd, &calls->call_on, err);
	if (!rc)
		rc = mp_workers_new(MP_CALL_ON_THREADS, MP_MAX_CALLS_ON, &calls->workers, err);
	if (rc)
		mp_calls_on_free(calls);
	else
		*ret_calls = calls;
	return rc;
}

static void forget(struct call *call)
{
	mp_secret_free(&call->token);
	mp_buf_free(&call->text);
	set_state(call, FREE);
}

void mp_calls_on_free(struct mp_calls_on *calls)
{
	if (calls == NULL)
		return;
	if (calls->interrupt.fd >= 0)
		mp_bell_ring(&calls->interrupt);
	mp_workers_free(calls->workers);
	mp_call_on_free(calls->call_on);
	for (size_t i = 0; i < MP_COUNT(calls->all); i++)
		forget(&calls->all[i]);
	mp_bell_close(&calls->interrupt);
	(void)pthread_mutex_destroy(&calls->lock);
	free(calls);
}

/* A free one, or one whose caller went away. */
static struct call *find_room(struct mp_calls_on *calls)
{
	for (size_t i = 0; i < MP_COUNT(calls->all); i++) {
		struct call *call = &calls->all[i];

		if (state_of(call) == FREE)
			return call;
		if (state_of(call) == ENDED && call->until < mp_now_ms()) {
			forget(call);
			return call;
		}
	}
	return NULL;
}

enum mcpass_rc mp_calls_on_begin(void *ctx, uint64_t request, const struct mp_secret *token,
    int64_t now, struct mp_buf *text, bool *ret_later, struct mcpass_error *err)
{
	struct mp_calls_on *calls = ctx;
	struct call *call = find_room(calls);
	const struct mp_work work = { run, tell, call };
	enum mcpass_rc rc;

	(void)text;
	if (call == NULL)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "too many calls are under way: try again");
	rc = mp_secret_set(&call->token, mp_secret_reveal(token), err);
	if (rc)
		return rc;
	call->request = request;
	call->now = now;
	call->why = (struct mcpass_error){ 0 };
	mp_buf_init(&call->text, MP_MAX_ECHO_BODY);
	set_state(call, UNDER_WAY);
	rc = mp_workers_submit(calls->workers, &work, err);
	if (rc)
		forget(call);
	*ret_later = rc == MCPASS_OK;
	return rc;
}

enum mcpass_rc mp_calls_on_again(void *ctx, uint64_t request, bool *ret_known,
    struct mp_buf *text, bool *ret_later, struct mcpass_error *err)
{
	struct mp_calls_on *calls = ctx;
	enum mcpass_rc rc;

	for (size_t i = 0; i < MP_COUNT(calls->all); i++) {
		struct call *call = &calls->all[i];
		enum state state = state_of(call);

		if (state == FREE || call->request != request)
			continue;
		*ret_known = true;
		*ret_later = state == UNDER_WAY;
		if (state == UNDER_WAY)
			return MCPASS_OK;
		rc = call->rc;
		mp_buf_add(text, mp_buf_text(&call->text), call->text.len);
		if (rc && err != NULL)
			*err = call->why;
		forget(call);
		return rc;
	}
	return MCPASS_OK;
}
