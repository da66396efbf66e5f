/* A server may repeat what it was sent, in an error, in a tool's answer, in a log message;
 * what it says is shown to people and kept in files, so our secrets are not in it. */
#include <string.h>
#include "base/text.h"
#include "flow/client.h"
#include "flow/redact_forms.h"
#include "io/drive_parts.h"

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

void mp_drive_redact(const struct mp_drive *drive, char *text)
{
	const struct mp_drive_options *options = &drive->options;

	(void)mp_redact_text(drive->client, text);
	for (size_t i = 0; i < options->header_count; i++) {
		const char *value = options->headers[i].value, *space = strchr(value, ' ');

		if (is_secret(options->headers[i].name))        /* "Bearer x": the x */
			(void)mp_mask_secret(text, space != NULL ? space + 1 : value);
	}
}

void mp_drive_redact_error(const struct mp_drive *drive, struct mcpass_error *err)
{
	if (err == NULL)
		return;
	mp_drive_redact(drive, err->detail);
	mp_drive_redact(drive, err->hint);
}
