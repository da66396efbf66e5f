#include "serve/resource/flags.h"
#include <string.h>
#include "oauth/scope.h"

#define AT(member) offsetof(struct mp_serve_flags, member)
static const struct mp_option tokens_options[] = {
	{ "issuer", 'i', MP_OPTION_LIST, "URL", AT(issuers),
	    "Accept tokens of this authorization server; may be repeated." },
	{ "audience", '\0', MP_OPTION_LIST, "AUD", AT(audiences),
	    "Accept tokens for this audience rather than for the public URL; may be repeated." },
	{ "jwks-uri", '\0', MP_OPTION_TEXT, "URL", AT(jwks_uri),
	    "Where the issuer's keys are, when its metadata does not say it." },
	{ "jwks-file", '\0', MP_OPTION_TEXT, "FILE", AT(jwks_file),
	    "The issuer's keys, so that none are fetched ('authserver key' prints some)." },
	{ "introspect", '\0', MP_OPTION_TEXT, "CLIENT_ID", AT(introspect),
	    "Ask the issuer about tokens that are no JWTs (RFC 7662), as this client." },
	{ "introspect-secret", '\0', MP_OPTION_TEXT, "FILE", AT(introspect_secret),
	    "That client's secret." },
	{ "introspection-endpoint", '\0', MP_OPTION_TEXT, "URL", AT(introspection_endpoint),
	    "Where to ask, when the issuer's metadata does not say it." },
	{ "dpop", '\0', MP_OPTION_TEXT, "MODE", AT(dpop),
	    "Proof of possession (RFC 9449): off, accepted or required. Default: off." },
	{ "dpop-nonce-secret", '\0', MP_OPTION_TEXT, "FILE", AT(dpop_nonce_secret),
	    "Ask for nonces in the proofs, made from these 32 bytes or more." },
	{ "ca-file", '\0', MP_OPTION_TEXT, "FILE", AT(ca_file),
	    "Trust the certificates in this file for the issuers rather than the system's." },
	{ "proxy", '\0', MP_OPTION_TEXT, "URL", AT(proxy),
	    "Reach the issuers through this proxy rather than the one of https_proxy." },
};
static const struct mp_option rules_options[] = {
	{ "rule", '\0', MP_OPTION_LIST, "'METHOD[:NAME]=SCOPES'", AT(rules),
	    "Ask for these scopes: tools/call:echo=mcp:tools, prompts/*=mcp:prompts, *=. The first"
	    " that matches decides, before the built-in ones; may be repeated." },
	{ "role", '\0', MP_OPTION_LIST, "'METHOD[:NAME]=ROLES'", AT(roles),
	    "Ask for one of these roles besides; may be repeated." },
	{ "role-claim", '\0', MP_OPTION_LIST, "CLAIM", AT(role_claims),
	    "Where a token has its roles: groups, realm_access.roles; may be repeated." },
	{ "implies", '\0', MP_OPTION_LIST, "'SCOPE=SCOPES'", AT(implies),
	    "A token with the first scope has the others too; may be repeated." },
	{ "challenge-needed", '\0', MP_OPTION_FLAG, NULL, AT(challenge_needed),
	    "When a token is asked for, name the scopes that the request needs and no others." },
	{ "scopes", '\0', MP_OPTION_TEXT, "SCOPES", AT(scopes),
	    "Publish these. Default: all that a rule asks for." },
};
static const struct mp_option exchange_options[] = {
	{ "exchange", '\0', MP_OPTION_TEXT, "CLIENT_ID", AT(exchange),
	    "Offer the tool call_on, which exchanges the caller's token as this client." },
	{ "exchange-secret", '\0', MP_OPTION_TEXT, "FILE", AT(exchange_secret),
	    "That client's secret." },
	{ "exchange-audience", '\0', MP_OPTION_TEXT, "AUD", AT(exchange_audience),
	    "For whom the new token is, by the name that the issuer knows." },
	{ "exchange-resource", '\0', MP_OPTION_TEXT, "URL", AT(exchange_resource),
	    "The same by URL." },
	{ "exchange-scope", '\0', MP_OPTION_TEXT, "SCOPES", AT(exchange_scope),
	    "What it may." },
	{ "call-on", '\0', MP_OPTION_TEXT, "URL", AT(call_on),
	    "The MCP server whose whoami is called with it, to tell who it sees." },
};
static const struct mp_option listen_options[] = {
	{ "resource", 'r', MP_OPTION_TEXT, "URL", AT(resource),
	    "The public URL, when a proxy stands in front. Default http://ADDRESS:PORT/mcp." },
	{ "path", '\0', MP_OPTION_TEXT, "PATH", AT(path),
	    "The endpoint's path here, when the proxy in front strips a part of the public URL's." },
	{ "issuer-metadata", '\0', MP_OPTION_FLAG, NULL, AT(issuer_metadata),
	    "Publish a copy of the issuer's metadata here, for clients that look nowhere else." },
	{ "cors-origin", '\0', MP_OPTION_LIST, "ORIGIN", AT(origins),
	    "Let pages of this origin call it (CORS); may be repeated." },
	{ "allow-host", '\0', MP_OPTION_LIST, "NAME", AT(allowed_hosts),
	    "Answer to this Host, too: the name by which a proxy reaches it; may be repeated." },
	{ "resource-name", '\0', MP_OPTION_TEXT, "NAME", AT(resource_name),
	    "What it is called before people. Default: mcpass echo server." },
	{ "bind", 'b', MP_OPTION_TEXT, "ADDRESS", AT(bind_address),
	    "Listen on this address. Default 127.0.0.1." },
	{ "port", '\0', MP_OPTION_PORT, "PORT", AT(port),
	    "Listen on this port; 0 takes any that is free. Default 8931." },
	{ "open", '\0', MP_OPTION_FLAG, NULL, AT(open),
	    "Ask for no token at all; on loopback addresses only." },
	{ "fixtures", '\0', MP_OPTION_FLAG, NULL, AT(fixtures),
	    "Offer what the official conformance suite looks for, too." },
};
#undef AT
const struct mp_option_table mp_serve_tokens_table = {
	"Whose tokens", tokens_options, MP_COUNT(tokens_options)
};
const struct mp_option_table mp_serve_rules_table = {
	"What they permit", rules_options, MP_COUNT(rules_options)
};
const struct mp_option_table mp_serve_exchange_table = {
	"Calling on as the user", exchange_options, MP_COUNT(exchange_options)
};
const struct mp_option_table mp_serve_listen_table = {
	"Where", listen_options, MP_COUNT(listen_options)
};

static struct mp_span span(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

/* What was given replaces what the file said. */
static enum mcpass_rc replace_list(struct mp_strings *list, const struct mp_texts *given,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (given->count > 0)
		mp_strings_free(list);
	for (size_t i = 0; i < given->count && !rc; i++)
		rc = mp_strings_add(list, span(given->items[i]), err);
	return rc;
}

static enum mcpass_rc apply_texts(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	struct mp_serve_exchange *exchange = &config->exchange;
	const struct { const char *given; char **slot; } texts[] = {
		{ flags->resource, &config->resource },
		{ flags->resource_name, &config->resource_name },
		{ flags->bind_address, &config->bind },
		{ flags->ca_file, &config->ca_file },
		{ flags->proxy, &config->proxy },
		{ flags->dpop, &config->dpop.mode },
		{ flags->dpop_nonce_secret, &config->dpop.nonce_secret_file },
		{ flags->exchange, &exchange->client_id },
		{ flags->exchange_secret, &exchange->client_secret_file },
		{ flags->exchange_audience, &exchange->audience },
		{ flags->exchange_resource, &exchange->resource },
		{ flags->exchange_scope, &exchange->scope },
		{ flags->call_on, &exchange->call_on },
		{ flags->path, &config->path },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(texts) && !rc; i++)
		if (texts[i].given != NULL)
			rc = mp_set(texts[i].slot, texts[i].given, err);
	if (flags->port.given) {
		config->has_port = true;
		config->port = flags->port.number;
	}
	config->open = config->open || flags->open;
	config->fixtures = config->fixtures || flags->fixtures;
	config->issuer_metadata = config->issuer_metadata || flags->issuer_metadata;
	config->challenge_needed = config->challenge_needed || flags->challenge_needed;
	return rc;
}

/* What is said of "the issuer" is clear when there is one. */
static enum mcpass_rc apply_to_issuer(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	const struct { const char *option, *given; } options[] = {
		{ "--jwks-uri", flags->jwks_uri }, { "--jwks-file", flags->jwks_file },
		{ "--introspect", flags->introspect },
		{ "--introspect-secret", flags->introspect_secret },
		{ "--introspection-endpoint", flags->introspection_endpoint },
	};
	struct mp_serve_issuer none = { 0 };    /* to have addresses */
	struct mp_serve_issuer *issuer = config->issuer_count > 0 ? config->issuers : &none;
	char **const slots[] = {
		&issuer->jwks_uri, &issuer->jwks_file, &issuer->introspection.client_id,
		&issuer->introspection.client_secret_file, &issuer->introspection.endpoint,
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(options) && !rc; i++) {
		if (options[i].given != NULL && config->issuer_count != 1) {
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s is about one issuer, and there are %zu",
			    options[i].option, config->issuer_count);
			mp_hint(err, "say it in the file, with that issuer (see mcpass-serve(1), FILE)");
		} else if (options[i].given != NULL) {
			rc = mp_set(slots[i], options[i].given, err);
		}
	}
	return rc;
}

static enum mcpass_rc apply_issuers(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	struct mp_serve_issuer *issuer = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (flags->issuers.count > 0)
		mp_serve_drop_issuers(config);
	for (size_t i = 0; i < flags->issuers.count && !rc; i++) {
		rc = mp_serve_add_issuer(config, &issuer, err);
		if (!rc)
			rc = mp_set(&issuer->issuer, flags->issuers.items[i], err);
	}
	return rc ? rc : apply_to_issuer(flags, config, err);
}

/* Roles first: they add to what the rules below them say. */
static enum mcpass_rc apply_rules(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	struct mp_serve_rules rules = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < flags->roles.count && !rc; i++)
		rc = mp_serve_rules_parse(&rules, flags->roles.items[i], true, err);
	for (size_t i = 0; i < flags->rules.count && !rc; i++)
		rc = mp_serve_rules_parse(&rules, flags->rules.items[i], false, err);
	/* Those of the file are judged by themselves: that an option goes before them is meant. */
	if (!rc)
		rc = mp_serve_rules_check(&rules, !config->fixtures, err);
	if (!rc)
		rc = mp_serve_rules_check(&config->rules, !config->fixtures, err);
	for (size_t i = 0; i < config->issuer_count && !rc; i++)
		rc = mp_serve_rules_check(&config->issuers[i].rules, !config->fixtures, err);
	if (!rc)
		rc = mp_serve_rules_append(&rules, &config->rules, err);
	mp_serve_rules_free(&config->rules);
	config->rules = rules;
	return rc;
}

static enum mcpass_rc apply_implies(const struct mp_texts *implies,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	struct mp_serve_implication *implication = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (implies->count > 0)
		mp_serve_drop_implications(config);
	for (size_t i = 0; i < implies->count && !rc; i++) {
		const char *text = implies->items[i], *equals = strchr(text, '=');

		if (equals == NULL || equals == text)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "--implies %s: not SCOPE=SCOPES", text);
		rc = mp_serve_add_implication(config, &implication, err);
		if (!rc)
			rc = mp_set_span(&implication->scope,
			    (struct mp_span){ text, (size_t)(equals - text) }, err);
		if (!rc)
			rc = mp_set(&implication->implied, equals + 1, err);
	}
	return rc;
}

static enum mcpass_rc apply_scopes(const char *scopes, struct mp_serve_config *config,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (scopes == NULL)
		return MCPASS_OK;
	mp_strings_free(&config->scopes_supported);
	rc = mp_scope_parse(scopes, &config->scopes_supported, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_fail(err, MCPASS_E_USAGE, why.spec, "--scopes: %s", why.detail) : MCPASS_OK;
}

enum mcpass_rc mp_serve_flags_apply(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err)
{
	enum mcpass_rc rc = apply_texts(flags, config, err);

	if (!rc)
		rc = apply_issuers(flags, config, err);
	if (!rc)
		rc = replace_list(&config->audiences, &flags->audiences, err);
	if (!rc)
		rc = replace_list(&config->role_claims, &flags->role_claims, err);
	if (!rc)
		rc = replace_list(&config->cors_origins, &flags->origins, err);
	if (!rc)
		rc = replace_list(&config->allowed_hosts, &flags->allowed_hosts, err);
	if (!rc)
		rc = apply_scopes(flags->scopes, config, err);
	if (!rc)
		rc = apply_rules(flags, config, err);
	return rc ? rc : apply_implies(&flags->implies, config, err);
}
