#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

const char *mcpass_version(void)
{
	return MCPASS_VERSION;
}

void mp_clear(struct mcpass_error *err)
{
	if (err != NULL)
		memset(err, 0, sizeof(*err));
}

/* The innermost caller knows the cause, so the first report wins. */
enum mcpass_rc mp_fail(struct mcpass_error *err, enum mcpass_rc rc, const char *spec,
    const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return rc;
	if (err->rc != MCPASS_OK)
		return err->rc;
	err->rc = rc;
	err->spec = spec;
	va_start(ap, fmt);
	(void)vsnprintf(err->detail, sizeof(err->detail), fmt, ap);
	va_end(ap);
	mp_one_line(err->detail);   /* a server wrote part of this text */
	return rc;
}

enum mcpass_rc mp_nomem(struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_NOMEM, NULL, "out of memory");
}

enum mcpass_rc mp_doing(struct mcpass_error *err, enum mcpass_rc rc, const char *doing)
{
	if (rc != MCPASS_OK && err != NULL && err->doing == NULL)
		err->doing = doing;
	return rc;
}

void mp_hint(struct mcpass_error *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->rc == MCPASS_OK || err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	mp_one_line(err->hint);
}

void mp_oauth_code(struct mcpass_error *err, const char *code)
{
	if (err == NULL || code == NULL || err->oauth[0] != '\0')
		return;
	(void)snprintf(err->oauth, sizeof(err->oauth), "%s", code);
	mp_one_line(err->oauth);
}

const char *mcpass_rc_name(enum mcpass_rc rc)
{
	switch (rc) {
	case MCPASS_OK:
		return "MCPASS_OK";
	case MCPASS_E_USAGE:
		return "MCPASS_E_USAGE";
	case MCPASS_E_NOMEM:
		return "MCPASS_E_NOMEM";
	case MCPASS_E_IO:
		return "MCPASS_E_IO";
	case MCPASS_E_STORE:
		return "MCPASS_E_STORE";
	case MCPASS_E_PROTOCOL:
		return "MCPASS_E_PROTOCOL";
	case MCPASS_E_LIMIT:
		return "MCPASS_E_LIMIT";
	case MCPASS_E_DENIED:
		return "MCPASS_E_DENIED";
	case MCPASS_E_EXPIRED:
		return "MCPASS_E_EXPIRED";
	case MCPASS_E_POLICY:
		return "MCPASS_E_POLICY";
	}
	return "an unknown code";
}
