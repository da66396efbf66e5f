/* client.h - a registered client, and the addresses it may be answered at. */
#pragma once
#include "issuer/core.h"

struct mp_client {
	/* Of its secret: SHA-256 where we made it or hold it, scrypt where the operator wrote
	 * only that down; NULL: it has none. */
	char *secret_hash;
	char *registration_hash;        /* of its registration access token */
	char *jwks;                     /* its public keys as JSON (private_key_jwt), or NULL */
	int64_t expires_at;
	int64_t used_at;                /* when a person last allowed it, or it got a token; 0: never */
	struct mp_strings audiences;    /* as in struct mp_issuer_client */
	struct mp_strings introspects;
	bool is_known;                  /* the operator's (configured.c); not written down */
	/* What it told us and may be told, in this order in mp_client_public: */
	char *client_id;
	int64_t client_id_issued_at;
	char *client_name, *client_uri, *scope, *application_type;
	char *token_endpoint_auth_method;
	struct mp_strings redirect_uris, grant_types;
	bool dpop_bound_access_tokens;
};
extern const struct mp_shape mp_client_public;

/* One that registered itself.  Release with mp_client_free(). */
enum mcpass_rc mp_client_read(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err);
/* One that is known, that registered itself, or whose id is its metadata document's URL.
 * *ret_found is false for an unknown one; a document that cannot be used is refused.
 * Release with mp_client_free(). */
enum mcpass_rc mp_client_load(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err);
enum mcpass_rc mp_client_save(const struct mp_turn *turn, const struct mp_client *client,
    struct mcpass_error *err);
/* Notes that a person or a token stands behind it: it is kept, and makes way for no
 * stranger's. */
enum mcpass_rc mp_client_use(const struct mp_turn *turn, const struct mp_client *client,
    struct mcpass_error *err);
enum mcpass_rc mp_client_delete(const struct mp_turn *turn, const char *client_id,
    struct mcpass_error *err);
void mp_client_free(struct mp_client *client);
enum mcpass_rc mp_client_copy(const struct mp_client *client, struct mp_client *ret_copy,
    struct mcpass_error *err);

/* Who calls the token or revocation endpoint; refuses with invalid_client.
 * spec: RFC 6749 2.3, 3.2.1 */
enum mcpass_rc mp_client_authenticate(const struct mp_turn *turn, const struct mp_form *form,
    struct mp_client *ret_client, struct mcpass_error *err);
/* Answers a form that an authenticated client posts; a refusal becomes the response. */
typedef enum mcpass_rc mp_client_answer_fn(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err);
enum mcpass_rc mp_client_serve(const struct mp_turn *turn, mp_client_answer_fn *answer,
    struct mcpass_error *err);
/* Refuses with unauthorized_client unless the grant was registered. */
enum mcpass_rc mp_client_check_grant(const struct mp_client *client, const char *grant_type,
    struct mcpass_error *err);
/* Refuses with invalid_target unless it may have tokens for the resource; NULL is the
 * default one.  spec: RFC 8707 2 */
enum mcpass_rc mp_client_check_resource(const struct mp_issuer *issuer,
    const struct mp_client *client, const char *resource, struct mcpass_error *err);
/* All that it may ask for: what it registered, else every scope there is. */
enum mcpass_rc mp_client_ceiling(const struct mp_issuer *issuer,
    const struct mp_client *client, struct mp_strings *ret_scopes, struct mcpass_error *err);
/* Drops what every user allowed this client. */
enum mcpass_rc mp_client_forget_consents(const struct mp_turn *turn, const char *client_id,
    struct mcpass_error *err);

/* --- document.c: clients whose id is the URL of what they say of themselves --- */
bool mp_metadata_document_is_id(const struct mp_issuer *issuer, const char *client_id);
/* Fetches and judges it; refuses with invalid_client. */
enum mcpass_rc mp_metadata_document_load(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, struct mcpass_error *err);

/* --- redirect.c --- */
enum mp_redirect_kind {
	MP_REDIRECT_REFUSED = 0,
	MP_REDIRECT_WEB,                /* https, on a host that is not this computer */
	MP_REDIRECT_LOOPBACK,           /* http or https on the person's own computer */
	MP_REDIRECT_PRIVATE_USE         /* com.example.app:/callback */
};
enum mp_redirect_kind mp_redirect_kind(const char *uri);
/* True for an address of our own pages: no client is answered there. */
bool mp_redirect_is_own(const struct mp_issuer *issuer, const char *uri);
/* Exactly equal, or equal but for the port of a loopback address. */
bool mp_redirect_matches(const char *registered, const char *asked);
bool mp_redirect_is_among(const struct mp_strings *registered, const char *asked);
/* Appends what a form-action directive has to name for a redirect there. */
void mp_redirect_add_source(struct mp_buf *policy, const char *uri);
/* Appends where that is, for a person: "app.example", "127.0.0.1:4711". */
void mp_redirect_add_place(struct mp_buf *text, const char *uri);
