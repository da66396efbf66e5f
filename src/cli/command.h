/* command.h - what a command is: one row of the program's table. */
#pragma once
#include "ui/options.h"
#include "ui/out.h"

/* What every command takes; the first member of every command's options. */
struct mp_common {
	bool help, json, explain, quiet;
};
extern const struct mp_option_table mp_common_table;

/* A word that may stand first among the operands, and the words that may follow it ("list show");
 * FILE among them: a file may; NULL: nothing that is known. */
struct mp_verb {
	const char *name, *next;
};
struct mp_command {
	const char *name;
	const char *summary;            /* one line for the list of commands */
	const char *operands;           /* "SERVER TOOL [KEY=VALUE ...]" */
	const char *about;              /* what it does: paragraphs, ended by '\n' */
	const char *examples;           /* lines, each ended by '\n' */
	const struct mp_verb *verbs;    /* for completion, ended by { NULL }; NULL: there are none */
	size_t least, most;             /* operands */
	const struct mp_option_place *places;
	size_t options_size;            /* of the struct that places fill */
	/* Does it.  A failure whose err is clear has been told already. */
	enum mcpass_rc (*run)(const void *options, char **operands, size_t count,
	    struct mcpass_error *err);
};

/* All commands, in the order of help. */
extern const struct mp_command *const mp_commands[];
extern const size_t mp_command_count;
const struct mp_command *mp_command_find(const char *name);
/* Names the nearest command. */
enum mcpass_rc mp_command_unknown(const char *name, struct mcpass_error *err);

/* Parses what follows the command's name, and runs it (or shows its help). */
enum mcpass_rc mp_command_run(const struct mp_command *command, int argc, char **argv,
    struct mcpass_error *err);

extern const struct mp_command mp_command_authserver, mp_command_bridge, mp_command_call,
    mp_command_client_metadata, mp_command_completion, mp_command_demo, mp_command_help, mp_command_import,
    mp_command_install,
    mp_command_uninstall, mp_command_login,
    mp_command_logout, mp_command_prompts, mp_command_providers, mp_command_request, mp_command_resources,
    mp_command_serve, mp_command_servers, mp_command_status, mp_command_store, mp_command_token, mp_command_tools;
