/* A server calls on at an API of the identity provider's, as its caller: the token of ours that it
 * was shown, for one of the provider's.
 *
 * Who: a client that the operator knows, with a secret, that is the audience of the token, and that
 * "apis" of the provider names.  A client that registered itself never gets one: the provider's
 * tokens are no business of those who sign people in here.
 * spec: RFC 8693 2.1, 2.2, 5; MCP 2026-07-28 (confused deputy, token passthrough) */
#include <string.h>
#include "base/limits.h"
#include "issuer/events.h"
#include "issuer/grants/token_endpoint.h"
#include "issuer/upstream/renew.h"

static bool is_api(const struct mp_issuer *issuer, const char *name)
{
	for (size_t i = 0; name != NULL && i < issuer->upstream_count; i++)
		if (mp_idp_api_named(&issuer->upstreams[i], name) != NULL)
			return true;
	return false;
}

enum mcpass_rc mp_api_exchange_find(const struct mp_turn *turn, const struct mp_form *form,
    const char **ret_audience, struct mcpass_error *err)
{
	const char *audience = NULL, *resource = NULL;
	enum mcpass_rc rc = mp_form_get(form, "audience", &audience, err);

	if (!rc)
		rc = mp_request_resource(form, &resource, err);
	if (rc || (!is_api(turn->issuer, audience) && !is_api(turn->issuer, resource)))
		return rc;
	if (audience != NULL && resource != NULL && strcmp(audience, resource) != 0)
		return mp_response_refuse(err, "invalid_target", "RFC 8693 2.2.2",
		    "a token is for one audience: ask for %s and %s apart", audience, resource);
	*ret_audience = audience != NULL ? audience : resource;
	return MCPASS_OK;
}

/* What a key has to go with is worth nothing without it, here as anywhere else.
 * spec: RFC 9449 7.1; RFC 7800 3.1 */
static enum mcpass_rc check_key(const struct mp_token_ask *ask, const json_t *claims,
    struct mcpass_error *err)
{
	const json_t *bound = json_object_get(claims, "cnf");

	if (bound == NULL || (ask->thumbprint != NULL
	    && mp_eq(mp_json_text(bound, "jkt"), ask->thumbprint)))
		return MCPASS_OK;
	return mp_response_refuse(err, "invalid_request", "RFC 9449 7.1",
	    "the subject_token is bound to a key, of which there is no proof");
}

static enum mcpass_rc tell(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const json_t *claims, const char *upstream, const char *audience, struct mcpass_error *err)
{
	struct mp_buf what = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	mp_buf_addf(&what, "%s %s", upstream, audience);
	rc = mp_buf_check(&what, "an event", err);
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "handed_out",
		    .client = ask->client->client_id, .what = mp_buf_text(&what),
		    .user = mp_json_text(claims, "sub") });
	mp_buf_free(&what);
	return rc;
}

enum mcpass_rc mp_api_exchange(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const json_t *claims, const char *audience, struct mcpass_error *err)
{
	const char *session = mp_json_text(claims, "sid");
	struct mp_idp_ask what = { .audience = audience, .client_id = ask->client->client_id,
		.has = mp_json_text(claims, "scope") };
	const struct mp_idp *upstream = NULL;
	struct mp_token token = { 0 };
	enum mcpass_rc rc = check_key(ask, claims, err);

	/* spec: RFC 8693 5 */
	if (!rc && !ask->client->is_known)
		rc = mp_response_refuse(err, "unauthorized_client", "RFC 8693 5",
		    "a client that registered itself gets no token of the identity provider");
	if (!rc && session == NULL)
		rc = mp_response_refuse(err, "invalid_request", "RFC 8693 2.2.2",
		    "the subject_token is of no sign-in at an identity provider");
	if (!rc)
		rc = mp_form_get(ask->form, "scope", &what.scope, err);
	if (!rc)
		rc = mp_idp_hand_out(turn, session, &what, &upstream, &token, err);
	if (!rc)
		rc = mp_token_pass_on(turn, &token, err);
	if (!rc)
		rc = tell(turn, ask, claims, upstream->name, audience, err);
	mp_token_free(&token);
	return rc;
}
