#include "io/httpd.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/socket.h"

struct mp_httpd {
	struct MHD_Daemon *daemon;
	struct mp_httpd_options options;
	unsigned port;
	pthread_mutex_t lock;           /* of what follows */
	struct MHD_Connection *waiting[MP_MAX_WAITERS];
	size_t waiting_count;
	uint64_t resumes;               /* how often mp_httpd_resume() was called */
	bool is_stopping;
};

/* A request while its body arrives. */
struct incoming {
	char *target;                   /* as it was sent, a NUL in the place of the '?' */
	size_t target_len;
	const char *query;              /* in target, or NULL */
	bool started;                   /* the head was looked at */
	bool is_again;                  /* the handler was asked, and answered MP_HTTP_LATER */
	struct mp_buf body;
};

/* Takes the target undecoded: libmicrohttpd shows it here only. */
static void *on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
	const struct mp_httpd *httpd = ctx;
	struct incoming *incoming = calloc(1, sizeof(*incoming));
	char *mark;

	(void)connection;
	if (incoming == NULL)
		return NULL;
	mp_buf_init(&incoming->body, httpd->options.max_body);
	incoming->target_len = strlen(target);
	incoming->target = mp_dup_span((struct mp_span){ target, incoming->target_len });
	mark = incoming->target != NULL ? strchr(incoming->target, '?') : NULL;
	if (mark != NULL) {
		*mark = '\0';
		incoming->query = mark + 1;
	}
	return incoming;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **slot,
    enum MHD_RequestTerminationCode code)
{
	struct incoming *incoming = *slot;

	(void)ctx;
	(void)connection;
	(void)code;
	*slot = NULL;
	if (incoming == NULL)
		return;
	mp_wipe(incoming->target, incoming->target_len);        /* may hold a code */
	free(incoming->target);
	mp_buf_free(&incoming->body);
	free(incoming);
}

struct gathering {
	struct mp_headers headers;
	enum mcpass_rc rc;
	struct mcpass_error *err;
};

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct gathering *gathering = ctx;
	size_t len = value != NULL ? strlen(value) : 0;
	char *text;

	(void)kind;
	/* spec: RFC 9110 5.5: the whitespace around a value is no part of it; libmicrohttpd
	 * leaves what follows */
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	text = mp_dup_span((struct mp_span){ value != NULL ? value : "", len });
	gathering->rc = text == NULL ? mp_nomem(gathering->err)
	    : mp_headers_add(&gathering->headers, name, text, gathering->err);
	mp_free_wiped(text);
	return gathering->rc == MCPASS_OK ? MHD_YES : MHD_NO;
}

/* The other end's address as text, or NULL. */
static const char *name_peer(struct MHD_Connection *connection, char text[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (info == NULL || info->client_addr == NULL)
		return NULL;
	if (info->client_addr->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)
		    ->sin_addr, text, INET6_ADDRSTRLEN);
	if (info->client_addr->sa_family == AF_INET6)
		return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)
		    ->sin6_addr, text, INET6_ADDRSTRLEN);
	return NULL;
}

static enum mcpass_rc call_handler(struct mp_httpd *httpd, struct MHD_Connection *connection,
    const char *method, struct incoming *incoming, const struct mp_headers *headers,
    struct mp_http_response *response, struct mcpass_error *err)
{
	char peer[INET6_ADDRSTRLEN];
	const struct mp_http_request request = {
		/* A HEAD is a GET whose body libmicrohttpd keeps back; spec: RFC 9110 9.3.2 */
		.method = strcmp(method, "HEAD") == 0 ? "GET" : method,
		.path = incoming->target,
		.query = incoming->query,
		.headers = headers->items,
		.header_count = headers->count,
		.body = mp_buf_text(&incoming->body),
		.body_len = incoming->body.len,
		.now = mp_now_s(),
		.peer = name_peer(connection, peer),
		.is_again = incoming->is_again,
	};
	enum mcpass_rc rc;

	rc = httpd->options.handle(httpd->options.ctx, &request, response, err);
	incoming->is_again = true;
	if (!rc)
		rc = mp_buf_check(&response->body, "the response", err);
	if (!rc && response->status == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no handler answers this request");
	return rc;
}

/* The requests that no handler sees; *ret_status is what they are answered with. */
static enum mcpass_rc screen(const struct incoming *incoming, const struct gathering *gathering,
    int *ret_status, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (gathering->rc == MCPASS_E_USAGE || gathering->rc == MCPASS_E_LIMIT)
		*ret_status = 400;
	if (gathering->rc)
		return gathering->rc;
	if (incoming->target[0] != '/') {               /* "http://elsewhere/", "*" */
		*ret_status = 400;
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9112 3.2", "the target is no path");
	}
	rc = mp_buf_check(&incoming->body, "the request", err);
	if (rc == MCPASS_E_LIMIT)
		*ret_status = 413;
	return rc;
}

/* Sends a response, or cuts the connection when that cannot be done. */
static enum MHD_Result send_response(struct MHD_Connection *connection,
    const struct mp_http_response *response)
{
	struct MHD_Response *answer;
	enum MHD_Result result = MHD_YES;

	answer = MHD_create_response_from_buffer(response->body.len,
	    (void *)(uintptr_t)mp_buf_text(&response->body), MHD_RESPMEM_MUST_COPY);
	if (answer == NULL)
		return MHD_NO;
	for (size_t i = 0; i < response->headers.count && result == MHD_YES; i++)
		result = MHD_add_response_header(answer, response->headers.items[i].name,
		    response->headers.items[i].value);
	if (result == MHD_YES)
		result = MHD_queue_response(connection, (unsigned)response->status, answer);
	MHD_destroy_response(answer);
	return result;
}

static uint64_t count_resumes(struct mp_httpd *httpd)
{
	uint64_t resumes;

	(void)pthread_mutex_lock(&httpd->lock);
	resumes = httpd->resumes;
	(void)pthread_mutex_unlock(&httpd->lock);
	return resumes;
}

enum waiting { WAITS, MUST_ASK_AGAIN, CANNOT_WAIT };

/* Lets a connection wait.  What was resumed after the handler was asked (seen: the count
 * before) is what it would wait for, and would not come again. */
static enum waiting wait_for_resume(struct mp_httpd *httpd, struct MHD_Connection *connection,
    uint64_t seen)
{
	enum waiting waiting = WAITS;

	(void)pthread_mutex_lock(&httpd->lock);
	if (httpd->is_stopping || httpd->waiting_count == MP_MAX_WAITERS)
		waiting = CANNOT_WAIT;
	else if (httpd->resumes != seen)
		waiting = MUST_ASK_AGAIN;
	if (waiting == WAITS) {
		MHD_suspend_connection(connection);
		httpd->waiting[httpd->waiting_count++] = connection;
	}
	(void)pthread_mutex_unlock(&httpd->lock);
	return waiting;
}

/* Has the lock. */
static void resume_all(struct mp_httpd *httpd)
{
	httpd->resumes++;
	while (httpd->waiting_count > 0)
		MHD_resume_connection(httpd->waiting[--httpd->waiting_count]);
}

void mp_httpd_resume(struct mp_httpd *httpd)
{
	(void)pthread_mutex_lock(&httpd->lock);
	resume_all(httpd);
	(void)pthread_mutex_unlock(&httpd->lock);
}

/* Asks the handler until there is an answer; false: the connection waits for one. */
static bool has_answer(struct mp_httpd *httpd, struct MHD_Connection *connection,
    const char *method, struct incoming *incoming, const struct mp_headers *headers,
    struct mp_http_response *response, enum mcpass_rc *ret_rc, struct mcpass_error *err)
{
	enum waiting waiting = MUST_ASK_AGAIN;

	while (waiting == MUST_ASK_AGAIN) {
		uint64_t seen = count_resumes(httpd);

		*ret_rc = call_handler(httpd, connection, method, incoming, headers, response,
		    err);
		if (*ret_rc != MCPASS_OK || response->status != MP_HTTP_LATER)
			return true;
		mp_http_response_free(response);
		waiting = wait_for_resume(httpd, connection, seen);
	}
	response->status = 503;
	return waiting == CANNOT_WAIT;
}

static enum MHD_Result answer_request(struct mp_httpd *httpd,
    struct MHD_Connection *connection, const char *method, struct incoming *incoming)
{
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	struct gathering gathering = { .err = &err };
	enum MHD_Result result;
	enum mcpass_rc rc;
	int status = 500;
	bool answered = true;

	mp_buf_init(&response.body, MP_MAX_MESSAGE);
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &gathering);
	rc = screen(incoming, &gathering, &status, &err);
	if (!rc)
		answered = has_answer(httpd, connection, method, incoming, &gathering.headers, &response,
		    &rc, &err);
	if (!answered) {
		mp_headers_free(&gathering.headers);
		return MHD_YES;
	}
	if (rc) {
		mp_http_response_free(&response);       /* nothing half done goes out */
		response.status = status;
	}
	result = send_response(connection, &response);
	if (httpd->options.log != NULL)
		httpd->options.log(httpd->options.ctx, method, incoming->target, response.status,
		    rc ? &err : NULL);
	mp_headers_free(&gathering.headers);
	mp_http_response_free(&response);
	return result;
}

/* True when the head announces more than we take: then nothing of it is read. */
static bool announces_too_much(const struct mp_httpd *httpd, struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

	return text != NULL && strtoull(text, NULL, 10) > httpd->options.max_body;
}

/* libmicrohttpd calls it when the head is whole, for each piece of the body, and at the
 * end; a response can be given the first and the last time. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *bytes, size_t *len,
    void **slot)
{
	struct mp_httpd *httpd = ctx;
	struct incoming *incoming = *slot;

	(void)url;
	(void)version;
	if (incoming == NULL || incoming->target == NULL)
		return MHD_NO;
	if (!incoming->started) {
		incoming->started = true;
		if (!announces_too_much(httpd, connection))
			return MHD_YES;
		incoming->body.failed = MCPASS_E_LIMIT;
	} else if (*len > 0) {
		mp_buf_add(&incoming->body, bytes, *len);
		*len = 0;
		return MHD_YES;
	}
	return answer_request(httpd, connection, method, incoming);
}

/* The server's thread takes no signals: they are for the program's own. */
static struct MHD_Daemon *start_quietly(struct mp_httpd *httpd, int fd)
{
	struct MHD_Daemon *daemon;
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, httpd,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, httpd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, MP_MAX_HTTPD_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, MP_HTTPD_TIMEOUT,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MP_MAX_HEADER_BYTES,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

static void free_httpd(struct mp_httpd *httpd)
{
	(void)pthread_mutex_destroy(&httpd->lock);
	free(httpd);
}

enum mcpass_rc mp_httpd_start(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err)
{
	struct mp_httpd *httpd = calloc(1, sizeof(*httpd));
	enum mcpass_rc rc;
	int fd;

	if (httpd == NULL)
		return mp_nomem(err);
	httpd->options = *options;
	(void)pthread_mutex_init(&httpd->lock, NULL);
	rc = mp_socket_listen(options->bind_address, options->port, &fd, &httpd->port, err);
	if (!rc) {
		httpd->daemon = start_quietly(httpd, fd);       /* owns fd */
		if (httpd->daemon == NULL)
			rc = mp_fail(err, MCPASS_E_IO, NULL, "the server does not start");
	}
	if (rc)
		free_httpd(httpd);
	else
		*ret_httpd = httpd;
	return mp_doing(err, rc, "starting the server");
}

unsigned mp_httpd_port(const struct mp_httpd *httpd)
{
	return httpd->port;
}

void mp_httpd_stop(struct mp_httpd *httpd)
{
	if (httpd == NULL)
		return;
	(void)pthread_mutex_lock(&httpd->lock);
	httpd->is_stopping = true;
	resume_all(httpd);              /* libmicrohttpd ends no connection that waits */
	(void)pthread_mutex_unlock(&httpd->lock);
	MHD_stop_daemon(httpd->daemon);
	free_httpd(httpd);
}
