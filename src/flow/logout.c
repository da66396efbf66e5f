/* Logging out: what the issuer gave is given back, as far as it can be, then forgotten
 * here in any case: a server that is down must not keep a person logged in. */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"

MP_HANDLER(mp_out_lock)
{
	(void)event;
	(void)err;
	mp_act_lock(client, action);
	client->state = S_OUT_LOCKING;
	return MCPASS_OK;
}

MP_HANDLER(mp_out_load)
{
	(void)event;
	(void)err;
	client->state = S_OUT_LOADING;
	mp_act_load(client, action);
	return MCPASS_OK;
}

/* Says how a courtesy request ended; it decides nothing. */
static void note_result(struct mcpass_client *client, const struct mcpass_event *event,
    const char *spec, const char *what)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", event->status);
	mp_note(client, spec, what, "url", client->url,
	    "status", event->status != 0 ? status : "no answer", NULL);
}

static enum mcpass_rc deregister_or_forget(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *action, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	if (!mp_is_managed(&client->record))
		return mp_out_forget(client, event, action, err);
	client->state = S_OUT_DEREGISTERING;
	mp_act_reset(client, 0);
	rc = mp_act_bearer(client, &ours->configuration_token, err);
	if (rc)
		return rc;
	return mp_act_request(client, "DELETE", ours->configuration_url, MP_MAX_DOCUMENT, action, err);
}

MP_HANDLER(mp_out_revoke)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	mp_record_free(record);
	rc = event->data != NULL ? mp_record_parse(event->data, record, NULL) : MCPASS_E_STORE;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)         /* one that cannot be read is still forgotten */
		return mp_out_forget(client, event, action, err);
	if (!mp_can_revoke(record))
		return deregister_or_forget(client, event, action, err);
	client->state = S_OUT_REVOKING;
	return mp_act_revoke(client, record, event->now, action, err);
}

MP_HANDLER(mp_out_deregister)
{
	note_result(client, event, "RFC 7009 2.2", "Asked the authorization server to revoke the tokens");
	return deregister_or_forget(client, event, action, err);
}

MP_HANDLER(mp_out_forget)
{
	(void)err;
	if (client->state == S_OUT_DEREGISTERING)
		note_result(client, event, "RFC 7592 2.3", "Asked it to forget the registered client");
	client->state = S_OUT_FORGETTING;
	action->type = MCPASS_ACT_SAVE;
	action->key = client->key;
	return MCPASS_OK;
}

MP_HANDLER(mp_out_done)
{
	if (event->data != NULL)
		return mp_doing(err, mp_fail(err, MCPASS_E_STORE, NULL,
		    "the credential is stored still: %s", event->data), "logging out");
	mp_note(client, NULL, "The credential is forgotten here", NULL);
	mp_record_free(&client->kept);
	mp_record_free(&client->record);
	mp_finish_without(client, action);
	return MCPASS_OK;
}
