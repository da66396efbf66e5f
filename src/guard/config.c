/* A guard from its configuration: every text is copied, and what could only fail later,
 * at a request, fails now. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/sized.h"
#include "guard/guard.h"
#include "oauth/asmeta.h"
#include "oauth/prm.h"
#include "oauth/scope.h"
#include "wire/uri.h"

static struct mp_span span(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

/* spec: RFC 9728 1.2 (https, no fragment, better no query); OAuth 2.1 1.5 */
static enum mcpass_rc check_resource(const char *resource, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (resource == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard needs its resource's URL");
	rc = mp_uri_parse(resource, &uri, err);
	if (rc)
		return rc;
	if (uri.fragment.data != NULL || uri.query.data != NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9728 1.2",
		    "the resource has a query or a fragment: %s", resource);
	if (uri.is_https || mp_uri_is_loopback(&uri))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, "OAuth 2.1 1.5",
	    "tokens would travel to the resource by plain http: %s", resource);
	mp_hint(err, "Behind a proxy that does TLS, configure the address that clients use.");
	return rc;
}

/* It is a link for people, so it may lie anywhere.  spec: RFC 9728 2 */
static enum mcpass_rc check_documentation(const char *url, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri uri;

	enum mcpass_rc rc = MCPASS_OK;

	if (url != NULL)
		rc = mp_uri_parse(url, &uri, &why);
	if (rc == MCPASS_OK || rc == MCPASS_E_NOMEM)
		return rc ? mp_nomem(err) : MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, "RFC 9728 2", "resource_documentation: %s", why.detail);
}

/* Each names one of the issuers, once. */
static enum mcpass_rc check_terms(const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	for (size_t i = 0; i < cfg->term_count; i++) {
		const char *issuer = cfg->terms[i].issuer;
		bool known = false;

		for (size_t j = 0; j < cfg->issuer_count; j++)
			known = known || mp_eq(cfg->issuers[j].issuer, issuer);
		if (issuer == NULL || !known)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "terms for %s, which is none of the issuers",
			    issuer != NULL ? issuer : "an issuer without a name");
		for (size_t j = 0; j < i; j++)
			if (mp_eq(cfg->terms[j].issuer, issuer))
				return mp_fail(err, MCPASS_E_USAGE, NULL, "terms twice for %s", issuer);
	}
	return MCPASS_OK;
}

/* NULL: nothing is said for that issuer alone. */
static const struct mcpass_issuer_terms *find_terms(const struct mcpass_guard_config *cfg,
    const char *issuer)
{
	for (size_t i = 0; i < cfg->term_count; i++)
		if (mp_eq(cfg->terms[i].issuer, issuer))
			return &cfg->terms[i];
	return NULL;
}

static enum mcpass_rc set_terms(struct mcpass_guard *guard, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_terms(cfg, err);

	if (!rc)
		rc = mp_terms_init(&guard->terms, cfg, NULL, err);
	for (size_t i = 0; !rc && i < guard->issuer_count; i++) {
		struct mp_guard_issuer *issuer = &guard->issuers[i];

		rc = mp_terms_init(&issuer->terms, cfg, find_terms(cfg, issuer->name), err);
	}
	return rc;
}

/* Which issuer is asked about an opaque token must not hang on the order of a list. */
static enum mcpass_rc check_prefixes(const struct mcpass_guard *guard, struct mcpass_error *err)
{
	for (size_t i = 0; i < guard->issuer_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct mp_guard_issuer *a = &guard->issuers[j], *b = &guard->issuers[i];

			if (a->introspector.is_used && b->introspector.is_used
			    && mp_eq(a->introspector.prefix, b->introspector.prefix))
				return mp_fail(err, MCPASS_E_USAGE, NULL, "%s and %s both answer for opaque"
				    " tokens that begin with '%s': give each its own token_prefix", a->name,
				    b->name, a->introspector.prefix);
		}
	return MCPASS_OK;
}

static enum mcpass_rc set_issuers(struct mcpass_guard *guard,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (cfg->issuer_count == 0 || cfg->issuer_count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard needs 1 to %d issuers",
		    MP_MAX_ITEMS);
	guard->issuers = calloc(cfg->issuer_count, sizeof(*guard->issuers));
	if (guard->issuers == NULL)
		return mp_nomem(err);
	for (size_t i = 0; !rc && i < cfg->issuer_count; i++) {
		for (size_t j = 0; j < i; j++)
			if (mp_eq(cfg->issuers[i].issuer, guard->issuers[j].name))
				return mp_fail(err, MCPASS_E_USAGE, NULL, "an issuer twice: %s",
				    cfg->issuers[i].issuer);
		guard->issuer_count++;
		rc = mp_guard_issuer_init(&guard->issuers[i], &cfg->issuers[i],
		    cfg->loopback_http != 0, i == 0 && cfg->issuer_metadata != 0, err);
	}
	return rc ? rc : check_prefixes(guard, err);
}

static enum mcpass_rc set_memory(struct mcpass_guard *guard, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_cache_init(&guard->verified, err);

	if (!rc)
		rc = mp_cache_init(&guard->words, err);
	return rc ? rc : mp_cache_init(&guard->refused, err);
}

/* spec: RFC 9728 2 (dpop_...); RFC 9449 7.1 */
static enum mcpass_rc describe_dpop(struct mp_prm *prm, enum mcpass_dpop_mode mode,
    struct mcpass_error *err)
{
	prm->dpop_bound_access_tokens_required = mode == MCPASS_DPOP_REQUIRED;
	if (mode == MCPASS_DPOP_OFF)
		return MCPASS_OK;
	return mp_scope_parse(MP_PROOF_ALGS, &prm->dpop_signing_alg_values_supported, err);
}

/* Clients look below the resource's path, and at its origin; spec: RFC 8414 3 */
static enum mcpass_rc set_copy_urls(struct mcpass_guard *guard,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	struct mp_strings at_origin = { 0 };
	struct mp_uri uri;
	char *origin = NULL;
	enum mcpass_rc rc;

	if (!cfg->issuer_metadata)
		return MCPASS_OK;
	rc = mp_uri_parse(cfg->resource, &uri, err);
	if (!rc)
		rc = mp_set_span(&origin, uri.origin, err);
	if (!rc)
		rc = mp_asmeta_places(cfg->resource, &guard->copy_urls, err);
	if (!rc)
		rc = mp_asmeta_places(origin, &at_origin, err);
	for (size_t i = 0; !rc && i < at_origin.count; i++)
		rc = mp_strings_add(&guard->copy_urls, span(at_origin.items[i]), err);
	mp_strings_free(&at_origin);
	free(origin);
	return rc;
}

/* spec: RFC 9728 2, 3.1 */
static enum mcpass_rc set_metadata(struct mcpass_guard *guard,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	struct mp_prm prm = { 0 };
	enum mcpass_rc rc = mp_prm_places(NULL, cfg->resource, &guard->metadata_urls, err);

	if (!rc)
		rc = mp_set(&prm.resource, cfg->resource, err);
	if (!rc)
		rc = mp_set(&prm.resource_name, cfg->resource_name, err);
	if (!rc)
		rc = mp_set(&prm.resource_documentation, cfg->resource_documentation, err);
	for (size_t i = 0; !rc && i < guard->issuer_count; i++)
		rc = mp_strings_add(&prm.authorization_servers, span(guard->issuers[i].name),
		    err);
	if (!rc)
		rc = mp_terms_copy(&prm.scopes_supported, cfg->scopes_supported, cfg->scope_count,
		    "scope", err);
	if (!rc)        /* spec: MCP 2026-07-28 "Token Requirements": the header only */
		rc = mp_strings_add(&prm.bearer_methods_supported, span("header"), err);
	if (!rc)
		rc = describe_dpop(&prm, cfg->dpop, err);
	if (!rc)
		rc = mp_prm_write(&prm, &guard->metadata, err);
	mp_prm_free(&prm);
	return rc;
}

static enum mcpass_rc fill(struct mcpass_guard *guard, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_buf_init(&guard->challenge, (size_t)2 * MP_MAX_CHALLENGE);
	mp_buf_init(&guard->nonce, MP_MAX_CHALLENGE);
	mp_buf_init(&guard->fetch_body, MP_MAX_FORM);
	mp_buf_init(&guard->fetch_key, MP_MAX_URI + 128);
	rc = set_issuers(guard, cfg, err);
	if (!rc)
		rc = set_terms(guard, cfg, err);
	if (!rc)
		rc = mp_shared_open(&guard->shared, cfg->shared, cfg->dpop != MCPASS_DPOP_OFF, err);
	if (!rc)
		rc = mp_proofs_init(&guard->proofs, cfg, &guard->shared, err);
	if (!rc)
		rc = set_memory(guard, err);
	if (!rc)
		rc = set_metadata(guard, cfg, err);
	if (!rc)
		rc = set_copy_urls(guard, cfg, err);
	return rc;
}

enum mcpass_rc mcpass_guard_new(const struct mcpass_guard_config *given,
    struct mcpass_guard **ret_guard, struct mcpass_error *err)
{
	struct mcpass_guard_config cfg;
	struct mcpass_guard *guard;
	enum mcpass_rc rc;

	mp_clear(err);
	if (ret_guard == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no place for the guard");
	rc = mp_sized_read(given, &cfg, sizeof(cfg), err);
	if (!rc)
		rc = check_resource(cfg.resource, err);
	if (!rc)
		rc = check_documentation(cfg.resource_documentation, err);
	if (rc)
		return mp_doing(err, rc, "setting up the guard");
	guard = calloc(1, sizeof(*guard));
	if (guard == NULL)
		return mp_nomem(err);
	rc = fill(guard, &cfg, err);
	if (rc)
		mcpass_guard_free(guard);
	else
		*ret_guard = guard;
	return mp_doing(err, rc, "setting up the guard");
}

void mcpass_guard_free(struct mcpass_guard *guard)
{
	if (guard == NULL)
		return;
	for (size_t i = 0; i < guard->issuer_count; i++)
		mp_guard_issuer_free(&guard->issuers[i]);
	free(guard->issuers);
	mp_terms_free(&guard->terms);
	mp_proofs_free(&guard->proofs);
	mp_shared_close(&guard->shared);
	mp_strings_free(&guard->metadata_urls);
	mp_strings_free(&guard->copy_urls);
	free(guard->metadata);
	mp_claims_free(&guard->claims);
	free(guard->scope);
	mp_strings_free(&guard->scopes);
	mp_buf_free(&guard->challenge);
	mp_buf_free(&guard->nonce);
	mp_cache_free(&guard->verified);
	mp_cache_free(&guard->words);
	mp_cache_free(&guard->refused);
	mp_headers_free(&guard->fetch_headers);
	mp_buf_free(&guard->fetch_body);
	mp_buf_free(&guard->fetch_key);
	free(guard);
}
