/* The keys that sign one after another: published before, and until the last token has ended. */
#include "issuer/core.h"
#include "issuer/signing.h"
#include "kit.h"
#include "wire/jose/jwk.h"

#define LEAD 100

static char first_kid[64];

static const char *new_key(void)
{
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	char *dump;
	const char *text;

	mp_key_generate(MP_ES256, &key, NULL);
	mp_jwk_write(key, true, &jwk, NULL);
	dump = mp_json_dump(jwk);
	text = kit_text(dump, strlen(dump));
	mp_free_wiped(dump);
	json_decref(jwk);
	mp_key_free(key);
	return text;
}

static const struct { const char *label, *text; enum mcpass_rc want; } read_rows[] = {
	{ "no JSON", "x", MCPASS_E_PROTOCOL },
	{ "no key", "{}", MCPASS_E_PROTOCOL },
	{ "an empty record", "{\"keys\":[]}", MCPASS_E_PROTOCOL },
	{ "an entry without a key", "{\"keys\":[{\"from\":1}]}", MCPASS_E_PROTOCOL },
	{ "no list", "{\"keys\":{}}", MCPASS_E_PROTOCOL },
};

static void test_read(void)
{
	struct mp_signing_keys keys = { 0 };

	for (size_t i = 0; i < COUNT(read_rows); i++) {
		CHECK_EQ(read_rows[i].label, mp_signing_read(read_rows[i].text, &keys, NULL),
		    read_rows[i].want);
		mp_signing_free(&keys);
	}
	CHECK_EQ("one key", mp_signing_read(kit_key(), &keys, NULL), MCPASS_OK);
	CHECK("it signs", mp_signing_current(&keys, 0) == &keys.items[0]);
	mp_signing_free(&keys);
}

/* Rotated at START: what signs, and what is published, at each time. */
static const struct {
	const char *label;
	int64_t at;                     /* after START */
	size_t signing, published;
	const char *first, *second;     /* their states */
} time_rows[] = {
	{ "at once", 0, 0, 2, "signing", "next" },
	{ "before its time", LEAD - 1, 0, 2, "signing", "next" },
	{ "in its time", LEAD, 1, 2, "published", "signing" },
	{ "as long as a token of the first may live", LEAD + MP_KEY_LINGER - 1, 1, 2, "published", "signing" },
	{ "afterwards", LEAD + MP_KEY_LINGER, 1, 1, "ended", "signing" },
};

static void test_times(void)
{
	struct mp_signing_keys keys = { 0 };
	struct mp_key *published[MP_MAX_SIGNING_KEYS];
	char *record = NULL;

	CHECK_EQ("rotated", mp_signing_rotate(kit_key(), new_key(), START, LEAD, &record, NULL), MCPASS_OK);
	CHECK_EQ("read", mp_signing_read(record, &keys, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(time_rows); i++) {
		int64_t now = START + time_rows[i].at;
		json_t *list = NULL;

		CHECK_EQ(time_rows[i].label, mp_signing_current(&keys, now) - keys.items, time_rows[i].signing);
		CHECK_EQ(time_rows[i].label, mp_signing_published(&keys, now, published),
		    time_rows[i].published);
		CHECK_EQ("listed", mp_signing_list(&keys, now, &list, NULL), MCPASS_OK);
		CHECK_STR(time_rows[i].label, json_string_value(json_object_get(json_array_get(list, 0),
		    "state")), time_rows[i].first);
		CHECK_STR(time_rows[i].label, json_string_value(json_object_get(json_array_get(list, 1),
		    "state")), time_rows[i].second);
		CHECK("no secret", json_object_get(json_array_get(list, 0), "d") == NULL);
		json_decref(list);
	}
	mp_signing_free(&keys);
	mp_free_wiped(record);
}

/* A key that leaked is not published any longer, nor is one that waits. */
static void test_leaked(void)
{
	struct mp_signing_keys keys = { 0 };
	const char *next = new_key();
	char *record = NULL;

	CHECK_EQ("replaced", mp_signing_replace(next, START, &record, NULL), MCPASS_OK);
	CHECK_EQ("read", mp_signing_read(record, &keys, NULL), MCPASS_OK);
	CHECK_EQ("it is alone", keys.count, 1);
	CHECK_EQ("it signs now", keys.items[0].from, START);
	CHECK_EQ("with no end", keys.items[0].until, 0);
	mp_signing_free(&keys);
	mp_free_wiped(record);
	CHECK_EQ("no key", mp_signing_replace("{", START, &record, NULL), MCPASS_E_PROTOCOL);
	OOM_EACH {
		char *made = NULL;

		CHECK_OOM("no memory", mp_signing_replace(next, START, &made, NULL), MCPASS_OK);
		mp_free_wiped(made);
	}
}

/* One after another, and never two that wait. */
static void test_rotations(void)
{
	struct mp_signing_keys keys = { 0 };
	struct mcpass_error err = { 0 };
	char *record = NULL, *next = NULL;
	int64_t now = START;

	CHECK_EQ("first", mp_signing_rotate(kit_key(), new_key(), now, LEAD, &record, NULL), MCPASS_OK);
	CHECK_EQ("too early", mp_signing_rotate(record, new_key(), now + LEAD - 1, LEAD, &next, &err),
	    MCPASS_E_USAGE);
	CHECK_HAS("and it says so", err.detail, "published already");
	for (int i = 0; i < 3; i++) {
		now += LEAD + MP_KEY_LINGER;
		CHECK_EQ("next", mp_signing_rotate(record, new_key(), now, LEAD, &next, NULL), MCPASS_OK);
		mp_free_wiped(record);
		record = next;
		next = NULL;
	}
	CHECK_EQ("read", mp_signing_read(record, &keys, NULL), MCPASS_OK);
	CHECK_EQ("what has ended is dropped", keys.count, 2);
	mp_signing_free(&keys);
	for (size_t i = 2; i < MP_MAX_SIGNING_KEYS; i++) {
		now += LEAD;
		CHECK_EQ("at a pace", mp_signing_rotate(record, new_key(), now, LEAD, &next, NULL), MCPASS_OK);
		mp_free_wiped(record);
		record = next;
		next = NULL;
	}
	CHECK_EQ("too many", mp_signing_rotate(record, new_key(), now + LEAD, LEAD, &next, NULL),
	    MCPASS_E_USAGE);
	mp_free_wiped(record);
}

static const char *kid_of(struct kit *kit, const char *token)
{
	struct mp_jws jws = { 0 };
	const char *kid;

	(void)kit;
	CHECK_EQ("a token", mp_jws_parse((struct mp_span){ token, strlen(token) }, &jws, NULL), MCPASS_OK);
	kid = kit_text(jws.kid, strlen(jws.kid));
	mp_jws_free(&jws);
	return kid;
}

static size_t count_keys(struct kit *kit)
{
	json_t *set;
	size_t count;

	kit_get(kit, "/jwks", NULL);
	set = json_loads(kit_body(kit), 0, NULL);
	count = json_array_size(json_object_get(set, "keys"));
	CHECK("no private part", strstr(kit_body(kit), "\"d\"") == NULL);
	json_decref(set);
	return count;
}

static const char *new_token(struct kit *kit)
{
	return kit_exchange(kit, kit_code(kit, "alice", "mcp:tools"), ""), kit_member(kit, "access_token");
}

static bool is_active(struct kit *kit, const char *token)
{
	struct mp_turn turn = { .issuer = kit->issuer,
		.request = &(struct mp_http_request){ .now = kit->now } };
	json_t *claims = NULL;
	bool active;

	mp_access_read(&turn, token, &claims, &kit->err);
	active = claims != NULL;
	json_decref(claims);
	return active;
}

/* A running issuer takes the record up; a token of the first key stays good until it ends. */
static void test_issuer(void)
{
	struct mp_issuer_config config = kit_config(AS);
	const char *old, *new, *second = new_key();
	char *record = NULL;
	struct kit kit = { .now = START };

	config.keys_rotate = true;
	memstore_open(&kit.memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit.issuer, &kit.err), MCPASS_OK);
	kit_register(&kit, PUBLIC_CLIENT);
	old = new_token(&kit);
	snprintf(first_kid, sizeof(first_kid), "%s", kid_of(&kit, old));
	CHECK_EQ("one key", count_keys(&kit), 1);
	mp_signing_rotate(kit_key(), second, kit.now, LEAD, &record, NULL);
	config.store.put(config.store.ctx, MP_KIND_SERVER, MP_KEY_RECORD, NULL, START * 2LL, record, NULL);
	kit.now += 1;
	CHECK_EQ("the next is published", count_keys(&kit), 2);
	old = new_token(&kit);
	CHECK_STR("the first still signs", kid_of(&kit, old), first_kid);
	kit.now = START + LEAD;
	new = new_token(&kit);
	CHECK("the next signs", strcmp(kid_of(&kit, new), first_kid) != 0);
	CHECK("the new token is good", is_active(&kit, new));
	CHECK("the old one, too", is_active(&kit, old));
	kit.now = START + LEAD + MP_KEY_LINGER;
	CHECK_EQ("the first is gone", count_keys(&kit), 1);
	CHECK("its token has ended", !is_active(&kit, old));
	config.store.put(config.store.ctx, MP_KIND_SERVER, MP_KEY_RECORD, NULL, START * 2LL, "{}", NULL);
	kit.now += 1;
	kit_get(&kit, "/jwks", NULL);
	CHECK_EQ("a broken record is a failure of this machine", kit.rc, MCPASS_E_STORE);
	mp_free_wiped(record);
	kit_close(&kit);
}

static void test_no_memory(void)
{
	const char *next = new_key();

	OOM_EACH {
		struct mp_signing_keys keys = { 0 };
		json_t *list = NULL;
		char *record = NULL;
		enum mcpass_rc rc;

		rc = mp_signing_rotate(kit_key(), next, START, LEAD, &record, NULL);
		if (!rc)
			rc = mp_signing_read(record, &keys, NULL);
		if (!rc)
			rc = mp_signing_list(&keys, START, &list, NULL);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		json_decref(list);
		mp_free_wiped(record);
		mp_signing_free(&keys);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	test_read();
	test_times();
	test_rotations();
	test_leaked();
	test_issuer();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
