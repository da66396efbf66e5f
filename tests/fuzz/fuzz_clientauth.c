/* Who claims to be calling the token endpoint: "header\nbody", either may be empty. */
#include <stdlib.h>
#include <string.h>
#include "oauth/clientauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void read_client(const char *header, const struct mp_form *form)
{
	struct mp_client_id client = { 0 };
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mp_clientauth_read(header, form, &client, &err);

	require(rc == MCPASS_OK || err.rc == rc);
	require((rc == MCPASS_OK) == (client.client_id != NULL && client.method != MP_AUTH_UNSET));
	require(rc != MCPASS_E_DENIED || err.oauth[0] != '\0');
	mp_client_id_free(&client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = mp_dup_span((struct mp_span){ (const char *)data, len });
	struct mp_form form = { 0 };
	char *body;

	if (text == NULL)
		return 0;
	body = strchr(text, '\n');
	if (body != NULL && mp_form_parse(body + 1, strlen(body + 1), &form, NULL) == MCPASS_OK) {
		*body = '\0';
		read_client(text[0] != '\0' ? text : NULL, &form);
		mp_form_free(&form);
	}
	free(text);
	return 0;
}
