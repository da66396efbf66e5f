/* browse.h - opens the person's browser.  spec: RFC 8252 6 */
#pragma once
#include <stdbool.h>
#include "base/err.h"

/* Starts the browser with url as one argument, by exec and never through a shell: the first
 * that can be started and does not fail at once of what $BROWSER lists ("firefox:chromium
 * --app=%s"), else of wslview (in WSL), open (macOS), xdg-open, x-www-browser in PATH.  The
 * URL is made plain first (mp_uri_plain), for an opener may be a script.
 * It does not wait for it, and its output goes nowhere.  *ret_watch: see mp_spawn_detached();
 * mp_spawn_outcome() takes it; NULL: not wanted.
 * MCPASS_E_POLICY  url is neither https nor http to loopback or to one of http_hosts, which a
 *                  person allowed: nothing was started
 * MCPASS_E_IO      there is no browser, or no display to show one: say so, print the URL */
enum mcpass_rc mp_browse(const char *url, const char *const *http_hosts, size_t count,
    int *ret_watch, struct mcpass_error *err);
/* The first part of that: a URL that may be opened, made plain.  *ret_plain is the caller's (free).
 * MCPASS_E_POLICY as above. */
enum mcpass_rc mp_browse_check(const char *url, const char *const *http_hosts, size_t count,
    char **ret_plain, struct mcpass_error *err);
/* Whether there is a program to open a browser with; MCPASS_E_IO says why not. */
enum mcpass_rc mp_browse_find(struct mcpass_error *err);
/* True when the person at the terminal is at another machine, over ssh, and has not said
 * with BROWSER that a browser here serves them. */
bool mp_browse_is_remote(void);
