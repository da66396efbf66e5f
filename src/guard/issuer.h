/* issuer.h - one issuer whose tokens are accepted: all that a guard knows of it. */
#pragma once
#include "guard/introspector.h"
#include "guard/keys.h"
#include "guard/terms.h"

struct mp_guard_issuer {
	char *name;                     /* compared byte for byte with iss */
	struct mp_discovery discovery;
	struct mp_issuer_keys keys;
	struct mp_introspector introspector;
	struct mp_terms terms;
};

/* Copies the configuration; the issuer must not be moved afterwards.  MCPASS_E_USAGE: not an
 * issuer, not a URL; MCPASS_E_POLICY: one that must not be contacted.  keeps_copy: of its
 * metadata.  Free it in any case. */
enum mcpass_rc mp_guard_issuer_init(struct mp_guard_issuer *issuer,
    const struct mcpass_guard_issuer *config, bool loopback_http, bool keeps_copy,
    struct mcpass_error *err);
void mp_guard_issuer_free(struct mp_guard_issuer *issuer);

/* Takes what the GET of url brought, if this issuer waits for it: *ret_asked.  Two issuers
 * may share a document. */
enum mcpass_rc mp_guard_issuer_fetched(struct mp_guard_issuer *issuer, const char *url,
    int status, const char *body, size_t len, int64_t now, bool *ret_asked,
    struct mcpass_error *err);
/* The same of a redirect, which only its metadata may be. */
enum mcpass_rc mp_guard_issuer_redirected(struct mp_guard_issuer *issuer, const char *url,
    int status, const char *location, int64_t now, bool *ret_asked, struct mcpass_error *err);
/* When it took the last answer from url; Unix time, seconds; 0: never, or it does not ask there. */
int64_t mp_guard_issuer_asked_at(const struct mp_guard_issuer *issuer, const char *url);
