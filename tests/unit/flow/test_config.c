/* What a program, or a person with an option, may configure: refused before anything is sent. */
#include <string.h>
#include "harness/check.h"
#include "mcpass/client.h"

#define AS "https://as.example"

static int no_random(void *ctx, unsigned char *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 7, len);
	return 0;
}

static const struct mcpass_client_config usual = { .size = sizeof(usual),
	.server_url = "https://mcp.example/mcp", .random = no_random };

static const struct {
	const char *label, *scope, *resource, *issuer;
	const char *param[2];
	enum mcpass_rc want;
	const char *says;
} rows[] = {
	{ "nothing", NULL, NULL, NULL, { 0 }, MCPASS_OK, "" },
	{ "empty is absent", "", "", "", { 0 }, MCPASS_OK, "" },
	{ "two scopes", "a b", NULL, NULL, { 0 }, MCPASS_OK, "" },
	{ "a quote in a scope", "a\"b", NULL, NULL, { 0 }, MCPASS_E_USAGE, "a scope has a byte" },
	{ "a scope that is not ASCII", "caf\xc3\xa9", NULL, NULL, { 0 }, MCPASS_E_USAGE, "a scope has a byte" },
	{ "a resource", NULL, "https://api.example/mcp?x=1", NULL, { 0 }, MCPASS_OK, "" },
	{ "of another scheme", NULL, "urn:example:api", NULL, { 0 }, MCPASS_OK, "" },
	{ "an application id URI", NULL, "api://1234-abcd/x", NULL, { 0 }, MCPASS_OK, "" },
	{ "a name", NULL, "api", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "a path", NULL, "/mcp", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "a scheme alone", NULL, "https:", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "a scheme of digits", NULL, "1a:b", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "a fragment", NULL, "https://api.example/#a", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "a space", NULL, "https://api.example/a b", NULL, { 0 }, MCPASS_E_USAGE, "absolute URI" },
	{ "an issuer", NULL, NULL, AS, { 0 }, MCPASS_OK, "" },
	{ "an issuer that is no URL", NULL, NULL, "as.example", { 0 }, MCPASS_E_USAGE,
	    "the client's issuer as.example: " },
	{ "a parameter", NULL, NULL, NULL, { "access_type", "offline" }, MCPASS_OK, "" },
	{ "a name is case-sensitive", NULL, NULL, NULL, { "State", "x" }, MCPASS_OK, "" },
	{ "the state", NULL, NULL, NULL, { "state", "x" }, MCPASS_E_USAGE, "the parameter state" },
	{ "or none", NULL, NULL, NULL, { "state", "" }, MCPASS_E_USAGE, "the parameter state" },
	{ "another redirect", NULL, NULL, NULL, { "redirect_uri", "https://evil.example" }, MCPASS_E_USAGE,
	    "the parameter redirect_uri" },
	{ "another challenge", NULL, NULL, NULL, { "code_challenge", "x" }, MCPASS_E_USAGE,
	    "the parameter code_challenge" },
	{ "another method", NULL, NULL, NULL, { "code_challenge_method", "plain" }, MCPASS_E_USAGE,
	    "the parameter code_challenge_method" },
	{ "another client", NULL, NULL, NULL, { "client_id", "x" }, MCPASS_E_USAGE, "the parameter client_id" },
	{ "another response", NULL, NULL, NULL, { "response_type", "token" }, MCPASS_E_USAGE,
	    "the parameter response_type" },
	{ "scopes", NULL, NULL, NULL, { "scope", "x" }, MCPASS_E_USAGE, "the parameter scope" },
	{ "a second resource", NULL, NULL, NULL, { "resource", "x" }, MCPASS_E_USAGE, "the parameter resource" },
	{ "a request of its own", NULL, NULL, NULL, { "request_uri", "x" }, MCPASS_E_USAGE,
	    "the parameter request_uri" },
	{ "a key of its own", NULL, NULL, NULL, { "dpop_jkt", "x" }, MCPASS_E_USAGE, "the parameter dpop_jkt" },
	{ "a secret in a URL", NULL, NULL, NULL, { "client_secret", "x" }, MCPASS_E_USAGE,
	    "the parameter client_secret" },
	{ "an answer that is a POST", NULL, NULL, NULL, { "response_mode", "form_post" }, MCPASS_E_USAGE,
	    "response_mode form_post" },
	{ "an answer in the query", NULL, NULL, NULL, { "response_mode", "query" }, MCPASS_OK, "" },
	{ "no response_mode", NULL, NULL, NULL, { "response_mode", "" }, MCPASS_OK, "" },
};

static void test_config(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mcpass_header param = { rows[i].param[0], rows[i].param[1] };
		struct mcpass_client_config config = usual;
		struct mcpass_client *client = NULL;
		struct mcpass_error err = { 0 };

		config.scope = rows[i].scope;
		config.resource = rows[i].resource;
		config.client_issuer = rows[i].issuer;
		config.extra = &param;
		config.extra_count = param.name != NULL;
		CHECK_EQ(rows[i].label, mcpass_client_new(&config, &client, &err), rows[i].want);
		CHECK_HAS(rows[i].label, err.detail, rows[i].says);
		mcpass_client_free(client);
	}
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_client_config config = usual;
		struct mcpass_client *client = NULL;
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		config.scope = "a b";
		rc = mcpass_client_new(&config, &client, &err);
		CHECK_OOM("memory, or a client", rc, MCPASS_OK);
		mcpass_client_free(client);
	}
}

int main(void)
{
	test_config();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
