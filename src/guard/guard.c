#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "guard/judge.h"
#include "guard/recent.h"
#include "oauth/dpop_nonce.h"
#include "wire/http/http.h"

/* Forgets what the last verdict pointed at. */
static void forget(struct mcpass_guard *guard)
{
	mp_claims_free(&guard->claims);
	free(guard->scope);
	guard->scope = NULL;
	mp_strings_free(&guard->scopes);
	mp_buf_clear(&guard->challenge);
	mp_buf_clear(&guard->nonce);
	guard->reason[0] = '\0';
	mp_headers_free(&guard->fetch_headers);
	mp_buf_free(&guard->fetch_body);        /* wipes: a token stood there */
	mp_buf_init(&guard->fetch_body, MP_MAX_FORM);
	mp_buf_clear(&guard->fetch_key);
}

/* A client that is told to come back needs the nonce, and so does one that had the one before:
 * it would be refused soon.  spec: RFC 9449 8.2, 9 */
static enum mcpass_rc add_nonce(struct mp_check *check, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_secret *key = &guard->proofs.nonce_secret;
	enum mcpass_rc rc;

	if (!mp_secret_present(key)
	    || (check->verdict.status != 401 && !check->nonce_old))
		return MCPASS_OK;
	rc = mp_dpop_nonce_add((struct mp_span){ key->bytes, key->len }, check->request->now,
	    &guard->nonce, err);
	if (!rc)
		check->verdict.dpop_nonce = mp_buf_text(&guard->nonce);
	return rc;
}

/* The GET of a document; two issuers may share one. */
static enum mcpass_rc document_fetched(struct mcpass_guard *guard, const char *url, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	bool asked = false;

	for (size_t i = 0; i < guard->issuer_count; i++) {
		enum mcpass_rc one = mp_guard_issuer_fetched(&guard->issuers[i], url, status, body, len,
		    now, &asked, err);

		rc = rc ? rc : one;
	}
	if (!rc && !asked)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "this was not asked for: %s", url);
	return rc;
}

static enum mcpass_rc document_redirected(struct mcpass_guard *guard, const char *url, int status,
    const char *location, int64_t now, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	bool asked = false;

	for (size_t i = 0; i < guard->issuer_count; i++) {
		enum mcpass_rc one = mp_guard_issuer_redirected(&guard->issuers[i], url, status, location,
		    now, &asked, err);

		rc = rc ? rc : one;
	}
	if (!rc && !asked)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "this was not asked for: %s", url);
	return rc;
}

static bool is_question(const char *key)
{
	return strchr(key, ' ') != NULL;        /* no URL has one */
}

static enum mcpass_rc take(struct mcpass_guard *guard, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	return is_question(key) ? mp_introspected_fetched(guard, key, status, body, len, now, err)
	    : document_fetched(guard, key, status, body, len, now, err);
}

/* What it is called among guards that share memory, and how old an answer may be. */
static enum mcpass_rc name_question(struct mcpass_guard *guard, const char *key, int64_t now,
    uint8_t ret_hash[MP_SHA256_LEN], int64_t *ret_since, struct mcpass_error *err)
{
	if (is_question(key))
		return mp_introspected_question(guard, key, now, ret_hash, ret_since, err);
	*ret_since = now - MP_JWKS_LIFETIME;
	for (size_t i = 0; i < guard->issuer_count; i++) {
		int64_t at = mp_guard_issuer_asked_at(&guard->issuers[i], key);

		*ret_since = at > *ret_since ? at : *ret_since;
	}
	return mp_sha256(key, strlen(key), ret_hash, err);
}

/* Whether an answer is worth as much as a new one would be: what went wrong is asked again soon. */
static bool is_of_use(const struct mp_shared_answer *answer, const char *key, int64_t now)
{
	return mp_http_is_answer(answer->status) || mp_is_recent(answer->at, now,
	    is_question(key) ? MP_INTROSPECTION_COOLDOWN : MP_JWKS_COOLDOWN);
}

/* Takes what another guard was answered; *ret_taken false: nothing that is new to this one. */
static enum mcpass_rc take_shared(struct mcpass_guard *guard, const char *asked, int64_t now,
    bool *ret_taken, struct mcpass_error *err)
{
	struct mp_shared_answer answer = { 0 };
	uint8_t hash[MP_SHA256_LEN];
	struct mcpass_error why = { 0 };
	int64_t since = 0;
	char *key = NULL;
	enum mcpass_rc rc = mp_set(&key, asked, err);   /* that one goes with what it is about */

	*ret_taken = false;
	if (!rc)
		rc = name_question(guard, key, now, hash, &since, err);
	if (!rc)
		rc = mp_shared_find_answer(&guard->shared, hash, since, now, &answer, ret_taken, err);
	if (!rc && *ret_taken)
		*ret_taken = is_of_use(&answer, key, now);
	if (!rc && *ret_taken && take(guard, key, answer.status, mp_buf_text(&answer.body),
	    answer.body.len, answer.at, &why) == MCPASS_E_NOMEM)
		rc = mp_nomem(err);             /* another failure was told already, there */
	mp_buf_free(&answer.body);
	free(key);
	return rc;
}

static enum mcpass_rc judge(struct mp_check *check, struct mcpass_error *err)
{
	const struct mcpass_verdict open = { .type = MCPASS_DENY, .status = 503 };
	struct mcpass_guard *guard = check->guard;
	const struct mcpass_guard_request *request = check->request;
	bool taken = true;
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 0; !rc && taken && i < MP_MAX_GUARD_FETCHES; i++) {
		forget(guard);
		mp_strings_free(&check->needs);
		*check = (struct mp_check){ .guard = guard, .request = request, .verdict = open };
		rc = mp_judge(check, err);
		if (rc || check->verdict.type != MCPASS_FETCH || guard->shared.places == NULL)
			return rc;
		rc = take_shared(guard, check->verdict.fetch->key, request->now, &taken, err);
	}
	return rc;
}

enum mcpass_rc mcpass_guard_check(struct mcpass_guard *guard,
    const struct mcpass_guard_request *request, struct mcpass_verdict *ret_verdict,
    struct mcpass_error *err)
{
	static const struct mcpass_verdict closed = {
		.type = MCPASS_DENY, .status = 503, .reason = "the guard failed",
	};
	struct mp_check check = { .guard = guard, .request = request, .verdict = closed };
	enum mcpass_rc rc;

	mp_clear(err);
	*ret_verdict = closed;
	if (guard == NULL || request == NULL || request->now < 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "a check needs a guard, a request and the time");
	if (guard->proofs.mode != MCPASS_DPOP_OFF && request->method == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9449 4.3",
		    "with DPoP a check needs the request's method");
	rc = judge(&check, err);
	if (!rc)
		rc = add_nonce(&check, err);
	mp_strings_free(&check.needs);
	if (!rc)
		*ret_verdict = check.verdict;
	return mp_doing(err, rc, "checking a token");
}

/* For the others. */
static void share(struct mcpass_guard *guard, const char *key, int status, const char *body,
    size_t len, int64_t now)
{
	uint8_t hash[MP_SHA256_LEN];
	int64_t since;

	if (guard->shared.places != NULL && !name_question(guard, key, now, hash, &since, NULL))
		mp_shared_add_answer(&guard->shared, hash, status, body, len, now);
}

enum mcpass_rc mcpass_guard_fetched(struct mcpass_guard *guard, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	char *wanted = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	if (guard == NULL || key == NULL || now < 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard, a key and the time are needed");
	if (body == NULL)
		body = "", len = 0;
	rc = mp_set(&wanted, key, err);         /* key may be ours, and change below */
	if (!rc)
		rc = take(guard, wanted, status, body, len, now, err);
	if (rc != MCPASS_E_USAGE && rc != MCPASS_E_NOMEM)
		share(guard, wanted, status, body, len, now);
	free(wanted);
	return mp_doing(err, rc, "asking an issuer");
}

/* spec: RFC 9110 15.4; RFC 8414 3.2 */
enum mcpass_rc mcpass_guard_redirected(struct mcpass_guard *guard, const char *key, int status,
    const char *location, int64_t now, struct mcpass_error *err)
{
	char *wanted = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	if (guard == NULL || key == NULL || now < 0 || status < 300 || status > 399)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard, a key, a redirect and the time are"
		    " needed");
	if (is_question(key))
		return mcpass_guard_fetched(guard, key, status, NULL, 0, now, err);
	rc = mp_set(&wanted, key, err);         /* key may be ours, and change below */
	if (!rc)
		rc = document_redirected(guard, wanted, status, location, now, err);
	free(wanted);
	return mp_doing(err, rc, "asking an issuer");
}

enum mcpass_rc mcpass_guard_pin_keys(struct mcpass_guard *guard, const char *issuer,
    const char *jwks, size_t len, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_clear(err);
	if (guard == NULL || issuer == NULL || jwks == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard, an issuer and keys are needed");
	for (size_t i = 0; i < guard->issuer_count; i++)
		if (strcmp(guard->issuers[i].name, issuer) == 0) {
			rc = mp_keys_pin(&guard->issuers[i].keys, jwks, len, err);
			/* Its metadata may still be needed, to ask about tokens. */
			mp_discovery_want(&guard->issuers[i].discovery,
			    guard->issuers[i].discovery.places.wants & MP_WANTS_INTROSPECTION);
			return mp_doing(err, rc, "reading an issuer's keys");
		}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is none of the issuers", issuer);
}

/* Whether one of the URLs has that path. */
static bool has_path(const struct mp_strings *urls, const char *path)
{
	for (size_t i = 0; i < urls->count; i++)        /* behind "https://" the first slash begins it */
		if (strcmp(strchr(strstr(urls->items[i], "://") + 3, '/'), path) == 0)
			return true;
	return false;
}

enum mcpass_rc mcpass_guard_metadata(const struct mcpass_guard *guard, const char *path,
    const char **ret_json, struct mcpass_error *err)
{
	mp_clear(err);
	if (guard == NULL || path == NULL || path[0] != '/')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a path begins with a slash");
	*ret_json = has_path(&guard->metadata_urls, path) ? guard->metadata
	    : has_path(&guard->copy_urls, path) ? guard->issuers[0].discovery.copy : NULL;
	return MCPASS_OK;
}
