#include "issuer/login/pages.h"
#include "issuer/login/pending.h"
#include <stdlib.h>
#include "wire/jose/crypto.h"

#define AT(member) offsetof(struct mp_pending, member)
static const struct mp_field fields[] = {
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "redirect_uri", MP_FIELD_STRING, 0, AT(redirect_uri), NULL },
	{ "code_challenge", MP_FIELD_STRING, 0, AT(code_challenge), NULL },
	{ "device", MP_FIELD_STRING, 0, AT(device), NULL },
	{ "user_code", MP_FIELD_STRING, 0, AT(user_code), NULL },
	{ "state", MP_FIELD_STRING, 0, AT(state), NULL },
	{ "resource", MP_FIELD_STRING, 0, AT(resource), NULL },
	{ "thumbprint", MP_FIELD_STRING, 0, AT(thumbprint), NULL },
	{ "pushed", MP_FIELD_STRING, 0, AT(pushed), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "browser", MP_FIELD_STRING, MP_REQUIRED, AT(browser), NULL },
	{ "username", MP_FIELD_STRING, 0, AT(username), NULL },
	{ "shown", MP_FIELD_STRING, 0, AT(shown), NULL },
	{ "upstream", MP_FIELD_STRING, 0, AT(upstream), NULL },
	{ "session", MP_FIELD_STRING, 0, AT(session), NULL },
	{ "again", MP_FIELD_BOOL, 0, AT(again), NULL },
	{ "direct", MP_FIELD_BOOL, 0, AT(direct), NULL },
	{ "asks", MP_FIELD_BOOL, 0, AT(asks), NULL },
	{ "login_hint", MP_FIELD_STRING, 0, AT(login_hint), NULL },
	{ "attempts", MP_FIELD_INT, 0, AT(attempts), NULL },
	{ "expires_at", MP_FIELD_INT, MP_REQUIRED, AT(expires_at), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

void mp_pending_free(struct mp_pending *pending)
{
	mp_record_release(&shape, pending);
}

enum mcpass_rc mp_pending_save(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "pending", .secret = ticket,
		.group = pending->username != NULL || pending->attempts > 0 ? MP_PENDING_LIVE : MP_PENDING_NEW,
		.expires_at = pending->expires_at };
	enum mcpass_rc rc = MCPASS_OK;

	if (!mp_secret_present(ticket))
		rc = mp_random_text(turn->issuer->random, turn->issuer->random_ctx, 32, ticket, err);
	return rc ? rc : mp_record_put(turn, &slot, &shape, pending, err);
}

enum mcpass_rc mp_pending_keep(const struct mp_turn *turn, const char *kind,
    const struct mp_pending *pending, const struct mp_secret *secret, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = kind, .secret = secret,
		.expires_at = pending->expires_at };

	return mp_record_put(turn, &slot, &shape, pending, err);
}

enum mcpass_rc mp_pending_peek(const struct mp_turn *turn, const char *kind,
    const struct mp_secret *secret, struct mp_pending *ret_pending, bool *ret_found,
    struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = kind, .secret = secret };

	return mp_record_get(turn, &slot, &shape, ret_pending, ret_found, err);
}

enum mcpass_rc mp_pending_pick(const struct mp_turn *turn, const char *kind,
    const struct mp_secret *secret, struct mp_pending *ret_pending, bool *ret_found,
    struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = kind, .secret = secret };

	return mp_record_take(turn, &slot, &shape, ret_pending, ret_found, err);
}

enum mcpass_rc mp_pending_close(const struct mp_turn *turn, const struct mp_secret *ticket,
    struct mcpass_error *err)
{
	struct mp_pending pending = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	if (!mp_secret_present(ticket))
		return MCPASS_OK;
	rc = mp_pending_pick(turn, "pending", ticket, &pending, &found, err);
	mp_pending_free(&pending);
	return rc;
}

static enum mcpass_rc hash_browser(const struct mp_turn *turn, char **ret_hash,
    struct mcpass_error *err)
{
	struct mp_secret cookie = { 0 };
	enum mcpass_rc rc = mp_request_cookie(turn, "browser", &cookie, err);

	if (!rc && mp_secret_present(&cookie))
		rc = mp_record_key(&cookie, ret_hash, err);
	mp_secret_free(&cookie);
	return rc;
}

enum mcpass_rc mp_pending_bind(const struct mp_turn *turn, struct mp_pending *pending,
    struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_secret cookie = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (pending->browser == NULL)
		rc = hash_browser(turn, &pending->browser, err);
	/* One cookie for all the tabs, so that they do not grow until a proxy refuses. */
	if (rc || pending->browser != NULL)
		return rc;
	rc = mp_random_text(issuer->random, issuer->random_ctx, 32, &cookie, err);
	if (!rc)
		rc = mp_record_key(&cookie, &pending->browser, err);
	if (!rc)
		rc = mp_response_cookie(turn, "browser", &cookie, -1, err);
	mp_secret_free(&cookie);
	return rc;
}

enum mcpass_rc mp_pending_check_browser(const struct mp_turn *turn, const char *browser,
    struct mcpass_error *err)
{
	char *hash = NULL;
	enum mcpass_rc rc = hash_browser(turn, &hash, err);

	/* The consent of one browser is no consent of another.  spec: RFC 9700 4.7 */
	if (!rc && !mp_eq(hash, browser))
		rc = mp_response_refuse(err, "access_denied", "RFC 9700 4.7",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_BROWSER));
	free(hash);
	return rc;
}

static enum mcpass_rc expired(struct mcpass_error *err)
{
	return mp_response_refuse(err, "access_denied", NULL,
	    "%s", mp_texts_english(MP_TEXT_REFUSED_USED));
}

static enum mcpass_rc load_client(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, struct mcpass_error *err)
{
	bool found = false;
	enum mcpass_rc rc = mp_client_load(turn, client_id, ret_client, &found, err);

	if (!rc && !found)
		rc = mp_response_refuse(err, "access_denied", NULL,
		    "%s", mp_texts_english(MP_TEXT_REFUSED_CLIENT_GONE));
	return rc;
}

/* The client may have given its address up since.  spec: OAuth 2.1 4.1.2.1 */
static enum mcpass_rc check_redirect(const struct mp_pending *pending,
    const struct mp_client *client, struct mcpass_error *err)
{
	if (pending->redirect_uri == NULL
	    || mp_redirect_is_among(&client->redirect_uris, pending->redirect_uri))
		return MCPASS_OK;
	return mp_response_refuse(err, "access_denied", "OAuth 2.1 4.1.2.1",
	    "%s", mp_texts_english(MP_TEXT_REFUSED_ADDRESS_GONE));
}

/* Looks first and takes afterwards, so that a post from another browser destroys nothing. */
static enum mcpass_rc open_slot(const struct mp_turn *turn, const struct mp_slot *slot,
    struct mp_pending *ret_parked, struct mcpass_error *err)
{
	struct mp_pending pending = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_get(turn, slot, &shape, &pending, &found, err);

	if (!rc && !found)
		rc = expired(err);
	if (!rc)
		rc = mp_pending_check_browser(turn, pending.browser, err);
	mp_pending_free(&pending);
	if (!rc)
		rc = mp_record_take(turn, slot, &shape, ret_parked, &found, err);
	if (!rc && !found)
		rc = expired(err);
	return rc;
}

enum mcpass_rc mp_pending_open(const struct mp_turn *turn, const struct mp_form *form,
    struct mp_client *ret_client, struct mp_pending *ret_parked, struct mp_secret *ret_ticket,
    struct mcpass_error *err)
{
	struct mp_secret ticket = { 0 };
	const struct mp_slot slot = { .kind = "pending", .secret = &ticket };
	const char *text;
	enum mcpass_rc rc;

	if (!mp_request_same_origin(turn))
		return mp_response_refuse(err, "access_denied", "RFC 9700 4.7",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_SITE));
	rc = mp_request_required(form, "ticket", &text, err);
	if (!rc)
		rc = mp_secret_set(&ticket, text, err);
	if (!rc)
		rc = open_slot(turn, &slot, ret_parked, err);
	if (!rc)
		rc = load_client(turn, ret_parked->client_id, ret_client, err);
	if (!rc)
		rc = check_redirect(ret_parked, ret_client, err);
	if (rc)
		mp_secret_free(&ticket);
	else
		*ret_ticket = ticket;
	return rc;
}

enum mcpass_rc mp_pending_answered(struct mcpass_error *err)
{
	return mp_response_refuse(err, MP_PAGES_ANSWERED, NULL,
	    "%s", mp_texts_english(MP_TEXT_ANSWERED_TEXT));
}
