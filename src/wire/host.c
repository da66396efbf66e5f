#include "wire/host.h"
#include <arpa/inet.h>
#include <sys/socket.h>         /* AF_INET */
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 253     /* spec: RFC 1035 2.3.4, as text */
#define MAX_LABEL 63     /* spec: RFC 1035 2.3.4 */
#define MAX_ADDRESS 64   /* the longest sensible notation and its NUL */

/* What IANA's special-purpose registry calls not globally reachable, and multicast. */
static const struct {
	uint32_t net, mask;
	enum mp_reach reach;
} private4[] = {         /* spec: RFC 6890 2.2.2 */
	{ 0x00000000, 0xff000000, MP_REACH_NOWHERE }, /* 0/8, this network */
	{ 0x0a000000, 0xff000000, MP_REACH_PRIVATE }, /* 10/8, private */
	{ 0x64400000, 0xffc00000, MP_REACH_PRIVATE }, /* 100.64/10, shared by carriers */
	{ 0x7f000000, 0xff000000, MP_REACH_LOOPBACK }, /* 127/8, loopback */
	{ 0xa9fe0000, 0xffff0000, MP_REACH_LINK_LOCAL }, /* 169.254/16, link-local: cloud metadata */
	{ 0xac100000, 0xfff00000, MP_REACH_PRIVATE }, /* 172.16/12, private */
	{ 0xc0000000, 0xffffff00, MP_REACH_PRIVATE }, /* 192.0.0/24, protocol assignments */
	{ 0xc0000200, 0xffffff00, MP_REACH_PRIVATE }, /* 192.0.2/24, documentation */
	{ 0xc0586300, 0xffffff00, MP_REACH_PRIVATE }, /* 192.88.99/24, 6to4 relays, withdrawn */
	{ 0xc0a80000, 0xffff0000, MP_REACH_PRIVATE }, /* 192.168/16, private */
	{ 0xc6120000, 0xfffe0000, MP_REACH_PRIVATE }, /* 198.18/15, benchmarks */
	{ 0xc6336400, 0xffffff00, MP_REACH_PRIVATE }, /* 198.51.100/24, documentation */
	{ 0xcb007100, 0xffffff00, MP_REACH_PRIVATE }, /* 203.0.113/24, documentation */
	{ 0xe0000000, 0xe0000000, MP_REACH_NOWHERE }, /* 224/4 multicast, 240/4 reserved, broadcast */
};

static bool copy_text(struct mp_span span, char *out, size_t room)
{
	if (span.len >= room)
		return false;
	memcpy(out, span.data, span.len);
	out[span.len] = '\0';
	return true;
}

/* "localhost." is the same name as "localhost" to a resolver. */
static struct mp_span without_dot(struct mp_span host)
{
	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	return host;
}

/* Any notation a resolver takes: 1 to 4 parts, each decimal, octal ("0177") or hexadecimal
 * ("0x7f"), the last one filling what bytes are left.  spec: WHATWG URL 3.5 */
static bool read_ipv4(struct mp_span host, uint32_t *ret_address)
{
	char text[MAX_ADDRESS], *at = text;
	uint32_t address = 0;

	if (!copy_text(without_dot(host), text, sizeof(text)))
		return false;
	for (unsigned part = 0; part < 4; part++) {
		unsigned long long value, most = UINT32_MAX >> (8 * part);

		if (*at < '0' || *at > '9')     /* strtoull() would take a sign */
			return false;
		value = strtoull(at, &at, 0);
		if (*at == '\0' && value <= most) {
			*ret_address = address | (uint32_t)value;
			return true;
		}
		if (*at++ != '.' || value > 255)
			return false;
		address |= (uint32_t)value << (24 - 8 * part);
	}
	return false;
}

size_t mp_host_address(struct mp_span host, uint8_t ret_bytes[16])
{
	char text[MAX_ADDRESS];

	if (host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		host = (struct mp_span){ host.data + 1, host.len - 2 };
	if (!copy_text(host, text, sizeof(text)))
		return 0;
	if (inet_pton(AF_INET, text, ret_bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, ret_bytes) == 1 ? 16 : 0;
}

size_t mp_host_network(struct mp_span text, uint8_t ret_bytes[16], size_t *ret_bits)
{
	const char *slash = memchr(text.data, '/', text.len);
	struct mp_span address = { text.data, slash != NULL ? (size_t)(slash - text.data) : text.len };
	size_t len = mp_host_address(address, ret_bytes), digits = text.len - address.len, bits = 0;

	*ret_bits = 8 * len;
	if (slash == NULL)
		return len;
	for (size_t i = 1; i < digits; i++) {
		if (!mp_is_digit(slash[i]))
			return 0;
		bits = 10 * bits + (size_t)(slash[i] - '0');
	}
	*ret_bits = bits;
	return digits > 1 && digits <= 4 && bits <= 8 * len ? len : 0;
}

bool mp_host_is_in(struct mp_span network, const uint8_t *address, size_t len)
{
	uint8_t bytes[16], rest;
	size_t bits = 0;

	if (len == 0 || mp_host_network(network, bytes, &bits) != len
	    || memcmp(bytes, address, bits / 8) != 0)
		return false;
	rest = (uint8_t)(0xff00u >> (bits % 8));
	return bits % 8 == 0 || ((bytes[bits / 8] ^ address[bits / 8]) & rest) == 0;
}

static bool read_ipv6(struct mp_span host, uint8_t ret_address[16])
{
	char text[MAX_ADDRESS];

	return copy_text(host, text, sizeof(text)) && inet_pton(AF_INET6, text, ret_address) == 1;
}

static bool is_name_byte(char c)
{
	return mp_is_letter(c) || mp_is_digit(c) || c == '-' || c == '_';
}

/* The last label decides whether resolvers try to read an address.
 * spec: WHATWG URL 3.5, ends in a number */
static bool ends_in_number(struct mp_span name)
{
	const char *decimal = "0123456789", *hex = "0123456789abcdefABCDEF";
	size_t start = name.len;
	const char *label;
	char text[MAX_LABEL + 1];

	while (start > 0 && name.data[start - 1] != '.')
		start--;
	label = name.data + start;
	if (!copy_text((struct mp_span){ label, name.len - start }, text, sizeof(text)))
		return false;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return text[2 + strspn(text + 2, hex)] == '\0';
	return text[strspn(text, decimal)] == '\0';
}

static bool is_valid_name(struct mp_span host)
{
	struct mp_span name = without_dot(host);
	size_t label = 0;
	uint32_t address;

	if (name.len == 0 || name.len > MAX_NAME)
		return false;
	for (size_t i = 0; i <= name.len; i++) {
		if (i == name.len || name.data[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_name_byte(name.data[i]) || ++label > MAX_LABEL) {
			return false;
		}
	}
	/* What one resolver takes for an address and the next for a name is refused. */
	return !ends_in_number(name) || read_ipv4(name, &address);
}

bool mp_host_is_valid(struct mp_span host, bool is_ipv6)
{
	uint8_t address[16];

	return is_ipv6 ? read_ipv6(host, address) : is_valid_name(host);
}

bool mp_host_is_loopback(struct mp_span host, bool is_ipv6)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	uint8_t address6[16];
	uint8_t address4[4];
	char text[MAX_ADDRESS];

	if (is_ipv6)
		return read_ipv6(host, address6) && memcmp(address6, loopback6, 16) == 0;
	if (mp_span_is_nocase(host, "localhost"))
		return true;
	/* spec: RFC 8252 7.3; inet_pton() reads four decimal parts and nothing else */
	return copy_text(host, text, sizeof(text)) && inet_pton(AF_INET, text, address4) == 1
	    && address4[0] == 127;
}

static enum mp_reach reach4(uint32_t address)
{
	/* Azure's and Alibaba's services for the machine itself, as 169.254.169.254 is elsewhere. */
	if (address == 0xa83f8110 || address == 0x646464c8)
		return MP_REACH_LINK_LOCAL;
	for (size_t i = 0; i < MP_COUNT(private4); i++)
		if ((address & private4[i].mask) == private4[i].net)
			return private4[i].reach;
	return MP_REACH_PUBLIC;
}

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Those that do not stand for an IPv4 address.  spec: RFC 4291 2.4 */
static enum mp_reach reach_own6(const uint8_t address[16])
{
	static const uint8_t metadata[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	static const uint8_t zeros[15];
	uint32_t head = read_u32(address);

	if (memcmp(address, zeros, sizeof(zeros)) == 0 && address[15] <= 1)
		return address[15] == 1 ? MP_REACH_LOOPBACK : MP_REACH_NOWHERE;
	if (head >> 22 == 0xfe80 >> 6 || memcmp(address, metadata, sizeof(metadata)) == 0)
		return MP_REACH_LINK_LOCAL;
	if (head >> 24 == 0xff)
		return MP_REACH_NOWHERE;
	/* Only 2000::/3 was ever given out: the rest is fc00::/7 and so on. */
	if (head >> 29 != 1)
		return MP_REACH_PRIVATE;
	/* spec: RFC 6890 2.2.3: 2001::/23 protocols, 2001:db8::/32 and 3fff::/20 (RFC 9637)
	 * documentation */
	return head >> 9 == 0x20010000 >> 9 || head == 0x20010db8 || head >> 12 == 0x3fff0
	    ? MP_REACH_PRIVATE : MP_REACH_PUBLIC;
}

static enum mp_reach reach6(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	/* Addresses that carry an IPv4 one go where that goes.
	 * spec: RFC 4291 2.5.5.2 (mapped), RFC 6052 2.1 (NAT64), RFC 3056 2 (6to4) */
	if (memcmp(address, mapped, sizeof(mapped)) == 0
	    || memcmp(address, nat64, sizeof(nat64)) == 0)
		return reach4(read_u32(address + 12));
	if (address[0] == 0x20 && address[1] == 0x02)
		return reach4(read_u32(address + 2));
	return reach_own6(address);
}

enum mp_reach mp_host_reach(const uint8_t *bytes, size_t len)
{
	if (len == 4)
		return reach4(read_u32(bytes));
	return len == 16 ? reach6(bytes) : MP_REACH_NOWHERE;
}

enum mp_reach mp_host_reach_of(struct mp_span host, bool is_ipv6)
{
	static const char suffix[] = ".localhost";
	size_t suffix_len = sizeof(suffix) - 1;
	uint8_t address6[16];
	uint32_t address;
	struct mp_span name = without_dot(host);

	if (is_ipv6)
		return read_ipv6(host, address6) ? reach6(address6) : MP_REACH_NOWHERE;
	if (read_ipv4(name, &address))
		return reach4(address);
	if (name.len > suffix_len)      /* spec: RFC 6761 6.3 */
		name = (struct mp_span){ name.data + name.len - suffix_len, suffix_len };
	return mp_span_is_nocase(name, "localhost") || mp_span_is_nocase(name, suffix)
	    ? MP_REACH_LOOPBACK : MP_REACH_UNKNOWN;
}

bool mp_host_is_private(struct mp_span host, bool is_ipv6)
{
	enum mp_reach reach = mp_host_reach_of(host, is_ipv6);

	/* spec: RFC 6890 2.2.2; a service of the cloud is no less inside at a public address */
	return reach != MP_REACH_PUBLIC && reach != MP_REACH_UNKNOWN;
}
