/* store key, rekey, move: what changes a store as a whole. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/cmd/store_parts.h"
#include "io/entropy.h"
#include "io/file/private_dir.h"
#include "io/file/secret_file.h"
#include "io/store/pg_url.h"
#include "io/store/place.h"
#include "io/store/store_key.h"
#include "io/store/transfer.h"

#define MAX_KEY_FILE 4096

/* --- keys --- */

/* The new one comes first.  The caller's (free). */
static enum mcpass_rc add_line(const char *line, const char *old, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_buf text;
	size_t len = strlen(old);

	while (len > 0 && old[len - 1] == '\n')
		len--;
	mp_buf_init(&text, (size_t)2 * MAX_KEY_FILE);
	mp_buf_adds(&text, line);
	if (len > 0)
		mp_buf_addf(&text, "\n%.*s", (int)len, old);
	return mp_buf_take(&text, "the file of keys", ret_text, err);
}

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

static enum mcpass_rc add_key(const char *path, struct mp_seal *ret_seal, struct mcpass_error *err)
{
	char target[PATH_MAX], *old = NULL, *line = NULL, *text = NULL;
	enum mcpass_rc rc = read_keys(path, target, &old, ret_seal, err);

	if (!rc)
		rc = mp_seal_new_line(mp_entropy, NULL, &line, err);
	if (!rc)
		rc = add_line(line, old != NULL ? old : "", &text, err);
	if (!rc)
		rc = replace_keys(old != NULL ? target : path, text, old, err);
	if (!rc)
		rc = mp_seal_read(text, ret_seal, err);
	mp_free_wiped(old);
	mp_free_wiped(line);
	mp_free_wiped(text);
	return mp_doing(err, rc, "making a key for the store");
}

static enum mcpass_rc tell(const struct mp_store_options *options, const char *name, size_t count,
    const char *key, const char *words, struct mcpass_error *err)
{
	json_t *json;
	enum mcpass_rc rc;

	if (!options->common.json) {
		mp_say(options->common.quiet, "%s", words);
		return MCPASS_OK;
	}
	json = json_pack("{s:I, s:s?}", name, (json_int_t)count, "key", key);
	rc = json == NULL ? mp_nomem(err) : mp_out_json(json, err);
	json_decref(json);
	return rc;
}

enum mcpass_rc mp_store_new_key(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	char words[256];
	enum mcpass_rc rc = add_key(operands[0], &seal, err);

	if (!rc) {
		(void)snprintf(words, sizeof(words), "The key %s seals from now on. Every machine needs the"
		    " file; 'mcpass store rekey' seals what is there already.", seal.keys[0].id);
		rc = tell(options, "keys", seal.count, seal.keys[0].id, words, err);
	}
	mp_seal_forget(&seal);
	return rc;
}

/* In the store's folder, which may not be there yet. */
static enum mcpass_rc make_key_beside(const struct mp_store_options *options, const char *place,
    char **ret_file, struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	const char *name;
	int dir_fd = -1;
	enum mcpass_rc rc = mp_store_key_beside(place, ret_file, err);

	if (!rc)
		rc = mp_private_dir_open(place, true, &dir_fd, &name, err);
	if (dir_fd >= 0)
		close(dir_fd);
	if (!rc)
		rc = add_key(*ret_file, &seal, err);
	if (!rc)
		mp_say(options->common.quiet, "A new key is in %s: it keeps copies of the store alone from"
		    " being read, not those of the whole folder.", *ret_file);
	mp_seal_forget(&seal);
	return rc;
}

/* A key beside an SQLite store, when there is none yet; a database's is the operator's choice. */
static enum mcpass_rc find_key(const struct mp_store_options *options, char **ret_file,
    struct mcpass_error *err)
{
	struct mp_place place = { 0 };
	enum mcpass_rc rc = mp_place_find(options->store, &place, err);

	if (!rc)
		rc = mp_store_key_find(place.path, options->store_key, ret_file, err);
	if (!rc && *ret_file == NULL && (mp_pg_url_is(place.path) || strcmp(place.path, ":memory:") == 0)) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no key to seal with");
		mp_hint(err, "mcpass store key FILE makes one; --store-key FILE, or MCPASS_STORE_KEY, names it.");
	} else if (!rc && *ret_file == NULL) {
		rc = make_key_beside(options, place.path, ret_file, err);
	}
	mp_place_free(&place);
	return rc;
}

static enum mcpass_rc rekey_with(const struct mp_store_options *options, const char *file,
    size_t *ret_count, char **ret_key, struct mcpass_error *err)
{
	struct mp_issuer_store memory = { 0 };
	struct mp_store *store = NULL;
	enum mcpass_rc rc;

	if (options->issuer) {
		rc = mp_issuer_store_open(options->store, file, &memory, err);
		if (!rc)
			rc = mp_transfer_rekey_issuer(&memory, ret_count, err);
		if (!rc)
			rc = mp_set(ret_key, mp_issuer_store_key_id(&memory), err);
		mp_issuer_store_close(&memory);
		return rc;
	}
	rc = mp_store_open_with(options->store, file, &store, err);
	if (!rc)
		rc = mp_transfer_rekey(store, ret_count, err);
	if (!rc)
		rc = mp_set(ret_key, mp_store_key_id(store), err);
	mp_store_close(store);
	return rc;
}

enum mcpass_rc mp_store_rekey(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err)
{
	char words[128], *file = NULL, *key = NULL;
	size_t count = 0;
	enum mcpass_rc rc = find_key(options, &file, err);

	(void)operands;
	if (!rc)
		rc = rekey_with(options, file, &count, &key, err);
	if (!rc) {
		(void)snprintf(words, sizeof(words), "%zu records are sealed with the key %s.", count, key);
		rc = tell(options, "sealed", count, key, words, err);
	}
	free(file);
	free(key);
	return rc;
}

/* --- another place --- */

static enum mcpass_rc move_credentials(const struct mp_store_options *options, char **places,
    size_t *ret_count, struct mcpass_error *err)
{
	struct mp_store *from = NULL, *to = NULL;
	enum mcpass_rc rc = mp_store_open_with(places[0], options->store_key, &from, err);

	if (!rc)
		rc = mp_store_open_with(places[1], options->to_key, &to, err);
	if (!rc)
		rc = mp_transfer_move(from, to, ret_count, err);
	mp_store_close(from);
	mp_store_close(to);
	return rc;
}

static enum mcpass_rc move_memory(const struct mp_store_options *options, char **places,
    size_t *ret_count, struct mcpass_error *err)
{
	struct mp_issuer_store from = { 0 }, to = { 0 };
	enum mcpass_rc rc = mp_issuer_store_open(places[0], options->store_key, &from, err);

	if (!rc)
		rc = mp_issuer_store_open(places[1], options->to_key, &to, err);
	if (!rc)
		rc = mp_transfer_move_issuer(&from, &to, ret_count, err);
	mp_issuer_store_close(&from);
	mp_issuer_store_close(&to);
	return rc;
}

/* By another name, too. */
static bool is_same(const char *from, const char *to)
{
	struct stat one, other;

	return strcmp(from, to) == 0 || (!mp_pg_url_is(from) && !mp_pg_url_is(to) && stat(from, &one) == 0
	    && stat(to, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

enum mcpass_rc mp_store_move(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err)
{
	char words[256], *shown = NULL;
	size_t count = 0;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < 2 && !rc; i++) {
		rc = mp_pg_url_check_argument(operands[i], err);
		if (!rc)
			rc = mp_pg_url_check_place(operands[i], err);
	}
	if (!rc && !mp_pg_url_is(operands[0]) && access(operands[0], F_OK) != 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no store %s", operands[0]);
	if (!rc && is_same(operands[0], operands[1]))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "it is there already");
	if (!rc)
		rc = options->issuer ? move_memory(options, operands, &count, err)
		    : move_credentials(options, operands, &count, err);
	if (!rc)
		rc = mp_pg_url_show(operands[1], &shown, err);
	if (!rc) {
		(void)snprintf(words, sizeof(words), "%zu records are in %s now.", count, shown);
		rc = tell(options, "moved", count, NULL, words, err);
	}
	free(shown);
	return rc;
}
