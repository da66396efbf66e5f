/* A device authorization response, with each kind of status; what is believed may be shown. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/limits.h"
#include "oauth/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void require_printable(const char *text, size_t max)
{
	require(text[0] != '\0' && strlen(text) <= max);
	for (; *text != '\0'; text++)
		require(*text >= 0x20 && *text <= 0x7e);
}

static void check_device(struct mp_device *device)
{
	static const struct mp_device_rules rules = { .server_url = "https://rs.example/mcp",
		.loopback_http = true };

	require_printable(device->user_code, MP_MAX_USER_CODE);
	require_printable(device->verification_uri, MP_MAX_URI);
	if (device->verification_uri_complete != NULL)
		require_printable(device->verification_uri_complete, MP_MAX_URI);
	require(device->expires_in > 0 && device->expires_in <= MP_MAX_DEVICE_LIFETIME);
	require(device->interval > 0 && device->interval <= MP_MAX_TOKEN_LIFETIME);
	if (mp_device_check_uris(device, &rules, NULL) == MCPASS_OK)
		require(strncasecmp(device->verification_uri, "https://", 8) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int statuses[] = { 200, 202, 302, 400, 429, 502 };

	for (size_t i = 0; i < MP_COUNT(statuses); i++) {
		struct mp_device device = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_device_answer(statuses[i], (const char *)data, len, &device, &err);

		require(rc == err.rc && (rc != MCPASS_OK || statuses[i] <= 202));
		require((rc == MCPASS_OK) == mp_secret_present(&device.device_code));
		require(rc != MCPASS_OK || err.oauth[0] == '\0');
		require(statuses[i] < 429 || rc == MCPASS_E_IO);
		if (rc == MCPASS_OK)
			check_device(&device);
		mp_device_free(&device);
	}
	return 0;
}
