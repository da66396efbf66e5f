/* One connection: requests one after the other, each answered before the next is read. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/clock.h"
#include "serve/http/httpd_parts.h"

/* An answer's buffer up to that size is kept for the next one. */
#define KEPT_ROOM 16384
/* Bytes that are read, and dropped, of a peer that was refused. */
#define MAX_DROPPED ((size_t)1024 * 1024)

/* --- states --- */

static void leave(struct mp_inbound *conn)
{
	struct mp_inbound_list *list = &conn->httpd->lists[conn->state];

	*(conn->before != NULL ? &conn->before->next : &list->first) = conn->next;
	*(conn->next != NULL ? &conn->next->before : &list->last) = conn->before;
	list->count--;
}

static void join(struct mp_inbound *conn, enum mp_inbound_state state)
{
	struct mp_inbound_list *list = &conn->httpd->lists[state];

	conn->state = state;
	conn->next = NULL;
	conn->before = list->last;
	*(list->last != NULL ? &list->last->next : &list->first) = conn;
	list->last = conn;
	list->count++;
}

void mp_inbound_close(struct mp_inbound *conn)
{
	struct mp_httpd *httpd = conn->httpd;

	if (conn->state == MP_INBOUND_CLOSED)
		return;
	(void)mp_loop_watch(httpd->loop, &conn->watch, 0, NULL);
	mp_loop_unset(httpd->loop, &conn->timer);
	(void)close(conn->watch.fd);
	leave(conn);
	join(conn, MP_INBOUND_CLOSED);
}

/* Goes over to a state, which lasts for ms at most. */
static void enter(struct mp_inbound *conn, enum mp_inbound_state state, int ms)
{
	leave(conn);
	join(conn, state);
	mp_loop_set(conn->httpd->loop, &conn->timer, mp_now_ms() + ms);
}

static void watch(struct mp_inbound *conn, unsigned events)
{
	if (conn->state != MP_INBOUND_CLOSED
	    && mp_loop_watch(conn->httpd->loop, &conn->watch, events, NULL) != MCPASS_OK)
		mp_inbound_close(conn);
}

static bool is_reading(const struct mp_inbound *conn)
{
	return conn->state == MP_INBOUND_IDLE || conn->state == MP_INBOUND_HEAD
	    || conn->state == MP_INBOUND_BODY;
}

/* --- answering --- */

/* A close right away would be a reset when the peer still sends, and take the answer with
 * it.  spec: RFC 9112 9.6 */
static void linger(struct mp_inbound *conn)
{
	(void)shutdown(conn->watch.fd, SHUT_WR);
	mp_buf_free(&conn->unread);
	enter(conn, MP_INBOUND_LINGERING, conn->httpd->options.times.linger);
	watch(conn, MP_LOOP_READ);
}

static void end_answer(struct mp_inbound *conn)
{
	if (conn->out.room > KEPT_ROOM)
		mp_buf_free(&conn->out);
	if (conn->is_last) {
		linger(conn);
		return;
	}
	mp_http_reader_next(&conn->reader);
	conn->is_again = false;
	enter(conn, MP_INBOUND_IDLE, conn->httpd->options.times.idle);
	watch(conn, MP_LOOP_READ);
}

static void send_more(struct mp_inbound *conn)
{
	struct mp_buf *out = &conn->out;
	ssize_t n;

	while (conn->sent < out->len) {
		n = send(conn->watch.fd, out->data + conn->sent, out->len - conn->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (conn->state != MP_INBOUND_SENDING)
				enter(conn, MP_INBOUND_SENDING, conn->httpd->options.times.send);
			watch(conn, MP_LOOP_WRITE);
			return;
		}
		if (n < 0) {
			mp_inbound_close(conn);
			return;
		}
		conn->sent += (size_t)n;
	}
	end_answer(conn);
}

static void log_answer(const struct mp_inbound *conn, int status, const struct mcpass_error *err)
{
	const struct mp_httpd_options *options = &conn->httpd->options;
	const struct mp_http_reader *reader = &conn->reader;

	if (options->log != NULL)
		options->log(options->ctx, reader->method != NULL ? reader->method : "-",
		    reader->path != NULL ? reader->path : "-", status, err);
}

/* Nothing of this request is run, and the connection ends. */
static void refuse(struct mp_inbound *conn, int status, const char *spec, const char *problem)
{
	struct mcpass_error err = { 0 };

	conn->is_last = true;
	mp_inbound_write_refusal(conn, status, problem);
	(void)mp_fail(&err, MCPASS_E_USAGE, spec, "%s", problem);
	log_answer(conn, status, &err);
	if (conn->out.failed != MCPASS_OK)
		mp_inbound_close(conn);
	else
		send_more(conn);
}

static enum mcpass_rc call_handler(struct mp_inbound *conn, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_httpd_options *options = &conn->httpd->options;
	const struct mp_http_reader *reader = &conn->reader;
	struct mp_http_request request = {
		/* A HEAD is a GET whose body is kept back; spec: RFC 9110 9.3.2 */
		.method = strcmp(reader->method, "HEAD") == 0 ? "GET" : reader->method,
		.path = reader->path, .query = reader->query,
		.headers = reader->headers, .header_count = reader->header_count,
		.body = mp_buf_text(&reader->body), .body_len = reader->body.len,
		.now = mp_now_s(), .peer = conn->peer, .id = conn->id,
		.is_again = conn->is_again,
		.waited_ms = conn->is_again ? options->times.wait - mp_left_ms(conn->timer.due) : 0,
	};
	enum mcpass_rc rc;

	if (!conn->is_again)
		request.id = conn->id = ++conn->httpd->last_id;
	rc = options->handle(options->ctx, &request, response, err);
	if (!rc)
		rc = mp_buf_check(&response->body, "the response", err);
	if (!rc && response->status == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no handler answers this request");
	return rc;
}

static void send_answer(struct mp_inbound *conn, struct mp_http_response *response,
    enum mcpass_rc rc, struct mcpass_error *err)
{
	conn->is_last = conn->reader.is_last || conn->httpd->is_draining;
	if (rc) {
		mp_http_response_free(response);        /* nothing half done goes out */
		response->status = 500;
	}
	if (mp_inbound_write(conn, response, strcmp(conn->reader.method, "HEAD") != 0, rc ? NULL : err)) {
		mp_inbound_close(conn);
		return;
	}
	log_answer(conn, response->status, rc ? err : NULL);
	send_more(conn);
}

/* Asks the handler; its answer goes out, or the request waits for mp_httpd_resume().  What
 * rings meanwhile is heard afterwards, in this thread: nothing is missed. */
static void answer(struct mp_inbound *conn)
{
	struct mp_httpd *httpd = conn->httpd;
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc;

	mp_buf_init(&response.body, MP_MAX_MESSAGE);
	rc = call_handler(conn, &response, &err);
	if (rc || response.status != MP_HTTP_LATER) {
		send_answer(conn, &response, rc, &err);
	} else if (httpd->lists[MP_INBOUND_WAITING].count >= MP_MAX_WAITERS) {
		refuse(conn, 503, NULL, "too many requests wait");
	} else {
		int left = conn->is_again ? mp_left_ms(conn->timer.due) : httpd->options.times.wait;

		conn->is_again = true;
		enter(conn, MP_INBOUND_WAITING, left);
	}
	mp_http_response_free(&response);
}

/* --- reading --- */

/* spec: RFC 9110 10.1.1.  A peer that takes not even this is gone. */
static void say_continue(struct mp_inbound *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (send(conn->watch.fd, text, sizeof(text) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(text) - 1)
		mp_inbound_close(conn);
}

static void count_held(struct mp_inbound *conn)
{
	struct mp_httpd *httpd = conn->httpd;

	httpd->held -= conn->held;
	conn->held = conn->state == MP_INBOUND_CLOSED ? 0 : conn->reader.head.room
	    + conn->reader.body.room + conn->unread.room;
	httpd->held += conn->held;
}

/* Takes the bytes as far as they go: to the end of them, or to a request whose answer has to
 * wait.  The rest is put by. */
static void consume(struct mp_inbound *conn, const char *bytes, size_t len)
{
	const struct mp_httpd_times *times = &conn->httpd->options.times;
	enum mp_http_read result = MP_HTTP_READ_END;
	size_t used;

	while (is_reading(conn) && result != MP_HTTP_READ_MORE) {
		result = mp_http_reader_feed(&conn->reader, bytes, len, &used);
		bytes += used;
		len -= used;
		if (result == MP_HTTP_READ_REFUSED)
			refuse(conn, conn->reader.status, conn->reader.spec, conn->reader.problem);
		else if (result == MP_HTTP_READ_END)
			answer(conn);
		else if (result == MP_HTTP_READ_HEAD)
			enter(conn, MP_INBOUND_BODY, times->body);
		else if (conn->state == MP_INBOUND_IDLE && !mp_http_reader_is_idle(&conn->reader))
			enter(conn, MP_INBOUND_HEAD, times->head);
		if (result == MP_HTTP_READ_HEAD && conn->reader.wants_continue && len == 0)
			say_continue(conn);
	}
	if (len > 0 && (conn->state == MP_INBOUND_WAITING || conn->state == MP_INBOUND_SENDING))
		mp_buf_add(&conn->unread, bytes, len);
	count_held(conn);
	if (conn->unread.failed != MCPASS_OK)
		mp_inbound_close(conn);
	else if (is_reading(conn) && conn->httpd->held > MP_MAX_HTTPD_HELD)
		refuse(conn, 503, NULL, "too much is being received");
}

/* After an answer: what came behind its request. */
static void consume_unread(struct mp_inbound *conn)
{
	struct mp_buf unread = conn->unread;

	if (!is_reading(conn) || unread.len == 0)
		return;
	mp_buf_init(&conn->unread, sizeof(conn->httpd->input));
	consume(conn, unread.data, unread.len);
	mp_buf_free(&unread);
}

/* False: nothing is there, or the end is. */
static bool read_some(struct mp_inbound *conn)
{
	struct mp_httpd *httpd = conn->httpd;
	ssize_t n = recv(conn->watch.fd, httpd->input, sizeof(httpd->input), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		mp_inbound_close(conn);
	else if (conn->state == MP_INBOUND_LINGERING)
		conn->dropped += (size_t)n;
	else
		consume(conn, httpd->input, (size_t)n);
	if (conn->state == MP_INBOUND_LINGERING && conn->dropped > MAX_DROPPED)
		mp_inbound_close(conn);
	return n > 0;
}

static void on_ready(void *ctx, unsigned events)
{
	struct mp_inbound *conn = ctx;
	struct mp_httpd *httpd = conn->httpd;

	if ((events & MP_LOOP_WRITE) != 0 && conn->state == MP_INBOUND_SENDING) {
		send_more(conn);
		consume_unread(conn);
	} else if (is_reading(conn) || conn->state == MP_INBOUND_LINGERING) {
		(void)read_some(conn);
	} else {                        /* what comes now is read when it is its turn */
		watch(conn, conn->state == MP_INBOUND_SENDING ? MP_LOOP_WRITE : 0);
	}
	mp_inbound_reap(httpd);
}

/* A deadline has come. */
static void on_late(void *ctx)
{
	struct mp_inbound *conn = ctx;
	struct mp_httpd *httpd = conn->httpd;

	if (conn->state == MP_INBOUND_HEAD)
		refuse(conn, 408, "RFC 9110 15.5.9", "the head of the request did not come in time");
	else if (conn->state == MP_INBOUND_BODY)
		refuse(conn, 408, "RFC 9110 15.5.9", "the body did not come in time");
	else if (conn->state == MP_INBOUND_WAITING)
		refuse(conn, 503, NULL, "what is needed for an answer did not come in time");
	else
		mp_inbound_close(conn);
	mp_inbound_reap(httpd);
}

/* --- a life --- */

static size_t count_open(const struct mp_httpd *httpd)
{
	size_t count = 0;

	for (size_t i = 0; i < MP_INBOUND_CLOSED; i++)
		count += httpd->lists[i].count;
	return count;
}

void mp_inbound_reap(struct mp_httpd *httpd)
{
	struct mp_inbound *conn;

	while ((conn = httpd->lists[MP_INBOUND_CLOSED].first) != NULL) {
		leave(conn);
		count_held(conn);
		mp_inbound_address_drop(httpd, conn->address);
		mp_http_reader_free(&conn->reader);
		mp_buf_free(&conn->unread);
		mp_buf_free(&conn->out);
		free(conn);
	}
	if (httpd->is_draining && count_open(httpd) == 0)
		mp_loop_end(httpd->loop);
}

bool mp_inbound_make_room(struct mp_httpd *httpd, const struct mp_inbound_address *address)
{
	static const enum mp_inbound_state states[] = { MP_INBOUND_LINGERING, MP_INBOUND_IDLE };

	for (size_t i = 0; i < MP_COUNT(states); i++) {
		struct mp_inbound *conn = httpd->lists[states[i]].first;

		while (conn != NULL && address != NULL && conn->address != address)
			conn = conn->next;
		if (conn != NULL) {
			mp_inbound_close(conn);
			mp_inbound_reap(httpd);
			return true;
		}
	}
	return false;
}

/* True when it may stay; for that another one may have to go. */
static bool has_room(struct mp_inbound *conn)
{
	struct mp_httpd *httpd = conn->httpd;

	if (conn->address->count > mp_inbound_address_most(httpd, conn->address)
	    && !mp_inbound_make_room(httpd, conn->address))
		return false;
	return count_open(httpd) < httpd->options.max_connections
	    || mp_inbound_make_room(httpd, NULL);
}

static struct mp_inbound *make(struct mp_httpd *httpd, int fd, const struct sockaddr *address)
{
	struct mp_inbound *conn = calloc(1, sizeof(*conn));

	if (conn == NULL)
		return NULL;
	conn->httpd = httpd;
	conn->watch = (struct mp_watch){ .fd = fd, .ready = on_ready, .ctx = conn };
	conn->timer = (struct mp_timer){ .fire = on_late, .ctx = conn };
	mp_http_reader_init(&conn->reader, httpd->options.max_body);
	mp_buf_init(&conn->unread, sizeof(httpd->input));
	mp_buf_init(&conn->out, MP_MAX_MESSAGE + MP_MAX_HEADER_BYTES);
	conn->address = mp_inbound_address_add(httpd, address, conn->peer);
	if (conn->address == NULL) {
		free(conn);
		return NULL;
	}
	return conn;
}

void mp_inbound_open(struct mp_httpd *httpd, int fd, const struct sockaddr *address)
{
	static const int on = 1;
	struct mp_inbound *conn = make(httpd, fd, address);
	bool may_stay;

	if (conn == NULL) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	may_stay = has_room(conn);
	join(conn, MP_INBOUND_IDLE);
	enter(conn, MP_INBOUND_IDLE, httpd->options.times.idle);
	if (may_stay)
		watch(conn, MP_LOOP_READ);
	else if (httpd->lists[MP_INBOUND_LINGERING].count < MP_HTTPD_SPARE)
		refuse(conn, 503, NULL, "there are too many connections");
	else
		mp_inbound_close(conn);
	mp_inbound_reap(httpd);
}

void mp_inbound_resume_all(struct mp_httpd *httpd)
{
	/* Those that wait again stand behind these. */
	for (size_t n = httpd->lists[MP_INBOUND_WAITING].count; n > 0; n--) {
		struct mp_inbound *conn = httpd->lists[MP_INBOUND_WAITING].first;

		answer(conn);
		consume_unread(conn);
	}
	mp_inbound_reap(httpd);
}

void mp_inbound_close_idle(struct mp_inbound *conn)
{
	(void)read_some(conn);
	if (conn->state == MP_INBOUND_IDLE)
		mp_inbound_close(conn);
}
