/* The two metadata documents: oauth/places.c walks to each, and what they say is taken here. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"

static bool loopback_http(const struct mcpass_client *client)
{
	return (client->flags & MCPASS_LOOPBACK_HTTP) != 0;
}

/* Tells what the walk made of the answer from url. */
static void note_step(struct mcpass_client *client, const char *url)
{
	const struct mp_places *places = &client->places;

	if (places->passed[0] != '\0')
		mp_note(client, NULL, "Not there", "url", url, "why", places->passed, NULL);
	else if (places->lacked != NULL)
		mp_note(client, "RFC 8414 3", "The document lacks a member, which another place may have",
		    "url", url, "member", places->lacked, NULL);
	else
		mp_note(client, "RFC 9110 15.4", "Following a redirect", "to", mp_places_url(places), NULL);
}

/* Takes the answer of a place. */
static enum mp_places_next walk_on(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	const struct mp_places_answer answer = { event->status, event->headers, event->header_count,
		event->data, event->data_len };
	enum mp_places_next next = mp_places_next(&client->places, &answer, err);

	if (next == MP_PLACES_AGAIN || client->places.passed[0] != '\0')
		note_step(client, client->url);
	return next;
}

/* The walk begins where none is under way. */
enum mcpass_rc mp_discover_ask_resource(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (mp_places_count(&client->places) == 0) {
		client->no_metadata = client->no_issuer = false;
		rc = mp_places_of_resource(&client->places, client->server_url,
		    client->challenged_metadata, loopback_http(client), err);
		mp_places_allow_http(&client->places, &client->http_hosts);
	}
	if (!rc)
		rc = mp_action_get(client, mp_places_url(&client->places), err);
	return mp_doing(err, rc, "looking for the protected resource metadata");
}

static enum mcpass_rc add_issuer(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	if (mp_strings_has(&client->issuers, issuer))
		return MCPASS_OK;
	return mp_strings_add_text(&client->issuers, issuer, err);
}

/* The one our client is of, or that we know already, if it is still listed; then the others
 * in their order, as far as they may be asked at all.  spec: RFC 9728 7.6 */
static enum mcpass_rc list_issuers(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_strings *listed = &client->prm.authorization_servers;
	const char *known = client->given_issuer != NULL ? client->given_issuer
	    : client->record.as.issuer;
	struct mcpass_error first = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	mp_strings_free(&client->issuers);
	client->issuer_at = 0;
	if (known != NULL && mp_strings_has(listed, known))
		rc = add_issuer(client, known, err);
	for (size_t i = 0; !rc && i < listed->count; i++) {
		struct mcpass_error why = { 0 };

		if (mp_action_check_target(client, listed->items[i], "authorization_servers", &why) == MCPASS_OK) {
			rc = add_issuer(client, listed->items[i], err);
			continue;
		}
		mp_note(client, why.spec, "One of the authorization servers is not asked", "why", why.detail,
		    NULL);
		first = first.rc == MCPASS_OK ? why : first;
	}
	if (!rc && client->issuers.count == 0) {
		if (err != NULL && err->rc == MCPASS_OK)
			*err = first;
		rc = first.rc;
	}
	return rc;
}

/* No authorization server is named: then, as 2025-03-26 had it, the server's own origin is
 * it.  spec: MCP 2025-03-26 authorization 2.3.2 */
static enum mcpass_rc list_origin(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_uri uri;
	char *origin;
	enum mcpass_rc rc = mp_uri_parse(client->server_url, &uri, err);

	if (rc)
		return rc;
	origin = mp_dup_span(uri.origin);
	if (origin == NULL)
		return mp_nomem(err);
	mp_note(client, "MCP 2025-03-26 2.3", client->no_metadata
	    ? "No protected resource metadata: the server itself may be the authorization server"
	    : "The server itself may be the authorization server", "issuer", origin, NULL);
	mp_strings_free(&client->issuers);
	client->issuer_at = 0;
	rc = add_issuer(client, origin, err);
	free(origin);
	return rc;
}

/* What the resource publishes as scopes, with what can be none left out; *ret_text: for the
 * note, NULL where there are too many to ask for. */
static enum mcpass_rc tidy_scopes(struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_strings *list = &client->prm.scopes_supported;
	bool odd = false;
	enum mcpass_rc rc = mp_scope_clean_list(list, &odd, err);

	if (rc)
		return rc;
	if (odd)        /* spec: RFC 6749 3.3 */
		mp_note(client, "RFC 6749 3.3", "Something in scopes_supported can be no scope: left out",
		    NULL);
	if (mp_scope_fits(list))
		return mp_scope_join(list, ret_text, err);
	mp_note(client, "MCP scope selection strategy", "The resource publishes more scopes than one"
	    " request can ask for: without --scope, the server decides", NULL);
	return MCPASS_OK;
}

static enum mcpass_rc accept_prm(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_prm *prm = &client->prm;
	enum mcpass_rc rc;
	char *scopes = NULL;

	mp_prm_free(prm);
	*prm = client->places.prm;
	client->places.prm = (struct mp_prm){ 0 };
	mp_note_odd(client, "The protected resource metadata is odd", &prm->odd);
	rc = tidy_scopes(client, &scopes, err);
	if (rc)
		return rc;
	client->no_issuer = prm->authorization_servers.count == 0;
	mp_note(client, "RFC 9728 3.2", client->no_issuer
	    ? "The protected resource metadata names no authorization server"
	    : "The protected resource metadata names the authorization server",
	    "url", client->url, "resource", prm->resource, "authorization_servers",
	    client->no_issuer ? NULL : prm->authorization_servers.items[0],
	    "scopes_supported", scopes, NULL);
	free(scopes);
	client->wants_dpop |= prm->dpop_bound_access_tokens_required;
	rc = client->no_issuer ? list_origin(client, err) : list_issuers(client, err);
	return rc ? rc : mp_set(&client->record.resource, prm->resource, err);
}

/* Nothing is published at the resource. */
static enum mcpass_rc do_without_prm(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	client->no_metadata = true;
	mp_prm_free(&client->prm);
	rc = mp_set(&client->record.resource, client->server_url, err);
	return rc ? rc : list_origin(client, err);
}

enum mp_state mp_discover_take_resource(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	enum mp_state next;

	switch (walk_on(client, event, err)) {
	case MP_PLACES_AGAIN:
		return S_PRM;
	case MP_PLACES_FAILED:
		rc = err->rc;
		break;
	case MP_PLACES_FOUND:
		rc = accept_prm(client, err);
		break;
	case MP_PLACES_NONE:
		rc = do_without_prm(client, err);
		break;
	}
	mp_places_free(&client->places);
	next = rc ? S_BROKEN : mp_binding_choose(client, err);
	return next != S_BROKEN ? next : mp_broken(err, "reading the protected resource metadata");
}

/* What this login cannot do without, as far as that is known before the document is. */
static unsigned list_wants(const struct mcpass_client *client)
{
	const struct mp_grant *grant = mp_grant_find(client->grant);
	unsigned wants = grant->wants;

	if (mp_provider_takes_no_s256(client))
		wants &= ~MP_WANTS_PKCE;
	if (grant->asks_person && client->metadata_url == NULL && mp_client_id_is_wanted(client, NULL))
		wants |= MP_WANTS_REGISTRATION;
	return wants;
}

/* Takes up what was registered for a login that did not come to its end. */
static enum mcpass_rc take_up_next(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc = MCPASS_OK;

	if (record->next.client_id == NULL)
		return MCPASS_OK;
	if (mp_asmeta_same_issuer(record->next_issuer, client->issuer))
		rc = mp_register_set_aside(client, err);
	if (!rc)
		mp_record_take_next(record, client->issuer);
	return rc;
}

enum mcpass_rc mp_discover_ask_issuer(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (mp_places_count(&client->places) == 0) {
		client->assumed = false;
		rc = take_up_next(client, err);
		if (!rc)
			rc = mp_places_of_issuer(&client->places, client->issuer, client->server_url,
			    loopback_http(client), list_wants(client), err);
		mp_places_allow_http(&client->places, &client->http_hosts);
	}
	if (!rc)
		rc = mp_action_get(client, mp_places_url(&client->places), err);
	return mp_doing(err, rc, "looking for the authorization server's metadata");
}

/* spec: RFC 8628 4 */
static enum mcpass_rc check_device(const struct mcpass_client *client,
    const struct mp_asmeta *as, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (as->device_authorization_endpoint != NULL)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_DENIED, "RFC 8628 4",
	    "%s offers no login by a code on another device", as->issuer);
	mp_hint(err, "sign in with a browser: mcpass login %s", client->server_url);
	return rc;
}

/* What the grant that is going to be used needs of this issuer: MP_WANTS_... */
static const struct mp_grant *find_grant(const struct mcpass_client *client,
    const struct mp_asmeta *as)
{
	return mp_grant_find(mp_grant_choose(client, as));
}

/* What this grant and this server's demands cannot do without. */
static enum mcpass_rc check_abilities(const struct mcpass_client *client,
    const struct mp_asmeta *as, struct mcpass_error *err)
{
	unsigned wants = find_grant(client, as)->wants;
	const struct mp_strings *algs = &as->dpop_signing_alg_values_supported;

	if (client->wants_dpop && algs->count > 0 && !mp_strings_has(algs, "ES256"))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 5.1",
		    "the server wants DPoP, and %s takes no ES256 proof", as->issuer);
	if (wants & MP_WANTS_AUTHORIZATION)
		return mp_asmeta_check_code_flow(as, mp_provider_takes_no_s256(client), err);
	if (as->token_endpoint == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2", "it names no token_endpoint");
	return wants & MP_WANTS_DEVICE ? check_device(client, as, err) : MCPASS_OK;
}

/* Every endpoint that we may contact or open: one that this login needs has to be one that
 * we may; the others are left out.  spec: MCP security considerations */
static enum mcpass_rc check_endpoints(struct mcpass_client *client, struct mp_asmeta *as,
    struct mcpass_error *err)
{
	const struct mp_grant *grant = find_grant(client, as);
	bool browser = (grant->wants & MP_WANTS_AUTHORIZATION) != 0;
	const struct { char **url; const char *name; bool needed; } endpoints[] = {
		{ &as->authorization_endpoint, "authorization_endpoint", browser },
		{ &as->token_endpoint, "token_endpoint", true },
		{ &as->registration_endpoint, "registration_endpoint",
		    grant->asks_person && mp_client_id_is_wanted(client, as) },
		{ &as->revocation_endpoint, "revocation_endpoint", false },
		{ &as->pushed_authorization_request_endpoint, "pushed_authorization_request_endpoint",
		    browser && as->require_pushed_authorization_requests },
		{ &as->device_authorization_endpoint, "device_authorization_endpoint",
		    (grant->wants & MP_WANTS_DEVICE) != 0 },
	};

	for (size_t i = 0; i < MP_COUNT(endpoints); i++) {
		struct mcpass_error why = { 0 };

		if (*endpoints[i].url == NULL || mp_action_check_target(client, *endpoints[i].url,
		    endpoints[i].name, &why) == MCPASS_OK)
			continue;
		if (endpoints[i].needed) {
			*err = why;
			return why.rc;
		}
		mp_note(client, why.spec, "An endpoint that this login does not need is left out",
		    "why", why.detail, NULL);
		mp_set(endpoints[i].url, NULL, NULL);
	}
	return MCPASS_OK;
}

/* Of the catalogue only this is ever looked for, and the record is no place for the rest. */
static enum mcpass_rc keep_offline_only(struct mp_strings *scopes, struct mcpass_error *err)
{
	bool offline = mp_strings_has(scopes, "offline_access");

	mp_strings_free(scopes);
	return offline ? mp_scope_parse("offline_access", scopes, err) : MCPASS_OK;
}

static enum mcpass_rc accept_asmeta(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_asmeta *as = &client->places.as;
	enum mcpass_rc rc;

	mp_note_odd(client, "The authorization server's metadata is odd", &as->odd);
	rc = check_abilities(client, as, err);
	if (!rc)
		rc = check_endpoints(client, as, err);
	if (!rc)
		rc = keep_offline_only(&as->scopes_supported, err);
	if (rc)
		return rc;
	mp_note(client, "RFC 8414 3.2", "The authorization server describes itself",
	    "url", client->url, "issuer", as->issuer, "slash", client->places.slash
	    ? "the issuer differs from the one named by its last '/' only: accepted" : NULL,
	    "authorization_endpoint", as->authorization_endpoint, "token_endpoint", as->token_endpoint,
	    "registration_endpoint", as->registration_endpoint,
	    "device_authorization_endpoint", find_grant(client, as)->wants & MP_WANTS_DEVICE
	    ? as->device_authorization_endpoint : NULL, NULL);
	mp_asmeta_free(&client->record.as);
	client->record.as = *as;
	*as = (struct mp_asmeta){ 0 };
	return MCPASS_OK;
}

/* One of the three fixed endpoints that 2025-03-26 knew. */
static enum mcpass_rc fixed_endpoint(const char *issuer, const char *path, char **slot,
    struct mcpass_error *err)
{
	struct mp_buf url = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&url, "%s%s", issuer, path);
	return mp_buf_take(&url, "an endpoint", slot, err);
}

/* spec: MCP 2025-03-26 authorization 2.3.3 (fallbacks for servers without metadata) */
static enum mcpass_rc assume_endpoints(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_asmeta as = { 0 };
	enum mcpass_rc rc = mp_set(&as.issuer, client->issuer, err);

	if (!rc)
		rc = fixed_endpoint(client->issuer, "/authorize", &as.authorization_endpoint, err);
	if (!rc)
		rc = fixed_endpoint(client->issuer, "/token", &as.token_endpoint, err);
	if (!rc)
		rc = fixed_endpoint(client->issuer, "/register", &as.registration_endpoint, err);
	if (rc) {
		mp_asmeta_free(&as);
		return rc;
	}
	mp_note(client, "MCP 2025-03-26 2.3.3", "No metadata at all: using the fixed endpoints",
	    "authorization_endpoint", as.authorization_endpoint, NULL);
	mp_asmeta_free(&client->record.as);
	client->record.as = as;
	client->assumed = true;
	return MCPASS_OK;
}

static enum mcpass_rc no_metadata(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mcpass_error *why = &client->places.why;

	if (client->no_metadata)
		return assume_endpoints(client, err);
	if (client->no_issuer)          /* spec: MCP protected resource metadata */
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP protected resource metadata",
		    "the MCP server's metadata lists no authorization_servers, and %s, where it could be"
		    " one itself, publishes nothing either", client->issuer);
	(void)mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3", "%s has no metadata at any of its %zu places%s%s",
	    client->issuer, mp_places_count(&client->places), why->detail[0] != '\0' ? ": " : "",
	    why->detail);
	mp_hint(err, "is %s the right issuer, and is it up?", client->issuer);
	return MCPASS_E_PROTOCOL;
}

/* What this authorization asks for; spec: MCP scope selection strategy, SEP-2350 */
static enum mcpass_rc choose_scope(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_strings before = { 0 };
	struct mp_scope_inputs inputs = {
		client->wished_scope, client->challenged_scope, &client->prm.scopes_supported,
		&before, &client->record.as.scopes_supported
	};
	enum mcpass_rc rc;

	mp_strings_free(&client->scope);
	rc = mp_scope_parse(client->record.requested_scope, &before, err);
	if (!rc)
		rc = mp_scope_choose(&inputs, &client->scope, err);
	if (!rc)
		rc = mp_provider_add_scope(client, err);
	mp_retry_skip_offline(client);
	mp_strings_free(&before);
	return rc;
}

/* The metadata is there: on to the client, or straight to the token. */
static enum mp_state use_issuer(struct mcpass_client *client, struct mcpass_error *err)
{
	if (choose_scope(client, err))
		return mp_broken(err, "choosing the scopes to ask for");
	if (mp_dpop_ready(client, err))
		return mp_broken(err, "preparing a key to bind the token to");
	client->by = mp_grant_choose(client, &client->record.as);
	return mp_client_id_begin(client, err);
}

enum mp_state mp_discover_take_issuer(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	bool nothing = false;

	switch (walk_on(client, event, &why)) {
	case MP_PLACES_AGAIN:
		return S_ASMETA;
	case MP_PLACES_FAILED:
		break;
	case MP_PLACES_FOUND:
		(void)accept_asmeta(client, &why);
		break;
	case MP_PLACES_NONE:
		nothing = client->if_published && client->no_metadata;
		if (!nothing)
			(void)no_metadata(client, &why);
		break;
	}
	mp_places_free(&client->places);
	if (nothing)
		return mp_done(client, false);
	if (!why.rc)
		return use_issuer(client, err);
	(void)mp_doing(&why, why.rc, "reading the authorization server's metadata");
	return mp_binding_next(client, &why, err);
}
