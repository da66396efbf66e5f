/* The front door: a client registers here, its person signs in at an identity provider. */
#include "front_kit.h"
#include "issuer/core.h"

static void test_sign_in(void)
{
	struct front front;
	struct mp_form form = { 0 };
	const char *code, *token, *verifier = NULL, *sub;
	char *challenge = NULL, value[128];

	front_open(&front, ",\"token_claims\":{\"email\":\"email\"}");
	front.claims = "{\"email\":\"ann@corp.example\"}";
	CHECK_EQ("a page first", kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL)),
	    200);
	CHECK_EQ("nothing was asked there yet", front.sent + front.fetched, 0);
	CHECK_HAS("it names the client", kit_body(&front.kit), "Test client");
	CHECK_HAS("where the answer goes", kit_body(&front.kit), "127.0.0.1:4711");
	CHECK_HAS("what is asked for", kit_body(&front.kit), "See what it offers");
	CHECK_HAS("where to sign in", kit_body(&front.kit), "sign in with corp");
	CHECK_HAS("there is a choice", kit_body(&front.kit), "sign in with Second");
	CHECK("no password is asked for", strstr(kit_body(&front.kit), "password") == NULL);
	CHECK_EQ("not framed", strcmp(kit_header(&front.kit, "X-Frame-Options"), "DENY"), 0);
	CHECK_EQ("allowed", front_decide(&front, "allow+corp"), 200);
	CHECK_HAS("a page that goes on", kit_header(&front.kit, "Refresh"), "0; url=" IDP "/authorize?");
	CHECK_STR("our client there", front_sent(&front, "client_id", value, sizeof(value)), IDP_CLIENT);
	CHECK_STR("our callback", front_sent(&front, "redirect_uri", value, sizeof(value)),
	    AS "/authorize/callback/corp");
	CHECK_STR("no resource is sent", front_sent(&front, "resource", value, sizeof(value)), "");
	CHECK_STR("PKCE", front_sent(&front, "code_challenge_method", value, sizeof(value)), "S256");
	CHECK("a nonce", front.sent_nonce[0] != '\0');
	CHECK("that is not the state", strcmp(front.state, front.sent_nonce) != 0);
	CHECK("the state is kept as a hash", !memstore_contains(front.kit.memstore, front.state));
	CHECK_EQ("back", front_return(&front, "&iss=https%3A%2F%2Fidp.example"), 303);
	CHECK_EQ("one request was sent", front.sent, 1);
	CHECK_HAS("with our secret", front.authorization, "Basic ");
	mp_form_parse(front.body, strlen(front.body), &form, NULL);
	mp_form_get(&form, "code_verifier", &verifier, NULL);
	mp_sha256_b64url(verifier != NULL ? verifier : "", &challenge, NULL);
	CHECK_STR("the verifier of the challenge", challenge, front.challenge);
	CHECK_STR("iss is ours", kit_param(&front.kit, "iss"), AS);
	CHECK_STR("state is the client's", kit_param(&front.kit, "state"), STATE);
	code = kit_param(&front.kit, "code");
	CHECK_EQ("a token", kit_exchange(&front.kit, code, ""), 200);
	token = kit_member(&front.kit, "access_token");
	sub = front_claim(&front, token, "sub");
	CHECK("the person is a random id", sub != NULL && strlen(sub) == 22);
	CHECK_STR("a claim that was mapped", front_claim(&front, token, "email"), "ann@corp.example");
	CHECK_STR("for the resource", front_claim(&front, token, "aud"), MCP);
	CHECK("with a session", front_claim(&front, token, "sid") != NULL);
	CHECK("no token of theirs is kept for clients", !memstore_contains(front.kit.memstore,
	    "upstream-access"));
	mp_form_free(&form);
	free(challenge);
	front_close(&front);
}

static void test_deny(void)
{
	struct front front;

	front_open(&front, "");
	kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL));
	CHECK_EQ("denied", front_decide(&front, "deny"), 303);
	CHECK_STR("the client is told", kit_param(&front.kit, "error"), "access_denied");
	CHECK_STR("by us", kit_param(&front.kit, "iss"), AS);
	CHECK_EQ("nothing was asked there", front.sent + front.fetched, 0);
	front_close(&front);
}

/* What the provider's answer has to be like; nothing of it reaches the client. */
static const struct {
	const char *label;
	int status;
	const char *answer, *claims, *nonce, *more;     /* more: of the query */
	const char *error;              /* for the client; NULL: a page for the person */
	const char *configured, *metadata;
} rows[] = {
	{ "good", 200, NULL, "{}", NULL, "", "", "", "{}" },
	{ "another iss in the answer", 200, NULL, "{}", NULL, "&iss=https%3A%2F%2Fevil.example", NULL,
	    "", "{}" },
	{ "iss is promised and missing", 200, NULL, "{}", NULL, "", NULL, "",
	    "{\"authorization_response_iss_parameter_supported\":true}" },
	{ "another nonce", 200, NULL, "{}", "other", "", "server_error", "", "{}" },
	{ "another audience", 200, NULL, "{\"aud\":\"other\"}", NULL, "", "server_error", "", "{}" },
	{ "another issuer", 200, NULL, "{\"iss\":\"https://evil.example\"}", NULL, "", "server_error", "",
	    "{}" },
	{ "expired", 200, NULL, "{\"exp\":1}", NULL, "", "server_error", "", "{}" },
	{ "no id token", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", NULL, NULL, "",
	    "server_error", "", "{}" },
	{ "a page", 200, "<html>", NULL, NULL, "", "server_error", "", "{}" },
	{ "code refused", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"<b>SECRET</b>\"}",
	    NULL, NULL, "", "server_error", "", "{}" },
	{ "our secret refused", 401, "{\"error\":\"invalid_client\"}", NULL, NULL, "", "server_error", "",
	    "{}" },
	{ "busy", 503, "SECRET", NULL, NULL, "", "temporarily_unavailable", "", "{}" },
	{ "no answer", 0, NULL, NULL, NULL, "", "temporarily_unavailable", "", "{}" },
	{ "an error with 200", 200, "{\"error\":\"bad_verification_code\",\"error_description\":\"SECRET\"}",
	    NULL, NULL, "", "server_error", "", "{}" },
	{ "not in a group that is allowed", 200, NULL, "{\"groups\":[\"x\"]}", NULL, "", "access_denied",
	    ",\"allow\":{\"groups\":[\"staff\"]}", "{}" },
	{ "in one", 200, NULL, "{\"groups\":[\"staff\"]}", NULL, "", "",
	    ",\"allow\":{\"groups\":[\"staff\"]}", "{}" },
	{ "no scope by the rules", 200, NULL, "{}", NULL, "", "access_denied", ",\"rules\":[]", "{}" },
	{ "groups are elsewhere", 200, NULL, "{\"_claim_names\":{\"groups\":\"x\"}}", NULL, "",
	    "access_denied", ",\"allow\":{\"groups\":[\"staff\"]}", "{}" },
	{ "other algorithms", 200, NULL, "{}", NULL, "", "server_error", "",
	    "{\"id_token_signing_alg_values_supported\":[\"RS256\"]}" },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct front front;
		int status;

		front_open(&front, rows[i].configured);
		front.status = rows[i].status;
		front.answer = rows[i].answer;
		front.claims = rows[i].claims;
		front.nonce = rows[i].nonce;
		front.metadata = rows[i].metadata;
		front_allow(&front, "mcp:read");
		status = front_return(&front, rows[i].more);
		CHECK_EQ(rows[i].label, status, rows[i].error != NULL ? 303 : 403);
		if (rows[i].error != NULL) {
			CHECK_STR(rows[i].label, kit_param(&front.kit, "error"),
			    rows[i].error[0] != '\0' ? rows[i].error : NULL);
			CHECK_STR(rows[i].label, kit_param(&front.kit, "iss"), AS);
			CHECK(rows[i].label, strstr(kit_header(&front.kit, "Location"), "SECRET") == NULL);
		}
		CHECK(rows[i].label, strstr(kit_body(&front.kit), "SECRET") == NULL);
		if (rows[i].error != NULL && rows[i].error[0] != '\0')
			CHECK_EQ("it is over", front_return(&front, ""), 403);
		front_close(&front);
	}
}

/* What the provider answers in the browser, in place of a code. */
static void test_errors(void)
{
	static const struct { const char *query, *error; } errors[] = {
		{ "error=access_denied&error_description=%3Cb%3ESECRET", "access_denied" },
		{ "error=temporarily_unavailable", "temporarily_unavailable" },
		{ "error=server_error", "server_error" },
		{ "error=invalid_scope", "server_error" },
		{ "error=%0d%0aSECRET", "server_error" },
		{ "", "server_error" },
	};

	for (size_t i = 0; i < COUNT(errors); i++) {
		struct front front;
		char query[256];

		front_open(&front, "");
		front_allow(&front, "mcp:read");
		snprintf(query, sizeof(query), "state=%s&%s", front.state, errors[i].query);
		CHECK_EQ(errors[i].query, kit_get(&front.kit, "/authorize/callback/corp", query), 303);
		CHECK_STR(errors[i].query, kit_param(&front.kit, "error"), errors[i].error);
		CHECK(errors[i].query, strstr(kit_header(&front.kit, "Location"), "SECRET") == NULL);
		CHECK_EQ("nothing was asked", front.sent, 0);
		front_close(&front);
	}
}

/* What the operator is told of it, and no one else. */
static void test_errors_in_the_log(void)
{
	static const struct { const char *label, *metadata, *query, *has, *has_not; } told[] = {
		{ "the code", "{}", "error=invalid_scope", "answered invalid_scope", "answered invalid_scope:" },
		{ "and the words", "{}", "error=server_error&error_description=AADSTS9010010%3A+no%0d%0athing",
		    "answered server_error: AADSTS9010010: no", "\n" },
		{ "words that are empty", "{}", "error=invalid_scope&error_description=", "invalid_scope",
		    "answered invalid_scope:" },
		{ "words twice", "{}", "error=invalid_scope&error_description=a&error_description=b",
		    "invalid_scope", "answered invalid_scope:" },
		{ "of an OpenID provider", "{\"scopes_supported\":[\"openid\",\"email\"]}",
		    "error=invalid_scope&error_description=email", ": email", "OpenID" },
		{ "of one that is none", "{\"scopes_supported\":[\"mcp:read\"]}",
		    "error=invalid_scope&error_description=no+openid", "is it an OpenID provider?", "\n" },
	};

	for (size_t i = 0; i < COUNT(told); i++) {
		struct front front;
		char query[512];

		front_open(&front, "");
		front.metadata = told[i].metadata;
		front_allow(&front, "mcp:read");
		snprintf(query, sizeof(query), "state=%s&iss=https%%3A%%2F%%2Fidp.example&%s", front.state,
		    told[i].query);
		CHECK_EQ(told[i].label, kit_get(&front.kit, "/authorize/callback/corp", query), 303);
		CHECK_HAS(told[i].label, front.reason, told[i].has);
		CHECK(told[i].label, strstr(front.reason, told[i].has_not) == NULL);
		CHECK("not the client", strstr(kit_header(&front.kit, "Location"), "AADSTS") == NULL);
		front_close(&front);
	}
}

/* The sign-in is the browser's that began it, and is one. */
static void test_browser(void)
{
	char mine[128];
	struct front front;

	front_open(&front, "");
	front_allow(&front, "mcp:read");
	snprintf(mine, sizeof(mine), "%s", front.kit.browser);
	snprintf(front.kit.browser, sizeof(front.kit.browser), "__Host-mcpass-browser=AAAA");
	CHECK_EQ("another browser", front_return(&front, ""), 403);
	CHECK("is told nothing", kit_header(&front.kit, "Location") == NULL);
	front.kit.no_cookies = true;
	CHECK_EQ("a browser without cookies", front_return(&front, ""), 403);
	CHECK_HAS("is told why", kit_body(&front.kit), "cookies");
	CHECK_EQ("an error in another browser", front_return(&front, "&error=access_denied"), 403);
	front.kit.no_cookies = false;
	snprintf(front.kit.browser, sizeof(front.kit.browser), "%s", mine);
	{
		char query[256];

		snprintf(query, sizeof(query), "state=%s&code=x", front.state);
		CHECK_EQ("at another provider's callback", kit_get(&front.kit, "/authorize/callback/second",
		    query), 403);
	}
	CHECK_EQ("nothing was sent", front.sent, 0);
	CHECK_EQ("the owner finishes", front_return(&front, ""), 303);
	CHECK_EQ("once", front_return(&front, ""), 403);
	CHECK_EQ("no other state", kit_get(&front.kit, "/authorize/callback/corp", "state=x&code=y"), 403);
	CHECK_EQ("no state", kit_get(&front.kit, "/authorize/callback/corp", "code=y"), 403);
	CHECK_EQ("no such provider", kit_get(&front.kit, "/authorize/callback/nosuch", "state=x"), 404);
	front_close(&front);

	front_open(&front, "");
	front_allow(&front, "mcp:read");
	front.kit.now += MP_PENDING_LIFETIME + 1;
	CHECK_EQ("too late", front_return(&front, ""), 403);
	CHECK_EQ("nothing was sent", front.sent, 0);
	front_close(&front);
}

/* The second click on Allow leads to the same sign-in; a forged one to none. */
static void test_allow(void)
{
	struct front front;
	char form[256], first[64];

	front_open(&front, "");
	kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&decision=allow+corp", kit_ticket(&front.kit));
	front.kit.origin = "https://evil.example";
	CHECK_EQ("from another site", front_post(&front, "/authorize/consent", form), 403);
	front.kit.origin = AS;
	CHECK_EQ("of no provider", front_decide(&front, "allow+nosuch"), 403);
	kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&decision=allow+corp", kit_ticket(&front.kit));
	CHECK_EQ("a click", front_post(&front, "/authorize/consent", form), 200);
	front_sent(&front, "state", first, sizeof(first));
	CHECK_EQ("a second one", front_post(&front, "/authorize/consent", form), 200);
	CHECK_STR("the same", front_sent(&front, "state", front.state, sizeof(front.state)), first);
	front_sent(&front, "nonce", front.sent_nonce, sizeof(front.sent_nonce));
	CHECK_EQ("which works", front_return(&front, ""), 303);
	CHECK_EQ("and is over then", front_post(&front, "/authorize/consent", form), 403);
	/* The state is in the provider's hands: it is no ticket. */
	snprintf(form, sizeof(form), "ticket=%s&decision=allow+corp", first);
	CHECK_EQ("the state as a ticket", front_post(&front, "/authorize/consent", form), 403);
	CHECK_EQ("no one has a password", kit_post(&front.kit, "/authorize/login",
	    "ticket=x&username=alice&password=secret"), 403);
	front_close(&front);
}

/* The client changes its name while its page is open, or while the person is away. */
static void rename_client(struct front *front, const char *name)
{
	char path[128], body[512], bearer[128];

	snprintf(path, sizeof(path), "/register/%s", front->kit.client_id);
	snprintf(bearer, sizeof(bearer), "Bearer %s", front->kit.token);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"client_name\":\"%s\",\"redirect_uris\":[\""
	    CALLBACK "\"],\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\","
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}", front->kit.client_id, name);
	CHECK_EQ("renamed", kit_ask(&front->kit, &(struct ask){ .method = "PUT", .path = path,
		.type = JSON, .authorization = bearer, .body = body }), 200);
	if (kit_member(&front->kit, "registration_access_token") != NULL)
		snprintf(front->kit.token, sizeof(front->kit.token), "%s", kit_member(&front->kit,
		    "registration_access_token"));
}

static void test_changed(void)
{
	struct front front;
	char form[256];

	front_open(&front, "");
	kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&decision=allow+corp", kit_ticket(&front.kit));
	rename_client(&front, "Another name");
	CHECK_EQ("the page again", front_post(&front, "/authorize/consent", form), 200);
	CHECK("no one is sent away", kit_header(&front.kit, "Refresh") == NULL);
	CHECK_HAS("with the name", kit_body(&front.kit), "Another name");
	CHECK_EQ("allowed", front_decide(&front, "allow+corp"), 200);
	front.claims = "{\"name\":\"Ann\"}";
	rename_client(&front, "A third name");
	CHECK_EQ("changed while the person was away", front_return(&front, ""), 200);
	CHECK_HAS("asked again", kit_body(&front.kit), "A third name");
	CHECK_HAS("who it is, and from where", kit_body(&front.kit),
	    "Signed in as <strong>Ann</strong> (corp)");
	CHECK_EQ("and allowed", front_decide(&front, "allow"), 303);
	CHECK("a code", kit_param(&front.kit, "code") != NULL);
	front_close(&front);
}

/* One person at one provider is one sub, whatever client asks; the same name elsewhere is not. */
static void test_people(void)
{
	char subs[4][64];
	static const char *const claims[] = { "{\"sub\":\"ann\",\"email\":\"a@b.example\"}",
		"{\"sub\":\"ann\",\"email\":\"new@b.example\"}",
		"{\"sub\":\"bob\",\"email\":\"a@b.example\"}" };
	struct front front;

	front_open(&front, "");
	for (size_t i = 0; i < COUNT(claims); i++) {
		front.claims = claims[i];
		front.kit.session[0] = '\0';
		kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
		snprintf(subs[i], sizeof(subs[i]), "%s", front_claim(&front, kit_member(&front.kit,
		    "access_token"), "sub"));
	}
	CHECK_STR("the same person", subs[1], subs[0]);
	CHECK("an e-mail address is no person", strcmp(subs[2], subs[0]) != 0);
	mp_set(&front.upstreams[0].identity, "https://other.example", NULL);
	front.claims = claims[0];
	front.kit.session[0] = '\0';
	kit_exchange(&front.kit, front_code(&front, "mcp:read"), "");
	snprintf(subs[3], sizeof(subs[3]), "%s", front_claim(&front, kit_member(&front.kit,
	    "access_token"), "sub"));
	CHECK("the same sub elsewhere is another person", strcmp(subs[3], subs[0]) != 0);
	front_close(&front);
}

/* A key that is new there is fetched once; one that is not there is not looked for at each sign-in. */
static void test_new_key(void)
{
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	char jwks[1024], *text;
	struct front front;
	int fetched;

	mp_key_generate(MP_ES256, &key, NULL);
	mp_jwk_write(key, false, &jwk, NULL);
	text = mp_json_dump(jwk);
	snprintf(jwks, sizeof(jwks), "{\"keys\":[%s]}", text);
	front_open(&front, "");
	CHECK("with the old key", front_code(&front, "mcp:read")[0] != '\0');
	front.kit.session[0] = '\0';
	front.key_of_token = key;
	front.jwks = jwks;
	fetched = front.fetched;
	CHECK_STR("too soon to look again", front_code(&front, "mcp:read"), "");
	CHECK_EQ("and it was not", front.fetched, fetched);
	front.kit.now += MP_JWKS_COOLDOWN + 1;
	CHECK("with the new key", front_code(&front, "mcp:read")[0] != '\0');
	CHECK_EQ("which was fetched", front.fetched, fetched + 1);
	front.kit.session[0] = '\0';
	front.key_of_token = NULL;              /* withdrawn */
	CHECK_STR("the old one is none now", front_code(&front, "mcp:read"), "");
	CHECK_EQ("and is not looked for", front.fetched, fetched + 1);
	front_close(&front);
	mp_free_wiped(text);
	json_decref(jwk);
	mp_key_free(key);
}

/* A code that was sent for one sign-in is no answer for another. */
static void test_stolen_code(void)
{
	struct front front;
	char theirs[64], mine[128], query[256], waits[64];

	front_open(&front, "");
	front_allow(&front, "mcp:read");
	snprintf(theirs, sizeof(theirs), "%s", front.state);
	snprintf(mine, sizeof(mine), "%s", front.kit.browser);
	snprintf(query, sizeof(query), "state=%s&code=their-code", theirs);
	CHECK_EQ("a sign-in waits", kit_get(&front.kit, "/authorize/callback/corp", query), MP_HTTP_LATER);
	snprintf(waits, sizeof(waits), "%s", front.key);
	front_deliver(&front);          /* its answer is there, and its browser has not come again */
	front.kit.browser[0] = '\0';
	front_allow(&front, "mcp:read");
	front.sent = 0;
	snprintf(query, sizeof(query), "state=%s&code=their-code", front.state);
	CHECK_EQ("another comes with its code", kit_get(&front.kit, "/authorize/callback/corp", query),
	    MP_HTTP_LATER);
	CHECK_EQ("and it is sent, with another verifier", front.sent, 1);
	CHECK("as an errand of its own", strcmp(front.key, waits) != 0);
	snprintf(front.kit.browser, sizeof(front.kit.browser), "%s", mine);
	snprintf(query, sizeof(query), "state=%s&code=their-code", theirs);
	front.kit.answer.status = 0;
	front.key[0] = '\0';
	CHECK_EQ("the owner finishes", kit_get(&front.kit, "/authorize/callback/corp", query), 303);
	front_close(&front);
}

/* How we prove ourselves there: as the metadata says, or with a key. */
static void test_our_proof(void)
{
	struct front front;
	struct mp_form form = { 0 };
	struct mp_jws jws = { 0 };
	const char *assertion = NULL;
	char *pem = check_read("pem/p256.pem", NULL);
	const struct mp_idp_files files = { .key = pem };
	json_t *entry = upstream_json("{\"name\":\"corp\",\"issuer\":\"" IDP "\",\"client_id\":\""
	    IDP_CLIENT "\"}");

	front_open(&front, "");
	front.metadata = "{\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]}";
	front_code(&front, "mcp:read");
	CHECK_HAS("in the form", front.token_form, "client_secret=s3cret");
	CHECK("and there only", front.authorization[0] == '\0');
	front_close(&front);

	front_open(&front, "");
	mp_idp_free(&front.upstreams[0]);
	CHECK_EQ("a key", mp_idp_read(entry, &files, &front.upstreams[0], NULL), MCPASS_OK);
	CHECK("a code", front_code(&front, "mcp:read")[0] != '\0');
	mp_form_parse(front.token_form, strlen(front.token_form), &form, NULL);
	mp_form_get(&form, "client_assertion", &assertion, NULL);
	CHECK_EQ("an assertion", assertion != NULL ? (int)mp_jws_parse((struct mp_span){ assertion,
	    strlen(assertion) }, &jws, NULL) : -1, MCPASS_OK);
	CHECK_STR("of ours", json_string_value(json_object_get(jws.payload, "sub")), IDP_CLIENT);
	CHECK_STR("for the provider", json_string_value(json_object_get(jws.payload, "aud")), IDP);
	mp_jws_free(&jws);
	mp_form_free(&form);
	front_close(&front);
	json_decref(entry);
	free(pem);
}

/* What goes with the request to a provider that is known, and what is left out. */
static void test_parameters(void)
{
	static const struct { const char *more, *prompt, *access_type; } known[] = {
		{ ",\"scope\":\"openid offline_access\"", "consent", "" },
		{ ",\"scope\":\"openid offline_access\",\"authorize_params\":{\"prompt\":\"\"}", "", "" },
		{ ",\"provider\":\"entra\"", "", "" }, { ",\"provider\":\"keycloak\"", "", "" },
		{ ",\"provider\":\"google\",\"allow\":{\"hosted_domains\":[\"corp.example\"]}", "consent",
		    "offline" },
		{ ",\"provider\":\"google\",\"allow\":{\"hosted_domains\":[\"corp.example\"]},\"authorize_params\":{\"prompt\":\"select_account\"}",
		    "select_account", "offline" },
	};
	char value[64];

	for (size_t i = 0; i < COUNT(known); i++) {
		struct front front;

		front_open(&front, known[i].more);
		front_allow(&front, "mcp:read");
		CHECK_STR(known[i].more, front_sent(&front, "prompt", value, sizeof(value)), known[i].prompt);
		CHECK_STR(known[i].more, front_sent(&front, "access_type", value, sizeof(value)),
		    known[i].access_type);
		CHECK_STR(known[i].more, front_sent(&front, "resource", value, sizeof(value)), "");
		front_close(&front);
	}
}

/* Down at the start: the page waits. */
static void test_down(void)
{
	struct front front;
	char form[256];

	front_open(&front, "");
	front.is_down = true;
	kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&decision=allow+corp", kit_ticket(&front.kit));
	CHECK_EQ("not there", front_post(&front, "/authorize/consent", form), 503);
	CHECK("when to come again", kit_header(&front.kit, "Retry-After") != NULL);
	front.is_down = false;
	front.kit.now += MP_FETCHED_MISS + 1;
	CHECK_EQ("then it is", front_post(&front, "/authorize/consent", form), 200);
	front_close(&front);
}

/* Its metadata and keys, while newer ones cannot be had or used: the last that could, for a day. */
static const struct { const char *label; bool is_down; const char *metadata, *jwks; } worse[] = {
	{ "down", true, NULL, NULL },
	{ "another issuer's metadata", false, "{\"issuer\":\"https://evil.example\"}", NULL },
	{ "a token endpoint inside", false, "{\"token_endpoint\":\"https://169.254.169.254/\"}", NULL },
	{ "keys that are none", false, NULL, "{\"keys\":7}" },
};

static void note_unreachable(void *ctx, const json_t *event)
{
	*(int *)ctx += mp_eq(json_string_value(json_object_get(event, "event")), "unreachable");
}

static void test_last_good(void)
{
	for (size_t i = 0; i < COUNT(worse); i++) {
		struct front front;
		int told = 0;

		front_open(&front, "");
		front.kit.issuer->event = note_unreachable;
		front.kit.issuer->event_ctx = &told;
		CHECK("all is well", front_code(&front, "mcp:read")[0] != '\0');
		CHECK_EQ("nothing to tell", told, 0);
		front.kit.session[0] = '\0';
		front.kit.now += MP_FETCHED_LIFETIME + 1;
		front.is_down = worse[i].is_down;
		front.metadata = worse[i].metadata;
		front.jwks = worse[i].jwks;
		front.fetched = 0;
		CHECK(worse[i].label, front_code(&front, "mcp:read")[0] != '\0');
		CHECK("it was tried", front.fetched > 0);
		CHECK_EQ("it is told, once for each document", told, worse[i].is_down ? 2 : 1);
		front.kit.session[0] = '\0';
		front.fetched = 0;
		CHECK(worse[i].label, front_code(&front, "mcp:read")[0] != '\0');
		CHECK_EQ("and not tried again at once", front.fetched, 0);
		front.kit.session[0] = '\0';
		front.key_of_token = NULL;
		front.kit.now += MP_JWKS_MAX_AGE - MP_FETCHED_LIFETIME - 2;
		CHECK("nearly a day later", front_code(&front, "mcp:read")[0] != '\0');
		front.kit.session[0] = '\0';
		front.kit.now += MP_FETCHED_LIFETIME + MP_FETCHED_MISS + 2;
		CHECK_STR("and no longer", front_code(&front, "mcp:read"), "");
		front_close(&front);
	}
}

/* A key that is looked for is not in the last good set: that is no word about it. */
static void test_last_good_has_no_key(void)
{
	struct mp_key *key = NULL;
	struct front front;

	mp_key_generate(MP_ES256, &key, NULL);
	front_open(&front, "");
	CHECK("all is well", front_code(&front, "mcp:read")[0] != '\0');
	front.kit.session[0] = '\0';
	front.kit.now += MP_JWKS_COOLDOWN + 1;
	front.is_down = true;
	front.key_of_token = key;
	front_allow(&front, "mcp:read");
	CHECK_EQ("it is not known", front_return(&front, ""), 303);
	CHECK_STR("later, perhaps", kit_param(&front.kit, "error"), "temporarily_unavailable");
	front_close(&front);
	mp_key_free(key);
}

/* A redirect URI of ours is none of a client's, with whatever port it was registered. */
static void test_own_redirect(void)
{
	static const char client[] = "{\"redirect_uris\":[\"%s\"],\"token_endpoint_auth_method\":\"none\","
	    "\"application_type\":\"%s\"}";
	char metadata[256];
	struct front front;

	front_open(&front, "");
	snprintf(metadata, sizeof(metadata), client, AS "/authorize/callback/corp", "web");
	CHECK_EQ("our callback", kit_register(&front.kit, metadata), 400);
	front_close(&front);
	front_open_at(&front, "http://127.0.0.1:8930", "");
	snprintf(metadata, sizeof(metadata), client, "http://127.0.0.1:1/authorize/callback/corp", "native");
	CHECK_EQ("a port like any other", kit_register(&front.kit, metadata), 201);
	front.kit.redirect = "http://127.0.0.1:8930/authorize/callback/corp";
	CHECK_EQ("and not ours", kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL)),
	    400);
	front_close(&front);
	front_open(&front, "");
	strcpy(front.kit.client_id, IDP_CLIENT);
	CHECK_EQ("our client there is none here", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read", NULL)), 400);
	front_close(&front);
}

/* With a session of the browser and an allowance of before, no page: but for a link of another
 * site, for more scopes, and for another redirect URI. */
static void test_remembered(void)
{
	static const char web[] = "{\"redirect_uris\":[\"https://app.example/cb\",\"https://app.example/2\"],"
	    "\"token_endpoint_auth_method\":\"none\"}";
	struct front front;

	front_open(&front, "");
	kit_register(&front.kit, web);
	front.kit.redirect = "https://app.example/cb";
	front_code(&front, "mcp:read");
	CHECK("a session", front.kit.session[0] != '\0');
	front.kit.site = "none";
	CHECK_EQ("silent", kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL)), 303);
	front.kit.site = "cross-site";
	CHECK_EQ("a link of another site", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read", NULL)), 200);
	front.kit.site = "none";
	CHECK_EQ("more scopes", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read mcp:tools", NULL)), 200);
	front.kit.redirect = "https://app.example/2";
	CHECK_EQ("another redirect URI", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read", NULL)), 200);
	CHECK_HAS("another person may come", kit_body(&front.kit), "switch");
	front_decide(&front, "switch");
	CHECK_HAS("who is asked where to sign in", kit_body(&front.kit), "sign in with corp");
	front_decide(&front, "allow+corp");
	{
		char value[32];

		CHECK_STR("and signs in anew there", front_sent(&front, "prompt", value, sizeof(value)),
		    "login");
	}
	front_close(&front);
}

/* A pushed request is asked about, and used up at its end, like any other. */
static void test_pushed(void)
{
	char form[2048], query[512];
	struct front front;

	front_open(&front, "");
	snprintf(form, sizeof(form), "%s", kit_query(&front.kit, "mcp:read", NULL));
	CHECK_EQ("pushed", kit_post(&front.kit, "/par", form), 201);
	snprintf(query, sizeof(query), "client_id=%s&request_uri=%s", front.kit.client_id,
	    kit_member(&front.kit, "request_uri"));
	CHECK_EQ("the page", kit_get(&front.kit, "/authorize", query), 200);
	CHECK_EQ("allowed", front_decide(&front, "allow+corp"), 200);
	CHECK_EQ("back", front_return(&front, ""), 303);
	CHECK_EQ("a token", kit_exchange(&front.kit, kit_param(&front.kit, "code"), ""), 200);
	CHECK_EQ("once", kit_get(&front.kit, "/authorize", query), 400);
	front_close(&front);
}

/* A flood of pages takes no one's place who has signed in before, and one who allows is not
 * pushed out. */
static void test_flood(void)
{
	struct front front;
	int refused = 0;

	front_open(&front, "");
	front.kit.peer = "192.0.2.1";
	front_code(&front, "mcp:read");
	front.kit.session[0] = '\0';
	CHECK_EQ("allowed", front_allow(&front, "mcp:read"), 200);
	for (int i = 0; i < 2000; i++) {
		char peer[32];

		snprintf(peer, sizeof(peer), "198.51.%d.%d", i / 250, i % 250);
		front.kit.peer = peer;
		refused += kit_get(&front.kit, "/authorize", kit_query(&front.kit, "mcp:read", NULL)) == 503;
		front.kit.peer = NULL;
	}
	CHECK("it is limited", refused > 1000);
	front.kit.peer = "192.0.2.1";
	CHECK_EQ("who was away finishes", front_return(&front, ""), 303);
	front.kit.session[0] = '\0';
	CHECK_EQ("and begins anew", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read", NULL)), 200);
	front_close(&front);
}

/* The browser's session is as good as the sign-in there. */
static void test_session_renewed(void)
{
	static const char web[] = "{\"redirect_uris\":[\"https://app.example/cb\"],"
	    "\"token_endpoint_auth_method\":\"none\"}";
	static const struct { const char *label; int status; const char *answer; int want; } rows_of[] = {
		{ "it says yes", 200, NULL, 303 },
		{ "the person was put out", 400, "{\"error\":\"invalid_grant\"}", 200 },
		{ "it does not answer", 503, "", 200 },
	};

	for (size_t i = 0; i < COUNT(rows_of); i++) {
		struct front front;
		struct ask ask = { .method = "GET", .path = "/authorize" };

		front_open(&front, "");
		kit_register(&front.kit, web);
		front.kit.redirect = "https://app.example/cb";
		front_code(&front, "mcp:read");
		front.kit.site = "none";
		front.kit.now += MP_UPSTREAM_RECHECK + 1;
		front.sent = 0;
		front.status = rows_of[i].status;
		front.answer = rows_of[i].answer;
		ask.query = kit_query(&front.kit, "mcp:read", NULL);
		CHECK_EQ(rows_of[i].label, front_ask(&front, &ask), rows_of[i].want);
		CHECK_EQ("it was asked", front.sent, 1);
		if (rows_of[i].want == 200)
			CHECK_HAS("sign in anew", kit_body(&front.kit), "sign in with corp");
		front_close(&front);
	}
}

/* Where the hosts of the field are answered. */
static void test_callbacks(void)
{
	static const struct { const char *registered, *asked; } hosts[] = {
		{ "https://claude.ai/api/mcp/auth_callback", NULL },
		{ "https://claude.com/api/mcp/auth_callback", NULL },
		{ "https://chatgpt.com/connector_platform_oauth_redirect", NULL },
		{ "https://chatgpt.com/connector/oauth/AbC123", NULL },
		{ "https://cursor.com/agents/mcp/oauth/callback", NULL },
		{ "cursor://anysphere.cursor-mcp/oauth/callback", NULL },
		{ "https://vscode.dev/redirect", NULL },
		{ "http://127.0.0.1:33418/", "http://127.0.0.1:49152/" },
		{ "http://localhost:33418/callback", "http://localhost:1024/callback" },
	};

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct front front;
		char metadata[256];

		front_open(&front, "");
		snprintf(metadata, sizeof(metadata), "{\"redirect_uris\":[\"%s\"],"
		    "\"token_endpoint_auth_method\":\"none\"}", hosts[i].registered);
		CHECK_EQ(hosts[i].registered, kit_register(&front.kit, metadata), 201);
		front.kit.redirect = hosts[i].asked != NULL ? hosts[i].asked : hosts[i].registered;
		CHECK(hosts[i].registered, front_code(&front, "mcp:read")[0] != '\0');
		CHECK(hosts[i].registered, kit_header(&front.kit, "Location") != NULL
		    && strncmp(kit_header(&front.kit, "Location"), front.kit.redirect,
		    strlen(front.kit.redirect)) == 0);
		front_close(&front);
	}
}

/* A proxy on the way rewrote what the provider answered, metadata and keys, too; a part of it is
 * none.  spec: RFC 9110 15.3.4, 15.3.7 */
static void test_rewritten(void)
{
	static const struct { int with; bool well; } answers[] = { { 203, true }, { 201, true },
		{ 206, false } };

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct front front;

		front_open(&front, ",\"userinfo\":true");
		front.userinfo = "{\"sub\":\"ann\"}";
		front.with = answers[i].with;
		CHECK_EQ("an answer", front_code(&front, "mcp:read")[0] != '\0', answers[i].well);
		front_close(&front);
	}
}

static void test_offline_access(void)
{
	struct front front;

	front_open(&front, "");
	CHECK_EQ("not refused", kit_get(&front.kit, "/authorize",
	    kit_query(&front.kit, "mcp:read offline_access", NULL)), 200);
	CHECK("and not shown", strstr(kit_body(&front.kit), "offline_access") == NULL);
	front_close(&front);
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	test_sign_in();
	test_deny();
	test_answers();
	test_errors();
	test_errors_in_the_log();
	test_browser();
	test_allow();
	test_changed();
	test_people();
	test_new_key();
	test_stolen_code();
	test_our_proof();
	test_parameters();
	test_down();
	test_last_good();
	test_last_good_has_no_key();
	test_own_redirect();
	test_remembered();
	test_pushed();
	test_flood();
	test_session_renewed();
	test_callbacks();
	test_rewritten();
	test_offline_access();
	mp_key_free(upstream_key());
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
