#include "cli/connect/rounds.h"
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "ui/out.h"

#define ELICIT "elicitation/create"
#define SPEC_MRTR "MCP mrtr, Client Requirements"
/* What the server may tell while it works; spec: MCP progress, logging */
#define WANTED_META "\"_meta\":{\"progressToken\":\"mcpass\"," \
	"\"io.modelcontextprotocol/logLevel\":\"info\"}"

/* Adds members to the text of an object, whose other bytes stay as they are; *ret_text is
 * the caller's (mp_free_wiped). */
static enum mcpass_rc add_members(const char *object, const char *members, char **ret_text,
    struct mcpass_error *err)
{
	size_t end = (size_t)(strrchr(object, '}') - object), last = end;
	struct mp_buf buf = MP_BUF(2 * MP_MAX_MESSAGE);

	while (last > 0 && strchr(" \t\r\n", object[last - 1]) != NULL)
		last--;
	mp_buf_add(&buf, object, last);
	if (object[last - 1] != '{')
		mp_buf_addc(&buf, ',');
	mp_buf_adds(&buf, members);
	mp_buf_addc(&buf, '}');
	return mp_buf_take(&buf, "the request", ret_text, err);
}

/* --- one round --- */

/* Nothing is written over what the person types. */
static enum mcpass_rc ask(struct mp_rounds *talk, const struct mp_question *question,
    json_t **ret_answer, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	talk->asked_back = true;
	mp_progress_clear(&talk->progress);
	talk->is_asking = true;
	rc = mp_elicit_answer(&talk->elicit, question, ret_answer, err);
	talk->is_asking = false;
	for (size_t i = 0; i < talk->kept.count; i++)
		mp_progress_take(&talk->progress, talk->kept.items[i]);
	mp_strings_free(&talk->kept);
	return rc;
}

static enum mcpass_rc not_offered(const char *method, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, SPEC_MRTR,
	    "the server asks for %s, which was not offered to it", method != NULL ? method : "?");
}

static enum mcpass_rc answer_one(struct mp_rounds *talk, const char *key, bool alone,
    const json_t *request, json_t *answers, struct mcpass_error *err)
{
	const struct mp_question question = { .loop = talk->loop, .server = talk->server, .key = key,
		.alone = alone, .params = json_object_get(request, "params") };
	const char *method = mp_json_text(request, "method");
	json_t *answer = NULL;
	enum mcpass_rc rc;

	talk->asked_back = true;
	if (!mp_eq(method, ELICIT))
		return not_offered(method, err);
	rc = ask(talk, &question, &answer, err);
	if (!rc && json_object_set_new(answers, key, answer) != 0)
		rc = mp_nomem(err);
	return rc;
}

/* "inputResponses":{...},"requestState":"..." for the next round.
 * spec: MCP mrtr: keyed as the requests are, the state exactly or not at all */
static enum mcpass_rc add_answers(struct mp_rounds *talk, const json_t *result,
    json_t *members, struct mcpass_error *err)
{
	json_t *requests = json_object_get(result, "inputRequests"), *request;
	json_t *state = json_object_get(result, "requestState"), *answers = json_object();
	enum mcpass_rc rc = answers == NULL ? mp_nomem(err) : MCPASS_OK;
	const char *key;

	if (!rc && ((requests == NULL && state == NULL) || (requests != NULL
	    && !json_is_object(requests)) || (state != NULL && !json_is_string(state))))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP mrtr, InputRequiredResult",
		    "the server asks for input and does not say which");
	json_object_foreach (requests, key, request)
		if (!rc)
			rc = answer_one(talk, key, json_object_size(requests) == 1, request, answers, err);
	if (!rc && requests != NULL && json_object_set(members, "inputResponses", answers) != 0)
		rc = mp_nomem(err);
	if (!rc && state != NULL && json_object_set(members, "requestState", state) != 0)
		rc = mp_nomem(err);
	json_decref(answers);
	return rc;
}

/* The parameters of the next round. */
static enum mcpass_rc next_params(struct mp_rounds *talk, const char *params,
    const json_t *result, char **ret_params, struct mcpass_error *err)
{
	json_t *members = json_object();
	char *text = NULL;
	enum mcpass_rc rc = members == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc)
		rc = add_answers(talk, result, members, err);
	rc = mp_json_end(members, rc, &text, err);
	if (rc)
		return rc;
	text[strlen(text) - 1] = '\0';          /* its braces are not wanted */
	rc = add_members(params, text + 1, ret_params, err);
	mp_free_wiped(text);
	return rc;
}

/* *ret_result is the result when it asks for input, else NULL. */
static enum mcpass_rc read_question(const char *json, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *result = NULL;
	enum mcpass_rc rc;

	/* Most answers ask nothing, and some are long. */
	if (strstr(json, "input_required") == NULL)
		return MCPASS_OK;
	rc = mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json), MP_MAX_MESSAGE,
	    "the server's answer", &result, err);
	if (!rc && mp_eq(mp_json_text(result, "resultType"), "input_required"))
		*ret_result = result;
	else
		json_decref(result);
	return rc;
}

/* --- all of them --- */

/* What is sent first.  *ret_own: the caller has answers in it, and looks after the rest. */
static enum mcpass_rc first_params(const struct mp_rounds *talk, const char *method,
    const char *params, char **ret_params, bool *ret_own, struct mcpass_error *err)
{
	const char *text = params != NULL && params[0] != '\0' ? params : "{}";
	json_t *json = NULL;
	bool has_meta;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text),
	    MP_MAX_MESSAGE, "the parameters", &json, err);

	if (rc)
		return rc;
	*ret_own = json_object_get(json, "inputResponses") != NULL
	    || json_object_get(json, "requestState") != NULL;
	has_meta = json_object_get(json, "_meta") != NULL;
	json_decref(json);
	if (talk->progress.on && mp_methods_has(method, MP_METHOD_MAY_ASK) && !has_meta)
		return add_members(text, WANTED_META, ret_params, err);
	return mp_set(ret_params, text, err);
}

static enum mcpass_rc ask_inner(struct mp_rounds *talk, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	talk->progress.told = false;
	rc = talk->inner.ask(talk->inner.ctx, method, params, ret_json, ret_is_error, err);
	mp_progress_clear(&talk->progress);
	return rc;
}

static enum mcpass_rc ask_rounds(struct mp_rounds *talk, const char *method, const char *first,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	char *params = NULL, *json = NULL;
	bool is_error = false, done = false;
	enum mcpass_rc rc = mp_set(&params, first, err);

	for (int rounds = 0; !rc && !done; rounds++) {
		json_t *result = NULL;

		mp_free_wiped(json);
		json = NULL;
		if (rounds > MP_MAX_INPUT_ROUNDS)
			rc = mp_fail(err, MCPASS_E_LIMIT, SPEC_MRTR,
			    "the server asked for input %d times and did not answer", MP_MAX_INPUT_ROUNDS);
		if (!rc)
			rc = ask_inner(talk, method, params, &json, &is_error, err);
		if (!rc && !is_error)
			rc = read_question(json, &result, err);
		done = result == NULL;
		mp_free_wiped(params);
		params = NULL;
		if (!rc && !done)
			rc = next_params(talk, first, result, &params, err);
		json_decref(result);
	}
	mp_free_wiped(params);
	if (rc) {
		mp_free_wiped(json);
		return rc;
	}
	*ret_json = json;
	*ret_is_error = is_error;
	return MCPASS_OK;
}

enum mcpass_rc mp_rounds_ask(void *ctx, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	struct mp_rounds *talk = ctx;
	char *first = NULL;
	bool own = false;
	enum mcpass_rc rc = first_params(talk, method, params, &first, &own, err);

	if (!rc && (own || !mp_methods_has(method, MP_METHOD_MAY_ASK)))
		rc = ask_inner(talk, method, first, ret_json, ret_is_error, err);
	else if (!rc)
		rc = ask_rounds(talk, method, first, ret_json, ret_is_error, err);
	mp_free_wiped(first);
	return rc;
}

/* --- while a request is under way --- */

void mp_rounds_waiting(struct mp_rounds *talk, int seconds)
{
	if (!talk->is_asking)
		mp_progress_wait(&talk->progress, seconds);
}

void mp_rounds_message(struct mp_rounds *talk, const char *json)
{
	if (!talk->is_asking)
		mp_progress_take(&talk->progress, json);
	else
		(void)mp_strings_add_text(&talk->kept, json, NULL);
}

void mp_rounds_free(struct mp_rounds *talk)
{
	mp_elicit_free(&talk->elicit);
	mp_strings_free(&talk->kept);
}

enum mcpass_rc mp_rounds_asked(struct mp_rounds *talk, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err)
{
	const struct mp_question question = { .loop = talk->loop, .server = talk->server, .alone = true,
		.params = params };
	json_t *answer = NULL;
	enum mcpass_rc rc;

	talk->asked_back = true;
	if (talk->elicit.by == MP_ELICIT_NOBODY || !mp_eq(method, ELICIT)) {
		mp_progress_clear(&talk->progress);
		mp_say(false, "note: %s sent us %s, which was not offered to it%s", talk->server, method,
		    mp_eq(method, ELICIT) ? "; --elicit offers it" : "");
		return MCPASS_OK;
	}
	rc = ask(talk, &question, &answer, err);
	return mp_json_end(answer, rc, ret_result, err);
}
