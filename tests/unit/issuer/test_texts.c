/* The languages of the pages: which file is taken, and what a page says then. */
#include "issuer/core.h"
#include "issuer/login/texts.h"
#include "kit.h"

static const struct {
	const char *label, *tag, *json;
	const char *want;               /* in the error; NULL: it is taken */
} file_rows[] = {
	{ "no text: all is English", "fr", "{}", NULL },
	{ "one text", "fr", "{\"login.title\":\"Connexion\"}", NULL },
	{ "a place to fill", "fr", "{\"login.to\":\"pour {client}, ici\"}", NULL },
	{ "the place left out", "fr", "{\"login.to\":\"pour continuer\"}", "\"login.to\"" },
	{ "the place twice", "fr", "{\"login.to\":\"{client} {client}\"}", "\"login.to\"" },
	{ "another place", "fr", "{\"login.to\":\"{place}\"}", "\"login.to\"" },
	{ "the place and another", "fr", "{\"login.to\":\"{client} {x}\"}", "\"login.to\"" },
	{ "the place, and a brace before", "fr", "{\"login.to\":\"}{client}\"}", "\"login.to\"" },
	{ "the place, and a brace behind", "fr", "{\"login.to\":\"{client}}\"}", "\"login.to\"" },
	{ "half of the place", "fr", "{\"login.to\":\"{client\"}", "\"login.to\"" },
	{ "a place where none is", "fr", "{\"login.title\":\"{client}\"}", "\"login.title\"" },
	{ "a brace where none is", "fr", "{\"login.title\":\"a}\"}", "\"login.title\"" },
	{ "a name that is none", "fr", "{\"login.titel\":\"x\"}", "\"login.titel\": there is no" },
	{ "a number", "fr", "{\"login.title\":1}", "is not one line" },
	{ "nothing", "fr", "{\"login.title\":\"\"}", "is not one line" },
	{ "blanks", "fr", "{\"login.title\":\"  \\u00a0\"}", "is not one line" },
	{ "two lines", "fr", "{\"login.title\":\"a\\nb\"}", "is not one line" },
	{ "a control", "fr", "{\"login.title\":\"a\\u007fb\"}", "is not one line" },
	{ "a list", "fr", "[]", "no JSON object" },
	{ "no JSON", "fr", "{", "fr.json" },
	{ "a name twice", "fr", "{\"code.label\":\"a\",\"code.label\":\"b\"}", "fr.json" },
	{ "a scope", "fr", "{\"scopes\":{\"mcp:read\":\"Lire\"}}", NULL },
	{ "scopes that are none", "fr", "{\"scopes\":[]}", "\"scopes\"" },
	{ "a scope without words", "fr", "{\"scopes\":{\"mcp:read\":\"\"}}", "\"mcp:read\"" },
	{ "a tag that is none", "f_r", "{}", "is no language" },
	{ "a tag with a quote", "f\"", "{}", "is no language" },
};

static void test_files(void)
{
	for (size_t i = 0; i < COUNT(file_rows); i++) {
		const struct mp_issuer_translation file = { file_rows[i].tag, file_rows[i].json, "fr.json" };
		struct mp_languages *texts = NULL;
		struct mcpass_error err = { 0 };

		CHECK_EQ(file_rows[i].label, mp_texts_new(&file, 1, &texts, &err),
		    file_rows[i].want != NULL ? MCPASS_E_USAGE : MCPASS_OK);
		if (file_rows[i].want != NULL)
			CHECK_HAS(file_rows[i].label, err.detail, file_rows[i].want);
		mp_texts_free(texts);
	}
}

/* Those that are built in have every text, and so no file has to. */
static void test_built_in(void)
{
	static const char *const tags[] = { "de", "es", "ja" };
	struct mp_languages *texts = NULL;

	CHECK_EQ("made", mp_texts_new(NULL, 0, &texts, NULL), MCPASS_OK);
	CHECK_EQ("English and they", texts->count, 1 + COUNT(tags));
	for (size_t i = 0; i < COUNT(tags); i++) {
		const struct mp_language *language = mp_texts_pick(texts, tags[i]);

		CHECK_STR("there", language->tag, tags[i]);
		for (size_t j = 0; j < MP_TEXT_COUNT; j++)
			CHECK(mp_texts_table[j].name, language->texts[j] != NULL);
		CHECK("a scope", mp_texts_scope(language, "mcp:tools") != NULL);
		CHECK("a scope that is not ours", mp_texts_scope(language, "x") == NULL);
	}
	for (size_t j = 0; j < MP_TEXT_COUNT; j++)
		CHECK("every text has a name", mp_texts_table[j].name != NULL
		    && mp_texts_table[j].english != NULL);
	mp_texts_free(texts);
}

static const struct { const char *label, *tag; bool want; } direction_rows[] = {
	{ "French", "fr", false }, { "Arabic", "ar", true }, { "Arabic of Egypt", "ar-EG", true },
	{ "Hebrew", "he", true }, { "Persian", "FA", true }, { "Azeri", "az", false },
	{ "Azeri, in Arabic script", "az-Arab", true }, { "Uzbek, in Latin script", "uz-Latn", false },
	{ "Arabic, in Latin script", "ar-Latn", false }, { "a region of digits", "ar-001", true },
};

static void test_direction(void)
{
	for (size_t i = 0; i < COUNT(direction_rows); i++) {
		const struct mp_issuer_translation file = { direction_rows[i].tag, "{}", NULL };
		struct mp_languages *texts = NULL;

		CHECK_EQ("made", mp_texts_new(&file, 1, &texts, NULL), MCPASS_OK);
		CHECK_EQ(direction_rows[i].label, mp_texts_pick(texts, direction_rows[i].tag)->is_rtl,
		    direction_rows[i].want);
		mp_texts_free(texts);
	}
}

static void test_replaced(void)
{
	static const struct mp_issuer_translation files[] = {
		{ "DE", "{\"login.title\":\"Hereinspaziert\",\"scopes\":{\"a\":\"Alles\"}}", NULL },
		{ "en", "{\"login.title\":\"Log on\"}", NULL },
	};
	struct mp_languages *texts = NULL;
	const struct mp_language *german;

	CHECK_EQ("made", mp_texts_new(files, COUNT(files), &texts, NULL), MCPASS_OK);
	german = mp_texts_pick(texts, "de-AT");
	CHECK_STR("one text is another", mp_texts_get(german, MP_TEXT_LOGIN_TITLE), "Hereinspaziert");
	CHECK_STR("the others stay", mp_texts_get(german, MP_TEXT_CODE_LABEL), "Code");
	CHECK_STR("the scopes are replaced", mp_texts_scope(german, "a"), "Alles");
	CHECK("all of them", mp_texts_scope(german, "mcp:read") == NULL);
	CHECK_STR("English, too", mp_texts_get(mp_texts_pick(texts, NULL), MP_TEXT_LOGIN_TITLE),
	    "Log on");
	CHECK_STR("a refusal", mp_texts_translate(german, "The link is too long."), "Der Link ist zu lang.");
	CHECK("words that are not ours", mp_texts_translate(german, "state is missing") == NULL);
	mp_texts_free(texts);
}

static void ask_in(struct kit *kit, const char *languages, const char *path)
{
	const struct mcpass_header header = { "Accept-Language", languages };
	const struct mp_http_request request = { .method = "GET", .path = path, .headers = &header,
		.header_count = languages != NULL ? 1 : 0, .now = START };

	mp_http_response_free(&kit->answer);
	kit->rc = mp_issuer_handle(kit->issuer, &request, &kit->answer, &kit->err);
}

static void open_with(struct kit *kit, const struct mp_issuer_translation *file, enum mcpass_rc want)
{
	struct mp_issuer_config config = kit_config(AS);

	config.translations = file;
	config.translation_count = 1;
	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), want);
}

static void test_page(void)
{
	static const struct mp_issuer_translation arabic = { "ar",
		"{\"nothing.title\":\"<b>\\u0644\\u200c\\u0627 & \\\"x\\\"\"}", NULL };
	static const struct mp_issuer_translation wrong = { "ar", "{\"x\":\"y\"}", "ar.json" };
	struct kit kit;

	open_with(&kit, &arabic, MCPASS_OK);
	ask_in(&kit, NULL, "/x");
	CHECK_HAS("English without a wish", kit_body(&kit), "<html lang=\"en\"><head>");
	CHECK_STR("said in a header", kit_header(&kit, "Content-Language"), "en");
	ask_in(&kit, "de-CH, de;q=0.9", "/x");
	CHECK_HAS("German", kit_body(&kit), "<html lang=\"de\"><head>");
	CHECK_HAS("in German", kit_body(&kit), "<h1>Hier ist nichts</h1>");
	CHECK_HAS("whose page", kit_body(&kit), "<footer>Autorisierungsserver <bdi>" AS "</bdi></footer>");
	CHECK_STR("said in a header", kit_header(&kit, "Content-Language"), "de");
	ask_in(&kit, "de, *;q=0.5, en;q=0.3, \xff", "/x");
	CHECK_HAS("with something odd in it", kit_body(&kit), "<html lang=\"de\"");
	ask_in(&kit, "ar", "/x");
	CHECK_HAS("from the right", kit_body(&kit), "<html lang=\"ar\" dir=\"rtl\"><head>");
	CHECK_HAS("a translation is text, and keeps its joiners", kit_body(&kit),
	    "<h1>&lt;b&gt;\xd9\x84\xe2\x80\x8c\xd8\xa7 &amp; &quot;x&quot;</h1>");
	CHECK_HAS("what it lacks is English", kit_body(&kit), "This authorization server has no such page.");
	ask_in(&kit, "ja", "/authorize");
	CHECK_HAS("a refusal", kit_body(&kit), "<html lang=\"ja\"");
	kit_close(&kit);
	open_with(&kit, &wrong, MCPASS_E_USAGE);
	CHECK_HAS("a wrong file is told at once", kit.err.detail, "\"x\": there is no such text");
	kit_close(&kit);
}

static void test_no_memory(void)
{
	static const struct mp_issuer_translation file = { "fr",
		"{\"login.title\":\"a\",\"scopes\":{\"s\":\"w\"}}", NULL };

	OOM_EACH {
		struct mp_languages *texts = NULL;
		json_t *object = NULL;
		enum mcpass_rc rc;

		rc = mp_texts_new(&file, 1, &texts, NULL);
		if (!rc)
			rc = mp_texts_write(mp_texts_pick(texts, "fr"), &object, NULL);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		json_decref(object);
		mp_texts_free(texts);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	test_files();
	test_built_in();
	test_direction();
	test_replaced();
	test_page();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
