/* The device authorization endpoint.  spec: RFC 8628 3.1, 3.2, 6.1; RFC 8707 2 */
#include "issuer/login/device_code.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/login/authorize_request.h"
#include "oauth/device.h"
#include "wire/jose/crypto.h"

#define TRIES 8                 /* two codes in a row that are in use are a wonder */

/* No vowels, so that no word comes out, and no digit that looks like a letter: 34 bits.
 * spec: RFC 8628 6.1 */
static const char alphabet[] = "BCDFGHJKLMNPQRSTVWXZ";
#define LETTERS (sizeof(alphabet) - 1)
#define FAIR (256 / LETTERS * LETTERS)  /* a byte from here on would favour some letters */

#define AT(member) offsetof(struct mp_device_request, member)
static const struct mp_field request_fields[] = {
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "user_code", MP_FIELD_STRING, MP_REQUIRED, AT(user_code), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "resource", MP_FIELD_STRING, 0, AT(resource), NULL },
	{ "expires_at", MP_FIELD_INT, MP_REQUIRED, AT(expires_at), NULL },
};
#undef AT
const struct mp_shape mp_device_request_shape = { request_fields, MP_COUNT(request_fields) };

struct pointer { char *device; };
static const struct mp_field pointer_fields[] = {
	{ "device", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct pointer, device), NULL },
};
static const struct mp_shape pointer_shape = { pointer_fields, MP_COUNT(pointer_fields) };

bool mp_device_normalize(const char *typed, char ret_code[MP_USER_CODE_LEN + 1])
{
	size_t len = 0;

	for (; *typed != '\0'; typed++) {
		char c = *typed >= 'a' && *typed <= 'z' ? (char)(*typed - 'a' + 'A') : *typed;

		if (strchr("- \t.", c) != NULL)
			continue;
		if (len == MP_USER_CODE_LEN || strchr(alphabet, c) == NULL)
			return false;
		ret_code[len++] = c;
	}
	ret_code[len] = '\0';
	return len == MP_USER_CODE_LEN;
}

enum mcpass_rc mp_device_find(const struct mp_turn *turn, const char *code, bool taken,
    char **ret_device, struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "user_code" };
	struct pointer pointer = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc = mp_sha256_b64url(code, &key, err);

	slot.key = key;
	if (!rc && taken)
		rc = mp_record_take(turn, &slot, &pointer_shape, &pointer, &found, err);
	else if (!rc)
		rc = mp_record_get(turn, &slot, &pointer_shape, &pointer, &found, err);
	free(key);
	if (!rc)
		*ret_device = pointer.device;
	return rc;
}

static enum mcpass_rc roll(const struct mp_issuer *issuer, char code[MP_USER_CODE_LEN + 1],
    struct mcpass_error *err)
{
	size_t len = 0;

	while (len < MP_USER_CODE_LEN) {
		uint8_t byte;

		if (issuer->random(issuer->random_ctx, &byte, 1) != 0)
			return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes");
		if (byte < FAIR)
			code[len++] = alphabet[byte % LETTERS];
	}
	code[len] = '\0';
	return MCPASS_OK;
}

/* A code that no other device shows: the first browser that enters it has it. */
static enum mcpass_rc choose_code(const struct mp_turn *turn, int64_t expires_at,
    char code[MP_USER_CODE_LEN + 1], struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &turn->issuer->store;
	enum mcpass_rc rc = MCPASS_OK;
	bool added = false;

	for (int i = 0; i < TRIES && !rc && !added; i++) {
		char *key = NULL;

		rc = roll(turn->issuer, code, err);
		if (!rc)
			rc = mp_sha256_b64url(code, &key, err);
		if (!rc)
			rc = mp_room_make(turn, "user_code_reserved", NULL, err);
		if (!rc)
			rc = store->add(store->ctx, "user_code_reserved", key, expires_at,
			    turn->request->now, &added, err);
		free(key);
	}
	if (!rc && !added)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "every code that came up is in use");
	return rc;
}

/* What a person reads more easily in two halves. */
static enum mcpass_rc show_code(const char *code, char **ret_shown, struct mcpass_error *err)
{
	struct mp_buf text;

	mp_buf_init(&text, sizeof("WDJB-MJHT"));
	mp_buf_add(&text, code, MP_USER_CODE_LEN / 2);
	mp_buf_addc(&text, '-');
	mp_buf_adds(&text, code + MP_USER_CODE_LEN / 2);
	return mp_buf_take(&text, "the user code", ret_shown, err);
}

static enum mcpass_rc keep(const struct mp_turn *turn, const struct mp_device_request *request,
    const char *code, struct mp_secret *device_code, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_slot whole = { .kind = "device",
		.expires_at = request->expires_at + MP_PENDING_LIFETIME };
	struct mp_slot short_one = { .kind = "user_code", .expires_at = request->expires_at };
	struct pointer pointer = { 0 };
	char *user_key = NULL;
	enum mcpass_rc rc;

	rc = mp_random_text(issuer->random, issuer->random_ctx, 32, device_code, err);
	if (!rc)
		rc = mp_record_key(device_code, &pointer.device, err);
	if (!rc)
		rc = mp_sha256_b64url(code, &user_key, err);
	whole.key = pointer.device;
	short_one.key = user_key;
	if (!rc)
		rc = mp_record_put(turn, &whole, &mp_device_request_shape, request, err);
	if (!rc)
		rc = mp_record_put(turn, &short_one, &pointer_shape, &pointer, err);
	free(pointer.device);
	free(user_key);
	return rc;
}

/* spec: RFC 8628 3.2, 3.3.1 */
static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_device_request *request,
    const struct mp_secret *device_code, struct mcpass_error *err)
{
	struct mp_buf uri = MP_BUF(MP_MAX_URI), complete = MP_BUF(MP_MAX_URI);
	json_t *body = NULL;
	enum mcpass_rc rc;

	mp_buf_addf(&uri, "%s/device", turn->issuer->url);
	mp_buf_addf(&complete, "%s/device?user_code=%s", turn->issuer->url, request->user_code);
	rc = mp_buf_check(&uri, "the page for the code", err);
	if (!rc)
		rc = mp_buf_check(&complete, "the page for the code", err);
	if (!rc) {
		body = json_pack("{s:s, s:s, s:s, s:s, s:i, s:I}", "device_code",
		    mp_secret_reveal(device_code), "user_code", request->user_code,
		    "verification_uri", mp_buf_text(&uri), "verification_uri_complete",
		    mp_buf_text(&complete), "expires_in", MP_DEVICE_LIFETIME, "interval",
		    (json_int_t)turn->issuer->device_interval);
		rc = body == NULL ? mp_nomem(err) : mp_response_json(turn, 200, body, err);
	}
	json_decref(body);
	mp_buf_free(&uri);
	mp_buf_free(&complete);
	return rc;
}

/* What may be asked for is what an authorization request may ask for. */
static enum mcpass_rc begin(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mcpass_error *err)
{
	struct mp_device_request request = { .expires_at = turn->request->now + MP_DEVICE_LIFETIME };
	struct mp_secret device_code = { 0 };
	struct mp_pending pending = { 0 };
	char code[MP_USER_CODE_LEN + 1];
	const char *resource = NULL;
	enum mcpass_rc rc = mp_client_check_grant(client, MP_GRANT_DEVICE, err);

	if (!rc)
		rc = mp_request_resource(form, &resource, err);
	if (!rc)
		rc = mp_authorize_request_scope(turn, form, client, &pending, err);
	if (!rc)
		rc = choose_code(turn, request.expires_at, code, err);
	if (!rc)
		rc = show_code(code, &request.user_code, err);
	if (!rc)
		rc = mp_set(&request.client_id, client->client_id, err);
	if (!rc)
		rc = mp_set(&request.resource, resource, err);
	if (!rc)
		rc = mp_set(&request.scope, pending.scope, err);
	if (!rc)
		rc = keep(turn, &request, code, &device_code, err);
	if (!rc)
		rc = answer(turn, &request, &device_code, err);
	mp_record_release(&mp_device_request_shape, &request);
	mp_pending_free(&pending);
	mp_secret_free(&device_code);
	return rc;
}

enum mcpass_rc mp_device_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_client_serve(turn, begin, err);
}
