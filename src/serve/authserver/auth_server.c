#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/address.h"
#include "serve/authserver/retry.h"
#include "serve/authserver/auth_server.h"
#include "serve/http/httpd.h"
#include "io/clock.h"
#include "serve/authserver/documents.h"
#include "io/entropy.h"
#include "serve/authserver/passwords.h"
#include "serve/authserver/admin_server.h"
#include "serve/authserver/turns.h"
#include "serve/authserver/upstream_asks.h"
#include "io/store/pg_url.h"
#include "io/store/store.h"
#include "wire/jose/jwk.h"

/* Who got a token without a login. */
#define CLIENT_ID "mcpass-authserver-token"
/* For ever: 31 December 9999. */
#define FOR_EVER 253402300799

/* Instances that start at once have a try each, and one more. */
#define KEY_TRIES 20
/* A browser waits while a client's document is fetched. */
#define FETCH_MS 3000

struct mp_auth_server {
	char *url;
	struct mp_http_hosts hosts;     /* of all that it answers, the issuer's and its own */
	struct mp_issuer_store store;
	bool has_store;
	struct mp_issuer *issuer;
	struct mp_documents *documents; /* of clients, and keys */
	struct mp_upstream_asks *asks;
	struct mp_passwords *passwords;
	struct mp_turns *turns;         /* where the store is a database, */
	struct mp_retry *retry;         /* and where it is not; else NULL */
	struct mp_log *log;
	struct mp_admin_server *admin;
	struct mp_httpd *httpd;
};

/* That this server listens, whatever its store does: by it a supervisor decides about a restart. */
static enum mcpass_rc tell_health(const struct mp_auth_server *service,
    struct mp_http_response *response, struct mcpass_error *err)
{
	response->status = 200;
	mp_buf_addf(&response->body, "{\"status\":\"ok\",\"store\":\"%s\"}\n", service->turns == NULL
	    || mp_turns_store_answers(service->turns) ? "ok" : "failing");
	return mp_headers_add(&response->headers, "Content-Type", "application/json", err);
}

/* What was wrong comes first, and then what the sender is told of it. */
static void note_first(void *ctx, const struct mcpass_note *note)
{
	struct mp_log *log = ctx;

	if (log->reason[0] == '\0')
		mp_log_note(log, note);
}

/* A client tries again what gets a 503, and keeps what it has. */
static enum mcpass_rc handle_or_refuse(const struct mp_auth_server *service,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	const struct mcpass_header fact = { "reason", why.detail };
	const struct mcpass_note note = { .what = "", .facts = &fact, .fact_count = 1 };
	enum mcpass_rc rc = service->turns != NULL
	    ? mp_turns_handle(service->turns, request, response, &why)
	    : mp_retry_handle(service->retry, request, response, &why);

	if (rc != MCPASS_E_STORE) {
		if (rc && err != NULL)
			*err = why;
		return rc;
	}
	mp_log_note(service->log, &note);
	response->status = 503;
	mp_buf_adds(&response->body, "{\"error\":\"temporarily_unavailable\"}\n");
	rc = mp_headers_add(&response->headers, "Content-Type", "application/json", err);
	return rc ? rc : mp_headers_add(&response->headers, "Retry-After", "5", err);
}

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_auth_server *service = ctx;
	bool done = false;
	/* A database has one connection here, which is the thread's. */
	const struct mp_issuer_store *store = service->turns == NULL ? &service->store : NULL;
	enum mcpass_rc rc = mp_http_host_screen(&service->hosts, service->url, request, response, &done,
	    err);

	if (!rc && !done)
		rc = mp_admin_server_answer(service->admin, store, request, response, &done, err);
	if (rc || done)
		return rc;
	if (strcmp(request->path, "/health") == 0)
		return tell_health(service, response, err);
	if (service->log != NULL)       /* another request may wait still, and has left its own */
		service->log->reason[0] = '\0';
	return handle_or_refuse(service, request, response, err);
}

/* From any thread: the requests that wait for something are looked at again. */
static void on_done(void *ctx)
{
	const struct mp_auth_server *service = ctx;

	mp_httpd_resume(service->httpd);
}

/* From the loop: what came of a request to an identity provider is kept before its turn looks. */
static void on_arrived(void *ctx, const char *key, int status, const struct mp_buf *body)
{
	const struct mp_auth_server *service = ctx;
	struct mcpass_error err = { 0 };

	if (key != NULL && service->turns != NULL
	    && mp_turns_arrived(service->turns, key, status, body, &err) == MCPASS_OK)
		return;                         /* the requests are looked at when it is kept */
	if (key != NULL && service->turns == NULL)
		(void)mp_retry_arrived(service->retry, key, status, body, &err);
	if (err.rc != MCPASS_OK)
		mp_log_request(service->log, "-", "an identity provider's answer", 500, &err);
	mp_httpd_resume(service->httpd);
}

static void on_request(void *ctx, const char *method, const char *path, int status,
    const struct mcpass_error *err)
{
	const struct mp_auth_server *service = ctx;

	mp_admin_server_request(service->admin, path, status);
	mp_log_request(service->log, method, path, status, err);
}

enum mcpass_rc mp_auth_server_new_key(char **ret_jwk, struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	char *text;
	enum mcpass_rc rc = mp_key_generate(MP_ES256, &key, err);

	if (!rc)
		rc = mp_jwk_write(key, true, &jwk, err);
	if (!rc) {
		text = mp_json_dump(jwk);
		if (text == NULL)
			rc = mp_nomem(err);
		else
			*ret_jwk = text;
	}
	json_decref(jwk);
	mp_key_free(key);
	return rc;
}

/* The one of the last run, else a new one for the next. */
static enum mcpass_rc recall_key(const struct mp_issuer_store *store, char **ret_jwk,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = store->get(store->ctx, MP_KIND_SERVER, "signing_key", mp_now_s(), ret_jwk,
	    err);

	if (rc || *ret_jwk != NULL)
		return rc;
	rc = mp_auth_server_new_key(ret_jwk, err);
	if (!rc)
		rc = store->put(store->ctx, MP_KIND_SERVER, "signing_key", NULL, FOR_EVER, *ret_jwk, err);
	return rc;
}

/* In a turn, so that of several instances that start together one makes it. */
static enum mcpass_rc find_key(const struct mp_issuer_store *store, const char *given,
    char **ret_jwk, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc, ended;
	int tries = KEY_TRIES;

	if (given != NULL)
		return mp_set(ret_jwk, given, err);
	do {
		mp_clear(&why);
		mp_free_wiped(*ret_jwk);
		*ret_jwk = NULL;
		rc = store->begin(store->ctx, &why);
		if (!rc)
			rc = recall_key(store, ret_jwk, &why);
		ended = store->end(store->ctx, rc == MCPASS_OK, rc ? NULL : &why);
		rc = rc ? rc : ended;
	} while (rc && mp_issuer_store_again(store) && --tries > 0);
	if (rc && err != NULL)
		*err = why;
	return rc;
}

static enum mcpass_rc start_upstreams(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_http_options http = { .connect_timeout_ms = FETCH_MS,
		.timeout_ms = 1000L * MP_FETCH_TIMEOUT, .resolve = options->resolve,
		.resolve_count = options->resolve_count };
	const struct mp_upstream_asks_options asks = { .http = &http,
		.loop = mp_httpd_loop(service->httpd), .server_url = service->url,
		.upstreams = options->upstreams, .count = options->upstream_count,
		.arrived = on_arrived, .ctx = service };
	enum mcpass_rc rc = mp_upstream_asks_new(&asks, &service->asks, err);

	for (size_t i = 0; i < options->upstream_count && !rc; i++)
		if (options->upstreams[i].issuer != NULL)
			rc = mp_documents_vouch(service->documents, options->upstreams[i].issuer, err);
	return rc;
}

static enum mcpass_rc start_turns(struct mp_auth_server *service, struct mcpass_error *err)
{
	const struct mp_turns_options options = { .store = &service->store, .fetch = mp_documents_get,
		.fetch_ctx = service->documents, .send = mp_upstream_asks_send, .send_ctx = service->asks,
		.trace = mp_log_note, .trace_ctx = service->log, .done = on_done, .ctx = service };

	return mp_turns_new(&options, &service->turns, err);
}

/* What an issuer calls itself is called for it, when its turns are taken in a thread. */
static void call_from_thread(struct mp_auth_server *service, struct mp_issuer_config *config)
{
	config->trace = mp_turns_note;
	config->trace_ctx = service->turns;
	config->fetch = mp_turns_fetch;
	config->fetch_ctx = service->turns;
	config->send = config->send != NULL ? mp_turns_send : NULL;
	config->send_ctx = service->turns;
}

/* An unauthenticated request names a document to be fetched: it may be out there, or on this machine when
 * we are on it ourselves.  The keys of trusted issuers are where our operator says. */
static enum mcpass_rc start_helpers(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_http_options http = { .connect_timeout_ms = FETCH_MS, .timeout_ms = FETCH_MS,
		.resolve = options->resolve, .resolve_count = options->resolve_count };
	enum mcpass_rc rc = mp_documents_new(&http, mp_httpd_loop(service->httpd),
	    service->url, on_done, service, &service->documents, err);

	for (size_t i = 0; i < options->trusted_count && !rc; i++)
		if (options->trusted[i].jwks_uri != NULL)
			rc = mp_documents_vouch(service->documents, options->trusted[i].jwks_uri, err);
	if (!rc && options->upstream_count > 0)
		rc = start_upstreams(service, options, err);
	if (!rc && options->data != NULL && mp_pg_url_is(options->data))
		rc = start_turns(service, err);
	return rc ? rc : mp_passwords_new(on_done, service, &service->passwords, err);
}

static enum mcpass_rc make_issuer(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	static const struct mp_issuer_scope scopes[] = {
		{ "mcp:read", "See what it offers" },
		{ "mcp:tools", "Use its tools" },
		{ "mcp:prompts", "Use its prompts" },
	};
	struct mp_issuer_config config = {
		.issuer = service->url, .users = options->users,
		.scopes = scopes, .scope_count = MP_COUNT(scopes),
		.store = service->store, .random = mp_entropy,
		.default_resource = options->default_resource,
		.device_interval = options->device_interval,
		.refresh_grace = options->refresh_grace,
		.require_pushed = options->require_par,
		.require_dpop_nonce = options->require_dpop_nonce,
		.opaque_tokens = options->opaque_tokens,
		.clients = options->clients, .client_count = options->client_count,
		.trusted = options->trusted, .trusted_count = options->trusted_count,
		.cors_origins = options->origins, .cors_count = options->origin_count,
		.proxies = options->proxies, .proxy_count = options->proxy_count,
		.users_file = options->users_file,
		.brand = options->brand, .translations = options->translations,
		.translation_count = options->translation_count,
		.event = service->admin != NULL ? mp_admin_server_event : NULL, .event_ctx = service->admin,
		.trace = service->log != NULL ? note_first : NULL, .trace_ctx = service->log,
		.fetch = mp_documents_get, .fetch_ctx = service->documents,
		.check_password = service->passwords != NULL ? mp_passwords_check : NULL,
		.check_password_ctx = service->passwords,
		.upstreams = options->upstreams, .upstream_count = options->upstream_count,
		.upstream_recheck = options->upstream_recheck,
		.send = service->asks != NULL ? mp_upstream_asks_send : NULL, .send_ctx = service->asks,
	};
	char *jwk = NULL;
	enum mcpass_rc rc;

	if (service->turns != NULL)
		call_from_thread(service, &config);
	rc = mp_address_hosts(options->bind_address, options->issuer, options->allowed_hosts,
	    options->allowed_host_count, &service->hosts, err);
	if (!rc)
		rc = find_key(&service->store, options->signing_key, &jwk, err);
	config.signing_key = jwk;
	config.keys_rotate = options->signing_key == NULL;
	if (!rc)
		rc = mp_issuer_new(&config, &service->issuer, err);
	if (!rc && service->turns != NULL)
		mp_turns_begin(service->turns, service->issuer);
	if (!rc && options->fault != NULL)
		rc = mp_issuer_misbehave(service->issuer, options->fault, err);
	mp_free_wiped(jwk);
	return rc;
}

static enum mcpass_rc open_store(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_issuer_store_open(options->data != NULL ? options->data
	    : ":memory:", options->data_key, &service->store, err);

	service->has_store = rc == MCPASS_OK;
	return rc;
}

/* Its own name is kept for `authserver token`. */
static enum mcpass_rc name_it(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &service->store;
	enum mcpass_rc rc;

	rc = options->issuer != NULL ? mp_set(&service->url, options->issuer, err)
	    : mp_address_url(options->bind_address, mp_httpd_port(service->httpd), "",
	        &service->url, err);
	if (!rc)
		rc = store->put(store->ctx, MP_KIND_SERVER, "issuer", NULL, FOR_EVER, service->url, err);
	return rc;
}

static enum mcpass_rc start_admin(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_admin_server_options admin = { .audit = options->audit,
		.admin_bind = options->admin_bind, .data = options->data, .data_key = options->data_key,
		.metrics_public = options->metrics_public };

	return mp_admin_server_new(&admin, &service->admin, err);
}

static enum mcpass_rc start(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_httpd_options httpd = { .bind_address = options->bind_address,
		.port = options->port, .max_body = MP_MAX_FORM,
		.per_address = mp_address_connections(options->issuer), .handle = handle, .ctx = service,
		.log = on_request };
	enum mcpass_rc rc = open_store(service, options, err);

	if (!rc)
		rc = start_admin(service, options, err);
	if (!rc)
		rc = mp_httpd_new(&httpd, &service->httpd, err);
	if (!rc)
		rc = name_it(service, options, err);
	if (!rc)
		rc = start_helpers(service, options, err);
	if (!rc)
		rc = make_issuer(service, options, err);
	if (!rc && service->turns == NULL)
		rc = mp_retry_new(&service->store, service->issuer, service->httpd, &service->retry, err);
	if (!rc)
		mp_admin_server_watch(service->admin, mp_httpd_loop(service->httpd));
	if (!rc)
		rc = mp_httpd_run(service->httpd, err);
	return mp_doing(err, rc, "starting the authorization server");
}

enum mcpass_rc mp_auth_server_start(const struct mp_auth_server_options *options,
    struct mp_auth_server **ret_service, struct mcpass_error *err)
{
	struct mp_auth_server *service;
	enum mcpass_rc rc;

	if (options->issuer == NULL && !mp_address_is_loopback(options->bind_address)) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "on %s its public URL has to be told",
		    options->bind_address);
		mp_hint(err, "--issuer https://HOST, without a '/' at its end");
		return rc;
	}
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return mp_nomem(err);
	service->log = options->log;
	rc = start(service, options, err);
	if (rc)
		mp_auth_server_stop(service);
	else
		*ret_service = service;
	return rc;
}

const char *mp_auth_server_admin_url(const struct mp_auth_server *service)
{
	return mp_admin_server_url(service->admin);
}

const char *mp_auth_server_url(const struct mp_auth_server *service)
{
	return service->url;
}

void mp_auth_server_stop(struct mp_auth_server *service)
{
	if (service == NULL)
		return;
	mp_httpd_stop(service->httpd);          /* what is under way may need these yet */
	mp_admin_server_rest(service->admin);
	mp_turns_free(service->turns);
	mp_retry_free(service->retry);
	mp_documents_free(service->documents);  /* on the server's loop */
	mp_upstream_asks_free(service->asks);
	mp_passwords_free(service->passwords);  /* which call the server */
	mp_httpd_free(service->httpd);
	mp_issuer_free(service->issuer);
	mp_admin_server_free(service->admin);
	if (service->has_store)
		mp_issuer_store_close(&service->store);
	free(service->url);
	free(service);
}

/* Whose tokens these will be. */
static enum mcpass_rc recall_url(struct mp_auth_server *service,
    const struct mp_auth_server_options *options, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &service->store;
	enum mcpass_rc rc;

	if (options->issuer != NULL)
		return mp_set(&service->url, options->issuer, err);
	rc = store->get(store->ctx, MP_KIND_SERVER, "issuer", mp_now_s(), &service->url, err);
	if (!rc && service->url == NULL && options->data == NULL)
		return mp_address_url(options->bind_address, options->port, "", &service->url, err);
	if (!rc && service->url == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the issuer's URL is not known");
		mp_hint(err, "--issuer URL, or the --data FILE of a server that ran once");
	}
	return rc;
}

static enum mcpass_rc mint_one(struct mp_issuer *issuer, bool any_name,
    const struct mp_auth_server_minting *mint, struct mp_secret *ret_token, struct mcpass_error *err)
{
	const struct mp_mint any = { mint->username, CLIENT_ID, mint->scope, mint->resource,
		mint->claims };

	if (any_name || mint->claims != NULL)
		return mp_issuer_mint_any(issuer, &any, mp_now_s(), ret_token, err);
	return mp_issuer_mint(issuer, mint->username, CLIENT_ID, mint->scope, mint->resource,
	    mp_now_s(), ret_token, err);
}

enum mcpass_rc mp_auth_server_mint(const struct mp_auth_server_options *options,
    const struct mp_auth_server_minting *mint, struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct mp_auth_server service = { 0 };
	enum mcpass_rc rc = open_store(&service, options, err);

	if (!rc)
		rc = recall_url(&service, options, err);
	if (!rc)
		rc = make_issuer(&service, options, err);
	if (!rc)
		rc = mint_one(service.issuer, options->users == NULL, mint, ret_token, err);
	mp_issuer_free(service.issuer);
	if (service.has_store)
		mp_issuer_store_close(&service.store);
	free(service.url);
	return mp_doing(err, rc, "making a token");
}
