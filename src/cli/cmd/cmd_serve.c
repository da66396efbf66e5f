#include <unistd.h>
#include "base/limits.h"
#include "cli/command.h"
#include "serve/resource/check.h"
#include "serve/resource/flags.h"
#include "serve/resource/plan.h"
#include "serve/resource/echo_server.h"
#include "serve/log.h"
#include "ui/signals.h"

struct serve_options {
	struct mp_common common;
	struct mp_serve_flags flags;
	const char *config;
	bool check;
};

/* One line, also in a pipe: a script waits for it. */
static enum mcpass_rc announce(const struct serve_options *options, const char *url,
    struct mcpass_error *err)
{
	return options->common.json ? mp_out_json_new(json_pack("{s:s}", "url", url), err)
	    : mp_out_line(url, err);
}

static enum mcpass_rc serve(const struct serve_options *options,
    const struct mp_serve_plan *plan, struct mcpass_error *err)
{
	struct mp_log log = { .term = mp_term_of(STDERR_FILENO),
		.quiet = options->common.quiet };
	struct mp_echo_server *service = NULL;
	enum mcpass_rc rc;

	(void)mp_signals_fd();             /* before the first line, after which we may be stopped */
	rc = mp_line_writer_new(STDERR_FILENO, MP_MAX_LOG_LINES, &log.writer, err);
	if (!rc)
		rc = mp_echo_server_start(plan, &log, &service, err);
	if (!rc && plan->config->open)
		mp_say(false, "note: --open: everybody on this machine may call every tool");
	if (!rc)
		rc = announce(options, mp_echo_server_url(service), err);
	if (!rc)
		mp_signals_wait();
	mp_echo_server_stop(service);
	mp_line_writer_free(log.writer);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct serve_options *options = values;
	struct mp_serve_config config = { 0 };
	struct mp_serve_plan plan = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	(void)operands;
	(void)count;
	if (options->config != NULL)
		rc = mp_serve_config_load(options->config, &config, err);
	if (!rc)
		rc = mp_doing(err, mp_serve_flags_apply(&options->flags, &config, err),
		    "reading the options");
	if (!rc)
		rc = mp_serve_plan_make(&config, &plan, err);
	if (!rc && options->check)
		rc = mp_serve_check(&plan, options->common.json, err);
	else if (!rc)
		rc = serve(options, &plan, err);
	mp_serve_plan_free(&plan);
	mp_serve_config_free(&config);
	return rc;
}

#define AT(member) offsetof(struct serve_options, member)
static const struct mp_option serve_options[] = {
	{ "config", 'c', MP_OPTION_TEXT, "FILE", AT(config),
	    "Read all that these options say, and more, from a file (see mcpass-serve(1), FILE);"
	    " options go before it." },
	{ "check", '\0', MP_OPTION_FLAG, NULL, AT(check),
	    "Start nothing: tell what the server would do, and whether its issuers answer." },
};
static const struct mp_option_table serve_table = {
	"Options", serve_options, MP_COUNT(serve_options)
};
static const struct mp_option_place places[] = {
	{ &serve_table, 0 },
	{ &mp_serve_tokens_table, AT(flags) },
	{ &mp_serve_rules_table, AT(flags) },
	{ &mp_serve_exchange_table, AT(flags) },
	{ &mp_serve_listen_table, AT(flags) },
	{ &mp_common_table, AT(common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_serve = {
	.name = "serve",
	.summary = "Run a protected echo server",
	.operands = "",
	.about = "Runs an MCP server with the tools echo, get_time and whoami, three prompts and a"
	    " resource, and lets in who brings a token of an --issuer: to try a client, an"
	    " identity provider, a proxy or a set of rules with. It speaks HTTP; TLS is the"
	    " proxy's.\n"
	    "Prints its URL when it is ready and a line for each request on standard error. Ctrl-C"
	    " or TERM ends it: requests under way are answered first.\n",
	.examples = "  mcpass serve --issuer http://127.0.0.1:8930\n"
	    "  mcpass serve --issuer https://sso.example.com/realms/mcp --audience echo\n"
	    "  mcpass serve --issuer https://sso.example.com --rule 'tools/call:echo=mcp:echo' \\\n"
	    "      --role 'tools/call=staff' --role-claim groups\n"
	    "  mcpass serve --config serve.json --check\n",
	.places = places,
	.options_size = sizeof(struct serve_options),
	.run = run,
};
