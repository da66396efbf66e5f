#include "oauth/prm.h"
#include <string.h>
#include "base/limits.h"
#include "wire/uri.h"

#define WELL_KNOWN "oauth-protected-resource"

#define MEMBER(type, flags, member) \
	{ #member, type, flags, offsetof(struct mp_prm, member), "RFC 9728 2" }

static const struct mp_field fields[] = {
	MEMBER(MP_FIELD_URL, MP_REQUIRED | MP_DECIDES, resource),
	MEMBER(MP_FIELD_STRING, MP_ADVISES, resource_name),     /* a name to show */
	MEMBER(MP_FIELD_URL, MP_ADVISES, resource_documentation), /* a page for people */
	/* What of it can be read; each is held to its own metadata (RFC 8414 3.3). */
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, authorization_servers),
	/* Without it we ask for what the challenge names, or for nothing. */
	MEMBER(MP_FIELD_SCOPES, MP_ADVISES, scopes_supported),
	/* MCP allows the header only, whatever this says. */
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, bearer_methods_supported),
	/* A proof that is not taken is refused. */
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, dpop_signing_alg_values_supported),
	MEMBER(MP_FIELD_BOOL, MP_DECIDES, dpop_bound_access_tokens_required),
};

static enum mcpass_rc add_place(struct mp_strings *urls, const char *url,
    struct mcpass_error *err)
{
	if (mp_strings_has(urls, url))
		return MCPASS_OK;
	return mp_strings_add_text(urls, url, err);
}

/* spec: RFC 9728 3.1 (unlike RFC 8414, the query stays, and only a '/' that is the whole
 * path goes) */
static enum mcpass_rc add_inserted(struct mp_strings *urls, const struct mp_uri *uri,
    struct mp_span path, struct mcpass_error *err)
{
	struct mp_buf url = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_add(&url, uri->origin.data, uri->origin.len);
	mp_buf_adds(&url, "/.well-known/" WELL_KNOWN);
	if (path.len > 1)
		mp_buf_add(&url, path.data, path.len);
	if (uri->query.data != NULL) {
		mp_buf_addc(&url, '?');
		mp_buf_add(&url, uri->query.data, uri->query.len);
	}
	rc = mp_buf_check(&url, "the metadata's URL", err);
	if (!rc)
		rc = add_place(urls, mp_buf_text(&url), err);
	mp_buf_free(&url);
	return rc;
}

static struct mp_span without_slash(struct mp_span path)
{
	if (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	return path;
}

enum mcpass_rc mp_prm_places(const char *from_challenge, const char *server_url,
    struct mp_strings *ret_urls, struct mcpass_error *err)
{
	struct mp_strings urls = { 0 };
	struct mp_uri uri, root;
	enum mcpass_rc rc = mp_uri_parse(server_url, &uri, err);

	if (!rc && from_challenge != NULL)      /* spec: RFC 9728 5.1 */
		rc = add_place(&urls, from_challenge, err);
	if (!rc)
		rc = add_inserted(&urls, &uri, uri.path, err);
	/* Servers serve "/mcp" and "/mcp/" alike, but publish the metadata for one of them. */
	if (!rc)
		rc = add_inserted(&urls, &uri, without_slash(uri.path), err);
	if (!rc) {      /* spec: MCP 2025-11-25 protected resource metadata discovery */
		root = uri;
		root.query = (struct mp_span){ NULL, 0 };
		rc = add_inserted(&urls, &root, (struct mp_span){ NULL, 0 }, err);
	}
	if (rc)
		mp_strings_free(&urls);
	else
		*ret_urls = urls;
	return rc;
}

/* spec: RFC 9728 1.2 (a resource identifier has no fragment) */
static enum mcpass_rc check_fragment(const struct mp_prm *prm, struct mcpass_error *err)
{
	if (strchr(prm->resource, '#') != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9728 1.2", "resource has a fragment: %s",
		    prm->resource);
	return MCPASS_OK;
}

enum mcpass_rc mp_prm_parse(const char *data, size_t len, struct mp_prm *ret_prm,
    struct mcpass_error *err)
{
	struct mp_span text = mp_json_without_mark(data, len);
	struct mp_prm prm = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_DOCUMENT, text.data, text.len,
	    MP_MAX_DOCUMENT, "the resource metadata", &json, err);

	if (!rc)
		rc = mp_json_take(json, fields, MP_COUNT(fields), &prm, &prm.odd, err);
	if (!rc)
		rc = check_fragment(&prm, err);
	json_decref(json);
	if (rc)
		mp_prm_free(&prm);
	else
		*ret_prm = prm;
	return mp_doing(err, rc, "reading the resource metadata");
}

enum mcpass_rc mp_prm_check_resource(const struct mp_prm *prm, const char *server_url,
    struct mcpass_error *err)
{
	struct mp_uri resource, server;
	enum mcpass_rc rc = mp_uri_parse(server_url, &server, err);

	if (!rc)
		rc = mp_uri_parse(prm->resource, &resource, err);
	if (rc)
		return rc;
	resource.path = without_slash(resource.path);
	server.path = without_slash(server.path);
	/* spec: RFC 9728 3.3; MCP 2026-07-28 canonical server URI */
	if (mp_uri_is_parent(&resource, &server))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, "RFC 9728 3.3",
	    "the metadata is for the resource %s, not for %s", prm->resource, server_url);
	mp_hint(err, "A token for another resource must not be asked for here.  Check the URL that"
	    " was given, and the address that the server is configured to call itself by (behind"
	    " a proxy, the public one).");
	return rc;
}

void mp_prm_free(struct mp_prm *prm)
{
	mp_json_release(fields, MP_COUNT(fields), prm);
	mp_strings_free(&prm->odd);
}

enum mcpass_rc mp_prm_write(const struct mp_prm *prm, char **ret_text,
    struct mcpass_error *err)
{
	json_t *json = json_object();
	enum mcpass_rc rc = json == NULL ? mp_nomem(err)
	    : mp_json_write(json, fields, MP_COUNT(fields), prm, err);

	return mp_json_end(json, rc, ret_text, err);
}
