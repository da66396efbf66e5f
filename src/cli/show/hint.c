#include "cli/show/hint.h"
#include <string.h>
#include "ui/shell_word.h"

#define COMMAND "mcpass log"    /* in, out */

/* The text of an option that was given, or NULL. */
static const char *given(const struct mp_command *command, const void *options, const char *name)
{
	for (const struct mp_option_place *p = command->places; p->table != NULL; p++)
		for (size_t i = 0; i < p->table->count; i++) {
			const struct mp_option *option = &p->table->options[i];
			const char *text = NULL;

			if ((option->type != MP_OPTION_TEXT && option->type != MP_OPTION_STORE)
			    || strcmp(option->name, name) != 0)
				continue;
			memcpy(&text, (const char *)options + p->offset + option->offset, sizeof(text));
			return text;
		}
	return NULL;
}

static void add_options(struct mp_buf *buf, const struct mp_command *command,
    const void *options)
{
	static const char *const names[] = { "config", "profile", "store" };

	for (size_t i = 0; i < MP_COUNT(names); i++) {
		const char *text = given(command, options, names[i]);

		if (text == NULL)
			continue;
		mp_buf_addf(buf, " --%s ", names[i]);
		mp_shell_word_add(buf, text);
	}
}

/* What follows the command's name: options of its own, and the URL. */
static const char *add_operands(struct mp_buf *buf, const char *rest, const char *server)
{
	const char *url = strstr(rest, " http");
	size_t len;

	if (server == NULL || url == NULL)
		return rest;
	mp_buf_add(buf, rest, (size_t)(url + 1 - rest));
	mp_shell_word_add(buf, server);
	len = strcspn(url + 1, " ,;'\"");
	return url + 1 + len;
}

void mp_hint_complete(const struct mp_command *command, const void *options, const char *server,
    struct mcpass_error *err)
{
	const char *at = err != NULL ? strstr(err->hint, COMMAND) : NULL, *rest;
	struct mp_buf buf;

	if (at == NULL)
		return;
	rest = at + strcspn(at, " ") + 1;
	rest += strcspn(rest, " ");
	mp_buf_init(&buf, sizeof(err->hint) - 1);
	mp_buf_add(&buf, err->hint, (size_t)(rest - err->hint));
	add_options(&buf, command, options);
	mp_buf_adds(&buf, add_operands(&buf, rest, server));
	if (!buf.failed) {              /* too long: better the shorter one than none */
		memcpy(err->hint, mp_buf_text(&buf), buf.len + 1);
		mp_one_line(err->hint);
	}
	mp_buf_free(&buf);
}
