/* servers: the names that stand for a URL. */
#include <unistd.h>
#include "base/limits.h"
#include "cli/command.h"
#include "cli/connect/servers.h"

struct servers_options {
	struct mp_common common;
	const char *config;
};

static unsigned widest_name(const json_t *list)
{
	unsigned widest = 0;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		unsigned columns = mp_term_columns(mp_json_text(item, "name"));

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static enum mcpass_rc print(const json_t *list, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	unsigned widest = widest_name(list);
	const json_t *item;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	size_t i;

	json_array_foreach (list, i, item) {
		const char *name = mp_json_text(item, "name"), *url = mp_json_text(item, "url");

		mp_buf_adds(&buf, mp_paint(&term, MP_BOLD));
		mp_term_add_line(&buf, name, 0);
		mp_buf_adds(&buf, mp_paint(&term, MP_PLAIN));
		mp_term_pad(&buf, widest - mp_term_columns(name) + 2);
		mp_term_add_line(&buf, url != NULL ? url : "(a local program)", 0);
		mp_buf_addc(&buf, '\n');
	}
	return mp_out_end(&buf, err);
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct servers_options *options = values;
	json_t *list = NULL;
	enum mcpass_rc rc = mp_servers_list(options->config, &list, err);

	(void)operands;
	(void)count;
	if (!rc && options->common.json) {
		rc = mp_out_json(list, err);
	} else if (!rc) {
		if (json_array_size(list) == 0)
			mp_say(options->common.quiet, "There is no file of servers, or none in it.");
		rc = print(list, err);
	}
	json_decref(list);
	return rc;
}

static const struct mp_option own_options[] = {
	{ "config", '\0', MP_OPTION_TEXT, "FILE", offsetof(struct servers_options, config),
	    "The file of servers; otherwise MCPASS_CONFIG, or what mcpass(1) says under FILES." },
};
static const struct mp_option_table own_table = {
	"Options", own_options, MP_COUNT(own_options)
};
static const struct mp_option_place places[] = {
	{ &own_table, 0 },
	{ &mp_common_table, offsetof(struct servers_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_servers = {
	.name = "servers",
	.summary = "List the servers that have a name",
	.operands = "",
	.about = "Lists the names that may stand for a server's URL, from the file of servers: that of"
	    " --config or MCPASS_CONFIG, or else ~/.config/mcpass/servers.json and ./.mcp.json.\n",
	.examples = "  mcpass servers\n"
	    "  mcpass servers --config .vscode/mcp.json --json\n",
	.places = places,
	.options_size = sizeof(struct servers_options),
	.run = run,
};
