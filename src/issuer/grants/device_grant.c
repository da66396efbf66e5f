/* The poll of a device: not yet, too often, no, or a token.  spec: RFC 8628 3.4, 3.5 */
#include <stdlib.h>
#include "issuer/login/device_code.h"
#include "issuer/grants/token_endpoint.h"

#define SLOW_DOWN 5             /* spec: RFC 8628 3.5 */

static const struct mp_field answer_fields[] = {
	{ "username", MP_FIELD_STRING, 0, offsetof(struct mp_device_answer, username), NULL },
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct mp_device_answer, scope), NULL },
	{ "session", MP_FIELD_STRING, 0, offsetof(struct mp_device_answer, session), NULL },
};
const struct mp_shape mp_device_answer_shape = { answer_fields, MP_COUNT(answer_fields) };

struct poll { int64_t polled_at, interval; };
static const struct mp_field poll_fields[] = {
	{ "polled_at", MP_FIELD_INT, 0, offsetof(struct poll, polled_at), NULL },
	{ "interval", MP_FIELD_INT, 0, offsetof(struct poll, interval), NULL },
};
static const struct mp_shape poll_shape = { poll_fields, MP_COUNT(poll_fields) };

static enum mcpass_rc unknown(struct mcpass_error *err)
{
	return mp_response_refuse(err, "invalid_grant", "RFC 8628 3.5",
	    "the device code is unknown, or used already");
}

/* Whether it comes too early after the one before; each time it does, the next has to wait
 * longer.  spec: RFC 8628 3.5 (slow_down) */
static enum mcpass_rc check_pace(const struct mp_turn *turn, const char *device,
    int64_t expires_at, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "device_poll", .key = device,
		.expires_at = expires_at };
	struct poll poll = { .interval = turn->issuer->device_interval };
	int64_t now = turn->request->now;
	bool found = false, early;
	enum mcpass_rc rc = mp_record_get(turn, &slot, &poll_shape, &poll, &found, err);

	early = found && now < poll.polled_at + poll.interval;
	poll.interval += early ? SLOW_DOWN : 0;
	poll.polled_at = now;
	if (!rc)
		rc = mp_record_put(turn, &slot, &poll_shape, &poll, err);
	if (!rc && early)
		rc = mp_response_refuse(err, "slow_down", "RFC 8628 3.5", "ask again in %d seconds at the"
		    " earliest", (int)poll.interval);
	return rc;
}

/* What the person decided, as far as they have. */
static enum mcpass_rc read_answer(const struct mp_turn *turn, const char *device,
    struct mp_device_answer *ret_answer, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "device_answer", .key = device };
	bool found = false;
	enum mcpass_rc rc;

	rc = mp_record_get(turn, &slot, &mp_device_answer_shape, ret_answer, &found, err);
	if (!rc && !found)
		rc = mp_response_refuse(err, "authorization_pending", "RFC 8628 3.5",
		    "the code was not entered and decided yet");
	else if (!rc && ret_answer->username == NULL)
		rc = mp_response_refuse(err, "access_denied", "RFC 8628 3.5",
		    "the user did not allow it");
	return rc;
}

/* One use: of two who come with one device code, one gets the token. */
static enum mcpass_rc use_up(const struct mp_turn *turn, const struct mp_slot *slot,
    struct mcpass_error *err)
{
	struct mp_device_request request = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	rc = mp_record_take(turn, slot, &mp_device_request_shape, &request, &found, err);
	if (!rc && !found)
		rc = unknown(err);
	mp_record_release(&mp_device_request_shape, &request);
	return rc;
}

/* By way of a code that is not shown, so that a family has one kind of beginning. */
static enum mcpass_rc begin_family(const struct mp_turn *turn,
    const struct mp_device_request *request, const struct mp_device_answer *allowed,
    struct mp_grant *ret_grant, struct mcpass_error *err)
{
	const struct mp_grant grant = { .client_id = request->client_id,
		.username = allowed->username, .scope = allowed->scope,
		.resource = request->resource, .session = allowed->session };
	struct mp_secret none = { 0 }, code = { 0 };
	enum mcpass_rc rc = mp_grant_begin(turn, &grant, &none, &code, err);

	if (!rc)
		rc = mp_grant_redeem_code(turn, &code, ret_grant, err);
	mp_secret_free(&code);
	return rc;
}

/* Everything about the code but the person's answer. */
static enum mcpass_rc check(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_device_request *request, const char *device, struct mcpass_error *err)
{
	if (!mp_eq(request->client_id, ask->client->client_id))
		return mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "it was issued to another client");
	if (request->expires_at <= turn->request->now)
		return mp_response_refuse(err, "expired_token", "RFC 8628 3.5",
		    "the device code has expired");
	return check_pace(turn, device, request->expires_at, err);
}

static enum mcpass_rc exchange(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_slot *slot, const struct mp_device_request *request,
    struct mcpass_error *err)
{
	struct mp_device_answer allowed = { 0 };
	struct mp_grant grant = { .resource = request->resource };
	enum mcpass_rc rc = mp_token_check_target(ask->form, &grant, err);

	grant = (struct mp_grant){ 0 };
	if (!rc)
		rc = read_answer(turn, slot->key, &allowed, err);
	if (!rc)
		rc = use_up(turn, slot, err);
	if (!rc)
		rc = begin_family(turn, request, &allowed, &grant, err);
	if (!rc)
		rc = mp_token_answer_grant(turn, ask, &grant, grant.scope,
		    mp_strings_has(&ask->client->grant_types, "refresh_token"), err);
	mp_record_release(&mp_device_answer_shape, &allowed);
	mp_grant_free(&grant);
	return rc;
}

enum mcpass_rc mp_device_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "device" };
	struct mp_device_request request = { 0 };
	struct mp_secret device_code = { 0 };
	bool found = false;
	const char *text;
	char *key = NULL;
	enum mcpass_rc rc = mp_request_required(ask->form, "device_code", &text, err);

	if (!rc)
		rc = mp_secret_set(&device_code, text, err);
	if (!rc)
		rc = mp_record_key(&device_code, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_get(turn, &slot, &mp_device_request_shape, &request, &found, err);
	if (!rc && !found)
		rc = unknown(err);
	if (!rc)
		rc = check(turn, ask, &request, key, err);
	if (!rc)
		rc = exchange(turn, ask, &slot, &request, err);
	mp_record_release(&mp_device_request_shape, &request);
	mp_secret_free(&device_code);
	free(key);
	return rc;
}
