/* One request at a guarded place: its body is read, it is judged, and goes on or is answered. */
#include "nginx/module.h"
#include "echo/echo.h"
#include "wire/cors.h"

static ngx_int_t copy_text(ngx_pool_t *pool, const char *text, ngx_str_t *ret_text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	*ret_text = (ngx_str_t){ len, len > 0 ? ngx_pnalloc(pool, len + 1) : NULL };
	if (len > 0 && ret_text->data == NULL)
		return NGX_ERROR;
	if (len > 0)
		ngx_memcpy(ret_text->data, text, len + 1);
	return NGX_OK;
}

/* --- the body --- */

static void on_body(ngx_http_request_t *r)
{
	struct mp_visit *visit = mp_visit_find(r);

	visit->has_body = 1;
	r->preserve_body = 1;
	r->write_event_handler = ngx_http_core_run_phases;
	ngx_http_core_run_phases(r);
}

static ngx_int_t read_body(ngx_http_request_t *r)
{
	ngx_int_t rc;

	r->request_body_in_single_buf = 1;
	rc = ngx_http_read_client_request_body(r, on_body);
	if (rc >= NGX_HTTP_SPECIAL_RESPONSE)
		return rc;
	ngx_http_finalize_request(r, NGX_DONE);
	return NGX_DONE;
}

/* --- what is refused whatever the token says, and what is asked before one is sent --- */

/* response->status 0: go on.  spec: MCP streamable HTTP, "Security Warning"; Fetch, CORS */
static enum mcpass_rc screen(const struct mp_place *place, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const struct mp_strings *origins = &place->config.cors_origins;
	const struct mp_cors cors = { (const char *const *)origins->items, origins->count };
	const struct mp_echo_config known = { .origins = cors.origins, .origin_count = cors.count };
	bool done = false;
	enum mcpass_rc rc = mp_cors_preflight(&cors, request, "GET, POST, DELETE", response, &done, err);

	return rc || done ? rc : mp_echo_screen(&known, request, response, err);
}

static enum mcpass_rc add_cors(const struct mp_place *place, const struct mp_http_request *request,
    struct mp_headers *headers, struct mcpass_error *err)
{
	const struct mp_strings *origins = &place->config.cors_origins;
	const struct mp_cors cors = { (const char *const *)origins->items, origins->count };

	return mp_cors_allow(&cors, request, headers, err);
}

/* --- the verdict --- */

/* What the upstream must not see: MCP 2026-07-28 "Token Handling" forbids to pass a token
 * through. */
static ngx_int_t remove_credentials(struct mp_visit *visit)
{
	static const ngx_str_t names[] = { ngx_string("authorization"), ngx_string("dpop") };
	ngx_http_request_t *r = visit->request;

	if (visit->removed == NULL)
		visit->removed = ngx_array_create(r->pool, 2, sizeof(ngx_table_elt_t));
	if (visit->removed == NULL)
		return NGX_ERROR;
	for (size_t i = 0; i < 2; i++)
		if (mp_message_remove(r, &names[i], visit->removed) != NGX_OK)
			return NGX_ERROR;
	r->headers_in.authorization = NULL;
	return NGX_OK;
}

/* Behind a 101 nothing would be looked at any more: what a client sends there could be requests of
 * its own (h2c, WebSocket).  And what Connection names, a next proxy takes out: our headers, too.
 * spec: RFC 9110 7.6.1, 7.8 */
static ngx_int_t remove_hop_headers(ngx_http_request_t *r)
{
	static const ngx_str_t names[] = { ngx_string("connection"), ngx_string("upgrade") };

	for (size_t i = 0; i < 2; i++)
		if (mp_message_remove(r, &names[i], NULL) != NGX_OK)
			return NGX_ERROR;
	r->headers_in.connection = NULL;
	r->headers_in.upgrade = NULL;
	return NGX_OK;
}

static ngx_int_t note_caller(struct mp_visit *visit, const struct mp_http_request *request,
    const struct mcpass_verdict *verdict)
{
	ngx_pool_t *pool = visit->request->pool;
	const char *token = mp_header_get(request->headers, request->header_count, "Authorization");

	token += strcspn(token, " ");           /* there is one: it was let in */
	token += strspn(token, " ");
	/* nginx keeps it where it is until the request ends, with a NUL behind it. */
	visit->token = (ngx_str_t){ strlen(token), (u_char *)token };
	return copy_text(pool, verdict->subject, &visit->subject) != NGX_OK
	    || copy_text(pool, verdict->client_id, &visit->client) != NGX_OK
	    || copy_text(pool, verdict->scope, &visit->scope) != NGX_OK
	    || copy_text(pool, verdict->issuer, &visit->issuer) != NGX_OK
	    || copy_text(pool, verdict->username, &visit->username) != NGX_OK
	    || copy_text(pool, verdict->introspection, &visit->introspection) != NGX_OK ? NGX_ERROR
	    : NGX_OK;
}

/* They come with the upstream's answer. */
static ngx_int_t keep_headers(struct mp_visit *visit, const struct mp_headers *headers)
{
	ngx_pool_t *pool = visit->request->pool;
	ngx_array_t *list;

	if (headers->count == 0)
		return NGX_OK;
	list = ngx_array_create(pool, headers->count, 2 * sizeof(ngx_str_t));
	for (size_t i = 0; list != NULL && i < headers->count; i++) {
		ngx_str_t *pair = ngx_array_push(list);

		if (pair == NULL || copy_text(pool, headers->items[i].name, &pair[0]) != NGX_OK
		    || copy_text(pool, headers->items[i].value, &pair[1]) != NGX_OK)
			return NGX_ERROR;
	}
	visit->answer_headers = list;
	return list != NULL ? NGX_OK : NGX_ERROR;
}

static ngx_int_t answer(struct mp_visit *visit, struct mp_http_response *response)
{
	visit->state = MP_VISIT_DENIED;
	visit->status = response->status;
	return mp_message_answer(visit->request, response);
}

static enum mcpass_rc judge(struct mp_visit *visit, const struct mp_http_request *request,
    struct mcpass_verdict *ret_verdict, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mcpass_error problem = { 0 };
	const char *why = NULL;
	enum mcpass_rc rc = mp_gate_pass(&visit->place->gate, request, ret_verdict, &problem, response,
	    err);

	if (!rc && response->status > 0)
		why = ret_verdict->type == MCPASS_ALLOW ? problem.detail : ret_verdict->reason;
	if (!rc && copy_text(visit->request->pool, why, &visit->denied) != NGX_OK)
		rc = mp_nomem(err);
	return rc;
}

static ngx_int_t too_late(struct mp_visit *visit)
{
	struct mp_http_response response = { 0 };

	ngx_str_set(&visit->denied, "the issuer did not answer in time");
	if (mp_gate_error(&response, 503, "temporarily_unavailable",
	    "The token cannot be checked now: try again.", NULL)
	    || mp_headers_add(&response.headers, "Retry-After", "30", NULL)) {
		mp_http_response_free(&response);
		return NGX_HTTP_SERVICE_UNAVAILABLE;
	}
	return answer(visit, &response);
}

/* A preflight has it already. */
static enum mcpass_rc add_cors_once(const struct mp_place *place,
    const struct mp_http_request *request, struct mp_headers *headers, struct mcpass_error *err)
{
	if (mp_header_get(headers->items, headers->count, "Access-Control-Allow-Origin") != NULL)
		return MCPASS_OK;
	return add_cors(place, request, headers, err);
}

/* Waits for what is fetched, or ends the request. */
static ngx_int_t conclude(struct mp_visit *visit, const struct mp_http_request *request,
    enum mcpass_rc rc, struct mp_http_response *response)
{
	if (!rc && response->status == MP_HTTP_LATER) {
		mp_visit_wait(visit);
		return NGX_AGAIN;
	}
	if (!rc)
		rc = add_cors_once(visit->place, request, &response->headers, NULL);
	if (!rc)
		return answer(visit, response);
	mp_http_response_free(response);
	return NGX_HTTP_SERVICE_UNAVAILABLE;    /* no memory: nothing passes */
}

/* --- on to the server behind --- */

static ngx_int_t add_bearer(struct mp_visit *visit, const struct mp_secret *token)
{
	static const ngx_str_t name = ngx_string("Authorization"), lower = ngx_string("authorization");
	ngx_str_t value = { sizeof("Bearer ") - 1 + token->len, NULL };

	value.data = ngx_pnalloc(visit->request->pool, value.len + 1);
	if (value.data == NULL)
		return NGX_ERROR;
	ngx_memcpy(ngx_cpymem(value.data, "Bearer ", sizeof("Bearer ") - 1), mp_secret_reveal(token),
	    token->len + 1);
	visit->is_exchanged = 1;
	return mp_message_add(visit->request, &name, &lower, &value);
}

/* token: for the server behind, or NULL. */
static ngx_int_t let_on(struct mp_visit *visit, const struct mp_location_conf *conf,
    const struct mp_secret *token)
{
	visit->state = MP_VISIT_ALLOWED;
	if ((!conf->pass_token && remove_credentials(visit) != NGX_OK)
	    || remove_hop_headers(visit->request) != NGX_OK
	    || (token != NULL && add_bearer(visit, token) != NGX_OK)
	    || mp_claims_send(visit, conf->headers) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return NGX_DECLINED;
}

/* The verdict stands, and is not asked for again: a DPoP proof is good for one. */
static ngx_int_t exchange(struct mp_visit *visit, const struct mp_location_conf *conf)
{
	const struct mp_span subject = { (const char *)visit->token.data, visit->token.len };
	const struct mp_secret *token = NULL;
	struct mp_http_response response = { 0 };
	struct mp_http_request request;
	struct mcpass_error problem = { 0 };
	enum mcpass_rc rc;

	visit->state = MP_VISIT_EXCHANGING;
	visit->place->log = visit->request->connection->log;
	if (mp_message_read(visit->request, visit, &request) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	rc = mp_gate_exchange(&visit->place->gate, subject, ngx_time(), &token, &problem, &response,
	    NULL);
	if (!rc && response.status == 0)
		return let_on(visit, conf, token);
	if (!rc && copy_text(visit->request->pool, problem.detail, &visit->denied) != NGX_OK)
		rc = MCPASS_E_NOMEM;
	return conclude(visit, &request, rc, &response);
}

static ngx_int_t note_verdict(struct mp_visit *visit, const struct mp_http_request *request,
    const struct mcpass_verdict *verdict)
{
	struct mp_headers headers = { 0 };
	ngx_int_t rc = NGX_ERROR;

	if (note_caller(visit, request, verdict) == NGX_OK
	    && (verdict->dpop_nonce == NULL || !mp_gate_mark(verdict, &headers, NULL))
	    && !add_cors(visit->place, request, &headers, NULL))
		rc = keep_headers(visit, &headers);
	mp_headers_free(&headers);
	return rc;
}

static ngx_int_t judge_visit(struct mp_visit *visit, const struct mp_location_conf *conf)
{
	ngx_http_request_t *r = visit->request;
	struct mcpass_verdict verdict = { 0 };
	struct mp_http_response response = { 0 };
	struct mp_http_request request;
	ngx_int_t status;
	enum mcpass_rc rc;

	visit->place->log = r->connection->log;
	if (mp_message_read(r, visit, &request) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	status = mp_message_body(r, &request);
	if (status != NGX_OK)
		return status;
	rc = screen(visit->place, &request, &response, NULL);
	if (!rc && response.status == 0)
		rc = judge(visit, &request, &verdict, &response, NULL);
	if (rc || response.status != 0)
		return conclude(visit, &request, rc, &response);
	if (note_verdict(visit, &request, &verdict) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (conf->end_streams)
		mp_visit_end_at(visit, verdict.expires_at);
	return visit->place->exchanger != NULL ? exchange(visit, conf) : let_on(visit, conf, NULL);
}

/* What was exchanged for another place is not this one's. */
static ngx_int_t begin(struct mp_visit *visit, struct mp_place *place)
{
	static const ngx_str_t name = ngx_string("authorization");

	visit->place = place;
	visit->state = MP_VISIT_NEW;
	if (!visit->is_exchanged)
		return NGX_OK;
	visit->is_exchanged = 0;
	return mp_message_remove(visit->request, &name, NULL);
}

/* Made by the configuration, not by a client: it passes where the client's own request did. */
static ngx_int_t check_subrequest(ngx_http_request_t *r, const struct mp_location_conf *conf)
{
	const struct mp_visit *visit = mp_visit_find(r);

	if (visit != NULL && visit->place == conf->place && visit->state == MP_VISIT_ALLOWED)
		return NGX_DECLINED;
	ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
	    "mcpass: a subrequest to a guarded location from one that is not guarded by the same"
	    " directives is refused: put 'mcpass' and its directives around both");
	return NGX_HTTP_FORBIDDEN;
}

ngx_int_t mp_check_request(ngx_http_request_t *r)
{
	const struct mp_location_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_mcpass_module);
	struct mp_visit *visit;

	if (!conf->enable)
		return NGX_DECLINED;
	if (conf->place == NULL) {
		ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "mcpass: on, but no mcpass_resource is"
		    " said for this location: nothing passes");
		return NGX_HTTP_SERVICE_UNAVAILABLE;
	}
	if (r != r->main)
		return check_subrequest(r, conf);
	visit = mp_visit_get(r);
	if (visit == NULL)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (visit->place == conf->place && visit->state == MP_VISIT_ALLOWED)
		return NGX_DECLINED;
	if (visit->place == conf->place && visit->state == MP_VISIT_DENIED)
		return visit->status;
	if ((visit->place != conf->place || visit->state != MP_VISIT_EXCHANGING)
	    && begin(visit, conf->place) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (!visit->has_body)
		return read_body(r);
	if (visit->is_late)
		return too_late(visit);
	return visit->state == MP_VISIT_EXCHANGING ? exchange(visit, conf) : judge_visit(visit, conf);
}
