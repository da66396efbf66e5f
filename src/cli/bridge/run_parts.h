/* run_parts.h - what the files of a running bridge share. */
#pragma once
#include <sys/types.h>
#include "bridge/bridge.h"
#include "cli/bridge/run.h"
#include "io/line_writer.h"
#include "io/loop.h"

struct mp_run;
/* One server.  Its link is made when the host has said who it is. */
struct mp_run_server {
	struct mp_run *run;
	size_t index;
	const char *what;               /* a URL, or a name */
	struct mp_connection conn;
	struct mp_link_ui ui;
	bool is_open;
	bool is_forgotten;              /* its link goes at the next turn of the loop */
	struct mp_task renew;
	bool was_told;                  /* where to sign in */
	unsigned begun;                 /* sessions so far */
	struct mp_timer ping;
	unsigned ping_call;             /* under way; or 0 */
};
struct mp_run {
	const struct mp_bridge_options *options;
	const struct mp_connection_options *conn;
	const struct mp_common *common;
	struct mp_bridge_config config;
	struct mp_bridge_port port;
	struct mp_loop *loop;
	struct mp_bridge *bridge;
	struct mp_line_writer *log;
	int log_fd;                     /* -1: standard error */
	struct mp_run_server *servers;
	char **names;                   /* of several servers */
	size_t count;
	struct mp_watch in, out, stop;
	struct mp_task flush;
	struct mp_timer due, parent, last;
	pid_t parent_pid;
	int out_flags;                  /* of standard output as it was; -1: unchanged */
	size_t leaving;                 /* links that have not gone yet */
	bool is_held, is_ending;
	unsigned answers, answers_before;       /* of servers; as the parent was looked at last */
	bool is_stuck;                  /* none came meanwhile */
	bool was_busy;                  /* since the last look at the parent */
	bool is_alone;                  /* the host has gone, and a login is waited for */
	struct mcpass_error fault;      /* why it ended; rc MCPASS_OK: the host went away */
};

/* --- run_state.c --- */
/* Bytes that a host may be behind with before its servers are held. */
#define MP_RUN_HOLD_BYTES ((size_t)256 * 1024)
/* Nothing goes on any more. */
void mp_run_break(struct mp_run *run, const struct mcpass_error *why);
/* The servers are read no further, or are again. */
void mp_run_hold(struct mp_run *run, bool is_held);
/* The bridge may have something for the host, or another time. */
void mp_run_touch(struct mp_run *run);
/* Tells the bridge the time, before it is told anything else. */
enum mcpass_rc mp_run_now(struct mp_run *run, struct mcpass_error *err);
/* A login has ended, and the host has gone. */
void mp_run_login_ended(struct mp_run *run);

/* --- run_alone.c --- */
/* The host ends, and a person is signing in: that goes on in a process of its own, and this one
 * ends.  False: there is no such login, or no process. */
bool mp_run_go_on_alone(struct mp_run *run);

/* --- run_log.c --- */
enum mcpass_rc mp_run_log_open(struct mp_run *run, struct mcpass_error *err);
void mp_run_log_close(struct mp_run *run);
/* One line; nothing when quiet. */
void mp_run_log(struct mp_run *run, const char *fmt, ...) MP_PRINTF(2, 3);
void mp_run_trace(void *ctx, const struct mcpass_note *note);

/* --- run_server.c --- */
struct mp_bridge_port mp_run_port(struct mp_run *run);
void mp_run_server_init(struct mp_run *run, size_t index, const char *what);
void mp_run_server_close(struct mp_run_server *server);
