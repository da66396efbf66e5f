/* The headers that authorize a request to the MCP server, with the token of the last DONE.
 * spec: RFC 6750 2.1, RFC 9449 7.1 */
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/dpop.h"
#include "wire/uri.h"

void mp_serving_free(struct mp_serving *serving)
{
	mp_secret_free(&serving->access_token);
	mp_secret_free(&serving->key_text);
	mp_key_free(serving->key);
	*serving = (struct mp_serving){ 0 };
}

static enum mcpass_rc take_token(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	struct mp_serving *serving = &client->serving;
	enum mcpass_rc rc;

	serving->is_bound = mp_dpop_is_bound(record);
	rc = mp_secret_set(&serving->access_token, mp_secret_reveal(&record->access_token), err);
	if (rc || !serving->is_bound)
		return rc;
	if (!mp_secret_present(&record->dpop_key))
		rc = mp_dpop_ready(client, err);
	return rc ? rc : mp_secret_set(&serving->key_text, mp_secret_reveal(&record->dpop_key), err);
}

enum mcpass_rc mp_serving_begin(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_serving *serving = &client->serving;
	enum mcpass_rc rc = MCPASS_OK;

	if (client->has_token && mp_secret_present(&serving->access_token)
	    && mp_secret_equal(&serving->access_token, &client->record.access_token))
		return MCPASS_OK;
	mp_serving_free(serving);
	if (client->has_token)
		rc = take_token(client, err);
	serving->is_set = rc == MCPASS_OK;
	return rc;
}

static enum mcpass_rc add_authorization(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_serving *serving = &client->serving;
	struct mp_buf value = MP_BUF(MP_MAX_TOKEN + 16);

	mp_buf_addf(&value, "%s %s", serving->is_bound ? "DPoP" : "Bearer",
	    mp_secret_reveal(&serving->access_token));
	return mp_headers_add_buf(&client->proof, "Authorization", &value, err);
}

/* While another token is fetched, the client's key may be that one's. */
static enum mcpass_rc add_proof(struct mcpass_client *client, const char *method,
    const char *url, int64_t now, struct mcpass_error *err)
{
	struct mp_serving *serving = &client->serving;
	const struct mp_dpop_inputs inputs = { .method = method, .url = url,
		.access_token = &serving->access_token, .nonce = client->server_nonce,
		.now = now + client->clock_offset, .random = client->random,
		.random_ctx = client->random_ctx };
	struct mp_secret proof = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (client->state == S_DONE && client->dpop_key == NULL)
		rc = mp_dpop_ready(client, err);
	else if (client->state != S_DONE && serving->key == NULL)
		rc = mp_dpop_read_key(&serving->key_text, &serving->key, err);
	if (!rc)
		rc = mp_dpop_prove(client->state == S_DONE ? client->dpop_key : serving->key, &inputs, &proof,
		    err);
	if (!rc)
		rc = mp_headers_add(&client->proof, "DPoP", mp_secret_reveal(&proof), err);
	mp_secret_free(&proof);
	return rc;
}

/* A token is for one server and goes nowhere else; spec: MCP "Token Handling" */
static enum mcpass_rc check_origin(const struct mcpass_client *client, const char *url,
    struct mcpass_error *err)
{
	struct mp_uri server, target;
	enum mcpass_rc rc = mp_uri_parse(client->server_url, &server, err);

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
	const struct mp_serving *serving = &client->serving;
	enum mcpass_rc rc = MCPASS_OK;

	mp_clear(err);
	if (client->state == S_BROKEN || !serving->is_set)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is nothing to authorize with in state %s",
		    mp_state_name(client->state));
	mp_headers_free(&client->proof);
	if (mp_secret_present(&serving->access_token)) {
		rc = check_origin(client, url, err);
		if (!rc)
			rc = add_authorization(client, err);
		if (!rc && serving->is_bound)
			rc = add_proof(client, method, url, now, err);
	}
	if (rc)
		return mp_doing(err, rc, "authorizing a request");
	*ret_headers = client->proof.items;
	*ret_count = client->proof.count;
	return MCPASS_OK;
}
