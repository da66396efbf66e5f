/* What a person allows.  A client that registered itself may be anybody, so nothing is
 * given to it that this very person has not allowed to this very client.
 * spec: RFC 9700 4.16; MCP 2026-07-28 security considerations (confused deputy) */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/pages.h"
#include "issuer/parked.h"
#include "oauth/scope.h"
#include "wire/crypto.h"

struct consent { char *scope; };        /* allowed so far */
static const struct mp_field fields[] = {
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct consent, scope), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* One memory for one person, one client and one resource. */
static enum mcpass_rc make_key(const struct mp_parked *parked, char **ret_key,
    struct mcpass_error *err)
{
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, 2 * MP_MAX_FORM);
	mp_form_add(&text, "user", parked->username);
	mp_form_add(&text, "client", parked->client_id);
	mp_form_add(&text, "resource", parked->resource);
	rc = mp_buf_check(&text, "the consent", err);
	if (!rc)
		rc = mp_sha256_b64url(mp_buf_text(&text), ret_key, err);
	mp_buf_free(&text);
	return rc;
}

/* Reads what is remembered: *ret_found is false when nothing was ever allowed. */
static enum mcpass_rc recall(const struct mp_turn *turn, const char *key,
    struct mp_strings *ret_scopes, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { "consent", key, "", 0 };
	struct consent consent = { 0 };
	enum mcpass_rc rc;

	rc = mp_record_get(turn, &slot, &shape, &consent, ret_found, err);
	if (!rc && *ret_found)
		rc = mp_scope_parse(consent.scope, ret_scopes, err);
	mp_record_release(&shape, &consent);
	return rc;
}

/* The id in a metadata document is public, so any program on this computer could say that
 * it is that application and be answered without a question.  spec: RFC 8252 8.6
 * And a code may come from somebody else's device.  spec: RFC 8628 5.4 */
static bool could_be_anybody(const struct mp_turn *turn, const struct mp_parked *parked)
{
	if (parked->device != NULL)
		return true;
	return mp_document_is_id(turn->issuer, parked->client_id)
	    && mp_redirect_kind(parked->redirect_uri) != MP_REDIRECT_WEB;
}

static enum mcpass_rc is_allowed(const struct mp_turn *turn, const struct mp_parked *parked,
    const struct mp_strings *scopes, bool *ret_allowed, struct mcpass_error *err)
{
	struct mp_strings before = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	rc = make_key(parked, &key, err);
	if (!rc)
		rc = recall(turn, key, &before, &found, err);
	if (!rc)
		*ret_allowed = found && mp_scope_covers(&before, scopes);
	mp_strings_free(&before);
	free(key);
	return rc;
}

static enum mcpass_rc remember(const struct mp_turn *turn, const struct mp_parked *parked,
    const struct mp_strings *scopes, struct mcpass_error *err)
{
	struct mp_slot slot = { "consent", NULL, parked->client_id,
		turn->request->now + MP_CONSENT_LIFETIME };
	struct consent consent = { 0 };
	struct mp_strings all = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	rc = make_key(parked, &key, err);
	slot.key = key;
	if (!rc)
		rc = recall(turn, key, &all, &found, err);
	if (!rc)
		rc = mp_scope_merge(&all, scopes, err);
	if (!rc)
		rc = mp_scope_join(&all, &consent.scope, err);
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &consent, err);
	mp_record_release(&shape, &consent);
	mp_strings_free(&all);
	free(key);
	return rc;
}

/* Asked for and permitted to this person: the rest is left out silently, and the token
 * response says what is left.  spec: RFC 6749 3.3 */
static enum mcpass_rc grantable(const struct mp_turn *turn, const struct mp_parked *parked,
    struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	const struct mp_user *user = mp_users_find(turn->issuer, parked->username);
	struct mp_strings wanted = { 0 };
	enum mcpass_rc rc;

	if (user == NULL)               /* taken out of the file since */
		return mp_reply_refuse(err, "access_denied", NULL, "This user is not known any more.");
	rc = mp_scope_parse(parked->scope, &wanted, err);
	if (!rc)
		rc = mp_users_narrow(user, &wanted, ret_scopes, err);
	mp_strings_free(&wanted);
	return rc;
}

static enum mcpass_rc grant(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_parked *parked, const struct mp_strings *scopes, struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(scopes, &scope, err);

	if (!rc)
		rc = mp_parked_grant(turn, parked, client, scope, err);
	free(scope);
	return rc;
}

static enum mcpass_rc show(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_parked *parked, const struct mp_strings *scopes,
    struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_view view = {
		.client = client, .parked = parked, .ticket = ticket, .scopes = scopes,
		.user = mp_users_find(turn->issuer, parked->username),
	};
	enum mcpass_rc rc = mp_parked_save(turn, parked, ticket, err);

	return rc ? rc : mp_pages_consent(turn, &view, err);
}

enum mcpass_rc mp_consent_begin(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_parked *parked, struct mp_secret *ticket, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	bool allowed = false, none;
	enum mcpass_rc rc;

	rc = grantable(turn, parked, &scopes, err);
	if (rc)
		return rc;
	none = parked->scope != NULL && scopes.count == 0;
	if (!none && !could_be_anybody(turn, parked))
		rc = is_allowed(turn, parked, &scopes, &allowed, err);
	if (!rc && (none || allowed))
		rc = mp_parked_close(turn, ticket, err);
	if (!rc && none)
		rc = mp_parked_refuse(turn, parked, "access_denied",
		    "this user may have none of the scopes that were asked for", err);
	else if (!rc && allowed)
		rc = grant(turn, client, parked, &scopes, err);
	else if (!rc)
		rc = show(turn, client, parked, &scopes, ticket, err);
	mp_strings_free(&scopes);
	return rc;
}

static enum mcpass_rc allow(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_parked *parked, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc;

	rc = grantable(turn, parked, &scopes, err);
	if (!rc)
		rc = remember(turn, parked, &scopes, err);
	if (!rc)
		rc = grant(turn, client, parked, &scopes, err);
	mp_strings_free(&scopes);
	return rc;
}

static enum mcpass_rc switch_user(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_parked *parked, struct mp_secret *ticket, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_login_end(turn, err);

	if (!rc)
		rc = mp_set(&parked->username, NULL, err);
	return rc ? rc : mp_login_show(turn, client, parked, ticket, err);
}

static enum mcpass_rc decide(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_parked *parked, struct mp_secret *ticket,
    struct mcpass_error *err)
{
	const char *decision;
	enum mcpass_rc rc = mp_ask_required(form, "decision", &decision, err);

	if (rc)
		return rc;
	/* The login page's ticket alone decides nothing. */
	if (parked->username == NULL)
		return mp_reply_refuse(err, "access_denied", NULL, "Nobody has signed in.");
	if (strcmp(decision, "allow") == 0)
		return allow(turn, client, parked, err);
	if (strcmp(decision, "deny") == 0)
		return mp_parked_refuse(turn, parked, "access_denied", "the user did not allow it",
		    err);
	if (strcmp(decision, "switch") == 0)
		return switch_user(turn, client, parked, ticket, err);
	return mp_reply_refuse(err, "invalid_request", NULL, "The form was changed on its way.");
}

enum mcpass_rc mp_consent_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	struct mp_client client = { 0 };
	struct mp_parked parked = { 0 };
	struct mp_secret ticket = { 0 };
	enum mcpass_rc rc;

	rc = mp_ask_form(turn, &form, err);
	if (!rc)
		rc = mp_parked_open(turn, &form, &client, &parked, &ticket, err);
	if (!rc)
		rc = decide(turn, &form, &client, &parked, &ticket, err);
	if (mp_reply_is_refusal(rc))
		rc = mp_pages_refusal(turn, 403, err);
	mp_form_free(&form);
	mp_client_free(&client);
	mp_parked_free(&parked);
	mp_secret_free(&ticket);
	return rc;
}
