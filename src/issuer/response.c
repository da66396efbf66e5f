#include <stdarg.h>
#include <stdio.h>
#include "base/limits.h"
#include "issuer/events.h"

enum mcpass_rc mp_response_refuse(struct mcpass_error *err, const char *code, const char *spec,
    const char *fmt, ...)
{
	char detail[sizeof(err->detail)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	mp_oauth_code(err, code);
	return mp_fail(err, MCPASS_E_DENIED, spec, "%s", detail);
}

bool mp_response_is_refusal(enum mcpass_rc rc)
{
	return rc != MCPASS_OK && rc / 100 != MCPASS_E_NOMEM / 100;
}

enum mcpass_rc mp_response_blame(enum mcpass_rc failure, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	if (!mp_response_is_refusal(failure))
		return failure;
	err->rc = rc;
	return rc;
}

void mp_response_clear(const struct mp_turn *turn)
{
	mp_http_response_free(turn->response);
	*turn->response = (struct mp_http_response){ 0 };
	mp_buf_init(&turn->response->body, MP_MAX_REPLY);
}

enum mcpass_rc mp_response_header(const struct mp_turn *turn, const char *name,
    const char *value, struct mcpass_error *err)
{
	return mp_headers_add(&turn->response->headers, name, value, err);
}

enum mcpass_rc mp_response_json(const struct mp_turn *turn, int status, const json_t *body,
    struct mcpass_error *err)
{
	char *text = mp_json_dump(body);
	enum mcpass_rc rc;

	if (text == NULL)
		return mp_nomem(err);
	turn->response->status = status;
	mp_buf_adds(&turn->response->body, text);
	mp_free_wiped(text);
	rc = mp_buf_check(&turn->response->body, "the answer", err);
	if (!rc)
		rc = mp_response_header(turn, "Content-Type", "application/json", err);
	/* spec: RFC 6749 5.1 */
	if (!rc)
		rc = mp_response_header(turn, "Cache-Control", "no-store", err);
	return rc;
}

/* spec: RFC 6749 4.1.2.1, 5.2 */
void mp_response_describe(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
			*text = '?';
}

void mp_response_note(const struct mp_turn *turn, const struct mcpass_error *why)
{
	char reason[sizeof(why->detail) + sizeof(why->oauth) + 2];
	const struct mcpass_header fact = { "reason", reason };
	const struct mcpass_note note = { "Refused a request.", why->spec, &fact, 1 };

	mp_event_drop_tokens(turn);
	mp_event_add(turn, &(struct mp_event){ .event = "refused", .what = turn->request->path,
	    .outcome = why->oauth, .rule = why->spec });
	if (turn->issuer->trace == NULL)
		return;
	(void)snprintf(reason, sizeof(reason), "%s%s%s", why->oauth, why->oauth[0] != '\0' ? ": " : "",
	    why->detail);
	mp_one_line(reason);
	turn->issuer->trace(turn->issuer->trace_ctx, &note);
}

static enum mcpass_rc challenge(const struct mp_turn *turn, const char *code,
    struct mcpass_error *err)
{
	/* spec: RFC 6749 5.2 (invalid_client), RFC 6750 3.1 (invalid_token) */
	if (mp_eq(code, "invalid_client"))
		return mp_response_header(turn, "WWW-Authenticate", "Basic realm=\"mcpass\"", err);
	return mp_response_header(turn, "WWW-Authenticate", "Bearer error=\"invalid_token\"", err);
}

enum mcpass_rc mp_response_wait(const struct mp_turn *turn, struct mcpass_error *err)
{
	char text[24];

	if (turn->wait->status == 0)
		return MCPASS_OK;
	(void)snprintf(text, sizeof(text), "%lld", (long long)turn->wait->seconds);
	return mp_response_header(turn, "Retry-After", text, err);
}

enum mcpass_rc mp_response_refusal(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mcpass_error why = *err;
	const char *code = why.oauth[0] != '\0' ? why.oauth : "invalid_request";
	bool unknown_sender = mp_eq(code, "invalid_client") || mp_eq(code, "invalid_token");
	json_t *body = json_object();
	enum mcpass_rc rc;

	mp_response_note(turn, &why);
	mp_response_describe(why.detail);
	mp_response_clear(turn);
	mp_clear(err);
	if (json_object_set_new(body, "error", json_string(code)) != 0
	    || json_object_set_new(body, "error_description", json_string(why.detail)) != 0) {
		rc = mp_nomem(err);
		goto out;
	}
	rc = mp_response_json(turn, turn->wait->status != 0 ? turn->wait->status
	    : unknown_sender ? 401 : 400, body, err);
	if (!rc && unknown_sender)
		rc = challenge(turn, code, err);
	if (!rc)
		rc = mp_response_wait(turn, err);
out:
	json_decref(body);
	return rc;
}

enum mcpass_rc mp_response_cookie(const struct mp_turn *turn, const char *name,
    const struct mp_secret *value, long max_age, struct mcpass_error *err)
{
	bool secure = turn->issuer->is_https;
	struct mp_buf line = MP_BUF(MP_MAX_URI);

	/* __Host- keeps a neighbouring host from planting one.  spec: RFC 6265bis 4.1.3 */
	mp_buf_addf(&line, "%smcpass-%s=", secure ? "__Host-" : "", name);
	if (value != NULL)
		mp_buf_adds(&line, mp_secret_reveal(value));
	/* Cookies do not know ports: on loopback a path keeps this one out of the request
	 * that brings the code to the client, which listens on the same host. */
	mp_buf_addf(&line, "; Path=%s%s; HttpOnly; SameSite=Lax%s",
	    secure ? "" : turn->issuer->path, secure ? "/" : "/authorize", secure ? "; Secure" : "");
	if (max_age >= 0)
		mp_buf_addf(&line, "; Max-Age=%ld", max_age);
	return mp_headers_add_buf(&turn->response->headers, "Set-Cookie", &line, err);
}
