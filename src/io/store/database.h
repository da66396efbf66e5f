/* database.h - a private SQLite file that appears whole. */
#pragma once
#include "io/store/sql.h"

struct mp_schema {
	int version;            /* kept in the file as user_version; > 0 */
	const char *sql;        /* what a new file is given */
	int newest;             /* that is read as well: MP_DATABASE_SEALED */
};

/* The format of a file with sealed records: the same tables, and an older program, which could make
 * nothing of them, says so. */
#define MP_DATABASE_SEALED 2
enum mcpass_rc mp_database_mark_sealed(sqlite3 *db, struct mcpass_error *err);

/* Opens the file at path, or ":memory:".  create false: *ret_db is NULL when there is
 * none, and nothing is made.  wait_ms: how long this and each call of the connection waits for
 * another process that writes, or sets up a new file.
 * MCPASS_E_EXPIRED it did for longer
 * MCPASS_E_POLICY  others may read it; a symbolic link
 * MCPASS_E_STORE   it is damaged, no database, or of a newer version of this program */
enum mcpass_rc mp_database_open(const char *path, const struct mp_schema *schema, bool create,
    int wait_ms, sqlite3 **ret_db, struct mcpass_error *err);
