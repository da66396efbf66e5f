/* The request of an old host in the form of 2026-07-28, for a new server. */
#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"

/* spec: MCP 2026-07-28: what the host cannot answer there is not promised */
static enum mcpass_rc capabilities_for(const struct mp_bridge *b, char **ret_text,
    struct mcpass_error *err)
{
	static const struct mp_change no_tasks = { "tasks", NULL };
	static const struct mp_change no_change = { "listChanged", NULL };
	const char *all = b->host.capabilities != NULL ? b->host.capabilities : "{}";
	struct mp_span roots = mp_raw_value((struct mp_span){ all, strlen(all) }, "roots");
	struct mp_change edits[2] = { no_tasks, { "roots", NULL } };
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (roots.len > 0 && roots.data[0] == '{' && mp_raw_value(roots, "listChanged").data != NULL)
		rc = mp_splice(roots, &no_change, 1, &text, err);
	edits[1].json = text;
	if (!rc)
		rc = mp_splice((struct mp_span){ all, strlen(all) }, edits, text != NULL ? 2 : 1, ret_text, err);
	free(text);
	return rc;
}

/* Its params in the form of 2026-07-28; the session completes _meta. */
static enum mcpass_rc modernize(const struct mp_bridge *b, const struct mp_request *r,
    struct mp_span params, char **ret_params, struct mcpass_error *err)
{
	const char *revision = b->port->revision(b->port->ctx, r->server);
	const struct mp_change no_task = { "task", NULL };
	char *capabilities = NULL, *plain = NULL;
	struct mp_buf version = MP_BUF(64);
	enum mcpass_rc rc = capabilities_for(b, &capabilities, err);
	struct mp_change edits[4] = { { MP_META_VERSION, NULL }, { MP_META_CAPABILITIES, capabilities },
		{ MP_META_CLIENT, b->host.info }, { MP_META_LEVEL, b->host.level } };

	mp_buf_addf(&version, "\"%s\"", revision);
	edits[0].json = mp_buf_text(&version);
	if (!rc)
		rc = mp_buf_check(&version, "a request", err);
	if (!rc && params.data != NULL && mp_eq(r->method, "tools/call"))
		rc = mp_splice(params, &no_task, 1, &plain, err);
	if (!rc && plain != NULL)
		params = (struct mp_span){ plain, strlen(plain) };
	if (!rc)
		rc = mp_splice_meta(params, edits, MP_COUNT(edits), ret_params, err);
	free(plain);
	free(capabilities);
	mp_buf_free(&version);
	return rc;
}

enum mcpass_rc mp_modernize_send(struct mp_bridge *b, struct mp_request *r,
    struct mp_span params, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = modernize(b, r, params, &text, err);

	if (!rc)
		rc = mp_request_send(b, r, text, err);
	free(text);
	return rc;
}
