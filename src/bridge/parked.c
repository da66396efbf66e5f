/* An old server asks in the middle of a call, which goes on meanwhile; the new host hears
 * input_required, and comes back with the answers.
 * spec: MCP 2026-07-28 mrtr, "Server Requirements" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"
#include "mcp/methods.h"

/* --- asking --- */

/* It cannot be guessed: a request that carries it may answer for the parked one. */
static enum mcpass_rc new_token(struct mp_bridge *b, char **ret_token, struct mcpass_error *err)
{
	uint8_t bytes[16];
	struct mp_buf buf = MP_BUF(64);

	if (b->config->random == NULL || b->config->random(b->config->random_ctx, bytes, sizeof(bytes)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "there is no randomness");
	for (size_t i = 0; i < sizeof(bytes); i++)
		mp_buf_addf(&buf, "%02x", bytes[i]);
	return mp_buf_take(&buf, "a state", ret_token, err);
}

static enum mcpass_rc write_questions(const struct mp_request *r, char **ret_text,
    struct mcpass_error *err)
{
	const char *separator = "";
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER);

	mp_buf_adds(&buf, "{\"resultType\":\"input_required\",\"inputRequests\":{");
	for (const struct mp_question *q = r->questions; q != NULL; q = q->next) {
		mp_buf_adds(&buf, separator);
		mp_splice_string(&buf, q->key);
		mp_buf_adds(&buf, ":{\"method\":");
		mp_splice_string(&buf, q->method);
		mp_buf_addf(&buf, ",\"params\":%s}", q->params != NULL ? q->params : "{}");
		separator = ",";
	}
	mp_buf_addf(&buf, "},\"requestState\":\"%s\"}", r->token);
	return mp_buf_take(&buf, "a result", ret_text, err);
}

/* The host has its answer, and the request no id any more. */
static enum mcpass_rc park(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	free(r->token);
	r->token = NULL;
	rc = new_token(b, &r->token, err);
	if (!rc)
		rc = write_questions(r, &text, err);
	if (!rc)
		rc = mp_tell_interim(b, r->id, text, err);
	free(text);
	free(r->id);
	r->id = NULL;
	r->state = MP_REQUEST_PARKED;
	r->since = b->now;
	return rc;
}

static enum mcpass_rc add_question(struct mp_bridge *b, struct mp_request *r, struct mp_span id,
    const char *method, struct mp_span params, struct mcpass_error *err)
{
	static const struct mp_change no_id = { "elicitationId", NULL };
	struct mp_question *q = NULL;
	char key[32], *plain = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	(void)snprintf(key, sizeof(key), "input-%u", ++b->last_id);
	if (params.data != NULL)
		rc = mp_splice(params, &no_id, 1, &plain, err);
	if (!rc)
		rc = mp_request_add_question(r, key, (struct mp_span){ plain, plain != NULL ? strlen(plain) : 0 },
		    &q, err);
	free(plain);
	if (!rc)
		rc = mp_set(&q->method, method, err);
	if (!rc && id.data != NULL)
		rc = mp_set_span(&q->id, id, err);
	return rc;
}

/* A server that does not say during which call it asks: the oldest that may ask. */
static struct mp_request *asker(const struct mp_bridge *b, size_t server, unsigned call)
{
	struct mp_request *r = mp_request_by_call(b, server, call);

	if (r != NULL && r->kind == MP_REQUEST_HOST)
		return r;
	for (r = b->requests; r != NULL; r = r->next)
		if (r->kind == MP_REQUEST_HOST && r->is_new && r->server == server && r->call != 0
		    && mp_methods_has(r->method, MP_METHOD_MAY_ASK))
			return r;
	return NULL;
}

static enum mcpass_rc respond(struct mp_bridge *b, size_t server, struct mp_span id,
    const char *member, struct mp_span json, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER);
	enum mcpass_rc rc;

	mp_buf_adds(&buf, "{\"jsonrpc\":\"2.0\",\"id\":");
	mp_buf_add(&buf, id.data, id.len);
	mp_buf_addf(&buf, ",\"%s\":", member);
	mp_buf_add(&buf, json.data, json.len);
	mp_buf_addc(&buf, '}');
	rc = mp_buf_check(&buf, "an answer", err);
	if (!rc)
		rc = b->port->respond(b->port->ctx, server, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

enum mcpass_rc mp_parked_ask(struct mp_bridge *b, size_t server, unsigned call,
    const struct mp_message *m, struct mcpass_error *err)
{
	static const char *const none = "{\"code\":-32601,\"message\":\"Nothing is under way in which that"
	    " can be asked.\"}";
	struct mp_request *r = asker(b, server, call);
	enum mcpass_rc rc;

	if (mp_eq(m->method, "ping"))
		return respond(b, server, m->id, "result", (struct mp_span){ "{}", 2 }, err);
	if (r == NULL)
		return respond(b, server, m->id, "error", (struct mp_span){ none, strlen(none) }, err);
	rc = add_question(b, r, m->id, m->method, m->params, err);
	return rc || r->state == MP_REQUEST_PARKED ? rc : park(b, r, err);
}

/* spec: MCP 2025-11-25 elicitation, "URL Elicitation Required Error" */
enum mcpass_rc mp_parked_urls(struct mp_bridge *b, struct mp_request *r, const json_t *error,
    struct mcpass_error *err)
{
	const json_t *list = json_object_get(json_object_get(error, "data"), "elicitations"), *one;
	struct mp_span no_id = { NULL, 0 };
	enum mcpass_rc rc = MCPASS_OK;
	size_t i;

	json_array_foreach (list, i, one) {
		char *text = rc ? NULL : mp_json_dump(one);

		if (!rc && text == NULL)
			rc = mp_nomem(err);
		if (text != NULL && json_is_object(one))
			rc = add_question(b, r, no_id, "elicitation/create",
			    (struct mp_span){ text, strlen(text) }, err);
		free(text);
	}
	if (!rc && r->questions == NULL)
		return mp_tell_error(b, r, MP_RPC_INVALID_PARAMS,
		    "The server wants pages opened, and names none.", err);
	r->is_refused = true;
	return rc ? rc : park(b, r, err);
}

/* --- answers --- */

static struct mp_request *find(const struct mp_bridge *b, const struct mp_request *r,
    const char *token)
{
	struct mp_request *p = b->requests;

	while (p != NULL && (p->state != MP_REQUEST_PARKED || !mp_eq(p->token, token)
	    || !mp_eq(p->method, r->method)))
		p = p->next;
	return p;
}

/* Those that have an answer go to the server, the others stay. */
static enum mcpass_rc answer_questions(struct mp_bridge *b, struct mp_request *p,
    struct mp_span answers, struct mcpass_error *err)
{
	struct mp_question *kept = NULL, **end = &kept, *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_question *q = p->questions; q != NULL; q = next) {
		struct mp_span answer = { NULL, 0 };

		next = q->next;
		if (answers.len > 0 && answers.data[0] == '{')
			answer = mp_raw_value(answers, q->key);
		if (rc || answer.data == NULL) {
			*end = q;
			end = &q->next;
			continue;
		}
		if (q->id != NULL)
			rc = respond(b, p->server, (struct mp_span){ q->id, strlen(q->id) }, "result", answer, err);
		q->next = NULL;
		p->questions = q;
		mp_request_forget_questions(p);
	}
	*end = NULL;
	p->questions = kept;
	return rc;
}

static enum mcpass_rc go_on(struct mp_bridge *b, struct mp_request *p, struct mcpass_error *err)
{
	if (p->questions != NULL && p->result == NULL)
		return park(b, p, err);
	p->state = p->result != NULL ? MP_REQUEST_ANSWERED : MP_REQUEST_SENT;
	if (p->is_refused)
		mp_request_submit(b, p);
	p->is_refused = false;
	return MCPASS_OK;
}

enum mcpass_rc mp_parked_resume(struct mp_bridge *b, struct mp_request *r, bool *ret_taken,
    struct mcpass_error *err)
{
	struct mp_span params = { r->params, r->params != NULL ? strlen(r->params) : 0 };
	struct mp_request *p = NULL;
	char *token = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_taken = false;
	if (r->params != NULL)
		rc = mp_splice_text(mp_raw_value(params, "requestState"), &token, err);
	if (!rc && token != NULL)
		p = find(b, r, token);
	free(token);
	if (rc || p == NULL)
		return rc;
	*ret_taken = true;
	p->id = r->id;
	r->id = NULL;
	rc = answer_questions(b, p, mp_raw_value(params, "inputResponses"), err);
	mp_request_free(b, r);
	return rc ? rc : go_on(b, p, err);
}
