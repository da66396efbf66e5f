#include "bridge/splice.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/json.h"
#include "wire/json/raw.h"

enum mcpass_rc mp_splice(struct mp_span object, const struct mp_change *changes, size_t count,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_member members[MP_MAX_CHANGES];
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER + MP_MAX_DOCUMENT);

	for (size_t i = 0; i < count; i++)
		members[i] = (struct mp_member){ changes[i].name, { changes[i].json,
			changes[i].json != NULL ? strlen(changes[i].json) : 0 } };
	if (object.data == NULL)
		object = (struct mp_span){ "{}", 2 };
	mp_buf_reserve(&buf, object.len + 64);
	mp_raw_put(&buf, object, members, count);
	return mp_buf_take(&buf, "a message", ret_text, err);
}

enum mcpass_rc mp_splice_meta(struct mp_span object, const struct mp_change *changes, size_t count,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_span old = { NULL, 0 };
	struct mp_change change = { "_meta", NULL };
	char *meta = NULL;
	enum mcpass_rc rc;

	if (object.data != NULL)
		old = mp_raw_value(object, "_meta");
	if (old.len == 0 || old.data[0] != '{')
		old = (struct mp_span){ NULL, 0 };
	rc = mp_splice(old, changes, count, &meta, err);
	if (meta != NULL && strcmp(meta, "{}") != 0)
		change.json = meta;
	if (!rc)
		rc = mp_splice(object, &change, 1, ret_text, err);
	free(meta);
	return rc;
}

void mp_splice_string(struct mp_buf *buf, const char *text)
{
	json_t *string = json_string(text);
	char *json = string != NULL ? mp_json_dump(string) : NULL;

	if (json != NULL)
		mp_buf_adds(buf, json);
	else if (buf->failed == MCPASS_OK)
		buf->failed = MCPASS_E_NOMEM;
	free(json);
	json_decref(string);
}

enum mcpass_rc mp_splice_text(struct mp_span json, char **ret_text, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);

	*ret_text = NULL;
	if (json.data != NULL && mp_raw_text(&buf, json))
		rc = mp_buf_take(&buf, "a text", ret_text, err);
	mp_buf_free(&buf);
	return rc;
}
