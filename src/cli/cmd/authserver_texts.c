#include "cli/cmd/authserver_texts.h"
#include "issuer/login/texts.h"
#include "serve/authserver/brand_files.h"
#include "ui/out.h"
#include "wire/http/accept_language.h"

static enum mcpass_rc print(const struct mp_language *language, struct mcpass_error *err)
{
	json_t *object = NULL;
	enum mcpass_rc rc = mp_texts_write(language, &object, err);

	return rc ? rc : mp_out_json_new(object, err);
}

enum mcpass_rc mp_authserver_texts(const char *tag, const char *folder, struct mcpass_error *err)
{
	const struct mp_brand_paths paths = { .translations = folder };
	struct mp_brand_files files = { 0 };
	struct mp_languages *texts = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (!mp_language_is_tag(tag)) {
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 5646 2.1", "\"%s\" is no language", tag);
		mp_hint(err, "write its tag: de, pt-BR, zh-Hant");
	}
	if (!rc)
		rc = mp_brand_files_read(&paths, &files, err);
	if (!rc)
		rc = mp_texts_new(files.translations, files.translation_count, &texts, err);
	if (!rc)
		rc = print(mp_texts_pick(texts, tag), err);
	mp_texts_free(texts);
	mp_brand_files_free(&files);
	return mp_doing(err, rc, "writing the texts of the pages");
}
