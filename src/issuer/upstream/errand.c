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
#define LAST "last"                     /* no purpose is called so */

struct kept {
	int64_t status;
	char *body;                     /* base64url: any bytes */
	char *purpose;
};
static const struct mp_field fields[] = {
	{ "status", MP_FIELD_INT, 0, offsetof(struct kept, status), NULL },
	{ "body", MP_FIELD_STRING, 0, offsetof(struct kept, body), NULL },
	{ "purpose", MP_FIELD_STRING, 0, offsetof(struct kept, purpose), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

void mp_errand_answer_free(struct mp_errand_answer *answer)
{
	mp_buf_free(&answer->body);
	free(answer->purpose);
	*answer = (struct mp_errand_answer){ 0 };
}

void mp_errand_free(struct mp_errand *errand)
{
	free(errand->key);
	free(errand->purpose);
	free(errand->url);
	mp_headers_free(&errand->headers);
	mp_buf_free(&errand->body);
	*errand = (struct mp_errand){ 0 };
}

enum mcpass_rc mp_errand_key(const char *purpose, const struct mp_secret *secret, char **ret_key,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_UPSTREAM_ANSWER);

	mp_buf_addf(&text, "%s:%s", purpose, mp_secret_reveal(secret));
	return mp_sha256_b64url_buf(&text, "an errand's name", ret_key, err);
}

/* Where the answer for a purpose is kept; the caller's (free). */
static enum mcpass_rc place_of(const char *key, const char *purpose, char **ret_place,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_FORM);

	if (purpose == NULL || purpose[0] == '\0')
		return mp_set(ret_place, key, err);
	mp_buf_addf(&text, "%s %s", key, purpose);
	return mp_sha256_b64url_buf(&text, "an errand's name", ret_place, err);
}

typedef enum mcpass_rc look_fn(const struct mp_turn *turn, const struct mp_slot *slot,
    const struct mp_shape *shape, void *ret_record, bool *ret_found, struct mcpass_error *err);

static enum mcpass_rc look(const struct mp_turn *turn, look_fn *by, const char *key,
    const char *purpose, struct mp_errand_answer *ret_answer, bool *ret_found,
    struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = KIND_ANSWER };
	struct kept kept = { 0 };
	char *place = NULL;
	enum mcpass_rc rc = place_of(key, purpose, &place, err);

	slot.key = place;
	if (!rc)
		rc = by(turn, &slot, &shape, &kept, ret_found, err);
	mp_buf_init(&ret_answer->body, MP_MAX_UPSTREAM_ANSWER);
	if (!rc && *ret_found && kept.body != NULL)
		rc = mp_response_blame(mp_b64url_decode(&ret_answer->body,
		    (struct mp_span){ kept.body, strlen(kept.body) }, err), MCPASS_E_STORE, err);
	if (!rc && *ret_found) {
		ret_answer->status = (int)kept.status;
		ret_answer->purpose = kept.purpose;
		kept.purpose = NULL;            /* moved */
	}
	mp_record_release(&shape, &kept);
	free(place);
	return rc;
}

enum mcpass_rc mp_errand_take(const struct mp_turn *turn, const struct mp_errand_name *name,
    struct mp_errand_answer *ret_answer, bool *ret_found, struct mcpass_error *err)
{
	return look(turn, mp_record_take, name->key, name->purpose, ret_answer, ret_found, err);
}

enum mcpass_rc mp_errand_peek(const struct mp_turn *turn, const char *key,
    struct mp_errand_answer *ret_answer, bool *ret_found, struct mcpass_error *err)
{
	return look(turn, mp_record_get, key, LAST, ret_answer, ret_found, err);
}

enum mcpass_rc mp_errand_leave(const struct mp_turn *turn, const struct mp_errand_name *name,
    const char *url, struct mp_headers *headers, struct mp_buf *body, struct mcpass_error *err)
{
	struct mp_errand *errand = turn->errand;
	enum mcpass_rc rc = mp_set(&errand->key, name->key, err);

	errand->is_after = name->is_after;
	if (!rc)
		rc = mp_set(&errand->purpose, name->purpose, err);
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

static enum mcpass_rc send_ask(const struct mp_turn *turn, const struct mp_errand_name *name,
    const struct mp_secret *access_token, const char *url, const char *json,
    struct mcpass_error *err)
{
	struct mp_headers headers = { 0 };
	struct mp_buf bearer, body = { 0 };
	enum mcpass_rc rc;

	mp_buf_init(&bearer, MP_MAX_TOKEN + 8);
	mp_buf_addf(&bearer, "Bearer %s", mp_secret_reveal(access_token));
	rc = mp_buf_check(&bearer, "the access token", err);
	if (!rc)
		rc = mp_headers_add(&headers, "Authorization", mp_buf_text(&bearer), err);
	if (!rc)
		rc = mp_headers_add(&headers, "Accept", "application/json", err);
	if (!rc && json != NULL) {
		mp_buf_init(&body, MP_MAX_FORM);
		mp_buf_adds(&body, json);
		rc = mp_buf_check(&body, "a question", err);
		if (!rc)
			rc = mp_headers_add(&headers, "Content-Type", "application/json", err);
	}
	if (!rc)
		rc = mp_errand_leave(turn, name, url, &headers, &body, err);
	mp_headers_free(&headers);
	mp_buf_free(&bearer);
	mp_buf_free(&body);
	return rc;
}

enum mcpass_rc mp_errand_ask(const struct mp_turn *turn, const struct mp_secret *access_token,
    const char *url, const char *json, struct mp_errand_answer *ret_answer,
    struct mcpass_error *err)
{
	struct mp_errand_name name = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc = mp_errand_key(url, access_token, &key, err);

	name.key = key;
	if (!rc)
		rc = mp_errand_take(turn, &name, ret_answer, &found, err);
	if (!rc && !found)
		rc = send_ask(turn, &name, access_token, url, json, err);
	if (!rc && (ret_answer->status == 0 || mp_token_is_passing(ret_answer->status)))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s did not answer (%d)", url, ret_answer->status);
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

/* Whether an answer came since the turn looked for one. */
static enum mcpass_rc find_answer(const struct mp_issuer_store *store, const struct mp_errand *errand,
    int64_t now, bool *ret_is_there, struct mcpass_error *err)
{
	const char *purpose = errand->purpose != NULL && !errand->is_after ? LAST : errand->purpose;
	char *place = NULL, *text = NULL;
	enum mcpass_rc rc = place_of(errand->key, purpose, &place, err);

	if (!rc)
		rc = store->get(store->ctx, KIND_ANSWER, place, now, &text, err);
	if (!rc)
		*ret_is_there = text != NULL;
	mp_free_wiped(text);
	free(place);
	return rc;
}

/* *ret_is_first is false where it is under way, or has been answered meanwhile. */
static enum mcpass_rc note(const struct mp_issuer_store *store, const struct mp_errand *errand,
    int64_t now, bool *ret_is_first, struct mcpass_error *err)
{
	bool is_first = false, is_there = false;
	char *noted = NULL;
	enum mcpass_rc rc = store->add(store->ctx, KIND_SENT, errand->key, now + MP_UPSTREAM_FLIGHT, now,
	    &is_first, err);

	if (!rc && is_first)
		rc = find_answer(store, errand, now, &is_there, err);
	if (!rc && is_there)
		rc = store->take(store->ctx, KIND_SENT, errand->key, now, &noted, err);
	else if (!rc && is_first && errand->purpose != NULL)
		rc = store->put(store->ctx, KIND_SENT, errand->key, "", now + MP_UPSTREAM_FLIGHT,
		    errand->purpose, err);
	free(noted);
	*ret_is_first = is_first && !is_there;
	return rc;
}

/* Of several turns, and of several instances, that want it, one has it sent.  One that was noted
 * and not heard of again, since its instance died, may be sent once more.  What it is for stands
 * in the note, and goes to the answer. */
enum mcpass_rc mp_errand_send(const struct mp_issuer *issuer, const struct mp_errand *errand,
    int64_t now, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &issuer->store;
	bool is_first = false;
	enum mcpass_rc rc = store->begin(store->ctx, err);

	if (rc)
		return rc;
	rc = end_with(store, note(store, errand, now, &is_first, err), err);
	return rc ? rc : issuer->send(issuer->send_ctx, errand, is_first, err);
}

static enum mcpass_rc put(const struct mp_turn *turn, const char *key, const char *purpose,
    const struct kept *kept, struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = KIND_ANSWER,
		.expires_at = turn->request->now + MP_PENDING_LIFETIME };
	char *place = NULL;
	enum mcpass_rc rc = place_of(key, purpose, &place, err);

	slot.key = place;
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, kept, err);
	free(place);
	return rc;
}

static enum mcpass_rc keep(const struct mp_turn *turn, const char *key, int status,
    const char *data, size_t len, struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	struct kept kept = { .status = status };
	struct mp_buf body = MP_BUF(2 * MP_MAX_UPSTREAM_ANSWER);
	enum mcpass_rc rc;

	mp_b64url_add(&body, data, len);
	rc = mp_buf_take(&body, "an answer", &kept.body, err);
	if (!rc)
		rc = store->take(store->ctx, KIND_SENT, key, turn->request->now, &kept.purpose, err);
	if (!rc)
		rc = put(turn, key, kept.purpose, &kept, err);
	if (!rc && kept.purpose != NULL && kept.purpose[0] != '\0')
		rc = put(turn, key, LAST, &kept, err);
	mp_free_wiped(kept.purpose);
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
