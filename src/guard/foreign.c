#include "guard/foreign.h"
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/jwk.h"

/* The n-th of the parts between dots; data NULL: there are not so many. */
static struct mp_span part(struct mp_span token, int n)
{
	const char *at = token.data, *end = token.data + token.len, *dot;

	for (; n > 0; n--) {
		dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
		if (dot == NULL)
			return (struct mp_span){ NULL, 0 };
		at = dot + 1;
	}
	dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
	return (struct mp_span){ at, (size_t)((dot != NULL ? dot : end) - at) };
}

static int count_parts(struct mp_span token)
{
	int count = 1;

	for (size_t i = 0; i < token.len; i++)
		count += token.data[i] == '.';
	return count;
}

/* *ret_json is NULL when the part is no JSON object. */
static enum mcpass_rc read_object(struct mp_span text, json_t **ret_json, struct mcpass_error *err)
{
	json_t *json = NULL;
	struct mp_buf bytes = MP_BUF(MP_MAX_TOKEN);
	enum mcpass_rc rc;

	*ret_json = NULL;
	rc = mp_b64url_decode(&bytes, text, NULL);
	if (!rc)
		rc = mp_json_parse(mp_buf_text(&bytes), bytes.len, MP_MAX_TOKEN, "a part", &json, NULL);
	mp_buf_free(&bytes);
	if (!rc && json_is_object(json))
		*ret_json = json;
	else
		json_decref(json);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* Three parts and an alg that is one, but not of those that we verify; five parts and enc.
 * spec: RFC 8725 3.1, 3.2: "none" is no signature, in no spelling */
static bool is_issuers(const json_t *header, int parts)
{
	const char *alg = mp_json_text(header, "alg");

	if (alg == NULL || alg[0] == '\0' || mp_eq_nocase(alg, "none"))
		return false;
	if (parts == 5)
		return json_is_string(json_object_get(header, "enc"));
	return parts == 3 && mp_alg_from_name(alg) == MP_ALG_NONE
	    && json_object_get(header, "crit") == NULL;
}

static enum mcpass_rc read_iss(struct mp_span payload, char **ret_iss, struct mcpass_error *err)
{
	json_t *claims = NULL;
	enum mcpass_rc rc = read_object(payload, &claims, err);

	if (!rc)
		rc = mp_set(ret_iss, mp_json_text(claims, "iss"), err);
	json_decref(claims);
	return rc;
}

enum mcpass_rc mp_foreign_read(struct mp_span token, struct mp_foreign *ret_foreign,
    struct mcpass_error *err)
{
	struct mp_foreign foreign = { 0 };
	int parts = count_parts(token);
	json_t *header = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (parts > 1)
		rc = read_object(part(token, 0), &header, err);
	if (!rc && header == NULL)
		foreign.kind = MP_FOREIGN_OPAQUE;
	else if (!rc && is_issuers(header, parts))
		foreign.kind = MP_FOREIGN_ISSUERS;
	if (!rc && foreign.kind == MP_FOREIGN_ISSUERS && parts == 3)
		rc = read_iss(part(token, 1), &foreign.iss, err);
	json_decref(header);
	if (!rc)
		*ret_foreign = foreign;
	return rc;
}
