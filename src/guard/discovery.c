#include "guard/discovery.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/limits.h"
#include "guard/recent.h"
#include "oauth/target.h"
#include "wire/http/http.h"

enum mcpass_rc mp_discovery_init(struct mp_discovery *discovery, const char *issuer,
    bool loopback_http, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	*discovery = (struct mp_discovery){ .issuer = issuer, .loopback_http = loopback_http };
	rc = mp_places_of_issuer(&discovery->places, issuer, issuer, loopback_http, 0, &why);
	if (rc == MCPASS_E_PROTOCOL)    /* it is our own document */
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

void mp_discovery_forget(struct mp_discovery *discovery)
{
	discovery->known = false;
	free(discovery->jwks_uri);
	free(discovery->introspection_endpoint);
	free(discovery->token_endpoint);
	discovery->jwks_uri = discovery->introspection_endpoint = discovery->token_endpoint = NULL;
	mp_strings_free(&discovery->introspection_methods);
	mp_strings_free(&discovery->token_methods);
}

void mp_discovery_free(struct mp_discovery *discovery)
{
	mp_discovery_forget(discovery);
	free(discovery->copy);
	mp_places_free(&discovery->places);
	*discovery = (struct mp_discovery){ 0 };
}

enum mp_discovery_answer mp_discovery_ask(const struct mp_discovery *discovery, int64_t now)
{
	if (discovery->known)
		return MP_DISCOVERY_KNOWN;
	if (discovery->has_failed && mp_is_recent(discovery->failed_at, now, MP_JWKS_COOLDOWN))
		return MP_DISCOVERY_FAILED;
	return MP_DISCOVERY_FETCH;
}

const char *mp_discovery_url(const struct mp_discovery *discovery)
{
	return mp_places_url(&discovery->places);
}

enum mcpass_rc mp_status_check(int status, const char *body, size_t len, const char *url,
    struct mcpass_error *err)
{
	if (status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %.*s", url,
		    len > 0 && len <= 320 ? (int)len : 9, len > 0 && len <= 320 ? body : "no answer");
	if (status == 429 || status >= 500)
		return mp_fail(err, MCPASS_E_IO, NULL, "GET %s: answered %d", url, status);
	if (!mp_http_is_answer(status))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3.2", "GET %s: answered %d", url,
		    status);
	return MCPASS_OK;
}

void mp_discovery_want(struct mp_discovery *discovery, unsigned wants)
{
	discovery->places.wants = wants;
}

/* What the issuer names is contacted only where it may send us: our secrets go there, and tokens.
 * spec: RFC 8414 2 */
static enum mcpass_rc check_metadata(const struct mp_discovery *discovery,
    const struct mp_asmeta *meta, struct mcpass_error *err)
{
	const struct { unsigned wants; const char *name, *url; } members[] = {
		{ MP_WANTS_KEYS, "jwks_uri", meta->jwks_uri },
		{ MP_WANTS_INTROSPECTION, "introspection_endpoint", meta->introspection_endpoint },
		{ MP_WANTS_TOKEN, "token_endpoint", meta->token_endpoint },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(members) && !rc; i++) {
		bool is_wanted = (discovery->places.wants & members[i].wants) != 0;

		if (is_wanted && members[i].url == NULL)
			rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
			    "the metadata of %s has no %s that is a URL", discovery->issuer,
			    members[i].name);
		else if (members[i].url != NULL && (is_wanted || i == 0))
			rc = mp_target_check(members[i].url, discovery->issuer,
			    discovery->loopback_http, members[i].name, err);
	}
	return rc;
}

/* The member copy_of tells a reader that this is not the issuer's own place. */
static enum mcpass_rc keep_copy(struct mp_discovery *discovery, const struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	json_t *json = json_pack("{s:s}", "copy_of", mp_places_url(&discovery->places));
	enum mcpass_rc rc = json != NULL ? mp_asmeta_write(meta, json, err) : mp_nomem(err);
	char *text = rc ? NULL : mp_json_dump(json);

	json_decref(json);
	if (rc)
		return rc;
	if (text == NULL)
		return mp_nomem(err);
	free(discovery->copy);
	discovery->copy = text;
	return MCPASS_OK;
}

static enum mcpass_rc use_metadata(struct mp_discovery *discovery, struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_metadata(discovery, meta, err);

	if (!rc && discovery->keeps_copy)
		rc = keep_copy(discovery, meta, err);
	if (rc)
		return rc;
	mp_discovery_forget(discovery);
	discovery->known = true;
	discovery->jwks_uri = meta->jwks_uri;
	discovery->introspection_endpoint = meta->introspection_endpoint;
	discovery->introspection_methods = meta->introspection_endpoint_auth_methods_supported;
	discovery->token_endpoint = meta->token_endpoint;
	discovery->token_methods = meta->token_endpoint_auth_methods_supported;
	meta->jwks_uri = meta->introspection_endpoint = meta->token_endpoint = NULL;    /* moved */
	meta->introspection_endpoint_auth_methods_supported = (struct mp_strings){ 0 };
	meta->token_endpoint_auth_methods_supported = (struct mp_strings){ 0 };
	return MCPASS_OK;
}

/* *ret_again: the walk goes on. */
static enum mcpass_rc walk_on(struct mp_discovery *discovery,
    const struct mp_places_answer *answer, bool *ret_again, struct mcpass_error *err)
{
	*ret_again = false;
	switch (mp_places_next(&discovery->places, answer, err)) {
	case MP_PLACES_AGAIN:
		*ret_again = true;
		return MCPASS_OK;
	case MP_PLACES_FOUND:
		return use_metadata(discovery, &discovery->places.as, err);
	case MP_PLACES_FAILED:
		return err->rc;
	case MP_PLACES_NONE:
		break;
	}
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3",
	    "%.120s publishes no metadata at any of %zu places (%.60s)", discovery->issuer,
	    mp_places_count(&discovery->places), discovery->places.passed);
}

static enum mcpass_rc take(struct mp_discovery *discovery, const struct mp_places_answer *answer,
    int64_t now, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	bool again;
	enum mcpass_rc rc = walk_on(discovery, answer, &again, &why);

	if (again)
		return MCPASS_OK;
	mp_places_restart(&discovery->places);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	discovery->taken_at = now;
	discovery->has_failed = rc != MCPASS_OK;
	discovery->failed_at = now;
	(void)snprintf(discovery->failure, sizeof(discovery->failure), "%s", why.detail);
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

enum mcpass_rc mp_discovery_fetched(struct mp_discovery *discovery, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	struct mp_places_answer answer = { .status = status, .data = body, .data_len = len };
	char reason[320];

	(void)snprintf(reason, sizeof(reason), "%.*s", (int)len, status == 0 && len < sizeof(reason)
	    ? body : "");
	if (status == 0)
		answer.data = reason[0] != '\0' ? reason : NULL;
	return take(discovery, &answer, now, err);
}

enum mcpass_rc mp_discovery_redirected(struct mp_discovery *discovery, int status,
    const char *location, int64_t now, struct mcpass_error *err)
{
	const struct mcpass_header header = { "Location", location };
	const struct mp_places_answer answer = { .status = status, .headers = &header,
		.header_count = location != NULL ? 1 : 0 };

	return take(discovery, &answer, now, err);
}
