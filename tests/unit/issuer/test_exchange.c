/* One access token for another.  spec: RFC 8693 */
#include "kit_extensions.h"
#include "oauth/token_exchange.h"

#define SECOND "https://second.example/mcp"
#define TYPE "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
#define ECHO "&client_id=echo&client_secret=s3cret"

/* echo is the server at MCP, and may call on to SECOND; open has no secret. */
static void open_kit(struct kit *kit, bool opaque)
{
	static char mcp_text[] = MCP, second_text[] = SECOND, name_text[] = "second";
	static char *mcp[] = { mcp_text }, *targets[] = { second_text, name_text };
	static const struct mp_issuer_client clients[] = {
		{ .client_id = "echo", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		  .introspects = { mcp, 1 }, .audiences = { targets, 2 } },
		{ .client_id = "narrow", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		  .introspects = { mcp, 1 }, .scope = "mcp:read" },
		{ .client_id = "other", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE },
		{ .client_id = "keyless", .grants = MP_GRANT_TOKEN_EXCHANGE, .introspects = { mcp, 1 } },
		{ .client_id = "machine", .client_secret = "s3cret", .grants = "client_credentials",
		  .introspects = { mcp, 1 } },
	};
	struct mp_issuer_config config = kit_config(AS);

	config.clients = clients;
	config.client_count = COUNT(clients);
	config.opaque_tokens = opaque;
	kit_open_extended(kit, config);
}

static const char *mint(struct kit *kit, const char *user, const char *scope,
    const char *resource)
{
	struct mp_secret token = { 0 };
	const char *text;

	CHECK_EQ("a token", mp_issuer_mint(kit->issuer, user, "dev", scope, resource, kit->now,
	    &token, &kit->err), MCPASS_OK);
	text = kit_text(mp_secret_reveal(&token), token.len);
	mp_secret_free(&token);
	return text;
}

static int exchange(struct kit *kit, const char *token, const char *more)
{
	char form[4096];

	snprintf(form, sizeof(form), "%s&subject_token=%s%s", GRANT "&subject_token_type=" TYPE,
	    token, more);
	return kit_post(kit, "/token", form);
}

static void test_it(bool opaque)
{
	struct kit kit;
	const char *token, *subject;

	open_kit(&kit, opaque);
	subject = mint(&kit, "alice", "mcp:read mcp:tools", MCP);
	kit.now += 100;
	CHECK_EQ("exchanged", exchange(&kit, subject, ECHO "&audience=second&scope=mcp%3Aread"
	    "&requested_token_type=" TYPE), 200);
	CHECK_STR("what it is", kit_member(&kit, "issued_token_type"), MP_TOKEN_TYPE_ACCESS);
	CHECK_STR("how it is sent", kit_member(&kit, "token_type"), "Bearer");
	CHECK_STR("what it may", kit_member(&kit, "scope"), "mcp:read");
	CHECK_STR("no longer than the other", kit_member(&kit, "expires_in"), "500");
	CHECK("nothing to refresh", kit_member(&kit, "refresh_token") == NULL);
	token = kit_member(&kit, "access_token");
	if (!opaque) {
		CHECK_STR("for", kit_claim(&kit, token, "aud"), "second");
		CHECK_STR("about", kit_claim(&kit, token, "sub"), "alice");
		CHECK_STR("asked for by", kit_claim(&kit, token, "client_id"), "echo");
		CHECK_STR("until", kit_claim(&kit, token, "exp"), "1700000600");
		CHECK("nobody acts", kit_claim(&kit, token, "act") == NULL);
	}
	CHECK_EQ("and not from there on", exchange(&kit, token, ECHO "&audience=second"), 400);
	CHECK_HAS("as it is for another", kit_body(&kit), "is not for this client");
	kit_close(&kit);
}

static const struct {
	const char *label, *user, *scope, *more;
	int status;
	const char *part;
} rows[] = {
	{ "by URL", "alice", "mcp:read", ECHO "&resource=" SECOND, 200, "\"scope\":\"mcp:read\"" },
	{ "by both names of one", "alice", "mcp:read", ECHO "&resource=" SECOND "&audience=" SECOND, 200,
	    "\"scope\":\"mcp:read\"" },
	{ "all that it has", "alice", "mcp:read mcp:tools", ECHO "&audience=second", 200,
	    "\"scope\":\"mcp:read mcp:tools\"" },
	{ "to have less", "alice", "mcp:read mcp:tools", ECHO "&scope=mcp%3Aread", 200,
	    "\"scope\":\"mcp:read\"" },
	{ "more than it has", "alice", "mcp:read", ECHO "&audience=second&scope=mcp%3Atools", 400,
	    "invalid_scope" },
	{ "more than the client may have", "alice", "mcp:read mcp:tools",
	    "&client_id=narrow&client_secret=s3cret&scope=mcp%3Atools", 400, "invalid_scope" },
	{ "what the client may have", "alice", "mcp:read mcp:tools",
	    "&client_id=narrow&client_secret=s3cret", 200, "\"scope\":\"mcp:read\"" },
	{ "for somebody else", "alice", "mcp:read", ECHO "&audience=stranger", 400, "invalid_target" },
	{ "for two", "alice", "mcp:read", ECHO "&audience=second&resource=" SECOND, 400, "invalid_target" },
	{ "for two of one kind", "alice", "mcp:read", ECHO "&audience=second&audience=x", 400,
	    "invalid_request" },
	{ "by whom it is not for", "alice", "mcp:read",
	    "&client_id=other&client_secret=s3cret&audience=second", 400, "is not for this client" },
	{ "with a wrong secret", "alice", "mcp:read", "&client_id=echo&client_secret=guess&audience=second",
	    401, "invalid_client" },
	{ "without a secret", "alice", "mcp:read", "&client_id=keyless", 400, "unauthorized_client" },
	{ "without the grant", "alice", "mcp:read", "&client_id=machine&client_secret=s3cret", 400,
	    "unauthorized_client" },
	{ "for a refresh token", "alice", "mcp:read", ECHO "&requested_token_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Arefresh_token", 400, "invalid_request" },
	{ "for an ID-JAG: the other exchange", "alice", "mcp:read", ECHO "&requested_token_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag", 400, "an id token is exchanged" },
	{ "by delegation", "alice", "mcp:read", ECHO "&actor_token=x&actor_token_type=" TYPE, 400,
	    "no delegation" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct kit kit;

		open_kit(&kit, false);
		CHECK_EQ(label, exchange(&kit, mint(&kit, rows[i].user, rows[i].scope, MCP), rows[i].more),
		    rows[i].status);
		CHECK_HAS(label, kit_body(&kit), rows[i].part);
		kit_close(&kit);
	}
}

/* What may be shown in place of an access token of ours. */
static void test_subjects(void)
{
	struct mp_secret id_token = { 0 };
	struct kit kit;
	const char *token;

	open_kit(&kit, false);
	token = mint(&kit, "alice", "mcp:read", MCP);
	CHECK_EQ("none", exchange(&kit, "", ECHO), 400);
	CHECK_EQ("nonsense", exchange(&kit, "a.b.c", ECHO), 400);
	CHECK_HAS("it says so", kit_body(&kit), "no access token of ours");
	CHECK_EQ("another's", exchange(&kit, kit_jwt(kit_keys(1), "at+jwt", "{\"iss\":\"" AS "\","
	    "\"sub\":\"alice\",\"aud\":\"" MCP "\",\"exp\":1800000000,\"scope\":\"mcp:read\"}", ""),
	    ECHO), 400);
	CHECK_EQ("an id token", mp_issuer_mint_id_token(kit.issuer, "alice", "echo", kit.now,
	    &id_token, NULL), MCPASS_OK);
	CHECK_EQ("is none", exchange(&kit, mp_secret_reveal(&id_token), ECHO), 400);
	mp_secret_free(&id_token);
	kit.now += 600;
	CHECK_EQ("one that has ended", exchange(&kit, token, ECHO), 400);
	CHECK_EQ("of a type that is another", kit_post(&kit, "/token", GRANT "&subject_token=x"
	    "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt" ECHO), 400);
	CHECK_HAS("it says so", kit_body(&kit), "an access token is exchanged");
	CHECK_EQ("of no type", kit_post(&kit, "/token", GRANT "&subject_token=x" ECHO), 400);
	kit_close(&kit);
}

static void test_bound(void)
{
	struct kit kit;
	char form[4096];

	open_kit(&kit, false);
	snprintf(form, sizeof(form), "%s&subject_token=%s", GRANT "&subject_token_type=" TYPE ECHO
	    "&audience=second", mint(&kit, "alice", "mcp:read", MCP));
	CHECK_EQ("with a proof", kit_post_proved(&kit, form, kit_proof(&kit, kit_keys(0), AS "/token",
	    NULL)), 200);
	CHECK_STR("it is bound", kit_member(&kit, "token_type"), "DPoP");
	kit_close(&kit);
}

/* The metadata says it where somebody may do it. */
static void test_metadata(void)
{
	struct kit kit;

	open_kit(&kit, false);
	CHECK_EQ("metadata", kit_get(&kit, "/.well-known/oauth-authorization-server", NULL), 200);
	CHECK_HAS("names the grant", kit_body(&kit), MP_GRANT_TOKEN_EXCHANGE);
	kit_close(&kit);
	kit_open(&kit, AS);
	CHECK_EQ("metadata", kit_get(&kit, "/.well-known/oauth-authorization-server", NULL), 200);
	CHECK("nobody may", strstr(kit_body(&kit), MP_GRANT_TOKEN_EXCHANGE) == NULL);
	kit_close(&kit);
}

static void test_no_memory(void)
{
	OOM_EACH_LATER {
		struct kit kit;
		const char *token;
		int status;

		open_kit(&kit, false);
		token = mint(&kit, "bob", "mcp:read", MCP);
		oom_from_here();
		status = exchange(&kit, token, ECHO "&audience=second&scope=mcp%3Aread");
		CHECK_OOM("no memory", kit.rc, MCPASS_OK);
		CHECK_EQ("an answer, or none", status, kit.rc ? 0 : 200);
		kit_close(&kit);
	}
}

int main(void)
{
	test_it(false);
	test_it(true);
	test_rows();
	test_subjects();
	test_bound();
	test_metadata();
	test_no_memory();
	return check_done();
}
