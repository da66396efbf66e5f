#include "issuer/admin.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/core.h"
#include "issuer/upstream/session.h"
#include "wire/jose/crypto.h"

#define FINGERPRINT 12          /* letters: of 10^9 sessions two are alike once in 10^3 lists */

/* What is read of the store, in JSON: json_t carries it from row to row. */
struct reading {
	json_t *list;
	int64_t now;
};

static enum mcpass_rc read_value(const struct mp_issuer_row *row, json_t **ret_value,
    struct mcpass_error *err)
{
	return mp_response_blame(mp_json_parse(row->value, strlen(row->value), MP_MAX_RECORD,
	    "a record of the issuer", ret_value, err), MCPASS_E_STORE, err);
}

/* A member of the record under another name; what is not there stays away. */
static bool copy(json_t *to, const char *name, const json_t *from, const char *member)
{
	json_t *value = mp_json_get(from, member);

	return value == NULL || json_object_set(to, name, value) == 0;
}

static bool set_number(json_t *object, const char *name, int64_t number)
{
	return json_object_set_new(object, name, json_integer((json_int_t)number)) == 0;
}

/* --- sessions: the heads of families (grants/grant.c) --- */
static enum mcpass_rc fingerprint(const char *family, char ret_id[FINGERPRINT + 1],
    struct mcpass_error *err)
{
	char *hash = NULL;
	enum mcpass_rc rc = mp_sha256_b64url(family, &hash, err);

	if (!rc) {
		memcpy(ret_id, hash, FINGERPRINT);
		ret_id[FINGERPRINT] = '\0';
	}
	free(hash);
	return rc;
}

static enum mcpass_rc take_grant(void *ctx, const struct mp_issuer_row *row,
    struct mcpass_error *err)
{
	struct reading *reading = ctx;
	json_t *record = NULL, *session;
	char id[FINGERPRINT + 1];
	enum mcpass_rc rc;

	if (strcmp(row->key, row->group) != 0)          /* a token of the family */
		return MCPASS_OK;
	rc = read_value(row, &record, err);
	if (!rc)
		rc = fingerprint(row->key, id, err);
	if (!rc) {
		session = json_pack("{s:s, s:s}", "id", id, "family", row->key);
		if (!copy(session, "user", record, "username")
		    || !copy(session, "client", record, "client_id")
		    || !copy(session, "scope", record, "scope")
		    || !copy(session, "resource", record, "resource")
		    || !set_number(session, "expires_at", row->expires_at)
		    || json_array_append(reading->list, session) != 0)
			rc = mp_nomem(err);
		json_decref(session);
	}
	json_decref(record);
	return rc;
}

/* With the member "family", which is not for people. */
static enum mcpass_rc read_sessions(const struct mp_issuer_store *store, int64_t now,
    json_t **ret_list, struct mcpass_error *err)
{
	struct reading reading = { json_array(), now };
	enum mcpass_rc rc = reading.list == NULL ? mp_nomem(err)
	    : store->list(store->ctx, "refresh", NULL, now, take_grant, &reading, err);

	if (rc)
		json_decref(reading.list);
	else
		*ret_list = reading.list;
	return rc;
}

static size_t count_sessions(const json_t *sessions, const char *member, const char *value)
{
	const json_t *session;
	size_t i, count = 0;

	json_array_foreach(sessions, i, session)
		count += mp_eq(mp_json_text(session, member), value) ? 1 : 0;
	return count;
}

/* --- clients --- */
static json_t *find(const json_t *list, const char *member, const char *value)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
		if (mp_eq(mp_json_text(entry, member), value))
			return entry;
	return NULL;
}

static enum mcpass_rc take_client(void *ctx, const struct mp_issuer_row *row,
    struct mcpass_error *err)
{
	struct reading *reading = ctx;
	json_t *record = NULL, *client;
	enum mcpass_rc rc = read_value(row, &record, err);

	if (rc)
		return rc;
	client = json_pack("{s:s, s:s}", "id", row->key, "kind", "registered");
	if (!copy(client, "name", record, "client_name")
	    || !copy(client, "redirect_uris", record, "redirect_uris")
	    || !copy(client, "registered_at", record, "client_id_issued_at")
	    || !copy(client, "used_at", record, "used_at")
	    || !set_number(client, "expires_at", row->expires_at)
	    || json_array_append(reading->list, client) != 0)
		rc = mp_nomem(err);
	json_decref(client);
	json_decref(record);
	return rc;
}

/* Those that sessions name and the store does not hold: configured ones, and those whose id is
 * their document's address. */
static enum mcpass_rc add_known(json_t *clients, const json_t *sessions, struct mcpass_error *err)
{
	const json_t *session;
	json_t *client;
	size_t i;

	json_array_foreach(sessions, i, session) {
		const char *id = mp_json_text(session, "client");

		if (id != NULL && find(clients, "id", id) == NULL
		    && json_array_append_new(clients, json_pack("{s:s, s:s}", "id", id, "kind", "known"))
		    != 0)
			return mp_nomem(err);
	}
	json_array_foreach(clients, i, client)
		if (!set_number(client, "sessions", (int64_t)count_sessions(sessions, "client",
		    mp_json_text(client, "id"))))
			return mp_nomem(err);
	return MCPASS_OK;
}

static enum mcpass_rc read_clients(const struct mp_issuer_store *store, const json_t *sessions,
    int64_t now, json_t **ret_list, struct mcpass_error *err)
{
	struct reading reading = { json_array(), now };
	enum mcpass_rc rc = reading.list == NULL ? mp_nomem(err)
	    : store->list(store->ctx, "client", NULL, now, take_client, &reading, err);

	if (!rc)
		rc = add_known(reading.list, sessions, err);
	if (rc)
		json_decref(reading.list);
	else
		*ret_list = reading.list;
	return rc;
}

/* --- users --- */
/* Borrowed of users; NULL: there is no memory. */
static json_t *user_named(json_t *users, const char *name)
{
	json_t *user = find(users, "user", name);

	if (user != NULL)
		return user;
	user = json_pack("{s:s, s:i, s:i}", "user", name, "sessions", 0, "browsers", 0);
	return json_array_append_new(users, user) == 0 ? user : NULL;
}

static enum mcpass_rc add_user(json_t *users, const char *name, bool browser,
    struct mcpass_error *err)
{
	const char *counted = browser ? "browsers" : "sessions";
	json_t *user = user_named(users, name);

	return user != NULL && set_number(user, counted,
	    json_integer_value(json_object_get(user, counted)) + 1) ? MCPASS_OK : mp_nomem(err);
}

/* Who signed in at an identity provider has a random id: here is who that is.  A record that cannot
 * be read names no one, and keeps no other from being listed. */
static enum mcpass_rc take_sign_in(void *ctx, const struct mp_issuer_row *row,
    struct mcpass_error *err)
{
	const struct reading *reading = ctx;
	struct mp_idp_session session = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_idp_session_read(row->value, &session, &why);
	json_t *user = rc ? NULL : user_named(reading->list, session.person);

	if (rc == MCPASS_E_NOMEM || (!rc && (user == NULL || !mp_json_set_text(user, "name", session.name)
	    || !mp_json_set_text(user, "upstream", session.upstream))))
		rc = mp_nomem(err);
	else
		rc = MCPASS_OK;
	mp_idp_session_free(&session);
	return rc;
}

static enum mcpass_rc take_browser(void *ctx, const struct mp_issuer_row *row,
    struct mcpass_error *err)
{
	const struct reading *reading = ctx;

	return add_user(reading->list, row->group, true, err);
}

static enum mcpass_rc read_users(const struct mp_issuer_store *store, const json_t *sessions,
    int64_t now, json_t **ret_list, struct mcpass_error *err)
{
	struct reading reading = { json_array(), now };
	enum mcpass_rc rc = reading.list == NULL ? mp_nomem(err) : MCPASS_OK;
	const json_t *session;
	size_t i;

	json_array_foreach(sessions, i, session) {
		const char *name = mp_json_text(session, "user");

		if (!rc && name != NULL)
			rc = add_user(reading.list, name, false, err);
	}
	if (!rc)
		rc = store->list(store->ctx, "session", NULL, now, take_browser, &reading, err);
	if (!rc)
		rc = store->list(store->ctx, "upstream_session", NULL, now, take_sign_in, &reading, err);
	if (rc)
		json_decref(reading.list);
	else
		*ret_list = reading.list;
	return rc;
}

/* --- seen --- */
/* The name of what is asked for, in its list and in each session. */
static const struct { const char *what, *member, *in_session; } names[] = {
	[MP_ADMIN_CLIENTS] = { "client", "id", "client" },
	[MP_ADMIN_SESSIONS] = { "session", "id", "id" },
	[MP_ADMIN_USERS] = { "user", "user", "user" },
};

static enum mcpass_rc read_all(const struct mp_issuer_store *store, enum mp_admin_what what,
    int64_t now, json_t **ret_sessions, json_t **ret_list, struct mcpass_error *err)
{
	enum mcpass_rc rc = read_sessions(store, now, ret_sessions, err);

	if (rc)
		return rc;
	if (what == MP_ADMIN_CLIENTS)
		return read_clients(store, *ret_sessions, now, ret_list, err);
	if (what == MP_ADMIN_USERS)
		return read_users(store, *ret_sessions, now, ret_list, err);
	*ret_list = json_incref(*ret_sessions);
	return MCPASS_OK;
}

static void hide_families(json_t *sessions)
{
	json_t *session;
	size_t i;

	json_array_foreach(sessions, i, session)
		(void)json_object_del(session, "family");
}

enum mcpass_rc mp_admin_list(const struct mp_issuer_store *store, enum mp_admin_what what,
    int64_t now, json_t **ret_list, struct mcpass_error *err)
{
	json_t *sessions = NULL;
	enum mcpass_rc rc = read_all(store, what, now, &sessions, ret_list, err);

	if (!rc)
		hide_families(sessions);
	json_decref(sessions);
	return mp_doing(err, rc, "listing what the store holds");
}

/* The whole id before one that begins with it. */
static enum mcpass_rc choose(const json_t *list, enum mp_admin_what what, const char *id,
    json_t **ret_entry, struct mcpass_error *err)
{
	json_t *entry, *chosen = find(list, names[what].member, id);
	size_t i, count = chosen != NULL ? 1 : 0;

	if (chosen == NULL && id[0] != '\0')
		json_array_foreach(list, i, entry)
			if (strncmp(mp_json_text(entry, names[what].member), id,
			    strlen(id)) == 0) {
				chosen = entry;
				count++;
			}
	if (count != 1)
		return mp_fail(err, MCPASS_E_USAGE, NULL, count == 0 ? "there is no %s %s"
		    : "more than one %s begins with %s", names[what].what, id);
	*ret_entry = chosen;
	return MCPASS_OK;
}

/* The sessions whose member is value. */
static enum mcpass_rc select_sessions(const json_t *sessions, const char *member,
    const char *value, json_t **ret_list, struct mcpass_error *err)
{
	json_t *list = json_array(), *session;
	size_t i;

	if (list == NULL)
		return mp_nomem(err);
	json_array_foreach(sessions, i, session)
		if (mp_eq(mp_json_text(session, member), value)
		    && json_array_append(list, session) != 0) {
			json_decref(list);
			return mp_nomem(err);
		}
	*ret_list = list;
	return MCPASS_OK;
}

enum mcpass_rc mp_admin_show(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, int64_t now, json_t **ret_object, struct mcpass_error *err)
{
	json_t *sessions = NULL, *list = NULL, *entry = NULL, *own = NULL;
	enum mcpass_rc rc = read_all(store, what, now, &sessions, &list, err);

	if (!rc)
		rc = choose(list, what, id, &entry, err);
	if (!rc && what != MP_ADMIN_SESSIONS) {
		rc = select_sessions(sessions, names[what].in_session,
		    mp_json_text(entry, names[what].member), &own, err);
		if (!rc && json_object_set(entry, "list", own) != 0)
			rc = mp_nomem(err);
	}
	if (!rc) {
		hide_families(sessions);
		*ret_object = json_incref(entry);
	}
	json_decref(own);
	json_decref(list);
	json_decref(sessions);
	return mp_doing(err, rc, "looking into the store");
}

/* --- taken back --- */
static enum mcpass_rc end_sessions(const struct mp_issuer_store *store, const json_t *sessions,
    struct mcpass_error *err)
{
	static const char *const kinds[] = { "refresh", MP_KIND_ACCESS, "code" };
	enum mcpass_rc rc = MCPASS_OK;
	const json_t *session;
	size_t i;

	json_array_foreach(sessions, i, session)
		for (size_t k = 0; k < MP_COUNT(kinds) && !rc; k++)
			rc = store->drop_group(store->ctx, kinds[k],
			    mp_json_text(session, "family"), err);
	return rc;
}

static enum mcpass_rc forget_client(const struct mp_issuer_store *store, const char *id,
    int64_t now, size_t *ret_clients, struct mcpass_error *err)
{
	char *record = NULL;
	enum mcpass_rc rc = store->take(store->ctx, "client", id, now, &record, err);

	*ret_clients = record != NULL ? 1 : 0;
	mp_free_wiped(record);
	return rc ? rc : store->drop_group(store->ctx, "consent", id, err);
}

static enum mcpass_rc sign_out(const struct mp_issuer_store *store, const char *user, int64_t now,
    size_t *ret_browsers, struct mcpass_error *err)
{
	enum mcpass_rc rc = store->count(store->ctx, "session", user, now, ret_browsers, err);

	if (!rc)
		rc = store->drop_group(store->ctx, "session", user, err);
	/* And what they began at an identity provider. */
	return rc ? rc : store->drop_group(store->ctx, "upstream_session", user, err);
}

static enum mcpass_rc revoke(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, int64_t now, json_t **ret_report, struct mcpass_error *err)
{
	json_t *sessions = NULL, *list = NULL, *entry = NULL, *own = NULL;
	size_t browsers = 0, clients = 0;
	const char *whole = NULL;
	enum mcpass_rc rc = read_all(store, what, now, &sessions, &list, err);

	if (!rc)
		rc = choose(list, what, id, &entry, err);
	if (!rc) {
		whole = mp_json_text(entry, names[what].member);
		rc = select_sessions(sessions, names[what].in_session, whole, &own, err);
	}
	if (!rc)
		rc = end_sessions(store, own, err);
	if (!rc && what == MP_ADMIN_CLIENTS)
		rc = forget_client(store, whole, now, &clients, err);
	if (!rc && what == MP_ADMIN_USERS)
		rc = sign_out(store, whole, now, &browsers, err);
	if (!rc) {
		*ret_report = json_pack("{s:s, s:i, s:i, s:i, s:I}", "id", whole, "sessions",
		    (int)json_array_size(own), "browsers", (int)browsers, "clients", (int)clients,
		    "jwts_until", (json_int_t)now + MP_ACCESS_LIFETIME);
		rc = *ret_report == NULL ? mp_nomem(err) : MCPASS_OK;
	}
	json_decref(own);
	json_decref(list);
	json_decref(sessions);
	return rc;
}

enum mcpass_rc mp_admin_revoke(const struct mp_issuer_store *store, enum mp_admin_what what,
    const char *id, int64_t now, json_t **ret_report, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	json_t *report = NULL;
	enum mcpass_rc rc = store->begin != NULL ? store->begin(store->ctx, err) : MCPASS_OK;

	if (rc)
		return rc;
	rc = revoke(store, what, id, now, &report, err);
	if (store->end != NULL) {
		enum mcpass_rc ended = store->end(store->ctx, rc == MCPASS_OK, rc ? &why : err);

		rc = rc ? rc : ended;
	}
	if (rc)
		json_decref(report);
	else
		*ret_report = report;
	return mp_doing(err, rc, "revoking");
}
