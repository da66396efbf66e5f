/* Which addresses a program may connect the client's requests to. */
#include "harness/check.h"
#include "mcpass/client.h"

#define OUTSIDE "https://mcp.example/mcp"
#define INSIDE "https://10.0.0.5/mcp"
#define NEAR "http://127.0.0.1:8080/mcp"

static const struct {
	const char *label, *ours, *url, *address, *server;
	enum mcpass_rc want;
} rows[] = {
	{ "outside", OUTSIDE, "https://as.example/token", "93.184.216.34", NULL, MCPASS_OK },
	{ "outside, IPv6", OUTSIDE, "https://as.example/token", "2606:2800:220:1::1", NULL, MCPASS_OK },
	{ "a name that leads inside", OUTSIDE, "https://as.example/token", "10.0.0.6", NULL,
	    MCPASS_E_POLICY },
	{ "a name that leads here", OUTSIDE, "https://as.example/token", "127.0.0.1", NULL,
	    MCPASS_E_POLICY },
	{ "here in IPv6", OUTSIDE, "https://as.example/token", "::1", NULL, MCPASS_E_POLICY },
	{ "an IPv4 address in IPv6", OUTSIDE, "https://as.example/token", "::ffff:10.0.0.6", NULL,
	    MCPASS_E_POLICY },
	{ "a cloud's metadata", INSIDE, "https://as.example/token", "169.254.169.254", NULL,
	    MCPASS_E_POLICY },
	{ "inside, from inside", INSIDE, "https://as.example/token", "10.0.0.6", NULL, MCPASS_OK },
	{ "inside, from where a name led inside", OUTSIDE, "https://as.example/token", "10.0.0.6",
	    "10.1.2.3", MCPASS_OK },
	{ "here, from here", NEAR, "http://localhost:9000/token", "127.0.0.1", NULL, MCPASS_OK },
	{ "plain http that leads outside", NEAR, "http://localhost:9000/token", "93.184.216.34", NULL,
	    MCPASS_E_POLICY },
	{ "the server itself, before it was known", OUTSIDE, "https://mcp.example/.well-known/x",
	    "10.0.0.6", NULL, MCPASS_OK },
	{ "the server itself, now elsewhere", OUTSIDE, "https://mcp.example/.well-known/x",
	    "10.0.0.6", "93.184.216.34", MCPASS_E_POLICY },
	{ "another port is another server", OUTSIDE, "https://mcp.example:8443/x", "10.0.0.6", NULL,
	    MCPASS_E_POLICY },
	{ "the issuer that was named", OUTSIDE, "https://named.example/token", "10.0.0.6", NULL,
	    MCPASS_OK },
	{ "not even that one at the link", OUTSIDE, "https://named.example/token", "169.254.1.1", NULL,
	    MCPASS_E_POLICY },
	{ "no address", OUTSIDE, "https://as.example/token", "as.example", NULL, MCPASS_E_USAGE },
	{ "an empty one", OUTSIDE, "https://as.example/token", "", NULL, MCPASS_E_USAGE },
	{ "none", OUTSIDE, "https://as.example/token", NULL, NULL, MCPASS_E_USAGE },
	{ "the server's is none", OUTSIDE, "https://as.example/token", "93.184.216.34", "x",
	    MCPASS_E_USAGE },
	{ "no URL", OUTSIDE, "token", "93.184.216.34", NULL, MCPASS_E_USAGE },
};

static int no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return -1;
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mcpass_client_config cfg = { .size = sizeof(cfg), .server_url = rows[i].ours,
			.flags = MCPASS_LOOPBACK_HTTP, .random = no_random, .client_id = "us",
			.client_issuer = "https://named.example" };
		struct mcpass_client *client = NULL;
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, mcpass_client_new(&cfg, &client, &err), MCPASS_OK);
		CHECK_EQ(rows[i].label, mcpass_client_check_address(client, rows[i].url, rows[i].address,
		    rows[i].server, &err), rows[i].want);
		CHECK_EQ(rows[i].label, err.rc, rows[i].want);
		CHECK_EQ(rows[i].label, mcpass_client_check_address(client, rows[i].url, rows[i].address,
		    rows[i].server, NULL), rows[i].want);
		mcpass_client_free(client);
	}
	CHECK_EQ("nothing is left", mp_test_live_blocks(), 0);
	return check_done();
}
