#include <unistd.h>
#include "base/limits.h"
#include "cli/command.h"
#include "cli/connect/credential.h"
#include "cli/connect/servers.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "io/store/store_key.h"

struct status_options {
	struct mp_common common;
	const char *config, *profile, *store;
};

/* What is collected while the store is read: one of them is filled. */
struct report {
	struct mp_term term;
	struct mp_buf text;
	json_t *list;
	size_t count;
};

static enum mcpass_rc add(struct report *report, const char *key, const struct mp_record *record,
    bool as_json, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	report->count++;
	if (!as_json) {
		mp_credential_render(&report->text, &report->term, key, record, mp_now_s());
		return MCPASS_OK;
	}
	rc = mp_credential_json(key, record, mp_now_s(), &json, err);
	if (!rc && json_array_append_new(report->list, json) != 0)
		rc = mp_nomem(err);
	return rc;
}

/* One record that cannot be read must not hide the others. */
static enum mcpass_rc add_key(struct report *report, struct mp_store *store, const char *key,
    bool as_json, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_record record = { 0 };
	char *text = NULL;
	enum mcpass_rc rc = mp_store_load(store, key, &text, err);

	if (rc || text == NULL)         /* gone since it was listed */
		return rc;
	rc = mp_record_parse(text, &record, &why);
	mp_free_wiped(text);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc) {
		mp_say(false, "mcpass: the credential %s: %s", key, why.detail);
		return MCPASS_OK;
	}
	rc = add(report, key, &record, as_json, err);
	mp_record_free(&record);
	return rc;
}

static enum mcpass_rc print(struct report *report, const struct status_options *options,
    const char *server, struct mcpass_error *err)
{
	if (options->common.json)
		return mp_out_json(report->list, err);
	if (report->count == 0 && server != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no credential for %s", server);
	if (report->count == 0)
		mp_say(options->common.quiet, "No credentials are stored.");
	return mp_out(&report->text, err);
}

static void tell_store(const struct status_options *options, const struct mp_store *store)
{
	struct mp_buf words = MP_BUF(MP_MAX_URI);

	mp_store_key_show(mp_store_keys_of(store), &words);
	mp_say(options->common.quiet, "The store is %s, %s.", mp_store_shown(store), mp_buf_text(&words));
	mp_buf_free(&words);
}

static enum mcpass_rc collect(const struct status_options *options, const char *server,
    struct report *report, struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	struct mp_strings keys = { 0 };
	enum mcpass_rc rc = mp_store_open(options->store, &store, err);

	if (!rc)
		tell_store(options, store);
	if (!rc)
		rc = mp_store_list(store, &keys, err);
	for (size_t i = 0; i < keys.count && !rc; i++)
		if ((server == NULL || mp_credential_is(keys.items[i], server, options->profile)))
			rc = add_key(report, store, keys.items[i], options->common.json, err);
	mp_strings_free(&keys);
	mp_store_close(store);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct status_options *options = values;
	struct report report = { .term = mp_term_of(STDOUT_FILENO), .list = json_array() };
	struct mp_server server = { 0 };
	enum mcpass_rc rc = report.list == NULL ? mp_nomem(err) : MCPASS_OK;

	mp_buf_init(&report.text, MP_MAX_MESSAGE);
	if (!rc && count > 0)
		rc = mp_server_find(operands[0], options->config, &server, err);
	if (!rc)
		rc = collect(options, server.url, &report, err);
	if (!rc)
		rc = print(&report, options, server.url, err);
	mp_server_free(&server);
	mp_buf_free(&report.text);
	json_decref(report.list);
	return rc;
}

static const struct mp_option status_options[] = {
	{ "profile", 'p', MP_OPTION_TEXT, "NAME", offsetof(struct status_options, profile),
	    "Only this account at SERVER." },
	{ "config", '\0', MP_OPTION_TEXT, "FILE", offsetof(struct status_options, config),
	    "The file of servers in which SERVER is a name (see mcpass(1), FILES)." },
	{ "store", '\0', MP_OPTION_STORE, "FILE", offsetof(struct status_options, store),
	    "The store to look in rather than the one in ~/.local/share/mcpass." },
};
static const struct mp_option_table status_table = {
	"Options", status_options, MP_COUNT(status_options)
};
static const struct mp_option_place places[] = {
	{ &status_table, 0 },
	{ &mp_common_table, offsetof(struct status_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_status = {
	.name = "status",
	.summary = "Show the stored credentials",
	.operands = "[SERVER]",
	.about = "Shows what is stored, for all servers or for one: who issued it, the scopes, when"
	    " it expires and whether it renews itself. Never a secret, and no request is made.\n"
	    "Exit code 1: there is none for SERVER.\n",
	.examples = "  mcpass status\n"
	    "  mcpass status https://mcp.example.com/mcp --json\n",
	.most = 1,
	.places = places,
	.options_size = sizeof(struct status_options),
	.run = run,
};
