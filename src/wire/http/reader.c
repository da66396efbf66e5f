#include "wire/http/reader.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "wire/bytes.h"
#include "wire/http/http.h"
#include "wire/http/host_field.h"

enum state { HEAD = 0, NO_BODY, LENGTH, CHUNKS, WHOLE, REFUSED };
/* Buffers up to that size are kept for the next request. */
#define KEPT_ROOM 8192

/* A target, and what stands around it. */
#define MAX_REQUEST_LINE (MP_MAX_URI + 64)

/* False, so that a check can return it. */
static bool refuse(struct mp_http_reader *reader, int status, const char *spec,
    const char *problem)
{
	if (reader->state != REFUSED) {         /* the first reason counts */
		reader->status = status;
		reader->spec = spec;
		reader->problem = problem;
	}
	reader->state = REFUSED;
	return false;
}

void mp_http_reader_init(struct mp_http_reader *reader, size_t max_body)
{
	*reader = (struct mp_http_reader){ 0 };
	mp_buf_init(&reader->head, MP_MAX_REQUEST_HEAD);
	mp_buf_init(&reader->body, max_body);
}

bool mp_http_reader_is_idle(const struct mp_http_reader *reader)
{
	return reader->state == HEAD && reader->head.len == 0;
}

static void reset_buf(struct mp_buf *buf)
{
	if (buf->room > KEPT_ROOM) {
		mp_buf_free(buf);
		return;
	}
	if (buf->data != NULL)
		mp_wipe(buf->data, buf->len);
	mp_buf_clear(buf);
}

void mp_http_reader_next(struct mp_http_reader *reader)
{
	struct mp_http_reader next = { .head = reader->head, .body = reader->body,
		.headers = reader->headers, .room = reader->room };

	reset_buf(&next.head);
	reset_buf(&next.body);
	*reader = next;
}

void mp_http_reader_free(struct mp_http_reader *reader)
{
	mp_buf_free(&reader->head);
	mp_buf_free(&reader->body);
	free(reader->headers);
	*reader = (struct mp_http_reader){ 0 };
}

/* --- the request line --- */

/* spec: RFC 9112 2.3, 2.5: of a later minor version we read what we know */
static bool read_version(struct mp_http_reader *reader, const char *version)
{
	if (strncmp(version, "HTTP/", 5) != 0 || version[5] < '0' || version[5] > '9'
	    || version[6] != '.' || version[7] < '0' || version[7] > '9' || version[8] != '\0')
		return refuse(reader, 400, "RFC 9112 2.3", "the request line has no HTTP version");
	if (version[5] != '1')
		return refuse(reader, 505, "RFC 9110 15.6.6", "only HTTP/1.1 is spoken here");
	reader->is_http10 = version[7] == '0';
	reader->is_last = reader->is_http10;
	return true;
}

/* http://host[:port][/path]: the host moves to the left, so that it can end in a NUL.
 * spec: RFC 9112 3.2.2: it is taken, and Host is ignored */
static bool read_absolute(struct mp_http_reader *reader, char *target, char **ret_path)
{
	char *mark = strstr(target, "://");
	size_t len;

	if (mark == NULL)
		return refuse(reader, 400, "RFC 9112 3.2", "the target is no path");
	*mark = '\0';
	if (!mp_eq_nocase(target, "http") && !mp_eq_nocase(target, "https"))
		return refuse(reader, 400, "RFC 9112 3.2", "the target is of another scheme");
	len = strcspn(mark + 3, "/?");
	memmove(mark + 1, mark + 3, len);
	mark[1 + len] = '\0';
	reader->authority = mark + 1;
	*ret_path = mark + 3 + len;
	return true;
}

static bool is_target(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f || *text == '#')
			return false;
	return true;
}

static bool read_target(struct mp_http_reader *reader, char *target)
{
	bool is_asterisk = strcmp(target, "*") == 0 && strcmp(reader->method, "OPTIONS") == 0;
	char *mark;

	if (!is_target(target))
		return refuse(reader, 400, "RFC 9112 3.2", "the target is no URI");
	if (target[0] != '/' && !is_asterisk && !read_absolute(reader, target, &target))
		return false;
	mark = strchr(target, '?');
	if (mark != NULL) {
		*mark = '\0';
		reader->query = mark + 1;
	}
	reader->path = *target != '\0' ? target : "/";  /* spec: RFC 9112 3.2.1 */
	return true;
}

/* spec: RFC 9112 3: exactly one space between the three */
static bool read_request_line(struct mp_http_reader *reader, char *line)
{
	size_t method = mp_http_token_len(line);
	char *target = line + method, *version;

	if (method == 0 || *target != ' ')
		return refuse(reader, 400, "RFC 9112 3", "the request line has no method");
	*target++ = '\0';
	version = strchr(target, ' ');
	if (version == NULL)
		return refuse(reader, 400, "RFC 9112 3", "the request line has no HTTP version");
	*version++ = '\0';
	reader->method = line;
	return read_version(reader, version) && read_target(reader, target);
}

/* --- header lines --- */

static bool take_host(struct mp_http_reader *reader, const char *value)
{
	reader->host = value;
	reader->host_count++;
	return true;
}

static bool take_length(struct mp_http_reader *reader, const char *value)
{
	reader->length = value;
	reader->length_count++;
	return true;
}

static bool take_coding(struct mp_http_reader *reader, const char *value)
{
	reader->coding = value;
	reader->coding_count++;
	return true;
}

/* The next item of a list; *text moves behind it.  Length 0: an empty one. */
static struct mp_span next_item(const char **text)
{
	struct mp_span item = { *text + strspn(*text, " \t"), 0 };

	item.len = strcspn(item.data, ",");
	*text = item.data + item.len + (item.data[item.len] == ',' ? 1 : 0);
	while (item.len > 0 && strchr(" \t", item.data[item.len - 1]) != NULL)
		item.len--;
	return item;
}

static bool take_connection(struct mp_http_reader *reader, const char *value)
{
	while (*value != '\0')
		if (mp_span_is_nocase(next_item(&value), "close"))
			reader->is_last = true;
	return true;
}

/* spec: RFC 9110 10.1.1 */
static bool take_expect(struct mp_http_reader *reader, const char *value)
{
	if (!mp_eq_nocase(value, "100-continue"))
		return refuse(reader, 417, "RFC 9110 10.1.1", "what is expected is not known here");
	reader->wants_continue = !reader->is_http10;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct mp_http_reader *reader, const char *value);
} known[] = {
	{ "Host", take_host }, { "Content-Length", take_length },
	{ "Transfer-Encoding", take_coding }, { "Connection", take_connection },
	{ "Expect", take_expect },
};

static bool add_header(struct mp_http_reader *reader, const char *name, const char *value)
{
	if (reader->header_count == MP_MAX_REQUEST_HEADERS)
		return refuse(reader, 431, "RFC 6585 5", "there are too many headers");
	if (reader->header_count == reader->room) {
		size_t room = reader->room > 0 ? reader->room * 2 : 16;
		struct mcpass_header *grown = realloc(reader->headers, room * sizeof(*grown));

		if (grown == NULL)
			return refuse(reader, 503, NULL, "out of memory");
		reader->headers = grown;
		reader->room = room;
	}
	reader->headers[reader->header_count++] = (struct mcpass_header){ name, value };
	for (size_t i = 0; i < MP_COUNT(known); i++)
		if (mp_header_is(&reader->headers[reader->header_count - 1], known[i].name))
			return known[i].take(reader, value);
	return true;
}

/* spec: RFC 9112 5.1, 5.2: nothing before the name, nothing between it and the colon */
static bool read_header_line(struct mp_http_reader *reader, char *line, char *end)
{
	size_t name = mp_http_token_len(line);
	char *value = line + name;

	if (line[0] == ' ' || line[0] == '\t')
		return refuse(reader, 400, "RFC 9112 5.2", "a header line is folded");
	if (name == 0 || *value != ':')
		return refuse(reader, 400, "RFC 9112 5.1", "a header line has no name and colon");
	*value++ = '\0';
	value += strspn(value, " \t");
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return add_header(reader, line, value);
}

/* --- what the head says of the rest --- */

/* What is compared with our names is one host, and a host.  spec: RFC 9112 3.2 */
static bool settle_host(struct mp_http_reader *reader)
{
	struct mp_http_host host;

	if (reader->host_count > 1)
		return refuse(reader, 400, "RFC 9112 3.2", "there are two Hosts");
	if (reader->host_count == 0 && !reader->is_http10)
		return refuse(reader, 400, "RFC 9112 3.2", "there is no Host");
	if (reader->host != NULL && !mp_http_host_parse(reader->host, &host))
		return refuse(reader, 400, "RFC 9112 3.2", "Host is no host");
	if (reader->authority == NULL)
		return true;
	if (!mp_http_host_parse(reader->authority, &host))
		return refuse(reader, 400, "RFC 9112 3.2.2", "the target has no host");
	for (size_t i = 0; i < reader->header_count; i++)
		if (mp_eq_nocase(reader->headers[i].name, "Host"))
			reader->headers[i].value = reader->authority;
	return true;
}

/* spec: RFC 9112 6.1, 6.3: a coding that is no final chunked has no end that could be found */
static bool settle_coding(struct mp_http_reader *reader)
{
	const char *rest = reader->coding;
	struct mp_span item = next_item(&rest);
	bool is_early = mp_span_is_nocase(item, "chunked");

	if (reader->length_count > 0)
		return refuse(reader, 400, "RFC 9112 6.1", "there is a Content-Length beside it");
	if (reader->is_http10)
		return refuse(reader, 400, "RFC 9112 6.1", "HTTP/1.0 has no Transfer-Encoding");
	reader->state = CHUNKS;
	if (reader->coding_count == 1 && mp_eq_nocase(reader->coding, "chunked"))
		return true;
	while (*rest != '\0') {
		is_early = is_early || mp_span_is_nocase(item, "chunked");
		item = next_item(&rest);
	}
	if (reader->coding_count > 1 || is_early || !mp_span_is_nocase(item, "chunked"))
		return refuse(reader, 400, "RFC 9112 6.3", "the transfer coding is not chunked");
	return refuse(reader, 501, "RFC 9112 6.1", "the transfer coding is not known here");
}

/* spec: RFC 9112 6.2; RFC 9110 8.6: one number, of digits only */
static bool settle_length(struct mp_http_reader *reader)
{
	const char *text = reader->length;
	size_t digits = strspn(text, "0123456789");

	if (reader->length_count > 1)
		return refuse(reader, 400, "RFC 9112 6.3", "there are two lengths");
	if (digits == 0 || text[digits] != '\0')
		return refuse(reader, 400, "RFC 9110 8.6", "Content-Length is no number");
	for (size_t i = 0; i < digits; i++) {
		reader->left = reader->left * 10 + (unsigned)(text[i] - '0');
		if (reader->left > reader->body.max)
			return refuse(reader, 413, "RFC 9110 15.5.14", "the body is too large");
	}
	reader->state = reader->left > 0 ? LENGTH : NO_BODY;
	return true;
}

static void settle(struct mp_http_reader *reader)
{
	reader->state = NO_BODY;
	if (!settle_host(reader))
		return;
	if (reader->coding != NULL)
		(void)settle_coding(reader);
	else if (reader->length != NULL)
		(void)settle_length(reader);
	reader->wants_continue = reader->wants_continue && reader->state != NO_BODY;
}

/* The head is whole, and each of its lines ends in CR LF. */
static void read_head(struct mp_http_reader *reader)
{
	char *line = reader->head.data, *end = strstr(line, "\r\n");
	bool ok;

	*end = '\0';
	ok = read_request_line(reader, line);
	for (line = end + 2; ok && *line != '\r'; line = end + 2) {
		end = strstr(line, "\r\n");
		*end = '\0';
		ok = read_header_line(reader, line, end);
	}
	if (ok)
		settle(reader);
}

/* --- the bytes of a head --- */

/* spec: RFC 9112 2.2; RFC 9110 5.5: no NUL, no bare CR, no bare LF, no other control */
static bool check_bytes(struct mp_http_reader *reader, char before, const char *bytes, size_t len)
{
	for (size_t i = 0, run; i < len; i += run, before = bytes[i - 1]) {
		unsigned char c = (unsigned char)bytes[i];

		run = before == '\r' ? 0 : mp_bytes_visible(bytes + i, len - i);
		if (run > 0)
			continue;
		run = 1;

		if ((before == '\r') != (c == '\n'))
			return refuse(reader, 400, "RFC 9112 2.2", "a line does not end in CR LF");
		if (c < 0x20 ? c != '\r' && c != '\n' && c != '\t' : c == 0x7f)
			return refuse(reader, 400, "RFC 9110 5.5", "a control character is in the head");
	}
	return true;
}

static void end_line(struct mp_http_reader *reader)
{
	bool is_empty = reader->head.len - reader->line_begin == 2;

	if (is_empty && reader->lines == 0 && !reader->has_skipped) {
		reader->has_skipped = true;     /* spec: RFC 9112 2.2: one before the request line */
		mp_buf_clear(&reader->head);
		return;
	}
	if (is_empty && reader->lines > 0)
		read_head(reader);
	else if (is_empty)
		(void)refuse(reader, 400, "RFC 9112 2.2", "there is no request line");
	reader->lines++;
	reader->line_begin = reader->head.len;
}

/* Up to the end of a line at a time, and never beyond what may be. */
static size_t feed_head(struct mp_http_reader *reader, const char *bytes, size_t len)
{
	struct mp_buf *head = &reader->head;
	bool is_first = reader->lines == 0;
	size_t room = (is_first ? MAX_REQUEST_LINE : MP_MAX_REQUEST_HEAD) + 1 - head->len;
	size_t n = len < room ? len : room;
	const char *end = memchr(bytes, '\n', n);

	if (end != NULL)
		n = (size_t)(end - bytes) + 1;
	if (!check_bytes(reader, head->len > 0 ? head->data[head->len - 1] : '\0', bytes, n))
		return n;
	mp_buf_add(head, bytes, n);
	if (head->failed == MCPASS_E_NOMEM)
		(void)refuse(reader, 503, NULL, "out of memory");
	else if (n == room && is_first)
		(void)refuse(reader, 414, "RFC 9110 15.5.15", "the target is too long");
	else if (n == room)
		(void)refuse(reader, 431, "RFC 6585 5", "the head is too long");
	else if (end != NULL)
		end_line(reader);
	return n;
}

/* --- the body --- */

static size_t feed_length(struct mp_http_reader *reader, const char *bytes, size_t len)
{
	size_t n = reader->left < len ? (size_t)reader->left : len;

	mp_buf_add(&reader->body, bytes, n);
	reader->left -= n;
	if (reader->left == 0)
		reader->state = WHOLE;
	return n;
}

static size_t feed_chunks(struct mp_http_reader *reader, const char *bytes, size_t len)
{
	enum mp_http_chunks_result result;
	size_t used;

	result = mp_http_chunks_feed(&reader->chunks, bytes, len, &reader->body, &used);
	if (result == MP_HTTP_CHUNKS_END)
		reader->state = WHOLE;
	else if (result == MP_HTTP_CHUNKS_REFUSED)
		(void)refuse(reader, reader->chunks.status, "RFC 9112 7.1", reader->chunks.problem);
	return used;
}

static size_t feed_body(struct mp_http_reader *reader, const char *bytes, size_t len)
{
	size_t used = reader->state == LENGTH ? feed_length(reader, bytes, len)
	    : feed_chunks(reader, bytes, len);

	if (reader->body.failed)
		(void)refuse(reader, 503, NULL, "out of memory");
	return used;
}

enum mp_http_read mp_http_reader_feed(struct mp_http_reader *reader, const char *bytes,
    size_t len, size_t *ret_used)
{
	size_t used = 0;

	if (reader->state == HEAD) {
		while (used < len && reader->state == HEAD)
			used += feed_head(reader, bytes + used, len - used);
		*ret_used = used;
		if (reader->state == HEAD)
			return MP_HTTP_READ_MORE;
		return reader->state == REFUSED ? MP_HTTP_READ_REFUSED : MP_HTTP_READ_HEAD;
	}
	if (reader->state == NO_BODY)
		reader->state = WHOLE;
	if (reader->state == LENGTH || reader->state == CHUNKS)
		used = feed_body(reader, bytes, len);
	*ret_used = used;
	if (reader->state == REFUSED)
		return MP_HTTP_READ_REFUSED;
	return reader->state == WHOLE ? MP_HTTP_READ_END : MP_HTTP_READ_MORE;
}
