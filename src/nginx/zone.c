/* The memory that all workers share, and the next ones after a reload. */
#include "nginx/module.h"

#define DEFAULT_SIZE ((size_t)10 * 1024 * 1024)

/* What lies at the beginning of nginx's own allocator's memory. */
struct root {
	void *memory;
	size_t len;
};

/* old: of the configuration before, when name and size are the same. */
static ngx_int_t init(ngx_shm_zone_t *zone, void *old)
{
	ngx_slab_pool_t *pool = (ngx_slab_pool_t *)zone->shm.addr;
	struct root *root;

	if (old != NULL || zone->shm.exists)
		return NGX_OK;
	root = ngx_slab_calloc(pool, sizeof(*root));
	if (root == NULL)
		return NGX_ERROR;
	root->len = pool->pfree * ngx_pagesize;
	root->memory = ngx_slab_calloc(pool, root->len);
	pool->data = root;
	return root->memory != NULL ? NGX_OK : NGX_ERROR;
}

ngx_int_t mp_zone_add(ngx_conf_t *cf, struct mp_main_conf *conf)
{
	static ngx_str_t name = ngx_string("mcpass");

	conf->zone = ngx_shared_memory_add(cf, &name, conf->zone_size != 0 ? conf->zone_size
	    : DEFAULT_SIZE, &ngx_http_mcpass_module);
	if (conf->zone == NULL)
		return NGX_ERROR;
	conf->zone->init = init;
	conf->zone->data = conf;
	return NGX_OK;
}

/* The master frees the mutex when the worker that held it died. */
static void lock(void *ctx)
{
	ngx_shmtx_lock(&((ngx_slab_pool_t *)ctx)->mutex);
}

static void unlock(void *ctx)
{
	ngx_shmtx_unlock(&((ngx_slab_pool_t *)ctx)->mutex);
}

struct mcpass_shared_memory mp_zone_memory(const ngx_shm_zone_t *zone)
{
	ngx_slab_pool_t *pool = (ngx_slab_pool_t *)zone->shm.addr;
	const struct root *root = pool->data;

	return (struct mcpass_shared_memory){ root->memory, root->len, lock, unlock, pool };
}
