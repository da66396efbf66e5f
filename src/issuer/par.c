#include "issuer/par.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/crypto.h"

#define URN "urn:ietf:params:oauth:request_uri:"

struct pushed { char *client_id, *query; };
static const struct mp_field fields[] = {
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct pushed, client_id), NULL },
	{ "query", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct pushed, query), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* --- the request is pushed --- */
/* The request as a query, without what proves the client: that is no one else's. */
static enum mcpass_rc write_query(const struct mp_form *form, const struct mp_client *client,
    char **ret_query, struct mcpass_error *err)
{
	static const char *const proofs[] = {
		"client_id", "client_secret", "client_assertion", "client_assertion_type",
	};
	struct mp_buf query;

	mp_buf_init(&query, MP_MAX_URI);
	mp_form_add(&query, "client_id", client->client_id);
	for (size_t i = 0; i < form->count; i++) {
		bool is_proof = false;

		for (size_t j = 0; j < MP_COUNT(proofs); j++)
			is_proof = is_proof || strcmp(form->pairs[i].name, proofs[j]) == 0;
		if (!is_proof)
			mp_form_add(&query, form->pairs[i].name, form->pairs[i].value);
	}
	return mp_buf_take(&query, "the pushed request", ret_query, err);
}

static enum mcpass_rc keep(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_secret *secret, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_slot slot = { "pushed", NULL, "", turn->request->now + MP_PUSHED_LIFETIME };
	struct pushed pushed = { .client_id = client->client_id };
	char *key = NULL;
	enum mcpass_rc rc = write_query(form, client, &pushed.query, err);

	if (!rc)
		rc = mp_random_text(issuer->random, issuer->random_ctx, 32, secret, err);
	if (!rc)
		rc = mp_record_key(secret, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &pushed, err);
	mp_free_wiped(pushed.query);
	free(key);
	return rc;
}

/* spec: RFC 9126 2.2 */
static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_secret *secret,
    struct mcpass_error *err)
{
	struct mp_buf uri;
	json_t *body = NULL;
	enum mcpass_rc rc;

	mp_buf_init(&uri, MP_MAX_URI);
	mp_buf_addf(&uri, URN "%s", mp_secret_reveal(secret));
	rc = mp_buf_check(&uri, "the request_uri", err);
	if (!rc) {
		body = json_pack("{s:s, s:i}", "request_uri", mp_buf_text(&uri), "expires_in",
		    MP_PUSHED_LIFETIME);
		rc = body == NULL ? mp_nomem(err) : mp_reply_json(turn, 201, body, err);
	}
	json_decref(body);
	mp_buf_free(&uri);
	return rc;
}

static enum mcpass_rc push(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err)
{
	struct mp_parked parked = { 0 };
	struct mp_secret secret = { 0 };
	const char *nested = NULL;
	enum mcpass_rc rc = mp_form_get(form, "request_uri", &nested, err);

	/* spec: RFC 9126 2.1 (MUST NOT be provided) */
	if (!rc && nested != NULL)
		rc = mp_reply_refuse(err, "invalid_request", "RFC 9126 2.1",
		    "a pushed request does not refer to another one");
	if (!rc)
		rc = mp_authorize_check(turn, form, client, &parked, err);
	if (!rc)
		rc = keep(turn, form, client, &secret, err);
	if (!rc)
		rc = answer(turn, &secret, err);
	mp_parked_free(&parked);
	mp_secret_free(&secret);
	return rc;
}

enum mcpass_rc mp_par_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_ask_form(turn, &form, err);

	if (!rc)
		rc = mp_client_authenticate(turn, &form, &client, err);
	if (!rc)
		rc = push(turn, &form, &client, err);
	if (mp_reply_is_refusal(rc))
		rc = mp_reply_refusal(turn, err);
	mp_form_free(&form);
	mp_client_free(&client);
	return rc;
}

/* --- the browser comes with a reference to it --- */
static enum mcpass_rc take(const struct mp_turn *turn, const char *uri,
    struct pushed *ret_pushed, struct mcpass_error *err)
{
	struct mp_slot slot = { "pushed", NULL, "", 0 };
	struct mp_secret secret = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	if (strncmp(uri, URN, strlen(URN)) != 0)
		return mp_reply_refuse(err, "invalid_request", "RFC 9126 4",
		    "The application refers to a request that is not kept here.");
	rc = mp_secret_set(&secret, uri + strlen(URN), err);
	if (!rc)
		rc = mp_record_key(&secret, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_take(turn, &slot, &shape, ret_pushed, &found, err);
	if (!rc && !found)
		rc = mp_reply_refuse(err, "invalid_request", "RFC 9126 4",
		    "This link has been used already, or is too old.");
	mp_secret_free(&secret);
	free(key);
	return rc;
}

/* What stands beside the reference does not count.  spec: RFC 9101 6.3 */
static enum mcpass_rc replace(struct mp_form *query, const char *text,
    struct mcpass_error *err)
{
	struct mp_form kept = { 0 };
	enum mcpass_rc rc = mp_form_parse(text, strlen(text), &kept, err);

	if (rc)
		return rc;
	mp_form_free(query);
	*query = kept;
	return MCPASS_OK;
}

enum mcpass_rc mp_par_open(const struct mp_turn *turn, struct mp_form *query,
    bool *ret_pushed, struct mcpass_error *err)
{
	struct pushed pushed = { 0 };
	const char *uri = NULL, *client_id = NULL;
	enum mcpass_rc rc = mp_form_get(query, "request_uri", &uri, err);

	if (rc || uri == NULL)
		return rc;
	rc = mp_ask_required(query, "client_id", &client_id, err);
	if (!rc)
		rc = take(turn, uri, &pushed, err);
	/* spec: RFC 9126 4 (the client_id it was pushed with) */
	if (!rc && !mp_eq(pushed.client_id, client_id))
		rc = mp_reply_refuse(err, "invalid_request", "RFC 9126 4",
		    "The request was pushed by another application.");
	if (!rc && pushed.query != NULL) {
		rc = replace(query, pushed.query, err);
		*ret_pushed = rc == MCPASS_OK;
	}
	mp_record_release(&shape, &pushed);
	return rc;
}
