/* Where a request comes from.  Behind a proxy of ours that is what the proxy says: the
 * last address that no other proxy of ours has, for everything before it may be invented by
 * the sender.  spec: RFC 7239 4, 5.2, 8.1; X-Forwarded-For as proxies write it */
#include <stdio.h>
#include <string.h>
#include "issuer/bounds.h"
#include "wire/host.h"

/* Copies an address out of an item: "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80",
 * "2001:db8::1", each in quotes or not.  False: it is none. */
static bool read_address(struct mp_span item, char ret_address[MP_MAX_ADDRESS])
{
	char text[MP_MAX_ADDRESS], *end;
	const char *start = text;
	uint8_t bytes[16];

	if (item.len >= 2 && item.data[0] == '"' && item.data[item.len - 1] == '"')
		item = (struct mp_span){ item.data + 1, item.len - 2 };
	if (item.len >= sizeof(text))
		return false;
	memcpy(text, item.data, item.len);
	text[item.len] = '\0';
	if (text[0] == '[') {
		start++;
		end = strchr(text, ']');
		if (end == NULL)
			return false;
		*end = '\0';
	} else if ((end = strchr(text, ':')) != NULL && strchr(end + 1, ':') == NULL) {
		*end = '\0';
	}
	if (mp_host_address((struct mp_span){ start, strlen(start) }, bytes) == 0)
		return false;
	(void)snprintf(ret_address, MP_MAX_ADDRESS, "%s", start);
	return true;
}

static struct mp_span trim(struct mp_span item)
{
	while (item.len > 0 && (item.data[0] == ' ' || item.data[0] == '\t'))
		item = (struct mp_span){ item.data + 1, item.len - 1 };
	while (item.len > 0 && (item.data[item.len - 1] == ' ' || item.data[item.len - 1] == '\t'))
		item.len--;
	return item;
}

/* The for parameter of one element of Forwarded; nothing when it has none. */
static struct mp_span find_for(struct mp_span element)
{
	while (element.len > 0) {
		const char *semicolon = memchr(element.data, ';', element.len);
		size_t len = semicolon != NULL ? (size_t)(semicolon - element.data) : element.len;
		struct mp_span pair = trim((struct mp_span){ element.data, len });

		if (pair.len > 4 && mp_span_is_nocase((struct mp_span){ pair.data, 4 }, "for="))
			return (struct mp_span){ pair.data + 4, pair.len - 4 };
		element = (struct mp_span){ element.data + len, element.len - len };
		if (element.len > 0)
			element = (struct mp_span){ element.data + 1, element.len - 1 };
	}
	return element;
}

/* --- networks --- */
bool mp_peer_is_network(const char *text)
{
	uint8_t bytes[16];
	size_t bits;

	return mp_host_network((struct mp_span){ text, strlen(text) }, bytes, &bits) > 0;
}

static bool is_proxy(const struct mp_issuer *issuer, const char *address)
{
	uint8_t bytes[16];
	size_t len = mp_host_address((struct mp_span){ address, strlen(address) }, bytes);

	for (size_t i = 0; i < issuer->proxies.count; i++) {
		const char *network = issuer->proxies.items[i];

		if (mp_host_is_in((struct mp_span){ network, strlen(network) }, bytes, len))
			return true;
	}
	return false;
}

/* --- headers --- */

/* From the end of one header: *address is the sender as far as it is told.  False: it said
 * something else than an address, and what stands before that is not believed. */
static bool walk_back(const struct mp_issuer *issuer, const char *value, bool is_forwarded,
    char address[MP_MAX_ADDRESS])
{
	size_t len = strlen(value);

	while (len > 0 && is_proxy(issuer, address)) {
		size_t start = len;
		struct mp_span item;

		while (start > 0 && value[start - 1] != ',')
			start--;
		item = trim((struct mp_span){ value + start, len - start });
		if (is_forwarded)
			item = find_for(item);
		if (!read_address(item, address))
			return false;
		len = start > 0 ? start - 1 : 0;
	}
	return true;
}

/* What the headers of that name say about the sender; false: there are none. */
static bool follow(const struct mp_turn *turn, const char *name, bool is_forwarded,
    char address[MP_MAX_ADDRESS])
{
	const struct mp_http_request *request = turn->request;
	bool goes_on = true;

	for (size_t i = request->header_count; i > 0 && goes_on; i--)
		if (mp_eq_nocase(request->headers[i - 1].name, name))
			goes_on = walk_back(turn->issuer, request->headers[i - 1].value, is_forwarded, address);
	return mp_header_count(request->headers, request->header_count, name) > 0;
}

void mp_peer_of(const struct mp_turn *turn, char ret_address[MP_MAX_ADDRESS])
{
	const char *peer = turn->request->peer != NULL ? turn->request->peer : "";
	char one[MP_MAX_ADDRESS], other[MP_MAX_ADDRESS];
	bool has_one, has_other;

	if (strncmp(peer, "::ffff:", 7) == 0 && strchr(peer, '.') != NULL)
		peer += 7;              /* as an IPv6 socket shows IPv4 */
	(void)snprintf(ret_address, MP_MAX_ADDRESS, "%s", peer);
	memcpy(one, ret_address, sizeof(one));
	memcpy(other, ret_address, sizeof(other));
	has_one = follow(turn, "X-Forwarded-For", false, one);
	has_other = follow(turn, "Forwarded", true, other);
	/* A proxy writes one of them, and hands on what the sender wrote into the other. */
	if (has_one && has_other && strcmp(one, other) != 0)
		return;
	memcpy(ret_address, has_one ? one : other, sizeof(one));
}
