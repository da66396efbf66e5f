/* Changes to a finished answer. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/faults/faults.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

enum mcpass_rc mp_edits_header(const struct mp_turn *turn, const char *name,
    const char *value, struct mcpass_error *err)
{
	struct mp_headers *headers = &turn->response->headers;

	for (size_t i = 0; i < headers->count; i++)
		if (mp_eq_nocase(headers->items[i].name, name))
			return mp_set((char **)&headers->items[i].value, value, err);
	return mp_headers_add(headers, name, value, err);
}

/* What an edit puts there, as text: *ret_text is the caller's (free). */
static enum mcpass_rc expand(const struct mp_issuer *issuer, const char *value,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_URI);

	if (value[0] == '?')
		return mp_set(ret_text, mp_faults_asked(issuer, value + 1), err);
	if (value[0] == '@')
		mp_buf_adds(&text, issuer->url);
	mp_buf_adds(&text, value[0] == '@' ? value + 1 : value);
	return mp_buf_take(&text, "the changed value", ret_text, err);
}

static enum mcpass_rc edit_object(const struct mp_issuer *issuer, json_t *object,
    const struct mcpass_header *edits, struct mcpass_error *err)
{
	for (size_t i = 0; i < MP_FAULT_EDITS && edits[i].name != NULL; i++) {
		const char *value = edits[i].value;
		char *text = NULL;
		json_t *json;
		enum mcpass_rc rc;

		if (value == NULL) {
			(void)json_object_del(object, edits[i].name);
			continue;
		}
		rc = expand(issuer, value, &text, err);
		if (rc)
			return rc;
		json = value[0] >= '0' && value[0] <= '9' ? json_integer(strtoll(value, NULL, 10))
		    : json_string(text);
		free(text);
		if (json_object_set_new(object, edits[i].name, json) != 0)
			return mp_nomem(err);
	}
	return MCPASS_OK;
}

static enum mcpass_rc read_body(const struct mp_turn *turn, json_t **ret_body,
    struct mcpass_error *err)
{
	const struct mp_buf *body = &turn->response->body;

	return mp_json_parse(mp_buf_text(body), body->len, MP_MAX_REPLY, "the answer", ret_body,
	    err);
}

static enum mcpass_rc write_body(const struct mp_turn *turn, const json_t *body,
    struct mcpass_error *err)
{
	char *text = mp_json_dump(body);

	if (text == NULL)
		return mp_nomem(err);
	mp_buf_clear(&turn->response->body);
	mp_buf_adds(&turn->response->body, text);
	mp_free_wiped(text);
	return mp_buf_check(&turn->response->body, "the answer", err);
}

enum mcpass_rc mp_edits_members(const struct mp_turn *turn, const struct mcpass_header *edits,
    struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (edits[0].name == NULL)
		return MCPASS_OK;
	rc = read_body(turn, &body, err);
	if (!rc)
		rc = edit_object(turn->issuer, body, edits, err);
	if (!rc)
		rc = write_body(turn, body, err);
	json_decref(body);
	return rc;
}

static bool is_edited(const struct mcpass_header *edits, const char *name)
{
	for (size_t i = 0; i < MP_FAULT_EDITS && edits[i].name != NULL; i++)
		if (strcmp(edits[i].name, name) == 0)
			return true;
	return false;
}

/* The parameters that stay, then those that are put in. */
static enum mcpass_rc add_params(const struct mp_turn *turn, const struct mp_form *query,
    const struct mcpass_header *edits, struct mp_buf *location, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < query->count; i++)
		if (!is_edited(edits, query->pairs[i].name))
			mp_form_add(location, query->pairs[i].name, query->pairs[i].value);
	for (size_t i = 0; i < MP_FAULT_EDITS && edits[i].name != NULL && !rc; i++) {
		char *text = NULL;

		if (edits[i].value == NULL)
			continue;
		rc = expand(turn->issuer, edits[i].value, &text, err);
		if (!rc)
			mp_form_add(location, edits[i].name, text);
		free(text);
	}
	return rc ? rc : mp_buf_check(location, "the redirect", err);
}

enum mcpass_rc mp_edits_params(const struct mp_turn *turn, const struct mcpass_header *edits,
    struct mcpass_error *err)
{
	const struct mp_headers *headers = &turn->response->headers;
	const char *whole = mp_header_get(headers->items, headers->count, "Location"), *query;
	struct mp_form form = { 0 };
	struct mp_buf location = MP_BUF(4 * MP_MAX_URI);
	enum mcpass_rc rc;

	if (edits[0].name == NULL || whole == NULL)
		return MCPASS_OK;
	query = whole + strcspn(whole, "?");
	mp_buf_add(&location, whole, (size_t)(query - whole));
	mp_buf_addc(&location, '?');
	query += query[0] == '?';
	rc = mp_form_parse(query, strlen(query), &form, err);
	if (!rc)
		rc = add_params(turn, &form, edits, &location, err);
	if (!rc)
		rc = mp_edits_header(turn, "Location", mp_buf_text(&location), err);
	mp_form_free(&form);
	mp_buf_free(&location);
	return rc;
}

/* The classic: what everybody may read serves as the password.  spec: RFC 8725 2.1 */
static enum mcpass_rc add_hs256(const struct mp_issuer *issuer, struct mp_buf *token,
    struct mcpass_error *err)
{
	uint8_t mac[MP_SHA256_LEN];
	json_t *jwk = NULL;
	char *key = NULL;
	enum mcpass_rc rc = mp_jwk_write(issuer->key, false, &jwk, err);

	if (!rc) {
		key = mp_json_dump(jwk);
		rc = key == NULL ? mp_nomem(err) : mp_hmac_sha256(key, strlen(key), token->data,
		    token->len, mac, err);
	}
	mp_buf_addc(token, '.');
	if (!rc)
		mp_b64url_add(token, mac, sizeof(mac));
	json_decref(jwk);
	mp_free_wiped(key);
	return rc;
}

/* A token that no honest signer makes: alg "none" or "HS256". */
static enum mcpass_rc forge(const struct mp_issuer *issuer, const char *alg,
    const json_t *payload, struct mp_secret *ret_token, struct mcpass_error *err)
{
	char *claims = mp_json_dump(payload);
	struct mp_buf token = MP_BUF(MP_MAX_TOKEN), header = MP_BUF(256);
	enum mcpass_rc rc;

	if (claims == NULL)
		return mp_nomem(err);
	mp_buf_addf(&header, "{\"typ\":\"at+jwt\",\"alg\":\"%s\"}", alg);
	mp_b64url_add(&token, mp_buf_text(&header), header.len);
	mp_buf_addc(&token, '.');
	mp_b64url_add(&token, claims, strlen(claims));
	rc = mp_buf_check(&header, "the header", err);
	if (!rc)
		rc = mp_buf_check(&token, "the token", err);
	if (!rc && strcmp(alg, "none") == 0)
		mp_buf_addc(&token, '.');
	else if (!rc)
		rc = add_hs256(issuer, &token, err);
	if (!rc)
		rc = mp_buf_check(&token, "the token", err);
	if (!rc)
		rc = mp_secret_set(ret_token, mp_buf_text(&token), err);
	mp_free_wiped(claims);
	mp_buf_free(&header);
	mp_buf_free(&token);
	return rc;
}

static enum mcpass_rc sign(const struct mp_issuer *issuer, const json_t *payload,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	json_t *header = json_object();
	enum mcpass_rc rc;

	if (json_object_set_new(header, "typ", json_string("at+jwt")) != 0)
		rc = mp_nomem(err);
	else
		rc = mp_jws_sign(issuer->key, issuer->alg, header, payload, ret_token, err);
	json_decref(header);
	return rc;
}

enum mcpass_rc mp_edits_token(const struct mp_turn *turn, const struct mp_fault_how *how,
    struct mcpass_error *err)
{
	struct mp_secret token = { 0 };
	struct mp_jws jws = { 0 };
	json_t *body = NULL;
	const char *honest;
	enum mcpass_rc rc;

	if (how->claims[0].name == NULL && how->alg == NULL)
		return MCPASS_OK;
	rc = read_body(turn, &body, err);
	if (rc)
		return rc;
	honest = mp_json_text(body, "access_token");
	rc = mp_jws_parse((struct mp_span){ honest, strlen(honest) }, &jws, err);
	if (!rc)
		rc = edit_object(turn->issuer, jws.payload, how->claims, err);
	if (!rc)
		rc = how->alg != NULL ? forge(turn->issuer, how->alg, jws.payload, &token, err)
		    : sign(turn->issuer, jws.payload, &token, err);
	if (!rc && json_object_set_new(body, "access_token",
	    json_string(mp_secret_reveal(&token))) != 0)
		rc = mp_nomem(err);
	if (!rc)
		rc = write_body(turn, body, err);
	mp_jws_free(&jws);
	mp_secret_free(&token);
	json_decref(body);
	return rc;
}

enum mcpass_rc mp_edits_text(const struct mp_turn *turn, const struct mp_fault_how *how,
    struct mcpass_error *err)
{
	struct mp_buf *body = &turn->response->body, text;
	enum mcpass_rc rc;

	if (how->begin == NULL && how->padding == 0)
		return MCPASS_OK;
	mp_buf_init(&text, body->max);
	mp_buf_addc(&text, '{');
	if (how->begin != NULL)
		mp_buf_adds(&text, how->begin);
	if (how->padding > 0) {
		mp_buf_adds(&text, "\"padding\":\"");
		for (size_t i = 0; i < how->padding; i++)
			mp_buf_addc(&text, 'x');
		mp_buf_adds(&text, "\",");
	}
	mp_buf_add(&text, body->data + 1, body->len - 1);
	rc = mp_buf_check(&text, "the answer", err);
	if (rc) {
		mp_buf_free(&text);
		return rc;
	}
	mp_buf_free(body);
	*body = text;
	return MCPASS_OK;
}
