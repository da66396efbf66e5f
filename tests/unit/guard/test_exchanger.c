/* A token for the server behind: what is asked, what is believed of the answer, for how long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "guard/exchanger.h"
#include "harness/check.h"
#include "wire/http/http.h"

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example"
#define META "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/token\"}"
#define TYPE "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\""
#define GOOD "{\"access_token\":\"new\"," TYPE ",\"token_type\":\"Bearer\",\"expires_in\":100}"

static const char *meta, *body;
static int status, asked;
static char sent[2048];

static struct mp_exchanger *new_exchanger(enum mcpass_rc *ret_rc)
{
	struct mp_secret secret = { 0 };
	const struct mp_exchanger_config config = { .issuer = ISSUER, .client_id = "gateway",
		.client_secret = &secret, .audience = "behind", .scope = "files:read" };
	struct mp_exchanger *exchanger = NULL;

	*ret_rc = mp_secret_set(&secret, "s3cret", NULL);
	if (!*ret_rc)
		*ret_rc = mp_exchanger_new(&config, &exchanger, NULL);
	mp_secret_free(&secret);
	return exchanger;
}

static enum mcpass_rc answer(struct mp_exchanger *exchanger, const struct mcpass_fetch *fetch,
    int64_t now, struct mcpass_error *err)
{
	CHECK("its own", mp_exchanger_knows(fetch->key));
	CHECK("no secret", strstr(fetch->key, "caller") == NULL);
	if (strcmp(fetch->method, "GET") == 0)
		return mp_exchanger_fetched(exchanger, fetch->key, 200, meta, strlen(meta), now, err);
	asked++;
	snprintf(sent, sizeof(sent), "%s %s %s", fetch->url, mp_header_get(fetch->headers,
	    fetch->header_count, "Authorization"), fetch->body);
	return mp_exchanger_fetched(exchanger, fetch->key, status, body, strlen(body), now, err);
}

/* Asks until it is known. */
static enum mcpass_rc run(struct mp_exchanger *exchanger, const char *token, int64_t now,
    struct mp_exchanged *ret_exchanged)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 0; i < 9; i++) {
		struct mcpass_error err = { 0 };

		rc = mp_exchanger_ask(exchanger, (struct mp_span){ token, strlen(token) }, now,
		    ret_exchanged, NULL);
		if (rc || ret_exchanged->type != MP_EXCHANGED_FETCH)
			return rc;
		rc = answer(exchanger, ret_exchanged->fetch, now, &err);
		if (rc == MCPASS_E_NOMEM)
			return rc;
	}
	CHECK("it does not end", false);
	return rc;
}

static struct mp_exchanger *begin(int with_status, const char *with_body)
{
	enum mcpass_rc rc;

	meta = META;
	status = with_status;
	body = with_body;
	asked = 0;
	return new_exchanger(&rc);
}

static void test_request(void)
{
	struct mp_exchanger *exchanger = begin(200, GOOD);
	struct mp_exchanged exchanged = { 0 };

	CHECK_EQ("run", run(exchanger, "caller", NOW, &exchanged), MCPASS_OK);
	CHECK_EQ("ready", exchanged.type, MP_EXCHANGED_READY);
	CHECK_STR("the new one", mp_secret_reveal(exchanged.token), "new");
	CHECK_HAS("where", sent, ISSUER "/token Basic Z2F0ZXdheTpzM2NyZXQ= grant_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&");
	CHECK_HAS("what", sent, "&subject_token=caller&subject_token_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&audience=behind&scope=files%3Aread");
	mp_exchanger_free(exchanger);
}

static void test_cache(void)
{
	struct mp_exchanger *exchanger = begin(200, GOOD);
	struct mp_exchanged exchanged = { 0 };

	run(exchanger, "caller", NOW, &exchanged);
	run(exchanger, "caller", NOW + 74, &exchanged);
	CHECK_EQ("remembered", asked, 1);
	run(exchanger, "another", NOW, &exchanged);
	CHECK_EQ("that one's alone", asked, 2);
	run(exchanger, "caller", NOW + 75, &exchanged);
	CHECK_EQ("but not until it ends", asked, 3);
	run(exchanger, "caller", NOW - 3600, &exchanged);
	CHECK_EQ("a clock that was set back", asked, 4);
	body = "{\"access_token\":\"new\"," TYPE ",\"token_type\":\"Bearer\"}";
	run(exchanger, "lasting", NOW, &exchanged);
	run(exchanger, "lasting", NOW + MP_EXCHANGED_LIFETIME - MP_EXCHANGED_MARGIN - 1, &exchanged);
	CHECK_EQ("one that does not say when", asked, 5);
	run(exchanger, "lasting", NOW + MP_EXCHANGED_LIFETIME - MP_EXCHANGED_MARGIN, &exchanged);
	CHECK_EQ("a few minutes", asked, 6);
	mp_exchanger_free(exchanger);
}

static const struct {
	const char *label;
	int status;
	const char *body;
	enum mp_exchanged_type want;
	bool for_all;
} rows[] = {
	{ "no issued_token_type", 200, "{\"access_token\":\"new\",\"token_type\":\"Bearer\"}",
	    MP_EXCHANGED_UNAVAILABLE, false },
	{ "another issued_token_type", 200, "{\"access_token\":\"new\",\"token_type\":\"Bearer\","
	    "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:refresh_token\"}",
	    MP_EXCHANGED_UNAVAILABLE, false },
	{ "no bearer token", 200, "{\"access_token\":\"new\"," TYPE ",\"token_type\":\"DPoP\"}",
	    MP_EXCHANGED_UNAVAILABLE, false },
	{ "no token", 200, "{" TYPE ",\"token_type\":\"Bearer\"}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "an empty token", 200, "{\"access_token\":\"\"," TYPE ",\"token_type\":\"Bearer\"}",
	    MP_EXCHANGED_UNAVAILABLE, false },
	{ "a header of its own", 200, "{\"access_token\":\"n\\r\\nX-Admin: yes\"," TYPE
	    ",\"token_type\":\"Bearer\"}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "the caller's own", 200, "{\"access_token\":\"caller\"," TYPE
	    ",\"token_type\":\"Bearer\"}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "it has ended", 200, "{\"access_token\":\"new\"," TYPE
	    ",\"token_type\":\"Bearer\",\"expires_in\":0}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "no JSON", 200, "<html>", MP_EXCHANGED_UNAVAILABLE, false },
	{ "a redirect", 302, "", MP_EXCHANGED_UNAVAILABLE, false },
	{ "the caller may not", 400, "{\"error\":\"invalid_request\"}", MP_EXCHANGED_REFUSED, false },
	{ "denied", 403, "{\"error\":\"access_denied\"}", MP_EXCHANGED_REFUSED, false },
	{ "no such audience", 400, "{\"error\":\"invalid_target\"}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "no such scope", 400, "{\"error\":\"invalid_scope\"}", MP_EXCHANGED_UNAVAILABLE, false },
	{ "our secret", 401, "{\"error\":\"invalid_client\"}", MP_EXCHANGED_UNAVAILABLE, true },
	{ "our client", 400, "{\"error\":\"unauthorized_client\"}", MP_EXCHANGED_UNAVAILABLE, true },
	{ "it does not exchange", 400, "{\"error\":\"unsupported_grant_type\"}",
	    MP_EXCHANGED_UNAVAILABLE, true },
	{ "busy", 429, "", MP_EXCHANGED_UNAVAILABLE, true },
	{ "broken", 503, "", MP_EXCHANGED_UNAVAILABLE, true },
	{ "gone", 0, "connection refused", MP_EXCHANGED_UNAVAILABLE, true },
};

static void test_failures(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mp_exchanger *exchanger = begin(rows[i].status, rows[i].body);
		struct mp_exchanged exchanged = { 0 };

		run(exchanger, "caller", NOW, &exchanged);
		CHECK_EQ(label, exchanged.type, rows[i].want);
		CHECK(label, exchanged.token == NULL);
		CHECK_HAS(label, exchanged.reason, "the exchange at " ISSUER "/token: ");
		CHECK(label, strstr(exchanged.reason, "caller\"") == NULL);
		run(exchanger, "caller", NOW + MP_EXCHANGE_COOLDOWN - 1, &exchanged);
		CHECK_EQ("not asked again at once", asked, 1);
		run(exchanger, "another", NOW + 1, &exchanged);
		CHECK_EQ(label, asked, rows[i].for_all ? 1 : 2);
		status = 200;
		body = GOOD;
		run(exchanger, "caller", NOW + MP_EXCHANGE_COOLDOWN, &exchanged);
		CHECK_EQ("a while later", exchanged.type, MP_EXCHANGED_READY);
		mp_exchanger_free(exchanger);
	}
}

/* Of the token, of a part of it that the end of the text cuts off, and of our secret. */
static void test_echo(void)
{
	static const struct { const char *label, *before, *behind, *want; } echoes[] = {
		{ "as it is", "what is ", "?", "what is ****" },
		{ "at the end of a sentence", "no such token: ", ".", "no such token: ****" },
		{ "as it was sent", "subject_token=", "&scope=x", "subject_token=****" },
		{ "a dot of it", "what is ", "...", "****" },
	};
	char token[900], text[2048];

	for (size_t len = 5; len < sizeof(token); len += 150)
		for (size_t i = 0; i < COUNT(echoes); i++) {
			struct mp_exchanger *exchanger;
			struct mp_exchanged exchanged = { 0 };

			memset(token, 'x', len);
			memcpy(token, "eyJ.", 4);
			token[len] = '\0';
			snprintf(text, sizeof(text), "{\"error\":\"invalid_request\",\"error_description\":\"%s%s%s\"}",
			    echoes[i].before, token, echoes[i].behind);
			exchanger = begin(400, text);
			run(exchanger, token, NOW, &exchanged);
			CHECK_EQ(echoes[i].label, exchanged.type, MP_EXCHANGED_REFUSED);
			CHECK_HAS(echoes[i].label, exchanged.reason, echoes[i].want);
			CHECK(echoes[i].label, strstr(exchanged.reason, "eyJ") == NULL);
			CHECK_HAS(echoes[i].label, exchanged.reason, "the exchange at " ISSUER "/token: ");
			mp_exchanger_free(exchanger);
		}
}

static void test_metadata(void)
{
	static const char *const documents[] = {
		"{\"issuer\":\"" ISSUER "\"}",
		"{\"issuer\":\"https://other.example\",\"token_endpoint\":\"" ISSUER "/token\"}",
		"{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"http://far.example/token\"}",
	};

	for (size_t i = 0; i < COUNT(documents); i++) {
		struct mp_exchanger *exchanger = begin(200, GOOD);
		struct mp_exchanged exchanged = { 0 };

		meta = documents[i];
		run(exchanger, "caller", NOW, &exchanged);
		CHECK_EQ(documents[i], exchanged.type, MP_EXCHANGED_UNAVAILABLE);
		CHECK_EQ("no token was shown", asked, 0);
		CHECK("why", exchanged.reason[0] != '\0');
		mp_exchanger_free(exchanger);
	}
}

static void test_keys(void)
{
	static const char *const keys[] = { "exchange ", "exchange x", "exchange AAAA" };
	struct mp_exchanger *exchanger = begin(200, GOOD);
	struct mp_exchanged exchanged = { 0 };

	CHECK_EQ("not asked", mp_exchanger_fetched(exchanger, keys[1], 200, GOOD, strlen(GOOD), NOW,
	    NULL), MCPASS_E_USAGE);
	run(exchanger, "caller", NOW, &exchanged);
	for (size_t i = 0; i < COUNT(keys); i++)
		CHECK(keys[i], mp_exchanger_fetched(exchanger, keys[i], 200, GOOD, strlen(GOOD), NOW,
		    NULL) != MCPASS_OK);
	CHECK("a guard's", !mp_exchanger_knows("https://as.example/exchange"));
	CHECK("a guard's question", !mp_exchanger_knows("exchanges x"));
	mp_exchanger_free(exchanger);
}

static void test_memory(int with_status, const char *with_body, enum mp_exchanged_type want)
{
	OOM_EACH {
		struct mp_exchanged exchanged = { 0 };
		struct mp_exchanger *exchanger;
		enum mcpass_rc rc;

		meta = META;
		status = with_status;
		body = with_body;
		exchanger = new_exchanger(&rc);
		if (!rc)
			rc = run(exchanger, "caller", NOW, &exchanged);
		CHECK_OOM(with_body, rc, MCPASS_OK);
		if (!rc)
			CHECK_EQ(with_body, exchanged.type, want);
		mp_exchanger_free(exchanger);
	}
}

int main(void)
{
	test_request();
	test_cache();
	test_failures();
	test_echo();
	test_metadata();
	test_keys();
	test_memory(200, GOOD, MP_EXCHANGED_READY);
	test_memory(403, "{\"error\":\"access_denied\"}", MP_EXCHANGED_REFUSED);
	test_memory(503, "", MP_EXCHANGED_UNAVAILABLE);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
