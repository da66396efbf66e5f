/* What identity providers do differently, applied: the table is oauth/quirks.c.  It is asked
 * once an issuer, and everything that it changes is said. */
#include <stdio.h>
#include <string.h>
#include "flow/client.h"

static const char *nth(const struct mp_strings *list, size_t n)
{
	return n < list->count ? list->items[n] : NULL;
}

static void say(struct mcpass_client *client, const char *issuer,
    const struct mp_strings *phrases)
{
	const struct mp_quirk_choice *choice = &client->quirk;
	bool kept = (choice->row->changes & ~choice->changes & MP_QUIRK_NO_S256) != 0;
	char what[96];

	(void)snprintf(what, sizeof(what), "Because the issuer is %s%s", choice->row->title,
	    choice->by_name ? ", as --provider says" : "");
	mp_note(client, NULL, what, "issuer", issuer,
	    "applies", nth(phrases, 0), "applies", nth(phrases, 1), "applies", nth(phrases, 2),
	    "applies", nth(phrases, 3), "applies", nth(phrases, 4), "applies", nth(phrases, 5),
	    "does not apply", kept ? "metadata without PKCE: the host is not the provider's own, so"
	    " that is for --allow-no-s256 to say" : NULL, NULL);
}

enum mcpass_rc mp_provider_know(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	const struct mp_quirk *before = client->quirk.row;
	struct mp_strings phrases = { 0 };
	enum mcpass_rc rc = mp_quirk_apply(client->provider, issuer, &client->quirk, err);

	if (rc || client->quirk.row == NULL || client->quirk.row == before)
		return rc;
	rc = mp_quirk_describe(client->quirk.row, client->quirk.changes, &phrases, err);
	if (!rc && phrases.count > 0)
		say(client, issuer, &phrases);
	mp_strings_free(&phrases);
	return rc;
}

static bool changes(const struct mcpass_client *client, unsigned change)
{
	return (client->quirk.changes & change) != 0;
}

const char *mp_provider_resource(const struct mcpass_client *client)
{
	if (client->flags & MCPASS_OMIT_RESOURCE)
		return NULL;
	if (client->given_resource != NULL)
		return client->given_resource;
	return changes(client, MP_QUIRK_OMIT_RESOURCE) ? NULL : client->record.resource;
}

bool mp_provider_takes_no_s256(const struct mcpass_client *client)
{
	return (client->flags & MCPASS_ALLOW_NO_S256) != 0 || changes(client, MP_QUIRK_NO_S256);
}

static bool is_given(const struct mp_headers *given, const char *name)
{
	for (size_t i = 0; i < given->count; i++)
		if (strcmp(given->items[i].name, name) == 0)
			return true;
	return false;
}

/* What the person gave goes before what the table says, even a parameter without a value:
 * it is not sent (RFC 6749 3.1), and no option of that name takes its place. */
enum mcpass_rc mp_provider_gather_params(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_headers *given = &client->extra;
	const struct mp_quirk *row = client->quirk.row;
	enum mcpass_rc rc = MCPASS_OK;

	mp_headers_free(&client->asked);
	for (size_t i = 0; i < given->count && !rc; i++)
		rc = mp_headers_add(&client->asked, given->items[i].name, given->items[i].value, err);
	for (size_t i = 0; row != NULL && i < MP_QUIRK_PARAMS && !rc; i++) {
		const struct mcpass_header *param = &row->params[i];
		bool is_resource;

		if (param->name == NULL || is_given(given, param->name))
			continue;
		is_resource = strcmp(param->value, "@") == 0;
		if (!is_resource || client->record.resource != NULL)
			rc = mp_headers_add(&client->asked, param->name,
			    is_resource ? client->record.resource : param->value, err);
	}
	return rc;
}

static enum mcpass_rc add_once(struct mp_strings *set, const char *item,
    struct mcpass_error *err)
{
	if (mp_strings_has(set, item))
		return MCPASS_OK;
	return mp_strings_add_text(set, item, err);
}

enum mcpass_rc mp_provider_add_scope(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_strings *scope = &client->scope;
	const struct mp_quirk *row = client->quirk.row;
	enum mcpass_rc rc = MCPASS_OK;

	if (row != NULL && row->scope != NULL && scope->count == 0)
		rc = add_once(scope, row->scope, err);
	/* Alone it would stand in place of what the server grants by default. */
	if (!rc && changes(client, MP_QUIRK_OFFLINE) && scope->count > 0)
		rc = add_once(scope, "offline_access", err);
	return rc;
}

/* A secret goes to an issuer that is named with it only. */
static bool needs_issuer(const char *options)
{
	return strstr(options, "--client-secret-file") != NULL;
}

void mp_provider_hint(const struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_quirk *row = client->quirk.row;
	const char *options = row != NULL && row->options != NULL ? row->options : "";
	bool issuer = needs_issuer(options);

	mp_hint(err, "register a client there by hand, then: mcpass login --client-id ID%s%s%s%s %s%s%s",
	    options[0] != '\0' ? " " : "", options, issuer ? " --client-issuer " : "",
	    issuer ? client->issuer : "", client->server_url,
	    row != NULL ? " -- " : "", row != NULL ? row->remedy : "");
}
