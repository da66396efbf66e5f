#include "issuer/upstream/entry.h"
#include <string.h>

enum mcpass_rc mp_entry_wrong(struct mcpass_error *err, const char *what, const char *why)
{
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s %s", what, why);
}

/* A member that is misspelt would be a restriction that is not there. */
static enum mcpass_rc check_members(const json_t *object, const struct mp_field *known,
    size_t count, const char *const *more, struct mcpass_error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		bool found = false;

		for (size_t i = 0; more != NULL && more[i] != NULL; i++)
			found = found || strcmp(more[i], name) == 0;
		for (size_t i = 0; i < count; i++)
			found = found || strcmp(known[i].name, name) == 0;
		if (!found)
			return mp_entry_wrong(err, name, "is no member of it");
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_entry_read(const json_t *object, const struct mp_field *known, size_t count,
    const char *const *more, void *ret_struct, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_members(object, known, count, more, err);

	return rc ? rc : mp_json_read(object, known, count, ret_struct, err);
}
