/* What a guard can be made of, its metadata, and what happens when memory runs out. */
#include "mint.h"

static const char *const words[] = { "mcp:read", "mcp:tools" };
static const char *const empty_word[] = { "" };

static const struct {
	const char *label;
	struct mcpass_guard_issuer issuers[2];
	const char *resource;
	struct mcpass_scope_rule rule;  /* method NULL: no rule */
	int loopback_http;
	enum mcpass_rc want;
} config_rows[] = {
	{ "https", { { ISSUER, NULL, NULL } }, RESOURCE, { 0 }, 0, MCPASS_OK },
	{ "a key set's URL", { { ISSUER, JWKS, NULL } }, RESOURCE, { 0 }, 0, MCPASS_OK },
	{ "two issuers", { { ISSUER, NULL, NULL }, { OTHER, NULL, NULL } }, RESOURCE, { 0 }, 0, MCPASS_OK },
	{ "one issuer twice", { { ISSUER, NULL, NULL }, { ISSUER, JWKS, NULL } }, RESOURCE, { 0 }, 0,
	    MCPASS_E_USAGE },
	{ "no issuer", { { NULL, NULL, NULL } }, RESOURCE, { 0 }, 0, MCPASS_E_USAGE },
	{ "an issuer without a name", { { NULL, JWKS, NULL }, { OTHER, NULL, NULL } }, RESOURCE, { 0 }, 0,
	    MCPASS_E_USAGE },
	{ "an issuer that is no URL", { { "as.example", NULL, NULL } }, RESOURCE, { 0 }, 0,
	    MCPASS_E_USAGE },
	{ "an issuer with a query", { { ISSUER "?a=b", NULL, NULL } }, RESOURCE, { 0 }, 0,
	    MCPASS_E_USAGE },
	{ "a key set that is no URL", { { ISSUER, "jwks", NULL } }, RESOURCE, { 0 }, 0, MCPASS_E_USAGE },
	{ "an http issuer", { { "http://as.example", NULL, NULL } }, RESOURCE, { 0 }, 1, MCPASS_E_POLICY },
	{ "an http key set", { { ISSUER, "http://as.example/k", NULL } }, RESOURCE, { 0 }, 1,
	    MCPASS_E_POLICY },
	{ "http on loopback", { { "http://127.0.0.1:8080/realms/r", NULL, NULL } }, RESOURCE, { 0 }, 1,
	    MCPASS_OK },
	{ "not without leave", { { "http://127.0.0.1:8080/realms/r", NULL, NULL } }, RESOURCE, { 0 }, 0,
	    MCPASS_E_POLICY },
	{ "an issuer inside", { { "https://10.1.2.3", NULL, NULL } }, RESOURCE, { 0 }, 0, MCPASS_OK },
	{ "a resource on loopback", { { ISSUER, NULL, NULL } }, "http://localhost:8000/mcp", { 0 }, 0,
	    MCPASS_OK },
	{ "a resource by plain http", { { ISSUER, NULL, NULL } }, "http://mcp.example/mcp", { 0 }, 1,
	    MCPASS_E_POLICY },
	{ "no resource", { { ISSUER, NULL, NULL } }, NULL, { 0 }, 0, MCPASS_E_USAGE },
	{ "a resource that is no URL", { { ISSUER, NULL, NULL } }, "mcp", { 0 }, 0, MCPASS_E_USAGE },
	{ "a resource with a fragment", { { ISSUER, NULL, NULL } }, RESOURCE "#x", { 0 }, 0,
	    MCPASS_E_USAGE },
	{ "a resource with a query", { { ISSUER, NULL, NULL } }, RESOURCE "?x", { 0 }, 0, MCPASS_E_USAGE },
	{ "a rule", { { ISSUER, NULL, NULL } }, RESOURCE, { "tools/*", "x", "a b", NULL }, 0, MCPASS_OK },
	{ "a rule without a scope", { { ISSUER, NULL, NULL } }, RESOURCE, { "tools/*", NULL, NULL, NULL }, 0,
	    MCPASS_OK },
	{ "a rule without a method", { { ISSUER, NULL, NULL } }, RESOURCE, { "", NULL, "a", NULL }, 0,
	    MCPASS_E_USAGE },
	{ "a star inside", { { ISSUER, NULL, NULL } }, RESOURCE, { "*/call", NULL, "a", NULL }, 0,
	    MCPASS_E_USAGE },
	{ "two stars", { { ISSUER, NULL, NULL } }, RESOURCE, { "tools/**", NULL, "a", NULL }, 0,
	    MCPASS_E_USAGE },
	{ "a scope that is none", { { ISSUER, NULL, NULL } }, RESOURCE, { "*", NULL, "a\"b", NULL }, 0,
	    MCPASS_E_USAGE },
};

static void test_config(void)
{
	for (size_t i = 0; i < COUNT(config_rows); i++) {
		const char *label = config_rows[i].label;
		struct mcpass_guard_config cfg = default_config();
		struct mcpass_guard *guard = NULL;
		struct mcpass_error err = { 0 };

		cfg.resource = config_rows[i].resource;
		cfg.issuers = config_rows[i].issuers;
		cfg.issuer_count = config_rows[i].issuers[1].issuer != NULL ? 2
		    : config_rows[i].issuers[0].issuer != NULL ? 1 : 0;
		cfg.rules = &config_rows[i].rule;
		cfg.rule_count = config_rows[i].rule.method != NULL ? 1 : 0;
		cfg.loopback_http = config_rows[i].loopback_http;
		CHECK_EQ(label, mcpass_guard_new(&cfg, &guard, &err), config_rows[i].want);
		CHECK(label, (guard != NULL) == (config_rows[i].want == MCPASS_OK));
		CHECK_EQ(label, err.rc, config_rows[i].want);
		mcpass_guard_free(guard);
	}
}

static void test_usage(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = NULL;
	struct mcpass_verdict verdict = { .type = MCPASS_ALLOW };
	struct mcpass_guard_request request = { .now = NOW };
	struct mcpass_error err = { 0 };
	const char *json;

	mcpass_guard_free(NULL);
	CHECK_EQ("no configuration", mcpass_guard_new(NULL, &guard, &err), MCPASS_E_USAGE);
	cfg.size--;
	CHECK_EQ("another size", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	cfg = default_config();
	cfg.resource_documentation = "docs/echo.html";
	CHECK_EQ("documentation that is no URL", mcpass_guard_new(&cfg, &guard, &err),
	    MCPASS_E_USAGE);
	CHECK_HAS("which one", err.detail, "resource_documentation");
	cfg = default_config();
	cfg.audiences = empty_word;
	cfg.audience_count = 1;
	CHECK_EQ("an empty audience", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	cfg = default_config();
	cfg.rule_count = MP_MAX_ITEMS + 1;
	CHECK_EQ("too many rules", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	cfg = default_config();
	cfg.scope_count = MP_MAX_ITEMS + 1;
	CHECK_EQ("too many scopes", mcpass_guard_new(&cfg, &guard, &err), MCPASS_E_USAGE);
	CHECK("untouched", guard == NULL);

	CHECK_EQ("no guard", mcpass_guard_check(NULL, &request, &verdict, &err), MCPASS_E_USAGE);
	CHECK_EQ("denies", verdict.type, MCPASS_DENY);
	CHECK_EQ("denies", verdict.status, 503);
	cfg = default_config();
	guard = new_guard(&cfg);
	request.now = -1;
	verdict.type = MCPASS_ALLOW;
	CHECK_EQ("no time", mcpass_guard_check(guard, &request, &verdict, &err), MCPASS_E_USAGE);
	CHECK_EQ("denies", verdict.type, MCPASS_DENY);
	CHECK_EQ("no path", mcpass_guard_metadata(guard, NULL, &json, &err), MCPASS_E_USAGE);
	CHECK_EQ("half a path", mcpass_guard_metadata(guard, "x", &json, &err), MCPASS_E_USAGE);
	mcpass_guard_free(guard);
}

static const uint8_t secret[MP_MAX_NONCE_SECRET + 1] = "not long enough is what it is";
static const struct {
	const char *label;
	int dpop;
	const uint8_t *secret;
	size_t len;
	enum mcpass_rc want;
	const char *detail;
} dpop_rows[] = {
	{ "off", MCPASS_DPOP_OFF, NULL, 0, MCPASS_OK, "" },
	{ "accepted", MCPASS_DPOP_ACCEPTED, NULL, 0, MCPASS_OK, "" },
	{ "required", MCPASS_DPOP_REQUIRED, NULL, 0, MCPASS_OK, "" },
	{ "no such mode", 3, NULL, 0, MCPASS_E_USAGE, "no such way" },
	{ "a negative one", -1, NULL, 0, MCPASS_E_USAGE, "no such way" },
	{ "nonces without DPoP", MCPASS_DPOP_OFF, secret, 32, MCPASS_E_USAGE, "DPoP is off" },
	{ "the shortest secret", MCPASS_DPOP_ACCEPTED, secret, MP_MIN_NONCE_SECRET, MCPASS_OK, "" },
	{ "a shorter one", MCPASS_DPOP_ACCEPTED, secret, MP_MIN_NONCE_SECRET - 1, MCPASS_E_USAGE,
	    "31 bytes, not 32 to 1024" },
	{ "an empty one", MCPASS_DPOP_REQUIRED, secret, 0, MCPASS_E_USAGE, "0 bytes" },
	{ "the longest one", MCPASS_DPOP_REQUIRED, secret, MP_MAX_NONCE_SECRET, MCPASS_OK, "" },
	{ "a longer one", MCPASS_DPOP_REQUIRED, secret, MP_MAX_NONCE_SECRET + 1, MCPASS_E_USAGE,
	    "1025 bytes" },
};

static void test_dpop(void)
{
	for (size_t i = 0; i < COUNT(dpop_rows); i++) {
		const char *label = dpop_rows[i].label;
		struct mcpass_guard_config cfg = default_config();
		struct mcpass_guard *guard = NULL;
		struct mcpass_error err = { 0 };

		cfg.dpop = (enum mcpass_dpop_mode)dpop_rows[i].dpop;
		cfg.nonce_secret = dpop_rows[i].secret;
		cfg.nonce_secret_len = dpop_rows[i].len;
		CHECK_EQ(label, mcpass_guard_new(&cfg, &guard, &err), dpop_rows[i].want);
		CHECK_HAS(label, err.detail, dpop_rows[i].detail);
		CHECK("no secret in an error", strstr(err.detail, "long enough") == NULL);
		CHECK(label, (guard != NULL) == (dpop_rows[i].want == MCPASS_OK));
		mcpass_guard_free(guard);
	}
}

static const struct {
	const char *label;
	struct mcpass_scope_implication implication;
	enum mcpass_rc want;
} implication_rows[] = {
	{ "one implies two", { "a", "b c" }, MCPASS_OK },
	{ "one implies nothing", { "a", NULL }, MCPASS_OK },
	{ "one implies itself", { "a", "a b" }, MCPASS_OK },
	{ "nothing implies", { NULL, "a" }, MCPASS_E_USAGE },
	{ "an empty one", { "", "a" }, MCPASS_E_USAGE },
	{ "two imply", { "a b", "c" }, MCPASS_E_USAGE },
	{ "a scope that is none", { "a\"", "c" }, MCPASS_E_USAGE },
	{ "it implies one that is none", { "a", "c\\" }, MCPASS_E_USAGE },
};

static const struct {
	const char *label;
	struct mcpass_scope_implication implications[3];
	const char *detail;             /* NULL: a guard */
} cycle_rows[] = {
	{ "a chain", { { "a", "b" }, { "b", "c" }, { "c", "d" } }, NULL },
	{ "a diamond", { { "a", "b c" }, { "b", "d" }, { "c", "d" } }, NULL },
	{ "two imply each other", { { "a", "b" }, { "b", "a" }, { "x", "y" } },
	    "the scopes a and b imply each other" },
	{ "a ring of three", { { "a", "b" }, { "b", "c" }, { "c", "a" } }, "imply each other" },
	{ "a ring behind a chain", { { "x", "a" }, { "a", "b" }, { "b", "a" } },
	    "the scopes a and b imply each other" },
};

static void test_implications(void)
{
	struct mcpass_scope_implication many[MP_MAX_ITEMS + 1];
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;

	cfg.implication_count = 1;
	for (size_t i = 0; i < COUNT(implication_rows); i++) {
		struct mcpass_error err = { 0 };

		guard = NULL;
		cfg.implications = &implication_rows[i].implication;
		CHECK_EQ(implication_rows[i].label, mcpass_guard_new(&cfg, &guard, &err),
		    implication_rows[i].want);
		CHECK_EQ(implication_rows[i].label, err.rc, implication_rows[i].want);
		mcpass_guard_free(guard);
	}
	cfg.implication_count = 3;
	for (size_t i = 0; i < COUNT(cycle_rows); i++) {
		struct mcpass_error err = { 0 };

		guard = NULL;
		cfg.implications = cycle_rows[i].implications;
		CHECK_EQ(cycle_rows[i].label, mcpass_guard_new(&cfg, &guard, &err),
		    cycle_rows[i].detail == NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_HAS(cycle_rows[i].label, err.detail,
		    cycle_rows[i].detail != NULL ? cycle_rows[i].detail : "");
		mcpass_guard_free(guard);
	}
	guard = NULL;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct mcpass_scope_implication){ "a", "b" };
	cfg.implications = many;
	cfg.implication_count = MP_MAX_ITEMS;
	CHECK_EQ("the most", mcpass_guard_new(&cfg, &guard, NULL), MCPASS_OK);
	mcpass_guard_free(guard);
	guard = NULL;
	cfg.implication_count = COUNT(many);
	CHECK_EQ("too many", mcpass_guard_new(&cfg, &guard, NULL), MCPASS_E_USAGE);
	CHECK("untouched", guard == NULL);
}

static const struct {
	const char *label, *resource, *path;
	bool there;
} place_rows[] = {
	{ "with the path", RESOURCE, "/.well-known/oauth-protected-resource/mcp", true },
	{ "at the root", RESOURCE, "/.well-known/oauth-protected-resource", true },
	{ "with a slash", RESOURCE, "/.well-known/oauth-protected-resource/", false },
	{ "with another path", RESOURCE, "/.well-known/oauth-protected-resource/mcp2", false },
	{ "the resource itself", RESOURCE, "/mcp", false },
	{ "the authorization server's", RESOURCE, "/.well-known/oauth-authorization-server", false },
	{ "no path", "https://mcp.example", "/.well-known/oauth-protected-resource", true },
	{ "no path", "https://mcp.example", "/", false },
	{ "a slash", "https://mcp.example/", "/.well-known/oauth-protected-resource", true },
	{ "a slash at the end", RESOURCE "/", "/.well-known/oauth-protected-resource/mcp/", true },
	{ "or without it", RESOURCE "/", "/.well-known/oauth-protected-resource/mcp", true },
};

static void test_metadata(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	const char *json = NULL;

	for (size_t i = 0; i < COUNT(place_rows); i++) {
		cfg.resource = place_rows[i].resource;
		guard = new_guard(&cfg);
		json = "untouched";
		CHECK_EQ(place_rows[i].label, mcpass_guard_metadata(guard, place_rows[i].path, &json,
		    NULL), MCPASS_OK);
		CHECK(place_rows[i].label, (json != NULL) == place_rows[i].there);
		mcpass_guard_free(guard);
	}
	cfg = default_config();
	cfg.resource_name = "An echo server";
	cfg.resource_documentation = "https://docs.example/echo";
	cfg.scopes_supported = words;
	cfg.scope_count = COUNT(words);
	guard = new_guard(&cfg);
	mcpass_guard_metadata(guard, "/.well-known/oauth-protected-resource", &json, NULL);
	CHECK_STR("the document", json, "{\"resource\":\"" RESOURCE "\","
	    "\"resource_name\":\"An echo server\","
	    "\"resource_documentation\":\"https://docs.example/echo\",\"authorization_servers\":[\"" ISSUER "\"],"
	    "\"scopes_supported\":[\"mcp:read\",\"mcp:tools\"],"
	    "\"bearer_methods_supported\":[\"header\"]}");
	mcpass_guard_free(guard);
	cfg = default_config();
	cfg.dpop = MCPASS_DPOP_ACCEPTED;
	guard = new_guard(&cfg);
	mcpass_guard_metadata(guard, "/.well-known/oauth-protected-resource", &json, NULL);
	CHECK_HAS("DPoP as well", json, "\"bearer_methods_supported\":[\"header\"],"
	    "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\",");
	CHECK("DPoP as well", strstr(json, "dpop_bound") == NULL);
	mcpass_guard_free(guard);
	cfg.dpop = MCPASS_DPOP_REQUIRED;
	guard = new_guard(&cfg);
	mcpass_guard_metadata(guard, "/.well-known/oauth-protected-resource", &json, NULL);
	CHECK_HAS("DPoP alone", json, "\"dpop_signing_alg_values_supported\":[\"ES256\",");
	CHECK_HAS("DPoP alone", json, "\"dpop_bound_access_tokens_required\":true}");
	mcpass_guard_free(guard);
}

/* --- memory: the nth allocation fails, for every n --- */

static char *set, *good;

static const char *const some_roles[] = { "admin", "editor", NULL };
static const struct mcpass_scope_rule role_rules[] = { { "*", NULL, "mcp:read", some_roles } };
static const struct mcpass_scope_rule checked_rules[] = {
	{ "tools/call", NULL, "mcp:tools", some_roles }, { "*", NULL, "mcp:read", some_roles },
};
static const char *const role_claims[] = { "roles", "a.b\\.c" };

static enum mcpass_rc run_new(void)
{
	static const struct mcpass_guard_issuer two[] = { { ISSUER, JWKS, NULL }, { OTHER, NULL, NULL } };
	static const struct mcpass_scope_implication chain[] = { { "a", "b" }, { "b", "c d" } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = NULL;
	enum mcpass_rc rc;

	cfg.issuers = two;
	cfg.issuer_count = 2;
	cfg.resource_name = "x";
	cfg.resource_documentation = "https://docs.example";
	cfg.rules = role_rules;
	cfg.rule_count = COUNT(role_rules);
	cfg.role_claims = role_claims;
	cfg.role_claim_count = COUNT(role_claims);
	cfg.scopes_supported = cfg.audiences = words;
	cfg.scope_count = cfg.audience_count = COUNT(words);
	cfg.implications = chain;
	cfg.implication_count = COUNT(chain);
	cfg.dpop = MCPASS_DPOP_REQUIRED;
	cfg.nonce_secret = secret;
	cfg.nonce_secret_len = MP_MIN_NONCE_SECRET;
	rc = mcpass_guard_new(&cfg, &guard, NULL);
	CHECK("untouched", (guard != NULL) == (rc == MCPASS_OK));
	mcpass_guard_free(guard);
	return rc;
}

/* One whose rules also ask for roles, which the good token has. */
static struct mcpass_guard *guard_with_roles(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;

	cfg.rules = checked_rules;
	cfg.rule_count = COUNT(checked_rules);
	cfg.role_claims = role_claims;
	cfg.role_claim_count = COUNT(role_claims);
	guard = new_guard(&cfg);
	must(mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL) == MCPASS_OK,
	    "the key set");
	return guard;
}

/* A guard that has its keys, asked short of memory. */
static enum mcpass_rc check_once(const char *method, const char *query)
{
	struct mcpass_guard *guard = guard_with_roles();
	struct mcpass_verdict verdict = { .type = MCPASS_ALLOW };
	struct mcpass_header header = { "Authorization", good };
	struct mcpass_operation operation = { method, NULL };
	struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
		.query = query, .operations = &operation, .operation_count = 1, .now = NOW };
	enum mcpass_rc rc;

	oom_from_here();
	rc = mcpass_guard_check(guard, &request, &verdict, NULL);
	(void)oom_over();
	CHECK("a failure lets nobody in", rc == MCPASS_OK
	    || (verdict.type == MCPASS_DENY && verdict.status == 503));
	mcpass_guard_free(guard);
	return rc;
}

static enum mcpass_rc check_allow(void)
{
	return check_once("ping", "a=b");
}

static enum mcpass_rc check_scope(void)
{
	return check_once("tools/call", NULL);
}

static enum mcpass_rc check_query(void)
{
	return check_once("ping", "access_token=x");
}

static enum mcpass_rc make_guard(void)
{
	oom_from_here();
	return run_new();
}

/* Discovery and key set; what fails for lack of memory can be reported again. */
static enum mcpass_rc take_keys(void)
{
	static const struct mcpass_guard_issuer bare[] = { { ISSUER, NULL, NULL } };
	static const char meta[] = "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" JWKS "\"}";
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	struct mcpass_verdict verdict = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	cfg.issuers = bare;
	guard = new_guard(&cfg);
	oom_from_here();
	for (int i = 0; i < 4 && rc == MCPASS_OK; i++) {
		rc = ask(guard, good, "ping", NULL, NOW, &verdict);
		if (!rc && verdict.type == MCPASS_FETCH) {
			const char *body = strcmp(verdict.fetch->url, JWKS) == 0 ? set : meta;

			rc = mcpass_guard_fetched(guard, verdict.fetch->url, 200, body, strlen(body), NOW,
			    NULL);
		}
	}
	(void)oom_over();
	if (!rc)
		CHECK_EQ("let in at the end", verdict.type, MCPASS_ALLOW);
	mcpass_guard_free(guard);
	return rc;
}

static void test_memory(const char *label, enum mcpass_rc (*once)(void))
{
	OOM_EACH_LATER
		CHECK_OOM(label, once(), MCPASS_OK);
}

int main(void)
{
	struct mp_key *key = new_key(MP_ES256);

	set = key_set(key, NULL);
	good = bearer(key, MP_ES256, NULL, "{\"roles\":[\"user\",\"admin\"],"
	    "\"a\":{\"b.c\":\"editor\"}}");
	test_config();
	test_usage();
	test_dpop();
	test_implications();
	test_metadata();
	test_memory("a guard", make_guard);
	test_memory("let in", check_allow);
	test_memory("a step-up", check_scope);
	test_memory("a refusal", check_query);
	test_memory("keys", take_keys);
	mp_free_wiped(good);
	free(set);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
