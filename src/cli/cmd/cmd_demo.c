#include <stdlib.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/demo/demo.h"
#include "ui/mcp_result.h"
#include "ui/signals.h"
#include "io/browser/browse.h"
#include "io/clock.h"

struct demo_options {
	struct mp_common common;
	bool automatic, no_browser;
};

struct demo {
	bool automatic, no_browser, quiet, json;
	struct mp_stage stage;
	struct mp_stand_in stand_in;
	struct mp_explain explain;
	struct mp_connection conn;
	char *folder, *store;           /* automatic: its own; else everybody's */
	unsigned calls;
	int64_t warm_ms;                /* what the second call took */
};

/* A heading between the steps. */
static void headline(const struct demo *demo, const char *text)
{
	struct mp_buf buf = MP_BUF(1024);

	if (demo->quiet)
		return;
	mp_buf_addc(&buf, '\n');
	mp_painted(&buf, &demo->explain.term, MP_BOLD, text);
	mp_buf_adds(&buf, "\n");
	mp_say_text(&buf);
	mp_buf_free(&buf);
}

static void tell(void *ctx, const struct mcpass_note *note)
{
	struct demo *demo = ctx;

	if (demo->quiet)
		demo->explain.steps++;
	else
		mp_explain_note(&demo->explain, note);
}

/* The one password of the program that is shown: it was made for this, and ends with it. */
static enum mcpass_rc ask_person(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	const struct demo *demo = ctx;
	const struct mp_invented_users *people = &demo->stage.people;
	enum mcpass_rc rc;

	mp_say(false, "%s", "");
	mp_say(false, "Sign in as %s with the password %s", people->names[0],
	    mp_secret_reveal(&people->passwords[0]));
	rc = demo->no_browser ? mp_fail(err, MCPASS_E_IO, NULL, "none is started: --no-browser")
	    : mp_browse(url, NULL, 0, ret_watch, err);
	if (rc)
		mp_say(false, "('mcpass demo --auto' does it without a browser.)");
	return rc;
}

static enum mcpass_rc name_store(struct demo *demo, struct mcpass_error *err)
{
	struct mp_buf path = MP_BUF(4096);

	mp_buf_addf(&path, "%s/credentials.db", demo->folder);
	return mp_buf_take(&path, "the store's path", &demo->store, err);
}

static enum mcpass_rc connect_to(struct demo *demo, const struct mp_common *common,
    struct mcpass_error *err)
{
	struct mp_connection_options conn = { 0 };
	/* The story is the refusal and what follows; the list of tools would come before it. */
	struct mp_connection_wish wish = { .no_list = true, .trace = tell, .trace_ctx = demo,
		.open_browser = ask_person, .open_browser_ctx = demo };
	enum mcpass_rc rc = MCPASS_OK;

	if (demo->automatic) {
		wish.open_browser = mp_demo_open_browser;
		wish.open_browser_ctx = &demo->stand_in;
		rc = mp_demo_make_folder(&demo->folder, err);
		if (!rc)
			rc = name_store(demo, err);
		conn.store = demo->store;
		conn.login_timeout_ms = 15 * 1000;      /* a stand-in does not dawdle */
	}
	if (!rc)
		rc = mp_connection_open(&conn, common, mp_echo_server_url(demo->stage.echo), &wish,
		    &demo->conn, err);
	demo->conn.wait.quiet |= demo->automatic;
	return rc;
}

/* Calls echo and prints its answer. */
static enum mcpass_rc call(struct demo *demo, const char *message, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	json_t *params = json_pack("{s:s, s:{s:s}}", "name", "echo", "arguments", "message", message);
	char *words = params != NULL ? mp_json_dump(params) : NULL;
	struct mp_parts parts = { 0 };
	char *answer = NULL;
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	json_decref(params);
	if (words == NULL)
		return mp_nomem(err);
	rc = mp_listing_ask(&demo->conn.asker, "tools/call", words, NULL, &answer, err);
	if (!rc && !demo->json) {
		if (!demo->quiet)
			mp_buf_adds(&text, "\n      the tool answers: ");
		rc = mp_parts_read(answer, &parts, err);
		mp_mcp_result_show(&text, &term, &parts);
		if (!rc)
			rc = mp_out(&text, err);
	}
	demo->calls += rc == MCPASS_OK;
	mp_buf_free(&text);
	mp_parts_free(&parts);
	mp_free_wiped(words);
	mp_free_wiped(answer);
	return rc;
}

static enum mcpass_rc play(struct demo *demo, struct mcpass_error *err)
{
	int64_t began;
	enum mcpass_rc rc;

	headline(demo, "A call to a tool, without a token. All that follows is found out from the"
	    " server's answer.");
	rc = call(demo, "Hello from the first call", err);
	if (rc)
		return rc;
	headline(demo, "The same once more. The token is there, so no login is needed.");
	began = mp_now_ms();
	rc = call(demo, "Hello from the second call", err);
	demo->warm_ms = mp_now_ms() - began;
	return rc;
}

static enum mcpass_rc sum_up(const struct demo *demo, struct mcpass_error *err)
{
	struct mp_buf line = MP_BUF(256);

	if (demo->json)
		mp_buf_addf(&line, "{\"steps\":%u,\"calls\":%u,\"warm_ms\":%d,\"ok\":true}\n",
		    demo->explain.steps, demo->calls, (int)demo->warm_ms);
	else
		mp_buf_addf(&line, "demo: %u steps, %u calls, ok\n", demo->explain.steps, demo->calls);
	return mp_out_end(&line, err);
}

/* Leaves both servers to the person, until Ctrl-C. */
static void stay(const struct demo *demo)
{
	const char *url = mp_echo_server_url(demo->stage.echo);

	headline(demo, "Now you. In another terminal:");
	mp_say(false, "  mcpass tools %s", url);
	mp_say(false, "  mcpass call %s echo message=hi repeat_count:=3", url);
	mp_say(false, "  mcpass call %s whoami --explain", url);
	mp_say(false, "  mcpass status");
	mp_say(false, "The servers run until you press Ctrl-C here.");
	mp_signals_wait();
}

/* What is in everybody's store for these servers is worth nothing without them.  A client
 * that failed, or was interrupted, can do nothing any more: another one is made. */
static void give_back(struct demo *demo, const struct mp_common *common)
{
	struct mcpass_error unheard = { 0 };

	headline(demo, "Good bye. The credential of the demo is given back.");
	mp_connection_close(&demo->conn);
	mp_signals_forget();
	if (connect_to(demo, common, &unheard) == MCPASS_OK)
		(void)mp_blocking_logout(demo->conn.link, &unheard);
}

static enum mcpass_rc perform(struct demo *demo, const struct mp_common *common,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	headline(demo, "Three programs in one: an authorization server, an MCP server that it"
	    " protects, and a client.");
	rc = mp_demo_set_stage(&demo->stage, demo->quiet, err);
	if (!rc) {
		mp_say(demo->quiet, "      authorization server  %s",
		    mp_auth_server_url(demo->stage.issuer));
		mp_say(demo->quiet, "      MCP server            %s",
		    mp_echo_server_url(demo->stage.echo));
		rc = connect_to(demo, common, err);
	}
	if (!rc)
		rc = play(demo, err);
	if (!rc)
		mp_say(demo->quiet, "      that took %d ms", (int)demo->warm_ms);
	if (!rc && !demo->automatic)
		stay(demo);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct demo_options *options = values;
	const char *automatic = getenv("AUTO");
	struct demo demo = {
		.automatic = options->automatic || mp_eq(automatic, "1"),
		.no_browser = options->no_browser,
		.quiet = options->common.quiet, .json = options->common.json,
	};
	enum mcpass_rc rc;

	(void)operands;
	(void)count;
	demo.stand_in.people = &demo.stage.people;
	demo.stand_in.quiet = demo.quiet;
	mp_explain_init(&demo.explain);
	(void)mp_signals_fd();
	rc = perform(&demo, &options->common, err);
	demo.quiet |= rc != MCPASS_OK;          /* then the error is the last word */
	if (!demo.automatic && demo.conn.link != NULL)
		give_back(&demo, &options->common);
	/* The connection first: its listener lets the stand-in go. */
	mp_connection_close(&demo.conn);
	mp_demo_await_browser(&demo.stand_in);
	mp_demo_clear_stage(&demo.stage);
	mp_demo_remove_folder(demo.folder);
	free(demo.folder);
	free(demo.store);
	if (!rc)
		mp_say(demo.quiet, "%s", "");
	return rc ? rc : sum_up(&demo, err);
}

static const struct mp_option demo_options[] = {
	{ "auto", 'a', MP_OPTION_FLAG, NULL, offsetof(struct demo_options, automatic),
	    "Do without a person: sign in, allow, and end. So does AUTO=1 in the environment." },
	{ "no-browser", '\0', MP_OPTION_FLAG, NULL, offsetof(struct demo_options, no_browser),
	    "Show the URL, start no browser." },
};
static const struct mp_option_table demo_table = {
	"Options", demo_options, MP_COUNT(demo_options)
};
static const struct mp_option_place places[] = {
	{ &demo_table, 0 },
	{ &mp_common_table, offsetof(struct demo_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_demo = {
	.name = "demo",
	.summary = "Show a whole login and call, explained",
	.operands = "",
	.about = "Starts an authorization server and a protected MCP server on this machine, calls a"
	    " tool, and tells every step of what follows: the refusal, the metadata, the"
	    " registration, your consent, the token, the answer. Then calls once more, which needs"
	    " none of it.\n"
	    "Without --auto it opens your browser, shows whom to sign in as, and leaves the servers"
	    " running for you until Ctrl-C.\n",
	.examples = "  mcpass demo\n  mcpass demo --auto\n",
	.places = places,
	.options_size = sizeof(struct demo_options),
	.run = run,
};
