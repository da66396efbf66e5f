#include "guard/issuer.h"
#include <stdlib.h>
#include <string.h>
#include "oauth/target.h"

/* A configured URL is the operator's own word, so it is its own base: it may lie inside. */
static enum mcpass_rc check_configured(const char *url, bool loopback_http, const char *what,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_target_check(url, url, loopback_http, what, &why);

	if (rc == MCPASS_E_PROTOCOL)    /* it is our own document */
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

static enum mcpass_rc check_urls(const struct mcpass_guard_issuer *config, bool loopback_http,
    struct mcpass_error *err)
{
	const char *endpoint = config->introspection != NULL ? config->introspection->endpoint : NULL;
	enum mcpass_rc rc;

	if (config->issuer == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "an issuer without a name");
	rc = check_configured(config->issuer, loopback_http, "the issuer", err);
	if (!rc && config->jwks_uri != NULL)
		rc = check_configured(config->jwks_uri, loopback_http, "the key set's URL", err);
	if (!rc && endpoint != NULL)
		rc = check_configured(endpoint, loopback_http, "the introspection endpoint", err);
	return rc;
}

/* An issuer that only answers questions about opaque tokens needs no keys. */
static enum mcpass_rc init_discovery(struct mp_guard_issuer *issuer,
    const struct mcpass_guard_issuer *config, bool loopback_http, bool keeps_copy,
    struct mcpass_error *err)
{
	const struct mcpass_introspection *asked = config->introspection;
	bool needs_endpoint = asked != NULL && asked->endpoint == NULL;
	unsigned wants = 0;
	enum mcpass_rc rc;

	issuer->discovery.issuer = issuer->name;
	if (config->jwks_uri != NULL && !needs_endpoint && !keeps_copy)
		return MCPASS_OK;
	rc = mp_discovery_init(&issuer->discovery, issuer->name, loopback_http, err);
	issuer->discovery.keeps_copy = keeps_copy;
	if (config->jwks_uri == NULL && (!needs_endpoint || asked->what == MCPASS_INTROSPECT_ALL))
		wants = MP_WANTS_KEYS;
	mp_discovery_want(&issuer->discovery, wants | (needs_endpoint ? MP_WANTS_INTROSPECTION : 0));
	return rc;
}

enum mcpass_rc mp_guard_issuer_init(struct mp_guard_issuer *issuer,
    const struct mcpass_guard_issuer *config, bool loopback_http, bool keeps_copy,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*issuer = (struct mp_guard_issuer){ 0 };
	rc = check_urls(config, loopback_http, err);
	if (!rc)
		rc = mp_set(&issuer->name, config->issuer, err);
	if (!rc)
		rc = init_discovery(issuer, config, loopback_http, keeps_copy, err);
	if (!rc)
		rc = mp_keys_init(&issuer->keys, config->jwks_uri, &issuer->discovery, err);
	return rc ? rc : mp_introspector_init(&issuer->introspector, config->introspection, err);
}

void mp_guard_issuer_free(struct mp_guard_issuer *issuer)
{
	mp_introspector_free(&issuer->introspector);
	mp_keys_free(&issuer->keys);
	mp_discovery_free(&issuer->discovery);
	mp_terms_free(&issuer->terms);
	free(issuer->name);
	*issuer = (struct mp_guard_issuer){ 0 };
}

/* Whether it waits for the metadata at url. */
static bool wants_metadata(const struct mp_discovery *discovery, const char *url)
{
	return !discovery->known && mp_places_count(&discovery->places) > 0
	    && strcmp(mp_discovery_url(discovery), url) == 0;
}

int64_t mp_guard_issuer_asked_at(const struct mp_guard_issuer *issuer, const char *url)
{
	if (wants_metadata(&issuer->discovery, url))
		return issuer->discovery.taken_at;
	return mp_eq(mp_keys_url(&issuer->keys), url) ? issuer->keys.taken_at : 0;
}

enum mcpass_rc mp_guard_issuer_fetched(struct mp_guard_issuer *issuer, const char *url,
    int status, const char *body, size_t len, int64_t now, bool *ret_asked,
    struct mcpass_error *err)
{
	struct mp_discovery *discovery = &issuer->discovery;
	const char *set = mp_keys_url(&issuer->keys);

	if (wants_metadata(discovery, url)) {
		*ret_asked = true;
		return mp_discovery_fetched(discovery, status, body, len, now, err);
	}
	if (set == NULL || strcmp(set, url) != 0)
		return MCPASS_OK;
	*ret_asked = true;
	return mp_keys_fetched(&issuer->keys, status, body, len, now, err);
}

enum mcpass_rc mp_guard_issuer_redirected(struct mp_guard_issuer *issuer, const char *url,
    int status, const char *location, int64_t now, bool *ret_asked, struct mcpass_error *err)
{
	struct mp_discovery *discovery = &issuer->discovery;

	if (!wants_metadata(discovery, url))
		return mp_guard_issuer_fetched(issuer, url, status, "", 0, now, ret_asked, err);
	*ret_asked = true;
	return mp_discovery_redirected(discovery, status, location, now, err);
}
