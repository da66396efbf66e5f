/* A login on another device: what is sent, what is believed, and how often is asked.
 * spec: RFC 8628 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/device.h"

#define RS "https://rs.example/mcp"
#define RS_ENCODED "https%3A%2F%2Frs.example%2Fmcp"

static const struct mp_device_rules far = { .server_url = RS };

static void test_forms(void)
{
	const struct mcpass_header extra = { "audience", "api" };
	struct mp_secret code = { 0 };
	struct mp_buf form;

	CHECK_EQ("set", mp_secret_set(&code, "d-c", NULL), MCPASS_OK);
	mp_buf_init(&form, MP_MAX_FORM);
	mp_device_request_form(&form, "a b", RS, &extra, 1);
	CHECK_STR("the request", mp_buf_text(&form), "scope=a+b&resource=" RS_ENCODED "&audience=api");
	mp_buf_clear(&form);
	mp_device_request_form(&form, NULL, NULL, NULL, 0);
	CHECK_STR("bare", mp_buf_text(&form), "");
	mp_device_token_form(&form, &code, RS);
	CHECK_STR("the poll", mp_buf_text(&form), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3A"
	    "grant-type%3Adevice_code&device_code=d-c&resource=" RS_ENCODED);
	mp_buf_free(&form);
	mp_secret_free(&code);
}

#define CODE "\"device_code\":\"d\",\"user_code\":\"WDJB-MJHT\","
#define URI "\"verification_uri\":\"https://as.example/device\","
#define LONG32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *label;
	int status;
	const char *text;
	enum mcpass_rc want;
	const char *oauth;
	int64_t expires_in, interval;
} rows[] = {
	{ "all of it", 200, "{" CODE URI "\"verification_uri_complete\":\"https://as.example/device?c=W\","
	    "\"expires_in\":1800,\"interval\":7}", MCPASS_OK, "", 1800, 7 },
	{ "no interval is five", 200, "{" CODE URI "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "interval 0 is none", 200, "{" CODE URI "\"expires_in\":60,\"interval\":0}", MCPASS_OK, "", 60, 5 },
	{ "a negative interval is none", 200, "{" CODE URI "\"expires_in\":60,\"interval\":-9}", MCPASS_OK,
	    "", 60, 5 },
	{ "numbers as strings, as Entra v1 sends them", 200, "{" CODE URI "\"expires_in\":\"900\","
	    "\"interval\":\"3\"}", MCPASS_OK, "", 900, 3 },
	{ "a year is a day", 200, "{" CODE URI "\"expires_in\":31536000}", MCPASS_OK, "", 86400, 5 },
	{ "verification_url, as Google has it", 200, "{" CODE "\"verification_url\":\"https://g.example\","
	    "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "a form, as GitHub has it", 200, "device_code=d&expires_in=899&interval=5&user_code=WDJB-MJHT"
	    "&verification_uri=https%3A%2F%2Fas.example%2Fdevice", MCPASS_OK, "", 899, 5 },
	{ "a refusal as a form", 200, "error=device_flow_disabled", MCPASS_E_DENIED,
	    "device_flow_disabled", 0, 0 },
	{ "no expires_in", 200, "{" CODE URI "\"interval\":5}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "expires_in 0", 200, "{" CODE URI "\"expires_in\":0}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "no device_code", 200, "{\"user_code\":\"W\"," URI "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "an empty device_code", 200, "{\"device_code\":\"\",\"user_code\":\"W\"," URI "\"expires_in\":60}",
	    MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "no user_code", 200, "{\"device_code\":\"d\"," URI "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "an empty user_code", 200, "{\"device_code\":\"d\",\"user_code\":\"\"," URI "\"expires_in\":60}",
	    MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "a user_code that fills a screen", 200, "{\"device_code\":\"d\",\"user_code\":\"" LONG32 "a\"," URI
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "one that just fits", 200, "{\"device_code\":\"d\",\"user_code\":\"" LONG32 "\"," URI
	    "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "a user_code with an escape", 200, "{\"device_code\":\"d\",\"user_code\":\"\\u001b[2J\"," URI
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "a user_code that is a sentence", 200, "{\"device_code\":\"d\",\"user_code\":\"call 555 1234\"," URI
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "one that is an address", 200, "{\"device_code\":\"d\",\"user_code\":\"evil.example\"," URI
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "letters of both sizes, digits, hyphens", 200, "{\"device_code\":\"d\",\"user_code\":"
	    "\"aZ-09-x\"," URI "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "one that turns the line round", 200, "{\"device_code\":\"d\",\"user_code\":\"a\\u202eb\"," URI
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "no verification_uri", 200, "{" CODE "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "a line end in the link", 200, "{" CODE "\"verification_uri\":\"https://as.example/\\nx\","
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "a link in another script", 200, "{" CODE "\"verification_uri\":\"https://as.ex\\u0430mple/\","
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "an escape in the longer link", 200, "{" CODE URI "\"verification_uri_complete\":\"\\u009b2J\","
	    "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "an empty longer link", 200, "{" CODE URI "\"verification_uri_complete\":\"\","
	    "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "a longer link that is none", 200, "{" CODE URI "\"verification_uri_complete\":7,"
	    "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "an empty link", 200, "{" CODE "\"verification_uri\":\"\",\"expires_in\":60}", MCPASS_E_PROTOCOL,
	    "", 0, 0 },
	{ "a space in the link", 200, "{" CODE "\"verification_uri\":\"https://as.example/ go\","
	    "\"expires_in\":60}", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "created", 201, "{" CODE URI "\"expires_in\":60}", MCPASS_OK, "", 60, 5 },
	{ "two user codes", 200, "{" CODE "\"user_code\":\"X\"," URI "\"expires_in\":60}", MCPASS_E_PROTOCOL,
	    "", 0, 0 },
	{ "a web page", 200, "<html>", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "nothing", 200, NULL, MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "a refusal with a 200", 200, "{\"error\":\"invalid_scope\"}", MCPASS_E_DENIED, "invalid_scope", 0, 0 },
	{ "refused", 400, "{\"error\":\"unauthorized_client\"}", MCPASS_E_DENIED, "unauthorized_client", 0, 0 },
	{ "unknown client", 401, "{\"error\":\"invalid_client\"}", MCPASS_E_DENIED, "invalid_client", 0, 0 },
	{ "Keycloak, switched off", 403, "{\"error\":\"unauthorized_client\"}", MCPASS_E_DENIED,
	    "unauthorized_client", 0, 0 },
	{ "a redirect", 302, "", MCPASS_E_PROTOCOL, "", 0, 0 },
	{ "not there", 404, "", MCPASS_E_DENIED, "", 0, 0 },
	{ "too busy", 429, "{\"error\":\"slow_down\"}", MCPASS_E_IO, "slow_down", 0, 0 },
	{ "down", 503, "", MCPASS_E_IO, "", 0, 0 },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text;
		struct mp_device device = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, mp_device_answer(rows[i].status, text,
		    text != NULL ? strlen(text) : 0, &device, &err), rows[i].want);
		CHECK_EQ(rows[i].label, err.rc, rows[i].want);
		CHECK_STR(rows[i].label, err.oauth, rows[i].oauth);
		CHECK_EQ(rows[i].label, device.expires_in, rows[i].expires_in);
		CHECK_EQ(rows[i].label, device.interval, rows[i].interval);
		CHECK(rows[i].label, (device.user_code != NULL) == (rows[i].want == MCPASS_OK));
		mp_device_free(&device);
	}
}

static void test_oom(void)
{
	OOM_EACH {
		const char *text = rows[6].text;
		struct mp_device device = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_device_answer(200, text, strlen(text), &device, &err);
		if (!rc)
			rc = mp_device_check_uris(&device, &far, &err);
		CHECK_OOM("memory, or a device", rc, MCPASS_OK);
		mp_device_free(&device);
	}
}

static const struct {
	const char *label, *uri, *complete, *server;
	bool loopback;
	enum mcpass_rc want;
} uri_rows[] = {
	{ "https", "https://as.example/device", NULL, RS, false, MCPASS_OK },
	{ "both", "https://as.example/d", "https://as.example/d?c=1", RS, false, MCPASS_OK },
	{ "a page may have a fragment", "https://as.example/#/device", NULL, RS, false, MCPASS_OK },
	{ "loopback, for development", "http://127.0.0.1:1/d", NULL, "http://127.0.0.1:2/mcp", true,
	    MCPASS_OK },
	{ "loopback, not allowed", "http://127.0.0.1:1/d", NULL, "http://127.0.0.1:2/mcp", false,
	    MCPASS_E_POLICY },
	{ "loopback, of a far server", "http://127.0.0.1:1/d", NULL, RS, true, MCPASS_E_POLICY },
	{ "plain http", "http://as.example/d", NULL, RS, true, MCPASS_E_POLICY },
	{ "plain http to a host that is allowed", "http://as.internal:8080/realms/r/device#x", NULL, RS, false,
	    MCPASS_OK },
	{ "and to no other", "http://as.internal.evil.example/d", NULL, RS, false, MCPASS_E_POLICY },
	{ "a private address", "https://169.254.169.254/d", NULL, RS, true, MCPASS_E_POLICY },
	{ "a script", "javascript:alert(1)", NULL, RS, false, MCPASS_E_PROTOCOL },
	{ "data", "data:text/html,x", NULL, RS, false, MCPASS_E_PROTOCOL },
	{ "a file", "file:///etc/passwd", NULL, RS, false, MCPASS_E_PROTOCOL },
	{ "a command", "$(touch pwned)", NULL, RS, false, MCPASS_E_PROTOCOL },
	{ "an option", "--help", NULL, RS, false, MCPASS_E_PROTOCOL },
	{ "words", "go to as.example", NULL, RS, false, MCPASS_E_PROTOCOL },
};

/* The longer link saves typing; where it is not as it should be, there is none. */
static const struct {
	const char *label, *complete;
	bool shown;
} complete_rows[] = {
	{ "the same place", "https://as.example/d?c=1", true },
	{ "another page there", "https://as.example/other?c=1", true },
	{ "the default port", "https://as.example:443/d?c=1", true },
	{ "a script", "javascript:alert(1)", false },
	{ "plain http", "http://as.example/d?c=1", false },
	{ "another host", "https://evil.example/d?c=1", false },
	{ "another port", "https://as.example:8443/d?c=1", false },
};

static void test_complete(void)
{
	for (size_t i = 0; i < COUNT(complete_rows); i++) {
		struct mp_device device = { .verification_uri = (char *)"https://as.example/d",
			.verification_uri_complete = strdup(complete_rows[i].complete) };

		CHECK_EQ(complete_rows[i].label, mp_device_check_uris(&device, &far, NULL), MCPASS_OK);
		CHECK(complete_rows[i].label,
		    (device.verification_uri_complete != NULL) == complete_rows[i].shown);
		free(device.verification_uri_complete);
	}
	CHECK("the issuer's own page", !mp_device_is_elsewhere("https://as.example/d", "https://AS.example/r"));
	CHECK("another's", mp_device_is_elsewhere("https://microsoft.com/d", "https://as.example"));
	CHECK("one below it", mp_device_is_elsewhere("https://x.as.example/d", "https://as.example"));
	CHECK("one that begins like it", mp_device_is_elsewhere("https://as.example.evil/d", "https://as.example"));
}

static void test_uris(void)
{
	char *hosts[] = { (char *)"as.internal" };

	for (size_t i = 0; i < COUNT(uri_rows); i++) {
		struct mp_device device = { .verification_uri = (char *)uri_rows[i].uri,
			.verification_uri_complete = uri_rows[i].complete != NULL
			    ? strdup(uri_rows[i].complete) : NULL };
		struct mcpass_error err = { 0 };
		struct mp_device_rules rules = { .server_url = uri_rows[i].server,
			.loopback_http = uri_rows[i].loopback, .http_hosts = { hosts, 1 } };

		CHECK_EQ(uri_rows[i].label, mp_device_check_uris(&device, &rules, &err), uri_rows[i].want);
		free(device.verification_uri_complete);
	}
}

static const struct {
	const char *label;
	int status;
	enum mcpass_rc rc;
	const char *oauth;
	struct mp_device_pace before, after;
	enum mcpass_rc want;
} pace_rows[] = {
	{ "pending", 400, MCPASS_E_DENIED, "authorization_pending", { 5, 0 }, { 5, 0 }, MCPASS_OK },
	{ "pending resets failures", 400, MCPASS_E_DENIED, "authorization_pending", { 20, 2 }, { 20, 0 },
	    MCPASS_OK },
	{ "pending with a 428", 428, MCPASS_E_DENIED, "authorization_pending", { 5, 0 }, { 5, 0 }, MCPASS_OK },
	{ "pending with a 503", 503, MCPASS_E_IO, "authorization_pending", { 5, 1 }, { 5, 0 }, MCPASS_OK },
	{ "pending without a class", 412, MCPASS_E_PROTOCOL, "authorization_pending", { 5, 0 }, { 5, 0 },
	    MCPASS_OK },
	{ "a 202 without words", 202, MCPASS_E_PROTOCOL, "", { 5, 0 }, { 5, 0 }, MCPASS_OK },
	{ "a 202 that says no", 202, MCPASS_E_DENIED, "access_denied", { 5, 0 }, { 5, 0 }, MCPASS_E_DENIED },
	{ "no memory is not pending", 202, MCPASS_E_NOMEM, "", { 5, 0 }, { 5, 0 }, MCPASS_E_NOMEM },
	{ "slow_down", 400, MCPASS_E_DENIED, "slow_down", { 5, 0 }, { 10, 0 }, MCPASS_OK },
	{ "slow_down with a 429", 429, MCPASS_E_IO, "slow_down", { 5, 1 }, { 10, 0 }, MCPASS_OK },
	{ "no answer", 0, MCPASS_E_IO, "", { 5, 0 }, { 10, 0 }, MCPASS_OK },
	{ "a 503", 503, MCPASS_E_IO, "", { 5, 0 }, { 10, 1 }, MCPASS_OK },
	{ "the last that is borne", 503, MCPASS_E_IO, "", { 5, 3 }, { 10, 4 }, MCPASS_OK },
	{ "one too many", 503, MCPASS_E_IO, "", { 5, 4 }, { 5, 0 }, MCPASS_E_IO },
	{ "no memory is no silence", 0, MCPASS_E_NOMEM, "", { 5, 0 }, { 5, 0 }, MCPASS_E_NOMEM },
	{ "denied", 400, MCPASS_E_DENIED, "access_denied", { 5, 0 }, { 5, 0 }, MCPASS_E_DENIED },
	{ "expired", 400, MCPASS_E_DENIED, "expired_token", { 5, 0 }, { 5, 0 }, MCPASS_E_EXPIRED },
	{ "anything else", 400, MCPASS_E_DENIED, "invalid_grant", { 5, 0 }, { 5, 0 }, MCPASS_E_DENIED },
	{ "no JSON", 200, MCPASS_E_PROTOCOL, "", { 5, 0 }, { 5, 0 }, MCPASS_E_PROTOCOL },
};

static void test_pace(void)
{
	for (size_t i = 0; i < COUNT(pace_rows); i++) {
		struct mcpass_error why = { .rc = pace_rows[i].rc }, err = { 0 };
		struct mp_device_pace pace = pace_rows[i].before;

		strcpy(why.oauth, pace_rows[i].oauth);
		CHECK_EQ(pace_rows[i].label, mp_device_judge(pace_rows[i].status, &why, &pace, &err),
		    pace_rows[i].want);
		CHECK_EQ(pace_rows[i].label, err.rc, pace_rows[i].want);
		CHECK_EQ(pace_rows[i].label, pace.interval, pace_rows[i].after.interval);
		CHECK_EQ(pace_rows[i].label, pace.failures, pace_rows[i].after.failures);
	}
}

int main(void)
{
	test_forms();
	test_answer();
	test_oom();
	test_uris();
	test_complete();
	test_pace();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
