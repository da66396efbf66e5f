#include "wire/form.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"
#include "wire/json/utf8.h"

#define SPEC "RFC 6749 B"

/* What stands for itself; spec: WHATWG URL 5.2 */
static bool is_plain(char c)
{
	return mp_is_letter(c) || mp_is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_';
}

void mp_form_encode(struct mp_buf *buf, const char *text)
{
	for (; *text != '\0'; text++)
		if (is_plain(*text))
			mp_buf_addc(buf, *text);
		else if (*text == ' ')
			mp_buf_addc(buf, '+');
		else
			mp_buf_add_escape(buf, *text);
}

void mp_form_add(struct mp_buf *buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (buf->len > 0 && buf->data[buf->len - 1] != '?')
		mp_buf_addc(buf, '&');
	mp_form_encode(buf, name);
	mp_buf_addc(buf, '=');
	mp_form_encode(buf, value);
}

/* Decodes into out, which has room for raw.len bytes; false for a bad escape, which stays as it
 * is, or a NUL. */
static bool unescape(struct mp_span raw, char *out, size_t *ret_len)
{
	size_t len = 0;
	bool good = true;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.data[i];
		int byte = c == '%' && i + 2 < raw.len ? mp_hex_byte(raw.data + i + 1) : -1;

		if (byte >= 0) {
			c = (char)byte;
			i += 2;
		} else if (c == '%') {
			good = false;
		} else if (c == '+') {
			c = ' ';
		}
		good = good && c != '\0';
		out[len++] = c;
	}
	*ret_len = len;
	return good;
}

/* What is no text becomes one. */
static void mend(char *text, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = '?';
	while ((at += mp_utf8_prefix(text + at, len - at)) < len)
		text[at] = '?';
}

/* odd NULL: strictly; else it is set when the text had to be mended. */
static enum mcpass_rc decode(struct mp_span raw, bool *odd, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	char *text = malloc(raw.len + 1);
	size_t len = 0;

	if (text == NULL)
		return mp_nomem(err);
	if (!unescape(raw, text, &len))
		rc = mp_fail(odd != NULL ? NULL : err, MCPASS_E_PROTOCOL, SPEC,
		    "a form has a bad %%-escape or a NUL");
	else if (!mp_utf8_valid(text, len))
		rc = mp_fail(odd != NULL ? NULL : err, MCPASS_E_PROTOCOL, SPEC,
		    "a form holds bytes that are not UTF-8");
	if (rc && odd != NULL) {
		mend(text, len);
		*odd = true;
	} else if (rc) {
		mp_wipe(text, raw.len + 1);         /* it may be half a code or a secret */
		free(text);
		return rc;
	}
	text[len] = '\0';
	*ret_text = text;
	return MCPASS_OK;
}

static enum mcpass_rc decode_pair(struct mp_span raw, bool lenient, struct mp_form_pair *pair,
    struct mcpass_error *err)
{
	const char *equals = memchr(raw.data, '=', raw.len);
	size_t name_len = equals != NULL ? (size_t)(equals - raw.data) : raw.len;
	struct mp_span value = { raw.data + raw.len, 0 };
	bool *odd = lenient ? &pair->odd : NULL;
	enum mcpass_rc rc;

	if (equals != NULL)
		value = (struct mp_span){ equals + 1, raw.len - name_len - 1 };
	rc = decode((struct mp_span){ raw.data, name_len }, odd, &pair->name, err);
	if (!rc)
		rc = decode(value, odd, &pair->value, err);
	return rc;
}

/* Cuts the next pair off *rest; false when there is none.  Empty ones are passed over.
 * spec: WHATWG URL 5.1 */
static bool next_pair(struct mp_span *rest, struct mp_span *ret_pair)
{
	const char *end;

	while (rest->len > 0 && rest->data[0] == '&') {
		rest->data++;
		rest->len--;
	}
	if (rest->len == 0)
		return false;
	end = memchr(rest->data, '&', rest->len);
	*ret_pair = *rest;
	if (end != NULL)
		ret_pair->len = (size_t)(end - rest->data);
	rest->data += ret_pair->len;
	rest->len -= ret_pair->len;
	return true;
}

static enum mcpass_rc read_pairs(const char *text, size_t len, bool lenient,
    struct mp_form *ret_form, struct mcpass_error *err)
{
	struct mp_span rest = { text, len }, raw;
	struct mp_form form = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	size_t count = 0;

	if (len > MP_MAX_FORM)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a form is larger than %zu bytes",
		    MP_MAX_FORM);
	while (next_pair(&rest, &raw))
		count++;
	if (count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a form has more than %d fields",
		    MP_MAX_ITEMS);
	if (count > 0)
		form.pairs = calloc(count, sizeof(*form.pairs));
	if (count > 0 && form.pairs == NULL)
		return mp_nomem(err);
	rest = (struct mp_span){ text, len };
	while (!rc && form.count < count && next_pair(&rest, &raw))
		rc = decode_pair(raw, lenient, &form.pairs[form.count++], err);
	if (rc)
		mp_form_free(&form);
	else
		*ret_form = form;
	return rc;
}

enum mcpass_rc mp_form_parse(const char *text, size_t len, struct mp_form *ret_form,
    struct mcpass_error *err)
{
	return read_pairs(text, len, false, ret_form, err);
}

enum mcpass_rc mp_form_read(const char *text, size_t len, struct mp_form *ret_form,
    struct mcpass_error *err)
{
	return read_pairs(text, len, true, ret_form, err);
}

enum mcpass_rc mp_form_check(const struct mp_form *form, const char *name,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->pairs[i].odd && strcmp(form->pairs[i].name, name) == 0)
			return mp_fail(err, MCPASS_E_PROTOCOL, SPEC,
			    "%s has a bad %%-escape, or bytes that are no text", name);
	return MCPASS_OK;
}

enum mcpass_rc mp_form_get(const struct mp_form *form, const char *name,
    const char **ret_value, struct mcpass_error *err)
{
	const char *value = NULL;

	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->pairs[i].name, name) != 0)
			continue;
		/* spec: RFC 6749 3.1, 3.2: "MUST NOT be included more than once" */
		if (value != NULL)
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 3.1",
			    "%s is given twice", name);
		value = form->pairs[i].value;
	}
	*ret_value = value;
	return MCPASS_OK;
}

void mp_form_free(struct mp_form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		free(form->pairs[i].name);
		mp_free_wiped(form->pairs[i].value);
	}
	free(form->pairs);
	*form = (struct mp_form){ 0 };
}
