#include "serve/fetches.h"
#include <stdlib.h>
#include "base/limits.h"

struct job {
	struct job *next;
	struct mp_fetches *fetches;
	char *key;
	struct mp_task failed;          /* tells what could not even begin */
	struct mcpass_error why;
};

struct mp_fetches {
	struct mp_loop *loop;
	struct mp_http *http;
	struct job *jobs;
	size_t count;
	void (*done)(void *ctx, struct mp_fetched *fetched);
	void *ctx;
};

static void free_job(struct job *job)
{
	mp_loop_never(job->fetches->loop, &job->failed);
	free(job->key);
	free(job);
}

static void unlink_job(struct mp_fetches *fetches, const struct job *job)
{
	struct job **slot = &fetches->jobs;

	while (*slot != job)
		slot = &(*slot)->next;
	*slot = job->next;
	fetches->count--;
}

/* The key is free again when its result is told. */
static void finish(struct job *job, struct mp_fetched *fetched)
{
	struct mp_fetches *fetches = job->fetches;

	unlink_job(fetches, job);
	fetched->key = job->key;
	fetches->done(fetches->ctx, fetched);
	mp_buf_free(&fetched->body);
	free_job(job);
}

static void fail(struct job *job, const struct mcpass_error *why)
{
	struct mp_fetched fetched = { .status = 0 };

	mp_buf_init(&fetched.body, sizeof(why->detail));
	mp_buf_adds(&fetched.body, why->detail);
	finish(job, &fetched);
}

static void on_failed(void *ctx)
{
	struct job *job = ctx;

	fail(job, &job->why);
}

static void on_fetched(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	struct mp_fetched fetched = { .status = response->status, .body = response->body,
		.headers = response->headers.items, .header_count = response->headers.count };
	struct job *job = ctx;

	if (why != NULL) {
		fail(job, why);
		return;
	}
	response->body = (struct mp_buf){ 0 };          /* moved */
	finish(job, &fetched);
}

enum mcpass_rc mp_fetches_new(const struct mp_http_options *options, struct mp_loop *loop,
    void (*done)(void *ctx, struct mp_fetched *fetched), void *ctx,
    struct mp_fetches **ret_fetches, struct mcpass_error *err)
{
	struct mp_fetches *fetches = calloc(1, sizeof(*fetches));
	enum mcpass_rc rc;

	if (fetches == NULL)
		return mp_nomem(err);
	fetches->loop = loop;
	fetches->done = done;
	fetches->ctx = ctx;
	rc = mp_http_new(options, loop, &fetches->http, err);
	if (rc)
		mp_fetches_free(fetches);
	else
		*ret_fetches = fetches;
	return rc;
}

void mp_fetches_free(struct mp_fetches *fetches)
{
	if (fetches == NULL)
		return;
	mp_http_free(fetches->http);
	while (fetches->jobs != NULL) {
		struct job *job = fetches->jobs;

		fetches->jobs = job->next;
		free_job(job);
	}
	free(fetches);
}

enum mcpass_rc mp_fetches_confine(struct mp_fetches *fetches, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err)
{
	return mp_http_confine(fetches->http, server_url, otherwise, err);
}

enum mcpass_rc mp_fetches_vouch(struct mp_fetches *fetches, const char *url,
    struct mcpass_error *err)
{
	return mp_http_vouch(fetches->http, url, err);
}

static bool is_under_way(const struct mp_fetches *fetches, const char *key)
{
	const struct job *job = fetches->jobs;

	while (job != NULL && !mp_eq(job->key, key))
		job = job->next;
	return job != NULL;
}

/* Who asked is told later in any case: just now it is busy asking. */
static void begin(struct job *job, const struct mcpass_fetch *fetch)
{
	const struct mp_http_ask ask = { fetch->method, fetch->url, fetch->body, fetch->headers,
		fetch->header_count, fetch->body_len };
	unsigned unused;

	if (mp_http_fetch(job->fetches->http, &ask, fetch->max_response, on_fetched, job, &unused,
	    &job->why) != MCPASS_OK)
		mp_loop_soon(job->fetches->loop, &job->failed);
}

enum mcpass_rc mp_fetches_start(struct mp_fetches *fetches, const struct mcpass_fetch *fetch,
    struct mcpass_error *err)
{
	struct job *job;
	enum mcpass_rc rc;

	if (is_under_way(fetches, fetch->key))
		return MCPASS_OK;
	if (fetches->count >= MP_MAX_FETCHES)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d requests to issuers are under way",
		    MP_MAX_FETCHES);
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return mp_nomem(err);
	job->fetches = fetches;
	job->failed = (struct mp_task){ .run = on_failed, .ctx = job };
	rc = mp_set(&job->key, fetch->key, err);
	if (rc) {
		free_job(job);
		return rc;
	}
	job->next = fetches->jobs;
	fetches->jobs = job;
	fetches->count++;
	begin(job, fetch);
	return MCPASS_OK;
}

enum mcpass_rc mp_fetches_later(void *ctx, const struct mcpass_fetch *fetch,
    int *ret_status, struct mp_buf *body, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_fetches_start(ctx, fetch, &why);

	(void)body;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_status = MP_HTTP_LATER;
	return MCPASS_OK;
}
