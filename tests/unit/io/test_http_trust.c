/* Which certificates are trusted: where they are looked for, and that they count. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "harness/check.h"
#include "io/http/http.h"
#include "io/http/trust.h"
#include "harness/peer.h"

static char folder[256];

static const char *in_folder(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

/* age: of the bundle against the folder, in seconds; 0: there is no bundle. */
static const struct {
	const char *label, *name;
	int age;
	bool want;
} hash_rows[] = {
	{ "links, no bundle", "0123abcd.0", 0, true },
	{ "links, an older bundle", "0123abcd.0", -1, true },
	{ "a bundle that was put there later", "0123abcd.0", 60, false },
	{ "certificates under other names", "root.pem", 0, false },
	{ "nine digits", "0123abcde.0", 0, false },
	{ "a revocation list", "0123abcd.r0", 0, false },
};

static void test_hashed(void)
{
	for (size_t i = 0; i < COUNT(hash_rows); i++) {
		struct timespec times[2] = { 0 };
		char dir[512], link[1024], bundle[512];

		snprintf(dir, sizeof(dir), "%s", in_folder("certs"));
		snprintf(bundle, sizeof(bundle), "%s", in_folder("bundle.crt"));
		snprintf(link, sizeof(link), "%s/%s", dir, hash_rows[i].name);
		if (mkdir(dir, 0700) != 0)
			die(dir);
		write_file(link, "", 0600);
		if (hash_rows[i].age != 0)
			write_file(bundle, "", 0600);
		times[0].tv_sec = times[1].tv_sec = 1000000;
		utimensat(AT_FDCWD, dir, times, 0);
		times[0].tv_sec = times[1].tv_sec = 1000000 + hash_rows[i].age;
		utimensat(AT_FDCWD, bundle, times, 0);
		CHECK_EQ(hash_rows[i].label, mp_http_trust_is_hashed(dir, bundle), hash_rows[i].want);
		unlink(link);
		unlink(bundle);
		rmdir(dir);
	}
	CHECK("no folder", !mp_http_trust_is_hashed(in_folder("nothing"), "/nothing"));
}

static const struct {
	const char *label, *ca_file, *bundle, *file, *dir, *nix;
	enum mcpass_rc want;
	const char *want_file, *want_dir;
} find_rows[] = {
	{ "a file that was given", "/dev/null", "/b", "/f", "/d", NULL, MCPASS_OK, "/dev/null", NULL },
	{ "one that is not there", "/nothing/here", "/b", NULL, NULL, NULL, MCPASS_E_IO, NULL, NULL },
	{ "curl's variable", NULL, "/b", "/f", "/d", "/n", MCPASS_OK, "/b", NULL },
	{ "OpenSSL's variables", NULL, NULL, "/f", "/d", "/n", MCPASS_OK, "/f", "/d" },
	{ "one of them", NULL, NULL, NULL, "/d", "/n", MCPASS_OK, NULL, "/d" },
	{ "a Nix shell's", NULL, NULL, NULL, NULL, "/n", MCPASS_OK, "/n", NULL },
	{ "an empty one is none", NULL, "", "/f", "", NULL, MCPASS_OK, "/f", NULL },
};

static void test_first(void)
{
	static const char *const paths[] = { "/nothing/a", "/dev/null", "/dev/zero" };

	CHECK_STR("the first that is there", mp_http_trust_first(paths, COUNT(paths)), "/dev/null");
	CHECK_STR("none is there", mp_http_trust_first(paths, 1), NULL);
}

static void set_or_unset(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void test_find(void)
{
	for (size_t i = 0; i < COUNT(find_rows); i++) {
		struct mp_http_trust trust = { 0 };
		struct mcpass_error err = { 0 };

		set_or_unset("CURL_CA_BUNDLE", find_rows[i].bundle);
		set_or_unset("SSL_CERT_FILE", find_rows[i].file);
		set_or_unset("SSL_CERT_DIR", find_rows[i].dir);
		set_or_unset("NIX_SSL_CERT_FILE", find_rows[i].nix);
		CHECK_EQ(find_rows[i].label, mp_http_trust_find(find_rows[i].ca_file, &trust, &err),
		    find_rows[i].want);
		CHECK_STR(find_rows[i].label, trust.file, find_rows[i].want_file);
		CHECK_STR(find_rows[i].label, trust.dir, find_rows[i].want_dir);
		mp_http_trust_free(&trust);
	}
	setenv("SSL_CERT_DIR", "/d", 1);
	OOM_EACH {
		struct mp_http_trust trust = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_OOM("no memory", mp_http_trust_find(NULL, &trust, &err), MCPASS_OK);
		mp_http_trust_free(&trust);
	}
}

/* --- a server with a certificate of its own making, for "localhost" --- */

struct server {
	SSL_CTX *ctx;
	int fd;
	unsigned port;
	pthread_t thread;
};

static void *serve(void *arg)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
	struct server *server = arg;
	char request[4096];
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(server->ctx);

		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0)
			SSL_write(ssl, reply, sizeof(reply) - 1);
		SSL_free(ssl);
		close(fd);
	}
	return NULL;
}

static X509 *make_certificate(EVP_PKEY *key, const char *names)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, extension, -1);
	X509_sign(cert, key, EVP_sha256());
	X509_EXTENSION_free(extension);
	return cert;
}

static void start_server(struct server *server, const char *ca_file)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *cert = make_certificate(key, "DNS:localhost");
	FILE *file = fopen(ca_file, "w");

	if (file == NULL || PEM_write_X509(file, cert) != 1)
		die(ca_file);
	fclose(file);
	server->ctx = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate(server->ctx, cert) != 1
	    || SSL_CTX_use_PrivateKey(server->ctx, key) != 1)
		die("certificate");
	X509_free(cert);
	EVP_PKEY_free(key);
	server->fd = peer_listen(&server->port);
	if (pthread_create(&server->thread, NULL, serve, server) != 0)
		die("thread");
}

static void stop_server(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	SSL_CTX_free(server->ctx);
}

static const struct {
	const char *label, *host, *ca_name;
	enum mcpass_rc want;
	const char *says;
} tls_rows[] = {
	{ "a certificate of no known authority", "localhost", NULL, MCPASS_E_IO,
	    "TLS certificate is not trusted" },
	{ "one that is named as trusted", "localhost", "ca.pem", MCPASS_OK, "" },
	{ "trusted, but another server's", "127.0.0.1", "ca.pem", MCPASS_E_IO,
	    "TLS certificate is not trusted" },
	{ "a file without certificates", "localhost", "empty.pem", MCPASS_E_IO, "localhost:" },
};

static void test_tls(void)
{
	struct server server;

	start_server(&server, in_folder("ca.pem"));
	write_file(in_folder("empty.pem"), "", 0600);
	for (size_t i = 0; i < COUNT(tls_rows); i++) {
		struct mp_http_options options = { 0 };
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct mp_http *http = NULL;
		char url[64];

		if (tls_rows[i].ca_name != NULL)
			options.ca_file = in_folder(tls_rows[i].ca_name);
		snprintf(url, sizeof(url), "https://%s:%u/", tls_rows[i].host, server.port);
		CHECK_EQ("a client", mp_http_new(&options, NULL, &http, NULL), MCPASS_OK);
		CHECK_EQ(tls_rows[i].label, mp_http_perform(http, "GET", url, NULL, 0, NULL, 0, 100,
		    &response, &err), tls_rows[i].want);
		CHECK_HAS(tls_rows[i].label, err.detail, tls_rows[i].says);
		if (tls_rows[i].want == MCPASS_E_IO)
			CHECK_HAS("what to do", err.hint, "--ca-file");
		else
			CHECK_EQ(tls_rows[i].label, response.status, 200);
		mp_http_response_free(&response);
		mp_http_free(http);
	}
	stop_server(&server);
}

int main(void)
{
	unsetenv("CURL_CA_BUNDLE");
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	unsetenv("NIX_SSL_CERT_FILE");
	signal(SIGPIPE, SIG_IGN);       /* for the server; the client needs no such thing */
	make_folder(folder, sizeof(folder));
	test_tls();
	test_hashed();
	test_find();
	test_first();
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
