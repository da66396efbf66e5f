/* limits.h - every cap in one place, each with its reason. */
#pragma once
#include <stddef.h>

/* Metadata documents of real servers are 1-8 KiB; key sets of large tenants 30 KiB. */
#define MP_MAX_DOCUMENT ((size_t)256 * 1024)
/* A token response holds at most three JWTs; with groups inside, 16 KiB each is seen. */
#define MP_MAX_TOKEN_RESPONSE ((size_t)128 * 1024)
/* Header lines: servers commonly refuse more than 8-16 KiB of them. */
#define MP_MAX_TOKEN ((size_t)16 * 1024)
/* RSA: RFC 7518 3.3 wants 2048 bits; a verification with 8192 takes 16 times as long. */
#define MP_MIN_RSA_BITS 2048
#define MP_MAX_RSA_BITS 8192
/* Exponents are 65537 or smaller; a long one makes verifying as slow as signing. */
#define MP_MAX_RSA_EXPONENT_BITS 64
/* The longest signature is RSA's, as long as the modulus. */
#define MP_MAX_SIGNATURE (MP_MAX_RSA_BITS / 8)
/* The longest elliptic curve coordinate is P-521's. */
#define MP_MAX_FIELD 66
/* Random text is an identifier or a verifier (RFC 7636 4.1: 32 bytes); 64 are plenty. */
#define MP_MAX_RANDOM 64
/* scrypt's cost, a power of 2: less is guessed too fast; 17 takes 128 MiB and 0.5 s. */
#define MP_MIN_SCRYPT_LOG2 10
#define MP_MAX_SCRYPT_LOG2 17
/* What a new line costs: 16 MiB and some 30 ms a guess. */
#define MP_SCRYPT_LOG2 14
/* One URL: what browsers and servers accept in practice. */
#define MP_MAX_URI ((size_t)8192)
/* JSON: metadata and claims are never nested deeper. */
#define MP_MAX_JSON_DEPTH 32
/* MCP messages hold schemas of schemas, and values to match; each level costs a pointer. */
#define MP_MAX_MESSAGE_DEPTH 1000
/* Two bytes of text become up to 200 of memory, so a hostile message is stopped here. */
#define MP_MAX_JSON_VALUES ((size_t)1024 * 1024)
/* Items of one list in a document (scopes, keys, redirect URIs, challenges). */
#define MP_MAX_ITEMS 256
/* Scopes that a document lists: large providers publish hundreds for all of their services. */
#define MP_MAX_LISTED_SCOPES 4096
/* Scopes of one request or token: what is longer fits no URL and no header. */
#define MP_MAX_SCOPES 1024
/* Bytes of scopes that are asked for because a server lists them: half of a URL. */
#define MP_MAX_ASKED_SCOPES ((size_t)4096)
/* One MCP message; tools return images as base64. */
#define MP_MAX_MESSAGE ((size_t)64 * 1024 * 1024)
/* A message as text for people: indented, and with names beside its values. */
#define MP_MAX_RENDERED (8 * MP_MAX_MESSAGE)
/* The answer of a server that a person asked: what is read where it lies may be long. */
#define MP_MAX_ANSWER ((size_t)1024 * 1024 * 1024)
/* One line or event of an event stream is at most a message and its framing. */
#define MP_SSE_FRAMING ((size_t)4096)
/* The long strings of one that goes to a file: a server that never ends must not fill every disk. */
#define MP_MAX_SPOOL ((int64_t)256 * 1024 * 1024 * 1024)
/* A form posted to a token endpoint carries one JWT assertion at most. */
#define MP_MAX_FORM ((size_t)64 * 1024)
/* Seconds that a token may claim to live; more is a mistake, and must not overflow. */
#define MP_MAX_TOKEN_LIFETIME (10LL * 365 * 86400)
/* A code that a person types (RFC 8628 6.1: short; eight characters are usual). */
#define MP_MAX_USER_CODE 32u
/* Seconds that such a code may claim to be good: a day. */
#define MP_MAX_DEVICE_LIFETIME 86400
/* Answers in a row, to polls for a token, that are the server's own failure (429, 5xx):
 * with the pause doubled each time a minute or two, the length of a restart. */
#define MP_MAX_POLL_FAILURES 4
/* Seconds that a busy authorization server may have us wait (Retry-After) in the midst of a
 * call; who says more is asked by the next one. */
#define MP_MAX_RETRY_AFTER 30
/* One stored credential: two tokens, the endpoints, the scopes. */
#define MP_MAX_RECORD ((size_t)128 * 1024)
/* Hops of a metadata GET; more is a loop. */
#define MP_MAX_REDIRECTS 3
/* Authorizations in one run: the first, one step-up, one more; then a person decides. */
#define MP_MAX_AUTHORIZATIONS 3
/* Seconds before expiry at which a token counts as expired: it must survive its trip. */
#define MP_EXPIRY_MARGIN 30
/* Seconds of clock difference that exp, nbf and iat tolerate. */
#define MP_CLOCK_SKEW 60
/* Seconds by which a DPoP proof's iat may differ: what the field's servers tolerate. */
#define MP_DPOP_WINDOW 300
/* A proof's jti is remembered for that long: a UUID has 36 characters, a hash 64. */
#define MP_MAX_JTI 256
/* Seconds after which a guard makes another DPoP nonce; the one before serves as long
 * again, so a nonce lives for as long as a proof does (RFC 9449 11.3). */
#define MP_DPOP_NONCE_SLOT 300
/* The secret that nonces are made with: shorter than the hash it could be guessed
 * (RFC 2104 3), and the most is a key file of any making. */
#define MP_MIN_NONCE_SECRET 32
#define MP_MAX_NONCE_SECRET 1024
/* Proofs that a guard remembers, in 64 MiB of address space, touched as far as it is used:
 * all of them while fewer than 3000 a second come, and 300 a second from one key.  A power
 * of two. */
#define MP_MAX_PROOFS (1u << 20)
/* Keys of a set that are tried for one signature: an issuer without kids has one or two, and
 * each costs a verification. */
#define MP_MAX_KEY_TRIES 16
/* Seconds between two fetches of a key set for an unknown kid: a flood stays cheap. */
#define MP_JWKS_COOLDOWN 30
/* Seconds that a fetched key set serves without being asked for again. */
#define MP_JWKS_LIFETIME 3600
/* Seconds for which an old key set serves on while its issuer does not answer: a day
 * bridges an outage, and a key that was withdrawn meanwhile does not serve for ever. */
#define MP_JWKS_MAX_AGE 86400
/* Fetches on behalf of one request: four places of metadata, one key set, one question
 * about the token, and some air. */
#define MP_MAX_GUARD_FETCHES 9
/* What an issuer answers about one token: a person's groups are the longest part of it. */
#define MP_MAX_INTROSPECTION ((size_t)64 * 1024)
/* Seconds for which an issuer's word on a token is good: as long as a revoked token still
 * passes.  The least is 1, since its answer must outlive the question. */
#define MP_INTROSPECTION_LIFETIME 60
#define MP_MAX_INTROSPECTION_LIFETIME 3600
/* Seconds in which an endpoint that failed is not asked, and a token that was refused is not
 * asked about again: requests come faster than either mends. */
#define MP_INTROSPECTION_COOLDOWN 5
/* Seconds for which an exchanged token serves at most, as its issuer may think otherwise of the
 * caller meanwhile; and how long before its end it is not used any more: the server behind has
 * to get it before, and its clock is another. */
#define MP_EXCHANGED_LIFETIME 300
#define MP_EXCHANGED_MARGIN 30
/* Seconds in which an exchange that failed is not tried again. */
#define MP_EXCHANGE_COOLDOWN 5
/* Tokens whose verification a guard remembers, and issuers' words; at the usual 1 KiB each
 * 2 MiB, and never more than their own size (MP_MAX_TOKEN, MP_MAX_INTROSPECTION) each. */
#define MP_MAX_REMEMBERED 2048u
/* One challenge (a guard sends two at most): a client's header limit is 8-16 KiB for all. */
#define MP_MAX_CHALLENGE 4096u
/* One request to the echo server, which has no use for images. */
#define MP_MAX_ECHO_BODY ((size_t)256 * 1024)
/* The issuer: a registration names a client and its addresses, nothing long. */
#define MP_MAX_REGISTRATION ((size_t)16 * 1024)
/* Redirect URIs of one client: both loopback forms of a few hosts, and the web's. */
#define MP_MAX_REDIRECT_URIS 16
/* One of them stands in a header line of every answer. */
#define MP_MAX_REDIRECT_URI 1024u
/* A client's name in bytes: it is the headline of a page. */
#define MP_MAX_CLIENT_NAME 120u
/* scrypt reads the whole password; no person types more. */
#define MP_MAX_PASSWORD 512u
/* Comparisons of passwords that are under way, or were right and are remembered: as many
 * clients with a secret, and half of them people who sign in. */
#define MP_MAX_PASSWORDS 256
/* A name to sign in with: longer than any mail address (RFC 5321 4.5.3.1). */
#define MP_MAX_USERNAME 320u
/* Users in one file, which is searched from its start. */
#define MP_MAX_USERS 4096
/* Wrong passwords for one authorization request: guessing starts again at the client. */
#define MP_MAX_LOGIN_ATTEMPTS 10
/* Languages that one header names: browsers send a handful. */
#define MP_MAX_LANGUAGE_RANGES 32
/* Languages that the pages are there in, and bytes of one text of them: a paragraph. */
#define MP_MAX_LANGUAGES 200
#define MP_MAX_PAGE_TEXT 1000u
/* An organisation's style and logo, both in the answer or sent to every browser. */
#define MP_MAX_BRAND_CSS ((size_t)64 * 1024)
#define MP_MAX_BRAND_LOGO ((size_t)128 * 1024)
#define MP_MAX_BRAND_NAME 100u
/* Anything the issuer answers; the largest is a misbehaviour over MP_MAX_DOCUMENT. */
#define MP_MAX_REPLY ((size_t)512 * 1024)
/* Seconds that an access token is good: nothing can call it back before. */
#define MP_ACCESS_LIFETIME 600
/* Seconds from a login to the last refresh: a month, then the person is asked again. */
#define MP_REFRESH_LIFETIME (30L * 86400)
/* Seconds in which a lost answer to a refresh can be asked for again: a retry by a program,
 * not a person who comes back (RFC 9700 4.14.2). */
#define MP_REFRESH_GRACE 30
/* Seconds that a code is good: it travels one redirect (RFC 6749 4.1.2: at most 600). */
#define MP_CODE_LIFETIME 60
/* Seconds in which a person logs in and decides. */
#define MP_PENDING_LIFETIME 600
/* Seconds that a login in a browser serves further authorizations: a working day. */
#define MP_SESSION_LIFETIME (8L * 3600)
/* Seconds after which a registration is forgotten; a client then registers anew: at the
 * latest; when no person has allowed it anything; and after its last use. */
#define MP_CLIENT_LIFETIME (365L * 86400)
#define MP_CLIENT_UNUSED 86400
#define MP_CLIENT_DISUSED (180L * 86400)
/* Seconds for which an allowance is remembered for one user and client. */
#define MP_CONSENT_LIFETIME (90L * 86400)
/* Seconds that a pushed request waits for its browser (RFC 9126 2.2: 5 to 600). */
#define MP_PUSHED_LIFETIME 60
/* Seconds that a code shown on a device is good; between two polls; wrong codes in
 * a row from one address: against 34 bits, none is found (RFC 8628 5.1, 6.1). */
#define MP_DEVICE_LIFETIME 600
#define MP_DEVICE_INTERVAL 5
#define MP_MAX_CODE_GUESSES 30
/* Seconds to the exp of a JWT that stands for a client or a workload: platforms hand out
 * one for an hour to a day, and its jti is remembered for as long. */
#define MP_MAX_ASSERTION_LIFETIME 86400
/* Seconds that an id token and an ID-JAG of ours are good: each is used at once. */
#define MP_ID_TOKEN_LIFETIME 3600
#define MP_ID_JAG_LIFETIME 300
/* Seconds since a logout token was made: it comes at once, or again soon after a failure. */
#define MP_MAX_LOGOUT_AGE 300
/* Seconds that a signing key is published after the next one signs: what it signed has ended
 * by then (signing.c).  And seconds before that in which the next one is published: caches of
 * key sets are as old as MP_JWKS_LIFETIME. */
#define MP_KEY_LINGER 3600
#define MP_KEY_LEAD 3600
/* A client metadata document: what the drafts of it and Keycloak take. */
#define MP_MAX_CLIENT_DOCUMENT ((size_t)5 * 1024)
/* The key set of an issuer whose JWTs are taken. */
#define MP_MAX_TRUSTED_KEYS ((size_t)64 * 1024)
/* Seconds that either serves without being fetched again, where its server does not say; else as it
 * says, but for the time of a login, and for a day, or MP_JWKS_LIFETIME where an operator named it.  A
 * key that is missing is looked for again after MP_JWKS_COOLDOWN. */
#define MP_FETCHED_LIFETIME 300
#define MP_FETCHED_LEAST 60
#define MP_FETCHED_MOST 86400
/* Milliseconds that one that was fetched, or was not there, is kept for the requests that
 * wait for it: less than any of the times above, and longer than it takes to ask them again. */
#define MP_DOCUMENT_KEPT_MS 5000
/* Seconds in which what could not be fetched, or used, is not fetched again. */
#define MP_FETCHED_MISS 60
/* Identity providers that people may choose among, rules of one; what one may answer: tokens
 * with a person's groups; and the id of a person there. */
#define MP_MAX_UPSTREAMS 16
#define MP_MAX_UPSTREAM_ANSWER ((size_t)64 * 1024)
#define MP_MAX_UPSTREAM_SUBJECT 1024
/* Pages of a person's groups, some 1,600 each: Entra lets a person be in some 11,000. */
#define MP_MAX_GROUP_PAGES 8
/* Seconds in which a request to one is answered, or was lost; until a client or a browser comes
 * again when one does not answer; for how long a sign-in lives on without being looked at again:
 * where the provider gives no refresh token, and where it does not answer.  And how long a person
 * who does not come is remembered. */
#define MP_UPSTREAM_FLIGHT 30
#define MP_UPSTREAM_RETRY 30
#define MP_UPSTREAM_RECHECK 900
#define MP_UPSTREAM_MAX_AGE (12L * 3600)
#define MP_UPSTREAM_MAX_STALE 86400
#define MP_PERSON_LIFETIME (10L * 365 * 86400)
/* Seconds that an id token may be old when it comes: it was issued for this very login. */
#define MP_MAX_ID_TOKEN_AGE 600
/* Headers of one response, and one of a request; MP_MAX_ITEMS of them at most. */
#define MP_MAX_HEADER_BYTES ((size_t)64 * 1024)
/* Connections that wait at the redirect URI: browsers open a few on speculation. */
#define MP_MAX_BROWSERS 16
/* Requests to issuers that are under way at a time: as many issuers, and tokens that came
 * for the first time. */
#define MP_MAX_FETCHES 32
/* Seconds in which one of them must be answered: a client waits for it. */
#define MP_FETCH_TIMEOUT 10
/* Requests that wait for such an answer, or for a worker: all of them are looked at again when
 * one comes. */
#define MP_MAX_WAITERS 512
/* The head of a request to a server: two tokens and a browser's cookies.  Its headers: a
 * browser sends 20. */
#define MP_MAX_REQUEST_HEAD ((size_t)32 * 1024)
#define MP_MAX_REQUEST_HEADERS 128u
/* Chunk extensions and trailers of one body: clients send none. */
#define MP_MAX_CHUNK_OVERHEAD 4096u
/* Connections that a server holds at a time, some KiB each; fewer when the process may not have
 * as many descriptors, of which some are for files and for requests of ours. */
#define MP_MAX_HTTPD_CONNECTIONS 4096u
#define MP_HTTPD_OTHER_DESCRIPTORS 128u
/* How many of them one address may hold.  Of our own machine, all but some: everything there
 * is one address, a proxy too, and the operator has to get in. */
#define MP_HTTPD_PER_ADDRESS 256u
#define MP_HTTPD_SPARE 64u
/* Bytes of requests that a server holds over all connections. */
#define MP_MAX_HTTPD_HELD ((size_t)64 * 1024 * 1024)
/* Milliseconds that a connection may be silent between two requests; that a head may take
 * from its first byte, a body from its head, an answer until it is taken off our hands; that a
 * request may wait for others; that we listen on to a peer that was refused, so that it
 * reads why (RFC 9112 9.6); and that requests under way may take when the server stops. */
#define MP_HTTPD_IDLE_MS 30000
#define MP_HTTPD_HEAD_MS 15000
#define MP_HTTPD_BODY_MS 30000
#define MP_HTTPD_SEND_MS 60000
#define MP_HTTPD_WAIT_MS 60000
#define MP_HTTPD_LINGER_MS 2000
#define MP_HTTPD_DRAIN_MS 10000
/* Calls of other servers for the tool call_on that are under way. */
#define MP_MAX_CALLS_ON 64u
/* Lines of a log that wait to be written. */
#define MP_MAX_LOG_LINES 1024
/* Refusals of one kind from one address that are lines of an audit log in so many seconds; what is
 * more in that time is one line with a count. */
#define MP_AUDIT_WHOLE 10
#define MP_AUDIT_WINDOW 60
/* Requests of a session that are not answered yet; a host asks a few at a time. */
#define MP_MAX_CALLS 1024
/* What a session has to tell its program, from where on it reads nothing more: so many
 * things, or bytes of them; a message may go beyond. */
#define MP_ENOUGH_ACTIONS 1024
#define MP_ENOUGH_BYTES ((size_t)1024 * 1024)
/* Bytes of answers that are not finished, from where on one after the other comes; and
 * milliseconds after which one of them stands still. */
#define MP_ENOUGH_HELD ((size_t)2 * 1024 * 1024)
#define MP_STALLED_MS 1000
/* Milliseconds that a busy server may ask to be left alone before a request goes again. */
#define MP_MAX_BUSY_MS 10000
/* Bytes of a message that the bridge keeps room for while messages come. */
#define MP_KEPT_ROOM ((size_t)2 * 1024 * 1024)
/* Tools with x-mcp-header whose headers a session remembers; large servers list hundreds. */
#define MP_MAX_TOOLS 4096
/* Pages of a tools/list that a session reads by itself to find one tool. */
#define MP_MAX_PAGES 64
/* Seconds for which it is believed which headers the tools of a server want: as the server
 * says, but at least so long, for to be wrong costs one more request, and at most a day. */
#define MP_MIN_TOOLS_LIFETIME 300
#define MP_MAX_TOOLS_LIFETIME 86400
/* Notes about servers beside a store: three for each server that a person or a fleet uses. */
#define MP_MAX_NOTES 1000
/* One line that a person or a program answers a question with. */
#define MP_MAX_ANSWER_LINE ((size_t)64 * 1024)
/* Rounds in which a server may ask back before it answers; more is a loop. */
#define MP_MAX_INPUT_ROUNDS 10
/* An Mcp-Session-Id: a UUID or a JWT; headers beyond it are refused on their way. */
#define MP_MAX_SESSION_ID 4096u
/* Connections in a row that bring nothing, before a stream counts as lost. */
#define MP_MAX_RECONNECTS 5
/* Times a request is sent again after its answer broke off. */
#define MP_MAX_REISSUES 2
/* Milliseconds before a stream is asked for again when the server names no time. */
#define MP_RECONNECT_MS 1000
/* Milliseconds that a server may have us wait between two connections. */
#define MP_MAX_RETRY_MS 300000
/* Milliseconds after which a connection was not a failed attempt, though it was silent. */
#define MP_STREAM_SETTLED_MS 30000
/* Milliseconds that requests wait for the GET stream; some servers send its head late. */
#define MP_LISTEN_WAIT_MS 2000
/* Milliseconds that a stream of 2024-11-05 may take to name its endpoint: its first event. */
#define MP_ENDPOINT_WAIT_MS 10000
/* Milliseconds after which what takes no work has no answer, where it comes on another stream. */
#define MP_ANSWER_WAIT_MS 60000
/* How often an option of the program may be repeated. */
#define MP_MAX_REPEATS 32
/* Pages of one list, and items over all of them, that a command asks a server for. */
#define MP_MAX_LIST_PAGES 1000
#define MP_MAX_LISTED 10000
