/* record.h - what is kept about one server: all that a restart needs, and nothing else.
 *
 * Kept as one JSON text per profile and server.  It is bound to the issuer that gave it
 * and to the resource it was given for (MCP 2026-07-28 client registration, SEP-2352). */
#pragma once
#include "oauth/asmeta.h"
#include "oauth/clientauth.h"

struct mp_record_client {               /* our identity at the issuer */
	char *client_id, *auth_method;
	struct mp_secret client_secret;
	int64_t secret_expires_at;      /* Unix time, 0: never */
	char *redirect_uri;             /* the one with the port it was registered with */
	char *scope;                    /* registered: a ceiling at Keycloak and others */
	char *configuration_url;        /* RFC 7592 registration_client_uri, or NULL */
	struct mp_secret configuration_token;
};
struct mp_record {
	char *server_url, *resource;
	struct mp_asmeta as;            /* as.issuer is the issuer of everything here */
	char *vouched;                  /* what a person gave us for that issuer: a client's id,
	                                 * or another name (issuer.c); NULL: nothing */
	struct mp_record_client client;
	struct mp_secret access_token, refresh_token;
	char *token_type;
	char *scope;                    /* granted */
	char *requested_scope;          /* asked for, so that a step-up adds to it */
	char *denied_scope;             /* asked for and not granted: not asked for again */
	bool offline_refused;           /* offline_access made the whole request fail */
	struct mp_secret dpop_key;      /* a private JWK as text: the token is bound to it */
	int64_t expires_at, obtained_at; /* Unix time; expires_at 0: unknown */
	/* Of a login that is under way, while this one is good: our identity for the next one,
	 * and the issuer where we are that.  NULL: none. */
	char *next_issuer;
	struct mp_record_client next;
};

/* Reads a stored record.  MCPASS_E_STORE when it is none (of this version), with the
 * hint to log out and in again.  Release with mp_record_free(). */
enum mcpass_rc mp_record_parse(const char *text, struct mp_record *ret_record,
    struct mcpass_error *err);
/* The text to keep; the caller's (mp_free_wiped). */
enum mcpass_rc mp_record_write(const struct mp_record *record, char **ret_text,
    struct mcpass_error *err);
void mp_record_free(struct mp_record *record);             /* and makes it empty */
void mp_record_forget_tokens(struct mp_record *record);
void mp_record_forget_client(struct mp_record *record);    /* and its tokens */
void mp_record_forget_next(struct mp_record *record);
/* The identity that was made for a login that did not come to its end becomes ours, if it is
 * of that issuer; in any case it is not the next one any more.  The tokens are of the old one. */
void mp_record_take_next(struct mp_record *record, const char *issuer);
bool mp_record_has_tokens(const struct mp_record *record);
/* True when there is a token that will survive a trip begun at now. */
bool mp_record_usable(const struct mp_record *record, int64_t now);
