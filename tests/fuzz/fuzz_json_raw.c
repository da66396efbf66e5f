/* Text in, text out: laid out for people or for a line, it says the same, byte for byte
 * but for the white space. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/json.h"
#include "wire/json/raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static char *compact(struct mp_span text)
{
	char *compacted = NULL;

	check(mp_raw_compact(text, &compacted, NULL) == MCPASS_OK);
	return compacted;
}

static size_t count_items(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	struct mp_span item;
	size_t count = 0;

	while (mp_raw_item(&at, end, &item))
		count++;
	return count;
}

/* A string decodes to what the parser makes of it; a member is found where it is. */
static void check_values(struct mp_span text, const json_t *json)
{
	static const char *const names[] = { "a", "b" };
	struct mp_span values[2];
	struct mp_buf decoded;

	mp_buf_init(&decoded, 4 * MP_MAX_DOCUMENT);
	while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL)
		text = (struct mp_span){ text.data + 1, text.len - 1 };
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
		text.len--;
	check(mp_raw_text(&decoded, text) == json_is_string(json));
	if (json_is_string(json))
		check(decoded.len == json_string_length(json)
		    && memcmp(mp_buf_text(&decoded), json_string_value(json), decoded.len) == 0);
	mp_raw_values(text, names, 2, values);
	for (size_t i = 0; i < 2; i++) {
		struct mp_span one = mp_raw_value(text, names[i]);

		check(one.data == values[i].data && one.len == values[i].len);
		check(one.data == NULL || json_object_get(json, names[i]) != NULL);
	}
	mp_buf_free(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_span text = { (const char *)data, len };
	json_t *json = NULL, *again = NULL;
	char *before, *after;
	struct mp_buf laid, visible;

	if (mp_json_parse_by(MP_JSON_NULLS, text.data, len, MP_MAX_DOCUMENT, "it", &json, NULL) != MCPASS_OK)
		return 0;
	mp_buf_init(&laid, 64 * MP_MAX_DOCUMENT);
	mp_raw_indent(&laid, text);
	check(!laid.failed);
	check(mp_json_parse_by(MP_JSON_NULLS, laid.data, laid.len, laid.len, "it", &again, NULL) == MCPASS_OK);
	check(json_equal(json, again));
	check_values(text, json);
	before = compact(text);
	after = compact((struct mp_span){ laid.data, laid.len });
	check(strcmp(before, after) == 0);
	json_decref(again);
	mp_buf_init(&visible, 64 * MP_MAX_DOCUMENT);
	mp_raw_visible(&visible, before);
	check(!visible.failed && strchr(mp_buf_text(&visible), 0x7f) == NULL);
	check(mp_json_parse_by(MP_JSON_NULLS, visible.data, visible.len, visible.len, "it", &again, NULL) == MCPASS_OK);
	check(json_equal(json, again));         /* the same JSON */
	mp_buf_free(&visible);
	check(!json_is_array(json) || count_items(before) == json_array_size(json));
	free(before);
	free(after);
	mp_buf_free(&laid);
	json_decref(json);
	json_decref(again);
	return 0;
}
