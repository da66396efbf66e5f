/* What a client may say of itself.
 * spec: RFC 7591 2, 3.2.2; OpenID Connect Registration 2 (application_type);
 *       MCP 2026-07-28 client registration */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/printable.h"
#include "issuer/faults/faults.h"
#include "issuer/clients/register.h"
#include "oauth/device.h"
#include "oauth/scope.h"

static enum mcpass_rc refuse_redirect(struct mcpass_error *err, const char *why)
{
	return mp_response_refuse(err, "invalid_redirect_uri", "RFC 7591 3.2.2", "%s", why);
}

static enum mcpass_rc check_redirects(const struct mp_strings *uris, bool *ret_native,
    struct mcpass_error *err)
{
	if (uris->count == 0)           /* spec: RFC 7591 2 (MUST for redirect-based flows) */
		return refuse_redirect(err, "redirect_uris is missing");
	if (uris->count > MP_MAX_REDIRECT_URIS)
		return refuse_redirect(err, "there are too many redirect_uris");
	for (size_t i = 0; i < uris->count; i++) {
		enum mp_redirect_kind kind = mp_redirect_kind(uris->items[i]);

		if (kind == MP_REDIRECT_REFUSED)
			return refuse_redirect(err, "a redirect URI has to be https, or http on loopback,"
			    " or of a private-use scheme with a dot, and without a fragment");
		if (kind != MP_REDIRECT_WEB)
			*ret_native = true;
	}
	return MCPASS_OK;
}

/* An identity provider's answer comes to our callback, and a code of ours must not. */
static enum mcpass_rc check_own(const struct mp_issuer *issuer, const struct mp_strings *uris,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < uris->count; i++)
		if (mp_redirect_is_own(issuer, uris->items[i]))
			return refuse_redirect(err, "a redirect URI is an address of this authorization"
			    " server");
	return MCPASS_OK;
}

static enum mcpass_rc apply_redirects(const struct mp_issuer *issuer,
    const struct mp_registration *wish, struct mp_client *client, struct mcpass_error *err)
{
	const char *type = wish->application_type;
	bool native = false;
	enum mcpass_rc rc = check_redirects(&wish->redirect_uris, &native, err);

	if (!rc)
		rc = check_own(issuer, &wish->redirect_uris, err);

	if (rc)
		return rc;
	/* Clients from before SEP-837 send no type; OIDC's default, web, would refuse each
	 * of them that listens on loopback, so the addresses decide. */
	if (type == NULL)
		type = native ? "native" : "web";
	if (strcmp(type, "web") != 0 && strcmp(type, "native") != 0)
		return mp_response_refuse(err, "invalid_client_metadata", "OIDC Registration 2",
		    "application_type has to be native or web");
	if (native && strcmp(type, "web") == 0)
		return refuse_redirect(err, "a web client's redirect URIs have to be https and not on"
		    " loopback: register as application_type native");
	mp_strings_free(&client->redirect_uris);
	rc = mp_scope_merge(&client->redirect_uris, &wish->redirect_uris, err);
	return rc ? rc : mp_set(&client->application_type, type, err);
}

/* Those that we have are granted, others are left out, as RFC 7591 3.2.1 lets us: a
 * client may ask one list of every server. */
static enum mcpass_rc apply_grants(const struct mp_registration *wish,
    struct mp_client *client, struct mcpass_error *err)
{
	const struct mp_strings *grants = &wish->grant_types;
	enum mcpass_rc rc;

	/* Absent: authorization_code and code.  spec: RFC 7591 2 */
	if ((grants->count > 0 && !mp_strings_has(grants, "authorization_code"))
	    || (wish->response_types.count > 0 && !mp_strings_has(&wish->response_types, "code")))
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 2.1",
		    "grant_types needs authorization_code, and response_types code");
	mp_strings_free(&client->grant_types);
	rc = mp_strings_add_text(&client->grant_types, "authorization_code", err);
	if (!rc && mp_strings_has(grants, "refresh_token"))
		rc = mp_strings_add_text(&client->grant_types, "refresh_token", err);
	if (!rc && mp_strings_has(grants, MP_GRANT_DEVICE))     /* spec: RFC 8628 3.4 */
		rc = mp_strings_add_text(&client->grant_types, MP_GRANT_DEVICE, err);
	return rc;
}

/* Clients register with the scope of the first challenge and step up with the same
 * client_id: bound to what it named, such a client could never do more.  A registration
 * may name any scope, so the bound would not protect; the consent page does.  It learns
 * from the answer that it was given all, as RFC 7591 3.2.1 lets us.  The same where it
 * names only scopes that do not exist here, as clients do that ask every server for a fixed
 * list. */
static enum mcpass_rc apply_scope(const struct mp_issuer *issuer,
    const struct mp_registration *wish, struct mp_client *client, struct mcpass_error *err)
{
	bool binds = mp_faults_is(issuer, "register-scope-binds")
	    || mp_faults_is(issuer, "keycloak-some-scopes");
	struct mp_strings wanted = { 0 }, granted = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_parse(wish->scope, &wanted, err);

	for (size_t i = 0; i < wanted.count && !rc; i++)
		if (mp_strings_has(&issuer->scopes, wanted.items[i]))
			rc = mp_strings_add_text(&granted, wanted.items[i], err);
	if (!rc && binds && wanted.count > 0 && granted.count == 0)
		rc = mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 3.2.2",
		    "none of these scopes exists");
	if (!rc && wanted.count > 0 && !binds)
		rc = mp_scope_merge(&granted, &issuer->scopes, err);
	if (!rc)
		rc = mp_scope_join(&granted, &scope, err);
	if (!rc) {
		free(client->scope);
		client->scope = scope;
	}
	mp_strings_free(&wanted);
	mp_strings_free(&granted);
	return rc;
}

static enum mcpass_rc apply_names(const struct mp_registration *wish,
    struct mp_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (wish->client_name != NULL && strlen(wish->client_name) > MP_MAX_CLIENT_NAME)
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 2",
		    "client_name is longer than %u bytes", MP_MAX_CLIENT_NAME);
	if (wish->client_uri != NULL && mp_uri_parse(wish->client_uri, &(struct mp_uri){ 0 }, NULL))
		return mp_response_refuse(err, "invalid_client_metadata", "RFC 7591 2",
		    "client_uri is not a web address");
	/* A name that reads as nothing is none; the pages filter the others. */
	rc = mp_set(&client->client_name, wish->client_name == NULL || mp_is_blank(wish->client_name)
	    ? NULL : wish->client_name, err);
	return rc ? rc : mp_set(&client->client_uri, wish->client_uri, err);
}

enum mcpass_rc mp_register_apply(const struct mp_issuer *issuer,
    const struct mp_registration *wish, struct mp_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc = apply_redirects(issuer, wish, client, err);

	client->dpop_bound_access_tokens = wish->dpop_bound_access_tokens;
	if (!rc)
		rc = apply_grants(wish, client, err);
	if (!rc)
		rc = apply_scope(issuer, wish, client, err);
	if (!rc)
		rc = apply_names(wish, client, err);
	if (rc == MCPASS_E_PROTOCOL || rc == MCPASS_E_LIMIT)
		mp_oauth_code(err, "invalid_client_metadata");
	return rc;
}
