#include "cli/hosts/toml_edit.h"
#include <string.h>

/* The line is the head of [CONTAINER.NAME], or of a table in it. */
static bool is_head(struct mp_span line, const char *container, const char *name)
{
	size_t lead = strlen(container), len = strlen(name);
	const char *at = line.data, *end = line.data + line.len;
	bool has_quotes;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (end - at < (ptrdiff_t)(lead + len + 3) || *at != '[' || memcmp(at + 1, container, lead) != 0
	    || at[lead + 1] != '.')
		return false;
	at += lead + 2;
	has_quotes = *at == '"';
	at += has_quotes;
	if (end - at <= (ptrdiff_t)len || memcmp(at, name, len) != 0)
		return false;
	at += len;
	if (has_quotes && *at++ != '"')
		return false;
	return at < end && (*at == ']' || *at == '.');
}

static bool begins_table(struct mp_span line)
{
	size_t i = 0;

	while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'))
		i++;
	return i < line.len && line.data[i] == '[';
}

static struct mp_span take_line(struct mp_span *text)
{
	const char *newline = memchr(text->data, '\n', text->len);
	size_t len = newline != NULL ? (size_t)(newline + 1 - text->data) : text->len;
	struct mp_span line = { text->data, len };

	*text = (struct mp_span){ text->data + len, text->len - len };
	return line;
}

static bool is_remark(struct mp_span line)
{
	size_t i = 0;

	while (i < line.len && strchr(" \t\r\n", line.data[i]) != NULL)
		i++;
	return i == line.len || line.data[i] == '#';
}

/* Remarks behind the table belong to what follows it. */
void mp_toml_edit_remove(struct mp_span text, const char *container, const char *name,
    struct mp_buf *buf, bool *ret_found)
{
	const char *remarks = NULL;
	bool is_inside = false;

	*ret_found = false;
	while (text.len > 0) {
		struct mp_span line = take_line(&text);
		bool was_inside = is_inside;

		if (begins_table(line)) {
			is_inside = is_head(line, container, name);
			*ret_found |= is_inside;
		}
		if (was_inside && !is_inside && remarks != NULL)
			mp_buf_add(buf, remarks, (size_t)(line.data - remarks));
		if (!is_inside)
			mp_buf_add(buf, line.data, line.len);
		else if (!is_remark(line))
			remarks = NULL;
		else if (remarks == NULL)
			remarks = line.data;
	}
	/* The empty line that was put before it. */
	while (*ret_found && buf->len > 1 && buf->data[buf->len - 1] == '\n' && buf->data[buf->len - 2] == '\n')
		buf->data[--buf->len] = '\0';
}

void mp_toml_edit_put(struct mp_span text, const char *container, const char *name,
    const char *lines, struct mp_buf *buf)
{
	bool found;

	mp_toml_edit_remove(text, container, name, buf, &found);
	if (buf->len > 0 && buf->data[buf->len - 1] != '\n')
		mp_buf_addc(buf, '\n');
	mp_buf_addf(buf, "%s[%s.%s]\n%s", buf->len > 0 ? "\n" : "", container, name, lines);
}
