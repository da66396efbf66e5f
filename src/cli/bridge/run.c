#include "cli/bridge/run.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/bridge/run_parts.h"
#include "cli/hosts/entry.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/store/secret_service.h"
#include "io/system/memory.h"
#include "ui/signals.h"

/* A host gives up after 10 to 60 seconds. */
#define ANSWER_WITHIN_MS 8000
#define SIGN_IN_WAIT_MS 45000
/* What a host may be behind with before its servers go on, and before it is not read. */
#define RELEASE_BYTES ((size_t)64 * 1024)
#define DEAF_BYTES ((size_t)8 * 1024 * 1024)
/* Requests under way with which a host is not read on: what it writes beyond waits in its pipe.  One
 * read brings fewer than MP_MAX_CALLS. */
#define MANY_REQUESTS 128
#define READ_BYTES (32 * 1024)
/* At the end: for requests that are under way, and for all of it. */
#define GRACE_MS 250
#define LAST_MS 900
#define PARENT_MS 1000

/* --- the end --- */

static void on_gone(void *ctx)
{
	struct mp_run *run = ctx;

	if (--run->leaving == 0)
		mp_loop_end(run->loop);
}

static void on_last(void *ctx)
{
	struct mp_run *run = ctx;

	mp_loop_end(run->loop);
}

/* spec: MCP 2025-11-25 transports, "Session Management" 5 */
static void leave(struct mp_run *run)
{
	run->leaving = 1;
	for (size_t i = 0; i < run->count; i++)
		if (run->servers[i].is_open) {
			mp_loop_unset(run->loop, &run->servers[i].ping);
			run->leaving++;
			mp_link_leave(run->servers[i].conn.link, on_gone, run);
		}
	on_gone(run);
}

static void on_grace(void *ctx)
{
	leave(ctx);
}

/* Requests that are under way have a moment: a script may have closed its side. */
static void end(struct mp_run *run, bool at_once)
{
	if (run->is_ending)
		return;
	run->is_ending = true;
	if (mp_run_go_on_alone(run))
		return;
	(void)mp_loop_watch(run->loop, &run->in, 0, NULL);
	mp_loop_set(run->loop, &run->last, mp_now_ms() + LAST_MS);
	run->parent.fire = on_grace;
	mp_loop_set(run->loop, &run->parent, mp_now_ms() + GRACE_MS);
	if (at_once || mp_bridge_pending(run->bridge) == 0) {
		mp_loop_unset(run->loop, &run->parent);
		leave(run);
	}
}

static void on_stop(void *ctx, unsigned events)
{
	struct mp_run *run = ctx;

	(void)events;
	(void)mp_loop_watch(run->loop, &run->stop, 0, NULL);
	if (run->is_alone)
		mp_loop_end(run->loop);
	else
		end(run, true);
}

static enum mcpass_rc keep_pace(struct mp_run *run, size_t behind, struct mcpass_error *err)
{
	bool is_deaf = behind > DEAF_BYTES
	    || (!run->is_stuck && mp_bridge_pending(run->bridge) >= MANY_REQUESTS);
	enum mcpass_rc rc = MCPASS_OK;

	if (behind > MP_RUN_HOLD_BYTES)
		mp_run_hold(run, true);
	else if (behind < RELEASE_BYTES)
		mp_run_hold(run, false);
	if (!run->is_ending)
		rc = mp_loop_watch(run->loop, &run->in, is_deaf ? 0 : MP_LOOP_READ, err);
	return rc ? rc : mp_loop_watch(run->loop, &run->out, behind > 0 ? MP_LOOP_WRITE : 0, err);
}

/* A host that died without closing anything: its pipe may be held by others. */
static void on_parent(void *ctx)
{
	struct mp_run *run = ctx;
	struct mcpass_error why = { 0 };

	/* Many calls that wait for the host, for its answers to questions say, need what it writes. */
	run->is_stuck = run->answers == run->answers_before;
	run->answers_before = run->answers;
	if (run->is_stuck && keep_pace(run, mp_bridge_output(run->bridge).len, &why))
		mp_run_break(run, &why);
	if (getppid() != run->parent_pid) {
		end(run, true);
		return;
	}
	/* A quiet second after a busy one: hosts keep many bridges that have little to do. */
	if (run->was_busy && mp_bridge_pending(run->bridge) == 0) {
		mp_bridge_rest(run->bridge);
		mp_memory_return();
	}
	run->was_busy = false;
	mp_loop_set(run->loop, &run->parent, mp_now_ms() + PARENT_MS);
}

/* --- the host --- */

/* Writes what it takes.  A host that does not read any more has gone. */
static void on_flush(void *ctx)
{
	struct mp_run *run = ctx;
	struct mp_span out = mp_bridge_output(run->bridge);
	struct mcpass_error why = { 0 };
	int64_t due = mp_bridge_due(run->bridge);

	while (out.len > 0) {
		ssize_t n = write(STDOUT_FILENO, out.data, out.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			end(run, true);
			return;
		}
		if (n < 0)
			break;
		mp_bridge_wrote(run->bridge, (size_t)n);
		out = mp_bridge_output(run->bridge);
	}
	if (due >= 0 && !run->is_alone)
		mp_loop_set(run->loop, &run->due, due);
	else
		mp_loop_unset(run->loop, &run->due);
	if (run->is_alone)
		return;
	if (keep_pace(run, out.len, &why))
		mp_run_break(run, &why);
	if (run->is_ending && run->leaving == 0 && mp_bridge_pending(run->bridge) == 0) {
		mp_loop_unset(run->loop, &run->parent);
		leave(run);
	}
}

static void on_out(void *ctx, unsigned events)
{
	(void)events;
	on_flush(ctx);
}

static void on_due(void *ctx)
{
	struct mp_run *run = ctx;
	struct mcpass_error why = { 0 };

	if (mp_run_now(run, &why))
		mp_run_break(run, &why);
	mp_run_touch(run);
}

static void on_in(void *ctx, unsigned events)
{
	static char bytes[READ_BYTES];
	struct mp_run *run = ctx;
	struct mcpass_error why = { 0 };
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	enum mcpass_rc rc = MCPASS_OK;

	(void)events;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	rc = mp_run_now(run, &why);
	if (!rc && n > 0)
		rc = mp_bridge_from_host(run->bridge, bytes, (size_t)n, &why);
	else if (!rc)
		rc = mp_bridge_host_ended(run->bridge, &why);
	if (rc)
		mp_run_break(run, &why);
	else if (n <= 0)
		end(run, false);
	mp_run_touch(run);
}

/* --- a life --- */

/* A pipe that is full must not hold us up.  A terminal is shared with others: it stays. */
static void unblock(struct mp_run *run)
{
	struct stat st;

	run->out_flags = -1;
	if (fstat(STDOUT_FILENO, &st) != 0 || (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)))
		return;
	run->out_flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (run->out_flags >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, run->out_flags | O_NONBLOCK);
}

/* What a tool's name begins with: the host's label, or the name. */
static enum mcpass_rc make_names(struct mp_run *run, char **servers, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	run->names = calloc(run->count, sizeof(*run->names));
	if (run->names == NULL)
		return mp_nomem(err);
	for (size_t i = 0; !rc && i < run->count; i++)
		rc = mp_host_entry_name(servers[i], &run->names[i], err);
	for (size_t i = 0; !rc && i < run->count; i++)
		for (size_t j = 0; j < i; j++)
			if (mp_eq(run->names[i], run->names[j]))
				rc = mp_fail(err, MCPASS_E_USAGE, NULL, "two servers would be called %s: give them names in"
				    " the file of servers", run->names[i]);
	return rc;
}

static enum mcpass_rc make_bridge(struct mp_run *run, struct mcpass_error *err)
{
	const struct mp_bridge_options *options = run->options;
	enum mcpass_rc rc;

	run->config = (struct mp_bridge_config){
		.names = (const char *const *)run->names,
		.server_count = run->count,
		.prefix = options->tool_prefix,
		.allow = options->allow_tools.items,
		.allow_count = options->allow_tools.count,
		.deny = options->deny_tools.items,
		.deny_count = options->deny_tools.count,
		.sign_in_wait_ms = options->wait_for_sign_in ? -1
		    : options->sign_in_wait_ms > 0 ? options->sign_in_wait_ms : SIGN_IN_WAIT_MS,
		.early_ms = options->answer_within_ms > 0 ? options->answer_within_ms : ANSWER_WITHIN_MS,
		.random = mp_entropy,
	};
	rc = mp_bridge_read_size(options->max_message, &run->config.max_message, err);
	run->port = mp_run_port(run);
	return rc ? rc : mp_bridge_new(&run->config, &run->port, &run->bridge, err);
}

static enum mcpass_rc watch(struct mp_run *run, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	run->in = (struct mp_watch){ .fd = STDIN_FILENO, .ready = on_in, .ctx = run };
	run->out = (struct mp_watch){ .fd = STDOUT_FILENO, .ready = on_out, .ctx = run };
	run->stop = (struct mp_watch){ .fd = mp_signals_fd(), .ready = on_stop, .ctx = run };
	run->flush = (struct mp_task){ .run = on_flush, .ctx = run };
	run->due = (struct mp_timer){ .fire = on_due, .ctx = run };
	run->last = (struct mp_timer){ .fire = on_last, .ctx = run };
	run->parent = (struct mp_timer){ .fire = on_parent, .ctx = run };
	run->parent_pid = getppid();
	rc = mp_loop_watch(run->loop, &run->in, MP_LOOP_READ, err);
	if (!rc && run->stop.fd >= 0)
		rc = mp_loop_watch(run->loop, &run->stop, MP_LOOP_READ, err);
	mp_loop_set(run->loop, &run->parent, mp_now_ms() + PARENT_MS);
	return rc;
}

/* One that is locked asks its person: now, for a loop would stand still meanwhile. */
static void wake_keyring(void)
{
	const char *where = getenv("MCPASS_STORE_KEY");
	char *keys = NULL;

	if (where != NULL && mp_secret_service_is(where))
		(void)mp_secret_service_read(where, &keys, NULL);
	mp_free_wiped(keys);
}

static void release(struct mp_run *run)
{
	for (size_t i = 0; run->servers != NULL && i < run->count; i++)
		mp_run_server_close(&run->servers[i]);
	if (run->loop != NULL) {
		(void)mp_loop_watch(run->loop, &run->in, 0, NULL);
		(void)mp_loop_watch(run->loop, &run->out, 0, NULL);
		(void)mp_loop_watch(run->loop, &run->stop, 0, NULL);
		mp_loop_never(run->loop, &run->flush);
		mp_loop_unset(run->loop, &run->due);
		mp_loop_unset(run->loop, &run->last);
		mp_loop_unset(run->loop, &run->parent);
	}
	mp_bridge_free(run->bridge);
	mp_run_log_close(run);
	mp_loop_free(run->loop);
	for (size_t i = 0; run->names != NULL && i < run->count; i++)
		free(run->names[i]);
	free(run->names);
	free(run->servers);
	if (run->out_flags >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, run->out_flags);
}

enum mcpass_rc mp_bridge_run(const struct mp_bridge_options *options,
    const struct mp_connection_options *conn, const struct mp_common *common, char **servers,
    size_t count, struct mcpass_error *err)
{
	struct mp_run run = { .options = options, .conn = conn, .common = common, .count = count,
		.log_fd = -1, .out_flags = -1 };
	enum mcpass_rc rc;

	mp_memory_keep(MP_KEPT_ROOM);
	run.servers = calloc(count, sizeof(*run.servers));
	if (run.servers == NULL)
		return mp_nomem(err);
	rc = mp_loop_new(NULL, NULL, &run.loop, err);
	for (size_t i = 0; i < count; i++)
		mp_run_server_init(&run, i, servers[i]);
	if (!rc)
		rc = mp_run_log_open(&run, err);
	if (!rc)
		rc = make_names(&run, servers, err);
	if (!rc)
		rc = make_bridge(&run, err);
	if (!rc) {
		wake_keyring();
		rc = watch(&run, err);
	}
	if (!rc) {
		unblock(&run);
		mp_loop_run(run.loop);
		if (run.fault.rc != MCPASS_OK && err != NULL)
			*err = run.fault;
		rc = run.fault.rc;
	}
	release(&run);
	return rc;
}
