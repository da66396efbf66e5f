#include <string.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "cli/connect/connection.h"

struct request_options {
	struct mp_common common;
	struct mp_connection_options conn;
	struct mp_elicit_options elicit;
};

/* The JSON is the person's own: a protocol error would blame the server. */
static enum mcpass_rc check_params(const char *text, struct mcpass_error *err)
{
	struct mcpass_error inner = { 0 };
	json_t *params = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text),
	    MP_MAX_MESSAGE, "the text of the parameters", &params, &inner);

	if (rc)
		return mp_fail(err, rc == MCPASS_E_NOMEM ? rc : MCPASS_E_USAGE, NULL, "%s",
		    inner.detail);
	if (!json_is_object(params))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the parameters are not a JSON object");
	json_decref(params);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct request_options *options = values;
	bool from_stdin = count == 3 && strcmp(operands[2], "-") == 0;
	struct mp_connection_wish wish = { .stdin_is_taken = from_stdin,
	    .elicit = &options->elicit };
	struct mp_connection conn = { 0 };
	const char *params = count == 3 ? operands[2] : NULL;
	json_t *result = NULL;
	char *text = NULL, *answer = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (from_stdin)
		rc = mp_read_file("-", MP_MAX_MESSAGE, &text, NULL, err);
	if (from_stdin)
		params = text;
	if (!rc && params != NULL)
		rc = check_params(params, err);
	if (!rc)
		rc = mp_connection_open(&options->conn, &options->common, operands[0], &wish,
		    &conn, err);
	if (!rc)
		rc = mp_listing_ask(&conn.asker, operands[1], params, &result, &answer, err);
	if (!rc)
		rc = mp_out_json_text(answer, err);
	mp_connection_close(&conn);
	mp_free_wiped(text);
	mp_free_wiped(answer);
	json_decref(result);
	return rc;
}

static const struct mp_option_place places[] = {
	{ &mp_elicit_table, offsetof(struct request_options, elicit) },
	MP_CONNECTION_PLACES(struct request_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_request = {
	.name = "request",
	.summary = "Send any MCP request",
	.operands = "SERVER METHOD [JSON | -]",
	.about = "Sends one request with these parameters (an object; - reads it from standard"
	    " input) and prints the result as JSON. What the protocol needs around it, from"
	    " initialize to _meta and headers, is done.\n",
	.examples = "  mcpass request https://mcp.example.com/mcp tools/list\n"
	    "  mcpass request https://mcp.example.com/mcp prompts/get '{\"name\": \"help\"}'\n",
	.least = 2,
	.most = 3,
	.places = places,
	.options_size = sizeof(struct request_options),
	.run = run,
};
