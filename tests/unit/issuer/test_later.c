/* What takes too long for a turn: it is undone, and comes again. */
#include "kit.h"

static int held;                        /* how often it is answered "later" yet */
static int asked, remembered;

static enum mcpass_rc check_password(void *ctx, const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	asked++;
	remembered += ask->remember;
	*ret_answer = held-- > 0 ? MP_PASSWORD_LATER
	    : strcmp(ask->password, "secret") == 0 ? MP_PASSWORD_RIGHT : MP_PASSWORD_WRONG;
	return MCPASS_OK;
}

static enum mcpass_rc fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	(void)ctx;
	(void)err;
	asked++;
	ret_answer->status = held-- > 0 ? MP_HTTP_LATER : 200;
	if (ret_answer->status == 200)
		mp_buf_addf(body, "{\"client_id\":\"%s\",\"client_name\":\"There\",\"redirect_uris\":[\""
		    CALLBACK "\"],\"token_endpoint_auth_method\":\"none\"}", url);
	return MCPASS_OK;
}

static void open_kit(struct kit *kit, struct mp_issuer_client *client)
{
	struct mp_issuer_config config = kit_config(AS);

	*kit = (struct kit){ .now = START, .origin = AS };
	memstore_open(&kit->memstore, &config.store);
	memstore_undoes(&config.store);
	config.check_password = check_password;
	config.fetch = fetch;
	config.clients = client;
	config.client_count = client != NULL ? 1 : 0;
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
	asked = remembered = held = 0;
}

/* As many times as a login may be tried, each time interrupted: no attempt is lost. */
static void test_login(void)
{
	char form[512];
	struct kit kit;

	open_kit(&kit, NULL);
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=secret", kit_ticket(&kit));
	for (int i = 0; i <= MP_MAX_LOGIN_ATTEMPTS; i++) {
		held = 1;
		CHECK_EQ("later", kit_post(&kit, "/authorize/login", form), MP_HTTP_LATER);
		CHECK_EQ("which is no failure", kit.rc, MCPASS_OK);
		CHECK("nothing half done", kit.answer.body.len == 0 && kit.answer.headers.count == 0);
	}
	CHECK_EQ("then in", kit_post(&kit, "/authorize/login", form), 200);
	CHECK_HAS("the consent page", kit_body(&kit), "name=\"decision\"");
	CHECK_EQ("a person's password is not remembered", remembered, 0);
	kit_close(&kit);
}

/* An attempt that was answered counts, as before. */
static void test_wrong(void)
{
	char form[512];
	struct kit kit;

	open_kit(&kit, NULL);
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	snprintf(form, sizeof(form), "ticket=%s&username=alice&password=wrong", kit_ticket(&kit));
	for (int i = 0; i < MP_MAX_LOGIN_ATTEMPTS; i++) {
		held = 1;
		CHECK_EQ("later", kit_post(&kit, "/authorize/login", form), MP_HTTP_LATER);
		CHECK_EQ("wrong", kit_post(&kit, "/authorize/login", form), 200);
		kit.now += i < 5 ? 0 : 64;      /* longer than the sixth to tenth mistake cost */
	}
	CHECK_EQ("one too many", kit_post(&kit, "/authorize/login", form), 403);
	kit_close(&kit);
}

static void test_client_secret(void)
{
	static const uint8_t salt[16] = { 2 };
	struct mp_issuer_client client = { .client_id = "job", .grants = "client_credentials" };
	const char *form = "grant_type=client_credentials&client_id=job&client_secret=secret";
	char *line = NULL;
	struct kit kit;

	mp_password_hash("another", salt, 10, &line, NULL);
	client.client_secret_hash = line;
	open_kit(&kit, &client);
	held = 1;
	CHECK_EQ("later", kit_post(&kit, "/token", form), MP_HTTP_LATER);
	CHECK_EQ("a token", kit_post(&kit, "/token", form), 200);
	CHECK_EQ("asked twice", asked, 2);
	CHECK_EQ("may be remembered", remembered, 2);
	CHECK_EQ("wrong", kit_post(&kit, "/token",
	    "grant_type=client_credentials&client_id=job&client_secret=another"), 401);
	kit_close(&kit);
	free(line);
}

static void test_document(void)
{
	struct kit kit;

	open_kit(&kit, NULL);
	strcpy(kit.client_id, "https://app.example/client.json");
	held = 2;
	for (int i = 0; i < 2; i++)
		CHECK_EQ("later", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL)),
		    MP_HTTP_LATER);
	CHECK_EQ("nothing is kept of a turn that is undone", (int)memstore_count(kit.memstore, NULL), 0);
	CHECK_EQ("then the page", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL)), 200);
	CHECK_EQ("fetched", asked, 3);
	CHECK_EQ("it is kept", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL)), 200);
	CHECK_EQ("and not fetched again", asked, 3);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_login();
	test_wrong();
	test_client_secret();
	test_document();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
