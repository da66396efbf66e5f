#include "cli/listing.h"
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "cli/options.h"
#include "cli/report.h"
#include "wire/json_raw.h"

static const char *key_of(const char *kind)
{
	return strcmp(kind, "resources") == 0 ? "uri" : "name";
}

enum mcpass_rc mp_ask(const struct mp_asker *asker, const char *method, const char *params,
    json_t **ret_result, char **ret_text, struct mcpass_error *err)
{
	bool is_error = false;
	char *answer = NULL;
	enum mcpass_rc rc;

	rc = asker->ask(asker->ctx, method, params, &answer, &is_error, err);
	if (!rc && is_error)
		rc = mp_report_rpc_error(answer, method, err);
	else if (!rc)
		rc = mp_json_parse_by(MP_JSON_MESSAGE, answer, strlen(answer), MP_MAX_MESSAGE,
		    "the server's answer", ret_result, err);
	if (!rc && ret_text != NULL) {
		*ret_text = answer;
		answer = NULL;
	}
	mp_free_wiped(answer);
	return rc;
}

/* The items of one page behind those of the pages before it. */
static void take_items(struct mp_buf *buf, const char *text, const char *kind)
{
	struct mp_span list = mp_raw_member((struct mp_span){ text, strlen(text) }, kind), item;
	const char *at = list.data;

	while (list.data != NULL && mp_raw_item(&at, list.data + list.len, &item)) {
		if (buf->data[buf->len - 1] != '[')
			mp_buf_addc(buf, ',');
		mp_buf_add(buf, item.data, item.len);
	}
}

/* One page is taken into items; *ret_cursor is the next one's, borrowed from page. */
static enum mcpass_rc take_page(const json_t *page, const char *kind, json_t *items,
    const char **ret_cursor, struct mcpass_error *err)
{
	const json_t *more = json_object_get(page, kind), *cursor = json_object_get(page, "nextCursor");

	if (!json_is_array(more))
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP pagination",
		    "the server's answer to %s/list has no list of %s", kind, kind);
	if (json_array_size(items) + json_array_size(more) > MP_MAX_LISTED)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the server lists more than %d %s",
		    MP_MAX_LISTED, kind);
	if (json_array_extend(items, (json_t *)more) != 0)
		return mp_nomem(err);
	*ret_cursor = json_string_value(cursor);
	return MCPASS_OK;
}

/* *params is that of the next page, NULL when there is none. */
static enum mcpass_rc next_params(char **params, const char *cursor, struct mcpass_error *err)
{
	json_t *json = cursor != NULL ? json_pack("{s:s}", "cursor", cursor) : NULL;
	char *next = json != NULL ? mp_json_dump(json) : NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (cursor != NULL && next == NULL)
		rc = mp_nomem(err);
	else if (next != NULL && mp_eq(next, *params))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP pagination",
		    "the server gives the same cursor again");
	json_decref(json);
	mp_free_wiped(*params);
	*params = next;
	return rc;
}

enum mcpass_rc mp_list_all(const struct mp_asker *asker, const char *kind,
    json_t **ret_list, char **ret_text, struct mcpass_error *err)
{
	json_t *items = json_array(), *page = NULL, *list = NULL;
	char *params = NULL, *text = NULL;
	struct mp_buf raw;
	enum mcpass_rc rc = items == NULL ? mp_nomem(err) : MCPASS_OK;
	const char *cursor = NULL;
	char method[32];

	(void)snprintf(method, sizeof(method), "%s/list", kind);
	mp_buf_init(&raw, MP_MAX_LIST_PAGES * MP_MAX_MESSAGE);
	if (ret_text != NULL)
		mp_buf_addf(&raw, "{\"%s\":[", kind);
	for (size_t pages = 0; !rc; pages++) {
		if (pages == MP_MAX_LIST_PAGES)
			rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "the list of %s has more than %d pages",
			    kind, MP_MAX_LIST_PAGES);
		if (!rc)
			rc = mp_ask(asker, method, params, &page, &text, err);
		if (!rc)
			rc = take_page(page, kind, items, &cursor, err);
		if (!rc && ret_text != NULL && !raw.failed)
			take_items(&raw, text, kind);
		if (!rc)
			rc = next_params(&params, cursor, err);
		json_decref(page);
		page = NULL;
		mp_free_wiped(text);
		text = NULL;
		if (params == NULL)
			break;
	}
	if (!rc && (list = json_pack("{s:O}", kind, items)) == NULL)
		rc = mp_nomem(err);
	mp_free_wiped(params);
	json_decref(items);
	if (ret_text != NULL)
		mp_buf_adds(&raw, "]}");
	if (!rc && ret_text != NULL)
		rc = mp_buf_take(&raw, "the list", ret_text, err);
	mp_buf_free(&raw);
	if (rc)
		json_decref(list);
	else
		*ret_list = list;
	return rc;
}

struct mp_span mp_list_find_text(const json_t *list, const char *text, const char *kind,
    const char *name)
{
	struct mp_span items = mp_raw_member((struct mp_span){ text, strlen(text) }, kind), item;
	const json_t *wanted = mp_list_find(list, kind, name);
	const char *at = items.data;

	for (size_t i = 0; at != NULL && mp_raw_item(&at, items.data + items.len, &item); i++)
		if (json_array_get(json_object_get(list, kind), i) == wanted)
			return item;
	return (struct mp_span){ NULL, 0 };
}

const json_t *mp_list_find(const json_t *list, const char *kind, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(list, kind), i, item)
		if (mp_eq(json_string_value(json_object_get(item, key_of(kind))), name))
			return item;
	return NULL;
}

const char *mp_list_nearest(const json_t *list, const char *kind, const char *name)
{
	const char *names[MP_MAX_ITEMS];
	const json_t *item;
	size_t i, count = 0;

	json_array_foreach (json_object_get(list, kind), i, item) {
		const char *text = json_string_value(json_object_get(item, key_of(kind)));

		if (text != NULL && count < MP_COUNT(names))
			names[count++] = text;
	}
	return mp_nearest(name, names, count);
}
