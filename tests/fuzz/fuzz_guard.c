/* The guard: whatever is sent, only a token that it should let in gets in.
 *
 * The first line says what the rest is:
 *   authorization  the header's value           query     the query string
 *   unsigned       a JWT's header, a line end, its payload; no signature
 *   signed         a payload, signed by the issuer
 *   metadata, keys a document of the issuer's                                         */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "mcpass/guard.h"
#include "wire/b64url.h"
#include "wire/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example"
#define RESOURCE "https://mcp.example/mcp"
#define JWKS ISSUER "/jwks"

static struct mp_key *key;
static char *set;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void make_key(void)
{
	json_t *jwk = NULL, *json;

	check(mp_key_generate(MP_EDDSA, &key, NULL) == MCPASS_OK);
	check(mp_jwk_write(key, false, &jwk, NULL) == MCPASS_OK);
	json = json_pack("{s:[o]}", "keys", jwk);
	set = mp_json_dump(json);
	json_decref(json);
}

static struct mcpass_guard *new_guard(const char *jwks_uri)
{
	static const struct mcpass_scope_rule rules[] = { { "tools/*", "echo", "a b" },
		{ "*", NULL, "a" } };
	struct mcpass_guard_issuer issuer = { ISSUER, jwks_uri };
	struct mcpass_guard_config cfg = { .size = sizeof(cfg), .resource = RESOURCE,
		.issuers = &issuer, .issuer_count = 1, .rules = rules, .rule_count = 2 };
	struct mcpass_guard *guard = NULL;

	check(mcpass_guard_new(&cfg, &guard, NULL) == MCPASS_OK);
	return guard;
}

/* What must hold of every verdict. */
static void judge(struct mcpass_guard *guard, const char *authorization, const char *query,
    bool may_allow)
{
	struct mcpass_header header = { "Authorization", authorization };
	struct mcpass_operation operation = { "ping", NULL };
	struct mcpass_guard_request request = { .headers = &header,
		.header_count = authorization != NULL ? 1 : 0, .query = query,
		.operations = &operation, .operation_count = 1, .now = NOW };
	struct mcpass_verdict verdict;

	check(mcpass_guard_check(guard, &request, &verdict, NULL) == MCPASS_OK);
	if (verdict.type == MCPASS_ALLOW) {
		check(may_allow && strcmp(verdict.issuer, ISSUER) == 0);
		check(verdict.subject != NULL || verdict.client_id != NULL);
		check(verdict.expires_at > NOW - MP_CLOCK_SKEW - 1);
		check(strstr(verdict.scope, "a") != NULL);
	} else if (verdict.type == MCPASS_DENY) {
		check(verdict.status == 503 || verdict.www_authenticate != NULL);
		check(verdict.www_authenticate == NULL
		    || strpbrk(verdict.www_authenticate, "\r\n") == NULL);
		check(verdict.reason != NULL && strpbrk(verdict.reason, "\r\n") == NULL);
	} else {
		check(mp_span_is_nocase((struct mp_span){ verdict.fetch_url, 8 }, "https://"));
	}
}

static void judge_unsigned(struct mcpass_guard *guard, const char *text, size_t len)
{
	const char *line = memchr(text, '\n', len);
	size_t first = line != NULL ? (size_t)(line - text) : len;
	struct mp_buf value;

	mp_buf_init(&value, 2 * MP_MAX_TOKEN);
	mp_buf_adds(&value, "Bearer ");
	mp_b64url_add(&value, text, first);
	mp_buf_addc(&value, '.');
	if (line != NULL)
		mp_b64url_add(&value, line + 1, len - first - 1);
	mp_buf_adds(&value, ".AAAA");
	if (!value.failed)
		judge(guard, mp_buf_text(&value), NULL, false);
	mp_buf_free(&value);
}

static void judge_signed(struct mcpass_guard *guard, const char *text, size_t len)
{
	json_t *payload = NULL;
	struct mp_secret token = { 0 };
	struct mp_buf value;

	if (mp_json_parse(text, len, MP_MAX_TOKEN / 2, "", &payload, NULL) != MCPASS_OK)
		return;
	mp_buf_init(&value, 2 * MP_MAX_TOKEN);
	if (json_is_object(payload)
	    && mp_jws_sign(key, MP_EDDSA, NULL, payload, &token, NULL) == MCPASS_OK) {
		mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(&token));
		judge(guard, mp_buf_text(&value), NULL, true);
	}
	mp_secret_free(&token);
	mp_buf_free(&value);
	json_decref(payload);
}

/* Hands a document to a guard that waits for one, then asks with a token by a stranger's
 * hand. */
static void judge_document(const char *jwks_uri, const char *url, const char *text, size_t len)
{
	static const char token[] = "{\"alg\":\"EdDSA\"}\n{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE
		"\",\"exp\":1900000000,\"sub\":\"s\",\"scope\":\"a\"}";
	struct mcpass_guard *guard = new_guard(jwks_uri);

	(void)mcpass_guard_fetched(guard, url, 200, text, len, NOW, NULL);
	judge_unsigned(guard, token, strlen(token));
	mcpass_guard_free(guard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *line = len > 0 ? memchr(data, '\n', len) : NULL;
	const char *text = line != NULL ? line + 1 : NULL;
	size_t rest = line != NULL ? len - (size_t)(text - (const char *)data) : 0;
	struct mp_span what = { (const char *)data, len - rest - 1 };
	struct mcpass_guard *guard;
	char *copy;

	if (line == NULL)
		return 0;
	if (key == NULL)
		make_key();
	copy = mp_dup_span((struct mp_span){ text, rest });
	guard = new_guard(JWKS);
	check(copy != NULL && mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL)
	    == MCPASS_OK);
	if (mp_span_is(what, "authorization"))
		judge(guard, copy, NULL, false);
	else if (mp_span_is(what, "query"))
		judge(guard, NULL, copy, false);
	else if (mp_span_is(what, "unsigned"))
		judge_unsigned(guard, text, rest);
	else if (mp_span_is(what, "signed"))
		judge_signed(guard, text, rest);
	else if (mp_span_is(what, "metadata"))
		judge_document(NULL, ISSUER "/.well-known/oauth-authorization-server", text, rest);
	else if (mp_span_is(what, "keys"))
		judge_document(JWKS, JWKS, text, rest);
	mcpass_guard_free(guard);
	free(copy);
	return 0;
}
