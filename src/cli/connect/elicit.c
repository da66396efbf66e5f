#include "cli/connect/elicit.h"
#include <string.h>
#include "cli/args.h"
#include "io/file/read_file.h"
#include "ui/out.h"

static const struct mp_option elicit_options[] = {
	{ "elicit", '\0', MP_OPTION_TEXT, "ANSWER", offsetof(struct mp_elicit_options, answer),
	    "When the server asks back: accept (with its defaults), decline, cancel, '{\"field\":"
	    " 1}', @FILE, or - (a line of standard input each). Otherwise you are asked." },
};
const struct mp_option_table mp_elicit_table = {
	"Questions of the server", elicit_options, MP_COUNT(elicit_options)
};

static const struct { const char *word; enum mp_elicit_by by; } words[] = {
	{ "accept", MP_ELICIT_ACCEPT }, { "decline", MP_ELICIT_DECLINE },
	{ "cancel", MP_ELICIT_CANCEL }, { "-", MP_ELICIT_LINES },
};

static enum mcpass_rc read_content(const char *text, json_t **ret_content,
    struct mcpass_error *err)
{
	char *const argument[] = { (char *)text };
	char *from_file = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (text[0] == '@') {
		rc = mp_read_file(text + 1, MP_MAX_DOCUMENT, &from_file, NULL, err);
		if (rc)
			return rc;
		text = from_file + strspn(from_file, " \t\r\n");
	}
	if (text[0] != '{')
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--elicit takes accept, decline, cancel, -,"
		    " a JSON object or @FILE with one");
	else if (from_file != NULL)
		rc = mp_args_parse((char *const[]){ from_file + (text - from_file) }, 1, ret_content,
		    NULL, err);
	else
		rc = mp_args_parse(argument, 1, ret_content, NULL, err);
	mp_free_wiped(from_file);
	return rc;
}

enum mcpass_rc mp_elicit_init(struct mp_elicit *elicit, const char *text, bool is_person,
    struct mcpass_error *err)
{
	*elicit = (struct mp_elicit){ .by = is_person ? MP_ELICIT_PERSON : MP_ELICIT_NOBODY };
	if (text == NULL)
		return MCPASS_OK;
	for (size_t i = 0; i < MP_COUNT(words); i++)
		if (strcmp(text, words[i].word) == 0) {
			elicit->by = words[i].by;
			return MCPASS_OK;
		}
	elicit->by = MP_ELICIT_CONTENT;
	return read_content(text, &elicit->content, err);
}

void mp_elicit_free(struct mp_elicit *elicit)
{
	json_decref(elicit->content);
	*elicit = (struct mp_elicit){ 0 };
}

/* A URL is for a person who can judge it. */
static bool may_see_url(const struct mp_elicit *elicit)
{
	return elicit->by == MP_ELICIT_PERSON || elicit->by == MP_ELICIT_LINES;
}

const char *mp_elicit_capabilities(const struct mp_elicit *elicit)
{
	if (elicit->by == MP_ELICIT_NOBODY)
		return NULL;
	return may_see_url(elicit) ? "{\"elicitation\":{\"form\":{},\"url\":{}}}"
	    : "{\"elicitation\":{\"form\":{}}}";
}

/* What was given for this question: under its key, or for the only one there is. */
static const json_t *given_for(const struct mp_elicit *elicit,
    const struct mp_question *question)
{
	const json_t *own = question->key != NULL
	    ? json_object_get(elicit->content, question->key) : NULL;

	if (json_is_object(own))
		return own;
	return question->alone ? elicit->content : NULL;
}

static enum mcpass_rc accept(const struct mp_elicit *elicit, const struct mp_question *question,
    json_t **ret_answer, struct mcpass_error *err)
{
	json_t *content = NULL;
	const json_t *given = NULL;
	enum mcpass_rc rc;

	if (elicit->by == MP_ELICIT_CONTENT) {
		given = given_for(elicit, question);
		if (given == NULL)
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "--elicit has no answer to the question \"%s\"", question->key);
	}
	rc = mp_elicit_fill(json_object_get(question->params, "requestedSchema"), given, &content,
	    err);
	return rc ? rc : mp_elicit_result("accept", content, ret_answer, err);
}

/* A page that would not be safe to open is declined without a question. */
static enum mcpass_rc answer_url(const struct mp_elicit *elicit,
    const struct mp_question *question, json_t **ret_answer, struct mcpass_error *err)
{
	const char *url = mp_json_text(question->params, "url");
	struct mp_question with_page = *question;
	struct mp_elicit_page page = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_elicit_page(question->server, url, &page, &why);

	if (rc == MCPASS_E_POLICY) {
		mp_say(false, "note: declined: %s asks to open %s: %s", question->server,
		    url != NULL ? url : "a page without saying which", why.detail);
		return mp_elicit_result("decline", NULL, ret_answer, err);
	}
	if (rc)
		return mp_nomem(err);
	with_page.page = &page;
	rc = elicit->by == MP_ELICIT_PERSON ? mp_elicit_person(&with_page, ret_answer, err)
	    : mp_elicit_line(&with_page, ret_answer, err);
	mp_elicit_page_free(&page);
	return rc;
}

enum mcpass_rc mp_elicit_answer(const struct mp_elicit *elicit,
    const struct mp_question *question, json_t **ret_answer, struct mcpass_error *err)
{
	bool is_url = mp_elicit_is_url(question->params);
	enum mcpass_rc rc;

	if (elicit->by != MP_ELICIT_NOBODY && is_url && !may_see_url(elicit))
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP elicitation, Capabilities",
		    "the server asks to open a URL, which was not offered");
	if (is_url && may_see_url(elicit))
		return answer_url(elicit, question, ret_answer, err);
	switch (elicit->by) {
	case MP_ELICIT_PERSON:
		return mp_elicit_person(question, ret_answer, err);
	case MP_ELICIT_LINES:
		return mp_elicit_line(question, ret_answer, err);
	case MP_ELICIT_ACCEPT:
	case MP_ELICIT_CONTENT:
		return accept(elicit, question, ret_answer, err);
	case MP_ELICIT_DECLINE:
		return mp_elicit_result("decline", NULL, ret_answer, err);
	case MP_ELICIT_CANCEL:
		return mp_elicit_result("cancel", NULL, ret_answer, err);
	case MP_ELICIT_NOBODY:
		break;
	}
	rc = mp_fail(err, MCPASS_E_DENIED, NULL,
	    "the server asks a question, and there is no person to answer it");
	mp_hint(err, "run it on a terminal, or give --elicit accept, or --elicit '{\"field\": 1}'");
	return rc;
}
