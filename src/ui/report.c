#include "ui/report.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"
#include "mcp/jsonrpc.h"
#include "mcp/reason.h"

/* An error's texts are arrays of fixed size; this holds them all, and paint. */
#define MAX_REPORT 8192

void mp_report_render(struct mp_buf *buf, const struct mp_term *term,
    const struct mcpass_error *err)
{
	mp_painted(buf, term, MP_RED, "mcpass:");
	mp_buf_addc(buf, ' ');
	if (err->doing != NULL)
		mp_buf_addf(buf, "%s: ", err->doing);
	mp_buf_adds(buf, err->detail[0] != '\0' ? err->detail : mcpass_rc_name(err->rc));
	if (err->oauth[0] != '\0' && strstr(err->detail, err->oauth) == NULL)
		mp_buf_addf(buf, " [%s]", err->oauth);
	if (err->spec != NULL)
		mp_buf_addf(buf, " (%s)", err->spec);
	if (err->hint[0] != '\0')
		mp_buf_addf(buf, "%s%s", term->is_terminal ? "\n  -> " : " -- ", err->hint);
	mp_buf_addc(buf, '\n');
}

static void put(json_t *object, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		(void)json_object_set_new(object, name, json_string(text));
}

void mp_report_render_json(struct mp_buf *buf, const struct mcpass_error *err)
{
	json_t *error = json_object();
	char *text;

	put(error, "rc", mcpass_rc_name(err->rc));
	(void)json_object_set_new(error, "exit", json_integer(mp_report_exit_code(err->rc)));
	put(error, "doing", err->doing);
	put(error, "detail", err->detail);
	put(error, "oauth", err->oauth);
	put(error, "spec", err->spec);
	put(error, "hint", err->hint);
	text = mp_json_dump(error);
	if (text != NULL)
		mp_buf_addf(buf, "{\"error\":%s}\n", text);
	else
		buf->failed = MCPASS_E_NOMEM;
	mp_free_wiped(text);
	json_decref(error);
}

void mp_report(const struct mcpass_error *err, bool as_json)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mp_buf buf = MP_BUF(MAX_REPORT);

	if (as_json)
		mp_report_render_json(&buf, err);
	else
		mp_report_render(&buf, &term, err);
	if (buf.failed)
		mp_say(false, "mcpass: %s", err->detail);       /* out of memory is told too */
	else
		mp_say_text(&buf);
	mp_buf_free(&buf);
}

int mp_report_exit_code(enum mcpass_rc rc)
{
	return (int)rc / 100;
}

/* Who has to act upon a server's error. */
static enum mcpass_rc rpc_fault(json_int_t code)
{
	if (code == MP_RPC_METHOD_NOT_FOUND || code == MP_RPC_INVALID_PARAMS)
		return MCPASS_E_USAGE;
	return code == MP_RPC_MISSING_CAPABILITY ? MCPASS_E_DENIED : MCPASS_E_PROTOCOL;
}

enum mcpass_rc mp_report_rpc_error(const char *json, const char *method,
    struct mcpass_error *err)
{
	json_t *error = NULL;
	json_int_t code;
	const char *message, *reason;
	char number[48] = "";
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json),
	    MP_MAX_MESSAGE, "the server's error", &error, err);

	if (rc)
		return rc;
	code = json_integer_value(json_object_get(error, "code"));
	message = mp_json_text(error, "message");
	if (message == NULL || message[0] == '\0')
		message = NULL;
	reason = mp_reason_find(json_object_get(error, "data"));
	if (reason != NULL && message != NULL && strstr(message, reason) != NULL)
		reason = NULL;          /* said already */
	rc = rpc_fault(code);
	if (code != 0)                  /* else it gave none that is a number */
		(void)snprintf(number, sizeof(number), " (error %" JSON_INTEGER_FORMAT ")", code);
	rc = mp_fail(err, rc, NULL, "the server answered %s: %s%s%s%s",
	    method, message != NULL ? message : reason == NULL ? "no reason given" : "",
	    message != NULL && reason != NULL ? ": " : "", reason != NULL ? reason : "", number);
	if (json_object_get(json_object_get(json_object_get(error, "data"),
	        "requiredCapabilities"), "elicitation") != NULL)
		mp_hint(err, "it wants to ask something: run it on a terminal, or give --elicit accept");
	json_decref(error);
	return rc;
}

enum mcpass_rc mp_report_typed(const struct mcpass_error *why, const char *where,
    struct mcpass_error *err)
{
	bool stays = why->rc / 100 == MCPASS_E_NOMEM / 100 || why->rc == MCPASS_E_POLICY;
	enum mcpass_rc rc = mp_fail(err, stays ? why->rc : MCPASS_E_USAGE, why->spec, "%s%s%s",
	    where != NULL ? where : "", where != NULL ? ": " : "", why->detail);

	if (why->hint[0] != '\0')
		mp_hint(err, "%s", why->hint);
	return rc;
}
