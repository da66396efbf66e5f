#include "io/file/private_dir.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_END ".db"

/* The folder's part of a path, with its '/' for the root alone; "." without one. */
static bool folder_of(const char *path, char *ret_dir, size_t room, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	*ret_name = slash == NULL ? path : slash + 1;
	if (slash == NULL)
		path = ".";
	if (len == 0)
		len = 1;
	if (len >= room)
		return false;
	memcpy(ret_dir, path, len);
	ret_dir[len] = '\0';
	return true;
}

/* Each folder of the path that is missing is made, for its owner alone. */
static bool make_folders(char *dir)
{
	for (char *p = dir + 1; *p != '\0'; p++) {
		bool made;

		if (*p != '/')
			continue;
		*p = '\0';
		made = mkdir(dir, 0700) == 0 || errno == EEXIST;
		*p = '/';
		if (!made)
			return false;
	}
	return mkdir(dir, 0700) == 0 || errno == EEXIST;
}

static enum mcpass_rc check_folder(int fd, const char *dir, struct mcpass_error *err)
{
	struct stat st;
	enum mcpass_rc rc = MCPASS_OK;

	if (fstat(fd, &st) != 0)
		return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", dir, strerror(errno));
	if (st.st_uid != geteuid())
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "the folder %s belongs to another user", dir);
	else if ((st.st_mode & 022) != 0)
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "other users may write to the folder %s", dir);
	mp_hint(err, "Keep credentials in a folder of your own: mkdir -m 700 DIR, and"
	    " MCPASS_STORE=DIR/credentials.db.");
	return rc;
}

enum mcpass_rc mp_private_dir_open(const char *path, bool create, int *ret_fd,
    const char **ret_name, struct mcpass_error *err)
{
	char dir[PATH_MAX];
	const char *name;
	enum mcpass_rc rc;
	int fd;

	if (!folder_of(path, dir, sizeof(dir), &name) || name[0] == '\0')
		return mp_fail(err, MCPASS_E_STORE, NULL, "'%s' is no file name", path);
	if (create && !make_folders(dir))
		return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", dir, strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !create) {
		*ret_fd = -1;
		return MCPASS_OK;
	}
	if (fd < 0)
		return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", dir, strerror(errno));
	rc = check_folder(fd, dir, err);
	if (rc) {
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	*ret_name = name;
	return MCPASS_OK;
}

enum mcpass_rc mp_private_file_check(int dir_fd, const char *name, const char *path,
    bool *ret_there, struct mcpass_error *err)
{
	size_t len = strlen(name);
	struct stat st;
	enum mcpass_rc rc;

	/* Not open() and fstat(): to close a descriptor of a file drops the locks that
	 * SQLite holds on it in this process. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", path, strerror(errno));
		*ret_there = false;
		return MCPASS_OK;
	}
	if (!S_ISREG(st.st_mode))
		return mp_fail(err, MCPASS_E_POLICY, NULL, "%s is %s, not a file", path,
		    S_ISLNK(st.st_mode) ? "a symbolic link" : S_ISDIR(st.st_mode) ? "a folder"
		    : "a device or a pipe");
	if (st.st_uid != geteuid())
		return mp_fail(err, MCPASS_E_POLICY, NULL, "%s belongs to another user", path);
	if ((st.st_mode & 077) != 0) {
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "other users may read or write %s", path);
		/* A path that was mistyped leads to a file that is not ours to close. */
		if (len < strlen(STORE_END) || strcmp(name + len - strlen(STORE_END), STORE_END) != 0)
			mp_hint(err, "Credentials are kept in a file of their own: name another one, FILE.db.");
		mp_hint(err, "Consider what is in it as known to them; then: chmod 600 '%s'", path);
		return rc;
	}
	*ret_there = true;
	return MCPASS_OK;
}

enum mcpass_rc mp_private_file_create(int dir_fd, const char *name, const char *path,
    struct mcpass_error *err)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		return mp_fail(err, MCPASS_E_STORE, NULL, "%s: %s", path, strerror(errno));
	return MCPASS_OK;
}
