/* Hosts: loopback in the strict sense, private in the wide one. */
#include <stdio.h>
#include "harness/check.h"
#include "wire/host.h"
#include "wire/uri.h"

static const struct {
	const char *label, *host;
	bool loopback, private;
} host_rows[] = {
	{ "dotted quad", "127.0.0.1", true, true },
	{ "all of 127/8", "127.255.255.254", true, true },
	{ "localhost", "localhost", true, true },
	{ "localhost, any case", "LocalHost", true, true },
	{ "IPv6 loopback", "[::1]", true, true },
	{ "IPv6 loopback, long", "[0:0:0:0:0:0:0:1]", true, true },
	{ "IPv6 loopback, with zeros", "[0000::0001]", true, true },
	{ "localhost with a dot", "localhost.", false, true },
	{ "under localhost", "a.b.LOCALHOST", false, true },
	{ "under localhost, with a dot", "a.localhost.", false, true },
	{ "short form", "127.1", false, true },
	{ "decimal", "2130706433", false, true },
	{ "hexadecimal", "0x7f000001", false, true },
	{ "hexadecimal, upper case", "0X7F.1", false, true },
	{ "hexadecimal, short", "0x7f.1", false, true },
	{ "octal", "0177.0.0.1", false, true },
	{ "octal, in one", "017700000001", false, true },
	{ "leading zeros", "127.0.0.01", false, true },
	{ "many zeros", "0x00000000000000007f000001", false, true },
	{ "dotted quad with a dot", "127.0.0.1.", false, true },
	{ "decimal with a dot", "2130706433.", false, true },
	{ "mapped loopback", "[::ffff:127.0.0.1]", false, true },
	{ "mapped loopback, hexadecimal", "[::ffff:7f00:1]", false, true },
	{ "mapped 10/8", "[::ffff:10.0.0.1]", false, true },
	{ "mapped metadata", "[::FFFF:A9FE:A9FE]", false, true },
	{ "mapped public", "[::ffff:8.8.8.8]", false, false },
	{ "compatible, withdrawn", "[::10.0.0.1]", false, true },
	{ "translated, never global", "[::ffff:0:8.8.8.8]", false, true },
	{ "NAT64 of a private address", "[64:ff9b::10.0.0.1]", false, true },
	{ "NAT64 of a public address", "[64:ff9b::8.8.8.8]", false, false },
	{ "NAT64, local prefix", "[64:ff9b:1::8.8.8.8]", false, true },
	{ "6to4 of a private address", "[2002:c0a8:0101::1]", false, true },
	{ "6to4 of a public address", "[2002:0808:0808::1]", false, false },
	{ "unspecified", "0.0.0.0", false, true },
	{ "zero", "0", false, true },
	{ "this network", "0.1.2.3", false, true },
	{ "unspecified, IPv6", "[::]", false, true },
	{ "10/8", "10.0.0.1", false, true },
	{ "before 10/8", "9.255.255.255", false, false },
	{ "after 10/8", "11.0.0.0", false, false },
	{ "shared", "100.64.0.1", false, true },
	{ "end of shared", "100.127.255.255", false, true },
	{ "before shared", "100.63.255.255", false, false },
	{ "after shared", "100.128.0.0", false, false },
	{ "after loopback", "128.0.0.1", false, false },
	{ "metadata", "169.254.169.254", false, true },
	{ "metadata, decimal", "2852039166", false, true },
	{ "before link-local", "169.253.0.0", false, false },
	{ "172.16/12", "172.16.0.1", false, true },
	{ "end of 172.16/12", "172.31.255.255", false, true },
	{ "before 172.16/12", "172.15.255.255", false, false },
	{ "after 172.16/12", "172.32.0.0", false, false },
	{ "192.168/16", "192.168.1.1", false, true },
	{ "192.168/16, short", "192.168.257", false, true },
	{ "after 192.168/16", "192.169.0.0", false, false },
	{ "protocol assignments", "192.0.0.1", false, true },
	{ "documentation 1", "192.0.2.1", false, true },
	{ "between them", "192.0.1.1", false, false },
	{ "6to4 relays", "192.88.99.1", false, true },
	{ "benchmarks", "198.19.0.1", false, true },
	{ "documentation 2", "198.51.100.1", false, true },
	{ "documentation 3", "203.0.113.1", false, true },
	{ "multicast", "224.0.0.1", false, true },
	{ "reserved", "240.0.0.1", false, true },
	{ "broadcast", "255.255.255.255", false, true },
	{ "the last public one", "223.255.255.255", false, false },
	{ "public", "8.8.8.8", false, false },
	{ "public, decimal", "134744072", false, false },
	{ "unique local", "[fc00::1]", false, true },
	{ "unique local, fd", "[fd12:3456::1]", false, true },
	{ "link-local", "[fe80::1]", false, true },
	{ "link-local, its end", "[febf::1]", false, true },
	{ "site-local", "[fec0::1]", false, true },
	{ "multicast, IPv6", "[ff02::1]", false, true },
	{ "discard", "[100::1]", false, true },
	{ "documentation, IPv6", "[2001:db8::1]", false, true },
	{ "documentation, newer", "[3fff:fff::1]", false, true },
	{ "after it", "[3fff:1000::1]", false, false },
	{ "Teredo", "[2001::1]", false, true },
	{ "end of the protocols", "[2001:1ff::1]", false, true },
	{ "public, IPv6", "[2001:200::1]", false, false },
	{ "public, IPv6, another", "[2606:4700::1111]", false, false },
	{ "a name", "as.example", false, false },
	{ "a sign makes it a name", "127.-18446744073709551615", false, false },
	{ "last of two, the largest", "126.16777215", false, false },
	{ "a name that begins so", "localhost.example", false, false },
	{ "a name that ends so", "notlocalhost", false, false },
	{ "a name like an address", "127.0.0.1.example", false, false },
};

static void test_hosts(void)
{
	for (size_t i = 0; i < COUNT(host_rows); i++) {
		char text[128];
		struct mp_uri uri = { 0 };

		snprintf(text, sizeof(text), "http://%s:8080/", host_rows[i].host);
		CHECK_EQ(host_rows[i].label, mp_uri_parse(text, &uri, NULL), MCPASS_OK);
		CHECK_EQ(host_rows[i].label, mp_uri_is_loopback(&uri), host_rows[i].loopback);
		CHECK_EQ(host_rows[i].label, mp_uri_is_private(&uri), host_rows[i].private);
	}
}

static const struct {
	const char *label, *host;
	enum mp_reach reach;
} reach_rows[] = {
	{ "public", "8.8.8.8", MP_REACH_PUBLIC },
	{ "10/8", "10.0.0.1", MP_REACH_PRIVATE },
	{ "172.16/12", "172.31.0.1", MP_REACH_PRIVATE },
	{ "192.168/16", "192.168.1.1", MP_REACH_PRIVATE },
	{ "shared by carriers", "100.64.0.1", MP_REACH_PRIVATE },
	{ "benchmarks", "198.18.0.1", MP_REACH_PRIVATE },
	{ "loopback", "127.255.0.1", MP_REACH_LOOPBACK },
	{ "link-local", "169.254.1.1", MP_REACH_LINK_LOCAL },
	{ "cloud metadata", "169.254.169.254", MP_REACH_LINK_LOCAL },
	{ "cloud metadata, Alibaba", "100.100.100.200", MP_REACH_LINK_LOCAL },
	{ "cloud metadata, Azure", "168.63.129.16", MP_REACH_LINK_LOCAL },
	{ "beside it", "168.63.129.17", MP_REACH_PUBLIC },
	{ "unspecified", "0.0.0.0", MP_REACH_NOWHERE },
	{ "multicast", "224.0.0.1", MP_REACH_NOWHERE },
	{ "broadcast", "255.255.255.255", MP_REACH_NOWHERE },
	{ "public, IPv6", "[2606:4700::1111]", MP_REACH_PUBLIC },
	{ "unique local", "[fd12::1]", MP_REACH_PRIVATE },
	{ "cloud metadata, IPv6", "[fd00:ec2::254]", MP_REACH_LINK_LOCAL },
	{ "beside it, IPv6", "[fd00:ec2::255]", MP_REACH_PRIVATE },
	{ "loopback, IPv6", "[::1]", MP_REACH_LOOPBACK },
	{ "unspecified, IPv6", "[::]", MP_REACH_NOWHERE },
	{ "link-local, IPv6", "[fe80::1]", MP_REACH_LINK_LOCAL },
	{ "link-local, IPv6, its end", "[febf::1]", MP_REACH_LINK_LOCAL },
	{ "site-local", "[fec0::1]", MP_REACH_PRIVATE },
	{ "multicast, IPv6", "[ff02::1]", MP_REACH_NOWHERE },
	{ "documentation, IPv6", "[2001:db8::1]", MP_REACH_PRIVATE },
	{ "mapped loopback", "[::ffff:127.0.0.1]", MP_REACH_LOOPBACK },
	{ "mapped metadata", "[::ffff:169.254.169.254]", MP_REACH_LINK_LOCAL },
	{ "mapped public", "[::ffff:8.8.8.8]", MP_REACH_PUBLIC },
	{ "NAT64 of a private address", "[64:ff9b::10.0.0.1]", MP_REACH_PRIVATE },
	{ "NAT64 of metadata", "[64:ff9b::169.254.169.254]", MP_REACH_LINK_LOCAL },
	{ "6to4 of metadata", "[2002:a9fe:a9fe::1]", MP_REACH_LINK_LOCAL },
	{ "another notation", "2852039166", MP_REACH_LINK_LOCAL },
	{ "localhost", "localhost", MP_REACH_LOOPBACK },
	{ "under localhost", "a.localhost", MP_REACH_LOOPBACK },
	{ "a name", "as.example", MP_REACH_UNKNOWN },
};

static void test_reach(void)
{
	for (size_t i = 0; i < COUNT(reach_rows); i++) {
		char text[128];
		struct mp_uri uri = { 0 };

		snprintf(text, sizeof(text), "http://%s/", reach_rows[i].host);
		CHECK_EQ(reach_rows[i].label, mp_uri_parse(text, &uri, NULL), MCPASS_OK);
		CHECK_EQ(reach_rows[i].label, mp_host_reach_of(uri.host, uri.is_ipv6),
		    reach_rows[i].reach);
	}
	CHECK_EQ("four bytes", mp_host_reach((const uint8_t[]){ 10, 0, 0, 1 }, 4), MP_REACH_PRIVATE);
	CHECK_EQ("no address", mp_host_reach(NULL, 0), MP_REACH_NOWHERE);
}

int main(void)
{
	test_hosts();
	test_reach();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
