#include <unistd.h>
#include "cli/command.h"
#include "cli/service.h"
#include "cli/stop.h"

/* Where it is expected when nobody says otherwise, beside the authorization server's. */
#define DEFAULT_PORT 8931

struct serve_options {
	struct mp_common common;
	struct mp_texts issuers, audiences, origins;
	const char *bind_address, *resource, *ca_file, *proxy, *dpop;
	struct mp_port port;
	bool open, challenge_all, fixtures;
};

/* One line, also in a pipe: a script waits for it. */
static enum mcpass_rc announce(const struct serve_options *options, const char *url,
    struct mcpass_error *err)
{
	struct mp_buf line;
	enum mcpass_rc rc;

	if (options->common.json) {
		json_t *json = json_pack("{s:s}", "url", url);

		rc = json == NULL ? mp_nomem(err) : mp_out_json(json, err);
		json_decref(json);
		return rc;
	}
	mp_buf_init(&line, MP_MAX_URI + 1);
	mp_buf_addf(&line, "%s\n", url);
	rc = mp_out(&line, err);
	mp_buf_free(&line);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct serve_options *options = values;
	struct mp_service_log log = { .term = mp_term_of(STDERR_FILENO),
		.quiet = options->common.quiet };
	const struct mp_echo_service_options service_options = {
		.bind_address = options->bind_address,
		.port = options->port.given ? options->port.number : DEFAULT_PORT,
		.resource = options->resource,
		.issuers = options->issuers.items, .issuer_count = options->issuers.count,
		.audiences = options->audiences.items, .audience_count = options->audiences.count,
		.origins = options->origins.items, .origin_count = options->origins.count,
		.ca_file = options->ca_file, .proxy = options->proxy,
		.challenge_all = options->challenge_all, .open = options->open, .fixtures = options->fixtures, .dpop = options->dpop, .log = &log,
	};
	struct mp_echo_service *service = NULL;
	enum mcpass_rc rc;

	(void)operands;
	(void)count;
	(void)mp_stop_fd();             /* before the first line, after which we may be stopped */
	rc = mp_echo_service_start(&service_options, &service, err);
	if (!rc && options->open)
		mp_say(false, "note: --open: everybody on this machine may call every tool");
	if (!rc)
		rc = announce(options, mp_echo_service_url(service), err);
	if (!rc)
		mp_stop_wait();
	mp_echo_service_stop(service);
	return rc;
}

#define AT(member) offsetof(struct serve_options, member)
static const struct mp_option serve_options[] = {
	{ "issuer", 'i', MP_OPTION_LIST, "URL", AT(issuers),
	    "Accept tokens of this authorization server; may be repeated." },
	{ "resource", 'r', MP_OPTION_TEXT, "URL", AT(resource),
	    "The public URL, when a proxy stands in front. Default http://ADDRESS:PORT/mcp." },
	{ "audience", '\0', MP_OPTION_LIST, "AUD", AT(audiences),
	    "Accept tokens for this audience rather than for the public URL; may be repeated." },
	{ "dpop", '\0', MP_OPTION_TEXT, "MODE", AT(dpop),
	    "Proof of possession (RFC 9449): off, accepted or required. Default: off." },
	{ "cors-origin", '\0', MP_OPTION_LIST, "ORIGIN", AT(origins),
	    "Let pages of this origin call it (CORS); may be repeated." },
	{ "challenge-all", '\0', MP_OPTION_FLAG, NULL, AT(challenge_all),
	    "Name every scope when a token is asked for: for clients that cannot step up." },
	{ "bind", 'b', MP_OPTION_TEXT, "ADDRESS", AT(bind_address),
	    "Listen on this address. Default 127.0.0.1." },
	{ "port", '\0', MP_OPTION_PORT, "PORT", AT(port),
	    "Listen on this port; 0 takes any that is free. Default 8931." },
	{ "open", '\0', MP_OPTION_FLAG, NULL, AT(open),
	    "Ask for no token at all; on loopback addresses only." },
	{ "fixtures", '\0', MP_OPTION_FLAG, NULL, AT(fixtures),
	    "Offer what the official conformance suite looks for, too." },
	{ "ca-file", '\0', MP_OPTION_TEXT, "FILE", AT(ca_file),
	    "Trust the certificates in this file for the issuers rather than the system's." },
	{ "proxy", '\0', MP_OPTION_TEXT, "URL", AT(proxy),
	    "Reach the issuers through this proxy rather than the one of https_proxy." },
};
static const struct mp_option_table serve_table = {
	"Options", serve_options, MP_COUNT(serve_options)
};
static const struct mp_option_place places[] = {
	{ &serve_table, 0 },
	{ &mp_common_table, AT(common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_serve = {
	.name = "serve",
	.summary = "Run a protected echo server",
	.operands = "",
	.about = "Runs an MCP server with the tools echo, get_time and whoami, three prompts and a"
	    " resource, and lets in who brings a token of an --issuer: to try a client, an"
	    " identity provider or a proxy with. It speaks HTTP; TLS is the proxy's.\n"
	    "Prints its URL when it is ready and a line for each request on standard error. Ctrl-C"
	    " or TERM ends it.\n",
	.examples = "  mcpass serve --issuer http://127.0.0.1:8930\n"
	    "  mcpass serve --issuer https://sso.example.com/realms/mcp --audience echo\n",
	.places = places,
	.options_size = sizeof(struct serve_options),
	.run = run,
};
