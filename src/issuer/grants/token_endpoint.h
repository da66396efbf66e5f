/* token_endpoint.h - what the grants of the token endpoint share.  spec: OAuth 2.1 3.2 */
#pragma once
#include "issuer/clients/client.h"
#include "issuer/grants/grant.h"
#include "oauth/token_exchange.h"
#include "oauth/grants.h"

#define MP_GRANT_PROFILE_ID_JAG "urn:ietf:params:oauth:grant-profile:id-jag"
#define MP_TYP_ID_JAG "oauth-id-jag+jwt"

struct mp_token_ask {                   /* one request; all borrowed */
	const struct mp_form *form;
	const struct mp_client *client; /* NULL: a workload, which is none */
	const char *thumbprint;         /* of the key whose possession it proves, or NULL */
};
typedef enum mcpass_rc mp_token_fn(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err);
mp_token_fn mp_client_credentials_grant;       /* client_credentials.c */
mp_token_fn mp_jwt_bearer_grant;            /* jwt_bearer.c */
mp_token_fn mp_token_exchange_grant;          /* token_exchange.c */
mp_token_fn mp_id_jag_grant;             /* id_jag.c: the half of it that is for an ID-JAG */
mp_token_fn mp_device_grant;            /* device_grant.c */

/* --- api_exchange.c: the half of an exchange that is for a token of the identity provider's --- */
/* *ret_audience: the api of a provider that the form asks for, borrowed; untouched where it asks for
 * none.  Refuses with invalid_target what names two. */
enum mcpass_rc mp_api_exchange_find(const struct mp_turn *turn, const struct mp_form *form,
    const char **ret_audience, struct mcpass_error *err);
/* claims: of a token of ours that is good now, and whose audience ask->client is. */
enum mcpass_rc mp_api_exchange(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const json_t *claims, const char *audience, struct mcpass_error *err);

/* What begins or goes on with a family: refuses another resource than was allowed, and
 * answers with tokens for grant, whose scope may have been narrowed to scope. */
enum mcpass_rc mp_token_check_target(const struct mp_form *form, const struct mp_grant *grant,
    struct mcpass_error *err);
enum mcpass_rc mp_token_answer_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mp_grant *grant, const char *scope, bool with_refresh, struct mcpass_error *err);

struct mp_token_give {                  /* all borrowed */
	const char *subject, *client_id;
	const char *scope, *resource;   /* or NULL */
	bool machine;                   /* the subject is no name: the client, a random id */
	const struct mp_grant *refresh; /* whose refresh token comes with it, or NULL */
	const char *family;             /* what ends with it, ends the token; or NULL */
	const char *issued_type;        /* as an exchange names it (RFC 8693 2.2.1), or NULL */
	int64_t not_after;              /* Unix time; 0: the usual lifetime */
	const json_t *claims;           /* more of them, or NULL */
};
/* Answers with a token, bound to the key that ask proves.  spec: RFC 6749 5.1 */
enum mcpass_rc mp_token_give(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_token_give *give, struct mcpass_error *err);

/* Answers with an access token of another's: without what else came with it. */
enum mcpass_rc mp_token_pass_on(const struct mp_turn *turn, const struct mp_token *token,
    struct mcpass_error *err);

/* The scope of a token that no person is asked for: what the form names of ceiling, all of
 * it when it names nothing.  *ret_scope is the caller's (free), NULL for none.  Refuses
 * with invalid_scope when nothing is left of what it names.  (credentials.c) */
enum mcpass_rc mp_token_scope(const struct mp_form *form, const struct mp_strings *ceiling,
    char **ret_scope, struct mcpass_error *err);

/* --- dpop.c: proof of possession.  spec: RFC 9449 --- */
/* *ret_thumbprint: of the key in the request's DPoP proof, the caller's (free); NULL when
 * it has none.  endpoint: the path that the proof is for ("/token").  Refuses with
 * invalid_dpop_proof, use_dpop_nonce. */
enum mcpass_rc mp_dpop_check_request(const struct mp_turn *turn, const char *endpoint,
    char **ret_thumbprint, struct mcpass_error *err);
/* Adds the nonce for the next proof, where nonces are asked for. */
enum mcpass_rc mp_dpop_add_nonce(const struct mp_turn *turn, struct mcpass_error *err);
/* Makes issuer->own_key out of the signing key. */
enum mcpass_rc mp_dpop_setup(const char *signing_key, struct mp_issuer *issuer,
    struct mcpass_error *err);
