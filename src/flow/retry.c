/* One more try, where the refusal is of a kind that is known to have a cure: each cure once
 * in the client's life, so no loop lasts.  oauth/refusals.c says which refusal has which. */
#include <stdlib.h>
#include <string.h>
#include "flow/client.h"
#include "oauth/refusals.h"
#include "oauth/scope.h"

static const char offline_access[] = "offline_access";

/* Says what was refused and what is tried now; the refusal may hold what we sent. */
static void say(struct mcpass_client *client, struct mcpass_error *why, const char *what,
    const char *left_out)
{
	mp_redact(client, why);
	mp_note(client, why->spec, what, "refused", why->detail, "left out", left_out, NULL);
}

static bool try_once(struct mcpass_client *client, unsigned cure)
{
	if (client->cures & cure)
		return false;
	client->cures |= cure;
	return true;
}

/* Fewer scopes make a difference only where the resource publishes more than is needed. */
static bool can_ask_less(const struct mcpass_client *client)
{
	return client->scope.count > 0
	    && !mp_scope_covers(&client->scope, &client->prm.scopes_supported);
}

bool mp_retry_registration(struct mcpass_client *client, struct mcpass_error *why)
{
	const struct mp_refusal *refusal;

	if (why->rc != MCPASS_E_DENIED)
		return false;
	refusal = mp_refusal_find(MP_REFUSED_REGISTRATION, why);
	if (refusal == NULL)
		return false;
	if (refusal->cure == MP_CURE_FEWER_FIELDS && try_once(client, MP_CURED_FEWER_FIELDS)) {
		say(client, why, "Trying once more to register, with fewer members",
		    "client_name, application_type, response_types");
		return true;
	}
	if (refusal->cure == MP_CURE_FEWER_FIELDS && try_once(client, MP_CURED_BARE)) {
		say(client, why, "Trying once more to register, with nothing that RFC 7591 does not ask"
		    " for", "grant_types, scope");
		return true;
	}
	if (refusal->cure == MP_CURE_LESS_SCOPE && can_ask_less(client)
	    && try_once(client, MP_CURED_LESS_SCOPE)) {
		say(client, why, "Trying once more to register, for the scopes that are needed now only",
		    "the other scopes that the resource publishes");
		return true;
	}
	if (refusal->cure == MP_CURE_LESS_SCOPE && try_once(client, MP_CURED_NO_SCOPE)) {
		say(client, why, "Trying once more to register, without a word about scopes", "scope");
		return true;
	}
	return false;
}

static void drop(struct mp_strings *set, const char *item)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i], item) == 0) {
			free(set->items[i]);
			memmove(&set->items[i], &set->items[i + 1],
			    (--set->count - i) * sizeof(set->items[0]));
			return;
		}
}

bool mp_retry_without_offline(struct mcpass_client *client, unsigned at, struct mcpass_error *why)
{
	const struct mp_refusal *refusal;

	if (why->rc != MCPASS_E_DENIED || client->by != MCPASS_GRANT_CODE
	    || !mp_strings_has(&client->scope, offline_access))
		return false;
	refusal = mp_refusal_find(at, why);
	if (refusal == NULL || refusal->cure != MP_CURE_NO_OFFLINE)
		return false;
	drop(&client->scope, offline_access);
	client->record.offline_refused = true;
	say(client, why, "Asking once more, without offline_access: there may be no refresh token",
	    "offline_access");
	return true;
}

/* A person who asks for it by name, or logs in anew, gets one more refusal at most. */
void mp_retry_skip_offline(struct mcpass_client *client)
{
	bool asked = client->wished_scope != NULL
	    && strstr(client->wished_scope, offline_access) != NULL;

	if (client->record.offline_refused && !asked)
		drop(&client->scope, offline_access);
}
