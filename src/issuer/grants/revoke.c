/* A client gives back what it has.  spec: RFC 7009 2 */
#include <string.h>
#include "issuer/clients/client.h"
#include "issuer/events.h"
#include "issuer/grants/grant.h"

static enum mcpass_rc refuse_other(struct mcpass_error *err)
{
	return mp_response_refuse(err, "invalid_grant", "RFC 7009 2.1",
	    "the token was issued to another client");
}

static enum mcpass_rc revoke_refresh(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_secret *token, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_grant grant = { 0 };
	enum mcpass_rc rc = mp_grant_read_refresh(turn, token, &grant, &why);

	/* What is not good any more needs no revoking.  spec: RFC 7009 2.2 */
	if (mp_response_is_refusal(rc))
		return MCPASS_OK;
	if (rc)
		*err = why;
	else if (!mp_eq(grant.client_id, client->client_id))
		rc = refuse_other(err);
	else
		rc = mp_grant_revoke(turn, grant.family, err);
	mp_grant_free(&grant);
	return rc;
}

/* One without the other: the login goes on.  spec: RFC 7009 2.1 (may) */
static enum mcpass_rc revoke_access(const struct mp_turn *turn, const struct mp_client *client,
    const char *token, const json_t *claims, struct mcpass_error *err)
{
	if (!mp_eq(mp_json_text(claims, "client_id"), client->client_id))
		return refuse_other(err);
	return mp_access_forget(turn, token, err);
}

static enum mcpass_rc revoke(const struct mp_turn *turn, const struct mp_client *client,
    const char *text, struct mcpass_error *err)
{
	struct mp_secret token = { 0 };
	json_t *claims = NULL;
	enum mcpass_rc rc = mp_access_read(turn, text, &claims, err);

	if (!rc && claims != NULL) {
		rc = revoke_access(turn, client, text, claims, err);
	} else if (!rc) {
		rc = mp_secret_set(&token, text, err);
		if (!rc)
			rc = revoke_refresh(turn, client, &token, err);
	}
	json_decref(claims);
	mp_secret_free(&token);
	return rc;
}

static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err)
{
	const char *text;
	enum mcpass_rc rc = mp_request_required(form, "token", &text, err);

	if (rc)
		return rc;
	/* An access token that is a JWT: the MCP server believes it until it expires; to say
	 * that it is revoked would be a lie.  spec: RFC 7009 2.2.1 */
	if (strchr(text, '.') != NULL)
		return mp_response_refuse(err, "unsupported_token_type", "RFC 7009 2.2.1",
		    "access tokens are good until they expire; revoke the refresh token");
	rc = revoke(turn, client, text, err);
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "revoked", .client = client->client_id });
	turn->response->status = 200;
	return rc;
}

enum mcpass_rc mp_revoke_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_client_serve(turn, answer, err);
}
