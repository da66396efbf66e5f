/* What an operator sees and takes back. */
#include "issuer/admin.h"
#include "issuer/core.h"
#include "front_kit.h"

static struct mp_issuer_store store;

static void open_kit(struct kit *kit)
{
	struct mp_issuer_config config = kit_config(AS);

	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	store = config.store;
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
}

/* One session; returns its refresh token. */
static const char *begin_session(struct kit *kit, const char *user)
{
	kit->session[0] = '\0';           /* a browser of its own */
	kit_exchange(kit, kit_code(kit, user, "mcp:read"), "");
	return kit_member(kit, "refresh_token");
}

static json_t *list(enum mp_admin_what what, size_t count)
{
	json_t *all = NULL;

	CHECK_EQ("listed", mp_admin_list(&store, what, START, &all, NULL), MCPASS_OK);
	CHECK_EQ("how many", json_array_size(all), count);
	return all;
}

static const char *text_of(const json_t *all, size_t i, const char *member)
{
	const char *text = json_string_value(json_object_get(json_array_get(all, i), member));

	return text != NULL ? kit_text(text, strlen(text)) : NULL;
}

static int number_of(const json_t *all, size_t i, const char *member)
{
	return (int)json_integer_value(json_object_get(json_array_get(all, i), member));
}

static void test_lists(void)
{
	const char *token;
	json_t *all, *one = NULL;
	struct kit kit;
	char *dump;

	open_kit(&kit);
	json_decref(list(MP_ADMIN_CLIENTS, 0));
	kit_register(&kit, PUBLIC_CLIENT);
	token = begin_session(&kit, "alice");
	begin_session(&kit, "alice");
	begin_session(&kit, "bob");
	all = list(MP_ADMIN_CLIENTS, 1);
	CHECK_STR("the client", text_of(all, 0, "id"), kit.client_id);
	CHECK_STR("its kind", text_of(all, 0, "kind"), "registered");
	CHECK_EQ("its sessions", number_of(all, 0, "sessions"), 3);
	CHECK_EQ("since when", number_of(all, 0, "registered_at"), START);
	json_decref(all);
	all = list(MP_ADMIN_USERS, 2);
	CHECK_EQ("sessions of both", number_of(all, 0, "sessions") + number_of(all, 1, "sessions"), 3);
	json_decref(all);
	all = list(MP_ADMIN_SESSIONS, 3);
	CHECK_STR("whose client", text_of(all, 0, "client"), kit.client_id);
	CHECK_EQ("a fingerprint", strlen(text_of(all, 0, "id")), 12);
	dump = json_dumps(all, 0);
	CHECK("no family", strstr(dump, "family") == NULL);
	CHECK("no token", strstr(dump, token) == NULL);
	free(dump);
	CHECK_EQ("one of them", mp_admin_show(&store, MP_ADMIN_SESSIONS, text_of(all, 1, "id"), START,
	    &one, NULL), MCPASS_OK);
	CHECK("it is that", json_equal(one, json_array_get(all, 1)));
	json_decref(one);
	json_decref(all);
	CHECK_EQ("a user", mp_admin_show(&store, MP_ADMIN_USERS, "al", START, &one, NULL), MCPASS_OK);
	CHECK_EQ("with the sessions", json_array_size(json_object_get(one, "list")), 2);
	json_decref(one);
	kit_close(&kit);
}

static const struct { const char *label; enum mp_admin_what what; const char *id, *why; } wrong_rows[] = {
	{ "no such user", MP_ADMIN_USERS, "eve", "there is no user eve" },
	{ "no such client", MP_ADMIN_CLIENTS, "x", "there is no client x" },
	{ "no such session", MP_ADMIN_SESSIONS, "x!", "there is no session x!" },
	{ "nothing", MP_ADMIN_USERS, "", "there is no user " },
	{ "two that begin so", MP_ADMIN_USERS, "a", "more than one user begins with a" },
};

/* alice, then al: a name that another begins with is that name. */
static void test_names(void)
{
	struct mcpass_error err = { 0 };
	json_t *one = NULL;
	struct kit kit;

	open_kit(&kit);
	store.put(store.ctx, "session", "k1", "alice", START + 9, "{}", NULL);
	store.put(store.ctx, "session", "k2", "al", START + 9, "{}", NULL);
	for (size_t i = 0; i < COUNT(wrong_rows); i++) {
		CHECK_EQ(wrong_rows[i].label, mp_admin_revoke(&store, wrong_rows[i].what, wrong_rows[i].id,
		    START, &one, &err), MCPASS_E_USAGE);
		CHECK_STR(wrong_rows[i].label, err.detail, wrong_rows[i].why);
		err = (struct mcpass_error){ 0 };
	}
	CHECK_EQ("the whole name", mp_admin_revoke(&store, MP_ADMIN_USERS, "al", START, &one, NULL),
	    MCPASS_OK);
	CHECK_EQ("a browser is signed out", json_integer_value(json_object_get(one, "browsers")), 1);
	json_decref(one);
	json_decref(list(MP_ADMIN_USERS, 1));
	kit_close(&kit);
}

/* Whose refresh tokens are good after what: alice's two, bob's. */
static const struct {
	const char *label;
	enum mp_admin_what what;
	int sessions, clients;
	bool alice, other, bob;
} revoke_rows[] = {
	{ "a session", MP_ADMIN_SESSIONS, 1, 0, false, true, true },
	{ "a user", MP_ADMIN_USERS, 2, 0, false, false, true },
	{ "a client", MP_ADMIN_CLIENTS, 3, 1, false, false, false },
};

static const char *session_of(const char *user)
{
	json_t *all = list(MP_ADMIN_SESSIONS, 1);
	const char *id = text_of(all, 0, "id");

	CHECK_STR("whose", text_of(all, 0, "user"), user);
	json_decref(all);
	return id;
}

static void test_revoke(void)
{
	for (size_t i = 0; i < COUNT(revoke_rows); i++) {
		const char *alice, *other, *bob, *session;
		json_t *report = NULL;
		struct kit kit;

		open_kit(&kit);
		kit_register(&kit, PUBLIC_CLIENT);
		alice = begin_session(&kit, "alice");
		session = session_of("alice");
		other = begin_session(&kit, "alice");
		bob = begin_session(&kit, "bob");
		CHECK_EQ(revoke_rows[i].label, mp_admin_revoke(&store, revoke_rows[i].what,
		    revoke_rows[i].what == MP_ADMIN_SESSIONS ? session
		    : revoke_rows[i].what == MP_ADMIN_USERS ? "alice" : kit.client_id, START, &report,
		    NULL), MCPASS_OK);
		CHECK_EQ(revoke_rows[i].label, json_integer_value(json_object_get(report, "sessions")),
		    revoke_rows[i].sessions);
		CHECK_EQ(revoke_rows[i].label, json_integer_value(json_object_get(report, "clients")),
		    revoke_rows[i].clients);
		CHECK_EQ("JWTs live on", json_integer_value(json_object_get(report, "jwts_until")),
		    START + MP_ACCESS_LIFETIME);
		json_decref(report);
		CHECK_EQ(revoke_rows[i].label, kit_refresh(&kit, alice, "") == 200, revoke_rows[i].alice);
		CHECK_EQ(revoke_rows[i].label, kit_refresh(&kit, other, "") == 200, revoke_rows[i].other);
		CHECK_EQ(revoke_rows[i].label, kit_refresh(&kit, bob, "") == 200, revoke_rows[i].bob);
		kit_close(&kit);
	}
}

/* Who signed in at an identity provider has a random id here; the operator sees who that is, and puts
 * out that person alone. */
static void test_people(void)
{
	char ann[256], bob[256];
	json_t *all, *report = NULL;
	struct front front;
	const char *id;

	front_open(&front, "");
	store = front.kit.issuer->store;
	front.claims = "{\"name\":\"Ann\"}";
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	snprintf(ann, sizeof(ann), "%s", kit_member(&front.kit, "refresh_token"));
	all = list(MP_ADMIN_USERS, 1);
	id = text_of(all, 0, "user");
	CHECK_EQ("a random id", strlen(id), 22);
	CHECK_STR("who that is", text_of(all, 0, "name"), "Ann");
	CHECK_STR("and where", text_of(all, 0, "upstream"), "corp");
	CHECK_EQ("one session", number_of(all, 0, "sessions"), 1);
	json_decref(all);
	front.kit.session[0] = '\0';
	front.claims = "{\"sub\":\"bob\"}";
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	snprintf(bob, sizeof(bob), "%s", kit_member(&front.kit, "refresh_token"));
	CHECK_EQ("a record that is none", store.put(store.ctx, "upstream_session", "x", "y", START + 9, "{}",
	    NULL), MCPASS_OK);
	all = list(MP_ADMIN_USERS, 2);
	CHECK_STR("no name is known", text_of(all, mp_eq(text_of(all, 0, "user"), id) ? 1 : 0, "name"), NULL);
	json_decref(all);
	CHECK_EQ("put out", mp_admin_revoke(&store, MP_ADMIN_USERS, id, START, &report, NULL), MCPASS_OK);
	CHECK_EQ("its browser, too", json_integer_value(json_object_get(report, "browsers")), 1);
	json_decref(report);
	CHECK_EQ("out", front_refresh(&front, ann), 400);
	CHECK_STR("for good", kit_member(&front.kit, "error"), "invalid_grant");
	CHECK_EQ("the other goes on", front_refresh(&front, bob), 200);
	front_close(&front);
}

/* The users of a front door, once per allocation, failing the nth. */
static void test_people_no_memory(void)
{
	OOM_EACH_LATER {
		json_t *all = NULL;
		enum mcpass_rc rc;
		struct front front;

		front_open(&front, "");
		store = front.kit.issuer->store;
		front.claims = "{\"name\":\"Ann\"}";
		kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
		oom_from_here();
		rc = mp_admin_list(&store, MP_ADMIN_USERS, START, &all, NULL);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		if (!rc)
			CHECK_STR("whole", text_of(all, 0, "name"), "Ann");
		json_decref(all);
		front_close(&front);
	}
}

/* Half of a revocation is none. */
static void test_no_memory(void)
{
	OOM_EACH_LATER {
		json_t *all = NULL, *report = NULL;
		enum mcpass_rc rc;
		struct kit kit;

		open_kit(&kit);
		memstore_undoes(&store);
		kit_register(&kit, PUBLIC_CLIENT);
		begin_session(&kit, "alice");
		oom_from_here();
		rc = mp_admin_list(&store, MP_ADMIN_CLIENTS, START, &all, NULL);
		if (!rc)
			rc = mp_admin_revoke(&store, MP_ADMIN_USERS, "alice", START, &report, NULL);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		json_decref(all);
		json_decref(report);
		if (rc)
			json_decref(list(MP_ADMIN_SESSIONS, 1));
		kit_close(&kit);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	test_lists();
	test_names();
	test_revoke();
	test_people();
	test_no_memory();
	test_people_no_memory();
	mp_key_free(upstream_key());
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
