/* Each extension once per allocation that the client makes, with that one failing. */
#include "harness/check.h"
#include "pair_device.h"
#include "pair_survive.h"

static enum mcpass_rc call(struct world *world, struct mcpass_error *err)
{
	int status;

	return world_call(world, "tools/call", "echo", &status, err);
}

/* One poll in vain. */
static void arrange_by_code(struct world *world)
{
	arrange_device(world);
	world->dawdles = 1;
}

static void arrange_bound_code(struct world *world)
{
	arrange_by_code(world);
	arrange_dpop(world);
}

static const struct {
	const char *label;
	prepare_fn *prepare;
} rows[] = {
	{ "pushed request", arrange_push },
	{ "bound token", arrange_dpop },
	{ "client credentials", arrange_credentials },
	{ "private_key_jwt", arrange_key },
	{ "workload", arrange_workload },
	{ "ID-JAG", arrange_id_jag },
	{ "metadata document", arrange_document },
	{ "by a code", arrange_by_code },
	{ "by a code, bound", arrange_bound_code },
};

int main(void)
{
	struct world warm;

	world_open(&warm);      /* what is made once for all worlds is no leak of one */
	arrange_key(&warm);
	world_close(&warm);
	for (size_t i = 0; i < COUNT(rows); i++)
		world_survive(rows[i].label, rows[i].prepare, call);
	return check_done();
}
