#include "guard/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "guard/recent.h"

enum mcpass_rc mp_keys_init(struct mp_issuer_keys *keys, const char *jwks_uri,
    struct mp_discovery *discovery, struct mcpass_error *err)
{
	*keys = (struct mp_issuer_keys){ .discovery = discovery };
	return mp_set(&keys->jwks_uri, jwks_uri, err);
}

void mp_keys_free(struct mp_issuer_keys *keys)
{
	free(keys->jwks_uri);
	mp_jwks_free(&keys->set);
	*keys = (struct mp_issuer_keys){ 0 };
}

static void replace_set(struct mp_issuer_keys *keys, struct mp_jwks set,
    const uint8_t digest[MP_SHA256_LEN])
{
	mp_jwks_free(&keys->set);
	keys->set = set;
	keys->generation++;
	memcpy(keys->digest, digest, sizeof(keys->digest));
}

/* The operator's own: what is wrong with it is no peer's fault. */
enum mcpass_rc mp_keys_pin(struct mp_issuer_keys *keys, const char *jwks, size_t len,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_jwks set = { 0 };
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_sha256(jwks, len, digest, &why);

	if (!rc)
		rc = mp_jwks_parse(jwks, len, &set, &why);
	if (!rc && set.count == 0)
		rc = mp_fail(&why, MCPASS_E_USAGE, "RFC 7517 5", "it has no key that signs");
	if (rc) {
		mp_jwks_free(&set);
		return mp_fail(err, rc == MCPASS_E_NOMEM ? rc : MCPASS_E_USAGE, why.spec, "%s",
		    why.detail);
	}
	replace_set(keys, set, digest);
	keys->is_pinned = keys->has_set = true;
	return MCPASS_OK;
}

const char *mp_keys_url(const struct mp_issuer_keys *keys)
{
	if (keys->is_pinned)
		return NULL;
	return keys->jwks_uri != NULL ? keys->jwks_uri : keys->discovery->jwks_uri;
}

const char *mp_keys_failure(const struct mp_issuer_keys *keys)
{
	const struct mp_discovery *discovery = keys->discovery;

	if (keys->is_pinned)
		return "";
	if (keys->jwks_uri == NULL && !discovery->known && discovery->has_failed)
		return discovery->failure;
	if (keys->jwks_uri == NULL && discovery->known && discovery->jwks_uri == NULL)
		return "the issuer's metadata has no jwks_uri";
	return keys->failure;
}

/* What to GET for a newer set; NULL: nothing can be fetched now.  A sender of invented kids costs
 * the issuer one request per cooldown, no more; a set that came in due time does not start
 * one, so that a new key is found at once. */
const char *mp_keys_newer(const struct mp_issuer_keys *keys, int64_t now)
{
	if (keys->is_pinned)
		return NULL;
	if (keys->is_cooling && mp_is_recent(keys->asked_at, now, MP_JWKS_COOLDOWN))
		return NULL;
	if (keys->has_set && keys->fetched_at == now)   /* it cannot be newer */
		return NULL;
	if (keys->jwks_uri != NULL)
		return keys->jwks_uri;
	switch (mp_discovery_ask(keys->discovery, now)) {
	case MP_DISCOVERY_FAILED:
		return NULL;
	case MP_DISCOVERY_FETCH:
		return mp_discovery_url(keys->discovery);
	case MP_DISCOVERY_KNOWN:
		break;
	}
	return keys->discovery->jwks_uri;
}

bool mp_keys_serve(const struct mp_issuer_keys *keys, int64_t now)
{
	return keys->has_set && (keys->is_pinned || now < keys->fetched_at
	    || mp_is_recent(keys->fetched_at, now, MP_JWKS_MAX_AGE));
}

enum mp_keys_answer mp_keys_find(const struct mp_issuer_keys *keys, const char *kid,
    enum mp_alg alg, int64_t now, const char **ret_url)
{
	bool usable = mp_keys_serve(keys, now);
	bool found = usable && mp_jwks_find(&keys->set, kid, alg) != NULL;
	bool is_fresh = keys->is_pinned || mp_is_recent(keys->fetched_at, now, MP_JWKS_LIFETIME);
	const char *url = found && is_fresh ? NULL : mp_keys_newer(keys, now);

	if (url != NULL) {
		*ret_url = url;
		return MP_KEYS_FETCH;
	}
	/* An old set serves on when there was no new one: an issuer that is down says nothing
	 * against its keys, and its restart should log no user out. */
	if (found)
		return MP_KEYS_FOUND;
	/* After a failure it is not known which keys there are now: a 401 would make a client
	 * throw away a good token. */
	return !usable || mp_keys_failure(keys)[0] != '\0' ? MP_KEYS_UNAVAILABLE : MP_KEYS_UNKNOWN;
}

static enum mcpass_rc take_set(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_jwks set = { 0 };
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_status_check(status, body, len, mp_keys_url(keys), err);

	if (!rc)
		rc = mp_sha256(body, len, digest, err);
	if (rc)
		return rc;
	rc = mp_jwks_parse(body, len, &set, &why);
	/* A set without a key is an issuer that starts or breaks: it withdraws nothing. */
	if (!rc && set.count == 0)
		rc = mp_fail(&why, MCPASS_E_PROTOCOL, "RFC 7517 5",
		    "the key set has no key that we can verify signatures with");
	if (rc) {
		mp_jwks_free(&set);
		return mp_fail(err, rc, why.spec, "GET %s: %s", mp_keys_url(keys), why.detail);
	}
	replace_set(keys, set, digest);
	keys->has_set = true;
	keys->fetched_at = now;
	return MCPASS_OK;
}

enum mcpass_rc mp_keys_fetched(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err)
{
	bool was_fresh = keys->has_set && mp_is_recent(keys->fetched_at, now, MP_JWKS_LIFETIME);
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = take_set(keys, status, body, len, now, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	keys->taken_at = now;
	keys->is_cooling = rc != MCPASS_OK || was_fresh;
	keys->asked_at = now;
	(void)snprintf(keys->failure, sizeof(keys->failure), "%s", why.detail);
	if (rc && keys->jwks_uri == NULL)       /* perhaps it has moved */
		mp_discovery_forget(keys->discovery);
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}
