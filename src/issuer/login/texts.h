/* texts.h - what the pages say, in the language of the person who reads them.
 *
 * One table has every text under a plain name, in English.  A language is a JSON object of the
 * same names; what it lacks is said in English.  A text may have one place to fill,
 * "{client}": a translation has the same one.
 * spec: RFC 9110 12.5.4; RFC 5646 (tags of languages) */
#pragma once
#include "issuer/issuer.h"

enum mp_text {
	MP_TEXT_APP_UNNAMED, MP_TEXT_FOOTER, MP_TEXT_LOGIN_TITLE, MP_TEXT_LOGIN_TO,
	MP_TEXT_LOGIN_USER, MP_TEXT_LOGIN_PASSWORD, MP_TEXT_LOGIN_BUTTON, MP_TEXT_LOGIN_WRONG,
	MP_TEXT_CODE_TITLE, MP_TEXT_CODE_TEXT, MP_TEXT_CODE_COMPARE_TITLE,
	MP_TEXT_CODE_COMPARE_TEXT, MP_TEXT_CODE_LABEL, MP_TEXT_CODE_BUTTON,
	MP_TEXT_CODE_MALFORMED, MP_TEXT_CODE_UNKNOWN, MP_TEXT_CONSENT_TITLE,
	MP_TEXT_CONSENT_RESOURCE, MP_TEXT_CONSENT_ACCOUNT, MP_TEXT_CONSENT_SCOPES,
	MP_TEXT_CONSENT_NO_SCOPES, MP_TEXT_CONSENT_DENY, MP_TEXT_CONSENT_ALLOW,
	MP_TEXT_CONSENT_USER, MP_TEXT_CONSENT_SWITCH, MP_TEXT_ORIGIN_KNOWN,
	MP_TEXT_ORIGIN_DOCUMENT, MP_TEXT_ORIGIN_REGISTERED, MP_TEXT_ANSWER_WEB,
	MP_TEXT_ANSWER_LOOPBACK, MP_TEXT_ANSWER_APP, MP_TEXT_ANSWER_DEVICE,
	MP_TEXT_MISTAKE_TITLE, MP_TEXT_MISTAKE_CLIENT, MP_TEXT_MISTAKE_WEB,
	MP_TEXT_MISTAKE_LOOPBACK, MP_TEXT_MISTAKE_APP, MP_TEXT_MISTAKE_BUTTON,
	MP_TEXT_REFUSAL_AGAIN, MP_TEXT_WAIT_TEXT, MP_TEXT_WAIT_ADVICE, MP_TEXT_ANSWERED_TITLE,
	MP_TEXT_ANSWERED_TEXT, MP_TEXT_ANSWERED_ADVICE, MP_TEXT_DEVICE_ALLOWED_TITLE,
	MP_TEXT_DEVICE_ALLOWED_TEXT, MP_TEXT_DEVICE_DENIED_TITLE, MP_TEXT_DEVICE_DENIED_TEXT,
	MP_TEXT_CLOSE_PAGE, MP_TEXT_METHOD_TITLE, MP_TEXT_METHOD_TEXT, MP_TEXT_METHOD_ADVICE,
	MP_TEXT_NOTHING_TITLE, MP_TEXT_NOTHING_TEXT, MP_TEXT_NOTHING_ADVICE,
	MP_TEXT_REFUSED_ATTEMPTS, MP_TEXT_REFUSED_ADDRESS, MP_TEXT_REFUSED_ADDRESS_GONE,
	MP_TEXT_REFUSED_CLIENT, MP_TEXT_REFUSED_CLIENT_GONE, MP_TEXT_REFUSED_USER,
	MP_TEXT_REFUSED_DECISION, MP_TEXT_REFUSED_FORM, MP_TEXT_REFUSED_SITE,
	MP_TEXT_REFUSED_LINK_LONG, MP_TEXT_REFUSED_LINK_OLD, MP_TEXT_REFUSED_PUSHED_GONE,
	MP_TEXT_REFUSED_PUSHED_OTHER, MP_TEXT_REFUSED_BROWSER, MP_TEXT_REFUSED_USED,
	MP_TEXT_REFUSED_CODE_USED,
	MP_TEXT_UPSTREAM_SIGN_IN, MP_TEXT_UPSTREAM_ALLOW, MP_TEXT_UPSTREAM_GO,
	MP_TEXT_UPSTREAM_UNKNOWN, MP_TEXT_UPSTREAM_AGAIN, MP_TEXT_UPSTREAM_DOWN,
	MP_TEXT_UPSTREAM_DOWN_AFTER, MP_TEXT_UPSTREAM_USED, MP_TEXT_UPSTREAM_OTHER,
	MP_TEXT_UPSTREAM_CLIENT,
	MP_TEXT_CONSENT_CHANGED, MP_TEXT_LOGIN_ELSEWHERE,
	MP_TEXT_COUNT
};

struct mp_text_row { const char *name, *english; };
extern const struct mp_text_row mp_texts_table[MP_TEXT_COUNT];

struct mp_language {
	char *tag;                      /* "de", "pt-BR": for <html lang> */
	bool is_rtl;                    /* written from right to left */
	char *texts[MP_TEXT_COUNT];     /* NULL: as in English */
	struct mp_strings scopes, words; /* what scopes mean, in one order */
};
struct mp_languages {
	struct mp_language *languages;  /* the first is English */
	char **tags;                    /* theirs; borrowed */
	size_t count;
};
/* The languages that are built in, and more (borrowed for the call): one that is there already
 * has its texts replaced.  MCPASS_E_USAGE: which text of which file is wrong, and why. */
enum mcpass_rc mp_texts_new(const struct mp_issuer_translation *more, size_t count,
    struct mp_languages **ret_texts, struct mcpass_error *err);
void mp_texts_free(struct mp_languages *texts);     /* NULL is fine */

/* What a browser's Accept-Language asks for, else English; header may be NULL. */
const struct mp_language *mp_texts_pick(const struct mp_languages *texts, const char *header);

const char *mp_texts_english(enum mp_text text);
const char *mp_texts_get(const struct mp_language *language, enum mp_text text);
/* The same for a refusal, whose words are those of the English table; NULL: there they are
 * not, so it is a message for the makers of programs. */
const char *mp_texts_translate(const struct mp_language *language, const char *english);
/* What a scope means; NULL: the language does not say. */
const char *mp_texts_scope(const struct mp_language *language, const char *scope);

/* A text around the place to fill; without one all of it is before. */
struct mp_text_parts { struct mp_span before, after; };
struct mp_text_parts mp_texts_parts(const char *text);

/* All texts of a language as the object that one is read from. */
enum mcpass_rc mp_texts_write(const struct mp_language *language, json_t **ret_object,
    struct mcpass_error *err);

/* --- generated from texts/LANGUAGE.json (cmake/texts.cmake) --- */
extern const struct mp_issuer_translation mp_texts_built_in[];
extern const size_t mp_texts_built_in_count;
