/* An old host is asked what a new server wants to know, and the request goes out again.
 * spec: MCP 2026-07-28 mrtr, "Client Requirements" */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"
#include "wire/uri.h"

static bool host_offers(const struct mp_bridge *b, const char *name, const char *inner)
{
	const char *all = b->host.capabilities;
	struct mp_span offer = { NULL, 0 };

	if (all != NULL)
		offer = mp_raw_value((struct mp_span){ all, strlen(all) }, name);
	if (offer.len == 0 || offer.data[0] != '{')
		return false;
	return inner == NULL || mp_raw_value(offer, inner).data != NULL;
}

/* The capability that the host lacks for it, or NULL. */
static const char *lacks(const struct mp_bridge *b, const char *method, bool is_url)
{
	if (mp_eq(method, "sampling/createMessage"))
		return host_offers(b, "sampling", NULL) ? NULL : "sampling";
	if (mp_eq(method, "roots/list"))
		return host_offers(b, "roots", NULL) ? NULL : "roots";
	if (mp_eq(method, "elicitation/create") && is_url)
		return host_offers(b, "elicitation", "url") ? NULL : "elicitation.url";
	if (mp_eq(method, "elicitation/create"))
		return host_offers(b, "elicitation", NULL) ? NULL : "elicitation";
	return "a method of its own";
}

bool mp_input_is_safe_url(const char *url)
{
	struct mp_uri uri;

	if (url == NULL || mp_uri_parse(url, &uri, NULL) != MCPASS_OK)
		return false;
	return uri.is_https || mp_uri_is_loopback(&uri);
}

/* The elicitationId that 2026-07-28 has not, and an old host wants. */
static enum mcpass_rc name_elicitation(struct mp_bridge *b, struct mp_question *q,
    struct mcpass_error *err)
{
	struct mp_change edit = { "elicitationId", NULL };
	char *params = NULL;
	enum mcpass_rc rc = mp_tell_next_id(b, &q->elicitation, err);

	edit.json = q->elicitation;
	if (!rc)
		rc = mp_splice((struct mp_span){ q->params, strlen(q->params) }, &edit, 1, &params, err);
	if (rc)
		return rc;
	free(q->params);
	q->params = params;
	return MCPASS_OK;
}

/* Adds the question.  *ret_lack: the host has not offered this capability; *ret_unsafe: nor may
 * it be sent to that URL. */
static enum mcpass_rc add_question(struct mp_bridge *b, struct mp_request *r, const char *key,
    struct mp_span request, const char **ret_lack, bool *ret_unsafe, struct mcpass_error *err)
{
	struct mp_span params = mp_raw_value(request, "params");
	char *method = NULL, *mode = NULL, *url = NULL;
	struct mp_question *q = NULL;
	enum mcpass_rc rc;

	if (params.len > 0 && params.data[0] != '{')
		params = (struct mp_span){ NULL, 0 };
	rc = mp_splice_text(mp_raw_value(request, "method"), &method, err);
	if (!rc && params.data != NULL)
		rc = mp_splice_text(mp_raw_value(params, "mode"), &mode, err);
	if (!rc && mp_eq(mode, "url"))
		rc = mp_splice_text(mp_raw_value(params, "url"), &url, err);
	if (!rc) {
		*ret_lack = lacks(b, method, mp_eq(mode, "url"));
		*ret_unsafe = mp_eq(mode, "url") && !mp_input_is_safe_url(url);
		rc = mp_request_add_question(r, key, params, &q, err);
	}
	if (!rc)
		rc = mp_tell_next_id(b, &q->id, err);
	if (!rc && mp_eq(mode, "url") && q->params != NULL)
		rc = name_elicitation(b, q, err);
	if (q != NULL)
		q->method = method;
	else
		free(method);
	free(mode);
	free(url);
	return rc;
}

static enum mcpass_rc cannot_ask(struct mp_bridge *b, struct mp_request *r, const char *lack,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "The server asks for what this host did not offer it: %s.", lack);
	rc = mp_buf_check(&text, "an error", err);
	if (!rc)
		rc = mp_tell_error(b, r, MP_RPC_INVALID_PARAMS, mp_buf_text(&text), err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc ask_all(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	r->state = MP_REQUEST_ASKING;
	for (struct mp_question *q = r->questions; !rc && q != NULL; q = q->next)
		rc = mp_tell_message(b, q->id, q->method, q->params, err);
	return rc;
}

/* --- the request once more --- */

static enum mcpass_rc write_responses(const struct mp_request *r, char **ret_text,
    struct mcpass_error *err)
{
	const char *separator = "{";
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER);

	for (const struct mp_question *q = r->questions; q != NULL; q = q->next) {
		mp_buf_adds(&buf, separator);
		mp_splice_string(&buf, q->key);
		mp_buf_addf(&buf, ":%s", q->answer);
		separator = ",";
	}
	mp_buf_adds(&buf, r->questions != NULL ? "}" : "{}");
	return mp_buf_take(&buf, "the answers", ret_text, err);
}

/* spec: mrtr: the state exactly as it was, or not at all */
static enum mcpass_rc again(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };
	struct mp_change edits[2] = { { "inputResponses", NULL }, { "requestState", r->state_text } };
	char *responses = NULL, *with = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (r->questions != NULL)
		rc = write_responses(r, &responses, err);
	edits[0].json = responses;
	if (!rc)
		rc = mp_splice(params, edits, 2, &with, err);
	free(responses);
	if (!rc)
		rc = mp_set(&r->state_text, NULL, err);
	if (!rc)
		rc = mp_modernize_send(b, r, (struct mp_span){ with, strlen(with) }, err);
	free(with);
	return rc;
}

static enum mcpass_rc read_questions(struct mp_bridge *b, struct mp_request *r,
    struct mp_span requests, const char **ret_lack, bool *ret_unsafe, struct mcpass_error *err)
{
	const char *at = requests.data, *end = requests.data + requests.len;
	struct mp_span key, value;
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && *ret_lack == NULL && !*ret_unsafe && mp_raw_pair(&at, end, &key, &value)) {
		char *name = NULL;

		while (value.len > 0 && strchr(" \t\r\n", value.data[0]) != NULL)
			value = (struct mp_span){ value.data + 1, value.len - 1 };
		if (value.len == 0 || value.data[0] != '{')
			continue;
		rc = mp_splice_text(key, &name, err);
		if (!rc)
			rc = add_question(b, r, name, value, ret_lack, ret_unsafe, err);
		free(name);
	}
	return rc;
}

enum mcpass_rc mp_input_ask(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err)
{
	struct mp_span all = { result, strlen(result) };
	struct mp_span requests = mp_raw_value(all, "inputRequests");
	struct mp_span state = mp_raw_value(all, "requestState");
	const char *lack = NULL;
	bool is_unsafe = false;
	enum mcpass_rc rc = mp_input_complete(b, r, err);

	mp_request_forget_questions(r);
	if (!rc && ++r->rounds > MP_MAX_INPUT_ROUNDS)
		return mp_tell_error(b, r, MP_RPC_INTERNAL,
		    "The server asked for input too many times, and did not answer.", err);
	if (!rc && state.len > 0 && state.data[0] == '"')
		rc = mp_set_span(&r->state_text, state, err);
	if (!rc && requests.len > 0 && requests.data[0] == '{')
		rc = read_questions(b, r, requests, &lack, &is_unsafe, err);
	if (rc)
		return rc;
	if (lack != NULL)
		return cannot_ask(b, r, lack, err);
	if (is_unsafe)
		return mp_tell_error(b, r, MP_RPC_INTERNAL,
		    "The server wants a page opened that is neither https nor on this machine.", err);
	if (r->questions == NULL && r->state_text == NULL)
		return mp_tell_error(b, r, MP_RPC_INTERNAL,
		    "The server asks for input and does not say which.", err);
	return r->questions != NULL ? ask_all(b, r, err) : again(b, r, err);
}

/* --- the host's answers --- */

static struct mp_request *find_question(const struct mp_bridge *b, struct mp_span id,
    struct mp_question **ret_question)
{
	for (struct mp_request *r = b->requests; r != NULL; r = r->next)
		for (struct mp_question *q = r->questions; q != NULL; q = q->next)
			if (r->state == MP_REQUEST_ASKING && q->answer == NULL && mp_span_is(id, q->id)) {
				*ret_question = q;
				return r;
			}
	return NULL;
}

enum mcpass_rc mp_input_withdraw(struct mp_bridge *b, struct mp_request *r,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf params;

	for (struct mp_question *q = r->questions; !rc && q != NULL; q = q->next) {
		if (q->answer != NULL)
			continue;
		mp_buf_init(&params, 256);
		mp_buf_addf(&params, "{\"requestId\":%s}", q->id);
		rc = mp_tell_note(b, "notifications/cancelled", &params, err);
	}
	return rc;
}

static bool is_answered(const struct mp_request *r)
{
	for (const struct mp_question *q = r->questions; q != NULL; q = q->next)
		if (q->answer == NULL)
			return false;
	return true;
}

enum mcpass_rc mp_input_take(struct mp_bridge *b, const struct mp_message *m, bool *ret_taken,
    struct mcpass_error *err)
{
	struct mp_question *q;
	struct mp_request *r = m->id.data != NULL ? find_question(b, m->id, &q) : NULL;
	enum mcpass_rc rc;

	*ret_taken = r != NULL;
	if (r == NULL)
		return MCPASS_OK;
	if (m->kind == MP_RPC_ERROR) {
		rc = mp_set(&q->answer, "", err);       /* it needs no withdrawal */
		if (!rc)
			rc = mp_input_withdraw(b, r, err);
		return rc ? rc : mp_tell_error(b, r, MP_RPC_INTERNAL,
		    "The server asked this host for input, which refused.", err);
	}
	rc = mp_set_span(&q->answer, m->result, err);
	return rc || !is_answered(r) ? rc : again(b, r, err);
}

/* spec: MCP 2025-11-25 elicitation, "Completion Notifications for URL Mode" */
enum mcpass_rc mp_input_complete(struct mp_bridge *b, const struct mp_request *r,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf params;

	for (const struct mp_question *q = r->questions; !rc && q != NULL; q = q->next) {
		if (q->elicitation == NULL)
			continue;
		mp_buf_init(&params, 256);
		mp_buf_addf(&params, "{\"elicitationId\":%s}", q->elicitation);
		rc = mp_tell_note(b, "notifications/elicitation/complete", &params, err);
	}
	return rc;
}
