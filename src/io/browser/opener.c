#include "io/browser/opener.h"
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"

/* spec: CVE-2025-6514 (an opener that was a shell) */
bool mp_opener_is_shell(const char *program)
{
	static const char *const names[] = {
		"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "csh", "tcsh", "fish", "busybox",
		"toybox", "rbash", "nu", "elvish", "xonsh", "cmd", "powershell", "pwsh", "wscript",
		"cscript", "mshta", "rundll32", "wsl", "ssh", "rsh", "mosh", "su", "tmux", "screen",
		"watch", "eval",
	};
	const char *name = program;
	struct mp_span span;

	for (; *program != '\0'; program++)
		if (*program == '/' || *program == '\\')
			name = program + 1;
	span = (struct mp_span){ name, (size_t)(program - name) };
	if (span.len > 4 && mp_eq_nocase(program - 4, ".exe"))
		span.len -= 4;
	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (mp_span_is_nocase(span, names[i]))
			return true;
	return false;
}

static enum mcpass_rc add_word(struct mp_opener *opener, struct mp_buf *word,
    struct mcpass_error *err)
{
	if (opener->count == MP_OPENER_WORDS)
		return mp_fail(err, MCPASS_E_IO, NULL, "BROWSER has more than %d words",
		    MP_OPENER_WORDS);
	return mp_buf_take(word, "BROWSER", &opener->words[opener->count++], err);
}

/* What stands at a '%'; returns how many bytes that were. */
static size_t add_percent(struct mp_buf *word, const char *at, size_t left, const char *url,
    bool *has_url)
{
	char next = left > 1 ? at[1] : '\0';

	if (next == 's')
		mp_buf_adds(word, url);
	else
		mp_buf_addc(word, next == 'c' ? ':' : '%');
	*has_url = *has_url || next == 's';
	return next == 's' || next == 'c' || next == '%' ? 2 : 1;
}

/* Takes the next word from the front of *rest. */
static enum mcpass_rc read_word(struct mp_span *rest, const char *url, struct mp_buf *word,
    bool *has_url, struct mcpass_error *err)
{
	char quote = '\0';

	while (rest->len > 0 && (quote != '\0' || (*rest->data != ' ' && *rest->data != '\t'))) {
		char c = *rest->data;
		size_t len = 1;

		if (quote == '\0' && (c == '"' || c == '\''))
			quote = c;
		else if (c == quote)
			quote = '\0';
		else if (c == '%')
			len = add_percent(word, rest->data, rest->len, url, has_url);
		else
			mp_buf_addc(word, c);
		rest->data += len;
		rest->len -= len;
	}
	if (quote != '\0')
		return mp_fail(err, MCPASS_E_IO, NULL, "BROWSER has a quote without its end");
	return MCPASS_OK;
}

static void skip_blanks(struct mp_span *rest)
{
	while (rest->len > 0 && (*rest->data == ' ' || *rest->data == '\t')) {
		rest->data++;
		rest->len--;
	}
}

static enum mcpass_rc refuse_shells(const struct mp_opener *opener, const char *url,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < opener->count; i++)
		if (strcmp(opener->words[i], url) != 0 && mp_opener_is_shell(opener->words[i]))
			return mp_fail(err, MCPASS_E_IO, NULL, "BROWSER names %s, which would read the URL"
			    " as a command", opener->words[i]);
	return MCPASS_OK;
}

static enum mcpass_rc add_url(struct mp_opener *opener, const char *url,
    struct mcpass_error *err)
{
	struct mp_buf word = MP_BUF(3 * MP_MAX_URI);

	mp_buf_adds(&word, url);
	return add_word(opener, &word, err);
}

enum mcpass_rc mp_opener_read(struct mp_span command, const char *url,
    struct mp_opener *ret_opener, struct mcpass_error *err)
{
	struct mp_opener opener = { .count = 0 };
	bool has_url = false;
	enum mcpass_rc rc = MCPASS_OK;

	for (skip_blanks(&command); !rc && command.len > 0; skip_blanks(&command)) {
		struct mp_buf word;

		if (command.len == 1 && *command.data == '&')
			break;
		mp_buf_init(&word, 4 * MP_MAX_URI);
		rc = read_word(&command, url, &word, &has_url, err);
		if (!rc)
			rc = add_word(&opener, &word, err);
		mp_buf_free(&word);
	}
	if (!rc && opener.count == 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "BROWSER names no program");
	if (!rc)
		rc = refuse_shells(&opener, url, err);
	if (!rc && !has_url)
		rc = add_url(&opener, url, err);
	if (rc)
		mp_opener_free(&opener);
	else
		*ret_opener = opener;
	return rc;
}

enum mcpass_rc mp_opener_plain(const char *program, const char *url,
    struct mp_opener *ret_opener, struct mcpass_error *err)
{
	struct mp_opener opener = { .count = 0 };
	enum mcpass_rc rc = mp_set(&opener.words[opener.count++], program, err);

	if (!rc)
		rc = add_url(&opener, url, err);
	if (rc)
		mp_opener_free(&opener);
	else
		*ret_opener = opener;
	return rc;
}

void mp_opener_free(struct mp_opener *opener)
{
	for (size_t i = 0; i < opener->count; i++)
		free(opener->words[i]);
	*opener = (struct mp_opener){ .count = 0 };
}
