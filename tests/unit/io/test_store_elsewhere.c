/* Stores elsewhere: what a database's URL says, sealed records, and, where tests/postgres/run.py
 * names a database, the locks and generations of many hosts. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/secret.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/store/pg_url.h"
#include "io/store/store.h"
#include "io/store/store_key.h"
#include "io/store/transfer.h"
#include "issuer/issuer.h"

#define KEY_1 "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY_2 "mcpass-key-1.__________________________________________8"

static char folder[256], path[512], key_path[600];

/* --- URLs --- */

static const struct {
	const char *label, *place;
	bool is_url, has_password;
	const char *shown;
} url_rows[] = {
	{ "a file", "/var/lib/postgresql://x", false, false, "/var/lib/postgresql://x" },
	{ "another scheme", "mysql://u:p@h/d", false, false, "mysql://u:p@h/d" },
	{ "all of it", "postgresql://u@h:5432/d?sslmode=require", true, false, "postgresql://u@h:5432/d" },
	{ "the short scheme", "postgres://h/d", true, false, "postgresql://h/d" },
	{ "a password", "postgres://u:secret@h/d", true, true, "postgresql://u@h/d" },
	{ "an empty one", "postgres://u:@h/d", true, true, "postgresql://u@h/d" },
	{ "one with a slash", "postgres://u:se/cret@h/d", true, true, "postgresql://u@h/d" },
	{ "one with an @", "postgres://u:se@cret@h/d", true, true, "postgresql://u@h/d" },
	{ "one with a ?", "postgres://u:?secret@h/d", true, true, "postgresql://u@h/d" },
	{ "one with a ? and an @", "postgres://u:x?sec@ret@h/d?a=b", true, true, "postgresql://u@h/d" },
	{ "one as a parameter", "postgres:///d?user=u&password=secret", true, true, "postgresql:///d" },
	{ "one of a key", "postgres:///d?sslpassword=secret", true, true, "postgresql:///d" },
	{ "a client key", "postgres:///d?scram_client_key=secret", true, true, "postgresql:///d" },
	{ "an @ behind it", "postgres://h?password=secret@h", true, true, "postgresql://h@h" },
	{ "an @ in a parameter", "postgres://h:1/d?user=a@b", true, false, "postgresql://h:1/d" },
	{ "a name that is encoded", "postgres:///d?pass%77ord=secret", true, true, "postgresql:///d" },
	{ "a file of passwords", "postgres:///d?passfile=/etc/pw", true, false, "postgresql:///d" },
	{ "a port is none", "postgres://h:5432/d", true, false, "postgresql://h:5432/d" },
	{ "IPv6", "postgres://[::1]:5432/d", true, false, "postgresql://[::1]:5432/d" },
	{ "several hosts", "postgres://u@a:1,b:2/d", true, false, "postgresql://u@a:1,b:2/d" },
};

static void test_urls(void)
{
	for (size_t i = 0; i < COUNT(url_rows); i++) {
		struct mcpass_error err = { 0 };
		char *shown = NULL;

		CHECK_EQ(url_rows[i].label, mp_pg_url_is(url_rows[i].place), url_rows[i].is_url);
		CHECK_EQ(url_rows[i].label, mp_pg_url_has_password(url_rows[i].place),
		    url_rows[i].has_password);
		CHECK_EQ(url_rows[i].label, mp_pg_url_show(url_rows[i].place, &shown, NULL), MCPASS_OK);
		CHECK_STR(url_rows[i].label, shown, url_rows[i].shown);
		free(shown);
		CHECK_EQ(url_rows[i].label, mp_pg_url_check_argument(url_rows[i].place, &err),
		    url_rows[i].has_password ? MCPASS_E_POLICY : MCPASS_OK);
		CHECK(url_rows[i].label, strstr(err.detail, "secret") == NULL);
	}
	CHECK_EQ("none given", mp_pg_url_check_argument(NULL, NULL), MCPASS_OK);
}

static const struct {
	const char *label, *place;
	enum mcpass_rc rc;
} place_rows[] = {
	{ "a file", "/var/lib/x.db", MCPASS_OK },
	{ "one of this folder", "x.db", MCPASS_OK },
	{ "memory", ":memory:", MCPASS_OK },
	{ "a path with a scheme in it", "./mysql://u:secret@h/d", MCPASS_OK },
	{ "a name with an =", "a=b.db", MCPASS_OK },
	{ "nothing", "", MCPASS_OK },
	{ "PostgreSQL", "postgres://u:secret@h/d", MCPASS_OK },
	{ "another scheme", "mysql://u:secret@h/d", MCPASS_E_USAGE },
	{ "in capitals", "POSTGRESQL://u:secret@h/d", MCPASS_E_USAGE },
	{ "a slash too few", "postgresql:/u:secret@h/d", MCPASS_E_USAGE },
	{ "a blank before", " postgresql://u:secret@h/d", MCPASS_E_USAGE },
	{ "libpq's other form", "host=h password=secret", MCPASS_E_USAGE },
	{ "a service", "service=x", MCPASS_E_USAGE },
};

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(place_rows[i].label, mp_pg_url_check_place(place_rows[i].place, &err),
		    place_rows[i].rc);
		CHECK(place_rows[i].label, strstr(err.detail, "secret") == NULL);
	}
}

/* --- sealed records --- */

static struct mp_store *open_store(const char *label, enum mcpass_rc want)
{
	struct mp_store *store = NULL;

	CHECK_EQ(label, mp_store_open_with(path, NULL, &store, NULL), want);
	return store;
}

static void expect(const char *label, enum mcpass_rc want, const char *text, const char *says)
{
	struct mp_store *store = open_store(label, MCPASS_OK);
	struct mcpass_error err = { 0 };
	char *record = NULL;

	CHECK_EQ(label, mp_store_load(store, "k", &record, &err), want);
	CHECK_STR(label, record, text);
	CHECK_HAS(label, err.detail, says);
	mp_free_wiped(record);
	mp_store_close(store);
}

static void save(const char *label, const char *text)
{
	struct mp_store *store = open_store(label, MCPASS_OK);

	CHECK_EQ(label, mp_store_save(store, "k", text, NULL), MCPASS_OK);
	mp_store_close(store);
}

static bool file_has(const char *part)
{
	size_t len, part_len = strlen(part);
	char *data = check_read(path, &len);
	bool found = false;

	for (size_t i = 0; i + part_len <= len && !found; i++)
		found = memcmp(data + i, part, part_len) == 0;
	free(data);
	return found;
}

/* user_version, by which an older program refuses the file. */
static int format(void)
{
	size_t len;
	char *data = check_read(path, &len);
	int version = len > 63 ? data[63] : -1;

	free(data);
	return version;
}

/* A program that runs for long began before the store was sealed, and sealed again. */
static void test_sealed_meanwhile(void)
{
	struct mp_store *running, *other;
	char *text = NULL;

	save("plain", "token-of-sunday");
	running = open_store("without a key", MCPASS_OK);
	write_file(key_path, KEY_1 "\n", 0600);
	save("sealed by another", "token-of-monday");
	CHECK_EQ("read", mp_store_load(running, "k", &text, NULL), MCPASS_OK);
	CHECK_STR("opened", text, "token-of-monday");
	CHECK_EQ("saved", mp_store_save(running, "k", "token-of-tuesday", NULL), MCPASS_OK);
	CHECK("not as it is", !file_has("token-of-tuesday"));
	write_file(key_path, KEY_2 "\n" KEY_1 "\n", 0600);
	other = open_store("sealed again", MCPASS_OK);
	CHECK_EQ("by another", mp_store_save(other, "k", "token-of-wednesday", NULL), MCPASS_OK);
	mp_store_close(other);
	mp_free_wiped(text);
	text = NULL;
	CHECK_EQ("read", mp_store_load(running, "k", &text, NULL), MCPASS_OK);
	CHECK_STR("opened", text, "token-of-wednesday");
	mp_free_wiped(text);
	mp_store_close(running);
	unlink(key_path);
	unlink(path);
}

static void test_sealed(void)
{
	save("plain", "token-of-monday");
	CHECK_EQ("the old format", format(), 1);
	CHECK("as it is", file_has("token-of-monday"));
	write_file(key_path, KEY_1 "\n", 0600);
	expect("a plain one with a key", MCPASS_OK, "token-of-monday", "");
	save("sealed", "token-of-tuesday");
	CHECK("not as it is", !file_has("token-of-tuesday"));
	CHECK("but sealed", file_has("sealed1."));
	CHECK_EQ("another format", format(), 2);
	expect("opened", MCPASS_OK, "token-of-tuesday", "");
	write_file(key_path, KEY_2 "\n" KEY_1 "\n", 0600);
	expect("an old key opens", MCPASS_OK, "token-of-tuesday", "");
	write_file(key_path, KEY_2 "\n", 0600);
	expect("another one does not", MCPASS_E_STORE, NULL, "which is not among ours");
	unlink(key_path);
	expect("without a key", MCPASS_E_STORE, NULL, "there is no key");
	write_file(key_path, KEY_1 "\n", 0644);
	CHECK("others may read the key", open_store("no", MCPASS_E_POLICY) == NULL);
	unlink(key_path);
	write_file(key_path, "secret\n", 0600);
	CHECK("no key", open_store("no", MCPASS_E_USAGE) == NULL);
	unlink(key_path);
}

/* Two rows exchanged, as one might who can write the file. */
static void test_rows(void)
{
	struct mp_store_keys keys = { 0 };
	char *text = NULL;

	write_file(key_path, KEY_1 "\n", 0600);
	CHECK_EQ("keys", mp_store_keys_read(path, NULL, &keys, NULL), MCPASS_OK);
	CHECK_EQ("sealed", mp_store_key_close(&keys, "credentials", "a", "text", &text, NULL), MCPASS_OK);
	CHECK_EQ("another row's", mp_store_key_open(&keys, "credentials", "b", &text, NULL),
	    MCPASS_E_STORE);
	CHECK_EQ("another table's", mp_store_key_open(&keys, "memory", "a", &text, NULL),
	    MCPASS_E_STORE);
	CHECK_EQ("its own", mp_store_key_open(&keys, "credentials", "a", &text, NULL), MCPASS_OK);
	CHECK_STR("its own", text, "text");
	mp_free_wiped(text);
	mp_store_keys_free(&keys);
	unlink(key_path);
}

static void test_issuer_sealed(void)
{
	struct mp_issuer_store store = { 0 };
	char *value = NULL;

	unlink(path);
	write_file(key_path, KEY_1 "\n", 0600);
	CHECK_EQ("open", mp_issuer_store_open(path, NULL, &store, NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "server", "signing_key", NULL, 100, "the-private-key", NULL),
	    MCPASS_OK);
	CHECK_EQ("get", store.get(store.ctx, "server", "signing_key", 1, &value, NULL), MCPASS_OK);
	CHECK_STR("opened", value, "the-private-key");
	CHECK("no turn to run again", !mp_issuer_store_again(&store));
	mp_free_wiped(value);
	value = NULL;
	mp_issuer_store_close(&store);
	CHECK("not as it is", !file_has("the-private-key"));
	CHECK_EQ("another format", format(), 2);
	unlink(key_path);
	CHECK_EQ("open without the key", mp_issuer_store_open(path, NULL, &store, NULL), MCPASS_OK);
	CHECK_EQ("get", store.get(store.ctx, "server", "signing_key", 1, &value, NULL), MCPASS_E_STORE);
	CHECK("nothing", value == NULL);
	mp_issuer_store_close(&store);
}

/* --- many hosts --- */

static void load(struct mp_store *store, const char *label, const char *want)
{
	char *record = NULL;

	CHECK_EQ(label, mp_store_load(store, "k", &record, NULL), MCPASS_OK);
	CHECK_STR(label, record, want);
	mp_free_wiped(record);
}

/* Two stores are two sessions, as two hosts have. */
static void test_hosts(const char *url)
{
	struct mp_store *one = NULL, *two = NULL;
	struct mcpass_error err = { 0 };
	char holder[MP_STORE_HOLDER_ROOM] = "";
	enum mcpass_rc rc;
	int tries = 10000;

	CHECK_EQ("open", mp_store_open(url, &one, NULL), MCPASS_OK);
	CHECK_EQ("open", mp_store_open(url, &two, NULL), MCPASS_OK);
	CHECK_STR("its kind", mp_store_kind(one), "PostgreSQL");
	load(one, "nothing", NULL);
	load(two, "nothing", NULL);
	CHECK_EQ("the first", mp_store_save(one, "k", "first", NULL), MCPASS_OK);
	CHECK_EQ("there is one now", mp_store_save(two, "k", "second", &err), MCPASS_E_STORE);
	CHECK_HAS("says so", err.detail, "newer login");
	load(two, "the winner's", "first");
	CHECK_EQ("lock", mp_store_lock(one, "k", holder, NULL), MCPASS_OK);
	mp_clear(&err);
	CHECK_EQ("held", mp_store_lock(two, "k", holder, &err), MCPASS_E_EXPIRED);
	CHECK_HAS("by whom", holder, "process ");
	CHECK_HAS("and where", holder, " on ");
	CHECK_EQ("another key is free", mp_store_lock(two, "K", holder, NULL), MCPASS_OK);
	mp_store_unlock(two);
	CHECK_EQ("saved", mp_store_save(one, "k", "third", NULL), MCPASS_OK);
	CHECK_EQ("and again", mp_store_save(one, "k", "fourth", NULL), MCPASS_OK);
	mp_store_unlock(one);
	CHECK_EQ("free", mp_store_lock(two, "k", holder, NULL), MCPASS_OK);
	mp_clear(&err);
	CHECK_EQ("of an old generation", mp_store_save(two, "k", "fifth", &err), MCPASS_E_STORE);
	load(two, "the winner's", "fourth");
	CHECK_EQ("deleted", mp_store_save(one, "k", NULL, NULL), MCPASS_OK);
	CHECK_EQ("does not come back", mp_store_save(two, "k", "sixth", NULL), MCPASS_E_STORE);
	load(two, "gone", NULL);
	mp_store_close(two);
	do {                    /* the server hears of the end of a session a moment later */
		rc = mp_store_lock(one, "k", holder, NULL);
	} while (rc == MCPASS_E_EXPIRED && --tries > 0);
	CHECK_EQ("free with its session", rc, MCPASS_OK);
	mp_store_close(one);
}

static enum mcpass_rc use_sealed(const char *place, struct mcpass_error *err)
{
	struct mp_issuer_store memory = { 0 };
	struct mp_store *store = NULL;
	struct mp_strings keys = { 0 };
	char *record = NULL, holder[MP_STORE_HOLDER_ROOM];
	size_t count = 0;
	static int run;
	char key[24];           /* to lock: each run's own: a session that failed may end a moment later */
	enum mcpass_rc rc;

	snprintf(key, sizeof(key), "key %d", ++run);
	rc = mp_store_open_with(place, key_path, &store, err);
	if (!rc)
		rc = mp_store_lock(store, key, holder, err);
	if (!rc)
		rc = mp_store_load(store, "k", &record, err);
	if (!rc)
		rc = mp_store_save(store, "k", "record", err);
	if (!rc)
		rc = mp_transfer_rekey(store, &count, err);
	if (!rc)
		rc = mp_store_list(store, &keys, err);
	mp_free_wiped(record);
	mp_strings_free(&keys);
	mp_store_close(store);
	if (rc || !mp_pg_url_is(place))
		return rc;
	rc = mp_issuer_store_open(place, key_path, &memory, err);
	if (!rc)
		rc = memory.put(memory.ctx, "code", "a", NULL, INT64_C(1) << 40, "one", err);
	if (!rc)
		rc = mp_transfer_rekey_issuer(&memory, &count, err);
	mp_issuer_store_close(&memory);
	return rc;
}

static void test_no_memory(const char *place)
{
	unlink(path);
	write_file(key_path, KEY_1 "\n", 0600);
	OOM_EACH {
		struct mcpass_error err = { 0 };

		CHECK_OOM("out of memory", use_sealed(place, &err), MCPASS_OK);
	}
}

/* --- moving, with each allocation that can fail --- */

static size_t count_of(const char *place)
{
	struct mp_strings keys = { 0 };
	struct mp_store *store = NULL;
	size_t count;

	CHECK_EQ("open", mp_store_open_with(place, key_path, &store, NULL), MCPASS_OK);
	CHECK_EQ("list", mp_store_list(store, &keys, NULL), MCPASS_OK);
	count = keys.count;
	mp_strings_free(&keys);
	mp_store_close(store);
	return count;
}

static enum mcpass_rc move_credentials(const char *from_path, const char *to_path, size_t *ret_count,
    struct mcpass_error *err)
{
	struct mp_store *from = NULL, *to = NULL;
	enum mcpass_rc rc = mp_store_open_with(from_path, key_path, &from, err);

	if (!rc)
		rc = mp_store_open_with(to_path, key_path, &to, err);
	if (!rc)
		rc = mp_transfer_move(from, to, ret_count, err);
	mp_store_close(from);
	mp_store_close(to);
	return rc;
}

/* What is interrupted has moved nothing, or everything; and goes on when it is done again. */
static void test_moves(void)
{
	char other[600];
	struct mp_store *store = NULL;

	snprintf(other, sizeof(other), "%s/other.db", folder);
	write_file(key_path, KEY_1 "\n", 0600);
	unlink(path);
	CHECK_EQ("open", mp_store_open_with(path, key_path, &store, NULL), MCPASS_OK);
	CHECK_EQ("one", mp_store_save(store, "a", "first", NULL), MCPASS_OK);
	CHECK_EQ("two", mp_store_save(store, "b", "second", NULL), MCPASS_OK);
	mp_store_close(store);
	OOM_EACH {
		struct mcpass_error err = { 0 };
		size_t count = 0, left, there;

		CHECK_OOM("out of memory", move_credentials(path, other, &count, &err), MCPASS_OK);
		left = count_of(path);
		there = count_of(other);
		CHECK("all or nothing", (there == 0 || there == 2) && (left == 2 || (left == 0 && there == 2)));
		if (!mp_test_alloc_failed())
			CHECK("both are there", left == 0 && there == 2);
	}
	unlink(other);
}

static enum mcpass_rc move_memory(const char *from_path, const char *to_path, size_t *ret_count,
    struct mcpass_error *err)
{
	struct mp_issuer_store from = { 0 }, to = { 0 };
	enum mcpass_rc rc = mp_issuer_store_open(from_path, NULL, &from, err);

	if (!rc)
		rc = mp_issuer_store_open(to_path, key_path, &to, err);
	if (!rc)
		rc = mp_transfer_move_issuer(&from, &to, ret_count, err);
	mp_issuer_store_close(&from);
	mp_issuer_store_close(&to);
	return rc;
}

static void test_issuer_moves(void)
{
	char from[600], to[600];
	struct mp_issuer_store store = { 0 };
	bool added = false;

	snprintf(from, sizeof(from), "%s/from.db", folder);
	snprintf(to, sizeof(to), "%s/to.db", folder);
	CHECK_EQ("open", mp_issuer_store_open(from, NULL, &store, NULL), MCPASS_OK);
	store.put(store.ctx, "code", "a", "g", INT64_C(1) << 40, "one", NULL);
	store.put(store.ctx, "code", "old", "g", 1, "gone", NULL);
	store.add(store.ctx, "jti", "b", INT64_C(1) << 40, 50, &added, NULL);
	mp_issuer_store_close(&store);
	OOM_EACH {
		struct mcpass_error err = { 0 };
		size_t count = 0;

		CHECK_OOM("out of memory", move_memory(from, to, &count, &err), MCPASS_OK);
		if (!mp_test_alloc_failed())
			CHECK("what has not expired", count == 2 || count == 0);
	}
	CHECK_EQ("open", mp_issuer_store_open(to, key_path, &store, NULL), MCPASS_OK);
	CHECK_EQ("added", store.add(store.ctx, "jti", "b", INT64_C(1) << 40, 50, &added, NULL), MCPASS_OK);
	CHECK("was there already", !added);
	mp_issuer_store_close(&store);
}

int main(void)
{
	const char *url = getenv("MCPASS_TEST_POSTGRES");

	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/store.db", folder);
	snprintf(key_path, sizeof(key_path), "%s.key", path);
	unsetenv("MCPASS_STORE_KEY");
	test_urls();
	test_places();
	test_sealed();
	test_sealed_meanwhile();
	test_rows();
	test_issuer_sealed();
	if (url != NULL)
		test_hosts(url);
	test_no_memory(path);
	test_moves();
	test_issuer_moves();
	if (url != NULL)
		test_no_memory(url);
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
