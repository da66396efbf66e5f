#include <string.h>
#include "base/limits.h"
#include "io/browser/listener_parts.h"

static const char style[] =
    ":root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1a1d21;--soft:#5b6470;"
    "--good:#1a7f4b;--bad:#b3261e;--line:#e1e4e8}"
    "@media(prefers-color-scheme:dark){:root{--page:#101214;--card:#1a1d21;--text:#e8eaed;"
    "--soft:#9aa3ad;--good:#5bd397;--bad:#ff8a80;--line:#2c3137}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;"
    "padding:1.5rem;background:var(--page);color:var(--text);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{width:100%;max-width:26rem;padding:2.5rem 2rem;text-align:center;"
    "background:var(--card);border:1px solid var(--line);border-radius:14px}"
    "svg{width:56px;height:56px;fill:none;stroke-width:2.5;stroke-linecap:round;"
    "stroke-linejoin:round}"
    ".good{stroke:var(--good)}.bad{stroke:var(--bad)}"
    "h1{margin:1rem 0 .5rem;font-size:1.375rem;line-height:1.3;overflow-wrap:anywhere}"
    "p{margin:.5rem 0 0;overflow-wrap:anywhere}.soft{color:var(--soft)}";

static const char check_mark[] =
    "<svg class=\"good\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">"
    "<circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"m7.5 12.5 3 3 6-7\"/></svg>";
static const char cross[] =
    "<svg class=\"bad\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">"
    "<circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"m8.5 8.5 7 7m0-7-7 7\"/></svg>";

static void add_escaped(struct mp_buf *buf, const char *text)
{
	static const struct { char c; const char *entity; } entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" },
	};

	for (; *text != '\0'; text++) {
		size_t i = 0;

		while (i < MP_COUNT(entities) && entities[i].c != *text)
			i++;
		if (i < MP_COUNT(entities))
			mp_buf_adds(buf, entities[i].entity);
		else
			mp_buf_addc(buf, *text);
	}
}

static void add_response(struct mp_buf *response, const char *status, const char *type,
    const struct mp_buf *body)
{
	mp_buf_addf(response, "HTTP/1.1 %s\r\n"
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
	    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "Referrer-Policy: no-referrer\r\n"      /* the page's address holds the code */
	    "%sConnection: close\r\n\r\n", status, type, body->len,
	    strncmp(status, "405", 3) == 0 ? "Allow: GET\r\n" : "");
	mp_buf_add(response, mp_buf_text(body), body->len);
	if (body->failed)
		response->failed = body->failed;
}

static void add_page(struct mp_buf *response, const char *sign, const char *before,
    const char *text, const char *after)
{
	struct mp_buf body = MP_BUF(MP_MAX_DOCUMENT);

	mp_buf_addf(&body, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	    "<title>mcpass</title><style>%s</style></head><body><main>%s%s", style, sign, before);
	add_escaped(&body, text);
	mp_buf_addf(&body, "%s</main></body></html>\n", after);
	add_response(response, "200 OK", "text/html", &body);
	mp_buf_free(&body);
}

void mp_listener_page_signed_in(struct mp_buf *response, const char *name)
{
	const char *before = name != NULL ? "<h1>You are signed in to " : "<h1>You are signed in";

	add_page(response, check_mark, before, name != NULL ? name : "",
	    "</h1><p class=\"soft\">You can close this window.</p>");
}

void mp_listener_page_failed(struct mp_buf *response, const char *message)
{
	add_page(response, cross, "<h1>The sign-in did not work</h1><p>",
	    message != NULL ? message : "The program that asked for it says more.",
	    "</p><p class=\"soft\">You can close this window and go back to the program that"
	    " opened it.</p>");
}

void mp_listener_page_refusal(struct mp_buf *response, int status)
{
	static const struct { int status; const char *line, *text; } rows[] = {
		{ 404, "404 Not Found", "There is nothing here.\n" },
		{ 405, "405 Method Not Allowed", "Only GET is answered here.\n" },
		{ 414, "414 URI Too Long", "That is too long.\n" },
		{ 431, "431 Request Header Fields Too Large", "That is too long.\n" },
		{ 400, "400 Bad Request", "That is not the redirect that is waited for.\n" },
	};
	struct mp_buf body;
	size_t i = 0;

	while (i < MP_COUNT(rows) - 1 && rows[i].status != status)
		i++;
	mp_buf_init(&body, MP_MAX_DOCUMENT);
	mp_buf_adds(&body, rows[i].text);
	add_response(response, rows[i].line, "text/plain", &body);
	mp_buf_free(&body);
}
