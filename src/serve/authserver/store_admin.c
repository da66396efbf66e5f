#include "serve/authserver/store_admin.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>
#include "io/store/pg_url.h"
#include "io/store/store.h"
#include "issuer/signing.h"
#include "serve/authserver/auth_server.h"

/* For ever: 31 December 9999. */
#define FOR_EVER 253402300799
/* Pages copied at a time, and how long a writer that is in the way is waited for. */
#define PAGES 256
#define BUSY_MS 5000

static enum mcpass_rc check_data(const char *data, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (data == NULL) {
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "which store?");
		mp_hint(err, "--data FILE (or postgresql://...) of the server");
		return MCPASS_E_USAGE;
	}
	rc = mp_pg_url_check_place(data, err);
	if (!rc && !mp_pg_url_is(data) && access(data, F_OK) != 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: %s", data, strerror(errno));
	return rc;
}

enum mcpass_rc mp_store_admin_open(const char *data, const char *data_key,
    struct mp_issuer_store *ret_store, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_data(data, err);

	return rc ? rc : mp_issuer_store_open(data, data_key, ret_store, err);
}

/* --- keys --- */
/* The record of keys, else the only key there was; NULL: no server has run here. */
static enum mcpass_rc read_record(const struct mp_issuer_store *store, int64_t now,
    char **ret_text, struct mcpass_error *err)
{
	enum mcpass_rc rc = store->get(store->ctx, MP_KIND_SERVER, MP_KEY_RECORD, now, ret_text, err);

	if (!rc && *ret_text == NULL)
		rc = store->get(store->ctx, MP_KIND_SERVER, "signing_key", now, ret_text, err);
	if (!rc && *ret_text == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no signing key in the store");
		mp_hint(err, "it is made at the first start of a server with this --data; one that was"
		    " given --key FILE signs with that");
	}
	return rc;
}

static enum mcpass_rc list_record(const char *text, int64_t now, json_t **ret_list,
    struct mcpass_error *err)
{
	struct mp_signing_keys keys = { 0 };
	enum mcpass_rc rc = mp_signing_read(text, &keys, err);

	if (!rc)
		rc = mp_signing_list(&keys, now, ret_list, err);
	mp_signing_free(&keys);
	return rc;
}

/* In one turn; it takes the first key out and puts it back, so that of two who rotate at once one
 * waits for the other. */
static enum mcpass_rc rotate(const struct mp_issuer_store *store, const char *jwk, int64_t now,
    int64_t lead, char **ret_text, struct mcpass_error *err)
{
	char *first = NULL, *text = NULL;
	enum mcpass_rc rc = store->take(store->ctx, MP_KIND_SERVER, "signing_key", now, &first, err);

	if (!rc && first != NULL)
		rc = store->put(store->ctx, MP_KIND_SERVER, "signing_key", NULL, FOR_EVER, first, err);
	if (!rc)
		rc = read_record(store, now, &text, err);
	if (!rc)
		rc = lead == MP_STORE_ADMIN_ALONE ? mp_signing_replace(jwk, now, ret_text, err)
		    : mp_signing_rotate(text, jwk, now, lead, ret_text, err);
	if (!rc)
		rc = store->put(store->ctx, MP_KIND_SERVER, MP_KEY_RECORD, NULL, FOR_EVER, *ret_text, err);
	mp_free_wiped(first);
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_store_admin_rotate(const struct mp_issuer_store *store, int64_t now,
    int64_t lead, json_t **ret_list, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	char *jwk = NULL, *text = NULL;
	enum mcpass_rc rc = mp_auth_server_new_key(&jwk, err), ended;

	if (!rc)
		rc = store->begin(store->ctx, err);
	if (!rc) {
		rc = rotate(store, jwk, now, lead, &text, err);
		ended = store->end(store->ctx, rc == MCPASS_OK, rc ? &why : err);
		rc = rc ? rc : ended;
	}
	if (!rc)
		rc = list_record(text, now, ret_list, err);
	mp_free_wiped(jwk);
	mp_free_wiped(text);
	return mp_doing(err, rc, "rotating the signing key");
}

enum mcpass_rc mp_store_admin_keys(const struct mp_issuer_store *store, int64_t now,
    json_t **ret_list, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = read_record(store, now, &text, err);

	if (!rc)
		rc = list_record(text, now, ret_list, err);
	mp_free_wiped(text);
	return mp_doing(err, rc, "listing the signing keys");
}

/* --- a copy --- */
static enum mcpass_rc make_private(const char *path, struct mcpass_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return mp_fail(err, errno == EEXIST ? MCPASS_E_USAGE : MCPASS_E_IO, NULL, "%s: %s", path,
		    strerror(errno));
	(void)close(fd);
	return MCPASS_OK;
}

static enum mcpass_rc failed(sqlite3 *db, const char *path, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", path,
	    db != NULL ? sqlite3_errmsg(db) : "out of memory");
}

static enum mcpass_rc copy_pages(sqlite3 *from, sqlite3 *to, const char *path,
    struct mcpass_error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code;

	if (backup == NULL)
		return failed(to, path, err);
	/* A step waits for a writer as long as the connection does. */
	do
		code = sqlite3_backup_step(backup, PAGES);
	while (code == SQLITE_OK);
	if (sqlite3_backup_finish(backup) != SQLITE_OK || code != SQLITE_DONE)
		return failed(to, path, err);
	return MCPASS_OK;
}

enum mcpass_rc mp_store_admin_backup(const char *data, const char *path, struct mcpass_error *err)
{
	sqlite3 *from = NULL, *to = NULL;
	enum mcpass_rc rc = check_data(data, err);

	if (!rc && mp_pg_url_is(data)) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a database server makes its own copies");
		mp_hint(err, "pg_dump --format=custom --file=FILE 'postgresql://...'");
	}
	if (!rc)
		rc = make_private(path, err);
	if (rc)
		return mp_doing(err, rc, "making a copy of the store");
	if (sqlite3_open_v2(data, &from, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = failed(from, data, err);
	else if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = failed(to, path, err);
	if (!rc) {
		(void)sqlite3_busy_timeout(from, BUSY_MS);
		rc = copy_pages(from, to, path, err);
	}
	(void)sqlite3_close(from);
	(void)sqlite3_close(to);
	if (rc)
		(void)unlink(path);
	return mp_doing(err, rc, "making a copy of the store");
}
