/* Each flow once per allocation that the client makes, with that one failing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_survive.h"

static enum mcpass_rc call(struct world *world, struct mcpass_error *err)
{
	int status;

	return world_call(world, "tools/call", "echo", &status, err);
}

static void nothing(struct world *world)
{
	(void)world;
}

static void logged_in(struct world *world)
{
	CHECK_EQ("prepared", call(world, NULL), MCPASS_OK);
	world_restart(world);
}

static void expired(struct world *world)
{
	logged_in(world);
	world->now += 24 * 3600;
}

static void only_reading(struct world *world)
{
	int status;

	CHECK_EQ("prepared", world_call(world, "resources/list", NULL, &status, NULL), MCPASS_OK);
}

static void forgotten(struct world *world)
{
	expired(world);
	memstore_drop_kind(world->memory, "client");
}

static const struct {
	const char *label;
	prepare_fn *prepare;
	flow_fn *flow;
} flow_rows[] = {
	{ "first login", nothing, call },
	{ "stored token", logged_in, call },
	{ "refresh", expired, call },
	{ "step-up", only_reading, call },
	{ "client forgotten", forgotten, call },
	{ "logout", logged_in, world_logout },
};

int main(void)
{
	struct world warm;

	world_open(&warm);      /* what is made once for all worlds is no leak of one */
	world_close(&warm);
	for (size_t i = 0; i < COUNT(flow_rows); i++)
		world_survive(flow_rows[i].label, flow_rows[i].prepare, flow_rows[i].flow);
	return check_done();
}
