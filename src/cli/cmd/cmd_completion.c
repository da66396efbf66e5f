#include <string.h>
#include "base/limits.h"
#include "cli/connect/connection.h"
#include "cli/show/listing.h"
#include "oauth/quirks.h"

struct completion_options {
	struct mp_common common;
};
#define MAX_SCRIPT ((size_t)128 * 1024)

/* Calls fn for each option of command, as --name or -x. */
static void each_option(struct mp_buf *buf, const struct mp_command *command,
    void (*fn)(struct mp_buf *buf, const struct mp_command *command,
        const struct mp_option *option))
{
	for (const struct mp_option_place *p = command->places; p->table != NULL; p++)
		for (size_t i = 0; i < p->table->count; i++)
			fn(buf, command, &p->table->options[i]);
}

/* Text between single quotes, in a form that all three shells read. */
static void add_quoted(struct mp_buf *buf, const char *text)
{
	mp_buf_addc(buf, '\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			mp_buf_adds(buf, "'\\''");
		else
			mp_buf_addc(buf, *text);
	mp_buf_addc(buf, '\'');
}

/* What an option may be given, one word each; NULL: anything. */
static const char *values_of(const struct mp_option *option)
{
	static const struct { const char *name, *values; } known[] = {
		{ "grant", "code client-credentials jwt-bearer id-jag device" },
		{ "protocol", "2025-03-26 2025-06-18 2025-11-25 2026-07-28" },
		{ "elicit", "accept decline cancel -" },
		{ "callback-host", "127.0.0.1 localhost" },
	};

	for (size_t i = 0; i < MP_COUNT(known); i++)
		if (strcmp(option->name, known[i].name) == 0)
			return known[i].values;
	return NULL;
}

static void add_values(struct mp_buf *buf, const struct mp_option *option)
{
	const char *values = values_of(option);
	const struct mp_quirk *rows;
	size_t count;

	if (values != NULL) {
		mp_buf_adds(buf, values);
	} else if (strcmp(option->name, "provider") == 0) {
		rows = mp_quirks(&count);
		mp_buf_adds(buf, "none");
		for (size_t i = 0; i < count; i++)
			mp_buf_addf(buf, " %s", rows[i].name);
	}
}

static bool has_values(const struct mp_option *option)
{
	return values_of(option) != NULL || strcmp(option->name, "provider") == 0;
}

static bool is_file(const struct mp_option *option)
{
	return option->value != NULL && strstr(option->value, "FILE") != NULL;
}

/* The first operand is a server, the second one a tool. */
static bool takes_server(const struct mp_command *command)
{
	return strncmp(command->operands, "SERVER", strlen("SERVER")) == 0;
}

static bool takes_tool(const struct mp_command *command)
{
	return takes_server(command) && strstr(command->operands, "TOOL") != NULL;
}

static void add_verbs(struct mp_buf *buf, const struct mp_command *command)
{
	for (const struct mp_verb *verb = command->verbs; verb->name != NULL; verb++)
		mp_buf_addf(buf, "%s%s", verb > command->verbs ? " " : "", verb->name);
}

/* Without the word FILE; *ret_file: it was there. */
static void add_next(struct mp_buf *buf, const struct mp_verb *verb, bool *ret_file)
{
	const char *before = "", *word = verb->next;

	*ret_file = false;
	for (size_t len; *word != '\0'; word += len + (word[len] == ' ')) {
		len = strcspn(word, " ");
		if (mp_span_is((struct mp_span){ word, len }, "FILE")) {
			*ret_file = true;
			continue;
		}
		mp_buf_addf(buf, "%s%.*s", before, (int)len, word);
		before = " ";
	}
}

/* Calls fn for each verb that something may follow. */
static void each_next(struct mp_buf *buf, void (*fn)(struct mp_buf *buf,
    const struct mp_command *command, const struct mp_verb *verb))
{
	for (size_t i = 0; i < mp_command_count; i++)
		for (const struct mp_verb *verb = mp_commands[i]->verbs; verb != NULL && verb->name != NULL; verb++)
			if (verb->next != NULL)
				fn(buf, mp_commands[i], verb);
}

/* --- bash --- */
static void bash_option(struct mp_buf *buf, const struct mp_command *command,
    const struct mp_option *option)
{
	(void)command;
	mp_buf_addf(buf, " --%s", option->name);
}

/* A pattern of the commands for which is() holds. */
static void add_pattern(struct mp_buf *buf, bool (*is)(const struct mp_command *command),
    const char *separator)
{
	const char *before = "";

	for (size_t i = 0; i < mp_command_count; i++)
		if (is(mp_commands[i])) {
			mp_buf_addf(buf, "%s%s", before, mp_commands[i]->name);
			before = separator;
		}
}

/* Of the options that several commands have, each once. */
static bool is_first(size_t command, const struct mp_option *option)
{
	for (size_t i = 0; i < command; i++)
		for (const struct mp_option_place *p = mp_commands[i]->places; p->table != NULL; p++)
			for (size_t o = 0; o < p->table->count; o++)
				if (strcmp(p->table->options[o].name, option->name) == 0)
					return false;
	return true;
}

static void bash_values(struct mp_buf *buf)
{
	mp_buf_adds(buf, "\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n");
	for (size_t i = 0; i < mp_command_count; i++)
		for (const struct mp_option_place *p = mp_commands[i]->places; p->table != NULL; p++)
			for (size_t o = 0; o < p->table->count; o++) {
				const struct mp_option *option = &p->table->options[o];

				if (option->type == MP_OPTION_FLAG || !is_first(i, option))
					continue;
				mp_buf_addf(buf, "\t--%s) ", option->name);
				if (has_values(option)) {
					mp_buf_adds(buf, "COMPREPLY=($(compgen -W '");
					add_values(buf, option);
					mp_buf_adds(buf, "' -- \"$word\")); ");
				}
				mp_buf_adds(buf, "return ;;\n");
			}
	mp_buf_adds(buf, "\tesac\n");
}

/* Where nothing of it fits, the shell offers files. */
static void bash_next(struct mp_buf *buf, const struct mp_command *command, const struct mp_verb *verb)
{
	bool is_file;

	mp_buf_addf(buf, "\t%s:3:%s) COMPREPLY=($(compgen -W '", command->name, verb->name);
	add_next(buf, verb, &is_file);
	mp_buf_adds(buf, "' -- \"$word\")) ;;\n");
}

static void bash_verbs(struct mp_buf *buf)
{
	mp_buf_adds(buf, "\tcase ${COMP_WORDS[1]}:$COMP_CWORD:${COMP_WORDS[2]} in\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		if (mp_commands[i]->verbs == NULL)
			continue;
		mp_buf_addf(buf, "\t%s:2:*) COMPREPLY=($(compgen -W '", mp_commands[i]->name);
		add_verbs(buf, mp_commands[i]);
		mp_buf_adds(buf, "' -- \"$word\")) ;;\n");
	}
	each_next(buf, bash_next);
	mp_buf_adds(buf, "\tesac\n");
}

/* Words of a server are data: compgen -W would expand them. */
static void bash_names(struct mp_buf *buf)
{
	mp_buf_adds(buf, "_mcpass_names() {\n"
	    "\tlocal name\n"
	    "\twhile IFS= read -r name; do\n"
	    "\t\t[[ $name == \"$word\"* ]] && COMPREPLY+=(\"$name\")\n"
	    "\tdone < <(mcpass completion \"$@\" 2>/dev/null)\n}\n");
}

static void bash(struct mp_buf *buf)
{
	mp_buf_adds(buf, "# bash completion for mcpass\n");
	bash_names(buf);
	mp_buf_adds(buf, "_mcpass() {\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]} commands= options=\n"
	    "\tcommands='");
	for (size_t i = 0; i < mp_command_count; i++)
		mp_buf_addf(buf, "%s%s", i > 0 ? " " : "", mp_commands[i]->name);
	mp_buf_adds(buf, "'\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
	    "\t\treturn\n\tfi\n");
	bash_values(buf);
	mp_buf_adds(buf, "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		mp_buf_addf(buf, "\t%s) options='", mp_commands[i]->name);
		each_option(buf, mp_commands[i], bash_option);
		mp_buf_adds(buf, "' ;;\n");
	}
	mp_buf_adds(buf, "\tesac\n"
	    "\tif [[ $word == -* ]]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	    "\t\treturn\n\tfi\n"
	    "\tcase ${COMP_WORDS[1]}:$COMP_CWORD in\n"
	    "\thelp:2) COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")) ;;\n\t");
	add_pattern(buf, takes_server, ":2|");
	mp_buf_adds(buf, ":2) _mcpass_names servers ;;\n\t");
	add_pattern(buf, takes_tool, ":3|");
	mp_buf_adds(buf, ":3) _mcpass_names tools \"${COMP_WORDS[2]}\" ;;\n\tesac\n");
	bash_verbs(buf);
	mp_buf_adds(buf, "}\ncomplete -o default -F _mcpass mcpass\n");
}

/* --- zsh --- */
static void zsh_option(struct mp_buf *buf, const struct mp_command *command,
    const struct mp_option *option)
{
	struct mp_buf spec = MP_BUF(1024);

	(void)command;
	mp_buf_addf(&spec, "--%s%s[", option->name, option->type == MP_OPTION_FLAG ? "" : "=");
	for (const char *p = option->help; *p != '\0'; p++) {
		if (strchr("[]:\\", *p) != NULL)
			mp_buf_addc(&spec, '\\');
		mp_buf_addc(&spec, *p);
	}
	mp_buf_addc(&spec, ']');
	if (option->type != MP_OPTION_FLAG)
		mp_buf_addf(&spec, ":%s:%s", option->name, is_file(option) ? "_files" : "");
	if (has_values(option)) {
		mp_buf_addc(&spec, '(');
		add_values(&spec, option);
		mp_buf_addc(&spec, ')');
	}
	mp_buf_adds(buf, " \\\n\t\t\t");
	add_quoted(buf, mp_buf_text(&spec));
	mp_buf_free(&spec);
}

static void zsh_next(struct mp_buf *buf, const struct mp_command *command, const struct mp_verb *verb)
{
	bool is_file;

	mp_buf_addf(buf, "\t%s:%s) compadd -- ", command->name, verb->name);
	add_next(buf, verb, &is_file);
	mp_buf_addf(buf, "%s ;;\n", is_file ? "; _files" : "");
}

static void zsh(struct mp_buf *buf)
{
	mp_buf_adds(buf, "#compdef mcpass\n# zsh completion for mcpass\n"
	    "_mcpass_servers() {\n"
	    "\tlocal -a names=(${(f)\"$(mcpass completion servers 2>/dev/null)\"})\n"
	    "\tcompadd -a names\n}\n"
	    "_mcpass_tools() {\n"
	    "\tlocal -a names=(${(f)\"$(mcpass completion tools ${(Q)words[2]} 2>/dev/null)\"})\n"
	    "\tcompadd -a names\n}\n"
	    "_mcpass_next() {\n\tcase $words[1]:$words[2] in\n");
	each_next(buf, zsh_next);
	mp_buf_adds(buf, "\tesac\n}\n_mcpass() {\n"
	    "\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		mp_buf_addf(buf, "\t\t%s:", mp_commands[i]->name);
		add_quoted(buf, mp_commands[i]->summary);
		mp_buf_addc(buf, '\n');
	}
	mp_buf_adds(buf, "\t)\n\tif (( CURRENT == 2 )); then\n"
	    "\t\t_describe command commands\n\t\treturn\n\tfi\n"
	    "\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n"
	    "\tcase $command in\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		mp_buf_addf(buf, "\t%s)\n\t\t_arguments", mp_commands[i]->name);
		each_option(buf, mp_commands[i], zsh_option);
		if (takes_server(mp_commands[i]))
			mp_buf_adds(buf, " \\\n\t\t\t'1:server:_mcpass_servers'");
		if (takes_tool(mp_commands[i]))
			mp_buf_adds(buf, " \\\n\t\t\t'2:tool:_mcpass_tools'");
		if (mp_commands[i]->verbs != NULL) {
			mp_buf_adds(buf, " \\\n\t\t\t'1:verb:(");
			add_verbs(buf, mp_commands[i]);
			mp_buf_adds(buf, ")' \\\n\t\t\t'2:word:_mcpass_next'");
		}
		mp_buf_adds(buf, " \\\n\t\t\t'*::argument:_files' ;;\n");
	}
	mp_buf_adds(buf, "\tesac\n}\n_mcpass \"$@\"\n");
}

/* --- fish --- */
static void fish_option(struct mp_buf *buf, const struct mp_command *command,
    const struct mp_option *option)
{
	mp_buf_addf(buf, "complete -c mcpass -n '__fish_seen_subcommand_from %s' -l %s",
	    command->name, option->name);
	if (option->letter != '\0')
		mp_buf_addf(buf, " -s %c", option->letter);
	if (option->type != MP_OPTION_FLAG)
		mp_buf_adds(buf, is_file(option) ? " -r -F" : " -x");
	if (has_values(option)) {
		mp_buf_adds(buf, " -a '");
		add_values(buf, option);
		mp_buf_addc(buf, '\'');
	}
	mp_buf_adds(buf, " -d ");
	add_quoted(buf, option->help);
	mp_buf_addc(buf, '\n');
}

static void fish_next(struct mp_buf *buf, const struct mp_command *command, const struct mp_verb *verb)
{
	bool is_file;

	mp_buf_addf(buf, "complete -c mcpass -n '__fish_seen_subcommand_from %s; and test (count"
	    " (commandline -opc)) -eq 3; and test (commandline -opc)[3] = %s' -a '", command->name,
	    verb->name);
	add_next(buf, verb, &is_file);
	mp_buf_addf(buf, "'%s\n", is_file ? " -F" : "");
}

static void fish_verbs(struct mp_buf *buf, const struct mp_command *command)
{
	if (command->verbs == NULL)
		return;
	mp_buf_addf(buf, "complete -c mcpass -n '__fish_seen_subcommand_from %s; and test (count"
	    " (commandline -opc)) -eq 2' -a '", command->name);
	add_verbs(buf, command);
	mp_buf_adds(buf, "'\n");
}

static void fish(struct mp_buf *buf)
{
	mp_buf_adds(buf, "# fish completion for mcpass\ncomplete -c mcpass -f\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		mp_buf_addf(buf, "complete -c mcpass -n __fish_use_subcommand -a %s -d ",
		    mp_commands[i]->name);
		add_quoted(buf, mp_commands[i]->summary);
		mp_buf_addc(buf, '\n');
	}
	mp_buf_adds(buf, "complete -c mcpass -n '__fish_seen_subcommand_from ");
	add_pattern(buf, takes_server, " ");
	mp_buf_adds(buf, "; and test (count (commandline -opc)) -eq 2'"
	    " -a '(mcpass completion servers 2>/dev/null)'\n"
	    "complete -c mcpass -n '__fish_seen_subcommand_from ");
	add_pattern(buf, takes_tool, " ");
	mp_buf_adds(buf, "; and test (count (commandline -opc)) -eq 3'"
	    " -a '(mcpass completion tools (commandline -opc)[3] 2>/dev/null)'\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		fish_verbs(buf, mp_commands[i]);
		each_option(buf, mp_commands[i], fish_option);
	}
	each_next(buf, fish_next);
}

/* --- the words that those scripts ask for --- */

/* What a shell writes into its line has to mean nothing else there: of a server's names those
 * of plain characters alone. */
static void add_name(struct mp_buf *buf, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._/:@";

	if (name != NULL && name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0')
		mp_buf_addf(buf, "%s\n", name);
}

static enum mcpass_rc print_names(const json_t *list, struct mcpass_error *err)
{
	const json_t *item;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	size_t i;

	json_array_foreach (list, i, item)
		add_name(&buf, mp_json_text(item, "name"));
	return mp_out_end(&buf, err);
}

static enum mcpass_rc print_servers(struct mcpass_error *err)
{
	json_t *list = NULL;
	enum mcpass_rc rc = mp_servers_list(NULL, &list, err);

	if (!rc)
		rc = print_names(list, err);
	json_decref(list);
	return rc;
}

/* The person waits for the shell: a stored login or none, and not for long. */
static enum mcpass_rc print_tools(const char *server, struct mcpass_error *err)
{
	const struct mp_connection_options options = { .no_login = true, .timeout_ms = 3000 };
	const struct mp_common common = { .quiet = true };
	struct mp_connection conn = { 0 };
	json_t *list = NULL;
	enum mcpass_rc rc = mp_connection_open(&options, &common, server, NULL, &conn, err);

	if (!rc)
		rc = mp_listing_all(&conn.asker, "tools", &list, NULL, NULL, err);
	if (!rc)
		rc = print_names(json_object_get(list, "tools"), err);
	mp_connection_close(&conn);
	json_decref(list);
	return rc;
}

static enum mcpass_rc run(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	static const struct { const char *shell; void (*write)(struct mp_buf *buf); } shells[] = {
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
	};
	struct mp_buf buf;

	(void)options;
	if (strcmp(operands[0], "servers") == 0)
		return print_servers(err);
	if (strcmp(operands[0], "tools") == 0 && count == 2)
		return print_tools(operands[1], err);
	if (count > 1)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "completion: one argument too many: %s",
		    operands[1]);
	for (size_t i = 0; i < MP_COUNT(shells); i++) {
		if (strcmp(shells[i].shell, operands[0]) != 0)
			continue;
		mp_buf_init(&buf, MAX_SCRIPT);
		shells[i].write(&buf);
		return mp_out_end(&buf, err);
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "unknown shell %s: bash, zsh or fish", operands[0]);
}

static const struct mp_verb verbs[] = {
	{ "bash", NULL }, { "zsh", NULL }, { "fish", NULL }, { "servers", NULL }, { "tools", NULL },
	{ NULL, NULL },
};
static const struct mp_option_place places[] = {
	{ &mp_common_table, offsetof(struct completion_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_completion = {
	.name = "completion",
	.summary = "Print the completions for a shell",
	.operands = "bash | zsh | fish | servers | tools SERVER",
	.about = "Prints a script that makes the shell complete mcpass's commands and options."
	    " Packages install it; otherwise:\n"
	    "  bash:  mcpass completion bash > ~/.local/share/bash-completion/completions/mcpass\n"
	    "  zsh:   mcpass completion zsh > a folder of $fpath/_mcpass\n"
	    "  fish:  mcpass completion fish > ~/.config/fish/completions/mcpass.fish\n"
	    "With servers, or tools SERVER, it prints the names that such a script offers: of the"
	    " files of servers, and of the tools of a server that you are signed in to.\n",
	.examples = "  source <(mcpass completion bash)\n",
	.verbs = verbs,
	.least = 1,
	.most = 2,
	.places = places,
	.options_size = sizeof(struct completion_options),
	.run = run,
};
