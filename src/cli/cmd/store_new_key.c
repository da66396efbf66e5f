/* store key: a new key, before those that are there. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/cmd/store_parts.h"
#include "io/entropy.h"
#include "io/file/private_dir.h"
#include "io/file/secret_file.h"
#include "io/store/place.h"
#include "io/store/secret_service.h"

#define MAX_KEY_FILE 4096

/* A new one comes first.  The caller's (mp_free_wiped). */
static enum mcpass_rc add_line(const char *old, char **ret_text, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF((size_t)2 * MAX_KEY_FILE);
	char *line = NULL;
	size_t len = strlen(old);
	enum mcpass_rc rc = mp_seal_new_line(mp_entropy, NULL, &line, err);

	if (rc)
		return rc;
	while (len > 0 && old[len - 1] == '\n')
		len--;
	mp_buf_adds(&text, line);
	if (len > 0)
		mp_buf_addf(&text, "\n%.*s", (int)len, old);
	mp_free_wiped(line);
	return mp_buf_take(&text, "the keys", ret_text, err);
}

/* --- in a file --- */

/* What another one put there, after old was read, must not be lost.  NULL: there was none. */
static enum mcpass_rc check_same(const char *path, const char *old, struct mcpass_error *err)
{
	char *now = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (old != NULL || access(path, F_OK) == 0)
		rc = mp_secret_file_text(path, MAX_KEY_FILE, &now, err);
	if (!rc && now != NULL && !mp_eq(now, old))
		rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "%s has changed just now: try again", path);
	mp_free_wiped(now);
	return rc;
}

/* The file beside it keeps out others that do the same, and takes its place in one step, so that
 * no key is ever lost. */
static enum mcpass_rc replace_keys(const char *path, const char *text, const char *old,
    struct mcpass_error *err)
{
	char beside[PATH_MAX];
	enum mcpass_rc rc;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the path of the file is too long");
	rc = mp_secret_file_create(beside, text, err);
	if (rc == MCPASS_E_USAGE)
		mp_hint(err, "Another 'mcpass store key' is at work; if one was interrupted: rm '%s'", beside);
	if (rc)
		return rc;
	rc = check_same(path, old, err);
	if (!rc)
		rc = mp_secret_file_rename(beside, path, err);
	if (rc)
		(void)unlink(beside);
	return rc;
}

/* *ret_old NULL: there is no such file yet.  A file of something else is not written to. */
static enum mcpass_rc read_keys(const char *path, char ret_target[PATH_MAX], char **ret_old,
    struct mp_seal *ret_seal, struct mcpass_error *err)
{
	struct stat info;
	enum mcpass_rc rc;

	if (strcmp(path, "-") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a key is kept in a file: name one");
	if (lstat(path, &info) != 0)
		return MCPASS_OK;
	if (realpath(path, ret_target) == NULL || stat(ret_target, &info) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is no file", path);
	rc = mp_secret_file_text(ret_target, MAX_KEY_FILE, ret_old, err);
	if (!rc)
		rc = mp_seal_read(*ret_old, ret_seal, err);
	if (!rc && ret_seal->count == MP_MAX_SEAL_KEYS)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s has %d keys already: take out the oldest, which"
		    " 'store rekey' left without use", path, MP_MAX_SEAL_KEYS);
	return rc;
}

static enum mcpass_rc add_to_file(const char *path, struct mp_seal *ret_seal, struct mcpass_error *err)
{
	char target[PATH_MAX], *old = NULL, *text = NULL;
	enum mcpass_rc rc = read_keys(path, target, &old, ret_seal, err);

	if (!rc)
		rc = add_line(old != NULL ? old : "", &text, err);
	if (!rc)
		rc = replace_keys(old != NULL ? target : path, text, old, err);
	if (!rc)
		rc = mp_seal_read(text, ret_seal, err);
	mp_free_wiped(old);
	mp_free_wiped(text);
	return rc;
}

/* --- in the Secret Service --- */

/* It replaces an item as a whole: two at once would lose the key of one.  Close *ret_fd. */
static enum mcpass_rc keep_others_out(int *ret_fd, struct mcpass_error *err)
{
	struct mp_place place = { 0 };
	const char *name;
	enum mcpass_rc rc = mp_place_find_ours(&place, err);

	if (!rc)
		rc = mp_private_dir_open(place.path, true, ret_fd, &name, err);
	if (!rc && flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
		rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "another 'mcpass store key' is at work: try again");
	mp_place_free(&place);
	return rc;
}

/* Records are sealed with it the next moment: it has to be there. */
static enum mcpass_rc check_kept(const char *place, const char *text, struct mcpass_error *err)
{
	char *now = NULL;
	enum mcpass_rc rc = mp_secret_service_read(place, &now, err);

	if (!rc && !mp_eq(now, text))
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "the Secret Service did not keep the new key");
	mp_free_wiped(now);
	return rc;
}

static enum mcpass_rc check_room(const struct mp_seal *seal, const char *place, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (seal->count < MP_MAX_SEAL_KEYS)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s has %d keys already", place, MP_MAX_SEAL_KEYS);
	mp_hint(err, "After 'mcpass store rekey' only its first line is in use: man mcpass-store says how to"
	    " take out the others.");
	return rc;
}

static enum mcpass_rc add_to_service(const char *place, struct mp_seal *ret_seal, struct mcpass_error *err)
{
	char *old = NULL, *text = NULL;
	int fd = -1;
	enum mcpass_rc rc = keep_others_out(&fd, err);

	if (!rc)
		rc = mp_secret_service_read(place, &old, err);
	if (!rc && old != NULL)
		rc = mp_seal_read(old, ret_seal, err);
	if (!rc)
		rc = check_room(ret_seal, place, err);
	if (!rc)
		rc = add_line(old != NULL ? old : "", &text, err);
	if (!rc)
		rc = mp_secret_service_write(place, text, err);
	if (!rc)
		rc = check_kept(place, text, err);
	if (!rc)
		rc = mp_seal_read(text, ret_seal, err);
	if (fd >= 0)
		close(fd);
	mp_free_wiped(old);
	mp_free_wiped(text);
	return rc;
}

/* --- the command --- */

enum mcpass_rc mp_store_add_key(const char *place, struct mp_seal *ret_seal, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_secret_service_is(place) ? add_to_service(place, ret_seal, err)
	    : add_to_file(place, ret_seal, err);

	return mp_doing(err, rc, "making a key for the store");
}

enum mcpass_rc mp_store_tell(const struct mp_store_options *options, const char *name, size_t count,
    const char *key, const char *words, struct mcpass_error *err)
{
	if (options->common.json)
		return mp_out_json_new(json_pack("{s:I, s:s?}", name, (json_int_t)count, "key", key), err);
	mp_say(options->common.quiet, "%s", words);
	return MCPASS_OK;
}

enum mcpass_rc mp_store_new_key(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	struct mp_buf words = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = mp_store_add_key(operands[1], &seal, err);

	if (!rc && mp_secret_service_is(operands[1])) {
		mp_buf_addf(&words, "The key %s is in ", seal.keys[0].id);
		mp_secret_service_show(operands[1], &words);
		mp_buf_addf(&words, ", and seals from now on where MCPASS_STORE_KEY=%s is set.", operands[1]);
	} else if (!rc) {
		mp_buf_addf(&words, "The key %s seals from now on. Every machine needs the file.", seal.keys[0].id);
	}
	mp_buf_adds(&words, " 'mcpass store rekey' seals what is there already.");
	if (!rc)
		rc = mp_buf_check(&words, "the words", err);
	if (!rc)
		rc = mp_store_tell(options, "keys", seal.count, seal.keys[0].id, mp_buf_text(&words), err);
	mp_buf_free(&words);
	mp_seal_forget(&seal);
	return rc;
}
