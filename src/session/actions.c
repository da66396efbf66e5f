#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

static void free_action(struct mp_action *action)
{
	if (action == NULL)
		return;
	free(action->body);
	free(action->url);
	free(action->error);
	mp_headers_free(&action->headers);
	free(action);
}

enum mcpass_rc mp_actions_add(struct mcpass_session *s, enum mcpass_session_action_type type,
    struct mp_action **ret_action, struct mcpass_error *err)
{
	struct mp_action *action = calloc(1, sizeof(*action));

	if (action == NULL)
		return mp_nomem(err);
	action->public.type = type;
	if (s->actions == NULL)
		s->actions = action;
	else
		s->last_action->next = action;
	s->last_action = action;
	s->action_count++;
	*ret_action = action;
	return MCPASS_OK;
}

void mp_actions_body(struct mcpass_session *s, struct mp_action *action, char *text)
{
	action->body = text;
	action->size = text != NULL ? strlen(text) : 0;
	s->action_bytes += action->size;
}

bool mp_actions_enough(const struct mcpass_session *s)
{
	return s->action_count >= MP_ENOUGH_ACTIONS || s->action_bytes >= MP_ENOUGH_BYTES;
}

enum mcpass_rc mp_actions_warn(struct mcpass_session *s, struct mcpass_error *err,
    const char *fmt, ...)
{
	struct mp_action *action = NULL;
	char text[512] = "", *body = NULL;
	enum mcpass_rc rc;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mp_one_line(text);      /* a server wrote part of it, a person reads it */
	rc = mp_set(&body, text, err);
	if (!rc)
		rc = mp_actions_add(s, MCPASS_SESSION_WARNING, &action, err);
	if (action == NULL)
		free(body);
	else
		mp_actions_body(s, action, body);
	return rc;
}

/* Takes the first action out of the queue. */
static void advance(struct mcpass_session *s)
{
	free_action(s->current);
	s->current = s->actions;
	if (s->actions == NULL)
		return;
	s->action_bytes -= s->actions->size;
	s->actions = s->actions->next;
	s->action_count--;
}

bool mp_actions_next(struct mcpass_session *s, struct mcpass_session_action *ret_action)
{
	struct mp_action *action;

	do
		advance(s);
	while (s->current != NULL && s->current->forgotten);
	action = s->current;
	if (action == NULL)
		return false;
	action->public.body = action->body;
	action->public.body_len = action->size;
	action->public.url = action->url;
	action->public.headers = action->headers.items;
	action->public.header_count = action->headers.count;
	action->public.error = action->error;
	*ret_action = action->public;
	return true;
}

void mp_actions_forget(struct mcpass_session *s, unsigned call)
{
	for (struct mp_action *action = s->actions; action != NULL; action = action->next)
		if ((action->public.type == MCPASS_SESSION_RESULT
		    || action->public.type == MCPASS_SESSION_FAILED) && action->public.call == call)
			action->forgotten = true;
}

void mp_actions_free(struct mcpass_session *s)
{
	struct mcpass_session_action action;

	while (mp_actions_next(s, &action))
		;
}
