#include "oauth/grants.h"

void mp_grant_client_credentials_form(struct mp_buf *form, const char *scope,
    const char *resource)
{
	mp_form_add(form, "grant_type", "client_credentials");  /* spec: RFC 6749 4.4.2 */
	mp_form_add(form, "scope", scope);
	mp_form_add(form, "resource", resource);        /* spec: RFC 8707 2.2 */
}

void mp_grant_jwt_bearer_form(struct mp_buf *form, const struct mp_secret *assertion,
    const char *scope, const char *resource)
{
	mp_form_add(form, "grant_type", MP_GRANT_JWT_BEARER);   /* spec: RFC 7523 2.1 */
	mp_form_add(form, "assertion", mp_secret_reveal(assertion));
	mp_form_add(form, "scope", scope);
	mp_form_add(form, "resource", resource);
}

void mp_grant_id_jag_form(struct mp_buf *form, const struct mp_secret *id_token,
    const char *audience, const char *scope, const char *resource)
{
	const struct mp_token_exchange exchange = {
		.requested_type = MP_TOKEN_TYPE_ID_JAG, .subject = id_token,
		.subject_type = MP_TOKEN_TYPE_ID_TOKEN, .audience = audience, .scope = scope,
		.resource = resource,
	};

	mp_token_exchange_form(form, &exchange);
}

enum mcpass_rc mp_grant_id_jag_answer(int status, const char *data, size_t len,
    struct mp_secret *ret_id_jag, struct mcpass_error *err)
{
	return mp_doing(err, mp_token_exchange_other_answer(status, data, len, MP_TOKEN_TYPE_ID_JAG,
	    "an ID-JAG", ret_id_jag, err), "exchanging the id token for an ID-JAG");
}
