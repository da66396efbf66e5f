/* A server may repeat, in the text that says why it refuses, what it was sent.  That text
 * is shown to people and kept in logs, so our secrets are made illegible in it. */
#include <string.h>
#include "flow/machine.h"

/* Less than this is a word that may stand in any sentence, and no secret. */
#define LEAST 8

bool mp_mask_secret(char *text, const char *secret)
{
	size_t len = strlen(secret);
	bool found = false;

	if (len < LEAST)
		return false;
	for (char *at = strstr(text, secret); at != NULL; at = strstr(at + len, secret)) {
		memset(at, '*', len);
		found = true;
	}
	return found;
}

static void mask(char *text, const char *secret)
{
	size_t text_len = strlen(text), len = strlen(secret);

	(void)mp_mask_secret(text, secret);
	/* The text may have been cut off in the middle of it. */
	for (size_t part = len < text_len ? len : text_len; part >= LEAST; part--)
		if (memcmp(text + text_len - part, secret, part) == 0)
			memset(text + text_len - part, '*', part);
}

#define SECRETS 14
static void list_secrets(const struct mcpass_client *client,
    const struct mp_secret *ret_secrets[SECRETS])
{
	const struct mp_record *record = &client->record;
	const struct mp_secret *const secrets[SECRETS] = {
		&client->given_secret, &client->initial_access_token, &client->assertion,
		&client->idp_client_secret, &client->refused_token, &client->verifier, &client->code,
		&client->id_jag, &client->device.device_code, &record->access_token, &record->refresh_token,
		&record->client.client_secret, &record->client.configuration_token,
		&client->retired_token,
	};

	memcpy(ret_secrets, secrets, sizeof(secrets));
}

bool mp_redact_text(const struct mcpass_client *client, char *text)
{
	const struct mp_secret *secrets[SECRETS];
	bool found = false;

	list_secrets(client, secrets);
	for (size_t i = 0; i < SECRETS; i++)
		if (mp_secret_present(secrets[i]))
			found |= mp_mask_secret(text, mp_secret_reveal(secrets[i]));
	return found;
}

void mp_redact(const struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_secret *secrets[SECRETS];

	if (err == NULL)
		return;
	list_secrets(client, secrets);
	for (size_t i = 0; i < SECRETS; i++) {
		const char *secret = mp_secret_reveal(secrets[i]);

		if (secret == NULL)
			continue;
		mask(err->detail, secret);
		mask(err->hint, secret);
		mask(err->oauth, secret);
	}
}
