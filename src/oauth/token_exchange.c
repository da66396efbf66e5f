#include "oauth/token_exchange.h"
#include <stdlib.h>
#include "base/limits.h"
#include "wire/http/http.h"
#include "wire/jose/jws.h"

void mp_token_exchange_form(struct mp_buf *form, const struct mp_token_exchange *exchange)
{
	mp_form_add(form, "grant_type", MP_GRANT_TOKEN_EXCHANGE);       /* spec: RFC 8693 2.1 */
	mp_form_add(form, "requested_token_type", exchange->requested_type);
	mp_form_add(form, "subject_token", mp_secret_reveal(exchange->subject));
	mp_form_add(form, "subject_token_type", exchange->subject_type);
	mp_form_add(form, "audience", exchange->audience);
	mp_form_add(form, "scope", exchange->scope);
	mp_form_add(form, "resource", exchange->resource);      /* spec: RFC 8707 2.2 */
}

/* --- the answer --- */
struct exchanged {
	struct mp_secret access_token;          /* RFC 8693 calls whatever it is so */
	char *issued_token_type;
};
#define AT(member) offsetof(struct exchanged, member)
static const struct mp_field fields[] = {
	{ "access_token", MP_FIELD_SECRET, MP_REQUIRED, AT(access_token), "RFC 8693 2.2.1" },
	{ "issued_token_type", MP_FIELD_STRING, MP_REQUIRED, AT(issued_token_type),
	    "RFC 8693 2.2.1" },
};
#undef AT

/* What was not asked for may be good for more than we think: it is not used. */
static enum mcpass_rc read_issued(const json_t *body, const char *type, const char *what,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct exchanged found = { 0 };
	enum mcpass_rc rc = mp_json_read(body, fields, MP_COUNT(fields), &found, err);

	if (rc)
		return rc;
	if (!mp_eq(found.issued_token_type, type))      /* spec: RFC 8693 2.2.1 */
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.2.1",
		    "issued_token_type is %s, not %s", found.issued_token_type, what);
	else if (found.access_token.len == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.2.1", "access_token is empty");
	if (rc || ret_token == NULL)
		mp_secret_free(&found.access_token);
	else
		*ret_token = found.access_token;
	free(found.issued_token_type);
	return rc;
}

/* *ret_body is NULL when the status says that nothing was granted. */
static enum mcpass_rc parse_granted(int status, const char *data, size_t len,
    json_t **ret_body, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (mp_http_is_answer(status))
		rc = mp_json_parse_by(MP_JSON_ANSWER, data != NULL ? data : "", len,
		    MP_MAX_TOKEN_RESPONSE, "the answer to the exchange", &body, err);
	if (!rc)
		*ret_body = body;
	return rc;
}

enum mcpass_rc mp_token_exchange_answer(int status, const char *data, size_t len,
    struct mp_token *ret_token, struct mcpass_error *err)
{
	struct mp_token token = { 0 };
	json_t *body = NULL;
	enum mcpass_rc rc;

	/* Who grants nothing refuses as any token endpoint does; spec: RFC 8693 2.2.2 */
	rc = mp_token_answer(status, data, len, "Bearer", &token, err);
	if (!rc)
		rc = parse_granted(status, data, len, &body, err);
	if (!rc)
		rc = read_issued(body, MP_TOKEN_TYPE_ACCESS, "an access token", NULL, err);
	json_decref(body);
	if (rc)
		mp_token_free(&token);
	else
		*ret_token = token;
	return mp_doing(err, rc, "exchanging the access token");
}

enum mcpass_rc mp_token_exchange_other_answer(int status, const char *data, size_t len,
    const char *type, const char *what, struct mp_secret *ret_token, struct mcpass_error *err)
{
	struct mp_token none = { 0 };
	json_t *body = NULL;
	enum mcpass_rc rc = parse_granted(status, data, len, &body, err);

	if (!rc && json_object_get(body, "access_token") == NULL)
		rc = mp_token_answer(status, data, len, "N_A", &none, err);
	else if (!rc)
		rc = read_issued(body, type, what, ret_token, err);
	json_decref(body);
	return rc;
}

/* --- whom it speaks for --- */
#define AT(member) offsetof(struct mp_token_exchange_words, member)
static const struct mp_field words_fields[] = {         /* lenient: they are for show */
	{ "iss", MP_FIELD_STRING, MP_ADVISES, AT(issuer), NULL },
	{ "sub", MP_FIELD_STRING, MP_ADVISES, AT(subject), NULL },
	{ "preferred_username", MP_FIELD_STRING, MP_ADVISES, AT(username), NULL },
	{ "scope", MP_FIELD_STRING, MP_ADVISES, AT(scope), NULL },
	{ "aud", MP_FIELD_STRING, MP_ADVISES, AT(audience), NULL },
	{ "azp", MP_FIELD_STRING, MP_ADVISES, AT(client), NULL },
};
/* spec: RFC 9068 2.2 (client_id); azp is Keycloak's and OpenID Connect's word for it */
static const struct mp_field client_field = {
	"client_id", MP_FIELD_STRING, MP_ADVISES, AT(client), NULL
};
#undef AT

static const struct mp_field list_field = { "aud", MP_FIELD_STRINGS, MP_ADVISES, 0, NULL };

static enum mcpass_rc read_audiences(const json_t *payload, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_strings list = { 0 };
	struct mp_buf text = MP_BUF(MP_MAX_TOKEN);
	enum mcpass_rc rc = mp_json_read(payload, &list_field, 1, &list, err);

	for (size_t i = 0; i < list.count; i++)
		mp_buf_addf(&text, "%s%s", i > 0 ? " " : "", list.items[i]);
	if (!rc && list.count > 0)
		rc = mp_buf_take(&text, "the audiences", ret_text, err);
	mp_buf_free(&text);
	mp_strings_free(&list);
	return rc;
}

enum mcpass_rc mp_token_exchange_read(const struct mp_secret *token,
    struct mp_token_exchange_words *ret_words, struct mcpass_error *err)
{
	struct mp_token_exchange_words words = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	rc = mp_jws_parse((struct mp_span){ token->bytes, token->len }, &jws, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)                                 /* opaque */
		return MCPASS_OK;
	rc = mp_json_read(jws.payload, words_fields, MP_COUNT(words_fields), &words, err);
	if (!rc && words.client == NULL)
		rc = mp_json_read(jws.payload, &client_field, 1, &words, err);
	if (!rc && words.audience == NULL)
		rc = read_audiences(jws.payload, &words.audience, err);
	mp_jws_free(&jws);
	if (rc)
		mp_token_exchange_words_free(&words);
	else
		*ret_words = words;
	return rc;
}

void mp_token_exchange_words_free(struct mp_token_exchange_words *words)
{
	mp_json_release(words_fields, MP_COUNT(words_fields), words);
}
