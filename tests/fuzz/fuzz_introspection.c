/* An issuer's answer about a token, with each kind of status. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/introspection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int statuses[] = { 200, 302, 400, 401, 403, 404, 429, 502 };

	for (size_t i = 0; i < MP_COUNT(statuses); i++) {
		struct mp_introspection answer = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_introspection_answer(statuses[i], (const char *)data, len, &answer,
		    &err);

		require(rc == err.rc && (rc != MCPASS_OK || statuses[i] == 200));
		require(rc == MCPASS_OK || (err.hint[0] != '\0' && !answer.active));
		require(answer.active == (answer.members != NULL));
		require(!answer.active || json_is_true(json_object_get(answer.members, "active")));
		require(statuses[i] < 429 || rc == MCPASS_E_IO);
		require((statuses[i] != 401 && statuses[i] != 403) || rc == MCPASS_E_DENIED);
		mp_introspection_free(&answer);
	}
	return 0;
}
