/* The question to a person, whether the issuer that the server names may have what was given: a wait
 * on the loop, for the line that they type, for the program, for the end of patience. */
#include "io/clock.h"
#include "link/link_parts.h"

static void fill_word(struct mcpass_event *event, enum mp_link_word word)
{
	event->type = MCPASS_EV_CONFIRMED;
	event->status = word == MP_LINK_YES;
}

/* why: there is no word; rc MCPASS_OK: there is. */
static void bring(struct mp_link *link, enum mp_link_word word, const struct mcpass_error *why)
{
	struct mcpass_event event = { 0 };

	mp_link_rest(link);
	fill_word(&event, word);
	mp_link_bring(link, &event, why);
}

static void on_word(void *ctx, unsigned events)
{
	struct mp_link *link = ctx;
	const struct mp_link_ui *ui = &link->options.ui;
	enum mp_link_word word = MP_LINK_LATER;
	struct mcpass_error why = { 0 };

	(void)events;
	if (ui->confirmed(ui->ctx, &word, &why) != MCPASS_OK || word != MP_LINK_LATER)
		bring(link, word, &why);
}

void mp_link_ask_issuer(struct mp_link *link, struct mcpass_event *event, bool *ret_later)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_link_flow *flow = &link->flow;
	enum mp_link_word word;
	int fd = -1;

	*ret_later = true;
	flow->word = MP_LINK_LATER;
	flow->is_asked = !link->is_asking;
	if (!flow->is_asked)            /* mp_link_end_asking() asks it */
		return;
	word = ui->confirm_issuer(ui->ctx, flow->action.url, &fd);
	if (word != MP_LINK_LATER) {
		*ret_later = false;
		fill_word(event, word);
		return;
	}
	flow->deadline = mp_deadline_ms(link->options.login_timeout_ms);
	mp_loop_set(link->loop, &flow->timer, flow->word != MP_LINK_LATER ? 0 : flow->deadline);
	mp_link_watch_typed(link, ui->confirmed != NULL ? fd : -1, on_word);
}

static bool is_confirming(const struct mp_link *link)
{
	return link->flow.is_running && !link->flow.has_come
	    && link->flow.action.type == MCPASS_ACT_CONFIRM;
}

void mp_link_end_asking(struct mp_link *link)
{
	struct mcpass_event event = { 0 };
	bool later = true;

	if (is_confirming(link) && !link->flow.is_asked)
		mp_link_ask_issuer(link, &event, &later);
	else
		mp_link_watch_typed(link, link->flow.typed.fd, link->flow.typed.ready);
	if (!later)
		mp_link_bring(link, &event, NULL);
}

/* The next turn takes it, as of mp_link_paste(). */
enum mcpass_rc mp_link_confirm(struct mp_link *link, bool is_yes, struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;

	if (!is_confirming(link) || flow->word != MP_LINK_LATER)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no question waits for an answer");
	flow->word = is_yes ? MP_LINK_YES : MP_LINK_NO;
	mp_loop_set(link->loop, &flow->timer, 0);
	return MCPASS_OK;
}

void mp_link_on_confirm_timer(struct mp_link *link)
{
	struct mcpass_error why = { 0 };

	if (link->flow.word != MP_LINK_LATER) {
		bring(link, link->flow.word, NULL);
		return;
	}
	(void)mp_fail(&why, MCPASS_E_EXPIRED, NULL, "the question whether %s is the right one was not"
	    " answered in time", link->flow.action.url);
	(void)mp_doing(&why, why.rc, "asking whether the authorization server is the right one");
	mp_hint(&why, "name it with --client-issuer");
	bring(link, MP_LINK_NO, &why);
}
