/* The key that a token is bound to.  spec: RFC 9449 */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/dpop.h"

/* The one algorithm that every server of the field takes. */
#define ALG MP_ES256
/* Seconds of difference that cannot be why a proof is refused. */
#define LEAST_OFFSET 30

bool mp_dpop_is_bound(const struct mp_record *record)
{
	return record->token_type != NULL && mp_eq_nocase(record->token_type, "DPoP");
}

enum mcpass_rc mp_dpop_read_key(const struct mp_secret *text, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	json_t *jwk = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(mp_secret_reveal(text), text->len, MP_MAX_RECORD, "the stored key", &jwk, err);
	if (!rc)
		rc = mp_jwk_parse(jwk, true, ret_key, err);
	json_decref(jwk);
	return rc;
}

static enum mcpass_rc make_key(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	char *text;
	enum mcpass_rc rc = mp_key_generate(ALG, &key, err);

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
	if (!client->wants_dpop && !mp_dpop_is_bound(&client->record))
		return MCPASS_OK;
	if (mp_secret_present(&client->record.dpop_key))
		return mp_dpop_read_key(&client->record.dpop_key, &client->dpop_key, err);
	return make_key(client, err);
}

enum mcpass_rc mp_dpop_add(struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	const struct mp_dpop_inputs inputs = { .method = "POST", .url = url,
		.nonce = client->as_nonce, .now = client->now + client->clock_offset,
		.random = client->random, .random_ctx = client->random_ctx };
	struct mp_secret proof = { 0 };
	enum mcpass_rc rc;

	if (client->dpop_key == NULL)
		return MCPASS_OK;
	rc = mp_dpop_prove(client->dpop_key, &inputs, &proof, err);
	if (!rc)
		rc = mp_headers_add(&client->headers, "DPoP", mp_secret_reveal(&proof), err);
	mp_secret_free(&proof);
	return rc;
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
