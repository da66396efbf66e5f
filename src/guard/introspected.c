/* An issuer's word on a token: what is asked, what is answered, what is remembered of it.
 * spec: RFC 7662 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "guard/echo.h"
#include "guard/judge.h"
#include "guard/recent.h"
#include "guard/verify.h"
#include "oauth/introspection.h"
#include "wire/jose/b64url.h"

/* --- asking --- */

static size_t index_of(const struct mcpass_guard *guard, const struct mp_guard_issuer *issuer)
{
	return (size_t)(issuer - guard->issuers);
}

/* A question's name: its URL, which issuer's client asks, the token's hash. */
static enum mcpass_rc make_key(struct mp_buf *key, const char *url, size_t issuer,
    const uint8_t digest[MP_SHA256_LEN], struct mcpass_error *err)
{
	mp_buf_addf(key, "%s %zu ", url, issuer);
	mp_b64url_add(key, digest, MP_SHA256_LEN);
	return mp_buf_check(key, "a question's name", err);
}

/* The verdict: POST the question first. */
static enum mcpass_rc ask(struct mp_check *check, const struct mp_guard_issuer *issuer,
    const char *url, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	enum mcpass_rc rc;

	rc = make_key(&guard->fetch_key, url, index_of(guard, issuer), check->digest, err);
	if (!rc)
		rc = mp_introspector_question(&issuer->introspector, &issuer->discovery,
		    check->presented.token, &guard->fetch_headers, &guard->fetch_body, err);
	if (rc)
		return rc;
	guard->fetch = (struct mcpass_fetch){ .key = mp_buf_text(&guard->fetch_key),
		.method = "POST", .url = url, .headers = guard->fetch_headers.items,
		.header_count = guard->fetch_headers.count, .body = mp_buf_text(&guard->fetch_body),
		.body_len = guard->fetch_body.len, .max_response = MP_MAX_INTROSPECTION };
	check->verdict.type = MCPASS_FETCH;
	check->verdict.fetch = &guard->fetch;
	return MCPASS_OK;
}

static enum mcpass_rc ask_if_possible(struct mp_check *check,
    const struct mp_guard_issuer *issuer, struct mcpass_error *err)
{
	const struct mp_introspector *introspector = &issuer->introspector;
	const char *url = NULL;

	switch (mp_introspector_ask(introspector, &issuer->discovery, check->request->now, &url)) {
	case MP_INTROSPECTOR_READY:
		return ask(check, issuer, url, err);
	case MP_INTROSPECTOR_FETCH:
		mp_verdict_fetch(check, url);
		return MCPASS_OK;
	case MP_INTROSPECTOR_UNAVAILABLE:
		break;
	}
	return mp_verdict_deny(check, MP_DENY_UNAVAILABLE, &check->needs,
	    mp_introspector_failure(introspector, &issuer->discovery), err);
}

/* --- what is known already --- */

/* An entry that still counts, or NULL. */
static const struct mp_entry *recall(struct mp_check *check, struct mp_cache *memory,
    const struct mp_guard_issuer *issuer, int64_t lifetime)
{
	const struct mp_entry *entry = mp_cache_find(memory, check->digest);

	if (entry == NULL || entry->issuer != index_of(check->guard, issuer)
	    || !mp_is_recent(entry->at, check->request->now, lifetime))
		return NULL;
	return entry;
}

/* An issuer may have taken back some scopes of a JWT; it cannot add any to what it signed. */
static enum mcpass_rc narrow(struct mcpass_guard *guard, const struct mp_claims *jwt,
    const struct mp_claims *word, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < jwt->scopes.count; i++) {
		const char *scope = jwt->scopes.items[i];

		if (!word->has_scope || mp_strings_has(&word->scopes, scope))
			rc = mp_strings_add(&guard->scopes, (struct mp_span){ scope, strlen(scope) }, err);
	}
	return rc;
}

static enum mcpass_rc take_word(struct mp_check *check, const struct mp_guard_issuer *issuer,
    const struct mp_claims *jwt, const struct mp_entry *entry, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_claims *word = &entry->claims;
	const struct mp_expect expect = { .terms = &issuer->terms, .asked = issuer->name,
		.jwt = jwt, .audience_optional = issuer->introspector.audience_optional,
		.bound = check->presented.scheme == MP_SCHEME_DPOP, .now = check->request->now };
	struct mp_finding finding = { word, &word->scopes, issuer, entry->answer };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_verify_claims(word, &expect, &why);

	if (rc)
		return mp_verdict_deny_for(check, rc, MP_DENY_TOKEN, &why, err);
	if (jwt != NULL) {
		finding.claims = jwt;
		finding.scopes = &guard->scopes;
		rc = narrow(guard, jwt, word, err);
	}
	return rc ? rc : mp_admit(check, &finding, err);
}

enum mcpass_rc mp_introspected_judge(struct mp_check *check, struct mp_guard_issuer *issuer,
    const struct mp_claims *jwt, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_entry *entry;
	enum mcpass_rc rc = mp_admit_use(check, issuer, err);

	if (rc)
		return rc;
	entry = recall(check, &guard->words, issuer, issuer->introspector.lifetime);
	if (entry != NULL)
		return take_word(check, issuer, jwt, entry, err);
	entry = recall(check, &guard->refused, issuer, MP_INTROSPECTION_COOLDOWN);
	if (entry != NULL && entry->kind == MP_CACHE_FAILED)
		return mp_verdict_deny(check, MP_DENY_UNAVAILABLE, &check->needs, entry->failure, err);
	if (entry != NULL)
		return mp_verdict_deny(check, MP_DENY_TOKEN, &check->needs, entry->failure, err);
	return ask_if_possible(check, issuer, err);
}

/* --- the answer --- */

/* What comes back about one token. */
struct word {
	struct mcpass_guard *guard;
	struct mp_guard_issuer *issuer;
	struct mp_entry *entry;         /* owned until it is remembered */
	int status;
};

static enum mcpass_rc set_failure(struct word *word, enum mp_cache_kind kind,
    const char *why, struct mcpass_error *err)
{
	word->entry->kind = kind;
	return mp_set(&word->entry->failure, why, err);
}

static enum mcpass_rc read_answer(struct word *word, const char *body, size_t len,
    struct mcpass_error *err)
{
	struct mp_introspection answer = { 0 };
	enum mcpass_rc rc;

	if (word->status == 0) {
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%.*s", len > 0 && len <= 320 ? (int)len : 9,
		    len > 0 && len <= 320 ? body : "no answer");
		mp_hint(err, "Is it running, and can it be reached from here?");
		return rc;
	}
	rc = mp_introspection_answer(word->status, body, len, &answer, err);
	if (!rc && answer.active)
		rc = mp_claims_read(answer.members, &word->issuer->terms.role_claims,
		    &word->issuer->terms.policy, &word->entry->claims, err);
	if (!rc && answer.active)
		rc = mp_set_span(&word->entry->answer, (struct mp_span){ body, len }, err);
	else if (!rc)
		rc = set_failure(word, MP_CACHE_INACTIVE,
		    "its issuer says that the token is not active: expired, revoked or not its own", err);
	mp_introspection_free(&answer);
	return rc;
}

/* Whether the next token would fare no better.  What is wrong with one answer may be that
 * token's doing, and its sender must not shut out all others. */
static bool concerns_all(int status, enum mcpass_rc rc)
{
	return rc == MCPASS_E_DENIED || status == 0 || status == 429
	    || (status >= 502 && status <= 504);
}

/* A sentence for the log: whose endpoint, what was wrong, what to do. */
static enum mcpass_rc note_failure(struct word *word, enum mcpass_rc rc, int64_t now,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_introspector *introspector = &word->issuer->introspector;
	char text[sizeof(introspector->failure)];

	(void)snprintf(text, sizeof(text), "introspection at %.80s: %.100s. %.115s",
	    mp_introspector_url(introspector, &word->issuer->discovery), why->detail, why->hint);
	if (!concerns_all(word->status, rc)) {
		if (set_failure(word, MP_CACHE_FAILED, text, err))
			return mp_nomem(err);
		return mp_fail(err, rc, why->spec, "%s", text);
	}
	introspector->has_failed = true;
	introspector->failed_at = now;
	(void)snprintf(introspector->failure, sizeof(introspector->failure), "%s", text);
	if (introspector->endpoint == NULL && rc != MCPASS_E_DENIED)    /* perhaps it has moved */
		mp_discovery_forget(&word->issuer->discovery);
	return mp_fail(err, rc, why->spec, "%s", text);
}

static void forget(struct mp_cache *memory, const uint8_t digest[MP_SHA256_LEN])
{
	struct mp_entry *old = mp_cache_find(memory, digest);

	if (old != NULL)
		mp_cache_forget(memory, old);
}

/* Puts the entry where it belongs, and takes away what it contradicts: a word that was
 * withdrawn must not come back, whatever the clock does. */
static void remember(struct word *word)
{
	struct mcpass_guard *guard = word->guard;

	forget(&guard->words, word->entry->digest);
	forget(&guard->refused, word->entry->digest);
	if (word->entry->kind == MP_CACHE_CLAIMS)
		mp_cache_add(&guard->words, word->entry);
	else
		mp_cache_add(&guard->refused, word->entry);
	word->entry = NULL;
}

static enum mcpass_rc take_answer(struct word *word, const char *body, size_t len, int64_t now,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = read_answer(word, body, len, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc) {
		mp_echo_mask(&why, word->entry->digest, &word->issuer->introspector.client.client_secret);
		rc = note_failure(word, rc, now, &why, err);
	} else
		word->issuer->introspector.has_failed = false;
	if (rc == MCPASS_OK || word->entry->kind == MP_CACHE_FAILED)
		remember(word);
	return rc;
}

/* Whether key is url, a space, number, a space and more; *ret_more is that. */
static bool is_named(const char *key, const char *url, size_t number, const char **ret_more)
{
	size_t len = strlen(url);
	const char *space;
	char *end;

	if (strncmp(key, url, len) != 0 || key[len] != ' ')
		return false;
	space = strchr(key + len + 1, ' ');
	if (space == NULL || strtoull(key + len + 1, &end, 10) != number || end != space)
		return false;
	*ret_more = space + 1;
	return true;
}

/* The issuer of a question, and the hash in its name; NULL: that was not asked. */
static struct mp_guard_issuer *find_asked(struct mcpass_guard *guard, const char *key,
    const char **ret_digest)
{
	for (size_t i = 0; i < guard->issuer_count; i++) {
		struct mp_guard_issuer *issuer = &guard->issuers[i];
		const char *url = mp_introspector_url(&issuer->introspector, &issuer->discovery);

		if (issuer->introspector.is_used && url != NULL && is_named(key, url, i, ret_digest))
			return issuer;
	}
	return NULL;
}

static enum mcpass_rc new_entry(struct mp_span digest_text, struct mp_entry **ret_entry,
    struct mcpass_error *err)
{
	struct mp_entry *entry = calloc(1, sizeof(*entry));
	struct mp_buf digest = MP_BUF(MP_SHA256_LEN);
	enum mcpass_rc rc;

	if (entry == NULL)
		return mp_nomem(err);
	rc = mp_b64url_decode(&digest, digest_text, err);
	if (!rc && digest.len != MP_SHA256_LEN)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "this is no hash");
	if (!rc) {
		memcpy(entry->digest, mp_buf_text(&digest), MP_SHA256_LEN);
		*ret_entry = entry;
		entry = NULL;
	}
	mp_entry_free(entry);
	mp_buf_free(&digest);
	return rc;
}

enum mcpass_rc mp_introspected_fetched(struct mcpass_guard *guard, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	struct word word = { .guard = guard, .status = status };
	const char *text = "";
	enum mcpass_rc rc;

	word.issuer = find_asked(guard, key, &text);
	rc = new_entry((struct mp_span){ text, strlen(text) }, &word.entry, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc || word.entry == NULL || word.issuer == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "this was not asked for: %s", key);
	} else {
		word.entry->issuer = index_of(guard, word.issuer);
		word.entry->at = now;
		rc = take_answer(&word, body, len, now, err);
	}
	mp_entry_free(word.entry);
	return rc;
}

/* When this guard was told last about that token; 0: never. */
static int64_t told_at(struct mcpass_guard *guard, const uint8_t digest[MP_SHA256_LEN])
{
	const struct mp_entry *word = mp_cache_find(&guard->words, digest);
	const struct mp_entry *refused = mp_cache_find(&guard->refused, digest);
	int64_t at = word != NULL ? word->at : 0;

	return refused != NULL && refused->at > at ? refused->at : at;
}

enum mcpass_rc mp_introspected_question(struct mcpass_guard *guard, const char *key, int64_t now,
    uint8_t ret_hash[MP_SHA256_LEN], int64_t *ret_since, struct mcpass_error *err)
{
	const char *digest = "";
	const struct mp_guard_issuer *issuer = find_asked(guard, key, &digest);
	struct mp_entry *entry = NULL;
	struct mp_buf text = MP_BUF(MP_MAX_URI + MP_MAX_FORM);
	enum mcpass_rc rc;

	if (issuer == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "not asked for: %s", key);
	rc = new_entry((struct mp_span){ digest, strlen(digest) }, &entry, err);
	if (!rc) {
		int64_t old = now - issuer->introspector.lifetime, told = told_at(guard, entry->digest);

		*ret_since = told > old ? told : old;
		mp_buf_addf(&text, "%s\n%s\n%s\n", mp_introspector_url(&issuer->introspector,
		    &issuer->discovery), issuer->introspector.client.client_id, digest);
		mp_buf_adds(&text, mp_secret_reveal(&issuer->introspector.client.client_secret));
		rc = mp_buf_check(&text, "a question's name", err);
	}
	if (!rc)
		rc = mp_sha256(text.data, text.len, ret_hash, err);
	mp_buf_free(&text);
	mp_entry_free(entry);
	return rc;
}
