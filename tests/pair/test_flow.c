/* The client against the issuer, the guard and the echo server: what a user lives
 * through, and that the walks together cover every arrow of docs/flow.md. */
#include "base/limits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_device.h"
#include "pair_extensions.h"
#include "pair_issuer.h"
#include "pair_refusals.h"
#include "pair_world.h"

static void expire(struct world *world)
{
	world->now += 24 * 3600;
}

static void test_first_call(void)
{
	struct world world;

	world_open(&world);
	CALL("first call", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one login", world.logins, 1);
	CHECK_EQ("one registration", world.registrations, 1);
	CHECK_HAS("the resource byte for byte", world.last_url, "resource=https%3A%2F%2Fmcp.example%2Fmcp");
	CHECK_HAS("S256", world.last_url, "code_challenge_method=S256");
	CHECK_HAS("only what the challenge names", world.last_url, "scope=mcp%3Atools&");
	CALL("second call", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	CALL("after a restart", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("still one login", world.logins, 1);
	world_close(&world);
}

static void test_refresh(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world_restart(&world);
	CALL("expired", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("refreshed", world.refreshes, 1);
	CHECK_EQ("no second login", world.logins, 1);
	CHECK("under the lock", world.locks >= 2);
	world_close(&world);
}

/* Another process refreshed while this one waited for the lock. */
static void test_somebody_was_faster(void)
{
	struct world world;
	struct mcpass_event event = { .type = MCPASS_EV_START };
	struct mcpass_action action = { 0 };
	char *expired, *fresh;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	expired = strdup(world.record);
	world_restart(&world);
	CALL("the other process", &world, "tools/call", "echo", MCPASS_OK, 200);
	fresh = world.record;
	world_restart(&world);
	CHECK_EQ("client", mcpass_client_new(&world.config, &world.client, NULL), MCPASS_OK);
	event.now = world.now;
	CHECK_EQ("start", mcpass_client_step(world.client, &event, &action, NULL), MCPASS_OK);
	event = (struct mcpass_event){ .type = MCPASS_EV_LOADED, .now = world.now, .data = expired,
		.data_len = strlen(expired) };
	CHECK_EQ("it had expired", mcpass_client_step(world.client, &event, &action, NULL), MCPASS_OK);
	CHECK_EQ("asks for the lock", action.type, MCPASS_ACT_LOCK);
	event = (struct mcpass_event){ .type = MCPASS_EV_LOCKED, .now = world.now };
	CHECK_EQ("reads again", mcpass_client_step(world.client, &event, &action, NULL), MCPASS_OK);
	event = (struct mcpass_event){ .type = MCPASS_EV_LOADED, .now = world.now, .data = fresh,
		.data_len = strlen(fresh) };
	CHECK_EQ("finds it renewed", mcpass_client_step(world.client, &event, &action, NULL), MCPASS_OK);
	CHECK_EQ("done without a request", action.type, MCPASS_ACT_DONE);
	world_mark(S_RELOADING, MCPASS_EV_LOADED, S_DONE);
	free(expired);
	world_close(&world);
}

/* The server takes back a token that we thought good: a new one, without a person. */
static bool forget_first_token(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)response;
	if (strcmp(url, MCP) == 0 && world->refreshes == 0 && response->status == 200) {
		mp_buf_clear(&response->body);
		response->status = 401;
		mp_headers_add(&response->headers, "WWW-Authenticate", "Bearer error=\"invalid_token\"", NULL);
	}
	return true;
}

static void test_refused(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	world.tamper = forget_first_token;
	CALL("refused once", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("refreshed", world.refreshes, 1);
	CHECK_EQ("no person was asked", world.logins, 1);
	world_close(&world);
}

static bool refuse_always(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, MCP) == 0 && response->status == 200) {
		response->status = 401;
		mp_headers_add(&response->headers, "WWW-Authenticate", "Bearer error=\"invalid_token\"", NULL);
	}
	return true;
}

static void test_refused_for_ever(void)
{
	struct world world;

	world_open(&world);
	world.tamper = refuse_always;
	CALL("never in a loop", &world, "tools/call", "echo", MCPASS_E_PROTOCOL, 401);
	CHECK_EQ("one login", world.logins, 1);
	world_close(&world);
}

static void test_refresh_token_dead(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world_restart(&world);
	world_edit(&world, "refresh_token", json_string("not the one"));
	CALL("logged in again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a person", world.logins, 2);
	CHECK_EQ("with the same client", world.registrations, 1);
	/* The same when the server refuses a token that has not expired. */
	world_restart(&world);
	world_edit(&world, "refresh_token", json_string("not the one"));
	world_edit(&world, "access_token", json_string("nor this"));
	CALL("and again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a person", world.logins, 3);
	world_close(&world);
}

static void test_no_refresh_token(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world_restart(&world);
	world_edit(&world, "refresh_token", NULL);
	CALL("login again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a person", world.logins, 2);
	world_close(&world);
}

static void test_passing_failure_is_no_logout(void)
{
	struct world world;
	json_t *before, *after;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world_restart(&world);
	before = world_stored(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "refresh-500", NULL), MCPASS_OK);
	CALL("500", &world, "tools/call", "echo", MCPASS_E_IO, 0);
	after = world_stored(&world);
	CHECK("nothing was dropped", json_equal(before, after));
	json_decref(before);
	json_decref(after);
	CHECK_EQ("no fault", mp_issuer_misbehave(world.issuer, NULL, NULL), MCPASS_OK);
	world_restart(&world);
	CALL("later", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no second login", world.logins, 1);
	world_close(&world);
}

static void test_step_up(void)
{
	struct world world;
	json_t *json;

	world_open(&world);
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_HAS("asks for little", world.last_url, "scope=mcp%3Aread&");
	CALL("a tool", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_HAS("asks for the union", world.last_url, "scope=mcp%3Atools+mcp%3Aread&");
	CHECK_EQ("the registration names all", world.registrations, 1);
	CHECK_EQ("two logins", world.logins, 2);
	json = world_stored(&world);
	CHECK_STR("both are kept", json_string_value(json_object_get(json, "scope")), "mcp:tools mcp:read");
	json_decref(json);
	world_close(&world);
}

static void test_may_not_have_it(void)
{
	struct world world;

	world_open(&world);
	world.username = "carol";
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	CALL("a tool", &world, "tools/call", "echo", MCPASS_E_DENIED, 403);
	CHECK_EQ("asked once", world.logins, 2);
	world_restart(&world);
	CALL("reading still works", &world, "resources/list", NULL, MCPASS_OK, 200);
	world_close(&world);
}

static void test_person(void)
{
	struct world world;
	json_t *json;

	world_open(&world);
	world.says_no = true;
	CALL("no", &world, "tools/call", "echo", MCPASS_E_DENIED, 401);
	json = world_stored(&world);
	CHECK("but the client is kept", json_object_get(json, "client") != NULL);
	json_decref(json);
	world.says_no = false;
	world.walks_away = true;
	world_restart(&world);
	CALL("walks away", &world, "tools/call", "echo", MCPASS_E_EXPIRED, 401);
	world.walks_away = false;
	world_restart(&world);
	CALL("yes", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one registration for all three", world.registrations, 1);
	world_close(&world);
}

static void test_client_forgotten(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	/* The registration can be asked for: found out before the browser opens. */
	memstore_drop_kind(world.memory, "client");
	memstore_drop_kind(world.memory, "refresh");
	world_edit(&world, "access_token", json_string("refused"));
	world_edit(&world, "refresh_token", NULL);
	world_restart(&world);
	CALL("registered again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once", world.registrations, 2);
	/* A refresh tells as well. */
	memstore_drop_kind(world.memory, "client");
	expire(&world);
	world_restart(&world);
	CALL("registered again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once more", world.registrations, 3);
	world_close(&world);
}

/* The token endpoint is the first to tell, where RFC 7592 is not offered. */
static bool client_unknown_once(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strcmp(url, AS "/token") == 0 && world->logins == 2) {
		response->status = 401;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"error\":\"invalid_client\"}");
	}
	return true;
}

static void test_client_unknown_at_exchange(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "client.configuration_url", NULL);
	world_edit(&world, "access_token", json_string("refused"));
	world_edit(&world, "refresh_token", NULL);
	world_restart(&world);
	world.tamper = client_unknown_once;
	CALL("registered again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once", world.registrations, 2);
	CHECK_EQ("and a third login", world.logins, 3);
	world_close(&world);
}

/* glewlwyd describes a client with its methods in an array. */
static bool client_described_oddly(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0) {
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"token_endpoint_auth_method\":[\"none\"]}");
	}
	return true;
}

static void test_client_described_oddly(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "access_token", json_string("refused"));
	world_edit(&world, "refresh_token", NULL);
	world_restart(&world);
	world.tamper = client_described_oddly;
	CALL("the client is known all the same", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no second registration", world.registrations, 1);
	CHECK_EQ("a second login", world.logins, 2);
	world_close(&world);
}

static void test_other_port(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "access_token", json_string("refused"));
	world_edit(&world, "refresh_token", NULL);
	world.port = 4712;
	world_restart(&world);
	CALL("another port", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("is no other registration", world.registrations, 1);
	CHECK_EQ("but a changed one", world.changes, 1);
	world_close(&world);
}

static bool check_is_down(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 503;
	return true;
}

static void test_check_without_answer(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "access_token", json_string("refused"));
	world_edit(&world, "refresh_token", NULL);
	world.tamper = check_is_down;
	world_restart(&world);
	CALL("goes on with its client", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no new registration", world.registrations, 1);
	world_close(&world);
}

static void test_given_client(void)
{
	struct world world;
	const char *id;
	json_t *json;
	char *kept;

	world_open(&world);
	CALL("a registration to borrow", &world, "tools/call", "echo", MCPASS_OK, 200);
	json = world_stored(&world);
	id = json_string_value(json_object_get(json_object_get(json, "client"), "client_id"));
	kept = strdup(id);
	json_decref(json);
	free(world.record);
	world.record = NULL;
	world_restart(&world);
	world.config.client_id = kept;
	CALL("given by the person", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no registration", world.registrations, 1);
	CHECK_HAS("its id is used", world.last_url, kept);
	world_close(&world);
	free(kept);
}

static void test_new_login(void)
{
	struct world world;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	world.config.flags = MCPASS_NEW_LOGIN;
	CALL("login --again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("a second login", world.logins, 2);
	CHECK_EQ("with the same client", world.registrations, 1);
	world_close(&world);
}

static void check_stored(const char *label, const struct world *world, const char *name,
    const char *want)
{
	json_t *json = world_stored(world);

	CHECK_STR(label, json_string_value(json_object_get(json, name)), want);
	json_decref(json);
}

static char *stored(const struct world *world, const char *name)
{
	json_t *json = world_stored(world);
	const char *text = json_string_value(json_object_get(json, name));
	char *copy = text != NULL ? strdup(text) : NULL;

	json_decref(json);
	return copy;
}

/* login --again that does not come to its end: the login before is as good as it was. */
static void test_new_login_cancelled(void)
{
	struct world world;
	char *token, *refresh;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	token = stored(&world, "access_token");
	refresh = stored(&world, "refresh_token");
	world.config.flags = MCPASS_NEW_LOGIN;
	for (int way = 0; way < 3; way++) {
		CHECK_EQ("a refusal", mp_issuer_misbehave(world.issuer, way == 0 ? "authorize-denied" : NULL,
		    NULL), MCPASS_OK);
		world.walks_away = way == 1;
		world.port = way == 2 ? 4799 : 4711;    /* and its registration is changed first */
		if (way == 2)
			world.walks_away = true;
		world_restart(&world);
		CALL("not signed in again", &world, "tools/call", "echo",
		    way == 0 ? MCPASS_E_DENIED : MCPASS_E_EXPIRED, 401);
		check_stored("the token stays", &world, "access_token", token);
		check_stored("so does its refresh token", &world, "refresh_token", refresh);
	}
	CHECK_EQ("nothing was revoked", world.revocations, 0);
	world.config.flags = 0;
	world.walks_away = false;
	world_restart(&world);
	CALL("the old login serves", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world_restart(&world);
	CALL("and renews itself", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a refresh", world.refreshes, 1);
	free(token);
	free(refresh);
	world_close(&world);
}

/* PUT is refused, so that another port is another client. */
static bool no_changes(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0
	    && world->changes > 0 && response->status == 200)
		response->status = 403;
	return true;
}

/* The client that was registered for a login that was given up is used by the next one, and
 * the client of the login before is its own until then. */
static void test_new_client_cancelled(void)
{
	struct world world;
	char *refresh;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	refresh = stored(&world, "refresh_token");
	world.config.flags = MCPASS_NEW_LOGIN;
	world.port = 4712;
	world.tamper = no_changes;
	world.walks_away = true;
	world_restart(&world);
	CALL("given up", &world, "tools/call", "echo", MCPASS_E_EXPIRED, 401);
	CHECK_EQ("a second client", world.registrations, 2);
	CHECK_EQ("the first is needed", world.deletions, 0);
	check_stored("the old login stays", &world, "refresh_token", refresh);
	world.config.flags = 0;
	world.now += MP_ACCESS_LIFETIME;        /* no longer: clients that nobody uses are forgotten */
	world_restart(&world);
	CALL("and renews itself as its client", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by a refresh", world.refreshes, 1);
	CHECK_EQ("nobody signed in", world.logins, 2);
	world.config.flags = MCPASS_NEW_LOGIN;
	world.walks_away = false;
	world.tamper = NULL;
	world_restart(&world);
	CALL("login --again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("with the client that was made for it", world.registrations, 2);
	CHECK_EQ("the login before is revoked", world.revocations, 1);
	CHECK_EQ("its client is given back", world.deletions, 1);
	CHECK("nothing is left beside the login", strstr(world.record, "\"next\"") == NULL);
	free(refresh);
	world_close(&world);
}

/* What a server with a name of its own for the scope grants is tried. */
static bool rename_scope(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, AS "/token") == 0 && response->status == 200) {
		json_t *json = json_loads(mp_buf_text(&response->body), 0, NULL);
		char *text;

		json_object_set_new(json, "scope", json_string("https://as.example/scopes/all"));
		text = mp_json_dump(json);
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, text);
		free(text);
		json_decref(json);
	}
	return true;
}

static void test_scope_by_another_name(void)
{
	struct world world;

	world_open(&world);
	world.tamper = rename_scope;
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	CALL("a tool: the server decides", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("two logins", world.logins, 2);
	world_restart(&world);
	CALL("and so does the next run", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("two logins", world.logins, 2);
	world_close(&world);
}

/* A scope that is asked for by name is got, or refused. */
static void test_wish(void)
{
	struct mcpass_error err = { 0 };
	struct world world;
	int status;

	world_open(&world);
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	world.config.scope = "mcp:read";
	world_restart(&world);
	CALL("the stored login has it", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_EQ("one login", world.logins, 1);
	world.config.scope = "mcp:prompts mcp:read";
	world_restart(&world);
	CALL("the stored login has it not", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_EQ("another login", world.logins, 2);
	check_stored("has it", &world, "scope", "mcp:prompts mcp:read");
	world_restart(&world);
	CALL("which is used", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_EQ("two logins", world.logins, 2);
	world_close(&world);

	world_open(&world);
	world.username = "carol";
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	world.config.scope = "mcp:tools mcp:read";
	world_restart(&world);
	CHECK_EQ("may not have it", world_call(&world, "resources/list", NULL, &status, &err),
	    MCPASS_E_DENIED);
	CHECK_HAS("says what", err.detail, "did not grant mcp:tools");
	CHECK_HAS("and what there is", err.detail, "granted: mcp:read");
	world_restart(&world);
	CALL("nobody is asked twice", &world, "resources/list", NULL, MCPASS_E_DENIED, 0);
	CHECK_EQ("two logins", world.logins, 2);
	world.config.scope = NULL;
	world_restart(&world);
	CALL("what she has still serves", &world, "resources/list", NULL, MCPASS_OK, 200);
	world_close(&world);
}

/* A refresh that is refused for good is no end: a person signs in, and until they have the
 * refresh token is kept, but for invalid_grant, which says that it is gone. */
static void test_refresh_refused(void)
{
	static const char *const faults[] = { "refresh-bad-token-200", "refresh-error-code",
		"refresh-error-object", "refresh-404", "refresh-redirect", "refresh-html" };

	for (size_t i = 0; i < COUNT(faults); i++) {
		struct world world;
		char *refresh;

		world_open(&world);
		CALL(faults[i], &world, "tools/call", "echo", MCPASS_OK, 200);
		refresh = stored(&world, "refresh_token");
		expire(&world);
		CHECK_EQ(faults[i], mp_issuer_misbehave(world.issuer, faults[i], NULL), MCPASS_OK);
		world.walks_away = true;
		world_restart(&world);
		CALL(faults[i], &world, "tools/call", "echo", MCPASS_E_EXPIRED, 401);
		CHECK_EQ(faults[i], world.refreshes, 1);
		check_stored(faults[i], &world, "refresh_token", refresh);
		world.walks_away = false;
		world_restart(&world);
		CALL(faults[i], &world, "tools/call", "echo", MCPASS_OK, 200);
		CHECK_EQ(faults[i], world.logins, 3);
		CHECK_EQ(faults[i], world.registrations, 1);
		/* The same where the server refuses a token that had not run out. */
		world_edit(&world, "access_token", json_string("refused"));
		world_restart(&world);
		CALL(faults[i], &world, "tools/call", "echo", MCPASS_OK, 200);
		CHECK_EQ(faults[i], world.logins, 4);
		free(refresh);
		world_close(&world);
	}
}

/* Busy, and says for how long: asked once more, by and by. */
static bool busy_once(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strcmp(url, AS "/token") == 0 && world->refreshes == 1) {
		response->status = 503;
		mp_buf_clear(&response->body);
		mp_headers_add(&response->headers, "Retry-After", "7", NULL);
	}
	return true;
}

static void test_retry_after(void)
{
	struct mcpass_error err = { 0 };
	struct world world;
	int status;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world.tamper = busy_once;
	world_restart(&world);
	/* The refresh token was rotated by the answer that was withheld: it is the server's own
	 * word that it may be asked again. */
	world_call(&world, "tools/call", "echo", &status, &err);
	CHECK_EQ("waited as long as it said", world.waited, 7);
	CHECK_EQ("and asked again", world.refreshes, 2);
	CHECK_HAS("the person is told", world.notice, "trying again in 7 s");
	world_close(&world);

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "refresh-503-soon", NULL), MCPASS_OK);
	world_restart(&world);
	CHECK_EQ("busy for ever", world_call(&world, "tools/call", "echo", &status, &err), MCPASS_E_IO);
	CHECK_EQ("is asked twice", world.refreshes, 2);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "refresh-429", NULL), MCPASS_OK);
	world_restart(&world);
	CHECK_EQ("for long", world_call(&world, "tools/call", "echo", &status, &err), MCPASS_E_IO);
	CHECK_EQ("is asked once", world.refreshes, 3);
	CHECK_HAS("and told", err.hint, "wait 120 s");
	world_close(&world);
}

static bool no_answer_to_refresh(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)response;
	return strcmp(url, AS "/token") != 0 || world->refreshes == 0;
}

/* Whether the refresh token is used up cannot be known: it is not said that nothing
 * happened.  Soon afterwards the issuer gives its successor again. */
static void test_answer_lost(bool late)
{
	struct mcpass_error err = { 0 };
	struct world world;
	int status;

	world_open(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world.tamper = no_answer_to_refresh;
	world_restart(&world);
	CHECK_EQ("silence", world_call(&world, "tools/call", "echo", &status, &err), MCPASS_E_IO);
	CHECK_HAS("may have used it up", err.hint, "may have used up its refresh token");
	world.tamper = NULL;
	if (late)
		world.now += MP_REFRESH_GRACE;
	world_restart(&world);
	CALL("it had: soon it is given again, late a person signs in", &world, "tools/call", "echo",
	    MCPASS_OK, 200);
	CHECK_EQ("logins", world.logins, late ? 2 : 1);
	expire(&world);
	world_restart(&world);
	CALL("and what was given is good", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("without a login", world.logins, late ? 2 : 1);
	world_close(&world);
}

/* What cannot be kept serves this run. */
static void test_nothing_can_be_kept(void)
{
	struct mcpass_error err = { 0 };
	struct world world;

	world_open(&world);
	world.save_fails = true;
	CALL("a first login", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK("is not kept", world.record == NULL);
	world.save_fails = false;
	world_restart(&world);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	expire(&world);
	world.save_fails = true;
	world_restart(&world);
	CALL("a refresh", &world, "tools/call", "echo", MCPASS_OK, 200);
	CALL("serves on", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one refresh", world.refreshes, 1);
	CHECK_EQ("no one signed in for it", world.logins, 2);
	world.config.flags = MCPASS_NEW_LOGIN;
	world_restart(&world);
	CALL("login --again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("what is stored is not revoked", world.revocations, 0);
	CHECK_EQ("logout cannot forget it", world_logout(&world, &err), MCPASS_E_STORE);
	CHECK_HAS("and says so", err.detail, "stored still");
	world_close(&world);
}

/* expires_in 0: it has run out, and is not handed out by the next run. */
static void test_expired_at_once(void)
{
	struct world world;

	world_open(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "token-expires-in-zero", NULL), MCPASS_OK);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	CALL("the next run", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("renews it", world.refreshes, 1);
	world_close(&world);
}

/* The servers' clock is another: their Date is believed, once. */
static bool other_clock(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)url;
	(void)world;
	mp_headers_add(&response->headers, "Date", "Fri, 15 Jan 2027 08:00:00 GMT", NULL);
	return true;
}

static void test_wrong_clock(void)
{
	struct mcpass_error err = { 0 };
	struct world world;
	int status;

	world_open(&world);
	world.config.flags = MCPASS_DPOP;
	world.tamper = other_clock;
	world.clock_error = -3600;
	CALL("an hour behind", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_HAS("is told", world.notice, "behind the server's");
	CHECK_EQ("one login", world.logins, 1);
	world_close(&world);

	world_open(&world);
	world.config.flags = MCPASS_DPOP;
	world.clock_error = -3600;
	CHECK_EQ("without a Date", world_call(&world, "tools/call", "echo", &status, &err),
	    MCPASS_E_DENIED);
	world_close(&world);
}

static bool nothing_published(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strstr(url, "/.well-known/") != NULL) {
		response->status = 404;
		mp_buf_clear(&response->body);
	}
	return true;
}

/* A server that answers without a token, and says how one is had. */
static void test_wanted_login(void)
{
	struct world world;

	world_open(&world);
	CHECK_EQ("published", world_want_login(&world, NULL), MCPASS_OK);
	CHECK_EQ("a person signs in", world.logins, 1);
	CHECK("and it is kept", world.record != NULL && strstr(world.record, "access_token") != NULL);
	world_close(&world);

	world_open(&world);
	world.tamper = nothing_published;
	CHECK_EQ("not published", world_want_login(&world, NULL), MCPASS_OK);
	CHECK_EQ("nobody is asked", world.logins, 0);
	CHECK_EQ("nothing is guessed", world.registrations, 0);
	world_close(&world);
}

static bool hide_challenge(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, MCP) == 0 && response->status == 401) {
		mp_headers_free(&response->headers);
		response->headers = (struct mp_headers){ 0 };
	}
	return true;
}

/* A bare 401, as 2025-03-26 had it: the well-known places are enough. */
static void test_no_challenge(void)
{
	struct world world;

	world_open(&world);
	world.tamper = hide_challenge;
	CALL("found by itself", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_HAS("asks for all that is published", world.last_url, "mcp%3Aprompts");
	world_close(&world);
}

static bool redirect_metadata(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, MCP_ORIGIN "/.well-known/oauth-protected-resource/mcp") == 0) {
		response->status = 302;
		mp_headers_add(&response->headers, "Location", "/.well-known/oauth-protected-resource", NULL);
	}
	return true;
}

static void test_metadata_redirect(void)
{
	struct world world;

	world_open(&world);
	world.tamper = redirect_metadata;
	CALL("one hop is followed", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_close(&world);
}

static const struct {
	const char *label, *location;
	enum mcpass_rc want;
} hop_rows[] = {
	{ "to plain http", "http://mcp.example/x", MCPASS_E_POLICY },
	{ "to a private address", "https://169.254.169.254/x", MCPASS_E_POLICY },
	{ "to loopback", "http://127.0.0.1:1/x", MCPASS_E_POLICY },
	{ "to a file", "file:///etc/passwd", MCPASS_E_PROTOCOL },
	{ "in a circle", "/.well-known/oauth-protected-resource/mcp", MCPASS_E_LIMIT },
};
static const char *hop;

static bool redirect_to_hop(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strstr(url, "/.well-known/oauth-protected-resource") != NULL) {
		response->status = 307;
		mp_headers_add(&response->headers, "Location", hop, NULL);
	}
	return true;
}

static void test_bad_hops(void)
{
	for (size_t i = 0; i < COUNT(hop_rows); i++) {
		struct world world;

		world_open(&world);
		hop = hop_rows[i].location;
		world.tamper = redirect_to_hop;
		CALL(hop_rows[i].label, &world, "tools/call", "echo", hop_rows[i].want, 401);
		CHECK_EQ(hop_rows[i].label, world.logins, 0);
		world_close(&world);
	}
}

static bool server_is_down(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, AS "/token") == 0) {
		response->status = 503;
		mp_buf_clear(&response->body);
	}
	return true;
}

static void test_logout(void)
{
	struct world world;

	world_open(&world);
	CHECK_EQ("nothing to log out of", world_logout(&world, NULL), MCPASS_OK);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("logout", world_logout(&world, NULL), MCPASS_OK);
	CHECK("forgotten", world.record == NULL);
	CHECK_EQ("revoked", world.revocations, 1);
	CALL("login again", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("it was deregistered", world.registrations, 2);
	world_edit(&world, "client.configuration_url", NULL);
	CHECK_EQ("without RFC 7592", world_logout(&world, NULL), MCPASS_OK);
	CALL("login again", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "access_token", NULL);
	world_edit(&world, "refresh_token", NULL);
	CHECK_EQ("without tokens", world_logout(&world, NULL), MCPASS_OK);
	CALL("login again", &world, "tools/call", "echo", MCPASS_OK, 200);
	world.tamper = server_is_down;
	CHECK_EQ("a server that is down keeps nobody logged in", world_logout(&world, NULL), MCPASS_OK);
	CHECK("forgotten", world.record == NULL);
	world_close(&world);
}

static const struct {
	const char *label, *stray;
	unsigned times;
	enum mcpass_rc want;
} stray_rows[] = {
	{ "another state", "code=x&state=forged", 1, MCPASS_OK },
	{ "no state", "code=x", 1, MCPASS_OK },
	{ "an empty state", "code=x&state=", 1, MCPASS_OK },
	{ "an error without state", "error=access_denied", 1, MCPASS_OK },
	{ "two states", "state=a&state=b&code=x", 1, MCPASS_OK },
	{ "no form at all", "%zz", 1, MCPASS_OK },
	{ "as many as it likes", "code=x&state=forged", 150, MCPASS_OK },
};

/* A program on this machine asks the redirect URI; the login goes on. */
static void test_strays(void)
{
	for (size_t i = 0; i < COUNT(stray_rows); i++) {
		struct world world;

		world_open(&world);
		world.stray = stray_rows[i].stray;
		world.strays = stray_rows[i].times;
		CALL(stray_rows[i].label, &world, "tools/call", "echo", stray_rows[i].want,
		    stray_rows[i].want == MCPASS_OK ? 200 : 401);
		CHECK_EQ(stray_rows[i].label, world.logins, 1);
		free(world.held_answer);
		world_close(&world);
	}
}

static void test_usage(void)
{
	struct world world;
	struct mcpass_event event = { .type = MCPASS_EV_REDIRECT };
	struct mcpass_action action = { .type = MCPASS_ACT_DONE };
	struct mcpass_error err = { 0 };

	world_open(&world);
	CALL("a call", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("an event that does not fit", mcpass_client_step(world.client, &event, &action, &err),
	    MCPASS_E_USAGE);
	CHECK_HAS("says which", err.detail, "REDIRECT");
	event.type = MCPASS_EV_START;
	CHECK_EQ("broken is broken", mcpass_client_step(world.client, &event, &action, &err), MCPASS_E_USAGE);
	world_restart(&world);
	mp_free_wiped(world.record);
	world.record = strdup("nonsense");
	CALL("a broken record", &world, "tools/call", "echo", MCPASS_E_STORE, 0);
	world_close(&world);
}

static void test_arrows_walked(void)
{
	struct mp_arrow arrows[64];
	size_t count = mp_flow_arrows(arrows, COUNT(arrows));

	for (size_t i = 0; i < count; i++)
		for (int to = 0; to < S_COUNT; to++)
			if (arrows[i].to & UINT64_C(1) << to) {
				char label[96];

				snprintf(label, sizeof(label), "%s --> %s: %s", mp_state_name(arrows[i].from),
				    mp_state_name((enum mp_state)to), mp_state_event_name(arrows[i].on));
				CHECK(label, (world_walked[i] & UINT64_C(1) << to) != 0);
			}
}

int main(void)
{
	test_first_call();
	test_refresh();
	test_somebody_was_faster();
	test_refused();
	test_refused_for_ever();
	test_refresh_token_dead();
	test_no_refresh_token();
	test_passing_failure_is_no_logout();
	test_step_up();
	test_may_not_have_it();
	test_person();
	test_client_forgotten();
	test_client_unknown_at_exchange();
	test_client_described_oddly();
	test_other_port();
	test_check_without_answer();
	test_given_client();
	test_new_login();
	test_new_login_cancelled();
	test_new_client_cancelled();
	test_scope_by_another_name();
	test_wish();
	test_refresh_refused();
	test_retry_after();
	test_answer_lost(false);
	test_answer_lost(true);
	test_nothing_can_be_kept();
	test_expired_at_once();
	test_wrong_clock();
	test_wanted_login();
	test_no_challenge();
	test_metadata_redirect();
	test_bad_hops();
	test_logout();
	test_strays();
	test_usage();
	walk_extensions();
	walk_device();
	walk_refusals();
	walk_issuers();
	test_arrows_walked();
	return check_done();
}
