#include "nginx/module.h"
#include "base/limits.h"

/* It has to outlive an internal redirect, which forgets a module's context: so it is found by
 * the cleanup of the request's pool. */
static void end_visit(void *data)
{
	struct mp_visit *visit = data;

	if (visit->is_waiting) {
		ngx_queue_remove(&visit->waiting);      /* a macro of several statements */
	}
	if (visit->patience.timer_set)
		ngx_del_timer(&visit->patience);
	if (visit->end.timer_set)
		ngx_del_timer(&visit->end);
}

struct mp_visit *mp_visit_find(ngx_http_request_t *r)
{
	struct mp_visit *visit = ngx_http_get_module_ctx(r->main, ngx_http_mcpass_module);
	const ngx_pool_cleanup_t *cleanup;

	if (visit != NULL || (!r->main->internal && !r->main->filter_finalize))
		return visit;
	for (cleanup = r->main->pool->cleanup; cleanup != NULL; cleanup = cleanup->next)
		if (cleanup->handler == end_visit)
			return cleanup->data;
	return NULL;
}

static void resume(struct mp_visit *visit)
{
	ngx_http_request_t *r = visit->request;
	ngx_connection_t *c = r->connection;

	ngx_http_set_log_request(c->log, r);
	visit->is_waiting = 0;
	ngx_queue_remove(&visit->waiting);
	if (visit->patience.timer_set)
		ngx_del_timer(&visit->patience);
	r->read_event_handler = ngx_http_block_reading;
	r->write_event_handler = ngx_http_core_run_phases;
	ngx_http_core_run_phases(r);
	ngx_http_run_posted_requests(c);
}

static void on_patience(ngx_event_t *event)
{
	struct mp_visit *visit = event->data;

	visit->is_late = 1;
	resume(visit);
}

/* The connection is cut: its reader sees that the answer is not whole. */
static void on_end(ngx_event_t *event)
{
	struct mp_visit *visit = event->data;
	ngx_http_request_t *r = visit->request;
	ngx_connection_t *c = r->connection;

	ngx_http_set_log_request(c->log, r);
	ngx_log_error(NGX_LOG_INFO, c->log, 0, "mcpass: the token is over, and so is its answer");
	/* The upstream's cleanup gives one back while the request is still looked at. */
	r->main->count++;
	ngx_http_finalize_request(r, NGX_ERROR);
	ngx_http_run_posted_requests(c);
}

struct mp_visit *mp_visit_get(ngx_http_request_t *r)
{
	struct mp_visit *visit = mp_visit_find(r);
	ngx_pool_cleanup_t *cleanup;

	if (visit == NULL) {
		cleanup = ngx_pool_cleanup_add(r->main->pool, sizeof(*visit));
		if (cleanup == NULL)
			return NULL;
		visit = cleanup->data;
		ngx_memzero(visit, sizeof(*visit));
		visit->request = r->main;
		visit->patience = (ngx_event_t){ .data = visit, .handler = on_patience,
			.log = r->connection->log };
		visit->end = (ngx_event_t){ .data = visit, .handler = on_end,
			.log = r->connection->log };
		visit->end.cancelable = 1;      /* a worker that is to go waits for no token */
		cleanup->handler = end_visit;
	}
	ngx_http_set_ctx(r->main, visit, ngx_http_mcpass_module);
	return visit;
}

/* The timer also keeps a worker that is to go until the request is answered. */
void mp_visit_wait(struct mp_visit *visit)
{
	ngx_http_request_t *r = visit->request;

	visit->is_waiting = 1;
	ngx_queue_insert_tail(&visit->place->waiting, &visit->waiting);
	ngx_add_timer(&visit->patience, (ngx_msec_t)(MP_FETCH_TIMEOUT + 2) * 1000);
	r->read_event_handler = ngx_http_test_reading;  /* a client that leaves is noticed */
	r->write_event_handler = ngx_http_request_empty_handler;
}

void mp_visits_resume(struct mp_place *place)
{
	ngx_queue_t now;

	if (ngx_queue_empty(&place->waiting))
		return;
	ngx_queue_init(&now);
	ngx_queue_add(&now, &place->waiting);           /* who waits again is not looked at twice */
	ngx_queue_init(&place->waiting);
	while (!ngx_queue_empty(&now))
		resume(ngx_queue_data(ngx_queue_head(&now), struct mp_visit, waiting));
}

void mp_visit_end_at(struct mp_visit *visit, int64_t expires_at)
{
	int64_t left = expires_at + MP_CLOCK_SKEW - ngx_time();

	if (visit->end.timer_set)
		ngx_del_timer(&visit->end);
	if (expires_at == 0 || left > INT64_C(30) * 86400)       /* nginx counts in 32 bits of milliseconds */
		return;
	ngx_add_timer(&visit->end, left > 0 ? (ngx_msec_t)left * 1000 : 1);
}
