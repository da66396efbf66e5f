/* What every file of this folder does to a link: looks for something in it, wakes it, warns. */
#include <stdlib.h>
#include "io/clock.h"
#include "link/link_parts.h"

void mp_link_wake(struct mp_link *link)
{
	mp_loop_soon(link->loop, &link->pump);
}

void mp_link_break_down(struct mp_link *link, const struct mcpass_error *why)
{
	if (link->fault.rc == MCPASS_OK)
		link->fault = *why;
	mp_link_wake(link);
}

struct mp_link_call *mp_link_call_of(const struct mp_link *link, unsigned session_call)
{
	struct mp_link_call *call = link->calls;

	while (call != NULL && (session_call == 0 || call->session_call != session_call))
		call = call->next;
	return call;
}

bool mp_link_any_given(const struct mp_link *link)
{
	const struct mp_link_call *call = link->calls;

	while (call != NULL && call->session_call == 0)
		call = call->next;
	return call != NULL;
}

const struct mp_link_end *mp_link_end_of(const struct mp_link *link, unsigned exchange)
{
	const struct mp_link_end *end = link->ends;

	while (end != NULL && end->exchange != exchange)
		end = end->next;
	return end;
}

void mp_link_forget_ends(struct mp_link *link)
{
	while (link->ends != NULL) {
		struct mp_link_end *end = link->ends;

		link->ends = end->next;
		free(end);
	}
}

void mp_link_bring(struct mp_link *link, const struct mcpass_event *event,
    const struct mcpass_error *why)
{
	struct mp_link_flow *flow = &link->flow;

	flow->has_come = true;
	flow->event = *event;
	flow->why = why != NULL ? *why : (struct mcpass_error){ 0 };
	mp_link_wake(link);
}

bool mp_link_has_own_authorization(const struct mp_link *link)
{
	return mp_header_count(link->options.headers, link->options.header_count,
	    "Authorization") > 0;
}

enum mcpass_rc mp_link_add_headers(struct mp_headers *headers, const struct mcpass_header *items,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(headers, items[i].name, items[i].value, err);
	return rc;
}

void mp_link_free_refusal(struct mp_link_refusal *refusal)
{
	mp_headers_free(&refusal->headers);
	free(refusal->words);
	free(refusal);
}

void mp_link_warn(struct mp_link *link, const char *sentence)
{
	const struct mp_link_ui *ui = &link->options.ui;
	char *text = NULL;

	if (ui->warning == NULL || (link->lesson.is_running && !mp_link_any_given(link))
	    || mp_set(&text, sentence, NULL) != MCPASS_OK)
		return;
	mp_link_redact(link, text);
	ui->warning(ui->ctx, text);
	free(text);
}

bool mp_link_token_ends_by(const struct mp_link *link, int64_t when)
{
	return link->token != NULL && link->token->expires_at != 0 && link->token->expires_at <= when;
}

bool mp_link_waits_for_token(const struct mp_link *link)
{
	return link->flow.is_running && link->flow.began_with == MCPASS_EV_START
	    && mp_link_token_ends_by(link, mp_now_s());
}

void mp_link_watch_typed(struct mp_link *link, int fd, void (*ready)(void *ctx, unsigned events))
{
	struct mp_watch *typed = &link->flow.typed;

	(void)mp_loop_watch(link->loop, typed, 0, NULL);
	typed->fd = fd;
	typed->ready = ready;
	if (fd >= 0 && !link->is_asking
	    && mp_loop_watch(link->loop, typed, MP_LOOP_READ, NULL) != MCPASS_OK)
		typed->fd = -1;
}

void mp_link_forget_typed(struct mp_link *link)
{
	struct mp_watch *typed = &link->flow.typed;

	(void)mp_loop_watch(link->loop, typed, 0, NULL);
	if (typed->fd >= 0 && link->questions != NULL && !link->is_asking)
		mp_loop_soon(link->loop, &link->ask);
	typed->fd = -1;
}
