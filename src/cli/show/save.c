#include "cli/show/save.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/show/target.h"
#include "ui/out.h"
#include "ui/mcp_result.h"
#include "ui/humanize.h"
#include "wire/json/raw.h"

static const struct mp_option output_options[] = {
	{ "output", 'o', MP_OPTION_TEXT, "FILE", offsetof(struct mp_output_options, file),
	    "Write the answer to this file: the bytes of an image, a sound or a resource, or the"
	    " text when there is nothing else. It is there as a whole or not at all. - is standard"
	    " output." },
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
	return mp_doing(err, mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(error)), MP_SAVE_DOING);
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

/* --- parts with bytes: each in a file of its own --- */

struct saved {
	struct mp_target target;
	char *path;
};

static void tell_saved(const struct saved *saved, const struct mp_part *part, bool quiet)
{
	char size[MP_WORDS_ROOM];
	struct mp_buf type;
	bool has_type;

	if (saved->target.file == NULL)
		return;
	mp_humanize_size(size, mp_whole_file_size(saved->target.file));
	mp_buf_init(&type, part->media_type.len * 3 + 16);
	has_type = mp_raw_text(&type, part->media_type) && type.len > 0;
	mp_say(quiet, "Wrote %s (%s%s%s)", saved->path, has_type ? mp_buf_text(&type) : "",
	    has_type ? ", " : "", size);
	mp_buf_free(&type);
}

static enum mcpass_rc write_parts(const char *path, const struct mp_parts *parts,
    struct saved *saved, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	size_t nth = 0;

	for (size_t i = 0; i < parts->count && !rc; i++) {
		const struct mp_part *part = &parts->items[i];

		if (part->bytes.data == NULL)
			continue;
		saved[i].path = mp_parts_path(path, is_stdout(path) ? 1 : ++nth);
		rc = saved[i].path == NULL ? mp_nomem(err)
		    : mp_target_open(&saved[i].target, saved[i].path, err);
		if (!rc)
			rc = mp_target_put_bytes(&saved[i].target, parts, part->bytes, err);
	}
	return rc;
}

/* No file is there before all of them are good. */
static enum mcpass_rc save_parts(const char *path, const struct mp_parts *parts, bool quiet,
    struct mcpass_error *err)
{
	struct saved *saved = calloc(parts->count, sizeof(*saved));
	enum mcpass_rc rc;

	if (saved == NULL)
		return mp_nomem(err);
	rc = write_parts(path, parts, saved, err);
	for (size_t i = 0; i < parts->count && !rc; i++) {
		if (saved[i].path == NULL)
			continue;
		rc = mp_target_end(&saved[i].target, err);
		if (!rc)
			tell_saved(&saved[i], &parts->items[i], quiet);
	}
	for (size_t i = 0; i < parts->count; i++) {
		mp_target_free(&saved[i].target);
		free(saved[i].path);
	}
	free(saved);
	return rc;
}

/* --- text --- */

/* A part as mp_mcp_result_show() has it, however long it is. */
static enum mcpass_rc put_shown(struct mp_target *target, const struct mp_parts *parts,
    const struct mp_part *part, struct mcpass_error *err)
{
	static const struct mp_term plain;
	struct mp_part head = *part;
	struct mp_parts one = { .items = &head, .count = 1 };
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc;

	if (part->text.data != NULL)
		head.text = (struct mp_span){ "\" \"", 3 };
	mp_mcp_result_show(&buf, &plain, &one);
	if (part->text.data != NULL && buf.len >= 2)
		buf.len -= 2;           /* the text for the text, and the end of its line */
	rc = mp_target_put_buf(target, &buf, err);
	mp_buf_free(&buf);
	if (rc || part->text.data == NULL)
		return rc;
	rc = mp_target_put_text(target, parts, part->text, err);
	if (!rc && !mp_target_ends_line(target))
		rc = mp_target_put(target, "\n", 1, err);
	return rc;
}

/* One resource that is a text goes into a file to the byte; what a tool says ends a line. */
static enum mcpass_rc put_texts(struct mp_target *target, const struct mp_parts *parts,
    enum mp_bytes bytes, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < parts->count && !rc; i++) {
		const struct mp_part *part = &parts->items[i];

		if (bytes != MP_BYTES_ALWAYS)
			rc = put_shown(target, parts, part, err);
		else if (part->text.data != NULL)
			rc = mp_target_put_text(target, parts, part->text, err);
	}
	return rc;
}

static enum mcpass_rc save_text(const char *path, const struct mp_parts *parts,
    enum mp_bytes bytes, struct mcpass_error *err)
{
	static const struct mp_term plain;
	struct mp_target target = { 0 };
	struct mp_buf structured = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc = mp_target_open(&target, path, err);

	if (!rc)
		rc = put_texts(&target, parts, bytes, err);
	if (!rc && parts->count == 0 && bytes != MP_BYTES_ALWAYS) {
		mp_mcp_result_show(&structured, &plain, parts);
		rc = mp_target_put_buf(&target, &structured, err);
	}
	mp_buf_free(&structured);
	if (!rc)
		rc = mp_target_end(&target, err);
	mp_target_free(&target);
	return rc;
}

/* --- standard output --- */

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

static enum mcpass_rc out_parts(const struct mp_parts *parts, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER);
	enum mcpass_rc rc = add_parts(&buf, parts, err);

	if (!rc)
		rc = mp_out(&buf, err);
	mp_buf_free(&buf);
	return rc;
}

/* What was said beside the bytes that went to a file. */
static enum mcpass_rc out_texts(const struct mp_parts *parts, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);

	for (size_t i = 0; i < parts->count; i++) {
		mp_mcp_result_line(&buf, &term, parts->items[i].text);
	}
	return mp_out_end(&buf, err);
}

static enum mcpass_rc out_shown(const struct mp_parts *parts, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);

	mp_mcp_result_show(&buf, &term, parts);
	return mp_out_end(&buf, err);
}

static enum mcpass_rc to_stdout(const struct mp_parts *parts, enum mp_bytes bytes, bool quiet,
    struct mcpass_error *err)
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
	rc = out_shown(parts, err);
	if (!rc && with_bytes > 0)
		mp_say(quiet, "Not all of it is text: -o FILE writes the bytes to a file.");
	return rc;
}

/* --- all of it --- */

/* A folder for what is as long as the answer: that of the file, where one can be put there. */
static bool fits_beside(const char *path)
{
	struct stat st;

	return (stat(path, &st) != 0 || S_ISREG(st.st_mode)) && check_folder(path, NULL) == MCPASS_OK;
}

enum mcpass_rc mp_save_begin(const struct mp_output_options *output, struct mp_spool **ret_spool,
    struct mcpass_error *err)
{
	const char *path = output->file, *folder = getenv("TMPDIR");
	struct mp_buf elsewhere = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	if (path == NULL || is_stdout(path))
		return MCPASS_OK;
	mp_buf_addf(&elsewhere, "%s/mcpass", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
	rc = mp_buf_check(&elsewhere, "TMPDIR", err);
	if (!rc)
		rc = mp_spool_new(fits_beside(path) ? path : mp_buf_text(&elsewhere), ret_spool, err);
	mp_buf_free(&elsewhere);
	return rc;
}

/* How many long strings are where they are looked for. */
static size_t count_known(const struct mp_spool *spool, const struct mp_parts *parts)
{
	size_t count = mp_spool_count(spool, parts->structured);
	struct mp_spooled spooled;

	for (size_t i = 0; i < parts->count; i++)
		count += (size_t)mp_spool_find(spool, parts->items[i].text, &spooled)
		    + (size_t)mp_spool_find(spool, parts->items[i].bytes, &spooled);
	return count;
}

enum mcpass_rc mp_save_read(const struct mp_spool *spool, char **answer, bool is_json,
    struct mp_parts *ret_parts, struct mcpass_error *err)
{
	size_t count = mp_spool_count(spool, (struct mp_span){ *answer, strlen(*answer) });
	struct mp_parts parts = { 0 };
	enum mcpass_rc rc = mp_parts_read(*answer, &parts, err);

	if (!rc && count > 0 && (parts.is_error || (!is_json && (parts.count == 0
	    || count_known(spool, &parts) != count)))) {
		mp_parts_free(&parts);
		rc = mp_spool_restore(spool, answer, err);
		if (!rc)
			rc = mp_parts_read(*answer, &parts, err);
	}
	if (rc)
		return rc;
	parts.spool = spool;
	*ret_parts = parts;
	return MCPASS_OK;
}

enum mcpass_rc mp_save_result(const struct mp_output_options *output, const struct mp_parts *parts,
    enum mp_bytes bytes, bool quiet, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (output->file == NULL)
		return to_stdout(parts, bytes, quiet, err);
	if (mp_parts_with_bytes(parts) == 0)
		return save_text(output->file, parts, bytes, err);
	rc = save_parts(output->file, parts, quiet, err);
	return rc ? rc : out_texts(parts, err);
}

enum mcpass_rc mp_save_json(const struct mp_output_options *output, const struct mp_spool *spool,
    const char *text, struct mcpass_error *err)
{
	struct mp_span raw = { text, strlen(text) };
	struct mp_target target = { 0 };
	char *compact = NULL;
	enum mcpass_rc rc;

	if (output->file == NULL)
		return mp_out_json_text(text, err);
	rc = mp_raw_compact(raw, &compact, err);
	if (!rc)
		rc = mp_target_open(&target, output->file, err);
	raw = (struct mp_span){ compact, compact != NULL ? strlen(compact) : 0 };
	if (!rc)
		rc = spool != NULL ? mp_spool_splice(spool, raw, mp_target_put, &target, err)
		    : mp_target_put(&target, raw.data, raw.len, err);
	if (!rc)
		rc = mp_target_put(&target, "\n", 1, err);
	if (!rc)
		rc = mp_target_end(&target, err);
	mp_target_free(&target);
	mp_free_wiped(compact);
	return rc;
}
