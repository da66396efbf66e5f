#include <string.h>
#include "base/limits.h"
#include "cli/connect/connection.h"
#include "cli/connect/credential.h"
#include "io/store/store.h"

struct logout_options {
	struct mp_common common;
	struct mp_connection_options conn;
};

/* Each step is worth a line here, without its details. */
static void tell(void *ctx, const struct mcpass_note *note)
{
	const struct mp_common *common = ctx;
	const char *status = NULL;

	for (size_t i = 0; i < note->fact_count; i++)
		if (strcmp(note->facts[i].name, "status") == 0)
			status = note->facts[i].value;
	mp_say(common->quiet, "%s%s%s.", note->what, status != NULL ? ": " : "",
	    status != NULL ? status : "");
}

/* A record that cannot be read is there, and is to be forgotten too. */
static enum mcpass_rc look(const struct mp_connection_options *options, const char *server,
    bool *ret_found, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_record record = { 0 };
	struct mp_buf key = MP_BUF(2 * MP_MAX_URI);
	enum mcpass_rc rc = mp_credential_load(options->store, server, options->profile, &key,
	    &record, ret_found, &why);

	mp_record_free(&record);
	mp_buf_free(&key);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* There may be one of another account. */
static enum mcpass_rc tell_none(const struct mp_connection_options *options, const char *server,
    const struct mp_common *common, struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	struct mp_strings keys = { 0 };
	enum mcpass_rc rc;

	mp_say(common->quiet, "There is no credential for %s%s%s.", server,
	    options->profile != NULL ? " and the profile " : "",
	    options->profile != NULL ? options->profile : "");
	rc = mp_store_open(options->store, &store, err);
	if (!rc)
		rc = mp_store_list(store, &keys, err);
	for (size_t i = 0; i < keys.count && !rc; i++)
		if (mp_credential_is(keys.items[i], server, NULL))
			mp_say(common->quiet, "There is one of the profile %.*s: mcpass logout %s --profile %.*s",
			    (int)strcspn(keys.items[i], " "), keys.items[i], server,
			    (int)strcspn(keys.items[i], " "), keys.items[i]);
	mp_strings_free(&keys);
	mp_store_close(store);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct logout_options *options = values;
	struct mp_common common = options->common;
	struct mp_connection_wish wish = { .trace = common.explain ? NULL : tell,
	    .trace_ctx = &common };
	struct mp_connection conn = { 0 };
	bool found = true;
	enum mcpass_rc rc;

	(void)count;
	rc = mp_connection_open(&options->conn, &options->common, operands[0], &wish, &conn, err);
	if (!rc)
		rc = look(&options->conn, conn.server.url, &found, err);
	if (!rc && !found)
		rc = tell_none(&options->conn, conn.server.url, &common, err);
	else if (!rc)
		rc = mp_blocking_logout(conn.link, err);
	mp_connection_close(&conn);
	return rc;
}

static const struct mp_option_place places[] = {
	MP_CONNECTION_PLACES(struct logout_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_logout = {
	.name = "logout",
	.summary = "Give a credential back and forget it",
	.operands = "SERVER",
	.about = "Asks the authorization server to revoke the tokens and to forget the client that"
	    " was registered, then deletes the credential here, also when that server does not"
	    " answer.\n",
	.examples = "  mcpass logout https://mcp.example.com/mcp\n"
	    "  mcpass logout https://mcp.example.com/mcp --profile work\n",
	.least = 1,
	.most = 1,
	.places = places,
	.options_size = sizeof(struct logout_options),
	.run = run,
};
