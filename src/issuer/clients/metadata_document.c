/* Client ID metadata documents: the client's id is the URL of what it says of itself.
 * spec: MCP 2026-07-28 client ID metadata documents (SEP-991) */
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/fetched.h"
#include "issuer/clients/register.h"
#include "oauth/grants.h"
#include "oauth/target.h"

#define SPEC "MCP client ID metadata documents"

static enum mcpass_rc refuse(struct mcpass_error *err, const char *why)
{
	return mp_response_refuse(err, "invalid_client", SPEC, "The application's document %s.", why);
}

bool mp_metadata_document_is_id(const struct mp_issuer *issuer, const char *client_id)
{
	return issuer->fetch != NULL && (strncmp(client_id, "https://", 8) == 0
	    || strncmp(client_id, "http://", 7) == 0);
}

/* spec: SEP-991 (https, a path); RFC 3986 3.3 */
static enum mcpass_rc check_url(const struct mp_issuer *issuer, const char *url,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri uri, root;
	enum mcpass_rc rc;

	if (strlen(url) > MP_MAX_REDIRECT_URI)
		return refuse(err, "has too long an address");
	/* Plain http and private addresses for an issuer that is at such an address itself. */
	rc = mp_target_check(url, issuer->url, true, "client_id", &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return mp_response_refuse(err, "invalid_client", why.spec, "%s", why.detail);
	rc = mp_uri_parse(url, &uri, err);
	if (rc)
		return rc;
	/* A query could be varied for ever, and each variation would be fetched. */
	if (uri.path.len < 2 || uri.query.data != NULL)
		return refuse(err, "has an address without a path, or with a query");
	root = uri;
	root.path.len = 0;
	if (!mp_uri_is_parent(&root, &uri))     /* for "." and ".." it is not */
		return refuse(err, "has an address that goes up and down");
	return MCPASS_OK;
}

struct proof { json_t *jwks; };
static const struct mp_field proof_fields[] = {
	{ "jwks", MP_FIELD_OBJECT, 0, offsetof(struct proof, jwks), "RFC 7591 2" },
};

/* Its keys, when it proves itself with one; a secret in a public place is none.
 * spec: SEP-991 (none, or private_key_jwt with keys) */
static enum mcpass_rc read_proof(const json_t *document, const struct mp_registration *wish,
    struct mp_client *client, struct mcpass_error *err)
{
	const char *method = wish->token_endpoint_auth_method;
	struct proof proof = { 0 };
	enum mcpass_rc rc;

	if (method == NULL)
		method = "none";
	if (mp_secret_present(&wish->client_secret)
	    || (strcmp(method, "none") != 0 && strcmp(method, "private_key_jwt") != 0))
		return refuse(err, "has a secret, or wants a method other than none and private_key_jwt");
	rc = mp_set(&client->token_endpoint_auth_method, method, err);
	if (rc || strcmp(method, "none") == 0)
		return rc;
	rc = mp_json_read(document, proof_fields, MP_COUNT(proof_fields), &proof, err);
	if (rc)
		return rc;
	if (proof.jwks == NULL)
		return refuse(err, "has no jwks for private_key_jwt");
	client->jwks = mp_json_dump(proof.jwks);
	mp_json_release(proof_fields, MP_COUNT(proof_fields), &proof);
	return client->jwks != NULL ? MCPASS_OK : mp_nomem(err);
}

/* What registration does not know of: an ID-JAG for a client that is no registered one. */
static enum mcpass_rc add_grants(const struct mp_registration *wish, struct mp_client *client,
    struct mcpass_error *err)
{
	if (!mp_strings_has(&wish->grant_types, MP_GRANT_JWT_BEARER))
		return MCPASS_OK;
	return mp_strings_add_text(&client->grant_types, MP_GRANT_JWT_BEARER, err);
}

static enum mcpass_rc read_document(const struct mp_turn *turn, const char *url,
    const json_t *document, struct mp_client *client, struct mcpass_error *err)
{
	struct mp_registration wish = { 0 };
	char *text = mp_json_dump(document);
	enum mcpass_rc rc = text == NULL ? mp_nomem(err)
	    : mp_registration_parse(text, strlen(text), &wish, err);

	/* spec: SEP-991 (client_id MUST match the URL exactly) */
	if (!rc && !mp_eq(wish.client_id, url))
		rc = refuse(err, "is that of another client_id");
	/* spec: SEP-991 (client_id, client_name and redirect_uris MUST be there) */
	if (!rc && wish.client_name == NULL)
		rc = refuse(err, "has no client_name");
	if (!rc)
		rc = mp_register_apply(turn->issuer, &wish, client, err);
	if (!rc)
		rc = read_proof(document, &wish, client, err);
	if (!rc)
		rc = add_grants(&wish, client, err);
	if (!rc)
		rc = mp_set(&client->client_id, url, err);
	if (!rc)        /* no token has this hash: the document is what manages the client */
		rc = mp_set(&client->registration_hash, "", err);
	mp_registration_free(&wish);
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_metadata_document_load(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, struct mcpass_error *err)
{
	const struct mp_fetched_ask ask = { .kind = "document", .url = client_id,
		.max = MP_MAX_CLIENT_DOCUMENT, .is_strangers = true };
	struct mcpass_error why = { 0 };
	struct mp_client client = { 0 };
	json_t *document = NULL;
	enum mcpass_rc rc = check_url(turn->issuer, client_id, err);

	if (rc)
		return rc;
	rc = mp_fetched_get(turn, &ask, &document, &why);
	if (!rc)
		rc = read_document(turn, client_id, document, &client, &why);
	json_decref(document);
	if (rc) {
		mp_client_free(&client);
		if (rc == MCPASS_E_NOMEM || rc == MCPASS_E_STORE || turn->wait->status != 0) {
			*err = why;
			return rc;
		}
		/* The client chose the URL, and so what is there, or that nothing is. */
		return mp_response_refuse(err, "invalid_client", why.spec,
		    "The application's document cannot be used: %s", why.detail);
	}
	*ret_client = client;
	return MCPASS_OK;
}
