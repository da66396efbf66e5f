#include "io/store/postgres.h"
#include "io/store/libpq.h"
#ifdef MCPASS_LIBPQ
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/secret.h"
#include "io/clock.h"
#include "io/store/pg_connect.h"
#include "io/store/pg_schema.h"
#include "io/store/pg_url.h"

/* After a failure nothing is connected to for so long: what comes meanwhile fails at once, and no
 * crowd stands before a database that is just coming back. */
#define BACK_OFF_MS 200

struct mp_postgres {
	struct mp_pg_link link;
	char *url;
	unsigned session;
	bool is_shared;                 /* another process may go on with the connection */
	int64_t next_try;               /* of mp_now_ms() */
	struct mcpass_error why;        /* what the last try failed by */
};

/* --- a life --- */

enum mcpass_rc mp_postgres_new(const char *url, struct mp_postgres **ret_db,
    struct mcpass_error *err)
{
	struct mp_postgres *db = calloc(1, sizeof(*db));
	enum mcpass_rc rc;

	if (db == NULL)
		return mp_nomem(err);
	rc = mp_set(&db->url, url, err);
	if (!rc)
		rc = mp_pg_url_show(url, &db->link.shown, err);
	if (!rc)
		rc = mp_libpq_load(&db->link.pq, err);
	if (rc)
		mp_postgres_free(db);
	else
		*ret_db = db;
	return rc;
}

/* libpq says goodbye to the server; here it must not, in the name of another process. */
static void mute(const struct mp_postgres *db)
{
	int socket = db->link.pq->PQsocket(db->link.conn), nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nowhere >= 0 && socket >= 0)
		(void)dup2(nowhere, socket);
	if (nowhere >= 0)
		close(nowhere);
}

void mp_postgres_disconnect(struct mp_postgres *db)
{
	if (db->link.conn == NULL)
		return;
	if (db->is_shared)
		mute(db);
	db->link.pq->PQfinish(db->link.conn);
	db->link.conn = NULL;
	db->is_shared = false;
}

void mp_postgres_share(struct mp_postgres *db)
{
	db->is_shared = true;
}

void mp_postgres_free(struct mp_postgres *db)
{
	if (db == NULL)
		return;
	mp_postgres_disconnect(db);
	mp_free_wiped(db->url);
	free(db->link.shown);
	free(db);
}

unsigned mp_postgres_session(const struct mp_postgres *db)
{
	return db->link.conn != NULL ? db->session : 0;
}

const char *mp_postgres_state(const struct mp_postgres *db)
{
	return db->link.state;
}

/* --- connecting --- */

static enum mcpass_rc try_to_connect(struct mp_postgres *db, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_pg_connect(&db->link, db->url, err);

	if (rc)
		return rc;
	db->session++;
	rc = mp_pg_schema_ready(&db->link, err);
	if (rc)
		mp_postgres_disconnect(db);
	return rc;
}

enum mcpass_rc mp_postgres_connect(struct mp_postgres *db, struct mcpass_error *err)
{
	if (db->link.conn != NULL)
		return MCPASS_OK;
	if (db->why.rc == MCPASS_OK || mp_left_ms(db->next_try) == 0) {
		mp_clear(&db->why);
		if (try_to_connect(db, &db->why) == MCPASS_OK)
			return MCPASS_OK;
		db->next_try = mp_deadline_ms(BACK_OFF_MS);
	}
	if (err != NULL && err->rc == MCPASS_OK)
		*err = db->why;
	return db->why.rc;
}

/* --- statements --- */

static enum mcpass_rc execute_once(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, PGresult **ret_result,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_postgres_connect(db, err);

	if (!rc)
		rc = mp_pg_execute(&db->link, sql, values, count, ret_result, err);
	if (rc && db->link.is_broken)
		mp_postgres_disconnect(db);
	return rc;
}

/* A connection that stood for a while may be none any more, as after a restart: one more try on a
 * new one.  Not in the midst of a transaction, which is gone with it; each statement of ours may
 * be run twice otherwise. */
static enum mcpass_rc execute(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, PGresult **ret_result,
    struct mcpass_error *err)
{
	bool was_idle = db->link.conn != NULL
	    && db->link.pq->PQtransactionStatus(db->link.conn) == PQTRANS_IDLE;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = execute_once(db, sql, values, count, ret_result, &why);

	if (rc == MCPASS_E_EXPIRED && was_idle && db->link.conn == NULL) {
		mp_clear(&why);
		rc = execute_once(db, sql, values, count, ret_result, &why);
	}
	if (rc && err != NULL && err->rc == MCPASS_OK)
		*err = why;
	return rc;
}

enum mcpass_rc mp_postgres_run(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, char **ret_text, struct mcpass_error *err)
{
	PGresult *result = NULL;
	char *text = NULL;
	enum mcpass_rc rc = execute(db, sql, values, count, &result, err);

	if (rc)
		return rc;
	if (ret_text != NULL && db->link.pq->PQntuples(result) > 0)
		rc = mp_set(&text, db->link.pq->PQgetvalue(result, 0, 0), err);
	db->link.pq->PQclear(result);
	if (!rc && ret_text != NULL)
		*ret_text = text;
	return rc;
}

enum mcpass_rc mp_postgres_each(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, mp_postgres_row_fn *row, void *ctx,
    struct mcpass_error *err)
{
	const struct mp_libpq *pq = db->link.pq;
	const char *columns[MP_POSTGRES_COLUMNS] = { NULL };
	PGresult *result = NULL;
	enum mcpass_rc rc = execute(db, sql, values, count, &result, err);

	if (rc)
		return rc;
	for (int i = 0; i < pq->PQntuples(result) && !rc; i++) {
		for (int j = 0; j < pq->PQnfields(result) && j < MP_POSTGRES_COLUMNS; j++)
			columns[j] = pq->PQgetvalue(result, i, j);
		rc = row(ctx, columns, err);
	}
	pq->PQclear(result);
	return rc;
}

static enum mcpass_rc push_first(void *ctx, const char *const *columns, struct mcpass_error *err)
{
	return mp_sql_push(ctx, columns[0], err);
}

enum mcpass_rc mp_postgres_list(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mp_strings *ret_list,
    struct mcpass_error *err)
{
	struct mp_strings list = { 0 };
	enum mcpass_rc rc = mp_postgres_each(db, sql, values, count, push_first, &list, err);

	if (rc)
		mp_strings_free(&list);
	else
		*ret_list = list;
	return rc;
}

#else

enum mcpass_rc mp_postgres_new(const char *url, struct mp_postgres **ret_db,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_STORE, NULL,
	    "this program was built without PostgreSQL");

	(void)url;
	(void)ret_db;
	mp_hint(err, "Take the package of your system, or build it where libpq-dev is installed; the static"
	    " program has none.");
	return rc;
}

/* There is no connection without the one above. */
void mp_postgres_free(struct mp_postgres *db)
{
	(void)db;
}

enum mcpass_rc mp_postgres_connect(struct mp_postgres *db, struct mcpass_error *err)
{
	(void)db;
	return mp_fail(err, MCPASS_E_STORE, NULL, "there is no PostgreSQL");
}

void mp_postgres_disconnect(struct mp_postgres *db)
{
	(void)db;
}

void mp_postgres_share(struct mp_postgres *db)
{
	(void)db;
}

unsigned mp_postgres_session(const struct mp_postgres *db)
{
	(void)db;
	return 0;
}

const char *mp_postgres_state(const struct mp_postgres *db)
{
	(void)db;
	return "";
}

enum mcpass_rc mp_postgres_run(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, char **ret_text, struct mcpass_error *err)
{
	(void)sql;
	(void)values;
	(void)count;
	(void)ret_text;
	return mp_postgres_connect(db, err);
}

enum mcpass_rc mp_postgres_each(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, mp_postgres_row_fn *row, void *ctx,
    struct mcpass_error *err)
{
	(void)sql;
	(void)values;
	(void)count;
	(void)row;
	(void)ctx;
	return mp_postgres_connect(db, err);
}

enum mcpass_rc mp_postgres_list(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mp_strings *ret_list,
    struct mcpass_error *err)
{
	(void)sql;
	(void)values;
	(void)count;
	(void)ret_list;
	return mp_postgres_connect(db, err);
}
#endif
