/* mcpass/client.h - get, and keep, an access token for one MCP server.
 *
 * The client is a state machine: it does no I/O and reads no clock.  Feed it an
 * event, carry out the action it returns, feed back what happened; repeat until
 * the action is DONE.  mcpass_login() (mcpass/login.h) runs that loop for you.
 * docs/flow.md is the picture of its states.
 * One client is used by one thread at a time; two clients share nothing.
 *
 * What a program has to do, for the client cannot see to it:
 *
 *   ACCEPTED  has to be told after each answer of the MCP server to a request with the token that is
 *             neither 401 nor 403.  A token that is refused before it was ever accepted was refused
 *             as new, and to log in again would not help: the client then fails instead of asking
 *             the person a second time.
 *   REQUEST   is sent once, for a code and a refresh token are good once, and no redirect of its
 *             answer is followed.  The address that it is connected to has to be checked,
 *             by mcpass_client_check_address(): a server that is not trusted yet names the hosts,
 *             and a name may lead anywhere.
 *   SAVE      hands out a record that holds tokens and client secrets, readable: keep it as
 *             passwords are kept.  What is in it is the client's own affair.
 *   LOCK      is held against all processes that share the records, until DONE or a failure.
 *
 * mcpass/store.h and mcpass/http.h are parts that do so; mcpass/link.h does all of it. */
#ifndef MCPASS_CLIENT_H
#define MCPASS_CLIENT_H
#include "mcpass/error.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_client;                   /* opaque */

#define MCPASS_LOOPBACK_HTTP 0x1u       /* allow http:// between loopback addresses */
#define MCPASS_ALLOW_NO_S256 0x2u       /* go on where metadata does not mention PKCE */
#define MCPASS_OMIT_RESOURCE 0x4u       /* send no resource parameter (Entra v2) */
#define MCPASS_NEW_LOGIN     0x8u       /* do not use the tokens in the record */
#define MCPASS_DPOP          0x10u      /* want a token bound to a key (RFC 9449), even
                                         * where the server does not ask for one */
#define MCPASS_PREFER_DEVICE 0x20u      /* no browser can be opened here: sign in by a code
                                         * (RFC 8628) where the server offers that */
#define MCPASS_ASK_ISSUER    0x40u      /* CONFIRM can be carried out: a person is here */

/* How a token is had. */
enum mcpass_grant {
	MCPASS_GRANT_CODE = 0,          /* a person consents in the browser */
	MCPASS_GRANT_CLIENT_CREDENTIALS, /* the client's own credentials (SEP-1046) */
	MCPASS_GRANT_JWT_BEARER,        /* a platform's workload JWT (SEP-1933) */
	MCPASS_GRANT_ID_JAG,            /* the enterprise's identity provider vouches for
	                                 * the person (SEP-990) */
	MCPASS_GRANT_DEVICE             /* a person consents on another device, by a code that
	                                 * is shown here (RFC 8628) */
};

struct mcpass_client_config {
	size_t size;                    /* sizeof(struct mcpass_client_config) */
	unsigned flags;
	const char *server_url;         /* canonical URI of the MCP server (RFC 8707 2) */
	const char *profile;            /* several accounts at one server; NULL: "default" */
	const char *client_name;        /* shown on consent pages; NULL: "mcpass" */
	const char *client_id;          /* pre-registered id, or NULL */
	const char *client_secret;      /* its secret, or NULL */
	const char *client_key;         /* its private key in PEM, for private_key_jwt, or NULL */
	const char *client_issuer;      /* the only issuer that may see any of these.  NULL: with a
	                                 * secret, a key, a JWT or an initial access token a person
	                                 * is asked (MCPASS_ASK_ISSUER), or it is MCPASS_E_POLICY;
	                                 * a bare client_id is of the first issuer that it is used
	                                 * with */
	const char *client_metadata_url; /* https URL of our client metadata document, to be
	                                 * used as client_id where supported, or NULL */
	const char *initial_access_token; /* for closed registration (RFC 7591 3), or NULL */
	const char *scope;              /* scopes to ask for, space separated, or NULL */
	enum mcpass_grant grant;
	const char *assertion;          /* JWT_BEARER: the platform's JWT; ID_JAG: the id token */
	const char *idp_token_endpoint; /* ID_JAG: where the id token is exchanged */
	const char *idp_client_id, *idp_client_secret;  /* ID_JAG: who we are there */
	const struct mcpass_header *extra; /* further authorization parameters; one with an
	                                 * empty value is not sent, whatever else wants it */
	size_t extra_count;             /* items */
	/* What the authorization server does differently, by the name of its provider in the
	 * table of `mcpass providers`; NULL: found by the issuer's URL; "none": nothing.  What
	 * is applied is told to trace. */
	const char *provider;
	mcpass_random_fn *random;       /* must be set */
	void *random_ctx;
	mcpass_trace_fn *trace;         /* or NULL */
	void *trace_ctx;
	/* Hosts that plain http is allowed to, though they are not on this machine: names in a
	 * private network, without ports.  The program has to see to it that no such name leads
	 * to a public address. */
	const char *const *http_hosts;
	size_t http_host_count;         /* items */
	const char *resource;           /* sent as resource (RFC 8707 2) in place of what the MCP
	                                 * server publishes, or NULL */
};

enum mcpass_event_type {
	MCPASS_EV_START = 1,            /* begin; no answer from the server seen yet */
	MCPASS_EV_CHALLENGE,            /* the MCP server answered 401 or 403; data: the sentence
	                                 * that its body gave as the reason, or NULL.  Status 0:
	                                 * it did not, and a login is wanted all the same, where
	                                 * the server publishes how */
	MCPASS_EV_ACCEPTED,             /* the MCP server took the token; headers as it sent them */
	MCPASS_EV_LOGOUT,               /* begin: revoke, deregister, forget */
	MCPASS_EV_LOCKED,               /* answers LOCK */
	MCPASS_EV_LOADED,               /* answers LOAD; data NULL when there is no record */
	MCPASS_EV_SAVED,                /* answers SAVE; data NULL, or why it could not be done: a
	                                 * token that was had already serves all the same */
	MCPASS_EV_RESPONSE,             /* answers REQUEST; status 0 when none arrived, data
	                                 * is then the reason.  Of a body that is longer than
	                                 * max_response, max_response + 1 bytes are enough */
	MCPASS_EV_LISTENING,            /* answers LISTEN; data is the redirect URI */
	MCPASS_EV_REDIRECT,             /* answers BROWSE and WAIT; data is the query string,
	                                 * NULL when none came in time */
	MCPASS_EV_SHOWN,                /* answers SHOW_CODE */
	MCPASS_EV_PAUSED,               /* answers PAUSE */
	MCPASS_EV_CONFIRMED             /* answers CONFIRM; status is 1 for yes, 0 for no */
};
struct mcpass_event {                   /* pointers are borrowed for the call only */
	enum mcpass_event_type type;
	int status;                     /* HTTP status */
	int64_t now;                    /* Unix time, seconds */
	const struct mcpass_header *headers;
	const char *data;               /* NUL-terminated, data_len without the NUL */
	size_t header_count, data_len;  /* items; bytes */
	const void *reserved[4];        /* NULL (error.h) */
};

enum mcpass_action_type {
	MCPASS_ACT_LOAD = 1,            /* read the record named key */
	MCPASS_ACT_SAVE,                /* replace record key by body; body NULL deletes */
	MCPASS_ACT_LOCK,                /* be the only one, of all processes, to work on
	                                 * record key; hold it until DONE or a failure */
	MCPASS_ACT_REQUEST,             /* one HTTP request; follow no redirect */
	MCPASS_ACT_LISTEN,              /* bind a loopback address for the redirect.  url is a wish
	                                 * or NULL: the URI that is registered; where its port is
	                                 * taken, bind another one: the client registers that,
	                                 * or fails where it cannot.  Serve nothing but GET of the
	                                 * URI's own path, and keep it open until DONE, a failure
	                                 * or the next LISTEN */
	MCPASS_ACT_BROWSE,              /* show url to the user, wait for the redirect */
	MCPASS_ACT_DONE,                /* token is set, or NULL: call without one, and feed
	                                 * CHALLENGE if the server refuses */
	MCPASS_ACT_WAIT,                /* what came was not the answer to this login: tell
	                                 * the browser that brought it, and wait on for the redirect,
	                                 * no longer than after BROWSE */
	MCPASS_ACT_SHOW_CODE,           /* show url and user_code to the person, who opens the
	                                 * one and enters the other, on any device, until
	                                 * expires_at; url_complete, or NULL, has both in it.
	                                 * Do not wait for them. */
	MCPASS_ACT_PAUSE,               /* let seconds go by on a monotonic clock;
	                                 * what is waited for is over at expires_at, 0 when there
	                                 * is nothing but the pause */
	MCPASS_ACT_CONFIRM              /* show url, the issuer that the MCP server names, and ask
	                                 * whether it may have what the configuration gives (a
	                                 * secret, a key's assertion, a JWT); no is the default.
	                                 * Asked for with MCPASS_ASK_ISSUER only. */
};
struct mcpass_token {
	const char *access_token, *token_type, *scope, *issuer, *resource;
	int64_t expires_at;             /* Unix time, seconds; 0 when unknown */
};
struct mcpass_action {                  /* pointers live until the next step or free */
	enum mcpass_action_type type;
	const char *method, *url, *key, *body;
	const struct mcpass_header *headers;
	size_t header_count, body_len, max_response;   /* items; bytes; bytes */
	const struct mcpass_token *token;
	const char *user_code, *url_complete;   /* one printable line each */
	int64_t seconds, expires_at;    /* Unix time, seconds */
	const char *issuer;             /* SHOW_CODE: who asks */
	const char *notice;             /* a sentence for the person, or NULL; with any type */
	const void *reserved[4];        /* NULL (error.h) */
};

/* Creates a client; strings in cfg are copied.  The caller owns *ret_client.
 * MCPASS_E_USAGE  no URL, an http:// URL that is not loopback, no random, a
 *                 client_metadata_url without https or a path, an unknown provider
 * MCPASS_E_NOMEM  out of memory */
MCPASS_API enum mcpass_rc mcpass_client_new(const struct mcpass_client_config *cfg,
    struct mcpass_client **ret_client, struct mcpass_error *err);
MCPASS_API void mcpass_client_free(struct mcpass_client *client);  /* wipes; NULL is fine */

/* Takes one event and returns the one action to carry out next.
 *
 * client  from mcpass_client_new(); after a failure only mcpass_client_free() is left.
 * event   borrowed for the call; event->now is Unix time in seconds.
 * ret_action  filled on MCPASS_OK, untouched otherwise; what it points at belongs to
 *         the client and lives until the next step or mcpass_client_free().
 * err     may be NULL; cleared first, then filled on failure.
 *
 * MCPASS_E_USAGE     this event does not answer the last action
 * MCPASS_E_IO        a server did not answer, or answered 429 or 5xx; nothing is lost
 * MCPASS_E_PROTOCOL  a server broke the clause named in err->spec
 * MCPASS_E_LIMIT     a document or a list is over its cap (base/limits.h)
 * MCPASS_E_DENIED    the user or the AS said no; err->oauth has the code
 * MCPASS_E_EXPIRED   the login was not finished in time
 * MCPASS_E_POLICY    issuer, resource or iss mismatch; no S256; http:// to a far host
 * MCPASS_E_NOMEM     out of memory
 *
 * spec: MCP 2026-07-28 authorization; RFC 9728 3.3, RFC 8414 3.3, RFC 9207 2.4 */
MCPASS_API enum mcpass_rc mcpass_client_step(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *ret_action,
    struct mcpass_error *err);

/* The headers that authorize one request to the MCP server with the token of the last
 * DONE, also while a later flow is under way (a refresh, a step-up); none (*ret_count 0) when
 * there is no token.  A DPoP proof serves one request only.
 * *ret_headers lives until the next call.
 * MCPASS_E_USAGE   there was no DONE yet, or the client has failed
 * MCPASS_E_POLICY  url is of another origin than the server's: no token goes there
 * spec: RFC 6750 2.1, RFC 9449 7.1 */
MCPASS_API enum mcpass_rc mcpass_client_authorize(struct mcpass_client *client,
    const char *method, const char *url, int64_t now,
    const struct mcpass_header **ret_headers, size_t *ret_count, struct mcpass_error *err);

/* Judges the address that a REQUEST to url is about to be connected to, once the name is
 * resolved: for a program that sends the client's requests by itself (mcpass/http.h does it by
 * itself).  Behind a proxy, which resolves the name, there is nothing to judge.
 *
 * url       of the action
 * address   "93.184.216.34" or "2001:db8::1", as inet_ntop() writes it
 * server    where the MCP server was when it was connected to last, in the same form; NULL: it
 *           was not, or through a proxy.  Then a server with a name is taken for a public one
 *
 * A public address is fine, but for plain http.  A private one is for a server that is itself in
 * a private network, loopback for a server on loopback, and either for the host of
 * client_issuer and idp_token_endpoint, which the configuration names.  Link-local addresses,
 * metadata services of clouds and what is no host's address are for none.
 *
 * MCPASS_E_POLICY  do not connect; report the REQUEST with status 0 and err->detail
 * MCPASS_E_USAGE   no URL, or no address
 * spec: MCP security considerations (SSRF); RFC 9728 7.7 */
MCPASS_API enum mcpass_rc mcpass_client_check_address(const struct mcpass_client *client,
    const char *url, const char *address, const char *server, struct mcpass_error *err);

/* Carries out one action and reports it.  What ret_event points at lives until the
 * next call.  Any result but MCPASS_OK abandons the flow. */
struct mcpass_host {
	enum mcpass_rc (*perform)(void *ctx, const struct mcpass_action *action,
	    struct mcpass_event *ret_event, struct mcpass_error *err);
	void *ctx;
};
/* Feeds event to client and carries out what it asks for, until it is DONE; *ret_action
 * is that action.  It holds no protocol knowledge. */
MCPASS_API enum mcpass_rc mcpass_client_run(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mcpass_host *host,
    struct mcpass_action *ret_action, struct mcpass_error *err);

/* Overwrites every secret of the client (its token, its own secrets) in text with '*', in place and
 * in whichever encoding it stands there: for what a server wrote and a person is shown, which may
 * repeat what the server was sent.  The errors of this header have been treated so. */
MCPASS_API void mcpass_client_redact(const struct mcpass_client *client, char *text);

#ifdef __cplusplus
}
#endif
#endif
