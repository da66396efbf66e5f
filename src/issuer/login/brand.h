/* brand.h - what an organisation puts on the pages: a name, a logo, rules of style.
 *
 * They are checked when the issuer is made.  The page's policy still lets it load nothing but
 * the logo, so no style and no image brings anything from elsewhere or runs a script. */
#pragma once
#include "issuer/core.h"

struct mp_brand {
	char *name, *css;               /* or NULL */
	char *logo;                     /* its bytes, or NULL */
	size_t logo_len;
	const char *logo_type;          /* its media type */
	char *logo_path;                /* below the issuer's: it changes with the bytes */
};
/* MCPASS_E_USAGE: which of them is wrong, and why. */
enum mcpass_rc mp_brand_setup(const struct mp_issuer_brand *config, struct mp_issuer *issuer,
    struct mcpass_error *err);
void mp_brand_free(struct mp_issuer *issuer);

/* A copy that an HTML parser reads as it is written: a style's hash is that of what it read.
 * MCPASS_E_USAGE: it is no CSS for a page of ours. */
enum mcpass_rc mp_brand_read_css(const char *css, char **ret_css, struct mcpass_error *err);
/* "image/png", "image/jpeg", "image/svg+xml" by what the bytes begin with; NULL: none of them,
 * or an SVG that holds more than a picture. */
const char *mp_brand_logo_type(const void *bytes, size_t len);
