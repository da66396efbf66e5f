#include "issuer/upstream/begin.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/login/allowed.h"
#include "issuer/login/pages.h"
#include "oauth/authz.h"
#include "oauth/scope.h"
#include "wire/jose/crypto.h"

/* --- asked --- */
/* Of the page before the person is known: all that is asked for, and by whom. */
static enum mcpass_rc digest(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, char **ret_digest, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = mp_scope_parse(pending->scope, &scopes, err);

	if (!rc)
		rc = mp_allowed_digest(turn, client, pending, &scopes, ret_digest, err);
	mp_strings_free(&scopes);
	return rc;
}

enum mcpass_rc mp_idp_was_shown(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, bool *ret_shown, struct mcpass_error *err)
{
	char *now = NULL;
	enum mcpass_rc rc = digest(turn, client, pending, &now, err);

	if (!rc)
		*ret_shown = mp_eq(now, pending->shown);
	free(now);
	return rc;
}

enum mcpass_rc mp_idp_page(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, const char *problem,
    struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	struct mp_view view = { .client = client, .pending = pending, .ticket = ticket,
		.scopes = &scopes, .problem = problem };
	char *shown = NULL;
	enum mcpass_rc rc = digest(turn, client, pending, &shown, err);

	if (!rc)
		rc = mp_set(&pending->shown, shown, err);
	if (!rc)
		rc = mp_pending_save(turn, pending, ticket, err);
	if (!rc)
		rc = mp_scope_parse(pending->scope, &scopes, err);
	if (!rc)
		rc = mp_pages_consent(turn, &view, err);
	mp_strings_free(&scopes);
	free(shown);
	return rc;
}

/* --- approved --- */
enum mcpass_rc mp_idp_derive(const struct mp_turn *turn, const struct mp_secret *state,
    struct mp_secret *ret_nonce, struct mp_secret *ret_verifier, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_record_derive(turn->issuer, "upstream nonce", state, ret_nonce, err);

	return rc ? rc : mp_record_derive(turn->issuer, "upstream verifier", state, ret_verifier, err);
}

#define MAX_EXTRA 24

static void add(struct mcpass_header *extra, size_t *count, const char *name, const char *value)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(extra[i].name, name) == 0)
			return;                 /* what was said first counts */
	if (*count < MAX_EXTRA && name != NULL && value != NULL)
		extra[(*count)++] = (struct mcpass_header){ name, value };
}

/* What goes with the request besides: never resource, which many take for a mistake. */
static size_t list_extra(const struct mp_idp *upstream, const struct mp_pending *pending,
    const struct mp_secret *nonce, struct mcpass_header *extra)
{
	const json_t *value;
	const char *name;
	size_t count = 0;

	if (upstream->issuer != NULL)
		add(extra, &count, "nonce", mp_secret_reveal(nonce));
	if (pending->again)             /* another person, it may be */
		add(extra, &count, "prompt", "login");
	json_object_foreach (upstream->authorize_params, name, value)
		add(extra, &count, name, json_string_value(value));
	for (size_t i = 0; upstream->provider != NULL && i < MP_COUNT(upstream->provider->params); i++)
		if (upstream->provider->params[i].name != NULL)
			add(extra, &count, upstream->provider->params[i].name,
			    upstream->provider->params[i].value);
	return count;
}

static enum mcpass_rc make_url(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_pending *pending, const struct mp_secret *state, const char *endpoint,
    char **ret_url, struct mcpass_error *err)
{
	struct mcpass_header extra[MAX_EXTRA];
	struct mp_authz_request request = { .client_id = upstream->client.client_id,
		.scope = upstream->scope, .state = mp_secret_reveal(state), .extra = extra };
	struct mp_secret nonce = { 0 }, verifier = { 0 };
	char *callback = NULL, *challenge = NULL;
	enum mcpass_rc rc = mp_idp_derive(turn, state, &nonce, &verifier, err);

	if (!rc)
		rc = mp_idp_callback_url(turn->issuer, upstream, &callback, err);
	if (!rc)
		rc = mp_sha256_b64url(mp_secret_reveal(&verifier), &challenge, err);
	request.redirect_uri = callback;
	request.code_challenge = challenge;     /* spec: RFC 9700 2.1.1 */
	request.extra_count = list_extra(upstream, pending, &nonce, extra);
	if (!rc)
		rc = mp_authz_url(endpoint, &request, ret_url, err);
	mp_secret_free(&nonce);
	mp_secret_free(&verifier);
	free(callback);
	free(challenge);
	return rc;
}

/* The state follows from the page's ticket, so that a second click leads to the same place. */
static enum mcpass_rc go(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_pending *pending, const struct mp_secret *state, struct mcpass_error *err)
{
	struct mp_idp_metadata metadata = { 0 };
	char *url = NULL;
	enum mcpass_rc rc = mp_idp_metadata_get(turn, upstream, &metadata, err);

	if (!rc)
		rc = make_url(turn, upstream, pending, state, metadata.authorization_endpoint, &url, err);
	if (!rc)
		rc = mp_pages_go(turn, upstream->label, url, err);
	free(url);
	mp_idp_metadata_free(&metadata);
	return rc;
}

static enum mcpass_rc derive_state(const struct mp_turn *turn, const struct mp_secret *ticket,
    struct mp_secret *ret_state, struct mcpass_error *err)
{
	return mp_record_derive(turn->issuer, "upstream state", ticket, ret_state, err);
}

/* The page stays good, for when the provider is there again. */
static enum mcpass_rc not_there(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mp_secret *ticket, struct mcpass_error *err)
{
	struct mcpass_error why = *err;
	enum mcpass_rc rc;

	mp_response_note(turn, &why);
	mp_clear(err);
	mp_response_clear(turn);
	rc = mp_pending_save(turn, pending, ticket, err);
	return rc ? rc : mp_bounds_refuse(turn, 503, MP_UPSTREAM_RETRY, err,
	    "The place where you sign in cannot be reached at present.");
}

static bool is_ours(enum mcpass_rc rc, const struct mp_turn *turn)
{
	return rc == MCPASS_E_NOMEM || rc == MCPASS_E_STORE || *turn->is_later;
}

static enum mcpass_rc approve(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_pending *pending, struct mp_secret *ticket, bool *ret_gone, struct mcpass_error *err)
{
	struct mp_secret state = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = derive_state(turn, ticket, &state, err);

	if (!rc)
		rc = mp_set(&pending->upstream, upstream->name, err);
	if (!rc)
		rc = mp_pending_keep(turn, MP_KIND_SIGN_IN, pending, &state, err);
	if (!rc) {
		rc = go(turn, upstream, pending, &state, &why);
		*ret_gone = rc == MCPASS_OK;
		if (rc)
			*err = why;
		if (rc && !is_ours(rc, turn))
			rc = not_there(turn, pending, ticket, err);
	}
	mp_secret_free(&state);
	return rc;
}

enum mcpass_rc mp_idp_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, const char *decision, bool *ret_gone,
    struct mcpass_error *err)
{
	size_t len = sizeof(MP_IDP_ALLOW) - 1;
	const struct mp_idp *upstream = strncmp(decision, MP_IDP_ALLOW, len) == 0
	    ? mp_idp_named(turn->issuer, decision + len) : NULL;
	bool shown = false;
	enum mcpass_rc rc;

	*ret_gone = false;
	if (upstream == NULL)
		return mp_response_refuse(err, "invalid_request", NULL, "The form was changed on its way.");
	rc = mp_idp_was_shown(turn, client, pending, &shown, err);
	if (!rc && !shown)
		return mp_idp_page(turn, client, pending, ticket,
		    "What is asked for has changed since this page was shown: look again.", err);
	if (!rc)
		rc = approve(turn, upstream, pending, ticket, ret_gone, err);
	if (!rc && *ret_gone)
		mp_event_add(turn, &(struct mp_event){ .event = "sent", .client = client->client_id,
		    .what = upstream->name });
	return rc;
}

enum mcpass_rc mp_idp_again(const struct mp_turn *turn, const char *name,
    const struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_idp *upstream = mp_idp_named(turn->issuer, name);
	struct mp_pending pending = { 0 };
	struct mp_secret state = { 0 };
	bool found = false;
	enum mcpass_rc rc = derive_state(turn, ticket, &state, err);

	if (!rc)
		rc = mp_pending_peek(turn, MP_KIND_SIGN_IN, &state, &pending, &found, err);
	if (!rc)
		rc = found && upstream != NULL ? go(turn, upstream, &pending, &state, err)
		    : mp_pending_answered(err);
	mp_pending_free(&pending);
	mp_secret_free(&state);
	return rc;
}
