/* A proof is good once and not for long: nonces, and which proofs were shown before. */
#include "dpop.h"
#include "oauth/dpop_nonce.h"
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
	const struct mp_span by = { (const char *)secret, sizeof(secret) };
	enum mp_dpop_nonce_age age = MP_DPOP_NONCE_CURRENT;
	struct mp_buf nonce;

	mp_buf_init(&nonce, 100);
	CHECK_EQ("no nonce", mp_dpop_nonce_judge(by, NULL, 0, &age, NULL), MCPASS_OK);
	CHECK_EQ("no nonce", age, MP_DPOP_NONCE_NONE);
	CHECK_EQ("made", mp_dpop_nonce_add(by, 0, &nonce, NULL), MCPASS_OK);
	CHECK_EQ("judged", mp_dpop_nonce_judge(by, mp_buf_text(&nonce), 0, &age, NULL), MCPASS_OK);
	CHECK_EQ("judged", age, MP_DPOP_NONCE_CURRENT);
	CHECK_EQ("as long as its alphabet", strspn(mp_buf_text(&nonce), "-_0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), nonce.len);
	mp_buf_free(&nonce);
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

#define SIZE 1024                       /* of the tables below */

static void open_table(struct mp_replay *replay)
{
	void *memory = calloc(1, mp_replay_bytes(SIZE));

	must(memory != NULL, "a table");
	*replay = mp_replay_at(memory, SIZE);
}

static void close_table(struct mp_replay *replay)
{
	free(replay->state);
}

static enum mcpass_rc show(struct mp_replay *replay, const char *by, unsigned number, int64_t until,
    int64_t now)
{
	char jti[16];

	snprintf(jti, sizeof(jti), "%u", number);
	return mp_replay_add(replay, by, jti, until, now, NULL);
}

/* Shows so many of a key's own, and tells how many were taken. */
static unsigned show_many(struct mp_replay *replay, const char *by, unsigned count, int64_t until,
    int64_t now)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < count; i++)
		taken += show(replay, by, i, until, now) == MCPASS_OK;
	return taken;
}

static const struct {
	const char *label;
	int64_t until, second;          /* when the same is shown after NOW */
	bool seen;
} window_rows[] = {
	{ "at once", NOW + 300, NOW, true },
	{ "the last time that it could pass", NOW + 300, NOW + 300, true },
	{ "then its dates speak against it", NOW + 300, NOW + 301, false },
	{ "a clock that was set back", NOW + 300, NOW - 86400, true },
};

static void test_window(void)
{
	for (size_t i = 0; i < COUNT(window_rows); i++) {
		const char *label = window_rows[i].label;
		int64_t until = window_rows[i].until, second = window_rows[i].second;
		struct mp_replay replay;

		open_table(&replay);
		CHECK_EQ(label, mp_replay_add(&replay, "k", "j", until, NOW, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_replay_add(&replay, "k", "j", until, second, NULL),
		    window_rows[i].seen ? MCPASS_E_POLICY : MCPASS_OK);
		CHECK_EQ("another jti", mp_replay_add(&replay, "k", "i", until, second, NULL), MCPASS_OK);
		CHECK_EQ("another key", mp_replay_add(&replay, "l", "j", until, second, NULL), MCPASS_OK);
		close_table(&replay);
	}
}

/* Whatever is shown after it, by however many: a proof that could pass again is known. */
static void test_flood(void)
{
	struct mp_replay replay;
	unsigned taken = 0;

	open_table(&replay);
	CHECK_EQ("the victim's", mp_replay_add(&replay, "victim", "j", NOW + 300, NOW, NULL), MCPASS_OK);
	CHECK_EQ("one key gets its share", show_many(&replay, "mallory", 2 * SIZE, NOW + 300, NOW),
	    103);
	CHECK_EQ("and is refused as one too many", show(&replay, "mallory", 3 * SIZE, NOW + 300, NOW),
	    MCPASS_E_LIMIT);
	CHECK_EQ("not the others", show_many(&replay, "alice", 60, NOW + 300, NOW), 60);
	for (unsigned i = 0; i < 64; i++) {
		char by[16];

		snprintf(by, sizeof(by), "key %u", i);
		taken += show_many(&replay, by, SIZE, NOW + 300, NOW);
	}
	CHECK("however many keys there are", taken < SIZE);
	CHECK_EQ("one more finds room", show(&replay, "bob", 1, NOW + 300, NOW), MCPASS_OK);
	CHECK_EQ("the victim's is known", mp_replay_add(&replay, "victim", "j", NOW + 300, NOW, NULL),
	    MCPASS_E_POLICY);
	CHECK_EQ("all of alice's are", show_many(&replay, "alice", 60, NOW + 300, NOW), 0);
	CHECK_EQ("in their last second, too", mp_replay_add(&replay, "victim", "j", NOW + 300,
	    NOW + 300, NULL), MCPASS_E_POLICY);
	close_table(&replay);
}

/* A table with not one place left refuses, and forgets nothing. */
static void test_full(void)
{
	struct mp_replay replay;
	unsigned keys = 0;
	char by[16];

	open_table(&replay);
	do
		snprintf(by, sizeof(by), "key %u", keys++);
	while (keys <= SIZE && show(&replay, by, 0, NOW + 300, NOW) == MCPASS_OK);
	CHECK_EQ("so many keys with one proof each", keys, SIZE - 90 + 1);
	CHECK_EQ("the first is known", show(&replay, "key 0", 0, NOW + 300, NOW), MCPASS_E_POLICY);
	CHECK_EQ("a new one is refused", show(&replay, "new", 0, NOW + 300, NOW), MCPASS_E_LIMIT);
	CHECK_EQ("in a while there is room", show(&replay, "new", 0, NOW + 900, NOW + 301), MCPASS_OK);
	close_table(&replay);
}

/* What has run out is given back while others come, so the table serves for ever. */
static void test_reuse(void)
{
	struct mp_replay replay;
	unsigned taken = 0, number = 0;

	open_table(&replay);
	for (int64_t now = NOW; now < NOW + 3000; now++)
		for (int i = 0; i < 2; i++) {
			char jti[16];

			snprintf(jti, sizeof(jti), "%u", number++);
			taken += mp_replay_add(&replay, i == 0 ? "a" : "b", jti, now + 60, now, NULL)
			    == MCPASS_OK;
		}
	CHECK_EQ("all were taken", taken, number);
	CHECK("and no more are kept than must be", replay.state->used < 200);
	close_table(&replay);
}

/* The guard's own answer to a key that has used up its share: later, and no login. */
static void test_busy(void)
{
	struct mcpass_guard *guard = new_dpop_guard(BOTH, NULL);
	struct token token = new_token(client, NULL);
	struct mcpass_verdict verdict = { 0 };
	char *first = new_proof(&token, NULL, NULL);

	present(guard, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("the first", &verdict, NULL);
	for (unsigned i = 0; verdict.type == MCPASS_ALLOW && i < 3000; i++) {
		char *proof = new_proof(&token, NULL, NULL);

		present(guard, "DPoP", &token, proof, "ping", NOW, &verdict);
		free(proof);
	}
	CHECK_EQ("so many are remembered", verdict.type, MCPASS_ALLOW);
	present(guard, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("the first is known still", &verdict, "invalid_dpop_proof");
	free(first);
	free_token(&token);
	mcpass_guard_free(guard);
}

static void test_table_memory(void)
{
	OOM_EACH_LATER {
		struct mp_replay replay;
		enum mcpass_rc rc;

		open_table(&replay);
		oom_from_here();
		rc = mp_replay_add(&replay, "k", "j", NOW + 300, NOW, NULL);
		CHECK_OOM("no digest", rc, MCPASS_OK);
		if (rc)
			CHECK_EQ("so it was not remembered", mp_replay_add(&replay, "k", "j", NOW + 300, NOW, NULL), MCPASS_OK);
		close_table(&replay);
	}
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
	test_flood();
	test_full();
	test_reuse();
	test_busy();
	test_table_memory();
	free_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
