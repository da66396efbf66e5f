/* What a person has decided, for the device that waits for it.  spec: RFC 8628 3.3 */
#include <stdlib.h>
#include "base/limits.h"
#include "issuer/login/device_code.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"

enum mcpass_rc mp_device_finished(const struct mp_turn *turn, bool allowed,
    struct mcpass_error *err)
{
	return mp_pages_message(turn, 200,
	    mp_texts_english(allowed ? MP_TEXT_DEVICE_ALLOWED_TITLE : MP_TEXT_DEVICE_DENIED_TITLE),
	    mp_texts_english(allowed ? MP_TEXT_DEVICE_ALLOWED_TEXT : MP_TEXT_DEVICE_DENIED_TEXT),
	    mp_texts_english(MP_TEXT_CLOSE_PAGE), err);
}

enum mcpass_rc mp_device_finish(const struct mp_turn *turn, const struct mp_pending *pending,
    const char *scope, bool allowed, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "device_answer", .key = pending->device,
		.expires_at = turn->request->now + MP_DEVICE_LIFETIME };
	const struct mp_device_answer decided = {
		.username = allowed ? pending->username : NULL, .scope = (char *)scope,
		.session = pending->session,
	};
	char code[MP_USER_CODE_LEN + 1], *device = NULL;
	enum mcpass_rc rc;

	(void)mp_device_normalize(pending->user_code, code);
	rc = mp_device_find(turn, code, true, &device, err);
	if (!rc && !mp_eq(device, pending->device))      /* decided in another window, or over */
		rc = mp_response_refuse(err, "access_denied", NULL,
		    "%s", mp_texts_english(MP_TEXT_REFUSED_CODE_USED));
	if (!rc)
		rc = mp_record_put(turn, &slot, &mp_device_answer_shape, &decided, err);
	free(device);
	return rc ? rc : mp_device_finished(turn, allowed, err);
}
