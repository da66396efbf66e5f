#include "cli/cmd/authserver_upstream.h"
#include <stdlib.h>
#include <string.h>
#include "io/store/store_key.h"
#include "ui/out.h"

/* Refresh tokens of the identity provider are in there: a copy of the file must not be enough. */
static enum mcpass_rc check_sealed(const char *data, const char *file, struct mcpass_error *err)
{
	char *key = NULL;
	enum mcpass_rc rc = mp_store_key_find(data, file, &key, err);

	if (!rc && key == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--upstream and --data: tokens of the identity"
		    " provider would be kept in the clear");
		mp_hint(err, "--encryption-key FILE, a file of keys as of mcpass-authserver(1)");
	}
	free(key);
	return rc;
}

enum mcpass_rc mp_authserver_upstream_check(const char *users, const char *data, const char *key,
    struct mcpass_error *err)
{
	if (users != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--upstream and --users: people sign in at one"
		    " place");
	return data != NULL ? check_sealed(data, key, err) : MCPASS_OK;
}

static bool is_url(const char *place)
{
	return strncmp(place, "https://", 8) == 0 || strncmp(place, "http://", 7) == 0;
}

/* The place names a provider, and flags say the rest; or a file that says it all. */
enum mcpass_rc mp_authserver_upstream_read(const struct mp_authserver_upstream *options,
    struct mp_upstreams *ret_upstreams, struct mcpass_error *err)
{
	struct mp_upstream_flags flags = options->flags;
	bool has_flags = flags.client_id != NULL || flags.secret_file != NULL || flags.key_file != NULL;

	if (options->place == NULL)
		return has_flags || options->recheck_ms > 0 ? mp_fail(err, MCPASS_E_USAGE, NULL,
		    "what is said about an identity provider needs --upstream") : MCPASS_OK;
	if (!is_url(options->place))
		return has_flags ? mp_fail(err, MCPASS_E_USAGE, NULL, "the file %s says the client_id and its"
		    " secret", options->place) : mp_upstreams_read(options->place, ret_upstreams, err);
	if (flags.client_id == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--upstream needs --upstream-client-id, which the"
		    " identity provider gave you");
	if ((flags.secret_file == NULL) == (flags.key_file == NULL))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--upstream needs --upstream-secret-file or"
		    " --upstream-key-file");
	flags.issuer = options->place;
	return mp_upstreams_from_flags(&flags, ret_upstreams, err);
}

void mp_authserver_upstream_tell(const struct mp_upstreams *upstreams, const char *url)
{
	for (size_t i = 0; i < upstreams->count; i++) {
		const struct mp_idp *one = &upstreams->items[i];

		mp_say(false, "People sign in at %s (%s). Redirect URI to register there:", one->label,
		    one->identity);
		mp_say(false, "  %s/authorize/callback/%s", url, one->name);
		if (!one->has_rules)
			mp_say(false, "  It has no rules: each person who may sign in there has every scope.");
	}
}
