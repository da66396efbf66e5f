/* Actions, filled.  What they point at stands in the client until the next step. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/target.h"
#include "oauth/token.h"

void mp_act_load(struct mcpass_client *client, struct mcpass_action *action)
{
	action->type = MCPASS_ACT_LOAD;
	action->key = client->key;
}

void mp_act_lock(struct mcpass_client *client, struct mcpass_action *action)
{
	client->state = S_LOCKING;
	action->type = MCPASS_ACT_LOCK;
	action->key = client->key;
}

/* The login that works stays as it is, until there is another; what was registered for that
 * one stands beside it. */
static enum mcpass_rc write_record(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_record text = client->kept;   /* borrowed for this call */

	if (!mp_record_has_tokens(&client->kept))
		return mp_record_write(&client->record, ret_text, err);
	if (mp_eq(text.as.issuer, client->record.as.issuer)
	    && mp_eq(text.client.client_id, client->record.client.client_id)) {
		text.client = client->record.client;
	} else {
		text.next_issuer = client->record.as.issuer;
		text.next = client->record.client;
	}
	return mp_record_write(&text, ret_text, err);
}

enum mcpass_rc mp_act_save(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *text = NULL;

	rc = write_record(client, &text, err);
	if (rc)
		return rc;
	mp_act_reset(client, MP_MAX_RECORD);
	mp_buf_adds(&client->body, text);
	mp_free_wiped(text);
	rc = mp_buf_check(&client->body, "the credential", err);
	if (rc)
		return rc;
	action->type = MCPASS_ACT_SAVE;
	action->key = client->key;
	action->body = mp_buf_text(&client->body);
	action->body_len = client->body.len;
	return MCPASS_OK;
}

void mp_act_reset(struct mcpass_client *client, size_t max_body)
{
	mp_headers_free(&client->headers);
	mp_buf_free(&client->body);
	mp_buf_init(&client->body, max_body);
}

enum mcpass_rc mp_act_request(struct mcpass_client *client, const char *method,
    const char *url, size_t max_response, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *copy = NULL;

	rc = mp_set(&copy, url, err);   /* url may be the very text that is replaced */
	if (rc)
		return rc;
	mp_free_wiped(client->url);
	client->url = copy;
	rc = mp_headers_add(&client->headers, "Accept", "application/json", err);
	if (rc == MCPASS_OK)
		rc = mp_buf_check(&client->body, "the request", err);
	if (rc)
		return rc;
	action->type = MCPASS_ACT_REQUEST;
	action->method = method;
	action->url = client->url;
	action->headers = client->headers.items;
	action->header_count = client->headers.count;
	action->body = client->body.len > 0 ? mp_buf_text(&client->body) : NULL;
	action->body_len = client->body.len;
	action->max_response = max_response;
	return MCPASS_OK;
}

enum mcpass_rc mp_act_get(struct mcpass_client *client, const char *url,
    struct mcpass_action *action, struct mcpass_error *err)
{
	mp_act_reset(client, 0);
	return mp_act_request(client, "GET", url, MP_MAX_DOCUMENT, action, err);
}

enum mcpass_rc mp_act_bare_form(struct mcpass_client *client, const char *url,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_headers_add(&client->headers, "Content-Type", "application/x-www-form-urlencoded", err);
	return rc ? rc : mp_act_request(client, "POST", url, MP_MAX_TOKEN_RESPONSE, action, err);
}

enum mcpass_rc mp_act_form(struct mcpass_client *client, const char *url, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	return mp_act_form_as(client, &client->record, url, now, action, err);
}

enum mcpass_rc mp_act_form_as(struct mcpass_client *client, const struct mp_record *as,
    const char *url, int64_t now, struct mcpass_action *action, struct mcpass_error *err)
{
	const struct mp_record_client *registered = &as->client;
	struct mp_client_id id = { 0 };
	struct mp_auth_inputs inputs = { as->as.issuer, now, client->random, client->random_ctx };
	enum mcpass_rc rc;

	if (registered->client_id == NULL) {    /* a workload has no client (SEP-1933) */
		rc = mp_check_vouched(client, err);
		return rc ? rc : mp_act_bare_form(client, url, action, err);
	}
	rc = mp_set(&id.client_id, registered->client_id, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&id.client_secret, mp_secret_reveal(&registered->client_secret), err);
	if (rc)
		goto out;
	if (client->given_key != NULL && mp_eq(registered->client_id, client->given_id)) {
		rc = mp_check_vouched(client, err);
		if (rc)
			goto out;
		id.key = client->given_key;
	}
	if (registered->auth_method != NULL)
		id.method = mp_auth_method_from_name(registered->auth_method);
	if (id.method == MP_AUTH_UNSET)
		id.method = mp_auth_method_choose(&id,
		    &as->as.token_endpoint_auth_methods_supported);
	rc = mp_clientauth_apply(&id, &inputs, &client->headers, &client->body, err);
	if (rc == MCPASS_OK)
		rc = mp_act_bare_form(client, url, action, err);
out:
	mp_client_id_free(&id);
	return rc;
}

bool mp_can_revoke(const struct mp_record *record)
{
	return record->as.revocation_endpoint != NULL && mp_record_has_tokens(record);
}

/* The refresh token takes the access tokens with it. */
enum mcpass_rc mp_act_revoke(struct mcpass_client *client, const struct mp_record *record,
    int64_t now, struct mcpass_action *action, struct mcpass_error *err)
{
	bool refresh = mp_secret_present(&record->refresh_token);

	mp_act_reset(client, MP_MAX_FORM);
	mp_token_revoke_form(&client->body, refresh ? &record->refresh_token : &record->access_token,
	    refresh ? "refresh_token" : "access_token");
	return mp_act_form_as(client, record, record->as.revocation_endpoint, now, action, err);
}

enum mcpass_rc mp_act_bearer(struct mcpass_client *client, const struct mp_secret *token,
    struct mcpass_error *err)
{
	struct mp_buf value;
	enum mcpass_rc rc;

	mp_buf_init(&value, MP_MAX_TOKEN);
	mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(token));
	rc = mp_buf_check(&value, "an access token", err);
	if (rc == MCPASS_OK)
		rc = mp_headers_add(&client->headers, "Authorization", mp_buf_text(&value), err);
	mp_buf_free(&value);
	return rc;
}

enum mcpass_rc mp_check_target(const struct mcpass_client *client, const char *url,
    const char *what, struct mcpass_error *err)
{
	const struct mp_strings *hosts = &client->http_hosts;

	if (mp_target_is_allowed_http(url, (const char *const *)hosts->items, hosts->count))
		return MCPASS_OK;
	return mp_target_check(url, client->server_url, (client->flags & MCPASS_LOOPBACK_HTTP) != 0,
	    what, err);
}

enum mcpass_rc mp_check_json(const struct mcpass_client *client,
    const struct mcpass_event *event, const char *spec, struct mcpass_error *err)
{
	const char *type = mp_header_get(event->headers, event->header_count, "Content-Type");

	/* Servers that say nothing are taken at the word of their body. */
	if (type == NULL || mp_media_type_is(type, "application/json"))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_PROTOCOL, spec, "%s answered with %s, not with JSON", client->url, type);
}

enum mcpass_rc mp_no_answer(const struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_IO, NULL, "no answer from %s: %s", client->url,
	    event->data != NULL ? event->data : "unknown reason");
}
