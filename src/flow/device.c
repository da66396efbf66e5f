/* A login on another device: a code is shown here, and entered there.  spec: RFC 8628 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"

#define REQUESTING "asking for a code to sign in with"
#define POLLING "waiting for the login on the other device"

bool mp_device_is_offered(const struct mp_asmeta *as)
{
	/* Some name the endpoint and leave the grant out of the list, or have no list. */
	return as->device_authorization_endpoint != NULL && (as->grant_types_supported.count == 0
	    || mp_strings_has(&as->grant_types_supported, MP_GRANT_DEVICE));
}

/* spec: RFC 8628 3.1; the client proves itself as at the token endpoint */
enum mcpass_rc mp_begin_device(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.device_authorization_endpoint;
	const char *resource = mp_resource_to_send(client);
	enum mcpass_rc rc;
	char *scope = NULL;

	client->authorizations++;
	client->state = S_ASKING_CODE;
	rc = mp_scope_join(&client->scope, &scope, err);
	if (rc == MCPASS_OK)
		rc = mp_gather_params(client, err);
	if (rc)
		goto out;
	mp_note(client, "RFC 8628 3.1, RFC 8707 2", "Asking for a code to sign in with on another device",
	    "device_authorization_endpoint", endpoint, "client_id", client->record.client.client_id,
	    "scope", scope, "resource", resource, NULL);
	mp_act_reset(client, MP_MAX_FORM);
	mp_device_request_form(&client->body, scope, resource, client->asked.items,
	    client->asked.count);
	rc = mp_act_form(client, endpoint, now, action, err);
out:
	free(scope);
	return mp_doing(err, rc, REQUESTING);
}

/* What a browser on this machine is asked, or a code is shown, as was decided. */
enum mcpass_rc mp_begin_asking(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err)
{
	return client->by == MCPASS_GRANT_DEVICE
	    ? mp_begin_device(client, event->now, action, err)
	    : mp_ask_user(client, event, action, err);
}

/* A client of an earlier run that is forgotten, or was registered without this grant. */
static bool may_register(const struct mcpass_client *client)
{
	return client->given_id == NULL && !client->registered
	    && client->record.as.registration_endpoint != NULL
	    && !mp_eq(client->record.client.client_id, client->metadata_url);
}

/* The refusal in why: mended by another registration, or by the browser after all. */
static enum mcpass_rc mend(struct mcpass_client *client, const struct mcpass_error *why,
    struct mcpass_action *action, struct mcpass_error *err)
{
	bool not_allowed = strcmp(why->oauth, "unauthorized_client") == 0;
	bool gone = strcmp(why->oauth, "invalid_client") == 0;
	enum mcpass_rc rc;

	if (why->rc == MCPASS_E_DENIED && (not_allowed || gone) && may_register(client)) {
		mp_note(client, "RFC 8628 3.2", "This client may not sign in by a code; registering again",
		    "client_id", client->record.client.client_id, "error", why->oauth, NULL);
		return mp_begin_register(client, action, err);
	}
	if (why->rc == MCPASS_E_DENIED && not_allowed && client->grant != MCPASS_GRANT_DEVICE) {
		mp_note(client, "RFC 8628 3.2", "This client may not sign in by a code; asking in a browser",
		    "client_id", client->record.client.client_id, NULL);
		client->by = MCPASS_GRANT_CODE;
		rc = mp_asmeta_check_code_flow(&client->record.as,
		    mp_takes_no_s256(client), err);
		return rc ? rc : mp_begin_listen(client, action, err);
	}
	if (err != NULL)
		*err = *why;
	return mp_doing(err, why->rc, REQUESTING);
}

static void show(struct mcpass_client *client, int64_t now, struct mcpass_action *action)
{
	const struct mp_device *device = &client->device;

	client->pace = (struct mp_device_pace){ .interval = device->interval };
	client->waited = 0;
	client->code_expires_at = now + device->expires_in;
	mp_note(client, "RFC 8628 3.2", "The authorization server gave a code to show",
	    "verification_uri", device->verification_uri, "user_code", device->user_code,
	    "device_code", "(redacted)", NULL);
	client->state = S_SHOWING;
	action->type = MCPASS_ACT_SHOW_CODE;
	action->issuer = client->record.as.issuer;
	action->url = device->verification_uri;
	action->url_complete = device->verification_uri_complete;
	action->user_code = device->user_code;
	action->expires_at = client->code_expires_at;
}

MP_HANDLER(mp_take_device)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	mp_device_free(&client->device);
	if (event->status == 0)
		rc = mp_no_answer(client, event, err);
	if (rc)
		return mp_doing(err, rc, REQUESTING);
	rc = mp_device_answer(event->status, event->data, event->data_len, &client->device, &why);
	if (rc)
		return mend(client, &why, action, err);
	rc = mp_device_check_uris(&client->device, client->server_url,
	    (client->flags & MCPASS_LOOPBACK_HTTP) != 0, err);
	if (rc)
		return mp_doing(err, rc, REQUESTING);
	show(client, event->now, action);
	return MCPASS_OK;
}

/* Both clocks: one may be set, and the other does not count while a machine sleeps. */
static bool is_over(const struct mcpass_client *client, int64_t now)
{
	return client->waited + client->pace.interval >= client->device.expires_in
	    || now + client->pace.interval >= client->code_expires_at;
}

/* Waits until the next poll, unless the code is over by then.  why: what the last poll
 * brought, or NULL before the first one; wait: seconds that the server wants at least. */
static enum mcpass_rc pause_polling(struct mcpass_client *client, int64_t now, int64_t wait,
    const struct mcpass_error *why, struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	int64_t left;

	if (is_over(client, now) && why != NULL && why->rc == MCPASS_E_IO) {
		if (err != NULL)
			*err = *why;
		return mp_doing(err, why->rc, POLLING);
	}
	if (is_over(client, now)) {
		rc = mp_fail(err, MCPASS_E_EXPIRED, "RFC 8628 3.5",
		    "nobody entered the code in the time that it was good for");
		mp_hint(err, "run the command again for a new code");
		return mp_doing(err, rc, POLLING);
	}
	left = client->device.expires_in - client->waited;
	client->state = S_PAUSING;
	action->type = MCPASS_ACT_PAUSE;
	client->pause = wait > client->pace.interval ? wait : client->pace.interval;
	if (client->pause > left)
		client->pause = left;
	action->seconds = client->pause;
	action->expires_at = client->code_expires_at;
	return MCPASS_OK;
}

MP_HANDLER(mp_begin_waiting)
{
	return pause_polling(client, event->now, 0, NULL, action, err);
}

static enum mcpass_rc begin_poll(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.token_endpoint;
	enum mcpass_rc rc;

	client->state = S_POLLING;
	mp_act_reset(client, MP_MAX_FORM);
	mp_device_token_form(&client->body, &client->device.device_code, mp_resource_to_send(client));
	rc = mp_dpop_add(client, endpoint, now, err);
	if (rc == MCPASS_OK)
		rc = mp_act_form(client, endpoint, now, action, err);
	return mp_doing(err, rc, POLLING);
}

MP_HANDLER(mp_poll)
{
	client->waited += client->pause;
	return begin_poll(client, event->now, action, err);
}

/* Not yet, once more, or never. */
static enum mcpass_rc go_on(struct mcpass_client *client, const struct mcpass_event *event,
    const struct mcpass_error *why, struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool again;

	rc = mp_dpop_nonce(client, event, why->oauth, &client->as_nonce, &again, err);
	if (rc)
		return rc;
	if (again)
		return begin_poll(client, event->now, action, err);
	rc = mp_device_judge(event->status, why, &client->pace, err);
	return rc ? mp_doing(err, rc, POLLING)
	    : pause_polling(client, event->now,
	        mp_http_retry_after(event->headers, event->header_count, event->now), why, action, err);
}

MP_HANDLER(mp_take_polled)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_take_answer(client, event, action, &why);

	if (rc)
		return go_on(client, event, &why, action, err);
	mp_device_free(&client->device);        /* used up */
	return mp_dpop_nonce(client, event, NULL, &client->as_nonce, NULL, err);
}
