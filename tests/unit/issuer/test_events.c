/* What an audit log is told: what happened, once, when it is kept; never a secret. */
#include "issuer/core.h"
#include "issuer/events.h"
#include "kit.h"

static char told[16384];        /* "event:client:user:what:outcome;" each */
static char whole[65536];

static const char *member(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, name));

	return text != NULL ? text : "";
}

static void note(void *ctx, const json_t *event)
{
	const struct kit *kit = ctx;
	size_t len = strlen(told), all = strlen(whole);
	char *dump = json_dumps(event, 0);
	bool own = kit->client_id[0] != '\0' && strcmp(member(event, "client"), kit->client_id) == 0;

	snprintf(told + len, sizeof(told) - len, "%s:%s:%s:%s:%s;", member(event, "event"),
	    own ? "own" : member(event, "client")[0] != '\0' ? "new" : "", member(event, "user"),
	    member(event, "what"), member(event, "outcome"));
	snprintf(whole + all, sizeof(whole) - all, "%s", dump);
	free(dump);
}

static void open_kit(struct kit *kit)
{
	struct mp_issuer_config config = kit_config(AS);

	*kit = (struct kit){ .now = START, .peer = "192.0.2.7" };
	config.event = note;
	config.event_ctx = kit;
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
	told[0] = whole[0] = '\0';
}

static void expect_told(const char *label, const char *want)
{
	CHECK_STR(label, told, want);
	told[0] = '\0';
}

static void test_a_life(void)
{
	const char *code, *token, *next;
	struct kit kit;

	open_kit(&kit);
	kit_register(&kit, PUBLIC_CLIENT);
	expect_told("registered", "registered:new::Test client:;");
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	expect_told("asked", "asked:own::mcp:read:;");
	kit_sign_in(&kit, "alice", "wrong");
	expect_told("a wrong password names no user", "password:own:::wrong;");
	kit_sign_in(&kit, "alice", "secret");
	expect_told("signed in", "signed_in:own:alice::;");
	kit_decide(&kit, "allow");
	expect_told("allowed", "allowed:own:alice:mcp:read:;");
	code = kit_text(kit_param(&kit, "code"), strlen(kit_param(&kit, "code")));
	kit_exchange(&kit, code, "");
	expect_told("issued", "issued:own:alice:authorization_code:;");
	token = kit_member(&kit, "refresh_token");
	token = kit_text(token, strlen(token));
	kit_refresh(&kit, token, "");
	expect_told("renewed", "renewed:own:alice:refresh_token:;");
	next = kit_member(&kit, "refresh_token");
	next = kit_text(next, strlen(next));
	kit_exchange(&kit, code, "");
	expect_told("a code twice", "reused:::code:;refused:::/token:invalid_grant;");
	kit_refresh(&kit, next, "");
	expect_told("its family is gone", "reused:::refresh token:;refused:::/token:invalid_grant;");
	CHECK_HAS("since when", whole, "\"time\": \"2023-11-14T22:13:20Z\"");
	CHECK_HAS("from where", whole, "\"address\": \"192.0.2.7\"");
	CHECK_HAS("by which clause", whole, "\"rule\": \"RFC 6749 5.2\"");
	CHECK("no code", strstr(whole, code) == NULL);
	CHECK("no token", strstr(whole, token) == NULL && strstr(whole, next) == NULL);
	CHECK("no password", strstr(whole, "secret") == NULL);
	kit_close(&kit);
}

static void test_denied(void)
{
	struct kit kit;

	open_kit(&kit);
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	kit_sign_in(&kit, "alice", "secret");
	told[0] = '\0';
	kit_decide(&kit, "deny");
	expect_told("denied", "denied:own:alice:mcp:read:;");
	kit_get(&kit, "/authorize", "client_id=unknown");
	expect_told("refused", "refused:::/authorize:invalid_client;");
	kit_close(&kit);
}

/* Tokens that were made and are not given: the refresh token was used up meanwhile. */
static void test_refused_after_all(void)
{
	const struct mcpass_error why = { .oauth = "invalid_grant" };
	const struct mp_http_request request = { .path = "/token" };
	struct mp_events events = { 0 };
	struct kit kit;

	open_kit(&kit);
	{
		const struct mp_turn turn = { .issuer = kit.issuer, .request = &request, .events = &events };

		mp_event_add(&turn, &(struct mp_event){ .event = "renewed" });
		mp_event_add(&turn, &(struct mp_event){ .event = "reused" });
		mp_event_add(&turn, &(struct mp_event){ .event = "issued" });
		mp_response_note(&turn, &why);
	}
	mp_events_tell(kit.issuer, &events);
	expect_told("what is left", "reused::::;refused:::/token:invalid_grant;");
	mp_events_free(&events);
	kit_close(&kit);
}

/* What is undone was not. */
static void test_undone(void)
{
	struct kit kit;

	open_kit(&kit);
	memstore_break(kit.memstore, true);
	kit_ask(&kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
	    .body = PUBLIC_CLIENT });
	CHECK_EQ("a failure", kit.rc, MCPASS_E_STORE);
	expect_told("nothing is told", "");
	memstore_break(kit.memstore, false);
	kit_close(&kit);
}

/* What cannot be told is not done. */
static void test_no_memory(void)
{
	OOM_EACH_LATER {
		struct kit kit;

		open_kit(&kit);
		oom_from_here();
		kit_ask(&kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
		    .body = PUBLIC_CLIENT });
		CHECK_EQ("told or failed", told[0] == '\0', kit.rc != MCPASS_OK || kit.answer.status != 201);
		CHECK("told in the end", oom_over() || told[0] != '\0');
		kit_close(&kit);
	}
}

/* Days around the ends of months and leap years. */
static const struct { int64_t now; const char *want; } time_rows[] = {
	{ 0, "1970-01-01T00:00:00Z" }, { 951782399, "2000-02-28T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" }, { 951868800, "2000-03-01T00:00:00Z" },
	{ 1704067199, "2023-12-31T23:59:59Z" }, { 1709164800, "2024-02-29T00:00:00Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
};

static void test_times(void)
{
	struct kit kit;

	open_kit(&kit);
	for (size_t i = 0; i < COUNT(time_rows); i++) {
		char want[64];

		snprintf(want, sizeof(want), "\"time\": \"%s\"", time_rows[i].want);
		whole[0] = '\0';
		kit.now = time_rows[i].now;
		kit_get(&kit, "/authorize", "client_id=x");
		CHECK_HAS("the time", whole, want);
	}
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_a_life();
	test_denied();
	test_undone();
	test_refused_after_all();
	test_times();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
