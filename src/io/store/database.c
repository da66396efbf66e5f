#include "io/store/database.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/file/private_dir.h"

#define LOOK_AGAIN_MS 50

/* Looks again and again, for milliseconds: a lock that waits by itself has no time limit, but by
 * a signal or a thread, and neither belongs into a library. */
static enum mcpass_rc lock_folder(int dir_fd, int wait_ms, struct mcpass_error *err)
{
	static const struct timespec pause = { .tv_nsec = LOOK_AGAIN_MS * 1000000L };
	int64_t deadline = mp_deadline_ms(wait_ms);

	while (flock(dir_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return mp_fail(err, MCPASS_E_STORE, NULL, "cannot lock: %s", strerror(errno));
		if (mp_left_ms(deadline) == 0)
			return mp_fail(err, MCPASS_E_EXPIRED, NULL, "another process sets up the store");
		(void)nanosleep(&pause, NULL);
	}
	return MCPASS_OK;
}

static enum mcpass_rc read_version(sqlite3 *db, int *ret_version, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_sql_run(db, "PRAGMA user_version", NULL, 0, &text, err);

	if (!rc)
		*ret_version = text != NULL ? (int)strtol(text, NULL, 10) : 0;
	mp_free_wiped(text);
	return rc;
}

static enum mcpass_rc set_up(sqlite3 *db, const struct mp_schema *schema,
    struct mcpass_error *err)
{
	char mark[64];
	enum mcpass_rc rc;

	(void)sqlite3_snprintf(sizeof(mark), mark, "PRAGMA user_version=%d; COMMIT", schema->version);
	/* An empty file need not outlive a power failure: mp_sql_settle() sees to it when there is
	 * something in it. */
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = mp_sql_exec(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; BEGIN IMMEDIATE", err);
	if (!rc)
		rc = mp_sql_exec(db, schema->sql, err);
	if (!rc)
		rc = mp_sql_exec(db, mark, err);
	return rc ? rc : mp_sql_exec(db, "PRAGMA synchronous=NORMAL", err);
}

/* A new file is set up by one process, while the others wait for it at the folder. */
static enum mcpass_rc set_up_once(sqlite3 *db, int dir_fd, const struct mp_schema *schema,
    int wait_ms, struct mcpass_error *err)
{
	int version = 0;
	enum mcpass_rc rc = dir_fd < 0 ? MCPASS_OK : lock_folder(dir_fd, wait_ms, err);

	if (!rc)
		rc = read_version(db, &version, err);
	if (!rc && version == 0)
		rc = set_up(db, schema, err);
	return rc;      /* the lock ends with the descriptor */
}

static enum mcpass_rc known(const struct mp_schema *schema, int version, const char *path,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (version >= schema->version && version <= schema->newest)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_STORE, NULL, "%s has the format %d; this program knows %d", path,
	    version, schema->newest);
	mp_hint(err, "A newer mcpass wrote it: use that one, or another MCPASS_STORE.");
	return rc;
}

enum mcpass_rc mp_database_mark_sealed(sqlite3 *db, struct mcpass_error *err)
{
	char sql[40];
	int version = 0;
	enum mcpass_rc rc = read_version(db, &version, err);

	(void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version=%d", MP_DATABASE_SEALED);
	return rc || version == MP_DATABASE_SEALED ? rc : mp_sql_exec(db, sql, err);
}

static enum mcpass_rc check_version(sqlite3 *db, int dir_fd, const struct mp_schema *schema,
    int wait_ms, struct mcpass_error *err)
{
	int version = 0;
	enum mcpass_rc rc = read_version(db, &version, err);

	if (!rc && version == 0)
		return set_up_once(db, dir_fd, schema, wait_ms, err);
	return rc ? rc : known(schema, version, sqlite3_db_filename(db, "main"), err);
}

/* A folder that cannot be written has no place for the files that SQLite wants beside the
 * database; without a journal there the file says all, and it does not change. */
static bool can_only_be_read(const char *path, int dir_fd)
{
	struct stat journal;
	const char *slash = strrchr(path, '/');
	char name[NAME_MAX + 8];
	int len = snprintf(name, sizeof(name), "%s-wal", slash != NULL ? slash + 1 : path);

	return dir_fd >= 0 && faccessat(dir_fd, ".", W_OK, AT_EACCESS) != 0
	    && len > 0 && (size_t)len < sizeof(name)
	    && (fstatat(dir_fd, name, &journal, AT_SYMLINK_NOFOLLOW) != 0 || journal.st_size == 0);
}

/* "file:PATH?immutable=1"; a path may have any byte. */
static enum mcpass_rc open_to_read(const char *path, const struct mp_schema *schema,
    sqlite3 **ret_db, struct mcpass_error *err)
{
	struct mp_buf uri = MP_BUF((size_t)4 * PATH_MAX);
	sqlite3 *db = NULL;
	enum mcpass_rc rc;
	int version = 0;

	mp_buf_adds(&uri, "file:");
	for (const char *p = path; *p != '\0'; p++)
		if (*p == '/' || *p == '.' || *p == '_' || *p == '-' || isalnum((unsigned char)*p))
			mp_buf_addc(&uri, *p);
		else
			mp_buf_addf(&uri, "%%%02x", (unsigned)(unsigned char)*p);
	mp_buf_adds(&uri, "?immutable=1");
	rc = mp_buf_check(&uri, "the path of the store", err);
	if (!rc && sqlite3_open_v2(mp_buf_text(&uri), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)
	    != SQLITE_OK)
		rc = db == NULL ? mp_nomem(err)
		    : mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", path, sqlite3_errmsg(db));
	if (!rc)
		rc = read_version(db, &version, err);
	if (!rc)
		rc = known(schema, version, path, err);
	mp_buf_free(&uri);
	if (rc)
		(void)sqlite3_close(db);
	else
		*ret_db = db;
	return rc;
}

/* NORMAL: whole after a power failure, though the last commits may be missing; what must not be
 * missing is written by mp_sql_run_lasting().  secure_delete: a token that was dropped is
 * overwritten. */
static enum mcpass_rc open_database(const char *path, int dir_fd, const struct mp_schema *schema,
    int wait_ms, sqlite3 **ret_db, struct mcpass_error *err)
{
	sqlite3 *db = NULL;
	enum mcpass_rc rc;

	if (can_only_be_read(path, dir_fd))
		return open_to_read(path, schema, ret_db, err);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		rc = db == NULL ? mp_nomem(err)
		    : mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", path, sqlite3_errmsg(db));
		goto out;
	}
	(void)sqlite3_busy_timeout(db, wait_ms);
	rc = mp_sql_exec(db, "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON", err);
	if (!rc)
		rc = check_version(db, dir_fd, schema, wait_ms, err);
out:
	if (rc)
		(void)sqlite3_close(db);
	else
		*ret_db = db;
	return rc;
}

enum mcpass_rc mp_database_open(const char *path, const struct mp_schema *schema, bool create,
    int wait_ms, sqlite3 **ret_db, struct mcpass_error *err)
{
	sqlite3 *db = NULL;
	const char *name;
	bool there = false;
	enum mcpass_rc rc;
	int dir_fd;

	if (strcmp(path, ":memory:") == 0)
		return open_database(path, -1, schema, wait_ms, ret_db, err);
	rc = mp_private_dir_open(path, create, &dir_fd, &name, err);
	if (rc)
		return rc;
	if (dir_fd >= 0)
		rc = mp_private_file_check(dir_fd, name, path, &there, err);
	if (!rc && !there && create) {
		rc = mp_private_file_create(dir_fd, name, path, err);
		if (!rc)        /* another process may have been faster */
			rc = mp_private_file_check(dir_fd, name, path, &there, err);
	}
	if (!rc && there)
		rc = open_database(path, dir_fd, schema, wait_ms, &db, err);
	if (dir_fd >= 0)
		close(dir_fd);
	if (!rc)
		*ret_db = db;
	return rc;
}
