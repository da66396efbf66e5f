/* What takes too long for a turn: the turn is undone, and comes again when it is done.
 *
 * So that no handler has to be written for it: a turn that was interrupted has taken no code
 * and counted no attempt. */
#include <string.h>
#include "base/limits.h"
#include "issuer/core.h"
#include "wire/jose/crypto.h"

enum mcpass_rc mp_later(const struct mp_turn *turn, struct mcpass_error *err)
{
	*turn->is_later = true;
	return mp_fail(err, MCPASS_E_IO, NULL, "the answer is not there yet");
}

static enum mcpass_rc compare_now(const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_password_check(ask->password, ask->line, ask->cost, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_answer = rc ? MP_PASSWORD_WRONG : MP_PASSWORD_RIGHT;
	return MCPASS_OK;
}

enum mcpass_rc mp_later_password(const struct mp_turn *turn, const struct mp_password_ask *ask,
    bool *ret_right, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	enum mp_password_answer answer = MP_PASSWORD_WRONG;
	enum mcpass_rc rc = MCPASS_OK;

	if (strlen(ask->password) > MP_MAX_PASSWORD)
		answer = MP_PASSWORD_WRONG;
	else if (issuer->check_password != NULL)
		rc = issuer->check_password(issuer->check_password_ctx, ask, &answer, err);
	else
		rc = compare_now(ask, &answer, err);
	if (!rc && answer == MP_PASSWORD_LATER)
		rc = mp_later(turn, err);
	if (!rc)
		*ret_right = answer == MP_PASSWORD_RIGHT;
	return rc;
}
