#include "issuer/login/pages.h"
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/login/page.h"
#include "issuer/upstream/idp.h"

static const char check_mark[] =
    "<svg viewBox=\"0 0 20 20\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\""
    " stroke-width=\"2.2\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
    "<path d=\"M4.5 10.5l3.5 3.5 7.5-8\"/></svg>";

static const char *name_of(const struct mp_page *page, const struct mp_client *client)
{
	return client->client_name == NULL || mp_is_blank(client->client_name)
	    ? mp_texts_get(page->language, MP_TEXT_APP_UNNAMED) : client->client_name;
}

enum mcpass_rc mp_pages_login(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err)
{
	const struct mp_page page = mp_page_new(turn);
	struct mp_buf *html = page.html;
	bool again = view->typed != NULL;

	mp_page_begin(&page, mp_texts_english(MP_TEXT_LOGIN_TITLE));
	mp_page_say(&page, MP_TEXT_LOGIN_TITLE);
	mp_buf_adds(html, "</h1>\n<p class=\"soft\">");
	mp_page_say_about(&page, MP_TEXT_LOGIN_TO, name_of(&page, view->client));
	mp_buf_adds(html, "</p>\n");
	mp_page_problem(&page, view->problem);
	mp_page_form(&page, "/authorize/login", view->ticket);
	mp_buf_adds(html, "<label for=\"username\">");
	mp_page_say(&page, MP_TEXT_LOGIN_USER);
	mp_buf_adds(html, "</label><input id=\"username\" name=\"username\" autocomplete=\"username\""
	    " autocapitalize=\"none\" spellcheck=\"false\" required value=\"");
	mp_pages_escape(html, again ? view->typed : "");
	mp_buf_addf(html, "\"%s>\n<label for=\"password\">", again ? "" : " autofocus");
	mp_page_say(&page, MP_TEXT_LOGIN_PASSWORD);
	mp_buf_addf(html, "</label><input id=\"password\" name=\"password\" type=\"password\""
	    " autocomplete=\"current-password\" required%s>\n<button class=\"main\">",
	    again ? " autofocus" : "");
	mp_page_say(&page, MP_TEXT_LOGIN_BUTTON);
	mp_buf_adds(html, "</button></form>\n");
	mp_page_end(&page);
	return mp_page_finish(&page, 200, view->pending, err);
}

enum mcpass_rc mp_pages_code(const struct mp_turn *turn, const char *typed,
    const char *problem, struct mcpass_error *err)
{
	bool compare = typed != NULL && problem == NULL;
	const struct mp_page page = mp_page_new(turn);
	struct mp_buf *html = page.html;

	mp_page_begin(&page, mp_texts_english(MP_TEXT_CODE_TITLE));
	mp_page_say(&page, compare ? MP_TEXT_CODE_COMPARE_TITLE : MP_TEXT_CODE_TITLE);
	mp_buf_adds(html, "</h1>\n<p class=\"soft\">");
	mp_page_say(&page, compare ? MP_TEXT_CODE_COMPARE_TEXT : MP_TEXT_CODE_TEXT);
	mp_buf_adds(html, "</p>\n");
	mp_page_problem(&page, problem);
	mp_buf_adds(html, "<form method=\"post\" action=\"");
	mp_pages_escape(html, turn->issuer->path);
	mp_buf_adds(html, "/device\"><label for=\"user_code\">");
	mp_page_say(&page, MP_TEXT_CODE_LABEL);
	mp_buf_adds(html, "</label><input id=\"user_code\" name=\"user_code\" class=\"code\" dir=\"ltr\""
	    " autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\""
	    " placeholder=\"XXXX-XXXX\" maxlength=\"20\" required autofocus value=\"");
	mp_pages_escape(html, typed != NULL ? typed : "");
	mp_buf_adds(html, "\">\n<button class=\"main\">");
	mp_page_say(&page, MP_TEXT_CODE_BUTTON);
	mp_buf_adds(html, "</button></form>\n");
	mp_page_end(&page);
	return mp_page_finish(&page, 200, NULL, err);
}

/* What the scope means, in the page's language, else in the words of the configuration. */
static const char *words_for(const struct mp_page *page, const char *scope)
{
	const struct mp_issuer *issuer = page->turn->issuer;
	const char *words = mp_texts_scope(page->language, scope);

	for (size_t i = 0; i < issuer->scopes.count && words == NULL; i++)
		if (strcmp(issuer->scopes.items[i], scope) == 0)
			words = issuer->words.items[i];
	return words != NULL ? words : scope;
}

static void add_scopes(const struct mp_page *page, const struct mp_strings *scopes)
{
	struct mp_buf *html = page->html;

	if (scopes->count == 0) {
		mp_buf_adds(html, "<p>");
		mp_page_say(page, MP_TEXT_CONSENT_NO_SCOPES);
		mp_buf_adds(html, "</p>\n");
		return;
	}
	mp_buf_adds(html, "<ul aria-label=\"");
	mp_page_say(page, MP_TEXT_CONSENT_SCOPES);
	mp_buf_adds(html, "\">\n");
	for (size_t i = 0; i < scopes->count; i++) {
		const char *scope = scopes->items[i], *words = words_for(page, scope);

		mp_buf_addf(html, "<li>%s<span>", check_mark);
		mp_pages_escape(html, words);
		if (strcmp(words, scope) != 0) {
			mp_buf_adds(html, "<code>");
			mp_pages_escape(html, scope);
			mp_buf_adds(html, "</code>");
		}
		mp_buf_adds(html, "</span></li>\n");
	}
	mp_buf_adds(html, "</ul>\n");
}

/* The text, and where the address in it is, set off from the words around it. */
static void say_place(const struct mp_page *page, enum mp_text text, const char *uri)
{
	struct mp_buf place = MP_BUF(MP_MAX_REDIRECT_URI);

	mp_redirect_add_place(&place, uri);
	mp_page_say_about(page, text, mp_buf_text(&place));
	if (place.failed)
		page->html->failed = place.failed;      /* a page without the address is no page */
	mp_buf_free(&place);
}

/* Where the answer is sent: the text for the kind of its address. */
static void say_receiver(const struct mp_page *page, enum mp_text web, enum mp_text loopback,
    enum mp_text app, const struct mp_pending *pending)
{
	enum mp_redirect_kind kind = mp_redirect_kind(pending->redirect_uri);

	say_place(page, kind == MP_REDIRECT_LOOPBACK ? loopback
	    : kind == MP_REDIRECT_PRIVATE_USE ? app : web, pending->redirect_uri);
}

/* Who says what the application is: its own registration, a website, or the operator.
 * spec: MCP client ID metadata documents (the host is shown) */
static void add_origin(const struct mp_page *page, const struct mp_client *client)
{
	mp_buf_adds(page->html, "<p>");
	if (client->is_known)
		mp_page_say(page, MP_TEXT_ORIGIN_KNOWN);
	else if (mp_metadata_document_is_id(page->turn->issuer, client->client_id))
		say_place(page, MP_TEXT_ORIGIN_DOCUMENT, client->client_id);
	else
		mp_page_say(page, MP_TEXT_ORIGIN_REGISTERED);
	mp_buf_adds(page->html, "</p>");
}

static void add_warning(const struct mp_page *page, const struct mp_client *client,
    const struct mp_pending *pending)
{
	mp_buf_adds(page->html, "<div class=\"note warn\">");
	add_origin(page, client);
	mp_buf_adds(page->html, "<p>");
	if (pending->user_code != NULL)         /* spec: RFC 8628 3.3.1, 5.4 */
		mp_page_say_about(page, MP_TEXT_ANSWER_DEVICE, pending->user_code);
	else
		say_receiver(page, MP_TEXT_ANSWER_WEB, MP_TEXT_ANSWER_LOOPBACK, MP_TEXT_ANSWER_APP,
		    pending);
	mp_buf_adds(page->html, "</p></div>\n");
}

static void add_user(const struct mp_page *page, const struct mp_user *user)
{
	bool named = user->name != NULL && !mp_is_blank(user->name);
	struct mp_buf *html = page->html;

	mp_buf_adds(html, "<p class=\"who\"><span>");
	mp_page_before(page, MP_TEXT_CONSENT_USER);
	mp_page_strong(page, named ? user->name : user->username);
	if (named) {
		mp_buf_adds(html, " (");
		mp_pages_escape(html, user->username);
		mp_buf_addc(html, ')');
	}
	mp_page_after(page, MP_TEXT_CONSENT_USER);
	mp_buf_adds(html, "</span><button class=\"link\" name=\"decision\" value=\"switch\">");
	mp_page_say(page, MP_TEXT_CONSENT_SWITCH);
	mp_buf_adds(html, "</button></p>\n");
}

static void add_decision(const struct mp_page *page)
{
	mp_buf_adds(page->html, "<div class=\"two\"><button name=\"decision\" value=\"deny\">");
	mp_page_say(page, MP_TEXT_CONSENT_DENY);
	mp_buf_adds(page->html, "</button><button class=\"main\" name=\"decision\" value=\"allow\">");
	mp_page_say(page, MP_TEXT_CONSENT_ALLOW);
	mp_buf_adds(page->html, "</button></div>\n");
}

/* To allow it is to go and sign in: at one of these. */
static void add_upstreams(const struct mp_page *page)
{
	const struct mp_issuer *issuer = page->turn->issuer;
	struct mp_buf *html = page->html;

	mp_buf_adds(html, "<p class=\"soft\">");
	mp_page_say(page, MP_TEXT_UPSTREAM_SIGN_IN);
	mp_buf_adds(html, "</p>\n");
	for (size_t i = 0; i < issuer->upstream_count; i++) {
		mp_buf_addf(html, "<button class=\"main\" name=\"decision\" value=\"allow %s\">",
		    issuer->upstreams[i].name);
		mp_page_before(page, MP_TEXT_UPSTREAM_ALLOW);
		mp_pages_escape(html, issuer->upstreams[i].label);
		mp_page_after(page, MP_TEXT_UPSTREAM_ALLOW);
		mp_buf_adds(html, "</button>\n");
	}
	mp_buf_adds(html, "<button name=\"decision\" value=\"deny\">");
	mp_page_say(page, MP_TEXT_CONSENT_DENY);
	mp_buf_adds(html, "</button>\n");
}

enum mcpass_rc mp_pages_consent(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err)
{
	const struct mp_page page = mp_page_new(turn);
	struct mp_buf *html = page.html;

	mp_page_begin(&page, mp_texts_english(MP_TEXT_CONSENT_TITLE));
	mp_pages_escape(html, name_of(&page, view->client));
	mp_buf_adds(html, "</h1>\n<p class=\"soft\">");
	if (view->pending->resource != NULL)
		mp_page_say_about(&page, MP_TEXT_CONSENT_RESOURCE, view->pending->resource);
	else
		mp_page_say(&page, MP_TEXT_CONSENT_ACCOUNT);
	mp_buf_adds(html, "</p>\n");
	mp_page_problem(&page, view->problem);
	mp_page_form(&page, "/authorize/consent", view->ticket);
	add_scopes(&page, view->scopes);
	add_warning(&page, view->client, view->pending);
	if (view->user == NULL) {
		add_upstreams(&page);
	} else {
		add_decision(&page);
		add_user(&page, view->user);
	}
	mp_buf_adds(html, "</form>\n");
	mp_page_end(&page);
	return mp_page_finish(&page, 200, view->pending, err);
}

enum mcpass_rc mp_pages_mistake(const struct mp_turn *turn, const struct mp_view *view,
    const char *location, struct mcpass_error *err)
{
	const struct mp_page page = mp_page_new(turn);
	struct mp_buf *html = page.html;

	mp_page_begin(&page, mp_texts_english(MP_TEXT_MISTAKE_TITLE));
	mp_page_say(&page, MP_TEXT_MISTAKE_TITLE);
	mp_buf_adds(html, "</h1>\n<p class=\"soft\">");
	mp_page_say_about(&page, MP_TEXT_MISTAKE_CLIENT, name_of(&page, view->client));
	mp_buf_adds(html, "</p>\n");
	mp_page_problem(&page, view->problem);
	mp_buf_adds(html, "<div class=\"note warn\">");
	add_origin(&page, view->client);
	mp_buf_adds(html, "<p>");
	say_receiver(&page, MP_TEXT_MISTAKE_WEB, MP_TEXT_MISTAKE_LOOPBACK, MP_TEXT_MISTAKE_APP,
	    view->pending);
	mp_buf_adds(html, "</p></div>\n<p class=\"last\"><a class=\"button\" rel=\"noreferrer\" href=\"");
	mp_pages_escape(html, location);
	mp_buf_adds(html, "\">");
	mp_page_say(&page, MP_TEXT_MISTAKE_BUTTON);
	mp_buf_adds(html, "</a></p>\n");
	mp_page_end(&page);
	return mp_page_finish(&page, 400, NULL, err);
}

enum mcpass_rc mp_pages_go(const struct mp_turn *turn, const char *label, const char *url,
    struct mcpass_error *err)
{
	const struct mp_page page = mp_page_new(turn);
	struct mp_buf refresh = MP_BUF(2 * MP_MAX_URI);
	enum mcpass_rc rc;

	mp_page_begin(&page, mp_texts_english(MP_TEXT_LOGIN_TITLE));
	mp_page_say(&page, MP_TEXT_LOGIN_TITLE);
	mp_buf_adds(page.html, "</h1>\n<p class=\"soft\">");
	mp_page_say_about(&page, MP_TEXT_UPSTREAM_GO, label);
	mp_buf_adds(page.html, "</p>\n<p class=\"last\"><a class=\"button\" rel=\"noreferrer\" href=\"");
	mp_pages_escape(page.html, url);
	mp_buf_adds(page.html, "\">");
	mp_page_say(&page, MP_TEXT_CODE_BUTTON);
	mp_buf_adds(page.html, "</a></p>\n");
	mp_page_end(&page);
	rc = mp_page_finish(&page, 200, NULL, err);
	mp_buf_addf(&refresh, "0; url=%s", url);        /* spec: WHATWG HTML, shared declarative refresh */
	if (!rc)
		rc = mp_headers_add_buf(&turn->response->headers, "Refresh", &refresh, err);
	mp_buf_free(&refresh);
	return rc;
}

enum mcpass_rc mp_pages_message(const struct mp_turn *turn, int status, const char *title,
    const char *text, const char *advice, struct mcpass_error *err)
{
	const struct mp_page page = mp_page_new(turn);

	mp_page_begin(&page, title);
	mp_page_say_english(&page, title);
	mp_buf_adds(page.html, "</h1>\n<p>");
	mp_page_say_english(&page, text);
	mp_buf_adds(page.html, "</p>\n<p class=\"soft\">");
	mp_page_say_english(&page, advice);
	mp_buf_adds(page.html, "</p>\n");
	mp_page_end(&page);
	return mp_page_finish(&page, status, NULL, err);
}

enum mcpass_rc mp_pages_nothing(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_pages_message(turn, 404, mp_texts_english(MP_TEXT_NOTHING_TITLE),
	    mp_texts_english(MP_TEXT_NOTHING_TEXT), mp_texts_english(MP_TEXT_NOTHING_ADVICE), err);
}

/* What a program is told of its limits is English; a person reads it in theirs. */
static void translate_wait(const struct mp_turn *turn, struct mcpass_error *why)
{
	const struct mp_page page = mp_page_new(turn);
	struct mp_text_parts parts = mp_texts_parts(mp_texts_get(page.language, MP_TEXT_WAIT_TEXT));

	if (page.language != turn->issuer->texts->languages)
		(void)snprintf(why->detail, sizeof(why->detail), "%.*s%lld%.*s", (int)parts.before.len,
		    parts.before.data, (long long)turn->wait->seconds, (int)parts.after.len,
		    parts.after.data);
}

enum mcpass_rc mp_pages_refusal(const struct mp_turn *turn, int status,
    struct mcpass_error *err)
{
	struct mcpass_error why = *err;
	bool comes_again = turn->wait->status != 0;
	enum mcpass_rc rc;

	mp_response_note(turn, &why);
	mp_response_clear(turn);
	mp_clear(err);
	if (mp_eq(why.oauth, MP_PAGES_ANSWERED))
		return mp_pages_message(turn, status, mp_texts_english(MP_TEXT_ANSWERED_TITLE), why.detail,
		    mp_texts_english(MP_TEXT_ANSWERED_ADVICE), err);
	if (comes_again)
		translate_wait(turn, &why);
	rc = mp_pages_message(turn, comes_again ? turn->wait->status : status,
	    mp_texts_english(MP_TEXT_MISTAKE_TITLE), why.detail,
	    mp_texts_english(comes_again ? MP_TEXT_WAIT_ADVICE : MP_TEXT_REFUSAL_AGAIN), err);
	return rc ? rc : mp_response_wait(turn, err);
}
