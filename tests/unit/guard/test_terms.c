/* Each issuer's tokens are judged on its own terms: audiences, rules, roles, clients. */
#include "mint.h"

#define CI "https://ci.example"         /* signs tokens of programs; mint.h's ISSUER people's */

static struct mp_key *people, *programs;
static char *people_set, *programs_set;

static const char *const staff[] = { "staff", NULL }, *const deploy[] = { "deploy", NULL };
static const struct mcpass_guard_issuer issuers[] = { { ISSUER, JWKS, NULL },
	{ CI, CI "/jwks", NULL } };
static const struct mcpass_scope_rule all_rules[] = {
	{ "tools/call", "release", "mcp:tools", staff },
	{ "*", NULL, "mcp:read", NULL },
};
static const struct mcpass_scope_rule ci_rules[] = {
	{ "tools/call", "release", "", deploy },
	{ "*", NULL, "ci:never", NULL },
};
static const char *const groups[] = { "groups" }, *const projects[] = { "project.roles" };
static const char *const ci_audiences[] = { "https://ci-only.example" };
static const char *const clients[] = { "cognito-app", "another-app" };
static const char *const asked[] = { "mcp:read", "mcp:tools" };

static struct mcpass_guard_config two_issuers(const struct mcpass_issuer_terms *terms, size_t count)
{
	struct mcpass_guard_config cfg = default_config();

	cfg.issuers = issuers;
	cfg.issuer_count = COUNT(issuers);
	cfg.rules = all_rules;
	cfg.rule_count = COUNT(all_rules);
	cfg.role_claims = groups;
	cfg.role_claim_count = 1;
	cfg.challenge_scopes = asked;
	cfg.challenge_scope_count = COUNT(asked);
	cfg.terms = terms;
	cfg.term_count = count;
	return cfg;
}

static struct mcpass_guard *guard_on(const struct mcpass_issuer_terms *terms, size_t count)
{
	const struct mcpass_guard_config cfg = two_issuers(terms, count);
	struct mcpass_guard *guard = new_guard(&cfg);

	must(mcpass_guard_fetched(guard, JWKS, 200, people_set, strlen(people_set), NOW, NULL)
	    == MCPASS_OK && mcpass_guard_fetched(guard, CI "/jwks", 200, programs_set,
	    strlen(programs_set), NOW, NULL) == MCPASS_OK, "the key sets");
	return guard;
}

static struct mcpass_issuer_terms ci_terms(void)
{
	return (struct mcpass_issuer_terms){ .issuer = CI, .audiences = ci_audiences,
		.rules = ci_rules, .role_claims = projects, .audience_count = 1,
		.rule_count = COUNT(ci_rules), .role_claim_count = 1 };
}

/* "P" for people's issuer, "C" for the programs'. */
static const struct {
	const char *label;
	char of;
	const char *changes, *method, *name;
	int status;                     /* 0: let in */
	const char *has;                /* part of reason or challenge; NULL: any */
} rows[] = {
	{ "a person of the staff", 'P', "{\"groups\":[\"staff\"],\"scope\":\"mcp:tools\"}", "tools/call",
	    "release", 0, NULL },
	{ "a person's group of the programs' name", 'P', "{\"groups\":[\"deploy\"],\"scope\":\"mcp:tools\"}",
	    "tools/call", "release", 403, "none of the roles" },
	{ "a person with the programs' claim", 'P', "{\"project\":{\"roles\":[\"staff\"]},"
	    "\"scope\":\"mcp:tools\"}", "tools/call", "release", 403, "none of the roles" },
	{ "a person for the programs' audience", 'P', "{\"aud\":\"https://ci-only.example\"}", "ping", NULL,
	    401, "aud does not" },
	{ "a program that deploys", 'C', "{\"project\":{\"roles\":[\"deploy\"]}}", "tools/call", "release",
	    0, NULL },
	{ "a program that writes a person's group", 'C', "{\"groups\":[\"staff\",\"deploy\"],"
	    "\"scope\":\"mcp:tools\"}", "tools/call", "release", 403, "none of the roles" },
	{ "a program with a person's role", 'C', "{\"project\":{\"roles\":[\"staff\"]}}", "tools/call",
	    "release", 403, "none of the roles" },
	{ "a program, elsewhere", 'C', "{\"project\":{\"roles\":[\"deploy\"]},\"scope\":\"mcp:read\"}",
	    "ping", NULL, 403, "scope=\"ci:never\"" },
	{ "a program for the people's audience", 'C', "{\"aud\":\"" RESOURCE "\"}", "ping", NULL, 401,
	    "aud does not" },
	{ "an old token of a program asks for its own scopes", 'C', "{\"exp\":1}", "ping", NULL, 401,
	    "scope=\"ci:never\"" },
	{ "a person's for the people's", 'P', "{\"exp\":1}", "ping", NULL, 401,
	    "scope=\"mcp:read mcp:tools\"" },
};

static char *token_of(char of, const char *changes)
{
	json_t *json = json_loads(changes, 0, NULL);
	char *all, *value;

	must(json != NULL, changes);
	if (of == 'C') {
		json_object_set_new(json, "iss", json_string(CI));
		if (json_object_get(json, "aud") == NULL)
			json_object_set_new(json, "aud", json_string(ci_audiences[0]));
	}
	all = mp_json_dump(json);
	value = bearer(of == 'C' ? programs : people, MP_ES256, NULL, all);
	mp_free_wiped(all);
	json_decref(json);
	return value;
}

static void test_rows(void)
{
	const struct mcpass_issuer_terms terms = ci_terms();
	struct mcpass_guard *guard = guard_on(&terms, 1);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		char *value = token_of(rows[i].of, rows[i].changes), both[512];

		for (int again = 0; again < 2; again++) {       /* remembered, too */
			struct mcpass_verdict verdict = { 0 };

			CHECK_EQ(label, ask(guard, value, rows[i].method, rows[i].name, NOW, &verdict),
			    MCPASS_OK);
			CHECK_EQ(label, verdict.status, rows[i].status);
			snprintf(both, sizeof(both), "%s %s", verdict.reason != NULL ? verdict.reason : "",
			    verdict.www_authenticate != NULL ? verdict.www_authenticate : "");
			CHECK_HAS(label, both, rows[i].has != NULL ? rows[i].has : "");
		}
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* What is left out counts as it does for all. */
static void test_left_out(void)
{
	const struct mcpass_issuer_terms terms = { .issuer = CI };
	struct mcpass_guard *guard = guard_on(&terms, 1);
	char *value = token_of('C', "{\"aud\":\"" RESOURCE "\",\"groups\":[\"staff\"],"
	    "\"scope\":\"mcp:tools\"}");
	struct mcpass_verdict verdict = { 0 };

	ask(guard, value, "tools/call", "release", NOW, &verdict);
	CHECK_EQ("as for all", verdict.type, MCPASS_ALLOW);
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

/* An issuer that writes no aud (Cognito): its clients stand for it. */
static const struct {
	const char *label;
	char of;
	const char *changes;
	bool good;
} client_rows[] = {
	{ "a client that is named", 'C', "{\"aud\":null,\"client_id\":\"cognito-app\"}", true },
	{ "by azp", 'C', "{\"aud\":null,\"client_id\":null,\"azp\":\"another-app\"}", true },
	{ "another client", 'C', "{\"aud\":null,\"client_id\":\"evil-app\"}", false },
	{ "no client", 'C', "{\"aud\":null,\"client_id\":null}", false },
	{ "a named client's token for another server", 'C', "{\"aud\":\"https://x.example\","
	    "\"client_id\":\"cognito-app\"}", false },
	{ "an empty list of audiences", 'C', "{\"aud\":[],\"client_id\":\"cognito-app\"}", false },
	{ "a client of that name at the other issuer", 'P', "{\"aud\":null,\"client_id\":\"cognito-app\"}",
	    false },
};

static void test_clients(void)
{
	const struct mcpass_issuer_terms terms = { .issuer = CI, .clients = clients,
		.client_count = COUNT(clients) };
	struct mcpass_guard *guard = guard_on(&terms, 1);

	for (size_t i = 0; i < COUNT(client_rows); i++) {
		char *value = token_of(client_rows[i].of, client_rows[i].changes);
		struct mcpass_verdict verdict = { 0 };

		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(client_rows[i].label, verdict.status, client_rows[i].good ? 0 : 401);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* Dex writes into access tokens what others write into ID tokens alone. */
static void test_id_token_claims(void)
{
	const struct mcpass_issuer_terms terms = { .issuer = ISSUER, .id_token_claims = 1 };
	static const struct {
		const char *label;
		char of;
		const char *changes;
		bool good;
	} dex_rows[] = {
		{ "at_hash and nonce", 'P', "{\"at_hash\":\"h\",\"nonce\":\"n\"}", true },
		{ "for another", 'P', "{\"at_hash\":\"h\",\"aud\":\"x\"}", false },
		{ "what says that it is an ID token", 'P', "{\"at_hash\":\"h\",\"typ\":\"ID\"}", false },
		{ "a logout token", 'P', "{\"events\":{}}", false },
		{ "at the other issuer", 'C', "{\"at_hash\":\"h\",\"aud\":\"" RESOURCE "\"}", false },
	};
	struct mcpass_guard *guard = guard_on(&terms, 1);

	for (size_t i = 0; i < COUNT(dex_rows); i++) {
		char *value = token_of(dex_rows[i].of, dex_rows[i].changes);
		struct mcpass_verdict verdict = { 0 };

		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(dex_rows[i].label, verdict.status, dex_rows[i].good ? 0 : 401);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* Without a path there are two spellings of one resource; with one there are not. */
static const struct {
	const char *label, *resource, *audience, *aud;
	bool good;
} spelling_rows[] = {
	{ "as it is", "https://h.example", NULL, "https://h.example", true },
	{ "with a slash", "https://h.example", NULL, "https://h.example/", true },
	{ "without the slash", "https://h.example/", NULL, "https://h.example", true },
	{ "with it", "https://h.example/", NULL, "https://h.example/", true },
	{ "two slashes", "https://h.example", NULL, "https://h.example//", false },
	{ "something behind it", "https://h.example", NULL, "https://h.example/x", false },
	{ "a port", "https://h.example:8443", NULL, "https://h.example:8443/", true },
	{ "another port", "https://h.example:8443", NULL, "https://h.example/", false },
	{ "a path", "https://h.example/mcp", NULL, "https://h.example/mcp/", false },
	{ "a configured audience is compared as it is", "https://h.example", "https://h.example",
	    "https://h.example/", false },
};

static void test_spellings(void)
{
	for (size_t i = 0; i < COUNT(spelling_rows); i++) {
		struct mcpass_guard_config cfg = default_config();
		struct mcpass_guard *guard;
		struct mcpass_verdict verdict = { 0 };
		char changes[128], *value;

		cfg.resource = spelling_rows[i].resource;
		cfg.audiences = &spelling_rows[i].audience;
		cfg.audience_count = spelling_rows[i].audience != NULL;
		guard = new_guard(&cfg);
		mcpass_guard_fetched(guard, JWKS, 200, people_set, strlen(people_set), NOW, NULL);
		snprintf(changes, sizeof(changes), "{\"aud\":\"%s\"}", spelling_rows[i].aud);
		value = bearer(people, MP_ES256, NULL, changes);
		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(spelling_rows[i].label, verdict.status, spelling_rows[i].good ? 0 : 401);
		mp_free_wiped(value);
		mcpass_guard_free(guard);
	}
}

static void test_config(void)
{
	static const char *const empty[] = { "" };
	static const struct mcpass_scope_rule by_role = { "*", NULL, "", staff };
	static const struct {
		const char *label;
		struct mcpass_issuer_terms terms[2];
		size_t count;
		enum mcpass_rc want;
	} config_rows[] = {
		{ "none", { { .issuer = NULL } }, 0, MCPASS_OK },
		{ "of an issuer", { { .issuer = CI } }, 1, MCPASS_OK },
		{ "of both", { { .issuer = CI }, { .issuer = ISSUER } }, 2, MCPASS_OK },
		{ "of a stranger", { { .issuer = "https://x.example" } }, 1, MCPASS_E_USAGE },
		{ "of none", { { .issuer = NULL } }, 1, MCPASS_E_USAGE },
		{ "twice", { { .issuer = CI }, { .issuer = CI } }, 2, MCPASS_E_USAGE },
		{ "an empty audience", { { .issuer = CI, .audiences = empty, .audience_count = 1 } }, 1,
		    MCPASS_E_USAGE },
		{ "an empty client", { { .issuer = CI, .clients = empty, .client_count = 1 } }, 1,
		    MCPASS_E_USAGE },
		{ "an empty role claim", { { .issuer = CI, .role_claims = empty, .role_claim_count = 1 } }, 1,
		    MCPASS_E_USAGE },
		{ "rules with roles", { { .issuer = CI, .rules = &by_role, .rule_count = 1 } }, 1, MCPASS_OK },
	};

	for (size_t i = 0; i < COUNT(config_rows); i++) {
		const struct mcpass_guard_config cfg = two_issuers(config_rows[i].terms,
		    config_rows[i].count);
		struct mcpass_guard *guard = NULL;
		struct mcpass_error err = { 0 };

		CHECK_EQ(config_rows[i].label, mcpass_guard_new(&cfg, &guard, &err), config_rows[i].want);
		CHECK(config_rows[i].label, (guard == NULL) == (err.detail[0] != '\0'));
		mcpass_guard_free(guard);
	}
}

static void test_no_memory(void)
{
	const struct mcpass_issuer_terms terms = ci_terms();
	struct mcpass_guard_config cfg = two_issuers(&terms, 1);

	cfg.issuer_metadata = 1;
	OOM_EACH {
		struct mcpass_guard *guard = NULL;
		enum mcpass_rc rc;

		rc = mcpass_guard_new(&cfg, &guard, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mcpass_guard_free(guard);
	}
}

int main(void)
{
	people = new_key(MP_ES256);
	programs = new_key(MP_ES256);
	people_set = key_set(people, NULL);
	programs_set = key_set(programs, NULL);
	test_rows();
	test_left_out();
	test_clients();
	test_id_token_claims();
	test_spellings();
	test_config();
	test_no_memory();
	free(people_set);
	free(programs_set);
	mp_key_free(people);
	mp_key_free(programs);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
