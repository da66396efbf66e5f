/* Sign-ins with OAuth and without OpenID Connect, as GitHub's. */
#include "front_kit.h"

#define HUB "https://hub.example"
static const char entry_text[] = "{\"name\":\"corp\",\"client_id\":\"" IDP_CLIENT "\","
    "\"authorization_endpoint\":\"" HUB "/authorize\",\"token_endpoint\":\"" HUB "/token\","
    "\"user_endpoint\":\"" HUB "/user\",\"emails_endpoint\":\"" HUB "/user/emails\","
    "\"organizations_endpoint\":\"" HUB "/user/orgs\",\"token_claims\":{\"email\":\"email\"},"
    "\"allow\":{\"organizations\":[\"acme\"]}}";

static void open_front(struct front *front)
{
	const struct mp_idp_files files = { .secret = "s3cret" };
	json_t *entry = upstream_json(entry_text);

	front_open(front, "");
	mp_idp_free(&front->upstreams[0]);
	CHECK_EQ("read", mp_idp_read(entry, &files, &front->upstreams[0], NULL), MCPASS_OK);
	json_decref(entry);
	front->no_id_token = true;
	front->refresh_token = NULL;
	front->user = "{\"id\":4711,\"login\":\"ann\",\"email\":\"public@evil.example\"}";
	front->emails = "[{\"email\":\"a@x.example\",\"primary\":false,\"verified\":true},"
	    "{\"email\":\"ann@corp.example\",\"primary\":true,\"verified\":true}]";
	front->organizations = "[{\"login\":\"other\"},{\"login\":\"acme\"}]";
}

static const struct {
	const char *label, *user, *emails, *organizations, *answer, *error, *email;
} rows[] = {
	{ "good", NULL, NULL, NULL, NULL, NULL, "ann@corp.example" },
	{ "an address that is not verified", NULL, "[{\"email\":\"ann@corp.example\",\"primary\":true,"
	    "\"verified\":false}]", NULL, NULL, NULL, NULL },
	{ "no address", NULL, "[]", NULL, NULL, NULL, NULL },
	{ "left the organization", NULL, NULL, "[{\"login\":\"other\"}]", NULL, "access_denied", NULL },
	{ "organizations that are no list", NULL, NULL, "{}", NULL, "access_denied", NULL },
	{ "no id", "{\"login\":\"ann\"}", NULL, NULL, NULL, "access_denied", NULL },
	{ "a user that is none", "[1]", NULL, NULL, NULL, "server_error", NULL },
	{ "an error with 200", NULL, NULL, NULL, "{\"error\":\"bad_verification_code\"}", "server_error",
	    NULL },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct front front;
		const char *code;

		open_front(&front);
		if (rows[i].user != NULL)
			front.user = rows[i].user;
		if (rows[i].emails != NULL)
			front.emails = rows[i].emails;
		if (rows[i].organizations != NULL)
			front.organizations = rows[i].organizations;
		front.answer = NULL;
		front_allow(&front, "mcp:read");
		CHECK("no nonce", front.sent_nonce[0] == '\0');
		CHECK("PKCE all the same", front.challenge[0] != '\0');
		front.answer = rows[i].answer;
		CHECK_EQ(rows[i].label, front_return(&front, ""), 303);
		CHECK_STR(rows[i].label, kit_param(&front.kit, "error"), rows[i].error);
		code = kit_param(&front.kit, "code");
		if (code != NULL) {
			kit_exchange(&front.kit, code, "");
			CHECK_STR(rows[i].label, front_claim(&front, kit_member(&front.kit, "access_token"),
			    "email"), rows[i].email);
		}
		front_close(&front);
	}
}

/* A proxy on the way rewrote what the provider answered.  spec: RFC 9110 15.3.4 */
static void test_rewritten(void)
{
	struct front front;

	open_front(&front);
	front.with = 203;
	CHECK("it is an answer", front_code(&front, "mcp:read")[0] != '\0');
	front_close(&front);
}

/* The login may change hands; the number does not. */
static void test_renamed(void)
{
	char first[64];
	struct front front;

	open_front(&front);
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	snprintf(first, sizeof(first), "%s", front_claim(&front, kit_member(&front.kit, "access_token"),
	    "sub"));
	front.user = "{\"id\":4711,\"login\":\"ann-2\"}";
	front.kit.session[0] = '\0';
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	CHECK_STR("the same person", front_claim(&front, kit_member(&front.kit, "access_token"), "sub"),
	    first);
	front.user = "{\"id\":4712,\"login\":\"ann\"}";
	front.kit.session[0] = '\0';
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	CHECK("the same login, another person", strcmp(first, front_claim(&front,
	    kit_member(&front.kit, "access_token"), "sub")) != 0);
	CHECK_HAS("asked with the token", front.authorization, "Bearer upstream-access");
	front_close(&front);
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	test_rows();
	test_rewritten();
	test_renamed();
	mp_key_free(upstream_key());
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
