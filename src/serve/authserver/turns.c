#include "serve/authserver/turns.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "issuer/upstream/errand.h"
#include "serve/authserver/kept_request.h"
#include "serve/authserver/workers.h"

/* A turn that another instance's undid; then the database says no. */
#define MOST_TRIES 20
/* Milliseconds after which a try is the last one. */
#define TRY_MS 8000
/* Documents for one request: a client's, and its keys. */
#define MOST_DOCUMENTS 4
/* An answer that was not fetched: its connection is gone. */
#define KEEP_MS 120000

struct document {
	char *url;
	struct mp_issuer_answer answer; /* status 0: rc and why say why there is none */
	struct mp_buf body;
	enum mcpass_rc rc;
	struct mcpass_error why;
};
enum state {
	WAITS = 1,                      /* in the thread, or before it */
	PAUSES,                         /* it was undone, until something is done elsewhere */
	WANTS,                          /* a document */
	SENDS,                          /* an errand */
	DONE
};
struct turn {
	struct turn *next;
	struct mp_turns *turns;
	struct mp_kept_request kept;
	enum state state;
	bool is_poked;                  /* asked for while it was in the thread: it may go on */
	int64_t began;                  /* of mp_now_ms() */
	struct document documents[MOST_DOCUMENTS];
	size_t document_count;
	char *wanted;
	struct mp_errand errand;
	bool is_first;
	char reason[256];
	/* What came of it. */
	struct mp_http_response response;
	enum mcpass_rc rc;
	struct mcpass_error err;
};

struct mp_turns {
	struct mp_turns_options options;
	struct mp_issuer *issuer;
	struct mp_workers *worker;
	struct turn *current;           /* the thread's own */
	pthread_mutex_t lock;           /* of the states, of is_poked, and of store_fails */
	bool store_fails;
	struct turn *first;             /* the loop's own */
};

/* --- a turn --- */

static void free_turn(struct turn *turn)
{
	if (turn == NULL)
		return;
	mp_kept_request_free(&turn->kept);
	for (size_t i = 0; i < turn->document_count; i++) {
		free(turn->documents[i].url);
		mp_buf_free(&turn->documents[i].body);
	}
	free(turn->wanted);
	mp_errand_free(&turn->errand);
	mp_http_response_free(&turn->response);
	free(turn);
}

/* --- in the thread --- */

static void take(struct turn *turn)
{
	struct mp_turns *turns = turn->turns;
	int64_t deadline = mp_deadline_ms(TRY_MS);

	turn->rc = MCPASS_OK;
	for (int i = 0; i < MOST_TRIES; i++) {
		mp_http_response_free(&turn->response);
		turn->response = (struct mp_http_response){ 0 };
		mp_clear(&turn->err);
		turn->reason[0] = '\0';
		turn->rc = mp_issuer_handle(turns->issuer, &turn->kept.request, &turn->response, &turn->err);
		if (!turn->rc || !mp_issuer_store_again(turns->options.store)
		    || mp_left_ms(deadline) == 0)
			break;
	}
}

static enum state next_state(const struct turn *turn)
{
	if (turn->rc || turn->response.status != MP_HTTP_LATER)
		return DONE;
	if (turn->wanted != NULL)
		return WANTS;
	if (turn->errand.key != NULL)
		return SENDS;
	return turn->is_poked ? WAITS : PAUSES;         /* what it pauses for may be done by now */
}

/* Once its state is set and the lock is free, the turn is the loop's: it may be gone. */
static void run(void *ctx)
{
	struct turn *turn = ctx;
	struct mp_turns *turns = turn->turns;
	enum state state;

	do {
		turns->current = turn;
		take(turn);
		turns->current = NULL;
		turn->kept.request.is_again = true;
		(void)pthread_mutex_lock(&turns->lock);
		turns->store_fails = turn->rc == MCPASS_E_STORE;
		state = turn->state = next_state(turn);
		turn->is_poked = false;
		(void)pthread_mutex_unlock(&turns->lock);
	} while (state == WAITS);
	turns->options.done(turns->options.ctx);
}

enum mcpass_rc mp_turns_fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	struct turn *turn = ((const struct mp_turns *)ctx)->current;
	enum mcpass_rc rc;

	for (size_t i = 0; i < turn->document_count; i++) {
		const struct document *document = &turn->documents[i];

		if (strcmp(document->url, url) != 0)
			continue;
		if (document->rc && err != NULL)
			*err = document->why;
		if (document->rc)
			return document->rc;
		mp_buf_add(body, mp_buf_text(&document->body), document->body.len);
		*ret_answer = document->answer;
		return MCPASS_OK;
	}
	if (turn->document_count == MOST_DOCUMENTS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a request needs more than %d documents",
		    MOST_DOCUMENTS);
	rc = mp_set(&turn->wanted, url, err);
	if (!rc)
		ret_answer->status = MP_HTTP_LATER;
	return rc;
}

enum mcpass_rc mp_turns_send(void *ctx, const struct mp_errand *errand, bool is_first,
    struct mcpass_error *err)
{
	struct turn *turn = ((const struct mp_turns *)ctx)->current;
	struct mp_errand *copy = &turn->errand;
	enum mcpass_rc rc;

	mp_errand_free(copy);
	*copy = (struct mp_errand){ 0 };
	turn->is_first = is_first;
	mp_buf_init(&copy->body, errand->body.max);
	mp_buf_add(&copy->body, errand->body.data, errand->body.len);
	rc = mp_buf_check(&copy->body, "an errand", err);
	if (!rc)
		rc = mp_set(&copy->url, errand->url, err);
	for (size_t i = 0; i < errand->headers.count && !rc; i++)
		rc = mp_headers_add(&copy->headers, errand->headers.items[i].name,
		    errand->headers.items[i].value, err);
	return rc ? rc : mp_set(&copy->key, errand->key, err);
}

void mp_turns_note(void *ctx, const struct mcpass_note *note)
{
	struct turn *turn = ((const struct mp_turns *)ctx)->current;

	/* What was wrong comes first, and then what the sender is told of it. */
	for (size_t i = 0; turn != NULL && turn->reason[0] == '\0' && i < note->fact_count; i++)
		if (strcmp(note->facts[i].name, "reason") == 0)
			(void)snprintf(turn->reason, sizeof(turn->reason), "%s", note->facts[i].value);
}

/* --- on the loop --- */

enum mcpass_rc mp_turns_new(const struct mp_turns_options *options, struct mp_turns **ret_turns,
    struct mcpass_error *err)
{
	struct mp_turns *turns = calloc(1, sizeof(*turns));
	enum mcpass_rc rc;

	if (turns == NULL)
		return mp_nomem(err);
	turns->options = *options;
	(void)pthread_mutex_init(&turns->lock, NULL);
	rc = mp_workers_new(1, MP_MAX_WAITERS, &turns->worker, err);
	if (rc)
		mp_turns_free(turns);
	else
		*ret_turns = turns;
	return rc;
}

void mp_turns_free(struct mp_turns *turns)
{
	if (turns == NULL)
		return;
	mp_workers_free(turns->worker);
	while (turns->first != NULL) {
		struct turn *turn = turns->first;

		turns->first = turn->next;
		free_turn(turn);
	}
	(void)pthread_mutex_destroy(&turns->lock);
	free(turns);
}

void mp_turns_begin(struct mp_turns *turns, struct mp_issuer *issuer)
{
	turns->issuer = issuer;
}

static enum state state_of(struct turn *turn, bool poke)
{
	enum state state;

	(void)pthread_mutex_lock(&turn->turns->lock);
	state = turn->state;
	turn->is_poked = turn->is_poked || (poke && state == WAITS);
	(void)pthread_mutex_unlock(&turn->turns->lock);
	return state;
}

static enum mcpass_rc submit(struct turn *turn, struct mcpass_error *err)
{
	const struct mp_work work = { run, NULL, turn };

	turn->state = WAITS;            /* the thread has let go of it */
	turn->is_poked = false;
	return mp_workers_submit(turn->turns->worker, &work, err);
}

static void drop(struct turn *turn)
{
	struct turn **at = &turn->turns->first;

	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	free_turn(turn);
}

/* Turns whose requests are gone: nothing asks for them any more. */
static void drop_old(struct mp_turns *turns)
{
	struct turn *turn = turns->first, *next;

	for (; turn != NULL; turn = next) {
		next = turn->next;
		if (mp_now_ms() - turn->began > KEEP_MS && state_of(turn, false) != WAITS)
			drop(turn);
	}
}

static enum mcpass_rc start(struct mp_turns *turns, const struct mp_http_request *request,
    struct mcpass_error *err)
{
	struct turn *turn = calloc(1, sizeof(*turn));
	enum mcpass_rc rc;

	if (turn == NULL)
		return mp_nomem(err);
	turn->turns = turns;
	turn->began = mp_now_ms();
	rc = mp_kept_request_copy(&turn->kept, request, err);
	if (rc) {
		free_turn(turn);
		return rc;
	}
	turn->next = turns->first;
	turns->first = turn;
	rc = submit(turn, err);
	if (rc)
		drop(turn);
	return rc;
}

/* *ret_there false: it is on its way. */
static enum mcpass_rc bring(struct turn *turn, bool *ret_there, struct mcpass_error *err)
{
	const struct mp_turns_options *options = &turn->turns->options;
	struct document *document = &turn->documents[turn->document_count];

	*document = (struct document){ .answer = { .fresh = -1 } };
	mp_buf_init(&document->body, MP_MAX_DOCUMENT);
	document->rc = options->fetch(options->fetch_ctx, turn->wanted, &document->answer,
	    &document->body, &document->why);
	*ret_there = document->rc != MCPASS_OK || document->answer.status != MP_HTTP_LATER;
	if (!*ret_there || document->rc == MCPASS_E_NOMEM) {
		mp_buf_free(&document->body);
		return document->rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	}
	document->url = turn->wanted;
	turn->wanted = NULL;
	turn->document_count++;
	return MCPASS_OK;
}

/* Then it pauses, until the answer arrives. */
static enum mcpass_rc send_off(struct turn *turn, bool *ret_there, struct mcpass_error *err)
{
	const struct mp_turns_options *options = &turn->turns->options;
	enum mcpass_rc rc = options->send(options->send_ctx, &turn->errand, turn->is_first, err);

	*ret_there = false;
	mp_errand_free(&turn->errand);
	turn->errand = (struct mp_errand){ 0 };
	turn->state = PAUSES;           /* the thread has let go of it */
	return rc;
}

static enum mcpass_rc finish(struct turn *turn, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_turns_options *options = &turn->turns->options;
	const struct mcpass_header fact = { "reason", turn->reason };
	const struct mcpass_note note = { .what = "", .facts = &fact, .fact_count = 1 };
	enum mcpass_rc rc = turn->rc;

	if (turn->reason[0] != '\0' && options->trace != NULL)
		options->trace(options->trace_ctx, &note);
	if (rc && err != NULL)
		*err = turn->err;
	if (!rc) {
		mp_http_response_free(response);
		*response = turn->response;
		turn->response = (struct mp_http_response){ 0 };
	}
	drop(turn);
	return rc;
}

enum mcpass_rc mp_turns_handle(struct mp_turns *turns, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct turn *turn = turns->first;
	bool there = true;
	enum mcpass_rc rc = MCPASS_OK;
	enum state state;

	while (turn != NULL && turn->kept.request.id != request->id)
		turn = turn->next;
	response->status = MP_HTTP_LATER;
	if (turn == NULL) {
		drop_old(turns);
		return start(turns, request, err);
	}
	state = state_of(turn, true);
	if (state == DONE)
		return finish(turn, response, err);
	if (state != WAITS)             /* the thread has let go of it: time went on meanwhile */
		turn->kept.request.now = request->now;
	if (state == WANTS)
		rc = bring(turn, &there, err);
	else if (state == SENDS)
		rc = send_off(turn, &there, err);
	if (!rc && there && state != WAITS)
		rc = submit(turn, err);
	if (rc)
		drop(turn);
	return rc;
}

/* --- what came of an errand --- */

struct arrival {
	struct mp_turns *turns;
	char *key;
	int status;
	struct mp_buf body;
};

static void free_arrival(struct arrival *arrival)
{
	free(arrival->key);
	mp_buf_free(&arrival->body);
	free(arrival);
}

/* In the thread.  When it cannot be kept, the turns that wait for it hear so in the end. */
static void keep_arrival(void *ctx)
{
	const struct arrival *arrival = ctx;
	struct mp_turns *turns = arrival->turns;
	enum mcpass_rc rc = MCPASS_E_STORE;

	for (int i = 0; i < MOST_TRIES && rc; i++) {
		rc = mp_issuer_arrived(turns->issuer, arrival->key, arrival->status, &arrival->body,
		    mp_now_s(), NULL);
		if (rc && !mp_issuer_store_again(turns->options.store))
			break;
	}
}

static void tell_arrival(void *ctx)
{
	struct arrival *arrival = ctx;
	const struct mp_turns_options *options = &arrival->turns->options;

	free_arrival(arrival);
	options->done(options->ctx);
}

enum mcpass_rc mp_turns_arrived(struct mp_turns *turns, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	const struct mp_work work = { keep_arrival, tell_arrival, arrival };
	enum mcpass_rc rc;

	if (arrival == NULL)
		return mp_nomem(err);
	arrival->turns = turns;
	arrival->status = status;
	mp_buf_init(&arrival->body, body->max);
	mp_buf_add(&arrival->body, body->data, body->len);
	rc = mp_buf_check(&arrival->body, "an answer", err);
	if (!rc)
		rc = mp_set(&arrival->key, key, err);
	if (!rc)
		rc = mp_workers_submit(turns->worker, &work, err);
	if (rc)
		free_arrival(arrival);
	return rc;
}

bool mp_turns_store_answers(struct mp_turns *turns)
{
	bool fails;

	(void)pthread_mutex_lock(&turns->lock);
	fails = turns->store_fails;
	(void)pthread_mutex_unlock(&turns->lock);
	return !fails;
}
