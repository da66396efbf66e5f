/* A secret is made illegible in a text in whichever form it stands there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire/mask.h"
#include "harness/check.h"

#define SECRET "ab+cd/ef \"gh\\%&=~"

static const struct {
	const char *label, *text, *want;
} rows[] = {
	{ "as it is", "bad: " SECRET "!", "bad: *****************!" },
	{ "percent-encoded", "bad: ab%2Bcd%2Fef%20%22gh%5C%25%26%3D~!", NULL },
	{ "in small letters", "bad: ab%2bcd%2fef%20%22gh%5c%25%26%3d~!", NULL },
	{ "in letters of both sizes", "bad: ab%2Bcd%2fef%20%22gh%5C%25%26%3d~!", NULL },
	{ "more than is needed", "bad: %61%62%2B%63d%2Fef%20%22gh%5C%25%26%3D%7E!", NULL },
	{ "as a form has it", "bad: ab%2Bcd%2Fef+%22gh%5C%25%26%3D%7E!", NULL },
	{ "encoded twice", "bad: ab%252Bcd%252Fef%2520%2522gh%255C%2525%2526%253D~!", NULL },
	{ "escaped for JSON", "bad: ab+cd/ef \\\"gh\\\\%&=~!", NULL },
	{ "slashes, too", "bad: ab+cd\\/ef \\\"gh\\\\%&=~!", NULL },
	{ "by their numbers", "bad: ab\\u002bcd\\u002Fef\\u0020\\u0022gh\\u005c%\\u0026=~!", NULL },
	{ "for JSON in JSON", "bad: ab\\\\u002bcd\\\\/ef \\\\\\\"gh\\\\%&=~!", NULL },
	{ "escaped for HTML", "bad: ab+cd/ef &quot;gh\\%&amp;=~!", NULL },
	{ "by numbers there", "bad: ab&#43;cd&#x2f;ef &#34;gh\\%&#X26;=~!", NULL },
	{ "encoded three times", "bad: ab%25252Bcd%25252Fef%252520%252522gh%25255C%252525%252526%25253D~!", NULL },
	{ "for JavaScript", "bad: \\x61\\x62\\x2b\\143\\144\\u{2f}\\u{00065}f \\\"gh\\\\%&=~!", NULL },
	{ "as escape() has it", "bad: %u0061b%u002bcd%2Fef%20%22gh%5C%25%26%3D~!", NULL },
	{ "for mail", "bad: ab=2Bcd=2Fef=20=22gh=5C=25=26=3D~!", NULL },
	{ "in two lines", "bad: ab+cd/\r\nef \"gh\\%&=~!", NULL },
	{ "in two lines, made one", "bad: ab+cd/?ef \"gh\\%&=~!", NULL },
	{ "letter by letter", "bad: a b + c d / e f   \" g h \\ % & = ~!", NULL },
	{ "cut off", "bad: ab%2Bcd%2Fef", NULL },
	{ "cut off in an escape", "bad: ab%2Bcd%2Fef%2", NULL },
};

static const char *const plain_rows[] = {
	"another text", "ab+cd", "ab%2Bcd%2Gef", "%", "\\", "&#", "&#x", "ab+cd/eF \"gh", "",
};

static void test_forms(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s", rows[i].text);
		CHECK(rows[i].label, mp_mask_secret(text, SECRET));
		CHECK(rows[i].label, strncmp(text, "bad: **", 7) == 0);
		CHECK(rows[i].label, strpbrk(text + 5, "abcdefgh%u\\") == NULL);
		if (rows[i].want != NULL)
			CHECK_STR(rows[i].label, text, rows[i].want);
	}
	for (size_t i = 0; i < COUNT(plain_rows); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", plain_rows[i]);
		CHECK(plain_rows[i], !mp_mask_secret(text, SECRET));
		CHECK_STR("untouched", text, plain_rows[i]);
	}
}

/* echo -n '...' | base64, by hand */
static const struct {
	const char *label, *secret, *text, *want;
} base64_rows[] = {
	{ "alone", "s3cret-key+1", "key c", "key c" },
	{ "base64", "s3cret-key+1", "sent czNjcmV0LWtleSsx.", "sent ****************." },
	{ "Basic, after an id", "s3cret-key+1", "Basic YzpzM2NyZXQta2V5KzE= is wrong",
	    "Basic ******************** is wrong" },
	{ "Basic, one byte further", "s3cret-key+1", "Basic Y2M6czNjcmV0LWtleSsx!",
	    "Basic ********************!" },
	{ "Basic, as the form's encoding", "s3cret-key+1", "Basic YzpzM2NyZXQta2V5JTJCMQ==!",
	    "Basic ************************!" },
	{ "base64url, no padding", "\xff\xfe\xfd\xfc\xfb\xfa\xff\xff", "x __79_Pv6__8 y", "x *********** y" },
	{ "base64 of another form's encoding", "s3cret+~key", "c YzpzM2NyZXQlMkJ+a2V5!", "c ********************!" },
	{ "base64 of base64", "s3cret-key+1", "Y3pOamNtVjBMV3RsZVNzeA==", "************************" },
	{ "base64 of JSON", "s3cret-key+1", "eyJzIjoiczNjcmV0LVx1MDA2YmV5KzEifQ", "**********************************" },
	{ "base64 that is encoded", "s3cret??\x7f>>", "x czNjcmV0Pz9%2FPj4%3D", "x *****************%3D" },
	{ "base64 in lines", "s3cret-key+1",
	    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMnMz\nY3JldC1rZXkrMQ==.",
	    "*****************************************************************************." },
	{ "hexadecimal", "s3cret-key+1", "is 7333637265742d6b65792b31.", "is ************************." },
	{ "in capitals, after others", "s3cret-key+1", "is 3A7333637265742D6B65792B31.", "is **************************." },
	{ "base64, percent-encoded padding", "s3cret-key+1", "Basic YzpzM2NyZXQta2V5KzE%3D",
	    "Basic *******************%3D" },
};

static void test_base64(void)
{
	for (size_t i = 0; i < COUNT(base64_rows); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s", base64_rows[i].text);
		(void)mp_mask_secret(text, base64_rows[i].secret);
		CHECK_STR(base64_rows[i].label, text, base64_rows[i].want);
	}
}

static void test_length(void)
{
	char text[] = "the word is password";
	char *large = malloc(200001);

	CHECK("a short one is a word", !mp_mask_secret(text, "word is"));
	memset(large, 'x', 200000);
	large[200000] = '\0';
	memcpy(large + 150000, SECRET, strlen(SECRET));
	CHECK("in a large text", mp_mask_secret(large, SECRET));
	CHECK("it is gone", strstr(large, SECRET) == NULL);
	free(large);
}

int main(void)
{
	test_forms();
	test_base64();
	test_length();
	return check_done();
}
