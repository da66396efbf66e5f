/* The page to sign in on. */
#include "issuer/login/pages.h"
#include "issuer/login/pending.h"

enum mcpass_rc mp_login_page_show(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_view view = { .client = client, .pending = pending, .ticket = ticket,
		.typed = pending->login_hint };
	enum mcpass_rc rc = mp_pending_save(turn, pending, ticket, err);

	return rc ? rc : mp_pages_login(turn, &view, err);
}

enum mcpass_rc mp_login_page_wait(const struct mp_turn *turn, struct mp_view *view,
    struct mp_pending *pending, struct mcpass_error *err)
{
	struct mcpass_error why = *err;
	struct mp_secret ticket = *view->ticket;        /* there already, so it stays as it is */
	enum mcpass_rc rc;

	mp_response_note(turn, &why);
	mp_clear(err);
	pending->attempts--;
	rc = mp_pending_save(turn, pending, &ticket, err);
	view->problem = why.detail;
	if (!rc)
		rc = mp_pages_login(turn, view, err);
	view->problem = NULL;
	turn->response->status = turn->wait->status;
	return rc ? rc : mp_response_wait(turn, err);
}
