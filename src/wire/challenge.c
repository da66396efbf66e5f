#include "wire/challenge.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

#define SPEC "RFC 9110 11.6.1"
#define OWS " \t"

static enum mcpass_rc malformed(const char *at, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, SPEC,
	    "WWW-Authenticate cannot be read from \"%.40s\" on", at);
}

/* Whether only white space is left of a list's element. */
static bool ends_element(const char *text)
{
	text += strspn(text, OWS);
	return *text == ',' || *text == '\0';
}

/* The length of a quoted-string with its quotes, 0 when it is none; spec: RFC 9110 5.6.4 */
static size_t quoted_len(const char *text)
{
	size_t i;

	if (text[0] != '"')
		return 0;
	for (i = 1; text[i] != '"'; i++) {
		if (text[i] == '\\')
			i++;
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return 0;               /* the NUL at the end too */
	}
	return i + 1;
}

/* The text of a quoted-string, owned by the caller (free); NULL when out of memory. */
static char *unquote(struct mp_span quoted)
{
	char *text = malloc(quoted.len), *out = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 1; i < quoted.len - 1; i++) {
		if (quoted.data[i] == '\\')
			i++;
		*out++ = quoted.data[i];
	}
	*out = '\0';
	return text;
}

static enum mcpass_rc add_challenge(struct mp_challenges *list, struct mp_span scheme,
    struct mcpass_error *err)
{
	struct mp_challenge challenge = { 0 }, *grown;
	enum mcpass_rc rc;

	if (list->count >= MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d challenges", MP_MAX_ITEMS);
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

	/* spec: RFC 9110 11.2: "MUST only occur once per challenge" */
	if (mp_challenge_get(challenge, param.name) != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9110 11.2",
		    "the %s challenge has %s twice", challenge->scheme, param.name);
	if (challenge->count >= MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL,
		    "a challenge has more than %d parameters", MP_MAX_ITEMS);
	grown = realloc(challenge->params, (challenge->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return mp_nomem(err);
	challenge->params = grown;
	challenge->params[challenge->count++] = param;
	return MCPASS_OK;
}

/* value is a token or a quoted-string as it stands in the header. */
static enum mcpass_rc add_param(struct mp_challenge *challenge, struct mp_span name,
    struct mp_span value, struct mcpass_error *err)
{
	struct mp_challenge_param param = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	param.name = mp_dup_span(name);
	param.value = value.data[0] == '"' ? unquote(value) : mp_dup_span(value);
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

/* auth-param = token BWS "=" BWS ( token / quoted-string ); spec: RFC 9110 11.2 */
static enum mcpass_rc read_param(const char **at, struct mp_challenge *challenge,
    struct mcpass_error *err)
{
	struct mp_span name = { *at, mp_http_token_len(*at) }, value;
	const char *rest = *at + name.len;

	rest += strspn(rest, OWS);
	if (name.len == 0 || *rest != '=')
		return malformed(*at, err);
	rest++;
	rest += strspn(rest, OWS);
	value = (struct mp_span){ rest, *rest == '"' ? quoted_len(rest) : mp_http_token_len(rest) };
	if (value.len == 0)
		return malformed(*at, err);
	*at = rest + value.len;
	return add_param(challenge, name, value, err);
}

/* What stands behind a scheme and its space: token68, the first parameter, or nothing.
 * *ret_open says whether further elements may be its parameters. */
static enum mcpass_rc read_first(const char **at, struct mp_challenge *challenge,
    bool *ret_open, struct mcpass_error *err)
{
	size_t len = mp_http_token68_len(*at);

	*ret_open = true;
	if (ends_element(*at))
		return MCPASS_OK;
	/* "abc=" is a token68, "abc=d" a parameter: what follows decides. */
	if (len == 0 || !ends_element(*at + len))
		return read_param(at, challenge, err);
	*ret_open = false;
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
	const char *rest = *at + scheme.len;
	enum mcpass_rc rc;

	if (rest[strspn(rest, OWS)] == '=')
		return *open ? read_param(at, &list->items[list->count - 1], err)
		             : malformed(*at, err);
	if (scheme.len == 0)
		return malformed(*at, err);
	rc = add_challenge(list, scheme, err);
	if (rc)
		return rc;
	*at = rest;
	*open = false;
	if (*rest != ' ')               /* spec: RFC 9110 11.3: 1*SP before what it has */
		return MCPASS_OK;
	*at += strspn(*at, OWS);
	return read_first(at, &list->items[list->count - 1], open, err);
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
		if (!ends_element(at))
			return malformed(at, err);
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
