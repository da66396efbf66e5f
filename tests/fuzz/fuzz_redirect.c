/* What a browser, or anybody on this machine, sends to the redirect URI; whole, and byte
 * by byte as a socket may bring it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "io/browser/listener_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_redirect redirect = { 0 }, slow = { 0 };
	struct mp_http_reader reader;
	bool whole;

	mp_http_reader_init(&reader, 0);
	whole = mp_listener_request_read(&reader, (const char *)data, len, "127.0.0.1:4711", "/callback",
	    &redirect);
	check(whole == (redirect.status != 0));
	if (redirect.status == 200) {
		check(redirect.query[0] != '\0' && strcmp(reader.host, "127.0.0.1:4711") == 0);
		for (const char *at = redirect.query; *at != '\0'; at++)
			check(*at > 0x20 && *at < 0x7f);
	}
	mp_http_reader_free(&reader);

	mp_http_reader_init(&reader, 0);
	whole = false;
	for (size_t i = 0; i < len && !whole; i++)
		whole = mp_listener_request_read(&reader, (const char *)data + i, 1, "127.0.0.1:4711", "/callback",
		    &slow);
	check(slow.status == redirect.status);
	mp_http_reader_free(&reader);
	return 0;
}
