/* Requests of nginx as ours, and our answers as nginx's. */
#include "nginx/module.h"
#include "base/limits.h"

static char *text_of(ngx_pool_t *pool, const ngx_str_t *text)
{
	u_char *copy = ngx_pnalloc(pool, text->len + 1);

	if (copy == NULL)
		return NULL;
	ngx_memcpy(copy, text->data, text->len);
	copy[text->len] = '\0';
	return (char *)copy;
}

static size_t count_headers(const ngx_list_part_t *part)
{
	size_t count = 0;

	for (; part != NULL; part = part->next)
		count += part->nelts;
	return count;
}

/* nginx ends names and values with a NUL by itself, and lets none into them. */
static struct mcpass_header *add_headers(const ngx_list_part_t *part, struct mcpass_header *at)
{
	for (; part != NULL; part = part->next) {
		const ngx_table_elt_t *items = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			*at++ = (struct mcpass_header){ (const char *)items[i].key.data,
				(const char *)items[i].value.data };
	}
	return at;
}

/* The path as the client wrote it: documents are found by it. */
static ngx_int_t set_target(ngx_http_request_t *r, struct mp_http_request *request)
{
	ngx_str_t path = r->unparsed_uri;
	u_char *end = ngx_strlchr(path.data, path.data + path.len, '?');

	if (end != NULL)
		path.len = (size_t)(end - path.data);
	request->path = text_of(r->pool, &path);
	request->query = r->args.len > 0 ? text_of(r->pool, &r->args) : NULL;
	request->method = text_of(r->pool, &r->method_name);
	return request->path == NULL || request->method == NULL
	    || (r->args.len > 0 && request->query == NULL) ? NGX_ERROR : NGX_OK;
}

ngx_int_t mp_message_read(ngx_http_request_t *r, const struct mp_visit *visit,
    struct mp_http_request *ret_request)
{
	const ngx_list_part_t *sent = &r->headers_in.headers.part;
	ngx_list_part_t removed = { 0 };
	struct mcpass_header *list;

	*ret_request = (struct mp_http_request){ .now = ngx_time() };
	if (visit != NULL && visit->removed != NULL)
		removed = (ngx_list_part_t){ .elts = visit->removed->elts, .nelts = visit->removed->nelts };
	ret_request->header_count = count_headers(sent) + count_headers(&removed);
	list = ngx_palloc(r->pool, (ret_request->header_count + 1) * sizeof(*list));
	if (list == NULL)
		return NGX_ERROR;
	(void)add_headers(&removed, add_headers(sent, list));
	ret_request->headers = list;
	return set_target(r, ret_request);
}

/* --- the body --- */

static off_t length_of(const ngx_chain_t *chain)
{
	off_t len = 0;

	for (; chain != NULL; chain = chain->next)
		len += ngx_buf_size(chain->buf);
	return len;
}

static u_char *copy_buf(ngx_buf_t *buf, u_char *at)
{
	size_t len = (size_t)ngx_buf_size(buf);

	if (ngx_buf_in_memory(buf))
		return ngx_cpymem(at, buf->pos, len);
	if (len > 0 && ngx_read_file(buf->file, at, len, buf->file_pos) != (ssize_t)len)
		return NULL;
	return at + len;
}

ngx_int_t mp_message_body(ngx_http_request_t *r, struct mp_http_request *request)
{
	ngx_chain_t *chain = r->request_body != NULL ? r->request_body->bufs : NULL;
	off_t len = length_of(chain);
	u_char *body, *at;

	request->body = "";
	request->body_len = (size_t)len;
	if (len == 0)
		return NGX_OK;
	if (len > (off_t)MP_MAX_MESSAGE)
		return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
	if (chain->next == NULL && ngx_buf_in_memory(chain->buf)) {
		request->body = (const char *)chain->buf->pos;
		return NGX_OK;
	}
	at = body = ngx_pnalloc(r->pool, (size_t)len);
	for (; at != NULL && chain != NULL; chain = chain->next)
		at = copy_buf(chain->buf, at);
	request->body = (const char *)body;
	return at != NULL ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

/* --- the answer --- */

ngx_int_t mp_message_add_answer(ngx_http_request_t *r, const char *name, const char *value)
{
	const ngx_str_t name_text = { strlen(name), (u_char *)name };
	const ngx_str_t value_text = { strlen(value), (u_char *)value };
	ngx_table_elt_t *header = ngx_list_push(&r->headers_out.headers);

	if (header == NULL)
		return NGX_ERROR;
	ngx_memzero(header, sizeof(*header));
	header->hash = 1;
	header->key.data = (u_char *)text_of(r->pool, &name_text);
	header->value.data = (u_char *)text_of(r->pool, &value_text);
	if (header->key.data == NULL || header->value.data == NULL) {
		header->hash = 0;
		return NGX_ERROR;
	}
	header->key.len = name_text.len;
	header->value.len = value_text.len;
	return NGX_OK;
}

static ngx_int_t add_answer_headers(ngx_http_request_t *r, const struct mp_headers *headers,
    ngx_str_t *ret_type)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct mcpass_header *header = &headers->items[i];
		ngx_str_t value = { strlen(header->value), (u_char *)header->value };

		if (strcmp(header->name, "Content-Type") == 0) {
			ret_type->data = (u_char *)text_of(r->pool, &value);
			ret_type->len = value.len;
			if (ret_type->data == NULL)
				return NGX_ERROR;
		} else if (mp_message_add_answer(r, header->name, header->value) != NGX_OK) {
			return NGX_ERROR;
		}
	}
	return NGX_OK;
}

ngx_int_t mp_message_answer(ngx_http_request_t *r, struct mp_http_response *response)
{
	const ngx_str_t text = { response->body.len, (u_char *)mp_buf_text(&response->body) };
	ngx_http_complex_value_t body = { 0 };
	ngx_uint_t status = (ngx_uint_t)response->status;
	ngx_str_t type = ngx_null_string;
	ngx_int_t rc;

	body.value = (ngx_str_t){ text.len, (u_char *)text_of(r->pool, &text) };
	rc = body.value.data == NULL ? NGX_ERROR : add_answer_headers(r, &response->headers, &type);
	mp_http_response_free(response);
	if (rc == NGX_OK)
		rc = ngx_http_send_response(r, status, &type, &body);
	else
		rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
	ngx_http_finalize_request(r, rc);
	return NGX_DONE;
}

/* --- what the upstream gets --- */

/* A part that became empty goes: nginx reads the first item of each. */
static void drop_part(ngx_list_t *list, ngx_list_part_t *part)
{
	ngx_list_part_t *before = &list->part, *next = part->next;

	if (part == before && next != NULL) {   /* it lies in the list: the next one moves there */
		*part = *next;
		if (list->last == next)
			list->last = part;
		return;
	}
	while (part != &list->part && before->next != part)
		before = before->next;
	if (before == part)
		return;
	before->next = next;
	if (list->last == part) {
		list->last = before;
		list->nalloc = before->nelts;
	}
}

/* What nginx points at stays where it is, so the list is cut around the item.  The last part is
 * then full: there is less room behind it than there was. */
static ngx_int_t cut_out(ngx_http_request_t *r, ngx_list_part_t *part, ngx_uint_t at)
{
	ngx_list_t *list = &r->headers_in.headers;
	ngx_table_elt_t *items = part->elts;
	ngx_list_part_t *rest;

	if (at + 1 == part->nelts) {
		part->nelts--;
	} else if (at == 0) {
		part->elts = items + 1;
		part->nelts--;
		if (list->last == part)
			list->nalloc = part->nelts;
	} else {
		rest = ngx_palloc(r->pool, sizeof(*rest));
		if (rest == NULL)
			return NGX_ERROR;
		*rest = (ngx_list_part_t){ .elts = items + at + 1, .nelts = part->nelts - at - 1,
			.next = part->next };
		part->nelts = at;
		part->next = rest;
		if (list->last == part) {
			list->last = rest;
			list->nalloc = rest->nelts;
		}
	}
	if (part->nelts == 0)
		drop_part(list, part);
	return NGX_OK;
}

/* To CGI, PHP and their like what is no letter and no digit is the same. */
static u_char plain(u_char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

bool mp_message_is_same_name(const ngx_str_t *a, const ngx_str_t *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (plain(ngx_tolower(a->data[i])) != plain(ngx_tolower(b->data[i])))
			return false;
	return true;
}

/* The first header of that name; false: there is none. */
static bool find(ngx_http_request_t *r, const ngx_str_t *lower_name, ngx_list_part_t **ret_part,
    ngx_uint_t *ret_at)
{
	for (ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL; part = part->next) {
		const ngx_table_elt_t *items = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (mp_message_is_same_name(&items[i].key, lower_name)) {
				*ret_part = part;
				*ret_at = i;
				return true;
			}
	}
	return false;
}

ngx_int_t mp_message_remove(ngx_http_request_t *r, const ngx_str_t *lower_name,
    ngx_array_t *removed)
{
	ngx_list_part_t *part;
	ngx_uint_t at;

	while (find(r, lower_name, &part, &at)) {
		ngx_table_elt_t *kept = removed != NULL ? ngx_array_push(removed) : NULL;

		if (removed != NULL && kept == NULL)
			return NGX_ERROR;
		if (kept != NULL)
			*kept = ((ngx_table_elt_t *)part->elts)[at];
		if (cut_out(r, part, at) != NGX_OK)
			return NGX_ERROR;
	}
	return NGX_OK;
}

ngx_int_t mp_message_add(ngx_http_request_t *r, const ngx_str_t *name, const ngx_str_t *lower_name,
    const ngx_str_t *value)
{
	ngx_table_elt_t *header = ngx_list_push(&r->headers_in.headers);

	if (header == NULL)
		return NGX_ERROR;
	ngx_memzero(header, sizeof(*header));
	header->hash = ngx_hash_key(lower_name->data, lower_name->len);
	header->key = *name;
	header->value = *value;
	header->lowcase_key = lower_name->data;
	return NGX_OK;
}
