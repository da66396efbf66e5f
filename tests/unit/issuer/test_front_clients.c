/* Every kind of client comes through the front door: one that is known by its document, one that proves
 * itself with a key, one whose tokens are bound to a key. */
#include "front_kit.h"
#include "kit_extensions.h"

#define AGAIN (MP_UPSTREAM_RECHECK + 1)
#define TOKEN AS "/token"

/* A proof for the token endpoint goes with the form. */
static int post_proved(struct front *front, const char *form, size_t key)
{
	const struct mcpass_header header = { "DPoP", kit_proof(&front->kit, kit_keys(key), TOKEN, NULL) };

	return front_ask(front, &(struct ask){ .method = "POST", .path = "/token", .type = FORM,
	    .body = form, .extra = &header });
}

static const char *refresh_form(const struct front *front, const char *token)
{
	char form[512];

	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s",
	    front->kit.client_id, token);
	return kit_text(form, strlen(form));
}

/* spec: RFC 9449 5: the tokens of a public client are its key's, over each renewal there */
static void test_dpop(void)
{
	char form[2048], token[256];
	struct front front;

	front_open(&front, "");
	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER, front.kit.client_id, front_code(&front, "mcp:read"));
	CHECK_EQ("with a proof", post_proved(&front, form, 0), 200);
	CHECK_STR("bound", kit_member(&front.kit, "token_type"), "DPoP");
	snprintf(token, sizeof(token), "%s", kit_member(&front.kit, "refresh_token"));
	front.kit.now += AGAIN;
	front.sent = 0;
	CHECK_EQ("without", front_post(&front, "/token", refresh_form(&front, token)), 400);
	CHECK_EQ("with another key", post_proved(&front, refresh_form(&front, token), 1), 400);
	CHECK_EQ("no one is asked for a thief", front.sent, 0);
	CHECK_EQ("with its own", post_proved(&front, refresh_form(&front, token), 0), 200);
	CHECK_EQ("asked", front.sent, 1);
	CHECK_STR("bound again", kit_member(&front.kit, "token_type"), "DPoP");
	front_close(&front);
}

#define ASSERTION "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer" \
	"&client_assertion="

/* What proves the client of the document: its id, or a key. */
static const char *proof_by(bool has_key, size_t key)
{
	const char *assertion;
	char form[4096];

	if (!has_key)
		return "&client_id=" DOCUMENT;
	assertion = kit_jwt(kit_keys(key), NULL, "{\"iss\":\"" DOCUMENT "\",\"sub\":\"" DOCUMENT "\","
	    "\"aud\":\"" AS "\",\"exp\":1700000060,\"jti\":\"1\"}", "");
	snprintf(form, sizeof(form), ASSERTION "%s", assertion);
	return kit_text(form, strlen(form));
}

static int exchange(struct front *front, const char *code, const char *proof)
{
	char form[8192];

	snprintf(form, sizeof(form), "grant_type=authorization_code&code=%s&code_verifier=" VERIFIER
	    "&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb%s", code, proof);
	return front_post(front, "/token", form);
}

/* A client whose id is the address of its document, with a key there or without. */
static void test_document(bool has_key)
{
	char document[2048];
	struct front front;
	const char *code;

	snprintf(document, sizeof(document), "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"The client\","
	    "\"redirect_uris\":[\"https://app.example/cb\"],\"grant_types\":[\"authorization_code\","
	    "\"refresh_token\"],\"token_endpoint_auth_method\":\"%s\"%s%s}",
	    has_key ? "private_key_jwt" : "none", has_key ? ",\"jwks\":" : "", has_key ? kit_jwks() : "");
	front_open(&front, "");
	front.document = document;
	front.kit.redirect = "https://app.example/cb";
	strcpy(front.kit.client_id, DOCUMENT);
	CHECK_EQ("asked here", kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL)),
	    200);
	CHECK_HAS("whose it is", kit_body(&front.kit), "<strong>client.example</strong>");
	CHECK_HAS("where the answer goes", kit_body(&front.kit), "<strong>app.example</strong>");
	CHECK_EQ("nothing was asked there", front.sent, 0);
	CHECK_EQ("allowed", front_decide(&front, "allow+corp"), 200);
	CHECK_EQ("back", front_return(&front, ""), 303);
	code = kit_param(&front.kit, "code");
	if (has_key) {
		CHECK_EQ("by another key", exchange(&front, code, proof_by(true, 1)), 401);
		CHECK_EQ("by its id alone", exchange(&front, code, proof_by(false, 0)), 401);
	}
	CHECK_EQ("a token", exchange(&front, code, proof_by(has_key, 0)), 200);
	CHECK_STR("for the client", front_claim(&front, kit_member(&front.kit, "access_token"),
	    "client_id"), DOCUMENT);
	front_close(&front);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_keys(0);
	kit_keys(1);
	kit_jwks();
	upstream_jwks();
	before = mp_test_live_blocks();
	test_dpop();
	test_document(false);
	test_document(true);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
