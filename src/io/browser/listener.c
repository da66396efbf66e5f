#include "io/browser/listener.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/browser/listener_parts.h"
#include "io/socket.h"

/* What it sent too much is thrown away, up to this many reads. */
#define GOODBYE_READS 64

/* Addresses that one redirect host may be: both loopbacks. */
#define MP_MAX_ADDRESSES 2
/* Ports that are tried until one is free at both. */
#define MOST_PORTS 8

struct browser {
	struct mp_listener *listener;
	struct mp_watch watch;          /* fd -1: there is none */
	struct mp_http_reader reader;
	unsigned age;                   /* which connection it is */
};
struct door {
	struct mp_listener *listener;
	struct mp_watch watch;          /* fd -1: none */
};
struct mp_listener {
	struct door doors[MP_MAX_ADDRESSES];    /* that are listened on */
	int held;                       /* the connection that brought the redirect; -1: none */
	char *uri, *authority;
	struct browser browsers[MP_MAX_BROWSERS];
	unsigned last_age;
	struct mp_loop *loop;           /* while it serves; else NULL */
	void (*came)(void *ctx, char *query, const struct mcpass_error *why);
	void *ctx;
};

/* "localhost" is either loopback address, as the browser likes.  spec: RFC 6761 6.3 */
static bool wants_both(const struct mp_listener_options *options)
{
	return options->bind_address == NULL && mp_eq_nocase(options->redirect_host, "localhost");
}

/* The address to listen on: that of the redirect URI, where it names one of this machine's loopback. */
static const char *bind_address(const struct mp_listener_options *options, char room[INET6_ADDRSTRLEN])
{
	const char *host = options->redirect_host;
	unsigned char bytes[16];
	size_t len;

	if (options->bind_address != NULL || host == NULL)
		return options->bind_address;
	host += host[0] == '[';
	len = strcspn(host, "]");
	if (len >= INET6_ADDRSTRLEN)
		return NULL;
	(void)snprintf(room, INET6_ADDRSTRLEN, "%.*s", (int)len, host);
	if (inet_pton(AF_INET, room, bytes) == 1)
		return bytes[0] == 127 ? room : NULL;
	return inet_pton(AF_INET6, room, bytes) == 1 && memcmp(bytes, &in6addr_loopback, sizeof(bytes)) == 0
	    ? room : NULL;
}

static bool has_ipv6(void)
{
	unsigned port;
	int fd;

	if (mp_socket_listen("::1", 0, &fd, &port, NULL) != MCPASS_OK)
		return false;
	close(fd);
	return true;
}

/* The same port at the other loopback address, where there is that: a program that has it there would
 * be sent some browsers with our codes. */
static enum mcpass_rc bind_other(const struct mp_listener_options *options, unsigned port,
    int *ret_fd, struct mcpass_error *err)
{
	unsigned same;

	if (!wants_both(options) || !has_ipv6())
		return MCPASS_OK;
	return mp_socket_listen("::1", port, ret_fd, &same, err);
}

static enum mcpass_rc bind_all(const struct mp_listener_options *options, unsigned wish,
    int fds[MP_MAX_ADDRESSES], unsigned *ret_port, struct mcpass_error *err)
{
	char room[INET6_ADDRSTRLEN];
	enum mcpass_rc rc = mp_socket_listen(bind_address(options, room), wish, &fds[0], ret_port, err);

	if (rc)
		return rc;
	rc = bind_other(options, *ret_port, &fds[1], err);
	if (rc) {
		close(fds[0]);
		fds[0] = -1;
	}
	return rc;
}

/* The port that was wished for, and any other when that is taken. */
static enum mcpass_rc bind_port(const struct mp_listener_options *options,
    int fds[MP_MAX_ADDRESSES], unsigned *ret_port, struct mcpass_error *err)
{
	if (options->port != 0)
		return bind_all(options, options->port, fds, ret_port, err);
	if (options->wished_port != 0
	    && bind_all(options, options->wished_port, fds, ret_port, NULL) == MCPASS_OK)
		return MCPASS_OK;
	for (int i = 0; i < MOST_PORTS; i++)
		if (bind_all(options, 0, fds, ret_port, NULL) == MCPASS_OK)
			return MCPASS_OK;
	return bind_all(options, 0, fds, ret_port, err);
}

/* What the URI calls us.  A browser can go to no unspecified address (0.0.0.0, ::); what
 * listens there listens on loopback too.  spec: RFC 8252 7.3 */
static const char *redirect_host(const struct mp_listener_options *options)
{
	if (options->redirect_host != NULL)
		return options->redirect_host;
	if (options->bind_address == NULL || strcmp(options->bind_address, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(options->bind_address, "::") == 0 ? "::1" : options->bind_address;
}

static enum mcpass_rc name_it(struct mp_listener *listener, const char *host, unsigned port,
    const char *path, struct mcpass_error *err)
{
	bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "%s%s%s:%u", bare_ipv6 ? "[" : "", host, bare_ipv6 ? "]" : "", port);
	rc = mp_buf_take(&text, "the redirect host", &listener->authority, err);
	if (rc)
		return rc;
	mp_buf_addf(&text, "http://%s%s", listener->authority, path != NULL ? path : MP_REDIRECT_PATH);
	return mp_buf_take(&text, "the redirect URI", &listener->uri, err);
}

/* The path of the URI, behind the authority. */
static const char *path_of(const struct mp_listener *listener)
{
	return listener->uri + strlen("http://") + strlen(listener->authority);
}

static void on_door(void *ctx, unsigned events);
static void on_browser(void *ctx, unsigned events);

static void set_up(struct mp_listener *listener)
{
	listener->held = -1;
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++) {
		struct door *door = &listener->doors[i];

		door->listener = listener;
		door->watch = (struct mp_watch){ .fd = -1, .ready = on_door, .ctx = door };
	}
	for (size_t i = 0; i < MP_MAX_BROWSERS; i++) {
		struct browser *browser = &listener->browsers[i];

		browser->listener = listener;
		browser->watch = (struct mp_watch){ .fd = -1, .ready = on_browser, .ctx = browser };
	}
}

enum mcpass_rc mp_listener_new(const struct mp_listener_options *options,
    struct mp_listener **ret_listener, struct mcpass_error *err)
{
	struct mp_listener *listener = calloc(1, sizeof(*listener));
	int fds[MP_MAX_ADDRESSES] = { -1, -1 };
	unsigned port = 0;
	enum mcpass_rc rc;

	if (listener == NULL)
		return mp_nomem(err);
	set_up(listener);
	rc = bind_port(options, fds, &port, err);
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		listener->doors[i].watch.fd = fds[i];
	if (!rc)
		rc = name_it(listener, redirect_host(options), port, options->path, err);
	if (rc)
		mp_listener_free(listener);
	else
		*ret_listener = listener;
	return mp_doing(err, rc, "opening the address that the browser returns to");
}

const char *mp_listener_uri(const struct mp_listener *listener)
{
	return listener->uri;
}

/* --- what the loop watches --- */

static void unwatch(struct mp_listener *listener, struct mp_watch *watch)
{
	if (listener->loop != NULL)
		(void)mp_loop_watch(listener->loop, watch, 0, NULL);
}

void mp_listener_rest(struct mp_listener *listener)
{
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		unwatch(listener, &listener->doors[i].watch);
	for (size_t i = 0; i < MP_MAX_BROWSERS; i++)
		unwatch(listener, &listener->browsers[i].watch);
	listener->loop = NULL;
}

enum mcpass_rc mp_listener_serve(struct mp_listener *listener, struct mp_loop *loop,
    void (*came)(void *ctx, char *query, const struct mcpass_error *why), void *ctx,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	mp_listener_rest(listener);
	listener->loop = loop;
	listener->came = came;
	listener->ctx = ctx;
	for (size_t i = 0; i < MP_MAX_BROWSERS && !rc; i++)
		if (listener->browsers[i].watch.fd >= 0)
			rc = mp_loop_watch(loop, &listener->browsers[i].watch, MP_LOOP_READ, err);
	for (size_t i = 0; i < MP_MAX_ADDRESSES && !rc; i++)
		if (listener->doors[i].watch.fd >= 0)
			rc = mp_loop_watch(loop, &listener->doors[i].watch, MP_LOOP_READ, err);
	if (rc)
		mp_listener_rest(listener);
	return mp_doing(err, rc, "waiting for the browser");
}

/* Forgets a browser; its descriptor is returned when it is kept, else closed. */
static int remove_browser(struct browser *browser, bool keep)
{
	int fd = browser->watch.fd;

	unwatch(browser->listener, &browser->watch);
	browser->watch.fd = -1;
	mp_http_reader_free(&browser->reader);          /* holds the code: wiped */
	if (!keep)
		close(fd);
	return keep ? fd : -1;
}

/* Sends a whole response and closes.  A page fits into a socket's buffer. */
static void answer_and_close(int fd, const struct mp_buf *response)
{
	size_t sent = 0;
	char rest[512];

	while (!response->failed && sent < response->len) {
		ssize_t n = send(fd, response->data + sent, response->len - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	/* To close while something is unread would throw our answer away, too. */
	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < GOODBYE_READS && recv(fd, rest, sizeof(rest), 0) > 0; i++)
		;
	close(fd);
}

static void refuse(int fd, int status)
{
	struct mp_buf response = MP_BUF(MP_MAX_DOCUMENT);

	mp_listener_page_refusal(&response, status);
	answer_and_close(fd, &response);
	mp_buf_free(&response);
}

static void tell(struct mp_listener *listener, char *query, const struct mcpass_error *why)
{
	mp_listener_rest(listener);
	listener->came(listener->ctx, query, why);
}

/* The connection that was silent for longest; NULL: there is none. */
static struct browser *find_oldest(struct mp_listener *listener)
{
	struct browser *oldest = NULL;

	for (size_t i = 0; i < MP_MAX_BROWSERS; i++) {
		struct browser *browser = &listener->browsers[i];

		if (browser->watch.fd >= 0 && (oldest == NULL || browser->age < oldest->age))
			oldest = browser;
	}
	return oldest;
}

/* A free place.  When there is none, the oldest connection goes. */
static struct browser *find_place(struct mp_listener *listener)
{
	struct browser *oldest;

	for (size_t i = 0; i < MP_MAX_BROWSERS; i++)
		if (listener->browsers[i].watch.fd < 0)
			return &listener->browsers[i];
	oldest = find_oldest(listener);
	(void)remove_browser(oldest, false);
	return oldest;
}

/* No descriptor is left for one that waits, of which the loop would tell again and again. */
static void make_room(struct mp_listener *listener)
{
	struct mcpass_error why = { 0 };
	struct browser *oldest = find_oldest(listener);

	if (oldest != NULL) {
		(void)remove_browser(oldest, false);
		return;
	}
	(void)mp_fail(&why, MCPASS_E_IO, NULL, "no descriptor is left for the browser that returns");
	tell(listener, NULL, &why);
}

/* A new connection. */
static void on_door(void *ctx, unsigned events)
{
	const struct door *door = ctx;
	struct mp_listener *listener = door->listener;
	struct browser *browser;
	int fd = accept(door->watch.fd, NULL, NULL);

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			make_room(listener);
		return;
	}
	if (!mp_socket_tame(fd)) {
		close(fd);
		return;
	}
	browser = find_place(listener);
	browser->watch.fd = fd;
	browser->age = ++listener->last_age;
	mp_http_reader_init(&browser->reader, 0);
	if (mp_loop_watch(listener->loop, &browser->watch, MP_LOOP_READ, NULL) != MCPASS_OK)
		(void)remove_browser(browser, false);
}

/* The redirect has come: holds its browser, and refuses the one that was held before. */
static void hold(struct browser *browser, const char *query)
{
	struct mp_listener *listener = browser->listener;
	struct mcpass_error why = { 0 };
	char *copy = NULL;

	if (mp_set(&copy, query, &why) != MCPASS_OK) {
		tell(listener, NULL, &why);
		return;
	}
	if (listener->held >= 0)
		refuse(listener->held, 400);
	listener->held = remove_browser(browser, true);
	tell(listener, copy, NULL);
}

static void take_bytes(struct browser *browser, const char *bytes, size_t len)
{
	struct mp_listener *listener = browser->listener;
	struct mp_redirect redirect;
	struct mcpass_error why = { 0 };

	if (!mp_listener_request_read(&browser->reader, bytes, len, listener->authority, path_of(listener),
	    &redirect))
		return;
	if (redirect.status == 503) {
		(void)mp_nomem(&why);
		tell(listener, NULL, &why);
	} else if (redirect.status == 200) {
		hold(browser, redirect.query);
	} else {
		refuse(remove_browser(browser, true), redirect.status);
	}
}

/* Reads from a browser, and answers it, unless it brings the redirect. */
static void on_browser(void *ctx, unsigned events)
{
	struct browser *browser = ctx;
	char bytes[4096];
	ssize_t n = recv(browser->watch.fd, bytes, sizeof(bytes), 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		(void)remove_browser(browser, false);
		return;
	}
	take_bytes(browser, bytes, (size_t)n);
	mp_wipe(bytes, (size_t)n);
}

void mp_listener_finish(struct mp_listener *listener, bool ok, const char *message)
{
	struct mp_buf response = MP_BUF(MP_MAX_DOCUMENT);

	if (listener->held < 0)
		return;
	if (ok)
		mp_listener_page_signed_in(&response, message);
	else
		mp_listener_page_failed(&response, message);
	answer_and_close(listener->held, &response);
	mp_buf_free(&response);
	listener->held = -1;
}

void mp_listener_free(struct mp_listener *listener)
{
	if (listener == NULL)
		return;
	mp_listener_rest(listener);
	mp_listener_finish(listener, false, NULL);
	for (size_t i = 0; i < MP_MAX_BROWSERS; i++)
		if (listener->browsers[i].watch.fd >= 0)
			(void)remove_browser(&listener->browsers[i], false);
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		if (listener->doors[i].watch.fd >= 0)
			close(listener->doors[i].watch.fd);
	free(listener->uri);
	free(listener->authority);
	free(listener);
}
