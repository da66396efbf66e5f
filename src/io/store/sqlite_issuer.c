#include <stdlib.h>
#include "io/store/database.h"
#include "io/store/issuer_kind.h"
#include "io/store/store.h"
#include "wire/jose/seal.h"

static const struct mp_schema schema = {
	1,
	"CREATE TABLE memory(kind TEXT NOT NULL, key TEXT NOT NULL, family TEXT NOT NULL,"
	" expires_at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY(kind, key));"
	"CREATE INDEX memory_family ON memory(kind, family);"
	"CREATE INDEX memory_expiry ON memory(expires_at);",
	MP_DATABASE_SEALED
};

struct memory {
	sqlite3 *db;
	int64_t now;    /* the latest that was heard of: what expired before it is gone */
	bool in_turn;   /* what is written is kept at its end */
	bool has_begun; /* and something was written in it */
	bool is_busy;   /* another process wrote: the turn may be run again */
	bool on_loop;   /* nothing is waited for */
};

/* To the issuer each failure is the store's. */
static enum mcpass_rc note_failure(struct memory *memory, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	if (rc == MCPASS_E_EXPIRED)
		memory->is_busy = true;
	return mp_sql_final(rc, err);
}

static enum mcpass_rc run(struct memory *memory, const char *sql,
    const struct mp_sql_value *values, size_t count, char **ret_text, struct mcpass_error *err)
{
	return note_failure(memory, mp_sql_run(memory->db, sql, values, count, ret_text, err), err);
}

static enum mcpass_rc execute(struct memory *memory, const char *sql, struct mcpass_error *err)
{
	return note_failure(memory, mp_sql_exec(memory->db, sql, err), err);
}

/* Before each writing.  A turn that only reads locks nothing. */
static enum mcpass_rc begin_writing(struct memory *memory, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!memory->in_turn || memory->has_begun)
		return MCPASS_OK;
	rc = execute(memory, "BEGIN IMMEDIATE", err);
	memory->has_begun = rc == MCPASS_OK;
	return rc;
}

static enum mcpass_rc begin(void *ctx, struct mcpass_error *err)
{
	struct memory *memory = ctx;

	(void)err;
	memory->in_turn = true;
	memory->is_busy = false;
	return MCPASS_OK;
}

/* A turn that the issuer went on with, though a part of it was not done, is none. */
static enum mcpass_rc end(void *ctx, bool keep, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	bool has_begun = memory->has_begun;
	enum mcpass_rc rc = MCPASS_OK;

	memory->in_turn = false;
	memory->has_begun = false;
	if (keep && memory->is_busy)
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "another process writes to the store");
	if (keep && !rc && has_begun)
		rc = execute(memory, "COMMIT", err);
	if (has_begun && (rc || !keep))  /* a full disk, say: the next turn begins anew */
		(void)mp_sql_exec(memory->db, "ROLLBACK", NULL);
	return rc;
}

static enum mcpass_rc drop_expired(struct memory *memory, int64_t now,
    struct mcpass_error *err)
{
	struct mp_sql_value latest;
	enum mcpass_rc rc;

	if (now > memory->now)
		memory->now = now;
	latest = (struct mp_sql_value){ .number = memory->now };
	rc = begin_writing(memory, err);
	return rc ? rc : run(memory, "DELETE FROM memory WHERE expires_at<=?", &latest, 1, NULL, err);
}

static enum mcpass_rc put(void *ctx, const char *kind, const char *key, const char *group,
    int64_t expires_at, const char *value, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value row[] = { { .text = kind }, { .text = key },
		{ .text = group != NULL ? group : "" }, { .number = expires_at }, { .text = value } };
	enum mcpass_rc rc = drop_expired(memory, memory->now, err);

	if (!rc && mp_seal_is(value))
		rc = note_failure(memory, mp_database_mark_sealed(memory->db, err), err);
	if (!rc)
		rc = run(memory, "INSERT OR REPLACE INTO memory VALUES(?,?,?,?,?)", row, MP_COUNT(row), NULL,
		    err);
	return rc;
}

static enum mcpass_rc fetch(struct memory *memory, const char *sql, const char *kind,
    const char *key, int64_t now, char **ret_value, struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = kind }, { .text = key }, { .number = now } };

	if (now > memory->now)
		memory->now = now;
	return run(memory, sql, values, MP_COUNT(values), ret_value, err);
}

static enum mcpass_rc get(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	return fetch(ctx, "SELECT value FROM memory WHERE kind=? AND key=? AND expires_at>?", kind,
	    key, now, ret_value, err);
}

/* One statement, so that of two who take only one gets. */
static enum mcpass_rc take(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	enum mcpass_rc rc = begin_writing(ctx, err);

	return rc ? rc : fetch(ctx, "DELETE FROM memory WHERE kind=? AND key=? AND expires_at>?"
	    " RETURNING value", kind, key, now, ret_value, err);
}

static enum mcpass_rc drop_group(void *ctx, const char *kind, const char *group,
    struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value values[] = { { .text = kind }, { .text = group } };
	enum mcpass_rc rc = begin_writing(memory, err);

	return rc ? rc : run(memory, "DELETE FROM memory WHERE kind=? AND family=?", values,
	    MP_COUNT(values), NULL, err);
}

/* One statement, so that of two who add only one has added. */
static enum mcpass_rc add(void *ctx, const char *kind, const char *key, int64_t expires_at,
    int64_t now, bool *ret_added, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value row[] = { { .text = kind }, { .text = key },
		{ .number = expires_at } };
	char *added = NULL;
	enum mcpass_rc rc = drop_expired(memory, now, err);

	if (!rc)
		rc = run(memory, "INSERT INTO memory VALUES(?,?,'',?,'')"
		    " ON CONFLICT DO NOTHING RETURNING key", row, MP_COUNT(row), &added, err);
	if (!rc)
		*ret_added = added != NULL;
	mp_free_wiped(added);
	return rc;
}

static enum mcpass_rc count(void *ctx, const char *kind, const char *group, int64_t now,
    size_t *ret_count, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value values[] = { { .text = kind }, { .number = now },
		{ .text = group } };
	char *text = NULL;
	enum mcpass_rc rc;

	rc = run(memory, group != NULL
	    ? "SELECT CAST(count(*) AS TEXT) FROM memory WHERE kind=? AND expires_at>? AND family=?"
	    : "SELECT CAST(count(*) AS TEXT) FROM memory WHERE kind=? AND expires_at>?", values,
	    group != NULL ? 3 : 2, &text, err);
	if (!rc && text != NULL)
		*ret_count = strtoul(text, NULL, 10);
	free(text);
	return rc;
}

static enum mcpass_rc drop_first(void *ctx, const char *kind, const char *group, size_t count,
    struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value values[] = { { .text = kind }, { .number = (int64_t)count },
		{ .text = group } };
	enum mcpass_rc rc = begin_writing(memory, err);

	return rc ? rc : run(memory, group != NULL
	    ? "DELETE FROM memory WHERE rowid IN (SELECT rowid FROM memory WHERE kind=?1 AND"
	    " family=?3 ORDER BY expires_at LIMIT ?2)"
	    : "DELETE FROM memory WHERE rowid IN (SELECT rowid FROM memory WHERE kind=?1"
	    " ORDER BY expires_at LIMIT ?2)", values, group != NULL ? 3 : 2, NULL, err);
}

struct listing {
	mp_issuer_row_fn *row;
	void *ctx;
};

static enum mcpass_rc tell_row(void *ctx, sqlite3_stmt *statement, struct mcpass_error *err)
{
	const struct listing *listing = ctx;
	const struct mp_issuer_row row = {
		.key = (const char *)sqlite3_column_text(statement, 0),
		.group = (const char *)sqlite3_column_text(statement, 1),
		.value = (const char *)sqlite3_column_text(statement, 2),
		.expires_at = sqlite3_column_int64(statement, 3),
	};

	if (row.key == NULL || row.group == NULL || row.value == NULL)
		return mp_nomem(err);           /* no column may be NULL */
	return listing->row(listing->ctx, &row, err);
}

static enum mcpass_rc list(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value values[] = { { .text = kind }, { .number = now }, { .text = group } };
	struct listing listing = { row, row_ctx };

	return note_failure(memory, mp_sql_each(memory->db, group != NULL
	    ? "SELECT key, family, value, expires_at FROM memory"
	    " WHERE kind=?1 AND expires_at>?2 AND family=?3 ORDER BY key"
	    : "SELECT key, family, value, expires_at FROM memory WHERE kind=?1 AND expires_at>?2"
	    " ORDER BY key", values, group != NULL ? 3 : 2, tell_row, &listing, err),
	    err);
}

static enum mcpass_rc push_row(void *ctx, sqlite3_stmt *statement, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 0; i < MP_ISSUER_STORE_COLUMNS && !rc; i++) {
		const char *text = (const char *)sqlite3_column_text(statement, i);

		rc = text == NULL ? mp_nomem(err) : mp_sql_push(ctx, text, err);
	}
	return rc;
}

static enum mcpass_rc dump(const struct mp_issuer_store *store, int64_t now,
    struct mp_strings *texts, struct mcpass_error *err)
{
	struct memory *memory = store->ctx;
	const struct mp_sql_value value = { .number = now };

	return note_failure(memory, mp_sql_each(memory->db, "SELECT kind, key, family, expires_at, value"
	    " FROM memory WHERE expires_at>? ORDER BY kind, key", &value, 1, push_row, texts, err), err);
}

static enum mcpass_rc claim(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	return begin_writing(store->ctx, err);
}

static enum mcpass_rc clear(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	return execute(store->ctx, "DELETE FROM memory", err);
}

static void close_memory(struct mp_issuer_store *store)
{
	struct memory *memory = store->ctx;

	(void)sqlite3_close(memory->db);
	free(memory);
}

static enum mcpass_rc open_memory(const char *path, struct mp_issuer_store *ret_store,
    struct mcpass_error *err)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	enum mcpass_rc rc;

	if (memory == NULL)
		return mp_nomem(err);
	rc = mp_database_open(path, &schema, true, MP_STORE_PATIENCE_MS, &memory->db, err);
	if (!rc)                /* what is granted here must not come back to life, nor be gone */
		rc = mp_sql_exec(memory->db, "PRAGMA synchronous=FULL", err);
	if (!rc)
		mp_sql_settle(memory->db);
	if (rc) {
		(void)sqlite3_close(memory->db);
		free(memory);
		return rc;
	}
	*ret_store = (struct mp_issuer_store){ .put = put, .get = get, .take = take,
		.drop_group = drop_group, .add = add, .ctx = memory, .count = count,
		.drop_first = drop_first, .begin = begin, .end = end, .list = list };
	return MCPASS_OK;
}

/* Without a loop it was waited for, long enough. */
static bool again(const struct mp_issuer_store *store)
{
	const struct memory *memory = store->ctx;

	return memory->is_busy && memory->on_loop;
}

static void on_loop(const struct mp_issuer_store *store)
{
	struct memory *memory = store->ctx;

	memory->on_loop = true;
	(void)sqlite3_busy_timeout(memory->db, 0);
}

const struct mp_issuer_kind mp_sqlite_issuer = {
	open_memory, close_memory, again, on_loop, dump, claim, clear
};
