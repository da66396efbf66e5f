/* Keys and key sets: what is read can be written, and is the same key again. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void write_and_read(const struct mp_key *key, bool is_private)
{
	struct mp_key *again = NULL;
	char *first = NULL, *second = NULL;
	json_t *jwk = NULL;

	check(mp_jwk_write(key, is_private, &jwk, NULL) == MCPASS_OK);
	check(mp_jwk_parse(jwk, is_private, &again, NULL) == MCPASS_OK);
	check(mp_jwk_thumbprint(key, &first, NULL) == MCPASS_OK);
	check(mp_jwk_thumbprint(again, &second, NULL) == MCPASS_OK);
	check(strcmp(first, second) == 0);
	check(mp_eq(mp_key_kid(key), mp_key_kid(again)));
	for (int alg = MP_ALG_NONE; alg <= MP_EDDSA; alg++)
		check(!mp_key_permits(key, (enum mp_alg)alg) || alg != MP_ALG_NONE);
	free(first);
	free(second);
	json_decref(jwk);
	mp_key_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_jwks set = { 0 };
	json_t *json = NULL;

	if (mp_jwks_parse((const char *)data, len, &set, NULL) == MCPASS_OK) {
		for (size_t i = 0; i < set.count; i++)
			write_and_read(set.keys[i], false);
		(void)mp_jwks_find(&set, NULL, MP_RS256);
		mp_jwks_free(&set);
	}
	if (mp_json_parse((const char *)data, len, MP_MAX_DOCUMENT, "it", &json, NULL) != MCPASS_OK)
		return 0;
	for (int is_private = 0; is_private <= 1; is_private++) {
		struct mp_key *key = NULL;

		if (mp_jwk_parse(json, is_private != 0, &key, NULL) == MCPASS_OK)
			write_and_read(key, is_private != 0);
		mp_key_free(key);
	}
	json_decref(json);
	return 0;
}
