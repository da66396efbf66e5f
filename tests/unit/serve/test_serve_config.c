/* The file of `mcpass serve`, and the options that go before it. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/resource/flags.h"
#include "serve/resource/plan.h"
#include "harness/check.h"

#define WHOLE "{\"bind\":\"::1\",\"port\":1,\"resource\":\"https://m/mcp\",\"resource_name\":\"N\"," \
	"\"resource_documentation\":\"https://m/doc\",\"issuers\":[{\"issuer\":\"https://a\"," \
	"\"jwks_uri\":\"https://a/k\",\"introspection\":{\"client_id\":\"c\"," \
	"\"client_secret_file\":\"s\",\"endpoint\":\"https://a/i\",\"auth_method\":" \
	"\"client_secret_post\",\"token_prefix\":\"x_\",\"jwts\":true,\"lifetime\":9," \
	"\"audience_optional\":true}},{\"issuer\":\"https://b\",\"jwks_file\":\"/abs\"," \
	"\"audiences\":[\"ci\"],\"clients\":[\"app\"],\"role_claims\":[\"p.r\"],\"id_token_claims\":true," \
	"\"rules\":[{\"method\":\"*\",\"scope\":\"x\"}]}],\"path\":\"/in\",\"issuer_metadata\":true," \
	"\"audiences\":[\"u\",\"v\"],\"scopes_supported\":[\"s1\"],\"role_claims\":[\"g\"]," \
	"\"rules\":[{\"method\":\"tools/call\",\"name\":\"echo\",\"scope\":\"q\",\"roles\":[\"r\"]}]," \
	"\"implies\":{\"q\":\"s1\"},\"dpop\":{\"mode\":\"accepted\",\"nonce_secret_file\":\"n\"}," \
	"\"ca_file\":\"ca\",\"proxy\":\"http://p:1\",\"open\":false,\"fixtures\":true," \
	"\"challenge_needed\":true,\"cors_origins\":[\"https://p\"],\"allowed_hosts\":[\"mcp.internal\"]," \
	"\"exchange\":{\"issuer\":\"https://a\",\"client_id\":\"e\",\"client_secret_file\":\"t\"," \
	"\"audience\":\"o\",\"resource\":\"https://o/mcp\",\"scope\":\"w\",\"call_on\":\"https://o/mcp\"}}"

static void test_whole(void)
{
	struct mp_serve_config config = { 0 };
	struct mp_serve_introspection *introspection;

	if (!CHECK_EQ("read", mp_serve_config_parse(WHOLE, "/etc/m", &config, NULL), MCPASS_OK))
		return;
	introspection = &config.issuers[0].introspection;
	CHECK_STR("bind", config.bind, "::1");
	CHECK_EQ("port", config.port, 1);
	CHECK_STR("resource", config.resource, "https://m/mcp");
	CHECK_STR("resource_name", config.resource_name, "N");
	CHECK_STR("resource_documentation", config.resource_documentation, "https://m/doc");
	CHECK_STR("jwks_uri", config.issuers[0].jwks_uri, "https://a/k");
	CHECK_STR("jwks_file", config.issuers[1].jwks_file, "/abs");
	CHECK_STR("client_id", introspection->client_id, "c");
	CHECK_STR("a file lies beside the file", introspection->client_secret_file, "/etc/m/s");
	CHECK_STR("endpoint", introspection->endpoint, "https://a/i");
	CHECK_STR("auth_method", introspection->auth_method, "client_secret_post");
	CHECK_STR("token_prefix", introspection->token_prefix, "x_");
	CHECK("jwts", introspection->jwts && introspection->audience_optional);
	CHECK_EQ("lifetime", introspection->lifetime, 9);
	CHECK_STR("an issuer's audience", config.issuers[1].audiences.items[0], "ci");
	CHECK_STR("its client", config.issuers[1].clients.items[0], "app");
	CHECK_STR("its role claim", config.issuers[1].role_claims.items[0], "p.r");
	CHECK_STR("its rule", config.issuers[1].rules.items[0].scope, "x");
	CHECK("its ID token's claims", config.issuers[1].id_token_claims);
	CHECK_EQ("and nothing of it at the other", config.issuers[0].audiences.count, 0);
	CHECK_STR("path", config.path, "/in");
	CHECK("issuer_metadata", config.issuer_metadata);
	CHECK_EQ("audiences", config.audiences.count, 2);
	CHECK_STR("scopes_supported", config.scopes_supported.items[0], "s1");
	CHECK_STR("role_claims", config.role_claims.items[0], "g");
	CHECK_STR("a rule's name", config.rules.items[0].name, "echo");
	CHECK_STR("a rule's role", config.rules.items[0].roles.items[0], "r");
	CHECK_STR("implies", config.implications[0].implied, "s1");
	CHECK_STR("dpop", config.dpop.mode, "accepted");
	CHECK_STR("its secret", config.dpop.nonce_secret_file, "/etc/m/n");
	CHECK_STR("ca_file", config.ca_file, "/etc/m/ca");
	CHECK_STR("proxy", config.proxy, "http://p:1");
	CHECK("fixtures", config.fixtures && !config.open);
	CHECK("challenge_needed", config.challenge_needed);
	CHECK_STR("cors_origins", config.cors_origins.items[0], "https://p");
	CHECK_STR("allowed_hosts", config.allowed_hosts.items[0], "mcp.internal");
	CHECK_STR("exchange", config.exchange.client_secret_file, "/etc/m/t");
	CHECK_STR("its target", config.exchange.audience, "o");
	CHECK_STR("its scope", config.exchange.scope, "w");
	CHECK_STR("its server", config.exchange.call_on, "https://o/mcp");
	mp_serve_config_free(&config);
}

static const struct {
	const char *label, *text, *detail, *hint;
} bad_rows[] = {
	{ "no JSON", "{", "", "" },
	{ "a member twice", "{\"port\":1,\"port\":2}", "", "" },
	{ "a list", "[]", "the file is not an object", "" },
	{ "an unknown member", "{\"isuers\":[]}", "isuers: there is no such member",
	    "did you mean issuers?" },
	{ "one that is near to nothing", "{\"zzzzzzzz\":1}", "zzzzzzzz: there is no such member", "" },
	{ "one further down", "{\"issuers\":[{\"issuer\":\"https://a\",\"jwks_url\":\"x\"}]}",
	    "issuers[0].jwks_url: there is no such member", "did you mean issuers[0].jwks_uri?" },
	{ "one two down", "{\"issuers\":[{\"issuer\":\"https://a\",\"introspection\":{\"id\":1}}]}",
	    "issuers[0].introspection.id: there is no such member", "" },
	{ "one of a rule", "{\"rules\":[{\"method\":\"*\",\"scopes\":\"a\"}]}",
	    "rules[0].scopes: there is no such member", "did you mean rules[0].scope?" },
	{ "a secret itself", "{\"exchange\":{\"client_id\":\"a\",\"client_secret\":\"hush\"}}",
	    "exchange.client_secret: there is no such member", "did you mean exchange.client_secret_file?" },
	{ "a port that is text", "{\"port\":\"8931\"}", "port is not a number", "" },
	{ "a port with a fraction", "{\"port\":1.5}", "port is not a whole number", "" },
	{ "a port too far", "{\"port\":65536}", "port is not 0 to 65535", "" },
	{ "a port below", "{\"port\":-1}", "port is not 0 to 65535", "" },
	{ "null", "{\"bind\":null}", "bind is null: leave it out instead", "" },
	{ "a list that is none", "{\"audiences\":\"a\"}", "audiences is not a list", "" },
	{ "issuers that are no list", "{\"issuers\":{}}", "issuers is not a list", "" },
	{ "an issuer that is no object", "{\"issuers\":[\"https://a\"]}", "issuers[0] is not an object", "" },
	{ "an issuer without its name", "{\"issuers\":[{}]}", "issuers[0].issuer is missing", "" },
	{ "an issuer that is no URL", "{\"issuers\":[{\"issuer\":\"a\"}]}", "issuers[0].issuer: ", "" },
	{ "a rule without a method", "{\"rules\":[{\"scope\":\"a\"}]}", "rules[0].method is missing", "" },
	{ "a rule for nothing", "{\"rules\":[{\"method\":\"*\"}]}", "rules[0] asks for nothing", "" },
	{ "roles that are text", "{\"rules\":[{\"method\":\"*\",\"roles\":\"a\"}]}",
	    "rules[0].roles is not a list", "" },
	{ "implications that are a list", "{\"implies\":[]}", "implies is not an object", "" },
	{ "an implication that is a list", "{\"implies\":{\"a\":[\"b\"]}}",
	    "implies.a is not a string of scopes", "" },
	{ "dpop as text", "{\"dpop\":\"required\"}", "dpop is not an object", "" },
	{ "a switch that is text", "{\"open\":\"yes\"}", "open is not true or false", "" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const char *label = bad_rows[i].label;
		struct mp_serve_config config = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_serve_config_parse(bad_rows[i].text, NULL, &config, &err),
		    MCPASS_E_USAGE);
		CHECK_HAS(label, err.detail, bad_rows[i].detail);
		CHECK_HAS(label, err.hint, bad_rows[i].hint);
		CHECK(label, strstr(err.detail, "hush") == NULL);
		CHECK_EQ(label, mp_test_live_blocks(), 0);
	}
}

#define ISSUER "\"issuers\":[{\"issuer\":\"https://a\"}]"
#define TWO "\"issuers\":[{\"issuer\":\"https://a\"},{\"issuer\":\"https://b\"}]"
static const struct {
	const char *label, *text;
	enum mcpass_rc want;
	const char *detail;
} plan_rows[] = {
	{ "an issuer is enough", "{" ISSUER "}", MCPASS_OK, "" },
	{ "no issuer", "{}", MCPASS_E_USAGE, "no issuer" },
	{ "open", "{\"open\":true}", MCPASS_OK, "" },
	{ "open, far away", "{\"open\":true,\"bind\":\"0.0.0.0\"}", MCPASS_E_POLICY, "everybody" },
	{ "open and closed", "{\"open\":true," ISSUER "}", MCPASS_E_USAGE, "only one can be meant" },
	{ "far away", "{\"bind\":\"0.0.0.0\"," ISSUER "}", MCPASS_E_USAGE, "public URL" },
	{ "far away, by its name", "{\"bind\":\"0.0.0.0\",\"resource\":\"https://m/mcp\"," ISSUER "}",
	    MCPASS_OK, "" },
	{ "an issuer twice", "{\"issuers\":[{\"issuer\":\"https://a\"},{\"issuer\":\"https://a\"}]}",
	    MCPASS_E_USAGE, "an issuer twice: https://a" },
	{ "a far issuer by http", "{\"issuers\":[{\"issuer\":\"http://a.example\"}]}", MCPASS_E_POLICY,
	    "http" },
	{ "keys in two places", "{\"issuers\":[{\"issuer\":\"https://a\",\"jwks_uri\":\"https://a/k\","
	    "\"jwks_file\":\"f\"}]}", MCPASS_E_USAGE, "one place" },
	{ "keys that are not there", "{\"issuers\":[{\"issuer\":\"https://a\",\"jwks_file\":"
	    "\"/nowhere/f\"}]}", MCPASS_E_IO, "/nowhere/f" },
	{ "a secret that is not there", "{\"issuers\":[{\"issuer\":\"https://a\",\"introspection\":"
	    "{\"client_id\":\"c\",\"client_secret_file\":\"/nowhere/s\"}}]}", MCPASS_E_IO, "/nowhere/s" },
	{ "a resource with a query", "{\"resource\":\"https://m/mcp?x\"," ISSUER "}", MCPASS_E_USAGE,
	    "query" },
	{ "a scope that is none", "{" ISSUER ",\"rules\":[{\"method\":\"*\",\"scope\":\"a\\\\b\"}]}",
	    MCPASS_E_USAGE, "a rule: " },
	{ "roles, and no place for them", "{" ISSUER ",\"rules\":[{\"method\":\"*\",\"roles\":[\"r\"]}]}",
	    MCPASS_E_USAGE, "claim" },
	{ "scopes that imply each other", "{" ISSUER ",\"implies\":{\"a\":\"b\",\"b\":\"a\"}}",
	    MCPASS_E_USAGE, "" },
	{ "two scopes in one word are two", "{\"scopes_supported\":[\"a b\"]," ISSUER "}", MCPASS_OK, "" },
	{ "one that is none", "{\"scopes_supported\":[\"a\\\"b\"]," ISSUER "}", MCPASS_E_USAGE,
	    "scopes_supported: a scope has a byte" },
	{ "an empty scope", "{\"scopes_supported\":[\"\"]," ISSUER "}", MCPASS_E_USAGE, "empty scope" },
	{ "an origin with a path", "{\"cors_origins\":[\"https://p/x\"]," ISSUER "}", MCPASS_E_USAGE,
	    "" },
	{ "an unknown mode", "{" ISSUER ",\"dpop\":{\"mode\":\"on\"}}", MCPASS_E_USAGE,
	    "off, accepted or required" },
	{ "nonces without DPoP", "{" ISSUER ",\"dpop\":{\"mode\":\"off\",\"nonce_secret_file\":\"n\"}}",
	    MCPASS_E_USAGE, "DPoP is off" },
	{ "an exchange for nobody", "{" ISSUER ",\"exchange\":{\"client_id\":\"e\","
	    "\"client_secret_file\":\"t\"}}", MCPASS_E_USAGE, "for whom" },
	{ "at which issuer", "{" TWO ",\"exchange\":{\"client_id\":\"e\",\"client_secret_file\":\"t\","
	    "\"audience\":\"o\"}}", MCPASS_E_USAGE, "at which" },
	{ "at a strange one", "{" TWO ",\"exchange\":{\"issuer\":\"https://c\",\"client_id\":\"e\","
	    "\"client_secret_file\":\"t\",\"audience\":\"o\"}}", MCPASS_E_USAGE, "none of the issuers" },
	{ "an exchange when open", "{\"open\":true,\"exchange\":{\"client_id\":\"e\","
	    "\"client_secret_file\":\"t\",\"audience\":\"o\"}}", MCPASS_E_USAGE, "no token to exchange" },
	{ "calling on to itself", "{\"resource\":\"https://m/mcp\"," ISSUER ",\"exchange\":{"
	    "\"client_id\":\"e\",\"client_secret_file\":\"t\",\"call_on\":\"https://m/mcp\"}}",
	    MCPASS_E_USAGE, "itself" },
	{ "calling on in the clear", "{" ISSUER ",\"exchange\":{\"client_id\":\"e\","
	    "\"client_secret_file\":\"t\",\"call_on\":\"http://o.example/mcp\"}}", MCPASS_E_POLICY,
	    "http" },
	{ "a lost exchange secret", "{" ISSUER ",\"exchange\":{\"client_id\":\"e\","
	    "\"client_secret_file\":\"/nowhere/t\",\"audience\":\"o\"}}", MCPASS_E_IO, "/nowhere/t" },
};

static void test_plan(void)
{
	for (size_t i = 0; i < COUNT(plan_rows); i++) {
		const char *label = plan_rows[i].label;
		struct mp_serve_config config = { 0 };
		struct mp_serve_plan plan = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_serve_config_parse(plan_rows[i].text, NULL, &config, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_serve_plan_make(&config, &plan, &err), plan_rows[i].want);
		CHECK_HAS(label, err.detail, plan_rows[i].detail);
		mp_serve_plan_free(&plan);
		mp_serve_config_free(&config);
		CHECK_EQ(label, mp_test_live_blocks(), 0);
	}
}

/* Options over a file that says everything. */
static void test_flags(void)
{
	struct mp_serve_flags flags = { .resource = "https://n/mcp", .resource_name = "M",
		.bind_address = "127.0.0.1", .ca_file = "c2", .proxy = "http://q:1", .dpop = "off",
		.dpop_nonce_secret = "n2", .exchange = "e2", .exchange_secret = "t2",
		.exchange_audience = "o2", .exchange_resource = "https://o2/", .exchange_scope = "w2",
		.call_on = "https://o2/mcp", .scopes = "z", .port = { 7, true }, .open = true,
		.jwks_uri = "https://d/k", .introspect = "c2", .introspect_secret = "s2",
		.introspection_endpoint = "https://d/i" };
	struct mp_serve_config config = { 0 };

	flags.issuers = (struct mp_texts){ { "https://d" }, 1 };
	flags.audiences = (struct mp_texts){ { "aud" }, 1 };
	flags.role_claims = (struct mp_texts){ { "h" }, 1 };
	flags.implies = (struct mp_texts){ { "z=y" }, 1 };
	flags.rules = (struct mp_texts){ { "tools/call:echo=z" }, 1 };
	flags.roles = (struct mp_texts){ { "tools/call=staff" }, 1 };
	CHECK_EQ("a file", mp_serve_config_parse(WHOLE, "/etc/m", &config, NULL), MCPASS_OK);
	CHECK_EQ("options", mp_serve_flags_apply(&flags, &config, NULL), MCPASS_OK);
	CHECK_EQ("one issuer", config.issuer_count, 1);
	CHECK_STR("that is given", config.issuers[0].issuer, "https://d");
	CHECK_STR("its keys", config.issuers[0].jwks_uri, "https://d/k");
	CHECK_STR("asked by", config.issuers[0].introspection.client_id, "c2");
	CHECK_STR("with", config.issuers[0].introspection.client_secret_file, "s2");
	CHECK_STR("at", config.issuers[0].introspection.endpoint, "https://d/i");
	CHECK_EQ("one audience", config.audiences.count, 1);
	CHECK_STR("the option's", config.audiences.items[0], "aud");
	CHECK_STR("the claim", config.role_claims.items[0], "h");
	CHECK_EQ("one implication", config.implication_count, 1);
	CHECK_STR("of it", config.implications[0].scope, "z");
	CHECK_EQ("the rules of both", config.rules.count, 3);
	CHECK_STR("roles first", config.rules.items[0].roles.items[0], "staff");
	CHECK_STR("then scopes", config.rules.items[1].scope, "z");
	CHECK_STR("then the file's", config.rules.items[2].scope, "q");
	CHECK_STR("scopes", config.scopes_supported.items[0], "z");
	CHECK_STR("resource", config.resource, "https://n/mcp");
	CHECK_STR("name", config.resource_name, "M");
	CHECK_STR("bind", config.bind, "127.0.0.1");
	CHECK_EQ("port", config.port, 7);
	CHECK_STR("ca", config.ca_file, "c2");
	CHECK_STR("proxy", config.proxy, "http://q:1");
	CHECK_STR("dpop", config.dpop.mode, "off");
	CHECK_STR("nonces", config.dpop.nonce_secret_file, "n2");
	CHECK_STR("exchange", config.exchange.client_id, "e2");
	CHECK_STR("secret", config.exchange.client_secret_file, "t2");
	CHECK_STR("audience", config.exchange.audience, "o2");
	CHECK_STR("target", config.exchange.resource, "https://o2/");
	CHECK_STR("scope", config.exchange.scope, "w2");
	CHECK_STR("call on", config.exchange.call_on, "https://o2/mcp");
	CHECK("open", config.open && config.fixtures);
	mp_serve_config_free(&config);
}

static const struct {
	const char *label;
	struct mp_serve_flags flags;
	const char *detail;
} flag_rows[] = {
	{ "keys of which issuer", { .issuers = { { "https://a", "https://b" }, 2 },
	    .jwks_file = "f" }, "--jwks-file is about one issuer, and there are 2" },
	{ "introspection at none", { .introspect = "c" }, "there are 0" },
	{ "an implication without a sign", { .implies = { { "a b" }, 1 } }, "not SCOPE=SCOPES" },
	{ "an implication of nothing", { .implies = { { "=b" }, 1 } }, "not SCOPE=SCOPES" },
	{ "scopes that are none", { .scopes = "a\\b" }, "--scopes: " },
	{ "a rule that is none", { .rules = { { "x" }, 1 } }, "--rule x" },
	{ "a role that is none", { .roles = { { "x" }, 1 } }, "--role x" },
};

static void test_bad_flags(void)
{
	for (size_t i = 0; i < COUNT(flag_rows); i++) {
		struct mp_serve_config config = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(flag_rows[i].label, mp_serve_flags_apply(&flag_rows[i].flags, &config, &err),
		    MCPASS_E_USAGE);
		CHECK_HAS(flag_rows[i].label, err.detail, flag_rows[i].detail);
		mp_serve_config_free(&config);
		CHECK_EQ(flag_rows[i].label, mp_test_live_blocks(), 0);
	}
}

static enum mcpass_rc read_and_plan(const char *text)
{
	struct mp_serve_config config = { 0 };
	struct mp_serve_plan plan = { 0 };
	enum mcpass_rc rc = mp_serve_config_parse(text, "/nowhere", &config, NULL);

	if (!rc)
		rc = mp_serve_plan_make(&config, &plan, NULL);
	mp_serve_plan_free(&plan);
	mp_serve_config_free(&config);
	return rc;
}

static void test_no_memory(void)
{
	static const struct { const char *text; enum mcpass_rc want; } rows[] = {
		{ WHOLE, MCPASS_E_IO },         /* its secrets are nowhere */
		{ "{" ISSUER ",\"rules\":[{\"method\":\"tools/call\",\"roles\":[\"r\",\"s\"]}],"
		    "\"role_claims\":[\"g\"],\"implies\":{\"a\":\"b\"}}", MCPASS_OK },
		{ "{\"issuers\":[{\"isuer\":1}]}", MCPASS_E_USAGE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH {
			enum mcpass_rc rc;

			rc = read_and_plan(rows[i].text);
			CHECK_OOM("no memory", rc, rows[i].want);
		}
}

int main(void)
{
	test_whole();
	test_bad();
	test_plan();
	test_flags();
	test_bad_flags();
	test_no_memory();
	return check_done();
}
