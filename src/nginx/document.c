/* The documents of a server's guards, before any location is looked for.  spec: RFC 9728 3 */
#include "nginx/module.h"

static ngx_int_t answer_for(ngx_http_request_t *r, struct mp_place *place,
    const struct mp_http_request *request)
{
	struct mp_http_response response = { 0 };
	struct mp_visit *visit;

	place->log = r->connection->log;
	if (mp_gate_document(&place->gate, request, &response, NULL)) {
		mp_http_response_free(&response);
		return NGX_HTTP_SERVICE_UNAVAILABLE;
	}
	if (response.status == 0)
		return NGX_DECLINED;
	if (response.status != MP_HTTP_LATER)
		return mp_message_answer(r, &response);
	visit = mp_visit_get(r);
	if (visit == NULL || visit->is_late)
		return NGX_HTTP_SERVICE_UNAVAILABLE;
	visit->place = place;
	mp_visit_wait(visit);
	return NGX_AGAIN;
}

ngx_int_t mp_document_handler(ngx_http_request_t *r)
{
	const struct mp_server_conf *conf = ngx_http_get_module_srv_conf(r, ngx_http_mcpass_module);
	static const u_char folder[] = "/.well-known/";
	struct mp_http_request request;
	struct mp_place **places;

	if (conf->places == NULL || r != r->main || ngx_strnstr(r->unparsed_uri.data,
	    (char *)folder, r->unparsed_uri.len) == NULL)
		return NGX_DECLINED;
	if (mp_message_read(r, NULL, &request) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	places = conf->places->elts;
	for (ngx_uint_t i = 0; i < conf->places->nelts; i++) {
		ngx_int_t rc = answer_for(r, places[i], &request);

		if (rc != NGX_DECLINED)
			return rc;
	}
	return NGX_DECLINED;
}
