#include "io/browse.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/spawn.h"
#include "wire/uri.h"

static const char *const usual[] = {
#ifdef __APPLE__
	"open",
#endif
	"xdg-open", "x-www-browser",
};

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_wsl(void)
{
	return environment("WSL_DISTRO_NAME") != NULL || environment("WSL_INTEROP") != NULL;
}

/* macOS always has one. */
static bool has_display(void)
{
#ifdef __APPLE__
	return true;
#else
	return environment("DISPLAY") != NULL || environment("WAYLAND_DISPLAY") != NULL || is_wsl();
#endif
}

static bool is_program(const char *path)
{
	return path[0] == '/' && access(path, X_OK) == 0;
}

/* Looks through PATH; entries that are relative lead to wherever we happen to stand, and
 * are left out. */
static bool find_program(const char *name, char *ret_path, size_t room)
{
	const char *dirs = environment("PATH");

	if (strchr(name, '/') != NULL) {
		int len = snprintf(ret_path, room, "%s", name);

		return len > 0 && (size_t)len < room && is_program(ret_path);
	}
	while (dirs != NULL && *dirs != '\0') {
		size_t dir_len = strcspn(dirs, ":");
		int len = snprintf(ret_path, room, "%.*s/%s", (int)dir_len, dirs, name);

		if (len > 0 && (size_t)len < room && is_program(ret_path))
			return true;
		dirs += dir_len + (dirs[dir_len] == ':' ? 1 : 0);
	}
	return false;
}

static enum mcpass_rc find_browser(char *ret_path, size_t room, struct mcpass_error *err)
{
	const char *wish = environment("BROWSER");

	if (wish != NULL)
		return find_program(wish, ret_path, room) ? MCPASS_OK
		    : mp_fail(err, MCPASS_E_IO, NULL, "the program that BROWSER names is not there: %s",
		        wish);
	if (!has_display())
		return mp_fail(err, MCPASS_E_IO, NULL, "there is no display to show a browser on");
	if (is_wsl() && find_program("wslview", ret_path, room))
		return MCPASS_OK;
	for (size_t i = 0; i < MP_COUNT(usual); i++)
		if (find_program(usual[i], ret_path, room))
			return MCPASS_OK;
	return mp_fail(err, MCPASS_E_IO, NULL, "there is no program to open a browser with (xdg-open)");
}

enum mcpass_rc mp_browse_find(struct mcpass_error *err)
{
	char path[PATH_MAX];

	return find_browser(path, sizeof(path), err);
}

bool mp_browse_is_remote(void)
{
	return environment("BROWSER") == NULL
	    && (environment("SSH_CONNECTION") != NULL || environment("SSH_TTY") != NULL);
}

/* An authorization server chose this URL, and a desktop opens files, mail and programs
 * by other schemes.  It begins with "http": no browser takes it for an option. */
static enum mcpass_rc check_url(const char *url, struct mcpass_error *err)
{
	struct mp_uri uri;

	if (mp_uri_parse(url, &uri, NULL) != MCPASS_OK)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 8252 6", "not a URL to open a browser with");
	if (!uri.is_https && !mp_uri_is_loopback(&uri))
		return mp_fail(err, MCPASS_E_POLICY, "OAuth 2.1 1.5",
		    "a browser is opened with https:// only, not with %s", url);
	return MCPASS_OK;
}

enum mcpass_rc mp_browse(const char *url, struct mcpass_error *err)
{
	char path[PATH_MAX];
	enum mcpass_rc rc;

	rc = check_url(url, err);
	if (!rc)
		rc = find_browser(path, sizeof(path), err);
	if (!rc)
		rc = mp_spawn_detached(path, url, err);
	mp_hint(err, "Open the address yourself, in any browser.");
	return mp_doing(err, rc, "opening the browser");
}
