/* Each flow once per allocation that the client makes, with that one failing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_extensions.h"

/* Brings a world to where the flow under test begins; its allocations do not count. */
typedef void prepare_fn(struct world *world);
typedef enum mcpass_rc flow_fn(struct world *world, struct mcpass_error *err);

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
	{ "pushed request", arrange_push, call },
	{ "bound token", arrange_dpop, call },
	{ "client credentials", arrange_credentials, call },
	{ "private_key_jwt", arrange_key, call },
	{ "workload", arrange_workload, call },
	{ "ID-JAG", arrange_id_jag, call },
	{ "metadata document", arrange_document, call },
};

static void survive(const char *label, prepare_fn *prepare, flow_fn *flow)
{
	enum mcpass_rc rc = MCPASS_E_NOMEM;

	for (size_t n = 0; rc != MCPASS_OK; n++) {
		struct mcpass_error err = { 0 };
		long before = mp_test_live_blocks();
		struct world world;
		bool failed;

		world_open(&world);
		prepare(&world);
		mp_test_fail_alloc(n);
		rc = flow(&world, &err);
		failed = mp_test_alloc_failed();
		mp_test_no_fail();
		if (!CHECK_EQ(label, rc, failed ? MCPASS_E_NOMEM : MCPASS_OK))
			printf("  allocation %zu: %s: %s\n", n, err.doing != NULL ? err.doing : "?", err.detail);
		if (rc != MCPASS_OK) {
			/* Whatever was lost, what the store has still works. */
			world_restart(&world);
			CHECK_EQ(label, flow(&world, &err), MCPASS_OK);
		}
		world_close(&world);
		CHECK_EQ(label, mp_test_live_blocks(), before);
		if (rc != MCPASS_OK && rc != MCPASS_E_NOMEM)
			return;
	}
}

int main(void)
{
	struct world warm;

	world_open(&warm);      /* what is made once for all worlds is no leak of one */
	arrange_key(&warm);
	world_close(&warm);
	for (size_t i = 0; i < COUNT(flow_rows); i++)
		survive(flow_rows[i].label, flow_rows[i].prepare, flow_rows[i].flow);
	return check_done();
}
