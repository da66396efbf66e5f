/* install, uninstall: the bridge's entry in the file of a program that starts stdio servers. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/bridge/options.h"
#include "cli/hosts/json_edit.h"
#include "cli/hosts/settings.h"
#include "cli/hosts/toml_edit.h"
#include "ui/out.h"

struct place_options {
	const char *name, *file;
	bool project, dry_run;
};
struct install_options {
	struct mp_common common;
	struct mp_connection_options conn;
	struct mp_bridge_options bridge;
	struct place_options place;
};

#define AT(member) offsetof(struct place_options, member)
static const struct mp_option place_rows[] = {
	{ "name", '\0', MP_OPTION_TEXT, "NAME", AT(name),
	    "What the host calls the server. Default: from SERVER." },
	{ "project", '\0', MP_OPTION_FLAG, NULL, AT(project),
	    "The file of the project in this directory, not that of the person." },
	{ "file", '\0', MP_OPTION_TEXT, "FILE", AT(file),
	    "That file, wherever the host would look." },
	{ "dry-run", 'n', MP_OPTION_FLAG, NULL, AT(dry_run),
	    "Show what would change, and change nothing." },
};
static const struct mp_option_table place_table = {
	"Where", place_rows, MP_COUNT(place_rows)
};

static enum mcpass_rc find_file(const struct place_options *place,
    const struct mp_host_file *host, char **ret_path, struct mcpass_error *err)
{
	return place->file != NULL ? mp_set(ret_path, place->file, err)
	    : mp_settings_path(host, place->project, ret_path, err);
}

/* Shows the change, and makes it. */
static enum mcpass_rc change(const struct place_options *place, const char *path,
    const char *before, const struct mp_buf *after, struct mcpass_error *err)
{
	struct mp_buf lines = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc;

	if (!place->dry_run)
		return mp_settings_write(path, after, err);
	mp_buf_addf(&lines, "%s\n", path);
	mp_settings_compare(&lines, before, mp_buf_text(after));
	rc = mp_buf_check(&lines, "the changes", err);
	if (!rc)
		rc = mp_out(&lines, err);
	mp_buf_free(&lines);
	return rc;
}

/* Whose file it is stands in front of what is wrong with it. */
static enum mcpass_rc blame(const char *path, enum mcpass_rc rc, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	if (rc != MCPASS_E_USAGE)
		return mp_fail(err, rc, NULL, "%s", why->detail);
	rc = mp_fail(err, rc, NULL, "%s: %s", path, why->detail);
	mp_hint(err, "mend the file first; 'mcpass bridge --print-config' prints what would go into it");
	return rc;
}

static enum mcpass_rc put(const struct mp_host_file *host, const struct mp_host_entry *entry,
    const struct place_options *place, bool quiet, struct mcpass_error *err)
{
	char *path = NULL, *before = NULL;
	struct mcpass_error why = { 0 };
	struct mp_buf after = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc = find_file(place, host, &path, err);

	if (!rc)
		rc = mp_settings_read(path, &before, err);
	if (!rc) {
		rc = mp_host_entry_put(entry, host, (struct mp_span){ before, strlen(before) }, &after, &why);
		if (rc)
			rc = blame(path, rc, &why, err);
	}
	if (!rc)
		rc = change(place, path, before, &after, err);
	if (!rc && !place->dry_run)
		mp_say(quiet, "%s has the server %s now (%s): %s.", host->title, entry->name, path, host->again);
	mp_buf_free(&after);
	mp_free_wiped(before);
	free(path);
	return rc;
}

static enum mcpass_rc install(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct install_options *options = values;
	const struct mp_host_file *host = NULL;
	struct mp_host_entry entry = { 0 };
	enum mcpass_rc rc = mp_host_require(operands[0], &host, err);

	if (!rc)
		rc = mp_bridge_entry(&options->bridge, &options->conn, options->place.name, operands + 1,
		    count - 1, &entry, err);
	if (!rc)
		rc = put(host, &entry, &options->place, options->common.quiet, err);
	mp_host_entry_free(&entry);
	return rc;
}

static enum mcpass_rc take_out(const struct mp_host_file *host, const char *name, const char *before,
    struct mp_buf *after, bool *ret_found, struct mcpass_error *err)
{
	struct mp_span text = { before, strlen(before) };

	if (host->format == MP_HOST_JSON)
		return mp_json_edit_remove(text, host->container, name, after, ret_found, err);
	mp_toml_edit_remove(text, host->container, name, after, ret_found);
	return mp_buf_check(after, "the file", err);
}

/* SERVER is a URL or a name, or the entry's own name. */
static enum mcpass_rc uninstall(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct install_options *options = values;
	const struct place_options *place = &options->place;
	char *name = NULL, *path = NULL, *before = NULL;
	const struct mp_host_file *host = NULL;
	struct mcpass_error why = { 0 };
	bool is_found = false;
	struct mp_buf after = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc = mp_host_require(operands[0], &host, err);

	(void)count;
	if (!rc)
		rc = place->name != NULL ? mp_set(&name, place->name, err)
		    : mp_host_entry_name(operands[1], &name, err);
	if (!rc)
		rc = find_file(place, host, &path, err);
	if (!rc)
		rc = mp_settings_read(path, &before, err);
	if (!rc && (rc = take_out(host, name, before, &after, &is_found, &why)) != MCPASS_OK)
		rc = blame(path, rc, &why, err);
	if (!rc && !is_found)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s has no server called %s", path, name);
	if (!rc)
		rc = change(place, path, before, &after, err);
	if (!rc && !place->dry_run)
		mp_say(options->common.quiet, "%s has no server %s any more (%s).", host->title, name, path);
	mp_buf_free(&after);
	mp_free_wiped(before);
	free(path);
	free(name);
	return rc;
}

static const struct mp_option_place install_places[] = {
	{ &place_table, offsetof(struct install_options, place) },
	{ &mp_bridge_table, offsetof(struct install_options, bridge) },
	MP_CONNECTION_PLACES(struct install_options),
	{ NULL, 0 },
};
static const struct mp_option_place uninstall_places[] = {
	{ &place_table, offsetof(struct install_options, place) },
	{ &mp_common_table, offsetof(struct install_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_install = {
	.name = "install",
	.summary = "Put a server into the settings of an editor or assistant",
	.operands = "HOST SERVER [SERVER ...]",
	.about = "Writes the entry that makes HOST start 'mcpass bridge SERVER' into HOST's own file, in"
	    " the way that file is written; what the file was before is kept beside it. HOST is claude,"
	    " claude-code, cursor, vscode, zed, windsurf, codex or gemini. The options of the bridge go"
	    " into the entry.\n",
	.examples = "  mcpass install cursor https://mcp.example.com/mcp\n"
	    "  mcpass install vscode https://mcp.example.com/mcp --project --dry-run\n"
	    "  mcpass install claude https://mcp.example.com/mcp --name work --deny-tool 'delete*'\n",
	.least = 2,
	.most = 17,
	.places = install_places,
	.options_size = sizeof(struct install_options),
	.run = install,
};

const struct mp_command mp_command_uninstall = {
	.name = "uninstall",
	.summary = "Take it out again",
	.operands = "HOST SERVER",
	.about = "Takes the entry of SERVER, or the entry of that name, out of HOST's file.\n",
	.examples = "  mcpass uninstall cursor https://mcp.example.com/mcp\n"
	    "  mcpass uninstall claude work --dry-run\n",
	.least = 2,
	.most = 2,
	.places = uninstall_places,
	.options_size = sizeof(struct install_options),
	.run = uninstall,
};
