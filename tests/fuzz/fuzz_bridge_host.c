/* A host that writes anything: each line that comes out is one JSON-RPC message, and no request
 * is left when all calls have failed. */
#include <stdint.h>
#include <stdlib.h>
#include "bridge_port.h"
#include "base/limits.h"
#include "mcp/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void read_output(struct mp_bridge *b)
{
	struct mp_span out = mp_bridge_output(b);
	const char *at = out.data, *end = out.data + out.len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct mp_message m = { 0 };

		check(newline != NULL);
		check(mp_message_read((struct mp_span){ at, (size_t)(newline - at) }, "it", &m, NULL) == MCPASS_OK);
		mp_message_free(&m);
		at = newline + 1;
	}
	if (out.len > 0)
		mp_bridge_wrote(b, out.len);
}

static void fail_all(struct mp_bridge *b)
{
	struct mcpass_error why = { .rc = MCPASS_E_IO };

	for (unsigned call = 1; call <= bridge_calls && call < 10000; call++)
		for (size_t server = 0; server < 2; server++)
			check(mp_bridge_failed(b, server, call, &why, NULL) == MCPASS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_bridge_config config;
	struct mp_bridge *b;

	if (len < 1 || len > MP_MAX_DOCUMENT)
		return 0;
	b = bridge_make(data[0], &config);
	check(b != NULL);
	check(mp_bridge_tick(b, 0, NULL) == MCPASS_OK);
	check(mp_bridge_from_host(b, (const char *)data + 1, len - 1, NULL) == MCPASS_OK);
	check(mp_bridge_host_ended(b, NULL) == MCPASS_OK);
	read_output(b);
	for (unsigned call = 1; call <= bridge_calls && call < 3; call++)
		check(mp_bridge_answered(b, call - 1, call, "{\"capabilities\":{\"tools\":{}}}", false, NULL) == MCPASS_OK);
	(void)mp_bridge_tick(b, 20, NULL);
	fail_all(b);
	read_output(b);
	mp_bridge_free(b);
	return 0;
}
