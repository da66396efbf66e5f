/* A server may repeat what it was sent, in an error, in a tool's answer, in a log message;
 * what it says is shown to people and kept in files, so our secrets are not in it. */
#include <string.h>
#include "base/text.h"
#include "wire/mask.h"
#include "link/link_parts.h"

/* The credentials among --header; the names of others say nothing. */
static const char *const secret_headers[] = {
	"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key",
};

static bool is_secret(const char *name)
{
	for (size_t i = 0; i < MP_COUNT(secret_headers); i++)
		if (mp_eq_nocase(name, secret_headers[i]))
			return true;
	return false;
}

void mp_link_redact(const struct mp_link *link, char *text)
{
	const struct mp_link_options *options = &link->options;

	mcpass_client_redact(link->client, text);
	if (link->flow.is_running && link->flow.client != link->client)
		mcpass_client_redact(link->flow.client, text);
	for (size_t i = 0; i < options->header_count; i++) {
		const char *value = options->headers[i].value, *space = strchr(value, ' ');

		if (is_secret(options->headers[i].name))        /* "Bearer x": the x */
			(void)mp_mask_secret(text, space != NULL ? space + 1 : value);
	}
}

void mp_link_redact_error(const struct mp_link *link, struct mcpass_error *err)
{
	if (err == NULL)
		return;
	mp_link_redact(link, err->detail);
	mp_link_redact(link, err->hint);
}
