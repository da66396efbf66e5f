#include "issuer/login/allowed.h"
#include <stdlib.h>
#include "base/limits.h"
#include "oauth/scope.h"
#include "wire/jose/crypto.h"

struct consent { char *scope; };        /* allowed so far */
static const struct mp_field fields[] = {
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct consent, scope), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* All that the page shows, and the redirect URIs that it could have shown; scope NULL:
 * without it. */
static enum mcpass_rc digest(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const char *scope, char **ret_digest,
    struct mcpass_error *err)
{
	bool named = pending->resource != NULL;
	struct mp_buf text = MP_BUF(MP_MAX_REPLY);

	mp_form_add(&text, "user", pending->username);
	mp_form_add(&text, "client", client->client_id);
	mp_form_add(&text, "name", client->client_name);
	mp_form_add(&text, "method", client->token_endpoint_auth_method);
	mp_form_add(&text, "redirect", pending->redirect_uri);
	mp_form_add(&text, "device", pending->device);
	mp_form_add(&text, named ? "resource" : "default",
	    named ? pending->resource : turn->issuer->default_resource);
	for (size_t i = 0; i < client->redirect_uris.count; i++)
		mp_form_add(&text, "registered", client->redirect_uris.items[i]);
	mp_form_add(&text, "scope", scope);
	return mp_sha256_b64url_buf(&text, "the consent", ret_digest, err);
}

enum mcpass_rc mp_allowed_digest(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, char **ret_digest,
    struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(scopes, &scope, err);

	if (!rc)
		rc = digest(turn, client, pending, scope, ret_digest, err);
	free(scope);
	return rc;
}

/* Reads what is remembered: *ret_found is false when nothing was ever allowed. */
static enum mcpass_rc recall(const struct mp_turn *turn, const char *key,
    struct mp_strings *ret_scopes, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "consent", .key = key };
	struct consent consent = { 0 };
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, &consent, ret_found, err);

	if (!rc && *ret_found)
		rc = mp_scope_parse(consent.scope, ret_scopes, err);
	mp_record_release(&shape, &consent);
	return rc;
}

/* A client without credentials is known by its https address alone: any program on the
 * person's computer can take a port there, a private-use scheme, and a public client_id.
 * spec: RFC 8252 8.6; RFC 9700 4.16.  A device's code may come from another person's
 * device.  spec: RFC 8628 5.4.  And on plain http the browser is not known, either. */
bool mp_allowed_lasts(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending)
{
	if (pending->device != NULL || !turn->issuer->is_https)
		return false;
	return !mp_eq(client->token_endpoint_auth_method, "none")
	    || mp_redirect_kind(pending->redirect_uri) == MP_REDIRECT_WEB;
}

enum mcpass_rc mp_allowed_find(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, bool *ret_allowed,
    struct mcpass_error *err)
{
	struct mp_strings before = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc = digest(turn, client, pending, NULL, &key, err);

	if (!rc)
		rc = recall(turn, key, &before, &found, err);
	if (!rc)
		*ret_allowed = found && mp_scope_covers(&before, scopes);
	mp_strings_free(&before);
	free(key);
	return rc;
}

enum mcpass_rc mp_allowed_remember(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "consent", .group = client->client_id,
		.expires_at = turn->request->now + MP_CONSENT_LIFETIME };
	struct consent consent = { 0 };
	struct mp_strings all = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	if (!mp_allowed_lasts(turn, client, pending))
		return MCPASS_OK;
	rc = digest(turn, client, pending, NULL, &key, err);
	slot.key = key;
	if (!rc)
		rc = recall(turn, key, &all, &found, err);
	if (!rc)
		rc = mp_scope_merge(&all, scopes, err);
	if (!rc)
		rc = mp_scope_join(&all, &consent.scope, err);
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &consent, err);
	mp_record_release(&shape, &consent);
	mp_strings_free(&all);
	free(key);
	return rc;
}
