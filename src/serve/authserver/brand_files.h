/* brand_files.h - what an operator puts on the issuer's pages, read from files: a style, a logo,
 * a folder of translations. */
#pragma once
#include "issuer/issuer.h"

struct mp_brand_paths { const char *name, *css, *logo, *translations; };        /* each or NULL */
struct mp_brand_files {
	struct mp_issuer_brand brand;   /* borrows from below */
	struct mp_issuer_translation *translations;
	size_t translation_count;
	char *css, *logo;
};
/* Into zeros; release with mp_brand_files_free(), on failure too.  The folder's files are
 * LANGUAGE.json; what else is in it is not looked at.
 * MCPASS_E_USAGE, MCPASS_E_IO: which file cannot be had. */
enum mcpass_rc mp_brand_files_read(const struct mp_brand_paths *paths,
    struct mp_brand_files *files, struct mcpass_error *err);
void mp_brand_files_free(struct mp_brand_files *files);
