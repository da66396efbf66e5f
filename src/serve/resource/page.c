#include "serve/resource/page.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/login/page.h"
#include "wire/uri.h"

enum mcpass_rc mp_serve_page_place(const struct mp_serve_config *config, const char *url,
    char **ret_page_url, char **ret_path, struct mcpass_error *err)
{
	const char *given = config->resource_documentation;
	char *page = NULL, *path = NULL;
	struct mp_uri server, place;
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = mp_uri_parse(url, &server, err);

	if (given != NULL)
		mp_buf_adds(&text, given);
	else if (!rc)
		mp_buf_addf(&text, "%.*s/docs", (int)server.origin.len, server.origin.data);
	if (!rc)
		rc = mp_buf_take(&text, "the page's URL", &page, err);
	if (!rc)
		rc = mp_uri_parse(page, &place, err);
	if (!rc && mp_uri_same_origin(&server, &place) && place.path.len > 1)
		rc = mp_set_span(&path, place.path, err);
	mp_buf_free(&text);
	if (rc) {
		free(page);
		return rc;
	}
	*ret_page_url = page;
	*ret_path = path;
	return MCPASS_OK;
}

/* A paragraph or a cell: a tag, escaped text, the tag's end. */
static void add(struct mp_buf *html, const char *tag, const char *text)
{
	mp_buf_addf(html, "<%s>", tag);
	mp_pages_escape(html, text);
	mp_buf_addf(html, "</%s>", tag);
}

static void add_head(struct mp_buf *html, const char *name)
{
	mp_buf_adds(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">");
	add(html, "title", name);
	mp_buf_adds(html, "<style>body{font:16px/1.5 sans-serif;max-width:48em;margin:2em auto;"
	    "padding:0 1em}pre{background:#f4f4f4;padding:.8em;overflow:auto}td,th{text-align:left;"
	    "padding:.2em 1em .2em 0}</style></head><body>");
	add(html, "h1", name);
}

static void add_issuers(struct mp_buf *html, const struct mp_serve_config *config)
{
	mp_buf_adds(html, "<h2>Whose access tokens it takes</h2><ul>");
	for (size_t i = 0; i < config->issuer_count; i++)
		add(html, "li", config->issuers[i].issuer);
	mp_buf_adds(html, "</ul>");
	if (config->dpop.mode != NULL && strcmp(config->dpop.mode, "off") != 0) {
		mp_buf_adds(html, "<p>Proof of possession (DPoP, RFC 9449): ");
		mp_pages_escape(html, config->dpop.mode);
		mp_buf_adds(html, ".</p>");
	}
}

/* Which roles a rule asks for is not told: they are names of the inside. */
static void add_rules(struct mp_buf *html, const struct mp_serve_plan *plan)
{
	mp_buf_adds(html, "<h2>What a token has to permit</h2><p>The first line that matches decides."
	    "</p><table><tr><th>request</th><th>scopes</th></tr>");
	for (size_t i = 0; i < plan->rules->count; i++) {
		const struct mp_serve_rule *rule = &plan->rules->items[i];
		struct mp_buf spelt = MP_BUF(MP_MAX_URI);

		mp_serve_rule_spell(&spelt, rule);
		mp_buf_adds(html, "<tr>");
		add(html, "td", mp_buf_text(&spelt));
		mp_buf_adds(html, "<td>");
		mp_pages_escape(html, rule->scope[0] != '\0' ? rule->scope : "any good token");
		mp_buf_adds(html, rule->roles.count > 0 ? ", and a role</td></tr>" : "</td></tr>");
		mp_buf_free(&spelt);
	}
	mp_buf_adds(html, "</table>");
}

/* A command or some code in which the server's URL stands. */
static void add_way(struct mp_buf *html, const char *title, const char *before, const char *url,
    const char *after)
{
	add(html, "h3", title);
	mp_buf_adds(html, "<pre>");
	mp_pages_escape(html, before);
	mp_pages_escape(html, url);
	mp_pages_escape(html, after);
	mp_buf_adds(html, "</pre>");
}

static void add_ways(struct mp_buf *html, const char *url)
{
	mp_buf_adds(html, "<h2>How to reach it</h2><p>A client finds everything by the challenge that"
	    " the server answers a request without a token with.</p>");
	add_way(html, "mcpass", "mcpass tools ", url, "\n");
	add_way(html, "curl: the challenge, then a request with a token", "curl -i ", url,
	    " -H 'Content-Type: application/json' -d '{}'\n"
	    "curl \"$URL\" -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
	    "  -H 'Accept: application/json, text/event-stream' \\\n"
	    "  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}'\n");
	add_way(html, "TypeScript SDK", "new StreamableHTTPClientTransport(new URL(\"", url,
	    "\"), { authProvider })\n");
	add_way(html, "Python SDK", "streamablehttp_client(\"", url,
	    "\", auth=OAuthClientProvider(...))\n");
}

enum mcpass_rc mp_serve_page_make(const struct mp_serve_plan *plan, const char *url,
    char **ret_html, struct mcpass_error *err)
{
	struct mp_buf html = MP_BUF(MP_MAX_DOCUMENT);

	add_head(&html, plan->guard.resource_name);
	mp_buf_adds(&html, "<p>An MCP server (streamable HTTP) that asks for an OAuth access token, at ");
	add(&html, "code", url);
	mp_buf_adds(&html, ".</p>");
	add_issuers(&html, plan->config);
	add_rules(&html, plan);
	add_ways(&html, url);
	mp_buf_adds(&html, "</body></html>\n");
	return mp_buf_take(&html, "the page for developers", ret_html, err);
}
