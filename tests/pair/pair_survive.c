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
	enum mcpass_rc rc = MCPASS_E_NOMEM;

	for (size_t n = 0; rc != MCPASS_OK; n++) {
		struct mcpass_error err = { 0 };
		long before = mp_test_live_blocks();
		struct world world;
		bool failed;

		world_open_sharing(&world, fresh_memory());
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
