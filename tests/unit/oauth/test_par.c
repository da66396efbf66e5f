/* What a pushed authorization request is answered.  spec: RFC 9126 2.2, 2.3 */
#include "oauth/par.h"
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"

#define PUSHED "{\"request_uri\":\"urn:a\",\"expires_in\":60}"

static const struct {
	const char *label;
	int status;
	const char *body;
	enum mcpass_rc want;
	const char *uri, *detail;       /* parts of the latter */
} rows[] = {
	{ "created", 201, PUSHED, MCPASS_OK, "urn:a", "" },
	{ "a plain 200", 200, PUSHED, MCPASS_OK, "urn:a", "" },
	{ "rewritten by a proxy", 203, PUSHED, MCPASS_OK, "urn:a", "" },
	{ "no content", 204, "", MCPASS_E_DENIED, NULL, "answered 204" },
	{ "a redirect", 302, "", MCPASS_E_DENIED, NULL, "answered 302" },
	{ "refused", 400, "{\"error\":\"invalid_request\"}", MCPASS_E_DENIED, NULL, "invalid_request" },
	{ "too much", 429, "", MCPASS_E_IO, NULL, "answered 429" },
	{ "broken", 500, PUSHED, MCPASS_E_IO, NULL, "answered 500" },
	{ "no request_uri", 201, "{}", MCPASS_E_PROTOCOL, NULL, "request_uri is missing" },
	{ "a web page", 201, "<html>", MCPASS_E_PROTOCOL, NULL, "not JSON" },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		char *uri = NULL;

		CHECK_EQ(rows[i].label, mp_par_answer(rows[i].status, rows[i].body, strlen(rows[i].body),
		    &uri, &err), rows[i].want);
		CHECK_STR(rows[i].label, uri, rows[i].uri);
		CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
		free(uri);
	}
	OOM_EACH {
		char *uri = NULL;

		CHECK_OOM("a reference", mp_par_answer(201, PUSHED, strlen(PUSHED), &uri, NULL), MCPASS_OK);
		free(uri);
	}
	return check_done();
}
