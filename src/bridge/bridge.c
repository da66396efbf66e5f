/* The public calls. */
#include "bridge/bridge.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

/* Written bytes are cut off the front when they are so many. */
#define CUT_BYTES ((size_t)256 * 1024)

enum mcpass_rc mp_bridge_new(const struct mp_bridge_config *config,
    const struct mp_bridge_port *port, struct mp_bridge **ret_bridge, struct mcpass_error *err)
{
	struct mp_bridge *b = calloc(1, sizeof(*b));
	size_t max = config->max_message > 0 ? config->max_message : MP_MAX_MESSAGE;

	if (b == NULL)
		return mp_nomem(err);
	b->config = config;
	b->port = port;
	mp_lines_init(&b->lines, max);
	mp_buf_init(&b->out, 2 * MP_MAX_ANSWER);
	b->servers = calloc(config->server_count, sizeof(*b->servers));
	b->resources = json_object();
	if (b->servers == NULL || b->resources == NULL) {
		mp_bridge_free(b);
		return mp_nomem(err);
	}
	for (size_t i = 0; i < config->server_count; i++)
		b->servers[i].listen_due = -1;
	*ret_bridge = b;
	return MCPASS_OK;
}

static void free_host(struct mp_host *host)
{
	free(host->info);
	free(host->capabilities);
	free(host->revision);
	free(host->initialize);
	free(host->level);
}

void mp_bridge_free(struct mp_bridge *b)
{
	if (b == NULL)
		return;
	while (b->requests != NULL)
		mp_request_free(b, b->requests);
	mp_asked_free(b);
	for (size_t i = 0; b->servers != NULL && i < b->config->server_count; i++)
		mp_upstream_free(&b->servers[i]);
	free(b->servers);
	json_decref(b->resources);
	free_host(&b->host);
	mp_lines_free(&b->lines);
	mp_buf_free(&b->out);
	free(b);
}

/* --- time --- */

enum mcpass_rc mp_bridge_tick(struct mp_bridge *b, int64_t now, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	b->now = now;
	rc = mp_sign_in_tick(b, err);
	if (!rc)
		rc = mp_listen_tick(b, err);
	if (!rc)
		rc = mp_host_tick(b, err);
	return rc ? rc : mp_upstream_go_on(b, err);
}

int64_t mp_bridge_due(const struct mp_bridge *b)
{
	int64_t due = mp_sign_in_due(b);

	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].listen_due >= 0 && (due < 0 || b->servers[i].listen_due < due))
			due = b->servers[i].listen_due;
	return due;
}

/* --- the host --- */

static enum mcpass_rc take_line(struct mp_bridge *b, enum mp_line_kind kind, struct mp_span line,
    struct mcpass_error *err)
{
	if (kind == MP_LINE_TOO_LONG)
		return mp_tell_refuse(b, mp_lines_find_id(&b->lines), MP_RPC_INVALID_REQUEST,
		    "The message is longer than --max-message allows.", err);
	return mp_host_line(b, line, err);
}

enum mcpass_rc mp_bridge_from_host(struct mp_bridge *b, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct mp_span input = { bytes, len }, line = { NULL, 0 };
	enum mp_line_kind kind;
	enum mcpass_rc rc;

	do {
		rc = mp_lines_next(&b->lines, &input, &kind, &line, err);
		if (!rc && kind != MP_LINE_NONE)
			rc = take_line(b, kind, line, err);
	} while (!rc && kind != MP_LINE_NONE);
	return rc;
}

enum mcpass_rc mp_bridge_host_ended(struct mp_bridge *b, struct mcpass_error *err)
{
	struct mp_span line = { NULL, 0 };
	enum mp_line_kind kind;
	enum mcpass_rc rc = mp_lines_last(&b->lines, &kind, &line, err);

	return rc || kind == MP_LINE_NONE ? rc : take_line(b, kind, line, err);
}

struct mp_span mp_bridge_output(const struct mp_bridge *b)
{
	return (struct mp_span){ mp_buf_text(&b->out) + b->out_at, b->out.len - b->out_at };
}

static void forget_output(struct mp_bridge *b)
{
	mp_buf_free(&b->out);
	mp_buf_init(&b->out, 2 * MP_MAX_ANSWER);
}

void mp_bridge_wrote(struct mp_bridge *b, size_t len)
{
	b->out_at += len;
	if (b->out_at < b->out.len) {
		/* A host that is always a little behind must not make it grow. */
		if (b->out_at >= CUT_BYTES && b->out_at >= b->out.len / 2) {
			b->out.len -= b->out_at;
			memmove(b->out.data, b->out.data + b->out_at, b->out.len + 1);
			b->out_at = 0;
		}
		return;
	}
	b->out_at = 0;
	if (b->out.room > MP_KEPT_ROOM)
		forget_output(b);
	mp_buf_clear(&b->out);
}

void mp_bridge_rest(struct mp_bridge *b)
{
	mp_lines_rest(&b->lines);
	if (b->out.len == 0)
		forget_output(b);
}

size_t mp_bridge_pending(const struct mp_bridge *b)
{
	size_t count = 0;

	for (const struct mp_request *r = b->requests; r != NULL; r = r->next)
		if (r->id != NULL)
			count++;
	return count;
}

/* --- the servers --- */

enum mcpass_rc mp_bridge_answered(struct mp_bridge *b, size_t server, unsigned call,
    const char *json, bool is_error, struct mcpass_error *err)
{
	struct mp_request *r = mp_request_by_call(b, server, call);
	struct mp_stale stale;
	enum mcpass_rc rc;

	if (r == NULL)
		return MCPASS_OK;
	mp_stale_look(b, r, is_error, json, &stale);
	rc = mp_upstream_result(b, r, json, is_error, err);
	if (!rc)
		rc = mp_stale_act(b, &stale, err);
	return rc ? rc : mp_upstream_go_on(b, err);
}

enum mcpass_rc mp_bridge_failed(struct mp_bridge *b, size_t server, unsigned call,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_request *r = mp_request_by_call(b, server, call);
	struct mp_stale stale;
	enum mcpass_rc rc;

	if (r == NULL)
		return MCPASS_OK;
	/* A network that fails says nothing of the server. */
	mp_stale_look(b, r, why->rc == MCPASS_E_PROTOCOL, NULL, &stale);
	rc = mp_request_fail(r, why, err);
	if (!rc)
		rc = mp_stale_act(b, &stale, err);
	return rc ? rc : mp_upstream_go_on(b, err);
}

static enum mcpass_rc take_message(struct mp_bridge *b, size_t server, unsigned call,
    const struct mp_message *m, struct mcpass_error *err)
{
	bool is_new_server = b->servers[server].era == MP_ERA_STATELESS;

	if (m->kind == MP_RPC_REQUEST) {
		if (is_new_server)
			return MCPASS_OK;       /* it must not, and cannot be answered */
		if (b->host.is_new)
			return mp_parked_ask(b, server, call, m, err);
		return b->config->server_count > 1 ? mp_asked_pass(b, server, m, err)
		    : mp_tell_pass(b, m->text, err);
	}
	if (m->kind != MP_RPC_NOTIFICATION)
		return MCPASS_OK;
	if (b->host.is_new == is_new_server)
		return mp_tell_pass(b, m->text, err);
	return b->host.is_new ? mp_new_host_message(b, server, m, err)
	    : mp_old_host_message(b, server, m, err);
}

enum mcpass_rc mp_bridge_message(struct mp_bridge *b, size_t server, unsigned call,
    const char *json, struct mcpass_error *err)
{
	struct mp_message m = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = mp_message_read((struct mp_span){ json, strlen(json) }, "a message of the server", &m, &why);
	if (rc)                         /* a server's nonsense is no matter of the host */
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	rc = take_message(b, server, call, &m, err);
	mp_message_free(&m);
	return rc ? rc : mp_upstream_go_on(b, err);
}

enum mcpass_rc mp_bridge_restarted(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!b->host.is_new && !b->host.has_welcome)
		return MCPASS_OK;
	rc = b->host.is_new ? mp_new_host_again(b, server, err) : mp_listen_again(b, server, err);
	if (!rc && !b->host.is_new)
		rc = mp_offers_changed(b, server, err);
	return rc ? rc : mp_upstream_go_on(b, err);
}
