/* The requests that are under way.  What one of them needs next is its state: mp_upstream_go_on()
 * does it, when nothing else is being done. */
#include <stdlib.h>
#include "bridge/parts.h"

enum mcpass_rc mp_request_new(struct mp_bridge *b, enum mp_request_kind kind, const char *method,
    struct mp_span params, struct mp_request **ret_request, struct mcpass_error *err)
{
	struct mp_request *r = calloc(1, sizeof(*r)), **end = &b->requests;
	enum mcpass_rc rc;

	if (r == NULL)
		return mp_nomem(err);
	r->kind = kind;
	r->state = MP_REQUEST_HELD;
	r->since = b->now;
	rc = mp_set(&r->method, method, err);
	if (!rc && params.data != NULL)
		rc = mp_set_span(&r->params, params, err);
	while (*end != NULL)            /* those that wait go out in the order they came */
		end = &(*end)->next;
	*end = r;
	if (rc)
		mp_request_free(b, r);
	else
		*ret_request = r;
	return rc;
}

void mp_request_forget_questions(struct mp_request *r)
{
	while (r->questions != NULL) {
		struct mp_question *q = r->questions;

		r->questions = q->next;
		free(q->key);
		free(q->id);
		free(q->method);
		free(q->params);
		free(q->answer);
		free(q->elicitation);
		free(q);
	}
}

void mp_request_free(struct mp_bridge *b, struct mp_request *r)
{
	struct mp_request **slot = &b->requests;

	while (*slot != r)
		slot = &(*slot)->next;
	*slot = r->next;
	mp_request_forget_questions(r);
	free(r->id);
	free(r->method);
	free(r->params);
	free(r->token);
	free(r->progress);
	free(r->state_text);
	free(r->result);
	free(r->failure);
	free(r);
}

struct mp_request *mp_request_by_id(const struct mp_bridge *b, struct mp_span id)
{
	struct mp_request *r = b->requests;

	while (r != NULL && (r->id == NULL || !mp_span_is(id, r->id)))
		r = r->next;
	return r;
}

struct mp_request *mp_request_by_call(const struct mp_bridge *b, size_t server, unsigned call)
{
	struct mp_request *r = b->requests;

	while (r != NULL && (call == 0 || r->call != call || r->server != server))
		r = r->next;
	return r;
}

enum mcpass_rc mp_request_add_question(struct mp_request *r, const char *key, struct mp_span params,
    struct mp_question **ret_question, struct mcpass_error *err)
{
	struct mp_question *q = calloc(1, sizeof(*q)), **end = &r->questions;
	enum mcpass_rc rc;

	if (q == NULL)
		return mp_nomem(err);
	while (*end != NULL)
		end = &(*end)->next;
	*end = q;                       /* the request frees it, whatever comes */
	rc = mp_set(&q->key, key, err);
	if (!rc && params.data != NULL)
		rc = mp_set_span(&q->params, params, err);
	*ret_question = q;
	return rc;
}

void mp_request_submit(struct mp_bridge *b, struct mp_request *r)
{
	struct mp_upstream *u = &b->servers[r->server];

	r->state = MP_REQUEST_HELD;
	if (u->state == MP_UPSTREAM_CLOSED)
		u->state = MP_UPSTREAM_WANTED;
}

enum mcpass_rc mp_request_fail(struct mp_request *r, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(4096);

	r->state = MP_REQUEST_FAILED;
	r->call = 0;
	if (why->doing != NULL)
		mp_buf_addf(&text, "%s: ", why->doing);
	mp_buf_adds(&text, why->detail[0] != '\0' ? why->detail : "The server does not answer.");
	if (why->hint[0] != '\0')
		mp_buf_addf(&text, " -- %s", why->hint);
	return mp_buf_take(&text, "an error", &r->failure, err);
}

/* The machine beneath takes no more of them: that is this request's failure. */
enum mcpass_rc mp_request_send(struct mp_bridge *b, struct mp_request *r, const char *params,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	r->state = MP_REQUEST_SENT;
	rc = b->port->request(b->port->ctx, r->server, r->method, params, &r->call, &why);
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return mp_request_fail(r, &why, err);
}

enum mcpass_rc mp_request_aside(struct mp_bridge *b, size_t server, const char *method,
    const char *params, struct mcpass_error *err)
{
	struct mp_span none = { NULL, 0 };
	struct mp_request *r = NULL;
	enum mcpass_rc rc = mp_request_new(b, MP_REQUEST_ASIDE, method, none, &r, err);

	if (rc || r == NULL)
		return rc;
	r->server = server;
	return mp_request_send(b, r, params, err);
}
