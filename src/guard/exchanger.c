#include "guard/exchanger.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "guard/echo.h"
#include "guard/cache.h"
#include "guard/discovery.h"
#include "guard/recent.h"
#include "oauth/clientauth.h"
#include "oauth/token_exchange.h"
#include "wire/jose/b64url.h"

/* Keys: "exchange" for the metadata, "exchange HASH" for a token. */
#define KEY "exchange"

struct mp_exchanger {
	char *issuer, *audience, *resource, *scope;
	struct mp_client_id client;
	struct mp_discovery discovery;
	struct mp_cache cache;          /* by the hash of the caller's token */
	bool has_failed;                /* for all tokens, not long ago */
	int64_t failed_at;              /* Unix time, seconds */
	char failure[320];
	/* What was asked for last. */
	struct mcpass_fetch fetch;
	struct mp_headers headers;
	struct mp_buf form, key;
};

enum mcpass_rc mp_exchanger_new(const struct mp_exchanger_config *config,
    struct mp_exchanger **ret_exchanger, struct mcpass_error *err)
{
	struct mp_exchanger *exchanger = calloc(1, sizeof(*exchanger));
	enum mcpass_rc rc;

	if (exchanger == NULL)
		return mp_nomem(err);
	mp_buf_init(&exchanger->form, MP_MAX_FORM);
	mp_buf_init(&exchanger->key, 128);
	rc = mp_set(&exchanger->issuer, config->issuer, err);
	if (!rc)
		rc = mp_set(&exchanger->audience, config->audience, err);
	if (!rc)
		rc = mp_set(&exchanger->resource, config->resource, err);
	if (!rc)
		rc = mp_set(&exchanger->scope, config->scope, err);
	if (!rc)
		rc = mp_set(&exchanger->client.client_id, config->client_id, err);
	if (!rc)
		rc = mp_secret_set(&exchanger->client.client_secret,
		    mp_secret_reveal(config->client_secret), err);
	if (!rc)
		rc = mp_cache_init(&exchanger->cache, err);
	if (!rc)
		rc = mp_discovery_init(&exchanger->discovery, exchanger->issuer, config->loopback_http,
		    err);
	mp_discovery_want(&exchanger->discovery, MP_WANTS_TOKEN);
	if (rc)
		mp_exchanger_free(exchanger);
	else
		*ret_exchanger = exchanger;
	return rc;
}

/* The form holds a token, a header the secret. */
static void forget_fetch(struct mp_exchanger *exchanger)
{
	mp_headers_free(&exchanger->headers);
	mp_buf_free(&exchanger->form);
	mp_buf_init(&exchanger->form, MP_MAX_FORM);
	mp_buf_clear(&exchanger->key);
	exchanger->fetch = (struct mcpass_fetch){ 0 };
}

void mp_exchanger_free(struct mp_exchanger *exchanger)
{
	if (exchanger == NULL)
		return;
	forget_fetch(exchanger);
	mp_buf_free(&exchanger->key);
	mp_cache_free(&exchanger->cache);
	mp_discovery_free(&exchanger->discovery);
	mp_client_id_free(&exchanger->client);
	free(exchanger->issuer);
	free(exchanger->audience);
	free(exchanger->resource);
	free(exchanger->scope);
	free(exchanger);
}

/* --- asking --- */

/* spec: RFC 8693 2.1, RFC 6749 2.3.1 */
static enum mcpass_rc write_request(struct mp_exchanger *exchanger, struct mp_span token,
    struct mcpass_error *err)
{
	struct mp_client_id client = exchanger->client;         /* borrowed from there */
	const struct mp_auth_inputs inputs = { .issuer = exchanger->issuer };
	struct mp_secret subject = { 0 };
	const struct mp_token_exchange exchange = { .requested_type = MP_TOKEN_TYPE_ACCESS,
		.subject = &subject, .subject_type = MP_TOKEN_TYPE_ACCESS,
		.audience = exchanger->audience, .resource = exchanger->resource,
		.scope = exchanger->scope };
	struct mp_headers *headers = &exchanger->headers;
	enum mcpass_rc rc = mp_secret_set_span(&subject, token, err);

	client.method = mp_auth_method_choose(&client, &exchanger->discovery.token_methods);
	if (!rc)
		mp_token_exchange_form(&exchanger->form, &exchange);
	mp_secret_free(&subject);
	if (!rc)
		rc = mp_headers_add(headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_headers_add(headers, "Accept", "application/json", err);
	if (!rc)
		rc = mp_clientauth_apply(&client, &inputs, headers, &exchanger->form, err);
	return rc ? rc : mp_buf_check(&exchanger->form, "the exchange", err);
}

static enum mcpass_rc ask_exchange(struct mp_exchanger *exchanger, struct mp_span token,
    const uint8_t digest[MP_SHA256_LEN], struct mp_exchanged *ret_exchanged,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = write_request(exchanger, token, err);

	mp_buf_adds(&exchanger->key, KEY " ");
	mp_b64url_add(&exchanger->key, digest, MP_SHA256_LEN);
	if (!rc)
		rc = mp_buf_check(&exchanger->key, "the name of an exchange", err);
	if (rc)
		return rc;
	exchanger->fetch = (struct mcpass_fetch){ .key = mp_buf_text(&exchanger->key),
		.method = "POST", .url = exchanger->discovery.token_endpoint,
		.headers = exchanger->headers.items, .header_count = exchanger->headers.count,
		.body = mp_buf_text(&exchanger->form), .body_len = exchanger->form.len,
		.max_response = MP_MAX_TOKEN_RESPONSE };
	*ret_exchanged = (struct mp_exchanged){ .type = MP_EXCHANGED_FETCH,
		.fetch = &exchanger->fetch };
	return MCPASS_OK;
}

/* What is known of a token and still counts; false: nothing. */
static bool recall(struct mp_exchanger *exchanger, const uint8_t digest[MP_SHA256_LEN],
    int64_t now, struct mp_exchanged *ret_exchanged)
{
	const struct mp_entry *entry = mp_cache_find(&exchanger->cache, digest);

	/* A clock that was set back makes no token live longer. */
	if (entry == NULL || now < entry->at || now >= entry->until)
		return false;
	switch (entry->kind) {
	case MP_CACHE_EXCHANGED:
		*ret_exchanged = (struct mp_exchanged){ .type = MP_EXCHANGED_READY,
			.token = &entry->exchanged };
		return true;
	case MP_CACHE_REFUSED:
		*ret_exchanged = (struct mp_exchanged){ .type = MP_EXCHANGED_REFUSED,
			.reason = entry->failure };
		return true;
	default:
		*ret_exchanged = (struct mp_exchanged){ .type = MP_EXCHANGED_UNAVAILABLE,
			.reason = entry->failure };
		return true;
	}
}

enum mcpass_rc mp_exchanger_ask(struct mp_exchanger *exchanger, struct mp_span token, int64_t now,
    struct mp_exchanged *ret_exchanged, struct mcpass_error *err)
{
	struct mp_discovery *discovery = &exchanger->discovery;
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_sha256(token.data, token.len, digest, err);

	*ret_exchanged = (struct mp_exchanged){ .reason = exchanger->failure };
	forget_fetch(exchanger);
	if (rc || recall(exchanger, digest, now, ret_exchanged))
		return rc;
	if (exchanger->has_failed && mp_is_recent(exchanger->failed_at, now, MP_EXCHANGE_COOLDOWN))
		return MCPASS_OK;
	switch (mp_discovery_ask(discovery, now)) {
	case MP_DISCOVERY_KNOWN:
		return ask_exchange(exchanger, token, digest, ret_exchanged, err);
	case MP_DISCOVERY_FETCH:
		exchanger->fetch = (struct mcpass_fetch){ .key = KEY, .method = "GET",
			.url = mp_discovery_url(discovery), .max_response = MP_MAX_DOCUMENT };
		*ret_exchanged = (struct mp_exchanged){ .type = MP_EXCHANGED_FETCH,
			.fetch = &exchanger->fetch };
		return MCPASS_OK;
	case MP_DISCOVERY_FAILED:
		break;
	}
	ret_exchanged->reason = discovery->failure;
	return MCPASS_OK;
}

/* --- the answer --- */

bool mp_exchanger_knows(const char *key)
{
	return strcmp(key, KEY) == 0 || strncmp(key, KEY " ", sizeof(KEY)) == 0;
}

/* What is wrong with this server's client, or with the server that is asked, is so for every
 * token; anything else may be about one, and its sender must not shut out all others. */
static bool concerns_all(int status, const struct mcpass_error *why)
{
	return status == 0 || mp_token_is_passing(status) || mp_eq(why->oauth, "invalid_client")
	    || mp_eq(why->oauth, "unauthorized_client")
	    || mp_eq(why->oauth, "unsupported_grant_type");
}

/* What is refused for the sake of what this server asks for is not the caller's fault.
 * spec: RFC 8693 2.2.2; RFC 6749 5.2 */
static bool is_for_caller(enum mcpass_rc rc, const struct mcpass_error *why)
{
	return rc == MCPASS_E_DENIED && !mp_eq(why->oauth, "invalid_target")
	    && !mp_eq(why->oauth, "invalid_scope");
}

static enum mcpass_rc note_failure(struct mp_exchanger *exchanger, struct mp_entry *entry,
    int status, int64_t now, const struct mcpass_error *why, struct mcpass_error *err)
{
	char text[sizeof(exchanger->failure)];

	(void)snprintf(text, sizeof(text), "the exchange at %.100s: %.190s",
	    exchanger->discovery.token_endpoint, why->detail);
	if (concerns_all(status, why)) {
		exchanger->has_failed = true;
		exchanger->failed_at = now;
		(void)snprintf(exchanger->failure, sizeof(exchanger->failure), "%s", text);
		if (why->rc != MCPASS_E_DENIED)         /* perhaps it has moved */
			mp_discovery_forget(&exchanger->discovery);
	} else {
		entry->kind = is_for_caller(why->rc, why) ? MP_CACHE_REFUSED : MP_CACHE_FAILED;
		entry->until = now + MP_EXCHANGE_COOLDOWN;
		if (mp_set(&entry->failure, text, err))
			return mp_nomem(err);
	}
	return mp_fail(err, why->rc, why->spec, "%s", text);
}

/* Until when it serves: it may be used for a request that takes a while. */
static int64_t end_of(const struct mp_token *token, int64_t now)
{
	int64_t left = token->tells_expiry && token->expires_in < MP_EXCHANGED_LIFETIME
	    ? token->expires_in : MP_EXCHANGED_LIFETIME;
	int64_t margin = (left + 3) / 4;

	return now + left - (margin < MP_EXCHANGED_MARGIN ? margin : MP_EXCHANGED_MARGIN);
}

/* The caller's own must not come back for it: it would be passed on.
 * spec: MCP 2026-07-28 authorization, "Token Handling" */
static enum mcpass_rc check_new(const struct mp_token *token, const struct mp_entry *entry,
    int64_t now, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_sha256(token->access_token.bytes, token->access_token.len, digest, err);

	if (!rc && memcmp(digest, entry->digest, MP_SHA256_LEN) == 0)
		rc = mp_fail(err, MCPASS_E_POLICY, "RFC 8693 2.2",
		    "the caller's own token came back for it");
	if (!rc && end_of(token, now) <= now)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 2.2.1", "the new token ends at once");
	return rc;
}

static enum mcpass_rc read_answer(struct mp_entry *entry, int status, const char *body, size_t len,
    int64_t now, struct mcpass_error *err)
{
	struct mp_token token = { 0 };
	enum mcpass_rc rc;

	if (status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%.*s", len > 0 && len <= 320 ? (int)len : 9,
		    len > 0 && len <= 320 ? body : "no answer");
	rc = mp_token_exchange_answer(status, body, len, &token, err);
	if (!rc)
		rc = check_new(&token, entry, now, err);
	if (!rc) {
		entry->kind = MP_CACHE_EXCHANGED;
		entry->until = end_of(&token, now);
		entry->exchanged = token.access_token;
		token.access_token = (struct mp_secret){ 0 };   /* moved */
	}
	mp_token_free(&token);
	return rc;
}

/* entry: of the token's hash, and owned; it goes into the cache, or away. */
static enum mcpass_rc take_answer(struct mp_exchanger *exchanger, struct mp_entry *entry,
    int status, const char *body, size_t len, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = read_answer(entry, status, body, len, entry->at, &why);

	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc) {
		mp_echo_mask(&why, entry->digest, &exchanger->client.client_secret);
		rc = note_failure(exchanger, entry, status, entry->at, &why, err);
	}
	else
		exchanger->has_failed = false;
	if (rc != MCPASS_E_NOMEM && entry->until > entry->at)
		mp_cache_add(&exchanger->cache, entry);
	else
		mp_entry_free(entry);
	return rc;
}

enum mcpass_rc mp_exchanger_redirected(struct mp_exchanger *exchanger, const char *key, int status,
    const char *location, int64_t now, struct mcpass_error *err)
{
	if (strcmp(key, KEY) == 0)
		return mp_discovery_redirected(&exchanger->discovery, status, location, now, err);
	return mp_exchanger_fetched(exchanger, key, status, "", 0, now, err);
}

enum mcpass_rc mp_exchanger_fetched(struct mp_exchanger *exchanger, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	struct mp_span hash = { key, 0 };
	struct mp_entry *entry;
	struct mp_buf digest = MP_BUF(MP_SHA256_LEN);
	enum mcpass_rc rc;

	if (strcmp(key, KEY) == 0)
		return mp_discovery_fetched(&exchanger->discovery, status, body, len, now, err);
	if (exchanger->discovery.token_endpoint == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "this was not asked for: %s", key);
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return mp_nomem(err);
	hash.data += sizeof(KEY);
	hash.len = strlen(hash.data);
	rc = mp_b64url_decode(&digest, hash, err);
	if (!rc && digest.len != MP_SHA256_LEN)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "this was not asked for: %s", key);
	if (!rc)
		memcpy(entry->digest, mp_buf_text(&digest), MP_SHA256_LEN);
	mp_buf_free(&digest);
	entry->at = now;
	if (!rc)
		return take_answer(exchanger, entry, status, body, len, err);
	mp_entry_free(entry);
	return rc;
}
