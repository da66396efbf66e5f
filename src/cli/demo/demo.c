#include "cli/demo/demo.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/demo/auto_login.h"
#include "io/entropy.h"
#include "wire/jose/crypto.h"

/* A port of the kernel's, and the one issuer. */
static enum mcpass_rc plan_echo(struct mp_stage *stage, const char *issuer_url,
    struct mcpass_error *err)
{
	struct mp_serve_issuer *issuer = NULL;
	enum mcpass_rc rc = mp_serve_add_issuer(&stage->config, &issuer, err);

	stage->config.has_port = true;
	if (!rc)
		rc = mp_set(&issuer->issuer, issuer_url, err);
	return rc ? rc : mp_serve_plan_make(&stage->config, &stage->plan, err);
}

enum mcpass_rc mp_demo_set_stage(struct mp_stage *stage, bool quiet, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	enum mcpass_rc rc;

	stage->issuer_log = (struct mp_log){ .name = "      [authorization server]",
		.term = term, .quiet = quiet };
	stage->echo_log = (struct mp_log){ .name = "      [echo server]", .term = term,
		.quiet = quiet };
	rc = mp_user_entry_invent(&stage->people, err);
	if (!rc) {
		const struct mp_auth_server_options options = { .users = stage->people.json,
			.log = &stage->issuer_log };

		rc = mp_auth_server_start(&options, &stage->issuer, err);
	}
	if (!rc)
		rc = plan_echo(stage, mp_auth_server_url(stage->issuer), err);
	if (!rc)
		rc = mp_echo_server_start(&stage->plan, &stage->echo_log, &stage->echo, err);
	return rc;
}

void mp_demo_clear_stage(struct mp_stage *stage)
{
	mp_echo_server_stop(stage->echo);
	mp_serve_plan_free(&stage->plan);
	mp_serve_config_free(&stage->config);
	mp_auth_server_stop(stage->issuer);
	mp_user_entry_free(&stage->people);
}

static void *walk(void *ctx)
{
	struct mp_stand_in *stand_in = ctx;

	mp_say(stand_in->quiet, "      (no person is asked: the demo signs in as %s and allows it)",
	    stand_in->people->names[0]);
	(void)mp_auto_login_walk(stand_in->url, stand_in->people->names[0],
	    mp_secret_reveal(&stand_in->people->passwords[0]), &stand_in->err);
	if (stand_in->err.rc != MCPASS_OK)
		mp_say(false, "mcpass: %s", stand_in->err.detail);
	return NULL;
}

enum mcpass_rc mp_demo_open_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	struct mp_stand_in *stand_in = ctx;
	sigset_t all, before;
	enum mcpass_rc rc;
	int failed;

	(void)ret_watch;
	mp_demo_await_browser(stand_in);     /* of an earlier login in this run */
	rc = mp_set(&stand_in->url, url, err);
	if (rc)
		return rc;
	(void)sigfillset(&all);         /* Ctrl-C is the main thread's */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&stand_in->thread, NULL, walk, stand_in);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no thread: %s", strerror(failed));
	stand_in->is_walking = true;
	return MCPASS_OK;
}

void mp_demo_await_browser(struct mp_stand_in *stand_in)
{
	if (stand_in->is_walking)
		(void)pthread_join(stand_in->thread, NULL);
	stand_in->is_walking = false;
	mp_free_wiped(stand_in->url);
	stand_in->url = NULL;
}

enum mcpass_rc mp_demo_make_folder(char **ret_path, struct mcpass_error *err)
{
	const char *parent = getenv("TMPDIR");
	struct mp_secret name = { 0 };
	struct mp_buf path = MP_BUF(4096);
	char *made = NULL;
	enum mcpass_rc rc = mp_random_text(mp_entropy, NULL, 12, &name, err);

	if (rc)
		return rc;
	mp_buf_addf(&path, "%s/mcpass-demo-%s", parent != NULL && parent[0] == '/' ? parent : "/tmp",
	    mp_secret_reveal(&name));
	mp_secret_free(&name);
	rc = mp_buf_take(&path, "the folder's name", &made, err);
	if (!rc && mkdir(made, 0700) != 0) {
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", made, strerror(errno));
		free(made);
	} else if (!rc) {
		*ret_path = made;
	}
	return rc;
}

void mp_demo_remove_folder(const char *path)
{
	DIR *dir = path != NULL ? opendir(path) : NULL;
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(path);
}
