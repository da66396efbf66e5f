/* Questions put to whoever is there. */
#include <string.h>
#include <unistd.h>
#include "cli/elicit.h"
#include "cli/field.h"
#include "cli/line.h"
#include "cli/out.h"
#include "cli/report.h"

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* --- a program, line by line --- */

/* One line: what is asked, and the fields with what they want. */
static void say_question(const struct mp_question *question)
{
	const json_t *schema = json_object_get(question->params, "requestedSchema");
	const char *message = text_of(question->params, "message"), *name;
	const char *separator = " (";
	struct mp_buf buf;
	json_t *field;

	mp_buf_init(&buf, MP_MAX_DOCUMENT);
	if (question->key != NULL)
		mp_buf_addf(&buf, "%s: ", question->key);
	mp_buf_adds(&buf, message != NULL ? message : "?");
	if (mp_elicit_is_url(question->params) && text_of(question->params, "url") != NULL)
		mp_buf_addf(&buf, " %s", text_of(question->params, "url"));
	json_object_foreach (json_object_get(schema, "properties"), name, field) {
		mp_buf_addf(&buf, "%s%s: ", separator, name);
		mp_field_describe(&buf, field);
		separator = "; ";
	}
	mp_say(false, "%s asks: %s%s", question->server, mp_buf_text(&buf),
	    separator[0] == ';' ? ")" : "");
	mp_buf_free(&buf);
}

static bool is_action(const char *word)
{
	return mp_eq(word, "accept") || mp_eq(word, "decline") || mp_eq(word, "cancel");
}

/* The whole result, rather than the content of a form that has a field "action". */
static bool is_result(const json_t *json, const json_t *schema)
{
	return is_action(text_of(json, "action"))
	    && json_object_get(json_object_get(schema, "properties"), "action") == NULL;
}

static enum mcpass_rc accept_line(const json_t *params, const json_t *given,
    json_t **ret_answer, struct mcpass_error *err)
{
	json_t *content = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (!mp_elicit_is_url(params))
		rc = mp_elicit_fill(json_object_get(params, "requestedSchema"), given, &content, err);
	return rc ? rc : mp_elicit_result("accept", content, ret_answer, err);
}

static enum mcpass_rc take_line(const json_t *params, const char *line, json_t **ret_answer,
    struct mcpass_error *err)
{
	const char *action = line;
	json_t *json = NULL;
	const json_t *given;
	enum mcpass_rc rc = MCPASS_OK;

	if (!is_action(line)) {
		action = "accept";
		rc = mp_json_parse_by(MP_JSON_REQUEST, line, strlen(line), MP_MAX_ANSWER_LINE,
		    "the answer", &json, NULL);
		if (rc || !json_is_object(json)) {
			json_decref(json);
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "an answer is accept, decline, cancel or a JSON object");
		}
	}
	given = json;
	if (is_result(json, json_object_get(params, "requestedSchema"))) {
		action = text_of(json, "action");
		given = json_object_get(json, "content");
	}
	if (mp_eq(action, "accept"))
		rc = accept_line(params, given, ret_answer, err);
	else
		rc = mp_elicit_result(action, NULL, ret_answer, err);
	json_decref(json);
	return rc;
}

enum mcpass_rc mp_elicit_line(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err)
{
	char *line = NULL;
	enum mcpass_rc rc;

	say_question(question);
	rc = mp_line_read(&line, err);
	if (!rc && line == NULL)
		rc = mp_fail(err, MCPASS_E_DENIED, NULL,
		    "the server asks a question, and standard input has no answer");
	else if (!rc)
		rc = take_line(question->params, line, ret_answer, err);
	mp_free_wiped(line);
	return rc;
}

/* --- a person, field by field --- */

/* Shows text and reads what is typed; *ret_line NULL: Ctrl-D. */
static enum mcpass_rc prompt(const struct mp_buf *text, char **ret_line,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_say_text(text);
	rc = mp_line_read(ret_line, err);
	if (!rc && *ret_line == NULL)
		mp_say(false, "%s", "");        /* the line end that was not typed */
	return rc;
}

static void add_choices(struct mp_buf *buf, const json_t *field)
{
	struct mp_choice choices[MP_FIELD_CHOICES];
	size_t count = mp_field_choices(field, choices);

	for (size_t i = 0; i < count; i++) {
		mp_buf_addf(buf, "    %zu  ", i + 1);
		mp_term_add_line(buf, choices[i].title != NULL ? choices[i].title : choices[i].value, 0);
		mp_buf_addc(buf, '\n');
	}
}

/* Its title and words, the choices, and on the last line what Enter means. */
static void add_field(struct mp_buf *buf, const struct mp_term *term, const json_t *field,
    const char *name)
{
	const char *words = text_of(field, "description");
	const json_t *preset = json_object_get(field, "default");

	mp_buf_addf(buf, "  %s", mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, mp_field_title(field, name), 0);
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
	if (words != NULL) {
		mp_buf_adds(buf, "  ");
		mp_term_add_line(buf, words, 0);
	}
	mp_buf_addc(buf, '\n');
	add_choices(buf, field);
	mp_buf_adds(buf, "    (");
	mp_field_describe(buf, field);
	mp_buf_addc(buf, ')');
	if (preset != NULL) {
		mp_buf_adds(buf, " [");
		mp_field_render(buf, preset);
		mp_buf_addc(buf, ']');
	}
	mp_buf_adds(buf, ": ");
}

/* One try; *ret_value NULL: left out.  *ret_gone: Ctrl-D. */
static enum mcpass_rc ask_once(const struct mp_buf *text, json_t *field, json_t **ret_value,
    bool *ret_gone, struct mcpass_error *err)
{
	char *typed = NULL;
	enum mcpass_rc rc;

	rc = prompt(text, &typed, err);
	*ret_gone = !rc && typed == NULL;
	if (!rc && typed != NULL && typed[0] == '\0')
		*ret_value = json_incref(json_object_get(field, "default"));
	else if (!rc && typed != NULL)
		rc = mp_field_read(field, typed, ret_value, err);
	mp_free_wiped(typed);
	return rc;
}

/* Until it fits. */
static enum mcpass_rc ask_field(const json_t *schema, const char *name, json_t *field,
    json_t *content, bool *ret_gone, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mcpass_error why = { 0 };
	json_t *value = NULL;
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, MP_MAX_DOCUMENT);
	add_field(&text, &term, field, name);
	do {
		mp_clear(&why);
		rc = ask_once(&text, field, &value, ret_gone, &why);
		if (!rc && value == NULL && !*ret_gone && mp_field_is_required(schema, name))
			rc = mp_fail(&why, MCPASS_E_USAGE, NULL, "it has to be filled in");
		if (rc == MCPASS_E_USAGE)
			mp_say(false, "    %s", why.detail);
	} while (rc == MCPASS_E_USAGE);
	mp_buf_free(&text);
	if (rc)
		return mp_fail(err, rc, NULL, "%s", why.detail);
	if (value != NULL && json_object_set_new(content, name, value) != 0)
		return mp_nomem(err);
	return MCPASS_OK;
}

static enum mcpass_rc ask_form(const json_t *schema, json_t **ret_answer,
    struct mcpass_error *err)
{
	json_t *content = json_object(), *field;
	enum mcpass_rc rc = content == NULL ? mp_nomem(err) : MCPASS_OK;
	bool gone = false;
	const char *name;

	json_object_foreach (json_object_get(schema, "properties"), name, field)
		if (!rc && !gone)
			rc = ask_field(schema, name, field, content, &gone, err);
	if (!rc && !gone)
		return mp_elicit_result("accept", content, ret_answer, err);
	json_decref(content);
	return rc ? rc : mp_elicit_result("cancel", NULL, ret_answer, err);
}

/* Who asks, and what; and what to do first. */
static void introduce(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_question *question)
{
	const char *message = text_of(question->params, "message");
	const char *url = text_of(question->params, "url");

	mp_buf_addf(buf, "%s asks:\n", question->server);
	mp_term_add(buf, term, message != NULL ? message : "(without a word)");
	if (mp_elicit_is_url(question->params) && url != NULL) {
		mp_buf_adds(buf, "\nOpen this page, if you trust it, and come back:\n  ");
		mp_term_add_line(buf, url, 0);
		mp_buf_adds(buf, "\nDid you? [Y/n] ");
	} else {
		mp_buf_adds(buf, "\nAnswer? [Y/n] (Enter takes what stands in brackets, Ctrl-D"
		    " gives up) ");
	}
}

enum mcpass_rc mp_elicit_person(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	const char *action = "accept";
	struct mp_buf text;
	char *line = NULL;
	enum mcpass_rc rc;

	mp_buf_init(&text, MP_MAX_DOCUMENT);
	introduce(&text, &term, question);
	rc = prompt(&text, &line, err);
	mp_buf_free(&text);
	if (line == NULL)
		action = "cancel";
	else if (line[0] == 'n' || line[0] == 'N')
		action = "decline";
	mp_free_wiped(line);
	if (rc)
		return rc;
	if (strcmp(action, "accept") == 0 && !mp_elicit_is_url(question->params))
		return ask_form(json_object_get(question->params, "requestedSchema"), ret_answer, err);
	return mp_elicit_result(action, NULL, ret_answer, err);
}
