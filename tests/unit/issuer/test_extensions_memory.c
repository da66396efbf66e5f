/* Each request of an extension once per allocation, with that one failing. */
#include "kit_extensions.h"

#define S1 "1700000060"
#define JAG "{\"iss\":\"" IDP "\",\"sub\":\"bob\",\"aud\":\"" AS "\",\"exp\":" S1 ",\"jti\":\"j\"," \
	"\"client_id\":\"desk\",\"resource\":\"" MCP "\",\"scope\":\"mcp:read\"}"
#define CLIENT "{\"iss\":\"keyed\",\"sub\":\"keyed\",\"aud\":\"" AS "\",\"exp\":" S1 ",\"jti\":\"c\"}"
#define WORKLOAD "{\"iss\":\"" PLATFORM "\",\"sub\":\"build\",\"aud\":\"" AS "\",\"exp\":" S1 \
	",\"jti\":\"w\"}"
#define BEARER "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion="
#define DESK "&client_id=desk&client_secret=s3cret"

struct step {
	const char *label, *method, *path, *query;
	char body[4096];
	const char *proof;
	int want;
};
static struct step steps[8];

static struct step *add(const char *label, const char *path, int want)
{
	static size_t count;
	struct step *step = &steps[count++];

	step->label = label;
	step->method = "POST";
	step->path = path;
	step->want = want;
	return step;
}

static void plan(void)
{
	static const struct kit clock = { .now = START };
	struct step *step;

	step = add("credentials, bound", "/token", 200);
	snprintf(step->body, sizeof(step->body), "grant_type=client_credentials&client_id=machine"
	    "&client_secret=s3cret&resource=" MCP);
	step->proof = kit_proof(&clock, kit_keys(0), AS "/token", NULL);
	step = add("private_key_jwt", "/token", 200);
	snprintf(step->body, sizeof(step->body), "grant_type=client_credentials&client_assertion_type="
	    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=%s",
	    kit_jwt(kit_keys(0), NULL, CLIENT, ""));
	step = add("workload", "/token", 200);
	snprintf(step->body, sizeof(step->body), BEARER "%s", kit_jwt(kit_keys(0), NULL, WORKLOAD, ""));
	step = add("ID-JAG", "/token", 200);
	snprintf(step->body, sizeof(step->body), BEARER "%s" DESK, kit_jwt(kit_keys(0),
	    "oauth-id-jag+jwt", JAG, ""));
	step = add("pushed", "/par", 201);
	snprintf(step->body, sizeof(step->body), "response_type=code&client_id=" DOCUMENT
	    "&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%2Fcallback&code_challenge=" CHALLENGE
	    "&code_challenge_method=S256");
	step = add("metadata", "/.well-known/oauth-authorization-server", 200);
	step->method = "GET";
	step = add("vouching", "/token", 200);
}

/* An id token is the issuer's own, so that this step is finished when there is one. */
static void finish(const struct kit *kit)
{
	struct step *step = &steps[6];
	struct mp_secret token = { 0 };

	if (step->body[0] != '\0')
		return;
	CHECK_EQ("an id token", mp_issuer_mint_id_token(kit->issuer, "bob", "desk", START, &token,
	    NULL), MCPASS_OK);
	snprintf(step->body, sizeof(step->body), "grant_type=urn:ietf:params:oauth:grant-type:"
	    "token-exchange&requested_token_type=urn:ietf:params:oauth:token-type:id-jag"
	    "&subject_token_type=urn:ietf:params:oauth:token-type:id_token&audience=" OTHER_AS
	    "&scope=mcp:read&subject_token=%s" DESK, mp_secret_reveal(&token));
	mp_secret_free(&token);
}

static void try_step(const struct step *step)
{
	struct mcpass_header headers[] = { { "Content-Type", FORM }, { "DPoP", step->proof } };
	struct mp_http_request request = { .method = step->method, .path = step->path,
		.headers = headers, .header_count = step->proof != NULL ? 2 : 1, .body = step->body,
		.body_len = strlen(step->body), .now = START };
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	struct kit kit;
	enum mcpass_rc rc;

	web = (struct web){ DOCUMENT, "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"C\","
	    "\"redirect_uris\":[\"http://127.0.0.1/callback\"]}", 200, 0 };
	kit_open_extended(&kit, kit_extended());
	finish(&kit);
	oom_from_here();
	rc = mp_issuer_handle(kit.issuer, &request, &response, &err);
	CHECK_OOM(step->label, rc, MCPASS_OK);
	CHECK_EQ(step->label, response.status, rc ? 0 : step->want);
	mp_http_response_free(&response);
	kit_close(&kit);
}

/* What an operator may get wrong is found at once. */
static void test_mistakes(void)
{
	static const struct mp_issuer_client both = { .client_id = "x", .client_secret = "s",
		.jwks = "{\"keys\":[]}" };
	static const struct mp_issuer_client no_keys = { .client_id = "x",
		.jwks = "{\"keys\":[]}" };
	static const struct mp_issuer_client no_scope = { .client_id = "x", .client_secret = "s",
		.scope = "mcp:none" };
	static const struct mp_issuer_client *const clients[] = { &both, &no_keys, &no_scope };
	static const struct mp_issuer_trusted trusted[] = {
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG },
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG, .jwks_uri = "http://idp.example/keys" },
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG, .jwks_uri = "https://10.0.0.1/keys" },
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG, .jwks = "nonsense" },
	};
	struct mp_issuer *issuer = NULL;
	struct mp_issuer_config config;
	struct mcpass_error err;

	for (size_t i = 0; i < COUNT(clients) + COUNT(trusted); i++) {
		struct memstore *memstore;

		config = kit_extended();
		memstore_open(&memstore, &config.store);
		if (i < COUNT(clients)) {
			config.clients = clients[i];
			config.client_count = 1;
		} else {
			config.trusted = &trusted[i - COUNT(clients)];
			config.trusted_count = 1;
		}
		err = (struct mcpass_error){ 0 };
		CHECK_EQ("a mistake", mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
		CHECK("is named", err.detail[0] != '\0');
		memstore_close(memstore);
	}
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	plan();
	before = mp_test_live_blocks();
	kit_survive_new(kit_extended());
	test_mistakes();
	for (size_t i = 0; i < COUNT(steps) && steps[i].label != NULL; i++)
		OOM_EACH_LATER
			try_step(&steps[i]);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
