/* A logout token: each claim that decides, wrong once. */
#include "issuer/upstream/logout.h"
#include "upstream_kit.h"

#define EVENT "\"http://schemas.openid.net/event/backchannel-logout\""
#define BASE "{\"nonce\":null,\"exp\":null,\"jti\":\"j\",\"events\":{" EVENT ":{}}}"

static const struct {
	const char *label, *header, *claims, *detail;   /* over BASE; detail NULL: it is good */
} rows[] = {
	{ "good, of today", "{\"typ\":\"logout+jwt\"}", "{\"exp\":1700000120}", NULL },
	{ "good, of before", "{}", "{}", NULL },
	{ "typ JWT", "{\"typ\":\"JWT\"}", "{}", NULL },
	{ "an access token", "{\"typ\":\"at+jwt\"}", "{}", "another type" },
	{ "a session", "{}", "{\"sub\":null,\"sid\":\"s\"}", NULL },
	{ "neither user nor session", "{}", "{\"sub\":null}", "neither" },
	{ "an empty user", "{}", "{\"sub\":\"\"}", "neither" },
	{ "a user who is no text", "{}", "{\"sub\":1}", "neither" },
	{ "an id token", "{}", "{\"nonce\":\"n-1\",\"events\":null}", "events" },
	{ "with a nonce", "{}", "{\"nonce\":\"n-1\"}", "nonce" },
	{ "with a nonce that is no text", "{}", "{\"nonce\":1}", "nonce" },
	{ "no events", "{}", "{\"events\":null}", "events" },
	{ "another event", "{}", "{\"events\":{\"http://schemas.openid.net/event/x\":{}}}", "events" },
	{ "an event that is no object", "{}", "{\"events\":{" EVENT ":true}}", "events" },
	{ "events as a list", "{}", "{\"events\":[" EVENT "]}", "events" },
	{ "another issuer", "{}", "{\"iss\":\"https://evil.example\"}", "another issuer" },
	{ "a slash is a difference", "{}", "{\"iss\":\"" IDP "/\"}", "another issuer" },
	{ "no issuer", "{}", "{\"iss\":null}", "another issuer" },
	{ "another client", "{}", "{\"aud\":\"other\"}", "another client" },
	{ "no audience", "{}", "{\"aud\":null}", "another client" },
	{ "several clients", "{}", "{\"aud\":[\"other\",\"" IDP_CLIENT "\"]}", NULL },
	{ "no jti", "{}", "{\"jti\":null}", "no jti" },
	{ "no iat", "{}", "{\"iat\":null}", "no iat" },
	{ "from the future", "{}", "{\"iat\":1700000061}", "future" },
	{ "five minutes old", "{}", "{\"iat\":1699999700}", NULL },
	{ "older", "{}", "{\"iat\":1699999699}", "expired" },
	{ "expired", "{}", "{\"exp\":1699999940}", "expired" },
	{ "expired within the skew", "{}", "{\"exp\":1699999941}", NULL },
	{ "exp as text", "{}", "{\"exp\":\"1700000300\"}", "no number" },
};

static enum mcpass_rc check_with(const char *text, const char *alg, struct mp_logout *ret_logout,
    struct mcpass_error *err)
{
	struct mp_strings algs = { 0 };
	const struct mp_logout_expect expect = { IDP, IDP_CLIENT, &algs, START };
	struct mp_jwks keys = { 0 };
	static struct mp_jws jws;       /* what is returned borrows from it */
	enum mcpass_rc rc = mp_jwks_parse(upstream_jwks(), strlen(upstream_jwks()), &keys, NULL);

	mp_jws_free(&jws);
	if (alg != NULL)
		mp_strings_add(&algs, (struct mp_span){ alg, strlen(alg) }, NULL);
	if (!rc)
		rc = mp_jws_parse((struct mp_span){ text, strlen(text) }, &jws, err);
	if (!rc)
		rc = mp_logout_check(&jws, &keys, &expect, ret_logout, err);
	if (rc)
		mp_jws_free(&jws);
	mp_strings_free(&algs);
	mp_jwks_free(&keys);
	return rc;
}

static const char *token(struct mp_key *key, const char *header, const char *over)
{
	json_t *claims = json_loads(BASE, 0, NULL), *more = json_loads(over, 0, NULL);
	const char *text;
	char *dump;

	json_object_update(claims, more);
	dump = json_dumps(claims, 0);
	text = upstream_token(key, header, START, "n", dump);
	free(dump);
	json_decref(more);
	json_decref(claims);
	return text;
}

int main(void)
{
	/* {"alg":"none"}, {"alg":"HS256"} */
	static const char none[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.";
	static const char hs256[] = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.AAAA";
	struct mp_logout logout = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_key *other = NULL;

	mp_key_generate(MP_ES256, &other, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = check_with(token(upstream_key(), rows[i].header, rows[i].claims), NULL,
		    &logout, &err);

		CHECK_EQ(rows[i].label, rc, rows[i].detail == NULL ? MCPASS_OK : MCPASS_E_POLICY);
		if (rc)
			CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
	}
	CHECK("no algorithm", check_with(none, NULL, &logout, NULL) != MCPASS_OK);
	CHECK("a shared key", check_with(hs256, NULL, &logout, NULL) != MCPASS_OK);
	CHECK_EQ("another key", check_with(token(other, "{}", "{}"), NULL, &logout, &why),
	    MCPASS_E_POLICY);
	CHECK_HAS("its signature", why.detail, "signature");
	CHECK_EQ("an algorithm that is not listed", check_with(token(upstream_key(), "{}", "{}"), "PS512",
	    &logout, NULL), MCPASS_E_POLICY);
	CHECK_EQ("a good one", check_with(token(upstream_key(), "{}", "{\"sid\":\"s-1\"}"), NULL, &logout,
	    NULL), MCPASS_OK);
	CHECK("who", logout.sub != NULL);
	CHECK_STR("which session", logout.sid, "s-1");
	CHECK_STR("what must not come again", logout.jti, "j");
	CHECK("remembered for longer than it is good", logout.remember_until
	    > START + MP_MAX_LOGOUT_AGE + MP_CLOCK_SKEW);
	mp_key_free(other);
	return check_done();
}
