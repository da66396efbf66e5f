/* What an old host hears of a new server without asking: one stream, whose filter is what the
 * server offers and what the host subscribed to.
 * spec: MCP 2026-07-28 subscriptions */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

static bool may_listen(const struct mp_bridge *b, size_t server)
{
	const struct mp_upstream *u = &b->servers[server];

	return b->host.has_initialized && !b->host.is_new && u->state == MP_UPSTREAM_OPEN
	    && u->era == MP_ERA_STATELESS;
}

static struct mp_request *stream_of(const struct mp_bridge *b, size_t server)
{
	struct mp_request *r = b->requests;

	while (r != NULL && (r->kind != MP_REQUEST_LISTEN || r->server != server))
		r = r->next;
	return r;
}

/* NULL: there is nothing to listen to. */
static json_t *filter_of(const struct mp_upstream *u)
{
	static const char *const lists[] = { "tools", "prompts", "resources" };
	static const char *const names[] = { "toolsListChanged", "promptsListChanged",
		"resourcesListChanged" };
	json_t *filter = json_object(), *uris = json_array();
	bool failed = filter == NULL || uris == NULL;

	for (size_t i = 0; !failed && i < MP_COUNT(lists); i++)
		if (mp_offers_has(u, lists[i], "listChanged"))
			failed = json_object_set_new(filter, names[i], json_true()) != 0;
	for (size_t i = 0; !failed && i < u->subscribed.count; i++)
		failed = json_array_append_new(uris, json_string(u->subscribed.items[i])) != 0;
	if (!failed && u->subscribed.count > 0)
		failed = json_object_set(filter, "resourceSubscriptions", uris) != 0;
	json_decref(uris);
	if (!failed)
		return filter;
	json_decref(filter);
	return NULL;
}

static enum mcpass_rc start(struct mp_bridge *b, size_t server, json_t *filter,
    struct mcpass_error *err)
{
	struct mp_span none = { NULL, 0 };
	struct mp_request *r;
	char *params = NULL;
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	char *text = mp_json_dump(filter);
	enum mcpass_rc rc = text == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc) {
		mp_buf_addf(&buf, "{\"notifications\":%s}", text);
		rc = mp_buf_take(&buf, "a request", &params, err);
	}
	if (!rc)
		rc = mp_request_new(b, MP_REQUEST_LISTEN, "subscriptions/listen", none, &r, err);
	if (!rc) {
		r->server = server;
		b->servers[server].has_acknowledged = false;
		rc = mp_request_send(b, r, params, err);
	}
	mp_buf_free(&buf);
	free(params);
	free(text);
	return rc;
}

enum mcpass_rc mp_listen_update(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mp_request *old = stream_of(b, server);
	json_t *filter;
	enum mcpass_rc rc = MCPASS_OK;

	if (!may_listen(b, server))
		return MCPASS_OK;
	b->servers[server].listen_due = -1;
	if (old != NULL) {
		b->port->cancel(b->port->ctx, server, old->call);
		mp_request_free(b, old);
	}
	filter = filter_of(&b->servers[server]);
	if (filter == NULL)
		return mp_nomem(err);
	if (json_object_size(filter) > 0)
		rc = start(b, server, filter, err);
	json_decref(filter);
	return rc;
}

/* The subscriptions that wait for a stream have their answer now. */
static enum mcpass_rc answer_waiting(struct mp_bridge *b, size_t server, const char *problem,
    struct mcpass_error *err)
{
	struct mp_request *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = next) {
		next = r->next;
		if (r->state != MP_REQUEST_WAITING || r->server != server || r->is_new || r->id == NULL
		    || !mp_eq(r->method, "resources/subscribe"))
			continue;
		rc = problem == NULL ? mp_tell_result(b, r, "{}", err)
		    : mp_tell_error(b, r, MP_RPC_INTERNAL, problem, err);
	}
	return rc;
}

/* What changed while no stream was there was not told: one notification of each kind. */
enum mcpass_rc mp_listen_acknowledged(struct mp_bridge *b, size_t server,
    struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	enum mcpass_rc rc = MCPASS_OK;

	if (u->has_listened && !u->has_acknowledged && u->listen_failures > 0)
		rc = mp_offers_changed(b, server, err);
	u->has_listened = u->has_acknowledged = true;
	u->listen_failures = 0;
	return rc ? rc : answer_waiting(b, server, NULL, err);
}

/* A stream that ends is asked for again, after a while that grows; one that is refused is not. */
enum mcpass_rc mp_listen_ended(struct mp_bridge *b, struct mp_request *r, bool is_refused,
    struct mcpass_error *err)
{
	size_t server = r->server;
	struct mp_upstream *u = &b->servers[server];
	int64_t delay = MP_RECONNECT_MS;

	mp_request_free(b, r);
	for (unsigned i = 0; i < u->listen_failures && delay < 60000; i++)
		delay *= 2;
	u->listen_failures++;
	u->listen_due = is_refused || u->state != MP_UPSTREAM_OPEN ? -1 : b->now + delay;
	return answer_waiting(b, server, "The server does not tell of changes.", err);
}

enum mcpass_rc mp_listen_tick(struct mp_bridge *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < b->config->server_count; i++)
		if (b->servers[i].listen_due >= 0 && b->servers[i].listen_due <= b->now)
			rc = mp_listen_update(b, i, err);
	return rc;
}

static void drop(struct mp_strings *list, const char *item)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (mp_eq(list->items[i], item))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static enum mcpass_rc subscribe(struct mp_upstream *u, const char *uri, bool begins,
    struct mcpass_error *err)
{
	if (!begins) {
		drop(&u->subscribed, uri);
		return MCPASS_OK;
	}
	return mp_strings_has(&u->subscribed, uri) ? MCPASS_OK
	    : mp_strings_add_upto(&u->subscribed, (struct mp_span){ uri, strlen(uri) }, MP_MAX_CALLS, err);
}

/* spec: MCP 2025-11-25 resources, "Subscriptions"; logging */
enum mcpass_rc mp_listen_note(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	bool begins = mp_eq(m->method, "resources/subscribe");
	struct mp_span level = { NULL, 0 };
	char *uri = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (m->params.data == NULL)
		return MCPASS_OK;
	if (mp_eq(m->method, "logging/setLevel"))
		level = mp_raw_value(m->params, "level");
	if (level.data != NULL)
		return mp_set_span(&b->host.level, level, err);
	if (!begins && !mp_eq(m->method, "resources/unsubscribe"))
		return MCPASS_OK;
	rc = mp_splice_text(mp_raw_value(m->params, "uri"), &uri, err);
	if (!rc && uri != NULL && subscribe(&b->servers[0], uri, begins, NULL) == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	free(uri);
	return rc;
}

static enum mcpass_rc say_again(struct mp_bridge *b, size_t server, const char *method,
    const char *name, const char *json, struct mcpass_error *err)
{
	struct mp_buf params = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	mp_buf_addf(&params, "{\"%s\":", name);
	mp_buf_adds(&params, json);
	mp_buf_addc(&params, '}');
	rc = mp_buf_check(&params, "a request", err);
	if (!rc)
		rc = mp_request_aside(b, server, method, mp_buf_text(&params), err);
	mp_buf_free(&params);
	return rc;
}

enum mcpass_rc mp_listen_again(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	enum mcpass_rc rc = MCPASS_OK;

	if (b->host.level != NULL && mp_offers_has(u, "logging", NULL))
		rc = say_again(b, server, "logging/setLevel", "level", b->host.level, err);
	for (size_t i = 0; !rc && i < u->subscribed.count; i++) {
		struct mp_buf uri = MP_BUF(MP_MAX_DOCUMENT);

		mp_splice_string(&uri, u->subscribed.items[i]);
		rc = mp_buf_check(&uri, "a URI", err);
		if (!rc)
			rc = say_again(b, server, "resources/subscribe", "uri", mp_buf_text(&uri), err);
		mp_buf_free(&uri);
	}
	return rc;
}

enum mcpass_rc mp_listen_subscribe(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[r->server];
	bool begins = mp_eq(r->method, "resources/subscribe");
	size_t server = r->server;
	char *uri = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (r->params != NULL)
		rc = mp_splice_text(mp_raw_value((struct mp_span){ r->params, strlen(r->params) }, "uri"), &uri,
		    err);
	if (rc || uri == NULL)
		return rc ? rc : mp_tell_error(b, r, MP_RPC_INVALID_PARAMS, "params has no uri.", err);
	rc = subscribe(u, uri, begins, err);
	free(uri);
	if (rc == MCPASS_E_LIMIT) {
		mp_clear(err);
		return mp_tell_error(b, r, MP_RPC_INTERNAL, "There are too many subscriptions.", err);
	}
	r->state = MP_REQUEST_WAITING;
	if (!rc && !begins)
		rc = mp_tell_result(b, r, "{}", err);
	return rc ? rc : mp_listen_update(b, server, err);
}
