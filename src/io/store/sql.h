/* sql.h - the little of SQLite that two stores share. */
#pragma once
#include <sqlite3.h>
#include <stdint.h>
#include "base/text.h"

/* A value for a place in a statement: the text, or the number when text is NULL. */
struct mp_sql_value {
	const char *text;
	int64_t number;
};

/* What is to be tried again by others is over here: MCPASS_E_EXPIRED becomes MCPASS_E_STORE. */
enum mcpass_rc mp_sql_final(enum mcpass_rc rc, struct mcpass_error *err);

/* Runs one statement to its end.  ret_text, unless NULL: the first column of the first
 * row, the caller's (mp_free_wiped); NULL when there is no row.
 * MCPASS_E_EXPIRED  another process writes, and did for longer than the connection waits
 * MCPASS_E_STORE    with SQLite's words and the file's name */
enum mcpass_rc mp_sql_run(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, char **ret_text, struct mcpass_error *err);
/* Calls row for each row of the statement; the first that fails ends it. */
typedef enum mcpass_rc mp_sql_row_fn(void *ctx, sqlite3_stmt *statement, struct mcpass_error *err);
enum mcpass_rc mp_sql_each(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, mp_sql_row_fn *row, void *row_ctx, struct mcpass_error *err);
/* Adds a copy.  A store has no limit but the disk, unlike a peer's list. */
enum mcpass_rc mp_sql_push(struct mp_strings *list, const char *text, struct mcpass_error *err);
/* The first column of every row. */
enum mcpass_rc mp_sql_list(sqlite3 *db, const char *sql, struct mp_strings *ret_list,
    struct mcpass_error *err);
/* Statements without values or rows. */
enum mcpass_rc mp_sql_exec(sqlite3 *db, const char *sql, struct mcpass_error *err);

/* The same for a statement whose change outlives a power failure once it is made: a lost one
 * would be a lost login where refresh tokens rotate.  It may be made twice. */
enum mcpass_rc mp_sql_run_lasting(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, struct mcpass_error *err);

/* A file that this process made is on the disk as a whole; no-op for any other.  Before
 * it is closed, in any case. */
void mp_sql_settle(sqlite3 *db);

/* Whether something as large as bytes can be written now: takes the write lock, has the file
 * system set the room aside, and lets go.  Costs no sync.  MCPASS_E_STORE: it cannot. */
enum mcpass_rc mp_sql_reserve(sqlite3 *db, size_t bytes, struct mcpass_error *err);
