#include "io/entropy.h"
#include <limits.h>
#include <openssl/rand.h>

int mp_entropy(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	if (len > INT_MAX)
		return -1;
	return RAND_bytes(out, (int)len) == 1 ? 0 : -1;
}
