/* mcpass/guard.h - decides whether a request may reach a protected MCP server.
 *
 * The guard does no I/O and reads no clock.  Ask it about a request; when it needs a key
 * set, metadata or its issuer's word on a token, it says what to fetch, and is asked again
 * afterwards.  It checks JWT access tokens: signature, iss, aud, exp, nbf, typ, crit, algorithm;
 * for opaque tokens it asks their issuer (RFC 7662), where that is configured; of both it
 * checks audience, scopes and roles, and, where that is configured, that the sender of one
 * holds its key (DPoP).
 * It does NOT check: the revocation of a JWT (unless its issuer is asked about JWTs too),
 * TLS, the request's body against its headers; whether a proof was shown to another
 * instance before, unless they share memory (a nonce keeps that to minutes).
 * What it found out about a token it remembers by the token's hash, for as long as the token,
 * its key and its issuer's word are good; what the token is good for is judged anew at
 * each request.  One guard is used by one thread at a time.
 * spec: RFC 6750, RFC 9728, RFC 9068, RFC 8725, RFC 9449, RFC 7662; MCP 2026-07-28
 * authorization */
#ifndef MCPASS_GUARD_H
#define MCPASS_GUARD_H
#include "mcpass/error.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_guard;                    /* opaque */

/* How an issuer is asked about a token; spec: RFC 7662 2.
 *
 * The issuer that is asked sees a token that is good here, so an opaque one is shown to one issuer
 * only: to the one with the longest token_prefix that it begins with.  One without a prefix
 * takes the rest; two with the same are MCPASS_E_USAGE.  A JWT names its issuer itself. */
enum mcpass_introspect {
	MCPASS_INTROSPECT_OPAQUE = 0,   /* only what is no JWT */
	MCPASS_INTROSPECT_ALL           /* JWTs too, once they are good in all that they say */
};
struct mcpass_introspection {
	const char *client_id, *client_secret;  /* this server's own at that issuer */
	const char *endpoint;           /* NULL: found by discovery */
	/* "client_secret_basic", "client_secret_post"; NULL: as the issuer's metadata says,
	 * which is basic where it says nothing or is not asked for. */
	const char *auth_method;
	const char *token_prefix;       /* of its opaque tokens; NULL: any */
	enum mcpass_introspect what;
	int64_t lifetime;               /* seconds that its word is good, 1 to 3600; 0: 60 */
	/* 1: an answer without aud is good enough.  Only for an issuer that calls a token
	 * active only to the client that it is meant for. */
	int audience_optional;
};
struct mcpass_guard_issuer {
	const char *issuer;             /* compared byte for byte with iss */
	const char *jwks_uri;           /* NULL: found by discovery */
	const struct mcpass_introspection *introspection;       /* NULL: it is never asked */
};
/* An operation needs scopes and a role.  The first rule that matches decides; none: nothing
 * is needed. */
struct mcpass_scope_rule {
	const char *method;             /* "tools/call", "tools/" + "*", "*" */
	const char *name;               /* a tool's or a prompt's name, for resources/ methods the
	                                 * URI; NULL: any.  Byte for byte; a URI counts too
	                                 * as URL parsers rewrite it ("FILE:///a/../b"), with
	                                 * the rule for it as it stands */
	const char *scope;              /* one scope or several, "" for none */
	const char *const *roles;       /* any one of them is enough; ends with NULL, or NULL */
};
/* A token with the first scope has the others too, and what those imply in turn:
 * "mcp:admin", "mcp:write"; "mcp:write", "mcp:read mcp:tools".  Two scopes that imply each
 * other are MCPASS_E_USAGE: the smaller one would have become the greater one. */
struct mcpass_scope_implication {
	const char *scope, *implied;
};
/* What counts for the tokens of one issuer, in place of what the configuration says for all;
 * what is left out (NULL, 0) stays as it says there.  Two issuers are two parties: a group or
 * an audience of one need not mean what it means with the other. */
struct mcpass_issuer_terms {
	const char *issuer;             /* one of the issuers */
	const char *const *audiences;
	const struct mcpass_scope_rule *rules;  /* then none of the others counts for it */
	const char *const *role_claims;
	/* A token without aud is good enough when it was issued to one of these clients: for an
	 * issuer that writes no aud into access tokens (Cognito). */
	const char *const *clients;
	size_t audience_count, rule_count, role_claim_count, client_count;
	/* 1: its access tokens have nonce and at_hash as ID tokens have (Dex), so that these do
	 * not tell them apart: only the audience does. */
	int id_token_claims;
};
enum mcpass_dpop_mode {                 /* proof of possession, RFC 9449 */
	MCPASS_DPOP_OFF = 0,            /* Bearer alone; a token bound to a key is refused */
	MCPASS_DPOP_ACCEPTED,           /* Bearer too, but not for a token bound to a key */
	MCPASS_DPOP_REQUIRED
};
/* Memory that the guards of one server share, where it has several, in one process or in many:
 * a DPoP proof passes once at all of them, and what one found out need not be found out again by
 * the others: that a token's signature is good, what an issuer answered.  It holds hashes of
 * tokens, and answers of issuers; no token and no secret of this server's.
 *
 * memory  zeros, or what guards left there (for as long as the configuration lasts, or longer: a
 *         change of it makes nothing there wrong); aligned as malloc() does it; it must outlive
 *         the guards
 * len     bytes, MCPASS_SHARED_MIN or more, the same for all of them: a half is for proofs, 64
 *         bytes each, and while there is no room for one its request is denied with 429
 * lock, unlock  around each access, never one in the other; both NULL: one thread has all guards
 *
 * A process may die while it holds the lock, as long as others get it then: what was there is
 * dropped, and proofs that were made before are refused. */
#define MCPASS_SHARED_MIN ((size_t)256 * 1024)
struct mcpass_shared_memory {
	void *memory;
	size_t len;
	void (*lock)(void *ctx), (*unlock)(void *ctx);
	void *ctx;
};
struct mcpass_guard_config {
	size_t size;                    /* sizeof(struct mcpass_guard_config) */
	const char *resource;           /* the MCP server's canonical URL */
	const char *resource_name;      /* for people, or NULL */
	/* Accepted in aud; none: resource alone, where it has no path with and without "/". */
	const char *const *audiences;
	const struct mcpass_guard_issuer *issuers;
	const struct mcpass_scope_rule *rules;
	const char *const *scopes_supported;
	size_t audience_count, issuer_count, rule_count, scope_count;
	int loopback_http;              /* 1: http issuers on loopback (development) */
	const struct mcpass_scope_implication *implications;
	size_t implication_count;
	enum mcpass_dpop_mode dpop;
	/* Copied; 32 to 1024 random bytes: DPoP proofs must then carry a nonce, which is made
	 * from these and the time, so that instances with the same secret accept each
	 * other's.  NULL: no nonces. */
	const uint8_t *nonce_secret;
	size_t nonce_secret_len;        /* bytes */
	/* Where a token's roles are: "roles", "groups", "realm_access.roles",
	 * "resource_access.echo.roles".  A dot goes one object down; "\." is a dot in a name,
	 * "\\" a backslash.  The claim is a list of roles, a text of roles with spaces between, or
	 * an object whose members are roles (Zitadel), unless they are false or null; all such
	 * claims count. */
	const char *const *role_claims;
	size_t role_claim_count;
	const char *resource_documentation;     /* a page for developers, or NULL */
	/* Copied; named by each 401 beside what the request needs, for clients that log in but
	 * cannot step up: with a refresh token at hand the TypeScript SDK 1.x refreshes upon a
	 * 403, which brings no scope. */
	const char *const *challenge_scopes;
	size_t challenge_scope_count;
	const struct mcpass_issuer_terms *terms;
	size_t term_count;
	/* 1: a copy of the first issuer's metadata, marked as one (copy_of), is published on this
	 * server's origin, for clients that look for it there and nowhere else. */
	int issuer_metadata;
	const struct mcpass_shared_memory *shared;      /* copied; or NULL: it shares with none */
};

/* name: params.name of a tool or a prompt, params.uri of a resource; or NULL. */
struct mcpass_operation { const char *method, *name; };
/* Reads what the body of a POST asks for, for mcpass_guard_request: never less than a server that
 * is laxer than this one would carry out.
 *
 * body      borrowed: one JSON-RPC message, or a batch of them (2025-03-26)
 * headers   of the same request: Mcp-Method and Mcp-Name, where they are there, must say what the
 *           body says, for a server behind may go by them; Content-Type and Content-Encoding must
 *           not have it read otherwise (UTF-7, gzip)
 * ret_operations, ret_count  one for each request and notification; none (NULL, 0) where the body
 *           is a response.  The caller's: mcpass_operations_free()
 *
 * MCPASS_E_PROTOCOL  no JSON-RPC, a member twice or in large letters, or other headers: answer
 *                    400, and do not hand the request on, for it cannot be judged
 * MCPASS_E_LIMIT     too large: 413
 * MCPASS_E_NOMEM     out of memory
 * spec: MCP 2026-07-28 streamable HTTP, "Standard Request Headers" */
MCPASS_API enum mcpass_rc mcpass_operations_read(const char *body, size_t len,
    const struct mcpass_header *headers, size_t header_count,
    struct mcpass_operation **ret_operations, size_t *ret_count, struct mcpass_error *err);
MCPASS_API void mcpass_operations_free(struct mcpass_operation *operations, size_t count);

struct mcpass_guard_request {           /* all borrowed */
	const struct mcpass_header *headers; /* Authorization is looked for here */
	const char *query;              /* to refuse a token in it (RFC 6750 2.3), or NULL */
	const struct mcpass_operation *operations;   /* what the body asks for; none: the rule for
	                                 * "*" counts (a GET, a response) */
	size_t header_count, operation_count;
	int64_t now;                    /* Unix time, seconds */
	const char *method;             /* "POST"; may be NULL when dpop is off */
	const char *url;                /* as the client knows it; NULL: the resource */
	const void *reserved[4];        /* NULL (error.h) */
};

enum mcpass_verdict_type {
	MCPASS_DENY = 0,                /* answer with status and www_authenticate */
	MCPASS_ALLOW,
	MCPASS_FETCH                    /* fetch it, report it, ask again; while one with the same
	                                 * key is under way, wait for that instead */
};
/* One HTTP request; no redirect is followed (one of an issuer's metadata counts as a place without
 * it, and the next place is tried).  Body and headers may hold secrets: the token that is asked
 * about, this server's own credentials. */
struct mcpass_fetch {
	const char *key;                /* names it, for mcpass_guard_fetched(); no secret */
	const char *method, *url;       /* "GET", "POST" */
	const struct mcpass_header *headers;
	const char *body;               /* NULL: none */
	size_t header_count, body_len, max_response;   /* items; bytes; bytes */
};
struct mcpass_verdict {                 /* pointers live until the next call */
	enum mcpass_verdict_type type;
	int status;                     /* DENY: 400, 401, 403, 429, 503 */
	const char *www_authenticate;   /* DENY: the header's value, or NULL (429, 503, and 403
	                                 * where no token would help); it holds two challenges where
	                                 * both schemes are accepted */
	const char *reason;             /* DENY: for the log, no token; else NULL */
	const struct mcpass_fetch *fetch;       /* FETCH; else NULL */
	const char *subject, *issuer, *client_id, *username, *scope;   /* ALLOW */
	int64_t expires_at;             /* ALLOW: Unix time, seconds; 0: its issuer does not say */
	const char *const *roles;       /* ALLOW: of the caller's roles those that rules name */
	size_t role_count;
	const char *dpop_nonce;         /* DENY, ALLOW: the header DPoP-Nonce, or NULL; no cache
	                                 * may keep such an answer (RFC 9449 8.2) */
	const char *introspection;      /* ALLOW: what its issuer answered about it, JSON
	                                 * (RFC 7662 2.2), or NULL: it was not asked */
	const void *reserved[3];        /* NULL (error.h) */
};

MCPASS_API enum mcpass_rc mcpass_guard_new(const struct mcpass_guard_config *cfg,
    struct mcpass_guard **ret_guard, struct mcpass_error *err);
MCPASS_API void mcpass_guard_free(struct mcpass_guard *guard);   /* NULL is fine */

/* Gives it the keys of one of its issuers, a JSON key set: from now on it asks that issuer for
 * none.  Called again, it replaces them.
 * MCPASS_E_USAGE: none of its issuers; no key set, or one without a key that signs. */
MCPASS_API enum mcpass_rc mcpass_guard_pin_keys(struct mcpass_guard *guard, const char *issuer,
    const char *jwks, size_t len, struct mcpass_error *err);

/* Judges a request, once: a DPoP proof that reached a verdict other than FETCH is used up,
 * and the same request again is a replay.  A failure (MCPASS_E_NOMEM, MCPASS_E_USAGE) leaves a deny verdict
 * with status 503: a caller that ignores the result still refuses. */
MCPASS_API enum mcpass_rc mcpass_guard_check(struct mcpass_guard *guard,
    const struct mcpass_guard_request *request, struct mcpass_verdict *ret_verdict,
    struct mcpass_error *err);
/* Reports what was fetched, by its key.  status 0: no answer that can be used came, and
 * body (or NULL) is a sentence for the log that says why.
 * MCPASS_E_IO, _E_PROTOCOL, _E_POLICY, _E_LIMIT: the issuer's answer cannot be used; it is
 * a matter for the log, the guard goes on.  That is remembered for a while, so that a
 * broken issuer is not asked at each request; without any keys, and without the issuer's
 * word on an opaque token, the check then denies with 503.  MCPASS_E_USAGE: the guard did not ask for
 * this. */
MCPASS_API enum mcpass_rc mcpass_guard_fetched(struct mcpass_guard *guard, const char *key,
    int status, const char *body, size_t len, int64_t now, struct mcpass_error *err);

/* The same of an answer that is a redirect (301, 302, 303, 307, 308): location is its Location
 * header, or NULL.  The place of an issuer's metadata may lead elsewhere, where that is judged to be
 * safe: what is to be fetched then is another key.  Anything else may not, and has failed.
 * Do not follow a redirect without it. */
MCPASS_API enum mcpass_rc mcpass_guard_redirected(struct mcpass_guard *guard, const char *key,
    int status, const char *location, int64_t now, struct mcpass_error *err);

/* The protected resource metadata, or the copy of the issuer's as soon as that is known (see
 * mcpass_guard_health()), when path ("/.well-known/...") is one of its places
 * (with the resource's path behind it, and without); *ret_json is borrowed until free,
 * NULL when path is another. */
MCPASS_API enum mcpass_rc mcpass_guard_metadata(const struct mcpass_guard *guard,
    const char *path, const char **ret_json, struct mcpass_error *err);

enum mcpass_issuer_state {
	MCPASS_ISSUER_UNREACHABLE = 0,  /* its tokens cannot be checked now */
	MCPASS_ISSUER_OLD_KEYS,         /* it did not answer of late; the keys that are there serve */
	MCPASS_ISSUER_REACHABLE
};
struct mcpass_health {                  /* pointers live until the next call */
	const char *issuer;             /* NULL: there is no i-th */
	enum mcpass_issuer_state state;
	const struct mcpass_fetch *fetch;       /* not NULL: fetch it, report it, ask again */
	const void *reserved[4];        /* NULL (error.h) */
};
/* How the i-th issuer is, counted from 0: for a page that watches over the server.  As in a
 * check, nothing is fetched more often than once a cooldown.  MCPASS_E_USAGE */
MCPASS_API enum mcpass_rc mcpass_guard_health(struct mcpass_guard *guard, size_t i, int64_t now,
    struct mcpass_health *ret_health, struct mcpass_error *err);

#ifdef __cplusplus
}
#endif
#endif
