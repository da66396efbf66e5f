/* The stored credential: written and read back whole, and refused when it is not ours. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/record.h"
#include "harness/check.h"

#define WHOLE \
	"{\"version\":1,\"server_url\":\"https://mcp.example/mcp\"," \
	"\"resource\":\"https://mcp.example/mcp\",\"access_token\":\"at\"," \
	"\"refresh_token\":\"rt\",\"token_type\":\"Bearer\",\"scope\":\"a b\"," \
	"\"requested_scope\":\"a b c\",\"expires_at\":2000,\"obtained_at\":1000," \
	"\"authorization_server\":{\"issuer\":\"https://as.example\"," \
	"\"token_endpoint\":\"https://as.example/token\"}," \
	"\"client\":{\"client_id\":\"c1\",\"auth_method\":\"none\"," \
	"\"redirect_uri\":\"http://127.0.0.1:1/callback\",\"scope\":\"a b c\"," \
	"\"configuration_url\":\"https://as.example/register/c1\"," \
	"\"configuration_token\":\"rat\"}}"

static void test_round_trip(void)
{
	struct mp_record record = { 0 }, again = { 0 };
	char *text = NULL, *text2 = NULL;

	CHECK_EQ("read", mp_record_parse(WHOLE, &record, NULL), MCPASS_OK);
	CHECK_EQ("written", mp_record_write(&record, &text, NULL), MCPASS_OK);
	CHECK_EQ("read again", mp_record_parse(text, &again, NULL), MCPASS_OK);
	CHECK_EQ("written again", mp_record_write(&again, &text2, NULL), MCPASS_OK);
	CHECK_STR("the same", text2, text);
	CHECK_STR("refresh token", mp_secret_reveal(&again.refresh_token), "rt");
	CHECK_STR("issuer", again.as.issuer, "https://as.example");
	CHECK_STR("client", again.client.client_id, "c1");
	CHECK_STR("registration access token", mp_secret_reveal(&again.client.configuration_token), "rat");
	CHECK_EQ("expiry", again.expires_at, 2000);
	mp_record_forget_tokens(&again);
	CHECK("tokens go", !mp_secret_present(&again.access_token) && !mp_secret_present(&again.refresh_token));
	CHECK_STR("the client stays", again.client.client_id, "c1");
	mp_record_forget_client(&again);
	CHECK("the client goes", again.client.client_id == NULL);
	mp_record_free(&record);
	mp_record_free(&again);
	mp_free_wiped(text);
	mp_free_wiped(text2);
}

static const struct {
	const char *label, *text;
} bad_rows[] = {
	{ "not JSON", "x" },
	{ "another version", "{\"version\":2,\"server_url\":\"https://mcp.example/mcp\"}" },
	{ "no version", "{\"server_url\":\"https://mcp.example/mcp\"}" },
	{ "no server", "{\"version\":1}" },
	{ "a name twice", "{\"version\":1,\"version\":1,\"server_url\":\"https://mcp.example/mcp\"}" },
	{ "client without id", "{\"version\":1,\"server_url\":\"https://mcp.example/mcp\",\"client\":{}}" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		struct mp_record record = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(bad_rows[i].label, mp_record_parse(bad_rows[i].text, &record, &err), MCPASS_E_STORE);
		CHECK_HAS(bad_rows[i].label, err.hint, "mcpass logout");
		CHECK(bad_rows[i].label, record.server_url == NULL);
	}
}

static const struct {
	const char *label;
	int64_t expires_at, now;
	bool want;
} usable_rows[] = {
	{ "unknown expiry", 0, 5000, true },
	{ "long", 2000, 1000, true },
	{ "just survives its trip", 2000, 2000 - MP_EXPIRY_MARGIN - 1, true },
	{ "too short", 2000, 2000 - MP_EXPIRY_MARGIN, false },
	{ "over", 2000, 2001, false },
};

static void test_usable(void)
{
	struct mp_record record = { 0 };

	CHECK("no token at all", !mp_record_usable(&record, 0));
	CHECK_EQ("set", mp_secret_set(&record.access_token, "at", NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(usable_rows); i++) {
		record.expires_at = usable_rows[i].expires_at;
		CHECK_EQ(usable_rows[i].label, mp_record_usable(&record, usable_rows[i].now), usable_rows[i].want);
	}
	mp_record_free(&record);
}

static void test_memory(void)
{
	OOM_EACH {
		struct mp_record record = { 0 };
		char *text = NULL;
		enum mcpass_rc rc = mp_record_parse(WHOLE, &record, NULL);

		if (!rc)
			rc = mp_record_write(&record, &text, NULL);
		CHECK_OOM("only memory", rc, MCPASS_OK);
		mp_free_wiped(text);
		mp_record_free(&record);
	}
}

int main(void)
{
	test_round_trip();
	test_bad();
	test_usable();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
