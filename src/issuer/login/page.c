#include "issuer/login/page.h"
#include <string.h>
#include "base/limits.h"
#include "issuer/login/brand.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

/* NULL: it may stand as it is. */
static const char *entity_of(uint32_t code)
{
	static const struct { char c; const char *entity; } entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" },
	};

	for (size_t i = 0; i < MP_COUNT(entities); i++)
		if ((uint32_t)entities[i].c == code)
			return entities[i].entity;
	return NULL;
}

void mp_pages_escape(struct mp_buf *html, const char *text)
{
	for (struct mp_char c = mp_char_first(text); c.len > 0; c = mp_char_first(text)) {
		const char *entity = entity_of(c.code);

		if (!c.is_shown)
			mp_buf_adds(html, "\xef\xbf\xbd");
		else if (entity != NULL)
			mp_buf_adds(html, entity);
		else
			mp_buf_add(html, text, c.len);
		text += c.len;
	}
}

/* Words of ours, or of a translation: some scripts need joiners that are not seen. */
static void add_words(struct mp_buf *html, struct mp_span words)
{
	for (size_t i = 0; i < words.len; i++) {
		const char *entity = entity_of((unsigned char)words.data[i]);

		if (entity != NULL)
			mp_buf_adds(html, entity);
		else
			mp_buf_addc(html, words.data[i]);
	}
}

/* --- the head --- */
static void add_hash(struct mp_buf *sources, const char *style, enum mcpass_rc *rc,
    struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];

	if (style == NULL || *rc != MCPASS_OK)
		return;
	*rc = mp_sha256(style, strlen(style), digest, err);
	if (*rc != MCPASS_OK)
		return;
	mp_buf_adds(sources, sources->len > 0 ? " 'sha256-" : "'sha256-");
	mp_b64_add(sources, digest, sizeof(digest));
	mp_buf_addc(sources, '\'');
}

enum mcpass_rc mp_page_style_hashes(const char *brand_css, char **ret_sources,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf sources = MP_BUF(256);

	add_hash(&sources, mp_page_style, &rc, err);
	add_hash(&sources, brand_css, &rc, err);
	if (!rc)
		return mp_buf_take(&sources, "the hashes of styles", ret_sources, err);
	mp_buf_free(&sources);
	return rc;
}

struct mp_page mp_page_new(const struct mp_turn *turn)
{
	const struct mp_http_request *request = turn->request;
	const char *wanted = mp_header_get(request->headers, request->header_count, "Accept-Language");

	return (struct mp_page){ turn, mp_texts_pick(turn->issuer->texts, wanted),
		&turn->response->body };
}

static void add_brand(const struct mp_page *page)
{
	const struct mp_issuer *issuer = page->turn->issuer;
	const struct mp_brand *brand = issuer->brand;

	if (brand->logo == NULL) {
		mp_buf_adds(page->html, mp_page_logo);
	} else {
		mp_buf_adds(page->html, "<img class=\"logo\" alt=\"\" src=\"");
		mp_pages_escape(page->html, issuer->path);
		mp_buf_addf(page->html, "%s\">", brand->logo_path);
	}
	if (brand->name != NULL) {
		mp_buf_adds(page->html, "<p class=\"brand\">");
		mp_pages_escape(page->html, brand->name);
		mp_buf_adds(page->html, "</p>");
	}
}

void mp_page_begin(const struct mp_page *page, const char *title)
{
	const struct mp_brand *brand = page->turn->issuer->brand;
	struct mp_buf *html = page->html;

	mp_buf_addf(html, "<!doctype html>\n<html lang=\"%s\"%s><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	    "<meta name=\"color-scheme\" content=\"light dark\"><title>", page->language->tag,
	    page->language->is_rtl ? " dir=\"rtl\"" : "");
	mp_page_say_english(page, title);
	if (brand->name != NULL) {
		mp_buf_adds(html, " - ");
		mp_pages_escape(html, brand->name);
	}
	mp_buf_addf(html, "</title><style>%s</style>", mp_page_style);
	if (brand->css != NULL) {
		mp_buf_adds(html, "<style>");
		mp_buf_adds(html, brand->css);
		mp_buf_adds(html, "</style>");
	}
	mp_buf_adds(html, "</head>\n<body><main>");
	add_brand(page);
	mp_buf_adds(html, "<h1>");
}

void mp_page_end(const struct mp_page *page)
{
	mp_buf_adds(page->html, "</main>\n<footer>");
	mp_page_before(page, MP_TEXT_FOOTER);
	mp_buf_adds(page->html, "<bdi>");
	mp_pages_escape(page->html, page->turn->issuer->url);
	mp_buf_adds(page->html, "</bdi>");
	mp_page_after(page, MP_TEXT_FOOTER);
	mp_buf_adds(page->html, "</footer></body></html>\n");
}

/* spec: CSP Level 3.  A browser applies form-action to the redirect that answers a form
 * too, so the client's address has to be in it. */
static enum mcpass_rc add_policy(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mcpass_error *err)
{
	struct mp_buf policy = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&policy, "default-src 'none'; style-src %s; %sbase-uri 'none'; "
	    "frame-ancestors 'none'; form-action 'self'", turn->issuer->style_hashes,
	    turn->issuer->brand->logo != NULL ? "img-src 'self'; " : "");
	if (pending != NULL && pending->redirect_uri != NULL) {
		mp_buf_addc(&policy, ' ');
		mp_redirect_add_source(&policy, pending->redirect_uri);
	}
	return mp_headers_add_buf(&turn->response->headers, "Content-Security-Policy", &policy, err);
}

enum mcpass_rc mp_page_finish(const struct mp_page *page, int status,
    const struct mp_pending *pending, struct mcpass_error *err)
{
	/* Not no-referrer: with it browsers post "Origin: null", which is no origin of ours.
	 * spec: Fetch 3.2 (append a request Origin header) */
	const struct mcpass_header headers[] = {
		{ "Content-Type", "text/html; charset=utf-8" },
		{ "Content-Language", page->language->tag },
		{ "Cache-Control", "no-store" },
		{ "Referrer-Policy", "same-origin" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
	};
	enum mcpass_rc rc = mp_buf_check(page->html, "the page", err);

	page->turn->response->status = status;
	for (size_t i = 0; i < MP_COUNT(headers) && !rc; i++)
		rc = mp_response_header(page->turn, headers[i].name, headers[i].value, err);
	return rc ? rc : add_policy(page->turn, pending, err);
}

/* --- what stands in it --- */
void mp_page_before(const struct mp_page *page, enum mp_text text)
{
	add_words(page->html, mp_texts_parts(mp_texts_get(page->language, text)).before);
}

void mp_page_after(const struct mp_page *page, enum mp_text text)
{
	add_words(page->html, mp_texts_parts(mp_texts_get(page->language, text)).after);
}

void mp_page_say(const struct mp_page *page, enum mp_text text)
{
	const char *words = mp_texts_get(page->language, text);

	add_words(page->html, (struct mp_span){ words, strlen(words) });
}

void mp_page_say_english(const struct mp_page *page, const char *english)
{
	const char *words = mp_texts_translate(page->language, english);

	if (words != NULL)
		add_words(page->html, (struct mp_span){ words, strlen(words) });
	else
		mp_pages_escape(page->html, english);
}

void mp_page_say_about(const struct mp_page *page, enum mp_text text, const char *name)
{
	mp_page_before(page, text);
	mp_page_strong(page, name);
	mp_page_after(page, text);
}

void mp_page_strong(const struct mp_page *page, const char *text)
{
	mp_buf_adds(page->html, "<strong>");
	mp_pages_escape(page->html, text);
	mp_buf_adds(page->html, "</strong>");
}

void mp_page_problem(const struct mp_page *page, const char *problem)
{
	if (problem == NULL)
		return;
	mp_buf_adds(page->html, "<div class=\"note bad\" role=\"alert\"><p>");
	mp_page_say_english(page, problem);
	mp_buf_adds(page->html, "</p></div>\n");
}

void mp_page_form(const struct mp_page *page, const char *path, const struct mp_secret *ticket)
{
	mp_buf_adds(page->html, "<form method=\"post\" action=\"");
	mp_pages_escape(page->html, page->turn->issuer->path);
	mp_buf_addf(page->html, "%s\"><input type=\"hidden\" name=\"ticket\" value=\"", path);
	mp_pages_escape(page->html, mp_secret_reveal(ticket));
	mp_buf_adds(page->html, "\">\n");
}
