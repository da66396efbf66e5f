/* A host that speaks the protocol up to 2025-11-25. */
#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"

/* --- initialize --- */

static enum mcpass_rc keep_text(struct mp_span params, const char *name, char **slot,
    struct mcpass_error *err)
{
	struct mp_span value = { NULL, 0 };

	if (params.data != NULL)
		value = mp_raw_value(params, name);
	free(*slot);
	*slot = NULL;
	return value.data != NULL ? mp_set_span(slot, value, err) : MCPASS_OK;
}

static enum mcpass_rc keep_string(struct mp_span object, const char *name, char **slot,
    struct mcpass_error *err)
{
	struct mp_span value = { NULL, 0 };

	if (object.len > 0 && object.data[0] == '{')
		value = mp_raw_value(object, name);
	free(*slot);
	return mp_splice_text(value, slot, err);
}

static enum mcpass_rc keep_host(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_host *host = &b->host;
	enum mcpass_rc rc = keep_text(m->params, "clientInfo", &host->info, err);

	if (!rc)
		rc = keep_text(m->params, "capabilities", &host->capabilities, err);
	if (!rc)
		rc = keep_string(m->params, "protocolVersion", &host->revision, err);
	if (!rc)
		rc = mp_set_span(&host->initialize, m->text, err);
	host->has_initialized = true;
	host->is_new = false;
	host->is_known = true;
	return rc;
}

enum mcpass_rc mp_old_host_initialize(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_request *r;
	enum mcpass_rc rc = keep_host(b, m, err);

	if (!rc)
		rc = mp_request_new(b, MP_REQUEST_HOST, "initialize", (struct mp_span){ NULL, 0 }, &r, err);
	if (!rc)
		rc = mp_set_span(&r->id, m->id, err);
	return rc ? rc : mp_welcome_wait(b, r, err);
}

/* --- requests --- */

static bool is_any_new(const struct mp_bridge *b)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].state != MP_UPSTREAM_OPEN || b->servers[i].era == MP_ERA_STATELESS)
			return true;
	return false;
}

/* spec: MCP 2025-11-25 logging, "Setting Log Level" */
static enum mcpass_rc keep_level(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };

	return r->params != NULL ? keep_text(params, "level", &b->host.level, err) : MCPASS_OK;
}

enum mcpass_rc mp_old_host_request(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	bool is_taken = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (mp_eq(r->method, "logging/setLevel"))
		rc = keep_level(b, r, err);
	if (!rc && mp_eq(r->method, "ping") && is_any_new(b))
		return mp_tell_result(b, r, "{}", err);
	if (!rc)
		rc = mp_many_request(b, r, &is_taken, err);
	if (!rc && !is_taken)
		mp_request_submit(b, r);
	return rc;
}

/* --- at a new server --- */

enum mcpass_rc mp_old_host_send(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };

	if (mp_eq(r->method, "ping") || mp_eq(r->method, "logging/setLevel"))
		return mp_tell_result(b, r, "{}", err);        /* never a part */
	if (mp_eq(r->method, "resources/subscribe") || mp_eq(r->method, "resources/unsubscribe"))
		return mp_listen_subscribe(b, r, err);
	return mp_modernize_send(b, r, params, err);
}

/* structuredContent is an object up to 2025-11-25; its text is in content, too. */
static bool has_odd_structure(const char *result)
{
	struct mp_span value = mp_raw_value((struct mp_span){ result, strlen(result) },
	    "structuredContent");

	return value.len > 0 && value.data[0] != '{';
}

enum mcpass_rc mp_old_host_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err)
{
	static const struct mp_change plain[] = { { "resultType", NULL }, { "ttlMs", NULL },
		{ "cacheScope", NULL }, { "structuredContent", NULL } };
	static const struct mp_change no_server = { MP_META_SERVER, NULL };
	struct mp_span all = { result, strlen(result) }, type = mp_raw_value(all, "resultType");
	size_t count = mp_eq(r->method, "tools/call") && has_odd_structure(result) ? 4 : 3;
	char *text = NULL, *shown = NULL;
	enum mcpass_rc rc;

	if (mp_span_is(type, "\"input_required\""))
		return mp_input_ask(b, r, result, err);
	if (type.data != NULL && !mp_span_is(type, "\"complete\""))
		return mp_tell_error(b, r, MP_RPC_INTERNAL,
		    "The server answered with a resultType that an older host does not know.", err);
	rc = mp_input_complete(b, r, err);
	if (!rc)
		rc = mp_splice(all, plain, count, &text, err);
	if (!rc && mp_raw_value(all, "_meta").data != NULL)
		rc = mp_splice_meta((struct mp_span){ text, strlen(text) }, &no_server, 1, &shown, err);
	if (!rc)
		rc = mp_tell_result(b, r, shown != NULL ? shown : text, err);
	free(shown);
	free(text);
	return rc;
}

/* spec: MCP 2026-07-28: -32021 is of that revision; an older host knows -32602 */
enum mcpass_rc mp_old_host_error(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err)
{
	struct mp_span all = { error, strlen(error) };
	struct mp_change code = { "code", "-32602" };
	char *text = NULL;
	enum mcpass_rc rc = mp_input_complete(b, r, err);

	if (!rc && !mp_span_is(mp_raw_value(all, "code"), "-32021"))
		return mp_tell_error_json(b, r, error, err);
	if (!rc)
		rc = mp_splice(all, &code, 1, &text, err);
	if (!rc)
		rc = mp_tell_error_json(b, r, text, err);
	free(text);
	return rc;
}

enum mcpass_rc mp_old_host_message(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err)
{
	static const struct mp_change no_subscription = { MP_META_SUBSCRIPTION, NULL };
	char *params = NULL;
	enum mcpass_rc rc;

	if (mp_eq(m->method, "notifications/subscriptions/acknowledged"))
		return mp_listen_acknowledged(b, server, err);
	if (m->params.data == NULL || mp_raw_value(m->params, "_meta").data == NULL)
		return mp_tell_pass(b, m->text, err);
	rc = mp_splice_meta(m->params, &no_subscription, 1, &params, err);
	/* spec: "params" of a notification that has nothing else in it may be left out */
	if (!rc)
		rc = mp_tell_message(b, NULL, m->method, strcmp(params, "{}") != 0 ? params : NULL, err);
	free(params);
	return rc;
}
