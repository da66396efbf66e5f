#include "issuer/clients/client.h"
#include "base/limits.h"
#include "oauth/scope.h"

#define AT(member) offsetof(struct mp_client, member)
static const struct mp_field fields[] = {
	{ "secret_hash", MP_FIELD_STRING, 0, AT(secret_hash), NULL },
	{ "registration_hash", MP_FIELD_STRING, MP_REQUIRED, AT(registration_hash), NULL },
	{ "jwks", MP_FIELD_STRING, 0, AT(jwks), NULL },
	{ "expires_at", MP_FIELD_INT, 0, AT(expires_at), NULL },
	{ "used_at", MP_FIELD_INT, 0, AT(used_at), NULL },
	{ "audiences", MP_FIELD_STRINGS, 0, AT(audiences), NULL },
	{ "introspects", MP_FIELD_STRINGS, 0, AT(introspects), NULL },
	/* from here on: mp_client_public */
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "client_id_issued_at", MP_FIELD_INT, 0, AT(client_id_issued_at), NULL },
	{ "client_name", MP_FIELD_STRING, 0, AT(client_name), NULL },
	{ "client_uri", MP_FIELD_STRING, 0, AT(client_uri), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "application_type", MP_FIELD_STRING, 0, AT(application_type), NULL },
	{ "token_endpoint_auth_method", MP_FIELD_STRING, MP_REQUIRED,
	    AT(token_endpoint_auth_method), NULL },
	{ "redirect_uris", MP_FIELD_STRINGS, 0, AT(redirect_uris), NULL },
	{ "grant_types", MP_FIELD_STRINGS, 0, AT(grant_types), NULL },
	{ "dpop_bound_access_tokens", MP_FIELD_BOOL, 0, AT(dpop_bound_access_tokens), NULL },
};
#define PRIVATE_FIELDS 7
static const struct mp_shape whole = { fields, MP_COUNT(fields) };
const struct mp_shape mp_client_public = {
	fields + PRIVATE_FIELDS, MP_COUNT(fields) - PRIVATE_FIELDS
};

enum mcpass_rc mp_client_read(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "client", .key = client_id };

	return mp_record_get(turn, &slot, &whole, ret_client, ret_found, err);
}

enum mcpass_rc mp_client_save(const struct mp_turn *turn, const struct mp_client *client,
    struct mcpass_error *err)
{
	bool is_used = client->used_at > 0;
	int64_t until = is_used ? client->used_at + MP_CLIENT_DISUSED
	    : client->client_id_issued_at + MP_CLIENT_UNUSED;
	const struct mp_slot slot = { .kind = "client", .key = client->client_id,
		.group = is_used ? MP_CLIENT_USED : MP_CLIENT_NEW,
		.expires_at = until < client->expires_at ? until : client->expires_at };

	return mp_record_put(turn, &slot, &whole, client, err);
}

enum mcpass_rc mp_client_delete(const struct mp_turn *turn, const char *client_id,
    struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "client", .key = client_id };
	struct mp_client client = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_take(turn, &slot, &whole, &client, &found, err);

	mp_client_free(&client);
	return rc;
}

void mp_client_free(struct mp_client *client)
{
	mp_record_release(&whole, client);
}

enum mcpass_rc mp_client_copy(const struct mp_client *client, struct mp_client *ret_copy,
    struct mcpass_error *err)
{
	json_t *object = json_object();
	enum mcpass_rc rc = object == NULL ? mp_nomem(err)
	    : mp_json_write(object, whole.fields, whole.count, client, err);

	if (!rc)
		rc = mp_json_read(object, whole.fields, whole.count, ret_copy, err);
	json_decref(object);
	return rc;
}

enum mcpass_rc mp_client_check_grant(const struct mp_client *client, const char *grant_type,
    struct mcpass_error *err)
{
	if (mp_strings_has(&client->grant_types, grant_type))
		return MCPASS_OK;
	return mp_response_refuse(err, "unauthorized_client", "RFC 6749 5.2",
	    "the client did not register the grant type %s", grant_type);
}

enum mcpass_rc mp_client_check_resource(const struct mp_issuer *issuer,
    const struct mp_client *client, const char *resource, struct mcpass_error *err)
{
	const char *audience = resource != NULL ? resource : issuer->default_resource;

	if (client->audiences.count == 0 || mp_strings_has(&client->audiences, audience))
		return MCPASS_OK;
	return mp_response_refuse(err, "invalid_target", "RFC 8707 2",
	    "the client may not have tokens for %s", audience);
}

enum mcpass_rc mp_client_ceiling(const struct mp_issuer *issuer,
    const struct mp_client *client, struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc;

	if (client->scope != NULL)
		return mp_scope_parse(client->scope, ret_scopes, err);
	rc = mp_scope_merge(&scopes, &issuer->scopes, err);
	if (rc)
		mp_strings_free(&scopes);
	else
		*ret_scopes = scopes;
	return rc;
}

enum mcpass_rc mp_client_forget_consents(const struct mp_turn *turn, const char *client_id,
    struct mcpass_error *err)
{
	return mp_record_drop_group(turn, "consent", client_id, err);
}
