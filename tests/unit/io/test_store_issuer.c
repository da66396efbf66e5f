/* The issuer's memory. */
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include "base/secret.h"
#include "harness/check.h"
#include "io/store/store.h"
#include "issuer/issuer.h"
#include "harness/peer.h"

static char folder[256], path[512];

static void expect(const struct mp_issuer_store *store, const char *label, bool take,
    const char *kind, const char *key, int64_t now, const char *want)
{
	char *value = NULL;

	CHECK_EQ(label, (take ? store->take : store->get)(store->ctx, kind, key, now, &value, NULL),
	    MCPASS_OK);
	CHECK_STR(label, value, want);
	mp_free_wiped(value);
}

static void test_memory(const char *at)
{
	struct mp_issuer_store store = { 0 };
	struct mcpass_error err = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(at, NULL, &store, &err), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "code", "a", "f1", 100, "one", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "code", "b", "f1", 100, "two", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "code", "c", "f2", 100, "three", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "token", "a", "f1", 100, "four", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "client", "a", NULL, 100, "five", NULL), MCPASS_OK);
	expect(&store, "got", false, "code", "a", 50, "one");
	expect(&store, "still there", false, "code", "a", 99, "one");
	expect(&store, "expired", false, "code", "a", 100, NULL);
	expect(&store, "another kind", false, "token", "a", 50, "four");
	expect(&store, "no such key", false, "code", "x", 50, NULL);
	CHECK_EQ("replaced", store.put(store.ctx, "code", "a", "f1", 200, "new", NULL), MCPASS_OK);
	expect(&store, "replaced", false, "code", "a", 50, "new");
	expect(&store, "taken", true, "code", "a", 50, "new");
	expect(&store, "once", true, "code", "a", 50, NULL);
	expect(&store, "gone", false, "code", "a", 50, NULL);
	CHECK_EQ("put", store.put(store.ctx, "code", "late", "f", 500, "x", NULL), MCPASS_OK);
	expect(&store, "what has expired cannot be taken", true, "code", "late", 500, NULL);
	expect(&store, "and is not removed by trying", false, "code", "late", 499, "x");
	mp_issuer_store_close(&store);
	mp_issuer_store_close(&store);
}

/* A turn: what is written in it is seen in it, and kept or undone at its end. */
static void test_turns(const char *at)
{
	struct mp_issuer_store store = { 0 }, other = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(at, NULL, &store, NULL), MCPASS_OK);
	CHECK_EQ("and once more", mp_issuer_store_open(at, NULL, &other, NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "turn", "before", "g", 100, "one", NULL), MCPASS_OK);
	for (int keep = 0; keep < 2; keep++) {
		CHECK_EQ("begin", store.begin(store.ctx, NULL), MCPASS_OK);
		expect(&store, "seen", true, "turn", "before", 50, "one");
		CHECK_EQ("put", store.put(store.ctx, "turn", "in it", "g", 100, "two", NULL), MCPASS_OK);
		expect(&store, "seen in the turn", false, "turn", "in it", 50, "two");
		expect(&other, "by others not yet", false, "turn", "in it", 50, NULL);
		expect(&other, "what is taken neither", false, "turn", "before", 50, "one");
		CHECK_EQ("end", store.end(store.ctx, keep == 1, NULL), MCPASS_OK);
		expect(&other, "kept or undone", false, "turn", "in it", 50, keep ? "two" : NULL);
		expect(&other, "what was taken, too", false, "turn", "before", 50, keep ? NULL : "one");
	}
	CHECK_EQ("begin", store.begin(store.ctx, NULL), MCPASS_OK);
	CHECK_EQ("dropped", store.drop_group(store.ctx, "turn", "g", NULL), MCPASS_OK);
	CHECK_EQ("undone", store.end(store.ctx, false, NULL), MCPASS_OK);
	expect(&store, "still there", true, "turn", "in it", 50, "two");
	CHECK_EQ("begin", store.begin(store.ctx, NULL), MCPASS_OK);
	CHECK_EQ("a turn that wrote nothing", store.end(store.ctx, true, NULL), MCPASS_OK);
	mp_issuer_store_close(&store);
	mp_issuer_store_close(&other);
}

static void test_add(const char *at)
{
	static const struct {
		const char *label, *kind, *key;
		int64_t expires_at, now;
		bool want;
	} rows[] = {
		{ "the first", "jti", "a", 100, 50, true },
		{ "the second", "jti", "a", 200, 99, false },
		{ "another key", "jti", "b", 100, 99, true },
		{ "another kind", "proof", "a", 100, 99, true },
		{ "when the first has expired", "jti", "a", 300, 100, true },
		{ "and again the second", "jti", "a", 300, 299, false },
	};
	struct mp_issuer_store store = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(at, NULL, &store, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool added = !rows[i].want;

		CHECK_EQ(rows[i].label, store.add(store.ctx, rows[i].kind, rows[i].key,
		    rows[i].expires_at, rows[i].now, &added, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, added, rows[i].want);
	}
	mp_issuer_store_close(&store);
}

static void test_groups(const char *at)
{
	struct mp_issuer_store store = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(at, NULL, &store, NULL), MCPASS_OK);
	store.put(store.ctx, "code", "a", "f1", 100, "one", NULL);
	store.put(store.ctx, "code", "b", "f1", 100, "two", NULL);
	store.put(store.ctx, "code", "c", "f2", 100, "three", NULL);
	store.put(store.ctx, "token", "a", "f1", 100, "four", NULL);
	CHECK_EQ("drop", store.drop_group(store.ctx, "code", "f1", NULL), MCPASS_OK);
	expect(&store, "the whole family", false, "code", "a", 0, NULL);
	expect(&store, "the whole family", false, "code", "b", 0, NULL);
	expect(&store, "no other one", false, "code", "c", 0, "three");
	expect(&store, "of this kind", false, "token", "a", 0, "four");
	mp_issuer_store_close(&store);
}

static int count_rows(void)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db;
	int count = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK
	    && sqlite3_prepare_v2(db, "SELECT count(*) FROM memory", -1, &statement, NULL) == SQLITE_OK
	    && sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

/* It outlives the process, is private, and does not grow for ever. */
static void test_file(void)
{
	struct mp_issuer_store store = { 0 };
	mode_t before = umask(0);
	struct stat st = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(path, NULL, &store, NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "code", "a", "f", 100, "one", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "code", "b", "f", 200, "two", NULL), MCPASS_OK);
	CHECK_EQ("its mode", stat(path, &st), 0);
	CHECK_EQ("its mode", st.st_mode & 0777, 0600);
	mp_issuer_store_close(&store);
	CHECK_EQ("open", mp_issuer_store_open(path, NULL, &store, NULL), MCPASS_OK);
	expect(&store, "still known", false, "code", "b", 150, "two");
	CHECK_EQ("put", store.put(store.ctx, "code", "c", "f", 300, "three", NULL), MCPASS_OK);
	mp_issuer_store_close(&store);
	CHECK_EQ("what has expired is gone", count_rows(), 2);
	CHECK_EQ("open to others", chmod(path, 0644), 0);
	CHECK_EQ("refused", mp_issuer_store_open(path, NULL, &store, NULL), MCPASS_E_POLICY);
	CHECK("untouched", store.ctx == NULL);
	umask(before);
}

struct listed {
	char text[200];
	size_t most, count;
};
static enum mcpass_rc note_row(void *ctx, const struct mp_issuer_row *row, struct mcpass_error *err)
{
	struct listed *listed = ctx;
	size_t len = strlen(listed->text);

	if (listed->count++ == listed->most)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "enough");
	snprintf(listed->text + len, sizeof(listed->text) - len, "%s/%s/%s/%d ", row->key, row->group,
	    row->value, (int)row->expires_at);
	return MCPASS_OK;
}

/* What an administrator lists: what has not expired, in the order of the keys. */
static void test_list(const char *at)
{
	struct listed all = { .most = 10 }, few = { .most = 1 }, none = { .most = 10 };
	struct listed group = { .most = 10 }, ungrouped = { .most = 10 };
	struct mp_issuer_store store = { 0 };
	struct mcpass_error err = { 0 };

	CHECK_EQ("open", mp_issuer_store_open(at, NULL, &store, NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "k", "b", "g", 100, "two", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "k", "a", NULL, 200, "one", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "k", "c", "g", 300, "three", NULL), MCPASS_OK);
	CHECK_EQ("put", store.put(store.ctx, "other", "d", "g", 300, "four", NULL), MCPASS_OK);
	CHECK_EQ("listed", store.list(store.ctx, "k", NULL, 100, note_row, &all, NULL), MCPASS_OK);
	CHECK_STR("what has not expired", all.text, "a//one/200 c/g/three/300 ");
	CHECK_EQ("a row that fails", store.list(store.ctx, "k", NULL, 50, note_row, &few, &err),
	    MCPASS_E_LIMIT);
	CHECK_STR("ends it", few.text, "a//one/200 ");
	CHECK_STR("with its words", err.detail, "enough");
	CHECK_EQ("of a group", store.list(store.ctx, "k", "g", 50, note_row, &group, NULL), MCPASS_OK);
	CHECK_STR("those alone", group.text, "b/g/two/100 c/g/three/300 ");
	CHECK_EQ("of none", store.list(store.ctx, "k", "", 50, note_row, &ungrouped, NULL), MCPASS_OK);
	CHECK_STR("those alone", ungrouped.text, "a//one/200 ");
	CHECK_EQ("a kind that is not there", store.list(store.ctx, "x", NULL, 50, note_row, &none, NULL),
	    MCPASS_OK);
	CHECK_STR("has no rows", none.text, "");
	mp_issuer_store_close(&store);
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mp_issuer_store store = { 0 };
		struct listed listed = { .most = 10 };
		struct mcpass_error err = { 0 };
		char *value = NULL;
		enum mcpass_rc rc;

		rc = mp_issuer_store_open(":memory:", NULL, &store, &err);
		if (!rc)
			rc = store.put(store.ctx, "code", "a", NULL, 100, "one", &err);
		if (!rc)
			rc = store.list(store.ctx, "code", NULL, 1, note_row, &listed, &err);
		if (!rc)
			rc = store.take(store.ctx, "code", "a", 1, &value, &err);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		mp_free_wiped(value);
		mp_issuer_store_close(&store);
	}
}

/* Every kind of store keeps these rows; each is empty before.  A database of PostgreSQL's is
 * named by tests/postgres/run.py. */
static const struct {
	const char *label, *variable, *at;
} kinds[] = {
	{ "SQLite, a file", NULL, path },
	{ "SQLite, in memory", NULL, ":memory:" },
	{ "PostgreSQL", "MCPASS_TEST_POSTGRES", NULL },
};

static void test_kind(const char *at)
{
	if (at == NULL)
		return;
	test_memory(at);
	test_groups(at);
	test_add(at);
	test_list(at);
	if (strcmp(at, ":memory:") != 0)
		test_turns(at);
}

int main(void)
{
	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/issuer.db", folder);
	for (size_t i = 0; i < COUNT(kinds); i++)
		test_kind(kinds[i].variable != NULL ? getenv(kinds[i].variable) : kinds[i].at);
	unlink(path);
	test_file();
	test_no_memory();
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
