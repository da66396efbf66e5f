/* The table of providers: which issuer is whose, and what may be weakened where. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/quirks.h"

static const struct { const char *issuer, *want; } match_rows[] = {
	{ "https://login.microsoftonline.com/72f988bf/v2.0", "entra" },
	{ "https://login.microsoftonline.com/common/v2.0/", "entra" },
	{ "https://LOGIN.microsoftonline.com/common/v2.0", "entra" },
	{ "https://login.microsoftonline.com:443/common/v2.0", "entra" },
	{ "https://login.microsoftonline.us/t/v2.0", "entra" },
	{ "https://contoso.ciamlogin.com/t/v2.0", "entra" },
	{ "https://tenant.auth0.com/", "auth0" },
	{ "https://tenant.eu.auth0.com", "auth0" },
	{ "https://accounts.google.com", "google" },
	{ "https://dev-1.okta.com/oauth2/default", "okta" },
	{ "https://dev-1.okta.com", "okta" },
	{ "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", "cognito" },
	{ "https://cognito-idp.us-gov-west-1.amazonaws.com/x", "cognito" },
	{ "https://cognito-idp.cn-north-1.amazonaws.com.cn/x", "cognito" },
	{ "https://id.example/realms/mcp", "keycloak" },
	{ "https://id.example/auth/realms/mcp/", "keycloak" },
	{ "https://github.com/login/oauth", "github" },
	{ "https://corp.ghe.com/login/oauth", "github" },
	{ "https://id.example/application/o/app/", "authentik" },
	{ "https://api.descope.com/P1/v1", "descope" },
	/* Who only looks like one. */
	{ "http://login.microsoftonline.com/common/v2.0", NULL },
	{ "https://login.microsoftonline.com:8443/common/v2.0", NULL },
	{ "https://login.microsoftonline.com./common/v2.0", NULL },
	{ "https://login.microsoftonline.com/v2.0", NULL },
	{ "https://login.microsoftonline.com//v2.0", NULL },
	{ "https://login.microsoftonline.com/a/b/v2.0", NULL },
	{ "https://login.microsoftonline.com/common/v2.0/x", NULL },
	{ "https://login.microsoftonline.com/common/v2.0?x=1", NULL },
	{ "https://x.login.microsoftonline.com/common/v2.0", NULL },
	{ "https://login.microsoftonline.com.evil.example/common/v2.0", NULL },
	{ "https://evil.example/login.microsoftonline.com/v2.0", NULL },
	{ "https://evillogin.microsoftonline.com/common/v2.0", NULL },
	{ "https://ciamlogin.com/t/v2.0", NULL },
	{ "https://evilciamlogin.com/t/v2.0", NULL },
	{ "https://auth0.com/", NULL },
	{ "https://evilauth0.com/", NULL },
	{ "https://tenant.auth0.com.evil.example/", NULL },
	{ "https://accounts.google.com.evil.example", NULL },
	{ "https://x.accounts.google.com", NULL },
	{ "https://evilokta.com", NULL },
	{ "https://cognito-idp.s3.amazonaws.com/x", NULL },
	{ "https://cognito-idp.s3-us-west-2.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-east-.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-1.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-1234.amazonaws.com/x", NULL },
	{ "https://cognito-idp.usa-east-1.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-east-1a.amazonaws.com/x", NULL },
	{ "https://x.cognito-idp.us-east-1.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-east-1.elb.amazonaws.com/x", NULL },
	{ "https://cognito-idp.us-east-1.amazonaws.com/", NULL },
	{ "https://id.example/realms", NULL },
	{ "https://id.example/realms/", NULL },
	{ "https://id.example/x/realms/mcp", NULL },
	{ "https://id.example/Realms/mcp", NULL },
	{ "https://github.com/login", NULL },
	{ "https://[::1]/realms/mcp", NULL },
	{ "https://as.example", NULL },
	{ "no URL", NULL },
	{ "", NULL },
};

static void test_match(void)
{
	for (size_t i = 0; i < COUNT(match_rows); i++) {
		struct mp_quirk_choice choice = { 0 };

		CHECK_EQ(match_rows[i].issuer, mp_quirk_apply(NULL, match_rows[i].issuer, &choice, NULL),
		    MCPASS_OK);
		CHECK_STR(match_rows[i].issuer, choice.row != NULL ? choice.row->name : NULL,
		    match_rows[i].want);
		CHECK_EQ(match_rows[i].issuer, choice.changes,
		    choice.row != NULL ? choice.row->changes : 0);
	}
}

#define ENTRA "https://login.microsoftonline.com/t/v2.0"

static const struct {
	const char *label, *chosen, *issuer, *want;
	bool weakened;
} choice_rows[] = {
	{ "its own host", NULL, ENTRA, "entra", true },
	{ "its own host, and named", "entra", ENTRA, "entra", true },
	{ "named on loopback", "entra", "http://127.0.0.1:8930", "entra", true },
	{ "named elsewhere: PKCE has to be mentioned", "entra", "https://id.example", "entra", false },
	{ "named at another provider", "entra", "https://tenant.auth0.com", "entra", false },
	{ "named for its other cloud's path", "entra", "https://login.microsoftonline.com/x", "entra",
	    false },
	{ "cognito elsewhere", "cognito", "https://evil.amazonaws.com/x", "cognito", false },
	{ "none at its own host", "none", ENTRA, NULL, false },
	{ "nothing known", NULL, "https://as.example", NULL, false },
	{ "another name wins over the URL", "google", ENTRA, "google", false },
};

static void test_choice(void)
{
	for (size_t i = 0; i < COUNT(choice_rows); i++) {
		struct mp_quirk_choice choice = { 0 };
		const char *label = choice_rows[i].label;

		CHECK_EQ(label, mp_quirk_apply(choice_rows[i].chosen, choice_rows[i].issuer, &choice,
		    NULL), MCPASS_OK);
		CHECK_STR(label, choice.row != NULL ? choice.row->name : NULL, choice_rows[i].want);
		CHECK_EQ(label, (choice.changes & MP_QUIRK_NO_S256) != 0, choice_rows[i].weakened);
		CHECK_EQ(label, choice.by_name, choice_rows[i].chosen != NULL);
		CHECK(label, choice.row == NULL
		    || (choice.changes | MP_QUIRK_NO_S256) == (choice.row->changes | MP_QUIRK_NO_S256));
	}
}

static void test_unknown_name(void)
{
	struct mp_quirk_choice choice = { .by_name = true };
	struct mcpass_error err = { 0 };

	CHECK_EQ("no such name", mp_quirk_apply("entr", ENTRA, &choice, &err), MCPASS_E_USAGE);
	CHECK("untouched", choice.by_name && choice.row == NULL);
	CHECK_EQ("nor an empty one", mp_quirk_apply("", ENTRA, &choice, NULL), MCPASS_E_USAGE);
}

/* What every row owes. */
static void test_table(void)
{
	size_t count;
	const struct mp_quirk *rows = mp_quirks(&count);

	for (size_t i = 0; i < count; i++) {
		struct mp_strings phrases = { 0 };
		const char *name = rows[i].name;

		CHECK(name, strcmp(name, "none") != 0 && mp_quirk_named(name) == &rows[i]);
		CHECK("nobody's row weakens nothing", rows[i].hosts[0] != NULL
		    || (rows[i].changes & MP_QUIRK_NO_S256) == 0);
		CHECK("a remedy, which fits into a hint", rows[i].remedy != NULL
		    && strlen(rows[i].remedy) <= 170 && rows[i].remedy[strlen(rows[i].remedy) - 1] == '.');
		CHECK("who registers nobody says what it takes",
		    (rows[i].changes & MP_QUIRK_NO_DCR) == 0 || rows[i].options != NULL);
		CHECK_EQ(name, mp_quirk_describe(&rows[i], rows[i].changes, &phrases, NULL), MCPASS_OK);
		CHECK("all of it is said in one note", phrases.count <= 6);
		mp_strings_free(&phrases);
	}
}

static void test_describe(void)
{
	const struct mp_quirk *row = mp_quirk_named("auth0");
	struct mp_strings phrases = { 0 };

	CHECK_EQ("auth0", mp_quirk_describe(row, row->changes, &phrases, NULL), MCPASS_OK);
	CHECK_EQ("one change", phrases.count, 1);
	CHECK_STR("in words", phrases.items[0],
	    "the authorization request has audience=(the resource)");
	mp_strings_free(&phrases);
}

static void test_no_memory(void)
{
	const struct mp_quirk *row = mp_quirk_named("google");

	OOM_EACH {
		struct mp_strings phrases = { 0 };
		enum mcpass_rc rc;

		rc = mp_quirk_describe(row, row->changes, &phrases, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK("untouched", !rc || phrases.items == NULL);
		mp_strings_free(&phrases);
	}
}

int main(void)
{
	test_match();
	test_choice();
	test_unknown_name();
	test_table();
	test_describe();
	test_no_memory();
	return check_done();
}
