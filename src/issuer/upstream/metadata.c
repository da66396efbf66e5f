#include <string.h>
#include "issuer/upstream/idp.h"
#include "oauth/target.h"

#define AT(member) offsetof(struct mp_idp_metadata, member)
#define SPEC "OpenID Connect Discovery 3"
static const struct mp_field fields[] = {
	{ "issuer", MP_FIELD_STRING, MP_REQUIRED | MP_DECIDES, AT(issuer), SPEC },
	{ "authorization_endpoint", MP_FIELD_URL, MP_REQUIRED | MP_DECIDES,
	    AT(authorization_endpoint), SPEC },
	{ "token_endpoint", MP_FIELD_URL, MP_REQUIRED | MP_DECIDES, AT(token_endpoint), SPEC },
	{ "jwks_uri", MP_FIELD_URL, MP_REQUIRED | MP_DECIDES, AT(jwks_uri), SPEC },
	{ "userinfo_endpoint", MP_FIELD_URL, MP_ADVISES, AT(userinfo_endpoint), SPEC },
	{ "scopes_supported", MP_FIELD_STRINGS, MP_ADVISES, AT(scopes), SPEC },
	{ "token_endpoint_auth_methods_supported", MP_FIELD_STRINGS, MP_ADVISES, AT(auth_methods),
	    SPEC },
	{ "id_token_signing_alg_values_supported", MP_FIELD_STRINGS, MP_DECIDES, AT(id_token_algs),
	    SPEC },
	{ "authorization_response_iss_parameter_supported", MP_FIELD_BOOL, MP_DECIDES,
	    AT(iss_promised), "RFC 9207 3" },
};

/* Entra's document for many tenants has a template for its name.  Of those segments only,
 * for the name has to be the one that was asked for in all else. */
static bool is_template_of(const char *name, const char *issuer)
{
	static const char mark[] = "{tenantid}";
	static const char *const many[] = { "common", "organizations", "consumers" };
	const char *at = strstr(name, mark);
	size_t before = at != NULL ? (size_t)(at - name) : 0;

	for (size_t i = 0; at != NULL && i < MP_COUNT(many); i++) {
		size_t len = strlen(many[i]);

		if (strncmp(name, issuer, before) == 0 && strncmp(issuer + before, many[i], len) == 0
		    && strcmp(issuer + before + len, at + sizeof(mark) - 1) == 0)
			return true;
	}
	return false;
}

static enum mcpass_rc check(const struct mp_idp *upstream,
    const struct mp_idp_metadata *metadata, struct mcpass_error *err)
{
	const struct { const char *url, *what; } urls[] = {
		{ metadata->authorization_endpoint, "authorization_endpoint" },
		{ metadata->token_endpoint, "token_endpoint" }, { metadata->jwks_uri, "jwks_uri" },
		{ metadata->userinfo_endpoint, "userinfo_endpoint" },
	};
	enum mcpass_rc rc = MCPASS_OK;

	/* spec: OpenID Connect Discovery 4.3 (MUST exactly match) */
	if (!mp_eq(metadata->issuer, upstream->issuer)
	    && !is_template_of(metadata->issuer, upstream->issuer))
		return mp_fail(err, MCPASS_E_POLICY, "OpenID Connect Discovery 4.3",
		    "the metadata of %s is that of %s", upstream->issuer, metadata->issuer);
	for (size_t i = 0; i < MP_COUNT(urls) && !rc; i++)
		if (urls[i].url != NULL)
			rc = mp_target_check(urls[i].url, upstream->issuer, true, urls[i].what, err);
	return rc;
}

enum mcpass_rc mp_idp_metadata_read(const struct mp_idp *upstream,
    const json_t *document, struct mp_idp_metadata *ret_metadata, struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	enum mcpass_rc rc = mp_json_read(document, fields, MP_COUNT(fields), &metadata, err);

	if (!rc)
		rc = check(upstream, &metadata, err);
	if (rc)
		mp_idp_metadata_free(&metadata);
	else
		*ret_metadata = metadata;
	return mp_doing(err, rc, "reading the identity provider's metadata");
}

void mp_idp_metadata_free(struct mp_idp_metadata *metadata)
{
	mp_json_release(fields, MP_COUNT(fields), metadata);
}
