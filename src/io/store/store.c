#include "io/store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/store/database.h"
#include "io/file/private_dir.h"
#include "wire/jose/crypto.h"

/* What one save appends: the record, its pages, and their frames. */
#define ROOM (MP_MAX_RECORD / 2)

static const struct mp_schema schema = {
	1,
	"CREATE TABLE credentials(key TEXT PRIMARY KEY, record TEXT NOT NULL);"
	"CREATE TABLE notes(name TEXT PRIMARY KEY, text TEXT NOT NULL);"
};

struct mp_store {
	char *path;
	sqlite3 *db;            /* NULL: there is no file yet */
	int lock_fd;            /* -1: no lock is held */
	bool by_xdg;            /* at XDG_DATA_HOME */
	bool elsewhere;         /* not where this environment would have one */
};

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

#define STORE "mcpass/credentials.db"
#define ELSEWHERE "mcpass/elsewhere"

static enum mcpass_rc path_in(const char *folder, const char *below, const char *name,
    char **ret_path, struct mcpass_error *err)
{
	struct mp_buf text;

	mp_buf_init(&text, MP_MAX_URI);
	mp_buf_addf(&text, "%s%s/%s", folder, below, name);
	return mp_buf_take(&text, "the path of the store", ret_path, err);
}

/* Where a terminal with another XDG_DATA_HOME than ours keeps its store, as that one noted;
 * *ret_path NULL: nothing is noted, or nothing is there any more. */
static enum mcpass_rc read_elsewhere(const char *home, char **ret_path, struct mcpass_error *err)
{
	char text[PATH_MAX] = "", *note = NULL;
	struct stat info;
	ssize_t len = -1;
	enum mcpass_rc rc = path_in(home, "/.local/share", ELSEWHERE, &note, err);
	int fd = rc ? -1 : open(note, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid()
	    && (info.st_mode & 022) == 0)
		len = read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	free(note);
	text[len > 0 ? strcspn(text, "\n") : 0] = '\0';
	if (!rc && text[0] == '/' && access(text, F_OK) == 0)
		rc = mp_set(ret_path, text, err);
	return rc;
}

/* For programs that are started without XDG_DATA_HOME, as hosts start theirs.  Advice: when it
 * cannot be written, they have a store of their own. */
static void note_elsewhere(const struct mp_store *store)
{
	const char *home = environment("HOME"), *unused;
	char *note = NULL;
	int dir = -1, fd;

	if (!store->by_xdg || home == NULL
	    || path_in(home, "/.local/share", ELSEWHERE, &note, NULL) != MCPASS_OK)
		return;
	if (mp_private_dir_open(note, true, &dir, &unused, NULL) == MCPASS_OK && dir >= 0) {
		fd = openat(dir, "elsewhere", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 && dprintf(fd, "%s\n", store->path) < 0)
			(void)unlinkat(dir, "elsewhere", 0);
		if (fd >= 0)
			close(fd);
		close(dir);
	}
	free(note);
}

/* Both places are looked in: that of XDG_DATA_HOME, and that of a program without it. */
static enum mcpass_rc find_default(struct mp_store *store, struct mcpass_error *err)
{
	const char *data = environment("XDG_DATA_HOME"), *home = environment("HOME");
	char *other = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	store->by_xdg = data != NULL && data[0] == '/';         /* a relative one counts as unset */
	if (store->by_xdg)
		rc = path_in(data, "", STORE, &store->path, err);
	else
		rc = path_in(home, "/.local/share", STORE, &store->path, err);
	if (rc || home == NULL || access(store->path, F_OK) == 0)
		return rc;
	rc = store->by_xdg ? path_in(home, "/.local/share", STORE, &other, err)
	    : read_elsewhere(home, &other, err);
	if (rc || other == NULL || access(other, F_OK) != 0) {
		free(other);
		return rc;
	}
	free(store->path);
	store->path = other;
	store->elsewhere = true;
	store->by_xdg = false;
	return MCPASS_OK;
}

static enum mcpass_rc find_path(struct mp_store *store, const char *path, struct mcpass_error *err)
{
	const char *data = environment("XDG_DATA_HOME");
	enum mcpass_rc rc;

	if (path == NULL)
		path = environment("MCPASS_STORE");
	if (path != NULL)
		return mp_set(&store->path, path, err);
	if (environment("HOME") != NULL || (data != NULL && data[0] == '/'))
		return find_default(store, err);
	rc = mp_fail(err, MCPASS_E_STORE, NULL, "there is no home folder to keep credentials in");
	mp_hint(err, "Set HOME, or MCPASS_STORE=FILE.");
	return rc;
}

const char *mp_store_elsewhere(const struct mp_store *store)
{
	return store->elsewhere ? store->path : NULL;
}

/* The file may come into being while we wait, by another process. */
static enum mcpass_rc open_now(struct mp_store *store, bool create, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (store->db != NULL)
		return MCPASS_OK;
	rc = mp_database_open(store->path, &schema, create, &store->db, err);
	if (!rc && create)
		note_elsewhere(store);
	return rc;
}

enum mcpass_rc mp_store_open(const char *path, struct mp_store **ret_store,
    struct mcpass_error *err)
{
	struct mp_store *store = calloc(1, sizeof(*store));
	enum mcpass_rc rc;

	if (store == NULL)
		return mp_nomem(err);
	store->lock_fd = -1;
	rc = find_path(store, path, err);
	if (!rc)
		rc = open_now(store, false, err);
	if (rc)
		mp_store_close(store);
	else
		*ret_store = store;
	return mp_doing(err, rc, "opening the credential store");
}

void mp_store_rest(struct mp_store *store)
{
	if (store->db != NULL)
		mp_sql_settle(store->db);
	(void)sqlite3_close(store->db);
	store->db = NULL;
}

void mp_store_close(struct mp_store *store)
{
	if (store == NULL)
		return;
	mp_store_unlock(store);
	mp_store_rest(store);
	free(store->path);
	free(store);
}

/* Nothing is made by reading. */
static enum mcpass_rc read_text(struct mp_store *store, const char *sql, const char *name,
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

static enum mcpass_rc write_text(struct mp_store *store, const char *sql, const char *name,
    const char *text, bool lasting, struct mcpass_error *err)
{
	const struct mp_sql_value values[] = { { .text = name }, { .text = text } };
	enum mcpass_rc rc = open_now(store, true, err);

	if (rc)
		return rc;
	return lasting ? mp_sql_run_lasting(store->db, sql, values, 2, err)
	    : mp_sql_run(store->db, sql, values, 2, NULL, err);
}

enum mcpass_rc mp_store_load(struct mp_store *store, const char *key, char **ret_record,
    struct mcpass_error *err)
{
	return mp_doing(err, read_text(store, "SELECT record FROM credentials WHERE key=?", key,
	    ret_record, err), "reading the credential store");
}

/* The journal has the old bytes until it is emptied.  It is not when another process reads
 * just now; the next one that closes the store does it then. */
static enum mcpass_rc forget(struct mp_store *store, const char *key, struct mcpass_error *err)
{
	const struct mp_sql_value value = { .text = key };
	enum mcpass_rc rc = open_now(store, false, err);

	if (rc || store->db == NULL)
		return rc;
	rc = mp_sql_run(store->db, "DELETE FROM credentials WHERE key=?", &value, 1, NULL, err);
	if (!rc)
		(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc;
}

/* A registration without tokens can be had again; to wait for the disk before the browser opens
 * would be for nothing. */
static bool has_tokens(const char *record)
{
	return strstr(record, "\"access_token\":") != NULL;
}

enum mcpass_rc mp_store_save(struct mp_store *store, const char *key, const char *record,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (record == NULL)
		rc = forget(store, key, err);
	else if (strlen(record) > MP_MAX_RECORD)
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "a record is larger than %zu bytes", MP_MAX_RECORD);
	else
		rc = write_text(store, "INSERT INTO credentials VALUES(?1,?2)"
		    " ON CONFLICT(key) DO UPDATE SET record=?2", key, record, has_tokens(record), err);
	return mp_doing(err, rc, "writing to the credential store");
}

enum mcpass_rc mp_store_list(struct mp_store *store, struct mp_strings *ret_keys,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = open_now(store, false, err);

	if (!rc && store->db == NULL)
		*ret_keys = (struct mp_strings){ 0 };
	else if (!rc)
		rc = mp_sql_list(store->db, "SELECT key FROM credentials ORDER BY key", ret_keys, err);
	return mp_doing(err, rc, "reading the credential store");
}

enum mcpass_rc mp_store_note(struct mp_store *store, const char *name, const char *text,
    struct mcpass_error *err)
{
	return mp_doing(err, write_text(store, "INSERT INTO notes VALUES(?1,?2)"
	    " ON CONFLICT(name) DO UPDATE SET text=?2", name, text, false, err),
	    "writing to the credential store");
}

enum mcpass_rc mp_store_noted(struct mp_store *store, const char *name, char **ret_text,
    struct mcpass_error *err)
{
	return mp_doing(err, read_text(store, "SELECT text FROM notes WHERE name=?", name, ret_text,
	    err), "reading the credential store");
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
static enum mcpass_rc open_lock(const struct mp_store *store, const char *key, int *ret_fd,
    struct mcpass_error *err)
{
	struct mp_buf name;
	const char *unused;
	enum mcpass_rc rc;
	int dir_fd, fd;

	mp_buf_init(&name, MP_MAX_URI);
	rc = lock_name(key, &name, err);
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
static enum mcpass_rc prepare(struct mp_store *store, struct mcpass_error *err)
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

enum mcpass_rc mp_store_lock(struct mp_store *store, const char *key,
    char ret_holder[MP_STORE_HOLDER_ROOM], struct mcpass_error *err)
{
	enum mcpass_rc rc;
	int fd = -1;

	if (strcmp(store->path, ":memory:") == 0)
		return MCPASS_OK;               /* there is no other process to keep out */
	mp_store_unlock(store);
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
	return mp_doing(err, rc, "locking the credential store");
}

void mp_store_unlock(struct mp_store *store)
{
	if (store->lock_fd < 0)
		return;
	(void)flock(store->lock_fd, LOCK_UN);   /* also where a child has a copy of the descriptor */
	close(store->lock_fd);
	store->lock_fd = -1;
}
