/* What a guard remembers of tokens: so many and no more, and never that they are good for
 * something. */
#include "dpop.h"
#include "guard/cache.h"

/* --- the table itself --- */

static void set_digest(uint8_t digest[MP_SHA256_LEN], unsigned n)
{
	memset(digest, 0, MP_SHA256_LEN);
	digest[0] = n & 0xff;           /* and the bucket */
	digest[1] = n >> 8 & 0xff;
	digest[2] = n >> 16 & 0xff;
}

static struct mp_entry *new_entry(unsigned n)
{
	struct mp_entry *entry = calloc(1, sizeof(*entry));

	must(entry != NULL && mp_set(&entry->kid, "kid", NULL) == MCPASS_OK
	    && mp_set(&entry->claims.sub, "sub", NULL) == MCPASS_OK, "an entry");
	set_digest(entry->digest, n);
	entry->at = n;
	return entry;
}

static struct mp_entry *find(struct mp_cache *memory, unsigned n)
{
	uint8_t digest[MP_SHA256_LEN];

	set_digest(digest, n);
	return mp_cache_find(memory, digest);
}

static void test_table(void)
{
	struct mp_cache memory;
	long empty;

	must(mp_cache_init(&memory, NULL) == MCPASS_OK, "a table");
	empty = mp_test_live_blocks();
	CHECK("nothing there", find(&memory, 1) == NULL);
	mp_cache_add(&memory, new_entry(1));
	mp_cache_add(&memory, new_entry(1 + 0x10000));         /* in the same bucket */
	CHECK_EQ("the one", find(&memory, 1)->at, 1);
	CHECK_EQ("the other", find(&memory, 1 + 0x10000)->at, 1 + 0x10000);
	CHECK("no third", find(&memory, 1 + 0x20000) == NULL);
	mp_cache_add(&memory, new_entry(1));
	CHECK_EQ("one of a hash", memory.count, 2);
	mp_cache_forget(&memory, find(&memory, 1));
	CHECK("forgotten", find(&memory, 1) == NULL);
	CHECK_EQ("the other stays", find(&memory, 1 + 0x10000)->at, 1 + 0x10000);
	mp_cache_forget(&memory, find(&memory, 1 + 0x10000));
	CHECK_EQ("all of it", mp_test_live_blocks(), empty);
	mp_cache_free(&memory);
}

/* The one that was not used for longest goes first, whatever came how often. */
static void test_cap(void)
{
	struct mp_cache memory;
	long full;

	must(mp_cache_init(&memory, NULL) == MCPASS_OK, "a table");
	for (unsigned n = 0; n < MP_MAX_REMEMBERED; n++)
		mp_cache_add(&memory, new_entry(n));
	full = mp_test_live_blocks();
	CHECK_EQ("full", memory.count, MP_MAX_REMEMBERED);
	CHECK("the oldest is used", find(&memory, 0) != NULL);
	mp_cache_add(&memory, new_entry(MP_MAX_REMEMBERED));
	CHECK_EQ("no more than full", memory.count, MP_MAX_REMEMBERED);
	CHECK("so it stays", find(&memory, 0) != NULL);
	CHECK("and the next one goes", find(&memory, 1) == NULL);
	for (unsigned n = 0; n < 3 * MP_MAX_REMEMBERED; n++)
		mp_cache_add(&memory, new_entry(0x10000 + n % 0x3000));
	CHECK_EQ("a flood does not make it grow", mp_test_live_blocks(), full);
	CHECK_EQ("nor fuller", memory.count, MP_MAX_REMEMBERED);
	mp_cache_free(&memory);
}

/* --- the guard's use of it --- */

static struct mcpass_guard *guard_of(const char *keys, enum mcpass_dpop_mode dpop)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;

	cfg.dpop = dpop;
	guard = new_guard(&cfg);
	must(mcpass_guard_fetched(guard, JWKS, 200, keys, strlen(keys), NOW, NULL) == MCPASS_OK,
	    "the key set");
	return guard;
}

/* What happens to a token that was let in before: the attack is in the later request. */
static const struct {
	const char *label, *changes;    /* to the token's claims */
	int64_t at;                     /* of the later request, seconds */
	const char *method;             /* that it is for */
	int status;                     /* 0: let in */
	const char *why;
} later_rows[] = {
	{ "again", NULL, 1, "ping", 0, NULL },
	{ "to its last second", NULL, 359, "ping", 0, NULL },
	{ "expired since", NULL, 360, "ping", 401, "expired" },
	{ "the clock set back before nbf", "{\"nbf\":1800000000}", -61, "ping", 401, "nbf lies" },
	{ "the clock set back before iat", NULL, -61, "ping", 401, "iat lies" },
	{ "for what it is not good for", NULL, 1, "tools/call", 403, "lacks a scope" },
};

/* spec: CWE-613; RFC 7519 4.1.4: remembered or not, it ends */
static void test_later(void)
{
	for (size_t i = 0; i < COUNT(later_rows); i++) {
		const char *label = later_rows[i].label;
		struct mcpass_guard *guard = guard_of(set, MCPASS_DPOP_OFF);
		char *value = bearer(issuer, MP_ES256, NULL, later_rows[i].changes);
		struct mcpass_verdict verdict = { 0 };

		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ("let in", verdict.type, MCPASS_ALLOW);
		ask(guard, value, later_rows[i].method, NULL, NOW + later_rows[i].at, &verdict);
		CHECK_EQ(label, verdict.status, later_rows[i].status);
		if (later_rows[i].why != NULL)
			CHECK_HAS(label, verdict.reason, later_rows[i].why);
		else
			CHECK_STR("who it is, still", verdict.subject, "alice-id");
		mp_free_wiped(value);
		mcpass_guard_free(guard);
	}
}

/* A token that differs in its last letter is another one. */
static void test_similar(void)
{
	struct mcpass_guard *guard = guard_of(set, MCPASS_DPOP_OFF);
	char *value = bearer(issuer, MP_ES256, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("let in", verdict.type, MCPASS_ALLOW);
	value[strlen(value) - 10] ^= 1;
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("another signature", verdict.status, 401);
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

static struct mp_key *copy_by_kid(const struct mp_key *key, const struct mp_key *named)
{
	return rename_key(key, mp_key_kid(named));
}

/* The issuer's set is replaced while a token is remembered. */
static void test_replaced(void)
{
	struct mp_key *alias = copy_by_kid(other, issuer);      /* another key, the same kid */
	char *both = key_set(issuer, other), *without = key_set(other, NULL);
	char *same_kid = key_set(alias, NULL);
	const struct { const char *label, *keys; int status; } rows[] = {
		{ "the same set again", set, 0 },
		{ "one more key", both, 0 },
		{ "without the key", without, 401 },
		{ "another key by its name", same_kid, 401 },
		{ "no keys at all: that withdraws none", "{\"keys\":[]}", 0 },
	};
	char *value = bearer(issuer, MP_ES256, NULL, NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_guard *guard = guard_of(set, MCPASS_DPOP_OFF);
		struct mcpass_verdict verdict = { 0 };

		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ("let in", verdict.type, MCPASS_ALLOW);
		mcpass_guard_fetched(guard, JWKS, 200, rows[i].keys, strlen(rows[i].keys), NOW, NULL);
		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(rows[i].label, verdict.status, rows[i].status);
		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(rows[i].label, verdict.status, rows[i].status);
		mcpass_guard_free(guard);
	}
	mp_free_wiped(value);
	free(both);
	free(without);
	free(same_kid);
	mp_key_free(alias);
}

/* What was refused for want of a key is not remembered as bad: the key may come. */
static void test_key_comes(void)
{
	char *both = key_set(issuer, other), *value = bearer(other, MP_ES256, NULL, NULL);
	struct mcpass_guard *guard = guard_of(set, MCPASS_DPOP_OFF);
	struct mcpass_verdict verdict = { 0 };

	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("no such key", verdict.status, 401);
	mcpass_guard_fetched(guard, JWKS, 200, both, strlen(both), NOW, NULL);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_EQ("and then there is", verdict.status, 0);
	mp_free_wiped(value);
	free(both);
	mcpass_guard_free(guard);
}

/* Whoever holds no key shows a bound token in vain, though it was good a moment ago; and a
 * proof is good once. */
static void test_bound(void)
{
	struct mcpass_guard *guard = guard_of(set, MCPASS_DPOP_ACCEPTED);
	struct token token = new_token(client, NULL);
	char *first = new_proof(&token, NULL, NULL), *second = new_proof(&token, NULL, NULL);
	char *thief = new_proof_by(other, MP_ES256, &token, NULL, NULL);
	struct mcpass_verdict verdict = { 0 };

	present(guard, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("let in", &verdict, NULL);
	present(guard, "DPoP", &token, first, "ping", NOW, &verdict);
	check_verdict("the same proof", &verdict, "invalid_dpop_proof");
	present(guard, "Bearer", &token, NULL, "ping", NOW, &verdict);
	check_verdict("without a proof", &verdict, "invalid_token");
	present(guard, "DPoP", &token, thief, "ping", NOW, &verdict);
	check_verdict("with another key", &verdict, "invalid_token");
	present(guard, "DPoP", &token, second, "ping", NOW, &verdict);
	check_verdict("with its own", &verdict, NULL);
	free(first);
	free(second);
	free(thief);
	free_token(&token);
	mcpass_guard_free(guard);
}

/* spec: RFC 8725 3.8: two issuers with a key of the same name keep apart, remembered or not */
static void test_same_kid(void)
{
	static const struct mcpass_guard_issuer two[] = { { ISSUER, JWKS, NULL },
		{ OTHER, OTHER "/jwks", NULL } };
	struct mcpass_guard_config cfg = default_config();
	struct mp_key *alias = copy_by_kid(other, issuer);
	char *theirs = key_set(alias, NULL), *value;
	const struct { const char *label; const struct mp_key *key; const char *changes; int status; }
	rows[] = {
		{ "ours", issuer, NULL, 0 },
		{ "theirs", alias, "{\"iss\":\"" OTHER "\"}", 0 },
		{ "our key for their name", issuer, "{\"iss\":\"" OTHER "\"}", 401 },
		{ "their key for our name", alias, NULL, 401 },
	};
	struct mcpass_guard *guard;

	cfg.issuers = two;
	cfg.issuer_count = 2;
	guard = new_guard(&cfg);
	mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL);
	mcpass_guard_fetched(guard, OTHER "/jwks", 200, theirs, strlen(theirs), NOW, NULL);
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		size_t n = i % COUNT(rows);
		struct mcpass_verdict verdict = { 0 };

		value = bearer(rows[n].key, MP_ES256, NULL, rows[n].changes);
		ask(guard, value, "ping", NULL, NOW, &verdict);
		CHECK_EQ(rows[n].label, verdict.status, rows[n].status);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
	free(theirs);
	mp_key_free(alias);
}

/* One issuer without an answer is no harm to the other one's tokens. */
static void test_one_down(void)
{
	static const struct mcpass_guard_issuer two[] = { { ISSUER, JWKS, NULL },
		{ OTHER, OTHER "/jwks", NULL } };
	struct mcpass_guard_config cfg = default_config();
	char *ours = bearer(issuer, MP_ES256, NULL, NULL);
	char *theirs = bearer(issuer, MP_ES256, NULL, "{\"iss\":\"" OTHER "\"}");
	struct mcpass_verdict verdict = { 0 };
	struct mcpass_guard *guard;

	cfg.issuers = two;
	cfg.issuer_count = 2;
	guard = new_guard(&cfg);
	mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL);
	mcpass_guard_fetched(guard, OTHER "/jwks", 0, "refused", 7, NOW, NULL);
	ask(guard, theirs, "ping", NULL, NOW, &verdict);
	CHECK_EQ("down", verdict.status, 503);
	CHECK_STR("says whom, and why", verdict.reason, OTHER "/jwks: refused");
	ask(guard, ours, "ping", NULL, NOW, &verdict);
	CHECK_EQ("up", verdict.status, 0);
	mp_free_wiped(ours);
	mp_free_wiped(theirs);
	mcpass_guard_free(guard);
}

int main(void)
{
	make_keys();
	test_table();
	test_cap();
	test_later();
	test_similar();
	test_replaced();
	test_key_comes();
	test_bound();
	test_same_kid();
	test_one_down();
	free_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
