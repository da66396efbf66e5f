/* Which of the program's requests goes to the session, and when. */
#include "base/secret.h"
#include "link/link_parts.h"

/* Gives a call to the session; false: it takes none just now. */
static bool give(struct mp_link *link, struct mp_link_call *call)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (call->message.len > 0)
		rc = mcpass_session_send(link->session, mp_buf_text(&call->message), call->message.len,
		    &call->session_call, &why);
	else
		rc = mcpass_session_request(link->session, call->method, call->params, &call->session_call,
		    &why);
	if (rc == MCPASS_E_LIMIT && mp_link_any_given(link))
		return false;
	if (rc) {
		mp_link_end_call(link, call, NULL, false, &why);
		return true;
	}
	mp_free_wiped(call->params);
	mp_buf_free(&call->message);
	call->params = NULL;
	return true;
}

/* The next call that may go to the session; NULL: none. */
static struct mp_link_call *next_call(struct mp_link *link)
{
	struct mp_link_call *call = link->calls;

	while (call != NULL && (call->session_call != 0 || (call->is_tool && !call->is_ready
	    && link->lesson.is_running)))
		call = call->next;
	return call;
}

void mp_link_start_calls(struct mp_link *link)
{
	struct mp_link_call *call;
	bool goes_on = link->started && !mp_link_waits_for_token(link);

	while (goes_on && (call = next_call(link)) != NULL) {
		struct mcpass_error why = { 0 };
		bool wait = false;

		if (call->is_tool && !call->is_ready
		    && mp_link_learn_tool(link, call, &wait, &why) != MCPASS_OK)
			mp_link_end_call(link, call, NULL, false, &why);
		else if (!wait)
			goes_on = give(link, call);
	}
}
