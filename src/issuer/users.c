#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/core.h"
#include "wire/jose/crypto.h"

static const struct mp_field user_fields[] = {
	{ "username", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct mp_user, username), NULL },
	{ "password_hash", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct mp_user, password_hash),
	    NULL },
	{ "name", MP_FIELD_STRING, 0, offsetof(struct mp_user, name), NULL },
	{ "scopes", MP_FIELD_STRINGS, 0, offsetof(struct mp_user, scopes), NULL },
};

struct source { const char *text, *file; };      /* what the users were read from */

/* The line on which a value stands; 0 when it is written in another way there. */
static size_t line_of(const char *text, const char *value)
{
	const char *at = value[0] != '\0' ? strstr(text, value) : NULL;
	size_t line = 1;

	if (at == NULL)
		return 0;
	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* A line that is garbage could never be logged in with, and would cost less to look at. */
static enum mcpass_rc check_hash(const struct source *source, const struct mp_user *user,
    unsigned *cost, struct mcpass_error *err)
{
	unsigned own = 0;
	enum mcpass_rc rc = mp_password_cost(user->password_hash, &own, NULL);
	size_t line = line_of(source->text, user->password_hash);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (!rc) {
		*cost = own > *cost ? own : *cost;
		return MCPASS_OK;
	}
	rc = line > 0 ? mp_fail(err, MCPASS_E_USAGE, NULL,
	    "%s, line %zu: password_hash of user %s is no scrypt line", source->file, line,
	    user->username) : mp_fail(err, MCPASS_E_USAGE, NULL,
	    "%s: password_hash of user %s is no scrypt line", source->file, user->username);
	mp_hint(err, "'mcpass authserver hash NAME' makes an entry");
	return rc;
}

static enum mcpass_rc read_user(const json_t *object, const struct source *source,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	struct mp_user *user = &issuer->users[issuer->user_count];
	enum mcpass_rc rc = mp_json_read(object, user_fields, MP_COUNT(user_fields), user, err);

	if (rc)
		return rc;
	user->all_scopes = json_object_get(object, "scopes") == NULL;
	/* Two of one name would be two passwords for one person. */
	if (mp_users_find(issuer, user->username) != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "user %s is there twice", user->username);
	issuer->user_count++;                   /* from here on mp_users_free() frees it */
	if (!rc && strlen(user->username) > MP_MAX_USERNAME)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a user name is longer than %u bytes",
		    MP_MAX_USERNAME);
	return rc ? rc : check_hash(source, user, &issuer->password_cost, err);
}

static enum mcpass_rc read_users(const json_t *list, const struct source *source,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	size_t count = json_array_size(list);
	enum mcpass_rc rc = MCPASS_OK;

	if (!json_is_array(list))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the users are not a list");
	if (count > MP_MAX_USERS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there are more than %d users",
		    MP_MAX_USERS);
	if (count == 0)
		return MCPASS_OK;
	issuer->users = calloc(count, sizeof(*issuer->users));
	if (issuer->users == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = read_user(json_array_get(list, i), source, issuer, err);
	return rc;
}

/* For names that no one has: a line of random bytes, at the cost of the dearest. */
static enum mcpass_rc make_no_password(struct mp_issuer *issuer, struct mcpass_error *err)
{
	uint8_t bytes[48];
	enum mcpass_rc rc = MCPASS_OK;

	if (issuer->password_cost == 0)
		issuer->password_cost = MP_SCRYPT_LOG2;
	if (issuer->random(issuer->random_ctx, bytes, sizeof(bytes)) != 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no random bytes");
	if (!rc)
		rc = mp_password_line(bytes, bytes + 16, issuer->password_cost, &issuer->no_password,
		    err);
	return rc;
}

enum mcpass_rc mp_users_parse(const char *text, const char *file, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	const struct source source = { text, file != NULL ? file : "the users" };
	json_t *list = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, source.file, &list, err);
	if (!rc)
		rc = read_users(list, &source, issuer, err);
	if (!rc)
		rc = make_no_password(issuer, err);
	json_decref(list);
	return mp_doing(err, mp_response_blame(rc, MCPASS_E_USAGE, err), "reading the users");
}

void mp_users_free(struct mp_issuer *issuer)
{
	for (size_t i = 0; i < issuer->user_count; i++)
		mp_json_release(user_fields, MP_COUNT(user_fields), &issuer->users[i]);
	free(issuer->users);
	free(issuer->no_password);
	issuer->no_password = NULL;
	issuer->users = NULL;
	issuer->user_count = 0;
}

const struct mp_user *mp_users_find(const struct mp_issuer *issuer, const char *username)
{
	for (size_t i = 0; i < issuer->user_count; i++)
		if (strcmp(issuer->users[i].username, username) == 0)
			return &issuer->users[i];
	return NULL;
}

enum mcpass_rc mp_users_narrow(const struct mp_user *user, const struct mp_strings *wanted,
    struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < wanted->count && !rc; i++) {
		const char *scope = wanted->items[i];

		if (user->all_scopes || mp_strings_has(&user->scopes, scope))
			rc = mp_strings_add_text(&scopes, scope, err);
	}
	if (rc)
		mp_strings_free(&scopes);
	else
		*ret_scopes = scopes;
	return rc;
}
