/* Answers of what is behind: what every answer to a judged request has, and streams as they
 * come. */
#include "nginx/module.h"

static ngx_http_output_header_filter_pt next_filter;

static bool is_event_stream(const ngx_http_request_t *r)
{
	static const u_char type[] = "text/event-stream";

	return r->headers_out.content_type.len >= sizeof(type) - 1
	    && ngx_strncasecmp(r->headers_out.content_type.data, (u_char *)type, sizeof(type) - 1) == 0;
}

/* The upstream may have said one of them itself: a browser refuses two. */
static void drop_same(ngx_http_request_t *r, const ngx_str_t *name)
{
	for (ngx_list_part_t *part = &r->headers_out.headers.part; part != NULL; part = part->next) {
		ngx_table_elt_t *items = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (items[i].key.len == name->len
			    && ngx_strncasecmp(items[i].key.data, name->data, name->len) == 0)
				items[i].hash = 0;
	}
}

static ngx_int_t add_headers(ngx_http_request_t *r, const ngx_array_t *headers)
{
	const ngx_str_t *pairs = headers->elts;
	static const ngx_str_t vary = ngx_string("Vary");

	for (ngx_uint_t i = 0; i < headers->nelts; i++) {
		const ngx_str_t *pair = &pairs[2 * i];

		if (pair[0].len != vary.len || ngx_strncasecmp(pair[0].data, vary.data, vary.len) != 0)
			drop_same(r, &pair[0]);
		if (mp_message_add_answer(r, (char *)pair[0].data, (char *)pair[1].data) != NGX_OK)
			return NGX_ERROR;
	}
	return NGX_OK;
}

static ngx_int_t filter(ngx_http_request_t *r)
{
	const struct mp_visit *visit = r == r->main ? mp_visit_find(r) : NULL;

	if (visit == NULL || visit->state != MP_VISIT_ALLOWED)
		return next_filter(r);
	if (visit->answer_headers != NULL && add_headers(r, visit->answer_headers) != NGX_OK)
		return NGX_ERROR;
	/* Decided when the head goes out, and not before: what may be kept in a cache must be
	 * buffered. */
	if (r->upstream != NULL && is_event_stream(r) && !r->upstream->cacheable)
		r->upstream->buffering = 0;
	return next_filter(r);
}

void mp_answers_filter(void)
{
	next_filter = ngx_http_top_header_filter;
	ngx_http_top_header_filter = filter;
}
