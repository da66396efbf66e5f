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

static void again(struct world *world)
{
	logged_in(world);
	world->config.flags = MCPASS_NEW_LOGIN;
}

static bool no_changes(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0
	    && world->changes > 0 && response->status == 200)
		response->status = 403;
	return true;
}

/* A login that was given up has left its client behind. */
static void again_with_next(struct world *world)
{
	int status;

	logged_in(world);
	world->config.flags = MCPASS_NEW_LOGIN;
	world->port = 4712;
	world->tamper = no_changes;
	world->walks_away = true;
	CHECK_EQ("given up", world_call(world, "tools/call", "echo", &status, NULL), MCPASS_E_EXPIRED);
	world->walks_away = false;
	world->tamper = NULL;
	world_restart(world);
}

static void refused_refresh(struct world *world)
{
	expired(world);
	misbehave(world, "refresh-error-object");
}

static void chosen_scopes(struct world *world)
{
	only_reading(world);
	world_restart(world);
	world->config.scope = "mcp:tools mcp:read";
}

static void odd_answer(struct world *world)
{
	misbehave(world, "token-no-type");
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
	{ "login --again", again, call },
	{ "login --again, with what was left behind", again_with_next, call },
	{ "a refresh that is refused for good", refused_refresh, call },
	{ "chosen scopes", chosen_scopes, call },
	{ "an odd token response", odd_answer, call },
	{ "logout", logged_in, world_logout },
};

/* usage: pair_memory [FIRST STEP]: every STEPth flow from FIRST on, so that two halves run side
 * by side. */
int main(int argc, char **argv)
{
	size_t first = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	size_t step = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	struct world warm;

	world_open(&warm);      /* what is made once for all worlds is no leak of one */
	world_close(&warm);
	for (size_t i = first; i < COUNT(flow_rows); i += step)
		world_survive(flow_rows[i].label, flow_rows[i].prepare, flow_rows[i].flow);
	return check_done();
}
