/* A value in a header: as it is, or behind the Base64 sentinel.
 * spec: MCP 2026-07-28 streamable HTTP, "Value Encoding" */
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "mcp/headers.h"
#include "wire/jose/b64url.h"
#include "wire/json/utf8.h"

#define SENTINEL_BEGIN "=?base64?"
#define SENTINEL_END "?="
#define SPEC "MCP streamable HTTP, Value Encoding"

/* Both marks, even where they overlap ("=?base64?="): some peer will think it is one. */
static bool looks_like_sentinel(const char *text)
{
	return strncmp(text, SENTINEL_BEGIN, strlen(SENTINEL_BEGIN)) == 0
	    && mp_ends_with(text, SENTINEL_END);
}

static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))   /* HTTP would trim it */
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return !looks_like_sentinel(text);
}

enum mcpass_rc mp_header_value_encode(const char *text, char **ret_value, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(2 * (size_t)MP_MAX_MESSAGE);

	if (is_plain(text)) {
		mp_buf_adds(&buf, text);
	} else {
		mp_buf_adds(&buf, SENTINEL_BEGIN);
		mp_b64_add(&buf, text, strlen(text));
		mp_buf_adds(&buf, SENTINEL_END);
	}
	return mp_buf_take(&buf, "a header value", ret_value, err);
}

static enum mcpass_rc check_characters(const char *value, struct mcpass_error *err)
{
	for (; *value != '\0'; value++)
		if ((*value < 0x20 && *value != '\t') || *value > 0x7e)
			return mp_fail(err, MCPASS_E_PROTOCOL, SPEC,
			    "a header value holds a character that should have been encoded");
	return MCPASS_OK;
}

static enum mcpass_rc decode_sentinel(const char *value, struct mp_buf *buf,
    struct mcpass_error *err)
{
	struct mp_span text = { value + strlen(SENTINEL_BEGIN),
		strlen(value) - strlen(SENTINEL_BEGIN SENTINEL_END) };
	enum mcpass_rc rc = mp_b64_decode(buf, text, err);

	if (rc)
		return rc;
	if (strlen(mp_buf_text(buf)) != buf->len || !mp_utf8_valid(buf->data, buf->len))
		return mp_fail(err, MCPASS_E_PROTOCOL, SPEC, "an encoded header value is not text");
	return MCPASS_OK;
}

enum mcpass_rc mp_header_value_decode(const char *value, char **ret_text, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	if (looks_like_sentinel(value) && strlen(value) >= strlen(SENTINEL_BEGIN SENTINEL_END)) {
		rc = decode_sentinel(value, &buf, err);
	} else {
		rc = check_characters(value, err);
		mp_buf_adds(&buf, value);
	}
	if (!rc)
		rc = mp_buf_take(&buf, "a header value", ret_text, err);
	mp_buf_free(&buf);
	return rc;
}
