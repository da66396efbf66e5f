/* The pages: nothing that a client or a person wrote is anything but text. */
#include "issuer/login/page.h"
#include "kit.h"
#include "wire/jose/b64url.h"

static const struct {
	const char *label, *text, *want;
} escape_rows[] = {
	{ "plain", "Alice", "Alice" },
	{ "a script", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "out of an attribute", "\" autofocus onfocus=\"x", "&quot; autofocus onfocus=&quot;x" },
	{ "out of a single quote", "' x='", "&#39; x=&#39;" },
	{ "an entity", "&lt;", "&amp;lt;" },
	{ "UTF-8", "\xc3\xa9", "\xc3\xa9" },
	{ "nothing", "", "" },
	{ "text that turns round", "a\xe2\x80\xaetxt", "a\xef\xbf\xbdtxt" },
	{ "bytes that are no UTF-8", "a\xff" "b", "a\xef\xbf\xbd" "b" },
	{ "a control of terminals", "a\xc2\x9b" "b", "a\xef\xbf\xbd" "b" },
};

static void test_escape(void)
{
	for (size_t i = 0; i < COUNT(escape_rows); i++) {
		struct mp_buf html;

		mp_buf_init(&html, 1000);
		mp_pages_escape(&html, escape_rows[i].text);
		CHECK_STR(escape_rows[i].label, mp_buf_text(&html), escape_rows[i].want);
		mp_buf_free(&html);
	}
}

static const struct mcpass_header header_rows[] = {
	{ "Content-Type", "text/html; charset=utf-8" },
	{ "Cache-Control", "no-store" },
	{ "Referrer-Policy", "same-origin" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
};

/* Every page has these, and a policy that allows nothing but its own style. */
static void check_page(struct kit *kit, const char *label, const char *form_action)
{
	const char *policy = kit_header(kit, "Content-Security-Policy"), *style, *end;
	uint8_t digest[MP_SHA256_LEN];
	char source[128];
	struct mp_buf hash;

	for (size_t i = 0; i < COUNT(header_rows); i++)
		CHECK_STR(label, kit_header(kit, header_rows[i].name), header_rows[i].value);
	CHECK_HAS(label, policy, "default-src 'none'; ");
	CHECK_HAS(label, policy, "frame-ancestors 'none'; ");
	CHECK_HAS(label, policy, "base-uri 'none'; ");
	CHECK_STR(label, strstr(policy, "form-action"), form_action);
	style = strstr(kit_body(kit), "<style>") + 7;
	end = strstr(style, "</style>");
	mp_sha256(style, (size_t)(end - style), digest, NULL);
	mp_buf_init(&hash, 128);
	mp_b64_add(&hash, digest, sizeof(digest));
	snprintf(source, sizeof(source), "style-src 'sha256-%s';", mp_buf_text(&hash));
	mp_buf_free(&hash);
	CHECK_HAS(label, policy, source);
	CHECK(label, strstr(kit_body(kit), "<script") == NULL);
	CHECK(label, strstr(kit_body(kit), " style=") == NULL);
	CHECK(label, strstr(kit_body(kit), "onfocus=\"") == NULL);
}

#define EVIL "{\"client_name\":\"<script>alert(1)</script>\\\" onfocus=\\\"x\"," \
	"\"redirect_uris\":[\"" CALLBACK "\"],\"token_endpoint_auth_method\":\"none\"}"

static void test_pages(void)
{
	struct kit kit;
	char form[256];

	kit_open(&kit, AS "/t");
	kit_ask(&kit, &(struct ask){ .method = "POST", .path = "/t/register", .type = JSON,
	    .body = EVIL });
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", kit_member(&kit, "client_id"));
	kit_get(&kit, "/t/authorize", kit_query(&kit, "mcp:tools mcp:prompts", NULL));
	check_page(&kit, "login", "form-action 'self' http://127.0.0.1:4711");
	CHECK_HAS("where it goes", kit_body(&kit), "action=\"/t/authorize/login\"");
	CHECK_HAS("the client's name", kit_body(&kit),
	    "<strong>&lt;script&gt;alert(1)&lt;/script&gt;&quot; onfocus=&quot;x</strong>");
	CHECK_HAS("whose page", kit_body(&kit), "<footer>Authorization server <bdi>" AS "/t</bdi></footer>");
	CHECK_HAS("the name first", kit_body(&kit), "required value=\"\" autofocus>");
	CHECK_HAS("helps a password manager", kit_body(&kit), "autocomplete=\"current-password\"");
	snprintf(form, sizeof(form), "ticket=%s&username=%%22+onfocus%%3D%%22x%%27%%3C&password=x",
	    kit_ticket(&kit));
	kit_post(&kit, "/t/authorize/login", form);
	check_page(&kit, "login again", "form-action 'self' http://127.0.0.1:4711");
	CHECK_HAS("what was typed", kit_body(&kit), "value=\"&quot; onfocus=&quot;x&#39;&lt;\"");
	CHECK_HAS("the password next", kit_body(&kit), "required autofocus>");
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=secret", kit_ticket(&kit));
	kit_post(&kit, "/t/authorize/login", form);
	check_page(&kit, "consent", "form-action 'self' http://127.0.0.1:4711");
	CHECK_HAS("where it goes", kit_body(&kit), "action=\"/t/authorize/consent\"");
	CHECK_HAS("the client's name", kit_body(&kit),
	    "<h1>&lt;script&gt;alert(1)&lt;/script&gt;&quot; onfocus=&quot;x</h1>");
	CHECK_HAS("the server", kit_body(&kit), "<strong>" MCP "</strong>");
	CHECK_HAS("words", kit_body(&kit), "Use its &lt;tools&gt;<code>mcp:tools</code>");
	CHECK_HAS("a scope without words", kit_body(&kit), "<span>mcp:prompts</span>");
	CHECK_HAS("where the answer goes", kit_body(&kit), "<strong>127.0.0.1:4711</strong>");
	CHECK_HAS("a warning", kit_body(&kit), "registered itself");
	CHECK_HAS("who", kit_body(&kit), "<strong>Alice &lt;A&amp;amp;&gt;</strong> (alice)");
	kit_get(&kit, "/t/authorize", "client_id=%3Cscript%3E");
	check_page(&kit, "an error", "form-action 'self'");
	kit_get(&kit, "/t/nothing", NULL);
	check_page(&kit, "not found", "form-action 'self'");
	kit_close(&kit);
}

/* Names as JSON; NULL: they read as nothing. */
static const struct { const char *label, *name, *shown; } name_rows[] = {
	{ "a name", "Test", "Test" },
	{ "empty", "", NULL },
	{ "spaces", "   ", NULL },
	{ "spaces of all kinds", "\\u00a0\\u2003\\u3000", NULL },
	{ "Hangul fillers", "\\u3164\\u3164", NULL },
	{ "the Arabic letter mark", "\\u061c", NULL },
	{ "word joiners", "\\u2060\\u2060", NULL },
	{ "tags", "\\udb40\\udc41\\udb40\\udc42", NULL },
	{ "a blank Braille pattern", "\\u2800", NULL },
	{ "letters and what is not seen", "A\\u3164", "A\xef\xbf\xbd" },
	{ "letters that turn round", "\\u202eABC", "\xef\xbf\xbd" "ABC" },
};

static void test_names(void)
{
	for (size_t i = 0; i < COUNT(name_rows); i++) {
		char body[512], mark[128];
		const char *shown = name_rows[i].shown != NULL ? name_rows[i].shown
		    : "An application without a name";
		struct kit kit;

		kit_open(&kit, AS);
		snprintf(body, sizeof(body), "{\"client_name\":\"%s\",\"redirect_uris\":[\"" CALLBACK
		    "\"],\"token_endpoint_auth_method\":\"none\"}", name_rows[i].name);
		CHECK_EQ(name_rows[i].label, kit_register(&kit, body), 201);
		kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
		snprintf(mark, sizeof(mark), "to go on to <strong>%s</strong>", shown);
		CHECK_HAS(name_rows[i].label, kit_body(&kit), mark);
		kit_sign_in(&kit, "alice", "secret");
		snprintf(mark, sizeof(mark), "<h1>%s</h1>", shown);
		CHECK_HAS(name_rows[i].label, kit_body(&kit), mark);
		kit_close(&kit);
	}
}

/* In the file of clients, too. */
static void test_configured_name(void)
{
	static char callback[] = CALLBACK;
	static char *redirects[] = { callback };
	static const struct mp_issuer_client client = {
		.client_id = "known", .client_name = "\xe3\x85\xa4 ", .grants = "authorization_code",
		.redirect_uris = { redirects, 1 },
	};
	struct mp_issuer_config config = kit_config(AS);
	struct kit kit = { .now = START, .client_id = "known" };

	config.clients = &client;
	config.client_count = 1;
	memstore_open(&kit.memstore, &config.store);
	CHECK_EQ("new", mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_OK);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	kit_sign_in(&kit, "alice", "secret");
	CHECK_HAS("a filler", kit_body(&kit), "<h1>An application without a name</h1>");
	CHECK_HAS("whose word it is", kit_body(&kit), "known to the operator");
	CHECK("not its own", strstr(kit_body(&kit), "registered itself") == NULL);
	kit_close(&kit);
}

/* A client without a name, a user without one, no resource, nothing particular asked. */
static void test_bare(void)
{
	struct mp_issuer_config config = kit_config(AS);
	struct kit kit = { .now = START };
	char form[256];

	memstore_open(&kit.memstore, &config.store);
	config.scope_count = 0;
	CHECK_EQ("new", mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_OK);
	kit_register(&kit, "{\"redirect_uris\":[\"com.example.app:/cb\"],"
	    "\"token_endpoint_auth_method\":\"none\"}");
	snprintf(form, sizeof(form), "response_type=code&client_id=%s&code_challenge=" CHALLENGE
	    "&code_challenge_method=S256&redirect_uri=com.example.app:/cb", kit.client_id);
	kit_get(&kit, "/authorize", form);
	CHECK_HAS("no name", kit_body(&kit), "An application without a name");
	kit_sign_in(&kit, "bob", "secret");
	check_page(&kit, "consent", "form-action 'self' com.example.app:");
	CHECK_HAS("no scope", kit_body(&kit), "no particular permission");
	CHECK_HAS("no resource", kit_body(&kit), "your account");
	CHECK_HAS("an app", kit_body(&kit), "the app <strong>com.example.app</strong>");
	CHECK_HAS("who", kit_body(&kit), "Signed in as <strong>bob</strong></span>");
	CHECK_EQ("allowed", kit_decide(&kit, "allow"), 303);
	CHECK("sent there", strncmp(kit_header(&kit, "Location"), "com.example.app:/cb?code=", 25)
	    == 0);
	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER, kit.client_id, kit_param(&kit, "code"));
	CHECK_EQ("token", kit_post(&kit, "/token", form), 200);
	CHECK_STR("no scope", kit_member(&kit, "scope"), NULL);
	CHECK_STR("aud", kit_claim(&kit, kit_member(&kit, "access_token"), "aud"), AS);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_escape();
	test_pages();
	test_names();
	test_configured_name();
	test_bare();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
