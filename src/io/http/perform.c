/* One request, whole: a thin loop on the streams of http_curl.c. */
#include <poll.h>
#include "io/http/exchange.h"

struct collector {
	struct mp_http_response response;
	bool ended, broken;
};

static enum mcpass_rc collect_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct collector *collector = ctx;
	enum mcpass_rc rc = MCPASS_OK;

	(void)id;
	collector->response.status = status;
	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(&collector->response.headers, headers[i].name,
		    headers[i].value, err);
	return rc;
}

static enum mcpass_rc collect_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct collector *collector = ctx;
	struct mp_buf *body = &collector->response.body;

	(void)id;
	mp_buf_add(body, bytes, len);
	/* A refusal counts without its page; "404" says enough. */
	if (body->failed == MCPASS_E_LIMIT && collector->response.status >= 400) {
		size_t max = body->max;

		mp_buf_free(body);
		mp_buf_init(body, max);
	}
	return mp_buf_check(body, "the answer", err);
}

static enum mcpass_rc collect_end(void *ctx, unsigned id, const char *reason,
    struct mcpass_error *err)
{
	struct collector *collector = ctx;

	(void)id;
	(void)err;
	collector->ended = true;
	collector->broken = reason != NULL;
	return MCPASS_OK;
}

static bool is_readable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&one, 1, 0) > 0;
}

static enum mcpass_rc run(struct mp_http *http, const struct collector *collector,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && !collector->ended) {
		rc = mp_http_poll(http, -1, http->interrupt_fd, err);
		if (!rc && !collector->ended && is_readable(http->interrupt_fd))
			rc = mp_fail(err, MCPASS_E_DENIED, NULL, "interrupted");
	}
	if (!rc && collector->broken)
		rc = mp_http_why(http, err);
	return rc;
}

enum mcpass_rc mp_http_perform(struct mp_http *http, const char *method, const char *url,
    const struct mcpass_header *headers, size_t count, const char *body, size_t len,
    size_t max, struct mp_http_response *ret_response, struct mcpass_error *err)
{
	const struct mp_http_ask ask = { method, url, body, headers, count, len };
	struct collector collector = { 0 };
	const struct mp_http_callbacks tell = { collect_head, collect_data, collect_end,
		&collector };
	unsigned id = http->performed++;
	enum mcpass_rc rc;

	mp_buf_init(&collector.response.body, max);
	rc = mp_http_begin(http, &ask, &tell, true, id, err);
	if (!rc)
		rc = run(http, &collector, err);
	if (rc)
		mp_http_abandon(http, true, id);
	if (rc)
		mp_http_response_free(&collector.response);
	else
		*ret_response = collector.response;
	return rc;
}
