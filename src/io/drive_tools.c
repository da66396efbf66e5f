/* Which arguments of a server's tools go into headers, from one run to the next: a warm
 * call is one request.  spec: MCP 2026-07-28 streamable HTTP, "Client Behavior" */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "mcp/revision.h"
#include "wire/json/json.h"
#include "wire/json/raw.h"

#define SPEC "MCP streamable HTTP, Client Behavior"

static void explain(const struct mp_drive *drive, const char *what)
{
	const struct mcpass_session_config *config = &drive->options.session;
	const struct mcpass_note note = { .what = what, .spec = SPEC };

	if (config->trace != NULL)
		config->trace(config->trace_ctx, &note);
}

/* A list is private to the credential that it was asked for with; so is what is kept of it. */
static enum mcpass_rc note_name(const struct mp_drive *drive, struct mp_buf *ret_name,
    struct mcpass_error *err)
{
	const char *profile = drive->options.client.profile;

	mp_buf_init(ret_name, 2 * MP_MAX_URI);
	mp_buf_addf(ret_name, "tools %s %s", profile != NULL ? profile : "default",
	    drive->options.session.server_url);
	return mp_buf_check(ret_name, "the name of a note", err);
}

/* {"until": Unix time, "tools": as of mcpass_session_tools()}; *ret_lesson NULL: there is
 * none, or it is too old. */
static enum mcpass_rc read_note(const char *note, char **ret_lesson, struct mcpass_error *err)
{
	json_t *json = NULL;
	int64_t left;
	enum mcpass_rc rc;

	rc = mp_json_parse(note, strlen(note), MP_MAX_RECORD, "a note", &json, NULL);
	if (rc)
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	left = json_integer_value(json_object_get(json, "until")) - mp_now_s();
	/* Neither over, nor longer than it was ever written: the clock was set back. */
	if (left > 0 && left <= MP_MAX_TOOLS_LIFETIME) {
		*ret_lesson = mp_json_dump(json_object_get(json, "tools"));
		rc = *ret_lesson != NULL ? MCPASS_OK : mp_nomem(err);
	}
	json_decref(json);
	return rc;
}

/* From the note, if there is a good one: then drive->lesson is set. */
static enum mcpass_rc recall(struct mp_drive *drive, struct mcpass_error *err)
{
	char *note = NULL, *lesson = NULL;
	struct mp_buf name;
	enum mcpass_rc rc;

	rc = note_name(drive, &name, err);
	if (!rc)
		rc = mp_store_noted(drive->store, mp_buf_text(&name), &note, err);
	if (!rc && note != NULL)
		rc = read_note(note, &lesson, err);
	mp_buf_free(&name);
	mp_free_wiped(note);
	if (rc || lesson == NULL)
		return rc;
	rc = mcpass_session_learn(drive->session, lesson, NULL);
	if (!rc)
		drive->lesson = lesson;
	else
		free(lesson);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* A store that cannot be written is no reason to lose an answer. */
static void keep(struct mp_drive *drive, int64_t lifetime)
{
	const char *lesson = NULL;
	struct mp_buf name, note;

	if (mcpass_session_tools(drive->session, &lesson, NULL) != MCPASS_OK
	    || mp_set(&drive->lesson, lesson, NULL) != MCPASS_OK)
		return;
	mp_buf_init(&note, MP_MAX_RECORD);
	mp_buf_addf(&note, "{\"until\":%" PRId64 ",\"tools\":%s}", mp_now_s() + lifetime, lesson);
	if (note_name(drive, &name, NULL) == MCPASS_OK
	    && mp_buf_check(&note, "a note", NULL) == MCPASS_OK)
		(void)mp_store_note(drive->store, mp_buf_text(&name), mp_buf_text(&note), NULL);
	mp_buf_free(&name);
	mp_buf_free(&note);
}

static int64_t lifetime_of(const json_t *ttl)
{
	json_int_t seconds = json_integer_value(ttl) / 1000;

	if (seconds < MP_MIN_TOOLS_LIFETIME)
		return MP_MIN_TOOLS_LIFETIME;
	return seconds > MP_MAX_TOOLS_LIFETIME ? MP_MAX_TOOLS_LIFETIME : seconds;
}

static bool is_stateless(const struct mp_drive *drive)
{
	return mp_revision_era(mcpass_session_revision(drive->session)) == MP_ERA_STATELESS;
}

/* A list that is read for one call. */
struct lesson {
	const char *tool;               /* that is called, or NULL */
	struct mp_strings cursors;      /* the parameters of every page so far */
	int64_t lifetime;
	bool learnt, done;
};

static bool has_tool(const json_t *page, const char *name)
{
	const json_t *tools = json_object_get(page, "tools");

	for (size_t i = 0; name != NULL && i < json_array_size(tools); i++)
		if (mp_eq(json_string_value(json_object_get(json_array_get(tools, i), "name")), name))
			return true;
	return false;
}

/* The next page's parameters become the last of lesson->cursors; those that were there
 * before mean that the list goes round. */
static enum mcpass_rc add_cursor(struct lesson *lesson, json_t *cursor, struct mcpass_error *err)
{
	json_t *params = json_pack("{s:O}", "cursor", cursor);
	char *text = params != NULL ? mp_json_dump(params) : NULL;
	enum mcpass_rc rc = text == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc && mp_strings_has(&lesson->cursors, text))
		lesson->done = true;
	else if (!rc)
		rc = mp_strings_add(&lesson->cursors, (struct mp_span){ text, strlen(text) }, err);
	free(text);
	json_decref(params);
	return rc;
}

/* Reads the page in drive->result: no further than the tool. */
static enum mcpass_rc take_page(const struct mp_drive *drive, struct lesson *lesson,
    struct mcpass_error *err)
{
	json_t *page = NULL, *cursor;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_MESSAGE, drive->result, strlen(drive->result), MP_MAX_MESSAGE,
	    "the list of tools", &page, err);
	if (rc)
		return rc;
	lesson->learnt = true;
	lesson->lifetime = lifetime_of(json_object_get(page, "ttlMs"));
	cursor = json_object_get(page, "nextCursor");
	lesson->done = !json_is_string(cursor) || has_tool(page, lesson->tool);
	if (!lesson->done)
		rc = add_cursor(lesson, cursor, err);
	json_decref(page);
	return rc;
}

/* The session reads the annotations as the pages come by.  A server without a list, or
 * one of the older revisions, has none. */
static enum mcpass_rc list(struct mp_drive *drive, const char *tool, struct mcpass_error *err)
{
	struct lesson lesson = { .tool = tool };
	enum mcpass_rc rc = MCPASS_OK;

	for (int pages = 0; !rc && !lesson.done && pages < MP_MAX_PAGES; pages++) {
		rc = mp_drive_ask(drive, "tools/list", pages > 0
		    ? lesson.cursors.items[lesson.cursors.count - 1] : NULL, err);
		if (rc || drive->is_error || !is_stateless(drive))
			break;
		rc = take_page(drive, &lesson, err);
	}
	mp_strings_free(&lesson.cursors);
	if (lesson.learnt)
		keep(drive, lesson.lifetime);
	return rc;
}

/* No person is asked to sign in for a list of our own, let alone twice: the call itself says
 * what it needs.  A server that misses headers then says so, and only then is
 * the list asked for (spec: MCP streamable HTTP, HeaderMismatch).  Who is not signed in yet
 * will be by the next call, which lists then; to whom the list is forbidden, it is not asked
 * for anew with every call. */
enum mcpass_rc mp_drive_skip_lesson(struct mp_drive *drive, int status,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mcpass_session_cancel(drive->session, drive->call, err);

	if (rc)
		return rc;
	if (status != 401)
		keep(drive, MP_MIN_TOOLS_LIFETIME);
	explain(drive, "The list is refused: the call goes ahead without it");
	drive->is_error = true;
	return mp_set(&drive->result, "{}", err);
}

/* Something is the matter with the list alone; what else it is, the call meets too. */
static bool is_the_lists_own(enum mcpass_rc rc, const struct mp_drive *drive)
{
	if (!drive->failed_itself)
		return false;
	if (rc == MCPASS_E_IO)
		return !drive->unsent;
	return rc == MCPASS_E_PROTOCOL || rc == MCPASS_E_LIMIT;
}

static enum mcpass_rc learn(struct mp_drive *drive, const char *tool, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	explain(drive, "Before the call: which arguments does the tool want in headers, too?");
	drive->learning = true;
	drive->unsent = drive->failed_itself = false;
	rc = list(drive, tool, &why);
	drive->learning = false;
	if (rc && is_the_lists_own(rc, drive)) {
		explain(drive, "The list of tools cannot be read: the call goes ahead without it");
		return mp_set(&drive->list_fault, why.detail, err);
	}
	if (err != NULL && err->rc == MCPASS_OK)
		*err = why;
	return rc;
}

/* Of a call's parameters; *ret_name is the caller's (free), NULL when there is none. */
static enum mcpass_rc tool_of(const char *params, char **ret_name, struct mcpass_error *err)
{
	struct mp_span text = { NULL, 0 };
	json_t *name = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (params != NULL)
		text = mp_raw_value((struct mp_span){ params, strlen(params) }, "name");
	if (text.data != NULL && mp_json_parse_by(MP_JSON_REQUEST, text.data, text.len,
	    MP_MAX_MESSAGE, "the name", &name, NULL) == MCPASS_OK)
		rc = mp_set(ret_name, json_string_value(name), err);
	json_decref(name);
	return rc;
}

enum mcpass_rc mp_drive_learn_tools(struct mp_drive *drive, const char *params,
    struct mcpass_error *err)
{
	char *revision = NULL, *tool = NULL;
	bool old;
	enum mcpass_rc rc;

	if (drive->lesson != NULL || drive->options.no_list)
		return MCPASS_OK;
	rc = mp_drive_known_revision(drive, &revision, err);
	if (rc)
		return rc;
	old = mp_revision_era(revision) == MP_ERA_SESSION;
	mp_free_wiped(revision);
	if (old)
		return MCPASS_OK;
	rc = recall(drive, err);
	if (rc || drive->lesson != NULL)
		return rc;
	rc = tool_of(params, &tool, err);
	if (!rc)
		rc = learn(drive, tool, err);
	free(tool);
	return rc;
}

/* A list without a further page is the end of one: the next call need not ask for it. */
static void note_list(struct mp_drive *drive)
{
	struct mp_span result = { drive->result, strlen(drive->result) };
	struct mp_span cursor = mp_raw_value(result, "nextCursor");
	struct mp_span text = mp_raw_value(result, "ttlMs");
	json_t *ttl = NULL;

	if (drive->is_error || mp_raw_value(result, "tools").data == NULL
	    || (cursor.len > 0 && cursor.data[0] == '"'))
		return;
	if (text.data != NULL)
		(void)mp_json_parse_by(MP_JSON_MESSAGE, text.data, text.len, MP_MAX_RECORD, "a time", &ttl,
		    NULL);
	keep(drive, lifetime_of(ttl));
	json_decref(ttl);
}

void mp_drive_note_tools(struct mp_drive *drive, const char *method)
{
	const char *lesson = NULL;

	if (!is_stateless(drive))
		return;
	if (mp_eq(method, "tools/list"))
		note_list(drive);
	/* Without a list there is something to note only once the server missed a header. */
	else if (mp_eq(method, "tools/call")
	    && mcpass_session_tools(drive->session, &lesson, NULL) == MCPASS_OK
	    && !mp_eq(lesson, drive->lesson != NULL ? drive->lesson : "{}"))
		keep(drive, MP_MIN_TOOLS_LIFETIME);
}
