/* The issuer's memory in PostgreSQL, for several instances at once.
 *
 * A turn is a serializable transaction: what it read is as though no other turn ran beside it, or
 * the turn fails as a whole and is run again.  Time is the request's, as everywhere in the issuer:
 * tokens and records end by one clock.  When the store is opened, that clock is compared with the
 * database's, so that the instances agree. */
#include <inttypes.h>
#include <stdlib.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/store/issuer_kind.h"
#include "io/store/postgres.h"
#include "io/store/store.h"

/* What has expired is removed by one of the instances, that often. */
#define SWEEP_MS 30000

struct memory {
	struct mp_postgres *db;
	bool in_turn, has_begun;
	bool has_failed;        /* a statement of this turn: no other one counts */
	bool again;             /* the turn may be run again: it was not kept, and may be next time */
	int64_t now;            /* the latest that was heard of */
	int64_t next_sweep;     /* of mp_now_ms() */
};

/* --- turns --- */

static enum mcpass_rc begin(void *ctx, struct mcpass_error *err)
{
	struct memory *memory = ctx;

	(void)err;
	memory->in_turn = true;
	memory->has_begun = false;
	memory->has_failed = false;
	memory->again = false;
	return MCPASS_OK;
}

/* To the issuer each failure is the store's. */
static enum mcpass_rc note_failure(struct memory *memory, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	if (!rc)
		return MCPASS_OK;
	memory->has_failed = true;
	memory->again = rc == MCPASS_E_EXPIRED;
	return mp_sql_final(rc, err);
}

/* Before each statement of a turn. */
static enum mcpass_rc begin_turn(struct memory *memory, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!memory->in_turn || memory->has_begun)
		return MCPASS_OK;
	rc = mp_postgres_run(memory->db, "BEGIN ISOLATION LEVEL SERIALIZABLE", NULL, 0, NULL, err);
	memory->has_begun = rc == MCPASS_OK;
	return rc;
}

static enum mcpass_rc run(struct memory *memory, const char *sql,
    const struct mp_sql_value *values, size_t count, char **ret_text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (memory->in_turn && memory->has_failed)
		return mp_fail(err, MCPASS_E_STORE, NULL, "a statement before this one failed");
	rc = begin_turn(memory, err);
	if (!rc)
		rc = mp_postgres_run(memory->db, sql, values, count, ret_text, err);
	return note_failure(memory, rc, err);
}

/* Advice: when it fails, the next one does it.  In a lock, so that the others do not wait for it. */
static void sweep(struct memory *memory)
{
	const struct mp_sql_value now = { .number = memory->now };

	if (memory->now == 0 || mp_left_ms(memory->next_sweep) > 0)
		return;
	memory->next_sweep = mp_deadline_ms(SWEEP_MS);
	(void)mp_postgres_run(memory->db, "DELETE FROM mcpass.memory WHERE expires_at<=$1"
	    " AND pg_try_advisory_xact_lock(hashtext('mcpass sweep'))", &now, 1, NULL, NULL);
}

/* When the connection breaks here, it is not known whether the turn was kept: it is not run again,
 * and its answer is not given. */
static enum mcpass_rc commit(struct memory *memory, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_postgres_run(memory->db, "COMMIT", NULL, 0, NULL, err);

	rc = mp_doing(err, note_failure(memory, rc, err), "keeping what was granted");
	memory->again = rc && mp_postgres_state(memory->db)[0] == '4';
	return rc;
}

static enum mcpass_rc end(void *ctx, bool keep, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	enum mcpass_rc rc = MCPASS_OK;

	memory->in_turn = false;
	if (keep && memory->has_failed)         /* also where the issuer made do without */
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "the database refused a part of it");
	if (memory->has_begun && keep && !rc)
		rc = commit(memory, err);
	else if (memory->has_begun && mp_postgres_session(memory->db) != 0)
		(void)mp_postgres_run(memory->db, "ROLLBACK", NULL, 0, NULL, NULL);
	memory->has_begun = false;
	if (!rc)
		sweep(memory);
	return rc;
}

/* --- what is remembered --- */

static enum mcpass_rc put(void *ctx, const char *kind, const char *key, const char *group,
    int64_t expires_at, const char *value, struct mcpass_error *err)
{
	const struct mp_sql_value row[] = { { .text = kind }, { .text = key },
		{ .text = group != NULL ? group : "" }, { .number = expires_at }, { .text = value } };

	return run(ctx, "INSERT INTO mcpass.memory(kind, key, family, expires_at, value)"
	    " VALUES($1,$2,$3,$4,$5) ON CONFLICT(kind, key) DO UPDATE SET family=excluded.family,"
	    " expires_at=excluded.expires_at, value=excluded.value", row, MP_COUNT(row), NULL, err);
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
	return fetch(ctx, "SELECT value FROM mcpass.memory WHERE kind=$1 AND key=$2 AND expires_at>$3",
	    kind, key, now, ret_value, err);
}

static enum mcpass_rc take(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	return fetch(ctx, "DELETE FROM mcpass.memory WHERE kind=$1 AND key=$2 AND expires_at>$3"
	    " RETURNING value", kind, key, now, ret_value, err);
}

static enum mcpass_rc drop_group(void *ctx, const char *kind, const char *group,
    struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = kind }, { .text = group } };

	return run(ctx, "DELETE FROM mcpass.memory WHERE kind=$1 AND family=$2", values,
	    MP_COUNT(values), NULL, err);
}

/* What has expired is replaced, as though the sweep had been here. */
static enum mcpass_rc add(void *ctx, const char *kind, const char *key, int64_t expires_at,
    int64_t now, bool *ret_added, struct mcpass_error *err)
{
	const struct mp_sql_value row[] = { { .text = kind }, { .text = key },
		{ .number = expires_at }, { .number = now } };
	char *added = NULL;
	enum mcpass_rc rc;

	rc = run(ctx, "INSERT INTO mcpass.memory(kind, key, family, expires_at, value)"
	    " VALUES($1,$2,'',$3,'') ON CONFLICT(kind, key) DO UPDATE SET family='',"
	    " expires_at=excluded.expires_at, value='' WHERE memory.expires_at<=$4 RETURNING key", row,
	    MP_COUNT(row), &added, err);
	if (!rc)
		*ret_added = added != NULL;
	free(added);
	return rc;
}

static enum mcpass_rc count(void *ctx, const char *kind, const char *group, int64_t now,
    size_t *ret_count, struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = kind }, { .number = now },
		{ .text = group } };
	char *text = NULL;
	enum mcpass_rc rc;

	rc = run(ctx, group != NULL
	    ? "SELECT count(*) FROM mcpass.memory WHERE kind=$1 AND expires_at>$2 AND family=$3"
	    : "SELECT count(*) FROM mcpass.memory WHERE kind=$1 AND expires_at>$2", values,
	    group != NULL ? 3 : 2, &text, err);
	if (!rc && text != NULL)
		*ret_count = strtoul(text, NULL, 10);
	free(text);
	return rc;
}

static enum mcpass_rc drop_first(void *ctx, const char *kind, const char *group, size_t count,
    struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = kind }, { .number = (int64_t)count },
		{ .text = group } };

	return run(ctx, group != NULL
	    ? "DELETE FROM mcpass.memory WHERE kind=$1 AND key IN (SELECT key FROM mcpass.memory WHERE"
	    " kind=$1 AND family=$3 ORDER BY expires_at LIMIT $2)"
	    : "DELETE FROM mcpass.memory WHERE kind=$1 AND key IN (SELECT key FROM mcpass.memory WHERE"
	    " kind=$1 ORDER BY expires_at LIMIT $2)", values, group != NULL ? 3 : 2, NULL, err);
}

struct listing {
	mp_issuer_row_fn *row;
	void *ctx;
};
static enum mcpass_rc tell_row(void *ctx, const char *const *columns, struct mcpass_error *err)
{
	const struct listing *listing = ctx;
	const struct mp_issuer_row row = { .key = columns[0], .group = columns[1], .value = columns[2],
		.expires_at = strtoll(columns[3], NULL, 10) };

	return listing->row(listing->ctx, &row, err);
}

static enum mcpass_rc list(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	struct memory *memory = ctx;
	const struct mp_sql_value values[] = { { .text = kind }, { .number = now }, { .text = group } };
	struct listing listing = { row, row_ctx };
	enum mcpass_rc rc = begin_turn(memory, err);

	if (!rc)
		rc = mp_postgres_each(memory->db, group != NULL
		    ? "SELECT key, family, value, expires_at FROM mcpass.memory"
		    " WHERE kind=$1 AND expires_at>$2 AND family=$3 ORDER BY key"
		    : "SELECT key, family, value, expires_at FROM mcpass.memory"
		    " WHERE kind=$1 AND expires_at>$2 ORDER BY key", values, group != NULL ? 3 : 2, tell_row,
		    &listing, err);
	return rc == MCPASS_E_EXPIRED ? note_failure(memory, rc, err) : rc;
}

/* --- a life --- */

static void close_memory(struct mp_issuer_store *store)
{
	struct memory *memory = store->ctx;

	mp_postgres_free(memory->db);
	free(memory);
}

static bool again(const struct mp_issuer_store *store)
{
	const struct memory *memory = store->ctx;

	return memory->again;
}

static enum mcpass_rc push_row(void *ctx, const char *const *columns, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_ISSUER_STORE_COLUMNS && !rc; i++)
		rc = mp_sql_push(ctx, columns[i], err);
	return rc;
}

static enum mcpass_rc dump(const struct mp_issuer_store *store, int64_t now,
    struct mp_strings *texts, struct mcpass_error *err)
{
	struct memory *memory = store->ctx;
	const struct mp_sql_value value = { .number = now };
	enum mcpass_rc rc = begin_turn(memory, err);

	if (!rc)
		rc = mp_postgres_each(memory->db, "SELECT kind, key, family, expires_at, value FROM"
		    " mcpass.memory WHERE expires_at>$1 ORDER BY kind, key", &value, 1, push_row, texts, err);
	return note_failure(memory, rc, err);
}

static enum mcpass_rc claim(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	return run(store->ctx, "LOCK TABLE mcpass.memory IN SHARE ROW EXCLUSIVE MODE", NULL, 0, NULL, err);
}

static enum mcpass_rc clear(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	return run(store->ctx, "DELETE FROM mcpass.memory", NULL, 0, NULL, err);
}

/* Instances whose clocks differ would expire each other's codes. */
static enum mcpass_rc compare_clocks(struct memory *memory, struct mcpass_error *err)
{
	char *text = NULL;
	int64_t apart;
	enum mcpass_rc rc = run(memory, "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint",
	    NULL, 0, &text, err);

	if (rc || text == NULL)
		return rc;
	apart = mp_now_s() - strtoll(text, NULL, 10);
	free(text);
	if (apart >= -MP_CLOCK_SKEW && apart <= MP_CLOCK_SKEW)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, NULL, "this machine's clock and the database's are %" PRId64
	    " seconds apart", apart < 0 ? -apart : apart);
	mp_hint(err, "Set both by NTP.");
	return rc;
}

static enum mcpass_rc open_memory(const char *place, struct mp_issuer_store *ret_store,
    struct mcpass_error *err)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct mp_issuer_store store = { .put = put, .get = get, .take = take,
		.drop_group = drop_group, .add = add, .ctx = memory, .count = count,
		.drop_first = drop_first, .begin = begin, .end = end, .list = list };
	enum mcpass_rc rc;

	if (memory == NULL)
		return mp_nomem(err);
	memory->next_sweep = mp_deadline_ms(SWEEP_MS);
	rc = mp_postgres_new(place, &memory->db, err);
	if (!rc)
		rc = compare_clocks(memory, err);
	if (rc)
		close_memory(&store);
	else
		*ret_store = store;
	return rc;
}

const struct mp_issuer_kind mp_postgres_issuer = {
	open_memory, close_memory, again, NULL, dump, claim, clear
};
