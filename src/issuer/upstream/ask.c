#include "issuer/upstream/ask.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/configured.h"
#include "issuer/clients/fetched.h"
#include "issuer/upstream/errand.h"
#include "issuer/upstream/github.h"

const struct mp_idp *mp_idp_named(const struct mp_issuer *issuer, const char *name)
{
	for (size_t i = 0; name != NULL && i < issuer->upstream_count; i++)
		if (strcmp(issuer->upstreams[i].name, name) == 0)
			return &issuer->upstreams[i];
	return NULL;
}

enum mcpass_rc mp_idp_callback_url(const struct mp_issuer *issuer, const struct mp_idp *upstream,
    char **ret_url, struct mcpass_error *err)
{
	struct mp_buf url;

	mp_buf_init(&url, MP_MAX_URI);
	mp_buf_addf(&url, "%s/authorize/callback/%s", issuer->url, upstream->name);
	return mp_buf_take(&url, "the callback", ret_url, err);
}

/* --- metadata --- */
static enum mcpass_rc from_configuration(const struct mp_idp *upstream,
    struct mp_idp_metadata *ret_metadata, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&ret_metadata->authorization_endpoint,
	    upstream->authorization_endpoint, err);

	return rc ? rc : mp_set(&ret_metadata->token_endpoint, upstream->token_endpoint, err);
}

/* spec: OpenID Connect Discovery 4.1 (a terminating '/' is removed first) */
static enum mcpass_rc discovery_url(const struct mp_idp *upstream, char **ret_url,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(upstream->issuer, &uri, err);

	return rc ? rc : mp_uri_well_known(&uri, "openid-configuration", MP_WELL_KNOWN_APPENDED,
	    ret_url, err);
}

enum mcpass_rc mp_idp_metadata_get(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_idp_metadata *ret_metadata, struct mcpass_error *err)
{
	struct mp_fetched_ask ask = { "upstream_metadata", NULL, MP_MAX_UPSTREAM_ANSWER, false, false };
	json_t *document = NULL;
	char *url = NULL;
	enum mcpass_rc rc;

	if (upstream->issuer == NULL)
		return from_configuration(upstream, ret_metadata, err);
	rc = discovery_url(upstream, &url, err);
	ask.url = url;
	if (!rc)
		rc = mp_fetched_get(turn, &ask, &document, err);
	if (!rc)
		rc = mp_idp_metadata_read(upstream, document, ret_metadata, err);
	json_decref(document);
	free(url);
	return rc;
}

/* --- the token endpoint --- */
static void choose_method(const struct mp_idp_grant *grant, struct mp_client_id *client)
{
	if (client->method != MP_AUTH_UNSET)
		return;
	/* OAuth without metadata: GitHub and its like name these two members. */
	if (grant->upstream->issuer == NULL)
		client->method = MP_AUTH_POST;
	else
		client->method = mp_auth_method_choose(client, &grant->metadata->auth_methods);
}

/* The upstream's own name in its assertions: its issuer, or its token endpoint.
 * spec: RFC 7523 3 (aud) */
static enum mcpass_rc prove_client(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_headers *headers, struct mp_buf *form, struct mcpass_error *err)
{
	const struct mp_idp *upstream = grant->upstream;
	const struct mp_auth_inputs inputs = {
		.issuer = upstream->issuer != NULL ? upstream->issuer : upstream->token_endpoint,
		.now = turn->request->now, .random = turn->issuer->random,
		.random_ctx = turn->issuer->random_ctx,
	};
	struct mp_client_id client = upstream->client;  /* a view */

	choose_method(grant, &client);
	return mp_clientauth_apply(&client, &inputs, headers, form, err);
}

static enum mcpass_rc write_form(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_buf *form, struct mcpass_error *err)
{
	const struct mp_idp_provider *provider = grant->upstream->provider;
	const json_t *value;
	char *callback = NULL;
	const char *name;
	enum mcpass_rc rc = MCPASS_OK;

	if (grant->code != NULL) {
		rc = mp_idp_callback_url(turn->issuer, grant->upstream, &callback, err);
		if (!rc)
			mp_token_code_form(form, grant->code, grant->verifier, callback, NULL);
	} else {
		mp_token_refresh_form(form, grant->refresh_token, NULL, NULL);
	}
	/* Elsewhere it is not sent: a person may have given fewer scopes. */
	if (provider != NULL && provider->wants_scope)
		mp_form_add(form, "scope", grant->upstream->scope);
	json_object_foreach (grant->upstream->token_params, name, value)
		mp_form_add(form, name, json_string_value(value));
	free(callback);
	return rc;
}

static enum mcpass_rc send_grant(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const char *key, struct mcpass_error *err)
{
	struct mp_headers headers = { 0 };
	struct mp_buf form;
	enum mcpass_rc rc;

	mp_buf_init(&form, MP_MAX_FORM);
	rc = write_form(turn, grant, &form, err);
	if (!rc)
		rc = prove_client(turn, grant, &headers, &form, err);
	if (!rc)
		rc = mp_headers_add(&headers, "Content-Type", "application/x-www-form-urlencoded", err);
	/* GitHub answers with a form to who does not ask for JSON. */
	if (!rc)
		rc = mp_headers_add(&headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_buf_check(&form, "the token request", err);
	if (!rc)
		rc = mp_errand_leave(turn, key, grant->metadata->token_endpoint, &headers, &form, err);
	mp_headers_free(&headers);
	mp_buf_free(&form);
	return rc;
}

enum mcpass_rc mp_idp_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_token *ret_token, struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	bool found = false;
	char *key = NULL;
	/* By its own verifier: who comes with another's code gets no answer to it. */
	enum mcpass_rc rc = grant->code != NULL
	    ? mp_errand_key(mp_secret_reveal(grant->verifier), grant->code, &key, err)
	    : mp_errand_key("refresh", grant->refresh_token, &key, err);

	if (!rc)
		rc = mp_errand_take(turn, key, &answer, &found, err);
	if (!rc && !found)
		rc = send_grant(turn, grant, key, err);
	else if (!rc && answer.status == 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "the token endpoint: %s", mp_buf_text(&answer.body));
	else if (!rc)
		rc = mp_token_answer(answer.status, mp_buf_text(&answer.body), answer.body.len, "Bearer",
		    ret_token, err);
	mp_errand_answer_free(&answer);
	free(key);
	return rc;
}

/* --- who it is --- */
static enum mcpass_rc find_keys(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_jws *jws, struct mp_jwks *ret_keys, struct mcpass_error *err)
{
	const struct mp_trusted trusted = { .jwks_uri = grant->metadata->jwks_uri };

	return mp_configured_fetch_keys(turn, &trusted, jws, ret_keys, err);
}

static enum mcpass_rc read_id_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_secret *token, json_t **ret_claims, struct mcpass_error *err)
{
	const struct mp_id_token_expect expect = { grant->upstream, grant->metadata, grant->nonce,
		turn->request->now };
	struct mp_jwks keys = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc = mp_jws_parse((struct mp_span){ token->bytes, token->len }, &jws, err);

	if (!rc)
		rc = find_keys(turn, grant, &jws, &keys, err);
	if (!rc)
		rc = mp_id_token_check(&jws, &keys, &expect, err);
	if (!rc)
		*ret_claims = json_incref(jws.payload);
	mp_jws_free(&jws);
	mp_jwks_free(&keys);
	return rc;
}

/* *claims becomes what the id token and userinfo say together; without an id token, in a renewal,
 * userinfo alone, which the caller compares with who it was. */
static enum mcpass_rc add_userinfo(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_token *token, json_t **claims, struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	json_t *all = NULL;
	enum mcpass_rc rc = mp_errand_get(turn, &token->access_token, grant->metadata->userinfo_endpoint,
	    &answer, err);

	if (!rc && !mp_http_is_answer(answer.status))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.3.3",
		    "userinfo answered %d", answer.status);
	if (!rc && *claims != NULL)
		rc = mp_userinfo_join(*claims, mp_buf_text(&answer.body), answer.body.len, &all, err);
	else if (!rc)
		rc = mp_json_parse_by(MP_JSON_DOCUMENT, mp_buf_text(&answer.body), answer.body.len,
		    MP_MAX_UPSTREAM_ANSWER, "the userinfo answer", &all, err);
	if (!rc && !json_is_object(all))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.3.2",
		    "the userinfo answer is no JSON object");
	mp_errand_answer_free(&answer);
	if (rc) {
		json_decref(all);
		return rc;
	}
	json_decref(*claims);
	*claims = all;
	return MCPASS_OK;
}

static enum mcpass_rc identify(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_token *token, json_t **claims, struct mcpass_error *err)
{
	const char *userinfo = grant->metadata->userinfo_endpoint;
	enum mcpass_rc rc = MCPASS_OK;

	if (grant->upstream->issuer == NULL)
		return mp_github_user(turn, grant->upstream, token, claims, err);
	if (mp_secret_present(&token->id_token))
		rc = read_id_token(turn, grant, &token->id_token, claims, err);
	else if (grant->code != NULL)   /* spec: OpenID Connect Core 3.1.3.3 (REQUIRED) */
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 3.1.3.3",
		    "there is no id token: is openid among the scopes?");
	if (!rc && userinfo == NULL && grant->upstream->userinfo)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Discovery 3",
		    "userinfo is configured, and the metadata has no userinfo_endpoint");
	if (!rc && userinfo != NULL && (grant->upstream->userinfo || *claims == NULL))
		rc = add_userinfo(turn, grant, token, claims, err);
	return rc;
}

enum mcpass_rc mp_idp_identify(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_token *token, json_t **ret_claims, struct mcpass_error *err)
{
	json_t *claims = NULL;
	enum mcpass_rc rc = identify(turn, grant, token, &claims, err);

	if (rc)
		json_decref(claims);
	else
		*ret_claims = claims;
	return mp_doing(err, rc, "reading who signed in");
}
