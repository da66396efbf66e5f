#include "ui/options.h"
#include "io/store/pg_url.h"
#include <string.h>

#define MAX_NAMES 64    /* options of one command, for the search for the nearest */

/* An option and the place where its value goes. */
struct found {
	const struct mp_option *option;
	void *slot;
};
struct parser {
	const struct mp_option_place *places;
	char *values;
	int argc, at;
	char **argv;
	struct mcpass_error *err;
};

static bool matches(const struct mp_option *option, struct mp_span name, char letter)
{
	if (letter != '\0')
		return option->letter == letter;
	return mp_span_is(name, option->name);
}

static struct found find(const struct parser *parser, struct mp_span name, char letter)
{
	for (const struct mp_option_place *p = parser->places; p->table != NULL; p++)
		for (size_t i = 0; i < p->table->count; i++) {
			const struct mp_option *option = &p->table->options[i];

			if (matches(option, name, letter))
				return (struct found){ option,
					parser->values + p->offset + option->offset };
		}
	return (struct found){ NULL, NULL };
}

static enum mcpass_rc unknown(const struct parser *parser, struct mp_span name)
{
	const char *names[MAX_NAMES], *near;
	char word[64];
	size_t count = 0;
	enum mcpass_rc rc = mp_fail(parser->err, MCPASS_E_USAGE, NULL, "unknown option --%.*s",
	    (int)name.len, name.data);

	if (name.len >= sizeof(word))
		return rc;
	memcpy(word, name.data, name.len);
	word[name.len] = '\0';
	for (const struct mp_option_place *p = parser->places; p->table != NULL; p++)
		for (size_t i = 0; i < p->table->count && count < MAX_NAMES; i++)
			names[count++] = p->table->options[i].name;
	near = mp_nearest(word, names, count);
	if (near != NULL)
		mp_hint(parser->err, "did you mean --%s?", near);
	return rc;
}

/* A whole number of at most max, followed by *ret_end. */
static bool read_number(const char *text, unsigned max, unsigned *ret_number,
    const char **ret_end)
{
	unsigned number = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (unsigned)(*p - '0');
		if (number > max)
			return false;
	}
	if (p == text)
		return false;
	*ret_number = number;
	*ret_end = p;
	return true;
}

static enum mcpass_rc set_port(const struct mp_option *option, void *slot, const char *text,
    struct mcpass_error *err)
{
	struct mp_port port = { .given = true };
	const char *end;

	if (!read_number(text, 65535, &port.number, &end) || *end != '\0')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--%s %s: not a port (0 to 65535)",
		    option->name, text);
	memcpy(slot, &port, sizeof(port));
	return MCPASS_OK;
}

static enum mcpass_rc set_time(const struct mp_option *option, void *slot, const char *text,
    struct mcpass_error *err)
{
	static const struct { const char *unit; unsigned seconds; } units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
	};
	unsigned number;
	const char *end;

	if (read_number(text, MP_MAX_WAIT_S, &number, &end) && number > 0)
		for (size_t i = 0; i < MP_COUNT(units); i++)
			if (strcmp(end, units[i].unit) == 0
			    && number <= MP_MAX_WAIT_S / units[i].seconds) {
				int ms = (int)(number * units[i].seconds * 1000);

				memcpy(slot, &ms, sizeof(ms));
				return MCPASS_OK;
			}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "--%s %s: not a time (90, 90s, 5m; at most 24h)",
	    option->name, text);
}

static enum mcpass_rc set_list(const struct mp_option *option, struct mp_texts *list,
    const char *text, struct mcpass_error *err)
{
	if (list->count == MP_MAX_REPEATS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--%s is given more than %d times",
		    option->name, MP_MAX_REPEATS);
	list->items[list->count++] = text;
	return MCPASS_OK;
}

static enum mcpass_rc set(struct found found, const char *text, struct mcpass_error *err)
{
	switch (found.option->type) {
	case MP_OPTION_FLAG:
		*(bool *)found.slot = true;
		return MCPASS_OK;
	case MP_OPTION_TEXT:
		*(const char **)found.slot = text;
		return MCPASS_OK;
	case MP_OPTION_STORE:
		*(const char **)found.slot = text;
		return mp_pg_url_check_argument(text, err);
	case MP_OPTION_LIST:
		return set_list(found.option, found.slot, text, err);
	case MP_OPTION_PORT:
		return set_port(found.option, found.slot, text, err);
	case MP_OPTION_TIME:
		return set_time(found.option, found.slot, text, err);
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "--%s has no type", found.option->name);
}

/* The option takes attached (behind '=' or the letter) or else the next argument. */
static enum mcpass_rc take_value(struct parser *parser, struct found found,
    const char *attached)
{
	const struct mp_option *option = found.option;

	if (attached == NULL && parser->at < parser->argc)
		attached = parser->argv[parser->at++];
	if (attached == NULL)
		return mp_fail(parser->err, MCPASS_E_USAGE, NULL, "--%s wants a value: --%s %s",
		    option->name, option->name, option->value);
	return set(found, attached, parser->err);
}

static enum mcpass_rc read_long(struct parser *parser, const char *word)
{
	const char *equals = strchr(word, '=');
	struct mp_span name = { word, equals != NULL ? (size_t)(equals - word) : strlen(word) };
	struct found found = find(parser, name, '\0');

	if (found.option == NULL)
		return unknown(parser, name);
	if (found.option->type != MP_OPTION_FLAG)
		return take_value(parser, found, equals != NULL ? equals + 1 : NULL);
	if (equals != NULL)
		return mp_fail(parser->err, MCPASS_E_USAGE, NULL, "--%s takes no value",
		    found.option->name);
	return set(found, NULL, parser->err);
}

static enum mcpass_rc read_letters(struct parser *parser, const char *letters)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (; *letters != '\0' && !rc; letters++) {
		struct found found = find(parser, (struct mp_span){ NULL, 0 }, *letters);

		if (found.option == NULL)
			return mp_fail(parser->err, MCPASS_E_USAGE, NULL, "unknown option -%c",
			    *letters);
		if (found.option->type != MP_OPTION_FLAG)
			return take_value(parser, found, letters[1] != '\0' ? letters + 1 : NULL);
		rc = set(found, NULL, parser->err);
	}
	return rc;
}

enum mcpass_rc mp_options_parse(const struct mp_option_place *places, int argc, char **argv,
    void *ret_values, size_t *ret_count, struct mcpass_error *err)
{
	struct parser parser = { places, ret_values, argc, 0, argv, err };
	enum mcpass_rc rc = MCPASS_OK;
	bool ended = false;
	size_t count = 0;

	while (parser.at < argc && !rc) {
		char *word = argv[parser.at++];

		if (ended || word[0] != '-' || word[1] == '\0')
			argv[count++] = word;
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			rc = read_long(&parser, word + 2);
		else
			rc = read_letters(&parser, word + 1);
	}
	if (!rc)
		*ret_count = count;
	return rc;
}
