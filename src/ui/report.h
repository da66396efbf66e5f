/* report.h - an error as a person reads it. */
#pragma once
#include "ui/term.h"

/* mcpass: DOING: WHAT WAS WRONG (CLAUSE), and what to do: on a line of its own for a
 * terminal, behind " -- " for a log, which stays one line an error. */
void mp_report_render(struct mp_buf *buf, const struct mp_term *term,
    const struct mcpass_error *err);
void mp_report_render_json(struct mp_buf *buf, const struct mcpass_error *err);
/* Renders it to standard error; as_json (--json): one line of JSON, {"error": {"rc", "exit",
 * "doing", "detail", "oauth", "spec", "hint"}}, without what there is not. */
void mp_report(const struct mcpass_error *err, bool as_json);
/* Whose turn it is: 0 to 5. */
int mp_report_exit_code(enum mcpass_rc rc);

/* Fills err from a JSON-RPC error object that a server answered method with.
 * MCPASS_E_USAGE: it does not know the method or refuses the arguments (-32601, -32602);
 * MCPASS_E_DENIED: it wants something of us that was not offered (-32021);
 * MCPASS_E_PROTOCOL otherwise. */
enum mcpass_rc mp_report_rpc_error(const char *json, const char *method,
    struct mcpass_error *err);

/* Fails with why, found in what a person wrote, which is no peer's: as MCPASS_E_USAGE, but for what
 * the machine did or policy refuses.  where says which file, or is NULL; the hint comes along. */
enum mcpass_rc mp_report_typed(const struct mcpass_error *why, const char *where,
    struct mcpass_error *err);
