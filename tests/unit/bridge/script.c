#include "script.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "harness/check.h"
#include "wire/json/raw.h"

#define ROOM 65536

static struct {
	const struct script_world *world;
	char out[ROOM];                 /* what went out since the last line came in */
	size_t len;
	unsigned calls;
	char host_line[8192];           /* what the host wrote last */
	char ids[64][64];               /* of requests that passed as they are */
} now;

static void add_span(const char *text, size_t len)
{
	if (now.len + len + 2 > ROOM)
		return;
	memcpy(now.out + now.len, text, len);
	now.len += len;
	now.out[now.len] = '\0';
}

static void add(const char *text)
{
	add_span(text, strlen(text));
}

/* --- the port --- */

/* NAME, or "-". */
static void add_value(struct mp_span object, const char *name)
{
	struct mp_span value = { NULL, 0 };

	if (object.data != NULL)
		value = mp_raw_value(object, name);
	add(" ");
	if (value.data == NULL)
		add("-");
	else if (value.data[0] == '"')
		add_span(value.data + 1, value.len - 2);
	else
		add_span(value.data, value.len);
}

static enum mcpass_rc do_open(void *ctx, size_t server, const char *initialize,
    struct mcpass_error *err)
{
	struct mp_span all = { initialize, strlen(initialize) }, params = mp_raw_value(all, "params");
	char line[32];

	(void)ctx;
	if (now.world->open_fails)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no such server");
	(void)snprintf(line, sizeof(line), "open %zu", server);
	add(line);
	add_value(mp_raw_value(params, "clientInfo"), "name");
	add_value(params, "protocolVersion");
	add_value(params, "capabilities");
	add("\n");
	return MCPASS_OK;
}

static enum mcpass_rc do_request(void *ctx, size_t server, const char *method, const char *params,
    unsigned *ret_call, struct mcpass_error *err)
{
	char line[64];

	(void)ctx;
	if (now.world->busy && strcmp(method, "server/discover") != 0)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "too many requests");
	*ret_call = ++now.calls;
	(void)snprintf(line, sizeof(line), "request %zu %u ", server, *ret_call);
	add(line);
	add(method);
	add(" ");
	add(params != NULL ? params : "-");
	add("\n");
	return MCPASS_OK;
}

static enum mcpass_rc do_send(void *ctx, size_t server, struct mp_span message, unsigned *ret_call,
    struct mcpass_error *err)
{
	struct mp_span id;
	char line[64];

	(void)ctx;
	if (now.world->busy)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "too many requests");
	*ret_call = ++now.calls;
	id = mp_raw_value(message, "id");
	if (*ret_call < COUNT(now.ids))
		(void)snprintf(now.ids[*ret_call], sizeof(now.ids[0]), "%.*s", (int)id.len, id.data);
	(void)snprintf(line, sizeof(line), "%s %zu %u", mp_span_is(message, now.host_line) ? "pass" : "send",
	    server, *ret_call);
	add(line);
	if (!mp_span_is(message, now.host_line)) {
		add(" ");
		add_span(message.data, message.len);
	}
	add("\n");
	return MCPASS_OK;
}

static enum mcpass_rc do_notify(void *ctx, size_t server, const char *method, const char *params,
    struct mcpass_error *err)
{
	char line[32];

	(void)ctx;
	(void)err;
	(void)snprintf(line, sizeof(line), "notify %zu ", server);
	add(line);
	add(method);
	add(" ");
	add(params != NULL ? params : "-");
	add("\n");
	return MCPASS_OK;
}

static enum mcpass_rc do_respond(void *ctx, size_t server, const char *json,
    struct mcpass_error *err)
{
	char line[32];

	(void)ctx;
	(void)err;
	(void)snprintf(line, sizeof(line), "respond %zu ", server);
	add(line);
	add(json);
	add("\n");
	return MCPASS_OK;
}

static void do_cancel(void *ctx, size_t server, unsigned call)
{
	char line[64];

	(void)ctx;
	(void)snprintf(line, sizeof(line), "cancel %zu %u\n", server, call);
	add(line);
}

static void do_forget(void *ctx, size_t server)
{
	char line[32];

	(void)ctx;
	(void)snprintf(line, sizeof(line), "forget %zu\n", server);
	add(line);
}

static const char *do_revision(void *ctx, size_t server)
{
	(void)ctx;
	return now.world->revisions[server] != NULL ? now.world->revisions[server] : "2025-11-25";
}

static const char *do_welcome(void *ctx, size_t server)
{
	(void)ctx;
	(void)server;
	return now.world->welcome;
}

static int do_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0xab, len);
	return 0;
}

static const struct mp_bridge_port port = { NULL, do_open, do_request, do_send, do_notify, do_respond,
	do_cancel, do_forget, do_revision, do_welcome };

/* --- lines --- */

static enum mcpass_rc host_writes(struct mp_bridge *b, const char *text)
{
	size_t len = strlen(text);
	enum mcpass_rc rc;

	(void)snprintf(now.host_line, sizeof(now.host_line), "%s", text);
	if (len > 0 && text[len - 1] == '~')
		return mp_bridge_from_host(b, text, len - 1, NULL);
	rc = mp_bridge_from_host(b, text, len, NULL);
	return rc ? rc : mp_bridge_from_host(b, "\n", 1, NULL);
}

static enum mcpass_rc server_says(struct mp_bridge *b, char what, size_t server, unsigned call,
    const char *rest)
{
	struct mcpass_error why = { 0 };
	char whole[8192];

	switch (what) {
	case 'A':
	case 'E':
		if (call < COUNT(now.ids) && now.ids[call][0] != '\0') {
			(void)snprintf(whole, sizeof(whole), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":%s}", now.ids[call],
			    what == 'E' ? "error" : "result", rest);
			now.ids[call][0] = '\0';
			rest = whole;
		}
		return mp_bridge_answered(b, server, call, rest, what == 'E', NULL);
	case 'F':
	case 'P':
		(void)mp_fail(&why, what == 'F' ? MCPASS_E_IO : MCPASS_E_PROTOCOL, NULL, "%s", rest);
		return mp_bridge_failed(b, server, call, &why, NULL);
	default:
		return mp_bridge_message(b, server, call, rest, NULL);
	}
}

static enum mcpass_rc come_in(struct mp_bridge *b, const char *line)
{
	char where[600];
	char *end;
	size_t server = 0;
	unsigned call;

	if (line[0] == 'H')
		return host_writes(b, line + 2);
	if (line[0] == 'T')
		return mp_bridge_tick(b, strtol(line + 2, NULL, 10), NULL);
	server = (size_t)strtol(line + 2, &end, 10);
	if (line[0] == 'O')
		return mp_bridge_signed_in(b, server, NULL);
	if (line[0] == 'R')
		return mp_bridge_restarted(b, server, NULL);
	if (line[0] == 'I') {
		(void)snprintf(where, sizeof(where), "Sign in at %s", end + 1);
		return mp_bridge_sign_in(b, server, where, end + 1, NULL);
	}
	call = (unsigned)strtol(end, &end, 10);
	return server_says(b, line[0], server, call, end + 1);
}

/* What the host was written joins what went to the servers. */
static void drain(struct mp_bridge *b)
{
	struct mp_span out = mp_bridge_output(b);
	const char *at = out.data;

	while (out.len > 0) {
		const char *end = memchr(at, '\n', (size_t)(out.data + out.len - at));

		if (end == NULL)
			break;
		add("< ");
		add_span(at, (size_t)(end + 1 - at));
		at = end + 1;
	}
	if (out.len > 0)
		mp_bridge_wrote(b, out.len);
}

static bool is_input(const char *line)
{
	return strchr("HAEFPMIORT", line[0]) != NULL && line[1] == ' ';
}

/* --- a run --- */

static enum mcpass_rc make(const struct script_world *world, struct mp_bridge_config *config,
    struct mp_bridge **ret_bridge)
{
	static const char *const names[] = { "one", "two", "three" };
	enum mcpass_rc rc;

	*config = (struct mp_bridge_config){ .names = names,
		.server_count = world->servers > 0 ? world->servers : 1, .prefix = world->prefix,
		.allow = &world->allow, .allow_count = world->allow != NULL ? 1 : 0,
		.deny = &world->deny, .deny_count = world->deny != NULL ? 1 : 0, .max_message = 4096,
		.sign_in_wait_ms = world->wait_ms > 0 ? world->wait_ms : -1,
		.early_ms = world->early_ms > 0 ? world->early_ms : -1, .random = do_random };
	now.world = world;
	now.len = 0;
	now.out[0] = '\0';
	now.calls = 0;
	memset(now.ids, 0, sizeof(now.ids));
	rc = mp_bridge_new(config, &port, ret_bridge, NULL);
	return rc ? rc : mp_bridge_tick(*ret_bridge, 0, NULL);
}

static enum mcpass_rc run(const struct script_world *world, const char *script, bool checks)
{
	struct mp_bridge_config config;
	struct mp_bridge *b = NULL;
	char line[8192];
	enum mcpass_rc rc = make(world, &config, &b);

	while (!rc && *script != '\0') {
		char want[8192] = "";
		size_t len = strcspn(script, "\n");

		(void)snprintf(line, sizeof(line), "%.*s", (int)len, script);
		script += len + (script[len] == '\n');
		now.len = 0;
		now.out[0] = '\0';
		rc = come_in(b, line);
		if (!rc)
			drain(b);
		while (*script != '\0' && !is_input(script)) {
			len = strcspn(script, "\n") + 1;
			(void)strncat(want, script, len);
			script += len;
		}
			if (checks && strcmp(now.out, want) != 0) {
			char label[9000];

			(void)snprintf(label, sizeof(label), "%s: %s", world->label, line);
			CHECK_STR(label, now.out, want);
		}
	}
	if (checks)
		CHECK_EQ(world->label, rc, MCPASS_OK);
	mp_bridge_free(b);
	return rc;
}

void script_run(const struct script_world *world, const char *script)
{
	(void)run(world, script, true);
	CHECK_EQ(world->label, mp_test_live_blocks(), 0);
}

void script_run_short_of_memory(const struct script_world *world, const char *script)
{
	OOM_EACH {
		enum mcpass_rc rc = run(world, script, false);

		CHECK_OOM_OR_OK(world->label, rc);
	}
}
