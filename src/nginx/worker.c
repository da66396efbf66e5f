/* What a worker fetches: libcurl's transfers on a loop of ours, which nginx waits for as for one
 * more descriptor and one more timer. */
#include "nginx/module.h"
#include "base/limits.h"
#include "io/clock.h"

static struct {
	struct mp_loop *loop;           /* NULL until something is fetched */
	ngx_connection_t *connection;   /* of its descriptor */
	ngx_event_t timer;
} worker;

static void set_timer(void)
{
	int due = mp_loop_due(worker.loop);

	if (worker.timer.timer_set)
		ngx_del_timer(&worker.timer);
	if (due >= 0)
		ngx_add_timer(&worker.timer, (ngx_msec_t)due);
}

static void turn(ngx_event_t *event)
{
	(void)event;
	mp_loop_turn(worker.loop, 0);
	set_timer();
}

static enum mcpass_rc start_loop(struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_loop_new(NULL, NULL, &worker.loop, err);

	if (rc)
		return rc;
	worker.connection = ngx_get_connection(mp_loop_fd(worker.loop), ngx_cycle->log);
	if (worker.connection != NULL) {
		worker.connection->read->handler = turn;
		worker.connection->read->log = ngx_cycle->log;
		worker.timer = (ngx_event_t){ .handler = turn, .log = ngx_cycle->log,
			.data = worker.connection, .cancelable = 1 };
		if (ngx_add_event(worker.connection->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) == NGX_OK)
			return MCPASS_OK;
		worker.connection->fd = (ngx_socket_t)-1;
		ngx_free_connection(worker.connection);
	}
	mp_loop_free(worker.loop);
	worker.loop = NULL;
	return mp_fail(err, MCPASS_E_IO, NULL, "nginx has no connection left to fetch by");
}

/* What the guard could not take in, it asks for again. */
static void on_fetched(void *ctx, struct mp_fetched *fetched)
{
	struct mp_place *place = ctx;

	place->log = ngx_cycle->log;
	(void)mp_gate_take(&place->gate, fetched, ngx_time(), NULL);
	mp_visits_resume(place);
}

static enum mcpass_rc start_fetches(struct mp_place *place, struct mcpass_error *err)
{
	const struct mp_serve_config *config = place->plan.config;
	const struct mp_http_options http = { .ca_file = config->ca_file, .proxy = config->proxy,
		.timeout_ms = MP_FETCH_TIMEOUT * 1000L };
	enum mcpass_rc rc = worker.loop != NULL ? MCPASS_OK : start_loop(err);

	return rc ? rc : mp_fetches_new(&http, worker.loop, on_fetched, place, &place->fetches, err);
}

enum mcpass_rc mp_worker_fetch(void *ctx, const struct mcpass_fetch *fetch, int *ret_status,
    struct mp_buf *body, struct mcpass_error *err)
{
	struct mp_place *place = ctx;
	enum mcpass_rc rc = place->fetches != NULL ? MCPASS_OK : start_fetches(place, err);

	(void)body;
	if (!rc)
		rc = mp_fetches_start(place->fetches, fetch, err);
	/* Too many are under way: that is not the issuer's fault, and is tried again with what comes
	 * of them. */
	if (rc && rc != MCPASS_E_LIMIT)
		return rc;
	mp_clear(err);
	set_timer();
	*ret_status = MP_HTTP_LATER;
	return MCPASS_OK;
}

void mp_worker_exit(ngx_cycle_t *cycle)
{
	struct mp_main_conf *conf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_mcpass_module);
	struct mp_place **places;

	if (worker.loop == NULL || conf == NULL)
		return;
	places = conf->places->elts;
	for (ngx_uint_t i = 0; i < conf->places->nelts; i++) {
		mp_fetches_free(places[i]->fetches);
		places[i]->fetches = NULL;
	}
	if (worker.timer.timer_set)
		ngx_del_timer(&worker.timer);
	(void)ngx_del_event(worker.connection->read, NGX_READ_EVENT, 0);
	ngx_free_connection(worker.connection);
	worker.connection->fd = (ngx_socket_t)-1;       /* the loop's to close */
	mp_loop_free(worker.loop);
	worker.loop = NULL;
}
