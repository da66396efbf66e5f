#include <unistd.h>
#include "base/limits.h"
#include "cli/connect/connection.h"
#include "cli/connect/credential.h"
#include "io/clock.h"

struct login_options {
	struct mp_common common;
	struct mp_connection_options conn;
	bool again;
};

/* What the store holds now. */
static enum mcpass_rc print(const struct mp_record *record, const char *key,
    const struct mp_common *common, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	json_t *json = NULL;
	struct mp_buf buf = MP_BUF(MP_MAX_RECORD);
	enum mcpass_rc rc;

	if (common->json) {
		rc = mp_credential_json(key, record, mp_now_s(), &json, err);
		return rc ? rc : mp_out_json_new(json, err);
	}
	if (common->quiet)
		return MCPASS_OK;
	mp_buf_adds(&buf, "Signed in: ");
	mp_credential_render(&buf, &term, key, record, mp_now_s());
	mp_say_text(&buf);
	mp_buf_free(&buf);
	return MCPASS_OK;
}

static enum mcpass_rc show(const struct login_options *options, const char *server,
    struct mcpass_error *err)
{
	struct mp_record record = { 0 };
	bool found = false;
	struct mp_buf key = MP_BUF(2 * MP_MAX_URI);
	enum mcpass_rc rc = mp_credential_load(options->conn.store, server,
	    options->conn.profile, &key, &record, &found, err);

	if (!rc && found)
		rc = print(&record, mp_buf_text(&key), &options->common, err);
	mp_record_free(&record);
	mp_buf_free(&key);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct login_options *options = values;
	struct mp_connection_wish wish = { .client_flags = options->again ? MCPASS_NEW_LOGIN : 0 };
	const struct mcpass_token *token = NULL;
	struct mp_connection conn = { 0 };
	enum mcpass_rc rc;

	(void)count;
	rc = mp_connection_open(&options->conn, &options->common, operands[0], &wish, &conn, err);
	if (!rc)
		rc = mp_blocking_login(conn.link, &token, err);
	if (!rc && token == NULL)
		mp_say(options->common.quiet, "%s asks for no login.", conn.server.url);
	else if (!rc)
		rc = mp_link_check_kept(conn.link, err);
	if (!rc && token != NULL)
		rc = show(options, conn.server.url, err);
	mp_connection_close(&conn);
	return rc;
}

static const struct mp_option login_options[] = {
	{ "again", '\0', MP_OPTION_FLAG, NULL, offsetof(struct login_options, again),
	    "Sign in anew although there is a credential, as another user or for more scopes." },
};
static const struct mp_option_table login_table = {
	"Options", login_options, MP_COUNT(login_options)
};
static const struct mp_option_place places[] = {
	{ &login_table, 0 },
	MP_CONNECTION_PLACES(struct login_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_login = {
	.name = "login",
	.summary = "Sign in to a server now",
	.operands = "SERVER",
	.about = "Makes sure of a credential for the server: the stored one where it is still good,"
	    " a renewed one, or a login in the browser. Other commands do this by themselves when"
	    " they need to; login is for doing it now, with certain scopes, or as another user.\n",
	.examples = "  mcpass login https://mcp.example.com/mcp\n"
	    "  mcpass login https://mcp.example.com/mcp --profile work --scope 'read write'\n"
	    "  mcpass login https://mcp.example.com/mcp --no-browser --callback-port 8765\n"
	    "  mcpass login https://mcp.example.com/mcp --device\n",
	.least = 1,
	.most = 1,
	.places = places,
	.options_size = sizeof(struct login_options),
	.run = run,
};
