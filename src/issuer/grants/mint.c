#include <stdlib.h>
#include "issuer/core.h"
#include "oauth/scope.h"

static enum mcpass_rc narrow(const struct mp_issuer *issuer, const char *username,
    const char *scope, char **ret_scope, struct mcpass_error *err)
{
	const struct mp_user *user = mp_users_find(issuer, username);
	struct mp_strings wanted = { 0 }, scopes = { 0 };
	enum mcpass_rc rc;

	if (user == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no user %s", username);
	rc = scope != NULL ? mp_scope_parse(scope, &wanted, err)
	    : mp_scope_merge(&wanted, &issuer->scopes, err);
	for (size_t i = 0; i < wanted.count && !rc; i++)
		if (!mp_strings_has(&issuer->scopes, wanted.items[i]))
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no scope %s", wanted.items[i]);
	if (!rc)
		rc = mp_users_narrow(user, &wanted, &scopes, err);
	if (!rc)
		rc = mp_scope_join(&scopes, ret_scope, err);
	mp_strings_free(&wanted);
	mp_strings_free(&scopes);
	return mp_response_blame(rc, MCPASS_E_USAGE, err);
}

enum mcpass_rc mp_issuer_mint_any(struct mp_issuer *issuer, const struct mp_mint *mint,
    int64_t now, struct mp_secret *ret_token, struct mcpass_error *err)
{
	const struct mp_access access = {
		.username = mint->username, .client_id = mint->client_id, .scope = mint->scope,
		.resource = mint->resource, .now = now, .claims = mint->claims,
	};
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_response_blame(mp_scope_parse(mint->scope, &scopes, err), MCPASS_E_USAGE, err);
	if (!rc)
		rc = mp_issuer_renew_keys(issuer, now, err);
	mp_strings_free(&scopes);
	if (!rc)
		rc = mp_access_token(issuer, &access, ret_token, err);
	return mp_doing(err, rc, "minting a token");
}

enum mcpass_rc mp_issuer_mint(struct mp_issuer *issuer, const char *username,
    const char *client_id, const char *scope, const char *resource, int64_t now,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct mp_access access = {
		.username = username, .client_id = client_id, .resource = resource, .now = now,
	};
	struct mcpass_error why = { 0 };
	char *narrowed = NULL;
	enum mcpass_rc rc = narrow(issuer, username, scope, &narrowed, &why);

	access.scope = narrowed;
	if (!rc)
		rc = mp_issuer_renew_keys(issuer, now, &why);
	if (!rc)
		rc = mp_access_token(issuer, &access, ret_token, &why);
	free(narrowed);
	if (err != NULL)
		*err = why;
	return mp_doing(err, rc, "minting a token");
}
