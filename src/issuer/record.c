#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

enum mcpass_rc mp_record_key(const struct mp_secret *secret, char **ret_key,
    struct mcpass_error *err)
{
	return mp_sha256_b64url(mp_secret_reveal(secret), ret_key, err);
}

enum mcpass_rc mp_record_derive(const struct mp_issuer *issuer, const char *purpose,
    const struct mp_secret *from, struct mp_secret *ret_secret, struct mcpass_error *err)
{
	uint8_t mac[MP_SHA256_LEN];
	struct mp_buf text = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "%s:%s", purpose, mp_secret_reveal(from));
	rc = mp_buf_check(&text, "a secret", err);
	if (!rc)
		rc = mp_hmac_sha256(issuer->own_key, sizeof(issuer->own_key), mp_buf_text(&text),
		    text.len, mac, err);
	mp_buf_clear(&text);
	if (!rc) {
		mp_b64url_add(&text, mac, sizeof(mac));
		rc = mp_buf_check(&text, "a secret", err);
	}
	if (!rc)
		rc = mp_secret_set(ret_secret, mp_buf_text(&text), err);
	mp_wipe(mac, sizeof(mac));
	mp_buf_free(&text);
	return rc;
}

/* *ret_key is the caller's (free). */
static enum mcpass_rc key_of(const struct mp_slot *slot, char **ret_key, struct mcpass_error *err)
{
	return slot->secret != NULL ? mp_record_key(slot->secret, ret_key, err)
	    : mp_set(ret_key, slot->key, err);
}

enum mcpass_rc mp_record_put(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, const void *record, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	json_t *object = json_object();
	const char *group = slot->group != NULL ? slot->group : "";
	char *text = NULL, *key = NULL;
	enum mcpass_rc rc;

	if (object == NULL)
		return mp_nomem(err);
	rc = mp_json_write(object, shape->fields, shape->count, record, err);
	if (!rc)
		text = mp_json_dump(object);
	if (!rc)
		rc = text != NULL ? key_of(slot, &key, err) : mp_nomem(err);
	if (!rc)
		rc = mp_room_make(turn, slot->kind, group, err);
	if (!rc)
		rc = store->put(store->ctx, slot->kind, key, group, slot->expires_at, text, err);
	json_decref(object);
	mp_free_wiped(text);
	free(key);
	return rc;
}

enum mcpass_rc mp_record_read(const char *text, const struct mp_shape *shape,
    void *ret_record, struct mcpass_error *err)
{
	json_t *object = NULL;
	enum mcpass_rc rc = mp_json_parse(text, strlen(text), MP_MAX_RECORD,
	    "a record of the issuer", &object, err);

	if (!rc)
		rc = mp_json_read(object, shape->fields, shape->count, ret_record, err);
	json_decref(object);
	return mp_response_blame(rc, MCPASS_E_STORE, err);
}

typedef enum mcpass_rc fetch_fn(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err);

static enum mcpass_rc fetch(const struct mp_turn *turn, fetch_fn *from,
    const struct mp_slot *slot, const struct mp_shape *shape, void *ret_record,
    bool *ret_found, struct mcpass_error *err)
{
	char *text = NULL, *key = NULL;
	enum mcpass_rc rc = key_of(slot, &key, err);

	if (!rc)
		rc = from(turn->issuer->store.ctx, slot->kind, key, turn->request->now, &text, err);
	free(key);
	if (rc)
		return rc;
	if (text != NULL)
		rc = mp_record_read(text, shape, ret_record, err);
	if (!rc)
		*ret_found = text != NULL;
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_record_get(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, void *ret_record, bool *ret_found,
    struct mcpass_error *err)
{
	return fetch(turn, turn->issuer->store.get, slot, shape, ret_record, ret_found, err);
}

enum mcpass_rc mp_record_take(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, void *ret_record, bool *ret_found,
    struct mcpass_error *err)
{
	return fetch(turn, turn->issuer->store.take, slot, shape, ret_record, ret_found, err);
}

enum mcpass_rc mp_record_drop_group(const struct mp_turn *turn, const char *kind,
    const char *group, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;

	return store->drop_group(store->ctx, kind, group, err);
}

void mp_record_release(const struct mp_shape *shape, void *record)
{
	mp_json_release(shape->fields, shape->count, record);
}
