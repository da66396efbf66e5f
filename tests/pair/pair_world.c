#include "pair_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "echo/echo.h"
#include "harness/check.h"
#include "wire/jose/crypto.h"
#include "wire/form.h"
#include "wire/jose/jwk.h"
#include "wire/uri.h"

#define MOST_STEPS 400          /* a flow that takes more has lost its way */

uint64_t world_walked[64];

/* --- chance, time, keys ------------------------------------------------------------- */

static int world_random(void *ctx, uint8_t *out, size_t len)
{
	struct world *world = ctx;

	for (size_t i = 0; i < len; i++) {
		world->seed = world->seed * 1664525u + 1013904223u;
		out[i] = (uint8_t)(world->seed >> 24);
	}
	return 0;
}

/* One key and one password hash for all worlds of a program: both are slow to make. */
static const char *signing_key(void)
{
	static char *text;

	if (text == NULL) {
		struct mp_key *key = NULL;
		json_t *jwk = NULL;

		if (mp_key_generate(MP_ES256, &key, NULL) || mp_jwk_write(key, true, &jwk, NULL))
			exit(EXIT_FAILURE);
		text = mp_json_dump(jwk);
		json_decref(jwk);
		mp_key_free(key);
	}
	return text;
}

#define PASSWORD "correct horse"
static const char *users(void)
{
	static char text[1024];
	static const uint8_t salt[16] = "sixteen bytes..";
	char *line = NULL;

	if (text[0] == '\0') {
		if (mp_password_hash(PASSWORD, salt, 10, &line, NULL))
			exit(EXIT_FAILURE);
		snprintf(text, sizeof(text), "[{\"username\":\"alice\",\"password_hash\":\"%s\"},"
		    "{\"username\":\"carol\",\"password_hash\":\"%s\",\"scopes\":[\"mcp:read\"]}]", line, line);
		free(line);
	}
	return text;
}

/* As the program's workers do it: what was right once is known.  A flow signs in once per
 * allocation, and scrypt would be most of its time. */
static enum mcpass_rc check_password(void *ctx, const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	static char right[sizeof(PASSWORD) + 512];
	char asked[sizeof(right)];
	bool fits = (size_t)snprintf(asked, sizeof(asked), "%s\n%s", ask->password, ask->line)
	    < sizeof(asked);

	(void)ctx, (void)err;
	*ret_answer = (fits && strcmp(asked, right) == 0)
	    || mp_password_check(ask->password, ask->line, ask->cost, NULL) == MCPASS_OK
	    ? MP_PASSWORD_RIGHT : MP_PASSWORD_WRONG;
	if (fits && *ret_answer == MP_PASSWORD_RIGHT)
		memcpy(right, asked, sizeof(right));
	return MCPASS_OK;
}

/* --- the servers --------------------------------------------------------------------- */

static enum mcpass_rc ask_issuer(struct world *world, const char *url, const char *method,
    const struct mcpass_header *headers, size_t count, const char *body, size_t len,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_http_request request = { .method = method, .headers = headers,
		.header_count = count, .body = body, .body_len = len, .now = world->now };
	struct mp_uri uri;
	char path[2048], query[8192];

	if (mp_uri_parse(url, &uri, err))
		return err->rc;
	snprintf(path, sizeof(path), "%.*s", (int)uri.path.len, uri.path.data);
	request.path = path[0] != '\0' ? path : "/";
	if (uri.query.data != NULL) {
		snprintf(query, sizeof(query), "%.*s", (int)uri.query.len, uri.query.data);
		request.query = query;
	}
	if (mp_span_is(uri.origin, MCP_ORIGIN))
		return mp_protected_handle(&world->server, &request, response, err);
	if (mp_span_is(uri.origin, AS))
		return mp_issuer_handle(world->issuer, &request, response, err);
	response->status = 404;
	mp_buf_init(&response->body, 16);
	return MCPASS_OK;
}

/* A request to whichever server the URL names.  Its allocations are not counted: run() and
 * world_call() see to that. */
static enum mcpass_rc exchange(struct world *world, const char *method, const char *url,
    const struct mcpass_header *headers, size_t count, const char *body, size_t len,
    struct mp_http_response *response, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	world->requests++;
	rc = ask_issuer(world, url, method, headers, count, body, len, response, err);
	if (rc == MCPASS_OK && world->tamper != NULL && !world->tamper(world, url, response)) {
		response->status = 0;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "the line is dead");
	}
	return rc;
}

static enum mcpass_rc get(void *ctx, const char *url, int *ret_status, struct mp_buf *body,
    struct mcpass_error *err)
{
	struct world *world = ctx;
	struct mp_http_response response = { 0 };
	enum mcpass_rc rc;

	world->fetches++;
	for (size_t i = 0; i < COUNT(world->pages); i++)
		if (mp_eq(world->pages[i].url, url)) {
			*ret_status = 200;
			mp_buf_adds(body, world->pages[i].body);
			return MCPASS_OK;
		}
	rc = ask_issuer(world, url, "GET", NULL, 0, NULL, 0, &response, err);
	if (rc == MCPASS_OK) {
		*ret_status = response.status;
		mp_buf_add(body, mp_buf_text(&response.body), response.body.len);
	}
	mp_http_response_free(&response);
	return rc;
}

static enum mcpass_rc fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	return get(ctx, url, &ret_answer->status, body, err);
}

static enum mcpass_rc fetch_for_guard(void *ctx, const struct mcpass_fetch *wanted,
    int *ret_status, struct mp_buf *body, struct mcpass_error *err)
{
	struct mp_http_response response = { 0 };
	struct world *world = ctx;
	enum mcpass_rc rc;

	if (wanted->body == NULL)
		return get(ctx, wanted->url, ret_status, body, err);
	world->questions++;
	rc = ask_issuer(world, wanted->url, wanted->method, wanted->headers, wanted->header_count,
	    wanted->body, wanted->body_len, &response, err);
	if (rc == MCPASS_OK) {
		*ret_status = response.status;
		mp_buf_add(body, mp_buf_text(&response.body), response.body.len);
	}
	mp_http_response_free(&response);
	return rc;
}

/* --- the person ----------------------------------------------------------------------- */

static void take_cookies(struct world *world, const struct mp_http_response *response)
{
	for (size_t i = 0; i < response->headers.count; i++) {
		const struct mcpass_header *header = &response->headers.items[i];
		size_t len = strcspn(header->value, ";"), name = strcspn(header->value, "=") + 1;

		if (!mp_eq_nocase(header->name, "Set-Cookie"))
			continue;
		for (size_t j = 0; j < world->jar.count; j++)
			if (strncmp(world->jar.items[j], header->value, name) == 0)
				world->jar.items[j][0] = '\0';
		mp_strings_add(&world->jar, (struct mp_span){ header->value, len }, NULL);
	}
}

/* The value of an attribute of the tag at p, into out; false when it has none. */
static bool attribute(const char *p, const char *name, char *out, size_t room)
{
	const char *end = strchr(p, '>'), *at;
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " %s=\"", name);
	at = strstr(p, wanted);
	if (at == NULL || end == NULL || at > end)
		return false;
	at += strlen(wanted);
	snprintf(out, room, "%.*s", (int)strcspn(at, "\""), at);
	return true;
}

/* The form of a page, filled in as this person would. */
static void fill_form(const struct world *world, const char *page, struct mp_buf *form)
{
	char name[128], value[1024];

	for (const char *p = strstr(page, "<input"); p != NULL; p = strstr(p + 1, "<input")) {
		if (!attribute(p, "name", name, sizeof(name)))
			continue;
		if (!attribute(p, "value", value, sizeof(value)))
			value[0] = '\0';
		if (strcmp(name, "username") == 0)
			snprintf(value, sizeof(value), "%s", world->username);
		if (strcmp(name, "password") == 0)
			snprintf(value, sizeof(value), "%s", PASSWORD);
		if (strcmp(name, "user_code") == 0 && (world->types || !world->has_longer_link))
			snprintf(value, sizeof(value), "%s", world->shown_code);
		mp_form_add(form, name, value);
	}
	for (const char *p = strstr(page, "<button"); p != NULL; p = strstr(p + 1, "<button"))
		if (attribute(p, "name", name, sizeof(name)) && attribute(p, "value", value, sizeof(value))
		    && (strcmp(value, "deny") == 0) == world->says_no) {
			mp_form_add(form, name, value);
			return;
		}
}

static enum mcpass_rc page(struct world *world, const char *method, const char *url,
    const char *body, struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_header headers[3] = { { "Origin", AS },
		{ "Content-Type", "application/x-www-form-urlencoded" } };
	char cookies[4096] = "";
	enum mcpass_rc rc;

	for (size_t i = 0; i < world->jar.count; i++)
		if (world->jar.items[i][0] != '\0')
			snprintf(cookies + strlen(cookies), sizeof(cookies) - strlen(cookies), "%s%s",
			    cookies[0] != '\0' ? "; " : "", world->jar.items[i]);
	headers[2] = (struct mcpass_header){ "Cookie", cookies };
	rc = exchange(world, method, url, headers, cookies[0] != '\0' ? 3 : 2, body,
	    body != NULL ? strlen(body) : 0, response, err);
	if (rc == MCPASS_OK)
		take_cookies(world, response);
	return rc;
}

/* Walks the pages from url on, until the redirect to the client; *ret_query is its
 * query, NULL when no redirect came. */
static enum mcpass_rc walk_pages(struct world *world, const char *url, char **ret_query,
    struct mcpass_error *err)
{
	struct mp_http_response response = { 0 };
	struct mp_buf form;
	char next[8192], action[1024];
	enum mcpass_rc rc;

	mp_buf_init(&form, 16384);
	snprintf(next, sizeof(next), "%s", url);
	rc = page(world, "GET", next, NULL, &response, err);
	for (int pages = 0; rc == MCPASS_OK && pages < 6; pages++) {
		const char *to = mp_header_get(response.headers.items, response.headers.count, "Location");
		const char *at = strstr(mp_buf_text(&response.body), "<form");

		if (to != NULL && strncmp(to, "http://127.0.0.1:", 17) == 0) {
			const char *query = strchr(to, '?');

			*ret_query = strdup(query != NULL ? query + 1 : "");
			break;
		}
		mp_buf_clear(&form);
		if (to != NULL)
			snprintf(next, sizeof(next), "%s%s", to[0] == '/' ? AS : "", to);
		else if (at != NULL && attribute(at, "action", action, sizeof(action))) {
			snprintf(next, sizeof(next), "%s%s", action[0] == '/' ? AS : "", action);
			fill_form(world, mp_buf_text(&response.body), &form);
		} else {
			break;          /* an error page: the person closes the window */
		}
		mp_http_response_free(&response);
		rc = page(world, to != NULL ? "GET" : "POST", next,
		    to != NULL ? NULL : mp_buf_text(&form), &response, err);
	}
	mp_http_response_free(&response);
	mp_buf_free(&form);
	return rc;
}

/* --- the host of the client ------------------------------------------------------------ */

/* The other device, where the code is entered; it sends nobody back to us. */
static enum mcpass_rc enter_code(struct world *world, struct mcpass_error *err)
{
	char *query = NULL;
	enum mcpass_rc rc;

	world->logins++;
	rc = walk_pages(world, world->shown_url, &query, err);
	CHECK("nobody is sent back", query == NULL);
	free(query);
	return rc;
}

static void see_code(struct world *world, const struct mcpass_action *action)
{
	const char *url = world->types || action->url_complete == NULL ? action->url
	    : action->url_complete;

	snprintf(world->shown_url, sizeof(world->shown_url), "%s", url);
	snprintf(world->shown_code, sizeof(world->shown_code), "%s", action->user_code);
	world->has_longer_link = action->url_complete != NULL;
	world->entered = false;
	CHECK("good for a while", action->expires_at > world->now);
}

/* The person does their part while the program waits. */
static enum mcpass_rc wait_for_person(struct world *world, const struct mcpass_action *action,
    struct mcpass_error *err)
{
	CHECK("a pause has a length", action->seconds > 0);
	world->now += action->seconds;
	world->waited += (unsigned)action->seconds;
	if (world->walks_away || world->entered || world->shown_code[0] == '\0')
		return MCPASS_OK;
	if (world->dawdles > 0) {
		world->dawdles--;
		return MCPASS_OK;
	}
	world->entered = true;
	return enter_code(world, err);
}

struct answer {
	struct mp_http_response response;
	char *text;
};

static void count_request(struct world *world, const struct mcpass_action *action)
{
	if (strcmp(action->url, AS "/token") == 0 && action->body != NULL
	    && strstr(action->body, "grant_type=refresh_token") != NULL)
		world->refreshes++;
	world->polls += action->body != NULL && strstr(action->body, "device_code=") != NULL;
	world->tokens += strcmp(action->url, AS "/token") == 0;
	world->pushes += strcmp(action->url, AS "/par") == 0;
	world->proofs += mp_header_count(action->headers, action->header_count, "DPoP") > 0;
	if (strcmp(action->url, AS "/register") == 0) {
		world->registrations++;
		snprintf(world->last_registration, sizeof(world->last_registration), "%s", action->body);
	}
	if (strcmp(action->method, "PUT") == 0) {
		world->changes++;
		snprintf(world->last_put, sizeof(world->last_put), "%s", action->body);
	}
	if (strcmp(action->url, AS "/revoke") == 0)
		world->revocations++;
}

static void remember(struct world *world, const char *name)
{
	json_t *json = world->record != NULL ? json_loads(world->record, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(json, name));

	if (text != NULL)
		mp_strings_add(&world->secrets, (struct mp_span){ text, strlen(text) }, NULL);
	json_decref(json);
}

static enum mcpass_rc perform(struct world *world, const struct mcpass_action *action,
    struct answer *answer, struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	char uri[64];

	event->now = world->now + world->clock_error;
	switch (action->type) {
	case MCPASS_ACT_LOAD:
		event->type = MCPASS_EV_LOADED;
		event->data = world->record;
		event->data_len = world->record != NULL ? strlen(world->record) : 0;
		return MCPASS_OK;
	case MCPASS_ACT_SAVE:
		event->type = MCPASS_EV_SAVED;
		if (world->save_fails) {
			event->data = "the disk is full";
			event->data_len = strlen(event->data);
			return MCPASS_OK;
		}
		mp_free_wiped(world->record);
		world->record = action->body != NULL ? strdup(action->body) : NULL;
		remember(world, "access_token");
		remember(world, "refresh_token");
		remember(world, "dpop_key");
		return MCPASS_OK;
	case MCPASS_ACT_LOCK:
		CHECK("the lock is taken once", !world->held);
		world->held = true;
		world->locks++;
		event->type = MCPASS_EV_LOCKED;
		return MCPASS_OK;
	case MCPASS_ACT_REQUEST:
		count_request(world, action);
		rc = exchange(world, action->method, action->url, action->headers, action->header_count,
		    action->body, action->body_len, &answer->response, err);
		event->type = MCPASS_EV_RESPONSE;
		event->status = answer->response.status;
		world->deletions += strcmp(action->method, "DELETE") == 0 && event->status == 204;
		event->headers = answer->response.headers.items;
		event->header_count = answer->response.headers.count;
		event->data = mp_buf_text(&answer->response.body);
		event->data_len = answer->response.body.len;
		return rc;
	case MCPASS_ACT_LISTEN:
		snprintf(uri, sizeof(uri), "http://127.0.0.1:%u/callback", world->port);
		answer->text = strdup(world->port != 0 || action->url == NULL ? uri : action->url);
		event->type = MCPASS_EV_LISTENING;
		break;
	case MCPASS_ACT_BROWSE:
		world->logins++;
		snprintf(world->last_url, sizeof(world->last_url), "%s", action->url);
		CHECK("a URL that is no command", strpbrk(action->url, "$`'\";()*!<>|\\") == NULL);
		if (!world->walks_away)
			rc = walk_pages(world, action->url, &answer->text, err);
		if (world->stray != NULL) {
			world->held_answer = answer->text;
			answer->text = strdup(world->stray);
			world->strays--;
		}
		event->type = MCPASS_EV_REDIRECT;
		break;
	case MCPASS_ACT_WAIT:
		if (world->strays > 0) {
			world->strays--;
			answer->text = strdup(world->stray);
		} else {                        /* NULL: nobody comes any more */
			answer->text = world->held_answer;
			world->held_answer = NULL;
		}
		event->type = MCPASS_EV_REDIRECT;
		break;
	case MCPASS_ACT_SHOW_CODE:
		see_code(world, action);
		event->type = MCPASS_EV_SHOWN;
		return MCPASS_OK;
	case MCPASS_ACT_PAUSE:
		rc = wait_for_person(world, action, err);
		event->type = MCPASS_EV_PAUSED;
		event->now = world->now + world->clock_error;
		return rc;
	case MCPASS_ACT_CONFIRM:
		world->confirmations++;
		event->type = MCPASS_EV_CONFIRMED;
		event->status = !world->says_no;
		return MCPASS_OK;
	case MCPASS_ACT_DONE:
		break;
	}
	event->data = answer->text;
	event->data_len = answer->text != NULL ? strlen(answer->text) : 0;
	return rc;
}

void world_mark(enum mp_state from, enum mcpass_event_type on, enum mp_state to)
{
	struct mp_arrow arrows[64];
	size_t count = mp_flow_arrows(arrows, COUNT(arrows));

	for (size_t i = 0; i < count; i++)
		if (arrows[i].from == from && arrows[i].on == on)
			world_walked[i] |= UINT64_C(1) << to;
}

/* Feeds one event and carries out what follows, with the client's allocations counted. */
static enum mcpass_rc run(struct world *world, struct mcpass_event event,
    struct mcpass_action *action, struct mcpass_error *err)
{
	struct answer answer = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (int steps = 0; steps < MOST_STEPS; steps++) {
		enum mp_state from = world->client->state;
		enum mcpass_event_type on = event.type;

		mp_test_count_allocs(true);
		rc = mcpass_client_step(world->client, &event, action, err);
		mp_test_count_allocs(false);
		mp_http_response_free(&answer.response);
		mp_free_wiped(answer.text);
		answer = (struct answer){ 0 };
		if (rc == MCPASS_OK)
			world_mark(from, on, world->client->state);
		if (rc == MCPASS_OK && action->notice != NULL)
			snprintf(world->notice, sizeof(world->notice), "%s", action->notice);
		if (rc || action->type == MCPASS_ACT_DONE)
			break;
		event = (struct mcpass_event){ 0 };
		rc = perform(world, action, &answer, &event, err);
		if (rc)
			break;
		CHECK("it ends", steps < MOST_STEPS - 1);
	}
	mp_http_response_free(&answer.response);
	mp_free_wiped(answer.text);
	world->held = false;
	mp_test_count_allocs(true);
	return rc;
}

/* No note may hold what the store keeps secret. */
static void watch_notes(void *ctx, const struct mcpass_note *note)
{
	struct world *world = ctx;

	for (size_t i = 0; i < note->fact_count; i++)
		for (size_t j = 0; j < world->secrets.count; j++)
			if (strstr(note->facts[i].value, world->secrets.items[j]) != NULL)
				world->leaked = true;
}

static enum mcpass_rc make_client(struct world *world, struct mcpass_error *err)
{
	if (world->client != NULL)
		return MCPASS_OK;
	world->config.size = sizeof(world->config);
	if (world->config.server_url == NULL)
		world->config.server_url = MCP;
	world->config.random = world_random;
	world->config.random_ctx = world;
	world->config.trace = watch_notes;
	world->config.trace_ctx = world;
	return mcpass_client_new(&world->config, &world->client, err);
}

static enum mcpass_rc post(struct world *world, const char *method, const char *tool,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_header headers[8] = { { "Content-Type", "application/json" },
		{ "Accept", "application/json, text/event-stream" }, { "Host", "mcp.example" },
		{ "MCP-Protocol-Version", "2026-07-28" }, { "Mcp-Method", method } };
	const struct mcpass_header *proof;
	size_t count = 5, proof_count;
	enum mcpass_rc rc;
	char body[1024];

	snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s%s"
	    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}", method,
	    tool != NULL ? "\"name\":\"" : "", tool != NULL ? tool : "",
	    tool != NULL ? "\",\"arguments\":{\"message\":\"hi\"}," : "");
	if (tool != NULL)
		headers[count++] = (struct mcpass_header){ "Mcp-Name", tool };
	rc = mcpass_client_authorize(world->client, "POST", world->config.server_url,
	    world->now + world->clock_error,
	    &proof, &proof_count, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < proof_count && count < COUNT(headers); i++)
		headers[count++] = proof[i];
	return exchange(world, "POST", world->config.server_url, headers, count, body, strlen(body),
	    response, err);
}

enum mcpass_rc world_call(struct world *world, const char *method, const char *tool,
    int *ret_status, struct mcpass_error *err)
{
	struct mcpass_event event = { .type = MCPASS_EV_START,
		.now = world->now + world->clock_error };
	struct mp_http_response response = { 0 };
	struct mcpass_action action = { 0 };
	enum mcpass_rc rc = make_client(world, err);

	*ret_status = 0;
	for (int tries = 0; rc == MCPASS_OK && tries < 6; tries++) {
		rc = run(world, event, &action, err);
		mp_http_response_free(&response);
		mp_test_count_allocs(false);
		if (rc == MCPASS_OK)
			rc = post(world, method, tool, &response, err);
		mp_test_count_allocs(true);
		if (rc)
			break;
		*ret_status = response.status;
		event = (struct mcpass_event){ .type = MCPASS_EV_CHALLENGE,
			.now = world->now + world->clock_error,
			.status = response.status, .headers = response.headers.items,
			.header_count = response.headers.count };
		if (response.status != 401 && response.status != 403) {
			event.type = MCPASS_EV_ACCEPTED;
			rc = run(world, event, &action, err);
			break;
		}
	}
	mp_http_response_free(&response);
	for (size_t i = 0; err != NULL && i < world->secrets.count; i++)
		if (strstr(err->detail, world->secrets.items[i]) != NULL)
			world->leaked = true;
	return rc;
}

enum mcpass_rc world_logout(struct world *world, struct mcpass_error *err)
{
	struct mcpass_event event = { .type = MCPASS_EV_LOGOUT, .now = world->now };
	struct mcpass_action action = { 0 };
	enum mcpass_rc rc = make_client(world, err);

	return rc ? rc : run(world, event, &action, err);
}

enum mcpass_rc world_want_login(struct world *world, struct mcpass_error *err)
{
	struct mcpass_event event = { .type = MCPASS_EV_START,
		.now = world->now + world->clock_error };
	struct mcpass_action action = { 0 };
	enum mcpass_rc rc = make_client(world, err);

	if (rc == MCPASS_OK)
		rc = run(world, event, &action, err);
	event.type = MCPASS_EV_CHALLENGE;
	return rc ? rc : run(world, event, &action, err);
}

json_t *world_stored(const struct world *world)
{
	return world->record != NULL ? json_loads(world->record, 0, NULL) : NULL;
}

void world_edit(struct world *world, const char *path, json_t *value)
{
	json_t *json = world_stored(world), *at = json;
	char first[64];
	const char *dot = strchr(path, '.');

	if (dot != NULL) {
		snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
		at = json_object_get(json, first);
		path = dot + 1;
	}
	if (value != NULL)
		json_object_set_new(at, path, value);
	else
		json_object_del(at, path);
	mp_free_wiped(world->record);
	world->record = mp_json_dump(json);
	json_decref(json);
}

void world_restart(struct world *world)
{
	mcpass_client_free(world->client);
	world->client = NULL;
}

/* --- opening and closing ---------------------------------------------------------------- */

static void must(enum mcpass_rc rc, const struct mcpass_error *err)
{
	if (rc == MCPASS_OK)
		return;
	printf("the world cannot be made: %s\n", err->detail);
	exit(EXIT_FAILURE);
}

static void configure(struct world *world)
{
	static const struct mp_issuer_scope scopes[] = {
		{ "mcp:read", "See what it offers" }, { "mcp:tools", "Use its tools" },
		{ "mcp:prompts", "Use its prompts" },
	};
	static const struct mcpass_guard_issuer issuer = { AS, NULL, NULL };
	size_t rules, published;

	world->issuer_config = (struct mp_issuer_config){ .issuer = AS, .users = users(),
		.signing_key = signing_key(), .scopes = scopes, .scope_count = COUNT(scopes),
		.random = world_random, .random_ctx = world, .fetch = fetch, .fetch_ctx = world,
		.check_password = check_password };
	memstore_open(&world->memory, &world->issuer_config.store);
	world->guard_config = (struct mcpass_guard_config){ .size = sizeof(world->guard_config),
		.resource = MCP, .issuers = &issuer, .issuer_count = 1,
		.rules = mp_echo_rules(&rules), .scopes_supported = mp_echo_scopes(&published),
		.dpop = MCPASS_DPOP_ACCEPTED };
	world->guard_config.rule_count = rules;
	world->guard_config.scope_count = published;
}

void world_rebuild(struct world *world)
{
	struct mcpass_error err = { 0 };

	mp_test_count_allocs(false);
	mp_issuer_free(world->issuer);
	mcpass_guard_free(world->guard);
	must(mp_issuer_new(&world->issuer_config, &world->issuer, &err), &err);
	must(mcpass_guard_new(&world->guard_config, &world->guard, &err), &err);
	world->server = (struct mp_protected){ .guard = world->guard, .endpoint = "/mcp",
		.echo = { .random = world_random, .random_ctx = world },
		.fetch = fetch_for_guard, .fetch_ctx = world };
	mp_test_count_allocs(true);
}

void world_open(struct world *world)
{
	world_open_sharing(world, NULL);
}

void world_open_sharing(struct world *world, const struct mcpass_shared_memory *shared)
{
	(void)signing_key();
	(void)users();
	mp_test_count_allocs(false);
	*world = (struct world){ .now = START_TIME, .seed = 1, .username = "alice", .port = 4711 };
	configure(world);
	world->guard_config.shared = shared;
	world_rebuild(world);
}

void world_close(struct world *world)
{
	mp_test_count_allocs(false);
	mcpass_client_free(world->client);
	mcpass_guard_free(world->guard);
	mp_issuer_free(world->issuer);
	memstore_close(world->memory);
	mp_free_wiped(world->record);
	mp_strings_free(&world->jar);
	mp_strings_free(&world->secrets);
	mp_test_count_allocs(true);
	CHECK("no note and no error holds a secret", !world->leaked);
}
