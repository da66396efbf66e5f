/* JSON: the parser's grammar, the fields, and the way back. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/json/json.h"

#define MAX 4096

/* text in, compact text out; want NULL: refused. */
static const struct {
	const char *label, *text, *want;
} parse_rows[] = {
	{ "object", " { \"a\" : 1 , \"b\" : [ ] } \n", "{\"a\":1,\"b\":[]}" },
	{ "array", "[1,\"x\",null,true,false]", "[1,\"x\",null,true,false]" },
	{ "empty object", "{}", "{}" },
	{ "a string alone", "\"a\"", "\"a\"" },
	{ "the empty string", "\"\"", "\"\"" },
	{ "the empty name", "{\"\":0}", "{\"\":0}" },
	{ "a literal alone", "null", "null" },
	{ "short escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ "an escape of one byte", "\"\\u0041\"", "\"A\"" },
	{ "of two", "\"\\u00e9\"", "\"\xc3\xa9\"" },
	{ "of three, in capitals", "\"\\u20AC\"", "\"\xe2\x82\xac\"" },
	{ "of four", "\"\\ud83d\\udd11\"", "\"\xf0\x9f\x94\x91\"" },
	{ "last before the surrogates", "\"\\ud7ff\\ue000\"", "\"\xed\x9f\xbf\xee\x80\x80\"" },
	{ "plain UTF-8", "\"\xf0\x9f\x94\x91\"", "\"\xf0\x9f\x94\x91\"" },
	{ "DEL is a character", "\"\x7f\"", "\"\x7f\"" },
	{ "zero", "0", "0" },
	{ "minus zero", "-0", "0" },
	{ "the largest integer", "9223372036854775807", "9223372036854775807" },
	{ "the smallest", "-9223372036854775808", "-9223372036854775808" },
	{ "one of 18 digits", "999999999999999999", "999999999999999999" },
	{ "a negative one", "-100000000000000001", "-100000000000000001" },
	{ "minus zero", "-0", "0" },
	{ "one more becomes a real", "9223372036854775808", "9.2233720368547758e18" },
	{ "a real", "-1.5e+3", "-1500.0" },
	{ "a small exponent", "1e-2", "0.01" },
	{ "capital E", "1E2", "100.0" },
	{ "a prototype is only a name", "{\"__proto__\":{}}", "{\"__proto__\":{}}" },

	{ "empty", "", NULL },
	{ "white space", " \n", NULL },
	{ "a byte order mark", "\xef\xbb\xbf{}", NULL },
	{ "two documents", "{}{}", NULL },
	{ "trailing comma in an object", "{\"a\":1,}", NULL },
	{ "trailing comma in an array", "[1,]", NULL },
	{ "leading comma", "[,1]", NULL },
	{ "no comma", "[1 2]", NULL },
	{ "no colon", "{\"a\" 1}", NULL },
	{ "no value", "{\"a\":}", NULL },
	{ "no name", "{1:1}", NULL },
	{ "name without quotes", "{a:1}", NULL },
	{ "single quotes", "{'a':1}", NULL },
	{ "object without end", "{\"a\":1", NULL },
	{ "array without end", "[1", NULL },
	{ "wrong bracket", "[1}", NULL },
	{ "wrong brace", "{\"a\":1]", NULL },
	{ "string without end", "\"a", NULL },
	{ "string that ends in its escape", "\"a\\", NULL },
	{ "comment", "{}//x", NULL },
	{ "comment inside", "{/**/}", NULL },
	{ "form feed is no space", "\f1", NULL },
	{ "same name twice", "{\"a\":1,\"a\":1}", NULL },
	{ "same name twice, once escaped", "{\"a\":1,\"\\u0061\":2}", NULL },
	{ "same name twice, deep", "[{\"b\":{\"a\":1,\"x\":2,\"a\":null}}]", NULL },
	{ "escaped NUL in a value", "\"a\\u0000b\"", NULL },
	{ "escaped NUL in a name", "{\"a\\u0000\":1}", NULL },
	{ "raw control character", "\"a\tb\"", NULL },
	{ "raw line end", "\"a\nb\"", NULL },
	{ "unknown escape", "\"\\x41\"", NULL },
	{ "escaped apostrophe", "\"\\'\"", NULL },
	{ "three hex digits", "\"\\u004\"", NULL },
	{ "no hex digit", "\"\\u004g\"", NULL },
	{ "high surrogate alone", "\"\\ud83d\"", NULL },
	{ "high surrogate and a letter", "\"\\ud83dx\"", NULL },
	{ "high surrogate and another escape", "\"\\ud83d\\n\"", NULL },
	{ "two high surrogates", "\"\\ud83d\\ud83d\"", NULL },
	{ "high surrogate and what no surrogate is", "\"\\ud83d\\ue000\"", NULL },
	{ "low surrogate alone", "\"\\udd11\"", NULL },
	{ "high surrogate, bad digits", "\"\\ud83d\\udxyz\"", NULL },
	{ "overlong slash", "\"\xc0\xaf\"", NULL },
	{ "overlong NUL", "\"\xc0\x80\"", NULL },
	{ "surrogate as bytes", "\"\xed\xa0\x80\"", NULL },
	{ "beyond Unicode", "\"\xf4\x90\x80\x80\"", NULL },
	{ "cut UTF-8", "\"\xe2\x82\"", NULL },
	{ "Latin-1", "\"\xe9\"", NULL },
	{ "UTF-8 outside a string", "\xc3\xa9", NULL },
	{ "plus sign", "+1", NULL },
	{ "leading zero", "01", NULL },
	{ "minus and leading zero", "-01", NULL },
	{ "minus alone", "-", NULL },
	{ "no digit before the point", ".5", NULL },
	{ "no digit after it", "1.", NULL },
	{ "no exponent", "1e", NULL },
	{ "no exponent after its sign", "1e+", NULL },
	{ "two signs", "1e+-1", NULL },
	{ "hexadecimal", "0x10", NULL },
	{ "a real too large", "1e400", NULL },
	{ "an integer too large for a real", "-1e400", NULL },
	{ "NaN", "NaN", NULL },
	{ "Infinity", "Infinity", NULL },
	{ "capital literal", "True", NULL },
	{ "cut literal", "tru", NULL },
	{ "long literal", "truee", NULL },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		const char *label = parse_rows[i].label;
		size_t len = strlen(parse_rows[i].text);
		struct mcpass_error err = { 0 };
		json_t *json = NULL;
		char *copy = malloc(len + 1), *text = NULL;   /* a sanitizer sees its end */
		enum mcpass_rc rc;

		memcpy(copy, parse_rows[i].text, len);
		rc = mp_json_parse(copy, len, MAX, "the row", &json, &err);
		CHECK_EQ(label, rc, parse_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_PROTOCOL);
		if (rc) {
			CHECK(label, json == NULL);
			CHECK_HAS(label, err.detail, "the row is not JSON: ");
		} else {
			text = mp_json_dump(json);
		}
		CHECK_STR(label, text, parse_rows[i].want);
		mp_free_wiped(text);
		json_decref(json);
		free(copy);
	}
}

static void nest(char *text, int depth)
{
	memset(text, '[', (size_t)depth);
	memset(text + depth, ']', (size_t)depth);
}

/* The other rules; want NULL: refused. */
static const struct {
	const char *label, *text;
	unsigned rules;
	const char *want;
} rule_rows[] = {
	{ "null is absent", "{\"a\":null,\"b\":{\"c\":null,\"d\":[null,{\"e\":null}]}}", 0,
	    "{\"b\":{\"d\":[null,{}]}}" },
	{ "null is absent, and given twice all the same", "{\"a\":null,\"a\":1}", 0, NULL },
	{ "null stays", "{\"a\":null}", MP_JSON_NULLS, "{\"a\":null}" },
	{ "request: twice", "{\"a\":1,\"a\":2}", MP_JSON_REQUEST, NULL },
	{ "message: twice, the last counts", "{\"a\":1,\"b\":[],\"a\":2}", MP_JSON_MESSAGE, "{\"a\":2,\"b\":[]}" },
	{ "message: twice, with what was inside", "{\"a\":{\"b\":[1]},\"a\":[[]]}", MP_JSON_MESSAGE, "{\"a\":[[]]}" },
	{ "message: a byte order mark", "\xef\xbb\xbf{}", MP_JSON_MESSAGE, "{}" },
	{ "message: half a mark", "\xef\xbb{}", MP_JSON_MESSAGE, NULL },
	{ "message: a NUL", "\"a\\u0000b\"", MP_JSON_MESSAGE, "\"a\xef\xbf\xbd" "b\"" },
	{ "message: high surrogate alone", "\"\\ud83d\"", MP_JSON_MESSAGE, "\"\xef\xbf\xbd\"" },
	{ "message: high surrogate and a letter", "\"\\ud83dx\"", MP_JSON_MESSAGE, "\"\xef\xbf\xbdx\"" },
	{ "message: high surrogate and another escape", "\"\\ud83d\\n\"", MP_JSON_MESSAGE, "\"\xef\xbf\xbd\\n\"" },
	{ "message: two high surrogates and a low one", "\"\\ud83d\\ud83d\\udd11\"", MP_JSON_MESSAGE,
	    "\"\xef\xbf\xbd\xf0\x9f\x94\x91\"" },
	{ "message: low surrogate alone", "\"\\udd11\"", MP_JSON_MESSAGE, "\"\xef\xbf\xbd\"" },
	{ "message: Latin-1", "\"caf\xe9!\"", MP_JSON_MESSAGE, "\"caf\xef\xbf\xbd!\"" },
	{ "message: in a name", "{\"\\ud800\":1}", MP_JSON_MESSAGE, "{\"\xef\xbf\xbd\":1}" },
	{ "request: in a value", "{\"a\":\"\\ud800\"}", MP_JSON_REQUEST, "{\"a\":\"\xef\xbf\xbd\"}" },
	{ "request: in a name", "{\"\\ud800\":1}", MP_JSON_REQUEST, NULL },
	{ "message: a number too large", "[1e400,-1e400]", MP_JSON_MESSAGE,
	    "[1.7976931348623157e308,-1.7976931348623157e308]" },
	{ "message: bad digits are no text", "\"\\udxyz\"", MP_JSON_MESSAGE, NULL },
	{ "message: a control character", "\"a\nb\"", MP_JSON_MESSAGE, NULL },
	{ "message: NaN", "NaN", MP_JSON_MESSAGE, NULL },
	{ "answer: twice, neither counts", "{\"a\":1,\"b\":2,\"a\":3,\"a\":1}", MP_JSON_ANSWER, "{\"b\":2,\"\\u001Fa\":1}" },
	{ "answer: twice with something inside", "{\"a\":{\"c\":1},\"a\":{\"d\":[2]},\"b\":2}", MP_JSON_ANSWER,
	    "{\"\\u001Fa\":{\"d\":[2]},\"b\":2}" },
	{ "answer: twice the same", "{\"a\":\"x\",\"a\":\"x\"}", MP_JSON_ANSWER, "{\"a\":\"x\"}" },
	{ "answer: more behind it", "{\"a\":1}<!-- x -->", MP_JSON_ANSWER, "{\"a\":1}" },
	{ "answer: in a name", "{\"\\ud800\":1}", MP_JSON_ANSWER, "{\"\xef\xbf\xbd\":1}" },
	{ "document: twice", "{\"a\":1,\"a\":1}", MP_JSON_DOCUMENT, NULL },
	{ "document: more behind it", "{} x", MP_JSON_DOCUMENT, NULL },
	{ "document: in a value", "{\"a\":\"\\u0000\\ud800\xe9\",\"b\":null}", MP_JSON_DOCUMENT,
	    "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}" },
	{ "message: more behind it", "{} x", MP_JSON_MESSAGE, NULL },
};

static void test_rules(void)
{
	for (size_t i = 0; i < COUNT(rule_rows); i++) {
		const char *label = rule_rows[i].label, *row = rule_rows[i].text;
		json_t *json = NULL;
		char *text = NULL;
		enum mcpass_rc rc;

		rc = mp_json_parse_by(rule_rows[i].rules, row, strlen(row), MAX, "the row", &json, NULL);
		CHECK_EQ(label, rc, rule_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_PROTOCOL);
		if (json != NULL)
			text = mp_json_dump(json);
		CHECK_STR(label, text, rule_rows[i].want);
		mp_free_wiped(text);
		json_decref(json);
	}
	CHECK("absent is absent", mp_json_get(NULL, "a") == NULL);
}

static void test_depth(void)
{
	static char nested[2 * MP_MAX_MESSAGE_DEPTH + 2];
	json_t *json = NULL;

	nest(nested, MP_MAX_MESSAGE_DEPTH);
	CHECK_EQ("a message as deep as allowed", mp_json_parse_by(MP_JSON_MESSAGE, nested,
	    2 * MP_MAX_MESSAGE_DEPTH, MAX, "it", &json, NULL), MCPASS_OK);
	json_decref(json);
	nest(nested, MP_MAX_MESSAGE_DEPTH + 1);
	CHECK_EQ("one deeper", mp_json_parse_by(MP_JSON_MESSAGE, nested,
	    2 * MP_MAX_MESSAGE_DEPTH + 2, MAX, "it", &json, NULL), MCPASS_E_LIMIT);
}

static enum mcpass_rc parse(const char *text, size_t len, size_t max, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse(text, len, max, "the row", &json, err);

	json_decref(json);
	return rc;
}

static void test_limits(void)
{
	struct mcpass_error err = { 0 };
	char nested[2 * MP_MAX_JSON_DEPTH + 2];
	size_t len = 2 * MP_MAX_JSON_VALUES + 1;
	char *many = malloc(len + 1);

	nest(nested, MP_MAX_JSON_DEPTH);
	CHECK_EQ("as deep as allowed", parse(nested, 2 * MP_MAX_JSON_DEPTH, MAX, NULL), MCPASS_OK);
	nest(nested, MP_MAX_JSON_DEPTH + 1);
	CHECK_EQ("one deeper", parse(nested, 2 * MP_MAX_JSON_DEPTH + 2, MAX, &err), MCPASS_E_LIMIT);
	CHECK_STR("and says so", err.detail, "the row is nested deeper than 32 levels");
	CHECK_EQ("as long as allowed", parse("[1]", 3, 3, NULL), MCPASS_OK);
	mp_clear(&err);
	CHECK_EQ("one longer", parse("[1] ", 4, 3, &err), MCPASS_E_LIMIT);
	CHECK_STR("and says so", err.detail, "the row is larger than 3 bytes");
	CHECK_EQ("a NUL between", parse("[1,\0 2]", 7, MAX, NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("a NUL in a string", parse("\"a\0b\"", 5, MAX, NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("a NUL behind", parse("1\0", 2, MAX, NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("the end counts, not a NUL", parse("12}", 2, MAX, NULL), MCPASS_OK);

	for (size_t i = 0; i < len; i++)        /* [0,0,...,0] */
		many[i] = i % 2 ? '0' : ',';
	many[0] = '[';
	many[len - 1] = ']';
	CHECK_EQ("a value too many", parse(many, len, len, NULL), MCPASS_E_LIMIT);
	many[len - 3] = ']';
	CHECK_EQ("all the values", parse(many, len - 2, len, NULL), MCPASS_OK);
	free(many);
}

static void test_error_words(void)
{
	struct mcpass_error err = { 0 };

	parse("{\"a\":1,\"a\":[2,3]}", 17, MAX, &err);
	CHECK_STR("behind the name", err.detail, "the row is not JSON: a member name given twice at byte 10");
	err = (struct mcpass_error){ 0 };
	parse("{\"token\":\"s3cret\",}", 18, MAX, &err);
	CHECK_STR("where, not what", err.detail, "the row is not JSON: no member name at byte 18");
	CHECK_STR("the clause", err.spec, "RFC 8259 4");
	mp_clear(&err);
	parse("{\"a\":1,\"a\":2}", 13, MAX, &err);
	CHECK_STR("its own clause for twins", err.spec, "RFC 7493 2.3");
	mp_clear(&err);
	parse("<html>", 6, MAX, &err);
	CHECK_HAS("a page is no JSON", err.hint, "web page");
}

struct filled {
	char *text, *url;
	struct mp_secret secret;
	struct mp_strings list;
	bool yes;
	int64_t number;
	json_t *object;
};
#define FIELD(name, type, flags) \
	{ #name, type, flags, offsetof(struct filled, name), "RFC 1 " #name }
static const struct mp_field fields[] = {
	FIELD(text, MP_FIELD_STRING, MP_REQUIRED),
	FIELD(url, MP_FIELD_URL, 0),
	FIELD(secret, MP_FIELD_SECRET, 0),
	FIELD(list, MP_FIELD_STRINGS, 0),
	FIELD(yes, MP_FIELD_BOOL, 0),
	FIELD(number, MP_FIELD_INT, 0),
	FIELD(object, MP_FIELD_OBJECT, 0),
};
static const struct mp_field lenient_fields[] = {
	FIELD(text, MP_FIELD_STRING, MP_ADVISES),
	FIELD(url, MP_FIELD_URL, MP_ADVISES),
	FIELD(secret, MP_FIELD_SECRET, MP_ADVISES),
	FIELD(list, MP_FIELD_STRINGS, MP_ADVISES),
	FIELD(yes, MP_FIELD_BOOL, MP_ADVISES),
	FIELD(number, MP_FIELD_INT, MP_ADVISES),
	FIELD(object, MP_FIELD_OBJECT, MP_ADVISES),
};

#define WHOLE "{\"text\":\"t\",\"url\":\"https://a.example/x\",\"secret\":\"s\"," \
	"\"list\":[\"a\",\"b\"],\"yes\":true,\"number\":7,\"object\":{\"k\":[1]}}"

static enum mcpass_rc read_into(const char *text, const struct mp_field *table,
    struct filled *filled, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MAX, "the row", &json, err);
	if (!rc)
		rc = mp_json_read(json, table, COUNT(fields), filled, err);
	json_decref(json);
	return rc;
}

/* What was read, written again; "" after a failure. */
static const struct {
	const char *label, *text, *want;
} field_rows[] = {
	{ "everything", WHOLE, WHOLE },
	{ "the required one alone", "{\"text\":\"\"}", "{\"text\":\"\"}" },
	{ "null is absent", "{\"text\":\"t\",\"url\":null,\"secret\":null,\"list\":null,\"yes\":null,"
	    "\"number\":null,\"object\":null}", "{\"text\":\"t\"}" },
	{ "unknown members are ignored", "{\"text\":\"t\",\"x\":1}", "{\"text\":\"t\"}" },
	{ "a number with a fraction", "{\"text\":\"t\",\"number\":1700000000.9}",
	    "{\"text\":\"t\",\"number\":1700000000}" },
	{ "an empty list is no list", "{\"text\":\"t\",\"list\":[]}", "{\"text\":\"t\"}" },
	{ "the required one is missing", "{\"yes\":true}", "" },
	{ "the required one is null", "{\"text\":null}", "" },
	{ "the required one is a number", "{\"text\":1}", "" },
	{ "a control in a string", "{\"text\":\"a\\nb\"}", "" },
	{ "DEL in a string", "{\"text\":\"a\\u007f\"}", "" },
	{ "a control in a secret", "{\"text\":\"t\",\"secret\":\"a\\rb\"}", "" },
	{ "a secret that is a number", "{\"text\":\"t\",\"secret\":1}", "" },
	{ "a relative URL", "{\"text\":\"t\",\"url\":\"/x\"}", "" },
	{ "a URL of another scheme", "{\"text\":\"t\",\"url\":\"file:///x\"}", "" },
	{ "a URL with a line end", "{\"text\":\"t\",\"url\":\"https://a/\\n\"}", "" },
	{ "a URL that is a list", "{\"text\":\"t\",\"url\":[\"https://a.example/\"]}", "" },
	{ "a list that is a string", "{\"text\":\"t\",\"list\":\"a\"}", "" },
	{ "a list with a number", "{\"text\":\"t\",\"list\":[\"a\",1]}", "" },
	{ "a list with a control", "{\"text\":\"t\",\"list\":[\"a\\u0001\"]}", "" },
	{ "a boolean in quotes", "{\"text\":\"t\",\"yes\":\"true\"}", "" },
	{ "a boolean as a number", "{\"text\":\"t\",\"yes\":1}", "" },
	{ "a number in quotes", "{\"text\":\"t\",\"number\":\"7\"}", "" },
	{ "a number that no int64_t holds", "{\"text\":\"t\",\"number\":1e300}", "" },
	{ "an integer that no int64_t holds", "{\"text\":\"t\",\"number\":9223372036854775808}", "" },
	{ "an object that is a list", "{\"text\":\"t\",\"object\":[]}", "" },
	{ "the last field fails, the others go", "{\"text\":\"t\",\"url\":\"https://a.example/\","
	    "\"secret\":\"s\",\"list\":[\"a\"],\"yes\":true,\"number\":1,\"object\":1}", "" },
	{ "no object", "[]", "" },
};

static char *write_again(const struct filled *filled)
{
	json_t *json = json_object();
	char *text = NULL;

	if (mp_json_write(json, fields, COUNT(fields), filled, NULL) == MCPASS_OK)
		text = mp_json_dump(json);
	json_decref(json);
	return text;
}

static void test_fields(void)
{
	static const struct filled zero;

	for (size_t i = 0; i < COUNT(field_rows); i++) {
		const char *label = field_rows[i].label;
		struct mcpass_error err = { 0 };
		struct filled filled = { 0 };
		enum mcpass_rc rc;
		char *text;

		rc = read_into(field_rows[i].text, fields, &filled, &err);
		if (field_rows[i].want[0] == '\0') {
			CHECK_EQ(label, rc, MCPASS_E_PROTOCOL);
			CHECK(label, err.detail[0] != '\0');
			CHECK(label, memcmp(&filled, &zero, sizeof(zero)) == 0);
			continue;
		}
		CHECK_EQ(label, rc, MCPASS_OK);
		text = write_again(&filled);
		CHECK_STR(label, text, field_rows[i].want);
		mp_free_wiped(text);
		mp_json_release(fields, COUNT(fields), &filled);
		CHECK(label, memcmp(&filled, &zero, sizeof(zero)) == 0);
	}
}

static void test_field_errors(void)
{
	struct mcpass_error err = { 0 };
	struct filled filled = { 0 };
	json_t *json = json_object();

	read_into("{}", fields, &filled, &err);
	CHECK_STR("the name", err.detail, "text is missing");
	CHECK_STR("the clause of the row", err.spec, "RFC 1 text");
	mp_clear(&err);
	read_into("{\"text\":\"t\",\"url\":\"ftp://a/\"}", fields, &filled, &err);
	CHECK_HAS("a URL's own reason", err.detail, "url: ");
	CHECK_EQ("the peer's fault", err.rc, MCPASS_E_PROTOCOL);

	mp_clear(&err);
	filled.text = strdup("\xff");
	CHECK_EQ("typed, not UTF-8", mp_json_write(json, fields, COUNT(fields), &filled, &err),
	    MCPASS_E_USAGE);
	CHECK_STR("and says which", err.detail, "text is not UTF-8");
	mp_json_release(fields, COUNT(fields), &filled);
	json_decref(json);
}

/* What only advises: read as far as it can be, else absent; and told. */
static const struct { const char *label, *text, *want, *told; } lenient_rows[] = {
	{ "good values", WHOLE, WHOLE, NULL },
	{ "null and empty are absent", "{\"text\":\"\",\"url\":\"\",\"secret\":\"\",\"list\":\"\","
	    "\"yes\":\"\",\"number\":\"\",\"object\":\"\"}", "{}", NULL },
	{ "a text that is a number", "{\"text\":1}", "{}",
	    "text is not a string without control characters: left out" },
	{ "a text with a control", "{\"text\":\"a\\nb\"}", "{}",
	    "text is not a string without control characters: left out" },
	{ "a relative URL", "{\"url\":\"x\"}", "{}",
	    "url: the URL does not begin with http:// or https://: left out" },
	{ "a secret that is an object", "{\"secret\":{}}", "{}",
	    "secret is not a string without control characters: left out" },
	{ "a list that is a string", "{\"list\":\"a\"}", "{\"list\":[\"a\"]}",
	    "list is not a list of strings without control characters: read as far as it can be" },
	{ "a list with odd items", "{\"list\":[1,\"a\",null,\"\\u0001\",[\"b\"],\"\",\"c\"]}",
	    "{\"list\":[\"a\",\"c\"]}",
	    "list is not a list of strings without control characters: read as far as it can be" },
	{ "an empty item is none", "{\"list\":[\"\",\"a\"]}", "{\"list\":[\"a\"]}", NULL },
	{ "a list that is an object", "{\"list\":{\"a\":\"b\"}}", "{}",
	    "list is not a list of strings without control characters: left out" },
	{ "true in quotes", "{\"yes\":\"true\"}", "{\"yes\":true}",
	    "yes is not true or false: read as far as it can be" },
	{ "false in quotes", "{\"yes\":\"false\"}", "{}",
	    "yes is not true or false: read as far as it can be" },
	{ "yes is no boolean", "{\"yes\":\"yes\"}", "{}", "yes is not true or false: left out" },
	{ "a number in quotes", "{\"number\":\"7\"}", "{\"number\":7}",
	    "number is not a number: read as far as it can be" },
	{ "a number with a sign in quotes", "{\"number\":\"-7\"}", "{}",
	    "number is not a number: left out" },
	{ "a number of 19 digits in quotes", "{\"number\":\"9999999999999999999\"}", "{}",
	    "number is not a number: left out" },
	{ "an object that is a list", "{\"object\":[]}", "{}", "object is not an object: left out" },
};

static void test_lenient(void)
{
	for (size_t i = 0; i < COUNT(lenient_rows); i++) {
		const char *label = lenient_rows[i].label, *text = lenient_rows[i].text;
		struct filled filled = { 0 };
		struct mp_strings odd = { 0 };
		json_t *json = NULL;
		char *again;

		CHECK_EQ(label, mp_json_parse(text, strlen(text), MAX, "the row", &json, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_json_take(json, lenient_fields, COUNT(lenient_fields), &filled, &odd,
		    NULL), MCPASS_OK);
		again = write_again(&filled);
		CHECK_STR(label, again, lenient_rows[i].want);
		CHECK_STR(label, odd.count > 0 ? odd.items[0] : NULL, lenient_rows[i].told);
		CHECK_EQ(label, odd.count, lenient_rows[i].told != NULL);
		mp_free_wiped(again);
		mp_strings_free(&odd);
		json_decref(json);
		mp_json_release(fields, COUNT(fields), &filled);
	}
}

static void test_mark(void)
{
	struct mp_span text = mp_json_without_mark("\xef\xbb\xbf{}", 5);

	CHECK("a mark is left out", text.len == 2 && text.data[0] == '{');
	CHECK_EQ("half of one is not", mp_json_without_mark("\xef\xbb{}", 4).len, 4);
	CHECK_EQ("nor is nothing", mp_json_without_mark("", 0).len, 0);
}

static enum mcpass_rc read_odd_ones(struct mcpass_error *err)
{
	static const char text[] = "{\"text\":1,\"list\":[\"a\",1],\"yes\":\"true\",\"number\":\"7\"}";
	struct filled filled = { 0 };
	struct mp_strings odd = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MAX, "the row", &json, err);
	if (!rc)
		rc = mp_json_take(json, lenient_fields, COUNT(lenient_fields), &filled, &odd, err);
	json_decref(json);
	mp_strings_free(&odd);
	mp_json_release(fields, COUNT(fields), &filled);
	return rc;
}

/* Parses, reads, writes and dumps with the nth allocation failing. */
static enum mcpass_rc round_trip(struct mcpass_error *err)
{
	static const char text[] = "{\"text\":\"a text that is longer than its first buffer, by far; "
	    "\\u20ac and more\",\"url\":\"https://a.example/x\",\"secret\":\"s\",\"list\":[\"a\",\"b\"],"
	    "\"yes\":true,\"number\":1.5,\"object\":{\"k\":[1,2.5,1e3,{\"a\":null},[],3,4,5,6,7]}}";
	struct filled filled = { 0 };
	json_t *json = NULL;
	char *dump = NULL;
	enum mcpass_rc rc;

	rc = read_odd_ones(err);
	if (!rc)
		rc = read_into(text, fields, &filled, err);
	if (rc)
		return rc;
	json = json_object();
	rc = json == NULL ? MCPASS_E_NOMEM
	    : mp_json_write(json, fields, COUNT(fields), &filled, err);
	if (!rc)
		dump = mp_json_dump(json);
	if (!rc && dump == NULL)
		rc = MCPASS_E_NOMEM;
	if (!rc)
		CHECK_HAS("complete", dump, "by far; \xe2\x82\xac and more\",");
	mp_free_wiped(dump);
	json_decref(json);
	mp_json_release(fields, COUNT(fields), &filled);
	return rc;
}

static void test_out_of_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };

		CHECK_OOM("no memory, or done", round_trip(&err), MCPASS_OK);
	}
	CHECK("it allocates", oom_count() > 49);
}

int main(void)
{
	test_parse();
	test_rules();
	test_depth();
	test_limits();
	test_error_words();
	test_fields();
	test_field_errors();
	test_lenient();
	test_mark();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	test_out_of_memory();
	return check_done();
}
