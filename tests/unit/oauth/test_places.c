/* The walk to a metadata document: where it goes, and what it makes of each answer. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/places.h"

#define RS "https://rs.example"
#define AS "https://as.example"
#define PRM "{\"resource\":\"" RS "/mcp\",\"authorization_servers\":[\"" AS "\"]}"
#define META "{\"issuer\":\"" AS "\"}"

/* One byte more than a document may have, as a program hands on what is longer. */
static char large_page[MP_MAX_DOCUMENT + 2], large_document[MP_MAX_DOCUMENT + 2];

static void fill_large(void)
{
	memset(large_page, ' ', MP_MAX_DOCUMENT + 1);
	memset(large_document, ' ', MP_MAX_DOCUMENT + 1);
	memcpy(large_page, "<html>", strlen("<html>"));
	memcpy(large_document, PRM, strlen(PRM));
}

static enum mp_places_next answer_with(struct mp_places *places, int status, const char *location,
    const char *body, struct mcpass_error *err)
{
	const struct mcpass_header header = { "location", location };
	const struct mp_places_answer answer = { status, &header, location != NULL, body,
		strlen(body) };

	return mp_places_next(places, &answer, err);
}

/* One place after the other gives this answer. */
enum then { AGAIN = MP_PLACES_AGAIN, FOUND = MP_PLACES_FOUND, NONE = MP_PLACES_NONE,
	FAILED = MP_PLACES_FAILED };
static const struct row {
	const char *label;
	bool named;                     /* the first place is the challenge's */
	int status;
	const char *location, *body;
	enum then then;                 /* after the first answer */
	enum then end;                  /* after the same answer everywhere */
	enum mcpass_rc rc;              /* of the end */
	const char *detail;
} rows[] = {
	{ "the document", false, 200, NULL, PRM, FOUND, FOUND, MCPASS_OK, NULL },
	{ "the document, named", true, 200, NULL, PRM, FOUND, FOUND, MCPASS_OK, NULL },
	{ "a mark before it", false, 200, NULL, "\xef\xbb\xbf" PRM, FOUND, FOUND, MCPASS_OK, NULL },
	{ "404", false, 404, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "404, named", true, 404, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "401", false, 401, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "403 with the document", false, 403, NULL, PRM, AGAIN, NONE, MCPASS_OK, NULL },
	{ "a web page", false, 200, NULL, "<!doctype html>", AGAIN, NONE, MCPASS_OK, NULL },
	{ "a web page, named", true, 200, NULL, "<!doctype html>", FAILED, FAILED, MCPASS_E_PROTOCOL,
	    "/meta, which the challenge names: " },
	{ "a page that is too large", false, 200, NULL, large_page, AGAIN, NONE, MCPASS_OK, NULL },
	{ "a page that is too large, named", true, 200, NULL, large_page, FAILED, FAILED,
	    MCPASS_E_LIMIT, "/meta, which the challenge names: " },
	{ "a document that is too large", false, 200, NULL, large_document, AGAIN, FAILED,
	    MCPASS_E_LIMIT, "is larger than" },
	{ "nothing", false, 200, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "nothing, named", true, 200, NULL, "", FAILED, FAILED, MCPASS_E_PROTOCOL, "/meta, which" },
	{ "an empty object", false, 200, NULL, "{}", AGAIN, NONE, MCPASS_OK, NULL },
	{ "an empty object, named", true, 200, NULL, "{}", FAILED, FAILED, MCPASS_E_PROTOCOL,
	    "resource is missing" },
	{ "another object", false, 200, NULL, "{\"error\":\"x\"}", AGAIN, NONE, MCPASS_OK, NULL },
	{ "a list", false, 200, NULL, "[]", AGAIN, NONE, MCPASS_OK, NULL },
	{ "null", false, 200, NULL, "null", AGAIN, NONE, MCPASS_OK, NULL },
	{ "204", false, 204, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "204, named", true, 204, NULL, "", FAILED, FAILED, MCPASS_E_PROTOCOL, "answered 204" },
	{ "203 with the document", false, 203, NULL, PRM, FOUND, FOUND, MCPASS_OK, NULL },
	{ "206 with the document", false, 206, NULL, PRM, AGAIN, NONE, MCPASS_OK, NULL },
	{ "a document that breaks off", false, 200, NULL, "{\"resource\":", AGAIN, FAILED,
	    MCPASS_E_PROTOCOL, "JSON" },
	{ "a document that contradicts itself", false, 200, NULL,
	    "{\"resource\":\"" RS "/mcp\",\"resource\":\"" RS "\"}", AGAIN, FAILED, MCPASS_E_PROTOCOL,
	    "twice" },
	{ "a document that names no issuer", false, 200, NULL, "{\"resource\":\"" RS "/mcp\"}", FOUND, FOUND,
	    MCPASS_OK, NULL },
	{ "another resource's", false, 200, NULL,
	    "{\"resource\":\"https://bank.example\",\"authorization_servers\":[\"" AS "\"]}", AGAIN,
	    FAILED, MCPASS_E_POLICY, "bank.example" },
	{ "500", false, 500, NULL, "", FAILED, FAILED, MCPASS_E_IO, "answered 500" },
	{ "503, named", true, 503, NULL, "", FAILED, FAILED, MCPASS_E_IO, "answered 503" },
	{ "429", false, 429, NULL, "", FAILED, FAILED, MCPASS_E_IO, "answered 429" },
	{ "no answer", false, 0, NULL, "refused", FAILED, FAILED, MCPASS_E_IO, "refused" },
	{ "a redirect without a place", false, 302, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "not modified", false, 304, NULL, "", AGAIN, NONE, MCPASS_OK, NULL },
	{ "a redirect for ever", false, 302, RS "/elsewhere", "", AGAIN, FAILED, MCPASS_E_LIMIT,
	    "redirects more than" },
	{ "a redirect inside", false, 302, "https://10.0.0.1/", "", AGAIN, FAILED, MCPASS_E_POLICY,
	    "the redirect is an address inside" },
	{ "a redirect inside, mapped", false, 302, "https://[::ffff:10.0.0.1]/", "", AGAIN, FAILED,
	    MCPASS_E_POLICY, "the redirect is an address inside" },
	{ "a redirect inside, NAT64", false, 302, "https://[64:ff9b::a00:1]/", "", AGAIN, FAILED,
	    MCPASS_E_POLICY, "the redirect is an address inside" },
	{ "a redirect inside, in one number", false, 302, "https://167772161/", "", AGAIN, FAILED,
	    MCPASS_E_POLICY, "the redirect is an address inside" },
	{ "a redirect to plain http", false, 307, "http://rs.example/", "", AGAIN, FAILED,
	    MCPASS_E_POLICY, "plain http" },
	{ "a redirect inside, named", true, 302, "https://169.254.169.254/", "", FAILED, FAILED,
	    MCPASS_E_POLICY, "which the challenge names" },
	{ "a redirect to a file", false, 302, "file:///etc/passwd", "", AGAIN, NONE, MCPASS_OK, NULL },
};

static enum mp_places_next walk(struct mp_places *places, const struct row *row, bool once,
    struct mcpass_error *err)
{
	enum mp_places_next next = MP_PLACES_AGAIN;

	for (int i = 0; next == MP_PLACES_AGAIN && i < (once ? 1 : 40); i++)
		next = answer_with(places, row->status, row->location, row->body, err);
	return next;
}

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int once = 0; once < 2; once++) {
			struct mcpass_error err = { 0 };
			struct mp_places places = { 0 };

			CHECK_EQ(rows[i].label, mp_places_of_resource(&places, RS "/mcp",
			    rows[i].named ? RS "/meta" : NULL, false, NULL), MCPASS_OK);
			CHECK_EQ(rows[i].label, walk(&places, &rows[i], once == 1, &err),
			    once ? (int)rows[i].then : (int)rows[i].end);
			if (!once)
				CHECK_EQ(rows[i].label, err.rc, rows[i].rc);
			if (!once && rows[i].detail != NULL)
				CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
			mp_places_free(&places);
		}
	}
}

/* Two documents of an issuer with a path, in turn; then 404. */
#define T AS "/t"
#define DOC(more) "{\"issuer\":\"" T "\"" more "}"
static const struct {
	const char *label, *first, *second;
	unsigned wants;
	enum then then, end;
	const char *registration, *token;
} two_rows[] = {
	{ "enough at first", DOC(",\"registration_endpoint\":\"" T "/r\""), "", MP_WANTS_REGISTRATION,
	    FOUND, FOUND, T "/r", NULL },
	{ "not wanted", DOC(""), "", 0, FOUND, FOUND, NULL, NULL },
	{ "the second completes it", DOC(",\"token_endpoint\":\"" T "/k\""),
	    DOC(",\"registration_endpoint\":\"" T "/r\",\"token_endpoint\":\"https://x.example/k\""),
	    MP_WANTS_REGISTRATION | MP_WANTS_TOKEN, AGAIN, FOUND, T "/r", T "/k" },
	{ "the second is of another issuer", DOC(""),
	    "{\"issuer\":\"https://evil.example\",\"registration_endpoint\":\"https://evil.example/r\"}",
	    MP_WANTS_REGISTRATION, AGAIN, FOUND, NULL, NULL },
	{ "the second differs by a slash", DOC(""),
	    "{\"issuer\":\"" T "/\",\"registration_endpoint\":\"" T "/r\"}", MP_WANTS_REGISTRATION, AGAIN,
	    FOUND, NULL, NULL },
	{ "the second is a web page", DOC(""), "<html>", MP_WANTS_REGISTRATION, AGAIN, FOUND, NULL,
	    NULL },
	{ "the first is of another issuer", "{\"issuer\":\"" AS "/u\",\"token_endpoint\":\"" AS "/u/k\"}",
	    DOC(",\"token_endpoint\":\"" T "/k\""), MP_WANTS_TOKEN, AGAIN, FOUND, NULL, T "/k" },
	{ "both are", META, META, MP_WANTS_TOKEN, AGAIN, FAILED, NULL, NULL },
};

static void test_two(void)
{
	for (size_t i = 0; i < COUNT(two_rows); i++) {
		const char *label = two_rows[i].label;
		struct mcpass_error err = { 0 };
		struct mp_places places = { 0 };
		enum mp_places_next next;

		CHECK_EQ(label, mp_places_of_issuer(&places, T, RS "/mcp", false, two_rows[i].wants, NULL),
		    MCPASS_OK);
		next = answer_with(&places, 200, NULL, two_rows[i].first, &err);
		CHECK_EQ(label, next, (int)two_rows[i].then);
		if (next == MP_PLACES_AGAIN)
			next = answer_with(&places, 200, NULL, two_rows[i].second, &err);
		while (next == MP_PLACES_AGAIN)
			next = answer_with(&places, 404, NULL, "", &err);
		CHECK_EQ(label, next, (int)two_rows[i].end);
		CHECK_EQ(label, err.rc, two_rows[i].end == FAILED ? MCPASS_E_POLICY : MCPASS_OK);
		CHECK_STR(label, places.as.registration_endpoint, two_rows[i].registration);
		CHECK_STR(label, places.as.token_endpoint, two_rows[i].token);
		mp_places_free(&places);
	}
}

/* What was found stands, whatever another place says. */
static void test_found_stands(void)
{
	static const int statuses[] = { 0, 429, 500, 503 };

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct mcpass_error err = { 0 };
		struct mp_places places = { 0 };

		CHECK_EQ("a walk", mp_places_of_issuer(&places, T, RS, false, MP_WANTS_DEVICE, NULL),
		    MCPASS_OK);
		CHECK_EQ("goes on", answer_with(&places, 200, NULL, DOC(""), &err), MP_PLACES_AGAIN);
		CHECK_STR("for a member", places.lacked, "device_authorization_endpoint");
		CHECK_EQ("and stops", answer_with(&places, statuses[i], NULL, "", &err), MP_PLACES_FOUND);
		CHECK_EQ("without an error", err.rc, MCPASS_OK);
		mp_places_free(&places);
	}
}

static void test_redirect(void)
{
	struct mp_places places = { 0 };

	CHECK_EQ("a walk", mp_places_of_resource(&places, RS "/mcp", NULL, false, NULL), MCPASS_OK);
	CHECK_STR("the first", mp_places_url(&places), RS "/.well-known/oauth-protected-resource/mcp");
	CHECK_EQ("redirected", answer_with(&places, 308, "../elsewhere?x", "", NULL), MP_PLACES_AGAIN);
	CHECK_STR("is followed", mp_places_url(&places), RS "/.well-known/elsewhere?x");
	CHECK_EQ("404 there", answer_with(&places, 404, NULL, "", NULL), MP_PLACES_AGAIN);
	CHECK_STR("the second", mp_places_url(&places), RS "/.well-known/oauth-protected-resource");
	CHECK_EQ("found", answer_with(&places, 200, NULL, PRM, NULL), MP_PLACES_FOUND);
	CHECK_STR("what it says", places.prm.authorization_servers.items[0], AS);
	mp_places_free(&places);
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };
		struct mp_places places = { 0 };
		enum mp_places_next next = MP_PLACES_FAILED;
		enum mcpass_rc rc;

		rc = mp_places_of_issuer(&places, T, RS, false, MP_WANTS_REGISTRATION, &err);
		if (!rc)
			next = answer_with(&places, 302, "/elsewhere", "", &err);
		for (int i = 0; !rc && next == MP_PLACES_AGAIN; i++)
			next = answer_with(&places, 200, NULL, i == 0 ? META : two_rows[2].first, &err);
		if (oom_over())
			CHECK_EQ("no memory", err.rc, MCPASS_E_NOMEM);
		else
			CHECK_EQ("found", next, MP_PLACES_FOUND);
		mp_places_free(&places);
	}
}

int main(void)
{
	fill_large();
	test_answers();
	test_two();
	test_found_stands();
	test_redirect();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
