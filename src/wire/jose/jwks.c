#include <stdlib.h>
#include "base/limits.h"
#include "wire/jose/key.h"

/* The same key under the same name, good for the same: some issuers publish one twice. */
static bool is_known(const struct mp_jwks *set, const struct mp_key *key)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct mp_key *other = set->keys[i];

		if (mp_eq(other->kid, key->kid) && other->alg == key->alg
		    && EVP_PKEY_eq(other->pkey, key->pkey) == 1)
			return true;
	}
	return false;
}

/* Reads the keys we can use.  spec: RFC 7517 5: the others are left out, not refused;
 * that also keeps a key out whose private part is on show. */
static enum mcpass_rc read_keys(const json_t *array, struct mp_jwks *set,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct mp_key *key = NULL;
		enum mcpass_rc rc = mp_jwk_parse(json_array_get(array, i), false, &key, NULL);

		if (rc == MCPASS_E_NOMEM)
			return mp_nomem(err);
		if (rc)
			continue;
		if (is_known(set, key))
			mp_key_free(key);
		else
			set->keys[set->count++] = key;
	}
	return MCPASS_OK;
}

static enum mcpass_rc read_set(const json_t *json, struct mp_jwks *ret_set,
    struct mcpass_error *err)
{
	const json_t *array = json_object_get(json, "keys");
	size_t count = json_array_size(array);
	struct mp_jwks set = { 0 };
	enum mcpass_rc rc;

	if (!json_is_array(array))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 5.1", "no key set: keys is no list");
	if (count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the key set has more than %d keys",
		    MP_MAX_ITEMS);
	set.keys = calloc(count + 1, sizeof(struct mp_key *));
	if (set.keys == NULL)
		return mp_nomem(err);
	rc = read_keys(array, &set, err);
	if (rc)
		mp_jwks_free(&set);
	else
		*ret_set = set;
	return rc;
}

enum mcpass_rc mp_jwks_parse(const char *data, size_t len, struct mp_jwks *ret_set,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_DOCUMENT, data, len, MP_MAX_DOCUMENT, "the key set", &json, err);
	if (!rc)
		rc = read_set(json, ret_set, err);
	json_decref(json);
	return mp_doing(err, rc, "reading the key set");
}

static bool has_kid(const struct mp_jwks *set, const char *kid)
{
	for (size_t i = 0; i < set->count; i++)
		if (mp_eq(set->keys[i]->kid, kid))
			return true;
	return false;
}

/* spec: RFC 7515 4.1.4, RFC 7517 4.5: kid is a hint.  Where no key has that name, the keys
 * without a name are candidates. */
const struct mp_key *mp_jwks_next(const struct mp_jwks *set, const char *kid, enum mp_alg alg,
    size_t *at)
{
	const char *wanted = kid != NULL && has_kid(set, kid) ? kid : NULL;

	while (*at < set->count) {
		const struct mp_key *key = set->keys[(*at)++];

		if ((kid == NULL || mp_eq(key->kid, wanted)) && mp_key_permits(key, alg))
			return key;
	}
	return NULL;
}

const struct mp_key *mp_jwks_find(const struct mp_jwks *set, const char *kid,
    enum mp_alg alg)
{
	size_t at = 0;

	return mp_jwks_next(set, kid, alg, &at);
}

void mp_jwks_free(struct mp_jwks *set)
{
	for (size_t i = 0; i < set->count; i++)
		mp_key_free(set->keys[i]);
	free(set->keys);
	*set = (struct mp_jwks){ 0 };
}
