/* table.h - the programs that start stdio servers, and where each keeps the list of them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum mp_host_format { MP_HOST_JSON, MP_HOST_TOML };
struct mp_host_file {
	const char *name;               /* "cursor" */
	const char *title;              /* "Cursor" */
	const char *file;               /* below the home directory */
	const char *project_file;       /* below that of a project; NULL: it has none */
	const char *container;          /* the member that has an entry for each server */
	enum mp_host_format format;
	bool has_type;                  /* an entry says "type": "stdio" */
	const char *again;              /* what makes the program read it */
};
/* MCPASS_E_USAGE: there is no such; the nearest is named. */
enum mcpass_rc mp_host_require(const char *name, const struct mp_host_file **ret_host,
    struct mcpass_error *err);
