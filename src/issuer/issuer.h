/* issuer.h - the embedded authorization server: a request in, a response out.
 *
 * A development default and a test bench: real protocol, real checks, users in a file.
 * No I/O: what it remembers goes through a store, time comes with the request.
 * spec: OAuth 2.1; RFC 8414, 7591, 7636, 8707, 9207, 7009; OIDC Discovery (metadata);
 *       RFC 7662, 9126, 9449, 7523, 8628, 8693; MCP SEP-991, SEP-1046, SEP-990, SEP-1933 */
#pragma once
#include "wire/http/http.h"
#include "wire/json/json.h"

/* One record of a list; borrowed for the call.  A row function does not call the store. */
struct mp_issuer_row {
	const char *key, *group, *value;        /* group "" for none */
	int64_t expires_at;
};
typedef enum mcpass_rc mp_issuer_row_fn(void *ctx, const struct mp_issuer_row *row,
    struct mcpass_error *err);

/* What the issuer remembers: text by kind and key, until it expires.  group lets a whole
 * refresh family go at once.  get and take yield *ret_value NULL when there is none (or it
 * has expired); the value is the caller's (mp_free_wiped).  take removes what it
 * returns, atomically: a code is used once, also by concurrent requests. */
struct mp_issuer_store {
	enum mcpass_rc (*put)(void *ctx, const char *kind, const char *key, const char *group,
	    int64_t expires_at, const char *value, struct mcpass_error *err);
	enum mcpass_rc (*get)(void *ctx, const char *kind, const char *key, int64_t now,
	    char **ret_value, struct mcpass_error *err);
	enum mcpass_rc (*take)(void *ctx, const char *kind, const char *key, int64_t now,
	    char **ret_value, struct mcpass_error *err);
	enum mcpass_rc (*drop_group)(void *ctx, const char *kind, const char *group,
	    struct mcpass_error *err);
	/* Like put, but only where there is nothing (any more): *ret_added is true for the
	 * first who comes, atomically. */
	enum mcpass_rc (*add)(void *ctx, const char *kind, const char *key, int64_t expires_at,
	    int64_t now, bool *ret_added, struct mcpass_error *err);
	void *ctx;
	/* How many of a kind there are that have not expired; group NULL: of all groups. */
	enum mcpass_rc (*count)(void *ctx, const char *kind, const char *group, int64_t now,
	    size_t *ret_count, struct mcpass_error *err);
	/* Forgets so many of them: those that expire first. */
	enum mcpass_rc (*drop_first)(void *ctx, const char *kind, const char *group, size_t count,
	    struct mcpass_error *err);
	/* What a turn writes is kept as a whole, or undone: begin comes before the turn, end
	 * after it.  Both NULL: each call is kept at once; then nothing may answer "later". */
	enum mcpass_rc (*begin)(void *ctx, struct mcpass_error *err);
	enum mcpass_rc (*end)(void *ctx, bool keep, struct mcpass_error *err);
	/* Tells row of each of a kind that has not expired, in the order of their keys' bytes; group
	 * NULL: of all groups.  The first that fails ends it. */
	enum mcpass_rc (*list)(void *ctx, const char *kind, const char *group, int64_t now,
	    mp_issuer_row_fn *row, void *row_ctx, struct mcpass_error *err);
};

/* A password, or a client's secret, against a line of mp_password_hash(). */
struct mp_password_ask {                /* all borrowed */
	const char *password, *line;
	unsigned cost;                  /* as of mp_password_check(): 0 for the line's own */
	bool remember;                  /* once right, it may be remembered: a program sends it
	                                 * again and again */
};
enum mp_password_answer { MP_PASSWORD_LATER = 1, MP_PASSWORD_RIGHT, MP_PASSWORD_WRONG };

/* What a GET brought besides its body. */
struct mp_issuer_answer {
	int status;
	int64_t fresh;                  /* seconds that it may be kept; -1: it does not say */
};

struct mp_issuer_scope { const char *scope, *words; };   /* "mcp:tools", "Use its tools" */
/* A client that the operator knows: it did not register itself. */
struct mp_issuer_client {
	const char *client_id;
	const char *client_name;        /* for the pages, or NULL */
	/* What proves it, one of them; none: a public client. */
	const char *client_secret;
	const char *client_secret_hash; /* "$scrypt$...", as of a password */
	const char *jwks;               /* its public keys as JSON (private_key_jwt) */
	const char *grants;             /* grant types, space separated */
	const char *scope;              /* all that it may have; NULL: every scope */
	struct mp_strings redirect_uris;
	struct mp_strings audiences;    /* the resources that it may have tokens for; none: any */
	struct mp_strings introspects;  /* the resources that it is: it may ask about any token
	                                 * for them (RFC 7662 4) */
};
/* An issuer whose JWTs are a grant here.  spec: RFC 7523 2.1, 3 */
enum mp_trust {
	MP_TRUST_WORKLOAD = 1,          /* a platform's, for a workload (SEP-1933) */
	MP_TRUST_ID_JAG                 /* an identity provider's, for a person (SEP-990) */
};
struct mp_issuer_trusted {
	const char *issuer;             /* iss, byte for byte */
	enum mp_trust what;
	const char *jwks;               /* its public keys as JSON, or NULL: */
	const char *jwks_uri;           /* they are fetched from here */
	const char *audience;           /* aud has to be this; NULL: our URL, with or without
	                                 * a '/' at its end, or our token endpoint */
	const char *scope;              /* all that its subjects may have; NULL: every scope */
	bool reusable;                  /* a JWT may come more than once: platforms that hand out
	                                 * one an hour; never for an ID-JAG */
};
/* A request to an identity provider, which is sent once (upstream/errand.h). */
struct mp_errand {
	char *key;                      /* names it; NULL: there is none */
	char *purpose;                  /* its answer is for that alone; NULL: the key says it all */
	bool is_after;                  /* it is known that one of that key was answered */
	char *url;
	struct mp_headers headers;
	struct mp_buf body;             /* of a POST; empty: a GET */
};
struct mp_idp;                          /* upstream/idp.h */
/* A language of the pages (login/texts.h).  All borrowed. */
struct mp_issuer_translation {
	const char *tag;                /* "pt-BR" */
	const char *json;               /* an object of its texts */
	const char *file;               /* what messages call it, or NULL */
};
/* What an organisation puts on the pages.  All borrowed, each may be NULL. */
struct mp_issuer_brand {
	const char *name;
	const char *css;                /* rules behind ours */
	const void *logo;               /* PNG, JPEG or SVG */
	size_t logo_len;                /* bytes */
};
struct mp_issuer_config {
	const char *issuer;             /* its URL, without a terminating '/' */
	const char *users;              /* JSON: [{"username","password_hash","name","scopes"}] */
	const char *users_file;         /* what messages call it, or NULL */
	const char *signing_key;        /* a private JWK as JSON text */
	/* The record MP_KIND_SERVER/MP_KEY_RECORD of the store, where there is one, says which keys
	 * sign when (signing.h); signing_key is then what our secrets follow from. */
	bool keys_rotate;
	const struct mp_issuer_scope *scopes;
	size_t scope_count;
	struct mp_issuer_store store;
	mcpass_random_fn *random;
	void *random_ctx;
	int64_t access_lifetime, refresh_lifetime, code_lifetime;   /* seconds; 0: default */
	int64_t refresh_grace;          /* seconds that a used refresh token gives its successor
	                                 * again, as long as that is unused; 0: default, -1: none */
	int64_t device_interval;        /* seconds between a device's polls; 0: default */
	/* The audience of a token for which no resource was asked (clients of 2025-03-26 ask
	 * for none): the MCP server's URL; NULL: the issuer.  spec: RFC 9068 3 */
	const char *default_resource;
	const struct mp_issuer_client *clients;
	const struct mp_issuer_trusted *trusted;
	size_t client_count, trusted_count;
	/* Authorization servers that users are vouched for at, as an identity provider: the
	 * audiences of an ID-JAG (SEP-990). */
	const char *const *vouched;
	size_t vouched_count;
	/* GETs an https URL, follows no redirect, connects to public addresses (or where we are
	 * ourselves, or our operator named a key set), appends the body to body, which is capped.
	 * *ret_answer is { .fresh = -1 } before.  For client metadata documents (SEP-991) and the keys of
	 * trusted issuers; NULL: neither is offered. */
	enum mcpass_rc (*fetch)(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
	    struct mp_buf *body, struct mcpass_error *err);
	void *fetch_ctx;
	/* Compares a password, which takes tens of milliseconds; NULL: in the turn.
	 *
	 * Both callbacks may answer "later" (status MP_HTTP_LATER; MP_PASSWORD_LATER), and go
	 * on without the issuer.  Then the turn ends as though it had never begun: what it wrote
	 * is undone, mp_issuer_handle() answers MP_HTTP_LATER, and the same request is handed in
	 * again, with is_again set, when there may be an answer. */
	enum mcpass_rc (*check_password)(void *ctx, const struct mp_password_ask *ask,
	    enum mp_password_answer *ret_answer, struct mcpass_error *err);
	void *check_password_ctx;
	/* Identity providers where people sign in; then there are no users here.  Borrowed while the
	 * issuer lives. */
	const struct mp_idp *upstreams;
	size_t upstream_count;
	int64_t upstream_recheck;       /* seconds between two questions about a sign-in; 0: default */
	/* Sends a request to one of them.  is_first: it is to be sent now; else another turn has had
	 * it sent, or another instance, and it is only waited for: the turn comes again when
	 * mp_issuer_arrived() was called here, or a moment later.  With it, begin and end of the store
	 * are needed. */
	enum mcpass_rc (*send)(void *ctx, const struct mp_errand *errand, bool is_first,
	    struct mcpass_error *err);
	void *send_ctx;
	/* Told what happened, each once, when it is kept; or NULL.  An object of texts: "time" (RFC
	 * 3339), "event", and where they are known "client", "user", "what", "outcome", "rule",
	 * "address" (events.h).  It must not wait. */
	void (*event)(void *ctx, const json_t *event);
	void *event_ctx;
	/* Told why a request is refused: a note with a fact "reason"; or NULL. */
	mcpass_trace_fn *trace;
	void *trace_ctx;
	/* Addresses of proxies in front (or networks, 10.0.0.0/8), whose X-Forwarded-For or Forwarded says where a request
	 * comes from.  spec: RFC 7239 */
	const char *const *proxies;
	size_t proxy_count;
	/* Origins of pages that may register and fetch tokens; never authorize, which is a page
	 * of ours.  Metadata and keys are public.  spec: RFC 9700 2.6 */
	const char *const *cors_origins;
	size_t cors_count;
	struct mp_issuer_brand brand;
	const struct mp_issuer_translation *translations;       /* more languages, or other texts */
	size_t translation_count;
	bool require_pushed;            /* refuse authorization requests that were not pushed */
	bool require_dpop_nonce;        /* a DPoP proof has to have a nonce (RFC 9449 8) */
	bool require_resource_claim;    /* refuse an ID-JAG without resource (Okta's have none) */
	bool opaque_tokens;             /* access tokens say nothing: introspection does */
};

/* What the server keeps about itself, beside what the issuer keeps. */
#define MP_KIND_SERVER "server"
#define MP_KEY_RECORD "signing_keys"

struct mp_issuer;
enum mcpass_rc mp_issuer_new(const struct mp_issuer_config *config,
    struct mp_issuer **ret_issuer, struct mcpass_error *err);
void mp_issuer_free(struct mp_issuer *issuer);

/* Answers any request; what is not the issuer's is a 404.  Its caller has screened the Host
 * (wire/http/host_field.h).  Fails only when it could not answer (no memory, no store): the caller
 * then sends a 500.  Status MP_HTTP_LATER: see check_password. */
enum mcpass_rc mp_issuer_handle(struct mp_issuer *issuer,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err);

/* What came of an errand, before its turn is handed in again: status 0, no answer, and body says
 * why. */
enum mcpass_rc mp_issuer_arrived(struct mp_issuer *issuer, const char *key, int status,
    const struct mp_buf *body, int64_t now, struct mcpass_error *err);

/* A token without a flow, for developers: `mcpass authserver token`. */
enum mcpass_rc mp_issuer_mint(struct mp_issuer *issuer, const char *username,
    const char *client_id, const char *scope, const char *resource, int64_t now,
    struct mp_secret *ret_token, struct mcpass_error *err);
/* The same for any name, with any scope, and with claims (an object, or NULL) over those that
 * such a token has: it is meant for a server that is under test, expired and all. */
struct mp_mint {                        /* all borrowed */
	const char *username, *client_id, *scope, *resource;
	const json_t *claims;
};
enum mcpass_rc mp_issuer_mint_any(struct mp_issuer *issuer, const struct mp_mint *mint,
    int64_t now, struct mp_secret *ret_token, struct mcpass_error *err);

/* An id token for that client, as from a login here, to be exchanged for an ID-JAG. */
enum mcpass_rc mp_issuer_mint_id_token(struct mp_issuer *issuer, const char *username,
    const char *client_id, int64_t now, struct mp_secret *ret_token, struct mcpass_error *err);

/* --- named misbehaviour, one at a time, for tests (faults.c) --- */
struct mp_fault {
	const char *name;               /* "iss-wrong" */
	const char *does;               /* one sentence */
	enum mcpass_rc met_with;        /* the class of error a client must end with */
	const struct mp_fault_how *how; /* faults.c's own */
};
const struct mp_fault *mp_faults(size_t *ret_count);
/* NULL: behave.  MCPASS_E_USAGE for a name that is none. */
enum mcpass_rc mp_issuer_misbehave(struct mp_issuer *issuer, const char *fault,
    struct mcpass_error *err);
