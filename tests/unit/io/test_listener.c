/* The redirect URI on loopback.  The browser is this thread too: what it sent lies in the
 * socket before the listener looks. */
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "harness/check.h"
#include "io/browser/listener.h"
#include "io/browser/listener_parts.h"
#include "io/system/port_holder.h"
#include "io/socket.h"
#include "harness/peer.h"

/* Waits as a login does: until a redirect came, or, after a time, whatever is there already has
 * been looked at. */
struct wait {
	char *query;
	struct mcpass_error why;
	bool came;
};

static void on_came(void *ctx, char *query, const struct mcpass_error *why)
{
	struct wait *wait = ctx;

	wait->came = true;
	wait->query = query;
	if (why != NULL)
		wait->why = *why;
}

static enum mcpass_rc wait_for(struct mp_listener *listener, int timeout_ms, char **ret_query,
    struct mcpass_error *err)
{
	struct mp_loop *loop = NULL;
	struct wait wait = { 0 };
	enum mcpass_rc rc = mp_loop_new(NULL, NULL, &loop, err);

	if (!rc)
		rc = mp_listener_serve(listener, loop, on_came, &wait, err);
	for (int i = 0; !rc && !wait.came && i <= MP_MAX_BROWSERS + 1; i++)
		mp_loop_turn(loop, timeout_ms);
	if (!rc && !wait.came)
		rc = MCPASS_E_EXPIRED;
	else if (!rc)
		rc = wait.why.rc;
	if (!rc)
		*ret_query = wait.query;
	mp_listener_rest(listener);
	mp_loop_free(loop);
	return rc;
}

/* --- a request's head, judged --- */

#define HOST "Host: 127.0.0.1:4711\r\n"

static const struct {
	const char *label, *head;
	int status;                     /* 0: not whole yet */
	const char *query;
} head_rows[] = {
	{ "the redirect", "GET /callback?code=a&state=b HTTP/1.1\r\n" HOST "\r\n", 200,
	    "code=a&state=b" },
	{ "HTTP/1.0", "GET /callback?a=b HTTP/1.0\r\n" HOST "\r\n", 200, "a=b" },
	{ "an error", "GET /callback?error=access_denied HTTP/1.1\r\n" HOST "\r\n", 200,
	    "error=access_denied" },
	{ "more headers", "GET /callback?a=b HTTP/1.1\r\nUser-Agent: x\r\n" HOST "Cookie: y\r\n\r\n",
	    200, "a=b" },
	{ "lines that end in LF", "GET /callback?a=b HTTP/1.1\nHost: 127.0.0.1:4711\n\n", 400, NULL },
	{ "a folded line", "GET /callback?a=b HTTP/1.1\r\n" HOST "Accept: a\r\n b\r\n\r\n", 400, NULL },
	{ "a host in a folded line", "GET /callback?a=b HTTP/1.1\r\nHost:\r\n 127.0.0.1:4711\r\n\r\n", 400,
	    NULL },
	{ "a space before a colon", "GET /callback?a=b HTTP/1.1\r\nHost : 127.0.0.1:4711\r\n\r\n", 400,
	    NULL },
	{ "a CR alone", "GET /callback?a=b HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400, NULL },
	{ "HTTP/1.0 without a host", "GET /callback?a=b HTTP/1.0\r\n\r\n", 400, NULL },
	{ "a host's name without case", "GET /callback?a=b HTTP/1.1\r\nHOST:127.0.0.1:4711 \r\n\r\n",
	    200, "a=b" },
	{ "a question mark in the query", "GET /callback?a=b?c HTTP/1.1\r\n" HOST "\r\n", 200, "a=b?c" },
	{ "nothing yet", "", 0, NULL },
	{ "half a line", "GET /callback?a=b", 0, NULL },
	{ "half a head", "GET /callback?a=b HTTP/1.1\r\n" HOST, 0, NULL },
	{ "another path", "GET / HTTP/1.1\r\n" HOST "\r\n", 404, NULL },
	{ "the icon", "GET /favicon.ico HTTP/1.1\r\n" HOST "\r\n", 404, NULL },
	{ "a longer path", "GET /callbacks?a=b HTTP/1.1\r\n" HOST "\r\n", 404, NULL },
	{ "a path below", "GET /callback/?a=b HTTP/1.1\r\n" HOST "\r\n", 404, NULL },
	{ "no query", "GET /callback HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "an empty one", "GET /callback? HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "POST", "POST /callback?a=b HTTP/1.1\r\n" HOST "\r\n", 405, NULL },
	{ "HEAD", "HEAD /callback?a=b HTTP/1.1\r\n" HOST "\r\n", 405, NULL },
	{ "get", "get /callback?a=b HTTP/1.1\r\n" HOST "\r\n", 405, NULL },
	{ "another host", "GET /callback?a=b HTTP/1.1\r\nHost: evil.example:4711\r\n\r\n", 400, NULL },
	{ "another port", "GET /callback?a=b HTTP/1.1\r\nHost: 127.0.0.1:4712\r\n\r\n", 400, NULL },
	{ "no port", "GET /callback?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, NULL },
	{ "a host that begins alike", "GET /callback?a=b HTTP/1.1\r\nHost: 127.0.0.1:47111\r\n\r\n", 400,
	    NULL },
	{ "localhost is not the name", "GET /callback?a=b HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", 400,
	    NULL },
	{ "no host", "GET /callback?a=b HTTP/1.1\r\nAccept: */*\r\n\r\n", 400, NULL },
	{ "two hosts", "GET /callback?a=b HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL },
	{ "ours and another", "GET /callback?a=b HTTP/1.1\r\n" HOST "Host: evil.example\r\n\r\n", 400,
	    NULL },
	{ "a whole URL", "GET http://127.0.0.1:4711/callback?a=b HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "a space in the query", "GET /callback?a=b c HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "a control character", "GET /callback?a=\x01 HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "a byte that is not ASCII", "GET /callback?a=\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
	{ "no version", "GET /callback?a=b\r\n" HOST "\r\n", 400, NULL },
	{ "HTTP/2.0", "GET /callback?a=b HTTP/2.0\r\n" HOST "\r\n", 400, NULL },
	{ "garbage", "\x16\x03\x01\r\n\r\n", 400, NULL },
	{ "only line ends", "\r\n\r\n", 400, NULL },
};

static void check_head(const char *label, const char *head, size_t len, int status,
    const char *query)
{
	struct mp_redirect redirect = { 0 };
	struct mp_http_reader reader;

	mp_http_reader_init(&reader, 0);
	CHECK_EQ(label, mp_listener_request_read(&reader, head, len, "127.0.0.1:4711", "/callback", &redirect),
	    status != 0);
	CHECK_EQ(label, redirect.status, status);
	CHECK_STR(label, redirect.query, query);
	mp_http_reader_free(&reader);
}

static void test_heads(void)
{
	for (size_t i = 0; i < COUNT(head_rows); i++) {
		const char *head = head_rows[i].head;

		check_head(head_rows[i].label, head, strlen(head), head_rows[i].status, head_rows[i].query);
	}
	check_head("a NUL", "GET /callback?a=b HTTP/1.1\r\n\0\r\n", 31, 400, NULL);
}

/* --- the URI --- */

static const struct {
	const char *label, *address, *host, *before, *after;
} uri_rows[] = {
	{ "by default", NULL, NULL, "http://127.0.0.1:", "/callback" },
	{ "IPv6", "::1", NULL, "http://[::1]:", "/callback" },
	{ "a name", NULL, "localhost", "http://localhost:", "/callback" },
	{ "all addresses are reached by one", "0.0.0.0", NULL, "http://127.0.0.1:", "/callback" },
	{ "in IPv6 too", "::", NULL, "http://[::1]:", "/callback" },
	{ "brackets that are there", "::1", "[::1]", "http://[::1]:", "/callback" },
};

static void test_uri(void)
{
	for (size_t i = 0; i < COUNT(uri_rows); i++) {
		const struct mp_listener_options options = { .bind_address = uri_rows[i].address,
			.redirect_host = uri_rows[i].host };
		struct mp_listener *listener = NULL;
		struct mcpass_error err = { 0 };
		const char *uri;

		if (mp_listener_new(&options, &listener, &err) != MCPASS_OK
		    && strchr(uri_rows[i].before, '[') != NULL)
			continue;               /* a machine without IPv6 */
		CHECK(uri_rows[i].label, listener != NULL);
		uri = mp_listener_uri(listener);
		CHECK(uri_rows[i].label, strncmp(uri, uri_rows[i].before, strlen(uri_rows[i].before)) == 0);
		CHECK_STR(uri_rows[i].label, strrchr(uri, '/'), uri_rows[i].after);
		mp_listener_free(listener);
	}
}

static unsigned port_of(const struct mp_listener *listener)
{
	return (unsigned)atoi(strrchr(mp_listener_uri(listener), ':') + 1);
}

static struct mp_listener *new_listener(void)
{
	const struct mp_listener_options options = { 0 };
	struct mp_listener *listener = NULL;

	CHECK_EQ("a listener", mp_listener_new(&options, &listener, NULL), MCPASS_OK);
	return listener;
}

static void test_ports(void)
{
	struct mp_listener_options options = { 0 };
	struct mp_listener *first = new_listener(), *second = NULL;
	struct mcpass_error err = { 0 };
	char holder[128] = "", want[64];
	unsigned port = 0;
	int fd;

	options.port = port_of(first);
	CHECK_EQ("a port that is taken", mp_listener_new(&options, &second, &err), MCPASS_E_IO);
	CHECK("untouched", second == NULL);
	snprintf(want, sizeof(want), "(process %d)", (int)getpid());
	CHECK_HAS("says by whom", err.detail, want);
	CHECK_HAS("what to do", err.hint, "another port");
	options = (struct mp_listener_options){ .wished_port = port_of(first) };
	CHECK_EQ("a wish that cannot be had", mp_listener_new(&options, &second, &err), MCPASS_OK);
	CHECK("is another port", port_of(second) != port_of(first));
	mp_listener_free(second);
	options.wished_port = port_of(first);
	mp_listener_free(first);
	CHECK_EQ("a wish that can", mp_listener_new(&options, &second, &err), MCPASS_OK);
	CHECK_EQ("is that port", port_of(second), options.wished_port);
	CHECK("its holder is known", mp_port_holder(port_of(second), holder, sizeof(holder)));
	CHECK_HAS("us", holder, want);
	mp_listener_free(second);
	CHECK("then nobody", !mp_port_holder(options.wished_port, holder, sizeof(holder)));

	CHECK_EQ("a name is no address", mp_socket_listen("localhost", 0, &fd, &port, NULL),
	    MCPASS_E_USAGE);
	CHECK_EQ("no such port", mp_socket_listen(NULL, 65536, &fd, &port, NULL), MCPASS_E_USAGE);
	CHECK_EQ("not our address", mp_socket_listen("203.0.113.1", 0, &fd, &port, NULL), MCPASS_E_IO);
}

/* localhost is one loopback address or the other, as the browser likes. */
static void test_both_loopbacks(void)
{
	const struct sockaddr_in6 shape = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct mp_listener_options options = { .redirect_host = "localhost" };
	struct sockaddr_in6 six = shape;
	struct mp_listener *listener = NULL, *second = NULL;
	struct mcpass_error err = { 0 };
	unsigned port = 0;
	int fd = -1;

	if (mp_socket_listen("::1", 0, &fd, &port, NULL) != MCPASS_OK)
		return;                 /* no IPv6 here */
	/* Whoever has the port at the other address would be sent our codes. */
	options.port = port;
	CHECK_EQ("one of them is another's", mp_listener_new(&options, &listener, &err), MCPASS_E_IO);
	CHECK_HAS("says which", err.detail, "::1");
	options = (struct mp_listener_options){ .redirect_host = "localhost", .wished_port = port };
	CHECK_EQ("a wish", mp_listener_new(&options, &listener, NULL), MCPASS_OK);
	CHECK("gives way", port_of(listener) != port);
	close(fd);
	six.sin6_port = htons((uint16_t)port_of(listener));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK_EQ("IPv6", connect(fd, (struct sockaddr *)&six, sizeof(six)), 0);
	close(fd);
	close(peer_connect(port_of(listener)));
	mp_listener_free(listener);
	options = (struct mp_listener_options){ .redirect_host = "127.0.0.1" };
	CHECK_EQ("an address is itself", mp_listener_new(&options, &second, NULL), MCPASS_OK);
	six.sin6_port = htons((uint16_t)port_of(second));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK("and nothing else", connect(fd, (struct sockaddr *)&six, sizeof(six)) != 0);
	close(fd);
	mp_listener_free(second);
}

/* A redirect URI that names a loopback address is listened for there. */
static void test_named_loopback(void)
{
	static const char *const hosts[] = { "127.0.0.2", "::1", "[::1]" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		const struct mp_listener_options options = { .redirect_host = hosts[i] };
		struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		struct sockaddr_in four = { .sin_family = AF_INET };
		bool is_four = strchr(hosts[i], ':') == NULL;
		struct mp_listener *listener = NULL;
		int fd;

		if (mp_listener_new(&options, &listener, NULL) != MCPASS_OK)
			continue;       /* not on this machine */
		six.sin6_port = four.sin_port = htons((uint16_t)port_of(listener));
		four.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
		fd = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM, 0);
		CHECK_EQ(hosts[i], is_four ? connect(fd, (struct sockaddr *)&four, sizeof(four))
		    : connect(fd, (struct sockaddr *)&six, sizeof(six)), 0);
		close(fd);
		mp_listener_free(listener);
	}
}

/* --- browsers --- */

static int come(const struct mp_listener *listener, const char *path)
{
	int fd = peer_connect(port_of(listener));
	char request[512];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", path,
	    port_of(listener));
	peer_send(fd, request);
	return fd;
}

/* What the wait says when it has nothing left to look at; *ret_query as it was left. */
static enum mcpass_rc wait_now(struct mp_listener *listener, char **ret_query)
{
	*ret_query = NULL;
	return wait_for(listener, 0, ret_query, NULL);
}

static void expect_page(const char *label, int fd, const char *status, const char *text)
{
	char page[16384];

	peer_read(fd, NULL, page, sizeof(page));
	CHECK_HAS(label, page, status);
	CHECK_HAS(label, page, text);
	close(fd);
}

static void test_redirect(void)
{
	struct mp_listener *listener = new_listener();
	int browser = come(listener, "/callback?code=c%20d&state=s");
	char *query = NULL, page[16384];

	CHECK_EQ("it came", wait_now(listener, &query), MCPASS_OK);
	CHECK_STR("undecoded", query, "code=c%20d&state=s");
	CHECK("the browser waits", !peer_readable(browser, 0));
	mp_listener_finish(listener, true, "https://mcp.example/<b>&\"'");
	peer_read(browser, NULL, page, sizeof(page));
	CHECK_HAS("200", page, "HTTP/1.1 200 OK\r\n");
	CHECK_HAS("escaped", page,
	    "You are signed in to https://mcp.example/&lt;b&gt;&amp;&quot;&#39;</h1>");
	CHECK_HAS("what to do", page, "You can close this window.");
	CHECK_HAS("no script", page, "Content-Security-Policy: default-src 'none'; style-src "
	    "'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n");
	CHECK_HAS("not kept", page, "Cache-Control: no-store\r\n");
	CHECK_HAS("not framed", page, "X-Frame-Options: DENY\r\n");
	CHECK_HAS("the code stays here", page, "Referrer-Policy: no-referrer\r\n");
	CHECK_HAS("one request", page, "Connection: close\r\n");
	CHECK("nothing of the redirect is shown", strstr(page, "c%20d") == NULL);
	CHECK("really no script", strstr(page, "<script") == NULL);
	close(browser);
	free(query);
	mp_listener_finish(listener, true, NULL);       /* nobody is there any more */
	mp_listener_free(listener);
}

static void test_failure_page(void)
{
	struct mp_listener *listener = new_listener();
	int browser = come(listener, "/callback?error=access_denied&error_description=%3Cb%3E");
	char *query = NULL;

	CHECK_EQ("it came", wait_now(listener, &query), MCPASS_OK);
	free(query);
	mp_listener_finish(listener, false, "Access was not granted.");
	expect_page("what went wrong", browser, "200 OK", "<p>Access was not granted.</p>");

	browser = come(listener, "/callback?code=x");
	CHECK_EQ("it came", wait_now(listener, &query), MCPASS_OK);
	free(query);
	mp_listener_free(listener);             /* whoever is held is not left hanging */
	expect_page("the end", browser, "200 OK", "did not work");
}

/* Requests that are not the redirect are answered, and waiting goes on. */
static void test_others(void)
{
	struct mp_listener *listener = new_listener();
	int icon = come(listener, "/favicon.ico"), silent = peer_connect(port_of(listener));
	int half = peer_connect(port_of(listener)), gone = peer_connect(port_of(listener));
	int browser, evil;
	char *query = NULL;

	peer_send(half, "GET /callback?co");
	close(gone);
	CHECK_EQ("nobody yet", wait_now(listener, &query), MCPASS_E_EXPIRED);
	expect_page("the icon", icon, "404 Not Found", "nothing here");
	evil = peer_connect(port_of(listener));
	peer_send(evil, "GET /callback?code=evil HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	CHECK_EQ("nobody yet", wait_now(listener, &query), MCPASS_E_EXPIRED);
	CHECK("untouched", query == NULL);
	expect_page("a page elsewhere", evil, "400 Bad Request", "not the redirect");
	browser = come(listener, "/callback?code=good");
	CHECK_EQ("the silent ones are in nobody's way", wait_now(listener, &query), MCPASS_OK);
	CHECK_STR("the redirect", query, "code=good");
	free(query);
	peer_send(half, "de=late HTTP/1.1\r\n");
	mp_listener_finish(listener, true, NULL);
	expect_page("its page", browser, "200 OK", "You are signed in</h1>");
	mp_listener_free(listener);
	close(silent);
	close(half);
}

static void test_two_browsers(void)
{
	struct mp_listener *listener = new_listener();
	int first = come(listener, "/callback?code=1"), second;
	char *query = NULL;

	CHECK_EQ("the first", wait_now(listener, &query), MCPASS_OK);
	CHECK_STR("the first", query, "code=1");
	free(query);
	second = come(listener, "/callback?code=2");
	CHECK_EQ("the second", wait_now(listener, &query), MCPASS_OK);
	CHECK_STR("the second", query, "code=2");
	free(query);
	expect_page("the first is told", first, "400 Bad Request", "not the redirect");
	mp_listener_finish(listener, true, "x");
	expect_page("the second too", second, "200 OK", "signed in to x");
	mp_listener_free(listener);
}

/* More connections than the table has, and a head without an end. */
static void test_flood(void)
{
	struct mp_listener *listener = new_listener();
	int fds[MP_MAX_BROWSERS + 4], browser, large;
	char *query = NULL, text[1024];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = peer_connect(port_of(listener));
	CHECK_EQ("nobody yet", wait_now(listener, &query), MCPASS_E_EXPIRED);
	CHECK_EQ("the oldest went", peer_read(fds[0], NULL, text, sizeof(text)), 0);
	CHECK("the newest is there", !peer_readable(fds[COUNT(fds) - 1], 0));
	large = peer_connect(port_of(listener));
	peer_send(large, "GET /callback?code=");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < MP_MAX_REQUEST_HEAD; i += sizeof(text) - 1)
		peer_send(large, text);
	CHECK_EQ("nobody yet", wait_now(listener, &query), MCPASS_E_EXPIRED);
	expect_page("too long", large, "414 ", "too long");
	browser = come(listener, "/callback?code=good");
	CHECK_EQ("and yet", wait_now(listener, &query), MCPASS_OK);
	CHECK_STR("and yet", query, "code=good");
	free(query);
	mp_listener_free(listener);
	close(browser);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
}

/* No descriptor is left for the browser: the login ends, and does not turn in circles. */
static void test_no_descriptor(void)
{
	struct mp_listener *listener = new_listener();
	struct mp_loop *loop = NULL;
	struct wait wait = { 0 };
	struct rlimit all, none;
	int browser = come(listener, "/callback?code=1");

	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	CHECK_EQ("served", mp_listener_serve(listener, loop, on_came, &wait, NULL), MCPASS_OK);
	if (getrlimit(RLIMIT_NOFILE, &all) != 0)
		die("no limit");
	none = (struct rlimit){ 0, all.rlim_max };
	CHECK_EQ("lowered", setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 4 && !wait.came; i++)
		mp_loop_turn(loop, PATIENCE_MS);
	CHECK_EQ("raised", setrlimit(RLIMIT_NOFILE, &all), 0);
	CHECK_EQ("told", wait.why.rc, MCPASS_E_IO);
	CHECK_HAS("what is short", wait.why.detail, "no descriptor is left");
	mp_listener_free(listener);
	mp_loop_free(loop);
	close(browser);
}

static void test_no_memory(void)
{
	const struct mp_listener_options options = { 0 };

	OOM_EACH {
		struct mp_listener *listener = NULL;
		struct mcpass_error err = { 0 };
		char *query = NULL;
		int browser = -1;
		enum mcpass_rc rc;

		rc = mp_listener_new(&options, &listener, &err);
		if (!rc) {
			browser = come(listener, "/callback?code=1");
			rc = wait_for(listener, PATIENCE_MS, &query, &err);
		}
		CHECK_OOM("no memory", rc, MCPASS_OK);
		if (rc)
			CHECK("untouched", query == NULL);
		mp_free_wiped(query);
		mp_listener_free(listener);
		if (browser >= 0)
			close(browser);
	}
}

int main(void)
{
	test_heads();
	test_uri();
	test_ports();
	test_both_loopbacks();
	test_named_loopback();
	test_redirect();
	test_failure_page();
	test_others();
	test_two_browsers();
	test_flood();
	test_no_descriptor();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
