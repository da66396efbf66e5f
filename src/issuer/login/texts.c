#include "issuer/login/texts.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/core.h"
#include "wire/http/accept_language.h"

const char *mp_texts_get(const struct mp_language *language, enum mp_text text)
{
	return language->texts[text] != NULL ? language->texts[text] : mp_texts_table[text].english;
}

const char *mp_texts_translate(const struct mp_language *language, const char *english)
{
	for (size_t i = 0; i < MP_TEXT_COUNT; i++)
		if (strcmp(mp_texts_table[i].english, english) == 0)
			return mp_texts_get(language, (enum mp_text)i);
	return NULL;
}

const char *mp_texts_scope(const struct mp_language *language, const char *scope)
{
	for (size_t i = 0; i < language->scopes.count; i++)
		if (strcmp(language->scopes.items[i], scope) == 0)
			return language->words.items[i];
	return NULL;
}

struct mp_text_parts mp_texts_parts(const char *text)
{
	const char *open = strchr(text, '{'), *close = open != NULL ? strchr(open, '}') : NULL;

	if (close == NULL)
		return (struct mp_text_parts){ { text, strlen(text) }, { "", 0 } };
	return (struct mp_text_parts){ { text, (size_t)(open - text) },
		{ close + 1, strlen(close + 1) } };
}

/* --- a translation is read --- */
/* A place to fill that is left out would hide from the person where an answer goes. */
static bool has_places_of(const char *text, const char *english)
{
	const char *open = strchr(english, '{'), *found = strchr(text, '{');
	size_t len = open != NULL ? (size_t)(strchr(open, '}') + 1 - open) : 0;

	if (open == NULL)
		return found == NULL && strchr(text, '}') == NULL;
	return found != NULL && strncmp(found, open, len) == 0 && strpbrk(found + len, "{}") == NULL
	    && strchr(text, '}') == found + len - 1;
}

static bool is_text(const char *text)
{
	if (text == NULL || mp_is_blank(text) || strlen(text) > MP_MAX_PAGE_TEXT)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}

static enum mcpass_rc take_text(struct mp_language *language, const char *name,
    const char *text, struct mcpass_error *err)
{
	size_t i = 0;

	while (i < MP_TEXT_COUNT && strcmp(mp_texts_table[i].name, name) != 0)
		i++;
	if (i == MP_TEXT_COUNT)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\": there is no such text", name);
	if (!is_text(text))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\": is not one line of text of at most %u"
		    " bytes", name, MP_MAX_PAGE_TEXT);
	if (!has_places_of(text, mp_texts_table[i].english))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\": has other places in braces than \"%s\"",
		    name, mp_texts_table[i].english);
	return mp_set(&language->texts[i], text, err);
}

static enum mcpass_rc take_scopes(struct mp_language *language, const json_t *scopes,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *scope;
	json_t *value;

	if (!json_is_object(scopes))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"scopes\": is no object of scopes and words");
	json_object_foreach((json_t *)scopes, scope, value) {
		const char *words = json_string_value(value);

		if (!is_text(words))
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the scope \"%s\": is not one line of text"
			    " of at most %u bytes", scope, MP_MAX_PAGE_TEXT);
		if (!rc)
			rc = mp_strings_add_text(&language->scopes, scope, err);
		if (!rc)
			rc = mp_strings_add_text(&language->words, words, err);
		if (rc)
			break;
	}
	return rc;
}

static enum mcpass_rc take_file(struct mp_language *language,
    const struct mp_issuer_translation *from, struct mcpass_error *err)
{
	const char *file = from->file != NULL ? from->file : from->tag, *name;
	json_t *object = NULL, *value;
	enum mcpass_rc rc;

	rc = mp_json_parse(from->json, strlen(from->json), MP_MAX_DOCUMENT, file, &object, err);
	if (!rc && !json_is_object(object))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "it is no JSON object");
	if (!rc && json_is_object(json_object_get(object, "scopes"))) {
		mp_strings_free(&language->scopes);
		mp_strings_free(&language->words);
	}
	json_object_foreach(object, name, value) {
		if (rc)
			break;
		rc = strcmp(name, "scopes") == 0 ? take_scopes(language, value, err)
		    : take_text(language, name, json_string_value(value), err);
	}
	json_decref(object);
	rc = mp_response_blame(rc, MCPASS_E_USAGE, err);
	return mp_doing(err, rc, "reading the texts of the pages");
}

/* --- the languages --- */
/* By the script where the tag names one, else by the language.  spec: RFC 5646 2.2.3 */
static bool is_right_to_left(const char *tag)
{
	static const char *const scripts[] = { "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg" };
	static const char *const languages[] = { "ar", "he", "iw", "fa", "ur", "ps", "sd", "ug", "yi",
		"dv", "ckb", "syr", "arc", "nqo" };
	size_t len = strcspn(tag, "-"), second = tag[len] != '\0' ? strcspn(tag + len + 1, "-") : 0;
	struct mp_span language = { tag, len }, script = { tag + len + 1, second };

	if (second == 4 && (script.data[0] < '0' || script.data[0] > '9')) {
		for (size_t i = 0; i < MP_COUNT(scripts); i++)
			if (mp_span_is_nocase(script, scripts[i]))
				return true;
		return false;
	}
	for (size_t i = 0; i < MP_COUNT(languages); i++)
		if (mp_span_is_nocase(language, languages[i]))
			return true;
	return false;
}

/* The language of that tag, a new one where there is none. */
static enum mcpass_rc find_language(struct mp_languages *texts, const char *tag,
    struct mp_language **ret_language, struct mcpass_error *err)
{
	struct mp_language *language;

	for (size_t i = 0; i < texts->count; i++)
		if (mp_eq_nocase(texts->languages[i].tag, tag)) {
			*ret_language = &texts->languages[i];
			return MCPASS_OK;
		}
	language = &texts->languages[texts->count];
	*language = (struct mp_language){ .is_rtl = is_right_to_left(tag) };
	if (mp_set(&language->tag, tag, NULL) != MCPASS_OK)
		return mp_nomem(err);
	texts->tags[texts->count++] = language->tag;
	*ret_language = language;
	return MCPASS_OK;
}

static enum mcpass_rc take_all(struct mp_languages *texts, const struct mp_issuer_translation *from,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++) {
		struct mp_language *language = NULL;

		if (!mp_language_is_tag(from[i].tag))
			rc = mp_fail(err, MCPASS_E_USAGE, "RFC 5646 2.1", "%s: \"%s\" is no language",
			    from[i].file != NULL ? from[i].file : "a translation", from[i].tag);
		if (!rc)
			rc = find_language(texts, from[i].tag, &language, err);
		if (!rc)
			rc = take_file(language, &from[i], err);
	}
	return rc;
}

enum mcpass_rc mp_texts_new(const struct mp_issuer_translation *more, size_t count,
    struct mp_languages **ret_texts, struct mcpass_error *err)
{
	static const struct mp_issuer_translation english = { "en", "{}", NULL };
	size_t most = 1 + mp_texts_built_in_count + count;
	struct mp_languages *texts;
	enum mcpass_rc rc;

	if (count > MP_MAX_LANGUAGES)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d languages", MP_MAX_LANGUAGES);
	texts = calloc(1, sizeof(*texts));
	if (texts == NULL)
		return mp_nomem(err);
	texts->languages = calloc(most, sizeof(*texts->languages));
	texts->tags = calloc(most, sizeof(*texts->tags));
	if (texts->languages == NULL || texts->tags == NULL) {
		mp_texts_free(texts);
		return mp_nomem(err);
	}
	rc = take_all(texts, &english, 1, err);
	if (!rc)
		rc = take_all(texts, mp_texts_built_in, mp_texts_built_in_count, err);
	if (!rc)
		rc = take_all(texts, more, count, err);
	if (rc)
		mp_texts_free(texts);
	else
		*ret_texts = texts;
	return rc;
}

void mp_texts_free(struct mp_languages *texts)
{
	if (texts == NULL)
		return;
	for (size_t i = 0; i < texts->count; i++) {
		struct mp_language *language = &texts->languages[i];

		free(language->tag);
		for (size_t j = 0; j < MP_TEXT_COUNT; j++)
			free(language->texts[j]);
		mp_strings_free(&language->scopes);
		mp_strings_free(&language->words);
	}
	free(texts->languages);
	free(texts->tags);
	free(texts);
}

const struct mp_language *mp_texts_pick(const struct mp_languages *texts, const char *header)
{
	size_t i = mp_accept_language_pick(header, (const char *const *)texts->tags, texts->count);

	return &texts->languages[i < texts->count ? i : 0];
}

enum mcpass_rc mp_texts_write(const struct mp_language *language, json_t **ret_object,
    struct mcpass_error *err)
{
	json_t *object = json_object(), *scopes = json_object();
	bool ok = object != NULL && scopes != NULL;

	for (size_t i = 0; i < MP_TEXT_COUNT && ok; i++)
		ok = json_object_set_new(object, mp_texts_table[i].name,
		    json_string(mp_texts_get(language, (enum mp_text)i))) == 0;
	for (size_t i = 0; i < language->scopes.count && ok; i++)
		ok = json_object_set_new(scopes, language->scopes.items[i],
		    json_string(language->words.items[i])) == 0;
	if (ok && language->scopes.count > 0)
		ok = json_object_set(object, "scopes", scopes) == 0;
	json_decref(scopes);
	if (!ok) {
		json_decref(object);
		return mp_nomem(err);
	}
	*ret_object = object;
	return MCPASS_OK;
}
