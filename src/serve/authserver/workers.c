#include "serve/authserver/workers.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct mp_workers {
	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t some;            /* there is work, or the end has come */
	struct mp_work *queue;          /* a ring */
	size_t room, first, count;
	pthread_t *threads;
	size_t thread_count;
	bool is_stopping;
};

/* Waits for the next piece of work; false: the end. */
static bool next(struct mp_workers *workers, struct mp_work *ret_work)
{
	bool found;

	(void)pthread_mutex_lock(&workers->lock);
	while (workers->count == 0 && !workers->is_stopping)
		(void)pthread_cond_wait(&workers->some, &workers->lock);
	found = !workers->is_stopping;
	if (found) {
		*ret_work = workers->queue[workers->first];
		workers->first = (workers->first + 1) % workers->room;
		workers->count--;
	}
	(void)pthread_mutex_unlock(&workers->lock);
	return found;
}

static void *run(void *ctx)
{
	struct mp_work work;

	while (next(ctx, &work)) {
		work.run(work.ctx);
		if (work.done != NULL)
			work.done(work.ctx);
	}
	return NULL;
}

/* The threads take no signals: they are for the program's own. */
static enum mcpass_rc start(struct mp_workers *workers, size_t threads, struct mcpass_error *err)
{
	sigset_t all, before;
	int failed = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	while (failed == 0 && workers->thread_count < threads) {
		failed = pthread_create(&workers->threads[workers->thread_count], NULL, run, workers);
		workers->thread_count += failed == 0 ? 1 : 0;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed == 0 ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_IO, NULL, "a thread for work does not start");
}

enum mcpass_rc mp_workers_new(size_t threads, size_t queue, struct mp_workers **ret_workers,
    struct mcpass_error *err)
{
	struct mp_workers *workers = calloc(1, sizeof(*workers));
	enum mcpass_rc rc;

	if (workers == NULL)
		return mp_nomem(err);
	(void)pthread_mutex_init(&workers->lock, NULL);
	(void)pthread_cond_init(&workers->some, NULL);
	workers->room = queue;
	workers->queue = calloc(queue, sizeof(*workers->queue));
	workers->threads = calloc(threads, sizeof(*workers->threads));
	rc = workers->queue == NULL || workers->threads == NULL ? mp_nomem(err)
	    : start(workers, threads, err);
	if (rc)
		mp_workers_free(workers);
	else
		*ret_workers = workers;
	return rc;
}

enum mcpass_rc mp_workers_submit(struct mp_workers *workers, const struct mp_work *work,
    struct mcpass_error *err)
{
	bool is_full;

	(void)pthread_mutex_lock(&workers->lock);
	is_full = workers->is_stopping || workers->count == workers->room;
	if (!is_full) {
		workers->queue[(workers->first + workers->count++) % workers->room] = *work;
		(void)pthread_cond_signal(&workers->some);
	}
	(void)pthread_mutex_unlock(&workers->lock);
	return is_full ? mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %zu pieces of work wait",
	    workers->room) : MCPASS_OK;
}

void mp_workers_stop(struct mp_workers *workers)
{
	if (workers == NULL)
		return;
	(void)pthread_mutex_lock(&workers->lock);
	workers->is_stopping = true;
	(void)pthread_cond_broadcast(&workers->some);
	(void)pthread_mutex_unlock(&workers->lock);
	while (workers->thread_count > 0)
		(void)pthread_join(workers->threads[--workers->thread_count], NULL);
}

void mp_workers_free(struct mp_workers *workers)
{
	if (workers == NULL)
		return;
	mp_workers_stop(workers);
	(void)pthread_cond_destroy(&workers->some);
	(void)pthread_mutex_destroy(&workers->lock);
	free(workers->threads);
	free(workers->queue);
	free(workers);
}

size_t mp_workers_for_computing(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors <= 2)
		return 1;
	return processors > 5 ? 4 : (size_t)processors - 1;
}
