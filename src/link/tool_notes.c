/* Which arguments of a server's tools go into headers, from one run to the next: a warm
 * call is one request.  spec: MCP 2026-07-28 streamable HTTP, "Client Behavior" */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "link/link_parts.h"
#include "mcp/revision.h"
#include "wire/json/json.h"
#include "wire/json/raw.h"

#define SPEC "MCP streamable HTTP, Client Behavior"

static void explain(const struct mp_link *link, const char *what)
{
	const struct mcpass_session_config *config = &link->options.session;
	const struct mcpass_note note = { .what = what, .spec = SPEC };

	if (config->trace != NULL)
		config->trace(config->trace_ctx, &note);
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

/* From the note, if there is a good one: then link->lesson.known is set. */
static enum mcpass_rc recall(struct mp_link *link, struct mcpass_error *err)
{
	char *note = NULL, *lesson = NULL;
	struct mp_buf name;
	enum mcpass_rc rc;

	mp_link_name_tools(link, &name);
	rc = mp_buf_check(&name, "the name of a note", err);
	if (!rc)
		rc = mp_store_noted(link->store, mp_buf_text(&name), &note, err);
	if (!rc && note != NULL)
		rc = read_note(note, &lesson, err);
	mp_buf_free(&name);
	mp_free_wiped(note);
	if (rc || lesson == NULL)
		return rc;
	rc = mcpass_session_learn(link->session, lesson, NULL);
	if (!rc)
		link->lesson.known = lesson;
	else
		free(lesson);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* A store that cannot be written is no reason to lose an answer. */
static void keep(struct mp_link *link, int64_t lifetime)
{
	const char *lesson = NULL;
	struct mp_buf name, note;

	if (mcpass_session_tools(link->session, &lesson, NULL) != MCPASS_OK
	    || mp_set(&link->lesson.known, lesson, NULL) != MCPASS_OK)
		return;
	mp_buf_init(&note, MP_MAX_RECORD);
	mp_buf_addf(&note, "{\"until\":%" PRId64 ",\"tools\":%s}", mp_now_s() + lifetime, lesson);
	mp_link_name_tools(link, &name);
	if (mp_buf_check(&name, "the name of a note", NULL) == MCPASS_OK
	    && mp_buf_check(&note, "a note", NULL) == MCPASS_OK)
		(void)mp_store_note(link->store, mp_buf_text(&name), mp_buf_text(&note), NULL);
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

static bool is_stateless(const struct mp_link *link)
{
	return mp_revision_era(mcpass_session_revision(link->session)) == MP_ERA_STATELESS;
}

static bool has_tool(const json_t *page, const char *name)
{
	const json_t *tools = json_object_get(page, "tools");

	for (size_t i = 0; name != NULL && i < json_array_size(tools); i++)
		if (mp_eq(mp_json_text(json_array_get(tools, i), "name"), name))
			return true;
	return false;
}

/* The next page's parameters become the last of lesson->cursors; those that were there
 * before mean that the list goes round: *ret_more stays false. */
static enum mcpass_rc add_cursor(struct mp_link_lesson *lesson, json_t *cursor, bool *ret_more,
    struct mcpass_error *err)
{
	json_t *params = json_pack("{s:O}", "cursor", cursor);
	char *text = params != NULL ? mp_json_dump(params) : NULL;
	enum mcpass_rc rc = text == NULL ? mp_nomem(err) : MCPASS_OK;

	if (text != NULL && !mp_strings_has(&lesson->cursors, text)) {
		rc = mp_strings_add_text(&lesson->cursors, text, err);
		*ret_more = rc == MCPASS_OK;
	}
	free(text);
	json_decref(params);
	return rc;
}

/* Reads a page: no further than the tool. */
static enum mcpass_rc read_page(struct mp_link_lesson *lesson, const char *json, bool *ret_more,
    struct mcpass_error *err)
{
	json_t *page = NULL, *cursor;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json),
	    MP_MAX_MESSAGE, "the list of tools", &page, err);

	if (rc)
		return rc;
	lesson->learnt = true;
	lesson->lifetime = lifetime_of(json_object_get(page, "ttlMs"));
	cursor = json_object_get(page, "nextCursor");
	if (json_is_string(cursor) && !has_tool(page, lesson->tool) && ++lesson->pages < MP_MAX_PAGES)
		rc = add_cursor(lesson, cursor, ret_more, err);
	json_decref(page);
	return rc;
}

/* The session reads the annotations as the pages come by. */
static enum mcpass_rc ask_page(struct mp_link *link, struct mcpass_error *err)
{
	struct mp_link_lesson *lesson = &link->lesson;
	const char *params = lesson->cursors.count > 0
	    ? lesson->cursors.items[lesson->cursors.count - 1] : NULL;

	mp_link_wake(link);
	return mcpass_session_request(link->session, "tools/list", params, &lesson->call, err);
}

/* What was learnt is kept, and the calls that wait for it go ahead. */
static void end_lesson(struct mp_link *link)
{
	struct mp_link_lesson *lesson = &link->lesson;

	if (lesson->learnt)
		keep(link, lesson->lifetime);
	for (struct mp_link_call *call = link->calls; call != NULL; call = call->next)
		call->is_ready = call->is_ready || call->is_tool;
	mp_strings_free(&lesson->cursors);
	free(lesson->tool);
	lesson->tool = NULL;
	lesson->call = 0;
	lesson->learnt = lesson->is_running = false;
	mp_link_wake(link);
}

/* A server without a list, or one of the older revisions, has none. */
void mp_link_take_page(struct mp_link *link, char *json, bool is_error)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	bool more = false;

	if (!is_error && json != NULL && is_stateless(link))
		rc = read_page(&link->lesson, json, &more, &why);
	free(json);
	if (!rc && more)
		rc = ask_page(link, &why);
	if (rc)
		mp_link_fail_lesson(link, true, &why);
	else if (!more)
		end_lesson(link);
}

/* No person is asked to sign in for a list of our own, let alone twice: the call itself says
 * what it needs.  A server that misses headers then says so, and only then is
 * the list asked for (spec: MCP streamable HTTP, HeaderMismatch).  Who is not signed in yet
 * will be by the next call, which lists then; to whom the list is forbidden, it is not asked
 * for anew with every call. */
void mp_link_skip_lesson(struct mp_link *link, int status)
{
	struct mcpass_error why = { 0 };

	if (mcpass_session_cancel(link->session, link->lesson.call, &why) != MCPASS_OK) {
		mp_link_break_down(link, &why);
		return;
	}
	if (status != 401)
		keep(link, MP_MIN_TOOLS_LIFETIME);
	explain(link, "The list is refused: the call goes ahead without it");
	end_lesson(link);
}

/* Where something is the matter with the list alone, the calls go ahead; what else it is, they
 * meet too. */
void mp_link_fail_lesson(struct mp_link *link, bool is_own, const struct mcpass_error *why)
{
	if (!is_own || (why->rc != MCPASS_E_IO && why->rc != MCPASS_E_PROTOCOL
	    && why->rc != MCPASS_E_LIMIT)) {
		mp_link_fail_waiting(link, true, why);
	} else {
		explain(link, "The list of tools cannot be read: the call goes ahead without it");
		(void)mp_set(&link->lesson.fault, why->detail, NULL);
	}
	end_lesson(link);
}

static enum mcpass_rc begin_lesson(struct mp_link *link, const char *tool,
    struct mcpass_error *err)
{
	struct mp_link_lesson *lesson = &link->lesson;
	enum mcpass_rc rc;

	explain(link, "Before the call: which arguments does the tool want in headers, too?");
	lesson->pages = 0;
	rc = mp_set(&lesson->tool, tool, err);
	if (!rc)
		rc = ask_page(link, err);
	lesson->is_running = rc == MCPASS_OK;
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

/* From the note, if there is a good one; else the list has to be asked for. */
static enum mcpass_rc find_out(struct mp_link *link, const char *params, bool *ret_wait,
    struct mcpass_error *err)
{
	char *tool = NULL;
	enum mcpass_rc rc = recall(link, err);

	if (rc || link->lesson.known != NULL)
		return rc;
	rc = tool_of(params, &tool, err);
	if (!rc)
		rc = begin_lesson(link, tool, err);
	*ret_wait = rc == MCPASS_OK;
	free(tool);
	return rc;
}

enum mcpass_rc mp_link_learn_tool(struct mp_link *link, struct mp_link_call *call, bool *ret_wait,
    struct mcpass_error *err)
{
	char *revision = NULL;
	bool old;
	enum mcpass_rc rc;

	call->is_ready = true;
	if (link->lesson.known != NULL || link->options.no_list)
		return MCPASS_OK;
	rc = mp_link_known_revision(link, &revision, err);
	if (rc)
		return rc;
	old = mp_revision_era(revision) == MP_ERA_SESSION;
	mp_free_wiped(revision);
	if (old)
		return MCPASS_OK;
	rc = find_out(link, call->params, ret_wait, err);
	call->is_ready = !*ret_wait;
	return rc;
}

/* A list without a further page is the end of one: the next call need not ask for it. */
static void note_list(struct mp_link *link, const char *json, bool is_error)
{
	struct mp_span result = { json, strlen(json) };
	struct mp_span cursor = mp_raw_value(result, "nextCursor");
	struct mp_span text = mp_raw_value(result, "ttlMs");
	json_t *ttl = NULL;

	if (is_error || mp_raw_value(result, "tools").data == NULL
	    || (cursor.len > 0 && cursor.data[0] == '"'))
		return;
	if (text.data != NULL)
		(void)mp_json_parse_by(MP_JSON_MESSAGE, text.data, text.len, MP_MAX_RECORD, "a time", &ttl,
		    NULL);
	keep(link, lifetime_of(ttl));
	json_decref(ttl);
}

/* Once, and only when it is all that went wrong. */
static void tell_list_fault(struct mp_link *link)
{
	char text[512];

	if (link->lesson.fault == NULL)
		return;
	(void)snprintf(text, sizeof(text), "The list of tools could not be read, and the call went "
	    "ahead without it: %s", link->lesson.fault);
	free(link->lesson.fault);
	link->lesson.fault = NULL;
	mp_link_warn(link, text);
}

void mp_link_note_tools(struct mp_link *link, const struct mp_link_call *call, const char *json,
    bool is_error)
{
	const char *known = link->lesson.known != NULL ? link->lesson.known : "{}", *found = NULL;

	tell_list_fault(link);
	if (!is_stateless(link))
		return;
	if (call->is_list)
		note_list(link, json, is_error);
	/* Without a list there is something to note only once the server missed a header. */
	else if (call->is_tool && mcpass_session_tools(link->session, &found, NULL) == MCPASS_OK
	    && !mp_eq(found, known))
		keep(link, MP_MIN_TOOLS_LIFETIME);
}

void mp_link_free_lesson(struct mp_link *link)
{
	mp_strings_free(&link->lesson.cursors);
	free(link->lesson.tool);
	free(link->lesson.known);
	free(link->lesson.fault);
}
