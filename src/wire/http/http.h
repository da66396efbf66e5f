/* http.h - an HTTP message as bytes in memory: nothing here sends one.
 * spec: RFC 9110 5, 6 */
#pragma once
#include <stdint.h>
#include "base/buf.h"

/* The length of the token that text begins with, 0 when it begins with none;
 * spec: RFC 9110 5.6.2 */
size_t mp_http_token_len(const char *text);
/* The same of a token68, base64 or base64url with its padding; spec: RFC 9110 11.2 */
size_t mp_http_token68_len(const char *text);

/* Headers that own their strings.  { 0 } is empty. */
struct mp_headers {
	struct mcpass_header *items;
	size_t count;
};
/* MCPASS_E_USAGE: the name is no token, or the value has a control character. */
enum mcpass_rc mp_header_check(const char *name, const char *value, struct mcpass_error *err);
/* Checks and copies both.  MCPASS_E_LIMIT: over MP_MAX_ITEMS headers. */
enum mcpass_rc mp_headers_add(struct mp_headers *headers, const char *name,
    const char *value, struct mcpass_error *err);
/* The same of a buffer, which is empty afterwards, whatever the result. */
enum mcpass_rc mp_headers_add_buf(struct mp_headers *headers, const char *name,
    struct mp_buf *value, struct mcpass_error *err);
void mp_headers_free(struct mp_headers *headers);   /* wipes the values */

/* Whether it has that name, whatever the case of its letters; spec: RFC 9110 5.1 */
bool mp_header_is(const struct mcpass_header *header, const char *name);
/* The value of the first header of that name (case does not matter), or NULL.
 * Works on any array of headers. */
const char *mp_header_get(const struct mcpass_header *items, size_t count, const char *name);
/* How many headers carry that name: credentials and lengths must stand there once. */
size_t mp_header_count(const struct mcpass_header *items, size_t count, const char *name);
/* True when the media type of a Content-Type value is type ("application/json"),
 * whatever its parameters; spec: RFC 9110 8.3 */
bool mp_media_type_is(const char *content_type, const char *type);
/* The same where a server may say it twice, "application/json, application/json": the first counts. */
bool mp_media_type_begins(const char *content_type, const char *type);

/* Whether a response with this status is the whole answer to what was asked: any 2xx, but those that
 * have no content or a part of it (204, 205, 206).  201 and 203 (a proxy rewrote it) are as good as
 * 200 where nothing depends on which it is.  spec: RFC 9110 15, 15.3 */
bool mp_http_is_answer(int status);

/* --- date.c --- */
/* A date in any of the three forms, as Unix time; spec: RFC 9110 5.6.7 */
bool mp_http_date(const char *text, int64_t *ret_time);
/* Seconds from now that a Retry-After asks to wait, a day at most; 0: none, or it cannot be
 * read.  spec: RFC 9110 10.2.3 */
int64_t mp_http_retry_after(const struct mcpass_header *items, size_t count, int64_t now);
/* Seconds that an answer may be kept from now on, as Cache-Control, Expires and Age say: 0 where it may
 * not, or what they say is none; -1: they say nothing. */
int64_t mp_http_fresh(const struct mcpass_header *items, size_t count, int64_t now);

/* What a server-side floor (guard, issuer, echo) is asked.  All borrowed. */
struct mp_http_request {
	const char *method;             /* "GET" */
	const char *path;               /* "/mcp", undecoded, never NULL */
	const char *query;              /* undecoded, without '?', or NULL */
	const struct mcpass_header *headers;
	size_t header_count, body_len;
	const char *body;
	int64_t now;                    /* Unix time, seconds */
	/* Where the connection comes from, a literal address: "127.0.0.1", "2001:db8::1"; NULL
	 * when that is not known. */
	const char *peer;
	uint64_t id;                    /* its number here; the same when it is handed in again */
	bool is_again;                  /* it was handed in before, and answered MP_HTTP_LATER */
	int waited_ms;                  /* since it was handed in first */
};
/* A status for "ask again when something has happened": see serve/http/httpd.h. */
#define MP_HTTP_LATER (-1)
/* What it answers.  { 0 } is "no answer yet"; release with mp_http_response_free(). */
struct mp_http_response {
	int status;
	struct mp_headers headers;
	struct mp_buf body;
};
void mp_http_response_free(struct mp_http_response *response);
