/* Who may come without a person: JWTs of clients, platforms and identity providers, and
 * plain credentials.  Each rule has a row that breaks it alone. */
#include "kit_extensions.h"

#define S1 "1700000060"         /* START and a minute */
#define WORKLOAD "{\"iss\":\"" PLATFORM "\",\"sub\":\"build\",\"aud\":\"" AS "\",\"exp\":" S1 \
	",\"iat\":1700000000,\"jti\":\"w\"}"
#define JAG "{\"iss\":\"" IDP "\",\"sub\":\"zoe\",\"aud\":\"" AS "\",\"exp\":" S1 ",\"jti\":\"j\"," \
	"\"iat\":1700000000,\"client_id\":\"desk\",\"resource\":\"" MCP "\"," \
	"\"scope\":\"mcp:tools mcp:read other\"}"
#define CLIENT "{\"iss\":\"keyed\",\"sub\":\"keyed\",\"aud\":\"" AS "\",\"exp\":" S1 ",\"jti\":\"c\"}"
#define DESK "&client_id=desk&client_secret=s3cret"
#define JAG_TYP "oauth-id-jag+jwt"

enum kind { W, J, C };
static const struct {
	const char *label;
	enum kind kind;
	const char *typ, *patch, *more;         /* more: of the form; NULL: the usual */
	int status;
	const char *want;                       /* error, or the scope that was given */
} rows[] = {
	{ "a workload", W, NULL, "", NULL, 200, "mcp:read mcp:tools" },
	{ "typ JWT", W, "JWT", "", NULL, 200, "mcp:read mcp:tools" },
	{ "typ of an access token", W, "at+jwt", "", NULL, 400, "invalid_grant" },
	{ "typ of an ID-JAG", W, JAG_TYP, "", NULL, 400, "invalid_grant" },
	{ "less", W, NULL, "", "&scope=mcp%3Atools", 200, "mcp:tools" },
	{ "more than its issuer may", W, NULL, "", "&scope=mcp%3Aprompts", 400, "invalid_scope" },
	{ "two resources", W, NULL, "", "&resource=https%3A%2F%2Fa.b&resource=https%3A%2F%2Fc.d", 400,
	    "invalid_target" },
	{ "unknown issuer", W, NULL, "{\"iss\":\"https://evil.example\"}", NULL, 400, "invalid_grant" },
	{ "the provider's is no workload's", W, NULL, "{\"iss\":\"" IDP "\"}", NULL, 400,
	    "invalid_grant" },
	{ "no issuer", W, NULL, "{\"iss\":null}", NULL, 400, "invalid_grant" },
	{ "issuer with a slash", W, NULL, "{\"iss\":\"" PLATFORM "/\"}", NULL, 400, "invalid_grant" },
	{ "no subject", W, NULL, "{\"sub\":null}", NULL, 400, "invalid_grant" },
	{ "empty subject", W, NULL, "{\"sub\":\"\"}", NULL, 400, "invalid_grant" },
	{ "no audience", W, NULL, "{\"aud\":null}", NULL, 400, "invalid_grant" },
	{ "another audience", W, NULL, "{\"aud\":\"https://as.example.evil\"}", NULL, 400,
	    "invalid_grant" },
	{ "aud with a slash", W, NULL, "{\"aud\":\"" AS "/\"}", NULL, 200, "mcp:read mcp:tools" },
	{ "aud the token endpoint", W, NULL, "{\"aud\":\"" AS "/token\"}", NULL, 200,
	    "mcp:read mcp:tools" },
	{ "aud another endpoint", W, NULL, "{\"aud\":\"" AS "/register\"}", NULL, 400, "invalid_grant" },
	{ "us among audiences", W, NULL, "{\"aud\":[\"x\",\"" AS "\"]}", NULL, 200,
	    "mcp:read mcp:tools" },
	{ "others among audiences", W, NULL, "{\"aud\":[\"x\",\"y\",1]}", NULL, 400, "invalid_grant" },
	{ "no exp", W, NULL, "{\"exp\":null}", NULL, 400, "invalid_grant" },
	{ "exp no number", W, NULL, "{\"exp\":\"" S1 "\"}", NULL, 400, "invalid_grant" },
	{ "expired within the skew", W, NULL, "{\"exp\":1699999941}", NULL, 200, "mcp:read mcp:tools" },
	{ "expired", W, NULL, "{\"exp\":1699999940}", NULL, 400, "invalid_grant" },
	{ "good for two days", W, NULL, "{\"exp\":1700172800}", NULL, 400, "invalid_grant" },
	{ "good for ever", W, NULL, "{\"exp\":1e300}", NULL, 400, "invalid_grant" },
	{ "not yet", W, NULL, "{\"nbf\":1700000061}", NULL, 400, "invalid_grant" },
	{ "just about", W, NULL, "{\"nbf\":1700000060}", NULL, 200, "mcp:read mcp:tools" },
	{ "from the future", W, NULL, "{\"iat\":1700000061}", NULL, 400, "invalid_grant" },
	{ "no jti", W, NULL, "{\"jti\":null}", NULL, 400, "invalid_grant" },
	{ "no such client", W, NULL, "", "&client_id=nobody", 401, "invalid_client" },
	{ "a client without the grant", W, NULL, "", "&client_id=machine&client_secret=s3cret", 400,
	    "unauthorized_client" },

	{ "an ID-JAG", J, JAG_TYP, "", NULL, 200, "mcp:read mcp:tools" },
	{ "without its type", J, NULL, "", NULL, 400, "invalid_grant" },
	{ "as a plain JWT", J, "JWT", "", NULL, 400, "invalid_grant" },
	{ "without a client", J, JAG_TYP, "", "", 401, "invalid_client" },
	{ "wrong secret", J, JAG_TYP, "", "&client_id=desk&client_secret=guess", 401, "invalid_client" },
	{ "no secret", J, JAG_TYP, "", "&client_id=desk", 401, "invalid_client" },
	{ "for another client", J, JAG_TYP, "{\"client_id\":\"machine\"}", NULL, 400, "invalid_grant" },
	{ "for no client", J, JAG_TYP, "{\"client_id\":null}", NULL, 400, "invalid_grant" },
	{ "the platform vouches for nobody", J, JAG_TYP, "{\"iss\":\"" PLATFORM "\"}", NULL, 400,
	    "invalid_grant" },
	{ "for another server", J, JAG_TYP, "{\"aud\":\"" OTHER_AS "\"}", NULL, 400, "invalid_grant" },
	{ "expired", J, JAG_TYP, "{\"exp\":1699999940}", NULL, 400, "invalid_grant" },
	{ "no resource", J, JAG_TYP, "{\"resource\":null}", NULL, 200, "mcp:read mcp:tools" },
	{ "a list for a resource", J, JAG_TYP, "{\"resource\":[\"" MCP "\"]}", NULL, 400,
	    "invalid_grant" },
	{ "the same resource again", J, JAG_TYP, "", DESK "&resource=https%3A%2F%2Fmcp.example%2Fmcp",
	    200, "mcp:read mcp:tools" },
	{ "another resource", J, JAG_TYP, "", DESK "&resource=https%3A%2F%2Fevil.example", 400,
	    "invalid_target" },
	{ "more than it says", J, JAG_TYP, "", DESK "&scope=mcp%3Aprompts", 400, "invalid_scope" },
	{ "only scopes of others", J, JAG_TYP, "{\"scope\":\"other\"}", NULL, 400, "invalid_scope" },
	{ "a person with less", J, JAG_TYP, "{\"sub\":\"bob\"}", NULL, 200, "mcp:read" },
	{ "a person with nothing", J, JAG_TYP, "{\"sub\":\"carol\"}", NULL, 400, "invalid_scope" },

	{ "a client with a key", C, NULL, "", NULL, 200, "mcp:read mcp:tools mcp:prompts" },
	{ "by another", C, NULL, "{\"iss\":\"machine\"}", NULL, 401, "invalid_client" },
	{ "about another", C, NULL, "{\"sub\":\"machine\"}", NULL, 401, "invalid_client" },
	{ "about nobody", C, NULL, "{\"sub\":\"nobody\",\"iss\":\"nobody\"}", NULL, 401,
	    "invalid_client" },
	{ "for another server", C, NULL, "{\"aud\":\"" OTHER_AS "\"}", NULL, 401, "invalid_client" },
	{ "expired", C, NULL, "{\"exp\":1699999940}", NULL, 401, "invalid_client" },
	{ "no jti", C, NULL, "{\"jti\":null}", NULL, 401, "invalid_client" },
	{ "another client_id beside it", C, NULL, "", "&client_id=machine", 401, "invalid_client" },
};

static int show(struct kit *kit, enum kind kind, const char *jwt, const char *more)
{
	static const char *const usual[] = { "", DESK, "" };
	char form[4096];

	if (kind == C)
		snprintf(form, sizeof(form), "grant_type=client_credentials&client_assertion_type="
		    "urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer"
		    "&client_assertion=%s%s", jwt, more != NULL ? more : usual[kind]);
	else
		snprintf(form, sizeof(form), "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type"
		    "%%3Ajwt-bearer&assertion=%s%s", jwt, more != NULL ? more : usual[kind]);
	return kit_post(kit, "/token", form);
}

/* The same with another signature: its first byte is changed. */
static const char *forged(const char *jwt)
{
	char *text = kit_text(jwt, strlen(jwt)), *signature = strrchr(text, '.') + 1;

	signature[0] = signature[0] == 'A' ? 'B' : 'A';
	return text;
}

static void test_rules(void)
{
	static const char *const bases[] = { WORKLOAD, JAG, CLIENT };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct kit kit;

		kit_open_extended(&kit, kit_extended());
		CHECK(label, show(&kit, rows[i].kind, forged(kit_jwt(kit_keys(0), rows[i].typ,
		    bases[rows[i].kind], rows[i].patch)), rows[i].more) != 200);
		/* The same by a key that is nobody's: never good, and uses nothing up. */
		CHECK(label, show(&kit, rows[i].kind, kit_jwt(kit_keys(1), rows[i].typ,
		    bases[rows[i].kind], rows[i].patch), rows[i].more) != 200);
		CHECK_EQ(label, show(&kit, rows[i].kind, kit_jwt(kit_keys(0), rows[i].typ,
		    bases[rows[i].kind], rows[i].patch), rows[i].more), rows[i].status);
		CHECK_STR(label, kit_member(&kit, rows[i].status == 200 ? "scope" : "error"),
		    rows[i].want);
		CHECK_STR(label, kit_member(&kit, "refresh_token"), NULL);
		if (rows[i].status == 200)
			CHECK(label, show(&kit, rows[i].kind, kit_jwt(kit_keys(0), rows[i].typ,
			    bases[rows[i].kind], rows[i].patch), rows[i].more) != 200);
		kit_close(&kit);
	}
}

static void test_claims(void)
{
	const char *token;
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	show(&kit, J, kit_jwt(kit_keys(0), JAG_TYP, JAG, ""), NULL);
	token = kit_member(&kit, "access_token");
	CHECK_STR("aud is the resource", kit_claim(&kit, token, "aud"), MCP);
	CHECK_STR("sub", kit_claim(&kit, token, "sub"), "zoe");
	CHECK_STR("client_id", kit_claim(&kit, token, "client_id"), "desk");
	show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, ""), NULL);
	token = kit_member(&kit, "access_token");
	CHECK_STR("a workload is nobody", kit_claim(&kit, token, "preferred_username"), NULL);
	CHECK_STR("sub", kit_claim(&kit, token, "sub"), PLATFORM "#build");
	CHECK_STR("client_id", kit_claim(&kit, token, "client_id"), PLATFORM "#build");
	kit_close(&kit);
}

/* What a platform calls its workload is never one of ours.  spec: RFC 9700 4.15 */
static const struct { const char *label, *sub; } foreign_rows[] = {
	{ "a user of ours", "alice" },
	{ "a client of ours", "machine" },
	{ "a person whom an identity provider vouches for", "zoe" },
	{ "an issuer's own name", PLATFORM },
};

static void test_foreign_names(void)
{
	for (size_t i = 0; i < COUNT(foreign_rows); i++) {
		const char *label = foreign_rows[i].label, *token;
		char patch[128], want[128];
		struct kit kit;

		kit_open_extended(&kit, kit_extended());
		snprintf(patch, sizeof(patch), "{\"sub\":\"%s\"}", foreign_rows[i].sub);
		snprintf(want, sizeof(want), PLATFORM "#%s", foreign_rows[i].sub);
		CHECK_EQ(label, show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, patch), NULL), 200);
		token = kit_member(&kit, "access_token");
		CHECK_STR(label, kit_claim(&kit, token, "sub"), want);
		CHECK_STR(label, kit_claim(&kit, token, "client_id"), want);
		CHECK_STR(label, kit_claim(&kit, token, "preferred_username"), NULL);
		kit_close(&kit);
	}
}

static const struct { const char *label, *client_id, *grants; enum mcpass_rc want; } name_rows[] = {
	{ "a machine of a user's name", "alice", "client_credentials", MCPASS_E_USAGE },
	{ "a machine of a name in other letters", "Alice", "client_credentials", MCPASS_OK },
	{ "a client of a user's name that has no token of its own", "alice", MP_GRANT_TOKEN_EXCHANGE,
	    MCPASS_OK },
};

static void test_client_names(void)
{
	for (size_t i = 0; i < COUNT(name_rows); i++) {
		const struct mp_issuer_client client = { .client_id = name_rows[i].client_id,
			.client_secret = "s3cret", .grants = name_rows[i].grants };
		struct mp_issuer_config config = kit_config(AS);
		struct mp_issuer *issuer = NULL;
		struct mcpass_error err = { 0 };
		struct memstore *memstore;

		config.clients = &client;
		config.client_count = 1;
		memstore_open(&memstore, &config.store);
		CHECK_EQ(name_rows[i].label, mp_issuer_new(&config, &issuer, &err), name_rows[i].want);
		if (name_rows[i].want != MCPASS_OK)
			CHECK_HAS("which one", err.detail, "client alice: a user has this name");
		mp_issuer_free(issuer);
		memstore_close(memstore);
	}
}

static void test_switches(void)
{
	static const struct mp_issuer_trusted again[] = {
		{ .issuer = PLATFORM, .what = MP_TRUST_WORKLOAD, .jwks_uri = PLATFORM "/keys",
		  .audience = "us", .reusable = true },
	};
	struct mp_issuer_config config = kit_extended();
	struct kit kit;

	config.require_resource_claim = true;
	kit_open_extended(&kit, config);
	CHECK_EQ("resource is demanded", show(&kit, J, kit_jwt(kit_keys(0), JAG_TYP, JAG,
	    "{\"resource\":null}"), NULL), 400);
	kit_close(&kit);

	config.trusted = again;
	config.trusted_count = 1;
	web = (struct web){ PLATFORM "/keys", kit_jwks(), 200, 0 };
	kit_open_extended(&kit, config);
	CHECK_EQ("an audience of its own", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, ""),
	    NULL), 400);
	for (int i = 0; i < 2; i++)
		CHECK_EQ("twice", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD,
		    "{\"aud\":\"us\",\"jti\":null}"), NULL), 200);
	CHECK_EQ("fetched once", web.fetches, 1);
	CHECK_EQ("an unknown key", show(&kit, W, kit_jwt(kit_keys(1), NULL, WORKLOAD,
	    "{\"aud\":\"us\"}"), NULL), 400);
	CHECK_EQ("a flood stays cheap", web.fetches, 1);
	kit.now += MP_JWKS_COOLDOWN;
	CHECK_EQ("an unknown key", show(&kit, W, kit_jwt(kit_keys(1), NULL, WORKLOAD,
	    "{\"aud\":\"us\"}"), NULL), 400);
	CHECK_EQ("looked for once more", web.fetches, 2);
	kit.now += MP_FETCHED_LIFETIME;
	web.status = 500;
	CHECK_EQ("the last good keys serve on", show(&kit, W, kit_jwt(kit_keys(0), NULL,
	    WORKLOAD, "{\"aud\":\"us\",\"jti\":\"x\",\"exp\":1700001000}"), NULL), 200);
	kit.now += MP_JWKS_MAX_AGE;
	CHECK_EQ("keys that cannot be had are our failure", show(&kit, W, kit_jwt(kit_keys(0), NULL,
	    WORKLOAD, "{\"aud\":\"us\",\"exp\":1700087400}"), NULL), 0);
	CHECK_EQ("of the network", kit.rc, MCPASS_E_IO);
	kit_close(&kit);
}

static const struct {
	const char *label, *form, *authorization;
	int status;
	const char *want;
} credential_rows[] = {
	{ "in the body", "client_id=machine&client_secret=s3cret", NULL, 200, "mcp:read mcp:tools" },
	/* machine:s3cret */
	{ "Basic", "x=y", "Basic bWFjaGluZTpzM2NyZXQ=", 200, "mcp:read mcp:tools" },
	{ "less", "client_id=machine&client_secret=s3cret&scope=mcp%3Aread", NULL, 200, "mcp:read" },
	{ "more, as a challenge of a server names it", "client_id=machine&client_secret=s3cret"
	    "&scope=mcp%3Aread+mcp%3Aprompts", NULL, 200, "mcp:read" },
	{ "nothing that it may have", "client_id=machine&client_secret=s3cret&scope=mcp%3Aprompts", NULL, 400,
	    "invalid_scope" },
	{ "a broken scope", "client_id=machine&client_secret=s3cret&scope=%22", NULL, 400,
	    "invalid_scope" },
	{ "a broken resource", "client_id=machine&client_secret=s3cret&resource=x", NULL, 400,
	    "invalid_target" },
	{ "wrong secret", "client_id=machine&client_secret=guess", NULL, 401, "invalid_client" },
	{ "no secret", "client_id=machine", NULL, 401, "invalid_client" },
	{ "a key is no secret", "client_id=keyed&client_secret=", NULL, 401, "invalid_client" },
	{ "a public client", "client_id=open", NULL, 400, "unauthorized_client" },
	{ "not its grant", "client_id=desk&client_secret=s3cret", NULL, 400, "unauthorized_client" },
};

static void test_credentials(void)
{
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	for (size_t i = 0; i < COUNT(credential_rows); i++) {
		char form[512];

		snprintf(form, sizeof(form), "grant_type=client_credentials&%s", credential_rows[i].form);
		CHECK_EQ(credential_rows[i].label, kit_ask(&kit, &(struct ask){ .method = "POST",
		    .path = "/token", .type = FORM, .body = form,
		    .authorization = credential_rows[i].authorization }), credential_rows[i].status);
		CHECK_STR(credential_rows[i].label, kit_member(&kit,
		    credential_rows[i].status == 200 ? "scope" : "error"), credential_rows[i].want);
		CHECK_STR(credential_rows[i].label, kit_member(&kit, "refresh_token"), NULL);
	}
	CHECK_EQ("nobody manages it", kit_ask(&kit, &(struct ask){ .method = "GET",
	    .path = "/register/machine", .authorization = "Bearer x" }), 401);
	kit_close(&kit);
}

#define ID_TOKEN "{\"iss\":\"" AS "\",\"sub\":\"bob\",\"aud\":\"desk\",\"exp\":" S1 "}"
static const struct {
	const char *label, *typ, *patch, *wanted, *audience, *client, *more;
	int status;
	const char *want;                       /* error or scope */
} vouch_rows[] = {
	{ "vouched for", "JWT", "", "id-jag", OTHER_AS, DESK, "&scope=mcp%3Aread+mcp%3Atools", 200,
	    "mcp:read" },
	{ "no scope", "JWT", "", "id-jag", OTHER_AS, DESK, "", 200, NULL },
	{ "none that he may have", "JWT", "", "id-jag", OTHER_AS, DESK, "&scope=mcp%3Atools", 400,
	    "invalid_scope" },
	{ "an access token", "JWT", "", "access_token", OTHER_AS, DESK, "", 400, "invalid_request" },
	{ "nobody knows that server", "JWT", "", "id-jag", "https://evil.example", DESK, "", 400,
	    "invalid_target" },
	{ "not an id token", "at+jwt", "", "id-jag", OTHER_AS, DESK, "", 400, "invalid_request" },
	{ "of no type", NULL, "", "id-jag", OTHER_AS, DESK, "", 400, "invalid_request" },
	{ "for another client", "JWT", "{\"aud\":\"open\"}", "id-jag", OTHER_AS, DESK, "", 400,
	    "invalid_request" },
	{ "shown by another client", "JWT", "", "id-jag", OTHER_AS, "&client_id=open", "", 400,
	    "invalid_request" },
	{ "expired", "JWT", "{\"exp\":1699999940}", "id-jag", OTHER_AS, DESK, "", 400,
	    "invalid_request" },
	{ "of another issuer", "JWT", "{\"iss\":\"" IDP "\"}", "id-jag", OTHER_AS, DESK, "", 400,
	    "invalid_request" },
	{ "of somebody who left", "JWT", "{\"sub\":\"dave\"}", "id-jag", OTHER_AS, DESK, "", 400,
	    "invalid_request" },
	{ "no client", "JWT", "", "id-jag", OTHER_AS, "", "", 401, "invalid_client" },
};

static void test_vouching(void)
{
	struct mp_key *own = NULL;
	json_t *jwk = json_loads(kit_key(), 0, NULL);

	mp_jwk_parse(jwk, true, &own, NULL);
	json_decref(jwk);
	for (size_t i = 0; i < COUNT(vouch_rows); i++) {
		const char *label = vouch_rows[i].label, *forms[2];
		struct kit kit;

		kit_open_extended(&kit, kit_extended());
		for (int k = 0; k < 2; k++) {
			char form[4096];

			snprintf(form, sizeof(form), "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type"
			    "%%3Atoken-exchange&requested_token_type=urn:ietf:params:oauth:token-type:%s"
			    "&subject_token_type=urn:ietf:params:oauth:token-type:id_token&audience=%s"
			    "&resource=" MCP "&subject_token=%s%s%s", vouch_rows[i].wanted,
			    vouch_rows[i].audience, kit_jwt(k == 0 ? kit_keys(0) : own, vouch_rows[i].typ,
			    ID_TOKEN, vouch_rows[i].patch), vouch_rows[i].client, vouch_rows[i].more);
			forms[k] = kit_text(form, strlen(form));
		}
		CHECK(label, kit_post(&kit, "/token", forms[0]) != 200);        /* not our signature */
		CHECK_EQ(label, kit_post(&kit, "/token", forms[1]), vouch_rows[i].status);
		CHECK_STR(label, kit_member(&kit, vouch_rows[i].status == 200 ? "scope" : "error"),
		    vouch_rows[i].want);
		if (vouch_rows[i].status == 200) {
			const char *jag = kit_member(&kit, "access_token");

			CHECK_STR(label, kit_member(&kit, "token_type"), "N_A");
			CHECK_STR(label, kit_member(&kit, "issued_token_type"), MP_TOKEN_TYPE_ID_JAG);
			CHECK_STR(label, kit_claim(&kit, jag, "typ"), JAG_TYP);
			CHECK_STR(label, kit_claim(&kit, jag, "aud"), OTHER_AS);
			CHECK_STR(label, kit_claim(&kit, jag, "resource"), MCP);
			CHECK_STR(label, kit_claim(&kit, jag, "client_id"), "desk");
			CHECK_STR(label, kit_claim(&kit, jag, "sub"), "bob");
			CHECK_STR(label, kit_claim(&kit, jag, "exp"), "1700000300");
		}
		kit_close(&kit);
	}
	mp_key_free(own);
}

/* A key that its issuer has withdrawn, which says that its set may be kept for a year. */
static void test_withdrawn(void)
{
	static const struct mp_issuer_trusted platform[] = {
		{ .issuer = PLATFORM, .what = MP_TRUST_WORKLOAD, .jwks_uri = PLATFORM "/keys", .reusable = true },
	};
	struct mp_issuer_config config = kit_extended();
	struct kit kit;
	char more[64];

	config.trusted = platform;
	config.trusted_count = 1;
	web = (struct web){ PLATFORM "/keys", kit_jwks(), 200, 0 };
	web_fresh = 365 * 86400;
	kit_open_extended(&kit, config);
	CHECK_EQ("before", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, ""), NULL), 200);
	web.body = "{\"keys\":[]}";
	kit.now += MP_JWKS_LIFETIME - 1;
	snprintf(more, sizeof(more), "{\"iat\":%lld,\"exp\":%lld}", (long long)kit.now,
	    (long long)kit.now + 60);
	CHECK_EQ("it is not asked about", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, more), NULL), 200);
	CHECK_EQ("fetched once", web.fetches, 1);
	kit.now++;
	CHECK_EQ("an hour later", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD, more), NULL), 400);
	CHECK_EQ("fetched again", web.fetches, 2);
	web.status = 500;
	kit.now += 30;
	CHECK("nor do the ones of before serve on", show(&kit, W, kit_jwt(kit_keys(0), NULL, WORKLOAD,
	    more), NULL) != 200);
	kit_close(&kit);
	web_fresh = -1;
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	kit_keys(1);
	before = mp_test_live_blocks();
	test_rules();
	test_claims();
	test_foreign_names();
	test_client_names();
	test_switches();
	test_withdrawn();
	test_credentials();
	test_vouching();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
