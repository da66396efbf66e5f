#include "serve/call_on.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/discover.h"
#include "ui/mcp_result.h"
#include "link/blocking.h"
#include "io/entropy.h"
#include "oauth/clientauth.h"
#include "oauth/exchange.h"
#include "oauth/target.h"

/* The caller waits meanwhile. */
#define WAIT_MS 10000

struct mp_call_on {
	const struct mp_serve_plan *plan;
	struct mp_http_options options;
	int interrupt_fd;
	pthread_mutex_t lock;           /* held while the endpoint is looked for */
	char *token_endpoint;           /* NULL: not known yet */
	struct mp_client_id client;
};

enum mcpass_rc mp_call_on_new(const struct mp_serve_plan *plan, int interrupt_fd,
    struct mp_call_on **ret_call_on, struct mcpass_error *err)
{
	const struct mp_serve_config *config = plan->config;
	struct mp_call_on *call_on = calloc(1, sizeof(*call_on));
	enum mcpass_rc rc;

	if (call_on == NULL)
		return mp_nomem(err);
	call_on->plan = plan;
	call_on->options = (struct mp_http_options){ .ca_file = config->ca_file,
		.proxy = config->proxy, .connect_timeout_ms = WAIT_MS, .timeout_ms = WAIT_MS };
	call_on->interrupt_fd = interrupt_fd;
	(void)pthread_mutex_init(&call_on->lock, NULL);
	rc = mp_set(&call_on->client.client_id, config->exchange.client_id, err);
	if (!rc)
		rc = mp_secret_set(&call_on->client.client_secret,
		    mp_secret_reveal(&plan->exchange_secret), err);
	if (rc)
		mp_call_on_free(call_on);
	else
		*ret_call_on = call_on;
	return rc;
}

void mp_call_on_free(struct mp_call_on *call_on)
{
	if (call_on == NULL)
		return;
	(void)pthread_mutex_destroy(&call_on->lock);
	mp_client_id_free(&call_on->client);
	free(call_on->token_endpoint);
	free(call_on);
}

/* Once: an issuer that moves its token endpoint restarts, and so may we. */
static enum mcpass_rc discover(struct mp_call_on *call_on, struct mp_http *http,
    struct mcpass_error *err)
{
	const char *issuer = call_on->plan->exchange_issuer;
	struct mp_asmeta meta = { 0 };
	enum mcpass_rc rc;

	rc = mp_discover(http, issuer, MP_WANTS_TOKEN, &meta, err);
	if (!rc && meta.token_endpoint == NULL)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the metadata of %s has no token_endpoint", issuer);
	if (!rc)
		rc = mp_target_check(meta.token_endpoint, issuer, true, "the token endpoint", err);
	if (!rc)
		call_on->client.method = mp_auth_method_choose(&call_on->client,
		    &meta.token_endpoint_auth_methods_supported);
	if (!rc)
		rc = mp_set(&call_on->token_endpoint, meta.token_endpoint, err);
	mp_asmeta_free(&meta);
	return rc;
}

static enum mcpass_rc find_endpoint(struct mp_call_on *call_on, struct mp_http *http,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	(void)pthread_mutex_lock(&call_on->lock);
	if (call_on->token_endpoint == NULL)
		rc = discover(call_on, http, err);
	(void)pthread_mutex_unlock(&call_on->lock);
	return rc;
}

static void write_form(const struct mp_call_on *call_on, const struct mp_secret *subject,
    struct mp_buf *form)
{
	const struct mp_serve_exchange *config = &call_on->plan->config->exchange;
	struct mp_exchange exchange = {
		.requested_type = MP_TOKEN_TYPE_ACCESS, .subject = subject,
		.subject_type = MP_TOKEN_TYPE_ACCESS, .audience = config->audience,
		.resource = config->resource, .scope = config->scope,
	};

	if (config->audience == NULL && config->resource == NULL)
		exchange.resource = config->call_on;    /* spec: RFC 8707 2 */
	mp_exchange_form(form, &exchange);
}

static enum mcpass_rc exchange(const struct mp_call_on *call_on, struct mp_http *http,
    const struct mp_secret *subject, int64_t now, struct mp_token *ret_token, struct mcpass_error *err)
{
	const struct mp_auth_inputs inputs = { .issuer = call_on->plan->exchange_issuer,
		.now = now, .random = mp_entropy };
	struct mp_http_response response = { 0 };
	struct mp_headers headers = { 0 };
	struct mp_buf form;
	enum mcpass_rc rc;

	mp_buf_init(&form, MP_MAX_FORM);
	write_form(call_on, subject, &form);
	rc = mp_headers_add(&headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_headers_add(&headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_clientauth_apply(&call_on->client, &inputs, &headers, &form, err);
	if (!rc)
		rc = mp_buf_check(&form, "the exchange", err);
	if (!rc)
		rc = mp_http_perform(http, "POST", call_on->token_endpoint, headers.items, headers.count,
		    mp_buf_text(&form), form.len, MP_MAX_TOKEN_RESPONSE, &response, err);
	if (!rc)
		rc = mp_exchange_answer(response.status, mp_buf_text(&response.body),
		    response.body.len, ret_token, err);
	mp_http_response_free(&response);
	mp_headers_free(&headers);
	mp_buf_free(&form);
	return mp_doing(err, rc, "exchanging the caller's token");
}

/* Whom the new token speaks for: its words, never itself. */
static enum mcpass_rc tell(const struct mp_token *token, struct mp_buf *text,
    struct mcpass_error *err)
{
	struct mp_exchange_words words = { 0 };
	enum mcpass_rc rc = mp_exchange_read(&token->access_token, &words, err);
	const struct { const char *what, *value; } lines[] = {
		{ "username", words.username }, { "subject", words.subject },
		{ "client", words.client }, { "audience", words.audience },
		{ "scopes", words.scope != NULL ? words.scope : token->scope },
		{ "issuer", words.issuer },
	};

	mp_buf_adds(text, "The caller's token was exchanged. The new one speaks for:\n");
	for (size_t i = 0; i < MP_COUNT(lines) && !rc; i++)
		mp_buf_addf(text, "%s: %s\n", lines[i].what,
		    lines[i].value != NULL ? lines[i].value : "(unknown)");
	mp_exchange_words_free(&words);
	return rc;
}

/* The text of a tool's result. */
static enum mcpass_rc add_answer(const char *json, bool is_error, struct mp_buf *text,
    struct mcpass_error *err)
{
	const struct mp_term plain = { 0 };
	struct mp_parts parts = { 0 };
	enum mcpass_rc rc = mp_parts_read(json, &parts, err);

	if (!rc && (is_error || parts.is_error))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "its whoami ended in an error");
	else if (!rc)
		mp_mcp_result_show(text, &plain, &parts);
	mp_parts_free(&parts);
	return rc;
}

/* The new token as the header that is sent; no login is asked for here. */
static enum mcpass_rc ask_whoami(const struct mp_call_on *call_on, const char *bearer,
    struct mp_buf *text, struct mcpass_error *err)
{
	const char *url = call_on->plan->config->exchange.call_on;
	const struct mcpass_header header = { "Authorization", bearer };
	const struct mp_link_options options = {
		.client = { .size = sizeof(struct mcpass_client_config), .server_url = url,
		    .flags = MCPASS_LOOPBACK_HTTP, .random = mp_entropy },
		.session = { .size = sizeof(struct mcpass_session_config), .server_url = url,
		    .client_name = "mcpass-serve", .client_version = MCPASS_VERSION },
		.http = call_on->options, .store_path = ":memory:", .headers = &header,
		.header_count = 1, .no_login = true, .interrupt_fd = call_on->interrupt_fd,
	};
	struct mp_link *link = NULL;
	char *json = NULL;
	bool is_error = false;
	enum mcpass_rc rc = mp_link_new(&options, NULL, &link, err);

	if (!rc)
		rc = mp_blocking_request(link, "tools/call", "{\"name\":\"whoami\",\"arguments\":{}}",
		    &json, &is_error, err);
	if (!rc)
		mp_buf_addf(text, "\n%s sees:\n", url);
	if (!rc)
		rc = add_answer(json, is_error, text, err);
	free(json);
	mp_blocking_close(link);
	return rc;
}

static enum mcpass_rc call_other(const struct mp_call_on *call_on, const struct mp_token *token,
    struct mp_buf *text, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_buf bearer;
	enum mcpass_rc rc;

	if (call_on->plan->config->exchange.call_on == NULL)
		return MCPASS_OK;
	mp_buf_init(&bearer, MP_MAX_TOKEN + sizeof("Bearer "));
	mp_buf_addf(&bearer, "Bearer %s", mp_secret_reveal(&token->access_token));
	rc = mp_buf_check(&bearer, "the new token", &why);
	if (!rc)
		rc = ask_whoami(call_on, mp_buf_text(&bearer), text, &why);
	mp_buf_free(&bearer);
	if (rc)                                 /* its public calls clear what they are given */
		rc = mp_fail(err, rc, why.spec, "%s", why.detail);
	return mp_doing(err, rc, "calling the other server with the new token");
}

enum mcpass_rc mp_call_on_run(struct mp_call_on *call_on, const struct mp_secret *token,
    int64_t now, struct mp_buf *text, struct mcpass_error *err)
{
	struct mp_token new_token = { 0 };
	struct mp_http *http = NULL;
	enum mcpass_rc rc = mp_http_new(&call_on->options, NULL, &http, err);

	if (rc)
		return rc;
	mp_http_interrupt_by(http, call_on->interrupt_fd);
	rc = find_endpoint(call_on, http, err);
	if (!rc)
		rc = exchange(call_on, http, token, now, &new_token, err);
	if (!rc)
		rc = tell(&new_token, text, err);
	if (!rc)
		rc = call_other(call_on, &new_token, text, err);
	mp_token_free(&new_token);
	mp_http_free(http);
	return rc;
}
