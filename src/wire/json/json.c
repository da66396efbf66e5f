#include "wire/json/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/advice.h"
#include "wire/uri.h"
#include "wire/json/utf8.h"

json_t *mp_json_get(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

const char *mp_json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool mp_json_set_text(json_t *object, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static bool is_clean_list(const json_t *json)
{
	if (!json_is_array(json))
		return false;
	for (size_t i = 0; i < json_array_size(json); i++)
		if (!mp_json_is_clean(json_array_get(json, i)))
			return false;
	return true;
}

/* A whole number, or one with a fraction that is cut: a NumericDate may have one
 * (RFC 7519 2).  Beyond 2^53 a real no longer says which number it is. */
static bool is_number(const json_t *json)
{
	double real = json_real_value(json);

	return json_is_integer(json)
	    || (json_is_real(json) && real > -9007199254740992.0 && real < 9007199254740992.0);
}

static enum mcpass_rc wrong_type(const struct mp_field *field, const char *wanted,
    struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, field->spec, "%s is not %s", field->name, wanted);
}

static enum mcpass_rc check_url(const struct mp_field *field, const json_t *value,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (!mp_json_is_clean(value))
		return wrong_type(field, "a URL", err);
	rc = mp_uri_parse(json_string_value(value), &uri, &why);
	if (rc == MCPASS_E_USAGE)               /* written by the peer, so its fault */
		rc = MCPASS_E_PROTOCOL;
	if (rc)
		return mp_fail(err, rc, field->spec, "%s: %s", field->name, why.detail);
	return MCPASS_OK;
}

static enum mcpass_rc check_value(const struct mp_field *field, const json_t *value,
    struct mcpass_error *err)
{
	switch (field->type) {
	case MP_FIELD_STRING:
	case MP_FIELD_SECRET:
	case MP_FIELD_SCOPE:
		return mp_json_is_clean(value) ? MCPASS_OK
		    : wrong_type(field, "a string without control characters", err);
	case MP_FIELD_URL:
		return check_url(field, value, err);
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return is_clean_list(value) ? MCPASS_OK
		    : wrong_type(field, "a list of strings without control characters", err);
	case MP_FIELD_BOOL:
		return json_is_boolean(value) ? MCPASS_OK : wrong_type(field, "true or false", err);
	case MP_FIELD_INT:
		return is_number(value) ? MCPASS_OK : wrong_type(field, "a number", err);
	case MP_FIELD_OBJECT:
		return json_is_object(value) ? MCPASS_OK : wrong_type(field, "an object", err);
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "field %s has no type", field->name);
}

static struct mp_span span_of(const json_t *string)
{
	return (struct mp_span){ json_string_value(string), json_string_length(string) };
}

static bool is_of_another(const struct mp_field *field)
{
	return (field->flags & (MP_ADVISES | MP_DECIDES)) != 0;
}

static enum mcpass_rc fill_strings(const struct mp_field *field, struct mp_strings *list,
    const json_t *array, struct mcpass_error *err)
{
	size_t most = mp_json_most(field->type);
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < json_array_size(array); i++) {
		struct mp_span item = span_of(json_array_get(array, i));

		if (item.len > 0 || !is_of_another(field))
			rc = mp_strings_add_upto(list, item, most, err);
	}
	return rc;
}

/* Fills a slot with a value that passed check_value(). */
static enum mcpass_rc fill(const struct mp_field *field, json_t *value, void *slot,
    struct mcpass_error *err)
{
	switch (field->type) {
	case MP_FIELD_STRING:
	case MP_FIELD_URL:
	case MP_FIELD_SCOPE:
		return mp_set_span(slot, span_of(value), err);
	case MP_FIELD_SECRET:
		return mp_secret_set_span(slot, span_of(value), err);
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return fill_strings(field, slot, value, err);
	case MP_FIELD_BOOL:
		*(bool *)slot = json_is_true(value);
		return MCPASS_OK;
	case MP_FIELD_INT:
		*(int64_t *)slot = json_is_integer(value) ? json_integer_value(value)
		    : (int64_t)json_real_value(value);
		return MCPASS_OK;
	case MP_FIELD_OBJECT:
		*(json_t **)slot = json_incref(value);
		return MCPASS_OK;
	}
	return MCPASS_OK;
}

static enum mcpass_rc tell(struct mp_strings *odd, const char *what, const char *then,
    struct mcpass_error *err)
{
	char text[sizeof(((struct mcpass_error *)NULL)->detail) + 64];

	if (odd == NULL)
		return MCPASS_OK;
	(void)snprintf(text, sizeof(text), "%s: %s", what, then);
	return mp_strings_add_text(odd, text, err);
}

/* A value that is not as its clause has it, of a member that only advises. */
static enum mcpass_rc read_odd(const struct mp_field *field, const json_t *value, void *slot,
    const char *what, struct mp_strings *odd, struct mcpass_error *err)
{
	json_t *meant = NULL;
	enum mcpass_rc rc = mp_json_mend(field->type, value, &meant, err);

	if (!rc)
		rc = tell(odd, what, meant != NULL ? "read as far as it can be" : "left out", err);
	if (!rc && meant != NULL)
		rc = fill(field, meant, slot, err);
	json_decref(meant);
	return rc;
}

static enum mcpass_rc read_value(const struct mp_field *field, json_t *value, void *slot,
    struct mp_strings *odd, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	size_t most = mp_json_most(field->type);

	if ((field->flags & MP_ADVISES) == 0) {
		enum mcpass_rc rc = check_value(field, value, err);

		return rc ? rc : fill(field, value, slot, err);
	}
	if (check_value(field, value, &why))
		return read_odd(field, value, slot, why.detail, odd, err);
	if (json_array_size(value) <= most)
		return fill(field, value, slot, err);
	(void)mp_fail(&why, MCPASS_E_LIMIT, NULL, "%s has %zu items, more than %zu", field->name,
	    json_array_size(value), most);
	return read_odd(field, value, slot, why.detail, odd, err);
}

static bool says_something(const json_t *value)
{
	return value != NULL && !json_is_null(value)
	    && !(json_is_string(value) && json_string_length(value) == 0);
}

bool mp_json_is_given(const json_t *object, const char *name)
{
	return says_something(json_object_get(object, name));
}

static bool is_absent(const struct mp_field *field, const json_t *value)
{
	return is_of_another(field) ? !says_something(value) : value == NULL || json_is_null(value);
}

static enum mcpass_rc read_field(const json_t *object, const struct mp_field *field,
    void *slot, struct mp_strings *odd, struct mcpass_error *err)
{
	json_t *value = json_object_get(object, field->name);
	bool is_required = (field->flags & MP_REQUIRED) != 0;
	const char *why;
	char text[128];

	if (!is_absent(field, value))
		return read_value(field, value, slot, odd, err);
	if (!is_required && odd == NULL)
		return MCPASS_OK;
	why = mp_json_why_absent(object, field->name);
	if (is_required)
		return mp_fail(err, MCPASS_E_PROTOCOL, field->spec, "%s %s", field->name, why);
	if (strcmp(why, "is missing") == 0)
		return MCPASS_OK;
	(void)snprintf(text, sizeof(text), "%s %s", field->name, why);
	return tell(odd, text, "left out", err);
}

enum mcpass_rc mp_json_take(const json_t *object, const struct mp_field *fields,
    size_t count, void *ret_struct, struct mp_strings *odd, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (!json_is_object(object))
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the document is not a JSON object");
	for (size_t i = 0; !rc && i < count; i++)
		rc = read_field(object, &fields[i], (char *)ret_struct + fields[i].offset, odd, err);
	if (rc)
		mp_json_release(fields, count, ret_struct);
	return rc;
}

enum mcpass_rc mp_json_read(const json_t *object, const struct mp_field *fields,
    size_t count, void *ret_struct, struct mcpass_error *err)
{
	return mp_json_take(object, fields, count, ret_struct, NULL, err);
}

void mp_json_release(const struct mp_field *fields, size_t count, void *filled)
{
	for (size_t i = 0; i < count; i++) {
		void *slot = (char *)filled + fields[i].offset;

		switch (fields[i].type) {
		case MP_FIELD_STRING:
		case MP_FIELD_URL:
		case MP_FIELD_SCOPE:
			free(*(char **)slot);
			*(char **)slot = NULL;
			break;
		case MP_FIELD_SECRET:
			mp_secret_free(slot);
			break;
		case MP_FIELD_STRINGS:
		case MP_FIELD_SCOPES:
			mp_strings_free(slot);
			break;
		case MP_FIELD_BOOL:
			*(bool *)slot = false;
			break;
		case MP_FIELD_INT:
			*(int64_t *)slot = 0;
			break;
		case MP_FIELD_OBJECT:
			json_decref(*(json_t **)slot);
			*(json_t **)slot = NULL;
			break;
		}
	}
}

static json_t *list_to_json(const struct mp_strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < list->count; i++) {
		if (json_array_append_new(array, json_string(list->items[i])) != 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

/* True when the slot holds something to write. */
static bool is_present(enum mp_field_type type, const void *slot)
{
	switch (type) {
	case MP_FIELD_STRING:
	case MP_FIELD_URL:
	case MP_FIELD_SCOPE:
		return *(char *const *)slot != NULL;
	case MP_FIELD_SECRET:
		return mp_secret_present(slot);
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return ((const struct mp_strings *)slot)->count > 0;
	case MP_FIELD_BOOL:
		return *(const bool *)slot;
	case MP_FIELD_INT:
		return *(const int64_t *)slot != 0;
	case MP_FIELD_OBJECT:
		return *(json_t *const *)slot != NULL;
	}
	return false;
}

static size_t slot_size(enum mp_field_type type)
{
	switch (type) {
	case MP_FIELD_SECRET:
		return sizeof(struct mp_secret);
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return sizeof(struct mp_strings);
	case MP_FIELD_BOOL:
		return sizeof(bool);
	case MP_FIELD_INT:
		return sizeof(int64_t);
	case MP_FIELD_STRING:
	case MP_FIELD_URL:
	case MP_FIELD_SCOPE:
	case MP_FIELD_OBJECT:
		break;
	}
	return sizeof(void *);
}

void mp_json_complete(const struct mp_field *fields, size_t count, void *filled, void *more)
{
	for (size_t i = 0; i < count; i++) {
		void *slot = (char *)filled + fields[i].offset, *from = (char *)more + fields[i].offset;
		size_t size = slot_size(fields[i].type);

		if (is_present(fields[i].type, slot) || !is_present(fields[i].type, from))
			continue;
		memcpy(slot, from, size);
		memset(from, 0, size);
	}
}

/* A new reference, or NULL. */
static json_t *to_json(enum mp_field_type type, const void *slot)
{
	switch (type) {
	case MP_FIELD_STRING:
	case MP_FIELD_URL:
	case MP_FIELD_SCOPE:
		return json_string(*(char *const *)slot);
	case MP_FIELD_SECRET:
		return json_string(mp_secret_reveal(slot));
	case MP_FIELD_STRINGS:
	case MP_FIELD_SCOPES:
		return list_to_json(slot);
	case MP_FIELD_BOOL:
		return json_true();
	case MP_FIELD_INT:
		return json_integer(*(const int64_t *)slot);
	case MP_FIELD_OBJECT:
		return json_incref(*(json_t *const *)slot);
	}
	return NULL;
}

/* Why there is no value: out of memory, or a person typed what is no text. */
static enum mcpass_rc not_written(const struct mp_field *field, const void *slot,
    struct mcpass_error *err)
{
	const char *text = NULL;

	if (field->type == MP_FIELD_STRING || field->type == MP_FIELD_URL
	    || field->type == MP_FIELD_SCOPE)
		text = *(char *const *)slot;
	else if (field->type == MP_FIELD_SECRET)
		text = mp_secret_reveal(slot);
	if (text != NULL && !mp_utf8_valid(text, strlen(text)))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 8259 8.1", "%s is not UTF-8", field->name);
	return mp_nomem(err);
}

enum mcpass_rc mp_json_write(json_t *object, const struct mp_field *fields, size_t count,
    const void *filled, struct mcpass_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const void *slot = (const char *)filled + fields[i].offset;

		if (is_present(fields[i].type, slot) && json_object_set_new(object,
		    fields[i].name, to_json(fields[i].type, slot)) != 0)
			return not_written(&fields[i], slot, err);
	}
	return MCPASS_OK;
}

static int add_bytes(const char *bytes, size_t len, void *buf)
{
	mp_buf_add(buf, bytes, len);
	return ((struct mp_buf *)buf)->failed ? -1 : 0;
}

/* Not json_dumps(): it leaves copies of the text, which may hold secrets, on the heap,
 * and its block belongs to whatever allocator the program gave jansson. */
char *mp_json_dump(const json_t *json)
{
	struct mp_buf buf = MP_BUF(2 * MP_MAX_MESSAGE);
	char *text = NULL;

	if (json_dump_callback(json, add_bytes, &buf, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		(void)mp_buf_take(&buf, "JSON", &text, NULL);
	mp_buf_free(&buf);
	return text;
}

enum mcpass_rc mp_json_end(json_t *json, enum mcpass_rc rc, char **ret_text,
    struct mcpass_error *err)
{
	char *text = rc || json == NULL ? NULL : mp_json_dump(json);

	json_decref(json);
	if (rc)
		return rc;
	if (text == NULL)
		return mp_nomem(err);
	*ret_text = text;
	return MCPASS_OK;
}
