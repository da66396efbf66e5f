/* places.h - where a metadata document is, and what an answer there means: one walk for each
 * program that looks for one.  It does no I/O: it says which URL to GET, and judges what
 * came back.
 *
 * A place that is derived from the server's or the issuer's name may be anything: a 4xx, a
 * web page with 200, {}, 204, another issuer's document is a miss, and the next place is
 * asked.  What the server's own challenge names has to be the document, unless it is not
 * there (4xx).  A 5xx, a 429 or no answer says nothing of a place, so it ends the walk, but
 * for a document that is already found.  A redirect is judged like a place, and followed.
 * The documents of one issuer complete each other.
 * spec: RFC 9728 3, RFC 8414 3; MCP 2026-07-28 authorization server metadata discovery */
#pragma once
#include "oauth/asmeta.h"
#include "oauth/prm.h"

/* Members of the issuer's metadata that are looked for at further places. */
#define MP_WANTS_AUTHORIZATION 0x1u     /* authorization_endpoint */
#define MP_WANTS_TOKEN         0x2u     /* token_endpoint */
#define MP_WANTS_REGISTRATION  0x4u     /* registration_endpoint */
#define MP_WANTS_DEVICE        0x8u     /* device_authorization_endpoint */
#define MP_WANTS_PKCE          0x10u    /* code_challenge_methods_supported */
#define MP_WANTS_KEYS          0x20u    /* jwks_uri */
#define MP_WANTS_INTROSPECTION 0x40u    /* introspection_endpoint */

struct mp_places {
	/* what was found: one of the two */
	struct mp_prm prm;
	struct mp_asmeta as;
	bool slash;                     /* the issuer differs by its last '/' only: to be said */
	/* what the last answer was, to be told; "" and NULL where there is nothing to tell */
	char passed[320];               /* why the place was passed over */
	const char *lacked;             /* the member that its document lacks */

	/* private */
	bool of_issuer;                 /* else of a resource */
	char *about, *server_url;       /* issuer or resource; redirects are judged for the server */
	const struct mp_strings *http_hosts;    /* borrowed; of mp_target_is_allowed_http(), or NULL */
	bool loopback_http, named, found;
	unsigned wants;
	struct mp_strings urls;
	size_t at;
	char *redirected;               /* where the place under way led, or NULL */
	unsigned hops;
	struct mcpass_error why;        /* the most telling reason so far */
};

/* The resource's metadata.  challenged: what its challenge names, or NULL.  loopback_http as
 * for mp_target_check().  All texts are copied.  Release with mp_places_free(). */
enum mcpass_rc mp_places_of_resource(struct mp_places *places, const char *server_url,
    const char *challenged, bool loopback_http, struct mcpass_error *err);
/* The issuer's metadata; server_url: whose word led here (for a resource server: the issuer
 * itself).  wants: MP_WANTS_...  MCPASS_E_PROTOCOL as of mp_asmeta_places(). */
enum mcpass_rc mp_places_of_issuer(struct mp_places *places, const char *issuer,
    const char *server_url, bool loopback_http, unsigned wants, struct mcpass_error *err);
void mp_places_free(struct mp_places *places);
/* Forgets what was found; the walk begins anew. */
void mp_places_restart(struct mp_places *places);

/* What to GET now; lives until the next call. */
const char *mp_places_url(const struct mp_places *places);

struct mp_places_answer {
	int status;                     /* 0: none came; data is then the reason, or NULL */
	const struct mcpass_header *headers;    /* none: a redirect is a miss */
	size_t header_count;
	const char *data;
	size_t data_len;
};
enum mp_places_next {
	MP_PLACES_FAILED,               /* err says why */
	MP_PLACES_AGAIN,                /* GET mp_places_url() */
	MP_PLACES_FOUND,
	MP_PLACES_NONE                  /* nothing is published there: *err is untouched */
};
/* Takes the answer to a GET of mp_places_url().
 * MCPASS_E_IO        no answer, 429, 5xx
 * MCPASS_E_PROTOCOL  what should be the document is not, or breaks its clause
 * MCPASS_E_POLICY    it is another's (RFC 9728 3.3, RFC 8414 3.3), or leads where we must not go
 * MCPASS_E_LIMIT, MCPASS_E_NOMEM */
enum mp_places_next mp_places_next(struct mp_places *places,
    const struct mp_places_answer *answer, struct mcpass_error *err);
/* Plain http may be redirected to on these hosts, which have to outlive the walk. */
void mp_places_allow_http(struct mp_places *places, const struct mp_strings *hosts);
/* How many places there are. */
size_t mp_places_count(const struct mp_places *places);
