/* What identity providers do differently when people sign in there for us.  Their hosts are in
 * the table of oauth/quirks.c; docs/front-door.md says which were tried. */
#include <string.h>
#include "issuer/upstream/idp.h"
#include "oauth/quirks.h"

/* An empty prompt: with offline_access no person is asked again at each sign-in, as OpenID Connect
 * Core 11 has it; these give a refresh token without. */
static const struct mp_idp_provider providers[] = {
	/* sub differs from one client to another there; an address is not proven. */
	{ .name = "entra", .scope = "openid profile email offline_access",
	  .subject = { "tid", "oid" }, .params = { { "prompt", "" } }, .wants_scope = true,
	  .groups_endpoint = "https://graph.microsoft.com/v1.0/me/getMemberObjects",
	  .groups_scope = "User.Read" },
	/* hd in the request is a hint; the claim is checked. */
	{ .name = "google", .scope = "openid profile email",
	  .params = { { "access_type", "offline" }, { "prompt", "consent" } }, .is_public = true },
	{ .name = "github", .scope = "read:user user:email read:org", .subject = { "id" },
	  .groups = "organizations", .is_public = true,
	  .authorization_endpoint = "https://github.com/login/oauth/authorize",
	  .token_endpoint = "https://github.com/login/oauth/access_token",
	  .user_endpoint = "https://api.github.com/user",
	  .emails_endpoint = "https://api.github.com/user/emails",
	  .organizations_endpoint = "https://api.github.com/user/orgs" },
	{ .name = "okta", .scope = "openid profile email groups offline_access",
	  .params = { { "prompt", "" } }, .wants_userinfo = true },
	{ .name = "auth0", .scope = "openid profile email offline_access",
	  .params = { { "prompt", "" } } },
	/* The scope phone would be refused there. */
	{ .name = "cognito", .scope = "openid profile email", .groups = "cognito:groups" },
	{ .name = "keycloak", .scope = "openid profile email", .params = { { "prompt", "" } } },
	{ .name = "authentik", .scope = "openid profile email offline_access",
	  .params = { { "prompt", "" } } },
};

const struct mp_idp_provider *mp_idp_provider(const char *name, const char *issuer)
{
	struct mp_quirk_choice choice = { 0 };

	if (name == NULL && issuer != NULL
	    && mp_quirk_apply(NULL, issuer, &choice, NULL) == MCPASS_OK && choice.row != NULL)
		name = choice.row->name;
	for (size_t i = 0; name != NULL && i < MP_COUNT(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}
