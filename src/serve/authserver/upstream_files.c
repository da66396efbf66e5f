#include "serve/authserver/upstream_files.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "io/file/secret_file.h"
#include "ui/report.h"

void mp_upstreams_free(struct mp_upstreams *upstreams)
{
	for (size_t i = 0; i < upstreams->count; i++)
		mp_idp_free(&upstreams->items[i]);
	free(upstreams->items);
	*upstreams = (struct mp_upstreams){ 0 };
}

/* Beside the list, unless it says from where; list NULL: as it is. */
static enum mcpass_rc find_file(const char *list, const char *name, char **ret_path,
    struct mcpass_error *err)
{
	const char *slash = list == NULL || name[0] == '/' ? NULL : strrchr(list, '/');
	struct mp_buf path = MP_BUF(MP_MAX_URI);

	if (slash != NULL)
		mp_buf_add(&path, list, (size_t)(slash + 1 - list));
	mp_buf_adds(&path, name);
	return mp_buf_take(&path, "the name of a file", ret_path, err);
}

/* A file that a member of the entry names: absent, *ret_secret stays so. */
static enum mcpass_rc read_named(const char *list, const json_t *entry, const char *member,
    bool is_line, struct mp_secret *ret_secret, struct mcpass_error *err)
{
	const char *name = mp_json_text(entry, member);
	char *path = NULL;
	enum mcpass_rc rc;

	if (name == NULL)
		return MCPASS_OK;
	rc = find_file(list, name, &path, err);
	if (!rc)
		rc = is_line ? mp_secret_file_line(path, ret_secret, err)
		    : mp_secret_file_bytes(path, MP_MAX_TRUSTED_KEYS, ret_secret, err);
	free(path);
	return rc;
}

static enum mcpass_rc read_entry(const char *list, const json_t *entry, struct mp_idp *ret_idp,
    struct mcpass_error *err)
{
	struct mp_secret secret = { 0 }, key = { 0 };
	struct mp_idp_files files;
	enum mcpass_rc rc = read_named(list, entry, "client_secret_file", true, &secret, err);

	if (!rc)
		rc = read_named(list, entry, "private_key_file", false, &key, err);
	files.secret = mp_secret_reveal(&secret);
	files.key = mp_secret_reveal(&key);
	if (!rc)
		rc = mp_idp_read(entry, &files, ret_idp, err);
	mp_secret_free(&secret);
	mp_secret_free(&key);
	return rc;
}

static enum mcpass_rc add_entry(const char *list, const json_t *entry,
    struct mp_upstreams *upstreams, struct mcpass_error *err)
{
	struct mp_idp *that = &upstreams->items[upstreams->count];
	enum mcpass_rc rc = read_entry(list, entry, that, err);

	if (rc)
		return rc;
	upstreams->count++;                     /* from here on mp_upstreams_free() frees it */
	for (size_t i = 0; i + 1 < upstreams->count; i++)
		if (strcmp(upstreams->items[i].name, that->name) == 0)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "identity provider %s is there twice",
			    that->name);
	return MCPASS_OK;
}

static enum mcpass_rc read_list(const char *path, const json_t *list,
    struct mp_upstreams *upstreams, struct mcpass_error *err)
{
	size_t count = json_array_size(list);
	enum mcpass_rc rc = MCPASS_OK;

	if (!json_is_array(list) || count == 0 || count > MP_MAX_UPSTREAMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "it is not a list of 1 to %d entries",
		    MP_MAX_UPSTREAMS);
	upstreams->items = calloc(count, sizeof(*upstreams->items));
	if (upstreams->items == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = add_entry(path, json_array_get(list, i), upstreams, err);
	return rc;
}

enum mcpass_rc mp_upstreams_read(const char *path, struct mp_upstreams *ret_upstreams,
    struct mcpass_error *err)
{
	struct mp_upstreams upstreams = { 0 };
	struct mcpass_error why = { 0 };
	json_t *list = NULL;
	char *text = NULL;
	enum mcpass_rc rc = mp_read_file(path, MP_MAX_DOCUMENT, &text, NULL, err);

	if (rc)
		return rc;
	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the file", &list, &why);
	if (!rc)
		rc = read_list(path, list, &upstreams, &why);
	json_decref(list);
	mp_free_wiped(text);
	if (rc) {
		mp_upstreams_free(&upstreams);
		return mp_report_typed(&why, path, err);
	}
	*ret_upstreams = upstreams;
	return MCPASS_OK;
}

enum mcpass_rc mp_upstreams_from_flags(const struct mp_upstream_flags *flags,
    struct mp_upstreams *ret_upstreams, struct mcpass_error *err)
{
	struct mp_upstreams upstreams = { 0 };
	json_t *entry = json_pack("{s:s}", "name", MP_UPSTREAM_NAME);
	enum mcpass_rc rc = MCPASS_OK;

	if (entry == NULL || !mp_json_set_text(entry, "issuer", flags->issuer)
	    || !mp_json_set_text(entry, "client_id", flags->client_id)
	    || !mp_json_set_text(entry, "client_secret_file", flags->secret_file)
	    || !mp_json_set_text(entry, "private_key_file", flags->key_file))
		rc = mp_nomem(err);
	if (!rc) {
		upstreams.items = calloc(1, sizeof(*upstreams.items));
		rc = upstreams.items == NULL ? mp_nomem(err) : add_entry(NULL, entry, &upstreams, err);
	}
	json_decref(entry);
	if (rc)
		mp_upstreams_free(&upstreams);
	else
		*ret_upstreams = upstreams;
	return rc;
}
