/* trust.h - which certificates are trusted. */
#pragma once
#include "base/text.h"

struct mp_http_trust {
	char *file, *dir;       /* either may be NULL; both: libcurl's own default */
};

/* ca_file when given; else as the curl program does CURL_CA_BUNDLE, else SSL_CERT_FILE
 * and SSL_CERT_DIR, else NIX_SSL_CERT_FILE; else the system's hashed directory: to read the
 * bundle file takes 20 ms a start, a look into the directory nothing; else the system's bundle.
 * MCPASS_E_IO  ca_file cannot be read */
enum mcpass_rc mp_http_trust_find(const char *ca_file, struct mp_http_trust *ret_trust,
    struct mcpass_error *err);
void mp_http_trust_free(struct mp_http_trust *trust);
/* That the file has certificates: without them no server would be trusted, and nothing be said
 * before the first request.  MCPASS_E_USAGE */
enum mcpass_rc mp_http_trust_check(const char *ca_file, struct mcpass_error *err);

/* True when dir holds certificates under the names that OpenSSL looks for, and no bundle
 * beside them that is newer (a bundle alone is what people mount into containers). */
bool mp_http_trust_is_hashed(const char *dir, const char *bundle);
/* The first file that can be read, or NULL; borrowed from paths. */
const char *mp_http_trust_first(const char *const *paths, size_t count);
