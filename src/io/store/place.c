#include "io/store/place.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/limits.h"
#include "io/file/private_dir.h"
#include "io/store/pg_url.h"
#include "io/system/environment.h"

#define STORE "mcpass/credentials.db"
#define ELSEWHERE "mcpass/elsewhere"

static enum mcpass_rc path_in(const char *folder, const char *below, const char *name,
    char **ret_path, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&text, "%s%s/%s", folder, below, name);
	return mp_buf_take(&text, "the path of the store", ret_path, err);
}

/* Where a terminal with another XDG_DATA_HOME than ours keeps its store, as that one noted;
 * *ret_path NULL: nothing is noted, or nothing is there any more. */
static enum mcpass_rc read_elsewhere(const char *home, char **ret_path, struct mcpass_error *err)
{
	char text[PATH_MAX] = "", *note = NULL;
	struct stat info;
	ssize_t len = -1;
	enum mcpass_rc rc = path_in(home, "/.local/share", ELSEWHERE, &note, err);
	int fd = rc ? -1 : open(note, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid()
	    && (info.st_mode & 022) == 0)
		len = read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	free(note);
	text[len > 0 ? strcspn(text, "\n") : 0] = '\0';
	if (!rc && text[0] == '/' && access(text, F_OK) == 0)
		rc = mp_set(ret_path, text, err);
	return rc;
}

void mp_place_note(const struct mp_place *place)
{
	const char *home = mp_environment("HOME"), *unused;
	char *note = NULL;
	int dir = -1, fd;

	if (!place->by_xdg || home == NULL
	    || path_in(home, "/.local/share", ELSEWHERE, &note, NULL) != MCPASS_OK)
		return;
	if (mp_private_dir_open(note, true, &dir, &unused, NULL) == MCPASS_OK && dir >= 0) {
		fd = openat(dir, "elsewhere", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK
		    | O_CLOEXEC, 0600);
		if (fd >= 0 && dprintf(fd, "%s\n", place->path) < 0)
			(void)unlinkat(dir, "elsewhere", 0);
		if (fd >= 0)
			close(fd);
		close(dir);
	}
	free(note);
}

/* Both places are looked in: that of XDG_DATA_HOME, and that of a program without it. */
static enum mcpass_rc find_default(struct mp_place *place, struct mcpass_error *err)
{
	const char *data = mp_environment("XDG_DATA_HOME"), *home = mp_environment("HOME");
	char *other = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	place->by_xdg = data != NULL && data[0] == '/';         /* a relative one counts as unset */
	if (place->by_xdg)
		rc = path_in(data, "", STORE, &place->path, err);
	else
		rc = path_in(home, "/.local/share", STORE, &place->path, err);
	if (rc || home == NULL || access(place->path, F_OK) == 0)
		return rc;
	rc = place->by_xdg ? path_in(home, "/.local/share", STORE, &other, err)
	    : read_elsewhere(home, &other, err);
	if (rc || other == NULL || access(other, F_OK) != 0) {
		free(other);
		return rc;
	}
	free(place->path);
	place->path = other;
	place->elsewhere = true;
	place->by_xdg = false;
	return MCPASS_OK;
}

static enum mcpass_rc find_ours(struct mp_place *place, struct mcpass_error *err)
{
	const char *data = mp_environment("XDG_DATA_HOME");
	enum mcpass_rc rc;

	if (mp_environment("HOME") != NULL || (data != NULL && data[0] == '/'))
		return find_default(place, err);
	rc = mp_fail(err, MCPASS_E_STORE, NULL, "there is no home folder to keep credentials in");
	mp_hint(err, "Set HOME, or MCPASS_STORE=FILE.");
	return rc;
}

enum mcpass_rc mp_place_find_ours(struct mp_place *ret_place, struct mcpass_error *err)
{
	struct mp_place place = { 0 };
	enum mcpass_rc rc = find_ours(&place, err);

	if (rc)
		mp_place_free(&place);
	else
		*ret_place = place;
	return rc;
}

enum mcpass_rc mp_place_find(const char *path, struct mp_place *ret_place,
    struct mcpass_error *err)
{
	struct mp_place place = { 0 };
	enum mcpass_rc rc;

	if (path == NULL)
		path = mp_environment("MCPASS_STORE");
	if (path == NULL)
		return mp_place_find_ours(ret_place, err);
	rc = mp_pg_url_check_place(path, err);
	if (!rc)
		rc = mp_set(&place.path, path, err);
	if (rc)
		mp_place_free(&place);
	else
		*ret_place = place;
	return rc;
}

void mp_place_free(struct mp_place *place)
{
	free(place->path);
	*place = (struct mp_place){ 0 };
}
