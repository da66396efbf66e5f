#include "flow/record.h"
#include <string.h>
#include "base/limits.h"

#define VERSION 1

#define AT(member) offsetof(struct mp_record, member)
static const struct mp_field fields[] = {
	{ "server_url", MP_FIELD_URL, MP_REQUIRED, AT(server_url), NULL },
	{ "resource", MP_FIELD_STRING, 0, AT(resource), NULL },
	{ "vouched", MP_FIELD_STRING, 0, AT(vouched), NULL },
	{ "access_token", MP_FIELD_SECRET, 0, AT(access_token), NULL },
	{ "refresh_token", MP_FIELD_SECRET, 0, AT(refresh_token), NULL },
	{ "token_type", MP_FIELD_STRING, 0, AT(token_type), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "requested_scope", MP_FIELD_STRING, 0, AT(requested_scope), NULL },
	{ "denied_scope", MP_FIELD_STRING, 0, AT(denied_scope), NULL },
	{ "offline_refused", MP_FIELD_BOOL, 0, AT(offline_refused), NULL },
	{ "dpop_key", MP_FIELD_SECRET, 0, AT(dpop_key), NULL },
	{ "expires_at", MP_FIELD_INT, 0, AT(expires_at), NULL },
	{ "obtained_at", MP_FIELD_INT, 0, AT(obtained_at), NULL },
};
#undef AT

#define AT(member) offsetof(struct mp_record_client, member)
static const struct mp_field client_fields[] = {
	{ "client_id", MP_FIELD_STRING, MP_REQUIRED, AT(client_id), NULL },
	{ "auth_method", MP_FIELD_STRING, 0, AT(auth_method), NULL },
	{ "client_secret", MP_FIELD_SECRET, 0, AT(client_secret), NULL },
	{ "secret_expires_at", MP_FIELD_INT, 0, AT(secret_expires_at), NULL },
	{ "redirect_uri", MP_FIELD_STRING, 0, AT(redirect_uri), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "configuration_url", MP_FIELD_URL, 0, AT(configuration_url), NULL },
	{ "configuration_token", MP_FIELD_SECRET, 0, AT(configuration_token), NULL },
};
#undef AT

static enum mcpass_rc read_next(const json_t *next, struct mp_record *record,
    struct mcpass_error *err)
{
	const json_t *client = json_object_get(next, "client");
	enum mcpass_rc rc;

	if (client == NULL)
		return MCPASS_OK;
	rc = mp_set(&record->next_issuer, mp_json_text(next, "issuer"), err);
	if (rc == MCPASS_OK)
		rc = mp_json_read(client, client_fields, MP_COUNT(client_fields), &record->next, err);
	return rc;
}

static enum mcpass_rc read_parts(const json_t *json, struct mp_record *record,
    struct mcpass_error *err)
{
	const json_t *as = json_object_get(json, "authorization_server");
	const json_t *client = json_object_get(json, "client");
	enum mcpass_rc rc = mp_json_read(json, fields, MP_COUNT(fields), record, err);

	if (rc == MCPASS_OK && as != NULL)
		rc = mp_asmeta_read(as, &record->as, err);
	if (rc == MCPASS_OK && client != NULL)
		rc = mp_json_read(client, client_fields, MP_COUNT(client_fields), &record->client, err);
	if (rc == MCPASS_OK)
		rc = read_next(json_object_get(json, "next"), record, err);
	return rc;
}

enum mcpass_rc mp_record_parse(const char *text, struct mp_record *ret_record,
    struct mcpass_error *err)
{
	struct mp_record record = { 0 };
	struct mcpass_error why = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_RECORD, "the stored credential", &json, &why);
	if (rc == MCPASS_OK && json_integer_value(json_object_get(json, "version")) != VERSION)
		rc = mp_fail(&why, MCPASS_E_STORE, NULL, "it is of another version");
	if (rc == MCPASS_OK)
		rc = read_parts(json, &record, &why);
	json_decref(json);
	if (rc == MCPASS_OK) {
		*ret_record = record;
		return MCPASS_OK;
	}
	mp_record_free(&record);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	/* What we wrote ourselves and cannot read is this machine's matter, not a server's. */
	rc = mp_fail(err, MCPASS_E_STORE, NULL, "the stored credential cannot be read: %s", why.detail);
	mp_hint(err, "mcpass logout drops it; then log in again");
	return rc;
}

static enum mcpass_rc write_client(const struct mp_record_client *client, json_t *json,
    struct mcpass_error *err)
{
	json_t *part = json_object();
	enum mcpass_rc rc;

	if (part == NULL)
		return mp_nomem(err);
	rc = mp_json_write(part, client_fields, MP_COUNT(client_fields), client, err);
	if (rc == MCPASS_OK && json_object_set(json, "client", part) != 0)
		rc = mp_nomem(err);
	json_decref(part);
	return rc;
}

static enum mcpass_rc write_next(const struct mp_record *record, json_t *json,
    struct mcpass_error *err)
{
	json_t *part = json_pack("{s:s}", "issuer", record->next_issuer);
	enum mcpass_rc rc;

	if (part == NULL)
		return mp_nomem(err);
	rc = write_client(&record->next, part, err);
	if (rc == MCPASS_OK && json_object_set(json, "next", part) != 0)
		rc = mp_nomem(err);
	json_decref(part);
	return rc;
}

static enum mcpass_rc write_server(const struct mp_asmeta *as, json_t *json,
    struct mcpass_error *err)
{
	json_t *part = json_object();
	enum mcpass_rc rc;

	if (part == NULL)
		return mp_nomem(err);
	rc = mp_asmeta_write(as, part, err);
	if (rc == MCPASS_OK && json_object_set(json, "authorization_server", part) != 0)
		rc = mp_nomem(err);
	json_decref(part);
	return rc;
}

enum mcpass_rc mp_record_write(const struct mp_record *record, char **ret_text,
    struct mcpass_error *err)
{
	json_t *json = json_pack("{s:i}", "version", VERSION);
	enum mcpass_rc rc;

	if (json == NULL)
		return mp_nomem(err);
	rc = mp_json_write(json, fields, MP_COUNT(fields), record, err);
	if (!rc && record->as.issuer != NULL)
		rc = write_server(&record->as, json, err);
	if (!rc && record->client.client_id != NULL)
		rc = write_client(&record->client, json, err);
	if (!rc && record->next_issuer != NULL && record->next.client_id != NULL)
		rc = write_next(record, json, err);
	return mp_json_end(json, rc, ret_text, err);
}

void mp_record_forget_tokens(struct mp_record *record)
{
	mp_secret_free(&record->access_token);
	mp_secret_free(&record->refresh_token);
	record->expires_at = 0;
}

void mp_record_forget_client(struct mp_record *record)
{
	mp_record_forget_tokens(record);
	mp_json_release(client_fields, MP_COUNT(client_fields), &record->client);
}

void mp_record_forget_next(struct mp_record *record)
{
	(void)mp_set(&record->next_issuer, NULL, NULL);
	mp_json_release(client_fields, MP_COUNT(client_fields), &record->next);
}

void mp_record_take_next(struct mp_record *record, const char *issuer)
{
	if (record->next.client_id != NULL && record->next_issuer != NULL
	    && mp_asmeta_same_issuer(record->next_issuer, issuer)) {
		mp_record_forget_client(record);
		record->client = record->next;
		record->next = (struct mp_record_client){ 0 };
	}
	mp_record_forget_next(record);
}

bool mp_record_has_tokens(const struct mp_record *record)
{
	return mp_secret_present(&record->access_token) || mp_secret_present(&record->refresh_token);
}

void mp_record_free(struct mp_record *record)
{
	mp_record_forget_next(record);
	mp_record_forget_client(record);
	mp_asmeta_free(&record->as);
	mp_json_release(fields, MP_COUNT(fields), record);
}

bool mp_record_usable(const struct mp_record *record, int64_t now)
{
	if (!mp_secret_present(&record->access_token))
		return false;
	return record->expires_at == 0 || record->expires_at > now + MP_EXPIRY_MARGIN;
}
