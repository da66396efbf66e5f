/* How much a client wants the person to be asked: prompt, max_age, login_hint. */
#include "kit.h"

#define WEB "https://app.example/cb"

/* An issuer with one client of the operator's and alice, who allowed it mcp:read. */
static void open_known(struct kit *kit)
{
	static char redirect[] = WEB;
	static char *redirects[] = { redirect };
	static const struct mp_issuer_client client = {
		.client_id = "known", .client_name = "Known", .grants = "authorization_code",
		.redirect_uris = { redirects, 1 },
	};
	struct mp_issuer_config config = kit_config(AS);

	config.clients = &client;
	config.client_count = 1;
	*kit = (struct kit){ .now = START, .site = "none", .redirect = WEB, .client_id = "known" };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
	CHECK("allowed", kit_code(kit, "alice", "mcp:read")[0] != '\0');
}

enum came { PASSWORD, QUESTION, CODE, ERROR };
static const struct {
	const char *label, *scope, *more;
	bool signed_out;
	int64_t later;                  /* seconds after the login */
	enum came want;
	const char *error;
} rows[] = {
	{ "nothing said", "mcp:read", NULL, false, 0, CODE, NULL },
	{ "nothing said, signed out", "mcp:read", NULL, true, 0, PASSWORD, NULL },
	{ "an empty prompt", "mcp:read", "prompt=", false, 0, CODE, NULL },
	{ "none", "mcp:read", "prompt=none", false, 0, CODE, NULL },
	{ "none, signed out", "mcp:read", "prompt=none", true, 0, ERROR, "login_required" },
	{ "none, and more scopes", "mcp:read mcp:tools", "prompt=none", false, 0, ERROR,
	    "consent_required" },
	{ "none, and the login is old", "mcp:read", "prompt=none&max_age=60", false, 60, ERROR,
	    "login_required" },
	{ "none and more", "mcp:read", "prompt=none+login", false, 0, ERROR, "invalid_request" },
	{ "login", "mcp:read", "prompt=login", false, 0, PASSWORD, NULL },
	{ "select_account", "mcp:read", "prompt=select_account", false, 0, PASSWORD, NULL },
	{ "consent", "mcp:read", "prompt=consent", false, 0, QUESTION, NULL },
	{ "login and consent", "mcp:read", "prompt=login+consent", false, 0, PASSWORD, NULL },
	{ "another word", "mcp:read", "prompt=create", false, 0, CODE, NULL },
	{ "case counts", "mcp:read", "prompt=Login", false, 0, CODE, NULL },
	{ "twice", "mcp:read", "prompt=login&prompt=none", false, 0, ERROR, "invalid_request" },
	{ "bytes of no word", "mcp:read", "prompt=%22", false, 0, ERROR, "invalid_request" },
	{ "a young login", "mcp:read", "max_age=60", false, 59, CODE, NULL },
	{ "an old login", "mcp:read", "max_age=60", false, 60, PASSWORD, NULL },
	{ "any login is too old", "mcp:read", "max_age=0", false, 0, PASSWORD, NULL },
	{ "an empty age", "mcp:read", "max_age=", false, 0, CODE, NULL },
	{ "a negative age", "mcp:read", "max_age=-1", false, 0, ERROR, "invalid_request" },
	{ "an age with more behind it", "mcp:read", "max_age=60s", false, 0, ERROR, "invalid_request" },
	{ "an age beyond numbers", "mcp:read", "max_age=99999999999999999999", false, 0, ERROR,
	    "invalid_request" },
};

static enum came look(const struct kit *kit)
{
	if (kit_param(kit, "code") != NULL)
		return CODE;
	if (kit_param(kit, "error") != NULL)
		return ERROR;
	return strstr(kit_body(kit), "name=\"password\"") != NULL ? PASSWORD : QUESTION;
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit kit;

		open_known(&kit);
		if (rows[i].signed_out)
			kit.session[0] = '\0';
		kit.now += rows[i].later;
		kit_get(&kit, "/authorize", kit_query(&kit, rows[i].scope, rows[i].more));
		CHECK_EQ(rows[i].label, look(&kit), rows[i].want);
		CHECK_STR(rows[i].label, kit_param(&kit, "error"), rows[i].error);
		kit_close(&kit);
	}
}

static void test_after_login(void)
{
	struct kit kit;

	open_known(&kit);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "prompt=login+consent"));
	CHECK_EQ("signed in again", kit_sign_in(&kit, "alice", "secret"), 200);
	CHECK_EQ("and asked again", look(&kit), QUESTION);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "prompt=login"));
	CHECK_EQ("signed in again", kit_sign_in(&kit, "alice", "secret"), 303);
	CHECK_EQ("and not asked", look(&kit), CODE);
	kit.now += 100;
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "max_age=60"));
	kit_sign_in(&kit, "alice", "secret");
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "max_age=60"));
	CHECK_EQ("a new login is young", look(&kit), CODE);
	kit_close(&kit);
}

static void test_hint(void)
{
	struct kit kit;

	open_known(&kit);
	kit.session[0] = '\0';
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "login_hint=al%22ice"));
	CHECK_HAS("filled in", kit_body(&kit), "required value=\"al&quot;ice\">");
	CHECK_HAS("the password next", kit_body(&kit), "required autofocus>");
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:tools", "login_hint=alice"));
	kit_sign_in(&kit, "alice", "secret");
	CHECK_EQ("another person", kit_decide(&kit, "switch"), 200);
	CHECK_HAS("is another", kit_body(&kit), "required value=\"\" autofocus>");
	kit_close(&kit);
}

/* What could not be kept and read again is no hint, and ends no login. */
static void test_odd_hint(void)
{
	static const char *const odd[] = { "login_hint=a%0Ab", "login_hint=a%7F" };

	for (size_t i = 0; i < COUNT(odd); i++) {
		struct kit kit;

		open_known(&kit);
		kit.session[0] = '\0';
		kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", odd[i]));
		CHECK_HAS(odd[i], kit_body(&kit), "required value=\"\" autofocus>");
		CHECK_EQ(odd[i], kit_sign_in(&kit, "alice", "secret"), 303);
		kit_close(&kit);
	}
}

/* A client that registered itself gets no redirect for it, either. */
static void test_registered(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit.site = "none";
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("none", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "prompt=none")), 400);
	CHECK_STR("none", kit_header(&kit, "Location"), NULL);
	CHECK_HAS("none", kit_body(&kit), "href=\"" CALLBACK "?error=login_required&amp;");
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_rows();
	test_after_login();
	test_hint();
	test_odd_hint();
	test_registered();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
