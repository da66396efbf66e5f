#include "serve/authserver/client_files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "ui/options.h"
#include "io/file/secret_file.h"
#include "oauth/scope.h"
#include "wire/jose/crypto.h"
#include "ui/report.h"

struct mp_known_client_file {
	char *client_id, *client_name, *client_secret_hash, *client_secret_file, *jwks_file, *scope;
	json_t *jwks;
	struct mp_strings grant_types, redirect_uris, audiences, introspects;
	/* made of these */
	char *secret, *keys, *grants;
};
#define CLIENT(type, flags, member) \
	{ #member, type, flags, offsetof(struct mp_known_client_file, member), NULL }
static const struct mp_field client_fields[] = {
	CLIENT(MP_FIELD_STRING, MP_REQUIRED, client_id),
	CLIENT(MP_FIELD_STRING, 0, client_name),
	CLIENT(MP_FIELD_STRING, 0, client_secret_hash),
	CLIENT(MP_FIELD_STRING, 0, client_secret_file),
	CLIENT(MP_FIELD_STRING, 0, jwks_file),
	CLIENT(MP_FIELD_OBJECT, 0, jwks),
	CLIENT(MP_FIELD_STRINGS, 0, grant_types),
	CLIENT(MP_FIELD_STRINGS, 0, redirect_uris),
	CLIENT(MP_FIELD_STRING, 0, scope),
	CLIENT(MP_FIELD_STRINGS, 0, audiences),
	CLIENT(MP_FIELD_STRINGS, 0, introspects),
};

struct mp_known_issuer_file {
	char *issuer, *kind, *jwks_file, *jwks_uri, *audience, *scope;
	json_t *jwks;
	bool reusable;
	char *keys;                     /* made of these */
};
#define ISSUER(type, flags, member) \
	{ #member, type, flags, offsetof(struct mp_known_issuer_file, member), NULL }
static const struct mp_field issuer_fields[] = {
	ISSUER(MP_FIELD_STRING, MP_REQUIRED, issuer),
	ISSUER(MP_FIELD_STRING, MP_REQUIRED, kind),
	ISSUER(MP_FIELD_OBJECT, 0, jwks),
	ISSUER(MP_FIELD_STRING, 0, jwks_file),
	ISSUER(MP_FIELD_URL, 0, jwks_uri),
	ISSUER(MP_FIELD_STRING, 0, audience),
	ISSUER(MP_FIELD_STRING, 0, scope),
	ISSUER(MP_FIELD_BOOL, 0, reusable),
};

/* --- one list --- */
static enum mcpass_rc check_members(const json_t *object, const struct mp_field *fields,
    size_t count, struct mcpass_error *err)
{
	const char *names[MP_MAX_ITEMS], *name, *near;
	const json_t *value;
	enum mcpass_rc rc;

	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;
	json_object_foreach ((json_t *)object, name, value) {
		bool known = false;

		for (size_t i = 0; i < count; i++)
			known = known || strcmp(name, names[i]) == 0;
		if (known)
			continue;
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s is not a member that an entry has", name);
		near = mp_nearest(name, names, count);
		if (near != NULL)
			mp_hint(err, "did you mean %s?", near);
		return rc;
	}
	return MCPASS_OK;
}

static enum mcpass_rc read_list(const char *path, json_t **ret_list, struct mcpass_error *err)
{
	json_t *list = NULL;
	char *text = NULL;
	enum mcpass_rc rc = mp_read_file(path, MP_MAX_DOCUMENT, &text, NULL, err);

	if (!rc)
		rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the file", &list, err);
	if (!rc && (!json_is_array(list) || json_array_size(list) > MP_MAX_ITEMS))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "it is not a list of at most %d entries",
		    MP_MAX_ITEMS);
	mp_free_wiped(text);
	if (rc)
		json_decref(list);
	else
		*ret_list = list;
	return rc;
}

/* A list that is being read: for each entry an item, and the texts that the item borrows. */
struct reading {
	const char *path;
	size_t item_size, entry_size;
	enum mcpass_rc (*read)(const char *path, const json_t *object, void *entry, void *item,
	    struct mcpass_error *err);
	void *items, *entries;          /* read so far, also after a failure */
	size_t count;
};

#define PLACE_ROOM 256

/* place: of the entry that is read, for a person. */
static enum mcpass_rc read_items(struct reading *reading, const json_t *list,
    char place[PLACE_ROOM], struct mcpass_error *err)
{
	size_t count = json_array_size(list);
	enum mcpass_rc rc = MCPASS_OK;

	/* One more: none of none is NULL on some systems. */
	reading->items = calloc(count + 1, reading->item_size);
	reading->entries = calloc(count + 1, reading->entry_size);
	if (reading->items == NULL || reading->entries == NULL)
		return mp_nomem(err);
	while (!rc && reading->count < count) {
		size_t at = reading->count++;

		(void)snprintf(place, PLACE_ROOM, "%s, entry %zu", reading->path, at + 1);
		rc = reading->read(reading->path, json_array_get(list, at),
		    (char *)reading->entries + at * reading->entry_size,
		    (char *)reading->items + at * reading->item_size, err);
	}
	return rc;
}

static enum mcpass_rc read_entries(struct reading *reading, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	char place[PLACE_ROOM];
	json_t *list = NULL;
	enum mcpass_rc rc = read_list(reading->path, &list, &why);

	(void)snprintf(place, sizeof(place), "%s", reading->path);
	if (!rc)
		rc = read_items(reading, list, place, &why);
	json_decref(list);
	return rc ? mp_report_typed(&why, place, err) : MCPASS_OK;
}

/* --- the files that an entry names --- */
/* Beside the list, unless it says from where. */
static enum mcpass_rc read_beside(const char *list, const char *name, bool is_secret,
    char **ret_text, struct mcpass_error *err)
{
	const char *slash = name[0] == '/' ? NULL : strrchr(list, '/');
	struct mp_buf path = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	if (slash != NULL)
		mp_buf_add(&path, list, (size_t)(slash + 1 - list));
	mp_buf_adds(&path, name);
	rc = mp_buf_check(&path, "the name of a file", err);
	if (!rc && is_secret)
		rc = mp_secret_file_check(mp_buf_text(&path), err);
	if (!rc)
		rc = mp_read_file(mp_buf_text(&path), MP_MAX_TRUSTED_KEYS, ret_text, NULL, err);
	mp_buf_free(&path);
	return rc;
}

/* Key sets stand in the list, or in a file of their own. */
static enum mcpass_rc read_keys(const char *list, const json_t *jwks, const char *jwks_file,
    char **ret_keys, struct mcpass_error *err)
{
	if (jwks != NULL && jwks_file != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "jwks and jwks_file: one is enough");
	if (jwks_file != NULL)
		return read_beside(list, jwks_file, false, ret_keys, err);
	if (jwks != NULL && (*ret_keys = mp_json_dump(jwks)) == NULL)
		return mp_nomem(err);
	return MCPASS_OK;
}

/* An editor ends the last line; a secret has no line end. */
static void trim_line(char *text)
{
	size_t len = strcspn(text, "\r\n");

	if (text[len + strspn(text + len, "\r\n")] == '\0')
		text[len] = '\0';
}

/* --- clients --- */
/* Garbage would be found out by the first client that is turned away. */
static enum mcpass_rc check_hash(const char *line, struct mcpass_error *err)
{
	unsigned cost = 0;
	enum mcpass_rc rc = mp_password_cost(line, &cost, NULL);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "client_secret_hash is no scrypt line");
	mp_hint(err, "'mcpass authserver hash --client NAME' makes an entry");
	return rc;
}

static enum mcpass_rc read_client(const char *path, const json_t *object, void *texts, void *item,
    struct mcpass_error *err)
{
	struct mp_known_client_file *entry = texts;
	struct mp_issuer_client *client = item;
	enum mcpass_rc rc = check_members(object, client_fields, MP_COUNT(client_fields), err);

	if (!rc)
		rc = mp_json_read(object, client_fields, MP_COUNT(client_fields), entry, err);
	if (!rc && entry->client_secret_file != NULL) {
		rc = read_beside(path, entry->client_secret_file, true, &entry->secret, err);
		if (!rc)
			trim_line(entry->secret);
	}
	if (!rc && entry->client_secret_hash != NULL)
		rc = check_hash(entry->client_secret_hash, err);
	if (!rc)
		rc = read_keys(path, entry->jwks, entry->jwks_file, &entry->keys, err);
	if (!rc)
		rc = mp_scope_join(&entry->grant_types, &entry->grants, err);
	*client = (struct mp_issuer_client){
		.client_id = entry->client_id, .client_name = entry->client_name,
		.client_secret = entry->secret, .client_secret_hash = entry->client_secret_hash,
		.jwks = entry->keys, .grants = entry->grants, .scope = entry->scope,
		.redirect_uris = entry->redirect_uris, .audiences = entry->audiences,
		.introspects = entry->introspects,
	};
	return rc;
}

enum mcpass_rc mp_client_files_read_clients(const char *path, struct mp_known_clients *ret_clients,
    struct mcpass_error *err)
{
	struct reading reading = { path, sizeof(struct mp_issuer_client), sizeof(struct mp_known_client_file),
		read_client, NULL, NULL, 0 };
	enum mcpass_rc rc = read_entries(&reading, err);
	struct mp_known_clients clients = { reading.items, reading.count, reading.entries };

	if (rc)
		mp_client_files_free_clients(&clients);
	else
		*ret_clients = clients;
	return mp_doing(err, rc, "reading the file of clients");
}

void mp_client_files_free_clients(struct mp_known_clients *clients)
{
	for (size_t i = 0; i < clients->count; i++) {
		struct mp_known_client_file *entry = &clients->entries[i];

		mp_free_wiped(entry->secret);
		free(entry->keys);
		free(entry->grants);
		mp_json_release(client_fields, MP_COUNT(client_fields), entry);
	}
	free(clients->items);
	free(clients->entries);
	*clients = (struct mp_known_clients){ 0 };
}

/* --- issuers --- */
static enum mcpass_rc read_kind(const char *kind, enum mp_trust *ret_what,
    struct mcpass_error *err)
{
	static const struct { const char *kind; enum mp_trust what; } kinds[] = {
		{ "workload", MP_TRUST_WORKLOAD }, { "id-jag", MP_TRUST_ID_JAG },
	};

	for (size_t i = 0; i < MP_COUNT(kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0) {
			*ret_what = kinds[i].what;
			return MCPASS_OK;
		}
	return mp_fail(err, MCPASS_E_USAGE, NULL, "kind is workload or id-jag, not %s", kind);
}

static enum mcpass_rc read_issuer(const char *path, const json_t *object, void *texts, void *item,
    struct mcpass_error *err)
{
	struct mp_known_issuer_file *entry = texts;
	struct mp_issuer_trusted *trusted = item;
	enum mp_trust what = MP_TRUST_WORKLOAD;
	enum mcpass_rc rc = check_members(object, issuer_fields, MP_COUNT(issuer_fields), err);

	if (!rc)
		rc = mp_json_read(object, issuer_fields, MP_COUNT(issuer_fields), entry, err);
	if (!rc)
		rc = read_kind(entry->kind, &what, err);
	if (!rc && what == MP_TRUST_ID_JAG && entry->reusable)
		rc = mp_fail(err, MCPASS_E_USAGE, "SEP-990", "an ID-JAG is never reusable");
	if (!rc)
		rc = read_keys(path, entry->jwks, entry->jwks_file, &entry->keys, err);
	*trusted = (struct mp_issuer_trusted){
		.issuer = entry->issuer, .what = what, .jwks = entry->keys,
		.jwks_uri = entry->jwks_uri, .audience = entry->audience, .scope = entry->scope,
		.reusable = entry->reusable,
	};
	return rc;
}

enum mcpass_rc mp_client_files_read_issuers(const char *path, struct mp_known_issuers *ret_issuers,
    struct mcpass_error *err)
{
	struct reading reading = { path, sizeof(struct mp_issuer_trusted), sizeof(struct mp_known_issuer_file),
		read_issuer, NULL, NULL, 0 };
	enum mcpass_rc rc = read_entries(&reading, err);
	struct mp_known_issuers issuers = { reading.items, reading.count, reading.entries };

	if (rc)
		mp_client_files_free_issuers(&issuers);
	else
		*ret_issuers = issuers;
	return mp_doing(err, rc, "reading the file of trusted issuers");
}

void mp_client_files_free_issuers(struct mp_known_issuers *issuers)
{
	for (size_t i = 0; i < issuers->count; i++) {
		free(issuers->entries[i].keys);
		mp_json_release(issuer_fields, MP_COUNT(issuer_fields), &issuers->entries[i]);
	}
	free(issuers->items);
	free(issuers->entries);
	*issuers = (struct mp_known_issuers){ 0 };
}
