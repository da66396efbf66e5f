#include "serve/authserver/brand_files.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/file/read_file.h"

#define SUFFIX ".json"

/* One file of the folder: its name is the tag. */
static enum mcpass_rc read_translation(const char *folder, struct mp_span tag,
    struct mp_brand_files *files, struct mcpass_error *err)
{
	struct mp_issuer_translation *one = &files->translations[files->translation_count];
	char *path = NULL, *json = NULL, *name = mp_dup_span(tag);
	struct mp_buf buf = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&buf, "%s/%.*s" SUFFIX, folder, (int)tag.len, tag.data);
	rc = mp_buf_take(&buf, "the path of a translation", &path, err);
	if (!rc && name == NULL)
		rc = mp_nomem(err);
	if (!rc)
		rc = mp_read_file(path, MP_MAX_DOCUMENT, &json, NULL, err);
	if (rc) {
		free(path);
		free(name);
		return rc;
	}
	*one = (struct mp_issuer_translation){ name, json, path };
	files->translation_count++;
	return MCPASS_OK;
}

static enum mcpass_rc read_folder(const char *folder, struct mp_brand_files *files,
    struct mcpass_error *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	enum mcpass_rc rc = MCPASS_OK;

	if (dir == NULL)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", folder, strerror(errno));
	files->translations = calloc(MP_MAX_LANGUAGES, sizeof(*files->translations));
	if (files->translations == NULL) {
		(void)closedir(dir);
		return mp_nomem(err);
	}
	while (!rc && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name), end = strlen(SUFFIX);

		if (len <= end || strcmp(entry->d_name + len - end, SUFFIX) != 0)
			continue;
		rc = files->translation_count == MP_MAX_LANGUAGES
		    ? mp_fail(err, MCPASS_E_USAGE, NULL, "%s: more than %d languages", folder,
		        MP_MAX_LANGUAGES)
		    : read_translation(folder, (struct mp_span){ entry->d_name, len - end }, files, err);
	}
	(void)closedir(dir);
	return rc;
}

enum mcpass_rc mp_brand_files_read(const struct mp_brand_paths *paths,
    struct mp_brand_files *files, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	files->brand.name = paths->name;
	if (paths->css != NULL)
		rc = mp_read_file(paths->css, MP_MAX_BRAND_CSS, &files->css, NULL, err);
	files->brand.css = files->css;
	if (!rc && paths->logo != NULL)
		rc = mp_read_file(paths->logo, MP_MAX_BRAND_LOGO, &files->logo, &files->brand.logo_len,
		    err);
	files->brand.logo = files->logo;
	if (!rc && paths->translations != NULL)
		rc = read_folder(paths->translations, files, err);
	return mp_doing(err, rc, "reading what the pages show");
}

void mp_brand_files_free(struct mp_brand_files *files)
{
	for (size_t i = 0; i < files->translation_count; i++) {
		free((char *)files->translations[i].tag);
		mp_free_wiped((char *)files->translations[i].json);
		free((char *)files->translations[i].file);
	}
	free(files->translations);
	mp_free_wiped(files->css);
	mp_free_wiped(files->logo);
	*files = (struct mp_brand_files){ 0 };
}
