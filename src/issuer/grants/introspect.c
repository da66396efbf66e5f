/* What a token says, for clients that may know.
 *
 * Who: the client that the token was given to, and for an access token the server that it
 * is for, as far as the operator wrote that down (introspects).  For all others it is as if
 * there were no such token: they might be trying what they found.
 * A refresh token says what it is, and is nothing to a client that is a server: one that takes
 * what is active for an access token would let it in.
 * spec: RFC 7662 2, 4; RFC 9449 6.2 */
#include "issuer/clients/client.h"
#include "issuer/grants/grant.h"
#include "issuer/person.h"

/* spec: RFC 7662 2.2 (nothing more is said about it) */
static enum mcpass_rc reply_inactive(const struct mp_turn *turn, struct mcpass_error *err)
{
	json_t *body = json_pack("{s:b}", "active", 0);
	enum mcpass_rc rc = body == NULL ? mp_nomem(err) : mp_response_json(turn, 200, body, err);

	json_decref(body);
	return rc;
}

/* Adds what is the same for all; body is changed. */
static enum mcpass_rc reply_active(const struct mp_turn *turn, json_t *body,
    const char *token_type, const char *typ, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (json_object_set_new(body, "active", json_true()) != 0
	    || json_object_set_new(body, "token_type", json_string(token_type)) != 0
	    || json_object_set_new(body, "typ", json_string(typ)) != 0)
		rc = mp_nomem(err);
	return rc ? rc : mp_response_json(turn, 200, body, err);
}

static bool may_know(const struct mp_client *client, const json_t *claims)
{
	const char *aud = mp_json_text(claims, "aud");

	return mp_eq(mp_json_text(claims, "client_id"), client->client_id)
	    || (aud != NULL && mp_strings_has(&client->introspects, aud));
}

/* Says what the token would: claims is made the answer. */
static enum mcpass_rc tell_access(const struct mp_turn *turn, json_t *claims,
    struct mcpass_error *err)
{
	const char *type = json_object_get(claims, "cnf") != NULL ? "DPoP" : "Bearer";
	const char *username = mp_json_text(claims, "preferred_username");

	/* spec: RFC 7662 2.2 (username is for people) */
	if (username != NULL && json_object_set_new(claims, "username", json_string(username)) != 0)
		return mp_nomem(err);
	return reply_active(turn, claims, type, "at+jwt", err);
}

/* What a refresh token stands for.  spec: RFC 7662 2.2 */
static const struct mp_field refresh_fields[] = {
	{ "client_id", MP_FIELD_STRING, 0, offsetof(struct mp_grant, client_id), NULL },
	{ "sub", MP_FIELD_STRING, 0, offsetof(struct mp_grant, username), NULL },
	{ "username", MP_FIELD_STRING, 0, offsetof(struct mp_grant, username), NULL },
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct mp_grant, scope), NULL },
	{ "aud", MP_FIELD_STRING, 0, offsetof(struct mp_grant, resource), NULL },
	{ "exp", MP_FIELD_INT, 0, offsetof(struct mp_grant, expires_at), NULL },
};

static enum mcpass_rc tell_refresh(const struct mp_turn *turn, const struct mp_grant *grant,
    struct mcpass_error *err)
{
	json_t *body = json_pack("{s:s}", "iss", turn->issuer->url);
	enum mcpass_rc rc = body == NULL ? mp_nomem(err)
	    : mp_json_write(body, refresh_fields, MP_COUNT(refresh_fields), grant, err);

	if (!rc)        /* spec: RFC 8693 2.2.1 (N_A: it is no access token) */
		rc = reply_active(turn, body, "N_A", "refresh_token", err);
	json_decref(body);
	return rc;
}

/* spec: RFC 7662 4 (to whom a token is active is ours to say) */
static bool may_know_refresh(const struct mp_client *client, const struct mp_grant *grant)
{
	return client->introspects.count == 0 && mp_eq(grant->client_id, client->client_id);
}

static enum mcpass_rc look_at_refresh(const struct mp_turn *turn,
    const struct mp_client *client, const char *text, struct mcpass_error *err)
{
	struct mp_secret token = { 0 };
	struct mp_grant grant = { 0 };
	struct mp_user person = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_secret_set(&token, text, err);

	if (!rc)
		rc = mp_grant_peek_refresh(turn, &token, &grant, &found, err);
	if (!rc && found)
		rc = mp_person_load(turn, grant.username, grant.session, &person, &found, err);
	mp_person_free(&person);
	if (!rc)
		rc = found && may_know_refresh(client, &grant) ? tell_refresh(turn, &grant, err)
		    : reply_inactive(turn, err);
	mp_grant_free(&grant);
	mp_secret_free(&token);
	return rc;
}

static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err)
{
	json_t *claims = NULL;
	const char *text;
	enum mcpass_rc rc;

	/* spec: RFC 7662 2.1 (MUST require some form of authorization) */
	if (client->secret_hash == NULL && client->jwks == NULL)
		return mp_response_refuse(err, "invalid_client", "RFC 7662 2.1",
		    "a client without a secret may not ask about tokens");
	rc = mp_request_required(form, "token", &text, err);
	if (!rc)
		rc = mp_access_read(turn, text, &claims, err);
	if (!rc && claims != NULL)
		rc = may_know(client, claims) ? tell_access(turn, claims, err)
		    : reply_inactive(turn, err);
	else if (!rc)
		rc = look_at_refresh(turn, client, text, err);
	json_decref(claims);
	return rc;
}

enum mcpass_rc mp_introspect_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_client_serve(turn, answer, err);
}
