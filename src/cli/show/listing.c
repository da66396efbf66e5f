#include "cli/show/listing.h"
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "ui/options.h"
#include "ui/report.h"
#include "wire/json/raw.h"

static const char *key_of(const char *kind)
{
	return strcmp(kind, "resources") == 0 ? "uri" : "name";
}

enum mcpass_rc mp_listing_ask(const struct mp_asker *asker, const char *method, const char *params,
    json_t **ret_result, char **ret_text, struct mcpass_error *err)
{
	bool is_error = false;
	char *answer = NULL;
	enum mcpass_rc rc = asker->ask(asker->ctx, method, params, &answer, &is_error, err);

	if (!rc && is_error)
		rc = mp_report_rpc_error(answer, method, err);
	else if (!rc && ret_result != NULL)
		rc = mp_json_parse_by(MP_JSON_MESSAGE, answer, strlen(answer), MP_MAX_MESSAGE,
		    "the server's answer", ret_result, err);
	if (!rc && ret_text != NULL) {
		*ret_text = answer;
		answer = NULL;
	}
	mp_free_wiped(answer);
	return rc;
}

/* A list that is being read, page by page. */
struct reading {
	const char *kind;
	json_t *items;
	struct mp_buf text;             /* the items as the server wrote them; empty: not wanted */
	struct mp_strings asked;        /* the params of each page behind the first */
	bool more;                      /* the last of them is still to be asked for */
	struct mcpass_error cut;        /* why it is not read to its end */
};

/* The first count items of one page behind those of the pages before it. */
static void take_items(struct reading *reading, const char *text, size_t count)
{
	struct mp_span page = { text, strlen(text) }, item;
	struct mp_span list = mp_raw_member(page, reading->kind);
	struct mp_buf *buf = &reading->text;
	const char *at = list.data;

	for (size_t i = 0; i < count && buf->len > 0 && !buf->failed && at != NULL; i++) {
		if (!mp_raw_item(&at, list.data + list.len, &item))
			break;
		if (buf->data[buf->len - 1] != '[')
			mp_buf_addc(buf, ',');
		mp_buf_add(buf, item.data, item.len);
	}
}

/* Notes the params of the page behind this one, if there is one that was not asked for yet. */
static enum mcpass_rc turn(struct reading *reading, const json_t *page, struct mcpass_error *err)
{
	const char *cursor = mp_json_text(page, "nextCursor");
	json_t *json = cursor != NULL ? json_pack("{s:s}", "cursor", cursor) : NULL;
	char *next = json != NULL ? mp_json_dump(json) : NULL;
	enum mcpass_rc rc = MCPASS_OK;

	json_decref(json);
	reading->more = false;
	if (cursor != NULL && next == NULL)
		return mp_nomem(err);
	if (next != NULL && mp_strings_has(&reading->asked, next)) {
		(void)mp_fail(&reading->cut, MCPASS_E_PROTOCOL, "MCP pagination",
		    "the server gives the same cursor again");
	} else if (next != NULL) {
		rc = mp_strings_add_upto(&reading->asked, (struct mp_span){ next, strlen(next) },
		    MP_MAX_LIST_PAGES, err);
		reading->more = true;
	}
	mp_free_wiped(next);
	return rc;
}

/* One page is taken, as far as there is room. */
static enum mcpass_rc take_page(struct reading *reading, const json_t *page, const char *text,
    struct mcpass_error *err)
{
	const json_t *more = json_object_get(page, reading->kind);
	size_t room = MP_MAX_LISTED - json_array_size(reading->items), count = json_array_size(more);

	if (!json_is_array(more))
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP pagination",
		    "the server's answer to %s/list has no list of %s", reading->kind, reading->kind);
	if (count > room)
		(void)mp_fail(&reading->cut, MCPASS_E_LIMIT, NULL, "the server lists more than %d %s",
		    MP_MAX_LISTED, reading->kind);
	if (count > room)
		count = room;
	for (size_t i = 0; i < count; i++)
		if (json_array_append(reading->items, json_array_get(more, i)) != 0)
			return mp_nomem(err);
	take_items(reading, text, count);
	return turn(reading, page, err);
}

static enum mcpass_rc read_pages(struct reading *reading, const struct mp_asker *asker,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	char method[32];

	(void)snprintf(method, sizeof(method), "%s/list", reading->kind);
	for (size_t pages = 0; !rc && (pages == 0 || reading->more); pages++) {
		const char *params = pages > 0 ? reading->asked.items[pages - 1] : NULL;
		json_t *page = NULL;
		char *text = NULL;

		if (pages == MP_MAX_LIST_PAGES)
			(void)mp_fail(&reading->cut, MCPASS_E_LIMIT, NULL,
			    "the list of %s has more than %d pages", reading->kind, MP_MAX_LIST_PAGES);
		if (reading->cut.rc != MCPASS_OK)
			break;
		rc = mp_listing_ask(asker, method, params, &page, &text, err);
		if (!rc)
			rc = take_page(reading, page, text, err);
		json_decref(page);
		mp_free_wiped(text);
	}
	return rc;
}

enum mcpass_rc mp_listing_all(const struct mp_asker *asker, const char *kind,
    json_t **ret_list, char **ret_text, struct mcpass_error *ret_cut, struct mcpass_error *err)
{
	struct reading reading = { .kind = kind, .items = json_array() };
	enum mcpass_rc rc = reading.items == NULL ? mp_nomem(err) : MCPASS_OK;
	json_t *list = NULL;

	mp_buf_init(&reading.text, MP_MAX_LIST_PAGES * MP_MAX_MESSAGE);
	if (ret_text != NULL)
		mp_buf_addf(&reading.text, "{\"%s\":[", kind);
	if (!rc)
		rc = read_pages(&reading, asker, err);
	if (ret_text != NULL)
		mp_buf_adds(&reading.text, "]}");
	if (!rc && (list = json_pack("{s:O}", kind, reading.items)) == NULL)
		rc = mp_nomem(err);
	if (!rc && ret_text != NULL)
		rc = mp_buf_take(&reading.text, "the list", ret_text, err);
	if (!rc && ret_cut != NULL)
		*ret_cut = reading.cut;
	mp_buf_free(&reading.text);
	mp_strings_free(&reading.asked);
	json_decref(reading.items);
	if (rc)
		json_decref(list);
	else
		*ret_list = list;
	return rc;
}

struct mp_span mp_listing_find_text(const json_t *list, const char *text, const char *kind,
    const char *name)
{
	struct mp_span items = mp_raw_member((struct mp_span){ text, strlen(text) }, kind), item;
	const json_t *wanted = mp_listing_find(list, kind, name);
	const char *at = items.data;

	for (size_t i = 0; at != NULL && mp_raw_item(&at, items.data + items.len, &item); i++)
		if (json_array_get(json_object_get(list, kind), i) == wanted)
			return item;
	return (struct mp_span){ NULL, 0 };
}

const json_t *mp_listing_find(const json_t *list, const char *kind, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(list, kind), i, item)
		if (mp_eq(json_string_value(json_object_get(item, key_of(kind))), name))
			return item;
	return NULL;
}

const char *mp_listing_nearest(const json_t *list, const char *kind, const char *name)
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
