#include "pair_survive.h"
#include <stdio.h>
#include <string.h>
#include "harness/check.h"

/* Thousands of worlds are made: the guard's memory is zeroed for each, which costs less than
 * the large memory that a guard has for itself. */
static const struct mcpass_shared_memory *fresh_memory(void)
{
	static uint64_t memory[MCPASS_SHARED_MIN / sizeof(uint64_t)];
	static const struct mcpass_shared_memory shared = { .memory = memory, .len = sizeof(memory) };

	memset(memory, 0, sizeof(memory));
	return &shared;
}

void world_survive(const char *label, prepare_fn *prepare, flow_fn *flow)
{
	OOM_EACH_LATER {
		struct mcpass_error err = { 0 };
		struct world world;
		enum mcpass_rc rc;

		world_open_sharing(&world, fresh_memory());
		prepare(&world);
		oom_from_here();
		rc = flow(&world, &err);
		if (!CHECK_OOM(label, rc, MCPASS_OK))
			printf("  %s: %s\n", err.doing != NULL ? err.doing : "?", err.detail);
		if (rc != MCPASS_OK) {
			/* Whatever was lost, what the store has still works. */
			world_restart(&world);
			CHECK_EQ(label, flow(&world, &err), MCPASS_OK);
		}
		world_close(&world);
	}
}
