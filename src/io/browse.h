/* browse.h - opens the person's browser.  spec: RFC 8252 6 */
#ifndef MP_IO_BROWSE_H
#define MP_IO_BROWSE_H
#include "base/err.h"

/* Starts the browser with url as its one argument, by exec and never through a shell:
 * $BROWSER (one program, no arguments), else xdg-open, wslview, open, ... first in PATH.
 * It does not wait for it, and its output goes nowhere.
 * MCPASS_E_POLICY  url is neither https nor http to loopback: nothing was started
 * MCPASS_E_IO      there is no browser, or no display to show one: say so, print the URL */
enum mcpass_rc mp_browse(const char *url, struct mcpass_error *err);

#endif
