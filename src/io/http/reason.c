#include <errno.h>
#include <string.h>
#include "io/http/exchange.h"

#define CHECK_NETWORK "Check the URL and the network; behind a proxy, set https_proxy."
#define CHECK_PROXY "Check the variables http_proxy, https_proxy, all_proxy and no_proxy."
#define CHECK_SERVER "Look into the server's log, and that of a proxy before it."
#define MORE_FILES "Raise the limit of open files (ulimit -n)."
#define CHECK_PORT "Check the port and the scheme of the URL."
/* CURLE_TOO_LARGE, which libcurl has since 8.6. */
#define TOO_LARGE 100
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
	{ CURLE_BAD_CONTENT_ENCODING, true, "the answer is compressed in a way that is not known",
	    CHECK_SERVER },
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
	if (exchange->has_head)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: the answer stopped on its way", exchange->host);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", exchange->host,
		    connected > 0 ? "no answer in time" : "no connection in time");
	/* What may have been carried out is not simply asked for again. */
	mp_hint(err, "%s", connected == 0 ? CHECK_NETWORK : exchange->may_repeat
	    ? "Try again later. " CHECK_SERVER : CHECK_SERVER);
	return rc;
}

static enum mcpass_rc say_unreachable(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	long number = exchange->socket_errno;
	enum mcpass_rc rc;

	if (number == 0)
		(void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &number);
	if (number == ECONNREFUSED)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: refused the connection", exchange->host);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: no connection (%s)", exchange->host,
		    number != 0 ? strerror((int)number) : exchange->words);
	mp_hint(err, "%s", number == ECONNREFUSED ? "Is the server running, and is the port right?"
	    : number == EMFILE || number == ENFILE ? MORE_FILES : CHECK_NETWORK);
	return rc;
}

static bool has_switched(const struct mp_http_exchange *exchange)
{
	long status = 0;

	(void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 101;
}

/* The connection ended in the head, or went on in another protocol. */
static enum mcpass_rc say_no_head(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (has_switched(exchange))     /* spec: RFC 9110 15.2.2: only where it was asked for */
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9110 15.2.2",
		    "%s: switched to another protocol (101)", exchange->host);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: the head of the answer ended too early",
		    exchange->host);
	mp_hint(err, "%s", CHECK_SERVER);
	return rc;
}

/* libcurl's own limit, of 100 kB a line, for which it has no code of its own. */
static enum mcpass_rc say_long_head(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_LIMIT, NULL,
	    "%s: a header of the answer is too long", exchange->host);

	mp_hint(err, "%s", CHECK_SERVER);
	return rc;
}

static bool is_long_head(const struct mp_http_exchange *exchange, CURLcode code)
{
	return exchange->sendings > 0 && !exchange->has_head
	    && (code == CURLE_OUT_OF_MEMORY || code == TOO_LARGE);
}

enum mcpass_rc mp_http_reason(const struct mp_http_exchange *exchange, CURLcode code,
    struct mcpass_error *err)
{
	const char *words = exchange->words[0] != '\0' ? exchange->words : curl_easy_strerror(code);
	enum mcpass_rc rc;
	size_t i = 0;

	if (code == CURLE_OK || (code == CURLE_GOT_NOTHING && has_switched(exchange)))
		return say_no_head(exchange, err);
	if (is_long_head(exchange, code))
		return say_long_head(exchange, err);
	if (code == CURLE_OUT_OF_MEMORY)
		return mp_nomem(err);
	if (code == CURLE_ABORTED_BY_CALLBACK)  /* it would have been sent a second time */
		code = CURLE_GOT_NOTHING;
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
