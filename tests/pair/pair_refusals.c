#include "pair_refusals.h"
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_extensions.h"

const char *register_by_hand(struct world *world)
{
	static char id[128];
	static const struct mcpass_header type = { "Content-Type", "application/json" };
	static const char body[] = "{\"redirect_uris\":[\"http://127.0.0.1/callback\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"authorization_code\","
	    "\"refresh_token\"]}";
	const struct mp_http_request request = { .method = "POST", .path = "/register",
		.headers = &type, .header_count = 1, .body = body, .body_len = strlen(body),
		.now = world->now };
	struct mp_http_response response = { 0 };
	json_t *json;

	mp_test_count_allocs(false);
	CHECK_EQ("by hand", mp_issuer_handle(world->issuer, &request, &response, NULL), MCPASS_OK);
	json = json_loads(mp_buf_text(&response.body), 0, NULL);
	snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(json, "client_id")));
	json_decref(json);
	mp_http_response_free(&response);
	mp_test_count_allocs(true);
	return id;
}

void lose_tokens(struct world *world)
{
	world_edit(world, "access_token", json_string("refused"));
	world_edit(world, "refresh_token", NULL);
	world_restart(world);
}

static void misbehave(struct world *world, const char *fault)
{
	mp_test_count_allocs(false);
	CHECK_EQ(fault, mp_issuer_misbehave(world->issuer, fault, NULL), MCPASS_OK);
	mp_test_count_allocs(true);
}

/* --- offline_access ------------------------------------------------------------------ */

/* It is asked for once, and not again until a person wants it. */
static void walk_offline(const char *fault, arrange_fn *arrange)
{
	struct world world;
	json_t *json;
	unsigned logins;

	world_open(&world);
	if (arrange != NULL)
		arrange(&world);
	misbehave(&world, fault);
	CALL(fault, &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ(fault, world.registrations, 1);
	if (arrange == NULL)
		CHECK(fault, strstr(world.last_url, "offline_access") == NULL);
	json = world_stored(&world);
	CHECK(fault, json_is_true(json_object_get(json, "offline_refused")));
	CHECK_STR(fault, json_string_value(json_object_get(json, "requested_scope")), "mcp:tools");
	json_decref(json);
	logins = world.logins;
	lose_tokens(&world);
	CALL("a later login", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("does not try it again", world.logins, logins + 1);
	CHECK_EQ("nor pushes it", world.pushes, arrange != NULL ? 3 : 0);
	misbehave(&world, NULL);
	world_restart(&world);
	world.config.flags |= MCPASS_NEW_LOGIN;
	CALL("login --again", &world, "tools/call", "echo", MCPASS_OK, 200);
	json = world_stored(&world);
	CHECK("does", json_object_get(json, "offline_refused") == NULL);
	CHECK_HAS("and gets it", json_string_value(json_object_get(json, "requested_scope")),
	    "offline_access");
	json_decref(json);
	world_close(&world);
}

/* --- another port -------------------------------------------------------------------- */

/* One that compares redirect URIs exactly, whatever RFC 8252 7.3 says. */
static bool compare_exactly(struct world *world, const char *url, struct mp_http_response *response)
{
	char port[32];

	snprintf(port, sizeof(port), "%%3A%u%%2F", world->port);
	if (strncmp(url, AS "/authorize?", strlen(AS "/authorize?")) == 0
	    && (strstr(url, port) == NULL || strstr(world->last_put, "4712") == NULL)) {
		mp_headers_free(&response->headers);
		response->headers = (struct mp_headers){ 0 };
		response->status = 400;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "Invalid parameter: redirect_uri");
	}
	return true;
}

static bool no_management(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0 && response->status == 200)
		response->status = 403;
	return true;
}

static bool management_is_gone(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 401;
	return true;
}

/* A proxy rewrites what is told of a client. */
static bool management_is_rewritten(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0 && response->status == 200)
		response->status = 203;
	return true;
}

static bool management_is_down(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 503;
	return true;
}

static const struct {
	const char *label;
	arrange_fn *arrange;
	tamper_fn *tamper;
	bool unmanaged;                 /* the server has no RFC 7592 */
	enum mcpass_rc want;
	unsigned registrations, changes, deletions;
	size_t clients;                 /* that the server has in the end */
} port_rows[] = {
	{ "the registration is changed", NULL, NULL, false, MCPASS_OK, 1, 1, 0, 1 },
	{ "through a proxy that rewrites it", NULL, management_is_rewritten, false, MCPASS_OK, 1, 1, 0, 1 },
	{ "so that an exact server takes it", NULL, compare_exactly, false, MCPASS_OK, 1, 1, 0, 1 },
	{ "it may not be changed: a new one, and the old one is given back", NULL, no_management,
	  false, MCPASS_OK, 2, 1, 1, 1 },
	{ "the same where the request is pushed", arrange_push, no_management, false, MCPASS_OK, 2, 1,
	  1, 1 },
	{ "it is gone: a new one, and nothing to give back", NULL, management_is_gone, false, MCPASS_OK,
	  2, 1, 0, 2 },
	{ "it cannot be managed: a new one", NULL, NULL, true, MCPASS_OK, 2, 0, 0, 2 },
	{ "the server is down: no client is lost or made", NULL, management_is_down, false, MCPASS_E_IO,
	  1, 1, 0, 1 },
};

static void walk_port(size_t i)
{
	const char *label = port_rows[i].label;
	struct world world;
	json_t *json;

	world_open(&world);
	if (port_rows[i].arrange != NULL)
		port_rows[i].arrange(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	lose_tokens(&world);
	if (port_rows[i].unmanaged)
		world_edit(&world, "client.configuration_url", NULL);
	world.port = 4712;
	world.tamper = port_rows[i].tamper;
	CALL(label, &world, "tools/call", "echo", port_rows[i].want,
	    port_rows[i].want ? 401 : 200);
	CHECK_EQ(label, world.registrations, port_rows[i].registrations);
	CHECK_EQ(label, world.changes, port_rows[i].changes);
	CHECK_EQ(label, world.deletions, port_rows[i].deletions);
	CHECK_EQ(label, memstore_count(world.memory, "client"), port_rows[i].clients);
	json = world_stored(&world);
	CHECK_STR(label, json_string_value(json_object_get(json_object_get(json, "client"),
	    "redirect_uri")), port_rows[i].want ? "http://127.0.0.1:4711/callback"
	    : "http://127.0.0.1:4712/callback");
	json_decref(json);
	world_close(&world);
}

void walk_refusals(void)
{
	struct world world;

	walk_offline("keycloak-offline", NULL);
	walk_offline("keycloak-offline-scope", NULL);
	walk_offline("keycloak-offline-pushed", arrange_push);
	for (size_t i = 0; i < COUNT(port_rows); i++)
		walk_port(i);
	world_open(&world);
	misbehave(&world, "keycloak-unknown-field");
	CALL("registered with less", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_close(&world);
}
