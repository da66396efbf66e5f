/* Logging out: what the issuer gave is given back, as far as it can be, then forgotten
 * here in any case: a server that is down must not keep a person logged in. */
#include "flow/client.h"

static enum mp_state deregister_or_forget(const struct mcpass_client *client)
{
	return mp_register_is_managed(&client->record) ? S_OUT_DEREGISTERING : S_OUT_FORGETTING;
}

enum mp_state mp_logout_take_record(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	mp_record_free(record);
	rc = event->data != NULL ? mp_record_parse(event->data, record, NULL) : MCPASS_E_STORE;
	if (rc == MCPASS_E_NOMEM) {
		(void)mp_nomem(err);
		return S_BROKEN;
	}
	if (rc)         /* one that cannot be read is still forgotten */
		return S_OUT_FORGETTING;
	return mp_action_can_revoke(record) ? S_OUT_REVOKING : deregister_or_forget(client);
}

enum mcpass_rc mp_logout_revoke(struct mcpass_client *client, struct mcpass_error *err)
{
	return mp_action_revoke(client, &client->record, err);
}

enum mp_state mp_logout_take_revoked(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)err;
	mp_note_status(client, event, "RFC 7009 2.2", "Asked the authorization server to revoke the"
	    " tokens");
	return deregister_or_forget(client);
}

enum mcpass_rc mp_logout_deregister(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;

	return mp_action_with_token(client, "DELETE", ours->configuration_url,
	    &ours->configuration_token, err);
}

enum mp_state mp_logout_take_deregistered(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)err;
	mp_note_status(client, event, "RFC 7592 2.3", "Asked it to forget the registered client");
	return S_OUT_FORGETTING;
}

enum mcpass_rc mp_logout_forget(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	client->action.type = MCPASS_ACT_SAVE;
	client->action.key = client->key;
	return MCPASS_OK;
}

enum mp_state mp_logout_take_forgotten(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	if (event->data != NULL) {
		(void)mp_fail(err, MCPASS_E_STORE, NULL, "the credential is stored still: %s", event->data);
		return mp_broken(err, "logging out");
	}
	mp_note(client, NULL, "The credential is forgotten here", NULL);
	mp_record_free(&client->kept);
	mp_record_free(&client->record);
	return mp_done(client, false);
}
