/* A server that says anything, line by line: the first byte of a line says as what.  Each line
 * for the host is one JSON-RPC message all the same. */
#include <stdint.h>
#include <stdlib.h>
#include "bridge_port.h"
#include "base/limits.h"
#include "mcp/message.h"
#include "wire/json/peek.h"

#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{\"url\":{}}}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const old_host = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	"\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{\"url\":{}},\"roots\":{}}}}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"pa\"}}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"u\"}}\n";
static const char *const new_host = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\",\"params\":{" META "}}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"pa\"," META "}}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"subscriptions/listen\",\"params\":{\"notifications\":{\"toolsListChanged\":true}," META "}}\n";

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void read_output(struct mp_bridge *b)
{
	struct mp_span out = mp_bridge_output(b);
	const char *at = out.data, *end = out.data + out.len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		check(newline != NULL);
		check(mp_json_peek((struct mp_span){ at, (size_t)(newline - at) }, "it", NULL, 0, NULL, NULL) == MCPASS_OK);
		at = newline + 1;
	}
	if (out.len > 0)
		mp_bridge_wrote(b, out.len);
}

/* What the session lets through is JSON, of an object. */
static bool is_object(const char *text)
{
	return text[0] == '{' && mp_json_peek((struct mp_span){ text, strlen(text) }, "it", NULL, 0, NULL, NULL)
	    == MCPASS_OK;
}

static void say(struct mp_bridge *b, char how, const char *text)
{
	unsigned call = (unsigned)(how >> 3) & 7;
	size_t server = (size_t)how & 1 ? mp_bridge_pending(b) % 2 : 0;
	enum mcpass_rc rc = MCPASS_OK;

	if (server > 0 && bridge_calls == 0)
		return;
	if (!is_object(text))
		return;
	switch ((how >> 1) & 3) {
	case 0:
		rc = mp_bridge_answered(b, server, call, text, false, NULL);
		break;
	case 1:
		rc = mp_bridge_answered(b, server, call, text, true, NULL);
		break;
	default:
		rc = mp_bridge_message(b, 0, call, text, NULL);
		break;
	}
	check(rc == MCPASS_OK || rc == MCPASS_E_LIMIT);
	read_output(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_bridge_config config;
	struct mp_bridge *b;
	const char *host;
	char *text, *at;

	if (len < 1 || len > MP_MAX_DOCUMENT)
		return 0;
	host = data[0] & 8 ? new_host : old_host;
	b = bridge_make(data[0], &config);
	text = malloc(len);
	check(b != NULL && text != NULL);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	check(mp_bridge_tick(b, 0, NULL) == MCPASS_OK);
	check(mp_bridge_from_host(b, host, strlen(host), NULL) == MCPASS_OK);
	for (at = text; at != NULL && *at != '\0'; ) {
		char *end = strchr(at, '\n');

		if (end != NULL)
			*end++ = '\0';
		if (at[0] != '\0')
			say(b, at[0], at + 1);
		at = end;
	}
	check(mp_bridge_tick(b, 100000, NULL) == MCPASS_OK);
	read_output(b);
	free(text);
	mp_bridge_free(b);
	return 0;
}
