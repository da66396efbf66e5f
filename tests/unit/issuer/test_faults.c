/* Every named misbehaviour does what its sentence says, and nothing else is spoilt. */
#include "kit.h"

enum stage { METADATA, KEYS, REGISTER, AUTHORIZE, TOKEN, REFRESH, PUSH, VOUCH, ASSERTION, DEVICE, POLL };
/* What is looked at in the answer of that stage: the status, then a member of its JSON
 * (or "@name": a parameter of the redirect, "!name": a claim or header of the token,
 * "#name": a header) with its value, NULL when it has to be absent. */
static const struct {
	const char *fault;
	enum stage stage;
	int status;
	const char *what, *value;
} rows[] = {
	{ "metadata-html", METADATA, 200, "#Content-Type", "text/html" },
	{ "metadata-203", METADATA, 203, "issuer", AS },
	{ "register-203", REGISTER, 203, "token_endpoint_auth_method", "client_secret_basic" },
	{ "token-203", TOKEN, 203, "token_type", "Bearer" },
	{ "metadata-500", METADATA, 500, "issuer", NULL },
	{ "metadata-huge", METADATA, 200, "issuer", AS },
	{ "metadata-duplicate-name", METADATA, 200, "issuer", NULL },
	{ "metadata-issuer-other", METADATA, 200, "issuer", "https://evil.example" },
	{ "metadata-issuer-slash", METADATA, 200, "issuer", AS "/" },
	{ "metadata-no-s256", METADATA, 200, "code_challenge_methods_supported", NULL },
	{ "metadata-no-token-endpoint", METADATA, 200, "token_endpoint", NULL },
	{ "metadata-http-token-endpoint", METADATA, 200, "token_endpoint",
	    "http://as.example/token" },
	{ "metadata-private-token-endpoint", METADATA, 200, "token_endpoint",
	    "https://169.254.169.254/token" },
	{ "metadata-authorize-javascript", METADATA, 200, "authorization_endpoint",
	    "javascript:alert(1)" },
	{ "metadata-authorize-file", METADATA, 200, "authorization_endpoint",
	    "file:///etc/passwd" },
	{ "metadata-authorize-command", METADATA, 200, "authorization_endpoint",
	    AS "/authorize?x=$(touch$IFS'pwned');calc" },
	{ "metadata-authorize-option", METADATA, 200, "authorization_endpoint",
	    "--renderer-cmd-prefix=sh" },
	{ "metadata-redirect-loop", METADATA, 302, "#Location", "?again" },
	{ "jwks-empty", KEYS, 200, "keys", "" },
	{ "register-403", REGISTER, 403, "error", "insufficient_scope" },
	{ "register-500", REGISTER, 500, "client_id", NULL },
	{ "register-html", REGISTER, 201, "#Content-Type", "text/html" },
	{ "register-no-client-id", REGISTER, 201, "client_id", NULL },
	{ "register-post-method", REGISTER, 201, "token_endpoint_auth_method",
	    "client_secret_post" },
	{ "register-unusable-method", REGISTER, 201, "token_endpoint_auth_method",
	    "tls_client_auth" },
	{ "register-scope-binds", REGISTER, 201, "scope", "mcp:read" },
	{ "authorize-no-state", AUTHORIZE, 303, "@state", NULL },
	{ "authorize-wrong-state", AUTHORIZE, 303, "@state", "forged" },
	{ "authorize-no-iss", AUTHORIZE, 303, "@iss", NULL },
	{ "authorize-wrong-iss", AUTHORIZE, 303, "@iss", "https://evil.example" },
	{ "authorize-iss-slash", AUTHORIZE, 303, "@iss", AS "/" },
	{ "authorize-error-wrong-iss", AUTHORIZE, 303, "@error", "server_error" },
	{ "authorize-error-wrong-iss", AUTHORIZE, 303, "@iss", "https://evil.example" },
	{ "authorize-error-wrong-iss", AUTHORIZE, 303, "@state", STATE },
	{ "authorize-denied", AUTHORIZE, 303, "@error", "access_denied" },
	{ "authorize-denied", AUTHORIZE, 303, "@code", NULL },
	{ "authorize-error-script", AUTHORIZE, 303, "@error_description",
	    "<script>alert(1)</script>\x1b[31m" },
	{ "authorize-no-code", AUTHORIZE, 303, "@code", NULL },
	{ "authorize-no-code", AUTHORIZE, 303, "@error", NULL },
	{ "token-500", TOKEN, 500, "access_token", NULL },
	{ "token-429", TOKEN, 429, "#Retry-After", "1" },
	{ "token-html", TOKEN, 200, "#Content-Type", "text/html" },
	{ "token-huge", TOKEN, 200, "token_type", "Bearer" },
	{ "token-no-access-token", TOKEN, 200, "access_token", NULL },
	{ "token-type-mac", TOKEN, 200, "token_type", "mac" },
	{ "token-redirect", TOKEN, 307, "#Location", "https://evil.example/token" },
	{ "token-invalid-grant", TOKEN, 400, "error", "invalid_grant" },
	{ "token-not-json-type", TOKEN, 200, "#Content-Type", "text/html" },
	{ "token-not-json-type", TOKEN, 200, "token_type", "Bearer" },
	{ "token-less-scope", TOKEN, 200, "scope", "nothing" },
	{ "token-less-scope", TOKEN, 200, "!scope", "nothing" },
	{ "token-expired-at-once", TOKEN, 200, "expires_in", "1" },
	{ "token-expires-in-zero", TOKEN, 200, "expires_in", "0" },
	{ "token-scope-renamed", TOKEN, 200, "scope", "https://as.example/scopes/tools" },
	{ "token-no-type", TOKEN, 200, "token_type", NULL },
	{ "token-no-type", TOKEN, 200, "expires_in", " 600" },
	{ "token-expired", TOKEN, 200, "!exp", "1" },
	{ "token-expired", TOKEN, 200, "!aud", MCP },
	{ "token-wrong-audience", TOKEN, 200, "!aud", "https://other.example/mcp" },
	{ "token-wrong-issuer", TOKEN, 200, "!iss", "https://evil.example" },
	{ "token-alg-none", TOKEN, 200, "!iss", NULL },
	{ "token-hs256", TOKEN, 200, "!iss", NULL },
	{ "refresh-invalid-grant", REFRESH, 400, "error", "invalid_grant" },
	{ "refresh-500", REFRESH, 500, "error", NULL },
	{ "refresh-no-rotation", REFRESH, 200, "refresh_token", NULL },
	{ "refresh-invalid-client", REFRESH, 401, "error", "invalid_client" },
	{ "refresh-bad-token-200", REFRESH, 200, "error", "bad_refresh_token" },
	{ "refresh-error-code", REFRESH, 422, "error_code", "refresh_token_not_found" },
	{ "refresh-error-object", REFRESH, 400, "#Content-Type", "application/json" },
	{ "refresh-404", REFRESH, 404, "#Content-Type", "text/html" },
	{ "refresh-redirect", REFRESH, 302, "#Location", "https://as.example/elsewhere" },
	{ "refresh-html", REFRESH, 200, "#Content-Type", "text/html" },
	{ "refresh-429", REFRESH, 429, "#Retry-After", "120" },
	{ "refresh-503-soon", REFRESH, 503, "#Retry-After", "2" },
	{ "dpop-nonce-loop", TOKEN, 400, "error", "use_dpop_nonce" },
	{ "dpop-nonce-loop", TOKEN, 400, "#DPoP-Nonce", "again" },
	{ "par-203", PUSH, 203, "expires_in", "60" },
	{ "par-500", PUSH, 500, "request_uri", NULL },
	{ "par-no-request-uri", PUSH, 201, "request_uri", NULL },
	/* The honest server would refuse both requests: that nobody vouches is not spoilt. */
	{ "jag-wrong-type", VOUCH, 401, "issued_token_type", NULL },
	{ "jag-denied", VOUCH, 400, "error", "access_denied" },
	{ "assertion-invalid-grant", ASSERTION, 400, "error_description", NULL },
	{ "device-500", DEVICE, 500, "user_code", NULL },
	{ "device-html", DEVICE, 200, "#Content-Type", "text/html" },
	{ "device-unauthorized", DEVICE, 400, "error", "unauthorized_client" },
	{ "device-no-expiry", DEVICE, 200, "expires_in", NULL },
	{ "device-no-expiry", DEVICE, 200, "interval", "5" },
	{ "device-no-user-code", DEVICE, 200, "user_code", NULL },
	{ "device-sentence-code", DEVICE, 200, "user_code", "Go to evil.example" },
	{ "device-pending-428", POLL, 428, "error", "authorization_pending" },
	{ "device-escape-code", DEVICE, 200, "user_code", "A\xc2\x9b" "2J\xe2\x80\xae" },
	{ "device-bad-uri", DEVICE, 200, "verification_uri", "javascript:alert(1)" },
	{ "device-bad-uri-complete", DEVICE, 200, "verification_uri_complete", "file:///etc/passwd" },
	{ "device-http-uri", DEVICE, 200, "verification_uri", "http://as.example/device" },
	{ "device-command-uri", DEVICE, 200, "verification_uri", "$(touch pwned)" },
	{ "device-slow-down", POLL, 400, "error", "slow_down" },
	{ "device-pending-forever", POLL, 400, "error", "authorization_pending" },
	{ "device-denied", POLL, 400, "error", "access_denied" },
	{ "device-expired", POLL, 400, "error", "expired_token" },
	{ "device-poll-500", POLL, 500, "error", NULL },
	{ "device-poll-html", POLL, 200, "#Content-Type", "text/html" },
};

#define SCOPED_CLIENT "{\"redirect_uris\":[\"" CALLBACK "\"],\"scope\":\"mcp:read\"}"

static int ask_stage(struct kit *kit, enum stage stage, const char *code, const char *refresh)
{
	char form[256];
	int status;

	switch (stage) {
	case METADATA:
		return kit_get(kit, "/.well-known/oauth-authorization-server", NULL);
	case KEYS:
		return kit_get(kit, "/jwks", NULL);
	case REGISTER:
		return kit_ask(kit, &(struct ask){ .method = "POST", .path = "/register",
		    .type = JSON, .body = SCOPED_CLIENT });
	case AUTHORIZE:
		status = kit_get(kit, "/authorize", kit_query(kit, "mcp:read", NULL));
		return status == 200 ? kit_decide(kit, "allow") : status;
	case TOKEN:
		return kit_exchange(kit, code, "");
	case REFRESH:
		return kit_refresh(kit, refresh, "");
	case PUSH:
		return kit_post(kit, "/par", kit_query(kit, "mcp:read", NULL));
	case VOUCH:
		return kit_post(kit, "/token", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type"
		    "%3Atoken-exchange");
	case ASSERTION:
		return kit_post(kit, "/token", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type"
		    "%3Ajwt-bearer&assertion=x");
	case DEVICE:
		snprintf(form, sizeof(form), "scope=mcp%%3Aread&client_id=%s", kit->client_id);
		return kit_post(kit, "/device_authorization", form);
	case POLL:
		return kit_post(kit, "/token", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type"
		    "%3Adevice_code&device_code=x");
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
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *code, *refresh;

		kit.now += 60;          /* so that no limit is met */
		mp_issuer_misbehave(kit.issuer, NULL, NULL);
		kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
		refresh = kit_member(&kit, "refresh_token");
		code = kit_code(&kit, "alice", "mcp:read");
		CHECK_EQ(rows[i].fault, mp_issuer_misbehave(kit.issuer, rows[i].fault, NULL),
		    MCPASS_OK);
		/* Nothing but its own stage is spoilt. */
		for (enum stage other = METADATA; other < TOKEN; other++)
			if (other != rows[i].stage)
				CHECK_EQ(rows[i].fault, ask_stage(&kit, other, NULL, NULL),
				    other == REGISTER ? 201 : other == AUTHORIZE ? 303 : 200);
		CHECK_EQ(rows[i].fault, ask_stage(&kit, rows[i].stage, code, refresh),
		    rows[i].status);
		CHECK_STR(rows[i].fault, look(&kit, rows[i].what), rows[i].value);
		if (strcmp(rows[i].fault, "metadata-huge") == 0)
			CHECK("over the cap", kit.answer.body.len > MP_MAX_DOCUMENT);
		if (strcmp(rows[i].fault, "token-huge") == 0)
			CHECK("over the cap", kit.answer.body.len > MP_MAX_TOKEN_RESPONSE);
		if (rows[i].stage != REFRESH)
			continue;
		mp_issuer_misbehave(kit.issuer, NULL, NULL);
		CHECK_EQ("the refresh token is as good as before", kit_refresh(&kit, refresh, ""), 200);
	}
	kit_close(&kit);
}

/* A secret that was given has to be used: the honest code knows of it. */
static void test_post_method(void)
{
	struct kit kit;
	char more[128];

	kit_open(&kit, AS);
	mp_issuer_misbehave(kit.issuer, "register-post-method", NULL);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK("a secret", kit.secret[0] != '\0');
	CHECK_EQ("without it", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), ""), 401);
	snprintf(more, sizeof(more), "&client_secret=%s", kit.secret);
	CHECK_EQ("with it", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), more), 200);
	kit_close(&kit);
}

static void test_forged_tokens(void)
{
	static const struct { const char *fault, *begin; bool ends_in_dot; } forged[] = {
		/* {"typ":"at+jwt","alg":"none"} and "HS256" */
		{ "token-alg-none", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJub25lIn0.", true },
		{ "token-hs256", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.", false },
	};

	for (size_t i = 0; i < COUNT(forged); i++) {
		const char *token;
		struct kit kit;

		kit_open(&kit, AS);
		kit_register(&kit, PUBLIC_CLIENT);
		mp_issuer_misbehave(kit.issuer, forged[i].fault, NULL);
		kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
		token = kit_member(&kit, "access_token");
		CHECK(forged[i].fault, strncmp(token, forged[i].begin, strlen(forged[i].begin)) == 0);
		CHECK(forged[i].fault, (token[strlen(token) - 1] == '.') == forged[i].ends_in_dot);
		kit_close(&kit);
	}
}

static void test_list(void)
{
	struct mcpass_error err = { 0 };
	struct kit kit;
	size_t count = 0;
	const struct mp_fault *faults = mp_faults(&count);

	kit_open(&kit, AS);
	CHECK("many", count >= 40);
	for (size_t i = 0; i < count; i++) {
		/* What depends on the request has its rows in test_faults_asked.c. */
		bool tried = strncmp(faults[i].name, "keycloak-", 9) == 0
		    || strncmp(faults[i].name, "like-", 5) == 0
		    || strcmp(faults[i].name, "register-bare") == 0
		    || strcmp(faults[i].name, "register-nothing") == 0;

		for (size_t j = 0; j < COUNT(rows); j++)
			tried = tried || strcmp(rows[j].fault, faults[i].name) == 0;
		CHECK(faults[i].name, tried);
		for (size_t j = 0; j < i; j++)
			CHECK(faults[i].name, strcmp(faults[i].name, faults[j].name) != 0);
		CHECK(faults[i].name, faults[i].does[strlen(faults[i].does) - 1] == '.');
		CHECK_EQ(faults[i].name, mp_issuer_misbehave(kit.issuer, faults[i].name, &err),
		    MCPASS_OK);
	}
	CHECK_EQ("none of that name", mp_issuer_misbehave(kit.issuer, "x", &err), MCPASS_E_USAGE);
	CHECK_EQ("nor of a part", mp_issuer_misbehave(kit.issuer, "token-50", &err), MCPASS_E_USAGE);
	CHECK_EQ("behave", mp_issuer_misbehave(kit.issuer, NULL, &err), MCPASS_OK);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_list();
	test_rows();
	test_post_method();
	test_forged_tokens();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
