#include "serve/authserver/upstream_asks.h"
#include <stdlib.h>
#include "base/limits.h"
#include "io/clock.h"
#include "serve/fetches.h"

#define LOOK_AGAIN_MS 250       /* for the answer to what another instance had sent */

struct mp_upstream_asks {
	struct mp_fetches *fetches;
	struct mp_loop *loop;
	struct mp_timer again;
	void (*arrived)(void *ctx, const char *key, int status, const struct mp_buf *body);
	void *ctx;
};

static void on_fetched(void *ctx, struct mp_fetched *fetched)
{
	const struct mp_upstream_asks *asks = ctx;

	asks->arrived(asks->ctx, fetched->key, fetched->status, &fetched->body);
}

static void look_again(void *ctx)
{
	const struct mp_upstream_asks *asks = ctx;

	asks->arrived(asks->ctx, NULL, 0, NULL);
}

static enum mcpass_rc vouch(struct mp_fetches *fetches, const struct mp_idp *upstream,
    struct mcpass_error *err)
{
	const char *urls[] = { upstream->issuer, upstream->token_endpoint, upstream->user_endpoint,
		upstream->emails_endpoint, upstream->organizations_endpoint, upstream->groups_endpoint };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(urls) && !rc; i++)
		if (urls[i] != NULL)
			rc = mp_fetches_vouch(fetches, urls[i], err);
	return rc;
}

enum mcpass_rc mp_upstream_asks_new(const struct mp_upstream_asks_options *options,
    struct mp_upstream_asks **ret_asks, struct mcpass_error *err)
{
	struct mp_upstream_asks *asks = calloc(1, sizeof(*asks));
	enum mcpass_rc rc;

	if (asks == NULL)
		return mp_nomem(err);
	asks->loop = options->loop;
	asks->arrived = options->arrived;
	asks->ctx = options->ctx;
	asks->again = (struct mp_timer){ .fire = look_again, .ctx = asks };
	rc = mp_fetches_new(options->http, options->loop, on_fetched, asks, &asks->fetches, err);
	if (!rc)
		rc = mp_fetches_confine(asks->fetches, options->server_url, MP_REACH_PUBLIC, err);
	for (size_t i = 0; i < options->count && !rc; i++)
		rc = vouch(asks->fetches, &options->upstreams[i], err);
	if (rc)
		mp_upstream_asks_free(asks);
	else
		*ret_asks = asks;
	return rc;
}

void mp_upstream_asks_free(struct mp_upstream_asks *asks)
{
	if (asks == NULL)
		return;
	mp_loop_unset(asks->loop, &asks->again);
	mp_fetches_free(asks->fetches);
	free(asks);
}

static enum mcpass_rc start(struct mp_upstream_asks *asks, const struct mp_errand *errand,
    struct mcpass_error *err)
{
	bool has_body = errand->body.len > 0;
	const struct mcpass_fetch fetch = { .key = errand->key, .method = has_body ? "POST" : "GET",
		.url = errand->url, .body = has_body ? mp_buf_text(&errand->body) : NULL,
		.body_len = errand->body.len, .max_response = MP_MAX_UPSTREAM_ANSWER,
		.headers = errand->headers.items, .header_count = errand->headers.count };

	return mp_fetches_start(asks->fetches, &fetch, err);
}

enum mcpass_rc mp_upstream_asks_send(void *ctx, const struct mp_errand *errand, bool is_first,
    struct mcpass_error *err)
{
	struct mp_upstream_asks *asks = ctx;
	struct mcpass_error why = { 0 };
	struct mp_buf text;
	enum mcpass_rc rc;

	if (!is_first) {
		if (!asks->again.is_set)
			mp_loop_set(asks->loop, &asks->again, mp_now_ms() + LOOK_AGAIN_MS);
		return MCPASS_OK;
	}
	rc = start(asks, errand, &why);
	if (rc != MCPASS_E_LIMIT) {
		if (rc)
			*err = why;
		return rc;
	}
	/* Too much is under way: that is the answer, and the turn can be told. */
	mp_buf_init(&text, sizeof(why.detail));
	mp_buf_adds(&text, why.detail);
	asks->arrived(asks->ctx, errand->key, 0, &text);
	mp_buf_free(&text);
	return MCPASS_OK;
}
