#include "oauth/clientauth.h"
#include <stdlib.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

#define ASSERTION_SECONDS 60    /* it is used at once; OpenID Connect Core 9 */
#define JTI_BYTES 16

static const char *const method_names[] = {
	[MP_AUTH_NONE] = "none",
	[MP_AUTH_BASIC] = "client_secret_basic",
	[MP_AUTH_POST] = "client_secret_post",
	[MP_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
};

enum mp_auth_method mp_auth_method_from_name(const char *name)
{
	for (size_t i = MP_AUTH_NONE; name != NULL && i < MP_COUNT(method_names); i++)
		if (mp_eq(method_names[i], name))
			return (enum mp_auth_method)i;
	return MP_AUTH_UNSET;
}

const char *mp_auth_method_name(enum mp_auth_method method)
{
	return method == MP_AUTH_UNSET ? "unset" : method_names[method];
}

void mp_client_id_free(struct mp_client_id *client)
{
	free(client->client_id);
	mp_secret_free(&client->client_secret);
	*client = (struct mp_client_id){ 0 };
}

enum mp_auth_method mp_auth_method_listed(const struct mp_strings *supported)
{
	for (size_t i = 0; i < supported->count; i++) {
		enum mp_auth_method method = mp_auth_method_from_name(supported->items[i]);

		if (method == MP_AUTH_BASIC || method == MP_AUTH_POST)
			return method;
	}
	return MP_AUTH_UNSET;
}

enum mp_auth_method mp_auth_method_choose(const struct mp_client_id *client,
    const struct mp_strings *supported)
{
	enum mp_auth_method listed = mp_auth_method_listed(supported);

	if (client->key != NULL)
		return MP_AUTH_PRIVATE_KEY_JWT;
	if (!mp_secret_present(&client->client_secret))
		return MP_AUTH_NONE;
	if (listed != MP_AUTH_UNSET)
		return listed;
	if (mp_strings_has(supported, "none"))  /* servers that give a secret by habit */
		return MP_AUTH_NONE;
	return MP_AUTH_BASIC;           /* spec: RFC 8414 2 (what an absent list means) */
}

/* Both halves are form-encoded first, so that a ':' in the id cannot move the border;
 * spec: RFC 6749 2.3.1 */
static enum mcpass_rc add_basic(const struct mp_client_id *client, struct mp_headers *headers,
    struct mcpass_error *err)
{
	struct mp_buf pair = MP_BUF(MP_MAX_TOKEN), value = MP_BUF(2 * MP_MAX_TOKEN);
	enum mcpass_rc rc;

	mp_form_encode(&pair, client->client_id);
	mp_buf_addc(&pair, ':');
	mp_form_encode(&pair, mp_secret_reveal(&client->client_secret));
	rc = mp_buf_check(&pair, "the client's credentials", err);
	if (rc)
		goto out;
	mp_buf_adds(&value, "Basic ");
	mp_b64_add(&value, pair.data, pair.len);
	rc = mp_buf_check(&value, "the Authorization header", err);
	if (!rc)
		rc = mp_headers_add(headers, "Authorization", mp_buf_text(&value), err);
out:
	mp_buf_free(&pair);
	mp_buf_free(&value);
	return rc;
}

/* spec: RFC 7523 3; OpenID Connect Core 9 (iss, sub, aud, exp, jti); aud is the issuer:
 * MCP client credentials extension */
static enum mcpass_rc sign_assertion(const struct mp_client_id *client,
    const struct mp_auth_inputs *inputs, struct mp_secret *ret_assertion,
    struct mcpass_error *err)
{
	enum mp_alg alg = mp_key_usual_alg(client->key);
	struct mp_secret jti = { 0 };
	json_t *claims = NULL;
	enum mcpass_rc rc;

	if (alg == MP_ALG_NONE)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 7523 3", "the client's key signs nothing");
	rc = mp_random_text(inputs->random, inputs->random_ctx, JTI_BYTES, &jti, err);
	if (rc)
		return rc;
	claims = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "iss", client->client_id, "sub",
	    client->client_id, "aud", inputs->issuer, "iat", (json_int_t)inputs->now, "exp",
	    (json_int_t)inputs->now + ASSERTION_SECONDS, "jti", mp_secret_reveal(&jti));
	rc = claims == NULL ? mp_nomem(err)
	    : mp_jws_sign(client->key, alg, NULL, claims, ret_assertion, err);
	json_decref(claims);
	mp_secret_free(&jti);
	return rc;
}

/* No client_id member: sub says it; spec: RFC 7521 4.2 */
static enum mcpass_rc add_assertion(const struct mp_client_id *client,
    const struct mp_auth_inputs *inputs, struct mp_buf *form, struct mcpass_error *err)
{
	struct mp_secret assertion = { 0 };
	enum mcpass_rc rc;

	if (client->key == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 7523 2.2", "private_key_jwt without a key");
	rc = sign_assertion(client, inputs, &assertion, err);
	if (rc)
		return rc;
	mp_form_add(form, "client_assertion_type", MP_CLIENT_ASSERTION_JWT);
	mp_form_add(form, "client_assertion", mp_secret_reveal(&assertion));
	mp_secret_free(&assertion);
	return MCPASS_OK;
}

enum mcpass_rc mp_clientauth_apply(const struct mp_client_id *client,
    const struct mp_auth_inputs *inputs, struct mp_headers *headers, struct mp_buf *form,
    struct mcpass_error *err)
{
	bool wants_secret = client->method == MP_AUTH_BASIC || client->method == MP_AUTH_POST;
	enum mcpass_rc rc = MCPASS_OK;

	if (client->client_id == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 6749 2.2", "there is no client_id");
	if (wants_secret && !mp_secret_present(&client->client_secret))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 6749 2.3.1", "%s without a client secret",
		    mp_auth_method_name(client->method));
	switch (client->method) {
	case MP_AUTH_UNSET:
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no way to authenticate was chosen");
	case MP_AUTH_NONE:      /* spec: RFC 6749 3.2.1 */
		mp_form_add(form, "client_id", client->client_id);
		break;
	case MP_AUTH_BASIC:
		rc = add_basic(client, headers, err);
		break;
	case MP_AUTH_POST:
		mp_form_add(form, "client_id", client->client_id);
		mp_form_add(form, "client_secret", mp_secret_reveal(&client->client_secret));
		break;
	case MP_AUTH_PRIVATE_KEY_JWT:
		rc = add_assertion(client, inputs, form, err);
		break;
	}
	return rc ? rc : mp_buf_check(form, "the token request", err);
}
