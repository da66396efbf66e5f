/* A token of the identity provider's for a server behind the front door.  spec: RFC 8693 */
#include "front_kit.h"
#include "kit_extensions.h"
#include "oauth/token_exchange.h"

#define AGAIN (MP_UPSTREAM_RECHECK + 1)
#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" \
	"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
#define FILES "&client_id=files&client_secret=s3cret&audience=files-api"
#define APIS ",\"apis\":[{\"audience\":\"files-api\",\"clients\":[\"files\",\"elsewhere\"]," \
	"\"scopes\":[\"Files.Read\",\"Files.Write\"],\"needs\":[\"mcp:read\"]}," \
	"{\"audience\":\"swap\",\"clients\":[\"files\"],\"by\":\"token_exchange\"}," \
	"{\"audience\":\"narrow-swap\",\"clients\":[\"files\"],\"scopes\":[\"a\"]," \
	"\"by\":\"token_exchange\"}]"

static char told[1024];                 /* of events "handed_out" */
static char logged[4096];

static void note(void *ctx, const json_t *event)
{
	(void)ctx;
	if (mp_eq(json_string_value(json_object_get(event, "event")), "handed_out"))
		snprintf(told, sizeof(told), "%s:%s", json_string_value(json_object_get(event, "client")),
		    json_string_value(json_object_get(event, "what")));
}

static void trace(void *ctx, const struct mcpass_note *note)
{
	size_t len = strlen(logged);

	(void)ctx;
	for (size_t i = 0; i < note->fact_count; i++)
		snprintf(logged + len, sizeof(logged) - len, "%s\n", note->facts[i].value);
}

/* files is the server at MCP; elsewhere is another one; keyless has no secret. */
static struct mp_issuer_config known(void)
{
	static char mcp_text[] = MCP, other_text[] = "https://other.example/mcp";
	static char *mcp[] = { mcp_text }, *other[] = { other_text };
	static const struct mp_issuer_client clients[] = {
		{ .client_id = "files", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		  .introspects = { mcp, 1 } },
		{ .client_id = "elsewhere", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		  .introspects = { other, 1 } },
		{ .client_id = "unnamed", .client_secret = "s3cret", .grants = MP_GRANT_TOKEN_EXCHANGE,
		  .introspects = { mcp, 1 } },
		{ .client_id = "keyless", .grants = MP_GRANT_TOKEN_EXCHANGE, .introspects = { mcp, 1 } },
		{ .client_id = "machine", .client_secret = "s3cret", .grants = "client_credentials "
		  MP_GRANT_TOKEN_EXCHANGE, .introspects = { mcp, 1 } },
	};
	struct mp_issuer_config config = kit_config(AS);

	config.clients = clients;
	config.client_count = COUNT(clients);
	config.event = note;
	config.trace = trace;
	return config;
}

static void open_front(struct front *front, const char *more)
{
	char members[2048];

	snprintf(members, sizeof(members), "%s%s", APIS, more);
	front_open_by(front, known(), members);
	front->members = "\"expires_in\":3000";
	told[0] = '\0';
}

/* Signs in; our access token and refresh token. */
static void begin(struct front *front, const char *scope, char token[4096], char refresh[256])
{
	const char *text;

	kit_exchange(&front->kit, front_code(front, scope), "");
	text = kit_member(&front->kit, "access_token");
	snprintf(token, 4096, "%s", text != NULL ? text : "");
	text = kit_member(&front->kit, "refresh_token");
	snprintf(refresh, 256, "%s", text != NULL ? text : "");
	front->sent = front->waited = 0;
	front->token_form[0] = '\0';
}

static int exchange(struct front *front, const char *token, const char *more)
{
	char form[8192];

	snprintf(form, sizeof(form), "%s&subject_token=%s%s", GRANT, token, more);
	return front_post(front, "/token", form);
}

static void test_it(bool opaque)
{
	char token[4096], refresh[256];
	struct mp_issuer_config config = known();
	struct front front;

	config.opaque_tokens = opaque;
	front_open_by(&front, config, APIS);
	begin(&front, "mcp:read", token, refresh);
	front.members = "\"expires_in\":3000,\"scope\":\"Files.Read\"";
	front.refresh_token = "upstream-refresh-2";
	told[0] = '\0';
	CHECK_EQ("handed out", exchange(&front, token, FILES "&scope=Files.Read"), 200);
	CHECK_STR("the provider's", kit_member(&front.kit, "access_token"), "upstream-access");
	CHECK_STR("what it is", kit_member(&front.kit, "issued_token_type"), MP_TOKEN_TYPE_ACCESS);
	CHECK_STR("how it is sent", kit_member(&front.kit, "token_type"), "Bearer");
	CHECK_STR("how long it lasts", kit_member(&front.kit, "expires_in"), "3000");
	CHECK_STR("what it may", kit_member(&front.kit, "scope"), "Files.Read");
	CHECK("nothing to refresh", kit_member(&front.kit, "refresh_token") == NULL);
	CHECK("no id token", kit_member(&front.kit, "id_token") == NULL);
	CHECK_STR("not kept", kit_header(&front.kit, "Cache-Control"), "no-store");
	CHECK_EQ("one request", front.sent, 1);
	CHECK_HAS("with what is kept", front.token_form, "refresh_token=upstream-refresh-1");
	CHECK_HAS("for that scope", front.token_form, "scope=Files.Read");
	CHECK("no resource", strstr(front.token_form, "resource") == NULL);
	CHECK_STR("told", told, "files:corp files-api");
	CHECK("the new refresh token is kept", memstore_contains(front.kit.memstore,
	    "upstream-refresh-2"));
	CHECK("the access token is not", !memstore_contains(front.kit.memstore, "upstream-access"));
	CHECK_EQ("again, all that there is", exchange(&front, token, FILES), 200);
	CHECK_HAS("with the new one", front.token_form, "refresh_token=upstream-refresh-2");
	CHECK_HAS("for both", front.token_form, "scope=Files.Read+Files.Write");
	front_close(&front);
}

/* Who asks for what, and what is answered; the provider is asked in the rows of 200 only. */
static const struct {
	const char *label, *more;
	int status;
	const char *part;
} rows[] = {
	{ "by resource's other name", "&client_id=files&client_secret=s3cret&audience=files-api"
	    "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token", 200,
	    "upstream-access" },
	{ "a scope that is not named", FILES "&scope=Mail.Read", 400, "invalid_scope" },
	{ "one that is, and one that is not", FILES "&scope=Files.Read+Mail.Read", 400,
	    "invalid_scope" },
	{ "the sign-in's own", FILES "&scope=openid+offline_access", 400, "invalid_scope" },
	{ "a scope that is none", FILES "&scope=%22", 400, "invalid_scope" },
	{ "the server of another resource", "&client_id=elsewhere&client_secret=s3cret"
	    "&audience=files-api", 400, "is not for this client" },
	{ "a server that is not named", "&client_id=unnamed&client_secret=s3cret&audience=files-api", 400,
	    "invalid_target" },
	{ "a wrong secret", "&client_id=files&client_secret=guess&audience=files-api", 401,
	    "invalid_client" },
	{ "no secret", "&client_id=files&audience=files-api", 401, "invalid_client" },
	{ "a client without one", "&client_id=keyless&audience=files-api", 400, "unauthorized_client" },
	{ "two audiences", FILES "&resource=https%3A%2F%2Fmcp.example%2Fmcp", 400, "invalid_target" },
	{ "an audience that is none of these is a token of ours", "&client_id=files&client_secret=s3cret"
	    "&audience=other", 200, "\"scope\":\"mcp:read\"" },
	{ "a refresh token", FILES "&requested_token_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Arefresh_token", 400, "invalid_request" },
	{ "by delegation", FILES "&actor_token=x", 400, "no delegation" },
	{ "one scope twice", FILES "&scope=Files.Read&scope=Files.Read", 400, "scope is given twice" },
	{ "one audience twice", FILES "&audience=files-api", 400, "audience is given twice" },
	{ "a token twice", FILES "&subject_token=x", 400, "subject_token is given twice" },
	{ "a type twice", FILES "&requested_token_type=x&requested_token_type=y", 400, "invalid_request" },
	{ "a secret twice", FILES "&client_secret=s3cret", 400, "a parameter is given twice" },
	{ "an empty secret", "&client_id=files&client_secret=&audience=files-api", 401, "invalid_client" },
	{ "the secret of another server", "&client_id=files&client_secret=s3cre&audience=files-api", 401,
	    "invalid_client" },
	{ "an audience beside an empty resource", FILES "&resource=", 400, "invalid_target" },
	{ "an audience in another case", "&client_id=files&client_secret=s3cret&audience=Files-API&scope="
	    "Files.Read", 400, "invalid_" },
	{ "a scope in another case", FILES "&scope=files.read", 400, "invalid_scope" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		char token[4096], refresh[256];
		struct front front;

		open_front(&front, "");
		begin(&front, "mcp:read", token, refresh);
		CHECK_EQ(label, exchange(&front, token, rows[i].more), rows[i].status);
		CHECK_HAS(label, kit_body(&front.kit), rows[i].part);
		CHECK_EQ(label, front.sent, strstr(rows[i].part, "upstream") != NULL);
		if (rows[i].status != 200)
			CHECK(label, strstr(kit_body(&front.kit), "upstream-access") == NULL && told[0] == '\0');
		front_close(&front);
	}
}

/* The MCP client itself, whom a sign-in gave the token. */
static void test_mcp_clients(void)
{
	char token[4096], refresh[256], form[512];
	struct front front;

	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	snprintf(form, sizeof(form), "&client_id=%s&audience=files-api", front.kit.client_id);
	CHECK_EQ("one that registered itself", exchange(&front, token, form), 400);
	CHECK_HAS("may not", kit_body(&front.kit), "unauthorized_client");
	CHECK_EQ("one with a secret", kit_register(&front.kit, "{\"client_name\":\"x\",\"redirect_uris\":"
	    "[\"https://evil.example/cb\"],\"grant_types\":[\"authorization_code\",\"" MP_GRANT_TOKEN_EXCHANGE
	    "\"],\"token_endpoint_auth_method\":\"client_secret_post\"}") == 201
	    && strstr(kit_body(&front.kit), MP_GRANT_TOKEN_EXCHANGE) != NULL, false);
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);
}

/* What is shown in place of a token of a sign-in that lives. */
static void test_subjects(void)
{
	char token[4096], refresh[256], form[512];
	struct front front;

	open_front(&front, "");
	CHECK_EQ("a machine's", front_post(&front, "/token", "grant_type=client_credentials"
	    "&client_id=machine&client_secret=s3cret&scope=mcp%3Aread&resource=" MCP), 200);
	snprintf(token, sizeof(token), "%s", kit_member(&front.kit, "access_token"));
	CHECK_EQ("is of no sign-in", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "no sign-in");
	CHECK_EQ("nonsense", exchange(&front, "a.b.c", FILES), 400);
	begin(&front, "mcp:tools", token, refresh);
	CHECK_EQ("without the scope that is needed", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "invalid_request");
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);

	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	front.kit.now += 601;
	CHECK_EQ("one that has ended", exchange(&front, token, FILES), 400);
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);

	/* An audience that we made the token for, of our own: it is for another server. */
	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	CHECK_EQ("an exchanged one", exchange(&front, token, "&client_id=files&client_secret=s3cret"
	    "&audience=elsewhere"), 200);
	snprintf(token, sizeof(token), "%s", kit_member(&front.kit, "access_token"));
	CHECK_EQ("is not for this server", exchange(&front, token, FILES), 400);
	snprintf(form, sizeof(form), "&client_id=elsewhere&client_secret=s3cret&audience=files-api");
	CHECK_EQ("and no way to the provider for the other", exchange(&front, token, form), 400);
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);

	/* Put out there meanwhile: the token would be good for minutes. */
	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	front.status = 400;
	front.answer = "{\"error\":\"invalid_grant\"}";
	CHECK_EQ("the API's question ends it", exchange(&front, token, FILES), 400);
	front.status = 200;
	front.answer = NULL;
	front.sent = 0;
	CHECK_EQ("a sign-in that has ended", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "no access token of ours");
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);
}

/* Other tokens that there are of the same sign-in, and a secret where it may be read on its way. */
static void test_others(void)
{
	char token[4096], refresh[256], form[8192];
	struct front front;
	const char *const others[] = { refresh, "upstream-refresh-1", "upstream-access", NULL };

	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	for (size_t i = 0; i < COUNT(others); i++) {
		CHECK_EQ("another token", exchange(&front, others[i] != NULL ? others[i]
		    : upstream_token(upstream_key(), "{}", front.kit.now, "n", "{}"), FILES), 400);
		CHECK_HAS("is none of ours", kit_body(&front.kit), "no access token of ours");
	}
	snprintf(form, sizeof(form), "%s&subject_token=%s&audience=files-api", GRANT, token);
	CHECK_EQ("the secret in the query", front_ask(&front, &(struct ask){ .method = "POST",
	    .path = "/token", .query = "client_id=files&client_secret=s3cret", .type = FORM,
	    .body = form }), 401);
	CHECK_HAS("is none", kit_body(&front.kit), "invalid_client");
	CHECK_EQ("all of it in the query", front_ask(&front, &(struct ask){ .method = "GET",
	    .path = "/token", .query = form }), 405);
	CHECK_EQ("nothing was asked", front.sent, 0);
	front_close(&front);
}

static void test_bound(void)
{
	char token[4096], form[8192];
	struct front front;
	const char *text;

	open_front(&front, "");
	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER, front.kit.client_id, front_code(&front, "mcp:read"));
	kit_post_proved(&front.kit, form, kit_proof(&front.kit, kit_keys(0), AS "/token", NULL));
	text = kit_member(&front.kit, "access_token");
	snprintf(token, sizeof(token), "%s", text != NULL ? text : "");
	CHECK_STR("it is bound", kit_member(&front.kit, "token_type"), "DPoP");
	front.sent = 0;
	CHECK_EQ("without a proof", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "bound to a key");
	snprintf(form, sizeof(form), "%s&subject_token=%s%s", GRANT, token, FILES);
	CHECK_EQ("with another's proof", kit_post_proved(&front.kit, form, kit_proof(&front.kit,
	    kit_keys(1), AS "/token", NULL)), 400);
	CHECK_EQ("nothing was asked", front.sent, 0);
	CHECK_EQ("with its own it is asked", kit_post_proved(&front.kit, form, kit_proof(&front.kit,
	    kit_keys(0), AS "/token", NULL)), MP_HTTP_LATER);
	front_close(&front);
}

/* What the provider answers to the refresh for the API, and what comes of it. */
static const struct {
	const char *label;
	int status;
	const char *answer;
	int want;
	const char *error;
	bool ends;                      /* the sign-in is over */
} answers[] = {
	{ "invalid_grant", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"SECRET\"}", 400,
	    "invalid_grant", true },
	{ "Entra's for what was not consented to", 400, "{\"error\":\"invalid_grant\",\"suberror\":"
	    "\"consent_required\",\"error_description\":\"SECRET\"}", 400, "invalid_target", false },
	{ "the person has to do something", 400, "{\"error\":\"interaction_required\"}", 400,
	    "invalid_target", false },
	{ "no such scope", 400, "{\"error\":\"invalid_scope\"}", 400, "invalid_target", false },
	{ "our secret is wrong", 401, "{\"error\":\"invalid_client\"}", 503, "temporarily_unavailable",
	    false },
	{ "busy", 503, "SECRET", 503, "temporarily_unavailable", false },
	{ "invalid_grant by a server that is busy", 503, "{\"error\":\"invalid_grant\"}", 503,
	    "temporarily_unavailable", false },
	{ "too often", 429, "", 503, "temporarily_unavailable", false },
	{ "a page", 200, "<html>SECRET", 503, "temporarily_unavailable", false },
	{ "no answer", 0, "it is not there", 503, "temporarily_unavailable", false },
	{ "more than is named", 200, "{\"access_token\":\"SECRET\",\"token_type\":\"Bearer\","
	    "\"scope\":\"Files.Read Mail.Read\"}", 400, "invalid_target", false },
	{ "of another type", 200, "{\"access_token\":\"SECRET\",\"token_type\":\"DPoP\"}", 503,
	    "temporarily_unavailable", false },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		const char *label = answers[i].label;
		char token[4096], refresh[256];
		struct front front;

		open_front(&front, "");
		begin(&front, "mcp:read", token, refresh);
		front.narrow_status = answers[i].status;
		front.narrow_answer = answers[i].answer;
		CHECK_EQ(label, exchange(&front, token, FILES), answers[i].want);
		CHECK_STR(label, kit_member(&front.kit, "error"), answers[i].error);
		CHECK(label, strstr(kit_body(&front.kit), "SECRET") == NULL);
		CHECK(label, told[0] == '\0');
		if (answers[i].want == 503)
			CHECK(label, kit_header(&front.kit, "Retry-After") != NULL);
		front.narrow_answer = NULL;
		CHECK_EQ(label, exchange(&front, token, FILES), answers[i].ends ? 400 : 200);
		CHECK_EQ(label, front_refresh(&front, refresh), answers[i].ends ? 400 : 200);
		front_close(&front);
	}
}

/* The provider's own exchange, with a token that was fetched for it. */
static const struct {
	const char *label, *more;
	int status;
	const char *answer;
	int want;
	const char *part;
} exchanges[] = {
	{ "exchanged", "&audience=swap", 200, "{\"access_token\":\"swapped\",\"token_type\":\"Bearer\","
	    "\"issued_token_type\":\"" MP_TOKEN_TYPE_ACCESS "\",\"expires_in\":60,\"scope\":\"x\"}", 200,
	    "\"swapped\"" },
	{ "another kind of token", "&audience=swap", 200, "{\"access_token\":\"SECRET\","
	    "\"token_type\":\"N_A\",\"issued_token_type\":\"" MP_TOKEN_TYPE_ID_JAG "\"}", 503,
	    "temporarily_unavailable" },
	{ "without its type", "&audience=swap", 200, "{\"access_token\":\"SECRET\","
	    "\"token_type\":\"Bearer\"}", 503, "temporarily_unavailable" },
	{ "more than is named", "&audience=narrow-swap", 200, "{\"access_token\":\"SECRET\","
	    "\"token_type\":\"Bearer\",\"issued_token_type\":\"" MP_TOKEN_TYPE_ACCESS
	    "\",\"scope\":\"a b\"}", 400, "invalid_target" },
	{ "refused", "&audience=swap", 400, "{\"error\":\"access_denied\"}", 400, "invalid_target" },
	{ "Keycloak: no such audience", "&audience=swap", 400, "{\"error\":\"invalid_client\","
	    "\"error_description\":\"Audience not found\"}", 400, "invalid_target" },
	{ "invalid_grant of an exchange ends nothing", "&audience=swap", 400,
	    "{\"error\":\"invalid_grant\"}", 503, "temporarily_unavailable" },
	{ "busy", "&audience=swap", 503, "", 503, "temporarily_unavailable" },
};

static void test_exchanges(void)
{
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		const char *label = exchanges[i].label;
		char token[4096], refresh[256], more[256];
		struct front front;

		open_front(&front, "");
		begin(&front, "mcp:read", token, refresh);
		front.refresh_token = "upstream-refresh-2";
		front.exchange_status = exchanges[i].status;
		front.exchanged = exchanges[i].answer;
		snprintf(more, sizeof(more), "&client_id=files&client_secret=s3cret%s", exchanges[i].more);
		CHECK_EQ(label, exchange(&front, token, more), exchanges[i].want);
		CHECK_HAS(label, kit_body(&front.kit), exchanges[i].part);
		CHECK(label, strstr(kit_body(&front.kit), "SECRET") == NULL);
		CHECK(label, strstr(kit_body(&front.kit), "upstream-access") == NULL);
		CHECK_HAS(label, front.token_form, "subject_token=upstream-access");
		CHECK_HAS(label, front.token_form, "audience=");
		CHECK_HAS("its client is ours there", front.authorization, "Basic ");
		CHECK_EQ("two requests", front.sent, 2);
		CHECK("what was rotated is kept", memstore_contains(front.kit.memstore,
		    "upstream-refresh-2"));
		CHECK_EQ("the sign-in lives", front_refresh(&front, refresh), 200);
		front_close(&front);
	}
}

/* What the configuration adds to each token request does not say for whom the token is. */
static void test_params(void)
{
	char token[4096], refresh[256];
	struct front front;

	open_front(&front, ",\"token_params\":{\"audience\":\"all\",\"more\":\"1\"}");
	begin(&front, "mcp:read", token, refresh);
	front.exchange_status = 200;
	front.exchanged = exchanges[0].answer;
	CHECK_EQ("exchanged", exchange(&front, token, "&client_id=files&client_secret=s3cret&audience=swap"),
	    200);
	CHECK_HAS("for it", front.token_form, "audience=swap");
	CHECK_HAS("with what is added", front.token_form, "more=1");
	CHECK("for nothing else", strstr(front.token_form, "audience=all") == NULL);
	CHECK_EQ("refreshed", exchange(&front, token, FILES), 200);
	CHECK_HAS("where we say nothing it is added", front.token_form, "audience=all");
	front_close(&front);
}

/* Before anything is handed out the rules are run again, where that is due. */
static void test_rules(void)
{
	char token[4096], refresh[256];
	struct mp_issuer_config config = known();
	struct front front;

	config.access_lifetime = 4L * MP_UPSTREAM_RECHECK;
	front_open_by(&front, config, APIS ",\"allow\":{\"groups\":[\"staff\"]}");
	front.claims = "{\"groups\":[\"staff\"]}";
	begin(&front, "mcp:read", token, refresh);
	front.kit.now += AGAIN;
	CHECK_EQ("still of the staff", exchange(&front, token, FILES), 200);
	CHECK_EQ("asked about, and for the token", front.sent, 2);
	front.sent = 0;
	CHECK_EQ("again", exchange(&front, token, FILES), 200);
	CHECK_EQ("for the token alone", front.sent, 1);
	front.kit.now += AGAIN;
	front.claims = "{\"groups\":[]}";
	told[0] = '\0';
	CHECK_EQ("put out", exchange(&front, token, FILES), 400);
	CHECK_HAS("it is over", kit_body(&front.kit), "invalid_grant");
	CHECK("nothing was handed out", told[0] == '\0');
	front.claims = "{\"groups\":[\"staff\"]}";
	CHECK_EQ("for good", exchange(&front, token, FILES), 400);
	CHECK_EQ("for all", front_refresh(&front, refresh), 400);
	front_close(&front);

	/* What the person may have is less now than when the token was made. */
	front_open_by(&front, config, APIS ",\"rules\":[{\"claim\":\"groups\",\"value\":\"a\",\"scopes\":"
	    "[\"mcp:read\"]},{\"claim\":\"groups\",\"value\":\"b\",\"scopes\":[\"mcp:tools\"]}]");
	front.claims = "{\"groups\":[\"a\",\"b\"]}";
	begin(&front, "mcp:read mcp:tools", token, refresh);
	CHECK_EQ("with what is needed", exchange(&front, token, FILES), 200);
	front.kit.now += AGAIN;
	front.claims = "{\"groups\":[\"b\"]}";
	front.sent = 0;
	told[0] = '\0';
	CHECK_EQ("without, as is found out now", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "invalid_request");
	CHECK_EQ("without, as is known", exchange(&front, token, FILES), 400);
	CHECK_EQ("asked about alone", front.sent, 1);
	CHECK("nothing was handed out", told[0] == '\0');
	CHECK_EQ("the sign-in lives", front_refresh(&front, refresh), 200);
	front_close(&front);

	/* The token is about another person: the provider is out of its mind. */
	open_front(&front, "");
	begin(&front, "mcp:read", token, refresh);
	front.claims = "{\"sub\":\"bob\"}";
	CHECK_EQ("another person", exchange(&front, token, FILES), 400);
	CHECK_HAS("it is over", kit_body(&front.kit), "invalid_grant");
	front_close(&front);

	open_front(&front, "");
	front.refresh_token = NULL;
	begin(&front, "mcp:read", token, refresh);
	CHECK_EQ("no refresh token there", exchange(&front, token, FILES), 400);
	CHECK_HAS("it says so", kit_body(&front.kit), "no refresh token");
	front_close(&front);
}

/* Two use one refresh token for two things: each gets its own, and no refresh token that has a
 * successor is used again. */
static void test_at_once(void)
{
	char token[4096], refresh[256], form[8192], other[8192], sent[64];
	struct mp_issuer_config config = known();
	struct front front;

	config.upstream_recheck = 60;
	front_open_by(&front, config, APIS);
	begin(&front, "mcp:read", token, refresh);
	front.refresh_token = "upstream-refresh-2";
	front.members = "\"scope\":\"Files.Read\"";
	snprintf(form, sizeof(form), "%s&subject_token=%s%s", GRANT, token, FILES "&scope=Files.Read");
	snprintf(other, sizeof(other), "%s&subject_token=%s%s", GRANT, token,
	    FILES "&scope=Files.Write");
	CHECK_EQ("one waits", kit_post(&front.kit, "/token", form), MP_HTTP_LATER);
	CHECK_STR("for the first", front.token_form, "grant_type=refresh_token"
	    "&refresh_token=upstream-refresh-1&scope=Files.Read");
	snprintf(sent, sizeof(sent), "%s", front.key);
	CHECK_EQ("and another with it", kit_post(&front.kit, "/token", other), MP_HTTP_LATER);
	CHECK_EQ("one request is under way", front.sent, 1);
	snprintf(front.key, sizeof(front.key), "%s", sent);
	front_deliver(&front);
	front.refresh_token = "upstream-refresh-3";
	front.members = "\"scope\":\"Files.Write\"";
	CHECK_EQ("the other comes first", kit_post(&front.kit, "/token", other), MP_HTTP_LATER);
	CHECK_STR("with the successor", front.token_form, "grant_type=refresh_token"
	    "&refresh_token=upstream-refresh-2&scope=Files.Write");
	front_deliver(&front);
	CHECK_EQ("and is done", kit_post(&front.kit, "/token", other), 200);
	CHECK_STR("with what it asked for", kit_member(&front.kit, "scope"), "Files.Write");
	front.refresh_token = "upstream-refresh-4";
	front.members = "\"scope\":\"Files.Read\"";
	CHECK_EQ("the first comes again", front_post(&front, "/token", form), 200);
	CHECK_STR("and has what it asked for", kit_member(&front.kit, "scope"), "Files.Read");
	CHECK_HAS("with the successor of that", front.token_form, "refresh_token=upstream-refresh-3");
	/* One does not come back, and a renewal finds what it left. */
	front.refresh_token = "upstream-refresh-5";
	CHECK_EQ("one waits", kit_post(&front.kit, "/token", form), MP_HTTP_LATER);
	front_deliver(&front);
	front.refresh_token = "upstream-refresh-6";
	front.kit.now += 61;
	front.members = NULL;
	CHECK_EQ("renewed", front_refresh(&front, refresh), 200);
	CHECK_STR("with the successor", front.token_form, "grant_type=refresh_token"
	    "&refresh_token=upstream-refresh-5");
	front_close(&front);
}

/* A provider may say what it was sent, in any form: it is not in our log. */
static void test_log(void)
{
	static const char *const echoes[] = { "upstream-refresh-1", "upstream%2Drefresh%2D1",
		"refresh_token=upstream-refresh-1&client_secret=upstream-secret", "upstream-secret" };

	for (size_t i = 0; i < COUNT(echoes); i++) {
		char token[4096], refresh[256], answer[512];
		struct front front;

		open_front(&front, "");
		mp_secret_free(&front.upstreams[0].client.client_secret);
		mp_secret_set(&front.upstreams[0].client.client_secret, "upstream-secret", NULL);
		begin(&front, "mcp:read", token, refresh);
		snprintf(answer, sizeof(answer), "{\"error\":\"invalid_scope\",\"error_description\":"
		    "\"what is %s?\"}", echoes[i]);
		front.narrow_status = 400;
		front.narrow_answer = answer;
		logged[0] = '\0';
		CHECK_EQ(echoes[i], exchange(&front, token, FILES), 400);
		CHECK_HAS(echoes[i], logged, "*******");
		CHECK(echoes[i], strstr(logged, "refresh-1") == NULL && strstr(logged, "2Drefresh") == NULL
		    && strstr(logged, "upstream-secret") == NULL);
		front_close(&front);
	}
}

static const struct { const char *label, *apis, *part; } wrong[] = {
	{ "a client that is not known", "[{\"audience\":\"a\",\"clients\":[\"nobody\"],\"scopes\":[\"s\"]}]",
	    "names nobody" },
	{ "one without a secret", "[{\"audience\":\"a\",\"clients\":[\"keyless\"],\"scopes\":[\"s\"]}]",
	    "names keyless" },
};

static void test_setup(void)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct mp_issuer_config config = known();
		struct mp_issuer *issuer = NULL;
		struct mcpass_error err = { 0 };
		struct memstore *memstore;
		struct mp_idp upstream;
		char more[512];

		snprintf(more, sizeof(more), ",\"apis\":%s", wrong[i].apis);
		CHECK_EQ(wrong[i].label, upstream_make(more, &upstream, &err), MCPASS_OK);
		memstore_open(&memstore, &config.store);
		config.upstreams = &upstream;
		config.upstream_count = 1;
		CHECK_EQ(wrong[i].label, mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
		CHECK_HAS(wrong[i].label, err.detail, wrong[i].part);
		mp_idp_free(&upstream);
		memstore_close(memstore);
	}
}

/* Once per allocation, failing the nth: at the first request, and at each time it comes again. */
static void test_no_memory(const char *more, int step)
{
	struct mp_issuer_config config = known();

	OOM_EACH_LATER {
		char token[4096], refresh[256], form[8192];
		struct front front;
		int status;

		config.event = NULL;    /* an event that lacks a text for want of memory is told */
		front_open_by(&front, config, APIS);
		begin(&front, "mcp:read", token, refresh);
		front.refresh_token = "upstream-refresh-2";
		front.exchange_status = 200;
		front.exchanged = exchanges[0].answer;
		snprintf(form, sizeof(form), "%s&subject_token=%s&client_id=files&client_secret=s3cret%s",
		    GRANT, token, more);
		for (int i = 0; i < step; i++) {
			kit_post(&front.kit, "/token", form);
			front_deliver(&front);
		}
		oom_from_here();
		status = kit_post(&front.kit, "/token", form);
		CHECK_OOM("no memory", front.kit.rc, MCPASS_OK);
		CHECK("an answer, or none", front.kit.rc ? status == 0 : status == 200
		    || status == MP_HTTP_LATER);
		front_close(&front);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	kit_keys(0);
	kit_keys(1);
	upstream_jwks();
	test_it(false);
	test_it(true);
	test_rows();
	test_mcp_clients();
	test_subjects();
	test_others();
	test_bound();
	test_answers();
	test_exchanges();
	test_params();
	test_rules();
	test_at_once();
	test_log();
	test_setup();
	test_no_memory("&audience=files-api", 0);
	test_no_memory("&audience=files-api", 1);
	test_no_memory("&audience=swap", 1);
	test_no_memory("&audience=swap", 2);
	mp_key_free(upstream_key());
	return check_done();
}
