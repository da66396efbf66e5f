/* discovery.h - one issuer's metadata: where its keys are, where it is asked about tokens, and
 * where it gives them.
 * spec: RFC 8414 3 */
#pragma once
#include <stdint.h>
#include "oauth/places.h"

struct mp_discovery {
	const char *issuer;             /* borrowed; outlives it */
	struct mp_places places;        /* of the metadata */
	bool loopback_http, known, has_failed;
	bool keeps_copy;
	char *copy;                     /* of the metadata, JSON, marked as one; or NULL */
	int64_t failed_at;              /* Unix time, seconds */
	int64_t taken_at;               /* when the last round ended, well or badly */
	char failure[320];              /* why the last round ended badly, or "" */
	char *jwks_uri, *introspection_endpoint, *token_endpoint;       /* or NULL */
	struct mp_strings introspection_methods, token_methods;
};
enum mp_discovery_answer { MP_DISCOVERY_FAILED = 0, MP_DISCOVERY_FETCH, MP_DISCOVERY_KNOWN };

/* MCPASS_E_USAGE: not an issuer.  Free it in any case. */
enum mcpass_rc mp_discovery_init(struct mp_discovery *discovery, const char *issuer,
    bool loopback_http, struct mcpass_error *err);
void mp_discovery_free(struct mp_discovery *discovery);

/* Metadata without these (MP_WANTS_KEYS, _INTROSPECTION, _TOKEN) is of no use. */
void mp_discovery_want(struct mp_discovery *discovery, unsigned wants);

/* MP_DISCOVERY_FETCH: GET mp_discovery_url() first.  MP_DISCOVERY_FAILED: it was asked not
 * long ago, in vain. */
enum mp_discovery_answer mp_discovery_ask(const struct mp_discovery *discovery, int64_t now);
/* Borrowed until mp_discovery_free(). */
const char *mp_discovery_url(const struct mp_discovery *discovery);
/* Takes what that GET brought.  A failure other than MCPASS_E_NOMEM is noted: it ends the
 * round, and the next one begins MP_JWKS_COOLDOWN seconds later.  why: see
 * mp_status_check(). */
enum mcpass_rc mp_discovery_fetched(struct mp_discovery *discovery, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err);
/* The same of a redirect; location NULL: it leads nowhere. */
enum mcpass_rc mp_discovery_redirected(struct mp_discovery *discovery, int status,
    const char *location, int64_t now, struct mcpass_error *err);
/* What it named does not answer: perhaps it has moved, so it is looked for again. */
void mp_discovery_forget(struct mp_discovery *discovery);

/* Refuses an answer other than 200.  No answer, too many questions, a broken server are
 * MCPASS_E_IO: they say nothing about the URL.  With status 0 the body of len bytes says why. */
enum mcpass_rc mp_status_check(int status, const char *body, size_t len, const char *url,
    struct mcpass_error *err);
