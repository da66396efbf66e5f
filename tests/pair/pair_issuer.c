#include "pair_issuer.h"
#include <string.h>
#include "harness/check.h"
#include "pair_extensions.h"
#include "pair_refusals.h"

bool list_a_dead_issuer(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, MCP_ORIGIN "/.well-known/oauth-protected-resource/mcp") == 0) {
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"resource\":\"" MCP "\",\"authorization_servers\":"
		    "[\"https://dead.example\",\"" AS "\"]}");
	}
	return true;
}

/* A secret goes to the issuer that a person has named, at that time or before. */
static void walk_confirm(void)
{
	struct world world;

	world_open(&world);
	arrange_credentials(&world);
	world.config.client_issuer = NULL;
	world.config.flags |= MCPASS_ASK_ISSUER;
	CALL("confirmed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a person", world.confirmations, 1);
	world_restart(&world);
	world_edit(&world, "access_token", json_string("refused"));
	CALL("the same issuer again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("needs no second yes", world.confirmations, 1);
	world_restart(&world);
	world_edit(&world, "vouched", NULL);
	world_edit(&world, "access_token", json_string("refused"));
	CALL("a record of no such yes", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("needs one", world.confirmations, 2);
	world_close(&world);
}

static void walk_no(void)
{
	struct world world;

	world_open(&world);
	arrange_credentials(&world);
	world.config.client_issuer = NULL;
	world.config.flags |= MCPASS_ASK_ISSUER;
	world.says_no = true;
	CALL("the person says no", &world, "tools/call", "echo", MCPASS_E_POLICY, 401);
	CHECK_EQ("was asked", world.confirmations, 1);
	CHECK_EQ("nothing went to the token endpoint", world.tokens, 0);
	world_close(&world);
}

/* Logged in by a registration of its own; then something is given that the issuer is to see. */
static void walk_confirm_and_refresh(void)
{
	struct world world;

	world_open(&world);
	CALL("a login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	world_edit(&world, "access_token", json_string("refused"));
	world.config.initial_access_token = "a token of the operator";
	world.config.flags |= MCPASS_ASK_ISSUER;
	CALL("confirmed, then refreshed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("a yes", world.confirmations, 1);
	CHECK_EQ("a refresh", world.refreshes, 1);
	world_close(&world);
}

static void walk_second_issuer(void)
{
	struct world world;

	world_open(&world);
	world.tamper = list_a_dead_issuer;
	CALL("the first issuer is dead", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_close(&world);
	world_open(&world);
	arrange_credentials(&world);
	world.config.client_issuer = NULL;
	world.config.flags |= MCPASS_ASK_ISSUER;
	world.tamper = list_a_dead_issuer;
	CALL("each of them is confirmed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("two", world.confirmations, 2);
	world_close(&world);
}

void walk_issuers(void)
{
	walk_confirm();
	walk_no();
	walk_confirm_and_refresh();
	walk_second_issuer();
}
