#include "cli/command.h"
#include <stdlib.h>
#include <string.h>
#include "cli/help.h"
#include "cli/show/hint.h"

const struct mp_command *mp_command_find(const char *name)
{
	for (size_t i = 0; i < mp_command_count; i++)
		if (strcmp(mp_commands[i]->name, name) == 0)
			return mp_commands[i];
	return NULL;
}

enum mcpass_rc mp_command_unknown(const char *name, struct mcpass_error *err)
{
	const char *names[32], *near;
	size_t count = 0;
	enum mcpass_rc rc;

	for (; count < mp_command_count && count < MP_COUNT(names); count++)
		names[count] = mp_commands[count]->name;
	near = mp_nearest(name, names, count);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "unknown command %s", name);
	if (near != NULL)
		mp_hint(err, "did you mean 'mcpass %s'?", near);
	mp_hint(err, "'mcpass help' lists the commands");
	return rc;
}

static enum mcpass_rc check_operands(const struct mp_command *command, char **operands,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (count >= command->least && count <= command->most)
		return MCPASS_OK;
	if (count > command->most)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: one argument too many: %s",
		    command->name, operands[command->most]);
	else
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: an argument is missing", command->name);
	mp_hint(err, "usage: mcpass %s %s", command->name, command->operands);
	return rc;
}

enum mcpass_rc mp_command_run(const struct mp_command *command, int argc, char **argv,
    struct mcpass_error *err)
{
	void *options = calloc(1, command->options_size);
	const struct mp_common *common = options;
	size_t count = 0;
	enum mcpass_rc rc;

	if (options == NULL)
		return mp_nomem(err);
	rc = mp_options_parse(command->places, argc, argv, options, &count, err);
	if (rc)
		mp_hint(err, "'mcpass help %s' lists its options", command->name);
	else if (common->help)
		rc = mp_help_print(command, err);
	else
		rc = check_operands(command, argv, count, err);
	if (!rc && !common->help)
		rc = command->run(options, argv, count, err);
	if (rc)
		mp_hint_complete(command, options, count > 0 ? argv[0] : NULL, err);
	free(options);
	return rc;
}
