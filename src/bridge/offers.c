#include "bridge/parts.h"

bool mp_offers_has(const struct mp_upstream *u, const char *name, const char *inner)
{
	json_t *offer = json_object_get(json_object_get(u->about, "capabilities"), name);

	if (inner == NULL || offer == NULL)
		return offer != NULL && !json_is_null(offer);
	return json_is_true(json_object_get(offer, inner));
}

enum mcpass_rc mp_offers_changed(struct mp_bridge *b, size_t server, struct mcpass_error *err)
{
	static const char *const lists[] = { "tools", "prompts", "resources" };
	static const char *const changes[] = { "notifications/tools/list_changed",
		"notifications/prompts/list_changed", "notifications/resources/list_changed" };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < MP_COUNT(lists); i++)
		if (mp_offers_has(&b->servers[server], lists[i], NULL))
			rc = mp_tell_message(b, NULL, changes[i], NULL, err);
	return rc;
}
