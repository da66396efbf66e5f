#include "guard/introspector.h"
#include <stdlib.h>
#include "base/limits.h"
#include "guard/recent.h"
#include "oauth/introspection.h"

static enum mcpass_rc check_config(const struct mcpass_introspection *config,
    struct mcpass_error *err)
{
	enum mp_auth_method method = mp_auth_method_from_name(config->auth_method);

	if (config->client_id == NULL || config->client_id[0] == '\0'
	    || config->client_secret == NULL || config->client_secret[0] == '\0')
		return mp_fail(err, MCPASS_E_USAGE, "RFC 7662 2.1",
		    "introspection needs this server's own client id and secret at the issuer");
	if (config->auth_method != NULL && method != MP_AUTH_BASIC && method != MP_AUTH_POST)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "%s is no way to authenticate for introspection: client_secret_basic or"
		    " client_secret_post", config->auth_method);
	if (config->lifetime < 0 || config->lifetime > MP_MAX_INTROSPECTION_LIFETIME)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "an issuer's word is good for 1 to %d seconds", MP_MAX_INTROSPECTION_LIFETIME);
	if (config->what != MCPASS_INTROSPECT_OPAQUE && config->what != MCPASS_INTROSPECT_ALL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no such kind of token to ask about: %d",
		    (int)config->what);
	return MCPASS_OK;
}

enum mcpass_rc mp_introspector_init(struct mp_introspector *introspector,
    const struct mcpass_introspection *config, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*introspector = (struct mp_introspector){ 0 };
	if (config == NULL)
		return MCPASS_OK;
	rc = check_config(config, err);
	if (rc)
		return rc;
	introspector->is_used = true;
	introspector->what = config->what;
	introspector->lifetime = config->lifetime > 0 ? config->lifetime
	    : MP_INTROSPECTION_LIFETIME;
	introspector->audience_optional = config->audience_optional != 0;
	introspector->client.method = mp_auth_method_from_name(config->auth_method);
	rc = mp_set(&introspector->client.client_id, config->client_id, err);
	if (!rc)
		rc = mp_secret_set(&introspector->client.client_secret, config->client_secret, err);
	if (!rc)
		rc = mp_set(&introspector->endpoint, config->endpoint, err);
	if (!rc)
		rc = mp_set(&introspector->prefix,
		    config->token_prefix != NULL ? config->token_prefix : "", err);
	return rc;
}

void mp_introspector_free(struct mp_introspector *introspector)
{
	mp_client_id_free(&introspector->client);
	free(introspector->endpoint);
	free(introspector->prefix);
	*introspector = (struct mp_introspector){ 0 };
}

const char *mp_introspector_url(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery)
{
	return introspector->endpoint != NULL ? introspector->endpoint
	    : discovery->introspection_endpoint;
}

enum mp_introspector_answer mp_introspector_ask(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery, int64_t now, const char **ret_url)
{
	if (introspector->has_failed
	    && mp_is_recent(introspector->failed_at, now, MP_INTROSPECTION_COOLDOWN))
		return MP_INTROSPECTOR_UNAVAILABLE;
	*ret_url = mp_introspector_url(introspector, discovery);
	if (*ret_url != NULL)
		return MP_INTROSPECTOR_READY;
	if (mp_discovery_ask(discovery, now) != MP_DISCOVERY_FETCH)
		return MP_INTROSPECTOR_UNAVAILABLE;
	*ret_url = mp_discovery_url(discovery);
	return MP_INTROSPECTOR_FETCH;
}

const char *mp_introspector_failure(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery)
{
	return mp_introspector_url(introspector, discovery) == NULL && discovery->has_failed
	    ? discovery->failure : introspector->failure;
}

/* spec: RFC 7662 2.1 (the request, and who asks), RFC 6749 2.3.1 */
enum mcpass_rc mp_introspector_question(const struct mp_introspector *introspector,
    const struct mp_discovery *discovery, struct mp_span token, struct mp_headers *headers,
    struct mp_buf *form, struct mcpass_error *err)
{
	struct mp_client_id client = introspector->client;      /* borrowed from there */
	const struct mp_auth_inputs inputs = { .issuer = discovery->issuer };
	struct mp_secret secret = { 0 };
	enum mcpass_rc rc;

	if (client.method == MP_AUTH_UNSET)
		client.method = mp_auth_method_choose(&client, &discovery->introspection_methods);
	if (client.method != MP_AUTH_POST)      /* "none" beside a secret: then it is for show */
		client.method = MP_AUTH_BASIC;
	rc = mp_secret_set_span(&secret, token, err);
	if (!rc)
		mp_introspection_form(form, &secret);
	mp_secret_free(&secret);
	if (!rc)
		rc = mp_headers_add(headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)        /* spec: RFC 7662 2.1; not the JWT of RFC 9701 */
		rc = mp_headers_add(headers, "Accept", "application/json", err);
	return rc ? rc : mp_clientauth_apply(&client, &inputs, headers, form, err);
}
