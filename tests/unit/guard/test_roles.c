/* Where roles are looked for, which are enough, and how their lack is answered. */
#include "guard/roles.h"
#include "mint.h"

static struct mp_key *key;
static char *set;

static const struct {
	const char *label, *path;
	const char *token;              /* a claim beside the good ones, as JSON */
	bool has;                       /* the role "admin" */
} path_rows[] = {
	{ "Entra", "roles", "{\"roles\":[\"user\",\"admin\"]}", true },
	{ "one role alone", "roles", "{\"roles\":\"admin\"}", true },
	{ "a text of several", "roles", "{\"roles\":\"user  admin\"}", true },
	{ "a text with a longer word", "roles", "{\"roles\":\"user administrator\"}", false },
	{ "an item of a list is one role, not several", "roles", "{\"roles\":[\"user admin\"]}", false },
	{ "Zitadel's, with its organisations", "urn:zitadel:iam:org:project:roles",
	    "{\"urn:zitadel:iam:org:project:roles\":{\"user\":{},\"admin\":{\"1\":\"a.example\"}}}", true },
	{ "another of Zitadel's", "urn:zitadel:iam:org:project:roles",
	    "{\"urn:zitadel:iam:org:project:roles\":{\"user\":{\"admin\":\"a.example\"}}}", false },
	{ "Keycloak's realm", "realm_access.roles", "{\"realm_access\":{\"roles\":[\"admin\"]}}", true },
	{ "Keycloak's client", "resource_access.echo-mcp-server.roles",
	    "{\"resource_access\":{\"echo-mcp-server\":{\"roles\":[\"admin\"]}}}", true },
	{ "another client's", "resource_access.echo-mcp-server.roles",
	    "{\"resource_access\":{\"other\":{\"roles\":[\"admin\"]}}}", false },
	{ "a client with dots", "resource_access.mcp\\.example\\.com.roles",
	    "{\"resource_access\":{\"mcp.example.com\":{\"roles\":[\"admin\"]}}}", true },
	{ "an escaped dot goes nowhere down", "resource_access\\.echo.roles",
	    "{\"resource_access\":{\"echo\":{\"roles\":[\"admin\"]}}}", false },
	{ "a claim named by a URL", "https://example\\.com/roles",
	    "{\"https://example.com/roles\":[\"admin\"]}", true },
	{ "a backslash in a name", "a\\\\b", "{\"a\\\\b\":[\"admin\"]}", true },
	{ "groups", "groups", "{\"groups\":[\"/staff\",\"admin\"]}", true },
	{ "another group", "groups", "{\"groups\":[\"/admin\"]}", false },
	{ "another case", "roles", "{\"roles\":[\"Admin\"]}", false },
	{ "a longer one", "roles", "{\"roles\":[\"admins\"]}", false },
	{ "what is no text is no role", "roles", "{\"roles\":[1,null,{\"admin\":true},\"admin\"]}", true },
	{ "a member of an object", "roles", "{\"roles\":{\"admin\":true}}", true },
	{ "a member that is false", "roles", "{\"roles\":{\"admin\":false}}", false },
	{ "a member that is null", "roles", "{\"roles\":{\"admin\":null}}", false },
	{ "a member that is 0", "roles", "{\"roles\":{\"admin\":0}}", false },
	{ "a member that is empty", "roles", "{\"roles\":{\"admin\":\"\"}}", false },
	{ "a member that says no", "roles", "{\"roles\":{\"admin\":\"false\"}}", false },
	{ "a member that is an empty list", "roles", "{\"roles\":{\"admin\":[]}}", false },
	{ "a member that is an object", "roles", "{\"roles\":{\"admin\":{\"1\":\"a.example\"}}}", true },
	{ "a list inside the list is none", "roles", "{\"roles\":[[\"admin\"]]}", false },
	{ "nothing there", "roles", "{}", false },
	{ "null", "roles", "{\"roles\":null}", false },
	{ "a list on the way", "a.roles", "{\"a\":[{\"roles\":[\"admin\"]}]}", false },
	{ "a text on the way", "a.roles", "{\"a\":\"roles\"}", false },
};

static const char *const admin[] = { "admin", NULL };

static struct mcpass_guard *guard_by(const struct mcpass_scope_rule *rules, size_t count,
    const char *const *claims_of, size_t claim_count)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;

	cfg.rules = rules;
	cfg.rule_count = count;
	cfg.role_claims = claims_of;
	cfg.role_claim_count = claim_count;
	guard = new_guard(&cfg);
	must(mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL) == MCPASS_OK,
	    "the key set");
	return guard;
}

static void test_paths(void)
{
	static const struct mcpass_scope_rule rule = { "*", NULL, NULL, admin };

	for (size_t i = 0; i < COUNT(path_rows); i++) {
		const char *label = path_rows[i].label;
		struct mcpass_guard *guard = guard_by(&rule, 1, &path_rows[i].path, 1);
		char *value = bearer(key, MP_ES256, NULL, path_rows[i].token);
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
		CHECK_EQ(label, verdict.status, path_rows[i].has ? 0 : 403);
		CHECK_EQ(label, verdict.role_count, path_rows[i].has ? 1 : 0);
		if (path_rows[i].has && verdict.role_count == 1)
			CHECK_STR(label, verdict.roles[0], "admin");
		mp_free_wiped(value);
		mcpass_guard_free(guard);
	}
}

static const struct {
	const char *label, *path, *detail;      /* detail NULL: a guard */
} bad_rows[] = {
	{ "a path", "a.b", NULL },
	{ "as deep as a document", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
	    NULL },
	{ "deeper", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
	    "deeper than 32" },
	{ "no path", NULL, "empty name" },
	{ "an empty path", "", "empty name" },
	{ "a dot first", ".a", "empty name" },
	{ "a dot last", "a.", "empty name" },
	{ "two dots", "a..b", "empty name" },
	{ "a backslash last", "a\\", "backslash" },
	{ "a backslash before a letter", "a\\b", "backslash" },
};

static void test_bad_paths(void)
{
	static const struct mcpass_scope_rule rule = { "*", NULL, NULL, admin };
	static const char *const blank[] = { "", NULL };
	static const struct mcpass_scope_rule blank_rule = { "*", NULL, NULL, blank };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = NULL;
	struct mcpass_error err = { 0 };

	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const char *label = bad_rows[i].label, *detail = bad_rows[i].detail;

		guard = NULL;
		cfg.role_claims = &bad_rows[i].path;
		cfg.role_claim_count = 1;
		CHECK_EQ(label, mcpass_guard_new(&cfg, &guard, &err),
		    detail == NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_HAS(label, err.detail, detail != NULL ? detail : "");
		mcpass_guard_free(guard);
	}
	guard = NULL;
	cfg.role_claim_count = 0;
	cfg.rules = &rule;
	cfg.rule_count = 1;
	CHECK_EQ("no claim for them", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	CHECK_HAS("no claim for them", err.detail, "no claim is named");
	cfg.role_claim_count = MP_MAX_ITEMS + 1;
	CHECK_EQ("too many claims", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	cfg.role_claim_count = 1;
	cfg.rules = &blank_rule;
	CHECK_EQ("an empty role", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	CHECK("untouched", guard == NULL);
}

static const char *const two[] = { "roles", "groups" };
static const char *const staff[] = { "editor", "chief of staff", NULL };
static const struct mcpass_scope_rule rules[] = {
	{ "tools/call", "whoami", "", NULL },
	{ "tools/call", "wipe", "mcp:tools", admin },
	{ "tools/call", NULL, "mcp:tools", staff },
	{ "*", NULL, "mcp:read", NULL },
};
/* The claim is {"scope": SCOPE, "roles": ROLES, "groups": GROUPS}. */
static const struct {
	const char *label, *changes;
	struct mcpass_operation operations[3];
	int status;                     /* 0: let in */
	const char *scope;              /* the challenge's, or NULL: no challenge at all */
} rule_rows[] = {
	{ "no role is needed", "{}", { { "ping", NULL } }, 0, NULL },
	{ "nor here", "{}", { { "tools/call", "whoami" } }, 0, NULL },
	{ "either will do", "{\"scope\":\"mcp:tools\",\"roles\":[\"editor\"]}",
	    { { "tools/call", "echo" } }, 0, NULL },
	{ "or the other, with spaces", "{\"scope\":\"mcp:tools\",\"groups\":[\"chief of staff\"]}",
	    { { "tools/call", "echo" } }, 0, NULL },
	{ "the role without the scope", "{\"roles\":[\"editor\"]}", { { "tools/call", "echo" } }, 403,
	    "mcp:tools" },
	{ "the scope without the role", "{\"scope\":\"mcp:tools\"}", { { "tools/call", "echo" } }, 403,
	    NULL },
	{ "neither: of the scope nothing is said", "{}", { { "tools/call", "echo" } }, 403, NULL },
	{ "the first rule that matches decides", "{\"scope\":\"mcp:tools\",\"roles\":[\"editor\"]}",
	    { { "tools/call", "wipe" } }, 403, NULL },
	{ "for that tool another role", "{\"scope\":\"mcp:tools\",\"roles\":[\"admin\"]}",
	    { { "tools/call", "wipe" } }, 0, NULL },
	{ "which is none for the others", "{\"scope\":\"mcp:tools\",\"roles\":[\"admin\"]}",
	    { { "tools/call", "echo" } }, 403, NULL },
	{ "each operation of a body", "{\"scope\":\"mcp:tools mcp:read\",\"roles\":[\"editor\"]}",
	    { { "ping", NULL }, { "tools/call", "echo" }, { "tools/call", "wipe" } }, 403, NULL },
	{ "all of them", "{\"scope\":\"mcp:tools mcp:read\",\"roles\":[\"editor\",\"admin\"]}",
	    { { "ping", NULL }, { "tools/call", "echo" }, { "tools/call", "wipe" } }, 0, NULL },
	{ "all the scopes at once", "{\"scope\":\"x\",\"roles\":[\"editor\",\"admin\"]}",
	    { { "ping", NULL }, { "tools/call", "echo" }, { "tools/call", "wipe" } }, 403,
	    "mcp:read mcp:tools" },
};

/* spec: RFC 6750 3.1; what was refused for a role is no matter of scopes */
static void test_rules(void)
{
	struct mcpass_guard *guard = guard_by(rules, COUNT(rules), two, COUNT(two));

	for (size_t i = 0; i < COUNT(rule_rows); i++) {
		const char *label = rule_rows[i].label, *scope = rule_rows[i].scope;
		char *value = bearer(key, MP_ES256, NULL, rule_rows[i].changes), want[80];
		struct mcpass_header header = { "Authorization", value };
		struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
			.operations = rule_rows[i].operations, .now = NOW };
		struct mcpass_verdict verdict = { 0 };

		while (request.operation_count < 3
		    && rule_rows[i].operations[request.operation_count].method != NULL)
			request.operation_count++;
		CHECK_EQ(label, mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
		CHECK_EQ(label, verdict.status, rule_rows[i].status);
		snprintf(want, sizeof(want), "scope=\"%s\", error=\"insufficient_scope\"",
		    scope != NULL ? scope : "");
		if (scope != NULL)
			CHECK_HAS(label, verdict.www_authenticate, want);
		else
			CHECK_STR(label, verdict.www_authenticate, NULL);
		if (rule_rows[i].status == 403 && scope == NULL)
			CHECK_STR(label, verdict.reason,
			    "the caller has none of the roles that this is for");
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* What is unknown is judged by the rule for "*", its roles too. */
static void test_unknown(void)
{
	static const struct mcpass_scope_rule all[] = { { "ping", NULL, NULL, NULL },
		{ "*", NULL, NULL, admin } };
	struct mcpass_guard *guard = guard_by(all, COUNT(all), two, 1);
	char *value = bearer(key, MP_ES256, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	ask(guard, value, NULL, NULL, NOW, &verdict);
	CHECK_EQ("no operation at all", verdict.status, 403);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("one that is known", verdict.status, 0);
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

int main(void)
{
	key = new_key(MP_ES256);
	set = key_set(key, NULL);
	test_paths();
	test_bad_paths();
	test_rules();
	test_unknown();
	free(set);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
