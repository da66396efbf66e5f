/* browse.h - opens the person's browser.  spec: RFC 8252 6 */
#ifndef MP_IO_BROWSE_H
#define MP_IO_BROWSE_H
#include <stdbool.h>
#include "base/err.h"

/* Starts the browser with url as its one argument, by exec and never through a shell:
 * $BROWSER (one program, no arguments), else xdg-open, wslview, open, ... first in PATH.
 * It does not wait for it, and its output goes nowhere.
 * MCPASS_E_POLICY  url is neither https nor http to loopback: nothing was started
 * MCPASS_E_IO      there is no browser, or no display to show one: say so, print the URL */
/* Whether there is a program to open a browser with; MCPASS_E_IO says why not. */
enum mcpass_rc mp_browse_find(struct mcpass_error *err);
/* True when whoever is at the terminal is at another machine, over ssh, and has not said
 * with BROWSER that a browser here serves them. */
bool mp_browse_is_remote(void);
enum mcpass_rc mp_browse(const char *url, struct mcpass_error *err);

#endif
