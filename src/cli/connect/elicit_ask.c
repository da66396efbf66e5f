/* Questions put to the person at the terminal. */
#include <string.h>
#include <unistd.h>
#include "cli/connect/elicit.h"
#include "cli/connect/elicit_field.h"
#include "ui/read_line.h"
#include "ui/out.h"
#include "wire/json/raw.h"

/* What a server wrote stands behind it. */
#define MARK "| "
#define LONGEST_PRESET 40u

/* --- a program, line by line --- */

/* One line: what is asked, and the fields with what they want. */
static void say_question(const struct mp_question *question)
{
	const json_t *schema = json_object_get(question->params, "requestedSchema");
	const char *message = mp_json_text(question->params, "message"), *name;
	const char *separator = " (";
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	json_t *field;

	if (question->key != NULL)
		mp_buf_addf(&buf, "%s: ", question->key);
	mp_buf_adds(&buf, message != NULL ? message : "?");
	if (question->page != NULL)
		mp_buf_addf(&buf, " %s", question->page->url);
	json_object_foreach (json_object_get(schema, "properties"), name, field) {
		mp_buf_addf(&buf, "%s%s: ", separator, name);
		mp_elicit_field_describe(&buf, field);
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
	return is_action(mp_json_text(json, "action"))
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
		action = mp_json_text(json, "action");
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
	rc = mp_read_line(question->loop, &line, err);
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
static enum mcpass_rc prompt(struct mp_loop *loop, const struct mp_buf *text, char **ret_line,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_say_text(text);
	rc = mp_read_line(loop, ret_line, err);
	if (!rc && *ret_line == NULL)
		mp_say(false, "%s", "");        /* the line end that was not typed */
	return rc;
}

static void add_choices(struct mp_buf *buf, const struct mp_term *term, const json_t *field)
{
	struct mp_choice choices[MP_FIELD_CHOICES];
	size_t count = mp_elicit_field_choices(field, choices);
	struct mp_buf line = MP_BUF(MP_MAX_DOCUMENT);

	for (size_t i = 0; i < count; i++) {
		mp_buf_clear(&line);
		mp_buf_addf(&line, "%zu  %s", i + 1,
		    choices[i].title != NULL ? choices[i].title : choices[i].value);
		mp_term_quote(buf, term, MARK "  ", mp_buf_text(&line));
	}
	mp_buf_free(&line);
}

/* " [John Doe]": what Enter takes, as far as there is room; all of it is shown in the end. */
static void add_preset(struct mp_buf *buf, const json_t *preset)
{
	struct mp_buf value = MP_BUF(MP_MAX_DOCUMENT);

	mp_elicit_field_render(&value, preset);
	mp_buf_adds(buf, " [");
	mp_term_add_line(buf, mp_buf_text(&value), LONGEST_PRESET);
	mp_buf_addc(buf, ']');
	mp_buf_free(&value);
}

/* Its title and words, the choices, and on the last line what Enter means. */
static void add_field(struct mp_buf *buf, const struct mp_term *term, const json_t *field,
    const char *name)
{
	const char *words = mp_json_text(field, "description");
	const json_t *preset = json_object_get(field, "default");

	mp_term_quote(buf, term, MARK, mp_elicit_field_title(field, name));
	if (words != NULL)
		mp_term_quote(buf, term, MARK "  ", words);
	add_choices(buf, term, field);
	mp_buf_adds(buf, "    (");
	mp_elicit_field_describe(buf, field);
	mp_buf_addc(buf, ')');
	if (preset != NULL)
		add_preset(buf, preset);
	mp_buf_adds(buf, ": ");
}

/* One try; *ret_value NULL: left out.  *ret_gone: Ctrl-D. */
static enum mcpass_rc ask_once(struct mp_loop *loop, const struct mp_buf *text, json_t *field,
    json_t **ret_value, bool *ret_gone, struct mcpass_error *err)
{
	char *typed = NULL;
	enum mcpass_rc rc = prompt(loop, text, &typed, err);

	*ret_gone = !rc && typed == NULL;
	if (!rc && typed != NULL && typed[0] == '\0')
		*ret_value = json_incref(json_object_get(field, "default"));
	else if (!rc && typed != NULL)
		rc = mp_elicit_field_read(field, typed, ret_value, err);
	mp_free_wiped(typed);
	return rc;
}

/* Until it fits. */
static enum mcpass_rc ask_field(const struct mp_question *question, const char *name, json_t *field,
    json_t *content, bool *ret_gone, struct mcpass_error *err)
{
	const json_t *schema = json_object_get(question->params, "requestedSchema");
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mcpass_error why = { 0 };
	json_t *value = NULL;
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	add_field(&text, &term, field, name);
	do {
		mp_clear(&why);
		rc = ask_once(question->loop, &text, field, &value, ret_gone, &why);
		if (!rc && value == NULL && !*ret_gone && mp_elicit_field_is_required(schema, name))
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

static bool is_yes(const char *line)
{
	return mp_eq_nocase(line, "y") || mp_eq_nocase(line, "yes");
}

/* The answer to a question of yes or no; Enter is no, Ctrl-D gives up. */
static enum mcpass_rc decide(struct mp_loop *loop, const struct mp_buf *text,
    const char **ret_action, struct mcpass_error *err)
{
	char *line = NULL;
	enum mcpass_rc rc = prompt(loop, text, &line, err);

	*ret_action = line == NULL ? "cancel" : is_yes(line) ? "accept" : "decline";
	mp_free_wiped(line);
	return rc;
}

/* Each value to the byte, as JSON: a default may be longer than what was shown of it. */
static void add_summary(struct mp_buf *buf, const struct mp_term *term, const char *server,
    json_t *content)
{
	const char *name;
	json_t *value;

	mp_buf_addf(buf, "This would go to %s:\n", server);
	json_object_foreach (content, name, value) {
		char *json = mp_json_dump(value);
		struct mp_buf line = MP_BUF(MP_MAX_DOCUMENT);

		mp_buf_addf(&line, "%s = ", name);
		mp_raw_visible(&line, json != NULL ? json : "?");
		mp_term_quote(buf, term, "    ", mp_buf_text(&line));
		mp_buf_free(&line);
		mp_free_wiped(json);
	}
	mp_buf_adds(buf, "Send it? [y/N] ");
}

/* Nothing is sent that was not shown as a whole. */
static enum mcpass_rc confirm(const struct mp_question *question, json_t *content,
    const char **ret_action, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	add_summary(&text, &term, question->server, content);
	rc = mp_buf_check(&text, "the answer", err);
	if (!rc)
		rc = decide(question->loop, &text, ret_action, err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc ask_form(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err)
{
	const json_t *schema = json_object_get(question->params, "requestedSchema");
	json_t *content = json_object(), *field;
	enum mcpass_rc rc = content == NULL ? mp_nomem(err) : MCPASS_OK;
	const char *action = "accept", *name;
	bool gone = false;

	json_object_foreach (json_object_get(schema, "properties"), name, field)
		if (!rc && !gone)
			rc = ask_field(question, name, field, content, &gone, err);
	if (!rc && gone)
		action = "cancel";
	else if (!rc && json_object_size(content) > 0)
		rc = confirm(question, content, &action, err);
	if (!rc && mp_eq(action, "accept"))
		return mp_elicit_result(action, content, ret_answer, err);
	json_decref(content);
	return rc ? rc : mp_elicit_result(action, NULL, ret_answer, err);
}

/* Who asks, and what; and what to do first. */
static void introduce(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_question *question)
{
	const char *message = mp_json_text(question->params, "message");
	const struct mp_elicit_page *page = question->page;

	mp_buf_addf(buf, "%s asks%s:\n", question->server, page != NULL ? " you to open a page" : "");
	mp_term_quote(buf, term, MARK, message != NULL ? message : "(without a word)");
	if (page == NULL) {
		mp_buf_adds(buf, "Answer? [y/N] (then Enter takes what stands in brackets, Ctrl-D gives"
		    " up) ");
		return;
	}
	mp_buf_addf(buf, "\n  Host  %s%s%s\n", mp_paint(term, MP_BOLD), page->host,
	    mp_paint(term, MP_PLAIN));
	if (page->is_international)
		mp_buf_adds(buf, "        (in a browser its letters look different, perhaps like"
		    " another host's)\n");
	mp_buf_addf(buf, "  Page  %s\n\n"
	    "It is not opened for you: do that if you trust this host, and come back.\n"
	    "Did you? [y/N] ", page->url);
}

enum mcpass_rc mp_elicit_person(const struct mp_question *question, json_t **ret_answer,
    struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	const char *action = "decline";
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	introduce(&text, &term, question);
	rc = decide(question->loop, &text, &action, err);
	mp_buf_free(&text);
	if (rc)
		return rc;
	if (mp_eq(action, "accept") && question->page == NULL)
		return ask_form(question, ret_answer, err);
	return mp_elicit_result(action, NULL, ret_answer, err);
}
