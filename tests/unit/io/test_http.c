/* One HTTP request, whole: against our own server, and against servers that are none. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/http/http.h"
#include "io/http/proxy.h"
#include "serve/http/httpd.h"
#include "harness/peer.h"

#define MAX 1000

static struct mp_httpd *httpd;

static enum mcpass_rc dump_request(const struct mp_http_request *request,
    struct mp_http_response *response)
{
	mp_buf_addf(&response->body, "%s %s?%s\n", request->method, request->path,
	    request->query != NULL ? request->query : "(none)");
	for (size_t i = 0; i < request->header_count; i++)
		mp_buf_addf(&response->body, "%s: %s\n", request->headers[i].name,
		    request->headers[i].value);
	mp_buf_addf(&response->body, "\n%zu %.*s", request->body_len,
	    request->body_len < 8 ? (int)request->body_len : 8, request->body);
	return MCPASS_OK;
}

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	response->status = 200;
	if (strcmp(request->path, "/redirect") == 0) {
		response->status = 302;
		return mp_headers_add(&response->headers, "Location", "/dump", err);
	}
	if (strcmp(request->path, "/cookie") == 0)
		return mp_headers_add(&response->headers, "Set-Cookie", "a=b; Path=/", err);
	if (strcmp(request->path, "/large-refusal") == 0)
		response->status = 404;
	if (strncmp(request->path, "/large", 6) == 0)
		for (int i = 0; i < MAX + 1; i++)
			mp_buf_addc(&response->body, 'x');
	if (strcmp(request->path, "/full") == 0)
		for (int i = 0; i < MAX; i++)
			mp_buf_addc(&response->body, 'x');
	if (strcmp(request->path, "/dump") == 0)
		return dump_request(request, response);
	return MCPASS_OK;
}

static struct mp_http *new_http(const struct mp_http_options *options)
{
	static const struct mp_http_options usual;
	struct mp_http *http = NULL;

	CHECK_EQ("a client", mp_http_new(options != NULL ? options : &usual, NULL, &http, NULL), MCPASS_OK);
	return http;
}

static const char *url_for(unsigned port, const char *path)
{
	static char url[256];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	return url;
}

static enum mcpass_rc get(struct mp_http *http, const char *url,
    struct mp_http_response *response, struct mcpass_error *err)
{
	mp_clear(err);
	return mp_http_perform(http, "GET", url, NULL, 0, NULL, 0, MAX, response, err);
}

static const struct {
	const char *label, *method, *path, *body;
	int status;
	size_t len;
	enum mcpass_rc want;
} rows[] = {
	{ "an empty answer", "GET", "/empty", NULL, 200, 0, MCPASS_OK },
	{ "a body as large as the cap", "GET", "/full", NULL, 200, MAX, MCPASS_OK },
	{ "one byte over it", "GET", "/large", NULL, 0, 0, MCPASS_E_LIMIT },
	{ "a refusal's body over it is dropped", "GET", "/large-refusal", NULL, 404, 0, MCPASS_OK },
	{ "a redirect is not followed", "GET", "/redirect", NULL, 302, 0, MCPASS_OK },
	{ "no body to a HEAD", "HEAD", "/full", NULL, 200, 0, MCPASS_OK },
	{ "a POST without a body", "POST", "/empty", NULL, 200, 0, MCPASS_OK },
	{ "a DELETE", "DELETE", "/empty", NULL, 200, 0, MCPASS_OK },
};

static void test_rows(void)
{
	struct mp_http *http = new_http(NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, mp_http_perform(http, rows[i].method,
		    url_for(mp_httpd_port(httpd), rows[i].path), NULL, 0, rows[i].body, 0, MAX,
		    &response, &err), rows[i].want);
		CHECK_EQ(rows[i].label, response.status, rows[i].status);
		CHECK_EQ(rows[i].label, response.body.len, rows[i].len);
		mp_http_response_free(&response);
	}
	mp_http_free(http);
}

static void test_what_is_sent(void)
{
	static const struct mcpass_header headers[] = { { "Content-Type", "application/json" },
		{ "Authorization", "Bearer t" }, { "X-Empty", "" }, { "X-Twice", "1" }, { "X-Twice", "2" } };
	struct mp_http *http = new_http(NULL);
	struct mp_http_response response = { 0 };
	static char body[1200 * 1024];          /* long enough for "Expect: 100-continue" */
	const char *text;

	memset(body, 'b', sizeof(body));
	CHECK_EQ("a cookie is set", get(http, url_for(mp_httpd_port(httpd), "/cookie"), &response,
	    NULL), MCPASS_OK);
	mp_http_response_free(&response);
	CHECK_EQ("posted", mp_http_perform(http, "POST",
	    url_for(mp_httpd_port(httpd), "/a/../dump?x=%20y"), headers, COUNT(headers), body,
	    sizeof(body), 8192, &response, NULL), MCPASS_OK);
	CHECK_EQ("to the path as it is", response.body.len, 0);
	mp_http_response_free(&response);
	CHECK_EQ("posted", mp_http_perform(http, "POST",
	    url_for(mp_httpd_port(httpd), "/dump?x=%20y"), headers, COUNT(headers), body,
	    sizeof(body), 8192, &response, NULL), MCPASS_OK);
	text = mp_buf_text(&response.body);
	CHECK_HAS("method, path and query as given", text, "POST /dump?x=%20y\n");
	CHECK_HAS("who we are", text, "User-Agent: mcpass/" MCPASS_VERSION "\n");
	CHECK_HAS("ours", text, "Content-Type: application/json\n");
	CHECK_HAS("ours", text, "Authorization: Bearer t\n");
	CHECK_HAS("an empty value is sent", text, "X-Empty: \n");
	CHECK_HAS("in order", text, "X-Twice: 1\nX-Twice: 2\n");
	CHECK_HAS("the body", text, "\n\n1228800 bbbbbbbb");
	CHECK("no question before the body", strstr(text, "Expect") == NULL);
	CHECK_HAS("no compression", text, "Accept-Encoding: identity\n");
	CHECK("no cookie", strstr(text, "Cookie") == NULL);
	mp_http_response_free(&response);
	mp_http_free(http);
}

static const struct {
	const char *label, *url, *name, *value;
	enum mcpass_rc want;
} bad_rows[] = {
	{ "another scheme", "ftp://127.0.0.1/", "A", "b", MCPASS_E_USAGE },
	{ "a file", "file:///etc/passwd", "A", "b", MCPASS_E_USAGE },
	{ "relative", "/x", "A", "b", MCPASS_E_USAGE },
	{ "a password", "http://a:b@127.0.0.1/", "A", "b", MCPASS_E_USAGE },
	{ "a line end in a value", "http://127.0.0.1/", "A", "b\r\nC: d", MCPASS_E_USAGE },
	{ "a line end in a name", "http://127.0.0.1/", "A\r\nB", "c", MCPASS_E_USAGE },
	{ "no name", "http://127.0.0.1/", "", "c", MCPASS_E_USAGE },
};

static void test_refused_here(void)
{
	struct mp_http *http = new_http(NULL);

	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const struct mcpass_header header = { bad_rows[i].name, bad_rows[i].value };
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(bad_rows[i].label, mp_http_perform(http, "GET", bad_rows[i].url, &header, 1,
		    NULL, 0, MAX, &response, &err), bad_rows[i].want);
	}
	mp_http_free(http);
}

static char many_bytes[MP_MAX_HEADER_BYTES + 1024], many_lines[16384];

/* Answers that are good, bad, or none.  value is that of the header X, when it is good. */
static const struct {
	const char *label, *reply;
	enum mcpass_rc want;
	const char *value, *says;
} reply_rows[] = {
	{ "a header", "HTTP/1.1 200 OK\r\nx: a\r\nContent-Length: 0\r\n\r\n", MCPASS_OK, "a", NULL },
	{ "the first of two", "HTTP/1.1 200 OK\r\nX: a\r\nX: b\r\nContent-Length: 0\r\n\r\n",
	    MCPASS_OK, "a", NULL },
	{ "white space around it", "HTTP/1.1 200 OK\r\nX: \t a \t\r\nContent-Length: 0\r\n\r\n",
	    MCPASS_OK, "a", NULL },
	{ "a control character inside", "HTTP/1.1 200 OK\r\nX: a\tb\x1b""c\r\nContent-Length: 0\r\n\r\n",
	    MCPASS_OK, "a b c", NULL },
	{ "folded", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", MCPASS_OK, "a b", NULL },
	{ "an interim answer before it", "HTTP/1.1 103 Early Hints\r\nX: early\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 0\r\n\r\n", MCPASS_OK, "a", NULL },
	{ "a trailer after it", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
	    "1\r\nz\r\n0\r\nX: late\r\n\r\n", MCPASS_OK, NULL, NULL },
	{ "a header name that is none", "HTTP/1.1 200 OK\r\nA B: c\r\nContent-Length: 0\r\n\r\n",
	    MCPASS_E_PROTOCOL, NULL, "malformed" },
	{ "too many bytes of headers", many_bytes, MCPASS_E_LIMIT, NULL, "bytes of headers" },
	{ "too many headers", many_lines, MCPASS_E_LIMIT, NULL, "headers" },
	{ "no HTTP", "220 smtp.example ESMTP\r\n", MCPASS_E_IO, NULL, "not in HTTP" },
	{ "no answer", NULL, MCPASS_E_IO, NULL, "without an answer" },
	{ "half an answer", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", MCPASS_E_IO, NULL,
	    "ended too early" },
	{ "half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
	    MCPASS_E_IO, NULL, "127.0.0.1:" },
};

static void fill_many(void)
{
	size_t len;

	strcpy(many_bytes, "HTTP/1.1 200 OK\r\n");
	len = strlen(many_bytes);
	while (len < MP_MAX_HEADER_BYTES)
		len += (size_t)snprintf(many_bytes + len, sizeof(many_bytes) - len, "X: %0500d\r\n", 0);
	strcat(many_bytes, "\r\n");
	strcpy(many_lines, "HTTP/1.1 200 OK\r\n");
	len = strlen(many_lines);
	for (int i = 0; i < MP_MAX_ITEMS + 1; i++)
		len += (size_t)snprintf(many_lines + len, sizeof(many_lines) - len, "X: %d\r\n", i);
	strcat(many_lines, "\r\n");
}

static void test_replies(void)
{
	struct mp_http *http = new_http(NULL);

	fill_many();
	for (size_t i = 0; i < COUNT(reply_rows); i++) {
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct canned canned;

		canned_start(&canned, reply_rows[i].reply);
		CHECK_EQ(reply_rows[i].label, get(http, url_for(canned.port, "/"), &response, &err),
		    reply_rows[i].want);
		CHECK_STR(reply_rows[i].label, mp_header_get(response.headers.items,
		    response.headers.count, "X"), reply_rows[i].value);
		if (reply_rows[i].says != NULL)
			CHECK_HAS(reply_rows[i].label, err.detail, reply_rows[i].says);
		if (reply_rows[i].want == MCPASS_E_IO && i < COUNT(reply_rows) - 1)
			CHECK("and what to do", err.hint[0] != '\0');
		CHECK("whole or not at all", reply_rows[i].want == MCPASS_OK || response.status == 0);
		mp_http_response_free(&response);
		canned_stop(&canned);
	}
	mp_http_free(http);
}

static void test_unreachable(void)
{
	const struct mp_http_options hasty = { .timeout_ms = 30 };
	struct mp_http *http = new_http(&hasty);
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	unsigned port;
	int fd = peer_listen(&port);

	CHECK_EQ("nobody answers", get(http, url_for(port, "/"), &response, &err), MCPASS_E_IO);
	CHECK_HAS("nobody answers", err.detail, "no answer in time");
	close(fd);
	CHECK_EQ("nobody listens", get(http, url_for(port, "/"), &response, &err), MCPASS_E_IO);
	CHECK_HAS("nobody listens", err.detail, "refused the connection");
	CHECK_HAS("nobody listens", err.hint, "Is the server running");
	CHECK_EQ("TLS where there is none", get(http, "https://127.0.0.1:1/", &response, &err),
	    MCPASS_E_IO);
	mp_http_free(http);
}

static void test_proxy(void)
{
	struct mp_http_options options = { 0 };
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	struct canned proxy;
	char name[64];
	struct mp_http *http;

	canned_start(&proxy, "HTTP/1.1 200 OK\r\nX: proxied\r\nContent-Length: 0\r\n\r\n");
	snprintf(name, sizeof(name), "http://127.0.0.1:%u", proxy.port);
	setenv("http_proxy", name, 1);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	http = new_http(NULL);
	CHECK_EQ("the environment's proxy", get(http, "http://nowhere.invalid/a", &response, &err),
	    MCPASS_OK);
	CHECK_HAS("is asked", proxy.request, "GET http://nowhere.invalid/a HTTP/1.1\r\n");
	mp_http_response_free(&response);
	proxy.request[0] = '\0';
	CHECK_EQ("loopback", get(http, url_for(mp_httpd_port(httpd), "/dump"), &response, &err),
	    MCPASS_OK);
	CHECK_STR("does not go to a proxy", proxy.request, "");
	mp_http_response_free(&response);
	mp_http_free(http);
	unsetenv("http_proxy");

	options.proxy = name;
	http = new_http(&options);
	CHECK_EQ("the given proxy", get(http, "http://nowhere.invalid/b", &response, &err),
	    MCPASS_OK);
	CHECK_HAS("is asked", proxy.request, "GET http://nowhere.invalid/b HTTP/1.1\r\n");
	mp_http_response_free(&response);
	proxy.request[0] = '\0';
	CHECK_EQ("loopback", get(http, url_for(mp_httpd_port(httpd), "/dump"), &response, &err),
	    MCPASS_OK);
	CHECK_STR("does not go to it either", proxy.request, "");
	mp_http_response_free(&response);
	canned_stop(&proxy);
	CHECK_EQ("a proxy that is not there", get(http, "http://nowhere.invalid/", &response, &err),
	    MCPASS_E_IO);
	mp_http_free(http);
}

/* A name that leads here, for a server at server_url, and a person's word for that port: 0: our own. */
static const struct {
	const char *label, *server_url;
	int vouched;
	enum mp_reach otherwise;
	enum mcpass_rc want;
} reach_rows[] = {
	{ "a server outside", "https://8.8.8.8/mcp", -1, MP_REACH_UNKNOWN, MCPASS_E_POLICY },
	{ "an issuer with a name", "https://as.example/", -1, MP_REACH_PUBLIC, MCPASS_E_POLICY },
	{ "a server inside", "https://10.0.0.1/mcp", -1, MP_REACH_UNKNOWN, MCPASS_E_POLICY },
	{ "a server here", "http://127.0.0.1:1/mcp", -1, MP_REACH_UNKNOWN, MCPASS_OK },
	{ "a server not asked yet", "https://mcp.example/mcp", -1, MP_REACH_UNKNOWN, MCPASS_E_POLICY },
	{ "one that was here", "https://mcp.example/mcp", -1, MP_REACH_LOOPBACK, MCPASS_OK },
	{ "named by a person", "https://8.8.8.8/mcp", 0, MP_REACH_UNKNOWN,
	    MCPASS_OK },
	{ "another port was named", "https://8.8.8.8/mcp", 1, MP_REACH_UNKNOWN,
	    MCPASS_E_POLICY },
	{ "nobody's word", NULL, -1, MP_REACH_UNKNOWN, MCPASS_OK },
};

static void test_reach(void)
{
	char resolve[64], url[64], vouched[64];
	const char *items[] = { resolve };
	const struct mp_http_options options = { .resolve = items, .resolve_count = 1 };

	for (size_t i = 0; i < COUNT(reach_rows); i++) {
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct canned canned;
		struct mp_http *http;

		canned_start(&canned, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		snprintf(resolve, sizeof(resolve), "name.test:%u:127.0.0.1", canned.port);
		snprintf(url, sizeof(url), "http://name.test:%u/", canned.port);
		http = new_http(&options);
		if (reach_rows[i].server_url != NULL)
			CHECK_EQ(reach_rows[i].label, mp_http_confine(http, reach_rows[i].server_url,
			    reach_rows[i].otherwise, &err), MCPASS_OK);
		if (reach_rows[i].vouched >= 0) {
			snprintf(vouched, sizeof(vouched), "http://name.test:%u",
			    reach_rows[i].vouched == 0 ? canned.port : (unsigned)reach_rows[i].vouched);
			CHECK_EQ(reach_rows[i].label, mp_http_vouch(http, vouched, &err), MCPASS_OK);
		}
		CHECK_EQ(reach_rows[i].label, get(http, url, &response, &err), reach_rows[i].want);
		if (reach_rows[i].want != MCPASS_OK) {
			CHECK_STR("nothing came", canned.request, "");
			CHECK_STR(reach_rows[i].label, err.spec, "MCP security considerations (SSRF)");
			CHECK_HAS("strangers are not told where", err.detail, "leads to this machine");
			CHECK_HAS("a person is", err.hint, "127.0.0.1");
		}
		mp_http_response_free(&response);
		mp_http_free(http);
		canned_stop(&canned);
	}
}

/* A proxy resolves by itself; a host of no_proxy is connected to, so its address is judged. */
static const struct { const char *label, *no_proxy; enum mcpass_rc want; } direct_rows[] = {
	{ "through the proxy", NULL, MCPASS_OK },
	{ "another host is of no_proxy", "other.test", MCPASS_OK },
	{ "a host of no_proxy", "name.test", MCPASS_E_POLICY },
	{ "a domain of no_proxy", ".test", MCPASS_E_POLICY },
	{ "every host", "*", MCPASS_E_POLICY },
};

static void test_reach_of_no_proxy(void)
{
	char resolve[64], url[64], name[64];
	const char *items[] = { resolve };
	const struct mp_http_options options = { .resolve = items, .resolve_count = 1 };

	for (size_t i = 0; i < COUNT(direct_rows); i++) {
		const char *label = direct_rows[i].label;
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct canned proxy;
		struct mp_http *http;

		canned_start(&proxy, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		snprintf(name, sizeof(name), "http://127.0.0.1:%u", proxy.port);
		snprintf(resolve, sizeof(resolve), "name.test:%u:127.0.0.1", proxy.port);
		snprintf(url, sizeof(url), "http://name.test:%u/", proxy.port);
		setenv("http_proxy", name, 1);
		if (direct_rows[i].no_proxy != NULL)
			setenv("no_proxy", direct_rows[i].no_proxy, 1);
		http = new_http(&options);
		CHECK_EQ(label, mp_http_confine(http, "https://8.8.8.8/mcp", MP_REACH_UNKNOWN, &err), MCPASS_OK);
		CHECK_EQ(label, get(http, url, &response, &err), direct_rows[i].want);
		CHECK(label, (proxy.request[0] != '\0') == (direct_rows[i].want == MCPASS_OK));
		mp_http_response_free(&response);
		mp_http_free(http);
		canned_stop(&proxy);
		unsetenv("http_proxy");
		unsetenv("no_proxy");
	}
}

static const struct { const char *list, *host; bool has; } no_proxy_rows[] = {
	{ "*", "a.example", true }, { "", "a.example", false }, { " , ", "a.example", false },
	{ "a.example", "a.example", true }, { "A.Example", "a.example", true },
	{ "a.example", "b.a.example", true }, { ".a.example", "a.example", true },
	{ ".a.example", "b.a.example", true }, { "a.example", "ba.example", false },
	{ "b.a.example", "a.example", false }, { "a.example.", "a.example", true },
	{ "a.example", "a.example.", true }, { "x,a.example", "a.example", true },
	{ "x a.example", "a.example", true }, { "x, a.example ,y", "a.example", true },
	{ "10.0.0.1", "10.0.0.1", true }, { "10.0.0.1", "10.0.0.10", false },
	{ "10.0.0.0/8", "10.9.9.9", true }, { "10.0.0.0/8", "11.0.0.1", false },
	{ "10.0.0.128/25", "10.0.0.200", true }, { "10.0.0.128/25", "10.0.0.100", false },
	{ "0.0.0.0/0", "8.8.8.8", true }, { "10.0.0.0/33", "10.0.0.1", false },
	{ "10.0.0.0/", "10.0.0.0", false }, { "10.0.0.0/x", "10.0.0.0", false },
	{ "10", "10.0.0.10", false }, { "fd00::/8", "fd00::1", true }, { "fd00::1", "fd00:0::1", true },
	{ "[fd00::1]", "fd00::1", true }, { "fd00::/8", "fe80::1", false }, { "::1", "127.0.0.1", false },
};

static void test_no_proxy(void)
{
	for (size_t i = 0; i < COUNT(no_proxy_rows); i++) {
		struct mp_span host = { no_proxy_rows[i].host, strlen(no_proxy_rows[i].host) };

		CHECK_EQ(no_proxy_rows[i].list, mp_http_no_proxy_has(no_proxy_rows[i].list, host),
		    no_proxy_rows[i].has);
	}
}

static void test_resolve(void)
{
	static const char *const wrong[] = { "", "h", "h:1", "h:1:", "h:x:127.0.0.1", "h::127.0.0.1",
		":1:127.0.0.1", "-h:1", "-h:1:127.0.0.1", "h:1:name", "h:1:127.0.0.1,10.0.0.1", "h:1:[]",
		"h:1:[", "h:1:127.0.0.1 " };
	static const char *const right[] = { "h:1:127.0.0.1", "h:1:[::1]", "h:1:::1" };

	for (size_t i = 0; i < COUNT(wrong); i++) {
		const struct mp_http_options options = { .resolve = &wrong[i], .resolve_count = 1 };
		struct mcpass_error err = { 0 };
		struct mp_http *http = NULL;

		CHECK_EQ(wrong[i], mp_http_new(&options, NULL, &http, &err), MCPASS_E_USAGE);
		CHECK_HAS(wrong[i], err.detail, "HOST:PORT:ADDRESS");
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		const struct mp_http_options options = { .resolve = &right[i], .resolve_count = 1 };

		mp_http_free(new_http(&options));
	}
}

static void test_no_memory(void)
{
	static const struct mcpass_header header = { "A", "b" };
	static const char *const resolve[] = { "h:1:127.0.0.1" };
	const struct mp_http_options options = { .proxy = "http://127.0.0.1:1", .resolve = resolve,
		.resolve_count = 1 };
	struct canned canned;

	canned_start(&canned, "HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 4\r\n\r\nbody");
	OOM_EACH {
		struct mp_http_response response = { 0 };
		struct mcpass_error err = { 0 };
		struct mp_http *http = NULL;
		enum mcpass_rc rc;

		rc = mp_http_new(&options, NULL, &http, &err);
		if (!rc)
			rc = mp_http_confine(http, "http://127.0.0.1/", MP_REACH_PUBLIC, &err);
		if (!rc)
			rc = mp_http_vouch(http, "https://as.example", &err);
		if (!rc)
			rc = mp_http_perform(http, "POST", url_for(canned.port, "/"), &header, 1, "x", 1,
			    MAX, &response, &err);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		CHECK_EQ("untouched", response.status, rc ? 0 : 200);
		mp_http_response_free(&response);
		mp_http_free(http);
	}
	canned_stop(&canned);
}

int main(void)
{
	const struct mp_httpd_options options = { .max_body = 2 << 20, .handle = handle };

	if (mp_httpd_start(&options, &httpd, NULL) != MCPASS_OK)
		die("no server");
	test_rows();
	test_what_is_sent();
	test_refused_here();
	test_replies();
	test_unreachable();
	test_proxy();
	test_reach();
	test_reach_of_no_proxy();
	test_no_proxy();
	test_resolve();
	mp_httpd_free(httpd);
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
