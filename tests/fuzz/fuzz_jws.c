/* Tokens: taken apart without harm, and none verifies but the one that was signed. */
#include <stdlib.h>
#include <string.h>
#include "wire/jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The public halves of RFC 8037 A.2, RFC 7515 A.3 and A.2: the corpus has their tokens. */
static const char keys[] = "{\"keys\":["
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W2"
	"6mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47s"
	"oMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQ"
	"Y4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g"
	"b54h4FRWyuXpoQ\"}]}";
/* What was signed with them. */
static const char *const inputs[] = {
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
	"bS9pc19yb290Ijp0cnVlfQ",
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
	"bS9pc19yb290Ijp0cnVlfQ",
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct mp_jwks set;
	struct mcpass_error err = { 0 };
	struct mp_jws jws = { 0 };
	const struct mp_key *key;

	if (set.count == 0)
		check(mp_jwks_parse(keys, sizeof(keys) - 1, &set, NULL) == MCPASS_OK);
	if (mp_jws_parse((struct mp_span){ (const char *)data, len }, &jws, &err) != MCPASS_OK) {
		check(err.rc != MCPASS_OK && jws.header == NULL);
		return 0;
	}
	check(jws.alg != MP_ALG_NONE && json_object_get(jws.header, "crit") == NULL);
	key = mp_jwks_find(&set, NULL, jws.alg);
	if (key != NULL && mp_jws_verify(&jws, key, &err) == MCPASS_OK)
		check(mp_span_is(jws.signing_input, inputs[0])
		    || mp_span_is(jws.signing_input, inputs[1]));
	mp_jws_free(&jws);
	return 0;
}
