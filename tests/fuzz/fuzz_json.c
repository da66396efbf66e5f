/* The parser against jansson's own: the same documents, the same values. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/json.h"
#include "wire/json/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct filled {
	char *text, *url;
	struct mp_secret secret;
	struct mp_strings list;
	int64_t number;
	json_t *object;
};
static const struct mp_field fields[] = {
	{ "text", MP_FIELD_STRING, MP_ADVISES, offsetof(struct filled, text), NULL },
	{ "url", MP_FIELD_URL, MP_ADVISES, offsetof(struct filled, url), NULL },
	{ "secret", MP_FIELD_SECRET, 0, offsetof(struct filled, secret), NULL },
	{ "list", MP_FIELD_STRINGS, 0, offsetof(struct filled, list), NULL },
	{ "number", MP_FIELD_INT, 0, offsetof(struct filled, number), NULL },
	{ "object", MP_FIELD_OBJECT, 0, offsetof(struct filled, object), NULL },
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* We differ where we mean to: an integer beyond 64 bits, our own limits, and a NUL behind
 * a number, which jansson does not see. */
static void compare(const uint8_t *data, size_t len, enum mcpass_rc rc, const json_t *got)
{
	json_error_t why;
	json_t *want = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	    &why);

	if (want != NULL && rc != MCPASS_E_LIMIT && memchr(data, '\0', len) == NULL)
		check(rc == MCPASS_OK && json_equal(got, want));
	if (want == NULL && rc == MCPASS_OK)
		check(json_error_code(&why) == json_error_numeric_overflow);
	json_decref(want);
}

static void dump_and_parse(const json_t *json)
{
	char *text = mp_json_dump(json);
	json_t *again = NULL;

	check(text != NULL);
	check(mp_json_parse_by(MP_JSON_NULLS, text, strlen(text), MP_MAX_MESSAGE, "it", &again,
	    NULL) == MCPASS_OK);
	check(json_equal(json, again));
	json_decref(again);
	mp_free_wiped(text);
}

static void read_and_write(const json_t *json)
{
	struct filled filled = { 0 };
	json_t *object = json_object();

	if (mp_json_read(json, fields, MP_COUNT(fields), &filled, NULL) == MCPASS_OK)
		check(mp_json_write(object, fields, MP_COUNT(fields), &filled, NULL) == MCPASS_OK);
	mp_json_release(fields, MP_COUNT(fields), &filled);
	json_decref(object);
}

/* What the strict rules take, those of messages take; and all that these take is JSON. */
static void read_as_message(const uint8_t *data, size_t len, bool is_strict)
{
	json_t *json = NULL;
	char *text;

	(void)mp_json_parse_by(MP_JSON_MESSAGE, (const char *)data, len, MP_MAX_DOCUMENT, "it",
	    &json, NULL);
	check(json != NULL || !is_strict);
	if (json == NULL)
		return;
	text = mp_json_dump(json);
	check(text != NULL && mp_utf8_valid(text, strlen(text)));
	mp_free_wiped(text);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mcpass_error err = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_NULLS, (const char *)data, len, MP_MAX_DOCUMENT, "it", &json,
	    &err);
	check(rc == err.rc && (rc == MCPASS_OK) == (json != NULL));
	compare(data, len, rc, json);
	if (json != NULL) {
		dump_and_parse(json);
		read_and_write(json);
	}
	read_as_message(data, len, json != NULL);
	json_decref(json);
	json = NULL;
	(void)mp_json_parse((const char *)data, len, MP_MAX_DOCUMENT, "it", &json, NULL);
	json_decref(json);
	return 0;
}
