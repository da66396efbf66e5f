/* Registration is open: a client is worth nothing until a person allows it.
 * spec: RFC 7591 3 */
#include "issuer/clients/register.h"
#include "base/limits.h"
#include "issuer/events.h"
#include "issuer/faults/faults.h"
#include "wire/jose/crypto.h"

enum mcpass_rc mp_register_read(const struct mp_turn *turn, struct mp_registration *ret_wish,
    struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;
	const char *type;
	enum mcpass_rc rc = mp_request_header(turn, "Content-Type", &type, err);

	if (rc)
		return rc;
	/* It also keeps a page of another site from posting a plain form here. */
	if (!mp_media_type_is(type, "application/json"))
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 3.1",
		    "the body has to be application/json");
	if (request->body_len > MP_MAX_REGISTRATION)
		return mp_response_refuse(err, "invalid_client_metadata", NULL,
		    "the client metadata is larger than %zu bytes", MP_MAX_REGISTRATION);
	rc = mp_registration_parse(request->body != NULL ? request->body : "", request->body_len,
	    ret_wish, err);
	if (mp_response_is_refusal(rc))
		mp_oauth_code(err, "invalid_client_metadata");
	return rc;
}

struct extras {                         /* what the answer has besides the metadata */
	struct mp_secret client_secret, registration_access_token;
	int64_t client_secret_expires_at;
	char *registration_client_uri;
	struct mp_strings response_types;
};
#define AT(member) offsetof(struct extras, member)
static const struct mp_field extra_fields[] = {
	{ "client_secret", MP_FIELD_SECRET, 0, AT(client_secret), NULL },
	{ "client_secret_expires_at", MP_FIELD_INT, 0, AT(client_secret_expires_at), NULL },
	{ "registration_access_token", MP_FIELD_SECRET, 0, AT(registration_access_token), NULL },
	{ "registration_client_uri", MP_FIELD_STRING, 0, AT(registration_client_uri), NULL },
	{ "response_types", MP_FIELD_STRINGS, 0, AT(response_types), NULL },
};

static enum mcpass_rc fill_extras(const struct mp_issuer *issuer,
    const struct mp_client *client, const struct mp_secret *secret,
    const struct mp_secret *token, struct extras *extras, struct mcpass_error *err)
{
	struct mp_buf uri = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&uri, "%s/register/%s", issuer->url, client->client_id);
	rc = mp_buf_take(&uri, "the registration URI", &extras->registration_client_uri, err);
	if (!rc)
		rc = mp_secret_set(&extras->registration_access_token, mp_secret_reveal(token), err);
	if (!rc && mp_secret_present(secret)) {
		rc = mp_secret_set(&extras->client_secret, mp_secret_reveal(secret), err);
		/* spec: RFC 7591 3.2.1 (REQUIRED with a secret) */
		extras->client_secret_expires_at = client->expires_at;
	}
	if (!rc)
		rc = mp_strings_add(&extras->response_types, (struct mp_span){ "code", 4 }, err);
	return rc;
}

enum mcpass_rc mp_register_reply(const struct mp_turn *turn, int status,
    const struct mp_client *client, const struct mp_secret *secret,
    const struct mp_secret *token, struct mcpass_error *err)
{
	struct extras extras = { 0 };
	json_t *body = json_object();
	enum mcpass_rc rc = body == NULL ? mp_nomem(err)
	    : fill_extras(turn->issuer, client, secret, token, &extras, err);

	if (!rc)
		rc = mp_json_write(body, mp_client_public.fields, mp_client_public.count, client,
		    err);
	if (!rc)
		rc = mp_json_write(body, extra_fields, MP_COUNT(extra_fields), &extras, err);
	if (!rc)
		rc = mp_response_json(turn, status, body, err);
	mp_json_release(extra_fields, MP_COUNT(extra_fields), &extras);
	json_decref(body);
	return rc;
}

/* Which of the three methods; absent means Basic.  spec: RFC 7591 2 */
static enum mcpass_rc choose_method(const struct mp_turn *turn,
    const struct mp_registration *wish, struct mp_client *client, struct mcpass_error *err)
{
	const char *name = wish->token_endpoint_auth_method;
	enum mp_auth_method method;

	if (mp_faults_is(turn->issuer, "register-post-method"))
		name = "client_secret_post";
	method = name != NULL ? mp_auth_method_from_name(name) : MP_AUTH_BASIC;
	if (method != MP_AUTH_NONE && method != MP_AUTH_BASIC && method != MP_AUTH_POST)
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 3.2.2",
		    "token_endpoint_auth_method has to be none, client_secret_basic or"
		    " client_secret_post");
	return mp_set(&client->token_endpoint_auth_method, mp_auth_method_name(method), err);
}

/* A secret and its hash, which is all that is kept. */
static enum mcpass_rc make_secret(const struct mp_issuer *issuer, struct mp_secret *secret,
    char **ret_hash, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_random_text(issuer->random, issuer->random_ctx, 32, secret, err);

	return rc ? rc : mp_record_key(secret, ret_hash, err);
}

static enum mcpass_rc name_client(const struct mp_turn *turn, struct mp_client *client,
    struct mp_secret *secret, struct mp_secret *token, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_secret id = { 0 };
	enum mcpass_rc rc;

	client->client_id_issued_at = turn->request->now;
	client->expires_at = turn->request->now + MP_CLIENT_LIFETIME;
	rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &id, err);
	if (!rc)
		rc = mp_set(&client->client_id, mp_secret_reveal(&id), err);
	mp_secret_free(&id);
	if (!rc)
		rc = make_secret(issuer, token, &client->registration_hash, err);
	if (!rc && !mp_eq(client->token_endpoint_auth_method, "none"))
		rc = make_secret(issuer, secret, &client->secret_hash, err);
	return rc;
}

enum mcpass_rc mp_register_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_registration wish = { 0 };
	struct mp_secret secret = { 0 }, token = { 0 };
	struct mp_client client = { 0 };
	enum mcpass_rc rc = mp_register_read(turn, &wish, err);

	if (!rc)
		rc = mp_register_apply(turn->issuer, &wish, &client, err);
	if (!rc)
		rc = choose_method(turn, &wish, &client, err);
	if (!rc)
		rc = name_client(turn, &client, &secret, &token, err);
	if (!rc)
		rc = mp_client_save(turn, &client, err);
	if (!rc)
		rc = mp_register_reply(turn, 201, &client, &secret, &token, err);
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "registered", .client = client.client_id,
		    .what = client.client_name });
	if (mp_response_is_refusal(rc))
		rc = mp_response_refusal(turn, err);
	mp_registration_free(&wish);
	mp_client_free(&client);
	mp_secret_free(&secret);
	mp_secret_free(&token);
	return rc;
}
