#include "io/store/transfer.h"
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "io/clock.h"
#include "issuer/issuer.h"

/* --- credentials --- */

static enum mcpass_rc compare(const char *name, const char *there, const char *wanted,
    struct mcpass_error *err)
{
	if (mp_eq(there, wanted))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_STORE, NULL, "%s does not read back as it was written", name);
}

static enum mcpass_rc check_free(const char *name, const char *there, const char *wanted,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (there == NULL || mp_eq(there, wanted))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, NULL, "there is another record of %s already", name);
	mp_hint(err, "Forget the one that is not wanted: mcpass logout.");
	return rc;
}

static enum mcpass_rc move_one(struct mp_store *from, struct mp_store *to, const char *name,
    struct mcpass_error *err)
{
	char *text = NULL, *there = NULL, *back = NULL;
	enum mcpass_rc rc = mp_store_load(from, name, &text, err);

	if (rc || text == NULL)
		return rc;
	rc = mp_store_load(to, name, &there, err);
	if (!rc)
		rc = check_free(name, there, text, err);
	if (!rc)
		rc = mp_store_save(to, name, text, err);
	if (!rc)
		rc = mp_store_load(to, name, &back, err);
	if (!rc)
		rc = compare(name, back, text, err);
	mp_free_wiped(text);
	mp_free_wiped(there);
	mp_free_wiped(back);
	return rc;
}

/* What it got from its server is in no store yet. */
static enum mcpass_rc check_idle(struct mp_store *store, const struct mp_strings *keys,
    struct mcpass_error *err)
{
	char holder[MP_STORE_HOLDER_ROOM];
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < keys->count && !rc; i++) {
		rc = mp_store_lock(store, keys->items[i], holder, err);
		mp_store_unlock(store);
	}
	return rc;
}

/* Notes are advice, learned again: they stay. */
static enum mcpass_rc move_all(struct mp_store *from, struct mp_store *to,
    const struct mp_strings *keys, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < keys->count && !rc; i++)
		rc = move_one(from, to, keys->items[i], err);
	return rc;
}

static enum mcpass_rc take_out(struct mp_store *from, const struct mp_strings *keys,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < keys->count && !rc; i++)
		rc = mp_store_save(from, keys->items[i], NULL, err);
	return rc;
}

static enum mcpass_rc end_both(struct mp_store *from, struct mp_store *to,
    const struct mp_strings *keys, enum mcpass_rc rc, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (rc) {
		(void)mp_store_end(to, false, &why);
		(void)mp_store_end(from, false, &why);
		return rc;
	}
	rc = mp_store_end(to, true, err);
	if (!rc)                /* both have it now; with what follows only the new one */
		rc = take_out(from, keys, err);
	if (rc)
		(void)mp_store_end(from, false, &why);
	return rc ? rc : mp_store_end(from, true, err);
}

enum mcpass_rc mp_transfer_move(struct mp_store *from, struct mp_store *to, size_t *ret_count,
    struct mcpass_error *err)
{
	struct mp_strings keys = { 0 };
	enum mcpass_rc rc = mp_store_list(from, &keys, err);

	if (!rc)
		rc = check_idle(from, &keys, err);
	mp_strings_free(&keys);
	if (!rc)
		rc = mp_store_begin(from, err);
	if (rc)
		return mp_doing(err, rc, "moving the store");
	rc = mp_store_list(from, &keys, err);
	if (!rc)
		rc = mp_store_begin(to, err);
	if (!rc)
		rc = move_all(from, to, &keys, err);
	rc = end_both(from, to, &keys, rc, err);
	if (!rc)
		*ret_count = keys.count;
	mp_strings_free(&keys);
	return mp_doing(err, rc, "moving the store");
}

static enum mcpass_rc rekey_all(struct mp_store *store, const struct mp_strings *keys,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < keys->count && !rc; i++) {
		char *text = NULL;

		rc = mp_store_load(store, keys->items[i], &text, err);
		if (!rc && text != NULL)
			rc = mp_store_save(store, keys->items[i], text, err);
		mp_free_wiped(text);
	}
	return rc;
}

enum mcpass_rc mp_transfer_rekey(struct mp_store *store, size_t *ret_count,
    struct mcpass_error *err)
{
	struct mp_strings keys = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_store_begin(store, err);

	if (rc)
		return rc;
	rc = mp_store_list(store, &keys, err);
	if (!rc)
		rc = rekey_all(store, &keys, err);
	if (rc)
		(void)mp_store_end(store, false, &why);
	else
		rc = mp_store_end(store, true, err);
	if (!rc)
		*ret_count = keys.count;
	mp_strings_free(&keys);
	return mp_doing(err, rc, "sealing the store with another key");
}

/* --- an issuer's memory --- */

/* One of those that mp_issuer_store_dump() tells. */
struct row {
	const char *kind, *key, *group, *value;
	int64_t expires_at;
};

static enum mcpass_rc check_place(struct mp_issuer_store *to, const struct row *row, int64_t now,
    struct mcpass_error *err)
{
	char *there = NULL;
	enum mcpass_rc rc = to->get(to->ctx, row->kind, row->key, now, &there, err);

	if (!rc && there != NULL && strcmp(there, row->value) != 0) {
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "there is another %s of that name already",
		    row->kind);
		mp_hint(err, "The memory of a server moves to where no other server's is.");
	}
	mp_free_wiped(there);
	return rc;
}

static enum mcpass_rc put_row(struct mp_issuer_store *to, const struct row *row, int64_t now,
    struct mcpass_error *err)
{
	char *back = NULL;
	enum mcpass_rc rc = to->put(to->ctx, row->kind, row->key, row->group, row->expires_at, row->value,
	    err);

	if (!rc)
		rc = to->get(to->ctx, row->kind, row->key, now, &back, err);
	if (!rc)
		rc = compare(row->kind, back, row->value, err);
	mp_free_wiped(back);
	return rc;
}

static enum mcpass_rc put_all(struct mp_issuer_store *to, const struct mp_strings *texts,
    bool is_elsewhere, int64_t now, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < texts->count && !rc; i += MP_ISSUER_STORE_COLUMNS) {
		char **text = texts->items + i;
		const struct row row = { text[0], text[1], text[2], text[4], strtoll(text[3], NULL, 10) };

		if (is_elsewhere)
			rc = check_place(to, &row, now, err);
		if (!rc)
			rc = put_row(to, &row, now, err);
	}
	return rc;
}

static enum mcpass_rc end_turn(struct mp_issuer_store *store, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (!rc)
		return store->end(store->ctx, true, err);
	(void)store->end(store->ctx, false, &why);
	return rc;
}

static void forget(struct mp_strings *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		mp_wipe(texts->items[i], strlen(texts->items[i]));
	mp_strings_free(texts);
}

/* Begins a turn of store, in which others cannot write, and reads all that is there. */
static enum mcpass_rc begin_turn(struct mp_issuer_store *store, int64_t now,
    struct mp_strings *texts, struct mcpass_error *err)
{
	enum mcpass_rc rc = store->begin(store->ctx, err);

	if (rc)
		return rc;
	rc = mp_issuer_store_claim(store, err);
	if (!rc)
		rc = mp_issuer_store_dump(store, now, texts, err);
	return rc ? end_turn(store, rc, err) : MCPASS_OK;
}

enum mcpass_rc mp_transfer_move_issuer(struct mp_issuer_store *from, struct mp_issuer_store *to,
    size_t *ret_count, struct mcpass_error *err)
{
	struct mp_strings texts = { 0 };
	int64_t now = mp_now_s();
	enum mcpass_rc rc = begin_turn(from, now, &texts, err);

	if (rc)
		return mp_doing(err, rc, "moving the memory of the authorization server");
	rc = to->begin(to->ctx, err);
	if (!rc)
		rc = end_turn(to, put_all(to, &texts, true, now, err), err);
	if (!rc)                /* both have it now; with what follows only the new one */
		rc = mp_issuer_store_clear(from, err);
	rc = end_turn(from, rc, err);
	if (!rc)
		*ret_count = texts.count / MP_ISSUER_STORE_COLUMNS;
	forget(&texts);
	return mp_doing(err, rc, "moving the memory of the authorization server");
}

enum mcpass_rc mp_transfer_rekey_issuer(struct mp_issuer_store *store, size_t *ret_count,
    struct mcpass_error *err)
{
	struct mp_strings texts = { 0 };
	int64_t now = mp_now_s();
	enum mcpass_rc rc = begin_turn(store, now, &texts, err);

	if (!rc)
		rc = end_turn(store, put_all(store, &texts, false, now, err), err);
	if (!rc)
		*ret_count = texts.count / MP_ISSUER_STORE_COLUMNS;
	forget(&texts);
	return mp_doing(err, rc, "sealing the memory of the authorization server with another key");
}
