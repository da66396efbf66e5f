/* walk.h - the client alone, walked through a login: servers that answer from a table, and a
 * log of all that the client sends. */
#ifndef MP_WALK_H
#define MP_WALK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "harness/check.h"

#define MCP "https://mcp.example/mcp"
#define AS "https://as.example"
#define OTHER "https://other.example"
#define DOCUMENT "https://me.example/client.json"
#define NOW 1800000000
#define CIMD ",\"client_id_metadata_document_supported\":true"
#define DCR ",\"registration_endpoint\":\"@/register\""
#define S256 ",\"code_challenge_methods_supported\":[\"S256\"]"

struct walk {
	struct mcpass_client_config config;
	struct mcpass_client *client;
	char *record;                   /* what is stored */
	struct mp_buf log;              /* a line for every request and page: what was sent */
	char answer[2048];

	const char *prm;                /* the resource's metadata; NULL: the usual one */
	const char *issuer;             /* whom it names */
	const char *says;               /* what that one calls itself; NULL: the same */
	const char *more;               /* members of the issuer's metadata; '@' is the issuer */
	const char *iss;                /* in the redirect; NULL: the issuer */
	bool no_prm, no_as_metadata;    /* 404 at all their places */
	const char *granted;            /* scope of the token; NULL: as it was asked */
	const char *no_refresh_token;   /* not NULL: none is given */
	const char *management;         /* members of the registration's answer, or NULL */
	bool says_yes;                  /* to an issuer that is to be confirmed */
	int64_t now;
	int registered;                 /* how many clients; ids are reg-1, reg-2, ... */
	int tokens;                     /* how many; refresh tokens are rt-1, rt-2, ... */
};

static int count_up(void *ctx, uint8_t *out, size_t len)
{
	static uint8_t next;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = next++;
	return 0;
}

static void walk_begin(struct walk *walk)
{
	*walk = (struct walk){ .issuer = AS, .more = S256 CIMD DCR, .now = NOW };
	walk->config = (struct mcpass_client_config){ .size = sizeof(walk->config),
		.server_url = MCP, .random = count_up };
	mp_buf_init(&walk->log, MP_MAX_DOCUMENT);
}

/* Another process: only what was stored is known. */
static void walk_restart(struct walk *walk)
{
	mcpass_client_free(walk->client);
	walk->client = NULL;
	mp_buf_clear(&walk->log);
	mp_buf_adds(&walk->log, "");
}

static void walk_end(struct walk *walk)
{
	mcpass_client_free(walk->client);
	mp_free_wiped(walk->record);
	mp_buf_free(&walk->log);
}

static bool sent(const struct walk *walk, const char *text)
{
	return strstr(mp_buf_text(&walk->log), text) != NULL;
}

/* --- the servers --- */

/* Adds text with the issuer in place of every '@'. */
static void add(struct walk *walk, const char *text)
{
	for (size_t len = strlen(walk->answer); *text != '\0'; len = strlen(walk->answer), text++)
		snprintf(walk->answer + len, sizeof(walk->answer) - len, "%.*s",
		    *text == '@' ? (int)strlen(walk->issuer) : 1, *text == '@' ? walk->issuer : text);
}

static int answer_metadata(struct walk *walk, const char *url)
{
	bool is_prm = strncmp(url, "https://mcp.example/", 20) == 0;

	if (is_prm ? walk->no_prm : walk->no_as_metadata)
		return 404;
	if (is_prm) {
		add(walk, walk->prm != NULL ? walk->prm
		    : "{\"resource\":\"" MCP "\",\"authorization_servers\":[\"@\"]}");
		return 200;
	}
	add(walk, "{\"issuer\":\"");
	add(walk, walk->says != NULL ? walk->says : "@");
	add(walk, "\",\"authorization_endpoint\":\"@/authorize\",\"token_endpoint\":\"@/token\"");
	add(walk, walk->more);
	add(walk, "}");
	return 200;
}

static int answer_request(struct walk *walk, const struct mcpass_action *action)
{
	char refresh[64] = "", scope[64] = "";

	walk->answer[0] = '\0';
	if (strstr(action->url, "/register") != NULL) {
		snprintf(walk->answer, sizeof(walk->answer), "{\"client_id\":\"reg-%d\"%s}",
		    ++walk->registered, walk->management != NULL ? walk->management : "");
		return 201;
	}
	if (strstr(action->url, "/token") == NULL)
		return answer_metadata(walk, action->url);
	walk->tokens++;
	if (walk->no_refresh_token == NULL)
		snprintf(refresh, sizeof(refresh), ",\"refresh_token\":\"rt-%d\"", walk->tokens);
	if (walk->granted != NULL)
		snprintf(scope, sizeof(scope), ",\"scope\":\"%s\"", walk->granted);
	snprintf(walk->answer, sizeof(walk->answer), "{\"access_token\":\"at-%d\","
	    "\"token_type\":\"Bearer\",\"expires_in\":3600%s%s}", walk->tokens, refresh, scope);
	return 200;
}

static void answer_page(struct walk *walk)
{
	snprintf(walk->answer, sizeof(walk->answer), "code=the-code&state=%s&iss=%s",
	    mp_secret_reveal(&walk->client->state_param), walk->iss != NULL ? walk->iss : walk->issuer);
}

/* --- the host --- */

static void log_action(struct walk *walk, const struct mcpass_action *action)
{
	mp_buf_addf(&walk->log, "%s %s", action->method != NULL ? action->method : "BROWSE", action->url);
	for (size_t i = 0; i < action->header_count; i++)
		mp_buf_addf(&walk->log, " %s: %s", action->headers[i].name, action->headers[i].value);
	mp_buf_addf(&walk->log, " %s\n", action->body != NULL ? action->body : "");
}

static enum mcpass_rc perform(void *ctx, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	struct walk *walk = ctx;

	(void)err;
	*event = (struct mcpass_event){ .now = walk->now };
	if (action->type == MCPASS_ACT_REQUEST || action->type == MCPASS_ACT_BROWSE)
		log_action(walk, action);
	switch (action->type) {
	case MCPASS_ACT_LOAD:
		event->type = MCPASS_EV_LOADED;
		event->data = walk->record;
		break;
	case MCPASS_ACT_SAVE:
		event->type = MCPASS_EV_SAVED;
		mp_free_wiped(walk->record);
		walk->record = action->body != NULL ? strdup(action->body) : NULL;
		break;
	case MCPASS_ACT_LOCK:
		event->type = MCPASS_EV_LOCKED;
		break;
	case MCPASS_ACT_REQUEST:
		event->type = MCPASS_EV_RESPONSE;
		event->status = answer_request(walk, action);
		event->data = walk->answer;
		break;
	case MCPASS_ACT_LISTEN:
		event->type = MCPASS_EV_LISTENING;
		event->data = "http://127.0.0.1:4711/callback";
		break;
	case MCPASS_ACT_BROWSE:
		event->type = MCPASS_EV_REDIRECT;
		answer_page(walk);
		event->data = walk->answer;
		break;
	case MCPASS_ACT_WAIT:           /* nobody comes any more */
		event->type = MCPASS_EV_REDIRECT;
		break;
	case MCPASS_ACT_SHOW_CODE:
		event->type = MCPASS_EV_SHOWN;
		break;
	case MCPASS_ACT_PAUSE:
		event->type = MCPASS_EV_PAUSED;
		break;
	case MCPASS_ACT_CONFIRM:
		event->type = MCPASS_EV_CONFIRMED;
		mp_buf_addf(&walk->log, "CONFIRM %s\n", action->url);
		event->status = walk->says_yes;
		break;
	case MCPASS_ACT_DONE:
		break;
	}
	event->data_len = event->data != NULL ? strlen(event->data) : 0;
	return MCPASS_OK;
}

static enum mcpass_rc run(struct walk *walk, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	const struct mcpass_host host = { perform, walk };
	struct mcpass_action action = { 0 };

	return mcpass_client_run(walk->client, event, &host, &action, err);
}

/* A new process with what is stored. */
static enum mcpass_rc start(struct walk *walk, struct mcpass_error *err)
{
	const struct mcpass_event event = { .type = MCPASS_EV_START, .now = walk->now };
	enum mcpass_rc rc = mcpass_client_new(&walk->config, &walk->client, err);

	return rc ? rc : run(walk, &event, err);
}

/* The server refuses with challenge, and the client does what it takes. */
static enum mcpass_rc refuse(struct walk *walk, int status, const char *challenge,
    struct mcpass_error *err)
{
	const struct mcpass_header header = { "WWW-Authenticate", challenge };
	const struct mcpass_event event = { .type = MCPASS_EV_CHALLENGE, .status = status,
		.now = walk->now, .headers = &header, .header_count = challenge != NULL };
	const struct mcpass_event accepted = { .type = MCPASS_EV_ACCEPTED, .now = walk->now };
	enum mcpass_rc rc = MCPASS_OK;

	if (walk->client == NULL) {
		rc = start(walk, err);
		if (!rc)
			rc = run(walk, &accepted, err);
	}
	return rc ? rc : run(walk, &event, err);
}

static void log_in(const char *label, struct walk *walk)
{
	struct mcpass_error err = { 0 };

	if (!CHECK_EQ(label, refuse(walk, 401, "Bearer", &err), MCPASS_OK))
		printf("  %s: %s\n", err.doing != NULL ? err.doing : "?", err.detail);
}

#endif
