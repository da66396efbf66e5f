#include "serve/authserver/retry.h"
#include <stdlib.h>
#include "io/clock.h"
#include "io/loop.h"
#include "io/store/store.h"

/* An errand's answer that is not kept yet. */
struct arrival {
	struct arrival *next;
	char *key;
	int status;
	struct mp_buf body;
	int64_t deadline;               /* of mp_now_ms() */
};
struct mp_retry {
	const struct mp_issuer_store *store;
	struct mp_issuer *issuer;
	struct mp_httpd *httpd;
	struct mp_timer timer;
	struct arrival *first, **last;
};

static void free_arrival(struct arrival *arrival)
{
	free(arrival->key);
	mp_buf_free(&arrival->body);
	free(arrival);
}

static bool is_busy(const struct mp_retry *retry, enum mcpass_rc rc)
{
	return rc == MCPASS_E_STORE && mp_issuer_store_again(retry->store);
}

static void try_later(struct mp_retry *retry)
{
	if (!retry->timer.is_set)
		mp_loop_set(mp_httpd_loop(retry->httpd), &retry->timer, mp_store_next_try());
}

/* The oldest is kept first; one that was waited for too long is given up, and the turns that wait
 * for it hear so in the end. */
static void on_timer(void *ctx)
{
	struct mp_retry *retry = ctx;
	struct arrival *arrival;

	while ((arrival = retry->first) != NULL) {
		enum mcpass_rc rc = mp_issuer_arrived(retry->issuer, arrival->key, arrival->status,
		    &arrival->body, mp_now_s(), NULL);

		if (is_busy(retry, rc) && mp_left_ms(arrival->deadline) > 0)
			break;
		retry->first = arrival->next;
		free_arrival(arrival);
	}
	if (arrival != NULL)
		try_later(retry);
	else
		retry->last = &retry->first;
	mp_httpd_resume(retry->httpd);
}

enum mcpass_rc mp_retry_new(const struct mp_issuer_store *store, struct mp_issuer *issuer,
    struct mp_httpd *httpd, struct mp_retry **ret_retry, struct mcpass_error *err)
{
	struct mp_retry *retry = calloc(1, sizeof(*retry));

	if (retry == NULL)
		return mp_nomem(err);
	*retry = (struct mp_retry){ .store = store, .issuer = issuer, .httpd = httpd,
		.timer = { .fire = on_timer, .ctx = retry }, .last = &retry->first };
	mp_issuer_store_on_loop(store);
	*ret_retry = retry;
	return MCPASS_OK;
}

void mp_retry_free(struct mp_retry *retry)
{
	if (retry == NULL)
		return;
	mp_loop_unset(mp_httpd_loop(retry->httpd), &retry->timer);
	while (retry->first != NULL) {
		struct arrival *arrival = retry->first;

		retry->first = arrival->next;
		free_arrival(arrival);
	}
	free(retry);
}

enum mcpass_rc mp_retry_handle(struct mp_retry *retry, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_issuer_handle(retry->issuer, request, response, &why);

	if (is_busy(retry, rc) && request->waited_ms < MP_STORE_PATIENCE_MS
	    && !mp_httpd_is_stopping(retry->httpd)) {
		response->status = MP_HTTP_LATER;
		try_later(retry);
		return MCPASS_OK;
	}
	if (rc && err != NULL)
		*err = why;
	return rc;
}

static enum mcpass_rc put_off(struct mp_retry *retry, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	enum mcpass_rc rc;

	if (arrival == NULL)
		return mp_nomem(err);
	arrival->status = status;
	arrival->deadline = mp_deadline_ms(MP_STORE_PATIENCE_MS);
	mp_buf_init(&arrival->body, body->max);
	mp_buf_add(&arrival->body, body->data, body->len);
	rc = mp_buf_check(&arrival->body, "an answer", err);
	if (!rc)
		rc = mp_set(&arrival->key, key, err);
	if (rc) {
		free_arrival(arrival);
		return rc;
	}
	*retry->last = arrival;
	retry->last = &arrival->next;
	try_later(retry);
	return MCPASS_OK;
}

enum mcpass_rc mp_retry_arrived(struct mp_retry *retry, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_issuer_arrived(retry->issuer, key, status, body, mp_now_s(), &why);

	if (is_busy(retry, rc))
		return put_off(retry, key, status, body, err);
	if (rc && err != NULL)
		*err = why;
	return rc;
}
