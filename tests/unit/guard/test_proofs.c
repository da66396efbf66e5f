/* A proof is good once and not for long: nonces, and which proofs were shown before. */
#include "dpop.h"
#include "guard/nonce.h"
#include "guard/replay.h"

#define SLOT MP_DPOP_NONCE_SLOT
#define BOTH MCPASS_DPOP_ACCEPTED
#define ONLY MCPASS_DPOP_REQUIRED

/* --- nonces --- */

static const uint8_t another[MP_MIN_NONCE_SECRET] = "another secret";

/* What a guard answers to somebody without a token; free. */
static char *nonce_at(const uint8_t *from_secret, int64_t now)
{
	struct mcpass_guard *guard = new_dpop_guard(ONLY, from_secret);
	struct mcpass_verdict verdict = { 0 };
	char *nonce = NULL;

	must(present(guard, NULL, NULL, NULL, "ping", now, &verdict) == MCPASS_OK
	    && mp_set(&nonce, verdict.dpop_nonce, NULL) == MCPASS_OK, "a nonce");
	CHECK("a nonce", nonce != NULL && strlen(nonce) == 43);
	mcpass_guard_free(guard);
	return nonce;
}

/* A slot begins at NOW: it is a multiple of 300. */
static const struct {
	const char *label;
	int64_t made, used;             /* seconds from NOW */
	const uint8_t *by;
	const char *error;              /* NULL: let in */
	bool renewed;                   /* with another nonce */
} nonce_rows[] = {
	{ "at once", 0, 0, secret, NULL, false },
	{ "in the same slot", 0, SLOT - 1, secret, NULL, false },
	{ "in the next one", 0, SLOT, secret, NULL, true },
	{ "until its end", 0, 2 * SLOT - 1, secret, NULL, true },
	{ "not longer", 0, 2 * SLOT, secret, "use_dpop_nonce", true },
	{ "from the end of a slot", SLOT - 1, SLOT, secret, NULL, true },
	{ "ten years old", -10LL * 365 * 86400, 0, secret, "use_dpop_nonce", true },
	{ "of a slot to come", SLOT, 0, secret, "use_dpop_nonce", true },
	{ "by another secret", 0, 0, another, "use_dpop_nonce", true },
};

static void test_nonces(void)
{
	struct token token = new_token(client, "{\"exp\":1900000000}");

	for (size_t i = 0; i < COUNT(nonce_rows); i++) {
		const char *label = nonce_rows[i].label;
		int64_t now = NOW + nonce_rows[i].used;
		/* The one that answers is not the one that made the nonce. */
		struct mcpass_guard *guard = new_dpop_guard(ONLY, secret);
		char *nonce = nonce_at(nonce_rows[i].by, NOW + nonce_rows[i].made);
		char *now_right = nonce_at(secret, now), changes[40], *proof;
		struct mcpass_verdict verdict = { 0 };

		snprintf(changes, sizeof(changes), "{\"iat\":%lld}", (long long)now);
		proof = new_proof(&token, changes, nonce);
		CHECK_EQ(label, present(guard, "DPoP", &token, proof, "ping", now, &verdict), MCPASS_OK);
		check_verdict(label, &verdict, nonce_rows[i].error);
		CHECK_STR(label, verdict.dpop_nonce, nonce_rows[i].renewed ? now_right : NULL);
		free(proof);
		free(nonce);
		free(now_right);
		mcpass_guard_free(guard);
	}
	free_token(&token);
}

static const struct {
	const char *label;
	const char *changes;            /* NOW's nonce stands there unless they replace it */
} no_nonce_rows[] = {
	{ "none", "{\"nonce\":null}" },
	{ "empty", "{\"nonce\":\"\"}" },
	{ "some text", "{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	{ "a number", "{\"nonce\":1}" },
	{ "a list", "{\"nonce\":[]}" },
};

static void test_no_nonce(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, secret);
	struct token token = new_token(client, NULL), plain = new_token(NULL, NULL);
	char *nonce = nonce_at(secret, NOW), *proof, *half;
	struct mcpass_verdict verdict = { 0 };

	for (size_t i = 0; i < COUNT(no_nonce_rows); i++) {
		proof = new_proof(&token, no_nonce_rows[i].changes, nonce);
		present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
		check_verdict(no_nonce_rows[i].label, &verdict, "use_dpop_nonce");
		CHECK_STR(no_nonce_rows[i].label, verdict.dpop_nonce, nonce);
		free(proof);
	}
	half = mp_dup_span((struct mp_span){ nonce, 42 });
	proof = new_proof(&token, NULL, half);
	present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
	check_verdict("a part of it", &verdict, "use_dpop_nonce");
	free(proof);
	present(guard, "Bearer", &plain, NULL, "ping", NOW, &verdict);
	check_verdict("a bearer token needs none", &verdict, NULL);
	CHECK("and gets none", verdict.dpop_nonce == NULL);
	free(half);
	free(nonce);
	free_token(&token);
	free_token(&plain);
	mcpass_guard_free(guard);
}

/* The nonce of an answer that needs none would only fill headers: 403, 400. */
static void test_nonce_due(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, secret);
	struct token token = new_token(client, "{\"exp\":1900000000}");
	char *nonce = nonce_at(secret, NOW), *proof = new_proof(&token, NULL, nonce);
	struct mcpass_guard_request request = { .query = "access_token=x", .now = NOW,
		.method = "POST" };
	struct mcpass_verdict verdict = { 0 };

	present(guard, "DPoP", &token, proof, "tools/call", NOW, &verdict);
	CHECK_EQ("a scope is missing", verdict.status, 403);
	CHECK("the nonce serves on", verdict.dpop_nonce == NULL);
	free(proof);
	proof = new_proof(&token, "{\"iat\":1800000300}", nonce);
	present(guard, "DPoP", &token, proof, "tools/call", NOW + SLOT, &verdict);
	CHECK_EQ("a scope is missing", verdict.status, 403);
	CHECK("the nonce ends soon", verdict.dpop_nonce != NULL);
	CHECK_EQ("a bad request", mcpass_guard_check(guard, &request, &verdict, NULL), MCPASS_OK);
	CHECK_EQ("a bad request", verdict.status, 400);
	CHECK("nothing of the last verdict stays", verdict.dpop_nonce == NULL);
	free(proof);
	free(nonce);
	free_token(&token);
	mcpass_guard_free(guard);
}

/* spec: RFC 9449 8.1: NQCHAR; and a clock at the beginning of time has a slot before */
static void test_nonce_text(void)
{
	struct mp_secret by = { 0 };
	enum mp_nonce_age age = MP_NONCE_CURRENT;
	struct mp_buf nonce;

	must(mp_secret_set_span(&by, (struct mp_span){ (const char *)secret, sizeof(secret) }, NULL)
	    == MCPASS_OK, "a secret");
	mp_buf_init(&nonce, 100);
	CHECK_EQ("no nonce", mp_nonce_judge(&by, NULL, 0, &age, NULL), MCPASS_OK);
	CHECK_EQ("no nonce", age, MP_NONCE_NONE);
	CHECK_EQ("made", mp_nonce_add(&by, 0, &nonce, NULL), MCPASS_OK);
	CHECK_EQ("judged", mp_nonce_judge(&by, mp_buf_text(&nonce), 0, &age, NULL), MCPASS_OK);
	CHECK_EQ("judged", age, MP_NONCE_CURRENT);
	CHECK_EQ("as long as its alphabet", strspn(mp_buf_text(&nonce), "-_0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), nonce.len);
	mp_buf_free(&nonce);
	mp_secret_free(&by);
}

/* --- shown before --- */

static void test_replay(void)
{
	struct mcpass_guard *guard = new_dpop_guard(ONLY, NULL);
	struct token token = new_token(client, NULL), second = new_token(other, NULL);
	char *proof = new_proof(&token, "{\"jti\":\"same\"}", NULL);
	char *again = new_proof(&token, "{\"jti\":\"same\",\"iat\":1799999999}", NULL);
	char *theirs = new_proof_by(other, MP_ES256, &second, "{\"jti\":\"same\"}", NULL);
	char *next = new_proof(&token, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
	check_verdict("the first time", &verdict, NULL);
	present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
	check_verdict("the second time", &verdict, "invalid_dpop_proof");
	CHECK_STR("the second time", verdict.reason, "the DPoP proof was used before");
	present(guard, "DPoP", &token, again, "ping", NOW, &verdict);
	check_verdict("another proof with the same jti", &verdict, "invalid_dpop_proof");
	present(guard, "DPoP", &second, theirs, "ping", NOW, &verdict);
	check_verdict("another client may have the same", &verdict, NULL);
	present(guard, "DPoP", &token, next, "tools/call", NOW, &verdict);
	check_verdict("a scope is missing", &verdict, "insufficient_scope");
	present(guard, "DPoP", &token, next, "ping", NOW, &verdict);
	check_verdict("that was a use too", &verdict, "invalid_dpop_proof");
	free(proof);
	free(again);
	free(theirs);
	free(next);
	free_token(&token);
	free_token(&second);
	mcpass_guard_free(guard);
}

/* What did not come to a verdict, and what was refused for another reason, is no use. */
static void test_no_use(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	struct token token = new_token(client, NULL), stolen = new_token(other, NULL);
	char *proof = new_proof(&token, NULL, NULL), *mine = new_proof(&stolen, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	cfg.dpop = BOTH;
	guard = new_guard(&cfg);
	present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
	CHECK_EQ("keys are wanted", verdict.type, MCPASS_FETCH);
	CHECK("and no nonce", verdict.dpop_nonce == NULL);
	mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL);
	present(guard, "DPoP", &stolen, mine, "ping", NOW, &verdict);
	check_verdict("a stolen token", &verdict, "invalid_token");
	present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
	check_verdict("the first use", &verdict, NULL);
	free(proof);
	free(mine);
	free_token(&token);
	free_token(&stolen);
	mcpass_guard_free(guard);
}

static const struct {
	const char *label;
	int64_t first, second;          /* when the same is shown */
	bool seen;
} window_rows[] = {
	{ "at once", NOW, NOW, true },
	{ "the last time that it could pass", NOW, NOW + 600, true },
	{ "then its age speaks against it", NOW, NOW + 601, false },
	{ "a clock that was set back", NOW, NOW - 86400, true },
	{ "at the beginning of time", 0, 0, true },
};

static void test_window(void)
{
	for (size_t i = 0; i < COUNT(window_rows); i++) {
		const char *label = window_rows[i].label;
		struct mp_replay replay;

		must(mp_replay_init(&replay, NULL) == MCPASS_OK, "a table");
		CHECK_EQ(label, mp_replay_add(&replay, "k", "j", window_rows[i].first, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_replay_add(&replay, "k", "j", window_rows[i].second, NULL),
		    window_rows[i].seen ? MCPASS_E_POLICY : MCPASS_OK);
		CHECK_EQ("another jti", mp_replay_add(&replay, "k", "i", window_rows[i].second, NULL),
		    MCPASS_OK);
		CHECK_EQ("another key", mp_replay_add(&replay, "l", "j", window_rows[i].second, NULL),
		    MCPASS_OK);
		mp_replay_free(&replay);
	}
}

/* How many of the proofs from first to last are remembered; asking remembers none. */
static unsigned count_seen(struct mp_replay *replay, unsigned first, unsigned last)
{
	unsigned seen = 0;

	for (unsigned i = first; i <= last; i++) {
		uint64_t count = replay->count;
		char jti[16];

		snprintf(jti, sizeof(jti), "%u", i);
		seen += mp_replay_add(replay, "k", jti, NOW, NULL) == MCPASS_E_POLICY;
		if (replay->count != count)
			return seen;
	}
	return seen;
}

/* When the table is full the oldest goes, and nothing else does. */
static void test_full(void)
{
	struct mp_replay replay;
	unsigned added = 0;

	must(mp_replay_init(&replay, NULL) == MCPASS_OK, "a table");
	for (unsigned i = 0; i < MP_MAX_PROOFS; i++) {
		char jti[16];

		snprintf(jti, sizeof(jti), "%u", i);
		added += mp_replay_add(&replay, "k", jti, NOW, NULL) == MCPASS_OK;
	}
	CHECK_EQ("as many as fit", added, MP_MAX_PROOFS);
	CHECK_EQ("all of them are known", count_seen(&replay, 0, MP_MAX_PROOFS - 1), MP_MAX_PROOFS);
	CHECK_EQ("one more", mp_replay_add(&replay, "k", "x", NOW, NULL), MCPASS_OK);
	CHECK_EQ("the others are known", count_seen(&replay, 1, MP_MAX_PROOFS - 1),
	    MP_MAX_PROOFS - 1);
	CHECK_EQ("the oldest is not", mp_replay_add(&replay, "k", "0", NOW, NULL), MCPASS_OK);
	CHECK_EQ("so the second oldest went", count_seen(&replay, 1, 1), 0);
	CHECK_EQ("the latest stay", mp_replay_add(&replay, "k", "x", NOW, NULL), MCPASS_E_POLICY);
	mp_replay_free(&replay);
}

/* The two bytes of a proof's digest that choose its bucket. */
static unsigned bucket_of(const char *jti)
{
	uint8_t digest[MP_SHA256_LEN];
	char text[32];

	snprintf(text, sizeof(text), "k %s", jti);
	must(mp_sha256(text, strlen(text), digest, NULL) == MCPASS_OK, "a digest");
	return digest[0] | (unsigned)digest[1] << 8;
}

/* One bucket: its chain ends where another proof has taken the place of one of its own. */
static void test_chain(void)
{
	char same[3][16] = { "0" };
	struct mp_replay replay;
	unsigned next = MP_MAX_PROOFS;

	for (size_t i = 1; i < COUNT(same); i++)
		do
			snprintf(same[i], sizeof(same[i]), "%u", next++);
		while (bucket_of(same[i]) != bucket_of(same[0]));
	must(mp_replay_init(&replay, NULL) == MCPASS_OK, "a table");
	for (unsigned i = 0; i < MP_MAX_PROOFS; i++) {
		char jti[16];

		snprintf(jti, sizeof(jti), "%u", i);
		(void)mp_replay_add(&replay, "k", jti, NOW, NULL);
	}
	CHECK_EQ("in the place of the first", mp_replay_add(&replay, "k", same[1], NOW, NULL),
	    MCPASS_OK);
	CHECK_EQ("one more of the chain", mp_replay_add(&replay, "k", same[2], NOW, NULL), MCPASS_OK);
	CHECK_EQ("known", mp_replay_add(&replay, "k", same[1], NOW, NULL), MCPASS_E_POLICY);
	CHECK_EQ("known", mp_replay_add(&replay, "k", same[2], NOW, NULL), MCPASS_E_POLICY);
	CHECK_EQ("gone", mp_replay_add(&replay, "k", same[0], NOW, NULL), MCPASS_OK);
	mp_replay_free(&replay);
}

static void test_table_memory(void)
{
	struct mp_replay replay = { 0 };

	for (size_t n = 0; n < 2; n++) {
		long before = mp_test_live_blocks();

		mp_test_fail_alloc(n);
		CHECK_EQ("no table", mp_replay_init(&replay, NULL), MCPASS_E_NOMEM);
		mp_test_no_fail();
		CHECK_EQ("nothing stays", mp_test_live_blocks(), before);
	}
	must(mp_replay_init(&replay, NULL) == MCPASS_OK, "a table");
	mp_test_fail_alloc(0);
	CHECK_EQ("no digest", mp_replay_add(&replay, "k", "j", NOW, NULL), MCPASS_E_NOMEM);
	mp_test_no_fail();
	CHECK_EQ("so it was not remembered", mp_replay_add(&replay, "k", "j", NOW, NULL), MCPASS_OK);
	mp_replay_free(&replay);
	mp_replay_free(&replay);
}

int main(void)
{
	make_keys();
	test_nonces();
	test_no_nonce();
	test_nonce_due();
	test_nonce_text();
	test_replay();
	test_no_use();
	test_window();
	test_full();
	test_chain();
	test_table_memory();
	free_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
