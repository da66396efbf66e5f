/* A login by a code on another device: who decides what, how often is asked, and when it
 * is over. */
#include <string.h>
#include "harness/check.h"
#include "pair_device.h"

static bool hide_endpoint(struct world *world, const char *url, struct mp_http_response *response)
{
	const char *name = "\"device_authorization_endpoint\"";
	char *at;

	(void)world;
	if (strstr(url, "/.well-known/") != NULL        /* of either kind: they complete each other */
	    && (at = strstr((char *)response->body.data, name)) != NULL)
		at[1] = 'x';
	return true;
}

static void not_offered(struct world *world)
{
	arrange_device(world);
	world->tamper = hide_endpoint;
}

static void preferred_not_offered(struct world *world)
{
	arrange_device_preferred(world);
	world->tamper = hide_endpoint;
}

static void typed(struct world *world)
{
	arrange_device(world);
	world->types = true;
}

static void says_no(struct world *world)
{
	arrange_device(world);
	world->says_no = true;
}

static void walks_away(struct world *world)
{
	arrange_device(world);
	world->walks_away = true;
}

static void may_have_nothing(struct world *world)
{
	arrange_device(world);
	world->username = "carol";
}

static void with_document(struct world *world)
{
	arrange_document(world);
	arrange_device(world);
}

static void slow_server(struct world *world)
{
	arrange_device(world);
	world->issuer_config.device_interval = 30;
	world->dawdles = 2;
	world_rebuild(world);
}

/* The nth answer to a poll is not the server's. */
static const char *forged[8];
static int forged_status[8];
static bool forge(struct world *world, const char *url, struct mp_http_response *response)
{
	unsigned i = world->polls - 1;

	if (strcmp(url, AS "/token") != 0 || world->polls == 0 || i >= COUNT(forged)
	    || forged[i] == NULL)
		return true;
	response->status = forged_status[i];
	mp_buf_clear(&response->body);
	mp_buf_adds(&response->body, forged[i]);
	return response->status != 0;
}

static const struct {
	const char *label;
	arrange_fn *arrange;
	enum mcpass_rc want;
	int status;
	unsigned polls, logins, waited;
} rows[] = {
	{ "followed the longer link", arrange_device, MCPASS_OK, 200, 1, 1, 5 },
	{ "typed the code", typed, MCPASS_OK, 200, 1, 1, 5 },
	{ "preferred and offered", arrange_device_preferred, MCPASS_OK, 200, 1, 1, 5 },
	{ "preferred and not offered: a browser", preferred_not_offered, MCPASS_OK, 200, 0, 1, 0 },
	{ "asked for and not offered", not_offered, MCPASS_E_DENIED, 401, 0, 0, 0 },
	{ "the person says no", says_no, MCPASS_E_DENIED, 401, 1, 1, 5 },
	{ "the person walks away", walks_away, MCPASS_E_EXPIRED, 401, 119, 0, 595 },
	{ "the person may have none of it", may_have_nothing, MCPASS_E_DENIED, 401, 1, 1, 5 },
	{ "a client metadata document", with_document, MCPASS_OK, 200, 1, 1, 5 },
	{ "a server that wants to be asked less", slow_server, MCPASS_OK, 200, 3, 1, 90 },
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world world;

		world_open(&world);
		rows[i].arrange(&world);
		CALL(rows[i].label, &world, "tools/call", "echo", rows[i].want, rows[i].status);
		CHECK_EQ(rows[i].label, world.polls, rows[i].polls);
		CHECK_EQ(rows[i].label, world.logins, rows[i].logins);
		CHECK_EQ(rows[i].label, world.waited, rows[i].waited);
		world_close(&world);
	}
}

/* What an answer does to the pauses: all until the token. */
static const struct {
	const char *label;
	struct { int status; const char *body; } polls[8];
	enum mcpass_rc want;
	unsigned waited;
} pace_rows[] = {
	{ "slow_down adds five, and it stays", { { 400, "{\"error\":\"slow_down\"}" },
	    { 400, "{\"error\":\"authorization_pending\"}" } }, MCPASS_OK, 5 + 10 + 10 },
	{ "slow_down twice", { { 400, "{\"error\":\"slow_down\"}" },
	    { 400, "{\"error\":\"slow_down\"}" } }, MCPASS_OK, 5 + 10 + 15 },
	{ "no answer doubles", { { 0, "" }, { 0, "" }, { 0, "" } }, MCPASS_OK, 5 + 10 + 20 + 40 },
	{ "so does a 503", { { 503, "" }, { 503, "" } }, MCPASS_OK, 5 + 10 + 20 },
	{ "and a 429", { { 429, "" } }, MCPASS_OK, 5 + 10 },
	{ "four failures in a row are borne", { { 503, "" }, { 500, "" }, { 502, "" }, { 503, "" } },
	    MCPASS_OK, 5 + 10 + 20 + 40 + 80 },
	{ "a fifth is not", { { 503, "" }, { 503, "" }, { 503, "" }, { 503, "" }, { 503, "" } },
	    MCPASS_E_IO, 5 + 10 + 20 + 40 + 80 },
	{ "a clear answer between them counts", { { 503, "" }, { 503, "" },
	    { 400, "{\"error\":\"authorization_pending\"}" }, { 503, "" }, { 503, "" } }, MCPASS_OK,
	    5 + 10 + 20 + 20 + 40 + 80 },
	{ "silence to the end", { { 0, "" }, { 0, "" }, { 0, "" }, { 0, "" }, { 0, "" }, { 0, "" },
	    { 0, "" }, { 0, "" } }, MCPASS_E_IO, 5 + 10 + 20 + 40 + 80 + 160 },
	{ "expired_token", { { 400, "{\"error\":\"expired_token\"}" } }, MCPASS_E_EXPIRED, 5 },
	{ "access_denied", { { 400, "{\"error\":\"access_denied\"}" } }, MCPASS_E_DENIED, 5 },
	{ "invalid_grant", { { 400, "{\"error\":\"invalid_grant\"}" } }, MCPASS_E_DENIED, 5 },
	{ "invalid_client is no reason to register again",
	    { { 401, "{\"error\":\"invalid_client\"}" } }, MCPASS_E_DENIED, 5 },
	{ "no JSON", { { 400, "nonsense" } }, MCPASS_E_PROTOCOL, 5 },
};

static void test_pace(void)
{
	for (size_t i = 0; i < COUNT(pace_rows); i++) {
		struct world world;

		world_open(&world);
		arrange_device(&world);
		world.tamper = forge;
		for (size_t j = 0; j < COUNT(forged); j++) {
			forged[j] = pace_rows[i].polls[j].body;
			forged_status[j] = pace_rows[i].polls[j].status;
			world.dawdles += forged[j] != NULL;
		}
		CALL(pace_rows[i].label, &world, "tools/call", "echo", pace_rows[i].want,
		    pace_rows[i].want == MCPASS_OK ? 200 : 401);
		CHECK_EQ(pace_rows[i].label, world.waited, pace_rows[i].waited);
		CHECK_EQ(pace_rows[i].label, world.registrations, 1);
		world_close(&world);
	}
}

/* A clock that is set back keeps nobody waiting for ever. */
static bool set_back(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strcmp(url, AS "/token") == 0 && world->polls > 0) {
		world->now = START_TIME;
		response->status = 400;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"error\":\"authorization_pending\"}");
	}
	return true;
}

/* And one that went on while the machine slept ends it: the steady clock stood still. */
static bool sleep_long(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)response;
	if (strcmp(url, AS "/token") == 0 && world->polls == 1)
		world->now = START_TIME + 592;
	return true;
}

static void test_clock(void)
{
	struct world world;

	world_open(&world);
	arrange_device(&world);
	world.walks_away = true;
	world.tamper = sleep_long;
	CALL("slept", &world, "tools/call", "echo", MCPASS_E_EXPIRED, 401);
	CHECK_EQ("not asked again", world.polls, 2);
	world_close(&world);
	world_open(&world);
	arrange_device(&world);
	world.walks_away = true;
	world.tamper = set_back;
	CALL("set back", &world, "tools/call", "echo", MCPASS_E_EXPIRED, 401);
	CHECK_EQ("as long as the code is good", world.waited, 595);
	world_close(&world);
}

static void test_asked(void)
{
	const struct mcpass_header extra = { "audience", "https://api.example" };
	struct world world;

	world_open(&world);
	arrange_device(&world);
	world.config.extra = &extra;
	world.config.extra_count = 1;
	CALL("with another parameter", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_close(&world);
}

int main(void)
{
	test_rows();
	test_pace();
	test_clock();
	test_asked();
	walk_device();
	return check_done();
}
