#include "guard/terms.h"
#include <string.h>
#include "base/limits.h"
#include "wire/uri.h"

static struct mp_span span(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

enum mcpass_rc mp_terms_copy(struct mp_strings *list, const char *const *items,
    size_t count, const char *what, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d %ss", MP_MAX_ITEMS, what);
	for (size_t i = 0; !rc && i < count; i++) {
		if (items[i] == NULL || items[i][0] == '\0')
			return mp_fail(err, MCPASS_E_USAGE, NULL, "an empty %s", what);
		rc = mp_strings_add(list, span(items[i]), err);
	}
	return rc;
}

/* The resource.  Without a path it has two spellings, of which clients send either.
 * spec: RFC 3986 6.2.3 */
static enum mcpass_rc add_resource(struct mp_strings *audiences, const char *resource,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	struct mp_buf slashed = MP_BUF(MP_MAX_URI + 1);
	enum mcpass_rc rc = mp_uri_parse(resource, &uri, err);

	if (!rc)
		rc = mp_strings_add(audiences, span(resource), err);
	if (rc || uri.path.len > 1)
		return rc;
	if (uri.path.len == 1)
		return mp_strings_add(audiences, uri.origin, err);
	mp_buf_addf(&slashed, "%s/", resource);
	rc = mp_buf_check(&slashed, "an audience", err);
	if (!rc)
		rc = mp_strings_add(audiences, (struct mp_span){ slashed.data, slashed.len }, err);
	mp_buf_free(&slashed);
	return rc;
}

static enum mcpass_rc set_audiences(struct mp_terms *terms,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	if (cfg->audience_count == 0)
		return add_resource(&terms->audiences, cfg->resource, err);
	return mp_terms_copy(&terms->audiences, cfg->audiences, cfg->audience_count, "audience", err);
}

/* The configuration as it is for one issuer. */
static struct mcpass_guard_config with(const struct mcpass_guard_config *cfg,
    const struct mcpass_issuer_terms *given)
{
	struct mcpass_guard_config own = *cfg;

	if (given->audience_count > 0) {
		own.audiences = given->audiences;
		own.audience_count = given->audience_count;
	}
	if (given->role_claim_count > 0) {
		own.role_claims = given->role_claims;
		own.role_claim_count = given->role_claim_count;
	}
	if (given->rule_count > 0) {
		own.rules = given->rules;
		own.rule_count = given->rule_count;
		own.challenge_scope_count = 0;  /* these are of the other rules */
	}
	return own;
}

enum mcpass_rc mp_terms_init(struct mp_terms *terms, const struct mcpass_guard_config *cfg,
    const struct mcpass_issuer_terms *given, struct mcpass_error *err)
{
	struct mcpass_guard_config own = given != NULL ? with(cfg, given) : *cfg;
	enum mcpass_rc rc;

	*terms = (struct mp_terms){ 0 };
	rc = set_audiences(terms, &own, err);
	if (!rc)
		rc = mp_policy_init(&terms->policy, &own, err);
	if (!rc)
		rc = mp_roles_init(&terms->role_claims, &own, &terms->policy, err);
	if (rc || given == NULL)
		return rc;
	terms->has_rules = given->rule_count > 0;
	terms->id_token_claims = given->id_token_claims != 0;
	return mp_terms_copy(&terms->clients, given->clients, given->client_count, "client", err);
}

void mp_terms_free(struct mp_terms *terms)
{
	mp_strings_free(&terms->audiences);
	mp_strings_free(&terms->clients);
	mp_policy_free(&terms->policy);
	mp_roles_free(&terms->role_claims);
	*terms = (struct mp_terms){ 0 };
}
