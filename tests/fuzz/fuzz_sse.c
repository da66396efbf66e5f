/* The first byte says in what chunks the rest is fed: the events must be those of the
 * rest fed whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CAP 4096

static void require(bool holds)
{
	if (!holds)
		abort();
}

static enum mcpass_rc write_down(void *ctx, const struct mp_sse_event *event,
    struct mcpass_error *err)
{
	struct mp_buf *log = ctx;

	(void)err;
	require(event->data_len <= CAP && event->data[event->data_len] == '\0');
	require(strpbrk(event->last_id, "\r\n") == NULL && strpbrk(event->type, "\r\n") == NULL);
	mp_buf_addf(log, "%s [%s] %zu:", event->type, event->last_id, event->data_len);
	mp_buf_add(log, event->data, event->data_len);
	return MCPASS_OK;
}

static enum mcpass_rc run(const char *bytes, size_t len, size_t chunk, struct mp_buf *log)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_sse sse;

	mp_sse_init(&sse, CAP);
	mp_buf_init(log, 1u << 26);
	for (size_t at = 0; at < len && rc == MCPASS_OK; at += chunk) {
		size_t part = len - at < chunk ? len - at : chunk;
		char *copy = malloc(part);      /* so that a read past its end is seen */

		if (copy == NULL)
			abort();
		memcpy(copy, bytes + at, part);
		rc = mp_sse_feed(&sse, copy, part, write_down, log, NULL);
		free(copy);
	}
	mp_buf_addf(log, " retry %lld", (long long)sse.retry_ms);
	mp_sse_free(&sse);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *bytes = (const char *)data + 1;
	struct mp_buf whole, cut;

	if (len < 2)
		return 0;
	require(run(bytes, len - 1, len - 1, &whole) == run(bytes, len - 1, data[0] % 32 + 1u, &cut));
	require(whole.len == cut.len && memcmp(whole.data, cut.data, whole.len) == 0);
	mp_buf_free(&whole);
	mp_buf_free(&cut);
	return 0;
}
