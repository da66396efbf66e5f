/* What an authorization request asks for, and whether it may.
 * spec: OAuth 2.1 4.1.1; RFC 7636 4.3; RFC 8707 2.1; RFC 9449 10 */
#include <stdlib.h>
#include <string.h>
#include "issuer/login/authorize_request.h"
#include "issuer/login/texts.h"
#include "oauth/scope.h"

/* A parameter, NULL when absent or empty.  spec: RFC 6749 3.1 */
static enum mcpass_rc get(const struct mp_form *query, const char *name,
    const char **ret_value, struct mcpass_error *err)
{
	const char *value;
	enum mcpass_rc rc = mp_form_get(query, name, &value, err);

	if (!rc)
		*ret_value = value != NULL && value[0] != '\0' ? value : NULL;
	return rc;
}

enum mcpass_rc mp_authorize_request_trust(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	const char *redirect_uri;
	enum mcpass_rc rc = mp_request_required(query, "redirect_uri", &redirect_uri, err);

	/* spec: OAuth 2.1 2.3.1, 4.1.2.1 (never redirect to an address that is not registered).  A
	 * loopback address may be registered with another port than ours, and is ours with it. */
	if (!rc && (!mp_redirect_is_among(&client->redirect_uris, redirect_uri)
	    || mp_redirect_is_own(turn->issuer, redirect_uri)))
		rc = mp_response_refuse(err, "invalid_request", "OAuth 2.1 4.1.2.1",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_ADDRESS));
	if (!rc)
		rc = mp_set(&pending->client_id, client->client_id, err);
	if (!rc)
		rc = mp_set(&pending->redirect_uri, redirect_uri, err);
	return rc;
}

static enum mcpass_rc read_state(const struct mp_form *query, struct mp_pending *pending,
    struct mcpass_error *err)
{
	const char *state;
	enum mcpass_rc rc = get(query, "state", &state, err);

	if (rc || state == NULL)
		return rc;
	for (const char *p = state; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)             /* spec: RFC 6749 A.5 */
			return mp_response_refuse(err, "invalid_request", "RFC 6749 A.5",
			    "state has bytes other than visible ASCII");
	return mp_set(&pending->state, state, err);
}

static enum mcpass_rc check_type(const struct mp_form *query, struct mcpass_error *err)
{
	const char *type, *mode;
	enum mcpass_rc rc = mp_request_required(query, "response_type", &type, err);

	if (!rc && strcmp(type, "code") != 0)
		rc = mp_response_refuse(err, "unsupported_response_type", "RFC 6749 4.1.2.1",
		    "the response type has to be code");
	if (!rc)
		rc = get(query, "response_mode", &mode, err);
	if (!rc && mode != NULL && strcmp(mode, "query") != 0)
		rc = mp_response_refuse(err, "invalid_request", "OAuth 2.0 Multiple Response Types 2.1",
		    "the response mode has to be query");
	return rc;
}

/* What a client signs it means to be read: beside it the query is not the request.
 * spec: OpenID Connect Core 6.1, RFC 9101 6.3 */
static enum mcpass_rc check_object(const struct mp_form *query, struct mcpass_error *err)
{
	const char *object;
	enum mcpass_rc rc = get(query, "request", &object, err);

	if (!rc && object != NULL)
		rc = mp_response_refuse(err, "request_not_supported", "RFC 9101 6.3",
		    "request objects are not read here: send the parameters themselves");
	return rc;
}

/* A SHA-256 as base64url has 43 characters of its alphabet.  spec: RFC 7636 4.2, RFC 7638 3 */
static bool is_hash(const char *text)
{
	return strlen(text) == 43 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_") == 43;
}

static enum mcpass_rc read_challenge(const struct mp_form *query, struct mp_pending *pending,
    struct mcpass_error *err)
{
	const char *challenge, *method;
	enum mcpass_rc rc;

	/* spec: RFC 7636 4.4.1 */
	rc = mp_request_required(query, "code_challenge", &challenge, err);
	if (!rc)
		rc = get(query, "code_challenge_method", &method, err);
	/* Absent means "plain", which does not protect against a reader of the request. */
	if (!rc && !mp_eq(method, "S256"))
		rc = mp_response_refuse(err, "invalid_request", "RFC 7636 4.4.1",
		    "code_challenge_method has to be S256");
	if (!rc && !is_hash(challenge))
		rc = mp_response_refuse(err, "invalid_request", "RFC 7636 4.2",
		    "code_challenge is no S256 challenge");
	return rc ? rc : mp_set(&pending->code_challenge, challenge, err);
}

static enum mcpass_rc read_resource(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	const char *resource;
	enum mcpass_rc rc = mp_request_resource(query, &resource, err);

	if (!rc)
		rc = mp_client_check_resource(turn->issuer, client, resource, err);
	return rc ? rc : mp_set(&pending->resource, resource, err);
}

/* The key that the code is for.  spec: RFC 9449 10 */
static enum mcpass_rc read_key(const struct mp_form *query, struct mp_pending *pending,
    struct mcpass_error *err)
{
	const char *thumbprint;
	enum mcpass_rc rc = get(query, "dpop_jkt", &thumbprint, err);

	if (!rc && thumbprint != NULL && !is_hash(thumbprint))
		rc = mp_response_refuse(err, "invalid_request", "RFC 9449 10",
		    "dpop_jkt is no SHA-256 thumbprint of a key");
	return rc ? rc : mp_set(&pending->thumbprint, thumbprint, err);
}

static enum mcpass_rc check_scopes(const struct mp_issuer *issuer,
    const struct mp_strings *wanted, const struct mp_strings *ceiling,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *scope = wanted->items[i];

		/* spec: RFC 6749 4.1.2.1 */
		if (!mp_strings_has(&issuer->scopes, scope))
			return mp_response_refuse(err, "invalid_scope", "RFC 6749 4.1.2.1",
			    "there is no scope %s", scope);
		if (!mp_strings_has(ceiling, scope))
			return mp_response_refuse(err, "invalid_scope", "RFC 7591 2",
			    "the client did not register the scope %s", scope);
	}
	return MCPASS_OK;
}

/* Clients ask for it wherever a person signs in with OpenID Connect, and stay signed in here
 * without it.  spec: OpenID Connect Core 11 */
static void drop_offline_access(struct mp_strings *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		if (strcmp(wanted->items[i], "offline_access") == 0)
			free(wanted->items[i]);
		else
			wanted->items[kept++] = wanted->items[i];
	}
	wanted->count = kept;
}

enum mcpass_rc mp_authorize_request_scope(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	struct mp_strings wanted = { 0 }, ceiling = { 0 };
	const char *text;
	enum mcpass_rc rc = get(query, "scope", &text, err);

	if (!rc)
		rc = mp_client_ceiling(turn->issuer, client, &ceiling, err);
	if (!rc)
		rc = mp_request_scopes(text, &wanted, err);
	if (turn->issuer->upstream_count > 0)
		drop_offline_access(&wanted);
	if (!rc)
		rc = check_scopes(turn->issuer, &wanted, &ceiling, err);
	/* Nothing asked for: what the client registered.  spec: RFC 6749 3.3 */
	if (!rc)
		rc = mp_scope_join(wanted.count > 0 ? &wanted : &ceiling, &pending->scope, err);
	mp_strings_free(&wanted);
	mp_strings_free(&ceiling);
	return rc;
}

enum mcpass_rc mp_authorize_request_read(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	enum mcpass_rc rc = read_state(query, pending, err);     /* first: errors carry it */

	if (!rc)
		rc = check_type(query, err);
	if (!rc)
		rc = check_object(query, err);
	if (!rc)
		rc = mp_client_check_grant(client, "authorization_code", err);
	if (!rc)
		rc = read_challenge(query, pending, err);
	if (!rc)
		rc = read_key(query, pending, err);
	if (!rc)
		rc = mp_prompt_read(query, pending, err);
	if (!rc)
		rc = read_resource(turn, query, client, pending, err);
	if (!rc)
		rc = mp_authorize_request_scope(turn, query, client, pending, err);
	return rc;
}

enum mcpass_rc mp_authorize_request_check(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_authorize_request_trust(turn, query, client, pending, err);

	return rc ? rc : mp_authorize_request_read(turn, query, client, pending, err);
}
