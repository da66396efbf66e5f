/* The machine: its table, its step, its life.  docs/flow.md draws the table. */
#include "mcpass/client.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/sized.h"
#include "flow/client.h"
#include "oauth/target.h"

typedef MP_HANDLER(handler_fn);

#define TO(state) (UINT64_C(1) << S_##state)
static const struct transition {
	enum mp_state from;
	enum mcpass_event_type on;
	handler_fn *handle;
	uint64_t to;            /* a handler that goes elsewhere is a bug, and is caught */
} transitions[] = {
	{ S_IDLE, MCPASS_EV_START, mp_ask_store, TO(LOADING) },
	{ S_IDLE, MCPASS_EV_CHALLENGE, mp_read_challenge, TO(LOCKING) },
	{ S_IDLE, MCPASS_EV_LOGOUT, mp_out_lock, TO(OUT_LOCKING) },
	{ S_LOADING, MCPASS_EV_LOADED, mp_use_or_renew, TO(DONE) | TO(LOCKING) },
	{ S_LOCKING, MCPASS_EV_LOCKED, mp_read_again, TO(RELOADING) },
	{ S_RELOADING, MCPASS_EV_LOADED, mp_renew_or_discover,
	    TO(DONE) | TO(REFRESHING) | TO(PRM) | TO(SAVING_DENIAL) },
	{ S_REFRESHING, MCPASS_EV_RESPONSE, mp_take_refreshed,
	    TO(SAVING_TOKEN) | TO(DROPPING) | TO(REFRESHING) | TO(RESTING) | TO(DONE) | TO(ASMETA) },
	{ S_RESTING, MCPASS_EV_PAUSED, mp_refresh_again, TO(REFRESHING) },
	{ S_SAVING_DENIAL, MCPASS_EV_SAVED, mp_tell_denial, 0 },
	{ S_DROPPING, MCPASS_EV_SAVED, mp_go_on_without, TO(DONE) | TO(ASMETA) },
	{ S_PRM, MCPASS_EV_RESPONSE, mp_take_resource_metadata,
	    TO(PRM) | TO(ASMETA) | TO(REFRESHING) | TO(CONFIRMING) },
	{ S_CONFIRMING, MCPASS_EV_CONFIRMED, mp_take_confirmed, TO(ASMETA) | TO(REFRESHING) },
	{ S_ASMETA, MCPASS_EV_RESPONSE, mp_take_server_metadata,
	    TO(ASMETA) | TO(DONE) | TO(CONFIRMING) | TO(LISTENING) | TO(VOUCHING) | TO(EXCHANGING)
	        | TO(ASKING_CODE) | TO(CHECKING) | TO(WIDENING) | TO(REGISTERING) },
	{ S_LISTENING, MCPASS_EV_LISTENING, mp_choose_client,
	    TO(BROWSING) | TO(PUSHING) | TO(CHECKING) | TO(WIDENING) | TO(REGISTERING) },
	{ S_CHECKING, MCPASS_EV_RESPONSE, mp_take_client_check,
	    TO(SAVING_CLIENT) | TO(REGISTERING) | TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_WIDENING, MCPASS_EV_RESPONSE, mp_take_widened, TO(SAVING_CLIENT) | TO(REGISTERING) },
	{ S_REGISTERING, MCPASS_EV_RESPONSE, mp_take_registration,
	    TO(SAVING_CLIENT) | TO(REGISTERING) },
	{ S_SAVING_CLIENT, MCPASS_EV_SAVED, mp_retire_or_ask,
	    TO(RETIRING) | TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_RETIRING, MCPASS_EV_RESPONSE, mp_take_retired,
	    TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_PUSHING, MCPASS_EV_RESPONSE, mp_take_pushed, TO(BROWSING) | TO(LISTENING) },
	{ S_BROWSING, MCPASS_EV_REDIRECT, mp_take_redirect,
	    TO(EXCHANGING) | TO(LISTENING) | TO(BROWSING) },
	{ S_ASKING_CODE, MCPASS_EV_RESPONSE, mp_take_device,
	    TO(SHOWING) | TO(REGISTERING) | TO(LISTENING) },
	{ S_SHOWING, MCPASS_EV_SHOWN, mp_begin_waiting, TO(PAUSING) },
	{ S_PAUSING, MCPASS_EV_PAUSED, mp_poll, TO(POLLING) },
	{ S_POLLING, MCPASS_EV_RESPONSE, mp_take_polled,
	    TO(PAUSING) | TO(POLLING) | TO(SAVING_TOKEN) },
	{ S_VOUCHING, MCPASS_EV_RESPONSE, mp_take_id_jag, TO(EXCHANGING) },
	{ S_EXCHANGING, MCPASS_EV_RESPONSE, mp_take_token,
	    TO(SAVING_TOKEN) | TO(LISTENING) | TO(EXCHANGING) },
	{ S_SAVING_TOKEN, MCPASS_EV_SAVED, mp_hand_over,
	    TO(DONE) | TO(REVOKING) | TO(DISCARDING) },
	{ S_REVOKING, MCPASS_EV_RESPONSE, mp_take_revoked, TO(DONE) | TO(DISCARDING) },
	{ S_DISCARDING, MCPASS_EV_RESPONSE, mp_take_discarded, TO(DONE) },
	{ S_DONE, MCPASS_EV_START, mp_ask_store, TO(LOADING) },
	{ S_DONE, MCPASS_EV_CHALLENGE, mp_read_challenge, TO(LOCKING) | TO(DONE) },
	{ S_DONE, MCPASS_EV_ACCEPTED, mp_note_accepted, TO(DONE) },
	{ S_DONE, MCPASS_EV_LOGOUT, mp_out_lock, TO(OUT_LOCKING) },
	{ S_OUT_LOCKING, MCPASS_EV_LOCKED, mp_out_load, TO(OUT_LOADING) },
	{ S_OUT_LOADING, MCPASS_EV_LOADED, mp_out_revoke,
	    TO(OUT_REVOKING) | TO(OUT_DEREGISTERING) | TO(OUT_FORGETTING) },
	{ S_OUT_REVOKING, MCPASS_EV_RESPONSE, mp_out_deregister,
	    TO(OUT_DEREGISTERING) | TO(OUT_FORGETTING) },
	{ S_OUT_DEREGISTERING, MCPASS_EV_RESPONSE, mp_out_forget, TO(OUT_FORGETTING) },
	{ S_OUT_FORGETTING, MCPASS_EV_SAVED, mp_out_done, TO(DONE) },
};
#undef TO

static const struct transition *find_transition(enum mp_state from, enum mcpass_event_type on)
{
	for (size_t i = 0; i < MP_COUNT(transitions); i++)
		if (transitions[i].from == from && transitions[i].on == on)
			return &transitions[i];
	return NULL;
}

enum mcpass_rc mcpass_client_step(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *ret_action,
    struct mcpass_error *err)
{
	const struct transition *t = find_transition(client->state, event->type);
	struct mcpass_action action = { 0 };
	enum mcpass_rc rc;

	mp_clear(err);
	client->notice[0] = '\0';
	if (t == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "event %s does not fit state %s",
		    mp_event_name(event->type), mp_state_name(client->state));
	else
		rc = t->handle(client, event, &action, err);
	if (rc == MCPASS_OK && t != NULL && (t->to & UINT64_C(1) << client->state) == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a step from %s to %s is not in the table",
		    mp_state_name(t->from), mp_state_name(client->state));
	if (rc) {
		client->state = S_BROKEN;       /* only mcpass_client_free() is left */
		mp_redact(client, err);
	} else {
		action.notice = client->notice[0] != '\0' ? client->notice : NULL;
		*ret_action = action;
	}
	return rc;
}

enum mcpass_rc mcpass_client_run(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mcpass_host *host,
    struct mcpass_action *ret_action, struct mcpass_error *err)
{
	struct mcpass_event next = *event;
	struct mcpass_action action = { 0 };
	enum mcpass_rc rc;

	for (;;) {
		rc = mcpass_client_step(client, &next, &action, err);
		if (rc)
			return rc;
		if (action.type == MCPASS_ACT_DONE)
			break;
		rc = host->perform(host->ctx, &action, &next, err);
		if (rc) {
			client->state = S_BROKEN;
			return rc;
		}
	}
	*ret_action = action;
	return MCPASS_OK;
}

/* Whether we may send a token there at all; spec: OAuth 2.1 1.5 */
static enum mcpass_rc check_server_url(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (cfg->server_url == NULL || cfg->random == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a server URL and a random source are needed");
	if (mp_target_is_allowed_http(cfg->server_url, cfg->http_hosts, cfg->http_host_count))
		return MCPASS_OK;
	if (mp_target_check(cfg->server_url, cfg->server_url,
	    (cfg->flags & MCPASS_LOOPBACK_HTTP) != 0, "the server's URL", &why) == MCPASS_OK)
		return MCPASS_OK;
	(void)mp_fail(err, MCPASS_E_USAGE, why.spec, "%s", why.detail);
	if (why.rc == MCPASS_E_POLICY)
		mp_hint(err, "give an https:// URL, or http:// with a loopback address; in a private network"
		    " --allow-http HOST permits plain http");
	else if (strchr(cfg->server_url, '#') != NULL)
		mp_hint(err, "leave out what begins with '#': it is never sent");
	else
		mp_hint(err, "give a URL as https://HOST/PATH");
	return MCPASS_E_USAGE;
}

static enum mcpass_rc check_provider_name(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mp_quirk_choice choice;

	return mp_quirk_apply(cfg->provider, cfg->server_url, &choice, err);
}

/* spec: MCP 2026-07-28 client ID metadata documents (https, and a path) */
static enum mcpass_rc check_metadata_url(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (cfg->client_metadata_url == NULL)
		return MCPASS_OK;
	rc = mp_uri_parse(cfg->client_metadata_url, &uri, err);
	if (rc == MCPASS_OK && (!uri.is_https || uri.path.len == 0 || uri.fragment.data != NULL))
		rc = mp_fail(err, MCPASS_E_USAGE, "MCP client ID metadata documents",
		    "a client metadata document has an https URL with a path and no fragment: %s",
		    cfg->client_metadata_url);
	return rc;
}

/* It sees the person's id token and a secret; spec: OAuth 2.1 1.5 */
static enum mcpass_rc check_provider(const char *token_endpoint, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(token_endpoint, &uri, err);

	if (rc == MCPASS_OK && !uri.is_https && !mp_uri_is_loopback(&uri))
		rc = mp_fail(err, MCPASS_E_USAGE, "OAuth 2.1 1.5",
		    "the identity provider's token endpoint is plain http: %s", token_endpoint);
	return rc;
}

/* What a grant cannot do without is missed here, not after two requests. */
static enum mcpass_rc check_grant(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	bool known = cfg->client_id != NULL
	    && (cfg->client_secret != NULL || cfg->client_key != NULL);

	switch (cfg->grant) {
	case MCPASS_GRANT_CODE:
	case MCPASS_GRANT_DEVICE:
		return MCPASS_OK;
	case MCPASS_GRANT_CLIENT_CREDENTIALS:
		if (known)
			return MCPASS_OK;
		return mp_fail(err, MCPASS_E_USAGE, "RFC 6749 4.4",
		    "client credentials need a client id, and its secret or its key");
	case MCPASS_GRANT_JWT_BEARER:
		if (cfg->assertion != NULL)
			return MCPASS_OK;
		return mp_fail(err, MCPASS_E_USAGE, "RFC 7523 2.1", "a JWT to present is needed");
	case MCPASS_GRANT_ID_JAG:
		if (known && cfg->assertion != NULL && cfg->idp_token_endpoint != NULL)
			return check_provider(cfg->idp_token_endpoint, err);
		return mp_fail(err, MCPASS_E_USAGE, "MCP enterprise-managed authorization",
		    "an id token, the identity provider's token endpoint and a client are needed");
	}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no such grant");
}

static enum mcpass_rc copy_texts(struct mcpass_client *client,
    const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	const struct { char **slot; const char *text; } texts[] = {
		{ &client->server_url, cfg->server_url },
		{ &client->client_name, cfg->client_name != NULL ? cfg->client_name : "mcpass" },
		{ &client->given_id, cfg->client_id },
		{ &client->given_issuer, cfg->client_issuer },
		{ &client->metadata_url, cfg->client_metadata_url },
		{ &client->wished_scope, cfg->scope },
		{ &client->idp_token_endpoint, cfg->idp_token_endpoint },
		{ &client->idp_client_id, cfg->idp_client_id },
		{ &client->provider, cfg->provider },
	};
	const struct { struct mp_secret *slot; const char *text; } secrets[] = {
		{ &client->given_secret, cfg->client_secret },
		{ &client->initial_access_token, cfg->initial_access_token },
		{ &client->assertion, cfg->assertion },
		{ &client->idp_client_secret, cfg->idp_client_secret },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; rc == MCPASS_OK && i < MP_COUNT(texts); i++)
		rc = mp_set(texts[i].slot, texts[i].text, err);
	for (size_t i = 0; rc == MCPASS_OK && i < MP_COUNT(secrets); i++)
		rc = mp_secret_set(secrets[i].slot, secrets[i].text, err);
	return rc;
}

static enum mcpass_rc copy_config(struct mcpass_client *client,
    const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	struct mp_buf key;
	enum mcpass_rc rc;

	client->flags = cfg->flags;
	client->grant = cfg->grant;
	client->random = cfg->random;
	client->random_ctx = cfg->random_ctx;
	client->trace = cfg->trace;
	client->trace_ctx = cfg->trace_ctx;
	mp_buf_init(&key, 2 * MP_MAX_URI);
	mp_buf_addf(&key, "%s %s", cfg->profile != NULL ? cfg->profile : "default", cfg->server_url);
	rc = mp_buf_take(&key, "the credential's name", &client->key, err);
	if (rc == MCPASS_OK)
		rc = copy_texts(client, cfg, err);
	if (rc == MCPASS_OK && cfg->client_key != NULL)
		rc = mp_key_from_pem(cfg->client_key, strlen(cfg->client_key), &client->given_key, err);
	for (size_t i = 0; rc == MCPASS_OK && i < cfg->extra_count; i++)
		rc = mp_headers_add(&client->extra, cfg->extra[i].name, cfg->extra[i].value, err);
	for (size_t i = 0; rc == MCPASS_OK && i < cfg->http_host_count; i++)
		rc = mp_strings_add(&client->http_hosts,
		    (struct mp_span){ cfg->http_hosts[i], strlen(cfg->http_hosts[i]) }, err);
	return rc;
}

static enum mcpass_rc check_config(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_server_url(cfg, err);

	if (rc == MCPASS_OK)
		rc = check_metadata_url(cfg, err);
	if (rc == MCPASS_OK)
		rc = check_grant(cfg, err);
	return rc ? rc : check_provider_name(cfg, err);
}

enum mcpass_rc mcpass_client_new(const struct mcpass_client_config *given,
    struct mcpass_client **ret_client, struct mcpass_error *err)
{
	struct mcpass_client_config cfg;
	struct mcpass_client *client;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_sized_read(given, &cfg, sizeof(cfg), err);
	if (!rc)
		rc = check_config(&cfg, err);
	if (rc)
		return rc;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return mp_nomem(err);
	mp_buf_init(&client->body, 0);
	rc = copy_config(client, &cfg, err);
	if (rc)
		mcpass_client_free(client);
	else
		*ret_client = client;
	return rc;
}

void mcpass_client_free(struct mcpass_client *client)
{
	if (client == NULL)
		return;
	free(client->server_url);
	free(client->client_name);
	free(client->given_id);
	free(client->given_issuer);
	free(client->metadata_url);
	free(client->wished_scope);
	free(client->key);
	free(client->idp_token_endpoint);
	free(client->idp_client_id);
	free(client->provider);
	mp_secret_free(&client->given_secret);
	mp_secret_free(&client->initial_access_token);
	mp_secret_free(&client->assertion);
	mp_secret_free(&client->idp_client_secret);
	mp_key_free(client->given_key);
	mp_headers_free(&client->extra);
	mp_strings_free(&client->http_hosts);
	mp_record_free(&client->record);
	mp_record_free(&client->kept);
	mp_secret_free(&client->dead_refresh);
	free(client->challenged_scope);
	free(client->challenged_metadata);
	mp_secret_free(&client->refused_token);
	mp_places_free(&client->places);
	mp_strings_free(&client->issuers);
	free(client->confirmed);
	mp_prm_free(&client->prm);
	free(client->issuer);
	mp_strings_free(&client->scope);
	free(client->redirect_uri);
	free(client->retired_url);
	mp_secret_free(&client->retired_token);
	mp_secret_free(&client->state_param);
	mp_secret_free(&client->verifier);
	mp_secret_free(&client->code);
	free(client->challenge);
	mp_device_free(&client->device);
	mp_secret_free(&client->id_jag);
	mp_key_free(client->dpop_key);
	free(client->as_nonce);
	free(client->server_nonce);
	mp_free_wiped(client->url);
	mp_headers_free(&client->headers);
	mp_headers_free(&client->asked);
	mp_buf_free(&client->body);
	mp_headers_free(&client->proof);
	mp_wipe(client, sizeof(*client));
	free(client);
}

size_t mp_flow_arrows(struct mp_arrow *ret_arrows, size_t room)
{
	for (size_t i = 0; i < MP_COUNT(transitions) && i < room; i++)
		ret_arrows[i] = (struct mp_arrow){ transitions[i].from, transitions[i].on,
		    transitions[i].to };
	return MP_COUNT(transitions);
}

const char *mp_state_name(enum mp_state state)
{
#define NAME(name) #name,
	static const char *const names[] = { MP_FLOW_STATES(NAME) };
#undef NAME

	return (size_t)state < MP_COUNT(names) ? names[state] : "?";
}

const char *mp_event_name(enum mcpass_event_type type)
{
	static const char *const names[] = { "?", "START", "CHALLENGE", "ACCEPTED", "LOGOUT",
		"LOCKED", "LOADED", "SAVED", "RESPONSE", "LISTENING", "REDIRECT",
		"SHOWN", "PAUSED", "CONFIRMED" };

	return (size_t)type < MP_COUNT(names) ? names[type] : "?";
}
