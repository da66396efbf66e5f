#include "io/http/proxy.h"
#include "io/system/environment.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>         /* AF_INET */

#define SEPARATORS ", \t"

/* An address of 4 or 16 bytes, with or without brackets; 0: it is none. */
static size_t read_address(struct mp_span text, uint8_t bytes[16])
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']')
		text = (struct mp_span){ text.data + 1, text.len - 2 };
	if (text.len >= sizeof(copy))
		return 0;
	(void)snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.data);
	if (inet_pton(AF_INET, copy, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, copy, bytes) == 1 ? 16 : 0;
}

/* The number behind the '/' of a network; false when it is none, or is too large. */
static bool read_bits(struct mp_span text, size_t most, size_t *ret_bits)
{
	size_t bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || bits > most)
			return false;
		bits = bits * 10 + (size_t)(text.data[i] - '0');
	}
	*ret_bits = bits;
	return text.len > 0 && bits <= most;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, size_t bits)
{
	size_t whole = bits / 8;
	unsigned rest = bits % 8 == 0 ? 0 : (0xff00u >> bits % 8) & 0xff;

	return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) & rest) == 0);
}

/* Whether entry is the address, or a network that has it. */
static bool has_address(struct mp_span entry, const uint8_t *address, size_t len)
{
	const char *slash = memchr(entry.data, '/', entry.len);
	struct mp_span net = { entry.data, slash != NULL ? (size_t)(slash - entry.data) : entry.len };
	size_t bits = 8 * len;
	uint8_t bytes[16];

	if (slash != NULL && !read_bits((struct mp_span){ slash + 1, entry.len - net.len - 1 }, 8 * len,
	    &bits))
		return false;
	return read_address(net, bytes) == len && same_bits(bytes, address, bits);
}

static struct mp_span without_dots(struct mp_span name)
{
	if (name.len > 0 && name.data[0] == '.')
		name = (struct mp_span){ name.data + 1, name.len - 1 };
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

/* Whether entry is the name, or the name lies under it. */
static bool has_name(struct mp_span entry, struct mp_span name)
{
	struct mp_span end;
	char wanted[256];

	entry = without_dots(entry);
	if (entry.len == 0 || entry.len > name.len || entry.len >= sizeof(wanted))
		return false;
	end = (struct mp_span){ name.data + name.len - entry.len, entry.len };
	memcpy(wanted, entry.data, entry.len);
	wanted[entry.len] = '\0';
	return mp_span_is_nocase(end, wanted) && (entry.len == name.len || end.data[-1] == '.');
}

bool mp_http_no_proxy_has(const char *list, struct mp_span host)
{
	uint8_t address[16];
	size_t len = read_address(host, address);

	if (strcmp(list, "*") == 0)
		return true;
	for (list += strspn(list, SEPARATORS); *list != '\0'; list += strspn(list, SEPARATORS)) {
		struct mp_span entry = { list, strcspn(list, SEPARATORS) };

		if (len > 0 ? has_address(entry, address, len) : has_name(entry, without_dots(host)))
			return true;
		list += entry.len;
	}
	return false;
}

/* In curl's order; HTTP_PROXY is not read, for a CGI program has it from its client. */
static const char *from_environment(bool is_https)
{
	static const char *const for_https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const for_http[] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	const char *const *names = is_https ? for_https : for_http;
	size_t count = is_https ? MP_COUNT(for_https) : MP_COUNT(for_http);

	for (size_t i = 0; i < count; i++)
		if (mp_environment(names[i]) != NULL)
			return mp_environment(names[i]);
	return "";
}

const char *mp_http_proxy_for(const char *given, const struct mp_uri *uri)
{
	const char *none = mp_environment("no_proxy");

	if (none == NULL)
		none = mp_environment("NO_PROXY");
	/* No proxy reaches our loopback. */
	if (mp_uri_is_loopback(uri) || (none != NULL && mp_http_no_proxy_has(none, uri->host)))
		return "";
	return given != NULL ? given : from_environment(uri->is_https);
}
