/* The link in the types of mcpass/link.h: what goes in, what is told, what is left behind. */
#include "mcpass/link.h"
#include <stddef.h>
#include "world.h"
#include "harness/check.h"

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

static void on_logout(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
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
	mcpass_link_start_logout(link, on_logout, &count);
	CHECK_EQ("it does not wait", count, 0);
	run_until(link, &count, 1);
	CHECK_EQ("told once, and well", count, 1);
	mcpass_link_close(link);
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
	test_config();
	test_oom();
	return check_done();
}
