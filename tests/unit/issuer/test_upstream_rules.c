/* Who may come in from an identity provider, and what they may have here. */
#include "upstream_kit.h"

static const struct {
	const char *label, *more, *claims;
	enum mcpass_rc want;
	const char *detail;             /* part of it, or the scopes of one who may */
} rows[] = {
	{ "no rules: every scope", "", "{\"sub\":\"ann\"}", MCPASS_OK, "*" },
	{ "an empty list of rules gives nothing", ",\"rules\":[]", "{\"sub\":\"ann\"}", MCPASS_OK, "" },
	{ "no sub", "", "{\"email\":\"ann@corp.example\"}", MCPASS_E_DENIED, "does not say who" },
	{ "a sub that is no text", "", "{\"sub\":{\"a\":1}}", MCPASS_E_DENIED, "does not say who" },
	{ "an empty sub", "", "{\"sub\":\"\"}", MCPASS_E_DENIED, "does not say who" },

	{ "a group of the rules", ",\"rules\":[{\"claim\":\"groups\",\"value\":\"staff\",\"scopes\":"
	    "[\"mcp:read\"]},{\"claim\":\"groups\",\"value\":\"dev\",\"scopes\":[\"mcp:tools\"]}]",
	    "{\"sub\":\"ann\",\"groups\":[\"x\",\"dev\",\"staff\"]}", MCPASS_OK, "mcp:read mcp:tools" },
	{ "another group gives nothing", ",\"rules\":[{\"claim\":\"groups\",\"value\":\"staff\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"groups\":[\"staff2\",\"STAFF\",\"sta\"]}",
	    MCPASS_OK, "" },
	{ "one group as text", ",\"rules\":[{\"claim\":\"groups\",\"value\":\"staff\",\"scopes\":"
	    "[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"groups\":\"staff\"}", MCPASS_OK, "mcp:read" },
	{ "words in a text are no list", ",\"rules\":[{\"claim\":\"groups\",\"value\":\"staff\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"groups\":\"dev staff\"}", MCPASS_OK, "" },
	{ "a role along a path", ",\"rules\":[{\"claim\":\"realm_access.roles\",\"value\":\"user\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"realm_access\":{\"roles\":[\"user\"]}}",
	    MCPASS_OK, "mcp:read" },
	{ "a claim with dots in its name", ",\"rules\":[{\"claim\":\"https://corp.example/roles\","
	    "\"value\":\"user\",\"scopes\":[\"mcp:read\"]}]",
	    "{\"sub\":\"ann\",\"https://corp.example/roles\":[\"user\"]}", MCPASS_OK, "mcp:read" },
	{ "roles as a map", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"user\",\"scopes\":"
	    "[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"roles\":{\"user\":{\"1\":\"x\"}}}", MCPASS_OK,
	    "mcp:read" },
	{ "a role that the map says is not given", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"user\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"roles\":{\"user\":false}}", MCPASS_OK, "" },
	{ "a role with nothing in the map", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"user\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"roles\":{\"user\":\"\"}}", MCPASS_OK, "" },
	{ "a role with 0 in the map", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"user\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"roles\":{\"user\":0}}", MCPASS_OK, "" },
	{ "a map of roles that are true", ",\"rules\":[{\"claim\":\"roles\",\"value\":\"user\",\"scopes\":"
	    "[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"roles\":{\"user\":true}}", MCPASS_OK, "mcp:read" },
	{ "a group that a map says is not given", ",\"allow\":{\"groups\":[\"staff\"]}",
	    "{\"sub\":\"ann\",\"groups\":{\"staff\":false}}", MCPASS_E_DENIED, "allow.groups" },
	{ "a path that ends early", ",\"rules\":[{\"claim\":\"a.b.c\",\"value\":\"x\",\"scopes\":"
	    "[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"a\":\"x\"}", MCPASS_OK, "" },
	{ "a rule with two conditions needs both", ",\"rules\":[{\"claim\":\"groups\",\"value\":"
	    "\"staff\",\"email_domain\":\"corp.example\",\"scopes\":[\"mcp:read\"]}]",
	    "{\"sub\":\"ann\",\"groups\":[\"staff\"],\"email\":\"ann@evil.example\","
	    "\"email_verified\":true}", MCPASS_OK, "" },
	{ "everyone", ",\"rules\":[{\"everyone\":true,\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\"}",
	    MCPASS_OK, "mcp:read" },

#define DOMAIN ",\"allow\":{\"email_domains\":[\"corp.example\"]}"
	{ "the domain of a verified address", DOMAIN,
	    "{\"sub\":\"ann\",\"email\":\"ann@corp.example\",\"email_verified\":true}", MCPASS_OK, "*" },
	{ "case makes no difference in a domain", DOMAIN,
	    "{\"sub\":\"ann\",\"email\":\"Ann@CORP.Example\",\"email_verified\":true}", MCPASS_OK, "*" },
	{ "two @", DOMAIN, "{\"sub\":\"ann\",\"email\":\"a@evil.example@corp.example\","
	    "\"email_verified\":true}", MCPASS_E_DENIED, "verified" },
	{ "a subdomain is another", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@x.corp.example\","
	    "\"email_verified\":true}", MCPASS_E_DENIED, "email_domains" },
	{ "an end that is alike is another", DOMAIN, "{\"sub\":\"ann\",\"email\":"
	    "\"ann@evilcorp.example\",\"email_verified\":true}", MCPASS_E_DENIED, "email_domains" },
	{ "a dot at the end is another", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@corp.example.\","
	    "\"email_verified\":true}", MCPASS_E_DENIED, "email_domains" },
	{ "no name before the @", DOMAIN, "{\"sub\":\"ann\",\"email\":\"@corp.example\","
	    "\"email_verified\":true}", MCPASS_E_DENIED, "verified" },
	{ "email_verified is absent", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@corp.example\"}",
	    MCPASS_E_DENIED, "verified" },
	{ "email_verified is the text true", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@corp.example\","
	    "\"email_verified\":\"true\"}", MCPASS_E_DENIED, "verified" },
	{ "email_verified is 1", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@corp.example\","
	    "\"email_verified\":1}", MCPASS_E_DENIED, "verified" },
	{ "email_verified is false", DOMAIN, "{\"sub\":\"ann\",\"email\":\"ann@corp.example\","
	    "\"email_verified\":false}", MCPASS_E_DENIED, "verified" },
	{ "a rule of a domain looks at the same", ",\"rules\":[{\"email_domain\":\"corp.example\","
	    "\"scopes\":[\"mcp:read\"]}]", "{\"sub\":\"ann\",\"email\":\"ann@corp.example\"}",
	    MCPASS_OK, "" },
	{ "verified_email", ",\"allow\":{\"verified_email\":true}", "{\"sub\":\"ann\",\"email\":"
	    "\"ann@corp.example\"}", MCPASS_E_DENIED, "verified" },

	{ "the tenant", ",\"allow\":{\"tenants\":[\"t1\",\"t2\"]}", "{\"sub\":\"ann\",\"tid\":\"t2\"}",
	    MCPASS_OK, "*" },
	{ "a foreign tenant", ",\"allow\":{\"tenants\":[\"t1\"]}", "{\"sub\":\"ann\",\"tid\":\"t3\"}",
	    MCPASS_E_DENIED, "tenant" },
	{ "no tenant", ",\"allow\":{\"tenants\":[\"t1\"]}", "{\"sub\":\"ann\"}", MCPASS_E_DENIED,
	    "tenant" },
	{ "the hosted domain", ",\"allow\":{\"hosted_domains\":[\"corp.example\"]}",
	    "{\"sub\":\"ann\",\"hd\":\"corp.example\"}", MCPASS_OK, "*" },
	{ "hd is absent", ",\"allow\":{\"hosted_domains\":[\"corp.example\"]}", "{\"sub\":\"ann\"}",
	    MCPASS_E_DENIED, "hosted domain" },
	{ "an allowed group", ",\"allow\":{\"groups\":[\"staff\"]}",
	    "{\"sub\":\"ann\",\"groups\":[\"staff\"]}", MCPASS_OK, "*" },
	{ "no allowed group", ",\"allow\":{\"groups\":[\"staff\"]}",
	    "{\"sub\":\"ann\",\"groups\":[\"dev\"]}", MCPASS_E_DENIED, "allow.groups" },
	{ "no allowed organization", ",\"allow\":{\"organizations\":[\"acme\"]}",
	    "{\"sub\":\"ann\",\"organizations\":[\"acme2\"]}", MCPASS_E_DENIED, "organizations" },

#define GROUPS ",\"rules\":[{\"claim\":\"groups\",\"value\":\"g\",\"scopes\":[\"mcp:read\"]}]"
	{ "groups are elsewhere: not in no group", GROUPS, "{\"sub\":\"ann\",\"_claim_names\":"
	    "{\"groups\":\"src1\"}}", MCPASS_E_DENIED, "too many groups" },
	{ "hasgroups: the same", GROUPS, "{\"sub\":\"ann\",\"hasgroups\":true}", MCPASS_E_DENIED,
	    "too many groups" },
	{ "groups that are not looked at may be elsewhere", "", "{\"sub\":\"ann\",\"_claim_names\":"
	    "{\"groups\":\"src1\"}}", MCPASS_OK, "*" },
};

static void test_judge(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_idp upstream = { 0 };
		struct mp_idp_access access = { 0 };
		struct mcpass_error err = { 0 };
		json_t *claims = upstream_json(rows[i].claims);
		struct mp_buf scopes;
		enum mcpass_rc rc;

		CHECK_EQ(rows[i].label, upstream_make(rows[i].more, &upstream, NULL), MCPASS_OK);
		rc = mp_idp_judge(&upstream, claims, &access, &err);
		CHECK_EQ(rows[i].label, rc, rows[i].want);
		mp_buf_init(&scopes, 200);
		for (size_t j = 0; j < access.scopes.count; j++)
			mp_buf_addf(&scopes, "%s%s", j > 0 ? " " : "", access.scopes.items[j]);
		if (rc)
			CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
		else
			CHECK_STR(rows[i].label, access.all_scopes ? "*" : mp_buf_text(&scopes), rows[i].detail);
		mp_buf_free(&scopes);
		mp_idp_access_free(&access);
		mp_idp_free(&upstream);
		json_decref(claims);
	}
}

/* Two claims that make one id are not mixed up with two others. */
static void test_subject(void)
{
	static const char *const people[] = {
		"{\"tid\":\"a\",\"oid\":\"b\",\"sub\":\"x\"}", "{\"tid\":\"a&oid=b\",\"oid\":\"\"}",
		"{\"tid\":\"a\\nb\",\"oid\":\"c\"}", "{\"tid\":\"a\",\"oid\":\"b\\nc\"}",
	};
	char *seen[COUNT(people)] = { NULL };

	for (size_t i = 0; i < COUNT(people); i++) {
		struct mp_idp upstream = { 0 };
		struct mp_idp_access access = { 0 };
		json_t *claims = upstream_json(people[i]);

		upstream_make(",\"provider\":\"entra\"", &upstream, NULL);
		if (mp_idp_judge(&upstream, claims, &access, NULL) == MCPASS_OK)
			mp_set(&seen[i], access.subject, NULL);
		for (size_t j = 0; j < i; j++)
			CHECK("another person", seen[i] == NULL || !mp_eq(seen[i], seen[j]));
		mp_idp_access_free(&access);
		mp_idp_free(&upstream);
		json_decref(claims);
	}
	CHECK_STR("tenant and object, not sub", seen[0], "tid=a&oid=b");
	CHECK_STR("one of them is not enough", seen[1], NULL);
	for (size_t i = 0; i < COUNT(people); i++)
		free(seen[i]);
}

static void test_claims(void)
{
	static const char *const given[] = { "department", "groups", "level" };
	struct mp_idp upstream = { 0 };
	struct mp_idp_access access = { 0 };
	json_t *claims = upstream_json("{\"sub\":\"ann\",\"dep\":\"x\",\"l\":3,\"m\":{\"a\":1},"
	    "\"groups\":[\"g1\",{\"odd\":1},\"g2\"]}");

	upstream_make(",\"token_claims\":{\"department\":\"dep\",\"groups\":\"groups\",\"level\":\"l\","
	    "\"map\":\"m\",\"none\":\"nothing\"},\"rules\":[{\"everyone\":true,\"roles\":[\"user\"]}]",
	    &upstream, NULL);
	CHECK_EQ("judged", mp_idp_judge(&upstream, claims, &access, NULL), MCPASS_OK);
	CHECK_EQ("what there is, and the roles", json_object_size(access.claims), COUNT(given) + 1);
	for (size_t i = 0; i < COUNT(given); i++)
		CHECK(given[i], json_object_get(access.claims, given[i]) != NULL);
	CHECK_EQ("groups that are text", json_array_size(json_object_get(access.claims, "groups")), 2);
	mp_idp_access_free(&access);
	mp_idp_free(&upstream);
	json_decref(claims);
}

/* A name is kept as one line: a record with a control character could not be read again. */
static void test_name(void)
{
	struct mp_idp upstream = { 0 };
	struct mp_idp_access access = { 0 };
	json_t *claims = upstream_json("{\"sub\":\"ann\",\"name\":\"Ann\\tB\\n\\u001b[2J\"}");

	upstream_make("", &upstream, NULL);
	CHECK_EQ("judged", mp_idp_judge(&upstream, claims, &access, NULL), MCPASS_OK);
	CHECK_STR("one line", access.name, "Ann?B??[2J");
	mp_idp_access_free(&access);
	mp_idp_free(&upstream);
	json_decref(claims);
}

/* However many there are, a token stays one. */
static void test_many_groups(void)
{
	struct mp_idp upstream = { 0 };
	struct mp_idp_access access = { 0 };
	json_t *claims = json_pack("{s:s, s:[]}", "sub", "ann", "groups");

	for (int i = 0; i < 10000; i++)
		json_array_append_new(json_object_get(claims, "groups"), json_sprintf("group-%d", i));
	upstream_make(",\"token_claims\":{\"groups\":\"groups\"},\"rules\":[{\"claim\":\"groups\","
	    "\"value\":\"group-9999\",\"scopes\":[\"mcp:read\"]}]", &upstream, NULL);
	CHECK_EQ("judged", mp_idp_judge(&upstream, claims, &access, NULL), MCPASS_OK);
	CHECK_EQ("the last one counts", access.scopes.count, 1);
	CHECK_EQ("capped", json_array_size(json_object_get(access.claims, "groups")), MP_MAX_ITEMS);
	mp_idp_access_free(&access);
	mp_idp_free(&upstream);
	json_decref(claims);
}

static void test_memory(void)
{
	json_t *claims = upstream_json("{\"sub\":\"ann\",\"name\":\"Ann\",\"groups\":[\"g\",\"h\"]}");

	OOM_EACH {
		struct mp_idp upstream = { 0 };
		struct mp_idp_access access = { 0 };
		enum mcpass_rc rc;

		rc = upstream_make(",\"token_claims\":{\"groups\":\"groups\"},\"rules\":[{\"claim\":\"groups\","
		    "\"value\":\"g\",\"scopes\":[\"mcp:read\"],\"roles\":[\"r\"]}]", &upstream, NULL);
		if (!rc)
			rc = mp_idp_judge(&upstream, claims, &access, NULL);
		CHECK_OOM("judged", rc, MCPASS_OK);
		mp_idp_access_free(&access);
		mp_idp_free(&upstream);
	}
	json_decref(claims);
}

int main(void)
{
	test_judge();
	test_subject();
	test_claims();
	test_name();
	test_many_groups();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
