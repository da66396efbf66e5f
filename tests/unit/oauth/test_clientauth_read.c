/* Who claims to be calling the token endpoint. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/clientauth.h"

#define TYPE "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A" \
	"client-assertion-type%3Ajwt-bearer"
/* {"alg":"ES256"} . {"sub":"me"} . nothing that anybody checks here */
#define JWT "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.AAAA"
#define NO_SUB "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"
#define ALG_NONE "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9."

static const struct {
	const char *label, *header, *form, *id, *secret;
	enum mp_auth_method method;
	const char *code;               /* of the refusal, or NULL */
} rows[] = {
	{ "Basic", "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", "", "s6BhdRkqt3",
	    "7Fjfp0ZBr1KtDRbnfVdmIw", MP_AUTH_BASIC, NULL },
	{ "the scheme in another case", "bAsIc YTpi", "", "a", "b", MP_AUTH_BASIC, NULL },
	/* "a%3Ab:c+%2B%25%26" */
	{ "Basic, form-encoded halves", "Basic YSUzQWI6YyslMkIlMjUlMjY=", "", "a:b", "c +%&",
	    MP_AUTH_BASIC, NULL },
	/* "a:b:c=d" */
	{ "a ':' and a '=' in the secret", "Basic YTpiOmM9ZA==", "", "a", "b:c=d", MP_AUTH_BASIC,
	    NULL },
	{ "Basic and the same client_id", "Basic YTpi", "client_id=a", "a", "b", MP_AUTH_BASIC,
	    NULL },
	{ "Basic and another client_id", "Basic YTpi", "client_id=c", NULL, NULL, 0,
	    "invalid_client" },
	{ "another scheme", "Bearer YTpi", "client_id=a", NULL, NULL, 0, "invalid_client" },
	{ "a scheme alone", "Basic", "client_id=a", NULL, NULL, 0, "invalid_client" },
	{ "an empty header", "", "client_id=a", NULL, NULL, 0, "invalid_client" },
	{ "nothing behind Basic", "Basic ", "", NULL, NULL, 0, "invalid_client" },
	{ "not base64", "Basic !!!!", "", NULL, NULL, 0, "invalid_client" },
	{ "no ':'", "Basic YWI=", "", NULL, NULL, 0, "invalid_client" },
	/* "a\0:b" */
	{ "a NUL", "Basic YQA6Yg==", "", NULL, NULL, 0, "invalid_client" },
	/* "a:b\0c" */
	{ "a NUL in the secret", "Basic YTpiAGM=", "", NULL, NULL, 0, "invalid_client" },
	/* "a:%zz" */
	{ "a bad escape", "Basic YTolenp6", "", NULL, NULL, 0, "invalid_client" },
	/* "a&i=x:b" */
	{ "a second id smuggled in", "Basic YSZpPXg6Yg==", "", NULL, NULL, 0, "invalid_client" },
	{ "post", NULL, "client_id=a&client_secret=b", "a", "b", MP_AUTH_POST, NULL },
	{ "none", NULL, "client_id=a", "a", NULL, MP_AUTH_NONE, NULL },
	{ "an empty secret is none", NULL, "client_id=a&client_secret=", "a", NULL, MP_AUTH_NONE,
	    NULL },
	{ "nothing at all", NULL, "", NULL, NULL, 0, "invalid_client" },
	{ "an empty client_id", NULL, "client_id=", NULL, NULL, 0, "invalid_client" },
	{ "a secret of nobody", NULL, "client_secret=b", NULL, NULL, 0, "invalid_client" },
	{ "Basic and post", "Basic YTpi", "client_id=a&client_secret=b", NULL, NULL, 0,
	    "invalid_request" },
	{ "Basic and an assertion", "Basic YTpi", TYPE "&client_assertion=" JWT, NULL, NULL, 0,
	    "invalid_request" },
	{ "post and an assertion", NULL, "client_secret=b&" TYPE "&client_assertion=" JWT, NULL,
	    NULL, 0, "invalid_request" },
	{ "client_id twice", NULL, "client_id=a&client_id=a", NULL, NULL, 0, "invalid_request" },
	{ "client_secret twice", NULL, "client_id=a&client_secret=b&client_secret=c", NULL, NULL,
	    0, "invalid_request" },
	{ "an assertion", NULL, TYPE "&client_assertion=" JWT, "me", NULL,
	    MP_AUTH_PRIVATE_KEY_JWT, NULL },
	{ "an assertion and its client_id", NULL, "client_id=me&" TYPE "&client_assertion=" JWT,
	    "me", NULL, MP_AUTH_PRIVATE_KEY_JWT, NULL },
	{ "an assertion of another", NULL, "client_id=you&" TYPE "&client_assertion=" JWT, NULL,
	    NULL, 0, "invalid_client" },
	{ "an assertion of nobody", NULL, TYPE "&client_assertion=" NO_SUB, NULL, NULL, 0,
	    "invalid_client" },
	{ "an unsigned assertion", NULL, TYPE "&client_assertion=" ALG_NONE, NULL, NULL, 0,
	    "invalid_client" },
	{ "an assertion that is none", NULL, TYPE "&client_assertion=x", NULL, NULL, 0,
	    "invalid_client" },
	{ "an assertion without its type", NULL, "client_assertion=" JWT, NULL, NULL, 0,
	    "invalid_client" },
	{ "an assertion of another type", NULL,
	    "client_assertion_type=saml2-bearer&client_assertion=" JWT, NULL, NULL, 0,
	    "invalid_client" },
};

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_client_id client = { 0 };
		struct mcpass_error err = { 0 };
		struct mp_form form = { 0 };

		CHECK_EQ("a form", mp_form_parse(rows[i].form, strlen(rows[i].form), &form, NULL),
		    MCPASS_OK);
		CHECK_EQ(rows[i].label, mp_clientauth_read(rows[i].header, &form, &client, &err),
		    rows[i].code != NULL ? MCPASS_E_DENIED : MCPASS_OK);
		CHECK_STR(rows[i].label, err.oauth, rows[i].code != NULL ? rows[i].code : "");
		CHECK(rows[i].label, (err.spec != NULL) == (rows[i].code != NULL));
		CHECK_STR(rows[i].label, client.client_id, rows[i].id);
		CHECK_STR(rows[i].label, mp_secret_reveal(&client.client_secret), rows[i].secret);
		CHECK_EQ(rows[i].label, client.method, rows[i].method);
		mp_client_id_free(&client);
		mp_form_free(&form);
	}
}

static void no_memory(const char *header, const char *text)
{
	struct mp_form form = { 0 };

	CHECK_EQ("a form", mp_form_parse(text, strlen(text), &form, NULL), MCPASS_OK);
	OOM_EACH {
		struct mp_client_id client = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_clientauth_read(header, &form, &client, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", (client.client_id == NULL) == (rc != MCPASS_OK));
		mp_client_id_free(&client);
	}
	mp_form_free(&form);
}

int main(void)
{
	test_read();
	no_memory("Basic YTpi", "");
	no_memory(NULL, "client_id=a&client_secret=b");
	no_memory(NULL, TYPE "&client_assertion=" JWT);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
