/* Requests over HTTP/1.1: however the bytes are cut, the same requests are read. */
#include <stdlib.h>
#include <string.h>
#include "wire/http/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BODY 4096

/* What was read, as text that two readings can be compared by. */
static void note(struct mp_buf *story, const struct mp_http_reader *reader, int status)
{
	if (status != 0) {
		mp_buf_addf(story, "%d %s\n", status, reader->problem);
		return;
	}
	mp_buf_addf(story, "%s %s %s %d ", reader->method, reader->path,
	    reader->query != NULL ? reader->query : "-", reader->is_last);
	for (size_t i = 0; i < reader->header_count; i++)
		mp_buf_addf(story, "%s:%s\n", reader->headers[i].name, reader->headers[i].value);
	mp_buf_add(story, mp_buf_text(&reader->body), reader->body.len);
}

static void read_all(const char *bytes, size_t len, size_t step, struct mp_buf *story)
{
	enum mp_http_read result = MP_HTTP_READ_MORE;
	struct mp_http_reader reader;
	size_t at = 0, used;

	mp_http_reader_init(&reader, MAX_BODY);
	while (result != MP_HTTP_READ_REFUSED && (at < len || result != MP_HTTP_READ_MORE)) {
		size_t n = len - at < step ? len - at : step;

		result = mp_http_reader_feed(&reader, bytes + at, n, &used);
		if (used > n || (result == MP_HTTP_READ_MORE && used < n))
			abort();
		at += used;
		if (result == MP_HTTP_READ_END) {
			note(story, &reader, 0);
			mp_http_reader_next(&reader);
			result = MP_HTTP_READ_MORE;
		}
	}
	if (result == MP_HTTP_READ_REFUSED)
		note(story, &reader, reader.status);
	mp_http_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 7, 100000 };
	struct mp_buf stories[3];

	for (size_t i = 0; i < 3; i++) {
		mp_buf_init(&stories[i], 1024 * 1024);
		read_all((const char *)data, size, steps[i], &stories[i]);
		if (strcmp(mp_buf_text(&stories[i]), mp_buf_text(&stories[0])) != 0)
			abort();
	}
	for (size_t i = 0; i < 3; i++)
		mp_buf_free(&stories[i]);
	return 0;
}
