/* A server may repeat, in the text that says why it refuses, what it was sent, as it was sent
 * or as it was read.  That text is shown to people and kept in logs, so our secrets are made
 * illegible in it, in whichever form they stand there. */
#include <stdio.h>
#include <string.h>
#include "flow/client.h"
#include "wire/mask.h"

#define SECRETS 15
static void list_secrets(const struct mcpass_client *client,
    const struct mp_secret *ret_secrets[SECRETS])
{
	const struct mp_record *record = &client->record;
	const struct mp_secret *const secrets[SECRETS] = {
		&client->given_secret, &client->initial_access_token, &client->assertion,
		&client->idp_client_secret, &client->refused_token, &client->verifier, &client->code,
		&client->id_jag, &client->device.device_code, &record->access_token, &record->refresh_token,
		&record->client.client_secret, &record->client.configuration_token,
		&client->retired_token, &client->serving.access_token,
	};

	memcpy(ret_secrets, secrets, sizeof(secrets));
}

void mcpass_client_redact(const struct mcpass_client *client, char *text)
{
	const struct mp_secret *secrets[SECRETS];

	list_secrets(client, secrets);
	for (size_t i = 0; i < SECRETS; i++)
		if (mp_secret_present(secrets[i]))
			(void)mp_mask_secret(text, mp_secret_reveal(secrets[i]));
}

/* A code of an error is kept in lower case.  What is longer than it was cut off. */
static void redact_code(const struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_secret *secrets[SECRETS];
	char small[sizeof(err->oauth)];

	list_secrets(client, secrets);
	for (size_t i = 0; i < SECRETS; i++) {
		if (!mp_secret_present(secrets[i]))
			continue;
		(void)snprintf(small, sizeof(small), "%s", mp_secret_reveal(secrets[i]));
		mp_lower_case(small);
		(void)mp_mask_secret(err->oauth, small);
	}
	mp_wipe(small, sizeof(small));
}

void mp_redact(const struct mcpass_client *client, struct mcpass_error *err)
{
	mcpass_client_redact(client, err->detail);
	mcpass_client_redact(client, err->hint);
	mcpass_client_redact(client, err->oauth);
	redact_code(client, err);
}
