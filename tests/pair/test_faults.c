/* Every named misbehaviour of the issuer, met with the class of error that its row
 * promises, and without a secret in any note or error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_device.h"

/* Some are met only where an extension is in use. */
static void arrange(struct world *world, const char *fault)
{
	static const struct { const char *prefix; arrange_fn *arrange; } rows[] = {
		{ "dpop-", arrange_dpop }, { "par-", arrange_push }, { "jag-", arrange_id_jag },
		{ "assertion-", arrange_workload }, { "device-", arrange_device },
		{ "keycloak-offline-pushed", arrange_push },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strncmp(fault, rows[i].prefix, strlen(rows[i].prefix)) == 0)
			rows[i].arrange(world);
}

/* A fault of the refresh needs a login that went well before, and time. */
static enum mcpass_rc meet(struct world *world, const char *fault, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	int status;

	if (strncmp(fault, "refresh-", 8) == 0) {
		CHECK_EQ(fault, world_call(world, "tools/call", "echo", &status, err), MCPASS_OK);
		world_restart(world);
		world->now += 24 * 3600;
	}
	CHECK_EQ(fault, mp_issuer_misbehave(world->issuer, fault, err), MCPASS_OK);
	rc = world_call(world, "tools/call", "echo", &status, err);
	/* What the program says of a server that cannot serve now. */
	if (rc == MCPASS_OK && status >= 500)
		rc = mp_doing(err, mp_fail(err, MCPASS_E_IO, NULL, "answered %d", status), "calling");
	return rc;
}

int main(void)
{
	size_t count;
	const struct mp_fault *faults = mp_faults(&count);

	CHECK("there are faults", count >= 40);
	for (size_t i = 0; i < count; i++) {
		struct mcpass_error err = { 0 };
		struct world world;
		enum mcpass_rc rc;

		world_open(&world);
		arrange(&world, faults[i].name);
		rc = meet(&world, faults[i].name, &err);
		if (!CHECK_EQ(faults[i].name, rc, faults[i].met_with))
			printf("  %s: %s (%s)\n", err.doing != NULL ? err.doing : "?", err.detail, faults[i].does);
		CHECK(faults[i].name, rc == MCPASS_OK || (err.detail[0] != '\0' && err.doing != NULL));
		CHECK(faults[i].name, strchr(err.detail, '\n') == NULL && strstr(err.detail, "\x1b") == NULL);
		CHECK(faults[i].name, strstr(err.detail, "<script") == NULL || err.rc == MCPASS_E_DENIED);
		if (strcmp(faults[i].name, "refresh-500") == 0) {
			CHECK_HAS("a 5xx drops no refresh token", world.record, "refresh_token");
			CHECK_EQ("and asks nobody", world.logins, 1);
		}
		world_close(&world);
	}
	return check_done();
}
