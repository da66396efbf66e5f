#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "cli/service.h"
#include "io/entropy.h"
#include "io/protected.h"
#include "wire/cors.h"
#include "wire/uri.h"

struct mp_echo_service {
	char *url, *endpoint;
	struct mcpass_guard *guard;
	struct mp_fetcher *fetcher;     /* for the issuers' documents and words */
	struct mp_protected protected;
	struct mp_service_log *log;
	struct mp_httpd *httpd;
	/* The port is known once it listens, and the guard is made for a URL with that
	 * port: requests that come in between are put off. */
	atomic_bool ready;
};

/* Tells the guard what has come since the last request. */
static enum mcpass_rc take_fetched(struct mp_echo_service *service, int64_t now,
    struct mcpass_error *err)
{
	struct mp_fetched fetched;
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && service->fetcher != NULL && mp_fetcher_take(service->fetcher, &fetched)) {
		rc = mp_protected_fetched(&service->protected, fetched.key, fetched.status,
		    mp_buf_text(&fetched.body), fetched.body.len, now, err);
		mp_fetched_free(&fetched);
	}
	return rc;
}

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_echo_service *service = ctx;
	enum mcpass_rc rc;

	if (!atomic_load(&service->ready)) {
		response->status = 503;
		return MCPASS_OK;
	}
	rc = take_fetched(service, request->now, err);
	return rc ? rc : mp_protected_handle(&service->protected, request, response, err);
}

/* In the fetcher's thread: the requests that wait for something are looked at again. */
static void on_fetched(void *ctx)
{
	const struct mp_echo_service *service = ctx;

	mp_httpd_resume(service->httpd);
}

static void on_request(void *ctx, const char *method, const char *path, int status,
    const struct mcpass_error *err)
{
	const struct mp_echo_service *service = ctx;

	mp_service_log(service->log, method, path, status, err);
}

static enum mcpass_rc read_dpop(const char *name, enum mcpass_dpop_mode *ret_mode,
    struct mcpass_error *err)
{
	static const char *const names[] = {
		[MCPASS_DPOP_OFF] = "off",
		[MCPASS_DPOP_ACCEPTED] = "accepted",
		[MCPASS_DPOP_REQUIRED] = "required",
	};

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (name == NULL || strcmp(name, names[i]) == 0) {
			*ret_mode = (enum mcpass_dpop_mode)i;
			return MCPASS_OK;
		}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "--dpop %s: off, accepted or required", name);
}

static enum mcpass_rc check(const struct mp_echo_service_options *options,
    struct mcpass_error *err)
{
	const struct mp_cors pages = { options->origins, options->origin_count };
	bool far = !mp_service_is_loopback(options->bind_address);
	enum mcpass_rc rc = mp_doing(err, mp_cors_check(&pages, err), "reading --cors-origin");

	if (rc)
		return rc;
	if (options->open && far) {
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "--open on %s: everybody there could call it",
		    options->bind_address);
		mp_hint(err, "--open is for loopback addresses; elsewhere name an --issuer");
	} else if (!options->open && options->issuer_count == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no issuer whose tokens are accepted");
		mp_hint(err, "--issuer URL, such as that of 'mcpass authserver'; or --open for none");
	} else if (far && options->resource == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "on %s its public URL has to be told",
		    options->bind_address);
		mp_hint(err, "--resource https://HOST/mcp: tokens are bound to it");
	}
	return rc;
}

/* The endpoint's path is that of the public URL: a proxy in front passes it on. */
static enum mcpass_rc name_it(struct mp_echo_service *service,
    const struct mp_echo_service_options *options, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	rc = options->resource != NULL ? mp_set(&service->url, options->resource, err)
	    : mp_service_url(options->bind_address, mp_httpd_port(service->httpd), "/mcp",
	        &service->url, err);
	if (!rc)
		rc = mp_doing(err, mp_uri_parse(service->url, &uri, err), "reading --resource");
	if (!rc && uri.path.len == 0)
		rc = mp_set(&service->endpoint, "/", err);
	else if (!rc)
		rc = mp_set_span(&service->endpoint, uri.path, err);
	return rc;
}

static enum mcpass_rc make_guard(struct mp_echo_service *service,
    const struct mp_echo_service_options *options, struct mcpass_error *err)
{
	struct mcpass_guard_issuer *issuers = calloc(options->issuer_count + 1, sizeof(*issuers));
	struct mcpass_guard_config config = {
		.size = sizeof(config), .resource = service->url, .resource_name = "mcpass echo server",
		.audiences = options->audiences, .audience_count = options->audience_count,
		.issuers = issuers, .issuer_count = options->issuer_count, .loopback_http = 1,
	};
	enum mcpass_rc rc;

	if (issuers == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < options->issuer_count; i++)
		issuers[i].issuer = options->issuers[i];
	config.rules = mp_echo_rules(&config.rule_count);
	config.scopes_supported = mp_echo_scopes(&config.scope_count);
	if (options->challenge_all) {
		config.challenge_scopes = config.scopes_supported;
		config.challenge_scope_count = config.scope_count;
	}
	rc = read_dpop(options->dpop, &config.dpop, err);
	if (!rc)
		rc = mcpass_guard_new(&config, &service->guard, err);
	free(issuers);
	return rc;
}

static enum mcpass_rc open_doors(struct mp_echo_service *service,
    const struct mp_echo_service_options *options, struct mcpass_error *err)
{
	const struct mp_http_options http = { .ca_file = options->ca_file, .proxy = options->proxy,
		.timeout_ms = MP_FETCH_TIMEOUT * 1000L };
	enum mcpass_rc rc;

	rc = name_it(service, options, err);
	if (!rc && !options->open)
		rc = mp_fetcher_new(&http, on_fetched, service, &service->fetcher, err);
	if (!rc && !options->open)
		rc = make_guard(service, options, err);
	if (rc)
		return rc;
	service->protected = (struct mp_protected){
		.guard = service->guard,
		.endpoint = service->endpoint,
		/* A page in a browser can reach a loopback server by rebinding its own name. */
		.echo = { .loopback_only = mp_service_is_loopback(options->bind_address)
		        && options->resource == NULL,
			.origins = options->origins, .origin_count = options->origin_count,
			.fixtures = options->fixtures,
			.random = mp_entropy },
		.fetch = mp_service_fetch_later, .fetch_ctx = service->fetcher,
		.trace = mp_service_note, .trace_ctx = service->log,
	};
	atomic_store(&service->ready, true);
	return MCPASS_OK;
}

enum mcpass_rc mp_echo_service_start(const struct mp_echo_service_options *options,
    struct mp_echo_service **ret_service, struct mcpass_error *err)
{
	struct mp_httpd_options httpd = { .bind_address = options->bind_address,
		.port = options->port, .max_body = MP_MAX_ECHO_BODY, .handle = handle,
		.log = on_request };
	struct mp_echo_service *service;
	enum mcpass_rc rc;

	rc = check(options, err);
	if (rc)
		return rc;
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return mp_nomem(err);
	service->log = options->log;
	httpd.ctx = service;
	rc = mp_httpd_start(&httpd, &service->httpd, err);
	if (!rc)
		rc = open_doors(service, options, err);
	if (rc)
		mp_echo_service_stop(service);
	else
		*ret_service = service;
	return mp_doing(err, rc, "starting the echo server");
}

const char *mp_echo_service_url(const struct mp_echo_service *service)
{
	return service->url;
}

void mp_echo_service_stop(struct mp_echo_service *service)
{
	if (service == NULL)
		return;
	mp_fetcher_stop(service->fetcher);      /* it calls the server */
	mp_httpd_stop(service->httpd);
	mp_fetcher_free(service->fetcher);      /* which calls it */
	mcpass_guard_free(service->guard);
	free(service->endpoint);
	free(service->url);
	free(service);
}
