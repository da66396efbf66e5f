/* Several servers as one: a list is asked of all of them, a tool or a prompt carries the name
 * of its server, a resource is known by its URI. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

/* Requests whose answer is put together from those of all servers, and the list in it. */
static const struct {
	const char *method, *member, *offer;
} merged[] = {
	{ "tools/list", "tools", "tools" },
	{ "prompts/list", "prompts", "prompts" },
	{ "resources/list", "resources", "resources" },
	{ "resources/templates/list", "resourceTemplates", "resources" },
	{ "logging/setLevel", NULL, "logging" },
	{ "ping", NULL, NULL },
};

static size_t find_merged(const char *method)
{
	size_t i = 0;

	while (i < MP_COUNT(merged) && !mp_eq(merged[i].method, method))
		i++;
	return i;
}

/* --- one request, many parts --- */

static enum mcpass_rc ask_one(struct mp_bridge *b, struct mp_request *whole, size_t server,
    const char *cursor, struct mcpass_error *err)
{
	struct mp_span params = { whole->params, whole->params != NULL ? strlen(whole->params) : 0 };
	struct mp_change edit = { "cursor", cursor };
	struct mp_request *part;
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (whole->params != NULL || cursor != NULL)
		rc = mp_splice(params, &edit, 1, &text, err);
	if (!rc)
		rc = mp_request_new(b, MP_REQUEST_PART, whole->method,
		    (struct mp_span){ text, text != NULL ? strlen(text) : 0 }, &part, err);
	free(text);
	if (rc)
		return rc;
	part->whole = whole;
	part->is_new = whole->is_new;
	part->server = server;
	whole->parts_left++;
	mp_request_submit(b, part);
	return MCPASS_OK;
}

static bool takes_part(const struct mp_bridge *b, size_t server, size_t kind)
{
	const struct mp_upstream *u = &b->servers[server];

	if (merged[kind].member == NULL && (u->state != MP_UPSTREAM_OPEN || u->era == MP_ERA_STATELESS))
		return false;
	return u->state != MP_UPSTREAM_OPEN || merged[kind].offer == NULL
	    || mp_offers_has(u, merged[kind].offer, NULL);
}

static enum mcpass_rc finish(struct mp_bridge *b, struct mp_request *whole,
    struct mcpass_error *err)
{
	size_t kind = find_merged(whole->method);
	const char *more = whole->is_new ? "\"resultType\":\"complete\"" : "";
	const char *cache = whole->is_new && merged[kind].member != NULL
	    ? ",\"ttlMs\":0,\"cacheScope\":\"private\"" : "";
	struct mp_buf text = MP_BUF(MP_MAX_ANSWER);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "{%s%s", more, cache);
	if (merged[kind].member != NULL)
		mp_buf_addf(&text, "%s\"%s\":[%s]", whole->is_new ? "," : "", merged[kind].member,
		    whole->result != NULL ? whole->result : "");
	mp_buf_addc(&text, '}');
	rc = mp_buf_check(&text, "a list", err);
	if (!rc)
		rc = mp_tell_result(b, whole, mp_buf_text(&text), err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc ask_all(struct mp_bridge *b, struct mp_request *r, size_t kind,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	r->state = MP_REQUEST_WAITING;
	for (size_t i = 0; !rc && i < b->config->server_count; i++)
		if (takes_part(b, i, kind))
			rc = ask_one(b, r, i, NULL, err);
	return rc || r->parts_left > 0 ? rc : finish(b, r, err);
}

/* Which server a resource is of, for when it is read. */
static enum mcpass_rc note_uris(struct mp_bridge *b, size_t server, const char *result,
    struct mcpass_error *err)
{
	struct mp_span items = mp_raw_value((struct mp_span){ result, strlen(result) }, "resources"), item;
	const char *at = items.data, *end;
	enum mcpass_rc rc = MCPASS_OK;

	if (items.len == 0 || items.data[0] != '[')
		return MCPASS_OK;
	end = at + items.len;
	while (!rc && mp_raw_item(&at, end, &item)) {
		char *uri = NULL;

		if (item.len > 0 && item.data[0] == '{')
			rc = mp_splice_text(mp_raw_value(item, "uri"), &uri, err);
		if (!rc && uri != NULL && json_object_set_new(b->resources, uri, json_integer((json_int_t)server)) != 0)
			rc = mp_nomem(err);
		free(uri);
	}
	return rc;
}

static enum mcpass_rc add_items(struct mp_bridge *b, struct mp_request *whole, size_t server,
    const char *json, struct mcpass_error *err)
{
	const char *member = merged[find_merged(whole->method)].member;
	struct mp_buf list = MP_BUF(MP_MAX_ANSWER);
	enum mcpass_rc rc;

	if (whole->result != NULL)
		mp_buf_adds(&list, whole->result);
	rc = mp_tools_add(b, server, member, json, &list, err);
	if (!rc && mp_eq(member, "resources"))
		rc = note_uris(b, server, json, err);
	free(whole->result);
	whole->result = NULL;
	if (!rc)
		rc = mp_buf_take(&list, "a list", &whole->result, err);
	mp_buf_free(&list);
	return rc;
}

/* A server that fails takes its own part away, not that of the others. */
enum mcpass_rc mp_many_part(struct mp_bridge *b, struct mp_request *part, const char *json,
    bool is_error, struct mcpass_error *err)
{
	struct mp_request *whole = part->whole;
	size_t server = part->server, kind = find_merged(whole->method);
	struct mp_span cursor = { NULL, 0 };
	char *next = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	mp_request_free(b, part);
	if (!is_error && json != NULL && merged[kind].member != NULL) {
		rc = add_items(b, whole, server, json, err);
		cursor = mp_raw_value((struct mp_span){ json, strlen(json) }, "nextCursor");
	}
	if (!rc && cursor.len > 0 && cursor.data[0] == '"' && whole->rounds < MP_MAX_LIST_PAGES) {
		whole->rounds++;
		rc = mp_set_span(&next, cursor, err);
		if (!rc)
			rc = ask_one(b, whole, server, next, err);
		free(next);
	}
	return rc || --whole->parts_left > 0 ? rc : finish(b, whole, err);
}

/* --- one of them --- */

static enum mcpass_rc by_uri(struct mp_bridge *b, struct mp_request *r, struct mp_span object,
    struct mcpass_error *err)
{
	char *uri = NULL;
	enum mcpass_rc rc = mp_splice_text(mp_raw_value(object, "uri"), &uri, err);
	json_t *place = uri != NULL ? json_object_get(b->resources, uri) : NULL;

	if (place != NULL)
		r->server = (size_t)json_integer_value(place);
	else            /* of no list: the first that has any */
		for (size_t i = b->config->server_count; i-- > 0;)
			if (mp_offers_has(&b->servers[i], "resources", NULL))
				r->server = i;
	free(uri);
	return rc;
}

/* spec: MCP completion: of a prompt, by name, or of a resource template */
static enum mcpass_rc by_reference(struct mp_bridge *b, struct mp_request *r, struct mp_span params,
    bool *ret_found, struct mcpass_error *err)
{
	struct mp_span ref = mp_raw_value(params, "ref");
	struct mp_request inner = { .method = r->method };
	struct mp_change edit = { "ref", NULL };
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_found = ref.len > 0 && ref.data[0] == '{';
	if (!*ret_found)
		return MCPASS_OK;
	if (mp_raw_value(ref, "uri").data != NULL)
		return by_uri(b, r, ref, err);
	rc = mp_set_span(&inner.params, ref, err);
	if (!rc)
		rc = mp_tools_find(b, &inner, ret_found, err);
	r->server = inner.server;
	edit.json = inner.params;
	if (!rc && *ret_found)
		rc = mp_splice(params, &edit, 1, &text, err);
	free(inner.params);
	if (rc || !*ret_found)
		return rc;
	free(r->params);
	r->params = text;
	return MCPASS_OK;
}

static enum mcpass_rc choose(struct mp_bridge *b, struct mp_request *r, bool *ret_found,
    struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };

	*ret_found = true;
	if (mp_eq(r->method, "prompts/get"))
		return mp_tools_find(b, r, ret_found, err);
	if (r->params != NULL && strncmp(r->method, "resources/", 10) == 0)
		return by_uri(b, r, params, err);
	if (r->params != NULL && mp_eq(r->method, "completion/complete"))
		return by_reference(b, r, params, ret_found, err);
	return MCPASS_OK;               /* of no server in particular: the first */
}

/* spec: MCP tools, "Error Handling": an unknown tool is -32602 */
static enum mcpass_rc unknown(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	return mp_tell_error(b, r, MP_RPC_INVALID_PARAMS,
	    mp_eq(r->method, "tools/call") ? "There is no such tool." : "There is no such prompt.", err);
}

enum mcpass_rc mp_many_request(struct mp_bridge *b, struct mp_request *r, bool *ret_taken,
    struct mcpass_error *err)
{
	size_t kind = find_merged(r->method);
	bool is_found = true;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_taken = false;
	if (mp_eq(r->method, "tools/call") && mp_tools_are_changed(b))
		rc = mp_tools_find(b, r, &is_found, err);
	else if (b->config->server_count > 1 && kind == MP_COUNT(merged))
		rc = choose(b, r, &is_found, err);
	if (!rc && !is_found) {
		*ret_taken = true;
		return unknown(b, r, err);
	}
	if (rc || b->config->server_count == 1 || kind == MP_COUNT(merged))
		return rc;
	*ret_taken = true;
	if (r->is_new && merged[kind].member == NULL)
		return mp_tell_error(b, r, MP_RPC_METHOD_NOT_FOUND, "2026-07-28 has no such method.", err);
	return ask_all(b, r, kind, err);
}
