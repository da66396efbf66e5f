#include "mcp/reason.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "wire/http/http.h"

/* A sentence is no longer; the rest of it is cut. */
#define LONGEST 240
/* Deeper than that, no server has been seen to hide it. */
#define DEEPEST 6

/* What says most comes first. */
static const char *const names[] = {
	"error_description", "detail", "details", "message", "msg", "reason", "description",
	"title", "error", "errors", "data",
};

static const char *find(const json_t *json, int depth)
{
	const char *text = json_string_value(json);

	if (text != NULL)
		return text[strspn(text, " \t\r\n")] != '\0' ? text : NULL;
	if (depth == 0)
		return NULL;
	for (size_t i = 0; i < json_array_size(json); i++)
		if ((text = find(json_array_get(json, i), depth - 1)) != NULL)
			return text;
	for (size_t i = 0; json_is_object(json) && i < MP_COUNT(names); i++)
		if ((text = find(json_object_get(json, names[i]), depth - 1)) != NULL)
			return text;
	return NULL;
}

const char *mp_reason_find(const json_t *json)
{
	return find(json, DEEPEST);
}

static enum mcpass_rc take(const char *text, char **ret_reason, struct mcpass_error *err)
{
	struct mp_span span = { text + strspn(text, " \t\r\n"), 0 };
	enum mcpass_rc rc;

	span.len = strlen(span.data);
	if (span.len > LONGEST)
		span.len = LONGEST;
	while (span.len > 0 && strchr(" \t\r\n", span.data[span.len - 1]) != NULL)
		span.len--;
	if (span.len == 0)
		return MCPASS_OK;
	rc = mp_set_span(ret_reason, span, err);
	if (rc)
		return rc;
	for (char *p = *ret_reason; *p != '\0'; p++)
		if (strchr("\t\r\n", *p) != NULL)
			*p = ' ';
	mp_one_line(*ret_reason);
	return MCPASS_OK;
}

enum mcpass_rc mp_reason_read(const char *content_type, struct mp_span body,
    char **ret_reason, struct mcpass_error *err)
{
	json_t *json = NULL;
	const char *text = NULL;
	char *plain = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (body.len == 0)
		return MCPASS_OK;
	if (mp_json_parse_by(MP_JSON_MESSAGE, body.data, body.len, MP_MAX_DOCUMENT, "a refusal",
	    &json, NULL) == MCPASS_OK) {
		text = mp_reason_find(json);
	} else if (mp_media_type_is(content_type, "text/plain")) {
		rc = mp_set_span(&plain, body, err);
		text = plain;
	}
	if (!rc && text != NULL)
		rc = take(text, ret_reason, err);
	json_decref(json);
	free(plain);
	return rc;
}
