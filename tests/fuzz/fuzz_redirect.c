/* What a browser, or anybody on this machine, sends to the redirect URI; whole, and byte
 * by byte as a socket may bring it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/browser/listener_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_redirect redirect = { 0 };
	struct mp_buf head;
	bool whole;

	mp_buf_init(&head, MP_MAX_REDIRECT_HEAD);
	mp_buf_add(&head, data, len);
	whole = mp_redirect_read(&head, "127.0.0.1:4711", "/callback", &redirect);
	check(whole == (redirect.status != 0));
	if (redirect.status == 200) {
		check(redirect.query.len > 0 && strstr(mp_buf_text(&head), "127.0.0.1:4711") != NULL);
		for (size_t i = 0; i < redirect.query.len; i++)
			check(redirect.query.data[i] > 0x20 && redirect.query.data[i] < 0x7f);
	}
	mp_buf_free(&head);

	mp_buf_init(&head, MP_MAX_REDIRECT_HEAD);
	whole = false;
	for (size_t i = 0; i < len && i < 512 && !whole; i++) {
		mp_buf_add(&head, data + i, 1);
		whole = mp_redirect_read(&head, "127.0.0.1:4711", "/callback", &redirect);
	}
	mp_buf_free(&head);
	return 0;
}
