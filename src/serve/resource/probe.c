#include "serve/resource/probe.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/resource/discover.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "oauth/clientauth.h"
#include "oauth/token_exchange.h"
#include "oauth/introspection.h"
#include "oauth/target.h"
#include "wire/http/http.h"
#include "wire/jose/jwk.h"
#include "wire/mask.h"

struct ask {
	struct mp_http *http;
	const struct mp_serve_plan *plan;
	size_t at;                      /* which of its issuers */
};

static enum mcpass_rc count_keys(struct mp_serve_found *found, const char *where, const char *data,
    size_t len, struct mcpass_error *err)
{
	struct mp_jwks set = { 0 };
	enum mcpass_rc rc = mp_jwks_parse(data, len, &set, err);

	if (!rc && set.count == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 5",
		    "%s has no key that signs in a way that we know", where);
	found->key_count = set.count;
	mp_jwks_free(&set);
	return rc;
}

static enum mcpass_rc fetch_keys(const struct ask *ask, struct mp_serve_found *found,
    struct mcpass_error *err)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	struct mp_http_response response = { 0 };
	enum mcpass_rc rc = mp_http_perform(ask->http, "GET", found->jwks_uri, &accept, 1,
	    NULL, 0, MP_MAX_DOCUMENT, &response, err);

	if (!rc && !mp_http_is_answer(response.status))
		rc = mp_fail(err, response.status == 429 || response.status >= 500 ? MCPASS_E_IO
		    : MCPASS_E_PROTOCOL, "RFC 7517 5", "GET %s: answered %d", found->jwks_uri,
		    response.status);
	if (!rc)
		rc = count_keys(found, found->jwks_uri, mp_buf_text(&response.body), response.body.len,
		    err);
	mp_http_response_free(&response);
	return mp_doing(err, rc, "fetching the issuer's keys");
}

static enum mcpass_rc find_keys(const struct ask *ask, struct mp_serve_found *found,
    struct mcpass_error *err)
{
	const struct mp_serve_issuer *issuer = found->issuer;
	const char *pinned = mp_serve_plan_jwks(ask->plan, ask->at);
	enum mcpass_rc rc = MCPASS_OK;

	if (pinned != NULL)
		return count_keys(found, issuer->jwks_file, pinned, strlen(pinned), err);
	if (issuer->jwks_uri != NULL)
		rc = mp_set(&found->jwks_uri, issuer->jwks_uri, err);
	else if (found->meta.jwks_uri == NULL)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2", "the metadata of %s has no jwks_uri",
		    issuer->issuer);
	else
		rc = mp_target_check(found->meta.jwks_uri, issuer->issuer, true, "jwks_uri", err);
	if (!rc && issuer->jwks_uri == NULL)
		rc = mp_set(&found->jwks_uri, found->meta.jwks_uri, err);
	return rc ? rc : fetch_keys(ask, found, err);
}

/* Whether its metadata is needed for anything. */
static bool needs_meta(const struct mp_serve_found *found)
{
	const struct mp_serve_issuer *issuer = found->issuer;
	const struct mp_serve_introspection *introspection = &issuer->introspection;

	return (issuer->jwks_uri == NULL && issuer->jwks_file == NULL) || found->exchanges
	    || (introspection->client_id != NULL && introspection->endpoint == NULL);
}

static enum mcpass_rc check_exchange(const struct mp_serve_found *found,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (found->meta.token_endpoint == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the metadata of %s has no token_endpoint", found->issuer->issuer);
	/* What lists its grants and leaves this one out does not have it. */
	if (found->meta.grant_types_supported.count == 0
	    || mp_strings_has(&found->meta.grant_types_supported, MP_GRANT_TOKEN_EXCHANGE))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.1",
	    "%s does not list token exchange among its grants", found->issuer->issuer);
	mp_hint(err, "It has to be switched on there, and for our client.");
	return rc;
}

/* --- does it take our word when we ask about a token? --- */
static enum mcpass_rc find_client(const struct ask *ask, const struct mp_serve_found *found,
    struct mp_client_id *client, struct mcpass_error *err)
{
	const struct mcpass_introspection *asked = ask->plan->guard.issuers[ask->at].introspection;
	enum mcpass_rc rc = mp_set(&client->client_id, asked->client_id, err);

	if (!rc)
		rc = mp_secret_set(&client->client_secret, asked->client_secret, err);
	client->method = asked->auth_method != NULL ? mp_auth_method_from_name(asked->auth_method)
	    : mp_auth_method_choose(client, &found->meta.introspection_endpoint_auth_methods_supported);
	return rc;
}

/* A question about a token that does not exist: the answer is known, it is who asks that counts.
 * spec: RFC 7662 2.1, 2.2 */
static enum mcpass_rc ask_about_nothing(const struct ask *ask, const struct mp_client_id *client,
    const char *endpoint, struct mcpass_error *err)
{
	const struct mp_auth_inputs inputs = { .issuer = ask->plan->config->issuers[ask->at].issuer,
		.now = mp_now_s(), .random = mp_entropy };
	struct mp_introspection answer = { 0 };
	struct mp_http_response response = { 0 };
	struct mp_headers headers = { 0 };
	struct mp_secret token = { 0 };
	struct mp_buf form = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc = mp_secret_set(&token, "a-token-that-does-not-exist", err);

	mp_introspection_form(&form, &token);
	if (!rc)
		rc = mp_headers_add(&headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_headers_add(&headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_clientauth_apply(client, &inputs, &headers, &form, err);
	if (!rc)
		rc = mp_http_perform(ask->http, "POST", endpoint, headers.items, headers.count,
		    mp_buf_text(&form), form.len, MP_MAX_DOCUMENT, &response, err);
	if (!rc)
		rc = mp_introspection_answer(response.status, mp_buf_text(&response.body),
		    response.body.len, &answer, err);
	mp_introspection_free(&answer);
	mp_http_response_free(&response);
	mp_headers_free(&headers);
	mp_secret_free(&token);
	mp_buf_free(&form);
	return rc;
}

static enum mcpass_rc check_introspection(const struct ask *ask,
    const struct mp_serve_found *found, struct mcpass_error *err)
{
	const char *endpoint = found->issuer->introspection.endpoint;
	struct mp_client_id client = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (endpoint == NULL)
		endpoint = found->meta.introspection_endpoint;
	if (endpoint == NULL)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the metadata of %s has no introspection_endpoint", found->issuer->issuer);
	if (!rc && found->issuer->introspection.endpoint == NULL)
		rc = mp_target_check(endpoint, found->issuer->issuer, true, "the introspection endpoint",
		    err);
	if (!rc)
		rc = find_client(ask, found, &client, err);
	if (!rc)
		rc = ask_about_nothing(ask, &client, endpoint, err);
	if (rc && mp_secret_present(&client.client_secret))     /* which the issuer may repeat */
		(void)mp_mask_secret(err->detail, mp_secret_reveal(&client.client_secret));
	mp_client_id_free(&client);
	return mp_doing(err, rc, "asking the issuer about a token");
}

/* What the server will need of the metadata. */
static unsigned wanted(const struct mp_serve_found *found)
{
	const struct mp_serve_issuer *issuer = found->issuer;
	bool keys = issuer->jwks_uri == NULL && issuer->jwks_file == NULL;
	bool introspection = issuer->introspection.client_id != NULL
	    && issuer->introspection.endpoint == NULL;

	return (keys ? MP_WANTS_KEYS : 0) | (introspection ? MP_WANTS_INTROSPECTION : 0)
	    | (found->exchanges ? MP_WANTS_TOKEN : 0);
}

enum mcpass_rc mp_probe_server(struct mp_http *http, const struct mp_serve_plan *plan, size_t i,
    struct mp_serve_found *found, struct mcpass_error *err)
{
	const struct ask ask = { http, plan, i };
	enum mcpass_rc rc = MCPASS_OK;

	found->issuer = &plan->config->issuers[i];
	found->exchanges = mp_eq(plan->exchange_issuer, found->issuer->issuer);
	if (needs_meta(found))
		rc = mp_discover(http, found->issuer->issuer, wanted(found), &found->meta, err);
	if (!rc)
		rc = find_keys(&ask, found, err);
	if (!rc && found->issuer->introspection.client_id != NULL)
		rc = check_introspection(&ask, found, err);
	if (!rc && found->exchanges)
		rc = check_exchange(found, err);
	return rc;
}

void mp_probe_free(struct mp_serve_found *found)
{
	free(found->jwks_uri);
	mp_asmeta_free(&found->meta);
	*found = (struct mp_serve_found){ 0 };
}
