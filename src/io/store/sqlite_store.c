/* Credentials in an SQLite file; a lock is a file beside it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/file/private_dir.h"
#include "io/store/database.h"
#include "io/store/notes.h"
#include "io/store/ops.h"
#include "wire/jose/crypto.h"
#include "wire/jose/seal.h"

/* On a loop, where what is busy is tried again by a timer: as long as one short write takes. */
#define LOOP_WAIT_MS 5
/* What one save appends: the record, its pages, and their frames. */
#define ROOM (MP_MAX_RECORD / 2)

static const struct mp_schema schema = {
	1,
	"CREATE TABLE credentials(key TEXT PRIMARY KEY, record TEXT NOT NULL);"
	"CREATE TABLE notes(name TEXT PRIMARY KEY, text TEXT NOT NULL);",
	MP_DATABASE_SEALED
};

struct credentials {
	char *path;
	sqlite3 *db;            /* NULL: there is no file yet */
	int lock_fd;            /* -1: no lock is held */
	bool in_turn;           /* what is written is kept at its end */
	int wait_ms;            /* for another process that writes */
};

/* The file may come into being while we wait, by another process. */
static enum mcpass_rc open_now(struct credentials *store, bool create, struct mcpass_error *err)
{
	return store->db != NULL ? MCPASS_OK
	    : mp_database_open(store->path, &schema, create, store->wait_ms, &store->db, err);
}

static void rest(void *at)
{
	struct credentials *store = at;

	if (store->db != NULL)
		mp_sql_settle(store->db);
	(void)sqlite3_close(store->db);
	store->db = NULL;
}

static void unlock(void *at)
{
	struct credentials *store = at;

	if (store->lock_fd < 0)
		return;
	(void)flock(store->lock_fd, LOCK_UN);   /* also where a child has a copy of the descriptor */
	close(store->lock_fd);
	store->lock_fd = -1;
}

static void close_store(void *at)
{
	struct credentials *store = at;

	if (store == NULL)
		return;
	unlock(store);
	rest(store);
	free(store->path);
	free(store);
}

/* On a loop a file that is busy is opened by the first call that finds it free. */
static enum mcpass_rc open_store(const char *path, bool on_loop, void **ret_at,
    struct mcpass_error *err)
{
	struct credentials *store = calloc(1, sizeof(*store));
	enum mcpass_rc rc;

	if (store == NULL)
		return mp_nomem(err);
	store->lock_fd = -1;
	store->wait_ms = on_loop ? LOOP_WAIT_MS : MP_STORE_PATIENCE_MS;
	rc = mp_set(&store->path, path, err);
	if (!rc)
		rc = open_now(store, false, err);
	if (rc == MCPASS_E_EXPIRED && on_loop) {
		mp_clear(err);
		rc = MCPASS_OK;
	}
	if (rc)
		close_store(store);
	else
		*ret_at = store;
	return rc;
}

/* Nothing is made by reading. */
static enum mcpass_rc read_text(struct credentials *store, const char *sql, const char *name,
    char **ret_text, struct mcpass_error *err)
{
	const struct mp_sql_value value = { .text = name };
	enum mcpass_rc rc = open_now(store, false, err);

	if (rc)
		return rc;
	if (store->db != NULL)
		return mp_sql_run(store->db, sql, &value, 1, ret_text, err);
	*ret_text = NULL;
	return MCPASS_OK;
}

static enum mcpass_rc write_text(struct credentials *store, const char *sql, const char *name,
    const char *text, bool lasting, struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = name }, { .text = text } };
	enum mcpass_rc rc = open_now(store, true, err);

	if (!rc && mp_seal_is(text))
		rc = mp_database_mark_sealed(store->db, err);
	if (rc)
		return rc;
	return lasting && !store->in_turn ? mp_sql_run_lasting(store->db, sql, values, 2, err)
	    : mp_sql_run(store->db, sql, values, 2, NULL, err);
}

static enum mcpass_rc load(void *at, const char *key, char **ret_record, struct mcpass_error *err)
{
	return read_text(at, "SELECT record FROM credentials WHERE key=?", key, ret_record, err);
}

/* The journal has the old bytes until it is emptied.  It is not when another process reads
 * just now; the next one that closes the store does it then. */
static enum mcpass_rc forget(struct credentials *store, const char *sql, const char *key,
    struct mcpass_error *err)
{
	const struct mp_sql_value value = { .text = key };
	enum mcpass_rc rc = open_now(store, false, err);

	if (rc || store->db == NULL)
		return rc;
	rc = mp_sql_run(store->db, sql, &value, 1, NULL, err);
	if (!rc && !store->in_turn)
		(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc;
}

static enum mcpass_rc save(void *at, const char *key, const char *record, bool lasting,
    struct mcpass_error *err)
{
	if (record == NULL)
		return forget(at, "DELETE FROM credentials WHERE key=?", key, err);
	return write_text(at, "INSERT INTO credentials VALUES(?1,?2)"
	    " ON CONFLICT(key) DO UPDATE SET record=?2", key, record, lasting, err);
}

static enum mcpass_rc list(void *at, struct mp_strings *ret_keys, struct mcpass_error *err)
{
	struct credentials *store = at;
	enum mcpass_rc rc = open_now(store, false, err);

	if (rc)
		return rc;
	if (store->db != NULL)
		return mp_sql_list(store->db, "SELECT key FROM credentials ORDER BY key", ret_keys, err);
	*ret_keys = (struct mp_strings){ 0 };
	return MCPASS_OK;
}

/* Beside a file; in memory there are no syncs to be spared. */
static enum mcpass_rc note(void *at, const char *name, const char *text, struct mcpass_error *err)
{
	const struct credentials *store = at;

	if (strcmp(store->path, ":memory:") != 0 && text != NULL)
		return mp_notes_write(store->path, name, text, err);
	if (text == NULL && strcmp(store->path, ":memory:") == 0)
		return forget(at, "DELETE FROM notes WHERE name=?", name, err);
	if (text == NULL) {
		mp_notes_remove(store->path, name);
		return MCPASS_OK;
	}
	return write_text(at, "INSERT INTO notes VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET text=?2",
	    name, text, false, err);
}

static enum mcpass_rc noted(void *at, const char *name, char **ret_text, struct mcpass_error *err)
{
	const struct credentials *store = at;

	if (strcmp(store->path, ":memory:") != 0)
		return mp_notes_read(store->path, name, ret_text, err);
	return read_text(at, "SELECT text FROM notes WHERE name=?", name, ret_text, err);
}

static enum mcpass_rc begin(void *at, struct mcpass_error *err)
{
	struct credentials *store = at;
	enum mcpass_rc rc = open_now(store, true, err);

	if (!rc)
		rc = mp_sql_exec(store->db, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", err);
	store->in_turn = rc == MCPASS_OK;
	return rc;
}

/* What was overwritten or taken out is not in the journal either, afterwards. */
static enum mcpass_rc end(void *at, bool keep, struct mcpass_error *err)
{
	struct credentials *store = at;
	enum mcpass_rc rc;

	if (!store->in_turn)
		return MCPASS_OK;
	store->in_turn = false;
	rc = mp_sql_exec(store->db, keep ? "COMMIT" : "ROLLBACK", err);
	if (rc && keep)
		(void)mp_sql_exec(store->db, "ROLLBACK", NULL);
	(void)mp_sql_exec(store->db, "PRAGMA synchronous=NORMAL", NULL);
	mp_sql_settle(store->db);
	(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc;
}

/* --- the lock --- */

/* A key is any text, a file's name is not. */
static enum mcpass_rc lock_name(const char *key, struct mp_buf *ret_name, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_sha256(key, strlen(key), digest, err);

	for (size_t i = 0; i < sizeof(digest) && !rc; i++)
		mp_buf_addf(ret_name, "%02x", digest[i]);
	mp_buf_adds(ret_name, ".lock");
	return rc ? rc : mp_buf_check(ret_name, "the name of a lock", err);
}

/* The file stays when the lock goes: to remove it would let two processes hold two files
 * of one name.  Closed on exec, so that no program we start holds it on. */
static enum mcpass_rc open_lock(const struct credentials *store, const char *key, int *ret_fd,
    struct mcpass_error *err)
{
	struct mp_buf name = MP_BUF(MP_MAX_URI);
	const char *unused;
	int dir_fd, fd;
	enum mcpass_rc rc = lock_name(key, &name, err);

	if (!rc)
		rc = mp_private_dir_open(store->path, true, &dir_fd, &unused, err);
	if (!rc) {
		fd = openat(dir_fd, mp_buf_text(&name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			rc = mp_fail(err, MCPASS_E_STORE, NULL, "the lock beside %s: %s", store->path,
			    strerror(errno));
		else
			*ret_fd = fd;
		close(dir_fd);
	}
	mp_buf_free(&name);
	return rc;
}

/* Who holds the lock, for who waits: advice, so that nothing hangs on it. */
static void sign(int fd)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "process %ld\n", (long)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len)
		return;                 /* then no name stands there */
}

static void read_holder(int fd, char *ret_text, size_t room)
{
	ssize_t len = pread(fd, ret_text, room - 1, 0);

	ret_text[len > 0 ? len : 0] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
	if (ret_text[0] == '\0')
		(void)snprintf(ret_text, room, "a process");
	mp_one_line(ret_text);
}

/* What is about to be spent, a refresh token or a person's sign-in, must not be lost because
 * the store cannot take what comes of it. */
static enum mcpass_rc prepare(struct credentials *store, struct mcpass_error *err)
{
	enum mcpass_rc rc = open_now(store, true, err);

	if (!rc)
		rc = mp_sql_reserve(store->db, ROOM, err);
	if (rc && rc != MCPASS_E_NOMEM)
		mp_hint(err, "Nothing was asked of the authorization server. Make room, or the store"
		    " writable, or give another one: --store FILE.");
	return mp_doing(err, rc, "making sure that the login can be kept");
}

static enum mcpass_rc take_lock(int fd, char ret_holder[MP_STORE_HOLDER_ROOM],
    struct mcpass_error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return MCPASS_OK;
	if (errno != EWOULDBLOCK && errno != EINTR)
		return mp_fail(err, MCPASS_E_STORE, NULL, "cannot lock: %s", strerror(errno));
	read_holder(fd, ret_holder, MP_STORE_HOLDER_ROOM);
	return mp_fail(err, MCPASS_E_EXPIRED, NULL, "%s holds the lock: it renews the login, or waits for"
	    " its person", ret_holder);
}

static enum mcpass_rc lock(void *at, const char *key, char ret_holder[MP_STORE_HOLDER_ROOM],
    struct mcpass_error *err)
{
	struct credentials *store = at;
	enum mcpass_rc rc;
	int fd = -1;

	if (strcmp(store->path, ":memory:") == 0)
		return MCPASS_OK;               /* there is no other process to keep out */
	unlock(store);
	rc = open_lock(store, key, &fd, err);
	if (!rc)
		rc = mp_doing(err, take_lock(fd, ret_holder, err),
		    "waiting for another mcpass to finish with this login");
	if (!rc)
		rc = prepare(store, err);
	if (!rc) {
		sign(fd);
		store->lock_fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	return rc;
}

const struct mp_store_ops mp_sqlite_ops = {
	.kind = "SQLite", .open = open_store, .close = close_store, .rest = rest, .load = load,
	.save = save, .list = list, .lock = lock, .unlock = unlock, .note = note, .noted = noted,
	.begin = begin, .end = end,
};
