#include "io/browser/browse.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/browser/opener.h"
#include "io/browser/spawn.h"
#include "io/system/environment.h"
#include "oauth/target.h"
#include "wire/uri.h"

#define MAX_OPENERS 8           /* of BROWSER, which lists two or three */

static const char *const usual[] = {
	"wslview",              /* in WSL only */
#ifdef __APPLE__
	"open",
#endif
	"xdg-open", "x-www-browser",
};

static bool is_wsl(void)
{
	return mp_environment("WSL_DISTRO_NAME") != NULL || mp_environment("WSL_INTEROP") != NULL;
}

/* macOS always has one. */
static bool has_display(void)
{
#ifdef __APPLE__
	return true;
#else
	return mp_environment("DISPLAY") != NULL || mp_environment("WAYLAND_DISPLAY") != NULL || is_wsl();
#endif
}

/* The ways to open a page, the first that can be started is taken. */
struct openers {
	struct mp_opener items[MAX_OPENERS];
	size_t count;
};

static void free_openers(struct openers *openers)
{
	for (size_t i = 0; i < openers->count; i++)
		mp_opener_free(&openers->items[i]);
	openers->count = 0;
}

/* What the name leads to counts, too. */
static bool leads_to_shell(const char *path)
{
	char target[PATH_MAX];

	return mp_opener_is_shell(path)
	    || (realpath(path, target) != NULL && mp_opener_is_shell(target));
}

/* Makes its first word the path of a program; the opener is the list's afterwards. */
static enum mcpass_rc add_opener(struct openers *openers, struct mp_opener *opener,
    const char *whose, struct mcpass_error *err)
{
	char path[PATH_MAX];
	enum mcpass_rc rc;

	if (!mp_child_find(opener->words[0], path, sizeof(path)))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s is not there: %s", whose, opener->words[0]);
	else if (leads_to_shell(path))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s is a shell, which would read the URL as a"
		    " command: %s", whose, path);
	else
		rc = mp_set(&opener->words[0], path, err);
	if (rc)
		mp_opener_free(opener);
	else
		openers->items[openers->count++] = *opener;
	return rc;
}

/* One command of BROWSER.  A path with blanks in it may stand there without quotes. */
static enum mcpass_rc add_wish(struct openers *openers, struct mp_span command,
    const char *url, struct mcpass_error *err)
{
	struct mp_opener opener = { .count = 0 };
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%.*s", (int)command.len, command.data);
	enum mcpass_rc rc;

	if (len > 0 && (size_t)len < sizeof(path) && mp_child_is_program(path))
		rc = mp_opener_plain(path, url, &opener, err);
	else
		rc = mp_opener_read(command, url, &opener, err);
	return rc ? rc : add_opener(openers, &opener, "the program that BROWSER names", err);
}

/* A list with colons; what is not there is passed over, the first reason is told when
 * nothing is. */
static enum mcpass_rc add_wishes(struct openers *openers, const char *wish, const char *url,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	while (*wish != '\0' && rc != MCPASS_E_NOMEM && openers->count < MAX_OPENERS) {
		size_t len = strcspn(wish, ":");

		if (len > 0)
			rc = add_wish(openers, (struct mp_span){ wish, len }, url, &why);
		wish += len + (wish[len] == ':' ? 1 : 0);
	}
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (openers->count > 0)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_IO, NULL, "%s",
	    why.rc != MCPASS_OK ? why.detail : "BROWSER names no program");
}

static enum mcpass_rc add_usual(struct openers *openers, const char *url,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = is_wsl() ? 0 : 1; i < MP_COUNT(usual) && rc != MCPASS_E_NOMEM; i++) {
		struct mp_opener opener = { .count = 0 };

		rc = mp_opener_plain(usual[i], url, &opener, err);
		if (!rc)
			rc = add_opener(openers, &opener, usual[i], NULL);
	}
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return openers->count > 0 ? MCPASS_OK : mp_fail(err, MCPASS_E_IO, NULL,
	    "there is no program to open a browser with (xdg-open)");
}

static enum mcpass_rc find_openers(const char *url, struct openers *openers,
    struct mcpass_error *err)
{
	const char *wish = mp_environment("BROWSER");
	enum mcpass_rc rc;

	if (wish != NULL)
		rc = add_wishes(openers, wish, url, err);
	else if (!has_display())
		rc = mp_fail(err, MCPASS_E_IO, NULL, "there is no display to show a browser on");
	else
		rc = add_usual(openers, url, err);
	if (rc)
		free_openers(openers);
	return rc;
}

enum mcpass_rc mp_browse_find(struct mcpass_error *err)
{
	struct openers openers = { .count = 0 };
	enum mcpass_rc rc = find_openers("", &openers, err);

	free_openers(&openers);
	return rc;
}

bool mp_browse_is_remote(void)
{
	return mp_environment("BROWSER") == NULL
	    && (mp_environment("SSH_CONNECTION") != NULL || mp_environment("SSH_TTY") != NULL);
}

/* An authorization server chose this URL, and a desktop opens files, mail and programs
 * by other schemes.  It begins with "http": no browser takes it for an option. */
enum mcpass_rc mp_browse_check(const char *url, const char *const *http_hosts, size_t count,
    char **ret_plain, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (mp_uri_parse(url, &uri, NULL) != MCPASS_OK)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 8252 6", "not a URL to open a browser with");
	if (!uri.is_https && !mp_uri_is_loopback(&uri)
	    && !mp_target_is_allowed_http(url, http_hosts, count))
		return mp_fail(err, MCPASS_E_POLICY, "OAuth 2.1 1.5",
		    "a browser is opened with https:// only, not with %s", url);
	/* Openers are scripts, and some hand it on to PowerShell; spec: CVE-2025-6514 */
	rc = mp_uri_plain(url, ret_plain, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_fail(err, MCPASS_E_POLICY, "RFC 8252 6", "not a URL to open a browser with")
	    : MCPASS_OK;
}

enum mcpass_rc mp_browse(const char *url, const char *const *http_hosts, size_t count,
    int *ret_watch, struct mcpass_error *err)
{
	struct openers openers = { .count = 0 };
	mp_command_line lines[MAX_OPENERS];
	char *plain = NULL;
	enum mcpass_rc rc = mp_browse_check(url, http_hosts, count, &plain, err);

	if (!rc)
		rc = find_openers(plain, &openers, err);
	for (size_t i = 0; i < openers.count; i++)
		lines[i] = openers.items[i].words;
	if (!rc)
		rc = mp_spawn_detached(lines, openers.count, ret_watch, err);
	free_openers(&openers);
	free(plain);
	mp_hint(err, "Open the address yourself, in any browser.");
	return mp_doing(err, rc, "opening the browser");
}
