/* What the host hears while a person has to sign in: initialize is answered before, a request
 * that cannot wait any longer is answered with where to do that, and what was hidden is told
 * afterwards. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

/* spec: JSON-RPC 2.0 5.1 (-32000 to -32099 are the server's own) */
#define SIGN_IN_FIRST (-32001)

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When it has waited long enough; -1: never. */
static int64_t due_of(const struct mp_bridge *b, const struct mp_request *r)
{
	const struct mp_upstream *u = &b->servers[r->server];

	if (r->id == NULL || r->kind != MP_REQUEST_HOST)
		return -1;
	if (mp_welcome_is_for(r))
		return b->config->early_ms < 0 ? -1 : r->since + b->config->early_ms;
	if (u->sign_in == NULL || b->config->sign_in_wait_ms < 0 || (r->state != MP_REQUEST_HELD && r->state != MP_REQUEST_SENT))
		return -1;
	return later(r->since, u->sign_in_since) + b->config->sign_in_wait_ms;
}

int64_t mp_sign_in_due(const struct mp_bridge *b)
{
	int64_t due = -1;

	for (const struct mp_request *r = b->requests; r != NULL; r = r->next) {
		int64_t one = due_of(b, r);

		if (one >= 0 && (due < 0 || one < due))
			due = one;
	}
	return due;
}

/* A host gives up after 10 to 60 seconds: what a server offers is told later. */
static enum mcpass_rc answer_early(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		b->servers[i].was_early |= b->servers[i].state != MP_UPSTREAM_OPEN;
	return mp_welcome_try(b, r, err);
}

enum mcpass_rc mp_sign_in_tick(struct mp_bridge *b, struct mcpass_error *err)
{
	struct mp_request *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = next) {
		int64_t due = due_of(b, r);

		next = r->next;
		if (due < 0 || due > b->now)
			continue;
		if (mp_welcome_is_for(r)) {
			rc = answer_early(b, r, err);
			continue;
		}
		if (r->state == MP_REQUEST_SENT)
			b->port->cancel(b->port->ctx, r->server, r->call);
		rc = mp_tell_error(b, r, SIGN_IN_FIRST, b->servers[r->server].sign_in, err);
	}
	return rc;
}

/* --- telling --- */

/* spec: MCP progress: it only grows, so the server's own comes after */
static enum mcpass_rc tell_progress(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	struct mp_buf params = MP_BUF(MP_MAX_DOCUMENT);

	if (r->progress == NULL || r->was_told)
		return MCPASS_OK;
	r->was_told = true;
	mp_buf_addf(&params, "{\"progressToken\":%s,\"progress\":0,\"message\":", r->progress);
	mp_splice_string(&params, b->servers[r->server].sign_in);
	mp_buf_addc(&params, '}');
	return mp_tell_note(b, "notifications/progress", &params, err);
}

/* spec: MCP 2025-11-25 elicitation, "URL mode" */
static enum mcpass_rc show_url(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	const struct mp_upstream *u = &b->servers[server];
	const char *all = b->host.capabilities;
	struct mp_span offer = { NULL, 0 };
	char *id = NULL;
	struct mp_buf params = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	if (all != NULL && b->host.has_welcome)
		offer = mp_raw_value((struct mp_span){ all, strlen(all) }, "elicitation");
	if (offer.len == 0 || offer.data[0] != '{' || mp_raw_value(offer, "url").data == NULL
	    || !mp_input_is_safe_url(u->url))
		return MCPASS_OK;
	rc = mp_asked_add(b, MP_NO_SERVER, offer, &id, err);
	if (!rc) {
		mp_buf_addf(&params, "{\"mode\":\"url\",\"elicitationId\":%s,\"url\":", id);
		mp_splice_string(&params, u->url);
		mp_buf_adds(&params, ",\"message\":");
		mp_splice_string(&params, u->sign_in);
		mp_buf_addc(&params, '}');
		rc = mp_buf_check(&params, "a request", err);
	}
	if (!rc)
		rc = mp_tell_message(b, id, "elicitation/create", mp_buf_text(&params), err);
	mp_buf_free(&params);
	free(id);
	return rc;
}

enum mcpass_rc mp_bridge_sign_in(struct mp_bridge *b, size_t server, const char *where,
    const char *url, struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	bool is_first = u->sign_in == NULL;
	enum mcpass_rc rc = mp_set(&u->sign_in, where, err);

	if (!rc)
		rc = mp_set(&u->url, url, err);
	if (is_first)
		u->sign_in_since = b->now;
	for (struct mp_request *r = b->requests; !rc && r != NULL; r = r->next)
		if (r->kind == MP_REQUEST_HOST && r->server == server && r->id != NULL)
			rc = tell_progress(b, r, err);
	if (!rc && is_first && !b->host.is_new)
		rc = show_url(b, server, err);
	return rc;
}

enum mcpass_rc mp_bridge_signed_in(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	struct mp_upstream *u = &b->servers[server];
	enum mcpass_rc rc = mp_set(&u->sign_in, NULL, err);

	return rc ? rc : mp_set(&u->url, NULL, err);
}
