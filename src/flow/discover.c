/* The two metadata documents, each at the first of its places that has it.
 *
 * A 4xx at a well-known place is a miss and the next place is tried: proxies in front of
 * real servers answer 401 or 403 there as well as 404.  Anything else that is not the
 * document is an error, so that a passing failure never sends us to another server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/machine.h"
#include "oauth/scope.h"
#include "oauth/target.h"

static bool loopback_http(const struct mcpass_client *client)
{
	return (client->flags & MCPASS_LOOPBACK_HTTP) != 0;
}

enum answer { IS_REDIRECTED, IS_DOCUMENT, IS_MISSING };

/* What came back from the place that was asked. */
static enum mcpass_rc judge(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, enum answer *ret_answer, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool again = false;

	rc = mp_act_redirected(client, event, action, &again, err);
	if (rc)
		return rc;
	if (again) {
		*ret_answer = IS_REDIRECTED;
		return MCPASS_OK;
	}
	if (event->status == 0)
		return mp_no_answer(client, event, err);
	if (event->status >= 400 && event->status < 500 && event->status != 429) {
		char status[16];

		snprintf(status, sizeof(status), "%d", event->status);
		mp_note(client, NULL, "Not there", "url", client->url, "status", status, NULL);
		*ret_answer = IS_MISSING;
		return MCPASS_OK;
	}
	if (event->status == 200) {
		*ret_answer = IS_DOCUMENT;      /* spec: RFC 9728 3.2, RFC 8414 3.2 */
		return mp_check_json(client, event, "RFC 8414 3.2", err);
	}
	rc = mp_fail(err, event->status >= 500 || event->status == 429 ? MCPASS_E_IO
	    : MCPASS_E_PROTOCOL, NULL, "%s answered %d", client->url, event->status);
	mp_hint(err, event->status >= 500 ? "the server has a problem of its own: try again later"
	    : "the metadata should be there with 200, or not at all with 404");
	return rc;
}

enum mcpass_rc mp_begin_prm(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_strings_free(&client->places);
	client->place = client->hops = 0;
	client->no_metadata = false;
	client->state = S_PRM;
	rc = mp_prm_places(client->challenged_metadata, client->server_url, &client->places, err);
	if (rc == MCPASS_OK)
		rc = mp_act_get(client, client->places.items[0], action, err);
	return mp_doing(err, rc, "looking for the protected resource metadata");
}

/* Whether the issuer that we know is the one that saw what a person gave us. */
static bool has_seen_given(const struct mcpass_client *client)
{
	if (client->given_id != NULL)
		return mp_eq(client->record.client.client_id, client->given_id);
	return mp_secret_present(&client->initial_access_token)
	    || client->grant == MCPASS_GRANT_JWT_BEARER;
}

/* What a person gave us (a client, an assertion, the permission to register) belongs to
 * one issuer.  The MCP server's word does not move it to another, which would see it.
 * spec: MCP 2026-07-28 client registration (authorization server binding) */
static enum mcpass_rc check_given(const struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	const char *owner = client->given_issuer;
	enum mcpass_rc rc;

	if (owner == NULL && has_seen_given(client))
		owner = record->as.issuer;
	if (owner == NULL || mp_asmeta_same_issuer(owner, issuer))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, "MCP authorization server binding",
	    "the %s that was given is of %s, and the server names %s",
	    client->given_id != NULL ? "client" : "credential", owner, issuer);
	mp_hint(err, "If the server has moved, get one from the new issuer, log out and give that"
	    " one; if nobody said so, ask whoever runs %s.", client->server_url);
	return rc;
}

/* Sets the issuer to ask; what another one gave is of no use there and never goes there.
 * spec: MCP 2026-07-28 client registration (SEP-2352: credentials bound to the issuer) */
static enum mcpass_rc settle_issuer(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc = check_given(client, issuer, err);

	if (rc)
		return rc;
	if (record->as.issuer != NULL && !mp_asmeta_same_issuer(record->as.issuer, issuer)) {
		mp_note(client, "MCP authorization server binding",
		    "The server names another authorization server; what the old one gave is dropped",
		    "old", record->as.issuer, "new", issuer, NULL);
		mp_record_forget_client(record);
		mp_asmeta_free(&record->as);
		mp_set(&record->requested_scope, NULL, NULL);
		mp_set(&record->scope, NULL, NULL);
		record->offline_refused = false;
	}
	rc = mp_set(&client->issuer, issuer, err);
	return rc ? rc : mp_know_provider(client, issuer, err);
}

/* The one our client is of, or that we know already, if it is still listed; else the first.
 * spec: RFC 9728 7.6 (the choice is the client's) */
static const char *choose_issuer(const struct mcpass_client *client)
{
	const struct mp_strings *listed = &client->prm.authorization_servers;
	const char *known = client->given_issuer != NULL ? client->given_issuer
	    : client->record.as.issuer;

	return known != NULL && mp_strings_has(listed, known) ? known : listed->items[0];
}

/* What the resource publishes as scopes, with what can be none left out; *ret_text: for the
 * note, NULL where there are too many to ask for. */
static enum mcpass_rc tidy_scopes(struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_strings *list = &client->prm.scopes_supported;
	enum mcpass_rc rc;
	bool odd = false;

	rc = mp_scope_clean_list(list, &odd, err);
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

static enum mcpass_rc accept_prm(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mp_prm *prm = &client->prm;
	enum mcpass_rc rc;
	char *scopes = NULL;

	mp_prm_free(prm);
	rc = mp_prm_parse(event->data, event->data_len, prm, err);
	if (rc == MCPASS_OK)
		rc = mp_prm_check_resource(prm, client->server_url, err);
	if (rc == MCPASS_OK && prm->authorization_servers.count == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP protected resource metadata",
		    "it lists no authorization_servers");
	for (size_t i = 0; rc == MCPASS_OK && i < prm->authorization_servers.count; i++)
		rc = mp_target_check(prm->authorization_servers.items[i], client->server_url,
		    loopback_http(client), "authorization_servers", err);
	if (rc == MCPASS_OK)
		rc = tidy_scopes(client, &scopes, err);
	if (rc)
		return rc;
	mp_note(client, "RFC 9728 3.2", "The protected resource metadata names the authorization server",
	    "url", client->url, "resource", prm->resource,
	    "authorization_servers", prm->authorization_servers.items[0],
	    "scopes_supported", scopes, NULL);
	free(scopes);
	mp_note_odd(client, "The protected resource metadata is odd", &prm->odd);
	client->wants_dpop |= prm->dpop_bound_access_tokens_required;
	rc = mp_set(&client->record.resource, prm->resource, err);
	return rc ? rc : settle_issuer(client, choose_issuer(client), err);
}

/* Nothing is published at the resource: then, as 2025-03-26 had it, the server's own
 * origin is the authorization server.  spec: MCP 2025-03-26 authorization 2.3.2 */
static enum mcpass_rc fall_back_to_origin(struct mcpass_client *client,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;
	char *origin;

	rc = mp_uri_parse(client->server_url, &uri, err);
	if (rc)
		return rc;
	origin = mp_dup_span(uri.origin);
	if (origin == NULL)
		return mp_nomem(err);
	mp_note(client, "MCP 2025-03-26 2.3", "No protected resource metadata: the server itself may "
	    "be the authorization server", "issuer", origin, NULL);
	client->no_metadata = true;
	mp_prm_free(&client->prm);
	rc = mp_set(&client->record.resource, client->server_url, err);
	if (rc == MCPASS_OK)
		rc = settle_issuer(client, origin, err);
	free(origin);
	return rc;
}

MP_HANDLER(mp_take_resource_metadata)
{
	enum answer answer = IS_MISSING;
	enum mcpass_rc rc;

	rc = judge(client, event, action, &answer, err);
	if (rc == MCPASS_OK && answer == IS_MISSING) {
		if (++client->place < client->places.count)
			return mp_act_get(client, client->places.items[client->place], action, err);
		rc = fall_back_to_origin(client, err);
	} else if (rc == MCPASS_OK && answer == IS_DOCUMENT) {
		rc = accept_prm(client, event, err);
	}
	if (rc || answer == IS_REDIRECTED)
		return mp_doing(err, rc, "reading the protected resource metadata");
	/* The same authorization server as before, and it gave a refresh token: no need to
	 * ask a person.  A missing scope cannot be had that way (RFC 6749 6). */
	if (client->reason == MP_BECAUSE_REFUSED && !client->refreshed
	    && mp_secret_present(&client->record.refresh_token))
		return mp_begin_refresh(client, event->now, action, err);
	return mp_begin_asmeta(client, action, err);
}

enum mcpass_rc mp_begin_asmeta(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_strings_free(&client->places);
	client->place = client->hops = 0;
	client->state = S_ASMETA;
	rc = mp_asmeta_places(client->issuer, &client->places, err);
	if (rc == MCPASS_OK)
		rc = mp_act_get(client, client->places.items[0], action, err);
	return mp_doing(err, rc, "looking for the authorization server's metadata");
}

/* Every endpoint that we may contact or open; spec: MCP security considerations */
static enum mcpass_rc check_endpoints(struct mcpass_client *client, const struct mp_asmeta *as,
    struct mcpass_error *err)
{
	const struct { const char *url, *name; } endpoints[] = {
		{ as->authorization_endpoint, "authorization_endpoint" },
		{ as->token_endpoint, "token_endpoint" },
		{ as->registration_endpoint, "registration_endpoint" },
		{ as->revocation_endpoint, "revocation_endpoint" },
		{ as->pushed_authorization_request_endpoint, "pushed_authorization_request_endpoint" },
		{ as->device_authorization_endpoint, "device_authorization_endpoint" },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; rc == MCPASS_OK && i < MP_COUNT(endpoints); i++)
		if (endpoints[i].url != NULL)
			rc = mp_target_check(endpoints[i].url, client->server_url,
			    loopback_http(client), endpoints[i].name, err);
	return rc;
}

/* A code to show instead of a browser, where that is wanted and offered. */
static enum mcpass_grant choose_grant(const struct mcpass_client *client,
    const struct mp_asmeta *as)
{
	bool instead = client->grant == MCPASS_GRANT_CODE
	    && (client->flags & MCPASS_PREFER_DEVICE) != 0 && mp_device_is_offered(as);

	return instead ? MCPASS_GRANT_DEVICE : client->grant;
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

/* What this grant and this server's demands cannot do without. */
static enum mcpass_rc check_abilities(const struct mcpass_client *client,
    const struct mp_asmeta *as, struct mcpass_error *err)
{
	enum mcpass_grant by = choose_grant(client, as);
	const struct mp_strings *algs = &as->dpop_signing_alg_values_supported;

	if (client->wants_dpop && algs->count > 0 && !mp_strings_has(algs, "ES256"))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 5.1",
		    "the server wants DPoP, and %s takes no ES256 proof", as->issuer);
	if (by == MCPASS_GRANT_CODE)
		return mp_asmeta_check_code_flow(as, mp_takes_no_s256(client), err);
	if (as->token_endpoint == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2", "it names no token_endpoint");
	return by == MCPASS_GRANT_DEVICE ? check_device(client, as, err) : MCPASS_OK;
}

/* Of the catalogue only this is ever looked for, and the record is no place for the rest. */
static enum mcpass_rc keep_offline_only(struct mp_strings *scopes, struct mcpass_error *err)
{
	bool offline = mp_strings_has(scopes, "offline_access");

	mp_strings_free(scopes);
	return offline ? mp_scope_parse("offline_access", scopes, err) : MCPASS_OK;
}

static enum mcpass_rc accept_asmeta(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_asmeta as = { 0 };
	enum mcpass_rc rc;
	bool slash = false;

	rc = mp_asmeta_parse(event->data, event->data_len, &as, err);
	if (rc == MCPASS_OK)
		rc = mp_asmeta_check_issuer(&as, client->issuer, &slash, err);
	if (rc == MCPASS_OK)
		rc = check_abilities(client, &as, err);
	if (rc == MCPASS_OK)
		rc = check_endpoints(client, &as, err);
	if (rc) {
		mp_asmeta_free(&as);
		return rc;
	}
	mp_note(client, "RFC 8414 3.2", "The authorization server describes itself",
	    "url", client->url, "issuer", as.issuer,
	    "slash", slash ? "the issuer differs from the one named by its last '/' only: accepted" : NULL,
	    "authorization_endpoint", as.authorization_endpoint, "token_endpoint", as.token_endpoint,
	    "registration_endpoint", as.registration_endpoint,
	    "device_authorization_endpoint", choose_grant(client, &as) == MCPASS_GRANT_DEVICE
	    ? as.device_authorization_endpoint : NULL, NULL);
	mp_note_odd(client, "The authorization server's metadata is odd", &as.odd);
	mp_asmeta_free(&client->record.as);
	client->record.as = as;
	return keep_offline_only(&client->record.as.scopes_supported, err);
}

/* One of the three fixed endpoints that 2025-03-26 knew. */
static enum mcpass_rc fixed_endpoint(const char *issuer, const char *path, char **slot,
    struct mcpass_error *err)
{
	struct mp_buf url;

	mp_buf_init(&url, MP_MAX_URI);
	mp_buf_addf(&url, "%s%s", issuer, path);
	return mp_buf_take(&url, "an endpoint", slot, err);
}

/* spec: MCP 2025-03-26 authorization 2.3.3 (fallbacks for servers without metadata) */
static enum mcpass_rc assume_endpoints(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_asmeta as = { 0 };
	enum mcpass_rc rc;

	rc = mp_set(&as.issuer, client->issuer, err);
	if (rc == MCPASS_OK)
		rc = fixed_endpoint(client->issuer, "/authorize", &as.authorization_endpoint, err);
	if (rc == MCPASS_OK)
		rc = fixed_endpoint(client->issuer, "/token", &as.token_endpoint, err);
	if (rc == MCPASS_OK)
		rc = fixed_endpoint(client->issuer, "/register", &as.registration_endpoint, err);
	if (rc) {
		mp_asmeta_free(&as);
		return rc;
	}
	mp_note(client, "MCP 2025-03-26 2.3.3", "No metadata at all: using the fixed endpoints",
	    "authorization_endpoint", as.authorization_endpoint, NULL);
	mp_asmeta_free(&client->record.as);
	client->record.as = as;
	return MCPASS_OK;
}

static enum mcpass_rc no_metadata(struct mcpass_client *client, struct mcpass_error *err)
{
	if (client->no_metadata)
		return assume_endpoints(client, err);
	(void)mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3", "%s has no metadata at any of its %zu places",
	    client->issuer, client->places.count);
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
	if (rc == MCPASS_OK)
		rc = mp_scope_choose(&inputs, &client->scope, err);
	if (rc == MCPASS_OK)
		rc = mp_add_provider_scope(client, err);
	mp_skip_refused_offline(client);
	mp_strings_free(&before);
	return rc;
}

MP_HANDLER(mp_take_server_metadata)
{
	enum answer answer = IS_MISSING;
	enum mcpass_rc rc;

	rc = judge(client, event, action, &answer, err);
	if (rc == MCPASS_OK && answer == IS_MISSING) {
		if (++client->place < client->places.count)
			return mp_act_get(client, client->places.items[client->place], action, err);
		rc = no_metadata(client, err);
	} else if (rc == MCPASS_OK && answer == IS_DOCUMENT) {
		rc = accept_asmeta(client, event, err);
	}
	if (rc || answer == IS_REDIRECTED)
		return mp_doing(err, rc, "reading the authorization server's metadata");
	rc = choose_scope(client, err);
	if (rc)
		return mp_doing(err, rc, "choosing the scopes to ask for");
	rc = mp_dpop_ready(client, err);
	if (rc)
		return mp_doing(err, rc, "preparing a key to bind the token to");
	client->by = choose_grant(client, &client->record.as);
	if (client->by == MCPASS_GRANT_DEVICE)
		return mp_begin_client(client, event, action, err);
	if (client->by != MCPASS_GRANT_CODE)
		return mp_begin_grant(client, event->now, action, err);
	return mp_begin_listen(client, action, err);
}
