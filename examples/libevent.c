/* The two state machines, driven by a program of its own kind: its loop is libevent, its HTTP
 * server for the redirect too; HTTP requests and the store are parts of the library.
 *
 *     cc libevent.c $(pkg-config --cflags --libs mcpass libevent)
 *     ./a.out https://mcp.example.com/mcp
 *
 * Most programs want examples/libuv.c instead, where a link does all this. Here each action is
 * carried out by hand: what the client asks for in step(), what the session asks for in pump(). */
#include <event2/event.h>
#include <event2/http.h>
#include <mcpass/http.h>
#include <mcpass/session.h>
#include <mcpass/store.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct event_base *base;
static struct event *http_readable, *http_due, *session_due, *pause_over, *store_again;
static struct evhttp *redirects;
static struct mcpass_client *client;
static struct mcpass_session *session;
static struct mcpass_http *http;
static struct mcpass_store *store;
static struct mcpass_action put_off;    /* what the store is asked again */
static unsigned refused;                /* the exchange that waits for a token; 0: none */
static int exit_code;

static void step(struct mcpass_event event);
static void pump(void);

/* --- what both machines need --- */

static int fill_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return getrandom(out, len, 0) == (ssize_t)len ? 0 : -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void set_timer(struct event *timer, int64_t ms)
{
	const struct timeval time = { ms / 1000, (ms % 1000) * 1000 };

	event_add(timer, &time);
}

static void give_up(const struct mcpass_error *err)
{
	fprintf(stderr, "%s\n%s\n", err->detail, err->hint);
	exit_code = (int)err->rc / 100;
	mcpass_store_unlock(store);
	event_base_loopbreak(base);
}

/* After each call of the library's HTTP. */
static void watch_http(void)
{
	int due = mcpass_http_due(http);

	if (due < 0)
		event_del(http_due);
	else
		set_timer(http_due, due);
}

static void on_http(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	mcpass_http_turn(http);
	watch_http();
}

/* --- the client: how a token is had --- */

static void on_fetched(void *ctx, const struct mcpass_http_response *response,
    const struct mcpass_error *why)
{
	struct mcpass_event event = { .type = MCPASS_EV_RESPONSE };

	(void)ctx;
	if (why != NULL) {              /* no answer is an event, too */
		event.data = why->detail;
		event.data_len = strlen(why->detail);
	} else {
		event.status = response->status;
		event.headers = response->headers;
		event.header_count = response->header_count;
		event.data = response->body;
		event.data_len = response->body_len;
	}
	step(event);
}

static void send_request(const struct mcpass_action *action)
{
	const struct mcpass_http_request request = { .size = sizeof(request), .method = action->method,
		.url = action->url, .headers = action->headers, .header_count = action->header_count,
		.body = action->body, .body_len = action->body_len, .max_response = action->max_response };
	struct mcpass_error err;
	unsigned unused;

	if (mcpass_http_fetch(http, &request, on_fetched, NULL, &unused, &err) != MCPASS_OK)
		give_up(&err);
	watch_http();
}

static void on_redirect(struct evhttp_request *request, void *ctx)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));

	(void)ctx;
	/* Nothing that came with the redirect belongs on the page. */
	evhttp_send_reply(request, 200, "OK", NULL);
	step((struct mcpass_event){ .type = MCPASS_EV_REDIRECT, .data = query,
	    .data_len = query != NULL ? strlen(query) : 0 });
}

/* At a port that the kernel chooses; the client takes it as it is, whatever was registered. */
static void listen_for_redirect(void)
{
	static char uri[64];
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	if (redirects == NULL) {
		redirects = evhttp_new(base);
		evhttp_set_allowed_methods(redirects, EVHTTP_REQ_GET);
		evhttp_set_cb(redirects, "/callback", on_redirect, NULL);       /* other paths: 404 */
		bound = evhttp_bind_socket_with_handle(redirects, "127.0.0.1", 0);
		getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len);
		snprintf(uri, sizeof(uri), "http://127.0.0.1:%d/callback", ntohs(address.sin_port));
	}
	step((struct mcpass_event){ .type = MCPASS_EV_LISTENING, .data = uri, .data_len = strlen(uri) });
}

/* One argument, and no shell: a server wrote part of this URL. */
static void open_browser(const char *url)
{
	const char *browser = getenv("BROWSER");

	printf("Sign in: %s\n", url);
	fflush(stdout);
	if (fork() == 0) {
		if (fork() == 0)        /* so that it is not our child, and leaves no zombie */
			execlp(browser != NULL ? browser : "xdg-open", "browser", url, (char *)NULL);
		_exit(0);
	}
	wait(NULL);
}

/* LOAD, SAVE, LOCK.  Another process works on this very login, or writes to the file just now: the
 * same once more, in a while. */
static void ask_store(const struct mcpass_action *action)
{
	struct mcpass_event event;
	struct mcpass_error err;
	enum mcpass_rc rc = mcpass_store_perform(store, action, &event, &err);

	if (rc == MCPASS_E_EXPIRED) {
		put_off = *action;
		set_timer(store_again, 100);
	} else if (rc != MCPASS_OK) {
		give_up(&err);
	} else {
		step(event);
	}
}

static void on_store_again(evutil_socket_t fd, short what, void *ctx)
{
	const struct mcpass_action action = put_off;

	(void)fd;
	(void)what;
	(void)ctx;
	ask_store(&action);
}

static void on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	step((struct mcpass_event){ .type = MCPASS_EV_PAUSED });
}

/* There is a token, or none is wanted: what was refused goes out again, with what there is. */
static void go_on(void)
{
	struct mcpass_error err;
	unsigned exchange = refused;

	mcpass_store_unlock(store);
	refused = 0;
	if (exchange != 0 && mcpass_session_retry(session, exchange, &err) != MCPASS_OK)
		give_up(&err);
	else
		pump();
}

static void step(struct mcpass_event event)
{
	struct mcpass_action action;
	struct mcpass_error err;

	event.now = time(NULL);
	if (mcpass_client_step(client, &event, &action, &err) != MCPASS_OK) {
		give_up(&err);
		return;
	}
	switch (action.type) {
	case MCPASS_ACT_LOAD:
	case MCPASS_ACT_SAVE:
	case MCPASS_ACT_LOCK:
		ask_store(&action);
		break;
	case MCPASS_ACT_REQUEST:
		send_request(&action);
		break;
	case MCPASS_ACT_LISTEN:
		listen_for_redirect();
		break;
	case MCPASS_ACT_BROWSE:
		open_browser(action.url);
		break;
	case MCPASS_ACT_WAIT:                   /* what came was something else */
		break;
	case MCPASS_ACT_SHOW_CODE:
		printf("Enter %s at %s\n", action.user_code, action.url);
		step((struct mcpass_event){ .type = MCPASS_EV_SHOWN });
		break;
	case MCPASS_ACT_PAUSE:
		set_timer(pause_over, action.seconds * 1000);
		break;
	case MCPASS_ACT_DONE:
		go_on();
		break;
	case MCPASS_ACT_CONFIRM:                /* not without MCPASS_ASK_ISSUER */
	default:
		fprintf(stderr, "an action that this program does not know\n");
		event_base_loopbreak(base);
	}
}

/* --- the session: one MCP request --- */

static enum mcpass_rc on_head(void *ctx, unsigned exchange, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	(void)ctx;
	/* The token was taken: without this, the next refusal would count as that of a new token. */
	if (refused == 0 && status != 401 && status != 403) {
		const struct mcpass_event accepted = { .type = MCPASS_EV_ACCEPTED, .now = time(NULL),
			.status = status, .headers = headers, .header_count = count };
		struct mcpass_action done;
		enum mcpass_rc rc = mcpass_client_step(client, &accepted, &done, err);

		if (rc != MCPASS_OK)
			return rc;
	}
	return mcpass_session_head(session, exchange, status, headers, count, err);
}

static enum mcpass_rc on_data(void *ctx, unsigned exchange, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	(void)ctx;
	return mcpass_session_data(session, exchange, bytes, len, err);
}

static void on_end(void *ctx, unsigned exchange, int broken, const struct mcpass_error *why)
{
	struct mcpass_error err;

	(void)ctx;
	if (why != NULL)
		fprintf(stderr, "%s\n", why->detail);
	if (mcpass_session_end(session, exchange, broken, &err) != MCPASS_OK)
		give_up(&err);
	else
		pump();
}

static int is_full(void *ctx, unsigned exchange)
{
	(void)ctx;
	return mcpass_session_full(session, exchange);
}

/* With the token, as far as there is one. */
static void send_message(const struct mcpass_session_action *action)
{
	static const struct mcpass_http_stream stream = { .size = sizeof(stream), .head = on_head,
		.data = on_data, .end = on_end, .full = is_full };
	struct mcpass_http_request request = { .size = sizeof(request), .method = action->method,
		.url = action->url, .body = action->body, .body_len = action->body_len };
	const struct mcpass_header *token;
	struct mcpass_header headers[64];
	struct mcpass_error err;
	size_t count;

	if (mcpass_client_authorize(client, action->method, action->url, time(NULL), &token, &count,
	    &err) != MCPASS_OK || action->header_count + count > 64) {
		give_up(&err);
		return;
	}
	memcpy(headers, action->headers, action->header_count * sizeof(*headers));
	if (count > 0)
		memcpy(headers + action->header_count, token, count * sizeof(*headers));
	request.headers = headers;
	request.header_count = action->header_count + count;
	if (mcpass_http_start(http, action->exchange, &request, &stream, &err) != MCPASS_OK)
		give_up(&err);
	watch_http();
}

/* 401 or 403: the client finds out what is wanted.  The exchange waits meanwhile. */
static void authorize(const struct mcpass_session_action *action)
{
	refused = action->exchange;
	step((struct mcpass_event){ .type = MCPASS_EV_CHALLENGE, .status = action->status,
	    .headers = action->headers, .header_count = action->header_count, .data = action->body,
	    .data_len = action->body_len });
}

static void on_session_due(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	pump();
}

static void pump(void)
{
	struct mcpass_session_action action;
	struct mcpass_error err;

	while (refused == 0) {
		if (mcpass_session_next(session, now_ms(), &action, &err) != MCPASS_OK) {
			give_up(&err);
			return;
		}
		switch (action.type) {
		case MCPASS_SESSION_SEND:
			send_message(&action);
			break;
		case MCPASS_SESSION_CLOSE:
			mcpass_http_close(http, action.exchange);
			break;
		case MCPASS_SESSION_AUTHORIZE:
			authorize(&action);
			break;
		case MCPASS_SESSION_RESULT:
			printf("%s\n", action.body);
			exit_code = action.is_error;
			event_base_loopbreak(base);
			return;
		case MCPASS_SESSION_FAILED:
			give_up(action.error);
			return;
		case MCPASS_SESSION_MESSAGE:
		case MCPASS_SESSION_WARNING:
			fprintf(stderr, "%s\n", action.body);
			break;
		case MCPASS_SESSION_WAIT:
			set_timer(session_due, action.until > now_ms() ? action.until - now_ms() : 0);
			mcpass_http_resume(http);
			watch_http();
			return;
		case MCPASS_SESSION_IDLE:
		default:
			mcpass_http_resume(http);       /* what was full has room again */
			watch_http();
			return;
		}
	}
}

/* --- */

int main(int argc, char **argv)
{
	const char *server = argc == 2 ? argv[1] : "";
	const struct mcpass_client_config client_cfg = { .size = sizeof(client_cfg),
		.flags = MCPASS_LOOPBACK_HTTP, .server_url = server, .client_name = "an example",
		.random = fill_random };
	const struct mcpass_session_config session_cfg = { .size = sizeof(session_cfg),
		.server_url = server, .client_name = "an example", .client_version = "1" };
	const struct mcpass_http_config http_cfg = { .size = sizeof(http_cfg), .server_url = server };
	struct mcpass_error err;
	unsigned call;

	base = event_base_new();
	if (mcpass_client_new(&client_cfg, &client, &err) != MCPASS_OK
	    || mcpass_session_new(&session_cfg, &session, &err) != MCPASS_OK
	    || mcpass_http_new(&http_cfg, &http, &err) != MCPASS_OK
	    || mcpass_store_open(NULL, &store, &err) != MCPASS_OK
	    || mcpass_session_request(session, "tools/call", "{\"name\": \"echo\", \"arguments\":"
	        " {\"message\": \"hello\"}}", &call, &err) != MCPASS_OK) {
		fprintf(stderr, "%s\n", err.detail);
		return (int)err.rc / 100;
	}
	http_readable = event_new(base, mcpass_http_fd(http), EV_READ | EV_PERSIST, on_http, NULL);
	http_due = evtimer_new(base, on_http, NULL);
	session_due = evtimer_new(base, on_session_due, NULL);
	pause_over = evtimer_new(base, on_pause_over, NULL);
	store_again = evtimer_new(base, on_store_again, NULL);
	event_add(http_readable, NULL);
	step((struct mcpass_event){ .type = MCPASS_EV_START });         /* a stored token, if there is one */
	event_base_dispatch(base);

	if (redirects != NULL)
		evhttp_free(redirects);
	event_free(http_readable);
	event_free(http_due);
	event_free(session_due);
	event_free(pause_over);
	event_free(store_again);
	mcpass_http_free(http);
	mcpass_session_free(session);
	mcpass_client_free(client);
	mcpass_store_close(store);
	event_base_free(base);
	return exit_code;
}
