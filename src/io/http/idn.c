#include "io/http/idn.h"
#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/uri_split.h"

#if LIBCURL_VERSION_NUM >= 0x075800
#define TO_ASCII CURLU_PUNYCODE
#else
#define TO_ASCII 0              /* gives the name as it is, which is then seen */
#endif

static bool is_ascii(struct mp_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

/* Of an authority without a user and without brackets. */
static struct mp_span host_of(struct mp_span authority)
{
	const char *colon = memchr(authority.data, ':', authority.len);

	if (colon != NULL)
		authority.len = (size_t)(colon - authority.data);
	return authority;
}

/* libcurl reads the name in the locale's encoding, and a URL is UTF-8 wherever we run. */
static CURLUcode to_ascii(CURLU *url, char **ret_ascii)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
	CURLUcode code;

	if (utf8 == (locale_t)0)
		return CURLUE_BAD_HOSTNAME;
	before = uselocale(utf8);
	code = curl_url_get(url, CURLUPART_HOST, ret_ascii, TO_ASCII);
	(void)uselocale(before);
	freelocale(utf8);
	return code;
}

static enum mcpass_rc convert(const char *name, char **ret_name, struct mcpass_error *err)
{
	CURLU *url = curl_url();
	char *ascii = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (url == NULL)
		return mp_nomem(err);
	if (curl_url_set(url, CURLUPART_HOST, name, 0) != CURLUE_OK
	    || to_ascii(url, &ascii) != CURLUE_OK
	    || !is_ascii((struct mp_span){ ascii, strlen(ascii) })) {
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 5891 4.4", "the host %s is no name of DNS", name);
		mp_hint(err, "write it as DNS has it: in ASCII, xn--...");
	}
	if (!rc)
		rc = mp_set(ret_name, ascii, err);
	curl_free(ascii);
	curl_url_cleanup(url);
	return rc;
}

enum mcpass_rc mp_idn_url(const char *url, char **ret_url, struct mcpass_error *err)
{
	struct mp_span authority = mp_uri_split(url).authority, host;
	char *name, *ascii = NULL;
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	if (authority.data == NULL || is_ascii(authority))
		return mp_set(ret_url, url, err);
	host = host_of(authority);
	name = mp_dup_span(host);
	rc = name == NULL ? mp_nomem(err) : convert(name, &ascii, err);
	free(name);
	if (rc)
		return rc;
	mp_buf_add(&text, url, (size_t)(host.data - url));
	mp_buf_adds(&text, ascii);
	mp_buf_adds(&text, host.data + host.len);
	free(ascii);
	return mp_buf_take(&text, "the URL", ret_url, err);
}
