#include <stdlib.h>
#include "base/limits.h"
#include "io/clock.h"
#include "serve/resource/calls_on.h"
#include "serve/fetches.h"
#include "serve/resource/page.h"
#include "serve/resource/plan.h"
#include "serve/address.h"
#include "serve/resource/echo_server.h"
#include "serve/http/httpd.h"
#include "io/entropy.h"
#include "serve/resource/protected.h"
#include "wire/uri.h"

struct mp_echo_server {
	char *url, *endpoint;
	char *page, *page_path;         /* for developers, or NULL */
	struct mcpass_guard *guard;
	struct mp_fetches *fetches;     /* for the issuers' documents and words */
	struct mp_calls_on *calls_on;   /* or NULL: that tool is not offered */
	struct mp_protected protected;
	struct mp_log *log;
	struct mp_httpd *httpd;
};

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_echo_server *service = ctx;

	return mp_protected_handle(&service->protected, request, response, err);
}

/* The requests that wait for something are looked at again. */
static void on_called(void *ctx)
{
	const struct mp_echo_server *service = ctx;

	mp_httpd_resume(service->httpd);
}

/* What the guard could not take in, it asks for again. */
static void on_fetched(void *ctx, struct mp_fetched *fetched)
{
	const struct mp_echo_server *service = ctx;

	(void)mp_protected_take(&service->protected, fetched, mp_now_s(), NULL);
	mp_httpd_resume(service->httpd);
}

static void on_request(void *ctx, const char *method, const char *path, int status,
    const struct mcpass_error *err)
{
	const struct mp_echo_server *service = ctx;

	mp_log_request(service->log, method, path, status, err);
}

/* The endpoint's path is that of the public URL, but where a proxy in front strips a part. */
static enum mcpass_rc name_it(struct mp_echo_server *service,
    const struct mp_serve_config *config, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	rc = config->resource != NULL ? mp_set(&service->url, config->resource, err)
	    : mp_address_url(config->bind, mp_httpd_port(service->httpd), "/mcp",
	        &service->url, err);
	if (!rc)
		rc = mp_doing(err, mp_uri_parse(service->url, &uri, err), "reading --resource");
	if (!rc && config->path != NULL)
		rc = mp_set(&service->endpoint, config->path, err);
	else if (!rc && uri.path.len == 0)
		rc = mp_set(&service->endpoint, "/", err);
	else if (!rc)
		rc = mp_set_span(&service->endpoint, uri.path, err);
	return rc;
}

static enum mcpass_rc write_page(struct mp_echo_server *service,
    const struct mp_serve_plan *plan, struct mcpass_error *err)
{
	char *page_url = NULL;
	enum mcpass_rc rc = mp_serve_page_place(plan->config, service->url, &page_url,
	    &service->page_path, err);

	free(page_url);
	return rc || service->page_path == NULL ? rc
	    : mp_serve_page_make(plan, service->url, &service->page, err);
}

/* The guard is made for a URL with the port, which is known once it listens. */
static enum mcpass_rc open_doors(struct mp_echo_server *service,
    const struct mp_serve_plan *plan, struct mcpass_error *err)
{
	const struct mp_serve_config *config = plan->config;
	const struct mp_http_options http = { .ca_file = config->ca_file, .proxy = config->proxy,
		.timeout_ms = MP_FETCH_TIMEOUT * 1000L };
	enum mcpass_rc rc = name_it(service, config, err);

	if (!rc && !config->open)
		rc = mp_fetches_new(&http, mp_httpd_loop(service->httpd), on_fetched, service,
		    &service->fetches, err);
	if (!rc && !config->open)
		rc = mp_serve_plan_guard(plan, service->url, &service->guard, err);
	if (!rc && !config->open)
		rc = write_page(service, plan, err);
	if (!rc && plan->exchange_issuer != NULL)
		rc = mp_calls_on_new(plan, mp_httpd_loop(service->httpd), on_called, service,
		    &service->calls_on, err);
	if (rc)
		return rc;
	service->protected = (struct mp_protected){
		.guard = service->guard,
		.endpoint = service->endpoint,
		.copies_issuer = config->issuer_metadata,
		.page_path = service->page_path, .page = service->page,
		.url = service->url,
		.hosts = plan->hosts,
		.echo = { .origins = (const char *const *)config->cors_origins.items,
			.origin_count = config->cors_origins.count,
			.fixtures = config->fixtures,
			.calls_on = service->calls_on != NULL,
			.random = mp_entropy },
		.fetch = mp_fetches_later, .fetch_ctx = service->fetches,
		.call_on = mp_calls_on_begin,
		.call_on_again = service->calls_on != NULL ? mp_calls_on_again : NULL,
		.call_on_ctx = service->calls_on,
		.trace = mp_log_note, .trace_ctx = service->log,
	};
	return mp_httpd_run(service->httpd, err);
}

enum mcpass_rc mp_echo_server_start(const struct mp_serve_plan *plan,
    struct mp_log *log, struct mp_echo_server **ret_service, struct mcpass_error *err)
{
	struct mp_httpd_options httpd = { .bind_address = plan->config->bind, .port = plan->port,
		.max_body = MP_MAX_ECHO_BODY,
		.per_address = mp_address_connections(plan->config->resource), .handle = handle, .log = on_request };
	struct mp_echo_server *service = calloc(1, sizeof(*service));
	enum mcpass_rc rc;

	if (service == NULL)
		return mp_nomem(err);
	service->log = log;
	httpd.ctx = service;
	rc = mp_httpd_new(&httpd, &service->httpd, err);
	if (!rc)
		rc = open_doors(service, plan, err);
	if (rc)
		mp_echo_server_stop(service);
	else
		*ret_service = service;
	return mp_doing(err, rc, "starting the echo server");
}

const char *mp_echo_server_url(const struct mp_echo_server *service)
{
	return service->url;
}

void mp_echo_server_stop(struct mp_echo_server *service)
{
	if (service == NULL)
		return;
	mp_httpd_stop(service->httpd);          /* what is under way may need these yet */
	mp_fetches_free(service->fetches);      /* on the server's loop, as these are */
	mp_calls_on_free(service->calls_on);
	mp_httpd_free(service->httpd);
	mcpass_guard_free(service->guard);
	free(service->endpoint);
	free(service->page);
	free(service->page_path);
	free(service->url);
	free(service);
}
