/* The server's side of client authentication. */
#include <string.h>
#include "base/limits.h"
#include "oauth/clientauth.h"
#include "wire/jose/b64url.h"

struct claims {                         /* what the form says; borrowed */
	const char *client_id, *client_secret, *assertion, *assertion_type;
};

static enum mcpass_rc deny(const char *code, const char *spec, const char *why,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_DENIED, spec, "%s", why);

	mp_oauth_code(err, code);
	return rc;
}

static enum mcpass_rc read_members(const struct mp_form *form, struct claims *ret_claims,
    struct mcpass_error *err)
{
	struct claims claims = { 0 };
	const struct { const char *name, **slot; } members[] = {
		{ "client_id", &claims.client_id },
		{ "client_secret", &claims.client_secret },
		{ "client_assertion", &claims.assertion },
		{ "client_assertion_type", &claims.assertion_type },
	};

	for (size_t i = 0; i < MP_COUNT(members); i++) {
		const char *value = NULL;

		/* spec: RFC 6749 3.2 (no parameter twice) */
		if (mp_form_get(form, members[i].name, &value, NULL) != MCPASS_OK)
			return deny("invalid_request", "RFC 6749 3.2", "a parameter is given twice", err);
		/* spec: RFC 6749 3.2 (without a value it counts as left out) */
		*members[i].slot = value != NULL && value[0] != '\0' ? value : NULL;
	}
	*ret_claims = claims;
	return MCPASS_OK;
}

/* Decodes the two halves, which the client had form-encoded; spec: RFC 6749 2.3.1 */
static enum mcpass_rc split_pair(const struct mp_buf *pair, struct mp_client_id *client,
    struct mcpass_error *err)
{
	const char *text = mp_buf_text(pair), *colon = strchr(text, ':');
	struct mp_form halves = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf form = MP_BUF(2 * MP_MAX_TOKEN);

	if (colon == NULL || strlen(text) != pair->len)
		return deny("invalid_client", "RFC 7617 2", "Basic credentials without a ':'", err);
	mp_buf_adds(&form, "i=");
	mp_buf_add(&form, text, (size_t)(colon - text));
	mp_buf_adds(&form, "&s=");
	mp_buf_adds(&form, colon + 1);
	rc = mp_buf_check(&form, "the Basic credentials", err);
	if (rc)
		goto out;
	rc = mp_form_parse(mp_buf_text(&form), form.len, &halves, NULL);
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc || halves.count != 2)       /* a bare '&' makes a third */
		rc = deny("invalid_client", "RFC 6749 2.3.1",
		    "Basic credentials that are not form-encoded", err);
	if (rc)
		goto out;
	rc = mp_set(&client->client_id, halves.pairs[0].value, err);
	if (!rc)
		rc = mp_secret_set(&client->client_secret, halves.pairs[1].value, err);
out:
	mp_form_free(&halves);
	mp_buf_free(&form);
	return rc;
}

static enum mcpass_rc read_basic(const char *header, struct mp_client_id *client,
    struct mcpass_error *err)
{
	static const char scheme[] = "Basic ";
	struct mp_buf pair = MP_BUF(MP_MAX_TOKEN);
	enum mcpass_rc rc;

	if (!mp_span_is_nocase((struct mp_span){ header, strnlen(header, strlen(scheme)) }, scheme))
		return deny("invalid_client", "RFC 6749 2.3.1", "the Authorization scheme is not Basic",
		    err);
	header += strlen(scheme);
	rc = mp_b64_decode(&pair, (struct mp_span){ header, strlen(header) }, NULL);
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc)
		rc = deny("invalid_client", "RFC 7617 2", "Basic credentials that cannot be decoded", err);
	else
		rc = split_pair(&pair, client, err);
	mp_buf_free(&pair);
	client->method = MP_AUTH_BASIC;
	return rc;
}

/* The client's name stands in sub; whether it may be believed is the caller's to check. */
static enum mcpass_rc read_assertion(const struct claims *claims, struct mp_client_id *client,
    struct mcpass_error *err)
{
	struct mp_jws jws = { 0 };
	const char *sub;
	enum mcpass_rc rc;

	/* spec: RFC 7523 2.2 */
	if (!mp_eq(claims->assertion_type, MP_CLIENT_ASSERTION_JWT))
		return deny("invalid_client", "RFC 7523 2.2", "client_assertion_type is not jwt-bearer",
		    err);
	rc = mp_jws_parse((struct mp_span){ claims->assertion, strlen(claims->assertion) }, &jws,
	    NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return deny("invalid_client", "RFC 7523 3", "client_assertion is not a signed JWT", err);
	sub = mp_json_text(jws.payload, "sub");
	if (sub == NULL)        /* spec: RFC 7523 3 (sub MUST be the client_id) */
		rc = deny("invalid_client", "RFC 7523 3", "client_assertion has no sub", err);
	else
		rc = mp_set(&client->client_id, sub, err);
	mp_jws_free(&jws);
	client->method = MP_AUTH_PRIVATE_KEY_JWT;
	return rc;
}

static enum mcpass_rc read_post(const struct claims *claims, struct mp_client_id *client,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	client->method = claims->client_secret != NULL ? MP_AUTH_POST : MP_AUTH_NONE;
	if (claims->client_id == NULL)  /* spec: RFC 6749 2.3.1, 3.2.1 */
		return deny("invalid_client", "RFC 6749 3.2.1", "client_id is missing", err);
	rc = mp_set(&client->client_id, claims->client_id, err);
	if (!rc)
		rc = mp_secret_set(&client->client_secret, claims->client_secret, err);
	return rc;
}

enum mcpass_rc mp_clientauth_read(const char *header, const struct mp_form *form,
    struct mp_client_id *ret_client, struct mcpass_error *err)
{
	struct mp_client_id client = { 0 };
	struct claims claims = { 0 };
	enum mcpass_rc rc = read_members(form, &claims, err);

	if (rc)
		return rc;
	/* spec: RFC 6749 2.3 (MUST NOT use more than one method), 5.2 */
	if ((header != NULL) + (claims.client_secret != NULL) + (claims.assertion != NULL) > 1)
		return deny("invalid_request", "RFC 6749 2.3",
		    "the client authenticates in more than one way", err);
	if (header != NULL)
		rc = read_basic(header, &client, err);
	else if (claims.assertion != NULL)
		rc = read_assertion(&claims, &client, err);
	else
		rc = read_post(&claims, &client, err);
	/* spec: RFC 7521 4.2 (a client_id beside the proof has to name the same client) */
	if (!rc && claims.client_id != NULL && !mp_eq(claims.client_id, client.client_id))
		rc = deny("invalid_client", "RFC 7521 4.2", "client_id is not the one that is proved",
		    err);
	if (rc)
		mp_client_id_free(&client);
	else
		*ret_client = client;
	return rc;
}
