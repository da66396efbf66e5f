/* A registration's answer, with each kind of status, and client metadata written back. */
#include <stdlib.h>
#include <string.h>
#include "oauth/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void write_again(const struct mp_registration *registration)
{
	struct mp_registration again = { 0 };
	char *text = NULL;

	require(mp_registration_write(registration, &text, NULL) == MCPASS_OK);
	require(mp_registration_parse(text, strlen(text), &again, NULL) == MCPASS_OK);
	require(mp_eq(again.client_id, registration->client_id));
	mp_registration_free(&again);
	mp_free_wiped(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int statuses[] = { 201, 400, 403, 502 };

	for (size_t i = 0; i < MP_COUNT(statuses); i++) {
		struct mp_registration registration = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_registration_answer(statuses[i], (const char *)data, len,
		    &registration, &err);

		require((rc == MCPASS_OK) == (registration.client_id != NULL));
		require(rc == err.rc && (rc != MCPASS_OK || statuses[i] == 201));
		require(statuses[i] == 201 || rc == (statuses[i] == 502 ? MCPASS_E_IO
		    : MCPASS_E_DENIED));
		if (rc == MCPASS_OK)
			write_again(&registration);
		mp_registration_free(&registration);
	}
	return 0;
}
