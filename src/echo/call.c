#include "echo/call.h"
#include <stdarg.h>
#include <stdio.h>

enum mcpass_rc mp_call_refuse(struct mp_echo_call *call, int status, int code,
    struct mcpass_error *err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	call->status = status;
	call->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s", text);
}
