#include <errno.h>
#include <string.h>
#include "io/http_exchange.h"

#define CHECK_NETWORK "Check the URL and the network; behind a proxy, set https_proxy."
#define CHECK_PROXY "Check the variables http_proxy, https_proxy, all_proxy and no_proxy."
#define CHECK_SERVER "Look into the server's log, and that of a proxy before it."
#define CHECK_PORT "Check the port and the scheme of the URL."
#define NAME_CA \
	"For a private CA, or a proxy that inspects TLS, name its certificate: --ca-file FILE."

/* words: libcurl's own text says more than we know. */
static const struct {
	CURLcode code;
	bool words;
	const char *cause, *hint;
} rows[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, false, "the name could not be resolved", CHECK_NETWORK },
	{ CURLE_COULDNT_RESOLVE_PROXY, true, "the proxy's name could not be resolved", CHECK_PROXY },
	{ CURLE_PROXY, true, "the proxy made no connection", CHECK_PROXY },
	{ CURLE_PEER_FAILED_VERIFICATION, true, "its TLS certificate is not trusted", NAME_CA },
	{ CURLE_SSL_CACERT_BADFILE, true, "the CA certificates could not be read", NAME_CA },
	{ CURLE_SSL_CONNECT_ERROR, true, "no TLS connection", CHECK_PORT },
	{ CURLE_GOT_NOTHING, false, "closed the connection without an answer", CHECK_SERVER },
	{ CURLE_PARTIAL_FILE, false, "the answer ended too early", CHECK_SERVER },
	{ CURLE_SEND_ERROR, true, "the connection broke off", CHECK_NETWORK },
	{ CURLE_RECV_ERROR, true, "the connection broke off", CHECK_NETWORK },
	{ CURLE_WEIRD_SERVER_REPLY, false, "answers, but not in HTTP", CHECK_PORT },
	{ CURLE_UNSUPPORTED_PROTOCOL, false, "answers, but not in HTTP", CHECK_PORT },
};

/* Connecting and waiting are one code of libcurl's and two causes for a person. */
static enum mcpass_rc say_timeout(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	curl_off_t connected = 0;
	enum mcpass_rc rc;

	(void)curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", exchange->host,
	    connected > 0 ? "no answer in time" : "no connection in time");
	mp_hint(err, "%s", connected > 0 ? "Try again later. " CHECK_SERVER : CHECK_NETWORK);
	return rc;
}

static enum mcpass_rc say_unreachable(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	long number = 0;
	enum mcpass_rc rc;

	(void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &number);
	if (number == ECONNREFUSED)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: refused the connection", exchange->host);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: no connection (%s)", exchange->host,
		    number != 0 ? strerror((int)number) : exchange->words);
	mp_hint(err, "%s", number == ECONNREFUSED ? "Is the server running, and is the port right?"
	    : CHECK_NETWORK);
	return rc;
}

enum mcpass_rc mp_http_reason(const struct mp_http_exchange *exchange, CURLcode code,
    struct mcpass_error *err)
{
	const char *words = exchange->words[0] != '\0' ? exchange->words : curl_easy_strerror(code);
	enum mcpass_rc rc;
	size_t i = 0;

	if (code == CURLE_OUT_OF_MEMORY)
		return mp_nomem(err);
	if (code == CURLE_COULDNT_CONNECT && exchange->kept_from != MP_REACH_UNKNOWN)
		return mp_http_reach_say(exchange, err);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return say_timeout(exchange, err);
	if (code == CURLE_COULDNT_CONNECT)
		return say_unreachable(exchange, err);
	while (i < MP_COUNT(rows) && rows[i].code != code)
		i++;
	if (i == MP_COUNT(rows))
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", exchange->host, words);
	if (rows[i].words)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s (%s)", exchange->host, rows[i].cause, words);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", exchange->host, rows[i].cause);
	mp_hint(err, "%s", rows[i].hint);
	return rc;
}
