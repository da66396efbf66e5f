/* What a server fetches, and a server whose requests can wait: each is the other's far end. */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "serve/fetches.h"
#include "serve/http/httpd.h"
#include "harness/peer.h"

static struct mp_httpd *httpd;
static struct mp_loop *loop;
static struct mp_fetches *fetches;
static atomic_bool is_held;             /* "/held" is not answered yet */
static atomic_int asked_held, races;

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	if (strncmp(request->path, "/held", 5) == 0) {
		atomic_fetch_add(&asked_held, 1);
		if (atomic_load(&is_held)) {
			mp_buf_adds(&response->body, "half an answer");
			response->status = MP_HTTP_LATER;
			return MCPASS_OK;
		}
	}
	/* What it would wait for comes before it waits. */
	if (strcmp(request->path, "/race") == 0 && atomic_fetch_add(&races, 1) == 0) {
		mp_httpd_resume(httpd);
		response->status = MP_HTTP_LATER;
		return MCPASS_OK;
	}
	response->status = strcmp(request->path, "/refused") == 0 ? 403 : 200;
	mp_buf_addf(&response->body, "%s %s [%.*s] %s", request->method, request->path,
	    (int)request->body_len, request->body,
	    mp_header_get(request->headers, request->header_count, "X-Test"));
	return MCPASS_OK;
}

/* --- what came, until it is looked at --- */
static struct came {
	char key[32];
	int status;
	struct mp_buf body;
} came[MP_MAX_FETCHES + 1];
static size_t came_count;

static void on_done(void *ctx, struct mp_fetched *fetched)
{
	struct came *next = &came[came_count++];

	(void)ctx;
	snprintf(next->key, sizeof(next->key), "%s", fetched->key);
	next->status = fetched->status;
	next->body = fetched->body;
	fetched->body = (struct mp_buf){ 0 };
}

static struct came take(void)
{
	while (came_count == 0)
		mp_loop_turn(loop, PATIENCE_MS);
	return came[--came_count];
}

static char url_room[3][128];
static const char *url_of(int n, const char *path)
{
	snprintf(url_room[n], sizeof(url_room[n]), "http://127.0.0.1:%u%s", mp_httpd_port(httpd), path);
	return url_room[n];
}

static struct mcpass_fetch get(const char *key, const char *url)
{
	static const struct mcpass_header header = { "X-Test", "yes" };

	return (struct mcpass_fetch){ .key = key, .method = "GET", .url = url, .headers = &header,
		.header_count = 1, .max_response = 100 };
}

static void check_taken(const char *label, const char *key, int status, const char *body)
{
	struct came fetched = take();

	CHECK_STR(label, fetched.key, key);
	CHECK_EQ(label, fetched.status, status);
	CHECK_HAS(label, mp_buf_text(&fetched.body), body);
	mp_buf_free(&fetched.body);
}

static void test_answers(void)
{
	unsigned port;
	int fd = peer_listen(&port);
	char closed[64];
	struct mcpass_fetch fetch = get("a get", url_of(0, "/x"));

	CHECK_EQ("begun", mp_fetches_start(fetches, &fetch, NULL), MCPASS_OK);
	check_taken("a GET", "a get", 200, "GET /x [] yes");
	CHECK_EQ("once", came_count, 0);
	fetch = get("a post", url_of(0, "/x"));
	fetch.method = "POST";
	fetch.body = "token=secret";
	fetch.body_len = strlen(fetch.body);
	mp_fetches_start(fetches, &fetch, NULL);
	check_taken("a POST", "a post", 200, "POST /x [token=secret] yes");
	fetch = get("a refusal", url_of(0, "/refused"));
	mp_fetches_start(fetches, &fetch, NULL);
	check_taken("a refusal has its body", "a refusal", 403, "GET /refused");
	fetch = get("long", url_of(0, "/x"));
	fetch.max_response = 5;
	mp_fetches_start(fetches, &fetch, NULL);
	check_taken("too long", "long", 0, "5 bytes");
	fetch = get("no URL", "gopher://x");
	mp_fetches_start(fetches, &fetch, NULL);
	check_taken("not by that protocol", "no URL", 0, "");
	close(fd);
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%u/", port);
	fetch = get("closed", closed);
	mp_fetches_start(fetches, &fetch, NULL);
	check_taken("nobody there", "closed", 0, "127.0.0.1");
}

/* One key, one request; a slow host stops nobody. */
static void test_held(void)
{
	struct mcpass_fetch held = get("held", url_of(0, "/held")), other = get("other", url_of(1, "/x"));

	atomic_store(&is_held, true);
	atomic_store(&asked_held, 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ("joins", mp_fetches_start(fetches, &held, NULL), MCPASS_OK);
	mp_fetches_start(fetches, &other, NULL);
	check_taken("the other one", "other", 200, "GET /x");
	atomic_store(&is_held, false);
	mp_httpd_resume(httpd);
	check_taken("when it comes", "held", 200, "GET /held");
	CHECK("asked once, and again when resumed", atomic_load(&asked_held) <= 2);
	mp_fetches_start(fetches, &held, NULL);
	check_taken("then it is asked for again", "held", 200, "GET /held");
}

static void test_many(void)
{
	char keys[MP_MAX_FETCHES + 1][24];
	struct mcpass_error err = { 0 };

	atomic_store(&is_held, true);
	for (int i = 0; i <= MP_MAX_FETCHES; i++) {
		struct mcpass_fetch fetch = get(keys[i], url_of(0, "/held"));

		snprintf(keys[i], sizeof(keys[i]), "held %d", i);
		CHECK_EQ("the most", mp_fetches_start(fetches, &fetch, &err),
		    i < MP_MAX_FETCHES ? MCPASS_OK : MCPASS_E_LIMIT);
	}
	CHECK_HAS("too many", err.detail, "under way");
	atomic_store(&is_held, false);
	mp_httpd_resume(httpd);
	for (int i = 0; i < MP_MAX_FETCHES; i++) {
		struct came fetched = take();

		CHECK_EQ("each is answered", fetched.status, 200);
		mp_buf_free(&fetched.body);
	}
}

/* More wait than may: the last one is told so, and the first ones go on waiting. */
static void test_waiters(void)
{
	int fds[MP_MAX_WAITERS + 1];
	char answer[512];
	ssize_t got;

	atomic_store(&is_held, true);
	for (int i = 0; i <= MP_MAX_WAITERS; i++) {
		int before = atomic_load(&asked_held);

		fds[i] = peer_connect(mp_httpd_port(httpd));
		peer_send(fds[i], "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
		while (atomic_load(&asked_held) == before)      /* in this order */
			sched_yield();
	}
	CHECK("answered", peer_readable(fds[MP_MAX_WAITERS], PATIENCE_MS));
	got = read(fds[MP_MAX_WAITERS], answer, sizeof(answer) - 1);
	answer[got > 0 ? got : 0] = '\0';
	CHECK_HAS("one too many", answer, "HTTP/1.1 503 ");
	CHECK("nothing of what was not ready", strstr(answer, "half an answer") == NULL);
	CHECK("the first one waits", !peer_readable(fds[0], 0));
	CHECK("and so does the last that may", !peer_readable(fds[MP_MAX_WAITERS - 1], 0));
	atomic_store(&is_held, false);
	mp_httpd_resume(httpd);
	for (int i = 0; i < MP_MAX_WAITERS; i++)
		CHECK("each is answered", peer_readable(fds[i], PATIENCE_MS));
	for (int i = 0; i <= MP_MAX_WAITERS; i++)
		close(fds[i]);
}

static void test_race(void)
{
	int fd = peer_connect(mp_httpd_port(httpd));

	peer_send(fd, "GET /race HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK("asked again at once", peer_readable(fd, PATIENCE_MS));
	CHECK_EQ("asked again at once", atomic_load(&races), 2);
	close(fd);
}

/* The end comes while something is under way and somebody waits. */
static void test_end(void)
{
	struct mcpass_fetch held = get("held", url_of(0, "/held"));
	int before = atomic_load(&asked_held);

	atomic_store(&is_held, true);
	mp_fetches_start(fetches, &held, NULL);
	while (atomic_load(&asked_held) == before)
		mp_loop_turn(loop, 1);
	mp_fetches_free(fetches);
	mp_httpd_free(httpd);
	mp_fetches_free(NULL);
	mp_loop_free(loop);
	CHECK_EQ("nothing is told", came_count, 0);
}

int main(void)
{
	const struct mp_httpd_options server = { .max_body = 100, .handle = handle };
	const struct mp_http_options options = { .timeout_ms = PATIENCE_MS };

	if (mp_httpd_start(&server, &httpd, NULL) != MCPASS_OK
	    || mp_loop_new(NULL, NULL, &loop, NULL) != MCPASS_OK
	    || mp_fetches_new(&options, loop, on_done, NULL, &fetches, NULL) != MCPASS_OK)
		die("no server");
	test_answers();
	test_held();
	test_many();
	test_waiters();
	test_race();
	test_end();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
