#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/inside.h"
#include "wire/crypto.h"

static const struct mp_field user_fields[] = {
	{ "username", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct mp_user, username), NULL },
	{ "password_hash", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct mp_user, password_hash),
	    NULL },
	{ "name", MP_FIELD_STRING, 0, offsetof(struct mp_user, name), NULL },
	{ "scopes", MP_FIELD_STRINGS, 0, offsetof(struct mp_user, scopes), NULL },
};

static enum mcpass_rc read_user(const json_t *object, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	struct mp_user *user = &issuer->users[issuer->user_count];
	enum mcpass_rc rc;

	rc = mp_json_read(object, user_fields, MP_COUNT(user_fields), user, err);
	if (rc)
		return rc;
	user->all_scopes = json_object_get(object, "scopes") == NULL;
	/* Two of one name would be two passwords for one person. */
	if (mp_users_find(issuer, user->username) != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "user %s is there twice", user->username);
	issuer->user_count++;                   /* from here on mp_users_free() frees it */
	if (!rc && !mp_password_is_line(user->password_hash))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "password_hash of user %s is no scrypt line",
		    user->username);
	return rc;
}

static enum mcpass_rc read_users(const json_t *list, struct mp_issuer *issuer,
    struct mcpass_error *err)
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
		rc = read_user(json_array_get(list, i), issuer, err);
	return rc;
}

enum mcpass_rc mp_users_parse(const char *text, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	json_t *list = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the users", &list, err);
	if (!rc)
		rc = read_users(list, issuer, err);
	json_decref(list);
	return mp_doing(err, mp_issuer_blame(rc, MCPASS_E_USAGE, err), "reading the users");
}

void mp_users_free(struct mp_issuer *issuer)
{
	for (size_t i = 0; i < issuer->user_count; i++)
		mp_json_release(user_fields, MP_COUNT(user_fields), &issuer->users[i]);
	free(issuer->users);
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

enum mcpass_rc mp_users_login(const struct mp_turn *turn, const char *username,
    const char *password, const struct mp_user **ret_user, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	const struct mp_user *user = mp_users_find(issuer, username);
	const struct mp_user *measured = user != NULL ? user : issuer->users;
	enum mcpass_rc rc = MCPASS_OK;
	bool right = false;

	/* For a name that is none, somebody's password is checked all the same: the time
	 * taken does not tell which names there are. */
	if (measured != NULL) {
		const struct mp_password_ask ask = { password, measured->password_hash, false };

		rc = mp_later_password(turn, &ask, &right, err);
	}
	if (!rc)
		*ret_user = right ? user : NULL;
	return rc;
}

enum mcpass_rc mp_users_narrow(const struct mp_user *user, const struct mp_strings *wanted,
    struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < wanted->count && !rc; i++) {
		const char *scope = wanted->items[i];

		if (user->all_scopes || mp_strings_has(&user->scopes, scope))
			rc = mp_strings_add(&scopes, (struct mp_span){ scope, strlen(scope) }, err);
	}
	if (rc)
		mp_strings_free(&scopes);
	else
		*ret_scopes = scopes;
	return rc;
}
