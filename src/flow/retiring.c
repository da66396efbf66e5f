/* The registration that a new one replaces is given back, so that nobody has to clean up
 * after us: some servers count their clients.  It comes last, for while the new one is not
 * there the old one may still be of use.  spec: RFC 7592 2.3 */
#include <stdio.h>
#include "base/limits.h"
#include "flow/client.h"

enum mcpass_rc mp_set_aside(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	if (!mp_is_managed(&client->record))
		return MCPASS_OK;
	rc = mp_set(&client->retired_url, ours->configuration_url, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&client->retired_token, mp_secret_reveal(&ours->configuration_token), err);
	return rc;
}

MP_HANDLER(mp_retire_or_ask)
{
	enum mcpass_rc rc;

	/* A login that works is of the old one: it is given back when there is another. */
	if (client->retired_url == NULL || mp_record_has_tokens(&client->kept))
		return mp_begin_asking(client, event, action, err);
	client->state = S_RETIRING;
	mp_act_reset(client, 0);
	rc = mp_act_bearer(client, &client->retired_token, err);
	if (rc == MCPASS_OK)
		rc = mp_act_request(client, "DELETE", client->retired_url, MP_MAX_DOCUMENT, action, err);
	return mp_doing(err, rc, "giving back the old registration");
}

/* A courtesy: its answer decides nothing. */
MP_HANDLER(mp_take_retired)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", event->status);
	mp_note(client, "RFC 7592 2.3", "Asked the authorization server to forget the old registration",
	    "url", client->url, "status", event->status != 0 ? status : "no answer", NULL);
	mp_set(&client->retired_url, NULL, NULL);
	mp_secret_free(&client->retired_token);
	return mp_begin_asking(client, event, action, err);
}
