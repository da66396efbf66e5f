/* How much the client wants the person to be asked.
 * spec: OpenID Connect Core 3.1.2.1 (prompt, max_age, login_hint) */
#include <errno.h>
#include <stdlib.h>
#include "base/printable.h"
#include "issuer/login/pending.h"
#include "oauth/scope.h"

static enum mcpass_rc wrong(struct mcpass_error *err, const char *what)
{
	return mp_response_refuse(err, "invalid_request", "OpenID Connect Core 3.1.2.1", "%s", what);
}

/* Values of other specifications are left out: they ask for what is not here. */
static enum mcpass_rc read_prompt(const char *text, struct mp_pending *pending,
    struct mcpass_error *err)
{
	struct mp_strings values = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, &values, err);

	if (rc == MCPASS_E_NOMEM)
		return rc;
	if (rc) {
		mp_clear(err);
		return wrong(err, "prompt is no list of words");
	}
	pending->wish.none = mp_strings_has(&values, "none");
	/* Who is to choose an account may be another person. */
	pending->wish.login = mp_strings_has(&values, "login")
	    || mp_strings_has(&values, "select_account");
	pending->asks = mp_strings_has(&values, "consent");
	if (pending->wish.none && values.count > 1)
		rc = wrong(err, "prompt is none, and more");
	mp_strings_free(&values);
	return rc;
}

static enum mcpass_rc read_max_age(const char *text, struct mp_pending *pending,
    struct mcpass_error *err)
{
	char *end = NULL;

	errno = 0;
	pending->wish.max_age = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
		return wrong(err, "max_age is no number of seconds");
	pending->wish.has_max_age = true;
	return MCPASS_OK;
}

/* A hint fills a field of one line; what does not fit there is none. */
static bool is_line(const char *text)
{
	struct mp_char c = mp_char_first(text);

	for (; c.len > 0 && c.is_shown; c = mp_char_first(text))
		text += c.len;
	return c.len == 0;
}

enum mcpass_rc mp_prompt_read(const struct mp_form *query, struct mp_pending *pending,
    struct mcpass_error *err)
{
	const char *prompt = NULL, *max_age = NULL, *hint = NULL;
	enum mcpass_rc rc = mp_form_get(query, "prompt", &prompt, err);

	if (!rc)
		rc = mp_form_get(query, "max_age", &max_age, err);
	if (!rc)
		rc = mp_form_get(query, "login_hint", &hint, err);
	if (!rc && prompt != NULL && prompt[0] != '\0')
		rc = read_prompt(prompt, pending, err);
	if (!rc && max_age != NULL && max_age[0] != '\0')
		rc = read_max_age(max_age, pending, err);
	if (!rc && hint != NULL && !is_line(hint))
		hint = NULL;
	return rc ? rc : mp_set(&pending->login_hint, hint, err);
}

bool mp_prompt_takes_session(const struct mp_pending *pending, int64_t since, int64_t now)
{
	if (pending->wish.login)
		return false;
	return !pending->wish.has_max_age || now - since < pending->wish.max_age;
}
