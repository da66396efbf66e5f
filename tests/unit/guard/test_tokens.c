/* Which tokens pass, and which do not: one row a rule. */
#include <openssl/hmac.h>
#include "guard/verify.h"
#include "mint.h"

static struct mp_key *key;              /* in the issuer's set */
static struct mp_key *stranger;         /* in nobody's */
static char *set;

/* Rows about claims: all of them are signed by the issuer. */
static const struct {
	const char *label, *header, *changes;
	int status;                     /* 0: let in */
	const char *why;                /* part of the reason */
} claim_rows[] = {
	{ "a good token", NULL, NULL, 0, NULL },
	{ "typ JWT", "{\"typ\":\"JWT\"}", NULL, 0, NULL },
	{ "typ at+jwt", "{\"typ\":\"at+jwt\"}", NULL, 0, NULL },
	{ "typ in full, any case", "{\"typ\":\"Application/AT+jwt\"}", NULL, 0, NULL },
	{ "typ application/jwt", "{\"typ\":\"application/jwt\"}", NULL, 0, NULL },
	{ "a DPoP proof", "{\"typ\":\"dpop+jwt\"}", NULL, 401, "typ is dpop+jwt" },
	{ "a logout token", "{\"typ\":\"logout+jwt\"}", NULL, 401, "typ is" },
	{ "an ID-JAG", "{\"typ\":\"oauth-id-jag+jwt\"}", NULL, 401, "typ is" },
	{ "an empty typ", "{\"typ\":\"\"}", NULL, 401, "typ is" },
	{ "a bare prefix", "{\"typ\":\"application/\"}", NULL, 401, "typ is" },
	{ "b64 false, though not critical", "{\"b64\":false}", NULL, 401, "b64" },
	{ "b64 that is no truth", "{\"b64\":\"true\"}", NULL, 401, "b64" },
	{ "b64 true", "{\"b64\":true}", NULL, 0, NULL },
	{ "typ that is no string", "{\"typ\":[\"JWT\"]}", NULL, 401, NULL },
	{ "crit", "{\"crit\":[\"exp\"],\"exp\":1}", NULL, 401, "crit" },
	{ "jku of somebody's is not looked at", "{\"jku\":\"https://evil.example\"}", NULL, 0, NULL },
	{ "x5u neither", "{\"x5u\":\"https://evil.example\"}", NULL, 0, NULL },

	{ "Keycloak's access token", NULL, "{\"typ\":\"Bearer\",\"azp\":\"k\",\"client_id\":null}", 0,
	    NULL },
	{ "Keycloak's ID token", NULL, "{\"typ\":\"ID\"}", 401, "typ is ID" },
	{ "Keycloak's refresh token", NULL, "{\"typ\":\"Refresh\"}", 401, "typ is Refresh" },
	{ "Keycloak's offline token", NULL, "{\"typ\":\"Offline\"}", 401, "typ is Offline" },
	{ "the claim typ is no string", NULL, "{\"typ\":[\"ID\"]}", 401, "typ" },
	{ "Cognito's ID token", NULL, "{\"token_use\":\"id\"}", 401, "token_use is id" },
	{ "Cognito's access token", NULL, "{\"token_use\":\"access\"}", 0, NULL },
	{ "nonce and no scope", NULL, "{\"nonce\":\"n\",\"scope\":null}", 401, "ID token" },
	{ "at_hash and no scope", NULL, "{\"at_hash\":\"h\",\"scope\":null}", 401, "ID token" },
	{ "c_hash and no scope", NULL, "{\"c_hash\":\"h\",\"scope\":null}", 401, "ID token" },
	{ "at_hash beside a scope", NULL, "{\"at_hash\":\"h\"}", 401, "ID token" },
	{ "nonce and at_hash beside a scope", NULL, "{\"nonce\":\"n\",\"at_hash\":\"h\"}", 401,
	    "ID token" },
	{ "c_hash beside a scope", NULL, "{\"c_hash\":\"h\"}", 401, "ID token" },
	{ "s_hash beside a scope", NULL, "{\"s_hash\":\"h\"}", 401, "ID token" },
	{ "nonce and an empty scope", NULL, "{\"nonce\":\"n\",\"scope\":\"\"}", 401, "ID token" },
	{ "nonce beside a scope (Keycloak 24)", NULL, "{\"nonce\":\"n\"}", 0, NULL },
	{ "nonce beside scp", NULL, "{\"nonce\":\"n\",\"scope\":null,\"scp\":\"mcp:read\"}", 0, NULL },
	{ "bound to a DPoP key", NULL, "{\"cnf\":{\"jkt\":\"x\"}}", 401, "bound to a key" },

	{ "no iss", NULL, "{\"iss\":null}", 401, "iss is missing" },
	{ "iss of another", NULL, "{\"iss\":\"https://evil.example\"}", 401, "not trusted" },
	{ "iss and a slash", NULL, "{\"iss\":\"" ISSUER "/\"}", 401, "not trusted" },
	{ "iss in another case", NULL, "{\"iss\":\"https://AS.example/realms/r\"}", 401,
	    "not trusted" },
	{ "a part of iss", NULL, "{\"iss\":\"https://as.example\"}", 401, "not trusted" },
	{ "iss is a list", NULL, "{\"iss\":[\"" ISSUER "\"]}", 401, "iss" },

	{ "no aud", NULL, "{\"aud\":null}", 401, "aud is missing" },
	{ "aud of another", NULL, "{\"aud\":\"https://other.example/mcp\"}", 401, "aud does not" },
	{ "aud and a slash", NULL, "{\"aud\":\"" RESOURCE "/\"}", 401, "aud does not" },
	{ "the origin as aud", NULL, "{\"aud\":\"https://mcp.example\"}", 401, "aud does not" },
	{ "aud in another case", NULL, "{\"aud\":\"https://MCP.example/mcp\"}", 401, "aud does not" },
	{ "aud among others", NULL, "{\"aud\":[\"account\",\"" RESOURCE "\"]}", 0, NULL },
	{ "a list without us", NULL, "{\"aud\":[\"account\"]}", 401, "aud does not" },
	{ "an empty list", NULL, "{\"aud\":[]}", 401, "aud does not" },
	{ "an item that is no string", NULL, "{\"aud\":[\"" RESOURCE "\",1]}", 401,
	    "not a string" },
	{ "aud is an object", NULL, "{\"aud\":{\"a\":\"" RESOURCE "\"}}", 401, "aud does not" },

	{ "no exp", NULL, "{\"exp\":null}", 401, "exp is missing" },
	{ "exp is a text", NULL, "{\"exp\":\"1900000000\"}", 401, "exp is not a number" },
	{ "expired within the skew", NULL, "{\"exp\":1799999941}", 0, NULL },
	{ "expired at the skew", NULL, "{\"exp\":1799999940}", 401, "expired" },
	{ "long expired", NULL, "{\"exp\":1}", 401, "expired" },
	{ "exp negative", NULL, "{\"exp\":-1}", 401, "expired" },
	{ "exp with a fraction", NULL, "{\"exp\":1800000000.5}", 0, NULL },
	{ "exp in many years", NULL, "{\"exp\":1e300}", 0, NULL },
	{ "nbf within the skew", NULL, "{\"nbf\":1800000060}", 0, NULL },
	{ "nbf beyond the skew", NULL, "{\"nbf\":1800000061}", 401, "nbf lies in the future" },
	{ "nbf is a text", NULL, "{\"nbf\":\"0\"}", 401, "nbf is not a number" },
	{ "iat within the skew", NULL, "{\"iat\":1800000060}", 0, NULL },
	{ "iat beyond the skew", NULL, "{\"iat\":1800000061}", 401, "iat lies in the future" },
	{ "no iat", NULL, "{\"iat\":null}", 0, NULL },

	{ "no sub", NULL, "{\"sub\":null}", 0, NULL },
	{ "no client_id", NULL, "{\"client_id\":null}", 0, NULL },
	{ "neither", NULL, "{\"sub\":null,\"client_id\":null}", 401, "neither sub" },
	{ "an empty sub beside a client", NULL, "{\"sub\":\"\"}", 0, NULL },
	{ "an empty iss", NULL, "{\"iss\":\"\"}", 401, "iss is missing" },
	{ "both empty", NULL, "{\"sub\":\"\",\"client_id\":\"\"}", 401, "neither sub" },
	{ "a line end in sub", NULL, "{\"sub\":\"a\\r\\nX-Admin: 1\"}", 401, "control" },
	{ "a line end in the name", NULL, "{\"preferred_username\":\"a\\nb\"}", 0, NULL },

	{ "scope is a list", NULL, "{\"scope\":[\"x\",\"mcp:read\"]}", 0, NULL },
	{ "Entra's scp", NULL, "{\"scope\":null,\"scp\":\"x mcp:read\"}", 0, NULL },
	{ "Okta's scp", NULL, "{\"scope\":null,\"scp\":[\"mcp:read\"]}", 0, NULL },
	{ "scope is a number", NULL, "{\"scope\":1}", 401, "scope is not a string" },
	{ "an item of scope is one", NULL, "{\"scope\":[1]}", 401, "scope is not a string" },
	{ "a quote in scope", NULL, "{\"scope\":\"a\\\"b\"}", 401, "scope" },
	{ "another scope", NULL, "{\"scope\":\"mcp:reader\"}", 403, "lacks a scope" },
	{ "no scope", NULL, "{\"scope\":null}", 403, "lacks a scope" },
};

/* How issuers say what kind of token this is; every row has a scope that would do. */
static const struct {
	const char *changes;            /* also the label */
	bool good;
} kind_rows[] = {
	{ "{\"typ\":\"at+jwt\"}", true },
	{ "{\"typ\":\"application/at+jwt\"}", true },
	{ "{\"typ\":\"JWT\"}", true },
	{ "{\"typ\":\"\"}", true },
	{ "{\"typ\":\"access\"}", true },
	{ "{\"token_type\":\"Bearer\"}", true },               /* ForgeRock, Janssen */
	{ "{\"token_type\":\"access\"}", true },               /* simplejwt */
	{ "{\"token_type\":\"access_token\"}", true },         /* Salesforce */
	{ "{\"token_use\":\"access_token\"}", true },          /* Hydra, Authelia */
	{ "{\"token_use\":\"Access-Token\"}", true },
	{ "{\"token_use\":\"\"}", true },
	{ "{\"token_usage\":\"access_token\"}", true },        /* OpenIddict */
	{ "{\"tokenName\":\"access_token\"}", true },          /* ForgeRock */
	{ "{\"tok_type\":\"AT\"}", true },                     /* Oracle */
	{ "{\"ttt\":\"access_token\"}", true },
	{ "{\"purpose\":\"access_token\"}", true },            /* Curity */
	{ "{\"type\":\"access_token\"}", true },               /* Adobe */
	{ "{\"type\":\"service-account\"}", true },            /* of the subject, not the token */
	{ "{\"kind\":\"AccessToken\"}", true },
	{ "{\"use\":\"sig\"}", true },
	{ "{\"tokenUse\":\"access\"}", true },
	{ "{\"Type\":\"user\"}", true },
	{ "{\"token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}", true },
	{ "{\"sid\":\"s\",\"azp\":\"cli\",\"auth_time\":1,\"acr\":\"1\"}", true },

	{ "{\"typ\":\"RefreshToken\"}", false },
	{ "{\"typ\":\"refresh_token\"}", false },
	{ "{\"typ\":\"REFRESH\"}", false },
	{ "{\"typ\":\"rt+jwt\"}", false },
	{ "{\"typ\":\"Logout\"}", false },
	{ "{\"typ\":\"logout+jwt\"}", false },
	{ "{\"typ\":\"Serialized-ID\"}", false },
	{ "{\"typ\":\"RegistrationAccessToken\"}", false },
	{ "{\"typ\":\"InitialAccessToken\"}", false },
	{ "{\"typ\":[\"Bearer\"]}", false },
	{ "{\"token_use\":\"refresh\"}", false },
	{ "{\"token_use\":\"refresh_token\"}", false },
	{ "{\"token_use\":\"refresh-token\"}", false },
	{ "{\"token_use\":\"Refresh Token\"}", false },
	{ "{\"token_use\":\"RefreshToken\"}", false },
	{ "{\"token_use\":\"id_token\"}", false },
	{ "{\"token_use\":\"rt\"}", false },
	{ "{\"token_use\":\"code\"}", false },
	{ "{\"token_use\":[\"access\"]}", false },
	{ "{\"token_use\":7}", false },
	{ "{\"token_usage\":\"refresh_token\"}", false },
	{ "{\"token_usage\":\"id_token\"}", false },
	{ "{\"token_type\":\"refresh\"}", false },
	{ "{\"token_type\":\"refresh_token\"}", false },
	{ "{\"token_type\":\"id_token\"}", false },
	{ "{\"token_type\":\"urn:ietf:params:oauth:token-type:refresh_token\"}", false },
	{ "{\"token_type\":\"urn:ietf:params:oauth:token-type:id_token\"}", false },
	{ "{\"token_type\":\"N_A\"}", false },
	{ "{\"tokenType\":\"JWTToken\"}", false },             /* ForgeRock's ID token */
	{ "{\"tokenName\":\"id_token\"}", false },
	{ "{\"tok_type\":\"IT\"}", false },
	{ "{\"tok_type\":\"RT\"}", false },
	{ "{\"ttt\":\"refresh\"}", false },
	{ "{\"purpose\":\"id\"}", false },
	{ "{\"purpose\":\"refresh_token\"}", false },
	{ "{\"type\":\"refresh\"}", false },                   /* flask-jwt-extended */
	{ "{\"type\":\"id_token\"}", false },
	{ "{\"type\":\"authorization_code\"}", false },        /* Adobe */
	{ "{\"kind\":\"RefreshToken\"}", false },
	{ "{\"use\":\"refresh\"}", false },
	{ "{\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}", false },
	{ "{\"events\":{}}", false },
	{ "{\"typ\":\"Bearer\",\"token_use\":\"refresh_token\"}", false },
	{ "{\"TYP\":\"Refresh\"}", false },
	{ "{\"tokenUse\":\"refresh\"}", false },
	{ "{\"token-type\":\"refresh\"}", false },
	{ "{\"TokenType\":\"RefreshToken\"}", false },
	{ "{\"token_name\":\"id_token\"}", false },
	{ "{\"jwt_type\":\"refresh\"}", false },
	{ "{\"token_purpose\":\"refresh_token\"}", false },
	{ "{\"ati\":\"a7\"}", false },                         /* Spring's refresh token */
	{ "{\"token_type\":\"DPoP\"}", false },                /* and names no key */
	{ "{\"typ\":\"DPoP\"}", false },
};

static void check_row(const char *label, const struct mcpass_verdict *verdict, int status,
    const char *why)
{
	CHECK_EQ(label, verdict->type, status == 0 ? MCPASS_ALLOW : MCPASS_DENY);
	if (status == 0) {
		CHECK(label, verdict->reason == NULL && verdict->www_authenticate == NULL);
		return;
	}
	CHECK_EQ(label, verdict->status, status);
	CHECK_HAS(label, verdict->www_authenticate, status == 401 ? "error=\"invalid_token\""
	    : "error=\"insufficient_scope\"");
	if (why != NULL)
		CHECK_HAS(label, verdict->reason, why);
}

static void test_claims(void)
{
	struct mcpass_guard *guard = guard_with(set);

	for (size_t i = 0; i < COUNT(claim_rows); i++) {
		char *value = bearer(key, MP_ES256, claim_rows[i].header, claim_rows[i].changes);
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(claim_rows[i].label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
		check_row(claim_rows[i].label, &verdict, claim_rows[i].status, claim_rows[i].why);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

static void test_kinds(void)
{
	struct mcpass_guard *guard = guard_with(set);

	for (size_t i = 0; i < COUNT(kind_rows); i++) {
		const char *label = kind_rows[i].changes;
		char *value = bearer(key, MP_ES256, "{\"typ\":\"JWT\"}", label);
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
		check_row(label, &verdict, kind_rows[i].good ? 0 : 401, NULL);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* What null says is said by leaving it out, too. */
static const struct {
	const char *label, *payload;
	int status;
} null_rows[] = {
	{ "exp is null", "\"exp\":null", 401 },
	{ "all that may be left out is null", "\"exp\":1800000300,\"cnf\":null,\"nbf\":null,"
	    "\"iat\":null,\"nonce\":null,\"at_hash\":null,\"events\":null,\"typ\":null,"
	    "\"token_use\":null,\"scp\":null,\"azp\":null", 0 },
	{ "cnf names a null key", "\"exp\":1800000300,\"cnf\":{\"jkt\":null}", 401 },
	{ "a scope of null is none: nonce then tells", "\"exp\":1800000300,\"nonce\":\"n\","
	    "\"scp\":null,\"scope\":null", 401 },
};

static char *sign(const char *payload)
{
	json_t *json = json_loads(payload, 0, NULL);
	struct mp_secret token = { 0 };
	char *text;

	must(json != NULL && mp_jws_sign(key, MP_ES256, NULL, json, &token, NULL) == MCPASS_OK,
	    "a token");
	text = malloc(token.len + 8);
	must(text != NULL, "a token");
	sprintf(text, "Bearer %s", mp_secret_reveal(&token));
	mp_secret_free(&token);
	json_decref(json);
	return text;
}

static void test_nulls(void)
{
	struct mcpass_guard *guard = guard_with(set);

	for (size_t i = 0; i < COUNT(null_rows); i++) {
		bool has_scope = strstr(null_rows[i].payload, "\"scope\"") != NULL;
		struct mcpass_verdict verdict = { 0 };
		char payload[512], *value;

		snprintf(payload, sizeof(payload), "{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\","
		    "\"sub\":\"a\",%s%s}", null_rows[i].payload, has_scope ? "" : ",\"scope\":\"mcp:read\"");
		value = sign(payload);
		CHECK_EQ(null_rows[i].label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
		check_row(null_rows[i].label, &verdict, null_rows[i].status, NULL);
		free(value);
	}
	mcpass_guard_free(guard);
}

/* A token with any header and payload, and an HMAC made with what everybody knows. */
static char *hand_made(const char *header, const char *payload, bool with_mac)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct mp_buf token;
	char *text = NULL;

	mp_buf_init(&token, MP_MAX_DOCUMENT);
	mp_b64url_add(&token, header, strlen(header));
	mp_buf_addc(&token, '.');
	mp_b64url_add(&token, payload, strlen(payload));
	if (with_mac)
		HMAC(EVP_sha256(), set, (int)strlen(set), (unsigned char *)token.data, token.len, mac,
		    &len);
	mp_buf_addc(&token, '.');
	mp_b64url_add(&token, mac, len);
	mp_buf_take(&token, "", &text, NULL);
	return text;
}

static void check_hand_made(struct mcpass_guard *guard, const char *label, const char *header,
    bool with_mac)
{
	json_t *payload = claims(NULL);
	char *body = mp_json_dump(payload), *token = hand_made(header, body, with_mac);
	char *value = malloc(strlen(token) + 8);
	struct mcpass_verdict verdict = { 0 };

	sprintf(value, "Bearer %s", token);
	CHECK_EQ(label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
	check_row(label, &verdict, 401, "alg");
	json_decref(payload);
	free(body);
	free(token);
	free(value);
}

static void check_signed(struct mcpass_guard *guard, const char *label, const struct mp_key *by,
    enum mp_alg alg, const char *header, int status)
{
	char *value = bearer(by, alg, header, NULL);
	struct mcpass_verdict verdict = { 0 };

	CHECK_EQ(label, ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
	check_row(label, &verdict, status, NULL);
	mp_free_wiped(value);
}

static void test_signatures(void)
{
	struct mcpass_guard *guard = guard_with(set);
	struct mp_key *alias = rename_key(stranger, mp_key_kid(key));
	struct mp_key *path = rename_key(stranger, "../../jwks?kid=1");
	struct mp_key *url = rename_key(stranger, "https://evil.example/jwks");
	json_t *jwk = NULL, *header = json_object();
	struct mcpass_verdict verdict = { 0 };
	char *text, *value;

	check_hand_made(guard, "alg none", "{\"alg\":\"none\"}", false);
	check_hand_made(guard, "alg NONE", "{\"alg\":\"NONE\"}", false);
	check_hand_made(guard, "no alg", "{\"typ\":\"JWT\"}", false);
	check_hand_made(guard, "HS256 with the public key", "{\"alg\":\"HS256\"}", true);
	check_signed(guard, "the key's own", key, MP_ES256, NULL, 0);
	check_signed(guard, "a stranger's, with the kid of a known key", alias, MP_ES256, NULL, 401);
	check_signed(guard, "a stranger's, unknown kid", stranger, MP_ES256, NULL, 401);
	check_signed(guard, "a kid that is a path", path, MP_ES256, NULL, 401);
	check_signed(guard, "a kid that is a URL", url, MP_ES256, NULL, 401);

	/* The key that the token brings along is the one that signed it. */
	mp_jwk_write(stranger, false, &jwk, NULL);
	json_object_set_new(header, "jwk", jwk);
	text = mp_json_dump(header);
	check_signed(guard, "the token's own jwk", stranger, MP_ES256, text, 401);
	free(text);
	json_decref(header);

	value = bearer(key, MP_ES256, NULL, NULL);
	value[strlen(value) - 10] ^= 1;
	CHECK_EQ("a changed signature", ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
	check_row("a changed signature", &verdict, 401, NULL);
	mp_free_wiped(value);

	mp_key_free(alias);
	mp_key_free(path);
	mp_key_free(url);
	mcpass_guard_free(guard);
}

/* A key of the set for one algorithm is none for another. */
static void test_algorithms(void)
{
	struct mp_key *rsa = new_key(MP_RS256), *ed = new_key(MP_EDDSA);
	char *both = key_set(rsa, ed);
	struct mcpass_guard *guard = guard_with(both);
	struct mp_key *as_ec = rename_key(stranger, mp_key_kid(rsa));

	check_signed(guard, "RS256", rsa, MP_RS256, NULL, 0);
	check_signed(guard, "EdDSA", ed, MP_EDDSA, NULL, 0);
	check_signed(guard, "ES256 by the name of an RSA key", as_ec, MP_ES256, NULL, 401);
	mp_key_free(rsa);
	mp_key_free(ed);
	mp_key_free(as_ec);
	free(both);
	mcpass_guard_free(guard);
}

static void test_verdict(void)
{
	struct mcpass_guard *guard = guard_with(set);
	char *value = bearer(key, MP_ES256, NULL, "{\"preferred_username\":\"alice\",\"azp\":\"z\","
	    "\"scope\":\"mcp:read profile\"}");
	struct mcpass_verdict verdict = { 0 };

	CHECK_EQ("let in", ask(guard, value, "ping", NULL, NOW, &verdict), MCPASS_OK);
	CHECK_STR("subject", verdict.subject, "alice-id");
	CHECK_STR("username", verdict.username, "alice");
	CHECK_STR("client_id before azp", verdict.client_id, "cli");
	CHECK_STR("issuer", verdict.issuer, ISSUER);
	CHECK_STR("scope", verdict.scope, "mcp:read profile");
	CHECK_EQ("expires_at", verdict.expires_at, NOW + 300);
	CHECK_EQ("good before", ask(guard, value, "ping", NULL, NOW + 359, &verdict), MCPASS_OK);
	CHECK_EQ("good before", verdict.type, MCPASS_ALLOW);
	CHECK_EQ("expired later", ask(guard, value, "ping", NULL, NOW + 360, &verdict), MCPASS_OK);
	CHECK_EQ("expired later", verdict.type, MCPASS_DENY);
	CHECK("nothing of the last verdict stays", verdict.subject == NULL && verdict.expires_at == 0);
	mp_free_wiped(value);

	value = bearer(key, MP_ES256, NULL, "{\"client_id\":\"\",\"azp\":\"z\",\"username\":\"u\"}");
	ask(guard, value, "tools/call", "whoami", NOW, &verdict);
	CHECK_STR("azp", verdict.client_id, "z");
	CHECK_STR("RFC 7662's name", verdict.username, "u");
	mp_free_wiped(value);
	value = bearer(key, MP_ES256, NULL, "{\"client_id\":null,\"exp\":1e300,\"scope\":null}");
	ask(guard, value, "tools/call", "whoami", NOW, &verdict);
	CHECK("no client", verdict.client_id == NULL);
	CHECK_STR("no scope", verdict.scope, "");
	CHECK_EQ("as late as can be", verdict.expires_at, INT64_C(253402300799));
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

/* Two issuers do not answer for each other. */
static void test_two_issuers(void)
{
	static const struct mcpass_guard_issuer two[] = { { ISSUER, JWKS, NULL },
		{ OTHER, OTHER "/jwks", NULL } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	char *others = key_set(stranger, NULL), *value;
	struct mcpass_verdict verdict = { 0 };

	cfg.issuers = two;
	cfg.issuer_count = 2;
	guard = new_guard(&cfg);
	mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL);
	mcpass_guard_fetched(guard, OTHER "/jwks", 200, others, strlen(others), NOW, NULL);
	value = bearer(stranger, MP_ES256, NULL, "{\"iss\":\"" OTHER "\"}");
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("the second issuer", verdict.type, MCPASS_ALLOW);
	mp_free_wiped(value);
	value = bearer(stranger, MP_ES256, NULL, NULL);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	check_row("the second issuer's key for the first one", &verdict, 401, NULL);
	mp_free_wiped(value);
	free(others);
	mcpass_guard_free(guard);
}

static void test_audiences(void)
{
	static const char *const audiences[] = { "client-id", "api://mcp" };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	struct mcpass_verdict verdict = { 0 };
	char *value;

	cfg.audiences = audiences;
	cfg.audience_count = COUNT(audiences);
	guard = new_guard(&cfg);
	mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL);
	value = bearer(key, MP_ES256, NULL, "{\"aud\":\"api://mcp\"}");
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("a configured audience", verdict.type, MCPASS_ALLOW);
	mp_free_wiped(value);
	value = bearer(key, MP_ES256, NULL, NULL);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	check_row("then the resource is none by itself", &verdict, 401, "aud");
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

int main(void)
{
	key = new_key(MP_ES256);
	stranger = new_key(MP_ES256);
	set = key_set(key, NULL);
	test_claims();
	test_kinds();
	test_nulls();
	test_signatures();
	test_algorithms();
	test_verdict();
	test_two_issuers();
	test_audiences();
	free(set);
	mp_key_free(key);
	mp_key_free(stranger);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
