/* streams.h - HTTP exchanges whose both ends are moved by one thread, so that each row knows
 * what has been sent when. */
#ifndef MP_TEST_STREAMS_H
#define MP_TEST_STREAMS_H
#include <string.h>
#include "harness/check.h"
#include "io/http/http.h"
#include "harness/peer.h"

/* What was told of one exchange. */
struct told {
	int status, ends;
	size_t headers;
	char text[256], reason[512];
	enum mcpass_rc fail;            /* what the data callback returns */
	bool close_in_head, start_in_end;
};
static struct told told[4];
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

static inline enum mcpass_rc on_end(void *ctx, unsigned id, const char *reason,
    struct mcpass_error *err)
{
	(void)ctx;
	told[id].ends++;
	if (reason != NULL)
		snprintf(told[id].reason, sizeof(told[id].reason), "%s", reason);
	return told[id].start_in_end ? start(id + 1, "/next", err) : MCPASS_OK;
}

static inline enum mcpass_rc begin(unsigned id, const char *method, const char *path,
    struct mcpass_error *err)
{
	static const struct mp_http_callbacks callbacks = { on_head, on_data, on_end, NULL };
	char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	return mp_http_start(http, id, method, url, NULL, 0, "{}", 2, &callbacks, err);
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
	CHECK_EQ("a client", mp_http_new(&options, &http, NULL), MCPASS_OK);
}

static inline void setup(void)
{
	setup_patient(0);
}

static inline void teardown(void)
{
	mp_http_free(http);
	close(listen_fd);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
}

/* Polls until the condition, which an exchange's callbacks bring about, holds. */
#define POLL_UNTIL(condition) \
	do { \
		for (int polls = 0; !(condition) && polls < 1000; polls++) \
			CHECK_EQ("poll", mp_http_poll(http, PATIENCE_MS, -1, NULL), MCPASS_OK); \
		CHECK("it came", condition); \
	} while (0)

/* The server's side of the next connection, its request read. */
static inline int take(char *request, size_t room)
{
	int fd;

	while (!peer_readable(listen_fd, 0))
		CHECK_EQ("poll", mp_http_poll(http, 1, listen_fd, NULL), MCPASS_OK);
	fd = accept(listen_fd, NULL, NULL);
	while (!peer_readable(fd, 0))
		CHECK_EQ("poll", mp_http_poll(http, 1, fd, NULL), MCPASS_OK);
	peer_read(fd, "{}", request, room);
	return fd;
}

#endif
