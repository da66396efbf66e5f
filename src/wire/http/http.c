#include "wire/http/http.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "wire/bytes.h"

/* A bit for each ASCII character: strspn() would build its table anew at each call. */
static bool is_token_char(unsigned char c)
{
	static const uint64_t tokens[2] = {
		UINT64_C(0x03ff6cfa00000000),   /* !#$%&'*+-. and digits */
		UINT64_C(0x57ffffffc7fffffe),   /* letters, ^_`|~ */
	};

	return c < 128 && (tokens[c / 64] >> (c % 64) & 1) != 0;
}

size_t mp_http_token_len(const char *text)
{
	size_t len = 0;

	while (is_token_char((unsigned char)text[len]))
		len++;
	return len;
}

size_t mp_http_token68_len(const char *text)
{
	size_t len = mp_bytes_token68(text, strlen(text));

	return len > 0 ? len + strspn(text + len, "=") : 0;
}

/* A line end would begin a header of the peer's own making.  spec: RFC 9110 5.5 */
static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* Takes over both texts on MCPASS_OK. */
static enum mcpass_rc append(struct mp_headers *headers, char *name, char *value,
    struct mcpass_error *err)
{
	struct mcpass_header *grown;

	if (headers->count >= MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d headers", MP_MAX_ITEMS);
	/* Room is for 4, 8, 16, ...: it is used up where the count is such a number. */
	if (headers->count == 0 || (headers->count >= 4
	    && (headers->count & (headers->count - 1)) == 0)) {
		size_t room = headers->count == 0 ? 4 : headers->count * 2;

		grown = realloc(headers->items, room * sizeof(*grown));
		if (grown == NULL)
			return mp_nomem(err);
		headers->items = grown;
	}
	headers->items[headers->count++] = (struct mcpass_header){ name, value };
	return MCPASS_OK;
}

enum mcpass_rc mp_header_check(const char *name, const char *value, struct mcpass_error *err)
{
	size_t len = mp_http_token_len(name);

	if (len == 0 || name[len] != '\0')
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9110 5.1", "\"%s\" is no header name",
		    name);
	if (has_control(value))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9110 5.5",
		    "the value of the header %s has a control character", name);
	return MCPASS_OK;
}

enum mcpass_rc mp_headers_add(struct mp_headers *headers, const char *name,
    const char *value, struct mcpass_error *err)
{
	char *name_copy = NULL, *value_copy = NULL;
	enum mcpass_rc rc = mp_header_check(name, value, err);

	if (!rc)
		rc = mp_set(&name_copy, name, err);
	if (!rc)
		rc = mp_set(&value_copy, value, err);
	if (!rc)
		rc = append(headers, name_copy, value_copy, err);
	if (rc) {
		free(name_copy);
		mp_free_wiped(value_copy);
	}
	return rc;
}

enum mcpass_rc mp_headers_add_buf(struct mp_headers *headers, const char *name,
    struct mp_buf *value, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(value, name, err);

	if (!rc)
		rc = mp_headers_add(headers, name, mp_buf_text(value), err);
	mp_buf_free(value);
	return rc;
}

void mp_headers_free(struct mp_headers *headers)
{
	for (size_t i = 0; i < headers->count; i++) {
		free((char *)headers->items[i].name);
		mp_free_wiped((char *)headers->items[i].value);
	}
	free(headers->items);
	*headers = (struct mp_headers){ 0 };
}

/* Most names differ in their first letter. */
bool mp_header_is(const struct mcpass_header *header, const char *name)
{
	return header->name != NULL && ((header->name[0] ^ name[0]) & ~0x20) == 0
	    && mp_eq_nocase(header->name, name);
}

const char *mp_header_get(const struct mcpass_header *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (mp_header_is(&items[i], name))
			return items[i].value;
	return NULL;
}

size_t mp_header_count(const struct mcpass_header *items, size_t count, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += mp_header_is(&items[i], name) ? 1 : 0;
	return found;
}

/* spec: RFC 9110 8.3.1: type "/" subtype, without case, then OWS ";" parameters */
static bool is_up_to(const char *content_type, const char *ends, const char *type)
{
	struct mp_span media;

	if (content_type == NULL)
		return false;
	content_type += strspn(content_type, " \t");
	media = (struct mp_span){ content_type, strcspn(content_type, ends) };
	while (media.len > 0 && strchr(" \t", media.data[media.len - 1]) != NULL)
		media.len--;
	return mp_span_is_nocase(media, type);
}

bool mp_media_type_is(const char *content_type, const char *type)
{
	return is_up_to(content_type, ";", type);
}

bool mp_media_type_begins(const char *content_type, const char *type)
{
	return is_up_to(content_type, ";,", type);
}

void mp_http_response_free(struct mp_http_response *response)
{
	response->status = 0;
	mp_headers_free(&response->headers);
	mp_buf_free(&response->body);
}

bool mp_http_is_answer(int status)
{
	return status >= 200 && status <= 299 && (status < 204 || status > 206);
}
