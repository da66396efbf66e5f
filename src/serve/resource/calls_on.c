/* Each call is a token exchange, and then a request on a link of its own.  Where the token endpoint
 * is not known yet, it is found first, once for all of them. */
#include "serve/resource/calls_on.h"
#include <stdlib.h>
#include "base/limits.h"
#include "io/clock.h"
#include "link/link.h"
#include "oauth/token_exchange.h"
#include "serve/resource/call_on.h"
#include "serve/resource/discover.h"
#include "wire/mask.h"

/* For each request: the caller waits meanwhile. */
#define WAIT_MS 10000
#define EXCHANGING "exchanging the caller's token"
#define CALLING "calling the other server with the new token"

enum state { FREE = 0, FINDING, UNDER_WAY, ENDED };
struct call {
	struct mp_calls_on *calls;
	enum state state;
	uint64_t request;
	struct mp_secret token;
	int64_t now;
	struct mp_buf text;
	struct mcpass_error why;        /* of ENDED; rc MCPASS_OK: well */
	int64_t until;                  /* of mp_now_ms(): then its request is gone */
};

/* At the other server. */
struct visit {
	struct visit *next;
	struct call *call;
	struct mp_link *link;
	char *bearer;
	struct mcpass_header header;    /* borrowed by the link */
	struct mp_task leave;           /* then, and again when it has left, to free it */
	bool has_left;
};

struct mp_calls_on {
	struct mp_call_on call_on;
	struct mp_loop *loop;
	struct mp_http_options options;
	struct mp_http *http;
	struct mp_places places;
	bool is_finding;
	struct visit *visits;
	void (*done)(void *ctx);
	void *ctx;
	struct call all[MP_MAX_CALLS_ON];
};

static void forget(struct call *call)
{
	mp_secret_free(&call->token);
	mp_buf_free(&call->text);
	call->state = FREE;
}

static void end(struct call *call, const struct mcpass_error *why)
{
	if (why != NULL)
		call->why = *why;
	mp_secret_free(&call->token);
	call->state = ENDED;
	call->until = mp_now_ms() + MP_HTTPD_WAIT_MS;
	call->calls->done(call->calls->ctx);
}

/* --- the other server --- */

static void free_visit(struct mp_calls_on *calls, struct visit *visit)
{
	struct visit **slot = &calls->visits;

	while (*slot != visit)
		slot = &(*slot)->next;
	*slot = visit->next;
	mp_loop_never(calls->loop, &visit->leave);
	mp_link_free(visit->link);
	mp_free_wiped(visit->bearer);
	free(visit);
}

static void on_gone(void *ctx)
{
	struct visit *visit = ctx;

	visit->has_left = true;
	mp_loop_soon(visit->call->calls->loop, &visit->leave);
}

static void leave(void *ctx)
{
	struct visit *visit = ctx;

	if (visit->has_left)
		free_visit(visit->call->calls, visit);
	else
		mp_link_leave(visit->link, on_gone, visit);
}

static void on_whoami(void *ctx, struct mp_link_answer *answer)
{
	struct visit *visit = ctx;
	struct call *call = visit->call;
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = answer->rc;

	if (rc)
		err = *answer->why;
	else
		rc = mp_call_on_add(&call->calls->call_on, answer->json, answer->is_error, &call->text, &err);
	free(answer->json);
	mp_loop_soon(call->calls->loop, &visit->leave);
	end(call, mp_doing(&err, rc, CALLING) ? &err : NULL);
}

static enum mcpass_rc open_link(struct visit *visit, const struct mp_token *token,
    struct mcpass_error *err)
{
	struct mp_calls_on *calls = visit->call->calls;
	const char *url = calls->call_on.plan->config->exchange.call_on;
	struct mp_link_options options = {
		.client = { .size = sizeof(struct mcpass_client_config), .server_url = url,
		    .flags = MCPASS_LOOPBACK_HTTP },
		.session = { .size = sizeof(struct mcpass_session_config), .server_url = url,
		    .client_name = "mcpass-serve", .client_version = MCPASS_VERSION },
		.http = calls->options, .store_path = ":memory:", .headers = &visit->header,
		.header_count = 1, .no_login = true, .interrupt_fd = -1,
	};
	struct mp_buf bearer;
	enum mcpass_rc rc;

	mp_buf_init(&bearer, MP_MAX_TOKEN + sizeof("Bearer "));
	mp_buf_addf(&bearer, "Bearer %s", mp_secret_reveal(&token->access_token));
	rc = mp_buf_take(&bearer, "the new token", &visit->bearer, err);
	visit->header = (struct mcpass_header){ "Authorization", visit->bearer };
	return rc ? rc : mp_link_new(&options, calls->loop, &visit->link, err);
}

/* The new token as the header that is sent; no login is asked for here. */
static enum mcpass_rc ask_whoami(struct call *call, const struct mp_token *token,
    struct mcpass_error *err)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	const struct mp_link_request whoami = { "tools/call", "{\"name\":\"whoami\",\"arguments\":{}}",
		on_whoami, visit };
	unsigned unused;
	enum mcpass_rc rc;

	if (visit == NULL)
		return mp_nomem(err);
	visit->call = call;
	visit->leave = (struct mp_task){ .run = leave, .ctx = visit };
	visit->next = call->calls->visits;
	call->calls->visits = visit;
	rc = open_link(visit, token, err);
	if (!rc)
		rc = mp_link_submit(visit->link, &whoami, &unused, err);
	if (rc)
		free_visit(call->calls, visit);
	return mp_doing(err, rc, CALLING);
}

/* --- the exchange --- */

static enum mcpass_rc take_token(struct call *call, const struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_token_exchange_answer(response->status,
	    mp_buf_text(&response->body), response->body.len, &token, err);

	if (rc)
		return mp_doing(err, rc, EXCHANGING);
	rc = mp_call_on_tell(&token, &call->text, err);
	if (!rc && call->calls->call_on.plan->config->exchange.call_on == NULL)
		end(call, NULL);
	else if (!rc)
		rc = ask_whoami(call, &token, err);
	mp_token_free(&token);
	return rc;
}

static void on_exchanged(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	struct mcpass_error err = { 0 };
	struct call *call = ctx;
	enum mcpass_rc rc;

	if (why != NULL)
		err = *why;
	rc = why != NULL ? mp_doing(&err, err.rc, EXCHANGING) : take_token(call, response, &err);
	if (!rc)
		return;
	/* The issuer may repeat what it was sent. */
	(void)mp_mask_secret(err.detail, mp_secret_reveal(&call->token));
	(void)mp_mask_secret(err.detail, mp_secret_reveal(&call->calls->call_on.client.client_secret));
	end(call, &err);
}

static enum mcpass_rc exchange(struct call *call, struct mcpass_error *err)
{
	struct mp_calls_on *calls = call->calls;
	struct mp_headers headers = { 0 };
	struct mp_buf form = MP_BUF(MP_MAX_FORM);
	unsigned unused;
	enum mcpass_rc rc;

	call->state = UNDER_WAY;
	rc = mp_call_on_ask(&calls->call_on, &call->token, call->now, &headers, &form, err);
	if (!rc) {
		const struct mp_http_ask ask = { "POST", calls->call_on.token_endpoint, mp_buf_text(&form),
			headers.items, headers.count, form.len };

		rc = mp_http_fetch(calls->http, &ask, MP_MAX_TOKEN_RESPONSE, on_exchanged, call, &unused, err);
	}
	mp_headers_free(&headers);
	mp_buf_free(&form);
	return mp_doing(err, rc, EXCHANGING);
}

/* --- where that is --- */

static void end_finding(struct mp_calls_on *calls, enum mcpass_rc rc, const struct mcpass_error *why)
{
	calls->is_finding = false;
	mp_places_free(&calls->places);
	for (size_t i = 0; i < MP_COUNT(calls->all); i++) {
		struct call *call = &calls->all[i];
		struct mcpass_error err = *why;

		if (call->state == FINDING && (rc || exchange(call, &err)))
			end(call, &err);
	}
}

static enum mcpass_rc look(struct mp_calls_on *calls, struct mcpass_error *err);

static void on_looked(void *ctx, struct mp_http_response *response, const struct mcpass_error *given)
{
	struct mp_calls_on *calls = ctx;
	struct mcpass_error why = { 0 }, err = { 0 };
	enum mp_places_next next = mp_discover_next(&calls->places, response, given, &why);
	enum mcpass_rc rc;

	if (next == MP_PLACES_AGAIN) {
		rc = look(calls, &err);
		if (!rc)
			return;
	} else {
		rc = mp_discover_end(&calls->places, next, calls->call_on.plan->exchange_issuer, &why, &err);
	}
	rc = mp_doing(&err, rc, "reading the issuer's metadata");
	if (!rc)
		rc = mp_call_on_learn(&calls->call_on, &calls->places.as, &err);
	end_finding(calls, rc, &err);
}

static enum mcpass_rc look(struct mp_calls_on *calls, struct mcpass_error *err)
{
	const struct mp_http_ask ask = { "GET", mp_places_url(&calls->places), NULL, &mp_discover_accept,
		1, 0 };
	unsigned unused;

	return mp_http_fetch(calls->http, &ask, MP_MAX_DOCUMENT, on_looked, calls, &unused, err);
}

static enum mcpass_rc find_endpoint(struct mp_calls_on *calls, struct mcpass_error *err)
{
	const char *issuer = calls->call_on.plan->exchange_issuer;
	enum mcpass_rc rc;

	if (calls->is_finding)
		return MCPASS_OK;
	rc = mp_places_of_issuer(&calls->places, issuer, issuer, true, MP_WANTS_TOKEN, err);
	if (!rc)
		rc = look(calls, err);
	calls->is_finding = rc == MCPASS_OK;
	if (rc)
		mp_places_free(&calls->places);
	return mp_doing(err, rc, "reading the issuer's metadata");
}

/* --- from outside --- */

enum mcpass_rc mp_calls_on_new(const struct mp_serve_plan *plan, struct mp_loop *loop,
    void (*done)(void *ctx), void *ctx, struct mp_calls_on **ret_calls, struct mcpass_error *err)
{
	struct mp_calls_on *calls = calloc(1, sizeof(*calls));
	enum mcpass_rc rc;

	if (calls == NULL)
		return mp_nomem(err);
	calls->loop = loop;
	calls->done = done;
	calls->ctx = ctx;
	calls->options = (struct mp_http_options){ .ca_file = plan->config->ca_file,
		.proxy = plan->config->proxy, .connect_timeout_ms = WAIT_MS, .timeout_ms = WAIT_MS };
	for (size_t i = 0; i < MP_COUNT(calls->all); i++)
		calls->all[i].calls = calls;
	rc = mp_call_on_init(plan, &calls->call_on, err);
	if (!rc)
		rc = mp_http_new(&calls->options, loop, &calls->http, err);
	if (rc)
		mp_calls_on_free(calls);
	else
		*ret_calls = calls;
	return rc;
}

void mp_calls_on_free(struct mp_calls_on *calls)
{
	if (calls == NULL)
		return;
	while (calls->visits != NULL)
		free_visit(calls, calls->visits);
	mp_http_free(calls->http);
	mp_places_free(&calls->places);
	mp_call_on_free(&calls->call_on);
	for (size_t i = 0; i < MP_COUNT(calls->all); i++)
		forget(&calls->all[i]);
	free(calls);
}

/* A free one, or one whose caller went away. */
static struct call *find_room(struct mp_calls_on *calls)
{
	for (size_t i = 0; i < MP_COUNT(calls->all); i++) {
		struct call *call = &calls->all[i];

		if (call->state == FREE || (call->state == ENDED && call->until < mp_now_ms())) {
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
	call->state = FINDING;
	rc = calls->call_on.token_endpoint == NULL ? find_endpoint(calls, err) : exchange(call, err);
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

		if (call->state == FREE || call->request != request)
			continue;
		*ret_known = true;
		*ret_later = call->state != ENDED;
		if (*ret_later)
			return MCPASS_OK;
		rc = call->why.rc;
		mp_buf_add(text, mp_buf_text(&call->text), call->text.len);
		if (rc && err != NULL)
			*err = call->why;
		forget(call);
		return rc;
	}
	return MCPASS_OK;
}
