/* Groups that are too many for a token, asked for as Microsoft Graph tells them. */
#include "front_kit.h"

#define AGAIN (MP_UPSTREAM_RECHECK + 1)
#define GRAPH "https://graph.example/v1.0/me/getMemberObjects"
#define RULES ",\"rules\":[{\"claim\":\"groups\",\"value\":\"g-1\",\"scopes\":[\"mcp:read\"]}]"
#define ASKS ",\"groups_by_api\":true,\"groups_endpoint\":\"" GRAPH "\""
#define NAMES "{\"_claim_names\":{\"groups\":\"src1\"},\"_claim_sources\":{\"src1\":{\"endpoint\":" \
	"\"https://169.254.169.254/users/ann/getMemberObjects\"}}}"

#define MORE(url) "{\"value\":[\"g-1\"],\"@odata.nextLink\":\"" url "\"}"
#define PAGE(n, group) "{\"value\":[\"" group "\"],\"@odata.nextLink\":\"" GRAPH "?page=" #n "\"}"
#define LAST(group) "{\"value\":[\"" group "\"]}"

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
	{ "the others are elsewhere", NAMES, 200, MORE("https://evil.example/"), "server_error" },
	{ "at another port", NAMES, 200, MORE("https://graph.example:444/v1.0/me"), "server_error" },
	{ "in the clear", NAMES, 200, MORE("http://graph.example/v1.0/me"), "server_error" },
	{ "at a host that only begins so", NAMES, 200, MORE("https://graph.example.evil.example/"),
	    "server_error" },
	{ "with a user before the host", NAMES, 200, MORE("https://graph.example@evil.example/"),
	    "server_error" },
	{ "no whole URL", NAMES, 200, MORE("/v1.0/me/getMemberObjects?page=1"), "server_error" },
	{ "no URL", NAMES, 200, "{\"value\":[\"g-1\"],\"@odata.nextLink\":7}", "server_error" },
	{ "the same page", NAMES, 200, MORE(GRAPH), "server_error" },
	{ "no more, said by null", NAMES, 200, "{\"value\":[\"g-1\"],\"@odata.nextLink\":null}", NULL },
	{ "no more, said by an empty text", NAMES, 200, MORE(""), NULL },
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

/* Page after page: all of them, or none. */
static const struct {
	const char *label;
	const char *pages[10];          /* the first is that of the question */
	int status;                     /* of the others */
	int sent;
	const char *error;
} paged[] = {
	{ "on the second", { PAGE(1, "g-0"), LAST("g-1") }, 200, 3, NULL },
	{ "on the first of two", { PAGE(1, "g-1"), LAST("g-0") }, 200, 3, NULL },
	{ "on the third, the second is empty", { PAGE(1, "g-0"), "{\"value\":[],\"@odata.nextLink\":\""
	    GRAPH "?page=2\"}", LAST("g-1") }, 200, 4, NULL },
	{ "on none", { PAGE(1, "g-0"), LAST("g-2") }, 200, 3, "access_denied" },
	{ "the second is elsewhere", { PAGE(1, "g-1"), MORE("https://evil.example/") }, 200, 3,
	    "server_error" },
	{ "the second is no list", { PAGE(1, "g-1"), "{\"value\":\"g-1\"}" }, 200, 3, "server_error" },
	{ "the second may not be asked", { PAGE(1, "g-1"), LAST("g-1") }, 403, 3, "server_error" },
	{ "the second is busy", { PAGE(1, "g-1"), LAST("g-1") }, 503, 3, "temporarily_unavailable" },
	{ "round and round", { PAGE(1, "g-1"), PAGE(2, "g-0"), PAGE(1, "g-0") }, 200, 4, "server_error" },
	{ "back to the question", { PAGE(1, "g-1"), MORE(GRAPH) }, 200, 3, "server_error" },
	{ "as many as there may be", { PAGE(1, "g-0"), PAGE(2, "g-0"), PAGE(3, "g-0"), PAGE(4, "g-0"),
	    PAGE(5, "g-0"), PAGE(6, "g-0"), PAGE(7, "g-0"), LAST("g-1") }, 200, 9, NULL },
	{ "one more", { PAGE(1, "g-1"), PAGE(2, "g-0"), PAGE(3, "g-0"), PAGE(4, "g-0"), PAGE(5, "g-0"),
	    PAGE(6, "g-0"), PAGE(7, "g-0"), PAGE(8, "g-0"), LAST("g-1") }, 200, 9, "server_error" },
};

static void test_pages(void)
{
	for (size_t i = 0; i < COUNT(paged); i++) {
		struct front front;

		open_front(&front, RULES ASKS);
		front.groups = paged[i].pages[0];
		memcpy(front.pages, paged[i].pages, sizeof(front.pages));
		front.page_status = paged[i].status;
		front_allow(&front, "mcp:read");
		CHECK_EQ(paged[i].label, front_return(&front, ""), 303);
		CHECK_STR(paged[i].label, kit_param(&front.kit, "error"), paged[i].error);
		CHECK_EQ(paged[i].label, kit_param(&front.kit, "code") != NULL, paged[i].error == NULL);
		CHECK_EQ(paged[i].label, front.sent, paged[i].sent);
		CHECK_STR("a page is fetched", front.body, "");
		CHECK_STR("with the person's own token", front.authorization, "Bearer upstream-access");
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
	{ "there are more, elsewhere", 200, MORE("https://evil.example/"), 503, false },
	{ "there are more, and no answer", 200, PAGE(1, "g-1"), 503, false },
	{ "more, to the end", 200, PAGE(2, "g-0"), 200, false },
	{ "more, and not among them", 200, PAGE(3, "g-0"), 400, true },
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
		front.page_status = strstr(renewals[i].groups, "?page=1") != NULL ? 503 : 200;
		front.pages[1] = front.pages[2] = LAST("g-1");
		front.pages[3] = LAST("g-9");
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
		front.groups = PAGE(1, "g-0");
		front.pages[1] = LAST("g-1");
		front.page_status = 200;
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
		    : status == (step == 3 ? 303 : MP_HTTP_LATER));
		if (!failed && step == 3)
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
	test_pages();
	test_when();
	test_renewals();
	test_no_memory(1);
	test_no_memory(2);
	test_no_memory(3);
	mp_key_free(upstream_key());
	return check_done();
}
