#include "cli/hosts/json_edit.h"
#include <string.h>

/* What is between tokens: white space, and comments of both kinds. */
static const char *skip_gap(const char *at, const char *end)
{
	while (at < end) {
		if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
			at++;
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
			while (at < end && *at != '\n')
				at++;
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
			for (at += 2; at < end && !(at[0] == '*' && end - at >= 2 && at[1] == '/'); at++)
				continue;
			at = end - at >= 2 ? at + 2 : end;
		} else {
			break;
		}
	}
	return at;
}

/* Behind the string; NULL: it does not end. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : NULL;
}

/* Behind the value; NULL: it does not end. */
static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		at = skip_gap(at, end);
		if (at == end)
			return NULL;
		if (*at == '"') {
			at = skip_string(at, end);
			if (at == NULL)
				return NULL;
		} else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			if (depth-- == 0)
				return NULL;
			at++;
		} else if (*at == ',' || *at == ':') {
			if (depth == 0)
				return NULL;
			at++;
		} else {
			while (at < end && strchr(",:]}[{\"/ \t\r\n", *at) == NULL)
				at++;
		}
	} while (depth > 0);
	return at;
}

/* An object and, if it has it, the member that was looked for. */
struct object {
	const char *begin, *close;      /* its braces */
	const char *first;              /* its first key; NULL: it is empty */
	const char *last_end;           /* behind its last value; NULL: it is empty */
	bool has_comma;                 /* behind that */
	const char *key, *value, *value_end;    /* the member; NULL: it is not there */
	const char *before_end;         /* behind the value before it; NULL: it is the first */
	const char *next;               /* the key after it; NULL: it is the last */
};

static enum mcpass_rc wrong(const char *what, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s", what);
}

static bool is_key(const char *key, const char *end, const char *name)
{
	size_t len = (size_t)(end - key);

	return len == strlen(name) + 2 && memcmp(key + 1, name, len - 2) == 0;
}

/* One member; *at is behind its value and the comma. */
static bool next_member(const char **at, const char *end, struct object *o, const char *name)
{
	const char *key = skip_gap(*at, end), *key_end, *value, *value_end;

	if (key == end || *key != '"' || (key_end = skip_string(key, end)) == NULL)
		return false;
	value = skip_gap(key_end, end);
	if (value == end || *value != ':')
		return false;
	value = skip_gap(value + 1, end);
	value_end = skip_value(value, end);
	if (value_end == NULL)
		return false;
	if (o->first == NULL)
		o->first = key;
	if (o->key != NULL && o->next == NULL)
		o->next = key;
	if (is_key(key, key_end, name)) {
		o->before_end = o->last_end;
		o->key = key;
		o->value = value;
		o->value_end = value_end;
		o->next = NULL;
	}
	o->last_end = value_end;
	*at = skip_gap(value_end, end);
	o->has_comma = *at < end && **at == ',';
	if (o->has_comma)
		(*at)++;
	return true;
}

static enum mcpass_rc read_object(const char *at, const char *end, const char *name,
    struct object *o, struct mcpass_error *err)
{
	*o = (struct object){ .begin = at };
	if (at == end || *at != '{') {
		(void)wrong("an object is expected, and there is none", err);
		return MCPASS_E_USAGE;
	}
	at++;
	for (;;) {
		const char *token = skip_gap(at, end);

		if (token < end && *token == '}') {
			o->close = token;
			return MCPASS_OK;
		}
		if (token == end || (o->last_end != NULL && !o->has_comma)
		    || !next_member(&at, end, o, name)) {
			(void)wrong("it is not JSON", err);
			return MCPASS_E_USAGE;
		}
	}
}

static enum mcpass_rc read_both(struct mp_span text, const char *container, const char *name,
    struct object *root, struct object *inner, struct mcpass_error *err)
{
	const char *end = text.data + text.len, *at = skip_gap(text.data, end);
	enum mcpass_rc rc;

	*inner = (struct object){ 0 };
	rc = read_object(at, end, container, root, err);
	if (!rc && skip_gap(root->close + 1, end) != end)
		rc = wrong("something follows its last brace", err);
	if (!rc && root->key != NULL)
		rc = read_object(root->value, end, name, inner, err);
	return rc;
}

/* --- the way it is written --- */

/* The white space at the beginning of the line in which at stands. */
static struct mp_span indent_of(struct mp_span text, const char *at)
{
	const char *line = at, *end;

	while (line > text.data && line[-1] != '\n')
		line--;
	for (end = line; end < at && (*end == ' ' || *end == '\t'); end++)
		continue;
	return (struct mp_span){ line, (size_t)(end - line) };
}

/* One level of it, as the outermost members have it. */
static struct mp_span unit_of(struct mp_span text, const struct object *root)
{
	struct mp_span unit = { "  ", 2 }, found;

	if (root->first == NULL)
		return unit;
	found = indent_of(text, root->first);
	return found.len > 0 && found.data + found.len == root->first ? found : unit;
}

static const char *line_end_of(struct mp_span text)
{
	const char *newline = memchr(text.data, '\n', text.len);

	return newline != NULL && newline > text.data && newline[-1] == '\r' ? "\r\n" : "\n";
}

struct style {
	struct mp_span unit;
	const char *line_end;
};

/* json, whose lines are indented by two spaces a level, as the file has it. */
static void add_json(struct mp_buf *buf, const struct style *style, struct mp_span indent,
    const char *json)
{
	for (const char *line = json; *line != '\0';) {
		size_t len = strcspn(line, "\n"), spaces = strspn(line, " ");

		if (line != json) {
			mp_buf_adds(buf, style->line_end);
			mp_buf_add(buf, indent.data, indent.len);
			for (size_t i = 0; i + 1 < spaces; i += 2)
				mp_buf_add(buf, style->unit.data, style->unit.len);
			line += spaces;
			len -= spaces;
		}
		mp_buf_add(buf, line, len);
		line += len + (line[len] == '\n');
	}
}

static void add_member(struct mp_buf *buf, const struct style *style, struct mp_span indent,
    const char *name, const char *json)
{
	mp_buf_adds(buf, style->line_end);
	mp_buf_add(buf, indent.data, indent.len);
	mp_buf_addf(buf, "\"%s\": ", name);
	add_json(buf, style, indent, json);
}

static void add_range(struct mp_buf *buf, const char *begin, const char *end)
{
	mp_buf_add(buf, begin, (size_t)(end - begin));
}

/* Behind what belongs to the line: blanks, and a comment that ends with it. */
static const char *line_rest(const char *at, const char *end)
{
	const char *rest = at;

	while (rest < end && (*rest == ' ' || *rest == '\t'))
		rest++;
	if (end - rest >= 2 && rest[0] == '/' && rest[1] == '/')
		while (rest < end && *rest != '\n' && *rest != '\r')
			rest++;
	return rest < end && (*rest == '\n' || *rest == '\r') ? rest : at;
}

/* At the end of the object, behind its last member. */
static void append(struct mp_buf *buf, struct mp_span text, const struct object *o,
    const struct style *style, const char *name, const char *json)
{
	struct mp_span outer = indent_of(text, o->begin), indent;
	const char *after = o->last_end;
	struct mp_buf deeper = MP_BUF(4096);

	mp_buf_add(&deeper, outer.data, outer.len);
	mp_buf_add(&deeper, style->unit.data, style->unit.len);
	indent = (struct mp_span){ mp_buf_text(&deeper), deeper.len };
	if (o->first != NULL && indent_of(text, o->first).data + indent_of(text, o->first).len == o->first)
		indent = indent_of(text, o->first);
	if (after == NULL) {
		add_range(buf, text.data, o->begin + 1);
		add_member(buf, style, indent, name, json);
		mp_buf_adds(buf, style->line_end);
		mp_buf_add(buf, outer.data, outer.len);
		add_range(buf, o->close, text.data + text.len);
	} else {
		if (o->has_comma)
			after = line_rest(skip_gap(after, o->close) + 1, o->close);
		add_range(buf, text.data, after);
		if (!o->has_comma)
			mp_buf_addc(buf, ',');
		add_member(buf, style, indent, name, json);
		if (o->has_comma)
			mp_buf_addc(buf, ',');
		if (memchr(after, '\n', (size_t)(o->close - after)) == NULL)
			mp_buf_adds(buf, style->line_end);
		add_range(buf, after, text.data + text.len);
	}
	if (deeper.failed && !buf->failed)
		buf->failed = deeper.failed;
	mp_buf_free(&deeper);
}

static void write_new(struct mp_buf *buf, const char *container, const char *name,
    const char *json)
{
	static const struct style style = { { "  ", 2 }, "\n" };

	mp_buf_addf(buf, "{\n  \"%s\": {", container);
	add_member(buf, &style, (struct mp_span){ "    ", 4 }, name, json);
	mp_buf_adds(buf, "\n  }\n}\n");
}

static enum mcpass_rc put_container(struct mp_span text, const struct object *root,
    const struct style *style, const char *container, const char *name, const char *json,
    struct mp_buf *buf, struct mcpass_error *err)
{
	struct mp_buf inner;
	enum mcpass_rc rc;

	mp_buf_init(&inner, buf->max);
	mp_buf_adds(&inner, "{");
	add_member(&inner, &(struct style){ { "  ", 2 }, "\n" }, (struct mp_span){ "  ", 2 }, name, json);
	mp_buf_adds(&inner, "\n}");
	rc = mp_buf_check(&inner, "an entry", err);
	if (!rc)
		append(buf, text, root, style, container, mp_buf_text(&inner));
	mp_buf_free(&inner);
	return rc;
}

enum mcpass_rc mp_json_edit_put(struct mp_span text, const char *container, const char *name,
    const char *json, struct mp_buf *buf, struct mcpass_error *err)
{
	struct object root, inner;
	struct style style;
	enum mcpass_rc rc;

	if (skip_gap(text.data, text.data + text.len) == text.data + text.len) {
		mp_buf_add(buf, text.data, text.len);
		write_new(buf, container, name, json);
		return mp_buf_check(buf, "the file", err);
	}
	rc = read_both(text, container, name, &root, &inner, err);
	if (rc)
		return rc;
	style = (struct style){ unit_of(text, &root), line_end_of(text) };
	if (root.key == NULL) {
		rc = put_container(text, &root, &style, container, name, json, buf, err);
	} else if (inner.key == NULL && inner.close != NULL) {
		append(buf, text, &inner, &style, name, json);
	} else if (inner.key != NULL) {
		add_range(buf, text.data, inner.value);
		add_json(buf, &style, indent_of(text, inner.key), json);
		add_range(buf, inner.value_end, text.data + text.len);
	}
	return rc ? rc : mp_buf_check(buf, "the file", err);
}

/* A member that has its lines for itself: from the end of the line before to the end of its own. */
static bool has_own_lines(struct mp_span text, const struct object *o, const char **ret_begin,
    const char **ret_end)
{
	const char *end = text.data + text.len;
	struct mp_span indent = indent_of(text, o->key);
	const char *tail = o->value_end, *comma = skip_gap(tail, end);

	if (indent.data + indent.len != o->key || indent.data == text.data)
		return false;
	if (comma < end && *comma == ',')
		tail = comma + 1;
	while (tail < end && (*tail == ' ' || *tail == '\t'))
		tail++;
	if (tail == end || (*tail != '\n' && *tail != '\r'))
		return false;
	*ret_begin = indent.data - 1;
	if (*ret_begin > text.data && (*ret_begin)[-1] == '\r')
		(*ret_begin)--;
	*ret_end = tail;
	return true;
}

static void remove_member(struct mp_span text, const struct object *o, struct mp_buf *buf)
{
	const char *end = text.data + text.len, *begin, *behind, *comma;

	if (o->next == NULL && o->before_end == NULL) {         /* the only one */
		add_range(buf, text.data, o->begin + 1);
		add_range(buf, o->close, end);
	} else if (has_own_lines(text, o, &begin, &behind)) {
		comma = o->before_end != NULL && o->next == NULL && !o->has_comma
		    ? skip_gap(o->before_end, end) : begin;
		add_range(buf, text.data, comma);
		add_range(buf, comma < begin ? comma + 1 : begin, begin);
		add_range(buf, behind, end);
	} else if (o->next != NULL) {
		add_range(buf, text.data, o->key);
		add_range(buf, o->next, end);
	} else {
		add_range(buf, text.data, o->before_end);
		add_range(buf, o->has_comma ? skip_gap(o->value_end, end) : o->value_end, end);
	}
}

enum mcpass_rc mp_json_edit_remove(struct mp_span text, const char *container, const char *name,
    struct mp_buf *buf, bool *ret_found, struct mcpass_error *err)
{
	struct object root, inner = { 0 };
	const char *end = text.data + text.len;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_found = false;
	if (skip_gap(text.data, end) != end)
		rc = read_both(text, container, name, &root, &inner, err);
	if (rc)
		return rc;
	*ret_found = inner.key != NULL;
	if (inner.key != NULL)
		remove_member(text, &inner, buf);
	else
		mp_buf_add(buf, text.data, text.len);
	return mp_buf_check(buf, "the file", err);
}
