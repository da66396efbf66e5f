/* Actions, filled.  What they point at stands in the client until the next step. */
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/target.h"
#include "oauth/token.h"

enum mcpass_rc mp_action_load(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	client->action.type = MCPASS_ACT_LOAD;
	client->action.key = client->key;
	return MCPASS_OK;
}

enum mcpass_rc mp_action_lock(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	client->action.type = MCPASS_ACT_LOCK;
	client->action.key = client->key;
	return MCPASS_OK;
}

enum mcpass_rc mp_action_done(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;

	client->action.type = MCPASS_ACT_DONE;
	client->token = (struct mcpass_token){ 0 };
	if (!client->has_token)
		return mp_serving_begin(client, err);
	client->token = (struct mcpass_token){
		.access_token = mp_secret_reveal(&record->access_token),
		.token_type = record->token_type,
		.scope = record->scope,
		.issuer = record->as.issuer,
		.resource = record->resource,
		.expires_at = record->expires_at,
	};
	client->action.token = &client->token;
	return mp_serving_begin(client, err);
}

/* Saves text, which is wiped and freed. */
static enum mcpass_rc save_text(struct mcpass_client *client, char *text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_action_reset(client, MP_MAX_RECORD);
	mp_buf_adds(&client->body, text);
	mp_free_wiped(text);
	rc = mp_buf_check(&client->body, "the credential", err);
	if (rc)
		return rc;
	client->action.type = MCPASS_ACT_SAVE;
	client->action.key = client->key;
	client->action.body = mp_buf_text(&client->body);
	client->action.body_len = client->body.len;
	return MCPASS_OK;
}

enum mcpass_rc mp_action_replace(struct mcpass_client *client, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_record_write(&client->record, &text, err);

	return rc ? rc : save_text(client, text, err);
}

/* The login that works stays as it is, until there is another; what was registered for that
 * one stands beside it. */
enum mcpass_rc mp_action_save(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_record both = client->kept;   /* borrowed for this call */
	enum mcpass_rc rc;
	char *text = NULL;

	if (!mp_record_has_tokens(&client->kept))
		return mp_action_replace(client, err);
	if (mp_eq(both.as.issuer, client->record.as.issuer)
	    && mp_eq(both.client.client_id, client->record.client.client_id)) {
		both.client = client->record.client;
	} else {
		both.next_issuer = client->record.as.issuer;
		both.next = client->record.client;
	}
	rc = mp_record_write(&both, &text, err);
	return rc ? rc : save_text(client, text, err);
}

void mp_action_reset(struct mcpass_client *client, size_t max_body)
{
	mp_headers_free(&client->headers);
	mp_buf_free(&client->body);
	mp_buf_init(&client->body, max_body);
}

enum mcpass_rc mp_action_request(struct mcpass_client *client, const char *method,
    const char *url, size_t max_response, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *copy = NULL;

	rc = mp_set(&copy, url, err);   /* url may be the very text that is replaced */
	if (rc)
		return rc;
	mp_free_wiped(client->url);
	client->url = copy;
	rc = mp_headers_add(&client->headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_buf_check(&client->body, "the request", err);
	if (rc)
		return rc;
	client->action = (struct mcpass_action){
		.type = MCPASS_ACT_REQUEST,
		.method = method,
		.url = client->url,
		.headers = client->headers.items,
		.header_count = client->headers.count,
		.body = client->body.len > 0 ? mp_buf_text(&client->body) : NULL,
		.body_len = client->body.len,
		.max_response = max_response,
	};
	return MCPASS_OK;
}

enum mcpass_rc mp_action_get(struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	mp_action_reset(client, 0);
	return mp_action_request(client, "GET", url, MP_MAX_DOCUMENT, err);
}

enum mcpass_rc mp_action_with_token(struct mcpass_client *client, const char *method,
    const char *url, const struct mp_secret *token, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_action_reset(client, 0);
	rc = mp_action_add_bearer(client, token, err);
	return rc ? rc : mp_action_request(client, method, url, MP_MAX_DOCUMENT, err);
}

enum mcpass_rc mp_action_bare_form(struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_headers_add(&client->headers, "Content-Type", "application/x-www-form-urlencoded", err);
	return rc ? rc : mp_action_request(client, "POST", url, MP_MAX_TOKEN_RESPONSE, err);
}

enum mcpass_rc mp_action_token_form(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.token_endpoint;
	enum mcpass_rc rc = mp_dpop_add(client, endpoint, err);

	return rc ? rc : mp_action_form(client, endpoint, err);
}

/* Whose client the request is of, and how that proves itself. */
static enum mcpass_rc find_identity(const struct mcpass_client *client,
    const struct mp_record *record, struct mp_client_id *id, struct mcpass_error *err)
{
	const struct mp_record_client *registered = &record->client;
	enum mcpass_rc rc = mp_set(&id->client_id, registered->client_id, err);

	if (!rc)
		rc = mp_secret_set(&id->client_secret, mp_secret_reveal(&registered->client_secret), err);
	if (rc)
		return rc;
	if (client->given_key != NULL && mp_eq(registered->client_id, client->given_id)) {
		rc = mp_binding_check(client, err);
		id->key = client->given_key;
	}
	if (registered->auth_method != NULL)
		id->method = mp_auth_method_from_name(registered->auth_method);
	if (id->method == MP_AUTH_UNSET)
		id->method = mp_auth_method_choose(id, &record->as.token_endpoint_auth_methods_supported);
	return rc;
}

/* A form as the client of record, which may be another than ours. */
static enum mcpass_rc form_as(struct mcpass_client *client, const struct mp_record *record,
    const char *url, struct mcpass_error *err)
{
	const struct mp_auth_inputs inputs = { record->as.issuer, client->now, client->random,
		client->random_ctx };
	struct mp_client_id id = { 0 };
	enum mcpass_rc rc;

	if (record->client.client_id == NULL) {         /* a workload has no client (SEP-1933) */
		rc = mp_binding_check(client, err);
		return rc ? rc : mp_action_bare_form(client, url, err);
	}
	rc = find_identity(client, record, &id, err);
	if (!rc)
		rc = mp_clientauth_apply(&id, &inputs, &client->headers, &client->body, err);
	if (!rc)
		rc = mp_action_bare_form(client, url, err);
	mp_client_id_free(&id);
	return rc;
}

enum mcpass_rc mp_action_form(struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	return form_as(client, &client->record, url, err);
}

bool mp_action_can_revoke(const struct mp_record *record)
{
	return record->as.revocation_endpoint != NULL && mp_record_has_tokens(record);
}

/* The refresh token takes the access tokens with it. */
enum mcpass_rc mp_action_revoke(struct mcpass_client *client, const struct mp_record *record,
    struct mcpass_error *err)
{
	bool refresh = mp_secret_present(&record->refresh_token);

	mp_action_reset(client, MP_MAX_FORM);
	mp_token_revoke_form(&client->body, refresh ? &record->refresh_token : &record->access_token,
	    refresh ? "refresh_token" : "access_token");
	return form_as(client, record, record->as.revocation_endpoint, err);
}

enum mcpass_rc mp_action_add_bearer(struct mcpass_client *client, const struct mp_secret *token,
    struct mcpass_error *err)
{
	struct mp_buf value = MP_BUF(MP_MAX_TOKEN);

	mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(token));
	return mp_headers_add_buf(&client->headers, "Authorization", &value, err);
}

enum mcpass_rc mp_action_check_target(const struct mcpass_client *client, const char *url,
    const char *what, struct mcpass_error *err)
{
	const struct mp_strings *hosts = &client->http_hosts;

	if (mp_target_is_allowed_http(url, (const char *const *)hosts->items, hosts->count))
		return MCPASS_OK;
	return mp_target_check(url, client->server_url, (client->flags & MCPASS_LOOPBACK_HTTP) != 0,
	    what, err);
}

enum mcpass_rc mp_action_check_answered(const struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	if (event->status != 0)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_IO, NULL, "no answer from %s: %s", client->url,
	    event->data != NULL ? event->data : "unknown reason");
}
