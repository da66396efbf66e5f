/* config_reader.h - a file of configuration, read so that no mistake in it goes by.
 *
 * What a peer sends may hold members that we do not know; what an operator writes may not:
 * a rule with a misspelt name would protect nothing.  Every error names the member by its
 * path, "issuers[1].introspection.client_id". */
#pragma once
#include "wire/json/json.h"

struct mp_config_reader {                      /* what an object may hold */
	const struct mp_field *fields;
	size_t count;
	const char *const *others;      /* members that the caller reads; ends with NULL */
};
/* Fills a struct of zeros by the table; mp_json_release() releases it.  path is where the
 * object stands, "" for the document itself.
 * MCPASS_E_USAGE  no object, an unknown member (the hint has the nearest one), null, a value
 *                 of another type, a member that is missing */
enum mcpass_rc mp_config_reader_read(const json_t *object, const char *path,
    const struct mp_config_reader *strict, void *ret_struct, struct mcpass_error *err);

/* Every item of a list of objects: read(ctx, item, path "NAME[i]").  NULL is no list. */
typedef enum mcpass_rc mp_config_reader_item_fn(void *ctx, const json_t *item, const char *path,
    struct mcpass_error *err);
enum mcpass_rc mp_config_reader_each(const json_t *list, const char *name,
    mp_config_reader_item_fn *read, void *ctx, struct mcpass_error *err);
