/* What strangers may do, and how much of it; and that a person is not held up by them. */
#include "issuer/bounds.h"
#include "kit_extensions.h"

#define HERE "192.0.2.1"
#define THERE "198.51.100.7"

static void move(struct kit *kit, const char *peer)
{
	kit->peer = peer;
	kit->browser[0] = kit->session[0] = '\0';
}

static const char *retry_after(const struct kit *kit)
{
	return kit_header(kit, "Retry-After");
}

/* --- how often --- */
static int do_register(struct kit *kit)
{
	kit_ask(kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
	    .body = PUBLIC_CLIENT });
	return kit->answer.status;
}

static int do_authorize(struct kit *kit)
{
	return kit_get(kit, "/authorize", kit_query(kit, "mcp:read", NULL));
}

static int do_push(struct kit *kit)
{
	return kit_post(kit, "/par", kit_query(kit, "mcp:read", NULL));
}

static int do_device(struct kit *kit)
{
	char form[128];

	snprintf(form, sizeof(form), "scope=mcp%%3Aread&client_id=%s", kit->client_id);
	return kit_post(kit, "/device_authorization", form);
}

static const struct {
	const char *label, *kind;
	int (*go)(struct kit *kit);
	int good, burst;
	const char *wait;               /* seconds, then one more is permitted */
} rates[] = {
	{ "registrations", "client", do_register, 201, 99, "1" }, /* one more made the kit's client */
	{ "pages that wait for a person", "pending", do_authorize, 200, 100, "1" },
	{ "pushed requests", "pushed", do_push, 201, 100, "1" },
	{ "codes for devices", "device", do_device, 200, 40, "2" },
};

static void test_rates(void)
{
	for (size_t i = 0; i < COUNT(rates); i++) {
		size_t kept;
		struct kit kit;

		kit_open(&kit, AS);
		kit.peer = HERE;
		kit_register(&kit, DEVICE_CLIENT);
		for (int n = 0; n < rates[i].burst; n++)
			CHECK_EQ(rates[i].label, rates[i].go(&kit), rates[i].good);
		kept = memstore_count(kit.memstore, rates[i].kind);
		CHECK_EQ(rates[i].label, rates[i].go(&kit), 429);
		CHECK_STR(rates[i].label, retry_after(&kit), rates[i].wait);
		CHECK_EQ("nothing is kept of it", memstore_count(kit.memstore, rates[i].kind), kept);
		kit.peer = THERE;
		CHECK_EQ("another address is not held up", rates[i].go(&kit), rates[i].good);
		kit.peer = HERE;
		kit.now += atoi(rates[i].wait);
		CHECK_EQ("one more after that", rates[i].go(&kit), rates[i].good);
		kit_close(&kit);
	}
}

/* From ever new addresses: all together have their limit, and a person's address is no part of
 * it. */
static void test_crowd(void)
{
	static char peers[300][24];
	int refused = 0;
	struct kit kit;

	kit_open(&kit, AS);
	kit.peer = HERE;
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK("a person signs in", kit_code(&kit, "alice", "mcp:read")[0] != '\0');
	for (int i = 0; i < 300; i++) {
		snprintf(peers[i], sizeof(peers[i]), "203.0.%d.%d", i / 250, i % 250);
		kit.peer = peers[i];
		refused += do_register(&kit) == 503;
	}
	CHECK_EQ("too many at once", refused, 300 - 199);
	CHECK("and when to come again", retry_after(&kit) != NULL);
	kit.peer = HERE;
	CHECK_EQ("where a person signed in, it goes on", do_register(&kit), 201);
	kit_close(&kit);
}

static const struct { const char *label, *first, *second; bool same; } addresses[] = {
	{ "one address", "192.0.2.1", "192.0.2.1", true },
	{ "two", "192.0.2.1", "192.0.2.2", false },
	{ "one network of IPv6", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true },
	{ "two networks", "2001:db8:1:2::1", "2001:db8:1:3::1", false },
	{ "IPv4 as IPv6 shows it", "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "two of these", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
	{ "not known", NULL, NULL, true },
};

static void test_addresses(void)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct kit kit;

		kit_open(&kit, AS);
		kit.peer = addresses[i].first;
		for (int n = 0; n < 100; n++)
			do_register(&kit);
		kit.peer = addresses[i].second;
		CHECK_EQ(addresses[i].label, do_register(&kit), addresses[i].same ? 429 : 201);
		kit_close(&kit);
	}
}

/* --- behind a proxy --- */
#define PROXY "10.0.0.1"
static const struct { const char *label, *peer, *name, *value, *counts_as; } proxied[] = {
	{ "no proxy of ours says it", THERE, "X-Forwarded-For", HERE, THERE },
	{ "ours does", PROXY, "X-Forwarded-For", HERE, HERE },
	{ "the last counts, the rest is invented", PROXY, "X-Forwarded-For", "1.2.3.4, " HERE, HERE },
	{ "two of ours in a row", PROXY, "X-Forwarded-For", "1.2.3.4," HERE ", 10.0.0.2", HERE },
	{ "with a port", PROXY, "X-Forwarded-For", HERE ":4711", HERE },
	{ "an IPv6 address", PROXY, "X-Forwarded-For", "2001:db8::1", "2001:db8::2" },
	{ "no address", PROXY, "X-Forwarded-For", "unknown", PROXY },
	{ "nothing", PROXY, "X-Forwarded-For", "", PROXY },
	{ "by the standard", PROXY, "Forwarded", "for=1.2.3.4, for=" HERE ";proto=https", HERE },
	{ "in quotes, with a port", PROXY, "Forwarded", "proto=https; For=\"[2001:db8::1]:80\"",
	    "2001:db8::2" },
	{ "hidden", PROXY, "Forwarded", "for=_hidden", PROXY },
	{ "says nothing of it", PROXY, "Forwarded", "by=10.0.0.1", PROXY },
};

static int register_through(struct kit *kit, const char *peer, const struct mcpass_header *more)
{
	kit->peer = peer;
	return kit_ask(kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
	    .body = PUBLIC_CLIENT, .extra = more });
}

static void test_proxies(void)
{
	static const char *const ours[] = { PROXY, "10.0.0.2" };

	for (size_t i = 0; i < COUNT(proxied); i++) {
		const struct mcpass_header header = { proxied[i].name, proxied[i].value };
		struct mp_issuer_config config = kit_config(AS);
		struct kit kit;

		config.proxies = ours;
		config.proxy_count = COUNT(ours);
		kit_open_extended(&kit, config);
		for (int n = 0; n < 100; n++)
			register_through(&kit, proxied[i].peer, &header);
		CHECK_EQ(proxied[i].label, register_through(&kit, proxied[i].counts_as, NULL), 429);
		kit_close(&kit);
	}
}

/* Which networks an address is in. */
static const struct { const char *label, *network, *peer; bool in; } network_rows[] = {
	{ "an address", "10.0.0.1", "10.0.0.1", true },
	{ "another one", "10.0.0.1", "10.0.0.2", false },
	{ "a network", "10.0.0.0/8", "10.255.1.2", true },
	{ "beside it", "10.0.0.0/8", "11.0.0.1", false },
	{ "a network within a byte", "172.16.0.0/12", "172.31.255.255", true },
	{ "beside that", "172.16.0.0/12", "172.32.0.0", false },
	{ "all of IPv4", "0.0.0.0/0", "192.0.2.1", true },
	{ "but no IPv6", "0.0.0.0/0", "2001:db8::1", false },
	{ "an IPv6 network", "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "beside it", "2001:db8::/33", "2001:db8:8000::1", false },
	{ "an address, written otherwise", "2001:db8:0::1", "2001:db8::1", true },
	{ "IPv4 as an IPv6 socket shows it", "10.0.0.0/8", "::ffff:10.0.0.9", true },
};
static const struct { const char *text; bool good; } network_texts[] = {
	{ "10.0.0.0/8", true }, { "10.0.0.0/32", true }, { "::/128", true }, { "10.0.0.0/33", false },
	{ "::/129", false }, { "10.0.0.0/", false }, { "10.0.0.0/-1", false }, { "10.0.0.0/8x", false },
	{ "10.0.0.0/0008", false }, { "/8", false }, { "proxy", false }, { "", false },
	{ "10.0.0.0/8/8", false },
};

static void test_networks(void)
{
	for (size_t i = 0; i < COUNT(network_texts); i++)
		CHECK_EQ(network_texts[i].text, mp_peer_is_network(network_texts[i].text),
		    network_texts[i].good);
	for (size_t i = 0; i < COUNT(network_rows); i++) {
		const struct mcpass_header header = { "X-Forwarded-For", "198.51.100.9" };
		const struct mp_http_request request = { .peer = network_rows[i].peer, .headers = &header,
			.header_count = 1 };
		struct mp_issuer_config config = kit_config(AS);
		struct mp_turn turn = { .request = &request };
		char address[MP_MAX_ADDRESS];
		struct kit kit;

		config.proxies = &network_rows[i].network;
		config.proxy_count = 1;
		kit_open_extended(&kit, config);
		turn.issuer = kit.issuer;
		mp_peer_of(&turn, address);
		CHECK_EQ(network_rows[i].label, strcmp(address, "198.51.100.9") == 0, network_rows[i].in);
		kit_close(&kit);
	}
}

/* Our URL is configured: no header says another. */
static void test_forwarded_host(void)
{
	static const struct mcpass_header headers[] = {
		{ "X-Forwarded-Host", "evil.example" }, { "X-Forwarded-Proto", "http" },
		{ "Forwarded", "for=192.0.2.1;host=evil.example;proto=http" },
	};

	for (size_t i = 0; i < COUNT(headers); i++) {
		static const char *const ours[] = { PROXY };
		struct mp_issuer_config config = kit_config(AS);
		struct kit kit;

		config.proxies = ours;
		config.proxy_count = 1;
		kit_open_extended(&kit, config);
		kit.peer = PROXY;
		kit_ask(&kit, &(struct ask){ .method = "GET",
		    .path = "/.well-known/oauth-authorization-server", .extra = &headers[i] });
		CHECK_STR(headers[i].name, kit_member(&kit, "issuer"), AS);
		CHECK_STR(headers[i].name, kit_member(&kit, "token_endpoint"), AS "/token");
		kit_close(&kit);
	}
}

/* --- passwords --- */
static int sign_in(struct kit *kit, const char *username, const char *password)
{
	do_authorize(kit);
	return kit_sign_in(kit, username, password);
}

static bool is_in(const struct kit *kit)
{
	return strstr(kit_body(kit), "name=\"decision\"") != NULL;
}

/* Tickets are free, so they are not what limits it; the name need not be anyone's. */
static void test_guesses(void)
{
	static const char *const names[] = { "alice", "no-one-here" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct kit kit;
		int delay = 2;

		kit_open(&kit, AS);
		kit.peer = HERE;
		kit_register(&kit, PUBLIC_CLIENT);
		for (int n = 0; n < 6; n++)
			CHECK_EQ("looked at", sign_in(&kit, names[i], "wrong"), 200);
		for (int n = 0; n < 10; n++) {
			char text[16];

			CHECK_EQ("too soon", sign_in(&kit, names[i], "secret"), 429);
			snprintf(text, sizeof(text), "%d", delay);
			CHECK_STR("how long it takes", retry_after(&kit), text);
			CHECK_HAS("the form is there for later", kit_body(&kit), "name=\"password\"");
			kit.now += delay;
			CHECK_EQ("looked at again", sign_in(&kit, names[i], "wrong"), 200);
			delay = delay * 2 < 300 ? delay * 2 : 300;
		}
		kit_close(&kit);
	}
}

/* Others cannot lock a person out of where they are known. */
static void test_lockout(void)
{
	struct kit kit;
	int looked_at = 0;

	kit_open(&kit, AS);
	kit.peer = HERE;
	kit_register(&kit, PUBLIC_CLIENT);
	sign_in(&kit, "alice", "secret");
	CHECK("alice signs in", is_in(&kit));
	move(&kit, THERE);
	for (int i = 0; i < 50; i++)
		looked_at += sign_in(&kit, "alice", "guess") == 200;
	CHECK_EQ("few guesses are looked at", looked_at, 6);
	move(&kit, "203.0.113.9");
	CHECK_EQ("nor from another address", sign_in(&kit, "alice", "guess"), 429);
	CHECK_EQ("another person is not held up", sign_in(&kit, "bob", "secret"), 200);
	CHECK("and is in", is_in(&kit));
	move(&kit, HERE);
	sign_in(&kit, "alice", "secret");
	CHECK("alice is not locked out", is_in(&kit));
	move(&kit, HERE);
	for (int i = 0; i < 6; i++)
		CHECK_EQ("her own mistakes are counted there", sign_in(&kit, "alice", "wrong"), 200);
	CHECK_EQ("as anyone's", sign_in(&kit, "alice", "secret"), 429);
	kit_close(&kit);
}

/* One password tried on many names: the address is limited, too, and most of all where it
 * failed before. */
static void test_spraying(void)
{
	struct kit kit;
	char name[32];
	int looked_at = 0;

	kit_open(&kit, AS);
	kit.peer = HERE;
	kit_register(&kit, PUBLIC_CLIENT);
	do_authorize(&kit);
	for (int i = 0; i < 90; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		kit.now += i % 2;       /* pages cost, too */
		looked_at += sign_in(&kit, name, "Summer2026") == 200;
	}
	CHECK("most at first, few then", looked_at >= 60 && looked_at < 60 + 46 + 1);
	looked_at = 0;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		looked_at += sign_in(&kit, name, "Winter2026") == 200;
	}
	CHECK_EQ("a second one for each of them", looked_at, 20);
	kit_close(&kit);
}

static unsigned cost_asked;
static char line_asked[256];
static int checks;

static enum mcpass_rc note_check(void *ctx, const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	checks++;
	cost_asked = ask->cost;
	snprintf(line_asked, sizeof(line_asked), "%s", ask->line);
	*ret_answer = strcmp(ask->password, "secret") == 0 ? MP_PASSWORD_RIGHT : MP_PASSWORD_WRONG;
	return MCPASS_OK;
}

/* Users of different costs: each name costs as the dearest does, those that are none, too. */
static void test_one_cost(void)
{
	static const char users[] = "[{\"username\":\"cheap\",\"password_hash\":\"" LINE "\"},"
	    "{\"username\":\"dear\",\"password_hash\":\"$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]";
	static const char *const names[] = { "cheap", "dear", "none" };
	struct mp_issuer_config config = kit_config(AS);
	unsigned own = 0;
	struct kit kit;

	config.users = users;
	config.check_password = note_check;
	kit_open_extended(&kit, config);
	kit_register(&kit, PUBLIC_CLIENT);
	for (size_t i = 0; i < COUNT(names); i++) {
		checks = 0;
		sign_in(&kit, names[i], "wrong");
		CHECK_EQ("looked at once", checks, 1);
		CHECK_EQ(names[i], cost_asked, 15);
	}
	CHECK_EQ("a name that is none has a line", mp_password_cost(line_asked, &own, NULL), MCPASS_OK);
	CHECK_EQ("of that cost", own, 15);
	CHECK("and no one's", strstr(users, line_asked) == NULL);
	sign_in(&kit, "none", "secret");
	CHECK("which opens nothing, whatever is said of it", !is_in(&kit));
	kit_close(&kit);
	config = kit_config(AS);
	config.users = "[]";
	config.check_password = note_check;
	kit_open_extended(&kit, config);
	kit_register(&kit, PUBLIC_CLIENT);
	sign_in(&kit, "none", "wrong");
	CHECK_EQ("without users, the usual cost", cost_asked, MP_SCRYPT_LOG2);
	kit_close(&kit);
}

/* --- secrets of clients --- */
static void test_secrets(void)
{
	struct mp_issuer_client client = { .client_id = "job", .grants = "client_credentials",
		.client_secret_hash = LINE };
	struct mp_issuer_config config = kit_config(AS);
	char form[128];
	struct kit kit;

	config.check_password = note_check;
	config.clients = &client;
	config.client_count = 1;
	kit_open_extended(&kit, config);
	kit.peer = HERE;
	checks = 0;
	for (int i = 0; i < 60; i++) {
		snprintf(form, sizeof(form), "grant_type=client_credentials&client_id=job"
		    "&client_secret=guess%d", i);
		CHECK_EQ("a guess", kit_post(&kit, "/token", form), i < 20 ? 401 : 429);
	}
	CHECK_EQ("so many are looked at", checks, 20);
	CHECK_STR("an error of the protocol", kit_member(&kit, "error"), "temporarily_unavailable");
	kit.peer = THERE;
	CHECK_EQ("the client is not held up", kit_post(&kit, "/token", "grant_type=client_credentials"
	    "&client_id=job&client_secret=secret"), 200);
	for (int i = 0; i < 60; i++)
		CHECK_EQ("however often it comes", kit_post(&kit, "/token",
		    "grant_type=client_credentials&client_id=job&client_secret=secret"), 200);
	kit_close(&kit);
}

/* --- how much is kept --- */
static size_t count(struct kit *kit, const char *kind)
{
	return memstore_count(kit->memstore, kind);
}

/* Clients that no person allowed anything make way, oldest first; one that a person uses
 * stays, however many come. */
static void test_clients(void)
{
	char used[64], oldest[64];
	struct kit kit;

	kit_open(&kit, AS);
	kit.peer = HERE;
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(used, sizeof(used), "%s", kit.client_id);
	CHECK_EQ("a person uses it", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), ""), 200);
	kit.now += 60;
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(oldest, sizeof(oldest), "%s", kit.client_id);
	for (int i = 0; i < 3100; i++) {
		kit.now++;
		CHECK_EQ("registered", do_register(&kit), 201);
	}
	CHECK("no more than fit", count(&kit, "client") <= 3001);
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", oldest);
	CHECK_EQ("the oldest made way", do_authorize(&kit), 400);
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", used);
	CHECK_EQ("the used one did not", do_authorize(&kit), 200);
	kit_close(&kit);
}

static void test_disuse(void)
{
	const char *refresh;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	kit.now += MP_CLIENT_UNUSED - 1;
	CHECK_EQ("unused, for a day", do_authorize(&kit), 200);
	kit.now++;
	CHECK_EQ("and no longer", do_authorize(&kit), 400);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("used", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), ""), 200);
	for (int i = 0; i < 10; i++) {
		refresh = kit_member(&kit, "refresh_token");
		kit.now += MP_REFRESH_LIFETIME / 20;
		CHECK_EQ("used again", kit_refresh(&kit, refresh, ""), 200);
	}
	kit.now += MP_CLIENT_DISUSED - 1;
	CHECK_EQ("kept since its last use", do_authorize(&kit), 200);
	kit.now++;
	CHECK_EQ("and forgotten at last", do_authorize(&kit), 400);
	kit_close(&kit);
}

/* A page where no one has typed makes way; one where someone has does not. */
static void test_pages(void)
{
	static char peers[50][24];
	char form[256], browser[128];
	struct kit kit;

	kit_open(&kit, AS);
	kit.peer = HERE;
	kit_register(&kit, PUBLIC_CLIENT);
	sign_in(&kit, "alice", "secret");
	snprintf(form, sizeof(form), "ticket=%s&decision=allow", kit_ticket(&kit));
	snprintf(browser, sizeof(browser), "%s", kit.browser);
	kit.no_cookies = true;
	for (int i = 0; i < 5000; i++) {
		snprintf(peers[i % 50], sizeof(peers[0]), "203.0.%d.%d", i / 100, i % 50);
		kit.peer = peers[i % 50];
		kit.now += i % 12 == 0;         /* as fast as all together may */
		(void)do_authorize(&kit);
	}
	CHECK("no more than fit", count(&kit, "pending") <= 4097);
	kit.no_cookies = false;
	snprintf(kit.browser, sizeof(kit.browser), "%s", browser);
	kit.peer = HERE;
	CHECK_EQ("a person's page is there", kit_post(&kit, "/authorize/consent", form), 303);
	kit_close(&kit);
}

/* --- documents --- */
static int ask_document(struct kit *kit, const char *url)
{
	snprintf(kit->client_id, sizeof(kit->client_id), "%s", url);
	return do_authorize(kit);
}

static enum mcpass_rc fetch_slowly(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	(void)ctx;
	(void)url;
	(void)body;
	(void)err;
	web.fetches++;
	ret_answer->status = MP_HTTP_LATER;
	return MCPASS_OK;
}

static void open_web(struct kit *kit, bool slow)
{
	struct mp_issuer_config config = kit_extended();

	web = (struct web){ 0 };
	config.fetch = slow ? fetch_slowly : web_fetch;
	kit_open_extended(kit, config);
	kit->peer = HERE;
}

static void test_misses(void)
{
	char url[64];
	struct kit kit;

	open_web(&kit, false);
	for (int i = 0; i < 5; i++)
		CHECK_EQ("there is none", ask_document(&kit, "https://c.example/a"), 400);
	CHECK_HAS("said each time", kit_body(&kit), "no such host");
	CHECK_EQ("fetched once", web.fetches, 1);
	kit.now += MP_FETCHED_MISS;
	CHECK_EQ("later", ask_document(&kit, "https://c.example/a"), 400);
	CHECK_EQ("again", web.fetches, 2);
	for (int i = 0; i < 30; i++) {
		snprintf(url, sizeof(url), "https://c.example/b%d", i);
		(void)ask_document(&kit, url);
	}
	CHECK_EQ("others", kit.answer.status, 429);
	CHECK("so many", web.fetches >= 20 && web.fetches <= 42);
	kit_close(&kit);
}

/* A host that is slow keeps few requests waiting, and no one from asking another host. */
static void test_flights(void)
{
	static const char *const peers[] = { "203.0.113.1", "203.0.113.2", "203.0.113.3" };
	char url[64];
	int waiting = 0;
	struct kit kit;

	open_web(&kit, true);
	for (int i = 0; i < 30; i++) {
		snprintf(url, sizeof(url), "https://slow.example/%d", i);
		kit.answer.status = 0;          /* each is a request of its own */
		kit.peer = peers[i % 3];
		waiting += ask_document(&kit, url) == MP_HTTP_LATER;
	}
	CHECK_EQ("of one host, for all", waiting, 3);
	kit.answer.status = 0;
	kit.peer = HERE;
	CHECK_EQ("another host", ask_document(&kit, "https://other.example/c"), MP_HTTP_LATER);
	waiting = 1;
	for (int i = 0; i < 20; i++) {
		kit.answer.status = 0;
		waiting += ask_document(&kit, "https://other.example/c") == MP_HTTP_LATER;
	}
	CHECK_EQ("for one document", waiting, 4);
	CHECK_EQ("the others come again", kit.answer.status, 503);
	kit.answer.status = MP_HTTP_LATER;
	CHECK_EQ("one that waits is asked again", ask_document(&kit, "https://other.example/c"),
	    MP_HTTP_LATER);
	kit.answer.status = 0;
	for (int i = 0; i < 20; i++) {
		snprintf(url, sizeof(url), "https://host%d.example/c", i);
		kit.answer.status = 0;
		waiting = ask_document(&kit, url) == MP_HTTP_LATER ? waiting + 1 : waiting;
	}
	CHECK_EQ("for one address", waiting, 4 + 2);
	kit.answer.status = 0;
	CHECK_EQ("no document: as ever", kit_get(&kit, "/jwks", NULL), 200);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	kit_jwks();
	test_rates();
	test_crowd();
	test_addresses();
	test_proxies();
	test_networks();
	test_forwarded_host();
	test_guesses();
	test_lockout();
	test_spraying();
	test_one_cost();
	test_secrets();
	test_clients();
	test_disuse();
	test_pages();
	test_misses();
	test_flights();
	return check_done();
}
