/* The answer of the token endpoint: the tokens.  spec: RFC 6749 5.1; RFC 9449 5 */
#include <string.h>
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/grants/token_endpoint.h"
#include "issuer/upstream/session.h"

struct reply {                          /* spec: RFC 6749 5.1 */
	struct mp_secret access_token, refresh_token;
	char *token_type, *scope, *issued_token_type;
	int64_t expires_in;
};
#define AT(member) offsetof(struct reply, member)
static const struct mp_field reply_fields[] = {
	{ "access_token", MP_FIELD_SECRET, 0, AT(access_token), NULL },
	{ "token_type", MP_FIELD_STRING, 0, AT(token_type), NULL },
	{ "expires_in", MP_FIELD_INT, 0, AT(expires_in), NULL },
	{ "refresh_token", MP_FIELD_SECRET, 0, AT(refresh_token), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "issued_token_type", MP_FIELD_STRING, 0, AT(issued_token_type), NULL },
};

static void tell(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_token_give *give)
{
	const char *grant = "";
	bool renewed;

	(void)mp_form_get(ask->form, "grant_type", &grant, NULL);
	renewed = mp_eq(grant, "refresh_token");
	mp_event_add(turn, &(struct mp_event){ .event = renewed ? "renewed" : "issued",
	    .client = give->client_id, .user = give->subject, .what = grant });
}

static enum mcpass_rc send_reply(const struct mp_turn *turn, const struct reply *reply,
    struct mcpass_error *err)
{
	json_t *body = json_object();
	enum mcpass_rc rc = body == NULL ? mp_nomem(err)
	    : mp_json_write(body, reply_fields, MP_COUNT(reply_fields), reply, err);

	if (!rc)
		rc = mp_response_json(turn, 200, body, err);
	json_decref(body);
	return rc;
}

enum mcpass_rc mp_token_give(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_token_give *give, struct mcpass_error *err)
{
	const struct mp_access access = {
		.username = give->subject, .client_id = give->client_id, .scope = give->scope,
		.resource = give->resource, .now = turn->request->now, .machine = give->machine,
		.thumbprint = ask->thumbprint,
		.family = give->family, .not_after = give->not_after, .claims = give->claims,
	};
	struct reply reply = { .expires_in = mp_access_lifetime(turn->issuer, &access) };
	enum mcpass_rc rc = MCPASS_OK;

	if (turn->issuer->opaque_tokens)
		rc = mp_room_make(turn, MP_KIND_ACCESS, NULL, err);
	if (!rc)
		rc = mp_access_token(turn->issuer, &access, &reply.access_token, err);
	if (!rc && give->refresh != NULL)
		rc = mp_grant_add_refresh(turn, give->refresh, &reply.refresh_token, err);
	if (!rc)        /* spec: RFC 9449 5 */
		rc = mp_set(&reply.token_type, ask->thumbprint != NULL ? "DPoP" : "Bearer", err);
	if (!rc)
		rc = mp_set(&reply.scope, give->scope, err);
	if (!rc)
		rc = mp_set(&reply.issued_token_type, give->issued_type, err);
	if (!rc)
		rc = send_reply(turn, &reply, err);
	if (!rc)
		tell(turn, ask, give);
	mp_json_release(reply_fields, MP_COUNT(reply_fields), &reply);
	return rc;
}

/* spec: RFC 8693 2.2.1; what else came is for us alone */
enum mcpass_rc mp_token_pass_on(const struct mp_turn *turn, const struct mp_token *token,
    struct mcpass_error *err)
{
	struct reply reply = { .expires_in = token->tells_expiry ? token->expires_in : 0 };
	enum mcpass_rc rc;

	rc = mp_secret_set(&reply.access_token, mp_secret_reveal(&token->access_token), err);
	if (!rc)
		rc = mp_set(&reply.token_type, "Bearer", err);
	if (!rc)
		rc = mp_set(&reply.scope, token->scope, err);
	if (!rc)
		rc = mp_set(&reply.issued_token_type, MP_TOKEN_TYPE_ACCESS, err);
	if (!rc)
		rc = send_reply(turn, &reply, err);
	mp_json_release(reply_fields, MP_COUNT(reply_fields), &reply);
	return rc;
}

enum mcpass_rc mp_token_answer_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mp_grant *grant, const char *scope, bool with_refresh, struct mcpass_error *err)
{
	struct mp_token_give give = {
		.subject = grant->username, .client_id = grant->client_id, .scope = scope,
		.resource = grant->resource, .refresh = with_refresh ? grant : NULL,
		.family = grant->family, .machine = grant->session != NULL,
	};
	json_t *claims = NULL;
	enum mcpass_rc rc = mp_client_use(turn, ask->client, err);

	if (!rc && grant->session != NULL)
		rc = mp_idp_session_claims(turn, grant->session, &claims, err);
	give.claims = claims;
	/* A thief could use a public client's refresh token, were it not bound; a confidential
	 * client's is bound by its credentials.  spec: RFC 9449 5 */
	if (!rc)
		rc = mp_set(&grant->thumbprint, mp_eq(ask->client->token_endpoint_auth_method, "none")
		    ? ask->thumbprint : NULL, err);
	if (!rc)
		rc = mp_token_give(turn, ask, &give, err);
	json_decref(claims);
	return rc;
}

/* spec: RFC 8707 2.2 (what was not allowed then is not to be had now) */
enum mcpass_rc mp_token_check_target(const struct mp_form *form, const struct mp_grant *grant,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->pairs[i].name, "resource") == 0
		    && !mp_eq(form->pairs[i].value, grant->resource))
			return mp_response_refuse(err, "invalid_target", "RFC 8707 2.2",
			    "the resource is not the one that was authorized");
	return MCPASS_OK;
}
