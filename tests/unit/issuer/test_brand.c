/* What an organisation puts on the pages: it is taken as it is, or refused at the start. */
#include "issuer/login/brand.h"
#include "kit.h"
#include "wire/jose/b64url.h"

static const struct {
	const char *label, *css;
	const char *want;               /* what is read; NULL: it is refused, */
	const char *why;                /* with these words */
} css_rows[] = {
	{ "rules", ":root{--accent:#c00}", ":root{--accent:#c00}", NULL },
	{ "nothing", "", "", NULL },
	{ "a range of widths", "@media(width<30rem){p{margin:0}}", "@media(width<30rem){p{margin:0}}", NULL },
	{ "a slash in a comment", "/* a */p{}", "/* a */p{}", NULL },
	{ "a byte order mark", "\xef\xbb\xbfp{}", "p{}", NULL },
	{ "lines of Windows", "a{}\r\nb{}\r\n", "a{}\nb{}\n", NULL },
	{ "lines of old Macs", "a{}\rb{}", "a{}\nb{}", NULL },
	{ "UTF-8", "p::before{content:'\xe2\x86\x92'}", "p::before{content:'\xe2\x86\x92'}", NULL },
	{ "the end of the style", "p{}</style><script>alert(1)</script>", NULL, "end the page's style" },
	{ "the end in capitals", "p{}</STYLE >", NULL, "end the page's style" },
	{ "any end of an element", "p{content:'</p>'}", NULL, "end the page's style" },
	{ "another style", "@import 'x.css';", NULL, "loads nothing" },
	{ "another style, in capitals", "@IMPORT 'x.css';", NULL, "loads nothing" },
	{ "an image", "p{background:url(https://evil.example/)}", NULL, "loads nothing" },
	{ "an image, in capitals", "p{background:Url(x)}", NULL, "loads nothing" },
	{ "no UTF-8", "p{content:'\xff'}", NULL, "not UTF-8" },
};

static void test_css(void)
{
	for (size_t i = 0; i < COUNT(css_rows); i++) {
		struct mcpass_error err = { 0 };
		char *css = NULL;

		CHECK_EQ(css_rows[i].label, mp_brand_read_css(css_rows[i].css, &css, &err),
		    css_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_STR(css_rows[i].label, css, css_rows[i].want);
		if (css_rows[i].why != NULL)
			CHECK_HAS(css_rows[i].label, err.detail, css_rows[i].why);
		free(css);
	}
}

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"
#define BYTES(text) text, sizeof(text) - 1
static const struct { const char *label, *bytes; size_t len; const char *want; } logo_rows[] = {
	{ "PNG", BYTES(PNG), "image/png" },
	{ "JPEG", BYTES("\xff\xd8\xff\xe0..."), "image/jpeg" },
	{ "SVG", BYTES(SVG), "image/svg+xml" },
	{ "SVG in capitals", BYTES("<SVG/>"), "image/svg+xml" },
	{ "SVG with a declaration", BYTES("<?xml version=\"1.0\"?>\n<!-- a -->\n" SVG), "image/svg+xml" },
	{ "SVG with a mark and blanks", BYTES("\xef\xbb\xbf \n" SVG), "image/svg+xml" },
	{ "nothing", BYTES(""), NULL },
	{ "a PNG's first bytes alone", BYTES("\x89PNG\r\n\x1a\n"), NULL },
	{ "almost a PNG", BYTES("\x89PNG\n\x1a\n\0\0\0\rIHDR"), NULL },
	{ "GIF", BYTES("GIF89a......"), NULL },
	{ "HTML", BYTES("<html><svg></svg></html>"), NULL },
	{ "text before it", BYTES("x <svg/>"), NULL },
	{ "a script in it", BYTES("<svg><script>alert(1)</script></svg>"), NULL },
	{ "a script in capitals", BYTES("<svg><SCRIPT/></svg>"), NULL },
	{ "a page in it", BYTES("<svg><foreignObject/></svg>"), NULL },
	{ "entities", BYTES("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>"), NULL },
	{ "a link that is a script", BYTES("<svg><a href=\"javascript:x\"/></svg>"), NULL },
	{ "a NUL in it", BYTES("<svg>\0</svg>"), NULL },
};

static void open_branded(struct kit *kit, const char *issuer, const struct mp_issuer_brand *brand,
    enum mcpass_rc want)
{
	struct mp_issuer_config config = kit_config(issuer);

	config.brand = *brand;
	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), want);
}

/* The hash of what stands between the nth <style> and its end has to be in the policy. */
static void check_style(const struct kit *kit, const char *style, const char *text)
{
	const char *end = strstr(style, "</style>");
	uint8_t digest[MP_SHA256_LEN];
	char source[128];
	struct mp_buf hash;

	CHECK("the style", text == NULL || ((size_t)(end - style) == strlen(text)
	    && memcmp(style, text, strlen(text)) == 0));
	mp_sha256(style, (size_t)(end - style), digest, NULL);
	mp_buf_init(&hash, 128);
	mp_b64_add(&hash, digest, sizeof(digest));
	snprintf(source, sizeof(source), "'sha256-%s'", mp_buf_text(&hash));
	mp_buf_free(&hash);
	CHECK_HAS("its hash", kit_header(kit, "Content-Security-Policy"), source);
}

static void test_page(void)
{
	static const struct mp_issuer_brand brand = { "A & <B>", "p{}\r\n", PNG, sizeof(PNG) - 1 };
	static const struct mp_issuer_brand none = { NULL, NULL, NULL, 0 };
	const char *logo, *style;
	char path[100];
	struct kit kit;

	open_branded(&kit, AS "/t", &brand, MCPASS_OK);
	kit_get(&kit, "/t/x", NULL);
	CHECK_HAS("the name", kit_body(&kit), "<p class=\"brand\">A &amp; &lt;B&gt;</p>");
	CHECK_HAS("in the title", kit_body(&kit), "<title>Nothing here - A &amp; &lt;B&gt;</title>");
	CHECK_HAS("an image from us", kit_header(&kit, "Content-Security-Policy"), "img-src 'self'; ");
	style = strstr(kit_body(&kit), "<style>") + 7;
	check_style(&kit, style, NULL);
	check_style(&kit, strstr(style, "<style>") + 7, "p{}\n");
	logo = strstr(kit_body(&kit), "src=\"/t/brand/logo-");
	CHECK("an image", logo != NULL);
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(logo + 5, "\""), logo + 5);
	kit_get(&kit, path, NULL);
	CHECK_EQ("the logo", kit.answer.status, 200);
	CHECK_EQ("its length", kit.answer.body.len, sizeof(PNG) - 1);
	CHECK("its bytes", memcmp(kit.answer.body.data, PNG, sizeof(PNG) - 1) == 0);
	CHECK_STR("its type", kit_header(&kit, "Content-Type"), "image/png");
	CHECK_STR("not guessed", kit_header(&kit, "X-Content-Type-Options"), "nosniff");
	CHECK_HAS("no script", kit_header(&kit, "Content-Security-Policy"), "default-src 'none'");
	CHECK_HAS("no origin", kit_header(&kit, "Content-Security-Policy"), "sandbox");
	CHECK_HAS("kept", kit_header(&kit, "Cache-Control"), "immutable");
	kit_get(&kit, "/t/brand/logo-x", NULL);
	CHECK_EQ("another", kit.answer.status, 404);
	kit_close(&kit);
	open_branded(&kit, AS, &none, MCPASS_OK);
	kit_get(&kit, "/x", NULL);
	CHECK("no image", strstr(kit_header(&kit, "Content-Security-Policy"), "img-src") == NULL);
	kit_get(&kit, "/brand/logo-", NULL);
	CHECK_EQ("no logo", kit.answer.status, 404);
	kit_close(&kit);
}

static char large[MP_MAX_BRAND_LOGO + 2];
static const struct {
	const char *label;
	struct mp_issuer_brand brand;
	const char *why;
} wrong_rows[] = {
	{ "a blank name", { " ", NULL, NULL, 0 }, "name is blank" },
	{ "a name that is no UTF-8", { "\xff", NULL, NULL, 0 }, "name is blank" },
	{ "a style that loads", { NULL, "@import 'x'", NULL, 0 }, "@import" },
	{ "a logo that is none", { NULL, NULL, "GIF89a", 6 }, "no PNG" },
	{ "a logo that is large", { NULL, NULL, large, MP_MAX_BRAND_LOGO + 1 }, "larger than" },
};

static void test_wrong(void)
{
	memset(large, ' ', sizeof(large));
	memcpy(large, PNG, sizeof(PNG));
	for (size_t i = 0; i < COUNT(wrong_rows); i++) {
		struct kit kit;

		open_branded(&kit, AS, &wrong_rows[i].brand, MCPASS_E_USAGE);
		CHECK_HAS(wrong_rows[i].label, kit.err.detail, wrong_rows[i].why);
		kit_close(&kit);
	}
	memset(large, 'a', sizeof(large));
	large[MP_MAX_BRAND_CSS + 1] = '\0';
	CHECK_EQ("a style that is long", mp_brand_read_css(large, &(char *){ NULL }, NULL),
	    MCPASS_E_USAGE);
}

static void test_no_memory(void)
{
	const struct mp_issuer_brand brand = { "A", "p{}", PNG, sizeof(PNG) - 1 };

	OOM_EACH {
		struct mp_issuer issuer = { 0 };

		CHECK_OOM("out of memory", mp_brand_setup(&brand, &issuer, NULL), MCPASS_OK);
		mp_brand_free(&issuer);
	}
}

int main(void)
{
	kit_key();
	kit_users();
	test_css();
	for (size_t i = 0; i < COUNT(logo_rows); i++)
		CHECK_STR(logo_rows[i].label, mp_brand_logo_type(logo_rows[i].bytes, logo_rows[i].len),
		    logo_rows[i].want);
	test_page();
	test_wrong();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
