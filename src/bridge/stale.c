/* A server that was replaced by one of the other era while the host stayed. */
#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"

/* How a server of the other era refuses what is right in this one.  spec: MCP 2026-07-28 versioning;
 * servers up to 2025-11-25 that miss their session have -32000 or -32600 for it, or no code */
static bool is_a_sign(enum mp_era era, int code)
{
	if (code == MP_RPC_UNSUPPORTED_VERSION)
		return true;
	return era == MP_ERA_SESSION ? code == MP_RPC_HEADER_MISMATCH
	    : code == 0 || code == -32000 || code == MP_RPC_INVALID_REQUEST;
}

/* What every server of its era answers; some old ones know no ping. */
static const char *question_for(const struct mp_upstream *u)
{
	return u->era == MP_ERA_SESSION ? "ping" : "server/discover";
}

static enum mcpass_rc probe(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mp_span none = { NULL, 0 };
	struct mp_request *r;
	enum mcpass_rc rc;

	rc = mp_request_new(b, MP_REQUEST_PROBE, question_for(&b->servers[server]), none, &r, err);
	if (rc)
		return rc;
	r->server = server;
	return mp_request_send(b, r, NULL, err);
}

static struct mp_request *first_at(const struct mp_bridge *b, size_t server)
{
	struct mp_request *r = b->requests;

	while (r != NULL && (r->server != server || (r->call == 0 && r->state != MP_REQUEST_ASKING)))
		r = r->next;
	return r;
}

/* The next request opens it again, and finds out what it speaks. */
static enum mcpass_rc forget(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	struct mcpass_error why = { 0 };
	struct mp_request *r;
	enum mcpass_rc rc = mp_set(&u->level, NULL, err);

	(void)mp_fail(&why, MCPASS_E_PROTOCOL, NULL, "the server speaks another revision than before");
	mp_hint(&why, "It may have carried it out: look before you ask again.");
	u->state = MP_UPSTREAM_CLOSED;
	b->port->forget(b->port->ctx, server);
	while (!rc && (r = first_at(b, server)) != NULL) {
		if (r->state == MP_REQUEST_ASKING)
			rc = mp_input_withdraw(b, r, err);
		if (!rc)
			rc = mp_request_fail(r, &why, err);
	}
	u->was_early = true;            /* what it offers now is told when it is known */
	u->listen_due = -1;
	u->has_acknowledged = false;
	return rc;
}

/* Of a JSON-RPC error, or with is_whole of the whole response with it. */
static int code_of(const char *json, bool is_whole)
{
	struct mp_span error = { json, strlen(json) }, code = { NULL, 0 };

	if (is_whole)
		error = mp_raw_value(error, "error");
	if (error.len > 0 && error.data[0] == '{')
		code = mp_raw_value(error, "code");
	return code.data != NULL ? (int)strtol(code.data, NULL, 10) : MP_RPC_INTERNAL;
}

static bool is_probed(const struct mp_bridge *b, size_t server)
{
	const struct mp_request *r = b->requests;

	while (r != NULL && (r->kind != MP_REQUEST_PROBE || r->server != server))
		r = r->next;
	return r != NULL;
}

void mp_stale_look(const struct mp_bridge *b, const struct mp_request *r, bool is_refused,
    const char *error, struct mp_stale *ret_stale)
{
	const struct mp_upstream *u = &b->servers[r->server];
	bool is_sign;
	int code = is_refused && error != NULL ? code_of(error, r->is_whole) : 0;

	ret_stale->server = r->server;
	ret_stale->is_probe = r->kind == MP_REQUEST_PROBE;
	if (ret_stale->is_probe)
		is_sign = u->era == MP_ERA_STATELESS || is_a_sign(u->era, code);
	else
		is_sign = !is_probed(b, r->server) && is_a_sign(u->era, code);
	ret_stale->is_suspect = is_refused && u->state == MP_UPSTREAM_OPEN && is_sign;
}

enum mcpass_rc mp_stale_act(struct mp_bridge *b, const struct mp_stale *stale,
    struct mcpass_error *err)
{
	if (!stale->is_suspect)
		return MCPASS_OK;
	return stale->is_probe ? forget(b, stale->server, err) : probe(b, stale->server, err);
}
