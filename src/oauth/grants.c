#include "oauth/grants.h"
#include <stdlib.h>
#include "base/limits.h"
#include "oauth/token.h"

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
	mp_form_add(form, "grant_type", MP_GRANT_TOKEN_EXCHANGE);       /* spec: RFC 8693 2.1 */
	mp_form_add(form, "requested_token_type", MP_TOKEN_TYPE_ID_JAG);
	mp_form_add(form, "subject_token", mp_secret_reveal(id_token));
	mp_form_add(form, "subject_token_type", MP_TOKEN_TYPE_ID_TOKEN);
	mp_form_add(form, "audience", audience);
	mp_form_add(form, "scope", scope);
	mp_form_add(form, "resource", resource);
}

struct exchanged {
	struct mp_secret access_token;          /* RFC 8693 calls whatever it is so */
	char *issued_token_type;
};
#define AT(member) offsetof(struct exchanged, member)
static const struct mp_field fields[] = {
	{ "access_token", MP_FIELD_SECRET, MP_REQUIRED, AT(access_token), "RFC 8693 2.2.1" },
	{ "issued_token_type", MP_FIELD_STRING, MP_REQUIRED, AT(issued_token_type),
	    "RFC 8693 2.2.1" },
};
#undef AT

/* token_type is not looked at: it should be N_A, as this is no access token. */
static enum mcpass_rc read_id_jag(const json_t *body, struct mp_secret *ret_id_jag,
    struct mcpass_error *err)
{
	struct exchanged found = { 0 };
	enum mcpass_rc rc;

	rc = mp_json_read(body, fields, MP_COUNT(fields), &found, err);
	if (rc)
		return rc;
	if (!mp_eq(found.issued_token_type, MP_TOKEN_TYPE_ID_JAG))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.2.1",
		    "issued_token_type is %s, not an ID-JAG", found.issued_token_type);
	else if (found.access_token.len == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.2.1", "access_token is empty");
	if (rc)
		mp_secret_free(&found.access_token);
	else
		*ret_id_jag = found.access_token;
	free(found.issued_token_type);
	return rc;
}

enum mcpass_rc mp_grant_id_jag_answer(int status, const char *data, size_t len,
    struct mp_secret *ret_id_jag, struct mcpass_error *err)
{
	struct mp_token none = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	json_t *body = NULL;

	if (status == 200)
		rc = mp_json_parse(data != NULL ? data : "", len, MP_MAX_TOKEN_RESPONSE,
		    "the identity provider's answer", &body, err);
	/* Who grants nothing refuses as any token endpoint does; spec: RFC 8693 2.2.2 */
	if (!rc && json_object_get(body, "access_token") == NULL)
		rc = mp_token_answer(status, data, len, "N_A", &none, err);
	else if (!rc)
		rc = read_id_jag(body, ret_id_jag, err);
	json_decref(body);
	return mp_doing(err, rc, "exchanging the id token for an ID-JAG");
}
