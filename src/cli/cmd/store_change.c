/* store rekey, move: what changes a store as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd/store_parts.h"
#include "io/file/private_dir.h"
#include "io/store/pg_url.h"
#include "io/store/place.h"
#include "io/store/store_key.h"
#include "io/store/transfer.h"

/* --- keys --- */

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
		rc = mp_store_add_key(*ret_file, &seal, err);
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
		rc = mp_store_tell(options, "sealed", count, key, words, err);
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
	char words[256], *shown = NULL, **places = operands + 1;
	size_t count = 0;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < 2 && !rc; i++) {
		rc = mp_pg_url_check_argument(places[i], err);
		if (!rc)
			rc = mp_pg_url_check_place(places[i], err);
	}
	if (!rc && !mp_pg_url_is(places[0]) && access(places[0], F_OK) != 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no store %s", places[0]);
	if (!rc && is_same(places[0], places[1]))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "it is there already");
	if (!rc)
		rc = options->issuer ? move_memory(options, places, &count, err)
		    : move_credentials(options, places, &count, err);
	if (!rc)
		rc = mp_pg_url_show(places[1], &shown, err);
	if (!rc) {
		(void)snprintf(words, sizeof(words), "%zu records are in %s now.", count, shown);
		rc = mp_store_tell(options, "moved", count, NULL, words, err);
	}
	free(shown);
	return rc;
}
