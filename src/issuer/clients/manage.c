/* A client reads, changes or deletes its own registration.  spec: RFC 7592 2 */
#include <stdlib.h>
#include <string.h>
#include "issuer/clients/register.h"

static enum mcpass_rc unknown(struct mcpass_error *err)
{
	/* The same for a client that is none.  spec: RFC 7592 2.1 */
	return mp_response_refuse(err, "invalid_token", "RFC 7592 2",
	    "the registration access token is not one of this client");
}

static enum mcpass_rc read_bearer(const struct mp_turn *turn, struct mp_secret *ret_token,
    struct mcpass_error *err)
{
	static const char scheme[] = "Bearer ";
	const size_t len = sizeof(scheme) - 1;
	const char *header;
	enum mcpass_rc rc = mp_request_header(turn, "Authorization", &header, err);

	if (rc)
		return rc;
	/* spec: RFC 6750 2.1 */
	if (header == NULL || strlen(header) <= len
	    || !mp_span_is_nocase((struct mp_span){ header, len }, scheme))
		return unknown(err);
	return mp_secret_set(ret_token, header + len, err);
}

static enum mcpass_rc check_token(const struct mp_secret *token,
    const struct mp_client *client, struct mcpass_error *err)
{
	char *hash = NULL;
	enum mcpass_rc rc = mp_record_key(token, &hash, err);

	if (!rc && (strlen(hash) != strlen(client->registration_hash)
	    || !mp_bytes_equal(hash, client->registration_hash, strlen(hash))))
		rc = unknown(err);
	free(hash);
	return rc;
}

/* The client that the path names, when the token is its own. */
static enum mcpass_rc open_client(const struct mp_turn *turn, struct mp_client *ret_client,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	const char *client_id = strrchr(turn->request->path, '/') + 1;
	bool found = false;
	enum mcpass_rc rc = read_bearer(turn, ret_token, err);

	if (!rc)
		rc = mp_client_load(turn, client_id, ret_client, &found, err);
	if (!rc && !found)
		rc = unknown(err);
	return rc ? rc : check_token(ret_token, ret_client, err);
}

static enum mcpass_rc end(const struct mp_turn *turn, enum mcpass_rc rc,
    struct mp_client *client, struct mp_secret *token, struct mcpass_error *err)
{
	if (mp_response_is_refusal(rc))
		rc = mp_response_refusal(turn, err);
	mp_client_free(client);
	mp_secret_free(token);
	return rc;
}

enum mcpass_rc mp_manage_get(const struct mp_turn *turn, struct mcpass_error *err)
{
	const struct mp_secret no_secret = { 0 };
	struct mp_client client = { 0 };
	struct mp_secret token = { 0 };
	enum mcpass_rc rc = open_client(turn, &client, &token, err);

	if (!rc)
		rc = mp_register_reply(turn, 200, &client, &no_secret, &token, err);
	return end(turn, rc, &client, &token, err);
}

/* Secrets and names stay what they are: only the rest may be changed.
 * spec: RFC 7592 2.2 */
static enum mcpass_rc check_identity(const struct mp_registration *wish,
    const struct mp_client *client, struct mcpass_error *err)
{
	const char *method = wish->token_endpoint_auth_method;

	if (!mp_eq(wish->client_id, client->client_id))
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7592 2.2",
		    "client_id has to be the one that is changed");
	if (mp_secret_present(&wish->registration_access_token)
	    || wish->registration_client_uri != NULL || wish->client_secret_expires_at != 0)
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7592 2.2",
		    "registration_access_token, registration_client_uri and"
		    " client_secret_expires_at are not the client's to send");
	if (method != NULL && !mp_eq(method, client->token_endpoint_auth_method))
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7592 2.2",
		    "token_endpoint_auth_method cannot be changed: register anew");
	return MCPASS_OK;
}

static enum mcpass_rc check_own_secret(const struct mp_registration *wish,
    const struct mp_client *client, struct mcpass_error *err)
{
	char *hash = NULL;
	enum mcpass_rc rc;

	if (!mp_secret_present(&wish->client_secret))
		return MCPASS_OK;
	rc = mp_record_key(&wish->client_secret, &hash, err);
	/* spec: RFC 7592 2.2 ("MUST match the currently issued client secret") */
	if (!rc && !mp_eq(hash, client->secret_hash))
		rc = mp_response_refuse(err, "invalid_client_metadata", "RFC 7592 2.2",
		    "client_secret is not the one that was issued");
	free(hash);
	return rc;
}

enum mcpass_rc mp_manage_put(const struct mp_turn *turn, struct mcpass_error *err)
{
	const struct mp_secret no_secret = { 0 };
	struct mp_registration wish = { 0 };
	struct mp_client client = { 0 };
	struct mp_secret token = { 0 };
	enum mcpass_rc rc = open_client(turn, &client, &token, err);

	if (!rc)
		rc = mp_register_read(turn, &wish, err);
	if (!rc)
		rc = check_identity(&wish, &client, err);
	if (!rc)
		rc = check_own_secret(&wish, &client, err);
	if (!rc)
		rc = mp_register_apply(turn->issuer, &wish, &client, err);
	/* What people allowed was allowed to the client as it was: another name, another
	 * address, and they are asked again. */
	if (!rc)
		rc = mp_client_forget_consents(turn, client.client_id, err);
	if (!rc)
		rc = mp_client_save(turn, &client, err);
	if (!rc)
		rc = mp_register_reply(turn, 200, &client, &no_secret, &token, err);
	mp_registration_free(&wish);
	return end(turn, rc, &client, &token, err);
}

/* Its refresh tokens go with it: no client, no token.  spec: RFC 7592 2.3 */
enum mcpass_rc mp_manage_delete(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	struct mp_secret token = { 0 };
	enum mcpass_rc rc = open_client(turn, &client, &token, err);

	if (!rc)
		rc = mp_client_forget_consents(turn, client.client_id, err);
	if (!rc)
		rc = mp_client_delete(turn, client.client_id, err);
	if (!rc)
		turn->response->status = 204;
	if (!rc)
		rc = mp_response_header(turn, "Cache-Control", "no-store", err);
	return end(turn, rc, &client, &token, err);
}
