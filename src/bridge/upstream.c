/* The servers: opening one, and what goes to it and comes back. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

/* --- opening --- */

static enum mcpass_rc open_server(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_span none = { NULL, 0 };
	struct mp_request *r;
	enum mcpass_rc rc;

	b->servers[server].state = MP_UPSTREAM_OPENING;
	rc = mp_request_new(b, MP_REQUEST_DISCOVER, "server/discover", none, &r, err);
	if (rc)
		return rc;
	r->server = server;
	rc = b->port->open(b->port->ctx, server, b->host.initialize, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_request_fail(r, &why, err) : mp_request_send(b, r, NULL, err);
}

static struct mp_request *first_held(const struct mp_bridge *b, size_t server)
{
	struct mp_request *r = b->requests;

	while (r != NULL && (r->state != MP_REQUEST_HELD || r->server != server))
		r = r->next;
	return r;
}

static enum mcpass_rc learn(struct mp_bridge *b, size_t server, const char *json,
    struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	const char *revision = b->port->revision(b->port->ctx, server);
	enum mcpass_rc rc = mp_set(&u->discovered, json, err);

	json_decref(u->about);
	u->about = NULL;
	if (!rc)
		rc = mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json), MP_MAX_ANSWER,
		    "what the server says of itself", &u->about, err);
	if (!rc)
		rc = mp_set(&u->failure, NULL, err);
	u->era = revision != NULL ? mp_revision_era(revision) : MP_ERA_SESSION;
	u->state = MP_UPSTREAM_OPEN;
	return rc;
}

static enum mcpass_rc opened(struct mp_bridge *b, struct mp_request *r, const char *json,
    struct mcpass_error *err)
{
	size_t server = r->server;
	struct mp_upstream *u = &b->servers[server];
	enum mcpass_rc rc = learn(b, server, json, err);

	mp_request_free(b, r);
	if (!rc)
		rc = mp_welcome_all(b, err);
	if (!rc && u->was_early && b->host.has_initialized)
		rc = mp_offers_changed(b, server, err);
	u->was_early = false;
	return rc ? rc : mp_listen_update(b, server, err);
}

/* It is tried again with the next request. */
static enum mcpass_rc not_opened(struct mp_bridge *b, struct mp_request *r, int code,
    const char *why, struct mcpass_error *err)
{
	size_t server = r->server;
	struct mp_request *held;
	enum mcpass_rc rc = mp_set(&b->servers[server].failure, why, err);

	b->servers[server].state = MP_UPSTREAM_CLOSED;
	mp_request_free(b, r);
	while (!rc && (held = first_held(b, server)) != NULL) {
		held->state = MP_REQUEST_WAITING;
		rc = held->kind == MP_REQUEST_PART ? mp_many_part(b, held, NULL, true, err)
		    : mp_tell_error(b, held, code, b->servers[server].failure, err);
	}
	return rc ? rc : mp_welcome_all(b, err);
}

/* --- there --- */

static enum mcpass_rc send_as_is(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	char *params = r->params;
	enum mcpass_rc rc;

	r->params = NULL;               /* it may be long, and is not needed any more */
	rc = mp_request_send(b, r, params, err);
	free(params);
	return rc;
}

bool mp_upstream_passes(const struct mp_bridge *b, const struct mp_message *m, bool is_new)
{
	const struct mp_upstream *u = &b->servers[0];
	bool is_of_tools = mp_eq(m->method, "tools/list") || mp_eq(m->method, "tools/call");

	return b->config->server_count == 1 && u->state == MP_UPSTREAM_OPEN
	    && is_new == (u->era == MP_ERA_STATELESS) && !mp_eq(m->method, "server/discover")
	    && !(is_of_tools && mp_tools_are_changed(b));
}

enum mcpass_rc mp_upstream_pass(struct mp_bridge *b, struct mp_request *r, struct mp_span text,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	r->state = MP_REQUEST_SENT;
	r->is_whole = true;
	rc = b->port->send(b->port->ctx, 0, text, &r->call, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_request_fail(r, &why, err) : MCPASS_OK;
}

/* In the form that the server wants. */
static enum mcpass_rc forward(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	enum mp_era era = b->servers[r->server].era;

	if (r->is_new == (era == MP_ERA_STATELESS))
		return send_as_is(b, r, err);
	return r->is_new ? mp_new_host_send(b, r, err) : mp_old_host_send(b, r, err);
}

/* --- and back --- */

static enum mcpass_rc answer_host(struct mp_bridge *b, struct mp_request *r, const char *json,
    bool is_error, struct mcpass_error *err)
{
	bool is_same = r->is_new == (b->servers[r->server].era == MP_ERA_STATELESS);

	if (r->state == MP_REQUEST_PARKED) {    /* the host asks again for it */
		r->call = 0;
		r->is_error = is_error;
		return mp_set(&r->result, json, err);
	}
	r->call = 0;
	if (is_error)
		return is_same ? mp_tell_error_json(b, r, json, err)
		    : r->is_new ? mp_new_host_error(b, r, json, err)
		    : mp_old_host_error(b, r, json, err);
	return is_same ? mp_tell_result(b, r, json, err)
	    : r->is_new ? mp_new_host_result(b, r, json, err) : mp_old_host_result(b, r, json, err);
}

static enum mcpass_rc show_tools(struct mp_bridge *b, struct mp_request *r, const char *json,
    struct mcpass_error *err)
{
	char *shown = NULL;
	enum mcpass_rc rc = mp_tools_show(b, r->server, json, &shown, err);

	if (!rc)
		rc = answer_host(b, r, shown, false, err);
	free(shown);
	return rc;
}

/* A sentence for the host from the error of a server. */
static enum mcpass_rc refused(struct mp_bridge *b, struct mp_request *r, const char *json,
    struct mcpass_error *err)
{
	json_t *error = NULL;
	const char *said;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json),
	    MP_MAX_MESSAGE, "the error", &error, err);

	if (rc)
		return rc;
	said = mp_json_text(error, "message");
	rc = not_opened(b, r, (int)json_integer_value(json_object_get(error, "code")),
	    said != NULL ? said : "The server refuses to say who it is.", err);
	json_decref(error);
	return rc;
}

enum mcpass_rc mp_upstream_result(struct mp_bridge *b, struct mp_request *r, const char *json,
    bool is_error, struct mcpass_error *err)
{
	switch (r->kind) {
	case MP_REQUEST_DISCOVER:
		return is_error ? refused(b, r, json, err) : opened(b, r, json, err);
	case MP_REQUEST_LISTEN:
		return mp_listen_ended(b, r, is_error, err);
	case MP_REQUEST_PART:
		return mp_many_part(b, r, json, is_error, err);
	case MP_REQUEST_ASIDE:
	case MP_REQUEST_PROBE:
		mp_request_free(b, r);
		return MCPASS_OK;
	case MP_REQUEST_HOST:
		break;
	}
	if (r->is_whole)
		return mp_tell_whole(b, r, json, err);
	if (!is_error && mp_eq(r->method, "tools/list") && mp_tools_are_changed(b))
		return show_tools(b, r, json, err);
	return answer_host(b, r, json, is_error, err);
}

/* spec: JSON-RPC 2.0 5.1 */
static enum mcpass_rc tell_failure(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	if (r->id != NULL)
		return mp_tell_error(b, r, MP_RPC_INTERNAL, r->failure, err);
	mp_request_free(b, r);          /* it was parked: the host hears it when it asks again */
	return MCPASS_OK;
}

static enum mcpass_rc failed(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	switch (r->kind) {
	case MP_REQUEST_DISCOVER:
		return not_opened(b, r, MP_RPC_INTERNAL, r->failure, err);
	case MP_REQUEST_LISTEN:
		return mp_listen_ended(b, r, false, err);
	case MP_REQUEST_PART:
		return mp_many_part(b, r, NULL, true, err);
	case MP_REQUEST_ASIDE:
	case MP_REQUEST_PROBE:
		mp_request_free(b, r);
		return MCPASS_OK;
	case MP_REQUEST_HOST:
		break;
	}
	return tell_failure(b, r, err);
}

/* --- what is next --- */

static bool find_wanted(const struct mp_bridge *b, size_t *ret_server)
{
	size_t i = 0;

	while (i < b->config->server_count && b->servers[i].state != MP_UPSTREAM_WANTED)
		i++;
	*ret_server = i;
	return i < b->config->server_count;
}

static bool is_ready(const struct mp_bridge *b, const struct mp_request *r)
{
	return r->state == MP_REQUEST_FAILED || r->state == MP_REQUEST_ANSWERED
	    || (r->state == MP_REQUEST_HELD && b->servers[r->server].state == MP_UPSTREAM_OPEN);
}

static struct mp_request *first_ready(const struct mp_bridge *b)
{
	struct mp_request *r = b->requests;

	while (r != NULL && !is_ready(b, r))
		r = r->next;
	return r;
}

static enum mcpass_rc go_on_with(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	char *result = r->result;
	enum mcpass_rc rc;

	if (r->state == MP_REQUEST_FAILED)
		return failed(b, r, err);
	if (r->state == MP_REQUEST_HELD) {
		r->state = MP_REQUEST_WAITING;  /* not again, whatever becomes of it */
		return forward(b, r, err);
	}
	r->state = MP_REQUEST_SENT;
	r->result = NULL;
	rc = mp_upstream_result(b, r, result, r->is_error, err);
	free(result);
	return rc;
}

enum mcpass_rc mp_upstream_go_on(struct mp_bridge *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_request *r;
	size_t server;

	while (!rc) {
		if (find_wanted(b, &server))
			rc = open_server(b, server, err);
		else if ((r = first_ready(b)) != NULL)
			rc = go_on_with(b, r, err);
		else
			break;
	}
	return rc;
}

void mp_upstream_free(struct mp_upstream *u)
{
	free(u->failure);
	free(u->discovered);
	json_decref(u->about);
	free(u->sign_in);
	free(u->url);
	free(u->level);
	mp_strings_free(&u->subscribed);
}
