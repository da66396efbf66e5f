/* Each flow once per allocation that the client makes, with that one failing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_refusals.h"
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

static void misbehave(struct world *world, const char *fault)
{
	mp_test_count_allocs(false);
	CHECK_EQ(fault, mp_issuer_misbehave(world->issuer, fault, NULL), MCPASS_OK);
	mp_test_count_allocs(true);
}

static void other_port(struct world *world)
{
	logged_in(world);
	lose_tokens(world);
	world->port = 4712;
}

static void secret_ran_out(struct world *world)
{
	misbehave(world, "register-post-method");
	logged_in(world);
	world_edit(world, "client.secret_expires_at", json_integer(START_TIME));
	world->now++;
	lose_tokens(world);
}

static void less_is_taken(struct world *world)
{
	misbehave(world, "register-bare");
}

static void some_scopes(struct world *world)
{
	misbehave(world, "keycloak-no-scopes");
}

static void no_offline(struct world *world)
{
	misbehave(world, "keycloak-offline");
}

static void no_offline_scope(struct world *world)
{
	misbehave(world, "keycloak-offline-scope");
}

static void at_google(struct world *world)
{
	misbehave(world, "like-google");
	world->config.provider = "google";
	world->config.client_id = register_by_hand(world);
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
	{ "another port", other_port, call },
	{ "a secret that ran out", secret_ran_out, call },
	{ "registered with less", less_is_taken, call },
	{ "registered without scopes", some_scopes, call },
	{ "no offline token", no_offline, call },
	{ "no offline_access", no_offline_scope, call },
	{ "a provider's row", at_google, call },
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
