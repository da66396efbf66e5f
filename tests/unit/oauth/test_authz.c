/* The authorization request, and the judgement on what comes back. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/authz.h"

#define AS "https://as.example"

static const struct mcpass_header google[] = { { "access_type", "offline" },
	{ "prompt", "consent" } };
static const struct mp_authz_request whole = { "id", "http://127.0.0.1:4711/cb", "a b", "st",
	"CH", "https://rs.example/mcp", google, 2 };
static const struct mp_authz_request least = { .client_id = "id" };
static const struct mp_authz_request stay = { .client_id = "id", .scope = "a offline_access b" };
static const struct mp_authz_request stay_prompted = { .client_id = "id",
	.scope = "offline_access", .extra = google, .extra_count = 2 };
static const struct mp_authz_request near_miss = { .client_id = "id",
	.scope = "a offline_access2 xoffline_access" };

#define PARAMETERS "response_type=code&client_id=id" \
	"&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcb&scope=a+b&state=st&code_challenge=CH" \
	"&code_challenge_method=S256&resource=https%3A%2F%2Frs.example%2Fmcp" \
	"&access_type=offline&prompt=consent"

static const struct {
	const char *label, *endpoint;
	const struct mp_authz_request *request;
	const char *want;
	enum mcpass_rc rc;
} url_rows[] = {
	{ "all parameters", AS "/a", &whole, AS "/a?" PARAMETERS, MCPASS_OK },
	{ "no path", AS, &whole, AS "?" PARAMETERS, MCPASS_OK },
	{ "its own query stays", AS "/a?p=b2c", &whole, AS "/a?p=b2c&" PARAMETERS, MCPASS_OK },
	{ "an empty query", AS "/a?", &whole, AS "/a?" PARAMETERS, MCPASS_OK },
	{ "what is NULL is left out", AS "/a", &least, AS "/a?response_type=code&client_id=id",
	    MCPASS_OK },
	{ "offline_access needs a prompt for consent", AS "/a", &stay, AS
	    "/a?response_type=code&client_id=id&scope=a+offline_access+b&prompt=consent", MCPASS_OK },
	{ "the person's own prompt goes before", AS "/a", &stay_prompted, AS "/a?response_type=code"
	    "&client_id=id&scope=offline_access&access_type=offline&prompt=consent", MCPASS_OK },
	{ "a scope of a similar name", AS "/a", &near_miss, AS "/a?response_type=code&client_id=id"
	    "&scope=a+offline_access2+xoffline_access", MCPASS_OK },
	{ "commands in it are none any more", AS "/a$(b)?c=';d'", &least,
	    AS "/a%24%28b%29?c=%27%3Bd%27&response_type=code&client_id=id", MCPASS_OK },
	{ "a fragment", AS "/a#x", &whole, NULL, MCPASS_E_PROTOCOL },
	{ "no URL", "a", &whole, NULL, MCPASS_E_USAGE },
};

static void test_url(void)
{
	struct mp_buf form;

	for (size_t i = 0; i < COUNT(url_rows); i++) {
		char *url = NULL;

		CHECK_EQ(url_rows[i].label, mp_authz_url(url_rows[i].endpoint, url_rows[i].request,
		    &url, NULL), url_rows[i].rc);
		CHECK_STR(url_rows[i].label, url, url_rows[i].want);
		free(url);
	}
	mp_buf_init(&form, MP_MAX_FORM);
	mp_authz_form(&form, &whole);
	CHECK_STR("the same for PAR", mp_buf_text(&form), PARAMETERS);
	mp_buf_free(&form);
}

static void test_url_too_long(void)
{
	static char scope[MP_MAX_URI + 1];
	struct mp_authz_request request = { .client_id = "id", .scope = scope };
	char *url = NULL;

	memset(scope, 'a', sizeof(scope) - 1);
	CHECK_EQ("over the cap", mp_authz_url(AS, &request, &url, NULL), MCPASS_E_LIMIT);
	CHECK("untouched", url == NULL);
}

static const struct {
	const char *label, *sent;
	bool promised;
	enum mcpass_rc want;
} iss_rows[] = {
	{ "promised, equal",          AS,                     true,  MCPASS_OK },
	{ "promised, absent",         NULL,                   true,  MCPASS_E_POLICY },
	{ "not promised, equal",      AS,                     false, MCPASS_OK },
	{ "not promised, absent",     NULL,                   false, MCPASS_OK },
	{ "promised, other AS",       "https://evil.example", true,  MCPASS_E_POLICY },
	{ "not promised, other AS",   "https://evil.example", false, MCPASS_E_POLICY },
	{ "slash is a difference",    AS "/",                 true,  MCPASS_E_POLICY },
	{ "case is a difference",     "https://AS.example",   true,  MCPASS_E_POLICY },
	{ "default port is a difference", AS ":443",          true,  MCPASS_E_POLICY },
	{ "escapes are a difference", "https://%61s.example", true,  MCPASS_E_POLICY },
	{ "empty is not absent",      "",                     false, MCPASS_E_POLICY },
	{ "longer",                   AS ".evil.example",     false, MCPASS_E_POLICY },
	{ "shorter",                  "https://as.exampl",    false, MCPASS_E_POLICY },
};

static void test_iss(void)
{
	struct mcpass_error slash = { 0 };

	for (size_t i = 0; i < COUNT(iss_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(iss_rows[i].label, mp_authz_check_iss(iss_rows[i].sent, AS,
		    iss_rows[i].promised, &err), iss_rows[i].want);
		CHECK_STR(iss_rows[i].label, err.spec, iss_rows[i].want ? "RFC 9207 2.4" : NULL);
		CHECK(iss_rows[i].label, strstr(err.detail, "evil") == NULL);
	}
	(void)mp_authz_check_iss(AS "/", AS, true, &slash);
	CHECK_HAS("the usual reason is told", slash.detail, "a '/' at the end");
	mp_clear(&slash);
	(void)mp_authz_check_iss("https://as.exampl/", AS, true, &slash);
	CHECK("and only then", strstr(slash.detail, "a '/'") == NULL);
}

#define ISS "&iss=https%3A%2F%2Fas.example"
#define EVIL "&iss=https%3A%2F%2Fevil.example"
#define SENT "&error=sent_error&error_description=sent+words&error_uri=https%3A%2F%2Fsent.example"

static const struct {
	const char *label, *query;
	bool promised;
	enum mcpass_rc want;
	const char *spec, *oauth, *part;
} answer_rows[] = {
	{ "a code", "code=C%2B1&state=st" ISS, true, MCPASS_OK, NULL, "", NULL },
	{ "another order and more", "session_state=x" ISS "&state=st&code=C%2B1", true, MCPASS_OK,
	    NULL, "", NULL },
	{ "no iss, none promised", "code=C%2B1&state=st", false, MCPASS_OK, NULL, "", NULL },
	{ "no iss, but promised", "code=C&state=st", true, MCPASS_E_POLICY, "RFC 9207 2.4", "",
	    "missing" },
	{ "an unexpected iss of another", "code=C&state=st" EVIL, false, MCPASS_E_POLICY,
	    "RFC 9207 2.4", "", AS },
	{ "no state", "code=C" ISS, true, MCPASS_E_POLICY, "RFC 6749 10.12", "", "no state" },
	{ "another state", "code=C&state=sT" ISS, true, MCPASS_E_POLICY, "RFC 6749 10.12", "",
	    "not the one" },
	{ "a longer state", "code=C&state=stt" ISS, true, MCPASS_E_POLICY, "RFC 6749 10.12", "",
	    "not the one" },
	{ "an empty state", "code=C&state=" ISS, true, MCPASS_E_POLICY, "RFC 6749 10.12", "",
	    "not the one" },
	{ "state twice", "code=C&state=st&state=st" ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 3.1",
	    "", "state" },
	{ "iss twice", "code=C&state=st" EVIL ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 3.1", "",
	    "iss" },
	{ "code twice", "code=C&code=D&state=st" ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 3.1", "",
	    "code" },
	{ "refused", "error=access_denied&error_description=not+today&state=st" ISS, true,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "access_denied", "access_denied: not today" },
	{ "refused without words", "error=invalid_scope&state=st", false, MCPASS_E_DENIED,
	    "RFC 6749 4.1.2.1", "invalid_scope", "answered invalid_scope" },
	{ "an error before a code", "code=C&error=x&state=st" ISS, true, MCPASS_E_DENIED,
	    "RFC 6749 4.1.2.1", "x", "answered x" },
	{ "escapes in the words", "error=x&error_description=%1b%5B31m%0A&state=st", false,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "x", "x: ?[31m?" },
	{ "an error of another issuer", "state=st" EVIL SENT, true, MCPASS_E_POLICY,
	    "RFC 9207 2.4", "", AS },
	{ "the same, nothing promised", "state=st" EVIL SENT, false, MCPASS_E_POLICY,
	    "RFC 9207 2.4", "", AS },
	{ "an error without the promised iss", "state=st" SENT, true, MCPASS_E_POLICY,
	    "RFC 9207 2.4", "", "missing" },
	{ "an error of another login", "state=sent" ISS SENT, true, MCPASS_E_POLICY,
	    "RFC 6749 10.12", "", "not the one" },
	{ "neither code nor error", "state=st" ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 4.1.2", "",
	    "neither" },
	{ "an empty code", "code=&state=st" ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 4.1.2", "",
	    "neither" },
	{ "nothing", "", false, MCPASS_E_POLICY, "RFC 6749 10.12", "", "no state" },
	{ "a refusal in Latin-1", "error=access_denied&state=st&error_description=refus%E9", false,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "access_denied", "access_denied: refus?" },
	{ "a refusal with a bad escape", "error=access_denied&state=st&error_description=100%", false,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "access_denied", "access_denied: 100%" },
	{ "a refusal with a NUL", "error=access_denied&error_description=a%00b&state=st", false,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "access_denied", "access_denied: a?b" },
	{ "words twice", "error=x&error_description=a&error_description=b&state=st", false,
	    MCPASS_E_DENIED, "RFC 6749 4.1.2.1", "x", "answered x" },
	{ "something odd beside a code", "code=C%2B1&state=st&%ff=%zz" ISS, true, MCPASS_OK, NULL, "",
	    NULL },
	{ "an empty error beside a code", "code=C%2B1&error=&state=st" ISS, true, MCPASS_OK, NULL, "",
	    NULL },
	{ "an iss that is no text", "code=C&state=st&iss=%ff", true, MCPASS_E_POLICY, "RFC 9207 2.4", "",
	    AS },
	{ "a state that is no text", "code=C&state=st%00" ISS, true, MCPASS_E_POLICY, "RFC 6749 10.12",
	    "", "not the one" },
	{ "a code that is no text", "code=C%ff&state=st" ISS, true, MCPASS_E_PROTOCOL, "RFC 6749 B", "",
	    "no text" },
	{ "a bad escape", "code=%zz&state=st", false, MCPASS_E_PROTOCOL, "RFC 6749 B", "",
	    "escape" },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(answer_rows); i++) {
		struct mp_authz_expect expect = { "st", AS, answer_rows[i].promised };
		const char *label = answer_rows[i].label, *query = answer_rows[i].query;
		struct mp_secret code = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_authz_answer(query, strlen(query), &expect, &code, &err),
		    answer_rows[i].want);
		CHECK_STR(label, mp_secret_reveal(&code), answer_rows[i].want ? NULL : "C+1");
		CHECK_STR(label, err.spec, answer_rows[i].spec);
		CHECK_STR(label, err.oauth, answer_rows[i].oauth);
		if (answer_rows[i].part != NULL)
			CHECK_HAS(label, err.detail, answer_rows[i].part);
		/* What a sender wrote whom nobody knows is shown nowhere. */
		CHECK(label, strstr(err.detail, "sent") == NULL && strstr(err.hint, "sent") == NULL);
		CHECK(label, strstr(err.detail, "evil") == NULL && strstr(err.hint, "evil") == NULL);
		mp_secret_free(&code);
	}
}

static void test_no_memory(void)
{
	static const char query[] = "code=C&state=st" ISS;
	struct mp_authz_expect expect = { "st", AS, true };

	OOM_EACH {
		struct mp_secret code = { 0 };
		struct mcpass_error err = { 0 };
		char *url = NULL;
		enum mcpass_rc rc;

		rc = mp_authz_url(AS "/a", &whole, &url, &err);
		CHECK("untouched", (url == NULL) == (rc != MCPASS_OK));
		if (!rc)
			rc = mp_authz_answer(query, strlen(query), &expect, &code, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", mp_secret_present(&code) == (rc == MCPASS_OK));
		mp_secret_free(&code);
		free(url);
	}
}

static const struct {
	const char *label, *line, *want;
} pasted_rows[] = {
	{ "a whole address", "http://127.0.0.1:8765/callback?code=a&state=b\n", "code=a&state=b" },
	{ "with a fragment", "http://127.0.0.1:8765/callback?code=a&state=b#_=_\n", "code=a&state=b" },
	{ "the query alone", "code=a&state=b\r\n", "code=a&state=b" },
	{ "an error", "http://127.0.0.1/callback?error=access_denied&state=b\n",
	    "error=access_denied&state=b" },
	{ "blanks before it", " \t code=a&state=b", "code=a&state=b" },
	{ "blanks behind it", "?code=a&state=b  \n", "code=a&state=b" },
	{ "something else", "hello\n", NULL },
	{ "a line end", "\n", NULL },
};

static void test_pasted(void)
{
	for (size_t i = 0; i < COUNT(pasted_rows); i++) {
		char *query = NULL;

		CHECK_EQ(pasted_rows[i].label, mp_authz_read_pasted(pasted_rows[i].line, &query, NULL), MCPASS_OK);
		CHECK_STR(pasted_rows[i].label, query, pasted_rows[i].want);
		mp_free_wiped(query);
	}
}

int main(void)
{
	test_url();
	test_url_too_long();
	test_iss();
	test_answer();
	test_pasted();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
