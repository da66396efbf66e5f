/* Where the MCP server is (on this machine, inside a network, outside), kept from run to run: a
 * refresh and a logout come before it is connected to, and what it named before is judged by
 * that.  (http_reach.c) */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/drive_parts.h"

static const char *const names[] = {
	[MP_REACH_PUBLIC] = "public", [MP_REACH_PRIVATE] = "private", [MP_REACH_LOOPBACK] = "loopback",
};

static enum mcpass_rc note_name(const struct mp_drive *drive, struct mp_buf *ret_name,
    struct mcpass_error *err)
{
	mp_buf_addf(ret_name, "reach %s", drive->options.client.server_url);
	return mp_buf_check(ret_name, "the name of a note", err);
}

enum mcpass_rc mp_drive_recall_reach(struct mp_drive *drive, struct mcpass_error *err)
{
	struct mp_buf name;
	char *text = NULL;
	enum mcpass_rc rc;

	mp_buf_init(&name, 2 * MP_MAX_URI);
	rc = note_name(drive, &name, err);
	if (!rc)
		rc = mp_store_noted(drive->store, mp_buf_text(&name), &text, err);
	for (size_t i = MP_REACH_PUBLIC; !rc && text != NULL && i < MP_COUNT(names); i++)
		if (strcmp(text, names[i]) == 0)
			drive->known_reach = (enum mp_reach)i;
	mp_buf_free(&name);
	free(text);
	return rc;
}

/* A store that cannot be written is no reason to stop: it is learned again. */
void mp_drive_note_reach(struct mp_drive *drive)
{
	enum mp_reach reach = mp_http_server_reach(drive->http);
	struct mp_buf name;

	if (reach == drive->known_reach || (size_t)reach >= MP_COUNT(names) || names[reach] == NULL)
		return;
	mp_buf_init(&name, 2 * MP_MAX_URI);
	if (note_name(drive, &name, NULL) == MCPASS_OK
	    && mp_store_note(drive->store, mp_buf_text(&name), names[reach], NULL) == MCPASS_OK)
		drive->known_reach = reach;
	mp_buf_free(&name);
}
