/* The machine: its table, its step, its life.  docs/flow.md draws the table. */
#include "mcpass/client.h"
#include <stdlib.h>
#include "base/sized.h"
#include "flow/client.h"

#define TO(state) (UINT64_C(1) << S_##state)
/* One row a state; while nothing is under way (IDLE, DONE) the caller has a choice, and there
 * is a row for each event. */
static const struct phase {
	enum mp_state state;
	enum mcpass_event_type on;      /* what answers the action; */
	mp_enter_fn *enter;             /* what fills it: no other function does; */
	mp_take_fn *take;               /* what the answer means; NULL: there is one way to go */
	uint64_t to;                    /* a take that leads elsewhere is a bug, and is caught */
} phases[] = {
	{ S_IDLE, MCPASS_EV_START, NULL, mp_stored_begin, TO(LOADING) },
	{ S_IDLE, MCPASS_EV_CHALLENGE, NULL, mp_challenge_take, TO(LOCKING) },
	{ S_IDLE, MCPASS_EV_LOGOUT, NULL, NULL, TO(OUT_LOCKING) },
	{ S_LOADING, MCPASS_EV_LOADED, mp_action_load, mp_stored_take, TO(DONE) | TO(LOCKING) },
	{ S_LOCKING, MCPASS_EV_LOCKED, mp_action_lock, NULL, TO(RELOADING) },
	{ S_RELOADING, MCPASS_EV_LOADED, mp_action_load, mp_stored_take_again,
	    TO(DONE) | TO(REFRESHING) | TO(PRM) | TO(SAVING_DENIAL) },
	{ S_REFRESHING, MCPASS_EV_RESPONSE, mp_refresh_ask, mp_refresh_take,
	    TO(SAVING_TOKEN) | TO(DROPPING) | TO(REFRESHING) | TO(RESTING) | TO(DONE) | TO(ASMETA) },
	{ S_RESTING, MCPASS_EV_PAUSED, mp_refresh_rest, NULL, TO(REFRESHING) },
	{ S_SAVING_DENIAL, MCPASS_EV_SAVED, mp_action_save, mp_stored_tell_denial, 0 },
	{ S_DROPPING, MCPASS_EV_SAVED, mp_action_save, mp_refresh_do_without, TO(DONE) | TO(ASMETA) },
	{ S_PRM, MCPASS_EV_RESPONSE, mp_discover_ask_resource, mp_discover_take_resource,
	    TO(PRM) | TO(ASMETA) | TO(REFRESHING) | TO(CONFIRMING) },
	{ S_CONFIRMING, MCPASS_EV_CONFIRMED, mp_binding_ask, mp_binding_take,
	    TO(ASMETA) | TO(REFRESHING) },
	{ S_ASMETA, MCPASS_EV_RESPONSE, mp_discover_ask_issuer, mp_discover_take_issuer,
	    TO(ASMETA) | TO(DONE) | TO(CONFIRMING) | TO(LISTENING) | TO(VOUCHING) | TO(EXCHANGING)
	        | TO(ASKING_CODE) | TO(CHECKING) | TO(WIDENING) | TO(REGISTERING) },
	{ S_LISTENING, MCPASS_EV_LISTENING, mp_client_id_listen, mp_client_id_take_address,
	    TO(BROWSING) | TO(PUSHING) | TO(CHECKING) | TO(WIDENING) | TO(REGISTERING) },
	{ S_CHECKING, MCPASS_EV_RESPONSE, mp_register_check, mp_register_take_check,
	    TO(SAVING_CLIENT) | TO(REGISTERING) | TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_WIDENING, MCPASS_EV_RESPONSE, mp_register_change, mp_register_take_change,
	    TO(SAVING_CLIENT) | TO(REGISTERING) },
	{ S_REGISTERING, MCPASS_EV_RESPONSE, mp_register_ask, mp_register_take,
	    TO(SAVING_CLIENT) | TO(REGISTERING) },
	{ S_SAVING_CLIENT, MCPASS_EV_SAVED, mp_action_save, mp_register_take_saved,
	    TO(RETIRING) | TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_RETIRING, MCPASS_EV_RESPONSE, mp_register_discard, mp_register_take_discarded,
	    TO(BROWSING) | TO(PUSHING) | TO(ASKING_CODE) },
	{ S_PUSHING, MCPASS_EV_RESPONSE, mp_authorize_push, mp_authorize_take_pushed,
	    TO(BROWSING) | TO(LISTENING) },
	{ S_BROWSING, MCPASS_EV_REDIRECT, mp_authorize_browse, mp_authorize_take_redirect,
	    TO(EXCHANGING) | TO(LISTENING) | TO(BROWSING) },
	{ S_ASKING_CODE, MCPASS_EV_RESPONSE, mp_device_ask, mp_device_take_code,
	    TO(SHOWING) | TO(REGISTERING) | TO(LISTENING) },
	{ S_SHOWING, MCPASS_EV_SHOWN, mp_device_show, mp_device_take_shown, TO(PAUSING) },
	{ S_PAUSING, MCPASS_EV_PAUSED, mp_device_pause, mp_device_take_paused, TO(POLLING) },
	{ S_POLLING, MCPASS_EV_RESPONSE, mp_device_poll, mp_device_take_polled,
	    TO(PAUSING) | TO(POLLING) | TO(SAVING_TOKEN) },
	{ S_VOUCHING, MCPASS_EV_RESPONSE, mp_token_request_ask_idp, mp_token_request_take_id_jag,
	    TO(EXCHANGING) },
	{ S_EXCHANGING, MCPASS_EV_RESPONSE, mp_token_request_ask, mp_token_request_take,
	    TO(SAVING_TOKEN) | TO(LISTENING) | TO(EXCHANGING) },
	{ S_SAVING_TOKEN, MCPASS_EV_SAVED, mp_action_replace, mp_replaced_begin,
	    TO(DONE) | TO(REVOKING) | TO(DISCARDING) },
	{ S_REVOKING, MCPASS_EV_RESPONSE, mp_replaced_revoke, mp_replaced_take_revoked,
	    TO(DONE) | TO(DISCARDING) },
	{ S_DISCARDING, MCPASS_EV_RESPONSE, mp_register_discard, mp_replaced_take_discarded,
	    TO(DONE) },
	{ S_DONE, MCPASS_EV_START, mp_action_done, mp_stored_begin, TO(LOADING) },
	{ S_DONE, MCPASS_EV_CHALLENGE, mp_action_done, mp_challenge_take, TO(LOCKING) | TO(DONE) },
	{ S_DONE, MCPASS_EV_ACCEPTED, mp_action_done, mp_challenge_take_accepted, TO(DONE) },
	{ S_DONE, MCPASS_EV_LOGOUT, mp_action_done, NULL, TO(OUT_LOCKING) },
	{ S_OUT_LOCKING, MCPASS_EV_LOCKED, mp_action_lock, NULL, TO(OUT_LOADING) },
	{ S_OUT_LOADING, MCPASS_EV_LOADED, mp_action_load, mp_logout_take_record,
	    TO(OUT_REVOKING) | TO(OUT_DEREGISTERING) | TO(OUT_FORGETTING) },
	{ S_OUT_REVOKING, MCPASS_EV_RESPONSE, mp_logout_revoke, mp_logout_take_revoked,
	    TO(OUT_DEREGISTERING) | TO(OUT_FORGETTING) },
	{ S_OUT_DEREGISTERING, MCPASS_EV_RESPONSE, mp_logout_deregister,
	    mp_logout_take_deregistered, TO(OUT_FORGETTING) },
	{ S_OUT_FORGETTING, MCPASS_EV_SAVED, mp_logout_forget, mp_logout_take_forgotten, TO(DONE) },
};
#undef TO

static const struct phase *find_phase(enum mp_state state, enum mcpass_event_type on)
{
	for (size_t i = 0; i < MP_COUNT(phases); i++)
		if (phases[i].state == state && phases[i].on == on)
			return &phases[i];
	return NULL;
}

static mp_enter_fn *find_enter(enum mp_state state)
{
	for (size_t i = 0; i < MP_COUNT(phases); i++)
		if (phases[i].state == state)
			return phases[i].enter;
	return NULL;
}

static bool leads_to(const struct phase *phase, enum mp_state state)
{
	return (phase->to >> state & 1) != 0;
}

static enum mp_state only_way(const struct phase *phase)
{
	enum mp_state state = S_IDLE;

	while (!leads_to(phase, state))
		state++;
	return state;
}

/* Where the event leads; S_BROKEN, and err says why. */
static enum mp_state find_next(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	const struct phase *now = find_phase(client->state, event->type);
	enum mp_state next;

	if (now == NULL) {
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "event %s does not fit state %s",
		    mp_state_event_name(event->type), mp_state_name(client->state));
		return S_BROKEN;
	}
	next = now->take != NULL ? now->take(client, event, err) : only_way(now);
	if (next == S_BROKEN || leads_to(now, next))
		return next;
	(void)mp_fail(err, MCPASS_E_USAGE, NULL, "a step from %s to %s is not in the table",
	    mp_state_name(now->state), mp_state_name(next));
	return S_BROKEN;
}

static void set_state(struct mcpass_client *client, enum mp_state state)
{
	client->state = state;
	client->action = (struct mcpass_action){ 0 };
}

enum mcpass_rc mcpass_client_step(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *ret_action,
    struct mcpass_error *err)
{
	struct mcpass_error unheard;
	enum mcpass_rc rc;

	err = err != NULL ? err : &unheard;
	mp_clear(err);
	client->now = event->now;
	client->notice[0] = '\0';
	set_state(client, find_next(client, event, err));
	rc = client->state == S_BROKEN ? err->rc : find_enter(client->state)(client, err);
	if (rc) {
		set_state(client, S_BROKEN);    /* only mcpass_client_free() is left */
		mp_redact(client, err);
		return rc;
	}
	client->action.notice = client->notice[0] != '\0' ? client->notice : NULL;
	*ret_action = client->action;
	return MCPASS_OK;
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
			set_state(client, S_BROKEN);
			return rc;
		}
	}
	*ret_action = action;
	return MCPASS_OK;
}

enum mcpass_rc mcpass_client_new(const struct mcpass_client_config *given,
    struct mcpass_client **ret_client, struct mcpass_error *err)
{
	struct mcpass_client_config cfg;
	struct mcpass_client *client;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_sized_read(given, &cfg, sizeof(cfg), err);
	if (rc)
		return rc;
	mp_config_tidy(&cfg);
	rc = mp_config_check(&cfg, err);
	if (rc)
		return rc;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return mp_nomem(err);
	mp_buf_init(&client->body, 0);
	rc = mp_config_copy(client, &cfg, err);
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
	free(client->given_resource);
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
	free(client->request_uri);
	mp_device_free(&client->device);
	mp_secret_free(&client->id_jag);
	mp_key_free(client->dpop_key);
	free(client->as_nonce);
	free(client->server_nonce);
	mp_free_wiped(client->url);
	mp_headers_free(&client->headers);
	mp_headers_free(&client->asked);
	mp_buf_free(&client->body);
	mp_serving_free(&client->serving);
	mp_headers_free(&client->proof);
	mp_wipe(client, sizeof(*client));
	free(client);
}

size_t mp_flow_arrows(struct mp_arrow *ret_arrows, size_t room)
{
	for (size_t i = 0; i < MP_COUNT(phases) && i < room; i++)
		ret_arrows[i] = (struct mp_arrow){ phases[i].state, phases[i].on, phases[i].to };
	return MP_COUNT(phases);
}
