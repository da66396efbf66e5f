#include "issuer/signing.h"
#include <string.h>
#include "base/limits.h"

_Static_assert(MP_KEY_LINGER >= MP_ID_TOKEN_LIFETIME && MP_KEY_LINGER >= MP_ACCESS_LIFETIME
    && MP_KEY_LINGER >= MP_ID_JAG_LIFETIME, "a key outlives what it signed");

static int64_t number_of(const json_t *entry, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(entry, name));
}

static enum mcpass_rc read_key(const json_t *jwk, const json_t *entry,
    struct mp_signing_keys *keys, struct mcpass_error *err)
{
	struct mp_signing_key *one = &keys->items[keys->count];
	enum mcpass_rc rc;

	if (keys->count == MP_MAX_SIGNING_KEYS)
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "there are more than %d keys",
		    MP_MAX_SIGNING_KEYS);
	rc = mp_jwk_parse(jwk, true, &one->key, err);
	if (rc)
		return rc;
	keys->count++;
	one->alg = mp_key_usual_alg(one->key);
	one->from = number_of(entry, "from");
	one->until = number_of(entry, "until");
	if (one->alg == MP_ALG_NONE)
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the signing key permits no algorithm");
	return MCPASS_OK;
}

static enum mcpass_rc parse(const char *text, json_t **ret_json, struct mcpass_error *err)
{
	return mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the signing key", ret_json, err);
}

enum mcpass_rc mp_signing_read(const char *text, struct mp_signing_keys *keys,
    struct mcpass_error *err)
{
	json_t *record = NULL;
	const json_t *list, *entry;
	enum mcpass_rc rc = parse(text, &record, err);
	size_t i;

	if (rc)
		return rc;
	list = json_object_get(record, "keys");
	if (list == NULL)
		rc = read_key(record, NULL, keys, err);
	json_array_foreach(list, i, entry) {
		rc = read_key(json_object_get(entry, "jwk"), entry, keys, err);
		if (rc)
			break;
	}
	if (!rc && keys->count == 0)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "there is no key to sign with");
	json_decref(record);
	return rc;
}

void mp_signing_free(struct mp_signing_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		mp_key_free(keys->items[i].key);
	*keys = (struct mp_signing_keys){ 0 };
}

const struct mp_signing_key *mp_signing_current(const struct mp_signing_keys *keys, int64_t now)
{
	const struct mp_signing_key *signing = NULL;

	for (size_t i = 0; i < keys->count; i++)
		if (signing == NULL || (keys->items[i].from <= now && keys->items[i].from >= signing->from))
			signing = &keys->items[i];
	return signing;
}

static bool is_published(const struct mp_signing_key *key, int64_t now)
{
	return key->until == 0 || key->until > now;
}

size_t mp_signing_published(const struct mp_signing_keys *keys, int64_t now,
    struct mp_key *ret_keys[MP_MAX_SIGNING_KEYS])
{
	size_t count = 0;

	for (size_t i = 0; i < keys->count; i++)
		if (is_published(&keys->items[i], now))
			ret_keys[count++] = keys->items[i].key;
	return count;
}

/* --- rotation --- */
/* The record's list; what was the only key becomes its first entry. */
static enum mcpass_rc open_record(const char *text, json_t **ret_list, struct mcpass_error *err)
{
	json_t *record = NULL, *list;
	enum mcpass_rc rc = parse(text, &record, err);

	if (rc)
		return rc;
	list = json_object_get(record, "keys");
	list = list != NULL ? json_incref(list) : json_pack("[{s:O}]", "jwk", record);
	json_decref(record);
	if (list == NULL)
		return mp_nomem(err);
	*ret_list = list;
	return MCPASS_OK;
}

static enum mcpass_rc add_next(json_t *list, const char *jwk, int64_t from, struct mcpass_error *err)
{
	json_t *next = NULL;
	enum mcpass_rc rc = parse(jwk, &next, err);

	if (!rc && json_array_append_new(list, json_pack("{s:O, s:I}", "jwk", next, "from",
	    (json_int_t)from)) != 0)
		rc = mp_nomem(err);
	json_decref(next);
	return rc;
}

/* Lets each key end, drops those that have, and adds the next one. */
static enum mcpass_rc turn_over(json_t *list, const char *jwk, int64_t now, int64_t from,
    struct mcpass_error *err)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		json_t *entry = json_array_get(list, i - 1);
		int64_t until = number_of(entry, "until");

		if (number_of(entry, "from") > now)
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "the next key is published already, and does not sign yet");
		if (until != 0 && until <= now)
			(void)json_array_remove(list, i - 1);
		else if (until == 0 && json_object_set_new(entry, "until",
		    json_integer((json_int_t)from + MP_KEY_LINGER)) != 0)
			return mp_nomem(err);
	}
	if (json_array_size(list) == MP_MAX_SIGNING_KEYS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%d keys are published: each stays for an hour"
		    " after the next one signs", MP_MAX_SIGNING_KEYS);
	return add_next(list, jwk, from, err);
}

static enum mcpass_rc write_record(json_t *list, char **ret_text, struct mcpass_error *err)
{
	json_t *record = json_pack("{s:O}", "keys", list);
	char *made = record != NULL ? mp_json_dump(record) : NULL;

	json_decref(record);
	if (made == NULL)
		return mp_nomem(err);
	*ret_text = made;
	return MCPASS_OK;
}

enum mcpass_rc mp_signing_rotate(const char *text, const char *jwk, int64_t now, int64_t lead,
    char **ret_text, struct mcpass_error *err)
{
	json_t *list = NULL;
	enum mcpass_rc rc = open_record(text, &list, err);

	if (!rc)
		rc = turn_over(list, jwk, now, now + lead, err);
	if (!rc)
		rc = write_record(list, ret_text, err);
	json_decref(list);
	return rc;
}

enum mcpass_rc mp_signing_replace(const char *jwk, int64_t now, char **ret_text,
    struct mcpass_error *err)
{
	json_t *list = json_array();
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : add_next(list, jwk, now, err);

	if (!rc)
		rc = write_record(list, ret_text, err);
	json_decref(list);
	return rc;
}

static const char *state_of(const struct mp_signing_keys *keys, const struct mp_signing_key *key,
    int64_t now)
{
	if (key == mp_signing_current(keys, now))
		return "signing";
	return key->from > now ? "next" : is_published(key, now) ? "published" : "ended";
}

enum mcpass_rc mp_signing_list(const struct mp_signing_keys *keys, int64_t now, json_t **ret_list,
    struct mcpass_error *err)
{
	json_t *list = json_array();
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < keys->count && !rc; i++) {
		const struct mp_signing_key *key = &keys->items[i];
		const char *kid = mp_key_kid(key->key);

		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:I}", "kid",
		    kid != NULL ? kid : "", "alg", mp_alg_name(key->alg), "state",
		    state_of(keys, key, now), "from", (json_int_t)key->from, "until",
		    (json_int_t)key->until)) != 0)
			rc = mp_nomem(err);
	}
	if (rc)
		json_decref(list);
	else
		*ret_list = list;
	return rc;
}
