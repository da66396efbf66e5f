/* A whole login through sockets, files and a browser; and each way in which it ends. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "base/secret.h"
#include "world.h"
#include "io/browser/browse.h"
#include "io/store/store.h"
#include "harness/check.h"
#include "mcpass/login.h"

static char lock_holder[MP_STORE_HOLDER_ROOM];

static enum mcpass_rc call(const struct mp_link_options *options, struct mcpass_error *err)
{
	struct mp_link *link = NULL;
	char *json = NULL;
	bool is_error = true;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_link_new(options, NULL, &link, err);
	if (!rc)
		rc = mp_blocking_request(link, "tools/list", NULL, &json, &is_error, err);
	CHECK("a result or none", (rc == MCPASS_OK) == (json != NULL));
	if (!rc) {
		CHECK("a good one", !is_error);
		CHECK_HAS("the server's", json, "\"tools\":[]");
	}
	free(json);
	mp_blocking_close(link);
	return rc;
}

static void expect(const char *label, const struct mp_link_options *options,
    enum mcpass_rc want, const char *says)
{
	struct mcpass_error err = { 0 };

	CHECK_EQ(label, call(options, &err), want);
	CHECK_HAS(label, err.detail, says);
}

static void expect_stored(const char *label, const char *part)
{
	struct mp_store *store = NULL;
	char key[256], *record = NULL;

	snprintf(key, sizeof(key), "default %s", world.url);
	CHECK_EQ(label, mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ(label, mp_store_load(store, key, &record, NULL), MCPASS_OK);
	if (part != NULL)
		CHECK_HAS(label, record, part);
	else
		CHECK_STR(label, record, NULL);
	mp_free_wiped(record);
	mp_store_close(store);
}

/* Logs in, calls, calls again, and again after the token was withdrawn. */
static void test_life(void)
{
	static const struct mcpass_header ours = { "X-Ours", "1" };
	struct mp_link_options options;
	struct mp_store *store = NULL;
	char *revision = NULL, name[128];

	world_start();
	options = world_options();
	options.headers = &ours;
	options.header_count = 1;
	expect("the first call", &options, MCPASS_OK, "");
	browser_join();
	CHECK_EQ("registered", world.registrations, 1);
	CHECK_EQ("asked a person", world.logins, 1);
	CHECK_EQ("one token", world.codes, 1);
	CHECK_HAS("with it", world.call_headers, "Authorization: Bearer access-1\n");
	CHECK_HAS("with what was given", world.call_headers, "X-Ours: 1\n");
	CHECK("which went nowhere else", !world.leaked);
	CHECK_HAS("the person sees", world.page, "You are signed in to ");
	CHECK_HAS("where", world.page, world.url);
	expect_stored("kept", "access-1");
	snprintf(name, sizeof(name), "revision %s", world.url);
	CHECK_EQ("noted", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("noted", mp_store_noted(store, name, &revision, NULL), MCPASS_OK);
	CHECK_STR("what it speaks", revision, "2026-07-28");
	free(revision);
	mp_store_close(store);

	world.refused = 0;
	expect("the next call", &options, MCPASS_OK, "");
	CHECK_EQ("not refused", world.refused, 0);
	CHECK_EQ("nobody was asked", world.logins, 1);

	world.generation = 2;
	expect("a token that was withdrawn", &options, MCPASS_OK, "");
	CHECK_EQ("is refused", world.refused, 1);
	CHECK_EQ("and renewed", world.refreshes, 1);
	CHECK_EQ("without a person", world.logins, 1);
	CHECK_HAS("the new one", world.call_headers, "Authorization: Bearer access-2\n");
	expect_stored("kept", "access-2");
	world_stop();
}

/* A long life: the token that was new is proven by the first call, so that its refusal
 * later on is no fault of the server's. */
static void test_two_calls(void)
{
	struct mp_link_options options;
	struct mp_link *link = NULL;
	char *json = NULL;
	bool is_error;

	world_start();
	options = world_options();
	CHECK_EQ("new", mp_link_new(&options, NULL, &link, NULL), MCPASS_OK);
	for (int i = 1; i <= 3; i++) {
		world.generation = i;
		CHECK_EQ("a call", mp_blocking_request(link, "tools/list", NULL, &json, &is_error, NULL),
		    MCPASS_OK);
		free(json);
		json = NULL;
	}
	CHECK_EQ("one login", world.logins, 1);
	CHECK_EQ("two refreshes", world.refreshes, 2);
	CHECK_EQ("nonsense", mp_blocking_request(link, "tools/list", "[]", &json, &is_error, NULL),
	    MCPASS_E_USAGE);
	mp_blocking_close(link);
	world_stop();
}

static void test_token_and_logout(void)
{
	const struct mcpass_token *token = NULL;
	struct mcpass_token *copy = NULL;
	struct mp_link_options options;
	struct mcpass_client_config config;
	struct mp_link *link = NULL;
	struct mp_store *store = NULL;
	char key[128];

	world_start();
	options = world_options();
	CHECK_EQ("new", mp_link_new(&options, NULL, &link, NULL), MCPASS_OK);
	CHECK("nothing is known yet", mp_link_revision(link) == NULL);
	CHECK_EQ("a token", mp_blocking_token(link, &token, NULL), MCPASS_OK);
	CHECK_STR("by a login", token != NULL ? token->access_token : NULL, "access-1");
	CHECK_EQ("which happened", world.logins, 1);
	CHECK_STR("the revision", mp_link_revision(link), "2026-07-28");
	snprintf(key, sizeof(key), "default %s", world.url);
	CHECK_EQ("the lock", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("is free again", mp_store_lock(store, key, lock_holder, NULL), MCPASS_OK);
	mp_store_close(store);
	CHECK_EQ("again", mp_blocking_token(link, &token, NULL), MCPASS_OK);
	CHECK_EQ("the same", world.logins, 1);
	mp_blocking_close(link);

	/* The blocking call finds what the program stored. */
	setenv("MCPASS_STORE", world.store, 1);
	config = options.client;
	CHECK_EQ("login", mcpass_login(&config, &copy, NULL), MCPASS_OK);
	CHECK_STR("its token", copy->access_token, "access-1");
	CHECK_STR("its type", copy->token_type, "Bearer");
	CHECK_STR("its issuer", copy->issuer, world.origin);
	CHECK("its expiry", copy->expires_at > 1700000000);
	mcpass_token_free(copy);
	mcpass_token_free(NULL);
	config.size--;
	CHECK_EQ("another version's configuration", mcpass_login(&config, &copy, NULL), MCPASS_E_USAGE);

	CHECK_EQ("new", mp_link_new(&options, NULL, &link, NULL), MCPASS_OK);
	CHECK_EQ("logout", mp_blocking_logout(link, NULL), MCPASS_OK);
	mp_blocking_close(link);
	expect_stored("forgotten", NULL);
	world_stop();

	world_start();
	world.open = true;
	options = world_options();
	CHECK_EQ("new", mp_link_new(&options, NULL, &link, NULL), MCPASS_OK);
	token = (const struct mcpass_token *)&options;
	CHECK_EQ("an open server", mp_blocking_token(link, &token, NULL), MCPASS_OK);
	CHECK("wants none", token == NULL);
	CHECK_EQ("nobody was asked", world.logins, 0);
	mp_blocking_close(link);
	world_stop();
}

/* --- the person --- */

static int pipe_ends[2];
static char shown_url[4096], shown_why[256];
static bool shown_opened;

static int show(void *ctx, const char *url, bool opened, const char *why)
{
	(void)ctx;
	snprintf(shown_url, sizeof(shown_url), "%s", url);
	snprintf(shown_why, sizeof(shown_why), "%s", why != NULL ? why : "");
	shown_opened = opened;
	return pipe_ends[0];
}

/* Pastes, the first time something else than the redirect. */
static int pastes;
static enum mcpass_rc paste(void *ctx, char **ret_query, struct mcpass_error *err)
{
	char byte;

	(void)ctx;
	(void)err;
	if (pastes++ == 0) {
		*ret_query = NULL;      /* and the pipe stays readable */
		return MCPASS_OK;
	}
	if (read(pipe_ends[0], &byte, 1) != 1)
		die("paste");
	browser_ask(shown_url);
	*ret_query = strdup(strchr(world.location, '?') + 1);
	return MCPASS_OK;
}

static enum mcpass_rc no_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)ret_watch;
	(void)url;
	return mp_fail(err, MCPASS_E_IO, NULL, "there is no display here");
}

static enum mcpass_rc unsafe_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)ret_watch;
	(void)url;
	return mp_fail(err, MCPASS_E_POLICY, NULL, "not that URL");
}

static enum mcpass_rc lazy_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)ret_watch;
	(void)url;
	(void)err;
	return MCPASS_OK;
}

/* The program that was to open the page fails a moment later. */
static enum mcpass_rc failing_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	setenv("BROWSER", ctx, 1);
	return mp_browse(url, NULL, 0, ret_watch, err);
}

static int show_each(void *ctx, const char *url, bool opened, const char *why)
{
	int *times = ctx;

	(*times)++;
	return opened ? -1 : show(NULL, url, opened, why);
}

static void test_browser_fails(void)
{
	struct mp_link_options options;
	char script[512];
	int times = 0;

	world_start();
	snprintf(script, sizeof(script), "%s/failing", world.folder);
	write_file(script, "#!/bin/sh\nexit 4\n", 0755);
	options = world_options();
	options.open_browser = failing_browser;
	options.open_browser_ctx = script;
	options.ui = (struct mp_link_ui){ .browse = show_each, .pasted = paste, .ctx = &times };
	if (pipe(pipe_ends) != 0 || write(pipe_ends[1], "x", 1) != 1)
		die("pipe");
	pastes = 1;
	expect("the person does it", &options, MCPASS_OK, "");
	CHECK_EQ("shown twice", times, 2);
	CHECK("not opened", !shown_opened);
	CHECK_STR("why", shown_why, "failing ended with status 4");
	CHECK_HAS("the address", shown_url, "/authorize?");
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	pipe_ends[0] = -1;
	world_stop();

	world_start();
	options = world_options();
	snprintf(script, sizeof(script), "%s/failing", world.folder);
	write_file(script, "#!/bin/sh\nexit 4\n", 0755);
	options.open_browser = failing_browser;
	options.open_browser_ctx = script;
	expect("nobody to show it to", &options, MCPASS_E_IO, "failing ended with status 4");
	world_stop();
}

static void test_pasted(void)
{
	struct mp_link_options options;

	world_start();
	options = world_options();
	options.open_browser = no_browser;
	options.ui = (struct mp_link_ui){ .browse = show, .pasted = paste };
	if (pipe(pipe_ends) != 0 || write(pipe_ends[1], "x", 1) != 1)
		die("pipe");
	pastes = 0;
	expect("pasted", &options, MCPASS_OK, "");
	CHECK_EQ("at the second try", pastes, 2);
	CHECK("not opened", !shown_opened);
	CHECK_STR("why", shown_why, "there is no display here");
	CHECK_EQ("one token", world.codes, 1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	pipe_ends[0] = -1;
	world_stop();
}

static void test_ends(void)
{
	struct mp_link_options options;
	struct mcpass_error err = { 0 };
	int interrupt[2];

	world_start();
	options = world_options();
	options.no_login = true;
	CHECK_EQ("no login allowed", call(&options, &err), MCPASS_E_DENIED);
	CHECK_HAS("what to run", err.hint, "mcpass login http://127.0.0.1:");
	CHECK_EQ("nothing was registered", world.registrations, 0);

	options = world_options();
	options.open_browser = no_browser;
	expect("nobody to show it to", &options, MCPASS_E_IO, "no display");
	options.ui.browse = show;
	pipe_ends[0] = -1;
	options.login_timeout_ms = 30;
	expect("nobody comes", &options, MCPASS_E_EXPIRED, "was not finished");
	CHECK_HAS("although it was shown", shown_url, "/authorize?");
	options.open_browser = unsafe_browser;
	shown_url[0] = '\0';
	expect("a URL that must not be opened", &options, MCPASS_E_POLICY, "not that URL");
	CHECK_STR("is not shown", shown_url, "");

	options = world_options();
	world.denies = true;
	expect("the person says no", &options, MCPASS_E_DENIED, "");
	browser_join();
	CHECK_HAS("and sees that", world.page, "The sign-in did not work</h1><p>Access was not granted.");
	CHECK("in our words", strstr(world.page, "script") == NULL);
	world.denies = false;

	if (pipe(interrupt) != 0 || write(interrupt[1], "x", 1) != 1)
		die("pipe");
	options = world_options();
	options.open_browser = lazy_browser;
	options.interrupt_fd = interrupt[0];
	expect("Ctrl-C", &options, MCPASS_E_DENIED, "interrupted");
	close(interrupt[0]);
	close(interrupt[1]);
	CHECK_EQ("no token in all this", world.codes, 0);
	world_stop();
}

/* Ctrl-C while the person is waited for, which is when it happens. */
static int late_interrupt[2];
static int show_and_interrupt(void *ctx, const char *url, bool opened, const char *why)
{
	(void)ctx;
	(void)url;
	(void)opened;
	(void)why;
	if (write(late_interrupt[1], "x", 1) != 1)
		die("pipe");
	return -1;
}

static void test_interrupted_wait(void)
{
	struct mp_link_options options;

	world_start();
	options = world_options();
	if (pipe(late_interrupt) != 0)
		die("pipe");
	options.open_browser = lazy_browser;
	options.ui.browse = show_and_interrupt;
	options.interrupt_fd = late_interrupt[0];
	expect("Ctrl-C", &options, MCPASS_E_DENIED, "interrupted");
	close(late_interrupt[0]);
	close(late_interrupt[1]);
	world_stop();
}

/* --- another process at the same login --- */

static int let_go = -1;
static int waits;

static void on_wait(void *ctx, const char *holder)
{
	(void)ctx;
	CHECK_HAS("who is waited for", holder, "process");
	waits++;
	close(let_go);
}

static void on_long_wait(void *ctx, const char *holder)
{
	(void)ctx;
	CHECK_HAS("who is waited for", holder, "process");
	waits++;
}

static void on_wait_interrupt(void *ctx, const char *holder)
{
	(void)ctx;
	CHECK_HAS("who is waited for", holder, "process");
	peer_write(late_interrupt[1], "x");
}

static pid_t hold_lock(void)
{
	struct mp_store *store = NULL;
	int ready[2], go[2];
	char byte, key[256];
	pid_t pid;

	snprintf(key, sizeof(key), "default %s", world.url);
	if (pipe(ready) != 0 || pipe(go) != 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (mp_store_open(world.store, &store, NULL) != MCPASS_OK
		    || mp_store_lock(store, key, lock_holder, NULL) != MCPASS_OK
		    || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)!read(go[0], &byte, 1);
		mp_store_unlock(store);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &byte, 1) != 1)
		die("no lock");
	close(ready[0]);
	let_go = go[1];
	return pid;
}

static void test_lock(void)
{
	struct mp_link_options options;
	int status = -1;
	pid_t pid;

	world_start();
	options = world_options();
	options.ui.waiting_for_lock = on_wait;
	pid = hold_lock();
	waits = 0;
	expect("after the other one", &options, MCPASS_OK, "");
	CHECK_EQ("and it was said, once", waits, 1);
	waitpid(pid, &status, 0);
	CHECK_EQ("a good end", status, 0);
	browser_join();

	world.generation = 2;
	pid = hold_lock();
	waits = 0;
	options.ui.waiting_for_lock = on_long_wait;
	options.login_timeout_ms = 600;         /* longer than it waits in one go */
	expect("it lasts too long", &options, MCPASS_E_EXPIRED, "holds the lock");
	CHECK_EQ("said once", waits, 1);
	if (pipe(late_interrupt) != 0)
		die("pipe");
	options.ui.waiting_for_lock = on_wait_interrupt;
	options.login_timeout_ms = PATIENCE_MS;
	options.interrupt_fd = late_interrupt[0];
	expect("Ctrl-C", &options, MCPASS_E_DENIED, "interrupted");
	close(let_go);
	waitpid(pid, &status, 0);
	close(late_interrupt[0]);
	close(late_interrupt[1]);
	world_stop();
}

int main(void)
{
	test_life();
	test_two_calls();
	test_token_and_logout();
	test_pasted();
	test_browser_fails();
	test_ends();
	test_interrupted_wait();
	test_lock();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
