#include "issuer/upstream/errand.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "oauth/token.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

#define KIND_SENT "upstream_sent"
#define KIND_ANSWER "upstream_answer"

struct kept {
	int64_t status;
	char *body;                     /* base64url: any bytes */
};
static const struct mp_field fields[] = {
	{ "status", MP_FIELD_INT, 0, offsetof(struct kept, status), NULL },
	{ "body", MP_FIELD_STRING, 0, offsetof(struct kept, body), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

void mp_errand_answer_free(struct mp_errand_answer *answer)
{
	mp_buf_free(&answer->body);
	answer->status = 0;
}

void mp_errand_free(struct mp_errand *errand)
{
	free(errand->key);
	free(errand->url);
	mp_headers_free(&errand->headers);
	mp_buf_free(&errand->body);
	*errand = (struct mp_errand){ 0 };
}

enum mcpass_rc mp_errand_key(const char *purpose, const struct mp_secret *secret, char **ret_key,
    struct mcpass_error *err)
{
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, MP_MAX_UPSTREAM_ANSWER);
	mp_buf_addf(&text, "%s:%s", purpose, mp_secret_reveal(secret));
	rc = mp_buf_check(&text, "an errand's name", err);
	if (!rc)
		rc = mp_sha256_b64url(mp_buf_text(&text), ret_key, err);
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_errand_take(const struct mp_turn *turn, const char *key,
    struct mp_errand_answer *ret_answer, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { KIND_ANSWER, key, "", 0 };
	struct kept kept = { 0 };
	enum mcpass_rc rc = mp_record_take(turn, &slot, &shape, &kept, ret_found, err);

	mp_buf_init(&ret_answer->body, MP_MAX_UPSTREAM_ANSWER);
	if (!rc && *ret_found && kept.body != NULL)
		rc = mp_response_blame(mp_b64url_decode(&ret_answer->body,
		    (struct mp_span){ kept.body, strlen(kept.body) }, err), MCPASS_E_STORE, err);
	if (!rc && *ret_found)
		ret_answer->status = (int)kept.status;
	mp_record_release(&shape, &kept);
	return rc;
}

enum mcpass_rc mp_errand_leave(const struct mp_turn *turn, const char *key, const char *url,
    struct mp_headers *headers, struct mp_buf *body, struct mcpass_error *err)
{
	struct mp_errand *errand = turn->errand;
	enum mcpass_rc rc = mp_set(&errand->key, key, err);

	if (!rc)
		rc = mp_set(&errand->url, url, err);
	if (rc)
		return rc;
	mp_headers_free(&errand->headers);
	mp_buf_free(&errand->body);
	errand->headers = *headers;
	*headers = (struct mp_headers){ 0 };
	errand->body = *body;
	*body = (struct mp_buf){ 0 };
	return mp_later(turn, err);
}

enum mcpass_rc mp_errand_get(const struct mp_turn *turn, const struct mp_secret *access_token,
    const char *url, struct mp_errand_answer *ret_answer, struct mcpass_error *err)
{
	struct mp_headers headers = { 0 };
	struct mp_buf bearer, none = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc = mp_errand_key(url, access_token, &key, err);

	mp_buf_init(&bearer, MP_MAX_TOKEN + 8);
	mp_buf_addf(&bearer, "Bearer %s", mp_secret_reveal(access_token));
	if (!rc)
		rc = mp_errand_take(turn, key, ret_answer, &found, err);
	if (!rc && !found) {
		rc = mp_buf_check(&bearer, "the access token", err);
		if (!rc)
			rc = mp_headers_add(&headers, "Authorization", mp_buf_text(&bearer), err);
		if (!rc)
			rc = mp_headers_add(&headers, "Accept", "application/json", err);
		if (!rc)
			rc = mp_errand_leave(turn, key, url, &headers, &none, err);
	}
	if (!rc && (ret_answer->status == 0 || mp_token_is_passing(ret_answer->status)))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s did not answer (%d)", url, ret_answer->status);
	mp_headers_free(&headers);
	mp_buf_free(&bearer);
	free(key);
	return rc;
}

/* Ends a transaction: what went well is kept. */
static enum mcpass_rc end_with(const struct mp_issuer_store *store, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	enum mcpass_rc ended = store->end(store->ctx, rc == MCPASS_OK, rc ? NULL : err);

	return rc ? rc : ended;
}

/* Of several turns, and of several instances, that want it, one has it sent.  One that was noted
 * and not heard of again, since its instance died, may be sent once more. */
enum mcpass_rc mp_errand_send(const struct mp_issuer *issuer, const struct mp_errand *errand,
    int64_t now, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &issuer->store;
	bool is_first = false;
	enum mcpass_rc rc = store->begin(store->ctx, err);

	if (rc)
		return rc;
	rc = store->add(store->ctx, KIND_SENT, errand->key, now + MP_UPSTREAM_FLIGHT, now, &is_first,
	    err);
	rc = end_with(store, rc, err);
	return rc ? rc : issuer->send(issuer->send_ctx, errand, is_first, err);
}

static enum mcpass_rc keep(const struct mp_turn *turn, const char *key, int status,
    const char *data, size_t len, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	const struct mp_slot slot = { KIND_ANSWER, key, "", turn->request->now + MP_PENDING_LIFETIME };
	struct kept kept = { .status = status };
	struct mp_buf body;
	char *noted = NULL;
	enum mcpass_rc rc;

	mp_buf_init(&body, 2 * MP_MAX_UPSTREAM_ANSWER);
	mp_b64url_add(&body, data, len);
	rc = mp_buf_take(&body, "an answer", &kept.body, err);
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &kept, err);
	if (!rc)
		rc = store->take(store->ctx, KIND_SENT, key, turn->request->now, &noted, err);
	mp_free_wiped(noted);
	mp_free_wiped(kept.body);
	return rc;
}

enum mcpass_rc mp_issuer_arrived(struct mp_issuer *issuer, const char *key, int status,
    const struct mp_buf *body, int64_t now, struct mcpass_error *err)
{
	const struct mp_http_request request = { .method = "", .path = "", .now = now };
	const struct mp_issuer_store *store = &issuer->store;
	struct mp_http_response response = { 0 };
	struct mp_errand errand = { 0 };
	struct mp_wait wait = { 0 };
	bool is_later = false;
	const struct mp_turn turn = { issuer, &request, &response, &is_later, &wait, &errand, NULL };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = store->begin(store->ctx, &why);

	if (!rc)
		rc = end_with(store, keep(&turn, key, status, mp_buf_text(body), body->len, &why), &why);
	if (err != NULL)
		*err = why;
	return rc;
}
