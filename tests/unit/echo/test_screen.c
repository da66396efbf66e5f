/* What is refused before anybody looks at a token. */
#include "base/secret.h"
#include "echo/echo.h"
#include "harness/check.h"
#include "mcpass/guard.h"

#define JSON "application/json"

/* Before the token, and after it. */
static enum mcpass_rc screen(const struct mp_echo_config *config,
    const struct mp_http_request *request, struct mp_http_response *response)
{
	enum mcpass_rc rc = mp_echo_screen(config, request, response, NULL);

	return rc || response->status != 0 ? rc : mp_echo_screen_message(request, response, NULL);
}

/* NULL: no such header.  status 0: go on. */
static const struct {
	const char *label, *method, *host, *origin, *type, *accept;
	int status;
} rows[] = {
	{ "plain", "POST", "mcp.example", NULL, JSON, NULL, 0 },
	{ "both types accepted", "POST", "h", NULL, JSON, JSON ", text/event-stream", 0 },
	{ "with a charset", "POST", "h", NULL, JSON "; charset=utf-8", NULL, 0 },

	{ "GET", "GET", "h", NULL, NULL, NULL, 405 },
	{ "DELETE", "DELETE", "h", NULL, NULL, NULL, 405 },
	{ "OPTIONS", "OPTIONS", "h", NULL, NULL, NULL, 405 },
	{ "post", "post", "h", NULL, JSON, NULL, 405 },

	{ "a loopback origin", "POST", "h", "http://localhost:6274", JSON, NULL, 0 },
	{ "another one", "POST", "h", "https://127.0.0.1", JSON, NULL, 0 },
	{ "IPv6", "POST", "h", "http://[::1]:80", JSON, NULL, 0 },
	{ "a configured origin", "POST", "h", "https://app.example", JSON, NULL, 0 },
	{ "a foreign origin", "POST", "h", "https://evil.example", JSON, NULL, 403 },
	{ "null", "POST", "h", "null", JSON, NULL, 403 },
	{ "empty", "POST", "h", "", JSON, NULL, 403 },
	{ "a name that begins so", "POST", "h", "http://localhost.evil.example", JSON, NULL,
	    403 },
	{ "an address that begins so", "POST", "h", "http://127.0.0.1.evil.example", JSON, NULL,
	    403 },
	{ "a path is no origin", "POST", "h", "http://localhost/", JSON, NULL, 403 },
	{ "a user is no origin", "POST", "h", "http://localhost@evil.example", JSON, NULL,
	    403 },
	{ "more than the configured one", "POST", "h", "https://app.example.evil.example", JSON,
	    NULL, 403 },
	{ "a foreign origin and GET", "GET", "h", "https://evil.example", JSON, NULL, 403 },

	{ "no type", "POST", "h", NULL, NULL, NULL, 415 },
	{ "a form", "POST", "h", NULL, "application/x-www-form-urlencoded", NULL, 415 },
	{ "text", "POST", "h", NULL, "text/plain", NULL, 415 },
	{ "almost", "POST", "h", NULL, "application/jsonx", NULL, 415 },

	{ "anything", "POST", "h", NULL, JSON, "*/*", 0 },
	{ "a weight", "POST", "h", NULL, JSON, "text/html, application/*;q=0.8", 0 },
	{ "only a stream", "POST", "h", NULL, JSON, "text/event-stream", 406 },
	{ "an empty Accept", "POST", "h", NULL, JSON, "", 406 },
};

static const char *const origins[] = { "https://app.example" };

static size_t add(struct mcpass_header *headers, size_t count, const char *name,
    const char *value)
{
	headers[count] = (struct mcpass_header){ name, value };
	return value != NULL ? count + 1 : count;
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mp_echo_config config = { .origins = origins, .origin_count = 1 };
		struct mcpass_header headers[4];
		struct mp_http_request request = { .method = rows[i].method, .path = "/mcp",
			.headers = headers };
		struct mp_http_response response = { 0 };
		size_t count = add(headers, 0, "host", rows[i].host);

		count = add(headers, count, "origin", rows[i].origin);
		count = add(headers, count, "content-type", rows[i].type);
		request.header_count = add(headers, count, "accept", rows[i].accept);
		CHECK_EQ(label, screen(&config, &request, &response), MCPASS_OK);
		CHECK_EQ(label, response.status, rows[i].status);
		if (rows[i].status != 0)
			CHECK_HAS(label, mp_buf_text(&response.body), "{\"jsonrpc\":\"2.0\",\"error\":");
		CHECK_STR(label, mp_header_get(response.headers.items, response.headers.count, "Allow"),
		    rows[i].status == 405 ? "POST" : NULL);
		mp_http_response_free(&response);
	}
}

/* A header that stands there twice is read by nobody. */
static void test_twice(void)
{
	static const struct { const char *label; struct mcpass_header twice[2]; int status; } two[] = {
		{ "Origin", { { "Origin", "http://localhost" }, { "origin", "https://evil.example" } },
		    403 },
		{ "Content-Type", { { "Content-Type", JSON }, { "Content-Type", "text/plain" } }, 415 },
		{ "Accept may", { { "Accept", "text/html" }, { "Accept", JSON } }, 0 },
	};

	for (size_t i = 0; i < COUNT(two); i++) {
		struct mp_echo_config config = { 0 };
		struct mcpass_header headers[3] = { two[i].twice[0], two[i].twice[1],
			{ "Content-Type", JSON } };
		struct mp_http_request request = { .method = "POST", .path = "/mcp",
			.headers = headers, .header_count = i == 1 ? 2 : 3 };
		struct mp_http_response response = { 0 };

		CHECK_EQ(two[i].label, screen(&config, &request, &response), MCPASS_OK);
		CHECK_EQ(two[i].label, response.status, two[i].status);
		mp_http_response_free(&response);
	}
}

static void test_memory(void)
{
	struct mcpass_header headers[] = { { "Host", "localhost" } };
	struct mp_http_request request = { .method = "GET", .path = "/mcp", .headers = headers,
		.header_count = 1 };
	struct mp_echo_config config = { 0 };

	OOM_EACH {
		struct mp_http_response response = { 0 };
		enum mcpass_rc rc;

		rc = screen(&config, &request, &response);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		CHECK_EQ("status", response.status, rc ? 0 : 405);
		mp_http_response_free(&response);
	}
}

static void test_rules(void)
{
	size_t rule_count, scope_count;
	const struct mcpass_scope_rule *rules = mp_echo_rules(&rule_count);
	const char *const *scopes = mp_echo_scopes(&scope_count);

	CHECK_EQ("rules", rule_count, 3);
	CHECK_STR("the last one is for all", rules[2].method, "*");
	CHECK_STR("the base scope", rules[2].scope, scopes[0]);
	CHECK_EQ("scopes", scope_count, 3);
}

int main(void)
{
	test_rows();
	test_twice();
	test_memory();
	test_rules();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
