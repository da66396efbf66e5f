/* A login and requests beside it, once per failing allocation: each request is told its end, and
 * nothing is lost but memory that was not there. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/clock.h"
#include "link/link.h"

/* A server that allocates nothing: one answer a connection. */
static struct {
	unsigned port;
	int fd;
	pthread_t thread;
	char origin[64], url[80];
} server;

static const char *answer_for(const char *request, char *json, size_t room, const char **ret_status)
{
	const char *id = strstr(request, "\"id\":"), *origin = server.origin;

	*ret_status = "200 OK";
	if (strstr(request, "oauth-protected-resource") != NULL) {
		snprintf(json, room, "{\"resource\":\"%s\",\"authorization_servers\":[\"%s\"]}", server.url, origin);
	} else if (strstr(request, "oauth-authorization-server") != NULL) {
		snprintf(json, room, "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize\","
		    "\"token_endpoint\":\"%s/token\",\"registration_endpoint\":\"%s/register\","
		    "\"response_types_supported\":[\"code\"],\"code_challenge_methods_supported\":[\"S256\"],"
		    "\"token_endpoint_auth_methods_supported\":[\"none\"]}", origin, origin, origin, origin);
	} else if (strncmp(request, "POST /register", 14) == 0) {
		*ret_status = "201 Created";
		snprintf(json, room, "{\"client_id\":\"client-1\",\"token_endpoint_auth_method\":\"none\"}");
	} else if (strncmp(request, "POST /token", 11) == 0) {
		snprintf(json, room, "{\"access_token\":\"access-1\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
	} else if (strstr(request, "access-1") != NULL) {
		snprintf(json, room, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"resultType\":\"complete\","
		    "\"content\":[]}}", id != NULL ? atoi(id + 5) : 0);
	} else {
		*ret_status = "401 Unauthorized\r\nWWW-Authenticate: Bearer";
		snprintf(json, room, "{}");
	}
	return json;
}

/* The head, and as much of a body as it says. */
static void read_request(int fd, char *text, size_t room)
{
	size_t len = peer_read(fd, "\r\n\r\n", text, room);
	const char *length = strstr(text, "Content-Length: "), *body = strstr(text, "\r\n\r\n");
	size_t want = length != NULL ? (size_t)atoi(length + 16) : 0;

	while (body != NULL && len - (size_t)(body + 4 - text) < want) {
		ssize_t n = recv(fd, text + len, room - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
}

static void *serve(void *ctx)
{
	static char request[16384], json[2048], head[512];
	const char *status;
	int fd;

	(void)ctx;
	while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
		request[0] = '\0';
		if (peer_readable(fd, PATIENCE_MS))
			read_request(fd, request, sizeof(request));
		if (request[0] != '\0') {
			answer_for(request, json, sizeof(json), &status);
			snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
			    "Content-Length: %zu\r\nConnection: close\r\n\r\n", status, strlen(json));
			peer_send(fd, head);
			peer_send(fd, json);
		}
		close(fd);
	}
	return NULL;
}

/* --- the person pastes at once --- */

static int paste_ends[2];
static char state[128];

static int on_browse(void *ctx, const char *url, bool opened, const char *why)
{
	const char *at = strstr(url, "&state=");

	(void)ctx;
	(void)opened;
	(void)why;
	snprintf(state, sizeof(state), "%.*s", (int)strcspn(at + 7, "&"), at + 7);
	return paste_ends[0];
}

static enum mcpass_rc on_pasted(void *ctx, char **ret_query, struct mcpass_error *err)
{
	char text[256];

	(void)ctx;
	snprintf(text, sizeof(text), "code=c0de&state=%s", state);
	return mp_set(ret_query, text, err);
}

static enum mp_link_word on_confirm(void *ctx, const char *issuer, int *ret_fd)
{
	(void)ctx;
	(void)issuer;
	*ret_fd = paste_ends[0];
	return MP_LINK_LATER;
}

static enum mcpass_rc on_confirmed(void *ctx, enum mp_link_word *ret_word,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	*ret_word = MP_LINK_YES;
	return MCPASS_OK;
}

static enum mcpass_rc no_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	(void)ctx;
	(void)url;
	(void)ret_watch;
	return mp_fail(err, MCPASS_E_IO, NULL, "none");
}

/* --- three requests --- */

enum { CALLS = 3 };
struct told { int times; enum mcpass_rc rc; };

static void on_answer(void *ctx, struct mp_link_answer *answer)
{
	struct told *told = ctx;

	told->times++;
	told->rc = answer->rc;
	free(answer->json);
}

static enum mcpass_rc run(struct told told[CALLS])
{
	const struct mp_link_options options = {
		.client = { .size = sizeof(struct mcpass_client_config), .flags = MCPASS_LOOPBACK_HTTP,
			.server_url = server.url, .initial_access_token = "the operator's" },
		.session = { .size = sizeof(struct mcpass_session_config), .server_url = server.url,
			.client_name = "test", .client_version = "1", .known_revision = "2026-07-28" },
		.store_path = ":memory:", .open_browser = no_browser, .interrupt_fd = -1,
		.ui = { .browse = on_browse, .pasted = on_pasted,
			.confirm_issuer = on_confirm, .confirmed = on_confirmed }, .no_list = true,
	};
	struct mp_loop *loop = NULL;
	struct mp_link *link = NULL;
	int64_t end = mp_now_ms() + PATIENCE_MS;
	enum mcpass_rc rc = mp_loop_new(NULL, NULL, &loop, NULL);
	int submitted = 0;

	if (!rc)
		rc = mp_link_new(&options, loop, &link, NULL);
	while (!rc && submitted < CALLS) {
		const struct mp_link_request request = { "tools/call", "{\"name\":\"t\",\"arguments\":{}}",
			on_answer, &told[submitted] };
		unsigned call;

		rc = mp_link_submit(link, &request, &call, NULL);
		submitted += rc == MCPASS_OK;
	}
	for (int i = 0; i < submitted; i++)
		while (told[i].times == 0 && mp_now_ms() < end)
			mp_loop_turn(loop, 100);
	mp_link_free(link);
	mp_loop_free(loop);
	for (int i = 0; i < submitted; i++) {
		CHECK_EQ("each is told its end, once", told[i].times, 1);
		rc = told[i].rc != MCPASS_OK ? told[i].rc : rc;
	}
	return rc;
}

int main(void)
{
	server.fd = peer_listen(&server.port);
	snprintf(server.origin, sizeof(server.origin), "http://127.0.0.1:%u", server.port);
	snprintf(server.url, sizeof(server.url), "%s/mcp", server.origin);
	if (pthread_create(&server.thread, NULL, serve, NULL) != 0 || pipe(paste_ends) != 0
	    || write(paste_ends[1], "x", 1) != 1)
		die("server");
	OOM_EACH {
		struct told told[CALLS] = { 0 };
		enum mcpass_rc rc = run(told);

		CHECK_OOM_OR_OK("only a note for next time may be lost without a word", rc);
	}
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.fd);
	return check_done();
}
