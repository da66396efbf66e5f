#include "io/store/sql.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"

/* The file system gives room in steps of this; a journal of ours has a few of them. */
#define ROOM_STEP 32768

static enum mcpass_rc fail(sqlite3 *db, struct mcpass_error *err)
{
	const char *path = sqlite3_db_filename(db, "main");
	int code = sqlite3_errcode(db);
	enum mcpass_rc rc;

	if (code == SQLITE_NOMEM)
		return mp_nomem(err);
	if (path == NULL || path[0] == '\0')
		path = "the store";
	rc = mp_fail(err, code == SQLITE_BUSY ? MCPASS_E_EXPIRED : MCPASS_E_STORE, NULL, "%s: %s", path,
	    sqlite3_errmsg(db));
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		mp_hint(err, "Move the file away; what was stored in it has to be set up again.");
	else if (code == SQLITE_BUSY)
		mp_hint(err, "Another process keeps the file locked; try again.");
	return rc;
}

enum mcpass_rc mp_sql_final(enum mcpass_rc rc, struct mcpass_error *err)
{
	if (rc != MCPASS_E_EXPIRED)
		return rc;
	if (err != NULL && err->rc == MCPASS_E_EXPIRED)
		err->rc = MCPASS_E_STORE;
	return MCPASS_E_STORE;
}

static bool bind_values(sqlite3_stmt *statement, const struct mp_sql_value *values, size_t count)
{
	bool ok = true;

	for (size_t i = 0; i < count && ok; i++) {
		if (values[i].text != NULL)
			ok = sqlite3_bind_text(statement, (int)i + 1, values[i].text, -1,
			    SQLITE_STATIC) == SQLITE_OK;
		else
			ok = sqlite3_bind_int64(statement, (int)i + 1, values[i].number) == SQLITE_OK;
	}
	return ok;
}

/* A copy of the first column; a text with a NUL inside was not written by us. */
static enum mcpass_rc copy_column(sqlite3_stmt *statement, char **ret_text,
    struct mcpass_error *err)
{
	const char *text = (const char *)sqlite3_column_text(statement, 0);
	size_t len = (size_t)sqlite3_column_bytes(statement, 0);
	char *copy;

	if (text == NULL || strlen(text) != len)
		return mp_fail(err, MCPASS_E_STORE, NULL, "the store holds a value that is no text");
	copy = mp_dup_span((struct mp_span){ text, len });
	if (copy == NULL)
		return mp_nomem(err);
	*ret_text = copy;
	return MCPASS_OK;
}

enum mcpass_rc mp_sql_each(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, mp_sql_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	sqlite3_stmt *statement = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	int code = SQLITE_ERROR;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK
	    && bind_values(statement, values, count))
		while (!rc && (code = sqlite3_step(statement)) == SQLITE_ROW)
			rc = row(row_ctx, statement, err);
	if (!rc && code != SQLITE_DONE)
		rc = fail(db, err);
	(void)sqlite3_finalize(statement);
	return rc;
}

enum mcpass_rc mp_sql_run(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, char **ret_text, struct mcpass_error *err)
{
	sqlite3_stmt *statement = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	char *text = NULL;
	int code;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK
	    || !bind_values(statement, values, count)) {
		rc = fail(db, err);
		goto out;
	}
	/* To the end, whatever is wanted of it: then a change is made, or an error known. */
	while ((code = sqlite3_step(statement)) == SQLITE_ROW && !rc)
		if (ret_text != NULL && text == NULL)
			rc = copy_column(statement, &text, err);
	if (!rc && code != SQLITE_DONE)
		rc = fail(db, err);
out:
	(void)sqlite3_finalize(statement);
	if (rc)
		mp_free_wiped(text);
	else if (ret_text != NULL)
		*ret_text = text;
	return rc;
}

/* Everything in the journal is in the database, and on the disk.  (Not while another reads.) */
static bool check_point(sqlite3 *db)
{
	int written = -1, moved = -1;

	return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &written, &moved) == SQLITE_OK
	    && written == moved;
}

static sqlite3_file *file_of(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	return file != NULL && file->pMethods != NULL ? file : NULL;
}

/* The file alone: what is in it at the least makes the journal count. */
static bool sync_file(sqlite3 *db)
{
	sqlite3_file *file = file_of(db);

	return file != NULL && file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

/* Of this connection, or of another process that has not moved the journal into it yet: then it
 * is one page, which was written without a sync. */
static bool is_new(sqlite3 *db)
{
	sqlite3_file *file = file_of(db);
	unsigned char page[2];          /* its size, in the file's 17th and 18th byte; 1: 65536 */
	sqlite3_int64 size = 0;
	int is = 0;

	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &is);
	if (is != 0)
		return true;
	if (file == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK
	    || file->pMethods->xRead(file, page, sizeof(page), 16) != SQLITE_OK)
		return false;
	return size <= (page[0] << 8 | page[1] << 16);
}

/* A file that is new has to be moved to the disk as a whole anyway: a checkpoint takes the change
 * along (the journal, the folder, the file), so that the commit need not wait, too. */
enum mcpass_rc mp_sql_run_lasting(sqlite3 *db, const char *sql, const struct mp_sql_value *values,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = is_new(db) ? mp_sql_run(db, sql, values, count, NULL, err) : MCPASS_OK;

	if (rc)
		return rc;
	if (is_new(db) && check_point(db)) {
		(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
		return MCPASS_OK;
	}
	rc = mp_sql_exec(db, "PRAGMA synchronous=FULL", err);
	if (!rc)
		rc = mp_sql_run(db, sql, values, count, NULL, err);
	(void)sqlite3_exec(db, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
	if (!rc && is_new(db) && !sync_file(db))
		rc = fail(db, err);
	if (!rc)
		mp_sql_settle(db);
	return rc;
}

/* What was made without a sync is marked by having no checkpoint at its end. */
void mp_sql_settle(sqlite3 *db)
{
	if (is_new(db) && !check_point(db))
		(void)sync_file(db);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

enum mcpass_rc mp_sql_push(struct mp_strings *list, const char *text, struct mcpass_error *err)
{
	char *copy = mp_dup_span((struct mp_span){ text, strlen(text) });
	char **grown = list->items;

	/* A power of two is full. */
	if (copy != NULL && (list->count & (list->count - 1)) == 0) {
		size_t room = list->count == 0 ? 1 : 2 * list->count;

		grown = realloc(list->items, room * sizeof(*grown));
	}
	if (copy == NULL || grown == NULL) {
		free(copy);
		return mp_nomem(err);
	}
	list->items = grown;
	list->items[list->count++] = copy;
	return MCPASS_OK;
}

enum mcpass_rc mp_sql_list(sqlite3 *db, const char *sql, struct mp_strings *ret_list,
    struct mcpass_error *err)
{
	struct mp_strings list = { 0 };
	sqlite3_stmt *statement = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	int code = SQLITE_ROW;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		rc = fail(db, err);
	while (!rc && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		rc = text == NULL ? mp_nomem(err) : mp_sql_push(&list, text, err);
	}
	if (!rc && code != SQLITE_DONE)
		rc = fail(db, err);
	(void)sqlite3_finalize(statement);
	if (rc)
		mp_strings_free(&list);
	else
		*ret_list = list;
	return rc;
}

enum mcpass_rc mp_sql_exec(sqlite3 *db, const char *sql, struct mcpass_error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? MCPASS_OK : fail(db, err);
}

/* In WAL mode a commit appends to the journal; the table's file grows when that is copied back,
 * and fails then without harm. */
static int set_room_aside(sqlite3 *db, size_t bytes)
{
	sqlite3_file *journal = NULL;
	sqlite3_int64 size = 0;
	int chunk = ROOM_STEP, code;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&journal) != SQLITE_OK
	    || journal == NULL || journal->pMethods == NULL || journal->pMethods->iVersion < 1)
		return SQLITE_OK;               /* in memory */
	code = journal->pMethods->xFileSize(journal, &size);
	if (code != SQLITE_OK)
		return code;
	size += (sqlite3_int64)bytes;
	(void)journal->pMethods->xFileControl(journal, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
	code = journal->pMethods->xFileControl(journal, SQLITE_FCNTL_SIZE_HINT, &size);
	return code == SQLITE_NOTFOUND ? SQLITE_OK : code;
}

enum mcpass_rc mp_sql_reserve(sqlite3 *db, size_t bytes, struct mcpass_error *err)
{
	const char *path = sqlite3_db_filename(db, "main");
	enum mcpass_rc rc = mp_sql_exec(db, "BEGIN IMMEDIATE", err);
	int code;

	if (rc)
		return rc;
	code = set_room_aside(db, bytes);
	if (code != SQLITE_OK)
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "%s: no room for a login: %s",
		    path != NULL ? path : "the store", strerror(errno));
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
