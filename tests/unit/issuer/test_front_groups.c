/* Groups that are too many for a token, asked for as Microsoft Graph tells them. */
#include "front_kit.h"

#define AGAIN (MP_UPSTREAM_RECHECK + 1)
#define GRAPH "https://graph.example/v1.0/me/getMemberObjects"
#define RULES ",\"rules\":[{\"claim\":\"groups\",\"value\":\"g-1\",\"scopes\":[\"mcp:read\"]}]"
#define ASKS ",\"groups_by_api\":true,\"groups_endpoint\":\"" GRAPH "\""
#define NAMES "{\"_claim_names\":{\"groups\":\"src1\"},\"_claim_sources\":{\"src1\":{\"endpoint\":" \
	"\"https://169.254.169.254/users/ann/getMemberObjects\"}}}"

static void open_front(struct front *front, const char *more)
{
	front_open(front, more);
	front->claims = NAMES;
	front->groups_status = 200;
	front->groups = "{\"@odata.context\":\"x\",\"value\":[\"g-0\",\"g-1\"]}";
}

static const struct {
	const char *label, *claims;
	int status;
	const char *groups, *error;     /* of the sign-in; NULL: it goes well */
} rows[] = {
	{ "among them", NAMES, 200, "{\"value\":[\"g-0\",\"g-1\"]}", NULL },
	{ "in Entra's other way to say it", "{\"hasgroups\":true}", 200, "{\"value\":[\"g-1\"]}", NULL },
	{ "a proxy rewrote it", NAMES, 203, "{\"value\":[\"g-1\"]}", NULL },
	{ "not among them", NAMES, 200, "{\"value\":[\"g-0\"]}", "access_denied" },
	{ "in none", NAMES, 200, "{\"value\":[]}", "access_denied" },
	{ "no list", NAMES, 200, "{\"error\":\"g-1\"}", "server_error" },
	{ "a list that is none", NAMES, 200, "{\"value\":\"g-1\"}", "server_error" },
	{ "a list at once", NAMES, 200, "[\"g-1\"]", "server_error" },
	{ "a group that is no text", NAMES, 200, "{\"value\":[\"g-1\",{\"id\":\"g-1\"}]}", "server_error" },
	{ "there are more", NAMES, 200, "{\"value\":[\"g-1\"],\"@odata.nextLink\":\"https://evil.example/\"}",
	    "server_error" },
	{ "it may not be asked", NAMES, 403, "{\"value\":[\"g-1\"]}", "server_error" },
	{ "a redirect", NAMES, 302, "{\"value\":[\"g-1\"]}", "server_error" },
	{ "a page", NAMES, 200, "<html>", "server_error" },
	{ "busy", NAMES, 503, "{\"value\":[\"g-1\"]}", "temporarily_unavailable" },
	{ "too often", NAMES, 429, "", "temporarily_unavailable" },
	{ "no answer", NAMES, 0, "it is not there", "temporarily_unavailable" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct front front;

		open_front(&front, RULES ASKS);
		front.claims = rows[i].claims;
		front.groups_status = rows[i].status;
		front.groups = rows[i].groups;
		front_allow(&front, "mcp:read");
		CHECK_EQ(rows[i].label, front_return(&front, ""), 303);
		CHECK_STR(rows[i].label, kit_param(&front.kit, "error"), rows[i].error);
		CHECK_EQ(rows[i].label, kit_param(&front.kit, "code") != NULL, rows[i].error == NULL);
		CHECK_STR("the configured place, and no other", front.url, GRAPH);
		CHECK_STR("with the person's own token", front.authorization, "Bearer upstream-access");
		CHECK_STR("for groups that are for security", front.body, "{\"securityEnabledOnly\":true}");
		CHECK_EQ("once", front.sent, 2);
		front_close(&front);
	}
}

/* Only where they are needed, and where that is said. */
static const struct { const char *label, *more, *claims; int sent; const char *error; } when[] = {
	{ "the token has them", RULES ASKS, "{\"groups\":[\"g-1\"]}", 1, NULL },
	{ "no rule looks at them", ASKS, NAMES, 1, NULL },
	{ "allow does", ",\"allow\":{\"groups\":[\"g-1\"]}" ASKS, NAMES, 2, NULL },
	{ "it is not said", RULES, NAMES, 1, "access_denied" },
	{ "other claims are elsewhere", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"r\",\"scopes\":"
	    "[\"mcp:read\"]}]" ASKS, "{\"_claim_names\":{\"roles\":\"src1\"}}", 1, "access_denied" },
};

static void test_when(void)
{
	for (size_t i = 0; i < COUNT(when); i++) {
		struct front front;

		open_front(&front, when[i].more);
		front.claims = when[i].claims;
		front_allow(&front, "mcp:read");
		front_return(&front, "");
		CHECK_STR(when[i].label, kit_param(&front.kit, "error"), when[i].error);
		CHECK_EQ(when[i].label, front.sent, when[i].sent);
		front_close(&front);
	}
}

/* At a renewal: what cannot be known keeps the sign-in, and gives nothing. */
static const struct {
	const char *label;
	int status;
	const char *groups;
	int want;
	bool ends;
} renewals[] = {
	{ "still among them", 200, "{\"value\":[\"g-1\"]}", 200, false },
	{ "not any more", 200, "{\"value\":[]}", 400, true },
	{ "it may not be asked", 403, "{}", 503, false },
	{ "busy", 503, "{}", 503, false },
	{ "there are more", 200, "{\"value\":[\"g-1\"],\"@odata.nextLink\":\"" GRAPH "?x\"}", 503, false },
};

static void test_renewals(void)
{
	for (size_t i = 0; i < COUNT(renewals); i++) {
		char token[256];
		struct front front;

		open_front(&front, ",\"allow\":{\"groups\":[\"g-1\"]}" RULES ASKS);
		kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
		snprintf(token, sizeof(token), "%s", kit_member(&front.kit, "refresh_token"));
		front.groups_status = renewals[i].status;
		front.groups = renewals[i].groups;
		front.refresh_token = "upstream-refresh-2";
		front.kit.now += AGAIN;
		CHECK_EQ(renewals[i].label, front_refresh(&front, token), renewals[i].want);
		if (renewals[i].want == 200)
			snprintf(token, sizeof(token), "%s", kit_member(&front.kit, "refresh_token"));
		front.groups_status = 200;
		front.groups = "{\"value\":[\"g-1\"]}";
		front.kit.now += AGAIN;
		CHECK_EQ(renewals[i].label, front_refresh(&front, token), renewals[i].ends ? 400 : 200);
		if (!renewals[i].ends)
			CHECK_HAS("what was rotated is kept", front.token_form, "refresh_token=upstream-refresh-2");
		front_close(&front);
	}
}

/* Once per allocation, failing the nth: when they are asked for, and when they come. */
static void test_no_memory(int step)
{
	long before = mp_test_live_blocks();

	for (size_t n = 0;; n++) {
		char query[256];
		struct front front;
		bool failed;
		int status;

		open_front(&front, RULES ASKS);
		front_allow(&front, "mcp:read");
		snprintf(query, sizeof(query), "state=%s&code=upstream-code", front.state);
		for (int i = 0; i < step; i++) {
			kit_get(&front.kit, "/authorize/callback/corp", query);
			front_deliver(&front);
		}
		mp_test_fail_alloc(n);
		status = kit_get(&front.kit, "/authorize/callback/corp", query);
		failed = mp_test_alloc_failed();
		mp_test_no_fail();
		CHECK("an answer, or none", failed ? front.kit.rc == MCPASS_E_NOMEM
		    : status == (step == 2 ? 303 : MP_HTTP_LATER));
		if (!failed && step == 2)
			CHECK("a code", kit_param(&front.kit, "code") != NULL);
		front_close(&front);
		CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
		if (!failed)
			break;
	}
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	test_rows();
	test_when();
	test_renewals();
	test_no_memory(1);
	test_no_memory(2);
	mp_key_free(upstream_key());
	return check_done();
}
