/* A host that speaks 2026-07-28. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"
#include "mcp/methods.h"

/* --- who it is --- */

static struct mp_span meta_of(const struct mp_request *r)
{
	struct mp_span meta = { NULL, 0 };

	if (r->params != NULL)
		meta = mp_raw_value((struct mp_span){ r->params, strlen(r->params) }, "_meta");
	return meta.len > 0 && meta.data[0] == '{' ? meta : (struct mp_span){ NULL, 0 };
}

static enum mcpass_rc keep(struct mp_span meta, const char *name, char **slot,
    struct mcpass_error *err)
{
	struct mp_span value = mp_raw_value(meta, name);

	return value.len > 0 && value.data[0] == '{' ? mp_set_span(slot, value, err) : MCPASS_OK;
}

/* What an old server is sent on its behalf. */
static enum mcpass_rc make_initialize(struct mp_host *host, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);

	free(host->initialize);
	host->initialize = NULL;
	mp_buf_addf(&buf, "{\"jsonrpc\":\"2.0\",\"id\":\"mcpass-0\",\"method\":\"initialize\",\"params\":{"
	    "\"protocolVersion\":\"%s\",\"capabilities\":%s,\"clientInfo\":%s}}",
	    mp_revision_newest(MP_ERA_SESSION), host->capabilities != NULL ? host->capabilities : "{}",
	    host->info != NULL ? host->info : "{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}");
	return mp_buf_take(&buf, "initialize", &host->initialize, err);
}

/* spec: MCP 2026-07-28 basic, "_meta": each request says who asks */
static enum mcpass_rc keep_host(struct mp_bridge *b, const struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_host *host = &b->host;
	struct mp_span meta = meta_of(r);
	enum mcpass_rc rc = MCPASS_OK;

	if (meta.data != NULL) {
		rc = keep(meta, MP_META_CLIENT, &host->info, err);
		if (!rc)
			rc = keep(meta, MP_META_CAPABILITIES, &host->capabilities, err);
	}
	if (!rc)
		rc = make_initialize(host, err);
	if (!host->has_initialized)
		host->is_new = true;
	host->is_known = true;
	return rc;
}

/* spec: MCP 2026-07-28 versioning: what is not supported is refused, with what is */
static enum mcpass_rc refuse_version(struct mp_bridge *b, struct mp_request *r,
    struct mp_span version, struct mcpass_error *err)
{
	struct mp_buf error = MP_BUF(4096);
	enum mcpass_rc rc;

	mp_buf_addf(&error, "{\"code\":%d,\"message\":\"Unsupported protocol version\",\"data\":{\"supported\":"
	    "[\"" MP_REV_2026_07_28 "\"],\"requested\":", MP_RPC_UNSUPPORTED_VERSION);
	if (version.len < 256)
		mp_buf_add(&error, version.data, version.len);
	else
		mp_buf_adds(&error, "\"\"");
	mp_buf_adds(&error, "}}");
	rc = mp_buf_check(&error, "an error", err);
	if (!rc)
		rc = mp_tell_error_json(b, r, mp_buf_text(&error), err);
	mp_buf_free(&error);
	return rc;
}

/* What it says it speaks; nothing where it is what we speak, too. */
static struct mp_span odd_version(const struct mp_request *r)
{
	struct mp_span meta = meta_of(r), version = { NULL, 0 };

	if (meta.data != NULL)
		version = mp_raw_value(meta, MP_META_VERSION);
	if (version.data != NULL && mp_span_is(version, "\"" MP_REV_2026_07_28 "\""))
		version.data = NULL;
	return version;
}

enum mcpass_rc mp_new_host_request(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_span version = odd_version(r);
	bool is_taken = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (version.data != NULL)
		return refuse_version(b, r, version, err);
	if (!b->host.is_known)
		rc = keep_host(b, r, err);
	if (!rc && mp_eq(r->method, "server/discover"))
		return mp_welcome_wait(b, r, err);
	if (!rc)
		rc = mp_parked_resume(b, r, &is_taken, err);
	if (!rc && !is_taken)
		rc = mp_many_request(b, r, &is_taken, err);
	if (!rc && !is_taken)
		mp_request_submit(b, r);
	return rc;
}

/* --- at an old server --- */

/* What 2026-07-28 took away; its tasks are an extension with other methods. */
static bool is_gone(const char *method)
{
	return !mp_methods_has(method, MP_METHOD_STATELESS) || strncmp(method, "tasks/", 6) == 0;
}

/* spec: MCP 2025-11-25 logging: one level for the session */
static enum mcpass_rc set_level(struct mp_bridge *b, const struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[r->server];
	struct mp_span meta = meta_of(r), level = { NULL, 0 };
	struct mp_buf params = MP_BUF(1024);
	enum mcpass_rc rc;

	if (meta.data != NULL)
		level = mp_raw_value(meta, MP_META_LEVEL);
	if (level.data == NULL || !mp_offers_has(u, "logging", NULL)
	    || (u->level != NULL && mp_span_is(level, u->level)))
		return MCPASS_OK;
	rc = mp_set_span(&u->level, level, err);
	mp_buf_adds(&params, "{\"level\":");
	mp_buf_add(&params, level.data, level.len);
	mp_buf_addc(&params, '}');
	if (!rc)
		rc = mp_buf_check(&params, "a level", err);
	if (!rc)
		rc = mp_request_aside(b, r->server, "logging/setLevel", mp_buf_text(&params), err);
	mp_buf_free(&params);
	return rc;
}

static enum mcpass_rc subscribe_all(struct mp_bridge *b, size_t server, struct mp_span uris,
    struct mcpass_error *err)
{
	const char *at = uris.data, *end = uris.data + uris.len;
	struct mp_span uri;
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf params;

	while (!rc && mp_raw_item(&at, end, &uri)) {
		mp_buf_init(&params, MP_MAX_DOCUMENT);
		mp_buf_adds(&params, "{\"uri\":");
		mp_buf_add(&params, uri.data, uri.len);
		mp_buf_addc(&params, '}');
		if (params.failed != MCPASS_E_LIMIT)
			rc = mp_buf_check(&params, "a request", err);
		if (!rc && params.failed == MCPASS_OK)
			rc = mp_request_aside(b, server, "resources/subscribe", mp_buf_text(&params), err);
		mp_buf_free(&params);
	}
	return rc;
}

enum mcpass_rc mp_new_host_again(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&b->servers[server].level, NULL, err);

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = r->next) {
		struct mp_span filter, uris;

		if (r->state != MP_REQUEST_WAITING || r->server != server || r->params == NULL
		    || !mp_eq(r->method, "subscriptions/listen"))
			continue;
		filter = mp_raw_value((struct mp_span){ r->params, strlen(r->params) }, "notifications");
		uris = mp_raw_value(filter, "resourceSubscriptions");
		if (uris.len > 0 && uris.data[0] == '[')
			rc = subscribe_all(b, server, uris, err);
	}
	return rc;
}

/* The part of the filter that the server can fulfil. */
static enum mcpass_rc accept_filter(const struct mp_upstream *u, struct mp_span filter,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_change edits[] = { { "toolsListChanged", NULL }, { "promptsListChanged", NULL },
		{ "resourcesListChanged", NULL }, { "resourceSubscriptions", NULL } };
	static const struct { const char *list, *what; } needs[] = { { "tools", "listChanged" },
		{ "prompts", "listChanged" }, { "resources", "listChanged" }, { "resources", "subscribe" } };
	size_t count = 0;

	for (size_t i = 0; i < MP_COUNT(needs); i++)
		if (!mp_offers_has(u, needs[i].list, needs[i].what))
			edits[count++] = edits[i];
	return mp_splice(filter, edits, count, ret_text, err);
}

/* spec: MCP 2026-07-28 subscriptions: the acknowledgement comes first; its stream is the GET
 * stream of the session, which is there anyway */
static enum mcpass_rc listen(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };
	struct mp_span filter = { NULL, 0 }, uris;
	struct mp_buf text = MP_BUF(MP_MAX_ANSWER);
	char *accepted = NULL;
	enum mcpass_rc rc;

	if (r->params != NULL)
		filter = mp_raw_value(params, "notifications");
	if (filter.len == 0 || filter.data[0] != '{')
		return mp_tell_error(b, r, MP_RPC_INVALID_PARAMS, "params has no notifications.", err);
	r->state = MP_REQUEST_WAITING;
	rc = accept_filter(&b->servers[r->server], filter, &accepted, err);
	if (!rc)
		mp_buf_addf(&text, "{\"_meta\":{\"" MP_META_SUBSCRIPTION "\":%s},\"notifications\":%s}", r->id,
		    accepted);
	if (!rc)
		rc = mp_tell_note(b, "notifications/subscriptions/acknowledged", &text, err);
	mp_buf_free(&text);
	uris = rc ? filter : mp_raw_value((struct mp_span){ accepted, strlen(accepted) },
	    "resourceSubscriptions");
	if (!rc && uris.len > 0 && uris.data[0] == '[')
		rc = subscribe_all(b, r->server, uris, err);
	free(accepted);
	return rc;
}

enum mcpass_rc mp_new_host_send(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	static const struct mp_change plain[] = { { MP_META_VERSION, NULL },
		{ MP_META_CAPABILITIES, NULL }, { MP_META_CLIENT, NULL }, { MP_META_LEVEL, NULL } };
	struct mp_span all = { r->params, r->params != NULL ? strlen(r->params) : 0 };
	char *params = NULL;
	enum mcpass_rc rc;

	if (is_gone(r->method))
		return mp_tell_error(b, r, MP_RPC_METHOD_NOT_FOUND, "2026-07-28 has no such method.", err);
	if (mp_eq(r->method, "subscriptions/listen"))
		return listen(b, r, err);
	if (r->kind == MP_REQUEST_HOST && r->params != NULL
	    && mp_raw_value(all, "requestState").data != NULL)
		return mp_tell_error(b, r, MP_RPC_INVALID_PARAMS,
		    "This requestState is of no request that waits for input.", err);
	rc = set_level(b, r, err);
	if (!rc && r->params != NULL)
		rc = mp_splice_meta(all, plain, MP_COUNT(plain), &params, err);
	if (!rc)
		rc = mp_request_send(b, r, params, err);
	free(params);
	return rc;
}

enum mcpass_rc mp_new_host_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err)
{
	static const struct mp_change edits[] = { { "resultType", "\"complete\"" }, { "ttlMs", "0" },
		{ "cacheScope", "\"private\"" } };
	char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_splice((struct mp_span){ result, strlen(result) }, edits,
	    mp_methods_has(r->method, MP_METHOD_CACHEABLE) ? MP_COUNT(edits) : 1, &text, err);
	if (!rc)
		rc = mp_tell_result(b, r, text, err);
	free(text);
	return rc;
}

/* spec: MCP 2026-07-28 changelog: a resource that is not found is -32602 */
enum mcpass_rc mp_new_host_error(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err)
{
	struct mp_change code = { "code", "-32602" };
	json_t *json = NULL;
	char *text = NULL;
	json_int_t number;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_MESSAGE, error, strlen(error), MP_MAX_ANSWER, "the error", &json, err);
	if (rc)
		return rc;
	number = json_integer_value(json_object_get(json, "code"));
	if (number == MP_URL_REQUIRED)
		rc = mp_parked_urls(b, r, json, err);
	else if (number != MP_OLD_NOT_FOUND)
		rc = mp_tell_error_json(b, r, error, err);
	else
		rc = mp_splice((struct mp_span){ error, strlen(error) }, &code, 1, &text, err);
	if (!rc && text != NULL)
		rc = mp_tell_error_json(b, r, text, err);
	free(text);
	json_decref(json);
	return rc;
}

/* --- what an old server tells --- */

static bool wants_uri(struct mp_span filter, struct mp_span params)
{
	struct mp_span uris = mp_raw_value(filter, "resourceSubscriptions"), uri, wanted = { NULL, 0 };
	const char *at = uris.data, *end;

	if (params.data != NULL)
		wanted = mp_raw_value(params, "uri");
	if (wanted.data == NULL || uris.len == 0 || uris.data[0] != '[')
		return false;
	end = at + uris.len;
	while (mp_raw_item(&at, end, &uri))
		if (uri.len == wanted.len && memcmp(uri.data, wanted.data, uri.len) == 0)
			return true;
	return false;
}

static bool wants(const struct mp_request *r, const struct mp_message *m)
{
	static const struct { const char *method, *name; } kinds[] = {
		{ "notifications/tools/list_changed", "toolsListChanged" },
		{ "notifications/prompts/list_changed", "promptsListChanged" },
		{ "notifications/resources/list_changed", "resourcesListChanged" } };
	struct mp_span filter = mp_raw_value((struct mp_span){ r->params, strlen(r->params) },
	    "notifications");

	for (size_t i = 0; i < MP_COUNT(kinds); i++)
		if (mp_eq(m->method, kinds[i].method))
			return mp_span_is(mp_raw_value(filter, kinds[i].name), "true");
	return wants_uri(filter, m->params);
}

/* To each stream that asked for it, with the name of that stream. */
static enum mcpass_rc tell_streams(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_change edit = { MP_META_SUBSCRIPTION, NULL };
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = r->next) {
		char *params = NULL;

		if (r->state != MP_REQUEST_WAITING || r->server != server || !r->is_new || r->id == NULL
		    || !mp_eq(r->method, "subscriptions/listen") || !wants(r, m))
			continue;
		edit.json = r->id;
		rc = mp_splice_meta(m->params, &edit, 1, &params, err);
		if (!rc)
			rc = mp_tell_message(b, NULL, m->method, params, err);
		free(params);
	}
	return rc;
}

/* spec: MCP 2026-07-28 logging: only for requests that ask for it */
static bool is_level_wanted(const struct mp_bridge *b, size_t server)
{
	for (const struct mp_request *r = b->requests; r != NULL; r = r->next) {
		struct mp_span meta = meta_of(r);

		if (r->server == server && r->call != 0 && meta.data != NULL
		    && mp_raw_value(meta, MP_META_LEVEL).data != NULL)
			return true;
	}
	return false;
}

enum mcpass_rc mp_new_host_message(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err)
{
	if (mp_eq(m->method, "notifications/progress"))
		return mp_tell_pass(b, m->text, err);
	if (mp_eq(m->method, "notifications/message"))
		return is_level_wanted(b, server) ? mp_tell_pass(b, m->text, err) : MCPASS_OK;
	return tell_streams(b, server, m, err);
}
