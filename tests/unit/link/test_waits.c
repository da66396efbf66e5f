/* Each wait of a login is an entry of the loop: other requests are answered meanwhile, and
 * Ctrl-C ends it at once. */
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "harness/check.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "link/link_parts.h"
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

/* --- a yes or a no that a person types --- */

static int typed[2] = { -1, -1 }, questions;

static enum mp_link_word on_confirm(void *ctx, const char *issuer, int *ret_fd)
{
	(void)ctx;
	CHECK_STR("the issuer", issuer, world.origin);
	questions++;
	*ret_fd = typed[0];
	press();
	return MP_LINK_LATER;
}

static enum mcpass_rc on_confirmed(void *ctx, enum mp_link_word *ret_word,
    struct mcpass_error *err)
{
	char byte = '\0';

	(void)ctx;
	CHECK_EQ("nothing was said before", *ret_word, MP_LINK_LATER);
	if (read(typed[0], &byte, 1) != 1)
		return mp_fail(err, MCPASS_E_IO, NULL, "the terminal is gone");
	if (byte != '.')
		*ret_word = byte == 'y' ? MP_LINK_YES : MP_LINK_NO;
	return MCPASS_OK;
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

/* --- another one that writes to the store: a connection of its own, as a process has --- */

static struct mp_store *writer;

static void begin_writing(void)
{
	CHECK_EQ("a store", mp_store_open(world.store, &writer, NULL), MCPASS_OK);
	CHECK_EQ("it is written to", mp_store_begin(writer, NULL), MCPASS_OK);
}

static void end_writing(void)
{
	CHECK_EQ("it is free", mp_store_end(writer, false, NULL), MCPASS_OK);
	mp_store_close(writer);
	writer = NULL;
}

static bool is_at(enum mcpass_action_type type)
{
	return wire->flow.is_running && wire->flow.action.type == type && wire->flow.timer.is_set;
}

static bool lock_meets_writer(void)
{
	return is_at(MCPASS_ACT_LOCK);
}

static int64_t looked_at, longest;      /* without a turn of the loop, in milliseconds */

/* Ctrl-C, once it is waited: nothing that is told says so, for it is over soon as a rule. */
static void look(void *ctx)
{
	int64_t now = mp_now_ms();

	if (now - looked_at > longest)
		longest = now - looked_at;
	looked_at = now;
	if (presses && is_at(MCPASS_ACT_LOCK))
		press();
	mp_loop_set(loop, ctx, now + 1);
}

static struct mp_timer looks = { .fire = look, .ctx = &looks };

static void prepare_writer(struct mp_link_options *options)
{
	options->open_browser = browser_open;
	begin_writing();
	looked_at = mp_now_ms();
	mp_loop_set(loop, &looks, looked_at + 1);
}

static void unprepare_writer(void)
{
	mp_loop_unset(loop, &looks);
	end_writing();
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

static void prepare_confirm(struct mp_link_options *options)
{
	if (typed[0] < 0 && pipe(typed) != 0)
		die("pipe");
	options->client.initial_access_token = "a token of the operator";
	options->ui.confirm_issuer = on_confirm;
	options->ui.confirmed = on_confirmed;
	options->open_browser = browser_open;
}

static bool is_confirming(void)
{
	return questions > 0;
}

static void end_confirm(void)
{
	struct told other = { 0 };

	peer_write(typed[1], ".");              /* not a word yet */
	submit("tools/list", &other);
	TURN_UNTIL(other.times == 1);
	CHECK_EQ("no login goes on by itself", world.registrations, 0);
	peer_write(typed[1], "y");
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
	void (*undo)(void);             /* after Ctrl-C; or NULL */
} waits[] = {
	{ "a login in the browser", prepare_nothing, login_waits, end_login, NULL },
	{ "a lock that another process holds", prepare_lock, lock_is_waited_for, release_lock,
	    release_lock },
	{ "a store that another process writes to", prepare_writer, lock_meets_writer, unprepare_writer,
	    unprepare_writer },
	{ "a pause of a login on another device", prepare_device, code_is_shown, end_device, NULL },
	{ "a refresh", prepare_refresh, refresh_is_held, end_refresh, NULL },
	{ "a question to a person", prepare_confirm, is_confirming, end_confirm, NULL },
	{ "an answer", prepare_answer, refresh_is_held, NULL, NULL },
	{ "the list before a call", prepare_list, refresh_is_held, NULL, NULL },
};

static struct mp_link_options begin_world(void)
{
	struct mp_link_options options;

	world_start();
	world.open_list = true;
	shown_url[0] = '\0';
	codes_shown = lock_waits = questions = 0;
	pressed_at = longest = 0;
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
	if (took < longest)
		took = longest;
	CHECK_STR(waits[i].label, err.detail, "interrupted");
	CHECK("it was pressed", pressed_at != 0);
	if (waits[i].undo != NULL)
		waits[i].undo();
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

/* The tokens are there, and cannot be kept yet: they are, when the store is free. */
static void test_nothing_is_lost(void)
{
	struct mp_link_options options = begin_world();
	struct told told = { 0 }, other = { 0 };
	struct mp_store *store = NULL;
	char key[256], *record = NULL;

	presses = false;
	options.open_browser = browser_open;
	world.holds = "code=c0de";
	snprintf(key, sizeof(key), "default %s", world.url);
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("a link", mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	submit("tools/call", &told);
	TURN_UNTIL(world.held > 0);
	begin_writing();
	world.holds = NULL;
	mp_httpd_resume(world.httpd);
	TURN_UNTIL(is_at(MCPASS_ACT_SAVE));
	submit("tools/list", &other);
	TURN_UNTIL(other.times == 1);
	CHECK_EQ("it is not kept yet", told.times, 0);
	end_writing();
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("answered", told.rc, MCPASS_OK);
	CHECK_EQ("kept", mp_link_check_kept(wire, NULL), MCPASS_OK);
	CHECK_EQ("a store", mp_store_open(world.store, &store, NULL), MCPASS_OK);
	CHECK_EQ("a record", mp_store_load(store, key, &record, NULL), MCPASS_OK);
	CHECK_HAS("with the token", record, "access-1");
	mp_free_wiped(record);
	mp_store_close(store);
	mp_link_free(wire);
	mp_loop_free(loop);
	world_stop();
}

/* A file that is locked as a whole can be neither opened nor read: the link is there, and its first
 * request waits. */
static void test_locked_file(void)
{
	struct mp_link_options options = begin_world();
	struct told told = { 0 };
	sqlite3 *db = NULL;

	presses = false;
	options.open_browser = browser_open;
	begin_writing();
	end_writing();
	CHECK_EQ("a file", sqlite3_open(world.store, &db), SQLITE_OK);
	CHECK_EQ("locked", sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
	    "DELETE FROM notes", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("a link", mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	submit("tools/call", &told);
	TURN_UNTIL(is_at(MCPASS_ACT_LOAD));
	CHECK_EQ("it waits", told.times, 0);
	sqlite3_close(db);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ("answered", told.rc, MCPASS_OK);
	mp_link_free(wire);
	mp_loop_free(loop);
	world_stop();
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

/* One call that asks a person whether the issuer is the right one: how it ends. */
static void confirm_once(const char *label, const char *line, bool patient, enum mcpass_rc want,
    const char *says)
{
	struct mp_link_options options = begin_world();
	struct told told = { 0 };

	presses = false;
	CHECK_EQ(label, mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	prepare_confirm(&options);
	options.login_timeout_ms = patient ? 0 : 1;
	CHECK_EQ(label, mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	if (line != NULL)
		peer_write(typed[1], line);
	submit("tools/call", &told);
	TURN_UNTIL(told.times == 1);
	CHECK_EQ(label, told.rc, want);
	CHECK_HAS(label, told.detail, says);
	CHECK_EQ(label, questions, 1);
	CHECK_EQ(label, world.registrations, want == MCPASS_OK);
	CHECK_EQ("a second answer", mp_link_confirm(wire, true, NULL), MCPASS_E_USAGE);
	mp_link_free(wire);
	mp_loop_free(loop);
	world_stop();
}

static void test_confirm(void)
{
	confirm_once("yes", "y", true, MCPASS_OK, "");
	confirm_once("no", "n", true, MCPASS_E_POLICY, "");
	confirm_once("too late", NULL, false, MCPASS_E_EXPIRED, "was not answered in time");
	close(typed[1]);
	confirm_once("the terminal is closed", NULL, true, MCPASS_E_IO, "the terminal is gone");
	close(typed[0]);
	typed[0] = typed[1] = -1;
}

/* --- a terminal has one question at a time: the server's, or ours --- */

#define ASKING_REPLY "data: {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"sampling/createMessage\"}\n\n" \
	"data: {\"jsonrpc\":\"2.0\",\"id\":<id>,\"result\":{\"tools\":[]}}\n\n"

static struct told confirmed_call;
static bool calls_meanwhile;
static int asked;

static bool waits_for_confirm(void)
{
	return wire->flow.is_running && wire->flow.action.type == MCPASS_ACT_CONFIRM;
}

static enum mcpass_rc on_asked(void *ctx, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err)
{
	(void)ctx;
	(void)method;
	(void)params;
	asked++;
	world.reply = NULL;
	if (calls_meanwhile) {
		submit("tools/call", &confirmed_call);
		TURN_UNTIL(waits_for_confirm());
		CHECK_EQ("ours waits for the server's", questions, 0);
	}
	return mp_set(ret_result, "{\"action\":\"decline\"}", err);
}

static void test_one_question(bool servers_first)
{
	struct mp_link_options options = begin_world();
	struct told other = { 0 };

	presses = false;
	calls_meanwhile = servers_first;
	confirmed_call = (struct told){ 0 };
	asked = 0;
	world.reply_type = "text/event-stream";
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	prepare_confirm(&options);
	options.session.revision = "2025-11-25";
	options.ui.asked = on_asked;
	CHECK_EQ("a link", mp_link_new(&options, loop, &wire, NULL), MCPASS_OK);
	if (!servers_first) {
		submit("tools/call", &confirmed_call);
		TURN_UNTIL(questions == 1);
	}
	world.reply = ASKING_REPLY;
	submit("tools/list", &other);
	if (!servers_first) {
		TURN_UNTIL(wire->questions != NULL && other.times == 1);
		CHECK_EQ("the server's waits for ours", asked, 0);
	}
	TURN_UNTIL(questions == 1);
	peer_write(typed[1], "y");
	TURN_UNTIL(confirmed_call.times == 1 && other.times == 1 && asked == 1);
	CHECK_EQ("the call", confirmed_call.rc, MCPASS_OK);
	CHECK_EQ("asked once", questions, 1);
	mp_link_free(wire);
	mp_loop_free(loop);
	world_stop();
}

int main(void)
{
	test_others_are_answered();
	test_interrupt();
	test_nothing_is_lost();
	test_locked_file();
	test_one_question(true);
	test_one_question(false);
	test_confirm();
	test_freed();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
