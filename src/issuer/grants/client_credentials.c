/* The client's own credentials are the grant.  spec: OAuth 2.1 4.2; SEP-1046 */
#include <stdlib.h>
#include "issuer/grants/token_endpoint.h"
#include "oauth/scope.h"

/* Those of wanted that may be had. */
static enum mcpass_rc meet(const struct mp_strings *wanted, const struct mp_strings *ceiling,
    struct mp_strings *ret_both, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < wanted->count && !rc; i++)
		if (mp_strings_has(ceiling, wanted->items[i]))
			rc = mp_strings_add_text(ret_both, wanted->items[i], err);
	return rc;
}

enum mcpass_rc mp_token_scope(const struct mp_form *form, const struct mp_strings *ceiling,
    char **ret_scope, struct mcpass_error *err)
{
	struct mp_strings wanted = { 0 }, both = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc = mp_form_get(form, "scope", &text, err);

	if (!rc)
		rc = mp_scope_parse(text, &wanted, err);
	/* A server's challenge names all that it knows, so what may not be had is left out, as it
	 * is for people; the answer says what is left.  spec: RFC 6749 3.3 */
	if (!rc)
		rc = meet(&wanted, ceiling, &both, err);
	if (!rc && wanted.count > 0 && both.count == 0)
		rc = mp_response_refuse(err, "invalid_scope", "RFC 6749 5.2",
		    "none of these scopes may be had");
	/* spec: RFC 6749 3.3 (nothing asked for: the default) */
	if (!rc)
		rc = mp_scope_join(wanted.count > 0 ? &both : ceiling, ret_scope, err);
	else if (rc == MCPASS_E_PROTOCOL)
		mp_oauth_code(err, "invalid_scope");
	mp_strings_free(&wanted);
	mp_strings_free(&both);
	return rc;
}

enum mcpass_rc mp_client_credentials_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const struct mp_client *client = ask->client;
	struct mp_token_give give = { .subject = client->client_id,
		.client_id = client->client_id, .machine = true };
	struct mp_strings ceiling = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc;

	/* spec: OAuth 2.1 4.2 (MUST only be used by confidential clients) */
	if (client->secret_hash == NULL && client->jwks == NULL)
		return mp_response_refuse(err, "unauthorized_client", "OAuth 2.1 4.2",
		    "a client without a secret has no credentials to be a grant");
	rc = mp_client_ceiling(turn->issuer, client, &ceiling, err);
	if (!rc)
		rc = mp_token_scope(ask->form, &ceiling, &scope, err);
	if (!rc)
		rc = mp_request_resource(ask->form, &give.resource, err);
	if (!rc)
		rc = mp_client_check_resource(turn->issuer, client, give.resource, err);
	give.scope = scope;
	if (!rc)        /* without a refresh token: spec: RFC 6749 4.4.3 */
		rc = mp_token_give(turn, ask, &give, err);
	mp_strings_free(&ceiling);
	free(scope);
	return rc;
}
