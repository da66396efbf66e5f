/* How a client proves itself: what goes on the wire. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/clientauth.h"

#define AS "https://as.example"

static const struct {
	const char *name;
	enum mp_auth_method method;
} names[] = {
	{ "none", MP_AUTH_NONE },
	{ "client_secret_basic", MP_AUTH_BASIC },
	{ "client_secret_post", MP_AUTH_POST },
	{ "private_key_jwt", MP_AUTH_PRIVATE_KEY_JWT },
};

static void test_names(void)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		CHECK_EQ(names[i].name, mp_auth_method_from_name(names[i].name), names[i].method);
		CHECK_STR(names[i].name, mp_auth_method_name(names[i].method), names[i].name);
	}
	CHECK_EQ("unknown", mp_auth_method_from_name("client_secret_jwt"), MP_AUTH_UNSET);
	CHECK_EQ("case", mp_auth_method_from_name("None"), MP_AUTH_UNSET);
	CHECK_EQ("absent", mp_auth_method_from_name(NULL), MP_AUTH_UNSET);
	CHECK_STR("unset", mp_auth_method_name(MP_AUTH_UNSET), "unset");
}

static const struct {
	const char *label, *supported[4];
	bool secret, key;
	enum mp_auth_method want;
} choose_rows[] = {
	{ "a key", { "client_secret_basic" }, true, true, MP_AUTH_PRIVATE_KEY_JWT },
	{ "no secret", { "client_secret_basic" }, false, false, MP_AUTH_NONE },
	{ "a secret and no list", { NULL }, true, false, MP_AUTH_BASIC },
	{ "the first of the list", { "none", "client_secret_post", "client_secret_basic" }, true,
	    false, MP_AUTH_POST },
	{ "basic where it is the first", { "x", "client_secret_basic", "client_secret_post" }, true,
	    false, MP_AUTH_BASIC },
	{ "post alone", { "private_key_jwt", "client_secret_post" }, true, false, MP_AUTH_POST },
	{ "a secret where only none is listed", { "none" }, true, false, MP_AUTH_NONE },
	{ "a secret and nothing we know", { "tls_client_auth" }, true, false, MP_AUTH_BASIC },
};

static struct mp_key *new_key(enum mp_alg alg)
{
	struct mp_key *key = NULL;

	CHECK_EQ("a key", mp_key_generate(alg, &key, NULL), MCPASS_OK);
	return key;
}

static void test_choose(void)
{
	struct mp_key *key = new_key(MP_ES256);

	for (size_t i = 0; i < COUNT(choose_rows); i++) {
		struct mp_client_id client = { .key = choose_rows[i].key ? key : NULL };
		struct mp_strings list = { 0 };

		if (choose_rows[i].secret)
			CHECK_EQ("set", mp_secret_set(&client.client_secret, "s", NULL), MCPASS_OK);
		for (size_t j = 0; choose_rows[i].supported[j] != NULL; j++) {
			const char *item = choose_rows[i].supported[j];

			CHECK_EQ("set", mp_strings_add(&list, (struct mp_span){ item, strlen(item) },
			    NULL), MCPASS_OK);
		}
		CHECK_EQ(choose_rows[i].label, mp_auth_method_choose(&client, &list),
		    choose_rows[i].want);
		mp_strings_free(&list);
		mp_client_id_free(&client);
		CHECK("empty", client.key == NULL && !mp_secret_present(&client.client_secret));
	}
	mp_key_free(key);
}

static int zeros(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return 0;
}

static const struct mp_auth_inputs inputs = { AS, 1700000000, zeros, NULL };

static const struct {
	const char *label, *id, *secret;
	enum mp_auth_method method;
	const char *header, *form;
	enum mcpass_rc want;
} apply_rows[] = {
	/* the RFC's own example; spec: RFC 6749 2.3.1 */
	{ "Basic", "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", MP_AUTH_BASIC,
	    "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", "grant_type=x", MCPASS_OK },
	/* "a%3Ab:c+%2B%25%26" */
	{ "Basic, both halves encoded first", "a:b", "c +%&", MP_AUTH_BASIC,
	    "Basic YSUzQWI6YyslMkIlMjUlMjY=", "grant_type=x", MCPASS_OK },
	{ "post", "a:b", "c &", MP_AUTH_POST, NULL,
	    "grant_type=x&client_id=a%3Ab&client_secret=c+%26", MCPASS_OK },
	{ "none", "id", NULL, MP_AUTH_NONE, NULL, "grant_type=x&client_id=id", MCPASS_OK },
	{ "none, and a secret that is not sent", "id", "s", MP_AUTH_NONE, NULL,
	    "grant_type=x&client_id=id", MCPASS_OK },
	{ "Basic without a secret", "id", NULL, MP_AUTH_BASIC, NULL, "grant_type=x",
	    MCPASS_E_USAGE },
	{ "post without a secret", "id", NULL, MP_AUTH_POST, NULL, "grant_type=x",
	    MCPASS_E_USAGE },
	{ "nothing chosen", "id", "s", MP_AUTH_UNSET, NULL, "grant_type=x", MCPASS_E_USAGE },
	{ "an assertion without a key", "id", NULL, MP_AUTH_PRIVATE_KEY_JWT, NULL,
	    "grant_type=x", MCPASS_E_USAGE },
	{ "no client id", NULL, "s", MP_AUTH_BASIC, NULL, "grant_type=x", MCPASS_E_USAGE },
};

static void test_apply(void)
{
	for (size_t i = 0; i < COUNT(apply_rows); i++) {
		struct mp_client_id client = { .method = apply_rows[i].method };
		struct mp_headers headers = { 0 };
		struct mcpass_error err = { 0 };
		struct mp_buf form;

		mp_buf_init(&form, MP_MAX_FORM);
		mp_form_add(&form, "grant_type", "x");
		CHECK_EQ("set", mp_set(&client.client_id, apply_rows[i].id, NULL), MCPASS_OK);
		CHECK_EQ("set", mp_secret_set(&client.client_secret, apply_rows[i].secret, NULL),
		    MCPASS_OK);
		CHECK_EQ(apply_rows[i].label, mp_clientauth_apply(&client, &inputs, &headers, &form,
		    &err), apply_rows[i].want);
		CHECK_STR(apply_rows[i].label, mp_header_get(headers.items, headers.count,
		    "Authorization"), apply_rows[i].header);
		CHECK_STR(apply_rows[i].label, mp_buf_text(&form), apply_rows[i].form);
		CHECK(apply_rows[i].label, (err.detail[0] != '\0') == (apply_rows[i].want != MCPASS_OK));
		mp_headers_free(&headers);
		mp_buf_free(&form);
		mp_client_id_free(&client);
	}
}

static void check_claims(const char *label, const struct mp_jws *jws)
{
	const json_t *claims = jws->payload;

	CHECK_STR(label, json_string_value(json_object_get(claims, "iss")), "me");
	CHECK_STR(label, json_string_value(json_object_get(claims, "sub")), "me");
	CHECK_STR(label, json_string_value(json_object_get(claims, "aud")), AS);
	CHECK_EQ(label, json_integer_value(json_object_get(claims, "iat")), 1700000000);
	CHECK_EQ(label, json_integer_value(json_object_get(claims, "exp")), 1700000060);
	CHECK_STR(label, json_string_value(json_object_get(claims, "jti")),
	    "AAAAAAAAAAAAAAAAAAAAAA");
}

static void test_assertion(void)
{
	static const enum mp_alg algs[] = { MP_ES256, MP_ES384, MP_ES512, MP_EDDSA, MP_RS256 };

	for (size_t i = 0; i < COUNT(algs); i++) {
		const char *label = mp_alg_name(algs[i]);
		struct mp_client_id client = { .method = MP_AUTH_PRIVATE_KEY_JWT };
		struct mp_key *key = new_key(algs[i]);
		struct mp_headers headers = { 0 };
		struct mp_form read = { 0 };
		struct mp_jws jws = { 0 };
		const char *text = NULL, *type = NULL, *id = NULL;
		struct mp_buf form;

		client.key = key;
		mp_buf_init(&form, MP_MAX_FORM);
		CHECK_EQ("set", mp_set(&client.client_id, "me", NULL), MCPASS_OK);
		CHECK_EQ(label, mp_clientauth_apply(&client, &inputs, &headers, &form, NULL),
		    MCPASS_OK);
		CHECK_EQ(label, mp_form_parse(form.data, form.len, &read, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_form_get(&read, "client_assertion", &text, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_form_get(&read, "client_assertion_type", &type, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_form_get(&read, "client_id", &id, NULL), MCPASS_OK);
		CHECK_STR(label, type, MP_CLIENT_ASSERTION_JWT);
		CHECK_STR("sub says it", id, NULL);
		CHECK_EQ("no header", headers.count, 0);
		CHECK_EQ(label, mp_jws_parse((struct mp_span){ text, strlen(text) }, &jws, NULL),
		    MCPASS_OK);
		CHECK_EQ("its key's algorithm", jws.alg, algs[i]);
		CHECK_EQ(label, mp_jws_verify(&jws, key, NULL), MCPASS_OK);
		check_claims(label, &jws);
		mp_jws_free(&jws);
		mp_form_free(&read);
		mp_buf_free(&form);
		mp_client_id_free(&client);
		mp_key_free(key);
	}
}

/* The key's import allocates too: it is made before the counting starts. */
static void no_memory(enum mp_auth_method method, const struct mp_key *key)
{
	struct mp_client_id client = { .method = method, .key = key };

	CHECK_EQ("set", mp_set(&client.client_id, "me", NULL), MCPASS_OK);
	CHECK_EQ("set", mp_secret_set(&client.client_secret, "secret", NULL), MCPASS_OK);
	OOM_EACH {
		struct mp_headers headers = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;
		struct mp_buf form;

		mp_buf_init(&form, MP_MAX_FORM);
		rc = mp_clientauth_apply(&client, &inputs, &headers, &form, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("no half of a header", rc == MCPASS_OK || headers.count == 0);
		mp_headers_free(&headers);
		mp_buf_free(&form);
	}
	mp_client_id_free(&client);
}

int main(void)
{
	struct mp_key *key;

	test_names();
	test_choose();
	test_apply();
	test_assertion();
	key = new_key(MP_ES256);
	for (enum mp_auth_method method = MP_AUTH_NONE; method <= MP_AUTH_PRIVATE_KEY_JWT; method++)
		no_memory(method, key);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
