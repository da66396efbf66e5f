/* idp.h - an identity provider where people sign in, while MCP clients register here.
 *
 * Pure rules: how one is configured, what its answers have to be like, and what a person
 * who signed in there may have here.  See docs/front-door.md.
 * spec: RFC 9700; OpenID Connect Core 1.0; MCP 2026-07-28 (confused deputy) */
#pragma once
#include "oauth/clientauth.h"
#include "wire/jose/jws.h"
#include "wire/json/json.h"

/* Who gets what: all that a rule names has to hold.  What no rule gives is not given. */
struct mp_idp_rule {
	char *claim, *value;            /* the claim has this value among its own */
	char *domain;                   /* of an e-mail address that is verified */
	bool everyone;
	struct mp_strings scopes, roles;
};
/* All that it names has to hold, of each list one item; empty lists permit anyone. */
struct mp_idp_allow {
	struct mp_strings tenants;      /* tid */
	struct mp_strings hosted_domains; /* hd */
	struct mp_strings email_domains, groups, organizations;
	bool verified_email;
	bool everyone;                  /* said where anyone in the world may have an account */
};
/* A token of the provider's that a server behind us may have, for the person who called it.  Nothing
 * is handed out that no entry names. */
struct mp_idp_api {
	char *audience;                 /* what the server asks for, as audience or resource */
	struct mp_strings clients;      /* the servers: clients that the operator knows */
	struct mp_strings scopes;       /* all that the token may have there */
	struct mp_strings needs;        /* scopes of ours that the caller's token has to have */
	bool exchanges;                 /* the provider exchanges a token (RFC 8693); else the refresh
	                                 * token is used */
};
/* What a provider does differently, as data: providers.c. */
struct mp_idp_provider {
	const char *name;               /* as of oauth/quirks.h, where its hosts are */
	const char *scope;              /* asked for where the configuration names none */
	const char *subject[2];         /* the claims that a person is known by; none: sub */
	const char *groups;             /* the claim with groups; none: "groups" */
	struct mcpass_header params[2]; /* of the authorization request */
	/* OAuth without OpenID Connect: */
	const char *authorization_endpoint, *token_endpoint;
	const char *user_endpoint, *emails_endpoint, *organizations_endpoint;
	/* Where groups are asked for that are too many for a token, and the scope for that: */
	const char *groups_endpoint, *groups_scope;
	bool wants_userinfo;            /* its id tokens have few claims */
	bool is_public;                 /* anyone in the world may have an account there */
	bool wants_scope;               /* in token requests, too */
};
const struct mp_idp_provider *mp_idp_provider(const char *name, const char *issuer);

struct mp_idp {
	char *name;                     /* in our callback's path: letters, digits, '-' */
	char *label;                    /* for people */
	const struct mp_idp_provider *provider;    /* or NULL */
	char *issuer;                   /* NULL: OAuth without OpenID Connect, by these: */
	char *authorization_endpoint, *token_endpoint, *user_endpoint;
	char *emails_endpoint, *organizations_endpoint;
	char *groups_endpoint;          /* NULL: groups that are elsewhere are not looked for */
	char *identity;                 /* what its people are kept under: the issuer, else an endpoint */
	struct mp_client_id client;     /* method UNSET: as the metadata says */
	struct mp_key *key;             /* for private_key_jwt, or NULL */
	char *scope;
	json_t *authorize_params, *token_params;        /* objects of strings, or NULL */
	bool userinfo;                  /* asked for at every login */
	struct mp_strings subject;      /* claims that a person is known by, together */
	char *groups_claim, *name_claim;
	json_t *token_claims;           /* claim of our tokens -> claim there, or NULL */
	struct mp_idp_allow allow;
	struct mp_idp_rule *rules;
	size_t rule_count;
	bool has_rules;                 /* none are given: everyone who is allowed has every scope */
	struct mp_idp_api *apis;
	size_t api_count;
};

/* What an entry of the configuration names as files, read by the caller; both borrowed. */
struct mp_idp_files { const char *secret, *key; };
/* Reads one entry of the configuration; *ret_upstream: release with mp_idp_free().
 * MCPASS_E_USAGE: it says what is wrong, and with which member. */
enum mcpass_rc mp_idp_read(const json_t *entry, const struct mp_idp_files *files,
    struct mp_idp *ret_upstream, struct mcpass_error *err);
void mp_idp_free(struct mp_idp *upstream);

/* --- metadata.c --- */
/* spec: OpenID Connect Discovery 3; RFC 8414 2; RFC 9207 3 */
struct mp_idp_metadata {
	char *issuer;                   /* may have "{tenantid}" in it */
	char *authorization_endpoint, *token_endpoint, *jwks_uri, *userinfo_endpoint;
	struct mp_strings auth_methods, id_token_algs, scopes;
	bool iss_promised;
};
/* Judges the document that was found for upstream->issuer.  MCPASS_E_POLICY: it is another
 * issuer's, or names an address that we do not contact. */
enum mcpass_rc mp_idp_metadata_read(const struct mp_idp *upstream,
    const json_t *document, struct mp_idp_metadata *ret_metadata, struct mcpass_error *err);
void mp_idp_metadata_free(struct mp_idp_metadata *metadata);

/* --- id_token.c --- */
struct mp_id_token_expect {             /* all borrowed */
	const struct mp_idp *upstream;
	const struct mp_idp_metadata *metadata;
	const char *nonce;              /* NULL: of a refresh, which has none */
	int64_t now;
};
/* Judges a parsed id token by keys, of which one has to have signed it.
 * MCPASS_E_POLICY: what is wrong with it; spec: OpenID Connect Core 3.1.3.7 */
enum mcpass_rc mp_id_token_check(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_id_token_expect *expect, struct mcpass_error *err);
/* Adds the claims of a userinfo answer that the id token has not.  MCPASS_E_DENIED: it is about
 * another sub.  *ret_claims is the caller's (json_decref).  spec: OpenID Connect Core 5.3.2, 5.3.4 */
enum mcpass_rc mp_userinfo_join(const json_t *id_claims, const char *data, size_t len,
    json_t **ret_claims, struct mcpass_error *err);

/* --- rules.c --- */
struct mp_idp_access {             /* what a person may have here */
	char *subject;                  /* what they are known by there */
	char *name;                     /* for pages, or NULL */
	char *sid;                      /* of their session there, or NULL */
	bool all_scopes;
	struct mp_strings scopes, roles;
	json_t *claims;                 /* for our tokens, an object */
};
/* The one judge, at login and at every renewal.  Release with mp_idp_access_free().
 * MCPASS_E_DENIED: this person may not come in; the detail says why, to the operator. */
enum mcpass_rc mp_idp_judge(const struct mp_idp *upstream, const json_t *claims,
    struct mp_idp_access *ret_access, struct mcpass_error *err);
void mp_idp_access_free(struct mp_idp_access *access);
/* True when a rule looks at groups that the claims say are elsewhere. */
bool mp_idp_lacks_groups(const struct mp_idp *upstream, const json_t *claims);
/* What a person is known by there: the claims that upstream->subject names; the caller's (free).
 * MCPASS_E_DENIED: one of them is not said. */
enum mcpass_rc mp_idp_subject(const struct mp_idp *upstream, const json_t *claims,
    char **ret_subject, struct mcpass_error *err);
/* The domain of an e-mail address with exactly one '@', NULL for any other; borrowed. */
const char *mp_idp_email_domain(const char *email);


/* --- apis.c --- */
struct mp_idp_ask {                     /* what a server asks for; borrowed */
	const char *audience, *client_id;
	const char *scope;              /* or NULL: all that there is */
	const char *has;                /* the scope of the token that it was shown, or NULL */
};
/* The api of that audience, or NULL. */
const struct mp_idp_api *mp_idp_api_named(const struct mp_idp *upstream, const char *audience);
/* May the server have it?  *ret_scope is the caller's (free), NULL: none is named.  MCPASS_E_DENIED
 * with invalid_target, invalid_scope or invalid_request. */
enum mcpass_rc mp_idp_api_choose(const struct mp_idp *upstream, const struct mp_idp_ask *ask,
    const struct mp_idp_api **ret_api, char **ret_scope, struct mcpass_error *err);
/* Whether scope (or NULL) has what the api needs.  MCPASS_E_DENIED with invalid_request if not. */
enum mcpass_rc mp_idp_api_needs(const struct mp_idp_api *api, const char *has,
    struct mcpass_error *err);
/* Whether a token that has scope (or NULL) is no more than the api names.  MCPASS_E_POLICY if not. */
enum mcpass_rc mp_idp_api_check(const struct mp_idp_api *api, const char *scope,
    struct mcpass_error *err);
