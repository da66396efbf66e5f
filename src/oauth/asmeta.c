#include "oauth/asmeta.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/uri.h"

#define RFC8414_NAME "oauth-authorization-server"
#define OIDC_NAME "openid-configuration"
#define PKCE_SPEC "MCP 2026-07-28 authorization code protection"

#define MEMBER(type, flags, member, spec) \
	{ #member, type, flags, offsetof(struct mp_asmeta, member), spec }

/* One table parses, writes and reads back.  The issuer is a string, not a URL: it is
 * compared, and whatever it is, the comparison says more than a syntax error would.
 * Endpoints only advise: the one that a login needs is missed there, with its clause. */
static const struct mp_field fields[] = {
	MEMBER(MP_FIELD_STRING, MP_REQUIRED | MP_DECIDES, issuer, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, authorization_endpoint, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, token_endpoint, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, registration_endpoint, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, revocation_endpoint, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, introspection_endpoint, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, jwks_uri, "RFC 8414 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, pushed_authorization_request_endpoint, "RFC 9126 5"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, device_authorization_endpoint, "RFC 8628 4"),
	MEMBER(MP_FIELD_SCOPES, MP_ADVISES, scopes_supported, "RFC 8414 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, response_types_supported, "RFC 8414 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, grant_types_supported, "RFC 8414 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, token_endpoint_auth_methods_supported, "RFC 8414 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, token_endpoint_auth_signing_alg_values_supported,
	    "RFC 8414 2"),
	/* Left out, it is a promise that is missing: the login is refused. */
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, code_challenge_methods_supported, "RFC 8414 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, dpop_signing_alg_values_supported, "RFC 9449 5.1"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, authorization_grant_profiles_supported,
	    "MCP enterprise-managed authorization"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, introspection_endpoint_auth_methods_supported,
	    "RFC 8414 2"),
	MEMBER(MP_FIELD_BOOL, MP_DECIDES, authorization_response_iss_parameter_supported,
	    "RFC 9207 3"),
	MEMBER(MP_FIELD_BOOL, MP_ADVISES, client_id_metadata_document_supported,
	    "MCP 2026-07-28 client ID metadata documents"),
	MEMBER(MP_FIELD_BOOL, MP_ADVISES, require_pushed_authorization_requests, "RFC 9126 5"),
};

static const struct place {
	const char *name;
	enum mp_well_known form;
} with_path[] = {
	{ RFC8414_NAME, MP_WELL_KNOWN_INSERTED },
	{ OIDC_NAME, MP_WELL_KNOWN_INSERTED },
	{ OIDC_NAME, MP_WELL_KNOWN_APPENDED },
	{ RFC8414_NAME, MP_WELL_KNOWN_APPENDED },
}, without_path[] = {
	{ RFC8414_NAME, MP_WELL_KNOWN_ROOT },
	{ OIDC_NAME, MP_WELL_KNOWN_ROOT },
};

/* Reads an issuer that a server named. */
static enum mcpass_rc parse_issuer(const char *issuer, struct mp_uri *ret_uri,
    struct mcpass_error *err)
{
	struct mcpass_error cause = { 0 };
	enum mcpass_rc rc = mp_uri_parse(issuer, ret_uri, &cause);

	if (rc == MCPASS_E_USAGE)
		rc = MCPASS_E_PROTOCOL;
	if (rc)
		return mp_fail(err, rc, "RFC 8414 2", "the issuer: %s", cause.detail);
	/* spec: RFC 8414 2 (no query or fragment components) */
	if (ret_uri->query.data != NULL || ret_uri->fragment.data != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the issuer has a query or a fragment: %s", issuer);
	return MCPASS_OK;
}

/* spec: RFC 8414 3.1; MCP 2026-07-28 authorization server metadata discovery */
enum mcpass_rc mp_asmeta_places(const char *issuer, struct mp_strings *ret_urls,
    struct mcpass_error *err)
{
	struct mp_strings urls = { 0 };
	const struct place *places;
	struct mp_uri uri;
	size_t count;
	enum mcpass_rc rc = parse_issuer(issuer, &uri, err);

	if (rc)
		return rc;
	places = uri.path.len > 1 ? with_path : without_path;
	count = uri.path.len > 1 ? MP_COUNT(with_path) : MP_COUNT(without_path);
	for (size_t i = 0; !rc && i < count; i++) {
		char *url = NULL;

		rc = mp_uri_well_known(&uri, places[i].name, places[i].form, &url, err);
		if (!rc)
			rc = mp_strings_add_text(&urls, url, err);
		free(url);
	}
	if (rc)
		mp_strings_free(&urls);
	else
		*ret_urls = urls;
	return rc;
}

enum mcpass_rc mp_asmeta_read(const json_t *object, struct mp_asmeta *ret_meta,
    struct mcpass_error *err)
{
	struct mp_asmeta meta = { 0 };
	enum mcpass_rc rc = mp_json_take(object, fields, MP_COUNT(fields), &meta, &meta.odd, err);

	if (rc)
		mp_asmeta_free(&meta);
	else
		*ret_meta = meta;
	return rc;
}

enum mcpass_rc mp_asmeta_parse(const char *data, size_t len, struct mp_asmeta *ret_meta,
    struct mcpass_error *err)
{
	struct mp_span text = mp_json_without_mark(data, len);
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_DOCUMENT, text.data, text.len,
	    MP_MAX_DOCUMENT, "the authorization server metadata", &json, err);

	if (!rc)
		rc = mp_asmeta_read(json, ret_meta, err);
	json_decref(json);
	return mp_doing(err, rc, "reading the authorization server metadata");
}

enum mcpass_rc mp_asmeta_write(const struct mp_asmeta *meta, json_t *object,
    struct mcpass_error *err)
{
	return mp_json_write(object, fields, MP_COUNT(fields), meta, err);
}

void mp_asmeta_free(struct mp_asmeta *meta)
{
	mp_json_release(fields, MP_COUNT(fields), meta);
	mp_strings_free(&meta->odd);
}

void mp_asmeta_complete(struct mp_asmeta *meta, struct mp_asmeta *more)
{
	mp_json_complete(fields, MP_COUNT(fields), meta, more);
}

/* True when longer is shorter and one '/'. */
static bool is_slashed(const char *longer, const char *shorter)
{
	size_t len = strlen(shorter);

	return strncmp(longer, shorter, len) == 0 && strcmp(longer + len, "/") == 0;
}

bool mp_asmeta_same_issuer(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || is_slashed(a, b) || is_slashed(b, a);
}

enum mcpass_rc mp_asmeta_check_issuer(const struct mp_asmeta *meta, const char *issuer,
    bool *ret_slash, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	/* spec: RFC 8414 3.3 (identical, or nothing of it may be used) */
	if (strcmp(meta->issuer, issuer) == 0) {
		*ret_slash = false;
		return MCPASS_OK;
	}
	/* spec: RFC 8414 3.1 (the URL that was fetched is the same for both) */
	if (mp_asmeta_same_issuer(meta->issuer, issuer)) {
		*ret_slash = true;
		return MCPASS_OK;
	}
	rc = mp_fail(err, MCPASS_E_POLICY, "RFC 8414 3.3",
	    "the authorization server metadata is of the issuer %s, not of %s", meta->issuer,
	    issuer);
	mp_hint(err, "Nothing in it may be used.  The authorization server's own name for itself"
	    " and authorization_servers in the MCP server's metadata have to be the same text.");
	return rc;
}

enum mcpass_rc mp_asmeta_lacks(const struct mp_asmeta *meta, const char *member,
    struct mcpass_error *err)
{
	static const char end[] = ": left out";
	size_t len = strlen(member);

	for (size_t i = 0; i < meta->odd.count; i++) {
		const char *why = meta->odd.items[i], *at = strstr(why, end);

		if (at != NULL && strncmp(why, member, len) == 0 && strchr(": ", why[len]) != NULL)
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2", "%.*s", (int)(at - why), why);
	}
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2", "%s is missing", member);
}

/* An empty list is an absent one; spec: RFC 8414 3.2 (MUST be omitted) */
static bool lacks(const struct mp_strings *list, const char *item)
{
	return list->count > 0 && !mp_strings_has(list, item);
}

/* spec: MCP 2026-07-28 authorization code protection */
static enum mcpass_rc check_pkce(const struct mp_asmeta *meta, bool allow_no_s256,
    struct mcpass_error *err)
{
	const struct mp_strings *methods = &meta->code_challenge_methods_supported;
	enum mcpass_rc rc;

	if (lacks(methods, "S256"))
		return mp_fail(err, MCPASS_E_POLICY, PKCE_SPEC,
		    "code_challenge_methods_supported has no S256");
	if (methods->count > 0 || allow_no_s256)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, PKCE_SPEC,
	    "code_challenge_methods_supported is absent: the server does not promise PKCE");
	mp_hint(err, "Some servers take PKCE and do not say so: if you know that this one does,"
	    " --allow-no-s256 goes on, and PKCE is used all the same.");
	return rc;
}

enum mcpass_rc mp_asmeta_check_code_flow(const struct mp_asmeta *meta, bool allow_no_s256,
    struct mcpass_error *err)
{
	/* spec: RFC 8414 2 (REQUIRED unless no grant uses it) */
	if (meta->authorization_endpoint == NULL)
		return mp_asmeta_lacks(meta, "authorization_endpoint", err);
	if (meta->token_endpoint == NULL)
		return mp_asmeta_lacks(meta, "token_endpoint", err);
	/* spec: RFC 8414 2; it is REQUIRED, yet servers leave it out */
	if (lacks(&meta->response_types_supported, "code"))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "response_types_supported has no code");
	/* spec: RFC 8414 2 (absent means authorization_code and implicit) */
	if (lacks(&meta->grant_types_supported, "authorization_code"))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "grant_types_supported has no authorization_code");
	return check_pkce(meta, allow_no_s256, err);
}
