/* bridge_port.h - servers that say nothing by themselves, for the fuzz targets of the bridge. */
#ifndef MP_BRIDGE_PORT_H
#define MP_BRIDGE_PORT_H
#include <string.h>
#include "bridge/bridge.h"

static unsigned bridge_calls;
static const char *bridge_revision;

static enum mcpass_rc bridge_open(void *ctx, size_t server, const char *initialize,
    struct mcpass_error *err)
{
	(void)ctx, (void)server, (void)initialize, (void)err;
	return MCPASS_OK;
}

static enum mcpass_rc bridge_request(void *ctx, size_t server, const char *method,
    const char *params, unsigned *ret_call, struct mcpass_error *err)
{
	(void)ctx, (void)server, (void)method, (void)params, (void)err;
	*ret_call = ++bridge_calls;
	return MCPASS_OK;
}

static enum mcpass_rc bridge_send(void *ctx, size_t server, struct mp_span message,
    unsigned *ret_call, struct mcpass_error *err)
{
	(void)ctx, (void)server, (void)message, (void)err;
	*ret_call = ++bridge_calls;
	return MCPASS_OK;
}

static enum mcpass_rc bridge_notify(void *ctx, size_t server, const char *method,
    const char *params, struct mcpass_error *err)
{
	(void)ctx, (void)server, (void)method, (void)params, (void)err;
	return MCPASS_OK;
}

static enum mcpass_rc bridge_respond(void *ctx, size_t server, const char *json,
    struct mcpass_error *err)
{
	(void)ctx, (void)server, (void)json, (void)err;
	return MCPASS_OK;
}

static void bridge_cancel(void *ctx, size_t server, unsigned call)
{
	(void)ctx, (void)server, (void)call;
}

static void bridge_forget(void *ctx, size_t server)
{
	(void)ctx, (void)server;
}

static const char *bridge_get_revision(void *ctx, size_t server)
{
	(void)ctx, (void)server;
	return bridge_revision;
}

static const char *bridge_welcome(void *ctx, size_t server)
{
	(void)ctx, (void)server;
	return NULL;
}

static int bridge_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 1, len);
	return 0;
}

static const struct mp_bridge_port bridge_port = { NULL, bridge_open, bridge_request,
	bridge_send, bridge_notify, bridge_respond, bridge_cancel, bridge_forget, bridge_get_revision,
	bridge_welcome };
static const char *const bridge_names[] = { "a", "b" };
static const char *const bridge_denied[] = { "*x" };

/* how: one or two servers, of which era, with or without filters. */
static inline struct mp_bridge *bridge_make(uint8_t how, struct mp_bridge_config *config)
{
	struct mp_bridge *b = NULL;

	bridge_calls = 0;
	bridge_revision = how & 1 ? "2026-07-28" : "2025-11-25";
	*config = (struct mp_bridge_config){ .names = bridge_names, .server_count = how & 2 ? 2 : 1,
		.prefix = how & 4 ? "p" : NULL, .deny = bridge_denied, .deny_count = how & 4 ? 1 : 0,
		.max_message = 8192, .sign_in_wait_ms = 10, .early_ms = 10, .random = bridge_random };
	(void)mp_bridge_new(config, &bridge_port, &b, NULL);
	return b;
}

#endif
