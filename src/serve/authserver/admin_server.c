#include "serve/authserver/admin_server.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/store/store.h"
#include "serve/authserver/audit.h"
#include "serve/http/httpd.h"
#include "serve/address.h"
#include "serve/authserver/metrics.h"

/* A scrape, and a probe of a load balancer: a few at a time. */
#define MOST_CONNECTIONS 32

struct mp_admin_server {
	struct mp_metrics *metrics;
	struct mp_audit *audit;         /* or NULL */
	bool is_public;
	struct mp_loop *loop;           /* of the server that is watched, or NULL */
	struct mp_timer minute;
	/* The second server's, in its thread: */
	struct mp_httpd *httpd;
	struct mp_http_hosts hosts;
	struct mp_issuer_store store;
	bool has_store;
	char *url, *address;
};

/* --- answers --- */
static enum mcpass_rc set_type(struct mp_http_response *response, int status, const char *type,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_headers_add(&response->headers, "Content-Type", type, err);

	response->status = status;
	return rc ? rc : mp_headers_add(&response->headers, "Cache-Control", "no-store", err);
}

static enum mcpass_rc answer_text(struct mp_http_response *response, int status, const char *text,
    struct mcpass_error *err)
{
	mp_buf_init(&response->body, MP_MAX_DOCUMENT);
	mp_buf_adds(&response->body, text);
	return set_type(response, status, "application/json", err);
}

/* One read of the store, and how long it took; NULL where there is none to read. */
static enum mcpass_rc probe(const struct mp_issuer_store *store, double *ret_seconds,
    struct mcpass_error *err)
{
	int64_t start = mp_now_ms();
	char *value = NULL;
	enum mcpass_rc rc = store == NULL ? MCPASS_OK
	    : store->get(store->ctx, MP_KIND_SERVER, "issuer", mp_now_s(), &value, err);

	mp_free_wiped(value);
	*ret_seconds = (double)(mp_now_ms() - start) / 1000;
	return rc;
}

static enum mcpass_rc answer_metrics(struct mp_admin_server *server,
    const struct mp_issuer_store *store, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	double seconds = 0;
	/* Without the store's counts, when it does not answer: the others are wanted then. */
	bool is_well = probe(store, &seconds, &why) == MCPASS_OK;
	enum mcpass_rc rc;

	if (server->audit != NULL)
		mp_metrics_lost(server->metrics, mp_audit_lost(server->audit));
	mp_buf_init(&response->body, MP_MAX_DOCUMENT);
	rc = mp_metrics_write(server->metrics, is_well ? store : NULL, seconds, mp_now_s(),
	    &response->body, err);
	return rc ? rc : set_type(response, 200, MP_METRICS_TYPE, err);
}

static enum mcpass_rc answer_ready(const struct mp_issuer_store *store,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	double seconds = 0;
	enum mcpass_rc rc;

	if (probe(store, &seconds, &why) == MCPASS_OK)
		return answer_text(response, 200, "{\"status\":\"ready\"}\n", err);
	rc = answer_text(response, 503, "{\"status\":\"the store cannot be read\"}\n", err);
	return rc ? rc : mp_headers_add(&response->headers, "Retry-After", "5", err);
}

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_admin_server *server = ctx;
	const struct mp_issuer_store *store = server->has_store ? &server->store : NULL;
	bool done = false;
	enum mcpass_rc rc = mp_http_host_screen(&server->hosts, server->url, request, response, &done,
	    err);

	if (rc || done)
		return rc;
	if (strcmp(request->method, "GET") != 0) {      /* HEAD, too: spec: RFC 9110 15.5.6 */
		rc = answer_text(response, 405, "{\"error\":\"GET alone\"}\n", err);
		return rc ? rc : mp_headers_add(&response->headers, "Allow", "GET, HEAD", err);
	}
	if (strcmp(request->path, "/health/live") == 0)
		return answer_text(response, 200, "{\"status\":\"live\"}\n", err);
	if (strcmp(request->path, "/health/ready") == 0 || strcmp(request->path, "/health") == 0)
		return answer_ready(store, response, err);
	if (strcmp(request->path, "/metrics") == 0)
		return answer_metrics(server, store, response, err);
	return answer_text(response, 404,
	    "{\"error\":\"there are /health/live, /health/ready and /metrics\"}\n", err);
}

/* --- a life --- */
/* "127.0.0.1:9090", "[::1]:9090". */
static enum mcpass_rc read_bind(const char *text, char **ret_address, unsigned *ret_port,
    struct mcpass_error *err)
{
	const char *colon = strrchr(text, ':');
	struct mp_span address = { text, colon != NULL ? (size_t)(colon - text) : 0 };
	char *end = NULL;
	unsigned long port = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;

	if (address.len > 2 && text[0] == '[' && text[address.len - 1] == ']')
		address = (struct mp_span){ text + 1, address.len - 2 };
	else if (memchr(text, ':', address.len) != NULL)
		address.len = 0;
	if (address.len == 0 || colon[1] < '0' || colon[1] > '9' || *end != '\0' || port > 65535) {
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "--admin-bind %s: is no ADDRESS:PORT", text);
		mp_hint(err, "127.0.0.1:8932, or [::1]:8932; port 0 takes any that is free");
		return MCPASS_E_USAGE;
	}
	*ret_port = (unsigned)port;
	return mp_set_span(ret_address, address, err);
}

static enum mcpass_rc listen_there(struct mp_admin_server *server,
    const struct mp_admin_server_options *options, struct mcpass_error *err)
{
	struct mp_httpd_options httpd = { .max_body = MP_MAX_FORM, .handle = handle, .ctx = server,
		.max_connections = MOST_CONNECTIONS, .per_address = MOST_CONNECTIONS };
	enum mcpass_rc rc = read_bind(options->admin_bind, &server->address, &httpd.port, err);

	httpd.bind_address = server->address;
	if (!rc && options->data != NULL)
		rc = mp_issuer_store_open(options->data, options->data_key, &server->store, err);
	server->has_store = !rc && options->data != NULL;
	if (server->has_store)
		mp_issuer_store_on_loop(&server->store);
	if (!rc)
		rc = mp_httpd_new(&httpd, &server->httpd, err);
	if (!rc)
		rc = mp_address_url(server->address, mp_httpd_port(server->httpd), "", &server->url, err);
	if (!rc)
		rc = mp_address_hosts(server->address, server->url, NULL, 0, &server->hosts, err);
	if (!rc)
		rc = mp_httpd_run(server->httpd, err);
	return mp_doing(err, rc, "starting the server for operators");
}

enum mcpass_rc mp_admin_server_new(const struct mp_admin_server_options *options,
    struct mp_admin_server **ret_server, struct mcpass_error *err)
{
	struct mp_admin_server *server = calloc(1, sizeof(*server));
	enum mcpass_rc rc;

	if (server == NULL)
		return mp_nomem(err);
	server->is_public = options->metrics_public;
	rc = mp_metrics_new(mp_now_s(), &server->metrics, err);
	if (!rc && options->audit != NULL)
		rc = mp_audit_new(options->audit, &server->audit, err);
	if (!rc && options->admin_bind != NULL)
		rc = listen_there(server, options, err);
	if (rc)
		mp_admin_server_free(server);
	else
		*ret_server = server;
	return rc;
}

const char *mp_admin_server_url(const struct mp_admin_server *server)
{
	return server->url;
}

void mp_admin_server_free(struct mp_admin_server *server)
{
	if (server == NULL)
		return;
	mp_httpd_free(server->httpd);
	if (server->has_store)
		mp_issuer_store_close(&server->store);
	mp_audit_free(server->audit);
	mp_metrics_free(server->metrics);
	free(server->url);
	free(server->address);
	free(server);
}

/* --- what is watched --- */
static void settle(void *ctx)
{
	struct mp_admin_server *server = ctx;

	mp_audit_settle(server->audit);
	mp_loop_set(server->loop, &server->minute, mp_now_ms() + MP_AUDIT_WINDOW * (int64_t)1000);
}

void mp_admin_server_watch(struct mp_admin_server *server, struct mp_loop *loop)
{
	if (server->audit == NULL)
		return;
	server->loop = loop;
	server->minute = (struct mp_timer){ .fire = settle, .ctx = server };
	settle(server);
}

void mp_admin_server_rest(struct mp_admin_server *server)
{
	if (server != NULL && server->loop != NULL)
		mp_loop_unset(server->loop, &server->minute);
}

void mp_admin_server_event(void *ctx, const json_t *event)
{
	const struct mp_admin_server *server = ctx;

	mp_metrics_event(server->metrics, event);
	if (server->audit != NULL)
		mp_audit_add(server->audit, event);
}

void mp_admin_server_request(struct mp_admin_server *server, const char *path, int status)
{
	mp_metrics_request(server->metrics, path, status);
}

enum mcpass_rc mp_admin_server_answer(struct mp_admin_server *server,
    const struct mp_issuer_store *store, const struct mp_http_request *request,
    struct mp_http_response *response, bool *ret_done, struct mcpass_error *err)
{
	*ret_done = server->is_public && strcmp(request->path, "/metrics") == 0
	    && strcmp(request->method, "GET") == 0;
	return *ret_done ? answer_metrics(server, store, response, err) : MCPASS_OK;
}
