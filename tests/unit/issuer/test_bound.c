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

/* A proof for the token endpoint that says more than it has to. */
static const char *proof_with(const char *more)
{
	char claims[512];
	json_t *jwk = NULL, *header, *payload;
	struct mp_secret proof = { 0 };
	static int made;
	const char *text;

	snprintf(claims, sizeof(claims), "{\"jti\":\"%d\",\"htm\":\"POST\",\"htu\":\"" TOKEN "\","
	    "\"iat\":%d%s}", ++made, START, more);
	if (mp_jwk_write(kit_keys(0), false, &jwk, NULL))
		exit(EXIT_FAILURE);
	header = json_pack("{s:s, s:o}", "typ", "dpop+jwt", "jwk", jwk);
	payload = json_loads(claims, 0, NULL);
	if (mp_jws_sign(kit_keys(0), MP_ES256, header, payload, &proof, NULL))
		exit(EXIT_FAILURE);
	text = kit_text(mp_secret_reveal(&proof), proof.len);
	mp_secret_free(&proof);
	json_decref(header);
	json_decref(payload);
	return text;
}

/* START is 1700000000. */
static const struct { const char *label, *more; int want; } date_rows[] = {
	{ "without them", "", 200 },
	{ "good still, and already", ",\"exp\":1700000200,\"nbf\":1699999999", 200 },
	{ "expired", ",\"exp\":1699999700", 400 },
	{ "not good yet", ",\"nbf\":1700000300", 400 },
	{ "an expiry that is no date", ",\"exp\":\"x\"", 400 },
	{ "null is absent", ",\"exp\":null", 200 },
};

static void test_dates(void)
{
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	for (size_t i = 0; i < COUNT(date_rows); i++) {
		CHECK_EQ(date_rows[i].label, kit_post_proved(&kit, CREDENTIALS,
		    proof_with(date_rows[i].more)), date_rows[i].want);
		CHECK_STR(date_rows[i].label, kit_member(&kit, "error"), date_rows[i].want == 200 ? NULL
		    : "invalid_dpop_proof");
	}
	kit_close(&kit);
}

/* --- a code for one key.  spec: RFC 9449 10, 10.1 --- */
static const char *thumbprint(size_t i)
{
	char *text = NULL;
	const char *copy;

	if (mp_jwk_thumbprint(kit_keys(i), &text, NULL))
		exit(EXIT_FAILURE);
	copy = kit_text(text, strlen(text));
	free(text);
	return copy;
}

static int exchange_for(struct kit *kit, const char *code, const struct mp_key *key)
{
	char form[2048];

	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER "%s%s", kit->client_id, code,
	    kit->secret[0] != '\0' ? "&client_secret=" : "", kit->secret);
	return key == NULL ? kit_post(kit, "/token", form)
	    : kit_post_proved(kit, form, kit_proof(kit, key, TOKEN, NULL));
}

/* Opens the link, signs in where asked, allows; "" without a code. */
static const char *walk(struct kit *kit, const char *query)
{
	const char *code;

	if (kit_get(kit, "/authorize", query) == 200 && strstr(kit_body(kit), "name=\"password\""))
		kit_sign_in(kit, "alice", "secret");
	if (kit->answer.status == 200)
		kit_decide(kit, "allow");
	code = kit_param(kit, "code");
	return code != NULL ? code : "";
}

/* Pushes the request with a proof by key (NULL: without one), for url; "" when refused. */
static const char *push(struct kit *kit, const char *more, const struct mp_key *key,
    const char *url)
{
	const struct mcpass_header header = { "DPoP",
		key != NULL ? kit_proof(kit, key, url, NULL) : "" };
	struct mp_buf query;
	const char *text;

	kit_ask(kit, &(struct ask){ .method = "POST", .path = "/par", .type = FORM,
	    .body = kit_query(kit, "mcp:read", more), .extra = key != NULL ? &header : NULL });
	if (kit->answer.status != 201)
		return "";
	mp_buf_init(&query, 4000);
	mp_form_add(&query, "client_id", kit->client_id);
	mp_form_add(&query, "request_uri", kit_member(kit, "request_uri"));
	text = kit_text(mp_buf_text(&query), query.len);
	mp_buf_free(&query);
	return text;
}

enum way { AUTHORIZED, PUSHED, PROVED };
static const struct { const char *label; enum way way; const char *metadata; } way_rows[] = {
	{ "dpop_jkt", AUTHORIZED, PUBLIC_CLIENT },
	{ "dpop_jkt, pushed", PUSHED, PUBLIC_CLIENT },
	{ "a proof, pushed", PROVED, PUBLIC_CLIENT },
	{ "dpop_jkt of a confidential client", AUTHORIZED, POST_CLIENT },
};

static const char *code_for_key(struct kit *kit, enum way way)
{
	char more[128];

	snprintf(more, sizeof(more), "dpop_jkt=%s", thumbprint(0));
	if (way == AUTHORIZED)
		return walk(kit, kit_query(kit, "mcp:read", more));
	return walk(kit, way == PUSHED ? push(kit, more, NULL, NULL)
	    : push(kit, NULL, kit_keys(0), AS "/par"));
}

static void test_code_of_key(void)
{
	for (size_t i = 0; i < COUNT(way_rows); i++) {
		const char *label = way_rows[i].label;
		struct kit kit;

		kit_open_extended(&kit, kit_extended());
		kit_register(&kit, way_rows[i].metadata);
		CHECK_EQ(label, exchange_for(&kit, code_for_key(&kit, way_rows[i].way), NULL), 400);
		CHECK_STR("without a proof", kit_member(&kit, "error"), "invalid_grant");
		CHECK_EQ(label, exchange_for(&kit, code_for_key(&kit, way_rows[i].way), kit_keys(1)), 400);
		CHECK_STR("by another key", kit_member(&kit, "error"), "invalid_grant");
		CHECK_EQ(label, exchange_for(&kit, code_for_key(&kit, way_rows[i].way), kit_keys(0)), 200);
		CHECK_STR(label, kit_member(&kit, "token_type"), "DPoP");
		/* spec: RFC 9449 5 */
		CHECK_EQ("refreshed with another key", refresh(&kit, kit_member(&kit, "refresh_token"),
		    kit_keys(1)), kit.secret[0] != '\0' ? 200 : 400);
		kit_close(&kit);
	}
}

static const struct { const char *label, *jkt; int want; } jkt_rows[] = {
	{ "empty is absent", "", 200 },
	{ "too short", "abc", 400 },
	{ "base64, not base64url", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw%2BcM", 400 },
	{ "twice", CHALLENGE "&dpop_jkt=" CHALLENGE, 400 },
	{ "a thumbprint", CHALLENGE, 200 },
};

static void test_jkt(void)
{
	char more[256];
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, PUBLIC_CLIENT);
	for (size_t i = 0; i < COUNT(jkt_rows); i++) {
		snprintf(more, sizeof(more), "dpop_jkt=%s", jkt_rows[i].jkt);
		CHECK_EQ(jkt_rows[i].label, kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", more)),
		    jkt_rows[i].want);
		push(&kit, more, NULL, NULL);
		CHECK_EQ(jkt_rows[i].label, kit.answer.status, jkt_rows[i].want == 200 ? 201 : 400);
	}
	snprintf(more, sizeof(more), "dpop_jkt=%s", thumbprint(0));
	push(&kit, more, kit_keys(0), AS "/par");
	CHECK_EQ("both, and the same key", kit.answer.status, 201);
	push(&kit, more, kit_keys(1), AS "/par");
	CHECK_EQ("both, and two keys", kit.answer.status, 400);
	CHECK_STR("both, and two keys", kit_member(&kit, "error"), "invalid_dpop_proof");
	push(&kit, NULL, kit_keys(0), TOKEN);
	CHECK_EQ("a proof for another endpoint", kit.answer.status, 400);
	CHECK_STR("a proof for another endpoint", kit_member(&kit, "error"), "invalid_dpop_proof");
	kit_close(&kit);
}

static void test_pushed_nonce(void)
{
	struct mp_issuer_config config = kit_extended();
	struct kit kit;

	config.require_dpop_nonce = true;
	kit_open_extended(&kit, config);
	kit_register(&kit, PUBLIC_CLIENT);
	push(&kit, NULL, kit_keys(0), AS "/par");
	CHECK_STR("a pushed request needs a nonce, too", kit_member(&kit, "error"), "use_dpop_nonce");
	CHECK("which is told", kit_header(&kit, "DPoP-Nonce") != NULL);
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
	test_dates();
	test_code_of_key();
	test_jkt();
	test_pushed_nonce();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
