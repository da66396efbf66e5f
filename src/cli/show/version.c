#include "cli/show/version.h"
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include "base/buf.h"
#include "ui/out.h"

#ifdef MCPASS_STATIC
#define IS_STATIC true
#else
#define IS_STATIC false
#endif

/* As they run, not as they were at compile time. */
struct built {
	const char *libcurl, *openssl, *http2, *sqlite, *jansson, *commit;
	bool has_idn, has_negotiate;
};

static struct built look(void)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

	return (struct built){
		.libcurl = curl->version,
		.openssl = OpenSSL_version(OPENSSL_VERSION_STRING),
		.http2 = curl->age >= CURLVERSION_SEVENTH ? curl->nghttp2_version : NULL,
		.sqlite = sqlite3_libversion(),
		.jansson = jansson_version_str(),
		.commit = MCPASS_COMMIT[0] != '\0' ? MCPASS_COMMIT : NULL,
		.has_idn = (curl->features & CURL_VERSION_IDN) != 0,
		.has_negotiate = (curl->features & CURL_VERSION_SPNEGO) != 0,
	};
}

static enum mcpass_rc print_json(const struct built *b, struct mcpass_error *err)
{
	return mp_out_json_new(json_pack(
	    "{s:s, s:s?, s:b, s:s, s:s, s:s?, s:s, s:s, s:{s:b, s:b, s:b}}",
	    "version", MCPASS_VERSION, "commit", b->commit, "static", IS_STATIC,
	    "libcurl", b->libcurl, "openssl", b->openssl, "nghttp2", b->http2,
	    "sqlite", b->sqlite, "jansson", b->jansson,
	    "features", "http2", b->http2 != NULL, "idn", b->has_idn,
	    "negotiate", b->has_negotiate), err);
}

static enum mcpass_rc print_text(const struct built *b, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(1024);

	mp_buf_addf(&buf, "mcpass %s\n", MCPASS_VERSION);
	mp_buf_addf(&buf, "%s%s%slibcurl %s, OpenSSL %s, SQLite %s, jansson %s\n",
	    IS_STATIC ? "static, " : "", b->commit != NULL ? b->commit : "",
	    b->commit != NULL ? ", " : "", b->libcurl, b->openssl, b->sqlite, b->jansson);
	return mp_out_end(&buf, err);
}

enum mcpass_rc mp_version_print(bool as_json, struct mcpass_error *err)
{
	struct built built = look();

	return as_json ? print_json(&built, err) : print_text(&built, err);
}
