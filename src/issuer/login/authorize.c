/* The authorization request.  As long as the redirect URI is not known to be the
 * client's, a mistake is shown to the person; afterwards the client is told, by the person
 * where the client registered itself.
 * spec: OAuth 2.1 4.1.1, 4.1.2.1; RFC 7636 4.3; RFC 8707 2.1; RFC 9207 2 */
#include "issuer/login/authorize_request.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"
#include "issuer/login/par.h"

static enum mcpass_rc find_client(const struct mp_turn *turn, const struct mp_form *query,
    struct mp_client *client, struct mcpass_error *err)
{
	const char *client_id;
	bool found = false;
	enum mcpass_rc rc = mp_request_required(query, "client_id", &client_id, err);

	if (!rc)
		rc = mp_client_load(turn, client_id, client, &found, err);
	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_client", "RFC 6749 4.1.2.1",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_CLIENT));
	return rc;
}

static enum mcpass_rc refuse_request(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, struct mcpass_error *err)
{
	const struct mp_secret no_ticket = { 0 };
	const struct mp_ending ending = { client, pending, &no_ticket, "" };
	struct mcpass_error why = *err;

	mp_clear(err);
	mp_response_describe(why.detail);
	return mp_ending_refuse(turn, &ending,
	    why.oauth[0] != '\0' ? why.oauth : "invalid_request", why.detail, err);
}

/* The redirect URI is the client's: from here on a mistake is told to the client. */
static enum mcpass_rc go_on(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_authorize_request_read(turn, query, client, pending, err);

	/* spec: RFC 9126 5 (require_pushed_authorization_requests) */
	if (!rc && pending->pushed == NULL && turn->issuer->require_pushed)
		rc = mp_response_refuse(err, "invalid_request", "RFC 9126 5",
		    "an authorization request has to be pushed first");
	if (mp_response_is_refusal(rc))
		return refuse_request(turn, client, pending, err);
	return rc ? rc : mp_login_begin(turn, client, pending, err);
}

enum mcpass_rc mp_authorize_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	struct mp_pending pending = { 0 };
	struct mp_form query = { 0 };
	enum mcpass_rc rc = mp_request_query(turn, &query, err);

	if (!rc)
		rc = mp_par_open(turn, &query, &pending, err);
	if (!rc)
		rc = find_client(turn, &query, &client, err);
	if (!rc)
		rc = mp_authorize_request_trust(turn, &query, &client, &pending, err);
	if (!rc)
		rc = go_on(turn, &query, &client, &pending, err);
	if (mp_response_is_refusal(rc))
		rc = mp_pages_refusal(turn, 400, err);
	mp_form_free(&query);
	mp_pending_free(&pending);
	mp_client_free(&client);
	return rc;
}
