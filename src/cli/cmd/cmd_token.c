#include "cli/connect/connection.h"

struct token_options {
	struct mp_common common;
	struct mp_connection_options conn;
};

/* The one place of the program that shows a token: it was asked for. */
static enum mcpass_rc print(const struct mcpass_token *token, const struct mp_common *common,
    struct mcpass_error *err)
{
	if (!common->json)
		return mp_out_line(token->access_token, err);
	return mp_out_json_new(json_pack("{s:s, s:s?, s:s?, s:I}", "access_token", token->access_token,
	    "token_type", token->token_type, "scope", token->scope,
	    "expires_at", (json_int_t)token->expires_at), err);
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct token_options *options = values;
	const struct mcpass_token *token = NULL;
	struct mp_connection conn = { 0 };
	enum mcpass_rc rc;

	(void)count;
	rc = mp_connection_open(&options->conn, &options->common, operands[0], NULL, &conn, err);
	if (!rc)
		rc = options->conn.scope != NULL ? mp_blocking_login(conn.link, &token, err)
		    : mp_blocking_token(conn.link, &token, err);
	if (!rc && token == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s asks for no token", conn.server.url);
	else if (!rc)
		rc = print(token, &options->common, err);
	mp_connection_close(&conn);
	return rc;
}

static const struct mp_option_place places[] = {
	MP_CONNECTION_PLACES(struct token_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_token = {
	.name = "token",
	.summary = "Print an access token, for other programs",
	.operands = "SERVER",
	.about = "Prints an access token for the server, and nothing else, on standard output:"
	    " renewed if need be, after a login if there is no other way. Its holder can act"
	    " as you at that server until it expires.\n",
	.examples = "  curl -H \"Authorization: Bearer $(mcpass token URL)\" URL\n"
	    "  mcpass token https://mcp.example.com/mcp --no-login\n",
	.least = 1,
	.most = 1,
	.places = places,
	.options_size = sizeof(struct token_options),
	.run = run,
};
