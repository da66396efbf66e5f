/* JSON as its writer wrote it, less the white space: what a program passes on keeps its
 * numbers to the last digit and its members in order.  The text has passed
 * mp_json_parse(), so that it is known to be well formed; no line end is left in it, for
 * a line of a stdio transport is a message. */
#include <string.h>
#include "session/state.h"

/* Behind the string that begins at its opening quote. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

/* At the ',' or the bracket that ends the value. */
static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
			break;
		if (*at == '{' || *at == '[')
			depth++;
		if (*at == '}' || *at == ']')
			depth--;
		at++;
	}
	return at;
}

struct mp_span mp_raw_member(struct mp_span object, const char *name)
{
	const char *end = object.data + object.len, *at = skip_space(object.data, end);

	while (at < end && (*at == '{' || *at == ',')) {
		struct mp_span key, value;

		key.data = skip_space(at + 1, end);
		if (key.data == end || *key.data != '"')
			break;
		at = skip_string(key.data, end);
		key.len = (size_t)(at - key.data);
		at = skip_space(at, end);
		value.data = at < end ? at + 1 : end;   /* behind the ':' */
		at = skip_value(value.data, end);
		value.len = (size_t)(at - value.data);
		if (key.len == strlen(name) + 2 && memcmp(key.data + 1, name, strlen(name)) == 0)
			return value;
	}
	return (struct mp_span){ NULL, 0 };     /* absent, or written with escapes */
}

enum mcpass_rc mp_raw_compact(struct mp_span json, char **ret_text, struct mcpass_error *err)
{
	const char *at = json.data, *end = json.data + json.len;
	struct mp_buf buf;

	mp_buf_init(&buf, json.len);
	while (at < end) {
		const char *first = at = skip_space(at, end);

		while (at < end && !is_space(*at))
			at = *at == '"' ? skip_string(at, end) : at + 1;
		mp_buf_add(&buf, first, (size_t)(at - first));
	}
	return mp_buf_take(&buf, "a message", ret_text, err);
}
