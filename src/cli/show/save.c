#include "cli/show/save.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"
#include "ui/mcp_result.h"
#include "ui/humanize.h"
#include "wire/json/raw.h"

static const struct mp_option output_options[] = {
	{ "output", 'o', MP_OPTION_TEXT, "FILE", offsetof(struct mp_output_options, file),
	    "Write the answer to this file: the bytes of an image, a sound or a resource, or the"
	    " text when there is nothing else. - is standard output." },
};
const struct mp_option_table mp_output_table = {
	"Output", output_options, MP_COUNT(output_options)
};

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

static enum mcpass_rc cannot(const char *path, int error, struct mcpass_error *err)
{
	return mp_doing(err, mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(error)),
	    "writing the answer to a file");
}

/* Whether a new file may be put into the folder of path. */
static enum mcpass_rc check_folder(const char *path, struct mcpass_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? mp_dup_span((struct mp_span){ ".", 1 })
	    : mp_dup_span((struct mp_span){ path, (size_t)(slash - path) + 1 });
	enum mcpass_rc rc = MCPASS_OK;

	if (folder == NULL)
		return mp_nomem(err);
	if (access(folder, W_OK | X_OK) != 0)
		rc = cannot(path, errno, err);
	free(folder);
	return rc;
}

enum mcpass_rc mp_save_check(const struct mp_output_options *output, struct mcpass_error *err)
{
	const char *path = output->file;
	struct stat st;

	if (path == NULL || is_stdout(path))
		return MCPASS_OK;
	if (path[0] == '\0')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "--output names no file");
	if (stat(path, &st) != 0)
		return errno == ENOENT ? check_folder(path, err) : cannot(path, errno, err);
	if (S_ISDIR(st.st_mode))
		return cannot(path, EISDIR, err);
	return access(path, W_OK) != 0 ? cannot(path, errno, err) : MCPASS_OK;
}

static enum mcpass_rc write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return MCPASS_E_IO;
		bytes += n;
		len -= (size_t)n;
	}
	return MCPASS_OK;
}

/* All of it is here already, so that a file is emptied only for what follows at once. */
static enum mcpass_rc write_file(const char *path, const struct mp_buf *buf,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(buf, "the answer", err);
	int fd;

	if (rc)
		return rc;
	if (is_stdout(path))
		return mp_out(buf, err);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return cannot(path, errno, err);
	if (write_all(fd, mp_buf_text(buf), buf->len) != MCPASS_OK)
		rc = cannot(path, errno, err);
	if (close(fd) != 0 && !rc)
		rc = cannot(path, errno, err);
	return rc;
}

static enum mcpass_rc save_bytes(const char *path, const struct mp_part *part, bool quiet,
    struct mcpass_error *err)
{
	char size[MP_WORDS_ROOM];
	struct mp_buf buf, type;
	enum mcpass_rc rc;

	mp_buf_init(&buf, MP_MAX_ANSWER);
	rc = mp_part_decode(&buf, part->bytes, err);
	if (!rc)
		rc = write_file(path, &buf, err);
	mp_humanize_size(size, buf.len);
	mp_buf_free(&buf);
	mp_buf_init(&type, part->media_type.len * 3 + 16);
	if (!rc && !is_stdout(path))
		mp_say(quiet, "Wrote %s (%s%s%s)", path, mp_raw_text(&type, part->media_type)
		    ? mp_buf_text(&type) : "", type.len > 0 ? ", " : "", size);
	mp_buf_free(&type);
	return rc;
}

/* Each part with bytes in a file of its own. */
static enum mcpass_rc save_parts(const char *path, const struct mp_parts *parts, bool quiet,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	size_t nth = 0;

	for (size_t i = 0; i < parts->count && !rc; i++) {
		const struct mp_part *part = &parts->items[i];
		char *own;

		if (part->bytes.data == NULL)
			continue;
		own = mp_parts_path(path, is_stdout(path) ? 1 : ++nth);
		rc = own == NULL ? mp_nomem(err) : save_bytes(own, part, quiet, err);
		free(own);
	}
	return rc;
}

/* All parts as they are, one behind the other. */
static enum mcpass_rc add_parts(struct mp_buf *buf, const struct mp_parts *parts,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < parts->count && !rc; i++) {
		const struct mp_part *part = &parts->items[i];

		if (part->bytes.data != NULL)
			rc = mp_part_decode(buf, part->bytes, err);
		else
			(void)mp_raw_text(buf, part->text);
	}
	return rc;
}

/* One resource that is a text goes into a file to the byte; what a tool says ends a line. */
static enum mcpass_rc save_text(const char *path, const struct mp_parts *parts,
    const struct mp_buf *text, enum mp_bytes bytes, struct mcpass_error *err)
{
	struct mp_buf buf;
	enum mcpass_rc rc;

	if (bytes != MP_BYTES_ALWAYS)
		return write_file(path, text, err);
	mp_buf_init(&buf, MP_MAX_ANSWER);
	rc = add_parts(&buf, parts, err);
	if (!rc)
		rc = write_file(path, &buf, err);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc out_parts(const struct mp_parts *parts, struct mcpass_error *err)
{
	struct mp_buf buf;
	enum mcpass_rc rc;

	mp_buf_init(&buf, MP_MAX_ANSWER);
	rc = add_parts(&buf, parts, err);
	if (!rc)
		rc = mp_out(&buf, err);
	mp_buf_free(&buf);
	return rc;
}

/* What was said beside the bytes that went to a file. */
static enum mcpass_rc out_texts(const struct mp_parts *parts, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf;
	enum mcpass_rc rc;

	mp_buf_init(&buf, MP_MAX_RENDERED);
	for (size_t i = 0; i < parts->count; i++) {
		mp_mcp_result_line(&buf, &term, parts->items[i].text);
	}
	rc = mp_out(&buf, err);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc to_stdout(const struct mp_parts *parts, const struct mp_buf *text,
    enum mp_bytes bytes, bool quiet, struct mcpass_error *err)
{
	size_t count = parts->count, with_bytes = mp_parts_with_bytes(parts);
	bool alone = mp_parts_with_text(parts) == 0;
	enum mcpass_rc rc;

	if (with_bytes > 0 && isatty(STDOUT_FILENO) != 1
	    && (bytes == MP_BYTES_ALWAYS || (bytes == MP_BYTES_ALONE && alone))) {
		if (count > 1)
			mp_say(quiet, "The answer has %zu parts, one behind the other here; with -o FILE"
			    " each has a file of its own.", count);
		return out_parts(parts, err);
	}
	rc = mp_out(text, err);
	if (!rc && with_bytes > 0)
		mp_say(quiet, "Not all of it is text: -o FILE writes the bytes to a file.");
	return rc;
}

enum mcpass_rc mp_save_result(const struct mp_output_options *output, const struct mp_parts *parts,
    const struct mp_buf *text, enum mp_bytes bytes, bool quiet, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (output->file == NULL)
		return to_stdout(parts, text, bytes, quiet, err);
	if (mp_parts_with_bytes(parts) == 0)
		return save_text(output->file, parts, text, bytes, err);
	rc = save_parts(output->file, parts, quiet, err);
	return rc ? rc : out_texts(parts, err);
}

enum mcpass_rc mp_save_json(const struct mp_output_options *output, const char *text,
    struct mcpass_error *err)
{
	struct mp_span raw = { text, strlen(text) };
	char *compact = NULL;
	struct mp_buf buf;
	enum mcpass_rc rc;

	if (output->file == NULL)
		return mp_out_json_text(text, err);
	mp_buf_init(&buf, 8 * MP_MAX_ANSWER);
	rc = mp_raw_compact(raw, &compact, err);
	if (!rc) {
		mp_buf_addf(&buf, "%s\n", compact);
		rc = write_file(output->file, &buf, err);
	}
	mp_free_wiped(compact);
	mp_buf_free(&buf);
	return rc;
}
