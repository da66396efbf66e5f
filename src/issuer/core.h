/* core.h - what the files of the issuer share: the issuer itself, one turn of it, and
 * how a request is read, answered and remembered. */
#pragma once
#include "issuer/issuer.h"
#include "issuer/signing.h"
#include "wire/form.h"
#include "wire/jose/jws.h"
#include "wire/uri.h"

struct mp_user {
	char *username, *password_hash, *name;  /* name may be NULL */
	struct mp_strings scopes;
	bool all_scopes;                /* the file gives no list: this user may have any */
};

struct mp_client;
struct mp_trusted;
struct mp_bounds;
struct mp_brand;
struct mp_languages;

struct mp_issuer {
	char *url;                      /* the identifier, byte for byte */
	char *origin, *path;            /* views of it as text; path is "" or "/tenant" */
	bool is_https;
	char *default_resource;         /* aud where no resource was asked for */
	struct mp_user *users;
	size_t user_count;
	struct mp_strings scopes, words; /* in one order: "mcp:tools", "Use its tools" */
	struct mp_signing_keys keys;
	char *keys_text;                /* the record that they were read from, or NULL */
	int64_t keys_read_at;           /* Unix time */
	bool keys_rotate;               /* the record is looked at again and again */
	struct mp_key *key;             /* of keys, the one that signs now */
	enum mp_alg alg;
	char *style_hashes;             /* 'sha256-...' of the pages' styles, for the CSP */
	struct mp_brand *brand;         /* login/brand.h */
	struct mp_languages *texts;         /* login/texts.h */
	struct mp_issuer_store store;
	mcpass_random_fn *random;
	void *random_ctx;
	int64_t access_lifetime, refresh_lifetime, code_lifetime, device_interval;
	int64_t refresh_grace;          /* seconds; 0: none */
	const struct mp_fault *fault;   /* or NULL: behave */
	struct mp_form fault_asked;     /* the last authorization request, for faults only */
	struct mp_client *clients;      /* configured.c */
	struct mp_trusted *trusted;
	size_t client_count, trusted_count;
	struct mp_strings vouched, cors_origins, proxies;
	enum mcpass_rc (*fetch)(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
	    struct mp_buf *body, struct mcpass_error *err);     /* or NULL */
	void *fetch_ctx;
	enum mcpass_rc (*check_password)(void *ctx, const struct mp_password_ask *ask,
	    enum mp_password_answer *ret_answer, struct mcpass_error *err);     /* or NULL */
	void *check_password_ctx;
	const struct mp_idp *upstreams; /* borrowed */
	size_t upstream_count;
	int64_t upstream_recheck;       /* seconds */
	enum mcpass_rc (*send)(void *ctx, const struct mp_errand *errand, bool is_first,
	    struct mcpass_error *err);
	void *send_ctx;
	void (*event)(void *ctx, const json_t *event);  /* or NULL */
	void *event_ctx;
	mcpass_trace_fn *trace;         /* or NULL */
	void *trace_ctx;
	uint8_t own_key[32];            /* of our HMACs: nonces, mp_record_derive() */
	struct mp_bounds *bounds;       /* bounds.h */
	unsigned password_cost;         /* of each comparison: the same for every user name */
	char *no_password;              /* a line of that cost that no password has */
	bool require_pushed, require_dpop_nonce, require_resource_claim, opaque_tokens;
};

/* When the sender of a refused request may come again. */
struct mp_wait {
	int status;                     /* 429, 503; 0: nothing is said about that */
	int64_t seconds;
};
/* One request on its way to its answer. */
struct mp_turn {
	const struct mp_issuer *issuer;
	const struct mp_http_request *request;
	struct mp_http_response *response;
	bool *is_later;                 /* set: this turn is undone, and comes again */
	struct mp_wait *wait;           /* bounds.h */
	struct mp_errand *errand;       /* what is to be sent before it comes again */
	struct mp_events *events;       /* events.h; NULL: none are told */
};
typedef enum mcpass_rc mp_turn_fn(const struct mp_turn *turn, struct mcpass_error *err);

/* Reads the configuration into an issuer of zeros.  (setup.c) */
enum mcpass_rc mp_setup_apply(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err);

/* --- issuer.c --- */
/* Looks at the record of keys, at most once a second, and chooses the one that signs. */
enum mcpass_rc mp_issuer_renew_keys(struct mp_issuer *issuer, int64_t now,
    struct mcpass_error *err);

/* --- request.c: what a request says --- */
/* The value of a header, NULL when absent; one that occurs twice is refused. */
enum mcpass_rc mp_request_header(const struct mp_turn *turn, const char *name,
    const char **ret_value, struct mcpass_error *err);
/* The body as a form.  Release with mp_form_free(). */
enum mcpass_rc mp_request_form(const struct mp_turn *turn, struct mp_form *ret_form,
    struct mcpass_error *err);
/* The query as a form.  Release with mp_form_free(). */
enum mcpass_rc mp_request_query(const struct mp_turn *turn, struct mp_form *ret_query,
    struct mcpass_error *err);
/* A list of scopes that is asked for.  spec: RFC 6749 3.3 */
enum mcpass_rc mp_request_scopes(const char *text, struct mp_strings *ret_scopes,
    struct mcpass_error *err);
/* A parameter that has to be there. */
enum mcpass_rc mp_request_required(const struct mp_form *form, const char *name,
    const char **ret_value, struct mcpass_error *err);
/* The resource that is asked for, NULL when none is.  spec: RFC 8707 2 */
enum mcpass_rc mp_request_resource(const struct mp_form *form, const char **ret_resource,
    struct mcpass_error *err);
/* The browser's secret under a name of ours: "browser", "session".  NULL when it sent
 * none, or two, or something that we never gave. */
enum mcpass_rc mp_request_cookie(const struct mp_turn *turn, const char *name,
    struct mp_secret *ret_value, struct mcpass_error *err);
/* False when the request says that it comes from another site's page. */
bool mp_request_same_origin(const struct mp_turn *turn);
/* True when the browser says that the person navigates, and that no other site's page
 * sends them: no image, no frame, no prefetch.  False where it says nothing. */
bool mp_request_is_direct(const struct mp_turn *turn);

/* --- response.c: how it is answered --- */
/* Refuses a request: MCPASS_E_DENIED with an OAuth error code for its sender. */
enum mcpass_rc mp_response_refuse(struct mcpass_error *err, const char *code, const char *spec,
    const char *fmt, ...) MP_PRINTF(4, 5);
/* True when rc is about the request and its sender has to be told, not this machine. */
bool mp_response_is_refusal(enum mcpass_rc rc);
/* Tells the sender as JSON, in place of whatever was answered so far; clears err. */
enum mcpass_rc mp_response_refusal(const struct mp_turn *turn, struct mcpass_error *err);
/* Adds to the answer when to come again, where it says so at all. */
enum mcpass_rc mp_response_wait(const struct mp_turn *turn, struct mcpass_error *err);
/* What cannot be read of our own data is not the peer's fault: a failure that is not the
 * machine's becomes rc.  err is never NULL inside the issuer. */
enum mcpass_rc mp_response_blame(enum mcpass_rc failure, enum mcpass_rc rc,
    struct mcpass_error *err);
enum mcpass_rc mp_response_json(const struct mp_turn *turn, int status, const json_t *body,
    struct mcpass_error *err);
enum mcpass_rc mp_response_header(const struct mp_turn *turn, const char *name,
    const char *value, struct mcpass_error *err);
/* Sets a cookie for max_age seconds; 0 deletes it, -1 is until the browser closes. */
enum mcpass_rc mp_response_cookie(const struct mp_turn *turn, const char *name,
    const struct mp_secret *value, long max_age, struct mcpass_error *err);
/* Tells the operator why a request is refused. */
void mp_response_note(const struct mp_turn *turn, const struct mcpass_error *why);
/* Leaves only the bytes that an error_description may have. */
void mp_response_describe(char *text);
/* Forgets what was answered so far. */
void mp_response_clear(const struct mp_turn *turn);

/* --- record.c: what it remembers --- */
struct mp_shape {                       /* how a struct is written down */
	const struct mp_field *fields;
	size_t count;
};
struct mp_slot {                        /* where */
	const char *kind, *key;
	const struct mp_secret *secret; /* its hash is the key; NULL: key is */
	const char *group;              /* or NULL */
	int64_t expires_at;
};
/* What a secret is remembered by: its SHA-256, so that a stolen store opens nothing.
 * *ret_key is the caller's (free). */
enum mcpass_rc mp_record_key(const struct mp_secret *secret, char **ret_key,
    struct mcpass_error *err);
/* A secret that follows from another, for one purpose: who comes twice with the one gets
 * the other again, though neither is remembered.  Release with mp_secret_free(). */
enum mcpass_rc mp_record_derive(const struct mp_issuer *issuer, const char *purpose,
    const struct mp_secret *from, struct mp_secret *ret_secret, struct mcpass_error *err);
enum mcpass_rc mp_record_put(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, const void *record, struct mcpass_error *err);
/* Fills a struct of zeros from what is kept (release: mp_record_release()). */
enum mcpass_rc mp_record_read(const char *text, const struct mp_shape *shape, void *ret_record,
    struct mcpass_error *err);
/* The same, of the record that is there; *ret_found says whether. */
enum mcpass_rc mp_record_get(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, void *ret_record, bool *ret_found,
    struct mcpass_error *err);
/* The same, and it is gone from the store: of two who come, one finds it. */
enum mcpass_rc mp_record_take(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, void *ret_record, bool *ret_found,
    struct mcpass_error *err);
enum mcpass_rc mp_record_drop_group(const struct mp_turn *turn, const char *kind,
    const char *group, struct mcpass_error *err);
void mp_record_release(const struct mp_shape *shape, void *record);

/* --- later.c: what takes too long for a turn --- */
/* Ends the turn, which comes again: always a failure of the machine, which the caller
 * returns as it is. */
enum mcpass_rc mp_later(const struct mp_turn *turn, struct mcpass_error *err);
/* *ret_right is false for a password that is over MP_MAX_PASSWORD, and for a line that is
 * none. */
enum mcpass_rc mp_later_password(const struct mp_turn *turn, const struct mp_password_ask *ask,
    bool *ret_right, struct mcpass_error *err);

/* --- users.c: who may log in --- */
/* Also finds out what it costs at most to look at a password of theirs.  file: what messages
 * call it, or NULL. */
enum mcpass_rc mp_users_parse(const char *text, const char *file, struct mp_issuer *issuer,
    struct mcpass_error *err);
void mp_users_free(struct mp_issuer *issuer);
const struct mp_user *mp_users_find(const struct mp_issuer *issuer, const char *username);
/* Those of wanted that the user may have; the caller's (mp_strings_free). */
enum mcpass_rc mp_users_narrow(const struct mp_user *user, const struct mp_strings *wanted,
    struct mp_strings *ret_scopes, struct mcpass_error *err);

/* Groups of records that are limited apart: rooms.c. */
#define MP_CLIENT_NEW "new"             /* no person stands behind it */
#define MP_CLIENT_USED "used"
#define MP_PENDING_NEW "new"             /* no one has typed anything */
#define MP_PENDING_LIVE "live"

/* --- access.c: the token --- */
#define MP_KIND_ACCESS "access"         /* what opaque ones are remembered as */
struct mp_access {
	const char *username, *client_id;
	const char *scope, *resource;   /* or NULL */
	int64_t now;
	bool machine;                   /* username is no name: a client's id, a random one */
	const char *thumbprint;         /* of the key that it is bound to, or NULL */
	const char *family;             /* of the grant that it goes with, or NULL */
	int64_t not_after;              /* Unix time; 0: the usual lifetime */
	const json_t *claims;           /* that go over all these, or NULL */
};
/* Seconds that it will be good. */
int64_t mp_access_lifetime(const struct mp_issuer *issuer, const struct mp_access *access);
/* A JWT; with opaque_tokens random text, by which the same claims are remembered. */
enum mcpass_rc mp_access_token(const struct mp_issuer *issuer, const struct mp_access *access,
    struct mp_secret *ret_token, struct mcpass_error *err);
/* The claims of one of ours that is good now, of either form; the caller's (json_decref).
 * NULL for anything else. */
enum mcpass_rc mp_access_read(const struct mp_turn *turn, const char *token,
    json_t **ret_claims, struct mcpass_error *err);
/* Forgets an opaque one. */
enum mcpass_rc mp_access_forget(const struct mp_turn *turn, const char *token,
    struct mcpass_error *err);

/* --- the endpoints --- */
mp_turn_fn mp_metadata_handle, mp_metadata_keys;        /* metadata.c */
mp_turn_fn mp_register_handle;                          /* register.c */
mp_turn_fn mp_manage_get, mp_manage_put, mp_manage_delete; /* manage.c */
mp_turn_fn mp_authorize_handle;                         /* authorize.c */
mp_turn_fn mp_login_handle;                             /* login.c */
mp_turn_fn mp_logout_handle;                            /* logout_endpoint.c */
mp_turn_fn mp_brand_logo_handle;                        /* brand.c */
mp_turn_fn mp_consent_handle;                           /* consent.c */
mp_turn_fn mp_idp_callback;                             /* upstream/callback.c */
mp_turn_fn mp_token_handle;                             /* token_endpoint.c */
mp_turn_fn mp_revoke_handle;                            /* revoke.c */
mp_turn_fn mp_par_handle;                               /* par.c */
mp_turn_fn mp_introspect_handle;                        /* introspect.c */
mp_turn_fn mp_device_handle;                            /* device_code.c */
mp_turn_fn mp_device_page_show, mp_device_page_enter;   /* device_page.c */

/* True when the path is one of the places where metadata is looked for. */
bool mp_metadata_is_place(const struct mp_issuer *issuer, const char *path);
