#include "issuer/upstream/ask.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/configured.h"
#include "issuer/clients/fetched.h"
#include "issuer/upstream/errand.h"
#include "issuer/upstream/github.h"
#include "issuer/upstream/groups.h"
#include "wire/mask.h"

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
	struct mp_buf url = MP_BUF(MP_MAX_URI);

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

static enum mcpass_rc check_metadata(const void *ctx, const json_t *document,
    struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	enum mcpass_rc rc = mp_idp_metadata_read(ctx, document, &metadata, err);

	mp_idp_metadata_free(&metadata);
	return rc;
}

enum mcpass_rc mp_idp_metadata_get(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_idp_metadata *ret_metadata, struct mcpass_error *err)
{
	struct mp_fetched_ask ask = { .kind = "upstream_metadata", .max = MP_MAX_UPSTREAM_ANSWER,
		.check = check_metadata, .check_ctx = upstream };
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
	} else if (grant->exchange != NULL) {
		mp_token_exchange_form(form, grant->exchange);
	} else {
		mp_token_refresh_form(form, grant->refresh_token, grant->scope, NULL);
	}
	/* Elsewhere it is not sent: a person may have given fewer scopes. */
	if (provider != NULL && provider->wants_scope && grant->scope == NULL
	    && grant->exchange == NULL)
		mp_form_add(form, "scope", grant->upstream->scope);
	json_object_foreach (grant->upstream->token_params, name, value)
		if (grant->exchange == NULL || strcmp(name, "audience") != 0)   /* which is ours then */
			mp_form_add(form, name, json_string_value(value));
	free(callback);
	return rc;
}

static enum mcpass_rc send_grant(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_errand_name *name, struct mcpass_error *err)
{
	struct mp_headers headers = { 0 };
	struct mp_buf form = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc = write_form(turn, grant, &form, err);

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
		rc = mp_errand_leave(turn, name, grant->metadata->token_endpoint, &headers, &form, err);
	mp_headers_free(&headers);
	mp_buf_free(&form);
	return rc;
}

static enum mcpass_rc name_exchange(const struct mp_token_exchange *exchange, char **ret_key,
    struct mcpass_error *err)
{
	struct mp_buf purpose = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	mp_buf_adds(&purpose, "exchange ");
	mp_form_add(&purpose, "audience", exchange->audience);
	mp_form_add(&purpose, "scope", exchange->scope);
	rc = mp_buf_check(&purpose, "an errand's name", err);
	if (!rc)
		rc = mp_errand_key(mp_buf_text(&purpose), exchange->subject, ret_key, err);
	mp_buf_free(&purpose);
	return rc;
}

static enum mcpass_rc name_errand(const struct mp_idp_grant *grant, char **ret_key,
    struct mcpass_error *err)
{
	if (grant->exchange != NULL)
		return name_exchange(grant->exchange, ret_key, err);
	/* By its own verifier: who comes with another's code gets no answer to it. */
	return grant->code != NULL
	    ? mp_errand_key(mp_secret_reveal(grant->verifier), grant->code, ret_key, err)
	    : mp_errand_key("refresh", grant->refresh_token, ret_key, err);
}

/* Entra says invalid_grant, too, when the person has not consented to a scope: that is no word about
 * the sign-in.  (suberror, of Microsoft's identity platform) */
static enum mcpass_rc refine(const char *scope, const struct mp_buf *body, struct mcpass_error *err)
{
	json_t *object = NULL;
	enum mcpass_rc rc;

	if (scope == NULL || scope[0] == '\0' || !mp_eq(err->oauth, "invalid_grant"))
		return MCPASS_E_DENIED;
	rc = mp_json_parse_by(MP_JSON_ANSWER, mp_buf_text(body), body->len, MP_MAX_UPSTREAM_ANSWER,
	    "the answer", &object, NULL);
	if (mp_eq(mp_json_text(object, "suberror"), "consent_required")) {
		err->oauth[0] = '\0';
		mp_oauth_code(err, "consent_required");
	}
	json_decref(object);
	if (rc != MCPASS_E_NOMEM)
		return MCPASS_E_DENIED;
	mp_clear(err);
	return mp_nomem(err);
}

/* A provider may repeat what it was sent where it says why it refuses, which goes to our log. */
static void mask(const struct mp_idp_grant *grant, struct mcpass_error *err)
{
	const struct mp_secret *const secrets[] = { grant->code, grant->verifier, grant->refresh_token,
		grant->exchange != NULL ? grant->exchange->subject : NULL,
		&grant->upstream->client.client_secret };

	for (size_t i = 0; i < MP_COUNT(secrets); i++)
		if (secrets[i] != NULL && mp_secret_present(secrets[i]))
			(void)mp_mask_secret(err->detail, mp_secret_reveal(secrets[i]));
}

static enum mcpass_rc parse_answer(const struct mp_idp_grant *grant, const char *scope,
    const struct mp_errand_answer *answer, struct mp_token *ret_token, struct mcpass_error *err)
{
	const char *text = mp_buf_text(&answer->body);
	enum mcpass_rc rc;

	if (answer->status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the token endpoint: %s", text);
	if (grant->exchange != NULL)
		return mp_token_exchange_answer(answer->status, text, answer->body.len, ret_token, err);
	rc = mp_token_answer(answer->status, text, answer->body.len, "Bearer", ret_token, err);
	return rc == MCPASS_E_DENIED ? refine(scope, &answer->body, err) : rc;
}

static enum mcpass_rc read_answer(const struct mp_idp_grant *grant, const char *scope,
    const struct mp_errand_answer *answer, struct mp_token *ret_token, struct mcpass_error *err)
{
	enum mcpass_rc rc = parse_answer(grant, scope, answer, ret_token, err);

	if (rc)
		mask(grant, err);
	return rc;
}

/* The words that a grant is over; says: what else it says, "" where the code is enough.
 * spec: RFC 6749 5.2 */
static const struct {
	const char *code, *says;
} over[] = {
	{ "invalid_grant", "" },
	{ "bad_refresh_token", "" },                    /* GitHub */
	{ "invalid_request", ": Refresh token " },      /* Dex: "is invalid or ...", "expired." */
};

bool mp_idp_is_over(enum mcpass_rc rc, const struct mcpass_error *err)
{
	if (rc != MCPASS_E_DENIED)
		return false;
	for (size_t i = 0; i < MP_COUNT(over); i++)
		if (mp_eq(err->oauth, over[i].code) && strstr(err->detail, over[i].says) != NULL)
			return true;
	return false;
}

#define FOR_SCOPE "scope "              /* the purpose of a refresh, and the scope */

/* A refresh token is used for one scope at a time, and may be another one after each use. */
static enum mcpass_rc name_purpose(const struct mp_idp_grant *grant, char **ret_purpose,
    struct mcpass_error *err)
{
	struct mp_buf purpose = MP_BUF(MP_MAX_FORM);

	if (grant->refresh_token == NULL)
		return MCPASS_OK;
	mp_buf_addf(&purpose, FOR_SCOPE "%s", grant->scope != NULL ? grant->scope : "");
	return mp_buf_take(&purpose, "an errand's purpose", ret_purpose, err);
}

static const char *scope_of(const char *purpose)
{
	return purpose != NULL && strncmp(purpose, FOR_SCOPE, strlen(FOR_SCOPE)) == 0
	    ? purpose + strlen(FOR_SCOPE) : "";
}

/* *ret_counts: the last use of the refresh token was another's, and says something of it. */
static enum mcpass_rc look_at_last(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_errand_name *name, struct mp_token *ret_token, bool *ret_counts,
    struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_errand_peek(turn, name->key, &answer, &name->is_after, err);

	if (rc || !name->is_after || mp_eq(answer.purpose, name->purpose))
		goto out;
	rc = read_answer(grant, scope_of(answer.purpose), &answer, &token, &why);
	if (rc == MCPASS_E_NOMEM) {
		rc = mp_nomem(err);
		goto out;
	}
	*ret_counts = mp_idp_is_over(rc, &why) || (mp_secret_present(&token.refresh_token)
	    && !mp_eq(mp_secret_reveal(&token.refresh_token), mp_secret_reveal(grant->refresh_token)));
	if (!*ret_counts) {
		rc = MCPASS_OK;
	} else if (rc) {
		*err = why;
	} else {
		*ret_token = token;
		token = (struct mp_token){ 0 };
	}
out:
	mp_token_free(&token);
	mp_errand_answer_free(&answer);
	return rc;
}

enum mcpass_rc mp_idp_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_token *ret_token, bool *ret_is_anothers, struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	struct mp_errand_name name = { 0 };
	bool found = false, is_anothers = false;
	char *key = NULL, *purpose = NULL;
	enum mcpass_rc rc = name_errand(grant, &key, err);

	if (!rc)
		rc = name_purpose(grant, &purpose, err);
	name.key = key;
	name.purpose = purpose;
	if (!rc)
		rc = mp_errand_take(turn, &name, &answer, &found, err);
	if (!rc && found)
		rc = read_answer(grant, grant->scope, &answer, ret_token, err);
	else if (!rc && grant->refresh_token != NULL)
		rc = look_at_last(turn, grant, &name, ret_token, &is_anothers, err);
	if (!rc && !found && !is_anothers)
		rc = send_grant(turn, grant, &name, err);
	if (ret_is_anothers != NULL)
		*ret_is_anothers = is_anothers;
	mp_errand_answer_free(&answer);
	free(key);
	free(purpose);
	return rc;
}

/* --- who it is --- */
static enum mcpass_rc find_keys(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_jws *jws, struct mp_jwks *ret_keys, struct mcpass_error *err)
{
	const struct mp_trusted trusted = { .jwks_uri = grant->metadata->jwks_uri };

	return mp_configured_fetch_keys(turn, &trusted, jws, ret_keys, err);
}

enum mcpass_rc mp_idp_id_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
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
	enum mcpass_rc rc = mp_errand_ask(turn, &token->access_token, grant->metadata->userinfo_endpoint,
	    NULL, &answer, err);

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
		rc = mp_idp_id_token(turn, grant, &token->id_token, claims, err);
	else if (grant->code != NULL)   /* spec: OpenID Connect Core 3.1.3.3 (REQUIRED) */
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 3.1.3.3",
		    "there is no id token: is openid among the scopes?");
	if (!rc && userinfo == NULL && grant->upstream->userinfo)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Discovery 3",
		    "userinfo is configured, and the metadata has no userinfo_endpoint");
	if (!rc && userinfo != NULL && (grant->upstream->userinfo || *claims == NULL))
		rc = add_userinfo(turn, grant, token, claims, err);
	if (!rc && grant->upstream->groups_endpoint != NULL && *claims != NULL
	    && mp_idp_lacks_groups(grant->upstream, *claims))
		rc = mp_groups_add(turn, grant->upstream, token, *claims, err);
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
