#include "issuer/login/pages.h"
#include <string.h>
#include "base/limits.h"
#include "base/printable.h"
#include "issuer/bounds.h"
#include "issuer/upstream/idp.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

static const char check_mark[] =
    "<svg viewBox=\"0 0 20 20\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\""
    " stroke-width=\"2.2\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
    "<path d=\"M4.5 10.5l3.5 3.5 7.5-8\"/></svg>";

void mp_pages_escape(struct mp_buf *html, const char *text)
{
	static const struct { char c; const char *entity; } entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" },
	};

	for (struct mp_char c = mp_char_first(text); c.len > 0; c = mp_char_first(text)) {
		size_t i = 0;

		while (i < MP_COUNT(entities) && (uint32_t)entities[i].c != c.code)
			i++;
		if (!c.is_shown)
			mp_buf_adds(html, "\xef\xbf\xbd");
		else if (i < MP_COUNT(entities))
			mp_buf_adds(html, entities[i].entity);
		else
			mp_buf_add(html, text, c.len);
		text += c.len;
	}
}

enum mcpass_rc mp_pages_style_hash(char **ret_source, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	struct mp_buf source;
	enum mcpass_rc rc;

	rc = mp_sha256(mp_page_style, strlen(mp_page_style), digest, err);
	if (rc)
		return rc;
	mp_buf_init(&source, 128);
	mp_buf_adds(&source, "'sha256-");
	mp_b64_add(&source, digest, sizeof(digest));
	mp_buf_addc(&source, '\'');
	return mp_buf_take(&source, "the style's hash", ret_source, err);
}

/* spec: CSP Level 3.  A browser applies form-action to the redirect that answers a form
 * too, so the client's address has to be in it. */
static enum mcpass_rc add_policy(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mcpass_error *err)
{
	struct mp_buf policy;
	enum mcpass_rc rc;

	mp_buf_init(&policy, MP_MAX_URI);
	mp_buf_addf(&policy, "default-src 'none'; style-src %s; base-uri 'none'; "
	    "frame-ancestors 'none'; form-action 'self'", turn->issuer->style_hash);
	if (pending != NULL && pending->redirect_uri != NULL) {
		mp_buf_addc(&policy, ' ');
		mp_redirect_add_source(&policy, pending->redirect_uri);
	}
	rc = mp_buf_check(&policy, "the page's policy", err);
	if (!rc)
		rc = mp_response_header(turn, "Content-Security-Policy", mp_buf_text(&policy), err);
	mp_buf_free(&policy);
	return rc;
}

/* The headers that every page has; pending is NULL on a page without a form. */
static enum mcpass_rc finish(const struct mp_turn *turn, int status,
    const struct mp_pending *pending, struct mcpass_error *err)
{
	/* Not no-referrer: with it browsers post "Origin: null", which is no origin of ours.
	 * spec: Fetch 3.2 (append a request Origin header) */
	static const struct mcpass_header headers[] = {
		{ "Content-Type", "text/html; charset=utf-8" },
		{ "Cache-Control", "no-store" },
		{ "Referrer-Policy", "same-origin" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
	};
	enum mcpass_rc rc = mp_buf_check(&turn->response->body, "the page", err);

	turn->response->status = status;
	for (size_t i = 0; i < MP_COUNT(headers) && !rc; i++)
		rc = mp_response_header(turn, headers[i].name, headers[i].value, err);
	return rc ? rc : add_policy(turn, pending, err);
}

static void begin(struct mp_buf *html, const char *title)
{
	mp_buf_adds(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	    "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	mp_pages_escape(html, title);
	mp_buf_addf(html, "</title><style>%s</style></head>\n<body><main>%s<h1>", mp_page_style,
	    mp_page_logo);
}

/* Whose page it is: the person may compare it with the address line. */
static void end(struct mp_buf *html, const struct mp_issuer *issuer)
{
	mp_buf_adds(html, "</main>\n<footer>Authorization server ");
	mp_pages_escape(html, issuer->url);
	mp_buf_adds(html, "</footer></body></html>\n");
}

static void add_form(struct mp_buf *html, const struct mp_turn *turn, const char *path,
    const struct mp_secret *ticket)
{
	mp_buf_adds(html, "<form method=\"post\" action=\"");
	mp_pages_escape(html, turn->issuer->path);
	mp_buf_addf(html, "%s\"><input type=\"hidden\" name=\"ticket\" value=\"", path);
	mp_pages_escape(html, mp_secret_reveal(ticket));
	mp_buf_adds(html, "\">\n");
}

static const char *name_of(const struct mp_client *client)
{
	return client->client_name == NULL || mp_is_blank(client->client_name)
	    ? "An application without a name" : client->client_name;
}

static void add_strong(struct mp_buf *html, const char *text)
{
	mp_buf_adds(html, "<strong>");
	mp_pages_escape(html, text);
	mp_buf_adds(html, "</strong>");
}

static void add_problem(struct mp_buf *html, const char *problem)
{
	if (problem == NULL)
		return;
	mp_buf_adds(html, "<div class=\"note bad\" role=\"alert\"><p>");
	mp_pages_escape(html, problem);
	mp_buf_adds(html, "</p></div>\n");
}

enum mcpass_rc mp_pages_login(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body;
	bool again = view->typed != NULL;

	begin(html, "Sign in");
	mp_buf_adds(html, "Sign in</h1>\n<p class=\"soft\">to go on to ");
	add_strong(html, name_of(view->client));
	mp_buf_adds(html, "</p>\n");
	add_problem(html, view->problem);
	add_form(html, turn, "/authorize/login", view->ticket);
	mp_buf_adds(html, "<label for=\"username\">User name</label>"
	    "<input id=\"username\" name=\"username\" autocomplete=\"username\""
	    " autocapitalize=\"none\" spellcheck=\"false\" required value=\"");
	mp_pages_escape(html, again ? view->typed : "");
	mp_buf_addf(html, "\"%s>\n<label for=\"password\">Password</label>"
	    "<input id=\"password\" name=\"password\" type=\"password\""
	    " autocomplete=\"current-password\" required%s>\n"
	    "<button class=\"main\">Sign in</button></form>\n",
	    again ? "" : " autofocus", again ? " autofocus" : "");
	end(html, turn->issuer);
	return finish(turn, 200, view->pending, err);
}

enum mcpass_rc mp_pages_code(const struct mp_turn *turn, const char *typed,
    const char *problem, struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body;

	begin(html, "Enter the code");
	mp_buf_adds(html, typed != NULL && problem == NULL ? "Is this the code?</h1>\n<p class=\"soft\">"
	    "Go on only if your own device shows it." : "Enter the code</h1>\n<p class=\"soft\">"
	    "that your device shows.");
	mp_buf_adds(html, " It is where you started to sign in.</p>\n");
	add_problem(html, problem);
	mp_buf_adds(html, "<form method=\"post\" action=\"");
	mp_pages_escape(html, turn->issuer->path);
	mp_buf_adds(html, "/device\"><label for=\"user_code\">Code</label>"
	    "<input id=\"user_code\" name=\"user_code\" class=\"code\" autocomplete=\"off\""
	    " autocapitalize=\"characters\" spellcheck=\"false\" placeholder=\"XXXX-XXXX\""
	    " maxlength=\"20\" required autofocus value=\"");
	mp_pages_escape(html, typed != NULL ? typed : "");
	mp_buf_adds(html, "\">\n<button class=\"main\">Go on</button></form>\n");
	end(html, turn->issuer);
	return finish(turn, 200, NULL, err);
}

/* What the scope means, in the words of the configuration. */
static const char *words_for(const struct mp_issuer *issuer, const char *scope)
{
	for (size_t i = 0; i < issuer->scopes.count; i++)
		if (strcmp(issuer->scopes.items[i], scope) == 0)
			return issuer->words.items[i];
	return scope;
}

static void add_scopes(struct mp_buf *html, const struct mp_turn *turn,
    const struct mp_strings *scopes)
{
	if (scopes->count == 0) {
		mp_buf_adds(html, "<p>It asks for no particular permission.</p>\n");
		return;
	}
	mp_buf_adds(html, "<ul aria-label=\"What it may do\">\n");
	for (size_t i = 0; i < scopes->count; i++) {
		const char *scope = scopes->items[i], *words = words_for(turn->issuer, scope);

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

/* Where an address is, set off from the words around it. */
static void add_place(struct mp_buf *html, const char *uri)
{
	struct mp_buf place;

	mp_buf_init(&place, MP_MAX_REDIRECT_URI);
	mp_redirect_add_place(&place, uri);
	add_strong(html, mp_buf_text(&place));
	if (place.failed)
		html->failed = place.failed;    /* a page without the address is no page */
	mp_buf_free(&place);
}

/* "the website app.example": where the answer is sent. */
static void add_receiver(struct mp_buf *html, const struct mp_pending *pending)
{
	static const char *const places[] = {
		[MP_REDIRECT_REFUSED] = "", [MP_REDIRECT_WEB] = "the website ",
		[MP_REDIRECT_LOOPBACK] = "a program on this computer, ",
		[MP_REDIRECT_PRIVATE_USE] = "the app ",
	};

	mp_buf_adds(html, places[mp_redirect_kind(pending->redirect_uri)]);
	add_place(html, pending->redirect_uri);
}

/* Who says what the application is: its own registration, a website, or the operator.
 * spec: MCP client ID metadata documents (the host is shown) */
static void add_origin(struct mp_buf *html, const struct mp_turn *turn,
    const struct mp_client *client)
{
	if (client->is_known) {
		mp_buf_adds(html, "<p>This application is known to the operator of this server. ");
	} else if (mp_metadata_document_is_id(turn->issuer, client->client_id)) {
		mp_buf_adds(html, "<p>What this application is called was read at ");
		add_place(html, client->client_id);
		mp_buf_adds(html, ". Go on only if you trust that website, and have just started this "
		    "yourself.</p><p>");
		return;
	} else {
		mp_buf_adds(html, "<p>This application registered itself: its maker was not checked. ");
	}
	mp_buf_adds(html, "Go on only if you have just started this yourself.</p><p>");
}

static void add_warning(struct mp_buf *html, const struct mp_turn *turn,
    const struct mp_client *client, const struct mp_pending *pending)
{
	mp_buf_adds(html, "<div class=\"note warn\">");
	add_origin(html, turn, client);
	if (pending->user_code != NULL) {        /* spec: RFC 8628 3.3.1, 5.4 */
		mp_buf_adds(html, "Your answer is sent to the device that shows the code ");
		add_strong(html, pending->user_code);
		mp_buf_adds(html, ": allow it only if that is your own device, and you have it before "
		    "you.</p></div>\n");
		return;
	}
	mp_buf_adds(html, "Your answer is sent to ");
	add_receiver(html, pending);
	mp_buf_adds(html, ".</p></div>\n");
}

static void add_user(struct mp_buf *html, const struct mp_user *user)
{
	bool named = user->name != NULL && !mp_is_blank(user->name);

	mp_buf_adds(html, "<p class=\"who\"><span>Signed in as ");
	add_strong(html, named ? user->name : user->username);
	if (named) {
		mp_buf_adds(html, " (");
		mp_pages_escape(html, user->username);
		mp_buf_addc(html, ')');
	}
	mp_buf_adds(html, "</span><button class=\"link\" name=\"decision\" value=\"switch\">"
	    "Not you?</button></p>\n");
}

/* To allow it is to go and sign in: at one of these. */
static void add_upstreams(struct mp_buf *html, const struct mp_issuer *issuer)
{
	mp_buf_adds(html, "<p class=\"soft\">To allow it, sign in:</p>\n");
	for (size_t i = 0; i < issuer->upstream_count; i++) {
		mp_buf_addf(html, "<button class=\"main\" name=\"decision\" value=\"allow %s\">"
		    "Allow and sign in with ", issuer->upstreams[i].name);
		mp_pages_escape(html, issuer->upstreams[i].label);
		mp_buf_adds(html, "</button>\n");
	}
	mp_buf_adds(html, "<button name=\"decision\" value=\"deny\">Deny</button>\n");
}

enum mcpass_rc mp_pages_consent(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body;

	begin(html, "Allow access?");
	mp_pages_escape(html, name_of(view->client));
	mp_buf_adds(html, "</h1>\n<p class=\"soft\">wants to use ");
	if (view->pending->resource != NULL)
		add_strong(html, view->pending->resource);
	else
		mp_buf_adds(html, "your account");
	mp_buf_adds(html, " on your behalf.</p>\n");
	add_problem(html, view->problem);
	add_form(html, turn, "/authorize/consent", view->ticket);
	add_scopes(html, turn, view->scopes);
	add_warning(html, turn, view->client, view->pending);
	if (view->user == NULL) {
		add_upstreams(html, turn->issuer);
	} else {
		mp_buf_adds(html, "<div class=\"two\"><button name=\"decision\" value=\"deny\">Deny</button>"
		    "<button class=\"main\" name=\"decision\" value=\"allow\">Allow</button></div>\n");
		add_user(html, view->user);
	}
	mp_buf_adds(html, "</form>\n");
	end(html, turn->issuer);
	return finish(turn, 200, view->pending, err);
}

enum mcpass_rc mp_pages_mistake(const struct mp_turn *turn, const struct mp_view *view,
    const char *location, struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body;

	begin(html, "This did not work");
	mp_buf_adds(html, "This did not work</h1>\n<p class=\"soft\">");
	add_strong(html, name_of(view->client));
	mp_buf_adds(html, " asked for something that it cannot be given.</p>\n");
	add_problem(html, view->problem);
	mp_buf_adds(html, "<div class=\"note warn\">");
	add_origin(html, turn, view->client);
	mp_buf_adds(html, "The link below tells it so, and leads to ");
	add_receiver(html, view->pending);
	mp_buf_adds(html, ".</p></div>\n<p class=\"last\"><a class=\"button\" rel=\"noreferrer\" href=\"");
	mp_pages_escape(html, location);
	mp_buf_adds(html, "\">Go back to the application</a></p>\n");
	end(html, turn->issuer);
	return finish(turn, 400, NULL, err);
}

enum mcpass_rc mp_pages_go(const struct mp_turn *turn, const char *label, const char *url,
    struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body, refresh;
	enum mcpass_rc rc;

	begin(html, "Sign in");
	mp_buf_adds(html, "Sign in</h1>\n<p class=\"soft\">You are sent to ");
	add_strong(html, label);
	mp_buf_adds(html, ".</p>\n<p class=\"last\"><a class=\"button\" rel=\"noreferrer\" href=\"");
	mp_pages_escape(html, url);
	mp_buf_adds(html, "\">Go on</a></p>\n");
	end(html, turn->issuer);
	rc = finish(turn, 200, NULL, err);
	mp_buf_init(&refresh, 2 * MP_MAX_URI);
	mp_buf_addf(&refresh, "0; url=%s", url);        /* spec: WHATWG HTML, shared declarative refresh */
	if (!rc)
		rc = mp_buf_check(&refresh, "the address", err);
	if (!rc)
		rc = mp_response_header(turn, "Refresh", mp_buf_text(&refresh), err);
	mp_buf_free(&refresh);
	return rc;
}

enum mcpass_rc mp_pages_message(const struct mp_turn *turn, int status, const char *title,
    const char *text, const char *advice, struct mcpass_error *err)
{
	struct mp_buf *html = &turn->response->body;

	begin(html, title);
	mp_pages_escape(html, title);
	mp_buf_adds(html, "</h1>\n<p>");
	mp_pages_escape(html, text);
	mp_buf_adds(html, "</p>\n<p class=\"soft\">");
	mp_pages_escape(html, advice);
	mp_buf_adds(html, "</p>\n");
	end(html, turn->issuer);
	return finish(turn, status, NULL, err);
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
		return mp_pages_message(turn, status, "Already answered", why.detail,
		    "Go back to it. You may close this page.", err);
	rc = mp_pages_message(turn, comes_again ? turn->wait->status : status, "This did not work",
	    why.detail, comes_again ? "Wait a little, then load this page again."
	    : "Close this page, go back to the application and start again.", err);
	return rc ? rc : mp_response_wait(turn, err);
}
