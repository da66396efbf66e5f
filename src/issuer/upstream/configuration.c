/* One entry of the file that --upstream names. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/entry.h"
#include "oauth/scope.h"
#include "wire/uri.h"

#define AT(member) offsetof(struct entry, member)
struct entry {                          /* as it is written, before it is judged */
	char *name, *label, *provider, *issuer, *client_id, *method, *scope;
	char *authorization_endpoint, *token_endpoint, *user_endpoint;
	char *emails_endpoint, *organizations_endpoint, *groups_endpoint;
	char *client_secret_file, *private_key_file;    /* the caller's to read */
	char *groups_claim, *name_claim;
	struct mp_strings subject_claims;
	bool userinfo, groups_by_api;
	json_t *authorize_params, *token_params, *token_claims, *allow;
};
static const struct mp_field fields[] = {
	{ "name", MP_FIELD_STRING, MP_REQUIRED, AT(name), NULL },
	{ "label", MP_FIELD_STRING, 0, AT(label), NULL },
	{ "provider", MP_FIELD_STRING, 0, AT(provider), NULL },
	{ "issuer", MP_FIELD_URL, 0, AT(issuer), NULL },
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "client_secret_file", MP_FIELD_STRING, 0, AT(client_secret_file), NULL },
	{ "private_key_file", MP_FIELD_STRING, 0, AT(private_key_file), NULL },
	{ "token_endpoint_auth_method", MP_FIELD_STRING, 0, AT(method), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "authorization_endpoint", MP_FIELD_URL, 0, AT(authorization_endpoint), NULL },
	{ "token_endpoint", MP_FIELD_URL, 0, AT(token_endpoint), NULL },
	{ "user_endpoint", MP_FIELD_URL, 0, AT(user_endpoint), NULL },
	{ "emails_endpoint", MP_FIELD_URL, 0, AT(emails_endpoint), NULL },
	{ "organizations_endpoint", MP_FIELD_URL, 0, AT(organizations_endpoint), NULL },
	{ "groups_endpoint", MP_FIELD_URL, 0, AT(groups_endpoint), NULL },
	{ "groups_by_api", MP_FIELD_BOOL, 0, AT(groups_by_api), NULL },
	{ "userinfo", MP_FIELD_BOOL, 0, AT(userinfo), NULL },
	{ "subject_claims", MP_FIELD_STRINGS, 0, AT(subject_claims), NULL },
	{ "groups_claim", MP_FIELD_STRING, 0, AT(groups_claim), NULL },
	{ "name_claim", MP_FIELD_STRING, 0, AT(name_claim), NULL },
	{ "authorize_params", MP_FIELD_OBJECT, 0, AT(authorize_params), NULL },
	{ "token_params", MP_FIELD_OBJECT, 0, AT(token_params), NULL },
	{ "token_claims", MP_FIELD_OBJECT, 0, AT(token_claims), NULL },
	{ "allow", MP_FIELD_OBJECT, 0, AT(allow), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_idp_allow, member)
static const struct mp_field allow_fields[] = {
	{ "tenants", MP_FIELD_STRINGS, 0, AT(tenants), NULL },
	{ "hosted_domains", MP_FIELD_STRINGS, 0, AT(hosted_domains), NULL },
	{ "email_domains", MP_FIELD_STRINGS, 0, AT(email_domains), NULL },
	{ "groups", MP_FIELD_STRINGS, 0, AT(groups), NULL },
	{ "organizations", MP_FIELD_STRINGS, 0, AT(organizations), NULL },
	{ "verified_email", MP_FIELD_BOOL, 0, AT(verified_email), NULL },
	{ "everyone", MP_FIELD_BOOL, 0, AT(everyone), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_idp_rule, member)
static const struct mp_field rule_fields[] = {
	{ "claim", MP_FIELD_STRING, 0, AT(claim), NULL },
	{ "value", MP_FIELD_STRING, 0, AT(value), NULL },
	{ "email_domain", MP_FIELD_STRING, 0, AT(domain), NULL },
	{ "everyone", MP_FIELD_BOOL, 0, AT(everyone), NULL },
	{ "scopes", MP_FIELD_STRINGS, 0, AT(scopes), NULL },
	{ "roles", MP_FIELD_STRINGS, 0, AT(roles), NULL },
};
#undef AT

/* It is a segment of our callback's path. */
static enum mcpass_rc check_name(const char *name, struct mcpass_error *err)
{
	static const char permitted[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (name[0] == '\0' || strlen(name) > 32 || strspn(name, permitted) != strlen(name))
		return mp_entry_wrong(err, "name", "has to be of small letters, digits and '-', 32 at most");
	return MCPASS_OK;
}

static enum mcpass_rc check_texts(const json_t *object, const char *what,
    const char *const *taken, size_t taken_count, struct mcpass_error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (!json_is_string(value))
			return mp_entry_wrong(err, what, "has a value that is no text");
		for (size_t i = 0; i < taken_count; i++)
			if (strcmp(taken[i], name) == 0)
				return mp_fail(err, MCPASS_E_USAGE, NULL, "%s names %s, which is ours to say",
				    what, name);
	}
	return MCPASS_OK;
}

/* What decides is ours: no configuration replaces the state, or a token's subject. */
static enum mcpass_rc check_objects(const struct entry *entry, struct mcpass_error *err)
{
	static const char *const request[] = { "client_id", "redirect_uri", "response_type",
		"response_mode", "state", "nonce", "code_challenge", "code_challenge_method", "scope",
		"resource", "request", "request_uri" };
	static const char *const token[] = { "grant_type", "code", "redirect_uri", "code_verifier",
		"refresh_token", "client_id", "client_secret", "client_assertion", "scope", "resource",
		"client_assertion_type", "subject_token", "subject_token_type", "actor_token",
		"actor_token_type", "requested_token_type" };
	static const char *const claims[] = { "iss", "sub", "aud", "exp", "iat", "nbf", "jti",
		"client_id", "scope", "cnf", "sid", "act", "may_act", "roles", "typ" };
	enum mcpass_rc rc = check_texts(entry->authorize_params, "authorize_params", request,
	    MP_COUNT(request), err);

	if (!rc)
		rc = check_texts(entry->token_params, "token_params", token, MP_COUNT(token), err);
	return rc ? rc : check_texts(entry->token_claims, "token_claims", claims, MP_COUNT(claims), err);
}

/* --- the parts --- */
static enum mcpass_rc read_client(const struct entry *entry, const struct mp_idp_files *files,
    struct mp_idp *upstream, struct mcpass_error *err)
{
	struct mp_client_id *client = &upstream->client;
	enum mcpass_rc rc = mp_set(&client->client_id, entry->client_id, err);

	if (!rc && (files->secret != NULL) == (files->key != NULL))
		return mp_entry_wrong(err, "client_secret_file", "or private_key_file: one of them is needed");
	if (!rc && files->secret != NULL)
		rc = mp_secret_set(&client->client_secret, files->secret, err);
	if (!rc && files->key != NULL)
		rc = mp_key_from_pem(files->key, strlen(files->key), &upstream->key, err);
	client->key = upstream->key;
	if (upstream->key != NULL)
		client->method = MP_AUTH_PRIVATE_KEY_JWT;
	if (rc || entry->method == NULL)
		return rc;
	client->method = mp_auth_method_from_name(entry->method);
	if (client->method != (upstream->key != NULL ? MP_AUTH_PRIVATE_KEY_JWT : MP_AUTH_BASIC)
	    && (upstream->key != NULL || client->method != MP_AUTH_POST))
		return mp_entry_wrong(err, "token_endpoint_auth_method",
		    "does not go with the secret or the key");
	return MCPASS_OK;
}

/* A secret, and codes, go there: never in the clear over a network. */
static enum mcpass_rc check_endpoint(const char *url, const char *what, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(url, &uri, err);

	if (!rc && !uri.is_https && !mp_uri_is_loopback(&uri))
		rc = mp_entry_wrong(err, what, "has to be https");
	if (!rc && (uri.fragment.data != NULL))
		rc = mp_entry_wrong(err, what, "has a fragment");
	return rc;
}

static enum mcpass_rc set_first(char **slot, const char *given, const char *otherwise,
    struct mcpass_error *err)
{
	return mp_set(slot, given != NULL ? given : otherwise, err);
}

static enum mcpass_rc read_places(const struct entry *entry, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	static const struct mp_idp_provider none = { 0 };
	const struct mp_idp_provider *provider = upstream->provider != NULL
	    && upstream->provider->token_endpoint != NULL ? upstream->provider : &none;
	const struct { char **slot; const char *given, *known, *what; } places[] = {
		{ &upstream->authorization_endpoint, entry->authorization_endpoint,
		    provider->authorization_endpoint, "authorization_endpoint" },
		{ &upstream->token_endpoint, entry->token_endpoint, provider->token_endpoint,
		    "token_endpoint" },
		{ &upstream->user_endpoint, entry->user_endpoint, provider->user_endpoint,
		    "user_endpoint" },
		{ &upstream->emails_endpoint, entry->emails_endpoint, provider->emails_endpoint,
		    "emails_endpoint" },
		{ &upstream->organizations_endpoint, entry->organizations_endpoint,
		    provider->organizations_endpoint, "organizations_endpoint" },
	};
	enum mcpass_rc rc = MCPASS_OK;

	if (provider == &none && entry->issuer != NULL) {
		rc = mp_set(&upstream->issuer, entry->issuer, err);
		if (!rc)
			rc = mp_set(&upstream->identity, entry->issuer, err);
		return rc ? rc : check_endpoint(entry->issuer, "issuer", err);
	}
	for (size_t i = 0; i < MP_COUNT(places) && !rc; i++) {
		rc = set_first(places[i].slot, places[i].given, places[i].known, err);
		if (!rc && *places[i].slot == NULL && i < 3)
			rc = mp_entry_wrong(err, places[i].what, "is needed where there is no issuer");
		if (!rc && *places[i].slot != NULL)
			rc = check_endpoint(*places[i].slot, places[i].what, err);
	}
	return rc ? rc : mp_set(&upstream->identity, upstream->user_endpoint, err);
}

static enum mcpass_rc read_subject(const struct entry *entry, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	const struct mp_idp_provider *provider = upstream->provider;
	const char *known[2] = { upstream->issuer != NULL ? "sub" : "id", NULL };
	enum mcpass_rc rc = MCPASS_OK;

	if (entry->subject_claims.count > 0)
		return mp_scope_merge(&upstream->subject, &entry->subject_claims, err);
	if (provider != NULL && provider->subject[0] != NULL)
		memcpy(known, provider->subject, sizeof(known));
	for (size_t i = 0; i < MP_COUNT(known) && known[i] != NULL && !rc; i++)
		rc = mp_strings_add_text(&upstream->subject, known[i], err);
	return rc;
}

static enum mcpass_rc read_rule(const json_t *object, struct mp_idp_rule *rule,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_entry_read(object, rule_fields, MP_COUNT(rule_fields), NULL, rule, err);

	if (!rc && (rule->claim != NULL) != (rule->value != NULL))
		rc = mp_entry_wrong(err, "a rule", "needs claim and value together");
	if (!rc && rule->claim == NULL && rule->domain == NULL && !rule->everyone)
		rc = mp_entry_wrong(err, "a rule", "says for whom: claim and value, email_domain, or everyone");
	if (!rc && rule->scopes.count == 0 && rule->roles.count == 0)
		rc = mp_entry_wrong(err, "a rule", "gives scopes or roles");
	return rc;
}

static enum mcpass_rc read_rules(const json_t *list, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	size_t count = json_array_size(list);
	enum mcpass_rc rc = MCPASS_OK;

	if (list == NULL)
		return MCPASS_OK;
	if (!json_is_array(list) || count > MP_MAX_ITEMS)
		return mp_entry_wrong(err, "rules", "is no list, or too long a one");
	upstream->has_rules = true;
	upstream->rules = calloc(count + 1, sizeof(*upstream->rules));
	if (upstream->rules == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = read_rule(json_array_get(list, i), &upstream->rules[upstream->rule_count++], err);
	return rc;
}

/* --- is it meant for everyone? --- */
/* One issuer for the tenants of everyone, whose administrators give roles and addresses as they
 * like: the tenant alone decides. */
static bool has_many_tenants(const struct mp_idp *upstream)
{
	/* The last is the tenant of all personal accounts, which is what consumers stands for. */
	static const char *const places[] = { "/common/", "/organizations/", "/consumers/",
		"/9188040d-6c67-4c5b-b112-36a304b66dad/" };

	for (size_t i = 0; i < MP_COUNT(places); i++)
		if (upstream->provider != NULL && strcmp(upstream->provider->name, "entra") == 0
		    && upstream->issuer != NULL && strstr(upstream->issuer, places[i]) != NULL)
			return true;
	return false;
}

/* Where anyone in the world may have an account, an entry that names no one would let in all. */
static enum mcpass_rc check_meant(const struct mp_idp *upstream, struct mcpass_error *err)
{
	const struct mp_idp_allow *allow = &upstream->allow;

	if (allow->everyone || allow->tenants.count > 0)
		return MCPASS_OK;
	if (has_many_tenants(upstream))
		return mp_entry_wrong(err, "allow.tenants", "is missing: the accounts of every tenant sign in"
		    " at this issuer (\"everyone\": true in allow, where that is meant)");
	if (upstream->provider == NULL || !upstream->provider->is_public || upstream->has_rules
	    || allow->hosted_domains.count + allow->email_domains.count + allow->groups.count
	        + allow->organizations.count > 0)
		return MCPASS_OK;
	return mp_entry_wrong(err, "allow", "names none: anyone in the world may have an account there"
	    " (\"everyone\": true in it, where that is meant)");
}

/* --- the whole --- */
static enum mcpass_rc find_provider(const struct entry *entry, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	upstream->provider = mp_idp_provider(entry->provider, entry->issuer);
	return entry->provider != NULL && upstream->provider == NULL
	    ? mp_entry_wrong(err, "provider", "is the name of none that is known") : MCPASS_OK;
}

/* Groups that are too many for a token: only where that is said they are asked for. */
static enum mcpass_rc read_groups(const struct entry *entry, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	const struct mp_idp_provider *provider = upstream->provider;
	const char *known = provider != NULL ? provider->groups_endpoint : NULL;
	const char *scope = provider != NULL ? provider->groups_scope : NULL;
	struct mp_buf text = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	if (!entry->groups_by_api)
		return entry->groups_endpoint == NULL ? MCPASS_OK
		    : mp_entry_wrong(err, "groups_endpoint", "goes with groups_by_api");
	if (upstream->issuer == NULL || (known == NULL && entry->groups_endpoint == NULL))
		return mp_entry_wrong(err, "groups_by_api", "is not known of this provider");
	rc = set_first(&upstream->groups_endpoint, entry->groups_endpoint, known, err);
	if (!rc)
		rc = check_endpoint(upstream->groups_endpoint, "groups_endpoint", err);
	if (rc || entry->scope != NULL || scope == NULL)
		return rc;
	mp_buf_addf(&text, "%s %s", upstream->scope, scope);
	rc = mp_buf_check(&text, "the scope", err);
	if (!rc)
		rc = mp_set(&upstream->scope, mp_buf_text(&text), err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc fill_texts(struct entry *entry, struct mp_idp *upstream,
    struct mcpass_error *err)
{
	const struct mp_idp_provider *provider = upstream->provider;
	enum mcpass_rc rc = mp_set(&upstream->name, entry->name, err);

	if (!rc)
		rc = set_first(&upstream->label, entry->label, entry->name, err);
	if (!rc)
		rc = set_first(&upstream->scope, entry->scope, provider != NULL ? provider->scope
		    : upstream->issuer != NULL ? "openid profile email" : NULL, err);
	if (!rc)
		rc = set_first(&upstream->groups_claim, entry->groups_claim, provider != NULL
		    && provider->groups != NULL ? provider->groups : "groups", err);
	if (!rc)
		rc = set_first(&upstream->name_claim, entry->name_claim, "name", err);
	upstream->userinfo = entry->userinfo || (provider != NULL && provider->wants_userinfo);
	upstream->authorize_params = json_incref(entry->authorize_params);
	upstream->token_params = json_incref(entry->token_params);
	upstream->token_claims = json_incref(entry->token_claims);
	return rc;
}

static enum mcpass_rc fill(struct entry *entry, const struct mp_idp_files *files,
    struct mp_idp *upstream, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_name(entry->name, err);

	if (!rc)
		rc = check_objects(entry, err);
	if (!rc)
		rc = find_provider(entry, upstream, err);
	if (!rc)
		rc = read_places(entry, upstream, err);
	if (!rc)
		rc = fill_texts(entry, upstream, err);
	if (!rc)
		rc = read_groups(entry, upstream, err);
	if (!rc)
		rc = read_client(entry, files, upstream, err);
	if (!rc)
		rc = read_subject(entry, upstream, err);
	if (!rc && entry->allow != NULL)
		rc = mp_entry_read(entry->allow, allow_fields, MP_COUNT(allow_fields), NULL,
		    &upstream->allow, err);
	return rc;
}

enum mcpass_rc mp_idp_read(const json_t *object, const struct mp_idp_files *files,
    struct mp_idp *ret_upstream, struct mcpass_error *err)
{
	static const char *const lists[] = { "rules", "apis", NULL };
	struct mp_idp upstream = { 0 };
	struct mcpass_error why = { 0 };
	struct entry entry = { 0 };
	enum mcpass_rc rc = json_is_object(object) ? MCPASS_OK
	    : mp_entry_wrong(&why, "it", "is no JSON object");

	if (!rc)
		rc = mp_entry_read(object, fields, MP_COUNT(fields), lists, &entry, &why);
	if (!rc)
		rc = fill(&entry, files, &upstream, &why);
	if (!rc)
		rc = read_rules(json_object_get(object, "rules"), &upstream, &why);
	if (!rc)
		rc = mp_entry_apis(json_object_get(object, "apis"), &upstream, &why);
	if (!rc)
		rc = check_meant(&upstream, &why);
	mp_json_release(fields, MP_COUNT(fields), &entry);
	if (!rc) {
		*ret_upstream = upstream;
		return MCPASS_OK;
	}
	mp_idp_free(&upstream);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	/* Whatever is wrong with it, a person wrote it. */
	return mp_fail(err, MCPASS_E_USAGE, why.spec, "identity provider %s: %s",
	    json_is_string(json_object_get(object, "name"))
	    ? mp_json_text(object, "name") : "without a name", why.detail);
}

void mp_idp_free(struct mp_idp *upstream)
{
	char *texts[] = { upstream->name, upstream->label, upstream->issuer,
		upstream->authorization_endpoint, upstream->token_endpoint, upstream->user_endpoint,
		upstream->emails_endpoint, upstream->organizations_endpoint, upstream->groups_endpoint,
		upstream->identity,
		upstream->scope, upstream->groups_claim, upstream->name_claim };

	for (size_t i = 0; i < MP_COUNT(texts); i++)
		free(texts[i]);
	mp_client_id_free(&upstream->client);
	mp_key_free(upstream->key);
	mp_strings_free(&upstream->subject);
	json_decref(upstream->authorize_params);
	json_decref(upstream->token_params);
	json_decref(upstream->token_claims);
	mp_json_release(allow_fields, MP_COUNT(allow_fields), &upstream->allow);
	for (size_t i = 0; i < upstream->rule_count; i++)
		mp_json_release(rule_fields, MP_COUNT(rule_fields), &upstream->rules[i]);
	free(upstream->rules);
	mp_entry_apis_free(upstream);
	*upstream = (struct mp_idp){ 0 };
}
