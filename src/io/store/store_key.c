#include "io/store/store_key.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/entropy.h"
#include "io/file/secret_file.h"
#include "io/store/pg_url.h"
#include "io/store/secret_service.h"

#define MAX_FILE 4096

enum mcpass_rc mp_store_key_beside(const char *place, char **ret_path, struct mcpass_error *err)
{
	struct mp_buf path = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&path, "%s.key", place);
	return mp_buf_take(&path, "the path of the store's key", ret_path, err);
}

enum mcpass_rc mp_store_key_find(const char *place, const char *file, char **ret_path,
    struct mcpass_error *err)
{
	const char *variable = getenv("MCPASS_STORE_KEY");
	char *beside = NULL;
	enum mcpass_rc rc;

	*ret_path = NULL;
	if (file == NULL && strcmp(place, ":memory:") == 0)
		return MCPASS_OK;               /* nothing of it is kept */
	if (file == NULL && variable != NULL && variable[0] != '\0')
		file = variable;
	if (file != NULL)
		return mp_set(ret_path, file, err);
	if (mp_pg_url_is(place))
		return MCPASS_OK;
	rc = mp_store_key_beside(place, &beside, err);
	if (!rc && access(beside, F_OK) == 0) {
		*ret_path = beside;
		beside = NULL;
	}
	free(beside);
	return rc;
}

static enum mcpass_rc read_text(const char *where, char **ret_text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!mp_secret_service_is(where))
		return mp_secret_file_text(where, MAX_FILE, ret_text, err);
	rc = mp_secret_service_read(where, ret_text, err);
	if (!rc && *ret_text == NULL) {
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "the Secret Service has no keys of that name");
		mp_hint(err, "'mcpass store key %s' makes one; it opens nothing that was sealed with another.",
		    where);
	}
	return rc;
}

/* *ret_where NULL: there are no keys. */
static enum mcpass_rc read_seal(const char *place, const char *file, struct mp_seal *ret_seal,
    char **ret_where, struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	char *where = NULL, *text = NULL;
	enum mcpass_rc rc = mp_store_key_find(place, file, &where, err);

	if (!rc && where != NULL) {
		rc = read_text(where, &text, err);
		if (!rc)
			rc = mp_seal_read(text, &seal, err);
		rc = mp_doing(err, rc, "reading the key of the store");
	}
	mp_free_wiped(text);
	if (rc) {
		free(where);
	} else {
		*ret_seal = seal;
		*ret_where = where;
	}
	mp_wipe(&seal, sizeof(seal));
	return rc;
}

enum mcpass_rc mp_store_keys_read(const char *place, const char *file,
    struct mp_store_keys *ret_keys, struct mcpass_error *err)
{
	struct mp_store_keys keys = { 0 };
	enum mcpass_rc rc = read_seal(place, file, &keys.seal, &keys.where, err);

	if (!rc)
		rc = mp_set(&keys.place, place, err);
	if (!rc)
		rc = mp_set(&keys.file, file, err);
	if (rc)
		mp_store_keys_free(&keys);
	else
		*ret_keys = keys;
	return rc;
}

void mp_store_keys_free(struct mp_store_keys *keys)
{
	mp_seal_forget(&keys->seal);
	mp_free_wiped(keys->place);     /* a URL may have a password */
	free(keys->file);
	free(keys->where);
	*keys = (struct mp_store_keys){ 0 };
}

/* *ret_changed false: there are no others. */
static enum mcpass_rc read_again(struct mp_store_keys *keys, bool *ret_changed,
    struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	char *where = NULL;
	enum mcpass_rc rc = read_seal(keys->place, keys->file, &seal, &where, NULL);

	*ret_changed = !rc && seal.count > 0 && (seal.count != keys->seal.count
	    || memcmp(seal.keys, keys->seal.keys, seal.count * sizeof(seal.keys[0])) != 0);
	if (*ret_changed) {
		keys->seal = seal;
		free(keys->where);
		keys->where = where;
	} else {
		free(where);
	}
	mp_seal_forget(&seal);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* What a text is bound to: "credentials default https://mcp.example.com/mcp". */
static enum mcpass_rc name_row(const char *table, const char *row, struct mp_buf *name,
    struct mcpass_error *err)
{
	mp_buf_init(name, (size_t)4 * MP_MAX_URI);
	mp_buf_addf(name, "%s %s", table, row);
	return mp_buf_check(name, "the name of a row", err);
}

enum mcpass_rc mp_store_key_close(const struct mp_store_keys *keys, const char *table, const char *row,
    const char *text, char **ret_text, struct mcpass_error *err)
{
	struct mp_buf name;
	enum mcpass_rc rc;

	if (keys->seal.count == 0)
		return mp_set(ret_text, text, err);
	rc = name_row(table, row, &name, err);
	if (!rc)
		rc = mp_seal_close(&keys->seal, mp_buf_text(&name), text, mp_entropy, NULL, ret_text, err);
	mp_buf_free(&name);
	return rc;
}

static enum mcpass_rc open_text(const struct mp_store_keys *keys, const char *table, const char *row,
    char **text, struct mcpass_error *err)
{
	struct mp_buf name;
	char *open = NULL;
	enum mcpass_rc rc;

	if (keys->seal.count == 0) {
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "what is stored is sealed, and there is no key");
		mp_hint(err, "MCPASS_STORE_KEY says where its keys are: a file, or secret-service:.");
		return rc;
	}
	rc = name_row(table, row, &name, err);
	if (!rc)
		rc = mp_seal_open(&keys->seal, mp_buf_text(&name), *text, &open, err);
	if (rc == MCPASS_E_STORE)
		mp_hint(err, "The keys are read from %s: the one that sealed it has to be among them.", keys->where);
	mp_buf_free(&name);
	if (rc)
		return rc;
	mp_free_wiped(*text);
	*text = open;
	return MCPASS_OK;
}

enum mcpass_rc mp_store_key_open(struct mp_store_keys *keys, const char *table, const char *row,
    char **text, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	bool changed = false;
	enum mcpass_rc rc;

	if (*text == NULL || !mp_seal_is(*text))
		return MCPASS_OK;
	rc = open_text(keys, table, row, text, &why);
	if (rc == MCPASS_E_STORE && read_again(keys, &changed, err) != MCPASS_OK)
		return MCPASS_E_NOMEM;
	if (changed) {
		mp_clear(&why);
		rc = open_text(keys, table, row, text, &why);
	}
	if (rc && err != NULL)
		*err = why;
	return rc;
}

void mp_store_key_show(const struct mp_store_keys *keys, struct mp_buf *text)
{
	if (keys->seal.count == 0) {
		mp_buf_adds(text, "not sealed");
		return;
	}
	mp_buf_addf(text, "sealed with the key %s of ", keys->seal.keys[0].id);
	if (mp_secret_service_is(keys->where))
		mp_secret_service_show(keys->where, text);
	else
		mp_buf_adds(text, keys->where);
}
