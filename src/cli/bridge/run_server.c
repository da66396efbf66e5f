/* The links of a bridge: what the bridge asks of them, and what they tell it. */
#include <stdlib.h>
#include "base/limits.h"
#include "cli/bridge/run_parts.h"
#include "io/clock.h"
#include "mcp/revision.h"

static void check(struct mp_run *run, enum mcpass_rc rc, const struct mcpass_error *why)
{
	if (rc)
		mp_run_break(run, why);
	mp_run_touch(run);
}

/* --- what a link tells --- */

/* A wait for another instance's login has no end of its own: an answer is the end of it. */
static enum mcpass_rc end_telling(struct mp_run_server *server, struct mcpass_error *err)
{
	if (!server->was_told)
		return MCPASS_OK;
	server->was_told = false;
	return mp_bridge_signed_in(server->run->bridge, server->index, err);
}

static enum mcpass_rc note_session(struct mp_run_server *server, struct mcpass_error *err)
{
	unsigned begun = mp_link_begun(server->conn.link), before = server->begun;

	server->begun = begun;
	if (before == 0 || begun <= before)
		return MCPASS_OK;
	mp_run_log(server->run, "%s ended the session, and began another one", server->what);
	return mp_bridge_restarted(server->run->bridge, server->index, err);
}

static void on_answered(void *ctx, struct mp_link_answer *answer)
{
	struct mp_run_server *server = ctx;
	struct mp_run *run = server->run;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_run_now(run, &why);

	run->answers++;
	if (!rc && answer->rc == MCPASS_OK)
		rc = end_telling(server, &why);
	if (!rc && answer->rc == MCPASS_OK)
		rc = note_session(server, &why);
	if (answer->rc != MCPASS_OK)
		mp_run_log(run, "%s: %s%s%s", server->what, answer->why->detail,
		    answer->why->hint[0] != '\0' ? " -- " : "", answer->why->hint);
	if (!rc && answer->rc == MCPASS_OK)
		rc = mp_bridge_answered(run->bridge, server->index, answer->call, answer->json,
		    answer->is_error, &why);
	else if (!rc)
		rc = mp_bridge_failed(run->bridge, server->index, answer->call, answer->why, &why);
	free(answer->json);
	if (server->ping.is_set)
		mp_loop_set(run->loop, &server->ping, mp_now_ms() + run->options->ping_ms);
	check(run, rc, &why);
}

static void on_message(void *ctx, unsigned call, const char *json)
{
	struct mp_run_server *server = ctx;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_run_now(server->run, &why);

	if (!rc)
		rc = mp_bridge_message(server->run->bridge, server->index, call, json, &why);
	check(server->run, rc, &why);
}

static void tell(struct mp_run_server *server, const struct mp_buf *where, const char *url)
{
	struct mp_run *run = server->run;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_buf_check(where, "a sentence", &why);

	if (!rc)
		rc = mp_run_now(run, &why);
	server->was_told = true;
	if (!rc)
		rc = mp_bridge_sign_in(run->bridge, server->index, mp_buf_text(where), url, &why);
	if (!rc)
		mp_run_log(run, "%s", mp_buf_text(where));
	check(run, rc, &why);
}

static int on_browse(void *ctx, const char *url, bool opened, const char *why)
{
	struct mp_run_server *server = ctx;
	struct mp_buf where = MP_BUF(2 * MP_MAX_URI + 4096);

	if (opened)
		mp_buf_addf(&where, "Sign in to %s in the browser that was opened, then try again. If no page came"
		    " up, open this one: %s", server->conn.server.url, url);
	else
		mp_buf_addf(&where, "Sign in to %s first: open this page, then try again: %s (no browser was"
		    " started: %s)", server->conn.server.url, url, why != NULL ? why : "none is here");
	tell(server, &where, opened ? NULL : url);
	mp_buf_free(&where);
	return -1;
}

static void on_show_code(void *ctx, const struct mcpass_action *action)
{
	struct mp_run_server *server = ctx;
	struct mp_buf where = MP_BUF(2 * MP_MAX_URI + 4096);

	mp_buf_addf(&where, "Sign in to %s first: open %s and enter the code %s, then try again.",
	    server->conn.server.url, action->url, action->user_code);
	tell(server, &where, action->url_complete != NULL ? action->url_complete : action->url);
	mp_buf_free(&where);
}

static void on_lock(void *ctx, const char *holder)
{
	struct mp_run_server *server = ctx;
	struct mp_buf where = MP_BUF(2 * MP_MAX_URI + 4096);

	mp_buf_addf(&where, "Another mcpass (%s) is signing in to %s: finish that in the browser, then try"
	    " again.", holder, server->conn.server.url);
	tell(server, &where, NULL);
	mp_buf_free(&where);
}

static void on_signed_in(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	struct mp_run_server *server = ctx;
	struct mcpass_error failed = { 0 };

	if (rc)
		mp_run_log(server->run, "the login to %s has failed: %s", server->what, why->detail);
	else
		mp_run_log(server->run, "signed in to %s", server->what);
	check(server->run, end_telling(server, &failed), &failed);
	mp_run_login_ended(server->run);
}

static void on_warning(void *ctx, const char *sentence)
{
	struct mp_run_server *server = ctx;

	mp_run_log(server->run, "%s: note: %s", server->what, sentence);
}

/* --- what the bridge asks --- */

static void on_ping_answered(void *ctx, struct mp_link_answer *answer)
{
	struct mp_run_server *server = ctx;

	server->ping_call = 0;
	free(answer->json);
	mp_loop_set(server->run->loop, &server->ping, mp_now_ms() + server->run->options->ping_ms);
}

/* spec: MCP ping; 2026-07-28 has no session to keep */
static void on_ping(void *ctx)
{
	struct mp_run_server *server = ctx;
	const struct mp_link_request request = { "ping", NULL, on_ping_answered, server };
	const char *revision = mp_link_revision(server->conn.link);

	if (revision == NULL || mp_revision_era(revision) != MP_ERA_SESSION || server->ping_call != 0
	    || mp_link_submit(server->conn.link, &request, &server->ping_call, NULL) != MCPASS_OK)
		mp_loop_set(server->run->loop, &server->ping, mp_now_ms() + server->run->options->ping_ms);
}

static struct mp_run_server *server_at(void *ctx, size_t index)
{
	struct mp_run *run = ctx;

	return &run->servers[index];
}

/* Once: what failed before may work now, and the host is the same. */
static enum mcpass_rc do_open(void *ctx, size_t index, const char *initialize,
    struct mcpass_error *err)
{
	struct mp_run_server *server = server_at(ctx, index);
	struct mp_run *run = server->run;
	bool traces = run->common->explain || run->log_fd >= 0;
	struct mp_connection_wish wish = { .stdin_is_taken = true, .loop = run->loop,
	    .ui = &server->ui,
		.initialize = initialize, .trace = traces ? mp_run_trace : NULL, .trace_ctx = run };
	enum mcpass_rc rc;

	if (server->is_open)
		return MCPASS_OK;
	if (server->is_forgotten)
		return mp_fail(err, MCPASS_E_IO, NULL, "the server has just been replaced: try again");
	mp_connection_close(&server->conn);
	server->conn = (struct mp_connection){ 0 };
	rc = mp_connection_open(run->conn, run->common, server->what, &wish, &server->conn, err);
	server->is_open = rc == MCPASS_OK;
	if (!rc && run->options->ping_ms > 0)
		mp_loop_set(run->loop, &server->ping, mp_now_ms() + run->options->ping_ms);
	return rc;
}

static enum mcpass_rc do_request(void *ctx, size_t index, const char *method, const char *params,
    unsigned *ret_call, struct mcpass_error *err)
{
	struct mp_run_server *server = server_at(ctx, index);
	const struct mp_link_request request = { method, params, on_answered, server };

	return mp_link_submit(server->conn.link, &request, ret_call, err);
}

static enum mcpass_rc do_send(void *ctx, size_t index, struct mp_span message, unsigned *ret_call,
    struct mcpass_error *err)
{
	struct mp_run_server *server = server_at(ctx, index);

	return mp_link_send(server->conn.link, message.data, message.len, on_answered, server, ret_call,
	    err);
}

/* A session that has failed takes none: its requests say so. */
static enum mcpass_rc do_notify(void *ctx, size_t index, const char *method, const char *params,
    struct mcpass_error *err)
{
	struct mp_run_server *server = server_at(ctx, index);
	enum mcpass_rc rc = MCPASS_OK;

	if (server->is_open)
		rc = mp_link_notify(server->conn.link, method, params, err);
	return rc == MCPASS_E_NOMEM ? rc : MCPASS_OK;
}

static enum mcpass_rc do_respond(void *ctx, size_t index, const char *json,
    struct mcpass_error *err)
{
	struct mp_run_server *server = server_at(ctx, index);
	enum mcpass_rc rc = MCPASS_OK;

	if (server->is_open)
		rc = mp_link_respond(server->conn.link, json, err);
	return rc == MCPASS_E_NOMEM ? rc : MCPASS_OK;
}

static void do_cancel(void *ctx, size_t index, unsigned call)
{
	struct mp_run_server *server = server_at(ctx, index);

	if (server->is_open)
		mp_link_cancel(server->conn.link, call);
}

/* A link does not end in the middle of what it tells. */
static void on_renew(void *ctx)
{
	struct mp_run_server *server = ctx;

	mp_run_server_close(server);
	server->conn = (struct mp_connection){ 0 };
	server->begun = 0;
	server->ping_call = 0;
	server->is_forgotten = false;
}

static void do_forget(void *ctx, size_t index)
{
	struct mp_run_server *server = server_at(ctx, index);

	mp_run_log(server->run, "%s speaks another revision than before: it is asked anew", server->what);
	server->is_open = false;
	server->is_forgotten = true;
	mp_loop_soon(server->run->loop, &server->renew);
}

static const char *get_revision(void *ctx, size_t index)
{
	return mp_link_revision(server_at(ctx, index)->conn.link);
}

static const char *get_welcome(void *ctx, size_t index)
{
	return mp_link_welcome(server_at(ctx, index)->conn.link);
}

struct mp_bridge_port mp_run_port(struct mp_run *run)
{
	return (struct mp_bridge_port){ run, do_open, do_request, do_send, do_notify, do_respond, do_cancel,
		do_forget, get_revision, get_welcome };
}

void mp_run_server_init(struct mp_run *run, size_t index, const char *what)
{
	struct mp_run_server *server = &run->servers[index];

	server->run = run;
	server->index = index;
	server->what = what;
	server->renew = (struct mp_task){ .run = on_renew, .ctx = server };
	server->ping = (struct mp_timer){ .fire = on_ping, .ctx = server };
	server->ui = (struct mp_link_ui){ .browse = on_browse, .show_code = on_show_code,
		.signed_in = on_signed_in, .waiting_for_lock = on_lock, .message = on_message,
		.request = on_message, .warning = on_warning, .ctx = server };
}

void mp_run_server_close(struct mp_run_server *server)
{
	mp_loop_unset(server->run->loop, &server->ping);
	mp_loop_never(server->run->loop, &server->renew);
	mp_link_free(server->conn.link);
	server->conn.link = NULL;
	mp_connection_close(&server->conn);
}
