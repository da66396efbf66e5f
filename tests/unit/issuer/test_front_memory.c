/* Each request of a sign-in at an identity provider, once per allocation, failing the nth. */
#include "front_kit.h"

enum step {
	PAGE, ALLOW, AGAIN, GONE, BACK, REFUSED, EXCHANGE, ASKS, RENEWED, ENDED, ARRIVED, STEPS
};
static const struct { const char *name; int want; } steps[STEPS] = {
	{ "the page", 200 }, { "allow", 200 }, { "the second click", 200 }, { "the code is sent",
	MP_HTTP_LATER }, { "its answer", 303 }, { "an error", 303 }, { "exchange", 200 },
	{ "a renewal is sent", MP_HTTP_LATER }, { "its answer", 200 }, { "invalid_grant", 400 },
	{ "an answer arrives", 0 },
};

static char path[64], query[2048], body[1024];

static void prepare_renewal(struct front *front, enum step step)
{
	const char *token;

	kit_exchange(&front->kit, front_code(front, "mcp:read"), "");
	token = kit_member(&front->kit, "refresh_token");
	snprintf(body, sizeof(body), "grant_type=refresh_token&client_id=%s&refresh_token=%s",
	    front->kit.client_id, token != NULL ? token : "");
	front->kit.now += MP_UPSTREAM_RECHECK + 1;
	strcpy(path, "/token");
	if (step == ASKS)
		return;
	kit_post(&front->kit, "/token", body);
	if (step == ENDED) {
		front->status = 400;
		front->answer = "{\"error\":\"invalid_grant\"}";
	}
	front_deliver(front);
}

/* Goes as far as the request that is to be tried, which is in path, query and body. */
static void prepare(struct front *front, enum step step)
{
	query[0] = body[0] = '\0';
	strcpy(path, "/authorize");
	snprintf(query, sizeof(query), "%s", kit_query(&front->kit, "mcp:read", NULL));
	if (step == PAGE)
		return;
	if (step == ASKS || step == RENEWED || step == ENDED) {
		query[0] = '\0';
		prepare_renewal(front, step);
		return;
	}
	if (step == EXCHANGE) {
		snprintf(body, sizeof(body), "grant_type=authorization_code&client_id=%s&code=%s"
		    "&code_verifier=" VERIFIER, front->kit.client_id, front_code(front, "mcp:read"));
		strcpy(path, "/token");
		query[0] = '\0';
		return;
	}
	kit_get(&front->kit, "/authorize", query);
	query[0] = '\0';
	strcpy(path, "/authorize/consent");
	snprintf(body, sizeof(body), "ticket=%s&decision=allow+corp", kit_ticket(&front->kit));
	if (step == ALLOW)
		return;
	front_decide(front, "allow+corp");
	if (step == AGAIN)
		return;
	body[0] = '\0';
	strcpy(path, "/authorize/callback/corp");
	snprintf(query, sizeof(query), "state=%s&%s", front->state,
	    step == REFUSED ? "error=access_denied" : "code=upstream-code");
	if (step == GONE || step == REFUSED)
		return;
	kit_get(&front->kit, path, query);
	if (step == BACK)
		front_deliver(front);
}

static enum mcpass_rc arrive(struct front *front)
{
	struct mp_buf answer = { .data = (char *)"{}", .len = 2 };

	return mp_issuer_arrived(front->kit.issuer, front->key, 200, &answer, front->kit.now, NULL);
}

static void run(enum step step)
{
	struct mp_http_response response = { 0 };
	struct mcpass_error err = { 0 };
	struct mcpass_header headers[2];
	struct mp_http_request ask;
	struct front front;
	char cookies[512];
	enum mcpass_rc rc;

	front_open(&front, ",\"token_claims\":{\"groups\":\"groups\"},\"rules\":[{\"claim\":\"groups\","
	    "\"value\":\"g\",\"scopes\":[\"mcp:read\"],\"roles\":[\"r\"]}]");
	front.claims = "{\"groups\":[\"g\"],\"name\":\"Ann\"}";
	prepare(&front, step);
	snprintf(cookies, sizeof(cookies), "%s; %s", front.kit.browser, front.kit.session);
	headers[0] = (struct mcpass_header){ "Cookie", cookies };
	headers[1] = (struct mcpass_header){ "Content-Type", FORM };
	ask = (struct mp_http_request){ .method = body[0] != '\0' ? "POST" : "GET", .path = path,
		.query = query[0] != '\0' ? query : NULL, .headers = headers, .header_count = 2,
		.body = body, .body_len = strlen(body), .now = front.kit.now };
	oom_from_here();
	rc = step == ARRIVED ? arrive(&front)
	    : mp_issuer_handle(front.kit.issuer, &ask, &response, &err);
	CHECK_OOM(steps[step].name, rc, MCPASS_OK);
	if (!rc)
		CHECK_EQ(steps[step].name, response.status, steps[step].want);
	mp_http_response_free(&response);
	front_close(&front);
}

int main(void)
{
	kit_key();
	kit_users();
	upstream_jwks();
	for (enum step step = PAGE; step < STEPS; step++)
		OOM_EACH_LATER
			run(step);
	mp_key_free(upstream_key());
	return check_done();
}
