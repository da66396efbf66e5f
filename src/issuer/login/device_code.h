/* device_code.h - a login whose person is at another device.
 *
 * Four kinds of records, by the hash of the device code unless said otherwise:
 *   device         what is asked for; it outlives the code, to tell expired from unknown
 *   user_code      by the hash of the user code -> the device code's hash; gone once used
 *   device_poll    when the last poll came, and how long the next one has to wait
 *   device_answer  what the person decided.  Apart, so that no poll writes over it.
 * spec: RFC 8628 */
#pragma once
#include "issuer/login/pending.h"

struct mp_device_request {
	char *client_id, *user_code;    /* as it is shown: "WDJB-MJHT" */
	char *scope, *resource;         /* or NULL */
	int64_t expires_at;
};
extern const struct mp_shape mp_device_request_shape;

struct mp_device_answer {
	char *username;                 /* NULL: denied */
	char *scope;
	char *session;                  /* of a sign-in at an identity provider, or NULL */
};
extern const struct mp_shape mp_device_answer_shape;

/* The code as it is kept, out of what a person typed: letters only, upper case.  False:
 * it cannot be one.  spec: RFC 8628 6.1 */
#define MP_USER_CODE_LEN 8
bool mp_device_normalize(const char *typed, char ret_code[MP_USER_CODE_LEN + 1]);
/* *ret_device: the hash of the device code that code belongs to, the caller's (free); NULL
 * when it is none, or over.  taken: it is used up now. */
enum mcpass_rc mp_device_find(const struct mp_turn *turn, const char *code, bool taken,
    char **ret_device, struct mcpass_error *err);
