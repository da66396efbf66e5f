/* A refresh here asks at the identity provider, by the same rules as at the sign-in. */
#include "front_kit.h"

#define AGAIN (MP_UPSTREAM_RECHECK + 1)

/* Signs in; the refresh token of ours, in out. */
static void begin(struct front *front, const char *scope, char out[256])
{
	const char *token;

	kit_exchange(&front->kit, front_code(front, scope), "");
	token = kit_member(&front->kit, "refresh_token");
	snprintf(out, 256, "%s", token != NULL ? token : "");
	CHECK("a refresh token", out[0] != '\0');
	front->sent = front->waited = 0;
}

static void next(struct front *front, char token[256])
{
	const char *given = kit_member(&front->kit, "refresh_token");

	snprintf(token, 256, "%s", given != NULL ? given : "");
}

/* What the provider answers when it is asked again, and what comes of it here. */
static const struct {
	const char *label;
	int status;                     /* of its token endpoint */
	const char *answer, *claims, *refresh_token;
	const char *userinfo;           /* with which there is no id token */
	int want;
	const char *error, *scope;
	bool ends;                      /* the sign-in is over */
} rows[] = {
	{ "as before", 200, NULL, "{\"groups\":[\"a\",\"b\"]}", "upstream-refresh-2", NULL, 200, NULL,
	    "mcp:read mcp:tools", false },
	{ "no new refresh token", 200, NULL, "{\"groups\":[\"a\",\"b\"]}", NULL, NULL, 200, NULL,
	    "mcp:read mcp:tools", false },
	{ "a group less", 200, NULL, "{\"groups\":[\"a\"]}", NULL, NULL, 200, NULL, "mcp:read", false },
	{ "no group", 200, NULL, "{\"groups\":[]}", NULL, NULL, 400, "invalid_grant", NULL, false },
	{ "another person", 200, NULL, "{\"sub\":\"bob\",\"groups\":[\"a\"]}", NULL, NULL, 400,
	    "invalid_grant", NULL, true },
	{ "groups are elsewhere", 200, NULL, "{\"_claim_names\":{\"groups\":\"x\"}}", NULL, NULL, 400,
	    "invalid_grant", NULL, true },
	{ "an id token for another client", 200, NULL, "{\"aud\":\"other\"}", NULL, NULL, 503,
	    "temporarily_unavailable", NULL, false },
	{ "userinfo in place of an id token", 200, NULL, NULL, NULL,
	    "{\"sub\":\"ann\",\"groups\":[\"a\"]}", 200, NULL, "mcp:read", false },
	{ "userinfo about another", 200, NULL, NULL, NULL, "{\"sub\":\"bob\",\"groups\":[\"a\"]}", 400,
	    "invalid_grant", NULL, true },
	{ "a list in place of userinfo", 200, NULL, NULL, NULL, "[\"SECRET\"]", 503,
	    "temporarily_unavailable", NULL, false },
	{ "a name with a line end", 200, NULL, "{\"name\":\"Ann\\n\",\"groups\":[\"a\"]}", NULL, NULL, 200,
	    NULL, "mcp:read", false },
	{ "invalid_grant", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"SECRET\"}", NULL, NULL,
	    NULL, 400, "invalid_grant", NULL, true },
	{ "GitHub's word for it, with 200", 200, "{\"error\":\"bad_refresh_token\"}", NULL, NULL, NULL, 400,
	    "invalid_grant", NULL, true },
	{ "Dex's words for it", 400, "{\"error\":\"invalid_request\",\"error_description\":\"Refresh token is"
	    " invalid or has already been claimed by another client.\"}", NULL, NULL, NULL, 400,
	    "invalid_grant", NULL, true },
	{ "another invalid request", 400, "{\"error\":\"invalid_request\",\"error_description\":\"No refresh"
	    " token is found in request.\"}", NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
	{ "Dex cannot say", 500, "{\"error\":\"invalid_request\",\"error_description\":\"Refresh token"
	    " \"}", NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
	{ "our secret is wrong", 401, "{\"error\":\"invalid_client\"}", NULL, NULL, NULL, 503,
	    "temporarily_unavailable", NULL, false },
	{ "busy", 503, "SECRET", NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
	{ "too often", 429, "", NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
	{ "a page", 200, "<html>SECRET", NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
	{ "no answer", 0, NULL, NULL, NULL, NULL, 503, "temporarily_unavailable", NULL, false },
};

#define RULES ",\"rules\":[{\"claim\":\"groups\",\"value\":\"a\",\"scopes\":[\"mcp:read\"]}," \
	"{\"claim\":\"groups\",\"value\":\"b\",\"scopes\":[\"mcp:tools\"]}]"

static void answer_as(struct front *front, size_t i)
{
	front->status = rows[i].status;
	front->answer = rows[i].answer;
	front->claims = rows[i].claims;
	front->refresh_token = rows[i].refresh_token;
	front->userinfo = rows[i].userinfo;
	front->no_id_token = rows[i].userinfo != NULL;
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct front front;
		char token[256];

		front_open(&front, RULES);
		front.claims = "{\"groups\":[\"a\",\"b\"]}";
		begin(&front, "mcp:read mcp:tools", token);
		CHECK_EQ("asked lately", front_refresh(&front, token), 200);
		CHECK_EQ("so not again", front.sent, 0);
		next(&front, token);
		front.kit.now += AGAIN;
		answer_as(&front, i);
		CHECK_EQ(rows[i].label, front_refresh(&front, token), rows[i].want);
		CHECK_STR(rows[i].label, kit_member(&front.kit, "error"), rows[i].error);
		CHECK_STR(rows[i].label, kit_member(&front.kit, "scope"), rows[i].scope);
		CHECK(rows[i].label, strstr(kit_body(&front.kit), "SECRET") == NULL);
		if (rows[i].want == 503)
			CHECK(rows[i].label, kit_header(&front.kit, "Retry-After") != NULL);
		if (rows[i].want == 200)
			next(&front, token);
		/* Afterwards all is well there. */
		front.status = 200;
		front.answer = front.userinfo = NULL;
		front.no_id_token = false;
		front.claims = "{\"groups\":[\"a\",\"b\"]}";
		front.kit.now += AGAIN;
		front.sent = 0;
		CHECK_EQ("the next time", front_refresh(&front, token), rows[i].ends ? 400 : 200);
		CHECK_EQ("what is over is not asked about", front.sent > 0, !rows[i].ends);
		front_close(&front);
	}
}

/* Which of its refresh tokens is sent: the newest that it gave. */
static void test_rotation(void)
{
	struct front front;
	char token[256];

	front_open(&front, "");
	begin(&front, "mcp:read", token);
	front.refresh_token = "upstream-refresh-2";
	front.kit.now += AGAIN;
	CHECK_EQ("renewed", front_refresh(&front, token), 200);
	CHECK_HAS("the first", front.body, "refresh_token=upstream-refresh-1");
	CHECK("no resource", strstr(front.body, "resource") == NULL);
	next(&front, token);
	front.refresh_token = NULL;
	front.kit.now += AGAIN;
	CHECK_EQ("renewed", front_refresh(&front, token), 200);
	CHECK_HAS("the one that came with it", front.body, "refresh_token=upstream-refresh-2");
	next(&front, token);
	front.kit.now += AGAIN;
	CHECK_EQ("renewed", front_refresh(&front, token), 200);
	CHECK_HAS("which stays when none comes", front.body, "refresh_token=upstream-refresh-2");
	front_close(&front);
}

/* The answer came, and userinfo did not: what the provider rotated is not lost. */
static void test_half_an_answer(void)
{
	struct front front;
	char token[256];

	front_open(&front, ",\"userinfo\":true");
	front.userinfo = "{\"sub\":\"ann\"}";
	begin(&front, "mcp:read", token);
	front.refresh_token = "upstream-refresh-2";
	front.userinfo = "<html>";
	front.kit.now += AGAIN;
	CHECK_EQ("not now", front_refresh(&front, token), 503);
	front.userinfo = "{\"sub\":\"ann\"}";
	front.refresh_token = NULL;
	CHECK_EQ("then", front_refresh(&front, token), 200);
	CHECK_HAS("with the new one", front.token_form, "refresh_token=upstream-refresh-2");
	front.kit.now += AGAIN;
	next(&front, token);
	front.sent = 0;
	CHECK_EQ("and again", front_refresh(&front, token), 200);
	front_close(&front);
}

/* The client hangs up while the provider is asked, and comes again: it was asked once. */
static void test_client_gone(void)
{
	struct front front;
	char token[256], form[512];

	front_open(&front, "");
	begin(&front, "mcp:read", token);
	front.kit.now += AGAIN;
	front.refresh_token = "upstream-refresh-2";
	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s",
	    front.kit.client_id, token);
	CHECK_EQ("it waits", kit_post(&front.kit, "/token", form), MP_HTTP_LATER);
	CHECK_EQ("asked", front.sent, 1);
	{
		char key[64];

		snprintf(key, sizeof(key), "%s", front.key);
		CHECK_EQ("another request", kit_post(&front.kit, "/token", form), MP_HTTP_LATER);
		CHECK_EQ("waits for the same answer", front.sent, 1);
		CHECK_EQ("which is said", front.waited, 1);
		snprintf(front.key, sizeof(front.key), "%s", key);
	}
	front_deliver(&front);
	front.kit.now += 60;
	CHECK_EQ("a minute later", front_refresh(&front, token), 200);
	CHECK_EQ("asked once", front.sent, 1);
	CHECK("the new one is kept", memstore_contains(front.kit.memstore, "upstream-refresh-2"));
	front_close(&front);
}

/* One that was sent by an instance that died is sent again. */
static void test_instance_gone(void)
{
	struct front front;
	char token[256], form[512];

	front_open(&front, "");
	begin(&front, "mcp:read", token);
	front.kit.now += AGAIN;
	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s",
	    front.kit.client_id, token);
	kit_post(&front.kit, "/token", form);
	front.kit.now += MP_UPSTREAM_FLIGHT + 1;
	CHECK_EQ("sent again", front_refresh(&front, token), 200);
	CHECK_EQ("twice", front.sent, 2);
	front_close(&front);
}

static void test_lifetimes(void)
{
	struct front front;
	char token[256];

	front_open(&front, "");
	front.refresh_token = NULL;
	begin(&front, "mcp:read", token);
	front.kit.now += MP_UPSTREAM_MAX_AGE - 10;
	CHECK_EQ("without a refresh token, for a while", front_refresh(&front, token), 200);
	CHECK_EQ("no one is asked", front.sent, 0);
	next(&front, token);
	front.kit.now += 20;
	CHECK_EQ("and no longer", front_refresh(&front, token), 400);
	front_close(&front);

	front_open(&front, "");
	begin(&front, "mcp:read", token);
	front.status = 503;
	front.answer = "";
	front.kit.now += MP_UPSTREAM_MAX_STALE - 10;
	CHECK_EQ("while it does not answer", front_refresh(&front, token), 503);
	front.kit.now += 20;
	CHECK_EQ("for a day", front_refresh(&front, token), 400);
	front.status = 200;
	front.answer = NULL;
	CHECK_EQ("then it is over", front_refresh(&front, token), 400);
	front_close(&front);
}

/* A refresh token of another client of ours there is not sent by this one. */
static void test_other_client(void)
{
	struct front front;
	char token[256];

	front_open(&front, "");
	begin(&front, "mcp:read", token);
	mp_set(&front.upstreams[0].client.client_id, "another", NULL);
	CHECK_EQ("sign in again", front_refresh(&front, token), 400);
	CHECK_EQ("nothing was sent", front.sent, 0);
	front_close(&front);
}

/* What came of one sign-in ends with it, and nothing else does. */
static void test_families(void)
{
	struct front front;
	char one[256], two[256];

	front_open(&front, "");
	begin(&front, "mcp:read", one);
	front.kit.session[0] = '\0';
	front.refresh_token = "upstream-refresh-other";
	begin(&front, "mcp:read", two);
	front.kit.now += AGAIN;
	front.status = 400;
	front.answer = "{\"error\":\"invalid_grant\"}";
	CHECK_EQ("put out there", front_refresh(&front, one), 400);
	front.status = 200;
	front.answer = NULL;
	CHECK_EQ("another sign-in lives", front_refresh(&front, two), 200);
	front_close(&front);
}

/* A sign-in that brings no refresh token takes none from an earlier one. */
static void test_one_without(void)
{
	struct front front;
	char one[256], two[256];

	front_open(&front, "");
	begin(&front, "mcp:read", one);
	front.kit.session[0] = '\0';
	front.refresh_token = NULL;
	begin(&front, "mcp:read", two);
	front.kit.now += AGAIN;
	front.sent = 0;
	CHECK_EQ("the first is renewed", front_refresh(&front, one), 200);
	CHECK_EQ("there", front.sent, 1);
	CHECK_HAS("with its own", front.token_form, "refresh_token=upstream-refresh-1");
	CHECK_EQ("the other lives", front_refresh(&front, two), 200);
	CHECK_EQ("for as long as it may without", front.sent, 1);
	front_close(&front);
}

/* Entra wants the scope in each request, or gives a token for another resource; elsewhere a person may
 * have given fewer, and to ask for all would be refused. */
static void test_scope_each_time(void)
{
	static const struct { const char *more, *claims, *scope; } known[] = {
		{ ",\"provider\":\"entra\",\"scope\":\"openid api\"", "{\"tid\":\"t\",\"oid\":\"o\"}",
		    "scope=openid+api" },
		{ ",\"provider\":\"keycloak\",\"scope\":\"openid api\"", "{}", NULL },
		{ ",\"scope\":\"openid api\"", "{}", NULL },
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		struct front front;
		char token[256];

		front_open(&front, known[i].more);
		front.claims = known[i].claims;
		begin(&front, "mcp:read", token);
		for (int turn = 0; turn < 2; turn++) {
			if (known[i].scope != NULL)
				CHECK_HAS(known[i].more, front.token_form, known[i].scope);
			else
				CHECK(known[i].more, strstr(front.token_form, "scope=") == NULL);
			CHECK("no resource", strstr(front.token_form, "resource=") == NULL);
			front.kit.now += AGAIN;
			CHECK_EQ("renewed", front_refresh(&front, token), 200);
			CHECK_HAS("there", front.token_form, "grant_type=refresh_token");
			next(&front, token);
		}
		front_close(&front);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	test_rows();
	test_rotation();
	test_half_an_answer();
	test_client_gone();
	test_instance_gone();
	test_lifetimes();
	test_other_client();
	test_families();
	test_one_without();
	test_scope_each_time();
	mp_key_free(upstream_key());
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
