#include "issuer/login/ending.h"
#include <string.h>
#include "base/limits.h"
#include "issuer/grants/grant.h"
#include "issuer/login/pages.h"
#include "issuer/login/par.h"
#include "issuer/upstream/begin.h"

/* --- the authorization response --- */
/* Error or not.  spec: RFC 6749 4.1.2, RFC 9207 2 */
static enum mcpass_rc write_location(const struct mp_turn *turn, const struct mp_pending *pending,
    const struct mcpass_header *members, size_t count, struct mp_buf *location,
    struct mcpass_error *err)
{
	const char *uri = pending->redirect_uri;

	mp_buf_adds(location, uri);
	if (strchr(uri, '?') == NULL)
		mp_buf_addc(location, '?');
	for (size_t i = 0; i < count; i++)
		mp_form_add(location, members[i].name, members[i].value);
	mp_form_add(location, "state", pending->state);
	mp_form_add(location, "iss", turn->issuer->url);
	return mp_buf_check(location, "the redirect", err);
}

static enum mcpass_rc redirect(const struct mp_turn *turn, const struct mp_pending *pending,
    const struct mcpass_header *members, size_t count, struct mcpass_error *err)
{
	struct mp_buf location = MP_BUF(4 * MP_MAX_URI);
	enum mcpass_rc rc = write_location(turn, pending, members, count, &location, err);

	/* 303, so that no browser posts a password on.  spec: RFC 9700 4.12 */
	turn->response->status = 303;
	if (!rc)
		rc = mp_response_header(turn, "Location", mp_buf_text(&location), err);
	if (!rc)
		rc = mp_response_header(turn, "Cache-Control", "no-store", err);
	if (!rc)
		rc = mp_response_header(turn, "Referrer-Policy", "no-referrer", err);
	mp_buf_free(&location);
	return rc;
}

static enum mcpass_rc redirect_error(const struct mp_turn *turn, const struct mp_pending *pending,
    const char *error, const char *description, struct mcpass_error *err)
{
	const struct mcpass_header members[] = {
		{ "error", error }, { "error_description", description },
	};

	return redirect(turn, pending, members, MP_COUNT(members), err);
}

static enum mcpass_rc redirect_code(const struct mp_turn *turn, const struct mp_pending *pending,
    const struct mp_secret *code, struct mcpass_error *err)
{
	const struct mcpass_header member = { "code", mp_secret_reveal(code) };

	return redirect(turn, pending, &member, 1, err);
}

/* The person is shown what the client would be told, and may tell it. */
static enum mcpass_rc show_error(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *error, const char *description, struct mcpass_error *err)
{
	const struct mcpass_header members[] = {
		{ "error", error }, { "error_description", description },
	};
	const struct mp_view view = { .client = ending->client, .pending = ending->pending,
		.problem = description };
	struct mp_buf location = MP_BUF(4 * MP_MAX_URI);
	enum mcpass_rc rc;

	rc = write_location(turn, ending->pending, members, MP_COUNT(members), &location, err);
	if (!rc)
		rc = mp_pages_mistake(turn, &view, mp_buf_text(&location), err);
	mp_buf_free(&location);
	return rc;
}

/* --- the second click --- */
/* What a form was answered with, by its ticket.  The code is not kept: it follows from the
 * ticket.  It is there for as long as the page could have been. */
struct answer {
	char *browser, *decision;
	char *redirect_uri, *state;     /* NULL: the answer went to a device; none was sent */
	char *error, *description;      /* NULL: a code */
	char *upstream;                 /* where the person was sent to sign in, or NULL */
};
#define AT(member) offsetof(struct answer, member)
static const struct mp_field fields[] = {
	{ "browser", MP_FIELD_STRING, MP_REQUIRED, AT(browser), NULL },
	{ "decision", MP_FIELD_STRING, MP_REQUIRED, AT(decision), NULL },
	{ "redirect_uri", MP_FIELD_STRING, 0, AT(redirect_uri), NULL },
	{ "state", MP_FIELD_STRING, 0, AT(state), NULL },
	{ "error", MP_FIELD_STRING, 0, AT(error), NULL },
	{ "description", MP_FIELD_STRING, 0, AT(description), NULL },
	{ "upstream", MP_FIELD_STRING, 0, AT(upstream), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

static enum mcpass_rc keep(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *error, const char *description, struct mcpass_error *err)
{
	const struct mp_pending *pending = ending->pending;
	const struct mp_slot slot = { .kind = "answered", .secret = ending->ticket,
		.expires_at = turn->request->now + MP_PENDING_LIFETIME };
	const struct answer answer = {
		.browser = pending->browser, .decision = (char *)ending->decision,
		.redirect_uri = pending->redirect_uri, .state = pending->state,
		.error = (char *)error, .description = (char *)description,
		.upstream = error == NULL && pending->username == NULL ? pending->upstream : NULL,
	};

	return mp_secret_present(ending->ticket) ? mp_record_put(turn, &slot, &shape, &answer, err)
	    : MCPASS_OK;
}

enum mcpass_rc mp_ending_keep(const struct mp_turn *turn, const struct mp_ending *ending,
    struct mcpass_error *err)
{
	return keep(turn, ending, NULL, NULL, err);
}

static enum mcpass_rc repeat(const struct mp_turn *turn, const struct answer *answer,
    const struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_pending pending = { .redirect_uri = answer->redirect_uri,
		.state = answer->state };
	struct mp_secret code = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	if (answer->upstream != NULL)
		return mp_idp_again(turn, answer->upstream, ticket, err);
	if (answer->redirect_uri == NULL)
		return mp_device_finished(turn, answer->error == NULL, err);
	if (answer->error != NULL)
		return redirect_error(turn, &pending, answer->error, answer->description, err);
	rc = mp_grant_find_code(turn, ticket, &code, &found, err);
	if (!rc)
		rc = found ? redirect_code(turn, &pending, &code, err) : mp_pending_answered(err);
	mp_secret_free(&code);
	return rc;
}

/* "login" for a form without buttons. */
static enum mcpass_rc read_decision(const struct mp_form *form, const char **ret_decision,
    struct mcpass_error *err)
{
	const char *decision = NULL;
	enum mcpass_rc rc = mp_form_get(form, "decision", &decision, err);

	if (!rc)
		*ret_decision = decision != NULL ? decision : "login";
	return rc;
}

/* A form that was answered gets the same answer again, as long as the code has not been used,
 * and the page that says so afterwards.  *ret_done is false for one that has no answer yet. */
static enum mcpass_rc repeat_answer(const struct mp_turn *turn, const struct mp_form *form,
    bool *ret_done, struct mcpass_error *err)
{
	struct answer answer = { 0 };
	struct mp_secret ticket = { 0 };
	const struct mp_slot slot = { .kind = "answered", .secret = &ticket };
	const char *text = NULL, *decision = NULL;
	bool found = false;
	enum mcpass_rc rc = mp_form_get(form, "ticket", &text, err);

	if (rc || text == NULL || !mp_request_same_origin(turn))
		return rc;                      /* mp_pending_open() refuses it */
	rc = mp_secret_set(&ticket, text, err);
	if (!rc)
		rc = mp_record_get(turn, &slot, &shape, &answer, &found, err);
	if (!rc && found)
		rc = mp_pending_check_browser(turn, answer.browser, err);
	if (!rc && found)
		rc = read_decision(form, &decision, err);
	if (!rc && found)
		rc = mp_eq(decision, answer.decision) ? repeat(turn, &answer, &ticket, err)
		    : mp_pending_answered(err);
	*ret_done = found;
	mp_record_release(&shape, &answer);
	mp_secret_free(&ticket);
	return rc;
}

enum mcpass_rc mp_ending_handle_form(const struct mp_turn *turn, mp_form_fn *answer,
    struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	struct mp_client client = { 0 };
	struct mp_pending pending = { 0 };
	struct mp_secret ticket = { 0 };
	bool done = false;
	enum mcpass_rc rc = mp_request_form(turn, &form, err);

	if (!rc)
		rc = repeat_answer(turn, &form, &done, err);
	if (!rc && !done)
		rc = mp_pending_open(turn, &form, &client, &pending, &ticket, err);
	if (!rc && !done)
		rc = answer(turn, &form, &client, &pending, &ticket, err);
	if (mp_response_is_refusal(rc))
		rc = mp_pages_refusal(turn, 403, err);
	mp_form_free(&form);
	mp_client_free(&client);
	mp_pending_free(&pending);
	mp_secret_free(&ticket);
	return rc;
}

/* --- the endings --- */
/* A client that registered itself chose the address: a link with a mistake in it would make
 * us a redirector to wherever its author likes.  Who comes back from an identity provider has
 * answered a page of ours before.  spec: RFC 9700 4.11.2 */
static bool may_redirect(const struct mp_turn *turn, const struct mp_ending *ending)
{
	return ending->client->is_known || strcmp(turn->request->method, "POST") == 0
	    || ending->pending->upstream != NULL;
}

enum mcpass_rc mp_ending_refuse(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *error, const char *description, struct mcpass_error *err)
{
	const struct mp_pending *pending = ending->pending;
	enum mcpass_rc rc;

	if (pending->device == NULL && !may_redirect(turn, ending))
		return show_error(turn, ending, error, description, err);
	rc = mp_par_use_up(turn, pending, err);
	if (!rc)
		rc = keep(turn, ending, error, description, err);
	if (!rc)
		rc = pending->device != NULL ? mp_device_finish(turn, pending, NULL, false, err)
		    : redirect_error(turn, pending, error, description, err);
	return rc;
}

static enum mcpass_rc give_code(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *scope, struct mcpass_error *err)
{
	const struct mp_pending *pending = ending->pending;
	const struct mp_grant grant = {
		.client_id = ending->client->client_id,
		.username = pending->username,
		.scope = (char *)scope,
		.resource = pending->resource,
		.redirect_uri = pending->redirect_uri,
		.code_challenge = pending->code_challenge,
		.thumbprint = pending->thumbprint,
		.session = pending->session,
	};
	struct mp_secret code = { 0 };
	enum mcpass_rc rc = mp_grant_begin(turn, &grant, ending->ticket, &code, err);

	if (!rc)
		rc = redirect_code(turn, pending, &code, err);
	mp_secret_free(&code);
	return rc;
}

enum mcpass_rc mp_ending_grant(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *scope, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_par_use_up(turn, ending->pending, err);

	if (!rc)
		rc = mp_client_use(turn, ending->client, err);
	if (!rc)
		rc = ending->pending->device != NULL
		    ? mp_device_finish(turn, ending->pending, scope, true, err)
		    : give_code(turn, ending, scope, err);
	return rc ? rc : keep(turn, ending, NULL, NULL, err);
}
