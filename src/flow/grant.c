/* What each grant needs, and how it asks for a token: one row a grant. */
#include "flow/client.h"
#include "oauth/grants.h"
#include "oauth/token.h"

/* The row of a grant that is polled for has no form: device.c. */
static void fill_code(struct mcpass_client *client, const char *scope, const char *resource)
{
	(void)scope;
	mp_token_code_form(&client->body, &client->code, &client->verifier, client->redirect_uri,
	    resource);
}

static void fill_credentials(struct mcpass_client *client, const char *scope,
    const char *resource)
{
	mp_grant_client_credentials_form(&client->body, scope, resource);
}

static void fill_jwt(struct mcpass_client *client, const char *scope, const char *resource)
{
	mp_grant_jwt_bearer_form(&client->body, &client->assertion, scope, resource);
}

/* The scope stands in the ID-JAG, signed; resource is owed by every token request. */
static void fill_id_jag(struct mcpass_client *client, const char *scope, const char *resource)
{
	(void)scope;
	mp_grant_jwt_bearer_form(&client->body, &client->id_jag, NULL, resource);
}

static const struct mp_grant grants[] = {
	[MCPASS_GRANT_CODE] = { .name = "authorization_code",
	    .wants = MP_WANTS_TOKEN | MP_WANTS_AUTHORIZATION | MP_WANTS_PKCE,
	    .asks_person = true, .first = S_LISTENING, .fill_form = fill_code },
	[MCPASS_GRANT_DEVICE] = { .name = "device_code",
	    .wants = MP_WANTS_TOKEN | MP_WANTS_DEVICE,
	    .asks_person = true, .first = S_ASKING_CODE },
	[MCPASS_GRANT_CLIENT_CREDENTIALS] = { .name = "client_credentials",
	    .needs = MP_NEEDS_CLIENT, .spec = "RFC 6749 4.4",
	    .lacking = "client credentials need a client id, and its secret or its key",
	    .wants = MP_WANTS_TOKEN, .first = S_EXCHANGING, .fill_form = fill_credentials },
	[MCPASS_GRANT_JWT_BEARER] = { .name = "jwt-bearer, a workload's own JWT",
	    .needs = MP_NEEDS_ASSERTION, .spec = "RFC 7523 2.1",
	    .lacking = "a JWT to present is needed",
	    .wants = MP_WANTS_TOKEN, .first = S_EXCHANGING, .fill_form = fill_jwt },
	[MCPASS_GRANT_ID_JAG] = { .name = "jwt-bearer, with the identity provider's ID-JAG",
	    .needs = MP_NEEDS_CLIENT | MP_NEEDS_ASSERTION | MP_NEEDS_IDP,
	    .spec = "MCP enterprise-managed authorization",
	    .lacking = "an id token, the identity provider's token endpoint and a client are needed",
	    .wants = MP_WANTS_TOKEN, .first = S_VOUCHING, .fill_form = fill_id_jag },
};

const struct mp_grant *mp_grant_find(enum mcpass_grant grant)
{
	return (size_t)grant < MP_COUNT(grants) ? &grants[grant] : NULL;
}

bool mp_grant_offers_device(const struct mp_asmeta *as)
{
	/* Some name the endpoint and leave the grant out of the list, or have no list. */
	return as->device_authorization_endpoint != NULL && (as->grant_types_supported.count == 0
	    || mp_strings_has(&as->grant_types_supported, MP_GRANT_DEVICE));
}

enum mcpass_grant mp_grant_choose(const struct mcpass_client *client, const struct mp_asmeta *as)
{
	bool instead = client->grant == MCPASS_GRANT_CODE
	    && (client->flags & MCPASS_PREFER_DEVICE) != 0 && mp_grant_offers_device(as);

	return instead ? MCPASS_GRANT_DEVICE : client->grant;
}

enum mp_state mp_grant_ask_person(const struct mcpass_client *client)
{
	const struct mp_asmeta *as = &client->record.as;

	if (client->by == MCPASS_GRANT_DEVICE)
		return S_ASKING_CODE;
	return as->require_pushed_authorization_requests
	    && as->pushed_authorization_request_endpoint != NULL ? S_PUSHING : S_BROWSING;
}
