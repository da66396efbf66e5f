/* The link in the types of mcpass/link.h: what goes in, what is told, what is left behind. */
#include "mcpass/link.h"
#include <stddef.h>
#include "world.h"
#include "harness/check.h"
#include "io/clock.h"
#include "mcpass/store.h"

static struct told {
	int shown, sign_ins, opened, signed_in, answers, errors;
	enum mcpass_rc signed_in_rc;
	unsigned call;
	bool browser_fails;
	char json[256];
} told;

static int show(void *ctx, const char *url)
{
	(void)ctx;
	told.shown++;
	return told.browser_fails || browser_open(NULL, url, NULL, NULL) != MCPASS_OK ? -1 : 0;
}

/* Who was told where to go goes there. */
static void sign_in(void *ctx, const char *url, int opened, const char *why)
{
	(void)ctx;
	told.sign_ins++;
	told.opened += opened;
	if (!opened && why != NULL)
		(void)browser_open(NULL, url, NULL, NULL);
}

static void signed_in(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	(void)ctx;
	told.signed_in++;
	told.signed_in_rc = why != NULL ? why->rc : rc;
}

static void on_answer(void *ctx, const struct mcpass_answer *answer)
{
	(*(int *)ctx)++;
	told.answers++;
	told.call = answer->call;
	told.errors += answer->error != NULL;
	snprintf(told.json, sizeof(told.json), "%s", answer->json != NULL ? answer->json : "");
}

static const struct mcpass_client_config *client(void)
{
	static struct mcpass_client_config cfg;

	cfg = (struct mcpass_client_config){ .size = sizeof(cfg), .flags = MCPASS_LOOPBACK_HTTP,
		.server_url = world.url };
	return &cfg;
}

static struct mcpass_link_config config(void)
{
	memset(&told, 0, sizeof(told));
	return (struct mcpass_link_config){ .size = sizeof(struct mcpass_link_config),
		.client = client(), .store_path = world.store, .open_browser = show, .sign_in = sign_in,
		.signed_in = signed_in };
}

/* One call, with a login, and what is known afterwards. */
static void check_call(const char *label, const struct mcpass_link_config *cfg)
{
	const struct mcpass_token *token = NULL;
	struct mcpass_error err = { 0 };
	struct mcpass_link *link = NULL;
	char *json = NULL;
	int is_error = 7;

	CHECK_EQ(label, mcpass_link_new(cfg, &link, &err), MCPASS_OK);
	CHECK("nothing is known yet", mcpass_link_token(link) == NULL && mcpass_link_revision(link) == NULL);
	CHECK_EQ(label, mcpass_link_call(link, "tools/list", NULL, &json, &is_error, &err), MCPASS_OK);
	CHECK_EQ(label, is_error, 0);
	CHECK_HAS(label, json, "\"tools\":[]");
	free(json);
	CHECK_STR(label, mcpass_link_revision(link), "2026-07-28");
	CHECK_EQ(label, mcpass_link_login(link, &token, &err), MCPASS_OK);
	CHECK_STR(label, token != NULL ? token->access_token : NULL, "access-1");
	CHECK("the same", token == mcpass_link_token(link));
	CHECK_EQ("it is kept", mcpass_link_check_kept(link, &err), MCPASS_OK);
	mcpass_link_close(link);
	browser_join();
}

static void test_call(void)
{
	struct mcpass_link_config cfg;

	world_start();
	cfg = config();
	check_call("a login in the program's own browser", &cfg);
	CHECK_EQ("it was shown once", told.shown, 1);
	CHECK_EQ("that is told", told.opened, 1);
	CHECK_EQ("and that it went well", told.signed_in, 1);
	CHECK_EQ("it did", told.signed_in_rc, MCPASS_OK);
	cfg = config();
	check_call("the stored token", &cfg);
	CHECK_EQ("nobody is asked", told.shown + told.sign_ins, 0);
	world_stop();
}

static void test_no_browser(void)
{
	struct mcpass_link_config cfg;

	world_start();
	cfg = config();
	told.browser_fails = true;
	check_call("a person who is told where to go", &cfg);
	CHECK_EQ("no browser", told.opened, 0);
	CHECK_EQ("told", told.sign_ins, 1);
	world_stop();
}

/* A program may hand what it is given to a script; so it is given what may be handed on. */
static void test_bad_page(void)
{
	static const char *const hosts[] = { "keycloak.internal" };
	struct mcpass_client_config inside;
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	const struct mcpass_token *token = NULL;

	world_start();
	world.login_page = "http://keycloak.internal/authorize";
	cfg = config();
	inside = *cfg.client;
	inside.http_hosts = hosts;
	inside.http_host_count = 1;
	cfg.client = &inside;
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("no browser is opened with plain http", mcpass_link_login(link, &token, NULL),
	    MCPASS_E_POLICY);
	CHECK_EQ("nothing is shown", told.shown + told.sign_ins, 0);
	mcpass_link_close(link);
	world_stop();
}

static void test_logout(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	const struct mcpass_token *token = NULL;

	world_start();
	cfg = config();
	check_call("a login", &cfg);
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("logout", mcpass_link_logout(link, NULL), MCPASS_OK);
	CHECK("no token is left", mcpass_link_token(link) == NULL);
	mcpass_link_close(link);
	cfg.no_login = 1;
	CHECK_EQ("another link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("nobody may be asked", mcpass_link_login(link, &token, NULL), MCPASS_E_DENIED);
	mcpass_link_close(link);
	world_stop();
}

/* As a program does it whose loop is its own. */
static void run_until(struct mcpass_link *link, const int *count, int want)
{
	struct pollfd fd = { .fd = mcpass_link_fd(link), .events = POLLIN };

	while (*count < want) {
		int due = mcpass_link_due(link);

		if (poll(&fd, 1, due < 0 || due > PATIENCE_MS ? PATIENCE_MS : due) == 0 && due < 0)
			die("the link sleeps");
		mcpass_link_turn(link);
	}
}

static void test_submit(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	unsigned first = 0, second = 0, third = 0;
	int first_count = 0, second_count = 0, third_count = 0;

	world_start();
	cfg = config();
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("one", mcpass_link_submit(link, "tools/list", NULL, on_answer, &first_count, &first,
	    NULL), MCPASS_OK);
	CHECK_EQ("two", mcpass_link_submit(link, "tools/list", NULL, on_answer, &second_count, &second,
	    NULL), MCPASS_OK);
	CHECK_EQ("three", mcpass_link_submit(link, "tools/list", "[]", on_answer, &third_count, &third,
	    NULL), MCPASS_OK);
	CHECK("each has a number", first != 0 && second != 0 && third != 0 && first != second);
	mcpass_link_cancel(link, second);
	mcpass_link_cancel(link, second);
	mcpass_link_cancel(link, 4711);
	run_until(link, &told.answers, 2);
	CHECK_EQ("the first is answered", first_count, 1);
	CHECK_EQ("the cancelled one is not", second_count, 0);
	CHECK_EQ("the wrong one is, too", third_count, 1);
	CHECK_EQ("with why", told.errors, 1);
	CHECK_EQ("one login", told.shown, 1);
	CHECK_EQ("one more", mcpass_link_submit(link, "tools/list", NULL, on_answer, &first_count,
	    &first, NULL), MCPASS_OK);
	run_until(link, &first_count, 2);
	CHECK_EQ("its number", told.call, first);
	CHECK_HAS("its result", told.json, "\"tools\":[]");
	CHECK_EQ("a last one, given up with the link", mcpass_link_submit(link, "tools/list", NULL,
	    on_answer, &first_count, &first, NULL), MCPASS_OK);
	mcpass_link_free(link);
	CHECK_EQ("is not answered", first_count, 2);
	world_stop();
}

static void on_done(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	*(int *)ctx += rc == MCPASS_OK && why == NULL ? 1 : 100;
}

static void test_start_logout(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	int count = 0;

	world_start();
	cfg = config();
	check_call("a login", &cfg);
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	mcpass_link_start_logout(link, on_done, &count);
	CHECK_EQ("it does not wait", count, 0);
	run_until(link, &count, 1);
	CHECK_EQ("told once, and well", count, 1);
	mcpass_link_close(link);
	world_stop();
}

/* What `mcpass status` shows, of the one login that is stored. */
static void check_described(void)
{
	const struct mcpass_login_facts *facts = NULL;
	struct mcpass_store *store = NULL;
	char key[256];

	snprintf(key, sizeof(key), "default %s", world.url);
	CHECK_EQ("its store", mcpass_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("a login", mcpass_store_describe(store, key, 1, &facts, NULL), MCPASS_OK);
	CHECK("is there", facts != NULL);
	CHECK_STR("its issuer", facts->issuer, world.origin);
	CHECK_STR("its resource", facts->resource, world.url);
	CHECK_STR("its client", facts->client_id, "client-1");
	CHECK("it serves, and renews itself", facts->usable == 1 && facts->renewable == 1);
	CHECK_EQ("later", mcpass_store_describe(store, key, facts->expires_at, &facts, NULL), MCPASS_OK);
	CHECK("it does not serve", facts->usable == 0);
	CHECK_EQ("another", mcpass_store_describe(store, "default x", 1, &facts, NULL), MCPASS_OK);
	CHECK("is not there", facts == NULL);
	mcpass_store_close(store);
	OOM_EACH {
		enum mcpass_rc rc;

		store = NULL;
		rc = mcpass_store_open(world.store, &store, NULL);
		if (!rc)
			rc = mcpass_store_describe(store, key, 1, &facts, NULL);
		CHECK_OOM("facts", rc, MCPASS_OK);
		mcpass_store_close(store);
	}
}

static void test_start_login(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	int count = 0;

	world_start();
	cfg = config();
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	mcpass_link_start_login(link, on_done, &count);
	mcpass_link_start_login(link, on_done, &count);
	CHECK_EQ("they do not wait", count, 0);
	run_until(link, &count, 2);
	CHECK_EQ("each is told once, and well", count, 2);
	CHECK_EQ("one login serves both", told.shown, 1);
	CHECK_STR("the token", mcpass_link_token(link)->access_token, "access-1");
	mcpass_link_start_login(link, on_done, &count);
	run_until(link, &count, 3);
	mcpass_link_start_login(link, on_done, &count);         /* and is freed before it is done */
	mcpass_link_free(link);
	CHECK_EQ("the token that is there is good", told.shown, 1);
	CHECK_EQ("the last one is not told", count, 3);
	check_described();
	world.denies = true;
	remove_folder(world.folder);
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	mcpass_link_start_login(link, on_done, &count);
	run_until(link, &count, 4);
	CHECK_EQ("a person who says no", count, 103);
	mcpass_link_close(link);
	world_stop();
}

static void test_login_not_wanted(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	int count = 0;

	world_start();
	world.open = true;
	cfg = config();
	cfg.no_login = 1;
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	mcpass_link_start_login(link, on_done, &count);
	run_until(link, &count, 1);
	CHECK("a server that publishes a login, and no person", count == 100);
	CHECK("no token", mcpass_link_token(link) == NULL);
	mcpass_link_close(link);
	world_stop();
}

/* --- a question that the program answers later --- */

static struct mcpass_link *confirmed_by;
static int issuers_shown;
static bool at_once;

static int confirm_later(void *ctx, const char *issuer)
{
	(void)ctx;
	CHECK_STR("the issuer", issuer, world.origin);
	issuers_shown++;
	if (at_once)
		CHECK_EQ("from the callback", mcpass_link_confirm(confirmed_by, 1, NULL), MCPASS_OK);
	return MCPASS_LINK_LATER;
}

static void on_logged_in(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	(void)why;
	*(enum mcpass_rc *)ctx = rc;
}

static void check_confirm(const char *label, int answer, enum mcpass_rc want)
{
	enum mcpass_rc rc = MCPASS_E_USAGE;
	struct mcpass_client_config secret;
	struct mcpass_link_config cfg;
	int64_t end = mp_now_ms() + PATIENCE_MS;

	world_start();
	cfg = config();
	secret = *cfg.client;
	secret.initial_access_token = "the operator's";
	cfg.client = &secret;
	cfg.confirm_issuer = confirm_later;
	issuers_shown = 0;
	CHECK_EQ(label, mcpass_link_new(&cfg, &confirmed_by, NULL), MCPASS_OK);
	CHECK_EQ("no question yet", mcpass_link_confirm(confirmed_by, 1, NULL), MCPASS_E_USAGE);
	mcpass_link_start_login(confirmed_by, on_logged_in, &rc);
	while (issuers_shown == 0 && mp_now_ms() < end)
		mcpass_link_turn(confirmed_by);
	CHECK_EQ("nothing is registered before", world.registrations, 0);
	CHECK_EQ(label, mcpass_link_confirm(confirmed_by, answer, NULL),
	    at_once ? MCPASS_E_USAGE : MCPASS_OK);
	CHECK_EQ("once", mcpass_link_confirm(confirmed_by, answer, NULL), MCPASS_E_USAGE);
	while (rc == MCPASS_E_USAGE && mp_now_ms() < end)
		mcpass_link_turn(confirmed_by);
	CHECK_EQ(label, rc, want);
	CHECK_EQ(label, world.registrations, want == MCPASS_OK);
	mcpass_link_close(confirmed_by);
	world_stop();
}

static void test_confirm(void)
{
	check_confirm("yes, later", 1, MCPASS_OK);
	check_confirm("no, later", 0, MCPASS_E_POLICY);
	check_confirm("LATER is no yes", MCPASS_LINK_LATER, MCPASS_E_POLICY);
	at_once = true;
	check_confirm("yes, at once", 1, MCPASS_OK);
}

/* --- the redirect, copied by a person --- */

static struct mcpass_link *pasted_into;
static int paste_pipe[2];

/* In a browser elsewhere: what it ends at is given to the link, or written to the terminal. */
static void copy_redirect(void *ctx, const char *url, int opened, const char *why)
{
	const char *location = browser_ask(url);

	(void)ctx;
	(void)why;
	CHECK("no browser here", !opened);
	told.sign_ins++;
	if (paste_pipe[1] > 0) {
		peer_write(paste_pipe[1], location);
		return;
	}
	CHECK_EQ("something else", mcpass_link_paste(pasted_into, "hello", NULL), MCPASS_E_USAGE);
	CHECK_EQ("an address", mcpass_link_paste(pasted_into, location, NULL), MCPASS_OK);
	CHECK_EQ("is taken once", mcpass_link_paste(pasted_into, location, NULL), MCPASS_E_USAGE);
}

static int read_paste(void *ctx)
{
	char line[4096];
	ssize_t n = read(paste_pipe[0], line, sizeof(line) - 1);

	(void)ctx;
	line[n > 0 ? n : 0] = '\0';
	CHECK_EQ("what was pasted", mcpass_link_paste(pasted_into, line, NULL), MCPASS_OK);
	return 1;
}

static void check_paste(void)
{
	const struct mcpass_token *token = NULL;
	struct mcpass_link_config cfg = config();

	cfg.sign_in = copy_redirect;
	if (paste_pipe[1] > 0) {
		cfg.paste_fd = paste_pipe[0];
		cfg.pasted = read_paste;
	}
	told.browser_fails = true;
	CHECK_EQ("a link", mcpass_link_new(&cfg, &pasted_into, NULL), MCPASS_OK);
	CHECK_EQ("no login waits", mcpass_link_paste(pasted_into, "code=a&state=b", NULL),
	    MCPASS_E_USAGE);
	CHECK_EQ("a login", mcpass_link_login(pasted_into, &token, NULL), MCPASS_OK);
	CHECK_STR("its token", token->access_token, "access-1");
	CHECK_EQ("one person", told.sign_ins, 1);
	OOM_EACH
		CHECK_OOM("paste", mcpass_link_paste(pasted_into, "code=a&state=b", NULL), MCPASS_E_USAGE);
	mcpass_link_close(pasted_into);
}

static void test_paste(void)
{
	world_start();
	check_paste();
	world_stop();
	world_start();
	if (pipe(paste_pipe) != 0)
		die("no pipe");
	check_paste();
	close(paste_pipe[0]);
	close(paste_pipe[1]);
	world_stop();
}

/* --- interrupted while something else is under way, too --- */

static int show_only(void *ctx, const char *url)
{
	(void)ctx;
	(void)url;
	told.shown++;
	return 0;
}

static void test_interrupt(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	const struct mcpass_token *token = NULL;
	int end[2], count = 0;
	unsigned call;

	world_start();
	if (pipe(end) != 0)
		die("no pipe");
	peer_write(end[1], "x");
	cfg = config();
	cfg.cancel_fd = end[0];
	cfg.open_browser = show_only;
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("a request", mcpass_link_submit(link, "tools/list", NULL, on_answer, &count, &call,
	    NULL), MCPASS_OK);
	run_until(link, &told.shown, 1);
	world.open = true;
	CHECK_EQ("a login behind that one", mcpass_link_login(link, &token, NULL), MCPASS_E_DENIED);
	run_until(link, &count, 1);
	CHECK_EQ("its login has ended, too", told.errors, 1);
	CHECK_EQ("another", mcpass_link_submit(link, "tools/list", NULL, on_answer, &count, &call, NULL),
	    MCPASS_OK);
	run_until(link, &count, 2);
	CHECK_EQ("nothing is asked for the login that was given up", world.calls, 1);
	mcpass_link_free(link);
	close(end[0]);
	close(end[1]);
	world_stop();
}

/* --- another program's messages --- */

static void test_relay(void)
{
	static const char asks[] = "{\"jsonrpc\":\"2.0\",\"id\":4711,\"method\":\"tools/list\"}",
		tells[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}";
	const struct mcpass_session_config session = { .size = sizeof(session),
		.initialize = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
		    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"a\","
		    "\"version\":\"1\"}}}" };
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	unsigned call = 7;
	int count = 0;

	world_start();
	world.open = true;
	cfg = config();
	cfg.session = &session;
	CHECK_EQ("a link", mcpass_link_new(&cfg, &link, NULL), MCPASS_OK);
	CHECK_EQ("no message", mcpass_link_send(link, "{", 1, on_answer, &count, &call, NULL),
	    MCPASS_E_USAGE);
	mcpass_link_hold(link, 1);
	CHECK_EQ("a request", mcpass_link_send(link, asks, strlen(asks), on_answer, &count, &call, NULL),
	    MCPASS_OK);
	CHECK("has a number", call != 0 && call != 7);
	mcpass_link_hold(link, 0);
	run_until(link, &count, 1);
	CHECK_EQ("its number", told.call, call);
	CHECK_HAS("the whole answer", told.json, "\"id\":4711");
	CHECK_EQ("a notification", mcpass_link_send(link, tells, strlen(tells), on_answer, &count, &call,
	    NULL), MCPASS_OK);
	CHECK_EQ("has none", call, 0);
	CHECK("no handshake", mcpass_link_welcome(link) == NULL && mcpass_link_begun(link) == 0);
	mcpass_link_close(link);
	CHECK_EQ("one answer", count, 1);
	world_stop();
}

static void test_config(void)
{
	struct mcpass_link_config cfg;
	struct mcpass_link *link = NULL;
	struct mcpass_error err;
	char *json = NULL;
	int is_error = 0;

	world_start();
	world.open = true;
	cfg = config();
	cfg.size = offsetof(struct mcpass_link_config, ca_file);        /* an older header */
	CHECK_EQ("a smaller configuration", mcpass_link_new(&cfg, &link, &err), MCPASS_OK);
	CHECK_EQ("works", mcpass_link_call(link, "tools/list", NULL, &json, &is_error, &err), MCPASS_OK);
	free(json);
	mcpass_link_close(link);
	cfg = config();
	cfg.client = NULL;
	CHECK_EQ("no client", mcpass_link_new(&cfg, &link, &err), MCPASS_E_USAGE);
	cfg = config();
	cfg.size = 3;
	CHECK_EQ("no size", mcpass_link_new(&cfg, &link, &err), MCPASS_E_USAGE);
	cfg = config();
	cfg.ca_file = "/nowhere/ca.pem";
	CHECK_EQ("no such file", mcpass_link_new(&cfg, &link, &err), MCPASS_E_IO);
	mcpass_link_close(NULL);
	mcpass_link_free(NULL);
	world_stop();
}

static void test_oom(void)
{
	struct mcpass_link_config cfg;

	world_start();
	world.open = true;
	cfg = config();
	OOM_EACH {
		struct mcpass_link *link = NULL;
		int count = 0;
		unsigned call;
		enum mcpass_rc rc;

		rc = mcpass_link_new(&cfg, &link, NULL);
		if (!rc)
			rc = mcpass_link_submit(link, "tools/list", NULL, on_answer, &count, &call, NULL);
		if (!rc)
			rc = mcpass_link_send(link, "{}", 2, on_answer, &count, &call, NULL);
		if (rc == MCPASS_E_USAGE)
			rc = MCPASS_OK;
		CHECK_OOM("a link", rc, MCPASS_OK);
		mcpass_link_free(link);
	}
	world_stop();
}

int main(void)
{
	test_call();
	test_no_browser();
	test_bad_page();
	test_logout();
	test_submit();
	test_start_logout();
	test_start_login();
	test_login_not_wanted();
	test_paste();
	test_confirm();
	test_interrupt();
	test_relay();
	test_config();
	test_oom();
	return check_done();
}
