/* The issuer's side of a login on another device.  spec: RFC 8628 */
#include "issuer/login/device_code.h"
#include "kit_extensions.h"
#include "oauth/device.h"

#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

struct shown { const char *device_code, *user_code, *complete; };

static struct shown begin(struct kit *kit, const char *more, int want)
{
	char form[1024];

	snprintf(form, sizeof(form), "client_id=%s&%s", kit->client_id, more);
	CHECK_EQ(more, kit_post(kit, "/device_authorization", form), want);
	return (struct shown){ kit_member(kit, "device_code"), kit_member(kit, "user_code"),
		kit_member(kit, "verification_uri_complete") };
}

/* The error of a poll, "" for a token. */
static const char *poll(struct kit *kit, const char *device_code, const char *more)
{
	char form[1024];
	int status;

	snprintf(form, sizeof(form), "%s&client_id=%s&device_code=%s%s", GRANT, kit->client_id,
	    device_code, more);
	status = kit_post(kit, "/token", form);
	CHECK("a refusal is a 400 or 401, a token a 200", status == 200 || status == 400 || status == 401);
	return status == 200 ? "" : kit_member(kit, "error");
}

static int enter(struct kit *kit, const char *code)
{
	char form[128];

	snprintf(form, sizeof(form), "user_code=%s", code);
	return kit_post(kit, "/device", form);
}

static void test_allowed(void)
{
	const char *refresh;
	struct shown shown;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread&resource=https%3A%2F%2Frs.example%2Fmcp", 200);
	CHECK_STR("ten minutes", kit_member(&kit, "expires_in"), "600");
	CHECK_STR("five seconds", kit_member(&kit, "interval"), "5");
	CHECK_STR("the page", kit_member(&kit, "verification_uri"), AS "/device");
	CHECK_STR("not to be kept", kit_header(&kit, "Cache-Control"), "no-store");
	CHECK_EQ("no vowel, no digit", strspn(shown.user_code, "BCDFGHJKLMNPQRSTVWXZ-"), 9);
	CHECK("neither code is in the store by itself", !memstore_contains(kit.memstore, shown.device_code));
	CHECK_STR("nobody yet", poll(&kit, shown.device_code, ""), "authorization_pending");
	CHECK_EQ("the page", kit_get(&kit, "/device", NULL), 200);
	CHECK_HAS("asks for the code", kit_body(&kit), "name=\"user_code\"");
	CHECK_EQ("with the code in the link", kit_get(&kit, "/device", strchr(shown.complete, '?') + 1), 200);
	CHECK_HAS("it is filled in, and not sent", kit_body(&kit), shown.user_code);
	CHECK_HAS("no frame", kit_header(&kit, "Content-Security-Policy"), "frame-ancestors 'none'");
	CHECK("no script", strstr(kit_body(&kit), "<script") == NULL);
	CHECK_EQ("entered", enter(&kit, shown.user_code), 200);
	CHECK_EQ("signed in", kit_sign_in(&kit, "alice", "secret"), 200);
	CHECK_HAS("what for", kit_body(&kit), "mcp:read");
	CHECK_HAS("the code is to be compared", kit_body(&kit), shown.user_code);
	CHECK_EQ("allowed", kit_decide(&kit, "allow"), 200);
	CHECK_HAS("go back", kit_body(&kit), "Go back to your device");
	kit.now += 5;
	CHECK_STR("the token", poll(&kit, shown.device_code, ""), "");
	CHECK_STR("its scope", kit_member(&kit, "scope"), "mcp:read");
	refresh = kit_member(&kit, "refresh_token");
	CHECK_STR("for the resource", kit_claim(&kit, kit_member(&kit, "access_token"), "aud"),
	    "https://rs.example/mcp");
	CHECK_EQ("with a refresh token", kit_refresh(&kit, refresh, ""), 200);
	kit.now += 5;
	CHECK_STR("once", poll(&kit, shown.device_code, ""), "invalid_grant");
	CHECK_EQ("and the user code is used up", enter(&kit, shown.user_code), 200);
	CHECK_HAS("it says so", kit_body(&kit), "No device waits with this code");
	kit_close(&kit);
}

static void test_denied(void)
{
	struct shown shown;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	enter(&kit, shown.user_code);
	kit_sign_in(&kit, "alice", "secret");
	CHECK_EQ("denied", kit_decide(&kit, "deny"), 200);
	CHECK_STR("it is told", poll(&kit, shown.device_code, ""), "access_denied");
	/* Allowed before does not count: whoever shows this code may be somebody else. */
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	enter(&kit, shown.user_code);
	kit_decide(&kit, "allow");
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	CHECK_EQ("asked again", enter(&kit, shown.user_code), 200);
	CHECK_HAS("asked again", kit_body(&kit), "value=\"allow\"");
	CHECK_STR("nothing is given", poll(&kit, shown.device_code, ""), "authorization_pending");
	kit_close(&kit);
	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	enter(&kit, shown.user_code);
	kit_sign_in(&kit, "carol", "secret");
	CHECK_STR("who may have nothing gives nothing", poll(&kit, shown.device_code, ""), "access_denied");
	kit_close(&kit);
}

static void test_pace(void)
{
	struct shown shown;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	CHECK_STR("the first", poll(&kit, shown.device_code, ""), "authorization_pending");
	kit.now += 4;
	CHECK_STR("a second early", poll(&kit, shown.device_code, ""), "slow_down");
	kit.now += 9;
	CHECK_STR("ten from now on", poll(&kit, shown.device_code, ""), "slow_down");
	kit.now += 15;
	CHECK_STR("fifteen", poll(&kit, shown.device_code, ""), "authorization_pending");
	kit.now += 571;
	CHECK_STR("the last second", poll(&kit, shown.device_code, ""), "authorization_pending");
	kit.now += 1;
	CHECK_STR("over", poll(&kit, shown.device_code, ""), "expired_token");
	CHECK_EQ("the user code, too", enter(&kit, shown.user_code), 200);
	CHECK_HAS("it says so", kit_body(&kit), "No device waits");
	kit.now += 600;
	CHECK_STR("forgotten", poll(&kit, shown.device_code, ""), "invalid_grant");
	kit_close(&kit);
}

static const struct {
	const char *label, *more;
	int status;
	const char *error;
} request_rows[] = {
	{ "no such scope", "scope=mcp%3Aall", 400, "invalid_scope" },
	{ "two resources", "resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example", 400,
	    "invalid_target" },
	{ "a secret that is none of its", "client_secret=x", 401, "invalid_client" },
	{ "two clients", "client_id=x", 400, "invalid_request" },
};

static void test_refused(void)
{
	struct shown shown;
	struct kit kit;
	char other[64];

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	for (size_t i = 0; i < COUNT(request_rows); i++) {
		(void)begin(&kit, request_rows[i].more, request_rows[i].status);
		CHECK_STR(request_rows[i].label, kit_member(&kit, "error"), request_rows[i].error);
	}
	CHECK_EQ("nothing is kept", memstore_count(kit.memstore, "device"), 0);
	shown = begin(&kit, "resource=https%3A%2F%2Frs.example", 200);
	CHECK_STR("no code", poll(&kit, "", ""), "invalid_request");
	CHECK_STR("an unknown one", poll(&kit, "x", ""), "invalid_grant");
	CHECK_STR("the user code is none", poll(&kit, shown.user_code, ""), "invalid_grant");
	CHECK_STR("another resource", poll(&kit, shown.device_code, "&resource=https%3A%2F%2Fx.example"),
	    "invalid_target");
	snprintf(other, sizeof(other), "%s", kit.client_id);
	kit_register(&kit, DEVICE_CLIENT);
	CHECK_STR("another client", poll(&kit, shown.device_code, ""), "invalid_grant");
	kit_register(&kit, PUBLIC_CLIENT);
	(void)begin(&kit, "scope=mcp%3Aread", 400);
	CHECK_STR("not registered for it", kit_member(&kit, "error"), "unauthorized_client");
	CHECK_STR("nor to poll", poll(&kit, shown.device_code, ""), "unauthorized_client");
	kit_get(&kit, "/.well-known/oauth-authorization-server", NULL);
	CHECK_STR("said where", kit_member(&kit, "device_authorization_endpoint"),
	    AS "/device_authorization");
	CHECK_HAS("and that", kit_member(&kit, "grant_types_supported"), MP_GRANT_DEVICE);
	kit_close(&kit);
}

static const struct {
	const char *label, *typed;
	bool is_code;
} typed_rows[] = {
	{ "as it is shown", "BCDF-GHJK", true },
	{ "in small letters", "bcdf-ghjk", true },
	{ "without the dash", "BCDFGHJK", true },
	{ "with blanks", " BCDF GHJK ", true },
	{ "too short", "BCDF-GHJ", false },
	{ "too long", "BCDF-GHJKL", false },
	{ "with a vowel", "ACDF-GHJK", false },
	{ "with a digit", "1CDF-GHJK", false },
	{ "nothing", "", false },
	{ "a script", "<script>", false },
};

static void test_typed(void)
{
	struct kit kit;

	for (size_t i = 0; i < COUNT(typed_rows); i++) {
		char code[9] = "";

		CHECK_EQ(typed_rows[i].label, mp_device_normalize(typed_rows[i].typed, code),
		    typed_rows[i].is_code);
		if (typed_rows[i].is_code)
			CHECK_STR(typed_rows[i].label, code, "BCDFGHJK");
	}
	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	CHECK_EQ("no code of ours", enter(&kit, "%3Cscript%3Ealert(1)%3C%2Fscript%3E"), 200);
	CHECK("escaped", strstr(kit_body(&kit), "<script") == NULL);
	CHECK_HAS("escaped", kit_body(&kit), "&lt;script&gt;");
	CHECK_EQ("in the link it is left out", kit_get(&kit, "/device", "user_code=%3Cb%3E"), 200);
	CHECK("left out", strstr(kit_body(&kit), "&lt;b&gt;") == NULL);
	CHECK_EQ("two of them", kit_get(&kit, "/device", "user_code=a&user_code=b"), 400);
	CHECK_EQ("none", kit_post(&kit, "/device", "x=y"), 403);
	kit.origin = "https://evil.example";
	CHECK_EQ("from another site", enter(&kit, "BCDF-GHJK"), 403);
	kit.origin = "null";
	CHECK_EQ("from nowhere", enter(&kit, "BCDF-GHJK"), 403);
	kit_close(&kit);
}

static void test_guesses(void)
{
	struct shown shown;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	for (int i = 0; i < MP_MAX_CODE_GUESSES; i++)
		CHECK_EQ("a guess", enter(&kit, "BCDF-GHJK"), 200);
	CHECK_EQ("too many", enter(&kit, "BCDF-GHJK"), 429);
	CHECK_STR("and when to come again", kit_header(&kit, "Retry-After"), "2");
	CHECK_EQ("the right one, too", enter(&kit, shown.user_code), 429);
	kit.peer = "203.0.113.7";
	CHECK_EQ("others are not held up", enter(&kit, shown.user_code), 200);
	kit.peer = NULL;
	kit.now += 60;
	CHECK_EQ("a minute later", enter(&kit, shown.user_code), 200);
	CHECK_HAS("it goes on", kit_body(&kit), "name=\"password\"");
	kit_close(&kit);
}

/* The code is of one window: decided there, it is nothing in another. */
static void test_two_windows(void)
{
	char ticket[128], form[256];
	struct shown shown;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, DEVICE_CLIENT);
	shown = begin(&kit, "scope=mcp%3Aread", 200);
	enter(&kit, shown.user_code);
	kit_sign_in(&kit, "alice", "secret");
	snprintf(ticket, sizeof(ticket), "%s", kit_ticket(&kit));
	enter(&kit, shown.user_code);
	CHECK_EQ("denied in one", kit_decide(&kit, "deny"), 200);
	snprintf(form, sizeof(form), "ticket=%s&decision=allow", ticket);
	CHECK_EQ("allowed in the other", kit_post(&kit, "/authorize/consent", form), 403);
	CHECK_STR("the first counts", poll(&kit, shown.device_code, ""), "access_denied");
	kit_close(&kit);
}

static void test_interval(void)
{
	struct mp_issuer_config config = kit_extended();
	struct kit kit;

	config.device_interval = 1;
	kit_open_extended(&kit, config);
	kit_register(&kit, DEVICE_CLIENT);
	(void)begin(&kit, "scope=mcp%3Aread", 200);
	CHECK_STR("as configured", kit_member(&kit, "interval"), "1");
	kit_close(&kit);
}

int main(void)
{
	test_allowed();
	test_denied();
	test_pace();
	test_refused();
	test_typed();
	test_guesses();
	test_two_windows();
	test_interval();
	return check_done();
}
