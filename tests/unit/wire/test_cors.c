/* Which pages of other origins may send a request and read the answer. */
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/cors.h"

#define APP "https://app.example"
#define DEV "http://localhost:6274"
static const char *const listed[] = { APP, DEV };
static const struct mp_cors pages = { listed, 2 }, nobody = { NULL, 0 };

static const struct {
	const char *origin;
	enum mcpass_rc want;
} origin_rows[] = {
	{ APP, MCPASS_OK },
	{ DEV, MCPASS_OK },
	{ "http://[::1]:8080", MCPASS_OK },
	{ APP "/", MCPASS_E_USAGE },
	{ APP "/path", MCPASS_E_USAGE },
	{ APP "?x", MCPASS_E_USAGE },
	{ "https://App.example", MCPASS_E_USAGE },
	{ "app.example", MCPASS_E_USAGE },
	{ "*", MCPASS_E_USAGE },
	{ "null", MCPASS_E_USAGE },
	{ "", MCPASS_E_USAGE },
};

static void test_origins(void)
{
	for (size_t i = 0; i < COUNT(origin_rows); i++) {
		const struct mp_cors cors = { &origin_rows[i].origin, 1 };

		CHECK_EQ(origin_rows[i].origin, mp_cors_check(&cors, NULL), origin_rows[i].want);
	}
}

static const struct {
	const char *label;
	const struct mp_cors *cors;
	const char *origin, *second;
	const char *allowed, *vary;
} rows[] = {
	{ "listed", &pages, APP, NULL, APP, "Origin" },
	{ "listed, too", &pages, DEV, NULL, DEV, "Origin" },
	{ "another", &pages, "https://evil.example", NULL, NULL, "Origin" },
	{ "one that begins alike", &pages, APP ".evil.example", NULL, NULL, "Origin" },
	{ "one that ends alike", &pages, "https://x.app.example", NULL, NULL, "Origin" },
	{ "the same host without TLS", &pages, "http://app.example", NULL, NULL, "Origin" },
	{ "another port", &pages, "http://localhost:6275", NULL, NULL, "Origin" },
	{ "a page without an origin", &pages, "null", NULL, NULL, "Origin" },
	{ "no page", &pages, NULL, NULL, NULL, "Origin" },
	{ "two origins", &pages, APP, DEV, NULL, "Origin" },
	{ "nobody is listed", &nobody, APP, NULL, NULL, NULL },
};

static size_t fill(struct mcpass_header *headers, const char *first, const char *second)
{
	size_t count = 0;

	if (first != NULL)
		headers[count++] = (struct mcpass_header){ "Origin", first };
	if (second != NULL)
		headers[count++] = (struct mcpass_header){ "origin", second };
	return count;
}

static const char *get(const struct mp_headers *headers, const char *name)
{
	return mp_header_get(headers->items, headers->count, name);
}

static void test_allow(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_header sent[2];
		const struct mp_http_request request = { .method = "POST", .path = "/", .headers = sent,
			.header_count = fill(sent, rows[i].origin, rows[i].second) };
		struct mp_headers headers = { 0 };

		CHECK_EQ(rows[i].label, mp_cors_allow(rows[i].cors, &request, &headers, NULL), MCPASS_OK);
		CHECK_STR(rows[i].label, get(&headers, "Access-Control-Allow-Origin"), rows[i].allowed);
		CHECK_STR(rows[i].label, get(&headers, "Vary"), rows[i].vary);
		CHECK_STR(rows[i].label, get(&headers, "Access-Control-Expose-Headers"),
		    rows[i].allowed == NULL ? NULL
		    : "WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce, Retry-After");
		/* Cookies are never sent along. */
		CHECK_STR(rows[i].label, get(&headers, "Access-Control-Allow-Credentials"), NULL);
		mp_headers_free(&headers);
	}
}

static void test_preflight(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_header sent[2];
		struct mp_http_request request = { .method = "OPTIONS", .path = "/", .headers = sent,
			.header_count = fill(sent, rows[i].origin, rows[i].second) };
		struct mp_http_response response = { 0 };
		bool done = true;

		CHECK_EQ(rows[i].label, mp_cors_preflight(rows[i].cors, &request, "POST", &response,
		    &done, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, done, rows[i].allowed != NULL);
		CHECK_EQ(rows[i].label, response.status, rows[i].allowed != NULL ? 204 : 0);
		CHECK_STR(rows[i].label, get(&response.headers, "Access-Control-Allow-Origin"),
		    rows[i].allowed);
		CHECK_STR(rows[i].label, get(&response.headers, "Access-Control-Allow-Methods"),
		    rows[i].allowed != NULL ? "POST" : NULL);
		CHECK_STR(rows[i].label, get(&response.headers, "Access-Control-Allow-Headers"),
		    rows[i].allowed != NULL ? "*, Authorization" : NULL);
		mp_http_response_free(&response);
		response = (struct mp_http_response){ 0 };
		request.method = "POST";
		CHECK_EQ(rows[i].label, mp_cors_preflight(rows[i].cors, &request, "POST", &response,
		    &done, NULL), MCPASS_OK);
		CHECK(rows[i].label, !done && response.headers.count == 0);
	}
}

static void test_all(void)
{
	struct mp_http_response response = { 0 };

	CHECK_EQ("a public document", mp_cors_preflight_all(&response, NULL), MCPASS_OK);
	CHECK_EQ("a public document", response.status, 204);
	CHECK_STR("any page", get(&response.headers, "Access-Control-Allow-Origin"), "*");
	CHECK_STR("with any header", get(&response.headers, "Access-Control-Allow-Headers"), "*");
	mp_http_response_free(&response);
}

int main(void)
{
	test_origins();
	test_allow();
	test_preflight();
	test_all();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
