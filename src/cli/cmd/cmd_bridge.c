/* bridge: a stdio MCP server in front of remote ones. */
#include "base/limits.h"
#include "cli/bridge/from.h"
#include "cli/bridge/run.h"
#include "cli/hosts/entry.h"
#include "ui/out.h"
#include "ui/shell_word.h"

struct bridge_options {
	struct mp_common common;
	struct mp_connection_options conn;
	struct mp_bridge_options bridge;
	const char *from, *print_config, *name;
};

#define AT(member) offsetof(struct bridge_options, member)
static const struct mp_option entry_options[] = {
	{ "print-config", '\0', MP_OPTION_TEXT, "HOST", AT(print_config),
	    "Print what goes into HOST's file: claude, claude-code, cursor, vscode, zed, windsurf, codex,"
	    " gemini." },
	{ "name", '\0', MP_OPTION_TEXT, "NAME", AT(name),
	    "What HOST calls the server there. Default: from SERVER." },
	{ "from", '\0', MP_OPTION_TEXT, "COMMAND", AT(from),
	    "Print the line that does what this line of mcp-remote did." },
};
static const struct mp_option_table entry_table = {
	"In place of serving", entry_options, MP_COUNT(entry_options)
};

static enum mcpass_rc print_from(const char *command, bool quiet, struct mcpass_error *err)
{
	struct mp_strings words = { 0 }, ours = { 0 }, notes = { 0 };
	struct mp_buf line = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = mp_from_split(command, &words, err);

	if (!rc)
		rc = mp_from_mcp_remote(&words, &ours, &notes, err);
	mp_buf_adds(&line, "mcpass");
	for (size_t i = 0; i < ours.count; i++) {
		mp_buf_addc(&line, ' ');
		mp_shell_word_add(&line, ours.items[i]);
	}
	mp_buf_addc(&line, '\n');
	if (!rc)
		rc = mp_out(&line, err);
	for (size_t i = 0; !rc && i < notes.count; i++)
		mp_say(quiet, "note: %s", notes.items[i]);
	mp_buf_free(&line);
	mp_strings_free(&words);
	mp_strings_free(&ours);
	mp_strings_free(&notes);
	return rc;
}

static enum mcpass_rc print_config(const struct bridge_options *options, char **servers,
    size_t count, struct mcpass_error *err)
{
	const struct mp_host_file *host = NULL;
	struct mp_host_entry entry = { 0 };
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = mp_host_require(options->print_config, &host, err);

	if (!rc)
		rc = mp_bridge_entry(&options->bridge, &options->conn, options->name, servers, count, &entry,
		    err);
	if (!rc)
		rc = mp_host_entry_put(&entry, host, (struct mp_span){ "", 0 }, &text, err);
	if (!rc)
		rc = mp_out(&text, err);
	if (!rc)
		mp_say(options->common.quiet, "for %s: ~/%s; 'mcpass install %s' puts it there", host->title,
		    host->file, host->name);
	mp_buf_free(&text);
	mp_host_entry_free(&entry);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct bridge_options *options = values;
	enum mcpass_rc rc;

	if (options->from != NULL)
		return print_from(options->from, options->common.quiet, err);
	if (count == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "bridge: no server is given");
		mp_hint(err, "usage: mcpass bridge SERVER");
		return rc;
	}
	if (options->print_config != NULL)
		return print_config(options, operands, count, err);
	return mp_bridge_run(&options->bridge, &options->conn, &options->common, operands, count, err);
}

static const struct mp_option_place places[] = {
	{ &entry_table, 0 },
	{ &mp_bridge_table, offsetof(struct bridge_options, bridge) },
	MP_CONNECTION_PLACES(struct bridge_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_bridge = {
	.name = "bridge",
	.summary = "Serve a remote server to a host that speaks stdio",
	.operands = "SERVER [SERVER ...]",
	.about = "Is the command that a desktop assistant, an editor or an agent starts: an MCP server"
	    " on standard input and output, in front of a remote one. What both sides say passes as it"
	    " is; where one speaks 2026-07-28 and the other an earlier revision, it is translated.\n"
	    "\n"
	    "Signing in happens by itself when the server asks for it, once for however many hosts"
	    " start the bridge. Several servers become one, whose tools begin with the name of their"
	    " server.\n",
	.examples = "  mcpass bridge https://mcp.example.com/mcp\n"
	    "  mcpass bridge work --deny-tool 'delete*' --header 'X-Team: ${TEAM}'\n"
	    "  mcpass bridge --print-config cursor https://mcp.example.com/mcp\n"
	    "  mcpass bridge --from 'npx -y mcp-remote https://mcp.example.com/mcp 9696'\n",
	.least = 0,
	.most = 16,
	.places = places,
	.options_size = sizeof(struct bridge_options),
	.run = run,
};
