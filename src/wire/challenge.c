#include "wire/challenge.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

#define OWS " \t"

/* Servers write this header by hand, and get it wrong: a parameter twice, a URL without
 * quotes, a quote inside of quotes, spaces or semicolons for commas.  A challenge only
 * advises, so what can be read is read, and the rest is skipped to the next comma. */

static size_t ows_len(const char *text)
{
	return strspn(text, OWS);
}

static bool is_end(char c)
{
	return c == ',' || c == ';' || c == '\0';
}

/* Whether only white space is left of a list's element. */
static bool ends_element(const char *text)
{
	return is_end(text[ows_len(text)]);
}

/* "name =", a parameter's beginning. */
static bool begins_param(const char *text)
{
	size_t len = mp_http_token_len(text);

	return len > 0 && text[len + ows_len(text + len)] == '=';
}

/* Whether a value can end before text: its element does, or the next parameter begins. */
static bool may_end_before(const char *text)
{
	size_t space = ows_len(text);

	return is_end(text[space]) || (space > 0 && begins_param(text + space));
}

/* The length of what stands between the quote at text[0] and the one that ends it; a quote
 * that nothing ends before is part of the text.  *ret_whole: with the quotes, if there are
 * two.  spec: RFC 9110 5.6.4 */
static size_t quoted_len(const char *text, size_t *ret_whole)
{
	char quote = text[0];
	size_t i;

	for (i = 1; text[i] != '\0'; i++) {
		if (text[i] == '\\' && quote == '"' && text[i + 1] != '\0') {
			i++;
		} else if (text[i] == quote && may_end_before(text + i + 1)) {
			*ret_whole = i + 1;
			return i - 1;
		}
	}
	*ret_whole = i;
	return i - 1;
}

/* Whether a value without quotes is one in single ones. */
static bool is_single_quoted(const char *text)
{
	size_t whole, len = text[0] == '\'' ? quoted_len(text, &whole) : 0;

	return len > 0 && text[len + 1] == '\'';
}

/* A copy of value, without the backslashes of a quoted-string; owned by the caller (free). */
static char *copy_value(struct mp_span value, bool quoted)
{
	char *text = malloc(value.len + 1), *out = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < value.len; i++) {
		if (quoted && value.data[i] == '\\' && i + 1 < value.len)
			i++;
		*out++ = value.data[i];
	}
	*out = '\0';
	return text;
}

/* Whether a quoted-string has a quote inside that nothing escapes. */
static bool has_bare_quote(struct mp_span value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '"')
			return true;
	}
	return false;
}

static bool has_control(struct mp_span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.data[i] < 0x20 && value.data[i] != '\t') || value.data[i] == 0x7f)
			return true;
	return false;
}

static enum mcpass_rc add_challenge(struct mp_challenges *list, struct mp_span scheme,
    struct mcpass_error *err)
{
	struct mp_challenge challenge = { 0 }, *grown;
	enum mcpass_rc rc;

	grown = realloc(list->items, (list->count + 1) * sizeof(*grown));
	if (grown == NULL) {
		(void)mp_nomem(err);
		return MCPASS_E_NOMEM;
	}
	list->items = grown;
	rc = mp_set_span(&challenge.scheme, scheme, err);
	if (!rc)
		list->items[list->count++] = challenge;
	return rc;
}

/* Takes over what param holds on MCPASS_OK. */
static enum mcpass_rc append_param(struct mp_challenge *challenge,
    struct mp_challenge_param param, struct mcpass_error *err)
{
	struct mp_challenge_param *grown;

	grown = realloc(challenge->params, (challenge->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return mp_nomem(err);
	challenge->params = grown;
	challenge->params[challenge->count++] = param;
	return MCPASS_OK;
}

static enum mcpass_rc add_param(struct mp_challenge *challenge, struct mp_span name,
    struct mp_span value, bool quoted, struct mcpass_error *err)
{
	struct mp_challenge_param param = { mp_dup_span(name), copy_value(value, quoted) };
	enum mcpass_rc rc = MCPASS_OK;

	if (param.name == NULL || param.value == NULL)
		rc = mp_nomem(err);
	if (!rc)
		rc = append_param(challenge, param, err);
	if (rc) {
		free(param.name);
		free(param.value);
	}
	return rc;
}

/* Whether the challenge takes it; what it does not take is odd.
 * spec: RFC 9110 11.2: a name "MUST only occur once per challenge": the first one counts */
static bool takes(const struct mp_challenge *challenge, struct mp_span name, struct mp_span value)
{
	if (has_control(value) || challenge->count >= MP_MAX_ITEMS)
		return false;
	for (size_t i = 0; i < challenge->count; i++)
		if (mp_span_is_nocase(name, challenge->params[i].name))
			return false;
	return true;
}

/* auth-param = token BWS "=" BWS ( token / quoted-string ), and a value without quotes that
 * should have some.  spec: RFC 9110 11.2 */
static enum mcpass_rc read_param(const char **at, struct mp_challenges *list,
    struct mcpass_error *err)
{
	struct mp_challenge *challenge = &list->items[list->count - 1];
	struct mp_span name = { *at, mp_http_token_len(*at) }, value;
	const char *rest = *at + name.len;
	bool quoted;
	size_t whole;

	rest += ows_len(rest) + 1;              /* the '=' */
	rest += ows_len(rest);
	quoted = *rest == '"';
	if (quoted || is_single_quoted(rest)) {
		value = (struct mp_span){ rest + 1, quoted_len(rest, &whole) };
		list->odd |= !quoted || whole != value.len + 2 || has_bare_quote(value);
	} else {
		whole = strcspn(rest, "," OWS);
		whole -= whole > 0 && rest[whole - 1] == ';';
		value = (struct mp_span){ rest, whole };
		list->odd |= mp_http_token_len(rest) != whole;
	}
	*at = rest + whole;
	if (whole == 0 || !takes(challenge, name, value)) {
		list->odd = true;
		return MCPASS_OK;
	}
	return add_param(challenge, name, value, quoted, err);
}

/* Whether text is token68 and not a parameter.  "abc=" is one, "abc=d" is none: what follows
 * decides; and "abc=, d=e" is none, for no parameter follows token68. */
static bool is_token68(const char *text)
{
	size_t len = mp_http_token68_len(text);
	const char *end = text + len + ows_len(text + len);

	if (len == 0 || !is_end(*end))
		return false;
	return *end == '\0' || text[len - 1] != '=' || !begins_param(end + 1 + ows_len(end + 1));
}

/* What stands behind a scheme and its space: token68, the first parameter, or nothing. */
static enum mcpass_rc read_first(const char **at, struct mp_challenges *list, bool *open,
    struct mcpass_error *err)
{
	struct mp_challenge *challenge = &list->items[list->count - 1];
	size_t len = mp_http_token68_len(*at);

	if (!is_token68(*at))
		return begins_param(*at) ? read_param(at, list, err) : MCPASS_OK;
	*open = false;
	challenge->token68 = mp_dup_span((struct mp_span){ *at, len });
	*at += len;
	return challenge->token68 != NULL ? MCPASS_OK : mp_nomem(err);
}

/* One element of the list: commas divide challenges and parameters alike, so a token
 * with a '=' behind it is a parameter of the challenge before, and else a scheme.
 * spec: RFC 9110 11.6.1 */
static enum mcpass_rc read_element(const char **at, struct mp_challenges *list, bool *open,
    struct mcpass_error *err)
{
	struct mp_span scheme = { *at, mp_http_token_len(*at) };
	enum mcpass_rc rc;

	if (begins_param(*at) && *open)
		return read_param(at, list, err);
	if (scheme.len == 0 || begins_param(*at) || list->count >= MP_MAX_ITEMS
	    || !(ends_element(*at + scheme.len) || ows_len(*at + scheme.len) > 0)) {
		list->odd = true;               /* a parameter of nothing, or no token */
		return MCPASS_OK;
	}
	rc = add_challenge(list, scheme, err);
	if (rc)
		return rc;
	*at += scheme.len;
	*open = true;
	if (ows_len(*at) == 0)          /* spec: RFC 9110 11.3: 1*SP before what it has */
		return MCPASS_OK;
	*at += ows_len(*at);
	return read_first(at, list, open, err);
}

/* To the next element: behind the comma, or at a parameter that follows without one. */
static void skip(const char **at, struct mp_challenges *list, bool open)
{
	const char *text = *at + ows_len(*at);

	if (*text != ',' && *text != '\0')
		list->odd = true;
	if (open && text > *at && begins_param(text)) {
		*at = text;
		return;
	}
	while (*text != '\0' && *text != ',' && *text != ';') {
		size_t whole = 1;

		if (*text == '"' && quoted_len(text, &whole) + 2 != whole)
			whole = 1;              /* nothing ends it: a stray quote */
		text += whole;
	}
	*at = text + (*text != '\0');
}

static enum mcpass_rc read_line(const char *line, struct mp_challenges *list,
    struct mcpass_error *err)
{
	const char *at = line;
	bool open = false;      /* the last challenge may have more parameters */

	for (;;) {
		enum mcpass_rc rc;

		at += strspn(at, "," OWS);      /* spec: RFC 9110 5.6.1.2, empty elements */
		if (*at == '\0')
			return MCPASS_OK;
		rc = read_element(&at, list, &open, err);
		if (rc)
			return rc;
		skip(&at, list, open);
	}
}

enum mcpass_rc mp_challenges_parse(const struct mcpass_header *headers, size_t count,
    struct mp_challenges *ret_list, struct mcpass_error *err)
{
	struct mp_challenges list = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		if (mp_eq_nocase(headers[i].name, "WWW-Authenticate"))
			rc = read_line(headers[i].value, &list, err);
	if (rc)
		mp_challenges_free(&list);
	else
		*ret_list = list;
	return rc;
}

static void free_challenge(struct mp_challenge *challenge)
{
	for (size_t i = 0; i < challenge->count; i++) {
		free(challenge->params[i].name);
		free(challenge->params[i].value);
	}
	free(challenge->params);
	free(challenge->token68);
	free(challenge->scheme);
}

void mp_challenges_free(struct mp_challenges *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_challenge(&list->items[i]);
	free(list->items);
	*list = (struct mp_challenges){ 0 };
}

const struct mp_challenge *mp_challenge_find(const struct mp_challenges *list,
    const char *scheme)
{
	for (size_t i = 0; i < list->count; i++)
		if (mp_eq_nocase(list->items[i].scheme, scheme))   /* spec: RFC 9110 11.1 */
			return &list->items[i];
	return NULL;
}

const char *mp_challenge_get(const struct mp_challenge *challenge, const char *name)
{
	for (size_t i = 0; i < challenge->count; i++)
		if (mp_eq_nocase(challenge->params[i].name, name))
			return challenge->params[i].value;
	return NULL;
}

const char *mp_challenges_get(const struct mp_challenges *list, const char *scheme,
    const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *value = mp_eq_nocase(list->items[i].scheme, scheme)
		    ? mp_challenge_get(&list->items[i], name) : NULL;

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return NULL;
}

void mp_challenge_add(struct mp_buf *buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (buf->len > 0 && buf->data[buf->len - 1] != ' ')
		mp_buf_adds(buf, ", ");
	mp_buf_adds(buf, name);
	mp_buf_adds(buf, "=\"");
	for (; *value != '\0'; value++) {
		/* A line end would begin a header of the peer's own making. */
		if (((unsigned char)*value < 0x20 || *value == 0x7f) && !buf->failed)
			buf->failed = MCPASS_E_LIMIT;
		if (*value == '"' || *value == '\\')
			mp_buf_addc(buf, '\\');
		mp_buf_addc(buf, *value);
	}
	mp_buf_addc(buf, '"');
}
