/* An MCP server of your own behind the guard, on libmicrohttpd.
 *
 *     cc guarded.c $(pkg-config --cflags --libs mcpass libmicrohttpd jansson)
 *     ./a.out https://auth.example.com 8080
 *
 * The guard reads what a request asks for, judges it, and says what to answer when it refuses; keys
 * are fetched by the library's HTTP. What is left to a server is below: serve(). */
#include <arpa/inet.h>
#include <jansson.h>
#include <mcpass/guard.h>
#include <mcpass/http.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_BODY (1024 * 1024)
#define MAX_HEADERS 64

/* MHD_USE_INTERNAL_POLLING_THREAD: all callbacks come from one thread, which has the guard. */
static struct mcpass_guard *guard;
static struct mcpass_http *http;

struct request {
	char *body;
	size_t body_len;
	int too_large;
	struct mcpass_header headers[MAX_HEADERS];
	size_t header_count;
};

static enum MHD_Result reply(struct MHD_Connection *connection, int status, const char *text,
    const struct mcpass_verdict *verdict)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text,
	    MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	MHD_add_response_header(response, "Content-Type", "application/json");
	if (verdict != NULL && verdict->www_authenticate != NULL)
		MHD_add_response_header(response, "WWW-Authenticate", verdict->www_authenticate);
	if (verdict != NULL && verdict->dpop_nonce != NULL) {
		MHD_add_response_header(response, "DPoP-Nonce", verdict->dpop_nonce);
		MHD_add_response_header(response, "Cache-Control", "no-store");
	}
	result = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

/* --- the guard's requests --- */

struct fetched {
	char *key;              /* the guard's own goes with the next call of it */
	int done;
};

static void on_fetched(void *ctx, const struct mcpass_http_response *response,
    const struct mcpass_error *why)
{
	struct fetched *fetched = ctx;
	struct mcpass_error err;
	enum mcpass_rc rc;

	if (response != NULL)
		rc = mcpass_guard_fetched(guard, fetched->key, response->status, response->body,
		    response->body_len, time(NULL), &err);
	else
		rc = mcpass_guard_fetched(guard, fetched->key, 0, why->detail, strlen(why->detail),
		    time(NULL), &err);
	if (rc != MCPASS_OK)            /* the guard goes on, and denies where it has to */
		fprintf(stderr, "%s\n", err.detail);
	fetched->done = 1;
}

/* Waits for the issuer, which the guard asks seldom.  A busy server goes on meanwhile instead. */
static void fetch(const struct mcpass_fetch *wanted)
{
	const struct mcpass_http_request request = { .size = sizeof(request), .method = wanted->method,
		.url = wanted->url, .headers = wanted->headers, .header_count = wanted->header_count,
		.body = wanted->body, .body_len = wanted->body_len, .max_response = wanted->max_response };
	struct fetched fetched = { strdup(wanted->key), 0 };
	struct mcpass_error err;
	unsigned unused;

	if (mcpass_http_fetch(http, &request, on_fetched, &fetched, &unused, &err) != MCPASS_OK)
		on_fetched(&fetched, NULL, &err);
	while (!fetched.done)
		mcpass_http_wait(http);
	free(fetched.key);
}

static void judge(struct request *request, const char *method, const char *query,
    const struct mcpass_operation *operations, size_t count, struct mcpass_verdict *verdict)
{
	const struct mcpass_guard_request asked = { .headers = request->headers,
		.header_count = request->header_count, .query = query, .operations = operations,
		.operation_count = count, .now = time(NULL), .method = method };
	struct mcpass_error err;

	/* Its metadata, its keys, its word on the token: never many, and 503 in the end. */
	for (int i = 0; i < 8; i++) {
		if (mcpass_guard_check(guard, &asked, verdict, &err) != MCPASS_OK)
			fprintf(stderr, "%s\n", err.detail);    /* the verdict is a deny */
		if (verdict->type != MCPASS_FETCH)
			return;
		fetch(verdict->fetch);
	}
	*verdict = (struct mcpass_verdict){ .type = MCPASS_DENY, .status = 503 };
}

/* --- the server --- */

/* Here your server begins: the caller is verdict->subject, and may do what the body asks for. */
static enum MHD_Result serve(struct MHD_Connection *connection, const struct request *request,
    const struct mcpass_operation *operation, const struct mcpass_verdict *verdict)
{
	json_t *asked = json_loadb(request->body, request->body_len, 0, NULL);
	json_t *id = json_object_get(asked, "id");
	enum MHD_Result result;
	json_t *answer;
	char *text;

	fprintf(stderr, "%s of %s: %s\n", verdict->subject, verdict->issuer, operation->method);
	if (id == NULL) {               /* a notification */
		json_decref(asked);
		return reply(connection, 202, "", verdict);
	}
	answer = json_pack("{s:s, s:O, s:{s:s, s:[{s:s, s:s+}]}}", "jsonrpc", "2.0", "id", id, "result",
	    "resultType", "complete", "content", "type", "text", "text", "Hello, ", verdict->subject);
	text = json_dumps(answer, JSON_COMPACT);
	result = reply(connection, 200, text != NULL ? text : "", verdict);
	free(text);
	json_decref(answer);
	json_decref(asked);
	return result;
}

static enum MHD_Result guard_and_serve(struct MHD_Connection *connection, struct request *request,
    const char *method)
{
	struct mcpass_operation *operations = NULL;
	struct mcpass_verdict verdict = { 0 };
	struct mcpass_error err;
	enum MHD_Result result;
	size_t count = 0;

	/* What cannot be read cannot be judged, and must not go any further. */
	if (mcpass_operations_read(request->body, request->body_len, request->headers,
	    request->header_count, &operations, &count, &err) != MCPASS_OK)
		return reply(connection, err.rc == MCPASS_E_LIMIT ? 413 : 400, "{\"error\": \"invalid_request\"}",
		    NULL);
	/* The query as it came: a token in it is refused (RFC 6750 2.3). */
	judge(request, method, MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND,
	    "access_token") != NULL ? "access_token=" : NULL, operations, count, &verdict);
	if (verdict.type == MCPASS_ALLOW && count == 1) {
		result = serve(connection, request, &operations[0], &verdict);
	} else if (verdict.type == MCPASS_ALLOW) {
		result = reply(connection, 202, "", &verdict);
	} else {
		fprintf(stderr, "refused: %s\n", verdict.reason != NULL ? verdict.reason : "");
		result = reply(connection, verdict.status, "{\"error\": \"refused\"}", &verdict);
	}
	mcpass_operations_free(operations, count);
	return result;
}

static enum MHD_Result keep_header(void *ctx, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct request *request = ctx;

	(void)kind;
	if (request->header_count == MAX_HEADERS)
		return MHD_NO;
	request->headers[request->header_count++] = (struct mcpass_header){ name, value != NULL ? value : "" };
	return MHD_YES;
}

static void keep_body(struct request *request, const char *bytes, size_t len)
{
	char *grown = request->body_len + len <= MAX_BODY
	    ? realloc(request->body, request->body_len + len) : NULL;

	if (grown == NULL) {
		request->too_large = 1;
		return;
	}
	memcpy(grown + request->body_len, bytes, len);
	request->body = grown;
	request->body_len += len;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *bytes, size_t *len, void **ctx)
{
	struct request *request = *ctx;
	const char *document = NULL;

	(void)cls;
	(void)version;
	if (request == NULL) {
		*ctx = calloc(1, sizeof(*request));
		return *ctx != NULL ? MHD_YES : MHD_NO;
	}
	if (*len > 0) {
		keep_body(request, bytes, *len);
		*len = 0;
		return MHD_YES;
	}
	if (mcpass_guard_metadata(guard, path, &document, NULL) == MCPASS_OK && document != NULL)
		return reply(connection, 200, document, NULL);
	if (strcmp(path, "/mcp") != 0)
		return reply(connection, 404, "{\"error\": \"not_found\"}", NULL);
	if (strcmp(method, "POST") != 0)
		return reply(connection, 405, "{\"error\": \"method_not_allowed\"}", NULL);
	MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_header, request);
	if (request->too_large || request->header_count == MAX_HEADERS)
		return reply(connection, 413, "{\"error\": \"too_large\"}", NULL);
	return guard_and_serve(connection, request, method);
}

static void on_over(void *cls, struct MHD_Connection *connection, void **ctx,
    enum MHD_RequestTerminationCode how)
{
	struct request *request = *ctx;

	(void)cls;
	(void)connection;
	(void)how;
	if (request != NULL)
		free(request->body);
	free(request);
}

int main(int argc, char **argv)
{
	/* The first rule that matches decides. */
	static const struct mcpass_scope_rule rules[] = {
		{ .method = "tools/call", .scope = "mcp:tools" },
		{ .method = "*", .scope = "mcp:read" },
	};
	const struct mcpass_guard_issuer issuer = { .issuer = argc == 3 ? argv[1] : "" };
	const struct mcpass_http_config http_cfg = { .size = sizeof(http_cfg) };
	struct mcpass_guard_config cfg = { .size = sizeof(cfg), .issuers = &issuer, .issuer_count = 1,
		.rules = rules, .rule_count = 2, .loopback_http = 1 };
	struct sockaddr_in address = { .sin_family = AF_INET };
	char resource[64];
	struct MHD_Daemon *daemon;
	struct mcpass_error err;
	sigset_t end;
	int unused;

	/* As clients know it, so behind a front proxy it is https://mcp.example.com/mcp. */
	snprintf(resource, sizeof(resource), "http://127.0.0.1:%s/mcp", argc == 3 ? argv[2] : "0");
	cfg.resource = resource;
	if (mcpass_guard_new(&cfg, &guard, &err) != MCPASS_OK || mcpass_http_new(&http_cfg, &http, &err) != MCPASS_OK) {
		fprintf(stderr, "%s\n%s\n", err.detail, err.hint);
		return (int)err.rc / 100;
	}
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, NULL,
	    MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_over, NULL, MHD_OPTION_END);
	if (daemon == NULL)
		return 2;
	printf("{\"url\": \"%s\"}\n", resource);
	fflush(stdout);
	sigwait(&end, &unused);
	MHD_stop_daemon(daemon);
	mcpass_http_free(http);
	mcpass_guard_free(guard);
	return 0;
}
