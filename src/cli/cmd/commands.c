#include "cli/command.h"

/* As a person meets them: see it work, use a server, keep credentials, run one. */
const struct mp_command *const mp_commands[] = {
	&mp_command_demo,
	&mp_command_tools,
	&mp_command_call,
	&mp_command_prompts,
	&mp_command_resources,
	&mp_command_request,
	&mp_command_bridge,
	&mp_command_install,
	&mp_command_uninstall,
	&mp_command_import,
	&mp_command_login,
	&mp_command_logout,
	&mp_command_status,
	&mp_command_store,
	&mp_command_token,
	&mp_command_servers,
	&mp_command_client_metadata,
	&mp_command_providers,
	&mp_command_serve,
	&mp_command_authserver,
	&mp_command_completion,
	&mp_command_help,
};
const size_t mp_command_count = MP_COUNT(mp_commands);
