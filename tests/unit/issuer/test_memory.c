/* Each request of a whole life of a client, once per allocation, failing the nth. */
#include <stdarg.h>
#include "kit.h"

enum step {
	METADATA, KEYS, REGISTER, READ, CHANGE, AUTHORIZE, LOG_IN, WRONG, SWITCH, ALLOW, AGAIN,
	EXCHANGE, REFRESH, REFRESH_AGAIN, REFUSE, REVOKE, UNKNOWN, DELETE, DEVICE, DEVICE_PAGE, DEVICE_CODE,
	DEVICE_WRONG, DEVICE_ALLOW, DEVICE_PENDING, DEVICE_TOKEN, STEPS
};
static const char *const names[STEPS] = {
	"metadata", "keys", "register", "read", "change", "authorize", "log in", "wrong password",
	"switch user", "allow", "allowed before", "exchange", "refresh", "refresh again", "refuse", "revoke",
	"unknown code", "delete", "device", "page for a code", "code", "wrong code", "allow a device",
	"pending", "token of a device",
};
static const int wanted[STEPS] = {
	200, 200, 201, 200, 200, 200, 200, 200, 200, 303, 303, 200, 200, 200, 400, 200, 400, 204,
	200, 200, 200, 200, 200, 400, 200,
};

struct request {
	char method[8], path[128], query[1024], type[64], authorization[128], body[2048];
};

static void fill(struct request *request, const char *method, const char *path,
    const char *query, const char *type, const char *body)
{
	snprintf(request->method, sizeof(request->method), "%s", method);
	snprintf(request->path, sizeof(request->path), "%s", path);
	snprintf(request->query, sizeof(request->query), "%s", query);
	snprintf(request->type, sizeof(request->type), "%s", type);
	snprintf(request->body, sizeof(request->body), "%s", body);
}

MP_PRINTF(3, 4)
static void fill_form(struct request *request, const char *path, const char *fmt, ...)
{
	char form[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(form, sizeof(form), fmt, ap);
	va_end(ap);
	fill(request, "POST", path, "", FORM, form);
}

static void fill_own(struct request *request, const struct kit *kit, const char *method)
{
	char path[128], body[256];

	snprintf(path, sizeof(path), "/register/%s", kit->client_id);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"redirect_uris\":[\"" CALLBACK "\"]}",
	    kit->client_id);
	fill(request, method, path, "", JSON, body);
	snprintf(request->authorization, sizeof(request->authorization), "Bearer %s", kit->token);
}

/* The same for a login by a code. */
static void prepare_device(struct kit *kit, enum step step, struct request *request)
{
	const char *device_code, *user_code;
	char form[256];

	snprintf(form, sizeof(form), "client_id=%s&scope=mcp%%3Aread", kit->client_id);
	fill(request, "POST", "/device_authorization", "", FORM, form);
	if (step == DEVICE)
		return;
	kit_post(kit, "/device_authorization", form);
	device_code = kit_member(kit, "device_code");
	user_code = kit_member(kit, "user_code");
	fill_form(request, "/device", "user_code=%s", step == DEVICE_WRONG ? "BCDF-GHJK" : user_code);
	if (step == DEVICE_PAGE)
		fill(request, "GET", "/device", "user_code=BCDF-GHJK", "", "");
	if (step == DEVICE_PAGE || step == DEVICE_CODE || step == DEVICE_WRONG)
		return;
	kit_post(kit, "/device", request->body);
	kit_sign_in(kit, "alice", "secret");
	fill_form(request, "/authorize/consent", "ticket=%s&decision=allow", kit_ticket(kit));
	if (step == DEVICE_ALLOW)
		return;
	if (step == DEVICE_TOKEN)
		kit_decide(kit, "allow");
	fill_form(request, "/token", "client_id=%s&device_code=%s&grant_type=urn:ietf:params:oauth:"
	    "grant-type:device_code", kit->client_id, device_code);
}

/* Brings the kit to where the step can be taken, and writes the step's request. */
static void prepare(struct kit *kit, enum step step, struct request *request)
{
	const char *query;

	*request = (struct request){ 0 };
	kit_register(kit, DEVICE_CLIENT);
	query = kit_query(kit, "mcp:read", NULL);
	switch (step) {
	case METADATA:
		fill(request, "GET", "/.well-known/openid-configuration", "", "", "");
		return;
	case KEYS:
		fill(request, "GET", "/jwks", "", "", "");
		return;
	case REGISTER:
		fill(request, "POST", "/register", "", JSON, "{\"client_name\":\"x\",\"client_uri\":"
		    "\"https://a.example\",\"scope\":\"mcp:read\",\"redirect_uris\":[\"" CALLBACK
		    "\"]}");
		return;
	case READ:
		fill_own(request, kit, "GET");
		return;
	case CHANGE:
		fill_own(request, kit, "PUT");
		return;
	case DELETE:
		fill_own(request, kit, "DELETE");
		return;
	case AUTHORIZE:
		query = kit_query(kit, "mcp:read", "prompt=consent&max_age=60&login_hint=alice&dpop_jkt="
		    CHALLENGE);
		fill(request, "GET", "/authorize", query, "", "");
		return;
	case LOG_IN:
	case WRONG:
		kit_get(kit, "/authorize", query);
		fill_form(request, "/authorize/login", "ticket=%s&username=alice&password=%s", kit_ticket(kit),
		    step == LOG_IN ? "secret" : "wrong");
		return;
	case SWITCH:
	case ALLOW:
		kit_get(kit, "/authorize", query);
		kit_sign_in(kit, "alice", "secret");
		fill_form(request, "/authorize/consent", "ticket=%s&decision=%s", kit_ticket(kit),
		    step == ALLOW ? "allow" : "switch");
		return;
	case AGAIN:
		kit->redirect = "https://app.example/cb";
		kit_register(kit, "{\"redirect_uris\":[\"https://app.example/cb\"],"
		    "\"token_endpoint_auth_method\":\"none\"}");
		kit_code(kit, "alice", "mcp:read");
		fill(request, "GET", "/authorize", kit_query(kit, "mcp:read", NULL), "", "");
		return;
	case EXCHANGE:
		fill_form(request, "/token", "grant_type=authorization_code&client_id=%s&code=%s"
		    "&code_verifier=" VERIFIER, kit->client_id, kit_code(kit, "alice", "mcp:read"));
		return;
	case REFRESH:
	case REFRESH_AGAIN:
	case REFUSE:
	case REVOKE:
		kit_exchange(kit, kit_code(kit, "alice", "mcp:read"), "");
		fill_form(request, step == REVOKE ? "/revoke" : "/token", step == REVOKE
		    ? "client_id=%s&token=%s" : step == REFUSE
		    ? "grant_type=refresh_token&client_id=%s&refresh_token=%s&scope=mcp:tools"
		    : "grant_type=refresh_token&client_id=%s&refresh_token=%s", kit->client_id,
		    kit_member(kit, "refresh_token"));
		if (step == REFRESH_AGAIN)
			kit_post(kit, "/token", request->body);
		return;
	case UNKNOWN:
		fill_form(request, "/token", "grant_type=authorization_code&client_id=%s&code=%s",
		    kit->client_id, "x");
		return;
	case DEVICE:
	case DEVICE_PAGE:
	case DEVICE_CODE:
	case DEVICE_WRONG:
	case DEVICE_ALLOW:
	case DEVICE_PENDING:
	case DEVICE_TOKEN:
		prepare_device(kit, step, request);
		return;
	case STEPS:
		return;
	}
}

static void run(enum step step, const char *fault)
{
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	struct mcpass_header headers[6];
	struct mp_http_request ask;
	struct request request;
	struct kit kit;
	char cookies[512];
	enum mcpass_rc rc;

	kit_open(&kit, AS);
	prepare(&kit, step, &request);
	mp_issuer_misbehave(kit.issuer, fault, NULL);
	snprintf(cookies, sizeof(cookies), "%s; %s", kit.browser, kit.session);
	headers[0] = (struct mcpass_header){ "Cookie", cookies };
	headers[1] = (struct mcpass_header){ "Content-Type", request.type };
	headers[2] = (struct mcpass_header){ "Sec-Fetch-Site", "none" };
	headers[3] = (struct mcpass_header){ "Sec-Fetch-Mode", "navigate" };
	headers[4] = (struct mcpass_header){ "Sec-Fetch-Dest", "document" };
	headers[5] = (struct mcpass_header){ "Authorization", request.authorization };
	ask = (struct mp_http_request){ .method = request.method, .path = request.path,
		.query = request.query[0] != '\0' ? request.query : NULL, .headers = headers,
		.header_count = request.authorization[0] != '\0' ? 6 : 5, .body = request.body,
		.body_len = strlen(request.body), .now = kit.now };
	oom_from_here();
	rc = mp_issuer_handle(kit.issuer, &ask, &response, &err);
	CHECK_OOM(names[step], rc, MCPASS_OK);
	if (rc)
		CHECK(names[step], response.status == 0 && response.headers.count == 0);
	else if (fault == NULL)
		CHECK_EQ(names[step], response.status, wanted[step]);
	mp_http_response_free(&response);
	kit_close(&kit);
}

static void test_steps(void)
{
	for (enum step step = METADATA; step < STEPS; step++)
		OOM_EACH_LATER
			run(step, NULL);
}

/* The spoilt answers are made by more code. */
static void test_faults(void)
{
	static const struct { const char *fault; enum step step; } rows[] = {
		{ "metadata-duplicate-name", METADATA }, { "metadata-issuer-slash", METADATA },
		{ "metadata-redirect-loop", METADATA }, { "authorize-iss-slash", AGAIN },
		{ "token-hs256", EXCHANGE }, { "token-less-scope", EXCHANGE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH_LATER
			run(rows[i].step, rows[i].fault);
}

static void test_mint(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	OOM_EACH {
		struct mp_secret token = { 0 };
		enum mcpass_rc rc;

		rc = mp_issuer_mint(kit.issuer, "bob", "dev", NULL, MCP, START, &token, NULL);
		CHECK_OOM("mint", rc, MCPASS_OK);
		CHECK("untouched", mp_secret_present(&token) == (rc == MCPASS_OK));
		mp_secret_free(&token);
	}
	kit_close(&kit);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
}

int main(void)
{
	kit_key();
	kit_users();
	kit_survive_new(kit_config(AS));
	test_mint();
	test_steps();
	test_faults();
	return check_done();
}
