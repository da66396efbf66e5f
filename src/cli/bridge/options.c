#include "cli/bridge/options.h"
#include <stdlib.h>
#include "base/limits.h"

#define AT(member) offsetof(struct mp_bridge_options, member)

static const struct mp_option options[] = {
	{ "allow-tool", '\0', MP_OPTION_LIST, "PATTERN", AT(allow_tools),
	    "Show and call these tools only; * is any text; may be repeated." },
	{ "deny-tool", '\0', MP_OPTION_LIST, "PATTERN", AT(deny_tools),
	    "Neither show nor call these tools; may be repeated." },
	{ "tool-prefix", '\0', MP_OPTION_TEXT, "TEXT", AT(tool_prefix),
	    "Put this before the name of each tool." },
	{ "ping", '\0', MP_OPTION_TIME, "TIME", AT(ping_ms),
	    "Ping a server that was silent that long, to keep its session. Default: never." },
	{ "answer-within", '\0', MP_OPTION_TIME, "TIME", AT(answer_within_ms),
	    "Answer initialize after that time, whatever the server does. Default 8s." },
	{ "sign-in-wait", '\0', MP_OPTION_TIME, "TIME", AT(sign_in_wait_ms),
	    "While a person has to sign in, let a request wait that long; then it is answered with"
	    " where to do that. Default 45s." },
	{ "wait-for-sign-in", '\0', MP_OPTION_FLAG, NULL, AT(wait_for_sign_in),
	    "Let requests wait until a person has signed in." },
	{ "max-message", '\0', MP_OPTION_TEXT, "SIZE", AT(max_message),
	    "Refuse messages that are longer: 64M (the default), 512K." },
	{ "log", '\0', MP_OPTION_TEXT, "FILE", AT(log),
	    "Write what happens there, secrets left out; standard error then stays silent." },
};
const struct mp_option_table mp_bridge_table = { "Bridge", options, MP_COUNT(options) };

static enum mcpass_rc add_name(struct mp_strings *words, const char *name,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(128);

	mp_buf_addf(&buf, "--%s", name);
	return mp_buf_move(&buf, "an option", words, err);
}

static enum mcpass_rc add_path(struct mp_strings *words, const char *path, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	mp_host_add_path(&buf, path);
	return mp_buf_move(&buf, "a path", words, err);
}

static enum mcpass_rc add_number(struct mp_strings *words, const char *name, unsigned number,
    const char *unit, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(32);
	enum mcpass_rc rc = add_name(words, name, err);

	if (rc)
		return rc;
	mp_buf_addf(&buf, "%u%s", number, unit);
	return mp_buf_move(&buf, "an option", words, err);
}

static enum mcpass_rc add_list(struct mp_strings *words, const char *name,
    const struct mp_texts *texts, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < texts->count; i++) {
		rc = add_name(words, name, err);
		if (!rc)
			rc = mp_strings_add_text(words, texts->items[i], err);
	}
	return rc;
}

static enum mcpass_rc add_option(const struct mp_option *option, const void *slot,
    struct mp_strings *words, struct mcpass_error *err)
{
	const char *text;
	enum mcpass_rc rc = MCPASS_OK;

	switch (option->type) {
	case MP_OPTION_FLAG:
		return *(const bool *)slot ? add_name(words, option->name, err) : MCPASS_OK;
	case MP_OPTION_TEXT:
	case MP_OPTION_STORE:
		text = *(const char *const *)slot;
		if (text != NULL)
			rc = add_name(words, option->name, err);
		if (rc || text == NULL)
			return rc;
		return mp_eq(option->value, "FILE") ? add_path(words, text, err) : mp_strings_add_text(words, text, err);
	case MP_OPTION_LIST:
		return add_list(words, option->name, slot, err);
	case MP_OPTION_PORT:
		return ((const struct mp_port *)slot)->given
		    ? add_number(words, option->name, ((const struct mp_port *)slot)->number, "", err) : MCPASS_OK;
	case MP_OPTION_TIME:
		return *(const int *)slot > 0
		    ? add_number(words, option->name, (unsigned)*(const int *)slot / 1000, "s", err) : MCPASS_OK;
	}
	return MCPASS_OK;
}

static enum mcpass_rc add_table(const struct mp_option_table *table, const void *values,
    struct mp_strings *words, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < table->count; i++)
		rc = add_option(&table->options[i], (const char *)values + table->options[i].offset, words, err);
	return rc;
}

static enum mcpass_rc make_words(const struct mp_bridge_options *bridge,
    const struct mp_connection_options *conn, struct mp_strings *words, struct mcpass_error *err)
{
	enum mcpass_rc rc = add_table(&mp_bridge_table, bridge, words, err);

	if (!rc)
		rc = add_table(&mp_connection_table, conn, words, err);
	if (!rc)
		rc = add_table(&mp_login_table, conn, words, err);
	return rc ? rc : add_table(&mp_service_table, conn, words, err);
}

enum mcpass_rc mp_bridge_entry(const struct mp_bridge_options *bridge,
    const struct mp_connection_options *conn, const char *name, char **servers, size_t count,
    struct mp_host_entry *ret_entry, struct mcpass_error *err)
{
	struct mp_strings words = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < count; i++)
		rc = mp_strings_add_text(&words, servers[i], err);
	if (!rc)
		rc = make_words(bridge, conn, &words, err);
	if (!rc)
		rc = mp_host_entry_make(name, servers[0], &words, ret_entry, err);
	mp_strings_free(&words);
	return rc;
}

enum mcpass_rc mp_bridge_read_size(const char *text, size_t *ret_size, struct mcpass_error *err)
{
	char *end;
	unsigned long long number;
	unsigned shift;

	*ret_size = 0;
	if (text == NULL)
		return MCPASS_OK;
	number = strtoull(text, &end, 10);
	shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : 0;
	end += shift > 0;
	if (end == text || text[0] == '-' || *end != '\0' || number == 0 || number > (MP_MAX_ANSWER >> shift))
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "--max-message %s: not a size (1048576, 512K, 64M; at most 1024M)", text);
	*ret_size = (size_t)number << shift;
	return MCPASS_OK;
}
