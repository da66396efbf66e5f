#include "io/browser/listener.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/browser/listener_parts.h"
#include "io/socket.h"

/* A browser that does not take its page in this time has gone. */
#define GOODBYE_MS 1000
/* What it sent too much is thrown away, up to this many reads. */
#define GOODBYE_READS 64

/* Addresses that one redirect host may be: both loopbacks. */
#define MP_MAX_ADDRESSES 2
/* Ports that are tried until one is free at both. */
#define MOST_PORTS 8

struct browser {
	int fd;
	struct mp_buf head;
};
struct mp_listener {
	int fds[MP_MAX_ADDRESSES];      /* that are listened on; -1: none */
	int held;                       /* the connection that brought the redirect; -1: none */
	char *uri, *authority;
	struct browser browsers[MP_MAX_BROWSERS];       /* the oldest first */
	size_t count;
};

/* "localhost" is either loopback address, as the browser likes.  spec: RFC 6761 6.3 */
static bool wants_both(const struct mp_listener_options *options)
{
	return options->bind_address == NULL && mp_eq_nocase(options->redirect_host, "localhost");
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
	enum mcpass_rc rc;

	rc = mp_socket_listen(options->bind_address, wish, &fds[0], ret_port, err);
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
    struct mcpass_error *err)
{
	bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, MP_MAX_URI);
	mp_buf_addf(&text, "%s%s%s:%u", bare_ipv6 ? "[" : "", host, bare_ipv6 ? "]" : "", port);
	rc = mp_buf_take(&text, "the redirect host", &listener->authority, err);
	if (rc)
		return rc;
	mp_buf_addf(&text, "http://%s" MP_REDIRECT_PATH, listener->authority);
	return mp_buf_take(&text, "the redirect URI", &listener->uri, err);
}

enum mcpass_rc mp_listener_new(const struct mp_listener_options *options,
    struct mp_listener **ret_listener, struct mcpass_error *err)
{
	struct mp_listener *listener = calloc(1, sizeof(*listener));
	unsigned port = 0;
	enum mcpass_rc rc;

	if (listener == NULL)
		return mp_nomem(err);
	listener->held = -1;
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		listener->fds[i] = -1;
	rc = bind_port(options, listener->fds, &port, err);
	if (!rc)
		rc = name_it(listener, redirect_host(options), port, err);
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

/* Forgets a browser; its descriptor is closed unless it is kept. */
static void remove_browser(struct mp_listener *listener, size_t i, bool keep)
{
	if (!keep)
		close(listener->browsers[i].fd);
	mp_buf_free(&listener->browsers[i].head);       /* holds the code: wiped */
	listener->count--;
	memmove(&listener->browsers[i], &listener->browsers[i + 1],
	    (listener->count - i) * sizeof(listener->browsers[0]));
}

/* Sends a whole response and closes.  A page fits into a socket's buffer, so that this
 * only waits for a browser that does not read. */
static void answer_and_close(int fd, const struct mp_buf *response)
{
	struct pollfd one = { .fd = fd, .events = POLLOUT };
	int64_t deadline = mp_deadline_ms(GOODBYE_MS);
	size_t sent = 0;
	char rest[512];

	while (!response->failed && sent < response->len) {
		ssize_t n = send(fd, response->data + sent, response->len - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR)
		    || poll(&one, 1, mp_left_ms(deadline)) == 0)
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
	struct mp_buf response;

	mp_buf_init(&response, MP_MAX_DOCUMENT);
	mp_page_refusal(&response, status);
	answer_and_close(fd, &response);
	mp_buf_free(&response);
}

/* A new connection.  When the table is full, the one that was silent for longest goes. */
static void take_in(struct mp_listener *listener, int listening)
{
	int fd = accept(listening, NULL, NULL);

	if (fd < 0)
		return;
	if (!mp_socket_tame(fd)) {
		close(fd);
		return;
	}
	if (listener->count == MP_MAX_BROWSERS)
		remove_browser(listener, 0, false);
	listener->browsers[listener->count].fd = fd;
	mp_buf_init(&listener->browsers[listener->count].head, MP_MAX_REDIRECT_HEAD);
	listener->count++;
}

/* The redirect has come: hold its browser, let nobody else take its place. */
static enum mcpass_rc hold(struct mp_listener *listener, size_t i, struct mp_span query,
    char **ret_query, struct mcpass_error *err)
{
	char *copy = mp_dup_span(query);

	if (copy == NULL)
		return mp_nomem(err);
	if (listener->held >= 0)
		refuse(listener->held, 400);
	listener->held = listener->browsers[i].fd;
	remove_browser(listener, i, true);
	*ret_query = copy;
	return MCPASS_OK;
}

/* Reads from browser i, and answers it, unless it brings the redirect.  *ret_gone: it is
 * not in the table any more. */
static enum mcpass_rc serve(struct mp_listener *listener, size_t i, char **ret_query,
    bool *ret_gone, struct mcpass_error *err)
{
	struct browser *browser = &listener->browsers[i];
	struct mp_redirect redirect;
	char bytes[4096];
	ssize_t n = recv(browser->fd, bytes, sizeof(bytes), 0);

	*ret_gone = true;
	if (n > 0) {
		mp_buf_add(&browser->head, bytes, (size_t)n);
		mp_wipe(bytes, (size_t)n);
		if (browser->head.failed == MCPASS_E_NOMEM)
			return mp_nomem(err);
		*ret_gone = mp_redirect_read(&browser->head, listener->authority, &redirect);
		if (*ret_gone && redirect.status == 200)
			return hold(listener, i, redirect.query, ret_query, err);
		if (*ret_gone) {
			refuse(browser->fd, redirect.status);
			remove_browser(listener, i, true);
		}
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*ret_gone = false;
	} else {
		remove_browser(listener, i, false);
	}
	return MCPASS_OK;
}

/* Serves every browser that poll() named, until one brings the redirect. */
static enum mcpass_rc serve_all(struct mp_listener *listener, const struct pollfd *polled,
    char **ret_query, struct mcpass_error *err)
{
	size_t polled_count = listener->count;
	enum mcpass_rc rc = MCPASS_OK;
	size_t i = 0;

	for (size_t p = 0; p < polled_count && !rc && *ret_query == NULL; p++) {
		bool gone = false;

		if (polled[p].revents != 0)
			rc = serve(listener, i, ret_query, &gone, err);
		i += gone ? 0 : 1;
	}
	return rc;
}

/* What poll() is to watch: the port, the other descriptors, the browsers. */
#define FIRST_ALSO MP_MAX_ADDRESSES
#define FIRST_BROWSER (FIRST_ALSO + MP_LISTENER_ALSO)

static size_t list_watched(const struct mp_listener *listener,
    const int also_fds[MP_LISTENER_ALSO], struct pollfd *polled)
{
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		polled[i] = (struct pollfd){ .fd = listener->fds[i], .events = POLLIN };
	for (size_t i = 0; i < MP_LISTENER_ALSO; i++)
		polled[FIRST_ALSO + i] = (struct pollfd){ .fd = also_fds[i], .events = POLLIN };
	for (size_t i = 0; i < listener->count; i++)
		polled[FIRST_BROWSER + i] = (struct pollfd){ .fd = listener->browsers[i].fd,
			.events = POLLIN };
	return FIRST_BROWSER + listener->count;
}

/* One look.  *ret_also: one of the other descriptors is readable. */
static enum mcpass_rc look(struct mp_listener *listener, int64_t deadline,
    const int also_fds[MP_LISTENER_ALSO], char **ret_query, bool *ret_also,
    struct mcpass_error *err)
{
	struct pollfd polled[FIRST_BROWSER + MP_MAX_BROWSERS];
	int n = poll(polled, list_watched(listener, also_fds, polled), mp_left_ms(deadline));
	enum mcpass_rc rc;

	if (n < 0 && errno == EINTR)
		return MCPASS_OK;
	if (n < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "poll: %s", strerror(errno));
	if (n == 0)
		return mp_fail(err, MCPASS_E_EXPIRED, NULL, "the browser did not come back");
	rc = serve_all(listener, polled + FIRST_BROWSER, ret_query, err);
	for (size_t i = 0; i < MP_MAX_ADDRESSES && !rc; i++)
		if (polled[i].revents != 0)
			take_in(listener, listener->fds[i]);
	for (size_t i = 0; i < MP_LISTENER_ALSO; i++)
		*ret_also |= polled[FIRST_ALSO + i].revents != 0;
	return rc;
}

enum mcpass_rc mp_listener_wait(struct mp_listener *listener, int timeout_ms,
    const int also_fds[MP_LISTENER_ALSO], char **ret_query, struct mcpass_error *err)
{
	int64_t deadline = mp_deadline_ms(timeout_ms);
	enum mcpass_rc rc = MCPASS_OK;
	char *query = NULL;
	bool also = false;
	int late = 0;

	while (!rc && query == NULL && !also) {
		/* It is over also while others keep us busy; what is here already is looked at. */
		late += mp_left_ms(deadline) == 0;
		rc = look(listener, deadline, also_fds, &query, &also, err);
		if (!rc && query == NULL && !also && late > MP_MAX_BROWSERS)
			rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "the browser did not come back");
	}
	if (!rc)
		*ret_query = query;
	return mp_doing(err, rc, "waiting for the browser");
}

void mp_listener_finish(struct mp_listener *listener, bool ok, const char *message)
{
	struct mp_buf response;

	if (listener->held < 0)
		return;
	mp_buf_init(&response, MP_MAX_DOCUMENT);
	if (ok)
		mp_page_signed_in(&response, message);
	else
		mp_page_failed(&response, message);
	answer_and_close(listener->held, &response);
	mp_buf_free(&response);
	listener->held = -1;
}

void mp_listener_free(struct mp_listener *listener)
{
	if (listener == NULL)
		return;
	mp_listener_finish(listener, false, NULL);
	while (listener->count > 0)
		remove_browser(listener, listener->count - 1, false);
	for (size_t i = 0; i < MP_MAX_ADDRESSES; i++)
		if (listener->fds[i] >= 0)
			close(listener->fds[i]);
	free(listener->uri);
	free(listener->authority);
	free(listener);
}
