#include "cli/hosts/table.h"
#include "base/text.h"
#include "ui/options.h"

/* All that is known of a host stands in its row. */
static const struct mp_host_file files[] = {
	{ "claude", "Claude Desktop", ".config/Claude/claude_desktop_config.json", NULL,
	    "mcpServers", MP_HOST_JSON, false, "quit it and start it again" },
	{ "claude-code", "Claude Code", ".claude.json", ".mcp.json", "mcpServers", MP_HOST_JSON, true,
	    "start a new session" },
	{ "cursor", "Cursor", ".cursor/mcp.json", ".cursor/mcp.json", "mcpServers", MP_HOST_JSON, false,
	    "switch the server on in its settings" },
	{ "vscode", "VS Code", ".config/Code/User/mcp.json", ".vscode/mcp.json", "servers",
	    MP_HOST_JSON, true, "run 'MCP: List Servers' and start it" },
	{ "zed", "Zed", ".config/zed/settings.json", ".zed/settings.json",
	    "context_servers", MP_HOST_JSON, false, "it reads the file by itself" },
	{ "windsurf", "Windsurf", ".codeium/windsurf/mcp_config.json", NULL, "mcpServers",
	    MP_HOST_JSON, false, "refresh the list of servers in its settings" },
	{ "codex", "Codex", ".codex/config.toml", ".codex/config.toml", "mcp_servers", MP_HOST_TOML, false,
	    "start a new session" },
	{ "gemini", "Gemini CLI", ".gemini/settings.json", ".gemini/settings.json",
	    "mcpServers", MP_HOST_JSON, false, "start a new session" },
};

enum mcpass_rc mp_host_require(const char *name, const struct mp_host_file **ret_host,
    struct mcpass_error *err)
{
	const char *names[MP_COUNT(files)], *near;
	enum mcpass_rc rc;

	for (size_t i = 0; i < MP_COUNT(files); i++) {
		names[i] = files[i].name;
		if (mp_eq(names[i], name)) {
			*ret_host = &files[i];
			return MCPASS_OK;
		}
	}
	near = mp_nearest(name, names, MP_COUNT(names));
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no host is called %s", name);
	if (near != NULL)
		mp_hint(err, "did you mean %s?", near);
	mp_hint(err, "known are claude, claude-code, cursor, vscode, zed, windsurf, codex and gemini");
	return rc;
}
