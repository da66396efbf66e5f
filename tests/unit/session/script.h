/* script.h - a conversation as a table: what the session is expected to send, what the
 * server answers, and the log of all that the program was told. */
#ifndef MP_TEST_SCRIPT_H
#define MP_TEST_SCRIPT_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "mcpass/session.h"

#define URL "http://h.example/mcp"
#define JSON "Content-Type: application/json"
#define SSE "Content-Type: text/event-stream"
#define RPC(rest) "{\"jsonrpc\":\"2.0\",\"id\":$ID," rest "}"
#define RESULT(members) RPC("\"result\":{" members "}")
#define ERROR(code, rest) RPC("\"error\":{\"code\":" #code ",\"message\":\"no\"" rest "}")
#define EVENT(json) "data: " json "\n\n"

#define BROKEN 1u       /* the connection fails at the end of the body */
#define OPEN 2u         /* there is no end: the stream stays open */
#define SILENT 4u       /* not even a head comes back; with BROKEN: no connection */

struct step {
	const char *want;       /* lines, each of which the request must contain */
	int status;
	const char *headers;    /* "Name: value" lines, or NULL */
	const char *body;       /* $ID becomes the id of the request at hand */
	unsigned flags;
	const char *lacks;      /* the request must not contain it; NULL: nothing */
};
struct script {
	const char *label;
	const char *revision, *known, *capabilities;
	const char *hello;              /* of another program: requests are its messages, whole */
	const char *requests[4][2];     /* method, params */
	struct step steps[16];
	const char *log;                /* lines, as say() writes them */
	enum mcpass_rc want;
	const char *settled;            /* mcpass_session_revision() in the end */
	const char *says;               /* part of the error's detail; NULL: whatever */
	const char *hints;              /* part of its hint; NULL: whatever */
	int64_t answer_ms;
	bool is_held;                   /* time stands still: pump() returns where one would wait */
	bool goes_on;                   /* a request that fails is logged, and is not the end */
};
struct bench {
	struct mcpass_session *session;
	struct mcpass_error err;
	const struct script *script;
	size_t step, chunk;             /* chunk: bytes fed at a time, 0: all */
	int64_t now;
	char log[8192], request[16384], last_post[16384];
	unsigned open;                  /* the exchange that a step left OPEN */
};

static inline void say(struct bench *b, const char *what, unsigned number, const char *rest)
{
	size_t len = strlen(b->log);

	snprintf(b->log + len, sizeof(b->log) - len, "%s %u %s\n", what, number, rest);
}

/* The request as text: "POST url", headers, an empty line, the body. */
static inline void render(struct bench *b, const struct mcpass_session_action *a)
{
	size_t len = (size_t)snprintf(b->request, sizeof(b->request), "%s %s\n", a->method, a->url);

	for (size_t i = 0; i < a->header_count; i++)
		len += (size_t)snprintf(b->request + len, sizeof(b->request) - len, "%s: %s\n",
		    a->headers[i].name, a->headers[i].value);
	snprintf(b->request + len, sizeof(b->request) - len, "\n%.*s", (int)a->body_len,
	    a->body != NULL ? a->body : "");
	if (strcmp(a->method, "POST") == 0)
		strcpy(b->last_post, b->request);
}

static inline void expect(struct bench *b, const struct step *step)
{
	char lines[2048], *line, *rest = NULL;

	snprintf(lines, sizeof(lines), "%s", step->want);
	for (line = strtok_r(lines, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		CHECK_HAS(b->script->label, b->request, line);
	if (step->lacks != NULL)
		CHECK(b->script->label, strstr(b->request, step->lacks) == NULL);
}

/* The body with $ID replaced by the id of the last POST. */
static inline void fill_in(const struct bench *b, const char *body, char *room, size_t size)
{
	const char *id = strstr(b->last_post, "\"id\":");
	size_t digits = id != NULL ? strspn(id + 5, "0123456789") : 0, len = 0;

	for (; *body != '\0' && len + digits + 1 < size; body++) {
		if (strncmp(body, "$ID", 3) != 0) {
			room[len++] = *body;
			continue;
		}
		memcpy(room + len, id + 5, digits);
		len += digits;
		body += 2;
	}
	room[len] = '\0';
}

static inline enum mcpass_rc feed_head(struct bench *b, unsigned exchange,
    const struct step *step)
{
	struct mcpass_header headers[8];
	char lines[512], *line, *rest = NULL;
	size_t count = 0;

	snprintf(lines, sizeof(lines), "%s", step->headers != NULL ? step->headers : "");
	for (line = strtok_r(lines, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strstr(line, ": ");

		*value = '\0';
		headers[count++] = (struct mcpass_header){ line, value + 2 };
	}
	return mcpass_session_head(b->session, exchange, step->status, headers, count, &b->err);
}

static inline enum mcpass_rc feed_body(struct bench *b, unsigned exchange, const char *body)
{
	static char text[32768];
	enum mcpass_rc rc = MCPASS_OK;
	size_t len, chunk;

	fill_in(b, body, text, sizeof(text));
	len = strlen(text);
	for (size_t at = 0; !rc && at < len; at += chunk) {
		chunk = b->chunk > 0 && b->chunk < len - at ? b->chunk : len - at;
		rc = mcpass_session_data(b->session, exchange, text + at, chunk, &b->err);
	}
	return rc;
}

static inline enum mcpass_rc serve(struct bench *b, const struct mcpass_session_action *a)
{
	const struct step *step = &b->script->steps[b->step];
	unsigned exchange = a->exchange;
	enum mcpass_rc rc = MCPASS_OK;

	render(b, a);
	CHECK(b->script->label, step->want != NULL);    /* one request too many */
	if (step->want == NULL)
		return MCPASS_E_USAGE;
	b->step++;
	expect(b, step);
	if ((step->flags & SILENT) == 0)
		rc = feed_head(b, exchange, step);
	if (!rc && step->body != NULL)
		rc = feed_body(b, exchange, step->body);
	if ((step->flags & OPEN) != 0)
		b->open = exchange;
	else if (!rc && step->flags != SILENT)
		rc = mcpass_session_end(b->session, exchange, (step->flags & BROKEN) != 0, &b->err);
	return rc;
}

static inline enum mcpass_rc tell(struct bench *b, const struct mcpass_session_action *a)
{
	char text[64];

	switch (a->type) {
	case MCPASS_SESSION_RESULT:
		say(b, a->is_error ? "error" : "result", a->call, a->body);
		return MCPASS_OK;
	case MCPASS_SESSION_MESSAGE:
		say(b, "message", a->call, a->body);
		return MCPASS_OK;
	case MCPASS_SESSION_WARNING:
		say(b, "warning", 0, a->body);
		return MCPASS_OK;
	case MCPASS_SESSION_FAILED:
		if (b->script->goes_on) {
			say(b, "failed", a->call, a->error->detail);
			return MCPASS_OK;
		}
		b->err = *a->error;
		return a->error->rc;
	case MCPASS_SESSION_CLOSE:
		say(b, "close", a->exchange, "");
		return MCPASS_OK;
	case MCPASS_SESSION_AUTHORIZE:
		snprintf(text, sizeof(text), "%d %s", a->status, a->header_count > 0 ? a->headers[0].value : "");
		say(b, "authorize", a->call, text);
		return mcpass_session_retry(b->session, a->exchange, &b->err);
	case MCPASS_SESSION_WAIT:
		snprintf(text, sizeof(text), "%lld", (long long)(a->until - b->now));
		say(b, "wait", 0, text);
		b->now = a->until;
		return MCPASS_OK;
	case MCPASS_SESSION_IDLE:
	case MCPASS_SESSION_SEND:
		break;
	}
	return MCPASS_OK;
}

/* Until the session has nothing more to do. */
static inline enum mcpass_rc pump(struct bench *b)
{
	enum mcpass_rc rc;

	for (int guard = 0; guard < 1000; guard++) {
		struct mcpass_session_action a = { .type = MCPASS_SESSION_IDLE };

		rc = mcpass_session_next(b->session, b->now, &a, &b->err);
		if (rc || a.type == MCPASS_SESSION_IDLE
		    || (a.type == MCPASS_SESSION_WAIT && b->script->is_held))
			return rc;
		rc = a.type == MCPASS_SESSION_SEND ? serve(b, &a) : tell(b, &a);
		if (rc)
			return rc;
	}
	CHECK("the conversation ends", false);
	return MCPASS_E_USAGE;
}

static inline enum mcpass_rc begin(struct bench *b, const struct script *script,
    mcpass_trace_fn *trace)
{
	const struct mcpass_session_config cfg = {
		.size = sizeof(cfg),
		.server_url = URL,
		.client_name = "tester",
		.client_version = "1",
		.revision = script->revision,
		.known_revision = script->known,
		.capabilities = script->capabilities,
		.trace = trace,
		.trace_ctx = b,
		.initialize = script->hello,
		.answer_ms = script->answer_ms
	};
	enum mcpass_rc rc;

	memset(b, 0, sizeof(*b));
	b->script = script;
	b->now = 1000000;
	rc = mcpass_session_new(&cfg, &b->session, &b->err);
	for (size_t i = 0; !rc && i < COUNT(script->requests) && script->requests[i][0] != NULL; i++) {
		const char *first = script->requests[i][0];
		unsigned call = 0;

		rc = script->hello != NULL
		    ? mcpass_session_send(b->session, first, strlen(first), &call, &b->err)
		    : mcpass_session_request(b->session, first, script->requests[i][1], &call, &b->err);
	}
	return rc;
}

/* Runs the whole script and compares. */
static inline void run_script(const struct script *script, size_t chunk)
{
	static struct bench b;
	enum mcpass_rc rc;

	rc = begin(&b, script, NULL);
	b.chunk = chunk;
	if (!rc)
		rc = pump(&b);
	CHECK_EQ(script->label, rc, script->want);
	if (rc != script->want)
		printf("\t%s: %s\n", mcpass_rc_name(rc), b.err.detail);
	CHECK_STR(script->label, b.log, script->log);
	CHECK(script->label, script->steps[b.step].want == NULL);       /* all was asked for */
	CHECK_STR(script->label, mcpass_session_revision(b.session), script->settled);
	CHECK(script->label, rc == MCPASS_OK || (b.err.rc == rc && b.err.detail[0] != '\0'));
	if (script->says != NULL)
		CHECK_HAS(script->label, b.err.detail, script->says);
	if (script->hints != NULL)
		CHECK_HAS(script->label, b.err.hint, script->hints);
	mcpass_session_free(b.session);
	CHECK_EQ(script->label, mp_test_live_blocks(), 0);
}

#endif
