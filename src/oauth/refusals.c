#include "oauth/refusals.h"
#include <string.h>

#define REGISTRATION MP_REFUSED_REGISTRATION
#define AUTHORIZATION MP_REFUSED_AUTHORIZATION
#define TOKEN MP_REFUSED_TOKEN
/* Where the console has it. */
#define POLICY(name) "Keycloak, policy '" name "' (anonymous access) in Clients > Client registration: "
#define UNKNOWN_MEMBER \
	"The server refuses members that it does not know, also when only those are sent that it" \
	" has to know: register a client by hand and give its id (--client-id)."
#define OR_BY_HAND "; or register a client by hand and give its id (--client-id)."

/* Special before general: the first row that fits is the one.  The texts of Keycloak are
 * those of 26.7. */
static const struct mp_refusal refusals[] = {
	/* --- registration; Keycloak calls each of the first three insufficient_scope --- */
	{ REGISTRATION, MP_CURE_NONE, NULL, "Trusted Hosts",
	    POLICY("Trusted Hosts") "add 127.0.0.1 and localhost, for the redirect URIs, and the"
	    " address that this computer comes from" OR_BY_HAND },
	{ REGISTRATION, MP_CURE_LESS_SCOPE, NULL, "Allowed Client Scopes",
	    POLICY("Allowed Client Scopes") "add the scopes that the MCP server names" OR_BY_HAND },
	{ REGISTRATION, MP_CURE_NONE, NULL, "Max Clients Limit",
	    POLICY("Max Clients Limit") "raise it, or delete the realm's unused clients"
	    OR_BY_HAND },
	{ REGISTRATION, MP_CURE_NONE, NULL, "rejected request to client-registration service",
	    "Keycloak, Clients > Client registration: let the policy that is named here allow this"
	    OR_BY_HAND },
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, NULL, "Unrecognized field", UNKNOWN_MEMBER },
	/* Pydantic, zod, JSON Schema, Go and Rust say it so. */
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, NULL, "Extra inputs are not permitted", UNKNOWN_MEMBER },
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, NULL, "Unrecognized key", UNKNOWN_MEMBER },
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, NULL, "additional properties", UNKNOWN_MEMBER },
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, NULL, "unknown field", UNKNOWN_MEMBER },
	{ REGISTRATION, MP_CURE_NONE, NULL, "Invalid origin",
	    "Keycloak takes no registration with an Origin header, and mcpass sends none: a proxy on"
	    " the way adds it. Take it out there, or: " POLICY("Registration Web Origins") "add it." },
	{ REGISTRATION, MP_CURE_NONE, "invalid_redirect_uri", NULL,
	    "The server does not take these redirect URIs for this application_type: try another"
	    " redirect host or port, or register a client by hand and give its client id." },
	/* spec: RFC 7591 3.2.2; MCP client registration (SEP-837: retry adjusted) */
	{ REGISTRATION, MP_CURE_FEWER_FIELDS, "invalid_client_metadata", NULL,
	    "The server takes no such client: register one by hand and give its id (--client-id)." },

	/* --- scopes --- */
	{ TOKEN, MP_CURE_NO_OFFLINE, "not_allowed", "Offline tokens not allowed",
	    "Keycloak: give the user the realm role offline_access (Users > Role mapping), and"
	    " the client too (Clients > Client scopes > offline_access > Scope); or ask for scopes"
	    " without it." },
	{ AUTHORIZATION | TOKEN, MP_CURE_NO_OFFLINE, "invalid_scope", "offline_access",
	    "The server does not grant one of these scopes to this client: ask for fewer (--scope),"
	    " or have the client's registration widened." },
	{ AUTHORIZATION, MP_CURE_NONE, "invalid_scope", "Invalid scopes:",
	    "Keycloak, Clients > the client > Client scopes: add them as optional scopes; a client"
	    " that registered itself does so anew after mcpass logout SERVER. Or ask for fewer"
	    " (--scope)." },
	{ AUTHORIZATION | TOKEN, MP_CURE_NONE, "invalid_scope", NULL,
	    "The server does not grant one of these scopes to this client: ask for fewer, or have the"
	    " client's registration widened." },

	/* --- the resource --- */
	{ AUTHORIZATION | TOKEN, MP_CURE_NONE, NULL, "AADSTS9010010",
	    "Microsoft Entra takes no resource parameter beside a scope: --provider entra, or"
	    " --omit-resource, leaves it out." },
	{ AUTHORIZATION | TOKEN, MP_CURE_NONE, "invalid_target", NULL,
	    "The authorization server does not know this resource: enter it there as an API or"
	    " audience. Keycloak with resource-indicators: the MCP server's client needs the attribute"
	    " resource_url = the resource, and the scope an audience mapper with that client"
	    " (Included Client Audience)." },

	/* --- the client --- */
	{ AUTHORIZATION, MP_CURE_NONE, "unauthorized_client", NULL,
	    "This client may not use the authorization code grant: its registration at the"
	    " authorization server has to allow it." },
	{ TOKEN, MP_CURE_NONE, "unauthorized_client", NULL,
	    "This client may not use this grant: its registration at the authorization server has to"
	    " allow it." },
	{ TOKEN, MP_CURE_NONE, "invalid_client", NULL,
	    "The authorization server does not take this client (any more), its secret, or the way it"
	    " authenticates: log out, so that it registers again, or check the client id and secret"
	    " that were given." },
	{ TOKEN, MP_CURE_NONE, "invalid_grant", NULL,
	    "The grant ran out, was used or was revoked: log in again." },

	/* --- the person, and the rest --- */
	{ AUTHORIZATION, MP_CURE_NONE, "access_denied", NULL,
	    "The authorization server or the person at the browser refused." },
	{ AUTHORIZATION, MP_CURE_NONE, "temporarily_unavailable", NULL, "Try again in a while." },
	{ AUTHORIZATION, MP_CURE_NONE, "server_error", NULL,
	    "The authorization server failed: try again, or ask its operator." },
};

const struct mp_refusal *mp_refusals(size_t *ret_count)
{
	*ret_count = MP_COUNT(refusals);
	return refusals;
}

static bool fits(const struct mp_refusal *row, unsigned at, const struct mcpass_error *err)
{
	return (row->at & at) != 0
	    && (row->code == NULL || strcmp(err->oauth, row->code) == 0)
	    && (row->part == NULL || strstr(err->detail, row->part) != NULL);
}

const struct mp_refusal *mp_refusal_find(unsigned at, const struct mcpass_error *err)
{
	/* What passes by itself is no refusal, whatever code came with it. */
	for (size_t i = 0; err != NULL && err->rc != MCPASS_E_IO && i < MP_COUNT(refusals); i++)
		if (fits(&refusals[i], at, err))
			return &refusals[i];
	return NULL;
}

void mp_refusal_hint(unsigned at, struct mcpass_error *err)
{
	const struct mp_refusal *row = mp_refusal_find(at, err);

	if (row != NULL)
		mp_hint(err, "%s", row->hint);
}
