/* Which issuer may have what a person gave (a client's secret, a key's assertion, a workload's
 * JWT, an initial access token).  What was allowed once is noted in the store beside the
 * credentials, so that it is still known after a logout. */
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/drive_parts.h"

static bool gives(const struct mcpass_client_config *client)
{
	return (client->client_id != NULL && (client->client_secret != NULL || client->client_key != NULL))
	    || client->grant == MCPASS_GRANT_JWT_BEARER || client->initial_access_token != NULL;
}

/* The name of the note: a client's id is one wherever it is used; what has none is of one
 * server. */
static enum mcpass_rc note_name(const struct mcpass_client_config *client, struct mp_buf *ret_name,
    struct mcpass_error *err)
{
	if (client->client_id != NULL)
		mp_buf_addf(ret_name, "issuer of client %s", client->client_id);
	else
		mp_buf_addf(ret_name, "issuer of %s at %s", client->grant == MCPASS_GRANT_JWT_BEARER
		    ? "workloads" : "registrations", client->server_url);
	return mp_buf_check(ret_name, "the name of a note", err);
}

enum mcpass_rc mp_drive_recall_issuer(struct mp_drive *drive, struct mcpass_error *err)
{
	struct mcpass_client_config *client = &drive->options.client;
	struct mp_buf name;
	enum mcpass_rc rc;

	if (client->client_issuer != NULL || !gives(client))
		return MCPASS_OK;
	mp_buf_init(&name, 2 * MP_MAX_URI);
	rc = note_name(client, &name, err);
	if (!rc)
		rc = mp_store_noted(drive->store, mp_buf_text(&name), &drive->known_issuer, err);
	mp_buf_free(&name);
	client->client_issuer = drive->known_issuer;
	return rc;
}

/* A store that cannot be written is no reason to lose the token that has just come. */
void mp_drive_note_issuer(struct mp_drive *drive)
{
	const struct mcpass_client_config *client = &drive->options.client;
	struct mp_buf name;

	if (drive->token == NULL || drive->token->issuer == NULL || !gives(client)
	    || mp_eq(drive->known_issuer, drive->token->issuer))
		return;
	mp_buf_init(&name, 2 * MP_MAX_URI);
	if (note_name(client, &name, NULL) == MCPASS_OK
	    && mp_store_note(drive->store, mp_buf_text(&name), drive->token->issuer, NULL) == MCPASS_OK)
		(void)mp_set(&drive->known_issuer, drive->token->issuer, NULL);
	mp_buf_free(&name);
}

enum mcpass_rc mp_drive_confirm(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	bool yes = false;
	enum mcpass_rc rc = drive->options.ui.confirm_issuer(drive->options.ui.ctx, action->url, &yes,
	    err);

	event->type = MCPASS_EV_CONFIRMED;
	event->status = yes;
	return rc;
}
