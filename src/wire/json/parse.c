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
	char *name;             /* of the member whose value comes next; owned */
};

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
	else if (mp_scan_take(scan, '"')) {
		rc = mp_scan_text(scan);
		if (!rc)
			json = json_stringn_nocheck(scan->text.data, scan->text.len);
	} else if (mp_scan_at_number(scan))
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

/* The name of a member and its colon; spec: RFC 8259 4 */
static enum mcpass_rc scan_name(struct tree *tree, const json_t *object)
{
	struct mp_scan *scan = &tree->scan;
	enum mcpass_rc rc;

	mp_scan_skip_space(scan);
	if (!mp_scan_take(scan, '"'))
		return mp_scan_refuse(scan, "RFC 8259 4", "no member name");
	/* Two names may become one. */
	scan->mend = (tree->rules & (MP_JSON_LAST | MP_JSON_NEITHER)) != 0;
	rc = mp_scan_text(scan);
	if (!rc)
		rc = mp_buf_take(&scan->text, scan->what, &tree->name, scan->err);
	if (rc)
		return rc;
	/* Two readers, two meanings. */
	if ((tree->rules & (MP_JSON_LAST | MP_JSON_NEITHER)) == 0
	    && json_object_get(object, tree->name) != NULL)
		return mp_scan_refuse(scan, "RFC 7493 2.3", "a member name given twice");
	mp_scan_skip_space(scan);
	return mp_scan_take(scan, ':') ? MCPASS_OK : mp_scan_refuse(scan, "RFC 8259 4", "no ':'");
}

/* Of two members of one name that differ neither counts; the later one, which may not be whole
 * yet, stays under a name that tells mp_json_why_absent() so. */
static int settle_name(struct tree *tree, json_t *object, const json_t *json)
{
	json_t *before = (tree->rules & MP_JSON_NEITHER) != 0 ? json_object_get(object, tree->name) : NULL;
	struct mp_buf twice;
	int failed;

	if (before == NULL || (json_is_string(json) && json_equal(before, json)))
		return 0;
	failed = json_object_set_new_nocheck(object, tree->name, json_null());
	mp_buf_init(&twice, strlen(tree->name) + strlen(TWICE) + 1);
	mp_buf_addf(&twice, TWICE "%s", tree->name);
	free(tree->name);
	tree->name = NULL;
	return mp_buf_take(&twice, "a name", &tree->name, NULL) != MCPASS_OK || failed ? -1 : 0;
}

const char *mp_json_why_absent(const json_t *object, const char *name)
{
	char twice[128];                /* names of ours are shorter */

	(void)snprintf(twice, sizeof(twice), TWICE "%s", name);
	return json_object_get(object, twice) != NULL ? "is given twice" : "is missing";
}

/* Gives the value to what is open, which owns it from here on. */
static enum mcpass_rc attach(struct tree *tree, json_t *json)
{
	json_t *parent = tree->depth > 0 ? tree->open[tree->depth - 1] : NULL;
	int failed = 0;

	if (parent == NULL) {
		tree->root = json;
	} else if (json_is_object(parent)) {
		failed = settle_name(tree, parent, json);
		failed |= json_object_set_new_nocheck(parent, tree->name, json);
	} else {
		failed = json_array_append_new(parent, json);
	}
	free(tree->name);
	tree->name = NULL;
	return failed ? mp_nomem(tree->scan.err) : MCPASS_OK;
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

	return json_is_object(json) ? scan_name(tree, json) : MCPASS_OK;
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
	enum mcpass_rc rc;

	rc = scan_value(tree, &json);
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
	do
		rc = take_value(&tree);
	while (!rc && tree.depth > 0);
	mp_scan_skip_space(scan);
	if (!rc && scan->at < scan->end && (rules & MP_JSON_PREFIX) == 0)
		rc = mp_scan_refuse(scan, "RFC 8259 2", "something after the value");
	mp_buf_free(&scan->text);
	free(tree.name);
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
