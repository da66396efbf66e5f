/* Tokens that say nothing: the guard asks the issuer about them, through the issuer's real
 * endpoint, in whole logins. */
#include <string.h>
#include "base/limits.h"
#include "pair_extensions.h"

static char mcp[] = MCP;
static char *resources[] = { mcp };
static const struct mp_issuer_client server_client = { .client_id = "mcp server",
	.client_secret = "s3cret:/+", .introspects = { resources, 1 } };
static const struct mp_issuer_client stranger = { .client_id = "mcp server",
	.client_secret = "another secret", .introspects = { resources, 1 } };

/* The issuer knows the client; the guard asks in its name. */
static void open_world(struct world *world, const struct mp_issuer_client *known, bool opaque,
    enum mcpass_introspect what)
{
	static struct mcpass_introspection introspection;
	static struct mcpass_guard_issuer issuer;

	introspection = (struct mcpass_introspection){ .client_id = "mcp server",
		.client_secret = "s3cret:/+", .what = what };
	issuer = (struct mcpass_guard_issuer){ AS, NULL, &introspection };
	world_open(world);
	world->issuer_config.opaque_tokens = opaque;
	world->issuer_config.clients = known;
	world->issuer_config.client_count = 1;
	world->guard_config.issuers = &issuer;
	world_rebuild(world);
}

static void test_login(void)
{
	struct world world;

	open_world(&world, &server_client, true, MCPASS_INTROSPECT_OPAQUE);
	CALL("a whole login", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("asked about its token", world.questions, 1);
	CALL("once more", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("that is remembered", world.questions, 1);
	world.now += MP_INTROSPECTION_LIFETIME;
	CALL("a while later", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("asked again", world.questions, 2);
	CALL("a prompt needs more", &world, "prompts/list", NULL, MCPASS_OK, 200);
	world_close(&world);
}

/* What was revoked is refused when the issuer's word has run out, and a login follows. */
static void test_revoked(void)
{
	struct world world;

	open_world(&world, &server_client, true, MCPASS_INTROSPECT_OPAQUE);
	CALL("a login", &world, "tools/call", "echo", MCPASS_OK, 200);
	memstore_close(world.memory);           /* the issuer forgets every token */
	memstore_open(&world.memory, &world.issuer_config.store);
	world_rebuild(&world);                  /* and so does the guard */
	CALL("another login", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("of a person", world.logins, 2);
	world_close(&world);
}

static void test_few_scopes(void)
{
	struct world world;

	open_world(&world, &server_client, true, MCPASS_INTROSPECT_OPAQUE);
	world.username = "carol";
	CALL("carol may read", &world, "prompts/list", NULL, MCPASS_OK, 200);
	CALL("and no more", &world, "tools/call", "echo", MCPASS_E_DENIED, 403);
	world_close(&world);
}

/* The guard's own credentials are wrong: nobody gets in, and no token is thrown away. */
static void test_wrong_secret(void)
{
	struct world world;
	struct mcpass_error err = { 0 };
	int status = 0;

	open_world(&world, &stranger, true, MCPASS_INTROSPECT_OPAQUE);
	(void)world_call(&world, "tools/call", "echo", &status, &err);
	CHECK_EQ("nobody", status, 503);
	CHECK_EQ("one login", world.logins, 1);
	CHECK("the token stays", world.record != NULL);
	world_close(&world);
}

static void test_dpop(void)
{
	struct world world;

	open_world(&world, &server_client, true, MCPASS_INTROSPECT_OPAQUE);
	arrange_dpop(&world);
	CALL("bound to a key", &world, "tools/call", "echo", MCPASS_OK, 200);
	CALL("and again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK("with proofs", world.proofs > 0);
	CHECK_EQ("asked about once", world.questions, 1);
	world_close(&world);
}

static void test_jwts_too(void)
{
	struct world world;

	open_world(&world, &server_client, false, MCPASS_INTROSPECT_ALL);
	CALL("a JWT that is asked about", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once", world.questions, 1);
	world_close(&world);
	open_world(&world, &server_client, false, MCPASS_INTROSPECT_OPAQUE);
	CALL("a JWT that is not", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("never", world.questions, 0);
	world_close(&world);
}

int main(void)
{
	test_login();
	test_revoked();
	test_few_scopes();
	test_wrong_secret();
	test_dpop();
	test_jwts_too();
	return check_done();
}
