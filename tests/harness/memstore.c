#include "harness/memstore.h"
#include <stdlib.h>
#include <string.h>

struct item {
	char *kind, *key, *group, *value;
	int64_t expires_at;
};
struct memstore {
	struct item *items;
	size_t count;
	struct memstore *before;        /* as it was when the turn began; NULL: in none */
	bool broken;
};

static void free_item(struct item *item)
{
	free(item->kind);
	free(item->key);
	free(item->group);
	free(item->value);
}

static enum mcpass_rc fail(const struct memstore *memstore, struct mcpass_error *err)
{
	return memstore->broken ? mp_fail(err, MCPASS_E_STORE, NULL, "the store is broken")
	    : mp_nomem(err);
}

static size_t find(const struct memstore *memstore, const char *kind, const char *key)
{
	size_t i = 0;

	while (i < memstore->count && (strcmp(memstore->items[i].kind, kind) != 0
	    || strcmp(memstore->items[i].key, key) != 0))
		i++;
	return i;
}

static void remove_at(struct memstore *memstore, size_t i)
{
	free_item(&memstore->items[i]);
	memstore->items[i] = memstore->items[--memstore->count];
}

static enum mcpass_rc put(void *ctx, const char *kind, const char *key, const char *group,
    int64_t expires_at, const char *value, struct mcpass_error *err)
{
	struct memstore *memstore = ctx;
	struct item item = {
		strdup(kind), strdup(key), strdup(group != NULL ? group : ""), strdup(value),
		expires_at,
	}, *grown;
	size_t i;

	if (memstore->broken || !item.kind || !item.key || !item.group || !item.value)
		goto fail;
	grown = realloc(memstore->items, (memstore->count + 1) * sizeof(*grown));
	if (grown == NULL)
		goto fail;
	memstore->items = grown;
	i = find(memstore, kind, key);
	if (i < memstore->count)
		remove_at(memstore, i);
	memstore->items[memstore->count++] = item;
	return MCPASS_OK;
fail:
	free_item(&item);
	return fail(memstore, err);
}

static enum mcpass_rc get(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	const struct memstore *memstore = ctx;
	size_t i = find(memstore, kind, key);
	char *copy;

	if (memstore->broken)
		return fail(memstore, err);
	if (i == memstore->count || memstore->items[i].expires_at <= now) {
		*ret_value = NULL;
		return MCPASS_OK;
	}
	copy = strdup(memstore->items[i].value);
	if (copy == NULL)
		return fail(memstore, err);
	*ret_value = copy;
	return MCPASS_OK;
}

static enum mcpass_rc take(void *ctx, const char *kind, const char *key, int64_t now,
    char **ret_value, struct mcpass_error *err)
{
	struct memstore *memstore = ctx;
	enum mcpass_rc rc = get(ctx, kind, key, now, ret_value, err);

	if (!rc && *ret_value != NULL)
		remove_at(memstore, find(memstore, kind, key));
	return rc;
}

static enum mcpass_rc drop_group(void *ctx, const char *kind, const char *group,
    struct mcpass_error *err)
{
	struct memstore *memstore = ctx;

	if (memstore->broken)
		return fail(memstore, err);
	for (size_t i = memstore->count; i > 0; i--)
		if (strcmp(memstore->items[i - 1].kind, kind) == 0
		    && strcmp(memstore->items[i - 1].group, group) == 0)
			remove_at(memstore, i - 1);
	return MCPASS_OK;
}

static enum mcpass_rc add(void *ctx, const char *kind, const char *key, int64_t expires_at,
    int64_t now, bool *ret_added, struct mcpass_error *err)
{
	const struct memstore *memstore = ctx;
	size_t i = find(memstore, kind, key);
	bool there = i < memstore->count && memstore->items[i].expires_at > now;
	enum mcpass_rc rc = MCPASS_OK;

	if (memstore->broken)
		return fail(memstore, err);
	if (!there)
		rc = put(ctx, kind, key, "", expires_at, "", err);
	if (!rc)
		*ret_added = !there;
	return rc;
}

static bool is_of(const struct item *item, const char *kind, const char *group)
{
	return strcmp(item->kind, kind) == 0 && (group == NULL || strcmp(item->group, group) == 0);
}

static enum mcpass_rc count(void *ctx, const char *kind, const char *group, int64_t now,
    size_t *ret_count, struct mcpass_error *err)
{
	const struct memstore *memstore = ctx;

	if (memstore->broken)
		return fail(memstore, err);
	*ret_count = 0;
	for (size_t i = 0; i < memstore->count; i++)
		*ret_count += is_of(&memstore->items[i], kind, group) && memstore->items[i].expires_at > now;
	return MCPASS_OK;
}

static enum mcpass_rc drop_first(void *ctx, const char *kind, const char *group, size_t many,
    struct mcpass_error *err)
{
	struct memstore *memstore = ctx;

	if (memstore->broken)
		return fail(memstore, err);
	for (; many > 0; many--) {
		size_t first = memstore->count;

		for (size_t i = 0; i < memstore->count; i++)
			if (is_of(&memstore->items[i], kind, group) && (first == memstore->count
			    || memstore->items[i].expires_at < memstore->items[first].expires_at))
				first = i;
		if (first == memstore->count)
			break;
		remove_at(memstore, first);
	}
	return MCPASS_OK;
}

static enum mcpass_rc list(void *ctx, const char *kind, const char *group, int64_t now,
    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err)
{
	const struct memstore *memstore = ctx;
	const char *after = "";
	enum mcpass_rc rc = memstore->broken ? fail(memstore, err) : MCPASS_OK;

	while (!rc) {
		const struct item *next = NULL;

		for (size_t i = 0; i < memstore->count; i++)
			if (is_of(&memstore->items[i], kind, group) && memstore->items[i].expires_at > now
			    && strcmp(memstore->items[i].key, after) > 0
			    && (next == NULL || strcmp(memstore->items[i].key, next->key) < 0))
				next = &memstore->items[i];
		if (next == NULL)
			break;
		after = next->key;
		rc = row(row_ctx, &(struct mp_issuer_row){ next->key, next->group, next->value,
		    next->expires_at }, err);
	}
	return rc;
}

void memstore_open(struct memstore **ret_memstore, struct mp_issuer_store *ret_store)
{
	struct memstore *memstore = calloc(1, sizeof(*memstore));

	if (memstore == NULL)
		abort();
	*ret_store = (struct mp_issuer_store){ .put = put, .get = get, .take = take,
		.drop_group = drop_group, .add = add, .ctx = memstore, .count = count,
		.drop_first = drop_first, .list = list };
	*ret_memstore = memstore;
}

static void clear(struct memstore *memstore)
{
	for (size_t i = 0; i < memstore->count; i++)
		free_item(&memstore->items[i]);
	free(memstore->items);
	memstore->items = NULL;
	memstore->count = 0;
}

static enum mcpass_rc begin(void *ctx, struct mcpass_error *err)
{
	struct memstore *memstore = ctx;
	enum mcpass_rc rc = MCPASS_OK;

	memstore->before = calloc(1, sizeof(*memstore->before));
	if (memstore->before == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < memstore->count && !rc; i++)
		rc = put(memstore->before, memstore->items[i].kind, memstore->items[i].key,
		    memstore->items[i].group, memstore->items[i].expires_at, memstore->items[i].value, err);
	if (rc) {
		clear(memstore->before);
		free(memstore->before);
		memstore->before = NULL;
	}
	return rc;
}

static enum mcpass_rc end(void *ctx, bool keep, struct mcpass_error *err)
{
	struct memstore *memstore = ctx, *before = memstore->before;

	(void)err;
	memstore->before = NULL;
	if (!keep) {
		clear(memstore);
		memstore->items = before->items;
		memstore->count = before->count;
		*before = (struct memstore){ 0 };
	}
	clear(before);
	free(before);
	return MCPASS_OK;
}

void memstore_undoes(struct mp_issuer_store *store)
{
	store->begin = begin;
	store->end = end;
}

void memstore_break(struct memstore *memstore, bool broken)
{
	memstore->broken = broken;
}

void memstore_drop_kind(struct memstore *memstore, const char *kind)
{
	for (size_t i = memstore->count; i > 0; i--)
		if (strcmp(memstore->items[i - 1].kind, kind) == 0)
			remove_at(memstore, i - 1);
}

size_t memstore_count(const struct memstore *memstore, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < memstore->count; i++)
		count += kind == NULL || strcmp(memstore->items[i].kind, kind) == 0;
	return count;
}

bool memstore_contains(const struct memstore *memstore, const char *text)
{
	for (size_t i = 0; i < memstore->count; i++)
		if (strstr(memstore->items[i].key, text) != NULL
		    || strstr(memstore->items[i].group, text) != NULL
		    || strstr(memstore->items[i].value, text) != NULL)
			return true;
	return false;
}

void memstore_close(struct memstore *memstore)
{
	clear(memstore);
	free(memstore);
}
