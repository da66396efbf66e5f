#include "serve/resource/config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "serve/resource/config_reader.h"
#include "ui/report.h"

#define AT(member) offsetof(struct mp_serve_introspection, member)
static const struct mp_field introspection_fields[] = {
	{ "endpoint", MP_FIELD_URL, 0, AT(endpoint), "RFC 7662 2" },
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "client_secret_file", MP_FIELD_STRING, MP_REQUIRED, AT(client_secret_file), NULL },
	{ "auth_method", MP_FIELD_STRING, 0, AT(auth_method), "RFC 8414 2" },
	{ "token_prefix", MP_FIELD_STRING, 0, AT(token_prefix), NULL },
	{ "jwts", MP_FIELD_BOOL, 0, AT(jwts), NULL },
	{ "lifetime", MP_FIELD_INT, 0, AT(lifetime), NULL },
	{ "audience_optional", MP_FIELD_BOOL, 0, AT(audience_optional), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_serve_issuer, member)
static const struct mp_field issuer_fields[] = {
	{ "issuer", MP_FIELD_URL, MP_REQUIRED, AT(issuer), "RFC 8414 2" },
	{ "jwks_uri", MP_FIELD_URL, 0, AT(jwks_uri), "RFC 8414 2" },
	{ "jwks_file", MP_FIELD_STRING, 0, AT(jwks_file), NULL },
	{ "audiences", MP_FIELD_STRINGS, 0, AT(audiences), NULL },
	{ "clients", MP_FIELD_STRINGS, 0, AT(clients), NULL },
	{ "role_claims", MP_FIELD_STRINGS, 0, AT(role_claims), NULL },
	{ "id_token_claims", MP_FIELD_BOOL, 0, AT(id_token_claims), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_serve_exchange, member)
static const struct mp_field exchange_fields[] = {
	{ "issuer", MP_FIELD_URL, 0, AT(issuer), NULL },
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "client_secret_file", MP_FIELD_STRING, MP_REQUIRED, AT(client_secret_file), NULL },
	{ "audience", MP_FIELD_STRING, 0, AT(audience), "RFC 8693 2.1" },
	{ "resource", MP_FIELD_URL, 0, AT(resource), "RFC 8693 2.1" },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), "RFC 6749 3.3" },
	{ "call_on", MP_FIELD_URL, 0, AT(call_on), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_serve_dpop, member)
static const struct mp_field dpop_fields[] = {
	{ "mode", MP_FIELD_STRING, MP_REQUIRED, AT(mode), NULL },
	{ "nonce_secret_file", MP_FIELD_STRING, 0, AT(nonce_secret_file), NULL },
};
#undef AT
#define AT(member) offsetof(struct mp_serve_config, member)
static const struct mp_field fields[] = {
	{ "bind", MP_FIELD_STRING, 0, AT(bind), NULL },
	{ "port", MP_FIELD_INT, 0, AT(port), NULL },
	{ "resource", MP_FIELD_URL, 0, AT(resource), "RFC 9728 1.2" },
	{ "resource_name", MP_FIELD_STRING, 0, AT(resource_name), NULL },
	{ "resource_documentation", MP_FIELD_URL, 0, AT(resource_documentation), NULL },
	{ "audiences", MP_FIELD_STRINGS, 0, AT(audiences), NULL },
	{ "scopes_supported", MP_FIELD_STRINGS, 0, AT(scopes_supported), NULL },
	{ "role_claims", MP_FIELD_STRINGS, 0, AT(role_claims), NULL },
	{ "ca_file", MP_FIELD_STRING, 0, AT(ca_file), NULL },
	{ "proxy", MP_FIELD_URL, 0, AT(proxy), NULL },
	{ "open", MP_FIELD_BOOL, 0, AT(open), NULL },
	{ "fixtures", MP_FIELD_BOOL, 0, AT(fixtures), NULL },
	{ "cors_origins", MP_FIELD_STRINGS, 0, AT(cors_origins), NULL },
	{ "allowed_hosts", MP_FIELD_STRINGS, 0, AT(allowed_hosts), NULL },
	{ "path", MP_FIELD_STRING, 0, AT(path), NULL },
	{ "issuer_metadata", MP_FIELD_BOOL, 0, AT(issuer_metadata), NULL },
	{ "challenge_needed", MP_FIELD_BOOL, 0, AT(challenge_needed), NULL },
};
#undef AT
static const char *const others[] = { "issuers", "rules", "implies", "dpop", "exchange", NULL };
static const char *const issuer_others[] = { "introspection", "rules", NULL };

static const struct mp_config_reader document = { fields, MP_COUNT(fields), others };
static const struct mp_config_reader issuer_object = { issuer_fields, MP_COUNT(issuer_fields),
	issuer_others };
static const struct mp_config_reader introspection_object = { introspection_fields,
	MP_COUNT(introspection_fields), NULL };
static const struct mp_config_reader exchange_object = { exchange_fields, MP_COUNT(exchange_fields),
	NULL };
static const struct mp_config_reader dpop_object = { dpop_fields, MP_COUNT(dpop_fields), NULL };

static void release(const struct mp_config_reader *strict, void *filled)
{
	mp_json_release(strict->fields, strict->count, filled);
}

void mp_serve_drop_issuers(struct mp_serve_config *config)
{
	for (size_t i = 0; i < config->issuer_count; i++) {
		release(&issuer_object, &config->issuers[i]);
		release(&introspection_object, &config->issuers[i].introspection);
		mp_serve_rules_free(&config->issuers[i].rules);
	}
	free(config->issuers);
	config->issuers = NULL;
	config->issuer_count = 0;
}

void mp_serve_drop_implications(struct mp_serve_config *config)
{
	for (size_t i = 0; i < config->implication_count; i++) {
		free(config->implications[i].scope);
		free(config->implications[i].implied);
	}
	free(config->implications);
	config->implications = NULL;
	config->implication_count = 0;
}

void mp_serve_drop_exchange(struct mp_serve_config *config)
{
	release(&exchange_object, &config->exchange);
	config->exchange = (struct mp_serve_exchange){ 0 };
}

void mp_serve_config_free(struct mp_serve_config *config)
{
	mp_serve_drop_issuers(config);
	mp_serve_drop_implications(config);
	mp_serve_rules_free(&config->rules);
	release(&dpop_object, &config->dpop);
	mp_serve_drop_exchange(config);
	release(&document, config);
	*config = (struct mp_serve_config){ 0 };
}

enum mcpass_rc mp_serve_add_issuer(struct mp_serve_config *config,
    struct mp_serve_issuer **ret_issuer, struct mcpass_error *err)
{
	struct mp_serve_issuer *list = realloc(config->issuers,
	    (config->issuer_count + 1) * sizeof(*list));

	if (list == NULL)
		return mp_nomem(err);
	config->issuers = list;
	list[config->issuer_count] = (struct mp_serve_issuer){ 0 };
	*ret_issuer = &list[config->issuer_count++];
	return MCPASS_OK;
}

enum mcpass_rc mp_serve_add_implication(struct mp_serve_config *config,
    struct mp_serve_implication **ret_implication, struct mcpass_error *err)
{
	struct mp_serve_implication *list = realloc(config->implications,
	    (config->implication_count + 1) * sizeof(*list));

	if (list == NULL)
		return mp_nomem(err);
	config->implications = list;
	list[config->implication_count] = (struct mp_serve_implication){ 0 };
	*ret_implication = &list[config->implication_count++];
	return MCPASS_OK;
}

/* What lies inside an issuer, each by its own path. */
static enum mcpass_rc read_inside(const json_t *item, const char *path,
    struct mp_serve_issuer *issuer, struct mcpass_error *err)
{
	const json_t *introspection = json_object_get(item, "introspection");
	char inner[128];
	enum mcpass_rc rc = MCPASS_OK;

	(void)snprintf(inner, sizeof(inner), "%s.introspection", path);
	if (introspection != NULL)
		rc = mp_config_reader_read(introspection, inner, &introspection_object,
		    &issuer->introspection, err);
	(void)snprintf(inner, sizeof(inner), "%s.rules", path);
	if (!rc)
		rc = mp_config_reader_each(json_object_get(item, "rules"), inner, mp_serve_rules_read,
		    &issuer->rules, err);
	return rc;
}

static enum mcpass_rc read_issuer(void *ctx, const json_t *item, const char *path,
    struct mcpass_error *err)
{
	struct mp_serve_issuer *issuer = NULL;
	enum mcpass_rc rc = mp_serve_add_issuer(ctx, &issuer, err);

	if (!rc)
		rc = mp_config_reader_read(item, path, &issuer_object, issuer, err);
	return rc ? rc : read_inside(item, path, issuer, err);
}

/* {"mcp:admin": "mcp:read mcp:tools"} */
static enum mcpass_rc read_implies(const json_t *object, struct mp_serve_config *config,
    struct mcpass_error *err)
{
	struct mp_serve_implication *implication = NULL;
	const char *scope;
	const json_t *value;
	enum mcpass_rc rc = MCPASS_OK;

	if (object != NULL && !json_is_object(object))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "implies is not an object");
	json_object_foreach ((json_t *)object, scope, value) {
		if (!json_is_string(value))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "implies.%s is not a string of scopes",
			    scope);
		rc = mp_serve_add_implication(config, &implication, err);
		if (!rc)
			rc = mp_set(&implication->scope, scope, err);
		if (!rc)
			rc = mp_set(&implication->implied, json_string_value(value), err);
		if (rc)
			return rc;
	}
	return rc;
}

static enum mcpass_rc read_document(const json_t *json, struct mp_serve_config *config,
    struct mcpass_error *err)
{
	const json_t *dpop = json_object_get(json, "dpop");
	const json_t *exchange = json_object_get(json, "exchange");
	enum mcpass_rc rc = mp_config_reader_read(json, "", &document, config, err);

	config->has_port = !rc && json_object_get(json, "port") != NULL;
	if (config->has_port && (config->port < 0 || config->port > 65535))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "port is not 0 to 65535");
	if (!rc)
		rc = mp_config_reader_each(json_object_get(json, "issuers"), "issuers", read_issuer,
		    config,
		    err);
	if (!rc)
		rc = mp_config_reader_each(json_object_get(json, "rules"), "rules", mp_serve_rules_read,
		    &config->rules, err);
	if (!rc)
		rc = read_implies(json_object_get(json, "implies"), config, err);
	if (!rc && dpop != NULL)
		rc = mp_config_reader_read(dpop, "dpop", &dpop_object, &config->dpop, err);
	if (!rc && exchange != NULL)
		rc = mp_config_reader_read(exchange, "exchange", &exchange_object,
		    &config->exchange, err);
	return rc;
}

/* A file that a file names lies beside it, wherever the program is started. */
static enum mcpass_rc rebase(char **slot, const char *folder, struct mcpass_error *err)
{
	struct mp_buf path = MP_BUF(MP_MAX_URI);
	char *whole = NULL;
	enum mcpass_rc rc;

	if (*slot == NULL || folder == NULL || (*slot)[0] == '/')
		return MCPASS_OK;
	mp_buf_addf(&path, "%s/%s", folder, *slot);
	rc = mp_buf_take(&path, "a file's name", &whole, err);
	if (rc)
		return rc;
	free(*slot);
	*slot = whole;
	return MCPASS_OK;
}

static enum mcpass_rc rebase_all(struct mp_serve_config *config, const char *folder,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = rebase(&config->ca_file, folder, err);

	if (!rc)
		rc = rebase(&config->dpop.nonce_secret_file, folder, err);
	if (!rc)
		rc = rebase(&config->exchange.client_secret_file, folder, err);
	for (size_t i = 0; i < config->issuer_count && !rc; i++) {
		struct mp_serve_issuer *issuer = &config->issuers[i];

		rc = rebase(&issuer->jwks_file, folder, err);
		if (!rc)
			rc = rebase(&issuer->introspection.client_secret_file, folder, err);
	}
	return rc;
}

enum mcpass_rc mp_serve_config_parse(const char *text, const char *folder,
    struct mp_serve_config *ret_config, struct mcpass_error *err)
{
	struct mp_serve_config config = { 0 };
	struct mcpass_error why = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_NULLS, text, strlen(text), MP_MAX_DOCUMENT, "the file", &json, &why);
	if (rc)
		return mp_report_typed(&why, NULL, err);
	rc = read_document(json, &config, err);
	if (!rc)
		rc = rebase_all(&config, folder, err);
	json_decref(json);
	if (rc)
		mp_serve_config_free(&config);
	else
		*ret_config = config;
	return rc;
}

enum mcpass_rc mp_serve_config_load(const char *path, struct mp_serve_config *ret_config,
    struct mcpass_error *err)
{
	const char *slash = strrchr(path, '/');
	char *text = NULL, *folder = NULL;
	enum mcpass_rc rc = mp_read_file(path, MP_MAX_DOCUMENT, &text, NULL, err);

	if (!rc && slash != NULL)
		rc = mp_set_span(&folder, (struct mp_span){ path,
			slash > path ? (size_t)(slash - path) : 1 }, err);
	if (!rc)
		rc = mp_serve_config_parse(text, folder, ret_config, err);
	free(folder);
	mp_free_wiped(text);
	return mp_doing(err, rc, "reading the configuration");
}
