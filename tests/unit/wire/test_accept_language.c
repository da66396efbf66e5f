/* Which of our languages a browser wants. */
#include "harness/check.h"
#include "wire/http/accept_language.h"

static const char *const tags[] = { "en", "de", "es", "ja", "pt-BR", "zh-Hant", "zh-Hant-TW" };

static const struct {
	const char *label, *header;
	const char *want;               /* NULL: none */
} rows[] = {
	{ "no header", NULL, NULL },
	{ "an empty one", "", NULL },
	{ "one language", "de", "de" },
	{ "in capitals", "DE", "de" },
	{ "a region of ours", "de-CH", "de" },
	{ "a script and a region", "de-Latn-AT", "de" },
	{ "what a browser sends", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de" },
	{ "the one that weighs most", "en;q=0.5, ja;q=0.9, de;q=0.8", "ja" },
	{ "of equals the first", "es, de", "es" },
	{ "one that is not there", "fr", NULL },
	{ "one that is not there, then one that is", "fr, es;q=0.1", "es" },
	{ "a letter more is another language", "dem", NULL },
	{ "a letter less, too", "d", NULL },
	{ "ours is more special", "pt", "pt-BR" },
	{ "another region than ours", "pt-PT", NULL },
	{ "the longest that fits", "zh-Hant-TW-x-a", "zh-Hant-TW" },
	{ "and not a longer one", "zh-Hant-HK", "zh-Hant" },
	{ "the exact one before a longer one", "zh-Hant", "zh-Hant" },
	{ "not wanted", "de;q=0", NULL },
	{ "not wanted, by a region that is", "de-CH, de;q=0.0, es;q=0.2", "es" },
	{ "any language is ours to choose", "*", NULL },
	{ "any language, behind one", "*;q=0.1, ja;q=0.05", "ja" },
	{ "blanks", " de\t; q=0.3 ,\tes;q=0.4 ", "es" },
	{ "Q in capitals", "de;Q=0.3, es;q=0.2", "de" },
	{ "three digits", "de;q=0.001, es;q=0.002", "es" },
	{ "four digits are no weight", "de;q=0.1111, es;q=0.1", "es" },
	{ "more than one is no weight", "de;q=1.001, es;q=0.1", "es" },
	{ "one with zeros", "es;q=0.999, de;q=1.000", "de" },
	{ "a weight of two", "de;q=2, es;q=0.1", "es" },
	{ "a negative weight", "de;q=-1, es;q=0.1", "es" },
	{ "a weight without a number", "de;q=, es;q=0.1", "es" },
	{ "a weight that begins with a point", "de;q=.5, es;q=0.1", "es" },
	{ "another parameter", "de;level=1, es;q=0.1", "es" },
	{ "two parameters", "de;q=1;q=1, es;q=0.1", "es" },
	{ "a blank around the sign", "de;q = 1, es;q=0.1", "es" },
	{ "an empty element", ",,de,", "de" },
	{ "an empty subtag", "de-, es;q=0.1", "es" },
	{ "two hyphens", "de--CH, es;q=0.1", "es" },
	{ "a subtag of nine", "de-abcdefghi, es;q=0.1", "es" },
	{ "a language with a digit", "d3, es;q=0.1", "es" },
	{ "a region with digits", "es-419", "es" },
	{ "underscores", "de_DE, es;q=0.1", "es" },
	{ "not ASCII", "d\xc3\xa9, es;q=0.1", "es" },
	{ "what stands behind the most that are read",
	    "f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,de", NULL },
	{ "the last that is read",
	    "f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,f,de,es", "de" },
};

static void test_pick(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t found = mp_accept_language_pick(rows[i].header, tags, COUNT(tags));

		CHECK_STR(rows[i].label, found < COUNT(tags) ? tags[found] : NULL, rows[i].want);
	}
}

static const struct { const char *label, *tag; bool want; } tag_rows[] = {
	{ "a language", "de", true },
	{ "a region", "pt-BR", true },
	{ "a script and a region", "zh-Hant-TW", true },
	{ "nothing", "", false },
	{ "a file name", "de.orig", false },
	{ "a path", "../de", false },
	{ "an attribute", "de\" x=\"", false },
	{ "a digit first", "4de", false },
	{ "a hyphen at the end", "de-", false },
	{ "a wildcard", "*", false },
};

int main(void)
{
	test_pick();
	for (size_t i = 0; i < COUNT(tag_rows); i++)
		CHECK_EQ(tag_rows[i].label, mp_language_is_tag(tag_rows[i].tag), tag_rows[i].want);
	return check_done();
}
