#include "io/fetcher.h"
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/http/exchange.h"

enum job_state { JOB_NEW = 0, JOB_RUNNING, JOB_DONE };

/* One request.  New and done ones are anybody's who has the lock; in between it belongs to
 * the thread. */
struct job {
	struct job *next;
	struct mp_fetcher *fetcher;
	enum job_state state;
	unsigned id;
	char *key, *method, *url;
	struct mp_headers headers;      /* wiped: hold our credentials */
	struct mp_buf body;             /* wiped: holds a token */
	bool has_body;
	int status;
	struct mp_buf answer;           /* with status 0: why there is none */
};

struct mp_fetcher {
	struct mp_http *http;           /* the thread's */
	pthread_t thread;
	pthread_mutex_t lock;           /* of what follows */
	struct job *jobs;
	size_t count;
	unsigned last_id;
	bool is_running, is_stopping;
	int wake_fd;
	void (*done)(void *ctx);
	void *ctx;
};

static void free_job(struct job *job)
{
	if (job == NULL)
		return;
	free(job->key);
	free(job->method);
	free(job->url);
	mp_headers_free(&job->headers);
	mp_buf_free(&job->body);
	mp_buf_free(&job->answer);
	free(job);
}

static enum mcpass_rc new_job(struct mp_fetcher *fetcher, const struct mcpass_fetch *fetch,
    struct job **ret_job, struct mcpass_error *err)
{
	struct job *job = calloc(1, sizeof(*job));
	enum mcpass_rc rc;

	if (job == NULL)
		return mp_nomem(err);
	job->fetcher = fetcher;
	job->has_body = fetch->body != NULL;
	mp_buf_init(&job->body, fetch->body_len + 1);
	mp_buf_init(&job->answer, fetch->max_response);
	mp_buf_add(&job->body, fetch->body != NULL ? fetch->body : "", fetch->body_len);
	rc = mp_buf_check(&job->body, "the request", err);
	if (!rc)
		rc = mp_set(&job->key, fetch->key, err);
	if (!rc)
		rc = mp_set(&job->method, fetch->method, err);
	if (!rc)
		rc = mp_set(&job->url, fetch->url, err);
	for (size_t i = 0; !rc && i < fetch->header_count; i++)
		rc = mp_headers_add(&job->headers, fetch->headers[i].name, fetch->headers[i].value, err);
	if (rc)
		free_job(job);
	else
		*ret_job = job;
	return rc;
}

/* --- in the thread --- */

static void finish(struct job *job)
{
	struct mp_fetcher *fetcher = job->fetcher;

	(void)pthread_mutex_lock(&fetcher->lock);
	job->state = JOB_DONE;
	(void)pthread_mutex_unlock(&fetcher->lock);
	fetcher->done(fetcher->ctx);
}

/* There is no answer: what came of it gives way to the reason. */
static void fail(struct job *job, const char *why)
{
	mp_buf_free(&job->answer);
	mp_buf_init(&job->answer, sizeof(((struct mcpass_error *)NULL)->detail));
	mp_buf_adds(&job->answer, why);
	job->status = 0;
	finish(job);
}

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct job *job = ctx;

	(void)id;
	(void)headers;
	(void)count;
	(void)err;
	job->status = status;
	return MCPASS_OK;
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct job *job = ctx;
	struct mcpass_error why = { 0 };

	(void)err;
	mp_buf_add(&job->answer, bytes, len);
	if (job->answer.failed == MCPASS_OK)
		return MCPASS_OK;
	(void)mp_buf_check(&job->answer, "the answer", &why);
	mp_http_abandon(job->fetcher->http, true, id);  /* the rest of it is not even read */
	fail(job, why.detail);
	return MCPASS_OK;
}

static enum mcpass_rc on_end(void *ctx, unsigned id, const char *reason,
    struct mcpass_error *err)
{
	struct job *job = ctx;

	(void)id;
	(void)err;
	if (reason != NULL)
		fail(job, reason);
	else
		finish(job);
	return MCPASS_OK;
}

static void begin(struct job *job)
{
	const struct mp_http_callbacks tell = { on_head, on_data, on_end, job };
	const struct mp_http_ask ask = { job->method, job->url,
		job->has_body ? mp_buf_text(&job->body) : NULL, job->headers.items,
		job->headers.count, job->body.len };
	struct mcpass_error why = { 0 };

	if (mp_http_begin(job->fetcher->http, &ask, &tell, true, job->id, &why))
		fail(job, why.detail);
}

/* The next job in a state, which is moved on to the next state when new; or NULL. */
static struct job *next_job(struct mp_fetcher *fetcher, enum job_state state)
{
	struct job *job;

	(void)pthread_mutex_lock(&fetcher->lock);
	for (job = fetcher->jobs; job != NULL && job->state != state; job = job->next)
		;
	if (job != NULL && state == JOB_NEW)
		job->state = JOB_RUNNING;
	(void)pthread_mutex_unlock(&fetcher->lock);
	return job;
}

static bool is_stopping(struct mp_fetcher *fetcher)
{
	bool stopping;

	(void)pthread_mutex_lock(&fetcher->lock);
	stopping = fetcher->is_stopping;
	(void)pthread_mutex_unlock(&fetcher->lock);
	return stopping;
}

/* libcurl cannot go on: none of what is under way will end by itself. */
static void fail_all(struct mp_fetcher *fetcher, const char *why)
{
	struct job *job;

	while ((job = next_job(fetcher, JOB_RUNNING)) != NULL) {
		mp_http_abandon(fetcher->http, true, job->id);
		fail(job, why);
	}
}

static void *run(void *ctx)
{
	struct mp_fetcher *fetcher = ctx;
	uint64_t count;

	while (!is_stopping(fetcher)) {
		struct mcpass_error why = { 0 };
		struct job *job;

		while ((job = next_job(fetcher, JOB_NEW)) != NULL)
			begin(job);
		if (mp_http_poll(fetcher->http, -1, fetcher->wake_fd, &why))
			fail_all(fetcher, why.detail);
		(void)!read(fetcher->wake_fd, &count, sizeof(count));   /* so that it can ring again */
	}
	return NULL;
}

/* --- for everybody else --- */

/* The thread takes no signals: they are for the program's own. */
static enum mcpass_rc start_thread(struct mp_fetcher *fetcher, struct mcpass_error *err)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	fetcher->is_running = pthread_create(&fetcher->thread, NULL, run, fetcher) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fetcher->is_running ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_IO, NULL, "a thread for requests does not start");
}

enum mcpass_rc mp_fetcher_new(const struct mp_http_options *options, void (*done)(void *ctx),
    void *ctx, struct mp_fetcher **ret_fetcher, struct mcpass_error *err)
{
	struct mp_fetcher *fetcher = calloc(1, sizeof(*fetcher));
	enum mcpass_rc rc;

	if (fetcher == NULL)
		return mp_nomem(err);
	fetcher->done = done;
	fetcher->ctx = ctx;
	(void)pthread_mutex_init(&fetcher->lock, NULL);
	fetcher->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = mp_http_new(options, &fetcher->http, err);
	if (!rc && fetcher->wake_fd < 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no descriptor is left");
	if (!rc)
		rc = start_thread(fetcher, err);
	if (rc)
		mp_fetcher_free(fetcher);
	else
		*ret_fetcher = fetcher;
	return rc;
}

enum mcpass_rc mp_fetcher_confine(struct mp_fetcher *fetcher, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err)
{
	return mp_http_confine(fetcher->http, server_url, otherwise, err);
}

enum mcpass_rc mp_fetcher_vouch(struct mp_fetcher *fetcher, const char *url,
    struct mcpass_error *err)
{
	return mp_http_vouch(fetcher->http, url, err);
}

static void wake(const struct mp_fetcher *fetcher)
{
	static const uint64_t one = 1;

	(void)!write(fetcher->wake_fd, &one, sizeof(one));
}

/* Has the lock.  Takes the job over, or frees it. */
static enum mcpass_rc add_job(struct mp_fetcher *fetcher, struct job *job,
    struct mcpass_error *err)
{
	struct job **tail = &fetcher->jobs;

	while (*tail != NULL && strcmp((*tail)->key, job->key) != 0)
		tail = &(*tail)->next;
	if (*tail == NULL && fetcher->count < MP_MAX_FETCHES) {
		job->id = ++fetcher->last_id;
		*tail = job;
		fetcher->count++;
		return MCPASS_OK;
	}
	free_job(job);
	return *tail != NULL ? MCPASS_OK : mp_fail(err, MCPASS_E_LIMIT, NULL,
	    "more than %d requests to issuers are under way", MP_MAX_FETCHES);
}

enum mcpass_rc mp_fetcher_start(struct mp_fetcher *fetcher, const struct mcpass_fetch *fetch,
    struct mcpass_error *err)
{
	struct job *job = NULL;
	enum mcpass_rc rc = new_job(fetcher, fetch, &job, err);

	if (rc || job == NULL)
		return rc;
	(void)pthread_mutex_lock(&fetcher->lock);
	rc = add_job(fetcher, job, err);
	(void)pthread_mutex_unlock(&fetcher->lock);
	if (!rc)
		wake(fetcher);
	return rc;
}

bool mp_fetcher_take(struct mp_fetcher *fetcher, struct mp_fetched *ret_fetched)
{
	struct job **slot = &fetcher->jobs, *job;

	(void)pthread_mutex_lock(&fetcher->lock);
	while (*slot != NULL && (*slot)->state != JOB_DONE)
		slot = &(*slot)->next;
	job = *slot;
	if (job != NULL) {
		*slot = job->next;
		fetcher->count--;
	}
	(void)pthread_mutex_unlock(&fetcher->lock);
	if (job == NULL)
		return false;
	*ret_fetched = (struct mp_fetched){ job->key, job->status, job->answer };
	job->key = NULL;                                /* moved */
	job->answer = (struct mp_buf){ 0 };
	free_job(job);
	return true;
}

void mp_fetched_free(struct mp_fetched *fetched)
{
	free(fetched->key);
	mp_buf_free(&fetched->body);
	*fetched = (struct mp_fetched){ 0 };
}

void mp_fetcher_stop(struct mp_fetcher *fetcher)
{
	if (fetcher == NULL || !fetcher->is_running)
		return;
	(void)pthread_mutex_lock(&fetcher->lock);
	fetcher->is_stopping = true;
	(void)pthread_mutex_unlock(&fetcher->lock);
	wake(fetcher);
	(void)pthread_join(fetcher->thread, NULL);
	fetcher->is_running = false;
}

void mp_fetcher_free(struct mp_fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	mp_fetcher_stop(fetcher);
	mp_http_free(fetcher->http);
	while (fetcher->jobs != NULL) {
		struct job *job = fetcher->jobs;

		fetcher->jobs = job->next;
		free_job(job);
	}
	if (fetcher->wake_fd >= 0)
		(void)close(fetcher->wake_fd);
	(void)pthread_mutex_destroy(&fetcher->lock);
	free(fetcher);
}
