/* What the server refuses with 401 or 403: it waits for a login, and is sent again, or fails. */
#include <stdlib.h>
#include "link/link_parts.h"

static void remove_refusal(struct mp_link *link, struct mp_link_refusal *refusal)
{
	struct mp_link_refusal **slot = &link->refusals;

	while (*slot != refusal)
		slot = &(*slot)->next;
	*slot = refusal->next;
	mp_link_free_refusal(refusal);
}

void mp_link_refuse(struct mp_link *link, struct mp_link_refusal *refusal,
    const struct mcpass_error *why)
{
	unsigned exchange = refusal->exchange;
	struct mcpass_error err = { 0 };

	remove_refusal(link, refusal);
	if (mcpass_session_refuse(link->session, exchange, why, &err) != MCPASS_OK)
		mp_link_break_down(link, &err);
}

void mp_link_retry_refused(struct mp_link *link)
{
	struct mp_link_refusal *refusal = link->refusals, *next;

	for (; refusal != NULL; refusal = next) {
		struct mcpass_error why = { 0 };
		unsigned exchange = refusal->exchange;

		next = refusal->next;
		if (refusal->generation == link->generation)
			continue;
		remove_refusal(link, refusal);
		if (mcpass_session_retry(link->session, exchange, &why) != MCPASS_OK)
			mp_link_break_down(link, &why);
	}
}

static enum mcpass_rc new_refusal(struct mp_link *link,
    const struct mcpass_session_action *action, struct mp_link_refusal **ret_refusal,
    struct mcpass_error *err)
{
	const struct mp_link_end *end = mp_link_end_of(link, action->exchange);
	struct mp_link_refusal *refusal = calloc(1, sizeof(*refusal)), **tail = &link->refusals;
	enum mcpass_rc rc;

	if (refusal == NULL)
		return mp_nomem(err);
	refusal->exchange = action->exchange;
	refusal->generation = end != NULL ? end->generation : link->generation;
	refusal->call = action->call;
	refusal->status = action->status;
	rc = mp_link_add_headers(&refusal->headers, action->headers, action->header_count, err);
	if (!rc)
		rc = mp_set(&refusal->words, action->body, err);
	if (rc) {
		mp_link_free_refusal(refusal);
		return rc;
	}
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = refusal;
	*ret_refusal = refusal;
	return MCPASS_OK;
}

static void refuse_own_header(struct mp_link *link, struct mp_link_refusal *refusal)
{
	struct mcpass_error why = { 0 };

	(void)mp_fail(&why, MCPASS_E_DENIED, "RFC 9110 15.5.2",
	    "the server refuses the Authorization header that was given (%d%s%s)", refusal->status,
	    refusal->words != NULL ? ": " : "", refusal->words != NULL ? refusal->words : "");
	mp_hint(&why, "Give another one, or none: mcpass then logs in by itself.");
	mp_link_refuse(link, refusal, &why);
}

/* The request was given up while its refusal was on the way. */
static bool is_unwanted(const struct mp_link *link, unsigned call)
{
	return call != 0 && call != link->lesson.call && mp_link_call_of(link, call) == NULL;
}

void mp_link_take_refusal(struct mp_link *link, const struct mcpass_session_action *action)
{
	struct mp_link_refusal *refusal = NULL;
	struct mcpass_error why = { 0 };

	/* What was to be learned is not needed: it costs nothing to go on without.  A handshake
	 * is needed by the call, too. */
	if (action->call != 0 && action->call == link->lesson.call) {
		mp_link_skip_lesson(link, action->status);
		return;
	}
	if (is_unwanted(link, action->call))
		return;
	if (new_refusal(link, action, &refusal, &why) != MCPASS_OK || refusal == NULL) {
		mp_link_break_down(link, &why);
	} else if (link->gone != NULL) {        /* no person signs in to say farewell */
		(void)mp_fail(&why, MCPASS_E_DENIED, NULL, "the link was closed");
		mp_link_refuse(link, refusal, &why);
	} else if (mp_link_has_own_authorization(link)) {
		refuse_own_header(link, refusal);
	} else {
		mp_link_wake(link);     /* which retries it, or begins a login */
	}
}
