#include "cli/hosts/settings.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/secret.h"
#include "io/file/read_file.h"
#include "io/file/write_all.h"
#include "io/system/environment.h"

/* Settings of an editor; Claude Code keeps all it knows in the same file. */
#define MAX_SETTINGS ((size_t)64 * 1024 * 1024)

enum mcpass_rc mp_settings_path(const struct mp_host_file *host, bool in_project, char **ret_path,
    struct mcpass_error *err)
{
	const char *home = mp_environment("HOME");
	struct mp_buf buf = MP_BUF(4096);

	if (in_project && host->project_file == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s has no file in a project", host->title);
	if (in_project)
		return mp_set(ret_path, host->project_file, err);
	if (home == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "HOME is not set; --file says where the file is");
	mp_buf_addf(&buf, "%s/%s", home, host->file);
	return mp_buf_take(&buf, "a path", ret_path, err);
}

enum mcpass_rc mp_settings_read(const char *path, char **ret_text, struct mcpass_error *err)
{
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return mp_set(ret_text, "", err);
	return mp_read_file(path, MAX_SETTINGS, ret_text, NULL, err);
}

static enum mcpass_rc refuse(const char *path, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno));
}

static enum mcpass_rc make_folders(const char *path, struct mcpass_error *err)
{
	char *copy = NULL;
	enum mcpass_rc rc = mp_set(&copy, path, err);

	for (char *at = copy; !rc && (at = strchr(at + 1, '/')) != NULL;) {
		*at = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			rc = refuse(copy, err);
		*at = '/';
	}
	free(copy);
	return rc;
}

static enum mcpass_rc write_file(const char *path, const char *text, size_t len, mode_t mode,
    struct mcpass_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	enum mcpass_rc rc = fd < 0 ? refuse(path, err) : MCPASS_OK;

	if (!rc && (!mp_write_all(fd, text, len) || fchmod(fd, mode) != 0 || fsync(fd) != 0))
		rc = refuse(path, err);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum mcpass_rc beside(const char *path, const char *suffix, char **ret_path,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(4096);

	mp_buf_addf(&buf, "%s%s", path, suffix);
	return mp_buf_take(&buf, "a path", ret_path, err);
}

static enum mcpass_rc back_up(const char *path, mode_t mode, struct mcpass_error *err)
{
	char *text = NULL, *backup = NULL;
	enum mcpass_rc rc = mp_settings_read(path, &text, err);

	if (!rc)
		rc = beside(path, ".mcpass-backup", &backup, err);
	if (!rc)
		rc = write_file(backup, text, strlen(text), mode, err);
	free(backup);
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_settings_write(const char *path, const struct mp_buf *text,
    struct mcpass_error *err)
{
	char *real = realpath(path, NULL), *temporary = NULL;   /* a link stays one */
	const char *place = real != NULL ? real : path;
	struct stat st = { .st_mode = 0600 };
	enum mcpass_rc rc = MCPASS_OK;

	if (stat(place, &st) == 0)
		rc = back_up(place, st.st_mode & 07777, err);
	else
		rc = make_folders(place, err);
	if (!rc)
		rc = beside(place, ".mcpass-new", &temporary, err);
	if (!rc)
		rc = write_file(temporary, mp_buf_text(text), text->len, st.st_mode & 07777, err);
	if (!rc && rename(temporary, place) != 0)
		rc = refuse(place, err);
	if (rc && temporary != NULL)
		(void)unlink(temporary);
	free(temporary);
	free(real);
	return rc;
}

/* --- what differs --- */

static size_t line_len(const char *at)
{
	size_t len = strcspn(at, "\n");

	return len + (at[len] == '\n');
}

static void add_lines(struct mp_buf *buf, char sign, const char *begin, const char *end)
{
	while (begin < end) {
		size_t len = line_len(begin);

		mp_buf_addc(buf, sign);
		mp_buf_add(buf, begin, len);
		if (begin[len - 1] != '\n')
			mp_buf_addc(buf, '\n');
		begin += len;
	}
}

void mp_settings_compare(struct mp_buf *buf, const char *before, const char *after)
{
	const char *before_end = before + strlen(before), *after_end = after + strlen(after);

	while (*before != '\0' && line_len(before) == line_len(after)
	    && memcmp(before, after, line_len(before)) == 0) {
		after += line_len(before);
		before += line_len(before);
	}
	while (before_end > before && after_end > after && before_end[-1] == after_end[-1]) {
		before_end--;
		after_end--;
	}
	while (*before_end != '\0' && ((before_end > before && before_end[-1] != '\n')
	    || (after_end > after && after_end[-1] != '\n'))) {
		before_end++;           /* whole lines */
		after_end++;
	}
	add_lines(buf, '-', before, before_end);
	add_lines(buf, '+', after, after_end);
}
