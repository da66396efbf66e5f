/* A login on another device: a code is shown here, and entered there.  spec: RFC 8628 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"

#define REQUESTING "asking for a code to sign in with"
#define POLLING "waiting for the login on the other device"

/* spec: RFC 8628 3.1; the client proves itself as at the token endpoint */
enum mcpass_rc mp_device_ask(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.device_authorization_endpoint;
	const char *resource = mp_provider_resource(client);
	enum mcpass_rc rc;
	char *scope = NULL;

	client->authorizations++;
	rc = mp_scope_join(&client->scope, &scope, err);
	if (!rc)
		rc = mp_provider_gather_params(client, err);
	if (rc)
		goto out;
	mp_note(client, "RFC 8628 3.1, RFC 8707 2", "Asking for a code to sign in with on another device",
	    "device_authorization_endpoint", endpoint, "client_id", client->record.client.client_id,
	    "scope", scope, "resource", resource, NULL);
	mp_action_reset(client, MP_MAX_FORM);
	mp_device_request_form(&client->body, scope, resource, client->asked.items,
	    client->asked.count);
	rc = mp_action_form(client, endpoint, err);
out:
	free(scope);
	return mp_doing(err, rc, REQUESTING);
}

/* A client of an earlier run that is forgotten, or was registered without this grant. */
static bool may_register(const struct mcpass_client *client)
{
	return client->given_id == NULL && !client->registered
	    && client->record.as.registration_endpoint != NULL
	    && !mp_eq(client->record.client.client_id, client->metadata_url);
}

/* The refusal in why: mended by another registration, or by the browser after all. */
static enum mp_state mend(struct mcpass_client *client, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	bool not_allowed = strcmp(why->oauth, "unauthorized_client") == 0;
	bool gone = strcmp(why->oauth, "invalid_client") == 0;

	if (why->rc == MCPASS_E_DENIED && (not_allowed || gone) && may_register(client)) {
		mp_note(client, "RFC 8628 3.2", "This client may not sign in by a code; registering again",
		    "client_id", client->record.client.client_id, "error", why->oauth, NULL);
		return S_REGISTERING;
	}
	if (why->rc != MCPASS_E_DENIED || !not_allowed || client->grant == MCPASS_GRANT_DEVICE)
		return mp_broken_by(err, why, REQUESTING);
	mp_note(client, "RFC 8628 3.2", "This client may not sign in by a code; asking in a browser",
	    "client_id", client->record.client.client_id, NULL);
	client->by = MCPASS_GRANT_CODE;
	return mp_asmeta_check_code_flow(&client->record.as, mp_provider_takes_no_s256(client), err)
	    ? S_BROKEN : S_LISTENING;
}

enum mp_state mp_device_take_code(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	const struct mp_device_rules rules = { .server_url = client->server_url,
		.loopback_http = (client->flags & MCPASS_LOOPBACK_HTTP) != 0,
		.http_hosts = client->http_hosts };
	struct mcpass_error why = { 0 };

	mp_device_free(&client->device);
	if (mp_action_check_answered(client, event, err))
		return mp_broken(err, REQUESTING);
	if (mp_device_answer(event->status, event->data, event->data_len, &client->device, &why))
		return mend(client, &why, err);
	if (mp_device_check_uris(&client->device, &rules, err))
		return mp_broken(err, REQUESTING);
	return S_SHOWING;
}

enum mcpass_rc mp_device_show(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_device *device = &client->device;

	(void)err;
	client->pace = (struct mp_device_pace){ .interval = device->interval };
	client->waited = 0;
	client->code_expires_at = client->now + device->expires_in;
	mp_note(client, "RFC 8628 3.2", "The authorization server gave a code to show",
	    "verification_uri", device->verification_uri, "user_code", device->user_code,
	    "device_code", "(redacted)", NULL);
	client->action = (struct mcpass_action){
		.type = MCPASS_ACT_SHOW_CODE,
		.issuer = client->record.as.issuer,
		.url = device->verification_uri,
		.url_complete = device->verification_uri_complete,
		.user_code = device->user_code,
		.expires_at = client->code_expires_at,
	};
	return MCPASS_OK;
}

/* Both clocks: one may be set, and the other does not count while a machine sleeps. */
static bool is_over(const struct mcpass_client *client)
{
	return client->waited + client->pace.interval >= client->device.expires_in
	    || client->now + client->pace.interval >= client->code_expires_at;
}

/* Waits until the next poll, unless the code is over by then.  why: what the last poll
 * brought, or NULL before the first one; wait: seconds that the server wants at least. */
static enum mp_state wait_for_poll(struct mcpass_client *client, int64_t wait,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	int64_t left = client->device.expires_in - client->waited;

	if (is_over(client) && why != NULL && why->rc == MCPASS_E_IO)
		return mp_broken_by(err, why, POLLING);
	if (is_over(client)) {
		(void)mp_fail(err, MCPASS_E_EXPIRED, "RFC 8628 3.5",
		    "the code was not entered in the time that it was good for");
		mp_hint(err, "run the command again for a new code");
		return mp_broken(err, POLLING);
	}
	client->pause = wait > client->pace.interval ? wait : client->pace.interval;
	if (client->pause > left)
		client->pause = left;
	return S_PAUSING;
}

enum mp_state mp_device_take_shown(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)event;
	return wait_for_poll(client, 0, NULL, err);
}

enum mcpass_rc mp_device_pause(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	client->action.type = MCPASS_ACT_PAUSE;
	client->action.seconds = client->pause;
	client->action.expires_at = client->code_expires_at;
	return MCPASS_OK;
}

enum mp_state mp_device_take_paused(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)event;
	(void)err;
	client->waited += client->pause;
	return S_POLLING;
}

enum mcpass_rc mp_device_poll(struct mcpass_client *client, struct mcpass_error *err)
{
	mp_action_reset(client, MP_MAX_FORM);
	mp_device_token_form(&client->body, &client->device.device_code, mp_provider_resource(client));
	return mp_doing(err, mp_action_token_form(client, err), POLLING);
}

/* Not yet, once more, or never. */
static enum mp_state go_on(struct mcpass_client *client, const struct mcpass_event *event,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	bool again;

	if (mp_dpop_nonce(client, event, why->oauth, &client->as_nonce, &again, err))
		return S_BROKEN;
	if (again)
		return S_POLLING;
	if (mp_device_judge(event->status, why, &client->pace, err))
		return mp_broken(err, POLLING);
	return wait_for_poll(client,
	    mp_http_retry_after(event->headers, event->header_count, event->now), why, err);
}

enum mp_state mp_device_take_polled(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (mp_keep_token_take_new(client, event, &why))
		return go_on(client, event, &why, err);
	mp_device_free(&client->device);        /* used up */
	return mp_dpop_nonce(client, event, NULL, &client->as_nonce, NULL, err) ? S_BROKEN
	    : S_SAVING_TOKEN;
}
