/* The second click: the same answer or a page that says so, and never a second code. */
#include "kit_extensions.h"

#define WEB "https://app.example/cb"

static void open_question(struct kit *kit)
{
	kit_open(kit, AS);
	kit->origin = AS;
	kit->site = "none";
	kit_register(kit, PUBLIC_CLIENT);
	kit_get(kit, "/authorize", kit_query(kit, "mcp:read", NULL));
	CHECK_EQ("the question", kit_sign_in(kit, "alice", "secret"), 200);
}

static const char *form_of(const struct kit *kit, const char *decision)
{
	char form[256];

	snprintf(form, sizeof(form), "ticket=%s&decision=%s", kit_ticket(kit), decision);
	return kit_text(form, strlen(form));
}

static const char *location_of(const struct kit *kit)
{
	const char *location = kit_header(kit, "Location");

	return location == NULL ? "" : kit_text(location, strlen(location));
}

static void check_told(struct kit *kit, const char *label, int status)
{
	CHECK_EQ(label, kit->answer.status, status);
	CHECK_STR(label, kit_header(kit, "Location"), NULL);
	CHECK_HAS(label, kit_body(kit), "<h1>Already answered</h1>");
}

static const struct { const char *label, *first, *second; bool same; } click_rows[] = {
	{ "allow twice", "allow", "allow", true },
	{ "deny twice", "deny", "deny", true },
	{ "allow, then deny", "allow", "deny", false },
	{ "deny, then allow", "deny", "allow", false },
	{ "allow, then another person", "allow", "switch", false },
	{ "allow, then nonsense", "allow", "x", false },
};

static void test_clicks(void)
{
	for (size_t i = 0; i < COUNT(click_rows); i++) {
		const char *first, *second, *location;
		struct kit kit;

		open_question(&kit);
		first = form_of(&kit, click_rows[i].first);
		second = form_of(&kit, click_rows[i].second);
		CHECK_EQ(click_rows[i].label, kit_post(&kit, "/authorize/consent", first), 303);
		location = location_of(&kit);
		kit_post(&kit, "/authorize/consent", second);
		if (click_rows[i].same)
			CHECK_STR(click_rows[i].label, kit_header(&kit, "Location"), location);
		else
			check_told(&kit, click_rows[i].label, 403);
		CHECK_EQ("one code at most", memstore_count(kit.memstore, "code"),
		    strcmp(click_rows[i].first, "allow") == 0 ? 1 : 0);
		kit_close(&kit);
	}
}

/* Only as long as it is of use, and only to the browser that has the page. */
static void test_limits(void)
{
	const char *form, *code;
	char browser[128];
	struct kit kit;

	open_question(&kit);
	form = form_of(&kit, "allow");
	kit_post(&kit, "/authorize/consent", form);
	code = kit_param(&kit, "code");
	CHECK("the code is not kept", !memstore_contains(kit.memstore, code));
	kit.origin = "https://evil.example";
	CHECK_EQ("from another site", kit_post(&kit, "/authorize/consent", form), 403);
	CHECK_STR("from another site", kit_header(&kit, "Location"), NULL);
	kit.origin = AS;
	snprintf(browser, sizeof(browser), "%s", kit.browser);
	snprintf(kit.browser, sizeof(kit.browser),
	    "__Host-mcpass-browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	CHECK_EQ("another browser", kit_post(&kit, "/authorize/consent", form), 403);
	CHECK_STR("another browser", kit_header(&kit, "Location"), NULL);
	snprintf(kit.browser, sizeof(kit.browser), "%s", browser);
	CHECK_EQ("this browser", kit_post(&kit, "/authorize/consent", form), 303);
	CHECK_STR("this browser", kit_param(&kit, "code"), code);
	CHECK_EQ("the code is used", kit_exchange(&kit, code, ""), 200);
	kit_post(&kit, "/authorize/consent", form);
	check_told(&kit, "after the code was used", 403);
	CHECK_EQ("and its tokens live", kit_refresh(&kit, "x", ""), 400);
	kit_close(&kit);

	open_question(&kit);
	form = form_of(&kit, "allow");
	kit_post(&kit, "/authorize/consent", form);
	kit.now += MP_CODE_LIFETIME;
	kit_post(&kit, "/authorize/consent", form);
	check_told(&kit, "after the code's end", 403);
	kit.now += MP_PENDING_LIFETIME;
	CHECK_EQ("at last it is forgotten", kit_post(&kit, "/authorize/consent", form), 403);
	CHECK_HAS("at last it is forgotten", kit_body(&kit), "open for too long");
	kit_close(&kit);
}

/* Signing in twice where nothing is asked. */
static void test_login(void)
{
	char form[256], location[512];
	struct kit kit;

	open_question(&kit);
	kit.redirect = WEB;
	kit_register(&kit, "{\"redirect_uris\":[\"" WEB "\"],\"token_endpoint_auth_method\":\"none\"}");
	kit_code(&kit, "alice", "mcp:read");
	kit.session[0] = '\0';
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=secret", kit_ticket(&kit));
	CHECK_EQ("remembered", kit_post(&kit, "/authorize/login", form), 303);
	snprintf(location, sizeof(location), "%s", kit_header(&kit, "Location"));
	CHECK_EQ("again", kit_post(&kit, "/authorize/login", form), 303);
	CHECK_STR("again", kit_header(&kit, "Location"), location);
	kit_close(&kit);
}

static void test_device(void)
{
	static const char *const decisions[] = { "allow", "deny" };

	for (size_t i = 0; i < COUNT(decisions); i++) {
		const char *form, *shown = i == 0 ? "You are signed in" : "Not allowed";
		char text[256];
		struct kit kit;

		kit_open(&kit, AS);
		kit_register(&kit, DEVICE_CLIENT);
		snprintf(text, sizeof(text), "client_id=%s&scope=mcp%%3Aread", kit.client_id);
		kit_post(&kit, "/device_authorization", text);
		snprintf(text, sizeof(text), "user_code=%s", kit_member(&kit, "user_code"));
		kit_post(&kit, "/device", text);
		kit_sign_in(&kit, "alice", "secret");
		form = form_of(&kit, decisions[i]);
		for (int click = 0; click < 2; click++) {
			CHECK_EQ(decisions[i], kit_post(&kit, "/authorize/consent", form), 200);
			CHECK_HAS(decisions[i], kit_body(&kit), shown);
		}
		kit_close(&kit);
	}
}

/* --- a link to a pushed request --- */
static const char *link_to(struct kit *kit)
{
	struct mp_buf query;
	const char *text;

	CHECK_EQ("pushed", kit_post(kit, "/par", kit_query(kit, "mcp:read", NULL)), 201);
	mp_buf_init(&query, 4000);
	mp_form_add(&query, "client_id", kit->client_id);
	mp_form_add(&query, "request_uri", kit_member(kit, "request_uri"));
	text = kit_text(mp_buf_text(&query), query.len);
	mp_buf_free(&query);
	return text;
}

static void test_reload(void)
{
	const char *link, *first, *second;
	struct kit kit;

	kit_open(&kit, AS);
	kit.site = "none";
	kit_register(&kit, PUBLIC_CLIENT);
	link = link_to(&kit);
	CHECK_EQ("opened", kit_get(&kit, "/authorize", link), 200);
	CHECK_EQ("reloaded", kit_get(&kit, "/authorize", link), 200);
	CHECK_HAS("reloaded", kit_body(&kit), "name=\"password\"");
	kit.now += MP_PUSHED_LIFETIME;
	CHECK_EQ("reloaded a minute later", kit_get(&kit, "/authorize", link), 200);
	kit_sign_in(&kit, "alice", "secret");
	first = form_of(&kit, "allow");
	CHECK_EQ("in a second tab", kit_get(&kit, "/authorize", link), 200);
	second = form_of(&kit, "allow");
	CHECK_EQ("allowed", kit_post(&kit, "/authorize/consent", first), 303);
	CHECK("allowed", kit_param(&kit, "code") != NULL);
	kit_post(&kit, "/authorize/consent", second);
	check_told(&kit, "allowed in the second tab, too", 403);
	kit_get(&kit, "/authorize", link);
	check_told(&kit, "reloaded after that", 400);
	CHECK_EQ("one code", memstore_count(kit.memstore, "code"), 1);
	kit.now += MP_PENDING_LIFETIME;
	CHECK_EQ("much later", kit_get(&kit, "/authorize", link), 400);
	CHECK_HAS("much later", kit_body(&kit), "too old");
	link = link_to(&kit);
	CHECK_EQ("opened", kit_get(&kit, "/authorize", link), 200);
	first = form_of(&kit, "deny");
	CHECK_EQ("denied", kit_post(&kit, "/authorize/consent", first), 303);
	kit_get(&kit, "/authorize", link);
	check_told(&kit, "reloaded after a no", 400);
	kit_close(&kit);
}

/* The link is for the browser that opened it first. */
static void test_link_elsewhere(void)
{
	const char *link;
	char browser[128];
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	link = link_to(&kit);
	kit_get(&kit, "/authorize", link);
	snprintf(browser, sizeof(browser), "%s", kit.browser);
	CHECK("bound to a cookie", browser[0] != '\0');
	kit.browser[0] = '\0';
	CHECK_EQ("another browser", kit_get(&kit, "/authorize", link), 400);
	CHECK_STR("another browser", kit_ticket(&kit), "");
	snprintf(kit.browser, sizeof(kit.browser), "%s", browser);
	CHECK_EQ("the first one", kit_get(&kit, "/authorize", link), 200);
	kit.now += MP_PENDING_LIFETIME;
	CHECK_EQ("too late", kit_get(&kit, "/authorize", link), 400);
	kit_close(&kit);
}

/* Answered without a page: the code is given once. */
static void test_silent_link(void)
{
	const char *link;
	struct kit kit;

	kit_open(&kit, AS);
	kit.site = "none";
	kit.redirect = WEB;
	kit_register(&kit, "{\"redirect_uris\":[\"" WEB "\"],\"token_endpoint_auth_method\":\"none\"}");
	kit_code(&kit, "alice", "mcp:read");
	link = link_to(&kit);
	CHECK_EQ("allowed before", kit_get(&kit, "/authorize", link), 303);
	CHECK("allowed before", kit_param(&kit, "code") != NULL);
	kit_get(&kit, "/authorize", link);
	check_told(&kit, "reloaded", 400);
	CHECK_EQ("two codes in all", memstore_count(kit.memstore, "code"), 2);
	kit_close(&kit);
}

/* Each step once per failing allocation. */
enum step { LINK, SECOND_CLICK, CODE_USED, STEPS };

static void run(enum step step)
{
	static const int wanted[] = { 200, 303, 403 };
	const char *body = NULL, *query = NULL;
	struct kit kit;

	open_question(&kit);
	if (step == LINK)
		query = link_to(&kit);
	else
		body = form_of(&kit, "allow");
	if (step != LINK)
		kit_post(&kit, "/authorize/consent", body);
	if (step == CODE_USED)
		kit_exchange(&kit, kit_param(&kit, "code"), "");
	mp_http_response_free(&kit.answer);
	oom_from_here();
	kit_ask(&kit, &(struct ask){ .method = step == LINK ? "GET" : "POST", .path = step == LINK
	    ? "/authorize" : "/authorize/consent", .query = query, .type = FORM, .body = body });
	CHECK_OOM("out of memory", kit.rc, MCPASS_OK);
	CHECK_EQ("out of memory", kit.answer.status, kit.rc ? 0 : wanted[step]);
	kit_close(&kit);
}

static void test_memory(void)
{
	for (enum step step = LINK; step < STEPS; step++)
		OOM_EACH_LATER
			run(step);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	before = mp_test_live_blocks();
	test_clicks();
	test_limits();
	test_login();
	test_device();
	test_reload();
	test_link_elsewhere();
	test_silent_link();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
