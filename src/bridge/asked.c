#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"

static void free_one(struct mp_asked *one)
{
	free(one->id);
	free(one->server_id);
	free(one);
}

void mp_asked_free(struct mp_bridge *b)
{
	while (b->asked != NULL) {
		struct mp_asked *one = b->asked;

		b->asked = one->next;
		free_one(one);
	}
}

enum mcpass_rc mp_asked_add(struct mp_bridge *b, size_t server, struct mp_span server_id,
    char **ret_id, struct mcpass_error *err)
{
	struct mp_asked *one = calloc(1, sizeof(*one));
	enum mcpass_rc rc;

	if (one == NULL)
		return mp_nomem(err);
	one->server = server;
	rc = mp_tell_next_id(b, &one->id, err);
	if (!rc && server_id.data != NULL)
		rc = mp_set_span(&one->server_id, server_id, err);
	if (!rc)
		rc = mp_set(ret_id, one->id, err);
	if (rc) {
		free_one(one);
		return rc;
	}
	one->next = b->asked;
	b->asked = one;
	return MCPASS_OK;
}

enum mcpass_rc mp_asked_take(struct mp_bridge *b, const struct mp_message *m, bool *ret_taken,
    struct mcpass_error *err)
{
	struct mp_asked **slot = &b->asked, *one;
	struct mp_change edit = { "id", NULL };
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	while (*slot != NULL && (m->id.data == NULL || !mp_span_is(m->id, (*slot)->id)))
		slot = &(*slot)->next;
	one = *slot;
	*ret_taken = one != NULL;
	if (one == NULL)
		return MCPASS_OK;
	*slot = one->next;
	if (one->server != MP_NO_SERVER) {
		edit.json = one->server_id;
		rc = mp_splice(m->text, &edit, 1, &text, err);
		if (!rc)
			rc = b->port->respond(b->port->ctx, one->server, text, err);
	}
	free(text);
	free_one(one);
	return rc;
}

enum mcpass_rc mp_asked_pass(struct mp_bridge *b, size_t server, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_change edit = { "id", NULL };
	char *id = NULL, *text = NULL;
	enum mcpass_rc rc = mp_asked_add(b, server, m->id, &id, err);

	edit.json = id;
	if (!rc)
		rc = mp_splice(m->text, &edit, 1, &text, err);
	if (!rc)
		rc = mp_tell_pass(b, (struct mp_span){ text, strlen(text) }, err);
	free(id);
	free(text);
	return rc;
}
