#include "cli/help.h"

struct help_options {
	struct mp_common common;
};

static enum mcpass_rc run(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct mp_command *command = NULL;

	(void)options;
	if (count > 0) {
		command = mp_command_find(operands[0]);
		if (command == NULL)
			return mp_command_unknown(operands[0], err);
	}
	return mp_help_print(command, err);
}

static const struct mp_option_place places[] = {
	{ &mp_common_table, offsetof(struct help_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_help = {
	.name = "help",
	.summary = "Say what a command does",
	.operands = "[COMMAND]",
	.about = "Lists the commands, or describes one. The manual pages, mcpass(1) and"
	    " mcpass-COMMAND(1), say more.\n",
	.examples = "  mcpass help call\n",
	.most = 1,
	.places = places,
	.options_size = sizeof(struct help_options),
	.run = run,
};
