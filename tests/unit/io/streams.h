/* streams.h - HTTP exchanges whose both ends are moved by one thread, so that each row knows
 * what has been sent when. */
#ifndef MP_TEST_STREAMS_H
#define MP_TEST_STREAMS_H
#include <string.h>
#include "harness/check.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "harness/peer.h"

/* What was told of one exchange. */
struct told {
	int status, ends;
	size_t headers;
	char text[256], reason[512];
	struct mcpass_error why;        /* of the end */
	bool was_sent;
	enum mcpass_rc fail;            /* what the data callback returns */
	bool close_in_head, start_in_end;
};
static struct told told[80];
static bool full;                       /* nothing more is taken */
static struct mp_loop *loop;
static struct mp_http *http;
static unsigned port;
static int listen_fd;

static inline enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	(void)headers;
	told[id].status = status;
	told[id].headers = count;
	if (told[id].close_in_head)
		mp_http_close(http, id);
	return MCPASS_OK;
}

static inline enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	(void)ctx;
	strncat(told[id].text, bytes, len);
	return told[id].fail ? mp_fail(err, told[id].fail, NULL, "not wanted") : MCPASS_OK;
}

static inline enum mcpass_rc start(unsigned id, const char *path, struct mcpass_error *err);

static inline void on_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	(void)ctx;
	told[id].ends++;
	told[id].was_sent = end->was_sent;
	if (end->why != NULL) {
		told[id].why = *end->why;
		snprintf(told[id].reason, sizeof(told[id].reason), "%s", end->why->detail);
	}
	if (told[id].start_in_end)
		CHECK_EQ("from within", start(id + 1, "/next", NULL), MCPASS_OK);
}

static inline bool is_full(void *ctx)
{
	(void)ctx;
	return full;
}

static const struct mp_http_callbacks callbacks = { .head = on_head, .data = on_data,
	.end = on_end, .is_full = is_full };

static inline enum mcpass_rc begin(unsigned id, const char *method, const char *path,
    struct mcpass_error *err)
{
	char url[128];
	const struct mp_http_ask ask = { .method = method, .url = url, .body = "{}", .len = 2 };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	return mp_http_start(http, id, &ask, &callbacks, err);
}

static inline enum mcpass_rc start(unsigned id, const char *path, struct mcpass_error *err)
{
	return begin(id, "POST", path, err);
}

static inline void setup_patient(long timeout_ms)
{
	const struct mp_http_options options = { .timeout_ms = timeout_ms };

	memset(told, 0, sizeof(told));
	listen_fd = peer_listen(&port);
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("a client", mp_http_new(&options, loop, &http, NULL), MCPASS_OK);
}

static inline void setup(void)
{
	setup_patient(0);
}

static inline void teardown(void)
{
	mp_http_free(http);
	mp_loop_free(loop);
	close(listen_fd);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
}

static inline void on_ready(void *ctx, unsigned events)
{
	(void)ctx;
	(void)events;
}

/* One turn, which fd (-1: none) ends, too. */
static inline void turn(int ms, int fd)
{
	struct mp_watch watch = { .fd = fd, .ready = on_ready };

	if (fd >= 0)
		CHECK_EQ("watched", mp_loop_watch(loop, &watch, MP_LOOP_READ, NULL), MCPASS_OK);
	mp_loop_turn(loop, ms);
	(void)mp_loop_watch(loop, &watch, 0, NULL);
}

/* All the turns of a time. */
static inline void turn_for(int ms)
{
	int64_t deadline = mp_deadline_ms(ms);

	do
		turn(mp_left_ms(deadline), -1);
	while (mp_left_ms(deadline) > 0);
}

/* Until the condition, which an exchange's callbacks bring about, holds. */
#define POLL_UNTIL(condition) \
	do { \
		for (int turns = 0; !(condition) && turns < 1000; turns++) \
			turn(PATIENCE_MS, -1); \
		CHECK("it came", condition); \
	} while (0)

/* The server's side of the next connection, its request read. */
static inline int take(char *request, size_t room)
{
	int fd;

	while (!peer_readable(listen_fd, 0))
		turn(1, listen_fd);
	fd = accept(listen_fd, NULL, NULL);
	while (!peer_readable(fd, 0))
		turn(1, fd);
	peer_read(fd, "{}", request, room);
	return fd;
}

#endif
