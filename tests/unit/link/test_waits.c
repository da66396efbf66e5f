/* Each wait of a login is an entry of the loop: other requests are answered meanwhile, and
 * Ctrl-C ends it at once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "harness/check.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "world.h"

/* Milliseconds that a person does not notice. */
#define AT_ONCE 100

static struct mp_loop *loop;
static struct mp_link *wire;

struct told { int times; enum mcpass_rc rc; char detail[320]; };

static void on_answer(void *ctx, struct mp_link_answer *answer)
{
	struct told *told = ctx;

	told->times++;
	told->rc = answer->rc;
	snprintf(told->detail, sizeof(told->detail), "%s", answer->why != NULL ? answer->why->detail : "");
	free(answer->json);
}

static void submit(const char *method, struct told *told)
{
	const struct mp_link_request request = { method, mp_eq(method, "tools/call")
	    ? "{\"name\":\"t\",\"arguments\":{}}" : NULL, on_answer, told };
	unsigned call = 0;

	CHECK_EQ("submitted", mp_link_submit(wire, &request, &call, NULL), MCPASS_OK);
}

#define TURN_UNTIL(condition) \
	do { \
		int64_t end_ = mp_now_ms() + PATIENCE_MS; \
		while (!(condition) && mp_now_ms() < end_) \
			mp_loop_turn(loop, 50); \
		CHECK("it came", condition); \
	} while (0)

/* --- what is seen of a wait, and pressing Ctrl-C in it --- */

static char shown_url[4096];
static int codes_shown, lock_waits, interrupt[2] = { -1, -1 };
static bool presses;                    /* Ctrl-C, as soon as it is waited */
static int64_t pressed_at;

static void press(void)
{
	if (!presses || pressed_at != 0)
		return;
	pressed_at = mp_now_ms();
	peer_write(interrupt[1], "x");
}

static int on_browse(void *ctx, const char *url, bool opened, const char *why)
{
	(void)ctx;
	(void)opened;
	(void)why;
	snprintf(shown_url, sizeof(shown_url), "%s", url);
	press();
	return -1;
}

static void on_code(void *ctx, const struct mcpass_action *action)
{
	(void)ctx;
	CHECK_STR("the code", action->user_code, "ABCD-EFGH");
	codes_shown++;
	press();
}

static void on_lock(void *ctx, const char *holder)
{
	(void)ctx;
	CHECK_HAS("who", holder, "process");
	lock_waits++;
	press();
}

static enum mcpass_rc lazy_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)url;
	(void)ret_watch;
	(void)err;
	return MCPASS_OK;
}

/* --- another process that holds the lock --- */

static int let_go = -1;
static pid_t holder = -1;

static void hold_lock(void)
{
	char room[MP_STORE_HOLDER_ROOM], byte, key[256];
	struct mp_store *store = NULL;
	int ready[2], go[2];

	snprintf(key, sizeof(key), "default %s", world.url);
	if (pipe(ready) != 0 || pipe(go) != 0)
		die("pipe");
	holder = fork();
	if (holder == 0) {
		close(go[1]);
		if (mp_store_open(world.store, &store, NULL) != MCPASS_OK
		    || mp_store_lock(store, key, room, NULL) != MCPASS_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &byte, 1) != 1)
		die("no lock");
	close(ready[0]);
	let_go = go[1];
}

static void release_lock(void)
{
	close(let_go);
	waitpid(holder, NULL, 0);
}

/* --- the waits --- */

static void prepare_nothing(struct mp_link_options *options)
{
	(void)options;
}

static bool login_waits(void)
{
	return shown_url[0] != '\0';
}

static void end_login(void)
{
	browser_open(NULL, shown_url, NULL, NULL);
}

static void prepare_lock(struct mp_link_options *options)
{
	hold_lock();
	options->open_browser = browser_open;
}

static bool lock_is_waited_for(void)
{
	return lock_waits == 1;
}

static void prepare_device(struct mp_link_options *options)
{
	world.device = true;
	options->client.grant = MCPASS_GRANT_DEVICE;
}

static bool code_is_shown(void)
{
	return codes_shown == 1;
}

static void end_device(void)
{
	world.approved = true;
}

/* A token is there; the next one is asked for, and does not come. */
static void prepare_refresh(struct mp_link_options *options)
{
	struct told told = { 0 };

	options->open_browser = browser_open;
	CHECK_EQ("a link", mp_link_new(options, loop, &wire, NULL), MCPASS_OK);
	submit("tools/call", &told);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("signed in", told.rc, MCPASS_OK);
	world.generation = 2;
	world.holds = "grant_type=refresh_token";
}

static bool refresh_is_held(void)
{
	return world.held > 0;
}

static void end_refresh(void)
{
	CHECK_HAS("the old token serves meanwhile", world.call_headers, "Authorization: Bearer access-1\n");
	world.holds = NULL;
	mp_httpd_resume(world.httpd);
}

static void prepare_answer(struct mp_link_options *options)
{
	options->client.grant = MCPASS_GRANT_CODE;
	world.open = true;
	world.holds = "\"tools/call\"";
}

static void prepare_list(struct mp_link_options *options)
{
	options->no_list = false;
	world.open = true;
	world.holds = "\"tools/list\"";
}

static const struct {
	const char *label;
	void (*prepare)(struct mp_link_options *options);
	bool (*waits)(void);
	void (*end)(void);              /* NULL: for Ctrl-C alone */
	bool locks;
} waits[] = {
	{ "a login in the browser", prepare_nothing, login_waits, end_login, false },
	{ "a lock that another process holds", prepare_lock, lock_is_waited_for, release_lock, true },
	{ "a pause of a login on another device", prepare_device, code_is_shown, end_device, false },
	{ "a refresh", prepare_refresh, refresh_is_held, end_refresh, false },
	{ "an answer", prepare_answer, refresh_is_held, NULL, false },
	{ "the list before a call", prepare_list, refresh_is_held, NULL, false },
};

static struct mp_link_options begin_world(void)
{
	struct mp_link_options options;

	world_start();
	world.open_list = true;
	shown_url[0] = '\0';
	codes_shown = lock_waits = 0;
	pressed_at = 0;
	options = world_options();
	options.session.known_revision = "2026-07-28";
	options.no_list = true;
	options.open_browser = lazy_browser;
	options.ui = (struct mp_link_ui){ .browse = on_browse, .show_code = on_code,
		.waiting_for_lock = on_lock };
	return options;
}

static void test_others_are_answered(void)
{
	for (size_t i = 0; i < COUNT(waits) && waits[i].end != NULL; i++) {
		const char *label = waits[i].label;
		struct mp_link_options options = begin_world();
		struct told told = { 0 }, other = { 0 };

		presses = false;
		wire = NULL;
		CHECK_EQ(label, mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
		waits[i].prepare(&options);
		if (wire == NULL)
			CHECK_EQ(label, mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
		submit("tools/call", &told);
		TURN_UNTIL(waits[i].waits());
		for (int n = 1; n <= 3; n++) {
			submit("tools/list", &other);
			TURN_UNTIL(other.times == n);
			CHECK_EQ(label, other.rc, MCPASS_OK);
			CHECK("it is still waited", told.times == 0 && mp_link_is_authorizing(wire));
		}
		waits[i].end();
		TURN_UNTIL(told.times == 1);
		CHECK_EQ(label, told.rc, MCPASS_OK);
		CHECK_STR(label, told.detail, "");
		mp_link_free(wire);
		mp_loop_free(loop);
		world_stop();
	}
}

/* How long it took from Ctrl-C to the end. */
static int64_t interrupt_once(size_t i)
{
	struct mp_link_options options = begin_world();
	struct mcpass_error err = { 0 };
	char *json = NULL;
	bool is_error;
	int64_t took;

	if (pipe(interrupt) != 0)
		die("pipe");
	wire = NULL;
	presses = false;
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	options.interrupt_fd = interrupt[0];
	waits[i].prepare(&options);
	if (wire == NULL)
		CHECK_EQ("a link", mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	presses = true;
	world.on_hold = press;
	CHECK_EQ(waits[i].label, mp_blocking_request(wire, "tools/call",
	    "{\"name\":\"t\",\"arguments\":{}}", &json, &is_error, &err), MCPASS_E_DENIED);
	took = mp_now_ms() - pressed_at;
	CHECK_STR(waits[i].label, err.detail, "interrupted");
	CHECK("it was pressed", pressed_at != 0);
	if (waits[i].locks)
		release_lock();
	world.holds = NULL;
	mp_httpd_resume(world.httpd);
	mp_link_free(wire);
	mp_loop_free(loop);
	close(interrupt[0]);
	close(interrupt[1]);
	world_stop();
	return took;
}

/* A busy machine may be slow once; what waits for something else is slow each time. */
static void test_interrupt(void)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		int64_t took = AT_ONCE;

		for (int n = 0; n < 5 && took >= AT_ONCE; n++)
			took = interrupt_once(i);
		CHECK(waits[i].label, took < AT_ONCE);
	}
}

/* The link is freed between the redirect and the token: its browser is told no lie. */
static void test_freed(void)
{
	struct mp_link_options options = begin_world();
	struct told told = { 0 };

	presses = false;
	options.open_browser = browser_open;
	world.holds = "code=c0de";
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("a link", mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	submit("tools/call", &told);
	TURN_UNTIL(world.held > 0);
	mp_link_free(wire);
	browser_join();
	CHECK_HAS("the page", world.page, "The sign-in did not work");
	CHECK_EQ("nothing is told", told.times, 0);
	mp_loop_free(loop);
	world.holds = NULL;
	mp_httpd_resume(world.httpd);
	world_stop();
}

int main(void)
{
	test_others_are_answered();
	test_interrupt();
	test_freed();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
