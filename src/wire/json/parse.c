/* The parser.  The values are jansson's; the scanner is ours, because jansson's ignores
 * an allocation that fails inside a token: it goes on with a byte missing. */
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/bytes.h"
#include "wire/json/json.h"
#include "wire/json/scan.h"

#define BOM "\xef\xbb\xbf"

/* A tree that grows: what is open, outermost first.  Not a recursion, so that the depth of a
 * message costs a pointer and not a piece of the program's stack. */
/* Before the name of a member that was given twice: no document has such a name for one of its own. */
#define TWICE "\x1f"

struct tree {
	struct mp_scan scan;
	unsigned rules;
	json_t *root;
	json_t *open[MP_MAX_MESSAGE_DEPTH];
	size_t depth, most;
	struct mp_buf name;     /* of the member whose value comes next */
	const char *name_end;
};

#define SURE_DIGITS 19          /* less than so many are no more than 64 bits */

static json_int_t short_integer(const char *at, const char *end)
{
	bool is_negative = *at == '-';
	json_int_t integer = 0;

	for (at += is_negative; at < end; at++)
		integer = integer * 10 + (*at - '0');
	return is_negative ? -integer : integer;
}

/* An integer beyond 64 bits becomes a real, as every JavaScript peer reads it. */
static enum mcpass_rc scan_number(struct mp_scan *scan, json_t **ret_json)
{
	const char *first = scan->at;
	enum mcpass_rc rc;
	bool is_integer;
	long long integer;
	double real;

	if (!mp_scan_number(scan, &is_integer))
		return mp_scan_refuse(scan, "RFC 8259 6", "a malformed number");
	if (is_integer && scan->at - first < SURE_DIGITS) {
		*ret_json = json_integer(short_integer(first, scan->at));
		return MCPASS_OK;
	}
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
	if (!isfinite(real) && !scan->mend)
		return mp_scan_refuse(scan, "RFC 7493 2.2", "a number too large");
	if (!isfinite(real))
		real = real > 0 ? DBL_MAX : -DBL_MAX;
	*ret_json = json_real(real);
	return MCPASS_OK;
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

/* From behind the opening quote.  Most strings are what they look like. */
static enum mcpass_rc scan_string(struct mp_scan *scan, json_t **ret_json)
{
	const char *text = scan->at;
	size_t len = mp_bytes_plain(text, (size_t)(scan->end - text));
	enum mcpass_rc rc;

	if (text + len < scan->end && text[len] == '"' && mp_bytes_ascii(text, len) == len) {
		scan->at = text + len + 1;
		*ret_json = json_stringn_nocheck(text, len);
		return MCPASS_OK;
	}
	rc = mp_scan_text(scan);
	if (!rc)
		*ret_json = json_stringn_nocheck(scan->text.data, scan->text.len);
	return rc;
}

/* A value that holds no others, or the front of one that does. */
static enum mcpass_rc scan_value(struct tree *tree, json_t **ret_json)
{
	struct mp_scan *scan = &tree->scan;
	json_t *json = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (++scan->values > MP_MAX_JSON_VALUES)
		return mp_fail(scan->err, MCPASS_E_LIMIT, NULL, "%s has more than %zu values",
		    scan->what, MP_MAX_JSON_VALUES);
	scan->mend = (tree->rules & MP_JSON_MEND) != 0;
	mp_scan_skip_space(scan);
	if (mp_scan_take(scan, '{'))
		json = json_object();
	else if (mp_scan_take(scan, '['))
		json = json_array();
	else if (mp_scan_take(scan, '"'))
		rc = scan_string(scan, &json);
	else if (mp_scan_at_number(scan))
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

/* Names may become one when they are mended. */
static bool is_mending_names(const struct tree *tree)
{
	return (tree->rules & (MP_JSON_LAST | MP_JSON_NEITHER)) != 0;
}

/* The name of a member and its colon; spec: RFC 8259 4 */
static enum mcpass_rc scan_name(struct tree *tree)
{
	struct mp_scan *scan = &tree->scan;
	struct mp_buf before = tree->name;
	enum mcpass_rc rc;

	mp_scan_skip_space(scan);
	if (!mp_scan_take(scan, '"'))
		return mp_scan_refuse(scan, "RFC 8259 4", "no member name");
	scan->mend = is_mending_names(tree);
	rc = mp_scan_text(scan);
	if (rc)
		return rc;
	tree->name = scan->text;        /* the room is used in turn */
	scan->text = before;
	tree->name_end = scan->at;
	mp_scan_skip_space(scan);
	return mp_scan_take(scan, ':') ? MCPASS_OK : mp_scan_refuse(scan, "RFC 8259 4", "no ':'");
}

/* Of two members of one name that differ neither counts; the later one, which may not be whole
 * yet, stays under a name that tells mp_json_why_absent() so. */
static int set_twice(json_t *object, const char *name, json_t *json)
{
	struct mp_buf twice;
	int failed = json_object_set_new_nocheck(object, name, json_null());

	mp_buf_init(&twice, strlen(name) + strlen(TWICE) + 1);
	mp_buf_addf(&twice, TWICE "%s", name);
	if (twice.failed)
		json_decref(json);
	else
		failed |= json_object_set_new_nocheck(object, mp_buf_text(&twice), json);
	failed |= twice.failed != MCPASS_OK;
	mp_buf_free(&twice);
	return failed;
}

const char *mp_json_why_absent(const json_t *object, const char *name)
{
	char twice[128];                /* names of ours are shorter */

	(void)snprintf(twice, sizeof(twice), TWICE "%s", name);
	return json_object_get(object, twice) != NULL ? "is given twice" : "is missing";
}

static int set_member(const struct tree *tree, json_t *object, json_t *json)
{
	const char *name = mp_buf_text(&tree->name);
	json_t *before = (tree->rules & MP_JSON_NEITHER) != 0 ? json_object_get(object, name) : NULL;

	if (before == NULL || (json_is_string(json) && json_equal(before, json)))
		return json_object_set_new_nocheck(object, name, json);
	return set_twice(object, name, json);
}

static enum mcpass_rc attach_member(struct tree *tree, json_t *object, json_t *json)
{
	size_t count = json_object_size(object);

	if (set_member(tree, object, json) != 0)
		return mp_nomem(tree->scan.err);
	if (json_object_size(object) > count || is_mending_names(tree))
		return MCPASS_OK;
	tree->scan.at = tree->name_end;         /* two readers, two meanings */
	return mp_scan_refuse(&tree->scan, "RFC 7493 2.3", "a member name given twice");
}

/* Gives the value to what is open, which owns it from here on. */
static enum mcpass_rc attach(struct tree *tree, json_t *json)
{
	json_t *parent = tree->depth > 0 ? tree->open[tree->depth - 1] : NULL;

	if (json_is_object(parent))
		return attach_member(tree, parent, json);
	if (parent == NULL)
		tree->root = json;
	else if (json_array_append_new(parent, json) != 0)
		return mp_nomem(tree->scan.err);
	return MCPASS_OK;
}

/* A member that is null is one that is absent. */
static void drop_nulls(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (object, next, name, value)
		if (json_is_null(value))
			(void)json_object_del(object, name);
}

/* Steps over the bracket that ends what is open innermost. */
static bool take_end(struct tree *tree)
{
	json_t *json = tree->open[tree->depth - 1];

	mp_scan_skip_space(&tree->scan);
	if (!mp_scan_take(&tree->scan, json_is_object(json) ? '}' : ']'))
		return false;
	if (json_is_object(json) && (tree->rules & MP_JSON_NULLS) == 0)
		drop_nulls(json);
	tree->depth--;
	return true;
}

static enum mcpass_rc begin_item(struct tree *tree)
{
	json_t *json = tree->open[tree->depth - 1];

	return json_is_object(json) ? scan_name(tree) : MCPASS_OK;
}

/* Behind a value: the next one's front, or the end of what is open. */
static enum mcpass_rc next_item(struct tree *tree)
{
	while (tree->depth > 0) {
		bool is_object = json_is_object(tree->open[tree->depth - 1]);

		mp_scan_skip_space(&tree->scan);
		if (mp_scan_take(&tree->scan, ','))
			return begin_item(tree);
		if (!take_end(tree))
			return mp_scan_refuse(&tree->scan, is_object ? "RFC 8259 4" : "RFC 8259 5",
			    is_object ? "no ',' or '}'" : "no ',' or ']'");
	}
	return MCPASS_OK;
}

static enum mcpass_rc take_value(struct tree *tree)
{
	json_t *json = NULL;
	enum mcpass_rc rc = scan_value(tree, &json);

	if (!rc)
		rc = attach(tree, json);
	if (rc || (!json_is_object(json) && !json_is_array(json)))
		return rc ? rc : next_item(tree);
	if (tree->depth >= tree->most)
		return mp_fail(tree->scan.err, MCPASS_E_LIMIT, NULL,
		    "%s is nested deeper than %zu levels", tree->scan.what, tree->most);
	tree->open[tree->depth++] = json;
	return take_end(tree) ? next_item(tree) : begin_item(tree);
}

enum mcpass_rc mp_json_parse_by(unsigned rules, const char *data, size_t len, size_t max,
    const char *what, json_t **ret_json, struct mcpass_error *err)
{
	struct tree tree = { .rules = rules, .scan = { .begin = data, .at = data, .end = data + len,
		.what = what, .err = err } };
	struct mp_scan *scan = &tree.scan;
	enum mcpass_rc rc;

	if (len > max)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "%s is larger than %zu bytes", what, max);
	tree.most = (rules & MP_JSON_DEEP) != 0 ? MP_MAX_MESSAGE_DEPTH : MP_MAX_JSON_DEPTH;
	if ((rules & MP_JSON_MEND) != 0 && len >= strlen(BOM) && memcmp(data, BOM, strlen(BOM)) == 0)
		scan->at += strlen(BOM);
	/* A number grows where the locale's point is longer than one byte, and a byte that is
	 * no text becomes three. */
	mp_buf_init(&scan->text, 3 * len + 16);
	mp_buf_init(&tree.name, 3 * len + 16);
	do
		rc = take_value(&tree);
	while (!rc && tree.depth > 0);
	mp_scan_skip_space(scan);
	if (!rc && scan->at < scan->end && (rules & MP_JSON_PREFIX) == 0)
		rc = mp_scan_refuse(scan, "RFC 8259 2", "something after the value");
	mp_buf_free(&scan->text);
	mp_buf_free(&tree.name);
	if (rc) {
		json_decref(tree.root);
		if (len > 0 && data[0] == '<')
			mp_hint(err, "A web page came instead of JSON: check the URL.");
		return rc;
	}
	*ret_json = tree.root;
	return MCPASS_OK;
}

enum mcpass_rc mp_json_parse(const char *data, size_t len, size_t max, const char *what,
    json_t **ret_json, struct mcpass_error *err)
{
	return mp_json_parse_by(0, data, len, max, what, ret_json, err);
}
