#include "oauth/quirks.h"
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"

/* Each line was learnt from the provider's own documents or from its users' bug reports;
 * docs/providers.md says which of them was tried against the real one.
 *
 * Where a provider lets customers have names in its own domain (Okta, Auth0, ciamlogin), the
 * program that answers is still the provider's.  amazonaws.com is not like that: any
 * customer may have BUCKET.s3.amazonaws.com, hence "<r>". */
static const struct mp_quirk quirks[] = {
	{ .name = "entra", .title = "Microsoft Entra ID",
	  .hosts = { "login.microsoftonline.com", "login.microsoftonline.us",
	      "login.partner.microsoftonline.cn", "**.ciamlogin.com" },
	  .paths = { "/*/v2.0" },
	  .changes = MP_QUIRK_OMIT_RESOURCE | MP_QUIRK_NO_S256 | MP_QUIRK_OFFLINE | MP_QUIRK_NO_DCR,
	  .options = "--callback-host localhost",
	  .remedy = "A public client with the redirect URI http://localhost/callback; the scope of the"
	      " MCP server's own API there, api://API-ID/NAME, says whom the token is for." },
	{ .name = "auth0", .title = "Auth0",
	  .hosts = { "**.auth0.com" },
	  .params = { { "audience", "@" } },
	  .options = "--callback-port 8765",
	  .remedy = "The MCP server's URL has to be the identifier of an API there, with Allow Offline"
	      " Access for a refresh token." },
	{ .name = "google", .title = "Google",
	  .hosts = { "accounts.google.com" },
	  .changes = MP_QUIRK_NO_DCR,
	  .params = { { "access_type", "offline" }, { "prompt", "consent" } },
	  .scope = "openid",
	  .options = "--client-secret-file FILE",
	  .remedy = "An OAuth client of the type Desktop app takes any port on loopback; it has a"
	      " secret all the same." },
	{ .name = "okta", .title = "Okta",
	  .hosts = { "**.okta.com", "**.oktapreview.com", "**.okta-emea.com" },
	  .changes = MP_QUIRK_TOKEN_FOR_DCR,
	  .params = { { "audience", "@" } },
	  .options = "--callback-port 8765",
	  .remedy = "A client registers itself with --initial-access-token-file FILE only; else a"
	      " Native app integration, which an access policy has to allow." },
	{ .name = "cognito", .title = "Amazon Cognito",
	  .hosts = { "cognito-idp.<r>.amazonaws.com", "cognito-idp.<r>.amazonaws.com.cn" },
	  .paths = { "/*" },
	  .changes = MP_QUIRK_NO_S256 | MP_QUIRK_NO_DCR,
	  .scope = "openid",
	  .options = "--callback-host localhost --callback-port 8765",
	  .remedy = "An app client without a secret, with the callback URL"
	      " http://localhost:8765/callback and the MCP server's scopes." },
	{ .name = "keycloak", .title = "Keycloak",
	  .paths = { "/realms/*", "/auth/realms/*" },
	  .remedy = "Clients > Client registration, anonymous access policies: they decide who may"
	      " register, from where, and with which scopes." },
	{ .name = "github", .title = "GitHub",
	  .hosts = { "github.com", "**.ghe.com" },
	  .paths = { "/login/oauth" },
	  .changes = MP_QUIRK_NO_DCR,
	  .options = "--client-secret-file FILE",
	  .remedy = "An OAuth App or a GitHub App with the callback URL http://127.0.0.1/callback"
	      " takes any port." },
	{ .name = "authentik", .title = "authentik",
	  .paths = { "/application/o/*" },
	  .changes = MP_QUIRK_NO_DCR,
	  .options = "--callback-port 8765",
	  .remedy = "A public OAuth2 provider; the audience of its tokens is the client id, which the"
	      " MCP server has to take." },
	{ .name = "descope", .title = "Descope",
	  .hosts = { "**.descope.com" },
	  .changes = MP_QUIRK_TOKEN_FOR_DCR,
	  .remedy = "A client registers itself with --initial-access-token-file FILE, a management"
	      " key, unless the project allows it to everybody." },
};

/* --- a URL against a pattern --- */
/* "us-east-1", "us-gov-west-1": two letters, words of letters, a number. */
static bool is_region(struct mp_span label)
{
	size_t at = 2, words = 0;

	if (label.len < 6 || !mp_is_letter(label.data[0]) || !mp_is_letter(label.data[1]))
		return false;
	while (at + 1 < label.len && label.data[at] == '-' && mp_is_letter(label.data[at + 1])) {
		for (at++; at < label.len && mp_is_letter(label.data[at]); at++)
			;
		words++;
	}
	if (words == 0 || at + 1 >= label.len || label.data[at] != '-')
		return false;
	for (at++; at < label.len; at++)
		if (!mp_is_digit(label.data[at]))
			return false;
	return true;
}

/* The last piece of text before its end, which is moved in front of the separator; false
 * when nothing is left. */
static bool last_piece(struct mp_span *text, char separator, struct mp_span *ret_piece)
{
	size_t start = text->len;

	if (text->data == NULL)
		return false;
	while (start > 0 && text->data[start - 1] != separator)
		start--;
	*ret_piece = (struct mp_span){ text->data + start, text->len - start };
	if (start > 0)
		text->len = start - 1;
	else
		text->data = NULL;      /* that was the first one */
	return true;
}

static bool label_fits(struct mp_span pattern, struct mp_span label)
{
	char wanted[64];

	if (label.len == 0 || pattern.len >= sizeof(wanted))
		return false;
	if (mp_span_is(pattern, "*") || mp_span_is(pattern, "**"))
		return true;
	if (mp_span_is(pattern, "<r>"))
		return is_region(label);
	memcpy(wanted, pattern.data, pattern.len);
	wanted[pattern.len] = '\0';
	return mp_span_is_nocase(label, wanted);        /* spec: RFC 4343 2 */
}

/* From the right, label by label: a suffix that begins inside a label fits nothing. */
static bool host_fits(const char *pattern, struct mp_span host)
{
	struct mp_span wanted = { pattern, strlen(pattern) }, piece, label;

	while (last_piece(&wanted, '.', &piece)) {
		if (!last_piece(&host, '.', &label) || !label_fits(piece, label))
			return false;
		if (mp_span_is(piece, "**"))
			return true;    /* whatever stands before is a subdomain */
	}
	return host.data == NULL;
}

/* A '/' at the end makes no difference, as in RFC 8414 3.1. */
static bool path_fits(const char *pattern, struct mp_span path)
{
	struct mp_span wanted = { pattern, strlen(pattern) }, piece, segment;

	if (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	while (last_piece(&wanted, '/', &piece)) {
		if (!last_piece(&path, '/', &segment))
			return false;
		if (mp_span_is(piece, "*") ? segment.len == 0 : segment.len != piece.len
		    || memcmp(segment.data, piece.data, piece.len) != 0)
			return false;
	}
	return path.data == NULL;
}

static bool fits_one(const char *const *patterns, struct mp_span text,
    bool (*fits)(const char *pattern, struct mp_span text))
{
	if (patterns[0] == NULL)
		return true;
	for (size_t i = 0; i < MP_QUIRK_PATTERNS && patterns[i] != NULL; i++)
		if (fits(patterns[i], text))
			return true;
	return false;
}

/* Whether the issuer's URL matches the row: https on the default port, host and path. */
static bool matches(const struct mp_quirk *quirk, const char *issuer)
{
	struct mp_uri uri;

	if (mp_uri_parse(issuer, &uri, NULL) != MCPASS_OK || !uri.is_https || uri.port != 443
	    || uri.is_ipv6 || uri.query.data != NULL || uri.fragment.data != NULL)
		return false;
	return fits_one(quirk->hosts, uri.host, host_fits)
	    && fits_one(quirk->paths, uri.path, path_fits);
}

/* --- the choice --- */
const struct mp_quirk *mp_quirks(size_t *ret_count)
{
	*ret_count = MP_COUNT(quirks);
	return quirks;
}

const struct mp_quirk *mp_quirk_named(const char *name)
{
	for (size_t i = 0; i < MP_COUNT(quirks); i++)
		if (strcmp(quirks[i].name, name) == 0)
			return &quirks[i];
	return NULL;
}

static const struct mp_quirk *find(const char *issuer)
{
	for (size_t i = 0; i < MP_COUNT(quirks); i++)
		if (matches(&quirks[i], issuer))
			return &quirks[i];
	return NULL;
}

static bool is_loopback(const char *issuer)
{
	struct mp_uri uri;

	return mp_uri_parse(issuer, &uri, NULL) == MCPASS_OK && mp_uri_is_loopback(&uri);
}

/* Whether a check may be weakened there; a row without hosts is for any host. */
static bool is_own_host(const struct mp_quirk *quirk, const char *issuer)
{
	return is_loopback(issuer) || (quirk->hosts[0] != NULL && matches(quirk, issuer));
}

enum mcpass_rc mp_quirk_apply(const char *chosen, const char *issuer,
    struct mp_quirk_choice *ret_choice, struct mcpass_error *err)
{
	struct mp_quirk_choice choice = { 0 };

	choice.by_name = chosen != NULL;
	if (chosen == NULL)
		choice.row = find(issuer);
	else if (strcmp(chosen, "none") != 0)
		choice.row = mp_quirk_named(chosen);
	if (chosen != NULL && choice.row == NULL && strcmp(chosen, "none") != 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no provider %s in the table", chosen);
	if (choice.row != NULL) {
		choice.changes = choice.row->changes;
		/* spec: MCP 2026-07-28 authorization code protection (MUST refuse to proceed) */
		if (!is_own_host(choice.row, issuer))
			choice.changes &= ~MP_QUIRK_NO_S256;
	}
	*ret_choice = choice;
	return MCPASS_OK;
}

/* --- in words --- */
/* "the authorization request has audience=(the resource)" */
static enum mcpass_rc add_pair(struct mp_strings *phrases, const char *before,
    const char *name, const char *value, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&buf, "%s %s=%s", before, name,
	    strcmp(value, "@") == 0 ? "(the resource)" : value);
	return mp_buf_move(&buf, "a phrase", phrases, err);
}

enum mcpass_rc mp_quirk_describe(const struct mp_quirk *quirk, unsigned changes,
    struct mp_strings *ret_phrases, struct mcpass_error *err)
{
	static const struct { unsigned change; const char *phrase; } words[] = {
		{ MP_QUIRK_OMIT_RESOURCE, "no resource parameter is sent" },
		{ MP_QUIRK_NO_S256, "metadata that does not mention PKCE is accepted; it is used all the"
		    " same" },
		{ MP_QUIRK_OFFLINE, "offline_access is asked for, or there is no refresh token" },
		{ MP_QUIRK_NO_DCR, "no client registers itself there: one has to be given" },
		{ MP_QUIRK_TOKEN_FOR_DCR, "to register a client takes an initial access token" },
	};
	struct mp_strings phrases = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(words) && !rc; i++)
		if (changes & words[i].change)
			rc = mp_strings_add_text(&phrases, words[i].phrase, err);
	for (size_t i = 0; i < MP_QUIRK_PARAMS && quirk->params[i].name != NULL && !rc; i++)
		rc = add_pair(&phrases, "the authorization request has", quirk->params[i].name,
		    quirk->params[i].value, err);
	if (!rc && quirk->scope != NULL)
		rc = add_pair(&phrases, "where no scope is named:", "scope", quirk->scope, err);
	if (rc)
		mp_strings_free(&phrases);
	else
		*ret_phrases = phrases;
	return rc;
}
