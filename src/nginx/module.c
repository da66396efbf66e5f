/* The module as nginx sees it: its phases, its life. */
#include "nginx/module.h"

static ngx_int_t add_handler(ngx_http_core_main_conf_t *core, ngx_uint_t phase,
    ngx_http_handler_pt handler)
{
	ngx_http_handler_pt *slot = ngx_array_push(&core->phases[phase].handlers);

	if (slot == NULL)
		return NGX_ERROR;
	*slot = handler;
	return NGX_OK;
}

/* A phase's handlers run from the last to the first that was added, so ours comes before
 * limit_req and mirror. */
static ngx_int_t after_configuration(ngx_conf_t *cf)
{
	ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
	struct mp_main_conf *conf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcpass_module);

	mp_answers_filter();
	if (conf->places->nelts == 0)
		return NGX_OK;
	if (add_handler(core, NGX_HTTP_SERVER_REWRITE_PHASE, mp_document_handler) != NGX_OK
	    || add_handler(core, NGX_HTTP_PREACCESS_PHASE, mp_check_request) != NGX_OK)
		return NGX_ERROR;
	return mp_zone_add(cf, conf);
}

/* In the master, and with -t: the memory is there now. */
static ngx_int_t open_places(ngx_cycle_t *cycle)
{
	struct mp_main_conf *conf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_mcpass_module);
	struct mcpass_shared_memory shared;
	struct mp_place **places;

	if (conf == NULL || conf->zone == NULL)
		return NGX_OK;
	shared = mp_zone_memory(conf->zone);
	places = conf->places->elts;
	for (ngx_uint_t i = 0; i < conf->places->nelts; i++)
		if (mp_place_open(places[i], &shared, cycle->log) != NGX_OK)
			return NGX_ERROR;
	return NGX_OK;
}

static ngx_http_module_t context = {
	.preconfiguration = mp_variables_add,
	.postconfiguration = after_configuration,
	.create_main_conf = mp_ngx_create_main,
	.create_srv_conf = mp_ngx_create_server,
	.create_loc_conf = mp_ngx_create_location,
	.merge_loc_conf = mp_ngx_merge_location,
};

ngx_module_t ngx_http_mcpass_module = {
	NGX_MODULE_V1,
	.ctx = &context,
	.commands = mp_ngx_commands,
	.type = NGX_HTTP_MODULE,
	.init_module = open_places,
	.exit_process = mp_worker_exit,
};

/* What nginx looks for in a file that it loads. */
#define EXPORTED __attribute__((visibility("default")))
extern EXPORTED ngx_module_t *ngx_modules[];
extern EXPORTED char *ngx_module_names[];
extern EXPORTED char *ngx_module_order[];
ngx_module_t *ngx_modules[] = { &ngx_http_mcpass_module, NULL };
char *ngx_module_names[] = { (char *)"ngx_http_mcpass_module", NULL };
char *ngx_module_order[] = { NULL };
