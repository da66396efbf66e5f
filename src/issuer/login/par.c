#include "issuer/login/par.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/login/authorize_request.h"
#include "issuer/grants/token_endpoint.h"
#include "issuer/login/texts.h"
#include "wire/jose/crypto.h"

#define URN "urn:ietf:params:oauth:request_uri:"

/* It stays after its answer, to tell a link that was answered from one that never was. */
struct pushed {
	char *client_id, *query;
	char *browser;                  /* hash of the cookie of the browser that opened it */
	int64_t until;                  /* Unix time; that browser may open it again */
	bool answered;
};
#define AT(member) offsetof(struct pushed, member)
static const struct mp_field fields[] = {
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "query", MP_FIELD_STRING, MP_REQUIRED, AT(query), NULL },
	{ "browser", MP_FIELD_STRING, 0, AT(browser), NULL },
	{ "until", MP_FIELD_INT, 0, AT(until), NULL },
	{ "answered", MP_FIELD_BOOL, 0, AT(answered), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* --- the request is pushed --- */
/* The key of the DPoP header is as good as dpop_jkt, and has to be the same one.
 * spec: RFC 9449 10.1 */
static enum mcpass_rc check_key(const struct mp_form *form, const char *thumbprint,
    struct mcpass_error *err)
{
	const char *named = NULL;
	enum mcpass_rc rc = mp_form_get(form, "dpop_jkt", &named, err);

	if (rc || thumbprint == NULL || named == NULL || strcmp(named, thumbprint) == 0)
		return rc;
	return mp_response_refuse(err, "invalid_dpop_proof", "RFC 9449 10.1",
	    "dpop_jkt is another key than the DPoP proof's");
}

/* The request as a query, without what proves the client: that is no one else's. */
static enum mcpass_rc write_query(const struct mp_form *form, const struct mp_client *client,
    const char *thumbprint, char **ret_query, struct mcpass_error *err)
{
	static const char *const proofs[] = {
		"client_id", "client_secret", "client_assertion", "client_assertion_type",
		"dpop_jkt",
	};
	const char *named = NULL;
	enum mcpass_rc rc = mp_form_get(form, "dpop_jkt", &named, err);
	struct mp_buf query = MP_BUF(MP_MAX_URI);

	if (rc)
		return rc;
	mp_form_add(&query, "client_id", client->client_id);
	mp_form_add(&query, "dpop_jkt", thumbprint != NULL ? thumbprint : named);
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
    const struct mp_client *client, const char *thumbprint, struct mp_secret *secret,
    struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	const struct mp_slot slot = { .kind = "pushed", .secret = secret,
		.expires_at = turn->request->now + MP_PUSHED_LIFETIME };
	struct pushed pushed = { .client_id = client->client_id };
	enum mcpass_rc rc = write_query(form, client, thumbprint, &pushed.query, err);

	if (!rc)
		rc = mp_random_text(issuer->random, issuer->random_ctx, 32, secret, err);
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &pushed, err);
	mp_free_wiped(pushed.query);
	return rc;
}

/* spec: RFC 9126 2.2 */
static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_secret *secret,
    struct mcpass_error *err)
{
	struct mp_buf uri = MP_BUF(MP_MAX_URI);
	json_t *body = NULL;
	enum mcpass_rc rc;

	mp_buf_addf(&uri, URN "%s", mp_secret_reveal(secret));
	rc = mp_buf_check(&uri, "the request_uri", err);
	if (!rc) {
		body = json_pack("{s:s, s:i}", "request_uri", mp_buf_text(&uri), "expires_in",
		    MP_PUSHED_LIFETIME);
		rc = body == NULL ? mp_nomem(err) : mp_response_json(turn, 201, body, err);
	}
	json_decref(body);
	mp_buf_free(&uri);
	return rc;
}

static enum mcpass_rc push(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err)
{
	struct mp_pending pending = { 0 };
	struct mp_secret secret = { 0 };
	const char *nested = NULL;
	char *thumbprint = NULL;
	/* spec: RFC 9449 10.1 */
	enum mcpass_rc rc = mp_dpop_check_request(turn, "/par", &thumbprint, err);

	if (!rc)
		rc = mp_form_get(form, "request_uri", &nested, err);
	/* spec: RFC 9126 2.1 (MUST NOT be provided) */
	if (!rc && nested != NULL)
		rc = mp_response_refuse(err, "invalid_request", "RFC 9126 2.1",
		    "a pushed request does not refer to another one");
	if (!rc)
		rc = mp_authorize_request_check(turn, form, client, &pending, err);
	if (!rc)
		rc = check_key(form, thumbprint, err);
	if (!rc)
		rc = keep(turn, form, client, thumbprint, &secret, err);
	if (!rc)
		rc = answer(turn, &secret, err);
	mp_pending_free(&pending);
	mp_secret_free(&secret);
	free(thumbprint);
	return rc;
}

enum mcpass_rc mp_par_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_client_serve(turn, push, err);

	return rc ? rc : mp_dpop_add_nonce(turn, err);
}

/* --- the browser comes with a reference to it --- */
static enum mcpass_rc too_old(struct mcpass_error *err)
{
	return mp_response_refuse(err, "invalid_request", "RFC 9126 4",
	    "%s", mp_texts_english(MP_TEXT_REFUSED_LINK_OLD));
}

static enum mcpass_rc read_key(const char *uri, char **ret_key, struct mcpass_error *err)
{
	struct mp_secret secret = { 0 };
	enum mcpass_rc rc;

	if (strncmp(uri, URN, strlen(URN)) != 0)
		return mp_response_refuse(err, "invalid_request", "RFC 9126 4",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_PUSHED_GONE));
	rc = mp_secret_set(&secret, uri + strlen(URN), err);
	if (!rc)
		rc = mp_record_key(&secret, ret_key, err);
	mp_secret_free(&secret);
	return rc;
}

/* The first browser that opens the link has it from then on.  Of two, one takes it. */
static enum mcpass_rc claim(const struct mp_turn *turn, struct mp_slot *slot,
    const char *browser, struct pushed *pushed, struct mcpass_error *err)
{
	struct pushed taken = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	if (pushed->browser != NULL)
		return mp_eq(pushed->browser, browser) ? MCPASS_OK : too_old(err);
	rc = mp_record_take(turn, slot, &shape, &taken, &found, err);
	mp_record_release(&shape, &taken);
	if (!rc && !found)
		rc = too_old(err);
	if (!rc)
		rc = mp_set(&pushed->browser, browser, err);
	pushed->until = slot->expires_at = turn->request->now + MP_PENDING_LIFETIME;
	return rc ? rc : mp_record_put(turn, slot, &shape, pushed, err);
}

/* Reads what is kept under key for this client and this browser. */
static enum mcpass_rc open_key(const struct mp_turn *turn, const char *key,
    const char *client_id, struct mp_pending *pending, struct pushed *ret_pushed,
    struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "pushed", .key = key };
	bool found = false;
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, ret_pushed, &found, err);

	if (!rc && !found)
		rc = too_old(err);
	/* spec: RFC 9126 4 (the client_id it was pushed with) */
	if (!rc && !mp_eq(ret_pushed->client_id, client_id))
		rc = mp_response_refuse(err, "invalid_request", "RFC 9126 4",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_PUSHED_OTHER));
	if (!rc && ret_pushed->answered)
		rc = mp_pending_answered(err);
	if (!rc)
		rc = mp_pending_bind(turn, pending, err);
	if (!rc)
		rc = claim(turn, &slot, pending->browser, ret_pushed, err);
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
    struct mp_pending *pending, struct mcpass_error *err)
{
	struct pushed pushed = { 0 };
	const char *uri = NULL, *client_id = NULL;
	char *key = NULL;
	enum mcpass_rc rc = mp_form_get(query, "request_uri", &uri, err);

	if (rc || uri == NULL)
		return rc;
	rc = mp_request_required(query, "client_id", &client_id, err);
	if (!rc)
		rc = read_key(uri, &key, err);
	if (!rc)
		rc = open_key(turn, key, client_id, pending, &pushed, err);
	if (!rc)
		rc = replace(query, pushed.query, err);
	if (!rc)
		rc = mp_set(&pending->pushed, key, err);
	pending->expires_at = pushed.until;
	mp_record_release(&shape, &pushed);
	free(key);
	return rc;
}

enum mcpass_rc mp_par_use_up(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "pushed", .key = pending->pushed,
		.expires_at = pending->expires_at };
	struct pushed pushed = { 0 };
	bool found = false, before;
	enum mcpass_rc rc;

	if (pending->pushed == NULL)
		return MCPASS_OK;
	rc = mp_record_take(turn, &slot, &shape, &pushed, &found, err);
	before = !found || pushed.answered;
	pushed.answered = true;
	if (!rc && found)
		rc = mp_record_put(turn, &slot, &shape, &pushed, err);
	mp_record_release(&shape, &pushed);
	return rc || !before ? rc : mp_pending_answered(err);
}
