#include "wire/jose/jws.h"
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/key.h"

struct parts { struct mp_span header, payload, signature, signing_input; };

/* spec: RFC 7515 3.1, 7.1: exactly three parts, two dots */
static enum mcpass_rc split(struct mp_span text, struct parts *ret_parts,
    struct mcpass_error *err)
{
	const char *end = text.data + text.len, *first, *second;

	if (text.len > MP_MAX_TOKEN)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the token is larger than %zu bytes",
		    MP_MAX_TOKEN);
	first = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
	second = first != NULL ? memchr(first + 1, '.', (size_t)(end - first) - 1) : NULL;
	if (second == NULL || memchr(second + 1, '.', (size_t)(end - second) - 1) != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7515 7.1", "the token has not three parts");
	ret_parts->header = (struct mp_span){ text.data, (size_t)(first - text.data) };
	ret_parts->payload = (struct mp_span){ first + 1, (size_t)(second - first) - 1 };
	ret_parts->signature = (struct mp_span){ second + 1, (size_t)(end - second) - 1 };
	ret_parts->signing_input = (struct mp_span){ text.data, (size_t)(second - text.data) };
	return MCPASS_OK;
}

static enum mcpass_rc decode_object(struct mp_span part, const char *what, json_t **ret_json,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	struct mp_buf bytes = MP_BUF(MP_MAX_TOKEN);
	enum mcpass_rc rc = mp_b64url_decode(&bytes, part, err);

	if (!rc)
		rc = mp_json_parse(mp_buf_text(&bytes), bytes.len, MP_MAX_TOKEN, what, &json, err);
	if (!rc && !json_is_object(json))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7515 4", "%s is not a JSON object", what);
	if (rc)
		json_decref(json);
	else
		*ret_json = json;
	mp_buf_free(&bytes);
	return rc;
}

static enum mcpass_rc header_string(const json_t *header, const char *name, const char *spec,
    const char **ret_text, struct mcpass_error *err)
{
	const json_t *value = json_object_get(header, name);

	if (value != NULL && !json_is_string(value))
		return mp_fail(err, MCPASS_E_PROTOCOL, spec, "%s is not a string", name);
	*ret_text = json_string_value(value);
	return MCPASS_OK;
}

static enum mcpass_rc read_header(struct mp_jws *jws, struct mcpass_error *err)
{
	const json_t *b64 = json_object_get(jws->header, "b64");
	const char *alg = NULL;
	enum mcpass_rc rc;

	/* spec: RFC 7515 4.1.11: we understand no extension, so all are refused */
	if (json_object_get(jws->header, "crit") != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7515 4.1.11",
		    "the token wants an extension (crit) that is not understood");
	/* spec: RFC 7797 7: what is signed would be something else than what is read */
	if (b64 != NULL && !json_is_true(b64))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7797 7", "the token's payload is not base64url (b64)");
	rc = header_string(jws->header, "alg", "RFC 7515 4.1.1", &alg, err);
	if (!rc)
		rc = header_string(jws->header, "kid", "RFC 7515 4.1.4", &jws->kid, err);
	if (!rc)
		rc = header_string(jws->header, "typ", "RFC 7515 4.1.9", &jws->typ, err);
	if (rc)
		return rc;
	jws->alg = mp_alg_from_name(alg);
	/* spec: RFC 8725 3.1, 3.2: no "none", no shared secrets, nothing unheard of */
	if (jws->alg == MP_ALG_NONE)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8725 3.1",
		    "the token's alg is %s, which is not accepted", alg != NULL ? alg : "missing");
	return MCPASS_OK;
}

enum mcpass_rc mp_jws_parse(struct mp_span text, struct mp_jws *ret_jws,
    struct mcpass_error *err)
{
	struct mp_jws jws = { 0 };
	struct parts parts = { 0 };
	enum mcpass_rc rc;

	mp_buf_init(&jws.signature, MP_MAX_SIGNATURE);
	rc = split(text, &parts, err);
	if (!rc)
		rc = decode_object(parts.header, "the token's header", &jws.header, err);
	if (!rc)
		rc = read_header(&jws, err);
	if (!rc)
		rc = decode_object(parts.payload, "the token's payload", &jws.payload, err);
	if (!rc)
		rc = mp_b64url_decode(&jws.signature, parts.signature, err);
	if (!rc && jws.signature.len == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7515 5.2", "the token is not signed");
	if (rc) {
		mp_jws_free(&jws);
		return mp_doing(err, rc, "reading the token");
	}
	jws.signing_input = parts.signing_input;
	*ret_jws = jws;
	return MCPASS_OK;
}

enum mcpass_rc mp_jws_verify(const struct mp_jws *jws, const struct mp_key *key,
    struct mcpass_error *err)
{
	struct mp_span signature = { jws->signature.data, jws->signature.len };

	return mp_doing(err, mp_key_verify(key, jws->alg, jws->signing_input, signature, err),
	    "verifying the token's signature");
}

enum mcpass_rc mp_jws_verify_by(const struct mp_jws *jws, const struct mp_jwks *set,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_E_POLICY;
	const struct mp_key *key;
	size_t at = 0;

	for (int i = 0; i < MP_MAX_KEY_TRIES && rc == MCPASS_E_POLICY; i++) {
		key = mp_jwks_next(set, jws->kid, jws->alg, &at);
		if (key == NULL)
			break;
		mp_clear(&why);
		rc = mp_jws_verify(jws, key, &why);
	}
	if (rc == MCPASS_E_POLICY && why.rc == MCPASS_OK)
		return mp_fail(err, rc, "RFC 7515 5.2", "no key of that kid and algorithm");
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

const char *mp_jws_claim(const struct mp_jws *jws, const char *name)
{
	return mp_json_text(jws->payload, name);
}

bool mp_jws_is_for(const struct mp_jws *jws, const char *name)
{
	const json_t *aud = json_object_get(jws->payload, "aud");

	if (json_is_string(aud))
		return strcmp(json_string_value(aud), name) == 0;
	for (size_t i = 0; i < json_array_size(aud); i++)
		if (mp_eq(json_string_value(json_array_get(aud, i)), name))
			return true;
	return false;
}

void mp_jws_free(struct mp_jws *jws)
{
	json_decref(jws->header);
	json_decref(jws->payload);
	mp_buf_free(&jws->signature);
	*jws = (struct mp_jws){ 0 };
}

/* The header in full; a key that stands in it needs no name (RFC 9449 4.2). */
static enum mcpass_rc make_header(const struct mp_key *key, enum mp_alg alg,
    const json_t *further, json_t **ret_header, struct mcpass_error *err)
{
	json_t *header = json_object(), *value;
	const char *name;
	bool ok = json_object_set_new(header, "alg", json_string(mp_alg_name(alg))) == 0;

	/* json_object_update_missing() would leave out what there is no memory for. */
	json_object_foreach((json_t *)further, name, value)
		ok = ok && (mp_eq(name, "alg") || json_object_set(header, name, value) == 0);
	if (ok && mp_key_kid(key) != NULL && json_object_get(header, "jwk") == NULL)
		ok = json_object_set_new(header, "kid", json_string(mp_key_kid(key))) == 0;
	if (!ok) {              /* the header itself may be what there was no memory for */
		json_decref(header);
		return mp_nomem(err);
	}
	*ret_header = header;
	return MCPASS_OK;
}

static enum mcpass_rc add_json(struct mp_buf *token, const json_t *json,
    struct mcpass_error *err)
{
	char *text = mp_json_dump(json);

	if (text == NULL)
		return mp_nomem(err);
	mp_b64url_add(token, text, strlen(text));
	mp_free_wiped(text);
	return MCPASS_OK;
}

static enum mcpass_rc add_signature(struct mp_buf *token, const struct mp_key *key,
    enum mp_alg alg, struct mcpass_error *err)
{
	struct mp_buf signature = MP_BUF(MP_MAX_SIGNATURE);
	enum mcpass_rc rc = mp_buf_check(token, "the token", err);

	if (!rc)
		rc = mp_key_sign(key, alg, (struct mp_span){ token->data, token->len }, &signature,
		    err);
	mp_buf_addc(token, '.');
	mp_b64url_add(token, mp_buf_text(&signature), signature.len);
	mp_buf_free(&signature);
	return rc ? rc : mp_buf_check(token, "the token", err);
}

enum mcpass_rc mp_jws_sign(const struct mp_key *key, enum mp_alg alg, const json_t *header,
    const json_t *payload, struct mp_secret *ret_token, struct mcpass_error *err)
{
	json_t *full = NULL;
	struct mp_buf token = MP_BUF(MP_MAX_TOKEN);
	enum mcpass_rc rc = make_header(key, alg, header, &full, err);

	if (!rc)
		rc = add_json(&token, full, err);
	mp_buf_addc(&token, '.');
	if (!rc)
		rc = add_json(&token, payload, err);
	if (!rc)
		rc = add_signature(&token, key, alg, err);
	if (!rc)
		rc = mp_secret_set_span(ret_token, (struct mp_span){ token.data, token.len }, err);
	mp_buf_free(&token);
	json_decref(full);
	return mp_doing(err, rc, "signing a token");
}
