/* An issuer whose turns are taken in a thread: answers, pauses, documents, clients that go. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "harness/check.h"
#include "io/entropy.h"
#include "io/store/store.h"
#include "serve/authserver/kept_request.h"
#include "serve/authserver/turns.h"

#define DOCUMENT "https://client.example/client.json"
#define KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"," \
	"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
#define USERS "[{\"username\":\"alice\",\"password_hash\":" \
	"\"$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done, waited_for, fetched;
static bool has_document;
static int64_t clock_now = 1700000000;
static char told_at[32];                /* "time" of the last event */
static pthread_t own;

static void on_done(void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&lock);
	done++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Waits for one more. */
static void await(void)
{
	pthread_mutex_lock(&lock);
	while (done <= waited_for)
		pthread_cond_wait(&changed, &lock);
	waited_for = done;
	pthread_mutex_unlock(&lock);
}

/* In the thread, before the turn is done. */
static void on_event(void *ctx, const json_t *event)
{
	(void)ctx;
	snprintf(told_at, sizeof(told_at), "%s", json_string_value(json_object_get(event, "time")));
}

/* On the loop, which is this test's thread: later at first. */
static enum mcpass_rc fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	(void)ctx;
	CHECK("on the loop", pthread_equal(own, pthread_self()));
	fetched++;
	ret_answer->status = has_document ? 200 : MP_HTTP_LATER;
	if (strcmp(url, DOCUMENT) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "there is no such page");
	if (has_document)
		mp_buf_adds(body, "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"Document\","
		    "\"redirect_uris\":[\"https://client.example/cb\"]}");
	return MCPASS_OK;
}

struct world {
	struct mp_issuer_store store;
	struct mp_turns *turns;
	struct mp_issuer *issuer;
};

static void open_world(struct world *world)
{
	const struct mp_turns_options options = { .store = &world->store, .fetch = fetch,
		.done = on_done };
	static const struct mp_issuer_scope scopes[] = { { "mcp:tools", "Use its tools" } };
	struct mp_issuer_config config = { .issuer = "https://as.example", .users = USERS,
		.signing_key = KEY, .scopes = scopes, .scope_count = 1, .random = mp_entropy,
		.fetch = mp_turns_fetch, .trace = mp_turns_note,
		.event = on_event };

	CHECK_EQ("store", mp_issuer_store_open(":memory:", NULL, &world->store, NULL), MCPASS_OK);
	CHECK_EQ("turns", mp_turns_new(&options, &world->turns, NULL), MCPASS_OK);
	config.store = world->store;
	config.fetch_ctx = config.trace_ctx = world->turns;
	CHECK_EQ("issuer", mp_issuer_new(&config, &world->issuer, NULL), MCPASS_OK);
	mp_turns_begin(world->turns, world->issuer);
}

static void close_world(struct world *world)
{
	mp_turns_free(world->turns);
	mp_issuer_free(world->issuer);
	mp_issuer_store_close(&world->store);
}

static const struct mcpass_header host = { "Host", "as.example" };

static int ask(struct world *world, struct mp_http_request *request, struct mp_buf *body)
{
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	int status;

	request->headers = &host;
	request->header_count = 1;
	request->now = clock_now;
	mp_buf_init(&response.body, MP_MAX_REPLY);
	status = mp_turns_handle(world->turns, request, &response, &err) == MCPASS_OK ? response.status : -2;
	CHECK_STR("without an error", err.detail, "");
	request->is_again = true;
	if (body != NULL)
		mp_buf_adds(body, mp_buf_text(&response.body));
	mp_http_response_free(&response);
	return status;
}

static void test_answers(void)
{
	struct mp_http_request keys = { .method = "GET", .path = "/jwks", .id = 1 };
	struct mp_http_request none = { .method = "GET", .path = "/none", .id = 2 };
	struct world world = { 0 };
	struct mp_buf body;

	mp_buf_init(&body, MP_MAX_REPLY);
	open_world(&world);
	CHECK_EQ("not at once", ask(&world, &keys, NULL), MP_HTTP_LATER);
	CHECK_EQ("nor another", ask(&world, &none, NULL), MP_HTTP_LATER);
	await();
	while (ask(&world, &keys, &body) == MP_HTTP_LATER)
		await();
	CHECK_HAS("the keys", mp_buf_text(&body), "\"keys\"");
	while (ask(&world, &none, NULL) == MP_HTTP_LATER)
		await();
	CHECK("the store answers", mp_turns_store_answers(world.turns));
	close_world(&world);
	mp_buf_free(&body);
}

/* A turn that wants a document is undone, has it brought on the loop, and comes again. */
static void test_documents(void)
{
	struct mp_http_request authorize = { .method = "GET", .path = "/authorize", .id = 7,
		.query = "response_type=code&client_id=https%3A%2F%2Fclient.example%2Fclient.json"
		    "&redirect_uri=https%3A%2F%2Fclient.example%2Fcb&state=s&code_challenge_method=S256"
		    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" };
	struct world world = { 0 };
	int status;

	open_world(&world);
	has_document = false;
	CHECK_EQ("later", ask(&world, &authorize, NULL), MP_HTTP_LATER);
	await();
	CHECK_EQ("asked for", ask(&world, &authorize, NULL), MP_HTTP_LATER);
	CHECK_EQ("asked for", fetched, 1);
	CHECK_EQ("not there yet", ask(&world, &authorize, NULL), MP_HTTP_LATER);
	CHECK_EQ("asked for again", fetched, 2);
	has_document = true;
	clock_now += 40;
	CHECK_EQ("back to the thread", ask(&world, &authorize, NULL), MP_HTTP_LATER);
	while ((status = ask(&world, &authorize, NULL)) == MP_HTTP_LATER)
		await();
	CHECK_EQ("the login page", status, 200);
	CHECK_EQ("brought once", fetched, 3);
	CHECK_STR("at the time when it comes again", told_at, "2023-11-14T22:14:00Z");
	close_world(&world);
}

/* Whose requests never come again: what they had is freed with the rest. */
static void test_gone(void)
{
	struct world world = { 0 };

	open_world(&world);
	for (unsigned i = 0; i < 50; i++) {
		struct mp_http_request keys = { .method = "GET", .path = "/jwks", .id = 100 + i };

		CHECK_EQ("later", ask(&world, &keys, NULL), MP_HTTP_LATER);
	}
	close_world(&world);
}

static void test_copies(void)
{
	static const struct mcpass_header headers[] = { { "Host", "as.example" }, { "Cookie", "s=1" } };
	const struct mp_http_request request = { .method = "POST", .path = "/token", .query = "a=b",
		.headers = headers, .header_count = 2, .body = "secret", .body_len = 6, .peer = "::1",
		.id = 9 };

	OOM_EACH {
		struct mp_kept_request kept = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_kept_request_copy(&kept, &request, &err);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		if (!rc) {
			CHECK_STR("method", kept.request.method, "POST");
			CHECK_STR("path", kept.request.path, "/token");
			CHECK_STR("query", kept.request.query, "a=b");
			CHECK_STR("body", kept.request.body, "secret");
			CHECK_STR("peer", kept.request.peer, "::1");
			CHECK_STR("a header", kept.request.headers[1].value, "s=1");
			CHECK("its own", kept.request.body != request.body);
			CHECK_EQ("number", kept.request.id, 9);
		}
		mp_kept_request_free(&kept);
	}
}

int main(void)
{
	own = pthread_self();
	test_copies();
	test_answers();
	test_documents();
	test_gone();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
