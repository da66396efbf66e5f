#include "io/http/trust.h"
#include "io/system/environment.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *dir, *bundle;
} places[] = {
	{ "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt" },     /* Debian, Alpine, SUSE */
	{ "/etc/pki/ca-trust/extracted/pem/directory-hash",             /* Fedora */
	    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem" },
};

/* A libcurl that was built for one system knows the one of that system; ours for all
 * systems knows none. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",                   /* Debian, Arch, NixOS */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",    /* Fedora */
	"/etc/pki/tls/certs/ca-bundle.crt",                     /* Red Hat, older */
	"/etc/ssl/ca-bundle.pem",                               /* SUSE */
	"/etc/ssl/cert.pem",                                    /* Alpine, the BSDs, macOS */
};

/* "002c0b4f.0": what OpenSSL looks up; see openssl-rehash(1) */
static bool is_hash_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && strcmp(name + 8, ".0") == 0;
}

bool mp_http_trust_is_hashed(const char *dir, const char *bundle)
{
	struct stat dir_stat, bundle_stat;
	const struct dirent *entry;
	bool found = false;
	DIR *stream;

	/* The system's own tools write the bundle first and the links last.  A bundle that
	 * is newer, or on another file system, was put there by hand: it counts. */
	if (stat(dir, &dir_stat) != 0)
		return false;
	if (stat(bundle, &bundle_stat) == 0 && (bundle_stat.st_dev != dir_stat.st_dev
	        || bundle_stat.st_mtime > dir_stat.st_mtime))
		return false;
	stream = opendir(dir);
	if (stream == NULL)
		return false;
	while (!found && (entry = readdir(stream)) != NULL)
		found = is_hash_name(entry->d_name);
	closedir(stream);
	return found;
}

const char *mp_http_trust_first(const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (access(paths[i], R_OK) == 0)
			return paths[i];
	return NULL;
}

/* NULL for both: libcurl's own default. */
static void look_around(const char **ret_file, const char **ret_dir)
{
	*ret_file = mp_environment("CURL_CA_BUNDLE");
	*ret_dir = NULL;
	if (*ret_file != NULL)
		return;
	*ret_file = mp_environment("SSL_CERT_FILE");
	*ret_dir = mp_environment("SSL_CERT_DIR");
	if (*ret_file == NULL && *ret_dir == NULL)
		*ret_file = mp_environment("NIX_SSL_CERT_FILE");
	if (*ret_file != NULL || *ret_dir != NULL)
		return;
	for (size_t i = 0; i < MP_COUNT(places) && *ret_dir == NULL; i++)
		if (mp_http_trust_is_hashed(places[i].dir, places[i].bundle))
			*ret_dir = places[i].dir;
	if (*ret_dir == NULL)
		*ret_file = mp_http_trust_first(bundles, MP_COUNT(bundles));
}

enum mcpass_rc mp_http_trust_find(const char *ca_file, struct mp_http_trust *ret_trust,
    struct mcpass_error *err)
{
	struct mp_http_trust trust = { 0 };
	const char *file = ca_file, *dir = NULL;
	enum mcpass_rc rc;

	if (ca_file == NULL)
		look_around(&file, &dir);
	else if (access(ca_file, R_OK) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the CA file %s: %s", ca_file,
		    strerror(errno));
	rc = mp_set(&trust.file, file, err);
	if (!rc)
		rc = mp_set(&trust.dir, dir, err);
	if (rc)
		mp_http_trust_free(&trust);
	else
		*ret_trust = trust;
	return rc;
}

enum mcpass_rc mp_http_trust_check(const char *ca_file, struct mcpass_error *err)
{
	X509_STORE *store = X509_STORE_new();
	enum mcpass_rc rc = store == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc && X509_STORE_load_locations(store, ca_file, NULL) != 1) {
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 7468 5", "no certificate is in %s", ca_file);
		mp_hint(err, "a file of certificates in PEM, each between BEGIN CERTIFICATE and END CERTIFICATE");
	}
	X509_STORE_free(store);
	ERR_clear_error();
	return rc;
}

void mp_http_trust_free(struct mp_http_trust *trust)
{
	free(trust->file);
	free(trust->dir);
	*trust = (struct mp_http_trust){ 0 };
}
