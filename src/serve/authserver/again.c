#include "serve/authserver/again.h"
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
struct mp_again {
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

static bool is_busy(const struct mp_again *again, enum mcpass_rc rc)
{
	return rc == MCPASS_E_STORE && mp_issuer_store_again(again->store);
}

static void try_later(struct mp_again *again)
{
	if (!again->timer.is_set)
		mp_loop_set(mp_httpd_loop(again->httpd), &again->timer, mp_store_next_try());
}

/* The oldest is kept first; one that was waited for too long is given up, and the turns that wait
 * for it hear so in the end. */
static void on_timer(void *ctx)
{
	struct mp_again *again = ctx;
	struct arrival *arrival;

	while ((arrival = again->first) != NULL) {
		enum mcpass_rc rc = mp_issuer_arrived(again->issuer, arrival->key, arrival->status,
		    &arrival->body, mp_now_s(), NULL);

		if (is_busy(again, rc) && mp_left_ms(arrival->deadline) > 0)
			break;
		again->first = arrival->next;
		free_arrival(arrival);
	}
	if (arrival != NULL)
		try_later(again);
	else
		again->last = &again->first;
	mp_httpd_resume(again->httpd);
}

enum mcpass_rc mp_again_new(const struct mp_issuer_store *store, struct mp_issuer *issuer,
    struct mp_httpd *httpd, struct mp_again **ret_again, struct mcpass_error *err)
{
	struct mp_again *again = calloc(1, sizeof(*again));

	if (again == NULL)
		return mp_nomem(err);
	*again = (struct mp_again){ .store = store, .issuer = issuer, .httpd = httpd,
		.timer = { .fire = on_timer, .ctx = again }, .last = &again->first };
	mp_issuer_store_on_loop(store);
	*ret_again = again;
	return MCPASS_OK;
}

void mp_again_free(struct mp_again *again)
{
	if (again == NULL)
		return;
	mp_loop_unset(mp_httpd_loop(again->httpd), &again->timer);
	while (again->first != NULL) {
		struct arrival *arrival = again->first;

		again->first = arrival->next;
		free_arrival(arrival);
	}
	free(again);
}

enum mcpass_rc mp_again_handle(struct mp_again *again, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_issuer_handle(again->issuer, request, response, &why);

	if (is_busy(again, rc) && request->waited_ms < MP_STORE_PATIENCE_MS
	    && !mp_httpd_is_stopping(again->httpd)) {
		response->status = MP_HTTP_LATER;
		try_later(again);
		return MCPASS_OK;
	}
	if (rc && err != NULL)
		*err = why;
	return rc;
}

static enum mcpass_rc put_off(struct mp_again *again, const char *key, int status,
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
	*again->last = arrival;
	again->last = &arrival->next;
	try_later(again);
	return MCPASS_OK;
}

enum mcpass_rc mp_again_arrived(struct mp_again *again, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_issuer_arrived(again->issuer, key, status, body, mp_now_s(), &why);

	if (is_busy(again, rc))
		return put_off(again, key, status, body, err);
	if (rc && err != NULL)
		*err = why;
	return rc;
}
