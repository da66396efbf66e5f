/* pg_statement.h - one statement on one connection, with a deadline. */
#pragma once
#include "io/store/libpq.h"
#include "io/store/sql.h"
#ifdef MCPASS_LIBPQ

/* Milliseconds: the server gives up (statement_timeout), and we do when it has not said so a
 * second later. */
#define MP_PG_STATEMENT_MS 5000

struct mp_pg_link {
	const struct mp_libpq *pq;
	PGconn *conn;                   /* NULL: none */
	char *shown;                    /* the URL as messages have it */
	char state[6];                  /* SQLSTATE of the last statement, "" where it has none */
	bool is_broken;                 /* nothing more can be done on it */
};

/* *ret_result is the caller's (PQclear).
 * MCPASS_E_EXPIRED  the connection broke, the database does not answer, or asks to try again
 * MCPASS_E_STORE    it says no */
enum mcpass_rc mp_pg_execute(struct mp_pg_link *link, const char *sql,
    const struct mp_sql_value *values, size_t count, PGresult **ret_result,
    struct mcpass_error *err);
/* The same, for a statement that yields nothing. */
enum mcpass_rc mp_pg_do(struct mp_pg_link *link, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mcpass_error *err);

/* What libpq says about a connection that failed: its first line, without the password. */
enum mcpass_rc mp_pg_fail(const struct mp_pg_link *link, enum mcpass_rc rc, struct mcpass_error *err);
#endif
