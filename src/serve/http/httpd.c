#include "serve/http/httpd.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/clock.h"
#include "serve/http/httpd_parts.h"
#include "io/socket.h"

/* Connections that are accepted before the others have their turn. */
#define ACCEPTED_AT_ONCE 64
/* Milliseconds until we listen again, after there was no descriptor left. */
#define LISTEN_AGAIN_MS 100

/* --- in the thread --- */

/* No descriptor is left: one connection gives its own, or we listen later.  True: go on. */
static bool find_descriptor(struct mp_httpd *httpd)
{
	if (mp_inbound_make_room(httpd, NULL))
		return true;
	(void)mp_loop_watch(httpd->loop, &httpd->listener, 0, NULL);
	mp_loop_set(httpd->loop, &httpd->listen_again, mp_now_ms() + LISTEN_AGAIN_MS);
	return false;
}

/* False: there is none, or none that could be taken. */
static bool accept_one(struct mp_httpd *httpd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	int fd = accept(httpd->listener.fd, (struct sockaddr *)&address, &len);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		return find_descriptor(httpd);
	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED;
	if (mp_socket_tame(fd))
		mp_inbound_open(httpd, fd, (const struct sockaddr *)&address);
	else
		(void)close(fd);
	return true;
}

static void on_listener(void *ctx, unsigned events)
{
	struct mp_httpd *httpd = ctx;

	(void)events;
	for (int i = 0; i < ACCEPTED_AT_ONCE && accept_one(httpd); i++)
		continue;
}

static void on_listen_again(void *ctx)
{
	struct mp_httpd *httpd = ctx;

	if (!httpd->is_draining)
		(void)mp_loop_watch(httpd->loop, &httpd->listener, MP_LOOP_READ, NULL);
}

static void close_listener(struct mp_httpd *httpd)
{
	if (httpd->listener.fd < 0)
		return;
	(void)mp_loop_watch(httpd->loop, &httpd->listener, 0, NULL);
	(void)close(httpd->listener.fd);
	httpd->listener.fd = -1;
}

/* Who has connected is served, who has sent nothing is let go, the rest is waited for. */
static void drain(struct mp_httpd *httpd)
{
	struct mp_inbound *conn, *next;

	while (accept_one(httpd))
		continue;
	close_listener(httpd);
	httpd->is_draining = true;
	for (conn = httpd->lists[MP_INBOUND_IDLE].first; conn != NULL; conn = next) {
		next = conn->next;
		mp_inbound_close_idle(conn);
	}
	mp_loop_set(httpd->loop, &httpd->drained, mp_now_ms() + httpd->options.times.drain);
	mp_inbound_reap(httpd);
}

static void on_drained(void *ctx)
{
	struct mp_httpd *httpd = ctx;

	mp_loop_end(httpd->loop);
}

static void on_bell(void *ctx)
{
	struct mp_httpd *httpd = ctx;
	bool must_resume, must_stop;

	(void)pthread_mutex_lock(&httpd->lock);
	must_resume = httpd->must_resume;
	must_stop = httpd->must_stop;
	httpd->must_resume = false;
	(void)pthread_mutex_unlock(&httpd->lock);
	if (must_resume)
		mp_inbound_resume_all(httpd);
	if (must_stop && !httpd->is_draining)
		drain(httpd);
}

static void *run(void *ctx)
{
	struct mp_httpd *httpd = ctx;

	mp_loop_run(httpd->loop);
	for (size_t i = 0; i < MP_INBOUND_CLOSED; i++)
		while (httpd->lists[i].first != NULL)
			mp_inbound_close(httpd->lists[i].first);
	mp_inbound_reap(httpd);
	return NULL;
}

/* --- for other threads --- */

static void ring(struct mp_httpd *httpd, bool *flag)
{
	(void)pthread_mutex_lock(&httpd->lock);
	*flag = true;
	(void)pthread_mutex_unlock(&httpd->lock);
	mp_loop_ring(httpd->loop);
}

void mp_httpd_resume(struct mp_httpd *httpd)
{
	ring(httpd, &httpd->must_resume);
}

/* As many as wanted, when the process may have so many descriptors. */
static size_t find_room(size_t wanted)
{
	struct rlimit limit;
	rlim_t needed = (rlim_t)wanted + MP_HTTPD_OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (limit.rlim_cur < needed) {
		limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= needed)
		return wanted;
	return limit.rlim_cur > (rlim_t)2 * MP_HTTPD_OTHER_DESCRIPTORS
	    ? (size_t)limit.rlim_cur - MP_HTTPD_OTHER_DESCRIPTORS : (size_t)limit.rlim_cur / 2;
}

static void set_default(int *time, int otherwise)
{
	if (*time == 0)
		*time = otherwise;
}

static void set_defaults(struct mp_httpd_options *options)
{
	struct mp_httpd_times *times = &options->times;

	set_default(&times->idle, MP_HTTPD_IDLE_MS);
	set_default(&times->head, MP_HTTPD_HEAD_MS);
	set_default(&times->body, MP_HTTPD_BODY_MS);
	set_default(&times->send, MP_HTTPD_SEND_MS);
	set_default(&times->wait, MP_HTTPD_WAIT_MS);
	set_default(&times->linger, MP_HTTPD_LINGER_MS);
	set_default(&times->drain, MP_HTTPD_DRAIN_MS);
	if (options->max_connections == 0)
		options->max_connections = MP_MAX_HTTPD_CONNECTIONS;
	options->max_connections = find_room(options->max_connections);
}

static enum mcpass_rc listen_on(struct mp_httpd *httpd, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_socket_listen(httpd->options.bind_address, httpd->options.port,
	    &httpd->listener.fd, &httpd->port, err);

	if (!rc)
		rc = mp_loop_new(on_bell, httpd, &httpd->loop, err);
	return rc ? rc : mp_loop_watch(httpd->loop, &httpd->listener, MP_LOOP_READ, err);
}

enum mcpass_rc mp_httpd_new(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err)
{
	struct mp_httpd *httpd = calloc(1, sizeof(*httpd));
	enum mcpass_rc rc;

	if (httpd == NULL)
		return mp_nomem(err);
	httpd->options = *options;
	set_defaults(&httpd->options);
	(void)pthread_mutex_init(&httpd->lock, NULL);
	httpd->listener = (struct mp_watch){ .fd = -1, .ready = on_listener, .ctx = httpd };
	httpd->listen_again = (struct mp_timer){ .fire = on_listen_again, .ctx = httpd };
	httpd->drained = (struct mp_timer){ .fire = on_drained, .ctx = httpd };
	rc = listen_on(httpd, err);
	if (rc)
		mp_httpd_free(httpd);
	else
		*ret_httpd = httpd;
	return mp_doing(err, rc, "starting the server");
}

struct mp_loop *mp_httpd_loop(const struct mp_httpd *httpd)
{
	return httpd->loop;
}

/* The server's thread takes no signals: they are for the program's own. */
enum mcpass_rc mp_httpd_run(struct mp_httpd *httpd, struct mcpass_error *err)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	httpd->is_running = pthread_create(&httpd->thread, NULL, run, httpd) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return httpd->is_running ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_IO, NULL, "the server's thread does not start");
}

enum mcpass_rc mp_httpd_start(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err)
{
	struct mp_httpd *httpd = NULL;
	enum mcpass_rc rc = mp_httpd_new(options, &httpd, err);

	if (rc || httpd == NULL)
		return rc;
	rc = mp_httpd_run(httpd, err);
	if (rc)
		mp_httpd_free(httpd);
	else
		*ret_httpd = httpd;
	return rc;
}

unsigned mp_httpd_port(const struct mp_httpd *httpd)
{
	return httpd->port;
}

void mp_httpd_stop(struct mp_httpd *httpd)
{
	if (httpd == NULL || !httpd->is_running)
		return;
	ring(httpd, &httpd->must_stop);
	(void)pthread_join(httpd->thread, NULL);
	httpd->is_running = false;
}

bool mp_httpd_is_stopping(const struct mp_httpd *httpd)
{
	return httpd->is_draining;
}

void mp_httpd_free(struct mp_httpd *httpd)
{
	if (httpd == NULL)
		return;
	mp_httpd_stop(httpd);
	if (httpd->loop != NULL)
		close_listener(httpd);
	else if (httpd->listener.fd >= 0)
		(void)close(httpd->listener.fd);
	mp_loop_free(httpd->loop);
	(void)pthread_mutex_destroy(&httpd->lock);
	free(httpd);
}
