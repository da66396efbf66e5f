#include "issuer/login/brand.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/login/pages.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

#define LOGO_PATH "/brand/logo-"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Where word (lower case) is in the bytes, in any case; else NULL. */
static const char *find_word(const char *bytes, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t i = 0; i + word_len <= len; i++) {
		size_t j = 0;

		while (j < word_len && (bytes[i + j] == word[j]
		    || (bytes[i + j] >= 'A' && bytes[i + j] <= 'Z' && (bytes[i + j] | 0x20) == word[j])))
			j++;
		if (j == word_len)
			return bytes + i;
	}
	return NULL;
}

static bool is_utf8(const char *text)
{
	for (struct mp_char c = mp_char_first(text); c.len > 0; c = mp_char_first(text)) {
		if (c.code == 0xfffd && c.len != 3)
			return false;
		text += c.len;
	}
	return true;
}

/* --- style --- */
/* spec: HTML 13.2.3.5 (CR is read as LF), 13.2.5.11 (what ends a style) */
enum mcpass_rc mp_brand_read_css(const char *css, char **ret_css, struct mcpass_error *err)
{
	static const struct { const char *word, *why; } refused[] = {
		{ "</", "would end the page's style" },
		{ "@import", "loads something: a page that asks for a password loads nothing" },
		{ "url(", "loads something: a page that asks for a password loads nothing" },
	};
	struct mp_buf text;

	if (strncmp(css, BYTE_ORDER_MARK, 3) == 0)
		css += 3;
	if (strlen(css) > MP_MAX_BRAND_CSS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "it is longer than %zu bytes", MP_MAX_BRAND_CSS);
	if (!is_utf8(css))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "it is not UTF-8");
	for (size_t i = 0; i < MP_COUNT(refused); i++)
		if (find_word(css, strlen(css), refused[i].word) != NULL)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" in it %s", refused[i].word,
			    refused[i].why);
	mp_buf_init(&text, MP_MAX_BRAND_CSS + 1);
	for (; *css != '\0'; css++)
		if (*css != '\r')
			mp_buf_addc(&text, *css);
		else if (css[1] != '\n')
			mp_buf_addc(&text, '\n');
	return mp_buf_take(&text, "the style", ret_css, err);
}

/* --- logo --- */
/* Shown as an image it runs no script anyhow, and its own policy says so when it is opened as
 * a page: this finds the mistake early. */
static bool is_svg(const char *bytes, size_t len)
{
	static const char *const refused[] = { "<script", "<foreignobject", "<!entity",
		"javascript:" };
	const char *start = bytes, *svg = find_word(bytes, len, "<svg");

	if (svg == NULL || memchr(bytes, '\0', len) != NULL)
		return false;
	if (len > 3 && memcmp(start, BYTE_ORDER_MARK, 3) == 0)
		start += 3;
	while (start < svg && strchr(" \t\r\n", *start) != NULL)
		start++;
	/* Before it stand declarations and comments only. */
	if (start != svg && !(start[0] == '<' && (start[1] == '?' || start[1] == '!')))
		return false;
	for (size_t i = 0; i < MP_COUNT(refused); i++)
		if (find_word(bytes, len, refused[i]) != NULL)
			return false;
	return true;
}

const char *mp_brand_logo_type(const void *bytes, size_t len)
{
	static const struct { const char *magic; size_t len; const char *type; } types[] = {
		{ "\x89PNG\r\n\x1a\n", 8, "image/png" },        /* spec: ISO 15948 5.2 */
		{ "\xff\xd8\xff", 3, "image/jpeg" },            /* spec: ISO 10918-1 B.1 */
	};

	for (size_t i = 0; i < MP_COUNT(types); i++)
		if (len > types[i].len && memcmp(bytes, types[i].magic, types[i].len) == 0)
			return types[i].type;
	return is_svg(bytes, len) ? "image/svg+xml" : NULL;
}

static enum mcpass_rc read_logo(const struct mp_issuer_brand *config, struct mp_brand *brand,
    struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	struct mp_buf path = MP_BUF(100);
	enum mcpass_rc rc;

	if (config->logo_len > MP_MAX_BRAND_LOGO)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the logo is larger than %zu bytes",
		    MP_MAX_BRAND_LOGO);
	brand->logo_type = mp_brand_logo_type(config->logo, config->logo_len);
	if (brand->logo_type == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the logo is no PNG, no JPEG, and no SVG without scripts");
	brand->logo = malloc(config->logo_len);
	if (brand->logo == NULL)
		return mp_nomem(err);
	memcpy(brand->logo, config->logo, config->logo_len);
	brand->logo_len = config->logo_len;
	rc = mp_sha256(config->logo, config->logo_len, digest, err);
	if (rc)
		return rc;
	mp_buf_adds(&path, LOGO_PATH);
	mp_b64url_add(&path, digest, 12);
	return mp_buf_take(&path, "the logo's path", &brand->logo_path, err);
}

enum mcpass_rc mp_brand_setup(const struct mp_issuer_brand *config, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	struct mp_brand *brand = calloc(1, sizeof(*brand));
	enum mcpass_rc rc = MCPASS_OK;

	if (brand == NULL)
		return mp_nomem(err);
	issuer->brand = brand;
	if (config->name != NULL && (strlen(config->name) > MP_MAX_BRAND_NAME
	    || mp_is_blank(config->name) || !is_utf8(config->name)))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the organisation's name is blank, no UTF-8, or"
		    " longer than %u bytes", MP_MAX_BRAND_NAME);
	if (!rc)
		rc = mp_set(&brand->name, config->name, err);
	if (!rc && config->css != NULL)
		rc = mp_doing(err, mp_brand_read_css(config->css, &brand->css, err),
		    "reading the organisation's style");
	if (!rc && config->logo != NULL)
		rc = mp_doing(err, read_logo(config, brand, err), "reading the organisation's logo");
	return rc;
}

void mp_brand_free(struct mp_issuer *issuer)
{
	struct mp_brand *brand = issuer->brand;

	if (brand == NULL)
		return;
	free(brand->name);
	free(brand->css);
	free(brand->logo);
	free(brand->logo_path);
	free(brand);
}

enum mcpass_rc mp_brand_logo_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	const struct mp_brand *brand = turn->issuer->brand;
	const struct mcpass_header headers[] = {
		{ "Content-Type", brand->logo_type },
		{ "Cache-Control", "public, max-age=31536000, immutable" },
		{ "X-Content-Type-Options", "nosniff" },
		/* An SVG that is opened as a page runs no script.  spec: CSP Level 3 6.3.2 */
		{ "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox" },
	};
	enum mcpass_rc rc;

	if (brand->logo == NULL || strcmp(turn->request->path + strlen(turn->issuer->path),
	    brand->logo_path) != 0)
		return mp_pages_nothing(turn, err);
	turn->response->status = 200;
	mp_buf_add(&turn->response->body, brand->logo, brand->logo_len);
	rc = mp_buf_check(&turn->response->body, "the logo", err);
	for (size_t i = 0; i < MP_COUNT(headers) && !rc; i++)
		rc = mp_response_header(turn, headers[i].name, headers[i].value, err);
	return rc;
}
