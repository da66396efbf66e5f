#include "oauth/par.h"
#include "base/limits.h"
#include "oauth/authz.h"
#include "oauth/refusals.h"
#include "oauth/token.h"
#include "wire/http/http.h"
#include "wire/json/json.h"

struct pushed { char *request_uri; };
static const struct mp_field fields[] = {
	{ "request_uri", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct pushed, request_uri),
	    "RFC 9126 2.2" },
};

enum mcpass_rc mp_par_answer(int status, const char *data, size_t len, char **ret_request_uri,
    struct mcpass_error *err)
{
	struct pushed pushed = { 0 };
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (status == 429 || status >= 500)
		return mp_token_error(status, data, len, MCPASS_E_IO, "RFC 9126 2.3", err);
	/* 201 says the clause; 200 is what several servers answer, and means the same. */
	if (!mp_http_is_answer(status)) {
		rc = mp_token_error(status, data, len, MCPASS_E_DENIED, "RFC 9126 2.3", err);
		if (rc == MCPASS_E_DENIED)
			mp_refusal_hint(MP_REFUSED_AUTHORIZATION, err);
		return rc;
	}
	rc = mp_json_parse_by(MP_JSON_ANSWER, data, len, MP_MAX_DOCUMENT,
	    "the pushed authorization response", &body, err);
	if (rc)
		return rc;
	rc = mp_json_read(body, fields, MP_COUNT(fields), &pushed, err);
	json_decref(body);
	if (rc == MCPASS_OK)
		*ret_request_uri = pushed.request_uri;
	return rc;
}

enum mcpass_rc mp_par_url(const char *endpoint, const char *client_id, const char *request_uri,
    char **ret_url, struct mcpass_error *err)
{
	struct mp_buf url = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = mp_authz_open(endpoint, &url, err);

	if (rc) {
		mp_buf_free(&url);
		return rc;
	}
	mp_form_add(&url, "client_id", client_id);
	mp_form_add(&url, "request_uri", request_uri);
	return mp_buf_take(&url, "the authorization URL", ret_url, err);
}
