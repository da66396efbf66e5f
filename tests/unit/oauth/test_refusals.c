/* What servers say when they refuse, word by word, and the row that is found for it. */
#include <stdio.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/refusals.h"
#include "oauth/registration.h"
#include "oauth/token.h"
#include "oauth/authz.h"

#define POLICY(name, details) "{\"error\":\"insufficient_scope\",\"error_description\":\"Policy '" \
	name "' rejected request to client-registration service. Details: " details "\"}"

static const struct {
	const char *label;
	unsigned at;
	int status;
	const char *body;               /* AUTHORIZATION: the query */
	enum mp_cure cure;
	const char *hint;               /* NULL: none of the table's */
} rows[] = {
	{ "Trusted Hosts, sender", MP_REFUSED_REGISTRATION, 403, POLICY("Trusted Hosts", "Host not"
	    " trusted."), MP_CURE_NONE, "'Trusted Hosts' (anonymous access) in Clients" },
	{ "Trusted Hosts, URI", MP_REFUSED_REGISTRATION, 403, POLICY("Trusted Hosts",
	    "URI doesn't match any trusted host or trusted domain"), MP_CURE_NONE, "localhost" },
	{ "Allowed Client Scopes", MP_REFUSED_REGISTRATION, 403, POLICY("Allowed Client Scopes",
	    "Not permitted to use specified clientScope"), MP_CURE_LESS_SCOPE,
	    "'Allowed Client Scopes' (anonymous access) in Clients" },
	{ "Max Clients Limit", MP_REFUSED_REGISTRATION, 403, POLICY("Max Clients Limit",
	    "It's allowed to have max 200 clients per realm"), MP_CURE_NONE,
	    "'Max Clients Limit' (anonymous access) in Clients" },
	{ "Pydantic", MP_REFUSED_REGISTRATION, 422, "{\"detail\":[{\"msg\":\"Extra inputs are not"
	    " permitted\"}]}", MP_CURE_FEWER_FIELDS, "by hand" },
	{ "zod", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"invalid_request\",\"error_description\":"
	    "\"Unrecognized key(s) in object: 'application_type'\"}", MP_CURE_FEWER_FIELDS, "by hand" },
	{ "JSON Schema", MP_REFUSED_REGISTRATION, 400, "{\"message\":\"body must NOT have additional"
	    " properties\"}", MP_CURE_FEWER_FIELDS, "by hand" },
	{ "Go", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"invalid_request\",\"error_description\":"
	    "\"json: unknown field \\\"application_type\\\"\"}", MP_CURE_FEWER_FIELDS, "by hand" },
	{ "a policy of the realm's own", MP_REFUSED_REGISTRATION, 403, POLICY("House Rules", "No."),
	    MP_CURE_NONE, "the policy that is named here" },
	{ "an unknown field", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"Invalid json representation"
	    " for OIDCClientRepresentation. Unrecognized field \\\"foo\\\" at line 1 column 272.\"}",
	    MP_CURE_FEWER_FIELDS, "members that it does not know" },
	{ "not an object", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"unknown_error\","
	    "\"error_description\":\"Cannot parse the JSON\"}", MP_CURE_NONE, NULL },
	{ "an Origin", MP_REFUSED_REGISTRATION, 403, "{\"error\":\"Invalid origin\"}", MP_CURE_NONE,
	    "Registration Web Origins" },
	{ "RFC 7591's refusal", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"invalid_client_metadata\"}",
	    MP_CURE_FEWER_FIELDS, "--client-id" },
	{ "a redirect URI", MP_REFUSED_REGISTRATION, 400, "{\"error\":\"invalid_redirect_uri\"}",
	    MP_CURE_NONE, "redirect host or port" },
	{ "offline tokens", MP_REFUSED_TOKEN, 400, "{\"error\":\"not_allowed\",\"error_description\":"
	    "\"Offline tokens not allowed for the user or client\"}", MP_CURE_NO_OFFLINE,
	    "realm role offline_access" },
	{ "not allowed, whatever it is", MP_REFUSED_TOKEN, 400, "{\"error\":\"not_allowed\"}",
	    MP_CURE_NONE, NULL },
	{ "a resource that is not known", MP_REFUSED_TOKEN, 400, "{\"error\":\"invalid_target\"}",
	    MP_CURE_NONE, "attribute resource_url = the resource" },
	{ "Entra", MP_REFUSED_TOKEN, 400, "{\"error\":\"invalid_target\",\"error_description\":"
	    "\"AADSTS9010010: The resource parameter\"}", MP_CURE_NONE, "--provider entra" },
	{ "a client that is gone", MP_REFUSED_TOKEN, 401, "{\"error\":\"invalid_client\"}", MP_CURE_NONE,
	    "log out" },
	{ "a grant that is none of the client's", MP_REFUSED_TOKEN, 400,
	    "{\"error\":\"unauthorized_client\"}", MP_CURE_NONE, "may not use this grant" },
	{ "a 5xx has no cure", MP_REFUSED_TOKEN, 500, "{\"error\":\"not_allowed\",\"error_description\":"
	    "\"Offline tokens not allowed for the user or client\"}", MP_CURE_NO_OFFLINE, NULL },
	{ "beyond the ceiling", MP_REFUSED_AUTHORIZATION, 0, "error=invalid_scope&error_description="
	    "Invalid+scopes%3A+mcp%3Atools", MP_CURE_NONE, "> Client scopes: add them" },
	{ "offline_access among them", MP_REFUSED_AUTHORIZATION, 0, "error=invalid_scope&"
	    "error_description=Invalid+scopes%3A+mcp%3Atools+offline_access", MP_CURE_NO_OFFLINE, "fewer" },
	{ "a scope, no words", MP_REFUSED_AUTHORIZATION, 0, "error=invalid_scope", MP_CURE_NONE, "fewer" },
	{ "the person", MP_REFUSED_AUTHORIZATION, 0, "error=access_denied", MP_CURE_NONE, "refused" },
	{ "nobody's code", MP_REFUSED_AUTHORIZATION, 0, "error=who_knows", MP_CURE_NONE, NULL },
};

static void refuse(size_t i, struct mcpass_error *err)
{
	static const struct mp_authz_expect expect = { "st", "https://as.example", false };
	struct mp_registration registration = { 0 };
	struct mp_secret code = { 0 };
	struct mp_token token = { 0 };
	char query[512];

	if (rows[i].at == MP_REFUSED_REGISTRATION) {
		(void)mp_registration_answer(rows[i].status, rows[i].body, strlen(rows[i].body),
		    &registration, err);
	} else if (rows[i].at == MP_REFUSED_TOKEN) {
		(void)mp_token_answer(rows[i].status, rows[i].body, strlen(rows[i].body), "Bearer", &token,
		    err);
	} else {
		snprintf(query, sizeof(query), "state=st&%s", rows[i].body);
		(void)mp_authz_answer(query, strlen(query), &expect, &code, err);
	}
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		const struct mp_refusal *row;

		refuse(i, &err);
		CHECK_EQ(rows[i].label, err.rc, rows[i].status >= 500 ? MCPASS_E_IO : MCPASS_E_DENIED);
		row = mp_refusal_find(rows[i].at, &err);
		CHECK_EQ(rows[i].label, row != NULL ? row->cure : MP_CURE_NONE,
		    rows[i].status >= 500 ? MP_CURE_NONE : rows[i].cure);
		if (rows[i].hint != NULL)
			CHECK_HAS(rows[i].label, err.hint, rows[i].hint);
		else
			CHECK(rows[i].label, row == NULL);
	}
}

/* What every row owes: a hint that is shown whole, and a place. */
static void test_table(void)
{
	struct mcpass_error err;
	size_t count;
	const struct mp_refusal *all = mp_refusals(&count);

	for (size_t i = 0; i < count; i++) {
		const char *label = all[i].part != NULL ? all[i].part : all[i].code;

		CHECK(label, all[i].at != 0 && (all[i].code != NULL || all[i].part != NULL));
		CHECK(label, strlen(all[i].hint) < sizeof(err.hint));
		CHECK_STR(label, all[i].hint + strlen(all[i].hint) - 1, ".");
	}
	CHECK("nobody to tell", mp_refusal_find(MP_REFUSED_TOKEN, NULL) == NULL);
	mp_refusal_hint(MP_REFUSED_TOKEN, NULL);
}

int main(void)
{
	test_rows();
	test_table();
	return check_done();
}
