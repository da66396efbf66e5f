/* Every misbehaviour by name: what it does, and how a client has to end that meets it.
 * MCPASS_OK: it gets on all the same. */
#include "issuer/faults/faults.h"
#include <string.h>
#include "base/limits.h"

#define ENTRA_RESOURCE "AADSTS9010010: The resource parameter provided in the request doesn't" \
	" match with the requested scopes."
#define ENTRA_REFUSAL "{\"error\":\"invalid_target\",\"error_description\":\"" ENTRA_RESOURCE "\"}"
#define HTML "<!doctype html><title>Maintenance</title><p>Back soon."
/* One change, and the end of the list; or several. */
#define HOW(...) (const struct mp_fault_how[]){ { __VA_ARGS__ }, { 0 } }
#define SEVERAL(...) (const struct mp_fault_how[]){ __VA_ARGS__, { 0 } }
#define METADATA(...) HOW(.at = MP_AT_METADATA, __VA_ARGS__)
#define REGISTER(...) HOW(.at = MP_AT_REGISTER, __VA_ARGS__)
#define AUTHORIZE(...) HOW(.at = MP_AT_AUTHORIZE, __VA_ARGS__)
#define TOKEN(...) HOW(.at = MP_AT_TOKEN, __VA_ARGS__)
#define DEVICE(...) HOW(.at = MP_AT_DEVICE, __VA_ARGS__)
#define POLL(...) HOW(.at = MP_AT_POLL, __VA_ARGS__)
#define REFRESH(...) HOW(.at = MP_AT_REFRESH, __VA_ARGS__)
/* A refusal of Keycloak's registration, word by word. */
#define KEYCLOAK(code, text, ...) REGISTER(.status = code, .type = "application/json", \
	.body = "{" text "}", __VA_ARGS__)
#define POLICY(name, details) "\"error\":\"insufficient_scope\",\"error_description\":" \
	"\"Policy '" name "' rejected request to client-registration service. Details: " details "\""

static const struct mp_fault faults[] = {
	{ "metadata-html", "Metadata is a web page with status 200.", MCPASS_E_PROTOCOL,
	    METADATA(.status = 200, .type = "text/html", .body = HTML) },
	{ "metadata-203", "A proxy rewrote the metadata, and says so: 203.", MCPASS_OK,
	    METADATA(.instead = 203) },
	{ "metadata-500", "Metadata cannot be had: 500.", MCPASS_E_IO,
	    METADATA(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "metadata-huge", "Metadata is larger than any document may be.", MCPASS_E_LIMIT,
	    METADATA(.padding = MP_MAX_DOCUMENT) },
	{ "metadata-duplicate-name", "Metadata names two issuers.", MCPASS_E_PROTOCOL,
	    METADATA(.begin = "\"issuer\":\"https://evil.example\",") },
	{ "metadata-issuer-other", "Metadata is that of another issuer.", MCPASS_E_POLICY,
	    METADATA(.members = { { "issuer", "https://evil.example" } }) },
	{ "metadata-issuer-slash", "The issuer in the metadata has one more slash at its end.",
	    MCPASS_E_POLICY, METADATA(.members = { { "issuer", "@/" } }) },
	{ "metadata-no-s256", "Metadata does not offer PKCE.", MCPASS_E_POLICY,
	    METADATA(.members = { { "code_challenge_methods_supported", NULL } }) },
	{ "metadata-no-token-endpoint", "Metadata has no token endpoint.", MCPASS_E_PROTOCOL,
	    METADATA(.members = { { "token_endpoint", NULL } }) },
	{ "metadata-http-token-endpoint", "The token endpoint is plain http on a far host.",
	    MCPASS_E_POLICY,
	    METADATA(.members = { { "token_endpoint", "http://as.example/token" } }) },
	{ "metadata-private-token-endpoint", "The token endpoint is inside a private network.",
	    MCPASS_E_POLICY,
	    METADATA(.members = { { "token_endpoint", "https://169.254.169.254/token" } }) },
	{ "metadata-authorize-javascript", "The authorization endpoint is a script.",
	    MCPASS_E_PROTOCOL,
	    METADATA(.members = { { "authorization_endpoint", "javascript:alert(1)" } }) },
	{ "metadata-authorize-file", "The authorization endpoint is a file.", MCPASS_E_PROTOCOL,
	    METADATA(.members = { { "authorization_endpoint", "file:///etc/passwd" } }) },
	{ "metadata-authorize-command", "The authorization endpoint has commands for shells in it,"
	    " and is a good URL.", MCPASS_OK, METADATA(.members = { { "authorization_endpoint",
	    "@/authorize?x=$(touch$IFS'pwned');calc" } }) },
	{ "metadata-authorize-option", "The authorization endpoint is an option of a program.",
	    MCPASS_E_PROTOCOL,
	    METADATA(.members = { { "authorization_endpoint", "--renderer-cmd-prefix=sh" } }) },
	{ "metadata-redirect-loop", "Metadata redirects to itself for ever.", MCPASS_E_LIMIT,
	    METADATA(.status = 302, .type = "text/plain", .body = "", .extra = { "Location",
	    "?again" }) },

	{ "register-403", "Registration is refused as Keycloak refuses it.", MCPASS_E_DENIED,
	    REGISTER(.status = 403, .type = "application/json", .body =
	    "{\"error\":\"insufficient_scope\",\"error_description\":\"Policy 'Trusted Hosts'"
	    " rejected request to client-registration service. Details: Host not trusted.\"}") },
	{ "register-203", "A proxy rewrote the answer to the registration, and says so: 203.",
	    MCPASS_OK, REGISTER(.instead = 203) },
	{ "register-500", "Registration fails: 500.", MCPASS_E_IO,
	    REGISTER(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "register-html", "Registration answers with a web page.", MCPASS_E_PROTOCOL,
	    REGISTER(.status = 201, .type = "text/html", .body = HTML) },
	{ "register-no-client-id", "Registration gives no client id.", MCPASS_E_PROTOCOL,
	    REGISTER(.members = { { "client_id", NULL } }) },
	{ "register-post-method", "Registration gives a secret for client_secret_post, whatever"
	    " was asked.", MCPASS_OK, REGISTER(0) },
	{ "register-unusable-method", "Registration wants a method that was not asked for.",
	    MCPASS_E_PROTOCOL,
	    REGISTER(.members = { { "token_endpoint_auth_method", "tls_client_auth" } }) },
	{ "register-scope-binds", "A client may only ask for scopes that it registered, as at"
	    " Keycloak.", MCPASS_OK, REGISTER(0) },

	{ "authorize-no-state", "The redirect has no state.", MCPASS_E_POLICY,
	    AUTHORIZE(.params = { { "state", NULL } }) },
	{ "authorize-wrong-state", "The redirect has another state.", MCPASS_E_POLICY,
	    AUTHORIZE(.params = { { "state", "forged" } }) },
	{ "authorize-no-iss", "The redirect lacks the iss that was promised.", MCPASS_E_POLICY,
	    AUTHORIZE(.params = { { "iss", NULL } }) },
	{ "authorize-wrong-iss", "The redirect has the iss of another issuer.", MCPASS_E_POLICY,
	    AUTHORIZE(.params = { { "iss", "https://evil.example" } }) },
	{ "authorize-iss-slash", "The iss of the redirect has one more slash at its end.",
	    MCPASS_E_POLICY, AUTHORIZE(.params = { { "iss", "@/" } }) },
	{ "authorize-error-wrong-iss", "An error comes with the iss of another issuer.",
	    MCPASS_E_POLICY, AUTHORIZE(.params = { { "code", NULL }, { "error", "server_error" },
	    { "error_description", "forged" }, { "iss", "https://evil.example" } }) },
	{ "authorize-denied", "The user says no.", MCPASS_E_DENIED,
	    AUTHORIZE(.params = { { "code", NULL }, { "error", "access_denied" } }) },
	{ "authorize-error-script", "The error's description is a script.", MCPASS_E_DENIED,
	    AUTHORIZE(.params = { { "code", NULL }, { "error", "server_error" },
	    { "error_description", "<script>alert(1)</script>\x1b[31m" } }) },
	{ "authorize-no-code", "The redirect has neither code nor error.", MCPASS_E_PROTOCOL,
	    AUTHORIZE(.params = { { "code", NULL } }) },

	{ "token-203", "A proxy rewrote the token response, and says so: 203.", MCPASS_OK,
	    TOKEN(.instead = 203) },
	{ "token-500", "The token endpoint fails: 500.", MCPASS_E_IO,
	    TOKEN(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "token-429", "The token endpoint is too busy: 429.", MCPASS_E_IO,
	    TOKEN(.status = 429, .type = "text/plain", .body = "", .extra = { "Retry-After",
	    "1" }) },
	{ "token-html", "The token endpoint answers with a web page.", MCPASS_E_PROTOCOL,
	    TOKEN(.status = 200, .type = "text/html", .body = HTML) },
	{ "token-huge", "The token response is larger than any may be.", MCPASS_E_LIMIT,
	    TOKEN(.padding = MP_MAX_TOKEN_RESPONSE) },
	{ "token-no-access-token", "The token response has no access token.", MCPASS_E_PROTOCOL,
	    TOKEN(.members = { { "access_token", NULL } }) },
	{ "token-type-mac", "The token is of a type that no client speaks.", MCPASS_E_PROTOCOL,
	    TOKEN(.members = { { "token_type", "mac" } }) },
	{ "token-redirect", "The token endpoint redirects the code to another host.",
	    MCPASS_E_PROTOCOL, TOKEN(.status = 307, .type = "text/plain", .body = "",
	    .extra = { "Location", "https://evil.example/token" }) },
	{ "token-invalid-grant", "The code is refused.", MCPASS_E_DENIED,
	    TOKEN(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"invalid_grant\",\"error_description\":\"forged\"}") },
	{ "token-not-json-type", "The token response says that it is a web page.",
	    MCPASS_OK, TOKEN(.type = "text/html") },
	{ "token-less-scope", "The token lacks every scope that was asked for.", MCPASS_E_DENIED,
	    TOKEN(.members = { { "scope", "nothing" } }, .claims = { { "scope", "nothing" } }) },
	{ "token-expired-at-once", "The token response says that the token ends in a second.",
	    MCPASS_OK, TOKEN(.members = { { "expires_in", "1" } }) },
	{ "token-expires-in-zero", "The token response says that the token has ended already.",
	    MCPASS_OK, TOKEN(.members = { { "expires_in", "0" } }) },
	{ "token-scope-renamed", "The token response has other names for the scopes.", MCPASS_OK,
	    TOKEN(.members = { { "scope", "https://as.example/scopes/tools" } }) },
	{ "token-no-type", "The token response has no token_type, and its lifetime in a string.",
	    MCPASS_OK, TOKEN(.members = { { "token_type", NULL }, { "expires_in", " 600" } }) },
	{ "token-expired", "The token ended long ago.", MCPASS_E_PROTOCOL,
	    TOKEN(.claims = { { "exp", "1" } }) },
	{ "token-wrong-audience", "The token is for another server.", MCPASS_E_PROTOCOL,
	    TOKEN(.claims = { { "aud", "https://other.example/mcp" } }) },
	{ "token-wrong-issuer", "The token is from another issuer.", MCPASS_E_PROTOCOL,
	    TOKEN(.claims = { { "iss", "https://evil.example" } }) },
	{ "token-alg-none", "The token is not signed.", MCPASS_E_PROTOCOL, TOKEN(.alg = "none") },
	{ "token-hs256", "The token is signed with the public key as a password.",
	    MCPASS_E_PROTOCOL, TOKEN(.alg = "HS256") },
	{ "jwks-empty", "There is no public key.", MCPASS_E_IO,
	    HOW(.at = MP_AT_KEYS, .status = 200, .type = "application/json",
	    .body = "{\"keys\":[]}") },

	{ "refresh-invalid-grant", "The refresh token is refused.", MCPASS_OK,
	    REFRESH(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"invalid_grant\"}") },
	{ "refresh-500", "Refreshing fails: 500.", MCPASS_E_IO,
	    REFRESH(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "refresh-no-rotation", "Refreshing gives no new refresh token; the old one stays good.",
	    MCPASS_OK, REFRESH(0) },
	{ "refresh-invalid-client", "The client is not known any more when it refreshes.",
	    MCPASS_OK, REFRESH(.status = 401, .type = "application/json",
	    .body = "{\"error\":\"invalid_client\"}") },

	{ "refresh-bad-token-200", "GitHub: the refresh token is refused with a 200.", MCPASS_OK,
	    REFRESH(.status = 200, .type = "application/json", .body =
	    "{\"error\":\"bad_refresh_token\",\"error_description\":\"The refresh token is wrong.\"}") },
	{ "refresh-error-code", "The refresh is refused with a 422 and a shape of its own.", MCPASS_OK,
	    REFRESH(.status = 422, .type = "application/json",
	    .body = "{\"error_code\":\"refresh_token_not_found\",\"msg\":\"Invalid\"}") },
	{ "refresh-error-object", "The refresh is refused with an object for an error.", MCPASS_OK,
	    REFRESH(.status = 400, .type = "application/json",
	    .body = "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"No\"}}") },
	{ "refresh-404", "There is no token endpoint any more.", MCPASS_OK,
	    REFRESH(.status = 404, .type = "text/html", .body = HTML) },
	{ "refresh-redirect", "The token endpoint has moved, and redirects.", MCPASS_OK,
	    REFRESH(.status = 302, .type = "text/plain", .body = "", .extra = { "Location",
	    "https://as.example/elsewhere" }) },
	{ "refresh-html", "Refreshing answers with a web page and a 200.", MCPASS_OK,
	    REFRESH(.status = 200, .type = "text/html", .body = HTML) },
	{ "refresh-429", "Refreshing is too much just now: 429, for two minutes.", MCPASS_E_IO,
	    REFRESH(.status = 429, .type = "text/plain", .body = "", .extra = { "Retry-After",
	    "120" }) },
	{ "refresh-503-soon", "Refreshing fails for a moment, for ever: 503.", MCPASS_E_IO,
	    REFRESH(.status = 503, .type = "text/plain", .body = "", .extra = { "Retry-After",
	    "2" }) },

	{ "dpop-nonce-loop", "The token endpoint wants another nonce, for ever.", MCPASS_E_DENIED,
	    TOKEN(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"use_dpop_nonce\"}", .extra = { "DPoP-Nonce", "again" }) },
	{ "par-203", "A proxy rewrote the answer to the pushed request, and says so: 203.",
	    MCPASS_OK, HOW(.at = MP_AT_PUSH, .instead = 203) },
	{ "par-500", "Pushing the request fails: 500.", MCPASS_E_IO,
	    HOW(.at = MP_AT_PUSH, .status = 500, .type = "text/plain", .body = "internal error") },
	{ "par-no-request-uri", "The pushed request gets no name.", MCPASS_E_PROTOCOL,
	    HOW(.at = MP_AT_PUSH, .members = { { "request_uri", NULL } }) },
	{ "jag-wrong-type", "The identity provider gives an access token for an ID-JAG.",
	    MCPASS_E_PROTOCOL, HOW(.at = MP_AT_VOUCH, .members = { { "issued_token_type",
	    "urn:ietf:params:oauth:token-type:access_token" } }) },
	{ "jag-denied", "The identity provider does not vouch for this user.", MCPASS_E_DENIED,
	    HOW(.at = MP_AT_VOUCH, .status = 400, .type = "application/json",
	    .body = "{\"error\":\"access_denied\"}") },
	{ "assertion-invalid-grant", "The assertion is refused.", MCPASS_E_DENIED,
	    HOW(.at = MP_AT_ASSERTION, .status = 400, .type = "application/json",
	    .body = "{\"error\":\"invalid_grant\"}") },

	/* Each kind of registration that Keycloak refuses; some have a cure. */
	{ "keycloak-trusted-hosts", "Keycloak: a host that it does not trust.", MCPASS_E_DENIED,
	    KEYCLOAK(403, POLICY("Trusted Hosts",
	    "URI doesn't match any trusted host or trusted domain"), .padding = 0) },
	{ "keycloak-max-clients", "Keycloak: the realm is full.", MCPASS_E_DENIED,
	    KEYCLOAK(403, POLICY("Max Clients Limit",
	    "It's allowed to have max 200 clients per realm"), .padding = 0) },
	{ "keycloak-origin", "Keycloak: an Origin that it does not know.", MCPASS_E_DENIED,
	    KEYCLOAK(403, "\"error\":\"Invalid origin\"", .padding = 0) },
	{ "keycloak-some-scopes", "Keycloak: one of the scopes may not be registered.", MCPASS_OK,
	    KEYCLOAK(403, POLICY("Allowed Client Scopes",
	    "Not permitted to use specified clientScope"), .when = { "scope", "mcp:prompts" }) },
	{ "keycloak-no-scopes", "Keycloak: no scope may be registered by name.", MCPASS_OK,
	    KEYCLOAK(403, POLICY("Allowed Client Scopes",
	    "Not permitted to use specified clientScope"), .when = { "scope", NULL }) },
	{ "keycloak-no-client-at-all", "Keycloak: not even its own scopes may be registered.",
	    MCPASS_E_DENIED, KEYCLOAK(403, POLICY("Allowed Client Scopes",
	    "Not permitted to use specified clientScope"), .padding = 0) },
	{ "keycloak-unknown-field", "Keycloak: a field that it does not know.", MCPASS_OK,
	    KEYCLOAK(400, "\"error\":\"Invalid json representation for OIDCClientRepresentation."
	    " Unrecognized field \\\"application_type\\\" at line 1 column 272.\"",
	    .when = { "application_type", NULL }) },
	{ "register-bare", "Registration takes nothing that RFC 7591 does not ask for.", MCPASS_OK,
	    KEYCLOAK(400, "\"error\":\"invalid_client_metadata\"", .when = { "grant_types", NULL }) },
	{ "register-nothing", "Registration does not like any client.", MCPASS_E_DENIED,
	    KEYCLOAK(400, "\"error\":\"invalid_client_metadata\"", .padding = 0) },

	/* Keycloak, later on. */
	{ "keycloak-offline", "Keycloak: this user may have no offline token.", MCPASS_OK,
	    TOKEN(.offers = "offline_access", .when = { "scope", "offline_access" }, .status = 400,
	    .type = "application/json", .body = "{\"error\":\"not_allowed\",\"error_description\":"
	    "\"Offline tokens not allowed for the user or client\"}") },
	{ "keycloak-offline-scope", "Keycloak: this client may not ask for offline_access.", MCPASS_OK,
	    AUTHORIZE(.offers = "offline_access", .when = { "scope", "offline_access" },
	    .params = { { "code", NULL }, { "error", "invalid_scope" },
	    { "error_description", "Invalid scopes: mcp:tools offline_access" } }) },
	{ "keycloak-offline-pushed", "The same, told to a request that is pushed.", MCPASS_OK,
	    HOW(.offers = "offline_access", .at = MP_AT_PUSH, .when = { "scope", "offline_access" },
	    .status = 400, .type = "application/json", .body = "{\"error\":\"invalid_scope\","
	    "\"error_description\":\"Invalid scopes: mcp:tools offline_access\"}") },
	{ "keycloak-ceiling", "Keycloak: a scope that the client did not register.", MCPASS_E_DENIED,
	    AUTHORIZE(.params = { { "code", NULL }, { "error", "invalid_scope" },
	    { "error_description", "Invalid scopes: mcp:tools" } }) },
	{ "keycloak-invalid-target", "Keycloak: no client of the realm is this resource.",
	    MCPASS_E_DENIED, TOKEN(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"invalid_target\"}") },
	{ "keycloak-client-not-found", "Keycloak: a page says that the client is not known.",
	    MCPASS_E_EXPIRED, AUTHORIZE(.status = 400, .type = "text/html",
	    .body = "<!doctype html><title>Error</title><p>Client not found.") },

	/* Whole providers; their rows of the table (oauth/quirks.c) get on with them.  No
	 * client registers where the metadata names no place for it, yet the place is there: that
	 * is how a test's operator registers a client by hand. */
	{ "like-entra", "Like Entra ID: no PKCE in the metadata, no registration, no resource beside"
	    " a scope, a refresh token for offline_access only.", MCPASS_E_POLICY, SEVERAL(
	    { .offers = "offline_access", .at = MP_AT_METADATA, .members = {
	      { "code_challenge_methods_supported", NULL }, { "registration_endpoint", NULL } } },
	    { .at = MP_AT_AUTHORIZE, .when = { "resource", NULL }, .params = { { "code", NULL },
	      { "error", "invalid_target" }, { "error_description", ENTRA_RESOURCE } } },
	    { .at = MP_AT_TOKEN, .when = { "resource", NULL }, .status = 400,
	      .type = "application/json", .body = ENTRA_REFUSAL },
	    { .at = MP_AT_REFRESH, .when = { "resource", NULL }, .status = 400,
	      .type = "application/json", .body = ENTRA_REFUSAL },
	    { .at = MP_AT_TOKEN, .unless = { "scope", "offline_access" },
	      .members = { { "refresh_token", NULL } } }) },
	{ "like-auth0", "Like Auth0: the resource is ignored, the audience decides.",
	    MCPASS_E_PROTOCOL, SEVERAL(
	    { .at = MP_AT_TOKEN, .unless = { "audience", NULL },
	      .claims = { { "aud", "@/userinfo" } } },
	    { .at = MP_AT_TOKEN, .when = { "audience", NULL }, .claims = { { "aud", "?audience" } } }) },
	{ "like-google", "Like Google: no registration, a refresh token for access_type=offline and"
	    " prompt=consent only, and never a second one.", MCPASS_E_DENIED, SEVERAL(
	    { .at = MP_AT_METADATA, .members = { { "registration_endpoint", NULL } } },
	    { .at = MP_AT_TOKEN, .unless = { "access_type", "offline" },
	      .members = { { "refresh_token", NULL } } },
	    { .at = MP_AT_TOKEN, .unless = { "prompt", "consent" },
	      .members = { { "refresh_token", NULL } } }) },
	{ "like-okta", "Like Okta: registration wants an initial access token, the audience decides.",
	    MCPASS_E_DENIED, SEVERAL(
	    { .at = MP_AT_REGISTER, .unless = { "Authorization", NULL }, .status = 401,
	      .type = "application/json", .body = "{\"errorCode\":\"E0000005\","
	      "\"errorSummary\":\"Invalid session\"}" },
	    { .at = MP_AT_TOKEN, .unless = { "audience", NULL },
	      .claims = { { "aud", "api://default" } } }) },
	{ "like-cognito", "Like Cognito: no PKCE in the metadata, no registration, and a scope has to"
	    " be asked for.", MCPASS_E_POLICY, SEVERAL(
	    { .offers = "openid", .at = MP_AT_METADATA, .members = {
	      { "code_challenge_methods_supported", NULL }, { "registration_endpoint", NULL } } },
	    { .at = MP_AT_AUTHORIZE, .unless = { "scope", NULL }, .params = { { "code", NULL },
	      { "error", "invalid_request" }, { "error_description", "scope is missing" } } }) },

	{ "device-500", "Asking for a device's code fails: 500.", MCPASS_E_IO,
	    DEVICE(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "device-html", "A device's code is a web page.", MCPASS_E_PROTOCOL,
	    DEVICE(.status = 200, .type = "text/html", .body = HTML) },
	{ "device-unauthorized", "No client may sign in by a code.", MCPASS_E_DENIED,
	    DEVICE(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"unauthorized_client\"}") },
	{ "device-no-expiry", "A device's code is good for ever.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "expires_in", NULL } }) },
	{ "device-no-user-code", "There is no code to show.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "user_code", NULL } }) },
	{ "device-sentence-code", "The code to enter is a sentence.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "user_code", "Go to evil.example" } }) },
	{ "device-pending-428", "The code is not entered yet, says a 428, for ever.",
	    MCPASS_E_EXPIRED, POLL(.status = 428, .type = "application/json",
	    .body = "{\"error\":\"authorization_pending\"}") },
	{ "device-escape-code", "The code to show takes over a terminal.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "user_code", "A\xc2\x9b" "2J\xe2\x80\xae" } }) },
	{ "device-bad-uri", "The page for the code is a script.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "verification_uri", "javascript:alert(1)" } }) },
	{ "device-bad-uri-complete", "The page with the code in it is a file.", MCPASS_OK,
	    DEVICE(.members = { { "verification_uri_complete", "file:///etc/passwd" } }) },
	{ "device-http-uri", "The page for the code is plain http on a far host.",
	    MCPASS_E_POLICY,
	    DEVICE(.members = { { "verification_uri", "http://as.example/device" } }) },
	{ "device-command-uri", "The page for the code is a shell's command.", MCPASS_E_PROTOCOL,
	    DEVICE(.members = { { "verification_uri", "$(touch pwned)" } }) },
	{ "device-slow-down", "Every poll comes too often.", MCPASS_E_EXPIRED,
	    POLL(.status = 400, .type = "application/json", .body = "{\"error\":\"slow_down\"}") },
	{ "device-pending-forever", "No decision is ever made.", MCPASS_E_EXPIRED,
	    POLL(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"authorization_pending\"}") },
	{ "device-denied", "The person at the other device says no.", MCPASS_E_DENIED,
	    POLL(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"access_denied\"}") },
	{ "device-expired", "The device's code has run out.", MCPASS_E_EXPIRED,
	    POLL(.status = 400, .type = "application/json",
	    .body = "{\"error\":\"expired_token\"}") },
	{ "device-poll-500", "Polling fails, for ever: 500.", MCPASS_E_IO,
	    POLL(.status = 500, .type = "text/plain", .body = "internal error") },
	{ "device-poll-html", "A poll is answered with a web page.", MCPASS_E_PROTOCOL,
	    POLL(.status = 200, .type = "text/html", .body = HTML) },
};

const struct mp_fault *mp_faults(size_t *ret_count)
{
	*ret_count = MP_COUNT(faults);
	return faults;
}

/* A scope that only a misbehaving server has. */
static enum mcpass_rc offer(struct mp_issuer *issuer, const char *scope,
    struct mcpass_error *err)
{
	const struct mp_span item = { scope, strlen(scope) };
	enum mcpass_rc rc;

	if (mp_strings_has(&issuer->scopes, scope))
		return MCPASS_OK;
	rc = mp_strings_add(&issuer->words, item, err);
	return rc ? rc : mp_strings_add(&issuer->scopes, item, err);
}

enum mcpass_rc mp_issuer_misbehave(struct mp_issuer *issuer, const char *fault,
    struct mcpass_error *err)
{
	mp_clear(err);
	mp_faults_forget(issuer);
	issuer->fault = NULL;
	if (fault == NULL)
		return MCPASS_OK;
	for (size_t i = 0; i < MP_COUNT(faults); i++) {
		if (strcmp(faults[i].name, fault) == 0) {
			issuer->fault = &faults[i];
			return faults[i].how->offers != NULL ? offer(issuer, faults[i].how->offers, err)
			    : MCPASS_OK;
		}
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no misbehaviour %s", fault);
}

bool mp_faults_is(const struct mp_issuer *issuer, const char *name)
{
	return issuer->fault != NULL && strcmp(issuer->fault->name, name) == 0;
}

static bool contains(const struct mp_http_request *request, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= request->body_len; i++)
		if (memcmp(request->body + i, text, len) == 0)
			return true;
	return false;
}

enum mp_fault_at mp_faults_refine(const struct mp_turn *turn, enum mp_fault_at at)
{
	/* Good enough for a request that is going to be spoilt. */
	static const struct { const char *text; enum mp_fault_at at; } grants[] = {
		{ "grant_type=refresh_token", MP_AT_REFRESH },
		{ "oauth%3Agrant-type%3Atoken-exchange", MP_AT_VOUCH },
		{ "oauth%3Agrant-type%3Ajwt-bearer", MP_AT_ASSERTION },
		{ "oauth%3Agrant-type%3Adevice_code", MP_AT_POLL },
	};

	for (size_t i = 0; at == MP_AT_TOKEN && i < MP_COUNT(grants); i++)
		if (contains(turn->request, grants[i].text))
			return grants[i].at;
	return at;
}

/* The next change of what is answered there, from how on; *ret_how is NULL when there is
 * none (any more). */
static enum mcpass_rc find(const struct mp_turn *turn, enum mp_fault_at at,
    const struct mp_fault_how *how, const struct mp_fault_how **ret_how, struct mcpass_error *err)
{
	bool concerns = false;

	*ret_how = NULL;
	for (; how->at != MP_AT_NOWHERE && *ret_how == NULL; how++) {
		enum mcpass_rc rc;

		if (how->at != at)
			continue;
		rc = mp_faults_concerns(turn, how, &concerns, err);
		if (rc)
			return rc;
		if (concerns)
			*ret_how = how;
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_faults_instead(const struct mp_turn *turn, enum mp_fault_at at,
    bool *ret_done, struct mcpass_error *err)
{
	const struct mp_fault_how *how = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (turn->issuer->fault != NULL)
		rc = find(turn, at, turn->issuer->fault->how, &how, err);
	*ret_done = how != NULL && how->status != 0;
	if (rc || !*ret_done)
		return rc;
	turn->response->status = how->status;
	mp_buf_adds(&turn->response->body, how->body);
	rc = mp_buf_check(&turn->response->body, "the answer", err);
	if (!rc)
		rc = mp_edits_header(turn, "Content-Type", how->type, err);
	if (!rc && how->extra.name != NULL)
		rc = mp_edits_header(turn, how->extra.name, how->extra.value, err);
	return rc;
}

/* The status of an answer that is a success there. */
static int success(enum mp_fault_at at)
{
	if (at == MP_AT_AUTHORIZE)
		return 303;
	return at == MP_AT_REGISTER || at == MP_AT_PUSH ? 201 : 200;
}

static enum mcpass_rc spoil(const struct mp_turn *turn, const struct mp_fault_how *how,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (how->instead != 0)
		turn->response->status = how->instead;
	if (how->type != NULL)
		rc = mp_edits_header(turn, "Content-Type", how->type, err);
	if (!rc)
		rc = mp_edits_token(turn, how, err);
	if (!rc)
		rc = mp_edits_members(turn, how->members, err);
	if (!rc)
		rc = mp_edits_params(turn, how->params, err);
	return rc ? rc : mp_edits_text(turn, how, err);
}

enum mcpass_rc mp_faults_after(const struct mp_turn *turn, enum mp_fault_at at,
    struct mcpass_error *err)
{
	const struct mp_fault_how *how;
	enum mcpass_rc rc = MCPASS_OK;

	/* A refusal, and a page on the way, stay as they are. */
	if (turn->issuer->fault == NULL || turn->response->status != success(at))
		return MCPASS_OK;
	for (how = turn->issuer->fault->how; !rc && how != NULL; how++) {
		rc = find(turn, at, how, &how, err);
		if (rc || how == NULL)
			break;
		rc = spoil(turn, how, err);
	}
	return rc;
}
