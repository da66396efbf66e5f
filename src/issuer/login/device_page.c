/* The page where a person enters the code that their device shows.  From there on it is
 * an authorization like any other, but for its end.  spec: RFC 8628 3.3, 5.1, 5.4 */
#include <stdlib.h>
#include "issuer/bounds.h"
#include "issuer/login/device_code.h"
#include "issuer/login/pages.h"

/* Fills what the device asked for into an authorization of this browser. */
static enum mcpass_rc park(const struct mp_turn *turn, char *device,
    struct mp_pending *ret_parked, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "device", .key = device };
	struct mp_device_request request = { 0 };
	enum mcpass_rc rc;

	rc = mp_record_get(turn, &slot, &mp_device_request_shape, &request, ret_found, err);
	if (!rc && *ret_found) {
		rc = mp_set(&ret_parked->device, device, err);
		/* They move: the shapes have the same members for them. */
		ret_parked->client_id = request.client_id;
		ret_parked->user_code = request.user_code;
		ret_parked->scope = request.scope;
		ret_parked->resource = request.resource;
		request = (struct mp_device_request){ 0 };
	}
	mp_record_release(&mp_device_request_shape, &request);
	return rc;
}

static enum mcpass_rc find_client(const struct mp_turn *turn, const char *client_id,
    struct mp_client *ret_client, struct mcpass_error *err)
{
	bool found = false;
	enum mcpass_rc rc = mp_client_load(turn, client_id, ret_client, &found, err);

	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_client", NULL,
		    "%s", mp_texts_english(MP_TEXT_REFUSED_CLIENT));
	return rc;
}

/* The code is right: who is there, and do they allow it? */
static enum mcpass_rc go_on(const struct mp_turn *turn, struct mp_pending *pending,
    struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	enum mcpass_rc rc = find_client(turn, pending->client_id, &client, err);

	if (!rc)
		rc = mp_login_begin(turn, &client, pending, err);
	mp_client_free(&client);
	return rc;
}

static enum mcpass_rc try_code(const struct mp_turn *turn, const char *typed,
    struct mcpass_error *err)
{
	char code[MP_USER_CODE_LEN + 1], *device = NULL;
	struct mp_pending pending = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	if (!mp_device_normalize(typed, code))
		return mp_pages_code(turn, typed, mp_texts_english(MP_TEXT_CODE_MALFORMED), err);
	rc = mp_bounds_admit(turn, MP_BOUND_CODE, err);         /* spec: RFC 8628 5.1 */
	if (!rc)
		rc = mp_device_find(turn, code, false, &device, err);
	if (!rc && device != NULL)
		rc = park(turn, device, &pending, &found, err);
	if (!rc && found)
		rc = go_on(turn, &pending, err);
	else if (!rc)
		rc = mp_bounds_spend(turn, MP_BOUND_CODE, err);
	if (!rc && !found)
		rc = mp_pages_code(turn, typed, mp_texts_english(MP_TEXT_CODE_UNKNOWN), err);
	mp_pending_free(&pending);
	free(device);
	return rc;
}

enum mcpass_rc mp_device_page_enter(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	const char *typed = NULL;
	enum mcpass_rc rc = mp_request_form(turn, &form, err);

	if (!rc && !mp_request_same_origin(turn))
		rc = mp_response_refuse(err, "access_denied", "RFC 9700 4.7",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_SITE));
	if (!rc)
		rc = mp_request_required(&form, "user_code", &typed, err);
	if (!rc)
		rc = try_code(turn, typed, err);
	if (mp_response_is_refusal(rc))
		rc = mp_pages_refusal(turn, 403, err);
	mp_form_free(&form);
	return rc;
}

/* A code in the link fills the form and no more: the person compares it with what the
 * device shows.  spec: RFC 8628 3.3.1 */
enum mcpass_rc mp_device_page_show(const struct mp_turn *turn, struct mcpass_error *err)
{
	char code[MP_USER_CODE_LEN + 1];
	struct mp_form query = { 0 };
	const char *typed = NULL;
	enum mcpass_rc rc = mp_request_query(turn, &query, err);

	if (!rc)
		rc = mp_form_get(&query, "user_code", &typed, err);
	if (!rc)
		rc = mp_pages_code(turn, typed != NULL && mp_device_normalize(typed, code) ? typed : NULL,
		    NULL, err);
	if (mp_response_is_refusal(rc))
		rc = mp_pages_refusal(turn, 400, err);
	mp_form_free(&query);
	return rc;
}
