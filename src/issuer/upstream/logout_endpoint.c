/* POST /backchannel_logout/NAME: an identity provider ends what a person began with it.
 * spec: OpenID Connect Back-Channel Logout 1.0 2.5, 2.7, 2.8 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/clients/configured.h"
#include "issuer/events.h"
#include "issuer/upstream/ask.h"
#include "issuer/upstream/logout.h"
#include "issuer/upstream/session.h"
#include "wire/jose/crypto.h"

#define SPEC "OpenID Connect Back-Channel Logout 1.0 2.5"

/* It may come again: what is missing is not the token's fault. */
static enum mcpass_rc cannot_now(const struct mp_turn *turn, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	if (rc != MCPASS_E_IO)
		return rc;
	mp_response_note(turn, err);
	mp_clear(err);
	return mp_bounds_refuse(turn, 503, 30, err, "the identity provider's keys cannot be had");
}

/* Of two that come with one jti, the second ends nothing. */
static enum mcpass_rc use_up(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_logout *logout, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	bool is_new = false;
	char *key = NULL;
	struct mp_buf text = MP_BUF(MP_MAX_FORM + MP_MAX_URI);
	enum mcpass_rc rc;

	mp_form_add(&text, "logout", upstream->identity);
	mp_form_add(&text, "jti", logout->jti);
	rc = mp_sha256_b64url_buf(&text, "the logout token's jti", &key, err);
	if (!rc)
		rc = mp_room_make(turn, "jti", NULL, err);
	if (!rc)
		rc = store->add(store->ctx, "jti", key, logout->remember_until, turn->request->now, &is_new,
		    err);
	free(key);
	return rc || is_new ? rc
	    : mp_response_refuse(err, "invalid_request", SPEC, "the logout token came before");
}

/* spec: OpenID Connect Back-Channel Logout 1.0 2.4 (sid: that session; sub alone: all of them) */
static enum mcpass_rc end_sessions(const struct mp_turn *turn, const struct mp_idp *upstream,
    const json_t *claims, const struct mp_logout *logout, struct mcpass_error *err)
{
	char *subject = NULL, *person = NULL;
	enum mcpass_rc rc = logout->sub == NULL ? MCPASS_OK
	    : mp_idp_subject(upstream, claims, &subject, err);

	if (!rc)
		rc = logout->sid != NULL
		    ? mp_idp_session_end_sid(turn, upstream, subject, logout->sid, &person, err)
		    : mp_idp_session_end_all(turn, upstream, subject, &person, err);
	if (!rc && person != NULL)
		mp_event_add(turn, &(struct mp_event){ .event = "ended", .user = person,
		    .what = upstream->name, .outcome = "logout" });
	free(person);
	free(subject);
	return rc;
}

static enum mcpass_rc judge(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_jws *jws, struct mp_logout *ret_logout, struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	struct mp_jwks keys = { 0 };
	enum mcpass_rc rc = cannot_now(turn, mp_idp_metadata_get(turn, upstream, &metadata, err), err);
	const struct mp_trusted trusted = { .jwks_uri = metadata.jwks_uri };
	const struct mp_logout_expect expect = { metadata.issuer, upstream->client.client_id,
		&metadata.id_token_algs, turn->request->now };

	if (!rc && (metadata.jwks_uri == NULL || metadata.issuer == NULL))
		rc = mp_response_refuse(err, "invalid_request", SPEC,
		    "this identity provider has no keys: it sends no logout tokens");
	if (!rc)
		rc = cannot_now(turn, mp_configured_fetch_keys(turn, &trusted, jws, &keys, err), err);
	if (!rc)
		rc = mp_logout_check(jws, &keys, &expect, ret_logout, err);
	mp_jwks_free(&keys);
	mp_idp_metadata_free(&metadata);
	return rc;
}

static enum mcpass_rc take(const struct mp_turn *turn, const struct mp_form *form,
    struct mcpass_error *err)
{
	const char *slash = strrchr(turn->request->path, '/'), *text;
	const struct mp_idp *upstream = mp_idp_named(turn->issuer, slash != NULL ? slash + 1 : "");
	struct mp_logout logout = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc = mp_request_required(form, "logout_token", &text, err);

	if (upstream == NULL)
		return mp_response_refuse(err, "invalid_request", NULL,
		    "there is no identity provider of that name");
	if (!rc)
		rc = mp_jws_parse((struct mp_span){ text, strlen(text) }, &jws, err);
	if (!rc)
		rc = judge(turn, upstream, &jws, &logout, err);
	if (!rc)
		rc = use_up(turn, upstream, &logout, err);
	if (!rc)
		rc = end_sessions(turn, upstream, jws.payload, &logout, err);
	mp_jws_free(&jws);
	return rc;
}

enum mcpass_rc mp_logout_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_request_form(turn, &form, err);

	if (!rc)
		rc = take(turn, &form, err);
	turn->response->status = 200;
	if (!rc)
		rc = mp_response_header(turn, "Cache-Control", "no-store", err);
	mp_form_free(&form);
	return rc;
}
