/* What --explain tells: each step with its clause. */
#include <stdarg.h>
#include <stdio.h>
#include "flow/client.h"

#define MOST_FACTS 12           /* no step has more to say */

void mp_note(struct mcpass_client *client, const char *spec, const char *what, ...)
{
	struct mcpass_header facts[MOST_FACTS];
	struct mcpass_note note = { .what = what, .spec = spec, .facts = facts };
	const char *name;
	va_list ap;

	if (client->trace == NULL)
		return;
	va_start(ap, what);
	while (note.fact_count < MOST_FACTS && (name = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);

		if (value != NULL)
			facts[note.fact_count++] = (struct mcpass_header){ name, value };
	}
	va_end(ap);
	client->trace(client->trace_ctx, &note);
}

void mp_note_odd(struct mcpass_client *client, const char *whose, const struct mp_strings *odd)
{
	for (size_t i = 0; i < odd->count; i++)
		mp_note(client, NULL, whose, "odd", odd->items[i], NULL);
}

void mp_note_status(struct mcpass_client *client, const struct mcpass_event *event,
    const char *spec, const char *what)
{
	char status[16];

	(void)snprintf(status, sizeof(status), "%d", event->status);
	mp_note(client, spec, what, "url", client->url,
	    "status", event->status != 0 ? status : "no answer", NULL);
}
