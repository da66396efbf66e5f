/* Credentials in PostgreSQL, for many hosts.
 *
 * Who works on a login has an advisory lock of the session, gone when the connection is.  A record
 * has a generation: a save succeeds when the one that was loaded is still there, so that a process
 * that lost its lock unawares overwrites nothing.
 *
 * When the database itself restarts, or a replica takes over, all locks are gone at once, though
 * the processes work on: one of them may have spent the refresh token, and wait to save the next.
 * So the holder leaves a mark, which counts for a while when the server is another than that of
 * the lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/entropy.h"
#include "io/store/ops.h"
#include "io/store/postgres.h"
#include "wire/jose/crypto.h"

/* As long as a holder may need to save what it got, where the lock was lost with the server. */
#define MARK_LASTS "30 seconds"
/* What is written with a mark, and shows that there is room for a record. */
#define ROOM 8192

struct credentials {
	struct mp_postgres *db;
	char *key;                      /* whose generation that is; or NULL */
	int64_t generation;             /* 0: there was no record */
	int64_t drawn;                  /* of a save of which it is not known whether it was kept: its
	                                 * next try has the same; 0: none */
	bool in_turn;                   /* what is written is kept at its end */
	bool has_lock;
	int64_t lock, mark;
};

/* --- a life --- */

static void close_store(void *at)
{
	struct credentials *store = at;

	if (store == NULL)
		return;
	mp_postgres_free(store->db);    /* locks end with the connection; a mark of a server that runs
	                                 * does not count without its lock */
	free(store->key);
	free(store);
}

static enum mcpass_rc open_store(const char *place, bool on_loop, void **ret_at,
    struct mcpass_error *err)
{
	struct credentials *store = calloc(1, sizeof(*store));
	enum mcpass_rc rc;

	(void)on_loop;
	if (store == NULL)
		return mp_nomem(err);
	rc = mp_postgres_new(place, &store->db, err);
	if (!rc)
		rc = mp_sql_final(mp_postgres_connect(store->db, err), err);
	if (rc)
		close_store(store);
	else
		*ret_at = store;
	return rc;
}

static void rest(void *at)
{
	struct credentials *store = at;

	if (store->has_lock)
		mp_postgres_share(store->db);
	else
		mp_postgres_disconnect(store->db);
}

/* --- records --- */

static enum mcpass_rc draw(int64_t *ret_number, struct mcpass_error *err)
{
	uint8_t bytes[8];
	int64_t number = 0;

	if (mp_entropy(NULL, bytes, sizeof(bytes)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "there is no randomness");
	for (size_t i = 0; i < sizeof(bytes); i++)
		number = (int64_t)((uint64_t)number << 8 | bytes[i]);
	*ret_number = number != 0 ? number & INT64_MAX : 1;
	return MCPASS_OK;
}

static enum mcpass_rc remember(struct credentials *store, const char *key, int64_t generation,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&store->key, key, err);

	store->generation = generation;
	store->drawn = 0;
	return rc;
}

/* "GENERATION RECORD" in one column. */
static enum mcpass_rc load(void *at, const char *key, char **ret_record, struct mcpass_error *err)
{
	struct credentials *store = at;
	const struct mp_sql_value value = { .text = key };
	char *text = NULL, *record = NULL, *space = NULL;
	enum mcpass_rc rc;

	rc = mp_sql_final(mp_postgres_run(store->db, "SELECT generation::text || ' ' || record"
	    " FROM mcpass.credentials WHERE key=$1", &value, 1, &text, err), err);
	if (!rc && text != NULL)
		space = strchr(text, ' ');
	if (space != NULL)
		rc = mp_set(&record, space + 1, err);
	if (!rc)
		rc = remember(store, key, space != NULL ? strtoll(text, NULL, 10) : 0, err);
	mp_free_wiped(text);
	if (rc)
		mp_free_wiped(record);
	else
		*ret_record = record;
	return rc;
}

/* One statement each, which may be run twice: the second time its own generation is there. */
static const char *statement(const struct credentials *store, bool is_known)
{
	if (store->in_turn)             /* another form of what is there: to others it is the same */
		return "INSERT INTO mcpass.credentials(key, generation, record) VALUES($1,$2,$3)"
		    " ON CONFLICT(key) DO UPDATE SET record=excluded.record RETURNING key";
	if (!is_known)
		return "INSERT INTO mcpass.credentials(key, generation, record) VALUES($1,$2,$3)"
		    " ON CONFLICT(key) DO UPDATE SET generation=excluded.generation,"
		    " record=excluded.record RETURNING key";
	if (store->generation == 0)
		return "INSERT INTO mcpass.credentials(key, generation, record) VALUES($1,$2,$3)"
		    " ON CONFLICT(key) DO UPDATE SET record=excluded.record"
		    " WHERE credentials.generation=$2 RETURNING key";
	return "UPDATE mcpass.credentials SET generation=$2, record=$3 WHERE key=$1"
	    " AND generation IN ($2,$4) RETURNING key";
}

static enum mcpass_rc tell_lost(struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_STORE, NULL, "another process has stored a newer login"
	    " meanwhile; that one stays");

	mp_hint(err, "The next call uses it.");
	return rc;
}

static enum mcpass_rc replace(struct credentials *store, const char *key, const char *record,
    struct mcpass_error *err)
{
	bool is_known = mp_eq(store->key, key);
	struct mp_sql_value values[] = { { .text = key }, { .number = 0 }, { .text = record },
		{ .number = store->generation } };
	char *done = NULL;
	enum mcpass_rc rc = store->drawn == 0 ? draw(&store->drawn, err) : MCPASS_OK;

	values[1].number = store->drawn;
	if (!rc)
		rc = mp_postgres_run(store->db, statement(store, is_known), values,
		    is_known && store->generation != 0 && !store->in_turn ? 4 : 3, &done, err);
	if (!rc && done == NULL)
		rc = tell_lost(err);
	free(done);
	if (rc != MCPASS_E_EXPIRED)
		store->drawn = 0;
	return rc || store->in_turn ? rc : remember(store, key, values[1].number, err);
}

/* Who has the lock has spent a token: a disk that is full just now may have room in a moment. */
static enum mcpass_rc full(const struct credentials *store, enum mcpass_rc rc, struct mcpass_error *err)
{
	if (!store->has_lock || rc != MCPASS_E_STORE || strcmp(mp_postgres_state(store->db), "53100") != 0)
		return rc;
	if (err != NULL)
		err->rc = MCPASS_E_EXPIRED;
	return MCPASS_E_EXPIRED;
}

static enum mcpass_rc save(void *at, const char *key, const char *record, bool lasting,
    struct mcpass_error *err)
{
	struct credentials *store = at;
	const struct mp_sql_value value = { .text = key };
	enum mcpass_rc rc;

	(void)lasting;          /* the server's synchronous_commit decides */
	if (record != NULL)
		return full(store, replace(store, key, record, err), err);
	rc = mp_postgres_run(store->db, "DELETE FROM mcpass.credentials WHERE key=$1", &value, 1, NULL,
	    err);
	return rc ? rc : remember(store, key, 0, err);
}

static enum mcpass_rc list(void *at, struct mp_strings *ret_keys, struct mcpass_error *err)
{
	const struct credentials *store = at;

	return mp_sql_final(mp_postgres_list(store->db, "SELECT key FROM mcpass.credentials ORDER BY key",
	    NULL, 0, ret_keys, err), err);
}

static enum mcpass_rc note(void *at, const char *name, const char *text, struct mcpass_error *err)
{
	/* A row's transaction says how old it is. */
	static const char write[] = "WITH old AS (DELETE FROM mcpass.notes WHERE name<>$1 AND name IN"
	    " (SELECT name FROM mcpass.notes ORDER BY age(xmin), name OFFSET $3)) INSERT INTO"
	    " mcpass.notes(name, text) VALUES($1,$2) ON CONFLICT(name) DO UPDATE SET text=excluded.text";
	const struct credentials *store = at;
	const struct mp_sql_value values[] = { { .text = name }, { .text = text },
		{ .number = MP_MAX_NOTES - 1 } };

	return mp_sql_final(mp_postgres_run(store->db, text != NULL ? write
	    : "DELETE FROM mcpass.notes WHERE name=$1", values, text != NULL ? MP_COUNT(values) : 1,
	    NULL, err), err);
}

static enum mcpass_rc noted(void *at, const char *name, char **ret_text, struct mcpass_error *err)
{
	const struct credentials *store = at;
	const struct mp_sql_value value = { .text = name };

	return mp_sql_final(mp_postgres_run(store->db, "SELECT text FROM mcpass.notes WHERE name=$1",
	    &value, 1, ret_text, err), err);
}

static enum mcpass_rc begin(void *at, struct mcpass_error *err)
{
	struct credentials *store = at;
	enum mcpass_rc rc = mp_postgres_run(store->db, "BEGIN", NULL, 0, NULL, err);

	if (!rc)
		rc = mp_postgres_run(store->db, "LOCK TABLE mcpass.credentials IN SHARE ROW EXCLUSIVE MODE",
		    NULL, 0, NULL, err);
	store->in_turn = rc == MCPASS_OK;
	return mp_sql_final(rc, err);
}

static enum mcpass_rc end(void *at, bool keep, struct mcpass_error *err)
{
	struct credentials *store = at;

	if (!store->in_turn)
		return MCPASS_OK;
	store->in_turn = false;
	return mp_sql_final(mp_postgres_run(store->db, keep ? "COMMIT" : "ROLLBACK", NULL, 0, NULL,
	    err), err);
}

/* --- the lock --- */

static enum mcpass_rc number_of(const char *key, int64_t *ret_lock, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	uint64_t number = 0;
	enum mcpass_rc rc = mp_sha256(key, strlen(key), digest, err);

	for (size_t i = 0; i < 8 && !rc; i++)
		number = number << 8 | digest[i];
	*ret_lock = (int64_t)number;
	return rc;
}

static void unlock(void *at)
{
	struct credentials *store = at;
	const struct mp_sql_value values[] = { { .number = store->lock }, { .number = store->mark } };

	if (store->has_lock)
		(void)mp_postgres_run(store->db, "WITH gone AS (DELETE FROM mcpass.held WHERE lock=$1"
		    " AND mark=$2) SELECT pg_advisory_unlock($1)", values, MP_COUNT(values), NULL, NULL);
	store->has_lock = false;
	mp_postgres_disconnect(store->db);      /* a flow is over; the next one may be hours away */
}

static enum mcpass_rc tell_holder(const struct credentials *store,
    char ret_holder[MP_STORE_HOLDER_ROOM], struct mcpass_error *err)
{
	const struct mp_sql_value value = { .number = store->lock };
	char *holder = NULL;
	enum mcpass_rc rc = mp_sql_final(mp_postgres_run(store->db, "SELECT holder FROM mcpass.held"
	    " WHERE lock=$1", &value, 1, &holder, err), err);

	if (rc)
		return rc;
	(void)snprintf(ret_holder, MP_STORE_HOLDER_ROOM, "%s", holder != NULL ? holder : "a process");
	mp_one_line(ret_holder);
	free(holder);
	rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "%s holds the lock: it renews the login, or waits for"
	    " its person", ret_holder);
	return mp_doing(err, rc, "waiting for another mcpass to finish with this login");
}

/* Leaves our mark in place of one that counts no more.  *ret_left false: another one's does. */
static enum mcpass_rc leave_mark(struct credentials *store, bool *ret_left,
    struct mcpass_error *err)
{
	static const char sql[] = "INSERT INTO mcpass.held(lock, holder, mark, server_start, since, room)"
	    " VALUES($1, current_setting('application_name'), $2, pg_postmaster_start_time(),"
	    " clock_timestamp(), $3) ON CONFLICT(lock) DO UPDATE SET holder=excluded.holder,"
	    " mark=excluded.mark, server_start=excluded.server_start, since=excluded.since,"
	    " room=excluded.room WHERE held.server_start = pg_postmaster_start_time()"
	    " OR held.since < clock_timestamp() - interval '" MARK_LASTS "' RETURNING mark";
	struct mp_sql_value values[] = { { .number = store->lock }, { .number = 0 }, { .text = NULL } };
	char room[ROOM + 1], *left = NULL;
	enum mcpass_rc rc = draw(&store->mark, err);

	/* Bytes that compress badly, as a sealed record does. */
	for (size_t i = 0; i < ROOM; i++)
		room[i] = (char)('!' + (store->mark >> i % 48 ^ (int64_t)(i * i)) % 90);
	room[ROOM] = '\0';
	values[1].number = store->mark;
	values[2].text = room;
	if (!rc)
		rc = mp_postgres_run(store->db, sql, values, MP_COUNT(values), &left, err);
	*ret_left = left != NULL;
	free(left);
	return rc;
}

static enum mcpass_rc take(struct credentials *store, bool *ret_taken, struct mcpass_error *err)
{
	const struct mp_sql_value value = { .number = store->lock };
	char *taken = NULL;
	enum mcpass_rc rc;

	rc = mp_postgres_run(store->db, "SELECT pg_try_advisory_lock($1)", &value, 1, &taken, err);
	*ret_taken = taken != NULL && taken[0] == 't';
	free(taken);
	if (rc || !*ret_taken)
		return rc;
	rc = leave_mark(store, ret_taken, err);
	if (rc || !*ret_taken)
		(void)mp_postgres_run(store->db, "SELECT pg_advisory_unlock($1)", &value, 1, NULL, NULL);
	return mp_doing(err, rc, "making sure that the login can be kept");
}

static enum mcpass_rc lock(void *at, const char *key, char ret_holder[MP_STORE_HOLDER_ROOM],
    struct mcpass_error *err)
{
	struct credentials *store = at;
	bool taken = false;
	enum mcpass_rc rc;

	if (store->has_lock)
		unlock(store);
	rc = number_of(key, &store->lock, err);
	if (!rc)
		rc = mp_sql_final(take(store, &taken, err), err);
	if (rc == MCPASS_E_STORE)
		mp_hint(err, "Nothing was asked of the authorization server.");
	if (!rc && !taken)
		return tell_holder(store, ret_holder, err);
	store->has_lock = !rc;
	return rc;
}

const struct mp_store_ops mp_postgres_ops = {
	.kind = "PostgreSQL", .open = open_store, .close = close_store, .rest = rest, .load = load,
	.save = save, .list = list, .lock = lock, .unlock = unlock, .note = note, .noted = noted,
	.begin = begin, .end = end,
};
