#include <string.h>
#include "cli/command.h"

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

/* --- bash --- */
static void bash_option(struct mp_buf *buf, const struct mp_command *command,
    const struct mp_option *option)
{
	(void)command;
	mp_buf_addf(buf, " --%s", option->name);
}

static void bash(struct mp_buf *buf)
{
	mp_buf_adds(buf, "# bash completion for mcpass\n_mcpass() {\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]} commands= options=\n"
	    "\tcommands='");
	for (size_t i = 0; i < mp_command_count; i++)
		mp_buf_addf(buf, "%s%s", i > 0 ? " " : "", mp_commands[i]->name);
	mp_buf_adds(buf, "'\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
	    "\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < mp_command_count; i++) {
		mp_buf_addf(buf, "\t%s) options='", mp_commands[i]->name);
		each_option(buf, mp_commands[i], bash_option);
		mp_buf_adds(buf, "' ;;\n");
	}
	mp_buf_adds(buf, "\tesac\n"
	    "\tcase $word in\n"
	    "\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
	    "\t*) [ \"${COMP_WORDS[1]}\" = help ] &&\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$commands\" -- \"$word\")) ;;\n"
	    "\tesac\n}\ncomplete -o default -F _mcpass mcpass\n");
}

/* --- zsh --- */
static void zsh_option(struct mp_buf *buf, const struct mp_command *command,
    const struct mp_option *option)
{
	struct mp_buf spec;

	(void)command;
	mp_buf_init(&spec, 1024);
	mp_buf_addf(&spec, "--%s%s[", option->name, option->type == MP_OPTION_FLAG ? "" : "=");
	for (const char *p = option->help; *p != '\0'; p++) {
		if (strchr("[]:\\", *p) != NULL)
			mp_buf_addc(&spec, '\\');
		mp_buf_addc(&spec, *p);
	}
	mp_buf_addc(&spec, ']');
	if (option->type != MP_OPTION_FLAG)
		mp_buf_addf(&spec, ":%s:%s", option->name,
		    strstr(option->value, "FILE") != NULL ? "_files" : "");
	mp_buf_adds(buf, " \\\n\t\t\t");
	add_quoted(buf, mp_buf_text(&spec));
	mp_buf_free(&spec);
}

static void zsh(struct mp_buf *buf)
{
	mp_buf_adds(buf, "#compdef mcpass\n# zsh completion for mcpass\n_mcpass() {\n"
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
		mp_buf_adds(buf, strstr(option->value, "FILE") != NULL ? " -r -F" : " -x");
	mp_buf_adds(buf, " -d ");
	add_quoted(buf, option->help);
	mp_buf_addc(buf, '\n');
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
	for (size_t i = 0; i < mp_command_count; i++)
		each_option(buf, mp_commands[i], fish_option);
}

static enum mcpass_rc run(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	static const struct { const char *shell; void (*write)(struct mp_buf *buf); } shells[] = {
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
	};
	struct mp_buf buf;
	enum mcpass_rc rc;

	(void)options;
	(void)count;
	for (size_t i = 0; i < MP_COUNT(shells); i++) {
		if (strcmp(shells[i].shell, operands[0]) != 0)
			continue;
		mp_buf_init(&buf, MAX_SCRIPT);
		shells[i].write(&buf);
		rc = mp_out(&buf, err);
		mp_buf_free(&buf);
		return rc;
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "unknown shell %s: bash, zsh or fish", operands[0]);
}

static const struct mp_option_place places[] = {
	{ &mp_common_table, offsetof(struct completion_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_completion = {
	.name = "completion",
	.summary = "Print the completions for a shell",
	.operands = "bash | zsh | fish",
	.about = "Prints a script that makes the shell complete mcpass's commands and options."
	    " Packages install it; otherwise:\n"
	    "  bash:  mcpass completion bash > ~/.local/share/bash-completion/completions/mcpass\n"
	    "  zsh:   mcpass completion zsh > a folder of $fpath/_mcpass\n"
	    "  fish:  mcpass completion fish > ~/.config/fish/completions/mcpass.fish\n",
	.examples = "  source <(mcpass completion bash)\n",
	.least = 1,
	.most = 1,
	.places = places,
	.options_size = sizeof(struct completion_options),
	.run = run,
};
