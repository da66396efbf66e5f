/* What libcurl is told of one exchange. */
#include <string.h>
#include "io/http/exchange.h"

/* An idle connection is not used for longer than that, in seconds: servers close theirs
 * after five and more, and a request that crosses with the end of its connection is lost. */
#define MAX_IDLE_S 4L
/* Bytes that libcurl makes room for at least with each upload; by itself it takes 64 KiB. */
#define SMALL_BODY 16384L

/* Sticks at the first option that is refused. */
struct setter {
	CURL *easy;
	enum mcpass_rc rc;
	struct mcpass_error *err;
};

static bool is_lacking(CURLcode code)
{
	return code == CURLE_UNKNOWN_OPTION || code == CURLE_NOT_BUILT_IN
	    || code == CURLE_UNSUPPORTED_PROTOCOL;
}

static void judge(struct setter *setter, CURLcode code, const char *option, bool is_needed)
{
	if (setter->rc || code == CURLE_OK || (!is_needed && is_lacking(code)))
		return;
	if (code == CURLE_OUT_OF_MEMORY)
		setter->rc = mp_nomem(setter->err);
	else
		setter->rc = mp_fail(setter->err, MCPASS_E_IO, NULL, "libcurl refuses %s: %s", option,
		    curl_easy_strerror(code));
}

/* WISH: a build that lacks the option does as we wish without it. */
#define NEED(setter, option, value) \
	judge(setter, curl_easy_setopt((setter)->easy, option, value), #option, true)
#define WISH(setter, option, value) \
	judge(setter, curl_easy_setopt((setter)->easy, option, value), #option, false)

/* What every request has.  What is not here is libcurl's default: no redirect is followed,
 * and no compression is asked for. */
static void set_always(struct setter *setter)
{
	NEED(setter, CURLOPT_NOSIGNAL, 1L);             /* a library installs no signal handler */
	NEED(setter, CURLOPT_FOLLOWLOCATION, 0L);       /* redirects are judged, not followed here */
	NEED(setter, CURLOPT_PROTOCOLS_STR, "http,https");
	NEED(setter, CURLOPT_PATH_AS_IS, 1L);           /* identifiers are bytes, so is a path */
	NEED(setter, CURLOPT_USERAGENT, "mcpass/" MCPASS_VERSION);
	/* A build that lacks one of these has no TLS, no .netrc, no proxies, no HTTP/2. */
	WISH(setter, CURLOPT_SSL_VERIFYPEER, 1L);
	WISH(setter, CURLOPT_SSL_VERIFYHOST, 2L);
	WISH(setter, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	WISH(setter, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	WISH(setter, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);     /* a proxy's are not the server's */
	WISH(setter, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Some servers compress whatever they are asked: that is read all the same, and the
	 * caps count what it becomes. */
	WISH(setter, CURLOPT_ACCEPT_ENCODING, "identity");
	/* A stream is silent for hours.  A peer that is gone without a word is noticed after
	 * the first probe and nine more, which are the system's number: some three minutes. */
	WISH(setter, CURLOPT_TCP_KEEPALIVE, 1L);
	WISH(setter, CURLOPT_TCP_KEEPIDLE, 45L);
	WISH(setter, CURLOPT_TCP_KEEPINTVL, 15L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is looked up in a thread, for as long as the system likes, is not waited for
	 * when the request is over: the thread cleans up by itself. */
	WISH(setter, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/* libcurl is told which one, and looks into no variable: what it connects to is known. */
static void set_proxy(struct setter *setter, const struct mp_http_exchange *exchange)
{
	if (exchange->is_direct)
		WISH(setter, CURLOPT_PROXY, "");
	else
		NEED(setter, CURLOPT_PROXY, exchange->proxy);
	WISH(setter, CURLOPT_NOPROXY, "");
}

static void set_connection(struct setter *setter, const struct mp_http *http,
    long timeout_ms)
{
	NEED(setter, CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms);
	NEED(setter, CURLOPT_TIMEOUT_MS, timeout_ms);
	if (http->ipv4)
		NEED(setter, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
	if (http->trust.file != NULL)
		NEED(setter, CURLOPT_CAINFO, http->trust.file);
	else if (http->trust.dir != NULL)
		WISH(setter, CURLOPT_CAINFO, NULL);
	if (http->trust.file != NULL || http->trust.dir != NULL)
		WISH(setter, CURLOPT_CAPATH, http->trust.dir);
}

/* A connection is there, and the request goes out.  When a kept one turns out to be dead,
 * or an HTTP/2 stream is refused, libcurl takes another: what may have been carried out is
 * not sent a second time.  spec: RFC 9110 9.2.2 */
static int on_ready(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct mp_http_exchange *exchange = ctx;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	exchange->sendings++;
	return exchange->sendings > 1 && !exchange->may_repeat ? CURL_PREREQFUNC_ABORT
	    : CURL_PREREQFUNC_OK;
}

static bool has_own_cookie(const struct mp_http_ask *ask)
{
	return mp_header_count(ask->headers, ask->count, "Cookie") > 0;
}

static void set_request(struct setter *setter, struct mp_http_exchange *exchange,
    const struct mp_http_ask *ask)
{
	bool is_post = strcmp(ask->method, "POST") == 0;

	NEED(setter, CURLOPT_URL, ask->url);
	NEED(setter, CURLOPT_HTTPHEADER, exchange->headers);
	NEED(setter, CURLOPT_PRIVATE, exchange);
	NEED(setter, CURLOPT_ERRORBUFFER, exchange->words);
	NEED(setter, CURLOPT_HEADERFUNCTION, mp_http_on_header);
	NEED(setter, CURLOPT_HEADERDATA, exchange);
	NEED(setter, CURLOPT_WRITEFUNCTION, mp_http_on_data);
	NEED(setter, CURLOPT_WRITEDATA, exchange);
	NEED(setter, CURLOPT_PREREQFUNCTION, on_ready);
	NEED(setter, CURLOPT_PREREQDATA, exchange);
	if (!exchange->may_repeat)
		WISH(setter, CURLOPT_MAXAGE_CONN, MAX_IDLE_S);
	if (is_post || exchange->body != NULL) {
		NEED(setter, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_len);
		if (exchange->body_len < (size_t)SMALL_BODY)
			WISH(setter, CURLOPT_UPLOAD_BUFFERSIZE, SMALL_BODY);
		NEED(setter, CURLOPT_POSTFIELDS, exchange->body != NULL ? exchange->body : "");
	}
	if (strcmp(ask->method, "HEAD") == 0)
		NEED(setter, CURLOPT_NOBODY, 1L);
	else if (!is_post && strcmp(ask->method, "GET") != 0)
		NEED(setter, CURLOPT_CUSTOMREQUEST, ask->method);
}

/* What the MCP server sets lasts as long as we do and goes back to it: some load balancers
 * find their way by it.  Nothing of it reaches an authorization server. */
static void set_cookies(struct setter *setter, const struct mp_http_exchange *exchange,
    const struct mp_http_ask *ask)
{
	if (exchange->is_private || exchange->http->cookies == NULL || has_own_cookie(ask))
		return;
	WISH(setter, CURLOPT_SHARE, exchange->http->cookies);
	WISH(setter, CURLOPT_COOKIEFILE, "");
}

enum mcpass_rc mp_http_options_set(struct mp_http_exchange *exchange,
    const struct mp_http_ask *ask, long timeout_ms, struct mcpass_error *err)
{
	struct setter setter = { .easy = exchange->easy, .err = err };

	set_always(&setter);
	set_connection(&setter, exchange->http, timeout_ms);
	set_proxy(&setter, exchange);
	set_request(&setter, exchange, ask);
	set_cookies(&setter, exchange, ask);
	NEED(&setter, CURLOPT_OPENSOCKETFUNCTION, mp_http_reach_open);
	NEED(&setter, CURLOPT_OPENSOCKETDATA, exchange);
	NEED(&setter, CURLOPT_RESOLVE, exchange->http->resolve);
	return setter.rc;
}
