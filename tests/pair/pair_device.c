#include "pair_device.h"
#include <string.h>
#include "harness/check.h"

void arrange_device(struct world *world)
{
	world->config.grant = MCPASS_GRANT_DEVICE;
}

void arrange_device_preferred(struct world *world)
{
	world->config.flags |= MCPASS_PREFER_DEVICE;
}

static void walk_first(void)
{
	struct world world;

	world_open(&world);
	arrange_device(&world);
	world.dawdles = 3;
	CALL("by a code", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one person", world.logins, 1);
	CHECK_EQ("one registration", world.registrations, 1);
	CHECK_EQ("three polls in vain, one with the token", world.polls, 4);
	CHECK_EQ("five seconds each", world.waited, 20);
	CHECK_HAS("the longer link", world.shown_url, AS "/device?user_code=");
	CHECK_HAS("the registration serves a browser, too", world.record, "http://127.0.0.1:");
	world.now += 24 * 3600;
	world_restart(&world);
	CALL("refreshed as any other", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("with nobody", world.logins, 1);
	CHECK_EQ("one refresh", world.refreshes, 1);
	world_close(&world);
}

/* Known before, and asked whether it still is. */
static bool check_is_down(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 503;
	return true;
}

static void again(struct world *world)
{
	world_edit(world, "access_token", json_string("refused"));
	world_edit(world, "refresh_token", NULL);
	world_restart(world);
}

static void walk_known(void)
{
	struct world world;

	world_open(&world);
	CALL("in a browser first", &world, "tools/call", "echo", MCPASS_OK, 200);
	again(&world);
	arrange_device(&world);
	CALL("checked, then by a code", &world, "tools/call", "echo", MCPASS_OK, 200);
	again(&world);
	world.tamper = check_is_down;
	CALL("no clear answer", &world, "tools/call", "echo", MCPASS_OK, 200);
	again(&world);
	world_edit(&world, "client.configuration_url", NULL);
	CALL("cannot be checked", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one registration for all", world.registrations, 1);
	CHECK_EQ("four logins", world.logins, 4);
	world_close(&world);
}

/* The other way round: the registration was made for a login by a code. */
static void walk_to_browser(void)
{
	struct world world;

	world_open(&world);
	arrange_device(&world);
	CALL("by a code first", &world, "tools/call", "echo", MCPASS_OK, 200);
	world.port = 0;         /* the one that was registered is free */
	again(&world);
	world.config.grant = MCPASS_GRANT_CODE;
	CALL("then in a browser", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one registration", world.registrations, 1);
	world_close(&world);
}

static void walk_widening(void)
{
	struct world world;

	world_open(&world);
	arrange_device(&world);
	CALL("login", &world, "resources/list", NULL, MCPASS_OK, 200);
	world_edit(&world, "client.scope", json_string("mcp:read"));
	world_restart(&world);
	CALL("more", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("widened", world.registrations, 1);
	world_close(&world);
}

/* A registration of a time when nobody asked for this grant. */
static bool old_registration(struct world *world, const char *url,
    struct mp_http_response *response)
{
	if (strcmp(url, AS "/device_authorization") == 0 && world->registrations < 2) {
		response->status = 400;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"error\":\"unauthorized_client\"}");
	}
	return true;
}

static void walk_old_registration(void)
{
	struct world world;

	world_open(&world);
	CALL("in a browser", &world, "tools/call", "echo", MCPASS_OK, 200);
	again(&world);
	arrange_device(&world);
	world.tamper = old_registration;
	CALL("registered again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once", world.registrations, 2);
	world_close(&world);
}

/* Preferred, offered, and refused to this client: then a browser, if need be elsewhere. */
static void walk_back_to_browser(void)
{
	struct world world;

	world_open(&world);
	arrange_device_preferred(&world);
	world.port = 0;
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "device-unauthorized", NULL), MCPASS_OK);
	CALL("the browser after all", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no second registration", world.registrations, 1);
	CHECK_EQ("no poll", world.polls, 0);
	world_close(&world);
}

static void walk_bound(void)
{
	struct world world;
	json_t *cnf;

	world_open(&world);
	arrange_device(&world);
	arrange_dpop(&world);
	world.dawdles = 1;
	CALL("bound", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("a nonce, pending, a token", world.polls, 3);
	cnf = token_claim(&world, "cnf");
	CHECK("to a key", json_string_value(json_object_get(cnf, "jkt")) != NULL);
	json_decref(cnf);
	world_close(&world);
}

void walk_device(void)
{
	walk_first();
	walk_known();
	walk_to_browser();
	walk_widening();
	walk_old_registration();
	walk_back_to_browser();
	walk_bound();
}
