/* Which client it is that asks, wherever it is known from, and its proof. */
#include <stdlib.h>
#include <string.h>
#include "issuer/bounds.h"
#include "issuer/clients/client.h"
#include "issuer/clients/configured.h"
#include "issuer/grants/assertion.h"
#include "oauth/clientauth.h"
#include "wire/jose/crypto.h"

#define USE_NOTED 86400         /* seconds until it is noted again */

enum mcpass_rc mp_client_load(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_configured_load(turn->issuer, client_id, ret_client, ret_found, err);

	if (rc || *ret_found)
		return rc;
	if (!mp_metadata_document_is_id(turn->issuer, client_id))
		return mp_client_read(turn, client_id, ret_client, ret_found, err);
	rc = mp_metadata_document_load(turn, client_id, ret_client, err);
	if (!rc)
		*ret_found = true;
	return rc;
}

enum mcpass_rc mp_client_use(const struct mp_turn *turn, const struct mp_client *client,
    struct mcpass_error *err)
{
	struct mp_client used = *client;        /* borrows its members */

	/* Once a day is enough.  What the operator knows, or its document says, is not ours. */
	if (client->is_known || mp_metadata_document_is_id(turn->issuer, client->client_id)
	    || (client->used_at > 0 && client->used_at + USE_NOTED > turn->request->now))
		return MCPASS_OK;
	used.used_at = turn->request->now;
	return mp_client_save(turn, &used, err);
}

/* The method is the one that was agreed on, or a secret could be left out.  With a client
 * that the operator knows only the secret was; where it stands is the client's choice. */
static bool is_agreed(const struct mp_client *client, enum mp_auth_method method)
{
	if (client->is_known && client->secret_hash != NULL && method == MP_AUTH_POST)
		return true;
	return mp_eq(mp_auth_method_name(method), client->token_endpoint_auth_method);
}

static enum mcpass_rc wrong_secret(struct mcpass_error *err)
{
	return mp_response_refuse(err, "invalid_client", "RFC 6749 2.3.1",
	    "the client secret is wrong");
}

/* spec: RFC 6749 2.3.1, 10.10 */
static enum mcpass_rc compare_secret(const struct mp_turn *turn,
    const struct mp_secret *secret, const char *expected, struct mcpass_error *err)
{
	char *hash = NULL;
	enum mcpass_rc rc;

	if (mp_password_is_line(expected)) {
		bool right = false;

		rc = mp_attempts_secret(turn, mp_secret_reveal(secret), expected, &right, err);
		return rc || right ? rc : wrong_secret(err);
	}
	rc = mp_record_key(secret, &hash, err);
	if (!rc && (strlen(hash) != strlen(expected)
	    || !mp_bytes_equal(hash, expected, strlen(hash))))
		rc = wrong_secret(err);
	free(hash);
	return rc;
}

static enum mcpass_rc check_secret(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_client_id *claim, struct mcpass_error *err)
{
	if (!is_agreed(client, claim->method))
		return mp_response_refuse(err, "invalid_client", "RFC 7591 2",
		    "the client registered %s, not %s", client->token_endpoint_auth_method,
		    mp_auth_method_name(claim->method));
	if (client->secret_hash == NULL)
		return MCPASS_OK;
	if (!mp_secret_present(&claim->client_secret))
		return mp_response_refuse(err, "invalid_client", "RFC 6749 2.3.1",
		    "the client secret is missing");
	return compare_secret(turn, &claim->client_secret, client->secret_hash, err);
}

enum mcpass_rc mp_client_authenticate(const struct mp_turn *turn, const struct mp_form *form,
    struct mp_client *ret_client, struct mcpass_error *err)
{
	struct mp_client_id claim = { 0 };
	struct mp_client client = { 0 };
	const char *header;
	bool found = false;
	enum mcpass_rc rc = mp_request_header(turn, "Authorization", &header, err);

	if (!rc)
		rc = mp_clientauth_read(header, form, &claim, err);
	if (!rc)
		rc = mp_client_load(turn, claim.client_id, &client, &found, err);
	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_client", "RFC 6749 5.2",
		    "no such client is registered");
	if (!rc)
		rc = check_secret(turn, &client, &claim, err);
	if (!rc && claim.method == MP_AUTH_PRIVATE_KEY_JWT)
		rc = mp_assertion_prove_client(turn, form, &client, err);
	mp_client_id_free(&claim);
	if (rc)
		mp_client_free(&client);
	else
		*ret_client = client;
	return rc;
}

enum mcpass_rc mp_client_serve(const struct mp_turn *turn, mp_client_answer_fn *answer,
    struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_request_form(turn, &form, err);

	if (!rc)
		rc = mp_client_authenticate(turn, &form, &client, err);
	if (!rc)
		rc = answer(turn, &form, &client, err);
	if (mp_response_is_refusal(rc))
		rc = mp_response_refusal(turn, err);
	mp_form_free(&form);
	mp_client_free(&client);
	return rc;
}
