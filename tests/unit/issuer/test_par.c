/* Pushed authorization requests.  spec: RFC 9126 */
#include "kit_extensions.h"

static const char *push(struct kit *kit, const char *more, int want)
{
	CHECK_EQ(more != NULL ? more : "pushed", kit_post(kit, "/par", kit_query(kit, "mcp:read", more)),
	    want);
	return kit_member(kit, "request_uri");
}

static int open_uri(struct kit *kit, const char *client_id, const char *uri)
{
	struct mp_buf query;
	int status;

	mp_buf_init(&query, 4000);
	mp_form_add(&query, "client_id", client_id);
	mp_form_add(&query, "request_uri", uri);
	mp_form_add(&query, "scope", "mcp:tools");      /* beside it: does not count */
	status = kit_get(kit, "/authorize", mp_buf_text(&query));
	mp_buf_free(&query);
	return status;
}

static void test_pushed(void)
{
	const char *uri;
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, PUBLIC_CLIENT);
	uri = push(&kit, NULL, 201);
	CHECK_EQ("60 s", strcmp(kit_member(&kit, "expires_in"), "60"), 0);
	CHECK_STR("not to be kept", kit_header(&kit, "Cache-Control"), "no-store");
	CHECK("its name is not in the store", !memstore_contains(kit.memstore, strrchr(uri, ':') + 1));
	CHECK_EQ("opened", open_uri(&kit, kit.client_id, uri), 200);
	kit_sign_in(&kit, "alice", "secret");
	CHECK_HAS("what was pushed", kit_body(&kit), "mcp:read");
	CHECK("not what stood beside it", strstr(kit_body(&kit), "mcp:tools") == NULL);
	kit_decide(&kit, "allow");
	CHECK_STR("to its end", kit_param(&kit, "state"), STATE);
	CHECK_EQ("once", open_uri(&kit, kit.client_id, uri), 400);
	uri = push(&kit, NULL, 201);
	kit.now += MP_PUSHED_LIFETIME;
	CHECK_EQ("too late", open_uri(&kit, kit.client_id, uri), 400);
	CHECK_EQ("by another client", open_uri(&kit, "machine", push(&kit, NULL, 201)), 400);
	CHECK_EQ("of no client", open_uri(&kit, NULL, push(&kit, NULL, 201)), 400);
	CHECK_EQ("a URL", open_uri(&kit, kit.client_id, "https://evil.example/request"), 400);
	CHECK_EQ("none was fetched", web.fetches, 0);
	CHECK_EQ("nobody pushed this", open_uri(&kit, kit.client_id,
	    "urn:ietf:params:oauth:request_uri:x"), 400);
	kit_close(&kit);
}

static const struct {
	const char *label, *more;
	int status;
	const char *error;
} rows[] = {
	{ "a reference in it", "request_uri=x", 400, "invalid_request" },
	{ "two states", "state=2", 400, "invalid_request" },
	{ "two clients", "client_id=machine", 400, "invalid_request" },
	{ "a secret that is none of its", "client_secret=x", 401, "invalid_client" },
	{ "two resources", "resource=https%3A%2F%2Fx.example", 400, "invalid_target" },
};

static void test_refused(void)
{
	struct kit kit;
	char form[512];

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, PUBLIC_CLIENT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		push(&kit, rows[i].more, rows[i].status);
		CHECK_STR(rows[i].label, kit_member(&kit, "error"), rows[i].error);
	}
	snprintf(form, sizeof(form), "client_id=%s&response_type=code&redirect_uri=https%%3A%%2F%%2Fe.vil",
	    kit.client_id);
	CHECK_EQ("another address", kit_post(&kit, "/par", form), 400);
	CHECK_STR("another address", kit_member(&kit, "error"), "invalid_request");
	CHECK_EQ("nothing is kept", memstore_count(kit.memstore, "pushed"), 0);
	kit_close(&kit);
}

static void test_secrets(void)
{
	struct kit kit;

	kit_open_extended(&kit, kit_extended());
	kit_register(&kit, "{\"redirect_uris\":[\"" CALLBACK "\"],"
	    "\"token_endpoint_auth_method\":\"client_secret_post\"}");
	push(&kit, NULL, 401);
	snprintf(kit.token, sizeof(kit.token), "%.40s", kit.secret);
	push(&kit, kit_text("client_secret=", 14), 401);
	{
		char more[128];

		snprintf(more, sizeof(more), "client_secret=%s", kit.secret);
		push(&kit, more, 201);
	}
	CHECK("the secret is not kept", !memstore_contains(kit.memstore, kit.secret));
	kit_close(&kit);
}

static void test_required(void)
{
	struct mp_issuer_config config = kit_extended();
	struct kit kit;

	config.require_pushed = true;
	kit_open_extended(&kit, config);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("not pushed", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL)), 400);
	CHECK_HAS("the client can be told", kit_body(&kit), "href=\"" CALLBACK "?error=invalid_request");
	CHECK_HAS("with its state", kit_body(&kit), "&amp;state=" STATE);
	CHECK_EQ("pushed", open_uri(&kit, kit.client_id, push(&kit, NULL, 201)), 200);
	kit_get(&kit, "/.well-known/oauth-authorization-server", NULL);
	CHECK_HAS("said so", kit_body(&kit), "\"require_pushed_authorization_requests\":true");
	CHECK_STR("where", kit_member(&kit, "pushed_authorization_request_endpoint"), AS "/par");
	kit_close(&kit);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	before = mp_test_live_blocks();
	test_pushed();
	test_refused();
	test_secrets();
	test_required();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
