/* Who was let in, for logs, limits and the server behind: variables and headers. */
#include "nginx/module.h"
#include "base/limits.h"
#include "mcp/headers.h"
#include "wire/jose/b64url.h"
#include "wire/json/json.h"

/* --- what the token says --- */

/* The payload of a JWT that was let in; *ret_json stays NULL for an opaque token, which may have
 * dots, too. */
static enum mcpass_rc read_payload(const ngx_str_t *token, json_t **ret_json)
{
	const char *begin = (const char *)token->data, *first, *second;
	struct mp_buf payload;
	enum mcpass_rc rc;

	first = token->len > 0 ? strchr(begin, '.') : NULL;
	second = first != NULL ? strchr(first + 1, '.') : NULL;
	if (second == NULL)
		return MCPASS_OK;
	mp_buf_init(&payload, MP_MAX_TOKEN);
	rc = mp_b64url_decode(&payload, (struct mp_span){ first + 1, (size_t)(second - first - 1) },
	    NULL);
	if (!rc)
		rc = mp_json_parse(mp_buf_text(&payload), payload.len, MP_MAX_TOKEN, "a token", ret_json,
		    NULL);
	mp_buf_free(&payload);
	return rc == MCPASS_E_NOMEM ? rc : MCPASS_OK;
}

/* Texts with a space between; what is no text is left out. */
static void add_list(struct mp_buf *text, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));

		if (item != NULL && text->len > 0)
			mp_buf_addc(text, ' ');
		if (item != NULL)
			mp_buf_adds(text, item);
	}
}

static void add_value(struct mp_buf *text, const json_t *value)
{
	char *dump;

	if (json_is_string(value)) {
		mp_buf_adds(text, json_string_value(value));
	} else if (json_is_array(value)) {
		add_list(text, value);
	} else if (value != NULL) {
		dump = mp_json_dump(value);
		if (dump != NULL)
			mp_buf_adds(text, dump);
		free(dump);
	}
}

/* What its issuer answered about it, else what the token says itself. */
static enum mcpass_rc read_claim(const struct mp_visit *visit, const ngx_str_t *name,
    struct mp_buf *text)
{
	json_t *answer = NULL, *token = NULL;
	const json_t *value;
	char key[128];
	enum mcpass_rc rc = MCPASS_OK;

	if (name->len >= sizeof(key))
		return MCPASS_OK;
	ngx_memcpy(key, name->data, name->len);
	key[name->len] = '\0';
	if (visit->introspection.len > 0)
		rc = mp_json_parse((const char *)visit->introspection.data, visit->introspection.len,
		    MP_MAX_INTROSPECTION, "an answer", &answer, NULL);
	value = mp_json_get(answer, key);
	if (!rc && value == NULL)
		rc = read_payload(&visit->token, &token);
	add_value(text, value != NULL ? value : mp_json_get(token, key));
	json_decref(answer);
	json_decref(token);
	return rc ? rc : mp_buf_check(text, "a claim", NULL);
}

/* The control bytes of a claim would end a header, and begin one of its own. */
static ngx_int_t encode(ngx_pool_t *pool, const char *text, ngx_str_t *ret_text)
{
	char *encoded = NULL;
	ngx_int_t rc = NGX_ERROR;

	*ret_text = (ngx_str_t)ngx_null_string;
	if (text[0] == '\0')
		return NGX_OK;
	if (mp_header_value_encode(text, &encoded, NULL))
		return NGX_ERROR;
	ret_text->len = strlen(encoded);
	ret_text->data = ngx_pnalloc(pool, ret_text->len + 1);
	if (ret_text->data != NULL) {
		ngx_memcpy(ret_text->data, encoded, ret_text->len + 1);
		rc = NGX_OK;
	}
	free(encoded);
	return rc;
}

/* What the guard found out, which an issuer may have said and not the token. */
static const ngx_str_t *known(const struct mp_visit *visit, const ngx_str_t *name)
{
	static const struct { ngx_str_t name; size_t at; } claims[] = {
		{ ngx_string("sub"), offsetof(struct mp_visit, subject) },
		{ ngx_string("client_id"), offsetof(struct mp_visit, client) },
		{ ngx_string("scope"), offsetof(struct mp_visit, scope) },
		{ ngx_string("iss"), offsetof(struct mp_visit, issuer) },
		{ ngx_string("username"), offsetof(struct mp_visit, username) },
	};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (claims[i].name.len == name->len
		    && ngx_strncmp(claims[i].name.data, name->data, name->len) == 0)
			return (const ngx_str_t *)((const char *)visit + claims[i].at);
	return NULL;
}

ngx_int_t mp_claim_text(const struct mp_visit *visit, const ngx_str_t *name, ngx_str_t *ret_text)
{
	const ngx_str_t *found = known(visit, name);
	struct mp_buf text;
	ngx_int_t rc = NGX_OK;

	*ret_text = (ngx_str_t)ngx_null_string;
	if (visit->state != MP_VISIT_ALLOWED)
		return NGX_OK;
	mp_buf_init(&text, MP_MAX_TOKEN);
	if (found != NULL)
		mp_buf_add(&text, found->data != NULL ? (char *)found->data : "", found->len);
	else if (read_claim(visit, name, &text))
		rc = NGX_ERROR;
	if (rc == NGX_OK)
		rc = encode(visit->request->pool, mp_buf_text(&text), ret_text);
	mp_buf_free(&text);
	return rc;
}

/* --- headers for the server behind --- */

/* A client's own header of that name goes in any case: it would pass for ours. */
ngx_int_t mp_claims_send(struct mp_visit *visit, const ngx_array_t *headers)
{
	const struct mp_claim_header *items = headers != NULL ? headers->elts : NULL;

	for (ngx_uint_t i = 0; headers != NULL && i < headers->nelts; i++) {
		ngx_str_t value;

		if (mp_message_remove(visit->request, &items[i].lower, NULL) != NGX_OK
		    || mp_claim_text(visit, &items[i].claim, &value) != NGX_OK)
			return NGX_ERROR;
		if (value.len > 0 && mp_message_add(visit->request, &items[i].name, &items[i].lower,
		    &value) != NGX_OK)
			return NGX_ERROR;
	}
	return NGX_OK;
}

/* --- variables --- */

static ngx_int_t set_value(ngx_http_variable_value_t *value, const ngx_str_t *text)
{
	value->not_found = text->len == 0;
	value->valid = text->len > 0;
	value->no_cacheable = 1;        /* it may be asked for before the check, and after it */
	value->data = text->data;
	value->len = (unsigned)text->len;
	return NGX_OK;
}

static ngx_int_t get_claim(ngx_http_request_t *r, ngx_http_variable_value_t *value,
    const ngx_str_t *name)
{
	const struct mp_visit *visit = mp_visit_find(r);
	ngx_str_t text = ngx_null_string;

	if (visit != NULL && mp_claim_text(visit, name, &text) != NGX_OK)
		return NGX_ERROR;
	return set_value(value, &text);
}

/* data: a claim's name. */
static ngx_int_t get_known(ngx_http_request_t *r, ngx_http_variable_value_t *value, uintptr_t data)
{
	const ngx_str_t name = { strlen((const char *)data), (u_char *)data };

	return get_claim(r, value, &name);
}

#define CLAIM "mcpass_claim_"
/* data: the variable's whole name. */
static ngx_int_t get_named(ngx_http_request_t *r, ngx_http_variable_value_t *value, uintptr_t data)
{
	const ngx_str_t *whole = (const ngx_str_t *)data;
	const ngx_str_t name = { whole->len - (sizeof(CLAIM) - 1), whole->data + sizeof(CLAIM) - 1 };

	return get_claim(r, value, &name);
}

static ngx_int_t get_denied(ngx_http_request_t *r, ngx_http_variable_value_t *value, uintptr_t data)
{
	const struct mp_visit *visit = mp_visit_find(r);
	ngx_str_t text = ngx_null_string;

	(void)data;
	if (visit != NULL && encode(r->pool, visit->denied.len > 0 ? (char *)visit->denied.data : "",
	    &text) != NGX_OK)
		return NGX_ERROR;
	return set_value(value, &text);
}

ngx_int_t mp_variables_add(ngx_conf_t *cf)
{
	static const struct { ngx_str_t name; ngx_http_get_variable_pt get; const char *claim; } all[] = {
		{ ngx_string("mcpass_sub"), get_known, "sub" },
		{ ngx_string("mcpass_client"), get_known, "client_id" },
		{ ngx_string("mcpass_scope"), get_known, "scope" },
		{ ngx_string("mcpass_issuer"), get_known, "iss" },
		{ ngx_string("mcpass_username"), get_known, "username" },
		{ ngx_string("mcpass_denied"), get_denied, NULL },
		{ ngx_string(CLAIM), get_named, NULL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ngx_str_t name = all[i].name;
		ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, all[i].get == get_named
		    ? NGX_HTTP_VAR_PREFIX | NGX_HTTP_VAR_NOCACHEABLE : NGX_HTTP_VAR_NOCACHEABLE);

		if (variable == NULL)
			return NGX_ERROR;
		variable->get_handler = all[i].get;
		variable->data = (uintptr_t)all[i].claim;
	}
	return NGX_OK;
}
