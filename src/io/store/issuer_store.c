/* The issuer's store as the server sees it: whichever kind keeps it, sealed when there is a key. */
#include <stdlib.h>
#include "base/buf.h"
#include "base/limits.h"
#include "base/secret.h"
#include "io/store/issuer_kind.h"
#include "io/store/pg_url.h"
#include "io/store/store.h"
#include "io/store/store_key.h"

struct front {
	const struct mp_issuer_kind *kind;
	struct mp_issuer_store kept;
	struct mp_store_keys keys;
};

/* The row that a value is bound to. */
static enum mcpass_rc seal_value(const struct front *front, const char *kind, const char *key,
    const char *value, char **ret_value, struct mcpass_error *err)
{
	struct mp_buf table = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&table, "memory %s", kind);
	rc = mp_buf_check(&table, "a kind", err);
	if (!rc)
		rc = mp_store_key_close(&front->keys, mp_buf_text(&table), key, value, ret_value, err);
	mp_buf_free(&table);
	return rc;
}

static enum mcpass_rc open_value(struct front *front, const char *kind, const char *key,
    char **value, struct mcpass_error *err)
{
	struct mp_buf table = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&table, "memory %s", kind);
	rc = mp_buf_check(&table, "a kind", err);
	if (!rc)
		rc = mp_store_key_open(&front->keys, mp_buf_text(&table), key, value, err);
	mp_buf_free(&table);
	return rc;
}

static enum mcpass_rc put(void *ctx, const char *kind, const char *key, const char *group,
    int64_t expires_at, const char *value, struct mcpass_error *err)
{
	struct front *front = ctx;
	char *sealed = NULL;
	enum mcpass_rc rc = seal_value(front, kind, key, value, &sealed, err);

	if (!rc)
		rc = front->kept.put(front->kept.ctx, kind, key, group, expires_at, sealed, err);
	mp_free_wiped(sealed);
	return rc;
}

typedef enum mcpass_rc fetch_fn(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err);

static enum mcpass_rc fetch(struct front *front, fetch_fn *from, const char *kind,
    const char *key, int64_t now, char **ret_value, struct mcpass_error *err)
{
	char *value = NULL;
	enum mcpass_rc rc = from(front->kept.ctx, kind, key, now, &value, err);

	if (!rc)
		rc = open_value(front, kind, key, &value, err);
	if (rc)
		mp_free_wiped(value);
	else
		*ret_value = value;
	return rc;
}

static enum mcpass_rc get(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	struct front *front = ctx;

	return fetch(front, front->kept.get, kind, key, now, ret_value, err);
}

static enum mcpass_rc take(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	struct front *front = ctx;

	return fetch(front, front->kept.take, kind, key, now, ret_value, err);
}

static enum mcpass_rc drop_group(void *ctx, const char *kind, const char *group,
    struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.drop_group(front->kept.ctx, kind, group, err);
}

static enum mcpass_rc add(void *ctx, const char *kind, const char *key, int64_t expires_at,
    int64_t now, bool *ret_added, struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.add(front->kept.ctx, kind, key, expires_at, now, ret_added, err);
}

static enum mcpass_rc count(void *ctx, const char *kind, const char *group, int64_t now,
    size_t *ret_count, struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.count(front->kept.ctx, kind, group, now, ret_count, err);
}

static enum mcpass_rc drop_first(void *ctx, const char *kind, const char *group, size_t count_,
    struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.drop_first(front->kept.ctx, kind, group, count_, err);
}

static enum mcpass_rc begin(void *ctx, struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.begin(front->kept.ctx, err);
}

static enum mcpass_rc end(void *ctx, bool keep, struct mcpass_error *err)
{
	const struct front *front = ctx;

	return front->kept.end(front->kept.ctx, keep, err);
}

struct listing {
	struct front *front;
	const char *kind;
	mp_issuer_row_fn *row;
	void *ctx;
};
static enum mcpass_rc tell_row(void *ctx, const struct mp_issuer_row *kept, struct mcpass_error *err)
{
	const struct listing *listing = ctx;
	struct mp_issuer_row row = *kept;
	char *value = NULL;
	enum mcpass_rc rc = mp_set(&value, kept->value, err);

	if (!rc)
		rc = open_value(listing->front, listing->kind, kept->key, &value, err);
	row.value = value;
	if (!rc)
		rc = listing->row(listing->ctx, &row, err);
	mp_free_wiped(value);
	return rc;
}

static enum mcpass_rc list(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	struct front *front = ctx;
	struct listing listing = { front, kind, row, row_ctx };

	return front->kept.list(front->kept.ctx, kind, group, now, tell_row, &listing, err);
}

const char *mp_issuer_store_key_id(const struct mp_issuer_store *store)
{
	const struct front *front = store->ctx;

	return front->keys.seal.count > 0 ? front->keys.seal.keys[0].id : NULL;
}

const struct mp_store_keys *mp_issuer_store_keys_of(const struct mp_issuer_store *store)
{
	const struct front *front = store->ctx;

	return &front->keys;
}

enum mcpass_rc mp_issuer_store_dump(const struct mp_issuer_store *store, int64_t now,
    struct mp_strings *ret_texts, struct mcpass_error *err)
{
	struct front *front = store->ctx;
	struct mp_strings texts = { 0 };
	enum mcpass_rc rc = front->kind->dump(&front->kept, now, &texts, err);

	for (size_t i = 0; i < texts.count && !rc; i += MP_ISSUER_STORE_COLUMNS)
		rc = open_value(front, texts.items[i], texts.items[i + 1], &texts.items[i + 4], err);
	if (rc)
		mp_strings_free(&texts);
	else
		*ret_texts = texts;
	return rc;
}

enum mcpass_rc mp_issuer_store_claim(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	const struct front *front = store->ctx;

	return front->kind->claim(&front->kept, err);
}

enum mcpass_rc mp_issuer_store_clear(const struct mp_issuer_store *store, struct mcpass_error *err)
{
	const struct front *front = store->ctx;

	return front->kind->clear(&front->kept, err);
}

bool mp_issuer_store_again(const struct mp_issuer_store *store)
{
	const struct front *front = store->ctx;

	return front->kind->again != NULL && front->kind->again(&front->kept);
}

void mp_issuer_store_on_loop(const struct mp_issuer_store *store)
{
	const struct front *front = store->ctx;

	if (front->kind->on_loop != NULL)
		front->kind->on_loop(&front->kept);
}

enum mcpass_rc mp_issuer_store_open(const char *place, const char *key_file,
    struct mp_issuer_store *ret_store, struct mcpass_error *err)
{
	struct front *front = calloc(1, sizeof(*front));
	enum mcpass_rc rc;

	if (front == NULL)
		return mp_nomem(err);
	front->kind = mp_pg_url_is(place) ? &mp_postgres_issuer : &mp_sqlite_issuer;
	rc = mp_pg_url_check_place(place, err);
	if (!rc)
		rc = mp_store_keys_read(place, key_file, &front->keys, err);
	if (!rc)
		rc = mp_store_final(front->kind->open(place, &front->kept, err), err);
	if (rc) {
		mp_store_keys_free(&front->keys);
		free(front);
		return mp_doing(err, rc, "opening the issuer's store");
	}
	*ret_store = (struct mp_issuer_store){ .put = put, .get = get, .take = take,
		.drop_group = drop_group, .add = add, .ctx = front, .count = count,
		.drop_first = drop_first, .begin = begin, .end = end, .list = list };
	return MCPASS_OK;
}

void mp_issuer_store_close(struct mp_issuer_store *store)
{
	struct front *front = store->ctx;

	if (front == NULL)
		return;
	front->kind->close(&front->kept);
	mp_store_keys_free(&front->keys);
	free(front);
	*store = (struct mp_issuer_store){ 0 };
}
