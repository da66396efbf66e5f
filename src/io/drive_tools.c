/* Which arguments of a server's tools go into headers, from one run to the next: a warm
 * call is one request.  spec: MCP 2026-07-28 streamable HTTP, "Client Behavior" */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "mcp/revision.h"
#include "wire/json.h"

#define SPEC "MCP streamable HTTP, Client Behavior"

static void explain(const struct mp_drive *drive, const char *what)
{
	const struct mcpass_session_config *config = &drive->options.session;
	const struct mcpass_note note = { .what = what, .spec = SPEC };

	if (config->trace != NULL)
		config->trace(config->trace_ctx, &note);
}

/* A list is private to whoever asked for it; so is what is kept of it. */
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

static int64_t lifetime_of(const json_t *page)
{
	json_int_t seconds = json_integer_value(json_object_get(page, "ttlMs")) / 1000;

	if (seconds < MP_MIN_TOOLS_LIFETIME)
		return MP_MIN_TOOLS_LIFETIME;
	return seconds > MP_MAX_TOOLS_LIFETIME ? MP_MAX_TOOLS_LIFETIME : seconds;
}

static bool is_stateless(const struct mp_drive *drive)
{
	return mp_revision_era(mcpass_session_revision(drive->session)) == MP_ERA_STATELESS;
}

/* Reads the page in drive->result; *cursor is the next one's parameters, or NULL. */
static enum mcpass_rc take_page(struct mp_drive *drive, char **cursor, int64_t *ret_lifetime,
    struct mcpass_error *err)
{
	json_t *page = NULL, *params = NULL;
	const json_t *next;
	enum mcpass_rc rc;

	free(*cursor);
	*cursor = NULL;
	rc = mp_json_parse_by(MP_JSON_MESSAGE, drive->result, strlen(drive->result), MP_MAX_MESSAGE,
	    "the list of tools", &page, err);
	if (rc)
		return rc;
	*ret_lifetime = lifetime_of(page);
	next = json_object_get(page, "nextCursor");
	if (json_is_string(next)) {
		params = json_pack("{s:O}", "cursor", next);
		*cursor = params != NULL ? mp_json_dump(params) : NULL;
		rc = *cursor != NULL ? MCPASS_OK : mp_nomem(err);
	}
	json_decref(params);
	json_decref(page);
	return rc;
}

/* The session reads the annotations as the pages come by.  A server without a list, or
 * one of the older revisions, has none. */
static enum mcpass_rc list(struct mp_drive *drive, struct mcpass_error *err)
{
	int64_t lifetime = MP_MIN_TOOLS_LIFETIME;
	char *cursor = NULL;
	bool more = true, whole = false;
	enum mcpass_rc rc = MCPASS_OK;

	for (int pages = 0; !rc && more && pages < MP_MAX_PAGES; pages++) {
		rc = mp_drive_ask(drive, "tools/list", cursor, err);
		if (rc || drive->is_error || !is_stateless(drive))
			break;
		rc = take_page(drive, &cursor, &lifetime, err);
		more = cursor != NULL;
		whole = !rc && !more;
	}
	free(cursor);
	if (whole)
		keep(drive, lifetime);
	return rc;
}

/* No person is asked to sign in for a list that nobody asked for, let alone twice: the call
 * itself says what it needs.  A server that misses headers then says so, and only then is
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

enum mcpass_rc mp_drive_learn_tools(struct mp_drive *drive, struct mcpass_error *err)
{
	char *revision = NULL;
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
	explain(drive, "Before the call: which arguments does the tool want in headers, too?");
	drive->learning = true;
	rc = list(drive, err);
	drive->learning = false;
	return rc;
}

void mp_drive_note_tools(struct mp_drive *drive)
{
	const char *lesson = NULL;

	/* Without a list there is something to note only once the server missed a header. */
	if (is_stateless(drive)
	    && mcpass_session_tools(drive->session, &lesson, NULL) == MCPASS_OK
	    && !mp_eq(lesson, drive->lesson != NULL ? drive->lesson : "{}"))
		keep(drive, MP_MIN_TOOLS_LIFETIME);
}
