/* How many connections an address holds. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "serve/http/httpd_parts.h"

/* spec: RFC 4291 2.5.4: one customer has a whole /64 */
#define NETWORK_BYTES 8

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* All as IPv6: IPv4 in its mapped form. */
static void read_address(const struct sockaddr *address, uint8_t ret_key[16],
    char ret_peer[INET6_ADDRSTRLEN])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(ret_key, mapped, sizeof(mapped));
	memset(ret_key + 12, 0, 4);
	ret_peer[0] = '\0';
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(ret_key + 12, &v4.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(ret_key, &v6.sin6_addr, 16);
	}
	if (memcmp(ret_key, mapped, sizeof(mapped)) == 0)
		(void)inet_ntop(AF_INET, ret_key + 12, ret_peer, INET6_ADDRSTRLEN);
	else
		(void)inet_ntop(AF_INET6, ret_key, ret_peer, INET6_ADDRSTRLEN);
}

static bool is_loopback(const uint8_t key[16])
{
	static const uint8_t one[16] = { [15] = 1 };

	return memcmp(key, one, 16) == 0 || (memcmp(key, mapped, sizeof(mapped)) == 0 && key[12] == 127);
}

static struct mp_inbound_address **find(struct mp_httpd *httpd, const uint8_t key[16])
{
	/* The limit is per address, not per bucket. */
	struct mp_inbound_address **slot
	    = &httpd->addresses[mp_hash(key, 16) % MP_COUNT(httpd->addresses)];

	while (*slot != NULL && memcmp((*slot)->key, key, 16) != 0)
		slot = &(*slot)->next;
	return slot;
}

struct mp_inbound_address *mp_inbound_address_add(struct mp_httpd *httpd,
    const struct sockaddr *address, char ret_peer[INET6_ADDRSTRLEN])
{
	struct mp_inbound_address **slot;
	uint8_t key[16];

	read_address(address, key, ret_peer);
	if (memcmp(key, mapped, sizeof(mapped)) != 0 && !is_loopback(key))
		memset(key + NETWORK_BYTES, 0, 16 - NETWORK_BYTES);
	slot = find(httpd, key);
	if (*slot == NULL) {
		*slot = calloc(1, sizeof(**slot));
		if (*slot == NULL)
			return NULL;
		memcpy((*slot)->key, key, sizeof(key));
	}
	(*slot)->count++;
	return *slot;
}

void mp_inbound_address_drop(struct mp_httpd *httpd, struct mp_inbound_address *address)
{
	struct mp_inbound_address **slot;

	if (address == NULL || --address->count > 0)
		return;
	slot = find(httpd, address->key);
	*slot = address->next;
	free(address);
}

size_t mp_inbound_address_most(const struct mp_httpd *httpd,
    const struct mp_inbound_address *address)
{
	size_t all = httpd->options.max_connections;

	if (httpd->options.per_address > 0)
		return httpd->options.per_address;
	if (is_loopback(address->key))
		return all > (size_t)2 * MP_HTTPD_SPARE ? all - MP_HTTPD_SPARE : all;
	return MP_HTTPD_PER_ADDRESS;
}
