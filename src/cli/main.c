/* The program: finds the command, runs it, reports its error. */
#include <signal.h>
#include <string.h>
#include "cli/bridge/from.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/show/version.h"
#include "ui/out.h"
#include "ui/report.h"
#include "ui/signals.h"
#include "io/system/harden.h"

/* Before the options are read: what is wrong with them is an error, too. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* Called by the name of another program, whose words we know. */
static bool is_mcp_remote(const char *self)
{
	const char *slash = self != NULL ? strrchr(self, '/') : NULL;

	return mp_eq(slash != NULL ? slash + 1 : self, "mcp-remote");
}

static enum mcpass_rc run_mcp_remote(int argc, char **argv, struct mcpass_error *err)
{
	struct mp_strings words = { 0 }, ours = { 0 }, notes = { 0 };
	char *moved[MP_MAX_ITEMS];
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 1; !rc && i < argc; i++)
		rc = mp_strings_add_text(&words, argv[i], err);
	if (!rc)
		rc = mp_from_mcp_remote(&words, &ours, &notes, err);
	for (size_t i = 0; !rc && i < notes.count; i++)
		mp_say(false, "note: %s", notes.items[i]);
	for (size_t i = 1; i < ours.count; i++)
		moved[i - 1] = ours.items[i];
	if (!rc)
		rc = mp_command_run(&mp_command_bridge, (int)ours.count - 1, moved, err);
	mp_strings_free(&words);
	mp_strings_free(&notes);
	mp_strings_free(&ours);
	return rc;
}

static enum mcpass_rc dispatch(int argc, char **argv, bool as_json,
    struct mcpass_error *err)
{
	const struct mp_command *command;

	if (argc > 0 && is_mcp_remote(argv[0]))
		return run_mcp_remote(argc, argv, err);
	if (argc < 2) {
		enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no command is given");

		mp_hint(err, "usage: mcpass COMMAND [arguments] [options]; 'mcpass help' lists the"
		    " commands, 'mcpass demo' shows it all at work");
		return rc;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return mp_version_print(as_json, err);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return mp_help_print(NULL, err);
	command = mp_command_find(argv[1]);
	if (command == NULL && argv[1][0] == '-') {
		enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, NULL, "unknown option %s", argv[1]);

		mp_hint(err, "the command comes first, then its options: mcpass COMMAND %s", argv[1]);
		return rc;
	}
	if (command == NULL)
		return mp_command_unknown(argv[1], err);
	return mp_command_run(command, argc - 2, argv + 2, err);
}

int main(int argc, char **argv)
{
	struct mcpass_error err = { 0 };
	bool as_json = wants_json(argc, argv);
	enum mcpass_rc rc;
	int stopped;

	mp_keep_standard();
	mp_harden();
	(void)signal(SIGPIPE, SIG_IGN);         /* a reader that goes away is seen by write(), */
	(void)signal(SIGXFSZ, SIG_IGN);         /* and so is a file that may not grow */
	rc = dispatch(argc, argv, as_json, &err);
	stopped = mp_signals_last();
	if (rc && stopped != 0) {               /* the shell wants to know why we ended */
		(void)signal(stopped, SIG_DFL);
		(void)raise(stopped);
	}
	if (rc && err.rc != MCPASS_OK)
		mp_report(&err, as_json);
	return mp_report_exit_code(rc);
}
