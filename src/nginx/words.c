/* The words of a directive, into what is configured by them. */
#include "nginx/words.h"
#include "wire/uri.h"

const char *mp_word(const struct mp_line *line, ngx_uint_t i)
{
	return (const char *)((const ngx_str_t *)line->words->elts)[i].data;
}

enum mcpass_rc mp_word_set_url(char **slot, const char *url, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(url, &uri, err);

	return rc ? rc : mp_set(slot, url, err);
}

/* Files are looked for where nginx looks for its own. */
enum mcpass_rc mp_word_set_file(const struct mp_builder *b, char **slot, const char *name,
    struct mcpass_error *err)
{
	ngx_str_t path = { strlen(name), (u_char *)name };

	if (ngx_conf_full_name(b->cf->cycle, &path, 1) != NGX_OK)
		return mp_nomem(err);
	if (access((const char *)path.data, R_OK) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path.data, strerror(errno));
	return mp_set(slot, (const char *)path.data, err);
}

static enum mcpass_rc set_word(const struct mp_builder *b, enum mp_word_type type, void *slot,
    const char *value, struct mcpass_error *err)
{
	switch (type) {
	case MP_WORD_TEXT:
		return mp_set(slot, value, err);
	case MP_WORD_URL:
		return mp_word_set_url(slot, value, err);
	case MP_WORD_FILE:
		return mp_word_set_file(b, slot, value, err);
	case MP_WORD_LIST:
		return mp_strings_add_text(slot, value, err);
	case MP_WORD_NUMBER:
		*(int64_t *)slot = ngx_atoi((u_char *)value, strlen(value));
		return MCPASS_OK;
	case MP_WORD_FLAG:
		*(bool *)slot = true;
	}
	return MCPASS_OK;
}

/* The row of a word; *ret_value: what stands behind its '=', or "" for a flag.  NULL: none. */
static const struct mp_word_row *find_row(const struct mp_word_row *rows, size_t count,
    const char *text, const char **ret_value)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].name);

		if (strncmp(text, rows[i].name, len) != 0
		    || text[len] != (rows[i].type == MP_WORD_FLAG ? '\0' : '='))
			continue;
		*ret_value = text + len + (text[len] == '=');
		return &rows[i];
	}
	return NULL;
}

static bool is_said_before(const struct mp_line *line, ngx_uint_t first, ngx_uint_t at,
    const char *name)
{
	for (ngx_uint_t i = first; i < at; i++)
		if (strncmp(mp_word(line, i), mp_word(line, at), strlen(name) + 1) == 0)
			return true;
	return false;
}

/* How much of a word is shown: of a secret that stands where its file should, only the name. */
static int shown_len(const char *text)
{
	size_t len = strlen(text), name = strcspn(text, "=");

	return (int)(name < len && strstr(text, "secret") != NULL ? name + 1 : len);
}

enum mcpass_rc mp_words_read(const struct mp_builder *b, ngx_uint_t first,
    const struct mp_word_row *rows, size_t count, void *object, struct mcpass_error *err)
{
	const struct mp_line *line = b->line;
	enum mcpass_rc rc = MCPASS_OK;

	for (ngx_uint_t i = first; i < line->words->nelts && !rc; i++) {
		const char *value = NULL, *text = mp_word(line, i), *problem = NULL;
		const struct mp_word_row *row = find_row(rows, count, text, &value);

		if (row == NULL)
			problem = "knows no such word";
		else if (row->type != MP_WORD_LIST && is_said_before(line, first, i, row->name))
			problem = "says one thing twice";
		else if (value[0] == '\0' && row->type != MP_WORD_FLAG && strcmp(row->name, "scope") != 0)
			problem = "has a word without a value";
		rc = problem != NULL
		    ? mp_fail(err, MCPASS_E_USAGE, NULL, "%s %s: \"%.*s\"", mp_word(line, 0), problem,
		    shown_len(text), text)
		    : set_word(b, row->type, (char *)object + row->at, value, err);
	}
	return rc;
}
