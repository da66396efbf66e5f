/* The parser.  The values are jansson's; the scanner is ours, because jansson's ignores
 * an allocation that fails inside a token: it goes on with a byte missing. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json.h"
#include "wire/json_scan.h"

static enum mcpass_rc scan_value(struct mp_scan *scan, unsigned depth, json_t **ret_json);

enum mcpass_rc mp_scan_refuse(struct mp_scan *scan, const char *spec, const char *problem)
{
	return mp_fail(scan->err, MCPASS_E_PROTOCOL, spec, "%s is not JSON: %s at byte %zu",
	    scan->what, problem, (size_t)(scan->at - scan->begin));
}

static void skip_space(struct mp_scan *scan)
{
	while (mp_scan_take(scan, ' ') || mp_scan_take(scan, '\t') || mp_scan_take(scan, '\n')
	    || mp_scan_take(scan, '\r'))
		;
}

bool mp_scan_take(struct mp_scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static bool take_digits(struct mp_scan *scan)
{
	const char *first = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > first;
}

static bool starts_number(const struct mp_scan *scan)
{
	return scan->at < scan->end
	    && (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'));
}

/* Steps over a number; spec: RFC 8259 6 */
static bool take_number(struct mp_scan *scan, bool *ret_is_integer)
{
	*ret_is_integer = true;
	(void)mp_scan_take(scan, '-');
	if (!mp_scan_take(scan, '0') && !take_digits(scan))
		return false;
	if (mp_scan_take(scan, '.')) {
		*ret_is_integer = false;
		if (!take_digits(scan))
			return false;
	}
	if (mp_scan_take(scan, 'e') || mp_scan_take(scan, 'E')) {
		*ret_is_integer = false;
		if (!mp_scan_take(scan, '+'))
			(void)mp_scan_take(scan, '-');
		return take_digits(scan);
	}
	return true;
}

/* An integer beyond 64 bits becomes a real, as every JavaScript peer reads it. */
static enum mcpass_rc scan_number(struct mp_scan *scan, json_t **ret_json)
{
	const char *first = scan->at;
	enum mcpass_rc rc;
	bool is_integer;
	long long integer;
	double real;

	if (!take_number(scan, &is_integer))
		return mp_scan_refuse(scan, "RFC 8259 6", "a malformed number");
	mp_buf_clear(&scan->text);
	for (const char *c = first; c < scan->at; c++) {
		if (*c == '.')  /* strtod() wants the point of the program's locale */
			mp_buf_adds(&scan->text, localeconv()->decimal_point);
		else
			mp_buf_addc(&scan->text, *c);
	}
	rc = mp_buf_check(&scan->text, scan->what, scan->err);
	if (rc)
		return rc;
	errno = 0;
	integer = strtoll(mp_buf_text(&scan->text), NULL, 10);
	if (is_integer && errno == 0) {
		*ret_json = json_integer(integer);
		return MCPASS_OK;
	}
	real = strtod(mp_buf_text(&scan->text), NULL);
	if (!isfinite(real))
		return mp_scan_refuse(scan, "RFC 7493 2.2", "a number too large");
	*ret_json = json_real(real);
	return MCPASS_OK;
}

/* One "name": value; spec: RFC 8259 4 */
static enum mcpass_rc scan_member(struct mp_scan *scan, unsigned depth, json_t *object)
{
	json_t *value = NULL;
	char *name = NULL;
	enum mcpass_rc rc;

	skip_space(scan);
	if (!mp_scan_take(scan, '"'))
		return mp_scan_refuse(scan, "RFC 8259 4", "no member name");
	rc = mp_scan_text(scan);
	if (!rc)
		rc = mp_buf_take(&scan->text, scan->what, &name, scan->err);
	if (rc)
		return rc;
	if (json_object_get(object, name) != NULL) {    /* two readers, two meanings */
		rc = mp_scan_refuse(scan, "RFC 7493 2.3", "a member name given twice");
		goto out;
	}
	skip_space(scan);
	if (!mp_scan_take(scan, ':')) {
		rc = mp_scan_refuse(scan, "RFC 8259 4", "no ':'");
		goto out;
	}
	rc = scan_value(scan, depth, &value);
	if (!rc && json_object_set_new_nocheck(object, name, value) != 0)
		rc = mp_nomem(scan->err);
out:
	free(name);
	return rc;
}

static enum mcpass_rc scan_object(struct mp_scan *scan, unsigned depth, json_t *object)
{
	enum mcpass_rc rc;

	skip_space(scan);
	if (mp_scan_take(scan, '}'))
		return MCPASS_OK;
	do {
		rc = scan_member(scan, depth, object);
		skip_space(scan);
	} while (!rc && mp_scan_take(scan, ','));
	if (!rc && !mp_scan_take(scan, '}'))
		rc = mp_scan_refuse(scan, "RFC 8259 4", "no ',' or '}'");
	return rc;
}

static enum mcpass_rc scan_array(struct mp_scan *scan, unsigned depth, json_t *array)
{
	enum mcpass_rc rc;

	skip_space(scan);
	if (mp_scan_take(scan, ']'))
		return MCPASS_OK;
	do {
		json_t *item = NULL;

		rc = scan_value(scan, depth, &item);
		if (!rc && json_array_append_new(array, item) != 0)
			rc = mp_nomem(scan->err);
		skip_space(scan);
	} while (!rc && mp_scan_take(scan, ','));
	if (!rc && !mp_scan_take(scan, ']'))
		rc = mp_scan_refuse(scan, "RFC 8259 5", "no ',' or ']'");
	return rc;
}

/* An object or an array, from behind its opening bracket. */
static enum mcpass_rc scan_nested(struct mp_scan *scan, char bracket, unsigned depth,
    json_t **ret_json)
{
	json_t *json = bracket == '{' ? json_object() : json_array();
	enum mcpass_rc rc;

	if (json == NULL)
		return mp_nomem(scan->err);
	if (depth >= MP_MAX_JSON_DEPTH)
		rc = mp_fail(scan->err, MCPASS_E_LIMIT, NULL, "%s is nested deeper than %d levels",
		    scan->what, MP_MAX_JSON_DEPTH);
	else if (bracket == '{')
		rc = scan_object(scan, depth + 1, json);
	else
		rc = scan_array(scan, depth + 1, json);
	if (rc)
		json_decref(json);
	else
		*ret_json = json;
	return rc;
}

static enum mcpass_rc scan_literal(struct mp_scan *scan, json_t **ret_json)
{
	static const struct { const char *text; size_t len; json_t *(*make)(void); } rows[] = {
		{ "true", 4, json_true }, { "false", 5, json_false }, { "null", 4, json_null },
	};

	for (size_t i = 0; i < MP_COUNT(rows); i++) {
		if ((size_t)(scan->end - scan->at) < rows[i].len
		    || memcmp(scan->at, rows[i].text, rows[i].len) != 0)
			continue;
		scan->at += rows[i].len;
		*ret_json = rows[i].make();
		return MCPASS_OK;
	}
	return mp_scan_refuse(scan, "RFC 8259 3", "no value");
}

static enum mcpass_rc scan_value(struct mp_scan *scan, unsigned depth, json_t **ret_json)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	if (++scan->values > MP_MAX_JSON_VALUES)
		return mp_fail(scan->err, MCPASS_E_LIMIT, NULL, "%s has more than %zu values",
		    scan->what, MP_MAX_JSON_VALUES);
	skip_space(scan);
	if (mp_scan_take(scan, '{'))
		rc = scan_nested(scan, '{', depth, &json);
	else if (mp_scan_take(scan, '['))
		rc = scan_nested(scan, '[', depth, &json);
	else if (mp_scan_take(scan, '"')) {
		rc = mp_scan_text(scan);
		if (!rc)
			json = json_stringn_nocheck(scan->text.data, scan->text.len);
	} else if (starts_number(scan))
		rc = scan_number(scan, &json);
	else
		rc = scan_literal(scan, &json);
	if (rc)
		return rc;
	if (json == NULL)
		return mp_nomem(scan->err);
	*ret_json = json;
	return MCPASS_OK;
}

enum mcpass_rc mp_json_parse(const char *data, size_t len, size_t max, const char *what,
    json_t **ret_json, struct mcpass_error *err)
{
	struct mp_scan scan = { .begin = data, .at = data, .end = data + len, .what = what,
		.err = err };
	json_t *json = NULL;
	enum mcpass_rc rc;

	if (len > max)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "%s is larger than %zu bytes", what, max);
	/* A number grows where the locale's point is longer than one byte. */
	mp_buf_init(&scan.text, 2 * len + 16);
	rc = scan_value(&scan, 0, &json);
	skip_space(&scan);
	if (!rc && scan.at < scan.end)
		rc = mp_scan_refuse(&scan, "RFC 8259 2", "something after the value");
	mp_buf_free(&scan.text);
	if (rc) {
		json_decref(json);
		if (len > 0 && data[0] == '<')
			mp_hint(err, "A web page came instead of JSON: check the URL.");
		return rc;
	}
	*ret_json = json;
	return MCPASS_OK;
}
