#include "cli/help.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/connect/connection.h"

#define MAX_HELP ((size_t)32 * 1024)
#define MAX_WIDTH 96u           /* longer lines are hard to read */
#define NAME_COLUMN 30u         /* where the words about an option begin */

static void add_title(struct mp_buf *buf, const struct mp_term *term, const char *title)
{
	mp_buf_addc(buf, '\n');
	mp_painted(buf, term, MP_BOLD, title);
	mp_buf_adds(buf, ":\n");
}

static unsigned width_of(const struct mp_term *term)
{
	return term->width < MAX_WIDTH ? term->width : MAX_WIDTH;
}

/* "  -q, --quiet        words" with the words lined up and wrapped. */
static void add_entry(struct mp_buf *buf, const struct mp_term *term, const char *name,
    unsigned column, const char *words)
{
	unsigned columns = mp_term_columns(name);

	mp_buf_adds(buf, name);
	if (columns + 2 > column) {
		mp_buf_addc(buf, '\n');
		columns = 0;
	}
	mp_term_pad(buf, column - columns);
	mp_term_wrap(buf, width_of(term), column, words);
	mp_buf_addc(buf, '\n');
}

static void add_table(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_option_table *table)
{
	add_title(buf, term, table->title);
	for (size_t i = 0; i < table->count; i++) {
		const struct mp_option *option = &table->options[i];
		char name[64];
		int len;

		len = option->letter != '\0' ? snprintf(name, sizeof(name), "  -%c, ", option->letter)
		    : snprintf(name, sizeof(name), "      ");
		(void)snprintf(name + len, sizeof(name) - (size_t)len, "--%s%s%s", option->name,
		    option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
		add_entry(buf, term, name, NAME_COLUMN, option->help);
	}
}

/* Options that many commands share fill screens; one page has them. */
static bool is_elsewhere(const struct mp_option_table *table, const struct mp_command *command)
{
	return (table == &mp_login_table || table == &mp_service_table)
	    && command != &mp_command_login;
}

/* Paragraphs: each line of text is one; lines that begin with a space stay as they are. */
static void add_paragraphs(struct mp_buf *buf, const struct mp_term *term, const char *text)
{
	char line[2048];

	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		if (line[0] == ' ')
			mp_buf_adds(buf, line);
		else
			mp_term_wrap(buf, width_of(term), 0, line);
		mp_buf_addc(buf, '\n');
	}
}

void mp_help_command(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_command *command)
{
	bool refers = false;

	mp_painted(buf, term, MP_BOLD, "usage:");
	mp_buf_addf(buf, " mcpass %s", command->name);
	if (command->operands[0] != '\0')
		mp_buf_addf(buf, " %s", command->operands);
	mp_buf_adds(buf, " [options]\n\n");
	add_paragraphs(buf, term, command->about);
	for (const struct mp_option_place *p = command->places; p->table != NULL; p++)
		if (is_elsewhere(p->table, command))
			refers = true;
		else
			add_table(buf, term, p->table);
	if (refers) {
		add_title(buf, term, "Signing in");
		mp_buf_adds(buf, "  --profile, --scope, --no-login, --client-id ...  see 'mcpass help login'\n");
	}
	if (command->examples[0] != '\0') {
		add_title(buf, term, "Examples");
		mp_buf_adds(buf, command->examples);
	}
}

void mp_help_overview(struct mp_buf *buf, const struct mp_term *term)
{
	mp_buf_adds(buf, "mcpass " MCPASS_VERSION ": a pass into any protected MCP server\n\n");
	mp_painted(buf, term, MP_BOLD, "usage:");
	mp_buf_adds(buf, " mcpass COMMAND [arguments] [options]\n");
	add_title(buf, term, "Commands");
	for (size_t i = 0; i < mp_command_count; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "  %s", mp_commands[i]->name);
		add_entry(buf, term, name, 16, mp_commands[i]->summary);
	}
	add_title(buf, term, "Start here");
	mp_buf_adds(buf, "  mcpass demo                          a whole login and call, explained\n"
	    "  mcpass tools https://HOST/mcp        what can that server do?\n"
	    "  mcpass call https://HOST/mcp TOOL key=value\n");
	add_title(buf, term, "Exit codes");
	mp_buf_adds(buf, "  0  done\n"
	    "  1  the command: usage, an unknown tool, a wrong argument, an error of the tool\n"
	    "  2  this machine: no connection, no file, no memory, the credential store\n"
	    "  3  the server broke its specification\n"
	    "  4  a person or the authorization server said no, or no answer came in time\n"
	    "  5  refused, because it would be unsafe\n"
	    "\n'mcpass help COMMAND' or 'mcpass COMMAND --help' says more.\n");
}

enum mcpass_rc mp_help_print(const struct mp_command *command, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MAX_HELP);

	if (command != NULL)
		mp_help_command(&buf, &term, command);
	else
		mp_help_overview(&buf, &term);
	return mp_out_end(&buf, err);
}
