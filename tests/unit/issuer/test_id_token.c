/* The id token of a login: each claim that decides, wrong once. */
#include "upstream_kit.h"

#define NONCE "n-1"
static const struct {
	const char *label, *header, *claims, *detail;   /* detail NULL: it is good */
} rows[] = {
	{ "good", "{}", "{}", NULL },
	{ "typ JWT", "{\"typ\":\"JWT\"}", "{}", NULL },
	{ "an access token", "{\"typ\":\"at+jwt\"}", "{}", "another type" },
	{ "a logout token", "{\"typ\":\"logout+jwt\"}", "{}", "another type" },
	{ "another issuer", "{}", "{\"iss\":\"https://evil.example\"}", "another issuer" },
	{ "a slash is a difference", "{}", "{\"iss\":\"" IDP "/\"}", "another issuer" },
	{ "no issuer", "{}", "{\"iss\":null}", "another issuer" },
	{ "another client", "{}", "{\"aud\":\"other\"}", "another client" },
	{ "no audience", "{}", "{\"aud\":null}", "another client" },
	{ "a list with us", "{}", "{\"aud\":[\"" IDP_CLIENT "\"]}", NULL },
	{ "several, azp missing", "{}", "{\"aud\":[\"other\",\"" IDP_CLIENT "\"]}", "azp is missing" },
	{ "several, azp is us", "{}", "{\"aud\":[\"other\",\"" IDP_CLIENT "\"],\"azp\":\"" IDP_CLIENT "\"}",
	    NULL },
	{ "azp is another", "{}", "{\"azp\":\"other\"}", "azp" },
	{ "azp is no text", "{}", "{\"azp\":1}", "azp" },
	{ "no sub", "{}", "{\"sub\":null}", "no sub" },
	{ "an empty sub", "{}", "{\"sub\":\"\"}", "no sub" },
	{ "no exp", "{}", "{\"exp\":null}", "no exp" },
	{ "exp as text", "{}", "{\"exp\":\"1700000300\"}", "no exp" },
	{ "expired", "{}", "{\"exp\":1699999900}", "expired" },
	{ "expired within the skew", "{}", "{\"exp\":1699999950}", NULL },
	{ "no iat", "{}", "{\"iat\":null}", "no iat" },
	{ "from the future", "{}", "{\"iat\":1700000061}", "future" },
	{ "within the skew", "{}", "{\"iat\":1700000060}", NULL },
	{ "not yet", "{}", "{\"nbf\":1700000061}", "future" },
	{ "issued long ago", "{}", "{\"iat\":1699999000}", "long ago" },
	{ "another nonce", "{}", "{\"nonce\":\"n-2\"}", "nonce" },
	{ "no nonce", "{}", "{\"nonce\":null}", "nonce" },
};

static enum mcpass_rc check_with(const char *text, const char *algs, const char *name,
    const char *jwks, struct mcpass_error *err)
{
	struct mp_idp upstream = { 0 };
	struct mp_idp_metadata metadata = { .issuer = (char *)name };
	const struct mp_id_token_expect expect = { &upstream, &metadata, NONCE, START };
	struct mp_jwks keys = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc = upstream_make("", &upstream, NULL);

	if (algs != NULL)
		mp_strings_add(&metadata.id_token_algs, (struct mp_span){ algs, strlen(algs) }, NULL);
	if (!rc)
		rc = mp_jwks_parse(jwks, strlen(jwks), &keys, NULL);
	if (!rc)
		rc = mp_jws_parse((struct mp_span){ text, strlen(text) }, &jws, err);
	if (!rc)
		rc = mp_id_token_check(&jws, &keys, &expect, err);
	mp_strings_free(&metadata.id_token_algs);
	mp_jws_free(&jws);
	mp_jwks_free(&keys);
	mp_idp_free(&upstream);
	return rc;
}

static void test_claims(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		const char *text = upstream_token(upstream_key(), rows[i].header, START, NONCE, rows[i].claims);
		enum mcpass_rc rc = check_with(text, NULL, IDP, upstream_jwks(), &err);

		CHECK_EQ(rows[i].label, rc, rows[i].detail == NULL ? MCPASS_OK : MCPASS_E_POLICY);
		if (rc)
			CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
	}
}

static void test_signature(void)
{
	/* {"alg":"none"}, {"alg":"HS256"} */
	static const char none[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.";
	static const char hs256[] = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.AAAA";
	struct mcpass_error err = { 0 };
	struct mp_key *other = NULL;
	const char *good = upstream_token(upstream_key(), "{}", START, NONCE, "{}");
	char spoilt[4096];

	CHECK_EQ("none", check_with(none, NULL, IDP, upstream_jwks(), NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("HS256", check_with(hs256, NULL, IDP, upstream_jwks(), NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("not listed", check_with(good, "RS256", IDP, upstream_jwks(), &err), MCPASS_E_POLICY);
	CHECK_HAS("not listed", err.detail, "algorithm");
	CHECK_EQ("listed", check_with(good, "ES256", IDP, upstream_jwks(), NULL), MCPASS_OK);
	snprintf(spoilt, sizeof(spoilt), "%s", good);
	spoilt[strlen(spoilt) - 4] = spoilt[strlen(spoilt) - 4] == 'A' ? 'B' : 'A';
	CHECK_EQ("spoilt", check_with(spoilt, NULL, IDP, upstream_jwks(), NULL), MCPASS_E_POLICY);
	mp_key_generate(MP_ES256, &other, NULL);
	CHECK_EQ("of another key", check_with(upstream_token(other, "{}", START, NONCE, "{}"), NULL, IDP,
	    upstream_jwks(), NULL), MCPASS_E_POLICY);
	mp_key_free(other);
}

/* Where the metadata is of many tenants. */
static void test_tenants(void)
{
	static const char name[] = "https://login.example/{tenantid}/v2.0";
	static const struct { const char *claims; enum mcpass_rc want; } tenants[] = {
		{ "{\"iss\":\"https://login.example/t1/v2.0\",\"tid\":\"t1\"}", MCPASS_OK },
		{ "{\"iss\":\"https://login.example/t2/v2.0\",\"tid\":\"t1\"}", MCPASS_E_POLICY },
		{ "{\"iss\":\"https://login.example/t1/v2.0\"}", MCPASS_E_POLICY },
		{ "{\"iss\":\"https://login.example//v2.0\",\"tid\":\"\"}", MCPASS_E_POLICY },
		{ "{\"iss\":\"https://login.example/a/b/v2.0\",\"tid\":\"a/b\"}", MCPASS_E_POLICY },
		{ "{\"iss\":\"https://login.example/{tenantid}/v2.0\",\"tid\":\"t1\"}", MCPASS_E_POLICY },
	};

	for (size_t i = 0; i < COUNT(tenants); i++)
		CHECK_EQ(tenants[i].claims, check_with(upstream_token(upstream_key(), "{}", START, NONCE,
		    tenants[i].claims), NULL, name, upstream_jwks(), NULL), tenants[i].want);
}

static void test_userinfo(void)
{
	static const struct { const char *label, *body; enum mcpass_rc want; } answers[] = {
		{ "the same sub", "{\"sub\":\"ann\",\"groups\":[\"g\"],\"tid\":\"t9\"}", MCPASS_OK },
		{ "another sub", "{\"sub\":\"bob\",\"groups\":[\"g\"]}", MCPASS_E_DENIED },
		{ "no sub", "{\"groups\":[\"g\"]}", MCPASS_E_DENIED },
		{ "no object", "[1]", MCPASS_E_PROTOCOL },
		{ "a page", "<html>", MCPASS_E_PROTOCOL },
		{ "two subs", "{\"sub\":\"bob\",\"sub\":\"ann\"}", MCPASS_E_PROTOCOL },
	};
	json_t *own = upstream_json("{\"sub\":\"ann\",\"tid\":\"t1\"}");

	for (size_t i = 0; i < COUNT(answers); i++) {
		json_t *claims = NULL;

		CHECK_EQ(answers[i].label, mp_userinfo_join(own, answers[i].body, strlen(answers[i].body),
		    &claims, NULL), answers[i].want);
		if (claims != NULL) {
			CHECK_EQ("more", json_array_size(json_object_get(claims, "groups")), 1);
			CHECK_STR("what was signed counts", json_string_value(json_object_get(claims, "tid")),
			    "t1");
		}
		json_decref(claims);
	}
	json_decref(own);
}

/* That one address was verified says nothing of another. */
static void test_userinfo_email(void)
{
	static const struct { const char *label, *own, *answer; bool want; } mixed[] = {
		{ "another address", "\"email\":\"ann@corp.example\"",
		    "\"email\":\"ann@evil.example\",\"email_verified\":true", false },
		{ "no address", "\"email\":\"ann@corp.example\"", "\"email_verified\":true", false },
		{ "the same", "\"email\":\"ann@corp.example\"",
		    "\"email\":\"ann@corp.example\",\"email_verified\":true", true },
		{ "the signed verdict of no address", "\"email_verified\":true",
		    "\"email\":\"ann@corp.example\"", false },
		{ "both there", "\"x\":1", "\"email\":\"ann@corp.example\",\"email_verified\":true", true },
		{ "both signed", "\"email\":\"ann@corp.example\",\"email_verified\":true",
		    "\"email\":\"b@corp.example\",\"email_verified\":false", true },
	};

	for (size_t i = 0; i < COUNT(mixed); i++) {
		char own_text[200], answer[200];
		json_t *own, *claims = NULL;

		snprintf(own_text, sizeof(own_text), "{\"sub\":\"ann\",%s}", mixed[i].own);
		snprintf(answer, sizeof(answer), "{\"sub\":\"ann\",%s}", mixed[i].answer);
		own = upstream_json(own_text);
		CHECK_EQ(mixed[i].label, mp_userinfo_join(own, answer, strlen(answer), &claims, NULL),
		    MCPASS_OK);
		CHECK_EQ(mixed[i].label, json_is_true(json_object_get(claims, "email_verified"))
		    && json_object_get(claims, "email") != NULL, mixed[i].want);
		json_decref(claims);
		json_decref(own);
	}
}

int main(void)
{
	upstream_jwks();
	test_claims();
	test_signature();
	test_tenants();
	test_userinfo();
	test_userinfo_email();
	mp_key_free(upstream_key());
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
