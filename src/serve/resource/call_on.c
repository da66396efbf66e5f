#include "serve/resource/call_on.h"
#include <stdlib.h>
#include "io/entropy.h"
#include "oauth/token_exchange.h"
#include "oauth/target.h"
#include "ui/mcp_result.h"

enum mcpass_rc mp_call_on_init(const struct mp_serve_plan *plan, struct mp_call_on *ret_call_on,
    struct mcpass_error *err)
{
	struct mp_call_on call_on = { .plan = plan };
	enum mcpass_rc rc;

	rc = mp_set(&call_on.client.client_id, plan->config->exchange.client_id, err);
	if (!rc)
		rc = mp_secret_set(&call_on.client.client_secret,
		    mp_secret_reveal(&plan->exchange_secret), err);
	if (rc)
		mp_call_on_free(&call_on);
	*ret_call_on = call_on;
	return rc;
}

void mp_call_on_free(struct mp_call_on *call_on)
{
	mp_client_id_free(&call_on->client);
	free(call_on->token_endpoint);
	*call_on = (struct mp_call_on){ 0 };
}

enum mcpass_rc mp_call_on_learn(struct mp_call_on *call_on, const struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	const char *issuer = call_on->plan->exchange_issuer;
	enum mcpass_rc rc;

	if (meta->token_endpoint == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the metadata of %s has no token_endpoint", issuer);
	rc = mp_target_check(meta->token_endpoint, issuer, true, "the token endpoint", err);
	if (rc)
		return rc;
	call_on->client.method = mp_auth_method_choose(&call_on->client,
	    &meta->token_endpoint_auth_methods_supported);
	return mp_set(&call_on->token_endpoint, meta->token_endpoint, err);
}

static void write_form(const struct mp_call_on *call_on, const struct mp_secret *subject,
    struct mp_buf *form)
{
	const struct mp_serve_exchange *config = &call_on->plan->config->exchange;
	struct mp_token_exchange exchange = {
		.requested_type = MP_TOKEN_TYPE_ACCESS, .subject = subject,
		.subject_type = MP_TOKEN_TYPE_ACCESS, .audience = config->audience,
		.resource = config->resource, .scope = config->scope,
	};

	if (config->audience == NULL && config->resource == NULL)
		exchange.resource = config->call_on;    /* spec: RFC 8707 2 */
	mp_token_exchange_form(form, &exchange);
}

enum mcpass_rc mp_call_on_ask(const struct mp_call_on *call_on, const struct mp_secret *subject,
    int64_t now, struct mp_headers *headers, struct mp_buf *form, struct mcpass_error *err)
{
	const struct mp_auth_inputs inputs = { .issuer = call_on->plan->exchange_issuer,
		.now = now, .random = mp_entropy };
	enum mcpass_rc rc;

	write_form(call_on, subject, form);
	rc = mp_headers_add(headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_headers_add(headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_clientauth_apply(&call_on->client, &inputs, headers, form, err);
	return rc ? rc : mp_buf_check(form, "the exchange", err);
}

enum mcpass_rc mp_call_on_tell(const struct mp_token *token, struct mp_buf *text,
    struct mcpass_error *err)
{
	struct mp_token_exchange_words words = { 0 };
	enum mcpass_rc rc = mp_token_exchange_read(&token->access_token, &words, err);
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
	mp_token_exchange_words_free(&words);
	return rc;
}

enum mcpass_rc mp_call_on_add(const struct mp_call_on *call_on, const char *json, bool is_error,
    struct mp_buf *text, struct mcpass_error *err)
{
	const struct mp_term plain = { 0 };
	struct mp_parts parts = { 0 };
	enum mcpass_rc rc;

	mp_buf_addf(text, "\n%s sees:\n", call_on->plan->config->exchange.call_on);
	rc = mp_parts_read(json, &parts, err);
	if (!rc && (is_error || parts.is_error))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "its whoami ended in an error");
	else if (!rc)
		mp_mcp_result_show(text, &plain, &parts);
	mp_parts_free(&parts);
	return rc;
}
