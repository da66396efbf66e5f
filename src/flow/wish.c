/* The scopes that a person asked for by name. */
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"

/* offline_access is no permission at the server: that there is a refresh token is the answer
 * to it, and many do not name it.  spec: OpenID Connect Core 11 */
enum mcpass_rc mp_wish_lacking(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	struct mp_buf have = MP_BUF(MP_MAX_TOKEN_RESPONSE);
	enum mcpass_rc rc;

	*ret_text = NULL;
	if (client->wished_scope == NULL)
		return MCPASS_OK;
	mp_buf_addf(&have, "offline_access %s", record->scope != NULL ? record->scope : "");
	rc = mp_buf_check(&have, "the scopes", err);
	if (!rc)
		rc = mp_scope_lacking(mp_buf_text(&have), client->wished_scope, ret_text, err);
	mp_buf_free(&have);
	return rc;
}

enum mcpass_rc mp_wish_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	const char *granted = client->record.scope;
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_DENIED, "RFC 6749 3.3",
	    "the authorization server did not grant %s: this user may not have it%s%s", scope,
	    granted != NULL ? "; granted: " : "", granted != NULL ? granted : "");
	mp_hint(err, "ask the operator of %s for that permission, then: mcpass login --again %s",
	    client->record.as.issuer, client->server_url);
	return rc;
}
