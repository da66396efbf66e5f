/* demo.h - the parts of `mcpass demo`: what it runs, and the person it can do without. */
#pragma once
#include <pthread.h>
#include "cli/connect/connection.h"
#include "serve/authserver/user_entry.h"
#include "serve/resource/plan.h"
#include "serve/authserver/auth_server.h"
#include "serve/resource/echo_server.h"
#include "serve/log.h"

/* Both servers on free loopback ports. */
struct mp_stage {
	struct mp_invented_users people;
	struct mp_log issuer_log, echo_log;
	struct mp_auth_server *issuer;
	struct mp_serve_config config;
	struct mp_serve_plan plan;
	struct mp_echo_server *echo;
};
/* Fills a struct of zeros, which must stay where it is; mp_demo_clear_stage() stops and
 * releases all that was begun, whatever came of it. */
enum mcpass_rc mp_demo_set_stage(struct mp_stage *stage, bool quiet, struct mcpass_error *err);
void mp_demo_clear_stage(struct mp_stage *stage);

/* A person who is not there: signs in as alice and allows, in a thread of its own, for the
 * listener answers its last request only when the login is through. */
struct mp_stand_in {
	const struct mp_invented_users *people;
	bool quiet, is_walking;
	pthread_t thread;
	char *url;
	struct mcpass_error err;        /* what it met; read after mp_demo_await_browser() */
};
/* mp_connection_wish.open_browser; ctx is a struct mp_stand_in. */
enum mcpass_rc mp_demo_open_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err);
/* Waits until it has come to its end. */
void mp_demo_await_browser(struct mp_stand_in *stand_in);

/* A new folder that only we may read, in $TMPDIR or /tmp; the caller's (free). */
enum mcpass_rc mp_demo_make_folder(char **ret_path, struct mcpass_error *err);
/* Removes the folder and the files in it; NULL is fine. */
void mp_demo_remove_folder(const char *path);
