/* Guards that share memory: what one found out the others need not, a proof passes once. */
#include "dpop.h"
#include "guard/shared.h"

#define ENDPOINT ISSUER "/introspect"
#define ACTIVE "{\"active\":true,\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1800009000," \
	"\"sub\":\"alice-id\",\"client_id\":\"cli\",\"scope\":\"mcp:read\"}"
#define LEN (512 * 1024)

/* --- the memory, and its lock --- */
static struct { void *bytes; int held; unsigned taken; } host;

static void lock(void *ctx)
{
	CHECK_EQ("never one in the other", ((int *)ctx)[0]++, 0);
	host.taken++;
}

static void unlock(void *ctx)
{
	((int *)ctx)[0]--;
}

static struct mcpass_shared_memory memory(void)
{
	return (struct mcpass_shared_memory){ host.bytes, LEN, lock, unlock, &host.held };
}

static void open_memory(void)
{
	free(host.bytes);
	host.bytes = calloc(1, LEN);
	must(host.bytes != NULL, "memory");
}

/* As a process leaves it that died while it wrote. */
static void die_writing(void)
{
	((uint64_t *)host.bytes)[2] = 1;
}

static struct mcpass_guard *sharing(const struct mcpass_introspection *introspection)
{
	const struct mcpass_shared_memory shared = memory();
	const struct mcpass_guard_issuer one = { ISSUER, JWKS, introspection };
	struct mcpass_guard_config cfg = default_config();

	cfg.shared = &shared;
	cfg.issuers = &one;
	cfg.dpop = MCPASS_DPOP_ACCEPTED;
	return new_guard(&cfg);
}

static void fetched(struct mcpass_guard *guard, const char *keys, int status, int64_t now)
{
	(void)mcpass_guard_fetched(guard, JWKS, status, keys, strlen(keys), now, NULL);
}

/* With a method, which every guard with DPoP wants to know. */
static enum mcpass_verdict_type judge(struct mcpass_guard *guard, const char *scheme,
    const char *token, int64_t now)
{
	const struct token one = { .text = (char *)token };
	struct mcpass_verdict verdict = { 0 };

	(void)present(guard, scheme, &one, NULL, "ping", now, &verdict);
	return verdict.type;
}

static void test_keys(void)
{
	struct token token = new_token(NULL, "{\"exp\":1800009000}");
	struct token strange = new_token(NULL, "{\"exp\":1800009000}");
	struct mcpass_guard *a, *b;
	char *none = key_set(other, NULL);

	open_memory();
	a = sharing(NULL);
	b = sharing(NULL);
	CHECK_EQ("no keys yet", judge(b, "Bearer", token.text, NOW), MCPASS_FETCH);
	fetched(a, set, 200, NOW);
	CHECK_EQ("those of the other guard", judge(b, "Bearer", token.text, NOW + 1), MCPASS_ALLOW);
	CHECK_EQ("after an hour they are old", judge(b, "Bearer", token.text, NOW + 3601), MCPASS_FETCH);
	fetched(a, set, 200, NOW + 3600);
	CHECK_EQ("the other one has new ones", judge(b, "Bearer", token.text, NOW + 3601), MCPASS_ALLOW);
	mcpass_guard_free(b);
	b = sharing(NULL);              /* the next configuration */
	CHECK_EQ("they outlive a guard", judge(b, "Bearer", token.text, NOW + 3602), MCPASS_ALLOW);
	mcpass_guard_free(a);
	mcpass_guard_free(b);

	open_memory();
	a = sharing(NULL);
	b = sharing(NULL);
	fetched(a, none, 200, NOW);
	CHECK_EQ("the key is not there: it is asked for", judge(b, "Bearer", strange.text, NOW + 1),
	    MCPASS_FETCH);
	CHECK_EQ("as long as no guard knows better", judge(b, "Bearer", strange.text, NOW + 2), MCPASS_FETCH);
	fetched(a, set, 200, NOW + 3);
	CHECK_EQ("until one does", judge(b, "Bearer", strange.text, NOW + 4), MCPASS_ALLOW);
	mcpass_guard_free(a);
	mcpass_guard_free(b);
	free(none);
	free_token(&token);
	free_token(&strange);
}

/* An issuer that is down is asked once for all guards. */
static void test_failure(void)
{
	struct token token = new_token(NULL, NULL);
	struct mcpass_guard *a, *b;

	open_memory();
	a = sharing(NULL);
	b = sharing(NULL);
	CHECK_EQ("nothing known", judge(a, "Bearer", token.text, NOW), MCPASS_FETCH);
	fetched(a, "connection refused", 0, NOW);
	CHECK_EQ("the other one need not ask", judge(b, "Bearer", token.text, NOW + 1), MCPASS_DENY);
	CHECK_EQ("until the cooldown is over", judge(b, "Bearer", token.text, NOW + 31), MCPASS_FETCH);
	fetched(b, set, 200, NOW + 31);
	CHECK_EQ("then both", judge(a, "Bearer", token.text, NOW + 32), MCPASS_ALLOW);
	mcpass_guard_free(a);
	mcpass_guard_free(b);
	free_token(&token);
}

static void test_proof_once(void)
{
	struct token token = new_token(client, NULL);
	char *first = new_proof(&token, NULL, NULL), *second = new_proof(&token, NULL, NULL);
	char *later = new_proof(&token, "{\"iat\":1800000011}", NULL);
	struct mcpass_verdict verdict;
	struct mcpass_guard *a, *b;

	open_memory();
	a = sharing(NULL);
	b = sharing(NULL);
	fetched(a, set, 200, NOW);
	(void)present(a, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("at one", &verdict, NULL);
	(void)present(b, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("not at the other, too", &verdict, "invalid_dpop_proof");
	mcpass_guard_free(b);
	b = sharing(NULL);
	(void)present(b, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("nor after a change of the configuration", &verdict, "invalid_dpop_proof");
	die_writing();
	(void)present(b, "DPoP", &token, second, "ping", NOW + 10, &verdict);
	check_verdict("what was made before the loss might be known no more", &verdict,
	    "invalid_dpop_proof");
	(void)present(b, "DPoP", &token, later, "ping", NOW + 11, &verdict);
	check_verdict("what was made afterwards passes", &verdict, NULL);
	(void)present(a, "DPoP", &token, later, "ping", NOW + 11, &verdict);
	check_verdict("once", &verdict, "invalid_dpop_proof");
	mcpass_guard_free(a);
	mcpass_guard_free(b);
	free(first);
	free(second);
	free(later);
	free_token(&token);
}

/* A signature is known with the keys that it was found good with, and for that token. */
static void test_signatures(void)
{
	struct token token = new_token(NULL, NULL);
	const struct mcpass_shared_memory shared = memory();
	struct mp_shared it = { 0 };
	struct mcpass_guard *a, *b;
	uint8_t both[2 * MP_SHA256_LEN], hash[MP_SHA256_LEN];
	char *renewed = key_set(other, NULL);

	open_memory();
	a = sharing(NULL);
	b = sharing(NULL);
	fetched(a, set, 200, NOW);
	CHECK_EQ("good", judge(a, "Bearer", token.text, NOW), MCPASS_ALLOW);
	must(!mp_shared_open(&it, &(struct mcpass_shared_memory){ host.bytes, LEN, shared.lock,
	    shared.unlock, shared.ctx }, true, NULL), "the same memory");
	must(!mp_sha256(token.text, strlen(token.text), both, NULL) && !mp_sha256(set, strlen(set),
	    both + MP_SHA256_LEN, NULL) && !mp_sha256(both, sizeof(both), hash, NULL), "a hash");
	CHECK("and known as such", mp_shared_is_signed(&it, hash, NOW));
	CHECK("until the token is over", !mp_shared_is_signed(&it, hash, NOW + 301));
	CHECK_EQ("at the other, too", judge(b, "Bearer", token.text, NOW), MCPASS_ALLOW);
	token.text[strlen(token.text) - 8] ^= 1;
	CHECK_EQ("not for another signature", judge(b, "Bearer", token.text, NOW), MCPASS_DENY);
	token.text[strlen(token.text) - 8] ^= 1;
	fetched(b, renewed, 200, NOW + 1);
	CHECK_EQ("not once the key is withdrawn", judge(b, "Bearer", token.text, NOW + 2), MCPASS_DENY);
	mp_shared_close(&it);
	mcpass_guard_free(a);
	mcpass_guard_free(b);
	free(renewed);
	free_token(&token);
}

/* --- what issuers say of opaque tokens --- */

static enum mcpass_verdict_type say(struct mcpass_guard *guard, const char *word, int64_t now)
{
	const struct token opaque = { .text = (char *)"opaque-token-1" };
	struct mcpass_verdict verdict = { 0 };

	(void)present(guard, "Bearer", &opaque, NULL, "ping", now, &verdict);
	if (verdict.type == MCPASS_FETCH && word != NULL)
		(void)mcpass_guard_fetched(guard, verdict.fetch->key, 200, word, strlen(word), now, NULL);
	else
		return verdict.type;
	(void)present(guard, "Bearer", &opaque, NULL, "ping", now, &verdict);
	return verdict.type;
}

static void test_words(void)
{
	struct mcpass_introspection us = { .client_id = "us", .client_secret = "s3cret",
		.endpoint = ENDPOINT }, them = us;
	struct mcpass_guard *a, *b, *c;

	open_memory();
	them.client_id = "them";
	a = sharing(&us);
	b = sharing(&us);
	c = sharing(&them);
	CHECK_EQ("asked", say(a, ACTIVE, NOW), MCPASS_ALLOW);
	CHECK_EQ("asked for the other, too", say(b, NULL, NOW + 1), MCPASS_ALLOW);
	CHECK_EQ("not for another client", say(c, NULL, NOW + 1), MCPASS_FETCH);
	CHECK_EQ("no longer than its own", say(b, NULL, NOW + 60), MCPASS_FETCH);
	CHECK_EQ("withdrawn", say(a, "{\"active\":false}", NOW + 60), MCPASS_DENY);
	CHECK_EQ("for both", say(b, NULL, NOW + 61), MCPASS_DENY);
	CHECK_EQ("asked again in a while", say(b, NULL, NOW + 66), MCPASS_FETCH);
	CHECK_EQ("good again", say(a, ACTIVE, NOW + 66), MCPASS_ALLOW);
	CHECK_EQ("for both, too", say(b, NULL, NOW + 66), MCPASS_ALLOW);
	mcpass_guard_free(a);
	mcpass_guard_free(b);
	mcpass_guard_free(c);
}

/* --- the answers' room --- */

static void name(unsigned number, uint8_t hash[MP_SHA256_LEN])
{
	must(!mp_sha256(&number, sizeof(number), hash, NULL), "a hash");
}

static bool is_there(struct mp_shared *shared, unsigned number, size_t len)
{
	struct mp_shared_answer answer = { 0 };
	uint8_t hash[MP_SHA256_LEN];
	bool found = false, same;

	name(number, hash);
	must(!mp_shared_find_answer(shared, hash, 0, NOW, &answer, &found, NULL), "a look");
	same = found && answer.body.len == len && answer.status == (int)number;
	for (size_t i = 0; same && i < len; i++)
		same = answer.body.data[i] == (char)number;
	CHECK("whole, or not at all", same || !found);
	mp_buf_free(&answer.body);
	return found;
}

static void test_room(void)
{
	const struct mcpass_shared_memory shared = memory();
	static char body[LEN];
	struct mp_shared it = { 0 };
	uint8_t hash[MP_SHA256_LEN];
	unsigned known = 0;

	open_memory();
	must(!mp_shared_open(&it, &(struct mcpass_shared_memory){ host.bytes, LEN, shared.lock,
	    shared.unlock, shared.ctx }, false, NULL), "the memory");
	for (unsigned i = 1; i <= 3000; i++) {
		size_t len = (size_t)i * 37 % 5000;

		memset(body, (char)i, len);
		name(i, hash);
		mp_shared_add_answer(&it, hash, (int)i, body, len, NOW);
		CHECK("the newest is there", is_there(&it, i, len));
	}
	for (unsigned i = 1; i <= 3000; i++)
		known += is_there(&it, i, (size_t)i * 37 % 5000);
	CHECK("and the last few", known > 20 && known < 200);
	name(1, hash);
	mp_shared_add_answer(&it, hash, 1, body, LEN / 2, NOW);
	CHECK("what is too long is not kept", !is_there(&it, 1, LEN / 2));
	die_writing();
	CHECK("after a loss there is none", !is_there(&it, 3000, (size_t)3000 * 37 % 5000));
	mp_shared_close(&it);
}

static void test_misuse(void)
{
	struct mcpass_shared_memory small = memory(), half = memory(), strange, other_len;
	struct mp_shared it = { 0 };

	open_memory();
	small = half = strange = other_len = memory();
	small.len = MCPASS_SHARED_MIN - 1;
	half.unlock = NULL;
	other_len.len = LEN - 8;
	CHECK_EQ("too small", mp_shared_open(&it, &small, true, NULL), MCPASS_E_USAGE);
	CHECK_EQ("never unlocked", mp_shared_open(&it, &half, true, NULL), MCPASS_E_USAGE);
	CHECK_EQ("good", mp_shared_open(&it, &strange, true, NULL), MCPASS_OK);
	CHECK_EQ("another length", mp_shared_open(&it, &other_len, true, NULL), MCPASS_E_USAGE);
	memset(host.bytes, 0x5a, 64);
	CHECK_EQ("something else", mp_shared_open(&it, &strange, true, NULL), MCPASS_E_USAGE);
	mp_shared_close(&it);
}

/* A guard that shares, once per failing allocation. */
static void test_memory(void)
{
	struct token token = new_token(NULL, NULL);

	OOM_EACH_LATER {
		struct mcpass_guard *a, *b;
		struct mcpass_verdict verdict = { 0 };
		enum mcpass_rc rc;

		open_memory();
		a = sharing(NULL);
		b = sharing(NULL);
		fetched(a, set, 200, NOW);
		oom_from_here();
		rc = present(b, "Bearer", &token, NULL, "ping", NOW, &verdict);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("no request is let in", verdict.type, rc ? MCPASS_DENY : MCPASS_ALLOW);
		CHECK_EQ("the lock is free", host.held, 0);
		mcpass_guard_free(a);
		mcpass_guard_free(b);
	}
	free_token(&token);
}

int main(void)
{
	make_keys();
	test_keys();
	test_failure();
	test_proof_once();
	test_signatures();
	test_words();
	test_room();
	test_misuse();
	test_memory();
	CHECK("the lock was taken", host.taken > 0);
	free(host.bytes);
	free_keys();
	return check_done();
}
