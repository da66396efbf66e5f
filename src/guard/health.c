/* How the issuers are, for a page that monitors the server. */
#include "guard/judge.h"

/* What to GET next to know how an issuer is; NULL: nothing now. */
static const char *unknown_url(const struct mp_guard_issuer *issuer, int64_t now)
{
	const struct mp_discovery *discovery = &issuer->discovery;

	if ((discovery->keeps_copy && !discovery->known) || (issuer->introspector.is_used
	    && mp_introspector_url(&issuer->introspector, discovery) == NULL))
		return mp_discovery_ask(discovery, now) == MP_DISCOVERY_FETCH ? mp_discovery_url(discovery)
		    : NULL;
	return mp_keys_serve(&issuer->keys, now) ? NULL : mp_keys_newer(&issuer->keys, now);
}

static enum mcpass_issuer_state state_of(const struct mp_guard_issuer *issuer, int64_t now)
{
	const struct mp_introspector *introspector = &issuer->introspector;
	const char *url = NULL;

	if (introspector->is_used && mp_introspector_ask(introspector, &issuer->discovery, now, &url)
	    != MP_INTROSPECTOR_READY)
		return MCPASS_ISSUER_UNREACHABLE;
	if (mp_keys_serve(&issuer->keys, now))
		return mp_keys_failure(&issuer->keys)[0] == '\0' ? MCPASS_ISSUER_REACHABLE
		    : MCPASS_ISSUER_OLD_KEYS;
	/* One that is only asked about opaque tokens needs no keys. */
	return introspector->is_used && introspector->what == MCPASS_INTROSPECT_OPAQUE
	    && mp_keys_url(&issuer->keys) == NULL ? MCPASS_ISSUER_REACHABLE : MCPASS_ISSUER_UNREACHABLE;
}

enum mcpass_rc mcpass_guard_health(struct mcpass_guard *guard, size_t i, int64_t now,
    struct mcpass_health *ret_health, struct mcpass_error *err)
{
	struct mp_check check = { .guard = guard };
	const char *url;

	mp_clear(err);
	if (guard == NULL || ret_health == NULL || now < 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard and the time are needed");
	*ret_health = (struct mcpass_health){ 0 };
	if (i >= guard->issuer_count)
		return MCPASS_OK;
	ret_health->issuer = guard->issuers[i].name;
	url = unknown_url(&guard->issuers[i], now);
	if (url == NULL) {
		ret_health->state = state_of(&guard->issuers[i], now);
		return MCPASS_OK;
	}
	mp_verdict_fetch(&check, url);
	ret_health->fetch = check.verdict.fetch;
	return MCPASS_OK;
}
