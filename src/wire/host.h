/* host.h - what the host of a URI names: a DNS name or an address, in any notation.
 * A host is passed as uri.h has it: an IPv6 literal without its brackets. */
#pragma once
#include <stdint.h>
#include "base/text.h"

/* A DNS name (with '_' and at most one trailing dot), an IPv4 address in a notation
 * that resolvers take, or an IPv6 address without zone.  Nothing is decoded: a '%' is
 * refused, and so is a name whose last label is a number and that is no address. */
bool mp_host_is_valid(struct mp_span host, bool is_ipv6);
/* Strict, since http:// is allowed for it: 127.x.y.z, ::1 or localhost, as they stand. */
bool mp_host_is_loopback(struct mp_span host, bool is_ipv6);
/* Wide, since requests are refused for it: any address that is not globally reachable,
 * and the names of RFC 6761 6.3 (localhost and what lies under it). */
bool mp_host_is_private(struct mp_span host, bool is_ipv6);

/* An address of 4 or 16 bytes, as it is written plainly, in brackets or without; 0: it is none. */
size_t mp_host_address(struct mp_span host, uint8_t ret_bytes[16]);
/* The same of a network: "10.0.0.0/8"; *ret_bits is all of them where there is no '/'. */
size_t mp_host_network(struct mp_span text, uint8_t ret_bytes[16], size_t *ret_bits);
/* Whether the address is the network's, or is it. */
bool mp_host_is_in(struct mp_span network, const uint8_t *address, size_t len);

/* Where an address leads.  LINK_LOCAL is metadata services of clouds, too, wherever they
 * are; NOWHERE is no host that could be meant: unspecified, multicast, reserved. */
enum mp_reach {
	MP_REACH_UNKNOWN, MP_REACH_PUBLIC, MP_REACH_PRIVATE, MP_REACH_LOOPBACK,
	MP_REACH_LINK_LOCAL, MP_REACH_NOWHERE
};
/* Of an address as the network has it: 4 or 16 bytes; any other length is NOWHERE. */
enum mp_reach mp_host_reach(const uint8_t *bytes, size_t len);
/* Of a host that says its address, or that is localhost; UNKNOWN for another name. */
enum mp_reach mp_host_reach_of(struct mp_span host, bool is_ipv6);
