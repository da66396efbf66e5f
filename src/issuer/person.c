#include "issuer/person.h"
#include <stdlib.h>
#include "issuer/upstream/ask.h"
#include "issuer/upstream/session.h"
#include "oauth/scope.h"

static enum mcpass_rc fill(struct mp_user *person, const char *username, const char *name,
    bool all_scopes, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&person->username, username, err);

	person->all_scopes = all_scopes;
	return rc ? rc : mp_set(&person->name, name, err);
}

static enum mcpass_rc from_file(const struct mp_turn *turn, const char *username,
    struct mp_user *ret_person, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_user *user = mp_users_find(turn->issuer, username);
	enum mcpass_rc rc;

	*ret_found = user != NULL;
	if (user == NULL)
		return MCPASS_OK;
	rc = fill(ret_person, username, user->name, user->all_scopes, err);
	return rc ? rc : mp_scope_merge(&ret_person->scopes, &user->scopes, err);
}

static enum mcpass_rc from_session(const struct mp_turn *turn, const char *username,
    const char *id, struct mp_user *ret_person, bool *ret_found, struct mcpass_error *err)
{
	struct mp_idp_session session = { 0 };
	const struct mp_idp *upstream;
	enum mcpass_rc rc = mp_idp_session_get(turn, id, &session, ret_found, err);

	*ret_found = !rc && *ret_found && mp_eq(session.person, username);
	upstream = mp_idp_named(turn->issuer, session.upstream);
	if (*ret_found)
		rc = fill(ret_person, upstream != NULL ? upstream->label : session.upstream, session.name,
		    session.all_scopes, err);
	if (*ret_found && !rc)
		rc = mp_scope_parse(session.scope, &ret_person->scopes, err);
	mp_idp_session_free(&session);
	return rc;
}

enum mcpass_rc mp_person_load(const struct mp_turn *turn, const char *username,
    const char *session, struct mp_user *ret_person, bool *ret_found, struct mcpass_error *err)
{
	return session == NULL ? from_file(turn, username, ret_person, ret_found, err)
	    : from_session(turn, username, session, ret_person, ret_found, err);
}

void mp_person_free(struct mp_user *person)
{
	free(person->username);
	free(person->name);
	mp_strings_free(&person->scopes);
	*person = (struct mp_user){ 0 };
}
