/* The misbehaviours that depend on what is asked: each is met where its sentence says, and is
 * not where it does not. */
#include "kit.h"

enum stage { METADATA, REGISTER, PUSH, AUTHORIZE, TOKEN, REFRESH };

#define NATIVE PUBLIC_CLIENT
#define SCOPED "{\"redirect_uris\":[\"" CALLBACK "\"],\"scope\":\"mcp:read mcp:prompts\"}"
#define READER "{\"redirect_uris\":[\"" CALLBACK "\"],\"scope\":\"mcp:read\"}"
#define BARE "{\"redirect_uris\":[\"" CALLBACK "\"]}"
#define TARGET "resource=https%3A%2F%2Fmcp.example%2Fmcp"

static const struct {
	const char *fault;
	enum stage stage;
	const char *body;               /* REGISTER: what is posted; else more of the query */
	const char *scope;
	const char *token;              /* more of the token request */
	bool without_resource, with_bearer;
	int status;
	const char *what, *value;       /* as in test_faults.c */
} rows[] = {
	{ "keycloak-trusted-hosts", REGISTER, BARE, .status = 403, .what = "error",
	  .value = "insufficient_scope" },
	{ "keycloak-max-clients", REGISTER, BARE, .status = 403, .what = "error_description",
	  .value = "Policy 'Max Clients Limit' rejected request to client-registration service. Details:"
	      " It's allowed to have max 200 clients per realm" },
	{ "keycloak-origin", REGISTER, BARE, .status = 403, .what = "error", .value = "Invalid origin" },
	{ "keycloak-some-scopes", REGISTER, SCOPED, .status = 403, .what = "error",
	  .value = "insufficient_scope" },
	{ "keycloak-some-scopes", REGISTER, READER, .status = 201, .what = "scope", .value = "mcp:read" },
	{ "keycloak-no-scopes", REGISTER, READER, .status = 403, .what = "client_id" },
	{ "keycloak-no-scopes", REGISTER, BARE, .status = 201, .what = "error" },
	{ "keycloak-no-client-at-all", REGISTER, BARE, .status = 403, .what = "client_id" },
	{ "keycloak-unknown-field", REGISTER, NATIVE, .status = 400, .what = "error",
	  .value = "Invalid json representation for OIDCClientRepresentation. Unrecognized field"
	      " \"application_type\" at line 1 column 272." },
	{ "keycloak-unknown-field", REGISTER, SCOPED, .status = 201, .what = "error" },
	{ "register-bare", REGISTER, NATIVE, .status = 400, .what = "error",
	  .value = "invalid_client_metadata" },
	{ "register-bare", REGISTER, SCOPED, .status = 201, .what = "error" },
	{ "register-nothing", REGISTER, BARE, .status = 400, .what = "error",
	  .value = "invalid_client_metadata" },
	{ "keycloak-offline", METADATA, .status = 200, .what = "issuer", .value = AS },
	{ "keycloak-offline", TOKEN, .scope = "mcp:read offline_access", .status = 400, .what = "error",
	  .value = "not_allowed" },
	{ "keycloak-offline", TOKEN, .scope = "mcp:read", .status = 200, .what = "error" },
	{ "keycloak-offline-scope", AUTHORIZE, .scope = "mcp:read offline_access", .status = 303,
	  .what = "@error", .value = "invalid_scope" },
	{ "keycloak-offline-scope", AUTHORIZE, .scope = "mcp:read", .status = 303, .what = "@error" },
	{ "keycloak-offline-pushed", PUSH, .scope = "mcp:read offline_access", .status = 400,
	  .what = "error", .value = "invalid_scope" },
	{ "keycloak-offline-pushed", PUSH, .scope = "mcp:read", .status = 201, .what = "error" },
	{ "keycloak-ceiling", AUTHORIZE, .scope = "mcp:read", .status = 303,
	  .what = "@error_description", .value = "Invalid scopes: mcp:tools" },
	{ "keycloak-invalid-target", TOKEN, .scope = "mcp:read", .status = 400, .what = "error",
	  .value = "invalid_target" },
	{ "keycloak-client-not-found", AUTHORIZE, .scope = "mcp:read", .status = 400,
	  .what = "#Location" },

	{ "like-entra", METADATA, .status = 200, .what = "code_challenge_methods_supported" },
	{ "like-entra", METADATA, .status = 200, .what = "registration_endpoint" },
	{ "like-entra", AUTHORIZE, .scope = "mcp:read", .status = 303, .what = "@error",
	  .value = "invalid_target" },
	{ "like-entra", AUTHORIZE, .scope = "mcp:read", .without_resource = true, .status = 303,
	  .what = "@error" },
	{ "like-entra", TOKEN, .scope = "mcp:read", .without_resource = true, .token = "&" TARGET,
	  .status = 400, .what = "error", .value = "invalid_target" },
	{ "like-entra", TOKEN, .scope = "mcp:read", .without_resource = true, .status = 200,
	  .what = "refresh_token" },
	{ "like-entra", REFRESH, .scope = "mcp:read offline_access", .without_resource = true,
	  .status = 200, .what = "error" },
	{ "like-entra", REFRESH, .scope = "mcp:read offline_access", .without_resource = true,
	  .token = "&" TARGET, .status = 400, .what = "error", .value = "invalid_target" },
	{ "like-auth0", TOKEN, .scope = "mcp:read", .status = 200, .what = "!aud",
	  .value = AS "/userinfo" },
	{ "like-auth0", TOKEN, "audience=urn%3Aapi", "mcp:read", .status = 200, .what = "!aud",
	  .value = "urn:api" },
	{ "like-google", METADATA, .status = 200, .what = "registration_endpoint" },
	{ "like-google", TOKEN, .scope = "mcp:read", .status = 200, .what = "refresh_token" },
	{ "like-google", TOKEN, "access_type=offline", "mcp:read", .status = 200,
	  .what = "refresh_token" },
	{ "like-google", TOKEN, "prompt=consent", "mcp:read", .status = 200, .what = "refresh_token" },
	{ "like-google", REFRESH, "access_type=offline&prompt=consent", "mcp:read", .status = 200,
	  .what = "refresh_token" },
	{ "like-okta", REGISTER, NATIVE, .status = 401, .what = "errorSummary",
	  .value = "Invalid session" },
	{ "like-okta", REGISTER, NATIVE, .with_bearer = true, .status = 201, .what = "errorSummary" },
	{ "like-okta", TOKEN, .scope = "mcp:read", .status = 200, .what = "!aud",
	  .value = "api://default" },
	{ "like-okta", TOKEN, "audience=x", "mcp:read", .status = 200, .what = "!aud", .value = MCP },
	{ "like-cognito", METADATA, .status = 200, .what = "code_challenge_methods_supported" },
	{ "like-cognito", AUTHORIZE, .status = 303, .what = "@error", .value = "invalid_request" },
	{ "like-cognito", AUTHORIZE, .scope = "openid", .status = 303, .what = "@error" },
};

/* The query of the row, with the resource or without it. */
static const char *query_of(struct kit *kit, size_t i)
{
	/* A copy of its own, which may be changed. */
	char *query = (char *)kit_query(kit, rows[i].scope, rows[i].stage != REGISTER ? rows[i].body
	    : NULL);
	char *at = strstr(query, "&" TARGET);
	size_t len = strlen("&" TARGET);

	if (rows[i].without_resource)
		memmove(at, at + len, strlen(at + len) + 1);
	return query;
}

/* Through the pages, to the redirect or to where it ends before. */
static int visit(struct kit *kit, size_t i)
{
	int status = kit_get(kit, "/authorize", query_of(kit, i));

	if (status == 200 && strstr(kit_body(kit), "name=\"password\"") != NULL)
		status = kit_sign_in(kit, "alice", "secret");
	return status == 200 ? kit_decide(kit, "allow") : status;
}

static int exchange(struct kit *kit, size_t i)
{
	const char *code;

	visit(kit, i);
	code = kit_param(kit, "code");
	return kit_exchange(kit, code != NULL ? code : "",
	    rows[i].stage == TOKEN && rows[i].token != NULL ? rows[i].token : "");
}

static int go(struct kit *kit, size_t i)
{
	const char *refresh;

	switch (rows[i].stage) {
	case METADATA:
		return kit_get(kit, "/.well-known/oauth-authorization-server", NULL);
	case REGISTER:
		return kit_ask(kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
		    .body = rows[i].body, .authorization = rows[i].with_bearer ? "Bearer x" : NULL });
	case PUSH:
		return kit_post(kit, "/par", query_of(kit, i));
	case AUTHORIZE:
		return visit(kit, i);
	case TOKEN:
		return exchange(kit, i);
	case REFRESH:
		CHECK_EQ(rows[i].fault, exchange(kit, i), 200);
		refresh = kit_member(kit, "refresh_token");
		if (!CHECK("a refresh token", refresh != NULL))
			return 0;
		return kit_refresh(kit, refresh, rows[i].token != NULL ? rows[i].token : "");
	}
	return 0;
}

static const char *look(struct kit *kit, const char *what)
{
	if (what[0] == '@')
		return kit_param(kit, what + 1);
	if (what[0] == '#')
		return kit_header(kit, what + 1);
	if (what[0] == '!')
		return kit_claim(kit, kit_member(kit, "access_token"), what + 1);
	return kit_member(kit, what);
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit kit;

		kit_open(&kit, AS);
		kit_register(&kit, PUBLIC_CLIENT);
		CHECK_EQ(rows[i].fault, mp_issuer_misbehave(kit.issuer, rows[i].fault, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].fault, go(&kit, i), rows[i].status);
		CHECK_STR(rows[i].fault, look(&kit, rows[i].what), rows[i].value);
		kit_close(&kit);
	}
}

/* Each of them has a row; the others have theirs in test_faults.c. */
static void test_list(void)
{
	size_t count = 0;
	const struct mp_fault *faults = mp_faults(&count);

	for (size_t i = 0; i < count; i++) {
		const char *name = faults[i].name;
		bool tried = false;

		if (strncmp(name, "keycloak-", 9) != 0 && strncmp(name, "like-", 5) != 0)
			continue;
		for (size_t j = 0; j < COUNT(rows); j++)
			tried = tried || strcmp(rows[j].fault, name) == 0;
		CHECK(name, tried);
	}
}

/* What one login asked for is not the next one's, and an issuer that behaves keeps nothing. */
static void test_memory(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	mp_issuer_misbehave(kit.issuer, "like-auth0", NULL);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", "audience=urn%3Aapi"));
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	CHECK_STR("the second request had none", look(&kit, "!aud"), AS "/userinfo");
	mp_issuer_misbehave(kit.issuer, NULL, NULL);
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	CHECK_STR("well behaved", look(&kit, "!aud"), MCP);
	kit_close(&kit);
}

int main(void)
{
	test_rows();
	test_list();
	test_memory();
	return check_done();
}
