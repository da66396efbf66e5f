/* introspector.h - one issuer that is asked about tokens: how, and when to ask again.
 * spec: RFC 7662 */
#pragma once
#include "guard/discovery.h"
#include "mcpass/guard.h"
#include "oauth/clientauth.h"

struct mp_introspector {
	bool is_used;                   /* false: this issuer is never asked */
	struct mp_client_id client;     /* ours there; method UNSET: by its metadata */
	char *endpoint;                 /* as configured; NULL: its metadata says it */
	char *prefix;                   /* of its opaque tokens, "" for any */
	enum mcpass_introspect what;
	int64_t lifetime;               /* seconds */
	bool audience_optional, has_failed;
	int64_t failed_at;              /* Unix time, seconds */
	char failure[320];              /* why it could not be asked, and what to do */
};
enum mp_introspector_answer {
	MP_INTROSPECTOR_UNAVAILABLE = 0,
	MP_INTROSPECTOR_FETCH,          /* GET *ret_url, the metadata, first */
	MP_INTROSPECTOR_READY           /* POST to *ret_url */
};

/* Copies the configuration (NULL: not used).  MCPASS_E_USAGE: no client, no secret, no such
 * method, a lifetime that is none, a prefix that no token begins with.  Free it in any case. */
enum mcpass_rc mp_introspector_init(struct mp_introspector *introspector,
    const struct mcpass_introspection *config, struct mcpass_error *err);
void mp_introspector_free(struct mp_introspector *introspector);

/* Where it is asked, as far as that is known; or NULL. */
const char *mp_introspector_url(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery);
/* *ret_url is borrowed until something is fetched. */
enum mp_introspector_answer mp_introspector_ask(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery, int64_t now, const char **ret_url);
/* Makes the question about a token: headers and form; both hold secrets. */
enum mcpass_rc mp_introspector_question(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery, struct mp_span token, struct mp_headers *headers,
    struct mp_buf *form, struct mcpass_error *err);
/* Why it cannot be asked now; a sentence, borrowed until something is fetched. */
const char *mp_introspector_failure(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery);
