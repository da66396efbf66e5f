/* Proof of possession: which tokens need it, what proves nothing, how a refusal reads. */
#include "dpop.h"
#include "guard/verdict.h"
#include "oauth/scope.h"

/* --- which tokens, in which way --- */

enum binding { NO_KEY, THE_KEY, ANOTHER };
#define OFF MCPASS_DPOP_OFF
#define BOTH MCPASS_DPOP_ACCEPTED
#define ONLY MCPASS_DPOP_REQUIRED
static const struct {
	const char *label;
	enum mcpass_dpop_mode mode;
	const char *scheme;
	enum binding binding;
	const char *changes;            /* of the token */
	bool with_proof;
	const char *error, *why;        /* error NULL: let in; "": no error code */
} token_rows[] = {
	{ "bound, with a proof", BOTH, "DPoP", THE_KEY, NULL, true, NULL, NULL },
	{ "where it must be", ONLY, "DPoP", THE_KEY, NULL, true, NULL, NULL },
	{ "dpop", BOTH, "dpop", THE_KEY, NULL, true, NULL, NULL },
	{ "DPOP", ONLY, "DPOP", THE_KEY, NULL, true, NULL, NULL },
	{ "no proof", BOTH, "DPoP", THE_KEY, NULL, false, "invalid_dpop_proof", "no DPoP proof" },
	{ "no proof where it must be", ONLY, "DPoP", THE_KEY, NULL, false, "invalid_dpop_proof",
	    "no DPoP proof" },
	/* spec: RFC 9449 7.2 (a downgrade) */
	{ "bound, as a bearer token", BOTH, "Bearer", THE_KEY, NULL, false, "invalid_token",
	    "bound to a key" },
	{ "even with its proof", BOTH, "Bearer", THE_KEY, NULL, true, "invalid_token",
	    "bound to a key" },
	{ "when DPoP is off", OFF, "Bearer", THE_KEY, NULL, true, "invalid_token", "bound to a key" },
	{ "and where it must be", ONLY, "Bearer", THE_KEY, NULL, true, "invalid_token",
	    "must come with a DPoP proof" },
	{ "unbound where it must be", ONLY, "Bearer", NO_KEY, NULL, false, "invalid_token",
	    "must come with a DPoP proof" },
	{ "unbound with a proof there", ONLY, "Bearer", NO_KEY, NULL, true, "invalid_token",
	    "must come with a DPoP proof" },
	{ "a bearer token", BOTH, "Bearer", NO_KEY, NULL, false, NULL, NULL },
	{ "a bearer token, and a proof of no use", BOTH, "Bearer", NO_KEY, NULL, true, NULL, NULL },
	{ "unbound, as if it were bound", BOTH, "DPoP", NO_KEY, NULL, true, "invalid_token",
	    "not bound" },
	{ "the same where it must be", ONLY, "DPoP", NO_KEY, NULL, true, "invalid_token",
	    "not bound" },
	{ "bound to another key", BOTH, "DPoP", ANOTHER, NULL, true, "invalid_token",
	    "bound to another key" },
	{ "the scheme when DPoP is off", OFF, "DPoP", THE_KEY, NULL, true, "", "scheme" },
	{ "bound to a certificate", BOTH, "DPoP", NO_KEY, "{\"cnf\":{\"x5t#S256\":\"x\"}}", true,
	    "invalid_token", "not bound" },
	{ "to both, with the one proof", BOTH, "DPoP", NO_KEY, "{\"cnf\":{\"x5t#S256\":\"x\",\"jkt\":\"x\"}}",
	    true, "invalid_token", "not bound" },
	{ "that, as a bearer token", BOTH, "Bearer", NO_KEY, "{\"cnf\":{\"x5t#S256\":\"x\"}}", false,
	    "invalid_token", "bound to a key" },
	{ "an empty cnf", BOTH, "DPoP", NO_KEY, "{\"cnf\":{}}", true, "invalid_token", "not bound" },
	{ "an empty cnf, as a bearer token", BOTH, "Bearer", NO_KEY, "{\"cnf\":{}}", false,
	    "invalid_token", "bound to a key" },
	{ "cnf is a text", BOTH, "DPoP", NO_KEY, "{\"cnf\":\"x\"}", true, "invalid_token",
	    "not bound" },
	{ "jkt is a list", BOTH, "DPoP", NO_KEY, "{\"cnf\":{\"jkt\":[]}}", true, "invalid_token",
	    "not bound" },
	{ "jkt is empty", BOTH, "DPoP", NO_KEY, "{\"cnf\":{\"jkt\":\"\"}}", true, "invalid_token",
	    "another key" },
	{ "expired", BOTH, "DPoP", THE_KEY, "{\"exp\":1}", true, "invalid_token", "expired" },
	{ "for another resource", BOTH, "DPoP", THE_KEY, "{\"aud\":\"https://x.example\"}", true,
	    "invalid_token", "aud" },
	{ "a scope is missing", BOTH, "DPoP", THE_KEY, "{\"scope\":\"x\"}", true,
	    "insufficient_scope", "lacks a scope" },
};

static void test_tokens(void)
{
	for (size_t i = 0; i < COUNT(token_rows); i++) {
		const char *label = token_rows[i].label, *error = token_rows[i].error;
		struct mcpass_guard *guard = new_dpop_guard(token_rows[i].mode, NULL);
		const struct mp_key *bound = token_rows[i].binding == THE_KEY ? client
		    : token_rows[i].binding == ANOTHER ? other : NULL;
		struct token token = new_token(bound, token_rows[i].changes);
		char *proof = token_rows[i].with_proof ? new_proof(&token, NULL, NULL) : NULL;
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(label, present(guard, token_rows[i].scheme, &token, proof, "ping", NOW, &verdict),
		    MCPASS_OK);
		if (error != NULL && error[0] == '\0') {
			CHECK_EQ(label, verdict.status, 401);
			CHECK(label, strstr(verdict.www_authenticate, "error=") == NULL);
		} else {
			check_verdict(label, &verdict, error);
		}
		CHECK_HAS(label, verdict.reason != NULL ? verdict.reason : "",
		    token_rows[i].why != NULL ? token_rows[i].why : "");
		CHECK(label, verdict.dpop_nonce == NULL);
		free(proof);
		free_token(&token);
		mcpass_guard_free(guard);
	}
}

/* --- what proves nothing --- */

static const struct {
	const char *label, *changes;    /* of the proof */
	const char *method, *url;       /* of the request; NULL: POST, the resource */
	const char *why;                /* NULL: let in */
} proof_rows[] = {
	{ "the resource", NULL, NULL, NULL, NULL },
	{ "another method of the request", NULL, "GET", NULL, "for another method" },
	{ "another method of both", "{\"htm\":\"GET\"}", "GET", NULL, NULL },
	{ "another method of the proof", "{\"htm\":\"GET\"}", NULL, NULL, "for another method" },
	{ "another URL of the proof", "{\"htu\":\"https://mcp.example/other\"}", NULL, NULL,
	    "for another URL" },
	{ "the request says its URL", NULL, NULL, "https://mcp.example/other", "for another URL" },
	{ "the same as the proof's", "{\"htu\":\"https://mcp.example/other\"}", NULL,
	    "https://mcp.example/other?a=b", NULL },
	{ "for another token", "{\"ath\":\"AAAA\"}", NULL, NULL, "for another access token" },
	{ "for no token", "{\"ath\":null}", NULL, NULL, "for another access token" },
	{ "made at the edge", "{\"iat\":1799999700}", NULL, NULL, NULL },
	{ "made too early", "{\"iat\":1799999699}", NULL, NULL, "not made just now" },
	{ "made ahead of time", "{\"iat\":1800000301}", NULL, NULL, "not made just now" },
	{ "no jti", "{\"jti\":null}", NULL, NULL, "lacks jti" },
	{ "a nonce that nobody asked for", "{\"nonce\":\"x\"}", NULL, NULL, NULL },
};

static struct mcpass_verdict send_proof(struct mcpass_guard *guard, const struct token *token,
    const struct mcpass_header *proofs, size_t count, const char *method, const char *url)
{
	struct mcpass_header headers[3];
	struct mcpass_operation ping = { "ping", NULL };
	struct mcpass_guard_request request = { .headers = headers, .header_count = count + 1,
		.operations = &ping, .operation_count = 1, .now = NOW,
		.method = method != NULL ? method : "POST", .url = url };
	struct mcpass_verdict verdict = { 0 };
	char *value = malloc(strlen(token->text) + 6);

	sprintf(value, "DPoP %s", token->text);
	memcpy(headers, proofs, count * sizeof(*proofs));
	headers[count] = (struct mcpass_header){ "Authorization", value };
	CHECK_EQ("judged", mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
	free(value);
	return verdict;
}

static void test_proofs(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, NULL);
	struct token token = new_token(client, NULL);
	struct mcpass_verdict verdict;

	for (size_t i = 0; i < COUNT(proof_rows); i++) {
		const char *label = proof_rows[i].label, *why = proof_rows[i].why;
		char *proof = new_proof(&token, proof_rows[i].changes, NULL);
		struct mcpass_header header = { "dpop", proof };

		verdict = send_proof(guard, &token, &header, 1, proof_rows[i].method,
		    proof_rows[i].url);
		check_verdict(label, &verdict, why != NULL ? "invalid_dpop_proof" : NULL);
		CHECK_HAS(label, why != NULL ? verdict.reason : "", why != NULL ? why : "");
		free(proof);
	}
	free_token(&token);
	mcpass_guard_free(guard);
}

/* spec: RFC 9449 4.3 (1) */
static void test_header_count(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, NULL);
	struct token token = new_token(client, NULL);
	char *proof = new_proof(&token, NULL, NULL), *joined = malloc(2 * strlen(proof) + 3);
	struct mcpass_header proofs[] = { { "DPoP", proof }, { "dpop", proof } };
	struct mcpass_header one = { "DPoP", joined };
	struct mcpass_verdict verdict = send_proof(guard, &token, proofs, 2, NULL, NULL);

	check_verdict("two headers", &verdict, "invalid_dpop_proof");
	CHECK_STR("two headers", verdict.reason, "DPoP was sent more than once");
	sprintf(joined, "%s, %s", proof, proof);
	verdict = send_proof(guard, &token, &one, 1, NULL, NULL);
	check_verdict("two in one", &verdict, "invalid_dpop_proof");
	joined[0] = '\0';
	verdict = send_proof(guard, &token, &one, 1, NULL, NULL);
	check_verdict("an empty one", &verdict, "invalid_dpop_proof");
	verdict = send_proof(guard, &token, proofs, 1, NULL, NULL);
	check_verdict("none of them used it up", &verdict, NULL);
	free(joined);
	free(proof);
	free_token(&token);
	mcpass_guard_free(guard);
}

/* Whatever is announced is accepted, and everything that we speak is announced. */
static void test_algorithms(void)
{
	struct mcpass_guard *guard = new_dpop_guard(ONLY, NULL);
	struct mp_strings names = { 0 };
	struct mp_key *rsa = NULL, *made = new_key(MP_RS256);
	json_t *jwk = NULL;

	mp_jwk_write(made, true, &jwk, NULL);
	json_object_del(jwk, "alg");            /* any RSA algorithm, then */
	must(mp_jwk_parse(jwk, true, &rsa, NULL) == MCPASS_OK, "an RSA key");
	json_decref(jwk);
	mp_key_free(made);
	must(mp_scope_parse(MP_PROOF_ALGS, &names, NULL) == MCPASS_OK, "the algorithms");
	CHECK_EQ("all of them", names.count, MP_EDDSA);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		enum mp_alg alg = mp_alg_from_name(name);
		struct mp_key *key = name[1] == 'S' && name[0] != 'E' ? rsa : new_key(alg);
		struct token token = new_token(key, NULL);
		char *proof = new_proof_by(key, alg, &token, NULL, NULL);
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(name, present(guard, "DPoP", &token, proof, "ping", NOW, &verdict), MCPASS_OK);
		check_verdict(name, &verdict, NULL);
		free(proof);
		free_token(&token);
		if (key != rsa)
			mp_key_free(key);
	}
	mp_key_free(rsa);
	mp_strings_free(&names);
	mcpass_guard_free(guard);
}

/* --- how a refusal reads --- */

#define ALGS "algs=\"" MP_PROOF_ALGS "\""
#define META(scope) "resource_metadata=\"" PRM_URL "\", scope=\"" scope "\""
static const struct {
	const char *label;
	enum mcpass_dpop_mode mode;
	bool nonces;
	const char *scheme;             /* NULL: no token */
	bool bound;
	const char *method;
	const char *challenge;
} challenge_rows[] = {
	{ "nothing, off", OFF, false, NULL, false, "ping", "Bearer " META("mcp:read") },
	{ "nothing, either", BOTH, false, NULL, false, "ping",
	    "Bearer " META("mcp:read") ", DPoP " META("mcp:read") ", " ALGS },
	{ "nothing, only", ONLY, true, NULL, false, "ping", "DPoP " META("mcp:read") ", " ALGS },
	{ "another scheme counts as nothing", ONLY, false, "Basic", false, "ping",
	    "DPoP " META("mcp:read") ", " ALGS },
	{ "a downgrade: the error is about Bearer", BOTH, false, "Bearer", true, "ping",
	    "Bearer " META("mcp:read") ", error=\"invalid_token\", error_description=\"the token is"
	    " bound to a key: it is no bearer token\", DPoP " META("mcp:read") ", " ALGS },
	{ "unbound: the error is about DPoP", BOTH, false, "DPoP", false, "ping",
	    "Bearer " META("mcp:read") ", DPoP " META("mcp:read") ", " ALGS ", error=\"invalid_token\","
	    " error_description=\"the token is not bound to a DPoP key\"" },
	{ "a bearer token that is not taken", ONLY, false, "Bearer", false, "ping",
	    "DPoP " META("mcp:read") ", " ALGS ", error=\"invalid_token\","
	    " error_description=\"the token must come with a DPoP proof\"" },
	{ "no nonce", BOTH, true, "DPoP", true, "ping",
	    "DPoP " META("mcp:read") ", " ALGS ", error=\"use_dpop_nonce\","
	    " error_description=\"the DPoP proof must have the nonce of DPoP-Nonce\"" },
	{ "a scope of a bearer token", BOTH, false, "Bearer", false, "tools/call",
	    "Bearer " META("mcp:tools") ", error=\"insufficient_scope\","
	    " error_description=\"the token lacks a scope for this\"" },
	{ "a scope of a bound one", BOTH, false, "DPoP", true, "tools/call",
	    "DPoP " META("mcp:tools") ", " ALGS ", error=\"insufficient_scope\","
	    " error_description=\"the token lacks a scope for this\"" },
};

static void test_challenges(void)
{
	for (size_t i = 0; i < COUNT(challenge_rows); i++) {
		const char *label = challenge_rows[i].label;
		struct mcpass_guard *guard = new_dpop_guard(challenge_rows[i].mode,
		    challenge_rows[i].nonces ? secret : NULL);
		struct token token = new_token(challenge_rows[i].bound ? client : NULL, NULL);
		char *proof = new_proof(&token, NULL, NULL);
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(label, present(guard, challenge_rows[i].scheme, &token, proof,
		    challenge_rows[i].method, NOW, &verdict), MCPASS_OK);
		CHECK_STR(label, verdict.www_authenticate, challenge_rows[i].challenge);
		CHECK(label, (verdict.dpop_nonce != NULL) == challenge_rows[i].nonces);
		free(proof);
		free_token(&token);
		mcpass_guard_free(guard);
	}
}

/* A request that is wrong whoever sends it: one challenge, that of the scheme at hand. */
static void test_bad_request(void)
{
	static const struct {
		const char *label;
		enum mcpass_dpop_mode mode;
		const char *begins;
	} rows[] = { { "either", BOTH, "Bearer " }, { "only", ONLY, "DPoP " } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_guard *guard = new_dpop_guard(rows[i].mode, NULL);
		struct mcpass_guard_request request = { .query = "access_token=x", .now = NOW,
			.method = "POST" };
		struct mcpass_verdict verdict = { 0 };

		CHECK_EQ(rows[i].label, mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, verdict.status, 400);
		CHECK(rows[i].label, strncmp(verdict.www_authenticate, rows[i].begins,
		    strlen(rows[i].begins)) == 0);
		CHECK("one challenge", strstr(verdict.www_authenticate, ", DPoP") == NULL);
		mcpass_guard_free(guard);
	}
}

static void test_usage(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, NULL);
	struct mcpass_guard_request request = { .now = NOW };
	struct mcpass_verdict verdict = { .type = MCPASS_ALLOW };

	CHECK_EQ("no method", mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_E_USAGE);
	CHECK_EQ("no method", verdict.type, MCPASS_DENY);
	mcpass_guard_free(guard);
}

/* --- memory: the nth allocation fails, for every n --- */

static struct token held;

static enum mcpass_rc send_once(const uint8_t *nonces, int64_t made, int64_t now,
    const char *method)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, nonces);
	struct mcpass_verdict verdict = { 0 };
	char changes[40], *proof;
	enum mcpass_rc rc;

	must(present(guard, NULL, NULL, NULL, "ping", made, &verdict) == MCPASS_OK, "a nonce");
	snprintf(changes, sizeof(changes), "{\"iat\":%lld}", (long long)now);
	proof = new_proof(&held, changes, verdict.dpop_nonce);
	oom_from_here();
	rc = present(guard, "DPoP", &held, proof, method, now, &verdict);
	(void)oom_over();
	CHECK("a failure lets nobody in", rc == MCPASS_OK || verdict.type == MCPASS_DENY);
	free(proof);
	mcpass_guard_free(guard);
	return rc;
}

static enum mcpass_rc allow(void)
{
	return send_once(NULL, NOW, NOW, "ping");
}

static enum mcpass_rc allow_old_nonce(void)
{
	return send_once(secret, NOW, NOW + MP_DPOP_NONCE_SLOT, "ping");
}

static enum mcpass_rc want_nonce(void)
{
	return send_once(secret, NOW - 3 * MP_DPOP_NONCE_SLOT, NOW, "ping");
}

static enum mcpass_rc want_scope(void)
{
	return send_once(secret, NOW, NOW, "tools/call");
}

static void test_memory(const char *label, enum mcpass_rc (*once)(void))
{
	OOM_EACH_LATER
		CHECK_OOM(label, once(), MCPASS_OK);
}

int main(void)
{
	make_keys();
	held = new_token(client, NULL);
	test_tokens();
	test_proofs();
	test_header_count();
	test_algorithms();
	test_challenges();
	test_bad_request();
	test_usage();
	test_memory("let in", allow);
	test_memory("let in, and a new nonce", allow_old_nonce);
	test_memory("a nonce is wanted", want_nonce);
	test_memory("a scope is wanted", want_scope);
	free_token(&held);
	free_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
