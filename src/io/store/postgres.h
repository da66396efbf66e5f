/* postgres.h - a connection to a PostgreSQL database, and statements on it.
 *
 * Calls wait, as SQLite's do, but never long: each has a deadline, whatever the database or the
 * network does.  A connection that broke is made anew by the next statement outside of a
 * transaction. */
#pragma once
#include "io/store/sql.h"

struct mp_postgres;
/* place: a URL.  Nothing is connected to yet. */
enum mcpass_rc mp_postgres_new(const char *url, struct mp_postgres **ret_db,
    struct mcpass_error *err);
void mp_postgres_free(struct mp_postgres *db);          /* NULL is fine */
/* Connects, and makes the tables where there are none, or brings them forward; no-op while the
 * connection stands.
 * MCPASS_E_EXPIRED  it does not answer just now: starting, stopping, full of connections, gone
 * MCPASS_E_STORE    it refuses us, or its tables are a newer version's
 * MCPASS_E_POLICY   the connection would not be encrypted */
enum mcpass_rc mp_postgres_connect(struct mp_postgres *db, struct mcpass_error *err);
void mp_postgres_disconnect(struct mp_postgres *db);
/* Before a fork(): the connection lives on in whichever process goes on with it. */
void mp_postgres_share(struct mp_postgres *db);

/* Which connection this is, counted from 1; 0: there is none.  What belongs to a connection, as
 * a lock does, is gone when the number is another. */
unsigned mp_postgres_session(const struct mp_postgres *db);

/* Runs one statement with values for $1, $2, ... as mp_sql_run() does; ret_text as there.
 * MCPASS_E_EXPIRED  the connection broke, or the database does not answer: what the statement
 *                   did is not known
 * MCPASS_E_STORE    it says no */
enum mcpass_rc mp_postgres_run(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, char **ret_text, struct mcpass_error *err);
/* Tells row of each row: the text of its columns, borrowed for the call, in which no other statement
 * is run.  The first that fails ends it. */
typedef enum mcpass_rc mp_postgres_row_fn(void *ctx, const char *const *columns,
    struct mcpass_error *err);
#define MP_POSTGRES_COLUMNS 8           /* there may be so many */
enum mcpass_rc mp_postgres_each(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, mp_postgres_row_fn *row, void *ctx,
    struct mcpass_error *err);
/* The first column of every row. */
enum mcpass_rc mp_postgres_list(struct mp_postgres *db, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mp_strings *ret_list,
    struct mcpass_error *err);
/* The SQLSTATE of the last statement that failed ("40001"), or "". */
const char *mp_postgres_state(const struct mp_postgres *db);
