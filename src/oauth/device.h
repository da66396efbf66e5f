/* device.h - a login on another device: what is asked, what is shown, how often to ask.
 * spec: RFC 8628 3.1, 3.2, 3.4, 3.5 */
#pragma once
#include "wire/form.h"
#include "wire/json/json.h"

#define MP_GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"

/* Both forms without the client's proof (clientauth.h adds it). */
void mp_device_request_form(struct mp_buf *form, const char *scope, const char *resource,
    const struct mcpass_header *extra, size_t extra_count);
void mp_device_token_form(struct mp_buf *form, const struct mp_secret *device_code,
    const char *resource);

struct mp_device {
	struct mp_secret device_code;   /* ours alone */
	char *user_code;                /* ASCII letters, digits and hyphens */
	char *verification_uri, *verification_uri_complete; /* the second may be NULL */
	int64_t expires_in, interval;   /* seconds, both more than 0 */
};
/* Judges the answer of the device authorization endpoint.  Nothing in it was contacted
 * or shown yet: see mp_device_check_uris().
 * MCPASS_E_PROTOCOL  a member is missing, no number, or not fit to be shown
 * MCPASS_E_DENIED    a refusal, err->oauth has the code; MCPASS_E_IO for 429 and 5xx */
enum mcpass_rc mp_device_answer(int status, const char *data, size_t len,
    struct mp_device *ret_device, struct mcpass_error *err);
struct mp_device_rules {                /* borrowed */
	const char *server_url;
	bool loopback_http;
	struct mp_strings http_hosts;   /* plain http is allowed to them */
};
/* Whether the address may be shown to a person, judged as the endpoints are (target.h): no
 * script, no file, no plain http on a far host.  A longer one that may not be shown, or leads
 * to another origin, is left out. */
enum mcpass_rc mp_device_check_uris(struct mp_device *device,
    const struct mp_device_rules *rules, struct mcpass_error *err);
/* Whether the page at uri is on another host than the issuer: a person is told. */
bool mp_device_is_elsewhere(const char *uri, const char *issuer);
void mp_device_free(struct mp_device *device);

/* What the last poll says about the next one. */
struct mp_device_pace {
	int64_t interval;               /* seconds to wait before the next */
	unsigned failures;              /* in a row that were the server's own (429, 5xx) */
};
/* why is the failure of the token request, status its status (0: no answer).  MCPASS_OK:
 * ask again after pace->interval.  Otherwise it is over: what a person decided or let run
 * out has its own class (MCPASS_E_DENIED, MCPASS_E_EXPIRED); anything else is *why. */
enum mcpass_rc mp_device_judge(int status, const struct mcpass_error *why,
    struct mp_device_pace *pace, struct mcpass_error *err);
