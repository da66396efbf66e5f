#include "serve/resource/config_reader.h"
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "ui/options.h"

/* "issuers[0]" and "jwks_uri", with the dot that is between them. */
static const char *dot(const char *path)
{
	return path[0] != '\0' ? "." : "";
}

static bool is_known(const struct mp_config_reader *strict, const char *name)
{
	for (size_t i = 0; i < strict->count; i++)
		if (strcmp(strict->fields[i].name, name) == 0)
			return true;
	for (size_t i = 0; strict->others != NULL && strict->others[i] != NULL; i++)
		if (strcmp(strict->others[i], name) == 0)
			return true;
	return false;
}

static enum mcpass_rc unknown(const struct mp_config_reader *strict, const char *path,
    const char *name, struct mcpass_error *err)
{
	const char *names[MP_MAX_REPEATS], *near;
	size_t count = 0;
	enum mcpass_rc rc;

	for (size_t i = 0; i < strict->count && count < MP_COUNT(names); i++)
		names[count++] = strict->fields[i].name;
	for (size_t i = 0; strict->others != NULL && strict->others[i] != NULL
	    && count < MP_COUNT(names); i++)
		names[count++] = strict->others[i];
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s%s%s: there is no such member", path, dot(path),
	    name);
	near = mp_nearest(name, names, count);
	if (near != NULL)
		mp_hint(err, "did you mean %s%s%s?", path, dot(path), near);
	return rc;
}

static enum mcpass_rc check_members(const json_t *object, const char *path,
    const struct mp_config_reader *strict, struct mcpass_error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (!is_known(strict, name))
			return unknown(strict, path, name, err);
		if (json_is_null(value))
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "%s%s%s is null: leave it out instead", path, dot(path), name);
		if (json_is_real(value))        /* it would be cut to a whole number */
			return mp_fail(err, MCPASS_E_USAGE, NULL, "%s%s%s is not a whole number",
			    path, dot(path), name);
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_config_reader_read(const json_t *object, const char *path,
    const struct mp_config_reader *strict, void *ret_struct, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (!json_is_object(object))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is not an object",
		    path[0] != '\0' ? path : "the file");
	rc = check_members(object, path, strict, err);
	if (rc)
		return rc;
	rc = mp_json_read(object, strict->fields, strict->count, ret_struct, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	/* The detail begins with the member's name; an operator wrote it, not a peer. */
	return rc ? mp_fail(err, MCPASS_E_USAGE, why.spec, "%s%s%s", path, dot(path), why.detail)
	    : MCPASS_OK;
}

enum mcpass_rc mp_config_reader_each(const json_t *list, const char *name,
    mp_config_reader_item_fn *read, void *ctx, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (list != NULL && !json_is_array(list))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is not a list", name);
	if (json_array_size(list) > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s has more than %d items", name,
		    MP_MAX_ITEMS);
	for (size_t i = 0; i < json_array_size(list) && !rc; i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s[%zu]", name, i);
		rc = read(ctx, json_array_get(list, i), path, err);
	}
	return rc;
}
