/* How a token may be sent, which scopes an operation needs, how a refusal reads. */
#include "guard/policy.h"
#include "guard/verdict.h"
#include "mint.h"
#include "oauth/scope.h"

static struct mp_key *key;
static struct mcpass_guard *guard;
static char *good;                      /* "Bearer ..." */

#define START "Bearer resource_metadata=\"" PRM_URL "\", scope=\"mcp:read\""

/* TOKEN stands for a good token. */
static const struct {
	const char *label, *first, *second, *query;
	int status;                     /* 0: let in */
	const char *challenge;          /* all of it, or NULL: not looked at */
} send_rows[] = {
	{ "no header", NULL, NULL, NULL, 401, START },
	{ "Bearer", "Bearer TOKEN", NULL, NULL, 0, NULL },
	{ "bearer", "bearer TOKEN", NULL, NULL, 0, NULL },
	{ "BEARER", "BEARER TOKEN", NULL, NULL, 0, NULL },
	{ "more than one space", "Bearer   TOKEN", NULL, NULL, 0, NULL },
	{ "Basic counts as nothing", "Basic YTpi", NULL, NULL, 401, START },
	{ "DPoP too", "DPoP TOKEN", NULL, NULL, 401, START },
	{ "a longer scheme", "Bearers TOKEN", NULL, NULL, 401, START },
	{ "empty", "", NULL, NULL, 401, START },
	{ "the scheme alone", "Bearer", NULL, NULL, 401, NULL },
	{ "nothing behind it", "Bearer ", NULL, NULL, 401, NULL },
	{ "padding alone", "Bearer ==", NULL, NULL, 401, NULL },
	{ "padding inside", "Bearer a=b", NULL, NULL, 401, START ", error=\"invalid_token\","
	    " error_description=\"the token is empty or has characters that none may have\"" },
	{ "two tokens", "Bearer TOKEN TOKEN", NULL, NULL, 401, NULL },
	{ "a comma", "Bearer TOKEN, Basic YTpi", NULL, NULL, 401, NULL },
	{ "a quote", "Bearer \"TOKEN\"", NULL, NULL, 401, NULL },
	{ "a tab", "Bearer\tTOKEN", NULL, NULL, 401, START },
	{ "a space at the end", "Bearer TOKEN ", NULL, NULL, 401, NULL },
	{ "not a JWT", "Bearer abc", NULL, NULL, 401, NULL },
	{ "twice the same", "Bearer TOKEN", "Bearer TOKEN", NULL, 400, START
	    ", error=\"invalid_request\", error_description=\"Authorization was sent more than once\"" },
	{ "Basic beside it", "Basic YTpi", "Bearer TOKEN", NULL, 400, NULL },
	{ "a token in the query", NULL, NULL, "a=b&access_token=x", 400, START
	    ", error=\"invalid_request\", error_description=\"a token must not be sent in the query\"" },
	{ "even beside a good one", "Bearer TOKEN", NULL, "access_token=x", 400, NULL },
	{ "even empty", "Bearer TOKEN", NULL, "access_token=", 400, NULL },
	{ "and encoded", "Bearer TOKEN", NULL, "access%5Ftoken=x", 400, NULL },
	{ "a query that cannot be read", "Bearer TOKEN", NULL, "%zz", 400, NULL },
	{ "another query", "Bearer TOKEN", NULL, "a=access_token", 0, NULL },
	{ "an empty query", "Bearer TOKEN", NULL, "", 0, NULL },
};

/* The row's value with TOKEN replaced; free. */
static char *expand(const char *text)
{
	char *out = malloc(2 * strlen(good) + strlen(text) + 1), *end = out;

	for (*end = '\0'; *text != '\0'; end += strlen(end)) {
		bool is_token = strncmp(text, "TOKEN", 5) == 0;

		if (is_token)
			strcpy(end, good + strlen("Bearer "));
		else
			sprintf(end, "%c", *text);
		text += is_token ? 5 : 1;
	}
	return out;
}

static void test_sending(void)
{
	for (size_t i = 0; i < COUNT(send_rows); i++) {
		const char *label = send_rows[i].label;
		char *first = send_rows[i].first != NULL ? expand(send_rows[i].first) : NULL;
		char *second = send_rows[i].second != NULL ? expand(send_rows[i].second) : NULL;
		struct mcpass_header headers[] = { { "Authorization", first },
			{ "AUTHORIZATION", second } };
		struct mcpass_operation ping = { "ping", NULL };
		struct mcpass_guard_request request = {
			.headers = headers, .header_count = first == NULL ? 0 : second == NULL ? 1 : 2,
			.query = send_rows[i].query, .operations = &ping, .operation_count = 1, .now = NOW,
		};
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(label, mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
		CHECK_EQ(label, verdict.type, send_rows[i].status == 0 ? MCPASS_ALLOW : MCPASS_DENY);
		CHECK_EQ(label, verdict.status, send_rows[i].status);
		if (send_rows[i].challenge != NULL)
			CHECK_STR(label, verdict.www_authenticate, send_rows[i].challenge);
		if (verdict.reason != NULL)
			CHECK("no token in the reason", strstr(verdict.reason, good + 20) == NULL);
		free(first);
		free(second);
	}
}

static void test_long_token(void)
{
	char *value = malloc(MP_MAX_TOKEN + 9);
	struct mcpass_verdict verdict = { 0 };

	strcpy(value, "Bearer ");
	memset(value + 7, 'a', MP_MAX_TOKEN + 1);
	value[MP_MAX_TOKEN + 8] = '\0';
	CHECK_EQ("too long", ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
	CHECK_EQ("too long", verdict.status, 401);
	CHECK_STR("too long", verdict.reason, "the token is too long");
	free(value);
}

static const struct {
	const char *label;
	struct mcpass_operation operations[3];
	const char *needs;              /* NULL: nothing */
} need_rows[] = {
	{ "any method", { { "ping", NULL } }, "mcp:read" },
	{ "a tool", { { "tools/call", "echo" } }, "mcp:tools" },
	{ "a tool without a name", { { "tools/call", NULL } }, "mcp:tools" },
	{ "the first rule that matches decides", { { "tools/call", "whoami" } }, NULL },
	{ "a name in another case", { { "tools/call", "Whoami" } }, "mcp:tools" },
	{ "a method in another case", { { "Tools/call", "whoami" } }, "mcp:read" },
	{ "a longer method", { { "tools/calls", "echo" } }, "mcp:read" },
	{ "a prefix", { { "prompts/get", "x" } }, "mcp:prompts mcp:read" },
	{ "the prefix's own text", { { "prompts/", NULL } }, "mcp:prompts mcp:read" },
	{ "less than the prefix", { { "prompts", NULL } }, "mcp:read" },
	{ "several together, each once", { { "ping", NULL }, { "tools/call", "echo" },
	    { "prompts/get", "x" } }, "mcp:read mcp:tools mcp:prompts" },
	{ "no operation at all", { { NULL, NULL } }, "mcp:read" },
};

static void test_needs(void)
{
	for (size_t i = 0; i < COUNT(need_rows); i++) {
		const char *label = need_rows[i].label;
		size_t count = 0;
		struct mcpass_guard_request request = { .now = NOW };
		struct mcpass_verdict verdict = { 0 };
		char scope[80] = "";

		while (count < 3 && need_rows[i].operations[count].method != NULL)
			count++;
		request.operations = need_rows[i].operations;
		request.operation_count = count;
		if (need_rows[i].needs != NULL)
			snprintf(scope, sizeof(scope), "scope=\"%s\"", need_rows[i].needs);
		CHECK_EQ(label, mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
		CHECK_EQ(label, verdict.status, 401);
		CHECK_HAS("the challenge of a 401", verdict.www_authenticate, scope);
		if (scope[0] == '\0')
			CHECK(label, strstr(verdict.www_authenticate, "scope=") == NULL);
	}
}

static const struct {
	const char *label, *scope, *missing;    /* missing NULL: let in */
} step_rows[] = {
	{ "all there", "mcp:prompts mcp:tools mcp:read", NULL },
	{ "only what is missing", "mcp:read", "mcp:tools mcp:prompts" },
	{ "one is missing", "mcp:tools mcp:read x", "mcp:prompts" },
	{ "nothing there", "", "mcp:read mcp:tools mcp:prompts" },
};

/* spec: MCP 2026-07-28 "Runtime Insufficient Scope Errors": all of it in one challenge */
static void test_step_up(void)
{
	static const struct mcpass_operation three[] = { { "ping", NULL }, { "tools/call", "echo" },
		{ "prompts/get", "x" } };

	for (size_t i = 0; i < COUNT(step_rows); i++) {
		const char *label = step_rows[i].label;
		char changes[80], want[300];
		struct mcpass_header header = { "Authorization", NULL };
		struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
			.operations = three, .operation_count = COUNT(three), .now = NOW };
		struct mcpass_verdict verdict = { 0 };
		char *value;

		snprintf(changes, sizeof(changes), "{\"scope\":\"%s\"}", step_rows[i].scope);
		header.value = value = bearer(key, MP_ES256, NULL, changes);
		CHECK_EQ(label, mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
		snprintf(want, sizeof(want), "Bearer resource_metadata=\"" PRM_URL "\", scope=\"%s\","
		    " error=\"insufficient_scope\", error_description=\"the token lacks a scope for"
		    " this\"", step_rows[i].missing != NULL ? step_rows[i].missing : "");
		CHECK_EQ(label, verdict.status, step_rows[i].missing != NULL ? 403 : 0);
		CHECK_STR(label, verdict.www_authenticate, step_rows[i].missing != NULL ? want : NULL);
		mp_free_wiped(value);
	}
}

static const struct mcpass_scope_implication hierarchy[] = {
	{ "all", "mcp:read mcp:tools mcp:prompts" }, { "write", "mcp:tools mcp:read" },
	{ "prompts", "mcp:prompts" }, { "chief", "all" }, { "mcp:tools", "x" },
	{ "twice", "twice mcp:read" }, { "twice", "mcp:tools" }, { "owner", "chief" },
	{ "latest", "write" }, { "late", "latest" },
};
static const struct {
	const char *label, *scope, *missing;    /* missing NULL: let in */
} implied_rows[] = {
	{ "nothing is implied by others", "y", "mcp:read mcp:tools mcp:prompts" },
	{ "by one", "all", NULL },
	{ "by several", "prompts write", NULL },
	{ "some by one", "write mcp:prompts", NULL },
	{ "by what is implied", "chief", NULL },
	{ "at three removes", "owner", NULL },
	{ "whatever the order of the configuration", "late", "mcp:prompts" },
	{ "a part", "write", "mcp:prompts" },
	{ "not the other way", "mcp:read mcp:tools", "mcp:prompts" },
	{ "what implies is not implied", "mcp:prompts mcp:tools", "mcp:read" },
	{ "a scope that stands there twice", "twice", "mcp:prompts" },
	{ "a part of a name", "al", "mcp:read mcp:tools mcp:prompts" },
};

/* spec: MCP 2026-07-28 "Step-Up Authorization Flow", scope hierarchies */
static void test_implied(void)
{
	static const struct mcpass_operation three[] = { { "ping", NULL }, { "tools/call", "echo" },
		{ "prompts/get", "x" } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *policed;
	char *set = key_set(key, NULL);

	cfg.implications = hierarchy;
	cfg.implication_count = COUNT(hierarchy);
	policed = new_guard(&cfg);
	mcpass_guard_fetched(policed, JWKS, 200, set, strlen(set), NOW, NULL);
	for (size_t i = 0; i < COUNT(implied_rows); i++) {
		const char *label = implied_rows[i].label, *missing = implied_rows[i].missing;
		char changes[80], want[120];
		struct mcpass_header header = { "Authorization", NULL };
		struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
			.operations = three, .operation_count = COUNT(three), .now = NOW };
		struct mcpass_verdict verdict = { 0 };
		char *value;

		snprintf(changes, sizeof(changes), "{\"scope\":\"%s\"}", implied_rows[i].scope);
		header.value = value = bearer(key, MP_ES256, NULL, changes);
		CHECK_EQ(label, mcpass_guard_check(policed, &request, &verdict, NULL), MCPASS_OK);
		CHECK_EQ(label, verdict.status, missing != NULL ? 403 : 0);
		snprintf(want, sizeof(want), "scope=\"%s\"", missing != NULL ? missing : "");
		if (missing != NULL)
			CHECK_HAS(label, verdict.www_authenticate, want);
		else
			CHECK_STR("the token's own words", verdict.scope, implied_rows[i].scope);
		mp_free_wiped(value);
	}
	free(set);
	mcpass_guard_free(policed);
}

/* A description keeps to the characters of RFC 6750 3, whatever a token says. */
static void test_description(void)
{
	struct mp_verdict_inputs reply = { .denial = MP_DENY_TOKEN, .metadata_url = PRM_URL };
	struct mp_buf buf;
	struct mcpass_verdict verdict = { 0 };
	char *value = bearer(key, MP_ES256, "{\"typ\":\"a\\\"b\\\\c\xc3\xa9\"}", NULL);

	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_HAS("quotes, backslashes, letters beyond ASCII", verdict.www_authenticate,
	    "error_description=\"typ is a'b?c??, not at+jwt\"");
	mp_free_wiped(value);

	mp_buf_init(&buf, 40);
	CHECK_EQ("a challenge has a cap", mp_verdict_challenge(&reply, &buf, NULL), MCPASS_E_LIMIT);
	mp_buf_free(&buf);
	mp_buf_init(&buf, MP_MAX_CHALLENGE);
	reply.metadata_url = "u";
	CHECK_EQ("no description", mp_verdict_challenge(&reply, &buf, NULL), MCPASS_OK);
	CHECK_STR("no description", mp_buf_text(&buf),
	    "Bearer resource_metadata=\"u\", error=\"invalid_token\"");
	mp_buf_clear(&buf);
	reply.denial = MP_DENY_UNAVAILABLE;
	CHECK_EQ("none for a 503", mp_verdict_challenge(&reply, &buf, NULL), MCPASS_OK);
	CHECK_STR("none for a 503", mp_buf_text(&buf), "");
	mp_buf_free(&buf);
}

static void test_no_rules(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *open_guard;
	struct mcpass_verdict verdict = { 0 };

	cfg.rules = NULL;
	cfg.rule_count = 0;
	open_guard = new_guard(&cfg);
	ask(open_guard, NULL, "ping", NULL, NOW, &verdict);
	CHECK_STR("no rules, no scope", verdict.www_authenticate,
	    "Bearer resource_metadata=\"" PRM_URL "\"");
	mcpass_guard_free(open_guard);
}

/* A method that is missing counts as one that only "*" matches, never as none. */
/* A 401 names them all, a 403 what is missing. */
static void test_challenge_scopes(const char *set)
{
	static const char *const all[] = { "mcp:read", "mcp:tools" }, *const bad[] = { "mcp:\"" };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *asking = NULL;
	char *value;
	struct mcpass_verdict verdict = { 0 };
	struct mcpass_error err = { 0 };

	cfg.challenge_scopes = bad;
	cfg.challenge_scope_count = 1;
	CHECK_EQ("no scope", mcpass_guard_new(&cfg, &asking, &err), MCPASS_E_USAGE);
	cfg.challenge_scopes = all;
	cfg.challenge_scope_count = COUNT(all);
	asking = new_guard(&cfg);
	CHECK_EQ("no token", ask(asking, NULL, "prompts/get", "x", NOW, &verdict), MCPASS_OK);
	CHECK_HAS("what it needs comes first", verdict.www_authenticate,
	    "scope=\"mcp:prompts mcp:read mcp:tools\"");
	CHECK_EQ("no JWT", ask(asking, "Bearer x", "ping", NULL, NOW, &verdict), MCPASS_OK);
	CHECK_HAS("another token is wanted", verdict.www_authenticate, "scope=\"mcp:read mcp:tools\"");
	must(mcpass_guard_fetched(asking, JWKS, 200, set, strlen(set), NOW, NULL) == MCPASS_OK, set);
	value = bearer(key, MP_ES256, NULL, "{\"scope\":\"mcp:read\"}");
	CHECK_EQ("lacks one", ask(asking, value, "prompts/get", "x", NOW, &verdict), MCPASS_OK);
	CHECK_EQ("lacks one", verdict.status, 403);
	CHECK_HAS("that one", verdict.www_authenticate, "scope=\"mcp:prompts\"");
	mp_free_wiped(value);
	mcpass_guard_free(asking);
}

static void test_no_method(void)
{
	static const struct mcpass_operation none[] = { { NULL, "whoami" } };
	const struct mcpass_guard_config cfg = default_config();
	struct mp_policy policy;
	struct mp_strings scopes = { 0 };

	CHECK_EQ("rules", mp_policy_init(&policy, &cfg, NULL), MCPASS_OK);
	CHECK_EQ("no method", mp_policy_needs(&policy, none, 1, &scopes, NULL), MCPASS_OK);
	CHECK("no method", scopes.count == 1 && mp_strings_has(&scopes, "mcp:read"));
	mp_strings_free(&scopes);
	mp_policy_free(&policy);
}

static const struct {
	const char *label, *method, *uri;
	const char *wanted;             /* the scopes */
} uri_rows[] = {
	{ "the one of the rule", "resources/read", "file:///secret", "admin" },
	{ "another", "resources/read", "file:///public", "read" },
	{ "a dot segment", "resources/read", "file:///public/../secret", "read admin" },
	{ "escaped dots", "resources/read", "file:///public/%2E%2e/secret", "read admin" },
	{ "an escaped letter", "resources/read", "file:///%73ecret", "read admin" },
	{ "large letters", "resources/read", "FILE:///secret", "read admin" },
	{ "a tab", "resources/read", "file:///sec\tret", "read admin" },
	{ "backslashes", "resources/read", "file:\\\\\\secret", "read admin" },
	{ "a fragment", "resources/read", "file:///secret#x", "read admin" },
	{ "one slash", "resources/read", "file:/secret", "read admin" },
	{ "this host", "resources/read", "file://localhost/secret", "read admin" },
	{ "as a subscription", "resources/subscribe", "file:///x/../secret", "admin" },
	{ "a tool of that name", "tools/call", "file:///x/../secret", "use" },
	{ "a query, which readers of files leave out", "resources/read", "file:///secret?x", "read admin" },
	{ "another scheme", "resources/read", "x:///secret", "read" },
};

static void test_uris(void)
{
	static const struct mcpass_scope_rule rules[] = {
		{ .method = "resources/*", .name = "file:///secret", .scope = "admin" },
		{ .method = "resources/read", .scope = "read" },
		{ .method = "tools/call", .name = "file:///secret", .scope = "other" },
		{ .method = "tools/call", .scope = "use" },
	};
	struct mcpass_guard_config cfg = default_config();
	struct mp_policy policy;

	cfg.rules = rules;
	cfg.rule_count = COUNT(rules);
	OOM_EACH {
		enum mcpass_rc rc = mp_policy_init(&policy, &cfg, NULL);

		CHECK_OOM("rules with names", rc, MCPASS_OK);
		mp_policy_free(&policy);
	}
	CHECK_EQ("rules", mp_policy_init(&policy, &cfg, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(uri_rows); i++) {
		const struct mcpass_operation operation = { uri_rows[i].method, uri_rows[i].uri };

		OOM_EACH {
			struct mp_strings scopes = { 0 };
			char *text = NULL;
			enum mcpass_rc rc = mp_policy_needs(&policy, &operation, 1, &scopes, NULL);

			if (!rc)
				rc = mp_scope_join(&scopes, &text, NULL);
			CHECK_OOM(uri_rows[i].label, rc, MCPASS_OK);
			if (!rc)
				CHECK_STR(uri_rows[i].label, text, uri_rows[i].wanted);
			mp_strings_free(&scopes);
			free(text);
		}
	}
	mp_policy_free(&policy);
}

static void test_roles_of_uris(void)
{
	static const char *const staff[] = { "staff", NULL };
	static const struct mcpass_scope_rule rule = { .method = "resources/read",
		.name = "file:///secret", .roles = staff };
	static const struct mcpass_operation other = { "resources/read", "file:///a/../secret" };
	const struct mp_strings none = { 0 };
	struct mcpass_guard_config cfg = default_config();
	struct mp_policy policy;
	bool admits = true;

	cfg.rules = &rule;
	cfg.rule_count = 1;
	CHECK_EQ("rules", mp_policy_init(&policy, &cfg, NULL), MCPASS_OK);
	OOM_EACH {
		enum mcpass_rc rc = mp_policy_admits(&policy, &other, 1, &none, &admits, NULL);

		CHECK_OOM("a role", rc, MCPASS_OK);
		CHECK("no role, whatever way it is written", rc != MCPASS_OK || !admits);
	}
	mp_policy_free(&policy);
}

int main(void)
{
	char *set;

	key = new_key(MP_ES256);
	set = key_set(key, NULL);
	guard = guard_with(set);
	good = bearer(key, MP_ES256, NULL, NULL);
	test_sending();
	test_long_token();
	test_needs();
	test_step_up();
	test_implied();
	test_description();
	test_no_rules();
	test_challenge_scopes(set);
	test_no_method();
	test_uris();
	test_roles_of_uris();
	mp_free_wiped(good);
	free(set);
	mcpass_guard_free(guard);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
