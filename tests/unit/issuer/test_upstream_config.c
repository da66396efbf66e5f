/* The configuration of an identity provider: what is misspelt or unsafe is said. */
#include "upstream_kit.h"

#define ENTRA "https://login.microsoftonline.com/"

#define ENTRY "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\""
#define API "\"audience\":\"a\",\"clients\":[\"c\"]"

static const struct { const char *label, *entry, *secret, *key, *detail; } rows[] = {
	{ "no object", "[]", "s", NULL, "no JSON object" },
	{ "no name", "{\"issuer\":\"" IDP "\",\"client_id\":\"x\"}", "s", NULL, "name" },
	{ "a name that is no segment", "{\"name\":\"a/b\",\"issuer\":\"" IDP "\",\"client_id\":\"x\"}",
	    "s", NULL, "small letters" },
	{ "no client_id", "{\"name\":\"a\",\"issuer\":\"" IDP "\"}", "s", NULL, "client_id" },
	{ "plain http far away", "{\"name\":\"a\",\"issuer\":\"http://idp.example\",\"client_id\":\"x\"}",
	    "s", NULL, "https" },
	{ "http on loopback", "{\"name\":\"a\",\"issuer\":\"http://127.0.0.1:1\",\"client_id\":\"x\"}",
	    "s", NULL, NULL },
	{ "no secret and no key", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\"}", NULL,
	    NULL, "private_key_file" },
	{ "both", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\"}", "s", "k", "one of them" },
	{ "a key that is none", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\"}", NULL, "k",
	    "" },
	{ "a member that is misspelt", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"allowed\":{}}", "s", NULL, "allowed" },
	{ "one of allow", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\",\"allow\":"
	    "{\"domains\":[\"x\"]}}", "s", NULL, "domains" },
	{ "one of a rule", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\",\"rules\":"
	    "[{\"group\":\"x\",\"scopes\":[\"a\"]}]}", "s", NULL, "group" },
	{ "a rule for whom", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\",\"rules\":"
	    "[{\"scopes\":[\"a\"]}]}", "s", NULL, "for whom" },
	{ "a rule without a value", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\",\"rules\":"
	    "[{\"claim\":\"groups\",\"scopes\":[\"a\"]}]}", "s", NULL, "together" },
	{ "a rule that gives nothing", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"rules\":[{\"everyone\":true}]}", "s", NULL, "gives scopes" },
	{ "rules that are no list", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"rules\":{}}", "s", NULL, "no list" },
	{ "apis that are no list", ENTRY ",\"apis\":{}}", "s", NULL, "no list" },
	{ "groups of a provider that is not known", ENTRY ",\"groups_by_api\":true}", "s", NULL,
	    "not known" },
	{ "groups from somewhere, and not said", ENTRY ",\"groups_endpoint\":\"https://g.example/\"}", "s",
	    NULL, "goes with" },
	{ "groups in the clear", ENTRY ",\"groups_by_api\":true,\"groups_endpoint\":\"http://g.example/\"}",
	    "s", NULL, "https" },
	{ "groups of OAuth without OpenID Connect", "{\"name\":\"a\",\"client_id\":\"x\",\"provider\":"
	    "\"github\",\"allow\":{\"everyone\":true},\"groups_by_api\":true}", "s", NULL, "not known" },
	{ "groups from somewhere", ENTRY ",\"groups_by_api\":true,\"groups_endpoint\":"
	    "\"https://g.example/\"}", "s", NULL, NULL },
	{ "an api that is no object", ENTRY ",\"apis\":[1]}", "s", NULL, "no object" },
	{ "one of an api", ENTRY ",\"apis\":[{" API ",\"scope\":\"a\"}]}", "s", NULL, "scope" },
	{ "an api for whom", ENTRY ",\"apis\":[{\"audience\":\"a\",\"clients\":[],\"scopes\":[\"s\"]}]}",
	    "s", NULL, "names none" },
	{ "an api of what", ENTRY ",\"apis\":[{\"clients\":[\"c\"],\"scopes\":[\"s\"]}]}", "s", NULL,
	    "audience" },
	{ "an empty name", ENTRY ",\"apis\":[{\"audience\":\"\",\"clients\":[\"c\"]}]}", "s", NULL, "empty" },
	{ "all that a refresh token gives", ENTRY ",\"apis\":[{" API "}]}", "s", NULL, "scopes" },
	{ "a scope that is two", ENTRY ",\"apis\":[{" API ",\"scopes\":[\"a b\"]}]}", "s", NULL,
	    "not one scope" },
	{ "a scope that is none", ENTRY ",\"apis\":[{" API ",\"scopes\":[\"\\\\\"]}]}", "s", NULL, "" },
	{ "a need that is two", ENTRY ",\"apis\":[{" API ",\"scopes\":[\"a\"],\"needs\":[\"a b\"]}]}", "s",
	    NULL, "not one scope" },
	{ "a way that is none", ENTRY ",\"apis\":[{" API ",\"by\":\"password\"}]}", "s", NULL,
	    "token_exchange" },
	{ "one audience twice", ENTRY ",\"apis\":[{" API ",\"scopes\":[\"a\"]},{" API
	    ",\"scopes\":[\"b\"]}]}", "s", NULL, "twice" },
	{ "an api", ENTRY ",\"apis\":[{" API ",\"by\":\"token_exchange\"}]}", "s", NULL, NULL },
	{ "a parameter that is ours", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"authorize_params\":{\"state\":\"x\"}}", "s", NULL, "state" },
	{ "resource is never sent", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"authorize_params\":{\"resource\":\"x\"}}", "s", NULL, "resource" },
	{ "a claim that is ours", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"token_claims\":{\"sub\":\"email\"}}", "s", NULL, "sub" },
	{ "a parameter that is no text", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"token_params\":{\"a\":1}}", "s", NULL, "no text" },
	{ "whose token is exchanged is ours to say", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"token_params\":{\"actor_token\":\"x\"}}", "s", NULL, "actor_token" },
	{ "a method that does not fit", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"token_endpoint_auth_method\":\"private_key_jwt\"}", "s", NULL, "does not go" },
	{ "none is no method of ours", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"token_endpoint_auth_method\":\"none\"}", "s", NULL, "does not go" },
	{ "a provider that is none", "{\"name\":\"a\",\"issuer\":\"" IDP "\",\"client_id\":\"x\","
	    "\"provider\":\"nosuch\"}", "s", NULL, "provider" },
	{ "neither issuer nor endpoints", "{\"name\":\"a\",\"client_id\":\"x\"}", "s", NULL,
	    "authorization_endpoint" },
	{ "GitHub knows its own", "{\"name\":\"a\",\"client_id\":\"x\",\"provider\":\"github\","
	    "\"allow\":{\"organizations\":[\"corp\"]}}", "s", NULL, NULL },
	{ "all of GitHub", "{\"name\":\"a\",\"client_id\":\"x\",\"provider\":\"github\"}", "s", NULL,
	    "anyone in the world" },
	{ "all of GitHub with a verified address", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"provider\":\"github\",\"allow\":{\"verified_email\":true}}", "s", NULL,
	    "anyone in the world" },
	{ "all of GitHub, as is meant", "{\"name\":\"a\",\"client_id\":\"x\",\"provider\":\"github\","
	    "\"allow\":{\"everyone\":true}}", "s", NULL, NULL },
	{ "all of Google, by its host", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"https://accounts.google.com\"}", "s", NULL, "anyone in the world" },
	{ "Google by rules", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"https://accounts.google.com\",\"rules\":[{\"email_domain\":\"corp.example\","
	    "\"scopes\":[\"a\"]}]}", "s", NULL, NULL },
	{ "the tenants of everyone", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"" ENTRA "organizations/v2.0\"}", "s", NULL, "allow.tenants" },
	{ "the tenant of all personal accounts", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"" ENTRA "9188040d-6c67-4c5b-b112-36a304b66dad/v2.0\"}", "s", NULL,
	    "allow.tenants" },
	{ "whose administrators give roles", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"" ENTRA "common/v2.0\",\"rules\":[{\"claim\":\"roles\",\"value\":\"x\","
	    "\"scopes\":[\"a\"]}]}", "s", NULL, "allow.tenants" },
	{ "one tenant of them", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"" ENTRA "common/v2.0\",\"allow\":{\"tenants\":[\"1234\"]}}", "s", NULL, NULL },
	{ "the tenant's own issuer", "{\"name\":\"a\",\"client_id\":\"x\","
	    "\"issuer\":\"" ENTRA "1234/v2.0\"}", "s", NULL, NULL },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mp_idp_files files = { rows[i].secret, rows[i].key };
		struct mp_idp upstream = { 0 };
		struct mcpass_error err = { 0 };
		json_t *entry = upstream_json(rows[i].entry);
		enum mcpass_rc rc = mp_idp_read(entry, &files, &upstream, &err);

		CHECK_EQ(rows[i].label, rc, rows[i].detail == NULL ? MCPASS_OK : MCPASS_E_USAGE);
		if (rc)
			CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
		CHECK(rows[i].label, strstr(err.detail, "s3cret") == NULL);
		mp_idp_free(&upstream);
		json_decref(entry);
	}
}

/* What is known of providers comes by itself, and gives way to what is written. */
static void test_providers(void)
{
	static const struct { const char *more, *scope, *subject, *groups; bool userinfo; } known[] = {
		{ "", "openid profile email", "sub", "groups", false },
		{ ",\"provider\":\"entra\"", "openid profile email offline_access", "tid", "groups", false },
		{ ",\"provider\":\"entra\",\"groups_by_api\":true", "openid profile email offline_access"
		    " User.Read", "tid", "groups", false },
		{ ",\"provider\":\"entra\",\"groups_by_api\":true,\"scope\":\"openid\"", "openid", "tid",
		    "groups", false },
		{ ",\"provider\":\"okta\"", "openid profile email groups offline_access", "sub", "groups",
		    true },
		{ ",\"provider\":\"cognito\"", "openid profile email", "sub", "cognito:groups", false },
		{ ",\"provider\":\"entra\",\"scope\":\"openid\",\"subject_claims\":[\"oid\"],"
		    "\"groups_claim\":\"roles\"", "openid", "oid", "roles", false },
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		struct mp_idp upstream = { 0 };

		CHECK_EQ("read", upstream_make(known[i].more, &upstream, NULL), MCPASS_OK);
		CHECK_STR("scope", upstream.scope, known[i].scope);
		CHECK_STR("subject", upstream.subject.items[0], known[i].subject);
		CHECK_STR("groups", upstream.groups_claim, known[i].groups);
		CHECK_EQ("userinfo", upstream.userinfo, known[i].userinfo);
		mp_idp_free(&upstream);
	}
	CHECK("by its host", mp_idp_provider(NULL, "https://accounts.google.com") != NULL);
	CHECK("not by a host that is alike", mp_idp_provider(NULL, "https://accounts.google.com.evil"
	    ".example") == NULL);
}

static const struct { const char *label, *asked, *issuer, *more; enum mcpass_rc want; } metadata_rows[] = {
	{ "its own", IDP, IDP, "", MCPASS_OK },
	{ "another issuer's", IDP, "https://evil.example", "", MCPASS_E_POLICY },
	{ "a slash is a difference", IDP, IDP "/", "", MCPASS_E_POLICY },
	{ "no jwks_uri", IDP, IDP, ",\"jwks_uri\":null", MCPASS_E_PROTOCOL },
	{ "keys on this machine", IDP, IDP, ",\"jwks_uri\":\"http://127.0.0.1/k\"", MCPASS_E_POLICY },
	{ "keys in the clear", IDP, IDP, ",\"jwks_uri\":\"http://idp.example/k\"", MCPASS_E_POLICY },
	{ "a token endpoint inside", IDP, IDP, ",\"token_endpoint\":\"https://169.254.169.254/\"",
	    MCPASS_E_POLICY },
	{ "of many tenants", ENTRA "common/v2.0", ENTRA "{tenantid}/v2.0", "", MCPASS_OK },
	{ "a template for one tenant", ENTRA "1234/v2.0", ENTRA "{tenantid}/v2.0", "", MCPASS_E_POLICY },
	{ "a template elsewhere", ENTRA "common/v2.0", "https://evil.example/{tenantid}/v2.0", "",
	    MCPASS_E_POLICY },
	{ "a list of algorithms that is none", IDP, IDP,
	    ",\"id_token_signing_alg_values_supported\":\"RS256\"", MCPASS_E_PROTOCOL },
};

static void test_metadata(void)
{
	for (size_t i = 0; i < COUNT(metadata_rows); i++) {
		struct mp_idp upstream = { .issuer = (char *)metadata_rows[i].asked };
		struct mp_idp_metadata metadata = { 0 };
		char more[512];
		json_t *document = json_pack("{s:s, s:s, s:s, s:s}", "issuer", metadata_rows[i].issuer,
		    "authorization_endpoint", IDP "/a", "token_endpoint", IDP "/t", "jwks_uri", IDP "/k");
		json_t *changes;

		snprintf(more, sizeof(more), "{\"x\":1%s}", metadata_rows[i].more);
		changes = json_loads(more, 0, NULL);
		json_object_update(document, changes);
		CHECK_EQ(metadata_rows[i].label, mp_idp_metadata_read(&upstream, document, &metadata,
		    NULL), metadata_rows[i].want);
		mp_idp_metadata_free(&metadata);
		json_decref(changes);
		json_decref(document);
	}
}

int main(void)
{
	test_rows();
	test_providers();
	test_metadata();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
