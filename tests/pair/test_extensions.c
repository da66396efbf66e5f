/* The extensions from end to end: what works, and how a client ends that may not. */
#include <string.h>
#include "harness/check.h"
#include "pair_extensions.h"

static void carols(struct world *world)
{
	world->username = "carol";
	arrange_id_jag(world);
}

static void wrong_secret(struct world *world)
{
	arrange_credentials(world);
	world->config.client_secret = "a guess";
}

static void wrong_key(struct world *world)
{
	arrange_key(world);
	world->config.client_id = "machine";
}

static void too_little(struct world *world)
{
	arrange_credentials(world);
	world->config.scope = "mcp:read";
}

static void late_workload(struct world *world)
{
	arrange_workload(world);
	world->now += 7200;
}

static void stranger(struct world *world)
{
	arrange_workload(world);
	world->issuer_config.trusted_count = 0;
	world_rebuild(world);
}

static void other_document(struct world *world)
{
	arrange_document(world);
	world->pages[1].body = "{\"client_id\":\"https://evil.example/c\","
	    "\"redirect_uris\":[\"http://127.0.0.1/callback\"]}";
}

static void only_bound(struct world *world)
{
	world->guard_config.dpop = MCPASS_DPOP_REQUIRED;
	world_rebuild(world);
}

static void everything(struct world *world)
{
	arrange_dpop(world);
	arrange_push(world);
	arrange_document(world);
}

static void bound_machine(struct world *world)
{
	arrange_key(world);
	arrange_dpop(world);
}

static void bound_workload(struct world *world)
{
	arrange_workload(world);
	arrange_dpop(world);
}

static const struct {
	const char *label;
	arrange_fn *arrange;
	enum mcpass_rc want;
	int status;
	unsigned tokens, logins;                /* requests; people asked */
} rows[] = {
	{ "PAR", arrange_push, MCPASS_OK, 200, 1, 1 },
	{ "DPoP with nonces", arrange_dpop, MCPASS_OK, 200, 2, 1 },
	{ "DPoP, as the server wants nothing else", only_bound, MCPASS_OK, 200, 1, 1 },
	{ "client credentials", arrange_credentials, MCPASS_OK, 200, 1, 0 },
	{ "private_key_jwt", arrange_key, MCPASS_OK, 200, 1, 0 },
	{ "workload", arrange_workload, MCPASS_OK, 200, 1, 0 },
	{ "ID-JAG", arrange_id_jag, MCPASS_OK, 200, 2, 0 },
	{ "metadata document", arrange_document, MCPASS_OK, 200, 1, 1 },
	{ "document, PAR and DPoP", everything, MCPASS_OK, 200, 2, 1 },
	{ "private_key_jwt and DPoP", bound_machine, MCPASS_OK, 200, 2, 0 },
	{ "workload and DPoP", bound_workload, MCPASS_OK, 200, 2, 0 },
	{ "a wrong secret", wrong_secret, MCPASS_E_DENIED, 401, 1, 0 },
	{ "a key of another client", wrong_key, MCPASS_E_DENIED, 401, 1, 0 },
	{ "a workload whose JWT has expired: no retry", late_workload, MCPASS_E_DENIED, 401, 1, 0 },
	{ "a platform that nobody trusts", stranger, MCPASS_E_DENIED, 401, 1, 0 },
	{ "carol may not, whoever vouches", carols, MCPASS_E_DENIED, 401, 1, 0 },
	{ "a machine that asks for too little: its choice stands", too_little, MCPASS_E_DENIED, 403, 1, 0 },
	{ "another client's document: the page says so", other_document, MCPASS_E_EXPIRED, 401, 0, 1 },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world world;

		world_open(&world);
		rows[i].arrange(&world);
		CALL(rows[i].label, &world, "tools/call", "echo", rows[i].want, rows[i].status);
		CHECK_EQ(rows[i].label, world.tokens, rows[i].tokens);
		CHECK_EQ(rows[i].label, world.logins, rows[i].logins);
		world_close(&world);
	}
	walk_extensions();
	return check_done();
}
