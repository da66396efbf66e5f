/* A whole conversation with a hostile server.  The first byte chooses how it begins
 * (bits: 1 known to be new, 2 fixed to an old revision, 4 the server may ask, 8 the bytes
 * come one by one, 16 another program is relayed, whose message comes first, up to a line
 * "----"); then answers, each up to such a line:
 *
 *     STATUS [broken|open|silent]
 *     Name: value
 *
 *     body, in which $ID is the id of the request
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mcp/jsonrpc.h"
#include "mcpass/session.h"

#define MOST_STEPS 400
#define MOST_HEADERS 16
#define HELLO "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"," \
	"\"capabilities\":{\"roots\":{}},\"clientInfo\":{\"name\":\"h\",\"version\":\"1\"}}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct script {
	char *at;                       /* NUL-terminated: what is left of it */
	bool one_by_one, is_relayed;
	unsigned relayed;               /* the last call that is another program's */
	char id[24];                    /* of the last request */
	int64_t now;
};

/* Cuts the text at a separator; NULL: nothing is left. */
static char *cut(char **at, const char *separator)
{
	char *first = *at, *end;

	if (first == NULL || *first == '\0')
		return NULL;
	end = strstr(first, separator);
	if (end == NULL) {
		*at = first + strlen(first);
	} else {
		*end = '\0';
		*at = end + strlen(separator);
	}
	return first;
}

static enum mcpass_rc give_head(struct mcpass_session *s, unsigned exchange, int status,
    char *lines)
{
	struct mcpass_header headers[MOST_HEADERS];
	size_t count = 0;
	char *line;

	while (count < MOST_HEADERS && (line = cut(&lines, "\n")) != NULL) {
		char *name = cut(&line, ": ");

		if (name != NULL)
			headers[count++] = (struct mcpass_header){ name, line };
	}
	return mcpass_session_head(s, exchange, status, headers, count, NULL);
}

static enum mcpass_rc give(struct mcpass_session *s, unsigned exchange, const char *bytes,
    size_t len, bool one_by_one)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (!one_by_one)
		return len > 0 ? mcpass_session_data(s, exchange, bytes, len, NULL) : MCPASS_OK;
	for (size_t i = 0; !rc && i < len; i++)
		rc = mcpass_session_data(s, exchange, bytes + i, 1, NULL);
	return rc;
}

static enum mcpass_rc give_body(struct script *script, struct mcpass_session *s,
    unsigned exchange, char *body)
{
	enum mcpass_rc rc = MCPASS_OK;
	char *part;

	while (!rc && (part = cut(&body, "$ID")) != NULL) {
		rc = give(s, exchange, part, strlen(part), script->one_by_one);
		if (!rc && body > part + strlen(part))
			rc = give(s, exchange, script->id, strlen(script->id), script->one_by_one);
	}
	return rc;
}

static enum mcpass_rc serve(struct script *script, struct mcpass_session *s,
    const struct mcpass_session_action *action)
{
	char *answer = cut(&script->at, "\n----\n"), *body = answer, *head, *line;
	const char *id = action->body != NULL ? strstr(action->body, "\"id\":") : NULL;
	unsigned exchange = action->exchange;
	enum mcpass_rc rc = MCPASS_OK;

	if (answer == NULL)
		return MCPASS_E_IO;
	if (id != NULL)
		(void)snprintf(script->id, sizeof(script->id), "%.*s", (int)strspn(id + 5, "0123456789"), id + 5);
	head = cut(&body, "\n\n");
	line = cut(&head, "\n");
	if (line == NULL)
		line = answer + strlen(answer);
	if (strstr(line, "silent") == NULL)
		rc = give_head(s, exchange, atoi(line), head);
	if (!rc)
		rc = give_body(script, s, exchange, body);
	if (!rc && strstr(line, "open") == NULL)
		rc = mcpass_session_end(s, exchange, strstr(line, "broken") != NULL, NULL);
	return rc;
}

/* What the program is given is JSON on one line. */
static void check_json(const struct script *script, const struct mcpass_session_action *action)
{
	json_t *json = NULL;

	if (action->type == MCPASS_SESSION_RESULT && action->call <= script->relayed
	    && strstr(action->body, "\"jsonrpc\"") == NULL)
		abort();
	if (mp_json_parse_by(MP_JSON_MESSAGE, action->body, action->body_len, SIZE_MAX, "it", &json,
	        NULL) != MCPASS_OK
	    || !json_is_object(json) || memchr(action->body, '\n', action->body_len) != NULL)
		abort();
	json_decref(json);
}

static enum mcpass_rc carry_out(struct script *script, struct mcpass_session *s,
    const struct mcpass_session_action *action)
{
	switch (action->type) {
	case MCPASS_SESSION_SEND:
		return serve(script, s, action);
	case MCPASS_SESSION_AUTHORIZE:
		return mcpass_session_retry(s, action->exchange, NULL);
	case MCPASS_SESSION_RESULT:
		check_json(script, action);
		return action->call == 2 ? mcpass_session_cancel(s, 3, NULL) : MCPASS_OK;
	case MCPASS_SESSION_MESSAGE:
		check_json(script, action);
		(void)mcpass_session_answer(s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL);
		return MCPASS_OK;
	case MCPASS_SESSION_WAIT:
		if (action->until <= script->now)
			abort();
		script->now = action->until;
		return MCPASS_OK;
	case MCPASS_SESSION_FAILED:
		if (action->error->rc == MCPASS_OK || action->error->detail[0] == '\0')
			abort();
		return MCPASS_OK;
	case MCPASS_SESSION_WARNING:
	case MCPASS_SESSION_CLOSE:
		return MCPASS_OK;
	case MCPASS_SESSION_IDLE:
		return MCPASS_E_IO;
	}
	return MCPASS_OK;
}

static enum mcpass_rc send_whole(struct script *script, struct mcpass_session *s, const char *text)
{
	unsigned call = 0;
	enum mcpass_rc rc = mcpass_session_send(s, text, strlen(text), &call, NULL);

	if (call > script->relayed)
		script->relayed = call;
	return rc;
}

/* Of a host: one message that it chose, and two that are good. */
static void relay(struct script *script, struct mcpass_session *s)
{
	static const char *const good[] = {
		"{\"jsonrpc\":\"2.0\", \"id\":\"a\\u0062\",\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}",
	};
	const char *given = cut(&script->at, "\n----\n");

	if (given != NULL)
		(void)send_whole(script, s, given);
	for (size_t i = 0; i < MP_COUNT(good); i++)
		if (send_whole(script, s, good[i]) != MCPASS_OK && given == NULL)
			abort();
}

static void converse(struct script *script, struct mcpass_session *s)
{
	enum mcpass_rc rc = MCPASS_OK;
	unsigned call;

	if (script->is_relayed)
		relay(script, s);
	else
		(void)mcpass_session_request(s, "tools/list", NULL, &call, NULL);
	(void)mcpass_session_request(s, "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"}}", &call, NULL);
	(void)mcpass_session_request(s, "resources/read", "{\"uri\":\"u\"}", &call, NULL);
	for (int step = 0; !rc && step < MOST_STEPS; step++) {
		struct mcpass_session_action action;

		rc = mcpass_session_next(s, script->now, &action, NULL);
		if (rc == MCPASS_E_USAGE)       /* nothing that is said ends a session */
			abort();
		if (!rc)
			rc = carry_out(script, s, &action);
	}
	(void)mcpass_session_cancel(s, 1, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned how = len > 0 ? data[0] : 0;
	const struct mcpass_session_config cfg = {
		.size = sizeof(cfg),
		.server_url = "https://h.example/mcp",
		.known_revision = (how & 1) != 0 ? "2026-07-28" : NULL,
		.revision = (how & 2) != 0 ? "2025-11-25" : NULL,
		.capabilities = (how & 4) != 0 ? "{\"elicitation\":{}}" : NULL,
		.initialize = (how & 16) != 0 ? HELLO : NULL
	};
	struct script script = { .one_by_one = (how & 8) != 0, .is_relayed = (how & 16) != 0, .now = 1000 };
	struct mcpass_session *s;
	char *text;

	if (len < 2 || (text = malloc(len)) == NULL)
		return 0;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	script.at = *text == '\n' ? text + 1 : text;
	if (mcpass_session_new(&cfg, &s, NULL) != MCPASS_OK)
		abort();
	converse(&script, s);
	mcpass_session_free(s);
	free(text);
	return 0;
}
