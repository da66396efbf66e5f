/* Tokens bound to a key: the proof, its nonce, its replay, and what the binding is worth. */
#include "kit_extensions.h"

#define TOKEN AS "/token"
#define CREDENTIALS "grant_type=client_credentials&client_id=machine&client_secret=s3cret"

static void test_proofs(void)
{
	struct mcpass_header two[] = { { "Content-Type", FORM }, { "DPoP", NULL }, { "DPoP", NULL } };
	struct mp_http_request request = { .method = "POST", .path = "/token", .headers = two,
		.header_count = COUNT(two), .body = CREDENTIALS, .body_len = strlen(CREDENTIALS) };
	const char *proof;
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	proof = kit_proof(&kit, kit_keys(0), TOKEN, NULL);
	CHECK_EQ("without", kit_post(&kit, "/token", CREDENTIALS), 200);
	CHECK_STR("Bearer", kit_member(&kit, "token_type"), "Bearer");
	CHECK_EQ("with", kit_post_proved(&kit, CREDENTIALS, proof), 200);
	CHECK_STR("DPoP", kit_member(&kit, "token_type"), "DPoP");
	CHECK_STR("no nonce is asked for", kit_header(&kit, "DPoP-Nonce"), NULL);
	CHECK_EQ("again", kit_post_proved(&kit, CREDENTIALS, proof), 400);
	CHECK_STR("a replay", kit_member(&kit, "error"), "invalid_dpop_proof");
	CHECK_EQ("for another URL", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0),
	    AS "/par", NULL)), 400);
	CHECK_STR("refused", kit_member(&kit, "error"), "invalid_dpop_proof");
	CHECK_EQ("nonsense", kit_post_proved(&kit, CREDENTIALS, "x"), 400);
	proof = kit_proof(&kit, kit_keys(0), TOKEN, NULL);
	kit.now += MP_DPOP_WINDOW + 1;
	CHECK_EQ("old", kit_post_proved(&kit, CREDENTIALS, proof), 400);
	/* A proof from ahead of time is remembered until it is too old. */
	kit.now += MP_DPOP_WINDOW;
	proof = kit_proof(&kit, kit_keys(0), TOKEN, NULL);
	kit.now -= MP_DPOP_WINDOW;
	CHECK_EQ("ahead", kit_post_proved(&kit, CREDENTIALS, proof), 200);
	kit.now += 2 * MP_DPOP_WINDOW;
	CHECK_EQ("and shown again at its very end", kit_post_proved(&kit, CREDENTIALS, proof), 400);
	mp_http_response_free(&kit.answer);
	request.now = kit.now;
	for (size_t i = 1; i < COUNT(two); i++)
		two[i].value = kit_proof(&kit, kit_keys(0), TOKEN, NULL);
	CHECK_EQ("two good ones", mp_issuer_handle(kit.issuer, &request, &kit.answer, NULL), MCPASS_OK);
	CHECK_STR("are none", kit_member(&kit, "error"), "invalid_dpop_proof");
	kit_close(&kit);
}

static void test_nonces(void)
{
	struct mp_issuer_config config = kit_extended();
	const char *nonce, *proof;
	struct kit kit;

	config.require_dpop_nonce = true;
	kit_open_extended(&kit, config);
	proof = kit_proof(&kit, kit_keys(0), TOKEN, NULL);
	CHECK_EQ("without a nonce", kit_post_proved(&kit, CREDENTIALS, proof), 400);
	CHECK_STR("asked for", kit_member(&kit, "error"), "use_dpop_nonce");
	nonce = kit_text(kit_header(&kit, "DPoP-Nonce"), 43);
	CHECK_EQ("with it", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0), TOKEN,
	    nonce)), 200);
	CHECK_STR("the next one comes along", kit_header(&kit, "DPoP-Nonce"), nonce);
	CHECK_EQ("another", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0), TOKEN,
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), 400);
	CHECK_EQ("a part of it", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0), TOKEN,
	    kit_text(nonce, 42))), 400);
	kit.now += MP_DPOP_NONCE_SLOT;
	CHECK_EQ("of the slot before", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0),
	    TOKEN, nonce)), 200);
	CHECK("a newer one comes along", strcmp(kit_header(&kit, "DPoP-Nonce"), nonce) != 0);
	kit.now += MP_DPOP_NONCE_SLOT;
	CHECK_EQ("too old", kit_post_proved(&kit, CREDENTIALS, kit_proof(&kit, kit_keys(0), TOKEN,
	    nonce)), 400);
	CHECK_EQ("a Bearer token needs none", kit_post(&kit, "/token", CREDENTIALS), 200);
	kit_close(&kit);
}

static int refresh(struct kit *kit, const char *token, const struct mp_key *key)
{
	char form[512];

	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s%s%s",
	    kit->client_id, token, kit->secret[0] != '\0' ? "&client_secret=" : "", kit->secret);
	return key == NULL ? kit_post(kit, "/token", form)
	    : kit_post_proved(kit, form, kit_proof(kit, key, TOKEN, NULL));
}

static int exchange(struct kit *kit, const struct mp_key *key)
{
	char form[2048];

	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER "%s%s", kit->client_id, kit_code(kit, "alice", "mcp:read"),
	    kit->secret[0] != '\0' ? "&client_secret=" : "", kit->secret);
	return key == NULL ? kit_post(kit, "/token", form)
	    : kit_post_proved(kit, form, kit_proof(kit, key, TOKEN, NULL));
}

#define POST_CLIENT "{\"redirect_uris\":[\"" CALLBACK "\"]," \
	"\"token_endpoint_auth_method\":\"client_secret_post\"," \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"]}"

static void test_refresh(void)
{
	const char *token;
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("a public client", exchange(&kit, kit_keys(0)), 200);
	token = kit_member(&kit, "refresh_token");
	CHECK_EQ("whoever stole it, without a key", refresh(&kit, token, NULL), 400);
	CHECK_STR("refused", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("whoever stole it, with a key", refresh(&kit, token, kit_keys(1)), 400);
	CHECK_EQ("its owner, who lost nothing by that", refresh(&kit, token, kit_keys(0)), 200);
	token = kit_member(&kit, "refresh_token");
	CHECK_EQ("the next one is bound as well", refresh(&kit, token, NULL), 400);
	CHECK_EQ("its owner", refresh(&kit, token, kit_keys(0)), 200);
	kit_register(&kit, POST_CLIENT);
	CHECK_EQ("a confidential client", exchange(&kit, kit_keys(0)), 200);
	CHECK_EQ("may change its key", refresh(&kit, kit_member(&kit, "refresh_token"), kit_keys(1)),
	    200);
	kit_close(&kit);
}

/* spec: RFC 9449 5.2 */
static void test_registered(void)
{
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, "{\"redirect_uris\":[\"" CALLBACK "\"],\"dpop_bound_access_tokens\":true,"
	    "\"token_endpoint_auth_method\":\"none\"}");
	CHECK_HAS("it is told", kit_body(&kit), "\"dpop_bound_access_tokens\":true");
	CHECK_EQ("without a proof", exchange(&kit, NULL), 400);
	CHECK_STR("refused", kit_member(&kit, "error"), "invalid_dpop_proof");
	CHECK_EQ("with one", exchange(&kit, kit_keys(0)), 200);
	kit_close(&kit);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	kit_keys(1);
	before = mp_test_live_blocks();
	test_proofs();
	test_nonces();
	test_refresh();
	test_registered();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
