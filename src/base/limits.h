/* limits.h - every cap in one place, each with its reason. */
#ifndef MP_BASE_LIMITS_H
#define MP_BASE_LIMITS_H

/* Metadata documents of real servers are 1-8 KiB; key sets of large tenants 30 KiB. */
#define MP_MAX_DOCUMENT (256u * 1024)
/* A token response holds at most three JWTs; with groups inside, 16 KiB each is seen. */
#define MP_MAX_TOKEN_RESPONSE (128u * 1024)
/* Header lines: servers commonly refuse more than 8-16 KiB of them. */
#define MP_MAX_TOKEN (16u * 1024)
/* One URL: what browsers and servers accept in practice. */
#define MP_MAX_URI 8192u
/* JSON: nobody nests metadata or claims deeper; recursion stays small. */
#define MP_MAX_JSON_DEPTH 32
/* Items of one list in a document (scopes, keys, redirect URIs, challenges). */
#define MP_MAX_ITEMS 256
/* One MCP message; tools return images as base64. */
#define MP_MAX_MESSAGE (64u * 1024 * 1024)
/* One line or event of an event stream is at most a message and its framing. */
#define MP_MAX_SSE_EVENT (MP_MAX_MESSAGE + 4096)
/* A form posted to a token endpoint carries one JWT assertion at most. */
#define MP_MAX_FORM (64u * 1024)
/* One stored credential: two tokens, the endpoints, the scopes. */
#define MP_MAX_RECORD (128u * 1024)
/* Hops of a metadata GET; more is a loop. */
#define MP_MAX_REDIRECTS 3
/* Authorizations in one run: the first, one step-up, one more; then a person decides. */
#define MP_MAX_AUTHORIZATIONS 3
/* Seconds before expiry at which a token counts as expired: it must survive its trip. */
#define MP_EXPIRY_MARGIN 30
/* Seconds of clock difference that exp, nbf and iat tolerate. */
#define MP_CLOCK_SKEW 60
/* Seconds between two fetches of a key set for an unknown kid: a flood stays cheap. */
#define MP_JWKS_COOLDOWN 30
/* Seconds that a fetched key set serves without being asked for again. */
#define MP_JWKS_LIFETIME 3600

#endif
