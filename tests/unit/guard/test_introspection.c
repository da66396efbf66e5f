/* Tokens that only their issuer can read: whom to ask, what to believe, for how long. */
#include "dpop.h"
#include "wire/http/http.h"

#define ENDPOINT ISSUER "/introspect"
#define OTHER_ENDPOINT OTHER "/introspect"
#define AS_META "https://as.example/.well-known/oauth-authorization-server/realms/r"
#define OPAQUE "Bearer opaque-token-1"
#define GOOD "{\"active\":true,\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1800000300," \
	"\"sub\":\"alice-id\",\"client_id\":\"cli\",\"username\":\"alice\",\"scope\":\"mcp:read\"}"

/* --- the network: what is answered, and what was asked --- */
static struct { int status; const char *body, *why; } answer;
static const char *meta;                /* the metadata, or NULL: none */
static char asked[2048];                /* every URL, in order */
static char sent[4096];                 /* the last question: headers and body */

static void note_question(const struct mcpass_fetch *fetch)
{
	const char *authorization = mp_header_get(fetch->headers, fetch->header_count,
	    "Authorization");

	snprintf(sent, sizeof(sent), "%s %s\nAuthorization: %s\nContent-Type: %s\nAccept: %s\n\n%.*s",
	    fetch->method, fetch->url, authorization != NULL ? authorization : "-",
	    mp_header_get(fetch->headers, fetch->header_count, "Content-Type"),
	    mp_header_get(fetch->headers, fetch->header_count, "Accept"), (int)fetch->body_len,
	    fetch->body);
}

static enum mcpass_rc answer_fetch(struct mcpass_guard *guard, const struct mcpass_fetch *fetch,
    int64_t now, struct mcpass_error *err)
{
	strcat(strcat(asked, fetch->url), " ");
	if (strcmp(fetch->method, "GET") == 0 && strcmp(fetch->url, JWKS) == 0)
		return mcpass_guard_fetched(guard, fetch->key, 200, set, strlen(set), now, err);
	if (strcmp(fetch->method, "GET") == 0)
		return mcpass_guard_fetched(guard, fetch->key, meta != NULL ? 200 : 404,
		    meta != NULL ? meta : "", meta != NULL ? strlen(meta) : 0, now, err);
	note_question(fetch);
	if (answer.status == 0)
		return mcpass_guard_fetched(guard, fetch->key, 0, answer.why,
		    answer.why != NULL ? strlen(answer.why) : 0, now, err);
	return mcpass_guard_fetched(guard, fetch->key, answer.status, answer.body,
	    strlen(answer.body), now, err);
}

/* Asks until the guard knows. */
static enum mcpass_rc run(struct mcpass_guard *guard, const char *authorization,
    const char *method, int64_t now, struct mcpass_verdict *ret_verdict)
{
	enum mcpass_rc rc = MCPASS_OK;

	asked[0] = sent[0] = '\0';
	for (int i = 0; i < 9; i++) {
		struct mcpass_error err = { 0 };

		rc = ask(guard, authorization, method, NULL, now, ret_verdict);
		if (rc || ret_verdict->type != MCPASS_FETCH)
			return rc;
		rc = answer_fetch(guard, ret_verdict->fetch, now, &err);
		if (rc == MCPASS_E_NOMEM)
			return rc;
		CHECK("no secret in an error", strstr(err.detail, "s3cret") == NULL
		    && strstr(err.detail, "opaque-token") == NULL);
	}
	return MCPASS_OK;
}

static struct mcpass_introspection by_us(void)
{
	return (struct mcpass_introspection){ .client_id = "mcp server", .client_secret = "s3cret/+%",
		.endpoint = ENDPOINT };
}

static struct mcpass_guard *guard_with_dpop(const struct mcpass_introspection *introspection,
    enum mcpass_dpop_mode dpop)
{
	const struct mcpass_guard_issuer one = { ISSUER, JWKS, introspection };
	struct mcpass_guard_config cfg = default_config();

	cfg.issuers = &one;
	cfg.dpop = dpop;
	return new_guard(&cfg);
}

static struct mcpass_guard *guard_asking(const struct mcpass_introspection *introspection)
{
	return guard_with_dpop(introspection, MCPASS_DPOP_OFF);
}

static void answers(int status, const char *body)
{
	answer.status = status;
	answer.body = body;
	answer.why = NULL;
}

/* --- what is asked --- */

static void test_question(void)
{
	struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard = guard_asking(&introspection);
	struct mcpass_verdict verdict = { 0 };

	answers(200, GOOD);
	run(guard, OPAQUE, "ping", NOW, &verdict);
	CHECK_EQ("let in", verdict.type, MCPASS_ALLOW);
	CHECK_STR("by Basic, both halves form-encoded", sent, "POST " ENDPOINT "\n"
	    "Authorization: Basic bWNwK3NlcnZlcjpzM2NyZXQlMkYlMkIlMjU=\n"
	    "Content-Type: application/x-www-form-urlencoded\nAccept: application/json\n\n"
	    "token=opaque-token-1&token_type_hint=access_token");
	CHECK_STR("who", verdict.subject, "alice-id");
	CHECK_STR("called", verdict.username, "alice");
	CHECK_STR("by", verdict.client_id, "cli");
	CHECK_STR("of", verdict.issuer, ISSUER);
	CHECK_STR("may", verdict.scope, "mcp:read");
	CHECK_EQ("until", verdict.expires_at, NOW + 300);
	mcpass_guard_free(guard);

	introspection.auth_method = "client_secret_post";
	guard = guard_asking(&introspection);
	run(guard, OPAQUE, "ping", NOW, &verdict);
	CHECK_STR("in the form", sent, "POST " ENDPOINT "\nAuthorization: -\n"
	    "Content-Type: application/x-www-form-urlencoded\nAccept: application/json\n\n"
	    "token=opaque-token-1&token_type_hint=access_token&client_id=mcp+server"
	    "&client_secret=s3cret%2F%2B%25");
	mcpass_guard_free(guard);
}

/* A question has a name that holds no secret, and is forgotten with the next check. */
static void test_fetch(void)
{
	const struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard = guard_asking(&introspection);
	struct mcpass_verdict verdict = { 0 };
	struct mcpass_error err = { 0 };
	char key[256];

	ask(guard, OPAQUE, "ping", NULL, NOW, &verdict);
	CHECK_EQ("a question", verdict.type, MCPASS_FETCH);
	CHECK("no secret in its name", strstr(verdict.fetch->key, "opaque") == NULL
	    && strncmp(verdict.fetch->key, ENDPOINT " 0 ", strlen(ENDPOINT " 0 ")) == 0);
	CHECK_EQ("a cap", verdict.fetch->max_response, MP_MAX_INTROSPECTION);
	snprintf(key, sizeof(key), "%s", verdict.fetch->key);
	ask(guard, OPAQUE, "ping", NULL, NOW, &verdict);
	CHECK_STR("the same again", verdict.fetch->key, key);
	ask(guard, "Bearer opaque-token-2", "ping", NULL, NOW, &verdict);
	CHECK("another one", strcmp(verdict.fetch->key, key) != 0);
	CHECK_EQ("half a name", mcpass_guard_fetched(guard, ENDPOINT " 0 AAAA", 200, GOOD, strlen(GOOD),
	    NOW, &err), MCPASS_E_USAGE);
	CHECK_EQ("no such issuer", mcpass_guard_fetched(guard, ENDPOINT " 1 "
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 200, GOOD, strlen(GOOD), NOW, &err),
	    MCPASS_E_USAGE);
	CHECK_EQ("no such URL", mcpass_guard_fetched(guard, OTHER_ENDPOINT " 0 "
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 200, GOOD, strlen(GOOD), NOW, &err),
	    MCPASS_E_USAGE);
	mcpass_guard_free(guard);
}

/* --- what is believed --- */

static const struct {
	const char *label, *body;
	int status;                     /* 0: let in */
	const char *why;                /* part of the reason */
} word_rows[] = {
	{ "good", GOOD, 0, NULL },
	{ "inactive", "{\"active\":false}", 401, "not active" },
	{ "inactive, and all else is good", "{\"active\":false,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\"}", 401, "not active" },
	{ "no iss", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\"}", 0,
	    NULL },
	{ "another's iss", "{\"active\":true,\"iss\":\"" OTHER "\",\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\"}", 401, "from another one" },
	{ "iss and a slash", "{\"active\":true,\"iss\":\"" ISSUER "/\",\"aud\":\"" RESOURCE "\","
	    "\"sub\":\"a\",\"scope\":\"mcp:read\"}", 401, "from another one" },
	{ "no aud", "{\"active\":true,\"sub\":\"a\",\"scope\":\"mcp:read\"}", 401, "aud is missing" },
	{ "another aud", "{\"active\":true,\"aud\":\"x\",\"sub\":\"a\",\"scope\":\"mcp:read\"}", 401,
	    "aud does not name" },
	{ "aud is null", "{\"active\":true,\"aud\":null,\"sub\":\"a\",\"scope\":\"mcp:read\"}", 401,
	    "aud is missing" },
	{ "aud among others", "{\"active\":true,\"aud\":[\"x\",\"" RESOURCE "\"],\"sub\":\"a\","
	    "\"scope\":\"mcp:read\"}", 0, NULL },
	{ "an aud that is no text", "{\"active\":true,\"aud\":[1],\"sub\":\"a\"}", 503, "aud has an item" },
	{ "expired", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\","
	    "\"exp\":1799999940}", 401, "expired" },
	{ "expired within the skew", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"exp\":1799999941}", 0, NULL },
	{ "not yet", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\","
	    "\"nbf\":1800000061}", 401, "nbf lies" },
	{ "issued in the future", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"iat\":1800000061}", 401, "iat lies" },
	{ "a date that is no number", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"exp\":\"soon\"}", 503, "exp is not a number" },
	{ "no scope", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\"}", 403, "lacks a scope" },
	{ "a scope that is none", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"a\\\"b\"}", 503, "scope" },
	{ "nobody", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"scope\":\"mcp:read\"}", 401,
	    "neither sub" },
	{ "a client alone", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"client_id\":\"c\","
	    "\"scope\":\"mcp:read\"}", 0, NULL },
	{ "token_type Bearer", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"token_type\":\"bearer\"}", 0, NULL },
	{ "token_type DPoP, sent as a bearer's", "{\"active\":true,\"aud\":\"" RESOURCE "\","
	    "\"sub\":\"a\",\"scope\":\"mcp:read\",\"token_type\":\"DPoP\"}", 401, "bound to a key" },
	{ "another token_type", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"token_type\":\"refresh_token\"}", 401, "token_type is refresh_token" },
	{ "Keycloak's refresh token is active, too", "{\"active\":true,\"aud\":\"" RESOURCE "\","
	    "\"sub\":\"a\",\"scope\":\"mcp:read\",\"typ\":\"Refresh\"}", 401, "typ is Refresh" },
	{ "Hydra's refresh token is active, too", "{\"active\":true,\"aud\":\"" RESOURCE "\","
	    "\"sub\":\"a\",\"scope\":\"mcp:read\",\"token_type\":\"Bearer\","
	    "\"token_use\":\"refresh_token\"}", 401, "token_use is refresh_token" },
	{ "Salesforce's access token", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"token_type\":\"access_token\"}", 0, NULL },
	{ "token_type is empty", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"token_type\":\"\"}", 0, NULL },
	{ "a token_type that is no text", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"token_type\":1}", 401, "token_type is no string" },
	{ "a logout token", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"events\":{}}", 401, "events" },
	{ "null is said by leaving it out", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"exp\":null,\"cnf\":null,\"nbf\":null,\"nonce\":null}", 0,
	    NULL },
	{ "bound to a key, sent without it", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"cnf\":{\"jkt\":\"x\"}}", 401, "bound to a key" },
	{ "bound to a certificate", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
	    "\"scope\":\"mcp:read\",\"cnf\":{\"x5t#S256\":\"x\"}}", 401, "bound to a key" },
	{ "a line end in sub", "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\\nb\","
	    "\"scope\":\"mcp:read\"}", 503, "control" },
};

static void check_row(const char *label, const struct mcpass_verdict *verdict, int status,
    const char *why)
{
	CHECK_EQ(label, verdict->type, status == 0 ? MCPASS_ALLOW : MCPASS_DENY);
	CHECK_EQ(label, verdict->status, status);
	CHECK_EQ(label, verdict->www_authenticate == NULL, status == 0 || status == 503);
	if (why != NULL)
		CHECK_HAS(label, verdict->reason, why);
}

static void test_words(void)
{
	const struct mcpass_introspection introspection = by_us();

	for (size_t i = 0; i < COUNT(word_rows); i++) {
		struct mcpass_guard *guard = guard_asking(&introspection);
		struct mcpass_verdict verdict = { 0 };

		answers(200, word_rows[i].body);
		run(guard, OPAQUE, "ping", NOW, &verdict);
		check_row(word_rows[i].label, &verdict, word_rows[i].status, word_rows[i].why);
		CHECK_STR("one question", asked, ENDPOINT " ");
		run(guard, OPAQUE, "ping", NOW, &verdict);
		check_row("the same again", &verdict, word_rows[i].status, word_rows[i].why);
		CHECK_STR("and none more", asked, "");
		mcpass_guard_free(guard);
	}
}

static void test_audience_optional(void)
{
	struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard;
	struct mcpass_verdict verdict = { 0 };

	introspection.audience_optional = 1;
	guard = guard_asking(&introspection);
	answers(200, "{\"active\":true,\"sub\":\"a\",\"scope\":\"mcp:read\"}");
	run(guard, OPAQUE, "ping", NOW, &verdict);
	check_row("no aud, where that is allowed", &verdict, 0, NULL);
	CHECK_EQ("an end that nobody named", verdict.expires_at, 0);
	answers(200, "{\"active\":true,\"aud\":\"x\",\"sub\":\"a\",\"scope\":\"mcp:read\"}");
	run(guard, "Bearer another", "ping", NOW, &verdict);
	check_row("another aud is none even there", &verdict, 401, "aud does not name");
	mcpass_guard_free(guard);
}

/* --- for how long --- */

static const struct {
	const char *label;
	int64_t at;                     /* seconds after the start */
	int status;                     /* what the endpoint answers; 0: nothing */
	const char *body;
	int want;                       /* 0: let in */
	bool asks;                      /* wanted */
} life_rows[] = {
	{ "asked", 0, 200, GOOD, 0, true },
	{ "remembered", 29, 500, "", 0, false },
	{ "asked again in time", 30, 200, GOOD, 0, true },
	{ "revoked, and nobody knows yet", 59, 200, "{\"active\":false}", 0, false },
	{ "now it is known", 60, 200, "{\"active\":false}", 401, true },
	{ "for a while", 64, 200, GOOD, 401, false },
	{ "not for ever", 65, 200, GOOD, 0, true },
	{ "the endpoint goes down, its word stands", 94, 0, "", 0, false },
	{ "but not longer", 95, 0, "", 503, true },
	{ "it is given time", 99, 200, GOOD, 503, false },
	{ "and then asked", 100, 200, GOOD, 0, true },
	{ "a broken answer", 130, 200, "<html>", 503, true },
	{ "is not asked for at once", 134, 200, GOOD, 503, false },
	{ "but then", 135, 200, GOOD, 0, true },
	{ "the clock is set back: asked", 100, 200, GOOD, 0, true },
	{ "and withdrawn", 130, 200, "{\"active\":false}", 401, true },
	{ "the clock is set back: it does not come back", 110, 200, "{\"active\":false}", 401, true },
};

static void test_life(void)
{
	struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard;

	introspection.lifetime = 30;
	guard = guard_asking(&introspection);
	for (size_t i = 0; i < COUNT(life_rows); i++) {
		const char *label = life_rows[i].label;
		struct mcpass_verdict verdict = { 0 };

		answers(life_rows[i].status, life_rows[i].body);
		run(guard, OPAQUE, "ping", NOW + life_rows[i].at, &verdict);
		check_row(label, &verdict, life_rows[i].want, NULL);
		CHECK_STR(label, asked, life_rows[i].asks ? ENDPOINT " " : "");
	}
	mcpass_guard_free(guard);
}

/* exp and scopes are looked at each time, whatever is remembered. */
static void test_remembered(void)
{
	struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard;
	struct mcpass_verdict verdict = { 0 };

	introspection.lifetime = 3600;
	guard = guard_asking(&introspection);
	answers(200, GOOD);
	run(guard, OPAQUE, "ping", NOW, &verdict);
	check_row("at first", &verdict, 0, NULL);
	run(guard, OPAQUE, "tools/call", NOW, &verdict);
	check_row("for something else", &verdict, 403, "lacks a scope");
	run(guard, OPAQUE, "ping", NOW + 359, &verdict);
	check_row("to its last second", &verdict, 0, NULL);
	run(guard, OPAQUE, "ping", NOW + 360, &verdict);
	check_row("expired, though the word is young", &verdict, 401, "expired");
	CHECK_STR("and nobody is asked", asked, "");
	mcpass_guard_free(guard);
}

/* --- what goes wrong there --- */

static const struct {
	const char *label;
	int status;
	const char *body, *why;
	const char *reason, *advice;    /* parts of what the log says */
	bool concerns_all;              /* and another token is not asked about for a while */
} failure_rows[] = {
	{ "no answer", 0, "", NULL, ENDPOINT ": no answer", "reached from here", true },
	{ "refused", 0, "", "cannot connect: refused", ENDPOINT ": cannot connect: refused",
	    "reached from here", true },
	{ "huge", 0, "", "the answer is longer than 65536 bytes", "longer than 65536", "", true },
	{ "our secret is wrong", 401, "{\"error\":\"invalid_client\"}", NULL, "401 invalid_client",
	    "client id and secret", true },
	{ "we may not ask", 403, "", NULL, "answered 403", "let that client introspect", true },
	{ "our secret, with a 400", 400, "{\"error\":\"invalid_client\"}", NULL, "invalid_client",
	    "client id and secret", true },
	{ "too many questions", 429, "", NULL, "429", "busy or broken", true },
	{ "a gateway", 502, "<html>", NULL, "502", "busy or broken", true },
	{ "maintenance", 503, "", NULL, "503", "busy or broken", true },
	{ "late", 504, "", NULL, "504", "busy or broken", true },
	/* One token's doing, perhaps: it must not shut out all others. */
	{ "broken", 500, "", NULL, "500", "busy or broken", false },
	{ "another 400", 400, "{\"error\":\"invalid_request\"}", NULL, "invalid_request",
	    "introspection endpoint", false },
	{ "not there", 404, "<html>", NULL, "404", "introspection endpoint", false },
	{ "it repeats what it was sent", 400, "{\"error\":\"invalid_request\",\"error_description\":"
	    "\"opaque-token-1 by s3cret/+%, once more s3cret%2F%2B%25\"}", NULL,
	    "************** by *********, once more ", "", false },
	{ "a web page", 200, "<html>", NULL, "", "check the URL", false },
	{ "no answer about it", 200, "{}", NULL, "active is missing", "introspection endpoint", false },
};

static void test_failures(void)
{
	const struct mcpass_introspection introspection = by_us();

	for (size_t i = 0; i < COUNT(failure_rows); i++) {
		const char *label = failure_rows[i].label;
		struct mcpass_guard *guard = guard_asking(&introspection);
		struct mcpass_verdict verdict = { 0 };

		answers(failure_rows[i].status, failure_rows[i].body);
		answer.why = failure_rows[i].why;
		run(guard, OPAQUE, "ping", NOW, &verdict);
		check_row(label, &verdict, 503, failure_rows[i].reason);
		CHECK_HAS(label, verdict.reason, failure_rows[i].advice);
		answers(200, GOOD);
		run(guard, "Bearer opaque-token-2", "ping", NOW + 1, &verdict);
		CHECK_EQ(label, verdict.status, failure_rows[i].concerns_all ? 503 : 0);
		run(guard, OPAQUE, "ping", NOW + MP_INTROSPECTION_COOLDOWN, &verdict);
		check_row("it recovers", &verdict, 0, NULL);
		mcpass_guard_free(guard);
	}
}

/* --- whom to ask --- */

static const struct {
	const char *label, *prefix, *other_prefix;      /* "-": that issuer is never asked */
	const char *token;
	const char *asked;              /* the endpoint */
} choice_rows[] = {
	{ "the only one", NULL, "-", "Bearer abc", ENDPOINT " " },
	{ "the other one", "-", NULL, "Bearer abc", OTHER_ENDPOINT " " },
	{ "by prefix", "aa_", "bb_", "Bearer bb_1", OTHER_ENDPOINT " " },
	{ "by the first one's", "aa_", "bb_", "Bearer aa_1", ENDPOINT " " },
	{ "neither's", "aa_", "bb_", "Bearer cc_1", "" },
	{ "the rest", NULL, "bb_", "Bearer cc_1", ENDPOINT " " },
	{ "not the rest", NULL, "bb_", "Bearer bb_1", OTHER_ENDPOINT " " },
	{ "the longer prefix", "b", "bb_", "Bearer bb_1", OTHER_ENDPOINT " " },
	{ "in either order", "bb_", "b", "Bearer bb_1", ENDPOINT " " },
	{ "shorter than a prefix", "aa_", "bb_", "Bearer bb", "" },
	{ "dots do not make a JWT", NULL, "-", "Bearer v2.local.payload", ENDPOINT " " },
	{ "nor does base64url", NULL, "-", "Bearer YWJj.YWJj.YWJj", ENDPOINT " " },
	{ "alg none is not asked about", NULL, "-", "Bearer eyJhbGciOiJub25lIn0.e30.", "" },
	{ "nor in another case", NULL, "-", "Bearer eyJhbGciOiJOT05FIn0.e30.AAAA", "" },
	{ "a signature that only its issuer verifies", NULL, "-", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
	    ENDPOINT " " },
	/* {"alg":"HS256"} and {"iss":"https://other.example"} */
	{ "of the issuer that it names", "aa_", "bb_",
	    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUifQ.AAAA",
	    OTHER_ENDPOINT " " },
	{ "and of no other", NULL, "-",
	    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUifQ.AAAA", "" },
	/* {"alg":"HS256","crit":["b64"]} */
	{ "nor crit", NULL, "-", "Bearer eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il19.e30.AAAA", "" },
	/* {"alg":"RSA-OAEP","enc":"A256GCM"} */
	{ "what is encrypted", NULL, "-", "Bearer eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d",
	    ENDPOINT " " },
	{ "what is encrypted, in three parts", NULL, "-",
	    "Bearer eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c", "" },
	{ "five parts that are not encrypted", NULL, "-", "Bearer eyJhbGciOiJFUzI1NiJ9.a.b.c.d", "" },
	{ "nor a JWT that is cut", NULL, "-", "Bearer eyJhbGciOiJFUzI1NiJ9.e30", "" },
};

/* Two issuers, each asked in its own way. */
static struct mcpass_guard *guard_of_two(const char *prefix, const char *other_prefix)
{
	struct mcpass_introspection here = by_us(), there = by_us();
	const struct mcpass_guard_issuer two[] = {
		{ ISSUER, JWKS, mp_eq(prefix, "-") ? NULL : &here },
		{ OTHER, OTHER "/jwks", mp_eq(other_prefix, "-") ? NULL : &there },
	};
	struct mcpass_guard_config cfg = default_config();

	here.token_prefix = prefix;
	there.token_prefix = other_prefix;
	there.endpoint = OTHER_ENDPOINT;
	there.client_id = "other";
	cfg.issuers = two;
	cfg.issuer_count = 2;
	return new_guard(&cfg);
}

static void test_choice(void)
{
	for (size_t i = 0; i < COUNT(choice_rows); i++) {
		const char *label = choice_rows[i].label;
		struct mcpass_guard *guard = guard_of_two(choice_rows[i].prefix,
		    choice_rows[i].other_prefix);
		struct mcpass_verdict verdict = { 0 };

		answers(200, "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\"}");
		run(guard, choice_rows[i].token, "ping", NOW, &verdict);
		CHECK_STR(label, asked, choice_rows[i].asked);
		CHECK_EQ(label, verdict.status, choice_rows[i].asked[0] != '\0' ? 0 : 401);
		if (verdict.type == MCPASS_ALLOW)
			CHECK_STR(label, verdict.issuer,
			    strncmp(asked, ENDPOINT, strlen(ENDPOINT)) == 0 ? ISSUER : OTHER);
		mcpass_guard_free(guard);
	}
}

/* One issuer that is down is no harm to the other's tokens. */
static void test_apart(void)
{
	struct mcpass_guard *guard = guard_of_two("aa_", "bb_");
	struct mcpass_verdict verdict = { 0 };

	answers(0, "");
	run(guard, "Bearer aa_1", "ping", NOW, &verdict);
	check_row("down", &verdict, 503, ENDPOINT);
	answers(200, "{\"active\":true,\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\"}");
	run(guard, "Bearer bb_1", "ping", NOW, &verdict);
	check_row("the other one", &verdict, 0, NULL);
	mcpass_guard_free(guard);
}

/* --- where it is asked --- */

#define META(more) "{\"issuer\":\"" ISSUER "\"" more "}"
static const struct {
	const char *label, *meta;
	int status;
	const char *asked, *sent;       /* all of the first, a part of the second */
} discovery_rows[] = {
	{ "by its metadata", META(",\"introspection_endpoint\":\"" ENDPOINT "\""), 0,
	    AS_META " " ENDPOINT " ", "Authorization: Basic " },
	{ "which names a method", META(",\"introspection_endpoint\":\"" ENDPOINT "\","
	    "\"introspection_endpoint_auth_methods_supported\":[\"client_secret_post\"]"), 0,
	    AS_META " " ENDPOINT " ", "client_secret=s3cret" },
	{ "or both: the first", META(",\"introspection_endpoint\":\"" ENDPOINT "\","
	    "\"introspection_endpoint_auth_methods_supported\":[\"client_secret_post\","
	    "\"client_secret_basic\"]"), 0, AS_META " " ENDPOINT " ", "client_secret=s3cret" },
	{ "or both, the other way", META(",\"introspection_endpoint\":\"" ENDPOINT "\","
	    "\"introspection_endpoint_auth_methods_supported\":[\"client_secret_basic\","
	    "\"client_secret_post\"]"), 0, AS_META " " ENDPOINT " ", "Authorization: Basic " },
	{ "or neither", META(",\"introspection_endpoint\":\"" ENDPOINT "\","
	    "\"introspection_endpoint_auth_methods_supported\":[\"private_key_jwt\",\"none\"]"), 0,
	    AS_META " " ENDPOINT " ", "Authorization: Basic " },
	{ "that has none", META(""), 503, NULL, "" },
	{ "inside", META(",\"introspection_endpoint\":\"https://169.254.169.254/i\""), 503, NULL, "" },
	{ "by plain http", META(",\"introspection_endpoint\":\"http://as.example/i\""), 503, NULL, "" },
	{ "that is not there", NULL, 503, NULL, "" },
};

static void test_discovery(void)
{
	struct mcpass_introspection introspection = by_us();

	introspection.endpoint = NULL;
	for (size_t i = 0; i < COUNT(discovery_rows); i++) {
		const char *label = discovery_rows[i].label;
		struct mcpass_guard *guard = guard_asking(&introspection);
		struct mcpass_verdict verdict = { 0 };

		meta = discovery_rows[i].meta;
		answers(200, GOOD);
		run(guard, OPAQUE, "ping", NOW, &verdict);
		check_row(label, &verdict, discovery_rows[i].status, NULL);
		if (discovery_rows[i].asked != NULL)
			CHECK_STR(label, asked, discovery_rows[i].asked);
		CHECK_HAS(label, sent, discovery_rows[i].sent);
		mcpass_guard_free(guard);
	}
	meta = NULL;
}

/* --- JWTs too --- */

#define SAYS(more) "{\"active\":true" more "}"
static const struct {
	const char *label, *token, *word;       /* changes to the JWT; the issuer's word */
	int status;
	const char *why, *scope;
} jwt_rows[] = {
	{ "active", NULL, SAYS(""), 0, NULL, "mcp:read" },
	{ "revoked", NULL, "{\"active\":false}", 401, "not active", NULL },
	{ "nobody can say", NULL, "<html>", 503, "introspection at", NULL },
	{ "some scopes taken back", "{\"scope\":\"mcp:read mcp:tools\"}", SAYS(",\"scope\":\"mcp:read\""),
	    0, NULL, "mcp:read" },
	{ "the one that it takes", NULL, SAYS(",\"scope\":\"mcp:tools\""), 403, "lacks a scope", NULL },
	{ "none is added", "{\"scope\":\"x\"}", SAYS(",\"scope\":\"x mcp:read\""), 403, "lacks a scope",
	    NULL },
	{ "another aud", NULL, SAYS(",\"aud\":\"x\""), 401, "aud does not", NULL },
	{ "another iss", NULL, SAYS(",\"iss\":\"" OTHER "\""), 401, "another one", NULL },
	{ "ended early", NULL, SAYS(",\"exp\":1"), 401, "expired", NULL },
	{ "suddenly bound", NULL, SAYS(",\"cnf\":{\"jkt\":\"x\"}"), 401, "bound to a key", NULL },
};

static void test_jwts(void)
{
	struct mcpass_introspection introspection = by_us();

	introspection.what = MCPASS_INTROSPECT_ALL;
	for (size_t i = 0; i < COUNT(jwt_rows); i++) {
		const char *label = jwt_rows[i].label;
		struct mcpass_guard *guard = guard_asking(&introspection);
		char *value = bearer(issuer, MP_ES256, NULL, jwt_rows[i].token);
		struct mcpass_verdict verdict = { 0 };

		answers(200, jwt_rows[i].word);
		run(guard, value, "ping", NOW, &verdict);
		check_row(label, &verdict, jwt_rows[i].status, jwt_rows[i].why);
		CHECK_STR("verified first", asked, JWKS " " ENDPOINT " ");
		if (jwt_rows[i].scope != NULL)
			CHECK_STR(label, verdict.scope, jwt_rows[i].scope);
		run(guard, value, "ping", NOW + 1, &verdict);
		CHECK_STR("neither again", asked, "");
		check_row(label, &verdict, jwt_rows[i].status, jwt_rows[i].why);
		mp_free_wiped(value);
		mcpass_guard_free(guard);
	}
}

/* A JWT that is no good is no matter for a question, and neither is a good one where only
 * opaque ones are asked about. */
static void test_not_asked(void)
{
	struct mcpass_introspection introspection = by_us();
	struct mcpass_guard *guard = guard_asking(&introspection);
	char *good = bearer(issuer, MP_ES256, NULL, NULL);
	char *forged = bearer(other, MP_ES256, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	answers(200, SAYS(",\"aud\":\"" RESOURCE "\",\"sub\":\"a\",\"scope\":\"mcp:read\""));
	run(guard, good, "ping", NOW, &verdict);
	check_row("a JWT", &verdict, 0, NULL);
	CHECK_STR("a JWT", asked, JWKS " ");
	mcpass_guard_free(guard);
	introspection.what = MCPASS_INTROSPECT_ALL;
	guard = guard_asking(&introspection);
	run(guard, forged, "ping", NOW, &verdict);
	check_row("a forged one", &verdict, 401, NULL);
	CHECK_STR("a forged one", asked, JWKS " ");
	mcpass_guard_free(guard);
	mp_free_wiped(good);
	mp_free_wiped(forged);
}

/* --- proof of possession --- */

static const struct {
	const char *label, *cnf;        /* NULL: the client's key */
	const char *error, *why;
} dpop_rows[] = {
	{ "its own key", NULL, NULL, NULL },
	{ "another key", "{\"jkt\":\"x\"}", "invalid_token", "another key" },
	{ "no key", "null", "invalid_token", "not bound" },
	{ "a key that is no text", "{\"jkt\":1}", "invalid_token", "not bound" },
};

static void test_dpop(void)
{
	const struct mcpass_introspection introspection = by_us();
	static char opaque[] = "opaque";
	struct token token = { .text = opaque };
	char *thumbprint = NULL;

	must(mp_sha256_b64url(token.text, &token.ath, NULL) == MCPASS_OK
	    && mp_jwk_thumbprint(client, &thumbprint, NULL) == MCPASS_OK, "hashes");
	for (size_t i = 0; i < COUNT(dpop_rows); i++) {
		struct mcpass_guard *guard = guard_with_dpop(&introspection, MCPASS_DPOP_ACCEPTED);
		char *proof = new_proof(&token, NULL, NULL), own[100], body[400];
		struct mcpass_verdict verdict = { 0 };

		snprintf(own, sizeof(own), "{\"jkt\":\"%s\"}", thumbprint);
		snprintf(body, sizeof(body), SAYS(",\"aud\":\"" RESOURCE "\",\"sub\":\"a\","
		    "\"scope\":\"mcp:read\",\"token_type\":\"DPoP\",\"cnf\":%s"),
		    dpop_rows[i].cnf != NULL ? dpop_rows[i].cnf : own);
		answers(200, body);
		present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
		CHECK_EQ(dpop_rows[i].label, verdict.type, MCPASS_FETCH);
		answer_fetch(guard, verdict.fetch, NOW, NULL);
		present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
		check_verdict(dpop_rows[i].label, &verdict, dpop_rows[i].error);
		if (dpop_rows[i].why != NULL)
			CHECK_HAS(dpop_rows[i].label, verdict.reason, dpop_rows[i].why);
		present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
		if (dpop_rows[i].error == NULL)
			check_verdict("a proof is good once, whatever is remembered", &verdict,
			    "invalid_dpop_proof");
		present(guard, "Bearer", &token, NULL, "ping", NOW, &verdict);
		check_verdict("what is remembered is no bearer token", &verdict, "invalid_token");
		free(proof);
		mcpass_guard_free(guard);
	}
	free(thumbprint);
	free(token.ath);
}

/* --- configuration --- */

static const struct {
	const char *label;
	struct mcpass_introspection introspection;
	enum mcpass_rc want;
	const char *detail;
} config_rows[] = {
	{ "found by discovery", { .client_id = "a", .client_secret = "b" }, MCPASS_OK, "" },
	{ "no client", { .client_secret = "s3cret" }, MCPASS_E_USAGE, "client id" },
	{ "an empty client", { .client_id = "", .client_secret = "s3cret" }, MCPASS_E_USAGE,
	    "client id" },
	{ "no secret", { .client_id = "a" }, MCPASS_E_USAGE, "client id and secret" },
	{ "an empty secret", { .client_id = "a", .client_secret = "" }, MCPASS_E_USAGE, "secret" },
	{ "a method", { .client_id = "a", .client_secret = "s3cret",
	    .auth_method = "client_secret_basic" }, MCPASS_OK, "" },
	{ "one that we do not speak", { .client_id = "a", .client_secret = "s3cret",
	    .auth_method = "private_key_jwt" }, MCPASS_E_USAGE, "private_key_jwt is no way" },
	{ "one that nobody does", { .client_id = "a", .client_secret = "s3cret",
	    .auth_method = "basic" }, MCPASS_E_USAGE, "basic is no way" },
	{ "none", { .client_id = "a", .client_secret = "s3cret", .auth_method = "none" },
	    MCPASS_E_USAGE, "none is no way" },
	{ "a second", { .client_id = "a", .client_secret = "s3cret", .lifetime = 1 }, MCPASS_OK, "" },
	{ "an hour", { .client_id = "a", .client_secret = "s3cret", .lifetime = 3600 }, MCPASS_OK, "" },
	{ "longer", { .client_id = "a", .client_secret = "s3cret", .lifetime = 3601 }, MCPASS_E_USAGE,
	    "1 to 3600" },
	{ "before it was said", { .client_id = "a", .client_secret = "s3cret", .lifetime = -1 },
	    MCPASS_E_USAGE, "1 to 3600" },
	{ "no such kind", { .client_id = "a", .client_secret = "s3cret",
	    .what = (enum mcpass_introspect)2 }, MCPASS_E_USAGE, "no such kind" },
	{ "no URL", { .client_id = "a", .client_secret = "s3cret", .endpoint = "introspect" },
	    MCPASS_E_USAGE, "does not begin with http" },
	{ "by plain http", { .client_id = "a", .client_secret = "s3cret",
	    .endpoint = "http://as.example/i" }, MCPASS_E_POLICY, "introspection endpoint" },
	{ "inside", { .client_id = "a", .client_secret = "s3cret",
	    .endpoint = "https://10.0.0.1/i" }, MCPASS_OK, "" },
};

static const struct {
	const char *label, *prefix, *other_prefix;
	enum mcpass_rc want;
} prefix_rows[] = {
	{ "two prefixes", "aa_", "bb_", MCPASS_OK },
	{ "one for the rest", NULL, "bb_", MCPASS_OK },
	{ "one begins with the other", "b", "bb_", MCPASS_OK },
	{ "the same", "bb_", "bb_", MCPASS_E_USAGE },
	{ "two for the rest", NULL, NULL, MCPASS_E_USAGE },
	{ "the empty one is none", NULL, "", MCPASS_E_USAGE },
};

static void test_config(void)
{
	struct mcpass_guard_config cfg = default_config();

	for (size_t i = 0; i < COUNT(config_rows); i++) {
		const struct mcpass_guard_issuer one = { ISSUER, JWKS, &config_rows[i].introspection };
		struct mcpass_guard *guard = NULL;
		struct mcpass_error err = { 0 };

		cfg.issuers = &one;
		CHECK_EQ(config_rows[i].label, mcpass_guard_new(&cfg, &guard, &err), config_rows[i].want);
		CHECK_HAS(config_rows[i].label, err.detail, config_rows[i].detail);
		CHECK("no secret in an error", strstr(err.detail, "s3cret") == NULL);
		mcpass_guard_free(guard);
	}
	for (size_t i = 0; i < COUNT(prefix_rows); i++) {
		struct mcpass_introspection a = by_us(), b = by_us();
		const struct mcpass_guard_issuer two[] = { { ISSUER, JWKS, &a }, { OTHER, JWKS, &b } };
		struct mcpass_guard *guard = NULL;

		a.token_prefix = prefix_rows[i].prefix;
		b.token_prefix = prefix_rows[i].other_prefix;
		cfg.issuers = two;
		cfg.issuer_count = 2;
		CHECK_EQ(prefix_rows[i].label, mcpass_guard_new(&cfg, &guard, NULL), prefix_rows[i].want);
		mcpass_guard_free(guard);
	}
}

/* --- memory: the nth allocation fails, for every n --- */

static enum mcpass_rc ask_once(const char *authorization, const char *word, int want)
{
	static const struct mcpass_introspection introspection = { .client_id = "a",
		.client_secret = "s3cret", .what = MCPASS_INTROSPECT_ALL };
	static const struct mcpass_guard_issuer one = { ISSUER, JWKS, &introspection };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = NULL;
	struct mcpass_verdict verdict = { 0 };
	enum mcpass_rc rc;

	meta = META(",\"jwks_uri\":\"" JWKS "\",\"introspection_endpoint\":\"" ENDPOINT "\"");
	answers(200, word);
	cfg.issuers = &one;
	rc = mcpass_guard_new(&cfg, &guard, NULL);
	if (!rc)
		rc = run(guard, authorization, "ping", NOW, &verdict);
	(void)oom_over();
	CHECK("a failure lets nobody in", rc == MCPASS_OK || verdict.type != MCPASS_ALLOW);
	if (!rc)
		CHECK_EQ("at the end", verdict.status, want);
	mcpass_guard_free(guard);
	meta = NULL;
	return rc;
}

static void test_memory(const char *label, const char *authorization, const char *word, int want)
{
	OOM_EACH
		CHECK_OOM(label, ask_once(authorization, word, want), MCPASS_OK);
}

int main(void)
{
	char *jwt;

	make_keys();
	jwt = bearer(issuer, MP_ES256, NULL, NULL);
	test_question();
	test_fetch();
	test_words();
	test_audience_optional();
	test_life();
	test_remembered();
	test_failures();
	test_choice();
	test_apart();
	test_discovery();
	test_jwts();
	test_not_asked();
	test_dpop();
	test_config();
	test_memory("an opaque token", OPAQUE, GOOD, 0);
	test_memory("an inactive one", OPAQUE, "{\"active\":false}", 401);
	test_memory("an answer that is none", OPAQUE, "<html>", 503);
	test_memory("a JWT", jwt, GOOD, 0);
	mp_free_wiped(jwt);
	free_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
