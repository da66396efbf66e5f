#include "cli/cmd/authserver_admin.h"
#include <string.h>
#include <time.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "serve/authserver/store_admin.h"
#include "ui/out.h"

/* --- a table --- */
struct column {
	const char *title, *member;
	bool is_time;
};
#define MOST_COLUMNS 7
static const struct column client_columns[MOST_COLUMNS] = {
	{ "CLIENT", "id", false }, { "NAME", "name", false }, { "KIND", "kind", false },
	{ "SESSIONS", "sessions", false }, { "USED", "used_at", true }, { "EXPIRES", "expires_at", true },
};
static const struct column session_columns[MOST_COLUMNS] = {
	{ "SESSION", "id", false }, { "USER", "user", false }, { "CLIENT", "client", false },
	{ "SCOPE", "scope", false }, { "RESOURCE", "resource", false }, { "EXPIRES", "expires_at", true },
};
static const struct column user_columns[MOST_COLUMNS] = {
	{ "USER", "user", false }, { "NAME", "name", false }, { "PROVIDER", "upstream", false },
	{ "SESSIONS", "sessions", false }, { "BROWSERS", "browsers", false },
};
static const struct column key_columns[MOST_COLUMNS] = {
	{ "KEY", "kid", false }, { "ALG", "alg", false }, { "STATE", "state", false },
	{ "SIGNS FROM", "from", true }, { "PUBLISHED UNTIL", "until", true },
};

static void add_time(struct mp_buf *text, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char shown[32] = "-";
	struct tm tm;

	if (seconds != 0 && gmtime_r(&when, &tm) != NULL)
		(void)strftime(shown, sizeof(shown), "%Y-%m-%dT%H:%MZ", &tm);
	mp_buf_adds(text, shown);
}

/* What a cell says, as one line that is safe on a terminal. */
static void add_cell(struct mp_buf *text, const struct column *column, const json_t *row)
{
	const json_t *value = json_object_get(row, column->member);

	if (column->is_time)
		add_time(text, (int64_t)json_integer_value(value));
	else if (json_is_integer(value))
		mp_buf_addf(text, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value) && json_string_value(value)[0] != '\0')
		mp_term_add_line(text, json_string_value(value), 0);
	else
		mp_buf_addc(text, '-');
}

static unsigned width_of(const struct column *column, const json_t *list)
{
	unsigned widest = mp_term_columns(column->title);
	size_t i;
	const json_t *row;

	json_array_foreach(list, i, row) {
		struct mp_buf cell = MP_BUF(MP_MAX_RECORD);

		add_cell(&cell, column, row);
		if (mp_term_columns(mp_buf_text(&cell)) > widest)
			widest = mp_term_columns(mp_buf_text(&cell));
		mp_buf_free(&cell);
	}
	return widest;
}

static void add_row(struct mp_buf *text, const struct column *columns, const unsigned *widths,
    const json_t *row)
{
	for (size_t c = 0; c < MOST_COLUMNS && columns[c].title != NULL; c++) {
		size_t start = text->len;
		bool is_last = c + 1 == MOST_COLUMNS || columns[c + 1].title == NULL;

		if (row == NULL)
			mp_buf_adds(text, columns[c].title);
		else
			add_cell(text, &columns[c], row);
		if (!is_last && !text->failed)
			mp_term_pad(text, widths[c] + 2 - mp_term_columns(mp_buf_text(text) + start));
	}
	mp_buf_addc(text, '\n');
}

static enum mcpass_rc print(const json_t *list, const struct column *columns, bool as_json,
    struct mcpass_error *err)
{
	unsigned widths[MOST_COLUMNS] = { 0 };
	size_t i;
	struct mp_buf text = MP_BUF(64 * MP_MAX_DOCUMENT);
	const json_t *row;
	enum mcpass_rc rc;

	if (as_json)
		return mp_out_json(list, err);
	for (size_t c = 0; c < MOST_COLUMNS && columns[c].title != NULL; c++)
		widths[c] = width_of(&columns[c], list);
	add_row(&text, columns, widths, NULL);
	json_array_foreach(list, i, row)
		add_row(&text, columns, widths, row);
	rc = mp_buf_check(&text, "the table", err);
	if (!rc)
		rc = mp_out(&text, err);
	mp_buf_free(&text);
	return rc;
}

/* --- clients, sessions, users --- */
static const struct {
	const char *name;
	const struct column *columns;
} lists[] = {
	[MP_ADMIN_CLIENTS] = { "clients", client_columns },
	[MP_ADMIN_SESSIONS] = { "sessions", session_columns },
	[MP_ADMIN_USERS] = { "users", user_columns },
};

static enum mcpass_rc show(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, struct mcpass_error *err)
{
	json_t *object = NULL;
	enum mcpass_rc rc = mp_admin_show(store, what, id, mp_now_s(), &object, err);

	return rc ? rc : mp_out_json_new(object, err);
}

static enum mcpass_rc say_revoked(const json_t *report, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_RECORD);

	mp_buf_adds(&text, "Revoked ");
	mp_term_add_line(&text, mp_json_text(report, "id"), 0);
	mp_buf_addf(&text, ": %d sessions, %d browsers, %d registrations. Access tokens that are JWTs"
	    " are good until they end, ", (int)json_integer_value(json_object_get(report, "sessions")),
	    (int)json_integer_value(json_object_get(report, "browsers")),
	    (int)json_integer_value(json_object_get(report, "clients")));
	add_time(&text, (int64_t)json_integer_value(json_object_get(report, "jwts_until")));
	mp_buf_adds(&text, " at the latest.\n");
	return mp_out_end(&text, err);
}

static enum mcpass_rc revoke(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, bool as_json, struct mcpass_error *err)
{
	json_t *report = NULL;
	enum mcpass_rc rc = mp_admin_revoke(store, what, id, mp_now_s(), &report, err);

	if (!rc)
		rc = as_json ? mp_out_json(report, err) : say_revoked(report, err);
	json_decref(report);
	return rc;
}

static enum mcpass_rc work(const struct mp_authserver_admin *admin, enum mp_admin_what what,
    const struct mp_issuer_store *store, struct mcpass_error *err)
{
	const char *verb = admin->count > 1 ? admin->operands[1] : "list";
	json_t *list = NULL;
	enum mcpass_rc rc;

	if (admin->count == 3 && strcmp(verb, "show") == 0)
		return show(store, what, admin->operands[2], err);
	if (admin->count == 3 && strcmp(verb, "revoke") == 0)
		return revoke(store, what, admin->operands[2], admin->json, err);
	if (admin->count > 2 || strcmp(verb, "list") != 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "'authserver %s %s' is no command, or takes other operands",
		    lists[what].name, verb);
		mp_hint(err, "usage: mcpass authserver %s [list | show ID | revoke ID] --data FILE",
		    lists[what].name);
		return rc;
	}
	rc = mp_admin_list(store, what, mp_now_s(), &list, err);
	if (!rc)
		rc = print(list, lists[what].columns, admin->json, err);
	json_decref(list);
	return rc;
}

/* --- keys --- */
static enum mcpass_rc keys(const struct mp_authserver_admin *admin,
    const struct mp_issuer_store *store, struct mcpass_error *err)
{
	int64_t lead = admin->leaked ? MP_STORE_ADMIN_ALONE
	    : admin->lead_given ? (admin->lead_ms + 999) / 1000 : MP_KEY_LEAD;
	json_t *list = NULL;
	enum mcpass_rc rc;

	if (strcmp(admin->operands[1], "rotate") == 0)
		rc = mp_store_admin_rotate(store, mp_now_s(), lead, &list, err);
	else
		rc = mp_store_admin_keys(store, mp_now_s(), &list, err);
	if (!rc)
		rc = print(list, key_columns, admin->json, err);
	json_decref(list);
	return rc;
}

/* Which of the lists; 0: the keys; -1: none of this is asked for. */
static int find_work(const struct mp_authserver_admin *admin)
{
	for (size_t i = MP_ADMIN_CLIENTS; i < MP_COUNT(lists) && admin->count > 0; i++)
		if (strcmp(admin->operands[0], lists[i].name) == 0)
			return (int)i;
	return admin->count == 2 && strcmp(admin->operands[0], "key") == 0
	    && (strcmp(admin->operands[1], "rotate") == 0 || strcmp(admin->operands[1], "list") == 0)
	    ? 0 : -1;
}

enum mcpass_rc mp_authserver_admin(const struct mp_authserver_admin *admin, bool *ret_done,
    struct mcpass_error *err)
{
	struct mp_issuer_store store = { 0 };
	int found = find_work(admin);
	enum mcpass_rc rc;

	*ret_done = true;
	if (admin->count == 2 && strcmp(admin->operands[0], "backup") == 0)
		return mp_store_admin_backup(admin->data, admin->operands[1], err);
	*ret_done = found >= 0;
	if (found < 0)
		return MCPASS_OK;
	rc = mp_store_admin_open(admin->data, admin->data_key, &store, err);
	if (rc)
		return rc;
	rc = found == 0 ? keys(admin, &store, err) : work(admin, (enum mp_admin_what)found, &store, err);
	mp_issuer_store_close(&store);
	return rc;
}
