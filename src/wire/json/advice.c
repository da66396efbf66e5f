#include "wire/json/advice.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

bool mp_json_is_clean(const json_t *json)
{
	const char *text = json_string_value(json);

	if (text == NULL)
		return false;
	for (size_t i = 0; i < json_string_length(json); i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static bool is_word(const json_t *json)
{
	return mp_json_is_clean(json) && json_string_length(json) > 0;
}

size_t mp_json_most(enum mp_field_type type)
{
	if (type == MP_FIELD_SCOPES)
		return MP_MAX_LISTED_SCOPES;
	return type == MP_FIELD_STRINGS ? MP_MAX_ITEMS : SIZE_MAX;
}

/* The items that can be read; a string that stands for a list is its only item. */
static enum mcpass_rc mend_list(const json_t *value, size_t most, json_t **ret_list,
    struct mcpass_error *err)
{
	json_t *list = json_array();
	bool good = list != NULL;

	if (good && is_word(value))
		good = json_array_append(list, (json_t *)value) == 0;
	for (size_t i = 0; good && i < json_array_size(value) && json_array_size(list) < most; i++) {
		json_t *item = json_array_get(value, i);

		if (is_word(item))
			good = json_array_append(list, item) == 0;
	}
	if (good && json_array_size(list) > 0)
		*ret_list = list;
	else
		json_decref(list);
	return good ? MCPASS_OK : mp_nomem(err);
}

/* A list where words with spaces between them are due: some servers send scopes so. */
static enum mcpass_rc mend_scope(const json_t *value, json_t **ret_scope,
    struct mcpass_error *err)
{
	struct mp_buf words = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (!is_word(item))
			continue;
		if (words.len > 0)
			mp_buf_addc(&words, ' ');
		mp_buf_add(&words, json_string_value(item), json_string_length(item));
	}
	rc = mp_buf_check(&words, "a scope", NULL);
	if (!rc && words.len > 0) {
		*ret_scope = json_stringn(mp_buf_text(&words), words.len);
		rc = *ret_scope == NULL ? MCPASS_E_NOMEM : MCPASS_OK;
	}
	mp_buf_free(&words);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

static json_t *mend_bool(const json_t *value)
{
	if (mp_eq(json_string_value(value), "true"))
		return json_true();
	return mp_eq(json_string_value(value), "false") ? json_false() : NULL;
}

static enum mcpass_rc mend_int(const json_t *value, json_t **ret_number,
    struct mcpass_error *err)
{
	const char *text = json_string_value(value);
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
		return MCPASS_OK;
	*ret_number = json_integer(strtoll(text, NULL, 10));
	return *ret_number != NULL ? MCPASS_OK : mp_nomem(err);
}

enum mcpass_rc mp_json_mend(enum mp_field_type type, const json_t *value, json_t **ret_meant,
    struct mcpass_error *err)
{
	switch (type) {
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return mend_list(value, mp_json_most(type), ret_meant, err);
	case MP_FIELD_SCOPE:
		return mend_scope(value, ret_meant, err);
	case MP_FIELD_BOOL:
		*ret_meant = mend_bool(value);
		return MCPASS_OK;
	case MP_FIELD_INT:
		return mend_int(value, ret_meant, err);
	case MP_FIELD_STRING:
	case MP_FIELD_SECRET:
	case MP_FIELD_URL:
	case MP_FIELD_OBJECT:
		break;
	}
	return MCPASS_OK;
}

struct mp_span mp_json_without_mark(const char *data, size_t len)
{
	size_t mark = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	return (struct mp_span){ data + mark, len - mark };
}
