/* Login and consent: who may post which form, and what is remembered. */
#include "kit.h"

static void open_page(struct kit *kit)
{
	kit_open(kit, AS);
	kit->origin = AS;
	kit_register(kit, PUBLIC_CLIENT);
	CHECK_EQ("the login page", kit_get(kit, "/authorize", kit_query(kit, "mcp:read", NULL)), 200);
}

/* --- cross-site request forgery: each row breaks one thing of a good post --- */
enum harm {
	NONE, NO_COOKIE, OTHER_COOKIE, TWO_COOKIES, ODD_COOKIE, NO_TICKET, WRONG_TICKET,
	TWO_TICKETS, NO_TYPE, JSON_TYPE, LATE
};
static const struct {
	const char *label, *origin;
	enum harm harm;
	int want;
} forgery_rows[] = {
	{ "good", AS, NONE, 200 },
	{ "a browser without Origin", NULL, NONE, 200 },
	{ "from another site", "https://evil.example", NONE, 403 },
	{ "from another port", AS ":8443", NONE, 403 },
	{ "from http", "http://as.example", NONE, 403 },
	{ "from nowhere", "null", NONE, 403 },
	{ "a sandbox's empty one", "", NONE, 403 },
	{ "no cookie", AS, NO_COOKIE, 403 },
	{ "another browser's cookie", AS, OTHER_COOKIE, 403 },
	{ "a planted cookie beside it", AS, TWO_COOKIES, 403 },
	{ "a cookie that we never made", AS, ODD_COOKIE, 403 },
	{ "no ticket", AS, NO_TICKET, 403 },
	{ "another ticket", AS, WRONG_TICKET, 403 },
	{ "two tickets", AS, TWO_TICKETS, 403 },
	{ "no content type", AS, NO_TYPE, 403 },
	{ "as JSON", AS, JSON_TYPE, 403 },
	{ "too late", AS, LATE, 403 },
};

/* Posts fields to path, with one thing broken. */
static int post_harmed(struct kit *kit, const char *path, const char *fields, enum harm harm)
{
	static const char other[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char form[512], cookie[512];
	struct ask ask = { .method = "POST", .path = path, .type = FORM, .body = form };
	const char *ticket = harm == WRONG_TICKET ? other : kit_ticket(kit);

	snprintf(form, sizeof(form), "%s=%s&%s%s%s", harm == NO_TICKET ? "x" : "ticket", ticket,
	    fields, harm == TWO_TICKETS ? "&ticket=" : "", harm == TWO_TICKETS ? ticket : "");
	snprintf(cookie, sizeof(cookie), "__Host-mcpass-browser=%s%s; %s", other,
	    harm == ODD_COOKIE ? "B" : "", harm == TWO_COOKIES ? kit->browser : "");
	if (harm == OTHER_COOKIE || harm == TWO_COOKIES || harm == ODD_COOKIE)
		ask.cookie = cookie;
	if (harm == NO_TYPE || harm == JSON_TYPE)
		ask.type = harm == NO_TYPE ? NULL : JSON;
	kit->no_cookies = harm == NO_COOKIE;
	if (harm == LATE)
		kit->now += MP_PENDING_LIFETIME;
	return kit_ask(kit, &ask);
}

static void test_forgery(void)
{
	for (size_t i = 0; i < COUNT(forgery_rows); i++) {
		struct kit kit;

		open_page(&kit);
		kit.origin = forgery_rows[i].origin;
		CHECK_EQ(forgery_rows[i].label, post_harmed(&kit, "/authorize/login",
		    "username=alice&password=secret", forgery_rows[i].harm), forgery_rows[i].want);
		CHECK(forgery_rows[i].label, (kit.session[0] != '\0') == (forgery_rows[i].want == 200));
		kit_close(&kit);

		open_page(&kit);
		kit_sign_in(&kit, "alice", "secret");
		kit.origin = forgery_rows[i].origin;
		CHECK_EQ(forgery_rows[i].label, post_harmed(&kit, "/authorize/consent", "decision=allow",
		    forgery_rows[i].harm), forgery_rows[i].want == 200 ? 303 : 403);
		CHECK(forgery_rows[i].label, (kit_param(&kit, "code") != NULL)
		    == (forgery_rows[i].want == 200));
		kit_close(&kit);
	}
}

/* What a stranger posts must not spoil the page that the person has open. */
static void test_harmless(void)
{
	char ticket[64], form[256];
	struct kit kit;

	open_page(&kit);
	snprintf(ticket, sizeof(ticket), "%s", kit_ticket(&kit));
	kit.no_cookies = true;
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=secret", ticket);
	CHECK_EQ("a stranger", kit_post(&kit, "/authorize/login", form), 403);
	kit.no_cookies = false;
	CHECK_EQ("the person", kit_post(&kit, "/authorize/login", form), 200);
	kit_close(&kit);
}

static const struct {
	const char *label, *username, *password;
	bool right;
} password_rows[] = {
	{ "right", "alice", "secret", true },
	{ "wrong", "alice", "Secret", false },
	{ "a part", "alice", "secre", false },
	{ "more", "alice", "secrets", false },
	{ "empty", "alice", "", false },
	{ "another case of the name", "Alice", "secret", false },
	{ "no such user, somebody's password", "dave", "secret", false },
	{ "nobody", "", "secret", false },
	{ "a name twice", "alice&username=alice", "secret", false },
	{ "a password twice", "alice", "secret&password=secret", false },
};

static void test_passwords(void)
{
	for (size_t i = 0; i < COUNT(password_rows); i++) {
		struct kit kit;

		open_page(&kit);
		kit_sign_in(&kit, password_rows[i].username, password_rows[i].password);
		CHECK(password_rows[i].label, (kit.session[0] != '\0') == password_rows[i].right);
		CHECK(password_rows[i].label, (strstr(kit_body(&kit), "value=\"allow\"") != NULL)
		    == password_rows[i].right);
		CHECK(password_rows[i].label, strstr(kit_body(&kit), "Secret") == NULL);
		kit_close(&kit);
	}
}

/* One message for both mistakes. */
static void test_same_message(void)
{
	char first[256], second[256];
	struct kit kit;

	open_page(&kit);
	kit_sign_in(&kit, "alice", "wrong");
	snprintf(first, sizeof(first), "%.200s", strstr(kit_body(&kit), "role=\"alert\""));
	kit_sign_in(&kit, "nobody", "wrong");
	snprintf(second, sizeof(second), "%.200s", strstr(kit_body(&kit), "role=\"alert\""));
	first[80] = second[80] = '\0';
	CHECK_STR("the same words", first, second);
	kit_close(&kit);
}

static void test_attempts(void)
{
	struct kit kit;
	char form[256];

	open_page(&kit);
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=wrong", kit_ticket(&kit));
	for (int i = 0; i < MP_MAX_LOGIN_ATTEMPTS; i++) {
		CHECK_EQ("wrong", kit_post(&kit, "/authorize/login", form), 200);
		kit.now += i < 4 ? 0 : 64;      /* longer than the sixth to tenth mistake cost */
	}
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=secret", kit_ticket(&kit));
	CHECK_EQ("right, too late", kit_post(&kit, "/authorize/login", form), 403);
	CHECK_EQ("and over", kit_post(&kit, "/authorize/login", form), 403);
	CHECK("nobody is in", kit.session[0] == '\0');
	kit_close(&kit);
}

static void test_cookies(void)
{
	struct kit kit;

	open_page(&kit);
	CHECK_HAS("the browser's", kit_header(&kit, "Set-Cookie"), "__Host-mcpass-browser=");
	CHECK_HAS("attributes", kit_header(&kit, "Set-Cookie"),
	    "; Path=/; HttpOnly; SameSite=Lax; Secure");
	CHECK("not stored", !memstore_contains(kit.memstore, strchr(kit.browser, '=') + 1));
	CHECK("nor the ticket", !memstore_contains(kit.memstore, kit_ticket(&kit)));
	kit_get(&kit, "/authorize", kit_query(&kit, NULL, NULL));
	CHECK("one for all the tabs", kit_header(&kit, "Set-Cookie") == NULL);
	kit_ask(&kit, &(struct ask){ .method = "GET", .path = "/authorize",
	    .query = kit_query(&kit, NULL, NULL), .cookie = "__Host-mcpass-browser=guess" });
	CHECK_HAS("one that we never made is replaced", kit_header(&kit, "Set-Cookie"),
	    "__Host-mcpass-browser=");
	kit_sign_in(&kit, "alice", "secret");
	CHECK_HAS("the session's", kit_header(&kit, "Set-Cookie"), "__Host-mcpass-session=");
	CHECK_HAS("ends", kit_header(&kit, "Set-Cookie"), "; Secure; Max-Age=28800");
	CHECK("not stored either", !memstore_contains(kit.memstore, strchr(kit.session, '=') + 1));
	kit_close(&kit);

	kit_open(&kit, "http://127.0.0.1:9000");
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, NULL, NULL));
	CHECK("http has no secure cookie", strstr(kit_header(&kit, "Set-Cookie"), "Secure") == NULL);
	CHECK_HAS("nor goes to the client's port", kit_header(&kit, "Set-Cookie"),
	    "; Path=/authorize; HttpOnly; SameSite=Lax");
	CHECK("nor its prefix", strncmp(kit_header(&kit, "Set-Cookie"), "mcpass-", 7) == 0);
	kit.origin = "http://127.0.0.1:9000";
	CHECK_EQ("and works", kit_sign_in(&kit, "alice", "secret"), 200);
	kit_close(&kit);
}

static void test_session(void)
{
	struct kit kit;
	char old[128];

	open_page(&kit);
	kit_sign_in(&kit, "alice", "secret");
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	CHECK("no password again", strstr(kit_body(&kit), "name=\"password\"") == NULL);
	CHECK_HAS("but the question", kit_body(&kit), "value=\"allow\"");
	snprintf(old, sizeof(old), "%s", kit.session);
	CHECK_EQ("somebody else", kit_decide(&kit, "switch"), 200);
	CHECK_HAS("logs in", kit_body(&kit), "name=\"password\"");
	CHECK_HAS("the cookie goes", kit_header(&kit, "Set-Cookie"), "Max-Age=0");
	snprintf(kit.session, sizeof(kit.session), "%s", old);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	CHECK_HAS("the old one is dead", kit_body(&kit), "name=\"password\"");
	kit_sign_in(&kit, "bob", "secret");
	CHECK_HAS("bob now", kit_body(&kit), "<strong>bob</strong>");
	kit.now += MP_SESSION_LIFETIME;
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	CHECK_HAS("a day later", kit_body(&kit), "name=\"password\"");
	kit_close(&kit);
}

static const struct {
	const char *label, *fields;
	int want;
} decision_rows[] = {
	{ "allow", "decision=allow", 303 },
	{ "deny", "decision=deny", 303 },
	{ "switch", "decision=switch", 200 },
	{ "none", "x=1", 403 },
	{ "another", "decision=always", 403 },
	{ "two", "decision=allow&decision=deny", 403 },
};

static void test_decisions(void)
{
	for (size_t i = 0; i < COUNT(decision_rows); i++) {
		struct kit kit;
		char form[256];

		open_page(&kit);
		snprintf(form, sizeof(form), "ticket=%s&decision=allow", kit_ticket(&kit));
		CHECK_EQ("nobody is in", kit_post(&kit, "/authorize/consent", form), 403);
		CHECK("no code", kit_param(&kit, "code") == NULL);
		kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
		kit_sign_in(&kit, "alice", "secret");
		snprintf(form, sizeof(form), "ticket=%s&%s", kit_ticket(&kit), decision_rows[i].fields);
		CHECK_EQ(decision_rows[i].label, kit_post(&kit, "/authorize/consent", form),
		    decision_rows[i].want);
		CHECK_EQ("one answer", memstore_count(kit.memstore, "answered"),
		    decision_rows[i].want == 303 ? 1 : 0);
		kit_close(&kit);
	}
}

/* A ticket of the login page, taken to the consent page of the same browser. */
static void test_two_tabs(void)
{
	char first[64], form[256];
	struct kit kit;

	open_page(&kit);
	snprintf(first, sizeof(first), "%s", kit_ticket(&kit));
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:tools", NULL));
	kit_sign_in(&kit, "alice", "secret");
	snprintf(form, sizeof(form), "ticket=%s&decision=allow", first);
	CHECK_EQ("the first tab has seen no question", kit_post(&kit, "/authorize/consent", form), 403);
	kit_close(&kit);
}

static const struct {
	const char *label, *username, *scope, *granted;
} scope_rows[] = {
	{ "all that was asked", "alice", "mcp:read mcp:tools", "mcp:read mcp:tools" },
	{ "nothing asked: all", "alice", NULL, "mcp:read mcp:tools mcp:prompts" },
	{ "what bob may", "bob", "mcp:tools mcp:read", "mcp:read" },
	{ "what bob may of all", "bob", NULL, "mcp:read" },
	{ "what bob may not", "bob", "mcp:tools", NULL },
	{ "carol may nothing", "carol", "mcp:read", NULL },
};

static void test_scopes(void)
{
	for (size_t i = 0; i < COUNT(scope_rows); i++) {
		struct kit kit;
		const char *code;

		kit_open(&kit, AS);
		kit_register(&kit, PUBLIC_CLIENT);
		code = kit_code(&kit, scope_rows[i].username, scope_rows[i].scope);
		if (scope_rows[i].granted == NULL)
			CHECK_STR(scope_rows[i].label, kit_param(&kit, "error"), "access_denied");
		kit_exchange(&kit, code, "");
		CHECK_STR(scope_rows[i].label, kit_member(&kit, "scope"), scope_rows[i].granted);
		kit_close(&kit);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	test_forgery();
	test_harmless();
	test_passwords();
	test_same_message();
	test_attempts();
	test_cookies();
	test_session();
	test_decisions();
	test_two_tabs();
	test_scopes();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
