#include <stdlib.h>
#include "base/limits.h"
#include "wire/jwk.h"

/* Reads the keys we can use.  spec: RFC 7517 5: the others are left out, not refused;
 * that also keeps a key out whose private part is on show. */
static enum mcpass_rc read_keys(const json_t *array, struct mp_jwks *set,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		enum mcpass_rc rc = mp_jwk_parse(json_array_get(array, i), false,
		    &set->keys[set->count], NULL);

		if (rc == MCPASS_E_NOMEM)
			return mp_nomem(err);
		if (rc == MCPASS_OK)
			set->count++;
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

	rc = mp_json_parse(data, len, MP_MAX_DOCUMENT, "the key set", &json, err);
	if (!rc)
		rc = read_set(json, ret_set, err);
	json_decref(json);
	return mp_doing(err, rc, "reading the key set");
}

const struct mp_key *mp_jwks_find(const struct mp_jwks *set, const char *kid,
    enum mp_alg alg)
{
	const struct mp_key *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mp_key *key = set->keys[i];

		if ((kid != NULL && !mp_eq(mp_key_kid(key), kid)) || !mp_key_permits(key, alg))
			continue;
		if (found != NULL)      /* to try one after the other is not to choose */
			return NULL;
		found = key;
	}
	return found;
}

void mp_jwks_free(struct mp_jwks *set)
{
	for (size_t i = 0; i < set->count; i++)
		mp_key_free(set->keys[i]);
	free(set->keys);
	*set = (struct mp_jwks){ 0 };
}
