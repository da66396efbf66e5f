/* What is said for a location, and what it inherits. */
#include "nginx/module.h"

void *mp_ngx_create_main(ngx_conf_t *cf)
{
	struct mp_main_conf *conf = ngx_pcalloc(cf->pool, sizeof(*conf));

	if (conf == NULL)
		return NULL;
	conf->places = ngx_array_create(cf->pool, 4, sizeof(struct mp_place *));
	return conf->places != NULL ? conf : NULL;
}

void *mp_ngx_create_server(ngx_conf_t *cf)
{
	return ngx_pcalloc(cf->pool, sizeof(struct mp_server_conf));
}

void *mp_ngx_create_location(ngx_conf_t *cf)
{
	struct mp_location_conf *conf = ngx_pcalloc(cf->pool, sizeof(*conf));

	if (conf == NULL)
		return NULL;
	conf->enable = conf->pass_token = conf->end_streams = NGX_CONF_UNSET;
	conf->headers = NGX_CONF_UNSET_PTR;
	return conf;
}

/* A location that says nothing of its own is the same place as the one around it. */
static bool inherit(struct mp_location_conf *conf, const struct mp_location_conf *outer)
{
	bool same = true;

	for (int i = 0; i < MP_SAID_COUNT; i++) {
		if (conf->said[i] == NULL)
			conf->said[i] = outer->said[i];
		same = same && conf->said[i] == outer->said[i];
	}
	return same;
}

static bool is_said(const struct mp_location_conf *conf, enum mp_said said)
{
	return conf->said[said] != NULL;
}

static char *register_place(ngx_conf_t *cf, struct mp_place *place)
{
	struct mp_main_conf *all = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcpass_module);
	struct mp_server_conf *server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_mcpass_module);
	struct mp_place **slot, **own;

	if (server->places == NULL)
		server->places = ngx_array_create(cf->pool, 4, sizeof(struct mp_place *));
	slot = server->places != NULL ? ngx_array_push(server->places) : NULL;
	own = ngx_array_push(all->places);
	if (slot == NULL || own == NULL)
		return NGX_CONF_ERROR;
	*slot = *own = place;
	return NGX_CONF_OK;
}

/* What stands around several locations is said once, and makes one place for all of them. */
static struct mp_place *find_place(ngx_conf_t *cf, const struct mp_location_conf *conf)
{
	const struct mp_server_conf *server = ngx_http_conf_get_module_srv_conf(cf,
	    ngx_http_mcpass_module);
	struct mp_place **places = server->places != NULL ? server->places->elts : NULL;

	for (ngx_uint_t i = 0; places != NULL && i < server->places->nelts; i++)
		if (memcmp(places[i]->said, conf->said, sizeof(conf->said)) == 0)
			return places[i];
	return NULL;
}

/* One resource has one set of rules: the document at its place tells one of them. */
static bool is_taken(ngx_conf_t *cf, const struct mp_place *place)
{
	const struct mp_server_conf *server = ngx_http_conf_get_module_srv_conf(cf,
	    ngx_http_mcpass_module);
	struct mp_place **places = server->places != NULL ? server->places->elts : NULL;

	for (ngx_uint_t i = 0; places != NULL && i < server->places->nelts; i++)
		if (strcmp(places[i]->config.resource, place->config.resource) == 0) {
			ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "mcpass: two locations of this server have"
			    " other directives for the same resource %s: put them around both, or give each"
			    " its own mcpass_resource", place->config.resource);
			return true;
		}
	return false;
}

/* spec of nginx: "satisfy any" lets in who is let in by one of the access modules; this one is
 * none of them. */
static bool is_refused(ngx_conf_t *cf)
{
	const ngx_http_core_loc_conf_t *core = ngx_http_conf_get_module_loc_conf(cf,
	    ngx_http_core_module);

	if (core->satisfy != NGX_HTTP_SATISFY_ANY)
		return false;
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "mcpass: \"satisfy any\" beside it: a token is needed"
	    " in any case; say \"satisfy all\", or have a location of its own for who needs none");
	return true;
}

/* Two tokens for one server: the caller's own would go where it must not. */
static bool has_two_tokens(ngx_conf_t *cf, const struct mp_location_conf *conf)
{
	if (!conf->pass_token || conf->place->plan.exchange_issuer == NULL)
		return false;
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "mcpass: mcpass_exchange beside mcpass_pass_token on:"
	    " the server behind gets the one token or the other: say mcpass_pass_token off");
	return true;
}

/* Of a server, or of http: requests come to its locations. */
static bool has_no_name(ngx_conf_t *cf)
{
	const ngx_http_core_loc_conf_t *core = ngx_http_conf_get_module_loc_conf(cf,
	    ngx_http_core_module);

	return core->name.len == 0 && !core->noname;
}

char *mp_ngx_merge_location(ngx_conf_t *cf, void *parent, void *child)
{
	const struct mp_location_conf *outer = parent;
	struct mp_location_conf *conf = child;
	bool same = inherit(conf, outer);

	ngx_conf_merge_value(conf->enable, outer->enable, 0);
	ngx_conf_merge_value(conf->pass_token, outer->pass_token, 0);
	ngx_conf_merge_value(conf->end_streams, outer->end_streams, 1);
	ngx_conf_merge_ptr_value(conf->headers, outer->headers, NULL);
	if (!conf->enable)
		return NGX_CONF_OK;
	if (is_refused(cf))
		return NGX_CONF_ERROR;
	conf->place = same && outer->place != NULL ? outer->place : find_place(cf, conf);
	if (conf->place != NULL)
		return has_two_tokens(cf, conf) ? NGX_CONF_ERROR : NGX_CONF_OK;
	if (has_no_name(cf) && !is_said(conf, MP_SAID_RESOURCE) && !is_said(conf, MP_SAID_CONFIG))
		return NGX_CONF_OK;     /* its locations say more; without them nothing passes */
	conf->place = mp_place_new(cf, conf->said);
	if (conf->place == NULL || has_two_tokens(cf, conf) || is_taken(cf, conf->place))
		return NGX_CONF_ERROR;
	return register_place(cf, conf->place);
}
