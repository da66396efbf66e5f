#include "guard/kind.h"
#include <stdio.h>
#include <string.h>

/* Where issuers say it, without what they write differently. */
static const struct {
	const char *claim;
	/* The claim has other uses, too: what it says counts only if it names a token. */
	bool is_ambiguous;
} places[] = {
	{ "typ", false },               /* Keycloak */
	{ "tokenuse", false },          /* Cognito, Hydra */
	{ "tokenusage", false },        /* OpenIddict */
	{ "tokentype", false },         /* RFC 7662 2.2, ForgeRock */
	{ "tokenname", false },
	{ "tokenkind", false },
	{ "tokentyp", false },
	{ "jwttype", false },
	{ "toktype", false },           /* Oracle */
	{ "ttt", false },
	{ "purpose", true },            /* Curity */
	{ "tokenpurpose", true },
	{ "type", true },               /* Adobe, flask-jwt-extended */
	{ "kind", true },
	{ "usage", true },
	{ "use", true },
};

/* Without what issuers write differently: case, separators, the prefix of a media type
 * (RFC 7515 4.1.9) or of a URN (RFC 8693 3). */
static bool is_separator(char c)
{
	return c == '_' || c == '-' || c == ' ' || c == '.';
}

static void normalise(const char *word, char *plain, size_t size)
{
	static const char *const prefixes[] = { "application/", "urn:ietf:params:oauth:token-type:" };
	size_t len = 0;

	for (size_t i = 0; i < MP_COUNT(prefixes); i++) {
		size_t skip = strlen(prefixes[i]);

		if (strlen(word) > skip
		    && mp_span_is_nocase((struct mp_span){ word, skip }, prefixes[i]))
			word += skip;
	}
	for (; *word != '\0' && len + 1 < size; word++)
		if (!is_separator(*word))
			plain[len++] = *word >= 'A' && *word <= 'Z' ? (char)(*word | 0x20) : *word;
	plain[len] = '\0';
}

/* The one list of what is accepted. */
static bool is_accepted(const char *plain)
{
	static const char *const words[] = { "access", "accesstoken", "at", "at+jwt", "bearer",
		"bearertoken", "dpop", "jwt" };

	for (size_t i = 0; i < MP_COUNT(words); i++)
		if (strcmp(plain, words[i]) == 0)
			return true;
	return false;
}

#define PLAIN 64                /* longer than any word that is accepted */

bool mp_kind_is_access(const char *word)
{
	char plain[PLAIN];

	normalise(word, plain, sizeof(plain));
	return is_accepted(plain);
}

/* Whether a claim that may be about anything is about a token. */
static bool names_a_token(const char *word)
{
	static const char *const parts[] = { "refresh", "offline", "logout", "idtoken" };
	char plain[PLAIN];

	normalise(word, plain, sizeof(plain));
	for (size_t i = 0; i < MP_COUNT(parts); i++)
		if (strstr(plain, parts[i]) != NULL)
			return true;
	return mp_ends_with(plain, "token") || mp_ends_with(plain, "jwt") || mp_ends_with(plain, "code")
	    || mp_ends_with(plain, "assertion") || strcmp(plain, "id") == 0;
}

/* null and "" say nothing. */
static const json_t *said(const json_t *token, const char *claim)
{
	const json_t *value = json_object_get(token, claim);
	const char *text = json_string_value(value);

	return json_is_null(value) || (text != NULL && text[0] == '\0') ? NULL : value;
}

static enum mcpass_rc set_other(struct mp_kind *kind, const char *claim, const char *word,
    struct mcpass_error *err)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "%s is %.40s: not an access token", claim,
	    word != NULL ? word : "no string");
	mp_one_line(text);
	return mp_set(&kind->other, text, err);
}

static enum mcpass_rc read_place(const json_t *token, const char *claim, bool is_ambiguous,
    struct mp_kind *kind, struct mcpass_error *err)
{
	const json_t *value = said(token, claim);
	const char *word = json_string_value(value);

	if (value == NULL || (is_ambiguous && (word == NULL || !names_a_token(word))))
		return MCPASS_OK;
	kind->is_dpop = kind->is_dpop || mp_eq_nocase(word, "DPoP");
	if (word != NULL && mp_kind_is_access(word))
		return MCPASS_OK;
	return set_other(kind, claim, word, err);
}

static enum mcpass_rc read_places(const json_t *token, struct mp_kind *kind,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	char plain[PLAIN];
	const char *claim;
	json_t *value;

	json_object_foreach ((json_t *)token, claim, value) {
		normalise(claim, plain, sizeof(plain));
		for (size_t i = 0; !rc && kind->other == NULL && i < MP_COUNT(places); i++)
			if (plain[0] == places[i].claim[0] && strcmp(plain, places[i].claim) == 0)
				rc = read_place(token, claim, places[i].is_ambiguous, kind, err);
	}
	return rc;
}

/* Claims that tie an ID token to a login (OIDC Core 2, 3.1.3.6, 3.3.2.11).  Some issuers
 * copy nonce into access tokens, which then have a scope (Keycloak before 25); ID tokens
 * have none. */
static bool looks_like_id_token(const json_t *token)
{
	static const char *const hashes[] = { "at_hash", "c_hash", "s_hash" };

	for (size_t i = 0; i < MP_COUNT(hashes); i++)
		if (said(token, hashes[i]) != NULL)
			return true;
	return said(token, "nonce") != NULL && said(token, "scope") == NULL
	    && said(token, "scp") == NULL;
}

enum mcpass_rc mp_kind_read(const json_t *token, struct mp_kind *ret_kind,
    struct mcpass_error *err)
{
	struct mp_kind kind = { .is_like_id_token = looks_like_id_token(token) };
	enum mcpass_rc rc = read_places(token, &kind, err);

	/* Spring's refresh tokens name the access token that they are for. */
	if (!rc && kind.other == NULL && said(token, "ati") != NULL)
		rc = mp_set(&kind.other, "it has ati: a refresh token, not an access token", err);
	/* spec: OIDC Back-Channel Logout 2.4, RFC 8417 2.2: a logout token, a security event */
	if (!rc && kind.other == NULL && said(token, "events") != NULL)
		rc = mp_set(&kind.other, "it has events: a logout token, not an access token", err);
	if (!rc)
		*ret_kind = kind;
	return rc;
}
