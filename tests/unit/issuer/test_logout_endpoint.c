/* An identity provider ends what a person began with it. */
#include "front_kit.h"
#include "issuer/core.h"

#define EVENT "\"http://schemas.openid.net/event/backchannel-logout\""

/* A refresh token, after a sign-in there. */
static const char *sign_in(struct front *front)
{
	const char *token;

	kit_exchange(&front->kit, front_code(front, "mcp:read"), "");
	token = kit_member(&front->kit, "refresh_token");
	CHECK("signed in", token != NULL);
	return kit_text(token != NULL ? token : "", token != NULL ? strlen(token) : 0);
}

static const char *logout_form(const struct front *front, const char *jti, const char *more)
{
	char claims[512], form[8192];

	snprintf(claims, sizeof(claims), "{\"nonce\":null,\"jti\":\"%s\",\"events\":{" EVENT ":{}}%s}", jti,
	    more);
	snprintf(form, sizeof(form), "logout_token=%s", upstream_token(upstream_key(), "{}",
	    front->kit.now, "n", claims));
	return kit_text(form, strlen(form));
}

static int log_out(struct front *front, const char *name, const char *jti, const char *more)
{
	char path[100];

	snprintf(path, sizeof(path), "/backchannel_logout/%s", name);
	return front_post(front, path, logout_form(front, jti, more));
}

static char told[4096];

static void note(void *ctx, const json_t *event)
{
	size_t len = strlen(told);
	const char *what = json_string_value(json_object_get(event, "what"));

	(void)ctx;
	snprintf(told + len, sizeof(told) - len, "%s:%s:%d;", json_string_value(json_object_get(event,
	    "event")), what != NULL ? what : "", json_object_get(event, "user") != NULL);
}

/* What the audit log is told of a sign-in elsewhere, from its beginning to its end. */
static void test_told(void)
{
	const char *token;
	struct front front;

	front_open(&front, "");
	front.kit.issuer->event = note;
	token = sign_in(&front);
	front.kit.now += 3600;
	CHECK_EQ("renewed", front_refresh(&front, token), 200);
	CHECK_EQ("one who never was here", log_out(&front, "corp", "k", ",\"sub\":\"eve\""), 200);
	CHECK_EQ("logged out", log_out(&front, "corp", "j", ""), 200);
	CHECK_STR("told", told, "asked:mcp:read:0;sent:corp:0;returned:corp:1;allowed:mcp:read:1;"
	    "issued:authorization_code:1;rechecked:corp:1;renewed:refresh_token:1;ended:corp:1;");
	front_close(&front);
}

/* Whether the session lives on. */
static const struct {
	const char *label, *name, *more;
	int status;
	bool lives;
} rows[] = {
	{ "good", "corp", "", 200, false },
	{ "with a session, too", "corp", ",\"sid\":\"s\"", 200, false },
	{ "another user", "corp", ",\"sub\":\"eve\"", 200, true },
	{ "a session alone, which is not known", "corp", ",\"sub\":null,\"sid\":\"s\"", 200, true },
	{ "neither", "corp", ",\"sub\":null,\"sid\":\"\"", 400, true },
	{ "another client", "corp", ",\"aud\":\"other\"", 400, true },
	{ "an old one", "corp", ",\"iat\":1", 400, true },
	{ "another provider", "other", "", 400, true },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *token;
		struct front front;

		front_open(&front, "");
		token = sign_in(&front);
		CHECK_EQ(rows[i].label, log_out(&front, rows[i].name, "j", rows[i].more), rows[i].status);
		if (rows[i].status == 200)
			CHECK_STR("not kept by caches", kit_header(&front.kit, "Cache-Control"), "no-store");
		CHECK_EQ(rows[i].label, front_refresh(&front, token) == 200, rows[i].lives);
		front_close(&front);
	}
}

#define SID(sid) "{\"sid\":\"" sid "\"}"
#define ALONE(sid) ",\"sub\":null,\"sid\":\"" sid "\""
#define BOTH(sid) ",\"sid\":\"" sid "\""

/* Two sign-ins, with what the id token of each says, and whether each lives on. */
static const struct {
	const char *label, *first, *second, *name, *more;
	bool lives[2];
} sids[] = {
	{ "a session alone", SID("a"), SID("b"), "corp", ALONE("a"), { false, true } },
	{ "the other one", SID("a"), SID("b"), "corp", ALONE("b"), { true, false } },
	{ "a session of that user", SID("a"), SID("b"), "corp", BOTH("a"), { false, true } },
	{ "all of that user", SID("a"), SID("b"), "corp", "", { false, false } },
	{ "two sign-ins of one session", SID("a"), SID("a"), "corp", ALONE("a"), { false, false } },
	{ "none has it", SID("a"), SID("b"), "corp", ALONE("c"), { true, true } },
	{ "none of that user has it", SID("a"), SID("b"), "corp", BOTH("c"), { true, true } },
	{ "to the byte", SID("a"), SID("A"), "corp", ALONE("A"), { true, false } },
	{ "another user has it", SID("a"), SID("b"), "corp", BOTH("a") ",\"sub\":\"eve\"",
	    { true, true } },
	{ "two users have it", SID("a"), "{\"sid\":\"a\",\"sub\":\"eve\"}", "corp", BOTH("a"),
	    { false, true } },
	{ "it is of another provider", SID("a"), SID("b"), "second", ALONE("a"), { true, true } },
	{ "a sign-in without one, of that user", "{}", SID("b"), "corp", BOTH("a"), { false, true } },
	{ "a sign-in with one that cannot be kept", SID(""), SID("\\u0007"), "corp", BOTH("a"),
	    { false, false } },
	{ "a sign-in without one", "{}", "{\"sid\":7}", "corp", ALONE("a"), { true, true } },
};

static void test_sids(void)
{
	for (size_t i = 0; i < COUNT(sids); i++) {
		const char *tokens[2];
		struct front front;

		front_open(&front, "");
		front.claims = sids[i].first;
		tokens[0] = sign_in(&front);
		front.kit.session[0] = '\0';    /* in another browser */
		front.claims = sids[i].second;
		tokens[1] = sign_in(&front);
		CHECK_EQ(sids[i].label, log_out(&front, sids[i].name, "j", sids[i].more), 200);
		for (size_t j = 0; j < 2; j++)
			CHECK_EQ(sids[i].label, front_refresh(&front, tokens[j]) == 200, sids[i].lives[j]);
		front_close(&front);
	}
}

/* How the sign-ins are looked for. */
static enum mcpass_rc (*list_below)(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err);
static int whole_lists;

static enum mcpass_rc watch_list(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	whole_lists += group == NULL;
	return list_below(ctx, kind, group, now, row, row_ctx, err);
}

static void forget_noted(const struct front *front)
{
	const struct mp_issuer_store *store = &front->kit.issuer->store;
	char *text = NULL;

	store->drop_first(store->ctx, "upstream_sid", NULL, 10, NULL);
	store->take(store->ctx, MP_KIND_SERVER, "upstream_sid_all_known", front->kit.now, &text, NULL);
	free(text);
}

/* Not by looking at each; those of an older server's, which did not note them, by looking at each
 * for as long as one of them may live. */
static void test_how(void)
{
	const char *old, *token;
	struct front front;

	front_open(&front, "");
	list_below = front.kit.issuer->store.list;
	front.kit.issuer->store.list = watch_list;
	whole_lists = 0;
	front.claims = SID("a");
	token = sign_in(&front);
	CHECK_EQ("by its sid", log_out(&front, "corp", "j", ALONE("a")), 200);
	CHECK("ended", front_refresh(&front, token) != 200);
	token = sign_in(&front);
	CHECK_EQ("by both", log_out(&front, "corp", "k", BOTH("a")), 200);
	CHECK("ended", front_refresh(&front, token) != 200);
	CHECK_EQ("few are looked at", whole_lists, 0);
	front.kit.session[0] = '\0';
	old = sign_in(&front);
	forget_noted(&front);
	front.kit.session[0] = '\0';
	front.claims = SID("b");
	token = sign_in(&front);
	CHECK_EQ("an older one", log_out(&front, "corp", "l", ALONE("a")), 200);
	CHECK("is found", front_refresh(&front, old) != 200);
	CHECK_EQ("the other lives", front_refresh(&front, token), 200);
	CHECK_EQ("all were looked at", whole_lists, 1);
	front.kit.now += front.kit.issuer->refresh_lifetime + 2L * 86400;
	front.kit.session[0] = '\0';
	token = sign_in(&front);
	CHECK_EQ("when none is left", log_out(&front, "corp", "m", ALONE("b")), 200);
	CHECK("it is found", front_refresh(&front, token) != 200);
	CHECK_EQ("by its sid", whole_lists, 1);
	front_close(&front);

	front_open(&front, "");
	front.claims = SID("a");
	old = sign_in(&front);
	forget_noted(&front);
	CHECK_EQ("before anything was noted", log_out(&front, "corp", "j", ALONE("a")), 200);
	CHECK("it is found", front_refresh(&front, old) != 200);
	front_close(&front);
}

/* A record that cannot be read keeps no other from its end. */
static void test_damaged(void)
{
	const char *token;
	struct front front;

	front_open(&front, "");
	front.claims = SID("a");
	token = sign_in(&front);
	CHECK_EQ("kept", front.kit.issuer->store.put(front.kit.issuer->store.ctx, "upstream_session", "!",
	    "p", front.kit.now + 60, "{\"sid\":\"a\"}", NULL), MCPASS_OK);
	CHECK_EQ("logged out", log_out(&front, "corp", "j", ALONE("a")), 200);
	CHECK("ended", front_refresh(&front, token) != 200);
	front_close(&front);
}

/* At a renewal the id token may name another session; where none comes, it is the one it was. */
static const struct {
	const char *label, *renewed;
	bool no_id_token;
	const char *more;
	bool lives;
} renewals[] = {
	{ "the new one", SID("b"), false, ALONE("b"), false },
	{ "not the old one", SID("b"), false, ALONE("a"), true },
	{ "the new id token has none", "{}", false, ALONE("a"), false },
	{ "no id token", "{}", true, ALONE("a"), false },
};

static void test_renewed_sid(void)
{
	for (size_t i = 0; i < COUNT(renewals); i++) {
		const char *token;
		struct front front;

		front_open(&front, "");
		front.claims = SID("a");
		token = sign_in(&front);
		front.kit.now += 3600;
		front.claims = renewals[i].renewed;
		front.no_id_token = renewals[i].no_id_token;
		front.userinfo = "{\"sub\":\"ann\"}";
		CHECK_EQ("renewed", front_refresh(&front, token), 200);
		token = kit_member(&front.kit, "refresh_token");
		token = kit_text(token, strlen(token));
		CHECK_EQ(renewals[i].label, log_out(&front, "corp", "j", renewals[i].more), 200);
		CHECK_EQ(renewals[i].label, front_refresh(&front, token) == 200, renewals[i].lives);
		front_close(&front);
	}
}

/* One that comes again ends nothing: the person may have signed in since. */
static void test_replay(void)
{
	const char *token;
	struct front front;

	front_open(&front, "");
	sign_in(&front);
	CHECK_EQ("once", log_out(&front, "corp", "j", ""), 200);
	token = sign_in(&front);
	CHECK_EQ("twice", log_out(&front, "corp", "j", ""), 400);
	CHECK_HAS("and it says so", kit_body(&front.kit), "came before");
	CHECK_EQ("the new sign-in lives", front_refresh(&front, token), 200);
	CHECK_EQ("another one", log_out(&front, "corp", "k", ""), 200);
	CHECK("ends it", front_refresh(&front, token) != 200);
	front_close(&front);
}

/* Keys that cannot be had just now: it may come again, and is not used up. */
static void test_down(void)
{
	const char *token;
	struct front front;

	front_open(&front, "");
	front.is_down = true;
	CHECK_EQ("not now", log_out(&front, "corp", "j", ""), 503);
	CHECK("when", kit_header(&front.kit, "Retry-After") != NULL);
	front.is_down = false;
	front.kit.now += 3600;
	token = sign_in(&front);
	CHECK_EQ("later", log_out(&front, "corp", "j", ""), 200);
	CHECK("it ends it", front_refresh(&front, token) != 200);
	CHECK_EQ("no token", front_post(&front, "/backchannel_logout/corp", "x=y"), 400);
	CHECK_EQ("no JWT", front_post(&front, "/backchannel_logout/corp", "logout_token=x"), 400);
	CHECK_EQ("not by a link", kit_get(&front.kit, "/backchannel_logout/corp", "logout_token=x"), 405);
	front_close(&front);
}

static void check_no_memory(const char *more)
{
	OOM_EACH_LATER {
		struct front front;
		const char *form, *token;
		int status;

		front_open(&front, "");
		front.claims = SID("a");
		token = sign_in(&front);
		form = logout_form(&front, "j", more);
		oom_from_here();
		status = front_post(&front, "/backchannel_logout/corp", form);
		CHECK("out of memory, or done", status == 200
		    || (oom_over() && front.kit.rc == MCPASS_E_NOMEM));
		(void)oom_over();
		if (status == 200)
			CHECK("it ended", front_refresh(&front, token) != 200);
		front_close(&front);
	}
}

static void test_no_memory(void)
{
	check_no_memory("");
	check_no_memory(ALONE("a"));
	check_no_memory(BOTH("a"));
}

int main(void)
{
	kit_key();
	test_rows();
	test_sids();
	test_how();
	test_damaged();
	test_renewed_sid();
	test_told();
	test_replay();
	test_down();
	test_no_memory();
	return check_done();
}
