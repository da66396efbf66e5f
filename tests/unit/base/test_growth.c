/* What programs have allocated keeps its length (mcpass/error.h): these numbers do not change
 * within a SONAME.  A new member takes room of reserved. */
#include "harness/check.h"
#include "mcpass/guard.h"
#include "mcpass/http.h"
#include "mcpass/link.h"
#include "mcpass/store.h"

static const struct {
	const char *label;
	size_t is, was;
} rows[] = {
	{ "an error", sizeof(struct mcpass_error), 712 },
	{ "a header", sizeof(struct mcpass_header), 16 },
	{ "an event", sizeof(struct mcpass_event), 80 },
	{ "an action", sizeof(struct mcpass_action), 160 },
	{ "a session's action", sizeof(struct mcpass_session_action), 128 },
	{ "a guard's request", sizeof(struct mcpass_guard_request), 96 },
	{ "a verdict", sizeof(struct mcpass_verdict), 136 },
	{ "the health of an issuer", sizeof(struct mcpass_health), 56 },
	{ "an operation", sizeof(struct mcpass_operation), 16 },
	{ "an issuer", sizeof(struct mcpass_guard_issuer), 24 },
	{ "a rule", sizeof(struct mcpass_scope_rule), 32 },
	{ "an implication", sizeof(struct mcpass_scope_implication), 16 },
	{ "an issuer's terms", sizeof(struct mcpass_issuer_terms), 80 },
	{ "an introspection", sizeof(struct mcpass_introspection), 64 },
	{ "shared memory", sizeof(struct mcpass_shared_memory), 40 },
	{ "a host", sizeof(struct mcpass_host), 16 },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_EQ(rows[i].label, rows[i].is, sizeof(void *) == 8 ? rows[i].was : rows[i].is);
	return check_done();
}
