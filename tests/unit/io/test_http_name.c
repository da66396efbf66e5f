/* A name that is looked up for as long as the system likes: that ends when it is not wanted any more. */
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "harness/check.h"
#include "harness/peer.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "io/loop.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int entered, left;
static bool is_over;

/* In the system's place, in libcurl's thread: no answer before the test says so. */
__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **result)
{
	(void)name;
	(void)service;
	(void)hints;
	(void)result;
	pthread_mutex_lock(&lock);
	entered++;
	pthread_cond_broadcast(&changed);
	while (!is_over)
		pthread_cond_wait(&changed, &lock);
	left++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return EAI_AGAIN;
}

static int read_count(const int *counter)
{
	int now;

	pthread_mutex_lock(&lock);
	now = *counter;
	pthread_mutex_unlock(&lock);
	return now;
}

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	(void)ctx;
	(void)id;
	(void)status;
	(void)headers;
	(void)count;
	return mp_fail(err, MCPASS_E_IO, NULL, "nothing was asked");
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)id;
	(void)bytes;
	(void)len;
	return mp_fail(err, MCPASS_E_IO, NULL, "nothing was asked");
}

static void on_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	(void)id;
	CHECK("late", end->why != NULL && end->was_late);
	*(bool *)ctx = true;
}

/* How an exchange ends that is at its name.  What would wait for the name hangs here for ever. */
static void end_by(const char *label, long timeout_ms, bool closes)
{
	const struct mp_http_options options = { .connect_timeout_ms = timeout_ms };
	const struct mp_http_ask ask = { .method = "GET", .url = "https://slow.example/" };
	bool has_ended = false;
	const struct mp_http_callbacks callbacks = { .head = on_head, .data = on_data, .end = on_end,
		.ctx = &has_ended };
	struct mp_loop *loop = NULL;
	struct mp_http *http = NULL;
	int before = read_count(&entered);

	CHECK_EQ(label, mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ(label, mp_http_new(&options, loop, &http, NULL), MCPASS_OK);
	CHECK_EQ(label, mp_http_start(http, 1, &ask, &callbacks, NULL), MCPASS_OK);
	while (read_count(&entered) == before)
		mp_loop_turn(loop, 1);
	while (timeout_ms > 0 && !has_ended)
		mp_loop_turn(loop, -1);
	if (closes)
		mp_http_close(http, 1);
	mp_http_free(http);
	mp_loop_free(loop);
	CHECK_EQ("the name is looked up still", read_count(&left), 0);
}

int main(void)
{
	alarm(PATIENCE_MS / 1000);
	end_by("no time is left", 30, false);
	end_by("it is given up", 0, true);
	end_by("all is given up", 0, false);
	pthread_mutex_lock(&lock);
	is_over = true;
	pthread_cond_broadcast(&changed);
	while (left < entered)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return check_done();
}
