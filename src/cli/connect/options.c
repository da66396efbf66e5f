#include "cli/connect/connection.h"

#define AT(member) offsetof(struct mp_connection_options, member)

static const struct mp_option connection_options[] = {
	{ "config", '\0', MP_OPTION_TEXT, "FILE", AT(config),
	    "The file of servers in which SERVER is a name (see mcpass(1), FILES)." },
	{ "header", 'H', MP_OPTION_LIST, "'N: v'", AT(headers),
	    "Send this header to the MCP server only; ${NAME} is taken from the environment; @FILE"
	    " reads lines of them." },
	{ "protocol", '\0', MP_OPTION_TEXT, "REVISION", AT(protocol),
	    "Speak this revision of MCP only, such as 2025-06-18; otherwise it is found out." },
	{ "timeout", '\0', MP_OPTION_TIME, "TIME", AT(timeout_ms),
	    "Wait this long for an answer to begin: 90, 90s, 5m. Default: as long as a tool takes;"
	    " 60s for lists and for what a login needs." },
	{ "connect-timeout", '\0', MP_OPTION_TIME, "TIME", AT(connect_timeout_ms),
	    "Wait this long for a connection. Default 10s." },
	{ "ipv4", '\0', MP_OPTION_FLAG, NULL, AT(ipv4),
	    "Connect to no IPv6 address." },
	{ "ca-file", '\0', MP_OPTION_TEXT, "FILE", AT(ca_file),
	    "Trust the certificates in this file rather than the system's." },
	{ "proxy", '\0', MP_OPTION_TEXT, "URL", AT(proxy),
	    "Use this proxy rather than the one of https_proxy." },
	{ "resolve", '\0', MP_OPTION_LIST, "HOST:PORT:ADDRESS", AT(resolve),
	    "Connect to ADDRESS for HOST:PORT, whatever its name resolves to; may be repeated." },
	{ "allow-http", '\0', MP_OPTION_LIST, "HOST", AT(allow_http),
	    "Speak plain http to HOST in a private network; may be repeated." },
};
const struct mp_option_table mp_connection_table = {
	"Connection", connection_options, MP_COUNT(connection_options)
};

static const struct mp_option login_options[] = {
	{ "profile", 'p', MP_OPTION_TEXT, "NAME", AT(profile),
	    "Which of several accounts at the server. Default: default." },
	{ "scope", 's', MP_OPTION_TEXT, "SCOPES", AT(scope),
	    "Ask for these scopes rather than for those that the server names; all of them, or it fails." },
	{ "no-login", '\0', MP_OPTION_FLAG, NULL, AT(no_login),
	    "Fail where a person would have to sign in." },
	{ "no-browser", '\0', MP_OPTION_FLAG, NULL, AT(no_browser),
	    "Show the URL, start no browser." },
	{ "device", '\0', MP_OPTION_FLAG, NULL, AT(device),
	    "Show a code to enter on another device; the way where no browser can be started." },
	{ "login-timeout", '\0', MP_OPTION_TIME, "TIME", AT(login_timeout_ms),
	    "Wait this long for the person. Default 5m; for a code, as long as it is good." },
	{ "client-id", '\0', MP_OPTION_TEXT, "ID", AT(client_id),
	    "The client that was registered for us; otherwise we register one." },
	{ "client-issuer", '\0', MP_OPTION_TEXT, "URL", AT(client_issuer),
	    "The only authorization server that may see what is given here; a secret needs it." },
	{ "client-secret-file", '\0', MP_OPTION_TEXT, "FILE", AT(client_secret_file),
	    "Its secret. Otherwise MCPASS_CLIENT_SECRET from the environment, if set." },
	{ "initial-access-token-file", '\0', MP_OPTION_TEXT, "FILE",
	    AT(initial_access_token_file), "The token that permits to register a client." },
	{ "callback-port", '\0', MP_OPTION_PORT, "PORT", AT(callback_port),
	    "The port that the browser comes back to, to forward it or to register it." },
	{ "callback-host", '\0', MP_OPTION_TEXT, "HOST", AT(callback_host),
	    "The host in the redirect URI: localhost where 127.0.0.1 is not accepted." },
	{ "callback-path", '\0', MP_OPTION_TEXT, "PATH", AT(callback_path),
	    "The path in the redirect URI, where a client was registered with another than /callback." },
	{ "callback-bind", '\0', MP_OPTION_TEXT, "ADDRESS", AT(callback_bind),
	    "The address to listen on, for a container. Default 127.0.0.1." },
	{ "provider", '\0', MP_OPTION_TEXT, "NAME", AT(provider),
	    "Treat the authorization server as this provider's (see mcpass-providers(1)), or as"
	    " no provider's: none. Otherwise its URL decides." },
	{ "auth-param", '\0', MP_OPTION_LIST, "N=V", AT(auth_params),
	    "Send this with the authorization request: access_type=offline; 'N=' keeps N out." },
	{ "resource", '\0', MP_OPTION_TEXT, "URL", AT(resource),
	    "Send this as the resource parameter rather than what the server publishes; give each its"
	    " --profile." },
	{ "omit-resource", '\0', MP_OPTION_FLAG, NULL, AT(omit_resource),
	    "Send no resource parameter, for servers that refuse it (Entra ID v2)." },
	{ "allow-no-s256", '\0', MP_OPTION_FLAG, NULL, AT(allow_no_s256),
	    "Go on where the metadata does not mention PKCE, which is used all the same." },
	{ "dpop", '\0', MP_OPTION_FLAG, NULL, AT(dpop),
	    "Have the token bound to a key of ours (RFC 9449), also where that is not asked for." },
	{ "store", '\0', MP_OPTION_STORE, "FILE", AT(store),
	    "Keep credentials there rather than in ~/.local/share/mcpass: in a file, or in a database"
	    " (postgresql://..., see mcpass-store(1))." },
};
const struct mp_option_table mp_login_table = {
	"Signing in", login_options, MP_COUNT(login_options)
};

static const struct mp_option service_options[] = {
	{ "grant", '\0', MP_OPTION_TEXT, "NAME", AT(grant),
	    "How a token is had: code (a person signs in), client-credentials, jwt-bearer,"
	    " id-jag, device (as --device). Default: code." },
	{ "client-key-file", '\0', MP_OPTION_TEXT, "FILE", AT(client_key_file),
	    "The client's private key in PEM, for private_key_jwt." },
	{ "client-metadata-url", '\0', MP_OPTION_TEXT, "URL", AT(client_metadata_url),
	    "Our client metadata document, to be the client id where that is supported."
	    " Otherwise MCPASS_CLIENT_METADATA_URL from the environment, if set." },
	{ "assertion-file", '\0', MP_OPTION_TEXT, "FILE", AT(assertion_file),
	    "The platform's JWT (jwt-bearer), or the person's id token (id-jag)." },
	{ "idp-token-endpoint", '\0', MP_OPTION_TEXT, "URL", AT(idp_token_endpoint),
	    "Where the id token is exchanged (id-jag)." },
	{ "idp-client-id", '\0', MP_OPTION_TEXT, "ID", AT(idp_client_id),
	    "Who we are there (id-jag)." },
	{ "idp-client-secret-file", '\0', MP_OPTION_TEXT, "FILE", AT(idp_client_secret_file),
	    "Our secret there (id-jag)." },
};
const struct mp_option_table mp_service_table = {
	"Without a person", service_options, MP_COUNT(service_options)
};
