#include "cli/args.h"
#include <string.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "wire/json/utf8.h"

/* The object that grows, in both forms. */
struct both {
	json_t *object;
	struct mp_buf text;             /* "{..." without the end */
};

/* The JSON is the person's own: a protocol error would blame a server. */
static enum mcpass_rc parse_typed(const char *name, const char *text, size_t len,
    json_t **ret_json, struct mcpass_error *err)
{
	struct mcpass_error inner = { 0 };
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_REQUEST, text, len, MP_MAX_MESSAGE, name,
	    ret_json, &inner);

	if (rc == MCPASS_E_PROTOCOL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s", inner.detail);
		mp_hint(err, "key=value gives a string, key:=value gives JSON: count:=3,"
		    " list:='[\"a\"]'");
	} else if (rc) {                /* too long or too deep is no server's fault, either */
		rc = mp_fail(err, rc == MCPASS_E_LIMIT ? MCPASS_E_USAGE : rc, inner.spec, "%s", inner.detail);
	}
	return rc;
}

static enum mcpass_rc make_string(const char *name, const char *text, size_t len,
    json_t **ret_json, struct mcpass_error *err)
{
	json_t *json;

	if (!mp_utf8_valid(text, len))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s: not UTF-8 text", name);
	json = json_stringn(text, len);
	if (json == NULL)
		return mp_nomem(err);
	*ret_json = json;
	return MCPASS_OK;
}

/* Adds "NAME": to the text, or the text of value. */
static enum mcpass_rc add_json(struct mp_buf *text, const json_t *value, struct mcpass_error *err)
{
	char *dump = mp_json_dump(value);

	if (dump == NULL)
		return mp_nomem(err);
	mp_buf_adds(text, dump);
	mp_free_wiped(dump);
	return MCPASS_OK;
}

static enum mcpass_rc add_name(struct both *both, const char *name, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc = make_string("the name", name, strlen(name), &json, err);

	if (!rc && both->text.len > 1)
		mp_buf_addc(&both->text, ',');
	if (!rc)
		rc = add_json(&both->text, json, err);
	mp_buf_addc(&both->text, ':');
	json_decref(json);
	return rc;
}

/* Steals value. */
static enum mcpass_rc put(struct both *both, const char *name, json_t *value,
    struct mcpass_error *err)
{
	if (json_object_get(both->object, name) != NULL) {
		json_decref(value);
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the argument %s is given twice", name);
	}
	return json_object_set_new(both->object, name, value) == 0 ? MCPASS_OK : mp_nomem(err);
}

/* One value: a string, or JSON, whose text stays as it is. */
static enum mcpass_rc put_value(struct both *both, const char *name, struct mp_span text,
    bool is_json, struct mcpass_error *err)
{
	json_t *value = NULL;
	enum mcpass_rc rc = is_json ? parse_typed(name, text.data, text.len, &value, err)
	    : make_string(name, text.data, text.len, &value, err);

	if (!rc)
		rc = put(both, name, value, err);       /* which keeps it for us */
	if (!rc)
		rc = add_name(both, name, err);
	if (!rc && is_json)
		mp_buf_add(&both->text, text.data, text.len);
	else if (!rc)
		rc = add_json(&both->text, value, err);
	return rc;
}

static enum mcpass_rc read_value(struct both *both, const char *name, const char *text,
    bool is_json, struct mcpass_error *err)
{
	char *from_file = NULL;
	size_t len = strlen(text);
	enum mcpass_rc rc = MCPASS_OK;

	if (text[0] == '@') {
		rc = mp_read_file(text + 1, MP_MAX_MESSAGE, &from_file, &len, err);
		if (rc)
			return rc;
		text = from_file;
	}
	rc = put_value(both, name, (struct mp_span){ text, len }, is_json, err);
	mp_free_wiped(from_file);
	return rc;
}

static enum mcpass_rc add_members(struct both *both, const char *text, struct mcpass_error *err)
{
	json_t *more = NULL, *value;
	const char *name;
	enum mcpass_rc rc = parse_typed("the argument", text, strlen(text), &more, err);

	json_object_foreach (more, name, value)
		if (!rc)
			rc = put(both, name, json_incref(value), err);
	if (!rc && json_object_size(more) > 0) {
		mp_buf_adds(&both->text, both->text.len > 1 ? "," : "");
		/* What stands between the braces; only white space is outside them. */
		mp_buf_add(&both->text, text + 1, (size_t)(strrchr(text, '}') - text - 1));
	}
	json_decref(more);
	return rc;
}

static enum mcpass_rc add(struct both *both, const char *arg, struct mcpass_error *err)
{
	const char *equals = strchr(arg, '=');
	bool is_json = equals != NULL && equals > arg && equals[-1] == ':';
	size_t len = equals != NULL ? (size_t)(equals - arg) - is_json : 0;
	char *name;
	enum mcpass_rc rc;

	if (arg[0] == '{')
		return add_members(both, arg, err);
	if (len == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "not an argument of a tool: %s", arg);
		mp_hint(err, "key=text, key:=json, key=@file, key:=@file or '{\"key\": 1}'");
		return rc;
	}
	if (!mp_utf8_valid(arg, len))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "an argument's name is not UTF-8 text");
	name = mp_dup_span((struct mp_span){ arg, len });
	if (name == NULL)
		return mp_nomem(err);
	rc = read_value(both, name, equals + 1, is_json, err);
	mp_free_wiped(name);
	return rc;
}

enum mcpass_rc mp_args_parse(char *const *args, size_t count, json_t **ret_object,
    char **ret_text, struct mcpass_error *err)
{
	struct both both = { .object = json_object() };
	enum mcpass_rc rc = both.object == NULL ? mp_nomem(err) : MCPASS_OK;

	mp_buf_init(&both.text, MP_MAX_MESSAGE);
	mp_buf_addc(&both.text, '{');
	for (size_t i = 0; i < count && !rc; i++) {
		rc = mp_buf_check(&both.text, "the arguments", err);
		if (!rc)
			rc = add(&both, args[i], err);
	}
	mp_buf_addc(&both.text, '}');
	if (!rc)
		rc = mp_buf_check(&both.text, "the arguments", err);
	if (!rc && ret_text != NULL)
		rc = mp_buf_take(&both.text, "the arguments", ret_text, err);
	mp_buf_free(&both.text);
	if (rc)
		json_decref(both.object);
	else
		*ret_object = both.object;
	return mp_doing(err, rc, "reading the arguments");
}

enum mcpass_rc mp_args_params(const char *key, const char *value, const char *arguments,
    char **ret_params, struct mcpass_error *err)
{
	json_t *text = NULL;
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	mp_buf_addf(&buf, "{\"%s\":", key);
	rc = make_string(key, value, strlen(value), &text, err);
	if (!rc)
		rc = add_json(&buf, text, err);
	json_decref(text);
	if (arguments != NULL)
		mp_buf_addf(&buf, ",\"arguments\":%s", arguments);
	mp_buf_addc(&buf, '}');
	if (!rc)
		rc = mp_buf_take(&buf, "the request", ret_params, err);
	mp_buf_free(&buf);
	return rc;
}
