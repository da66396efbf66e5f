/* The store as its callers see it: which kind it is, what may be in it, what an error was about. */
#include "io/store/store.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/store/ops.h"
#include "io/store/pg_url.h"
#include "io/store/place.h"
#include "io/store/sql.h"
#include "io/store/store_key.h"

/* What a sealed record is bound to, beside its key. */
#define TABLE "credentials"
/* What is busy is tried again after so many milliseconds, up to twice as many. */
#define AGAIN_MS 10

struct mp_store {
	const struct mp_store_ops *ops;
	void *at;               /* the kind's own */
	struct mp_place place;
	char *shown;            /* the place, without a password */
	struct mp_store_keys keys;      /* none: records are kept as they are */
	bool on_loop;           /* what is busy is tried again by a timer */
	bool is_made;           /* it is there, as far as we know: the place is noted */
};

static enum mcpass_rc open_at(struct mp_store *store, struct mcpass_error *err)
{
	store->ops = mp_pg_url_is(store->place.path) ? &mp_postgres_ops : &mp_sqlite_ops;
	return store->ops->open(store->place.path, store->on_loop, &store->at, err);
}

int64_t mp_store_next_try(void)
{
	uint8_t byte = 0;

	(void)mp_entropy(NULL, &byte, sizeof(byte));
	return mp_now_ms() + AGAIN_MS + byte % AGAIN_MS;
}

enum mcpass_rc mp_store_final(enum mcpass_rc rc, struct mcpass_error *err)
{
	return mp_sql_final(rc, err);
}

/* A command that runs alone has waited already. */
static enum mcpass_rc told(const struct mp_store *store, enum mcpass_rc rc, const char *doing,
    struct mcpass_error *err)
{
	return mp_doing(err, store->on_loop ? rc : mp_store_final(rc, err), doing);
}

static enum mcpass_rc open_with(const char *path, const char *key_file, bool on_loop,
    struct mp_store **ret_store, struct mcpass_error *err)
{
	struct mp_store *store = calloc(1, sizeof(*store));
	enum mcpass_rc rc;

	if (store == NULL)
		return mp_nomem(err);
	store->on_loop = on_loop;
	rc = mp_place_find(path, &store->place, err);
	if (!rc)
		rc = mp_pg_url_show(store->place.path, &store->shown, err);
	if (!rc)
		rc = mp_store_keys_read(store->place.path, key_file, &store->keys, err);
	if (!rc)
		rc = open_at(store, err);
	if (rc)
		mp_store_close(store);
	else
		*ret_store = store;
	return mp_doing(err, mp_store_final(rc, err), "opening the credential store");
}

enum mcpass_rc mp_store_open_with(const char *path, const char *key_file,
    struct mp_store **ret_store, struct mcpass_error *err)
{
	return open_with(path, key_file, false, ret_store, err);
}

enum mcpass_rc mp_store_open(const char *path, struct mp_store **ret_store,
    struct mcpass_error *err)
{
	return open_with(path, NULL, false, ret_store, err);
}

enum mcpass_rc mp_store_open_on_loop(const char *path, struct mp_store **ret_store,
    struct mcpass_error *err)
{
	return open_with(path, NULL, true, ret_store, err);
}

void mp_store_close(struct mp_store *store)
{
	if (store == NULL)
		return;
	if (store->at != NULL)
		store->ops->close(store->at);
	mp_place_free(&store->place);
	free(store->shown);
	mp_store_keys_free(&store->keys);
	free(store);
}

void mp_store_rest(struct mp_store *store)
{
	store->ops->rest(store->at);
}

const char *mp_store_elsewhere(const struct mp_store *store)
{
	return store->place.elsewhere ? store->place.path : NULL;
}

const char *mp_store_kind(const struct mp_store *store)
{
	return store->ops->kind;
}

const char *mp_store_shown(const struct mp_store *store)
{
	return store->shown;
}

const char *mp_store_key_id(const struct mp_store *store)
{
	return store->keys.seal.count > 0 ? store->keys.seal.keys[0].id : NULL;
}

const struct mp_store_keys *mp_store_keys_of(const struct mp_store *store)
{
	return &store->keys;
}

/* After something was written. */
static enum mcpass_rc made(struct mp_store *store, enum mcpass_rc rc)
{
	if (!rc && !store->is_made) {
		store->is_made = true;
		mp_place_note(&store->place);
	}
	return rc;
}

enum mcpass_rc mp_store_load(struct mp_store *store, const char *key, char **ret_record,
    struct mcpass_error *err)
{
	char *record = NULL;
	enum mcpass_rc rc = store->ops->load(store->at, key, &record, err);

	if (!rc)
		rc = mp_store_key_open(&store->keys, TABLE, key, &record, err);
	if (rc)
		mp_free_wiped(record);
	else
		*ret_record = record;
	return told(store, rc, "reading the credential store", err);
}

/* A registration without tokens can be had again; to wait for the disk before the browser opens
 * would be for nothing. */
static bool has_tokens(const char *record)
{
	return strstr(record, "\"access_token\":") != NULL;
}

static enum mcpass_rc replace(struct mp_store *store, const char *key, const char *record,
    struct mcpass_error *err)
{
	char *sealed = NULL;
	enum mcpass_rc rc = mp_store_key_close(&store->keys, TABLE, key, record, &sealed, err);

	if (!rc)
		rc = store->ops->save(store->at, key, sealed, has_tokens(record), err);
	mp_free_wiped(sealed);
	return made(store, rc);
}

enum mcpass_rc mp_store_save(struct mp_store *store, const char *key, const char *record,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (record == NULL)
		rc = store->ops->save(store->at, key, NULL, true, err);
	else if (strlen(record) > MP_MAX_RECORD)
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "a record is larger than %zu bytes", MP_MAX_RECORD);
	else
		rc = replace(store, key, record, err);
	return told(store, rc, "writing to the credential store", err);
}

enum mcpass_rc mp_store_list(struct mp_store *store, struct mp_strings *ret_keys,
    struct mcpass_error *err)
{
	return mp_doing(err, mp_store_final(store->ops->list(store->at, ret_keys, err), err),
	    "reading the credential store");
}

enum mcpass_rc mp_store_note(struct mp_store *store, const char *name, const char *text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = store->ops->note(store->at, name, text, err);

	return told(store, text != NULL ? made(store, rc) : rc, "writing to the credential store", err);
}

enum mcpass_rc mp_store_noted(struct mp_store *store, const char *name, char **ret_text,
    struct mcpass_error *err)
{
	return told(store, store->ops->noted(store->at, name, ret_text, err),
	    "reading the credential store", err);
}

enum mcpass_rc mp_store_examine(struct mp_store *store, const char *key,
    enum mp_store_seal *ret_how, struct mcpass_error *err)
{
	char *record = NULL;
	enum mp_store_seal how = MP_STORE_PLAIN;
	enum mcpass_rc rc = store->ops->load(store->at, key, &record, err);

	if (!rc && record != NULL && mp_seal_is(record))
		how = mp_seal_is_current(&store->keys.seal, record) ? MP_STORE_SEALED : MP_STORE_OLD_KEY;
	if (!rc)
		rc = mp_store_key_open(&store->keys, TABLE, key, &record, err);
	if (!rc)
		*ret_how = how;
	mp_free_wiped(record);
	return told(store, rc, "reading the credential store", err);
}

enum mcpass_rc mp_store_begin(struct mp_store *store, struct mcpass_error *err)
{
	return told(store, made(store, store->ops->begin(store->at, err)),
	    "writing to the credential store", err);
}

enum mcpass_rc mp_store_end(struct mp_store *store, bool keep, struct mcpass_error *err)
{
	return told(store, store->ops->end(store->at, keep, err), "writing to the credential store",
	    err);
}

enum mcpass_rc mp_store_lock(struct mp_store *store, const char *key,
    char ret_holder[MP_STORE_HOLDER_ROOM], struct mcpass_error *err)
{
	ret_holder[0] = '\0';
	return mp_doing(err, made(store, store->ops->lock(store->at, key, ret_holder, err)),
	    "locking the credential store");
}

void mp_store_unlock(struct mp_store *store)
{
	store->ops->unlock(store->at);
}
