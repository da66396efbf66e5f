/* The key that a token is bound to, and the headers that authorize a request.
 * spec: RFC 9449; RFC 6750 2.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/dpop.h"
#include "wire/uri.h"

/* The one algorithm that every server of the field takes. */
#define ALG MP_ES256
/* Seconds of difference that cannot be why a proof is refused. */
#define LEAST_OFFSET 30

static bool is_bound(const struct mp_record *record)
{
	return record->token_type != NULL && mp_eq_nocase(record->token_type, "DPoP");
}

static enum mcpass_rc read_key(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_secret *text = &client->record.dpop_key;
	json_t *jwk = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(mp_secret_reveal(text), text->len, MP_MAX_RECORD, "the stored key", &jwk, err);
	if (!rc)
		rc = mp_jwk_parse(jwk, true, &client->dpop_key, err);
	json_decref(jwk);
	return rc;
}

static enum mcpass_rc make_key(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	enum mcpass_rc rc;
	char *text;

	rc = mp_key_generate(ALG, &key, err);
	if (!rc)
		rc = mp_jwk_write(key, true, &jwk, err);
	if (rc)
		goto out;
	text = mp_json_dump(jwk);
	rc = text != NULL ? mp_secret_set(&client->record.dpop_key, text, err) : mp_nomem(err);
	mp_free_wiped(text);
	if (!rc) {
		client->dpop_key = key;
		key = NULL;
	}
out:
	json_decref(jwk);
	mp_key_free(key);
	return rc;
}

enum mcpass_rc mp_dpop_ready(struct mcpass_client *client, struct mcpass_error *err)
{
	mp_key_free(client->dpop_key);
	client->dpop_key = NULL;
	if (!client->wants_dpop && !is_bound(&client->record))
		return MCPASS_OK;
	if (mp_secret_present(&client->record.dpop_key))
		return read_key(client, err);
	return make_key(client, err);
}

static enum mcpass_rc add_proof(struct mcpass_client *client, const struct mp_dpop_inputs *inputs,
    struct mp_headers *headers, struct mcpass_error *err)
{
	struct mp_secret proof = { 0 };
	enum mcpass_rc rc;

	rc = mp_dpop_prove(client->dpop_key, inputs, &proof, err);
	if (!rc)
		rc = mp_headers_add(headers, "DPoP", mp_secret_reveal(&proof), err);
	mp_secret_free(&proof);
	return rc;
}

enum mcpass_rc mp_dpop_add(struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	const struct mp_dpop_inputs inputs = { .method = "POST", .url = url,
		.nonce = client->as_nonce, .now = client->now + client->clock_offset,
		.random = client->random, .random_ctx = client->random_ctx };

	if (client->dpop_key == NULL)
		return MCPASS_OK;
	return add_proof(client, &inputs, &client->headers, err);
}

/* A proof is good for a few minutes, and a machine's clock may be further off than that: then
 * the server's own time serves, once.  spec: RFC 9449 11.1; RFC 9110 6.6.1 */
static bool take_server_time(struct mcpass_client *client, const struct mcpass_event *event,
    const char *error)
{
	const char *date = mp_header_get(event->headers, event->header_count, "Date");
	int64_t there;

	if (client->dpop_key == NULL || client->clock_is_off || error == NULL || date == NULL
	    || strcmp(error, "invalid_dpop_proof") != 0 || !mp_http_date(date, &there)
	    || (there - event->now < LEAST_OFFSET && event->now - there < LEAST_OFFSET))
		return false;
	client->clock_is_off = true;
	client->clock_offset = there - event->now;
	(void)snprintf(client->notice, sizeof(client->notice), "this machine's clock is %lld s %s the"
	    " server's; proofs are made with the server's time",
	    (long long)(client->clock_offset < 0 ? -client->clock_offset : client->clock_offset),
	    client->clock_offset < 0 ? "ahead of" : "behind");
	mp_note(client, "RFC 9449 11.1", "The server refuses the proof, and its clock is another: once"
	    " more with its time", "Date", date, NULL);
	return true;
}

enum mcpass_rc mp_dpop_nonce(struct mcpass_client *client, const struct mcpass_event *event,
    const char *error, char **slot, bool *ret_asked, struct mcpass_error *err)
{
	const char *nonce = mp_header_get(event->headers, event->header_count, "DPoP-Nonce");
	bool asked = client->dpop_key != NULL && nonce != NULL && error != NULL
	    && strcmp(error, "use_dpop_nonce") == 0 && !client->nonce_used;

	client->nonce_used = asked;
	asked |= take_server_time(client, event, error);
	if (ret_asked != NULL)
		*ret_asked = asked;
	return nonce != NULL ? mp_set(slot, nonce, err) : MCPASS_OK;
}

static enum mcpass_rc add_authorization(struct mcpass_client *client, const char *scheme,
    struct mcpass_error *err)
{
	struct mp_buf value;
	enum mcpass_rc rc;

	mp_buf_init(&value, MP_MAX_TOKEN + 16);
	mp_buf_addf(&value, "%s %s", scheme, mp_secret_reveal(&client->record.access_token));
	rc = mp_buf_check(&value, "the access token", err);
	if (!rc)
		rc = mp_headers_add(&client->proof, "Authorization", mp_buf_text(&value), err);
	mp_buf_free(&value);
	return rc;
}

/* A token is for one server and goes nowhere else; spec: MCP "Token Handling" */
static enum mcpass_rc check_origin(const struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	struct mp_uri server, target;
	enum mcpass_rc rc;

	rc = mp_uri_parse(client->server_url, &server, err);
	if (!rc)
		rc = mp_uri_parse(url, &target, err);
	if (!rc && !mp_uri_same_origin(&server, &target))
		rc = mp_fail(err, MCPASS_E_POLICY, "MCP authorization, token handling",
		    "the token of %s is not sent to %s", client->server_url, url);
	return rc;
}

enum mcpass_rc mcpass_client_authorize(struct mcpass_client *client, const char *method,
    const char *url, int64_t now, const struct mcpass_header **ret_headers,
    size_t *ret_count, struct mcpass_error *err)
{
	const struct mp_dpop_inputs inputs = { .method = method, .url = url,
		.access_token = &client->record.access_token, .nonce = client->server_nonce,
		.now = now + client->clock_offset, .random = client->random,
		.random_ctx = client->random_ctx };
	enum mcpass_rc rc = MCPASS_OK;

	mp_clear(err);
	if (client->state != S_DONE)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is nothing to authorize with in state %s",
		    mp_state_name(client->state));
	mp_headers_free(&client->proof);
	if (client->token.access_token != NULL) {
		bool bound = is_bound(&client->record);

		rc = check_origin(client, url, err);
		if (!rc && bound && client->dpop_key == NULL)
			rc = mp_dpop_ready(client, err);
		if (!rc)
			rc = add_authorization(client, bound ? "DPoP" : "Bearer", err);
		if (!rc && bound)
			rc = add_proof(client, &inputs, &client->proof, err);
	}
	if (rc)
		return mp_doing(err, rc, "authorizing a request");
	*ret_headers = client->proof.items;
	*ret_count = client->proof.count;
	return MCPASS_OK;
}
