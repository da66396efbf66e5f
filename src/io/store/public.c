/* The store of mcpass/store.h: the answers to what a client asks of it. */
#include "mcpass/store.h"
#include <stdlib.h>
#include <string.h>
#include "flow/record.h"
#include "io/store/store.h"

struct mcpass_store {
	struct mp_store *store;
	char *record;                   /* of the last LOAD: wiped with the next call */
	struct mp_record described;     /* by the last mcpass_store_describe(), */
	struct mcpass_login_facts facts;        /* which point into it */
	struct mcpass_error unsaved;    /* why the last SAVE could not be done */
};

enum mcpass_rc mcpass_store_open(const char *path, struct mcpass_store **ret_store,
    struct mcpass_error *err)
{
	struct mcpass_store *store;
	enum mcpass_rc rc;

	mp_clear(err);
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return mp_nomem(err);
	rc = mp_store_open_on_loop(path, &store->store, err);
	if (rc)
		mcpass_store_close(store);
	else
		*ret_store = store;
	return rc;
}

void mcpass_store_close(struct mcpass_store *store)
{
	if (store == NULL)
		return;
	mp_free_wiped(store->record);
	mp_record_free(&store->described);
	mp_store_close(store->store);
	free(store);
}

static enum mcpass_rc load(struct mcpass_store *store, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	event->type = MCPASS_EV_LOADED;
	return mp_store_load(store->store, action->key, &store->record, err);
}

/* That the record could not be kept is an event. */
static enum mcpass_rc save(struct mcpass_store *store, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	event->type = MCPASS_EV_SAVED;
	mp_clear(&store->unsaved);
	rc = mp_store_save(store->store, action->key, action->body, &store->unsaved);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc == MCPASS_E_EXPIRED)
		return mp_fail(err, rc, NULL, "%s", store->unsaved.detail);
	if (rc)
		event->data = store->unsaved.detail;
	return MCPASS_OK;
}

static enum mcpass_rc lock(struct mcpass_store *store, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	char holder[MP_STORE_HOLDER_ROOM] = "";
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_store_lock(store->store, action->key, holder, &why);

	event->type = MCPASS_EV_LOCKED;
	if (rc == MCPASS_E_EXPIRED && holder[0] != '\0')
		return mp_fail(err, rc, NULL, "%s works on this login", holder);
	if (rc && err != NULL)
		*err = why;
	return rc;
}

enum mcpass_rc mcpass_store_perform(struct mcpass_store *store,
    const struct mcpass_action *action, struct mcpass_event *ret_event, struct mcpass_error *err)
{
	struct mcpass_event event = { 0 };
	enum mcpass_rc rc;

	mp_clear(err);
	mp_free_wiped(store->record);
	store->record = NULL;
	if (action->type == MCPASS_ACT_LOAD)
		rc = load(store, action, &event, err);
	else if (action->type == MCPASS_ACT_SAVE)
		rc = save(store, action, &event, err);
	else if (action->type == MCPASS_ACT_LOCK)
		rc = lock(store, action, &event, err);
	else
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the store carries out no action of type %d",
		    (int)action->type);
	if (rc)
		return rc;
	if (store->record != NULL)
		event.data = store->record;
	event.data_len = event.data != NULL ? strlen(event.data) : 0;
	*ret_event = event;
	return MCPASS_OK;
}

void mcpass_store_unlock(struct mcpass_store *store)
{
	mp_store_unlock(store->store);
}

enum mcpass_rc mcpass_store_list(struct mcpass_store *store,
    void (*told)(void *ctx, const char *key), void *ctx, struct mcpass_error *err)
{
	struct mp_strings keys = { 0 };
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_store_list(store->store, &keys, err);
	for (size_t i = 0; !rc && i < keys.count; i++)
		told(ctx, keys.items[i]);
	mp_strings_free(&keys);
	return rc;
}

static enum mcpass_rc read_record(struct mcpass_store *store, const char *key, bool *ret_found,
    struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_store_final(mp_store_load(store->store, key, &text, err), err);

	if (!rc && text != NULL)
		rc = mp_record_parse(text, &store->described, err);
	*ret_found = text != NULL;
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mcpass_store_describe(struct mcpass_store *store, const char *key, int64_t now,
    const struct mcpass_login_facts **ret_facts, struct mcpass_error *err)
{
	const struct mp_record *record = &store->described;
	bool found = false;
	enum mcpass_rc rc;

	mp_clear(err);
	mp_record_free(&store->described);
	rc = read_record(store, key, &found, err);
	if (rc)
		return rc;
	store->facts = (struct mcpass_login_facts){ .issuer = record->as.issuer,
		.resource = record->resource, .scope = record->scope,
		.client_id = record->client.client_id, .expires_at = record->expires_at,
		.usable = mp_record_usable(record, now),
		.renewable = mp_secret_present(&record->refresh_token) };
	*ret_facts = found ? &store->facts : NULL;
	return MCPASS_OK;
}
